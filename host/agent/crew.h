// SPDX-License-Identifier: Apache-2.0
/* crew: plugins put to their slots. From what a roster says of a slot to a runner that the engine
 * calls: copy, check, load, the slot's CONFIG record, the setup block out of the engine's state,
 * start, attach.
 *
 * Between two steps of the engine, on the thread that drives it, or before it starts. [control] */
#ifndef AGENT_CREW_H
#define AGENT_CREW_H

#include "agent/loader.h"
#include "agent/run_inproc.h"
#include "agent/run_process.h"
#include "engine/engine.h"

#define CREW_PARAMS_MAX 64

enum crew_runner { CREW_INPROC = 1, CREW_PROCESS = 2 };

struct crew_slot {             /* what a roster says of one slot */
    struct record_slot record; /* event_mask, agent_kind and generation_hash come from the plugin;
                                  runner: enum crew_runner */
    int64_t hard_ns;           /* process: a callback may last so long; 0: 100 ms */
    uint8_t wait;              /* process: enum process_wait */
    uint32_t line;             /* of its stage in the roster, or of its name; 0: no roster */
    char plugin[512];          /* the author's file */
    uint32_t plugin_index;     /* of several in one file */
    uint8_t is_isolated;       /* not with less than the whole sandbox */
    uint64_t arena_bytes;      /* the most memory that it is granted; 0: SETUP_ARENA_MAX */
    uint32_t n_params;
    struct setup_param params[CREW_PARAMS_MAX];
};
struct crew_config {
    struct engine *engine;         /* borrowed */
    const char *dir;               /* for private copies of what runs inproc; NULL: nothing may */
    const struct process_bus *bus; /* borrowed; the engine's own; NULL: no runner is a process */
    int is_lock_step;              /* process runners: the engine waits for each step */
    const struct setup_venue *venues; /* borrowed */
    uint32_t n_venues;
    /* A line of a plugin's log; may be NULL. [agent] */
    void (*log)(void *ctx, uint16_t slot, uint32_t level, agon_ns_t t, const char *text);
    void *ctx;
};
struct crew;

int crew_new(struct crew **crew, const struct crew_config *config, struct error *err);
/* Copies, checks and maps the plugin of slot->record.slot and completes the record from its
 * descriptor. The caller then steps the record through the engine. Errors name file and finding. */
int crew_load(struct crew *crew, struct crew_slot *slot, struct error *err);
/* Starts the plugin on the slot as the engine has it now and attaches it. history: bars and trades
 * for agon.history, oldest first; may be empty. */
struct crew_history {
    const struct agon_bar *bars;
    const struct agon_trade *trades;
    uint32_t n_bars, n_trades;
};
int crew_join(struct crew *crew, const struct crew_slot *slot, const struct crew_history *history,
              struct error *err);
/* on_stop, detached and gone; the slot stays. Fine when nobody plays for it. */
void crew_leave(struct crew *crew, uint16_t slot, uint32_t reason);
void crew_free(struct crew *crew); /* everybody leaves */
/* Looks after the children: log lines, deaths, hangs. 1: *slot is the next whose runner has ended,
 * why says how (until crew_leave), and the caller detaches it by crew_leave and decides what the
 * engine is told; 0: all well. Every millisecond or so. [control] */
int crew_poll(struct crew *crew, int64_t mono_ns, uint16_t *slot, const char **why);
/* Why the plugin of a slot failed; empty: it did not. */
const char *crew_failure(const struct crew *crew, uint16_t slot);
/* What a plugin said of itself when it was loaded; NULL: nobody is loaded for the slot. */
const struct plugin_info *crew_info(const struct crew *crew, uint16_t slot);
/* Events delivered to the slot's plugin, by its own count; 0: nobody plays. */
uint64_t crew_nth(const struct crew *crew, uint16_t slot);

#endif
