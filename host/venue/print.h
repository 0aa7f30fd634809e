// SPDX-License-Identifier: Apache-2.0
/* print: text put together piece by piece in a buffer of the caller's. [any] */
#ifndef VENUE_PRINT_H
#define VENUE_PRINT_H

#include <stddef.h>

struct print {
    char *at; /* borrowed; NUL-terminated */
    size_t room, n;
    int is_full; /* something did not fit, and nothing behind it was put */
};

/* A text as it is: what is sent with each order has no format. */
void print_text(struct print *print, const char *text);
void print_add(struct print *print, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
