// SPDX-License-Identifier: MIT
/* agon.orders/1: the way to trade. For strategies only. Frozen per revision: a new need is
 * agon.orders/2, and /1 stays served. */
#ifndef AGON_EXT_ORDERS_H
#define AGON_EXT_ORDERS_H

#include "agon/plugin.h"

#define AGON_EXT_ORDERS "agon.orders/1"
#define AGON_LEGS_MAX   16
struct agon_host_orders {
    /* Hands a copy of n legs (1 to AGON_LEGS_MAX) to the risk gate; they are accepted or refused
     * together. Verdicts and all later changes arrive as AGON_EVENT_ORDER, with the legs'
     * client_ref.
     * AGON_EAGAIN: the ring is full and nothing was sent; try again on a later event.
     * AGON_EINVAL: a field is out of range. [agent, inside on_event] */
    int (*submit)(const struct agon_host *host, const struct agon_intent *legs, uint32_t n);
    /* Returns how many orders are open as of this event; writes at most max of them, oldest first.
     * [agent] */
    int (*open_orders)(const struct agon_host *host, struct agon_order *orders, uint32_t max);
};

#endif
