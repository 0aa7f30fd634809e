// SPDX-License-Identifier: Apache-2.0
/* wire: what an exchange says and is asked, in words that know of no exchange. A folder of this one
 * turns an exchange's bytes into these; what they mean for orders, books and balances is the same
 * for all. Prices and quantities are at the exponents of their symbol; times are UTC in ns. [io] */
#ifndef VENUE_WIRE_H
#define VENUE_WIRE_H

#include "market/order_type.h"
#include "market/rules.h"
#include "venue/symbols.h"

#define WIRE_DEPTH_MAX 5120 /* levels of one side in one message: REST gives up to 5000 */
#define WIRE_CLIENT_ID 40
#define WIRE_TEXT      200

enum wire_kind {
    WIRE_OTHER = 0,
    WIRE_TRADE = 1,       /* trade and aggTrade: out->trade */
    WIRE_QUOTE = 2,       /* bookTicker: out->quote, out->id */
    WIRE_BAR = 3,         /* a kline that has closed: out->bar */
    WIRE_DIFF = 4,        /* depthUpdate: out->depth */
    WIRE_PARTIAL = 5,     /* partial depth: out->depth, a whole small book */
    WIRE_SHUTDOWN = 6,    /* the connection's end is announced */
    WIRE_REPLY = 7,       /* answer to our request: out->id, out->code (0: done), out->text */
    WIRE_ORDER = 8,       /* executionReport: order */
    WIRE_BALANCE = 9,     /* outboundAccountPosition: balances */
    WIRE_TERMINATED = 10, /* the user data subscription has ended */
    WIRE_SNAPSHOT = 11,   /* only counted: the kinds of REST answers */
    WIRE_REST = 12,
    WIRE_MARK = 13,        /* futures: markPriceUpdate: out->mark */
    WIRE_LIQUIDATION = 14, /* futures: forceOrder: out->liquidation */
    WIRE_POSITION = 15,    /* futures: ACCOUNT_UPDATE: balances, positions */
    WIRE_BOOK = 16,        /* a whole book by the stream that its diffs come by: out->depth */
    WIRE_KINDS = 17
};

enum answer { /* what an answer means for the request it answers */
              ANSWER_GOOD = 1,
              ANSWER_UNKNOWN = 2, /* it may or may not have been done */
              ANSWER_LATER = 3,   /* nothing was done, the venue is busy or going down */
              ANSWER_RATE = 4,    /* nothing was done, we were too fast */
              ANSWER_CLOCK = 5,
              ANSWER_AUTH = 6,
              ANSWER_DUPLICATE = 7, /* it is already there */
              ANSWER_NO_ORDER = 8,
              ANSWER_REJECT = 9
};

struct wire_depth {
    const struct symbol *symbol;
    uint64_t first_id, last_id;
    uint64_t prev_id; /* futures: last_id of the diff before this one; 0: not told */
    agon_ns_t t_venue;
    /* BOOK_CHECKSUM: what the book's text comes to when this is in it, and the decimals that its
     * prices and quantities have there: of the venue's own, as no other has the same zeros. */
    uint32_t checksum;
    uint8_t px_decimals, qty_decimals;
    uint32_t n_bid, n_ask;
    struct agon_level bid[WIRE_DEPTH_MAX], ask[WIRE_DEPTH_MAX];
};

#define WIRE_TOP_MAX 25
struct wire_top { /* the best levels of a book, best first: what a checksum is over */
    const struct symbol *symbol;
    uint8_t px_decimals, qty_decimals;
    uint32_t n_bid, n_ask;
    struct agon_level bid[WIRE_TOP_MAX], ask[WIRE_TOP_MAX];
};

struct wire_balance {
    const struct symbol_asset *asset;
    agon_amt_t free_amt, held_amt;
};

struct wire_mark { /* prices rounded to the instrument's exponent */
    const struct symbol *symbol;
    agon_px_t mark_px, index_px; /* index_px 0: not told */
    int64_t rate_ppb;            /* of the next funding */
    agon_ns_t t_funding;         /* when it is paid; 0: never */
    agon_ns_t t_venue;
};

struct wire_position { /* a position on the account */
    const struct symbol *symbol;
    agon_qty_t qty; /* negative: short */
    agon_px_t entry_px;
};

enum wire_exec { /* x of an executionReport: what happened */
                 WIRE_EXEC_NEW = 1,
                 WIRE_EXEC_CANCELED = 2,
                 WIRE_EXEC_REPLACED = 3,
                 WIRE_EXEC_REJECTED = 4,
                 WIRE_EXEC_TRADE = 5,
                 WIRE_EXEC_EXPIRED = 6,
                 WIRE_EXEC_TRADE_PREVENTION = 7
};

struct wire_order {                 /* an order as the venue shows it, in a report or an answer */
    const struct symbol *symbol;    /* NULL: an instrument that is not ours; numbers are then 0 */
    char client_id[WIRE_CLIENT_ID]; /* of the order; of the cancel request in some answers */
    char orig_client_id[WIRE_CLIENT_ID]; /* of the order that a cancel named; may be empty */
    uint64_t venue_order;
    uint8_t exec;   /* enum wire_exec; 0 in answers */
    uint8_t state;  /* enum agon_order_state; 0: not told (ACK) */
    uint8_t is_stp; /* expired by self-trade prevention */
    uint8_t side, type, tif, is_post_only, is_maker;
    agon_px_t px, last_px;
    agon_qty_t qty, cum_qty, last_qty;
    agon_amt_t fee_amt; /* at the asset's exponent; at 8 when fee_asset is 0 */
    agon_asset_t fee_asset;
    uint64_t fill; /* venue's trade id; 0: none */
    agon_ns_t t_venue;
    char reason[64];
};

struct wire_fill { /* an entry of myTrades, or of the fills of an answer */
    uint64_t venue_order, fill;
    agon_px_t px;
    agon_qty_t qty;
    agon_amt_t fee_amt;
    agon_asset_t fee_asset;
    uint8_t is_buyer, is_maker;
    agon_ns_t t_venue;
};

/* What a message was; the gateway owns it, one for all connections. */
struct wire_out {
    uint64_t uid; /* of the account, where the venue told it with its balances; 0: it did not */
    uint64_t id;  /* of the request a REPLY answers (0: it has none); update id of a QUOTE */
    int32_t code;
    uint32_t status; /* of a WebSocket API answer: as HTTP's */
    char text[WIRE_TEXT];
    struct agon_trade trade; /* hdr: type, granules, instrument, t_venue are set */
    struct agon_quote quote;
    struct agon_bar bar;
    struct wire_depth depth;
    struct wire_order order;
    uint32_t n_balances;
    struct wire_balance balances[SYMBOLS_ASSETS_MAX];
    struct wire_mark mark;
    struct agon_liquidation liquidation;
    uint32_t n_places;
    struct wire_position places[SYMBOLS_MAX];
    /* What a message that cannot be taken named before it was refused; NULL: nothing of ours. */
    const struct symbol *named;
    int named_kind;
};

typedef void (*wire_order_fn)(void *ctx, const struct wire_order *order);
typedef void (*wire_fill_fn)(void *ctx, const struct wire_fill *fill);
typedef void (*wire_bar_fn)(void *ctx, const struct agon_bar *bar);

struct wire_limit { /* one of exchangeInfo's rateLimits */
    char type[24];  /* REQUEST_WEIGHT, ORDERS, RAW_REQUESTS, CONNECTIONS */
    uint32_t interval_s;
    uint32_t limit;
};

struct wire_info { /* values as value x 10^-exp, the smallest exp that holds the text */
    char symbol[32], base[16], quote[16];
    uint8_t state; /* enum trading_state */
    uint8_t is_tradable, can_cancel_replace;
    uint8_t is_contract; /* of a futures market */
    /* is_tradable: of the kind that its market is: spot, or a perpetual */
    int64_t tick, lot, min_qty, max_qty, min_notional, min_px, max_px;
    int tick_exp, lot_exp, min_qty_exp, max_qty_exp, min_notional_exp, min_px_exp, max_px_exp;
    int64_t market_max_qty, max_notional; /* of an order at market; 0: as of others; 0: none */
    int market_max_qty_exp, max_notional_exp;
    struct rules rules; /* but for those two */
    uint8_t has_band;   /* a price band was listed: where none is, none is held to */
};

typedef void (*wire_info_fn)(void *ctx, const struct wire_info *info);
typedef void (*wire_limit_fn)(void *ctx, const struct wire_limit *limit);

/* The filters, in the exponents that the record has and the amounts of a quote of quote_exp. False:
 * some are finer than those and were cut. */
int wire_fit_filters(const struct wire_info *info, int quote_exp, struct agon_instrument *record);

/* What can be asked. A venue has what it has: what it does not name costs nothing and is never
 * asked, but for those that every venue needs (up to REQ_RECENT, and orders). */
enum wire_op { /* what an exchange is asked by REST */
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
               REQ_COUNTDOWN = 13, /* dead-man's switch, of an instrument or all; a: ms, 0: off */
               REQ_LEVERAGE = 14,
               REQ_MARGIN = 15,
               REQ_NEW = 16, /* orders from here on */
               REQ_CANCEL = 17,
               REQ_REPLACE = 18,
               REQ_SWAP_CANCEL = 19, /* replacing a filled order: cancel, learn what is left, */
               REQ_SWAP_NEW = 20,    /* then place that */
               REQ_QUERY = 21,
               REQ_STRAY =
                   22, /* cancels an order that should not be there; a: its id, b: revision */
               REQ_CANCEL_ALL = 23, /* of an instrument */
               REQ_SWEPT = 24,      /* all open orders, after it */
               REQ_KINDS = 25
};

struct venue_client;
struct rescue_wire;
struct gateway_http;
struct gateway_request;
struct http_message;
struct link;
struct order_cmd;
struct outbox_entry;
struct venue_config;

enum book_rule {                  /* how a diff joins on to the one before it */
                 BOOK_RANGES = 1, /* its first id follows the last one's last */
                 BOOK_CHAIN = 2,  /* it names the last id of the one before it */
                 /* Nothing but order does: the book comes by the same stream (WIRE_BOOK), has so
                  * many levels a side as were asked for, and each message says what its text
                  * comes to. One that is built anew is asked for by resubscribe. */
                 BOOK_CHECKSUM = 3,
                 /* As BOOK_CHECKSUM, but each message names the last id of the one before it, and
                  * there is no sum. An id may be lower than the one before it. */
                 BOOK_CHAIN_PUSHED = 4
};

enum dead_man { /* a switch that cancels when we are silent (REQ_COUNTDOWN) */
                DEAD_MAN_NONE = 0,
                DEAD_MAN_INSTRUMENT = 1, /* of one instrument's orders */
                DEAD_MAN_ACCOUNT = 2     /* of all, whose ever they are */
};

enum wire_frames {                    /* of messages that come as binary frames */
                   FRAMES_NONE = 0,   /* nothing of ours: counted, told once */
                   FRAMES_PLAIN = 1,  /* the message as it is */
                   FRAMES_GZIP = 2,   /* the message compressed, RFC 1952 */
                   FRAMES_DEFLATE = 3 /* RFC 1951 */
};

/* All that an exchange's folder fills; table.c names each in a line. The functions turn what is
 * asked into requests and bytes into the words above. What is asked when, what an answer means for
 * orders, books and rounds, is the client's (client.h) and the same for all. self is the exchange's
 * own state. Readers of REST answers return AGON_OK (or a count) or an error, and understand the
 * whole or nothing. Everything runs on the gateway's thread. */
struct venue_wire {
    const char *name;
    uint8_t kind; /* enum instrument_kind of its instruments; nobody else asks the name */
    uint8_t has_rights_elsewhere; /* what a key may do is told at an endpoint of its own */
    /* Where the venue says what time it is, behind rest_path, and how to read its answer. */
    const char *time_path;
    int (*read_time)(void *self, const void *bytes, size_t n, agon_ns_t *t,
                     int64_t *resolution_ns); /* self may be NULL */
    void (*defaults)(struct venue_config *config);
    const uint32_t *weights; /* REQ_KINDS: what each costs of the limit "weight" */
    uint8_t is_in_place;     /* a replaced order keeps its id, number and filled part */
    uint8_t has_positions;   /* a round reads them too */
    uint8_t has_orders;      /* orders are taken */
    uint8_t dead_man;        /* enum dead_man */
    /* How orders are cancelled in a dead host's place (rescue_wire.h). NULL: they are not. */
    const struct rescue_wire *rescue;
    uint8_t lists_all;      /* recent orders are told of all instruments at once */
    uint8_t is_serial;      /* signed requests leave one by one, but for cancels: by their nonces */
    uint8_t cancels_singly; /* it has no request that ends all orders of one instrument */
    /* ORDER_TYPES_MAX: what the exchange calls each type of order. NULL: it takes none of that
     * type, and the gateway sends none (REASON_ORDER_TYPE). */
    const char *const *order_types;
    uint32_t funding_s; /* perpetuals: between two fundings */
    /* What stands between base and quote in the name of an instrument, and behind them ("BTC-USDT",
     * "BTC-USDT-SWAP"); NULL: nothing. A recording's file says BTCUSDT of each (wire_spell). */
    const char *joint, *tail;
    /* What stands in the name of a file that keeps its list of instruments beside recordings. NULL:
     * none is looked for. */
    const char *listing;
    /* As published, of who has no discount; 0 and 0: as rules_fees of that kind. */
    struct rules_fees fees;
    enum book_rule book;
    /* Of a book that is pushed: how many levels of a side it can be asked for with, rising, and a 0
     * behind them. */
    const uint32_t *depths;
    uint32_t (*snapshot_weight)(uint32_t levels); /* NULL: books are pushed, or there are none */
    uint32_t (*checksum)(const struct wire_top *top); /* BOOK_CHECKSUM */
    /* A message may hold several records: decode is called with it again until it says 0. */
    uint8_t has_several;
    enum wire_frames frames; /* what its binary frames hold; text is text at every venue */
    const char *ping; /* a text that asks whether the other side lives; NULL: a ping frame does */
    /* Once, when all of the client but self is there. */
    int (*open)(struct venue_client *client, void **self, struct error *err);
    void (*close)(void *self); /* NULL is fine */
    /* Only to read what was recorded, with decode_recorded: no gateway, no keys. symbols is
     * borrowed. AGON_ENOMEM. */
    int (*open_reader)(const struct symbols *symbols, void **self);
    /* A recorded message: as decode, and WIRE_SNAPSHOT with out->depth for the answer that holds a
     * whole book of symbol. NULL: decode is all that is needed. */
    int (*decode_recorded)(void *self, const struct symbol *symbol, const void *bytes, size_t n,
                           struct wire_out *out);
    /* Writes the request now, signed where it has to be. AGON_EAGAIN: not yet. */
    int (*write)(void *self, struct gateway_request *request, struct gateway_http *http);
    /* A request that changes an order has left by HTTP: what the next one can be prepared by. NULL:
     * nothing is. */
    void (*sent)(void *self, const struct gateway_request *request);
    /* Orders by WebSocket, where config.orders says so: said has 1 << op of each that goes by the
     * private connection while the subscription of user data stands; else they go by write. say
     * writes the request under that id: bytes of text, or an error as write's. on_user hands its
     * answer to venue_said; judge and the readers then get the message as the body of an answer
     * with status 200, and is_said of the request says so. */
    uint32_t said;
    /* They go by a connection of their own, to config.order_socket, while that is open, whatever
     * becomes of user data. Its messages come to on_user too. */
    uint8_t says_apart;
    int64_t (*say)(void *self, struct gateway_request *request, uint64_t id, char *text,
                   size_t room);
    /* False: this one goes by write, since it cannot be said (its instrument has no name there).
     * NULL: all can. */
    int (*is_sayable)(const void *self, const struct gateway_request *request);
    /* What the answer means, its code and text; and what it says of the venue's limits is heeded.
     * Called before any reader of it: one whose answers do not name what was asked keeps that. */
    enum answer (*judge)(void *self, const struct gateway_request *request,
                         const struct http_message *reply, int32_t *code, char *text, size_t room,
                         int64_t now);
    uint16_t (*refusal)(enum answer answer, int32_t code, const char *text); /* enum reason */
    /* Does what refused something said on a socket say that the socket cannot serve it, so that
     * REST may? False: the exchange refuses the order itself. NULL where nothing is said. */
    int (*is_of_socket)(int32_t code, const char *text);
    int (*read_info)(void *self, const void *bytes, size_t n, wire_limit_fn each_limit,
                     wire_info_fn each, void *ctx);
    /* NULL: those of info are all. */
    void (*fit_rules)(const struct wire_info *info, int quote_exp,
                      const struct agon_instrument *record, struct rules *rules);
    int (*read_snapshot)(void *self, const void *bytes, size_t n, const struct symbol *symbol,
                         struct wire_depth *depth);
    int (*read_bars)(void *self, const void *bytes, size_t n, const struct symbol *symbol,
                     uint32_t length_s, agon_ns_t t_now, wire_bar_fn each, void *ctx);
    int (*read_order)(void *self, const void *bytes, size_t n, struct wire_order *order,
                      wire_fill_fn each_fill, void *ctx);
    int (*read_orders)(void *self, const void *bytes, size_t n, wire_order_fn each, void *ctx);
    /* AGON_EAGAIN: a page of them; the same is asked again, and all are told with the last. */
    int (*read_fills)(void *self, const void *bytes, size_t n, const struct symbol *symbol,
                      wire_fill_fn each, void *ctx);
    int (*read_account)(void *self, const void *bytes, size_t n, struct wire_out *out);
    int (*read_positions)(void *self, const void *bytes, size_t n, struct wire_out *out);
    int (*read_rights)(void *self, const void *bytes, size_t n, int *can_withdraw);
    /* A message of a market stream: a kind (enum wire_kind) or an error. Of one that cannot be
     * taken out->named and out->named_kind say what it named. */
    int (*decode)(void *self, const void *bytes, size_t n, struct wire_out *out);
    /* What of the list of all is not subscribed yet on this link is asked for, as much as may be.
     */
    void (*subscribe)(void *self, struct link *link);
    /* One channel of an instrument is asked for again: it fell silent on a living connection. */
    void (*resubscribe)(void *self, struct link *link, uint32_t instrument, int channel);
    /* The answer to a subscription, in client->out. True: now everything is subscribed. */
    int (*on_reply)(void *self, struct link *link);
    /* User data: its connection came up; a message of it; what is due. */
    void (*on_user_up)(void *self, struct link *link);
    void (*on_user)(void *self, struct link *link, const void *bytes, size_t n);
    void (*keep_user)(void *self, int64_t now);
    /* Which request a replacement begins with; the answer to it or to a half of it. False: a query
     * must tell. NULL: with REQ_REPLACE, and the answer is the order as it is now. */
    enum wire_op (*replace_op)(const struct order_cmd *cmd, const struct outbox_entry *entry);
    int (*take_replace)(void *self, const struct gateway_request *request,
                        const struct http_message *reply, int64_t now);
    /* The answer to a request of its own. May be NULL, as those below. */
    void (*answer)(void *self, struct gateway_request *request, enum answer answer, int32_t code,
                   const char *text, const struct http_message *reply);
    /* Is everything set that orders need? */
    int (*is_set)(const void *self);
    /* Is all known by which what an account says can be read? Nothing is asked of it before, and no
     * order's fate. NULL: always. */
    int (*is_legible)(const void *self);
    void (*count)(const void *self, uint64_t *n_bad,
                  uint64_t *n_cut); /* of messages; of quantities */
};
/* Why an order was refused, by what the answer means alone: enum reason. */
uint16_t wire_refusal(enum answer answer);
/* A market event of that instrument with nothing in it yet. */
void wire_begin(struct agon_event_hdr *hdr, uint16_t type, size_t bytes,
                const struct symbol *symbol);
/* A wire_order_fn: ctx is a struct wire_order of zeros, which gets the first. */
void wire_keep_first(void *ctx, const struct wire_order *order);
/* Does the stream bring the whole book? */
int wire_is_pushed(const struct venue_wire *wire);
/* Does the exchange have orders of that type? */
int wire_takes(const struct venue_wire *wire, uint8_t type);
/* What the exchange calls the instrument of base against quote. False: that is too long. */
int wire_spell(const struct venue_wire *wire, const char *base, const char *quote, char *text,
               size_t room);
struct rules_fees wire_fees(const struct venue_wire *wire);
/* How many levels of a side a pushed book was asked for with whose longer side has n. */
uint32_t wire_depth_of(const struct venue_wire *wire, uint32_t n);

const struct venue_wire *venue_table_find(const char *name);
/* Of number i, to list them; NULL behind the last. */
const struct venue_wire *venue_table_at(uint32_t i);
/* The one whose name stands in that of a file, between separators ("kraken_spot_BTCUSD_1.raw");
 * NULL: none does. path may be NULL. */
const struct venue_wire *venue_table_named(const char *path);
/* Whose messages a recording holds: the one that its name names, else the first of that kind of
 * instruments; NULL: none has it. */
const struct venue_wire *venue_table_of_recording(const char *path, uint8_t kind);

#endif
