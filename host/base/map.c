// SPDX-License-Identifier: Apache-2.0
#include "base/map.h"

#include <stdlib.h>

#include "base/hash.h"

static uint32_t slot_of(const struct map *map, uint64_t key)
{
    return (uint32_t)hash_mix(key + 0x9e3779b97f4a7c15u) & map->mask;
}

int map_init(struct map *map, uint32_t capacity)
{
    // Twice the room for entries (removed ones wait there to be swept), four times for the table.
    uint64_t places = (uint64_t)capacity * 2 + 2;
    uint64_t table = 8;

    memset(map, 0, sizeof(*map));
    while (table < places * 2)
        table *= 2;
    if (table > (uint64_t)UINT32_MAX + 1)
        return AGON_ENOMEM;
    map->keys = calloc(places, sizeof(*map->keys));
    map->values = calloc(places, sizeof(*map->values));
    map->is_dead = calloc(places, sizeof(*map->is_dead));
    map->index = calloc(table, sizeof(*map->index));
    if (!map->keys || !map->values || !map->is_dead || !map->index) {
        map_deinit(map);
        return AGON_ENOMEM;
    }
    map->capacity = capacity;
    map->mask = (uint32_t)(table - 1);
    return AGON_OK;
}

void map_deinit(struct map *map)
{
    free(map->keys);
    free(map->values);
    free(map->is_dead);
    free(map->index);
    memset(map, 0, sizeof(*map));
}

static uint32_t find(const struct map *map, uint64_t key)
{
    for (uint32_t at = slot_of(map, key); map->index[at] != 0; at = (at + 1) & map->mask) {
        uint32_t entry = map->index[at] - 1;

        if (map->keys[entry] == key && !map->is_dead[entry])
            return entry + 1;
    }
    return 0;
}

static void enlist(struct map *map, uint32_t entry)
{
    uint32_t at = slot_of(map, map->keys[entry]);

    while (map->index[at] != 0)
        at = (at + 1) & map->mask;
    map->index[at] = entry + 1;
}

// Drops removed entries and keeps the order of the others.
static void sweep(struct map *map)
{
    uint32_t kept = 0;

    memset(map->index, 0, ((size_t)map->mask + 1) * sizeof(*map->index));
    for (uint32_t i = 0; i < map->n; i++) {
        if (map->is_dead[i])
            continue;
        map->keys[kept] = map->keys[i];
        map->values[kept] = map->values[i];
        kept++;
    }
    memset(map->is_dead, 0, map->n);
    map->n = kept;
    map->n_dead = 0;
    for (uint32_t i = 0; i < kept; i++)
        enlist(map, i);
}

int map_put(struct map *map, uint64_t key, uint64_t value)
{
    uint32_t found = find(map, key);

    if (found != 0) {
        map->values[found - 1] = value;
        return AGON_OK;
    }
    if (map_count(map) >= map->capacity)
        return AGON_ENOSPC;
    if (map->n >= map->capacity * 2 + 2)
        sweep(map);
    map->keys[map->n] = key;
    map->values[map->n] = value;
    map->is_dead[map->n] = 0;
    enlist(map, map->n);
    map->n++;
    return AGON_OK;
}

int map_get(const struct map *map, uint64_t key, uint64_t *value)
{
    uint32_t found = find(map, key);

    if (found == 0)
        return 0;
    if (value != NULL)
        *value = map->values[found - 1];
    return 1;
}

int map_remove(struct map *map, uint64_t key)
{
    uint32_t found = find(map, key);

    if (found == 0)
        return 0;
    map->is_dead[found - 1] = 1;
    map->n_dead++;
    return 1;
}

uint32_t map_count(const struct map *map)
{
    return map->n - map->n_dead;
}

int map_next(const struct map *map, uint32_t *at, uint64_t *key, uint64_t *value)
{
    while (*at < map->n && map->is_dead[*at])
        (*at)++;
    if (*at >= map->n)
        return 0;
    if (key != NULL)
        *key = map->keys[*at];
    if (value != NULL)
        *value = map->values[*at];
    (*at)++;
    return 1;
}

void map_clear(struct map *map)
{
    memset(map->index, 0, ((size_t)map->mask + 1) * sizeof(*map->index));
    memset(map->is_dead, 0, map->n);
    map->n = 0;
    map->n_dead = 0;
}
