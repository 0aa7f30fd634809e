// SPDX-License-Identifier: Apache-2.0
/* gateway: one venue, from connecting to reconciling.
 *
 * Sans-I/O: it takes and gives bytes over a stream_port, takes order commands from a ring and gives
 * event records into another, and never learns whether the other side is real, a test venue or
 * simulated: endpoints and limits are configuration. Everything runs on one thread; callbacks of
 * the stream port and gateway_poll are the only ways in. Records carry the receive time (the port's
 * UTC) in hdr.t; the engine makes it monotone.
 *
 * Here is what all venues share: connections and their states, backoff, rate limits, liveness, the
 * venue's clock, holding of orders until the journal is safe, request queues by urgency, and the
 * way to the core with its bounded back-pressure. What is done with an exchange is the client's
 * (client.h), and what it speaks a struct venue_wire (wire.h). [io] */
#ifndef VENUE_GATEWAY_H
#define VENUE_GATEWAY_H

#include "base/ring.h"
#include "exec/orders.h"
#include "market/evring.h"
#include "net/stream.h"
#include "venue/foreign.h"
#include "venue/secret.h"

#define VENUE_LIMITS_MAX 6

/* By what orders go; what a venue has by REST alone goes by REST always. */
enum venue_orders { VENUE_ORDERS_REST = 0, VENUE_ORDERS_WEBSOCKET = 1 };
enum venue_key_kind { VENUE_KEY_NONE = 0, VENUE_KEY_HMAC = 1, VENUE_KEY_ED25519 = 2 };

struct venue_limit { /* one of the venue's published limits; we use 80 % of it */
    char name[24];   /* weight, raw, orders, orders_day, connects, snapshots */
    uint32_t capacity;
    int64_t window_ns;
};

struct venue_config {
    char name[32];    /* of this venue in our configuration */
    char dialect[32]; /* a name in table.c: binance_spot */
    uint16_t venue;   /* its number */
    agon_account_t account;
    uint8_t is_private; /* there are keys: user data and orders */
    uint8_t key_kind;   /* enum venue_key_kind */
    char feed[32]; /* another venue of this host, which this is another account of: its market data
                      are this one's too, and none is asked for here; "": there is none */
    char credential[64];       /* the store's name for key and secret, which the owner fills in */
    struct secret key, secret; /* borrowed until gateway_new returns */
    struct secret passphrase;  /* ... where the venue has one beside the secret; n 0: none */
    struct stream_target market, user, rest;
    struct stream_target rights; /* where the key's rights are asked for; no host: as rest */
    /* Where orders go by WebSocket, at a venue that has a connection of its own for them. */
    struct stream_target order_socket;
    uint32_t orders;    /* enum venue_orders */
    uint8_t is_guarded; /* no order leaves before the venue told whose account it is, that the key
                           may   not withdraw, and that no other host trades it */
    uint8_t is_key_halted; /* an earlier run halted this venue, as its key might withdraw */
    uint8_t is_take_over;  /* orders of another host that stand at the start are no reason to end */
    char market_path[128], user_path[128], order_path[128]; /* order_path: of order_socket */
    char rest_path[64];                                     /* before /v3/... */
    struct venue_limit limits[VENUE_LIMITS_MAX];
    uint32_t n_limits;
    uint32_t order_links, data_links, cancel_links; /* REST connections kept for each */
    uint32_t recv_window_ms;
    uint32_t snapshot_levels;
    uint32_t warm_bars; /* minutes of history asked for at the start; 0: none */
    uint32_t has_trades, has_quotes, has_depth; /* what to subscribe */
    /* A new order not sent by then is NOT_SENT; so long a cancel waits for the journal. */
    int64_t hold_ns;
    int64_t cancel_hold_ns;  /* a cancel not sent by then is NOT_SENT */
    int64_t request_ns;      /* a request without an answer by then is UNKNOWN */
    int64_t cancel_ns;       /* a cancel without an answer by then goes by another connection */
    int64_t reconcile_ns;    /* between two readings of orders, fills and balances */
    int64_t rights_ns;       /* between two readings of what the key may do */
    int64_t silence_ns;      /* no byte on a market connection: it is dead */
    int64_t user_silence_ns; /* ... on the user data connection */
    int64_t channel_ns;      /* no diff of an instrument: its book is not believed; 0: off */
    int64_t life_ns;         /* a connection is replaced before this */
    int64_t message_gap_ns;  /* between two messages of ours on a WebSocket, but for orders */
    int64_t cooloff_ns;      /* after 403 */
    /* futures */
    int64_t dead_man_ns;             /* the venue cancels when it has not heard of us; 0: off */
    uint32_t leverage;               /* set at the start for each instrument; 0: as it is */
    uint8_t has_margin, is_isolated; /* margin type is set at the start, and to what */
};
/* Defaults of the dialect (endpoints, limits, times) for every field but name, venue, account and
 * keys: what the schema of its file documents (config.c), but for what the exchange has of its own.
 * AGON_ENOENT: no such dialect. */
int venue_config_default(struct venue_config *config, const char *dialect);

struct gateway_ports {
    const struct stream_port *stream;
    struct evring *out;    /* to the core; we produce */
    struct ring *commands; /* of struct order_cmd; we consume. NULL: public data only */
    struct order_ids ids;  /* by which client ids are ours */
    void *ctx;
    uint64_t (*durable_seq)(void *ctx); /* NULL: nothing is held */
    /* Is there room for that record in the host? One that is not taken is as one that the core was
     * too slow for: it is counted, and a book that it belongs to is built anew later. NULL: for
     * all. */
    int (*takes)(void *ctx, const struct agon_event_hdr *record);
    /* May this host trade the venue's account of that number? Below 0 it may not, and err says why.
     * NULL: it may. */
    int (*claim)(void *ctx, uint16_t venue, const char *account, struct error *err);
    /* level as in syslog: 3 error, 4 warning, 6 info. key folds repeats. */
    void (*log)(void *ctx, int level, const char *venue, const char *key, const char *text);
};

struct gateway_instrument {
    struct agon_instrument instrument; /* id, symbol, assets and exponents are read */
    uint64_t last_fill; /* is_read: all fills up to that number of the venue are in the ledger */
    uint8_t is_read;    /* 0: nothing is known of that: begin with today */
    uint32_t bar_s; /* its market is one of bars of that length, with a quote where each opens: no
                       more is subscribed, and its silence is none; 0: it is not */
};
struct gateway_asset {
    char name[16];
    agon_asset_t asset;
    int8_t exp;
};

/* Why a host must not trade this account. */
enum gateway_refusal { GATEWAY_REFUSED_ACCOUNT = 1, GATEWAY_REFUSED_RIGHTS = 2 };
#define GATEWAY_FOREIGN_LISTED 32
/* The time of a simulated exchange's market, by its own word: all zero where it says none. */
struct venue_market {
    agon_ns_t t;         /* market time ... */
    int64_t at_ns;       /* ... at this transport time, */
    int64_t error_ns;    /* give or take so much of it */
    int64_t speed_milli; /* 1000: as fast as UTC */
};
/* The venue's clock, read since gateway_check_time was called with that round. */
struct gateway_times {
    uint32_t round, n;
    int64_t offset_ns[2],
        error_ns[2];            /* the last two: venue UTC less transport time; newest first */
    struct venue_market market; /* the last that was said, in whatever round */
};

struct gateway_limit { /* one of the venue's limits, as of now */
    char name[24];
    uint32_t capacity, free; /* free: what a new order or a reading may still take of it */
    int64_t window_ns;
};
enum gateway_health { GATEWAY_UP = 1, GATEWAY_DEGRADED = 2, GATEWAY_DOWN = 3 };
struct gateway_status {
    uint32_t n_links, n_up;
    uint32_t n_books, n_live;
    uint32_t n_warm;  /* instruments whose history was read; all, where none is asked for */
    uint8_t health;   /* of market data: enum gateway_health */
    uint8_t is_ready; /* new orders are taken: user data is up and reconciled */
    uint8_t is_auth_halted, is_banned;
    char auth_text[64]; /* the venue's own words, with is_auth_halted */
    /* How often the venue itself wanted fewer requests, and how long nothing of that sort is sent
     * yet. */
    uint64_t n_barred;
    int64_t barred_ns;
    uint32_t n_held, n_queued, n_unknown;
    uint64_t n_late; /* orders that never left: the journal was not safe within `hold` */
    uint64_t n_binary, n_silent; /* frames that nobody reads; channels that fell silent */
    int64_t connect_wait_ns;     /* so long the venue's connect limit is waited for; 0: it is not */
    uint64_t n_cut;              /* quantities finer than their instrument, cut */
    uint64_t n_messages, n_bad, n_gaps, n_resyncs, n_reconnects, n_dropped;
    uint64_t n_foreign;
    /* Orders that are open on the account and not of this journal, and of them those of another
     * host; the first are listed. n_others: ever seen in this run. */
    uint32_t n_foreign_open, n_other_open, n_foreign_listed;
    uint64_t n_others;
    uint64_t n_rivals; /* of them, those that came while we traded */
    struct foreign_order foreign[GATEWAY_FOREIGN_LISTED];
    uint8_t refusal; /* enum gateway_refusal: it will never take orders, and why */
    char refusal_text[224];
    uint32_t n_strays; /* wire orders of ours that are open at the venue and should not be */
    /* Open orders were read by a request that was sent after the last gateway_reconcile; always,
     * where there are no keys. */
    uint8_t is_listed;
    uint64_t n_strays_seen, n_reopened; /* ever; orders given up and then seen */
    int64_t offset_ns, uncertainty_ns;  /* of the venue's clock to our UTC */
    int64_t transport_ns;               /* venue UTC less transport time; 0: not known yet */
    struct gateway_times times;
    uint32_t weight_free;
    uint32_t n_limits;
    struct gateway_limit limits[VENUE_LIMITS_MAX];
};

struct gateway;
/* Everything is copied but ports' targets. AGON_ENOMEM, AGON_ENOENT (dialect), AGON_EINVAL (a key,
 * an instrument) with the reason. */
int gateway_new(struct gateway **gateway, const struct venue_config *config,
                const struct gateway_ports *ports, const struct gateway_asset *assets,
                uint32_t n_assets, const struct gateway_instrument *instruments,
                uint32_t n_instruments, struct error *err);
/* Begins to connect. [io] */
void gateway_start(struct gateway *gateway);
/* Looks for commands and durable_seq now; the owner calls it when woken for either. [io] */
void gateway_poll(struct gateway *gateway);
/* Reads the venue's clock anew, at once and until two readings have come; again for each round that
 * is another. [io] */
void gateway_check_time(struct gateway *gateway, uint32_t round);
/* Orders, fills and balances are read anew, soon. [io] */
void gateway_reconcile(struct gateway *gateway);
/* Closes all connections; nothing is sent any more. gateway_free after the last on_end, or when the
 * stream port is gone. [io] */
void gateway_stop(struct gateway *gateway);
int gateway_is_stopped(const struct gateway *gateway);
void gateway_free(struct gateway *gateway);                                  /* NULL is fine */
void gateway_status(struct gateway *gateway, struct gateway_status *status); /* [io] */

#endif
