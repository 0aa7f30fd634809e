// SPDX-License-Identifier: Apache-2.0
#include "ops/panels.h"

void panel_portfolio(const struct api *api, struct control_live *live)
{
    api_put_portfolio(api, control_live_set(live, "portfolio"));
}
