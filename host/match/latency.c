// SPDX-License-Identifier: Apache-2.0
#include "match/latency.h"

#include <math.h>

#include "base/fmath.h"
#include "base/num.h"
#include "base/rng.h"

#define MAX_NS INT64_C(10000000000)

int latency_check(const struct latency *latency, struct error *err)
{
    for (uint32_t i = 0; i < LATENCY_LEGS; i++) {
        const struct latency_model *model = &latency->legs[i];

        if (model->kind > LATENCY_LOG_NORMAL)
            return error_set(err, AGON_EINVAL, "latency leg %u: there is no kind %u", i,
                             model->kind);
        if (model->median_ns < 0 || model->min_ns < 0 || model->max_ns < 0)
            return error_set(err, AGON_EINVAL, "latency leg %u: a time is below 0", i);
        if (model->max_ns != 0 && model->min_ns > model->max_ns)
            return error_set(err, AGON_EINVAL, "latency leg %u: min_ns is above max_ns", i);
        if (!(model->sigma >= 0 && model->sigma <= 4))
            return error_set(err, AGON_EINVAL, "latency leg %u: sigma is not within 0 to 4", i);
    }
    return AGON_OK;
}

static double unit(uint64_t draw) // in (0, 1]
{
    return (double)((draw >> 11) + 1) * 0x1p-53;
}

// Not inlined: what is constant needs none of it.
static __attribute__((noinline)) int64_t drawn_ns(const struct latency *latency,
                                                  enum latency_leg leg, uint64_t n)
{
    const struct latency_model *model = &latency->legs[leg];
    int64_t max_ns = model->max_ns != 0 ? model->max_ns : MAX_NS;
    double z;
    double ns;

    // Box and Muller, from two draws of this message's own.
    z = sqrt(-2.0 * fmath_log(unit(rng_at(latency->seed, 0x6c6174, leg, n, 0)))) *
        fmath_cos(6.283185307179586 * unit(rng_at(latency->seed, 0x6c6174, leg, n, 1)));
    ns = (double)model->median_ns * fmath_exp(model->sigma * z);
    if (ns < (double)model->min_ns)
        return model->min_ns;
    return ns > (double)max_ns ? max_ns : (int64_t)ns;
}

int64_t latency_ns(const struct latency *latency, enum latency_leg leg, uint64_t n)
{
    const struct latency_model *model = &latency->legs[leg];

    return model->kind == LATENCY_CONSTANT ? model->median_ns : drawn_ns(latency, leg, n);
}

agon_ns_t latency_arrival(const struct latency *latency, enum latency_leg leg, uint64_t n,
                          agon_ns_t t, agon_ns_t t_last)
{
    agon_ns_t at = num_add(t, latency_ns(latency, leg, n));

    return at > t_last ? at : t_last;
}
