// SPDX-License-Identifier: Apache-2.0
#include "ops/panels.h"

void panel_reloads(const struct api *api, struct control_live *live)
{
    if (api->n_reloads > 0)
        api_put_reloads(api, control_live_set(live, "reloads"));
}
