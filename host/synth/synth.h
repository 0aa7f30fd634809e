// SPDX-License-Identifier: Apache-2.0
/* synth: a generated market of known structure, as a file describes it (configs/markets,
 * docs/markets.md): which symbols there are, how their prices move, who trades. What the file says
 * becomes the configuration of the generator (match/gen.h); the seed stays the caller's.
 *
 * One table says what a file may hold, with units, ranges and presets: synth_schema. No file is
 * opened here; the markets of the tree are in the program (synth_builtin). [any, one thread] */
#ifndef SYNTH_SYNTH_H
#define SYNTH_SYNTH_H

#include "config/schema.h"
#include "match/gen.h"

#define SYNTH_SYMBOLS_MAX 16

enum synth_kind { SYNTH_SPOT = 0, SYNTH_PERPETUAL = 1 };
struct synth_symbol {
    char symbol[24], follows[24]; /* follows: "": nobody */
    uint8_t kind;                 /* enum synth_kind */
    uint8_t at_follows;           /* place + 1 of what it follows; a perpetual: its spot market */
    double price;                 /* at the start; of a perpetual 0: its spot market's */
    double trades_per_s, trade_size;
    int64_t volatility_ppm, beta_ppm, spread_ppm, informed_ppm, repeat_ppm;
    int64_t premium_ppm, premium_sd_ppm, premium_half_ns, slow_sd_ppm, slow_half_ns;
};
struct synth {
    char about[200];
    uint32_t n_symbols;
    struct synth_symbol symbols[SYNTH_SYMBOLS_MAX]; /* spot first */
    uint8_t has_bursts, has_hours;
    uint32_t book_ms, depth;
    int64_t jumps_milli, crashes_milli, autocorrelation_ppm;
    int64_t trend_ppm, trend_ns, range_ns, range_half_ns;
    int64_t crash_depth_ppm, crash_from_ns, crash_within_ns, crash_takes_ns, crash_back_ppm,
        crash_half_ns;
};
extern const struct schema synth_schema;

/* What the generator is to do with the first n symbols: the places of instruments are those of the
 * file's symbols. Of fewer than all the rest is left out, and the others' events stay as they are
 * as long as no spot market that follows nobody is left out. t_start and is_quoted are the
 * caller's. AGON_EINVAL: a price or a size that the instrument's steps do not show. */
int synth_config(const struct synth *synth, uint32_t n, const agon_instrument_t *instruments,
                 const struct instruments *table, uint64_t seed, struct gen_config *config,
                 struct error *err);
uint32_t synth_spots(const struct synth *synth); /* how many are spot: they stand first */

/* The markets that are in the program, in order of their names. False: there are not so many, none
 * is called that. */
struct synth_file {   /* borrowed, lives as long as the program */
    const char *name; /* "random-walk" */
    const char *bytes;
    size_t n;
};
int synth_builtin(uint32_t i, struct synth_file *file);
int synth_find(const char *name, struct synth_file *file);

#endif
