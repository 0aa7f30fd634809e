// SPDX-License-Identifier: Apache-2.0
/* scalper: trades on a model of direction (`direction: AGENT.direction` in its entry of the roster)
 * minute by minute. What a word of the model is followed by it learns as it goes: the line through
 * zero of smallest squares, of moves over p_up - p_down, the newest weighing most. It goes in only
 * where the move that this lets expect is more than going in and out costs (fees, spread,
 * slippage); a stop of 0.1 to 0.3 % and an end by time are plans that the host keeps. README.md
 * says when it fails. */
#include <math.h>

#include <agon/strategy.h>

#define AHEAD_MAX 15
#define RING      (AHEAD_MAX + 1)
#define DIGITS    1e-12                        /* what a product of doubles may be off by */
#define WISH_NS   ((agon_ns_t)10 * 1000000000) /* a turn's second half comes so soon, or not */

#define PARAMS(X)                                                                                  \
    X(REAL, stop_pct, 1, "leaves this far from the entry, on the side of loss", "%", AGON_TUNED,   \
      0.1, 0.3, 0.2, 0.01)                                                                         \
    X(REAL, take_pct, 2, "takes the profit this far from the entry; 0: never", "%", AGON_TUNED, 0, \
      5, 0, 0.05)                                                                                  \
    X(REAL, edge, 3, "goes in where the expected move is so many times the costs", "",             \
      AGON_PARAM_LIVE | AGON_PARAM_TUNABLE, 1, 20, 1.2, 0.1)                                       \
    X(REAL, against, 4, "leaves where p_up - p_down is against it by more than this", "",          \
      AGON_PARAM_LIVE | AGON_PARAM_TUNABLE, 0, 1, 0.2, 0.01)                                       \
    X(REAL, slip_bps, 5, "slippage of an order that is reckoned with, and how deep it buys",       \
      "bps", AGON_TUNED, 0, 50, 1, 0.1)                                                            \
    X(INTEGER, ahead, 6, "candles that the model looks ahead", "bars", AGON_SET, 1, AHEAD_MAX, 1,  \
      1)                                                                                           \
    X(INTEGER, span, 7,                                                                            \
      "signals of which it learns what follows them, and the first it only listens to", "bars",    \
      AGON_TUNED, 5, 500, 60, 1)                                                                   \
    X(INTEGER, hold, 8, "leaves after so many candles without a word for it", "bars", AGON_TUNED,  \
      1, 120, 5, 1)                                                                                \
    AGON_PARAM_SIZE(X, 9, 40)                                                                      \
    X(CHOICE, sides, 10, "both: sells short as well, on a contract", "long|both", 1)               \
    X(BAR, bar_s, 11, "length of a candle, the model's", 0)                                        \
    X(TEXT, venue, 12, "of symbol; empty: binance")                                                \
    X(TEXT, symbol, 13, "what to trade; empty: the first instrument that a bar comes of")
enum { DIRECTION }; /* places in reads */
enum reason { REASON_EDGE = 1, REASON_TURN = 2, REASON_AGAINST = 3 };

struct scalper_state { /* fixed widths, no pointers, no padding */
    agon_ns_t t_bar;
    struct agon_leg leg;
    uint64_t n;          /* candles seen */
    uint64_t n_judged;   /* signals whose candles have come */
    double closes[RING]; /* of candle i in place i % RING */
    double values[RING]; /* the signal that came behind it; 0: none */
    double xx, xy;       /* of signals, and of signals and what followed as a share of the price */
    double wished;       /* the move to go in on once it is flat; 0: none */
    agon_ns_t t_wish;    /* until then */
    agon_ns_t t_exit;    /* of the plan that stands */
    double plan_px;      /* the entry that it is of */
};
struct scalper {
    struct agon_strategy base;
    PARAMS(AGON_FIELD)
    const struct agon_host_exit *exit;
    const struct agon_host_book *book;
    struct scalper_state state;
};
/* What there is to trade at now. */
struct market {
    struct agon_instrument instrument;
    struct agon_top10 top;
    double bid, ask, costs; /* costs: of going in and out, as a share of the price */
};

static void fresh(void *plugin)
{
    struct scalper_state *state = &((struct scalper *)plugin)->state;
    uint32_t i;

    state->n = state->n_judged = 0;
    state->xx = state->xy = 0;
    for (i = 0; i < RING; i++)
        state->closes[i] = state->values[i] = 0;
}

static int is_number(double value, double most)
{
    return value >= -most && value <= most; // false of NaN
}

static int check(const void *at)
{
    const struct scalper_state *state = at;
    uint32_t i;

    for (i = 0; i < RING; i++)
        if (!is_number(state->closes[i], 1e19) || state->closes[i] < 0 ||
            !is_number(state->values[i], 1))
            return 0;
    return agon_strategy_is_time(state->t_bar) && agon_strategy_is_time(state->t_wish) &&
           agon_strategy_is_time(state->t_exit) && is_number(state->xx, 1e6) && state->xx >= 0 &&
           is_number(state->xy, 1e6) && is_number(state->wished, 1e6) &&
           is_number(state->plan_px, 1e19) && state->n < UINT64_MAX / 2 &&
           state->n_judged <= state->n;
}

static int init(void *plugin)
{
    struct scalper *self = plugin;
    const struct agon_host *host = self->base.desk.host;

    self->exit = host->get_extension(host, AGON_EXT_EXIT);
    self->book = host->get_extension(host, AGON_EXT_BOOK);
    return AGON_OK;
}

/* The signal of `ahead` candles ago has come to what it came to. */
static int feed(void *plugin, const struct agon_bar *bar)
{
    struct scalper *self = plugin;
    struct scalper_state *state = &self->state;
    uint64_t ahead = (uint64_t)self->ahead;
    double close = (double)bar->close_px;

    if (state->n >= ahead) {
        uint32_t at = (uint32_t)((state->n - ahead) % RING);
        double value = state->values[at], keep = 1 - 1 / (double)self->span;

        if (value != 0 && state->closes[at] > 0) {
            state->xx = state->xx * keep + value * value;
            state->xy = state->xy * keep + value * (close / state->closes[at] - 1);
            state->n_judged++;
        }
    }
    state->closes[state->n % RING] = close;
    state->values[state->n % RING] = 0;
    state->n++;
    return 0;
}

/* What a signal lets expect, as a share of the price; 0 until there is enough to say it of. */
static double expect(const struct scalper *self, double value)
{
    const struct scalper_state *state = &self->state;

    return state->n_judged >= (uint64_t)self->span && state->xx > 0 ? value * state->xy / state->xx
                                                                    : 0;
}

static int on_bar(void *plugin, const struct agon_bar *bar)
{
    struct scalper *self = plugin;
    struct agon_leg *leg = &self->state.leg;

    if (bar->length_s != self->bar_s || bar->close_px <= 0 || bar->hdr.instrument == 0)
        return AGON_OK;
    if (leg->instrument == 0)
        agon_leg_start(&self->base.desk, leg, bar->hdr.instrument);
    if (leg->instrument == bar->hdr.instrument && bar->t_open > self->state.t_bar)
        agon_strategy_feed(self, bar);
    return AGON_OK;
}

/* Is there a book to trade on, and what does it cost? */
static int look(const struct scalper *self, struct market *market)
{
    const struct agon_desk *desk = &self->base.desk;
    agon_instrument_t id = self->state.leg.instrument;
    const struct agon_top10 *top = &market->top;

    if (desk->instruments->get(desk->host, id, &market->instrument) < 0 ||
        self->book->top(desk->host, id, &market->top) < 0 || top->book != AGON_BOOK_LIVE ||
        top->n_bid == 0 || top->n_ask == 0)
        return 0;
    market->bid = (double)top->bid[0].px;
    market->ask = (double)top->ask[0].px;
    if (!(market->bid > 0) || market->ask < market->bid)
        return 0;
    market->costs = 2 * ((double)market->instrument.taker_fee_ppb / 1e9 + self->slip_bps / 1e4) +
                    (market->ask - market->bid) / market->bid;
    return 1;
}

/* To which side that move is larger than what it costs. */
static int side_of(const struct scalper *self, const struct market *market, double expected)
{
    double least = self->edge * (market->costs > 0 ? market->costs : 0);
    int is_short =
        self->sides == 1 && (agon_instrument_has(market->instrument.kind) & AGON_KIND_COINS) == 0;

    if (expected > least)
        return 1;
    return is_short && -expected > least ? -1 : 0;
}

/* What the book has within slip_bps of its best price: more would cost more than is reckoned with.
 */
static agon_qty_t depth(const struct scalper *self, const struct market *market, int side)
{
    const struct agon_level *levels = side > 0 ? market->top.ask : market->top.bid;
    uint32_t n = side > 0 ? market->top.n_ask : market->top.n_bid;
    double best = (double)levels[0].px, reach = best * self->slip_bps / 1e4;
    agon_qty_t sum = 0;
    uint32_t i;

    for (i = 0; i < n && i < 10 && fabs((double)levels[i].px - best) <= reach; i++)
        sum += levels[i].qty < INT64_MAX - sum ? levels[i].qty : INT64_MAX - sum;
    return market->instrument.lot_qty > 1 ? sum - sum % market->instrument.lot_qty : sum;
}

/* Stop, profit and time are the host's to keep: they hold also when this plugin is gone. */
static void protect(struct scalper *self, int side, double px)
{
    struct agon_exit_plan plan = {.instrument = self->state.leg.instrument,
                                  .side = side > 0 ? AGON_BUY : AGON_SELL,
                                  .client_ref = 1,
                                  .t_exit = self->state.t_exit};
    double stop = px * (1 - side * self->stop_pct / 100);

    // On the near side of the price's digits: the loss is never the larger for it.
    plan.stop_px = (agon_px_t)(side > 0 ? ceil(stop * (1 - DIGITS)) : floor(stop * (1 + DIGITS)));
    if (self->take_pct > 0)
        plan.take_px[0] = (agon_px_t)(px * (1 + side * self->take_pct / 100));
    if (self->exit->set(self->base.desk.host, &plan) >= 0)
        self->state.plan_px = px;
}

/* Of the free money, but not of what was won on top of the capital: limits are shares of that. */
static agon_qty_t size(const struct scalper *self, double px)
{
    const struct agon_desk *desk = &self->base.desk;
    double per_cent = self->size_pct;
    struct agon_capital capital;

    if (desk->account->capital(desk->host, &capital) >= 0 && capital.capital_amt > 0 &&
        capital.equity_amt > capital.capital_amt)
        per_cent *= (double)capital.capital_amt / (double)capital.equity_amt;
    return agon_leg_size(desk, &self->state.leg, per_cent, px);
}

static void enter(struct scalper *self, const struct market *market, int side, agon_ns_t t)
{
    struct agon_leg *leg = &self->state.leg;
    double px = side > 0 ? market->ask : market->bid;
    agon_qty_t qty = size(self, px);
    agon_qty_t most = depth(self, market, side);

    qty = qty < most ? qty : most;
    if (qty <= 0 || agon_leg_go(&self->base.desk, leg, side * qty, px, REASON_EDGE, t) != 1)
        return;
    self->state.t_exit = t + self->hold * (agon_ns_t)self->bar_s * 1000000000;
    protect(self, side, px);
}

static void leave(struct scalper *self, const struct market *market, int side, enum reason reason,
                  agon_ns_t t)
{
    agon_leg_go(&self->base.desk, &self->state.leg, 0, side > 0 ? market->bid : market->ask,
                (uint16_t)reason, t);
}

static int on_signal(void *plugin, const struct agon_signal *signal)
{
    struct scalper *self = plugin;
    struct scalper_state *state = &self->state;
    struct market market;
    agon_ns_t t = signal->hdr.t;
    double value = signal->p_up - signal->p_down, expected;
    int side, wanted;

    if (signal->key != DIRECTION || signal->hdr.instrument == 0 ||
        signal->hdr.instrument != state->leg.instrument || state->n == 0 ||
        (signal->t_valid != 0 && t > signal->t_valid) || !is_number(value, 1))
        return AGON_OK;
    state->values[(state->n - 1) % RING] = value;
    state->wished = 0;
    if (!look(self, &market))
        return AGON_OK;
    expected = expect(self, value);
    side = agon_strategy_side(agon_leg_held(&self->base.desk, &state->leg, market.bid));
    wanted = side_of(self, &market, expected);
    if (side == 0 && wanted != 0) {
        enter(self, &market, wanted, t);
    } else if (side != 0 && wanted == side) {
        state->t_exit = t + self->hold * (agon_ns_t)self->bar_s * 1000000000;
        protect(self, side, state->leg.entry_px > 0 ? state->leg.entry_px : market.bid);
    } else if (side != 0 && wanted == -side) {
        state->wished = expected;
        state->t_wish = t + WISH_NS;
        leave(self, &market, side, REASON_TURN, t);
    } else if (side * value < -self->against) {
        leave(self, &market, side, REASON_AGAINST, t);
    }
    return AGON_OK;
}

/* Fills say what the entry was, and when it is flat: a turn's second half, if it is wanted still.
 */
static int on_other(void *plugin, const struct agon_event_hdr *event)
{
    struct scalper *self = plugin;
    struct scalper_state *state = &self->state;
    struct agon_leg *leg = &state->leg;
    struct market market;
    int news = agon_leg_update(&self->base.desk, leg, event);
    int side = agon_strategy_side(leg->held_qty), wanted;

    if (news != AGON_LEG_FILL && news != AGON_LEG_DONE)
        return AGON_OK;
    if (side != 0 && leg->working_ref == 0 && leg->entry_px > 0 && leg->entry_px != state->plan_px)
        protect(self, side, leg->entry_px);
    if (event->t > state->t_wish)
        state->wished = 0;
    if (state->wished == 0 || leg->working_ref != 0 || !look(self, &market) ||
        agon_leg_held(&self->base.desk, leg, market.bid) != 0)
        return AGON_OK;
    wanted = side_of(self, &market, state->wished);
    state->wished = 0;
    if (wanted != 0)
        enter(self, &market, wanted, event->t);
    return AGON_OK;
}

static const char *const reads[] = {[DIRECTION] = "direction"};
static const struct agon_handlers handlers = {
    .on_bar = on_bar, .on_signal = on_signal, .on_other = on_other};
static const struct agon_rule rule = {AGON_RULE_ON_BARS(struct scalper),
                                      .init = init,
                                      .fresh = fresh,
                                      .check = check,
                                      .feed = feed,
                                      .on = &handlers};
AGON_PARAMS(struct scalper, PARAMS);
AGON_SERVICES(AGON_TO_TRADE, AGON_EXT_EXIT, AGON_EXT_BOOK, AGON_EXT_SIGNAL);
/* Of reasons 1, 2, ...: what people read. */
static const char *const tags[] = {"edge", "turn", "against"};
static const struct agon_descriptor descriptor = {
    AGON_STRATEGY_AHEAD(struct scalper, 10000),
    AGON_NAMED("org.agon.scalper", "1.0.0", "Minute scalper", "Agon"),
    AGON_TAGS(tags),
    .summary = "Trades a model's direction where the move that it expects beats the costs.",
    AGON_SCHEMA(1, 1),
    .event_mask = AGON_ON(AGON_EVENT_BAR) | AGON_ON(AGON_EVENT_SIGNAL) | AGON_ON(AGON_EVENT_PARAM) |
                  AGON_ON_LEG,
    .reads = reads,
    .n_reads = sizeof(reads) / sizeof(reads[0])};
AGON_PLUGIN("org.agon.scalper", "1.0.0", descriptor, rule);
