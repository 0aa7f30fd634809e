// SPDX-License-Identifier: Apache-2.0
/* script_impl: what script.c, the lines of a transcript, and script_venue.c, the written venue, the
 * network and the gateway between them, share. */
#ifndef TESTS_UNIT_VENUE_SCRIPT_IMPL_H
#define TESTS_UNIT_VENUE_SCRIPT_IMPL_H

#include <check.h>
#include <stdio.h>
#include <stdlib.h>

#include "net/http.h"
#include "net/ws.h"
#include "venue/client_id.h"
#include "venue/gateway_core.h"

#define CONNS    256
#define QUEUE    (1u << 16)
#define T0       ((agon_ns_t)1700000000000 * 1000000)
#define GRANULES 65536

enum where { MARKET = 0, USER = 1, REST = 2, ORDERS = 3, WHERES = 4 };
extern const char *const where_names[WHERES];

struct conn {
    int is_used, is_open, is_ending, where, end;
    struct stream_owner owner;
    struct http_parse *http;
    struct ws *ws;
    int64_t open_at;
    char *out; /* to the client, delivered on the next step */
    size_t n_out, room;
};
struct timer {
    int is_used;
    int64_t at;
    uint64_t cookie;
    struct stream_owner owner;
};
struct rule {
    int is_used, is_kept, status, what; /* what: 0 answer, 1 lose, 2 cut */
    char method[8], prefix[256], headers[256];
    char *body;
};
struct seen {
    char method[8];
    char *target;
    int is_taken;
};

/* A venue as transcripts have it: scripted_NAME.c, which the build finds by its name, has one for
 * each folder of tests/data/venue that is its own, behind which stands one without a folder. */
struct scripted {
    const char *folder, *dialect;
    const char *const *stories; /* transcripts that are run: "NAME/FILE.script"; NULL behind them */
    /* What a quiet venue says to a request that no line answers: script_reply. False: it knows no
     * such path. */
    int (*reply)(struct conn *conn, const struct http_message *message);
    /* The instruments (spot, BTCUSDT and BNBUSDT of USDT, BTC and BNB), keys and settings, where
     * they are to be others. May be NULL. */
    void (*prepare)(struct venue_config *config, struct gateway_asset assets[3],
                    struct gateway_instrument instruments[2]);
    const char *said_key; /* before the name of what is said; NULL: "method": */
    int is_said_first;    /* ... which stands first there, else it is no request */
};
const struct scripted *scripted_at(size_t i); /* of all of them; NULL behind the last */
const struct scripted *scripted_of(const char *file);

struct script_world {
    const struct scripted *venue; /* whose transcript it is */
    const char *file;
    int line;
    int64_t now;
    struct conn conns[CONNS];
    int n_connects[WHERES];
    int refuse;
    int round; /* of "repeat" */
    struct timer timers[64];
    struct rule rules[64];
    struct seen seen[4096];
    int n_seen;
    char *wanted;
    char req[24]; /* id of the request that came last on a socket, or was wanted */
    char last_sent[WHERES][8192];
    uint64_t random;
    uint64_t durable;
    int is_full;         /* no room for market events ... */
    uint64_t n_bars_fit; /* ... but for so many bars */
    struct gateway *gateway;
    struct ring commands;
    struct evring out, in;
    void *memory;
    _Alignas(64) unsigned char record[EVENT_BYTES_MAX];
    char logs[64][512];
    int n_logs;
    int64_t other_ns; /* so old is another host's order, filled, when it is asked for; 0: none */
};
extern struct script_world w;

#define FAIL(...)                                                                                  \
    do {                                                                                           \
        fprintf(stderr, "%s:%d: ", w.file, w.line);                                                \
        fprintf(stderr, __VA_ARGS__);                                                              \
        fprintf(stderr, "\n");                                                                     \
        for (int k = 0; k < w.n_logs && k < 64; k++)                                               \
            fprintf(stderr, "  log: %s\n", w.logs[k]);                                             \
        for (int k = w.n_seen > 12 ? w.n_seen - 12 : 0; k < w.n_seen; k++)                         \
            fprintf(stderr, "  seen: %s %s\n", w.seen[k].method, w.seen[k].target);                \
        ck_abort_msg("%s:%d", w.file, w.line);                                                     \
    } while (0)

/* An answer, with ${...} in its body; headers: whole lines, or "". */
void script_reply(struct conn *conn, int status, const char *headers, const char *body);
const char *script_other_id(void); /* a client id of another journal */
void script_begin(void);           /* a gateway that was just opened */
void script_forget(void);          /* no rule counts any more */
void script_finish(void);          /* closes it: nothing may be left */
void script_step(void);            /* 1 ms passes */
void script_frame(struct conn *conn, enum ws_opcode opcode, const void *bytes, size_t n);
/* So many text frames, one each 100 ms, of which no read but the last ends where a frame does. */
void script_torn(struct conn *conn, const void *bytes, size_t n, int n_frames);
void script_take_req(const char *text); /* its id, if it has one */
char *script_expand(const char *text);  /* ${...}; the caller's */

#endif
