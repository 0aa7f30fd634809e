// SPDX-License-Identifier: Apache-2.0
/* ensemble: one word of several models. It hears up to four of a direction and publishes what they
 * say together: each weighs what its parameter gives it, times what it was right in lately, in the
 * kind of market that there is now, calm or wild. What they do not agree on enough is no side, and
 * a fifth input may say no to one. It never trades. README.md is its card.
 *
 * It speaks once a candle: when all have spoken that spoke at the last one. `direction` has their
 * mean as probabilities, the weight of those that are for its side as confidence, and in text the
 * market, the weights and that agreement. */
#include <math.h>

#include <agon/strategy.h>

#define LN2       0x1.62e42fefa39efp-1
#define MODELS    4
#define VETO      MODELS /* places in reads */
#define AHEAD_MAX 64
#define MARKETS   2 /* calm, wild */
#define FAST      20
#define SLOW      200
#define WILD      1.5 /* moves of late beside those of before */
#define SURE      0.99
#define COIN      0.6931471805599453 /* loss of who says half and half */

#define PARAMS(X)                                                                                  \
    X(REAL, weight_1, 1,                                                                           \
      "what the first weighs, before more is known of it; 0: it is judged alone", "",              \
      AGON_PARAM_LIVE | AGON_PARAM_TUNABLE, 0, 100, 70, 1)                                         \
    X(REAL, weight_2, 2, "the second", "", AGON_PARAM_LIVE | AGON_PARAM_TUNABLE, 0, 100, 30, 1)    \
    X(REAL, weight_3, 3, "the third", "", AGON_PARAM_LIVE | AGON_PARAM_TUNABLE, 0, 100, 0, 1)      \
    X(REAL, weight_4, 4, "the fourth", "", AGON_PARAM_LIVE | AGON_PARAM_TUNABLE, 0, 100, 0, 1)     \
    X(INTEGER, ahead, 5, "a signal is judged by the close so many candles later", "bars",          \
      AGON_TUNED, 1, AHEAD_MAX, 1, 1)                                                              \
    X(REAL, rate, 6, "how much a better model weighs more; 0: as the weights say", "",             \
      AGON_PARAM_LIVE | AGON_PARAM_TUNABLE, 0, 1000, 10, 1)                                        \
    X(INTEGER, memory, 7, "judged signals of which the older half counts as one of the newer", "", \
      AGON_PARAM_LIVE | AGON_PARAM_TUNABLE, 1, 100000, 100, 1)                                     \
    X(CHOICE, markets, 8, "two: what a model is right in is remembered apart, calm and wild",      \
      "one|two", 1)                                                                                \
    X(CHOICE, of, 9, "mix: all by their weights; best: the one that weighs most", "mix|best", 0)   \
    X(REAL, margin, 10, "a side where up is likelier than down by that, or down than up", "",      \
      AGON_PARAM_LIVE | AGON_PARAM_TUNABLE, 0, 1, 0.1, 0.01)                                       \
    X(REAL, agree, 11, "... and that part of the weight is for it", "",                            \
      AGON_PARAM_LIVE | AGON_PARAM_TUNABLE, 0, 1, 0.5, 0.05)                                       \
    X(REAL, veto, 12, "no side against which the input veto is as sure as that", "",               \
      AGON_PARAM_LIVE | AGON_PARAM_TUNABLE, 0, 1, 0.8, 0.05)                                       \
    X(BAR, bar_s, 13, "length of a candle, the models'", 0)                                        \
    X(TEXT, venue, 14, "of symbol; empty: binance")                                                \
    X(TEXT, symbol, 15, "of whom is spoken; empty: the first instrument that a bar comes of")
enum { SAID, HELD, VETOED, WEIGHT }; /* metrics; WEIGHT to WEIGHT + 3: of each, in per cent */

struct word { /* of a model, of the last candle */
    double up, down;
};
struct ensemble_state { /* fixed widths, no pointers, no padding */
    agon_instrument_t instrument;
    uint32_t has_spoken, is_awaited; /* a bit each */
    uint32_t is_wild;
    agon_ns_t t_bar;
    uint64_t n; /* candles */
    double close, fast, slow;
    double loss[MARKETS][MODELS]; /* of its directions, averaged; COIN: nothing is known */
    struct word words[MODELS];
    double veto; /* up less down, as it said last */
    agon_ns_t t_veto;
    /* Of the last candles, by n % AHEAD_MAX. */
    double closes[AHEAD_MAX];
    double said[AHEAD_MAX][MODELS]; /* how likely up is of up and down; below 0: nothing */
    uint32_t was_wild[AHEAD_MAX];
};
struct ensemble {
    struct agon_strategy base;
    PARAMS(AGON_FIELD)
    const struct agon_host_signal *signal;
    const struct agon_host_metric *metric;
    struct ensemble_state state;
};

static void fresh(void *plugin)
{
    struct ensemble *self = plugin;
    struct ensemble_state *state = &self->state;
    agon_instrument_t instrument = state->instrument;
    uint32_t i, k;

    memset(state, 0, sizeof(*state));
    state->instrument = instrument;
    for (i = 0; i < MODELS; i++) {
        state->loss[0][i] = state->loss[1][i] = COIN;
        for (k = 0; k < AHEAD_MAX; k++)
            state->said[k][i] = -1;
    }
}

static int is_part(double value)
{
    return value >= 0 && value <= 1;
}

static int check(const void *at)
{
    const struct ensemble_state *state = at;
    uint32_t i, k;

    if (state->has_spoken >> MODELS != 0 || state->is_awaited >> MODELS != 0 ||
        state->is_wild > 1 || !agon_strategy_is_time(state->t_bar) ||
        !agon_strategy_is_time(state->t_veto) || !(state->close >= 0 && state->close < 1e300) ||
        !is_part(state->fast) || !is_part(state->slow) || !(fabs(state->veto) <= 1))
        return 0;
    for (i = 0; i < MODELS; i++) {
        if (!is_part(state->words[i].up) || !is_part(state->words[i].down) ||
            !(state->loss[0][i] >= 0 && state->loss[0][i] < 10) ||
            !(state->loss[1][i] >= 0 && state->loss[1][i] < 10))
            return 0;
        for (k = 0; k < AHEAD_MAX; k++)
            if (!(state->said[k][i] >= -1 && state->said[k][i] <= 1))
                return 0;
    }
    for (k = 0; k < AHEAD_MAX; k++)
        if (state->was_wild[k] > 1 || !(state->closes[k] >= 0 && state->closes[k] < 1e300))
            return 0;
    return 1;
}

/* --- what they were right in --- */

/* What was said `ahead` candles ago, now that it is known. Where nothing moved nobody was right. */
static void judge(struct ensemble *self, double close)
{
    struct ensemble_state *state = &self->state;
    uint64_t at = (state->n - (uint64_t)self->ahead) % AHEAD_MAX;
    double *loss = state->loss[state->was_wild[at]];
    double part = 1 - agon_exp(-LN2 / (double)self->memory); // 1 - 2^(-1 / memory)
    uint32_t i;

    if (state->n < (uint64_t)self->ahead || close == state->closes[at])
        return;
    for (i = 0; i < MODELS; i++) {
        double up = state->said[at][i], sure;

        if (up < 0)
            continue;
        sure = close > state->closes[at] ? up : 1 - up;
        sure = sure < 1 - SURE ? 1 - SURE : sure > SURE ? SURE : sure;
        loss[i] += part * (-agon_ln(sure) - loss[i]);
    }
}

static void look_at_market(struct ensemble *self, double close)
{
    struct ensemble_state *state = &self->state;
    double move = state->close > 0 ? fabs(agon_ln(close / state->close)) : 0;

    move = move > 1 ? 1 : move;
    state->fast += (move - state->fast) / FAST;
    state->slow += (move - state->slow) / SLOW;
    state->is_wild = self->markets == 1 && state->n >= SLOW && state->fast > WILD * state->slow;
}

static int feed(struct ensemble *self, const struct agon_bar *bar)
{
    struct ensemble_state *state = &self->state;
    double close = (double)bar->close_px;
    uint32_t i;

    judge(self, close);
    look_at_market(self, close);
    state->close = close;
    state->closes[state->n % AHEAD_MAX] = close;
    state->was_wild[state->n % AHEAD_MAX] = state->is_wild;
    for (i = 0; i < MODELS; i++)
        state->said[state->n % AHEAD_MAX][i] = -1;
    state->n++;
    // Who was silent is not waited for again until it speaks.
    state->is_awaited = state->has_spoken;
    state->has_spoken = 0;
    state->t_bar = bar->t_open;
    return AGON_OK;
}

static int on_bar(void *plugin, const struct agon_bar *bar)
{
    struct ensemble *self = plugin;

    if (bar->length_s != self->bar_s || bar->close_px <= 0 || bar->hdr.instrument == 0)
        return AGON_OK;
    if (self->state.instrument == 0)
        self->state.instrument = bar->hdr.instrument;
    return self->state.instrument == bar->hdr.instrument && bar->t_open > self->state.t_bar
               ? feed(self, bar)
               : AGON_OK;
}

/* --- what they say together --- */

static double weight_of(const struct ensemble *self, uint32_t i)
{
    const double weights[MODELS] = {self->weight_1, self->weight_2, self->weight_3, self->weight_4};

    return weights[i];
}

/* Of those that have spoken, 1 in all. 0: nobody has who weighs anything. */
static int weigh(const struct ensemble *self, double weights[MODELS])
{
    const struct ensemble_state *state = &self->state;
    const double *loss = state->loss[state->is_wild];
    double least = 10, sum = 0;
    uint32_t i, best = 0;

    for (i = 0; i < MODELS; i++)
        if ((state->has_spoken >> i & 1) != 0 && weight_of(self, i) > 0 && loss[i] < least)
            least = loss[i];
    for (i = 0; i < MODELS; i++) {
        weights[i] = (state->has_spoken >> i & 1) != 0
                         ? weight_of(self, i) * agon_exp(-self->rate * (loss[i] - least))
                         : 0;
        best = weights[i] > weights[best] ? i : best;
        sum += weights[i];
    }
    if (!(sum > 0))
        return 0;
    for (i = 0; i < MODELS; i++)
        weights[i] = self->of == 1 ? (double)(i == best) : weights[i] / sum;
    return 1;
}

static uint32_t add_text(struct agon_signal *signal, const char *text)
{
    uint32_t n = (uint32_t)strlen(text);

    if (signal->text_len + n > sizeof(signal->text))
        n = 0;
    memcpy(signal->text + signal->text_len, text, n);
    signal->text_len = (uint16_t)(signal->text_len + n);
    return n;
}

static void add_share(struct agon_signal *signal, const char *before, double share)
{
    uint32_t per_cent = (uint32_t)(share * 100 + 0.5), n = 0;
    char digits[8];

    if (per_cent >= 100)
        digits[n++] = '1';
    if (per_cent >= 10)
        digits[n++] = (char)('0' + per_cent / 10 % 10);
    digits[n++] = (char)('0' + per_cent % 10);
    digits[n++] = '%';
    digits[n] = '\0';
    (void)add_text(signal, before);
    (void)add_text(signal, digits);
}

/* Is the fifth input against that side, and its word of now? */
static int is_vetoed(const struct ensemble *self, int side, agon_ns_t t)
{
    const struct ensemble_state *state = &self->state;

    return state->t_veto != 0 && t <= state->t_veto && -side * state->veto >= self->veto;
}

static void publish(struct ensemble *self, const struct agon_signal *heard)
{
    struct ensemble_state *state = &self->state;
    struct agon_signal signal = {.hdr = heard->hdr, .t_valid = heard->t_valid};
    double weights[MODELS], up = 0, down = 0, agreed = 0;
    int side, is_no = 0;
    uint32_t i;

    if (!weigh(self, weights))
        return;
    for (i = 0; i < MODELS; i++) {
        up += weights[i] * state->words[i].up;
        down += weights[i] * state->words[i].down;
        (void)self->metric->gauge(self->base.desk.host, WEIGHT + i, 100 * weights[i]);
    }
    side = up - down > 0 && up - down >= self->margin   ? 1
           : up - down < 0 && down - up >= self->margin ? -1
                                                        : 0;
    for (i = 0; i < MODELS; i++)
        agreed += side * (state->words[i].up - state->words[i].down) > 0 ? weights[i] : 0;
    is_no = side != 0 && is_vetoed(self, side, heard->hdr.t);
    (void)add_text(&signal, is_no ? "vetoed, " : "");
    (void)add_text(&signal, state->is_wild ? "wild:" : "calm:");
    for (i = 0; i < MODELS; i++)
        if (weights[i] > 0)
            add_share(&signal,
                      i == 0   ? " first "
                      : i == 1 ? " second "
                      : i == 2 ? " third "
                               : " fourth ",
                      weights[i]);
    add_share(&signal, ", agreed ", agreed);
    if (is_no || agreed < self->agree)
        side = 0;
    signal.direction = side > 0 ? AGON_UP : side < 0 ? AGON_DOWN : AGON_NEUTRAL;
    signal.confidence = agreed > 1 ? 1 : agreed;
    signal.value = side != 0 ? up - down : 0;
    signal.p_up = side != 0 ? up : 0;
    signal.p_down = side != 0 ? down : 0;
    signal.p_flat = 1 - signal.p_up - signal.p_down;
    signal.p_flat = signal.p_flat < 0 ? 0 : signal.p_flat;
    (void)self->metric->counter(self->base.desk.host, is_no ? VETOED : side != 0 ? SAID : HELD, 1);
    // A full ring is no error: what is not said is not traded on.
    (void)self->signal->publish(self->base.desk.host, &signal);
}

/* Who says a side and no probabilities is as sure as its confidence. */
static struct word word_of(const struct agon_signal *signal)
{
    struct word word = {signal->p_up, signal->p_down};

    if (signal->p_up == 0 && signal->p_down == 0 && signal->p_flat == 0) {
        word.up = signal->direction == AGON_UP ? signal->confidence : 0;
        word.down = signal->direction == AGON_DOWN ? signal->confidence : 0;
    }
    return word;
}

static int on_signal(void *plugin, const struct agon_signal *signal)
{
    struct ensemble *self = plugin;
    struct ensemble_state *state = &self->state;
    struct word word = word_of(signal);
    uint32_t i, awaited = 0;

    if (signal->hdr.instrument == 0 || signal->key > VETO || !is_part(word.up) ||
        !is_part(word.down))
        return AGON_OK;
    if (signal->key == VETO) { // of any instrument: it speaks of the whole market
        state->veto = word.up - word.down;
        state->t_veto = signal->t_valid != 0 ? signal->t_valid : INT64_MAX;
        return AGON_OK;
    }
    if (signal->hdr.instrument != state->instrument || state->n == 0 ||
        (state->has_spoken >> signal->key & 1) != 0)
        return AGON_OK; // before any candle; a second word of one
    state->words[signal->key] = word;
    state->has_spoken |= 1u << signal->key;
    state->said[(state->n - 1) % AHEAD_MAX][signal->key] =
        word.up + word.down > 0 ? word.up / (word.up + word.down) : 0.5;
    for (i = 0; i < MODELS; i++)
        awaited |= weight_of(self, i) > 0 ? 1u << i : 0;
    if ((state->is_awaited & awaited & ~state->has_spoken) == 0 && weight_of(self, signal->key) > 0)
        publish(self, signal);
    return AGON_OK;
}

static int on_start(void *plugin, uint32_t reason)
{
    struct ensemble *self = plugin;
    agon_instrument_t named = self->state.instrument;
    int rc = agon_strategy_find(&self->base, self->venue, self->symbol, &named);

    if (rc < 0)
        return rc;
    if (reason == AGON_START_FRESH || named != self->state.instrument)
        fresh(plugin);
    self->state.instrument = named;
    return AGON_OK;
}

static int init(void *plugin)
{
    struct ensemble *self = plugin;
    const struct agon_host *host = self->base.desk.host;

    self->signal = host->get_extension(host, AGON_EXT_SIGNAL);
    self->metric = host->get_extension(host, AGON_EXT_METRIC);
    if (self->weight_1 + self->weight_2 + self->weight_3 + self->weight_4 > 0)
        return AGON_OK;
    return agon_strategy_refuse(&self->base, "weight_1 to weight_4 are all 0: nobody is heard");
}

static const char *const reads[] = {"first", "second", "third", "fourth", "veto"};
static const char *const publishes[] = {"direction"};
static const struct agon_handlers handlers = {.on_bar = on_bar, .on_signal = on_signal};
static const struct agon_rule rule = {
    AGON_RULE(struct ensemble), .init = init, .fresh = fresh, .check = check, .on = &handlers,
    .start = on_start};
AGON_PARAMS(struct ensemble, PARAMS);
AGON_SERVICES(AGON_EXT_ARENA, AGON_EXT_PARAM, AGON_EXT_SIGNAL, AGON_EXT_INSTRUMENT,
              AGON_EXT_METRIC);
static const char *const metrics[] = {"sides",    "no_side",  "vetoed",  "weight_1",
                                      "weight_2", "weight_3", "weight_4"};
static const struct agon_descriptor descriptor = {
    AGON_DESCRIBES(struct ensemble, 100000),
    .kind = AGON_MODEL,
    .caps = AGON_DETERMINISTIC,
    AGON_NAMED("org.agon.ensemble", "1.0.0", "Ensemble", "Agon"),
    .summary = "One word of several models, weighed by what each was right in lately.",
    AGON_SCHEMA(1, 1),
    AGON_METRICS(metrics),
    .event_mask = AGON_ON(AGON_EVENT_BAR) | AGON_ON(AGON_EVENT_SIGNAL) | AGON_ON(AGON_EVENT_PARAM),
    .reads = reads,
    .n_reads = sizeof(reads) / sizeof(reads[0]),
    .publishes = publishes,
    .n_publishes = sizeof(publishes) / sizeof(publishes[0])};
AGON_PLUGIN("org.agon.ensemble", "1.0.0", descriptor, rule);
