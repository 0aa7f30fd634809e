// SPDX-License-Identifier: Apache-2.0
/* sim: what every simulated exchange has behind the words of its dialect: accounts, orders
 * and fills, connections and what they have subscribed, what is counted of an address, frames that
 * faults hold back, the log. The state of a dialect that uses it begins with a struct sim; its
 * struct sim_ways says what is its own, and its entry points are those of SIM_ENTRIES. [sim's
 * thread] */
#ifndef SIM_SIM_H
#define SIM_SIM_H

#include <jansson.h>

#include "base/rng.h"
#include "match/perp.h"
#include "net/jout.h"
#include "sim/dialect.h"

#define SIM_CONNS_MAX   512
#define SIM_PEERS_MAX   64
#define SIM_ROUTES_MAX  48
#define SIM_TOKENS      256 /* the oldest makes room */
#define SIM_TOKEN_TEXT  44
#define SIM_ARGS_MAX    48    /* of a request */
#define SIM_ARGS_BYTES  32768 /* names and values, with their ends */
#define SIM_LATE_MAX    4096  /* frames that are held back; more are lost */
#define SIM_STREAM_TEXT 80
#define SIM_ORDERS_KEPT 16384 /* powers of two: rings by number */
#define SIM_FILLS_KEPT  16384
#define SIM_CLIENT_TEXT 40
#define SIM_ID_TEXT     40
#define SIM_NS_PER_S    1000000000ll
#define SIM_NS_PER_MIN  (60 * SIM_NS_PER_S)

struct sim_count { /* requests since a moment, transport time */
    agon_ns_t t;
    uint32_t n;
};
struct sim_counter { /* rises by requests, falls with transport time; thousandths */
    int64_t milli;
    agon_ns_t t;
};
struct sim_account {
    const struct member *member;
    uint32_t owner;                          /* its place; of the engine too */
    struct sim_count counts[SIM_ROUTES_MAX]; /* by route, where those are counted by account */
    uint32_t n_open[PIT_SYMBOLS_MAX];        /* orders */
    uint8_t has_perps;                       /* it had an order for a perpetual */
    agon_ns_t t_dead; /* transport: when all its orders are cancelled; 0: not armed */
};
struct sim_peer { /* an address */
    char name[64];
    agon_ns_t seen;
    struct sim_count connects, counts[SIM_ROUTES_MAX];
};
struct sim_conn {
    uint64_t id;        /* 0: free */
    uint8_t path, doom; /* path: what sim_ways.path_of said; doom: enum fault_do */
    int doom_code;
    agon_ns_t t_open, t_heard, t_said;
    uint32_t user;                  /* what of its account is told on it: the dialect's bits */
    struct sim_account *account;    /* NULL: nobody has logged in */
    char token[SIM_TOKEN_TEXT];     /* the last that was used on it; "": none */
    uint32_t subs[PIT_SYMBOLS_MAX]; /* a bit for each channel of a symbol */
    uint32_t n_subs;                /* of all kinds, where the dialect counts them */
    struct sim_count asked;         /* what the dialect counts of a connection */
};
struct sim_token { /* stands for an account */
    char text[SIM_TOKEN_TEXT];
    struct sim_account *account;
    agon_ns_t t_until; /* transport */
};
struct sim_sent {   /* what of a book has been sent; zeroed but for the first two to begin with */
    uint32_t depth; /* levels a side */
    uint8_t is_cut_there; /* clients drop themselves what better levels push out of the depth */
    struct agon_level *level[2], *changed[2]; /* owned; bids and asks, best first */
    uint32_t n[2], n_changed[2];
};
struct sim_late {
    uint64_t conn;
    agon_ns_t t_due; /* transport; 0: after the next of its stream */
    char stream[SIM_STREAM_TEXT];
    char *text; /* owned */
    size_t n;
};

enum sim_state { SIM_OPEN, SIM_PARTIAL, SIM_FILLED, SIM_CANCELED, SIM_EXPIRED };
struct sim_type { /* of orders, by what the exchange calls it */
    const char *name;
    uint8_t type; /* enum agon_order_type */
    uint8_t tif;  /* that it stands for; 0: it is said beside it, or there is none */
    uint8_t is_post, is_take_profit;
};
struct sim_intent { /* a new order, or how one is to become */
    uint32_t sym;
    uint8_t side, type, tif, stp; /* type: place in sim_ways.types */
    uint8_t is_post, is_reduce_only, is_checked_only, has_ref;
    int64_t ref;
    const char *client, *tag; /* NULL: none */
    agon_px_t px, stop_px;
    agon_qty_t qty;
    agon_amt_t cost_amt; /* above 0: it buys or sells for so much, and qty is 0 */
    agon_ns_t t_expire;  /* market time, of AGON_TIF_GTD */
};
struct sim_order {
    uint64_t n; /* from 1; its id follows from it */
    uint64_t engine_id;
    struct sim_account *account;
    uint32_t sym;
    uint8_t side, type, tif, state; /* state: enum sim_state */
    uint8_t is_post, is_reduce_only, is_by_cost, has_ref, is_triggered;
    uint8_t is_cut; /* lowered to what was filled */
    int64_t ref;
    char client[SIM_CLIENT_TEXT], tag[20];
    agon_px_t px, stop_px;
    agon_qty_t qty, filled_qty;
    agon_amt_t asked_amt, cost_amt, pnl_amt; /* asked_amt: of is_by_cost */
    agon_amt_t fee_amt, fee_quote_amt;       /* as it was paid; all of it in the quote */
    agon_asset_t fee_asset;
    agon_ns_t t_create, t_update, t_end, t_expire; /* market; t_end 0: it is open */
    agon_ns_t t_touched;                           /* transport: created or amended */
    const char *why;                               /* it ended; static; NULL: not so */
};
struct sim_fill {
    uint64_t n, order_n, trade_id; /* n: from 1 */
    const struct sim_account *account;
    uint32_t sym;
    uint8_t side, type, is_maker;
    agon_asset_t fee_asset;
    agon_px_t px;
    agon_qty_t qty;
    agon_amt_t amt, fee_amt, fee_quote_amt, pnl_amt;
    agon_ns_t t;
};

struct sim_call { /* a request by REST or socket, or one of several in it */
    struct sim *sim;
    struct sim_account *account; /* NULL: nobody's */
    struct sim_conn *conn;       /* NULL: REST */
    const char *what;            /* its name */
    json_t *args;                /* what it says: an object of texts, or a list of such */
    struct jout *out;            /* of the answer */
    int code;                    /* 0: nothing is wrong; the dialect's */
    char text[200];              /* what is wrong */
};

struct sim_route {             /* of requests by REST */
    const char *method, *name; /* method NULL: any; name: behind the prefix, and of the call */
    uint32_t need;             /* MEMBER_...: a key that may do so; 0: anybody asks */
    uint16_t most; /* what it costs or how often it is answered, as the dialect counts */
    int (*run)(struct sim_call *call);
};
struct sim_refusal { /* what an exchange says of a reason of the engine's */
    int reason;      /* enum match_reject; 0, the last: all others */
    int code;
    const char *text;
};
struct sim_listed { /* a symbol as the exchange lists it; counts of 10^-8 */
    const char *name;
    int64_t tick_px, lot_qty, min_qty, min_amt, start_px;
};
struct sim_perp_rules {
    const char *margin; /* the asset that all of them are settled in */
    int32_t leverage, leverage_max, maint_ppb;
    int64_t rate_ppb;   /* of funding */
    agon_ns_t every_ns; /* funding; market time */
};
struct sim_perps {
    struct perp_contract contracts[PIT_SYMBOLS_MAX];
    struct perp_account accounts[MEMBERS_MAX]; /* their wallet is the engine's balance */
    agon_ns_t t_funded;
};

struct sim_ways { /* what is an exchange's own; functions may be NULL where it says so */
    size_t size;  /* of its state */
    uint64_t seed;
    agon_ns_t connects_ns; /* an address opens connects_max connections in so long */
    uint32_t connects_max;
    agon_ns_t silence_ns; /* a connection on which nobody says anything so long ends; 0: none */
    int end_code;         /* of one that ends so, or has lived its time */
    const char *end_text;
    agon_ns_t beat_ns;      /* beat is called where a subscriber was told nothing for so long */
    const char *dead_why;   /* the reason of orders that t_dead cancels */
    const char *sum_key;    /* what stands before a checksum: "\"checksum\":"; NULL: it has none */
    struct pit_hooks hooks; /* their context is the sim */
    uint8_t market;         /* enum fault_market, of faults; 0: FAULT_SPOT */
    uint8_t
        is_swap_next; /* a swapped frame comes after the next of its stream; 0: at the next tick */
    uint8_t has_own_money; /* begin gives the accounts their money and fees */
    /* What is its own is set up, and freed; begin is called once accounts are there. */
    int (*begin)(struct sim *sim, struct error *err);
    void (*end)(struct sim *sim);
    int (*path_of)(const char *path); /* of a socket; 0: there is none such */
    void (*greet)(struct sim *sim, struct sim_conn *conn);
    void (*beat)(struct sim *sim, struct sim_conn *conn);
    void (*gone)(struct sim *sim, struct sim_conn *conn);     /* it ends; may be NULL */
    void (*farewell)(struct sim *sim, struct sim_conn *conn); /* the venue goes down */
    void (*text)(struct sim *sim, struct sim_conn *conn, const char *text, size_t n);
    /* reply is zeroed; fault: what befalls the request, of which sim_fault_hides is to be asked and
     * FAULT_DUPLICATE and FAULT_ERROR are to be done. NULL: nothing does. */
    void (*http)(struct sim *sim, const struct sim_request *request, const struct fault *fault,
                 struct sim_reply *reply);
    uint8_t has_codes; /* what is wrong has a number in the log */
    /* orders */
    const struct sim_type *types; /* ends with one without a name */
    const char *const *states;    /* by enum sim_state */
    const char *cancel_why;       /* the reason of one that its owner cancelled */
    uint8_t is_post_taken;        /* a post-only order that would take is taken, and has ended */
    uint8_t is_cut_filled;        /* one that is lowered to what was filled counts as filled */
    /* What became of one that the engine ended, by enum match_reject. */
    enum sim_state (*ended)(const struct sim_order *order, int reason, const char **why);
    /* Something happened to an order, which is as it is after it; fill: of MATCH_TRADE. NULL: its
     * orders are its own, and so is hooks.on_order. */
    void (*report)(struct sim *sim, struct sim_order *order, enum match_event_kind what,
                   const struct sim_fill *fill);
    const struct sim_perp_rules *perps; /* NULL: it has no perpetuals */
    const char *(*id)(const struct sim *sim, uint64_t n, char text[SIM_ID_TEXT]); /* of an order */
};

struct sim {
    const struct sim_ways *ways;
    struct sim_config config;
    struct pit *pit;
    struct sim_time now;
    struct rng rng;
    struct sim_account accounts[MEMBERS_MAX];
    uint32_t n_accounts;
    struct sim_peer peers[SIM_PEERS_MAX];
    struct sim_conn conns[SIM_CONNS_MAX];
    struct sim_token tokens[SIM_TOKENS];
    uint32_t n_tokens;
    struct sim_late late[SIM_LATE_MAX];
    uint32_t n_late;
    uint32_t n_doomed;                         /* connections */
    agon_ns_t maintenance_until, halved_until; /* transport; halved: its limits are */
    agon_ns_t skewed_until, skew_ns;           /* its clock is so far ahead */
    struct sim_order *orders[SIM_ORDERS_KEPT]; /* owned */
    uint64_t n_orders;
    struct sim_fill *fills; /* owned */
    uint64_t n_fills;
    struct sim_perps *perps;                                  /* owned; NULL: none */
    uint8_t traded[PIT_SYMBOLS_MAX], topped[PIT_SYMBOLS_MAX]; /* since the dialect's last step */
    int submit_reason;
    const char *why;              /* orders are cancelled now */
    struct jout out, frame, line; /* an answer's records, what is sent, the log */
};

/* accounts.c */
struct sim_account *sim_account_of(struct sim *sim, const char *key); /* NULL: no such key */
agon_amt_t sim_total(const struct sim *sim, const struct sim_account *account, agon_asset_t asset);
/* Counts one more of what may be asked most times in a window; false: it is too much. */
int sim_count(struct sim_count *count, agon_ns_t now, agon_ns_t window, uint32_t most);
int64_t sim_counted(const struct sim_counter *counter, agon_ns_t now, int64_t milli_per_s);
/* Adds so much unless it is too much; false: it is. */
int sim_count_up(struct sim_counter *counter, agon_ns_t now, int64_t add, int64_t most,
                 int64_t milli_per_s);
/* A text by which a connection uses the account; good for so long. */
const char *sim_token_new(struct sim *sim, struct sim_account *account, agon_ns_t life);
/* Whose it is; NULL: nobody's, any more. One that was used on a connection in its time is good
 * there for as long as that lives, and the connection is the account's. */
struct sim_account *sim_token_used(struct sim *sim, struct sim_conn *conn, const char *text);
struct sim_peer *sim_peer_of(struct sim *sim, const char *name);
const char *sim_header_of(const struct sim_request *request, const char *name); /* "": not sent */
/* Of a struct jout, as sink.log. */
void sim_log(struct sim *sim, struct jout *line);
/* Begins a line of that kind. 0: nobody reads it. */
int sim_log_begin(struct sim *sim, const char *kind, agon_ns_t t_market);

/* requests.c: what they say */
int sim_fail(struct sim_call *call, int code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));                                             /* -1 */
int sim_refuse(struct sim_call *call, const struct sim_refusal *refusals, int reason); /* -1 */
const char *sim_arg(const struct sim_call *call, const char *name); /* NULL: not said */
int sim_is(const struct sim_call *call, const char *name, const char *value);
void sim_log_call(struct sim_call *call, json_t *args);
/* Adds what a form or a query says. Strict: what cannot be decoded or is too much is refused (below
 * 0), a name without a value has "", and the first of a name counts. Else such are passed over, and
 * the last counts. */
int sim_args_form(json_t *args, const char *text, size_t n, int is_strict);
/* Numbers and truth values become the texts that they should have been; with_all: what else there
 * is too. */
void sim_args_texts(json_t *object, int with_all);

/* NULL: none of that path. The table ends with a route without a name. */
const struct sim_route *sim_route_of(const struct sim_route *routes, const char *prefix,
                                     const struct sim_request *request, int *is_other_method);

/* listing.c: all of it but names, fees and what else is the dialect's; listed ends with no name */
void sim_list(struct pit_symbol *symbol, const struct sim_listed *listed, int px_decimals,
              int qty_decimals);

/* texts.c: how numbers and times stand in what is said */
void sim_num(struct jout *out, int64_t value); /* 10^-8, quoted, short */
int sim_decimals(int64_t step);                /* of a tick or a lot */
void sim_id(struct jout *out, uint64_t n);     /* quoted; "": 0 */
void sim_ms(struct jout *out, agon_ns_t t);    /* quoted; "": 0 */
int sim_when(const char *text, agon_ns_t *t);  /* below 0: it is no RFC 3339 */

/* orders.c: their life, from what was asked through the engine to what is told of it */
int sim_type_of(const struct sim *sim, const char *name); /* its place; -1: none */
int sim_has_px(const struct sim *sim, uint8_t type);
int sim_has_stop(const struct sim *sim, uint8_t type);
static inline int sim_is_open(const struct sim_order *order)
{
    return order->state <= SIM_PARTIAL;
}
struct sim_order *sim_order_at(const struct sim *sim, uint64_t n); /* NULL: none any more */
const struct sim_fill *sim_fill_at(const struct sim *sim, uint64_t n);
/* The account's newest with that client's id; NULL: none. */
struct sim_order *sim_find_client(const struct sim *sim, const struct sim_account *account,
                                  const char *client);
/* The account's next older one; NULL begins with the newest, and ends. */
struct sim_order *sim_older_order(const struct sim *sim, const struct sim_account *account,
                                  const struct sim_order *than);
const struct sim_fill *sim_older_fill(const struct sim *sim, const struct sim_account *account,
                                      const struct sim_fill *than);
agon_px_t sim_mean_px(const struct sim_order *order); /* 0: nothing was filled */
/* Each returns enum match_reject. By filters and rules alone: */
int sim_check(const struct sim *sim, const struct sim_account *account,
              const struct sim_intent *intent);
/* *placed NULL: it was refused. */
int sim_submit(struct sim *sim, struct sim_account *account, const struct sim_intent *intent,
               struct sim_order **placed);
/* In its place; what is lowered to what was filled ends. */
int sim_amend(struct sim *sim, struct sim_order *order, agon_px_t px, agon_qty_t qty);
/* why: NULL: its owner did. */
int sim_cancel(struct sim *sim, const struct sim_order *order, const char *why);
uint32_t sim_cancel_all(struct sim *sim, const struct sim_account *account, const char *why);
void sim_on_order(void *ctx, uint32_t sym, const struct match_event *event, uint64_t trade_id);

/* sent.c */
/* What the book shows now is what was sent: how many levels of it are others, which stand in
 * changed, with quantity 0 where one is gone. */
uint32_t sim_sent_take(struct sim_sent *sent, const struct pit *pit, uint32_t sym);
void sim_sent_deinit(struct sim_sent *sent);

/* perps.c: what accounts have of linear perpetuals, one way and on cross margin */
agon_asset_t sim_margin_asset(const struct sim *sim);
agon_px_t sim_mark_px(const struct sim *sim, uint32_t sym);
const struct perp_position *sim_position(const struct sim *sim, const struct sim_account *account,
                                         uint32_t sym);
const struct perp_contract *sim_contract(const struct sim *sim, uint32_t sym); /* marked now */
/* Of the account's money: what positions and open orders need, and what is left. */
void sim_margin(struct sim *sim, const struct sim_account *account, struct perp_sums *sums);
/* enum match_reject: MATCH_NO_FUNDS; MATCH_BAD_FIELD: it is settled in another asset. What is
 * margin is not spent on spot either. */
int sim_check_margin(struct sim *sim, const struct sim_account *account,
                     const struct sim_intent *intent);
int sim_fund(struct sim *sim, agon_ns_t t); /* at each step; true: it was time, and is paid */

/* sim.c: a dialect's entry points */
int sim_open(struct sim **sim, const struct sim_ways *ways, const struct sim_config *config,
             struct error *err);
void sim_close(struct sim *sim);
void sim_http(struct sim *sim, const struct sim_time *now, const struct sim_request *request,
              struct sim_reply *reply);
int sim_ws_open(struct sim *sim, const struct sim_time *now, uint64_t id,
                const struct sim_request *request, struct sim_reply *reply);
void sim_ws_frame(struct sim *sim, const struct sim_time *now, uint64_t id, enum sim_frame kind,
                  const void *bytes, size_t n);
void sim_ws_gone(struct sim *sim, const struct sim_time *now, uint64_t id);
void sim_tick(struct sim *sim, const struct sim_time *now);
void sim_due(const struct sim *sim, struct sim_time *next);
void sim_shutdown(struct sim *sim, const struct sim_time *now);
#define SIM_ENTRIES                                                                                \
    .close = sim_close, .http = sim_http, .ws_open = sim_ws_open, .ws_frame = sim_ws_frame,        \
    .ws_gone = sim_ws_gone, .tick = sim_tick, .due = sim_due, .shutdown = sim_shutdown

/* sockets.c: what leaves by connections, and the faults that befall it */
static inline uint32_t sim_place_of(const struct sim *sim, const struct sim_conn *conn)
{
    return (uint32_t)(conn - sim->conns);
}
/* As it is, whatever faults say. A connection that is gone gets nothing. */
void sim_emit_kind(struct sim *sim, struct sim_conn *conn, enum sim_frame kind, const void *bytes,
                   size_t n);
void sim_emit(struct sim *sim, struct sim_conn *conn, const void *bytes, size_t n); /* text */
/* A frame of a stream ("book:BTC/USD"), to a user (event), or an answer (both NULL). */
void sim_send(struct sim *sim, struct sim_conn *conn, const char *stream, const char *event,
              struct jout *frame);
/* The same of a market's stream or to a user (on), where both have names. */
void sim_send_met(struct sim *sim, struct sim_conn *conn, enum fault_on on, const char *stream,
                  const char *event, struct jout *frame);
/* Text, so much later. */
void sim_send_in(struct sim *sim, const struct sim_conn *conn, const char *text, size_t n,
                 agon_ns_t late_ns);
/* When the fault says. */
void sim_send_late(struct sim *sim, const struct sim_conn *conn, const struct jout *frame,
                   const struct fault *fault);
/* Has anybody one of these channels of the symbol? */
int sim_has_sub(const struct sim *sim, uint32_t sym, uint32_t channels);
/* What stands in frame, to each who has one of the channels; but: not to him. Its stream is
 * "name:symbol". */
void sim_send_subs(struct sim *sim, uint32_t sym, uint32_t channels, const char *name,
                   const struct sim_conn *but);
struct sim_conn *sim_conn_of(struct sim *sim, uint64_t id); /* NULL: it is gone; id 0: a free one */
void sim_forget_conn(struct sim *sim, struct sim_conn *conn); /* nobody is told */
void sim_end_conn(struct sim *sim, struct sim_conn *conn, enum sim_frame kind, int code,
                  const char *reason);
/* It ends as the fault says, when nobody walks over connections; the first that says so counts. */
void sim_doom(struct sim *sim, struct sim_conn *conn, const struct fault *fault);
void sim_end_doomed(struct sim *sim); /* those that are to end */
/* Once a tick: frames that were held back, and maintenance that begins. */
void sim_faults_tick(struct sim *sim);
agon_ns_t sim_faults_due(const struct sim *sim);
/* What befalls a request; NULL: nothing. */
struct fault *sim_fault_request(struct sim *sim, const char *method, const char *path,
                                const char *symbol);
int sim_fault_hides(const struct fault *fault); /* it never got there; NULL: it did */
/* What befalls a connection that opens; true: it does not, with that status. */
int sim_fault_socket(struct sim *sim, struct sim_conn *conn, const char *path, int *status);

#endif
