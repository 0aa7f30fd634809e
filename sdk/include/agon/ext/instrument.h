// SPDX-License-Identifier: MIT
/* agon.instrument/1: instruments and assets. Frozen per revision: a new need is agon.instrument/2,
 * and /1 stays served. */
#ifndef AGON_EXT_INSTRUMENT_H
#define AGON_EXT_INSTRUMENT_H

#include "agon/plugin.h"

#define AGON_EXT_INSTRUMENT "agon.instrument/1"
struct agon_host_instrument {
    /* By venue and the venue's own spelling ("binance", "BTCUSDT"); 0: none. The id stays valid for
     * ever. [agent] */
    agon_instrument_t (*find)(const struct agon_host *host, const char *venue, const char *symbol);
    /* Exponents, filters, fees as of this event. AGON_ENOENT. [agent] */
    int (*get)(const struct agon_host *host, agon_instrument_t id, struct agon_instrument *out);
    /* Name and exponent of an asset; both may be NULL. AGON_ENOENT. [agent] */
    int (*asset)(const struct agon_host *host, agon_asset_t id, char name[16], int *asset_exp);
};

#endif
