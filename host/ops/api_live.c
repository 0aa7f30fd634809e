// SPDX-License-Identifier: Apache-2.0
/* What the dashboard is told four times a second, by keys: its head, its agents, its panels. */
#include <stdio.h>

#include "ops/panels.h"

void api_live(void *ctx, struct control_live *live)
{
    const struct api *api = ctx;
    const struct host_view *view = api->view;
    char key[32];

    api_put_status(api, control_live_set(live, "status"));
    for (uint32_t id = 0; id < view->n_slots; id++) {
        if (!view->slots[id].is_used)
            continue;
        snprintf(key, sizeof(key), "agent/%u", id);
        api_put_agent_live(api, id, control_live_set(live, key));
    }
#define TELL(name) panel_##name(api, live);
    PANELS(TELL)
#undef TELL
}
