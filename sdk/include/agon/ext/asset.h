// SPDX-License-Identifier: MIT
/* agon.asset/1: files that the roster names for an agent: weights, tables. A plugin has no path and
 * opens nothing; what it reads is a copy that nobody can change, whose hash the journal has. Frozen
 * per revision: a new need is agon.asset/2, and /1 stays served. */
#ifndef AGON_EXT_ASSET_H
#define AGON_EXT_ASSET_H

#include "agon/plugin.h"

#define AGON_EXT_ASSET "agon.asset/1"
struct agon_asset_map {
    const void *bytes; /* aligned to 4096, valid until destroy; not to be written to */
    uint64_t n;        /* bytes; never 0 */
    uint8_t sha256[32];
};
AGON_SIZE_IS(agon_asset_map, 48);
struct agon_host_asset {
    /* The file that the roster's `files` has under that name. AGON_ENOENT: it has none so called.
     * Other contents come with another generation: what was mapped stays as it is. [agent] */
    int (*map)(const struct agon_host *host, const char *name, struct agon_asset_map *map);
};

#endif
