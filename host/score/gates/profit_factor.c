// SPDX-License-Identifier: Apache-2.0
#include "score/gate.h"

const struct gate gate_profit_factor = {.name = "profit_factor",
                                        .how = "above",
                                        .unit = MEASURE_NUMBER,
                                        .min = 0,
                                        .max = 1000,
                                        .doc = "above it; no preset",
                                        .preset = NULL,
                                        .measure = &measure_profit_factor,
                                        .passes = gate_above};
