// SPDX-License-Identifier: Apache-2.0
/* grow: bytes that are appended to; the room doubles, so a peer that announces much and sends
 * little costs little. All zero is an empty one. [any] */
#ifndef NET_GROW_H
#define NET_GROW_H

#include <agon/types.h>
#include <stdlib.h>

struct grow {
    unsigned char *bytes; /* owned */
    size_t n, room;
};

/* Room for n more bytes behind what is there. AGON_ENOMEM: unchanged. */
static inline int grow_reserve(struct grow *grow, size_t n)
{
    size_t room = grow->room ? grow->room : 256;
    unsigned char *bytes;

    if (n <= grow->room - grow->n)
        return AGON_OK;
    if (n > SIZE_MAX / 2 - grow->n)
        return AGON_ENOMEM;
    while (room < grow->n + n)
        room *= 2;
    bytes = realloc(grow->bytes, room);
    if (!bytes)
        return AGON_ENOMEM;
    grow->bytes = bytes;
    grow->room = room;
    return AGON_OK;
}

static inline int grow_add(struct grow *grow, const void *bytes, size_t n)
{
    if (grow_reserve(grow, n) < 0)
        return AGON_ENOMEM;
    if (n)
        memcpy(grow->bytes + grow->n, bytes, n);
    grow->n += n;
    return AGON_OK;
}

static inline void grow_free(struct grow *grow)
{
    free(grow->bytes);
    memset(grow, 0, sizeof *grow);
}

/* Empties it, and gives the memory back when there is more than keep of it. */
static inline void grow_trim(struct grow *grow, size_t keep)
{
    grow->n = 0;
    if (grow->room > keep)
        grow_free(grow);
}

#endif
