// SPDX-License-Identifier: Apache-2.0
#include "score/measure.h"

/* The mean return over the largest fall (T. W. Young, Calmar Ratio, 1991): of a year, or the sum
 * over the window where figures are not yearly. */
static int of(const struct window_figures *figures, double *value)
{
    double times = figures->is_yearly ? figures->per_year : (double)figures->n_samples;

    return figures->n_samples > 0 && measure_ratio(figures->mean * times, figures->drawdown, value);
}

const struct measure measure_calmar = {.name = "calmar",
                                       .title = "calmar",
                                       .label = NULL,
                                       .unit = MEASURE_NUMBER,
                                       .width = 9,
                                       .decimals = 2,
                                       .doc = "Calmar ratio",
                                       .is_less_better = 0,
                                       .weight = "1",
                                       .of = of};
