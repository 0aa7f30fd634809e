// SPDX-License-Identifier: Apache-2.0
/* rascal: misbehaves on purpose, so that an operator can watch what becomes of one that does. It
 * bids far below the market and keeps that order open; when its time has come it writes through a
 * null pointer, never returns from a callback, or wishes for orders without end. README.md says
 * what the host does about each. */
#include <agon/strategy.h>

/* The build makes a file of each kind: a quarantine is of a file. */
#ifndef RASCAL_MISCHIEF
#define RASCAL_MISCHIEF 0
#endif

#define SECOND   ((agon_ns_t)1000000000)
#define FLOOD_NS (60 * SECOND) /* a flood lasts so long */
#define SETTLED  1000          /* deliveries to a slot before which its plugin is its first */

#define PARAMS(X)                                                                                  \
    X(CHOICE, mischief, 1, "what it does in the end", "none|crash|hang|flood", RASCAL_MISCHIEF)    \
    X(INTEGER, after_s, 2, "good behaviour from its first event on, market time", "s", AGON_SET,   \
      0, 100000000, 600, 60)                                                                       \
    X(INTEGER, again_s, 3, "the same after a restart, and after a flood of a minute", "s",         \
      AGON_SET, 0, 100000000, 0, 60)                                                               \
    X(REAL, away_bps, 4, "how far below the last trade its order stands", "bps", AGON_SET, 1, 900, \
      300, 10)                                                                                     \
    X(REAL, size_pct, 5, "share of the free money that its order would spend", "%", AGON_SET, 0.1, \
      95, 5, 0.1)                                                                                  \
    X(INTEGER, flood, 6, "intents on each trade of a flood", "orders", AGON_SET, 1, 1000, 200, 1)  \
    X(TEXT, venue, 7, "of symbol; empty: binance")                                                 \
    X(TEXT, symbol, 8, "what to bid on; empty: the first instrument that trades")
enum mischief { BEHAVE = 0, CRASH = 1, HANG = 2, FLOOD = 3 };

struct rascal_state { /* all that must survive a reload: fixed widths, no pointers, no padding */
    struct agon_leg leg;
    uint64_t n_orders;
    agon_ns_t t_due; /* of the mischief; 0: not known yet */
    agon_ns_t t_ask; /* no other bid before */
};
struct rascal {
    struct agon_strategy base;
    PARAMS(AGON_FIELD)
    int is_anew; /* begun after a crash */
    struct rascal_state state;
};

/* Its own numbers stand above the leg's, which counts from instrument << 32. */
static int bid(struct rascal *self, const struct agon_trade *trade)
{
    struct rascal_state *state = &self->state;
    struct agon_instrument instrument;
    double px = (double)trade->px * (1.0 - self->away_bps / 1e4);
    struct agon_intent intent = {.kind = AGON_INTENT_ORDER,
                                 .side = AGON_BUY,
                                 .type = AGON_LIMIT,
                                 .flags = AGON_POST_ONLY,
                                 .instrument = state->leg.instrument,
                                 .reason = 1};

    if (self->base.desk.instruments->get(self->base.desk.host, state->leg.instrument, &instrument) <
        0)
        return 0;
    intent.px = agon_floor_to(px, instrument.tick_px);
    intent.qty = agon_leg_size(&self->base.desk, &state->leg, self->size_pct, px);
    if (intent.qty <= 0 && self->mischief == FLOOD) // without money too
        intent.qty = instrument.min_qty;
    intent.client_ref = ((uint64_t)state->leg.instrument << 32) + 0x80000000u + state->n_orders + 1;
    if (intent.px <= 0 || intent.qty <= 0 ||
        self->base.desk.orders->submit(self->base.desk.host, &intent, 1) < 0)
        return 0;
    state->n_orders = (state->n_orders + 1) & 0x3fffffff;
    return 1;
}

static void misbehave(struct rascal *self, const struct agon_trade *trade)
{
    static int *volatile nowhere; // no compiler is to see that it leads nowhere

    if (self->mischief == CRASH)
        *nowhere = 1;
    while (self->mischief == HANG)
        __asm__ volatile("");
    for (int64_t i = 0; i < self->flood; i++) {
        if (!bid(self, trade))
            break;
    }
    if (trade->hdr.t >= self->state.t_due + FLOOD_NS)
        self->state.t_due = trade->hdr.t + self->again_s * SECOND;
}

static int on_trade(void *plugin, const struct agon_trade *trade)
{
    struct rascal *self = plugin;
    struct rascal_state *state = &self->state;
    agon_ns_t t = trade->hdr.t;

    if (state->leg.instrument == 0)
        agon_leg_start(&self->base.desk, &state->leg, trade->hdr.instrument);
    if (state->leg.instrument != trade->hdr.instrument || trade->px <= 0)
        return AGON_OK;
    // A slot's count goes on when its plugin is restarted, with its state or without.
    if (state->t_due == 0 && self->base.first_nth > SETTLED)
        self->is_anew = 1;
    if (state->t_due == 0 || self->is_anew)
        state->t_due = t + (self->is_anew ? self->again_s : self->after_s) * SECOND;
    self->is_anew = 0;
    if (self->mischief != BEHAVE && t >= state->t_due) {
        misbehave(self, trade);
        return AGON_OK;
    }
    if (t < state->t_ask || !agon_leg_is_free(&self->base.desk, &state->leg, t) ||
        self->base.desk.orders->open_orders(self->base.desk.host, NULL, 0) != 0)
        return AGON_OK;
    state->t_ask = t + 60 * SECOND;
    bid(self, trade);
    return AGON_OK;
}

static int on_other(void *plugin, const struct agon_event_hdr *event)
{
    struct rascal *self = plugin;

    // The leg follows position and halts; it sends nothing here.
    agon_leg_update(&self->base.desk, &self->state.leg, event);
    return AGON_OK;
}

static int on_start(void *plugin, uint32_t reason)
{
    ((struct rascal *)plugin)->is_anew = reason == AGON_START_RESTORE;
    return agon_strategy_begin(plugin, reason);
}

static int check(const void *at)
{
    const struct rascal_state *state = at;

    return state->n_orders <= 0x3fffffff && agon_strategy_is_time(state->t_due) &&
           state->t_ask >= 0;
}

static const struct agon_handlers handlers = {.on_trade = on_trade, .on_other = on_other};
static const struct agon_rule rule = {AGON_RULE_WITH_LEG(struct rascal), .check = check,
                                      .on = &handlers, .start = on_start};
AGON_PARAMS(struct rascal, PARAMS);
AGON_SERVICES(AGON_TO_TRADE);
/* Of reasons 1, 2, ...: what people read. */
static const char *const tags[] = {"bid"};
static const struct agon_descriptor descriptor = {
    AGON_STRATEGY_AHEAD(struct rascal, 5000),
    AGON_NAMED("org.agon.rascal", "1.0.0", "Rascal", "Agon"),
    AGON_TAGS(tags),
    .summary =
        "Keeps a bid open, and then crashes, hangs or exceeds the refused-intent limit: shows "
        "what the host does.",
    AGON_SCHEMA(1, 1),
    .event_mask = AGON_ON(AGON_EVENT_TRADE) | AGON_ON_LEG};
AGON_PLUGIN("org.agon.rascal", "1.0.0", descriptor, rule);
