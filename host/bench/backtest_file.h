// SPDX-License-Identifier: Apache-2.0
/* backtest_file: `agon bench backtest --file`: the whole command over files. [one thread] */
#ifndef BENCH_BACKTEST_FILE_H
#define BENCH_BACKTEST_FILE_H

#include "base/error.h"
#include "bench/bench.h"

/* AGON_ENOENT: no agon or no plugins beside this program; AGON_EIO; AGON_ECORRUPT: both sides did
 * not read the same rows. */
int bench_backtest_file(struct bench *bench, struct error *err);

#endif
