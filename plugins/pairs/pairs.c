// SPDX-License-Identifier: Apache-2.0
/* pairs: two instruments that move together. Their spread is what the first one's price differs
 * from a line through the second one's, fitted over the last candles (its slope is the hedge
 * ratio); its z-score is how many of its own standard deviations that is. Beyond the entry the dear
 * one is sold against the cheap one, until the spread is back, too wide or too old.
 *
 * Two contracts are held against each other, hedged by the ratio. Spot cannot be sold short: there
 * it only holds the cheap one of the two. README.md says when it fails. */
#include <math.h>

#include <agon/strategy.h>

#define PARAMS(X)                                                                                  \
    X(INTEGER, period, 1, "candles that the line is fitted over", "bars", AGON_TUNED, 10, 512,     \
      240, 10)                                                                                     \
    X(REAL, enter_z, 2, "enters when the spread is so many standard deviations away", "",          \
      AGON_TUNED, 0.1, 20, 2, 0.25)                                                                \
    X(REAL, leave_z, 3, "leaves when it is nearer than that; less than enter_z", "", AGON_TUNED,   \
      0, 20, 0.5, 0.25)                                                                            \
    X(REAL, stop_z, 4,                                                                             \
      "leaves when it is farther than that, and waits for it to come back; 0: no stop", "",        \
      AGON_TUNED, 0, 100, 4, 0.5)                                                                  \
    X(REAL, corr_min, 5, "enters only when the prices correlate that much over the period", "",    \
      AGON_TUNED, -1, 1, 0.5, 0.05)                                                                \
    X(INTEGER, hold_max, 6, "leaves after so many; 0: never for that", "bars", AGON_TUNED, 0,      \
      100000, 480, 60)                                                                             \
    X(REAL, size_pct, 7, "share of the free money that an entry uses", "%", AGON_SET, 0.1, 95, 20, \
      1)                                                                                           \
    X(BAR, bar_s, 8, "length of a candle", 2)                                                      \
    X(TEXT, venue, 9, "of the symbols; empty: binance")                                            \
    X(TEXT, symbol_a, 10, "the first; empty: the first instrument that a bar comes of")            \
    X(TEXT, symbol_b, 11, "the second; empty: the next one")
enum reason {
    REASON_ENTER = 1,
    REASON_BACK = 2,
    REASON_STOP = 3,
    REASON_TIME = 4,
    REASON_HALF = 5
};

struct pairs_state { /* all that must survive a reload: fixed widths, no pointers, no padding */
    struct agon_leg leg[2];
    struct agon_window a, b; /* closes of both at the same times, as plain numbers */
    double close_px[2];      /* the last ones; 0: none */
    agon_ns_t t_close[2];    /* t_open of their candles */
    agon_qty_t target[2];    /* what is to be held */
    int32_t mode;            /* 1: long the first, -1: long the second, 0: flat */
    int32_t reason;          /* of the last change */
    uint32_t held_bars;
    uint32_t is_blocked; /* after a stop, until the spread has been back */
};
struct pairs {
    struct agon_strategy base;
    PARAMS(AGON_FIELD)
    struct pairs_state state;
};
struct fit { /* of the first on the second: a = alpha + beta b */
    double alpha, beta, sigma, corr;
};

/* Least squares over the window. False without variance on either side. */
static int fit(const struct pairs_state *state, struct fit *fit)
{
    uint32_t n = state->a.n, i;
    double mean_a = 0, mean_b = 0, aa = 0, bb = 0, ab = 0, rest;

    for (i = 0; i < n; i++) {
        mean_a += state->a.ring[i];
        mean_b += state->b.ring[i];
    }
    mean_a /= n;
    mean_b /= n;
    for (i = 0; i < n; i++) {
        double da = state->a.ring[i] - mean_a, db = state->b.ring[i] - mean_b;

        aa += da * da;
        bb += db * db;
        ab += da * db;
    }
    if (!(aa > 0) || !(bb > 0))
        return 0;
    fit->beta = ab / bb;
    fit->alpha = mean_a - fit->beta * mean_b;
    fit->corr = ab / sqrt(aa * bb);
    rest = aa - fit->beta * ab;
    fit->sigma = sqrt((rest > 0 ? rest : 0) / n);
    return fit->sigma > 0;
}

static void add(struct agon_window *window, double x)
{
    window->ring[window->at++] = x;
    if (window->at == window->period)
        window->at = 0;
    if (window->n < window->period)
        window->n++;
}

static int is_full(const struct agon_window *window)
{
    return window->period > 0 && window->n == window->period;
}

static void drive(struct pairs *self, agon_ns_t t)
{
    struct pairs_state *state = &self->state;

    for (int i = 0; i < 2; i++)
        if (state->close_px[i] > 0)
            agon_leg_go(&self->base.desk, &state->leg[i], state->target[i], state->close_px[i],
                        (uint16_t)state->reason, t);
}

static void leave(struct pairs *self, int reason)
{
    struct pairs_state *state = &self->state;

    state->mode = 0;
    state->reason = reason;
    state->target[0] = state->target[1] = 0;
    state->is_blocked = reason == REASON_STOP || reason == REASON_HALF;
}

static int is_spot(const struct pairs *self, int i)
{
    struct agon_instrument instrument;

    return self->base.desk.instruments->get(self->base.desk.host, self->state.leg[i].instrument,
                                            &instrument) < 0 ||
           instrument.kind == AGON_SPOT;
}

/* mode 1: the first is cheap. */
static void enter(struct pairs *self, int mode, double beta)
{
    struct pairs_state *state = &self->state;
    int cheap = mode > 0 ? 0 : 1;
    double units;

    if (is_spot(self, 0) || is_spot(self, 1)) {
        state->target[cheap] = agon_leg_size(&self->base.desk, &state->leg[cheap], self->size_pct,
                                             state->close_px[cheap]);
        state->target[!cheap] = 0;
    } else { // so many of the first against beta times as many of the second
        state->target[0] = mode * agon_leg_size(&self->base.desk, &state->leg[0],
                                                self->size_pct / 2, state->close_px[0]);
        units = agon_leg_units(&self->base.desk, &state->leg[0], state->target[0]);
        state->target[1] = agon_leg_qty(&self->base.desk, &state->leg[1], -units * beta);
        if (state->target[0] == 0 || state->target[1] == 0)
            state->target[0] = state->target[1] = 0;
    }
    if (state->target[0] == 0 && state->target[1] == 0)
        return;
    state->mode = mode;
    state->reason = REASON_ENTER;
    state->held_bars = 0;
}

/* Both have closed a candle of the same time. a and b are plain prices. */
static void on_pair(struct pairs *self, double a, double b)
{
    struct pairs_state *state = &self->state;
    struct fit line;
    double z;

    if (is_full(&state->a) && fit(state, &line)) {
        z = (a - line.alpha - line.beta * b) / line.sigma;
        state->held_bars += state->held_bars < UINT32_MAX;
        if (fabs(z) < self->leave_z)
            state->is_blocked = 0;
        if (state->mode != 0) {
            if (-z * state->mode < self->leave_z) // it is back, or beyond
                leave(self, REASON_BACK);
            else if (self->stop_z > 0 && fabs(z) > self->stop_z)
                leave(self, REASON_STOP);
            else if (self->hold_max > 0 && state->held_bars >= self->hold_max)
                leave(self, REASON_TIME);
        } else if (!state->is_blocked && fabs(z) > self->enter_z &&
                   (self->stop_z <= 0 || fabs(z) < self->stop_z) && line.beta > 0 &&
                   line.corr >= self->corr_min && state->leg[0].working_ref == 0 &&
                   state->leg[1].working_ref == 0) {
            enter(self, z < 0 ? 1 : -1, line.beta);
        }
    }
    add(&state->a, a); // a spread is judged by the candles before it
    add(&state->b, b);
}

/* Which leg the instrument is; unnamed ones are the first two of which a candle comes. */
static int leg_of(struct pairs *self, agon_instrument_t id)
{
    struct pairs_state *state = &self->state;

    for (int i = 0; i < 2; i++)
        if (state->leg[i].instrument == id)
            return i;
    for (int i = 0; i < 2; i++)
        if (state->leg[i].instrument == 0)
            return agon_leg_start(&self->base.desk, &state->leg[i], id) >= 0 ? i : -1;
    return -1;
}

static int on_bar(void *plugin, const struct agon_bar *bar)
{
    struct pairs *self = plugin;
    struct pairs_state *state = &self->state;
    struct agon_instrument one, two;
    int i;

    if (bar->length_s != self->bar_s || bar->close_px <= 0)
        return AGON_OK;
    i = leg_of(self, bar->hdr.instrument);
    if (i < 0 || bar->t_open <= state->t_close[i])
        return AGON_OK;
    state->close_px[i] = (double)bar->close_px;
    state->t_close[i] = bar->t_open;
    if (state->t_close[0] == state->t_close[1] &&
        self->base.desk.instruments->get(self->base.desk.host, state->leg[0].instrument, &one) >=
            0 &&
        self->base.desk.instruments->get(self->base.desk.host, state->leg[1].instrument, &two) >=
            0) {
        on_pair(self, state->close_px[0] / (double)agon_pow10(one.px_exp),
                state->close_px[1] / (double)agon_pow10(two.px_exp));
        drive(self, bar->hdr.t);
    }
    return AGON_OK;
}

static int on_other(void *plugin, const struct agon_event_hdr *event)
{
    struct pairs *self = plugin;
    struct pairs_state *state = &self->state;
    int is_refused = 0;

    for (int i = 0; i < 2; i++) {
        struct agon_leg *leg = &state->leg[i];
        int news = agon_leg_update(&self->base.desk, leg, event);

        is_refused |= news == AGON_LEG_REFUSED;
        // What was bought is what is to be held: a fee is not bought once more.
        if (news == AGON_LEG_DONE && state->target[i] > 0 && leg->held_qty > 0)
            state->target[i] = leg->held_qty;
    }
    if (is_refused && state->mode != 0) { // half a pair is a bet on one of them
        leave(self, REASON_HALF);
        drive(self, event->t);
    }
    return AGON_OK;
}

static void fresh(void *plugin)
{
    struct pairs *self = plugin;
    struct pairs_state *state = &self->state;

    memset(&state->a, 0, sizeof(state->a));
    memset(&state->b, 0, sizeof(state->b));
    state->a.period = state->b.period = (uint32_t)self->period;
    memset(state->t_close, 0, sizeof(state->t_close));
}

static int on_start(void *plugin, uint32_t reason)
{
    struct pairs *self = plugin;
    struct pairs_state *state = &self->state;
    int is_other = reason == AGON_START_FRESH || state->a.period != (uint32_t)self->period, rc;
    agon_instrument_t id[2];

    for (int i = 0; i < 2; i++) {
        id[i] = state->leg[i].instrument;
        rc = agon_strategy_find(&self->base, self->venue, i == 0 ? self->symbol_a : self->symbol_b,
                                &id[i]);
        if (rc < 0)
            return rc;
        is_other |= id[i] != state->leg[i].instrument;
    }
    if (id[0] != 0 && id[0] == id[1])
        return AGON_EINVAL;
    if (is_other) { // another pair or length: what is held is not this spread
        fresh(self);
        leave(self, REASON_BACK);
    }
    for (int i = 0; i < 2; i++) {
        rc = id[i] == 0 ? AGON_OK : agon_leg_start(&self->base.desk, &state->leg[i], id[i]);
        if (rc < 0)
            return rc;
    }
    return AGON_OK;
}

static int is_window(const struct agon_window *window)
{
    if (window->period < 1 || window->period > AGON_TA_WINDOW_MAX || window->n > window->period ||
        window->at >= window->period || window->pad != 0)
        return 0;
    for (uint32_t i = 0; i < window->n; i++)
        if (!(fabs(window->ring[i]) <= 1e19))
            return 0;
    return 1;
}

static int check(const void *at)
{
    const struct pairs_state *state = at;

    for (int i = 0; i < 2; i++)
        if (agon_leg_check(&state->leg[i]) < 0 || !(fabs(state->close_px[i]) <= 1e19))
            return 0;
    return is_window(&state->a) && is_window(&state->b) && state->a.period == state->b.period &&
           state->a.n == state->b.n && state->a.at == state->b.at && state->mode >= -1 &&
           state->mode <= 1 && state->reason >= 0 && state->reason <= REASON_HALF &&
           state->is_blocked <= 1;
}

static int init(void *plugin)
{
    const struct pairs *self = plugin;

    return self->leave_z < self->enter_z
               ? AGON_OK
               : agon_strategy_refuse(&self->base,
                                      "parameters: leave_z has to be less than enter_z");
}

static const struct agon_handlers handlers = {.on_bar = on_bar, .on_other = on_other};
static const struct agon_rule rule = {AGON_RULE(struct pairs), .init = init,    .fresh = fresh,
                                      .check = check,          .on = &handlers, .start = on_start};
AGON_PARAMS(struct pairs, PARAMS);
AGON_SERVICES(AGON_TO_TRADE);
/* Of reasons 1, 2, ...: what people read. */
static const char *const tags[] = {"enter", "back", "stop", "time", "half"};
static const struct agon_descriptor descriptor = {
    AGON_STRATEGY_AHEAD(struct pairs, 10000),
    AGON_NAMED("org.agon.pairs", "1.0.0", "Pairs", "Agon"),
    AGON_TAGS(tags),
    .summary = "Sells the dear one of two correlated instruments against the cheap one.",
    AGON_SCHEMA(1, 1),
    .event_mask = AGON_ON(AGON_EVENT_BAR) | AGON_ON_LEG};
AGON_PLUGIN("org.agon.pairs", "1.0.0", descriptor, rule);
