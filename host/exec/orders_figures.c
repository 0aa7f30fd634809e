// SPDX-License-Identifier: Apache-2.0
/* orders_figures: what is kept of orders for figures and people alone, and saved beside them. */
#include "exec/orders.h"
#include "market/ceilings.h"

struct cursor {
    struct order *order;
    uint16_t slot;
};

/* The next order of the table in the order in which it is saved; false: there are no more. */
static int next(struct orders *orders, struct cursor *at)
{
    for (; at->slot < SLOTS_MAX; at->slot++) {
        at->order = orders_next(orders, at->slot, at->order);
        if (at->order != NULL)
            return 1;
    }
    at->order = orders_next_final(orders, at->order);
    return at->order != NULL;
}

void orders_save_tags(struct orders *orders, struct enc *enc)
{
    for (struct cursor at = {0}; next(orders, &at);)
        enc_u16(enc, at.order->tag);
}

void orders_load_tags(struct orders *orders, struct dec *dec)
{
    for (struct cursor at = {0}; next(orders, &at);)
        at.order->tag = dec_u16(dec);
}

void orders_forget_tags(struct orders *orders)
{
    for (struct cursor at = {0}; next(orders, &at);)
        at.order->tag = 0;
}

void orders_save_mids(struct orders *orders, struct enc *enc)
{
    for (struct cursor at = {0}; next(orders, &at);)
        enc_i64(enc, *orders_mids(orders, at.order));
}

void orders_load_mids(struct orders *orders, struct dec *dec)
{
    for (struct cursor at = {0}; next(orders, &at);)
        *orders_mids(orders, at.order) = dec_i64(dec);
}

// A place that is free is 0 when an order has it again.
void orders_forget_mids(struct orders *orders)
{
    for (struct cursor at = {0}; next(orders, &at);)
        *orders_mids(orders, at.order) = 0;
}
