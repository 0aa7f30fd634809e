// SPDX-License-Identifier: Apache-2.0
/* settings: what `agon run` is told by its file: mode, venue, roster, instruments. The venue and
 * the roster are files of their own, named relative to it. [control] */
#ifndef RUN_SETTINGS_H
#define RUN_SETTINGS_H

#include "config/schema.h"
#include "run/host.h"

extern const struct schema settings_schema;

#define SETTINGS_FOLDERS 8

struct settings {
    char http[64]; /* "127.0.0.1:0", "off" */
    uint64_t log_size;
    uint32_t log_keep;
    uint8_t is_watched; /* the roster's file */
    uint32_t n_load_from;
    char load_from[SETTINGS_FOLDERS]
                  [256];                 /* of what reload and apply may name, beside the others */
    char kill_file[512];                 /* from / on; "": KILL_FILE in the run directory */
    char roster[1024];                   /* its file, for what is told of it */
    struct host_instrument *instruments; /* owned; [host.n_instruments] */
    /* of each venue: name in the credential store; empty: public data only */
    char credentials[HOST_VENUES_MAX][64];
    struct host_config host;           /* slots point into this struct */
    struct crew_slot slots[SLOTS_MAX]; /* those that there are */
};
/* What the instruments trade, as the roster is held against it. */
void host_pairs(struct values_pair *pairs, const struct host_instrument *instruments, uint32_t n);
/* Reads all three files into what is zero or was read before. Every mistake of a file is printed to
 * stderr in one pass, with the command that asks; the return value is an exit code: 0, 3 or 5, or 6
 * when a file cannot be read. plugins: directory of the roster's plugin paths, each of which is
 * opened in a child and its parameters held against what it declares (roster/audit.h); one that may
 * not be loaded is no mistake: its slot says why (unfit). NULL: they are not looked for. first:
 * nothing has begun in the run directory, and a plugin that is not there is a mistake; check: that,
 * and the agents' files are read. */
enum settings_for { SETTINGS_AGAIN = 0, SETTINGS_FIRST = 1, SETTINGS_CHECK = 2 };
int settings_read(struct settings *settings, const char *command, const char *path,
                  const char *plugins, enum settings_for what);

#endif
