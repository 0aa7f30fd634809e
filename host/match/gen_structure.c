// SPDX-License-Identifier: Apache-2.0
/* gen_structure: what markets of a known structure have that the others have not: trends and ranges
 * in turn, returns that remember the last one, a crash and its recovery (gen.h, gen_process). */
#include <math.h>

#include "base/fmath.h"
#include "match/gen_path.h"

#define LN2         0.6931471805599453
#define DAY_MIN     1440.0
#define CRASH_BOOST 3.0 /* of volatility, when it begins */

static double half_left(double minutes, double half_min)
{
    return half_min > 0 ? fmath_exp(-LN2 * minutes / half_min) : 0.0;
}

/* Lengths are geometric: each minute ends a trend, or a range, with the same chance. */
static void take_turns(struct path *path)
{
    const struct gen_process *process = &path->process;
    double ends, up;

    if (process->trend_min <= 0)
        return;
    ends = rng_unit(&path->drawn);
    up = rng_unit(&path->drawn);
    if (path->trend != 0) {
        if (ends * process->trend_min >= 1.0)
            return;
        path->trend = 0;
        for (uint32_t i = 0; i < path->n; i++)
            path->symbols[i].anchor = path->symbols[i].log_px;
    } else if (ends * process->range_min < 1.0) {
        path->trend = (up < 0.5 ? 1.0 : -1.0) * process->trend_per_day / DAY_MIN;
    }
}

static void crash(struct path *path)
{
    const struct gen_process *process = &path->process;
    double fall, n;

    path->crash_drift = 0;
    if (process->crash_depth <= 0 || path->n_minutes < path->crash_at)
        return;
    n = (double)(path->n_minutes - path->crash_at);
    fall = fmath_log(1.0 - process->crash_depth);
    if (n == 0)
        path->boost = CRASH_BOOST;
    if (n < process->crash_takes_min) {
        double left = process->crash_takes_min - n;

        path->crash_drift = fall / process->crash_takes_min * (left < 1.0 ? left : 1.0);
        path->crash_owed = -fall * process->crash_back;
        return;
    }
    path->crash_drift = path->crash_owed * (1.0 - half_left(1.0, process->crash_half_min));
    path->crash_owed -= path->crash_drift;
}

void path_structure(struct path *path)
{
    take_turns(path);
    crash(path);
    path->n_minutes++;
}

double path_structured(struct path *path, uint32_t i, double shock)
{
    const struct gen_process *process = &path->process;
    struct path_symbol *symbol = &path->symbols[i];
    double phi = process->autocorrelation;
    double sum = symbol->sigma * shock;

    if (phi != 0) {
        sum = phi * symbol->shown + sqrt(1.0 - phi * phi) * sum;
        symbol->shown = sum;
    }
    if (path->trend != 0)
        sum += path->trend;
    else if (process->range_half_min > 0)
        sum += (symbol->anchor - symbol->log_px) * (1.0 - half_left(1.0, process->range_half_min));
    if (path->crash_drift != 0) {
        sum += path->crash_drift;
        symbol->anchor += path->crash_drift; // a range goes with it
    }
    return sum;
}

void path_structure_init(struct path *path, const struct gen_config *config)
{
    const struct gen_process *process = &config->process;

    path->process = *process;
    rng_init(&path->drawn, rng_at(config->seed, 3, 0, 0, 0));
    path->crash_at =
        (uint64_t)(process->crash_from_min + process->crash_within_min * rng_unit(&path->drawn));
}
