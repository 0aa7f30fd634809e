// SPDX-License-Identifier: Apache-2.0
/* recording: what the words in a table of recorded market data mean, and in its file's name.
 *
 * Backtests (lab) and the simulated venue (sim) read the same files; whatever could be understood
 * in two ways is decided here, once. No file is opened, nothing is kept. [any] */
#ifndef MARKET_RECORDING_H
#define MARKET_RECORDING_H

#include "base/error.h"

#define RECORDING_SYMBOL      32 /* room of a symbol with its NUL */
#define RECORDING_SYMBOLS_MAX 16
#define RECORDING_SHOWN       48 /* room of a field that is shown to people */

/* AGON_BUY for buy and b, AGON_SELL for sell and s, in any case; 0: no side. [any] */
int recording_side(const char *text, size_t n);
/* A yes (1, true, t) or no (0, false, f), in any case; below 0: neither. [any] */
int recording_flag(const char *text, size_t n);

/* As num_parse, but digits behind the eighth place that are only the noise of a double are rounded
 * away: 0.00031099999999999997 is 0.000311. Noise is what changes a number of 16 digits or more by
 * a trillionth of it at most. RECORDING_NOISY: was rounded. [any] */
int recording_parse(const char *text, size_t n, int exp, int64_t *value);
/* A quantity: where it is finer than exp without its noise it is cut as num_parse_qty does, and
 * RECORDING_CUT says so. [any] */
int recording_parse_qty(const char *text, size_t n, int exp, int64_t *value);
enum { RECORDING_NOISY = 1, RECORDING_CUT = 2 };
/* Digits after the point that a number has when its noise is away; below 0: no number. [any] */
int recording_places(const char *text, size_t n);
/* A field as people may see it: cut, without control characters. Returns shown. [any] */
const char *recording_show(const char *text, size_t n, char shown[RECORDING_SHOWN]);

/* [SYMBOL=]FILE: returns the FILE, symbol is "" when none is said. [any] */
const char *recording_split(const char *word, char symbol[RECORDING_SYMBOL]);
/* What is traded against what: "BTCUSDT" is BTC against USDT. False: no quote that is known. [any]
 */
int recording_assets(const char *symbol, char base[16], char quote[16]);
/* "dir/binance_spot_BTCUSDT_2024.csv" speaks of BTCUSDT. False: no symbol in it. [any] */
int recording_symbol_of_name(const char *path, char symbol[RECORDING_SYMBOL]);

/* Why a table with this column cannot be played, to follow "the column NAME: "; NULL: it may be.
 * [any] */
const char *recording_refused_column(const char *name, size_t n);

/* What stands in a table's column of symbols. */
struct recording_symbols {
    char all[RECORDING_SYMBOLS_MAX][RECORDING_SYMBOL];
    uint32_t n;
    int is_more;                  /* than fit here */
    char asked[RECORDING_SYMBOL]; /* the one that the table is to be of, "" when nobody said */
    int has_asked;                /* it is among them, also when it did not fit */
};
void recording_note_symbol(struct recording_symbols *symbols, const char *text,
                           size_t n); /* [any] */
/* Which of them is to be played: the one asked for, or one alone, whatever it is called. Returns
 * its text, "" where the table has no such column; NULL with the reason when there are several and
 * none is the one asked for. [any] */
const char *recording_pick(const struct recording_symbols *symbols, const char *path,
                           struct error *err);

#define RECORDING_STEPS      100 /* that are looked at */
#define RECORDING_STEP_KINDS 16

/* How long the bars of a table are: the usual distance of its first rows; the shorter of two that
 * are equally usual. Gaps are longer and rare. No later row has a say: one that begins before the
 * bar above it has ended is a bad row. Zeroed by its owner. */
struct recording_step {
    int64_t last, steps[RECORDING_STEP_KINDS];
    uint32_t counts[RECORDING_STEP_KINDS], n_kinds, n;
    uint32_t run, runs[RECORDING_STEP_KINDS],
        kind; /* so many of a kind in a row, now and at most */
};
#define RECORDING_STEP_RUN 20 /* distances alike in a row are a length of bars and no gaps */
/* Another length than recording_step that rows of the table have, wherever they stand: such a table
 * is refused. 0: none. */
int64_t recording_step_other(const struct recording_step *step);
/* A row that opens at t, of any unit; one that is not later than the last is of another symbol, and
 * begins anew. Steps above most are gaps. [any] */
void recording_note_step(struct recording_step *step, int64_t t, int64_t most);
/* As recording_note_step where the rows have long been `by` apart and this one is too, which is
 * more than 0 and no gap. False: it is not so, and nothing is noted. [any] */
static inline int recording_note_alike(struct recording_step *step, int64_t t, int64_t by)
{
    if (step->n < RECORDING_STEPS || step->steps[step->kind] != by || t - step->last != by)
        return 0;
    step->last = t;
    if (++step->run > step->runs[step->kind])
        step->runs[step->kind] = step->run;
    return 1;
}
/* In the unit of t; 0: no two rows followed each other. [any] */
int64_t recording_step(const struct recording_step *step);

#endif
