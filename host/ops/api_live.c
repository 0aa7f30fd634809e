// SPDX-License-Identifier: Apache-2.0
/* What the dashboard is told four times a second, by keys. */
#include <stdio.h>

#include "ops/api.h"

#define LIVE_FILLS  60
#define LIVE_ORDERS 200

static void put_fills(const struct api *api, struct jout *out)
{
    const struct host_view *view = api->view;
    uint64_t n = view->n_fills < LIVE_FILLS ? view->n_fills : LIVE_FILLS;

    jout_open(out, '[');
    for (uint64_t i = 1; i <= n; i++)
        api_put_fill(api, &view->fills[(view->n_fills - i) % HOST_VIEW_FILLS], out);
    jout_close(out, '[');
}

static void put_positions(const struct api *api, struct jout *out)
{
    const struct host_view *view = api->view;

    jout_open(out, '[');
    for (uint32_t id = 0; id < view->n_slots; id++) {
        for (uint32_t i = 0; i < view->slots[id].n_positions; i++)
            api_put_position(api, id, &view->slots[id].positions[i], out);
    }
    jout_close(out, '[');
}

void api_live(void *ctx, struct control_live *live)
{
    const struct api *api = ctx;
    const struct host_view *view = api->view;
    struct jout *out;
    char key[32];

    api_put_status(api, control_live_set(live, "status"));
    for (uint32_t id = 0; id < view->n_slots; id++) {
        if (!view->slots[id].is_used)
            continue;
        snprintf(key, sizeof(key), "agent/%u", id);
        api_put_agent(api, id, control_live_set(live, key));
    }
    put_positions(api, control_live_set(live, "positions"));
    out = control_live_set(live, "orders");
    jout_open(out, '[');
    for (uint32_t i = 0; i < view->n_orders && i < LIVE_ORDERS; i++)
        api_put_order(api, &view->orders[i], out);
    jout_close(out, '[');
    put_fills(api, control_live_set(live, "fills"));
    for (uint32_t i = 0; i < view->n_instruments; i++) {
        snprintf(key, sizeof(key), "book/%u", i + 1);
        api_put_book(api, i, control_live_set(live, key));
    }
    if (api->n_reloads > 0)
        api_put_reloads(api, control_live_set(live, "reloads"));
    if (view->n_plans > 0)
        api_put_tournament(api, control_live_set(live, "tournament"));
    api_put_portfolio(api, control_live_set(live, "portfolio"));
    api_put_feed(api, control_live_set(live, "feed"));
    api_put_latency(api, control_live_set(live, "latency"));
}
