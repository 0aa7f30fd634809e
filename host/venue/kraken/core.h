// SPDX-License-Identifier: Apache-2.0
/* core: what Kraken spot speaks: WebSocket v2 for the market, REST for what is asked. A symbol here
 * is the socket's name of it ("BTC/USD"); REST has another ("XBTUSD"). Only files of this folder
 * include it. [io] */
#ifndef VENUE_KRAKEN_CORE_H
#define VENUE_KRAKEN_CORE_H

#include "venue/client.h"
#include "venue/fill_pages.h"
#include "venue/kraken/sign.h"
#include "venue/scan_take.h"

#define KRAKEN_TOP 10 /* levels of a side that the checksum is over */

/* Numbers of an instrument's text, as the venue prints them: learned of its list of instruments,
 * and of what it sends, which may have no zeros at its end. */
struct kraken_digits {
    uint8_t px, qty;
};

#define KRAKEN_TXID  24
#define KRAKEN_KNOWN 8192

struct kraken_known { /* an order by the number that stands for its text */
    uint64_t number;  /* 0: none */
    uint64_t used;
    char text[KRAKEN_TXID], client_id[WIRE_CLIENT_ID];
    /* as the stream told it last: what it says next leaves out what stays */
    const struct symbol *symbol;
    uint8_t side;
    agon_px_t px;
    agon_qty_t qty, cum_qty;
};

#define KRAKEN_TOKEN 128
struct kraken_vault { /* in pages of secret_new */
    struct kraken_signer signer;
    char key[SECRET_MAX + 1], signature[KRAKEN_SIGNATURE_TEXT];
    /* of the private connections: the one that was told last, and of each that it was said on */
    char token[KRAKEN_TOKEN], tokens[GATEWAY_LINKS][KRAKEN_TOKEN];
};

struct kraken_envelope { /* a message of a socket */
    char channel[24], type[16], method[32], error[WIRE_TEXT];
    struct scan_text data;
    uint64_t id, sequence;
    int is_done;
    uint8_t has_success;
};

struct kraken_form { /* name=value&name=value */
    char *text;      /* borrowed */
    size_t room, n;
    int is_full;
};

struct kraken {
    struct venue_client *client; /* NULL: a reader of recordings, as the gateway */
    struct gateway *gateway;
    const struct symbols *symbols; /* borrowed */
    struct kraken_digits digits[SYMBOLS_MAX];
    /* A message of several records, from which so many of ours were handed out; NULL: none. */
    const void *message;
    uint32_t n_handed;
    char method[32]; /* of the answer that was decoded last */
    /* Books that are asked for anew: channels by bit, to be left and, that done, to be asked for.
     */
    uint8_t leave[SYMBOLS_MAX], enter[SYMBOLS_MAX];
    uint64_t n_bad[WIRE_KINDS];
    uint64_t n_cut;
    /* the account */
    struct kraken_vault *vault; /* owned; NULL: public data only */
    char rest_path[64];
    uint64_t nonce; /* the last one */
    uint64_t n_known;
    struct kraken_known *known;            /* owned; KRAKEN_KNOWN */
    struct fill_pages *fills;              /* owned; same order as symbols->all */
    const struct gateway_request *request; /* whose answer is being taken */
    agon_ns_t t_begun;                     /* trades before are not this journal's */
    int64_t token_ns;                      /* not asked for before */
    uint8_t is_token_asked;
    uint32_t n_nonces;                 /* refused in a row */
    uint64_t sequence[GATEWAY_LINKS];  /* of the last message of executions */
    uint8_t asks_closed[KRAKEN_KNOWN]; /* by place in the outbox: asked for next among the closed */
};

/* spot.c */
int kraken_open_reader(const struct symbols *symbols, void **self);
void kraken_close(void *self);
int kraken_take_key(struct kraken *kraken, const struct venue_config *config, struct error *err);
/* rescue.c */
extern const struct rescue_wire kraken_rescue;

/* market.c */
int kraken_decode(void *self, const void *bytes, size_t n, struct wire_out *out);
int kraken_decode_recorded(void *self, const struct symbol *symbol, const void *bytes, size_t n,
                           struct wire_out *out);
uint32_t kraken_checksum(const struct wire_top *top);
int kraken_read_side(struct scan *scan, uint8_t *side); /* enum agon_side */
/* "2023-10-06T17:35:55.440295Z" */
int kraken_read_stamp(struct scan *scan, agon_ns_t *t);
/* 1688585840.8921, seconds; quoted or not */
int kraken_read_seconds(struct scan *scan, agon_ns_t *t);
int kraken_look(const void *bytes, size_t n, struct kraken_envelope *from);
/* Counts a message that cannot be taken, told once of each kind. */
int kraken_bad(struct kraken *kraken, int kind, int rc, size_t n);

/* rest.c */
/* "BTC/USD" to "XBTUSD", and the list's "XBT/USD" to "BTC/USD". */
void kraken_pair(const char *symbol, char *pair, size_t room);
int kraken_read_time(void *self, const void *bytes, size_t n, agon_ns_t *t, int64_t *resolution_ns);
enum answer kraken_judge_text(int status, const char *text);
/* Of any answer; text: its error, "" where there is none. */
enum answer kraken_judge_answer(const struct http_message *reply, char *text, size_t room);
enum answer kraken_judge(void *self, const struct gateway_request *request,
                         const struct http_message *reply, int32_t *code, char *text, size_t room,
                         int64_t now);
uint16_t kraken_refusal(enum answer answer, int32_t code, const char *text);
int kraken_read_rights(void *self, const void *bytes, size_t n, int *can_withdraw);
int kraken_read_info(void *self, const void *bytes, size_t n, wire_limit_fn each_limit,
                     wire_info_fn each, void *ctx);
void kraken_fit_rules(const struct wire_info *info, int quote_exp,
                      const struct agon_instrument *record, struct rules *rules);
int kraken_read_bars(void *self, const void *bytes, size_t n, const struct symbol *symbol,
                     uint32_t length_s, agon_ns_t t_now, wire_bar_fn each, void *ctx);
/* What stands in "result" of an answer without an error. */
int kraken_result(const void *bytes, size_t n, struct scan_text *result);

/* private.c */
/* The number that stands for an order's text, and the order of a number or text. NULL: it was not
 * heard of; learn: another text has that number. */
uint64_t kraken_number(const char *text);
struct kraken_known *kraken_find(struct kraken *kraken, uint64_t number);
struct kraken_known *kraken_learn(struct kraken *kraken, const char *text);
/* All of one instrument, from pages of all that was traded: AGON_EAGAIN, the next page is needed.
 */
int kraken_read_fills(void *self, const void *bytes, size_t n, const struct symbol *symbol,
                      wire_fill_fn each, void *ctx);
int kraken_read_order(void *self, const void *bytes, size_t n, struct wire_order *order,
                      wire_fill_fn each_fill, void *ctx);
int kraken_read_orders(void *self, const void *bytes, size_t n, wire_order_fn each, void *ctx);
int kraken_read_account(void *self, const void *bytes, size_t n, struct wire_out *out);
int kraken_is_nowhere(const struct http_message *reply);
int kraken_read_token(const void *bytes, size_t n, char *token, size_t room);
void kraken_form_init(struct kraken_form *form, char *text, size_t room);
void kraken_form_add(struct kraken_form *form, const char *name, const char *value);
/* A new order as AddOrder has it. */
void kraken_form_order(struct kraken_form *form, const struct symbol *symbol,
                       const struct outbox_entry *entry, const char *client_id);
uint64_t kraken_nonce(struct kraken *kraken, agon_ns_t utc);
/* Adds the nonce and signs what is in http->body. AGON_ENOSPC: it did not fit. */
int kraken_sign_request(struct kraken *kraken, agon_ns_t utc, const char *path,
                        struct kraken_form *form, struct gateway_http *http);

/* socket.c: orders on the private connection, by the token that it has */
int64_t kraken_say(void *self, struct gateway_request *request, uint64_t id, char *text,
                   size_t room);

/* account.c: orders and user data */
/* By then the venue has taken the request, or never will: as text. */
void kraken_deadline(agon_ns_t t, char *text, size_t room);
/* Of an order's request: until when it may be taken. 0: the clock is not known well enough, and
 * the request says so. */
agon_ns_t kraken_take_until(struct kraken *kraken, struct gateway_request *request);
/* Cancelling a young order counts among the orders: by its age, as published. */
void kraken_count_cancel(struct kraken *kraken, const struct outbox_entry *entry, int64_t now);
extern const char *const kraken_order_types[ORDER_TYPES_MAX];
int kraken_write_private(struct kraken *kraken, struct gateway_request *request,
                         struct gateway_http *http);
int kraken_take_order(void *self, const void *bytes, size_t n, struct wire_order *order,
                      wire_fill_fn each_fill, void *ctx);
int kraken_take_replace(void *self, const struct gateway_request *request,
                        const struct http_message *reply, int64_t now);
void kraken_on_user_up(void *self, struct link *link);
void kraken_on_user(void *self, struct link *link, const void *bytes, size_t n);
void kraken_keep_user(void *self, int64_t now);
void kraken_answer(void *self, struct gateway_request *request, enum answer answer, int32_t code,
                   const char *text, const struct http_message *reply);

#endif
