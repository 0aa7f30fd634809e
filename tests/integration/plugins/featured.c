// SPDX-License-Identifier: Apache-2.0
/* featured: asks all features (agon/feature.h) at each closed bar of a length, and says by two
 * metrics what they all came to so far, bit for bit, and how many there were. For tests of training
 * files; its state is the set as it lies. */
#include <agon/feature.h>
#include <agon/strategy.h>

/* A line each: the test reads them here. */
static const char list[] = "return.1 return.30 gap body upper_wick lower_wick "
                           "range.10 place.14 drawdown.60 true_range.14 "
                           "volatility.60 ewma_volatility.20 parkinson.20 garman_klass.20 "
                           "volatility_ratio.10.60 sma_gap.20 ema_gap.20 macd.12.26 macd.26.12 "
                           "slope.20 efficiency.20 rsi.14 bollinger.20 bollinger_width.20 "
                           "volume_ratio.20 volume_score.20 imbalance.5 vwap_gap.60 "
                           "profile_gap.60.24 skew.60 kurtosis.60 autocorrelation.60.1 "
                           "autocorrelation.90.7 variance_ratio.60.5 entropy.200.10 hurst.200 "
                           "hurst.100 day_sin day_cos week_sin week_cos ";

enum { LOW, HIGH, ROWS, REFUSED };

#define PARAMS(X) X(INTEGER, bar_s, 1, "length of the bars", "s", AGON_SET, 60, 86400, 60, 0)

struct featured {
    struct agon_strategy base;
    PARAMS(AGON_FIELD)
    const struct agon_host_metric *metric;
    struct featured_state {
        uint64_t digest, rows, refused;
        struct agon_features set;
    } state;
};

static int on_bar(void *plugin, const struct agon_bar *bar)
{
    struct featured *self = plugin;
    const struct agon_desk *desk = &self->base.desk;
    struct featured_state *state = &self->state;
    struct agon_instrument instrument;
    double values[AGON_FEATURES_MAX];
    unsigned char bytes[sizeof(values)];

    if (bar->length_s != self->bar_s)
        return AGON_OK;
    if (desk->instruments->get(desk->host, bar->hdr.instrument, &instrument) < 0)
        return AGON_EINVAL;
    if (agon_features_bar(&state->set, bar, instrument.px_exp, instrument.qty_exp) < 0) {
        state->refused++;
        (void)self->metric->gauge(desk->host, REFUSED, (double)state->refused);
        return AGON_OK;
    }
    if (agon_features_values(&state->set, values) < 0)
        return AGON_OK;
    memcpy(bytes, values, sizeof(bytes));
    for (uint32_t i = 0; i < state->set.n * 8; i++)
        state->digest = (state->digest ^ bytes[i]) * 0x100000001b3u;
    state->rows++;
    (void)self->metric->gauge(desk->host, LOW, (double)(state->digest & 0xffffffffu));
    (void)self->metric->gauge(desk->host, HIGH, (double)(state->digest >> 32));
    (void)self->metric->gauge(desk->host, ROWS, (double)state->rows);
    return AGON_OK;
}

static int check(const void *at)
{
    return agon_features_check(&((const struct featured_state *)at)->set) >= 0;
}

static int init(void *plugin)
{
    struct featured *self = plugin;
    const struct agon_host *host = self->base.desk.host;

    self->metric = host->get_extension(host, AGON_EXT_METRIC);
    self->state.digest = 0xcbf29ce484222325u;
    return agon_features_init(&self->state.set, list, NULL) < 0 ? AGON_EINVAL : AGON_OK;
}

static const struct agon_handlers handlers = {.on_bar = on_bar};
static const struct agon_rule rule = {AGON_RULE(struct featured), .init = init, .check = check,
                                      .on = &handlers};
AGON_PARAMS(struct featured, PARAMS);
AGON_SERVICES(AGON_EXT_ARENA, AGON_EXT_PARAM, AGON_EXT_INSTRUMENT, AGON_EXT_METRIC);
static const struct agon_descriptor descriptor = {
    AGON_DESCRIBES(struct featured, 1000000),
    .kind = AGON_STRATEGY,
    AGON_NAMED("org.agon.test.featured", "1.0.0", "featured", "Agon"),
    .summary = "asks all features at each bar",
    AGON_SCHEMA(1, 1),
    .event_mask = AGON_ON(AGON_EVENT_BAR)};
AGON_PLUGIN("org.agon.test.featured", "1.0.0", descriptor, rule);
