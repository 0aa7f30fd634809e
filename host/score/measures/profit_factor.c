// SPDX-License-Identifier: Apache-2.0
#include "score/measure.h"

static int of(const struct window_figures *figures, double *value)
{
    return measure_ratio((double)figures->won_amt, (double)figures->lost_amt, value);
}

const struct measure measure_profit_factor = {.name = "profit_factor",
                                              .title = "factor",
                                              .label = NULL,
                                              .unit = MEASURE_NUMBER,
                                              .width = 7,
                                              .decimals = 2,
                                              .doc = "won over lost",
                                              .is_less_better = 0,
                                              .weight = "1",
                                              .of = of};
