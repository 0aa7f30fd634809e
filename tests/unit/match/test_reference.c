// SPDX-License-Identifier: Apache-2.0
/* Price-time priority against a matcher that is too simple to be wrong: one array of orders,
 * searched from end to end for every fill. Both get the same random calls; their trades and what
 * stands afterwards must be the same. */
#include <check.h>
#include <stdlib.h>

#include "base/error.h"
#include "base/rng.h"
#include "harness.h"

#define HOLDS(condition)                                                                           \
    do {                                                                                           \
        if (!(condition))                                                                          \
            ck_abort_msg("%s", #condition);                                                        \
    } while (0)
#define ROOM 4096

struct plain {          /* an order of the simple matcher */
    uint64_t id, place; /* place: when it came to its price */
    uint32_t owner;
    int side, stp, is_post_only;
    agon_px_t px;
    agon_qty_t rest, total;
};
struct trade {
    uint64_t maker, taker;
    agon_px_t px;
    agon_qty_t qty;
};
struct simple {
    struct plain orders[ROOM];
    uint32_t n;
    uint64_t n_places;
    struct trade trades[ROOM];
    uint32_t n_trades;
};

static struct simple simple;
static struct trade seen[ROOM]; /* by the engine under test */
static uint32_t n_seen;

static void on_event_here(void *ctx, const struct match_event *event)
{
    (void)ctx;
    if (event->kind != MATCH_TRADE)
        return;
    if (event->is_maker) {
        HOLDS(n_seen < ROOM);
        seen[n_seen++] =
            (struct trade){.maker = event->order->id, .px = event->px, .qty = event->qty};
    } else {
        HOLDS(n_seen > 0 && seen[n_seen - 1].taker == 0);
        seen[n_seen - 1].taker = event->order->id;
    }
}

static void drop(uint32_t at)
{
    simple.orders[at] = simple.orders[--simple.n];
}

static int crosses(int side, agon_px_t px, agon_px_t limit_px)
{
    return limit_px == 0 || (side == AGON_BUY ? px <= limit_px : px >= limit_px);
}

/* The order that a taker meets next; ROOM: none. */
static uint32_t next_maker(int taker_side, agon_px_t limit_px, const uint8_t *is_out)
{
    uint32_t best = ROOM;

    for (uint32_t i = 0; i < simple.n; i++) {
        const struct plain *one = &simple.orders[i];
        const struct plain *top = &simple.orders[best == ROOM ? 0 : best];

        if (one->side == taker_side || !crosses(taker_side, one->px, limit_px) || is_out[i])
            continue;
        if (best == ROOM || (one->px == top->px && one->place < top->place) ||
            (taker_side == AGON_BUY ? one->px < top->px : one->px > top->px))
            best = i;
    }
    return best;
}

static agon_qty_t simple_measure(const struct plain *taker)
{
    uint8_t is_out[ROOM] = {0};
    agon_qty_t sum = 0;
    uint32_t at;

    while ((at = next_maker(taker->side, taker->px, is_out)) != ROOM) {
        is_out[at] = 1;
        if (simple.orders[at].owner == taker->owner && taker->stp != MATCH_STP_NONE) {
            if (taker->stp != MATCH_STP_EXPIRE_MAKER)
                break;
            continue;
        }
        sum += simple.orders[at].rest;
    }
    return sum;
}

/* True when the rest may stand. */
static int simple_take(struct plain *taker)
{
    static const uint8_t nobody_out[ROOM];
    uint32_t at;

    while (taker->rest > 0 && (at = next_maker(taker->side, taker->px, nobody_out)) != ROOM) {
        struct plain *maker = &simple.orders[at];
        agon_qty_t qty = taker->rest < maker->rest ? taker->rest : maker->rest;

        if (maker->owner == taker->owner && taker->stp != MATCH_STP_NONE) {
            if (taker->stp != MATCH_STP_EXPIRE_TAKER)
                drop(at);
            if (taker->stp != MATCH_STP_EXPIRE_MAKER)
                return 0;
            continue;
        }
        HOLDS(simple.n_trades < ROOM);
        simple.trades[simple.n_trades++] = (struct trade){maker->id, taker->id, maker->px, qty};
        taker->rest -= qty;
        maker->rest -= qty;
        if (maker->rest == 0)
            drop(at);
    }
    return taker->rest > 0;
}

static void simple_submit(const struct match_order *order, uint64_t id)
{
    struct plain taker = {.id = id,
                          .owner = order->owner,
                          .side = order->side,
                          .stp = order->stp,
                          .is_post_only = (order->flags & AGON_POST_ONLY) != 0,
                          .px = order->px,
                          .rest = order->qty,
                          .total = order->qty};
    static const uint8_t nobody_out[ROOM];

    if (taker.is_post_only && next_maker(taker.side, taker.px, nobody_out) != ROOM)
        return;
    if (order->tif == AGON_TIF_FOK && simple_measure(&taker) < taker.rest)
        return;
    if (simple_take(&taker) && order->type == AGON_LIMIT && order->tif != AGON_TIF_IOC) {
        taker.place = ++simple.n_places;
        simple.orders[simple.n++] = taker;
    }
}

static uint32_t simple_find(uint64_t id)
{
    uint32_t at = 0;

    while (at < simple.n && simple.orders[at].id != id)
        at++;
    return at;
}

static void simple_amend(uint64_t id, agon_px_t px, agon_qty_t qty)
{
    static const uint8_t nobody_out[ROOM];
    uint32_t at = simple_find(id);
    struct plain changed = simple.orders[at];
    agon_qty_t filled = changed.total - changed.rest;

    if (qty <= filled)
        return;
    if (px == changed.px && qty <= changed.total) {
        simple.orders[at].rest = qty - filled;
        simple.orders[at].total = qty;
        return;
    }
    if (changed.is_post_only && next_maker(changed.side, px, nobody_out) != ROOM)
        return;
    drop(at);
    changed.px = px;
    changed.total = qty;
    changed.rest = qty - filled;
    if (simple_take(&changed)) {
        changed.place = ++simple.n_places;
        simple.orders[simple.n++] = changed;
    }
}

static void act(struct match *match, struct rng *rng, agon_ns_t t)
{
    uint64_t what = rng_below(rng, 20);
    int side = rng_below(rng, 2) ? AGON_BUY : AGON_SELL;
    // Most orders stand; where the two ranges overlap they meet.
    agon_px_t px = (agon_px_t)((side == AGON_BUY ? 92 : 99) + rng_below(rng, 10));
    agon_qty_t qty = (agon_qty_t)(1 + rng_below(rng, 50));
    struct match_order order = limit((uint32_t)rng_below(rng, 5), (enum agon_side)side, px, qty);
    uint64_t id;

    if (simple.n > 0 && (what < 4 || simple.n > 200)) {
        id = simple.orders[rng_below(rng, simple.n)].id;
        HOLDS(match_cancel(match, t, id) == MATCH_OK);
        drop(simple_find(id));
        return;
    }
    if (simple.n > 0 && what < 7) {
        const struct plain *one = &simple.orders[rng_below(rng, simple.n)];

        id = one->id;
        px = rng_below(rng, 2) ? px : one->px;
        match_amend(match, t, id, px, qty);
        simple_amend(id, px, qty);
        return;
    }
    order.stp = (uint8_t)(rng_below(rng, 2) ? 0 : rng_below(rng, 4));
    if (what == 7)
        order.tif = AGON_TIF_IOC;
    if (what == 8 || what == 9)
        order.tif = AGON_TIF_FOK;
    if (what == 10)
        order.flags = AGON_POST_ONLY;
    if (what == 11) {
        order.type = AGON_MARKET;
        order.px = 0;
    }
    match_submit(match, t, &order, &id);
    simple_submit(&order, id);
}

START_TEST(same_trades_as_the_simple_matcher)
{
    static struct world world;
    struct agon_instrument def = world_spot();
    struct rng rng;
    uint64_t n_trades = 0;
    uint32_t deepest = 0;

    memset(&world, 0, sizeof(world));
    memset(&simple, 0, sizeof(simple));
    rng_init(&rng, (uint64_t)_i + 1);
    ck_assert_int_eq(instruments_init(&world.table), AGON_OK);
    world_asset(&world, BASE, "BASE", 0);
    world_asset(&world, QUOTE, "QUOTE", 0);
    world.match = match_new(&(struct match_config){.max_orders = 1000}, &world.table,
                            &(struct match_sink){.on_event = on_event_here});
    world_set(&world, &def);
    for (int i = 0; i < 20000; i++) {
        simple.n_trades = n_seen = 0;
        act(world.match, &rng, 1000 + i);
        HOLDS(simple.n_trades == n_seen);
        for (uint32_t k = 0; k < n_seen; k++) {
            HOLDS(seen[k].maker == simple.trades[k].maker);
            HOLDS(seen[k].taker == simple.trades[k].taker);
            HOLDS(seen[k].px == simple.trades[k].px);
            HOLDS(seen[k].qty == simple.trades[k].qty);
        }
        n_trades += n_seen;
        deepest = simple.n > deepest ? simple.n : deepest;
        for (uint32_t k = 0; k < simple.n; k++) {
            const struct match_order *order = match_find(world.match, simple.orders[k].id);

            HOLDS(order && order->px == simple.orders[k].px);
            HOLDS(order->qty - order->filled_qty == simple.orders[k].rest);
        }
    }
    ck_assert_uint_gt(n_trades, 3000);
    ck_assert_uint_gt(deepest, 100);
    match_free(world.match);
    instruments_deinit(&world.table);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("match_reference");
    TCase *tcase = tcase_create("all");
    SRunner *runner;
    int failed;

    tcase_set_timeout(tcase, 60);
    tcase_add_loop_test(tcase, same_trades_as_the_simple_matcher, 0, 5);
    suite_add_tcase(suite, tcase);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
