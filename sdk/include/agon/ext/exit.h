// SPDX-License-Identifier: MIT
/* agon.exit/1: when to leave a position, kept by the host. For strategies only. Frozen per
 * revision: a new need is agon.exit/2, and /1 stays served.
 *
 * Hosts of SDK 0.1 do not serve it: get_extension() answers NULL, and a plugin keeps stops of its
 * own. */
#ifndef AGON_EXT_EXIT_H
#define AGON_EXT_EXIT_H

#include "agon/plugin.h"

#define AGON_EXT_EXIT "agon.exit/1"
struct agon_host_exit {
    /* Replaces the plan of that account and instrument; all prices and times zero: ends it.
     * AGON_EAGAIN: the ring is full, nothing was sent; AGON_EINVAL: a field is out of range.
     * [agent, inside on_event] */
    int (*set)(const struct agon_host *host, const struct agon_exit_plan *plan);
};

#endif
