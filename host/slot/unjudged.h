// SPDX-License-Identifier: Apache-2.0
/* unjudged: orders of a slot that were refused because no fresh price was there to judge them by.
 * A few are how it should be; many say that the data or `book_age` are wrong for the agent. [any]
 */
#ifndef SLOT_UNJUDGED_H
#define SLOT_UNJUDGED_H

#include <stddef.h>
#include <stdint.h>

struct slot_unjudged {
    uint64_t n_orders;    /* orders and replacements that were wanted */
    uint64_t n_refused;   /* of them, for want of data */
    uint32_t book_age_ms; /* of the slot's limits */
    uint32_t pad;
};
/* More than one in twenty? */
int unjudged_is_much(const struct slot_unjudged *of);
#define UNJUDGED_TEXT 384
/* What it says to people, with the figures and what to do: one line. */
void unjudged_text(const struct slot_unjudged *of, const char *name, char *text, size_t room);

#endif
