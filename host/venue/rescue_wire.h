// SPDX-License-Identifier: Apache-2.0
/* rescue_wire: what an exchange's folder fills so that a dead host's orders can be cancelled there:
 * how it is asked and signed, what an answer means, and what is read to know that nothing is open.
 * When what is asked, and when all is done, is rescue.c's and the same for all. Only files of this
 * folder include it. [io] */
#ifndef VENUE_RESCUE_WIRE_H
#define VENUE_RESCUE_WIRE_H

#include "venue/gateway_core.h"

#define RESCUE_BATCH 20

enum rescue_op {
    RESCUE_TIME = 1,  /* not signed: rescue.c writes it by time_path */
    RESCUE_LIST = 2,  /* all open orders of the account */
    RESCUE_MANY = 3,  /* cancels all of one instrument, or all of the account */
    RESCUE_ORDER = 4, /* cancels orders of ours by their client ids */
};
struct rescue_job {
    uint8_t op;                  /* enum rescue_op */
    const struct symbol *symbol; /* NULL: of the account, or of an instrument that is not ours */
    char client_id[40];
};

enum rescue_reach { /* what one RESCUE_MANY ends; it asks nobody whose they are */
                    RESCUE_NOTHING = 0, /* there is none: orders are cancelled by their ids alone */
                    RESCUE_INSTRUMENT = 1,
                    RESCUE_ACCOUNT = 2
};

struct rescue_wire {
    uint8_t reach;     /* enum rescue_reach */
    uint8_t is_serial; /* one request at a time: by its nonce, which has to rise */
    /* An order is cancelled by its id alone, also where its instrument is not ours. */
    uint8_t needs_no_symbol;
    uint32_t batch; /* orders that one RESCUE_ORDER may name, at most RESCUE_BATCH */
    uint32_t page;  /* orders of a full list, which may not be all; 0: a list is all of them */
    uint32_t list_weight, cancel_weight; /* of the limit "weight", */
    uint32_t share_ppm;                  /* of which so much is used */
    int64_t list_ns;                     /* between two lists, when nothing is left */
    /* Everything is copied; symbols is borrowed. AGON_EINVAL: a key that is none. */
    int (*open)(const struct venue_config *config, const struct symbols *symbols, void **self,
                struct error *err);
    void (*close)(void *self); /* NULL is fine */
    /* Writes the request behind the venue's rest_path, signed. RESCUE_ORDER: of n jobs, else of
     * one. venue_now: by the venue's clock; utc: by this machine's. */
    int (*write)(void *self, const struct rescue_job *jobs, uint32_t n, agon_ns_t venue_now,
                 agon_ns_t utc, struct gateway_http *http);
    /* text: what it said, where that is not ANSWER_GOOD. */
    enum answer (*judge)(void *self, const struct http_message *reply, char *text, size_t room);
    /* Each open order; of an instrument that is not ours symbol is NULL. How many, or an error:
     * then none was told. */
    int (*read_list)(void *self, const void *bytes, size_t n, wire_order_fn each, void *ctx);
};

#endif
