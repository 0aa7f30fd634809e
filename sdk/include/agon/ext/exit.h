// SPDX-License-Identifier: MIT
/* agon.exit/1: when to leave a position, kept by the host. For strategies only. Frozen per
 * revision: a new need is agon.exit/2, and /1 stays served.
 *
 * A plan is the slot's: it stands over a reload, a crash of the plugin and a restart of the host.
 * What fires closes with market orders of the host's own, which reduce only, pass halts and soft
 * limits and go again until nothing is left but what no venue takes. Each stop and each target
 * fires at most once; all that becomes of a plan arrives as AGON_EVENT_EXIT. */
#ifndef AGON_EXT_EXIT_H
#define AGON_EXT_EXIT_H

#include "agon/plugin.h"

#define AGON_EXT_EXIT  "agon.exit/1"
#define AGON_EXITS_MAX 16 /* plans of a slot */
struct agon_host_exit {
    /* Takes a copy. Replaces the slot's plan with that instrument and client_ref; no price,
     * distance or time at all: ends it. It may come before the position that it is for, in the same
     * event as the order. What has fired cannot be changed: REFUSED, REQUEST_PENDING.
     * AGON_EAGAIN: the ring is full, nothing was sent; try again on a later event. AGON_EINVAL: a
     * field is out of range. [agent, inside on_event] */
    int (*set)(const struct agon_host *host, const struct agon_exit_plan *plan);
    /* Returns how many plans stand as of this event; writes at most max of them, oldest first, each
     * as it was last reported to the slot. [agent] */
    int (*plans)(const struct agon_host *host, struct agon_exit *exits, uint32_t max);
};

#endif
