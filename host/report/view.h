// SPDX-License-Identifier: Apache-2.0
/* view: what a host answers to a verb of `agon ctl`, for people: a title, lines with words and
 * units, tables that are as wide as the terminal. One table says it for every verb (view.c); a verb
 * without an entry is shown as it is (report/render.h). [any] */
#ifndef REPORT_VIEW_H
#define REPORT_VIEW_H

#include <jansson.h>
#include <stdio.h>

/* 1 when there is a view of the verb, and it was written; width in columns. */
int view_show(FILE *out, const char *verb, const json_t *value, int width);
/* The same by another command than `agon ctl`, whose --json has what a table has no room for. */
int view_show_by(FILE *out, const char *command, const char *verb, const json_t *value, int width);
int view_has(const char *verb);
/* The view of `equity`, whose answer is amounts alone: currency is theirs, NULL where it is not
 * known. */
void view_equity(FILE *out, const json_t *value, const char *currency, int width);

#endif
