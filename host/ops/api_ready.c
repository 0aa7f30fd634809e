// SPDX-License-Identifier: Apache-2.0
/* Does the host take orders? For whoever sends work or wakes somebody up, and without a token: so
 * it says what is missing and of which venue, and neither who halted it, nor why, nor any amount.
 */
#include <stdio.h>

#include "ops/api.h"

#define SILENT_NS ((int64_t)5000000000) /* a core that waits goes round some times a second */

static void miss(struct jout *out, uint32_t *n, const char *what, const char *of, const char *why)
{
    jout_open(out, '{');
    jout_kv_str(out, "what", what);
    jout_kv_str(out, "of", of);
    jout_kv_str(out, "why", why);
    jout_close(out, '{');
    ++*n;
}

static void miss_host(const struct api *api, struct jout *out, uint32_t *n)
{
    const struct host_view *view = api->view;

    if (api->looked_ns - api->turned_ns > SILENT_NS)
        miss(out, n, "core", "host", "the core does not go round");
    if (view->is_killed)
        miss(out, n, "kill", "host", "the kill switch is thrown: `agon ctl resume kill` lifts it");
    else if (view->is_stopped)
        miss(out, n, "stop", "host", "the emergency stop stands: `agon ctl resume` lifts it");
    else if (view->is_halted)
        miss(out, n, "halt", "host", "new risk is halted: `agon ctl halts` shows by what");
    // Low space is a warning; from there on orders wait for a journal that does not come.
    if (view->journal_state > JOURNAL_LOW)
        miss(out, n, "journal", "host",
             journal_state_name((enum journal_state)view->journal_state));
    if (view->clock.is_paused)
        miss(out, n, "clock", "host", "no venue agrees with the clock yet");
}

static void miss_venue(const struct api *api, const struct host_view_venue *venue, struct jout *out,
                       uint32_t *n)
{
    const struct gateway_status *status = &venue->status;
    char text[96];

    if (status->refusal != 0)
        miss(out, n, "account", venue->name, "the host must not trade this account");
    if (venue->is_halted)
        miss(out, n, "halt", venue->name, "the venue is halted");
    if (status->is_banned)
        miss(out, n, "banned", venue->name, "the venue refuses this address");
    if (status->is_auth_halted)
        miss(out, n, "key", venue->name, "the venue refuses the key");
    // One of several comes and goes; what needs it shows below.
    if (status->n_links > 0 && status->n_up == 0)
        miss(out, n, "connections", venue->name, "no connection to the venue is up");
    if (api->view->is_live && !status->is_ready)
        miss(out, n, "account", venue->name, "orders, fills and balances are not reconciled yet");
    if (status->n_live < status->n_books) {
        snprintf(text, sizeof(text), "%u of %u books are live", status->n_live, status->n_books);
        miss(out, n, "books", venue->name, text);
    }
    if (status->n_warm < venue->n_instruments) {
        snprintf(text, sizeof(text), "the history of %u of %u instruments is read", status->n_warm,
                 venue->n_instruments);
        miss(out, n, "history", venue->name, text);
    }
}

static uint32_t miss_all(const struct api *api, struct jout *out)
{
    uint32_t n = 0;

    miss_host(api, out, &n);
    for (uint32_t i = 0; i < api->view->n_venues; i++)
        miss_venue(api, &api->view->venues[i], out, &n);
    if (api->view->n_venues == 0)
        miss(out, &n, "start", "host", "the host has not begun yet");
    return n;
}

int api_ready(void *ctx, struct jout *out)
{
    uint32_t n;

    jout_open(out, '{');
    jout_key(out, "missing");
    jout_open(out, '[');
    n = miss_all(ctx, out);
    jout_close(out, '[');
    jout_kv_bool(out, "ready", n == 0);
    jout_close(out, '{');
    return n == 0;
}

int api_is_ready(const struct api *api)
{
    struct jout unused = {0};
    uint32_t n;

    jout_open(&unused, '[');
    n = miss_all(api, &unused);
    jout_deinit(&unused);
    return n == 0;
}
