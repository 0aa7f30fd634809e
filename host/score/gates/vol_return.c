// SPDX-License-Identifier: Apache-2.0
#include "score/gate.h"

const struct gate gate_vol_return = {.name = "vol_return",
                                     .how = "above",
                                     .unit = MEASURE_NUMBER,
                                     .min = -1000,
                                     .max = 1000,
                                     .doc = "above it; no preset",
                                     .preset = NULL,
                                     .measure = &measure_vol_return,
                                     .passes = gate_above};
