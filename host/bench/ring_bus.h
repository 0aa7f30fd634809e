// SPDX-License-Identifier: Apache-2.0
/* ring_bus: the rows of bench ring that are the bus's across threads: one writer, one and four
 * readers, each record shown by itself and 256 at a time. [one thread] */
#ifndef BENCH_RING_BUS_H
#define BENCH_RING_BUS_H

#include "bench/bench.h"
#include "bench/plain_ring.h"

/* plain: the yardstick, borrowed. */
int bench_ring_bus(struct bench *bench, struct plain_pair *plain, struct error *err);

#endif
