// SPDX-License-Identifier: Apache-2.0
/* ema_cross: momentum on candles. Long when the fast average crosses above the slow one while the
 * RSI is high and the bar has volume; out on the cross back, on a weak RSI, or at the stop.
 *
 * One instrument and one position at a time, bought with a share of the free quote balance. What is
 * held is what the ledger says: a fee may have come off it, and what is left of a sale can be too
 * little to sell. README.md says when it fails. */
#include <math.h>

#include <agon/agon.h>
#include <agon/ta.h>

/* trailing.c builds the next version from this file: its stop follows the price up. */
#ifndef EMA_CROSS_TRAILS
#define EMA_CROSS_TRAILS  0
#define EMA_CROSS_VERSION "1.0.0"
#define STATE_SCHEMA      1
#endif
#define HISTORY_MAX 512
#define REST_NS     ((agon_ns_t)60 * 1000000000)  /* after a refusal */
#define LOST_NS     ((agon_ns_t)300 * 1000000000) /* an order nobody has heard of any more */

enum {
    P_FAST = 1,
    P_SLOW,
    P_RSI,
    P_RSI_ENTRY,
    P_RSI_EXIT,
    P_STOP_PCT,
    P_SIZE_PCT,
    P_VOLUME_MIN,
    P_BAR_S,
    P_VENUE,
    P_SYMBOL
};

struct ema_state { /* all that must survive a reload: fixed widths, no pointers, no padding */
    struct agon_ema fast, slow;
    struct agon_rsi rsi;
    struct agon_sma volume;
    double entry_px; /* mean of what was bought, in px units; 0: nothing held */
    agon_qty_t held_qty;
    uint64_t last_ref, working_ref; /* client_ref of the last order; of the one under way, or 0 */
    agon_ns_t t_working, t_rest;    /* when it was sent; no new order before */
    agon_ns_t t_bar;                /* t_open of the last bar seen */
    agon_instrument_t instrument;   /* 0: the first of which something is heard */
    int32_t was_above;              /* fast above slow at the last bar: 1, below: -1, unknown: 0 */
    struct agon_gate gate;          /* of the instrument */
#if EMA_CROSS_TRAILS
    double top_px; /* highest price since the entry; a state of schema 1 ends before it */
#endif
};
struct ema_cross {
    const struct agon_host *host;
    const struct agon_host_orders *orders;
    const struct agon_host_account *account;
    const struct agon_host_instrument *instruments;
    const struct agon_host_param *param;
    const struct agon_host_history *history; /* may be NULL */
    struct agon_bar *bars;                   /* HISTORY_MAX of them, for the start */
    int64_t fast, slow, rsi;
    double rsi_entry, rsi_exit, stop_pct, size_pct, volume_min;
    uint32_t bar_s;
    struct ema_state state;
};

/* What is held in whole lots, or 0 when it is too little to be sold. */
static agon_qty_t sellable(const struct ema_cross *self, const struct agon_instrument *instrument,
                           double px)
{
    agon_qty_t qty = self->state.held_qty;
    double notional;
    int exp;

    if (qty <= 0 || self->instruments->asset(self->host, instrument->quote, NULL, &exp) < 0)
        return 0;
    qty -= instrument->lot_qty > 1 ? qty % instrument->lot_qty : 0;
    notional =
        agon_to_double(qty, instrument->qty_exp) * px / (double)agon_pow10(instrument->px_exp);
    return qty < instrument->min_qty || notional < agon_to_double(instrument->min_notional_amt, exp)
               ? 0
               : qty;
}

static int may_trade(const struct ema_cross *self, agon_ns_t t)
{
    const struct ema_state *state = &self->state;

    return state->working_ref == 0 && agon_gate_is_open(&state->gate) && t >= state->t_rest;
}

/* True when the wish is under way; a full ring is no error, the wish comes up again. */
static int send(struct ema_cross *self, uint8_t side, agon_qty_t qty, uint16_t reason, agon_ns_t t)
{
    struct ema_state *state = &self->state;
    struct agon_intent intent = {
        .kind = AGON_INTENT_ORDER,
        .side = side,
        .type = AGON_MARKET,
        .instrument = state->instrument,
        .reason = reason,
        .client_ref = state->last_ref + 1,
        .qty = qty,
    };

    if (self->orders->submit(self->host, &intent, 1) < 0)
        return 0;
    state->working_ref = ++state->last_ref;
    state->t_working = t;
    return 1;
}

static int buy(struct ema_cross *self, const struct agon_instrument *instrument, double px,
               agon_ns_t t)
{
    struct agon_balance balance;
    agon_qty_t held = self->state.held_qty > 0 ? self->state.held_qty : 0;
    agon_qty_t qty, most;
    double units;
    int exp;

    if (self->account->balance(self->host, 0, instrument->quote, &balance) < 0 ||
        self->instruments->asset(self->host, instrument->quote, NULL, &exp) < 0)
        return 0;
    units = agon_to_double(balance.free_amt, exp) * self->size_pct / 100.0;
    units *= (double)agon_pow10(instrument->px_exp) / px * (double)agon_pow10(instrument->qty_exp);
    qty = agon_floor_to(units, instrument->lot_qty);
    most = self->account->limit(self->host, 0, self->state.instrument);
    if (most >= 0 && qty > most - held)
        qty = agon_floor_to((double)(most - held), instrument->lot_qty);
    return qty > 0 && qty >= instrument->min_qty && send(self, AGON_BUY, qty, 1, t);
}

/* Feeds the indicators. Returns 1 when fast has just crossed above slow, -1 below, 0 otherwise. */
static int feed_bar(struct ema_cross *self, const struct agon_bar *bar)
{
    struct ema_state *state = &self->state;
    double close = (double)bar->close_px;
    int32_t is_above;
    int crossed;

    agon_ema_update(&state->fast, close);
    agon_ema_update(&state->slow, close);
    agon_rsi_update(&state->rsi, close);
    agon_sma_update(&state->volume, (double)bar->volume_qty);
    state->t_bar = bar->t_open;
    if (!agon_ema_is_ready(&state->slow) || !agon_rsi_is_ready(&state->rsi))
        return 0;
    is_above = agon_ema_value(&state->fast) > agon_ema_value(&state->slow) ? 1 : -1;
    crossed = state->was_above != 0 && state->was_above != is_above ? is_above : 0;
    state->was_above = is_above;
    return crossed;
}

static int is_mine(struct ema_cross *self, agon_instrument_t instrument)
{
    if (self->state.instrument == 0)
        self->state.instrument = instrument;
    return self->state.instrument == instrument;
}

static int on_bar(void *plugin, const struct agon_bar *bar)
{
    struct ema_cross *self = plugin;
    struct ema_state *state = &self->state;
    double rsi, px = (double)bar->close_px;
    struct agon_instrument instrument;
    int crossed;

    if (bar->length_s != self->bar_s || !is_mine(self, bar->hdr.instrument) ||
        bar->t_open <= state->t_bar || bar->close_px <= 0)
        return AGON_OK;
    crossed = feed_bar(self, bar);
    if (state->working_ref != 0 && bar->hdr.t > state->t_working + LOST_NS &&
        self->orders->open_orders(self->host, NULL, 0) == 0)
        state->working_ref = 0;
    if (state->was_above == 0 || !may_trade(self, bar->hdr.t) ||
        self->instruments->get(self->host, state->instrument, &instrument) < 0)
        return AGON_OK;
    rsi = agon_rsi_value(&state->rsi);
    if (sellable(self, &instrument, px) > 0) {
        if (state->was_above < 0 || rsi < self->rsi_exit)
            send(self, AGON_SELL, sellable(self, &instrument, px), 2, bar->hdr.t);
    } else if (crossed > 0 && rsi > self->rsi_entry &&
               (double)bar->volume_qty >= self->volume_min * agon_sma_value(&state->volume)) {
        buy(self, &instrument, px, bar->hdr.t);
    }
    return AGON_OK;
}

/* What the stop is counted from. */
static double stop_base(struct ema_state *state, double px)
{
#if EMA_CROSS_TRAILS
    if (px > state->top_px)
        state->top_px = px;
    return state->top_px > state->entry_px ? state->top_px : state->entry_px;
#else
    (void)px;
    return state->entry_px;
#endif
}

/* The stop does not wait for the end of a bar. */
static int on_trade(void *plugin, const struct agon_trade *trade)
{
    struct ema_cross *self = plugin;
    struct ema_state *state = &self->state;
    struct agon_instrument instrument;
    double px = (double)trade->px;

    if (self->stop_pct <= 0 || state->held_qty <= 0 || trade->hdr.instrument != state->instrument ||
        trade->px <= 0 || px > stop_base(state, px) * (1.0 - self->stop_pct / 100.0) ||
        !may_trade(self, trade->hdr.t) ||
        self->instruments->get(self->host, state->instrument, &instrument) < 0)
        return AGON_OK;
    if (sellable(self, &instrument, px) > 0)
        send(self, AGON_SELL, sellable(self, &instrument, px), 3, trade->hdr.t);
    return AGON_OK;
}

static int on_order(void *plugin, const struct agon_order *order)
{
    struct ema_state *state = &((struct ema_cross *)plugin)->state;

    if (order->client_ref != state->working_ref || state->working_ref == 0 || !agon_is_final(order))
        return AGON_OK;
    state->working_ref = 0;
    if (order->state == AGON_ORDER_REJECTED) // asking again at once would be refused again
        state->t_rest = order->hdr.t + REST_NS;
    return AGON_OK;
}

static int on_fill(void *plugin, const struct agon_fill *fill)
{
    struct ema_state *state = &((struct ema_cross *)plugin)->state;
    double before = state->held_qty > 0 ? (double)state->held_qty : 0;

    if (fill->hdr.instrument != state->instrument)
        return AGON_OK;
    if (fill->side == AGON_BUY && fill->qty > 0 && fill->px > 0)
        state->entry_px = (state->entry_px * before + (double)fill->px * (double)fill->qty) /
                          (before + (double)fill->qty);
    state->held_qty = fill->position_qty;
    if (fill->position_qty <= 0)
        state->entry_px = 0;
#if EMA_CROSS_TRAILS
    if (fill->position_qty <= 0)
        state->top_px = 0;
#endif
    return AGON_OK;
}

static int on_other(void *plugin, const struct agon_event_hdr *event)
{
    struct ema_cross *self = plugin;

    agon_gate_update(&self->state.gate, self->host, self->instruments, self->state.instrument,
                     event);
    return AGON_OK;
}

static int on_event(void *plugin, const struct agon_event_hdr *event, uint64_t nth)
{
    static const struct agon_handlers handlers = {.on_bar = on_bar,
                                                  .on_trade = on_trade,
                                                  .on_order = on_order,
                                                  .on_fill = on_fill,
                                                  .on_other = on_other};

    (void)nth; // the host's proof that nothing was lost; the strategy itself has no use for it
    return agon_dispatch(&handlers, plugin, event);
}

static void fresh_indicators(struct ema_cross *self)
{
    agon_ema_init(&self->state.fast, (uint32_t)self->fast, AGON_SEED_SMA);
    agon_ema_init(&self->state.slow, (uint32_t)self->slow, AGON_SEED_SMA);
    agon_rsi_init(&self->state.rsi, (uint32_t)self->rsi);
    agon_sma_init(&self->state.volume, 20);
    self->state.was_above = 0;
    self->state.t_bar = 0;
}

/* The slot's real position, whoever made it, and what it cost. */
static void adopt_position(struct ema_cross *self)
{
    struct ema_state *state = &self->state;
    struct agon_instrument instrument;
    struct agon_position position;
    int exp;

    if (self->instruments->get(self->host, state->instrument, &instrument) < 0 ||
        self->account->position(self->host, 0, state->instrument, &position) < 0 ||
        self->instruments->asset(self->host, instrument.quote, NULL, &exp) < 0)
        return;
    if (position.qty != state->held_qty || state->entry_px <= 0)
        state->entry_px = position.qty > 0 ? fabs(agon_to_double(position.cost_amt, exp)) /
                                                 agon_to_double(position.qty, instrument.qty_exp) *
                                                 (double)agon_pow10(instrument.px_exp)
                                           : 0;
    state->held_qty = position.qty;
    state->gate.is_closed = instrument.state != AGON_TRADING_OPEN;
}

/* The slot's orders that are still open, whoever sent them: one is followed to its end, and no
 * number is used twice. */
static void adopt_orders(struct ema_cross *self)
{
    struct ema_state *state = &self->state;
    struct agon_order open[16];
    int n = self->orders->open_orders(self->host, open, 16);
    int i;

    for (i = 0; i < n && i < 16; i++) {
        if (open[i].client_ref > state->last_ref)
            state->last_ref = open[i].client_ref;
        if (state->working_ref == 0 && open[i].hdr.instrument == state->instrument) {
            state->working_ref = open[i].client_ref;
            state->t_working = open[i].hdr.t;
        }
    }
}

static int on_start(void *plugin, uint32_t reason)
{
    struct ema_cross *self = plugin;
    struct ema_state *state = &self->state;
    const char *venue = self->param->text(self->host, P_VENUE);
    const char *symbol = self->param->text(self->host, P_SYMBOL);
    agon_instrument_t named = 0;

    if (symbol && symbol[0]) {
        named = self->instruments->find(self->host, venue && venue[0] ? venue : "binance", symbol);
        if (named == 0)
            return AGON_ENOENT;
    }
    // Indicators of another instrument or with other lengths are of no use to these parameters.
    if (reason == AGON_START_FRESH || state->fast.period != (uint32_t)self->fast ||
        state->slow.period != (uint32_t)self->slow || state->rsi.period != (uint32_t)self->rsi ||
        (named != 0 && named != state->instrument)) {
        fresh_indicators(self);
        if (named != 0)
            state->instrument = named;
    }
    if (state->instrument == 0)
        return AGON_OK;
    if (state->t_bar == 0 && self->history) {
        int n = self->history->bars(self->host, state->instrument, self->bar_s, self->bars,
                                    HISTORY_MAX);
        int i;
        for (i = 0; i < n; i++)
            feed_bar(self, &self->bars[i]);
    }
    adopt_position(self);
    adopt_orders(self);
    return AGON_OK;
}

static int save_state(void *plugin, struct agon_out *out)
{
    return agon_write(out, &((struct ema_cross *)plugin)->state, sizeof(struct ema_state));
}

/* Not so far off that a span added to it could overflow. */
static int is_time(agon_ns_t t)
{
    return t >= 0 && t < INT64_MAX / 2;
}

static int load_state(void *plugin, struct agon_in *in, uint32_t schema)
{
    struct ema_state state = {0};
    int rc = AGON_EVERSION;

    if (schema == STATE_SCHEMA)
        rc = agon_read(in, &state, sizeof(state));
#if EMA_CROSS_TRAILS
    else if (schema == 1)
        rc = agon_read(in, &state, offsetof(struct ema_state, top_px));
    if (rc >= 0 && !(state.top_px >= 0 && state.top_px <= 1e19))
        return AGON_ECORRUPT;
#endif
    if (rc < 0)
        return rc;
    if (agon_ema_check(&state.fast) < 0 || agon_ema_check(&state.slow) < 0 ||
        agon_rsi_check(&state.rsi) < 0 || agon_sma_check(&state.volume) < 0 ||
        !(state.entry_px >= 0 && state.entry_px <= 1e19) || state.was_above < -1 ||
        state.was_above > 1 || state.gate.is_closed > 1 || !is_time(state.t_working) ||
        !is_time(state.t_rest))
        return AGON_ECORRUPT;
    ((struct ema_cross *)plugin)->state = state;
    return AGON_OK;
}

static void destroy(void *plugin)
{
    (void)plugin; // its memory is the arena's
}

// What create's error code cannot tell.
static void say(const struct agon_host *host, const char *text)
{
    const struct agon_host_log *log = host->get_extension(host, AGON_EXT_LOG);

    if (log != NULL)
        log->line(host, AGON_ERROR, text);
}

static int read_params(struct ema_cross *self)
{
    static const uint32_t lengths[] = {60, 180, 300, 600, 900, 3600, 14400, 86400};
    const struct agon_host_param *param = self->param;
    const struct agon_host *host = self->host;
    int64_t bar;

    if (param->integer(host, P_FAST, &self->fast) < 0 ||
        param->integer(host, P_SLOW, &self->slow) < 0 ||
        param->integer(host, P_RSI, &self->rsi) < 0 || param->integer(host, P_BAR_S, &bar) < 0 ||
        param->real(host, P_RSI_ENTRY, &self->rsi_entry) < 0 ||
        param->real(host, P_RSI_EXIT, &self->rsi_exit) < 0 ||
        param->real(host, P_STOP_PCT, &self->stop_pct) < 0 ||
        param->real(host, P_SIZE_PCT, &self->size_pct) < 0 ||
        param->real(host, P_VOLUME_MIN, &self->volume_min) < 0)
        return AGON_EINVAL;
    if (self->fast >= self->slow) {
        say(host, "parameters: fast has to be less than slow");
        return AGON_EINVAL;
    }
    if (bar < 0 || bar > 7)
        return AGON_EINVAL;
    self->bar_s = lengths[bar];
    return AGON_OK;
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
    struct ema_cross *self;

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
    self->host = host;
    self->orders = host->get_extension(host, AGON_EXT_ORDERS);
    self->account = host->get_extension(host, AGON_EXT_ACCOUNT);
    self->instruments = host->get_extension(host, AGON_EXT_INSTRUMENT);
    self->param = host->get_extension(host, AGON_EXT_PARAM);
    self->history = host->get_extension(host, AGON_EXT_HISTORY);
    if (self->orders == NULL || self->account == NULL || self->instruments == NULL ||
        self->param == NULL)
        return AGON_ENOTSUP;
    if (read_params(self) < 0)
        return AGON_EINVAL;
    fresh_indicators(self);
    mine.self = self;
    return agon_agent_set(agent, &mine);
}

#define TUNED (AGON_PARAM_RESTART | AGON_PARAM_TUNABLE)
#define NUMBER(name_, id_, type_, flags_, min_, max_, def_, step_, unit_, doc_)                    \
    static const struct agon_param name_ = {sizeof(struct agon_param),                             \
                                            id_,                                                   \
                                            type_,                                                 \
                                            flags_,                                                \
                                            min_,                                                  \
                                            max_,                                                  \
                                            def_,                                                  \
                                            step_,                                                 \
                                            #name_,                                                \
                                            unit_,                                                 \
                                            doc_,                                                  \
                                            NULL}
NUMBER(fast, P_FAST, AGON_INTEGER, TUNED, 2, 1000, 12, 1, "bars", "length of the fast average");
NUMBER(slow, P_SLOW, AGON_INTEGER, TUNED, 3, 5000, 26, 1, "bars", "length of the slow average");
NUMBER(rsi, P_RSI, AGON_INTEGER, TUNED, 2, 1000, 14, 1, "bars", "length of the RSI");
NUMBER(rsi_entry, P_RSI_ENTRY, AGON_REAL, TUNED, 0, 100, 50, 5, "", "enter above this RSI");
NUMBER(rsi_exit, P_RSI_EXIT, AGON_REAL, TUNED, 0, 100, 30, 5, "", "leave below this RSI");
NUMBER(stop_pct, P_STOP_PCT, AGON_REAL, TUNED, 0, 50, 2, 0.5, "%",
       "leave this far below the entry; 0: no stop");
NUMBER(size_pct, P_SIZE_PCT, AGON_REAL, AGON_PARAM_RESTART, 0.1, 95, 10, 0.1, "%",
       "share of the free quote balance that an entry spends");
NUMBER(volume_min, P_VOLUME_MIN, AGON_REAL, TUNED, 0, 10, 0.5, 0.1, "",
       "the crossing bar's volume, in means of the last 20; 0: any");
static const struct agon_param bar_s = {.size = sizeof(struct agon_param),
                                        .id = P_BAR_S,
                                        .type = AGON_CHOICE,
                                        .flags = AGON_PARAM_RESTART,
                                        .max = 7,
                                        .def = 2,
                                        .name = "bar_s",
                                        .unit = "s",
                                        .doc = "length of a candle",
                                        .choices = "60|180|300|600|900|3600|14400|86400"};
static const struct agon_param venue = {.size = sizeof(struct agon_param),
                                        .id = P_VENUE,
                                        .type = AGON_TEXT,
                                        .flags = AGON_PARAM_RESTART,
                                        .name = "venue",
                                        .unit = "",
                                        .doc = "of symbol; empty: binance"};
static const struct agon_param symbol = {
    .size = sizeof(struct agon_param),
    .id = P_SYMBOL,
    .type = AGON_TEXT,
    .flags = AGON_PARAM_RESTART,
    .name = "symbol",
    .unit = "",
    .doc = "what to trade; empty: the first instrument that a bar comes of"};
static const struct agon_param *const params[] = {&fast,     &slow,     &rsi,      &rsi_entry,
                                                  &rsi_exit, &stop_pct, &size_pct, &volume_min,
                                                  &bar_s,    &venue,    &symbol};
static const char *const requires_ext[] = {AGON_EXT_ARENA, AGON_EXT_ORDERS, AGON_EXT_ACCOUNT,
                                           AGON_EXT_INSTRUMENT, AGON_EXT_PARAM};

static const struct agon_descriptor descriptor = {
    .size = sizeof(descriptor),
    .caps = AGON_DETERMINISTIC | AGON_ADOPTS_ORDERS,
    .kind = AGON_STRATEGY,
    .n_params = sizeof(params) / sizeof(params[0]),
    .id = "org.agon.ema_cross",
    .name = "EMA cross",
    .vendor = "Agon",
    .version = EMA_CROSS_VERSION,
    .summary = "Momentum: long while the fast average of candles is above the slow one.",
    .params = params,
    .requires_ext = requires_ext,
    .n_requires = sizeof(requires_ext) / sizeof(requires_ext[0]),
    .state_schema = STATE_SCHEMA,
    .state_schema_oldest = 1,
    .budget_ns = 5000,
    .event_mask = AGON_ON(AGON_EVENT_BAR) | AGON_ON(AGON_EVENT_TRADE) | AGON_ON(AGON_EVENT_STATUS) |
                  AGON_ON(AGON_EVENT_HALT) | AGON_ON(AGON_EVENT_ORDER) | AGON_ON(AGON_EVENT_FILL) |
                  AGON_ON(AGON_EVENT_CAPITAL),
    .arena_bytes = 131072};
static const struct agon_descriptor *const descriptors[] = {&descriptor};

AGON_NOTE("org.agon.ema_cross", EMA_CROSS_VERSION);
AGON_EXPORT const struct agon_entry agon_plugin = {.size = sizeof(struct agon_entry),
                                                   .abi_major = AGON_ABI_MAJOR,
                                                   .abi_minor = AGON_ABI_MINOR,
                                                   .n_plugins = 1,
                                                   .plugins = descriptors,
                                                   .create = create};
