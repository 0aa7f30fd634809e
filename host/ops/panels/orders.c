// SPDX-License-Identifier: Apache-2.0
#include <stdio.h>

#include "ops/panels.h"

#define ORDERS_SHOWN 200

void panel_orders(const struct api *api, struct control_live *live)
{
    const struct host_view *view = api->view;
    char key[32];

    for (uint32_t i = 0; i < view->n_orders && i < ORDERS_SHOWN; i++) {
        snprintf(key, sizeof(key), "order/%llx", (unsigned long long)view->orders[i].id);
        api_put_order(api, &view->orders[i], control_live_set(live, key));
    }
}
