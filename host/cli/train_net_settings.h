// SPDX-License-Identifier: Apache-2.0
/* train_net_settings: how `agon train lstm|tcn|transformer` trains, as YAML. [any] */
#ifndef CLI_TRAIN_NET_SETTINGS_H
#define CLI_TRAIN_NET_SETTINGS_H

#include "config/schema.h"

struct train_net_settings {
    uint32_t goal;                           /* enum goal_kind (model_eval.h) */
    uint32_t hidden, layers, head;           /* head: of an LSTM */
    uint32_t taps, heads, span, feed;        /* 0: span the window, feed twice hidden */
    uint32_t window, batch, batches, epochs; /* batches 0: each window once */
    uint32_t patience, gap, served_by_state;
    double flat_bps, rate, rate_end;
    uint32_t dropout_ppm, validation_ppm, holdout_ppm;
    uint64_t seed;
};
extern const struct schema train_net_settings_schema;

#endif
