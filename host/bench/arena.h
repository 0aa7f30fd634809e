// SPDX-License-Identifier: Apache-2.0
/* arena: an engine, a paper venue, a made-up or recorded market and slots whose plugins are loaded
 * from files by a crew: what benchmarks and tests of reload drive, event by event. Between two
 * events crew_turn is called, so that another thread can reload meanwhile. [one thread] */
#ifndef BENCH_ARENA_H
#define BENCH_ARENA_H

#include "agent/crew.h"
#include "engine/driver.h"
#include "engine/paper.h"

#define ARENA_SLOTS 4
#define ARENA_T0    ((agon_ns_t)1767225600 * 1000000000)

struct arena_config {
    uint32_t n_slots;
    const char *plugins[ARENA_SLOTS]; /* files */
    uint32_t runner;                  /* enum crew_runner */
    int is_lock_step;                 /* process: each step is waited for */
    uint8_t orders_on_reload, shadow, on_crash;
    uint32_t shadow_events;
    int64_t checkpoint_ns, hard_ns;
    const char *params[ARENA_SLOTS][2][2]; /* name, value; NULL: none */
    const char *dir;                       /* for private copies */
    const char *tape;                      /* quotes as CSV; NULL: made up */
    int is_certified;                      /* who runs inproc needs a certificate */
    int is_rehearsed;
    uint64_t journal_bytes; /* 0: none */
    int (*is_refused)(void *ctx, const unsigned char hash[HASH_SIZE], struct error *err);
    void (*history)(void *ctx, uint64_t seq, struct crew_history *history); /* as crew_config's */
    void *ctx;
};
struct arena {
    struct arena_config config;
    struct process_bus bus;
    struct engine *engine; /* owned */
    struct driver driver;
    struct crew *crew;   /* owned */
    struct paper *paper; /* owned */
    struct crew_slot slots[ARENA_SLOTS];
    struct agon_quote *tape; /* owned */
    uint32_t n_tape;
    uint64_t n_market;
    agon_ns_t t;
    uint64_t n_cmds, n_cancels; /* that left for the venue */
    int64_t load_ns, join_ns;   /* that its plugins took to begin with: crew_load, crew_join */
    struct slot_set failed;     /* slots whose plugin is gone */
    char failure[160];
    /* Wishes of a slot as they were stepped, when somebody wants them. */
    void (*on_wish)(void *ctx, uint16_t slot, const struct agon_event_hdr *wish);
    /* Each event as it is about to be stepped, when somebody wants them. */
    void (*on_event)(void *ctx, const struct agon_event_hdr *event);
    int is_repeated; /* arena_repeat: nothing leaves for the venue */
    void *ctx;
    _Alignas(64) unsigned char wish[ENGINE_WISH_BYTES];
    _Alignas(64) unsigned char event[EVENT_BYTES_MAX]; /* of arena_repeat */
};

int arena_open(struct arena *arena, const struct arena_config *config, struct error *err);
void arena_close(struct arena *arena);
/* The next market event and all that follows from it, then the crew's turn. */
int arena_step(struct arena *arena);
/* Another event, stepped the same way. */
int arena_offer(struct arena *arena, struct agon_event_hdr *event);
/* One event that on_event was shown in another arena of the same configuration: what the slots are
 * told is that and what follows from it. Their wishes are dropped, for those that came true are
 * among the events. */
int arena_repeat(struct arena *arena, const struct agon_event_hdr *event);
/* Looks for plugins that have ended: buries them, tells the engine. The slots that did, a bit each.
 */
uint64_t arena_look(struct arena *arena);
/* Runners of processes have done all that there is. */
void arena_settle(struct arena *arena);

#endif
