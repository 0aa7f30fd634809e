// SPDX-License-Identifier: Apache-2.0
/* world: a simulated venue without sockets for the tests of its dialects: a market set by hand, two
 * clocks that the test moves, requests in, replies and frames out. */
#ifndef TESTS_SIM_WORLD_H
#define TESTS_SIM_WORLD_H

#include <jansson.h>

#include "sim/dialect.h"

#define WORLD_T0        1700000000000000000ll /* both clocks start here unless moved */
#define WORLD_FRAMES    4096
#define WORLD_HTTP_CONN 77 /* of every request */

struct world_frame {
    uint64_t conn;
    enum sim_frame kind;
    int code;
    char *text;   /* owned */
    json_t *json; /* owned; NULL when it is none */
};
struct world {
    const struct sim_dialect *dialect;
    struct sim *sim;
    struct pit *pit;
    struct members members;
    struct faults faults;
    struct sim_time now;
    struct sim_reply reply;
    json_t *json;            /* of the last reply; owned */
    uint32_t n_late_replies; /* to requests that were held, and the last of them */
    int late_status;
    json_t *late_json; /* owned */
    struct world_frame frames[WORLD_FRAMES];
    uint32_t n_frames;
    char *log; /* owned; lines */
    size_t log_n;
    const char *key, *secret, *peer;
    uint64_t ids; /* of injected books */
};

/* The default account; symbols of the venue; book of BTCUSDT 30000.00 x 1.5, 29999.99 x 2, 29990 x
 * 5 against 30000.01 x 1, 30000.02 x 2, 30010 x 5, last trade 30000.00. */
void world_open(struct world *world, const struct sim_limits *limits);
/* The same on USD-M futures: prices a tenth apart, 30000.00 to 30000.10. */
void world_open_um(struct world *world, const struct sim_limits *limits);
/* The same of the first symbol of another venue: BTC/USD on Kraken, BTC-USDT on OKX. */
void world_open_venue(struct world *world, const char *venue);
/* A venue with faults, in YAML. */
void world_open_faults(struct world *world, const char *venue, const char *text);
void world_open_members(struct world *world, const struct sim_limits *limits,
                        const char *members_text);
void world_close(struct world *world);
/* Moves both clocks and ticks. */
void world_pass(struct world *world, agon_ns_t ns);
void world_book(struct world *world, const char *symbol, int is_snapshot,
                const struct agon_level *bid, uint32_t n_bid, const struct agon_level *ask,
                uint32_t n_ask);
void world_trade(struct world *world, const char *symbol, const char *px, const char *qty,
                 enum agon_side taker);
/* A request as it is. Returns the status; the reply's JSON is in world->json. */
int world_raw(struct world *world, const char *method, const char *path, const char *query,
              const char *body, const char *key);
/* "GET /api/v3/order?symbol=X": unsigned. */
int world_get(struct world *world, const char *path_and_query);
/* Signed with the world's key, timestamp appended. params may be "". */
int world_signed(struct world *world, const char *method, const char *path, const char *params);
/* The code of an error reply; 0 when it is none. */
int64_t world_code(const struct world *world);
const char *world_msg(const struct world *world);
const char *world_str(const struct world *world, const char *key);
int64_t world_int(const struct world *world, const char *key);
const char *world_header(const struct world *world, const char *name);

/* Opens a socket; the status of a refusal, or 101. */
int world_ws(struct world *world, uint64_t conn, const char *target);
void world_say(struct world *world, uint64_t conn, const char *text);
/* A request on the WebSocket API, signed when params are given with "timestamp": adds apiKey,
 * timestamp and signature. Returns the answer's status. */
int world_api(struct world *world, uint64_t conn, const char *method, const char *params_json,
              int is_signed);
/* Frames since the last world_clear. find: the i-th JSON frame of that conn whose "e" (also inside
 * data or event) is e; NULL: none. Borrowed. */
/* A market of PEPEUSDT alone, without a book, whose quantities have no highest. */
void world_open_pepe(struct world *world, const char *members_text);
/* A market of BTCUSDT and ETHUSDT that both play a table; bars NULL: bars are played as trades. Its
 * time is the first row's. */
void world_open_table(struct world *world, const char *text, const struct match_bars *bars);
/* One symbol, without a book; the account of the members has enough of everything. */
void world_open_symbol(struct world *world, const char *venue, const struct pit_symbol *symbol);
void world_clear(struct world *world);
/* struct sim_sink.frame: keeps it. */
void world_take(void *ctx, uint64_t conn, enum sim_frame kind, const void *bytes, size_t n,
                int code);
json_t *world_event(struct world *world, uint64_t conn, const char *e, uint32_t i);
uint32_t world_events(struct world *world, uint64_t conn, const char *e);
const struct world_frame *world_last(struct world *world, uint64_t conn);
void world_hmac(const char *secret, const char *text, char hex[65]);

#endif
