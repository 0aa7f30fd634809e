// SPDX-License-Identifier: Apache-2.0
#include "base/arena.h"

void arena_init(struct arena *arena, void *memory, uint64_t bytes)
{
    arena->memory = memory;
    arena->bytes = bytes;
    arena->used = 0;
}

void *arena_take(struct arena *arena, uint64_t bytes, uint64_t align)
{
    uint64_t base = (uint64_t)(uintptr_t)arena->memory;
    uint64_t at;
    void *piece;

    if (align == 0 || (align & (align - 1)) != 0 || align > 4096)
        return NULL;
    at = ((base + arena->used + align - 1) & ~(align - 1)) - base;
    if (at > arena->bytes || bytes > arena->bytes - at)
        return NULL;
    piece = arena->memory + at;
    memset(piece, 0, bytes);
    arena->used = at + bytes;
    return piece;
}

void arena_reset(struct arena *arena)
{
    arena->used = 0;
}
