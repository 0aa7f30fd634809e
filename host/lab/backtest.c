// SPDX-License-Identifier: Apache-2.0
#include "lab/backtest.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/hot.h"
#include "lab/backtest_impl.h"
#include "lab/backtest_jobs.h"
#include "lab/backtest_moved.h"
#include "lab/backtest_windows.h"
#include "lab/models.h"
#include "lab/replay.h"
#include "store/registry.h"
#include "sys/clock.h"
#include "sys/memory.h"

/* Of an array that grows, in bytes. */
#define ROOM_BEGIN  (1u << 20)
#define PLACED_FROM (16u << 10) /* before, pages come by themselves */
#define PLACED      (128u << 10)

int backtest_step(struct run *run, void *event, const char *what, struct error *err)
{
    int rc;

    // The world begins when its data does.
    ((struct agon_event_hdr *)event)->t = run->t_start;
    rc = driver_step(&run->driver, event);
    rc = rc < 0 ? rc : run->driver.rc;
    rc = rc < 0 ? rc : backtest_journal_turn(&run->journal, event);
    return rc < 0 ? error_set(err, rc, "%s was refused: %s", what, error_name(rc)) : AGON_OK;
}

static int step_begin(void *run, void *event, struct error *err)
{
    return backtest_step(run, event, "what an agent begins with", err);
}

/* What needs nobody: what tables are; all data, where all of them are wanted, as what was read is
 * what was taken then. */
static void begin_threads(void *ctx)
{
    struct run *run = ctx;

    tape_named_hash(&run->named);
    for (uint32_t i = 0;
         i < run->result->n_tapes && run->config->t_from == 0 && run->config->t_end == 0; i++) {
        if (run->tapes[i] != NULL)
            tape_read_ahead(run->tapes[i]);
    }
}

static int configure(struct run *run, struct error *err)
{
    const struct backtest_config *config = run->config;
    struct crew_start start = {
        .start = {
            .hdr = {.type = EVENT_START}, .run = 1, .mode = RUN_BACKTEST, .seed = config->seed}};
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
                                     .is_within = 1,
                                     .is_figured = FIGURES_TAGGED};
    const struct portfolio_limits none = {0};
    struct record_account cash = {.hdr = {.type = EVENT_ACCOUNT, .granules = 1}, .flags = 3};
    struct crew_history history;
    int rc = AGON_OK;

    rc = backtest_market_look(run, err);
    if (rc < 0)
        return rc;
    // The base currency comes first: capital is counted in it.
    cash.asset = backtest_market_asset(run,
                                       config->base_currency != NULL ? config->base_currency
                                       : config->n_paths > 0         ? run->infos[0].quote
                                                                     : "USDT",
                                       1, err);
    if (cash.asset == 0)
        return AGON_EINVAL;
    rc = backtest_market_open(run, err);
    if (rc < 0)
        return rc;
    for (uint32_t i = 0; i < config->n_slots; i++) {
        if (!num_add_checked(cash.free_amt, config->slots[i].record.limits.capital_amt,
                             &cash.free_amt))
            return error_set(err, AGON_ERANGE, "the capital of all agents together is too large");
    }
    // The last that is opened: what follows runs plugins' code.
    for (uint32_t i = 0; i < config->n_slots; i++) {
        rc = crew_map(run->result->crew, &config->slots[i], err);
        if (rc < 0)
            return rc;
    }
    if (config->close != NULL) {
        rc = config->close(config->ctx, &(struct worker_threads){begin_threads, run}, err);
        if (rc < 0)
            return rc;
    } else {
        begin_threads(run);
    }
    rc = backtest_step(run, &cash, "the account", err);
    rc = rc < 0 ? rc : backtest_jobs_cards(config, step_begin, run, err);
    for (uint32_t i = 0; i < config->n_slots && rc >= 0; i++) {
        struct crew_slot *slot = &config->slots[i];
        struct subscription *sub = &slot->record.subscription;
        union slot_event event;

        if (sub->n_instruments == 0) {
            for (agon_instrument_t id = 1;
                 id <= run->table->n_instruments && sub->n_instruments < SLOT_INSTRUMENTS_MAX; id++)
                sub->instruments[sub->n_instruments++] = id;
        }
        rc = crew_load(run->result->crew, slot, err);
        if (rc < 0)
            break;
        slot_record_write(&event, &slot->record);
        rc = backtest_step(run, &event, slot->record.name, err);
        if (rc >= 0)
            rc = backtest_jobs_leases(run->config, slot, step_begin, run, err);
    }
    if (rc >= 0 && config->tournament.mode != 0)
        rc = backtest_step(run, &tournament, "the tournament", err);
    if (rc >= 0 && memcmp(&config->portfolio, &none, sizeof(none)) != 0)
        rc = backtest_step(run, &portfolio, "the portfolio's limits", err);
    if (rc >= 0)
        rc = backtest_step(run, &samples, "how equity is sampled", err);
    crew_start_host(&start);
    crew_start_market(&start, &run->result->market);
    for (uint32_t i = 0; i < config->n_slots && rc >= 0; i++)
        crew_start_plugin(&start, run->result->crew, &config->slots[i]);
    crew_start_tags(&start,
                    run->result->crew); // its agents have a BEGIN only where they have files
    if (rc >= 0)
        rc = backtest_step(run, &start.start, "the start", err);
    history = (struct crew_history){.bars = run->bars, .n_bars = run->result->n_history};
    for (uint32_t i = 0; i < config->n_slots && rc >= 0; i++)
        rc = crew_join(run->result->crew, &config->slots[i], &history, err);
    run->is_begun = 1;
    rc = rc < 0 ? rc : backtest_journal_begins(run->result->crew, step_begin, run, err);
    return rc < 0 ? rc : backtest_jobs_ask(config, run->result, step_begin, run, err);
}

static int keep_fill(struct run *run, const struct record_report *report)
{
    struct backtest *result = run->result;
    uint16_t slot = (uint16_t)ORDER_ID_SLOT(report->order_id);
    const struct score *score = slot < SLOTS_MAX ? engine_score(result->engine, slot) : NULL;
    agon_amt_t before = score != NULL ? run->results[slot] : 0;
    uint64_t closed = score != NULL ? score->n_wins + score->n_losses - run->closed[slot] : 0;

    if (score != NULL)
        run->results[slot] = score->won_amt - score->lost_amt;
    if (result->n_fills == run->room_fills) {
        uint64_t room = run->room_fills == 0 ? 1024 : run->room_fills * 2;
        struct backtest_fill *more = realloc(result->fills, room * sizeof(*more));

        if (more == NULL)
            return AGON_ENOMEM;
        result->fills = more;
        run->room_fills = room;
    }
    result->fills[result->n_fills] = (struct backtest_fill){
        .t = report->hdr.t,
        .t_venue = report->hdr.t_venue,
        .order_id = report->order_id,
        .slot = ORDER_ID_SLOT(report->order_id),
        .side = report->side,
        .liquidity = report->liquidity,
        .instrument = report->hdr.instrument,
        .px = report->px,
        .qty = report->qty,
        .fee_amt = report->fee_amt,
        .fee_asset = report->fee_asset,
        .seq = report->hdr.seq,
        .result_amt = score != NULL ? run->results[slot] - before : 0,
        .why = closed > 0 ? orders_exit_reason(engine_orders(result->engine), report) : 0,
        .tag = orders_tag(engine_orders(result->engine), report),
    };
    if (slot < SLOTS_MAX)
        run->closed[slot] += closed;
    return AGON_OK;
}

static int note_fill(struct run *run, const struct record_report *report)
{
    int rc = run->config->has_rows ? keep_fill(run, report) : AGON_OK;

    run->result->n_fills += rc >= 0;
    return rc;
}

// More slots than there were, or fewer, from this sample on.
static int keep_width(struct backtest *result, uint16_t n_slots)
{
    struct backtest_width *more;

    if (result->n_widths > 0 && result->widths[result->n_widths - 1].n_slots == n_slots)
        return AGON_OK;
    more = realloc(result->widths, (result->n_widths + 1u) * sizeof(*more));
    if (more == NULL)
        return AGON_ENOMEM;
    result->widths = more;
    more[result->n_widths++] = (struct backtest_width){
        .sample = result->n_samples, .at = result->n_equity, .n_slots = n_slots};
    return AGON_OK;
}

/* Room for so many bytes in an array that grows by twice its size; what is to be written soon has
 * its pages, some at a time: asked for one by one, each costs as much as what is done for a bar. */
static int make_room(void **array, struct room *room, uint64_t bytes)
{
    if (bytes > room->bytes) {
        uint64_t n = bytes < ROOM_BEGIN / 2 ? ROOM_BEGIN : 2 * bytes;
        void *more = realloc(*array, n);

        if (more == NULL)
            return AGON_ENOMEM;
        *array = more;
        room->bytes = n;
    }
    if (bytes > room->placed) {
        uint64_t left = room->bytes - bytes, some = left < PLACED ? left : PLACED;

        if (bytes > PLACED_FROM)
            (void)memory_place((unsigned char *)*array + bytes, some);
        room->placed = bytes + some;
    }
    return AGON_OK;
}

static int keep_stretch(struct run *run, agon_ns_t t)
{
    struct backtest *result = run->result;
    void *stretches = result->stretches;
    int rc = AGON_OK;

    if (result->n_stretches == 0 || t - run->last_t != BACKTEST_SAMPLE_NS ||
        run->t_venue - run->last_t_venue != BACKTEST_SAMPLE_NS) {
        rc = make_room(&stretches, &run->stretches,
                       (result->n_stretches + 1) * sizeof(*result->stretches));
        result->stretches = stretches;
        if (rc >= 0)
            result->stretches[result->n_stretches++] =
                (struct backtest_stretch){result->n_samples, t, run->t_venue};
    }
    run->last_t = t;
    run->last_t_venue = run->t_venue;
    return rc;
}

static int keep_sample(struct run *run, agon_ns_t t)
{
    struct backtest *result = run->result;
    const uint32_t n_slots = engine_slots(result->engine)->n;
    void *equity = result->equity_amt;
    int rc = keep_stretch(run, t);

    if (rc < 0 || keep_width(result, (uint16_t)n_slots) < 0)
        return AGON_ENOMEM;
    rc = make_room(&equity, &run->equity,
                   (result->n_equity + n_slots) * sizeof(*result->equity_amt));
    result->equity_amt = equity;
    if (rc < 0)
        return rc;
    result->n_samples++;
    for (uint16_t id = 0; id < n_slots; id++)
        result->equity_amt[result->n_equity++] = engine_equity(result->engine, id);
    return AGON_OK;
}

static void on_sample(void *ctx, agon_ns_t t)
{
    struct run *run = ctx;

    if (run->config->has_rows && run->kept >= 0)
        run->kept = keep_sample(run, t);
    if (run->config->sample != NULL)
        run->config->sample(run->config->ctx, run->result->engine, t);
}

// Those that a tournament throws out go at once.
static void demote(struct run *run, const struct record_plan *plan)
{
    uint16_t slot;

    backtest_moved_demoted(&run->demoted, plan + 1,
                           plan->n_lines < PLAN_LINES ? plan->n_lines : PLAN_LINES);
    while (slot_set_take(&run->demoted, &slot)) {
        crew_leave(run->result->crew, slot, AGON_END_DEMOTED);
        backtest_jobs_left(run->result, slot);
    }
}

// Not inlined: most steps are of the market, and nobody looks at them (on_step).
static __attribute__((noinline)) int on_any_step(struct run *run,
                                                 const struct agon_event_hdr *event, int rc)
{
    int kept = run->kept;

    if (run->is_begun && crew_note(run->result->crew) != NULL)
        backtest_journal_pass(run->result->crew, event);
    if (rc >= 0 && event->t_venue > run->t_venue && journal_class_of(event->type) == JOURNAL_MARKET)
        run->t_venue = event->t_venue;
    switch (event->type) {
    case AGON_EVENT_INTENT: {
        const struct agon_intent_event *intent = (const void *)event;

        replay_fold_intent(&run->intents, intent);
        run->result->n_intents++;
        break;
    }
    case EVENT_REPORT:
        if (((const struct record_report *)(const void *)event)->kind == REPORT_FILL)
            kept = note_fill(run, (const void *)event);
        break;
    case EVENT_PLAN_LINES: {
        const struct record_plan_lines *lines = (const void *)event;

        if (rc >= 0)
            backtest_moved_demoted(&run->demoted, lines + 1, lines->n_lines);
        break;
    }
    case EVENT_PLAN:
        if (rc >= 0)
            demote(run, (const void *)event);
        break;
    default:
        break;
    }
    if (run->result->plan != NULL && rc >= 0)
        backtest_moved_step(run->result, event);
    if (run->config->event != NULL)
        run->config->event(run->config->ctx, run->result->engine, event, rc);
    if (run->named.has_clips)
        tape_named_step(&run->named, event);
    return kept >= 0 ? backtest_journal_turn(&run->journal, event) : kept;
}

static HOT int on_step(void *ctx, const struct agon_event_hdr *event, int rc)
{
    struct run *run = ctx;
    int is_row = event->type == AGON_EVENT_QUOTE || event->type == AGON_EVENT_BAR;

    if (!run->is_plain || (!is_row && event->type != EVENT_PATH))
        return on_any_step(run, event, rc);
    if (is_row && rc >= 0 && event->t_venue > run->t_venue)
        run->t_venue = event->t_venue;
    return run->kept >= 0 ? backtest_journal_turn(&run->journal, event) : run->kept;
}

/* The same of a calm's rows, where nobody else looks at each. */
static HOT int on_row(void *ctx, const struct agon_event_hdr *event)
{
    struct run *run = ctx;

    if (event->t_venue > run->t_venue)
        run->t_venue = event->t_venue;
    return run->kept >= 0 ? backtest_journal_turn(&run->journal, event) : run->kept;
}

/* Of what a plugin ended. Nothing restarts it here: its slot stays suspended to the end. */
static void on_lost(void *ctx, uint16_t slot, struct record_crash *crash)
{
    const struct run *run = ctx;

    (void)crew_say_end(run->result->crew, slot, crash);
    backtest_jobs_left(run->result, slot);
    crash->orders = run->config->slots[slot].record.on_crash; // numbers are places
}

// A last word on the state, so that a replay of the journal ends with a proof. Without one it is a
// number, so that the state is the same.
static int last_mark(struct run *run)
{
    int rc;

    run->driver.is_unread = run->config->journal == NULL && run->config->event == NULL;
    rc = driver_mark(&run->driver);

    return rc < 0 ? rc : engine_hash(run->result->engine, run->result->state);
}

// What came of it, also of a run that failed.
static int keep_done(struct run *run, const struct lockstep_result *done, int rc, struct error *err)
{
    struct backtest *result = run->result;

    result->n_rate_waited = paper_stats(run->paper).n_waited;
    result->n_rate_refused = paper_stats(run->paper).n_refused;
    result->n_events = done->n_events;
    result->n_market = done->n_market;
    result->t_first = done->t_first;
    result->t_last = done->t_last;
    result->n_failed = done->n_failed_runners;
    result->n_ahead = done->n_looked;
    memcpy(result->failed, done->failed, sizeof(result->failed));
    backtest_moved_failures(result);
    for (uint32_t i = 0; i < result->n_tapes; i++) {
        tape_report(run->tapes[i], &result->tapes[i].report);
        if (rc >= 0 && result->tapes[i].report.err.code < 0) {
            rc = result->tapes[i].report.err.code;
            if (err != NULL)
                *err = result->tapes[i].report.err;
        }
    }
    return rc;
}

static void release(struct run *run)
{
    for (uint32_t i = 0; i < BACKTEST_TAPES_MAX; i++)
        clip_free(run->clips[i]);
    tape_named_deinit(&run->named);
    history_free(run->history);
    free(run->bars);
    for (uint32_t i = 0; i < BACKTEST_TAPES_MAX; i++)
        tape_close(run->tapes[i]);
    for (uint32_t i = 0; i < BACKTEST_TAPES_MAX; i++)
        funding_close(run->fundings[i]);
    gen_free(run->gen);
    listings_free(run->listings);
    paper_free(run->paper);
}

int backtest_run(const struct backtest_config *config, struct backtest *result, struct error *err)
{
    struct run run = {.config = config, .result = result};
    // Agents of this process read it event by event: what is written again lies in the cache.
    struct engine_config engine = {.bus_granules = config->has_processes ? 1 << 14 : 1 << 12};
    struct paper_config paper = {
        .match = {.cancel_ahead_ppm = config->cancel_ahead_ppm},
        .latency = config->latency,
        .has_latency = 1,
    };
    struct crew_config crew = {.is_worker = 1,
                               .venues = result->venues,
                               .log = config->log,
                               .files_max = config->files_max,
                               .resolve = registry_resolve,
                               .is_noted =
                                   config->journal != NULL && backtest_journal_has_files(config),
                               .called = config->called,
                               .answer = config->answer,
                               .ctx = config->ctx};
    struct lockstep_config lockstep = {.on_step = on_step, .on_lost = on_lost, .ctx = &run};
    struct lockstep_result done = {0};
    struct venue_port port;
    int64_t began;
    int rc;

    memset(result, 0, sizeof(*result));
    crew.n_venues = backtest_venues(config, result->venues);
    result->bars = config->bars;
    backtest_market_say(config, &result->market);
    result->seed = config->seed;
    result->has_maker_fee = config->has_maker_fee;
    result->has_taker_fee = config->has_taker_fee;
    result->latency = config->latency;
    result->order_ns = config->latency.legs[LATENCY_ENTRY].median_ns;
    result->data_ns = config->latency.legs[LATENCY_MARKET].median_ns;
    hash_init(&run.intents);
    engine.samples = (struct sample_port){.ctx = &run, .sample = on_sample};
    tape_named_init(&run.named);
    if (config->tournament.mode != 0) {
        result->plan = calloc(1, sizeof(*result->plan));
        if (result->plan == NULL)
            return error_set(err, AGON_ENOMEM, "no memory for the tournament");
    }
    if (config->journal != NULL) {
        rc = backtest_journal_open(&run.journal, config, &run.named.port, err);
        if (rc < 0)
            goto done;
        engine.journal = &run.journal.buffer;
    }
    rc = config->has_processes && !config->is_not_ahead
             ? process_bus_new_ahead(&result->bus, engine.bus_granules, err)
             : process_bus_new(&result->bus, engine.bus_granules, err);
    if (rc < 0)
        goto done;
    lockstep.look_memory = result->bus.ahead;
    engine.bus_memory = result->bus.memory;
    crew.bus = &result->bus;
    crew.is_lock_step = config->has_processes;
    rc = backtest_jobs_open(config, result, &engine, &lockstep, err);
    if (rc < 0)
        goto done;
    rc = engine_new(&result->engine, &engine, err);
    if (rc < 0)
        goto done;
    run.driver = (struct driver){.engine = result->engine};
    run.table = engine_instruments(result->engine);
    crew.engine = result->engine;
    rc = crew_new(&result->crew, &crew, err);
    if (rc < 0)
        goto done;
    rc = backtest_windows_port(result, &paper, err);
    if (rc < 0)
        goto done;
    run.paper = paper_new(&paper, run.table);
    if (run.paper == NULL) {
        rc = error_set(err, AGON_ENOMEM, "no memory for the paper venue");
        goto done;
    }
    port = paper_port(run.paper);
    engine_attach_venue(result->engine, 0, &port);
    rc = configure(&run, err);
    for (agon_instrument_t id = 1; id <= run.table->n_instruments && rc >= 0; id++)
        rc = paper_add(run.paper, id);
    backtest_market_rules(&run);
    if (rc >= 0)
        rc = backtest_market_bars(&run, err);
    for (uint32_t i = 0; i < config->n_impacts && rc >= 0; i++)
        rc = models_impact(run.paper, run.table, config->impacts[i], err);
    if (rc < 0) {
        error_set(err != NULL && err->code == 0 ? err : NULL, rc, "no memory for an instrument");
        goto done;
    }
    if (config->feed != NULL)
        config->feed(config->feed_ctx, run.sources, run.n_sources);
    run.is_plain =
        config->event == NULL && !run.named.has_clips && result->plan == NULL && !crew.is_noted;
    if (run.is_plain && config->sample == NULL)
        lockstep.on_row = on_row;
    lockstep.engine = result->engine;
    lockstep.paper = run.paper;
    lockstep.sources = run.sources;
    lockstep.n_sources = run.n_sources;
    lockstep.latency = &config->latency;
    lockstep.mark_every = config->mark_every;
    lockstep.t_end = config->t_end;
    if (run.gen != NULL && (lockstep.t_end == 0 || run.gen_end < lockstep.t_end))
        lockstep.t_end = run.gen_end;
    began = clock_mono();
    rc = lockstep_run(&lockstep, &done, err);
    result->wall_ns = clock_mono() - began;
    rc = keep_done(&run, &done, rc, err);
    if (rc >= 0 && result->n_market == 0 && (config->t_from != 0 || config->t_end != 0))
        rc = error_set(err, AGON_EINVAL, "the data have nothing between --from and --to");
    if (rc >= 0)
        rc = last_mark(&run);
    hash_final(&run.intents, result->intents);
done:
    if (config->journal != NULL) {
        int closed = backtest_journal_close(&run.journal, rc < 0 ? NULL : err);

        rc = rc < 0 ? rc : closed;
        if (rc >= 0 && run.named.err.code < 0)
            rc = error_set(err, run.named.err.code, "%s", run.named.err.text);
    }
    release(&run);
    return rc;
}

void backtest_free(struct backtest *result)
{
    crew_free(result->crew);
    engine_free(result->engine);
    backtest_jobs_close(result);
    process_bus_free(&result->bus);
    free(result->fills);
    free(result->stretches);
    free(result->equity_amt);
    free(result->widths);
    free(result->plan);
    memset(result, 0, sizeof(*result));
}
