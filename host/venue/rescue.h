// SPDX-License-Identifier: Apache-2.0
/* rescue: cancels what a dead or hung host left open on one account, and looks whether it is gone.
 *
 * Sans-I/O as the gateway is, over a stream_port, and much less: it asks for the venue's time,
 * lists the open orders, cancels those whose client ids are of the journal that it is given, at
 * once where nobody else's order stands (on the instrument or the account, as the venue has a
 * request for that) and one by one else, and lists again until none is left. It knows nothing of
 * agents, positions or what an order was for, and sends no new one, ever. It has a limiter of its
 * own: a quarter of the venue's limits, which the host had for itself (of Kraken's small one half).
 * What differs by exchange is in rescue_wire.h. [io] */
#ifndef VENUE_RESCUE_H
#define VENUE_RESCUE_H

#include "venue/gateway.h"

#define RESCUE_LINKS 4

enum rescue_state {
    RESCUE_RUNNING = 1,
    RESCUE_DONE = 2,    /* the venue showed none of them */
    RESCUE_GIVEN_UP = 3 /* it does not take our key: text says what it said */
};
struct rescue_status {
    uint8_t state;
    uint32_t n_found;   /* at the first list */
    uint32_t n_left;    /* at the last list */
    uint32_t n_foreign; /* at the last list: left alone */
    uint32_t
        n_elsewhere;    /* ours, of symbols that the configuration does not name: cannot be named */
    uint32_t n_cancels; /* requests */
    char text[160];     /* why it is not done yet */
};
struct rescue;
/* symbols: n names of the venue. Everything is copied but the stream port; key and secret are
 * borrowed until it returns. AGON_ENOTSUP: this dialect has none. */
int rescue_new(struct rescue **rescue, const struct venue_config *config,
               const struct stream_port *stream, const struct order_ids *ids,
               const struct agon_instrument *instruments, uint32_t n, struct error *err);
void rescue_start(struct rescue *rescue);
void rescue_status(const struct rescue *rescue, struct rescue_status *status);
void rescue_free(struct rescue *rescue); /* when the port has stopped; NULL is fine */

#endif
