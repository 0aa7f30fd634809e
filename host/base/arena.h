// SPDX-License-Identifier: Apache-2.0
/* arena: memory that is taken piece by piece and given back at once. [any, one thread] */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include <agon/types.h>

struct arena {
    unsigned char *memory; /* borrowed from whoever called arena_init */
    uint64_t bytes, used;
};
/* memory is the caller's and outlives the arena; it is zeroed as pieces are taken. */
void arena_init(struct arena *arena, void *memory, uint64_t bytes);
/* Zeroed, aligned to align (a power of two up to 4096). NULL when it does not fit. */
void *arena_take(struct arena *arena, uint64_t bytes, uint64_t align);
void arena_reset(struct arena *arena);

#endif
