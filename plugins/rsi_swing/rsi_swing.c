// SPDX-License-Identifier: Apache-2.0
/* rsi_swing: buys the turn after a fall. Once the RSI of closed candles has been low and comes back
 * above that mark, it is long until the RSI is high, the stop (a multiple of the range that candles
 * had at the entry) is hit, or the time is up. On a contract it may do the mirror image too.
 * README.md says when it fails. */
#include <agon/strategy.h>

#define PARAMS(X)                                                                                  \
    X(INTEGER, rsi, 1, "length of the RSI", "bars", AGON_TUNED, 2, 1000, 14, 1)                    \
    X(REAL, low, 2, "enters when the RSI comes back above it; less than high", "", AGON_TUNED, 0,  \
      100, 30, 5)                                                                                  \
    X(REAL, high, 3, "leaves above this RSI", "", AGON_TUNED, 0, 100, 60, 5)                       \
    X(INTEGER, atr, 4, "length of the mean range", "bars", AGON_TUNED, 1, 1000, 14, 1)             \
    X(REAL, stop_atr, 5, "distance of the stop from the entry, in mean ranges; 0: no stop", "",    \
      AGON_TUNED, 0, 50, 3, 0.5)                                                                   \
    X(INTEGER, hold_max, 6, "leaves after so many; 0: never for that", "bars", AGON_TUNED, 0,      \
      100000, 96, 8)                                                                               \
    AGON_PARAM_SIZE(X, 7, 10)                                                                      \
    AGON_PARAM_SIDES(X, 8)                                                                         \
    AGON_PARAM_PLACE(X, 9, 4, 10, 11)

enum reason { REASON_TARGET = 2, REASON_STOP = 3, REASON_TIME = 4 };

struct rsi_state { /* all that must survive a reload: fixed widths, no pointers, no padding */
    struct agon_leg leg;
    struct agon_rsi rsi;
    struct agon_atr atr;
    double stop_px;     /* of the position; 0: none */
    agon_ns_t t_bar;    /* t_open of the last bar seen */
    uint32_t held_bars; /* closed since the entry */
    int32_t armed;      /* 1: has been low, -1: has been high, 0: neither */
    int32_t leaves;     /* reason to leave, until that is done */
    uint32_t pad;
};
struct rsi_swing {
    struct agon_strategy base;
    PARAMS(AGON_FIELD)
    struct rsi_state state;
};

static int init(void *plugin)
{
    struct rsi_swing *self = plugin;

    return self->low < self->high
               ? AGON_OK
               : agon_strategy_refuse(&self->base, "parameters: low has to be less than high");
}

static void fresh(void *plugin)
{
    struct rsi_swing *self = plugin;

    agon_rsi_init(&self->state.rsi, (uint32_t)self->rsi);
    agon_atr_init(&self->state.atr, (uint32_t)self->atr, AGON_SEED_SMA);
    self->state.armed = 0;
}

static int is_stale(const void *plugin)
{
    const struct rsi_swing *self = plugin;

    return self->state.rsi.period != (uint32_t)self->rsi ||
           self->state.atr.period != (uint32_t)self->atr;
}

static int check(const void *at)
{
    const struct rsi_state *state = at;

    return agon_rsi_check(&state->rsi) >= 0 && agon_atr_check(&state->atr) >= 0 &&
           state->stop_px >= -1e19 && state->stop_px <= 1e19 && state->armed >= -1 &&
           state->armed <= 1 && state->leaves >= 0 && state->leaves <= REASON_TIME &&
           state->pad == 0;
}

/* Returns the side that has just turned: 1, -1 or 0. */
static int feed(void *plugin, const struct agon_bar *bar)
{
    struct rsi_swing *self = plugin;
    struct rsi_state *state = &self->state;
    double rsi;
    int turned = 0;

    agon_rsi_update(&state->rsi, (double)bar->close_px);
    agon_atr_update(&state->atr, (double)bar->high_px, (double)bar->low_px, (double)bar->close_px);
    if (!agon_rsi_is_ready(&state->rsi))
        return 0;
    rsi = agon_rsi_value(&state->rsi);
    if (rsi < self->low)
        state->armed = 1;
    else if (rsi > self->high)
        state->armed = -1;
    else {
        turned = state->armed;
        state->armed = 0;
    }
    return turned;
}

static int target(void *plugin, const struct agon_bar *bar, int turned, int side, uint16_t *reason)
{
    struct rsi_swing *self = plugin;
    struct rsi_state *state = &self->state;
    double rsi = agon_rsi_value(&state->rsi);

    (void)bar;
    if (side == 0) {
        state->leaves = 0;
        return turned < 0 && self->sides == 0 ? 0 : turned;
    }
    state->held_bars += state->held_bars < UINT32_MAX;
    if (state->leaves == 0 && (side > 0 ? rsi > self->high : rsi < self->low))
        state->leaves = REASON_TARGET;
    else if (state->leaves == 0 && self->hold_max > 0 && state->held_bars >= self->hold_max)
        state->leaves = REASON_TIME;
    *reason = (uint16_t)state->leaves;
    return state->leaves != 0 ? 0 : side;
}

static void entered(void *plugin, int side, double px)
{
    struct rsi_swing *self = plugin;
    struct rsi_state *state = &self->state;

    state->held_bars = 0;
    state->stop_px = self->stop_atr > 0 && agon_atr_is_ready(&state->atr)
                         ? px - side * self->stop_atr * agon_atr_value(&state->atr)
                         : 0;
}

static uint16_t stop(void *plugin, int side, double px)
{
    struct rsi_state *state = &((struct rsi_swing *)plugin)->state;

    if (state->stop_px <= 0 || (side > 0 ? px > state->stop_px : px < state->stop_px))
        return 0;
    state->leaves = REASON_STOP;
    return REASON_STOP;
}

static const struct agon_rule rule = {AGON_RULE_ON_BARS(struct rsi_swing),
                                      .init = init,
                                      .fresh = fresh,
                                      .is_stale = is_stale,
                                      .check = check,
                                      .feed = feed,
                                      .target = target,
                                      .entered = entered,
                                      .stop = stop};
AGON_PARAMS(struct rsi_swing, PARAMS);
AGON_SERVICES(AGON_TO_TRADE);
/* Of reasons 1, 2, ...: what people read. */
static const char *const tags[] = {"turn", "target", "stop", "time"};
static const struct agon_descriptor descriptor = {
    AGON_STRATEGY_AHEAD(struct rsi_swing, 5000),
    AGON_NAMED("org.agon.rsi_swing", "1.0.0", "RSI swing", "Agon"),
    AGON_TAGS(tags),
    .summary = "Reversal: buys when the RSI of candles comes back from a low, until it is high.",
    AGON_SCHEMA(1, 1),
    .event_mask = AGON_ON(AGON_EVENT_BAR) | AGON_ON(AGON_EVENT_TRADE) | AGON_ON_LEG};
AGON_PLUGIN("org.agon.rsi_swing", "1.0.0", descriptor, rule);
