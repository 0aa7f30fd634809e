// SPDX-License-Identifier: Apache-2.0
/* Long random runs: an exchange that loses, doubles and shuffles its answers, agents that wish for
 * anything. After every step what must hold holds; in the end the engine knows what the exchange
 * knows; both counts of nth agree; nothing is allocated on the way; twice gives the same. */
#include "engine/impl.h"
#include "world.h"

#define STANDS 16384
#define NEWS   4096

static uint64_t n_allocations;
static uint64_t is_inside; // 1: the engine is at work

void *__real_malloc(size_t n);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *at, size_t n);
void *__real_aligned_alloc(size_t align, size_t n);
void *__wrap_malloc(size_t n);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *at, size_t n);
void *__wrap_aligned_alloc(size_t align, size_t n);

int __real_engine_step(struct engine *engine, struct agon_event_hdr *event);
int __wrap_engine_step(struct engine *engine, struct agon_event_hdr *event);

int __wrap_engine_step(struct engine *engine, struct agon_event_hdr *event)
{
    int rc;

    is_inside = 1;
    rc = __real_engine_step(engine, event);
    is_inside = 0;
    return rc;
}

void *__wrap_malloc(size_t n)
{
    n_allocations += is_inside;
    return __real_malloc(n);
}

void *__wrap_calloc(size_t n, size_t size)
{
    n_allocations += is_inside;
    return __real_calloc(n, size);
}

void *__wrap_realloc(void *at, size_t n)
{
    n_allocations += is_inside;
    return __real_realloc(at, n);
}

void *__wrap_aligned_alloc(size_t align, size_t n)
{
    n_allocations += is_inside;
    return __real_aligned_alloc(align, n);
}

struct stand { /* what the exchange knows of an order */
    uint64_t id;
    agon_px_t px;
    agon_qty_t qty, filled;
    agon_instrument_t instrument;
    uint8_t side, rev, state;
};
static struct {
    struct world *world;
    struct stand stands[STANDS];
    uint32_t n_stands, n_seen; /* commands taken */
    struct record_report news[NEWS];
    uint32_t n_news;
    uint64_t x, next_fill, nth[WORLD_SLOTS];
    struct bus_reader reader;
    int is_calm; /* nothing is lost or doubled any more */
} run;
static struct world *world;

static uint32_t draw(uint32_t below)
{
    run.x ^= run.x << 13;
    run.x ^= run.x >> 7;
    run.x ^= run.x << 17;
    return (uint32_t)((run.x >> 20) % below);
}

static struct stand *find(uint64_t id)
{
    for (uint32_t i = run.n_stands; i-- > 0;) {
        if (run.stands[i].id == id)
            return &run.stands[i];
    }
    return NULL;
}

static struct record_report *tell(const struct order_cmd *cmd, const struct stand *stand,
                                  uint8_t kind)
{
    struct record_report *report = &run.news[run.n_news++];

    ck_assert_uint_lt(run.n_news, NEWS);
    *report = (struct record_report){
        .hdr = {.type = EVENT_REPORT, .granules = 2, .instrument = cmd->instrument},
        .order_id = cmd->order_id,
        .kind = kind,
        .side = cmd->side,
        .rev = stand != NULL ? stand->rev : cmd->rev,
    };
    if (stand != NULL) {
        report->px = stand->px;
        report->qty = stand->qty;
        report->cum_qty = stand->filled;
    }
    return report;
}

static void take(const struct order_cmd *cmd)
{
    struct stand *stand = find(cmd->order_id);
    uint32_t luck = run.is_calm ? 99 : draw(100);

    if (cmd->kind == CMD_QUERY) {
        if (stand == NULL)
            tell(cmd, NULL, REPORT_ABSENT);
        else
            tell(cmd, stand, REPORT_STATE)->state = stand->state;
        return;
    }
    if (luck < 4) {
        tell(cmd, NULL, REPORT_NOT_SENT);
        return;
    }
    if (luck < 8) { // lost on its way there
        tell(cmd, NULL, REPORT_UNKNOWN);
        return;
    }
    if (cmd->kind == CMD_NEW) {
        if (luck < 12) {
            tell(cmd, NULL, REPORT_REJECTED)->reason = REASON_VENUE_REJECT;
            return;
        }
        ck_assert_uint_lt(run.n_stands, STANDS);
        stand = &run.stands[run.n_stands++];
        *stand = (struct stand){.id = cmd->order_id,
                                .px = cmd->px,
                                .qty = cmd->qty,
                                .instrument = cmd->instrument,
                                .side = cmd->side,
                                .state = AGON_ORDER_OPEN};
        tell(cmd, stand, luck < 16 ? REPORT_UNKNOWN : REPORT_ACK);
        if (cmd->tif == AGON_TIF_IOC && draw(3) == 0) {
            stand->state = AGON_ORDER_EXPIRED;
            tell(cmd, stand, REPORT_EXPIRED);
        }
        return;
    }
    if (stand == NULL || stand->state >= AGON_ORDER_FILLED || luck < 20) {
        tell(cmd, NULL, cmd->kind == CMD_CANCEL ? REPORT_CANCEL_REJECTED : REPORT_REPLACE_REJECTED)
            ->reason = stand != NULL && stand->state < AGON_ORDER_FILLED
                           ? REASON_VENUE_REJECT
                           : REASON_VENUE_UNKNOWN_ORDER;
        return;
    }
    if (cmd->kind == CMD_CANCEL) {
        stand->state = AGON_ORDER_CANCELLED;
        tell(cmd, stand, REPORT_CANCELLED);
    } else if (stand->filled >= cmd->qty) {
        tell(cmd, NULL, REPORT_REPLACE_REJECTED)->reason = REASON_VENUE_REJECT;
    } else {
        stand->px = cmd->px;
        stand->qty = cmd->qty;
        stand->rev = cmd->rev;
        tell(cmd, stand, luck < 24 ? REPORT_UNKNOWN : REPORT_REPLACED);
    }
}

static void trade_some(void)
{
    struct stand *stand = run.n_stands > 0 ? &run.stands[draw(run.n_stands)] : NULL;
    struct order_cmd cmd;
    struct record_report *report;
    agon_qty_t qty;

    if (stand == NULL || stand->state >= AGON_ORDER_FILLED)
        return;
    qty = 1 + (agon_qty_t)draw((uint32_t)(stand->qty - stand->filled));
    stand->filled += qty;
    stand->state = stand->filled == stand->qty ? AGON_ORDER_FILLED : AGON_ORDER_PARTIAL;
    cmd = (struct order_cmd){
        .order_id = stand->id, .instrument = stand->instrument, .side = stand->side};
    report = tell(&cmd, stand, REPORT_FILL);
    report->qty = qty;
    report->venue_fill = ++run.next_fill;
    report->fee_asset = USDT;
    report->fee_amt = num_notional(stand->px, 2, qty, 5, 8, NUM_ZERO) / 1000;
}

static void holds(void)
{
    world_holds(world);
    for (uint16_t slot = 0; slot < WORLD_SLOTS; slot++) {
        uint32_t n;
        const struct position *all = ledger_positions(world->engine->ledger, slot, &n);

        for (uint32_t i = 0; i < n; i++) {
            ck_assert_int_ge(all[i].working_buy_qty, 0);
            ck_assert_int_ge(all[i].working_sell_qty, 0);
            ck_assert_int_ge(all[i].working_buy_amt, 0);
            ck_assert_int_ge(all[i].qty, 0); // spot: nobody sells what he has not
        }
    }
}

// As a runner would count: what its subscription wants of both rings.
static void count_nth(void)
{
    static union {
        struct agon_event_hdr hdr;
        unsigned char bytes[EVENT_BYTES_MAX];
    } out;

    while (bus_next(&run.reader, &out.hdr) == 1) {
        for (int i = 0; i < WORLD_SLOTS; i++)
            run.nth[i] +=
                (uint64_t)subscription_wants(&world->engine->slots.all[i].subscription,
                                             &world->engine->slots.all[i].signals, &out.hdr);
    }
    for (int i = 0; i < WORLD_SLOTS; i++) {
        const struct slot *slot = &world->engine->slots.all[i];

        for (uint32_t k = 0; k < world->slots[i].n_told; k++)
            run.nth[i] += (uint64_t)subscription_wants_private(&slot->subscription,
                                                               &world->slots[i].told[k].u.hdr);
        world->slots[i].n_told = 0;
        ck_assert_uint_eq(run.nth[i], slots_nth(&world->engine->slots, (uint16_t)i));
    }
}

static void pump(void)
{
    while (run.n_seen < world->n_cmds)
        take(&world->cmds[run.n_seen++]);
    world->n_cmds = run.n_seen = 0;
}

static void deliver(void)
{
    uint32_t at = draw(run.n_news < 4 ? run.n_news : 4); // a little out of order
    struct record_report report = run.news[at];

    if (run.is_calm || draw(10) != 0) { // else told once more later
        memmove(&run.news[at], &run.news[at + 1], (run.n_news - at - 1) * sizeof(run.news[0]));
        run.n_news--;
    }
    world_step(world, &report);
}

static void wish_something(void)
{
    agon_px_t px = 5990000 + (agon_px_t)draw(20000);
    struct agon_intent intent = {.kind = (uint8_t)(1 + draw(6)),
                                 .side = (uint8_t)(1 + draw(2)),
                                 .type = (uint8_t)(draw(4) == 0 ? AGON_MARKET : AGON_LIMIT),
                                 .instrument = draw(5) == 0 ? ETHUSDT : BTCUSDT,
                                 .client_ref = 1 + draw(30),
                                 .qty = 1000 + (agon_qty_t)draw(30000)};

    if (intent.instrument == ETHUSDT)
        px = 299000 + (agon_px_t)draw(2000);
    intent.px = intent.type == AGON_LIMIT || intent.kind != AGON_INTENT_ORDER ? px : 0;
    if (intent.kind == AGON_INTENT_TARGET) {
        intent.type = 0;
        intent.px = 0;
        intent.qty = (agon_qty_t)draw(50000);
    }
    if (intent.kind == AGON_INTENT_CANCEL_ALL && draw(20) != 0)
        intent.kind = AGON_INTENT_CANCEL;
    if (draw(200) == 0)
        intent.qty = INT64_MAX;
    world_wish(world, (uint16_t)draw(WORLD_SLOTS), &intent);
}

static void play(uint64_t seed, int n_steps)
{
    uint64_t granules;
    uint64_t at;

    memset(&run, 0, sizeof(run));
    run.x = seed;
    world = run.world = world_new(RUN_PAPER);
    ck_assert_uint_gt(n_allocations, 0); // books, before the start: so it does count
    ck_assert_int_eq(
        bus_reader_attach(&run.reader, engine_bus(world->engine, &granules, &at), 1 << 16),
        AGON_OK);
    for (int i = 0; i < WORLD_SLOTS; i++) {
        world->slots[i].n_told = 0;
        run.nth[i] = slots_nth(&world->engine->slots, (uint16_t)i);
    }
    world->n_record = 0;
    n_allocations = 0;
    for (int i = 0; i < n_steps; i++) {
        uint32_t what = draw(100);

        world_due(world, world->t + (agon_ns_t)draw(40) * MS);
        if (what < 30) {
            wish_something();
        } else if (what < 65 && run.n_news > 0) {
            deliver();
        } else if (what < 80) {
            trade_some();
        } else if (what < 95) {
            agon_px_t px = 5995000 + (agon_px_t)draw(10000);

            world_book(world, BTCUSDT, px, 100000000, px + 100, 100000000);
            world_trade(world, BTCUSDT, px, 1 + draw(1000), AGON_BUY);
        } else if (what == 95 && draw(10) == 0) {
            struct record_command flatten = {.hdr = {.type = AGON_EVENT_COMMAND, .granules = 1},
                                             .kind = COMMAND_FLATTEN,
                                             .scope = SCOPE_SLOT,
                                             .id = draw(WORLD_SLOTS)};

            world_step(world, &flatten);
        }
        pump();
        holds();
        if (world->n_record > WORLD_EVENTS * 32)
            world->n_record = 0;
        if (i % 64 == 0)
            count_nth();
    }
    count_nth();
}

START_TEST(what_must_hold_holds_and_in_the_end_both_know_the_same)
{
    uint64_t n_open = 0;

    play(88172645463325252u + (uint64_t)_i * 7919, 12500);
    ck_assert_uint_gt(engine_counters(world->engine)->n_fills, 200);
    // The trouble ends: what is on its way arrives, and in doubt is asked about.
    run.is_calm = 1;
    for (int i = 0; i < 200000 && run.n_news > 0; i++) {
        deliver();
        pump();
        holds();
        if (world->n_record > WORLD_EVENTS * 32)
            world->n_record = 0;
        if (run.n_news == 0)
            world_due(world, world->t + 2000 * MS);
        pump();
    }
    ck_assert_uint_eq(run.n_news, 0);
    for (uint16_t slot = 0; slot < WORLD_SLOTS; slot++) {
        for (struct order *order = orders_next(world->engine->orders, slot, NULL); order != NULL;
             order = orders_next(world->engine->orders, slot, order)) {
            const struct stand *stand = find(order->id);

            ck_assert_ptr_nonnull(stand);
            ck_assert_uint_lt(stand->state, AGON_ORDER_FILLED);
            ck_assert_int_eq(order->filled_qty, stand->filled);
            ck_assert_int_eq(order->qty, stand->qty);
            ck_assert_uint_eq(order->request, AGON_REQUEST_NONE);
            n_open++;
        }
    }
    for (uint32_t i = 0; i < run.n_stands; i++)
        n_open -= run.stands[i].state < AGON_ORDER_FILLED;
    ck_assert_uint_eq(n_open, 0);
    count_nth();
    world_free(world);
}
END_TEST

START_TEST(inv_28_nothing_is_allocated_after_the_start)
{
    play(4711, 10000);
    ck_assert_uint_eq(n_allocations, 0);
    world_free(world);
}
END_TEST

START_TEST(inv_15_the_same_again_is_the_same)
{
    unsigned char first[HASH_SIZE];
    unsigned char second[HASH_SIZE];
    uint64_t output;

    play(99, 5000);
    world_hash(world, first);
    output = engine_output_hash(world->engine);
    world_free(world);
    play(99, 5000);
    world_hash(world, second);
    ck_assert_mem_eq(first, second, HASH_SIZE);
    ck_assert_uint_eq(output, engine_output_hash(world->engine));
    world_free(world);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("engine_run");
    TCase *tcase = tcase_create("run");
    SRunner *runner;
    int n_failed;

    tcase_set_timeout(tcase, 120);
    tcase_add_loop_test(tcase, what_must_hold_holds_and_in_the_end_both_know_the_same, 0, 4);
    tcase_add_test(tcase, inv_28_nothing_is_allocated_after_the_start);
    tcase_add_test(tcase, inv_15_the_same_again_is_the_same);
    suite_add_tcase(suite, tcase);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    n_failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return n_failed == 0 ? 0 : 1;
}
