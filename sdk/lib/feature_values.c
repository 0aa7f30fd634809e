// SPDX-License-Identifier: MIT
/* feature_values: a function for each row of the catalogue. */
#include "feature_table.h"

#include "feature_math.h"

#define DAY_NS   ((agon_ns_t)86400 * 1000000000)
#define WEEK_NS  (7 * DAY_NS)
#define EMA_FADE 4 /* an average of n bars is taken over 4 n: what is older weighs 0.03 % */

static double at(const struct agon_feature_bar *last, uint32_t ago, size_t field)
{
    double x;

    memcpy(&x, (const unsigned char *)(last - ago) + field, sizeof(x));
    return x;
}

#define OPEN(ago)   at(last, ago, offsetof(struct agon_feature_bar, open))
#define HIGH(ago)   at(last, ago, offsetof(struct agon_feature_bar, high))
#define LOW(ago)    at(last, ago, offsetof(struct agon_feature_bar, low))
#define CLOSE(ago)  at(last, ago, offsetof(struct agon_feature_bar, close))
#define VOLUME(ago) at(last, ago, offsetof(struct agon_feature_bar, volume))

/* The last n of a field, from the oldest on. */
static void take(struct row *row, const struct agon_feature_bar *last, uint32_t n, size_t field)
{
    uint32_t i;

    row->n = n;
    for (i = 0; i < n; i++)
        row->x[i] = at(last, n - 1 - i, field);
}

static void take_closes(struct row *row, const struct agon_feature_bar *last, uint32_t n)
{
    take(row, last, n, offsetof(struct agon_feature_bar, close));
}

/* The last n returns of one bar each. */
static void take_returns(struct row *row, const struct agon_feature_bar *last, uint32_t n)
{
    take(row, last, n, offsetof(struct agon_feature_bar, change));
}

static void reach(const struct agon_feature_bar *last, uint32_t n, double *high, double *low)
{
    uint32_t i;

    *high = HIGH(0);
    *low = LOW(0);
    for (i = 1; i < n; i++) {
        *high = HIGH(i) > *high ? HIGH(i) : *high;
        *low = LOW(i) < *low ? LOW(i) : *low;
    }
}

/* Of the closes, from the oldest of EMA_FADE n on, which is its first value. */
static double ema_of(const struct agon_feature_bar *last, uint32_t n)
{
    double alpha = 2.0 / (n + 1.0);
    uint32_t i = EMA_FADE * n - 1;
    double value = CLOSE(i);

    while (i-- > 0)
        value += alpha * (CLOSE(i) - value);
    return value;
}

static double typical(const struct agon_feature_bar *last, uint32_t ago)
{
    return (HIGH(ago) + LOW(ago) + CLOSE(ago)) / 3;
}

/* --- returns and ranges --- */

static double return_of(const uint32_t *param, const struct agon_feature_bar *last)
{
    return ln(CLOSE(0) / CLOSE(param[0]));
}

static double gap(const uint32_t *param, const struct agon_feature_bar *last)
{
    (void)param;
    return ln(OPEN(0) / CLOSE(1));
}

static double body(const uint32_t *param, const struct agon_feature_bar *last)
{
    double range = HIGH(0) - LOW(0);

    (void)param;
    return range > 0 ? (CLOSE(0) - OPEN(0)) / range : 0;
}

static double upper_wick(const uint32_t *param, const struct agon_feature_bar *last)
{
    double range = HIGH(0) - LOW(0), top = OPEN(0) > CLOSE(0) ? OPEN(0) : CLOSE(0);

    (void)param;
    return range > 0 ? (HIGH(0) - top) / range : 0;
}

static double lower_wick(const uint32_t *param, const struct agon_feature_bar *last)
{
    double range = HIGH(0) - LOW(0), bottom = OPEN(0) < CLOSE(0) ? OPEN(0) : CLOSE(0);

    (void)param;
    return range > 0 ? (bottom - LOW(0)) / range : 0;
}

static double range_of(const uint32_t *param, const struct agon_feature_bar *last)
{
    double high, low;

    reach(last, param[0], &high, &low);
    return (high - low) / CLOSE(0);
}

static double place(const uint32_t *param, const struct agon_feature_bar *last)
{
    double high, low;

    reach(last, param[0], &high, &low);
    return high > low ? (CLOSE(0) - low) / (high - low) : 0.5;
}

static double drawdown(const uint32_t *param, const struct agon_feature_bar *last)
{
    double most = CLOSE(0);
    uint32_t i;

    for (i = 1; i < param[0]; i++)
        most = CLOSE(i) > most ? CLOSE(i) : most;
    return CLOSE(0) / most - 1;
}

static double true_range(const uint32_t *param, const struct agon_feature_bar *last)
{
    double sum = 0;
    uint32_t i;

    for (i = param[0]; i-- > 0;) {
        double high = HIGH(i) > CLOSE(i + 1) ? HIGH(i) : CLOSE(i + 1);
        double low = LOW(i) < CLOSE(i + 1) ? LOW(i) : CLOSE(i + 1);

        sum += high - low;
    }
    return sum / param[0] / CLOSE(0);
}

/* --- volatility --- */

static double volatility(const uint32_t *param, const struct agon_feature_bar *last)
{
    struct row row;

    take_returns(&row, last, param[0]);
    return sqrt(row_squares(&row, row_mean(&row)) / (row.n - 1));
}

static double ewma_volatility(const uint32_t *param, const struct agon_feature_bar *last)
{
    double keep = 1 - 2.0 / (param[0] + 1.0), sum = 0, weights = 0;
    struct row row;
    uint32_t i;

    take_returns(&row, last, EMA_FADE * param[0]);
    for (i = 0; i < row.n; i++) {
        sum = keep * sum + row.x[i] * row.x[i];
        weights = keep * weights + 1;
    }
    return sqrt(sum / weights);
}

static double parkinson(const uint32_t *param, const struct agon_feature_bar *last)
{
    double sum = 0;
    uint32_t i;

    for (i = param[0]; i-- > 0;) {
        double reach_ln = ln(HIGH(i) / LOW(i));

        sum += reach_ln * reach_ln;
    }
    return sqrt(sum / (4 * ln(2) * param[0]));
}

static double garman_klass(const uint32_t *param, const struct agon_feature_bar *last)
{
    double sum = 0;
    uint32_t i;

    for (i = param[0]; i-- > 0;) {
        double reach_ln = ln(HIGH(i) / LOW(i)), move = ln(CLOSE(i) / OPEN(i));

        sum += 0.5 * reach_ln * reach_ln - (2 * ln(2) - 1) * move * move;
    }
    return sum > 0 ? sqrt(sum / param[0]) : 0;
}

static double volatility_ratio(const uint32_t *param, const struct agon_feature_bar *last)
{
    double longer = volatility(&param[1], last);

    return longer > 0 ? volatility(param, last) / longer : 1;
}

/* --- trend --- */

static double sma_gap(const uint32_t *param, const struct agon_feature_bar *last)
{
    struct row row;

    take_closes(&row, last, param[0]);
    return CLOSE(0) / row_mean(&row) - 1;
}

static double ema_gap(const uint32_t *param, const struct agon_feature_bar *last)
{
    return CLOSE(0) / ema_of(last, param[0]) - 1;
}

static double macd(const uint32_t *param, const struct agon_feature_bar *last)
{
    return (ema_of(last, param[0]) - ema_of(last, param[1])) / CLOSE(0);
}

static double slope(const uint32_t *param, const struct agon_feature_bar *last)
{
    double n = param[0], middle = (n - 1) / 2, above = 0, below = 0;
    uint32_t i;

    for (i = 0; i < param[0]; i++) {
        double t = i - middle;

        above += t * ln(CLOSE(param[0] - 1 - i) / CLOSE(0));
        below += t * t;
    }
    return above / below;
}

static double efficiency(const uint32_t *param, const struct agon_feature_bar *last)
{
    double way = 0;
    struct row row;
    uint32_t i;

    take_returns(&row, last, param[0]);
    for (i = 0; i < row.n; i++)
        way += fabs(row.x[i]);
    return way > 0 ? fabs(return_of(param, last)) / way : 0;
}

static double rsi(const uint32_t *param, const struct agon_feature_bar *last)
{
    double gain = 0, loss = 0;
    uint32_t i;

    for (i = param[0]; i-- > 0;) {
        double change = CLOSE(i) - CLOSE(i + 1);

        gain += change > 0 ? change : 0;
        loss -= change < 0 ? change : 0;
    }
    return gain + loss > 0 ? 100 * (gain / (gain + loss)) : 50;
}

static double bollinger(const uint32_t *param, const struct agon_feature_bar *last)
{
    struct row row;
    double mean, deviation;

    take_closes(&row, last, param[0]);
    mean = row_mean(&row);
    deviation = sqrt(row_squares(&row, mean) / row.n);
    return deviation > 0 ? (CLOSE(0) - mean) / (2 * deviation) : 0;
}

static double bollinger_width(const uint32_t *param, const struct agon_feature_bar *last)
{
    struct row row;
    double mean;

    take_closes(&row, last, param[0]);
    mean = row_mean(&row);
    return 4 * sqrt(row_squares(&row, mean) / row.n) / mean;
}

/* --- volume --- */

static double volume_ratio(const uint32_t *param, const struct agon_feature_bar *last)
{
    struct row row;
    double mean;

    take(&row, last, param[0], offsetof(struct agon_feature_bar, volume));
    mean = row_mean(&row);
    return mean > 0 ? VOLUME(0) / mean : 1;
}

static double volume_score(const uint32_t *param, const struct agon_feature_bar *last)
{
    struct row row;
    double mean, squares;

    take(&row, last, param[0], offsetof(struct agon_feature_bar, volume));
    mean = row_mean(&row);
    squares = row_squares(&row, mean);
    return squares > 0 ? (VOLUME(0) - mean) / sqrt(squares / (row.n - 1)) : 0;
}

static double imbalance(const uint32_t *param, const struct agon_feature_bar *last)
{
    double all = 0, bought = 0;
    uint32_t i;

    for (i = param[0]; i-- > 0;) {
        all += VOLUME(i);
        bought += at(last, i, offsetof(struct agon_feature_bar, bought));
    }
    return all > 0 ? (2 * bought - all) / all : 0;
}

static double vwap_gap(const uint32_t *param, const struct agon_feature_bar *last)
{
    double all = 0, money = 0;
    uint32_t i;

    for (i = param[0]; i-- > 0;) {
        all += VOLUME(i);
        money += VOLUME(i) * typical(last, i);
    }
    return all > 0 && money > 0 ? CLOSE(0) / (money / all) - 1 : 0;
}

static double profile_gap(const uint32_t *param, const struct agon_feature_bar *last)
{
    double high, low, width, bins[AGON_FEATURE_BACK_MAX] = {0};
    uint32_t best = 0, i;

    reach(last, param[0], &high, &low);
    width = (high - low) / param[1];
    for (i = param[0]; i-- > 0;) {
        double bin = width > 0 ? (typical(last, i) - low) / width : 0;
        uint32_t to = bin < param[1] ? (uint32_t)bin : param[1] - 1;

        bins[to] += VOLUME(i);
    }
    for (i = 1; i < param[1]; i++)
        best = bins[i] > bins[best] ? i : best;
    return bins[best] > 0 ? CLOSE(0) / (low + (best + 0.5) * width) - 1 : 0;
}

/* --- shape of returns --- */

static double moment(const uint32_t *param, const struct agon_feature_bar *last, int power)
{
    struct row row;
    double mean, squares, sum = 0;
    uint32_t i;

    take_returns(&row, last, param[0]);
    mean = row_mean(&row);
    squares = row_squares(&row, mean) / row.n;
    if (squares <= 0)
        return 0;
    for (i = 0; i < row.n; i++) {
        double d = (row.x[i] - mean) / sqrt(squares);

        sum += power == 3 ? d * d * d : d * d * d * d;
    }
    return power == 3 ? sum / row.n : sum / row.n - 3;
}

static double skew(const uint32_t *param, const struct agon_feature_bar *last)
{
    return moment(param, last, 3);
}

static double kurtosis(const uint32_t *param, const struct agon_feature_bar *last)
{
    return moment(param, last, 4);
}

static double autocorrelation(const uint32_t *param, const struct agon_feature_bar *last)
{
    struct row row;
    double mean, squares, sum = 0;
    uint32_t i;

    take_returns(&row, last, param[0]);
    mean = row_mean(&row);
    squares = row_squares(&row, mean);
    for (i = param[1]; i < row.n; i++)
        sum += (row.x[i] - mean) * (row.x[i - param[1]] - mean);
    return squares > 0 ? sum / squares : 0;
}

static double variance_ratio(const uint32_t *param, const struct agon_feature_bar *last)
{
    struct row row;
    double mean, squares, sum = 0;
    uint32_t k = param[1], i, j;

    take_returns(&row, last, param[0]);
    mean = row_mean(&row);
    squares = row_squares(&row, mean) / row.n;
    for (i = k; i <= row.n; i++) {
        double over = 0;

        for (j = i - k; j < i; j++)
            over += row.x[j] - mean;
        sum += over * over;
    }
    return squares > 0 ? sum / (row.n - k + 1) / (k * squares) : 1;
}

static double entropy(const uint32_t *param, const struct agon_feature_bar *last)
{
    struct row row;
    uint32_t count[AGON_FEATURE_BACK_MAX] = {0}, i;
    double high, low, sum = 0;

    take_returns(&row, last, param[0]);
    high = low = last->change;
    for (i = 0; i < row.n; i++) {
        high = row.x[i] > high ? row.x[i] : high;
        low = row.x[i] < low ? row.x[i] : low;
    }
    if (high <= low)
        return 0;
    for (i = 0; i < row.n; i++) {
        double bin = (row.x[i] - low) / (high - low) * param[1];

        count[bin < param[1] ? (uint32_t)bin : param[1] - 1]++;
    }
    for (i = 0; i < param[1]; i++) {
        double share = (double)count[i] / row.n;

        sum -= count[i] > 0 ? share * ln(share) : 0;
    }
    return sum / ln(param[1]);
}

/* ln of the mean rescaled range of stretches of n returns; *is_flat: there is none. */
static double rescaled_range(const struct row *row, uint32_t n, int *is_flat)
{
    double sum = 0;
    uint32_t stretches = 0, from, i;

    for (from = 0; from + n <= row->n; from += n) {
        struct row part = {.n = n};
        double mean, squares, way = 0, high = 0, low = 0;

        memcpy(part.x, &row->x[from], n * sizeof(part.x[0]));
        mean = row_mean(&part);
        squares = row_squares(&part, mean) / n;
        for (i = 0; i < n; i++) {
            way += part.x[i] - mean;
            high = way > high ? way : high;
            low = way < low ? way : low;
        }
        if (squares > 0) {
            sum += (high - low) / sqrt(squares);
            stretches++;
        }
    }
    *is_flat = stretches == 0;
    return stretches > 0 ? ln(sum / stretches) : 0;
}

static double hurst(const uint32_t *param, const struct agon_feature_bar *last)
{
    double x[8], y[8], mean_x = 0, mean_y = 0, above = 0, below = 0, slope_of;
    struct row row;
    uint32_t n, i, points = 0;
    int is_flat;

    take_returns(&row, last, param[0]);
    for (n = param[0]; n >= 8 && points < 8; n /= 2) {
        x[points] = ln(n);
        y[points] = rescaled_range(&row, n, &is_flat);
        if (is_flat)
            return 0.5;
        mean_x += x[points];
        mean_y += y[points];
        points++;
    }
    mean_x /= points;
    mean_y /= points;
    for (i = 0; i < points; i++) {
        above += (x[i] - mean_x) * (y[i] - mean_y);
        below += (x[i] - mean_x) * (x[i] - mean_x);
    }
    slope_of = above / below;
    return slope_of < 0 ? 0 : slope_of > 1 ? 1 : slope_of;
}

/* --- time --- */

static double turn_of(agon_ns_t t, agon_ns_t length)
{
    return (double)(t % length) / (double)length;
}

static double quarter_on(double turn)
{
    return turn + 0.25 < 1 ? turn + 0.25 : turn - 0.75;
}

static double day_sin(const uint32_t *param, const struct agon_feature_bar *last)
{
    (void)param;
    return sine_of_turn(turn_of(last->t_close, DAY_NS));
}

static double day_cos(const uint32_t *param, const struct agon_feature_bar *last)
{
    (void)param;
    return sine_of_turn(quarter_on(turn_of(last->t_close, DAY_NS)));
}

// 1970 began on a Thursday: three days before are a Monday.
static double week_sin(const uint32_t *param, const struct agon_feature_bar *last)
{
    (void)param;
    return sine_of_turn(turn_of(last->t_close + 3 * DAY_NS, WEEK_NS));
}

static double week_cos(const uint32_t *param, const struct agon_feature_bar *last)
{
    (void)param;
    return sine_of_turn(quarter_on(turn_of(last->t_close + 3 * DAY_NS, WEEK_NS)));
}

#define VALUE_OF(name, function, ...) function,
feature_value_fn *const feature_values[] = {FEATURES(VALUE_OF)};
