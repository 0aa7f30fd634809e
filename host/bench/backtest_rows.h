// SPDX-License-Identifier: Apache-2.0
/* backtest_rows: rows of bars, trades and books through the run that `agon backtest` makes, against
 * bare loops over the same rows. [one thread] */
#ifndef BENCH_BACKTEST_ROWS_H
#define BENCH_BACKTEST_ROWS_H

#include "base/error.h"
#include "bench/bench.h"

/* AGON_ENOENT: no agon or no plugins beside this program; AGON_EIO, AGON_ENOMEM. */
int bench_backtest_rows(struct bench *bench, struct error *err);

#endif
