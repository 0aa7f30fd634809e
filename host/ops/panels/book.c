// SPDX-License-Identifier: Apache-2.0
#include "ops/panels.h"

#include <stdio.h>

void panel_book(const struct api *api, struct control_live *live)
{
    char key[32];

    for (uint32_t i = 0; i < api->view->n_instruments; i++) {
        snprintf(key, sizeof(key), "book/%u", i + 1);
        api_put_book(api, i, control_live_set(live, key));
    }
}
