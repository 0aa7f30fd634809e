// SPDX-License-Identifier: Apache-2.0
/* rsi_swing: buys the turn after a fall. Once the RSI of closed candles has been low and comes back
 * above that mark, it is long until the RSI is high, the stop (a multiple of the range that candles
 * had at the entry) is hit, or the time is up. On a contract it may do the mirror image too.
 * README.md says when it fails. */
#include <agon/agon.h>
#include <agon/leg.h>
#include <agon/ta.h>

#define STATE_SCHEMA 1
#define HISTORY_MAX  512

enum {
    P_RSI = 1,
    P_LOW,
    P_HIGH,
    P_ATR,
    P_STOP_ATR,
    P_HOLD_MAX,
    P_SIZE_PCT,
    P_SIDES,
    P_BAR_S,
    P_VENUE,
    P_SYMBOL
};
enum reason { REASON_ENTER = 1, REASON_TARGET = 2, REASON_STOP = 3, REASON_TIME = 4 };

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
    struct agon_desk desk;
    const struct agon_host_param *param;
    const struct agon_host_history *history; /* may be NULL */
    struct agon_bar *bars;                   /* HISTORY_MAX of them, for the start */
    int64_t rsi, atr, hold_max, sides;
    double low, high, stop_atr, size_pct;
    uint32_t bar_s;
    struct rsi_state state;
};

static int side_of(agon_qty_t qty)
{
    return qty > 0 ? 1 : qty < 0 ? -1 : 0;
}

/* Returns the side that has just turned: 1, -1 or 0. */
static int feed_bar(struct rsi_swing *self, const struct agon_bar *bar)
{
    struct rsi_state *state = &self->state;
    double rsi;
    int turned = 0;

    agon_rsi_update(&state->rsi, (double)bar->close_px);
    agon_atr_update(&state->atr, (double)bar->high_px, (double)bar->low_px, (double)bar->close_px);
    state->t_bar = bar->t_open;
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

static void leave(struct rsi_swing *self, int reason, double px, agon_ns_t t)
{
    self->state.leaves = reason;
    agon_leg_go(&self->desk, &self->state.leg, 0, px, (uint16_t)reason, t);
}

static void enter(struct rsi_swing *self, int side, double px, agon_ns_t t)
{
    struct rsi_state *state = &self->state;
    agon_qty_t qty = agon_leg_size(&self->desk, &state->leg, self->size_pct, px);

    if (qty <= 0 || agon_leg_go(&self->desk, &state->leg, side * qty, px, REASON_ENTER, t) != 1)
        return;
    state->held_bars = 0;
    state->stop_px = self->stop_atr > 0 && agon_atr_is_ready(&state->atr)
                         ? px - side * self->stop_atr * agon_atr_value(&state->atr)
                         : 0;
}

static void on_holding(struct rsi_swing *self, int side, double px, agon_ns_t t)
{
    struct rsi_state *state = &self->state;
    double rsi = agon_rsi_value(&state->rsi);

    state->held_bars += state->held_bars < UINT32_MAX;
    if (state->leaves != 0)
        leave(self, state->leaves, px, t);
    else if (side > 0 ? rsi > self->high : rsi < self->low)
        leave(self, REASON_TARGET, px, t);
    else if (self->hold_max > 0 && state->held_bars >= self->hold_max)
        leave(self, REASON_TIME, px, t);
}

static int on_bar(void *plugin, const struct agon_bar *bar)
{
    struct rsi_swing *self = plugin;
    struct rsi_state *state = &self->state;
    double px = (double)bar->close_px;
    int turned, side;

    if (bar->length_s != self->bar_s || bar->close_px <= 0)
        return AGON_OK;
    if (state->leg.instrument == 0)
        agon_leg_start(&self->desk, &state->leg, bar->hdr.instrument);
    if (state->leg.instrument != bar->hdr.instrument || bar->t_open <= state->t_bar)
        return AGON_OK;
    turned = feed_bar(self, bar);
    side = side_of(agon_leg_held(&self->desk, &state->leg, px));
    if (side != 0) {
        on_holding(self, side, px, bar->hdr.t);
    } else {
        state->leaves = 0;
        if (turned > 0 || (turned < 0 && self->sides == 1))
            enter(self, turned, px, bar->hdr.t);
    }
    return AGON_OK;
}

/* The stop does not wait for the end of a bar. */
static int on_trade(void *plugin, const struct agon_trade *trade)
{
    struct rsi_swing *self = plugin;
    struct rsi_state *state = &self->state;
    double px = (double)trade->px;
    int side = side_of(state->leg.held_qty);

    if (side == 0 || state->stop_px <= 0 || trade->hdr.instrument != state->leg.instrument ||
        trade->px <= 0 || (side > 0 ? px > state->stop_px : px < state->stop_px) ||
        agon_leg_held(&self->desk, &state->leg, px) == 0)
        return AGON_OK;
    leave(self, REASON_STOP, px, trade->hdr.t);
    return AGON_OK;
}

static int on_other(void *plugin, const struct agon_event_hdr *event)
{
    struct rsi_swing *self = plugin;

    agon_leg_update(&self->desk, &self->state.leg, event);
    return AGON_OK;
}

static int on_event(void *plugin, const struct agon_event_hdr *event, uint64_t nth)
{
    static const struct agon_handlers handlers = {
        .on_bar = on_bar, .on_trade = on_trade, .on_other = on_other};

    (void)nth; // the host's proof that nothing was lost; the strategy itself has no use for it
    return agon_dispatch(&handlers, plugin, event);
}

static void fresh_indicators(struct rsi_swing *self)
{
    agon_rsi_init(&self->state.rsi, (uint32_t)self->rsi);
    agon_atr_init(&self->state.atr, (uint32_t)self->atr, AGON_SEED_SMA);
    self->state.armed = 0;
    self->state.t_bar = 0;
}

static int on_start(void *plugin, uint32_t reason)
{
    struct rsi_swing *self = plugin;
    struct rsi_state *state = &self->state;
    const struct agon_host *host = self->desk.host;
    const char *venue = self->param->text(host, P_VENUE);
    const char *symbol = self->param->text(host, P_SYMBOL);
    agon_instrument_t named = state->leg.instrument;
    int i, n;

    if (symbol && symbol[0]) {
        named = self->desk.instruments->find(host, venue && venue[0] ? venue : "binance", symbol);
        if (named == 0)
            return AGON_ENOENT;
    }
    // Indicators of another instrument or with other lengths are of no use to these parameters.
    if (reason == AGON_START_FRESH || state->rsi.period != (uint32_t)self->rsi ||
        state->atr.period != (uint32_t)self->atr || named != state->leg.instrument)
        fresh_indicators(self);
    if (named == 0)
        return AGON_OK;
    if (state->t_bar == 0 && self->history) {
        n = self->history->bars(host, named, self->bar_s, self->bars, HISTORY_MAX);
        for (i = 0; i < n; i++)
            feed_bar(self, &self->bars[i]);
    }
    return agon_leg_start(&self->desk, &state->leg, named);
}

static int save_state(void *plugin, struct agon_out *out)
{
    return agon_write(out, &((struct rsi_swing *)plugin)->state, sizeof(struct rsi_state));
}

static int load_state(void *plugin, struct agon_in *in, uint32_t schema)
{
    struct rsi_state state;
    int rc = schema == STATE_SCHEMA ? agon_read(in, &state, sizeof(state)) : AGON_EVERSION;

    if (rc < 0)
        return rc;
    if (agon_leg_check(&state.leg) < 0 || agon_rsi_check(&state.rsi) < 0 ||
        agon_atr_check(&state.atr) < 0 || !(state.stop_px >= -1e19 && state.stop_px <= 1e19) ||
        state.armed < -1 || state.armed > 1 || state.pad != 0 || state.leaves < 0 ||
        state.leaves > REASON_TIME)
        return AGON_ECORRUPT;
    ((struct rsi_swing *)plugin)->state = state;
    return AGON_OK;
}

static void destroy(void *plugin)
{
    (void)plugin; // its memory is the arena's
}

static int read_params(struct rsi_swing *self)
{
    const struct agon_host_param *param = self->param;
    const struct agon_host *host = self->desk.host;
    int64_t bar;

    if (param->integer(host, P_RSI, &self->rsi) < 0 ||
        param->integer(host, P_ATR, &self->atr) < 0 ||
        param->integer(host, P_HOLD_MAX, &self->hold_max) < 0 ||
        param->integer(host, P_SIDES, &self->sides) < 0 ||
        param->integer(host, P_BAR_S, &bar) < 0 || param->real(host, P_LOW, &self->low) < 0 ||
        param->real(host, P_HIGH, &self->high) < 0 ||
        param->real(host, P_STOP_ATR, &self->stop_atr) < 0 ||
        param->real(host, P_SIZE_PCT, &self->size_pct) < 0)
        return AGON_EINVAL;
    self->bar_s = agon_bar_length(bar);
    return self->low < self->high && self->bar_s > 0 ? AGON_OK : AGON_EINVAL;
}

static int create(const struct agon_host *host, uint32_t index, struct agon_agent *agent)
{
    const struct agon_host_arena *arena = host->get_extension(host, AGON_EXT_ARENA);
    struct agon_agent mine = {.size = sizeof(mine),
                              .on_start = on_start,
                              .on_event = on_event,
                              .save_state = save_state,
                              .load_state = load_state,
                              .destroy = destroy};
    struct rsi_swing *self;

    if (index != 0)
        return AGON_EINVAL;
    if (arena == NULL)
        return AGON_ENOTSUP;
    self = arena->take(host, sizeof(*self), 16);
    if (self == NULL)
        return AGON_ENOMEM;
    self->bars = arena->take(host, HISTORY_MAX * sizeof(struct agon_bar), 16);
    if (self->bars == NULL)
        return AGON_ENOMEM;
    self->param = host->get_extension(host, AGON_EXT_PARAM);
    self->history = host->get_extension(host, AGON_EXT_HISTORY);
    if (agon_desk_init(&self->desk, host) < 0 || self->param == NULL)
        return AGON_ENOTSUP;
    if (read_params(self) < 0)
        return AGON_EINVAL;
    fresh_indicators(self);
    mine.self = self;
    return agon_agent_set(agent, &mine);
}

#define TUNED (AGON_PARAM_RESTART | AGON_PARAM_TUNABLE)
AGON_NUMBER(rsi, P_RSI, AGON_INTEGER, TUNED, 2, 1000, 14, 1, "bars", "length of the RSI");
AGON_NUMBER(low, P_LOW, AGON_REAL, TUNED, 0, 100, 30, 5, "",
            "enters when the RSI comes back above it; less than high");
AGON_NUMBER(high, P_HIGH, AGON_REAL, TUNED, 0, 100, 60, 5, "", "leaves above this RSI");
AGON_NUMBER(atr, P_ATR, AGON_INTEGER, TUNED, 1, 1000, 14, 1, "bars", "length of the mean range");
AGON_NUMBER(stop_atr, P_STOP_ATR, AGON_REAL, TUNED, 0, 50, 3, 0.5, "",
            "distance of the stop from the entry, in mean ranges; 0: no stop");
AGON_NUMBER(hold_max, P_HOLD_MAX, AGON_INTEGER, TUNED, 0, 100000, 96, 8, "bars",
            "leaves after so many; 0: never for that");
AGON_NUMBER(size_pct, P_SIZE_PCT, AGON_REAL, AGON_PARAM_RESTART, 0.1, 95, 10, 0.1, "%",
            "share of the free money that an entry spends");
AGON_CHOOSE(sides, P_SIDES, 0, "", "long|both", "both: sells short as well, on a contract");
AGON_CHOOSE(bar_s, P_BAR_S, 4, "s", AGON_BAR_CHOICES, "length of a candle");
AGON_TEXTUAL(venue, P_VENUE, "of symbol; empty: binance");
AGON_TEXTUAL(symbol, P_SYMBOL, "what to trade; empty: the first instrument that a bar comes of");
static const struct agon_param *const params[] = {
    &rsi, &low, &high, &atr, &stop_atr, &hold_max, &size_pct, &sides, &bar_s, &venue, &symbol};
static const char *const requires_ext[] = {AGON_EXT_ARENA, AGON_EXT_ORDERS, AGON_EXT_ACCOUNT,
                                           AGON_EXT_INSTRUMENT, AGON_EXT_PARAM};

static const struct agon_descriptor descriptor = {
    .size = sizeof(descriptor),
    .caps = AGON_DETERMINISTIC | AGON_ADOPTS_ORDERS,
    .kind = AGON_STRATEGY,
    .n_params = sizeof(params) / sizeof(params[0]),
    .id = "org.agon.rsi_swing",
    .name = "RSI swing",
    .vendor = "Agon",
    .version = "1.0.0",
    .summary = "Reversal: buys when the RSI of candles comes back from a low, until it is high.",
    .params = params,
    .requires_ext = requires_ext,
    .n_requires = sizeof(requires_ext) / sizeof(requires_ext[0]),
    .state_schema = STATE_SCHEMA,
    .state_schema_oldest = STATE_SCHEMA,
    .budget_ns = 5000,
    .event_mask = AGON_ON(AGON_EVENT_BAR) | AGON_ON(AGON_EVENT_TRADE) | AGON_ON(AGON_EVENT_STATUS) |
                  AGON_ON(AGON_EVENT_HALT) | AGON_ON(AGON_EVENT_ORDER) | AGON_ON(AGON_EVENT_FILL) |
                  AGON_ON(AGON_EVENT_CAPITAL),
    .arena_bytes = 131072};
static const struct agon_descriptor *const descriptors[] = {&descriptor};

AGON_NOTE("org.agon.rsi_swing", "1.0.0");
AGON_EXPORT const struct agon_entry agon_plugin = {.size = sizeof(struct agon_entry),
                                                   .abi_major = AGON_ABI_MAJOR,
                                                   .abi_minor = AGON_ABI_MINOR,
                                                   .n_plugins = 1,
                                                   .plugins = descriptors,
                                                   .create = create};
