// SPDX-License-Identifier: Apache-2.0
#include "report/own_metrics.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/utf8.h"

/* A line over candles is at a price: with the digits of its instrument, so that lines beside each
 * other have as many. */
static void price_it(struct own_metric *one, double value, int px_exp)
{
    char plain[MONEY_TEXT], text[MONEY_TEXT];

    if (fabs(value) < 1e15 &&
        snprintf(plain, sizeof(plain), "%.*f", px_exp, money_shown(value, px_exp)) > 0 &&
        money_apart(plain, text))
        (void)snprintf(one->text, sizeof(one->text), "%s", text);
}

static void name_it(struct own_metric *one, double value, const struct plugin_info *info,
                    struct engine *engine, const struct feed_line *lines, uint32_t n)
{
    const struct agon_instrument *of;
    const struct feed_line *line = NULL;
    int is_of_several = 0;
    size_t used;

    for (uint32_t i = 0; i < n; i++) {
        line = lines[i].id == one->id ? &lines[i] : line;
        is_of_several |= lines[i].instrument != lines[0].instrument;
    }
    if (line == NULL) {
        if (info != NULL && one->id < info->n_metrics)
            snprintf(one->name, sizeof(one->name), "%s", info->metrics[one->id]);
        else
            snprintf(one->name, sizeof(one->name), "metric %u (not named by its plugin)", one->id);
        for (char *at = one->name; *at != '\0'; at++)
            *at = *at == '_' ? ' ' : *at;
        return;
    }
    used = utf8_escape(line->name, strlen(line->name), one->name, sizeof(one->name));
    of = instruments_get(engine_instruments(engine), line->instrument);
    if (is_of_several && of != NULL)
        snprintf(one->name + used, sizeof(one->name) - used, " of %s", of->symbol);
    if (of != NULL)
        price_it(one, value, of->px_exp);
}

uint32_t own_metrics(const struct crew *crew, struct engine *engine, uint16_t slot,
                     struct own_metric all[AGON_METRICS_MAX])
{
    double values[AGON_METRICS_MAX];
    struct feed_line lines[AGON_LINES_MAX];
    uint32_t is_set = crew_metrics(crew, slot, values);
    uint32_t n_lines = crew_lines(crew, slot, lines), n = 0;

    for (uint32_t id = 0; id < AGON_METRICS_MAX; id++) {
        if ((is_set >> id & 1) == 0)
            continue;
        all[n] = (struct own_metric){.id = id};
        (void)money_figure(values[id], all[n].text);
        name_it(&all[n], values[id], crew_info(crew, slot), engine, lines, n_lines);
        n++;
    }
    return n;
}
