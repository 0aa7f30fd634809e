// SPDX-License-Identifier: Apache-2.0
#include "dashboard/plot.h"

#include <plot_stamp.h> // empty: made again when one of the files below changes

#define FILE_AT(name, file)                                                                        \
    __asm__(".section .rodata\n"                                                                   \
            "agon_plot_" #name ":\n"                                                               \
            ".incbin \"" AGON_UPLOT file "\"\n"                                                    \
            "agon_plot_" #name "_end:\n"                                                           \
            ".byte 0\n"                                                                            \
            ".previous\n");                                                                        \
    extern const char plot_##name[] __asm__("agon_plot_" #name);                                   \
    extern const char plot_##name##_end[] __asm__("agon_plot_" #name "_end")

FILE_AT(js, "uPlot.iife.min.js");
FILE_AT(css, "uPlot.min.css");
FILE_AT(licence, "LICENSE");

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
