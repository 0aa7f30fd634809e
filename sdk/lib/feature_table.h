// SPDX-License-Identifier: MIT
/* feature_table: the catalogue. A row is what `agon features ls` shows, and the function that is
 * asked (feature_values.c); who adds one writes both, and docs/features.md anew. */
#ifndef AGON_LIB_FEATURE_TABLE_H
#define AGON_LIB_FEATURE_TABLE_H

#include "agon/feature.h"

#define ONE  "1"
#define EACH "1 a bar"

/* X(name, function, unit, formula, otherwise, number of parameters, name, preset and bound below of
 * the first and of the second, is the larger of both what it looks back by, how many times that,
 * and how many bars more). */
#define FEATURES(X)                                                                                \
    X("return", return_of, ONE, "ln(close / close BARS before)", NULL, 1, "bars", 1, 1, NULL, 0,   \
      0, 0, 1, 1)                                                                                  \
    X("gap", gap, ONE, "ln(open / close of the bar before)", NULL, 0, NULL, 0, 0, NULL, 0, 0, 0,   \
      0, 2)                                                                                        \
    X("body", body, ONE, "(close - open) / (high - low)", "0", 0, NULL, 0, 0, NULL, 0, 0, 0, 0, 1) \
    X("upper_wick", upper_wick, ONE, "(high - larger of open and close) / (high - low)", "0", 0,   \
      NULL, 0, 0, NULL, 0, 0, 0, 0, 1)                                                             \
    X("lower_wick", lower_wick, ONE, "(smaller of open and close - low) / (high - low)", "0", 0,   \
      NULL, 0, 0, NULL, 0, 0, 0, 0, 1)                                                             \
    X("range", range_of, ONE, "(highest high - lowest low of BARS) / close", NULL, 1, "bars", 10,  \
      1, NULL, 0, 0, 0, 1, 0)                                                                      \
    X("place", place, ONE, "(close - lowest low of BARS) / (highest high - lowest low)", "0.5", 1, \
      "bars", 14, 1, NULL, 0, 0, 0, 1, 0)                                                          \
    X("drawdown", drawdown, ONE, "close / highest close of BARS - 1", NULL, 1, "bars", 60, 1,      \
      NULL, 0, 0, 0, 1, 0)                                                                         \
    X("true_range", true_range, ONE,                                                               \
      "mean over BARS of max(high, close before) - min(low, close before), / close", NULL, 1,      \
      "bars", 14, 1, NULL, 0, 0, 0, 1, 1)                                                          \
    X("volatility", volatility, EACH,                                                              \
      "standard deviation (BARS - 1) of the last BARS returns of one bar", NULL, 1, "bars", 60, 2, \
      NULL, 0, 0, 0, 1, 1)                                                                         \
    X("ewma_volatility", ewma_volatility, EACH,                                                    \
      "root of the mean squared return of 4 BARS, each weighing 1 - 2 / (BARS + 1) of the next",   \
      NULL, 1, "bars", 20, 1, NULL, 0, 0, 0, 4, 1)                                                 \
    X("parkinson", parkinson, EACH,                                                                \
      "root of the mean over BARS of ln(high / low)^2 / (4 ln 2) (Parkinson 1980)", NULL, 1,       \
      "bars", 20, 1, NULL, 0, 0, 0, 1, 0)                                                          \
    X("garman_klass", garman_klass, EACH,                                                          \
      "root of the mean over BARS of ln(high / low)^2 / 2 - (2 ln 2 - 1) ln(close / open)^2 "      \
      "(Garman, Klass 1980)",                                                                      \
      "0", 1, "bars", 20, 1, NULL, 0, 0, 0, 1, 0)                                                  \
    X("volatility_ratio", volatility_ratio, ONE, "volatility.BARS / volatility.LONGER", "1", 2,    \
      "bars", 10, 2, "longer", 60, 2, 1, 1, 1)                                                     \
    X("sma_gap", sma_gap, ONE, "close / mean close of BARS - 1", NULL, 1, "bars", 20, 1, NULL, 0,  \
      0, 0, 1, 0)                                                                                  \
    X("ema_gap", ema_gap, ONE,                                                                     \
      "close / average - 1; the average begins with the oldest close of 4 BARS, then += 2 / "      \
      "(BARS + 1) (close - average)",                                                              \
      NULL, 1, "bars", 20, 1, NULL, 0, 0, 0, 4, 0)                                                 \
    X("macd", macd, ONE, "(average of BARS - average of LONGER) / close, as in ema_gap", NULL, 2,  \
      "bars", 12, 1, "longer", 26, 1, 1, 4, 0)                                                     \
    X("slope", slope, EACH,                                                                        \
      "slope of the straight line of smallest squares through ln(close) of BARS", NULL, 1, "bars", \
      20, 2, NULL, 0, 0, 0, 1, 0)                                                                  \
    X("efficiency", efficiency, ONE, "|return.BARS| / sum of |return.1| over BARS (Kaufman 1995)", \
      "0", 1, "bars", 20, 1, NULL, 0, 0, 0, 1, 1)                                                  \
    X("rsi", rsi, "per cent",                                                                      \
      "100 gains / (gains + losses) of the closes, sums over BARS (Cutler)", "50", 1, "bars", 14,  \
      1, NULL, 0, 0, 0, 1, 1)                                                                      \
    X("bollinger", bollinger, ONE, "(close - mean) / (2 deviations), both of the closes of BARS",  \
      "0", 1, "bars", 20, 2, NULL, 0, 0, 0, 1, 0)                                                  \
    X("bollinger_width", bollinger_width, ONE, "4 deviations / mean, both of the closes of BARS",  \
      NULL, 1, "bars", 20, 2, NULL, 0, 0, 0, 1, 0)                                                 \
    X("volume_ratio", volume_ratio, ONE, "volume / mean volume of BARS", "1", 1, "bars", 20, 1,    \
      NULL, 0, 0, 0, 1, 0)                                                                         \
    X("volume_score", volume_score, ONE,                                                           \
      "(volume - mean) / standard deviation (BARS - 1), of the volumes of BARS", "0", 1, "bars",   \
      20, 2, NULL, 0, 0, 0, 1, 0)                                                                  \
    X("imbalance", imbalance, ONE, "(bought by takers - sold by takers) / volume, sums over BARS", \
      "0", 1, "bars", 5, 1, NULL, 0, 0, 0, 1, 0)                                                   \
    X("vwap_gap", vwap_gap, ONE,                                                                   \
      "close / VWAP - 1; of each bar of BARS the mean of high, low and close by its volume", "0",  \
      1, "bars", 60, 1, NULL, 0, 0, 0, 1, 0)                                                       \
    X("profile_gap", profile_gap, ONE,                                                             \
      "close / middle of the one of BINS equal parts of the range of BARS with the most volume - " \
      "1; a bar counts where the mean of its high, low and close is",                              \
      "0", 2, "bars", 60, 1, "bins", 24, 1, 0, 1, 0)                                               \
    X("skew", skew, ONE, "third standardised moment of the returns of BARS", "0", 1, "bars", 60,   \
      2, NULL, 0, 0, 0, 1, 1)                                                                      \
    X("kurtosis", kurtosis, ONE, "fourth standardised moment of the returns of BARS, less 3", "0", \
      1, "bars", 60, 2, NULL, 0, 0, 0, 1, 1)                                                       \
    X("autocorrelation", autocorrelation, ONE,                                                     \
      "of the returns of BARS at LAG: sum of products with the one LAG before, around one mean, "  \
      "/ sum of squares",                                                                          \
      "0", 2, "bars", 60, 2, "lag", 1, 1, 0, 1, 1)                                                 \
    X("variance_ratio", variance_ratio, ONE,                                                       \
      "variance of overlapping sums of LAG returns / (LAG times the variance of one), of BARS "    \
      "(Lo, MacKinlay 1988, without their correction for few)",                                    \
      "1", 2, "bars", 60, 2, "lag", 5, 1, 0, 1, 1)                                                 \
    X("entropy", entropy, ONE,                                                                     \
      "Shannon entropy of the returns of BARS in BINS equal parts of their range, / ln(BINS)",     \
      "0", 2, "bars", 200, 2, "bins", 10, 2, 0, 1, 1)                                              \
    X("hurst", hurst, ONE,                                                                         \
      "slope of ln(mean rescaled range) over ln(length) of the returns of BARS, in lengths BARS, " \
      "BARS / 2, ... down to 8, within 0 and 1",                                                   \
      "0.5", 1, "bars", 200, 16, NULL, 0, 0, 0, 1, 1)                                              \
    X("day_sin", day_sin, ONE, "sin(2 pi time of day in UTC), at the end of the bar", NULL, 0,     \
      NULL, 0, 0, NULL, 0, 0, 0, 0, 1)                                                             \
    X("day_cos", day_cos, ONE, "cos of the same", NULL, 0, NULL, 0, 0, NULL, 0, 0, 0, 0, 1)        \
    X("week_sin", week_sin, ONE,                                                                   \
      "sin(2 pi time since Monday in UTC / a week), at the end of the bar", NULL, 0, NULL, 0, 0,   \
      NULL, 0, 0, 0, 0, 1)                                                                         \
    X("week_cos", week_cos, ONE, "cos of the same", NULL, 0, NULL, 0, 0, NULL, 0, 0, 0, 0, 1)      \
    /* the next one stands above this line */

/* last: the newest bar; the ones before it lie before it. */
typedef double feature_value_fn(const uint32_t *param, const struct agon_feature_bar *last);
extern feature_value_fn *const feature_values[];

#endif
