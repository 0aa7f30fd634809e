// SPDX-License-Identifier: MIT
/* agon.account/1: the slot's money, as of the event being delivered. Frozen per revision: a new
 * need is agon.account/2, and /1 stays served. */
#ifndef AGON_EXT_ACCOUNT_H
#define AGON_EXT_ACCOUNT_H

#include "agon/plugin.h"

#define AGON_EXT_ACCOUNT "agon.account/1"
struct agon_host_account {
    /* Capital, equity, stage and condition. AGON_ENOENT: not known yet. [agent] */
    int (*capital)(const struct agon_host *host, struct agon_capital *capital);
    /* The position; account 0: the slot's own. One that never was is all zeros and AGON_OK.
     * AGON_ENOENT: no such instrument. [agent] */
    int (*position)(const struct agon_host *host, agon_account_t account, agon_instrument_t id,
                    struct agon_position *out);
    /* The balance of an asset. AGON_ENOENT: never heard of. [agent] */
    int (*balance)(const struct agon_host *host, agon_account_t account, agon_asset_t asset,
                   struct agon_balance *out);
    /* The largest position, long or short, that the slot's limits allow at the present mid price;
     * INT64_MAX: no limit. AGON_ENOENT: no such instrument; AGON_EAGAIN: no price yet;
     * AGON_ENOTSUP: it does not settle in the base currency. The gate has the last word. [agent] */
    agon_qty_t (*limit)(const struct agon_host *host, agon_account_t account, agon_instrument_t id);
};

#endif
