// SPDX-License-Identifier: Apache-2.0
#include "ops/panels.h"

#define ORDERS_SHOWN 200

void panel_orders(const struct api *api, struct control_live *live)
{
    const struct host_view *view = api->view;
    struct jout *out = control_live_set(live, "orders");

    jout_open(out, '[');
    for (uint32_t i = 0; i < view->n_orders && i < ORDERS_SHOWN; i++)
        api_put_order(api, &view->orders[i], out);
    jout_close(out, '[');
}
