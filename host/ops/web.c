// SPDX-License-Identifier: Apache-2.0
/* The dashboard's files inside the program. */
#include "ops/web.h"

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

const struct control_file *ops_web(void)
{
    static struct control_file files[9];

#define ROW(at, where, kind, name)                                                                 \
    files[at] =                                                                                    \
        (struct control_file){where, kind, web_##name, (size_t)(web_##name##_end - web_##name)}
    ROW(0, "/", "text/html; charset=utf-8", index);
    ROW(1, "/app.css", "text/css; charset=utf-8", css);
    ROW(2, "/app.mjs", "text/javascript; charset=utf-8", app);
    ROW(3, "/icon.svg", "image/svg+xml", icon);
    ROW(4, "/licences.txt", "text/plain; charset=utf-8", licences);
    ROW(5, "/dygraph.js", "text/javascript; charset=utf-8", charts);
    ROW(6, "/dygraph.css", "text/css; charset=utf-8", charts_css);
    ROW(7, "/favicon.ico", "image/svg+xml", icon);
#undef ROW
    return files;
}
