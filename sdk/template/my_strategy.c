// SPDX-License-Identifier: MIT
/* my_strategy: long when the fast average of closes crosses above the slow one; flat when it is
 * below again, or at a stop.
 *
 * A plugin that trades, meant to be changed. What to know before you do:
 *  - all that must survive a reload is in struct my_state: fixed widths, no pointers;
 *  - what is around the rule (orders, position, history, state) is agon/strategy.h, which also says
 *    what else a rule may have; agon/agon.h has the calls beneath;
 *  - no heap, no system call, no clock and no random source of libc in a callback;
 *  - the price in an event is a count of 10^-px_exp. */
#include <agon/strategy.h>

/* Kind, name, id (never used again for another), what it is, unit, flags, min, max, default, step.
 */
#define PARAMS(X)                                                                                  \
    X(INTEGER, fast, 1, "length of the fast average", "bars", AGON_TUNED, 1, 500, 5, 1)            \
    X(INTEGER, slow, 2, "length of the slow average", "bars", AGON_TUNED, 2, 500, 20, 1)           \
    X(REAL, stop_pct, 3, "leaves so far below the entry; 0: never", "%", AGON_TUNED, 0, 50, 1, 1)  \
    AGON_PARAM_SIZE(X, 4, 10)                                                                      \
    AGON_PARAM_PLACE(X, 5, 0, 6, 7)

struct my_state {
    struct agon_leg leg; /* position and order */
    struct agon_ema fast, slow;
    agon_ns_t t_bar;        /* of the last candle */
    uint32_t is_above, pad; /* fast above slow, at that candle; 0 */
};
struct my_strategy {
    struct agon_strategy base;
    PARAMS(AGON_FIELD)
    struct my_state state;
};

static int init(void *plugin)
{
    struct my_strategy *self = plugin;

    return self->fast < self->slow ? AGON_OK : agon_strategy_refuse(&self->base, "fast >= slow");
}

static void fresh(void *plugin)
{
    struct my_strategy *self = plugin;

    agon_ema_init(&self->state.fast, (uint32_t)self->fast, AGON_SEED_SMA);
    agon_ema_init(&self->state.slow, (uint32_t)self->slow, AGON_SEED_SMA);
    self->state.is_above = 0;
}

static int is_stale(const void *plugin)
{
    const struct my_strategy *self = plugin;

    return self->state.fast.period != self->fast || self->state.slow.period != self->slow;
}

static int check(const void *at)
{
    const struct my_state *state = at;

    return agon_ema_check(&state->fast) >= 0 && agon_ema_check(&state->slow) >= 0;
}

/* The signal: 1 at the candle that crossed upwards. */
static int feed(void *plugin, const struct agon_bar *bar)
{
    struct my_state *state = &((struct my_strategy *)plugin)->state;
    uint32_t was_above = state->is_above;

    agon_ema_update(&state->fast, (double)bar->close_px);
    agon_ema_update(&state->slow, (double)bar->close_px);
    state->is_above = agon_ema_is_ready(&state->slow) &&
                      agon_ema_value(&state->fast) > agon_ema_value(&state->slow);
    return state->is_above && !was_above;
}

/* The side to be on: 1 long, 0 flat, -1 short. */
static int target(void *plugin, const struct agon_bar *bar, int crossed, int side, uint16_t *reason)
{
    (void)bar, (void)reason;
    return side != 0 ? (int)((struct my_strategy *)plugin)->state.is_above : crossed;
}

/* Between candles: the reason to leave at that price, or 0. */
static uint16_t stop(void *plugin, int side, double px)
{
    struct my_strategy *self = plugin;

    return side > 0 && agon_strategy_is_below(px, self->state.leg.entry_px, self->stop_pct) ? 3 : 0;
}

static const struct agon_rule rule = {AGON_RULE_ON_BARS(struct my_strategy),
                                      .init = init,
                                      .fresh = fresh,
                                      .is_stale = is_stale,
                                      .check = check,
                                      .feed = feed,
                                      .target = target,
                                      .stop = stop};
AGON_PARAMS(struct my_strategy, PARAMS);
AGON_SERVICES(AGON_TO_TRADE);
/* Of reasons 1, 2, ...: what people read. */
static const char *const tags[] = {"cross_up", "cross_down", "stop"};
static const struct agon_descriptor descriptor = {
    AGON_STRATEGY_AHEAD(struct my_strategy, 5000),
    AGON_NAMED("org.example.my_strategy", "0.1.0", "my_strategy", "you"),
    AGON_TAGS(tags),
    .summary = "Follows the crossing of two averages, with a stop.",
    AGON_SCHEMA(1, 1), // + 1 when struct my_state changes; the rule's read reads the older one
    .event_mask = AGON_ON(AGON_EVENT_BAR) | AGON_ON(AGON_EVENT_TRADE) | AGON_ON_LEG};
AGON_PLUGIN("org.example.my_strategy", "0.1.0", descriptor, rule);
