// SPDX-License-Identifier: Apache-2.0
/* front: what an order's parameters begin with, which is the same for all orders of a symbol, side,
 * type and time in force. It is written once and, as far as whole blocks of the hash go, hashed
 * once: an order's request has to write and hash what is behind it. [one thread] */
#ifndef VENUE_BINANCE_FRONT_H
#define VENUE_BINANCE_FRONT_H

#include "venue/binance/sign.h"
#include "venue/hmac.h"

#define BINANCE_FRONTS     16  /* the newest of each place */
#define BINANCE_FRONT_TEXT 128 /* a longer one is written each time */

struct binance_front_kind { /* what it depends on beside the symbol's name */
    uint8_t side, type, tif, is_post_only;
    uint32_t recv_window_ms;
};

struct binance_front {
    struct hmac_key key; /* of messages that begin with n_hashed bytes of the text */
    struct binance_front_kind kind;
    uint32_t n, n_hashed, n_name; /* n 0: nothing is here */
    char text[BINANCE_FRONT_TEXT];
};

/* In pages of secret_new: states of the key's hash are in it. */
struct binance_fronts {
    struct binance_front all[BINANCE_FRONTS];
};

/* Begins empty parameters with the front of that symbol and kind. False: it is not here, and the
 * caller writes it, "symbol" first, and has it kept. */
int binance_front_begin(const struct binance_fronts *fronts, struct binance_params *params,
                        const char *name, size_t n_name, const struct binance_front_kind *kind);
/* Keeps what stands in the parameters. */
void binance_front_keep(struct binance_fronts *fronts, const struct binance_signer *signer,
                        struct binance_params *params, size_t n_name,
                        const struct binance_front_kind *kind);

#endif
