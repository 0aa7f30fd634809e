// SPDX-License-Identifier: Apache-2.0
#include "score/measure.h"

static int of(const struct window_figures *figures, double *value)
{
    *value = figures->drawdown;
    return figures->n_samples > 0;
}

const struct measure measure_drawdown = {.name = "drawdown",
                                         .title = "drawdown",
                                         .label = "drawdown",
                                         .unit = MEASURE_SHARE,
                                         .width = 8,
                                         .decimals = 2,
                                         .doc = "largest fall; less is better",
                                         .is_less_better = 1,
                                         .weight = "1",
                                         .of = of};
