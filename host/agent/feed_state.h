// SPDX-License-Identifier: Apache-2.0
/* feed_state: what feed.c and the services (ext_*.c) share. Nobody else includes it. */
#ifndef AGENT_FEED_STATE_H
#define AGENT_FEED_STATE_H

#include "agent/feed.h"
#include "agent/fpstate.h"
#include "agent/services.h"
#include "base/arena.h"
#include "engine/port.h"
#include "market/book.h"
#include "market/bus.h"
#include "market/events.h"
#include "market/evring.h"
#include "market/instruments.h"

#define FEED_ORDERS_MAX    SETUP_ORDERS_MAX
#define FEED_POSITIONS_MAX SETUP_POSITIONS_MAX
#define FEED_BALANCES_MAX  SETUP_BALANCES_MAX
#define FEED_SIGNALS_MAX   32 /* instruments of an input */
#define FEED_TIMERS_MAX    SETUP_TIMERS_MAX
#define FEED_STREAMS_MAX   16

/* What the plugin is in just now: one bit, so that a service can name all it may be called from. */
enum feed_phase {
    FEED_IDLE = 0,
    FEED_CREATE = 1,
    FEED_LOAD = 2,
    FEED_START = 4,
    FEED_EVENT = 8,
    FEED_SAVE = 16,
    FEED_STOP = 32
};
#define FEED_ANY (FEED_CREATE | FEED_LOAD | FEED_START | FEED_EVENT | FEED_SAVE | FEED_STOP)

struct feed_param {
    uint32_t id, type, flags;
    int64_t integer;
    double real;
    char text[256];
};
struct feed_timer {
    uint32_t id;
    uint32_t is_periodic;
};
struct feed_stream {
    uint32_t stream;
    uint64_t k;
};

/* agon.gpu: what the slot has by the events that were delivered, and what is under way of this
 * instance. */
struct feed_lease {
    uint64_t memory;
    uint8_t state;        /* enum lease_state */
    uint8_t is_ending;    /* it has been given back, and the event that says so is to come */
    struct agon_job last; /* the last DONE that was delivered */
};
struct feed_job {
    uint64_t id; /* 0: its box is free */
    uint32_t lease;
};
struct feed_jobs {
    struct feed_lease leases[AGON_GPU_LEASES_MAX];
    struct feed_job all[AGON_GPU_JOBS_MAX]; /* by box */
    int is_live;                            /* what it wishes for counts */
};

/* Bits of feed.odd: what is to be looked at behind a call of on_event. */
enum {
    ODD_ERRORS = 1,  /* errors_in_row is not 0 */
    ODD_NO_ROOM = 2, /* no_room.n_calls is not */
    ODD_FP = 4,      /* the thread's control words are not those that a thread begins with */
    ODD_TORN = 8     /* the plugin wrote to what it is shown (shown.c: within the call) */
};

struct feed {
    /* What each delivery meets stands together: two lines of the cache. */
    int (*on_event)(void *self, const struct agon_event_hdr *event, uint64_t nth); /* agent's */
    void *self;                                                                    /* ... */
    uint64_t nth, done_seq;
    uint64_t cause_seq;
    agon_ns_t t;
    uint32_t n;         /* of the next wish of this cause */
    uint32_t n_calls;   /* for room, within this call of the plugin */
    uint32_t n_streams; /* ... and of streams */
    uint32_t phase;
    /* Types below 64 that are handed on as they stand, while it follows: bars where their length
     * is one of those that it has. */
    uint64_t shows;
    uint64_t hash;                  /* for config.called: its file's, */
    uint32_t who;                   /* ... and its slot + 1 */
    uint32_t odd;                   /* what is to be looked at behind a call */
    const struct runner_turn *turn; /* it follows; NULL: it does not */
    const unsigned char *shown;     /* the bus's records as it reads them while it follows */
    int64_t measured_ns; /* when the step began of the last turn that it was first of, or ran alone,
                            and that was measured */
    struct fpstate fp;   /* control words of the thread that runs it, at the last feed_run */
    uint32_t errors_in_row;
    struct record_lapse no_room; /* calls that found none, one after the other */

    struct agon_agent agent;
    struct agon_host host; /* host.ctx is this */
    struct feed_config config;
    struct setup setup;
    const struct agon_entry *entry;
    const struct agon_descriptor *descriptor;
    int is_created, is_started;
    struct error failure;

    struct bus_reader bus;
    struct evring to_agent, from_agent;
    struct feed_beat *beat, own_beat;
    struct called own_called; /* where config has none */
    _Atomic uint32_t own_who;
    _Atomic uint64_t own_hash;

    /* Delivery. */
    uint64_t first_seq;                /* events up to it are in the setup already */
    uint64_t told_seq;                 /* the beat says that all before it is done */
    uint64_t bus_seq;                  /* of the last bus event that was seen */
    uint8_t bus_sub;                   /* ... its sub */
    uint64_t late_seq;                 /* up to there tops are what the engine's are */
    uint32_t n_gaps_told, n_full_told; /* again: of config.lapses that have been */
    uint64_t skip_seq;                 /* again: public events before this place are not seen */
    uint8_t skip_sub;
    int has_next;          /* next holds a bus event that was not yet taken */
    int is_overrun;        /* what was overwritten is told with the next that is there */
    int is_bare;           /* ... its header alone: nothing here cares for the rest */
    int is_cared;          /* it is of these types, and of an instrument of ours if it has one */
    uint64_t told;         /* types below 64 of which that says that the plugin is told */
    uint64_t cares;        /* types below 64 that the plugin is told or the fold keeps */
    uint64_t own;          /* instruments below 64 that it subscribes */
    uint8_t is_unmeasured; /* the next delivery is the first of its feed_run */
    struct feed_stream streams[FEED_STREAMS_MAX];
    int64_t log_second;
    uint32_t log_lines;
    agon_instrument_t line_of[AGON_METRICS_MAX]; /* by metric; 0: none, or it is not known yet */

    /* The fold. */
    struct instruments instruments;
    struct subscription subscription;
    struct agon_order *orders; /* owned; open ones, by order_id */
    uint32_t n_orders;
    struct agon_exit exits[AGON_EXITS_MAX]; /* plans that stand, by id */
    uint32_t n_exits;
    struct agon_position positions[FEED_POSITIONS_MAX];
    uint32_t n_positions;
    struct agon_balance balances[FEED_BALANCES_MAX];
    uint32_t n_balances;
    struct agon_capital capital;
    int has_capital;
    struct agon_signal (*signals)[FEED_SIGNALS_MAX]; /* owned; the last of each input */
    uint32_t n_signals[SLOT_INPUTS_MAX];
    struct feed_timer timers[FEED_TIMERS_MAX];
    uint32_t n_timers, next_timer;
    struct agon_top10 tops[SLOT_INSTRUMENTS_MAX]; /* by place in the subscription */
    uint8_t has_top[SLOT_INSTRUMENTS_MAX];
    struct book *books[SLOT_INSTRUMENTS_MAX]; /* owned; only with depth: full */
    struct feed_param *params;                /* owned; as the descriptor has them */

    struct models *models; /* owned; NULL: it has opened none */
    struct feed_jobs jobs;

    /* The plugin's memory, between two pages that cannot be touched. */
    struct arena arena;
    unsigned char *arena_map; /* owned */
    uint64_t arena_map_bytes;
    unsigned char *arena_spare; /* a page of it behind the arena, not yet to be touched; or NULL */

    _Alignas(64) unsigned char next[EVENT_BYTES_MAX + 64]; /* bus */
    _Alignas(64) unsigned char mine[EVENT_BYTES_MAX + 64]; /* private */
};

/* The feed whose plugin is being called on this thread. */
extern _Thread_local struct feed *feed_current;

/* A service begins with this: NULL, and the error in *rc, when the plugin may not call it from
 * here: from another thread, or in a phase that is not among phases. */
static inline struct feed *feed_enter(const struct agon_host *host, uint32_t phases, int *rc)
{
    struct feed *feed = host ? host->ctx : NULL;

    if (feed == NULL)
        *rc = AGON_EINVAL;
    else if (feed_current != feed)
        *rc = AGON_ETHREAD;
    else if ((feed->phase & phases) == 0)
        *rc = AGON_ESTATE;
    else
        return feed;
    return NULL;
}

/* Around every call into the plugin. */
struct feed_call {
    struct feed *outer;
    struct fpstate fp;
};
struct feed_call feed_call_begin(struct feed *feed, uint32_t phase);
void feed_call_end(struct feed *feed, struct feed_call call);
/* What comes back from foreign code is a number; the reason is named when it is one of ours. */
int feed_blame(struct error *err, const char *call, int rc);
/* feed_save.c: load_state with the setup's state, through migrate where the schema asks for it. */
int feed_load(struct feed *feed, struct error *err);

/* Origin of the next wish; counts n. */
struct agon_origin feed_origin(struct feed *feed, uint32_t leg, uint32_t n_legs);
/* Is there room for so many granules in the ring of wishes? Counts when there is not. */
int feed_has_room(struct feed *feed, uint32_t granules);
/* Puts a wish into the ring, room was asked for. */
void feed_put(struct feed *feed, const struct agon_event_hdr *record);
/* A piece of the plugin's arena; NULL: it does not fit. */
void *feed_take(struct feed *feed, uint64_t bytes, uint64_t align);
/* Place of an instrument in the subscription, or -1. */
int feed_place(const struct feed *feed, agon_instrument_t id);

/* The services, one line each in ext_table.c. */
struct ext {
    const char *id;
    const void *table;
    uint32_t kinds; /* bit of each enum agon_kind that is served */
};
extern const struct ext ext_table[]; /* ends with a NULL id */
const void *ext_get(const struct agon_host *host, const char *id);
/* Served to that kind? */
const struct ext *ext_find(const char *id, uint32_t kind);
/* The same. AGON_ENOTSUP, and what to do. */
int ext_check(const char *id, uint32_t kind, struct error *err);

#endif
