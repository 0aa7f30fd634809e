// SPDX-License-Identifier: Apache-2.0
#include "ops/panels.h"

void panel_tournament(const struct api *api, struct control_live *live)
{
    if (api->view->n_plans > 0)
        api_put_tournament(api, control_live_set(live, "tournament"));
}
