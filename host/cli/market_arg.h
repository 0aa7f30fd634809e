// SPDX-License-Identifier: Apache-2.0
/* market_arg: `--market NAME|FILE`, as `backtest`, `sim` and `demo` are told it: a market of known
 * structure that the program has, or a file that describes one. [main thread] */
#ifndef CLI_MARKET_ARG_H
#define CLI_MARKET_ARG_H

#include "synth/synth.h"

#define MARKET_ARG(word)                                                                           \
    {                                                                                              \
        "market", ARG_TEXT, "NAME|FILE",                                                           \
            "a generated market of known structure: random-walk, basis, flow, demo, ... or a "     \
            "YAML file",                                                                           \
            &(word)                                                                                \
    }

/* An exit code; what is wrong was said on standard error. */
int market_arg_read(struct synth *market, const char *command, const char *word);

#endif
