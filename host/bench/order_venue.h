// SPDX-License-Identifier: Apache-2.0
/* order_venue: a child process that stands as Binance spot on loopback over TLS, for a live host:
 * it sends one change of a book after the other and takes the order that follows each, which ends
 * unfilled. What it measures is from before a tick is written until the head of its order is there.
 * The same for whoever asks: a host, or a bare echo. */
#ifndef BENCH_ORDER_VENUE_H
#define BENCH_ORDER_VENUE_H

#include <stdatomic.h>

#include "base/error.h"

#define ORDER_VENUE_TICKS 4096
#define ORDER_VENUE_HEAD  1024
/* The best bid of each tick, by turns; the ask stays at 102.00. */
#define ORDER_VENUE_BIDS                                                                           \
    {                                                                                              \
        "100.01", "100.51"                                                                         \
    }

struct order_venue_said { /* shared; the child writes */
    _Atomic uint32_t n_orders;
    _Atomic uint32_t n_odd;           /* two for a tick, or none of that form */
    int64_t ns[ORDER_VENUE_TICKS];    /* of each tick that has its order */
    char orders[2][ORDER_VENUE_HEAD]; /* path and query of the last two, by the bid */
    char prices[2][32];               /* the first of each bid; all others are as those */
    _Atomic uint32_t n_other_price;   /* else */
};
struct order_venue {
    int pid, to_fd, from_fd; /* pipes */
    uint16_t port;
    struct order_venue_said *said; /* owned */
};

/* Forks; the child ends with its parent. Call it while there is one thread. */
int order_venue_start(struct order_venue *venue, const char *ca_path, struct error *err);
/* n ticks, each once the order of the one before has come; waits for the last. AGON_EIO: the child
 * or its client is gone. */
int order_venue_run(struct order_venue *venue, uint32_t n);
void order_venue_stop(struct order_venue *venue); /* never started (pid 0) is fine */

#endif
