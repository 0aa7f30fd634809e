// SPDX-License-Identifier: Apache-2.0
#include "ops/panels.h"

void panel_positions(const struct api *api, struct control_live *live)
{
    const struct host_view *view = api->view;
    struct jout *out = control_live_set(live, "positions");

    jout_open(out, '[');
    for (uint32_t id = 0; id < view->n_slots; id++) {
        for (uint32_t i = 0; i < view->slots[id].n_positions; i++)
            api_put_position(api, id, &view->slots[id].positions[i], out);
    }
    jout_close(out, '[');
}
