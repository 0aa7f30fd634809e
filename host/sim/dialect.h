// SPDX-License-Identifier: Apache-2.0
/* dialect: one exchange seen from its own side. A request goes in, a reply comes out; text goes in
 * on a connection, frames come out through a sink; time passes, frames come out. There is no
 * socket, no clock and no file in it, so that the socket server (server.h) and the fault simulator
 * call the same functions.
 *
 * Every call brings both clocks. *Transport* time is real: request windows, rate limits, pings,
 * connection life. *Market* time is the one that --speed scales: stamps of events, bars, an order's
 * time. Neither may step back. Not thread-safe; a call never calls back into the caller but through
 * the sink and the log. [sim's thread] */
#ifndef SIM_DIALECT_H
#define SIM_DIALECT_H

#include "base/error.h"
#include "sim/faults.h"
#include "sim/members.h"
#include "sim/pit.h"

struct sim_time {
    agon_ns_t transport; /* UTC */
    agon_ns_t market;    /* UTC, scaled */
};

struct sim_header {
    const char *name; /* lower case */
    const char *value;
};

struct sim_request { /* all of it is borrowed for the call */
    const char *method;
    const char *path;  /* before the '?', not decoded */
    const char *query; /* after it, not decoded; "" when there is none */
    const char *body;  /* NULL when there is none */
    size_t body_n;
    const struct sim_header *headers; /* at least those the dialect asks for, when sent */
    uint32_t n_headers;
    const char *peer; /* the client's address without its port: limits are kept by it */
    uint64_t conn;    /* the caller's number of the connection it came by: of answers that come
                         later; 0: they are lost */
};

#define SIM_REPLY_HEADERS 12
/* A status that is none: what a venue with faults does instead of an answer. */
enum { SIM_NO_REPLY = 0, SIM_RESET_REPLY = -1 };
struct sim_reply {
    int status;
    agon_ns_t late_ns; /* the answer is to come that much later; transport time */
    uint32_t n_headers;
    struct {
        char name[48], value[80];
    } headers[SIM_REPLY_HEADERS];
    const char *type; /* content type */
    const char *body; /* the dialect's, until its next call */
    size_t body_n;
};

enum sim_frame {
    SIM_TEXT = 1,
    SIM_BINARY = 2,
    SIM_PING = 3,
    SIM_PONG = 4,
    SIM_CLOSE = 5,
    SIM_RESET = 6, /* out only: the connection is reset, and forgotten already */
    SIM_STALL = 7  /* out only: nothing is read from it any more */
};

struct bare_effect;
struct sim_sink {
    void *ctx;
    /* A frame for a connection that ws_open admitted. With SIM_CLOSE bytes are the reason and code
     * is the close code; the dialect has forgotten the connection already. bytes are borrowed. */
    void (*frame)(void *ctx, uint64_t conn, enum sim_frame kind, const void *bytes, size_t n,
                  int code);
    /* The answer to a request that was held (faults.h), for the connection that it came by; it may
     * be gone. May be NULL. */
    void (*reply)(void *ctx, uint64_t conn, const struct sim_reply *reply);
    /* One line of NDJSON, without its end, for each order request and each effect. May be NULL. */
    void (*log)(void *log_ctx, const char *line, size_t n);
    void *log_ctx;
    /* Each effect as it happens, without text (bare.h). May be NULL. */
    void (*effect)(void *effect_ctx, const struct bare_effect *effect);
    void *effect_ctx;
};

struct sim_limits { /* transport time; 0: the venue's own */
    agon_ns_t connection_life_ns;
    agon_ns_t ping_every_ns, pong_within_ns;
    uint32_t weight_per_minute;
    uint32_t orders_per_10s, orders_per_day;
    uint32_t messages_per_s;
    uint32_t connects_per_5min; /* WebSockets of an address */
    uint32_t bans_after;        /* refused requests in a window until the address is banned */
    agon_ns_t first_ban_ns;
};

struct sim_config {
    struct pit *pit;               /* borrowed; its hooks are the dialect's from now on */
    const struct members *members; /* borrowed */
    const struct pit *index; /* borrowed; perpetuals: whose last prices are the index, where their
                                own pit knows none; may be NULL */
    struct sim_limits limits;
    struct sim_sink sink;
    struct faults *faults; /* borrowed; NULL: none */
    uint64_t seed;         /* of listen keys and generated client order ids */
};

struct sim; /* a dialect's own state */

struct sim_dialect {
    const char *name;           /* "binance"; what --venue says */
    const char *const *headers; /* request headers it reads, lower case; NULL-terminated */
    const char *const *names;   /* of what it trades when nobody says what */
    uint32_t n_symbols;
    const struct sim_dialect *spot; /* perpetuals: the market their index is of; else NULL */
    /* Names of the venue's other markets, which are served beside this one, each on a port of its
     * own; NULL-terminated; NULL: none. */
    const char *const *beside;
    /* Of a market that is served beside another: raw recordings with that in their names are its,
     * "binance_um". */
    const char *recordings;
    /* The spec of a symbol that stands in a recording and not in the table; AGON_EINVAL: not a
     * name of this venue. */
    int (*symbol)(const char *name, int px_decimals, int qty_decimals, struct pit_symbol *symbol);
    /* Has the venue bars of that length? NULL: none that a market of bars could have. */
    int (*is_interval)(agon_ns_t length_ns);
    int (*open)(struct sim **sim, const struct sim_config *config, struct error *err);
    void (*close)(struct sim *sim);
    void (*http)(struct sim *sim, const struct sim_time *now, const struct sim_request *request,
                 struct sim_reply *reply);
    /* A client asks for an upgrade: true and the connection lives under the caller's number conn
     * (never used twice), or false and the reply says why not. */
    int (*ws_open)(struct sim *sim, const struct sim_time *now, uint64_t conn,
                   const struct sim_request *request, struct sim_reply *reply);
    void (*ws_frame)(struct sim *sim, const struct sim_time *now, uint64_t conn,
                     enum sim_frame kind, const void *bytes, size_t n);
    void (*ws_gone)(struct sim *sim, const struct sim_time *now, uint64_t conn);
    /* Time passes: the market moves up to now->market, pings go out, keys end. */
    void (*tick)(struct sim *sim, const struct sim_time *now);
    /* When tick has something to do next, on each clock. INT64_MAX: nothing. */
    void (*due)(const struct sim *sim, struct sim_time *next);
    /* The venue is going down in good order: tells every connection. */
    void (*shutdown)(struct sim *sim, const struct sim_time *now);
};

/* NULL when there is no such venue. */
const struct sim_dialect *sim_dialect_find(const char *name);
/* The i-th of the table, NULL past the end: for help texts. */
const struct sim_dialect *sim_dialect_at(uint32_t i);

#endif
