// SPDX-License-Identifier: Apache-2.0
/* span: how long something took, for people, in its two largest units at most: "250 ns", "1.2 us",
 * "3.4 ms", "5 s", "33.4 s", "6 min 33 s", "3 h 12 min", "2 d 4 h". The one form of commands, pages
 * and reports; the dashboard's page makes the same of it (kit.mjs), and both are held to
 * tests/data/spans/cases.txt. What programs read are plain numbers. [any] */
#ifndef BASE_SPAN_H
#define BASE_SPAN_H

#include <stdint.h>

#define SPAN_TEXT 32

/* Returns text. Below a minute to a tenth, of 100 of a unit and more the nearest whole one; from
 * there on whole seconds, minutes or hours, down. */
char *span_text(int64_t ns, char text[SPAN_TEXT]);
/* The same of seconds; what is no number of them is 0. */
char *span_of_s(double seconds, char text[SPAN_TEXT]);

#endif
