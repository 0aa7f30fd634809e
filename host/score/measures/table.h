// SPDX-License-Identifier: Apache-2.0
/* table: every measure by which slots can be compared. A new one is a file here that describes
 * itself (score/measure.h), a line here below the others, and its name in score/meson.build.
 *
 * The first six have places in records and stand as they are for ever. [core] */
#ifndef SCORE_MEASURES_TABLE_H
#define SCORE_MEASURES_TABLE_H

#define MEASURE_TABLE(X)                                                                           \
    X(SHARPE, sharpe)                                                                              \
    X(CALMAR, calmar)                                                                              \
    X(DRAWDOWN, drawdown)                                                                          \
    X(WIN_RATE, win_rate)                                                                          \
    X(PROFIT_FACTOR, profit_factor)                                                                \
    X(VOL_RETURN, vol_return)                                                                      \
    X(T_VALUE, t_value)                                                                            \
    /* the next one stands above this line */

#endif
