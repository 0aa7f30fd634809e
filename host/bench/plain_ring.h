// SPDX-License-Identifier: Apache-2.0
/* plain_ring: the yardstick of bench ring. A ring of 64-byte slots with cached peer indices and
 * nothing else, inlined into loops of its own, which make and check the same numbers as the
 * product's. [a pair belongs to the thread that made it] */
#ifndef BENCH_PLAIN_RING_H
#define BENCH_PLAIN_RING_H

#include <agon/types.h>

struct plain_pair; /* opaque: two rings and a second thread */

struct plain_pair *plain_pair_new(void); /* NULL: no memory, or no second thread */
void plain_pair_free(struct plain_pair *pair);
/* n messages, each published: to the second thread; there and back; on one thread. The last returns
 * the sum of the numbers. */
uint64_t plain_ring_stream(struct plain_pair *pair, uint64_t n);
uint64_t plain_ring_echo(struct plain_pair *pair, uint64_t n);
uint64_t plain_ring_alone(struct plain_pair *pair, uint64_t n);
uint64_t plain_ring_wrong(const struct plain_pair *pair); /* lost, repeated or out of order */

#endif
