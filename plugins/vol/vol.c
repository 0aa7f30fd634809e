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

#include <agon/agon.h>
#include <agon/ta.h>

#define STATE_SCHEMA    1
#define INSTRUMENTS_MAX 8

enum { P_SHORT = 1, P_LONG, P_HIGH, P_EXTREME, P_BAR_S };
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
    const struct agon_host *host;
    const struct agon_host_signal *signal;
    const struct agon_host_param *param;
    int64_t n_short, n_long;
    double high, extreme;
    uint32_t bar_s;
    struct vol_state state;
};

/* A text without libc: what does not fit is cut. */
struct line {
    char at[200];
    uint16_t n;
};

static void put_text(struct line *line, const char *text)
{
    while (*text && line->n < sizeof(line->at))
        line->at[line->n++] = *text++;
}

static void put_number(struct line *line, double x, int digits)
{
    int64_t scale = agon_pow10(digits);
    int64_t whole = agon_round_to((x < 0 ? 0 : x > 1e9 ? 1e9 : x) * (double)scale, 1);
    char text[24];
    int n = sizeof(text) - 1;
    int i;

    text[n] = 0;
    for (i = 0; i <= digits || whole > 0; i++) {
        if (i == digits && digits > 0)
            text[--n] = '.';
        text[--n] = (char)('0' + whole % 10);
        whole /= 10;
    }
    put_text(line, &text[n]);
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
    struct line line = {.n = 0};
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
    put_text(&line, "volatility ");
    put_text(&line, names[series->level]);
    put_text(&line, ": ");
    put_number(&line, signal.value, 1);
    put_text(&line, " bps a candle, ");
    put_number(&line, ratio, 2);
    put_text(&line, " x the usual");
    memcpy(signal.text, line.at, line.n);
    signal.text_len = line.n;
    // A full ring is no error: the next candle brings the next signal.
    self->signal->publish(self->host, &signal);
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

static int on_param(void *plugin, const struct agon_param_change *change)
{
    struct vol *self = plugin;

    if (change->id == P_HIGH)
        self->high = change->real;
    if (change->id == P_EXTREME)
        self->extreme = change->real;
    return AGON_OK;
}

static int on_event(void *plugin, const struct agon_event_hdr *event, uint64_t nth)
{
    static const struct agon_handlers handlers = {.on_bar = on_bar, .on_param = on_param};

    (void)nth; // the host's proof that nothing was lost; the model itself has no use for it
    return agon_dispatch(&handlers, plugin, event);
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

static int save_state(void *plugin, struct agon_out *out)
{
    return agon_write(out, &((struct vol *)plugin)->state, sizeof(struct vol_state));
}

/* The state is larger than a stack should bear: it is read in place of a second one, which the
 * arena holds, and taken over when all of it is sound. */
static int is_sound(const struct vol_state *state)
{
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

static struct vol_state *spare_of(struct vol *self)
{
    return (struct vol_state *)(void *)(self + 1);
}

static int load_state(void *plugin, struct agon_in *in, uint32_t schema)
{
    struct vol *self = plugin;
    struct vol_state *spare = spare_of(self);
    int rc = schema == STATE_SCHEMA ? agon_read(in, spare, sizeof(*spare)) : AGON_EVERSION;

    if (rc >= 0 && !is_sound(spare))
        rc = AGON_ECORRUPT;
    if (rc >= 0)
        self->state = *spare;
    return rc;
}

static void destroy(void *plugin)
{
    (void)plugin; // its memory is the arena's
}

// What create's error code cannot tell.
static void say(const struct agon_host *host, const char *text)
{
    const struct agon_host_log *log = host->get_extension(host, AGON_EXT_LOG);

    if (log != NULL)
        log->line(host, AGON_ERROR, text);
}

static int create(const struct agon_host *host, uint32_t index, struct agon_agent *agent)
{
    static const uint32_t lengths[] = {60, 180, 300, 600, 900, 3600, 14400, 86400};
    const struct agon_host_arena *arena = host->get_extension(host, AGON_EXT_ARENA);
    struct agon_agent mine = {.size = sizeof(mine),
                              .on_start = on_start,
                              .on_event = on_event,
                              .save_state = save_state,
                              .load_state = load_state,
                              .destroy = destroy};
    struct vol *self;
    int64_t bar;

    if (index != 0)
        return AGON_EINVAL;
    if (arena == NULL)
        return AGON_ENOTSUP;
    self = arena->take(host, sizeof(*self) + sizeof(struct vol_state), 16);
    if (self == NULL)
        return AGON_ENOMEM;
    self->host = host;
    self->signal = host->get_extension(host, AGON_EXT_SIGNAL);
    self->param = host->get_extension(host, AGON_EXT_PARAM);
    if (self->signal == NULL || self->param == NULL)
        return AGON_ENOTSUP;
    if (self->param->integer(host, P_SHORT, &self->n_short) < 0 ||
        self->param->integer(host, P_LONG, &self->n_long) < 0 ||
        self->param->integer(host, P_BAR_S, &bar) < 0 || bar < 0 || bar > 7 ||
        self->param->real(host, P_HIGH, &self->high) < 0 ||
        self->param->real(host, P_EXTREME, &self->extreme) < 0)
        return AGON_EINVAL;
    if (self->n_short >= self->n_long)
        say(host, "parameters: short has to be less than long");
    if (self->high > self->extreme)
        say(host, "parameters: high must not be above extreme");
    if (self->n_short >= self->n_long || self->high > self->extreme)
        return AGON_EINVAL;
    self->bar_s = lengths[bar];
    mine.self = self;
    return agon_agent_set(agent, &mine);
}

#define NUMBER(name_, label_, id_, type_, flags_, min_, max_, def_, step_, unit_, doc_)            \
    static const struct agon_param name_ = {sizeof(struct agon_param),                             \
                                            id_,                                                   \
                                            type_,                                                 \
                                            flags_,                                                \
                                            min_,                                                  \
                                            max_,                                                  \
                                            def_,                                                  \
                                            step_,                                                 \
                                            label_,                                                \
                                            unit_,                                                 \
                                            doc_,                                                  \
                                            NULL}
NUMBER(near_window, "short", P_SHORT, AGON_INTEGER, AGON_PARAM_RESTART | AGON_PARAM_TUNABLE, 5,
       AGON_TA_WINDOW_MAX, 20, 1, "bars", "window of the present volatility");
NUMBER(long_window, "long", P_LONG, AGON_INTEGER, AGON_PARAM_RESTART | AGON_PARAM_TUNABLE, 6,
       AGON_TA_WINDOW_MAX, 240, 1, "bars", "window of the usual volatility; above short");
NUMBER(high, "high", P_HIGH, AGON_REAL, AGON_PARAM_LIVE | AGON_PARAM_TUNABLE, 1, 100, 1.5, 0.1, "",
       "high from this ratio of the two on");
NUMBER(extreme, "extreme", P_EXTREME, AGON_REAL, AGON_PARAM_LIVE | AGON_PARAM_TUNABLE, 1, 100, 2.5,
       0.1, "", "extreme from this ratio on");
static const struct agon_param bar_s = {.size = sizeof(struct agon_param),
                                        .id = P_BAR_S,
                                        .type = AGON_CHOICE,
                                        .flags = AGON_PARAM_RESTART,
                                        .max = 7,
                                        .def = 0,
                                        .name = "bar_s",
                                        .unit = "s",
                                        .doc = "length of a candle",
                                        .choices = "60|180|300|600|900|3600|14400|86400"};
static const struct agon_param *const params[] = {&near_window, &long_window, &high, &extreme,
                                                  &bar_s};
static const char *const requires_ext[] = {AGON_EXT_ARENA, AGON_EXT_SIGNAL, AGON_EXT_PARAM};
static const char *const publishes[] = {[VOLATILITY] = "volatility"};

static const struct agon_descriptor descriptor = {
    .size = sizeof(descriptor),
    .caps = AGON_DETERMINISTIC,
    .kind = AGON_MODEL,
    .n_params = sizeof(params) / sizeof(params[0]),
    .id = "org.agon.vol",
    .name = "Volatility",
    .vendor = "Agon",
    .version = "1.0.0",
    .summary = "Model: how much each instrument moves, and whether that is normal.",
    .params = params,
    .requires_ext = requires_ext,
    .n_requires = sizeof(requires_ext) / sizeof(requires_ext[0]),
    .state_schema = STATE_SCHEMA,
    .state_schema_oldest = STATE_SCHEMA,
    .budget_ns = 20000,
    .event_mask = AGON_ON(AGON_EVENT_BAR) | AGON_ON(AGON_EVENT_PARAM),
    .arena_bytes = 262144,
    .publishes = publishes,
    .n_publishes = sizeof(publishes) / sizeof(publishes[0])};
static const struct agon_descriptor *const descriptors[] = {&descriptor};

AGON_NOTE("org.agon.vol", "1.0.0");
AGON_EXPORT const struct agon_entry agon_plugin = {.size = sizeof(struct agon_entry),
                                                   .abi_major = AGON_ABI_MAJOR,
                                                   .abi_minor = AGON_ABI_MINOR,
                                                   .n_plugins = 1,
                                                   .plugins = descriptors,
                                                   .create = create};
