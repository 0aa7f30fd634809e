// SPDX-License-Identifier: Apache-2.0
#include <stdio.h>

#include "ops/panels.h"

void panel_positions(const struct api *api, struct control_live *live)
{
    const struct host_view *view = api->view;
    char key[32];

    for (uint32_t id = 0; id < view->n_slots; id++) {
        for (uint32_t i = 0; i < view->slots[id].n_positions; i++) {
            const struct host_view_position *position = &view->slots[id].positions[i];

            snprintf(key, sizeof(key), "position/%u/%u", id, position->instrument);
            api_put_position(api, id, position, control_live_set(live, key));
        }
    }
}
