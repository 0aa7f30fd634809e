// SPDX-License-Identifier: Apache-2.0
/* limiter: keeps us under a venue's rate limits, with room kept back for what must not wait.
 *
 * A venue has several limits (weight a minute, orders in ten seconds, orders a day); each is a
 * bucket here, and a request names its cost in each. A bucket remembers what was spent in slices of
 * its window and lends out at most share of the limit in *any* stretch of window length, so it does
 * not matter where the venue's own windows begin. Of that share, 10 % is for cancels alone and
 * another 10 % for cancels and queries of orders of unknown fate. The venue's own count, where it
 * sends one, wins when it is higher.
 *
 * 429: stop until the venue's time, then half speed, growing back over one minute. A ban stops all
 * buckets. Time is transport time (monotonic, ns), given by the caller; no state but this struct.
 * [any, one thread] */
#ifndef NET_LIMITER_H
#define NET_LIMITER_H

#include "base/error.h"

#define LIMITER_BUCKETS    8
#define LIMITER_SLICES     20
#define LIMITER_SHARE_PPM  800000u
#define LIMITER_RECOVER_NS 60000000000ll

enum limiter_class {
    LIMITER_CANCEL = 0, /* cancels and what only reduces */
    LIMITER_QUERY = 1,  /* what became of an order of unknown fate */
    LIMITER_OTHER = 2
};

struct limiter_rule {
    int64_t window_ns;
    uint32_t capacity;  /* the venue's limit per window */
    uint32_t share_ppm; /* of it we use; 0: LIMITER_SHARE_PPM */
};

struct limiter_bucket {
    struct limiter_rule rule;
    int64_t slice; /* number of the newest slice */
    uint32_t
        spent[LIMITER_SLICES + 1]; /* ring by slice number: one whole window and a slice more */
    uint32_t total;                /* sum of spent */
    int64_t stop_until;            /* nothing before */
    int64_t slow_since;            /* half speed since, when is_slow */
    uint8_t is_stopped, is_slow;
    uint8_t pad[6];
};

struct limiter {
    struct limiter_bucket buckets[LIMITER_BUCKETS];
    uint32_t n_buckets;
    uint32_t refused[3]; /* by class, since the start */
    int64_t ban_until;
    uint8_t is_banned;
    uint8_t pad[7];
};

void limiter_init(struct limiter *limiter);
/* The bucket's index, or AGON_EINVAL (window or capacity 0, share over a million), AGON_ENOSPC. */
int limiter_add(struct limiter *limiter, const struct limiter_rule *rule, int64_t now);
/* Takes cost[i] from each bucket i (n_costs <= n_buckets, the rest cost nothing), all or none.
 * AGON_EAGAIN: not now; *retry_ns (may be NULL) is the earliest time worth asking again.
 * AGON_ERANGE: never, it costs more than the class may ever use. */
int limiter_take(struct limiter *limiter, int64_t now, enum limiter_class class,
                 const uint32_t *cost, uint32_t n_costs, int64_t *retry_ns);
/* Gives back what a request cost that was never sent. */
void limiter_undo(struct limiter *limiter, int64_t now, const uint32_t *cost, uint32_t n_costs);
/* The venue's header: it has counted used in its current window. A higher count than ours is
 * booked now; a lower one changes nothing, for replies arrive out of order. */
void limiter_used(struct limiter *limiter, int64_t now, uint32_t bucket, uint32_t used);
/* The venue's limit changed (exchange information, or a header that says so). */
void limiter_capacity(struct limiter *limiter, int64_t now, uint32_t bucket, uint32_t capacity);
/* 429: nothing from this bucket until then (0: for one window), afterwards half speed. */
void limiter_stop(struct limiter *limiter, int64_t now, uint32_t bucket, int64_t until);
/* 418, or 403 with a cool-off: nothing at all until then, afterwards half speed. */
void limiter_ban(struct limiter *limiter, int64_t now, int64_t until);
int limiter_is_banned(const struct limiter *limiter, int64_t now);
/* What a class could take from a bucket right now. */
uint32_t limiter_free(struct limiter *limiter, int64_t now, uint32_t bucket,
                      enum limiter_class class);

#endif
