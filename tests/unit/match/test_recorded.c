// SPDX-License-Identifier: Apache-2.0
/* On a recorded book, with orders at random near the touch, no own order is ever given more than
 * was traded, at a price that was not traded, or for another reason than a trade. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/error.h"
#include "base/num.h"
#include "base/rng.h"
#include "match/match.h"
#include "recording.h"

#define OWNERS  4
#define WATCHED 512
/* ck_assert tells its parent of every single one: too slow for millions. */
#define HOLDS(condition)                                                                           \
    do {                                                                                           \
        if (!(condition))                                                                          \
            ck_abort_msg("%s", #condition);                                                        \
    } while (0)

struct watch { /* an order's last known place in the queue */
    uint64_t id;
    agon_qty_t ahead_qty;
    int is_known;
};
struct world {
    struct instruments table;
    struct match *match;
    struct rng rng;
    const struct agon_trade *trade; /* that is being given; NULL: something else is */
    agon_qty_t left_qty;            /* of it */
    uint64_t n_fills, n_partial;
    agon_qty_t filled_qty;
    int is_submitting;
    struct watch watched[WATCHED];
    uint32_t n_watched;
};

static void on_event(void *ctx, const struct match_event *event)
{
    struct world *world = ctx;
    const struct match_order *order = event->order;

    HOLDS(order->filled_qty <= order->qty && order->filled_qty >= 0);
    HOLDS(order->ahead_qty >= 0);
    if (event->kind != MATCH_TRADE)
        return;
    HOLDS(event->qty > 0);
    if (world->trade == NULL) { // only an order that comes in may trade otherwise
        HOLDS(world->is_submitting);
        return;
    }
    HOLDS(event->is_maker);
    HOLDS(event->qty <= world->left_qty);
    world->left_qty -= event->qty;
    world->n_fills++;
    world->filled_qty += event->qty;
    world->n_partial += order->filled_qty < order->qty;
    HOLDS(event->px == order->px);
    if (order->side == AGON_BUY)
        HOLDS(world->trade->px <= order->px);
    else
        HOLDS(world->trade->px >= order->px);
    if (world->trade->px == order->px)
        HOLDS(world->trade->side != order->side);
}

static void make_world(struct world *world, uint32_t cancel_ahead_ppm)
{
    struct record_asset asset = {.asset = 1, .exp = 8, .name = "BTC"};
    struct agon_instrument def = {
        .hdr = {.type = AGON_EVENT_INSTRUMENT, .granules = 3, .instrument = 1},
        .kind = INSTRUMENT_SPOT,
        .state = TRADING_OPEN,
        .px_exp = 2,
        .qty_exp = 8,
        .base = 1,
        .quote = 2,
        .settle = 2,
        .symbol = "BTCUSDT",
        .tick_px = 1,
        .lot_qty = 1,
        .multiplier = 1};

    memset(world, 0, sizeof(*world));
    ck_assert_int_eq(instruments_init(&world->table), AGON_OK);
    ck_assert_int_eq(instruments_set_asset(&world->table, &asset, NULL), AGON_OK);
    asset = (struct record_asset){.asset = 2, .exp = 8, .name = "USDT"};
    ck_assert_int_eq(instruments_set_asset(&world->table, &asset, NULL), AGON_OK);
    ck_assert_int_eq(instruments_set(&world->table, &def, NULL), AGON_OK);
    world->match = match_new(
        &(struct match_config){
            .max_orders = 2000, .max_owners = OWNERS, .cancel_ahead_ppm = cancel_ahead_ppm},
        &world->table, &(struct match_sink){.ctx = world, .on_event = on_event});
    ck_assert_int_eq(match_add(world->match, 1), AGON_OK);
    rng_init(&world->rng, 11);
}

/* A random order near the touch, or a random order's end. */
static void act(struct world *world, agon_ns_t t)
{
    struct rng *rng = &world->rng;
    enum agon_side side = rng_below(rng, 2) ? AGON_BUY : AGON_SELL;
    struct agon_level level;
    struct match_order order = {.owner = (uint32_t)rng_below(rng, OWNERS),
                                .instrument = 1,
                                .side = (uint8_t)side,
                                .type = AGON_LIMIT};
    agon_px_t away = (agon_px_t)rng_below(rng, 300);
    const struct match_order *open[256];
    uint32_t n;

    if (match_levels(world->match, 1, side, &level, 1) == 0)
        return;
    order.px = rng_below(rng, 2) ? level.px : level.px + (side == AGON_BUY ? -away : away);
    order.qty = (agon_qty_t)(1 + rng_below(rng, 50000)) * 1000;
    if (rng_below(rng, 20) == 0)
        order.type = AGON_MARKET;
    if (order.type == AGON_MARKET)
        order.px = 0;
    world->is_submitting = 1;
    match_submit(world->match, t, &order, NULL);
    n = match_open(world->match, order.owner, 1, open, 256);
    if (n > 20)
        match_cancel(world->match, t, open[rng_below(rng, n < 256 ? n : 256)]->id);
    world->is_submitting = 0;
}

/* Ahead never grows. */
static void watch_queues(struct world *world)
{
    const struct match_order *open[256];

    for (uint32_t i = 0; i < world->n_watched; i++) {
        const struct match_order *order = match_find(world->match, world->watched[i].id);

        if (order && world->watched[i].is_known)
            HOLDS(order->ahead_qty <= world->watched[i].ahead_qty);
    }
    world->n_watched = 0;
    for (uint32_t owner = 0; owner < OWNERS; owner++) {
        uint32_t n = match_open(world->match, owner, 1, open, 256);

        for (uint32_t i = 0; i < n && i < 256 && world->n_watched < WATCHED; i++)
            world->watched[world->n_watched++] =
                (struct watch){open[i]->id, open[i]->ahead_qty, open[i]->is_ahead_known};
    }
}

static void play(struct world *world, struct recording *recording)
{
    const struct agon_event_hdr *event;
    uint64_t n = 0;

    while ((event = recording_next(recording)) != NULL) {
        const void *record = event;

        world->trade = event->type == AGON_EVENT_TRADE ? record : NULL;
        world->left_qty = world->trade ? world->trade->qty : 0;
        HOLDS(match_on_market(world->match, event) == AGON_OK);
        world->trade = NULL;
        if (event->type != AGON_EVENT_BOOK_SNAPSHOT) {
            watch_queues(world);
            if (++n % 3 == 0)
                act(world, event->t);
            watch_queues(world);
        }
    }
    ck_assert_uint_eq(recording_errors(recording), 0);
    ck_assert_uint_gt(world->n_fills, 100);
    ck_assert_uint_gt(world->n_partial, 10);
}

START_TEST(never_filled_more_than_traded)
{
    static const uint32_t shares[] = {0, 500000, UINT32_MAX};
    static struct world world;
    struct recording *recording =
        recording_open("binance_spot_BTCUSDT_20240808T2354.raw.gz", 1, 2, 8);

    make_world(&world, shares[_i]);
    play(&world, recording);
    printf("cancels ahead %u ppm: %llu maker fills, %llu partial, %lld filled\n", shares[_i],
           (unsigned long long)world.n_fills, (unsigned long long)world.n_partial,
           (long long)world.filled_qty);
    recording_close(recording);
    match_free(world.match);
    instruments_deinit(&world.table);
}
END_TEST

START_TEST(same_calls_same_bytes)
{
    static struct world worlds[2];
    struct enc enc[2] = {0};

    for (int i = 0; i < 2; i++) {
        struct recording *recording =
            recording_open("binance_spot_BTCUSDT_20240808T2354.raw.gz", 1, 2, 8);

        make_world(&worlds[i], UINT32_MAX);
        play(&worlds[i], recording);
        recording_close(recording);
        match_save(worlds[i].match, &enc[i]);
        enc[i].room = enc[i].used;
        enc[i].used = 0;
        enc[i].at = malloc(enc[i].room);
        match_save(worlds[i].match, &enc[i]);
        ck_assert(enc_is_ok(&enc[i]));
    }
    ck_assert_uint_gt(enc[0].used, 10000);
    ck_assert_uint_eq(enc[0].used, enc[1].used);
    ck_assert_int_eq(memcmp(enc[0].at, enc[1].at, enc[0].used), 0);
    for (int i = 0; i < 2; i++) {
        free(enc[i].at);
        match_free(worlds[i].match);
        instruments_deinit(&worlds[i].table);
    }
}
END_TEST

int main(void)
{
    struct recording *recording =
        recording_open("binance_spot_BTCUSDT_20240808T2354.raw.gz", 1, 2, 8);
    Suite *suite = suite_create("match_recorded");
    TCase *tcase = tcase_create("all");
    SRunner *runner;
    int failed;

    if (!recording) {
        printf("skipped: ../shared/data/book is not there\n");
        return 77;
    }
    recording_close(recording);
    tcase_set_timeout(tcase, 120);
    tcase_add_loop_test(tcase, never_filled_more_than_traded, 0, 3);
    tcase_add_test(tcase, same_calls_same_bytes);
    suite_add_tcase(suite, tcase);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
