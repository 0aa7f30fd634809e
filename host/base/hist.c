// SPDX-License-Identifier: Apache-2.0
#include "base/hist.h"

#include <math.h>

#include "base/error.h"

#define SUB 64 /* linear buckets in an octave */

#define SMALL_SUB   8
#define SMALL_FIRST 8                   /* octave: 2^8 ns */
#define SMALL_END   34                  /* octave: 2^34 ns */
#define SMALL_MOST  ((uint64_t)1 << 48) /* of a count: no sum of them overflows */

_Static_assert(HIST_SMALL_BUCKETS == (SMALL_END - SMALL_FIRST) * SMALL_SUB + 2, "small buckets");

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
    hist_add_n(hist, ns, 1);
}

void hist_add_n(struct hist *hist, int64_t ns, uint32_t n)
{
    uint32_t bucket;

    if (n == 0)
        return;
    if (ns < 0)
        ns = 0;
    bucket = bucket_of((uint64_t)ns);
    REQUIRE(bucket < HIST_BUCKETS);
    hist->count[bucket] += n;
    if (hist->n == 0 || ns < hist->min_ns)
        hist->min_ns = ns;
    if (ns > hist->max_ns)
        hist->max_ns = ns;
    hist->sum_ns += (double)ns * n;
    hist->n += n;
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

static uint32_t small_bucket_of(uint64_t ns)
{
    uint32_t octave;

    if (ns < (uint64_t)1 << SMALL_FIRST)
        return 0;
    if (ns >= (uint64_t)1 << SMALL_END)
        return HIST_SMALL_BUCKETS - 1;
    octave = 63 - (uint32_t)__builtin_clzll(ns);
    return 1 + (octave - SMALL_FIRST) * SMALL_SUB + (uint32_t)(ns >> (octave - 3)) % SMALL_SUB;
}

static int64_t small_end_of(uint32_t bucket)
{
    uint32_t octave = SMALL_FIRST + (bucket - 1) / SMALL_SUB;

    if (bucket == 0)
        return ((int64_t)1 << SMALL_FIRST) - 1;
    if (bucket == HIST_SMALL_BUCKETS - 1)
        return (int64_t)1 << SMALL_END;
    return ((int64_t)(SMALL_SUB + (bucket - 1) % SMALL_SUB + 1) << (octave - 3)) - 1;
}

// One writer: a plain addition, which others may see a little later.
static void add(uint64_t *word, uint64_t n)
{
    __atomic_store_n(word, __atomic_load_n(word, __ATOMIC_RELAXED) + n, __ATOMIC_RELAXED);
}

void hist_small_clear(struct hist_small *hist)
{
    for (uint32_t i = 0; i < HIST_SMALL_BUCKETS; i++)
        __atomic_store_n(&hist->count[i], 0, __ATOMIC_RELAXED);
    __atomic_store_n(&hist->sum_ns, 0, __ATOMIC_RELAXED);
}

void hist_small_add(struct hist_small *hist, int64_t ns)
{
    hist_small_add_n(hist, ns, 1);
}

void hist_small_add_n(struct hist_small *hist, int64_t ns, uint32_t n)
{
    if (ns < 0)
        ns = 0;
    add(&hist->count[small_bucket_of((uint64_t)ns)], n);
    add(&hist->sum_ns, (uint64_t)ns * n);
}

void hist_small_copy(struct hist_small *to, const struct hist_small *from)
{
    for (uint32_t i = 0; i < HIST_SMALL_BUCKETS; i++) {
        uint64_t n = __atomic_load_n(&from->count[i], __ATOMIC_RELAXED);

        to->count[i] = n < SMALL_MOST ? n : SMALL_MOST;
    }
    to->sum_ns = __atomic_load_n(&from->sum_ns, __ATOMIC_RELAXED);
}

void hist_of_small(struct hist *to, const struct hist_small *from)
{
    hist_clear(to);
    for (uint32_t i = 0; i < HIST_SMALL_BUCKETS; i++) {
        int64_t ns = small_end_of(i);

        if (from->count[i] == 0)
            continue;
        to->count[bucket_of((uint64_t)ns)] += from->count[i];
        to->n += from->count[i];
        to->max_ns = ns;
        if (to->n == from->count[i])
            to->min_ns = ns;
    }
    to->sum_ns = (double)from->sum_ns;
}
