// SPDX-License-Identifier: Apache-2.0
/* form: name=value&name=value, percent-encoded, written into a buffer of the caller's. [any] */
#ifndef VENUE_FORM_H
#define VENUE_FORM_H

#include <stddef.h>
#include <stdint.h>

struct form {
    char *text; /* borrowed; NUL-terminated */
    size_t room, n;
    int is_full; /* something did not fit: what stands there is not to be sent */
};

void form_init(struct form *form, char *text, size_t room);
void form_add(struct form *form, const char *name, const char *value);
void form_add_u64(struct form *form, const char *name, uint64_t value);

#endif
