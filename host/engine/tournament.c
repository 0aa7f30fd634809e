// SPDX-License-Identifier: Apache-2.0
/* tournament: when the calendar says so, capital goes from the weak to the strong. The engine works
 * out the plan from its state (score/plan.h), the driver offers it as an event, and the engine
 * takes that one and no other: all slots or none. */
#include <agon/plugin.h>
#include <stdio.h>

#include "base/hot.h"
#include "engine/close.h"
#include "engine/impl.h"

#define SECOND_NS ((agon_ns_t)1000000000)
#define SAMPLE_S  3600 /* without rules */
#define DAY_S     86400

static int has_rules(const struct tournament *tournament)
{
    return tournament->rules.mode != 0;
}

static int is_fair(const struct tournament_rules *rules)
{
    return rules_setting(rules, SETTING_EDITION) >= 2.0;
}

static void begin_fair(struct engine *engine, uint16_t id, agon_amt_t equity_amt)
{
    struct fair_slot *fair = &engine->tournament.fair[id];

    memset(fair, 0, sizeof(*fair));
    fair->n_crashes = engine->slots.all[id].n_crashes;
    window_start(&fair->days, equity_amt);
}

uint32_t engine_sample_s(const struct engine *engine)
{
    const struct tournament *tournament = &engine->tournament;

    return has_rules(tournament) ? tournament->rules.sample_s : SAMPLE_S;
}

const struct tournament_rules *engine_tournament(const struct engine *engine)
{
    return &engine->tournament.rules;
}

// No rules any more: the pool and what was given stay.
static int end_tournaments(struct engine *engine)
{
    struct tournament *tournament = &engine->tournament;

    memset(&tournament->rules, 0, sizeof(tournament->rules));
    tournament->t_due = INT64_MAX;
    tournament->t_pending = 0;
    tournament->is_pending = 0;
    cards_tournament(engine, 0);
    tournament->day = 0;
    tournament->is_undone = 0;
    for (uint32_t id = 0; id < SLOTS_MAX; id++) {
        if (tournament->fair[id].days.open.base_amt != 0 || tournament->fair[id].days.n != 0)
            memset(&tournament->fair[id], 0, sizeof(tournament->fair[id]));
    }
    return AGON_OK;
}

int tournament_config(struct engine *engine, const struct record_tournament *record)
{
    struct tournament *tournament = &engine->tournament;
    uint32_t sample_s = engine_sample_s(engine);
    struct tournament_rules rules;
    struct error err = {0};
    struct cron cron;
    int was_fair = is_fair(&tournament->rules);

    if (record->rules.mode == 0)
        return end_tournaments(engine);
    if (rules_read(&rules, record) < 0)
        return AGON_EINVAL;
    if (plan_check_rules(&rules, &err) < 0) {
        engine_note(engine, ALERT_TOURNAMENT, err.text);
        return AGON_EINVAL;
    }
    REQUIRE(cron_parse(&cron, rules.schedule, strlen(rules.schedule), NULL) >= 0);
    if (!has_rules(tournament))
        tournament->t_since = engine->t;
    // One that came due while the host was down is held late, not left out.
    if (!has_rules(tournament) || strcmp(rules.schedule, tournament->rules.schedule) != 0)
        tournament->t_due = cron_next(&cron, engine->t);
    tournament->rules = rules;
    tournament->cron = cron;
    if (!was_fair && is_fair(&rules))
        tournament->day = engine->t / (DAY_S * SECOND_NS);
    for (uint16_t id = 0; id < engine->slots.n && !was_fair && is_fair(&rules); id++) {
        if (engine->slots.all[id].is_used)
            begin_fair(engine, id, engine_equity(engine, id));
    }
    // Samples of another length cannot be compared.
    for (uint16_t id = 0; id < engine->slots.n && engine_sample_s(engine) != sample_s; id++) {
        if (engine->slots.all[id].is_used)
            window_start(&tournament->windows[id], engine_equity(engine, id));
    }
    return AGON_OK;
}

/* A slot's limits keep their proportion to its capital: half of it must not be lost in a day that
 * was allowed three hundredths. Without capital nothing is traded, and they stay. */
static void scale_limits(struct engine *engine, uint16_t id)
{
    struct slot_limits *limits = &engine->slots.all[id].limits;
    agon_amt_t *scale_amt = &engine->tournament.scale_amt[id];

    if (limits->capital_amt <= 0)
        return;
    if (*scale_amt > 0 && *scale_amt != limits->capital_amt)
        limits_scale(limits, *scale_amt, limits->capital_amt);
    *scale_amt = limits->capital_amt;
}

void tournament_slot(struct engine *engine, uint16_t id, agon_amt_t given_amt,
                     agon_amt_t change_amt, int is_new)
{
    struct tournament *tournament = &engine->tournament;

    tournament->given_amt[id] = given_amt;
    tournament->scale_amt[id] = given_amt;
    if (is_new)
        window_start(&tournament->windows[id], given_amt);
    else
        window_recapitalise(&tournament->windows[id], change_amt);
    if (is_fair(&tournament->rules) && is_new)
        begin_fair(engine, id, given_amt);
    else if (is_fair(&tournament->rules))
        window_recapitalise(&tournament->fair[id].days, change_amt);
    scale_limits(engine, id);
}

agon_amt_t tournament_pays(struct engine *engine, agon_account_t account, agon_amt_t capital_amt)
{
    struct tournament *tournament = &engine->tournament;
    agon_amt_t *pool_amt = &tournament->pool_amt[account];
    agon_amt_t paid_amt = *pool_amt < capital_amt ? *pool_amt : capital_amt;

    if (rules_setting(&tournament->rules, SETTING_EDITION) < 3.0 || paid_amt <= 0)
        return 0;
    *pool_amt -= paid_amt;
    tournament->left_amt = num_add(tournament->left_amt, -paid_amt);
    return paid_amt;
}

// A day's last sample stands for the day, also where nothing was seen for longer.
static void sample_days(struct engine *engine, agon_ns_t t_due)
{
    int64_t day = t_due / (DAY_S * SECOND_NS);

    if (!is_fair(&engine->tournament.rules) || day <= engine->tournament.day)
        return;
    engine->tournament.day = day;
    for (uint16_t id = 0; id < engine->slots.n; id++) {
        agon_amt_t equity_amt;

        if (engine->slots.all[id].is_used && value_equity(engine, id, &equity_amt))
            window_sample(&engine->tournament.fair[id].days, equity_amt);
    }
}

HOT void tournament_sample(struct engine *engine, agon_ns_t t_due, int is_hour)
{
    agon_ns_t every;

    // Without rules each is of an hour (SAMPLE_S).
    if (!is_hour && !has_rules(&engine->tournament))
        return;
    every = engine_sample_s(engine) * SECOND_NS;
    // After a long silence one sample stands for all that nobody saw.
    if (t_due % every != 0 && (t_due == engine->t || t_due / every == engine->t / every))
        return;
    for (uint16_t id = 0; id < engine->slots.n; id++) {
        agon_amt_t equity_amt;

        if (engine->slots.all[id].is_used && value_equity(engine, id, &equity_amt))
            window_sample(&engine->tournament.windows[id], equity_amt);
    }
    sample_days(engine, t_due);
}

void tournament_due(struct engine *engine, agon_ns_t t_due)
{
    struct tournament *tournament = &engine->tournament;

    tournament->t_due = cron_next(&tournament->cron, engine->t);
    if (tournament->t_since == 0) {
        tournament->t_since = engine->t; // the rules came before any event told the time
        return;
    }
    tournament->is_pending = 1;
    tournament->t_pending = t_due;
    cards_tournament(engine, 1);
}

// Slots that play for money: a model has none, and a slot that may not trade yet has made nothing.
static int takes_part(const struct engine *engine, const struct slot *slot)
{
    return slot->is_used && slot->agent_kind == AGON_STRATEGY &&
           slot->stage >= slot_least_stage(engine->mode) &&
           (slot->limits.capital_amt > 0 || slot->condition != CONDITION_RETIRED);
}

static void take_accounts(const struct engine *engine, const struct slot *slot,
                          struct plan_line *line)
{
    uint64_t accounts = control_accounts(engine, slot, &slot->subscription);

    for (; accounts != 0 && line->n_accounts < PLAN_PARTS; accounts &= accounts - 1) {
        uint8_t account = (uint8_t)__builtin_ctzll(accounts);

        line->accounts[line->n_accounts] = account;
        line->parts[line->n_accounts++].free_amt =
            engine_free_of(engine, slot, account, engine->table.base_currency);
    }
    if (accounts != 0)
        line->n_accounts = 0;
}

/* What its plugin did since the last plan, and what is left of what it did before. A slot that may
 * not trade now is excluded and keeps what it has, and rests when it is active again. */
static void note_faults(const struct engine *engine, const struct slot *slot,
                        struct plan_line *line, union plan_event *event)
{
    const struct fair_slot *fair = &engine->tournament.fair[slot->id];
    int is_now = slot->n_crashes != fair->n_crashes;
    double rest = is_now ? plan_setting(event, SETTING_FAULT_REST) : (double)fair->rest;

    plan_note(event, line, SETTING_FAULT_REST, rest);
    plan_note(event, line, SETTING_BACK_AFTER, (double)fair->waited);
    if (rest <= 0.0 || slot->condition != CONDITION_ACTIVE)
        return;
    line->verdict = PLAN_FAULTY;
    line->flags |= is_now ? PLAN_FAULT_NOW : 0;
}

static void fill_line(struct engine *engine, const struct slot *slot,
                      const struct tournament_rules *rules, union plan_event *event)
{
    struct plan_line *line = &plan_lines(&event->plan)[event->plan.n_lines++];
    struct window_figures figures =
        window_figures(&engine->tournament.windows[slot->id], rules->window, rules->sample_s);
    struct window_figures days;

    if (is_fair(rules)) {
        days = window_figures(&engine->tournament.fair[slot->id].days, WINDOW_MAX, DAY_S);
        figures.days = &days;
        figures.is_yearly = 0;
    }
    memcpy(line->name, slot->name, sizeof(line->name));
    line->slot = slot->id;
    take_accounts(engine, slot, line);
    line->verdict = slot->condition == CONDITION_ACTIVE    ? 0
                    : slot->condition == CONDITION_RETIRED ? PLAN_GONE
                                                           : PLAN_ASIDE;
    line->failures = engine->tournament.failures[slot->id];
    plan_measure(event, line, &figures);
    if (is_fair(rules))
        note_faults(engine, slot, line, event);
    if (line->n_accounts == 0)
        line->verdict = PLAN_ASIDE; // it is on more accounts than a plan can say
    if (line->verdict == PLAN_ASIDE && rules_setting(rules, SETTING_EDITION) >= 5.0)
        line->flags |= slot->condition == CONDITION_QUARANTINED ? PLAN_QUARANTINED
                       : slot->condition == CONDITION_SUSPENDED ? PLAN_SUSPENDED
                                                                : 0;
    line->equity_amt = engine_equity(engine, slot->id);
    line->capital_before_amt = slot->limits.capital_amt;
}

static void make(struct engine *engine, const struct tournament_rules *rules, agon_ns_t t_due,
                 union plan_event *event)
{
    const struct tournament *tournament = &engine->tournament;
    const struct asset *base = instruments_asset(&engine->table, engine->table.base_currency);
    struct record_plan *plan = &event->plan;

    _Static_assert(PLAN_ACCOUNTS <= ACCOUNTS_MAX && PLAN_LINES_MAX >= SLOTS_MAX,
                   "a plan has room for all");
    memset(event, 0, sizeof(*event));
    plan->hdr.type = EVENT_PLAN;
    plan->hdr.t = engine->t;
    plan->number = tournament->number + 1;
    plan->exp = base != NULL ? base->exp : 0;
    plan->t_due = t_due;
    plan->t_since = tournament->t_since;
    plan_take_rules(event, rules);
    for (uint32_t account = 0; account < ACCOUNTS_MAX; account++) {
        struct plan_pool *pool = plan_pool(event, account);

        pool->before_amt = tournament->pool_amt[account];
        pool->at_hand_amt = ledger_amt(engine->ledger, (agon_account_t)account, LEDGER_EXTERNAL,
                                       engine->table.base_currency);
    }
    plan->given_amt = tournament->left_amt;
    for (uint32_t id = 0; id < engine->slots.n; id++) {
        const struct slot *slot = &engine->slots.all[id];

        if (slot->is_used)
            plan->given_amt = num_add(plan->given_amt, tournament->given_amt[id]);
        if (takes_part(engine, slot))
            fill_line(engine, slot, rules, event);
    }
    plan->hdr.granules = plan_granules(plan->n_lines);
    plan_make(event);
}

// What a slot that plays holds has a price that may be another by now.
static int is_stale(const struct engine *engine)
{
    for (uint16_t id = 0; id < engine->slots.n; id++) {
        const struct slot *slot = &engine->slots.all[id];
        const struct position *all;
        uint32_t n;

        if (!takes_part(engine, slot) || slot->condition != CONDITION_ACTIVE)
            continue;
        all = ledger_positions(engine->ledger, id, &n);
        for (uint32_t i = 0; i < n; i++) {
            uint8_t state = engine_book_state(engine, all[i].instrument);

            if (all[i].held_amt != 0 && (state == BOOK_SYNCING || state == BOOK_STALE))
                return 1;
        }
    }
    return 0;
}

HOT int engine_take_plan(struct engine *engine, union plan_event *plan)
{
    // A plan over stale prices waits for the books.
    if (!engine->tournament.is_pending || (is_fair(&engine->tournament.rules) && is_stale(engine)))
        return 0;
    make(engine, &engine->tournament.rules, engine->tournament.t_pending, plan);
    return 1;
}

int engine_dry_plan(struct engine *engine, const struct tournament_rules *rules,
                    union plan_event *plan)
{
    if (rules == NULL && !has_rules(&engine->tournament))
        return AGON_ESTATE;
    make(engine, rules != NULL ? rules : &engine->tournament.rules, engine->t, plan);
    return AGON_OK;
}

static void unload(struct engine *engine, struct slot *slot)
{
    slot->condition = CONDITION_RETIRED;
    slot->condition_reason = REASON_TOURNAMENT;
    if (engine->tournament.rules.on_unload == UNLOAD_CLOSE)
        close_want_for_good(engine, slot->id, REASON_TOURNAMENT);
    else
        intents_cancel_all(engine, slot->id, 0, REASON_TOURNAMENT);
    jobs_end(engine, slot->id);
}

// Its money has moved already.
static void recapitalise(struct engine *engine, uint16_t id, agon_amt_t change_amt)
{
    struct slot *slot = &engine->slots.all[id];

    slot->limits.capital_amt = num_add(slot->limits.capital_amt, change_amt);
    exposure_transfer(engine, id, change_amt);
    figures_recapitalise(engine, id, change_amt);
    window_recapitalise(&engine->tournament.windows[id], change_amt);
    if (is_fair(&engine->tournament.rules))
        window_recapitalise(&engine->tournament.fair[id].days, change_amt);
    scale_limits(engine, id);
}

static void transfer(struct engine *engine, agon_account_t account, uint16_t id, agon_amt_t amt)
{
    REQUIRE(ledger_transfer(engine->ledger, account, LEDGER_EXTERNAL, id,
                            engine->table.base_currency, amt) == AGON_OK);
}

static void keep_fair(struct engine *engine, const struct plan_line *line)
{
    struct fair_slot *fair = &engine->tournament.fair[line->slot];
    double rest = plan_noted(&engine->plan, line, SETTING_FAULT_REST);

    fair->n_crashes = engine->slots.all[line->slot].n_crashes;
    fair->rest = (uint32_t)rest - (line->verdict == PLAN_FAULTY);
    fair->waited = (uint32_t)plan_noted(&engine->plan, line, SETTING_BACK_AFTER);
    fair->n_moved = line->n_accounts;
    memcpy(fair->accounts, line->accounts, sizeof(fair->accounts));
    for (uint32_t i = 0; i < line->n_accounts; i++)
        fair->moved_amt[i] = line->parts[i].change_amt;
}

static void apply_line(struct engine *engine, const struct plan_line *line)
{
    struct slot *slot = &engine->slots.all[line->slot];
    agon_amt_t change_amt = num_add(line->capital_after_amt, -line->capital_before_amt);

    for (uint32_t i = 0; i < line->n_accounts; i++)
        transfer(engine, line->accounts[i], line->slot, line->parts[i].change_amt);
    recapitalise(engine, line->slot, change_amt);
    engine->tournament.failures[line->slot] = line->failures;
    if (is_fair(&engine->tournament.rules))
        keep_fair(engine, line);
    if (line->verdict == PLAN_UNLOADED)
        unload(engine, slot);
    for (uint32_t i = 0; i < line->n_accounts; i++) {
        if (line->parts[i].change_amt != 0)
            deliver_balance_of(engine, line->slot, line->accounts[i], engine->table.base_currency);
    }
    if (change_amt != 0 || line->verdict == PLAN_UNLOADED)
        deliver_capital(engine, line->slot);
}

/* What a slot was given goes back into the pool, and what was taken of it out of the pool, each as
 * far as there is free money. Returns what its capital changes by. */
static agon_amt_t undo_part(struct engine *engine, const struct slot *slot, struct fair_slot *fair,
                            uint32_t i, int is_given)
{
    agon_account_t account = fair->accounts[i];
    agon_amt_t *pool_amt = &engine->tournament.pool_amt[account];
    agon_amt_t amt = fair->moved_amt[i];
    agon_amt_t most_amt =
        is_given ? engine_free_of(engine, slot, account, engine->table.base_currency) : *pool_amt;

    if ((amt > 0) != is_given || amt == 0)
        return 0;
    if (is_given && most_amt > slot->limits.capital_amt)
        most_amt = slot->limits.capital_amt;
    amt = amt > 0 ? amt : -amt;
    amt = amt < most_amt ? amt : most_amt;
    if (amt <= 0)
        return 0;
    transfer(engine, account, slot->id, is_given ? -amt : amt);
    *pool_amt = num_add(*pool_amt, is_given ? amt : -amt);
    fair->moved_amt[i] = 0;
    return is_given ? -amt : amt;
}

/* Returns by how much the slot's capital changed, without a sign. */
static agon_amt_t undo_slot(struct engine *engine, uint16_t id, int is_given)
{
    struct fair_slot *fair = &engine->tournament.fair[id];
    const struct slot *slot = &engine->slots.all[id];
    agon_amt_t change_amt = 0;

    for (uint32_t i = 0; i < fair->n_moved; i++) {
        agon_amt_t amt = undo_part(engine, slot, fair, i, is_given);

        if (amt == 0)
            continue;
        change_amt = num_add(change_amt, amt);
        // Before the next part asks what is free and what the capital is.
        recapitalise(engine, id, amt);
        deliver_balance_of(engine, id, fair->accounts[i], engine->table.base_currency);
    }
    if (change_amt != 0)
        deliver_capital(engine, id);
    return change_amt < 0 ? -change_amt : change_amt;
}

agon_amt_t engine_undone_amt(const struct engine *engine)
{
    return engine->undone_amt;
}

int tournament_undo(struct engine *engine, int64_t number)
{
    struct tournament *tournament = &engine->tournament;

    if (!is_fair(&tournament->rules) || number <= 0 || number != tournament->number ||
        tournament->is_undone)
        return AGON_EINVAL;
    tournament->is_undone = 1;
    engine->undone_amt = 0;
    for (int is_given = 1; is_given >= 0; is_given--) {
        agon_amt_t back_amt = 0;

        for (uint16_t id = 0; id < engine->slots.n; id++) {
            const struct slot *slot = &engine->slots.all[id];

            // Who was unloaded has no use for it.
            if (slot->is_used && (is_given || slot->condition != CONDITION_RETIRED))
                back_amt = num_add(back_amt, undo_slot(engine, id, is_given));
        }
        // As plan_moved_amt counts: one amount that goes from one slot to another is one.
        engine->undone_amt = back_amt > engine->undone_amt ? back_amt : engine->undone_amt;
    }
    return AGON_OK;
}

int tournament_values(struct engine *engine, const struct agon_event_hdr *values)
{
    union plan_values_event ours;
    int is_ours = 0;

    if (!engine_take_plan(engine, &engine->plan))
        return AGON_EINVAL;
    for (uint32_t k = 0; !is_ours && plan_values(&engine->plan, k, &ours); k++)
        is_ours =
            values->type == ours.hdr.type && event_bytes(values) == event_bytes(&ours.hdr) &&
            memcmp((const char *)values + sizeof(*values), (const char *)&ours + sizeof(*values),
                   event_bytes(values) - sizeof(*values)) == 0;
    if (is_ours)
        return AGON_OK; // for whoever asks what the plan was decided by
    engine_note(engine, ALERT_TOURNAMENT, "values of a plan are not those that the state comes to");
    return AGON_ECORRUPT;
}

int tournament_plan(struct engine *engine, const struct record_plan *plan)
{
    struct tournament *tournament = &engine->tournament;
    struct record_plan *ours = &engine->plan.plan;

    if (!engine_take_plan(engine, &engine->plan))
        return AGON_EINVAL;
    if (event_bytes(&plan->hdr) != event_bytes(&ours->hdr) ||
        memcmp((const char *)plan + sizeof(plan->hdr), (const char *)ours + sizeof(ours->hdr),
               event_bytes(&ours->hdr) - sizeof(ours->hdr)) != 0) {
        engine_note(engine, ALERT_TOURNAMENT, "a plan is not the one that the state comes to");
        return AGON_ECORRUPT;
    }
    tournament->is_pending = 0;
    cards_tournament(engine, 0);
    tournament->t_pending = 0;
    tournament->t_since = engine->t;
    tournament->number = ours->number;
    tournament->is_undone = 0;
    for (uint32_t id = 0; id < engine->slots.n && is_fair(&tournament->rules); id++)
        tournament->fair[id].n_moved = 0;
    for (uint32_t account = 0; account < ACCOUNTS_MAX; account++)
        tournament->pool_amt[account] = plan_pool(&engine->plan, account)->after_amt;
    for (uint32_t i = 0; i < ours->n_lines; i++)
        apply_line(engine, &plan_lines(ours)[i]);
    return AGON_OK;
}

static void save_fair(const struct tournament *tournament, uint32_t n_slots, struct enc *enc)
{
    enc_i64(enc, tournament->day);
    enc_u32(enc, tournament->is_undone);
    for (uint32_t id = 0; id < n_slots; id++) {
        const struct fair_slot *fair = &tournament->fair[id];

        enc_u32(enc, fair->n_crashes);
        enc_u32(enc, fair->rest);
        enc_u32(enc, fair->waited);
        enc_u8(enc, fair->n_moved);
        for (uint32_t i = 0; i < fair->n_moved; i++) {
            enc_u8(enc, fair->accounts[i]);
            enc_i64(enc, fair->moved_amt[i]);
        }
        window_save(&fair->days, enc);
    }
}

static void load_fair(struct tournament *tournament, uint32_t n_slots, struct dec *dec)
{
    tournament->day = dec_i64(dec);
    tournament->is_undone = dec_u32(dec);
    for (uint32_t id = 0; id < n_slots; id++) {
        struct fair_slot *fair = &tournament->fair[id];

        fair->n_crashes = dec_u32(dec);
        fair->rest = dec_u32(dec);
        fair->waited = dec_u32(dec);
        fair->n_moved = dec_u8(dec);
        if (fair->n_moved > PLAN_PARTS) {
            dec_fail(dec);
            fair->n_moved = 0;
        }
        for (uint32_t i = 0; i < fair->n_moved; i++) {
            fair->accounts[i] = dec_u8(dec);
            fair->moved_amt[i] = dec_i64(dec);
            if (fair->accounts[i] >= ACCOUNTS_MAX)
                dec_fail(dec);
        }
        window_load(&fair->days, dec);
    }
}

void tournament_save(const struct tournament *tournament, uint32_t n_slots, struct enc *enc)
{
    rules_save(&tournament->rules, enc);
    enc_i64(enc, tournament->t_due);
    enc_i64(enc, tournament->t_pending);
    enc_i64(enc, tournament->t_since);
    enc_u32(enc, tournament->number);
    enc_u32(enc, tournament->is_pending);
    for (int i = 0; i < STATE_ACCOUNTS; i++)
        enc_i64(enc, tournament->pool_amt[i]);
    enc_i64(enc, tournament->left_amt);
    for (uint32_t id = 0; id < n_slots; id++) {
        enc_i64(enc, tournament->given_amt[id]);
        enc_i64(enc, tournament->scale_amt[id]);
        enc_u32(enc, tournament->failures[id]);
        window_save(&tournament->windows[id], enc);
    }
    if (is_fair(&tournament->rules))
        save_fair(tournament, n_slots, enc);
}

int tournament_load(struct tournament *tournament, uint32_t n_slots, struct dec *dec)
{
    struct tournament_rules *rules = &tournament->rules;

    rules_load(rules, dec);
    tournament->t_due = dec_i64(dec);
    tournament->t_pending = dec_i64(dec);
    tournament->t_since = dec_i64(dec);
    tournament->number = dec_u32(dec);
    tournament->is_pending = dec_u32(dec);
    for (int i = 0; i < STATE_ACCOUNTS; i++)
        tournament->pool_amt[i] = dec_i64(dec);
    tournament->left_amt = dec_i64(dec);
    for (uint32_t id = 0; id < n_slots; id++) {
        tournament->given_amt[id] = dec_i64(dec);
        tournament->scale_amt[id] = dec_i64(dec);
        tournament->failures[id] = dec_u32(dec);
        window_load(&tournament->windows[id], dec);
    }
    if (is_fair(rules))
        load_fair(tournament, n_slots, dec);
    // Without rules nothing is due; with rules they have to be some.
    if (rules->mode == 0)
        return tournament->is_pending == 0 && tournament->t_due == INT64_MAX ? AGON_OK
                                                                             : AGON_ECORRUPT;
    if (!dec_is_ok(dec) || plan_check_rules(rules, NULL) < 0)
        return AGON_ECORRUPT;
    return cron_parse(&tournament->cron, rules->schedule, strlen(rules->schedule), NULL);
}

const char *tournament_check(const struct engine *engine, char *text)
{
    const struct tournament *tournament = &engine->tournament;
    agon_amt_t given_amt = tournament->left_amt;
    agon_amt_t there_amt = 0;
    int is_broken = 0;

    for (uint32_t account = 0; account < ACCOUNTS_MAX; account++) {
        there_amt = num_add(there_amt, tournament->pool_amt[account]);
        is_broken |= tournament->pool_amt[account] < 0;
    }
    for (uint32_t id = 0; id < engine->slots.n; id++) {
        if (!engine->slots.all[id].is_used)
            continue;
        given_amt = num_add(given_amt, tournament->given_amt[id]);
        there_amt = num_add(there_amt, engine->slots.all[id].limits.capital_amt);
    }
    if (given_amt == there_amt && !is_broken)
        return NULL;
    snprintf(text, 256, "inv-13: capital and pools are not what was given");
    return text;
}
