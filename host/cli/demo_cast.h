// SPDX-License-Identifier: Apache-2.0
/* demo_cast: what the demo is played with: the simulated venue's endpoint and keys, its
 * instruments, the four agents. [control] */
#ifndef CLI_DEMO_CAST_H
#define CLI_DEMO_CAST_H

#include "cli/host.h"
#include "cli/simproc.h"

#define DEMO_SLOTS 4

/* The venue on loopback, with the simulator's published account. */
int demo_venue(struct venue_config *venue, uint16_t port, struct error *err);
/* The simulator's symbols; from recordings with the digits that each file uses. A count. */
int demo_instruments(struct host_instrument *instruments, const struct simproc *sim,
                     const char *data_dir, struct error *err);
/* dir: where <name>.so or <name>/<name>.so are; NULL: beside the program, or where it is installed.
 */
int demo_cast(struct crew_slot slots[DEMO_SLOTS], const char *dir, uint32_t n_instruments,
              struct error *err);
/* Recordings of Binance spot books in a directory, at most max, sorted; each to be freed. A count.
 */
int demo_recordings(const char *dir, char **paths, int max, struct error *err);
/* The directory of the plugins that came with this program; false: there is none. */
int demo_plugin_dir(char path[512]);
int demo_open_log(const char *path);

#endif
