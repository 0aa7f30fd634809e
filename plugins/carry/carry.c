// SPDX-License-Identifier: Apache-2.0
/* carry: is paid for holding both sides. While the funding that longs of a perpetual pay to shorts
 * (its mean over the last payments, as per cent a year) is high, it holds spot and is short as much
 * of the perpetual of the same asset; when funding has fallen it undoes both.
 *
 * The perpetual leg always goes to the opposite of what the spot leg really holds; when it is
 * refused, the spot is sold again. README.md says when it fails. */
#include <math.h>

#include <agon/agon.h>
#include <agon/leg.h>
#include <agon/ta.h>

#define STATE_SCHEMA 1
#define SECOND       ((agon_ns_t)1000000000)

enum {
    P_ENTER_PCT = 1,
    P_LEAVE_PCT,
    P_PAYMENTS,
    P_BASIS_MIN_BPS,
    P_HOLD_MAX_H,
    P_SIZE_PCT,
    P_STALE_MS,
    P_SPOT_VENUE,
    P_SPOT,
    P_PERP_VENUE,
    P_PERP
};
enum reason {
    REASON_ENTER = 1,
    REASON_LEAVE = 2,
    REASON_TIME = 3,
    REASON_HALF = 4,
    REASON_HEDGE = 5
};

struct quote { /* best prices of one side's book, as plain numbers; 0: none to trade on */
    double bid, ask;
    agon_ns_t t;
};
struct carry_state { /* all that must survive a reload: fixed widths, no pointers, no padding */
    struct agon_leg spot, perp;
    struct quote spot_quote, perp_quote;
    struct agon_ema paid; /* funding that was paid, in per cent a year */
    double coming;        /* ... that is paid next */
    agon_ns_t t_next;     /* when; 0: nothing has been heard */
    agon_qty_t target;    /* of the spot leg */
    agon_ns_t t_enter;    /* when it went in */
    uint32_t is_in;       /* holds the pair, or is on the way there */
    int32_t reason;       /* of the last change */
};
struct carry {
    struct agon_desk desk;
    const struct agon_host_param *param;
    int64_t payments, hold_max_h, stale_ms;
    double enter_pct, leave_pct, basis_min_bps, size_pct;
    struct carry_state state;
};

/* Prices of the leg's book in the units of its instrument, for orders. */
static double px_of(const struct carry *self, const struct agon_leg *leg, double price)
{
    struct agon_instrument instrument;

    return self->desk.instruments->get(self->desk.host, leg->instrument, &instrument) < 0
               ? 0
               : price * (double)agon_pow10(instrument.px_exp);
}

static int is_fresh(const struct carry *self, const struct quote *quote, agon_ns_t t)
{
    return quote->bid > 0 && quote->ask > 0 && t - quote->t <= self->stale_ms * 1000000;
}

/* Spot to its target, and the perpetual to the opposite of what spot holds. */
static void drive(struct carry *self, agon_ns_t t)
{
    struct carry_state *state = &self->state;
    double spot_px = px_of(self, &state->spot, state->spot_quote.ask);
    double perp_px = px_of(self, &state->perp, state->perp_quote.bid);
    agon_qty_t hedge;

    if (spot_px <= 0 || perp_px <= 0)
        return;
    agon_leg_go(&self->desk, &state->spot, state->target, spot_px, (uint16_t)state->reason, t);
    hedge = agon_leg_qty(&self->desk, &state->perp,
                         -agon_leg_units(&self->desk, &state->spot,
                                         agon_leg_held(&self->desk, &state->spot, spot_px)));
    agon_leg_go(&self->desk, &state->perp, hedge, perp_px, REASON_HEDGE, t);
}

/* More than what a fee has left over? */
static int holds(const struct carry *self)
{
    const struct carry_state *state = &self->state;

    return agon_leg_held(&self->desk, &state->spot,
                         px_of(self, &state->spot, state->spot_quote.ask)) != 0;
}

static void leave(struct carry *self, int reason)
{
    self->state.is_in = 0;
    self->state.target = 0;
    self->state.reason = reason;
}

/* Half of the money buys spot, the other half is the perpetual's margin: short as much, unlevered.
 */
static void enter(struct carry *self, agon_ns_t t)
{
    struct carry_state *state = &self->state;
    double spot_px = px_of(self, &state->spot, state->spot_quote.ask);
    double perp_px = px_of(self, &state->perp, state->perp_quote.bid);
    agon_qty_t qty = agon_leg_size(&self->desk, &state->spot, self->size_pct / 2, spot_px);
    agon_qty_t most = agon_leg_size(&self->desk, &state->perp, self->size_pct / 2, perp_px);
    double units = agon_leg_units(&self->desk, &state->perp, most);

    // What both can be, in whole lots of both.
    if (units < agon_leg_units(&self->desk, &state->spot, qty))
        qty = agon_leg_qty(&self->desk, &state->spot, units);
    if (qty <= 0 || most <= 0)
        return;
    state->target = qty;
    state->is_in = 1;
    state->reason = REASON_ENTER;
    state->t_enter = t;
}

/* The venue tells of the coming payment again and again; it counts as paid when it tells of the
 * next. */
static void on_funding(struct carry *self, const struct agon_funding *funding)
{
    struct carry_state *state = &self->state;
    double per_year;

    if (funding->hdr.instrument != state->perp.instrument || funding->interval_s == 0)
        return;
    if (state->t_next != 0 && funding->t_next != state->t_next)
        agon_ema_update(&state->paid, state->coming);
    per_year = 365.0 * 86400.0 / (double)funding->interval_s;
    state->coming = (double)funding->rate_ppb / 1e7 * per_year;
    state->t_next = funding->t_next > 0 && funding->t_next < INT64_MAX / 2 ? funding->t_next : 1;
}

/* The mean over the last payments, the coming one included. */
static double rate(const struct carry *self)
{
    struct agon_ema mean = self->state.paid;

    agon_ema_update(&mean, self->state.coming);
    return agon_ema_value(&mean);
}

/* Also not where the perpetual is so cheap that coming together would cost more than funding pays.
 */
static int is_worth_it(const struct carry *self)
{
    const struct carry_state *state = &self->state;

    return state->t_next != 0 && rate(self) > self->enter_pct &&
           (state->perp_quote.bid / state->spot_quote.ask - 1) * 1e4 > self->basis_min_bps;
}

static int is_over(const struct carry *self)
{
    return rate(self) < self->leave_pct;
}

static void on_quotes(struct carry *self, agon_ns_t t)
{
    struct carry_state *state = &self->state;
    int is_old = self->hold_max_h > 0 && t - state->t_enter > self->hold_max_h * 3600 * SECOND;

    if (!is_fresh(self, &state->spot_quote, t) || !is_fresh(self, &state->perp_quote, t))
        return;
    if (state->is_in && (is_over(self) || is_old))
        leave(self, is_old ? REASON_TIME : REASON_LEAVE);
    else if (!state->is_in && !holds(self) && agon_leg_is_free(&self->desk, &state->spot, t) &&
             agon_leg_is_free(&self->desk, &state->perp, t) && is_worth_it(self))
        enter(self, t);
    if (state->is_in || state->spot.held_qty != 0 || state->perp.held_qty != 0)
        drive(self, t);
}

/* Unnamed legs are the first spot instrument and the first perpetual of which a book is seen. */
static void adopt(struct carry *self, agon_instrument_t id)
{
    struct carry_state *state = &self->state;
    struct agon_instrument instrument;

    if ((state->spot.instrument != 0 && state->perp.instrument != 0) ||
        state->spot.instrument == id || state->perp.instrument == id ||
        self->desk.instruments->get(self->desk.host, id, &instrument) < 0)
        return;
    if (instrument.kind == AGON_SPOT && state->spot.instrument == 0)
        agon_leg_start(&self->desk, &state->spot, id);
    else if (instrument.kind == AGON_LINEAR && state->perp.instrument == 0)
        agon_leg_start(&self->desk, &state->perp, id);
}

static int on_top10(void *plugin, const struct agon_top10 *top)
{
    struct carry *self = plugin;
    struct carry_state *state = &self->state;
    struct agon_instrument instrument;
    struct quote *quote;
    int is_good;

    adopt(self, top->hdr.instrument);
    quote = top->hdr.instrument == state->spot.instrument   ? &state->spot_quote
            : top->hdr.instrument == state->perp.instrument ? &state->perp_quote
                                                            : NULL;
    if (quote == NULL ||
        self->desk.instruments->get(self->desk.host, top->hdr.instrument, &instrument) < 0)
        return AGON_OK;
    is_good = top->book == AGON_BOOK_LIVE && top->n_bid > 0 && top->n_ask > 0 &&
              top->bid[0].px > 0 && top->ask[0].px > top->bid[0].px;
    quote->bid = is_good ? agon_to_double(top->bid[0].px, instrument.px_exp) : 0;
    quote->ask = is_good ? agon_to_double(top->ask[0].px, instrument.px_exp) : 0;
    quote->t = top->hdr.t;
    on_quotes(self, top->hdr.t);
    return AGON_OK;
}

static int on_other(void *plugin, const struct agon_event_hdr *event)
{
    struct carry *self = plugin;
    struct carry_state *state = &self->state;
    int spot, perp;

    if (event->type == AGON_EVENT_FUNDING) {
        on_funding(self, (const struct agon_funding *)(const void *)event);
        return AGON_OK;
    }
    spot = agon_leg_update(&self->desk, &state->spot, event);
    perp = agon_leg_update(&self->desk, &state->perp, event);
    if ((spot == AGON_LEG_REFUSED || perp == AGON_LEG_REFUSED) && state->is_in)
        leave(self, REASON_HALF); // half a pair is a bet on the price
    // What was bought is what is to be held: a fee is not bought once more.
    if (spot == AGON_LEG_DONE && state->is_in && state->spot.held_qty > 0)
        state->target = state->spot.held_qty;
    // The hedge follows at once, not with the next quote.
    if (spot != AGON_LEG_NOTHING || perp != AGON_LEG_NOTHING)
        drive(self, event->t);
    return AGON_OK;
}

static int on_event(void *plugin, const struct agon_event_hdr *event, uint64_t nth)
{
    static const struct agon_handlers handlers = {.on_top10 = on_top10, .on_other = on_other};

    (void)nth; // the host's proof that nothing was lost; the strategy itself has no use for it
    return agon_dispatch(&handlers, plugin, event);
}

static int start_leg(struct carry *self, struct agon_leg *leg, uint32_t venue_id,
                     uint32_t symbol_id)
{
    const struct agon_host *host = self->desk.host;
    const char *venue = self->param->text(host, venue_id);
    const char *symbol = self->param->text(host, symbol_id);
    agon_instrument_t id = leg->instrument;

    if (symbol && symbol[0]) {
        id = self->desk.instruments->find(host, venue && venue[0] ? venue : "binance", symbol);
        if (id == 0)
            return AGON_ENOENT;
    }
    return id == 0 ? AGON_OK : agon_leg_start(&self->desk, leg, id);
}

static int on_start(void *plugin, uint32_t reason)
{
    struct carry *self = plugin;
    struct carry_state *state = &self->state;
    agon_instrument_t spot = state->spot.instrument, perp = state->perp.instrument;
    int rc = start_leg(self, &state->spot, P_SPOT_VENUE, P_SPOT);

    if (rc >= 0)
        rc = start_leg(self, &state->perp, P_PERP_VENUE, P_PERP);
    if (rc < 0)
        return rc;
    if (state->spot.instrument != 0 && state->spot.instrument == state->perp.instrument)
        return AGON_EINVAL;
    // Without a state of this very pair: what is held is undone, legs first matched to each other.
    if (reason == AGON_START_FRESH || spot != state->spot.instrument ||
        perp != state->perp.instrument) {
        memset(&state->spot_quote, 0, sizeof(state->spot_quote));
        memset(&state->perp_quote, 0, sizeof(state->perp_quote));
        agon_ema_init(&state->paid, (uint32_t)self->payments, AGON_SEED_FIRST);
        state->coming = 0;
        state->t_next = 0;
        leave(self, REASON_LEAVE);
    }
    if (state->paid.period != (uint32_t)self->payments)
        agon_ema_init(&state->paid, (uint32_t)self->payments, AGON_SEED_FIRST);
    return AGON_OK;
}

static int save_state(void *plugin, struct agon_out *out)
{
    return agon_write(out, &((struct carry *)plugin)->state, sizeof(struct carry_state));
}

/* Not so far off that a span added to it could overflow. */
static int is_time(agon_ns_t t)
{
    return t >= 0 && t < INT64_MAX / 2;
}

static int is_quote(const struct quote *quote)
{
    return quote->bid >= 0 && quote->bid <= 1e19 && quote->ask >= 0 && quote->ask <= 1e19 &&
           is_time(quote->t);
}

static int load_state(void *plugin, struct agon_in *in, uint32_t schema)
{
    struct carry_state state;
    int rc = schema == STATE_SCHEMA ? agon_read(in, &state, sizeof(state)) : AGON_EVERSION;

    if (rc < 0)
        return rc;
    if (agon_leg_check(&state.spot) < 0 || agon_leg_check(&state.perp) < 0 ||
        !is_quote(&state.spot_quote) || !is_quote(&state.perp_quote) || !is_time(state.t_enter) ||
        state.target < 0 || state.is_in > 1 || state.reason < 0 || state.reason > REASON_HEDGE ||
        agon_ema_check(&state.paid) < 0 || !(fabs(state.coming) <= 1e19) || !is_time(state.t_next))
        return AGON_ECORRUPT;
    ((struct carry *)plugin)->state = state;
    return AGON_OK;
}

static void destroy(void *plugin)
{
    (void)plugin; // its memory is the arena's
}

static int read_params(struct carry *self)
{
    const struct agon_host_param *param = self->param;
    const struct agon_host *host = self->desk.host;

    if (param->real(host, P_ENTER_PCT, &self->enter_pct) < 0 ||
        param->real(host, P_LEAVE_PCT, &self->leave_pct) < 0 ||
        param->integer(host, P_PAYMENTS, &self->payments) < 0 ||
        param->real(host, P_BASIS_MIN_BPS, &self->basis_min_bps) < 0 ||
        param->integer(host, P_HOLD_MAX_H, &self->hold_max_h) < 0 ||
        param->real(host, P_SIZE_PCT, &self->size_pct) < 0 ||
        param->integer(host, P_STALE_MS, &self->stale_ms) < 0)
        return AGON_EINVAL;
    return self->leave_pct < self->enter_pct ? AGON_OK : AGON_EINVAL;
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
    struct carry *self;

    if (index != 0)
        return AGON_EINVAL;
    if (arena == NULL)
        return AGON_ENOTSUP;
    self = arena->take(host, sizeof(*self), 16);
    if (self == NULL)
        return AGON_ENOMEM;
    self->param = host->get_extension(host, AGON_EXT_PARAM);
    if (agon_desk_init(&self->desk, host) < 0 || self->param == NULL)
        return AGON_ENOTSUP;
    if (read_params(self) < 0)
        return AGON_EINVAL;
    agon_ema_init(&self->state.paid, (uint32_t)self->payments, AGON_SEED_FIRST);
    mine.self = self;
    return agon_agent_set(agent, &mine);
}

#define TUNED (AGON_PARAM_RESTART | AGON_PARAM_TUNABLE)
AGON_NUMBER(enter_pct, P_ENTER_PCT, AGON_REAL, TUNED, 0, 1000, 15, 1, "%/a",
            "enters when funding pays more, as per cent of the position a year");
AGON_NUMBER(leave_pct, P_LEAVE_PCT, AGON_REAL, TUNED, -1000, 1000, 5, 1, "%/a",
            "leaves when it pays less; less than enter_pct");
AGON_NUMBER(payments, P_PAYMENTS, AGON_INTEGER, TUNED, 1, 1000, 3, 1, "",
            "length of the mean of the funding rate, the coming payment included");
AGON_NUMBER(basis_min_bps, P_BASIS_MIN_BPS, AGON_REAL, TUNED, -1000, 1000, -10, 5, "bps",
            "no entry where the perpetual is not dearer than that");
AGON_NUMBER(hold_max_h, P_HOLD_MAX_H, AGON_INTEGER, TUNED, 0, 100000, 0, 8, "h",
            "leaves after so long; 0: never for that");
AGON_NUMBER(size_pct, P_SIZE_PCT, AGON_REAL, AGON_PARAM_RESTART, 0.1, 95, 40, 1, "%",
            "share of the free money that an entry uses, half for each leg");
AGON_NUMBER(stale_ms, P_STALE_MS, AGON_INTEGER, AGON_PARAM_RESTART, 100, 600000, 5000, 100, "ms",
            "a book that has been silent for longer is not traded on");
AGON_TEXTUAL(spot_venue, P_SPOT_VENUE, "of spot; empty: binance");
AGON_TEXTUAL(spot, P_SPOT, "empty: the first spot instrument whose book is seen");
AGON_TEXTUAL(perp_venue, P_PERP_VENUE, "of perp; empty: binance");
AGON_TEXTUAL(perp, P_PERP, "empty: the first linear contract whose book is seen");
static const struct agon_param *const params[] = {
    &enter_pct, &leave_pct,  &payments, &basis_min_bps, &hold_max_h, &size_pct,
    &stale_ms,  &spot_venue, &spot,     &perp_venue,    &perp};
static const char *const requires_ext[] = {AGON_EXT_ARENA, AGON_EXT_ORDERS, AGON_EXT_ACCOUNT,
                                           AGON_EXT_INSTRUMENT, AGON_EXT_PARAM};

static const struct agon_descriptor descriptor = {
    .size = sizeof(descriptor),
    .caps = AGON_DETERMINISTIC | AGON_ADOPTS_ORDERS,
    .kind = AGON_STRATEGY,
    .n_params = sizeof(params) / sizeof(params[0]),
    .id = "org.agon.carry",
    .name = "Funding carry",
    .vendor = "Agon",
    .version = "1.0.0",
    .summary = "Holds spot against a short perpetual while funding pays for it.",
    .params = params,
    .requires_ext = requires_ext,
    .n_requires = sizeof(requires_ext) / sizeof(requires_ext[0]),
    .state_schema = STATE_SCHEMA,
    .state_schema_oldest = STATE_SCHEMA,
    .budget_ns = 5000,
    .event_mask = AGON_ON(AGON_EVENT_TOP10) | AGON_ON(AGON_EVENT_FUNDING) |
                  AGON_ON(AGON_EVENT_STATUS) | AGON_ON(AGON_EVENT_HALT) |
                  AGON_ON(AGON_EVENT_ORDER) | AGON_ON(AGON_EVENT_FILL) |
                  AGON_ON(AGON_EVENT_CAPITAL),
    .arena_bytes = 4096};
static const struct agon_descriptor *const descriptors[] = {&descriptor};

AGON_NOTE("org.agon.carry", "1.0.0");
AGON_EXPORT const struct agon_entry agon_plugin = {.size = sizeof(struct agon_entry),
                                                   .abi_major = AGON_ABI_MAJOR,
                                                   .abi_minor = AGON_ABI_MINOR,
                                                   .n_plugins = 1,
                                                   .plugins = descriptors,
                                                   .create = create};
