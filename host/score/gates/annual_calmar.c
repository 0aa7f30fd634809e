// SPDX-License-Identifier: Apache-2.0
#include "score/gate.h"

/* The mean return of a year over the largest fall (T. W. Young, 1991), of daily samples. */
static int of(const struct window_figures *figures, double *value)
{
    return gate_yearly(&measure_calmar, figures, value);
}

const struct gate gate_annual_calmar = {.name = "annual_calmar",
                                        .key = "calmar",
                                        .how = "above",
                                        .unit = MEASURE_NUMBER,
                                        .min = -1000,
                                        .max = 1000,
                                        .doc = "yearly, above it; not judged before 30 daily "
                                               "samples; no preset",
                                        .preset = NULL,
                                        .of = of,
                                        .passes = gate_above};
