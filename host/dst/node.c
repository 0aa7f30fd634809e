// SPDX-License-Identifier: Apache-2.0
/* node: the host. Its engine and its journal are the real ones; here are the driver that feeds them
 * and the power supply that fails. A restart is what a real one would be: recovery of the journal,
 * a new engine from all of it and another from snapshot and tail, which must agree, then START. */
#include <stdio.h>
#include <stdlib.h>

#include <agon/plugin.h>

#include "dst/world.h"

#define MARK_EVERY    400u
#define BUFFER_BYTES  ((uint64_t)1 << 20)
#define SEGMENT_BYTES ((uint64_t)256 << 10)
#define SYNC_NS       (1 * MS)

static const char *const names[] = {"BTCUSDT", "ETHUSDT", "SOLUSDT", "XRPUSDT"};

struct agon_instrument node_instrument(const struct world *world, agon_instrument_t id)
{
    static const agon_px_t ticks[] = {1, 5, 10, 100};
    uint64_t draw = rng_at(world->config.seed, STREAM_NODE, id, 0, 0);
    struct agon_instrument made = {
        .hdr = {.type = AGON_EVENT_INSTRUMENT, .granules = 3, .instrument = id},
        .venue = 1,
        .kind = INSTRUMENT_SPOT,
        .state = TRADING_OPEN,
        .px_exp = 2,
        .qty_exp = 5,
        .base = USDT + id,
        .quote = USDT,
        .settle = USDT,
        .maker_fee_ppb = (int32_t)(draw % 3) * 500000,
        .taker_fee_ppb = (int32_t)(draw / 3 % 3) * 1000000,
        .tick_px = ticks[draw / 9 % 4],
        .lot_qty = (agon_qty_t)(1 + draw / 36 % 2 * 9),
        .min_qty = (agon_qty_t)(1 + draw / 36 % 2 * 9),
        .max_qty = 900000000,
        .min_notional_amt = 500000000,
        .multiplier = 1,
    };

    (void)snprintf(made.symbol, sizeof(made.symbol), "%s", names[id - 1]);
    return made;
}

static void plan_writer(struct world *world)
{
    agon_ns_t wait = SYNC_NS;

    if (world->node.is_writer_due)
        return;
    world->node.is_writer_due = 1;
    if (world_fault(world, DST_SLOW_DISK))
        wait += (agon_ns_t)rng_below(&world->amounts[DST_SLOW_DISK], 2 * (uint64_t)SECOND);
    world_at(world, world->now + wait, AT_WRITER, 0);
}

static void before(void *ctx, struct agon_event_hdr *event)
{
    struct world *world = ctx;
    struct node *node = &world->node;
    const struct record_report *report = (const struct record_report *)(const void *)event;
    const struct order *order;

    memset(&node->before, 0, sizeof(node->before));
    node->t_before = engine_t(node->engine);
    if (event->type != EVENT_REPORT)
        return;
    order = orders_find(engine_orders(node->engine), report->order_id);
    if (order != NULL)
        node->before = *order;
}

static int after(void *ctx, const struct agon_event_hdr *event, int rc)
{
    struct world *world = ctx;
    struct node *node = &world->node;
    uint16_t failed;

    node->n_events++;
    node->n_waits = 0;
    world_fold(world, event, event_bytes(event));
    world_trace(world, "%llu type %u instrument %u rc %d", (unsigned long long)event->seq,
                event->type, event->instrument, rc);
    if (rc == AGON_ECORRUPT)
        world_fail(world, "inv-15", "a mark does not hold in the run that made it");
    if (event->type == AGON_EVENT_COMMAND && rc >= 0)
        check_command(&world->checks.halts, (const struct record_command *)(const void *)event);
    if (engine_advance_runners(node->engine, &failed) < 0)
        world_fail(world, "world", "a scripted runner failed");
    if (event->type == EVENT_REPORT)
        check_report(world, (const struct record_report *)(const void *)event, &node->before);
    check_event(world, event, node->t_before);
    cards_sim_check(world);
    jobs_sim_check(world);
    scripted_agents_collect(world);
    plan_writer(world);
    return world->result->is_failed ? AGON_ESTATE : AGON_OK;
}

static int wait_for_writer(void *ctx, int is_bound)
{
    struct world *world = ctx;

    (void)is_bound;
    (void)journal_writer_step(world->node.writer);
    return world->node.n_waits++ < 3;
}

static struct driver new_driver(struct world *world)
{
    struct node *node = &world->node;

    return (struct driver){
        .engine = node->engine,
        .port = {.ctx = world, .before = before, .after = after, .wait = wait_for_writer},
        .mark_every = MARK_EVERY,
        .next_mark = engine_seq(node->engine) + MARK_EVERY};
}

int node_step(struct world *world, struct agon_event_hdr *event)
{
    struct node *node = &world->node;
    int rc;

    if (world_fault(world, DST_CLOCK))
        node->clock_off =
            (agon_ns_t)rng_below(&world->amounts[DST_CLOCK], 2 * (uint64_t)SECOND) - SECOND;
    event->t = world->now + node->clock_off;
    rc = driver_step(&node->driver, event);
    return rc < 0 ? rc : node->driver.rc;
}

int node_job(struct world *world, struct record_job_done *done, const void *result)
{
    int rc;

    done->hdr.t = world->now + world->node.clock_off;
    rc = driver_job(&world->node.driver, done, result);
    return rc < 0 ? rc : world->node.driver.rc;
}

void node_due(struct world *world)
{
    (void)driver_due(&world->node.driver, world->now);
}

/* --- the journal --- */

static void arm_power(struct world *world)
{
    if (world_fault(world, DST_POWER))
        disk_mem_stop_at(world->node.disk, 1 + rng_below(&world->amounts[DST_POWER], 8));
}

/* The power failed inside what was just done. */
static int is_dark(struct world *world)
{
    if (disk_mem_is_stopped(world->node.disk))
        return 1;
    disk_mem_stop_at(world->node.disk, 0);
    return 0;
}

void node_write(struct world *world)
{
    struct node *node = &world->node;
    uint64_t durable;

    node->is_writer_due = 0;
    arm_power(world);
    if (world_fault(world, DST_SYNC))
        disk_mem_fail_sync(node->disk, 1);
    (void)journal_writer_step(node->writer);
    disk_mem_fail_sync(node->disk, 0);
    durable = journal_durable_seq(&node->buffer);
    if (durable < node->durable_seq)
        world_fail(world, "inv-03", "the journal was durable up to %llu and is up to %llu",
                   (unsigned long long)node->durable_seq, (unsigned long long)durable);
    node->durable_seq = durable;
    if (is_dark(world)) {
        node_crash(world);
        return;
    }
    if (journal_state(&node->buffer) == JOURNAL_FAILED && !node->is_failed) {
        struct record_command halt = {
            .hdr = {.type = AGON_EVENT_COMMAND, .granules = 1},
            .kind = COMMAND_HALT,
            .scope = SCOPE_GLOBAL,
        };

        // What a driver does then: no new risk, and a supervisor that restarts it.
        world->result->some[SOME_SYNC_FAILED]++;
        node->is_failed = 1;
        (void)node_step(world, &halt.hdr);
        world_at(world, world->now + SECOND, AT_RETIRE, 0);
    }
}

void node_snapshot(struct world *world)
{
    struct node *node = &world->node;
    struct snapshot snapshot = {.seq = engine_seq(node->engine)};
    struct error err = {0};
    uint64_t n;

    // A snapshot of what the journal may still lose would, after a crash, be taken for the state of
    // other events that got the same numbers.
    if (journal_durable_seq(&node->buffer) < snapshot.seq) {
        world_at(world, world->now + MS, AT_SNAPSHOT, 0);
        return;
    }
    n = engine_save(node->engine, node->state, STATE_BYTES);
    if (n > STATE_BYTES) {
        world_fail(world, "inv-15", "the state outgrew its room");
        return;
    }
    memcpy(snapshot.journal_id, node->id, sizeof(snapshot.journal_id));
    if (world_fault(world, DST_POWER) || world_fault(world, DST_POWER))
        disk_mem_stop_at(node->disk, 1 + rng_below(&world->amounts[DST_POWER], 6));
    if (snapshot_write(&node->port, &snapshot, node->state, n, &err) >= 0)
        (void)snapshot_prune(&node->port, 2, &err);
    if (is_dark(world)) {
        node_crash(world);
        return;
    }
    world_at(world,
             world->now + 2 * SECOND + (agon_ns_t)rng_below(&node->rng, 6 * (uint64_t)SECOND),
             AT_SNAPSHOT, 0);
}

static int record(void *ctx, const struct order_cmd *cmd)
{
    struct map *decided = ctx;

    (void)map_put(decided, check_key(cmd->order_id, cmd->rev, cmd->kind), check_crc(cmd));
    return AGON_OK;
}

static struct engine *new_engine(struct world *world, struct journal_buffer *buffer)
{
    struct engine_config config = {.max_orders = ORDERS_MAX,
                                   .book_window = 256,
                                   .bus_granules = 1 << 13,
                                   .state_bytes = STATE_BYTES,
                                   .journal = buffer,
                                   .cards = {.ctx = world, .decided = cards_sim_decided}};
    struct engine *engine = NULL;
    struct error err = {0};

    if (engine_new(&engine, &config, &err) < 0)
        world_fail(world, "world", "%s", err.text);
    return engine;
}

/* Steps the journal's events from `from` on through an engine. */
static int replay(struct world *world, struct engine *engine, uint64_t from, struct halts *halts)
{
    struct journal_reading reading = {.from_seq = from};
    struct error err = {0};
    struct journal_reader *reader = journal_reader_open(&world->node.port, &reading, &err);
    const struct agon_event_hdr *event;
    int rc;

    world->cards.is_replaying = 1;
    if (reader == NULL) {
        world_fail(world, "inv-16", "the recovered journal cannot be read: %s", err.text);
        return AGON_ECORRUPT;
    }
    while ((rc = journal_reader_next(reader, &event, &err)) == 1) {
        if (event->seq < from)
            continue;
        rc = engine_step_recorded(engine, event);
        if (rc == AGON_ECORRUPT || rc == AGON_ERANGE) {
            world_fail(world, rc == AGON_ERANGE ? "inv-16" : "inv-15",
                       "replay: event %llu of type %u: %s", (unsigned long long)event->seq,
                       event->type, error_name(rc));
            break;
        }
        if (halts != NULL && event->type == AGON_EVENT_COMMAND && rc >= 0)
            check_command(halts, (const struct record_command *)(const void *)event);
        rc = AGON_OK;
    }
    journal_reader_close(reader);
    world->cards.is_replaying = 0;
    return rc < 0 ? rc : AGON_OK;
}

/* An engine from the newest snapshot and the journal behind it; NULL: there is no snapshot. */
static struct engine *from_snapshot(struct world *world, struct journal_buffer *buffer,
                                    uint64_t last_seq)
{
    struct node *node = &world->node;
    struct snapshot_want want = {.last_seq = last_seq, .journal_id = node->id};
    struct snapshot snapshot;
    struct engine *engine;
    struct error err = {0};

    if (snapshot_find(&node->port, &want, &snapshot, &err) != 1)
        return NULL;
    engine = new_engine(world, buffer);
    if (engine == NULL)
        return NULL;
    if (snapshot.n_bytes > STATE_BYTES ||
        snapshot_load(&node->port, &snapshot, node->state, STATE_BYTES, &err) < 0 ||
        engine_load(engine, node->state, snapshot.n_bytes, &err) < 0)
        world_fail(world, "inv-15", "snapshot %llu: %s", (unsigned long long)snapshot.seq,
                   err.text);
    else
        (void)replay(world, engine, snapshot.seq + 1, NULL);
    return engine;
}

static void same_state(struct world *world, struct engine *a, struct engine *b, const char *what)
{
    unsigned char hash_a[HASH_SIZE], hash_b[HASH_SIZE];

    if (world->result->is_failed || a == NULL || b == NULL)
        return;
    if (engine_hash(a, hash_a) >= 0 && engine_hash(b, hash_b) >= 0 &&
        memcmp(hash_a, hash_b, HASH_SIZE) == 0)
        return;
    world_fail(world, "inv-15", "%s: seq %llu and %llu, output %llx and %llx", what,
               (unsigned long long)engine_seq(a), (unsigned long long)engine_seq(b),
               (unsigned long long)engine_output_hash(a),
               (unsigned long long)engine_output_hash(b));
}

/* Two engines, from all of the journal and from snapshot and tail; they must agree. The one to go
 * on with. */
static struct engine *rebuild(struct world *world, struct journal_buffer *buffer, uint64_t last_seq,
                              struct map *decided)
{
    struct venue_port recorder = {.ctx = decided, .send = record};
    struct engine *whole = new_engine(world, buffer);
    struct engine *tail;

    if (whole == NULL)
        return NULL;
    memset(&world->checks.halts, 0, sizeof(world->checks.halts));
    engine_attach_venue(whole, 0, &recorder);
    (void)replay(world, whole, 1, &world->checks.halts);
    engine_attach_venue(whole, 0, NULL);
    tail = from_snapshot(world, buffer, last_seq);
    same_state(world, whole, tail, "from the journal and from snapshot and tail");
    if (tail != NULL && rng_below(&world->node.rng, 2) == 0) {
        world->result->some[SOME_FROM_SNAPSHOT]++;
        engine_free(whole);
        return tail;
    }
    engine_free(tail);
    return whole;
}

void node_crash(struct world *world)
{
    struct node *node = &world->node;
    uint64_t keep = rng_below(&node->rng, DISK_MEM_KEEPS);

    world->result->some[SOME_CRASH]++;
    world_trace(world, "CRASH durable %llu of %llu", (unsigned long long)node->durable_seq,
                (unsigned long long)engine_seq(node->engine));
    node->last_seq = engine_seq(node->engine);
    clerk_stop(world);
    world->life++;
    world->cards.is_live = 0;
    jobs_sim_stop(world);
    engine_free(node->engine);
    node->engine = NULL;
    journal_writer_free(node->writer);
    node->writer = NULL;
    journal_buffer_deinit(&node->buffer);
    disk_mem_crash(node->disk, (enum disk_mem_keep)keep, rng_u64(&node->rng));
    node->n_crashes++;
    world_at(world, world->now + 50 * MS + (agon_ns_t)rng_below(&node->rng, 2 * (uint64_t)SECOND),
             AT_BOOT, 0);
}

static int recover(struct world *world, struct journal_summary *summary)
{
    struct node *node = &world->node;
    struct journal_reading reading = {0};
    struct error err = {0};
    int rc;

    for (;;) {
        memset(summary, 0, sizeof(*summary));
        // Where power fails at all, it fails while somebody recovers from the last time.
        if (world->phase == PHASE_SAFETY && (world->swarm.faults >> DST_POWER & 1) != 0 &&
            rng_below(&node->rng, 3) == 0)
            disk_mem_stop_at(node->disk, 1 + rng_below(&node->rng, 4));
        rc = journal_recover(&node->port, &reading, summary, &err);
        if (!is_dark(world))
            break;
        world->result->some[SOME_CRASH_IN_RECOVERY]++;
        disk_mem_crash(node->disk, (enum disk_mem_keep)rng_below(&node->rng, DISK_MEM_KEEPS),
                       rng_u64(&node->rng));
    }
    if (rc < 0) {
        world_fail(world, "inv-16", "recovery refused what a crash left: %s", err.text);
        return rc;
    }
    if (summary->end.next_seq <= node->last_seq)
        world->result->some[SOME_LOST_TAIL]++;
    if (summary->n_torn > 0)
        world->result->some[SOME_TORN]++;
    if (summary->end.next_seq <= node->durable_seq)
        world_fail(world, "inv-03", "the journal was durable up to %llu and ends before %llu",
                   (unsigned long long)node->durable_seq,
                   (unsigned long long)summary->end.next_seq);
    return AGON_OK;
}

/* Every second world moves capital each minute, so that crashes and faults fall into it. Nobody is
 * unloaded: what operators and gates do to a slot is told apart by the checks. */
static void configure_tournament(struct world *world)
{
    uint64_t draw = rng_at(world->config.seed, STREAM_NODE, 99, 0, 0);
    struct record_tournament tournament = {.hdr = {.type = EVENT_CONFIG},
                                           .kind = CONFIG_TOURNAMENT};

    if ((draw & 1) == 0)
        return;
    plan_defaults(&tournament.rules);
    if ((draw >> 2 & 1) != 0) {
        rules_clear_more(&tournament.rules); // edition 1, as in old journals
    } else {
        rules_set_setting(&tournament.rules, SETTING_MIN_TRADES, 1.0);
        if ((draw >> 3 & 3) != 0) // with it hardly anything moves in so short a time
            rules_set_setting(&tournament.rules, SETTING_EVIDENCE, 0.0);
    }
    tournament.hdr.granules = TOURNAMENT_GRANULES(tournament.rules.n_more);
    memcpy(tournament.rules.schedule, "* * * * *", sizeof("* * * * *"));
    tournament.rules.sample_s = 60;
    tournament.rules.min_samples = 1;
    tournament.rules.failures = 0;
    tournament.rules.mode = (draw >> 1 & 1) != 0 ? TOURNAMENT_BOUNDED : TOURNAMENT_RANK_SHARES;
    (void)node_step(world, &tournament.hdr);
}

/* Limits that the table has and nothing else here draws: each is there in some of the slots. */
static void draw_limits(struct world *world, uint16_t slot, struct slot_limits *limits)
{
    for (uint32_t i = 1; i < limits_of_slot.n; i++) {
        const struct limit *limit = &limits_of_slot.all[i];
        uint64_t draw = rng_at(world->config.seed, STREAM_NODE, 1000u + slot * 64u + i, 0, 0);
        int64_t value = 0;

        if (limit_get(limit, limits) != 0 || (draw & 3) != 0)
            continue;
        switch (limit->kind) {
        case LIMIT_IS_AMT:
        case LIMIT_IS_OF_CAPITAL:
            value = limits_of_capital(limits->capital_amt, (int64_t)(10000 + (draw >> 8) % 300000));
            break;
        case LIMIT_IS_CHOICE:
            value = (int64_t)((draw >> 8) % ON_BREACH_N);
            break;
        case LIMIT_IS_MS:
            value = (int64_t)(1000 + (draw >> 8) % 60000);
            break;
        default:
            value = limit->number == LIMIT_LEVERAGE ? (int64_t)(1 + (draw >> 8) % 5) : 0;
            break;
        }
        REQUIRE(limit_set(limit, limits, value) == AGON_OK);
    }
    if (limits->position_amt > 0 && limits->order_amt > limits->position_amt)
        limits->order_amt = limits->position_amt;
}

static void configure_portfolio(struct world *world)
{
    uint64_t draw = rng_at(world->config.seed, STREAM_NODE, 900, 0, 0);
    agon_amt_t capital_amt = (agon_amt_t)30000 * 100000000 * world->swarm.n_agents;
    struct record_portfolio record = {
        .hdr = {.type = EVENT_CONFIG, .granules = sizeof(record) / EVENT_GRANULE},
        .kind = CONFIG_PORTFOLIO,
        .limits = {.daily_loss_amt = (draw & 1) != 0 ? capital_amt / 50 : 0,
                   .drawdown_ppm = (draw & 2) != 0 ? 50000 : 0,
                   .gross_amt = (draw & 4) != 0 ? capital_amt : 0,
                   .net_amt = (draw & 8) != 0 ? capital_amt / 2 : 0,
                   .asset_amt = (draw & 16) != 0 ? capital_amt / 2 : 0,
                   .on_breach = (uint32_t)((draw >> 8) % ON_BREACH_N)}};

    if ((draw >> 16 & 3) == 0)
        (void)node_step(world, &record.hdr);
}

static void configure(struct world *world)
{
    struct record_asset asset = {
        .hdr = {.type = EVENT_CONFIG, .granules = 1}, .kind = CONFIG_ASSET, .exp = 8};
    agon_instrument_t n = world->swarm.n_instruments;

    for (asset.asset = USDT; asset.asset <= n + 1; asset.asset++) {
        asset.is_base_currency = asset.asset == USDT;
        (void)snprintf(asset.name, sizeof(asset.name), "%.*s", 3,
                       asset.asset == USDT ? "USD" : names[asset.asset - 2]);
        (void)node_step(world, &asset.hdr);
        REQUIRE(instruments_set_asset(&world->lane.table, &asset, NULL) == AGON_OK);
    }
    for (agon_instrument_t id = 1; id <= n; id++) {
        struct agon_instrument made = node_instrument(world, id);

        (void)node_step(world, &made.hdr);
        REQUIRE(instruments_set(&world->lane.table, &made, NULL) == AGON_OK);
        ticker_start(world, id);
    }
    for (agon_asset_t id = USDT; id <= n + 1; id++) {
        struct record_account cash = {.hdr = {.type = EVENT_ACCOUNT, .granules = 1},
                                      .flags = (uint16_t)(1 | (id == n + 1 ? 2 : 0)),
                                      .asset = id,
                                      .free_amt = id == USDT ? WORLD_CASH_AMT : 0};

        (void)node_step(world, &cash.hdr);
    }
    for (uint16_t id = 0; id < world->swarm.n_agents; id++) {
        uint64_t draw = rng_at(world->config.seed, STREAM_NODE, 100 + id, 0, 0);
        union slot_event event;
        struct record_slot slot = {
            .hdr = {.type = EVENT_CONFIG, .granules = sizeof(struct record_slot) / EVENT_GRANULE},
            .kind = CONFIG_SLOT,
            .slot = id,
            .stage = STAGE_LIVE,
            .agent_kind = world->swarm.agent_kinds[id] == 5 ? AGON_MODEL : AGON_STRATEGY,
            .seed = draw,
            .intent_latency_ns = (agon_ns_t)(draw >> 8 & 3) * MS,
            .subscription = {.event_mask = ~(uint64_t)0, .n_instruments = n, .bar_mask = 0xff},
            .limits = {.capital_amt = (agon_amt_t)(5000 + draw % 95000) * 100000000,
                       .collar_marketable_ppm = 20000,
                       .collar_passive_ppm = 100000,
                       .max_open_orders = 1 + (uint32_t)(draw >> 16 & 31),
                       .orders_per_s = (draw >> 24 & 1) != 0 ? 20 : 0,
                       .orders_burst = 10,
                       .duplicate_window_ms = (draw >> 25 & 1) != 0 ? 1000 : 0,
                       .duplicate_max = 3,
                       .drawdown_ppm = (draw >> 26 & 1) != 0 ? 200000 : 0},
        };

        draw_limits(world, id, &slot.limits);
        for (agon_instrument_t k = 1; k <= n; k++)
            slot.subscription.instruments[k - 1] = k;
        (void)snprintf(slot.name, sizeof(slot.name), "slot_%u", id);
        slot.signals.n_keys = 1;
        slot.signals.keys[0] = scripted_agents_series(id);
        for (uint16_t k = 0; k < world->swarm.n_agents && k < SLOT_INPUTS_MAX; k++) {
            char name[SLOT_NAME];

            (void)snprintf(name, sizeof(name), "slot_%u", k);
            slot.signals.inputs[slot.signals.n_inputs++] =
                (struct slot_input){.series = scripted_agents_series(k), .agent = slot_agent(name)};
        }
        slot_record_write(&event, &slot);
        (void)node_step(world, &event.hdr);
    }
    configure_portfolio(world);
    configure_tournament(world);
    cards_sim_configure(world);
    jobs_sim_configure(world);
}

void node_boot(struct world *world)
{
    struct node *node = &world->node;
    struct journal_config config = {.segment_bytes = {SEGMENT_BYTES, SEGMENT_BYTES}};
    struct journal_summary summary = {.end = {.next_seq = 1}};
    struct record_start start = {
        .hdr = {.type = EVENT_START, .granules = 1}, .mode = RUN_DST, .seed = world->config.seed};
    struct venue_port port = clerk_port(world);
    struct error err = {0};
    int is_first = node->n_crashes == 0;

    world->life++;
    world->link++;
    if (!is_first && recover(world, &summary) < 0)
        return;
    REQUIRE(journal_buffer_init(&node->buffer, BUFFER_BYTES, summary.end.next_seq) == AGON_OK);
    map_clear(&node->decided);
    node->engine = is_first
                       ? new_engine(world, &node->buffer)
                       : rebuild(world, &node->buffer, summary.end.next_seq - 1, &node->decided);
    if (world->result->is_failed || node->engine == NULL) {
        engine_free(node->engine);
        node->engine = NULL;
        journal_buffer_deinit(&node->buffer);
        return;
    }
    memcpy(config.id, node->id, sizeof(config.id));
    config.run = engine_run(node->engine) + 1;
    node->writer = journal_writer_new(&node->port, &node->buffer, &config, &summary.end, &err);
    if (node->writer == NULL) {
        world_fail(world, "inv-16", "no writer behind a recovered journal: %s", err.text);
        return;
    }
    world_trace(world, "BOOT run %u behind seq %llu", config.run,
                (unsigned long long)summary.end.next_seq - 1);
    if (!is_first)
        check_recovered(world, &node->decided);
    node->is_writer_due = 0;
    node->is_failed = 0;
    node->is_muted = 1;
    node->clock_off = 0;
    node->durable_seq = summary.end.next_seq - 1;
    if (clerk_start(world) < 0) {
        world_fail(world, "world", "out of memory");
        return;
    }
    engine_attach_venue(node->engine, 0, &port);
    node->driver = new_driver(world);
    if (is_first)
        configure(world);
    else
        cards_sim_recover(world);
    scripted_agents_join(world);
    start.run = config.run;
    // First of all: a timer of the life before is due after it.
    start.hdr.t = world->now;
    node->driver.is_held = 1;
    if (driver_step(&node->driver, &start.hdr) < 0 || node->driver.rc < 0)
        world_fail(world, "inv-02", "START of run %u was refused", start.run);
    node->driver.is_held = 0;
    if (!is_first)
        cards_sim_started(world);
    jobs_sim_boot(world);
    for (agon_instrument_t id = 1; id <= world->swarm.n_instruments; id++) {
        struct agon_status status = {
            .hdr = {.type = AGON_EVENT_STATUS, .granules = 1, .instrument = id},
            .venue = 1,
            .book = BOOK_STALE,
        };

        (void)node_step(world, &status.hdr);
    }
    world_at(world, world->now + SECOND + (agon_ns_t)rng_below(&node->rng, 5 * (uint64_t)SECOND),
             AT_SNAPSHOT, 0);
}

/* --- the operator --- */

static void command(struct world *world, uint8_t kind, uint8_t scope, uint32_t id, int64_t value,
                    uint8_t which)
{
    struct record_command record = {
        .hdr = {.type = AGON_EVENT_COMMAND, .granules = 1},
        .kind = kind,
        .scope = scope,
        .id = id,
        .value = value,
        .which = which,
        .reason = REASON_OPERATOR,
    };

    if (world->node.engine != NULL)
        (void)node_step(world, &record.hdr);
}

void node_operate(struct world *world)
{
    struct rng *rng = &world->amounts[DST_OPERATOR];
    uint32_t slot = (uint32_t)rng_below(rng, world->swarm.n_agents);
    uint32_t instrument = 1 + (uint32_t)rng_below(rng, world->swarm.n_instruments);
    uint64_t draw = rng_below(rng, 20);

    world->result->n_injected[DST_OPERATOR]++;
    if (draw < 2)
        command(world, COMMAND_HALT, SCOPE_SLOT, slot, 0, 0);
    else if (draw < 3)
        command(world, COMMAND_HALT, SCOPE_INSTRUMENT, instrument, 0, 0);
    else if (draw < 4)
        command(world, COMMAND_HALT, SCOPE_GLOBAL, 0, 0, 0);
    else if (draw < 5)
        command(world, COMMAND_KILL, SCOPE_GLOBAL, 0, 0, 0);
    else if (draw < 8)
        command(world, COMMAND_RESUME, SCOPE_GLOBAL, 0, 0, 0);
    else if (draw < 10)
        command(world, COMMAND_RESUME, SCOPE_SLOT, slot, 0, 0);
    else if (draw < 11)
        command(world, COMMAND_RESUME, SCOPE_INSTRUMENT, instrument, 0, 0);
    else if (draw < 13)
        command(world, COMMAND_CANCEL_ALL, SCOPE_SLOT, slot, 0, 0);
    else if (draw < 15)
        command(world, COMMAND_FLATTEN, SCOPE_SLOT, slot, 0, 0);
    else if (draw < 16)
        command(world, COMMAND_SLOT_CONDITION, SCOPE_SLOT, slot, CONDITION_QUARANTINED, 0);
    else if (draw < 18)
        command(world, COMMAND_SLOT_CONDITION, SCOPE_SLOT, slot, CONDITION_ACTIVE, 0);
    else if (draw < 19)
        command(world, COMMAND_LIMIT, SCOPE_SLOT, slot, (int64_t)rng_below(rng, 40),
                LIMIT_OPEN_ORDERS);
    else
        command(world, COMMAND_LIMIT, SCOPE_SLOT, slot,
                (int64_t)(100 + rng_below(rng, 50000)) * 100000000, LIMIT_POSITION_AMT);
    if (draw < 4)
        world->result->some[SOME_HALT]++;
    if (draw >= 13 && draw < 15)
        world->result->some[SOME_FLATTEN]++;
}

void node_heal(struct world *world)
{
    if (world->node.engine == NULL)
        return;
    if (world->node.is_failed) { // a journal that failed stays so until a restart
        node_crash(world);
        node_boot(world);
    }
    if (world->result->is_failed)
        return;
    world->node.clock_off = 0;
    cards_sim_heal(world);
    command(world, COMMAND_RESUME, SCOPE_GLOBAL, 0, 0, 0);
    for (uint32_t id = 1; id <= world->swarm.n_instruments; id++)
        command(world, COMMAND_RESUME, SCOPE_INSTRUMENT, id, 0, 0);
    for (uint32_t id = 0; id < world->swarm.n_agents; id++) {
        command(world, COMMAND_RESUME, SCOPE_SLOT, id, 0, 0);
        command(world, COMMAND_SLOT_CONDITION, SCOPE_SLOT, id, CONDITION_ACTIVE, 0);
    }
}

/* Closed in good order, and back: from the journal alone, and from snapshot and tail. */
void node_finish(struct world *world)
{
    struct node *node = &world->node;
    struct error err = {0};
    struct engine *again;
    struct journal_summary summary;
    struct journal_reading reading = {0};

    if (journal_writer_close(node->writer, &err) < 0) {
        world_fail(world, "inv-16", "closing: %s", err.text);
        return;
    }
    if (journal_recover(&node->port, &reading, &summary, &err) < 0 ||
        summary.end.next_seq != engine_seq(node->engine) + 1 || !summary.is_clean) {
        world_fail(world, "inv-16", "a clean journal of %llu events ends before %llu: %s",
                   (unsigned long long)engine_seq(node->engine),
                   (unsigned long long)summary.end.next_seq, err.text);
        return;
    }
    again = rebuild(world, NULL, engine_seq(node->engine), &node->decided);
    same_state(world, node->engine, again, "the run and its replay");
    engine_free(again);
    check_recovered(world, &node->decided);
}

int node_open(struct world *world, struct error *err)
{
    struct node *node = &world->node;

    rng_init(&node->rng, swarm_stream(world->config.seed, STREAM_NODE));
    for (size_t i = 0; i < sizeof(node->id); i++)
        node->id[i] = (unsigned char)rng_u64(&node->rng);
    node->disk = disk_mem_new(512);
    node->state = malloc(STATE_BYTES);
    if (node->disk == NULL || node->state == NULL || map_init(&node->decided, 32768) < 0)
        return error_set(err, AGON_ENOMEM, "dst: out of memory");
    node->port = disk_mem_port(node->disk);
    return AGON_OK;
}

void node_close(struct world *world)
{
    struct node *node = &world->node;

    jobs_sim_close(world);
    engine_free(node->engine);
    if (node->writer != NULL) {
        journal_writer_free(node->writer);
        journal_buffer_deinit(&node->buffer);
    }
    map_deinit(&node->decided);
    disk_mem_free(node->disk);
    free(node->state);
}
