// SPDX-License-Identifier: Apache-2.0
#include "base/hist.h"

#include <math.h>

#include "base/error.h"

#define SUB 64 /* linear buckets in an octave */

static uint32_t bucket_of(uint64_t ns)
{
    int octave;

    if (ns < SUB)
        return (uint32_t)ns;
    octave = 63 - __builtin_clzll(ns) - 6; // 2^6 buckets an octave
    return (uint32_t)(octave + 1) * SUB + (uint32_t)((ns >> octave) - SUB);
}

static int64_t end_of(uint32_t bucket)
{
    uint32_t octave;
    uint64_t end;

    if (bucket < SUB)
        return (int64_t)bucket;
    octave = bucket / SUB - 1;
    end = ((uint64_t)(bucket % SUB) + SUB + 1) << octave;
    return end > (uint64_t)INT64_MAX ? INT64_MAX : (int64_t)(end - 1);
}

void hist_clear(struct hist *hist)
{
    memset(hist, 0, sizeof(*hist));
}

void hist_add(struct hist *hist, int64_t ns)
{
    uint32_t bucket;

    if (ns < 0)
        ns = 0;
    bucket = bucket_of((uint64_t)ns);
    REQUIRE(bucket < HIST_BUCKETS);
    hist->count[bucket]++;
    if (hist->n == 0 || ns < hist->min_ns)
        hist->min_ns = ns;
    if (ns > hist->max_ns)
        hist->max_ns = ns;
    hist->sum_ns += (double)ns;
    hist->n++;
}

int64_t hist_quantile(const struct hist *hist, double q)
{
    uint64_t want;
    uint64_t seen = 0;

    if (hist->n == 0)
        return 0;
    want = (uint64_t)floor(q * (double)(hist->n - 1)) + 1;
    for (uint32_t i = 0; i < HIST_BUCKETS; i++) {
        seen += hist->count[i];
        if (seen >= want)
            return end_of(i) < hist->max_ns ? end_of(i) : hist->max_ns;
    }
    return hist->max_ns;
}

uint64_t hist_below(const struct hist *hist, int64_t ns)
{
    uint32_t end = ns <= 0 ? 0 : bucket_of((uint64_t)ns);
    uint64_t n = 0;

    for (uint32_t i = 0; i < end; i++)
        n += hist->count[i];
    return n;
}

void hist_merge(struct hist *into, const struct hist *from)
{
    if (from->n == 0)
        return;
    for (uint32_t i = 0; i < HIST_BUCKETS; i++)
        into->count[i] += from->count[i];
    if (into->n == 0 || from->min_ns < into->min_ns)
        into->min_ns = from->min_ns;
    if (from->max_ns > into->max_ns)
        into->max_ns = from->max_ns;
    into->sum_ns += from->sum_ns;
    into->n += from->n;
}
