// SPDX-License-Identifier: Apache-2.0
/* mm: a market maker of one spot instrument. It keeps a bid and an offer around the mid price,
 * moved away from the side on which it holds too much, wider when the volatility model says so, and
 * none at all while there is a halt, a stale book or a market that is not open.
 *
 * The pair is one wish, replaced as a whole (AGON_INTENT_QUOTE). What stands is looked up from the
 * host each time, and so is what is held, so that nothing here can differ from the ledger: spot can
 * sell only what it has. Quotes are post-only. README.md says when it fails. */
#include <math.h>

#include <agon/strategy.h>

#define OPEN_MAX     16
#define SECOND       ((agon_ns_t)1000000000)
#define REST_NS      (5 * SECOND) /* after a refusal */
#define WATCH_COOKIE 0x6d6d       /* of the timer that looks whether the book still speaks */

#define PARAMS(X)                                                                                  \
    X(REAL, half_bps, 1,                                                                           \
      "each quote's distance from the mid; above the maker's fee, or a round trip loses", "bps",   \
      AGON_TUNED, 0.1, 1000, 12, 0.5)                                                              \
    X(REAL, skew_bps, 2, "how far the pair moves when the inventory is full, or empty", "bps",     \
      AGON_TUNED, 0, 1000, 8, 0.5)                                                                 \
    X(REAL, quote_pct, 3, "size of each quote, as a share of the slot's money", "%", AGON_TUNED,   \
      0.1, 50, 5, 0.1)                                                                             \
    X(REAL, inventory_pct, 4,                                                                      \
      "maximum that it holds, as a share of the slot's money; half of it is the aim", "%",         \
      AGON_TUNED, 1, 95, 40, 1)                                                                    \
    X(REAL, follow_bps, 5, "a quote that the market has left behind by no more stays where it is", \
      "bps", AGON_TUNED, 0, 100, 3, 0.5)                                                           \
    X(REAL, keep_pct, 6,                                                                           \
      "a quote steps back when the market is nearer than this share of its distance", "%",         \
      AGON_TUNED, 0, 100, 25, 5)                                                                   \
    X(INTEGER, interval_ms, 7, "shortest time between two changes", "ms", AGON_SET, 10, 60000,     \
      1000, 10)                                                                                    \
    X(INTEGER, stale_ms, 8, "a book that has been silent for longer is not quoted on", "ms",       \
      AGON_SET, 1000, 600000, 5000, 100)                                                           \
    X(REAL, high_mult, 9, "distance when volatility is high, in times of the usual; 0: no quotes", \
      "", AGON_TUNED, 0, 20, 2, 0.5)                                                               \
    X(REAL, extreme_mult, 10, "the same when it is extreme", "", AGON_TUNED, 0, 20, 0, 0.5)        \
    X(TEXT, venue, 12, "of symbol; empty: binance")                                                \
    X(TEXT, symbol, 13, "what to quote; empty: the first instrument whose book is seen")
enum { VOLATILITY };                                           /* places in reads */
enum level { UNKNOWN = 0, NORMAL = 1, HIGH = 2, EXTREME = 3 }; /* as vol says it: signal.kind */

struct mm_state { /* all that must survive a reload: fixed widths, no pointers, no padding */
    agon_ns_t t_quote, t_top, t_rest; /* last wish; last good book; no new quote before */
    agon_ns_t t_valid;                /* of the last signal */
    uint64_t last_ref;                /* client_ref of the last leg */
    agon_instrument_t instrument;     /* 0: the first whose book is seen */
    uint32_t level;                   /* enum level */
    struct agon_gate gate;            /* of the instrument */
    uint32_t has_timer;
    uint32_t must_move; /* something has changed that the standing pair does not know */
};
struct mm {
    struct agon_strategy base;
    PARAMS(AGON_FIELD)
    const struct agon_host_clock *clock;
    const struct agon_host_signal *signal; /* may be NULL: never wider */
    struct mm_state state;
};
struct side { /* of the pair */
    agon_px_t px;
    agon_qty_t qty;  /* 0: none */
    double distance; /* of a wanted one: from the middle of the pair, in px units */
};
struct standing {
    struct side bid, ask;
    int n, is_busy; /* is_busy: a request is on its way */
};

static void look(const struct mm *self, struct standing *standing)
{
    struct agon_order open[OPEN_MAX];
    int n = self->base.desk.orders->open_orders(self->base.desk.host, open, OPEN_MAX);
    int i;

    memset(standing, 0, sizeof(*standing));
    for (i = 0; i < n && i < OPEN_MAX; i++) {
        struct side *side = open[i].side == AGON_BUY ? &standing->bid : &standing->ask;
        if (open[i].hdr.instrument != self->state.instrument)
            continue;
        standing->n++;
        standing->is_busy |= open[i].request != AGON_REQUEST_NONE;
        side->px = open[i].px;
        side->qty = open[i].qty - open[i].filled_qty;
    }
}

/* Takes everything away; called again as long as something stands. */
static void pull(struct mm *self, agon_ns_t t)
{
    struct standing standing;
    struct agon_intent intent = {.kind = AGON_INTENT_CANCEL_ALL,
                                 .instrument = self->state.instrument};

    if (self->state.instrument == 0)
        return;
    look(self, &standing);
    if (standing.n == 0 || standing.is_busy)
        return;
    self->base.desk.orders->submit(self->base.desk.host, &intent, 1);
    self->state.t_quote = t;
}

/* How much wider than usual; 0: do not quote at all. */
static double width(const struct mm *self, agon_ns_t t)
{
    const struct mm_state *state = &self->state;

    if (state->level == UNKNOWN)
        return 1;
    // A model that has gone silent is no reason to feel safe.
    if (state->t_valid != 0 && t > state->t_valid)
        return self->high_mult;
    return state->level == EXTREME ? self->extreme_mult
           : state->level == HIGH  ? self->high_mult
                                   : 1;
}

static agon_qty_t lots(const struct agon_instrument *instrument, double qty, double px, int exp)
{
    agon_qty_t whole = agon_floor_to(qty, instrument->lot_qty);
    double notional =
        agon_to_double(whole, instrument->qty_exp) * px / (double)agon_pow10(instrument->px_exp);

    return whole <= 0 || whole < instrument->min_qty ||
                   notional < agon_to_double(instrument->min_notional_amt, exp)
               ? 0
               : whole;
}

/* The pair that should stand. 0: cannot be told now. */
static int wish(const struct mm *self, const struct agon_instrument *instrument,
                const struct agon_top10 *top, double wider, struct side *bid, struct side *ask)
{
    double best_bid = (double)top->bid[0].px, best_ask = (double)top->ask[0].px;
    double mid = (best_bid + best_ask) / 2, half = mid * self->half_bps * 1e-4 * wider;
    double unit_px = (double)agon_pow10(instrument->px_exp);
    double unit_qty = (double)agon_pow10(instrument->qty_exp);
    double cash, held, equity, most, target, lean, size;
    struct agon_balance balance;
    struct agon_position position;
    agon_qty_t limit;
    int exp;

    if (self->base.desk.account->balance(self->base.desk.host, 0, instrument->quote, &balance) <
            0 ||
        self->base.desk.account->position(self->base.desk.host, 0, self->state.instrument,
                                          &position) < 0 ||
        self->base.desk.instruments->asset(self->base.desk.host, instrument->quote, NULL, &exp) < 0)
        return 0;
    cash = agon_to_double(balance.total_amt, exp) / (mid / unit_px) * unit_qty; // in units of qty
    held = position.qty > 0 ? (double)position.qty : 0;
    equity = cash + held;
    most = equity * self->inventory_pct / 100;
    limit = self->base.desk.account->limit(self->base.desk.host, 0, self->state.instrument);
    if (limit >= 0 && most > (double)limit)
        most = (double)limit;
    if (!(most > 0))
        return 0;
    // Half of the most is where it wants to be: a spot market maker needs something to sell.
    target = most / 2;
    lean = (held - target) / target;
    lean = lean > 1 ? 1 : lean;
    mid *= 1 - lean * self->skew_bps * 1e-4;
    size = equity * self->quote_pct / 100;
    bid->px = agon_floor_to(mid - half, instrument->tick_px);
    ask->px = agon_ceil_to(mid + half, instrument->tick_px);
    bid->distance = ask->distance = half;
    // Post-only: never at or through the other side.
    if ((double)bid->px >= best_ask)
        bid->px = agon_ceil_to(best_ask, instrument->tick_px) - instrument->tick_px;
    if ((double)ask->px <= best_bid)
        ask->px = agon_floor_to(best_bid, instrument->tick_px) + instrument->tick_px;
    if (bid->px <= 0)
        return 0;
    size = size < most - held ? size : most - held;
    size = size < cash * 0.98 ? size : cash * 0.98; // room for fees
    bid->qty = lots(instrument, size, (double)bid->px, exp);
    size = equity * self->quote_pct / 100;
    ask->qty = lots(instrument, size < held ? size : held, (double)ask->px, exp);
    return 1;
}

/* Should the leg that stands be moved? It follows a market that goes away, but does not run from
 * one that comes: then it would never trade. It steps back when the market is almost there. */
static int is_off(const struct mm *self, const struct side *wanted, const struct side *stands,
                  int is_bid)
{
    double gap = (double)stands->px - (double)wanted->px;
    double nearer = is_bid ? gap : -gap;
    double change = fabs((double)wanted->qty - (double)stands->qty);

    if (wanted->qty == 0 || stands->qty == 0)
        return wanted->qty != stands->qty;
    if (self->state.must_move)
        return wanted->px != stands->px || wanted->qty != stands->qty;
    return -nearer > (double)wanted->px * self->follow_bps * 1e-4 ||
           nearer > wanted->distance * (1 - self->keep_pct / 100) ||
           change > 0.2 * (double)wanted->qty;
}

static struct agon_intent leg(struct mm *self, uint8_t side, const struct side *wanted,
                              const struct side *stands)
{
    // What is near enough stays where it is, and keeps its place in the queue.
    const struct side *chosen = is_off(self, wanted, stands, side == AGON_BUY) ? wanted : stands;
    struct agon_intent intent = {.kind = AGON_INTENT_QUOTE,
                                 .side = side,
                                 .type = AGON_LIMIT,
                                 .flags = AGON_POST_ONLY,
                                 .instrument = self->state.instrument,
                                 .reason = 1,
                                 .client_ref = self->state.last_ref + side,
                                 .px = chosen->qty > 0 ? chosen->px : 0,
                                 .qty = chosen->qty};

    return intent;
}

static int on_top10(void *plugin, const struct agon_top10 *top)
{
    struct mm *self = plugin;
    struct mm_state *state = &self->state;
    struct agon_instrument instrument;
    struct agon_intent legs[2];
    struct standing standing;
    struct side bid, ask;
    agon_ns_t t = top->hdr.t;
    double wider;

    if (state->instrument == 0)
        state->instrument = top->hdr.instrument;
    if (top->hdr.instrument != state->instrument)
        return AGON_OK;
    wider = width(self, t);
    if (top->book != AGON_BOOK_LIVE || top->n_bid == 0 || top->n_ask == 0 || top->bid[0].px <= 0 ||
        top->bid[0].px >= top->ask[0].px || !agon_gate_is_open(&state->gate) || !(wider > 0)) {
        pull(self, t);
        return AGON_OK;
    }
    state->t_top = t;
    if (t < state->t_quote + self->interval_ms * 1000000 || t < state->t_rest ||
        self->base.desk.instruments->get(self->base.desk.host, state->instrument, &instrument) < 0)
        return AGON_OK;
    look(self, &standing);
    if (standing.is_busy || !wish(self, &instrument, top, wider, &bid, &ask))
        return AGON_OK;
    if (!is_off(self, &bid, &standing.bid, 1) && !is_off(self, &ask, &standing.ask, 0)) {
        state->must_move = 0;
        return AGON_OK;
    }
    legs[0] = leg(self, AGON_BUY, &bid, &standing.bid);
    legs[1] = leg(self, AGON_SELL, &ask, &standing.ask);
    if (self->base.desk.orders->submit(self->base.desk.host, legs, 2) < 0)
        return AGON_OK; // a full ring: the next book brings the same wish
    state->last_ref += 2;
    state->t_quote = t;
    state->must_move = 0;
    return AGON_OK;
}

static int on_order(void *plugin, const struct agon_order *order)
{
    struct mm_state *state = &((struct mm *)plugin)->state;

    if (order->hdr.instrument == state->instrument && order->state == AGON_ORDER_REJECTED)
        state->t_rest = order->hdr.t + REST_NS;
    return AGON_OK;
}

static int on_fill(void *plugin, const struct agon_fill *fill)
{
    struct mm *self = plugin;

    // What is held has changed, and with it where both sides should be.
    if (fill->hdr.instrument == self->state.instrument)
        self->state.must_move = 1;
    return AGON_OK;
}

static int on_signal(void *plugin, const struct agon_signal *signal)
{
    struct mm *self = plugin;

    if (signal->key != VOLATILITY || signal->hdr.instrument != self->state.instrument ||
        signal->kind < NORMAL || signal->kind > EXTREME)
        return AGON_OK;
    if (signal->kind != self->state.level)
        self->state.must_move = 1;
    self->state.level = signal->kind;
    self->state.t_valid = signal->t_valid;
    return AGON_OK;
}

static int on_gap(void *plugin, const struct agon_gap *gap)
{
    // The books are stale until their next TOP10, which comes before the next quote in any case.
    pull(plugin, gap->hdr.t);
    return AGON_OK;
}

static int on_timer(void *plugin, const struct agon_timer *timer)
{
    struct mm *self = plugin;

    if (timer->cookie == WATCH_COOKIE &&
        timer->hdr.t > self->state.t_top + self->stale_ms * 1000000)
        pull(self, timer->hdr.t);
    return AGON_OK;
}

static int on_other(void *plugin, const struct agon_event_hdr *event)
{
    struct mm *self = plugin;

    if (!agon_gate_update(&self->state.gate, self->base.desk.host, self->base.desk.instruments,
                          self->state.instrument, event))
        pull(self, event->t);
    return AGON_OK;
}

static int on_start(void *plugin, uint32_t reason)
{
    struct mm *self = plugin;
    struct mm_state *state = &self->state;
    struct agon_order open[OPEN_MAX];
    struct agon_signal signal;
    agon_instrument_t named = state->instrument;
    int i, n, rc = agon_strategy_find(&self->base, self->venue, self->symbol, &named);

    if (rc < 0)
        return rc;
    if (named != state->instrument)
        state->level = UNKNOWN;
    state->instrument = named;
    // Timers are the slot's: one that an earlier generation armed still runs.
    if (reason == AGON_START_FRESH || !state->has_timer) {
        if (self->clock->arm(self->base.desk.host, self->clock->now(self->base.desk.host) + SECOND,
                             SECOND, WATCH_COOKIE) < 0)
            return AGON_EAGAIN;
        state->has_timer = 1;
    }
    n = self->base.desk.orders->open_orders(self->base.desk.host, open, OPEN_MAX);
    for (i = 0; i < n && i < OPEN_MAX; i++)
        if (open[i].client_ref > state->last_ref)
            state->last_ref = open[i].client_ref;
    if (self->signal && state->instrument != 0 &&
        self->signal->last(self->base.desk.host, VOLATILITY, state->instrument, &signal) >= 0)
        on_signal(self, &signal);
    return AGON_OK;
}

static int check(const void *at)
{
    const struct mm_state *state = at;

    // Times may be added to below without a look at their range.
    return state->level <= EXTREME && state->gate.is_closed <= 1 && state->has_timer <= 1 &&
           state->must_move <= 1 && agon_strategy_is_time(state->t_quote) &&
           agon_strategy_is_time(state->t_top) && state->t_rest >= 0 && state->t_valid >= 0;
}

static int init(void *plugin)
{
    struct mm *self = plugin;
    const struct agon_host *host = self->base.desk.host;

    self->clock = host->get_extension(host, AGON_EXT_CLOCK);
    self->signal = host->get_extension(host, AGON_EXT_SIGNAL);
    return AGON_OK;
}

static const char *const reads[] = {[VOLATILITY] = "volatility"};
static const struct agon_handlers handlers = {.on_top10 = on_top10,
                                              .on_order = on_order,
                                              .on_fill = on_fill,
                                              .on_signal = on_signal,
                                              .on_gap = on_gap,
                                              .on_timer = on_timer,
                                              .on_other = on_other};
static const struct agon_rule rule = {AGON_RULE(struct mm), .init = init, .check = check,
                                      .on = &handlers, .start = on_start};
AGON_PARAMS(struct mm, PARAMS);
AGON_SERVICES(AGON_TO_TRADE, AGON_EXT_CLOCK);
/* Of reasons 1, 2, ...: what people read. */
static const char *const tags[] = {"quote"};
static const struct agon_descriptor descriptor = {
    AGON_STRATEGY_AHEAD(struct mm, 10000),
    AGON_NAMED("org.agon.mm", "1.0.0", "Market maker", "Agon"),
    AGON_TAGS(tags),
    .summary = "Quotes both sides of a spot market around the mid, leaning against its inventory.",
    AGON_SCHEMA(1, 1),
    .event_mask = AGON_ON(AGON_EVENT_TOP10) | AGON_ON(AGON_EVENT_SIGNAL) |
                  AGON_ON(AGON_EVENT_TIMER) | AGON_ON(AGON_EVENT_GAP) | AGON_ON_LEG,
    .reads = reads,
    .n_reads = sizeof(reads) / sizeof(reads[0])};
AGON_PLUGIN("org.agon.mm", "1.0.0", descriptor, rule);
