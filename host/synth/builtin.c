// SPDX-License-Identifier: Apache-2.0
/* builtin: the files of configs/markets, as they are. */
#include <string.h>

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
    X(regimes, "regimes")

// The assembler copies the files; AGON_MARKETS_DIR comes from the build.
#define EMBED(id, name)                                                                            \
    __asm__(".section .rodata\n"                                                                   \
            "agon_market_" #id ":\n"                                                               \
            ".incbin \"" AGON_MARKETS_DIR "/" name ".yaml\"\n"                                     \
            "agon_market_" #id "_end:\n"                                                           \
            ".byte 0\n"                                                                            \
            ".previous\n");                                                                        \
    extern const char market_##id[] __asm__("agon_market_" #id);                                   \
    extern const char market_##id##_end[] __asm__("agon_market_" #id "_end");
MARKETS(EMBED)

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
