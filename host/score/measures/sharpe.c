// SPDX-License-Identifier: Apache-2.0
#include <math.h>

#include "score/measure.h"

/* Mean over deviation of the returns (W. F. Sharpe, The Sharpe Ratio, 1994, ex post, without a
 * risk-free rate), of a year where figures are yearly. */
static int of(const struct window_figures *figures, double *value)
{
    if (!figures->has_spread)
        return 0;
    *value = figures->mean / sqrt(figures->variance);
    if (figures->is_yearly)
        *value *= sqrt(figures->per_year);
    return 1;
}

const struct measure measure_sharpe = {.name = "sharpe",
                                       .title = "sharpe",
                                       .label = "Sharpe",
                                       .unit = MEASURE_NUMBER,
                                       .width = 9,
                                       .decimals = 2,
                                       .doc =
                                           "Sharpe ratio of the window's samples, not annualised",
                                       .is_less_better = 0,
                                       .weight = "1",
                                       .of = of};
