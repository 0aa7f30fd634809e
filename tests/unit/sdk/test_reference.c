// SPDX-License-Identifier: Apache-2.0
/* The indicators of <agon/ta.h> against the answers of three other libraries, read from
 * ../shared/data/reference: TA-Lib's own regression table, Tulip's tests and LEAN's tables. What a
 * table prints is the truth: the tolerance is one unit of its last digit (some tables round, some
 * cut), and what is allowed beyond it stands beside the figure. Where a library seeds in
 * another way the test takes the matching agon_seed, or feeds from the bar where that library
 * begins. Every program prints how many figures it compared.
 *
 * Not compared, because <agon/ta.h> has no such thing: TA-Lib's MACDFIX and Tulip's macd(12, 26)
 * (factors 0.15 and 0.075 instead of 2 / (period + 1)), Tulip's wilders. */
#include <check.h>
#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <zlib.h>

#include <agon/ta.h>

#include "../../support/must.h"

#define BARS_MAX 2048

static char folder[512];
static unsigned n_compared;

static gzFile open_file(const char *name)
{
    char path[600];
    gzFile file;

    snprintf(path, sizeof(path), "%s/%s", folder, name);
    file = gzopen(path, "rb");
    ck_assert_msg(file != NULL, "%s is not there", path);
    return file;
}

/* How many digits after the point a printed number has (of its shortest form). */
static int digits_of(double x)
{
    double scaled = fabs(x);
    int digits = 0;

    while (digits < 10 && fabs(scaled - floor(scaled + 0.5)) > 1e-7 * (digits < 7 ? 1 : 100)) {
        scaled *= 10;
        digits++;
    }
    return digits;
}

/* more: allowed beyond one unit of the last digit. */
static void same(double ours, double theirs, double more, const char *what, unsigned at)
{
    int digits = digits_of(theirs) > 2 ? digits_of(theirs) : 2; // 94.1 stands for 94.10
    double slack = 1.0 / (double)agon_pow10(digits) + 1e-11 * fabs(theirs) + more;

    if (!(fabs(ours - theirs) <= slack))
        ck_abort_msg("%s at %u: %.10f, the table says %.10f (%d digits)", what, at, ours, theirs,
                     digits);
    n_compared++;
}

/* ---- TA-Lib ---- */

static struct {
    double open[BARS_MAX], high[BARS_MAX], low[BARS_MAX], close[BARS_MAX];
    int n;
} daily;

static void read_daily(void)
{
    gzFile file = open_file("talib_daily_252.csv");
    char line[512];
    int index;

    gzgets(file, line, sizeof(line));
    for (daily.n = 0; gzgets(file, line, sizeof(line)) != NULL; daily.n++) {
        MUST(daily.n < BARS_MAX);
        MUST(sscanf(line, "%d,%lf,%lf,%lf,%lf", &index, &daily.open[daily.n], &daily.high[daily.n],
                    &daily.low[daily.n], &daily.close[daily.n]) == 5);
    }
    gzclose(file);
    MUST(daily.n == 252);
}

/* One row of the table, and our answer to it. */
struct row {
    const char *file, *what, *average;
    int period, fast, slow, start, end, unstable, is_metastock, is_percent;
    int want_begin, want_count;
    double up, down;
};
/* Values by bar, and from which on they are ready: -1: never. */
struct answer {
    double x[3][BARS_MAX];
    int n_out, ready_at;
};

static int integer(const json_t *row, const char *name, int otherwise)
{
    const json_t *value = json_object_get(row, name);

    return value ? (int)json_number_value(value) : otherwise;
}

static const char *text(const json_t *row, const char *name)
{
    const char *value = json_string_value(json_object_get(row, name));

    return value ? value : "";
}

static int is(const char *a, const char *b)
{
    return strcmp(a, b) == 0;
}

static int average_of(const struct row *row, int period, int from, double *out)
{
    struct agon_sma sma;
    struct agon_ema ema;
    int is_sma = is(row->average, "TA_MAType_SMA");
    int ready = -1;
    int i;

    if (is_sma ? agon_sma_init(&sma, (uint32_t)period) < 0
               : agon_ema_init(&ema, (uint32_t)period,
                               row->is_metastock ? AGON_SEED_FIRST : AGON_SEED_SMA) < 0)
        return -2;
    for (i = row->is_metastock && !is_sma ? 0 : from; i <= row->end; i++) {
        MUST((is_sma ? agon_sma_update(&sma, daily.close[i])
                     : agon_ema_update(&ema, daily.close[i])) == AGON_OK);
        out[i] = is_sma ? agon_sma_value(&sma) : agon_ema_value(&ema);
        if (ready < 0 && (is_sma ? agon_sma_is_ready(&sma) : agon_ema_is_ready(&ema)))
            ready = i;
    }
    return ready;
}

static void answer_bands(const struct row *row, struct answer *answer)
{
    struct agon_bollinger bands;
    double average[BARS_MAX];
    int i;

    answer->n_out = 3;
    answer->ready_at = average_of(row, row->period, 0, average);
    MUST(agon_bollinger_init(&bands, (uint32_t)row->period, row->up, row->down) == AGON_OK);
    for (i = 0; i <= row->end; i++) {
        double shift;
        MUST(agon_bollinger_update(&bands, daily.close[i]) == AGON_OK);
        // With an exponential average TA-Lib moves the middle and keeps the deviation.
        shift = average[i] - agon_bollinger_middle(&bands);
        answer->x[0][i] = agon_bollinger_upper(&bands) + shift;
        answer->x[1][i] = average[i];
        answer->x[2][i] = agon_bollinger_lower(&bands) + shift;
    }
    MUST(agon_bollinger_is_ready(&bands));
}

static void answer_deviation(const struct row *row, struct answer *answer)
{
    struct agon_moments moments;
    struct agon_shape shape;
    int i;

    MUST(agon_moments_init(&moments, (uint32_t)row->period) == AGON_OK);
    for (i = 0; i <= row->end; i++) {
        MUST(agon_moments_update(&moments, daily.close[i]) == AGON_OK);
        agon_moments_value(&moments, &shape);
        answer->x[0][i] = sqrt(shape.variance) * row->up;
        if (answer->ready_at < 0 && agon_moments_is_ready(&moments))
            answer->ready_at = i;
    }
}

static void answer_rsi(const struct row *row, struct answer *answer)
{
    struct agon_rsi rsi;
    int i;

    MUST(agon_rsi_init(&rsi, (uint32_t)row->period) == AGON_OK);
    for (i = 0; i <= row->end; i++) {
        MUST(agon_rsi_update(&rsi, daily.close[i]) == AGON_OK);
        answer->x[0][i] = agon_rsi_value(&rsi);
        if (is(row->what, "TA_CMO_TEST")) // gains less losses by their sum: the same two averages
            answer->x[0][i] = 2 * answer->x[0][i] - 100;
        // Metastock mode shows the provisional value after period inputs.
        if (answer->ready_at < 0 &&
            (agon_rsi_is_ready(&rsi) || (row->is_metastock && i == row->period - 1)))
            answer->ready_at = i;
    }
}

static void answer_range(const struct row *row, struct answer *answer, int is_average)
{
    struct agon_atr atr;
    int i;

    MUST(agon_atr_init(&atr, is_average ? (uint32_t)row->period : 1, AGON_SEED_SMA) == AGON_OK);
    for (i = 0; i <= row->end; i++) {
        MUST(agon_atr_update(&atr, daily.high[i], daily.low[i], daily.close[i]) == AGON_OK);
        answer->x[0][i] = is_average || i == 0
                              ? agon_atr_value(&atr)
                              : agon_true_range(daily.high[i], daily.low[i], daily.close[i - 1]);
        if (row->is_percent)
            answer->x[0][i] *= 100 / daily.close[i];
        if (answer->ready_at < 0 && agon_atr_is_ready(&atr))
            answer->ready_at = i;
    }
}

/* The difference of two averages; MACD's begin on the same bar, those of APO and PPO each as soon
 * as they can. */
static void answer_oscillator(const struct row *row, struct answer *answer, int is_macd)
{
    int fast = row->fast < row->slow ? row->fast : row->slow;
    int slow = row->fast < row->slow ? row->slow : row->fast;
    struct agon_ema signal;
    double a[BARS_MAX], b[BARS_MAX];
    int i;

    average_of(row, fast, is_macd ? slow - fast : 0, a);
    answer->ready_at = average_of(row, slow, 0, b);
    for (i = answer->ready_at; i >= 0 && i <= row->end; i++)
        answer->x[0][i] = (a[i] - b[i]) * (row->is_percent ? 100 / b[i] : 1);
    if (!is_macd)
        return;
    answer->n_out = 3;
    MUST(agon_ema_init(&signal, 9, AGON_SEED_SMA) == AGON_OK);
    for (i = answer->ready_at, answer->ready_at = -1; i <= row->end; i++) {
        agon_ema_update(&signal, answer->x[0][i]);
        answer->x[1][i] = agon_ema_value(&signal);
        answer->x[2][i] = answer->x[0][i] - answer->x[1][i];
        if (answer->ready_at < 0 && agon_ema_is_ready(&signal))
            answer->ready_at = i;
    }
}

/* 0: not an indicator of ours. */
static int answer_row(const struct row *row, const json_t *json, struct answer *answer)
{
    int is_average = is(row->average, "TA_MAType_SMA") || is(row->average, "TA_MAType_EMA");

    if (is(row->file, "test_ma.c") && is_average)
        answer->ready_at = average_of(row, row->period, 0, answer->x[0]);
    else if (is(row->file, "test_bbands.c") && is_average)
        answer_bands(row, answer);
    else if (is(row->file, "test_stddev.c"))
        answer_deviation(row, answer);
    else if (is(row->file, "test_rsi.c"))
        answer_rsi(row, answer);
    else if (is(row->file, "test_trange.c"))
        answer_range(row, answer, integer(json, "doAverage", 0));
    else if (is(row->what, "TA_NATR_TEST"))
        answer_range(row, answer, 1);
    else if (is(row->file, "test_po.c"))
        answer_oscillator(row, answer, 0);
    else if (is(row->what, "TA_MACD_TEST") || is(row->what, "TA_MACDEXT_TEST"))
        answer_oscillator(row, answer, 1);
    else
        return 0;
    return 1;
}

static void judge_row(const json_t *json, unsigned at)
{
    static struct answer answer;
    struct row row = {.file = text(json, "file"),
                      .what = text(json, "theFunction"),
                      .average = text(json, "optInMAType_1"),
                      .period = integer(json, "optInTimePeriod", 0),
                      .fast = integer(json, "optInFastPeriod", 0),
                      .slow = integer(json, "optInSlowPeriod", 0),
                      .start = integer(json, "startIdx", 0),
                      .end = integer(json, "endIdx", 0),
                      .unstable = integer(json, "unstablePeriod", 0),
                      .is_metastock = is(text(json, "compatibility"), "TA_COMPATIBILITY_METASTOCK"),
                      .is_percent = integer(json, "doPercentage", 0),
                      .want_begin = integer(json, "expectedBegIdx", 0),
                      .want_count = integer(json, "expectedNbElement", 0),
                      .up = 1,
                      .down = 1};
    int begin;
    int i;

    if (is(row.file, "test_bbands.c") || is(row.file, "test_po.c"))
        row.average = text(json, is(row.file, "test_po.c") ? "optInMethod_2" : "optInMethod_3");
    if (is(row.file, "test_bbands.c")) {
        row.up = json_number_value(json_object_get(json, "optInNbDevUp"));
        row.down = json_number_value(json_object_get(json, "optInNbDevDn"));
    }
    if (is(row.file, "test_stddev.c"))
        row.up = json_number_value(json_object_get(json, "optInNbDeviation_1"));
    if (is(row.file, "test_macd.c")) {
        row.what = text(json, "testId");
        row.average = "TA_MAType_EMA";
    }
    if (is(row.what, "TA_NATR_TEST")) {
        row.period = integer(json, "optInTimePeriod1", 0);
        row.is_percent = 1;
    }
    answer = (struct answer){.n_out = 1, .ready_at = -1};
    if (!answer_row(&row, json, &answer))
        return;
    if (!is(text(json, "expectedRetCode"), "TA_SUCCESS")) {
        ck_assert_msg(answer.ready_at == -2, "row %u: a period that TA-Lib refuses is taken", at);
        n_compared++;
        return;
    }
    begin = answer.ready_at < 0 ? -1 : answer.ready_at + row.unstable;
    if (begin >= 0 && begin < row.start)
        begin = row.start;
    if (begin < 0 || begin > row.end) {
        ck_assert_msg(row.want_count == 0, "row %u: nothing of ours, TA-Lib has values", at);
        n_compared++;
        return;
    }
    ck_assert_msg(begin == row.want_begin && row.end - begin + 1 == row.want_count,
                  "row %u: ours begins at %d, TA-Lib's at %d", at, begin, row.want_begin);
    for (i = 0; i < answer.n_out; i++) {
        char index_name[64], value_name[64];
        double value;
        int index;
        snprintf(index_name, sizeof(index_name), "oneOfTheExpectedOutRealIndex%d", i);
        snprintf(value_name, sizeof(value_name), "oneOfTheExpectedOutReal%d", i);
        if (json_object_get(json, value_name) == NULL) { // with one output the names end there
            index_name[strlen(index_name) - 1] = 0;
            value_name[strlen(value_name) - 1] = 0;
        }
        index = begin + integer(json, index_name, 0);
        value = json_number_value(json_object_get(json, value_name));
        // Two figures of the table are off by themselves: -0.02813 for -0.02814, and 1.075 for 1.5
        // deviations where the row of one deviation says 0.7144.
        same(answer.x[i][index], value,
             is(row.file, "test_po.c")       ? 1e-6
             : is(row.file, "test_stddev.c") ? 0.003
                                             : 0,
             row.file, at);
    }
}

START_TEST(every_row_of_ta_lib_agrees)
{
    gzFile file = open_file("talib_expected.ndjson");
    static char line[65536];
    unsigned at = 0;

    n_compared = 0;
    read_daily();
    while (gzgets(file, line, sizeof(line)) != NULL) {
        json_t *json = json_loads(line, 0, NULL);
        MUST(json != NULL);
        judge_row(json, ++at);
        json_decref(json);
    }
    gzclose(file);
    printf("TA-Lib: %u figures\n", n_compared);
    ck_assert_uint_gt(n_compared, 150);
}
END_TEST

/* ---- Tulip ---- */

struct arrays { /* inputs, then outputs */
    double x[8][BARS_MAX];
    int n[8], count;
};

/* Ours for one input array, ends aligned: out[0] is what Tulip calls its first. */
static void judge_tulip(const char *name, const double *option, const struct arrays *in)
{
    static double ours[3][BARS_MAX];
    uint32_t period = (uint32_t)option[0];
    int n = in->n[0];
    int n_in = 1, n_out = 1;
    double last_close = 0;
    struct agon_sma sma;
    struct agon_ema ema, slow, signal;
    struct agon_rsi rsi;
    struct agon_moments moments;
    struct agon_shape shape;
    struct agon_bollinger bands;
    struct agon_atr atr;
    struct agon_vwap vwap;
    int i, k;

    if (is(name, "sma")) {
        MUST(agon_sma_init(&sma, period) == AGON_OK);
    } else if (is(name, "ema")) {
        MUST(agon_ema_init(&ema, period, AGON_SEED_FIRST) == AGON_OK);
    } else if (is(name, "rsi")) {
        MUST(agon_rsi_init(&rsi, period) == AGON_OK);
    } else if (is(name, "stddev") || is(name, "var")) {
        MUST(agon_moments_init(&moments, period) == AGON_OK);
    } else if (is(name, "bbands")) {
        MUST(agon_bollinger_init(&bands, period, option[1], option[1]) == AGON_OK);
        n_out = 3;
    } else if (is(name, "atr") || is(name, "natr")) {
        MUST(agon_atr_init(&atr, period, AGON_SEED_FIRST) == AGON_OK);
        n_in = 3;
    } else if (is(name, "tr")) {
        n_in = 3;
    } else if (is(name, "vwma")) {
        MUST(agon_vwap_init(&vwap, period) == AGON_OK);
        n_in = 2;
    } else if (is(name, "apo") || is(name, "ppo") || (is(name, "macd") && option[0] < 12)) {
        MUST(agon_ema_init(&ema, period, AGON_SEED_FIRST) == AGON_OK);
        MUST(agon_ema_init(&slow, (uint32_t)option[1], AGON_SEED_FIRST) == AGON_OK);
        if (is(name, "macd")) {
            MUST(agon_ema_init(&signal, (uint32_t)option[2], AGON_SEED_FIRST) == AGON_OK);
            n_out = 3;
        }
    } else {
        return;
    }
    MUST(in->count == n_in + n_out);
    for (i = 0; i < n; i++) {
        double x = in->x[0][i];
        double low = in->x[1][i], close = in->x[2][i];
        if (is(name, "sma")) {
            agon_sma_update(&sma, x);
            ours[0][i] = agon_sma_value(&sma);
        } else if (is(name, "ema")) {
            agon_ema_update(&ema, x);
            ours[0][i] = agon_ema_value(&ema);
        } else if (is(name, "rsi")) {
            agon_rsi_update(&rsi, x);
            ours[0][i] = agon_rsi_value(&rsi);
        } else if (is(name, "stddev") || is(name, "var")) {
            agon_moments_update(&moments, x);
            agon_moments_value(&moments, &shape);
            ours[0][i] = is(name, "var") ? shape.variance : sqrt(shape.variance);
        } else if (is(name, "bbands")) {
            agon_bollinger_update(&bands, x);
            ours[0][i] = agon_bollinger_lower(&bands);
            ours[1][i] = agon_bollinger_middle(&bands);
            ours[2][i] = agon_bollinger_upper(&bands);
        } else if (is(name, "atr") || is(name, "natr")) {
            agon_atr_update(&atr, x, low, close);
            ours[0][i] = agon_atr_value(&atr) * (is(name, "natr") ? 100 / close : 1);
        } else if (is(name, "tr")) {
            ours[0][i] = i == 0 ? x - low : agon_true_range(x, low, last_close);
            last_close = close;
        } else if (is(name, "vwma")) {
            agon_vwap_update(&vwap, x, low);
            ours[0][i] = agon_vwap_value(&vwap);
        } else {
            agon_ema_update(&ema, x);
            agon_ema_update(&slow, x);
            ours[0][i] = agon_ema_value(&ema) - agon_ema_value(&slow);
            if (is(name, "ppo"))
                ours[0][i] *= 100 / agon_ema_value(&slow);
            if (is(name, "macd") && i >= (int)option[1] - 1) {
                agon_ema_update(&signal, ours[0][i]);
                ours[1][i] = agon_ema_value(&signal);
                ours[2][i] = ours[0][i] - ours[1][i];
            }
        }
    }
    for (k = 0; k < n_out; k++) {
        int shift = n - in->n[n_in + k];
        for (i = 0; i < in->n[n_in + k]; i++)
            same(ours[k][i + shift], in->x[n_in + k][i], 0, name, (unsigned)i);
    }
}

START_TEST(every_row_of_tulip_agrees)
{
    static const char *const files[] = {"tulip_atoz.ndjson", "tulip_untest.ndjson"};
    static char line[65536];
    static struct arrays arrays;

    n_compared = 0;
    for (unsigned f = 0; f < 2; f++) {
        gzFile file = open_file(files[f]);
        while (gzgets(file, line, sizeof(line)) != NULL) {
            json_t *json = json_loads(line, 0, NULL);
            const json_t *lists = json_object_get(json, "arrays");
            const json_t *options = json_object_get(json, "options");
            double option[4] = {0};
            MUST(json != NULL && json_array_size(lists) <= 8 && json_array_size(options) <= 4);
            for (size_t i = 0; i < json_array_size(options); i++)
                option[i] = json_number_value(json_array_get(options, i));
            arrays.count = (int)json_array_size(lists);
            for (int i = 0; i < arrays.count; i++) {
                const json_t *list = json_array_get(lists, (size_t)i);
                arrays.n[i] = (int)json_array_size(list);
                for (int k = 0; k < arrays.n[i]; k++)
                    arrays.x[i][k] = json_number_value(json_array_get(list, (size_t)k));
            }
            judge_tulip(text(json, "indicator"), option, &arrays);
            json_decref(json);
        }
        gzclose(file);
    }
    printf("Tulip: %u figures\n", n_compared);
    ck_assert_uint_gt(n_compared, 150);
}
END_TEST

/* ---- LEAN ---- */

#define COLUMNS_MAX 24
struct table {
    double x[COLUMNS_MAX][BARS_MAX]; /* NAN: empty */
    int n;
};

static int find_column(char *header, const char *name)
{
    char *save = NULL;
    int at = 0;

    for (char *word = strtok_r(header, ",\r\n", &save); word;
         word = strtok_r(NULL, ",\r\n", &save)) {
        if (is(word, name))
            return at;
        at++;
    }
    ck_abort_msg("no column %s", name);
    return -1;
}

/* Cells by position: an empty one counts. */
static void read_table(const char *name, struct table *table, char *header)
{
    gzFile file = open_file(name);
    char line[4096];

    memset(table, 0, sizeof(*table));
    gzgets(file, header, 4096);
    for (table->n = 0; gzgets(file, line, sizeof(line)) != NULL; table->n++) {
        char *at = line;
        MUST(table->n < BARS_MAX);
        for (int column = 0; column < COLUMNS_MAX; column++) {
            char *end = at + strcspn(at, ",\r\n");
            char *stop;
            int is_last = *end != ',';
            table->x[column][table->n] = strtod(at, &stop);
            if (stop != end || stop == at)
                table->x[column][table->n] = NAN;
            if (is_last)
                break;
            at = end + 1;
        }
    }
    gzclose(file);
}

enum lean { SMA, EMA, RSI, BANDS, BANDS_LOW, ATR, TR_SMA, NATR, VWAP, APO, PPO, MACD };
static const struct {
    const char *file, *out;
    enum lean what;
    uint32_t period;
    const char *in[5];
    double more; /* where outputs have more digits than inputs */
} leans[] = {
    {"lean/spy_with_indicators.csv", "SMA14", SMA, 14, {"Close"}},
    {"lean/spy_with_indicators.csv", "EMA14", EMA, 14, {"Close"}},
    {"lean/spy_with_indicators.csv", "RSI 14 Wilder", RSI, 14, {"Close"}},
    {"lean/spy_with_indicators.csv", "MACD 12 26", MACD, 12, {"Close"}, 5e-4},
    {"lean/spy_ema.csv", "EMA14", EMA, 14, {"close"}},
    {"lean/spy_dpo.csv", "Sma(21)", SMA, 21, {"Close"}},
    {"lean/spy_bollinger_bands.csv", "Moving Average 20", SMA, 20, {"Close"}},
    {"lean/spy_bollinger_bands.csv", "Bollinger Bands® 20 2 Top", BANDS, 20, {"Close"}},
    {"lean/spy_bollinger_bands.csv", "Bollinger Bands® 20 2 Bottom", BANDS_LOW, 20, {"Close"}},
    {"lean/spy_sm.csv.gz", "mid_bb", SMA, 20, {"close"}},
    {"lean/spy_sm.csv.gz", "bb high", BANDS, 20, {"close"}},
    {"lean/spy_sm.csv.gz", "bb low", BANDS_LOW, 20, {"close"}},
    {"lean/spy_atr_wilder.csv", "Average True Range 14", ATR, 14, {"High", "Low", "Close"}},
    {"lean/spy_atr.csv", "Average True Range 14", TR_SMA, 14, {"High", "Low", "Close"}, 1e-5},
    {"lean/spy_natr.csv", "NATR_5", NATR, 5, {"High", "Low", "Close"}},
    {"lean/spy_with_vwap.csv",
     "Moving VWAP 50",
     VWAP,
     50,
     {"Open", "High", "Low", "Close", "Volume"}},
    {"lean/spy_apo.csv", "APO_5_10", APO, 5, {"Close"}},
    {"lean/spy_ppo.csv", "PPO_5_10", PPO, 5, {"Close"}},
    {"lean/spy_with_macd.csv", "MACD", MACD, 12, {"Close"}, 2e-6},
    // The headings of this table's first and third average are exchanged.
    {"lean/spy_with_rma.csv.gz", "SMA5", SMA, 15, {"close"}},
    {"lean/spy_with_rma.csv.gz", "SMA10", SMA, 10, {"close"}},
    {"lean/spy_with_rma.csv.gz", "SMA15", SMA, 5, {"close"}},
};

START_TEST(every_table_of_lean_agrees)
{
    static struct table table;
    char header[4096], copy[4096];
    double in[5];
    int column[5] = {0};
    uint32_t period = leans[_i].period;
    struct agon_sma sma, sma_slow;
    struct agon_ema ema, ema_slow;
    struct agon_rsi rsi;
    struct agon_bollinger bands;
    struct agon_atr atr;
    struct agon_vwap vwap;
    double last_close = 0, ours = 0;
    int out, i, k, ready = 0;

    n_compared = 0;
    read_table(leans[_i].file, &table, header);
    memcpy(copy, header, sizeof(copy));
    out = find_column(copy, leans[_i].out);
    for (k = 0; k < 5 && leans[_i].in[k]; k++) {
        memcpy(copy, header, sizeof(copy));
        column[k] = find_column(copy, leans[_i].in[k]);
    }
    MUST(agon_sma_init(&sma, period) == AGON_OK);
    MUST(agon_sma_init(&sma_slow, 10) == AGON_OK);
    MUST(agon_ema_init(&ema, period, AGON_SEED_SMA) == 0);
    MUST(agon_ema_init(&ema_slow, 26, AGON_SEED_SMA) == AGON_OK);
    MUST(agon_rsi_init(&rsi, period) == AGON_OK);
    MUST(agon_bollinger_init(&bands, period, 2, 2) == AGON_OK);
    MUST(agon_atr_init(&atr, period, leans[_i].what == NATR ? AGON_SEED_SMA : AGON_SEED_FIRST) ==
         0);
    MUST(agon_vwap_init(&vwap, period) == AGON_OK);
    for (i = 0; i < table.n; i++) {
        double want = table.x[out][i];
        for (k = 0; k < 5; k++)
            in[k] = table.x[column[k]][i];
        switch (leans[_i].what) {
        case SMA:
            MUST(agon_sma_update(&sma, in[0]) == AGON_OK);
            ours = agon_sma_value(&sma);
            ready = agon_sma_is_ready(&sma);
            break;
        case EMA:
            MUST(agon_ema_update(&ema, in[0]) == AGON_OK);
            ours = agon_ema_value(&ema);
            ready = agon_ema_is_ready(&ema);
            break;
        case RSI:
            MUST(agon_rsi_update(&rsi, in[0]) == AGON_OK);
            ours = agon_rsi_value(&rsi);
            ready = agon_rsi_is_ready(&rsi);
            break;
        case BANDS:
        case BANDS_LOW:
            MUST(agon_bollinger_update(&bands, in[0]) == AGON_OK);
            ours = leans[_i].what == BANDS ? agon_bollinger_upper(&bands)
                                           : agon_bollinger_lower(&bands);
            ready = agon_bollinger_is_ready(&bands);
            break;
        case ATR:
            MUST(agon_atr_update(&atr, in[0], in[1], in[2]) == AGON_OK);
            ours = agon_atr_value(&atr);
            ready = agon_atr_is_ready(&atr);
            break;
        case NATR: // as TA-Lib: the first bar has no range
            MUST(agon_atr_update(&atr, in[0], in[1], in[2]) == AGON_OK);
            ours = agon_atr_value(&atr) * 100 / in[2];
            ready = agon_atr_is_ready(&atr);
            break;
        case TR_SMA: // a plain average of the ranges
            MUST(agon_sma_update(&sma, i == 0 ? in[0] - in[1]
                                              : agon_true_range(in[0], in[1], last_close)) == 0);
            last_close = in[2];
            ours = agon_sma_value(&sma);
            ready = agon_sma_is_ready(&sma);
            break;
        case VWAP: // of the bar's four prices
            MUST(agon_vwap_update(&vwap, (in[0] + in[1] + in[2] + in[3]) / 4, in[4]) == AGON_OK);
            ours = agon_vwap_value(&vwap);
            ready = agon_vwap_is_ready(&vwap);
            break;
        case APO:
        case PPO:
            MUST(agon_sma_update(&sma, in[0]) == AGON_OK && agon_sma_update(&sma_slow, in[0]) == 0);
            ours = agon_sma_value(&sma) - agon_sma_value(&sma_slow);
            if (leans[_i].what == PPO)
                ours *= 100 / agon_sma_value(&sma_slow);
            ready = agon_sma_is_ready(&sma_slow);
            break;
        case MACD:
            MUST(agon_ema_update(&ema, in[0]) == AGON_OK && agon_ema_update(&ema_slow, in[0]) == 0);
            ours = agon_ema_value(&ema) - agon_ema_value(&ema_slow);
            ready = agon_ema_is_ready(&ema_slow);
            break;
        }
        if (ready && !isnan(want))
            same(ours, want, leans[_i].more, leans[_i].out, (unsigned)i);
    }
    printf("LEAN %s %s: %u figures\n", leans[_i].file, leans[_i].out, n_compared);
    ck_assert_uint_gt(n_compared, 150);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("reference");
    TCase *tcase = tcase_create("all");
    const char *root = getenv("AGON_SOURCE_ROOT");
    char path[600];
    gzFile file;
    SRunner *runner;
    int failed;

    snprintf(folder, sizeof(folder), "%s/../shared/data/reference", root ? root : ".");
    snprintf(path, sizeof(path), "%s/talib_daily_252.csv", folder);
    file = gzopen(path, "rb");
    if (file == NULL) {
        printf("skipped: no %s\n", path);
        return 77;
    }
    gzclose(file);
    tcase_set_timeout(tcase, 30);
    tcase_add_test(tcase, every_row_of_ta_lib_agrees);
    tcase_add_test(tcase, every_row_of_tulip_agrees);
    tcase_add_loop_test(tcase, every_table_of_lean_agrees, 0, sizeof(leans) / sizeof(leans[0]));
    suite_add_tcase(suite, tcase);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? 1 : 0;
}
