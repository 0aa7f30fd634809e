// SPDX-License-Identifier: Apache-2.0
/* bars_args: what the inside of bars is assumed to be, as `backtest` and `sim` are told it. [any]
 */
#ifndef CLI_BARS_ARGS_H
#define CLI_BARS_ARGS_H

#include "args/args.h"
#include "match/match.h"

struct bars_opts {
    double spread_bps, drift_bps, touch_pct, volume_pct, slippage_bps;
    int path;
};
extern const char *const bars_args_paths[];

/* The presets of match_bars_defaults. */
void bars_args_defaults(struct bars_opts *opts);
struct match_bars bars_args_of(const struct bars_opts *opts, uint64_t seed);

/* Lines of a table of struct arg; opts is a struct bars_opts. */
#define BARS_ARGS(opts)                                                                             \
    {"path",                                                                                        \
     ARG_CHOICE,                                                                                    \
     "pessimistic|optimistic|ohlc|olhc|random",                                                     \
     "which way prices went inside a bar (pessimistic: worst for each agent or account)",           \
     &(opts).path,                                                                                  \
     .choices = bars_args_paths},                                                                   \
        {"spread",                                                                                  \
         ARG_REAL,                                                                                  \
         "BPS",                                                                                     \
         "of quotes and books that are assumed: on bars and trades (2)",                            \
         &(opts).spread_bps,                                                                        \
         .min = 0,                                                                                  \
         .max = 1000},                                                                              \
        {"drift",                                                                                   \
         ARG_REAL,                                                                                  \
         "BPS",                                                                                     \
         "on bars, against an order in its first second under way, with the root of time (1)",      \
         &(opts).drift_bps,                                                                         \
         .min = 0,                                                                                  \
         .max = 1000},                                                                              \
        {"touch",                                                                                   \
         ARG_REAL,                                                                                  \
         "PERCENT",                                                                                 \
         "on bars, how much of a limit fills where prices reach it and go no further (0)",          \
         &(opts).touch_pct,                                                                         \
         .min = 0,                                                                                  \
         .max = 100},                                                                               \
        {"volume-share",     ARG_REAL,                                                              \
         "PERCENT",          "on bars, how much of a bar's volume the limits of one may fill (10)", \
         &(opts).volume_pct, .min = 0,                                                              \
         .max = 100},                                                                               \
    {                                                                                               \
        "slippage", ARG_REAL, "BPS", "on bars, of a stop behind its trigger (1)",                   \
            &(opts).slippage_bps, .min = 0, .max = 1000                                             \
    }

#endif
