// SPDX-License-Identifier: Apache-2.0
#include "ops/panels.h"

void panel_feed(const struct api *api, struct control_live *live)
{
    api_put_feed(api, control_live_set(live, "feed"));
}
