// SPDX-License-Identifier: Apache-2.0
/* listing: the filters that an instrument of recorded data has, as the venue lists them and never
 * by the data: a file that says something finer late in it changes nothing before.
 *
 * The same of what a venue asks beside an instrument's record (market/rules.h). Fees are in no
 * list: a configuration's count, else what the venue publishes.
 *
 * In this order: a file that was named (--instruments: a venue's list of instruments as it was
 * received, plain, in a capture's line or gzip, or a configuration with `instruments`); such a list
 * beside the data, known by what the venue calls it (venue_wire.listing); the filters of the
 * majors, as this program has them; eight decimals, a tick and a lot of one unit, no limits. A list
 * is read by the gateway's reader of the venue that its own name names, else of the first that
 * understands it; beside data whose name names no venue the first venue's are looked for. Exponents
 * are those that a live instrument has: of tick and lot. [one thread] */
#ifndef LAB_LISTING_H
#define LAB_LISTING_H

#include "base/error.h"
#include "market/records.h"
#include "market/rules.h"
#include "venue/wire.h"

#define LISTING_FILES_MAX  16
#define LISTING_LIMITS_MAX 8 /* of one file */

enum listing_from {
    LISTING_NAMED = 1,  /* source: the file */
    LISTING_BESIDE = 2, /* source: the file */
    LISTING_KNOWN = 3,  /* of the majors, as this program has them */
    LISTING_NONE = 4    /* nothing is known */
};
struct listed {
    struct agon_instrument record; /* symbol, kind, exponents and filters; ids are the caller's.
                                      min_notional_amt is in 10^-8 */
    struct rules rules;            /* what is asked beside those; amounts in 10^-8 */
    uint8_t has_rules;             /* 0: nothing is known of them, and nothing is asked */
    uint8_t has_fees;              /* the record's are of what was named, else as published */
    char base[16], quote[16];
    uint8_t from;
    char source[512];
};

struct listings;
/* What was named. AGON_ENOENT, AGON_EINVAL (neither of these), AGON_ERANGE. */
int listings_open(struct listings **listings, const char *const *paths, uint32_t n,
                  struct error *err);
void listings_free(struct listings *listings); /* NULL is fine */
/* Of a symbol; data: the file that it is recorded in, or NULL, and when that begins: of several
 * listings beside it, whose names have dates, the last that is not later counts, else the first.
 * kind: of the market that it is played on, INSTRUMENT_SPOT or INSTRUMENT_LINEAR; 0: a listing
 * decides, or spot. AGON_EINVAL: what was named does not have it, or not as a perpetual. */
int listings_find(struct listings *listings, const char *symbol, uint8_t kind, const char *data,
                  agon_ns_t t_first, struct listed *listed, struct error *err);
/* A venue's reader is told what a file lists of its instruments: what a contract is worth, how many
 * digits a number has. One that it does not understand tells it nothing. AGON_ENOENT, AGON_ENOMEM.
 */
int listing_teach(const char *path, const struct venue_wire *wire, void *reader, struct error *err);
/* The rate limits that the list of listed.source states; how many. */
uint32_t listings_limits(const struct listings *listings, const char *source,
                         const struct wire_limit **limits);
/* "tick 0.01, lot 0.00001, minimum notional 5": for people. */
#define LISTED_TEXT 160
const char *listed_text(const struct listed *listed, char text[LISTED_TEXT]);
/* Where that is from, and what to do about it: for people; "" when there is nothing to do. */
const char *listed_warning(const struct listed *listed);

#endif
