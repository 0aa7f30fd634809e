// SPDX-License-Identifier: Apache-2.0
/* model_gain: the features of a model of trees in the order of what they were of use in its
 * training (nn/trees_gain.h), as JSON and for people. [any] */
#ifndef CLI_MODEL_GAIN_H
#define CLI_MODEL_GAIN_H

#include <jansson.h>

#include "nn/served.h"

/* Of a file's bytes: an array of {feature, total_gain, gain, splits, share}, the largest total
 * first; share is of the sum. NULL: it is a net, or keeps none. Owned by the caller. */
json_t *model_gain(const struct served_names *names, const void *bytes, size_t n);
/* The first of them, a line each, behind a word of so many columns. NULL: none. */
void model_gain_print(const json_t *all, int columns);

#endif
