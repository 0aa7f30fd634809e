// SPDX-License-Identifier: Apache-2.0
/* builtin: the files of configs/markets, as they are. */
#include <string.h>

#include "base/embed.h"
#include "synth/markets_stamp.h" // made anew when one of the files is
#include "synth/synth.h"

// X(identifier, name): in order of their names.
#define MARKETS(X)                                                                                 \
    X(basis, "basis")                                                                              \
    X(crash, "crash")                                                                              \
    X(demo, "demo")                                                                                \
    X(flow, "flow")                                                                                \
    X(pair, "pair")                                                                                \
    X(quiet, "quiet")                                                                              \
    X(random_walk, "random-walk")                                                                  \
    X(rebound, "rebound")                                                                          \
    X(regimes, "regimes")

// AGON_MARKETS_DIR comes from the build.
#define FILE_AT(id, name) EMBED(market_##id, AGON_MARKETS_DIR "/" name ".yaml");
MARKETS(FILE_AT)

#define NAME(id, name) name,
static const char *const names[] = {MARKETS(NAME)};
#define BYTES(id, name) market_##id,
static const char *const bytes[] = {MARKETS(BYTES)};
#define END(id, name) market_##id##_end,
static const char *const ends[] = {MARKETS(END)};
#define COUNT (sizeof(names) / sizeof(names[0]))

int synth_builtin(uint32_t i, struct synth_file *file)
{
    if (i >= COUNT)
        return 0;
    *file = (struct synth_file){names[i], bytes[i], (size_t)(ends[i] - bytes[i])};
    return 1;
}

int synth_find(const char *name, struct synth_file *file)
{
    for (uint32_t i = 0; i < COUNT; i++)
        if (strcmp(names[i], name) == 0)
            return synth_builtin(i, file);
    return 0;
}
