// SPDX-License-Identifier: Apache-2.0
#include "ops/panels.h"

/* What it is called, by its plugin or as a line over candles, and of which instrument it is a
 * price.
 */
static void put_name(const struct api *api, const struct host_view_slot *slot, uint32_t id,
                     struct jout *out)
{
    if (id < slot->n_metric_names)
        jout_kv_str(out, "name", slot->metric_names[id]);
    for (uint32_t i = 0; i < slot->n_lines; i++) {
        const struct feed_line *line = &slot->lines[i];

        if (line->id != id || line->instrument == 0 || line->instrument > api->view->n_instruments)
            continue;
        jout_kv_str(out, "line", line->name);
        jout_kv_str(out, "symbol", api_label(api, line->instrument - 1));
    }
}

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
            put_name(api, slot, i, out);
            jout_close(out, '{');
        }
    }
    if (out != NULL)
        jout_close(out, '[');
}
