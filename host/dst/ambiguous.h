// SPDX-License-Identifier: Apache-2.0
/* ambiguous: requests whose fate nobody tells, by the thousand. A real gateway (links, outbox,
 * limiter, reconciliation, signing) and the orders' table of the core against the real simulated
 * exchange, over simulated bytes and time. New orders, cancels and replacements are taken late,
 * lost, doubled, answered by an error with and without effect; each query shows what was up to 5 s
 * ago, user events come late, twice or never; now and then the host dies, and the next run knows
 * only its orders. Held against the exchange's own log: nothing is done twice, nothing is done
 * after it was given up, nothing ends that stands, no order comes to more than was asked for, no
 * more is told than was done, and in the end both sides are one. One seed is one run on one market,
 * of one of five kinds (docs/adr/0032): in one of them the exchange shows what was up to 40 s ago,
 * which no gateway can see through; there all has to be put right when it does so no longer, but
 * for what no later read of an order shows: the fill of one that was denied, and on futures the
 * price of a replacement that was given up before a restart.
 * [one thread] */
#ifndef DST_AMBIGUOUS_H
#define DST_AMBIGUOUS_H

#include "base/error.h"

struct ambiguous_config {
    uint64_t seed;
    uint32_t n_requests; /* at least so many of unknown fate */
    uint8_t is_um;
    uint8_t is_said; /* orders go by WebSocket */
};
struct ambiguous_result {
    uint64_t n_requests, n_unknown[4]; /* sent; of unknown fate by enum cmd_kind, 0: all */
    uint64_t n_absent, n_not_done;     /* proven: a new order; a cancel or replacement */
    uint64_t n_orders, n_fills, n_lives;
    uint64_t n_duplicates; /* wire orders that came to be twice */
    uint64_t n_ghosts;     /* done after it was given up, or open and not held open in the end */
    uint64_t n_wrong;      /* ended, or told as not done, while the exchange had it otherwise */
    uint64_t n_strays, n_reopened; /* what the gateway found, and had to put right */
    /* What is not judged: fills of orders that a venue which breaks its word denied, told by the
     * account's positions alone; and orders to which something happened all the time. */
    uint64_t n_denied, n_unjudged;
    uint8_t is_beyond; /* the exchange breaks its word: not among those that were asked for */
    agon_ns_t simulated_ns, longest_ns; /* the longest that a request was of unknown fate */
    char what[256];                     /* the first that is wrong */
};
/* AGON_ENOMEM. What is wrong is in the result. */
int ambiguous_run(const struct ambiguous_config *config, struct ambiguous_result *result,
                  struct error *err);

#endif
