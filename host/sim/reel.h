// SPDX-License-Identifier: Apache-2.0
/* reel: where a simulated market's events come from. Recordings (in the formats of the shared data
 * set) or the seeded generator become one stream of BOOK_SNAPSHOT, BOOK_DELTA, QUOTE and TRADE in
 * order of time. Bytes are handed in whole; nothing here opens a file.
 *
 * Read are: recordings of a venue's messages (`<local ns> <raw JSON>`, gzip or not), known by their
 * first line: Kraken's and OKX's streams, which bring the book; Binance's combined streams with
 * their REST snapshot, whose best prices (bookTicker) come as recorded, each of them, those of spot
 * at the recorder's time between the venue's times around them; CSV of trades; CSV of bars. Trades
 * and bars carry no book, so a small one is put around the price: it follows each trade. A bar
 * becomes trades along open, high, low, close, or with reel_set_bars a QUOTE where it opens and a
 * BAR where it has closed (match_set_bars). Of a table with several symbols the rows of one are
 * played. A row that breaks a rule is left out and counted, and the first REEL_BAD_MAX of them are
 * kept with their file, row and column. A quantity finer than its symbol's lot is cut
 * (num_parse_qty) and counted. What words and numbers of tables mean is in market/recording.h. [one
 * thread] */
#ifndef SIM_REEL_H
#define SIM_REEL_H

#include "base/error.h"
#include "market/instruments.h"
#include "market/recording.h"
#include "match/gen.h"
#include "match/match.h"

struct reel;
struct reel_venue;

enum reel_kind { REEL_NONE = 0, REEL_BOOK = 1, REEL_TRADES = 2, REEL_BARS = 3 };
struct reel_look {
    enum reel_kind kind;
    char symbol[32]; /* as found in the file, or guessed from its name; "" when not found */
    char rows_of[RECORDING_SYMBOL]; /* what the column symbol says in the rows to play; "": all */
    agon_ns_t t_first;
    const struct reel_venue *venue; /* REEL_BOOK: whose messages they are */
};

/* Looks at the first rows of a file without taking it, and at all of them for a column of symbols.
 * symbol: which one the file is to be of; NULL: as it or its name says. AGON_EINVAL with the row
 * and what is wrong. */
int reel_look(const char *name, const void *bytes, size_t n, const char *symbol,
              struct reel_look *look, struct error *err);

struct reel *reel_new(const struct instruments *table); /* borrowed; NULL: out of memory */
void reel_free(struct reel *reel);
/* Bars of files that are added from here on are as silent inside as they are. */
void reel_set_bars(struct reel *reel, const struct match_bars *bars);
/* bytes are borrowed and outlive the reel. */
int reel_add_file(struct reel *reel, const char *name, const void *bytes, size_t n,
                  agon_instrument_t instrument, struct error *err);
/* Takes the generator over. */
int reel_add_gen(struct reel *reel, struct gen *gen);
/* The next event, NULL at the end or after an error. Borrowed until reel_next. */
const struct agon_event_hdr *reel_peek(struct reel *reel);
void reel_next(struct reel *reel);
/* Tables of bars that are played as trades. */
uint32_t reel_visible_bars(const struct reel *reel);
/* The length of the bars that are all that the files say of an instrument; 0: they say more, or
 * nothing. */
agon_ns_t reel_bar_ns(const struct reel *reel, agon_instrument_t instrument);
/* Is the nth file one of bars that are silent inside? */
int reel_is_silent(const struct reel *reel, uint32_t nth);
/* Quantities that were cut. */
uint64_t reel_cut(const struct reel *reel);
/* Rows that could not be read and were left out. */
uint64_t reel_bad_rows(const struct reel *reel);
/* Why the nth of them was, from 0; NULL: there are not as many, or it was not kept. */
#define REEL_BAD_MAX 10
const struct error *reel_bad(const struct reel *reel, uint32_t nth);

#endif
