// SPDX-License-Identifier: Apache-2.0
/* arena: memory that is taken piece by piece and given back at once. [any, one thread] */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include <agon/types.h>

struct arena {
    unsigned char *memory; /* borrowed from whoever called arena_init */
    uint64_t bytes, used;
    uint64_t room, placed; /* as bytes and used, of the memory itself: arena_shift */
};
/* memory is the caller's and outlives the arena; it is zeroed as pieces are taken. */
void arena_init(struct arena *arena, void *memory, uint64_t bytes);
/* Before the first piece: they begin so far (a multiple of 64) behind memory, of which room bytes
 * may be written to. What fits is what would without a shift. room is at least shift + bytes; where
 * pieces are aligned to more than 64 they may need 4096 more, and get NULL where it is not there:
 * arena_fits says 1 then. */
void arena_shift(struct arena *arena, uint64_t shift, uint64_t room);
int arena_fits(const struct arena *arena, uint64_t bytes, uint64_t align);
/* Zeroed, aligned to align (a power of two up to 4096). NULL when it does not fit. */
void *arena_take(struct arena *arena, uint64_t bytes, uint64_t align);
void arena_reset(struct arena *arena);

#endif
