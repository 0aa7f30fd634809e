// SPDX-License-Identifier: Apache-2.0
/* gpu_lanes: scenarios and sweeps, beside a loop in C as one would write it: a path, or a set of
 * parameters, after the other, with libm's functions. On the first card, through agon-gpu, beside
 * the same kernels on this machine's processor. First both sides have to come to the same: sweeps
 * set for set, and scenarios, whose draws are others, to what the law of their moves says. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench/table.h"
#include "card/away.h"
#include "kernels/cpu.h"

#define PATHS     4096u
#define STEPS     64u
#define SETS      512u
#define CANDLES   1024u
#define ROWS      16u
#define VALUE     1000.0
#define DRIFT     0.0001
#define SIGMA     0.01
#define CARD_MORE 64u /* times as much at once on a card */
#define GIVEN     8   /* pieces of memory of a side */

struct side {              /* a device, and what it is given */
    struct device *device; /* owned; NULL: the loop */
    uint32_t n_paths, n_sets;
    struct scenarios_args paths;
    struct sweeps_args sets;
    void *given[GIVEN]; /* owned: memory of the device */
    uint32_t n_given;
    struct error err;
};
struct lanes {
    struct side product, yardstick;
    uint64_t draw;                  /* the loop's */
    float *y;                       /* owned: the loop's results, three of a path or set */
    float *a, *price, *fill, *edge; /* owned: [ROWS][CANDLES], [CANDLES], [CANDLES], [sets] */
    uint32_t *pairs;                /* owned: [sets][2] */
};

/* --- the loops --- */

static uint64_t drawn(struct lanes *lanes)
{
    lanes->draw ^= lanes->draw << 13;
    lanes->draw ^= lanes->draw >> 7;
    return lanes->draw ^= lanes->draw << 17;
}

static void bare_paths(struct lanes *lanes, uint32_t n)
{
    float spare = 0;
    int has_spare = 0;

    for (uint32_t i = 0; i < n; i++) {
        float x = 0, profit = 0, low = 0, high = 0, fall = 0;

        for (uint32_t step = 0; step < STEPS; step++) {
            float z = spare;

            if (!has_spare) {
                uint64_t bits = drawn(lanes);
                float u = ((float)(bits >> 40) + 1) / 16777216.0f;
                float v = (float)((bits >> 8) & 0xffffff) / 16777216.0f;
                float length = sqrtf(-2 * logf(u));

                z = length * cosf(6.2831853f * v);
                spare = length * sinf(6.2831853f * v);
            }
            has_spare = !has_spare;
            x += (float)DRIFT + (float)SIGMA * z;
            profit = (float)VALUE * (expf(x) - 1);
            low = profit < low ? profit : low;
            high = profit > high ? profit : high;
            fall = high - profit > fall ? high - profit : fall;
        }
        lanes->y[i] = profit;
        lanes->y[PATHS + i] = low;
        lanes->y[2 * PATHS + i] = fall;
    }
}

static void bare_sets(struct lanes *lanes, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) {
        const float *a = lanes->a + (size_t)lanes->pairs[2 * i] * CANDLES;
        const float *b = lanes->a + (size_t)lanes->pairs[2 * i + 1] * CANDLES;
        float money = 1, units = 0, now = 1, most = 1, fall = 0, trades = 0;
        int is_long = 0, is_armed = 0, holds = 0;

        for (uint32_t t = 0; t < CANDLES; t++) {
            float d = a[t] - b[t];

            if (is_long != holds) {
                if (is_long)
                    units = money * (1 - 0.001f) / lanes->fill[t];
                else
                    money = units * lanes->fill[t] * (1 - 0.001f);
                if (is_long)
                    money = 0;
                else
                    units = 0;
                holds = is_long;
                trades++;
            }
            now = units * lanes->price[t] + money;
            most = now > most ? now : most;
            fall = (most - now) / most > fall ? (most - now) / most : fall;
            if (d < lanes->edge[i]) {
                is_armed = 1;
                is_long = 0;
            }
            if (d > lanes->edge[i])
                is_long = is_armed;
        }
        lanes->y[i] = now - 1;
        lanes->y[SETS + i] = fall;
        lanes->y[2 * SETS + i] = trades;
    }
}

/* --- the kernels --- */

static uint64_t kernel_side(struct side *side, int is_sets, uint64_t n)
{
    uint64_t steps = is_sets ? CANDLES : STEPS, most = is_sets ? side->n_sets : side->n_paths;

    for (uint64_t done = 0; done < n; done += most * steps) {
        uint64_t left = (n - done + steps - 1) / steps;
        uint32_t now = (uint32_t)(left < most ? left : most);

        side->sets.n = side->paths.n = now;
        if (is_sets)
            kernel_sweeps(side->device, &side->sets);
        else
            kernel_scenarios(side->device, &side->paths);
    }
    if (side->err.code >= 0)
        (void)side->device->wait(side->device, &side->err);
    return n;
}

static uint64_t bare_side(struct lanes *lanes, int is_sets, uint64_t n)
{
    uint64_t steps = is_sets ? CANDLES : STEPS, most = is_sets ? SETS : PATHS;

    for (uint64_t done = 0; done < n; done += most * steps) {
        uint64_t left = (n - done + steps - 1) / steps;
        uint32_t now = (uint32_t)(left < most ? left : most);

        if (is_sets)
            bare_sets(lanes, now);
        else
            bare_paths(lanes, now);
        bench_keep((uint64_t)(lanes->y[0] * 1e6f));
    }
    return n;
}

static uint64_t run_side(struct lanes *lanes, struct side *side, int is_sets, uint64_t n)
{
    return side->device != NULL ? kernel_side(side, is_sets, n) : bare_side(lanes, is_sets, n);
}

static uint64_t product_paths(void *ctx, uint64_t n)
{
    return run_side(ctx, &((struct lanes *)ctx)->product, 0, n);
}

static uint64_t yardstick_paths(void *ctx, uint64_t n)
{
    return run_side(ctx, &((struct lanes *)ctx)->yardstick, 0, n);
}

static uint64_t product_sets(void *ctx, uint64_t n)
{
    return run_side(ctx, &((struct lanes *)ctx)->product, 1, n);
}

static uint64_t yardstick_sets(void *ctx, uint64_t n)
{
    return run_side(ctx, &((struct lanes *)ctx)->yardstick, 1, n);
}

/* --- what they are given --- */

static const void *give(struct side *side, const void *from, size_t bytes)
{
    void *at = side->device->alloc(side->device, bytes);

    if (at == NULL)
        return NULL;
    side->given[side->n_given++] = at;
    if (from != NULL)
        side->device->write(side->device, at, from, bytes);
    return at;
}

static int fill_side(const struct lanes *lanes, struct side *side)
{
    const float one[3] = {(float)VALUE, (float)DRIFT, (float)SIGMA};
    const float *market = give(side, one, sizeof(one));
    uint32_t n = side->n_sets;

    side->paths = (struct scenarios_args){
        .y = (float *)(uintptr_t)give(side, NULL, sizeof(float[3]) * side->n_paths),
        .seed = 7,
        .m = 1,
        .steps = STEPS};
    side->sets =
        (struct sweeps_args){.a = give(side, lanes->a, sizeof(float) * ROWS * CANDLES),
                             .price = give(side, lanes->price, sizeof(float) * CANDLES),
                             .fill = give(side, lanes->fill, sizeof(float) * CANDLES),
                             .pairs = give(side, lanes->pairs, sizeof(uint32_t[2]) * n),
                             .enter = give(side, lanes->edge, sizeof(float) * n),
                             .y = (float *)(uintptr_t)give(side, NULL, sizeof(float[3]) * n),
                             .steps = CANDLES,
                             .rows = ROWS,
                             .fee = 0.001f};
    side->sets.leave = side->sets.enter;
    if (market == NULL || side->paths.y == NULL || side->sets.a == NULL ||
        side->sets.price == NULL || side->sets.fill == NULL || side->sets.pairs == NULL ||
        side->sets.enter == NULL || side->sets.y == NULL)
        return AGON_ENOMEM;
    side->paths.value = market;
    side->paths.drift = market + 1;
    side->paths.factor = market + 2;
    return side->device->wait(side->device, &side->err);
}

/* A price that goes by chance, and averages of it of 2, 4, 6, ... candles. */
static int make(struct lanes *lanes, uint32_t n_sets)
{
    double price = 100;

    lanes->draw = 88172645463325252u;
    lanes->y = calloc(3 * (size_t)PATHS, sizeof(float));
    lanes->a = calloc((size_t)ROWS * CANDLES, sizeof(float));
    lanes->price = calloc(CANDLES, sizeof(float));
    lanes->fill = calloc(CANDLES, sizeof(float));
    lanes->edge = calloc(n_sets, sizeof(float));
    lanes->pairs = calloc(n_sets, sizeof(uint32_t[2]));
    if (lanes->y == NULL || lanes->a == NULL || lanes->price == NULL || lanes->fill == NULL ||
        lanes->edge == NULL || lanes->pairs == NULL)
        return AGON_ENOMEM;
    for (uint32_t t = 0; t < CANDLES; t++) {
        price *= 1 + 0.002 * ((double)(drawn(lanes) >> 11) / 9007199254740992.0 - 0.5);
        lanes->price[t] = (float)price;
        lanes->fill[t] = t > 0 ? lanes->price[t - 1] : (float)price;
        for (uint32_t row = 0; row < ROWS; row++) {
            uint32_t length = 2 * row + 2;
            double sum = 0;

            for (uint32_t k = 0; k < length; k++)
                sum += (double)lanes->price[t >= k ? t - k : 0];
            lanes->a[(size_t)row * CANDLES + t] = (float)(sum / length);
        }
    }
    for (uint32_t i = 0; i < n_sets; i++) {
        lanes->pairs[2 * i] = i % (ROWS - 1);
        lanes->pairs[2 * i + 1] = i % (ROWS - 1) + 1 + i % (ROWS - 1 - i % (ROWS - 1));
        lanes->edge[i] = (float)(i / ROWS) * 0.0005f;
    }
    return AGON_OK;
}

/* --- do both do the same? --- */

static int read_side(struct lanes *lanes, struct side *side, int is_sets, float *y)
{
    uint32_t n = is_sets ? SETS : PATHS;

    (void)run_side(lanes, side, is_sets, (uint64_t)n * (is_sets ? CANDLES : STEPS));
    if (side->device == NULL) {
        memcpy(y, lanes->y, sizeof(float[3]) * n);
        return 1;
    }
    side->device->read(side->device, y, is_sets ? side->sets.y : side->paths.y,
                       sizeof(float[3]) * n);
    return side->device->wait(side->device, &side->err) >= 0;
}

/* The mean of the last profits, within four standard errors of the law's; a path's lowest is
 * never above its last. */
static int is_lawful(const float *y)
{
    double mean = 0, squares = 0, law;
    int is_good = 1;

    for (uint32_t i = 0; i < PATHS; i++) {
        mean += (double)y[i] / PATHS;
        is_good &= y[PATHS + i] <= y[i] && y[PATHS + i] <= 0 && y[2 * PATHS + i] >= 0;
    }
    for (uint32_t i = 0; i < PATHS; i++)
        squares += ((double)y[i] - mean) * ((double)y[i] - mean);
    law = VALUE * (exp(STEPS * (DRIFT + SIGMA * SIGMA / 2)) - 1);
    return is_good && squares > 0 && fabs(mean - law) < 4 * sqrt(squares) / PATHS;
}

static int is_alike(const float *a, const float *b)
{
    double trades = 0;

    for (uint32_t i = 0; i < SETS; i++) {
        if (!(fabsf(a[i] - b[i]) < 1e-4f) || !(fabsf(a[SETS + i] - b[SETS + i]) < 1e-4f) ||
            a[2 * SETS + i] != b[2 * SETS + i])
            return 0;
        trades += (double)a[2 * SETS + i];
    }
    return trades > SETS;
}

static int check(struct bench *bench, struct lanes *lanes, const char *prefix)
{
    float *a = calloc(3 * (size_t)PATHS, sizeof(*a)), *b = calloc(3 * (size_t)PATHS, sizeof(*b));
    int rc = a != NULL && b != NULL ? AGON_OK : AGON_ENOMEM;

    if (rc >= 0) {
        bench_check(bench,
                    read_side(lanes, &lanes->product, 0, a) && is_lawful(a) &&
                        read_side(lanes, &lanes->yardstick, 0, b) && is_lawful(b),
                    "gpu.%sscenarios: both sides come to what the law of their moves says", prefix);
        bench_check(bench,
                    read_side(lanes, &lanes->product, 1, a) &&
                        read_side(lanes, &lanes->yardstick, 1, b) && is_alike(a, b),
                    "gpu.%ssweeps: each set of both sides trades as often and earns the same",
                    prefix);
    }
    free(a);
    free(b);
    return rc;
}

static int compare(struct bench *bench, struct lanes *lanes, const char *prefix)
{
    int is_card = prefix[0] != '\0';
    char name[32];
    struct bench_pair pair = {
        .name = name,
        .op = "path's step",
        .product = is_card ? "paths of a position's price on a card, through agon-gpu"
                           : "paths of a position's price by the kernel, one thread",
        .yardstick = is_card ? "the same kernel on this processor, all its cores"
                             : "a path after the other with libm's logf, cosf, sinf and expf",
        .run_product = product_paths,
        .run_yardstick = yardstick_paths,
        .ctx = lanes,
        .n = (uint64_t)lanes->product.n_paths * STEPS,
        .is_wall = is_card};
    int rc;

    (void)snprintf(name, sizeof(name), "gpu.%sscenarios", prefix);
    rc = bench_compare(bench, &pair);
    (void)snprintf(name, sizeof(name), "gpu.%ssweeps", prefix);
    pair.op = "set's candle";
    pair.product = is_card ? "sets of a rule's parameters over candles on a card, through agon-gpu"
                           : "sets of a rule's parameters over candles by the kernel, one thread";
    pair.yardstick = is_card ? "the same kernel on this processor, all its cores"
                             : "a set after the other, with branches";
    pair.run_product = product_sets;
    pair.run_yardstick = yardstick_sets;
    pair.n = (uint64_t)lanes->product.n_sets * CANDLES;
    return rc < 0 ? rc : bench_compare(bench, &pair);
}

static void side_deinit(struct side *side)
{
    for (uint32_t i = 0; i < side->n_given; i++)
        side->device->release(side->device, side->given[i]);
    if (side->device != NULL)
        side->device->free(side->device);
}

static void deinit(struct lanes *lanes)
{
    side_deinit(&lanes->product);
    side_deinit(&lanes->yardstick);
    free(lanes->y);
    free(lanes->a);
    free(lanes->price);
    free(lanes->fill);
    free(lanes->edge);
    free(lanes->pairs);
}

static int run(struct bench *bench, struct lanes *lanes, const char *prefix, struct error *err)
{
    int rc = make(lanes, lanes->product.n_sets);

    if (rc >= 0)
        rc = fill_side(lanes, &lanes->product);
    if (rc >= 0 && lanes->yardstick.device != NULL)
        rc = fill_side(lanes, &lanes->yardstick);
    if (rc >= 0)
        rc = check(bench, lanes, prefix);
    if (rc >= 0)
        rc = compare(bench, lanes, prefix);
    if (rc >= 0)
        bench_check(bench, lanes->product.err.code >= 0, "gpu.%ssweeps: the device has not failed",
                    prefix);
    return rc < 0 ? error_set(err, rc, "scenarios and sweeps: %s",
                              lanes->product.err.code < 0 ? lanes->product.err.text
                                                          : "no memory for them")
                  : rc;
}

int bench_gpu_lanes(struct bench *bench, struct error *err)
{
    struct card_away_config config = card_away_preset("cuda");
    long n_cores = sysconf(_SC_NPROCESSORS_ONLN);
    struct lanes here = {.product = {.n_paths = PATHS, .n_sets = SETS}};
    struct lanes card = {.product = {.n_paths = CARD_MORE * PATHS, .n_sets = CARD_MORE * SETS},
                         .yardstick = {.n_paths = CARD_MORE * PATHS, .n_sets = CARD_MORE * SETS}};
    struct error none = {0};
    char why[sizeof(none.text) + 16];
    int rc;

    here.product.device = cpu_device_new(CPU_BEST, 1);
    rc = here.product.device != NULL ? run(bench, &here, "", err)
                                     : error_set(err, AGON_ENOMEM, "no memory for a device");
    deinit(&here);
    if (rc < 0)
        return rc;
    card.product.device = card_away_new(&config, &none);
    if (card.product.device == NULL) {
        (void)snprintf(why, sizeof(why), "not run: %s", none.text);
        bench_absent(bench, "gpu.cuda.scenarios", why);
        bench_absent(bench, "gpu.cuda.sweeps", why);
        return AGON_OK;
    }
    card.yardstick.device = cpu_device_new(CPU_BEST, n_cores > 64 ? 64 : (uint32_t)n_cores);
    rc = card.yardstick.device != NULL ? run(bench, &card, "cuda.", err)
                                       : error_set(err, AGON_ENOMEM, "no memory for a device");
    deinit(&card);
    return rc;
}
