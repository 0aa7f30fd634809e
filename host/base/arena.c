// SPDX-License-Identifier: Apache-2.0
#include "base/arena.h"

#include "base/error.h"

void arena_init(struct arena *arena, void *memory, uint64_t bytes)
{
    *arena = (struct arena){.memory = memory, .bytes = bytes, .room = bytes};
}

void arena_shift(struct arena *arena, uint64_t shift, uint64_t room)
{
    REQUIRE(arena->used == 0 && shift % 64 == 0 && room >= arena->bytes &&
            shift <= room - arena->bytes);
    arena->placed = shift;
    arena->room = room;
}

/* Where the next piece would begin, of memory. */
static uint64_t next(const struct arena *arena, uint64_t used, uint64_t align)
{
    uint64_t base = (uint64_t)(uintptr_t)arena->memory;

    return ((base + used + align - 1) & ~(align - 1)) - base;
}

int arena_fits(const struct arena *arena, uint64_t bytes, uint64_t align)
{
    uint64_t at;

    if (align == 0 || (align & (align - 1)) != 0 || align > 4096)
        return 0;
    at = next(arena, arena->used, align);
    return at <= arena->bytes && bytes <= arena->bytes - at;
}

void *arena_take(struct arena *arena, uint64_t bytes, uint64_t align)
{
    uint64_t place;

    if (!arena_fits(arena, bytes, align))
        return NULL;
    place = next(arena, arena->placed, align);
    if (place > arena->room || bytes > arena->room - place)
        return NULL;
    memset(arena->memory + place, 0, bytes);
    arena->used = next(arena, arena->used, align) + bytes;
    arena->placed = place + bytes;
    return arena->memory + place;
}

void arena_reset(struct arena *arena)
{
    arena->used = arena->placed = 0;
}
