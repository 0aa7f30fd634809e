// SPDX-License-Identifier: Apache-2.0
/* lockstep: the driver of backtests, parity tests and dst. Time moves only when everybody has
 * finished.
 *
 * One time line carries what happens at the exchange (market data at its venue time, orders that
 * arrive there) and what the core is offered (reports, intents, market data after its latency); the
 * earliest is next, and at equal times in that order. An order meets what the exchange's book is
 * when it arrives there, also where the core has not heard of that yet. Timers come before the
 * first event with a later t. After each event that the engine takes, every runner gets what it was
 * given. What the plugins want acts at the engine time of its cause + the slot's latency, in
 * (cause, slot, n) order; a process is waited for before anything that comes then or later.
 * [one thread] */
#ifndef ENGINE_LOCKSTEP_H
#define ENGINE_LOCKSTEP_H

#include "engine/engine.h"
#include "engine/paper.h"
#include "engine/received.h"

struct lockstep_source {
    void *ctx;
    /* The next market event; hdr.t is its time at the exchange and never falls. Borrowed until the
     * next call. NULL: the end, or an error that the source keeps. */
    const struct agon_event_hdr *(*next)(void *ctx);
    int is_companion; /* ends with the last source that is none: funding makes no market */
    /* Borrowed: a recording, whose hdr.t is when the core receives the event, whatever the latency
     * of market data, and this says when it was at the exchange. NULL: hdr.t is the exchange's. */
    struct received *received;
};

/* Who runs plugins' jobs: an outcome is waited for at the time at which it is due. Where the engine
 * has cards, their allocator says whose chunk runs, and the outcome comes behind the last one. */
struct lockstep_chunk { /* that has ended */
    struct record_gpu gpu;
    struct record_job_done done; /* job 0: no outcome; else it comes first */
    const void *result;
};
struct lockstep_jobs {
    void *ctx;
    /* 1: done has it, all but its time, and *result the whole of a result, until the next call. */
    int (*wait)(void *ctx, const struct engine_job *job, struct record_job_done *done,
                const void **result);
    /* When the chunk that ends next does. INT64_MAX: none runs. NULL: there are no cards. */
    agon_ns_t (*chunk_due)(const void *ctx);
    void (*end_chunk)(void *ctx, struct lockstep_chunk *chunk);
    /* What the host has to say to the cards before anything else: leases of agents that have ended
     * are given back. 0: nothing. */
    int (*say)(void *ctx, struct record_gpu *gpu);
};

struct lockstep_config {
    struct engine *engine; /* borrowed; configured and started */
    struct paper *paper;   /* borrowed; NULL: orders go wherever the engine's ports lead */
    const struct lockstep_source *sources; /* merged by (t, closed bars first, place in this array)
                                            */
    uint32_t n_sources;
    int64_t data_latency_ns;       /* from the exchange to the core; >= 0 */
    const struct latency *latency; /* instead of it, its leg MARKET; borrowed; NULL: none */
    struct lockstep_jobs jobs;     /* may be zero: then none is ever done */
    /* A bus as large as the engine's, of what is to come: slots whose runners can look ahead do
     * (engine/look.h). Borrowed; NULL: none does. */
    void *look_memory;
    uint64_t mark_every; /* events between two MARKs; 0: none */
    agon_ns_t t_end;     /* events whose hdr.t is no earlier are left out; 0: none is */
    /* After each event that the engine took; may be NULL. A value below 0 stops the run with it. */
    int (*on_step)(void *ctx, const struct agon_event_hdr *event, int rc);
    /* Instead of it behind bars and opens of a calm (engine_calm), and for no end of a bar there:
     * what the engine and the exchange know may not be settled yet. Where a calm ends with one of
     * them, it may be on_step. NULL: on_step, behind each. */
    int (*on_row)(void *ctx, const struct agon_event_hdr *event);
    /* A slot's runner has ended: says of what, in all but the time. The engine gets it when all
     * slots have done all steps so far. NULL: it does not hear of it. */
    void (*on_lost)(void *ctx, uint16_t slot, struct record_crash *crash);
    void *ctx;
    int walks_all; /* a test's: along_walk_all */
    int is_single; /* ... and nothing is taken in one go with what comes at the same time */
};
struct lockstep_result {
    uint64_t n_events; /* taken by the engine */
    uint64_t n_market; /* of them from the sources */
    /* Bars that were taken in one go, with nothing on its way, those whose end was a number, and
     * those of a calm (engine_calm). */
    uint64_t n_passed, n_passed_ends, n_calm;
    uint64_t n_looked;         /* events that a slot heard of ahead, times slots */
    agon_ns_t t_first, t_last; /* engine time */
    uint16_t n_failed_runners;
    uint16_t failed[SLOTS_MAX];
};

/* Runs to the end. When the sources have ended, what is on its way still arrives, until nothing is
 * left or one more minute of engine time has passed, and the clock goes on to the close: what is
 * due by then comes, samples among it. It is the end of the minute of the last data; t_end, where
 * that is sooner or the sources go on behind it. AGON_ENOMEM, AGON_EAGAIN (the journal's buffer
 * is full and nobody drains it), AGON_ECORRUPT (a MARK did not hold), or what on_step returned. */
int lockstep_run(const struct lockstep_config *config, struct lockstep_result *result,
                 struct error *err);

#endif
