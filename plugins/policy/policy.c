// SPDX-License-Identifier: Apache-2.0
/* policy: holds what the model in its file `weights` says. With each closed candle it asks it
 * (agon.nn) of some features of the last candles and of its own position, takes the action with the
 * largest answer, and trades to it by one market order: three actions are short, flat and long, two
 * are flat and long. `agon train ppo` makes such files. README.md is its card. */
#include <agon/model.h>

#define ACTIONS_MAX 3
#define OUTPUTS_MAX (ACTIONS_MAX + 1) /* and what the state is good for, which nobody asks here */
#define INPUTS_MAX  (AGON_FEATURES_MAX + 1)
#define PRESET      "return.1"
#define POSITION    " position" /* the last input, behind the features' names */

#define PARAMS(X)                                                                                  \
    X(TEXT, features, 1, "of the catalogue, blanks between; empty: " PRESET)                       \
    X(BAR, bar_s, 2, "length of a candle", 0)                                                      \
    X(REAL, size, 3, "a position is as much of the base asset as this buys", "quote", AGON_SET,    \
      0.000001, 1e9, 100, 1)                                                                       \
    X(TEXT, venue, 4, "of symbol; empty: binance")                                                 \
    X(TEXT, symbol, 5, "what to trade; empty: the first instrument that a bar comes of")
enum reason { REASON_POLICY = 1 };

struct policy_state {
    agon_ns_t t_bar;
    struct agon_leg leg;
    struct agon_features features;
};
struct policy {
    struct agon_strategy base;
    PARAMS(AGON_FIELD)
    struct agon_model model;
    uint32_t actions;
    struct agon_features list; /* as the parameters say, and nothing seen */
    struct policy_state state;
};

static void fresh(void *plugin)
{
    struct policy *self = plugin;

    self->state.features = self->list;
}

static int is_stale(const void *plugin)
{
    const struct policy *self = plugin;

    return !agon_features_is_same(&self->state.features, &self->list);
}

static int check(const void *at)
{
    const struct policy_state *state = at;

    return agon_strategy_is_time(state->t_bar) && agon_features_check(&state->features) >= 0;
}

static int feed(void *plugin, const struct agon_bar *bar)
{
    struct policy *self = plugin;

    // A bar that is none is left out: the next one counts.
    (void)agon_model_inputs(&self->state.features, &self->base.desk, bar, NULL);
    return 0;
}

/* What the policy wants to be: -1 short, 0 flat, 1 long. AGON_EAGAIN: it cannot be asked yet. */
static int ask(struct policy *self, int side, int *wanted)
{
    const struct agon_model *model = &self->model;
    float x[INPUTS_MAX], y[OUTPUTS_MAX];
    uint32_t n = self->state.features.n;
    uint32_t i, best = 0;
    int rc = agon_model_values(&self->state.features, x);

    if (rc < 0)
        return rc;
    x[n] = (float)side;
    rc = model->nn->step(model->host, model->id, x, n + 1, y, self->actions + 1);
    if (rc < 0)
        return rc;
    for (i = 1; i < self->actions; i++)
        best = y[i] > y[best] ? i : best;
    *wanted = (int)best - (self->actions == ACTIONS_MAX);
    return AGON_OK;
}

/* As many lots as the size buys, down to what the slot may hold. */
static agon_qty_t lots(const struct policy *self, double px)
{
    const struct agon_leg *leg = &self->state.leg;
    struct agon_instrument instrument;
    double one;

    if (self->base.desk.instruments->get(self->base.desk.host, leg->instrument, &instrument) < 0)
        return 0;
    one = px;
    for (; instrument.px_exp > 0; instrument.px_exp--)
        one /= 10;
    return agon_leg_qty(&self->base.desk, leg, self->size / one);
}

static int on_bar(void *plugin, const struct agon_bar *bar)
{
    struct policy *self = plugin;
    struct agon_leg *leg = &self->state.leg;
    double px = (double)bar->close_px;
    agon_qty_t held;
    int side, wanted, rc;

    if (bar->length_s != self->bar_s || bar->close_px <= 0 || bar->hdr.instrument == 0)
        return AGON_OK;
    if (leg->instrument == 0)
        agon_leg_start(&self->base.desk, leg, bar->hdr.instrument);
    if (leg->instrument != bar->hdr.instrument || bar->t_open <= self->state.t_bar)
        return AGON_OK;
    agon_strategy_feed(self, bar);
    held = agon_leg_held(&self->base.desk, leg, px);
    side = agon_strategy_side(held);
    rc = ask(self, side, &wanted);
    if (rc < 0)
        return rc == AGON_EAGAIN ? AGON_OK : rc;
    if (wanted != side)
        agon_leg_go(&self->base.desk, leg, wanted == 0 ? 0 : wanted * lots(self, px), px,
                    REASON_POLICY, bar->hdr.t);
    return AGON_OK;
}

static int on_other(void *plugin, const struct agon_event_hdr *event)
{
    struct policy *self = plugin;

    agon_leg_update(&self->base.desk, &self->state.leg, event);
    return AGON_OK;
}

static int init(void *plugin)
{
    struct policy *self = plugin;
    const struct agon_host *host = self->base.desk.host;
    const char *list = self->base.param->text(host, self->features);
    const struct agon_nn_shape *shape = &self->model.shape;
    char names[AGON_FEATURES_TEXT + sizeof(POSITION)];
    struct agon_nn_inputs asked = {.names = names, .edition = AGON_FEATURES_EDITION};
    int rc = agon_model_features(host, "parameters.features",
                                 list != NULL && list[0] != 0 ? list : PRESET, &self->list);

    if (rc < 0)
        return rc;
    agon_features_text(&self->list, names);
    strcat(names, POSITION);
    rc = agon_model_open(&self->model, host, "weights", &asked);
    if (rc < 0)
        return rc;
    self->actions = shape->outputs - 1;
    if (shape->outputs < 3 || shape->outputs > OUTPUTS_MAX || shape->window != 0)
        return agon_model_refuse(host,
                                 "files.weights has %u outputs and a window of %u; expected a net "
                                 "of 2 or 3 actions and the state's value, without a window, as "
                                 "agon train ppo writes it",
                                 shape->outputs, shape->window);
    return AGON_OK;
}

static const struct agon_handlers handlers = {.on_bar = on_bar, .on_other = on_other};
static const struct agon_rule rule = {AGON_RULE_WITH_LEG(struct policy),
                                      .t_bar_at = offsetof(struct policy, state.t_bar),
                                      .bar_s_at = offsetof(struct policy, bar_s),
                                      .init = init,
                                      .fresh = fresh,
                                      .is_stale = is_stale,
                                      .check = check,
                                      .feed = feed,
                                      .on = &handlers};
AGON_PARAMS(struct policy, PARAMS);
AGON_SERVICES(AGON_TO_TRADE, AGON_EXT_NN, AGON_EXT_ASSET);
/* Of reasons 1, 2, ...: what people read. */
static const char *const tags[] = {"policy"};
static const struct agon_descriptor descriptor = {
    AGON_STRATEGY_AHEAD(struct policy, 1000000),
    AGON_NAMED("org.agon.policy", "1.0.0", "Policy", "Agon"),
    AGON_TAGS(tags),
    .summary = "Holds what a trained policy says: short, flat or long.",
    AGON_SCHEMA(1, 1),
    .event_mask = AGON_ON(AGON_EVENT_BAR) | AGON_ON_LEG};
AGON_PLUGIN("org.agon.policy", "1.0.0", descriptor, rule);
