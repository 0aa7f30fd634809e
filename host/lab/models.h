// SPDX-License-Identifier: Apache-2.0
/* models: what the command line says of latency and impact, as the models of match.
 *
 *     --latency 20ms            each message takes 20 ms
 *     --latency 20ms:0.5        log-normal: the median is 20 ms, sigma 0.5
 *     --impact sqrt:1:3%:20000  price x 1 x 3 % x sqrt(quantity / 20000 of the base a day)
 *     --impact ETHUSDT=linear:0.5:4%:150000
 * [any] */
#ifndef LAB_MODELS_H
#define LAB_MODELS_H

#include "engine/paper.h"

/* option is what the text was given with, "--latency". AGON_EINVAL with what was expected. */
int models_latency(const char *option, const char *text, struct latency_model *model,
                   struct error *err);
/* Is it one? AGON_EINVAL with what was expected. */
int models_impact_check(const char *text, struct error *err);
/* For one instrument or, without "SYMBOL=", for all of the table. AGON_EINVAL, AGON_ENOMEM. */
int models_impact(struct paper *paper, const struct instruments *table, const char *text,
                  struct error *err);

#endif
