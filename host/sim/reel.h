// SPDX-License-Identifier: Apache-2.0
/* reel: where a simulated market's events come from. Recordings (in the formats of the shared data
 * set) or the seeded generator become one stream of BOOK_SNAPSHOT, BOOK_DELTA and TRADE in order of
 * time. Bytes are handed in whole; nothing here opens a file.
 *
 * Read are: Binance combined-stream recordings (`<local ns> <raw JSON>`, gzip or not) with their
 * REST snapshot; CSV of trades; CSV of bars. Trades and bars carry no book, so a small one is put
 * around the price: it follows each trade. A bar becomes trades along open, high, low, close. [one
 * thread] */
#ifndef SIM_REEL_H
#define SIM_REEL_H

#include "base/error.h"
#include "market/instruments.h"
#include "match/gen.h"

struct reel;

enum reel_kind { REEL_NONE = 0, REEL_BOOK = 1, REEL_TRADES = 2, REEL_BARS = 3 };
struct reel_look {
    enum reel_kind kind;
    char symbol[32]; /* as found in the file, or guessed from its name; "" when not found */
    int px_decimals, qty_decimals; /* most seen in the first rows */
    agon_ns_t t_first;
};

/* Looks at the first rows of a file without taking it. AGON_EINVAL with the row and what is
 * wrong. */
int reel_look(const char *name, const void *bytes, size_t n, struct reel_look *look,
              struct error *err);

struct reel *reel_new(const struct instruments *table); /* borrowed; NULL: out of memory */
void reel_free(struct reel *reel);
/* bytes are borrowed and outlive the reel. */
int reel_add_file(struct reel *reel, const char *name, const void *bytes, size_t n,
                  agon_instrument_t instrument, struct error *err);
/* Takes the generator over. */
int reel_add_gen(struct reel *reel, struct gen *gen);
/* The next event, NULL at the end or after an error. Borrowed until reel_next. */
const struct agon_event_hdr *reel_peek(struct reel *reel);
void reel_next(struct reel *reel);
/* Rows that could not be read and were left out, and the first of their reasons. */
uint64_t reel_bad_rows(const struct reel *reel, struct error *first);

#endif
