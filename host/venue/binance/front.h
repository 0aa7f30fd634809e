// SPDX-License-Identifier: Apache-2.0
/* front: what an order's parameters begin with, which is the same for all orders of a symbol, side,
 * type and time in force. It is written once and, as far as whole blocks of the hash go, hashed
 * once: an order's request has to write and hash what is behind it.
 *
 * Behind it stands the order's id. Which one the next order of its kind has is foretold by the last
 * two: behind a request that has left, the front goes on with that id and is hashed as far as that
 * makes whole blocks. An order of another id begins with the front alone. [one thread] */
#ifndef VENUE_BINANCE_FRONT_H
#define VENUE_BINANCE_FRONT_H

#include "venue/binance/sign.h"
#include "venue/client_id.h"
#include "venue/hmac.h"

#define BINANCE_FRONTS     16  /* the newest of each place */
#define BINANCE_FRONT_TEXT 128 /* a longer one is written each time */
/* With "&newClientOrderId=", the id, and "&quantity=". */
#define BINANCE_AHEAD_TEXT (BINANCE_FRONT_TEXT + 48)
#define BINANCE_STRIDE_MAX 64 /* ids that two orders of a kind are apart */

struct binance_front_kind { /* what it depends on beside the symbol's name */
    uint8_t side, type, tif, is_post_only;
    uint32_t recv_window_ms;
};

struct binance_ahead {   /* the front and the next order's id */
    struct hmac_key key; /* of messages that begin with n_hashed bytes of the text */
    uint64_t order_id;   /* 0: none is foretold */
    uint32_t n, n_hashed;
    uint8_t rev;
    char text[BINANCE_AHEAD_TEXT];
};

struct binance_front {
    struct hmac_key key; /* of messages that begin with n_hashed bytes of the text */
    struct binance_front_kind kind;
    uint32_t n, n_hashed, n_name; /* n 0: nothing is here */
    uint8_t is_hashed;            /* signatures are by that hash */
    char text[BINANCE_FRONT_TEXT];
    uint64_t last_id; /* of the last order that left with it */
    struct binance_ahead ahead;
};

/* In pages of secret_new: states of the key's hash are in it. */
struct binance_fronts {
    struct binance_front all[BINANCE_FRONTS];
};

/* Begins empty parameters with the front of that symbol and kind and, if it was foretold
 * (params->has_id), with the id and the name of what is next, the quantity. False: it is not here,
 * and the caller writes it, "symbol" first, and has it kept. */
int binance_front_begin(const struct binance_fronts *fronts, struct binance_params *params,
                        const char *name, size_t n_name, const struct binance_front_kind *kind,
                        uint64_t order_id, uint8_t rev);
/* Keeps what stands in the parameters. */
void binance_front_keep(struct binance_fronts *fronts, const struct binance_signer *signer,
                        struct binance_params *params, size_t n_name,
                        const struct binance_front_kind *kind);
/* An order of that symbol and kind has left, with that id: writes and hashes what the next one is
 * likely to begin with. */
void binance_front_foretell(struct binance_fronts *fronts, const char *name, size_t n_name,
                            const struct binance_front_kind *kind, const struct order_ids *ids,
                            uint64_t order_id, uint8_t rev);

#endif
