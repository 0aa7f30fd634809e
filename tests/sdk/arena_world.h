// SPDX-License-Identifier: Apache-2.0
/* arena_world: a small world around one runner, for tests that compare runners: a tape of trades,
 * and answers to wishes that depend on nothing but the wishes. */
#ifndef SDK_ARENA_WORLD_H
#define SDK_ARENA_WORLD_H

#include "agent/loader.h"
#include "agent/run_inproc.h"
#include "agent/run_process.h"
#include "base/hash.h"

#define WORLD_T0 1700000000000000000

struct world {
    struct setup setup;
    struct setup_venue venue;
    struct setup_asset assets[2];
    struct agon_instrument instrument;
    struct setup_param params[4];
    void *block; /* owned */
    uint64_t block_bytes;
    struct process_bus bus;
    struct bus_writer writer;
    struct run_inproc *inproc;
    struct run_process *process;
    struct plugin plugin;
    struct plugin_file file;
    const struct runner_port *port;
    uint64_t seq;
    agon_ns_t t;
    agon_qty_t held_qty;
    struct hash hash; /* over all wishes */
    uint64_t n_wishes, next_order;
    char directory[256];
    char log[16][256]; /* first lines of the plugin's log */
    uint32_t n_log;
    struct error err;
};

enum world_kind { WORLD_INPROC, WORLD_PROCESS };

/* Path of a test plugin, static; of one that has a slash in it, itself. */
const char *world_plugin(const char *name);
void world_init(struct world *world);
void world_param(struct world *world, const char *name, const char *text);
/* Stages, checks, loads and starts a plugin; change world->setup before. */
int world_start(struct world *world, const char *plugin, enum world_kind kind,
                const struct run_process_config *with);
/* One trade, complete with the answers to the wishes of the step before. As advance. */
int world_step(struct world *world);
void world_deinit(struct world *world);

#endif
