// SPDX-License-Identifier: Apache-2.0
#include "score/gate.h"

/* The Sharpe ratio of a year (W. F. Sharpe, 1994), of daily returns. */
static int of(const struct window_figures *figures, double *value)
{
    return gate_yearly(&measure_sharpe, figures, value);
}

const struct gate gate_annual_sharpe = {.name = "annual_sharpe",
                                        .key = "sharpe",
                                        .how = "above",
                                        .unit = MEASURE_NUMBER,
                                        .min = -1000,
                                        .max = 1000,
                                        .doc = "yearly, above it; not judged before 30 daily "
                                               "samples; no preset",
                                        .preset = NULL,
                                        .of = of,
                                        .passes = gate_above};
