// SPDX-License-Identifier: Apache-2.0
/* book: against a naive book that keeps a sorted array, and by hand. */
#include <stdlib.h>

#include "../../support/must.h"
#include "base/rng.h"
#include "market/book.h"

#define SIDES 2
static const enum agon_side side_of[SIDES] = {AGON_BUY, AGON_SELL};

/* The reference: one sorted array a side, best first. */
struct naive_side {
    struct agon_level level[4096];
    uint32_t n;
};
struct naive {
    struct naive_side side[SIDES];
    uint32_t levels_max;
    int is_cut;
};

static int is_better(int side, agon_px_t a, agon_px_t b)
{
    return side == 0 ? a > b : a < b;
}

static uint32_t naive_find(const struct naive_side *side, int which, agon_px_t px)
{
    uint32_t low = 0;
    uint32_t high = side->n;

    while (low < high) {
        uint32_t middle = (low + high) / 2;

        if (is_better(which, side->level[middle].px, px))
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static int naive_set(struct naive *naive, int which, agon_px_t px, agon_qty_t qty)
{
    struct naive_side *side = &naive->side[which];
    uint32_t at = naive_find(side, which, px);
    int rc = AGON_OK;

    if (at < side->n && side->level[at].px == px) {
        if (qty != 0) {
            side->level[at].qty = qty;
        } else {
            side->n--;
            memmove(&side->level[at], &side->level[at + 1],
                    (side->n - at) * sizeof(side->level[0]));
        }
        return AGON_OK;
    }
    if (qty == 0)
        return AGON_OK;
    if (side->n == naive->levels_max) {
        naive->is_cut = 1;
        rc = AGON_ENOSPC;
        if (at == side->n)
            return rc;
        side->n--;
    }
    memmove(&side->level[at + 1], &side->level[at], (side->n - at) * sizeof(side->level[0]));
    side->level[at] = (struct agon_level){.px = px, .qty = qty};
    side->n++;
    return rc;
}

static agon_qty_t naive_qty(const struct naive *naive, int which, agon_px_t px)
{
    const struct naive_side *side = &naive->side[which];
    uint32_t at = naive_find(side, which, px);

    return at < side->n && side->level[at].px == px ? side->level[at].qty : 0;
}

static void assert_same_top(const struct book *book, const struct naive *naive)
{
    for (int i = 0; i < SIDES; i++) {
        struct agon_level best;
        int has = book_best(book, side_of[i], &best);

        MUST_EQ(has, naive->side[i].n > 0);
        MUST_EQ(book_count(book, side_of[i]), naive->side[i].n);
        if (has) {
            MUST_EQ(best.px, naive->side[i].level[0].px);
            MUST_EQ(best.qty, naive->side[i].level[0].qty);
        } else {
            MUST_EQ(best.px, 0);
            MUST_EQ(best.qty, 0);
        }
    }
    MUST_EQ(book_is_crossed(book), naive->side[0].n > 0 && naive->side[1].n > 0 &&
                                       naive->side[0].level[0].px >= naive->side[1].level[0].px);
    MUST_EQ(book_is_cut(book), naive->is_cut);
}

static void assert_same(const struct book *book, const struct naive *naive)
{
    static struct agon_level levels[8192];

    assert_same_top(book, naive);
    for (int i = 0; i < SIDES; i++) {
        uint32_t n = book_levels(book, side_of[i], levels, 8192);

        MUST_EQ(n, naive->side[i].n);
        MUST(memcmp(levels, naive->side[i].level, n * sizeof(levels[0])) == 0);
        MUST_EQ(book_levels(book, side_of[i], levels, 5), n < 5 ? n : 5);
    }
}

static struct book *fresh(agon_px_t tick_px, uint32_t window, uint32_t levels_max)
{
    struct book *book = book_new(&(struct book_config){
        .tick_px = tick_px, .window_ticks = window, .levels_max = levels_max});

    MUST(NULL != book);
    return book;
}

START_TEST(bad_configurations_give_no_book)
{
    static const struct book_config bad[] = {
        {.tick_px = 0},
        {.tick_px = -1},
        {.tick_px = 1, .window_ticks = 255},
        {.tick_px = 1, .window_ticks = 300},
        {.tick_px = 1, .window_ticks = 128},
        {.tick_px = 1, .window_ticks = 524288},
        {.tick_px = 1, .levels_max = UINT32_MAX},
    };

    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        MUST(NULL == book_new(&bad[i]));
    book_free(NULL);
}
END_TEST

START_TEST(bad_levels_are_refused)
{
    struct book *book = fresh(10, 0, 0);
    struct agon_level best;

    MUST_EQ(book_set(book, AGON_BUY, 0, 1), AGON_EINVAL);
    MUST_EQ(book_set(book, AGON_BUY, -10, 1), AGON_EINVAL);
    MUST_EQ(book_set(book, AGON_BUY, 10, -1), AGON_EINVAL);
    MUST_EQ(book_set(book, (enum agon_side)0, 10, 1), AGON_EINVAL);
    MUST_EQ(book_set(book, (enum agon_side)3, 10, 1), AGON_EINVAL);
    MUST_EQ(book_set_tick(book, 0), AGON_EINVAL);
    MUST_EQ(book_set_tick(book, -5), AGON_EINVAL);
    MUST_EQ(book_best(book, AGON_BUY, &best), 0);
    MUST_EQ(book_qty(book, AGON_BUY, -1), 0);
    MUST_EQ(book_count(book, AGON_BUY), 0);
    book_free(book);
}
END_TEST

START_TEST(best_follows_what_is_set_and_removed)
{
    struct book *book = fresh(10, 256, 0);
    struct agon_level best;

    MUST_EQ(book_set(book, AGON_BUY, 1000, 5), AGON_OK);
    MUST_EQ(book_set(book, AGON_BUY, 1010, 6), AGON_OK);
    MUST_EQ(book_set(book, AGON_BUY, 1013, 7), AGON_OK); // off the tick: kept
    MUST_EQ(book_set(book, AGON_SELL, 1020, 8), AGON_OK);
    MUST_EQ(book_best(book, AGON_BUY, &best), 1);
    MUST_EQ(best.px, 1013);
    MUST_EQ(best.qty, 7);
    MUST_EQ(book_is_crossed(book), 0);
    MUST_EQ(book_set(book, AGON_SELL, 1013, 1), AGON_OK);
    MUST_EQ(book_is_crossed(book), 1);
    MUST_EQ(book_set(book, AGON_SELL, 1013, 0), AGON_OK);
    MUST_EQ(book_set(book, AGON_BUY, 1013, 0), AGON_OK);
    MUST_EQ(book_set(book, AGON_BUY, 1013, 0), AGON_OK); // again: nothing
    book_best(book, AGON_BUY, &best);
    MUST_EQ(best.px, 1010);
    MUST_EQ(book_set(book, AGON_BUY, 1010, 0), AGON_OK);
    book_best(book, AGON_BUY, &best);
    MUST_EQ(best.px, 1000);
    MUST_EQ(book_qty(book, AGON_BUY, 1000), 5);
    book_clear(book);
    MUST_EQ(book_count(book, AGON_BUY) + book_count(book, AGON_SELL), 0);
    MUST_EQ(book_qty(book, AGON_BUY, 1000), 0);
    book_free(book);
}
END_TEST

START_TEST(prices_at_the_ends_of_the_range_are_held)
{
    static const agon_px_t ticks[] = {
        1, 2, 3, 7, 1000, ((int64_t)1 << 62) - 1, (int64_t)1 << 62, INT64_MAX};

    for (size_t t = 0; t < sizeof(ticks) / sizeof(ticks[0]); t++) {
        struct book *book = fresh(ticks[t], 256, 64);
        static struct naive naive;

        memset(&naive, 0, sizeof(naive));
        naive.levels_max = 64;
        for (int k = 0; k < 400; k++) {
            static const agon_px_t ends[] = {
                1, 2, 3, INT64_MAX, INT64_MAX - 1, INT64_MAX / 2, (int64_t)1 << 62};
            agon_px_t px = ends[k % 7] ^ (k / 28);
            agon_qty_t qty = k % 3 == 2 ? 0 : INT64_MAX - k;

            if (px <= 0)
                continue;
            MUST_EQ(book_set(book, side_of[k % 2], px, qty), naive_set(&naive, k % 2, px, qty));
            assert_same(book, &naive);
        }
        book_free(book);
    }
}
END_TEST

START_TEST(every_price_finds_its_tick)
{
    struct rng rng;

    // A level set through the tick index must be found again by its price, for any tick.
    rng_init(&rng, 5);
    for (int round = 0; round < 3000; round++) {
        agon_px_t tick_px = (agon_px_t)(rng_u64(&rng) >> (1 + rng_below(&rng, 63)));
        struct book *book;

        if (tick_px == 0)
            tick_px = 1;
        book = fresh(tick_px, 256, 128);
        for (int k = 0; k < 50; k++) {
            agon_px_t px = (agon_px_t)(rng_u64(&rng) >> (1 + rng_below(&rng, 62)));
            struct agon_level best;

            if (k % 2 == 0)
                px = px / tick_px * tick_px;
            if (px <= 0)
                continue;
            book_clear(book);
            MUST_EQ(book_set(book, AGON_SELL, px, k + 1), AGON_OK);
            MUST_EQ(book_qty(book, AGON_SELL, px), k + 1);
            MUST_EQ(book_best(book, AGON_SELL, &best), 1);
            MUST_EQ(best.px, px);
            if (px < INT64_MAX)
                MUST_EQ(book_qty(book, AGON_SELL, px + 1), 0);
            MUST_EQ(book_qty(book, AGON_SELL, px - 1), 0);
        }
        book_free(book);
    }
}
END_TEST

START_TEST(a_full_side_drops_its_worst_level)
{
    struct book *book = fresh(1, 256, 4);
    struct agon_level levels[8];

    for (agon_px_t px = 100; px < 104; px++)
        MUST_EQ(book_set(book, AGON_SELL, px, px), AGON_OK);
    MUST_EQ(book_is_cut(book), 0);
    MUST_EQ(book_set(book, AGON_SELL, 110, 1), AGON_ENOSPC); // itself the worst
    MUST_EQ(book_is_cut(book), 1);
    MUST_EQ(book_qty(book, AGON_SELL, 110), 0);
    MUST_EQ(book_set(book, AGON_SELL, 99, 1), AGON_ENOSPC);
    MUST_EQ(book_levels(book, AGON_SELL, levels, 8), 4);
    MUST_EQ(levels[0].px, 99);
    MUST_EQ(levels[3].px, 102);
    MUST_EQ(book_set(book, AGON_SELL, 100, 7), AGON_OK); // a change takes no room
    book_clear(book);
    MUST_EQ(book_is_cut(book), 0);
    book_free(book);
}
END_TEST

static const struct {
    agon_px_t tick_px;
    uint32_t window, levels_max;
    int drift; // how far the middle wanders at a step, in ticks
} worlds[] = {
    {1, 256, 4000, 3},    {5, 256, 300, 40},      {100, 8192, 4000, 20}, {3, 512, 64, 200},
    {7, 1024, 2000, 900}, {1, 65536, 1000, 5000}, {10, 256, 4000, 0},
};

/* A book of one level a side at most, shown or as a snapshot of two levels. */
static void show_one(struct rng *rng, struct book *book, struct naive *naive, const agon_px_t px[2])
{
    struct {
        struct agon_book_part head;
        struct agon_level level[4];
    } part = {.head = {.hdr = {.type = AGON_EVENT_BOOK_SNAPSHOT, .granules = 2},
                       .n_bid = 1,
                       .n_ask = 1,
                       .flags = BOOK_PART_FIRST | BOOK_PART_LAST}};

    naive->is_cut = 0;
    for (int i = 0; i < 2; i++) {
        part.level[i] = (struct agon_level){
            px[i], rng_chance(rng, 100000) ? 0 : (agon_qty_t)rng_below(rng, 1000000) + 1};
        naive->side[i].n = 0;
        if (part.level[i].qty != 0)
            MUST_EQ(naive_set(naive, i, px[i], part.level[i].qty), AGON_OK);
    }
    if (rng_chance(rng, 500000))
        book_show(book, &part.level[0], &part.level[1]);
    else
        MUST_EQ(book_apply(book, &part.head), AGON_OK);
    if (rng_chance(rng, 700000))
        return;
    // What changes it next is a delta, beside what is shown or in its place.
    part.head.hdr.type = AGON_EVENT_BOOK_DELTA;
    for (int i = 0; i < 2; i++) {
        part.level[i].px += rng_chance(rng, 500000) ? 0 : 3;
        part.level[i].qty = 5;
        (void)naive_set(naive, i, part.level[i].px, part.level[i].qty);
    }
    MUST_EQ(book_apply(book, &part.head), AGON_OK);
}

// About a million operations over all worlds, each compared with the naive book.
START_TEST(agrees_with_the_naive_book)
{
    static struct naive naive;
    agon_px_t tick_px = worlds[_i].tick_px;
    struct book *book = fresh(tick_px, worlds[_i].window, worlds[_i].levels_max);
    struct book *other = fresh(tick_px, worlds[_i].window, worlds[_i].levels_max);
    static unsigned char saved[200000];
    int64_t middle = 1000000;
    struct rng rng;

    memset(&naive, 0, sizeof(naive));
    naive.levels_max = worlds[_i].levels_max;
    rng_init(&rng, 9000 + (uint64_t)_i);
    for (int step = 0; step < 150000; step++) {
        int which = (int)rng_below(&rng, 2);
        int64_t away = (int64_t)rng_below(&rng, 150);
        agon_px_t px;
        agon_qty_t qty = rng_chance(&rng, 550000) ? 0 : (agon_qty_t)rng_below(&rng, 1000000) + 1;

        if (worlds[_i].drift > 0 && rng_chance(&rng, 20000))
            middle +=
                (int64_t)rng_below(&rng, (uint64_t)worlds[_i].drift * 2 + 1) - worlds[_i].drift;
        if (rng_chance(&rng, 20000))
            away = (int64_t)rng_below(&rng, 200000); // far
        if (rng_chance(&rng, 5000))
            away = -away; // crossed
        px = (middle + (which == 0 ? -away : away)) * worlds[_i].tick_px;
        if (rng_chance(&rng, 30000))
            px += (agon_px_t)rng_below(&rng, 9) - 4; // off the tick
        // Aim at what is there: half of the removals hit a level.
        if (qty == 0 && naive.side[which].n > 0 && rng_chance(&rng, 500000))
            px = naive.side[which].level[rng_below(&rng, naive.side[which].n)].px;
        // Eat the book from its best level, as trading does.
        if (rng_chance(&rng, 50000) && naive.side[which].n > 0) {
            px = naive.side[which].level[0].px;
            qty = 0;
        }
        MUST_EQ(book_qty(book, side_of[which], px), naive_qty(&naive, which, px));
        MUST_EQ(book_set(book, side_of[which], px, qty), naive_set(&naive, which, px, qty));
        assert_same_top(book, &naive);
        if (rng_chance(&rng, 1000))
            assert_same(book, &naive);
        if (rng_chance(&rng, 200)) {
            tick_px = 1 + (agon_px_t)rng_below(&rng, (uint64_t)worlds[_i].tick_px * 2);
            MUST_EQ(book_set_tick(book, tick_px), AGON_OK);
            assert_same(book, &naive);
        }
        if (rng_chance(&rng, 200)) {
            // A restored book goes on in the place of the saved one.
            struct enc enc = {.at = saved, .room = sizeof(saved)};
            struct dec dec;
            struct book *swap = other;

            book_save(book, &enc);
            MUST(enc_is_ok(&enc));
            dec = (struct dec){.at = saved, .n = enc.used};
            MUST_EQ(book_load(other, &dec), AGON_OK);
            MUST_EQ(dec.used, enc.used);
            other = book;
            book = swap;
            assert_same(book, &naive);
        }
        if (rng_chance(&rng, 3000)) {
            for (uint64_t n = 1 + rng_below(&rng, 3); n > 0; n--) {
                const agon_px_t at[2] = {(middle - (int64_t)rng_below(&rng, 200)) * tick_px,
                                         (middle + (int64_t)rng_below(&rng, 200)) * tick_px + 1};

                show_one(&rng, book, &naive, at);
                assert_same_top(book, &naive);
                if (rng_chance(&rng, 200000)) {
                    tick_px = 1 + (agon_px_t)rng_below(&rng, (uint64_t)worlds[_i].tick_px * 2);
                    MUST_EQ(book_set_tick(book, tick_px), AGON_OK);
                }
                MUST_EQ(book_qty(book, AGON_BUY, at[0]), naive_qty(&naive, 0, at[0]));
                assert_same(book, &naive);
            }
        }
        if (rng_chance(&rng, 50)) {
            book_clear(book);
            naive.side[0].n = 0;
            naive.side[1].n = 0;
            naive.is_cut = 0;
            assert_same(book, &naive);
        }
    }
    assert_same(book, &naive);
    book_free(book);
    book_free(other);
}
END_TEST

struct part {
    struct agon_book_part head;
    struct agon_level level[EVENT_LEVELS_MAX];
};

/* What is looked up once for a part, and what goes its own way between its levels, comes to what
 * its levels come to one by one. */
START_TEST(a_part_sets_what_its_levels_set_one_by_one)
{
    static unsigned char bytes[2][400000];
    static struct part part;
    struct book *whole = fresh(worlds[_i].tick_px, worlds[_i].window, worlds[_i].levels_max);
    struct book *single = fresh(worlds[_i].tick_px, worlds[_i].window, worlds[_i].levels_max);
    int64_t middle = 1000000;
    struct rng rng;

    rng_init(&rng, 7000 + (uint64_t)_i);
    for (int step = 0; step < 20000; step++) {
        struct enc enc[2] = {{.at = bytes[0], .room = sizeof(bytes[0])},
                             {.at = bytes[1], .room = sizeof(bytes[1])}};
        struct agon_level best[2];

        memset(&part.head, 0, sizeof(part.head));
        part.head.hdr.type = AGON_EVENT_BOOK_DELTA;
        part.head.n_bid = (uint16_t)rng_below(&rng, 40);
        part.head.n_ask = (uint16_t)rng_below(&rng, 40);
        part.head.hdr.granules =
            (uint8_t)((sizeof(part.head) + (part.head.n_bid + part.head.n_ask) * 16u + 63) / 64);
        middle += (int64_t)rng_below(&rng, 21) - 10;
        if (rng_chance(&rng, 2000))
            middle += (int64_t)rng_below(&rng, 100000) - 50000;
        for (uint32_t i = 0; i < (uint32_t)part.head.n_bid + part.head.n_ask; i++) {
            int64_t away = (int64_t)rng_below(&rng, rng_chance(&rng, 100000) ? 5000 : 120);
            int64_t tick = i < part.head.n_bid ? middle - away : middle + away;

            if (i > 0 && rng_chance(&rng, 50000)) {
                part.level[i].px = part.level[i - 1].px; // named twice
            } else {
                part.level[i].px = tick * worlds[_i].tick_px;
                part.level[i].px += rng_chance(&rng, 10000) ? 1 : 0; // off the tick
            }
            part.level[i].qty = rng_chance(&rng, 550000) ? 0 : (agon_qty_t)rng_below(&rng, 100) + 1;
            (void)book_set(single, i < part.head.n_bid ? AGON_BUY : AGON_SELL, part.level[i].px,
                           part.level[i].qty);
        }
        MUST_EQ(book_apply(whole, &part.head), AGON_OK);
        for (int side = 0; side < 2; side++) {
            MUST_EQ(book_best(whole, side_of[side], &best[0]),
                    book_best(single, side_of[side], &best[1]));
            MUST_EQ(best[0].px, best[1].px);
            MUST_EQ(best[0].qty, best[1].qty);
            MUST_EQ(book_count(whole, side_of[side]), book_count(single, side_of[side]));
        }
        if (step % 8 != 0)
            continue;
        book_save(whole, &enc[0]);
        book_save(single, &enc[1]);
        MUST(enc_is_ok(&enc[0]));
        MUST_EQ(enc[0].used, enc[1].used);
        MUST(memcmp(bytes[0], bytes[1], enc[0].used) == 0);
    }
    book_free(whole);
    book_free(single);
}
END_TEST

START_TEST(parts_of_a_snapshot_replace_the_book)
{
    static struct part part;
    struct book *book = fresh(1, 256, 0);

    MUST_EQ(book_set(book, AGON_BUY, 5, 5), AGON_OK);
    part.head = (struct agon_book_part){
        .hdr = {.type = AGON_EVENT_BOOK_SNAPSHOT, .granules = 2},
        .n_bid = 2,
        .n_ask = 1,
        .flags = BOOK_PART_FIRST,
    };
    part.level[0] = (struct agon_level){99, 1};
    part.level[1] = (struct agon_level){98, 2};
    part.level[2] = (struct agon_level){101, 3};
    MUST_EQ(book_apply(book, &part.head), AGON_OK);
    MUST_EQ(book_count(book, AGON_BUY), 2); // the old level is gone
    part.head.flags = BOOK_PART_LAST;
    part.level[0].px = 97;
    part.level[1].px = 96;
    part.level[2].px = 102;
    MUST_EQ(book_apply(book, &part.head), AGON_OK);
    MUST_EQ(book_count(book, AGON_BUY), 4);
    MUST_EQ(book_count(book, AGON_SELL), 2);
    part.head.hdr.type = AGON_EVENT_BOOK_DELTA;
    part.head.flags = BOOK_PART_FIRST | BOOK_PART_LAST;
    part.level[0] = (struct agon_level){99, 0};
    part.level[1] = (struct agon_level){98, 7};
    part.level[2] = (struct agon_level){102, 0};
    MUST_EQ(book_apply(book, &part.head), AGON_OK);
    MUST_EQ(book_count(book, AGON_BUY), 3);
    MUST_EQ(book_qty(book, AGON_BUY, 98), 7);
    MUST_EQ(book_count(book, AGON_SELL), 1);
    book_free(book);
}
END_TEST

static const struct {
    const char *what;
    uint16_t type, n_bid, n_ask;
    uint8_t granules;
    struct agon_level last;
} bad_parts[] = {
    {"another type", AGON_EVENT_TRADE, 1, 1, 2, {1, 1}},
    {"more levels than the record", AGON_EVENT_BOOK_DELTA, 3, 2, 2, {1, 1}},
    {"no room for any", AGON_EVENT_BOOK_DELTA, 1, 0, 1, {1, 1}},
    {"counts that overflow 16 bits", AGON_EVENT_BOOK_SNAPSHOT, 65535, 65535, 255, {1, 1}},
    {"price 0", AGON_EVENT_BOOK_SNAPSHOT, 2, 2, 2, {0, 1}},
    {"negative price", AGON_EVENT_BOOK_SNAPSHOT, 2, 2, 2, {-5, 1}},
    {"negative quantity", AGON_EVENT_BOOK_SNAPSHOT, 2, 2, 2, {5, -1}},
};

START_TEST(a_bad_part_changes_nothing)
{
    static struct part part;
    struct book *book = fresh(1, 256, 0);

    MUST_EQ(book_set(book, AGON_BUY, 50, 5), AGON_OK);
    for (int i = 0; i < EVENT_LEVELS_MAX; i++)
        part.level[i] = (struct agon_level){100 + i, 1};
    part.level[3] = bad_parts[_i].last;
    part.head = (struct agon_book_part){
        .hdr = {.type = bad_parts[_i].type, .granules = bad_parts[_i].granules},
        .n_bid = bad_parts[_i].n_bid,
        .n_ask = bad_parts[_i].n_ask,
        .flags = BOOK_PART_FIRST | BOOK_PART_LAST,
    };
    ck_assert_msg(book_apply(book, &part.head) == AGON_EINVAL, "%s", bad_parts[_i].what);
    MUST_EQ(book_count(book, AGON_BUY), 1);
    MUST_EQ(book_count(book, AGON_SELL), 0);
    MUST_EQ(book_qty(book, AGON_BUY, 50), 5);
    book_free(book);
}
END_TEST

START_TEST(damaged_bytes_give_an_empty_book)
{
    struct book *book = fresh(1, 256, 8);
    unsigned char saved[512];
    struct enc enc = {.at = saved, .room = sizeof(saved)};
    struct dec dec;

    for (agon_px_t px = 1; px < 6; px++) {
        MUST_EQ(book_set(book, AGON_BUY, px, 1), AGON_OK);
        MUST_EQ(book_set(book, AGON_SELL, 10 + px, 1), AGON_OK);
    }
    book_save(book, &enc);
    for (uint64_t n = 0; n < enc.used; n++) { // cut anywhere
        dec = (struct dec){.at = saved, .n = n};
        MUST_EQ(book_load(book, &dec), AGON_ECORRUPT);
        MUST_EQ(book_count(book, AGON_BUY) + book_count(book, AGON_SELL), 0);
    }
    for (uint64_t at = 0; at < 5 + 32; at++) { // head and the first levels: each byte matters
        for (int bit = 0; bit < 8; bit++) {
            saved[at] ^= (unsigned char)(1 << bit);
            dec = (struct dec){.at = saved, .n = enc.used};
            if (book_load(book, &dec) != AGON_OK)
                MUST_EQ(book_count(book, AGON_BUY) + book_count(book, AGON_SELL), 0);
            saved[at] ^= (unsigned char)(1 << bit);
        }
    }
    dec = (struct dec){.at = saved, .n = enc.used};
    MUST_EQ(book_load(book, &dec), AGON_OK);
    MUST_EQ(book_count(book, AGON_BUY), 5);
    book_free(book);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("book");
    TCase *tcase = tcase_create("promises");
    SRunner *runner = srunner_create(suite);
    int n_failed;

    tcase_set_timeout(tcase, 100);
    tcase_add_test(tcase, bad_configurations_give_no_book);
    tcase_add_test(tcase, bad_levels_are_refused);
    tcase_add_test(tcase, best_follows_what_is_set_and_removed);
    tcase_add_test(tcase, prices_at_the_ends_of_the_range_are_held);
    tcase_add_test(tcase, every_price_finds_its_tick);
    tcase_add_test(tcase, a_full_side_drops_its_worst_level);
    tcase_add_loop_test(tcase, agrees_with_the_naive_book, 0,
                        (int)(sizeof(worlds) / sizeof(worlds[0])));
    tcase_add_loop_test(tcase, a_part_sets_what_its_levels_set_one_by_one, 0,
                        (int)(sizeof(worlds) / sizeof(worlds[0])));
    tcase_add_test(tcase, parts_of_a_snapshot_replace_the_book);
    tcase_add_loop_test(tcase, a_bad_part_changes_nothing, 0,
                        (int)(sizeof(bad_parts) / sizeof(bad_parts[0])));
    tcase_add_test(tcase, damaged_bytes_give_an_empty_book);
    suite_add_tcase(suite, tcase);
    srunner_run_all(runner, CK_NORMAL);
    n_failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return n_failed != 0;
}
