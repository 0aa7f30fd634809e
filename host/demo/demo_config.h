// SPDX-License-Identifier: Apache-2.0
/* demo_config: what the demo is played with: the simulated venues' endpoints and keys, their
 * instruments, the agents. [control] */
#ifndef DEMO_DEMO_CONFIG_H
#define DEMO_DEMO_CONFIG_H

#include "demo/simproc.h"
#include "run/host.h"

#define DEMO_SLOTS    9            /* eight agents and a model */
#define DEMO_NEWCOMER "momentum_1" /* who is reloaded with other code, in the first place below */

/* Binance spot on loopback, with the simulator's published account. */
int demo_venue(struct venue_config *venue, uint16_t port, struct error *err);
/* The markets that the simulator serves, spot first, with its published account. A count. */
#define DEMO_INSTRUMENTS_MAX 64 /* a demo's plugins go over all */
int demo_venues(struct venue_config venues[HOST_VENUES_MAX], const struct simproc *sim,
                struct error *err);
/* The simulator's symbols, spot first; from recordings with the digits that each file uses. A
 * count. */
int demo_instruments(struct host_instrument *instruments, const struct simproc *sim,
                     const char *data_dir, struct error *err);
struct demo_plan {
    const char *plugins; /* where <name>.so or <name>/<name>.so are; NULL: beside the program, or
                            where it is installed */
    const struct host_instrument *instruments;
    uint32_t n_instruments;
    int has_structure; /* the market has a premium that reverts by more than fees (docs/markets.md)
                        */
    int64_t length_s;  /* of the demo, market time: who misbehaves does so in good time */
};
/* A count: what needs a market that is not there stays away. */
int demo_slots(struct crew_slot slots[DEMO_SLOTS], const struct demo_plan *plan, struct error *err);
/* Does it misbehave on purpose? */
int demo_is_rascal(const struct crew_slot *slot);
/* The code that takes over from momentum_1's. AGON_ENOENT. */
int demo_newcomer(const char *plugins, char path[512], struct error *err);
/* Recordings of Binance spot books in a directory, at most max, sorted; each to be freed. A count.
 */
int demo_recordings(const char *dir, char **paths, int max, struct error *err);
/* The directory of the plugins that came with this program; false: there is none. */
int demo_plugin_dir(char path[512]);
int demo_open_log(const char *path);

#endif
