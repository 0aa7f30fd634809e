// SPDX-License-Identifier: Apache-2.0
/* map: uint64 to uint64, open addressing, memory taken once. Iteration is in order of insertion, so
 * that nothing depends on hash values. Keys that follow each other, as numbers of orders and fills
 * do, stand beside each other in the table: sixteen of them cost one line of the cache. Not
 * thread-safe. [any, one thread] */
#ifndef BASE_MAP_H
#define BASE_MAP_H

#include <agon/types.h>

struct map_entry {
    uint64_t key, value;
};
struct map {
    struct map_entry *entries; /* owned; in order of insertion */
    uint32_t *index; /* owned; table of entry + 1 and above it bits of the key's hash, so that few
                        others are looked at; 0: free, UINT32_MAX: removed */
    uint64_t *pages; /* owned; a bit for each 1,024 places of which one was ever written */
    uint32_t n, capacity, mask;
    uint32_t n_dead;  /* removed entries that still take a place */
    uint8_t *is_dead; /* owned */
};

/* Room for capacity live keys at a time. AGON_ENOMEM. */
int map_init(struct map *map, uint32_t capacity);
void map_deinit(struct map *map);
/* AGON_ENOSPC when capacity live keys are there. Replaces the value of a key that is there. */
int map_put(struct map *map, uint64_t key, uint64_t value);
/* True and *value when the key is there; value may be NULL. */
int map_get(const struct map *map, uint64_t key, uint64_t *value);
/* The key is soon asked for: the place where it would stand is brought near. Changes nothing. */
void map_expect(const struct map *map, uint64_t key);
int map_remove(struct map *map, uint64_t key); /* true when it was there */
uint32_t map_count(const struct map *map);
/* Walks in order of insertion: *at begins at 0; false at the end. */
int map_next(const struct map *map, uint32_t *at, uint64_t *key, uint64_t *value);
void map_clear(struct map *map);

#endif
