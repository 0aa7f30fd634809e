// SPDX-License-Identifier: Apache-2.0
/* core: what the dialects of Binance share, spot and USD-M futures: request queues, what answers
 * mean, orders, reconciliation, market data. What differs is a struct binance_flavour, one in each
 * dialect's file. Only files of this folder include it. [io] */
#ifndef VENUE_BINANCE_CORE_H
#define VENUE_BINANCE_CORE_H

#include "venue/binance/decode.h"
#include "venue/binance/judge.h"
#include "venue/binance/sign.h"
#include "venue/book_sync.h"
#include "venue/client_id.h"
#include "venue/gateway_core.h"

#define BINANCE_FOREIGN    1024
#define BINANCE_RETRY_NS   1000000000ll
#define BINANCE_DATA_NS    10000000000ll /* so long a request for data may wait */
#define BINANCE_STREAMS_OF 5             /* of one instrument */

enum request_kind {
    REQ_TIME = 1,
    REQ_INFO = 2,
    REQ_SNAPSHOT = 3,
    REQ_KLINES = 4,
    REQ_OPEN = 5,   /* all open orders */
    REQ_TRADES = 6, /* fills after the last known; b: of one order only */
    REQ_ACCOUNT = 7,
    REQ_NUMBER = 8,     /* whose order is a: a fill of it was seen */
    REQ_RIGHTS = 9,     /* what the key may do */
    REQ_RECENT = 10,    /* orders of the last ten minutes */
    REQ_POSITIONS = 11, /* futures, as the four after it */
    REQ_LISTEN = 12,    /* a key for the user data stream; a: 1: it is extended */
    REQ_COUNTDOWN = 13, /* dead-man's switch of an instrument; a: ms, 0: off */
    REQ_LEVERAGE = 14,
    REQ_MARGIN = 15,
    REQ_NEW = 16, /* orders from here on */
    REQ_CANCEL = 17,
    REQ_REPLACE = 18,
    REQ_SWAP_CANCEL = 19, /* replacing a filled order: cancel, learn what is left, */
    REQ_SWAP_NEW = 20,    /* then place that */
    REQ_QUERY = 21,
    REQ_STRAY = 22,      /* cancels an order that should not be there; a: its id, b: revision */
    REQ_CANCEL_ALL = 23, /* of an instrument */
    REQ_SWEPT = 24,      /* all open orders, after it */
    REQ_KINDS = 25
};

/* What of an instrument is expected to go on coming. */
enum { CHANNEL_DEPTH = 0, CHANNEL_TRADES = 1, CHANNEL_QUOTES = 2, CHANNELS = 3 };
struct feed_channel {
    int64_t last_ns;  /* the last message; 0: none yet on this connection */
    int64_t usual_ns; /* the longest gap of the last minute or so */
    int64_t acted_ns; /* when its silence was last acted upon */
    uint32_t n, pad;  /* messages */
};

#define BINANCE_EARLY 4
struct binance_instrument {
    struct book_sync sync;
    struct agon_instrument record;
    struct feed_channel channels[CHANNELS];
    uint64_t last_fill;
    uint64_t unknown;    /* the order of the first trade that waits for it to be named; and since */
    int64_t unknown_ns;  /* when that is asked */
    uint64_t last_trade; /* shown, of the market */
    uint64_t next_diff, next_trade; /* what the connection that is to follow has come to */
    uint8_t is_based;               /* last_fill is known */
    uint8_t is_told;                /* an INSTRUMENT record was sent */
    uint32_t bar_s;                 /* struct gateway_instrument */
    /* bars that came before the history did: behind it they go on */
    struct agon_bar early[BINANCE_EARLY];
    uint32_t n_early;
    agon_ns_t last_bar;   /* shown: when it opened */
    uint8_t has_stranger; /* an order that is not ours stands here, or stood since the last list */
    uint8_t is_sweeping;  /* one request that cancels all of ours here is under way */
    int64_t swept_ns;     /* the last one that was done was sent then; 0: none was */
    int64_t warm_ns;      /* history is asked for then */
    uint8_t has_past;     /* and was read */
    /* futures */
    uint8_t is_leverage_set, is_margin_set, is_setting; /* as configured; a request is out */
    uint8_t is_switch_on, is_switch_asked, n_switch_failed;
    int64_t switch_ns; /* the dead-man's switch is renewed then */
    int64_t rate_ppb;  /* funding, as last told */
    agon_ns_t t_funding;
};

struct binance_feed {         /* what was subscribed on a WebSocket */
    uint32_t subscribe_at;    /* market: next stream to ask for, in the list of all */
    uint32_t n_unacked;       /* messages of ours that are still unanswered, */
    uint64_t subscribe_first; /* the first of them */
    uint64_t id;              /* user data: of the subscription */
    int64_t asked_ns;         /* user data: asked; market: all is subscribed since then */
    uint8_t is_asked, is_up;
};

struct binance_vault { /* in pages of secret_new */
    struct binance_signer signer;
    char key[SECRET_MAX + 1];
};

/* What is asked before the first order of a host in mode live, and what the key may do now and
 * then.
 */
struct binance_guard {
    uint8_t is_claimed, is_rights_known, is_out;
    uint8_t is_rich;    /* the key may withdraw, and the core was told to halt this venue */
    uint8_t is_passed;  /* the host took orders once: what comes now is new */
    uint32_t recent_at; /* the next instrument whose recent orders are asked for */
    int64_t next_ns;
    int64_t rights_ns, rights_read_ns; /* the key's rights: asked for then, read last */
};

struct binance {
    struct gateway *gateway;
    const struct binance_flavour *flavour;
    struct binance_vault *vault; /* owned; NULL: public data only */
    struct binance_decoder dec;
    struct binance_instrument *all; /* owned; same order as symbols.all */
    uint32_t n;
    int64_t check_ns, info_ns;
    int64_t asked_ns; /* when the request was sent whose answer is being taken */
    uint8_t is_time_asked, is_info_asked;
    uint8_t is_offset_due; /* the time that is asked for is a sample of the venue's clock */
    struct binance_feed feeds[GATEWAY_LINKS]; /* by link */
    /* reconciliation */
    int64_t reconcile_ns; /* the next round */
    uint32_t n_out;       /* requests of the round still out */
    uint8_t is_round, is_round_bad;
    uint8_t round;                     /* number of the round; requests carry it, 0 is none */
    uint64_t foreign[BINANCE_FOREIGN]; /* orders that are not ours, by number and instrument */
    uint32_t n_foreign;
    struct binance_guard guard;
    uint8_t health;
    uint8_t has_list; /* open orders were read: who is a stranger is known */
    /* cancelling everything: sweep.c */
    uint8_t is_sweep, is_list_asked;
    uint32_t n_bars_lost; /* of the history that is being taken in, for want of room */
    uint32_t n_sweep_lists;
    int64_t sweep_ns; /* open orders are read then */
    /* futures: the key of the user data stream */
    char listen_key[96];
    int64_t listen_ns; /* it is extended, or asked for, then */
    uint8_t is_listen_asked;
    struct wire_out out;
    struct binance_replace replace;
};

struct binance_flavour {
    const char *paths[REQ_KINDS]; /* behind rest_path */
    uint32_t weights[REQ_KINDS];
    const char *minute_header; /* of the count of orders in the second window */
    uint8_t is_in_place;       /* a replaced order keeps its id, number and filled part */
    uint8_t has_positions;     /* a round reads them too */
    uint8_t names_symbols;     /* exchangeInfo may be asked for some only */
    uint8_t has_micros;        /* stamps in microseconds are given to who asks for them */
    uint32_t (*snapshot_weight)(uint32_t levels);
    /* Suffixes of the streams of an instrument; how many. */
    uint32_t (*streams)(const struct venue_config *config,
                        const char *suffixes[BINANCE_STREAMS_OF]);
    enum request_kind (*replace_kind)(const struct order_cmd *cmd,
                                      const struct outbox_entry *entry);
    /* Parameters of a new order, side first. */
    void (*add_order)(const struct binance *binance, struct binance_params *params,
                      const struct symbol *symbol, const struct outbox_entry *entry, agon_qty_t qty,
                      agon_px_t px, uint8_t rev);
    /* Writes a replacement, or a request of a kind that only this market has. */
    int (*write)(struct binance *binance, struct gateway_request *request,
                 struct gateway_http *http, struct binance_params *params);
    /* The answer to a replacement or a half of it. False: a query must tell. */
    int (*take_replace)(struct binance *binance, const struct gateway_request *request,
                        const struct http_message *reply, int64_t now);
    /* ... to a request of its own kinds. */
    void (*answer)(struct binance *binance, struct gateway_request *request, enum answer answer,
                   int32_t code, const char *text, const struct http_message *reply);
    /* User data: its connection came up; a message of it; what is due. */
    void (*on_user_up)(struct binance *binance, struct link *link);
    void (*on_user)(struct binance *binance, struct link *link, const void *bytes, size_t n);
    void (*keep_user)(struct binance *binance, int64_t now);
    /* Other market data than books, trades and quotes. May be NULL. */
    void (*on_market)(struct binance *binance, int kind);
    /* Balances of the account; NULL: as spot has them. */
    int (*decode_account)(struct binance_decoder *dec, const void *bytes, size_t n,
                          struct wire_out *out);
    /* Is everything set that orders need? May be NULL. */
    int (*is_set)(const struct binance *binance);
};

/* Defaults that both have. */
void binance_defaults(struct venue_config *config);
int binance_open(struct gateway *gateway, const struct binance_flavour *flavour,
                 const struct gateway_instrument *instruments, uint32_t n_instruments, void **self,
                 struct error *err);
void binance_close(void *self);
int binance_read_time(const void *bytes, size_t n, agon_ns_t *t, int64_t *resolution_ns);
void binance_on_link(void *self, struct link *link, int is_up);
void binance_on_message(void *self, struct link *link, const void *bytes, size_t n);
int binance_write(void *self, struct gateway_request *request, struct gateway_http *http);
void binance_on_answer(void *self, struct gateway_request *request, enum gateway_fate fate,
                       uint16_t reason, const struct http_message *reply);
void binance_on_turn(void *self, int64_t now);
void binance_on_command(void *self, const struct order_cmd *cmd, int64_t seen_ns);
void binance_status(void *self, struct gateway_status *status);

/* sweep.c: cancelling everything at once, until nothing is left. */
void binance_on_cancel_all(void *self, int64_t now);
void binance_sweep_turn(struct binance *binance, int64_t now);
void binance_sweep_end(struct binance *binance);
/* Is the cancel of this order, just taken, done by what is under way for its instrument? */
int binance_sweep_takes(struct binance *binance, struct outbox_entry *entry, int64_t now);
void binance_sweep_answer(struct binance *binance, struct gateway_request *request,
                          enum answer answer, const struct http_message *reply);
int binance_answer_open(struct binance *binance, const struct gateway_request *request,
                        const struct http_message *reply);

struct binance_instrument *binance_instrument(struct binance *binance, const struct symbol *symbol);
struct binance_feed *binance_feed(struct binance *binance, const struct link *link);
int binance_is_user_up(struct binance *binance);
void binance_add_num(struct binance_params *params, const char *name, int64_t value, int exp);
void binance_add_client_id(const struct binance *binance, struct binance_params *params,
                           const char *name, uint64_t order_id, uint8_t rev);
/* AGON_ENOENT: the client id is not of this journal. */
int binance_own_id(const struct binance *binance, const char *text, uint64_t *order_id,
                   uint8_t *rev);
const char *binance_side_name(uint8_t side);
int binance_is_clock_good(struct binance *binance, int64_t now);
int binance_write_signed(struct binance *binance, struct gateway_request *request,
                         struct gateway_http *http, struct binance_params *params,
                         const char *path);
struct gateway_request *binance_ask(struct binance *binance, enum request_kind kind,
                                    const struct symbol *symbol, enum limiter_class class,
                                    int64_t wait_ns);
struct gateway_request *binance_ask_order(struct binance *binance, enum request_kind kind,
                                          struct outbox_entry *entry, enum limiter_class class,
                                          int64_t until_ns);
/* What the request of a command costs of each limit. */
void binance_command_cost(const struct binance_flavour *flavour, const struct order_cmd *cmd,
                          uint32_t cost[BUCKETS]);
/* An order of the account that is not of this journal was seen. */
void binance_foreign(struct binance *binance, const struct wire_order *order);
/* guard.c */
void binance_guard_turn(struct binance *binance, int64_t now);
/* What the key may do is asked for anew: a connection was made. */
void binance_guard_again(struct binance *binance);
int binance_guard_write(struct binance *binance, struct gateway_request *request,
                        struct gateway_http *http, struct binance_params *params);
void binance_guard_answer(struct binance *binance, struct gateway_request *request,
                          enum answer answer, const struct http_message *reply);
/* The account was read: out says whose it is. */
void binance_guard_account(struct binance *binance);
void binance_guard_see(struct binance *binance, const struct wire_order *order, int is_known);
void binance_guard_list(void *ctx, const struct wire_order *order);
int binance_guard_is_clear(const struct binance *binance);
void binance_halt_auth(struct binance *binance, int32_t code, const char *text);
void binance_show(struct binance *binance, const struct wire_order *order, uint64_t order_id,
                  uint8_t rev, uint8_t state, agon_qty_t cum_qty, enum outbox_source source);
void binance_end_part(struct binance *binance, const struct gateway_request *request, int is_good);
void binance_emit_balances(struct binance *binance, uint16_t flags);
void binance_on_report(struct binance *binance);
void binance_user_down(struct binance *binance, struct link *link);
/* The user data stream is up: what happened while we were deaf is read. */
void binance_user_up(struct binance *binance, struct link *link);

#endif
