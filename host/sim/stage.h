// SPDX-License-Identifier: Apache-2.0
/* stage: sets up a market for a dialect, from a seed or from recordings, up to the moment at which
 * clients may come. [one thread] */
#ifndef SIM_STAGE_H
#define SIM_STAGE_H

#include "sim/dialect.h"
#include "synth/synth.h"

#define STAGE_FILES_MAX 32

struct stage_file {
    const char *name;
    const void *bytes; /* borrowed, outlives the pit */
    size_t n;
    const char *symbol; /* NULL: as the file or its name says */
};
struct stage {
    const struct sim_dialect *dialect;
    const struct members *members; /* for their assets' decimals; NULL: 8 for each */
    /* Without files: the generator. */
    uint64_t seed;
    agon_ns_t t_start; /* of the generator's market */
    uint32_t history_minutes;
    const char *symbols;        /* "BTCUSDT,ETHUSDT"; NULL: the venue's own list */
    const struct synth *market; /* what the generated market is like, and of which symbols; NULL:
                                   gen_defaults. Of the dialects of spot and linear perpetuals */
    uint32_t wild; /* prices move so many times as much as they do else; 0: as they do */
    /* With files. */
    const struct stage_file *files;
    uint32_t n_files;
    agon_ns_t t_from; /* what lies before is run through at once; 0: the first row */
    /* Bars are as silent inside as in a backtest (match_set_bars), which makes of them what this
     * says; NULL: they are played as trades along open, high, low, close. */
    const struct match_bars *bars;
    /* What the venue lists of a file's symbol, over what the dialect has of it: steps and limits.
     * NULL: as the dialect has it, and of an unknown symbol 10^-8. */
    int (*list)(void *ctx, const struct stage_file *file, agon_ns_t t_first,
                struct pit_symbol *symbol, struct error *err);
    void *ctx;
};

/* *t_market is where market time stands afterwards. AGON_EINVAL with file and row, or what else is
 * wrong. */
int stage_build(struct pit **pit, agon_ns_t *t_market, const struct stage *stage,
                struct error *err);

#endif
