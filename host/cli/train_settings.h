// SPDX-License-Identifier: Apache-2.0
/* train_settings: how `agon train trees` trains, as YAML. [any] */
#ifndef CLI_TRAIN_SETTINGS_H
#define CLI_TRAIN_SETTINGS_H

#include "config/schema.h"
#include "nn/trees_train.h"

struct train_settings {
    uint32_t objective, rounds, parallel, max_depth, bins, patience, gap;
    double eta, lambda, gamma, min_child_weight, base_score;
    uint32_t subsample_ppm, colsample_tree_ppm, colsample_node_ppm;
    uint32_t validation_ppm, holdout_ppm; /* of the rows, at the end */
    uint64_t seed;
};
extern const struct schema train_settings_schema;

struct trees_params train_settings_params(const struct train_settings *settings,
                                          uint32_t n_threads);

#endif
