// SPDX-License-Identifier: Apache-2.0
/* validator: a random forest that is asked before a signal is traded on. It hears a model's
 * direction, asks the trees in its file `forest` (agon.nn) of the features in its file `features`,
 * of the last closed candle, and publishes the same signal where they hold its side for likely
 * enough, and a neutral one where not. Who trades listens to it instead of to the model. README.md
 * is its card.
 *
 * It publishes `direction`: the signal that it heard with the trees' probability of its side as
 * confidence and nothing left of the other side, or direction neutral, p_flat 1 and value 0. text
 * says which, the first digits of the trees' SHA-256, and what they answered. */
#include <stdio.h>

#include <agon/model.h>

#define PARAMS(X)                                                                                  \
    X(REAL, sure, 1, "passes a side that the trees hold for as likely as that", "",                \
      AGON_PARAM_LIVE | AGON_PARAM_TUNABLE, 0.5, 1, 0.55, 0.01)                                    \
    X(BAR, bar_s, 2, "length of a candle, the model's", 0)                                         \
    X(TEXT, venue, 3, "of symbol; empty: binance")                                                 \
    X(TEXT, symbol, 4, "whose signals pass; empty: the first instrument that a bar comes of")
enum { DIRECTION }; /* places in reads and publishes */
enum { PASSED, HELD_BACK };

struct validator_state { /* fixed widths, no pointers, no padding */
    agon_instrument_t instrument;
    uint32_t pad;
    agon_ns_t t_bar;
    struct agon_features set;
};
struct validator {
    struct agon_strategy base;
    PARAMS(AGON_FIELD)
    const struct agon_host_metric *metric;
    struct agon_model forest;
    struct agon_features list; /* as the file says, and nothing seen */
    struct validator_state state;
};

static void fresh(void *plugin)
{
    struct validator *self = plugin;

    self->state.t_bar = 0;
    self->state.set = self->list;
}

static int is_stale(const void *plugin)
{
    const struct validator *self = plugin;

    return !agon_features_is_same(&self->state.set, &self->list);
}

static int check(const void *at)
{
    const struct validator_state *state = at;

    return state->pad == 0 && agon_strategy_is_time(state->t_bar) &&
           agon_features_check(&state->set) >= 0;
}

/* A bar that is none is left out: the next one counts. */
static int feed(void *plugin, const struct agon_bar *bar)
{
    struct validator *self = plugin;

    (void)agon_model_inputs(&self->state.set, &self->base.desk, bar, NULL);
    return 0;
}

static int on_bar(void *plugin, const struct agon_bar *bar)
{
    if (agon_strategy_is_next(plugin, bar))
        (void)agon_strategy_feed(plugin, bar);
    return AGON_OK;
}

/* How likely up is. AGON_EAGAIN: there are too few candles. */
static int ask(struct validator *self, double *up)
{
    float x[AGON_FEATURES_MAX], y = 0;
    int rc = agon_model_values(&self->state.set, x);

    if (rc >= 0)
        rc = self->forest.nn->step(self->forest.host, self->forest.id, x, self->state.set.n, &y, 1);
    *up = (double)y;
    return rc;
}

/* "passed: forest 9a74c5f9, up 62%" */
static void name_verdict(const struct validator *self, struct agon_signal *signal, int is_passed,
                         int is_asked, double up)
{
    const char *verdict = is_passed ? "passed" : "held back";
    const char *forest = self->forest.text + sizeof("model");
    int n = is_asked ? snprintf(signal->text, sizeof(signal->text), "%s: forest %s, up %u%%",
                                verdict, forest, (uint32_t)(up * 100 + 0.5))
                     : snprintf(signal->text, sizeof(signal->text),
                                "%s: forest %s, too few candles", verdict, forest);

    signal->text_len = (uint16_t)n;
}

/* The side that somebody could take on it: a neutral one may still lean to one. */
static int side_of(const struct agon_signal *signal)
{
    if (signal->direction != AGON_NEUTRAL)
        return signal->direction == AGON_UP ? 1 : -1;
    return signal->p_up > signal->p_down ? 1 : signal->p_up < signal->p_down ? -1 : 0;
}

/* Nobody was asked about the other side: it goes to flat, since a strategy may look at nothing but
 * its probability. */
static void keep_side(struct agon_signal *signal, int side)
{
    double *other = side > 0 ? &signal->p_down : &signal->p_up;

    signal->p_flat += *other;
    *other = 0;
}

static void hold_back(struct agon_signal *signal)
{
    signal->direction = AGON_NEUTRAL;
    signal->value = 0;
    signal->p_up = signal->p_down = 0;
    signal->p_flat = 1;
    signal->entry_px = signal->stop_px = signal->take_px = 0;
}

static int on_signal(void *plugin, const struct agon_signal *heard)
{
    struct validator *self = plugin;
    struct agon_signal signal = *heard;
    int side = side_of(heard), is_passed, rc;
    double up = 0, sure;

    if (heard->key != DIRECTION || heard->hdr.instrument == 0 ||
        heard->hdr.instrument != self->state.instrument)
        return AGON_OK;
    rc = ask(self, &up);
    if (rc < 0 && rc != AGON_EAGAIN)
        return rc;
    sure = rc < 0 || side == 0 ? 0 : side > 0 ? up : 1 - up;
    is_passed = sure >= self->sure; // which is 0.5 at least
    signal.key = DIRECTION;
    signal.confidence = sure;
    name_verdict(self, &signal, is_passed, rc >= 0, up);
    if (is_passed)
        keep_side(&signal, side);
    else
        hold_back(&signal);
    (void)self->metric->counter(self->base.desk.host, is_passed ? PASSED : HELD_BACK, 1);
    // A full ring is no error: what is not passed on is not traded on.
    (void)self->forest.signal->publish(self->forest.host, &signal);
    return AGON_OK;
}

static int init(void *plugin)
{
    struct validator *self = plugin;
    const struct agon_host *host = self->base.desk.host;
    const struct agon_model *forest = &self->forest;
    char names[AGON_FEATURES_TEXT];
    const struct agon_nn_inputs asked = {.names = names, .edition = AGON_FEATURES_EDITION};
    int rc = agon_model_list(host, "features", &self->list);

    self->metric = host->get_extension(host, AGON_EXT_METRIC);
    if (rc < 0)
        return rc;
    agon_features_text(&self->list, names);
    rc = agon_model_open(&self->forest, host, "forest", &asked);
    if (rc < 0)
        return rc;
    if (!agon_model_is_trees(forest) || forest->shape.outputs != 1)
        return agon_model_refuse(host,
                                 "files.forest is %s of %u output%s; expected trees of 1 (up), as "
                                 "agon train trees writes with objective: logistic",
                                 agon_model_is_trees(forest) ? "trees" : "a net",
                                 forest->shape.outputs, forest->shape.outputs == 1 ? "" : "s");
    return AGON_OK;
}

static const char *const reads[] = {[DIRECTION] = "direction"};
static const char *const publishes[] = {[DIRECTION] = "direction"};
static const struct agon_handlers handlers = {.on_bar = on_bar, .on_signal = on_signal};
static const struct agon_rule rule = {AGON_RULE_SEES(struct validator),
                                      .init = init,
                                      .fresh = fresh,
                                      .is_stale = is_stale,
                                      .check = check,
                                      .feed = feed,
                                      .on = &handlers};
AGON_PARAMS(struct validator, PARAMS);
AGON_SERVICES(AGON_TO_ASK, AGON_EXT_METRIC);
static const char *const metrics[] = {"passed", "held_back"};
static const struct agon_descriptor descriptor = {
    AGON_DESCRIBES(struct validator, 1000000),
    .kind = AGON_MODEL,
    .caps = AGON_DETERMINISTIC,
    AGON_NAMED("org.agon.validator", "1.0.0", "Forest validator", "Agon"),
    .summary = "Passes a model's signal where a random forest holds its side for likely.",
    AGON_SCHEMA(1, 1),
    AGON_METRICS(metrics),
    .event_mask = AGON_ON(AGON_EVENT_BAR) | AGON_ON(AGON_EVENT_SIGNAL) | AGON_ON(AGON_EVENT_PARAM),
    .reads = reads,
    .n_reads = sizeof(reads) / sizeof(reads[0]),
    .publishes = publishes,
    .n_publishes = sizeof(publishes) / sizeof(publishes[0])};
AGON_PLUGIN("org.agon.validator", "1.0.0", descriptor, rule);
