// SPDX-License-Identifier: Apache-2.0
/* ambiguous_impl: what the files of this level share: ambiguous.c lives a host's life against an
 * exchange whose answers are lost, ambiguous_judge.c holds what is told against what the exchange
 * did. */
#ifndef DST_AMBIGUOUS_IMPL_H
#define DST_AMBIGUOUS_IMPL_H

#include "base/hash.h"
#include "base/num.h"
#include "dst/ambiguous.h"
#include "dst/net.h"
#include "exec/orders.h"
#include "sim/front.h"
#include "sim/stage.h"
#include "venue/client_id.h"
#include "venue/gateway.h"

#define T0      ((agon_ns_t)1723161600000000000)
#define MS      ((agon_ns_t)1000000)
#define SECOND  ((agon_ns_t)1000000000)
#define LANES   48
#define ROOM    ((uint64_t)1 << 16)
#define TRUTHS  (1u << 17)
#define ORDERS  8192
#define TURN_NS (5 * MS)
/* Prices of the exchange's log are counts of 10^-8. */
#define PX_UNIT_UM    10000000
#define PX_UNIT_SPOT  1000000
#define QTY_UNIT_UM   100000 /* ... and quantities */
#define QTY_UNIT_SPOT 1000
#define END_NS        (120 * SECOND) /* so long may the last ones take to be known */
#define CALM_NS       (60 * SECOND)  /* ... of which nothing new is wanted */
#define NEWS_NS       (10 * SECOND)  /* ... and what happened since then may be on its way: */
#define CALM_MORE_NS  (20 * SECOND)  /* it is judged later, by so much at most */
#define BEHIND_NS     (40 * SECOND) /* so far behind are the reads of a venue that breaks its word */
#define ASKED_NS      (15 * SECOND) /* ... and so long may the last of them have been on its way */
#define SLOW_ROOM     ((uint64_t)256) /* granules of the ring to a core that stands still */
#define SLOW_NS       (10 * SECOND)   /* at most so long does it */
#define DOWN_NS       (20 * SECOND)   /* at most so long is the host down */
#define ASK_NS        (6 * SECOND)    /* at most so late does it ask what became of its orders */
#define KINDS         5u

/* Each is what two seeds of ten are, one of each market. */
struct kind {
    uint8_t is_wide;     /* requests may be taken for 10 s, */
    uint8_t is_back;     /* some replacements go back to what the order was before */
    uint8_t is_slow;     /* the core stands still until the ring from its gateway is full */
    uint8_t is_doubtful; /* the exchange breaks its word: what a read shows was 40 s ago */
    uint8_t is_large;    /* orders near the market that fill in parts */
};
struct lane { /* what a strategy does: one order after the other */
    uint64_t id;
    agon_ns_t t_next;
    agon_px_t last_px; /* before its last replacement; 0: it had none */
    agon_qty_t last_qty;
    uint8_t n_replaced;
};
struct truth { /* a wire order, by the exchange's log */
    uint64_t order_id;
    uint8_t rev, is_open, is_cancelled;
    uint32_t n_new;
    int64_t px, qty, done;
    agon_ns_t t_changed; /* it has that price and quantity since */
    agon_ns_t t_effect;  /* of the last thing that happened to it */
    agon_ns_t t_given;   /* a replacement of it was told as not done; 0: none was */
    agon_ns_t t_new;     /* it came to be */
    agon_ns_t t_denied;  /* its order was told as not there; 0: it was not */
};
struct life {
    struct ambiguous_config config;
    struct ambiguous_result *result;
    struct sched sched;
    struct net *net;
    struct sim_front *front;
    struct pit *pit;
    struct members members;
    struct faults faults;
    struct gateway *gateway;
    struct evring in, out;
    void *memory; /* owned; of the ring */
    struct ring commands;
    struct orders *orders;
    struct lane lanes[LANES];
    struct truth *truths; /* owned */
    uint32_t n_truths;
    struct map by_client; /* to place in truths */
    struct rng rng, kind_rng, ask_rng;
    const struct kind *kind;
    uint64_t room; /* of the ring */
    uint32_t next_id, n_full,
        n_bear; /* events that found the ring full; after so many it goes on */
    agon_ns_t t_begun, t_die, t_back, t_ask, t_calm, t_calm_last, t_event,
        t_slow; /* t_slow: the core stands still since; 0: it goes. t_ask: 0: it has asked */
    uint8_t is_ending, is_closing, in_core;
};
static const struct order_ids ids = {.journal = 0xabcdef};

/* ambiguous_judge.c: nothing is judged twice, and the first that is wrong is told in the result. */
void ambiguous_wrong(struct life *life, uint64_t *count, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* A line of the exchange's log: what it did. */
void ambiguous_on_log(void *ctx, const char *text, size_t n);
/* A report is about to be booked to its order. */
void ambiguous_check_report(struct life *life, const struct record_report *report,
                            const struct order *order);
void ambiguous_check_ended(struct life *life, const struct order *order);
void ambiguous_note_unknown(struct life *life, const struct order *order);
void ambiguous_note_given_up(struct life *life, const struct record_report *report,
                             const struct order *order);
void ambiguous_check_calm(struct life *life);
void ambiguous_check_end(struct life *life);
#endif
