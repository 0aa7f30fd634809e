// SPDX-License-Identifier: Apache-2.0
/* mm: a market maker of one spot instrument. It keeps a bid and an offer around the mid price,
 * moved away from the side on which it holds too much, wider when the volatility model says so, and
 * none at all while there is a halt, a stale book or a market that is not open.
 *
 * The pair is one wish, replaced as a whole (AGON_INTENT_QUOTE). What stands is looked up from the
 * host each time, and so is what is held, so that nothing here can differ from the ledger: spot can
 * sell only what it has. Quotes are post-only. README.md says when it fails. */
#include <math.h>

#include <agon/agon.h>
#include <agon/ta.h>

#define STATE_SCHEMA 1
#define OPEN_MAX     16
#define SECOND       ((agon_ns_t)1000000000)
#define REST_NS      (5 * SECOND) /* after a refusal */
#define WATCH_COOKIE 0x6d6d       /* of the timer that looks whether the book still speaks */

enum {
    P_HALF_BPS = 1,
    P_SKEW_BPS,
    P_QUOTE_PCT,
    P_INVENTORY_PCT,
    P_FOLLOW_BPS,
    P_KEEP_PCT,
    P_INTERVAL_MS,
    P_STALE_MS,
    P_HIGH_MULT,
    P_EXTREME_MULT,
    P_VENUE = 12, /* 11 is not used again */
    P_SYMBOL
};
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
    const struct agon_host *host;
    const struct agon_host_orders *orders;
    const struct agon_host_account *account;
    const struct agon_host_instrument *instruments;
    const struct agon_host_param *param;
    const struct agon_host_clock *clock;
    const struct agon_host_signal *signal; /* may be NULL: never wider */
    double half_bps, skew_bps, quote_pct, inventory_pct, follow_bps, keep_pct, high_mult,
        extreme_mult;
    int64_t interval_ms, stale_ms;
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
    int n = self->orders->open_orders(self->host, open, OPEN_MAX);
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
    self->orders->submit(self->host, &intent, 1);
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

    if (self->account->balance(self->host, 0, instrument->quote, &balance) < 0 ||
        self->account->position(self->host, 0, self->state.instrument, &position) < 0 ||
        self->instruments->asset(self->host, instrument->quote, NULL, &exp) < 0)
        return 0;
    cash = agon_to_double(balance.total_amt, exp) / (mid / unit_px) * unit_qty; // in units of qty
    held = position.qty > 0 ? (double)position.qty : 0;
    equity = cash + held;
    most = equity * self->inventory_pct / 100;
    limit = self->account->limit(self->host, 0, self->state.instrument);
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
        self->instruments->get(self->host, state->instrument, &instrument) < 0)
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
    if (self->orders->submit(self->host, legs, 2) < 0)
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

    if (!agon_gate_update(&self->state.gate, self->host, self->instruments, self->state.instrument,
                          event))
        pull(self, event->t);
    return AGON_OK;
}

static int on_event(void *plugin, const struct agon_event_hdr *event, uint64_t nth)
{
    static const struct agon_handlers handlers = {.on_top10 = on_top10,
                                                  .on_order = on_order,
                                                  .on_fill = on_fill,
                                                  .on_signal = on_signal,
                                                  .on_gap = on_gap,
                                                  .on_timer = on_timer,
                                                  .on_other = on_other};

    (void)nth; // the host's proof that nothing was lost; the strategy itself has no use for it
    return agon_dispatch(&handlers, plugin, event);
}

static int on_start(void *plugin, uint32_t reason)
{
    struct mm *self = plugin;
    struct mm_state *state = &self->state;
    const char *venue = self->param->text(self->host, P_VENUE);
    const char *symbol = self->param->text(self->host, P_SYMBOL);
    struct agon_order open[OPEN_MAX];
    struct agon_signal signal;
    agon_instrument_t named = 0;
    int i, n;

    if (symbol && symbol[0]) {
        named = self->instruments->find(self->host, venue && venue[0] ? venue : "binance", symbol);
        if (named == 0)
            return AGON_ENOENT;
        if (named != state->instrument)
            state->level = UNKNOWN;
        state->instrument = named;
    }
    // Timers are the slot's: one that an earlier generation armed still runs.
    if (reason == AGON_START_FRESH || !state->has_timer) {
        if (self->clock->arm(self->host, self->clock->now(self->host) + SECOND, SECOND,
                             WATCH_COOKIE) < 0)
            return AGON_EAGAIN;
        state->has_timer = 1;
    }
    n = self->orders->open_orders(self->host, open, OPEN_MAX);
    for (i = 0; i < n && i < OPEN_MAX; i++)
        if (open[i].client_ref > state->last_ref)
            state->last_ref = open[i].client_ref;
    if (self->signal && state->instrument != 0 &&
        self->signal->last(self->host, VOLATILITY, state->instrument, &signal) >= 0)
        on_signal(self, &signal);
    return AGON_OK;
}

static int save_state(void *plugin, struct agon_out *out)
{
    return agon_write(out, &((struct mm *)plugin)->state, sizeof(struct mm_state));
}

static int load_state(void *plugin, struct agon_in *in, uint32_t schema)
{
    struct mm_state state;
    int rc = schema == STATE_SCHEMA ? agon_read(in, &state, sizeof(state)) : AGON_EVERSION;

    if (rc < 0)
        return rc;
    // Times may be added to below without a look at their range.
    if (state.level > EXTREME || state.gate.is_closed > 1 || state.has_timer > 1 ||
        state.must_move > 1 || state.t_quote < 0 || state.t_quote > INT64_MAX / 2 ||
        state.t_top < 0 || state.t_top > INT64_MAX / 2 || state.t_rest < 0 || state.t_valid < 0)
        return AGON_ECORRUPT;
    ((struct mm *)plugin)->state = state;
    return AGON_OK;
}

static void destroy(void *plugin)
{
    (void)plugin; // its memory is the arena's
}

static int read_params(struct mm *self)
{
    const struct agon_host_param *param = self->param;
    const struct agon_host *host = self->host;

    if (param->real(host, P_HALF_BPS, &self->half_bps) < 0 ||
        param->real(host, P_SKEW_BPS, &self->skew_bps) < 0 ||
        param->real(host, P_QUOTE_PCT, &self->quote_pct) < 0 ||
        param->real(host, P_INVENTORY_PCT, &self->inventory_pct) < 0 ||
        param->real(host, P_FOLLOW_BPS, &self->follow_bps) < 0 ||
        param->real(host, P_KEEP_PCT, &self->keep_pct) < 0 ||
        param->real(host, P_HIGH_MULT, &self->high_mult) < 0 ||
        param->real(host, P_EXTREME_MULT, &self->extreme_mult) < 0 ||
        param->integer(host, P_INTERVAL_MS, &self->interval_ms) < 0 ||
        param->integer(host, P_STALE_MS, &self->stale_ms) < 0)
        return AGON_EINVAL;
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
    struct mm *self;

    if (index != 0)
        return AGON_EINVAL;
    if (arena == NULL)
        return AGON_ENOTSUP;
    self = arena->take(host, sizeof(*self), 16);
    if (self == NULL)
        return AGON_ENOMEM;
    self->host = host;
    self->orders = host->get_extension(host, AGON_EXT_ORDERS);
    self->account = host->get_extension(host, AGON_EXT_ACCOUNT);
    self->instruments = host->get_extension(host, AGON_EXT_INSTRUMENT);
    self->param = host->get_extension(host, AGON_EXT_PARAM);
    self->clock = host->get_extension(host, AGON_EXT_CLOCK);
    self->signal = host->get_extension(host, AGON_EXT_SIGNAL);
    if (self->orders == NULL || self->account == NULL || self->instruments == NULL ||
        self->param == NULL || self->clock == NULL)
        return AGON_ENOTSUP;
    if (read_params(self) < 0)
        return AGON_EINVAL;
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
NUMBER(half_bps, P_HALF_BPS, AGON_REAL, TUNED, 0.1, 1000, 12, 0.5, "bps",
       "each quote's distance from the mid; above the maker's fee, or a round trip loses");
NUMBER(skew_bps, P_SKEW_BPS, AGON_REAL, TUNED, 0, 1000, 8, 0.5, "bps",
       "how far the pair moves when the inventory is full, or empty");
NUMBER(quote_pct, P_QUOTE_PCT, AGON_REAL, TUNED, 0.1, 50, 5, 0.1, "%",
       "size of each quote, as a share of the slot's money");
NUMBER(inventory_pct, P_INVENTORY_PCT, AGON_REAL, TUNED, 1, 95, 40, 1, "%",
       "the most it holds, as a share of the slot's money; half of it is the aim");
NUMBER(follow_bps, P_FOLLOW_BPS, AGON_REAL, TUNED, 0, 100, 3, 0.5, "bps",
       "a quote that the market has left behind by no more stays where it is");
NUMBER(keep_pct, P_KEEP_PCT, AGON_REAL, TUNED, 0, 100, 25, 5, "%",
       "a quote steps back when the market is nearer than this share of its distance");
NUMBER(interval_ms, P_INTERVAL_MS, AGON_INTEGER, AGON_PARAM_RESTART, 10, 60000, 1000, 10, "ms",
       "shortest time between two changes");
NUMBER(stale_ms, P_STALE_MS, AGON_INTEGER, AGON_PARAM_RESTART, 1000, 600000, 5000, 100, "ms",
       "a book that has been silent for longer is not quoted on");
NUMBER(high_mult, P_HIGH_MULT, AGON_REAL, TUNED, 0, 20, 2, 0.5, "",
       "distance when volatility is high, in times of the usual; 0: no quotes");
NUMBER(extreme_mult, P_EXTREME_MULT, AGON_REAL, TUNED, 0, 20, 0, 0.5, "",
       "the same when it is extreme");
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
    .doc = "what to quote; empty: the first instrument whose book is seen"};
static const struct agon_param *const params[] = {
    &half_bps,    &skew_bps, &quote_pct, &inventory_pct, &follow_bps, &keep_pct,
    &interval_ms, &stale_ms, &high_mult, &extreme_mult,  &venue,      &symbol};
static const char *const reads[] = {[VOLATILITY] = "volatility"};
static const char *const requires_ext[] = {AGON_EXT_ARENA,      AGON_EXT_ORDERS, AGON_EXT_ACCOUNT,
                                           AGON_EXT_INSTRUMENT, AGON_EXT_PARAM,  AGON_EXT_CLOCK};

static const struct agon_descriptor descriptor = {
    .size = sizeof(descriptor),
    .caps = AGON_DETERMINISTIC | AGON_ADOPTS_ORDERS,
    .kind = AGON_STRATEGY,
    .n_params = sizeof(params) / sizeof(params[0]),
    .id = "org.agon.mm",
    .name = "Market maker",
    .vendor = "Agon",
    .version = "1.0.0",
    .summary = "Quotes both sides of a spot market around the mid, leaning against its inventory.",
    .params = params,
    .requires_ext = requires_ext,
    .n_requires = sizeof(requires_ext) / sizeof(requires_ext[0]),
    .state_schema = STATE_SCHEMA,
    .state_schema_oldest = STATE_SCHEMA,
    .budget_ns = 10000,
    .event_mask = AGON_ON(AGON_EVENT_TOP10) | AGON_ON(AGON_EVENT_STATUS) |
                  AGON_ON(AGON_EVENT_SIGNAL) | AGON_ON(AGON_EVENT_HALT) |
                  AGON_ON(AGON_EVENT_ORDER) | AGON_ON(AGON_EVENT_FILL) |
                  AGON_ON(AGON_EVENT_CAPITAL) | AGON_ON(AGON_EVENT_TIMER) | AGON_ON(AGON_EVENT_GAP),
    .arena_bytes = 4096,
    .reads = reads,
    .n_reads = sizeof(reads) / sizeof(reads[0])};
static const struct agon_descriptor *const descriptors[] = {&descriptor};

AGON_NOTE("org.agon.mm", "1.0.0");
AGON_EXPORT const struct agon_entry agon_plugin = {.size = sizeof(struct agon_entry),
                                                   .abi_major = AGON_ABI_MAJOR,
                                                   .abi_minor = AGON_ABI_MINOR,
                                                   .n_plugins = 1,
                                                   .plugins = descriptors,
                                                   .create = create};
