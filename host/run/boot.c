// SPDX-License-Identifier: Apache-2.0
/* boot: the engine as the journal has it, the slots of those who trade, and what is configured as
 * the first events of a run. */
#include <stdio.h>
#include <stdlib.h>

#include "base/num.h"
#include "engine/capital.h"
#include "engine/close.h"
#include "journal/reader.h"
#include "journal/snapshot.h"
#include "market/instrument_kind.h"
#include "run/host_impl.h"
#include "run/past.h"
#include "sys/entropy.h"
#include "sys/log.h"

/* The host of before may have begun as many runs since the backup: orders of more are another
 * host's to us. */
#define RUNS_PASSED 64

// There is no writer's thread yet.
static int write_on(void *ctx, int is_bound)
{
    (void)is_bound;
    return journal_writer_step(((struct host *)ctx)->writer) >= 0;
}

static int boot_step(struct host *host, void *event, const char *what, struct error *err)
{
    struct agon_event_hdr *hdr = event;
    int rc;

    hdr->t = host_now(host);
    rc = driver_step(&host->driver, hdr);
    if (rc >= 0)
        rc = host->driver.rc;
    return rc < 0 ? error_set(err, rc, "%s was refused: %s", what, error_name(rc)) : AGON_OK;
}

static agon_asset_t boot_asset(struct host *host, const char *name, int is_base_currency,
                               struct error *err)
{
    const struct instruments *table = engine_instruments(host->engine);
    agon_asset_t id = instruments_find_asset(table, name);
    int exp = values_exp(&host->config.values, name);
    struct record_asset asset = {.hdr = {.type = EVENT_CONFIG, .granules = 1},
                                 .kind = CONFIG_ASSET,
                                 .asset = table->n_assets + 1,
                                 .exp = (int8_t)exp,
                                 .is_base_currency = (uint8_t)is_base_currency};

    if (id != 0 && instruments_asset(table, id)->exp != exp) {
        error_set(err, AGON_EINVAL,
                  "%s has %d decimals in this run directory, and %d by the roster: they are fixed",
                  name, instruments_asset(table, id)->exp, exp);
        return 0;
    }
    if (id != 0)
        return id;
    snprintf(asset.name, sizeof(asset.name), "%.15s", name);
    return boot_step(host, &asset, name, err) < 0 ? 0 : asset.asset;
}

/* Of every start again: the roster may name another instrument than before. */
static int boot_valuation(struct host *host, const struct values_by *by, struct error *err)
{
    const struct host_instrument *spec = &host->config.instruments[by->instrument - 1];
    const struct instruments *table = engine_instruments(host->engine);
    struct record_valuation record = {
        .hdr = {.type = EVENT_CONFIG,
                .granules = 1,
                .instrument =
                    instruments_find(table, host->config.venues[spec->venue].venue, spec->symbol)},
        .kind = CONFIG_VALUATION,
        .asset = instruments_find_asset(table, by->asset)};

    return boot_step(host, &record, by->word, err);
}

/* The length of the bars that are all that its venue has of an instrument; 0: there is a market. */
uint32_t host_bars_of(const struct host *host, agon_instrument_t id)
{
    const struct agon_instrument *instrument =
        instruments_get(engine_instruments(host->engine), id);

    for (uint32_t i = 0; instrument != NULL && i < host->n_lines; i++) {
        if (i < host->config.n_venues && host->config.venues[i].venue == instrument->venue)
            return market_bars_length_s(&host->lines[i].bars, instrument->symbol);
    }
    return 0;
}

/* What the engine takes the data of an instrument for is what its venue says in this run. */
static int boot_bars(struct host *host, agon_instrument_t id, struct error *err)
{
    const struct agon_instrument *instrument =
        instruments_get(engine_instruments(host->engine), id);
    struct record_step record = {
        .hdr = {.type = EVENT_CONFIG, .granules = 1, .instrument = id},
        .kind = CONFIG_STEP,
        .step_ns = (agon_ns_t)host_bars_of(host, id) * 1000000000,
    };

    // On paper the host itself takes the bars along their paths; a real exchange shows it none.
    if (record.step_ns != 0)
        record.is_bars = host->config.mode == RUN_PAPER ? STEP_PATHS : STEP_BARS;
    if (instrument == NULL || (engine_bars_ns(host->engine, id) == record.step_ns &&
                               engine_bars(host->engine, id) == record.is_bars))
        return AGON_OK;
    return boot_step(host, &record, instrument->symbol, err);
}

static int boot_instrument(struct host *host, const struct host_instrument *spec, struct error *err)
{
    const struct instruments *table = engine_instruments(host->engine);
    uint16_t venue = host->config.venues[spec->venue].venue;
    agon_instrument_t id = instruments_find(table, venue, spec->symbol);
    struct agon_instrument made = {
        .hdr = {.type = AGON_EVENT_INSTRUMENT,
                .granules = 3,
                .instrument = id != 0 ? id : table->n_instruments + 1},
        .venue = venue,
        .kind = spec->kind != 0 ? spec->kind : (uint8_t)INSTRUMENT_SPOT,
        .state = TRADING_OPEN,
        .px_exp = (int8_t)spec->px_exp,
        .qty_exp = (int8_t)spec->qty_exp,
        .maker_fee_ppb = spec->maker_fee_ppb,
        .taker_fee_ppb = spec->taker_fee_ppb,
        .tick_px = spec->tick_px,
        .lot_qty = spec->lot_qty,
        .min_qty = spec->min_qty,
        .max_qty = spec->max_qty,
        .min_notional_amt = spec->min_notional_amt,
        .multiplier = spec->multiplier > 0 ? spec->multiplier : 1,
        .multiplier_exp = (int8_t)spec->multiplier_exp,
    };

    made.base = boot_asset(host, spec->base, 0, err);
    made.quote = boot_asset(host, spec->quote, 0, err);
    made.settle = made.kind == INSTRUMENT_INVERSE ? made.base : made.quote;
    if (made.base == 0 || made.quote == 0)
        return AGON_EINVAL;
    memcpy(made.symbol, spec->symbol, sizeof(made.symbol));
    return boot_step(host, &made, spec->symbol, err);
}

/* Live, the venue says what is there. On paper an account has what of its agents' capital stands on
 * it, so that all accounts together have what was given, once. */
static int boot_cash(struct host *host, struct error *err)
{
    int rc = AGON_OK;

    for (uint32_t i = 0; i < host->n_lines && rc >= 0; i++) {
        struct record_account cash = {
            .hdr = {.type = EVENT_ACCOUNT, .granules = 1},
            .account = host->config.venues[i].account,
            .flags = 3,
            .asset = engine_instruments(host->engine)->base_currency,
        };

        for (uint32_t id = 0; id < host->config.n_slots; id++) {
            const struct record_slot *record = &host->config.slots[id].record;

            if (host_has_agent(host, id) &&
                !num_add_checked(cash.free_amt,
                                 engine_capital_on(host->engine, record, cash.account),
                                 &cash.free_amt))
                return error_set(err, AGON_ERANGE,
                                 "the capital of all agents together is too large");
        }
        rc = boot_step(host, &cash, "the account", err);
    }
    return rc;
}

/* Where there are several venues, what is traded on one is traded on its account. */
static int boot_accounts(struct host *host, struct error *err)
{
    int rc = AGON_OK;

    for (uint32_t i = 0; i < host->n_lines && host->n_lines > 1 && rc >= 0; i++) {
        struct record_account_of record = {
            .hdr = {.type = EVENT_CONFIG, .granules = 1},
            .kind = CONFIG_ACCOUNT,
            .venue = host->config.venues[i].venue,
            .account = host->config.venues[i].account,
        };

        snprintf(record.name, sizeof(record.name), "%.23s", host->venue_names[i].name);
        rc = boot_step(host, &record, "a venue's account", err);
    }
    return rc;
}

static int boot_command(struct host *host, uint8_t kind, uint8_t cause, uint16_t reason,
                        const char *who, const char *why, struct error *err)
{
    struct record_command_by by = {
        .command = {.hdr = {.type = AGON_EVENT_COMMAND, .granules = sizeof(by) / EVENT_GRANULE},
                    .kind = kind,
                    .scope = SCOPE_GLOBAL,
                    .which = cause,
                    .reason = reason}};

    snprintf(by.who, sizeof(by.who), "%s", who);
    snprintf(by.why, sizeof(by.why), "%s", why);
    return boot_step(host, &by, why, err);
}

static int boot_resume(struct host *host, struct error *err)
{
    int rc = boot_command(host, COMMAND_RESUME, HALT_OPERATOR, REASON_OPERATOR, "start",
                          "started with --resume", err);

    if (rc >= 0)
        rc = boot_command(host, COMMAND_RESUME, HALT_KILL, REASON_KILL, "start",
                          "started with --resume", err);
    return rc;
}

/* A host that ended lifts its own halt for that when it begins again. What anybody else halted
 * stands: whoever halted it was a reason that a crash and a restart do not take away. */
static int boot_halts(struct host *host, struct error *err)
{
    static const char *const names[HALT_CAUSES] = {[HALT_OPERATOR] = "a halt",
                                                   [HALT_JOURNAL] = "a halt for the journal's disk",
                                                   [HALT_CRASHES] = "a halt after crashes",
                                                   [HALT_BOOKS] = "a sum beyond 64 bits",
                                                   [HALT_STOP] = "a stop",
                                                   [HALT_KILL] = "the kill switch"};
    int rc = AGON_OK;

    if (engine_halt(host->engine, SCOPE_GLOBAL, HALT_STOPPING) != NULL)
        rc = boot_command(host, COMMAND_RESUME, HALT_STOPPING, REASON_OPERATOR, "host",
                          "the run that ended is over", err);
    if (rc >= 0 && host->config.is_resumed && engine_halted(host->engine) != 0)
        rc = boot_resume(host, err);
    if (rc >= 0 && host->config.kill_why[0] != '\0')
        rc = boot_command(host, COMMAND_KILL, 0, REASON_KILL, "start", host->config.kill_why, err);
    // The disk may have room by now: then the core lifts this one itself.
    if (engine_halt(host->engine, SCOPE_GLOBAL, HALT_JOURNAL) != NULL)
        host->halts = host->told_halts = HOST_HALT_JOURNAL;
    if (engine_halt(host->engine, SCOPE_GLOBAL, HALT_CLOCK) != NULL) {
        host->halts |= HOST_HALT_CLOCK;
        host->told_halts |= HOST_HALT_CLOCK;
    }
    for (uint32_t cause = 0; cause < HALT_CAUSES; cause++) {
        const struct halt *halt = engine_halt(host->engine, SCOPE_GLOBAL, cause);

        // That of the clock goes by itself.
        if (halt != NULL && cause != HALT_CLOCK)
            log_error("host", cause == HALT_KILL ? "killed" : "halted",
                      "%s stands, ordered by %s (%s): no new orders; `agon ctl resume%s` or a "
                      "start with --resume lifts it",
                      names[cause], halt->who[0] != '\0' ? halt->who : "an earlier run",
                      halt->why[0] != '\0' ? halt->why : "no reason given",
                      cause == HALT_KILL ? " kill" : "");
    }
    return rc;
}

/* Is the slot active, or not so because of its plugin alone? */
static int is_for_its_plugin(const struct slot *slot)
{
    return slot->condition == CONDITION_ACTIVE ||
           ((slot->condition == CONDITION_SUSPENDED || slot->condition == CONDITION_QUARANTINED) &&
            slot->condition_reason == REASON_SLOT_GONE);
}

/* Its plugin was lost and is loaded anew; or it was unloaded, its positions were kept, and the
 * roster names it: it takes them up again. */
static int is_taken_back(const struct host *host, const struct slot *slot)
{
    if (slot->condition == CONDITION_RETIRED)
        return slot->condition_reason == REASON_OPERATOR &&
               !close_is_for_good(host->engine, slot->id);
    return (slot->condition == CONDITION_SUSPENDED || slot->condition == CONDITION_QUARANTINED) &&
           slot->condition_reason == REASON_SLOT_GONE;
}

/* What earlier runs left: halts stand (boot_halts). A plugin that was lost is loaded anew, so its
 * slot plays again. A slot that nobody plays for any more has its orders cancelled. */
static int boot_states(struct host *host, struct error *err)
{
    const struct slots *slots = engine_slots(host->engine);
    int rc = boot_halts(host, err);

    for (uint16_t id = 0; id < slots->n && rc >= 0; id++) {
        const struct slot *slot = &slots->all[id];
        struct record_command condition = {.hdr = {.type = AGON_EVENT_COMMAND, .granules = 1},
                                           .kind = COMMAND_SLOT_CONDITION,
                                           .id = id,
                                           .value = CONDITION_ACTIVE,
                                           .reason = REASON_OPERATOR};
        struct record_command cancel = {.hdr = {.type = AGON_EVENT_COMMAND, .granules = 1},
                                        .kind = COMMAND_CANCEL_ALL,
                                        .scope = SCOPE_SLOT,
                                        .id = id,
                                        .reason = REASON_SLOT_GONE};

        if (!slot->is_used)
            continue;
        if (!host_has_agent(host, id) && slot->condition == CONDITION_RETIRED) {
            // Unloaded, and its place is free when nothing of it is left.
            if (slot->condition_reason == REASON_OPERATOR)
                slot_set_add(&host->leaving, id);
        } else if (!host_has_agent(host, id)) {
            log_warn_with("host", "slot-left", LOG_FIELDS(LOG_TEXT("agent", slot->name)),
                          "slot %s is not in the roster any more: it is suspended, its orders are "
                          "cancelled and its positions stay; `agon ctl unload %s --close` closes "
                          "them",
                          slot->name, slot->name);
            condition.value = CONDITION_SUSPENDED;
            condition.reason = REASON_SLOT_GONE;
            rc = boot_step(host, &condition, slot->name, err);
            if (rc >= 0)
                rc = boot_step(host, &cancel, slot->name, err);
        } else if (slot_set_has(&host->refused, id)) {
            if (slot->condition != CONDITION_ACTIVE)
                continue;
            condition.value = CONDITION_QUARANTINED;
            condition.reason = REASON_SLOT_GONE;
            rc = boot_step(host, &condition, slot->name, err);
        } else if (slot_set_has(&host->unfit, id)) {
            if (!is_for_its_plugin(slot))
                continue; // what an operator or a tournament did stands
            condition.value = CONDITION_SUSPENDED;
            condition.reason = REASON_SLOT_GONE;
            rc = boot_step(host, &condition, slot->name, err);
        } else if (is_taken_back(host, slot)) {
            rc = boot_step(host, &condition, slot->name, err);
        }
    }
    return rc;
}

// A slot keeps its orders and positions over runs, so it must stay whose it was.
static int check_owner(const struct host *host, uint16_t id, struct error *err)
{
    const struct slot *slot = slots_get(engine_slots(host->engine), id);
    const char *name = host->config.slots[id].record.name;

    if (slot == NULL || strcmp(slot->name, name) == 0)
        return AGON_OK;
    return error_set(err, AGON_EPERM,
                     "slot %u of this run directory is %s's, with its orders and positions, and "
                     "the roster gives it to %s: give it another name, or "
                     "use another directory",
                     id, slot->name, name);
}

/* Each agent of the roster in its place: where it was before, or else in the lowest one that is
 * nobody's. So a roster may be written in any order, and who has gone leaves no gap that counts. */
int host_seat_agents(struct host *host, struct error *err)
{
    const struct slots *slots = engine_slots(host->engine);
    struct crew_slot *to = calloc(SLOTS_MAX, sizeof(*to));
    uint32_t n = 0;
    uint8_t taken[SLOTS_MAX] = {0};

    if (to == NULL)
        return error_set(err, AGON_ENOMEM, "no memory for the agents");
    for (uint32_t id = 0; id < slots->n; id++)
        taken[id] = slots->all[id].is_used;
    for (uint32_t i = 0; i < host->config.n_slots; i++) {
        const struct crew_slot *from = &host->config.slots[i];
        const struct slot *before = slots_find(slots, from->record.name);
        const uint8_t *free_place = memchr(taken, 0, sizeof(taken));
        uint32_t id = before != NULL       ? before->id
                      : free_place != NULL ? (uint32_t)(free_place - taken)
                                           : SLOTS_MAX;

        if (id == SLOTS_MAX) {
            free(to);
            return error_set(err, AGON_ENOSPC, "no place is free for agent %s: %d are taken",
                             from->record.name, SLOTS_MAX);
        }
        taken[id] = 1;
        to[id] = *from;
        to[id].record.slot = (uint16_t)id;
        n = id >= n ? id + 1 : n;
    }
    for (uint32_t id = 0; id < n; id++)
        if (to[id].record.name[0] == '\0')
            slot_set_add(&host->absent, id);
    memcpy(host->config.slots, to, n * sizeof(*to));
    host->config.n_slots = n;
    free(to);
    return AGON_OK;
}

/* A slot whose binary is quarantined stands still, with all that it has, and the others begin. So
 * does one whose plugin fails its checks, until its orders can be dealt with (join_agents). What
 * was there before stays; one that is new is a strategy that hears nothing. */
static void stand_still(struct host *host, struct crew_slot *slot, const struct error *err)
{
    const struct slot *before = slots_get(engine_slots(host->engine), slot->record.slot);

    slot->record.agent_kind = before != NULL ? before->agent_kind : (uint8_t)AGON_STRATEGY;
    slot->record.generation_hash = before != NULL ? before->generation_hash : 0;
    slot->record.subscription.event_mask = before != NULL ? before->subscription.event_mask : 0;
    slot->record.subscription.event_more = before != NULL ? before->subscription.event_more : 0;
    if (before != NULL && !slot->has_bars)
        slot->record.subscription.bar_mask = before->subscription.bar_mask;
    slot->record.signals = before != NULL ? before->signals : (struct slot_signals){0};
    snprintf(host->failures[slot->record.slot], sizeof(host->failures[0]), "%.159s", err->text);
    if (err->code == AGON_EPERM) {
        slot_set_add(&host->refused, slot->record.slot);
        log_error_with("host", "quarantined", LOG_FIELDS(LOG_TEXT("agent", slot->record.name)),
                       "%s", err->text);
        return;
    }
    slot_set_add(&host->unfit, slot->record.slot);
    log_error_with(
        "host", "plugin-refused",
        LOG_FIELDS(LOG_TEXT("agent", slot->record.name), LOG_TEXT("plugin", slot->plugin)),
        "slot %s is suspended: %s: %s; `agon validate` says what a plugin has to be, and "
        "`agon ctl reload %s` with a good one makes it active",
        slot->record.name, slot->plugin, err->text, slot->record.name);
}

/* A quarantined one that has no place in a journal with a past, because it was unloaded or is new,
 * is left out as after its unloading. */
static int leave_out(struct host *host, const struct crew_slot *slot, const struct error *err)
{
    if (err->code != AGON_EPERM || engine_seq(host->engine) == 0 ||
        slots_get(engine_slots(host->engine), slot->record.slot) != NULL)
        return 0;
    slot_set_add(&host->absent, slot->record.slot);
    log_error_with("host", "quarantined", LOG_FIELDS(LOG_TEXT("agent", slot->record.name)),
                   "%s; agent %s is left out", err->text, slot->record.name);
    return 1;
}

/* The engine would refuse a slot whose signals have the numbers of another's, and the host would
 * not begin: so its plugin is refused here, which is that slot's matter alone. known: the slots so
 * far.
 */
static int check_signals(struct host *host, struct slots *known, const struct record_slot *record,
                         struct error *why)
{
    struct slot *slot = &known->all[record->slot];
    int rc = slots_fit(known, record->slot, record->name, &record->signals, why);

    if (rc < 0) {
        crew_leave(host->crew, record->slot, AGON_END_HOST);
        return rc;
    }
    slot->is_used = 1;
    slot->signals = record->signals;
    memcpy(slot->name, record->name, sizeof(slot->name));
    if (record->slot >= known->n)
        known->n = record->slot + 1u;
    return AGON_OK;
}

/* Before anything is written: a roster that does not fit the run directory leaves no trace of a
 * run. A plugin that cannot be loaded is its slot's matter: the others must not stand still for it.
 */
int host_load_agents(struct host *host, struct error *err)
{
    struct slots *known = malloc(sizeof(*known));

    if (known == NULL)
        return error_set(err, AGON_ENOMEM, "no memory for the agents");
    *known = *engine_slots(host->engine);
    for (uint32_t i = 0; i < host->config.n_slots; i++) {
        struct crew_slot *slot = &host->config.slots[i];
        struct error why = {0};
        int rc;

        if (!host_has_agent(host, i))
            continue;
        rc = check_owner(host, slot->record.slot, err);
        if (rc < 0) {
            free(known);
            return rc;
        }
        if (slot->checkpoint_ns == 0)
            slot->checkpoint_ns = CHECKPOINT_NS;
        // What the audit refused is not opened once more: in this process it could run.
        rc = slot->unfit[0] != '\0' ? error_set(&why, AGON_EINVAL, "%s", slot->unfit)
                                    : crew_load(host->crew, slot, &why);
        if (rc >= 0)
            rc = check_signals(host, known, &slot->record, &why);
        if (rc < 0 && !leave_out(host, slot, &why))
            stand_still(host, slot, &why);
    }
    free(known);
    return AGON_OK;
}

/* The number of the journal, in all its client ids; a new one's, or of one from before there were
 * such, is drawn here. */
static uint32_t journal_number(const struct host *host)
{
    uint32_t number = engine_order_ids(host->engine).journal;

    if (number == 0)
        number = host->restored_number;

    while (number == 0)
        number = (uint32_t)entropy_u64() & 0xffffff;
    return number;
}

/* Whether it is restored and goes on under a number that its journal does not know yet. */
static int is_numbered_anew(const struct host *host)
{
    struct order_ids ids = engine_order_ids(host->engine);

    for (uint32_t i = 0; i < ids.n_earlier; i++)
        if (ids.earlier[i].journal == host->restored_number)
            return 0;
    return host->restored_number != 0 && ids.journal != 0 && ids.journal != host->restored_number;
}

uint32_t host_next_run(const struct host *host, uint32_t last_run)
{
    struct order_ids ids = engine_order_ids(host->engine);
    uint32_t run = last_run + 1;

    if (run < ids.since_run)
        run = ids.since_run;
    return is_numbered_anew(host) ? run + RUNS_PASSED : run;
}

/* A folder that was restored goes on under another number, and some runs later: no client id that
 * the host of before wrote since its backup comes again, and orders of that many of its runs are
 * known as this journal's, and cancelled. */
static int step_ids(struct host *host, uint32_t run, struct error *err)
{
    struct record_ids record = {.hdr = {.type = EVENT_CONFIG, .granules = 1},
                                .kind = CONFIG_IDS,
                                .journal = host->restored_number,
                                .since_run = run};

    if (!is_numbered_anew(host) || run > ORDER_RUN_MAX) // of which the start says that it ends here
        return AGON_OK;
    if (engine_order_ids(host->engine).n_earlier == ORDER_IDS_EARLIER)
        return error_set(err, AGON_ERANGE,
                         "this journal was restored %d times, the maximum that its client ids can "
                         "distinguish: stop trading with it and begin another run directory",
                         ORDER_IDS_EARLIER);
    log_warn(
        "host", "restored",
        "this run directory was restored from a backup, which ends with event %llu: client "
        "ids carry another number, what happened on the account since is taken from the venue, "
        "and what this journal's earlier host left open there is cancelled",
        (unsigned long long)engine_seq(host->engine));
    return boot_step(host, &record, "the number of client ids", err);
}

static int step_quietly(struct host *host, struct agon_event_hdr *event)
{
    return boot_step(host, event, "a job or a lease", NULL);
}

static int step_start(struct host *host, uint32_t run, struct error *err)
{
    uint32_t number = journal_number(host);
    struct crew_start event = {
        .start = {.hdr = {.type = EVENT_START},
                  .run = run,
                  .mode = (uint8_t)host->config.mode,
                  .journal = {number & 0xff, number >> 8 & 0xff, (unsigned char)(number >> 16)},
                  .seed = host->config.seed}};

    if (run > ORDER_RUN_MAX)
        return error_set(err, AGON_ERANGE,
                         "this journal has had %u runs, the maximum that its client ids can "
                         "distinguish: stop trading with it and begin another run directory",
                         run - 1);
    crew_start_host(&event);
    crew_start_market(&event, &host->config.market);
    for (uint32_t i = 0; i < host->config.n_slots; i++) {
        if (host_has_agent(host, i))
            crew_start_plugin(&event, host->crew, &host->config.slots[i]);
    }
    return boot_step(host, &event.start, "the start", err);
}

/* The exchange that stands in for a venue begins empty with each run: what agents hold of its
 * derivatives it has to know, or it takes nothing that reduces it. */
static int hold_on_paper(struct host *host, uint32_t at, struct error *err)
{
    const struct venue_config *venue = &host->config.venues[at];
    const struct instruments *table = engine_instruments(host->engine);

    for (uint16_t slot = 0; slot < engine_slots(host->engine)->n; slot++) {
        uint32_t n;
        const struct position *all = ledger_positions(engine_ledger(host->engine), slot, &n);

        for (uint32_t i = 0; i < n; i++) {
            const struct agon_instrument *instrument = instruments_get(table, all[i].instrument);
            int rc;

            if (instrument == NULL || instrument->venue != venue->venue || all[i].qty == 0 ||
                !instrument_kind_has_margin(instrument->kind))
                continue;
            rc = paper_hold(host->lines[at].paper, slot, all[i].instrument, all[i].qty);
            if (rc < 0)
                return error_set(err, rc, "on paper: %s holds %s, which cannot be taken over: %s",
                                 engine_slots(host->engine)->all[slot].name, instrument->symbol,
                                 error_name(rc));
        }
    }
    return AGON_OK;
}

/* The configuration counts instruments in its own order, the table in the order in which it met
 * them. A slot's own account is where its first instrument is. */
static void place(const struct host *host, struct record_slot *record)
{
    const struct host_config *config = &host->config;
    struct subscription *sub = &record->subscription;

    for (uint32_t k = 0; k < sub->n_instruments; k++) {
        const struct host_instrument *spec;

        if (sub->instruments[k] == 0 || sub->instruments[k] > config->n_instruments)
            continue;
        spec = &config->instruments[sub->instruments[k] - 1];
        sub->instruments[k] = instruments_find(engine_instruments(host->engine),
                                               config->venues[spec->venue].venue, spec->symbol);
        if (k == 0 && host->n_lines > 1)
            record->account = config->venues[spec->venue].account;
    }
}

/* An agent whose capital is not all there any more begins with what there is: a start leaves no
 * other agent's positions without their host. */
static void lessen_capital(const struct host *host, struct record_slot *record)
{
    const struct instruments *table = engine_instruments(host->engine);
    int exp = instruments_asset(table, table->base_currency)->exp;
    agon_amt_t amt = engine_capital_at_hand(host->engine, record, NULL);
    char wanted[NUM_TEXT], given[NUM_TEXT];

    if (amt == record->limits.capital_amt)
        return;
    num_format_short(record->limits.capital_amt, exp, wanted);
    num_format_short(amt, exp, given);
    log_warn_with("host", "capital-short", LOG_FIELDS(LOG_TEXT("agent", record->name)),
                  "the roster gives agent %s a capital of %s %s, and its account has %s: it begins "
                  "with %s; lower its `capital`, or bring money to the account and start again",
                  record->name, wanted, host->config.base_currency, given, given);
    record->limits.capital_amt = amt;
}

int host_boot(struct host *host, uint32_t last_run, struct error *err)
{
    uint32_t run = host_next_run(host, last_run);
    struct host_config *config = &host->config;
    struct record_tournament tournament = {
        .hdr = {.type = EVENT_CONFIG, .granules = TOURNAMENT_GRANULES(config->tournament.n_more)},
        .kind = CONFIG_TOURNAMENT,
        .rules = config->tournament};
    struct record_portfolio portfolio = {
        .hdr = {.type = EVENT_CONFIG, .granules = sizeof(portfolio) / EVENT_GRANULE},
        .kind = CONFIG_PORTFOLIO,
        .limits = config->portfolio};
    struct record_samples samples = {.hdr = {.type = EVENT_CONFIG, .granules = 1},
                                     .kind = CONFIG_SAMPLES,
                                     .is_figured = FIGURES_TAGGED};
    int is_new = engine_seq(host->engine) == 0;
    int rc;

    // Timers of earlier runs are due behind this one's start.
    host->driver =
        (struct driver){.engine = host->engine,
                        .port = {.ctx = host, .alerted = host_send_alert, .wait = write_on},
                        .is_held = 1};
    rc = host_rewind_time(host, err);
    if (rc >= 0)
        rc = boot_asset(host, config->base_currency, 1, err) != 0 ? AGON_OK : AGON_EINVAL;

    for (uint32_t i = 0; i < config->n_instruments && rc >= 0; i++)
        rc = boot_instrument(host, &config->instruments[i], err);
    for (agon_instrument_t id = 1; id <= engine_instruments(host->engine)->n_instruments && rc >= 0;
         id++)
        rc = boot_bars(host, id, err);
    for (uint32_t i = 0; i < config->values.n && rc >= 0; i++)
        rc = boot_valuation(host, &config->values.all[i], err);
    if (rc >= 0)
        rc = boot_accounts(host, err);
    for (uint32_t i = 0; i < config->n_slots && rc >= 0; i++) {
        if (host_has_agent(host, i))
            place(host, &config->slots[i].record);
    }
    if (rc >= 0 && is_new && config->mode == RUN_PAPER)
        rc = boot_cash(host, err);
    for (uint32_t i = 0; i < config->n_slots && rc >= 0; i++) {
        union slot_event event;

        if (!host_has_agent(host, i))
            continue;
        lessen_capital(host, &config->slots[i].record);
        slot_record_write(&event, &config->slots[i].record);
        rc = boot_step(host, &event, config->slots[i].record.name, err);
        if (rc >= 0 && host_lease_records(host, &config->slots[i], step_quietly) < 0)
            rc = error_set(err, AGON_EINVAL, "a lease of %s was refused",
                           config->slots[i].record.name);
    }
    if (rc >= 0 && (config->tournament.mode != 0 || engine_tournament(host->engine)->mode != 0))
        rc = boot_step(host, &tournament, "the tournament", err);
    if (rc >= 0 && memcmp(&config->portfolio, engine_portfolio_limits(host->engine),
                          sizeof(config->portfolio)) != 0)
        rc = boot_step(host, &portfolio, "the portfolio's limits", err);
    if (rc >= 0 && engine_figured(host->engine) < FIGURES_LASTING)
        rc = boot_step(host, &samples, "what is kept of figures", err);
    if (rc >= 0)
        rc = host_boot_cards(host, err);
    if (rc >= 0)
        rc = step_ids(host, run, err);
    if (rc >= 0)
        rc = step_start(host, run, err);
    host_beat_ids(host);
    if (rc >= 0 && host_lose_jobs(host, step_quietly) < 0)
        rc = error_set(err, AGON_EINVAL, "the jobs of the run before");
    if (rc >= 0)
        rc = boot_states(host, err);
    for (agon_instrument_t id = 1; id <= engine_instruments(host->engine)->n_instruments && rc >= 0;
         id++) {
        const struct agon_instrument *instrument =
            instruments_get(engine_instruments(host->engine), id);

        for (uint32_t i = 0; instrument != NULL && i < host->n_lines && rc >= 0; i++) {
            if (host->lines[i].paper != NULL && host->config.venues[i].venue == instrument->venue)
                rc = paper_add(host->lines[i].paper, id);
            if (rc >= 0 && host->lines[i].paper != NULL && host_bars_of(host, id) != 0)
                rc = paper_set_bars(host->lines[i].paper, id, &host->lines[i].bars.assumed);
        }
    }
    for (uint32_t i = 0; i < host->n_lines && rc >= 0; i++) {
        if (host->lines[i].paper != NULL)
            rc = hold_on_paper(host, i, err);
    }
    return rc;
}

/* More instruments may be in the journal than are configured now, with the books that they had. */
static int widen(struct host *host, uint64_t n_bytes)
{
    uint64_t room = n_bytes + engine_state_bytes(host->config.n_instruments);
    unsigned char *snap = realloc(host->snap, room);

    if (snap == NULL)
        return AGON_ENOMEM;
    host->snap = snap;
    host->snap_room = room;
    return engine_state_widen(host->engine, room);
}

static int step_tail(struct host *host, uint64_t from_seq, struct error *err)
{
    struct journal_reading reading = {.from_seq = from_seq, .needs_all = 1};
    struct journal_reader *reader = journal_reader_open(host->disk, &reading, err);
    const struct agon_event_hdr *event;
    int rc;

    if (reader == NULL)
        return err != NULL && err->code < 0 ? err->code : AGON_EIO;
    host_past_begin(host);
    while ((rc = journal_reader_next(reader, &event, err)) == 1) {
        host_past_before(host, event);
        rc = engine_step_recorded(host->engine, event);
        if (rc == AGON_ERANGE || rc == AGON_ECORRUPT) {
            rc = error_set(err, AGON_ECORRUPT,
                           "event %llu of the journal does not lead on from the state "
                           "before it: %s",
                           (unsigned long long)event->seq, error_name(rc));
            break;
        }
        host_past_after(host, event, rc);
    }
    host_past_end(host);
    journal_reader_close(reader);
    return rc < 0 ? rc : AGON_OK;
}

static int step_from(struct host *host, const struct snapshot *snapshot, struct error *err)
{
    int rc = snapshot->seq == 0
                 ? AGON_OK
                 : snapshot_load(host->disk, snapshot, host->snap, host->snap_room, err);

    if (rc >= 0 && snapshot->seq != 0)
        rc = engine_load(host->engine, host->snap, snapshot->n_bytes, err);
    return rc < 0 ? rc : step_tail(host, snapshot->seq + 1, err);
}

static int make_room(struct host *host, const struct snapshot *snapshot, struct error *err)
{
    if (snapshot->n_bytes > host->snap_room && widen(host, snapshot->n_bytes) < 0)
        return error_set(err, AGON_ENOMEM, "out of memory: a snapshot has %llu bytes",
                         (unsigned long long)snapshot->n_bytes);
    return AGON_OK;
}

/* Can all of the journal be read again, and is it no more than what a start reads that has no
 * snapshot yet, and what operators see of before? */
static int is_short(const struct host *host, const struct journal_summary *summary)
{
    uint64_t last_seq = summary->end.next_seq - 1;

    return summary->first_seq == 1 && summary->end.dropped_before <= 1 &&
           (last_seq <= PAST_EVENTS || last_seq - PAST_EVENTS <= host->config.snapshot_every);
}

/* A snapshot that so much lies behind that operators see of before (run/past.h): the newest with
 * PAST_EVENTS behind it; else in a short journal none, number 0, which is its beginning; or else
 * the oldest. 1: there is one, older than the newest, and what came behind it is all there. */
static int find_older(struct host *host, const struct journal_summary *summary,
                      const struct snapshot *newest, struct snapshot *older)
{
    uint64_t last_seq = summary->end.next_seq - 1;
    uint64_t from_seq = last_seq > PAST_EVENTS ? last_seq - PAST_EVENTS : 0;
    struct snapshot_want want = {.last_seq = from_seq};
    struct error err = {0};
    int rc = from_seq > 0 ? snapshot_find(host->disk, &want, older, &err) : 0;

    if (rc == 0 && is_short(host, summary)) {
        *older = (struct snapshot){.seq = 0};
        return 1;
    }
    want = (struct snapshot_want){.last_seq = last_seq, .oldest_from = 1};
    if (rc == 0)
        rc = snapshot_find(host->disk, &want, older, &err);
    return rc == 1 && older->seq < newest->seq && older->seq + 1 >= summary->end.dropped_before;
}

/* The state as the journal has it: a good snapshot, then the tail. From an older one than the
 * newest the same state is reached; where it is not, the newest stands for it. */
int host_rebuild(struct host *host, const struct journal_summary *summary, struct error *err)
{
    struct snapshot_want want = {.last_seq = summary->end.next_seq - 1};
    struct snapshot newest, older;
    struct error why = {0};
    int rc = snapshot_find(host->disk, &want, &newest, err);

    if (rc < 0)
        return rc;
    if (rc == 0)
        return step_tail(host, 0, err);
    rc = make_room(host, &newest, err);
    if (rc < 0)
        return rc;
    if (find_older(host, summary, &newest, &older)) {
        rc = make_room(host, &older, &why);
        if (rc >= 0)
            rc = step_from(host, &older, &why);
        if (rc >= 0)
            return AGON_OK;
        log_warn("host", "past",
                 "what operators see of before begins with event %llu, and not with event %llu: %s",
                 (unsigned long long)newest.seq + 1, (unsigned long long)older.seq + 1, why.text);
        // A state is loaded into an engine that nothing was stepped through.
        rc = host_new_engine(host, err);
        if (rc < 0)
            return rc;
    }
    return step_from(host, &newest, err);
}
