// SPDX-License-Identifier: Apache-2.0
/* feed: the heart of every runner: one plugin instance, its events and its services.
 *
 * It merges the public bus and the slot's private ring by (seq, sub), the private one first at a
 * tie, drops what the slot's subscription does not want, counts what it delivers (nth) and calls
 * the plugin. What the plugin wishes goes into its ring, stamped with the event that was being
 * delivered. Services answer as of that event: positions, open orders, balances, books and
 * signals are folded here, from the same events, so that they are the same in every mode.
 *
 * A feed makes no system call between feed_start and feed_stop, and engine time is all that it
 * knows: the clock that it may be given measures it and tells it nothing. It runs on the core
 * thread (inproc) or in a child (process); one thread at a time. [agent] */
#ifndef AGENT_FEED_H
#define AGENT_FEED_H

#include <stdatomic.h>

#include <agon/agon.h>

#include "agent/called.h"
#include "agent/setup.h"
#include "base/error.h"
#include "base/hist.h"
#include "engine/jobs.h"

#define FEED_ERRORS_MAX 100 /* errors of on_event in a row that fail the plugin */

/* A metric that is a price of an instrument. */
struct feed_line {
    uint32_t id;
    agon_instrument_t instrument;
    char name[AGON_LINE_NAME];
};

/* What others may see of a feed while it runs; may lie in memory shared with the host. The words
 * come from a child: they are figures, not proofs. */
struct feed_beat {
    _Atomic uint64_t enter, exit; /* callbacks begun and ended: unequal for long is a hang */
    _Atomic uint64_t done_seq;    /* everything up to it has been delivered and answered */
    _Atomic uint64_t nth;
    _Atomic uint64_t n_errors, n_gaps, n_intents, n_full; /* full: wishes that met a full ring */
    /* Of the first of n_errors: its event's number of the slot, seq and type, and what was
       returned. Written before n_errors is 1. */
    _Atomic uint64_t error_nth, error_seq;
    _Atomic uint32_t error_type;
    _Atomic int32_t error_code;
    _Atomic uint64_t n_lapses_lost;             /* on_lapse had no room for */
    _Atomic uint64_t n_fp;                      /* calls that left floating-point control changed */
    _Atomic uint64_t metrics[AGON_METRICS_MAX]; /* bits of a double */
    _Atomic uint32_t metrics_set;               /* bit i: metrics[i] was set or added to */
    _Atomic uint32_t n_lines;                   /* lines[n] is written once, before it counts */
    struct feed_line lines[AGON_LINES_MAX];
    /* From the beginning of an event's step on the core to the beginning of its callback: of the
       first event of each feed_run, about one in 64 where they come faster than 100 us (of plugins
       that are called together all or none); since feed_start or feed_go_live. */
    struct hist_small delivery;
};

/* What a runner and its plugin share for agon.gpu: boxes that the plugin writes, and places that
 * only the host does. */
#define FEED_BOXES_BYTES   ((uint64_t)AGON_GPU_JOBS_MAX * AGON_GPU_SUBMIT_MAX)
#define FEED_RESULTS_BYTES ((uint64_t)JOBS_PLACES * AGON_GPU_RESULT_MAX)

struct feed_config {
    const void *setup; /* aligned to 8; borrowed until feed_free */
    uint64_t setup_bytes;
    const void *files[SETUP_FILES_MAX]; /* what is in the setup's files; borrowed until feed_free;
                                           NULL: it is not there */
    void *boxes;         /* FEED_BOXES_BYTES; borrowed until feed_free; NULL: no lease is named */
    const void *results; /* FEED_RESULTS_BYTES; borrowed until feed_free; NULL: none */
    const void *bus;     /* formatted bus, may be read-only; borrowed until feed_free */
    uint64_t bus_granules;
    const void *shown; /* the same bus once more, which a plugin cannot write to (shown.h): events
                          are handed on by pointer where the feed follows; NULL: copies are */
    void *to_agent, *from_agent; /* formatted evrings; borrowed until feed_free */
    uint64_t to_granules, from_granules;
    struct feed_beat *beat; /* zeroed; borrowed; NULL: one of its own */
    /* A line of the plugin's log, UTF-8, already rate limited. NULL: none wanted. */
    void (*log)(void *ctx, uint32_t level, agon_ns_t t, const char *text);
    /* The reader was overrun; the plugin gets the same GAP. NULL: none wanted. */
    void (*on_gap)(void *ctx, const struct agon_gap *gap);
    /* What the plugin met that follows from no event (market/records.h): a gap, a call that found
     * no room. slot and generation are left to whoever hears it. False: it cannot be kept, and
     * n_lapses_lost counts it. NULL: none wanted. */
    int (*on_lapse)(void *ctx, const struct record_lapse *lapse);
    /* The events of a journal once more: gaps are where these say, and calls find no room where
     * these say, and else always do. In their order; borrowed until feed_free. */
    const struct record_lapse *lapses;
    uint32_t n_lapses;
    int is_again;
    uint64_t last_nth; /* again: nothing is delivered beyond; 0: no end */
    /* In the place of the plugin's models (agon.nn: step): y[n_y] to x[n_x], finite, of the model
     * that it opened as the nth. What it returns is the plugin's answer. NULL: the model's own. */
    int (*answer)(void *ctx, uint32_t model, const float *x, uint32_t n_x, float *y, uint32_t n_y);
    /* Monotonic ns; NULL: delivery is not measured. Nothing that the plugin does depends on it. */
    int64_t (*now)(void);
    /* Where it is said whose code this thread goes into (feed_show); borrowed until feed_free;
     * NULL: nobody asks. hash: what is said of this one. Who is handed events together has one. */
    const struct called *called;
    uint64_t hash;
    void *ctx;
};
struct feed;

/* Decodes the setup, attaches to the rings, folds what the setup holds. AGON_ECORRUPT,
 * AGON_ENOMEM. [control] */
int feed_new(struct feed **feed, const struct feed_config *config, struct error *err);
/* Resolves parameters, takes the arena, calls create; then load_state when the setup brings a state
 * (through migrate where the schema asks for it). The entry has been checked (loader.h) and stays
 * until feed_free. [control] */
int feed_create(struct feed *feed, const struct agon_entry *entry, struct error *err);
/* on_start, with the setup's reason. [agent] */
int feed_start(struct feed *feed, struct error *err);
/* Delivers all events up to seq that are complete on the bus; UINT64_MAX: all there are. Returns
 * how many it delivered; AGON_EIO: the plugin failed (feed_failure says why), and nothing more will
 * be delivered. [agent] */
int64_t feed_run(struct feed *feed, uint64_t seq);
/* Delivers public events of another bus from look->at to look->end_at, as if they had come on its
 * own (engine/port.h: look), with look->add on their numbers, up to the end of a step behind which
 * is_held says 1. Private ones there are none meanwhile. *seq: the last step that was delivered
 * whole, by that bus's numbers, also while it goes on. Returns as feed_run. Behind it comes
 * feed_go_on, and nothing else. [agent] */
struct runner_look;
struct bus_reader;
int64_t feed_look(struct feed *feed, struct bus_reader *ahead, const struct runner_look *look,
                  int (*is_held)(void), _Atomic uint64_t *seq);
void feed_go_on(struct feed *feed, uint64_t at); /* on its own bus, from there on. [agent] */
/* On the engine's own thread: from now on the engine says what there is, and the bus is not looked
 * at for more (engine/port.h: follow, take_turn). turn: borrowed until NULL is said. feed_take_turn
 * returns as feed_run. [core] */
struct runner_turn;
int feed_follow(struct feed *feed, const struct runner_turn *turn);
int64_t feed_take_turn(struct feed *feed);
/* Between two events: from seq on (everything up to it has been delivered) this instance plays for
 * the slot, as that generation, told what is in the mask, counting on from nth. Calls on_start once
 * more, with the reason. Any error: it will not, and nothing has changed but what it did itself.
 * [agent] */
struct feed_live {
    uint64_t seq, nth, event_mask;
    uint16_t event_more;
    uint8_t bar_mask, pad[5];    /* 0: as it was */
    uint32_t generation, reason; /* enum agon_start */
};
int feed_go_live(struct feed *feed, const struct feed_live *live, struct error *err);
/* on_stop. [agent] */
void feed_stop(struct feed *feed, uint32_t reason);
/* destroy, and all memory. Accepts NULL and what was never created. [control] */
void feed_free(struct feed *feed);

/* Writes agon_state_hdr and the plugin's state to memory of its own (*bytes, free it).
 * AGON_ENOTSUP: the plugin saves none; AGON_ENOSPC: more than SETUP_STATE_MAX. Between two events.
 * [agent] */
int feed_save(struct feed *feed, unsigned char **bytes, uint64_t *n, struct error *err);

/* The same into memory that is there: AGON_ENOSPC when it is too little. */
int feed_save_into(struct feed *feed, unsigned char *bytes, uint64_t room, uint64_t *n,
                   struct error *err);

uint64_t feed_nth(const struct feed *feed);      /* [agent] */
uint64_t feed_done_seq(const struct feed *feed); /* [agent] */
const struct error *feed_failure(const struct feed *feed);
const struct feed_beat *feed_beat(const struct feed *feed);             /* [any] */
const struct agon_descriptor *feed_descriptor(const struct feed *feed); /* after feed_create */

#endif
