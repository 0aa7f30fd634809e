// SPDX-License-Identifier: MIT
/* agon.arena/1: all the memory that a plugin needs. Frozen per revision: a new need is
 * agon.arena/2, and /1 stays served. */
#ifndef AGON_EXT_ARENA_H
#define AGON_EXT_ARENA_H

#include "agon/plugin.h"

#define AGON_EXT_ARENA "agon.arena/1"
struct agon_host_arena {
    /* Zeroed memory, aligned to align (a power of two up to 4096), valid until destroy. NULL beyond
     * the descriptor's arena_bytes, and outside create and on_start. [agent] */
    void *(*take)(const struct agon_host *host, uint64_t bytes, uint64_t align);
};

#endif
