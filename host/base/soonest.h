// SPDX-License-Identifier: Apache-2.0
/* soonest: of numbered things with a time each, which is first. A tree over their numbers: a change
 * costs the logarithm of how many there are, asking nothing. Memory is the owner's, zero when it
 * comes, and used as far as numbers go. [any, one thread] */
#ifndef BASE_SOONEST_H
#define BASE_SOONEST_H

#include <stdint.h>
#include <string.h>

#define SOONEST_NEVER INT64_MAX

struct soonest {
    uint64_t *at;  /* borrowed, [SOONEST_ROOM(n)]; how far before never, so that never is 0 */
    uint32_t room; /* numbers below it have a leaf; a power of two */
};
#define SOONEST_ROOM(n) (2 * (uint64_t)(n)) /* for numbers below n, which is a power of two */

static inline uint64_t soonest_of(const struct soonest *all, uint32_t node)
{
    uint64_t left = all->at[2 * node], right = all->at[2 * node + 1];

    return left > right ? left : right;
}

static inline void soonest_grow(struct soonest *all, uint32_t n)
{
    uint32_t before = all->room;

    all->room = before != 0 ? before : 1;
    while (all->room < n)
        all->room *= 2;
    // Leaves go to where there was nothing yet; what they were is a node now.
    if (before != 0)
        memmove(all->at + all->room, all->at + before, before * sizeof(all->at[0]));
    for (uint32_t node = all->room - 1; node > 0; node--)
        all->at[node] = soonest_of(all, node);
}

/* The thing of that number is due at t; SOONEST_NEVER: it is not. */
static inline void soonest_set(struct soonest *all, uint32_t number, int64_t t)
{
    uint32_t node;

    if (number >= all->room) {
        if (t == SOONEST_NEVER)
            return;
        soonest_grow(all, number + 1);
    }
    node = all->room + number;
    all->at[node] = (uint64_t)SOONEST_NEVER - (uint64_t)t;
    while (node > 1) {
        uint64_t best = soonest_of(all, node / 2);

        node /= 2;
        if (all->at[node] == best)
            return;
        all->at[node] = best;
    }
}

static inline int64_t soonest_t(const struct soonest *all)
{
    return all->room != 0 ? (int64_t)((uint64_t)SOONEST_NEVER - all->at[1]) : SOONEST_NEVER;
}

/* The lowest number of those that are due first. Of any, where none is. */
static inline uint32_t soonest_number(const struct soonest *all)
{
    uint32_t node = 1;

    while (node < all->room)
        node = all->at[2 * node] == all->at[node] ? 2 * node : 2 * node + 1;
    return node - all->room;
}

static inline void soonest_clear(struct soonest *all)
{
    if (all->room != 0)
        memset(all->at, 0, 2 * (uint64_t)all->room * sizeof(all->at[0]));
}

#endif
