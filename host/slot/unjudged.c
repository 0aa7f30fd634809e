// SPDX-License-Identifier: Apache-2.0
#include "slot/unjudged.h"

#include <stdio.h>

#define ONE_IN 20

int unjudged_is_much(const struct slot_unjudged *of)
{
    return of->n_refused > 0 && of->n_refused > of->n_orders / ONE_IN;
}

void unjudged_text(const struct slot_unjudged *of, const char *name, char *text, size_t room)
{
    snprintf(text, room,
             "%s: %llu of %llu orders (%.1f %%) were refused because no price newer than its "
             "book_age of %g s was there to judge them by; use data with fewer gaps, fix the "
             "feed, or raise limits.book_age",
             name, (unsigned long long)of->n_refused, (unsigned long long)of->n_orders,
             of->n_orders > 0 ? 100.0 * (double)of->n_refused / (double)of->n_orders : 100.0,
             (double)of->book_age_ms / 1000);
}
