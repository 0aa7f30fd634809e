// SPDX-License-Identifier: Apache-2.0
/* A trade and the book that is assumed of it are one event and one step. Beside it the slow way,
 * where they are two: of drawn trades, orders, exits, timers, limits and latencies both come to the
 * same reports (fills and fees are in them), wishes, positions, money, losses and tops of books, as
 * long as nobody decides between the two. JOINED_CASES: how many. */
#include "world.h"

#include "base/hash.h"
#include "base/rng.h"
#include "engine/impl.h"

#define CASES 150
#define STEP  ((agon_ns_t)7 * 1000 * MS)
#define COIN  100000

enum { ROWS = 60, PX = 1000000 };

struct row {
    struct record_trade_book both;
    struct agon_trade trade;
    struct {
        struct agon_book_part part;
        struct agon_level levels[4];
    } book;
};
struct drawn { /* a case */
    struct row rows[ROWS];
    struct paper_config paper;
    int64_t data_ns;
    struct slot_limits limits[2];
    uint64_t seed; /* of what slots want */
};
struct outcome {
    uint64_t n_events, n_fills, n_tops;
    uint64_t hash; /* of what is to be equal */
    agon_amt_t equity_amt[2], high_amt[2], money_amt[2][2];
    agon_qty_t held_qty[2];
    uint32_t n_breaches;
    struct agon_top10 top;
};

static struct world *world;
static struct rng wishes;
static uint64_t n_refs;
static struct outcome *out;
static const struct drawn *drawn;
static uint32_t at;
static int is_slow;

static const struct agon_event_hdr *next_event(void *ctx)
{
    const struct row *row = &drawn->rows[is_slow ? at / 2 : at];

    (void)ctx;
    if (at >= (is_slow ? 2 * ROWS : ROWS))
        return NULL;
    at++;
    return !is_slow ? &row->both.trade.hdr : at % 2 == 1 ? &row->trade.hdr : &row->book.part.hdr;
}

static void draw_rows(struct rng *rng, struct drawn *made)
{
    agon_px_t px = PX;

    for (uint32_t i = 0; i < ROWS; i++) {
        struct row *row = &made->rows[i];
        agon_ns_t t = T0 + MS + (agon_ns_t)i * STEP + (agon_ns_t)rng_below(rng, 5) * MS;
        agon_qty_t qty = (agon_qty_t)(1 + rng_below(rng, 40)) * COIN;

        px += 100 * ((agon_px_t)rng_below(rng, 21) - 10);
        row->trade =
            (struct agon_trade){.hdr = {AGON_EVENT_TRADE, 1, 0, BTCUSDT, 0, t, t},
                                .px = px,
                                .qty = qty,
                                .venue_id = i + 1,
                                .side = (uint8_t)(rng_below(rng, 2) == 0 ? AGON_BUY : AGON_SELL)};
        row->book.part =
            (struct agon_book_part){.hdr = {AGON_EVENT_BOOK_SNAPSHOT, 2, 0, BTCUSDT, 0, t, t},
                                    .n_bid = 1,
                                    .n_ask = 1,
                                    .flags = BOOK_PART_FIRST | BOOK_PART_LAST | BOOK_PART_RANGE};
        row->book.levels[0] = (struct agon_level){px - 100, qty};
        row->book.levels[1] = (struct agon_level){px + 100, qty};
        row->both.trade = row->trade;
        row->both.trade.hdr.granules = sizeof(row->both) / EVENT_GRANULE;
        row->both.part = row->book.part;
        row->both.bid = row->book.levels[0];
        row->both.ask = row->book.levels[1];
    }
}

static void draw(uint64_t seed, struct drawn *made)
{
    struct rng rng;

    memset(made, 0, sizeof(*made));
    rng_init(&rng, seed);
    draw_rows(&rng, made);
    if (rng_below(&rng, 2) == 0) {
        made->paper.entry_ns = (int64_t)rng_below(&rng, 9000) * MS;
        made->paper.report_ns = (int64_t)rng_below(&rng, 9000) * MS;
        made->data_ns = (int64_t)rng_below(&rng, 9000) * MS;
    }
    made->paper.match.cancel_ahead_ppm = (uint32_t)rng_below(&rng, 1000000);
    for (int slot = 0; slot < 2; slot++) {
        if (rng_below(&rng, 3) != 0)
            made->limits[slot].daily_loss_amt = USD(1 + (int)rng_below(&rng, 60));
        made->limits[slot].on_breach = (uint32_t)rng_below(&rng, 3);
    }
    made->seed = rng_below(&rng, UINT32_MAX);
}

static void put(uint16_t slot, void *record)
{
    ck_assert_int_eq(evring_put(&world->slots[slot].from_in, record), AGON_OK);
}

// What the slot wants behind a trade and its book.
static void wish(const struct agon_event_hdr *event, uint16_t slot)
{
    uint8_t side = rng_below(&wishes, 2) == 0 ? AGON_BUY : AGON_SELL;
    agon_px_t sign = side == AGON_BUY ? 1 : -1;
    agon_px_t away = 100 * (agon_px_t)(1 + rng_below(&wishes, 30));
    struct agon_origin origin = {.cause_seq = event->seq, .n_legs = 1};
    struct agon_intent_event order = {
        .hdr = {.type = AGON_EVENT_INTENT, .granules = 2, .instrument = BTCUSDT},
        .origin = origin,
        .intent = {.kind = AGON_INTENT_ORDER,
                   .side = side,
                   .type = AGON_MARKET,
                   .instrument = BTCUSDT,
                   .client_ref = ++n_refs,
                   .qty = (agon_qty_t)(1 + rng_below(&wishes, 3)) * COIN}};
    struct agon_exit_event exit = {
        .hdr = {.type = AGON_EVENT_EXIT_PLAN, .granules = 4, .instrument = BTCUSDT},
        .origin = origin,
        .plan = {.instrument = BTCUSDT,
                 .side = side,
                 .watch = (uint8_t)(rng_below(&wishes, 2) == 0 ? AGON_EXIT_BOOK : AGON_EXIT_LAST),
                 .stop_px = PX - sign * away}};
    struct record_arm arm = {.hdr = {.type = EVENT_ARM, .granules = 2},
                             .origin = origin,
                             .id = 1 + (uint32_t)n_refs % 4,
                             .t_at = event->t + (agon_ns_t)rng_below(&wishes, 120000) * MS};

    switch (rng_below(&wishes, 9)) {
    case 0:
    case 1:
        put(slot, &order);
        break;
    case 2:
        order.intent.type = AGON_LIMIT;
        order.intent.px = PX - sign * away;
        put(slot, &order);
        break;
    case 3:
        order.intent.type = AGON_STOP;
        order.intent.trigger_px = PX + sign * away;
        put(slot, &order);
        break;
    case 4:
        put(slot, &exit);
        break;
    case 5:
        put(slot, &arm);
        break;
    default:
        break;
    }
}

static void fold(const void *bytes, size_t n)
{
    out->hash = hash_more(out->hash, bytes, n);
}

// Numbers of events are not what is compared: one way has more of them.
static int on_step(void *ctx, const struct agon_event_hdr *event, int rc)
{
    const struct record_due *due = (const void *)event;
    int is_trade = event->type == AGON_EVENT_TRADE;
    int is_news = event->type == AGON_EVENT_BOOK_SNAPSHOT || (is_trade && !is_slow) ||
                  (event->type == EVENT_DUE && due->kind == DUE_TIMER);
    const struct agon_top10 *top = engine_top(world->engine, BTCUSDT);

    (void)ctx;
    (void)rc; // what slots want here may be refused
    out->n_events++;
    if (event->type != AGON_EVENT_BOOK_SNAPSHOT && !is_trade) {
        fold(&event->type, sizeof(event->type));
        fold(&event->t, sizeof(event->t));
    }
    if (event->type == EVENT_REPORT) {
        fold(&event->t_venue, sizeof(event->t_venue));
        fold(event + 1, event_bytes(event) - sizeof(*event));
        out->n_fills += ((const struct record_report *)(const void *)event)->kind == REPORT_FILL;
    }
    if (event->type == AGON_EVENT_INTENT)
        fold(&((const struct agon_intent_event *)(const void *)event)->intent,
             sizeof(struct agon_intent));
    if (is_news && !(event->type == EVENT_DUE)) {
        ck_assert_ptr_nonnull(top);
        fold(top->bid, sizeof(top->bid));
        fold(top->ask, sizeof(top->ask));
        out->n_tops++;
    }
    for (uint16_t slot = 0; slot < 2 && is_news; slot++)
        wish(event, slot);
    return AGON_OK;
}

static void keep(struct outcome *outcome)
{
    for (uint16_t slot = 0; slot < 2; slot++) {
        const struct risk_slot *risk = engine_risk(world->engine, slot);
        const struct position *pos =
            ledger_position(engine_ledger(world->engine), slot, BTCUSDT, 0);

        outcome->equity_amt[slot] = risk->equity_amt;
        outcome->high_amt[slot] = risk->equity_high_amt;
        outcome->n_breaches += risk->n_breaches;
        outcome->held_qty[slot] = pos != NULL ? pos->qty : 0;
        for (agon_asset_t asset = USDT; asset <= BTC; asset++)
            outcome->money_amt[slot][asset - USDT] =
                ledger_amt(engine_ledger(world->engine), 0, slot, asset);
    }
}

static void play(const struct drawn *made, int is_apart, struct outcome *outcome)
{
    struct lockstep_source source = {.next = next_event};
    struct lockstep_config config = {
        .sources = &source, .n_sources = 1, .data_latency_ns = made->data_ns, .on_step = on_step};
    struct lockstep_result result;
    struct venue_port port;
    struct error err = {0};

    memset(outcome, 0, sizeof(*outcome));
    out = outcome;
    drawn = made;
    is_slow = is_apart;
    n_refs = at = 0;
    rng_init(&wishes, made->seed);
    world = world_new(RUN_BACKTEST);
    for (uint16_t id = 0; id < 2; id++) {
        struct record_slot slot = world_slot_record(id);

        slot.limits.daily_loss_amt = made->limits[id].daily_loss_amt;
        slot.limits.on_breach = made->limits[id].on_breach;
        ck_assert_int_eq(world_step(world, &slot), AGON_OK);
    }
    config.engine = world->engine;
    config.paper = paper_new(&made->paper, engine_instruments(world->engine));
    ck_assert_ptr_nonnull(config.paper);
    ck_assert_int_eq(paper_add(config.paper, BTCUSDT), AGON_OK);
    port = paper_port(config.paper);
    engine_attach_venue(world->engine, 0, &port);
    ck_assert_msg(lockstep_run(&config, &result, &err) == AGON_OK, "%s", err.text);
    keep(outcome);
    paper_free(config.paper);
    world_free(world);
}

START_TEST(a_trade_with_its_book_is_a_trade_and_a_book)
{
    const char *word = getenv("JOINED_CASES");
    const uint64_t n = word != NULL ? strtoull(word, NULL, 10) : CASES;
    uint64_t n_fills = 0, n_breaches = 0;

    for (uint64_t seed = 1; seed <= n; seed++) {
        static struct drawn made;
        struct outcome one, two;

        draw(seed, &made);
        play(&made, 0, &one);
        play(&made, 1, &two);
        ck_assert_msg(one.hash == two.hash && one.n_fills == two.n_fills,
                      "case %llu: other reports, %llu and %llu fills", (unsigned long long)seed,
                      (unsigned long long)one.n_fills, (unsigned long long)two.n_fills);
        ck_assert_uint_eq(one.n_tops, ROWS);
        ck_assert_uint_eq(two.n_events - one.n_events, ROWS);
        ck_assert_mem_eq(one.equity_amt, two.equity_amt, sizeof(one.equity_amt));
        ck_assert_mem_eq(one.high_amt, two.high_amt, sizeof(one.high_amt));
        ck_assert_mem_eq(one.money_amt, two.money_amt, sizeof(one.money_amt));
        ck_assert_mem_eq(one.held_qty, two.held_qty, sizeof(one.held_qty));
        ck_assert_uint_eq(one.n_breaches, two.n_breaches);
        n_fills += one.n_fills;
        n_breaches += one.n_breaches;
    }
    printf("%llu cases, %llu fills, %llu breaches\n", (unsigned long long)n,
           (unsigned long long)n_fills, (unsigned long long)n_breaches);
    // Or it would say little.
    ck_assert_uint_ge(n_fills, 5 * n);
    ck_assert_uint_ge(n_breaches, n / 4);
}
END_TEST

/* What comes with a trade is such a book, or the event is malformed and changes nothing. */
START_TEST(what_comes_with_a_trade_is_its_book)
{
    static struct drawn made;
    struct record_trade_book record;
    struct agon_top10 before;

    draw(1, &made);
    world = world_new(RUN_BACKTEST);
    before = *engine_top(world->engine, BTCUSDT);
    for (int i = 0; i < 4; i++) {
        record = made.rows[0].both;
        record.part.hdr.type = i == 0 ? AGON_EVENT_BOOK_DELTA : record.part.hdr.type;
        record.part.hdr.granules = i == 1 ? 3 : record.part.hdr.granules;
        record.part.hdr.instrument = i == 2 ? ETHUSDT : record.part.hdr.instrument;
        record.part.n_ask = i == 3 ? 200 : record.part.n_ask;
        record.trade.hdr.t = T0 + MS;
        ck_assert_int_eq(engine_step(world->engine, &record.trade.hdr), AGON_EINVAL);
        ck_assert_mem_eq(engine_top(world->engine, BTCUSDT), &before, sizeof(before));
        ck_assert_int_ne(world->engine->markets[BTCUSDT].last_px, record.trade.px);
    }
    record = made.rows[0].both;
    ck_assert_int_eq(engine_step(world->engine, &record.trade.hdr), AGON_OK);
    ck_assert_int_eq(engine_top(world->engine, BTCUSDT)->bid[0].px, record.bid.px);
    world_free(world);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("engine/joined");
    TCase *tcase = tcase_create("joined");
    SRunner *runner;
    int n_failed;

    tcase_set_timeout(tcase, getenv("JOINED_CASES") != NULL ? 3000 : 100);
    tcase_add_test(tcase, a_trade_with_its_book_is_a_trade_and_a_book);
    tcase_add_test(tcase, what_comes_with_a_trade_is_its_book);
    suite_add_tcase(suite, tcase);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    n_failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return n_failed == 0 ? 0 : 1;
}
