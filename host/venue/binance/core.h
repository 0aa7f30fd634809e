// SPDX-License-Identifier: Apache-2.0
/* core: what spot and USD-M futures of Binance share: how requests are written and signed, what
 * answers say of limits, which streams there are. What differs is a struct binance_flavour, one in
 * each market's file. Only files of this folder include it. [io] */
#ifndef VENUE_BINANCE_CORE_H
#define VENUE_BINANCE_CORE_H

#include "venue/binance/decode.h"
#include "venue/binance/front.h"
#include "venue/binance/judge.h"
#include "venue/binance/sign.h"
#include "venue/client.h"

#define BINANCE_STREAMS_OF 5 /* of one instrument */

struct binance_vault { /* in pages of secret_new */
    struct binance_signer signer;
    char key[SECRET_MAX + 1];
    /* What each of its requests has of headers, as lines; the first of them has the key. */
    char lines[SECRET_MAX + 64];
    uint32_t n_lines, n_key_line;
    struct binance_fronts fronts;
};

struct binance_contract {                               /* an instrument of futures */
    uint8_t is_leverage_set, is_margin_set, is_setting; /* as configured; a request is out */
};

/* What an answer says of the venue's limits: of those that it does not name it says nothing. */
struct binance_counts {
    uint32_t used[BUCKETS]; /* counted in the window that is now; 0: not told */
    int64_t wait_ns;        /* nothing shall be sent for so long; 0: not told */
};

struct binance {
    struct venue_client *client;
    struct gateway *gateway; /* the client's */
    const struct binance_flavour *flavour;
    struct binance_vault *vault; /* owned; NULL: public data only */
    struct binance_decoder dec;
    struct binance_replace replace;
    struct binance_counts counts; /* of the answer on a socket that is being taken */
    /* futures */
    struct binance_contract *contracts; /* owned; same order as symbols.all */
    char listen_key[96];                /* of the user data stream */
    int64_t listen_ns;                  /* it is extended, or asked for, then */
    uint8_t is_listen_asked;
};

struct binance_flavour {
    const char *paths[REQ_KINDS]; /* behind rest_path */
    const char *said[REQ_KINDS];  /* by WebSocket: what is called; NULL: it is asked by REST */
    const char *minute_header;    /* of the count of orders in the second window */
    uint8_t names_symbols;        /* exchangeInfo may be asked for some only */
    uint8_t has_micros;           /* stamps in microseconds are given to who asks for them */
    /* Suffixes of the streams of an instrument; how many. */
    uint32_t (*streams)(const struct venue_config *config,
                        const char *suffixes[BINANCE_STREAMS_OF]);
    /* Of a new order's parameters what the front has, side first, and the rest of them. */
    void (*add_kind)(struct binance_params *params, const struct outbox_entry *entry);
    void (*add_order)(const struct binance *binance, struct binance_params *params,
                      const struct symbol *symbol, const struct outbox_entry *entry, agon_qty_t qty,
                      agon_px_t px, uint8_t rev);
    /* Writes a replacement, or a request of a kind that only this market has. */
    int (*write)(struct binance *binance, struct gateway_request *request,
                 struct gateway_http *http, struct binance_params *params);
};

/* By type of order: what the market calls it. */
extern const char *const binance_spot_types[ORDER_TYPES_MAX];
extern const char *const binance_um_types[ORDER_TYPES_MAX];

/* What a struct venue_wire of both has, as wire.h says it. */
int binance_open(struct venue_client *client, const struct binance_flavour *flavour, void **self,
                 struct error *err);
void binance_close(void *self);
/* *vault is the caller's, to be freed by secret_free. */
int binance_take_key(struct binance_vault **vault, const struct venue_config *config,
                     struct error *err);
extern const struct rescue_wire binance_spot_rescue, binance_um_rescue; /* rescue.c */
int binance_read_time(void *self, const void *bytes, size_t n, agon_ns_t *t,
                      int64_t *resolution_ns);
int binance_write(void *self, struct gateway_request *request, struct gateway_http *http);
void binance_sent(void *self, const struct gateway_request *request);
/* socket.c: by WebSocket. */
int64_t binance_say(void *self, struct gateway_request *request, uint64_t id, char *text,
                    size_t room);
/* Is that message the answer to what was said there? Then it has been taken. */
int binance_take_said(struct binance *binance, struct link *link, const void *bytes, size_t n);
enum answer binance_judge_reply(void *self, const struct gateway_request *request,
                                const struct http_message *reply, int32_t *code, char *text,
                                size_t room, int64_t now);
int binance_read_info(void *self, const void *bytes, size_t n, wire_limit_fn each_limit,
                      wire_info_fn each, void *ctx);
int binance_read_snapshot(void *self, const void *bytes, size_t n, const struct symbol *symbol,
                          struct wire_depth *depth);
int binance_read_bars(void *self, const void *bytes, size_t n, const struct symbol *symbol,
                      uint32_t length_s, agon_ns_t t_now, wire_bar_fn each, void *ctx);
int binance_read_order(void *self, const void *bytes, size_t n, struct wire_order *order,
                       wire_fill_fn each_fill, void *ctx);
int binance_read_orders(void *self, const void *bytes, size_t n, wire_order_fn each, void *ctx);
int binance_read_fills(void *self, const void *bytes, size_t n, const struct symbol *symbol,
                       wire_fill_fn each, void *ctx);
int binance_read_rights(void *self, const void *bytes, size_t n, int *can_withdraw);
int binance_open_reader(const struct symbols *symbols, void **self);
int binance_decode_recorded(void *self, const struct symbol *symbol, const void *bytes, size_t n,
                            struct wire_out *out);
int binance_decode(void *self, const void *bytes, size_t n, struct wire_out *out);
void binance_subscribe(void *self, struct link *link);
void binance_resubscribe(void *self, struct link *link, uint32_t instrument, int channel);
int binance_on_reply(void *self, struct link *link);
void binance_count(const void *self, uint64_t *n_bad, uint64_t *n_cut);

/* What the three markets have in common of a struct venue_wire. */
#define BINANCE_WIRE                                                                               \
    .read_time = binance_read_time, .close = binance_close, .write = binance_write,                \
    .sent = binance_sent, .judge = binance_judge_reply, .refusal = binance_refusal,                \
    .is_of_socket = binance_is_of_socket, .read_info = binance_read_info,                          \
    .fit_rules = binance_fit_rules, .read_snapshot = binance_read_snapshot,                        \
    .read_bars = binance_read_bars, .read_order = binance_read_order,                              \
    .read_orders = binance_read_orders, .read_fills = binance_read_fills,                          \
    .read_rights = binance_read_rights, .decode = binance_decode,                                  \
    .open_reader = binance_open_reader, .decode_recorded = binance_decode_recorded,                \
    .subscribe = binance_subscribe, .resubscribe = binance_resubscribe,                            \
    .on_reply = binance_on_reply, .count = binance_count, .listing = "exchangeInfo"

void binance_add_num(struct binance_params *params, const char *name, int64_t value, int exp);
void binance_add_client_id(const struct binance *binance, struct binance_params *params,
                           const char *name, uint64_t order_id, uint8_t rev);
/* A new order's id and, behind it, its quantity: as far as they do not stand there yet. */
void binance_add_own(const struct binance *binance, struct binance_params *params,
                     const struct symbol *symbol, uint64_t order_id, uint8_t rev, agon_qty_t qty);
const char *binance_side_name(uint8_t side);
int binance_write_signed(struct binance *binance, struct gateway_request *request,
                         struct gateway_http *http, struct binance_params *params,
                         const char *path);

#endif
