// SPDX-License-Identifier: Apache-2.0
/* model_drift: how far data has moved from what a model was taught by: the population stability
 * index of each feature, over parts that had as many rows each in training. [any] */
#ifndef CLI_MODEL_DRIFT_H
#define CLI_MODEL_DRIFT_H

#include <jansson.h>

#include "cli/train_data.h"

#define DRIFT_PARTS 10
#define DRIFT_PSI   0.25 /* above: drift. N. Siddiqi, Credit Risk Scorecards, 2006 */
#define DRIFT_FLOOR 1e-4 /* no share is taken for less */

/* Of each feature the edges of its parts, the share of rows in each, and of those without a value.
 * NULL: no memory. */
json_t *drift_quantiles(const struct train_rows *rows, const char *const *names);

struct drift {
    double psi, missing; /* missing: share of rows without a value */
    uint32_t n;          /* rows with one */
    int is_known;        /* it stands in the quantiles */
};
/* One column of rows beside its quantiles. AGON_ECORRUPT: they are none. */
int drift_of(const json_t *quantiles, const struct train_rows *rows, const char *name,
             uint32_t column, struct drift *drift, struct error *err);

#endif
