// SPDX-License-Identifier: Apache-2.0
/* direction: a model of direction, whatever it is: boosted trees, a random forest, an LSTM, a TCN
 * or a transformer. With each closed candle it asks the model in its file `weights` (agon.nn) about
 * the features in its file `features`, and publishes how likely up, flat and down are. It never
 * trades. README.md is its card.
 *
 * It publishes `direction` (hdr.instrument: of which) with p_up, p_flat and p_down; value, p_up
 * less p_down; confidence, the largest of the three; direction, which that is; t_valid, two candles
 * from now; text, the model by the first digits of its file's SHA-256. */
#include <agon/model.h>

#define PARAMS(X) AGON_PARAM_ASKED(X, 1, 0, 2, 3)
enum { DIRECTION };            /* places in publishes */
enum { ANSWERED, IMPOSSIBLE }; /* metrics */

struct direction {
    struct agon_model_base base;
    PARAMS(AGON_FIELD)
    const struct agon_host_metric *metric;
    struct agon_model_seen state;
};

static int init(void *plugin)
{
    struct direction *self = plugin;
    const struct agon_host *host = self->base.strategy.desk.host;
    int rc = agon_model_init(self, "features", "weights");

    self->metric = host->get_extension(host, AGON_EXT_METRIC);
    return rc < 0 ? rc : agon_model_holds_sides(&self->base.model);
}

static int on_bar(void *plugin, const struct agon_bar *bar)
{
    struct direction *self = plugin;
    double p[AGON_SIDES];
    float y[AGON_SIDES];
    int rc = agon_model_ask(self, bar, y, self->base.model.shape.outputs);
    int is_one;

    if (rc < 0)
        return rc == AGON_EAGAIN ? AGON_OK : rc;
    is_one = agon_model_sides(&self->base.model, y, p);
    (void)self->metric->counter(self->base.model.host, is_one ? ANSWERED : IMPOSSIBLE, 1);
    if (is_one)
        agon_model_say(self, DIRECTION, p, bar->hdr.t);
    return AGON_OK;
}

static const char *const publishes[] = {[DIRECTION] = "direction"};
static const struct agon_handlers handlers = {.on_bar = on_bar};
static const struct agon_rule rule = {AGON_RULE_ASKS(struct direction), .init = init,
                                      .on = &handlers};
AGON_PARAMS(struct direction, PARAMS);
AGON_SERVICES(AGON_TO_ASK, AGON_EXT_METRIC);
static const char *const metrics[] = {"answers", "no_probability"};
static const struct agon_descriptor descriptor = {
    AGON_DESCRIBES(struct direction, 1000000),
    .kind = AGON_MODEL,
    .caps = AGON_DETERMINISTIC,
    AGON_NAMED("org.agon.direction", "1.0.0", "Direction", "Agon"),
    .summary = "Model: how likely the next candles go up, by trees or any net.",
    AGON_SCHEMA(1, 1),
    AGON_METRICS(metrics),
    .event_mask = AGON_ON(AGON_EVENT_BAR) | AGON_ON(AGON_EVENT_PARAM),
    .publishes = publishes,
    .n_publishes = sizeof(publishes) / sizeof(publishes[0])};
AGON_PLUGIN("org.agon.direction", "1.0.0", descriptor, rule);
