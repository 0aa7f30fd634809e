// SPDX-License-Identifier: Apache-2.0
#include "lab/martingale.h"

#include "base/num.h"
#include "base/rng.h"

#define MILLI_NS INT64_C(1000000)
#define LIVELY   8 /* rows that are alike in how lively they are */
#define TOGETHER 4 /* of so many steps of a neighbour, one is its own */

/* What is drawn, as a coordinate of rng_at. */
enum draw {
    DRAW_STEP = 1,
    DRAW_OWN = 2,
    DRAW_LEVEL = 3,
    DRAW_STILL = 4,
    DRAW_SIZE = 5,
    DRAW_TIME = 6
};

struct walk {
    const struct martingale *of;
    uint64_t at;    /* the next step's number */
    agon_px_t px;   /* where the walk is */
    agon_px_t step; /* of a calm row */
    agon_px_t last; /* what the last step was */
    agon_px_t floor_px;
    agon_px_t
        fine_px; /* rows that end below have finer quantities: about every second table has some */
};

static uint64_t draw(const struct martingale *of, enum draw what, uint64_t at, uint64_t whose)
{
    return rng_at(of->seed, (uint64_t)what, at, whose, 0);
}

// +1 or -1: shared by the neighbours of one seed, but for one step in so many.
static int sign(const struct martingale *of, uint64_t at)
{
    uint64_t own = draw(of, DRAW_OWN, at, of->neighbour);
    uint64_t bits =
        of->neighbour == 0 || own % TOGETHER != 0 ? draw(of, DRAW_STEP, at, 0) : own >> 32;

    return (bits & 0x10000) != 0 ? 1 : -1;
}

// How lively: 1 to 3 steps at once. It lasts for some rows and knows no direction.
static int64_t level(const struct martingale *of, uint64_t at)
{
    uint64_t row = of->kind == TAPE_BARS ? at / MARTINGALE_STEPS : at / (8 * LIVELY);

    return of->is_even ? 1 : 1 + (int64_t)(draw(of, DRAW_LEVEL, row / LIVELY, 0) % 3);
}

static void step(struct walk *walk)
{
    const struct martingale *of = walk->of;
    uint64_t at = walk->at++;

    walk->last = walk->step * level(of, at) * sign(of, at);
    if (of->kind == TAPE_TRADES && draw(of, DRAW_STILL, at, of->neighbour) % 2 == 0)
        walk->last = 0;
    // A walk that comes near nothing stops there, which is fair too.
    if (walk->px <= walk->floor_px)
        walk->last = 0;
    walk->px += walk->last;
}

static void put(FILE *out, int64_t value, int exp, char end)
{
    char text[NUM_TEXT];

    num_format(value, exp, text);
    fputs(text, out);
    fputc(end, out);
}

// A size that goes with the move, and not with its sign: 0.8 to 1.2 of it.
static agon_qty_t size(const struct martingale *of, uint64_t row, agon_px_t move, agon_px_t scale)
{
    int64_t noise = 800 + (int64_t)(draw(of, DRAW_SIZE, row, of->neighbour) % 401);
    int64_t parts = move < 0 ? -move : move;
    agon_qty_t qty = num_mul_div(of->unit_qty, noise, 1000, NUM_DOWN);

    qty = num_mul_div(qty, scale + 4 * parts, 4 * scale, NUM_DOWN);
    // Behind the last digit of the others: one more.
    return qty < 1 ? 1 : qty;
}

static void put_qty(const struct walk *walk, FILE *out, agon_qty_t qty, char end)
{
    const struct martingale *of = walk->of;
    int is_fine = walk->px < walk->fine_px;

    if (is_fine && qty < NUM_MAX / 10)
        put(out, qty * 10 + 1, of->qty_exp + 1, end);
    else
        put(out, qty, of->qty_exp, end);
}

static void bars(struct walk *walk, FILE *out)
{
    const struct martingale *of = walk->of;
    agon_ns_t length = (agon_ns_t)of->length_s * 1000000000;
    agon_ns_t t = of->t_start;

    // Half a row later, and as far along the walk.
    if (of->neighbour % 2 == 1) {
        t += length / 2;
        for (int i = 0; i < MARTINGALE_STEPS / 2; i++)
            step(walk);
    }
    fputs("open_time_ms,open,high,low,close,volume\n", out);
    for (uint32_t row = 0; row < of->n_rows; row++, t += length) {
        agon_px_t open, high, low;

        step(walk); // between the last close and this open
        open = high = low = walk->px;
        for (int i = 1; i < MARTINGALE_STEPS; i++) {
            step(walk);
            high = walk->px > high ? walk->px : high;
            low = walk->px < low ? walk->px : low;
        }
        fprintf(out, "%lld,", (long long)(t / MILLI_NS));
        put(out, open, of->px_exp, ',');
        put(out, high, of->px_exp, ',');
        put(out, low, of->px_exp, ',');
        put(out, walk->px, of->px_exp, ',');
        put_qty(walk, out, size(of, row, high - low, 4 * walk->step), '\n');
    }
}

static void trades(struct walk *walk, FILE *out)
{
    const struct martingale *of = walk->of;
    agon_ns_t late = of->neighbour % 2 == 1 ? 500 * MILLI_NS : 0;

    fputs("time_ms,price,amount,side\n", out);
    for (uint32_t row = 0; row < of->n_rows; row++) {
        agon_ns_t t = of->t_start + late + (agon_ns_t)row * 1000 * MILLI_NS +
                      (agon_ns_t)(draw(of, DRAW_TIME, row, of->neighbour) % 500) * MILLI_NS;
        uint64_t bits = draw(of, DRAW_SIZE, row, of->neighbour);
        agon_qty_t qty;

        step(walk);
        // Every eighth is large, every 64th larger.
        qty = size(of, row, walk->last, walk->step);
        qty = bits >> 58 == 0 ? num_mul(qty, 20) : bits >> 61 == 0 ? num_mul(qty, 5) : qty;
        fprintf(out, "%lld,", (long long)(t / MILLI_NS));
        put(out, walk->px, of->px_exp, ',');
        put_qty(walk, out, qty, ',');
        fputs(walk->last > 0 || (walk->last == 0 && (bits & 1) != 0) ? "buy\n" : "sell\n", out);
    }
}

// How far a table strays, in calm steps: the root of their number.
static int64_t reach(const struct martingale *of)
{
    uint64_t n = (uint64_t)of->n_rows * (of->kind == TAPE_BARS ? MARTINGALE_STEPS : 1);
    int64_t root = 0;

    while ((uint64_t)(root + 1) * (uint64_t)(root + 1) <= n)
        root++;
    return root;
}

int martingale_write(const struct martingale *martingale, FILE *out)
{
    struct walk walk = {.of = martingale, .px = martingale->start_px};

    if (martingale->start_px <= 0 || martingale->unit_qty <= 0 || martingale->length_s == 0)
        return AGON_EINVAL;
    // A calm bar of a minute strays by some six basis points, longer ones by the root of their
    // length.
    walk.step = num_mul_div(martingale->start_px, martingale->kind == TAPE_BARS ? 150 : 60, 1000000,
                            NUM_DOWN);
    for (uint32_t s = 60; martingale->kind == TAPE_BARS && s < martingale->length_s && s <= 86400;
         s *= 4)
        walk.step *= 2;
    // All of it by half of the price at most, or it would end where a walk stops.
    if (walk.step > martingale->start_px / (5 * (reach(martingale) + 1)))
        walk.step = martingale->start_px / (5 * (reach(martingale) + 1));
    if (walk.step < 1)
        walk.step = 1;
    walk.fine_px = walk.px - num_mul(walk.step, reach(martingale));
    walk.floor_px = num_add(martingale->start_px / 8, 4 * walk.step);
    if (martingale->kind == TAPE_BARS)
        bars(&walk, out);
    else
        trades(&walk, out);
    return fflush(out) == 0 && ferror(out) == 0 ? AGON_OK : AGON_EIO;
}
