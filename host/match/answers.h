// SPDX-License-Identifier: Apache-2.0
/* answers: what a venue says of an order that the matching engine refused: its number and its
 * words. One table for whoever stands in for it. [any] */
#ifndef MATCH_ANSWERS_H
#define MATCH_ANSWERS_H

#include "match/match.h"

struct match_answer {
    int status; /* HTTP's */
    int32_t code;
    const char *text;
};
/* order: as it was asked for, which says by which end of a bound it was refused. */
struct match_answer match_answer(enum rules_market market, const struct agon_instrument *instrument,
                                 const struct match_order *order, enum match_reject reject);

#endif
