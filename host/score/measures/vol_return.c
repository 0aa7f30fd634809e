// SPDX-License-Identifier: Apache-2.0
#include <math.h>

#include "score/measure.h"

/* The return of the window over its volatility (W. F. Sharpe, Mutual Fund Performance, 1966, reward
 * to variability). */
static int of(const struct window_figures *figures, double *value)
{
    if (!figures->has_spread)
        return 0;
    *value = (figures->growth - 1.0) / (sqrt(figures->variance) * sqrt((double)figures->n_samples));
    return 1;
}

const struct measure measure_vol_return = {.name = "vol_return",
                                           .title = "vol.ret",
                                           .label = NULL,
                                           .unit = MEASURE_NUMBER,
                                           .width = 8,
                                           .decimals = 2,
                                           .doc = "volatility-adjusted return",
                                           .is_less_better = 0,
                                           .weight = "1",
                                           .of = of};
