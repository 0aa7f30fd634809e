// SPDX-License-Identifier: Apache-2.0
#include "ops/panels.h"

/* What plugins say of themselves (agon.metric), by their authors' numbers; there only once one
 * does. */
void panel_metrics(const struct api *api, struct control_live *live)
{
    const struct host_view *view = api->view;
    struct jout *out = NULL;

    for (uint32_t id = 0; id < view->n_slots; id++) {
        const struct host_view_slot *slot = &view->slots[id];

        for (uint32_t i = 0; slot->is_used && i < AGON_METRICS_MAX; i++) {
            if ((slot->metrics_set >> i & 1) == 0)
                continue;
            if (out == NULL) {
                out = control_live_set(live, "metrics");
                jout_open(out, '[');
            }
            jout_open(out, '{');
            jout_kv_str(out, "agent", slot->name);
            jout_kv_int(out, "id", i);
            jout_kv_real(out, "value", slot->metrics[i]);
            jout_close(out, '{');
        }
    }
    if (out != NULL)
        jout_close(out, '[');
}
