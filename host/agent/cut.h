// SPDX-License-Identifier: Apache-2.0
/* cut: a slot between two events, as what a new instance of its plugin begins from.
 *
 * Whoever drives the engine collects it: a host, a backtest, and whoever runs a journal's plugins
 * once more. All that it holds is either the engine's state at that event, or given, and what is
 * given stands in the journal as a BEGIN (slot/slot.h). */
#ifndef AGENT_CUT_H
#define AGENT_CUT_H

#include "agent/setup.h"
#include "base/hash.h"
#include "engine/engine.h"

struct pieces { /* of a setup, collected out of the engine */
    struct setup_asset assets[ASSETS_MAX];
    struct agon_instrument instruments[INSTRUMENTS_MAX];
    struct agon_order orders[SETUP_ORDERS_MAX];
    struct agon_position positions[SETUP_POSITIONS_MAX];
    struct agon_balance balances[SETUP_BALANCES_MAX];
    struct agon_top10 tops[SLOT_INSTRUMENTS_MAX];
    struct agon_exit exits[AGON_EXITS_MAX];
    struct setup_timer timers[SETUP_TIMERS_MAX];
    struct setup_lease leases[AGON_GPU_LEASES_MAX];
    uint32_t n_timers, next_timer;
    struct agon_capital capital;
};
struct cut {
    struct pieces pieces;
    struct setup setup;   /* points into pieces, and to what was given */
    unsigned char *state; /* owned */
    uint64_t n_state, state_room;
    int is_whole;
};
struct cut_given { /* borrowed as long as the cut is used */
    const struct record_slot *record;
    const struct setup_param *params;
    const struct setup_venue *venues;
    uint32_t n_params, n_venues, plugin_index;
    uint64_t arena_max;
};

struct cut *cut_new(struct error *err); /* NULL: out of memory */
void cut_free(struct cut *cut);         /* NULL is fine */
/* The slot of given->record as the engine has it now; without history and state. state is kept. */
void cut_collect(struct engine *engine, const struct cut_given *given, struct cut *cut);

/* Zeros of nothing. */
void cut_hash(const void *bytes, uint64_t n, unsigned char digest[HASH_SIZE]);
/* What an instance that begins on setup was given, but for how and its names of reasons. [any] */
void cut_begin(union begin_event *event, const struct setup *setup,
               const unsigned char file_hash[HASH_SIZE]);

#endif
