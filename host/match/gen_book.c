// SPDX-License-Identifier: Apache-2.0
#include "match/gen_book.h"

#include <math.h>

#include "base/num.h"

#define HOLE_GAPS 8 /* typical distances that neighbours of a whole book are apart at most */

/* exp(0.8 z - 0.32) at 64 evenly spaced quantiles of a normal z, in 1/1024: sizes that differ by a
 * factor of thirty without a draw of a normal for each. Mean 0.99. */
static const uint16_t spread_table[64] = {
    107,  152,  182,  207,  229,  249,  269,  287,  305,  323,  340,  357,  374,  391,  408,  425,
    442,  459,  477,  494,  512,  530,  548,  567,  586,  605,  625,  645,  666,  687,  709,  732,
    755,  779,  804,  830,  857,  885,  914,  944,  975,  1009, 1043, 1080, 1119, 1160, 1204, 1251,
    1301, 1355, 1414, 1478, 1548, 1626, 1713, 1812, 1925, 2058, 2218, 2417, 2677, 3044, 3646, 5144,
};

/* What stands at a distance of x gaps: most of it a dozen gaps away, thinning out behind; in 1/16
 * of a unit. */
static double shape(double x)
{
    double near = x < 12 ? x / 12 : 1;
    double far = x > 12 ? 12 / x : 1;

    return 0.6 + 4.4 * near * far;
}

agon_qty_t gen_book_size(const struct gen_book *book, double units, struct rng *rng)
{
    double wanted = book->unit_qty * units * spread_table[rng_u64(rng) >> 58] * 0x1p-10;
    agon_qty_t lots = (agon_qty_t)(wanted / (double)book->lot_qty);
    agon_qty_t qty = (lots > 0 ? lots : 1) * book->lot_qty;

    return qty < book->min_qty ? book->min_qty : qty;
}

static agon_qty_t level_size(const struct gen_book *book, agon_px_t px, agon_px_t best_px,
                             struct rng *rng)
{
    double x = (double)num_abs(px - best_px) / (double)(book->tick_px * book->gap_ticks);

    return gen_book_size(book, shape(x) * (px % book->round_px == 0 ? 4.0 : 1.0), rng);
}

void gen_book_init(struct gen_book *book, double fair_px)
{
    double gap = fair_px * 1e-5 / (double)book->tick_px;
    agon_px_t step = 10;

    book->near = 0.3;
    book->far = 2.5;
    book->gap_ticks = gap < 1 ? 1 : gap > 1e6 ? 1000000 : (uint32_t)gap;
    while (step < 20 * (agon_px_t)book->gap_ticks)
        step *= 10;
    book->round_px = step * book->tick_px;
    for (int i = 0; i < 2; i++) {
        book->half[i].n_now = book->half[i].n_shown = 0;
        book->half[i].sign = i == 0 ? -1 : 1;
    }
}

static agon_px_t draw_gap(const struct gen_book *book, struct rng *rng)
{
    // Mean of a gap; with one tick as the typical distance one in four levels is missing.
    uint64_t ticks = book->gap_ticks == 1 ? 1 + (rng_u64(rng) >> 62 == 0)
                                          : 1 + rng_below(rng, 2 * (uint64_t)book->gap_ticks - 1);

    return (agon_px_t)ticks * book->tick_px;
}

static void remove_level(struct gen_half *half, uint32_t at, uint32_t n)
{
    half->n_now -= n;
    memmove(&half->now[at], &half->now[at + n], (half->n_now - at) * sizeof(half->now[0]));
}

static void insert_level(struct gen_half *half, uint32_t at, struct agon_level level)
{
    memmove(&half->now[at + 1], &half->now[at], (half->n_now - at) * sizeof(half->now[0]));
    half->now[at] = level;
    half->n_now++;
}

/* Levels from best_px away until the old best is met. */
static void fill_front(struct gen_book *book, struct gen_half *half, agon_px_t best_px,
                       struct rng *rng)
{
    struct agon_level fresh[GEN_DEPTH_MAX];
    uint32_t n = 0;
    uint32_t n_kept;

    for (agon_px_t px = best_px; n < book->depth && px > 0;
         px += half->sign * draw_gap(book, rng)) {
        if (half->n_now > 0 && half->sign * px >= half->sign * half->now[0].px)
            break;
        fresh[n++] = (struct agon_level){px, level_size(book, px, best_px, rng)};
    }
    n_kept = half->n_now < book->depth - n ? half->n_now : book->depth - n;
    memmove(&half->now[n], &half->now[0], n_kept * sizeof(half->now[0]));
    memcpy(&half->now[0], fresh, n * sizeof(fresh[0]));
    half->n_now = n + n_kept;
}

static void fill_back(struct gen_book *book, struct gen_half *half, struct rng *rng)
{
    while (half->n_now < book->depth) {
        agon_px_t px = half->now[half->n_now - 1].px + half->sign * draw_gap(book, rng);

        if (px < book->tick_px)
            return;
        half->now[half->n_now++] =
            (struct agon_level){px, level_size(book, px, half->now[0].px, rng)};
    }
}

/* Makers come, go and change their minds, mostly near the front. */
static void stir(struct gen_book *book, struct gen_half *half, struct rng *rng)
{
    uint32_t n = 1 + (uint32_t)(rng_u64(rng) >> 61);

    for (uint32_t i = 0; i < n && half->n_now > 4; i++) {
        uint64_t draw = rng_u64(rng);
        uint64_t place = (draw & 0xffff) * (draw >> 16 & 0xffff) >> 16;
        uint32_t at = (uint32_t)(place * half->n_now >> 16);
        uint32_t what = (uint32_t)(draw >> 32 & 15);
        agon_px_t px = half->now[at].px;

        if (what < 2 && at > 0) {
            remove_level(half, at, 1);
        } else if (what < 4 && at > 0 && half->n_now < book->depth) {
            agon_px_t between = px - half->sign * book->tick_px;

            if (between != half->now[at - 1].px)
                insert_level(
                    half, at,
                    (struct agon_level){between, level_size(book, between, half->now[0].px, rng)});
        } else {
            half->now[at].qty = level_size(book, px, half->now[0].px, rng);
        }
    }
}

/* Where the spread is wide the price seldom renews the front, and what makers take away would leave
 * holes, through which a taker falls by percents. */
static void close_holes(struct gen_book *book, struct gen_half *half, struct rng *rng)
{
    agon_px_t most = HOLE_GAPS * (agon_px_t)book->gap_ticks * book->tick_px;

    for (uint32_t i = 1; i < half->n_now; i++) {
        agon_px_t px = half->now[i - 1].px;

        if (half->sign * (half->now[i].px - px) <= most)
            continue;
        px += half->sign * draw_gap(book, rng);
        half->n_now -= half->n_now == book->depth; // the farthest makes room
        insert_level(half, i, (struct agon_level){px, level_size(book, px, half->now[0].px, rng)});
    }
}

static void follow(struct gen_book *book, struct gen_half *half, double fair_px, double half_px,
                   struct rng *rng)
{
    double tick = (double)book->tick_px;
    double sign = (double)half->sign;
    double key = sign * fair_px; // prices as keys: the book lies above
    agon_px_t nearest = (agon_px_t)floor((key + book->near * half_px) / tick) + 1;
    agon_px_t target = (agon_px_t)floor((key + half_px) / tick) + 1;
    agon_px_t farthest = (agon_px_t)floor((key + book->far * half_px) / tick) + 1;
    uint32_t gone = 0;

    while (gone < half->n_now && half->sign * half->now[gone].px < nearest * book->tick_px)
        gone++;
    if (gone > 0)
        remove_level(half, 0, gone);
    if (half->sign * target < 1) // the best bid is at least one tick
        target = half->sign;
    if (half->n_now == 0 || half->sign * half->now[0].px > farthest * book->tick_px)
        fill_front(book, half, half->sign * target * book->tick_px, rng);
    stir(book, half, rng);
    if (book->is_whole)
        close_holes(book, half, rng);
    fill_back(book, half, rng);
}

void gen_book_follow(struct gen_book *book, double fair_px, double half_px, struct rng *rng)
{
    double least = 0.5 * (double)book->tick_px;

    if (half_px < least)
        half_px = least;
    follow(book, &book->half[0], fair_px, half_px, rng);
    follow(book, &book->half[1], fair_px, half_px, rng);
}

uint32_t gen_book_diff(struct gen_half *half, struct agon_level *levels, uint32_t *n_gone)
{
    struct agon_level set[GEN_DEPTH_MAX];
    uint32_t n_set = 0;
    uint32_t n = 0;
    uint32_t i = 0;
    uint32_t j = 0;

    while (i < half->n_shown || j < half->n_now) {
        int64_t was = i < half->n_shown ? half->sign * half->shown[i].px : INT64_MAX;
        int64_t is = j < half->n_now ? half->sign * half->now[j].px : INT64_MAX;

        if (was < is) {
            levels[n++] = (struct agon_level){half->shown[i++].px, 0};
        } else if (is < was) {
            set[n_set++] = half->now[j++];
        } else {
            if (half->shown[i].qty != half->now[j].qty)
                set[n_set++] = half->now[j];
            i++;
            j++;
        }
    }
    *n_gone = n;
    if (n + n_set > 0) {
        memcpy(&levels[n], set, n_set * sizeof(set[0]));
        memcpy(half->shown, half->now, half->n_now * sizeof(half->now[0]));
        half->n_shown = half->n_now;
    }
    return n + n_set;
}

agon_qty_t gen_book_take(struct gen_half *half, agon_qty_t qty, agon_px_t *px)
{
    struct agon_level *best = &half->now[0];

    if (half->n_now <= 2)
        return 0;
    *px = best->px;
    if (qty >= best->qty) {
        qty = best->qty;
        remove_level(half, 0, 1);
    } else {
        best->qty -= qty;
    }
    return qty;
}
