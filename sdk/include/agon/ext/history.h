// SPDX-License-Identifier: MIT
/* agon.history/1: what came before the first event, to warm up on. Frozen per revision: a new need
 * is agon.history/2, and /1 stays served. */
#ifndef AGON_EXT_HISTORY_H
#define AGON_EXT_HISTORY_H

#include "agon/plugin.h"

#define AGON_EXT_HISTORY "agon.history/1"
struct agon_host_history {
    /* Copies the last max closed bars of that length, oldest first, and returns how many it copied.
     * They end before the first event that will be delivered. [agent, on_start only] */
    int (*bars)(const struct agon_host *host, agon_instrument_t id, uint32_t length_s,
                struct agon_bar *bars, uint32_t max);
    /* The same for trades. AGON_ENOENT: no such instrument; AGON_ESTATE. [agent, on_start only] */
    int (*trades)(const struct agon_host *host, agon_instrument_t id, struct agon_trade *trades,
                  uint32_t max);
};

#endif
