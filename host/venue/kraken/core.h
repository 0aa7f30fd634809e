// SPDX-License-Identifier: Apache-2.0
/* core: what Kraken spot speaks: WebSocket v2 for the market, REST for what is asked. A symbol here
 * is the socket's name of it ("BTC/USD"); REST has another ("XBTUSD"). Only files of this folder
 * include it. [io] */
#ifndef VENUE_KRAKEN_CORE_H
#define VENUE_KRAKEN_CORE_H

#include "venue/bar_row.h"
#include "venue/client.h"
#include "venue/fields.h"
#include "venue/fill_pages.h"
#include "venue/form.h"
#include "venue/kraken/sign.h"
#include "venue/order_texts.h"
#include "venue/print.h"
#include "venue/records.h"
#include "venue/scan_take.h"
#include "venue/stencil.h"

#define KRAKEN_TOP 10 /* levels of a side that the checksum is over */

/* Numbers of an instrument's text, as the venue prints them: learned of its list of instruments,
 * and of what it sends, which may have no zeros at its end. */
struct kraken_digits {
    uint8_t px, qty;
};

#define KRAKEN_TXID  24
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

struct kraken_asked { /* what the fields of a request are printed from */
    const struct symbol *symbol;
    const struct outbox_entry *entry; /* NULL: it is of no order, or only an id of one is known */
    char client_id[CLIENT_ID_TEXT];
    uint64_t timeout_s;
    agon_ns_t t_until; /* 0: it has no deadline */
};

struct kraken {
    struct venue_client *client; /* NULL: a reader of recordings, as the gateway */
    struct gateway *gateway;
    const struct symbols *symbols; /* borrowed */
    struct kraken_digits digits[SYMBOLS_MAX];
    struct records records;
    struct stencils stencils;
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
    struct order_texts texts;
    struct fill_pages *fills;              /* owned; same order as symbols->all */
    const struct gateway_request *request; /* whose answer is being taken */
    agon_ns_t t_begun;                     /* trades before are not this journal's */
    int64_t token_ns;                      /* not asked for before */
    uint8_t is_token_asked;
    uint32_t n_nonces;                /* refused in a row */
    uint64_t sequence[GATEWAY_LINKS]; /* of the last message of executions */
    uint8_t asks_closed[ORDER_TEXTS]; /* by place in the outbox: asked for next among the closed */
};

/* spot.c */
int kraken_open_reader(const struct symbols *symbols, void **self);
void kraken_close(void *self);
int kraken_take_key(struct kraken *kraken, const struct venue_config *config, struct error *err);
/* rescue.c */
extern const struct rescue_wire kraken_rescue;

/* market.c */
int kraken_decode(void *self, const void *bytes, size_t n, struct wire_out *out);
uint32_t kraken_checksum(const struct wire_top *top);
int kraken_look(const void *bytes, size_t n, struct kraken_envelope *from);
/* Counts a message that cannot be taken, told once of each kind. */
int kraken_bad(struct kraken *kraken, int kind, int rc, size_t n);

/* usual.c */
/* Messages that look as usual: what kraken_decode would say of them; 0: it has to. */
int kraken_usual_take(struct kraken *kraken, const char *text, size_t n, struct wire_out *out);
/* One that kraken_decode took. */
void kraken_usual_learn(struct kraken *kraken, const char *text, size_t n, int kind,
                        const struct symbol *symbol);

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
int kraken_is_of_socket(int32_t code, const char *text);
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
extern const struct field_word kraken_sides[]; /* enum agon_side */
/* All of one instrument, from pages of all that was traded: AGON_EAGAIN, the next page is needed.
 */
int kraken_read_fills(void *self, const void *bytes, size_t n, const struct symbol *symbol,
                      wire_fill_fn each, void *ctx);
int kraken_read_order(void *self, const void *bytes, size_t n, struct wire_order *order,
                      wire_fill_fn each_fill, void *ctx);
int kraken_read_orders(void *self, const void *bytes, size_t n, wire_order_fn each, void *ctx);
int kraken_read_account(void *self, const void *bytes, size_t n, struct wire_out *out);
int kraken_is_nowhere(const struct http_message *reply);
int kraken_read_token(const void *bytes, size_t n, char token[KRAKEN_TOKEN]);

/* asked.c: requests of the account */
extern const char *const kraken_order_types[ORDER_TYPES_MAX];
/* The fields that a request has by REST. */
void kraken_form_add(struct form *form, enum wire_op op, const struct kraken_asked *asked);
uint64_t kraken_nonce(struct kraken *kraken, agon_ns_t utc);
/* Adds the nonce and signs what is in http->body. AGON_ENOSPC: it did not fit. */
int kraken_sign_request(struct kraken *kraken, agon_ns_t utc, const char *path, struct form *form,
                        struct gateway_http *http);
int kraken_write_private(struct kraken *kraken, struct gateway_request *request,
                         struct gateway_http *http);
int64_t kraken_say(void *self, struct gateway_request *request, uint64_t id, char *text,
                   size_t room);

/* account.c: orders and user data */
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
