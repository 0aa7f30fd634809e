// SPDX-License-Identifier: Apache-2.0
/* world: an engine with instruments, slots and plugins that are part of this binary, for
 * benchmarks. Everything that is timed is the host's own code: the plugins only count, or trade at
 * every quote, so that what they cost is next to nothing. [one thread] */
#ifndef BENCH_WORLD_H
#define BENCH_WORLD_H

#include "agent/run_inproc.h"
#include "agent/run_process.h"
#include "engine/engine.h"

#define WORLD_T0      ((agon_ns_t)1767225600 * 1000000000)
#define WORLD_PX      ((agon_px_t)6000000) /* 60000.00 */
#define WORLD_CAPITAL ((agon_amt_t)1000000 * 100000000)

enum world_plugin {
    WORLD_NOBODY = 0,  /* slots without a plugin */
    WORLD_COUNTER = 1, /* counts what it is told */
    WORLD_TRADER = 2   /* the same, and one order for each quote */
};

struct world_agent { /* what a built-in plugin keeps */
    const struct agon_host *host;
    const struct agon_host_orders *orders;
    uint64_t n, sum, n_orders, n_refused, next_ref;
};

struct world_config {
    uint32_t n_instruments, n_slots; /* each slot subscribes every instrument, 32 at most */
    enum world_plugin plugin;
    const struct agon_entry *entry; /* instead of a built-in one; NULL: that */
    uint64_t journal_bytes;         /* of the buffer; 0: no journal */
    void *bus_memory;               /* borrowed, formatted; NULL: the world's own */
    uint64_t bus_granules;          /* 0: the engine's default */
    int is_copied;   /* plugins are handed copies, and the bus is private memory: a worker that has
                        closed itself in can make no other */
    int is_backtest; /* pages are taken as they are used; else they are there, as a
                        live host's */
    uint64_t event_mask;      /* of the slots */
    uint32_t max_open_orders; /* 0: 1000 */
    int has_no_loss_limits;
    int64_t (*now)(void); /* delivery is measured with it; NULL: it is not */
};
struct world {
    struct engine *engine;        /* owned */
    struct process_bus bus;       /* owned; zeros: is_copied, or somebody else's */
    struct journal_buffer buffer; /* owned, with has_buffer */
    int has_buffer;
    uint32_t n_slots;
    struct run_inproc *runs[SLOTS_MAX]; /* owned */
    const struct world_agent *agents[SLOTS_MAX];
    struct venue_port venue;
    struct order_cmd cmd; /* the last that left */
    uint64_t n_cmds;
    agon_ns_t t;
};

/* The counter's on_event, for who wants to call it bare. */
int world_count(void *agent, const struct agon_event_hdr *event, uint64_t nth);
/* What a create may use: takes size bytes of the arena and fills agent. NULL: no room. */
void *world_create(const struct agon_host *host, struct agon_agent *agent, uint64_t size,
                   int (*on_event)(void *, const struct agon_event_hdr *, uint64_t));
int world_open(struct world *world, const struct world_config *config, struct error *err);
void world_close(struct world *world);
/* Steps an event at world->t and lets the plugins take what follows from it. */
int world_step(struct world *world, struct agon_event_hdr *event);
/* Takes what slot wants next and steps it; 1: there was something. */
int world_wish(struct world *world, uint16_t slot);
/* Sets every limit of all slots together, none of them near. */
int world_limit_all(struct world *world);
/* The venue says that the last order is gone, unfilled. */
int world_expire(struct world *world, const struct order_cmd *cmd);
/* ... that all of it has traded at its price. */
int world_fill(struct world *world, const struct order_cmd *cmd);
/* The INSTRUMENT of an id, as world_open configures it: BTCUSDT is 1. */
void world_instrument(struct agon_instrument *instrument, agon_instrument_t id);

#endif
