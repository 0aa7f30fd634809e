// SPDX-License-Identifier: Apache-2.0
#include "score/gate.h"

const struct gate gate_drawdown = {.name = "drawdown",
                                   .how = "below",
                                   .unit = MEASURE_SHARE,
                                   .min = 1,
                                   .max = 1000000,
                                   .doc = "below it",
                                   .preset = "20%",
                                   .measure = &measure_drawdown,
                                   .passes = gate_below};
