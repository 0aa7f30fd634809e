// SPDX-License-Identifier: Apache-2.0
/* wrap: text for people within the width of their terminal. [main thread] */
#ifndef SYS_WRAP_H
#define SYS_WRAP_H

#include <stdio.h>

#define WRAP_NONE                                                                                  \
    100000 /* columns of what is no terminal: nothing is wrapped for a file or pipe                \
            */

int wrap_width(FILE *out); /* columns; WRAP_NONE */
/* From now on what is no terminal has so many columns: of a command whose lines people read there
 * too. */
void wrap_limit(int columns);
/* A line that begins at column at, already written so far, and goes on in further lines behind
 * indent columns, broken at spaces. Ends with a line feed. */
void wrap_text(FILE *out, int width, int at, int indent, const char *text);
/* Lines, of which each that is too long is broken and goes on two columns to the right of where it
 * began. */
void wrap_lines(FILE *out, int width, const char *text);

#endif
