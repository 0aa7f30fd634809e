// SPDX-License-Identifier: Apache-2.0
/* vol: a model of volatility. With each closed candle it publishes how much an instrument moves,
 * and whether that is normal, high or extreme, so that others can step back. It never trades.
 *
 * It publishes `volatility`, for each instrument its own (hdr.instrument), with:
 *   value       standard deviation of one candle's return over the short window, in basis points
 *   kind        1 normal, 2 high, 3 extreme: the short deviation against that of the long window
 *   reason      the ratio of the two deviations in percent
 *   confidence  1 less twice the relative sampling error of the deviation, which fat tails widen
 *   p_up, p_flat, p_down   how often the short window's returns lay beyond half a deviation above,
 *               within, or below (one of each counted beforehand, so that none is impossible)
 *   t_valid     two candles from now: a reader that hears nothing more must not go on as if calm
 * A state is left only when the ratio is a tenth below the threshold that it was entered at. */
#include <math.h>
#include <stdio.h>

#include <agon/strategy.h>

#define INSTRUMENTS_MAX 8

#define PARAMS(X)                                                                                  \
    X(INTEGER_AS, n_short, 1, "window of the present volatility", "short", "bars", AGON_TUNED, 5,  \
      AGON_TA_WINDOW_MAX, 20, 1)                                                                   \
    X(INTEGER_AS, n_long, 2, "window of the usual volatility; above short", "long", "bars",        \
      AGON_TUNED, 6, AGON_TA_WINDOW_MAX, 240, 1)                                                   \
    X(REAL, high, 3, "high from this ratio of the two on", "",                                     \
      AGON_PARAM_LIVE | AGON_PARAM_TUNABLE, 1, 100, 1.5, 0.1)                                      \
    X(REAL, extreme, 4, "extreme from this ratio on", "", AGON_PARAM_LIVE | AGON_PARAM_TUNABLE, 1, \
      100, 2.5, 0.1)                                                                               \
    X(BAR, bar_s, 5, "length of a candle", 0)
enum { VOLATILITY }; /* places in publishes */
enum level { NORMAL = 1, HIGH = 2, EXTREME = 3 };

struct series { /* fixed widths, no pointers, no padding */
    agon_instrument_t instrument;
    uint32_t level; /* enum level; 0: not known yet */
    agon_ns_t t_bar;
    double last_close;                        /* 0: none */
    struct agon_moments near_term, long_term; /* of returns */
};
struct vol_state {
    uint32_t n, pad;
    struct series series[INSTRUMENTS_MAX];
};
struct vol {
    struct agon_strategy base;
    PARAMS(AGON_FIELD)
    const struct agon_host_signal *signal;
    struct vol_state state;
};

/* Of a number that is 0 or above, so many digits behind the point. */
static int64_t scaled(double x, int digits)
{
    return agon_round_to((x < 0 ? 0 : x > 1e9 ? 1e9 : x) * (double)agon_pow10(digits), 1);
}

static struct series *find(struct vol *self, agon_instrument_t instrument)
{
    struct vol_state *state = &self->state;
    struct series *made;
    uint32_t i;

    for (i = 0; i < state->n; i++)
        if (state->series[i].instrument == instrument)
            return &state->series[i];
    if (state->n == INSTRUMENTS_MAX)
        return NULL;
    made = &state->series[state->n++];
    made->instrument = instrument;
    agon_moments_init(&made->near_term, (uint32_t)self->n_short);
    agon_moments_init(&made->long_term, (uint32_t)self->n_long);
    return made;
}

static uint32_t judge(const struct vol *self, uint32_t before, double ratio)
{
    double extreme = self->extreme * (before == EXTREME ? 0.9 : 1.0);
    double high = self->high * (before >= HIGH ? 0.9 : 1.0);

    return ratio >= extreme ? EXTREME : ratio >= high ? HIGH : NORMAL;
}

static void count_moves(const struct agon_moments *moments, double band, struct agon_signal *signal)
{
    double up = 1, down = 1, n = 3 + (double)moments->window.n;
    uint32_t i;

    for (i = 0; i < moments->window.n; i++) {
        up += moments->window.ring[i] > band;
        down += moments->window.ring[i] < -band;
    }
    signal->p_up = up / n;
    signal->p_down = down / n;
    signal->p_flat = (n - up - down) / n;
}

static int publish(struct vol *self, struct series *series, agon_ns_t t)
{
    static const char *const names[] = {"", "normal", "high", "extreme"};
    struct agon_signal signal = {.hdr = {.type = AGON_EVENT_SIGNAL,
                                         .granules = sizeof(signal) / 64,
                                         .instrument = series->instrument}};
    int64_t bps, times;
    struct agon_shape now, usual;
    double deviation, ratio, error;

    agon_moments_value(&series->near_term, &now);
    agon_moments_value(&series->long_term, &usual);
    deviation = sqrt(now.variance);
    ratio = usual.variance > 0 ? deviation / sqrt(usual.variance) : 1;
    series->level = judge(self, series->level, ratio);
    // The relative error of a deviation out of n values: sqrt((kurtosis + 2) / 4 n).
    error = sqrt((now.kurtosis > -1 ? now.kurtosis + 2 : 1) / (4.0 * (double)self->n_short));
    signal.kind = (uint8_t)series->level;
    signal.direction = AGON_NEUTRAL;
    signal.key = VOLATILITY;
    signal.value = deviation * 1e4;
    signal.confidence = error < 0.5 ? 1 - 2 * error : 0;
    count_moves(&series->near_term, deviation / 2, &signal);
    signal.t_valid = t + (agon_ns_t)self->bar_s * 2 * 1000000000;
    signal.reason = (uint32_t)agon_round_to(ratio < 1e4 ? ratio * 100 : 1e6, 1);
    bps = scaled(signal.value, 1);
    times = scaled(ratio, 2);
    signal.text_len =
        (uint16_t)snprintf(signal.text, sizeof(signal.text),
                           "volatility %s: %lld.%lld bps a candle, %lld.%02lld x the usual",
                           names[series->level], (long long)(bps / 10), (long long)(bps % 10),
                           (long long)(times / 100), (long long)(times % 100));
    // A full ring is no error: the next candle brings the next signal.
    self->signal->publish(self->base.desk.host, &signal);
    return AGON_OK;
}

static int on_bar(void *plugin, const struct agon_bar *bar)
{
    struct vol *self = plugin;
    struct series *series;
    double close = (double)bar->close_px;

    if (bar->length_s != self->bar_s || bar->close_px <= 0 || bar->hdr.instrument == 0)
        return AGON_OK;
    series = find(self, bar->hdr.instrument);
    if (series == NULL || bar->t_open <= series->t_bar)
        return AGON_OK;
    if (series->last_close > 0) {
        double change = close / series->last_close - 1;
        agon_moments_update(&series->near_term, change);
        agon_moments_update(&series->long_term, change);
    }
    series->last_close = close;
    series->t_bar = bar->t_open;
    if (!agon_moments_is_ready(&series->near_term))
        return AGON_OK;
    return publish(self, series, bar->hdr.t);
}

static int on_start(void *plugin, uint32_t reason)
{
    struct vol *self = plugin;
    struct vol_state *state = &self->state;
    uint32_t i;

    (void)reason;
    // Windows of other lengths say something else: begin anew.
    for (i = 0; i < state->n; i++)
        if (state->series[i].near_term.window.period != (uint32_t)self->n_short ||
            state->series[i].long_term.window.period != (uint32_t)self->n_long) {
            memset(state, 0, sizeof(*state));
            break;
        }
    return AGON_OK;
}

static int check(const void *at)
{
    const struct vol_state *state = at;
    uint32_t i, k;

    if (state->n > INSTRUMENTS_MAX || state->pad != 0)
        return 0;
    for (i = 0; i < state->n; i++) {
        const struct series *series = &state->series[i];
        if (agon_moments_check(&series->near_term) < 0 ||
            agon_moments_check(&series->long_term) < 0 || series->level > EXTREME ||
            series->instrument == 0 || !(series->last_close >= 0 && series->last_close <= 1e19))
            return 0;
        for (k = 0; k < i; k++)
            if (state->series[k].instrument == series->instrument)
                return 0;
    }
    return 1;
}

static int init(void *plugin)
{
    struct vol *self = plugin;
    const struct agon_host *host = self->base.desk.host;

    self->signal = host->get_extension(host, AGON_EXT_SIGNAL);
    if (self->n_short >= self->n_long)
        return agon_strategy_refuse(&self->base, "parameters: short has to be less than long");
    if (self->high > self->extreme)
        return agon_strategy_refuse(&self->base, "parameters: high must not be above extreme");
    return AGON_OK;
}

static const char *const publishes[] = {[VOLATILITY] = "volatility"};
static const struct agon_handlers handlers = {.on_bar = on_bar};
static const struct agon_rule rule = {AGON_RULE(struct vol), .init = init, .check = check,
                                      .on = &handlers, .start = on_start};
AGON_PARAMS(struct vol, PARAMS);
AGON_SERVICES(AGON_EXT_ARENA, AGON_EXT_PARAM, AGON_EXT_SIGNAL);
static const struct agon_descriptor descriptor = {
    AGON_DESCRIBES(struct vol, 20000),
    .kind = AGON_MODEL,
    .caps = AGON_DETERMINISTIC,
    AGON_NAMED("org.agon.vol", "1.0.0", "Volatility", "Agon"),
    .summary = "Model: how much each instrument moves, and whether that is normal.",
    AGON_SCHEMA(1, 1),
    .event_mask = AGON_ON(AGON_EVENT_BAR) | AGON_ON(AGON_EVENT_PARAM),
    .publishes = publishes,
    .n_publishes = sizeof(publishes) / sizeof(publishes[0])};
AGON_PLUGIN("org.agon.vol", "1.0.0", descriptor, rule);
