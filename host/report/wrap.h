// SPDX-License-Identifier: Apache-2.0
/* wrap: text for people within the width of their terminal. [main thread] */
#ifndef REPORT_WRAP_H
#define REPORT_WRAP_H

#include <stdio.h>

#define WRAP_NONE                                                                                  \
    100000 /* columns of what is no terminal: nothing is wrapped for a file or pipe                \
            */

int wrap_width(FILE *out); /* columns; WRAP_NONE */
/* A line that begins at column at, already written so far, and goes on in further lines behind
 * indent columns, broken at spaces. Ends with a line feed. */
void wrap_text(FILE *out, int width, int at, int indent, const char *text);

#endif
