// SPDX-License-Identifier: Apache-2.0
/* render: a JSON answer of a host as text: objects as lines of name and value, lists of objects as
 * tables with figures at the right. Columns that find no room are left out and counted. [any] */
#ifndef REPORT_RENDER_H
#define REPORT_RENDER_H

#include <jansson.h>
#include <stdio.h>

void render(FILE *out, const json_t *value, int columns);

#endif
