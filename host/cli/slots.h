// SPDX-License-Identifier: Apache-2.0
/* slots: what a roster would say, from words on the command line. [main thread] */
#ifndef CLI_SLOTS_H
#define CLI_SLOTS_H

#include "agent/crew.h"
#include "cli/args.h"

/* A slot for each plugin file, with the default limits: names after the files, capital in whole
 * units of the base currency, every NAME=VALUE for all of them. AGON_EINVAL: a parameter that is
 * none. */
int slots_of_words(struct crew_slot *slots, uint32_t *n, const struct arg_list *plugins,
                   const struct arg_list *params, int64_t capital, struct error *err);
/* The limits of a slot whose roster says nothing: RELIABILITY's defaults of the trade. */
void slots_defaults(struct record_slot *record, agon_amt_t capital_amt);

#endif
