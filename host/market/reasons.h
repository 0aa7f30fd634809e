// SPDX-License-Identifier: Apache-2.0
/* reasons: why an order was refused, cancelled or rejected.
 *
 * The one table is AGON_REASONS of <agon/codes.h>, which tells plugins too: a new reason is a line
 * there. The numbers stand in agon_order.reason, record_report.reason and record_command.reason, so
 * a number is never used again. [any] */
#ifndef MARKET_REASONS_H
#define MARKET_REASONS_H

#include <stdint.h>

#include <agon/codes.h>

#define REASON_ID(id, number, name, side, text) REASON_##id = (number),
enum reason {
    AGON_REASONS(REASON_ID) REASONS_MAX /* highest number + 1: the size of a table of all */
};
#undef REASON_ID

const char *reason_name(uint16_t reason); /* "no_book"; NULL: no such number */
const char *reason_text(uint16_t reason); /* for people; NULL: no such number */
#define REASON_WORDS 64
/* The name as people are shown it, "no book"; "" for no such number. Returns text. */
char *reason_words(uint16_t reason, char text[REASON_WORDS]);
/* Is a refusal for it the market's, the venue's, the host's or an operator's doing? */
int reason_is_outside(uint16_t reason);

#endif
