// SPDX-License-Identifier: Apache-2.0
/* backtest_file: `agon bench backtest --file`: the whole command over files; and what the rows of
 * `agon bench backtest` take from it: files, and the command's own report. [one thread] */
#ifndef BENCH_BACKTEST_FILE_H
#define BENCH_BACKTEST_FILE_H

#include "base/error.h"
#include "bench/bench.h"

/* AGON_ENOENT: no agon or no plugins beside this program; AGON_EIO; AGON_ECORRUPT: both sides did
 * not read the same rows. */
int bench_backtest_file(struct bench *bench, struct error *err);

struct backtest_report { /* of one run of the command */
    uint64_t n_events, n_market, n_intents, n_fills;
    char intents[80];
};
/* `agon backtest PLUGIN --data BTCUSDT=PATH --latency 20ms --data-latency 5ms --json`, with a
 * plugin of the host's own by its name, and --param with what params has (NAME=VALUE, up to a
 * NULL), or params NULL. AGON_ENOENT, AGON_EIO. */
int bench_backtest_command(const struct bench *bench, const char *plugin, const char *const *params,
                           const char *path, struct backtest_report *report, struct error *err);
/* Of sma_cross: each bar is a candle, and an order is so small that no limit ends the agent: it
 * has an order for each crossing, as peers and the bare loop of backtest_bare.h have. */
extern const char *const bench_backtest_crossing[];
/* Processor time so far, ns: of all threads (RUSAGE_SELF), or of all children that have ended,
 * theirs included (RUSAGE_CHILDREN). */
double bench_backtest_used_ns(int who);
/* A random walk as a table of n bars, or of n trades. */
int bench_backtest_rows_csv(const char *path, uint64_t n, int is_bars);
/* The recording of --data, unpacked, under its own name: that says venue and symbol. At most so
 * many lines. */
int bench_backtest_unpack(const struct bench *bench, uint64_t most, char path[400], uint64_t *n,
                          struct error *err);

#endif
