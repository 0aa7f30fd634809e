// SPDX-License-Identifier: Apache-2.0
/* core: what OKX speaks, spot and linear swaps: WebSocket v5 for the market and what happens to
 * orders, REST for what is asked. Quantities of a swap are counted there in contracts, and here in
 * the base. Only files of this folder include it. [io] */
#ifndef VENUE_OKX_CORE_H
#define VENUE_OKX_CORE_H

#include "venue/bar_row.h"
#include "venue/client.h"
#include "venue/fields.h"
#include "venue/fill_pages.h"
#include "venue/okx/sign.h"
#include "venue/records.h"
#include "venue/scan_take.h"
#include "venue/stencil.h"

#define OKX_PAGE   100 /* orders and fills of an answer */
#define OKX_BARS   300
#define OKX_MS_NS  1000000ll
#define OKX_MS_MAX 4102444800000ll

struct okx_contract { /* what one of an instrument's quantities stands for, in the base */
    int64_t value;    /* value x 10^-exp; 0: not known yet */
    int exp;
};

struct okx_price { /* of a swap: what mark price and funding have come to; they come apart */
    agon_px_t mark_px;
    int64_t rate_ppb;
    agon_ns_t t_funding;
};

struct okx_vault { /* in pages of secret_new */
    struct okx_signer signer;
    char key[SECRET_MAX + 1], passphrase[SECRET_MAX + 1], signature[OKX_SIGNATURE_TEXT];
};

struct okx_envelope { /* a message of a socket */
    char event[24], channel[24], name[32], action[16], code[12], text[WIRE_TEXT];
    char id[24];           /* of the request that it answers; empty: none */
    struct scan_text data; /* n 0: none */
};

struct okx_answer { /* of REST, or to what was said on the socket */
    int32_t code;   /* of the first record where that says one */
    char text[WIRE_TEXT];
    struct scan_text data;
};

struct okx {
    struct venue_client *client; /* NULL: a reader of recordings, as the gateway */
    struct gateway *gateway;
    const struct symbols *symbols; /* borrowed */
    uint8_t is_swap;
    uint8_t is_known; /* what contracts are worth was read */
    struct okx_contract contracts[SYMBOLS_MAX];
    uint64_t
        codes[SYMBOLS_MAX]; /* what names an instrument in an order on the socket; 0: nothing */
    struct okx_price prices[SYMBOLS_MAX];
    struct records records;
    struct stencils stencils;
    struct okx_envelope reply; /* that was decoded last */
    /* Channels that are asked for anew: bits, to be left and, that done, to be asked for. */
    uint8_t leave[SYMBOLS_MAX], enter[SYMBOLS_MAX];
    uint64_t n_bad[WIRE_KINDS];
    uint64_t n_cut;
    struct agon_bar bars[OKX_BARS];
    /* the account */
    struct okx_vault *vault; /* owned; NULL: public data only */
    char rest_path[64];
    char stamp[32]; /* of the request that is written */
    char expiry[24];
    struct fill_pages *fills;              /* owned; same order as symbols->all */
    const struct gateway_request *request; /* whose answer is being taken */
    agon_ns_t t_begun;                     /* trades before are not this journal's */
    uint64_t uid;                          /* 0: not told yet */
    uint8_t is_net;                        /* positions have one side */
};

struct okx_text { /* a key whose value is a text, to be copied */
    const char *name;
    char *at;
    size_t room;
    uint8_t is_bare; /* ... or a number without quotation marks */
};
/* ... of the name of the array that it goes to. */
#define FIELD(name)                                                                                \
    {                                                                                              \
#name, name, sizeof(name), 0                                                               \
    }
#define COUNT(fields) (sizeof(fields) / sizeof((fields)[0]))

/* okx.c */
int okx_open_reader(const struct symbols *symbols, int is_swap, void **self);
void okx_close(void *self);
int okx_take_key(struct okx *okx, const struct venue_config *config, struct error *err);
/* rescue.c */
extern const struct rescue_wire okx_spot_rescue, okx_swap_rescue;

/* market.c */
int okx_decode(void *self, const void *bytes, size_t n, struct wire_out *out);
int okx_decode_recorded(void *self, const struct symbol *symbol, const void *bytes, size_t n,
                        struct wire_out *out);
int okx_look(const void *bytes, size_t n, struct okx_envelope *from);
int okx_bad(struct okx *okx, int kind, int rc, size_t n);
/* Reads an object whose wanted values are texts; n of them. Others are skipped. */
int okx_read_texts(struct scan *scan, const struct okx_text *texts, size_t n);
/* "1597026383085", milliseconds. "" is 0. */
int okx_parse_ms(const char *text, agon_ns_t *t);
int okx_parse_u64(const char *text, uint64_t *value); /* "" is 0 */
int okx_parse_px(const char *text, const struct symbol *symbol, agon_px_t *px);
/* Contracts to the base, and back. A quantity that is none of whole contracts: AGON_ERANGE. */
int okx_parse_qty(const struct okx *okx, const char *text, const struct symbol *symbol,
                  agon_qty_t *qty);
int okx_format_qty(const struct okx *okx, agon_qty_t qty, const struct symbol *symbol, char *text);

/* usual.c */
/* Messages that look as usual: what okx_decode would say of them; 0: it has to. */
int okx_usual_take(struct okx *okx, const char *text, size_t n, struct wire_out *out);
/* One that okx_decode took. */
void okx_usual_learn(struct okx *okx, const char *text, size_t n, int kind,
                     const struct symbol *symbol);

/* rest.c */
int okx_read_time(void *self, const void *bytes, size_t n, agon_ns_t *t, int64_t *resolution_ns);
/* AGON_EINVAL: it is none. */
int okx_open_answer(const void *bytes, size_t n, struct okx_answer *answer);
enum answer okx_judge_code(int status, int32_t code);
/* Of any answer; said: what stands in it, nothing where that cannot be read. */
enum answer okx_judge_answer(const struct http_message *reply, struct okx_answer *said);
enum answer okx_judge(void *self, const struct gateway_request *request,
                      const struct http_message *reply, int32_t *code, char *text, size_t room,
                      int64_t now);
uint16_t okx_refusal(enum answer answer, int32_t code, const char *text);
int okx_is_of_socket(int32_t code, const char *text);
int okx_read_info(void *self, const void *bytes, size_t n, wire_limit_fn each_limit,
                  wire_info_fn each, void *ctx);
void okx_fit_rules(const struct wire_info *info, int quote_exp,
                   const struct agon_instrument *record, struct rules *rules);
int okx_read_bars(void *self, const void *bytes, size_t n, const struct symbol *symbol,
                  uint32_t length_s, agon_ns_t t_now, wire_bar_fn each, void *ctx);

/* How far a private connection is (venue_feed.is_asked): each message keeps the least gap. */
enum { OKX_USER_LOGIN = 1, OKX_USER_LOGGED_IN, OKX_USER_SUBSCRIBED };

/* account.c: what of an account is read, and told by its socket */
int okx_take_order(void *self, const void *bytes, size_t n, struct wire_order *order,
                   wire_fill_fn each_fill, void *ctx);
int okx_read_orders(void *self, const void *bytes, size_t n, wire_order_fn each, void *ctx);
int okx_read_fills(void *self, const void *bytes, size_t n, const struct symbol *symbol,
                   wire_fill_fn each, void *ctx);
int okx_read_account(void *self, const void *bytes, size_t n, struct wire_out *out);
int okx_read_positions(void *self, const void *bytes, size_t n, struct wire_out *out);
int okx_read_rights(void *self, const void *bytes, size_t n, int *can_withdraw);
int okx_take_replace(void *self, const struct gateway_request *request,
                     const struct http_message *reply, int64_t now);
void okx_on_user(void *self, struct link *link, const void *bytes, size_t n);

/* private.c: what is asked of an account */
extern const char *const okx_order_types[ORDER_TYPES_MAX];
/* Signs what is in target and body at now. window_ns 0: the venue may take it whenever it can. */
void okx_sign_request(struct okx *okx, struct gateway_http *http, agon_ns_t now, int64_t window_ns);
int okx_write_private(struct okx *okx, struct gateway_request *request, struct gateway_http *http);
int64_t okx_say(void *self, struct gateway_request *request, uint64_t id, char *text, size_t room);
int okx_is_sayable(const void *self, const struct gateway_request *request);
void okx_login(struct okx *okx, struct link *link);
void okx_subscribe_user(struct okx *okx, struct link *link);
void okx_on_user_up(void *self, struct link *link);
void okx_keep_user(void *self, int64_t now);

#endif
