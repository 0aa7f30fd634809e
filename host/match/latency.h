// SPDX-License-Identifier: Apache-2.0
/* latency: how long messages are under way between a venue and us, for backtests and simulations.
 *
 * A pure function of (seed, leg, n): the n-th message of a leg has the same delay in every run, in
 * whatever order the legs are asked. Integer draws and fmath, so that it is the same on every CPU.
 * [any] */
#ifndef MATCH_LATENCY_H
#define MATCH_LATENCY_H

#include "base/error.h"

enum latency_leg {
    LATENCY_MARKET = 0, /* market data: venue to us */
    LATENCY_ENTRY = 1,  /* an order: us to the matching engine */
    LATENCY_ACK = 2,    /* what became of it: matching engine to us */
    LATENCY_LEGS = 3
};
enum latency_kind {
    LATENCY_CONSTANT = 0,  /* always median_ns */
    LATENCY_LOG_NORMAL = 1 /* median_ns * exp(sigma * z), z standard normal; within min and max */
};
struct latency_model {
    uint32_t kind, pad;
    int64_t median_ns;
    int64_t min_ns, max_ns; /* LOG_NORMAL; max_ns 0: 10 s */
    double sigma;           /* LOG_NORMAL: 0.3 is calm, 1 is a bad line */
};
struct latency {
    uint64_t seed;
    struct latency_model legs[LATENCY_LEGS];
};

/* AGON_EINVAL with the reason: a negative time, min above max, sigma outside 0 to 4. */
int latency_check(const struct latency *latency, struct error *err);
/* Delay of the n-th message of a leg. ns, >= 0 */
int64_t latency_ns(const struct latency *latency, enum latency_leg leg, uint64_t n);
/* When the n-th message, sent at t, arrives on a stream that keeps order (TCP): never before the
 * one that was sent before it, which arrived at t_last. */
agon_ns_t latency_arrival(const struct latency *latency, enum latency_leg leg, uint64_t n,
                          agon_ns_t t, agon_ns_t t_last);

#endif
