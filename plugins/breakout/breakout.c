// SPDX-License-Identifier: Apache-2.0
/* breakout: buys what leaves its range upwards. Long when a candle closes above the highest price
 * of the last candles; out when one closes below the lowest of fewer, or at a stop that follows the
 * best price at a distance of mean ranges, which the host keeps. On a contract it may do the mirror
 * image too. README.md says when it fails. */
#include <agon/agon.h>
#include <agon/leg.h>
#include <agon/ta.h>

#define STATE_SCHEMA 2
#define HISTORY_MAX  512
#define CHANNEL_MAX  256

enum {
    P_ENTER_BARS = 1,
    P_LEAVE_BARS,
    P_ATR,
    P_STOP_ATR,
    P_SIZE_PCT,
    P_SIDES,
    P_BAR_S,
    P_VENUE,
    P_SYMBOL
};
enum reason { REASON_ENTER = 1, REASON_CHANNEL = 2 };

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
    struct agon_desk desk;
    const struct agon_host_exit *exit;
    const struct agon_host_param *param;
    const struct agon_host_history *history; /* may be NULL */
    struct agon_bar *bars;                   /* HISTORY_MAX of them, for the start */
    int64_t enter_bars, leave_bars, atr, sides;
    double stop_atr, size_pct;
    uint32_t bar_s;
    struct breakout_state state;
};

static int side_of(agon_qty_t qty)
{
    return qty > 0 ? 1 : qty < 0 ? -1 : 0;
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

static void feed_bar(struct breakout *self, const struct agon_bar *bar)
{
    struct breakout_state *state = &self->state;

    agon_atr_update(&state->atr, (double)bar->high_px, (double)bar->low_px, (double)bar->close_px);
    state->high[state->at] = (double)bar->high_px;
    state->low[state->at] = (double)bar->low_px;
    state->at = (state->at + 1) % CHANNEL_MAX;
    state->n += state->n < CHANNEL_MAX;
    state->t_bar = bar->t_open;
}

static void leave(struct breakout *self, int reason, double px, agon_ns_t t)
{
    self->state.leaves = reason;
    agon_leg_go(&self->desk, &self->state.leg, 0, px, (uint16_t)reason, t);
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
        self->exit->set(self->desk.host, &plan);
}

static int is_protected(const struct breakout *self)
{
    struct agon_exit exits[AGON_EXITS_MAX];
    int n = self->exit->plans(self->desk.host, exits, AGON_EXITS_MAX);

    for (int i = 0; i < n; i++)
        if (exits[i].hdr.instrument == self->state.leg.instrument)
            return 1;
    return 0;
}

static void enter(struct breakout *self, int side, double px, agon_ns_t t)
{
    struct breakout_state *state = &self->state;
    agon_qty_t qty = agon_leg_size(&self->desk, &state->leg, self->size_pct, px);

    state->leaves = 0;
    if (qty > 0 && agon_leg_go(&self->desk, &state->leg, side * qty, px, REASON_ENTER, t) == 1)
        protect(self, side); // it waits for the position
}

static int on_bar(void *plugin, const struct agon_bar *bar)
{
    struct breakout *self = plugin;
    struct breakout_state *state = &self->state;
    double px = (double)bar->close_px;
    int side;

    if (bar->length_s != self->bar_s || bar->close_px <= 0)
        return AGON_OK;
    if (state->leg.instrument == 0)
        agon_leg_start(&self->desk, &state->leg, bar->hdr.instrument);
    if (state->leg.instrument != bar->hdr.instrument || bar->t_open <= state->t_bar)
        return AGON_OK;
    side = side_of(agon_leg_held(&self->desk, &state->leg, px));
    if (side != 0) {
        if (!is_protected(self)) // somebody else's position, before a reload or a restart
            protect(self, side);
        if (state->leaves != 0)
            leave(self, state->leaves, px, bar->hdr.t);
        else if (is_beyond(state, -side, self->leave_bars, px))
            leave(self, REASON_CHANNEL, px, bar->hdr.t);
    } else if (is_beyond(state, 1, self->enter_bars, px)) {
        enter(self, 1, px, bar->hdr.t);
    } else if (self->sides == 1 && is_beyond(state, -1, self->enter_bars, px)) {
        enter(self, -1, px, bar->hdr.t);
    }
    feed_bar(self, bar); // a candle is compared with those before it
    return AGON_OK;
}

static int on_other(void *plugin, const struct agon_event_hdr *event)
{
    struct breakout *self = plugin;

    agon_leg_update(&self->desk, &self->state.leg, event);
    return AGON_OK;
}

static int on_event(void *plugin, const struct agon_event_hdr *event, uint64_t nth)
{
    static const struct agon_handlers handlers = {.on_bar = on_bar, .on_other = on_other};

    (void)nth; // the host's proof that nothing was lost; the strategy itself has no use for it
    return agon_dispatch(&handlers, plugin, event);
}

static void fresh_indicators(struct breakout *self)
{
    agon_atr_init(&self->state.atr, (uint32_t)self->atr, AGON_SEED_SMA);
    self->state.n = 0;
    self->state.at = 0;
    self->state.t_bar = 0;
}

static int on_start(void *plugin, uint32_t reason)
{
    struct breakout *self = plugin;
    struct breakout_state *state = &self->state;
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
    if (reason == AGON_START_FRESH || state->atr.period != (uint32_t)self->atr ||
        named != state->leg.instrument)
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
    return agon_write(out, &((struct breakout *)plugin)->state, sizeof(struct breakout_state));
}

static int read_state(struct agon_in *in, uint32_t schema, struct breakout_state *state)
{
    struct breakout_state_1 old;
    int rc;

    if (schema == STATE_SCHEMA)
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

static int load_state(void *plugin, struct agon_in *in, uint32_t schema)
{
    struct breakout_state state;
    uint32_t i;
    int rc = read_state(in, schema, &state);

    if (rc < 0)
        return rc;
    for (i = 0; i < CHANNEL_MAX; i++)
        if (!(state.high[i] >= -1e19 && state.high[i] <= 1e19 && state.low[i] >= -1e19 &&
              state.low[i] <= 1e19))
            return AGON_ECORRUPT;
    if (agon_leg_check(&state.leg) < 0 || agon_atr_check(&state.atr) < 0 || state.n > CHANNEL_MAX ||
        state.at >= CHANNEL_MAX || state.leaves < 0 || state.leaves > REASON_CHANNEL ||
        state.pad != 0)
        return AGON_ECORRUPT;
    ((struct breakout *)plugin)->state = state;
    return AGON_OK;
}

static void destroy(void *plugin)
{
    (void)plugin; // its memory is the arena's
}

static int read_params(struct breakout *self)
{
    const struct agon_host_param *param = self->param;
    const struct agon_host *host = self->desk.host;
    int64_t bar;

    if (param->integer(host, P_ENTER_BARS, &self->enter_bars) < 0 ||
        param->integer(host, P_LEAVE_BARS, &self->leave_bars) < 0 ||
        param->integer(host, P_ATR, &self->atr) < 0 ||
        param->integer(host, P_SIDES, &self->sides) < 0 ||
        param->integer(host, P_BAR_S, &bar) < 0 ||
        param->real(host, P_STOP_ATR, &self->stop_atr) < 0 ||
        param->real(host, P_SIZE_PCT, &self->size_pct) < 0)
        return AGON_EINVAL;
    self->bar_s = agon_bar_length(bar);
    return self->enter_bars >= 1 && self->enter_bars <= CHANNEL_MAX && self->leave_bars >= 1 &&
                   self->leave_bars <= CHANNEL_MAX && self->bar_s > 0
               ? AGON_OK
               : AGON_EINVAL;
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
    struct breakout *self;

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
    self->exit = host->get_extension(host, AGON_EXT_EXIT);
    self->param = host->get_extension(host, AGON_EXT_PARAM);
    self->history = host->get_extension(host, AGON_EXT_HISTORY);
    if (agon_desk_init(&self->desk, host) < 0 || self->param == NULL || self->exit == NULL)
        return AGON_ENOTSUP;
    if (read_params(self) < 0)
        return AGON_EINVAL;
    fresh_indicators(self);
    mine.self = self;
    return agon_agent_set(agent, &mine);
}

#define TUNED (AGON_PARAM_RESTART | AGON_PARAM_TUNABLE)
AGON_NUMBER(enter_bars, P_ENTER_BARS, AGON_INTEGER, TUNED, 2, 256, 20, 1, "bars",
            "enters beyond the range of so many");
AGON_NUMBER(leave_bars, P_LEAVE_BARS, AGON_INTEGER, TUNED, 1, 256, 10, 1, "bars",
            "leaves beyond the other end of the range of so many");
AGON_NUMBER(atr, P_ATR, AGON_INTEGER, TUNED, 1, 1000, 20, 1, "bars", "length of the mean range");
AGON_NUMBER(stop_atr, P_STOP_ATR, AGON_REAL, TUNED, 0, 50, 3, 0.5, "",
            "distance of the stop from the best price, in mean ranges at the entry; 0: no stop");
AGON_NUMBER(size_pct, P_SIZE_PCT, AGON_REAL, AGON_PARAM_RESTART, 0.1, 95, 10, 0.1, "%",
            "share of the free money that an entry spends");
AGON_CHOOSE(sides, P_SIDES, 0, "", "long|both", "both: sells short as well, on a contract");
AGON_CHOOSE(bar_s, P_BAR_S, 4, "s", AGON_BAR_CHOICES, "length of a candle");
AGON_TEXTUAL(venue, P_VENUE, "of symbol; empty: binance");
AGON_TEXTUAL(symbol, P_SYMBOL, "what to trade; empty: the first instrument that a bar comes of");
static const struct agon_param *const params[] = {
    &enter_bars, &leave_bars, &atr, &stop_atr, &size_pct, &sides, &bar_s, &venue, &symbol};
static const char *const requires_ext[] = {AGON_EXT_ARENA,      AGON_EXT_ORDERS, AGON_EXT_ACCOUNT,
                                           AGON_EXT_INSTRUMENT, AGON_EXT_PARAM,  AGON_EXT_EXIT};

static const struct agon_descriptor descriptor = {
    .size = sizeof(descriptor),
    .caps = AGON_DETERMINISTIC | AGON_ADOPTS_ORDERS,
    .kind = AGON_STRATEGY,
    .n_params = sizeof(params) / sizeof(params[0]),
    .id = "org.agon.breakout",
    .name = "Breakout",
    .vendor = "Agon",
    .version = "2.0.0",
    .summary =
        "Trend: buys the close above the range of the last candles, leaves below a shorter one.",
    .params = params,
    .requires_ext = requires_ext,
    .n_requires = sizeof(requires_ext) / sizeof(requires_ext[0]),
    .state_schema = STATE_SCHEMA,
    .state_schema_oldest = 1,
    .budget_ns = 5000,
    .event_mask = AGON_ON(AGON_EVENT_BAR) | AGON_ON(AGON_EVENT_STATUS) | AGON_ON(AGON_EVENT_HALT) |
                  AGON_ON(AGON_EVENT_ORDER) | AGON_ON(AGON_EVENT_FILL) |
                  AGON_ON(AGON_EVENT_CAPITAL),
    .arena_bytes = 131072};
static const struct agon_descriptor *const descriptors[] = {&descriptor};

AGON_NOTE("org.agon.breakout", "2.0.0");
AGON_EXPORT const struct agon_entry agon_plugin = {.size = sizeof(struct agon_entry),
                                                   .abi_major = AGON_ABI_MAJOR,
                                                   .abi_minor = AGON_ABI_MINOR,
                                                   .n_plugins = 1,
                                                   .plugins = descriptors,
                                                   .create = create};
