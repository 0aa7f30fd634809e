// SPDX-License-Identifier: Apache-2.0
/* The dashboard's files inside the program. */
#include "ops/web.h"

#include <string.h>

#include "ops/panels.h"

#include <web_stamp.h> // empty: made anew when one of the files below changes

#define FILE_AT(name, file)                                                                        \
    __asm__(".section .rodata\n"                                                                   \
            "agon_web_" #name ":\n"                                                                \
            ".incbin \"" file "\"\n"                                                               \
            "agon_web_" #name "_end:\n"                                                            \
            ".byte 0\n"                                                                            \
            ".previous\n");                                                                        \
    extern const char web_##name[] __asm__("agon_web_" #name);                                     \
    extern const char web_##name##_end[] __asm__("agon_web_" #name "_end")

FILE_AT(index, AGON_WEB "index.html");
FILE_AT(css, AGON_WEB "app.css");
FILE_AT(app, AGON_WEB "app.mjs");
FILE_AT(icon, AGON_WEB "icon.svg");
FILE_AT(licences, AGON_WEB "licences.txt");
FILE_AT(charts, AGON_DYGRAPHS "dygraph.min.js");
FILE_AT(charts_css, AGON_DYGRAPHS "dygraph.min.css");

FILE_AT(kit, AGON_WEB "kit.mjs");

#define PANEL_FILE(name) FILE_AT(panel_##name, AGON_WEB "panels/" #name ".mjs");
PANELS(PANEL_FILE)
#undef PANEL_FILE

/* What the page imports: every panel by its name, in the order of the table. */
#define PANEL_IMPORT(name) "import " #name " from './panels/" #name ".mjs';\n"
#define PANEL_NAME(name)   #name ", "
static const char panel_list[] = PANELS(PANEL_IMPORT) "export default { " PANELS(PANEL_NAME) "};\n";
#undef PANEL_IMPORT
#undef PANEL_NAME

#define PANEL_ROW(name) +1
enum { N_PANELS = 0 PANELS(PANEL_ROW), N_OWN = 10 };
#undef PANEL_ROW

const struct control_file *ops_web(void)
{
    static struct control_file files[N_OWN + N_PANELS + 1];
    uint32_t n = 0;

#define ROW(where, kind, name)                                                                     \
    files[n++] =                                                                                   \
        (struct control_file){where, kind, web_##name, (size_t)(web_##name##_end - web_##name)}
#define PANEL_ROW(name)                                                                            \
    ROW("/panels/" #name ".mjs", "text/javascript; charset=utf-8", panel_##name);
    ROW("/", "text/html; charset=utf-8", index);
    ROW("/app.css", "text/css; charset=utf-8", css);
    ROW("/app.mjs", "text/javascript; charset=utf-8", app);
    ROW("/kit.mjs", "text/javascript; charset=utf-8", kit);
    ROW("/icon.svg", "image/svg+xml", icon);
    ROW("/licences.txt", "text/plain; charset=utf-8", licences);
    ROW("/dygraph.js", "text/javascript; charset=utf-8", charts);
    ROW("/dygraph.css", "text/css; charset=utf-8", charts_css);
    ROW("/favicon.ico", "image/svg+xml", icon);
    PANELS(PANEL_ROW)
#undef PANEL_ROW
#undef ROW
    files[n++] = (struct control_file){"/panels.mjs", "text/javascript; charset=utf-8", panel_list,
                                       strlen(panel_list)};
    return files;
}
