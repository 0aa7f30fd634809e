// SPDX-License-Identifier: Apache-2.0
/* control: configuration, operators' commands, crashes and signals. */
#include <agon/plugin.h>
#include <stdio.h>

#include "engine/capital.h"
#include "engine/close.h"
#include "engine/impl.h"

/* What a runner's services answer of, whether its plugin is told or not (agent/feed_fold.c). */
static void keep(struct engine *engine, const struct subscription *sub, uint32_t id)
{
    static const uint16_t kept[] = {AGON_EVENT_INSTRUMENT, AGON_EVENT_STATUS, AGON_EVENT_TOP10,
                                    AGON_EVENT_SIGNAL};
    static const uint16_t full[] = {AGON_EVENT_BOOK_SNAPSHOT, AGON_EVENT_BOOK_DELTA};

    for (size_t i = 0; i < sizeof(kept) / sizeof(kept[0]); i++)
        slot_set_add(&engine->type_keepers[kept[i]], id);
    for (size_t i = 0; i < sizeof(full) / sizeof(full[0]); i++) {
        if (sub->depth == DEPTH_FULL)
            slot_set_add(&engine->type_keepers[full[i]], id);
        else
            slot_set_remove(&engine->type_keepers[full[i]], id); // it is told none, asked or not
    }
}

void control_watch(struct engine *engine)
{
    memset(engine->type_watchers, 0, sizeof(engine->type_watchers));
    memset(engine->type_keepers, 0, sizeof(engine->type_keepers));
    for (uint32_t i = 1; i <= engine->table.n_instruments; i++)
        engine->markets[i].watchers = (struct slot_set){0};
    for (uint32_t id = 0; id < engine->slots.n; id++) {
        const struct slot *slot = &engine->slots.all[id];
        const struct subscription *sub = &slot->subscription;

        if (!slot->is_used)
            continue;
        for (uint32_t i = 0; i < sub->n_instruments; i++) {
            if (sub->instruments[i] <= INSTRUMENTS_MAX)
                slot_set_add(&engine->markets[sub->instruments[i]].watchers, id);
        }
        for (uint64_t on = sub->event_mask; on != 0; on &= on - 1) {
            slot_set_add(&engine->type_watchers[__builtin_ctzll(on)], id);
            slot_set_add(&engine->type_keepers[__builtin_ctzll(on)], id);
        }
        for (uint32_t on = sub->event_more; on != 0; on &= on - 1) {
            slot_set_add(&engine->type_watchers[64 + __builtin_ctz(on)], id);
            slot_set_add(&engine->type_keepers[64 + __builtin_ctz(on)], id);
        }
        keep(engine, sub, id);
    }
    control_want_bars(engine);
}

/* In a backtest longer bars are built where some agent is given them. A live host builds all: its
 * page and its journal's readers look at them. */
void control_want_bars(struct engine *engine)
{
    for (uint32_t id = 1; id <= engine->table.n_instruments; id++) {
        struct market *market = &engine->markets[id];
        struct slot_set set = market->watchers;
        uint32_t lengths = engine->is_within ? 0 : UINT8_MAX;
        uint16_t slot;

        while (slot_set_take(&set, &slot)) {
            const struct subscription *sub = &engine->slots.all[slot].subscription;

            lengths |= (sub->event_mask & AGON_ON(AGON_EVENT_BAR)) != 0 ? sub->bar_mask : 0u;
        }
        if (market->bars.wanted != lengths)
            bars_want(&market->bars, lengths);
    }
}

uint64_t control_accounts(const struct engine *engine, const struct slot *slot,
                          const struct subscription *sub)
{
    uint64_t accounts = 0;

    for (uint32_t i = 0; i < sub->n_instruments && i < SLOT_INSTRUMENTS_MAX; i++) {
        const struct agon_instrument *instrument =
            instruments_get(&engine->table, sub->instruments[i]);

        if (instrument != NULL)
            accounts |= (uint64_t)1 << engine_account(engine, slot, instrument);
    }
    return accounts != 0 ? accounts : (uint64_t)1 << slot->account;
}

// It is divided evenly, what is left of the division is on the first.
static agon_amt_t share_of(const struct engine *engine, const struct slot *slot,
                           const struct subscription *sub, agon_amt_t capital_amt,
                           agon_account_t account)
{
    uint64_t accounts = control_accounts(engine, slot, sub);
    agon_amt_t share_amt;
    int n;

    if ((accounts >> account & 1) == 0)
        return 0;
    n = __builtin_popcountll(accounts);
    share_amt = capital_amt / n;
    return __builtin_ctzll(accounts) == account ? capital_amt - (n - 1) * share_amt : share_amt;
}

agon_amt_t engine_capital_on(const struct engine *engine, const struct record_slot *record,
                             agon_account_t account)
{
    struct slot as_told = {.account = record->account};

    return share_of(engine, &as_told, &record->subscription, record->limits.capital_amt, account);
}

static const struct slot *slot_before(const struct engine *engine, const struct record_slot *record)
{
    const struct slot *at =
        record->slot < engine->slots.n ? &engine->slots.all[record->slot] : NULL;

    return at != NULL && at->is_used ? at : NULL;
}

void engine_capital_take(const struct engine *engine, const struct record_slot *record,
                         agon_amt_t taken_amt[ACCOUNTS_MAX])
{
    const struct slot *before = slot_before(engine, record);
    struct slot as_told = {.account = record->account};
    uint64_t touched = control_accounts(engine, &as_told, &record->subscription);

    if (before != NULL)
        touched |= control_accounts(engine, before, &before->subscription);
    for (uint64_t left = touched; left != 0; left &= left - 1) {
        agon_account_t account = (agon_account_t)__builtin_ctzll(left);
        agon_amt_t has_amt = before == NULL
                                 ? 0
                                 : share_of(engine, before, &before->subscription,
                                            engine->tournament.given_amt[record->slot], account);

        taken_amt[account] =
            num_add(taken_amt[account], share_of(engine, &as_told, &record->subscription,
                                                 record->limits.capital_amt, account) -
                                            has_amt);
    }
}

agon_amt_t engine_capital_at_hand(const struct engine *engine, const struct record_slot *record,
                                  const agon_amt_t taken_amt[ACCOUNTS_MAX])
{
    const struct slot *before = slot_before(engine, record);
    struct slot as_told = {.account = record->account};
    uint64_t accounts = control_accounts(engine, &as_told, &record->subscription);
    agon_amt_t given_amt = before != NULL ? engine->tournament.given_amt[record->slot] : 0;
    agon_amt_t whole_amt = record->limits.capital_amt, amt = whole_amt;

    if (whole_amt <= given_amt || whole_amt > INT64_MAX / 4)
        return whole_amt;
    for (uint64_t left = accounts; left != 0; left &= left - 1) {
        agon_account_t account = (agon_account_t)__builtin_ctzll(left);
        agon_amt_t free_amt = num_add(
            ledger_amt(engine->ledger, account, LEDGER_EXTERNAL, engine->table.base_currency),
            taken_amt != NULL ? -taken_amt[account] : 0);
        agon_amt_t share_amt =
            share_of(engine, &as_told, &record->subscription, whole_amt, account);
        agon_amt_t has_amt =
            before == NULL ? 0
                           : share_of(engine, before, &before->subscription, given_amt, account);

        if (!engine->has_picture[account] || share_amt <= has_amt ||
            share_amt - has_amt <= free_amt)
            continue;
        has_amt = (has_amt + (free_amt > 0 ? free_amt : 0)) * __builtin_popcountll(accounts);
        amt = has_amt < amt ? has_amt : amt;
    }
    // What it has by the operator's word stays, with the odd units of its division.
    if (before != NULL && amt < given_amt &&
        accounts == control_accounts(engine, before, &before->subscription))
        amt = given_amt;
    return amt;
}

static int config_account(struct engine *engine, const struct record_account_of *record)
{
    // Orders and money of earlier events are where they are: an account is told before its slots.
    if (record->venue == 0 || record->venue > VENUES_MAX || record->account >= ACCOUNTS_MAX ||
        (engine->slots.n > 0 && engine->account_of[record->venue] != record->account + 1)) {
        engine_note(engine, ALERT_CONFIG, "a venue's account cannot be what its event says");
        return AGON_EINVAL;
    }
    engine->account_of[record->venue] = (uint16_t)(record->account + 1);
    control_note_account(engine, record->account);
    return AGON_OK;
}

static int config_slot(struct engine *engine, const struct record_slot *record)
{
    const struct slot *before = slots_get(&engine->slots, record->slot);
    // What a tournament gave or took stands: only what the operator's own word changes is moved.
    agon_amt_t given_before = before != NULL ? engine->tournament.given_amt[record->slot] : 0;
    agon_amt_t capital_before = before != NULL ? before->limits.capital_amt : 0;
    int is_new = before == NULL;
    struct slot as_told = {.account = record->account};
    agon_amt_t changes[ACCOUNTS_MAX] = {0};
    uint64_t touched; // accounts on which the slot has capital, before or from now on
    agon_amt_t change_amt, paid_amt = 0;
    struct error err = {0};
    int rc;

    if (record->account >= ACCOUNTS_MAX || engine->table.base_currency == 0 ||
        record->limits.capital_amt < 0 || record->limits.capital_amt > INT64_MAX / 4) {
        engine_note(engine, ALERT_CONFIG, "a slot needs an account and a base currency first");
        return AGON_EINVAL;
    }
    for (uint32_t i = 0; i < record->subscription.n_instruments && i < SLOT_INSTRUMENTS_MAX; i++) {
        const struct agon_instrument *instrument =
            instruments_get(&engine->table, record->subscription.instruments[i]);

        if (instrument == NULL) {
            engine_note(engine, ALERT_CONFIG, "a slot names an instrument that does not exist");
            return AGON_EINVAL;
        }
        if (record->agent_kind == AGON_STRATEGY && !value_has_way(engine, instrument->quote)) {
            engine_note(engine, ALERT_CONFIG,
                        "a slot may trade only what is priced in the base currency, or in an asset "
                        "that an instrument values");
            return AGON_EINVAL;
        }
    }
    change_amt = num_add(record->limits.capital_amt, -given_before);
    touched = control_accounts(engine, &as_told, &record->subscription);
    if (before != NULL)
        touched |= control_accounts(engine, before, &before->subscription);
    for (uint64_t left = touched; left != 0; left &= left - 1) {
        agon_account_t account = (agon_account_t)__builtin_ctzll(left);
        agon_amt_t share_amt =
            share_of(engine, &as_told, &record->subscription, record->limits.capital_amt, account);

        if (before != NULL)
            share_amt -= share_of(engine, before, &before->subscription, given_before, account);
        changes[account] = share_amt;
        if (share_amt < 0 &&
            (capital_before < -change_amt ||
             engine_free_of(engine, before, account, engine->table.base_currency) < -share_amt)) {
            engine_note(engine, ALERT_CONFIG,
                        "a slot's capital is in use: it cannot be taken from it");
            return AGON_EINVAL;
        }
        if (!ledger_can_transfer(engine->ledger, account, LEDGER_EXTERNAL, record->slot,
                                 engine->table.base_currency, share_amt)) {
            engine_note(engine, ALERT_CONFIG, "a slot's capital does not fit beside the others'");
            return AGON_EINVAL;
        }
        if (share_amt > 0 && engine->has_picture[account] &&
            ledger_amt(engine->ledger, account, LEDGER_EXTERNAL, engine->table.base_currency) <
                share_amt) {
            engine_note(engine, ALERT_CONFIG, "the account does not have a slot's capital");
            return AGON_EINVAL;
        }
    }
    rc = slots_set(&engine->slots, record, &err);
    if (rc < 0) {
        engine_note(engine, ALERT_CONFIG, err.text);
        return AGON_EINVAL;
    }
    engine->slots.all[record->slot].limits.capital_amt = num_add(capital_before, change_amt);
    control_note_account(engine, record->account);
    exposure_accounts(engine); // its own may be another one now
    for (uint64_t left = touched; left != 0; left &= left - 1) {
        agon_account_t account = (agon_account_t)__builtin_ctzll(left);

        REQUIRE(ledger_transfer(engine->ledger, account, LEDGER_EXTERNAL, record->slot,
                                engine->table.base_currency, changes[account]) == AGON_OK);
        if (is_new)
            paid_amt = num_add(paid_amt, tournament_pays(engine, account, changes[account]));
    }
    if (is_new) {
        risk_slot_start(&engine->risk[record->slot], 0);
        exposure_transfer(engine, record->slot, record->limits.capital_amt);
        score_start(&engine->scores[record->slot], record->limits.capital_amt);
        if (figures_are_whole(engine))
            score_from_start(&engine->scores[record->slot]);
    } else {
        exposure_transfer(engine, record->slot, change_amt);
        figures_recapitalise(engine, record->slot, change_amt);
    }
    figures_capital(engine, is_new ? record->limits.capital_amt - paid_amt : change_amt, 1);
    tournament_slot(engine, record->slot, record->limits.capital_amt, change_amt, is_new);
    control_watch(engine);
    for (uint64_t left = touched; left != 0; left &= left - 1) {
        agon_account_t account = (agon_account_t)__builtin_ctzll(left);

        if (!is_new && changes[account] != 0)
            deliver_balance_of(engine, record->slot, account, engine->table.base_currency);
    }
    deliver_capital(engine, record->slot);
    return AGON_OK;
}

static int is_disarmed(const struct heap_node *node, void *ctx)
{
    const struct timer *table = ctx;

    return !table[node->a].is_used;
}

void control_begin_anew(struct engine *engine, uint16_t slot)
{
    // What is armed stands in the heap, each once: the table need not be walked for every slot.
    for (uint32_t i = 0; i < engine->timers.n; i++) {
        struct timer *timer = &engine->timer_table[engine->timers.nodes[i].a];

        if (timer->slot == slot)
            timer->is_used = 0;
    }
    heap_remove_if(&engine->timers, is_disarmed, engine->timer_table);
    engine->legs[slot].n = 0;
    exits_begin_anew(engine, slot);
}

static int config_generation(struct engine *engine, const struct record_generation *record)
{
    const struct slot *slot = slots_get(&engine->slots, record->slot);
    uint8_t condition = slot != NULL ? slot->condition : 0;
    uint64_t mask = slot != NULL ? slot->subscription.event_mask : 0;
    uint16_t more = slot != NULL ? slot->subscription.event_more : 0;
    uint8_t lengths = slot != NULL ? slot->subscription.bar_mask : 0;
    int rc = slots_set_generation(&engine->slots, record);

    if (rc < 0)
        return rc;
    if (record->why == GENERATION_FRESH) {
        control_begin_anew(engine, record->slot);
        jobs_end(engine, record->slot);
    } else {
        jobs_reload(engine, record->slot);
    }
    // A slot that only changes hands is told nothing: it must see what it would have seen anyway.
    if (mask != record->event_mask || more != record->event_more)
        control_watch(engine);
    else if (lengths != slot->subscription.bar_mask)
        control_want_bars(engine);
    if (condition != slot->condition)
        deliver_capital(engine, record->slot);
    return AGON_OK;
}

static int config_param(struct engine *engine, const struct record_param *record)
{
    struct agon_param_change change = {.hdr = {.type = AGON_EVENT_PARAM, .granules = 1},
                                       .id = record->id,
                                       .integer = record->integer,
                                       .real = record->real};

    if (slots_get(&engine->slots, record->slot) == NULL || !(record->real - record->real == 0.0))
        return AGON_EINVAL;
    deliver_private(engine, record->slot, &change.hdr);
    return AGON_OK;
}

static int config_portfolio(struct engine *engine, const struct record_portfolio *record)
{
    struct error err = {0};

    if (limits_check(&limits_of_portfolio, &record->limits, &err) < 0) {
        engine_note(engine, ALERT_CONFIG, err.text);
        return AGON_EINVAL;
    }
    engine->portfolio_limits = record->limits;
    exposure_limits(engine);
    for (uint16_t id = 0; id < engine->slots.n; id++)
        exposure_look(engine, id); // one that is reached already stops them now
    return AGON_OK;
}

/* Orders of before keep the number that they were sent with. */
static int config_ids(struct engine *engine, const struct record_ids *record)
{
    struct order_ids *ids = &engine->ids;

    if (ids->journal == 0 || record->journal == 0 || record->journal > 0xffffff ||
        record->since_run <= engine->run || record->since_run <= ids->since_run ||
        record->since_run > ORDER_RUN_MAX || record->journal == ids->journal)
        return AGON_EINVAL;
    for (uint32_t i = 0; i < ids->n_earlier; i++)
        if (ids->earlier[i].journal == record->journal)
            return AGON_EINVAL;
    if (ids->n_earlier == ORDER_IDS_EARLIER)
        return AGON_ENOSPC;
    ids->earlier[ids->n_earlier].journal = ids->journal;
    ids->earlier[ids->n_earlier++].since_run = ids->since_run;
    ids->journal = record->journal;
    ids->since_run = record->since_run;
    return AGON_OK;
}

int control_config(struct engine *engine, const struct agon_event_hdr *event)
{
    // Every CONFIG record has its kind in the same place.
    const struct record_asset *asset = (const struct record_asset *)(const void *)event;
    struct record_slot slot;
    struct error err = {0};

    switch (asset->kind) {
    case CONFIG_ASSET:
        if (instruments_set_asset(&engine->table, asset, &err) < 0) {
            engine_note(engine, ALERT_CONFIG, err.text);
            return AGON_EINVAL;
        }
        value_unknown(engine);
        return AGON_OK;
    case CONFIG_ACCOUNT:
        return config_account(engine, (const struct record_account_of *)(const void *)event);
    case CONFIG_SLOT:
        if (slot_record_read(&slot, event) < 0)
            return AGON_EINVAL;
        return config_slot(engine, &slot);
    case CONFIG_GENERATION:
        if (event_bytes(event) != sizeof(struct record_generation))
            return AGON_EINVAL;
        return config_generation(engine, (const struct record_generation *)(const void *)event);
    case CONFIG_PARAM:
        if (event_bytes(event) != sizeof(struct record_param))
            return AGON_EINVAL;
        return config_param(engine, (const struct record_param *)(const void *)event);
    case CONFIG_VALUATION:
        return value_config(engine, (const struct record_valuation *)(const void *)event);
    case CONFIG_STEP:
        return market_step(engine, (const struct record_step *)(const void *)event);
    case CONFIG_SAMPLES:
        return timers_config(engine, (const struct record_samples *)(const void *)event);
    case CONFIG_LEASE:
        if (event_bytes(event) != sizeof(struct record_lease))
            return AGON_EINVAL;
        return jobs_config(engine, (const struct record_lease *)(const void *)event);
    case CONFIG_IDS:
        return config_ids(engine, (const struct record_ids *)(const void *)event);
    case CONFIG_PORTFOLIO:
        if (event_bytes(event) != sizeof(struct record_portfolio))
            return AGON_EINVAL;
        return config_portfolio(engine, (const struct record_portfolio *)(const void *)event);
    case CONFIG_GPU:
        if (event_bytes(event) < sizeof(struct record_gpu_rules))
            return AGON_EINVAL;
        return cards_config(engine, (const struct record_gpu_rules *)(const void *)event);
    case CONFIG_TOURNAMENT:
        if (event->granules < TOURNAMENT_GRANULES(0))
            return AGON_EINVAL;
        return tournament_config(engine, (const struct record_tournament *)(const void *)event);
    default:
        return AGON_EINVAL;
    }
}

// Does the scope name something that there is?
static int is_scope(struct engine *engine, const struct record_command *command)
{
    switch (command->scope) {
    case SCOPE_GLOBAL:
        return 1;
    case SCOPE_VENUE:
        return command->id <= VENUES_MAX;
    case SCOPE_INSTRUMENT:
        return instruments_get(&engine->table, command->id) != NULL;
    case SCOPE_SLOT:
        return command->id < SLOTS_MAX && slots_get(&engine->slots, (uint16_t)command->id) != NULL;
    default:
        return 0;
    }
}

// Calls each slot that a command's scope covers.
static void each_slot(struct engine *engine, const struct record_command *command,
                      void (*act)(struct engine *, uint16_t, const struct record_command *))
{
    for (uint16_t id = 0; id < engine->slots.n; id++) {
        if (!engine->slots.all[id].is_used)
            continue;
        if (command->scope == SCOPE_SLOT && command->id != id)
            continue;
        act(engine, id, command);
    }
}

static void cancel_slot(struct engine *engine, uint16_t slot, const struct record_command *command)
{
    uint16_t reason = command->reason != 0 ? command->reason : REASON_OPERATOR;

    if (command->scope == SCOPE_SLOT && command->kind == COMMAND_CANCEL_ALL &&
        command->which == CANCEL_NON_REDUCING)
        intents_cancel_raising(engine, slot, reason);
    else if (command->scope == SCOPE_VENUE)
        intents_cancel_venue(engine, slot, (uint16_t)command->id, reason);
    else
        intents_cancel_all(engine, slot, command->scope == SCOPE_INSTRUMENT ? command->id : 0,
                           reason);
}

static void flatten_slot(struct engine *engine, uint16_t slot, const struct record_command *command)
{
    uint16_t reason = command->reason != 0 ? command->reason : REASON_OPERATOR;

    if (command->scope == SCOPE_VENUE)
        close_want_venue(engine, slot, (uint16_t)command->id, reason);
    else if (command->scope == SCOPE_SLOT && engine->slots.all[slot].condition == CONDITION_RETIRED)
        close_want_for_good(engine, slot, reason); // `unload --close`
    else
        close_want(engine, slot,
                   command->scope == SCOPE_INSTRUMENT ? command->id
                   : command->scope == SCOPE_SLOT     ? (agon_instrument_t)command->value
                                                      : 0,
                   reason);
}

static struct order *order_of(struct engine *engine, const struct record_command *command)
{
    struct order *order = orders_find(engine->orders, (uint64_t)command->value);

    return command->scope == SCOPE_SLOT && order != NULL && order->slot == command->id ? order
                                                                                       : NULL;
}

/* One order of a slot. It may have ended meanwhile: then there is nothing to do. */
static int cancel_order(struct engine *engine, const struct record_command *command)
{
    struct order *order = order_of(engine, command);

    if (order == NULL)
        return AGON_EINVAL;
    intents_cancel(engine, order, command->reason != 0 ? command->reason : REASON_OPERATOR);
    return AGON_OK;
}

static int flatten(struct engine *engine, const struct record_command *command)
{
    if (!is_scope(engine, command) || command->value < 0 ||
        (command->value != 0 &&
         (command->scope != SCOPE_SLOT || command->value > (int64_t)engine->table.n_instruments)))
        return AGON_EINVAL;
    each_slot(engine, command, flatten_slot);
    return AGON_OK;
}

static int set_halt(struct engine *engine, const struct record_command *command, int is_halted)
{
    return is_scope(engine, command) ? halts_set(engine, command, is_halted) : AGON_EINVAL;
}

/* Kill and stop: nothing of the agents' leaves any more, and what is open goes, by the fastest way
 * that each venue has. */
static int end_all(struct engine *engine, const struct record_command *command, uint8_t cause)
{
    struct record_command_by all = {.command = *command};

    if (event_bytes(&command->hdr) >= sizeof(all))
        memcpy(&all, command, sizeof(all));
    all.command.scope = SCOPE_GLOBAL;
    all.command.id = 0;
    all.command.which = cause;
    if (halts_set(engine, &all.command, 1) < 0)
        return AGON_EINVAL;
    intents_cancel_accounts(engine);
    each_slot(engine, &all.command, cause == HALT_STOP ? flatten_slot : cancel_slot);
    return AGON_OK;
}

void control_stop_all(struct engine *engine, uint16_t reason, const char *who, const char *why)
{
    struct record_command_by by = {
        .command = {.hdr = {.type = AGON_EVENT_COMMAND, .granules = sizeof(by) / EVENT_GRANULE},
                    .kind = COMMAND_STOP,
                    .reason = reason}};

    snprintf(by.who, sizeof(by.who), "%s", who);
    snprintf(by.why, sizeof(by.why), "%s", why);
    REQUIRE(end_all(engine, &by.command, HALT_STOP) == AGON_OK);
}

void control_halt_all(struct engine *engine, uint16_t reason)
{
    const struct record_command halt = {.hdr = {.granules = 1},
                                        .kind = COMMAND_HALT,
                                        .scope = SCOPE_GLOBAL,
                                        .which = HALT_BOOKS,
                                        .reason = reason};

    if (!halts_has(engine, HALT_BOOKS))
        REQUIRE(halts_set(engine, &halt, 1) == AGON_OK);
}

static int set_limit(struct engine *engine, const struct record_command *command)
{
    struct slot *slot = slots_get(&engine->slots, (uint16_t)command->id);
    const struct limit *limit = limits_find(&limits_of_slot, command->which);
    struct slot_limits limits;

    if (slot == NULL || command->id >= SLOTS_MAX || limit == NULL)
        return AGON_EINVAL;
    limits = slot->limits;
    if (limit_set(limit, &limits, command->value) < 0 ||
        limits_check(&limits_of_slot, &limits, NULL) < 0)
        return AGON_EINVAL;
    slot->limits = limits;
    exposure_look(engine, slot->id);
    return AGON_OK;
}

int control_command(struct engine *engine, const struct record_command *command)
{
    struct slot *slot =
        command->id < SLOTS_MAX ? slots_get(&engine->slots, (uint16_t)command->id) : NULL;

    switch (command->kind) {
    case COMMAND_HALT:
        return set_halt(engine, command, 1);
    case COMMAND_RESUME:
        return set_halt(engine, command, 0);
    case COMMAND_CANCEL_ALL:
        if (command->scope == SCOPE_SLOT && command->which == CANCEL_ORDER)
            return cancel_order(engine, command);
        if (!is_scope(engine, command))
            return AGON_EINVAL;
        each_slot(engine, command, cancel_slot);
        return AGON_OK;
    case COMMAND_FLATTEN:
        return flatten(engine, command);
    case COMMAND_KILL:
        return end_all(engine, command, HALT_KILL);
    case COMMAND_STOP:
        return end_all(engine, command, HALT_STOP);
    case COMMAND_SLOT_CONDITION:
        if (slot == NULL || command->value < CONDITION_ACTIVE || command->value > CONDITION_RETIRED)
            return AGON_EINVAL;
        slot->condition = (uint8_t)command->value;
        slot->condition_reason = command->reason;
        if (slot->condition == CONDITION_RETIRED)
            jobs_end(engine, slot->id);
        deliver_capital(engine, slot->id);
        return AGON_OK;
    case COMMAND_SLOT_STAGE:
        if (slot == NULL || command->value < STAGE_DISCOVERED || command->value > STAGE_LIVE)
            return AGON_EINVAL;
        slot->stage = (uint8_t)command->value;
        deliver_capital(engine, slot->id);
        return AGON_OK;
    case COMMAND_ACK_ALERT:
        return command->value < 0 ? AGON_EINVAL
                                  : alerts_acknowledge(engine, (uint64_t)command->value);
    case COMMAND_LIMIT:
        return set_limit(engine, command);
    case COMMAND_VACATE:
        return vacate(engine, command->id);
    case COMMAND_VOLATILITY:
        return cards_volatility(engine, command->value);
    case COMMAND_UNDO_PLAN:
        return tournament_undo(engine, command->value);
    case COMMAND_ASKED: // for people: what it brings are events of their own
        return command->which > 0 && command->which < ASKED_MAX && is_scope(engine, command)
                   ? AGON_OK
                   : AGON_EINVAL;
    default:
        return AGON_EINVAL;
    }
}

/* Two slots that die of the same event within a second: the event, or the host, is the suspect. Two
 * of the same binary are suspects themselves. */
static int is_common(const struct engine *engine, const struct record_crash *crash)
{
    if (crash->kind == CRASH_FLOODED) // each for itself: the host looks at all of them at once
        return 0;
    for (uint16_t id = 0; id < engine->slots.n; id++) {
        const struct slot *other = &engine->slots.all[id];

        if (other->is_used && id != crash->slot && other->n_crashes > 0 &&
            other->generation_hash != crash->generation_hash &&
            other->crash_seq == crash->last_seq &&
            engine->t - other->crashes[0] <= (agon_ns_t)1000000000)
            return 1;
    }
    return 0;
}

int control_crash(struct engine *engine, const struct record_crash *crash)
{
    struct record_command orders = {.hdr = {.type = AGON_EVENT_COMMAND, .granules = 1},
                                    .kind = COMMAND_CANCEL_ALL,
                                    .scope = SCOPE_SLOT,
                                    .id = crash->slot,
                                    .reason = REASON_SLOT_GONE};
    struct record_command halt = {.kind = COMMAND_HALT,
                                  .scope = SCOPE_GLOBAL,
                                  .which = HALT_CRASHES,
                                  .reason = REASON_SLOT_GONE};
    int rc = slots_crash(&engine->slots, crash, engine->t);

    if (rc < 0)
        return rc;
    engine_raise(engine, ALERT_CRASH, crash->slot, 0, 0, 0, crash->text);
    engine->legs[crash->slot].n = 0; // half a wish of the dead is none
    jobs_end(engine, crash->slot);
    if (crash->orders == ORDERS_FLATTEN)
        flatten_slot(engine, crash->slot, &orders);
    else if (crash->orders == ORDERS_CANCEL_ALL)
        cancel_slot(engine, crash->slot, &orders);
    deliver_capital(engine, crash->slot);
    if (is_common(engine, crash)) {
        engine_raise(engine, ALERT_COMMON_CRASH, ALERT_NO_SLOT, 0, 0, 0,
                     "two agents died of the same event: everything is halted");
        return set_halt(engine, &halt, 1);
    }
    return AGON_OK;
}

static int is_share(double value)
{
    return value >= 0.0 && value <= 1.0; // false for NaN
}

int control_signal(struct engine *engine, const struct record_signal *record)
{
    struct agon_signal signal = record->signal;
    struct slot *slot = slots_get(&engine->slots, record->origin.slot);
    double spread = signal.p_up + signal.p_flat + signal.p_down;

    if (slot == NULL || signal.text_len > sizeof(signal.text) || !is_share(signal.confidence) ||
        !(signal.value - signal.value == 0.0) || signal.hdr.instrument > INSTRUMENTS_MAX)
        return AGON_EINVAL;
    // All three probabilities may be zero: the model gives none. Else they sum to 1.
    if (!is_share(signal.p_up) || !is_share(signal.p_flat) || !is_share(signal.p_down) ||
        (spread != 0.0 && !(spread > 0.999 && spread < 1.001)))
        return AGON_EINVAL;
    if (control_is_orphan(slot, &record->origin))
        return AGON_OK;
    // What its plugin declared was read when the file was checked; a child's memory says nothing.
    if (!slot_publishes(&slot->signals, signal.key)) {
        engine_count_refused(engine, slot, REASON_UNAUTHORISED);
        return AGON_OK;
    }
    signal.hdr.type = AGON_EVENT_SIGNAL;
    signal.hdr.granules = sizeof(signal) / EVENT_GRANULE;
    signal.slot = record->origin.slot;
    deliver_derived(engine, &signal.hdr);
    return AGON_OK;
}
