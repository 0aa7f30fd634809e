// SPDX-License-Identifier: Apache-2.0
/* client: what a gateway does with an exchange, whichever it is: requests for orders and what their
 * answers mean (orders.c), rounds of reading what is open, was filled and is left (reconcile.c),
 * subscriptions, books, history and their liveness (feeds.c), cancelling everything (sweep.c), and
 * whether this host may trade the account (guard.c). What differs is a struct venue_wire (wire.h).
 * Only files of this folder include it. [io] */
#ifndef VENUE_CLIENT_H
#define VENUE_CLIENT_H

#include "venue/book_sync.h"
#include "venue/client_id.h"
#include "venue/gateway_core.h"

#define VENUE_FOREIGN    1024
#define VENUE_RETRY_NS   1000000000ll
#define VENUE_DATA_NS    10000000000ll /* so long a request for data may wait */
#define VENUE_FILLS_PAGE 1000

/* What of an instrument is expected to go on coming. */
enum { CHANNEL_DEPTH = 0, CHANNEL_TRADES = 1, CHANNEL_QUOTES = 2, CHANNELS = 3 };
struct feed_channel {
    int64_t last_ns;  /* the last message; 0: none yet on this connection */
    int64_t usual_ns; /* the longest gap of the last minute or so */
    int64_t acted_ns; /* when its silence was last acted upon */
    uint32_t n, pad;  /* messages */
};

struct venue_switch { /* dead_man.c */
    int64_t next_ns;  /* it is renewed then */
    uint8_t is_on, is_asked, n_failed;
};

#define VENUE_EARLY 4
struct venue_instrument {
    struct book_sync sync;
    struct agon_instrument record;
    struct feed_channel channels[CHANNELS];
    uint64_t last_fill;  /* all up to that number were read */
    uint64_t unknown;    /* the order of the first trade that waits for it to be named; and since */
    int64_t unknown_ns;  /* when that is asked */
    uint64_t last_trade; /* shown, of the market */
    uint64_t next_diff, next_trade; /* what the connection that is to follow has come to */
    uint8_t is_based;               /* last_fill is known */
    uint8_t has_read;               /* the core was told what last_fill is */
    uint8_t is_told;                /* an INSTRUMENT record was sent */
    uint32_t bar_s;                 /* struct gateway_instrument */
    /* bars that came before the history did, or found no room: behind it they go on */
    struct agon_bar early[VENUE_EARLY];
    uint32_t n_early;
    agon_ns_t last_bar;   /* shown: when it opened */
    uint8_t has_stranger; /* an order that is not ours stands here, or stood since the last list */
    uint8_t is_sweeping;  /* one request that cancels all of ours here is under way */
    int64_t swept_ns;     /* the last one that was done was sent then; 0: none was */
    int64_t warm_ns;      /* history is asked for then */
    uint8_t has_past;     /* and was read */
    int64_t rate_ppb;     /* funding, as last told */
    agon_ns_t t_funding;
    struct venue_switch dead_man;
};

struct venue_feed {           /* what was subscribed on a WebSocket */
    uint32_t subscribe_at;    /* market: next stream to ask for, in the list of all */
    uint32_t n_unacked;       /* messages of ours that are still unanswered, */
    uint64_t subscribe_first; /* the first of them */
    uint64_t id;              /* user data: of the subscription */
    int64_t asked_ns;         /* user data: asked; market: all is subscribed since then */
    uint8_t is_asked, is_up;
};

/* What is asked before the first order of a host in mode live, and what the key may do now and
 * then.
 */
struct venue_guard {
    uint8_t is_claimed, is_rights_known, is_out;
    uint8_t is_rich;    /* the key may withdraw, and the core was told to halt this venue */
    uint8_t is_passed;  /* the host took orders once: what comes now is new */
    uint8_t is_unread;  /* that the rights cannot be read was told */
    uint32_t recent_at; /* the next instrument whose recent orders are asked for */
    int64_t next_ns;
    int64_t rights_ns, rights_read_ns; /* the key's rights: asked for then, read last */
};

struct venue_client {
    struct gateway *gateway;
    const struct venue_wire *wire;
    void *self;                   /* the exchange's; owned by it */
    struct venue_instrument *all; /* owned; same order as symbols.all */
    uint32_t n;
    int64_t check_ns, info_ns;
    int64_t asked_ns; /* when the request was sent whose answer is being taken */
    uint8_t is_time_asked, is_info_asked;
    uint8_t is_offset_due; /* the time that is asked for is a sample of the venue's clock */
    struct venue_feed feeds[GATEWAY_LINKS]; /* by link */
    /* reconciliation */
    int64_t reconcile_ns; /* the next round */
    uint32_t n_out;       /* requests of the round still out */
    uint8_t is_round, is_round_bad;
    uint8_t round;                   /* number of the round; requests carry it, 0 is none */
    uint64_t foreign[VENUE_FOREIGN]; /* orders that are not ours, by number and instrument */
    uint32_t n_foreign;
    struct venue_guard guard;
    struct venue_switch dead_man; /* of the whole account */
    uint8_t health;
    uint8_t has_list; /* open orders were read: who is a stranger is known */
    /* cancelling everything: sweep.c */
    uint8_t is_sweep, is_list_asked;
    uint32_t n_bars_lost; /* of the history that is being taken in, for want of room */
    uint32_t n_sweep_lists;
    int64_t sweep_ns; /* open orders are read then */
    struct wire_out out;
};

/* What the gateway calls. Errors of venue_open: AGON_ENOMEM, AGON_EINVAL with the reason. */
int venue_open(struct gateway *gateway, const struct gateway_instrument *instruments,
               uint32_t n_instruments, struct error *err);
void venue_close(struct venue_client *client);
/* A WebSocket is open, or it ended. */
void venue_on_link(struct venue_client *client, struct link *link, int is_up);
void venue_on_message(struct venue_client *client, struct link *link, const void *bytes, size_t n);
/* Writes the request now. AGON_EAGAIN: not yet (say, the clock is not known); AGON_ESTATE: it has
 * become pointless. */
int venue_write(struct venue_client *client, struct gateway_request *request,
                struct gateway_http *http);
/* It has left. */
void venue_sent(struct venue_client *client, const struct gateway_request *request);
/* As venue_write, of what is said on a socket: bytes of text. */
int64_t venue_say(struct venue_client *client, struct gateway_request *request, uint64_t id,
                  char *text, size_t room);
void venue_on_answer(struct venue_client *client, struct gateway_request *request,
                     enum gateway_fate fate, uint16_t reason, const struct http_message *reply);
void venue_on_turn(struct venue_client *client, int64_t now);
void venue_on_command(struct venue_client *client, const struct order_cmd *cmd, int64_t seen_ns);
void venue_status(struct venue_client *client, struct gateway_status *status);
/* What the request of a command costs of each limit. */
void venue_cost(const struct venue_wire *wire, const struct order_cmd *cmd, uint32_t cost[BUCKETS]);

/* What an exchange's folder calls. */
struct venue_instrument *venue_instrument(struct venue_client *client, const struct symbol *symbol);
struct venue_feed *venue_feed(struct venue_client *client, const struct link *link);
int venue_is_clock_good(struct venue_client *client, int64_t now);
/* The monotonic time after which the venue cannot take what is written now and is good for
 * window_ns: with what its clock may be off by, at most a minute, also before anything is known of
 * it. */
int64_t venue_expiry(const struct venue_client *client, int64_t now, int64_t window_ns);
/* Until when, by its clock, the venue may take what is written now; the request gets its expiry. 0:
 * its clock is not known well enough for what adds risk, and the request says so. */
agon_ns_t venue_take_until(struct venue_client *client, struct gateway_request *request,
                           int is_risk);
int venue_is_user_up(struct venue_client *client);
void venue_user_down(struct venue_client *client, struct link *link);
/* The user data stream is up: what happened while it was not is read. */
void venue_user_up(struct venue_client *client, struct link *link);
/* said.c: the answer to what was said under id. False: that is no id of those; whose nobody waits
 * for any more is one too, and comes to nothing. */
int venue_said(struct venue_client *client, struct link *link, uint64_t id, const void *bytes,
               size_t n);
/* The same where an answer has a status of its own, as HTTP's: that is the reply's then. */
int venue_said_status(struct venue_client *client, struct link *link, uint64_t id, int status,
                      const void *bytes, size_t n);
/* A message of the user data stream could not be read: the next round comes soon. */
void venue_user_bad(struct venue_client *client);
/* Counts a message of that kind, of n bytes, that cannot be taken, tells it once of each kind, and
 * passes rc on. gateway NULL: who reads a recording is not told. */
int venue_bad(struct gateway *gateway, uint64_t n_bad[WIRE_KINDS], int kind, int rc, size_t n);
/* The venue does not accept the key. */
void venue_halt_auth(struct venue_client *client, int32_t code, const char *text);
/* It said so to a request of that bucket, which stops for a while; said: its words, for the log. */
void venue_too_fast(struct gateway *gateway, uint32_t bucket, const char *said, int64_t now);
/* The venue wants fewer requests until then. */
void venue_bar(struct gateway *gateway, int64_t until);
struct gateway_request *venue_ask(struct venue_client *client, enum wire_op op,
                                  const struct symbol *symbol, enum limiter_class class,
                                  int64_t wait_ns);
struct gateway_request *venue_ask_order(struct venue_client *client, enum wire_op op,
                                        struct outbox_entry *entry, enum limiter_class class,
                                        int64_t until_ns);
/* The client id of an order's revision, as text of CLIENT_ID_TEXT bytes. */
void venue_own_text(const struct venue_client *client, uint64_t order_id, uint8_t rev, char *text);
/* AGON_ENOENT: the client id is not of this journal. */
int venue_own_id(const struct venue_client *client, const char *text, uint64_t *order_id,
                 uint8_t *rev);
/* An order that is replaced in its place goes on under the id that it began with. */
uint8_t venue_wire_rev(const struct venue_client *client, uint8_t rev);
/* An order of ours as the venue shows it. */
void venue_show(struct venue_client *client, const struct wire_order *order, uint64_t order_id,
                uint8_t rev, uint8_t state, agon_qty_t cum_qty, enum outbox_source source);
/* client->out holds an order event. */
void venue_on_report(struct venue_client *client);
/* client->out holds balances. flags as of struct record_account. */
void venue_emit_balances(struct venue_client *client, uint16_t flags);
/* An open order of an instrument that is not ours; ctx: the client. */
void venue_guard_list(void *ctx, const struct wire_order *order);

/* The order that was asked for, where an answer needs no word on it. */
void venue_as_asked(const struct venue_client *client, const struct gateway_request *request,
                    struct wire_order *order);

/* orders.c */
int venue_is_pending(const struct gateway_request *request);
void venue_answer_request(struct venue_client *client, struct gateway_request *request,
                          enum gateway_fate fate, uint16_t reason, enum answer answer, int32_t code,
                          const char *text, const struct http_message *reply);
void venue_answer_query(struct venue_client *client, struct gateway_request *request,
                        enum answer answer, const struct http_message *reply);
void venue_answer_stray(struct venue_client *client, const struct gateway_request *request,
                        enum answer answer);
void venue_ask_strays(struct venue_client *client, int64_t now);
void venue_ask_orders(struct venue_client *client, int64_t now);
/* reconcile.c */
int venue_ask_trades(struct venue_client *client, const struct symbol *symbol, uint8_t round);
void venue_ask_order_trades(struct venue_client *client, const struct symbol *symbol,
                            uint64_t order_id, uint64_t number, uint64_t from);
void venue_begin_round(struct venue_client *client, int64_t now);
void venue_end_part(struct venue_client *client, const struct gateway_request *request,
                    int is_good);
int venue_answer_open(struct venue_client *client, const struct gateway_request *request,
                      const struct http_message *reply);
/* Open orders, fills, balances, positions; whose an order is. */
void venue_answer_part(struct venue_client *client, struct gateway_request *request,
                       enum answer answer, const struct http_message *reply);
/* An order of the account that is not of this journal was seen. */
void venue_foreign(struct venue_client *client, const struct wire_order *order);
/* feeds.c */
/* Bars that wait for the history, or for room, as far as there is some now. */
void venue_show_early(struct venue_client *client, struct venue_instrument *instrument);
void venue_answer_data(struct venue_client *client, struct gateway_request *request,
                       enum answer answer, const struct http_message *reply);
void venue_on_market(struct venue_client *client, struct link *link, const void *bytes, size_t n);
void venue_on_next_market(struct venue_client *client, struct link *link, const void *bytes,
                          size_t n);
void venue_follow_market(struct venue_client *client, struct link *link, int64_t now);
void venue_watch_channels(struct venue_client *client, struct link *link, int64_t now);
void venue_ask_past(struct venue_client *client, uint32_t at);
void venue_ask_snapshots(struct venue_client *client, int64_t now);
/* sweep.c: cancelling everything at once, until nothing is left. */
void venue_on_cancel_all(struct venue_client *client, int64_t now);
void venue_sweep_turn(struct venue_client *client, int64_t now);
void venue_sweep_end(struct venue_client *client);
/* Is the cancel of this order, just taken, done by what is under way for its instrument? */
int venue_sweep_takes(struct venue_client *client, struct outbox_entry *entry, int64_t now);
void venue_sweep_answer(struct venue_client *client, struct gateway_request *request,
                        enum answer answer, const struct http_message *reply);
/* dead_man.c */
void venue_switch_turn(struct venue_client *client, int64_t now);
void venue_switch_answer(struct venue_client *client, const struct gateway_request *request,
                         int is_good);
/* Nothing of ours is open, and it need not wait for its next renewal to be let go. */
void venue_switch_release(struct venue_client *client);
/* guard.c */
void venue_guard_turn(struct venue_client *client, int64_t now);
/* What the key may do is asked for anew: a connection was made. */
void venue_guard_again(struct venue_client *client);
void venue_guard_answer(struct venue_client *client, struct gateway_request *request,
                        enum answer answer, const struct http_message *reply);
/* The account was read: out says whose it is. */
void venue_guard_account(struct venue_client *client);
void venue_guard_see(struct venue_client *client, const struct wire_order *order, int is_known);
int venue_guard_is_clear(const struct venue_client *client);

#endif
