// SPDX-License-Identifier: MIT
/* ta: streaming indicators for plugins; link libagon-ta.a (pkg-config agon-sdk).
 *
 * Each indicator is a plain struct of fixed widths, without pointers and without padding, so it can
 * stand as it is in the state that a plugin saves and that a later generation loads. Life: init
 * once, update with each value, read value when is_ready. A restored struct goes on to the last bit
 * where it was; load_state calls check on it first, for bytes from outside may be anything.
 *
 * Windows hold at most AGON_TA_WINDOW_MAX values, inside the struct: whoever needs to look back
 * further takes longer bars. What a window says is summed up when it is read: no rounding error can
 * pile up, and reading one of 512 values costs about a tenth of a microsecond.
 *
 * init: AGON_EINVAL for a period out of bounds; the struct is then unusable, and update and check
 * refuse it. update: AGON_EINVAL for what is not a number or beyond AGON_TA_ABS_MAX, or for a
 * struct that init never saw; nothing is changed then. value before is_ready is a provisional one,
 * of what has come so far (0 when nothing has), and always finite.
 *
 * Seeding. Recursive averages need a first value, and libraries differ:
 *   AGON_SEED_SMA    the mean of the first period values, as TA-Lib by default: its first output
 *                    is ours at the update that makes is_ready true. TA-Lib's unstable period is
 *                    nothing but further outputs thrown away: skip as many.
 *   AGON_SEED_FIRST  the first value itself, as TA-Lib's Metastock mode and as Tulip. Tulip shows
 *                    these values from the first on, TA-Lib from is_ready on.
 * Everything is double arithmetic with sqrt and fabs only, built with -ffp-contract=off: the same
 * inputs give the same bits on every machine. Nothing is allocated; no function keeps a state of
 * its own. [any; one struct by one thread at a time] */
#ifndef AGON_TA_H
#define AGON_TA_H

#include "agon/types.h"

#ifdef __cplusplus
extern "C" {
#endif

#define AGON_TA_WINDOW_MAX 512     /* of SMA, Bollinger bands, VWAP and moments */
#define AGON_TA_PERIOD_MAX 1000000 /* of EMA, RSI and ATR, which keep no window */
#define AGON_TA_ABS_MAX    1e70    /* of an input; its fourth power still is a double */

enum agon_seed { AGON_SEED_SMA = 0, AGON_SEED_FIRST = 1 };

/* The last period values; a part of the indicators below. */
struct agon_window {
    uint32_t period, n, at, pad; /* n: values held; at: where the next one goes */
    double ring[AGON_TA_WINDOW_MAX];
};
AGON_SIZE_IS(agon_window, 16 + 8 * AGON_TA_WINDOW_MAX);

/* Simple moving average: the mean of the last period values. */
struct agon_sma {
    struct agon_window window;
};
AGON_SIZE_IS(agon_sma, 16 + 8 * AGON_TA_WINDOW_MAX);
int agon_sma_init(struct agon_sma *sma, uint32_t period); /* 1 to AGON_TA_WINDOW_MAX */
int agon_sma_update(struct agon_sma *sma, double x);
int agon_sma_is_ready(const struct agon_sma *sma); /* after period values */
double agon_sma_value(const struct agon_sma *sma);
int agon_sma_check(const struct agon_sma *sma); /* AGON_OK, AGON_ECORRUPT */

/* Exponential moving average: value += 2 / (period + 1) * (x - value). */
struct agon_ema {
    double value, sum;
    uint32_t period, n, seed, pad; /* n: values seen, at most period */
};
AGON_SIZE_IS(agon_ema, 32);
int agon_ema_init(struct agon_ema *ema, uint32_t period, enum agon_seed seed);
int agon_ema_update(struct agon_ema *ema, double x);
int agon_ema_is_ready(const struct agon_ema *ema); /* after period values, with either seed */
double agon_ema_value(const struct agon_ema *ema);
int agon_ema_check(const struct agon_ema *ema);

/* Relative strength index after Wilder: 100 x gains / (gains + losses), both averaged by
 * avg += (x - avg) / period and seeded with the mean of the first period changes, as in TA-Lib and
 * Tulip. TA-Lib's Metastock mode shows one provisional value more at the front: value after period
 * inputs. Where nothing has moved at all there is no ratio: 50 here (TA-Lib says 0, which reads as
 * an oversold market). */
struct agon_rsi {
    double last, gain, loss;
    uint32_t period, n; /* n: values seen, at most period + 1 */
};
AGON_SIZE_IS(agon_rsi, 32);
int agon_rsi_init(struct agon_rsi *rsi, uint32_t period); /* 2 to AGON_TA_PERIOD_MAX */
int agon_rsi_update(struct agon_rsi *rsi, double x);
int agon_rsi_is_ready(const struct agon_rsi *rsi); /* after period + 1 values */
double agon_rsi_value(const struct agon_rsi *rsi); /* 0 to 100 */
int agon_rsi_check(const struct agon_rsi *rsi);

/* Bollinger bands: the mean of the last period values and bands of so many population standard
 * deviations around it. */
struct agon_bollinger {
    double up, down; /* how many deviations */
    struct agon_window window;
};
AGON_SIZE_IS(agon_bollinger, 32 + 8 * AGON_TA_WINDOW_MAX);
/* AGON_EINVAL also for a width below 0 or not finite. */
int agon_bollinger_init(struct agon_bollinger *bands, uint32_t period, double up, double down);
int agon_bollinger_update(struct agon_bollinger *bands, double x);
int agon_bollinger_is_ready(const struct agon_bollinger *bands);
double agon_bollinger_middle(const struct agon_bollinger *bands);
double agon_bollinger_upper(const struct agon_bollinger *bands);
double agon_bollinger_lower(const struct agon_bollinger *bands);
int agon_bollinger_check(const struct agon_bollinger *bands);

/* How far a bar reached, the gap from the close before it included. */
double agon_true_range(double high, double low, double close_before);

/* Average true range after Wilder, seeded with the mean of the first period ranges.
 * AGON_SEED_SMA: the first bar has no close before it and gives only that, as in TA-Lib: ready
 * after period + 1 bars. AGON_SEED_FIRST: its high - low counts, as in Tulip: ready after period.
 */
struct agon_atr {
    double close, value, sum;
    uint32_t period, n, seed, has_close; /* n: ranges seen, at most period */
};
AGON_SIZE_IS(agon_atr, 40);
int agon_atr_init(struct agon_atr *atr, uint32_t period, enum agon_seed seed);
/* AGON_EINVAL also when high < low. */
int agon_atr_update(struct agon_atr *atr, double high, double low, double close);
int agon_atr_is_ready(const struct agon_atr *atr);
double agon_atr_value(const struct agon_atr *atr);
int agon_atr_check(const struct agon_atr *atr);

/* Volume-weighted average price of the last period updates; period 0: of all since init, which is
 * then called when a session begins. Without volume it is the last price. */
struct agon_vwap {
    double last, turnover, volume; /* turnover, volume: sums, with period 0 only */
    uint32_t period, n, at, is_init;
    double px[AGON_TA_WINDOW_MAX], qty[AGON_TA_WINDOW_MAX];
};
AGON_SIZE_IS(agon_vwap, 40 + 16 * AGON_TA_WINDOW_MAX);
int agon_vwap_init(struct agon_vwap *vwap, uint32_t period); /* 0 to AGON_TA_WINDOW_MAX */
/* AGON_EINVAL also for a quantity below 0; AGON_ERANGE: the sums of period 0 are too large. */
int agon_vwap_update(struct agon_vwap *vwap, double px, double qty);
int agon_vwap_is_ready(const struct agon_vwap *vwap); /* after period updates; 0: after one */
double agon_vwap_value(const struct agon_vwap *vwap);
int agon_vwap_check(const struct agon_vwap *vwap);

/* Moments of the last period values. */
struct agon_moments {
    struct agon_window window;
};
AGON_SIZE_IS(agon_moments, 16 + 8 * AGON_TA_WINDOW_MAX);
struct agon_shape {
    double mean;
    double variance; /* of the population; x n / (n - 1) for that of a sample */
    double skew;     /* third standardised moment of the population; 0 without variance */
    double kurtosis; /* the fourth, less the 3 of a normal distribution; 0 without variance */
};
int agon_moments_init(struct agon_moments *moments, uint32_t period); /* 2 to the window's max */
int agon_moments_update(struct agon_moments *moments, double x);
int agon_moments_is_ready(const struct agon_moments *moments);
/* Two passes over the window: exact where sums of powers lose their digits. All 0 when empty. */
void agon_moments_value(const struct agon_moments *moments, struct agon_shape *shape);
int agon_moments_check(const struct agon_moments *moments);

/* e^x and the natural logarithm, of + - * / alone: the same bits on every processor and libc, which
 * libm's are not. exp: within 1 unit in the last place (0.952 was the largest error measured
 * against long double), 0 below -745.2, infinity above 709.79. ln: within 2e-16 of its size or,
 * near 1, absolutely. Not a number stays one; ln of 0 is -infinity, below it NaN. */
double agon_exp(double x);
double agon_ln(double x);

/* 10^exp, exp from 0 to 18; clamped to that range. */
int64_t agon_pow10(int exp);
/* A price, quantity or amount of 10^-exp as a plain number. */
double agon_to_double(int64_t x, int exp);
/* The multiple of step (a tick, a lot) at, below or above x, which counts in the same units as
 * step: the ways from a double to a price or a quantity. Not a number: 0. Beyond 2^62: the largest
 * multiple within it. A step below 1 counts as 1. round takes halves away from zero. */
int64_t agon_floor_to(double x, int64_t step);
int64_t agon_ceil_to(double x, int64_t step);
int64_t agon_round_to(double x, int64_t step);

#ifdef __cplusplus
}
#endif

#endif
