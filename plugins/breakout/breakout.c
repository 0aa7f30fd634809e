// SPDX-License-Identifier: Apache-2.0
/* breakout: buys what leaves its range upwards. Long when a candle closes above the highest price
 * of the last candles; out when one closes below the lowest of fewer, or at a stop that follows the
 * best price at a distance of mean ranges, which the host keeps. On a contract it may do the mirror
 * image too. README.md says when it fails. */
#include <agon/strategy.h>

#define CHANNEL_MAX 256

#define PARAMS(X)                                                                                  \
    X(INTEGER, enter_bars, 1, "enters beyond the range of so many", "bars", AGON_TUNED, 2,         \
      CHANNEL_MAX, 20, 1)                                                                          \
    X(INTEGER, leave_bars, 2, "leaves beyond the other end of the range of so many", "bars",       \
      AGON_TUNED, 1, CHANNEL_MAX, 10, 1)                                                           \
    X(INTEGER, atr, 3, "length of the mean range", "bars", AGON_TUNED, 1, 1000, 20, 1)             \
    X(REAL, stop_atr, 4,                                                                           \
      "distance of the stop from the best price, in mean ranges at the entry; 0: no stop", "",     \
      AGON_TUNED, 0, 50, 3, 0.5)                                                                   \
    AGON_PARAM_SIZE(X, 5, 10)                                                                      \
    AGON_PARAM_SIDES(X, 6)                                                                         \
    AGON_PARAM_PLACE(X, 7, 4, 8, 9)

enum reason { REASON_CHANNEL = 2 };

struct breakout_state { /* all that must survive a reload: fixed widths, no pointers, no padding */
    struct agon_leg leg;
    struct agon_atr atr;
    agon_ns_t t_bar; /* t_open of the last bar seen */
    uint32_t n, at;  /* candles in the rings, and where the next one goes */
    int32_t leaves;  /* reason to leave, until that is done */
    uint32_t pad;
    double high[CHANNEL_MAX], low[CHANNEL_MAX];
};
struct breakout_state_1 { /* of 1.0.0, whose stop was its own */
    struct agon_leg leg;
    struct agon_atr atr;
    double best_px;
    agon_ns_t t_bar;
    uint32_t n, at;
    int32_t leaves;
    uint32_t pad;
    double high[CHANNEL_MAX], low[CHANNEL_MAX];
};
struct breakout {
    struct agon_strategy base;
    PARAMS(AGON_FIELD)
    const struct agon_host_exit *exit;
    struct breakout_state state;
};

static int init(void *plugin)
{
    struct breakout *self = plugin;
    const struct agon_host *host = self->base.desk.host;

    self->exit = host->get_extension(host, AGON_EXT_EXIT);
    return self->enter_bars >= 1 && self->enter_bars <= CHANNEL_MAX && self->leave_bars >= 1 &&
                   self->leave_bars <= CHANNEL_MAX
               ? AGON_OK
               : AGON_EINVAL;
}

static void fresh(void *plugin)
{
    struct breakout *self = plugin;

    agon_atr_init(&self->state.atr, (uint32_t)self->atr, AGON_SEED_SMA);
    self->state.n = 0;
    self->state.at = 0;
}

static int is_stale(const void *plugin)
{
    const struct breakout *self = plugin;

    return self->state.atr.period != (uint32_t)self->atr;
}

static int read_state(void *at, struct agon_in *in, uint32_t schema)
{
    struct breakout_state *state = at;
    struct breakout_state_1 old;
    int rc;

    if (schema == 2)
        return agon_read(in, state, sizeof(*state));
    if (schema != 1)
        return AGON_EVERSION;
    rc = agon_read(in, &old, sizeof(old));
    *state = (struct breakout_state){.leg = old.leg,
                                     .atr = old.atr,
                                     .t_bar = old.t_bar,
                                     .n = old.n,
                                     .at = old.at,
                                     .leaves = old.leaves != 0 ? REASON_CHANNEL : 0,
                                     .pad = old.pad};
    memcpy(state->high, old.high, sizeof(old.high));
    memcpy(state->low, old.low, sizeof(old.low));
    return rc;
}

static int check(const void *at)
{
    const struct breakout_state *state = at;

    for (uint32_t i = 0; i < CHANNEL_MAX; i++)
        if (!(state->high[i] >= -1e19 && state->high[i] <= 1e19 && state->low[i] >= -1e19 &&
              state->low[i] <= 1e19))
            return 0;
    return agon_atr_check(&state->atr) >= 0 && state->n <= CHANNEL_MAX && state->at < CHANNEL_MAX &&
           state->leaves >= 0 && state->leaves <= REASON_CHANNEL && state->pad == 0;
}

/* Is px beyond all of the last n candles, upwards (side 1) or downwards (-1)? */
static int is_beyond(const struct breakout_state *state, int side, int64_t n, double px)
{
    uint32_t back, i;

    if (n > (int64_t)state->n)
        return 0;
    for (back = 1; back <= (uint32_t)n; back++) {
        i = (state->at + CHANNEL_MAX - back) % CHANNEL_MAX;
        if (side > 0 ? px <= state->high[i] : px >= state->low[i])
            return 0;
    }
    return 1;
}

static int feed(void *plugin, const struct agon_bar *bar)
{
    struct breakout_state *state = &((struct breakout *)plugin)->state;

    agon_atr_update(&state->atr, (double)bar->high_px, (double)bar->low_px, (double)bar->close_px);
    state->high[state->at] = (double)bar->high_px;
    state->low[state->at] = (double)bar->low_px;
    state->at = (state->at + 1) % CHANNEL_MAX;
    state->n += state->n < CHANNEL_MAX;
    return 0;
}

/* The stop is the host's to keep: it holds also when this plugin is gone. */
static void protect(struct breakout *self, int side)
{
    struct agon_exit_plan plan = {.instrument = self->state.leg.instrument,
                                  .side = side > 0 ? AGON_BUY : AGON_SELL,
                                  .client_ref = 1};

    if (agon_atr_is_ready(&self->state.atr))
        plan.trail_px = (agon_px_t)(self->stop_atr * agon_atr_value(&self->state.atr));
    if (plan.trail_px > 0)
        self->exit->set(self->base.desk.host, &plan);
}

static int is_protected(const struct breakout *self)
{
    struct agon_exit exits[AGON_EXITS_MAX];
    int n = self->exit->plans(self->base.desk.host, exits, AGON_EXITS_MAX);

    for (int i = 0; i < n; i++)
        if (exits[i].hdr.instrument == self->state.leg.instrument)
            return 1;
    return 0;
}

static int target(void *plugin, const struct agon_bar *bar, int signal, int side, uint16_t *reason)
{
    struct breakout *self = plugin;
    struct breakout_state *state = &self->state;
    double px = (double)bar->close_px;
    int wants = 0;

    (void)signal, (void)reason;
    if (side != 0) {
        if (!is_protected(self)) // somebody else's position, before a reload or a restart
            protect(self, side);
        if (state->leaves == 0 && is_beyond(state, -side, self->leave_bars, px))
            state->leaves = REASON_CHANNEL;
        return state->leaves != 0 ? 0 : side;
    }
    if (is_beyond(state, 1, self->enter_bars, px))
        wants = 1;
    else if (self->sides == 1 && is_beyond(state, -1, self->enter_bars, px))
        wants = -1;
    if (wants != 0)
        state->leaves = 0;
    return wants;
}

static void entered(void *plugin, int side, double px)
{
    (void)px;
    protect(plugin, side); // it waits for the position
}

static const struct agon_rule rule = {AGON_RULE_ON_BARS(struct breakout),
                                      .init = init,
                                      .fresh = fresh,
                                      .is_stale = is_stale,
                                      .check = check,
                                      .read = read_state,
                                      .feed = feed,
                                      .is_fed_last = 1,
                                      .target = target,
                                      .entered = entered};
AGON_PARAMS(struct breakout, PARAMS);
AGON_SERVICES(AGON_TO_TRADE, AGON_EXT_EXIT);
/* Of reasons 1, 2, ...: what people read. */
static const char *const tags[] = {"breakout", "channel"};
static const struct agon_descriptor descriptor = {
    AGON_STRATEGY_AHEAD(struct breakout, 5000),
    AGON_NAMED("org.agon.breakout", "2.0.0", "Breakout", "Agon"),
    AGON_TAGS(tags),
    .summary =
        "Trend: buys the close above the range of the last candles, leaves below a shorter one.",
    AGON_SCHEMA(2, 1),
    .event_mask = AGON_ON(AGON_EVENT_BAR) | AGON_ON_LEG};
AGON_PLUGIN("org.agon.breakout", "2.0.0", descriptor, rule);
