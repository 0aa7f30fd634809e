// SPDX-License-Identifier: Apache-2.0
/* agent_state: how an agent is, in one word of at most eleven letters: the same in the picture of a
 * run, `agon top`, `ctl`, API, page and reports. [any] */
#ifndef RUN_AGENT_STATE_H
#define RUN_AGENT_STATE_H

#include "run/host.h"

/* "active" only of one whose plugin runs and may trade; "ended" of one whose plugin is gone and
 * begins anew, or could not; "waiting" of one that has not begun yet. */
const char *host_agent_state(const struct host_view *view, const struct host_view_slot *slot);
/* "daily loss", "drawdown" or "floor": by which limit of loss it opens nothing more; NULL: none. */
const char *host_stopped_state(uint16_t reason);

#endif
