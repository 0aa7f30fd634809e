// SPDX-License-Identifier: Apache-2.0
/* sma_cross: the reference strategy. Long while the simple average of the last `fast` closes is
 * above that of the last `slow` ones, flat while it is below; a market order at the close of the
 * candle that crossed. What it does can be worked out with a pencil, and a test does so from
 * published averages. README.md says when it fails. */
#include <agon/strategy.h>

#define PARAMS(X)                                                                                  \
    X(INTEGER, fast, 1, "length of the fast average; less than slow", "bars", AGON_TUNED, 1, 500,  \
      10, 1)                                                                                       \
    X(INTEGER, slow, 2, "length of the slow average", "bars", AGON_TUNED, 2, 512, 30, 1)           \
    X(REAL, size, 3, "units of the base asset that an entry buys; 0: size_pct counts", "base",     \
      AGON_SET, 0, 1e9, 0, 0.001)                                                                  \
    AGON_PARAM_SIZE(X, 4, 10)                                                                      \
    AGON_PARAM_PLACE(X, 5, 4, 6, 7)

struct sma_state { /* all that must survive a reload: fixed widths, no pointers, no padding */
    struct agon_leg leg;
    struct agon_sma fast, slow;
    agon_ns_t t_bar;  /* t_open of the last bar seen */
    int32_t is_above; /* fast above slow at the last bar: 1, below: -1, unknown: 0 */
    int32_t target;   /* 1: is to be long, after a cross; 0: flat */
};
struct sma_cross {
    struct agon_strategy base;
    PARAMS(AGON_FIELD)
    struct sma_state state;
};

static int init(void *plugin)
{
    struct sma_cross *self = plugin;

    return self->fast < self->slow
               ? AGON_OK
               : agon_strategy_refuse(&self->base, "parameters: fast has to be less than slow");
}

static void fresh(void *plugin)
{
    struct sma_cross *self = plugin;

    agon_sma_init(&self->state.fast, (uint32_t)self->fast);
    agon_sma_init(&self->state.slow, (uint32_t)self->slow);
    self->state.is_above = 0;
    self->state.target = 0;
}

static int is_stale(const void *plugin)
{
    const struct sma_cross *self = plugin;

    return self->state.fast.window.period != (uint32_t)self->fast ||
           self->state.slow.window.period != (uint32_t)self->slow;
}

static int check(const void *at)
{
    const struct sma_state *state = at;

    return agon_sma_check(&state->fast) >= 0 && agon_sma_check(&state->slow) >= 0 &&
           state->is_above >= -1 && state->is_above <= 1 && state->target >= 0 &&
           state->target <= 1;
}

/* True when the averages have just crossed. Two that are equal have not. */
static int feed(void *plugin, const struct agon_bar *bar)
{
    struct sma_state *state = &((struct sma_cross *)plugin)->state;
    int32_t before = state->is_above;
    double fast, slow;

    agon_sma_update(&state->fast, (double)bar->close_px);
    agon_sma_update(&state->slow, (double)bar->close_px);
    if (!agon_sma_is_ready(&state->slow))
        return 0;
    fast = agon_sma_value(&state->fast);
    slow = agon_sma_value(&state->slow);
    agon_strategy_line(plugin, 0, bar->hdr.instrument, "SMA fast", fast);
    agon_strategy_line(plugin, 1, bar->hdr.instrument, "SMA slow", slow);
    if (fast > slow)
        state->is_above = 1;
    else if (fast < slow)
        state->is_above = -1;
    return before != 0 && state->is_above != before;
}

static int target(void *plugin, const struct agon_bar *bar, int crossed, int side, uint16_t *reason)
{
    struct sma_state *state = &((struct sma_cross *)plugin)->state;

    (void)bar, (void)side, (void)reason;
    if (crossed)
        state->target = state->is_above > 0;
    return state->target;
}

static agon_qty_t size(const void *plugin, double px)
{
    const struct sma_cross *self = plugin;
    const struct agon_desk *desk = &self->base.desk;

    return self->size > 0 ? agon_leg_qty(desk, &self->state.leg, self->size)
                          : agon_leg_size(desk, &self->state.leg, self->size_pct, px);
}

/* What is held already stays while the averages say so: a restart is no cross. */
static void started(void *plugin, uint32_t reason)
{
    struct sma_state *state = &((struct sma_cross *)plugin)->state;

    if (reason == AGON_START_FRESH && state->leg.held_qty > 0 && state->is_above >= 0)
        state->target = 1;
}

static const struct agon_rule rule = {AGON_RULE_ON_BARS(struct sma_cross),
                                      .init = init,
                                      .fresh = fresh,
                                      .is_stale = is_stale,
                                      .check = check,
                                      .feed = feed,
                                      .target = target,
                                      .size = size,
                                      .started = started};
AGON_PARAMS(struct sma_cross, PARAMS);
AGON_SERVICES(AGON_TO_TRADE);
/* Of reasons 1, 2, ...: what people read. */
static const char *const tags[] = {"cross_up", "cross_down"};
static const struct agon_descriptor descriptor = {
    AGON_STRATEGY_AHEAD(struct sma_cross, 5000),
    AGON_NAMED("org.agon.sma_cross", "1.0.0", "SMA cross", "Agon"),
    AGON_TAGS(tags),
    .summary = "Reference: long while the fast simple average of closes is above the slow one.",
    AGON_SCHEMA(1, 1),
    .event_mask = AGON_ON(AGON_EVENT_BAR) | AGON_ON_LEG};
AGON_PLUGIN("org.agon.sma_cross", "1.0.0", descriptor, rule);
