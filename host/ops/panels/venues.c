// SPDX-License-Identifier: Apache-2.0
#include <stdio.h>

#include "ops/panels.h"

void panel_venues(const struct api *api, struct control_live *live)
{
    char key[32];

    for (uint32_t i = 0; i < api->view->n_venues; i++) {
        snprintf(key, sizeof(key), "venue/%u", i + 1);
        api_put_venue(api, i, control_live_set(live, key));
    }
}
