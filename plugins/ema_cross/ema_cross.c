// SPDX-License-Identifier: Apache-2.0
/* ema_cross: momentum on candles. Long when the fast average crosses above the slow one while the
 * RSI is high and the bar has volume; out on the cross back, on a weak RSI, or at the stop.
 *
 * One instrument and one position at a time, bought with a share of the free quote balance. What is
 * held is what the ledger says: a fee may have come off it, and what is left of a sale can be too
 * little to sell. README.md says when it fails. */
#include <agon/strategy.h>

/* trailing.c builds the next version from this file: its stop follows the price up. */
#ifndef EMA_CROSS_TRAILS
#define EMA_CROSS_TRAILS  0
#define EMA_CROSS_VERSION "2.0.0"
#endif

#define PARAMS(X)                                                                                  \
    X(INTEGER, fast, 1, "length of the fast average", "bars", AGON_TUNED, 2, 1000, 12, 1)          \
    X(INTEGER, slow, 2, "length of the slow average", "bars", AGON_TUNED, 3, 5000, 26, 1)          \
    X(INTEGER, rsi, 3, "length of the RSI", "bars", AGON_TUNED, 2, 1000, 14, 1)                    \
    X(REAL, rsi_entry, 4, "enter above this RSI", "", AGON_TUNED, 0, 100, 50, 5)                   \
    X(REAL, rsi_exit, 5, "leave below this RSI", "", AGON_TUNED, 0, 100, 30, 5)                    \
    X(REAL, stop_pct, 6, "leave this far below the entry; 0: no stop", "%", AGON_TUNED, 0, 50, 2,  \
      0.5)                                                                                         \
    AGON_PARAM_SIZE(X, 7, 10)                                                                      \
    X(REAL, volume_min, 8, "the crossing bar's volume, in means of the last 20; 0: any", "",       \
      AGON_TUNED, 0, 10, 0.5, 0.1)                                                                 \
    AGON_PARAM_PLACE(X, 9, 2, 10, 11)

struct ema_state { /* all that must survive a reload: fixed widths, no pointers, no padding */
    struct agon_leg leg;
    struct agon_ema fast, slow;
    struct agon_rsi rsi;
    struct agon_sma volume;
    agon_ns_t t_bar;   /* t_open of the last bar seen */
    double top_px;     /* highest price since the entry, of the version that trails */
    int32_t was_above; /* fast above slow at the last bar: 1, below: -1, unknown: 0 */
    uint32_t pad;
};
struct ema_state_2 { /* of 1.1.0, and without the last field of 1.0.0, whose schema is 1 */
    struct agon_ema fast, slow;
    struct agon_rsi rsi;
    struct agon_sma volume;
    double entry_px;
    agon_qty_t held_qty;
    uint64_t last_ref, working_ref;
    agon_ns_t t_working, t_rest, t_bar;
    agon_instrument_t instrument;
    int32_t was_above;
    struct agon_gate gate;
    double top_px;
};
struct ema_cross {
    struct agon_strategy base;
    PARAMS(AGON_FIELD)
    struct ema_state state;
};

static int init(void *plugin)
{
    struct ema_cross *self = plugin;

    return self->fast < self->slow
               ? AGON_OK
               : agon_strategy_refuse(&self->base, "parameters: fast has to be less than slow");
}

static void fresh(void *plugin)
{
    struct ema_cross *self = plugin;

    agon_ema_init(&self->state.fast, (uint32_t)self->fast, AGON_SEED_SMA);
    agon_ema_init(&self->state.slow, (uint32_t)self->slow, AGON_SEED_SMA);
    agon_rsi_init(&self->state.rsi, (uint32_t)self->rsi);
    agon_sma_init(&self->state.volume, 20);
    self->state.was_above = 0;
}

static int is_stale(const void *plugin)
{
    const struct ema_cross *self = plugin;

    return self->state.fast.period != (uint32_t)self->fast ||
           self->state.slow.period != (uint32_t)self->slow ||
           self->state.rsi.period != (uint32_t)self->rsi;
}

static int read_state(void *at, struct agon_in *in, uint32_t schema)
{
    struct ema_state *state = at;
    struct ema_state_2 old = {0};
    int rc;

    if (schema == 3)
        return agon_read(in, state, sizeof(*state));
    if (schema != 1 && schema != 2)
        return AGON_EVERSION;
    rc = agon_read(in, &old, schema == 1 ? offsetof(struct ema_state_2, top_px) : sizeof(old));
    *state = (struct ema_state){.leg = {old.entry_px, old.held_qty, old.last_ref, old.working_ref,
                                        old.t_working, old.t_rest, old.instrument, old.gate, 0},
                                .fast = old.fast,
                                .slow = old.slow,
                                .rsi = old.rsi,
                                .volume = old.volume,
                                .t_bar = old.t_bar,
                                .top_px = old.top_px,
                                .was_above = old.was_above};
    return rc;
}

static int check(const void *at)
{
    const struct ema_state *state = at;

    return agon_ema_check(&state->fast) >= 0 && agon_ema_check(&state->slow) >= 0 &&
           agon_rsi_check(&state->rsi) >= 0 && agon_sma_check(&state->volume) >= 0 &&
           state->top_px >= 0 && state->top_px <= 1e19 && state->was_above >= -1 &&
           state->was_above <= 1 && state->pad == 0;
}

/* Returns 1 when fast has just crossed above slow, -1 below, 0 otherwise. */
static int feed(void *plugin, const struct agon_bar *bar)
{
    struct ema_state *state = &((struct ema_cross *)plugin)->state;
    double close = (double)bar->close_px;
    int32_t before = state->was_above;

    agon_ema_update(&state->fast, close);
    agon_ema_update(&state->slow, close);
    agon_rsi_update(&state->rsi, close);
    agon_sma_update(&state->volume, (double)bar->volume_qty);
    if (!agon_ema_is_ready(&state->slow) || !agon_rsi_is_ready(&state->rsi))
        return 0;
    agon_strategy_line(plugin, 0, bar->hdr.instrument, "EMA fast", agon_ema_value(&state->fast));
    agon_strategy_line(plugin, 1, bar->hdr.instrument, "EMA slow", agon_ema_value(&state->slow));
    state->was_above = agon_ema_value(&state->fast) > agon_ema_value(&state->slow) ? 1 : -1;
    return before != 0 && before != state->was_above ? state->was_above : 0;
}

static int target(void *plugin, const struct agon_bar *bar, int crossed, int side, uint16_t *reason)
{
    struct ema_cross *self = plugin;
    const struct ema_state *state = &self->state;
    double rsi = agon_rsi_value(&state->rsi);

    (void)reason;
    if (state->was_above == 0)
        return side;
    if (side != 0)
        return state->was_above > 0 && rsi >= self->rsi_exit;
    return crossed > 0 && rsi > self->rsi_entry &&
           (double)bar->volume_qty >= self->volume_min * agon_sma_value(&state->volume);
}

static void entered(void *plugin, int side, double px)
{
    (void)side, (void)px;
    ((struct ema_cross *)plugin)->state.top_px = 0;
}

static uint16_t stop(void *plugin, int side, double px)
{
    struct ema_cross *self = plugin;
    struct ema_state *state = &self->state;
    double from = state->leg.entry_px;

    if (EMA_CROSS_TRAILS && px > state->top_px)
        state->top_px = px;
    if (EMA_CROSS_TRAILS && state->top_px > from)
        from = state->top_px;
    return side > 0 && agon_strategy_is_below(px, from, self->stop_pct) ? 3 : 0;
}

static const struct agon_rule rule = {AGON_RULE_ON_BARS(struct ema_cross),
                                      .is_alone = 1,
                                      .init = init,
                                      .fresh = fresh,
                                      .is_stale = is_stale,
                                      .check = check,
                                      .read = read_state,
                                      .feed = feed,
                                      .target = target,
                                      .size = agon_strategy_size_on_top,
                                      .entered = entered,
                                      .stop = stop};
AGON_PARAMS(struct ema_cross, PARAMS);
AGON_SERVICES(AGON_TO_TRADE);
/* Of reasons 1, 2, ...: what people read. */
static const char *const tags[] = {"cross_up", "cross_down", "stop"};
static const struct agon_descriptor descriptor = {
    AGON_STRATEGY_AHEAD(struct ema_cross, 5000),
    AGON_NAMED("org.agon.ema_cross", EMA_CROSS_VERSION, "EMA cross", "Agon"),
    AGON_TAGS(tags),
    .summary = "Momentum: long while the fast average of candles is above the slow one.",
    AGON_SCHEMA(3, 1),
    .event_mask = AGON_ON(AGON_EVENT_BAR) | AGON_ON(AGON_EVENT_TRADE) | AGON_ON_LEG};
AGON_PLUGIN("org.agon.ema_cross", EMA_CROSS_VERSION, descriptor, rule);
