// SPDX-License-Identifier: Apache-2.0
/* run_inproc: a plugin that is called on the thread that drives the engine.
 *
 * It contains nothing: for code that the validator certified and an operator allowed, and for
 * backtests in a disposable process. Intents are back in the ring when advance returns, so
 * lock-step is its nature. */
#ifndef AGENT_RUN_INPROC_H
#define AGENT_RUN_INPROC_H

#include "agent/feed.h"
#include "engine/port.h"

struct run_inproc;
struct run_inproc_config {
    const void *setup; /* copied */
    uint64_t setup_bytes;
    const void *files[SETUP_FILES_MAX]; /* feed.h */
    const void *bus;                    /* borrowed until run_inproc_free */
    uint64_t bus_granules;
    const void *shown;                   /* of the bus: feed.h; NULL: none */
    uint32_t n_leases;                   /* that it may ask for (agon.gpu) */
    const struct agon_entry *entry;      /* checked; stays until run_inproc_free */
    uint64_t to_granules, from_granules; /* powers of two; 0: 16384 and 4096 */
    void (*log)(void *ctx, uint32_t level, agon_ns_t t, const char *text); /* or NULL */
    void (*on_gap)(void *ctx, const struct agon_gap *gap);                 /* or NULL */
    int (*on_lapse)(void *ctx, const struct record_lapse *lapse);          /* or NULL */
    const struct record_lapse *lapses; /* a journal's events again: feed.h; borrowed */
    uint32_t n_lapses;
    int is_again;
    uint64_t last_nth;
    int (*answer)(void *ctx, uint32_t model, const float *x, uint32_t n_x, float *y,
                  uint32_t n_y); /* feed.h; or NULL */
    int64_t (*now)(void);        /* to measure delivery with; or NULL */
    const struct called *called; /* feed.h: around the calls of the plugin on its events */
    uint64_t hash;
    void *ctx;
};
/* Makes rings and instance and starts it. [control] */
int run_inproc_new(struct run_inproc **run, const struct run_inproc_config *config,
                   struct error *err);
/* In two steps: the rings, which the engine may already fill, and then the instance; setup, entry
 * and their kin are of the second, shown of both. new is both. [control] */
int run_inproc_open(struct run_inproc **run, const struct run_inproc_config *config,
                    struct error *err);
int run_inproc_begin(struct run_inproc *run, const struct run_inproc_config *config,
                     struct error *err);
void run_inproc_stop(struct run_inproc *run, uint32_t reason); /* on_stop. [core] */
void run_inproc_free(struct run_inproc *run);                  /* NULL is fine. [control] */
/* What the engine is given; lives in run. */
const struct runner_port *run_inproc_port(struct run_inproc *run);
struct feed *run_inproc_feed(struct run_inproc *run);

#endif
