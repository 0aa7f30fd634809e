// SPDX-License-Identifier: Apache-2.0
#include "venue/foreign.h"

static struct foreign_order *find(struct foreign *foreign, const struct foreign_order *order)
{
    for (uint32_t i = 0; i < FOREIGN_MAX; i++) {
        struct foreign_order *entry = &foreign->all[i];

        if (entry->venue_order == order->venue_order && entry->instrument == order->instrument)
            return entry;
    }
    return NULL;
}

void foreign_see(struct foreign *foreign, const struct foreign_order *order, int is_open,
                 int is_known)
{
    struct foreign_order *entry = find(foreign, order);

    if (!is_known) {
        foreign->n_seen++;
        foreign->n_other += order->whose == CLIENT_ID_OTHER;
    }
    if (!is_open) {
        if (entry != NULL)
            memset(entry, 0, sizeof(*entry));
        return;
    }
    for (uint32_t i = 0; i < FOREIGN_MAX && entry == NULL; i++) {
        if (foreign->all[i].venue_order == 0)
            entry = &foreign->all[i];
    }
    if (entry == NULL)
        entry = &foreign->all[foreign->hand++ % FOREIGN_MAX];
    if (entry->venue_order != order->venue_order || entry->instrument != order->instrument)
        *entry = *order;
    entry->is_listed = 1;
    entry->px = order->px;
    entry->qty = order->qty;
}

void foreign_begin_list(struct foreign *foreign)
{
    for (uint32_t i = 0; i < FOREIGN_MAX; i++)
        foreign->all[i].is_listed = 0;
}

void foreign_end_list(struct foreign *foreign)
{
    for (uint32_t i = 0; i < FOREIGN_MAX; i++) {
        if (!foreign->all[i].is_listed)
            memset(&foreign->all[i], 0, sizeof(foreign->all[i]));
    }
}

uint32_t foreign_count(const struct foreign *foreign, enum client_id_whose whose)
{
    uint32_t n = 0;

    for (uint32_t i = 0; i < FOREIGN_MAX; i++)
        n += foreign->all[i].venue_order != 0 && foreign->all[i].whose == (uint8_t)whose;
    return n;
}
