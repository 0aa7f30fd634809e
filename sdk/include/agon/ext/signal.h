// SPDX-License-Identifier: MIT
/* agon.signal/1: what models and analytics tell, and everybody may read. Frozen per revision: a new
 * need is agon.signal/2, and /1 stays served. */
#ifndef AGON_EXT_SIGNAL_H
#define AGON_EXT_SIGNAL_H

#include "agon/plugin.h"

#define AGON_EXT_SIGNAL "agon.signal/1"
struct agon_host_signal {
    /* Publishes a copy on the bus; the host sets hdr (but instrument) and slot. AGON_EINVAL: a
     * number is not finite, a confidence or the probabilities are out of range, the text is no
     * UTF-8. AGON_EAGAIN: the ring is full. [agent, inside on_event] */
    int (*publish)(const struct agon_host *host, const struct agon_signal *signal);
    /* The last signal of that slot and key, as of this event. AGON_ENOENT. [agent] */
    int (*last)(const struct agon_host *host, uint16_t slot, uint32_t key, struct agon_signal *out);
};

#endif
