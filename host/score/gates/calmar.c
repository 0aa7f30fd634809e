// SPDX-License-Identifier: Apache-2.0
#include "score/gate.h"

const struct gate gate_calmar = {.name = "calmar",
                                 .is_past = 1,
                                 .how = "above",
                                 .unit = MEASURE_NUMBER,
                                 .min = -1000,
                                 .max = 1000,
                                 .doc = "above it; no preset",
                                 .preset = NULL,
                                 .measure = &measure_calmar,
                                 .passes = gate_above};
