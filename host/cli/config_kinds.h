// SPDX-License-Identifier: Apache-2.0
/* config_kinds: the kinds of YAML files that the program reads, with the table that each is read
 * by. [any] */
#ifndef CLI_CONFIG_KINDS_H
#define CLI_CONFIG_KINDS_H

#include "config/schema.h"

enum file_kind {
    KIND_RUN,
    KIND_VENUE,
    KIND_ROSTER,
    KIND_TOURNAMENT,
    KIND_MARKET,
    KIND_ACCOUNTS,
    KIND_FAULTS,
    KIND_GPU,
    KIND_GPU_SHARES,
    KIND_TREES,
    KIND_NET,
    KIND_PPO,
    KIND_PLAN,
    KINDS
};
extern const struct schema_kind config_kinds[KINDS + 1]; /* by enum file_kind */
extern const char *const config_kinds_names[KINDS + 1];  /* ends with NULL, as options want it */

#define CONFIG_KINDS_LIST 256
const char *config_kinds_list(char text[CONFIG_KINDS_LIST]); /* "run, venue ... or plan" */

/* The kind that knows most of the file's keys and misses fewest; KINDS: none knows any, or two are
 * alike. */
enum file_kind config_kinds_of(const struct config *config);

/* Is it a file of another kind, which has no key that the wanted one must have? Then that is said
 * on standard error in place of an error for each key. */
int config_kinds_refuse(const struct config *config, const char *command, const char *path,
                        enum file_kind wanted);

#endif
