// SPDX-License-Identifier: Apache-2.0
#include <stdio.h>

#include "ops/api_history.h"
#include "ops/panels.h"

/* Each under a key of its own, so that only what is new is sent. */
void panel_events(const struct api *api, struct control_live *live)
{
    uint64_t n = api->history->n_events;
    uint64_t first = n > EVENTS_LIVE ? n - EVENTS_LIVE : 0;
    char key[32];

    for (uint64_t i = first; i < n; i++) {
        snprintf(key, sizeof(key), "event/%u", (unsigned)(i % EVENTS_LIVE));
        api_put_event(api, i, control_live_set(live, key));
    }
}
