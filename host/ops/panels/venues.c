// SPDX-License-Identifier: Apache-2.0
#include "ops/panels.h"

void panel_venues(const struct api *api, struct control_live *live)
{
    api_put_venues(api, control_live_set(live, "venues"));
}
