// SPDX-License-Identifier: Apache-2.0
#include <math.h>

#include "score/measure.h"

/* The mean return over its standard error (Student, The Probable Error of a Mean, 1908): how far
 * the net result is from chance. */
static int of(const struct window_figures *figures, double *value)
{
    if (!figures->has_spread)
        return 0;
    *value = figures->mean / sqrt(figures->variance / (double)figures->n_samples);
    return 1;
}

const struct measure measure_t_value = {.name = "t_value",
                                        .title = "t",
                                        .label = "t",
                                        .unit = MEASURE_NUMBER,
                                        .width = 6,
                                        .decimals = 2,
                                        .doc = "evidence: mean net return over its standard error",
                                        .is_less_better = 0,
                                        .weight = "6",
                                        .of = of};
