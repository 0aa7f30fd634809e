// SPDX-License-Identifier: Apache-2.0
/* order_types: what Binance calls the types of orders, in requests and in what it tells. One that
 * stands here in neither market is never sent (venue/orders.c). A post-only limit of spot is
 * LIMIT_MAKER. */
#include "venue/binance/core.h"
#include "venue/binance/decode_in.h"

/* X(type, spot, futures); NULL: that market has none. */
#define NAMES(X)                                                                                   \
    X(AGON_LIMIT, "LIMIT", "LIMIT")                                                                \
    X(AGON_MARKET, "MARKET", "MARKET")                                                             \
    X(AGON_STOP, "STOP_LOSS", "STOP_MARKET")                                                       \
    X(AGON_STOP_LIMIT, "STOP_LOSS_LIMIT", "STOP")                                                  \
    /* the next one stands above this line */

const char *const binance_spot_types[ORDER_TYPES_MAX] = {
#define ROW(type, spot, futures) [type] = (spot),
    NAMES(ROW)
#undef ROW
};
const char *const binance_um_types[ORDER_TYPES_MAX] = {
#define ROW(type, spot, futures) [type] = (futures),
    NAMES(ROW)
#undef ROW
};

int decode_in_type(struct scan *scan, struct wire_order *order)
{
    struct scan_text text;

    if (scan_string(scan, &text) < 0)
        return scan->rc;
    // Types that we never send stay 0. No name means another type in the other market.
    for (uint8_t i = 1; i < ORDER_TYPES_MAX; i++) {
        if ((binance_spot_types[i] != NULL && scan_is(&text, binance_spot_types[i])) ||
            (binance_um_types[i] != NULL && scan_is(&text, binance_um_types[i])))
            order->type = i;
    }
    if (scan_is(&text, "LIMIT_MAKER")) {
        order->type = AGON_LIMIT;
        order->is_post_only = 1;
    }
    return AGON_OK;
}
