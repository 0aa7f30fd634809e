// SPDX-License-Identifier: Apache-2.0
#include "dashboard/plot.h"

#include "base/embed.h"

#include <plot_stamp.h> // empty: made again when one of the files below changes

EMBED(plot_js, AGON_UPLOT "uPlot.iife.min.js");
EMBED(plot_css, AGON_UPLOT "uPlot.min.css");
EMBED(plot_licence, AGON_UPLOT "LICENSE");

struct plot_file plot_file(enum plot_part part)
{
    switch (part) {
    case PLOT_JS:
        return (struct plot_file){plot_js, (size_t)(plot_js_end - plot_js)};
    case PLOT_CSS:
        return (struct plot_file){plot_css, (size_t)(plot_css_end - plot_css)};
    default:
        return (struct plot_file){plot_licence, (size_t)(plot_licence_end - plot_licence)};
    }
}
