// SPDX-License-Identifier: Apache-2.0
/* pairs: two instruments that move together. Their spread is what the first one's price differs
 * from a line through the second one's, fitted over the last candles (its slope is the hedge
 * ratio); its z-score is how many of its own standard deviations that is. Beyond the entry the dear
 * one is sold against the cheap one, until the spread is back, too wide or too old.
 *
 * Two contracts are held against each other, hedged by the ratio. Spot cannot be sold short: there
 * it only holds the cheap one of the two. README.md says when it fails. */
#include <math.h>

#include <agon/agon.h>
#include <agon/leg.h>
#include <agon/ta.h>

#define STATE_SCHEMA 1

enum {
    P_PERIOD = 1,
    P_ENTER_Z,
    P_LEAVE_Z,
    P_STOP_Z,
    P_CORR_MIN,
    P_HOLD_MAX,
    P_SIZE_PCT,
    P_BAR_S,
    P_VENUE,
    P_SYMBOL_A,
    P_SYMBOL_B
};
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
    struct agon_desk desk;
    const struct agon_host_param *param;
    int64_t period, hold_max;
    double enter_z, leave_z, stop_z, corr_min, size_pct;
    uint32_t bar_s;
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
            agon_leg_go(&self->desk, &state->leg[i], state->target[i], state->close_px[i],
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

    return self->desk.instruments->get(self->desk.host, self->state.leg[i].instrument,
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
        state->target[cheap] =
            agon_leg_size(&self->desk, &state->leg[cheap], self->size_pct, state->close_px[cheap]);
        state->target[!cheap] = 0;
    } else { // so many of the first against beta times as many of the second
        state->target[0] = mode * agon_leg_size(&self->desk, &state->leg[0], self->size_pct / 2,
                                                state->close_px[0]);
        units = agon_leg_units(&self->desk, &state->leg[0], state->target[0]);
        state->target[1] = agon_leg_qty(&self->desk, &state->leg[1], -units * beta);
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
            return agon_leg_start(&self->desk, &state->leg[i], id) >= 0 ? i : -1;
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
        self->desk.instruments->get(self->desk.host, state->leg[0].instrument, &one) >= 0 &&
        self->desk.instruments->get(self->desk.host, state->leg[1].instrument, &two) >= 0) {
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
        int news = agon_leg_update(&self->desk, leg, event);

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

static int on_event(void *plugin, const struct agon_event_hdr *event, uint64_t nth)
{
    static const struct agon_handlers handlers = {.on_bar = on_bar, .on_other = on_other};

    (void)nth; // the host's proof that nothing was lost; the strategy itself has no use for it
    return agon_dispatch(&handlers, plugin, event);
}

static void fresh_windows(struct pairs *self)
{
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
    const struct agon_host *host = self->desk.host;
    const char *venue = self->param->text(host, P_VENUE);
    int is_other = reason == AGON_START_FRESH || state->a.period != (uint32_t)self->period, rc;
    agon_instrument_t id[2];

    for (int i = 0; i < 2; i++) {
        const char *symbol = self->param->text(host, i == 0 ? P_SYMBOL_A : P_SYMBOL_B);

        id[i] = state->leg[i].instrument;
        if (symbol && symbol[0]) {
            id[i] =
                self->desk.instruments->find(host, venue && venue[0] ? venue : "binance", symbol);
            if (id[i] == 0)
                return AGON_ENOENT;
        }
        is_other |= id[i] != state->leg[i].instrument;
    }
    if (id[0] != 0 && id[0] == id[1])
        return AGON_EINVAL;
    if (is_other) { // another pair or length: what is held is not this spread
        fresh_windows(self);
        leave(self, REASON_BACK);
    }
    for (int i = 0; i < 2; i++) {
        rc = id[i] == 0 ? AGON_OK : agon_leg_start(&self->desk, &state->leg[i], id[i]);
        if (rc < 0)
            return rc;
    }
    return AGON_OK;
}

static int save_state(void *plugin, struct agon_out *out)
{
    return agon_write(out, &((struct pairs *)plugin)->state, sizeof(struct pairs_state));
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

static int load_state(void *plugin, struct agon_in *in, uint32_t schema)
{
    struct pairs_state state;
    int rc = schema == STATE_SCHEMA ? agon_read(in, &state, sizeof(state)) : AGON_EVERSION;

    if (rc < 0)
        return rc;
    for (int i = 0; i < 2; i++)
        if (agon_leg_check(&state.leg[i]) < 0 || !(fabs(state.close_px[i]) <= 1e19))
            return AGON_ECORRUPT;
    if (!is_window(&state.a) || !is_window(&state.b) || state.a.period != state.b.period ||
        state.a.n != state.b.n || state.a.at != state.b.at || state.mode < -1 || state.mode > 1 ||
        state.reason < 0 || state.reason > REASON_HALF || state.is_blocked > 1)
        return AGON_ECORRUPT;
    ((struct pairs *)plugin)->state = state;
    return AGON_OK;
}

static void destroy(void *plugin)
{
    (void)plugin; // its memory is the arena's
}

static int read_params(struct pairs *self)
{
    const struct agon_host_param *param = self->param;
    const struct agon_host *host = self->desk.host;
    int64_t bar;

    if (param->integer(host, P_PERIOD, &self->period) < 0 ||
        param->integer(host, P_HOLD_MAX, &self->hold_max) < 0 ||
        param->integer(host, P_BAR_S, &bar) < 0 ||
        param->real(host, P_ENTER_Z, &self->enter_z) < 0 ||
        param->real(host, P_LEAVE_Z, &self->leave_z) < 0 ||
        param->real(host, P_STOP_Z, &self->stop_z) < 0 ||
        param->real(host, P_CORR_MIN, &self->corr_min) < 0 ||
        param->real(host, P_SIZE_PCT, &self->size_pct) < 0)
        return AGON_EINVAL;
    self->bar_s = agon_bar_length(bar);
    return self->leave_z < self->enter_z && self->bar_s > 0 ? AGON_OK : AGON_EINVAL;
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
    struct pairs *self;

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
    fresh_windows(self);
    mine.self = self;
    return agon_agent_set(agent, &mine);
}

#define TUNED (AGON_PARAM_RESTART | AGON_PARAM_TUNABLE)
AGON_NUMBER(period, P_PERIOD, AGON_INTEGER, TUNED, 10, 512, 240, 10, "bars",
            "candles that the line is fitted over");
AGON_NUMBER(enter_z, P_ENTER_Z, AGON_REAL, TUNED, 0.1, 20, 2, 0.25, "",
            "enters when the spread is so many standard deviations away");
AGON_NUMBER(leave_z, P_LEAVE_Z, AGON_REAL, TUNED, 0, 20, 0.5, 0.25, "",
            "leaves when it is nearer than that; less than enter_z");
AGON_NUMBER(stop_z, P_STOP_Z, AGON_REAL, TUNED, 0, 100, 4, 0.5, "",
            "leaves when it is farther than that, and waits for it to come back; 0: no stop");
AGON_NUMBER(corr_min, P_CORR_MIN, AGON_REAL, TUNED, -1, 1, 0.5, 0.05, "",
            "enters only when the prices correlate that much over the period");
AGON_NUMBER(hold_max, P_HOLD_MAX, AGON_INTEGER, TUNED, 0, 100000, 480, 60, "bars",
            "leaves after so many; 0: never for that");
AGON_NUMBER(size_pct, P_SIZE_PCT, AGON_REAL, AGON_PARAM_RESTART, 0.1, 95, 20, 1, "%",
            "share of the free money that an entry uses");
AGON_CHOOSE(bar_s, P_BAR_S, 2, "s", AGON_BAR_CHOICES, "length of a candle");
AGON_TEXTUAL(venue, P_VENUE, "of the symbols; empty: binance");
AGON_TEXTUAL(symbol_a, P_SYMBOL_A, "the first; empty: the first instrument that a bar comes of");
AGON_TEXTUAL(symbol_b, P_SYMBOL_B, "the second; empty: the next one");
static const struct agon_param *const params[] = {&period,   &enter_z,  &leave_z,  &stop_z,
                                                  &corr_min, &hold_max, &size_pct, &bar_s,
                                                  &venue,    &symbol_a, &symbol_b};
static const char *const requires_ext[] = {AGON_EXT_ARENA, AGON_EXT_ORDERS, AGON_EXT_ACCOUNT,
                                           AGON_EXT_INSTRUMENT, AGON_EXT_PARAM};

static const struct agon_descriptor descriptor = {
    .size = sizeof(descriptor),
    .caps = AGON_DETERMINISTIC | AGON_ADOPTS_ORDERS,
    .kind = AGON_STRATEGY,
    .n_params = sizeof(params) / sizeof(params[0]),
    .id = "org.agon.pairs",
    .name = "Pairs",
    .vendor = "Agon",
    .version = "1.0.0",
    .summary = "Sells the dear one of two correlated instruments against the cheap one.",
    .params = params,
    .requires_ext = requires_ext,
    .n_requires = sizeof(requires_ext) / sizeof(requires_ext[0]),
    .state_schema = STATE_SCHEMA,
    .state_schema_oldest = STATE_SCHEMA,
    .budget_ns = 10000,
    .event_mask = AGON_ON(AGON_EVENT_BAR) | AGON_ON(AGON_EVENT_STATUS) | AGON_ON(AGON_EVENT_HALT) |
                  AGON_ON(AGON_EVENT_ORDER) | AGON_ON(AGON_EVENT_FILL) |
                  AGON_ON(AGON_EVENT_CAPITAL),
    .arena_bytes = 16384};
static const struct agon_descriptor *const descriptors[] = {&descriptor};

AGON_NOTE("org.agon.pairs", "1.0.0");
AGON_EXPORT const struct agon_entry agon_plugin = {.size = sizeof(struct agon_entry),
                                                   .abi_major = AGON_ABI_MAJOR,
                                                   .abi_minor = AGON_ABI_MINOR,
                                                   .n_plugins = 1,
                                                   .plugins = descriptors,
                                                   .create = create};
