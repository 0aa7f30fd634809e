// SPDX-License-Identifier: Apache-2.0
/* follow: trades on a model of direction (`direction: AGENT.direction` in its entry of the roster):
 * long while the model says up and holds it for likely enough, the larger the surer it is, and out
 * where it does not any more or says down, at a profit, or at a stop that the host keeps. README.md
 * says when it fails.
 */
#include <agon/strategy.h>

#define PARAMS(X)                                                                                  \
    X(REAL, enter, 1, "enters above this probability of up", "",                                   \
      AGON_PARAM_LIVE | AGON_PARAM_TUNABLE, 0, 1, 0.7, 0.01)                                       \
    X(REAL, leave, 2, "leaves below this probability of up, or when down is said; 0: never", "",   \
      AGON_PARAM_LIVE | AGON_PARAM_TUNABLE, 0, 1, 0.6, 0.01)                                       \
    X(REAL, take_pct, 3, "takes the profit this far above the entry; 0: never", "%", AGON_TUNED,   \
      0, 100, 3, 0.1)                                                                              \
    X(REAL, stop_pct, 4, "leaves this far below the entry; 0: no stop", "%", AGON_TUNED, 0, 100,   \
      1.5, 0.1)                                                                                    \
    AGON_PARAM_SIZE(X, 5, 20)                                                                      \
    X(TEXT, venue, 6, "of symbol; empty: binance")                                                 \
    X(TEXT, symbol, 7, "what to trade; empty: the first instrument that a signal is of")
enum { DIRECTION }; /* places in reads */
enum reason { REASON_SURE = 1, REASON_UNSURE = 2 };

struct follow_state {
    struct agon_leg leg;
};
struct follow {
    struct agon_strategy base;
    PARAMS(AGON_FIELD)
    const struct agon_host_exit *exit;
    const struct agon_host_book *book;
    struct follow_state state;
};

static int init(void *plugin)
{
    struct follow *self = plugin;
    const struct agon_host *host = self->base.desk.host;

    self->exit = host->get_extension(host, AGON_EXT_EXIT);
    self->book = host->get_extension(host, AGON_EXT_BOOK);
    if (self->leave > self->enter)
        return agon_strategy_refuse(&self->base, "parameters: leave must not be above enter");
    return AGON_OK;
}

/* Stop and target are the host's to keep: they hold also when this plugin is gone. */
static void protect(struct follow *self, double px)
{
    struct agon_exit_plan plan = {
        .instrument = self->state.leg.instrument, .side = AGON_BUY, .client_ref = 1};

    if (self->stop_pct > 0)
        plan.stop_px = (agon_px_t)(px * (1 - self->stop_pct / 100));
    if (self->take_pct > 0)
        plan.take_px[0] = (agon_px_t)(px * (1 + self->take_pct / 100));
    if (plan.stop_px > 0 || plan.take_px[0] > 0)
        self->exit->set(self->base.desk.host, &plan);
}

static int on_signal(void *plugin, const struct agon_signal *signal)
{
    struct follow *self = plugin;
    struct agon_leg *leg = &self->state.leg;
    struct agon_top10 top;
    agon_qty_t held, qty;
    double px;

    if (signal->key != DIRECTION || signal->hdr.instrument == 0)
        return AGON_OK;
    if (leg->instrument == 0)
        agon_leg_start(&self->base.desk, leg, signal->hdr.instrument);
    if (leg->instrument != signal->hdr.instrument ||
        self->book->top(self->base.desk.host, leg->instrument, &top) < 0 || top.n_ask == 0)
        return AGON_OK;
    px = (double)top.ask[0].px;
    held = agon_leg_held(&self->base.desk, leg, px);
    if (held == 0 && signal->direction == AGON_UP && signal->p_up > self->enter) {
        qty = agon_leg_size(&self->base.desk, leg, self->size_pct * signal->p_up, px);
        if (qty > 0 && agon_leg_go(&self->base.desk, leg, qty, px, REASON_SURE, signal->hdr.t) == 1)
            protect(self, px);
    } else if (held > 0 && self->leave > 0 &&
               (signal->p_up < self->leave || signal->direction == AGON_DOWN)) {
        agon_leg_go(&self->base.desk, leg, 0, px, REASON_UNSURE, signal->hdr.t);
    }
    return AGON_OK;
}

static int on_other(void *plugin, const struct agon_event_hdr *event)
{
    struct follow *self = plugin;

    agon_leg_update(&self->base.desk, &self->state.leg, event);
    return AGON_OK;
}

static const char *const reads[] = {[DIRECTION] = "direction"};
static const struct agon_handlers handlers = {.on_signal = on_signal, .on_other = on_other};
static const struct agon_rule rule = {AGON_RULE_WITH_LEG(struct follow), .init = init,
                                      .on = &handlers};
AGON_PARAMS(struct follow, PARAMS);
AGON_SERVICES(AGON_TO_TRADE, AGON_EXT_EXIT, AGON_EXT_BOOK, AGON_EXT_SIGNAL);
/* Of reasons 1, 2, ...: what people read. */
static const char *const tags[] = {"sure", "unsure"};
static const struct agon_descriptor descriptor = {
    AGON_STRATEGY_AHEAD(struct follow, 5000),
    AGON_NAMED("org.agon.follow", "1.1.0", "Follow a model", "Agon"),
    AGON_TAGS(tags),
    .summary = "Long while a model of direction holds up for likely.",
    AGON_SCHEMA(1, 1),
    .event_mask = AGON_ON(AGON_EVENT_SIGNAL) | AGON_ON(AGON_EVENT_PARAM) | AGON_ON_LEG,
    .reads = reads,
    .n_reads = sizeof(reads) / sizeof(reads[0])};
AGON_PLUGIN("org.agon.follow", "1.1.0", descriptor, rule);
