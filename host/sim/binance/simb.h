// SPDX-License-Identifier: Apache-2.0
/* simb: Binance spot as its clients see it; what the files of this folder share.
 *
 * Written from the venue's public reference (github.com/binance/binance-spot-api-docs: rest-api.md,
 * web-socket-api.md, web-socket-streams.md, user-data-stream.md, filters.md, errors.md, faqs/),
 * July 2026. REST and the WebSocket API share their handlers: a call has parameters and writes a
 * result; what stands around it is the transport's business. */
#ifndef SIM_BINANCE_SIMB_H
#define SIM_BINANCE_SIMB_H

#include "base/map.h"
#include "base/rng.h"
#include "net/jout.h"
#include "sim/sim.h"

#define SIMB_PARAMS_MAX     64
#define SIMB_TEXT_MAX       32768 /* decoded parameters of one call */
#define SIMB_PEERS_MAX      256
#define SIMB_STREAMS_MAX    1024  /* the venue's limit per connection */
#define SIMB_SUBS_MAX       16    /* user data subscriptions of one connection */
#define SIMB_ORDERS_KEPT    32768 /* open ones and the last that closed */
#define SIMB_FILLS_KEPT     32768
#define SIMB_BUCKETS        65536
#define SIMB_CLIENT_TEXT    40
#define SIMB_STREAM_TEXT    80
#define SIMB_LISTEN_TEXT    64
#define SIMB_LISTEN_LIFE_NS (3600ll * 1000000000)
#define SIMB_EXP            8
#define SIMB_HELD_MAX       4096 /* requests that are held */
#define SIMB_SPEEDS         3    /* of a diff stream */
#define SIMB_NS_PER_MS      1000000ll
#define SIMB_NS_PER_S       1000000000ll
#define SIMB_NS_PER_MIN     (60 * SIMB_NS_PER_S)

/* --- orders --- */

enum simb_type {
    SIMB_LIMIT,
    SIMB_MARKET,
    SIMB_STOP_LOSS,
    SIMB_STOP_LOSS_LIMIT,
    SIMB_TAKE_PROFIT,
    SIMB_TAKE_PROFIT_LIMIT,
    SIMB_LIMIT_MAKER,
    SIMB_TYPES
};
enum simb_status {
    SIMB_NEW,
    SIMB_PARTIALLY_FILLED,
    SIMB_FILLED,
    SIMB_CANCELED,
    SIMB_REJECTED,
    SIMB_EXPIRED,
    SIMB_EXPIRED_IN_MATCH
};
extern const char *const simb_type_names[];
extern const char *const simb_status_names[];
extern const char *const simb_tif_names[]; /* by enum agon_tif */
extern const char *const simb_stp_names[]; /* by enum match_stp */

struct simb_account;
struct simb_order {
    uint64_t id;
    struct simb_account *account;
    struct simb_order *next_in_bucket;
    char client[SIMB_CLIENT_TEXT];
    char shown_client[SIMB_CLIENT_TEXT]; /* client id of the cancel, once cancelled */
    uint32_t sym;
    uint8_t side, type, tif, stp, status;
    uint8_t is_working, is_open, is_counted, is_conditional, has_strategy, has_strategy_type,
        is_by_quote;
    int64_t strategy_id, strategy_type;
    agon_px_t px, stop_px;
    agon_qty_t qty, filled_qty, prevented_qty;
    agon_amt_t quote_order_amt, filled_amt;
    agon_ns_t t_create, t_update, t_working, t_placed; /* the last is transport time */
    const char *expiry_reason;                         /* static, NULL while none */
    struct simum_order *um;                            /* owned; USD-M alone: what else it has */
};
struct simb_fill {
    const struct simb_account *account;
    uint64_t trade_id, order_id;
    uint32_t sym;
    agon_asset_t fee_asset;
    agon_px_t px;
    agon_qty_t qty;
    agon_amt_t amt, fee_amt;
    agon_amt_t realised_amt;          /* USD-M */
    agon_ns_t t, t_seen;              /* the last is transport time */
    uint8_t is_buyer, is_maker, side; /* position side, of USD-M */
};

struct simb_window { /* a count that starts anew when its interval does */
    int64_t index;
    uint32_t n;
};
struct simb_account {
    const struct member *member;
    uint32_t owner;
    struct simb_window orders_10s, orders_long;
    char listen_key[SIMB_LISTEN_TEXT + 1];
    agon_ns_t listen_until; /* transport; 0: no key */
    agon_asset_t dirty[32];
    uint32_t n_dirty;
    uint32_t n_open[PIT_SYMBOLS_MAX], n_algo[PIT_SYMBOLS_MAX];
    agon_ns_t t_update;
};

/* --- clients --- */

struct simb_peer {
    char name[64];
    struct simb_window weight, raw, refused, connects;
    agon_ns_t banned_until, seen;
    uint32_t n_bans;
};

enum simb_stream_kind {
    SIMB_STREAM_NONE =
        0, /* a name nobody knows: it is accepted and stays silent, as at the venue */
    SIMB_STREAM_TRADE,
    SIMB_STREAM_AGG,
    SIMB_STREAM_BOOK,
    SIMB_STREAM_DIFF,
    SIMB_STREAM_PARTIAL,
    SIMB_STREAM_KLINE,
    SIMB_STREAM_TICKER,
    SIMB_STREAM_MINI,
    SIMB_STREAM_AVG,
    SIMB_STREAM_ALL_MINI,
    SIMB_STREAM_USER,
    SIMB_STREAM_MARK, /* from here on USD-M alone */
    SIMB_STREAM_FORCE,
    SIMB_STREAM_ALL_TICKER,
    SIMB_STREAM_ALL_BOOK,
    SIMB_STREAM_ALL_MARK,
    SIMB_STREAM_ALL_FORCE,
    SIMB_STREAM_KINDS
};
struct simb_stream {
    uint8_t kind, interval, levels, speed; /* 0: the standard one, 1: each 100 ms, 2: 500 ms */
    uint32_t sym;
    struct simb_account *account;
    uint64_t last; /* what was sent: trades in the bar, id of the book */
    agon_ns_t last_open;
    char name[SIMB_STREAM_TEXT];
};
struct simb_conn {
    struct sim_conn *base; /* its half that every exchange has, at the same place */
    struct simb_peer *peer;
    struct simb_stream *streams; /* owned; market connections */
    uint32_t n_streams, streams_room;
    uint8_t is_api, is_combined, is_micro, hides_limits;
    agon_ns_t next_ping, unanswered_since; /* transport */
    char ping[32];
    uint32_t ping_n;
    struct simb_window messages;
    struct simb_account *logged_on; /* session.logon */
    agon_ns_t logged_on_since;
    struct {
        struct simb_account *account;
        int32_t id;
        uint8_t is_of_session;
    } subs[SIMB_SUBS_MAX];
    uint32_t n_subs;
    int32_t next_sub;
};
struct simb_held {   /* a request that is taken later */
    agon_ns_t t_due; /* transport */
    uint64_t conn;
    uint8_t answer; /* enum fault_answer */
    char method[8], path[96], key[128], unit[16], peer[64];
    char *query, *body; /* owned; body NULL: there is none */
    size_t body_n;
};
struct simb_wait { /* a request of a market of bars, until one closes or opens: waits.c */
    struct simb_held rest;
    char *text; /* owned; of a request socket, that is rest.conn; NULL: it came by REST */
    size_t n;
    uint32_t sym;
    agon_ns_t t_came; /* transport */
    uint8_t is_told;  /* that its fate is unknown */
};
struct simb_past; /* what the venue showed before: past.c */

/* --- calls --- */

struct simb_param {
    const char *name, *value;
    uint8_t is_from_body;
};
enum simb_security { SIMB_NONE, SIMB_KEY, SIMB_READ, SIMB_TRADE };

struct simb_call {
    struct simb *b;
    const struct sim_time *now;
    struct simb_peer *peer;
    struct simb_conn *conn; /* NULL: REST */
    struct simb_account *account;
    const struct simb_route *route;
    struct simb_param params[SIMB_PARAMS_MAX];
    uint32_t n_params;
    struct jout *out;
    int status, code;
    char msg[320];
    agon_ns_t retry_at; /* with 418 and 429 */
    agon_ns_t t_view;   /* transport time that what it reads is of; 0: now */
    agon_ns_t t_came; /* it has waited since then, and was charged and judged then; 0: it has not */
    uint8_t is_rich;  /* its key is said to be one that may withdraw */
    uint8_t has_data; /* an error that carries what stands in b->data */
    uint8_t has_order_count;
    uint32_t weight;
};
struct simb_route {
    const char *method, *path; /* REST; path NULL: none */
    const char *name;          /* of the WebSocket API; NULL: none */
    enum simb_security security;
    uint32_t weight;
    uint32_t (*weigh)(struct simb_call *call); /* instead of weight, may be NULL */
    const char *params;                        /* separated by spaces */
    int (*run)(struct simb_call *call);        /* 0, or simb_fail's */
    uint8_t is_free;                           /* costs nothing when it succeeds */
    uint8_t is_query;                          /* read only: not in the log */
};

struct simb_sent {                /* what a diff stream has told so far, per symbol and speed */
    struct agon_level *bid, *ask; /* owned */
    uint32_t n_bid, n_ask;
    uint64_t id;
    uint8_t is_live;
};

struct simum;
struct simb_venue {                  /* what one market has and the other has not, or otherwise */
    struct sim_ways ways;            /* first; its hooks are the market's */
    const struct simb_route *routes; /* ends with one that has no run */
    uint32_t weight_per_minute, raw_per_5m /* 0: not counted */, orders_per_10s, orders_long;
    agon_ns_t orders_long_ns; /* the longer interval orders are counted in */
    const char *orders_long_unit, *orders_long_header;
    uint32_t messages_per_s;
    agon_ns_t ping_every_ns, pong_within_ns;
    const char *api_path; /* of the request socket */
    const char *const *type_names;
    uint8_t is_split;   /* streams also below /public, /market, /private */
    uint8_t is_lenient; /* parameters nobody knows are ignored */
    uint8_t is_coin;    /* COIN-M: pairs stand beside symbols */
    /* A stream's name, all of it; leaves SIMB_STREAM_NONE what it does not know. */
    void (*parse_stream)(struct simb *b, const char *name, struct simb_stream *stream);
    int (*open)(struct simb *b, struct error *err); /* the accounts are named and empty */
    void (*close)(struct simb *b);                  /* also after an open that failed */
    agon_ns_t (*due)(const struct simb *b); /* transport time of what it waits for; may be NULL */
    void (*settle)(struct simb *b); /* after time has moved and after each call; may be NULL */
};

struct simb {
    struct sim sim; /* first: what every simulated exchange has */
    const struct simb_venue *venue;
    struct simum *um; /* owned; USD-M alone */
    struct simb_account accounts[MEMBERS_MAX];
    struct simb_peer peers[SIMB_PEERS_MAX];
    struct simb_conn conns[SIM_CONNS_MAX];
    struct simb_order **orders; /* owned, by id */
    uint32_t n_orders;
    struct map by_id;
    struct simb_order **buckets; /* owned */
    struct simb_fill *fills;     /* owned; a ring once it has all its room */
    uint32_t fills_room;         /* a power of two */
    uint64_t n_fills;
    uint64_t n_executions;
    struct simb_sent sent[PIT_SYMBOLS_MAX][SIMB_SPEEDS];
    uint32_t n_streams[SIMB_STREAM_KINDS]; /* subscribed, over all connections */
    struct simb_held *held;                /* owned; in the order they came */
    uint32_t n_held, held_room;
    struct simb_wait *waits; /* owned; in the order they came */
    uint32_t n_waits, waits_room;
    uint64_t closed;        /* symbols whose bar has closed and is to be told, a bit each */
    agon_ns_t t_came;       /* of the request that has waited and is taken; 0: none */
    struct simb_past *past; /* owned; NULL: no query looks back */
    struct jout data, wrapped;
    struct simb_call call; /* too big for a stack */
    char text[SIMB_TEXT_MAX], payload[SIMB_TEXT_MAX];
    uint32_t text_n;
};

/* params.c */
int simb_fail(struct simb_call *call, int status, int code, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
/* Appends the pairs of a query string or form body, decoded. */
int simb_params_add(struct simb_call *call, const char *text, size_t n, int is_body);
int simb_param_put(struct simb_call *call, const char *name, size_t name_n, const char *value,
                   size_t value_n);
const char *simb_param(const struct simb_call *call, const char *name); /* NULL: not sent */
/* Fail with the venue's error. want_ ones fail when it is not there. */
int simb_want(struct simb_call *call, const char *name, const char **value);
int simb_want_symbol(struct simb_call *call, uint32_t *sym);
int simb_get_side(struct simb_call *call, uint8_t *side); /* of an order; it has to be there */
/* *has 0 and *value untouched when not sent. */
int simb_get_int(struct simb_call *call, const char *name, int64_t *value, int *has);
int simb_get_dec(struct simb_call *call, const char *name, int64_t *value, int *has);
int simb_get_bool(struct simb_call *call, const char *name, int *value);
/* A time in ms or us, as ns. */
int simb_get_time(struct simb_call *call, const char *name, agon_ns_t *t, int *has);
int simb_get_limit(struct simb_call *call, int64_t standard, int64_t most, int64_t *limit);
/* The member behind the call, its signature and its time. payload: what was signed. */
int simb_authorise(struct simb_call *call, const char *key, const char *payload, size_t n);
int simb_check_params(struct simb_call *call);
int simb_is_client_id(const char *text);

/* transport.c: the dialect's functions */
int simb_begin_venue(struct sim *sim, struct error *err);
void simb_end(struct sim *sim);
/* What is alike in the ways of all three. */
#define SIMB_WAYS                                                                                  \
    .size = sizeof(struct simb), .seed = 0x62696e, .has_own_money = 1, .begin = simb_begin_venue,  \
    .end = simb_end, .gone = simb_gone, .is_swap_next = 1
void simb_http(struct sim *sim, const struct sim_time *now, const struct sim_request *request,
               struct sim_reply *reply);
int simb_ws_open(struct sim *sim, const struct sim_time *now, uint64_t id,
                 const struct sim_request *request, struct sim_reply *reply);
void simb_ws_frame(struct sim *sim, const struct sim_time *now, uint64_t id, enum sim_frame kind,
                   const void *bytes, size_t n);
void simb_tick(struct sim *sim, const struct sim_time *now);
void simb_due(const struct sim *sim, struct sim_time *next);
void simb_shutdown(struct sim *sim, const struct sim_time *now);
/* Limits, the handler, the log: everything but the transport. signed_text is what the signature is
 * over. 0 when it succeeded. */
int simb_run(struct simb_call *call, const char *key, const char *signed_text, size_t n);
struct simb_peer *simb_peer_of(struct simb *b, const char *name, agon_ns_t now);
uint32_t simb_window_add(struct simb_window *window, agon_ns_t now, agon_ns_t length_ns,
                         uint32_t n);
uint32_t simb_window_get(const struct simb_window *window, agon_ns_t now, agon_ns_t length_ns);
/* A call by itself: nothing sent, nothing answered. */
struct simb_call *simb_begin(struct simb *b, const struct sim_time *now);
void simb_limits(struct simb *b, uint32_t *weight, uint32_t *per_10s, uint32_t *per_long);
void simb_put_order_limits(struct simb_call *call, struct jout *out, int with_counts);
/* Counts one request of that weight; fails with 418 or 429. */
int simb_charge(struct simb_call *call, uint32_t weight);
void simb_error_body(struct simb_call *call, struct jout *out);
void simb_random_text(struct simb *b, char *text, size_t n);

/* public.c */
int simb_ping(struct simb_call *call);
int simb_time(struct simb_call *call);
int simb_exchange_info(struct simb_call *call);
int simb_depth(struct simb_call *call);
int simb_trades(struct simb_call *call);
int simb_historical_trades(struct simb_call *call);
int simb_agg_trades(struct simb_call *call);
int simb_klines(struct simb_call *call);
int simb_avg_price(struct simb_call *call);
int simb_ticker_24hr(struct simb_call *call);
int simb_ticker_day(struct simb_call *call);
int simb_ticker_window(struct simb_call *call);
int simb_ticker_price(struct simb_call *call);
int simb_book_ticker(struct simb_call *call);
int simb_execution_rules(struct simb_call *call);
int simb_reference_price(struct simb_call *call);
int simb_system_status(struct simb_call *call);
uint32_t simb_weigh_depth(struct simb_call *call);
uint32_t simb_weigh_24hr(struct simb_call *call);
uint32_t simb_weigh_price(struct simb_call *call);
uint32_t simb_weigh_each(struct simb_call *call);
extern const char *const simb_names[];
/* A symbol of that market, with the filters that the venue lists where it is one of the majors. */
int simb_symbol_of(enum rules_market market, const char *name, int px_decimals, int qty_decimals,
                   struct pit_symbol *symbol);
int simb_symbol(const char *name, int px_decimals, int qty_decimals, struct pit_symbol *symbol);

/* klines.c */
enum { SIMB_INTERVALS = 16 };
extern const char *const simb_intervals[SIMB_INTERVALS];
int simb_interval(const char *name);       /* -1: none */
int simb_is_interval(agon_ns_t length_ns); /* of bars that can be all that is known */
agon_ns_t simb_interval_open(int interval, agon_ns_t t, agon_ns_t shift_ns);
agon_ns_t simb_interval_next(int interval, agon_ns_t open, agon_ns_t shift_ns);
/* The bar that opens there, from what the pit keeps; false when nothing is kept of it. */
int simb_bar(const struct pit *pit, uint32_t sym, int interval, agon_ns_t open, agon_ns_t next,
             struct pit_bar *bar);
/* The same of the index or the mark. */
int simb_note_bar(const struct pit *pit, uint32_t sym, enum pit_note which, agon_ns_t open,
                  agon_ns_t next, struct pit_bar *bar);
/* The range of bars a request means: startTime, endTime, limit, the first of them kept being
 * `first`, in steps of the interval. *open: the first to tell, *limit: how many at most, *end. */
int simb_kline_range(struct simb_call *call, int interval, agon_ns_t first, agon_ns_t shift,
                     int64_t most, agon_ns_t *open, agon_ns_t *end, int64_t *limit);
struct simb_stats { /* of a window */
    struct pit_bar bar;
    agon_px_t before_px; /* last price before it */
    agon_ns_t t_open, t_close;
};
void simb_stats(const struct pit *pit, uint32_t sym, agon_ns_t from, struct simb_stats *stats);

/* records.c */
int simb_records_init(struct simb *b); /* AGON_ENOMEM */
void simb_records_free(struct simb *b);
/* The newest of that name: an id may be used again once its order is closed. */
struct simb_order *simb_find_client(struct simb *b, const struct simb_account *account,
                                    uint32_t sym, const char *client);
struct simb_order *simb_find_id(struct simb *b, const struct simb_account *account, uint32_t sym,
                                uint64_t id);
/* When the table is full the oldest closed half goes; the venue archives them too. */
void simb_make_room(struct simb *b);
void simb_enter(struct simb *b, struct simb_order *order);
void simb_rename(struct simb *b, struct simb_order *order, const char *client);
void simb_leave(struct simb_order *order, enum simb_status status);
void simb_log_effect(struct simb *b, const struct simb_order *order, const char *kind,
                     const struct match_event *event, uint64_t trade_id);
void simb_keep_fill(struct simb *b, const struct simb_order *order, const struct match_event *event,
                    uint64_t trade_id);

/* orders.c. First what a request comes to once its text was read: bare.c calls these without one.
 * Each fails as simb_fail does. */
enum {
    SIMB_HAS_PX = 1,
    SIMB_HAS_QTY = 2,
    SIMB_HAS_STOP = 4,
    SIMB_HAS_TIF = 8,
    SIMB_HAS_QUOTE = 16
};
enum { RESP_ACK, RESP_RESULT, RESP_FULL }; /* newOrderRespType */
struct simb_intent {                       /* a new order as it was asked for */
    uint32_t sym, has;                     /* has: SIMB_HAS_ of what was said */
    uint8_t side, type, tif, stp, resp;
    agon_px_t px, stop_px;
    agon_qty_t qty;
    agon_amt_t quote_amt;
    const char *client;
    int64_t strategy_id, strategy_type;
    int has_strategy, has_strategy_type;
};
enum simb_restriction { SIMB_ANY_STATUS, SIMB_ONLY_NEW, SIMB_ONLY_PARTLY, SIMB_BAD_RESTRICTION };
struct simb_half { /* what one half of a replacement failed with */
    int status, code;
    char msg[320];
};
struct simb_replacing {
    const char *cancel_client;
    uint8_t restriction, is_stop, is_cancel_only; /* is_stop: a failed cancel ends it */
};
struct simb_replaced {
    struct simb_order *placed; /* NULL: it was not */
    uint8_t is_over, is_cancelled, is_tried;
    struct simb_half cancel_half, place_half;
};
int simb_place_order(struct simb_call *call, const struct simb_intent *intent,
                     struct simb_order **placed);
int simb_cancel_order(struct simb_call *call, struct simb_order *order, uint8_t restriction,
                      const char *new_client);
/* Below 0: nothing was tried. */
/* In its place, as the derivatives' market has it: it keeps number, name and what was filled. */
int simb_modify_order(struct simb_call *call, struct simb_order *order, agon_px_t px,
                      agon_qty_t qty);
int simb_replace_order(struct simb_call *call, struct simb_order *old,
                       const struct simb_intent *intent, const struct simb_replacing *how,
                       struct simb_replaced *done);
/* 0 when both halves were done. */
int simb_judge_replaced(struct simb_call *call, const struct simb_replaced *done);
int simb_order_new(struct simb_call *call);
int simb_order_test(struct simb_call *call);
int simb_order_query(struct simb_call *call);
int simb_order_cancel(struct simb_call *call);
int simb_order_replace(struct simb_call *call);
int simb_order_amend(struct simb_call *call);
int simb_open_orders(struct simb_call *call);
int simb_cancel_all(struct simb_call *call);
int simb_all_orders(struct simb_call *call);
int simb_refuse_list(struct simb_call *call);
uint32_t simb_weigh_open(struct simb_call *call);
uint32_t simb_weigh_test(struct simb_call *call);
void simb_on_order(void *ctx, uint32_t sym, const struct match_event *event, uint64_t trade_id);

/* bare.c */
void simb_tell_effect(struct simb *b, const struct simb_order *order,
                      const struct match_event *event, uint64_t trade_id);

/* account.c */
int simb_account_info(struct simb_call *call);
int simb_my_trades(struct simb_call *call);
int simb_order_rates(struct simb_call *call);
int simb_commission(struct simb_call *call);
int simb_listen_new(struct simb_call *call);
int simb_listen_keep(struct simb_call *call);
int simb_listen_end(struct simb_call *call);
int simb_coins(struct simb_call *call);
/* An amount of an asset as the venue writes it, with 8 places whatever the asset has. */
void simb_kv_amt(const struct simb *b, struct jout *out, const char *key, agon_asset_t asset,
                 agon_amt_t amt);
int simb_empty_list(struct simb_call *call);
int simb_key_rights(struct simb_call *call);
int simb_trade_fee(struct simb_call *call);
uint32_t simb_weigh_my_trades(struct simb_call *call);
void simb_on_balance(void *ctx, uint32_t owner, agon_asset_t asset);
/* Sends outboundAccountPosition for what has changed since the last call. */
void simb_flush_balances(struct simb *b);
void simb_tick_keys(struct simb *b);
struct simb_account *simb_account_of_key(struct simb *b, const char *listen_key);
void simb_commission_fields(struct simb_call *call, struct jout *out, const char *suffix,
                            uint32_t sym, int with_sides);

/* subs.c: connections of streams, whatever the market */
typedef void (*simb_build_fn)(struct simb *b, struct jout *out, uint32_t sym, const void *what);
/* The symbol of "btcusdt@...", what stands behind the '@' in *what; -1: none. */
int simb_stream_symbol(struct simb *b, const char *name, const char **what);
/* One payload, a bare JSON object, on a connection, as stream name. */
void simb_push(struct simb *b, struct simb_conn *conn, const char *name, struct jout *payload);
/* To all who subscribed that stream; built when there is one. */
void simb_push_all(struct simb *b, enum simb_stream_kind kind, uint32_t sym, int levels, int speed,
                   simb_build_fn build, const void *what);
int simb_has_listener(const struct simb *b, enum simb_stream_kind kind, uint32_t sym, int speed);
/* A diff chain: begun with the first listener; step sends what changed since and goes on. */
void simb_chain_begin(struct simb *b, uint32_t sym, int speed);
void simb_chain_step(struct simb *b, uint32_t sym, int speed, simb_build_fn build);
/* Levels that differ: new quantity, 0 for those that are gone. exp: decimals to show. */
void simb_put_changes(struct jout *out, const struct agon_level *was, uint32_t n_was,
                      const struct agon_level *is, uint32_t n_is, int sign, int px_exp,
                      int qty_exp);
void simb_put_levels(struct jout *out, const char *name, const struct agon_level *levels,
                     uint32_t n, uint32_t most, int px_exp, int qty_exp);
/* 8 decimals shown as fewer, where the rest is zeros. */
void simb_put_num(struct jout *out, int64_t value, int decimals);
int simb_stream_open(struct simb *b, struct simb_conn *conn, const char *path, const char *query);
void simb_parse_spot_stream(struct simb *b, const char *name, struct simb_stream *stream);
void simb_stream_text(struct simb *b, struct simb_conn *conn, const char *text, size_t n);
void simb_gone(struct sim *sim, struct sim_conn *conn); /* of struct sim_ways */
/* streams.c: what spot tells */
void simb_on_trade(void *ctx, uint32_t sym, const struct pit_trade *trade);
void simb_on_agg(void *ctx, uint32_t sym, const struct pit_agg *agg);
void simb_on_top(void *ctx, uint32_t sym);
void simb_on_book(void *ctx, uint32_t sym);
void simb_on_step(void *ctx, agon_ns_t t);
void simb_on_bar(void *ctx, uint32_t sym, int is_closed);
typedef void (*simb_user_fn)(struct simb *b, struct jout *out, const void *what);
/* subs.c. One user event, a bare JSON object, to all who listen to that account; built for each
 * unit of time that one of them asked for. */
void simb_user_build(struct simb *b, struct simb_account *account, simb_user_fn build,
                     const void *what);
/* The same, of a market that knows milliseconds only. */
void simb_user_event(struct simb *b, struct simb_account *account, struct jout *event);
void simb_user_ended(struct simb *b, struct simb_account *account, const char *listen_key);

/* faults.c: faults that were told to happen */
struct fault *simb_fault_request(struct simb_call *call, const char *method, const char *path);
int simb_fault_error(struct simb_call *call, const struct fault *fault); /* simb_fail */
int simb_is_away(struct simb_call *call); /* in maintenance: it failed with that */
/* Keeps the request until it is due; false: there is no room, and it is lost. */
int simb_fault_hold(struct simb *b, const struct fault *fault, const struct sim_request *request,
                    const char *key, const char *unit);
/* The next that is due, out of the list; the caller frees its texts. False: none. */
int simb_fault_held(struct simb *b, struct simb_held *held);
agon_ns_t simb_held_due(const struct simb *b);
void simb_held_free(struct simb *b);

/* waits.c: changes of orders of a market of bars. They act when a bar has closed, or the next opens
 * (pit_acts), as if they came then; what is signed in them is judged by when they came. */
#define SIMB_WAITS 1 /* of simb_run: it has to wait, and nothing was done */
/* An answer that has not come by then is that there is none: before its client gives up and asks by
 * another connection. */
#define SIMB_WAIT_NS (900 * SIMB_NS_PER_MS)
int simb_must_wait(struct simb_call *call);
/* Keeps it. text: of a request socket. False: there is no room. */
int simb_wait_rest(struct simb_call *call, const struct sim_request *request, const char *key,
                   const char *unit);
int simb_wait_text(struct simb_call *call, const char *text, size_t n);
/* The next that acts on a symbol, out of the list; the caller frees it. False: none. */
int simb_wait_next(struct simb *b, uint32_t sym, struct simb_wait *wait);
/* The next whose client has waited long enough, and is told so once. NULL: none. */
struct simb_wait *simb_wait_late(struct simb *b);
agon_ns_t simb_wait_due(const struct simb *b);
void simb_wait_free(struct simb_wait *wait);
/* transport.c: takes those of the symbol that wait. */
void simb_take_waiting(struct simb *b, uint32_t sym);

/* past.c: queries that look back. Only where a rule of the faults has a lag. */
int simb_past_open(struct simb *b); /* AGON_ENOMEM; when the accounts have their money */
void simb_past_close(struct simb *b);
/* Something may have changed: what was before is kept. */
void simb_past_note(struct simb *b);
void simb_past_enter(struct simb *b, struct simb_order *order);
void simb_past_forget(struct simb *b, const struct simb_order *order);
/* The order as the call sees it, until the next look; NULL: it was not there yet. */
const struct simb_order *simb_past_order(const struct simb_call *call,
                                         const struct simb_order *order);
int simb_past_is_seen(const struct simb_call *call, const struct simb_fill *fill);
void simb_past_balance(const struct simb_call *call, agon_asset_t asset, agon_amt_t *free_amt,
                       agon_amt_t *locked_amt);
struct perp_account;
const struct perp_account *simb_past_perp(const struct simb_call *call);

/* wsapi.c */
void simb_api_text(struct simb *b, struct simb_conn *conn, const char *text, size_t n);
/* The answer to one that waits too long: its fate is unknown. */
void simb_api_late(struct simb *b, struct simb_conn *conn, const char *text, size_t n);
struct simb_conn *simb_conn_of(struct simb *b, uint64_t id); /* transport.c; NULL: it is gone */
void simb_hold_request(struct simb_held *held, const struct sim_request *request, const char *key,
                       const char *unit);
int simb_session_logon(struct simb_call *call);
int simb_session_status(struct simb_call *call);
int simb_session_logout(struct simb_call *call);
int simb_session_subscriptions(struct simb_call *call);
int simb_subscribe(struct simb_call *call);
int simb_subscribe_signature(struct simb_call *call);
int simb_unsubscribe(struct simb_call *call);

/* order_asked.c: shared with orders.c */
int simb_get_client_id(struct simb_call *call, const char *name, const char **client);
int simb_get_intent(struct simb_call *call, struct simb_intent *intent);
int simb_refuse_engine(struct simb_call *call, int reason);
void simb_to_engine(const struct simb *b, const struct simb_intent *intent,
                    const struct simb_account *account, struct simb_order *order,
                    struct match_order *out);
int simb_check_filters(struct simb_call *call, const struct simb_intent *intent);

#endif
