// SPDX-License-Identifier: Apache-2.0
#include "ops/panels.h"

#define FILLS_SHOWN 60

void panel_fills(const struct api *api, struct control_live *live)
{
    const struct host_view *view = api->view;
    uint64_t n = view->n_fills < FILLS_SHOWN ? view->n_fills : FILLS_SHOWN;
    struct jout *out = control_live_set(live, "fills");

    jout_open(out, '[');
    for (uint64_t i = 1; i <= n; i++)
        api_put_fill(api, &view->fills[(view->n_fills - i) % HOST_VIEW_FILLS], out);
    jout_close(out, '[');
}
