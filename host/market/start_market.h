// SPDX-License-Identifier: Apache-2.0
/* start_market: what a START says of a market that is no real one, so that whoever reads the
 * journal later knows it. It lies among the START's builds, in entries that are none. [any] */
#ifndef MARKET_START_MARKET_H
#define MARKET_START_MARKET_H

#include "market/records.h"

struct start_market {
    char name[64];   /* of --market: "demo", or a file; "": it has none */
    char about[200]; /* what it is, for people; "": a START says nothing of a market */
};
#define START_MARKET_TEXTS (START_MARKET_ENTRIES * (uint32_t)sizeof(((struct start_text *)0)->text))

/* Entries of it, at most START_MARKET_ENTRIES; as many as there are. What is too long ends. */
uint32_t start_market_put(struct start_build entries[START_MARKET_ENTRIES],
                          const struct start_market *market);
/* False, and market is empty: it says nothing of one. */
int start_market_read(const struct record_start *start, struct start_market *market);
/* "A simulation, no real market and no real money: the generated market demo, seed 7 (...).";
 * empty: there is no such market. Returns text. */
#define START_MARKET_SAID 448
char *start_market_text(const struct start_market *market, uint64_t seed,
                        char text[START_MARKET_SAID]);
/* The name of --market, of a file its last part. */
void start_market_name(struct start_market *market, const char *word);

#endif
