// SPDX-License-Identifier: Apache-2.0
#include <stdlib.h>

#include "base/hot.h"
#include "base/zeroed.h"
#include "engine/impl.h"

#define MINUTE_NS      ((agon_ns_t)60 * 1000000000)
#define DEFAULT_ORDERS 16384u
_Static_assert(DEFAULT_ORDERS <= ENGINE_UNSENT, "each order may find no room in one step");
#define DEFAULT_BUS         ((uint64_t)1 << 20)
#define DEFAULT_STATE_BYTES ((uint64_t)64 << 20)

int engine_new(struct engine **out, const struct engine_config *config, struct error *err)
{
    struct engine *engine = calloc(1, sizeof(*engine));
    int rc = AGON_ENOMEM;

    *out = NULL;
    if (engine == NULL)
        return error_set(err, AGON_ENOMEM, "engine: out of memory");
    engine->config = *config;
    if (engine->config.max_orders == 0)
        engine->config.max_orders = DEFAULT_ORDERS;
    if (engine->config.bus_granules == 0)
        engine->config.bus_granules = DEFAULT_BUS;
    if (engine->config.bars_grace_ns == 0)
        engine->config.bars_grace_ns = BARS_GRACE_NS;
    if (engine->config.state_bytes == 0)
        engine->config.state_bytes = DEFAULT_STATE_BYTES;
    engine->bars_least = INT64_MAX;
    engine->sample_due = INT64_MAX;
    engine->sweep_due = INT64_MAX;
    engine->stop_due = INT64_MAX;
    engine->exits_due = INT64_MAX;
    engine->cards_due = INT64_MAX;
    engine->tournament.t_due = INT64_MAX;
    engine->quoted = (struct crc_parts){.n = sizeof(struct agon_top10),
                                        .first = offsetof(struct agon_top10, bid[1]),
                                        .at = offsetof(struct agon_top10, ask[0]),
                                        .second = sizeof(struct agon_level)};
    crc_parts_init(&engine->quoted);
    engine->turn.late = engine_late_top;
    engine->turn.late_ctx = engine;
    engine->markets = calloc(INSTRUMENTS_MAX + 1, sizeof(*engine->markets));
    engine->bars.at = calloc(SOONEST_ROOM(INSTRUMENTS_MAX), sizeof(*engine->bars.at));
    engine->exposure = calloc(1, sizeof(*engine->exposure));
    engine->orders = orders_new(engine->config.max_orders);
    engine->ledger = ledger_new(&engine->table);
    engine->state = malloc(engine->config.state_bytes);
    engine->cards = cards_new();
    if (engine->cards == NULL || engine->markets == NULL || engine->bars.at == NULL ||
        engine->exposure == NULL || engine->orders == NULL || engine->ledger == NULL ||
        engine->state == NULL || heap_init(&engine->timers, ENGINE_TIMERS) < 0 ||
        instruments_init(&engine->table) < 0) {
        error_set(err, AGON_ENOMEM, "engine: out of memory, or max_orders outside 16 to 1048576");
        goto fail;
    }
    if (config->bus_memory == NULL) {
        engine->own_bus =
            zeroed_new(4096, bus_bytes(engine->config.bus_granules), &engine->own_bus_memory);
        if (engine->own_bus == NULL) {
            error_set(err, AGON_ENOMEM, "engine: no memory for the bus");
            goto fail;
        }
        rc = bus_format(engine->own_bus, engine->config.bus_granules);
        if (rc < 0)
            goto fail_bus;
    }
    rc = bus_writer_attach(&engine->bus,
                           config->bus_memory != NULL ? config->bus_memory : engine->own_bus,
                           engine->config.bus_granules);
    if (rc < 0)
        goto fail_bus;
    *out = engine;
    return AGON_OK;

fail_bus:
    error_set(err, rc, "engine: a bus of %llu granules: %s",
              (unsigned long long)engine->config.bus_granules, error_name(rc));
fail:
    engine_free(engine);
    return rc;
}

void engine_free(struct engine *engine)
{
    if (engine == NULL)
        return;
    for (uint32_t i = 1; engine->markets != NULL && i <= engine->table.n_instruments; i++)
        book_free(engine->markets[i].book);
    free(engine->markets);
    free(engine->bars.at);
    orders_free(engine->orders);
    ledger_free(engine->ledger);
    heap_deinit(&engine->timers);
    instruments_deinit(&engine->table);
    free(engine->exposure);
    cards_free(engine->cards);
    free(engine->own_bus_memory);
    free(engine->state);
    free(engine);
}

static void spare_instruments(struct engine *engine, zeroed_spare_fn *spare)
{
    const uint32_t n = engine->table.n_instruments + 1;
    struct exposure *exposure = engine->exposure;

#define SPARE(array) spare(&(array)[n], (INSTRUMENTS_MAX + 1 - n) * sizeof((array)[0]))
    SPARE(engine->table.all);
    SPARE(engine->markets);
    SPARE(exposure->places);
    SPARE(exposure->holders);
    SPARE(exposure->values);
#undef SPARE
    spare(&engine->bars.at[2 * engine->bars.room],
          (SOONEST_ROOM(INSTRUMENTS_MAX) - 2 * (uint64_t)engine->bars.room) *
              sizeof(engine->bars.at[0]));
}

void engine_spare(struct engine *engine, zeroed_spare_fn *spare)
{
    const uint32_t n = engine->slots.n;
    struct tournament *tournament = &engine->tournament;
    struct exposure *exposure = engine->exposure;

#define SPARE(array) spare(&(array)[n], (SLOTS_MAX - n) * sizeof((array)[0]))
    SPARE(engine->slots.all);
    SPARE(engine->risk);
    SPARE(engine->scores);
    SPARE(engine->sampled);
    SPARE(engine->sampled_amt);
    SPARE(engine->legs);
    SPARE(engine->slot_halts);
    SPARE(engine->exits);
    SPARE(engine->jobs.leases);
    SPARE(engine->refused);
    SPARE(tournament->windows);
    SPARE(tournament->fair);
    SPARE(exposure->lines);
    SPARE(exposure->open);
#undef SPARE
    spare_instruments(engine, spare);
    ledger_spare(engine->ledger, n, engine->n_accounts, spare);
}

void engine_attach_venue(struct engine *engine, agon_account_t account,
                         const struct venue_port *port)
{
    REQUIRE(account < ACCOUNTS_MAX);
    engine->venues[account] = port != NULL ? *port : (struct venue_port){0};
}

/* What was on its way when the last run ended may or may not have arrived: it is asked about, as is
 * every order that was open. Nothing is sent again and nothing is assumed. */
static void ask_after_restart(struct engine *engine)
{
    // Of one that has ended too, where fills of it are missing: no list of fills that begins behind
    // the last one that was booked would bring them.
    for (struct order *order = orders_next_final(engine->orders, NULL); order != NULL;
         order = orders_next_final(engine->orders, order)) {
        if ((order->flags & ORDER_FILLS_DUE) != 0)
            intents_send(engine, order, CMD_QUERY);
    }
    for (uint16_t slot = 0; slot < engine->slots.n; slot++) {
        for (struct order *order = orders_next(engine->orders, slot, NULL); order != NULL;
             order = orders_next(engine->orders, slot, order)) {
            if (order->request != AGON_REQUEST_NONE)
                order->request_state = AGON_REQUEST_UNKNOWN;
            intents_send(engine, order, CMD_QUERY);
        }
    }
}

static int on_start(struct engine *engine, const struct record_start *start)
{
    uint32_t journal = start_journal(start);

    if (start->run == 0 || start->run > (journal != 0 ? ORDER_RUN_MAX : UINT16_MAX) ||
        start->mode < RUN_BACKTEST || start->mode > RUN_DST || start->run <= engine->run)
        return AGON_EINVAL;
    // A journal's number is drawn once: by another one its open orders would be a stranger's.
    if (engine->ids.journal != 0 &&
        (journal != engine->ids.journal || start->run < engine->ids.since_run))
        return AGON_EINVAL;
    if (engine->ids.journal == 0 && journal != 0)
        engine->ids = (struct order_ids){.journal = journal, .since_run = start->run};
    if (engine->run != 0) {
        ask_after_restart(engine);
        market_forget_path(engine);
        jobs_start(engine);
        for (uint32_t i = 1; i <= engine->table.n_instruments; i++) {
            // What a book was proven to be before is no proof of what it is now.
            if (engine->markets[i].book_state != BOOK_COLD)
                engine->markets[i].book_state = BOOK_STALE;
        }
    }
    if (engine->run != 0)
        cards_begin_anew(engine);
    engine->run = start->run;
    engine->mode = start->mode;
    engine->is_within = engine->is_within != 0 && start->mode == RUN_BACKTEST;
    engine->seed = start->seed;
    control_want_bars(engine);
    for (uint32_t i = 0; i < engine->slots.n; i++) {
        engine->slots.all[i].next_counter = 0;   // ids begin anew with the run's number in them
        control_begin_anew(engine, (uint16_t)i); // a run's plugins begin with nothing
    }
    if (engine->sample_due == INT64_MAX)
        engine->sample_due = (engine->t / 60000000000 + 1) * 60000000000;
    return AGON_OK;
}

static int on_mark(struct engine *engine, const struct record_mark *mark, uint64_t seq_before,
                   agon_ns_t t_before)
{
    unsigned char hash[HASH_SIZE];
    uint64_t seq = engine->seq;
    agon_ns_t t = engine->t;
    int rc = AGON_OK;

    // The mark speaks of the state before it, its own number and time not counted. Nothing was
    // stepped since it was made here, if it was.
    if (engine->mark.is_made && engine->mark.seq == seq_before) {
        memcpy(hash, engine->mark.hash, sizeof(hash));
    } else {
        engine->seq = seq_before;
        engine->t = t_before;
        rc = engine_hash(engine, hash);
        engine->seq = seq;
        engine->t = t;
    }
    engine->mark.is_made = 0;
    engine->counters.n_marks++;
    if (rc < 0)
        return rc;
    return memcmp(hash, mark->hash, sizeof(hash)) == 0 ? AGON_OK : AGON_ECORRUPT;
}

// Every record has its own least size; one that says less never reaches its handler. Of what
// plugins are delivered the table says it; a SIGNAL is taken with what its agent's ring has beside
// it.
static int has_size(const struct agon_event_hdr *event)
{
    static const uint8_t granules[] = {
        [AGON_EVENT_SIGNAL] = 6,
        [AGON_EVENT_INTENT] = 2,
        [AGON_EVENT_EXIT_PLAN] = sizeof(struct agon_exit_event) / EVENT_GRANULE,
        [AGON_EVENT_COMMAND] = 1,
        [EVENT_REPORT] = 2,
        [EVENT_ACCOUNT] = 1,
        [EVENT_FILLS_READ] = 1,
        [EVENT_GPU] = sizeof(struct record_gpu) / EVENT_GRANULE,
        [EVENT_CONFIG] = 1,
        [EVENT_START] = 1,
        [EVENT_MARK] = 1,
        [EVENT_ARM] = 2,
        [EVENT_DUE] = 1,
        [EVENT_PATH] = 1,
        [EVENT_CRASH] = 3,
        [EVENT_QUARANTINE] = 3,
        [EVENT_ALERT] = 3,
        [EVENT_CLOCK] = 1,
        [EVENT_PLAN] = sizeof(struct record_plan) / EVENT_GRANULE,
        [EVENT_PLAN_VALUES] = sizeof(struct record_plan_values) / EVENT_GRANULE,
        [EVENT_PLAN_LINES] = sizeof(struct record_plan_lines) / EVENT_GRANULE,
        [EVENT_PLAN_POOLS] = sizeof(struct record_plan_pools) / EVENT_GRANULE,
        [EVENT_BEGIN] = sizeof(struct record_begin) / EVENT_GRANULE,
        [EVENT_END] = 2,
        [EVENT_LAPSE] = 2,
        [EVENT_SENT] = 2,
        [EVENT_JOB_WISH] = sizeof(struct record_job_wish) / EVENT_GRANULE,
        [EVENT_JOB_PART] = 2,
        [EVENT_JOB_DONE] = sizeof(struct record_job_done) / EVENT_GRANULE,
    };

    if (event->granules == 0)
        return 0;
    if (event->type < 256 && event->granules < event_granules[event->type])
        return 0;
    return event->type >= sizeof(granules) || event->granules >= granules[event->type];
}

#define AS(type, event) ((const struct type *)(const void *)(event))

/* The host's own: in the journal for whoever asks why. One of an older journal names no agent. */
static void quarantine_alert(struct engine *engine, const struct record_quarantine *record)
{
    if (record->is_set)
        engine_raise(engine, ALERT_QUARANTINE,
                     record->is_named && record->slot < SLOTS_MAX ? record->slot : ALERT_NO_SLOT, 0,
                     0, 0, record->text);
}

static HOT int apply_other(struct engine *engine, const struct agon_event_hdr *event,
                           uint64_t seq_before, agon_ns_t t_before)
{
    if (!has_size(event) || event->instrument > INSTRUMENTS_MAX)
        return AGON_EINVAL;
    switch (event->type) {
    case AGON_EVENT_INSTRUMENT:
        return market_instrument(engine, AS(agon_instrument, event));
    case AGON_EVENT_STATUS:
        return market_status(engine, AS(agon_status, event));
    case AGON_EVENT_BOOK_SNAPSHOT:
    case AGON_EVENT_BOOK_DELTA:
        return market_book(engine, AS(agon_book_part, event));
    case AGON_EVENT_TRADE:
        return market_trade(engine, AS(agon_trade, event));
    case AGON_EVENT_INTENT:
        return intents_take(engine, AS(agon_intent_event, event));
    case AGON_EVENT_EXIT_PLAN:
        return exits_take(engine, AS(agon_exit_event, event));
    case AGON_EVENT_SIGNAL:
        return control_signal(engine, AS(record_signal, event));
    case AGON_EVENT_COMMAND:
        return control_command(engine, AS(record_command, event));
    case EVENT_REPORT:
        return reports_take(engine, AS(record_report, event));
    case EVENT_ACCOUNT:
        return reports_account(engine, AS(record_account, event));
    case EVENT_FILLS_READ:
        return reports_fills_read(engine, AS(record_fills_read, event));
    case EVENT_CONFIG:
        return control_config(engine, event);
    case EVENT_GPU:
        return cards_take(engine, AS(record_gpu, event));
    case EVENT_ARM:
        return timers_arm(engine, AS(record_arm, event));
    case EVENT_JOB_WISH:
        return jobs_wish(engine, AS(record_job_wish, event));
    case EVENT_JOB_PART:
        return jobs_part(engine, AS(record_job_part, event));
    case EVENT_JOB_DONE:
        return jobs_done(engine, AS(record_job_done, event));
    case EVENT_DUE:
        return timers_due(engine, AS(record_due, event));
    case EVENT_PATH:
        return market_path(engine, AS(record_path, event));
    case EVENT_CRASH:
        return control_crash(engine, AS(record_crash, event));
    case EVENT_QUARANTINE:
        quarantine_alert(engine, AS(record_quarantine, event));
        return AGON_OK;
    case EVENT_BEGIN:
    case EVENT_END:
    case EVENT_LAPSE:
    case EVENT_SENT:
        return AGON_OK; // for whoever runs the plugins again
    case EVENT_ALERT:
        return alerts_take(engine, AS(record_alert, event));
    case EVENT_CLOCK:
        return set_back_clock(engine, AS(record_clock, event), t_before);
    case EVENT_PLAN_VALUES:
    case EVENT_PLAN_LINES:
    case EVENT_PLAN_POOLS:
        return tournament_values(engine, event);
    case EVENT_PLAN:
        return tournament_plan(engine, AS(record_plan, event));
    case EVENT_START:
        return on_start(engine, AS(record_start, event));
    case EVENT_MARK:
        return on_mark(engine, AS(record_mark, event), seq_before, t_before);
    case AGON_EVENT_FUNDING:
        return market_funding(engine, AS(agon_funding, event));
    case AGON_EVENT_MARK:
        return market_mark(engine, AS(agon_value, event));
    default:
        if (!event_is(event->type, AGON_EV_FED))
            return AGON_EINVAL;
        deliver_input(engine, event); // nothing else is to be done with it
        return AGON_OK;
    }
}

/* Bars come with their quotes, by the thousand. */
static inline int apply(struct engine *engine, const struct agon_event_hdr *event,
                        uint64_t seq_before, agon_ns_t t_before)
{
    if (event->type != AGON_EVENT_BAR && event->type != AGON_EVENT_QUOTE)
        return apply_other(engine, event, seq_before, t_before);
    if (event->granules * (size_t)EVENT_GRANULE <
            (event->type == AGON_EVENT_BAR ? sizeof(struct agon_bar) : sizeof(struct agon_quote)) ||
        event->instrument > INSTRUMENTS_MAX)
        return AGON_EINVAL;
    return event->type == AGON_EVENT_BAR ? market_bar(engine, AS(agon_bar, event))
                                         : market_quote(engine, AS(agon_quote, event));
}

// Inlined: both ways of an event into the engine go on as this.
static inline __attribute__((always_inline)) int act(struct engine *engine,
                                                     const struct agon_event_hdr *event,
                                                     uint64_t seq_before, agon_ns_t t_before)
{
    uint16_t slot;
    int rc;

    engine->public_sub = 0;
    engine->late_now = 0;
    while (slot_set_take(&engine->touched, &slot))
        engine->private_sub[slot] = 0;
    if (event->type != AGON_EVENT_BAR && event->type != AGON_EVENT_QUOTE)
        engine->exposure->calm.instrument = 0;
    if (engine->is_within && event->t >= engine->sample_due)
        timers_pass(engine, event);
    rc = apply(engine, event, seq_before, t_before);
    exposure_settle(engine);
    engine->counters.n_events++;
    if (rc == AGON_EINVAL)
        engine->counters.n_bad++;
    bus_publish(&engine->bus, engine->seq);
    return rc;
}

/* Time goes back by this one event, and by no other. */
static int is_set_back(const struct agon_event_hdr *event, agon_ns_t t_before)
{
    return event->type == EVENT_CLOCK && event->t > 0 &&
           AS(record_clock, event)->t_before == t_before;
}

HOT int engine_step(struct engine *engine, struct agon_event_hdr *event)
{
    uint64_t seq_before = engine->seq;
    agon_ns_t t_before = engine->t;

    if (event->granules == 0) {
        engine->counters.n_bad++;
        return AGON_EINVAL; // of no length: nothing that a journal could keep
    }
    event->seq = seq_before + 1;
    // What is written here is read at once, with what stands beside it: that would wait for it.
    if (event->sub != 0)
        event->sub = 0;
    if (event->t < t_before && !is_set_back(event, t_before))
        event->t = t_before;
    if (engine->config.journal != NULL && journal_append(engine->config.journal, event) < 0)
        return AGON_EAGAIN;
    engine->seq = event->seq;
    engine->t = event->t;
    return act(engine, event, seq_before, t_before);
}

HOT int engine_may_pass(const struct engine *engine, agon_ns_t t, agon_ns_t t_next)
{
    const struct slot_set *attached = &engine->attached;

    return (t == t_next || (t - 1) / MINUTE_NS == (t_next - 1) / MINUTE_NS) &&
           engine->exits_due > t && engine->is_within && engine->is_advancing == 0 &&
           !engine_owes(engine) && engine->turn.n_public == 0 &&
           slot_set_is_empty(&engine->exposure->touched) && engine->beginners.words == 0 &&
           attached->words <= 1 && (attached->bits[0] & ~engine->following.bits[0]) == 0;
}

HOT int engine_pass(struct engine *engine, struct agon_event_hdr *event)
{
    struct runner_turn *turn = &engine->turn;

    event->seq = engine->seq + 1;
    if (event->sub != 0)
        event->sub = 0;
    if (event->t < engine->t)
        event->t = engine->t;
    if (engine->config.journal != NULL && journal_append(engine->config.journal, event) < 0)
        return AGON_EAGAIN;
    engine->seq = turn->seq = turn->shown_seq = event->seq;
    engine->t = event->t;
    turn->at = turn->shown_at = engine->bus.at;
    engine->counters.n_events++;
    return AGON_OK;
}

HOT int engine_step_recorded(struct engine *engine, const struct agon_event_hdr *event)
{
    uint64_t seq_before = engine->seq;
    agon_ns_t t_before = engine->t;

    if (event->seq != seq_before + 1 || (event->t < t_before && !is_set_back(event, t_before)))
        return AGON_ERANGE;
    engine->seq = event->seq;
    engine->t = event->t;
    return act(engine, event, seq_before, t_before);
}

HOT int engine_copy_wish(struct evring *ring, struct agon_event_hdr *wish)
{
    const struct agon_event_hdr *there;
    uint32_t bytes;
    int rc = AGON_OK;

    there = evring_peek(ring, &rc);
    if (there == NULL)
        return rc;
    // Copied first and looked at afterwards: the other side may be hostile and still writing.
    bytes = ring->claimed * EVENT_GRANULE; // as it was checked, not as it may read by now
    if (bytes == sizeof(struct agon_intent_event)) {
        memcpy(wish, there, sizeof(struct agon_intent_event)); // most are
    } else if (bytes <= ENGINE_WISH_BYTES) {
        memset(wish, 0, ENGINE_WISH_BYTES);
        memcpy(wish, there, bytes);
    }
    evring_release(ring);
    if (bytes > ENGINE_WISH_BYTES || event_bytes(wish) != bytes ||
        !((wish->type == AGON_EVENT_INTENT && bytes == sizeof(struct agon_intent_event)) ||
          (wish->type == AGON_EVENT_EXIT_PLAN && bytes == sizeof(struct agon_exit_event)) ||
          (wish->type == AGON_EVENT_SIGNAL && bytes == sizeof(struct record_signal)) ||
          (wish->type == EVENT_ARM && bytes == sizeof(struct record_arm)) ||
          (wish->type == EVENT_JOB_WISH && bytes == sizeof(struct record_job_wish))))
        return AGON_EINVAL;
    return 1;
}

/* What its author can go on writing to is copied before anything is made of it. */
static void admit(struct engine *engine, uint16_t slot, struct record_job_wish *wish)
{
    const struct job_port *port = &engine->config.jobs;
    const struct runner_port *runner = &engine->runners[slot];
    const void *at = NULL;

    memset(wish->hash, 0, sizeof(wish->hash));
    wish->status = AGON_OK;
    if (wish->kind != JOB_SUBMIT)
        return;
    if (runner->box != NULL)
        at = runner->box(runner->ctx, wish->box);
    if (wish->n_calls == 0 || wish->n_calls > AGON_GPU_CALLS_MAX ||
        wish->n_input > AGON_GPU_SUBMIT_MAX - wish->n_calls * sizeof(struct agon_gpu_call))
        wish->status = AGON_ERANGE;
    else if (port->admit == NULL || at == NULL)
        wish->status = AGON_ENOTSUP;
    else
        port->admit(port->ctx, slot, wish, at,
                    wish->n_calls * sizeof(struct agon_gpu_call) + wish->n_input);
}

HOT int engine_owes(const struct engine *engine)
{
    return engine->n_unsent != 0 || engine->tournament.is_pending || engine->alerts.n_waiting != 0;
}

HOT int engine_may_wish(const struct engine *engine, uint16_t slot)
{
    const struct runner_port *runner = &engine->runners[slot];

    return runner->take != NULL ||
           (runner->from_agent != NULL && !evring_is_empty(runner->from_agent));
}

HOT int engine_take_wish(struct engine *engine, uint16_t slot, struct agon_event_hdr *wish)
{
    const struct runner_port *runner = slot < SLOTS_MAX ? &engine->runners[slot] : NULL;
    int rc = 0;

    if (runner != NULL && runner->take != NULL)
        rc = runner->take(runner->ctx, wish);
    else if (runner != NULL && runner->from_agent != NULL)
        rc = engine_copy_wish(runner->from_agent, wish);
    engine->counters.n_bad_wishes += rc == AGON_EINVAL;
    if (rc != 1)
        return rc;
    // The origin stands at one place in all of them.
    ((struct agon_intent_event *)(void *)wish)->origin.slot = slot;
    if (wish->type == EVENT_JOB_WISH)
        admit(engine, slot, (struct record_job_wish *)(void *)wish);
    return 1;
}

uint64_t engine_seq(const struct engine *engine)
{
    return engine->seq;
}

HOT agon_ns_t engine_t(const struct engine *engine)
{
    return engine->t;
}

uint32_t engine_run(const struct engine *engine)
{
    return engine->run;
}

struct order_ids engine_order_ids(const struct engine *engine)
{
    return engine->ids;
}

uint64_t engine_output_hash(const struct engine *engine)
{
    return engine->output_hash;
}

int engine_fills_read(const struct engine *engine, agon_instrument_t instrument,
                      uint64_t *venue_fill)
{
    const struct market *market = &engine->markets[instrument];

    *venue_fill = market->last_fill;
    return market->is_read || market->last_fill != 0;
}

struct instruments *engine_instruments(struct engine *engine)
{
    return &engine->table;
}

HOT struct slots *engine_slots(struct engine *engine)
{
    return &engine->slots;
}

struct ledger *engine_ledger(struct engine *engine)
{
    return engine->ledger;
}

struct orders *engine_orders(struct engine *engine)
{
    return engine->orders;
}

struct risk_slot *engine_risk(struct engine *engine, uint16_t slot)
{
    return slot < SLOTS_MAX ? &engine->risk[slot] : NULL;
}

const struct risk_slot *engine_portfolio(const struct engine *engine)
{
    return &engine->portfolio;
}

const struct portfolio_limits *engine_portfolio_limits(const struct engine *engine)
{
    return &engine->portfolio_limits;
}

void engine_exposure(const struct engine *engine, struct risk_reach *reach)
{
    exposure_now(engine, reach);
}

uint32_t engine_timer_of(const struct engine *engine, uint16_t slot)
{
    for (uint32_t i = 0; i < ENGINE_TIMERS; i++) {
        if (engine->timer_table[i].is_used && engine->timer_table[i].slot == slot)
            return engine->timer_table[i].id;
    }
    return 0;
}

void engine_count_refused(struct engine *engine, struct slot *slot, uint16_t reason)
{
    slot->n_refused++;
    engine->counters.n_refused++;
    if (reason < REASONS_MAX)
        engine->refused[slot->id][reason]++;
}

uint64_t engine_refused(const struct engine *engine, uint16_t slot, uint16_t reason)
{
    return reason < REASONS_MAX ? engine->refused[slot][reason] : 0;
}

struct engine_loss_refused engine_loss_refused(const struct engine *engine, uint16_t slot)
{
    return engine->losses_refused[slot];
}

void engine_unjudged(const struct engine *engine, uint16_t slot, struct slot_unjudged *of)
{
    const uint64_t *refused = engine->refused[slot];

    *of =
        (struct slot_unjudged){.n_orders = engine->asked[slot],
                               .n_refused = refused[REASON_NO_BOOK] + refused[REASON_NO_VALUATION] +
                                            refused[REASON_UNPRICED],
                               .book_age_ms = engine->slots.all[slot].limits.book_age_ms};
}

struct score *engine_score(struct engine *engine, uint16_t slot)
{
    return slot < SLOTS_MAX ? &engine->scores[slot] : NULL;
}

const struct window *engine_window(const struct engine *engine, uint16_t slot)
{
    return slot < SLOTS_MAX ? &engine->tournament.windows[slot] : NULL;
}

const struct book *engine_book(const struct engine *engine, agon_instrument_t instrument)
{
    return instrument <= INSTRUMENTS_MAX ? engine->markets[instrument].book : NULL;
}

uint8_t engine_book_state(const struct engine *engine, agon_instrument_t instrument)
{
    return instrument <= INSTRUMENTS_MAX ? engine->markets[instrument].book_state : BOOK_COLD;
}

const struct bus_shm *engine_bus(const struct engine *engine, uint64_t *granules, uint64_t *at)
{
    *granules = engine->config.bus_granules;
    *at = engine->bus.at;
    return engine->bus.shm;
}

void engine_timers(const struct engine *engine, uint16_t slot,
                   int (*each)(void *ctx, uint32_t id, agon_ns_t t_due, agon_ns_t every_ns,
                               uint64_t cookie),
                   void *ctx)
{
    for (uint32_t i = 0; i < engine->timers.n; i++) {
        const struct heap_node *node = &engine->timers.nodes[i];
        const struct timer *timer = &engine->timer_table[node->a];

        if (timer->slot == slot &&
            each(ctx, timer->id, node->t, timer->every_ns, timer->cookie) != 0)
            return;
    }
}

const struct agon_top10 *engine_top(const struct engine *engine, agon_instrument_t instrument)
{
    return instrument <= INSTRUMENTS_MAX && engine->markets[instrument].has_top
               ? &engine->markets[instrument].top
               : NULL;
}

const struct engine_counters *engine_counters(const struct engine *engine)
{
    return &engine->counters;
}
