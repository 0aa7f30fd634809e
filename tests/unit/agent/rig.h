// SPDX-License-Identifier: Apache-2.0
/* rig: a bus, a slot's setup and a scripted plugin, for the tests of runners. The plugin is
 * compiled into the test: what it does in each call is a function that the test sets. */
#ifndef AGENT_RIG_H
#define AGENT_RIG_H

#include <agon/agon.h>

#include "agent/run_inproc.h"
#include "agent/run_process.h"
#include "market/bus.h"
#include "market/evring.h"

#define RIG_BUS_GRANULES 4096
#define RIG_INSTRUMENTS  3 /* 1 and 2 are subscribed, 3 is not */
#define RIG_T0           1700000000000000000

struct rig {
    struct setup setup;
    struct setup_venue venue;
    struct setup_asset assets[2];
    struct agon_instrument instruments[RIG_INSTRUMENTS];
    const void *files[SETUP_FILES_MAX]; /* of the setup's files; borrowed */
    void *block;                        /* owned: the encoded setup */
    uint64_t block_bytes;
    struct process_bus shared; /* owned; with RIG_BY_TURN: bus_memory is in it */
    struct runner_turn turn;   /* ... and the rig is the engine that the runner follows */
    int is_following;
    uint32_t n_turns;
    uint32_t n_together;              /* ... of them by take_turns */
    const struct runner_port *beside; /* called with it there, as the next slot; NULL: nobody */
    struct called called;             /* who NULL: nobody asks */
    uint64_t hash;
    void *bus_memory; /* owned */
    struct bus_writer bus;
    struct run_inproc *run; /* owned */
    const struct runner_port *port;
    uint64_t seq;
    agon_ns_t t;
    int64_t (*now)(void); /* for run_inproc_config, as log; or NULL */
    void (*log)(void *ctx, uint32_t level, agon_ns_t t, const char *text);
    int (*on_lapse)(void *ctx, const struct record_lapse *lapse);
    const struct record_lapse *lapses;
    uint32_t n_lapses;
    int is_again;
    uint64_t from_granules;
    struct error err;
};

/* What the scripted plugin has seen, and what it does. Tests are one process each. */
#define SCRIPT_SEEN_MAX 65536
struct script {
    const struct agon_host *host;
    const struct agon_host_orders *orders;
    const struct agon_host_account *account;
    const struct agon_host_clock *clock;
    const struct agon_host_book *book;
    const struct agon_host_signal *signal;
    const struct agon_host_rng *rng;
    int (*on_create)(struct script *script);
    int (*on_start)(struct script *script, uint32_t reason);
    int (*on_event)(struct script *script, const struct agon_event_hdr *event, uint64_t nth);
    int (*load)(struct script *script, struct agon_in *in, uint32_t schema);
    uint64_t state;
    uint32_t n_seen, n_destroyed;
    struct {
        struct agon_event_hdr hdr;
        uint64_t nth;
    } seen[SCRIPT_SEEN_MAX];
};
extern struct script script;
extern struct agon_descriptor script_descriptor; /* may be changed before rig_start */
extern const struct agon_entry script_entry;

/* Everything but the runner; change rig->setup before rig_start. */
void rig_init(struct rig *rig);
int rig_start(struct rig *rig);
void rig_deinit(struct rig *rig);

/* Events: filled, of the right size; seq is rig->seq + 1 after rig_step. */
struct agon_trade rig_trade(agon_instrument_t instrument, agon_px_t px);
struct agon_order rig_order(uint64_t order_id, uint8_t state);
void rig_public(struct rig *rig, void *event, uint8_t sub); /* of the step under way */
void rig_private(struct rig *rig, void *event, uint8_t sub);
int rig_step(struct rig *rig); /* publishes the step and advances the runner */
/* Takes the next wish out of the ring; 0: none. room: EVENT_BYTES_MAX. */
int rig_wish(struct rig *rig, void *record);

#endif
