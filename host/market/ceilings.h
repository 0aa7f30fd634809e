// SPDX-License-Identifier: Apache-2.0
/* ceilings: how much there may be of a thing in one host. Tables have these sizes; of memory is
 * taken what is configured (slot/set.h, engine_spare). A test stands at each and one beyond. */
#ifndef MARKET_CEILINGS_H
#define MARKET_CEILINGS_H

#define SLOTS_MAX       256  /* that an order's client id tells apart (ORDER_SLOT_BITS) */
#define ACCOUNTS_MAX    64   /* a set of them is a word */
#define VENUES_MAX      64   /* entries of `venues`: each has an account */
#define INSTRUMENTS_MAX 4096 /* a power of two: base/soonest.h */
#define ASSETS_MAX      512

#endif
