// SPDX-License-Identifier: MIT
/* agon.clock/1: engine time; there is no other. Frozen per revision: a new need is agon.clock/2,
 * and /1 stays served. */
#ifndef AGON_EXT_CLOCK_H
#define AGON_EXT_CLOCK_H

#include "agon/plugin.h"

#define AGON_EXT_CLOCK "agon.clock/1"
struct agon_host_clock {
    /* t of the event being delivered. [agent] */
    agon_ns_t (*now)(const struct agon_host *host);
    /* A TIMER event at the first event not before at, and with every_ns > 0 (at least 1 ms) again
     * and again. Returns its id, from 1. Timers are the slot's and survive a reload and a restart
     * from a checkpoint; who begins with nothing (AGON_START_FRESH) has none. AGON_EAGAIN:
     * the ring is full; AGON_ENOSPC: 64 are armed; AGON_EINVAL. [agent; on_start and on_event] */
    int (*arm)(const struct agon_host *host, agon_ns_t at, agon_ns_t every_ns, uint64_t cookie);
    /* AGON_ENOENT: no such timer, or it has fired. AGON_EAGAIN. [agent; on_start and on_event] */
    int (*disarm)(const struct agon_host *host, uint32_t id);
};

#endif
