// SPDX-License-Identifier: Apache-2.0
/* fill_pages: fills of one instrument where the venue tells them by pages, newest first: kept until
 * the last page that is needed has come, and then told oldest first, each number once. How a page
 * is asked for is the exchange's. [io] */
#ifndef VENUE_FILL_PAGES_H
#define VENUE_FILL_PAGES_H

#include "venue/wire.h"

#define FILL_PAGES_MAX 500 /* that one reading may bring of an instrument */

struct fill_pages {
    uint64_t from, order; /* from that number on; of that order alone, 0: of all */
    uint32_t n, offset;   /* offset: the next page begins behind so many, */
    char after[24];       /* or behind that; "": with the newest */
    uint8_t is_reached;   /* a page had what was before from */
    struct wire_fill all[FILL_PAGES_MAX];
};

/* A page of that question is asked for; of another one than before all begins anew. */
void fill_pages_ask(struct fill_pages *pages, uint64_t from, uint64_t order);
/* One of the page: kept where it is asked for. AGON_ENOSPC. */
int fill_pages_add(struct fill_pages *pages, const struct wire_fill *fill);
/* A page of n_page came, which has room for so many: is another needed? Where the list ends today
 * needs no more than its end. */
int fill_pages_is_more(const struct fill_pages *pages, uint32_t n_page, uint32_t room);
/* All of them, and how many; each may be NULL. Then it is empty. */
int fill_pages_tell(struct fill_pages *pages, wire_fill_fn each, void *ctx);
/* Forgets what came: a page could not be read. */
void fill_pages_drop(struct fill_pages *pages);

#endif
