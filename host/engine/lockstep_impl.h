// SPDX-License-Identifier: Apache-2.0
/* lockstep_impl: what a run in lock-step knows. For the lockstep files. [one thread] */
#ifndef ENGINE_LOCKSTEP_IMPL_H
#define ENGINE_LOCKSTEP_IMPL_H

#include "base/heap.h"
#include "engine/along.h"
#include "engine/driver.h"
#include "engine/lockstep.h"
#include "engine/look.h"
#include "engine/on_way.h"

#define ENGINE_WISH_BYTES 384 /* the largest record of an agent's ring */
#define WISHES            65536u
#define QUEUE             ((uint64_t)1 << 19) /* granules of market data on its way: 32 MiB */
#define QUEUE_RECEIVED    ((uint64_t)1 << 18) /* and of one recording that says when it came */
#define SOURCES_MAX       64
#define MINUTE_NS         ((agon_ns_t)60 * 1000000000)
#define LINGER_NS         MINUTE_NS
#define AHEAD_STEPS       64 /* a power of two: that are taken before the first is waited for */
#define ORDER_WISH_BITS   13 /* of a slot's in one step: more than its ring has */
#define ORDER_SLOT_BITS   8

struct run {
    const struct lockstep_config *config;
    struct lockstep_result *result;
    const struct agon_event_hdr *heads[SOURCES_MAX];
    agon_ns_t at[SOURCES_MAX]; /* when the head is at the exchange */
    uint32_t source;           /* whose head is the next there; n_sources: of none */
    /* Market data on its way: what was received when a recording says it has its source's. */
    struct on_way queues[SOURCES_MAX + 1];
    uint32_t n_queues;
    uint32_t queue_of[SOURCES_MAX];
    struct wish {
        _Alignas(64) unsigned char bytes[ENGINE_WISH_BYTES];
    } * wishes;     /* owned */
    uint32_t *free; /* owned: of those below n_wished that nobody has */
    uint32_t n_free, n_wished;
    struct heap due; /* wishes by (t, order) */
    /* Steps that were taken while slots have not done them yet (see below): whose turn is open,
     * from which step on, the time of each, and when the first intent of them could act. */
    struct slot_set ahead;
    struct slot_set lost; /* their runners have ended, and the engine does not know yet */
    uint64_t ahead_from[SLOTS_MAX];
    agon_ns_t ahead_t[AHEAD_STEPS];
    uint32_t n_ahead;
    agon_ns_t t_horizon;
    uint64_t cause[SLOTS_MAX]; /* of a slot's last intent, and how many of its came before */
    uint32_t n_cause[SLOTS_MAX];
    struct driver driver;
    union on_way_room event;
    struct agon_bar bar; // and the open behind it, that are alone (pass_bar)
    struct agon_quote open;
    struct along *along; // owned; what the host does inside bars
    agon_ns_t t_told;    // when the last bar's end is told: the market's news come behind it
    int is_alone;        // the exchange, data of one source and runners of this process
    int is_plain;        // ... whose data have one way, orders are all that there is beside
    int is_steady;       // ... and what is on its way takes always as long
    uint64_t n_data;     // events of the market but a calm's, and when the last of all arrives
    agon_ns_t t_data;
    agon_ns_t t_close;            // up to which the clock goes behind them; 0: they go on
    struct look *look;            // owned; NULL: nobody looks ahead
    uint16_t n_wishes[SLOTS_MAX]; // of due, by slot; and who has some
    struct slot_set wishing;
    int is_otherwise;                 // than somebody heard ahead
    const struct agon_event_hdr *row; // that is being stepped; NULL: no event of a source is
};

/* Of a steady run: rows of bars that are the next and meet nothing (lockstep_rows.c). 0: the next
 * is none; below 0 the run stops. */
int lockstep_rows(struct run *run);

/* The data have ended: up to when what is on its way still arrives. Sets t_close: the end of the
 * minute of the last data, or the stated end where that is sooner or data follow behind it. The
 * clock goes on to it: else what a last minute, hour and day came to would never be sampled
 * (ADR 156). */
agon_ns_t lockstep_close(struct run *run);

_Static_assert(SLOTS_MAX <= 1 << ORDER_SLOT_BITS, "a slot has room in the order of intents");

#endif
