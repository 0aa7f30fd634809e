// SPDX-License-Identifier: Apache-2.0
/* foreign: orders on our account that are not of this journal: strangers', and those of another
 * host of ours, which ids of our form tell.
 *
 * A bounded table of what is open, for who looks; an order whose place is taken by another is found
 * again by the next list of open orders. [io] */
#ifndef VENUE_FOREIGN_H
#define VENUE_FOREIGN_H

#include "venue/client_id.h"

#define FOREIGN_MAX 256

struct foreign_order {
    uint64_t venue_order;         /* 0: no entry */
    agon_instrument_t instrument; /* 0: one that this host does not trade */
    uint8_t whose;                /* enum client_id_whose, never OURS */
    uint8_t side, is_listed;
    uint32_t journal; /* of another host; 0: its ids do not tell */
    agon_px_t px;
    agon_qty_t qty;
    char client_id[40];
    agon_ns_t t_seen; /* the first time */
};
struct foreign {
    struct foreign_order all[FOREIGN_MAX];
    uint32_t hand;
    uint64_t n_seen, n_other; /* in this run; of them, of another host */
};

/* An open one is kept, one that is not is forgotten. is_known: it was seen before, and is not
 * counted. */
void foreign_see(struct foreign *foreign, const struct foreign_order *order, int is_open,
                 int is_known);
/* Before and behind a list of open orders: what it does not hold is forgotten. */
void foreign_begin_list(struct foreign *foreign);
void foreign_end_list(struct foreign *foreign);
uint32_t foreign_count(const struct foreign *foreign, enum client_id_whose whose);

#endif
