// SPDX-License-Identifier: Apache-2.0
/* The dashboard's files inside the program. */
#include "ops/web.h"

#include <string.h>

#include "base/embed.h"
#include "dashboard/plot.h"
#include "ops/panels.h"

#include <web_stamp.h> // empty: made anew when one of the files below changes

/* Modules of the page besides its panels: X(name, file). */
#define MODULES(X)                                                                                 \
    X(app, "app.mjs")                                                                              \
    X(kit, "kit.mjs")                                                                              \
    X(chart, "chart.mjs")                                                                          \
    X(candles, "candles.mjs")                                                                      \
    X(connection, "connection.mjs")                                                                \
    X(orders, "orders.mjs")                                                                        \
    X(history, "history.mjs")                                                                      \
    X(notify, "notify.mjs")                                                                        \
    X(fills, "fills.mjs")                                                                          \
    X(plan, "plan.mjs")                                                                            \
    X(ended, "ended.mjs")                                                                          \
    X(performance, "performance.mjs")                                                              \
    X(periods, "periods.mjs")                                                                      \
    X(accounts, "accounts.mjs")                                                                    \
    X(page_overview, "pages/overview.mjs")                                                         \
    X(page_agent, "pages/agent.mjs")                                                               \
    X(page_market, "pages/market.mjs")                                                             \
    X(page_tournament, "pages/tournament.mjs")                                                     \
    X(page_reliability, "pages/reliability.mjs")                                                   \
    X(page_log, "pages/log.mjs")

#define FILE_AT(name, file) EMBED(web_##name, file);

FILE_AT(index, AGON_WEB "index.html")
FILE_AT(css, AGON_WEB "app.css")
FILE_AT(icon, AGON_WEB "icon.svg")
FILE_AT(licences, AGON_WEB "licences.txt")

#define MODULE_FILE(name, file) FILE_AT(name, AGON_WEB file)
MODULES(MODULE_FILE)
#undef MODULE_FILE

#define PANEL_FILE(name) FILE_AT(panel_##name, AGON_WEB "panels/" #name ".mjs")
PANELS(PANEL_FILE)
#undef PANEL_FILE

/* What the page imports: every panel by its name, in the order of the table. */
#define PANEL_IMPORT(name) "import " #name " from './panels/" #name ".mjs';\n"
#define PANEL_NAME(name)   #name ", "
static const char panel_list[] = PANELS(PANEL_IMPORT) "export default { " PANELS(PANEL_NAME) "};\n";
#undef PANEL_IMPORT
#undef PANEL_NAME

#define PANEL_ROW(name)        +1
#define MODULE_ROW(name, file) +1
enum { N_PANELS = 0 PANELS(PANEL_ROW), N_MODULES = 0 MODULES(MODULE_ROW), N_OWN = 8 };
#undef PANEL_ROW
#undef MODULE_ROW

#define SCRIPT "text/javascript; charset=utf-8"
#define STYLES "text/css; charset=utf-8"
#define PLAIN  "text/plain; charset=utf-8"

static struct control_file of_plot(const char *path, const char *type, enum plot_part part)
{
    struct plot_file file = plot_file(part);

    return (struct control_file){path, type, file.bytes, file.n};
}

const struct control_file *ops_web(void)
{
    static struct control_file files[N_OWN + N_MODULES + N_PANELS + 1];
    uint32_t n = 0;

#define ROW(where, kind, name)                                                                     \
    files[n++] =                                                                                   \
        (struct control_file){where, kind, web_##name, (size_t)(web_##name##_end - web_##name)};
#define MODULE_ROW(name, file) ROW("/" file, SCRIPT, name)
#define PANEL_ROW(name)        ROW("/panels/" #name ".mjs", SCRIPT, panel_##name)
    ROW("/", "text/html; charset=utf-8", index)
    ROW("/app.css", STYLES, css)
    ROW("/icon.svg", "image/svg+xml", icon)
    ROW("/favicon.ico", "image/svg+xml", icon)
    ROW("/licences.txt", PLAIN, licences)
    MODULES(MODULE_ROW)
    PANELS(PANEL_ROW)
#undef MODULE_ROW
#undef PANEL_ROW
#undef ROW
    files[n++] = of_plot("/uplot.js", SCRIPT, PLOT_JS);
    files[n++] = of_plot("/uplot.css", STYLES, PLOT_CSS);
    files[n++] = (struct control_file){"/panels.mjs", SCRIPT, panel_list, strlen(panel_list)};
    return files;
}
