// SPDX-License-Identifier: Apache-2.0
#include <stdio.h>

#include "ops/panels.h"

#define FILLS_SHOWN 60

/* Each under a key of its own, as orders, positions and venues are: only what changed is sent. */
void panel_fills(const struct api *api, struct control_live *live)
{
    const struct host_view *view = api->view;
    uint64_t first = view->n_fills > FILLS_SHOWN ? view->n_fills - FILLS_SHOWN : 0;
    char key[32];

    for (uint64_t i = first; i < view->n_fills; i++) {
        snprintf(key, sizeof(key), "fill/%u", (unsigned)(i % FILLS_SHOWN));
        api_put_fill(api, &view->fills[i % HOST_VIEW_FILLS], control_live_set(live, key));
    }
}
