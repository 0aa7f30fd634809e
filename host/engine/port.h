// SPDX-License-Identifier: Apache-2.0
/* port: what an edge has to offer to the core. The engine is the same in a backtest, on paper,
 * live, in a replay and in fault simulation; only what stands behind these structs differs.
 *
 * Of the four kinds of port, two lie under the engine because lower libraries need them too: the
 * disk (base/disk.h) and byte streams with transport time (net/stream.h). Here are the other two:
 * venues, where orders go, and runners, where plugins live. Time reaches the engine in events only.
 */
#ifndef ENGINE_PORT_H
#define ENGINE_PORT_H

#include "gpu/gpu.h"
#include "market/bus.h"
#include "market/evring.h"
#include "market/records.h"
#include "slot/set.h"

/* Where order commands go: a gateway's ring (live), the paper exchange (match), a simulated world,
 * or nowhere (replay). Results come back as REPORT events through the engine's front door. */
struct venue_port {
    void *ctx;
    /* Takes a copy. AGON_EAGAIN: no room, nothing was taken. That there was none is news from
     * outside and reaches the state as an event only: the engine keeps the request, and the driver
     * offers what engine_take_unsent says of it. Never blocks. [core] */
    int (*send)(void *ctx, const struct order_cmd *cmd);
};

/* A turn: what the engine has said since it last let its runners advance. Lives in the engine; a
 * runner that follows reads it. */
struct runner_turn {
    /* Up to here a runner that follows has been given all that it wants: seq of the last step, the
     * place on the bus behind it, and its last record there. */
    uint64_t shown_seq, shown_at, shown_public_seq;
    /* ... and up to here goes this turn. */
    uint64_t seq, at, public_seq;
    uint8_t shown_public_sub, public_sub;
    uint32_t n_public; /* records of this turn; where it is one, it stands at last_at */
    uint64_t last_at;
    struct slot_set wanting; /* slots that something of it concerns, public or private */
    struct slot_set private; /* ... of which something lies in to_agent */
    /* A TOP10 that nobody is told is not on the bus where all runners follow: whoever looks asks
     * for it. late_seq: of the last such; late: that of an instrument, as it was to be shown, where
     * it is of a later step than that (1). */
    uint64_t late_seq;
    int (*late)(const void *ctx, agon_instrument_t instrument, uint64_t seq,
                struct agon_top10 *top);
    const void *late_ctx;
};

struct runner_look {
    uint64_t at, end_at; /* on the bus of what is to come */
    uint64_t seq;        /* of the last step there before at */
    uint64_t end_seq;    /* ... before end_at */
    uint64_t add;        /* to its numbers: so that they are above all that the plugin was told */
};

enum { TURN_WANTED = 1, TURN_AHEAD = 2 }; /* bits of runner_port.begin */

/* How one slot's plugin is run. The memory of both rings is the runner's; it outlives the engine.
 */
struct runner_port {
    void *ctx;
    struct evring *to_agent;   /* private events; the engine is the producer */
    struct evring *from_agent; /* INTENT, EXIT_PLAN, ARM, SIGNAL; the engine is the consumer */
    /* The step that ends with seq is complete on both rings. Inproc: the plugin takes it now.
     * Process: it is woken. In lock-step this returns when done_seq >= seq. AGON_EIO: the runner
     * has failed (the reason is for agent's supervisor; the driver suspends the slot). [core] */
    int (*advance)(void *ctx, uint64_t seq);
    /* In place of advance, where nothing of the steps since the last call is wanted by the slot: a
     * process may sleep on. NULL: advance. [core] */
    int (*pass)(void *ctx, uint64_t seq);
    /* Does from_agent hold something? Asked before the core sleeps. NULL: it never does then.
     * [core] */
    int (*is_wished)(void *ctx);
    /* Where more than one plugin instance plays for the slot (agent/crew.h), it stands between them
     * and the engine: put takes a private event in place of to_agent, take gives the next wish in
     * place of from_agent, as engine_copy_wish does. NULL: the rings themselves. [core] */
    int (*put)(void *ctx, const struct agon_event_hdr *event);
    int (*take)(void *ctx, struct agon_event_hdr *wish);
    /* A runner that can be left alone while nothing concerns its slot has both; NULL: it is
     * advanced at every turn. follow(turn): from now on it is; 1: it has all up to the end of this
     * turn, 0: not now. follow(NULL): no longer, and what it was spared it has passed over. While
     * it follows, take_turn stands in place of advance. [core] */
    int (*follow)(void *ctx, const struct runner_turn *turn);
    int (*take_turn)(void *ctx);
    /* A turn of one record, which concerns all those slots and nothing private does: take_turn for
     * each of them, in their order, and what begins and ends it once. shared: of a word of 64
     * slots, which follow and have this function, what shared says of each when it follows; slots:
     * a bit each, not 0. What is left: 0, or those from the one that has failed. NULL: take_turn
     * for each. together: only those with the same are called in one go. [core] */
    uint64_t (*take_turns)(void *const *shared, uint64_t slots);
    void *(*shared)(void *ctx);
    const void *together;
    /* What a runner shares with its plugin for agon.gpu; NULL: nothing. box: where calls and input
     * of the wish that was taken last lie; NULL: there is no such place. result: n bytes go where
     * the plugin reads place, before it is told. [core] */
    const void *(*box)(void *ctx, uint32_t box);
    void (*result)(void *ctx, uint32_t place, const void *bytes, uint64_t n);
    /* What the plugin has been delivered so far: compared with the engine's own count. [core] */
    uint64_t (*nth)(void *ctx);
    /* Both before advance, for all slots before the first of them, so that processes work beside
     * each other; NULL: advance does it. begin wakes and never waits; without TURN_WANTED the
     * slot's plugin is told nothing of the step (its nth has not moved), and may stay asleep. 1:
     * there is something to wait for; 2: the same, and at once. await waits, in lock-step, until
     * what begin gave it is done (1) or it has failed (AGON_EIO). With TURN_AHEAD steps may come
     * before the last is done: its plugin goes no further than the first step in which it wants
     * something, and await returns 0 there: to be called again when its ring is empty. rouse comes
     * behind begin of the last, to one of them: those that begin has called are woken together.
     * [core] */
    int (*begin)(void *ctx, uint64_t seq, uint32_t flags);
    void (*rouse)(void *ctx);
    int (*await)(void *ctx);
    /* In lock-step, of a plugin that may hear of public events before the engine steps them: it is
     * to take those of the bus of what is to come (engine/look.h) from look->at on, as far as
     * look->end_at, and no further than the step of its first intent. look wakes and never waits
     * (rouse comes behind the last); 0: it may not. looked waits until it has done so: *seq is the
     * last step that it has done, by that bus's numbers; AGON_EIO: it has failed. Until go_on it
     * hears of nothing; from then on of what the bus itself has from at on. NULL: never. [core] */
    int (*look)(void *ctx, const struct runner_look *look);
    int (*looked)(void *ctx, uint64_t *seq);
    void (*go_on)(void *ctx, uint64_t at);
};

/* Who keeps bars for those that begin late: each that is on the bus, as it is written there, also
 * while a journal is read. Never blocks; NULL: nobody. [core] */
struct bar_port {
    void *ctx;
    void (*bar)(void *ctx, const struct agon_bar *bar);
};

/* Who keeps equity over time: each full minute, where it is sampled and with all as it stands by
 * then, also while a journal is read. NULL: nobody. [core] */
struct sample_port {
    void *ctx;
    void (*sample)(void *ctx, agon_ns_t t);
};

/* Who carries out what the cards' allocator decides (gpu/gpu.h): workers, and the agents whose
 * leases and jobs it concerns. Called for each decision of an event in its order, also while a
 * journal is read: who acts on it knows whether it is new. event: NULL where it follows from none
 * of the cards' own: a START, a CONFIG, a tournament, time. Never blocks. [core] */
struct card_port {
    void *ctx;
    void (*decided)(void *ctx, const struct record_gpu *event, const struct gpu_decision *decision);
};

/* Who hears of an alert of the core at once, before it is an event (engine/alerts.h). Never blocks.
 * [core] */
struct alert_port {
    void *ctx;
    void (*alert)(void *ctx, const struct record_alert *alert);
};

#endif
