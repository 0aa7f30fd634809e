// SPDX-License-Identifier: Apache-2.0
#include "ops/panels.h"

void panel_cards(const struct api *api, struct control_live *live)
{
    const struct host_view_cards *view = &api->view->cards;
    struct jout *out = control_live_set(live, "leases");

    jout_open(out, '[');
    for (uint32_t i = 0; view->is_on && i < view->n_leases; i++)
        api_put_lease(api, &view->leases[i], out);
    jout_close(out, '[');
    api_put_cards(api, control_live_set(live, "cards"));
}
