// SPDX-License-Identifier: Apache-2.0
/* panels: what the dashboard shows beside its head, the chart and the agents, in the order of the
 * page. X(name): dashboard/web/panels/NAME.mjs draws it, and panel_NAME in panels/NAME.c says what
 * it is told four times a second. A new one is these two files and a line here
 * (docs/adding-a-panel.md). [any] */
#ifndef OPS_PANELS_H
#define OPS_PANELS_H

#include "ops/api.h"

#define PANELS(X)                                                                                  \
    X(act)                                                                                         \
    X(tournament)                                                                                  \
    X(positions)                                                                                   \
    X(orders)                                                                                      \
    X(fills)                                                                                       \
    X(reloads)                                                                                     \
    X(book)                                                                                        \
    X(portfolio)                                                                                   \
    X(cards)                                                                                       \
    X(venues)                                                                                      \
    X(feed)                                                                                        \
    X(latency)                                                                                     \
    X(metrics)                                                                                     \
    X(events)                                                                                      \
    /* the next one stands above this line */

#define PANEL(name) void panel_##name(const struct api *api, struct control_live *live);
PANELS(PANEL)
#undef PANEL

#endif
