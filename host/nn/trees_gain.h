// SPDX-License-Identifier: Apache-2.0
/* trees_gain: how much each feature of a file of trees was of use in its training, by what the file
 * keeps of it (loss_changes): XGBoost's importance types total_gain (the sum over the splits on the
 * feature), weight (their number) and gain (the mean). It says what the trees were split by, and
 * nothing of rows that they have not seen. */
#ifndef NN_TREES_GAIN_H
#define NN_TREES_GAIN_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

struct trees_gain {
    double total;      /* total_gain */
    uint32_t n_splits; /* weight */
};
/* Of a file that trees_read takes: all[n_features], for free. AGON_ENOENT: it keeps no gains;
 * AGON_EINVAL: what it keeps is none, with its place; AGON_ENOMEM. [any] */
int trees_gain(const char *text, size_t n, struct trees_gain **all, uint32_t *n_features,
               struct error *err);

#endif
