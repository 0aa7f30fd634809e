// SPDX-License-Identifier: Apache-2.0
/* bollinger: reversion to the mean on candles. Buys where the price touches the lower band while
 * the RSI is low; sells at the middle band or on a high RSI.
 *
 * One instrument and one position at a time, bought with a share of the free quote balance. The
 * exit at the middle band does not wait for the end of a bar. What is held is what the ledger says:
 * a fee may have come off it, and what is left of a sale can be too little to sell. README.md says
 * when it fails. */
#include <agon/strategy.h>

#define PARAMS(X)                                                                                  \
    X(INTEGER, period, 1, "length of the bands' mean", "bars", AGON_TUNED, 2, AGON_TA_WINDOW_MAX,  \
      20, 1)                                                                                       \
    X(REAL, width, 2, "half width of the bands", "deviations", AGON_TUNED, 0.1, 10, 2, 0.1)        \
    X(INTEGER, rsi, 3, "length of the RSI", "bars", AGON_TUNED, 2, 1000, 14, 1)                    \
    X(REAL, rsi_entry, 4, "enter below this RSI", "", AGON_TUNED, 0, 100, 30, 5)                   \
    X(REAL, rsi_exit, 5, "leave above this RSI", "", AGON_TUNED, 0, 100, 70, 5)                    \
    X(REAL, stop_pct, 6, "leave this far below the entry; 0: no stop", "%", AGON_TUNED, 0, 50, 0,  \
      0.5)                                                                                         \
    AGON_PARAM_SIZE(X, 7, 10)                                                                      \
    AGON_PARAM_PLACE(X, 8, 4, 9, 10)

enum reason { REASON_STOP = 3, REASON_MIDDLE = 4 };

struct bollinger_state { /* all that must survive a reload: fixed widths, no pointers, no padding */
    struct agon_leg leg;
    struct agon_bollinger bands;
    struct agon_rsi rsi;
    agon_ns_t t_bar; /* t_open of the last bar seen */
};
struct bollinger_state_1 { /* of 1.0.0, which had no leg */
    struct agon_bollinger bands;
    struct agon_rsi rsi;
    double entry_px;
    agon_qty_t held_qty;
    uint64_t last_ref, working_ref;
    agon_ns_t t_working, t_rest, t_bar;
    agon_instrument_t instrument;
    struct agon_gate gate;
    uint32_t pad;
};
struct bollinger {
    struct agon_strategy base;
    PARAMS(AGON_FIELD)
    struct bollinger_state state;
};

static void fresh(void *plugin)
{
    struct bollinger *self = plugin;

    agon_bollinger_init(&self->state.bands, (uint32_t)self->period, self->width, self->width);
    agon_rsi_init(&self->state.rsi, (uint32_t)self->rsi);
}

static int is_stale(const void *plugin)
{
    const struct bollinger *self = plugin;
    const struct bollinger_state *state = &self->state;

    return state->bands.window.period != (uint32_t)self->period ||
           state->rsi.period != (uint32_t)self->rsi || state->bands.up < self->width ||
           state->bands.up > self->width;
}

static int read_state(void *at, struct agon_in *in, uint32_t schema)
{
    struct bollinger_state *state = at;
    struct bollinger_state_1 old;
    int rc;

    if (schema == 2)
        return agon_read(in, state, sizeof(*state));
    rc = schema == 1 ? agon_read(in, &old, sizeof(old)) : AGON_EVERSION;
    if (rc >= 0)
        *state = (struct bollinger_state){.leg = {old.entry_px, old.held_qty, old.last_ref,
                                                  old.working_ref, old.t_working, old.t_rest,
                                                  old.instrument, old.gate, 0},
                                          .bands = old.bands,
                                          .rsi = old.rsi,
                                          .t_bar = old.t_bar};
    return rc;
}

static int check(const void *at)
{
    const struct bollinger_state *state = at;

    return agon_bollinger_check(&state->bands) >= 0 && agon_rsi_check(&state->rsi) >= 0;
}

static int feed(void *plugin, const struct agon_bar *bar)
{
    struct bollinger_state *state = &((struct bollinger *)plugin)->state;

    agon_bollinger_update(&state->bands, (double)bar->close_px);
    agon_rsi_update(&state->rsi, (double)bar->close_px);
    if (!agon_bollinger_is_ready(&state->bands))
        return 0;
    agon_strategy_line(plugin, 0, bar->hdr.instrument, "lower",
                       agon_bollinger_lower(&state->bands));
    agon_strategy_line(plugin, 1, bar->hdr.instrument, "middle",
                       agon_bollinger_middle(&state->bands));
    agon_strategy_line(plugin, 2, bar->hdr.instrument, "upper",
                       agon_bollinger_upper(&state->bands));
    return 0;
}

static int is_ready(const struct bollinger_state *state)
{
    return agon_bollinger_is_ready(&state->bands) && agon_rsi_is_ready(&state->rsi);
}

static int target(void *plugin, const struct agon_bar *bar, int signal, int side, uint16_t *reason)
{
    struct bollinger *self = plugin;
    const struct bollinger_state *state = &self->state;
    double rsi = agon_rsi_value(&state->rsi);

    (void)signal, (void)reason;
    if (!is_ready(state))
        return side;
    if (side != 0)
        return (double)bar->high_px < agon_bollinger_middle(&state->bands) && rsi <= self->rsi_exit;
    return (double)bar->low_px <= agon_bollinger_lower(&state->bands) && rsi < self->rsi_entry;
}

/* The middle band does not wait for the end of a bar either. */
static uint16_t stop(void *plugin, int side, double px)
{
    struct bollinger *self = plugin;
    const struct bollinger_state *state = &self->state;

    if (side < 0)
        return 0;
    if (agon_strategy_is_below(px, state->leg.entry_px, self->stop_pct))
        return REASON_STOP;
    return is_ready(state) && px >= agon_bollinger_middle(&state->bands) ? REASON_MIDDLE : 0;
}

static const struct agon_rule rule = {AGON_RULE_ON_BARS(struct bollinger),
                                      .is_alone = 1,
                                      .fresh = fresh,
                                      .is_stale = is_stale,
                                      .check = check,
                                      .read = read_state,
                                      .feed = feed,
                                      .target = target,
                                      .size = agon_strategy_size_on_top,
                                      .stop = stop};
AGON_PARAMS(struct bollinger, PARAMS);
AGON_SERVICES(AGON_TO_TRADE);
/* Of reasons 1, 2, ...: what people read. */
static const char *const tags[] = {"lower_band", "exit", "stop", "middle_band"};
static const struct agon_descriptor descriptor = {
    AGON_STRATEGY_AHEAD(struct bollinger, 5000),
    AGON_NAMED("org.agon.bollinger", "2.0.0", "Bollinger reversion", "Agon"),
    AGON_TAGS(tags),
    .summary = "Reversion: buys at the lower Bollinger band, sells at the middle one.",
    AGON_SCHEMA(2, 1),
    .event_mask = AGON_ON(AGON_EVENT_BAR) | AGON_ON(AGON_EVENT_TRADE) | AGON_ON_LEG};
AGON_PLUGIN("org.agon.bollinger", "2.0.0", descriptor, rule);
