// SPDX-License-Identifier: Apache-2.0
/* config_check: is a file what `agon run` and the others would take, and is what it says meant?
 * Nothing is started, and no venue is asked. [main thread] */
#ifndef CLI_CONFIG_CHECK_H
#define CLI_CONFIG_CHECK_H

#include "cli/config_kinds.h"

struct config_check {
    const char *plugins; /* where rosters' plugins are; NULL: of a run where `agon run` finds them,
                            of a roster alone they are not looked at */
    enum file_kind kind; /* of what is checked; KINDS: by its keys */
    uint32_t n_files, n_bad, n_warnings;
};
/* A file, or all that end in .yaml or .yml below a folder; those that a configuration of a run
 * names are checked with it. Mistakes and warnings go to standard error; the return value is the
 * exit code of the gravest mistake. */
int config_check(struct config_check *check, const char *path);

struct settings;
struct roster_cards;
struct crew_slot;
/* config_doubts.c: what of a run's files is lawful and hardly meant; how many warnings there were.
 * config is the run's file. */
uint32_t config_doubts(const struct settings *settings, const char *path,
                       const struct config *config);
/* The same of a roster alone: which leases wait from the start on. */
uint32_t config_doubts_of_leases(const struct roster_cards *cards, const struct crew_slot *slots,
                                 uint32_t n_slots, const char *roster);

#endif
