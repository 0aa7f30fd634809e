// SPDX-License-Identifier: Apache-2.0
/* plot: uPlot, which draws time series and candles on a page, as the program carries it with it
 * (vendor/uplot says which version and whose). For every page: one that is served, one that stands
 * alone. The script makes one global, uPlot; it writes styles by properties alone, which a policy
 * without inline styles allows. [any] */
#ifndef DASHBOARD_PLOT_H
#define DASHBOARD_PLOT_H

#include <stddef.h>

struct plot_file {
    const char *bytes; /* static, and end with a NUL that is not counted */
    size_t n;
};
enum plot_part { PLOT_JS = 0, PLOT_CSS = 1, PLOT_LICENCE = 2 };
struct plot_file plot_file(enum plot_part part);

#endif
