// SPDX-License-Identifier: Apache-2.0
/* table: every gate that a slot can be asked to pass. A new one is a file here that describes
 * itself (score/gate.h), a line here below the others, and its name in score/meson.build.
 *
 * The first six have places in records and stand as they are for ever. [core] */
#ifndef SCORE_GATES_TABLE_H
#define SCORE_GATES_TABLE_H

#define GATE_TABLE(X)                                                                              \
    X(SHARPE, sharpe)                                                                              \
    X(CALMAR, calmar)                                                                              \
    X(DRAWDOWN, drawdown)                                                                          \
    X(WIN_RATE, win_rate)                                                                          \
    X(PROFIT_FACTOR, profit_factor)                                                                \
    X(VOL_RETURN, vol_return)                                                                      \
    X(ANNUAL_SHARPE, annual_sharpe)                                                                \
    X(ANNUAL_CALMAR, annual_calmar)                                                                \
    /* the next one stands above this line */

#endif
