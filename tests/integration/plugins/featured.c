// SPDX-License-Identifier: Apache-2.0
/* featured: asks all features (agon/feature.h) at each closed bar of a length, and says by two
 * metrics what they all came to so far, bit for bit, and how many there were. For tests of training
 * files; its state is the set as it lies. */
#include <agon/agon.h>
#include <agon/feature.h>
#include <agon/ta.h>

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

struct featured {
    const struct agon_host *host;
    const struct agon_host_instrument *instrument;
    const struct agon_host_metric *metric;
    int64_t bar_s;
    struct featured_state {
        uint64_t digest, rows, refused;
        struct agon_features set;
    } state;
};

static int on_start(void *plugin, uint32_t reason)
{
    (void)plugin;
    (void)reason;
    return AGON_OK;
}

static int on_event(void *plugin, const struct agon_event_hdr *event, uint64_t nth)
{
    struct featured *self = plugin;
    struct featured_state *state = &self->state;
    const struct agon_bar *bar = (const struct agon_bar *)(const void *)event;
    struct agon_instrument instrument;
    double values[AGON_FEATURES_MAX];
    unsigned char bytes[sizeof(values)];

    (void)nth;
    if (event->type != AGON_EVENT_BAR || bar->length_s != self->bar_s)
        return AGON_OK;
    if (self->instrument->get(self->host, event->instrument, &instrument) < 0)
        return AGON_EINVAL;
    if (agon_features_bar(&state->set, bar, instrument.px_exp, instrument.qty_exp) < 0) {
        state->refused++;
        (void)self->metric->gauge(self->host, REFUSED, (double)state->refused);
        return AGON_OK;
    }
    if (agon_features_values(&state->set, values) < 0)
        return AGON_OK;
    memcpy(bytes, values, sizeof(bytes));
    for (uint32_t i = 0; i < state->set.n * 8; i++)
        state->digest = (state->digest ^ bytes[i]) * 0x100000001b3u;
    state->rows++;
    (void)self->metric->gauge(self->host, LOW, (double)(state->digest & 0xffffffffu));
    (void)self->metric->gauge(self->host, HIGH, (double)(state->digest >> 32));
    (void)self->metric->gauge(self->host, ROWS, (double)state->rows);
    return AGON_OK;
}

static int on_stop(void *plugin, uint32_t reason)
{
    (void)plugin;
    (void)reason;
    return AGON_OK;
}

static int save_state(void *plugin, struct agon_out *out)
{
    struct featured *self = plugin;

    return agon_write(out, &self->state, sizeof(self->state));
}

static int load_state(void *plugin, struct agon_in *in, uint32_t schema)
{
    struct featured *self = plugin;
    int rc = schema == 1 ? agon_read(in, &self->state, sizeof(self->state)) : AGON_EVERSION;

    return rc < 0 ? rc : agon_features_check(&self->state.set);
}

static void destroy(void *plugin)
{
    (void)plugin; // the arena is the host's
}

static const struct agon_param bar_s = {.size = sizeof(bar_s),
                                        .id = 1,
                                        .type = AGON_INTEGER,
                                        .min = 60,
                                        .max = 86400,
                                        .def = 60,
                                        .name = "bar_s",
                                        .unit = "s",
                                        .doc = "length of the bars"};
static const struct agon_param *const params[] = {&bar_s};

static int create(const struct agon_host *host, uint32_t index, struct agon_agent *agent)
{
    const struct agon_host_arena *arena = host->get_extension(host, AGON_EXT_ARENA);
    const struct agon_host_param *param = host->get_extension(host, AGON_EXT_PARAM);
    struct featured *self;

    if (index != 0 || arena == NULL || param == NULL)
        return AGON_EINVAL;
    self = arena->take(host, sizeof(*self), 8);
    if (self == NULL)
        return AGON_ENOMEM;
    self->host = host;
    self->instrument = host->get_extension(host, AGON_EXT_INSTRUMENT);
    self->metric = host->get_extension(host, AGON_EXT_METRIC);
    self->state.digest = 0xcbf29ce484222325u;
    if (agon_features_init(&self->state.set, list, NULL) < 0 ||
        param->integer(host, bar_s.id, &self->bar_s) < 0)
        return AGON_EINVAL;
    return agon_agent_set(agent, &(struct agon_agent){.size = sizeof(struct agon_agent),
                                                      .self = self,
                                                      .on_start = on_start,
                                                      .on_event = on_event,
                                                      .on_stop = on_stop,
                                                      .save_state = save_state,
                                                      .load_state = load_state,
                                                      .destroy = destroy});
}

static const char *const requires_ext[] = {AGON_EXT_ARENA, AGON_EXT_INSTRUMENT, AGON_EXT_METRIC,
                                           AGON_EXT_PARAM};
static const struct agon_descriptor descriptor = {
    .size = sizeof(descriptor),
    .kind = AGON_STRATEGY,
    .id = "org.agon.test.featured",
    .name = "featured",
    .vendor = "Agon",
    .version = "1.0.0",
    .summary = "asks all features at each bar",
    .requires_ext = requires_ext,
    .n_requires = sizeof(requires_ext) / sizeof(requires_ext[0]),
    .params = params,
    .n_params = 1,
    .budget_ns = 1000000,
    .event_mask = AGON_ON(AGON_EVENT_BAR),
    .arena_bytes = 262144,
    .state_schema = 1,
    .state_schema_oldest = 1,
};
static const struct agon_descriptor *const descriptors[] = {&descriptor};

AGON_NOTE("org.agon.test.featured", "1.0.0");
AGON_EXPORT const struct agon_entry agon_plugin = {
    .size = sizeof(struct agon_entry),
    .abi_major = AGON_ABI_MAJOR,
    .abi_minor = AGON_ABI_MINOR,
    .n_plugins = 1,
    .plugins = descriptors,
    .create = create,
};
