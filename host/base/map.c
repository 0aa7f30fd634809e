// SPDX-License-Identifier: Apache-2.0
#include "base/map.h"

#include <stdlib.h>

#include "base/hash.h"
#include "base/hot.h"

#define LINE    16 /* places of the table in a line of the cache */
#define REMOVED UINT32_MAX
#define PAGE    1024 /* places of the table: as many as a page of memory has room for */

static inline uint64_t hash_of(uint64_t key)
{
    return hash_mix(key / LINE + 0x9e3779b97f4a7c15u);
}

/* The low bits of a key say where in its line it stands, and the others in which. */
static inline uint32_t slot_of(const struct map *map, uint64_t key, uint64_t hash)
{
    return (uint32_t)((hash * LINE) | key % LINE) & map->mask;
}

/* To the next line, where those that stand beside it do not all want the same place again. The step
 * is odd, so that each place is come to. */
static inline uint32_t next_of(const struct map *map, uint32_t at)
{
    return (at + LINE + 1) & map->mask;
}

/* Is anything of a page of the table in use? One that was never written is not read either: it
 * would be faulted in twice, and the second time each other processor that the process is on be
 * interrupted for it. */
static inline int is_used(const struct map *map, uint32_t at)
{
    return (int)(map->pages[at / PAGE / 64] >> at / PAGE % 64 & 1);
}

static inline uint32_t cell_at(const struct map *map, uint32_t at)
{
    return is_used(map, at) ? map->index[at] : 0;
}

static inline void put_cell(struct map *map, uint32_t at, uint32_t cell)
{
    map->pages[at / PAGE / 64] |= (uint64_t)1 << at / PAGE % 64;
    map->index[at] = cell;
}

static void clear_table(struct map *map)
{
    uint64_t table = (uint64_t)map->mask + 1, some = table < PAGE ? table : PAGE;

    for (uint64_t at = 0; at < table; at += some) {
        if (is_used(map, (uint32_t)at))
            memset(map->index + at, 0, some * sizeof(*map->index));
    }
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
    map->entries = calloc(places, sizeof(*map->entries));
    map->is_dead = calloc(places, sizeof(*map->is_dead));
    map->index = calloc(table, sizeof(*map->index));
    map->pages = calloc((table + PAGE * 64 - 1) / (PAGE * 64), sizeof(*map->pages));
    if (!map->entries || !map->is_dead || !map->index || !map->pages) {
        map_deinit(map);
        return AGON_ENOMEM;
    }
    map->capacity = capacity;
    map->mask = (uint32_t)(table - 1);
    // All bits are set in what was removed, and in nothing else: there are half as many entries.
    return AGON_OK;
}

void map_deinit(struct map *map)
{
    free(map->entries);
    free(map->is_dead);
    free(map->index);
    free(map->pages);
    memset(map, 0, sizeof(*map));
}

/* As it stands in the table. */
static inline uint32_t cell_of(const struct map *map, uint32_t entry, uint64_t hash)
{
    return (uint32_t)(hash >> 32 & ~map->mask) | (entry + 1);
}

/* Its entry + 1, and its place of the table; 0: it is not there, and could stand at that place. */
static HOT __attribute__((noinline)) uint32_t find(const struct map *map, uint64_t key,
                                                   uint32_t *place)
{
    uint64_t hash = hash_of(key);
    uint32_t at = slot_of(map, key, hash);
    uint32_t cell, above = cell_of(map, 0, hash) & ~map->mask;

    for (; (cell = cell_at(map, at)) != 0; at = next_of(map, at)) {
        uint32_t entry = cell & map->mask;

        if (cell - entry == above && cell != REMOVED && map->entries[entry - 1].key == key)
            break;
    }
    *place = at;
    return cell & map->mask;
}

static void enlist(struct map *map, uint32_t entry)
{
    uint64_t hash = hash_of(map->entries[entry].key);
    uint32_t at = slot_of(map, map->entries[entry].key, hash);

    while (cell_at(map, at) != 0)
        at = next_of(map, at);
    put_cell(map, at, cell_of(map, entry, hash));
}

// Drops removed entries and keeps the order of the others.
static void sweep(struct map *map)
{
    uint32_t kept = 0;

    clear_table(map);
    for (uint32_t i = 0; i < map->n; i++) {
        if (map->is_dead[i])
            continue;
        map->entries[kept++] = map->entries[i];
    }
    memset(map->is_dead, 0, map->n);
    map->n = kept;
    map->n_dead = 0;
    for (uint32_t i = 0; i < kept; i++)
        enlist(map, i);
}

void map_expect(const struct map *map, uint64_t key)
{
    __builtin_prefetch(&map->index[slot_of(map, key, hash_of(key))], 1);
}

int map_put(struct map *map, uint64_t key, uint64_t value)
{
    uint32_t place, found = find(map, key, &place);

    if (found != 0) {
        map->entries[found - 1].value = value;
        return AGON_OK;
    }
    if (map_count(map) >= map->capacity)
        return AGON_ENOSPC;
    if (map->n >= map->capacity * 2 + 2) {
        sweep(map);
        (void)find(map, key, &place);
    }
    map->entries[map->n] = (struct map_entry){.key = key, .value = value};
    map->is_dead[map->n] = 0;
    put_cell(map, place, cell_of(map, map->n, hash_of(key)));
    map->n++;
    return AGON_OK;
}

int map_get(const struct map *map, uint64_t key, uint64_t *value)
{
    uint32_t place, found = find(map, key, &place);

    if (found == 0)
        return 0;
    if (value != NULL)
        *value = map->entries[found - 1].value;
    return 1;
}

int map_remove(struct map *map, uint64_t key)
{
    uint32_t place, found = find(map, key, &place);

    if (found == 0)
        return 0;
    map->is_dead[found - 1] = 1;
    map->index[place] = REMOVED;
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
        *key = map->entries[*at].key;
    if (value != NULL)
        *value = map->entries[*at].value;
    (*at)++;
    return 1;
}

void map_clear(struct map *map)
{
    clear_table(map);
    memset(map->is_dead, 0, map->n);
    map->n = 0;
    map->n_dead = 0;
}
