// SPDX-License-Identifier: Apache-2.0
#include "ops/panels.h"

static void put_past(const struct api_act *act, struct jout *out)
{
    jout_key(out, "past");
    jout_open(out, '[');
    for (uint32_t i = 0; i < act->n_past && i < API_ACTS; i++) {
        jout_open(out, '{');
        jout_kv_str(out, "title", act->past[i].title);
        jout_kv_str(out, "said", act->past[i].said);
        jout_close(out, '{');
    }
    jout_close(out, '[');
}

/* Of a demo alone. */
void panel_act(const struct api *api, struct control_live *live)
{
    struct api *mine = (struct api *)(uintptr_t)api; // its lock
    struct api_act act;
    struct jout *out;

    pthread_mutex_lock(&mine->act_lock);
    act = api->act;
    pthread_mutex_unlock(&mine->act_lock);
    if (act.number == 0)
        return;
    out = control_live_set(live, "act");
    jout_open(out, '{');
    jout_kv_int(out, "number", act.number);
    jout_kv_int(out, "of", act.n);
    jout_kv_str(out, "market", act.market);
    jout_kv_str(out, "title", act.title);
    jout_kv_str(out, "about", act.about);
    jout_kv_str(out, "look", act.look);
    jout_kv_str(out, "said", act.said);
    if (act.n_past > 0)
        put_past(&act, out);
    jout_close(out, '{');
}
