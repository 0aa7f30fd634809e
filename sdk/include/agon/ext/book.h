// SPDX-License-Identifier: MIT
/* agon.book/1: order books, as of the event being delivered. Frozen per revision: a new need is
 * agon.book/2, and /1 stays served. */
#ifndef AGON_EXT_BOOK_H
#define AGON_EXT_BOOK_H

#include "agon/plugin.h"

#define AGON_EXT_BOOK "agon.book/1"
struct agon_host_book {
    /* The last TOP10 of an instrument. Look at its book before trading on it. AGON_ENOENT: none
     * yet, or not subscribed. [agent] */
    int (*top)(const struct agon_host *host, agon_instrument_t id, struct agon_top10 *out);
    /* Copies the max best levels of a side, best first, and returns how many it copied. Beyond ten
     * only for instruments with depth: full in the roster. AGON_ENOENT, AGON_EINVAL. [agent] */
    int (*levels)(const struct agon_host *host, agon_instrument_t id, uint32_t side,
                  struct agon_level *levels, uint32_t max);
};

#endif
