// SPDX-License-Identifier: Apache-2.0
/* A journal that is made here, of a paper run whose exchange is 20 ms away, with one thing amiss:
 * the free comparison names that thing and nothing else, with its amount. */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <check.h>

#include "base/disk_mem.h"
#include "base/num.h"
#include "engine/driver.h"
#include "engine/lockstep.h"
#include "journal/reader.h"
#include "journal/writer.h"
#include "lab/free.h"
#include "lab/parity_cast.h"
#include "match/gen.h"

#define T0    ((agon_ns_t)1767225600 * 1000000000)
#define MS    ((agon_ns_t)1000000)
#define NTH   6 /* of the new orders: with that one something is amiss */
#define FILLS 100000

enum amiss { NOTHING = 0, LATE = 1, REFUSED = 2, NO_ROOM = 3, UNEVEN = 4 };

struct world {
    enum amiss amiss;
    struct disk_mem *memory;
    struct disk disk;
    struct journal_buffer buffer;
    struct journal_writer *writer;
    struct engine *engine;
    struct driver driver;
    struct paper *paper;
    struct venue_port to_paper;
    struct cut *cut;
    struct plugin_file file;
    struct plugin plugin;
    struct run_inproc *run;
    struct gen *gen;
    char kept[64];
    uint32_t n_new;
    agon_ns_t t_end;
    uint64_t no_room_id;
};

static void step(struct world *world, void *event)
{
    ((struct agon_event_hdr *)event)->t = T0;
    ck_assert_int_eq(driver_step(&world->driver, event), AGON_OK);
    ck_assert_int_eq(world->driver.rc, AGON_OK);
}

/* A journal begins as a live host's does. */
static void configure(struct world *world)
{
    struct record_asset usdt = {.hdr = {.type = EVENT_CONFIG, .granules = 1},
                                .kind = CONFIG_ASSET,
                                .asset = 1,
                                .exp = 8,
                                .is_base_currency = 1,
                                .name = "USDT"};
    struct record_asset btc = {.hdr = {.type = EVENT_CONFIG, .granules = 1},
                               .kind = CONFIG_ASSET,
                               .asset = 2,
                               .exp = 8,
                               .name = "BTC"};
    struct agon_instrument instrument = {
        .hdr = {.type = AGON_EVENT_INSTRUMENT,
                .granules = sizeof(struct agon_instrument) / EVENT_GRANULE,
                .instrument = 1},
        .venue = 1,
        .kind = INSTRUMENT_SPOT,
        .state = TRADING_OPEN,
        .px_exp = 2,
        .qty_exp = 5,
        .base = 2,
        .quote = 1,
        .settle = 1,
        .maker_fee_ppb = 1000000,
        .taker_fee_ppb = 1000000,
        .symbol = "BTCUSDT",
        .tick_px = 1,
        .lot_qty = 1,
        .min_qty = 1,
        .multiplier = 1};
    struct record_account cash = {.hdr = {.type = EVENT_ACCOUNT, .granules = 1},
                                  .flags = 3,
                                  .asset = 1,
                                  .free_amt = (agon_amt_t)1000000 * 100000000};
    struct record_start start = {
        .hdr = {.type = EVENT_START, .granules = 1}, .run = 1, .mode = RUN_PAPER, .seed = 7};
    struct record_slot slot = {
        .hdr = {.type = EVENT_CONFIG, .granules = sizeof(struct record_slot) / EVENT_GRANULE},
        .kind = CONFIG_SLOT,
        .stage = STAGE_LIVE,
        .agent_kind = AGON_STRATEGY,
        .seed = 7,
        .name = "busy_1"};

    slot.subscription = (struct subscription){
        .event_mask = world->plugin.entry->plugins[0]->event_mask, .n_instruments = 1};
    slot.subscription.instruments[0] = 1;
    limits_preset(&slot.limits, (agon_amt_t)100000 * 100000000);
    slot.limits.orders_per_s = 1000;
    slot.limits.orders_burst = 10000;
    slot.limits.max_open_orders = 200;
    step(world, &usdt);
    step(world, &btc);
    step(world, &instrument);
    step(world, &cash);
    step(world, &slot);
    step(world, &start);
}

/* busy, as the host would have it: its file is kept, and the journal has its BEGIN. */
static void map(struct world *world)
{
    char path[PATH_MAX], to[PATH_MAX], hex[2 * HASH_SIZE + 1], command[2 * PATH_MAX + 32];
    struct error err = {0};

    snprintf(path, sizeof(path), "%s/tests/integration/plugins/busy.so", getenv("AGON_BUILD_ROOT"));
    ck_assert_msg(plugin_file_stage(&world->file, path, NULL, 0, &err) >= 0, "%s", err.text);
    ck_assert_msg(plugin_map(&world->plugin, &world->file, ELF_PROCESS, &err) >= 0, "%s", err.text);
    ck_assert_msg(plugin_begin(&world->plugin, &err) >= 0, "%s", err.text);
    snprintf(world->kept, sizeof(world->kept), "/tmp/agon-free-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(world->kept));
    hash_hex(world->file.hash, hex);
    snprintf(to, sizeof(to), "%s/%s.so", world->kept, hex);
    snprintf(command, sizeof(command), "cp '%s' '%s'", path, to);
    ck_assert_int_eq(system(command), 0);
}

static void begin(struct world *world)
{
    static const struct setup_venue venues[] = {{.venue = 1, .name = "binance"}};
    static const struct setup_param params[] = {{.name = "every", .text = "3"}};
    static union begin_event begun;
    struct slot *slot = slots_get(engine_slots(world->engine), 0);
    struct record_slot record = {.kind = CONFIG_SLOT,
                                 .slot = 0,
                                 .stage = slot->stage,
                                 .agent_kind = slot->agent_kind,
                                 .seed = slot->seed,
                                 .subscription = slot->subscription,
                                 .limits = slot->limits};
    struct cut_given given = {
        .record = &record, .params = params, .venues = venues, .n_params = 1, .n_venues = 1};
    struct cast cast = {.plugin = world->plugin};
    const struct run_inproc_config like = {0};
    struct error err = {0};

    memcpy(record.name, slot->name, sizeof(record.name));
    cut_collect(world->engine, &given, world->cut);
    world->cut->setup.head.start = AGON_START_FRESH;
    cut_begin(&begun, &world->cut->setup, world->file.hash);
    begun.begin.how = BEGIN_START;
    ck_assert_msg(cast_make(&cast, world->engine, &world->cut->setup, &like, &world->run, &err) >=
                      0,
                  "%s", err.text);
    engine_attach_runner(world->engine, 0, run_inproc_port(world->run));
    step(world, &begun);
}

static int on_send(void *ctx, const struct order_cmd *cmd)
{
    struct world *world = ctx;
    struct order_cmd copy = *cmd;
    int is_it = cmd->kind == CMD_NEW && ++world->n_new == NTH;

    if (is_it && world->amiss == LATE)
        copy.t += 700 * MS;
    else if (is_it && world->amiss == REFUSED)
        copy.px = copy.trigger_px = -1; // no venue takes that
    else if (is_it && world->amiss == NO_ROOM)
        world->no_room_id = cmd->order_id;
    return world->to_paper.send(world->to_paper.ctx, &copy);
}

static int take(void *ctx, const struct order_cmd *cmd, agon_ns_t t, agon_ns_t *retry)
{
    const struct world *world = ctx;

    *retry = t + MS;
    return cmd->order_id == world->no_room_id ? AGON_EAGAIN : AGON_OK;
}

static int rank(const struct order_cmd *cmd)
{
    (void)cmd;
    return 0;
}

static int on_step(void *ctx, const struct agon_event_hdr *event, int rc)
{
    struct world *world = ctx;

    (void)rc;
    return event->seq % 256 == 0 && journal_writer_step(world->writer) < 0 ? AGON_EIO : AGON_OK;
}

static const struct agon_event_hdr *next(void *ctx)
{
    struct world *world = ctx;
    const struct agon_event_hdr *event = gen_next(world->gen);

    return event->t < world->t_end ? event : NULL;
}

/* A run of a minute, and its journal. */
static void record(struct world *world, enum amiss amiss)
{
    struct engine_config engine = {0};
    struct journal_config config = {.is_async = 1, .run = 1};
    struct journal_summary summary;
    struct paper_config paper = {.match = {.cancel_ahead_ppm = MATCH_CANCEL_AHEAD_PPM},
                                 .entry_ns = 20 * MS,
                                 .report_ns = 10 * MS,
                                 .windows = {.ctx = world,
                                             .take = take,
                                             .rank = rank,
                                             .hold_ns = 100 * MS,
                                             .cancel_hold_ns = 100 * MS}};
    struct lockstep_source source = {.ctx = world, .next = next};
    struct lockstep_config lockstep = {
        .sources = &source, .n_sources = 1, .on_step = on_step, .ctx = world};
    struct lockstep_result result;
    struct venue_port port = {.ctx = world, .send = on_send};
    struct gen_config gen;
    struct rules rules;
    struct error err = {0};

    if (amiss ==
        UNEVEN) { // each report takes another time, also those of orders that were replaced
        paper.has_latency = 1;
        paper.latency = (struct latency){
            .seed = 7,
            .legs = {
                [LATENCY_ENTRY] = {.median_ns = 20 * MS},
                [LATENCY_ACK] = {.kind = LATENCY_LOG_NORMAL, .median_ns = 60 * MS, .sigma = 2}}};
    }
    *world = (struct world){.amiss = amiss, .t_end = T0 + 60000 * MS};
    world->memory = disk_mem_new(512);
    world->disk = disk_mem_port(world->memory);
    ck_assert_int_eq(journal_buffer_init(&world->buffer, JOURNAL_BUFFER_BYTES, 1), AGON_OK);
    ck_assert_int_eq(journal_recover(&world->disk, &(struct journal_reading){0}, &summary, &err),
                     AGON_OK);
    world->writer = journal_writer_new(&world->disk, &world->buffer, &config, &summary.end, &err);
    ck_assert_msg(world->writer != NULL, "%s", err.text);
    engine.journal = &world->buffer;
    ck_assert_int_eq(engine_new(&world->engine, &engine, &err), AGON_OK);
    world->driver = (struct driver){.engine = world->engine};
    world->cut = cut_new(&err);
    map(world);
    configure(world);
    world->paper = paper_new(&paper, engine_instruments(world->engine));
    ck_assert_int_eq(paper_add(world->paper, 1), AGON_OK);
    rules_preset(rules_market_of(INSTRUMENT_SPOT), &rules);
    ck_assert_int_eq(paper_set_rules(world->paper, 1, &rules), AGON_OK);
    world->to_paper = paper_port(world->paper);
    engine_attach_venue(world->engine, 0, &port);
    begin(world);
    gen_defaults(&gen, engine_instruments(world->engine), 5);
    gen.t_start = T0;
    ck_assert_msg(gen_new(&world->gen, &gen, engine_instruments(world->engine), &err) >= 0, "%s",
                  err.text);
    lockstep.engine = world->engine;
    lockstep.paper = world->paper;
    ck_assert_msg(lockstep_run(&lockstep, &result, &err) >= 0, "%s", err.text);
    ck_assert_int_eq(journal_writer_close(world->writer, &err), AGON_OK);
    journal_writer_free(world->writer);
    ck_assert_uint_gt(world->n_new, 3 * NTH);
}

static void forget(struct world *world)
{
    char command[128];

    run_inproc_free(world->run);
    cut_free(world->cut);
    engine_free(world->engine);
    paper_free(world->paper);
    gen_free(world->gen);
    journal_buffer_deinit(&world->buffer);
    disk_mem_free(world->memory);
    snprintf(command, sizeof(command), "rm -r '%s'", world->kept);
    ck_assert_int_eq(system(command), 0);
}

static const struct disk *disk_of(void *ctx)
{
    return &((struct world *)ctx)->disk;
}

static int no_close(void *ctx, struct error *err)
{
    (void)ctx, (void)err;
    return AGON_OK;
}

/* Of a run of its own latencies each fill is told when it was told then. */
static void are_told_alike(const struct free_facts *facts, const struct free_outcome *again)
{
    ck_assert_uint_eq(again->n_fills, facts->watch.n_fills);
    for (uint64_t i = 0; i < again->n_fills; i++)
        ck_assert_int_eq(again->fills[i].t, facts->watch.fills[i].t);
}

/* All stages, each in a process of its own. */
static void judge(struct world *world, struct free_facts *facts, struct free_result *result)
{
    struct free_outcome *outcomes[FREE_STAGES];
    struct parity_scan scan;
    struct error err = {0};

    ck_assert_msg(parity_scan(&world->disk, 0, &scan, &err) >= 0, "%s", err.text);
    ck_assert_uint_eq(scan.n_plays, 1);
    ck_assert_msg(free_facts(&world->disk, &scan, 0, 1, facts, &err) >= 0, "%s", err.text);
    for (uint32_t k = 0; k < FREE_STAGES; k++) {
        struct free_config config = {.disk = disk_of,
                                     .kept = world->kept,
                                     .scan = &scan,
                                     .facts = facts,
                                     .stage = k,
                                     .close = no_close,
                                     .ctx = world};
        int status;
        pid_t child;

        outcomes[k] = mmap(NULL, free_outcome_bytes(FILLS), PROT_READ | PROT_WRITE,
                           MAP_SHARED | MAP_ANONYMOUS, -1, 0);
        ck_assert_ptr_ne(outcomes[k], MAP_FAILED);
        outcomes[k]->room = FILLS;
        child = fork();
        if (child == 0)
            _exit(free_run(&config, outcomes[k], &err) < 0);
        ck_assert_int_eq(waitpid(child, &status, 0), child);
        ck_assert_msg(status == 0 && outcomes[k]->is_done, "stage %u: %s", k, outcomes[k]->why);
    }
    ck_assert_int_eq(free_compare(facts, outcomes, result), AGON_OK);
    if (world->amiss == UNEVEN)
        are_told_alike(facts, outcomes[FREE_LATENCY + 1]);
    for (uint32_t k = 0; k < FREE_STAGES; k++)
        (void)munmap(outcomes[k], free_outcome_bytes(FILLS));
    parity_scan_free(&scan);
}

/* Nothing differs from that stage on, and all that differs before it is the cause's. */
static void is_all(const struct free_result *result, enum free_cause cause)
{
    for (uint32_t k = 0; k < FREE_STAGES; k++) {
        const struct free_stage *stage = &result->stages[k];

        if (k <= (uint32_t)cause) {
            ck_assert_uint_gt(stage->n_other + stage->n_missing + stage->n_additional, 0);
            continue;
        }
        ck_assert_uint_eq(stage->n_equal, result->n_fills);
        ck_assert_uint_eq(stage->n_other + stage->n_missing + stage->n_additional, 0);
        ck_assert_int_eq(stage->pnl_amt, result->pnl_amt);
    }
    for (uint32_t k = 0; k < FREE_CAUSES; k++) {
        ck_assert_msg((result->n_by_cause[k] > 0) == (k == (uint32_t)cause), "%s: %llu fills",
                      free_cause_name(k), (unsigned long long)result->n_by_cause[k]);
        ck_assert_msg((result->cause_amt[k] != 0) == (k == (uint32_t)cause), "%s: %lld",
                      free_cause_name(k), (long long)result->cause_amt[k]);
    }
    ck_assert_int_eq(result->cause_amt[cause], result->pnl_amt - result->stages[0].pnl_amt);
    ck_assert_int_eq(result->unknown_amt, 0);
    ck_assert_uint_eq(result->n_by_cause[FREE_CAUSES], 0);
}

START_TEST(what_is_as_a_backtest_has_it_differs_in_nothing)
{
    static struct world world;
    struct free_facts facts;
    struct free_result result;

    record(&world, NOTHING);
    judge(&world, &facts, &result);
    ck_assert_uint_gt(result.n_fills, 5);
    for (uint32_t k = 0; k < FREE_STAGES; k++) {
        ck_assert_uint_eq(result.stages[k].n_equal, result.n_fills);
        ck_assert_int_eq(result.stages[k].pnl_amt, result.pnl_amt);
    }
    ck_assert_int_eq(result.share_ppm, 0);
    ck_assert_int_eq(facts.spreads[FREE_ENTRY].p50, 20 * MS);
    ck_assert_int_eq(facts.spreads[FREE_ENTRY].p99, 20 * MS);
    ck_assert_int_eq(facts.spreads[FREE_REPORT].p99, 10 * MS);
    free_facts_free(&facts);
    forget(&world);
}
END_TEST

START_TEST(one_thing_amiss_is_the_cause)
{
    static const struct {
        enum amiss amiss;
        enum free_cause cause;
    } cases[] = {
        {LATE, FREE_LATENCY}, {REFUSED, FREE_REJECT}, {NO_ROOM, FREE_RATE}, {UNEVEN, FREE_LATENCY}};
    static struct world world;
    struct free_facts facts;
    struct free_result result;

    record(&world, cases[_i].amiss);
    judge(&world, &facts, &result);
    is_all(&result, cases[_i].cause);
    free_facts_free(&facts);
    forget(&world);
}
END_TEST

/* --- the comparison alone --- */

static struct free_fill fill(uint64_t order_id, uint64_t twin, agon_ns_t t, agon_px_t px,
                             agon_qty_t qty)
{
    return (struct free_fill){.order_id = order_id,
                              .twin = twin,
                              .t = t,
                              .t_venue = t,
                              .px = px,
                              .qty = qty,
                              .instrument = 1,
                              .side = AGON_BUY};
}

START_TEST(fills_are_equal_other_missing_or_additional)
{
    // Of one order twice; of another order near in time; at another price; missing; too late.
    struct free_fill theirs[] = {fill(1, 0, 0, 100, 3),         fill(1, 0, MS, 100, 2),
                                 fill(2, 0, 5000 * MS, 99, 7),  fill(3, 0, 9000 * MS, 98, 1),
                                 fill(4, 0, 12000 * MS, 97, 1), fill(5, 0, 15000 * MS, 96, 4)};
    struct free_fill ours[] = {fill(11, 1, 0, 100, 5), fill(12, 0, 5900 * MS, 99, 7),
                               fill(13, 3, 9000 * MS, 101, 1), fill(14, 0, 16001 * MS, 96, 4)};
    struct free_facts facts = {.watch = {.fills = theirs, .n_fills = 6}};
    struct free_outcome *outcome = malloc(free_outcome_bytes(4)), *outcomes[FREE_STAGES],
                        *whole = malloc(free_outcome_bytes(6));
    struct free_result result;

    memset(outcome, 0, sizeof(*outcome));
    memset(whole, 0, sizeof(*whole));
    memcpy(outcome->fills, ours, sizeof(ours));
    outcome->n_fills = 4;
    for (int i = 0; i < 6; i++) {
        whole->fills[i] = theirs[i];
        whole->fills[i].twin = theirs[i].order_id;
    }
    whole->n_fills = 6;
    for (uint32_t k = 0; k < FREE_STAGES; k++)
        outcomes[k] = k <= FREE_QUEUE ? outcome : whole;
    ck_assert_int_eq(free_compare(&facts, outcomes, &result), AGON_OK);
    ck_assert_uint_eq(result.n_fills, 5);
    ck_assert_uint_eq(result.stages[FREE_STAGE].n_equal, 2);
    ck_assert_uint_eq(result.stages[FREE_STAGE].n_other, 1);
    ck_assert_uint_eq(result.stages[FREE_STAGE].n_missing, 2);
    ck_assert_uint_eq(result.stages[FREE_STAGE].n_additional, 1);
    ck_assert_uint_eq(result.n_by_cause[FREE_QUEUE], 3);
    ck_assert_int_eq(result.share_ppm, 666667);
    free(outcome);
    free(whole);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("lab_free");
    TCase *tests = tcase_create("free");
    SRunner *runner;
    int failed;

    tcase_set_timeout(tests, 120);
    tcase_add_test(tests, what_is_as_a_backtest_has_it_differs_in_nothing);
    tcase_add_loop_test(tests, one_thing_amiss_is_the_cause, 0, 4);
    tcase_add_test(tests, fills_are_equal_other_missing_or_additional);
    suite_add_tcase(suite, tests);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
