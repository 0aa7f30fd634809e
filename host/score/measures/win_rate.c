// SPDX-License-Identifier: Apache-2.0
#include "score/measure.h"

/* Of the closing fills that won or lost. */
static int of(const struct window_figures *figures, double *value)
{
    uint32_t n = figures->n_wins + figures->n_losses;

    *value = n > 0 ? (double)figures->n_wins / (double)n : 0.0;
    return n > 0;
}

const struct measure measure_win_rate = {.name = "win_rate",
                                         .title = "win",
                                         .label = NULL,
                                         .unit = MEASURE_SHARE,
                                         .width = 8,
                                         .decimals = 2,
                                         .doc = "closing fills that won",
                                         .is_less_better = 0,
                                         .weight = "1",
                                         .of = of};
