// SPDX-License-Identifier: Apache-2.0
/* words: agents that stand on a command line and in no roster. [main thread] */
#ifndef CLI_WORDS_H
#define CLI_WORDS_H

#include "agent/crew.h"
#include "args/args.h"

/* A slot for each plugin file, with the default limits: names after the files, capital in whole
 * units of the base currency, every NAME=VALUE for all of them. AGON_EINVAL: a parameter that is
 * none. */
int words_slots(struct crew_slot *slots, uint32_t *n, const struct arg_list *plugins,
                const struct arg_list *params, int64_t capital, struct error *err);

/* Each NAME=PATH for all of them, as a roster's `files`. AGON_EINVAL: one that is none, or more
 * than SETUP_FILES_MAX. */
int words_files(struct crew_slot *slots, uint32_t n, const struct arg_list *files,
                struct error *err);

#endif
