// SPDX-License-Identifier: Apache-2.0
#include "score/gate.h"

const struct gate gate_win_rate = {.name = "win_rate",
                                   .how = "at least",
                                   .unit = MEASURE_SHARE,
                                   .min = 0,
                                   .max = 1000000,
                                   .doc = "at it or above; no preset",
                                   .preset = NULL,
                                   .measure = &measure_win_rate,
                                   .passes = gate_at_least};
