// SPDX-License-Identifier: Apache-2.0
/* gateway_core: what a gateway and its client share. Only files of this folder include it.
 *
 * The client queues requests; the gateway decides when one leaves (links, limits, urgency), asks
 * the client to write it at that moment, so that its time stamp is fresh, and hands back its one
 * answer or fate. */
#ifndef VENUE_GATEWAY_CORE_H
#define VENUE_GATEWAY_CORE_H

#include "net/backoff.h"
#include "net/clock_offset.h"
#include "net/http.h"
#include "net/limiter.h"
#include "net/pack.h"
#include "net/ws.h"
#include "venue/gateway.h"
#include "venue/outbox.h"
#include "venue/symbols.h"
#include "venue/wire.h"

#define GATEWAY_LINKS                                                                              \
    15 /* one each for market and user data and orders, one to follow each, rights and REST */
#define GATEWAY_REQUESTS 1024
#define GATEWAY_HELD     4096
#define FRAME_MAX        (1u << 20) /* bytes of a message that came compressed */
#define GATEWAY_HTTP_MAX 8192       /* bytes of one request of ours */

enum gateway_bucket { /* indices of cost[]: the limits by name */
                      BUCKET_WEIGHT = 0,
                      BUCKET_RAW = 1,
                      BUCKET_ORDERS = 2,
                      BUCKET_ORDERS_DAY = 3,
                      BUCKET_SNAPSHOTS = 4,
                      BUCKETS = 5
};

enum link_role {
    LINK_MARKET = 1,
    LINK_USER = 2,
    LINK_ORDER = 3,
    LINK_DATA = 4,
    LINK_CANCEL = 5, /* nothing but cancels, and what closes a position where no other is free */
    LINK_RIGHTS = 6, /* what the key may do: made for each question */
    LINK_SAY = 7     /* a WebSocket for orders alone */
};
#define GATEWAY_ON_RIGHTS 2 /* gateway_request.is_data: over LINK_RIGHTS alone */
enum link_state {
    LINK_DOWN = 0,
    LINK_CONNECTING = 1,
    LINK_UPGRADING = 2, /* WebSocket: the 101 is awaited */
    LINK_OPEN = 3,
    LINK_CLOSING = 4
};

struct gateway_request {
    uint8_t is_used, kind, class, is_data;     /* kind: enum wire_op; class: enum limiter_class */
    uint8_t is_queued, rev, tries, is_refused; /* is_refused: once, for its time stamp */
    /* is_again: it may be sent again while its fate is not known (a cancel): it leaves by the
     * connections kept for that, and after config.cancel_ns by another. is_lost: it was sent, and
     * no answer came, or a socket refused it: it does not go by a socket again. */
    uint8_t is_again, is_lost;
    uint8_t is_said;            /* it was sent by a WebSocket, and so its answer is written */
    uint8_t untold, untold_rev; /* enum cmd_kind, that it has left all was not told */
    uint16_t why;               /* enum reason: what last kept it from leaving */
    uint32_t cost[BUCKETS];
    int64_t until_ns;   /* not handed over by then: FATE_NOT_SENT */
    int64_t since_ns;   /* queued */
    int64_t not_before; /* no attempt before */
    int64_t sent_ns;
    int64_t limited_ns; /* the limiter has kept it since; 0: it does not */
    int64_t held_ns;    /* by the limiter, before this attempt */
    int64_t expiry_ns;  /* the venue cannot take it after; set when written */
    const struct symbol *symbol;
    uint64_t a, b;
    struct outbox_entry *entry;
    uint64_t order_id; /* entry's, to see that it still is the same */
    uint32_t number;   /* of the order's request that this is sent for */
    /* Said on a WebSocket (or about to be), and not answered yet: there, under that id, from that
     * byte on. */
    struct link *said_by;
    uint64_t said_id, said_at;
};

/* Methods that change an order. */
#define LINK_FRAMES 2

struct link {
    struct gateway *gateway;
    uint8_t role, is_ws, state, is_fresh; /* is_fresh: it was never up since the last failure */
    /* A WebSocket does not live for ever. Before its end its follower connects, and takes over when
     * the client finds that it shows what the old one does, and nothing that was said on the old
     * one waits for its answer; then the old one is the follower. */
    uint8_t is_next;
    uint8_t is_retiring; /* its end was announced: the follower is wanted now */
    uint8_t is_waiting;  /* the client says when it may connect: its path is not known yet */
    int conn;
    struct stream_target target;
    char path[128];
    struct http_frame frames[LINK_FRAMES]; /* of requests by HTTP */
    struct backoff backoff;
    int64_t retry_ns; /* next attempt */
    int64_t open_ns, bytes_ns, ping_ns, partial_ns;
    int64_t message_ns;      /* the next message of ours not before */
    struct ws *ws;           /* owned, while connected */
    struct http_parse *http; /* owned, while connected */
    struct pong_gate pong;
    char key_text[WS_KEY_TEXT];
    struct gateway_request *request; /* in flight, HTTP */
    uint64_t request_bytes;          /* of it, as given to the port */
    uint64_t n_given;                /* bytes given to the port on this connection, WebSocket */
    uint32_t n_said;                 /* requests that were said on it and are not answered */
    int64_t unanswered_ns; /* a cancel was said there then, and nothing answered since; 0: no */
    char end_text[128];
};

enum gateway_fate { /* what became of a request without a usable answer */
                    FATE_REPLY = 0,
                    FATE_NOT_SENT = 1, /* no byte left; the reason says why */
                    FATE_UNKNOWN = 2
};

struct gateway_http { /* a request being written */
    const char *method;
    uint32_t target_from; /* where in target it begins */
    uint32_t target_n;    /* so many bytes of it; 0: up to the NUL */
    char target[4096];    /* path and query */
    struct http_header headers[8];
    uint32_t n_headers;
    const char *lines; /* headers that were written before: http_write_lines */
    uint32_t n_lines;
    char body[2048];
    uint32_t body_n; /* 0: none */
};

struct gateway_held {
    struct order_cmd cmd;
    int64_t seen_ns;
};

struct gateway {
    /* What a market's read brought is being taken: all of it was received then. */
    uint8_t is_reading;
    int64_t read_ns;            /* by transport time */
    agon_ns_t read_utc;         /* by our clock */
    struct venue_config config; /* its secrets are forgotten once the exchange has its signer */
    struct gateway_ports ports;
    const struct stream_port *stream;
    const struct venue_wire *wire;
    struct venue_client *client; /* owned */
    struct symbols symbols;
    struct outbox outbox;
    struct foreign foreign;
    uint8_t refusal; /* enum gateway_refusal; then refusal_text says it to people */
    char refusal_text[224];
    struct limiter limiter, connects;
    struct clock_offset clock;
    uint32_t time_round;    /* of gateway_check_time */
    uint64_t n_times_began; /* samples of the clock before that round */
    struct venue_market market;
    struct link links[GATEWAY_LINKS];
    uint32_t n_links;
    struct gateway_request requests[GATEWAY_REQUESTS];
    struct gateway_request late;         /* stands for one whose answer came too late */
    uint16_t queue[3][GATEWAY_REQUESTS]; /* by class: indices in order of arrival */
    uint32_t n_queue[3];
    struct gateway_held held[GATEWAY_HELD];
    uint32_t held_at, n_held;
    unsigned char *backlog; /* owned: records for which the core had no room */
    uint64_t backlog_room, backlog_at, backlog_end;
    struct stream_owner timer_owner;
    int64_t timer, turn_ns;
    int64_t round_ns;  /* a round of reading was asked for then; 0: it was not */
    uint8_t is_listed; /* open orders were read since */
    uint8_t is_started, is_stopped, is_paused, is_auth_halted, is_ready, in_turn;
    char auth_text[64]; /* with is_auth_halted */
    uint64_t n_late;    /* orders that the journal was too slow for */
    uint64_t n_barred;  /* times that the venue wanted fewer requests, */
    int64_t barred_ns;  /* and until when */
    uint64_t n_rivals;  /* orders of other hosts that came while we traded */
    uint64_t n_messages, n_reconnects, n_dropped;
    uint64_t n_binary;       /* frames that no exchange of ours sends */
    uint64_t n_silent;       /* channels that fell silent on a living connection */
    int64_t connect_wait_ns; /* until then no connection may be made, by the venue's limit */
    uint64_t next_id;        /* of requests on WebSockets */
    struct pack *pack;       /* owned; NULL: no frame of this venue is compressed */
    uint64_t n_said;         /* orders that were said on one */
    unsigned char scratch[GATEWAY_HTTP_MAX + WS_HEADER_MAX];
};

/* links.c: brings a link up, or down when its time has come. */
void link_keep(struct gateway *gateway, struct link *link, int64_t now);
void link_free_parsers(struct link *link);
/* The Host header: the port only where it is not the scheme's own. */
void link_host(const struct link *link, char *host, size_t room);
/* gateway.c: hands the request its one answer; it is free afterwards unless it was queued again. */
void gateway_answer(struct gateway *gateway, struct gateway_request *request,
                    enum gateway_fate fate, uint16_t reason, const struct http_message *reply);
/* Sends what may leave now. */
void gateway_dispatch(struct gateway *gateway, int64_t now);
/* All that is due. */
void gateway_turn(struct gateway *gateway);
/* When the last byte of a request left that changes an order: for who compares runs. utc: just
 * before that, if known; 0: now. */
void gateway_tell_sent(struct gateway *gateway, const struct link *link,
                       struct gateway_request *request, int is_answered, agon_ns_t utc);
/* said.c: requests over the private connection, or over one of their own. */
/* Does it go by there now? NULL: it does not. */
struct link *said_link(struct gateway *gateway, const struct gateway_request *request);
/* A connection for orders alone came up, or ended. */
void said_on_link(struct gateway *gateway, struct link *link, int is_up);
/* Is it a follower that all can be said on, and that takes over once the one before it has no
 * request under way? */
int said_can_follow(const struct gateway *gateway, const struct link *link);
/* AGON_OK: it left. AGON_EAGAIN, AGON_ESTATE as venue_write. */
int said_send(struct gateway *gateway, struct link *link, struct gateway_request *request,
              int64_t now);
/* What is said there is given up when it was not answered in time, and the connection with it; but
 * a cancel goes by another, and those after it do, for as long as an order may wait. */
void said_keep(struct gateway *gateway, struct link *link, int64_t now);
/* The connection ended: all that was said there learns so. */
void said_down(struct gateway *gateway, struct link *link);
/* links.c: a cancel whose connection says nothing goes by another. False: it does not. */
int link_try_again(struct gateway *gateway, struct gateway_request *request);
/* gateway.c: it was given to that link's port; is_change: it is one that changes an order. */
void gateway_has_left(struct gateway *gateway, const struct link *link,
                      struct gateway_request *request, int is_change, agon_ns_t utc, int64_t now);

/* A bucket for each of config's limits. AGON_EINVAL: one is missing or invalid. */
int gateway_limiter(struct limiter *limiter, const struct venue_config *config, int64_t now,
                    struct error *err);
/* A limit by the venue's own word (rateLimits of an exchangeInfo): the stricter one counts. */
void gateway_narrow(struct limiter *limiter, int64_t now, const char *type, uint32_t interval_s,
                    uint32_t limit);
enum limiter_class gateway_class_of(const struct order_cmd *cmd);
int64_t gateway_now(struct gateway *gateway);
uint64_t gateway_random(struct gateway *gateway);
/* Gives a record to the core: stamps hdr.t, keeps it in the backlog when the ring is full. Below 0:
 * the host has no room for it, or the backlog is full too; the record is lost and counted. */
int gateway_emit(void *gateway, struct agon_event_hdr *record);
/* Has the host room for such a record (gateway_ports.takes)? */
int gateway_takes(const struct gateway *gateway, const struct agon_event_hdr *record);
void gateway_log(struct gateway *gateway, int level, const char *key, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
/* A request of that kind, to be filled and queued; NULL: none is free. */
struct gateway_request *gateway_request(struct gateway *gateway, uint8_t kind,
                                        enum limiter_class class, int is_data);
void gateway_queue(struct gateway *gateway, struct gateway_request *request, int64_t until_ns);
/* Sends a text message on a WebSocket link. AGON_EAGAIN: not yet (pace, or the port is full). */
int gateway_send(struct gateway *gateway, struct link *link, const char *text, size_t n);
/* The same out of its pace: orders, which have limits of their own (limiter). */
int gateway_say(struct gateway *gateway, struct link *link, const char *text, size_t n);
/* Ends a link; it comes again with backoff. */
void gateway_drop(struct gateway *gateway, struct link *link, const char *why);
/* The link does what it is for: its backoff may forget. */
void gateway_link_works(struct gateway *gateway, struct link *link);
/* The one of that role that counts, never a follower. NULL: the venue is used without. */
struct link *gateway_link(struct gateway *gateway, enum link_role role);
/* The follower counts from now on; the one before it is closed. */
void gateway_take_over(struct gateway *gateway, struct link *next);

#endif
