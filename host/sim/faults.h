// SPDX-License-Identifier: Apache-2.0
/* faults: what a simulated venue is told to do wrong. Rules of a file, each with what it meets and
 * what then happens; docs/simulator.md has all of it:
 *
 *     seed: 7
 *     faults:
 *       - {on: request, path: /fapi/v1/order, method: POST, nth: 2, do: timeout, effect: true}
 *       - {on: stream, stream: "btcusdt@depth*", chance: 1%, do: drop}
 *       - {on: user, event: ORDER_TRADE_UPDATE, every: 5, do: duplicate}
 *       - {on: request, path: /api/v3/order, nth: 3, do: hold, delay: 4s, answer: cut}
 *       - {on: request, method: GET, do: lag, delay: 1500ms, delay_max: 2500ms}
 *       - {on: time, after: 30s, do: maintenance, for: 10s}
 *
 * A dialect asks at each request, frame and moment; the first rule that fires is what happens. The
 * seed and the order of asking decide everything. No clock, no socket. [sim's thread] */
#ifndef SIM_FAULTS_H
#define SIM_FAULTS_H

#include "base/rng.h"
#include "config/schema.h"

#define FAULTS_MAX 64

enum fault_on {
    FAULT_REQUEST = 1, /* an HTTP request, or one on a request socket */
    FAULT_STREAM,      /* a frame of a market stream */
    FAULT_USER,        /* a user event */
    FAULT_SOCKET,      /* a WebSocket that opens */
    FAULT_TIME         /* a moment */
};
enum fault_do {
    FAULT_TIMEOUT = 1, /* request: no answer ever; effect: it was done all the same */
    FAULT_ERROR,       /* request: status, code and msg instead of the answer; effect as above */
    FAULT_LATE,        /* request: the answer comes delay later */
    FAULT_RESET,       /* request, socket, stream, user: the connection is reset */
    FAULT_DROP,        /* stream, user: the frame is lost */
    FAULT_DUPLICATE,   /* ... comes twice; request: is taken twice, the second is answered */
    FAULT_DELAY,       /* ... comes delay later */
    FAULT_SWAP,        /* ... comes after the next of its stream */
    FAULT_GARBLE,      /* ... is cut in its middle */
    FAULT_CLOSE,       /* socket, stream, user: closed with code */
    FAULT_STALL,       /* socket, stream, user: the venue reads nothing from it any more */
    FAULT_MUTE,        /* stream, user: that stream says nothing for a while, pings go on */
    FAULT_REFUSE,      /* socket: no upgrade, status instead */
    FAULT_MAINTENANCE, /* time: everything answers 503, sockets are closed */
    FAULT_HALVE,       /* time: limits are half of what they were */
    FAULT_SKEW,        /* time: the venue's clock is skew_ms ahead */
    FAULT_HOLD,        /* request: it is taken delay later; answer says what its client is told */
    FAULT_LAG,         /* request: what it reads is as it was delay ago */
    FAULT_WITHDRAW,    /* request for a key's rights: it is told that it may withdraw */
    FAULT_SUM          /* stream: the checksum that it names is another; where it has one */
};
enum fault_answer {                  /* of a request that is held */
                    FAULT_COMES = 0, /* when it was taken */
                    FAULT_LOST = 1,  /* never */
                    FAULT_CUT = 2,   /* the connection is reset at once */
                    FAULT_FAILS = 3  /* status, code and msg at once */
};
enum fault_market { FAULT_ANY = 0, FAULT_SPOT = 1, FAULT_UM = 2 };

struct fault { /* one rule */
    char name[32];
    uint8_t on, what, market, effect;
    char method[8], path[64], symbol[24], stream[64], event[40]; /* "": all; '*' ends a prefix */
    uint64_t nth, every, times;                                  /* 0: not said */
    uint32_t chance_ppm;
    int64_t status, code, skew_ms;
    char msg[160];
    int64_t after_ns, until_ns, delay_ns, for_ns; /* transport time since the venue's start */
    int64_t delay_max_ns; /* the delay is drawn up to there; 0: it is delay_ns */
    uint8_t answer;       /* enum fault_answer */
    /* how it went */
    uint64_t met, fired;
    agon_ns_t mute_until;
};
struct faults {
    uint64_t seed;
    uint32_t n;
    struct fault rules[FAULTS_MAX];
    struct rng rng;
    agon_ns_t t_start; /* transport; 0: not begun */
};
struct fault_met { /* what is asked about; NULL: it has none of it */
    enum fault_on on;
    enum fault_market market;
    const char *method, *path, *symbol, *stream, *event;
};

extern const struct schema faults_schema;
/* From a file's bytes; every mistake is in config. AGON_EINVAL. */
int faults_read(struct faults *faults, struct config *config);
/* ... of which only the first mistake is told. */
int faults_parse(struct faults *faults, const char *name, const char *text, size_t n,
                 struct error *err);
/* The rule that fires now, NULL: none. Counts. faults may be NULL. */
struct fault *faults_ask(struct faults *faults, agon_ns_t now, const struct fault_met *met);
/* The rule's delay, drawn anew at each call where it has a range. */
agon_ns_t faults_delay(struct faults *faults, const struct fault *fault);
/* The longest lag of the rules that meet that market; 0: no rule has one. */
agon_ns_t faults_longest_lag(const struct faults *faults, enum fault_market market);
/* When the next FAULT_TIME rule of that market is due; INT64_MAX: none. */
agon_ns_t faults_next(const struct faults *faults, enum fault_market market);

#endif
