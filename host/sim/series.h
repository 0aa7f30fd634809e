// SPDX-License-Identifier: Apache-2.0
/* series: bars of one length without holes, of what a simulated market trades. [one thread] */
#ifndef SIM_SERIES_H
#define SIM_SERIES_H

#include "sim/pit.h"

struct series {           /* the oldest half goes when it is full */
    struct pit_bar *bars; /* owned */
    uint32_t n, room, capacity;
    agon_ns_t step_ns;
};

/* A bar at the end, all zero. */
struct pit_bar *series_push(struct series *series);
/* The bar of time t; those between the last one and it are flat at the last price. */
struct pit_bar *series_roll(struct series *series, agon_ns_t t);
void series_trade(struct series *series, const struct pit_trade *trade);
/* The bar stands where it opens, whatever stood there, and what comes after it is flat at its
 * close. */
void series_put(struct series *series, const struct pit_bar *bar);

#endif
