// SPDX-License-Identifier: MIT
/* agon.rng/1: randomness without state, equal in every mode. Frozen per revision: a new need is
 * agon.rng/2, and /1 stays served. */
#ifndef AGON_EXT_RNG_H
#define AGON_EXT_RNG_H

#include "agon/plugin.h"

#define AGON_EXT_RNG "agon.rng/1"
struct agon_host_rng {
    /* hash(roster seed, slot, stream, nth, k); k: draws of the stream in this callback so far. At
     * most 16 streams per callback; beyond that the draw is 0. [agent] */
    uint64_t (*u64)(const struct agon_host *host, uint32_t stream);
};

#endif
