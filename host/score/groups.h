// SPDX-License-Identifier: Apache-2.0
/* groups: closed trades (score/trades.h) by instrument, by their entry's tag and by why they were
 * left: how many, what they brought, how long they lasted. Sums over all of them, however few
 * trades are kept one by one. [any, one at a time] */
#ifndef SCORE_GROUPS_H
#define SCORE_GROUPS_H

#include "score/trades.h"

#define TRADE_GROUPS 256

struct trade_group {
    agon_instrument_t instrument;
    uint16_t why;                                        /* enum exit_reason, of the last fill */
    uint16_t tag;                                        /* entry_tag */
    uint64_t n, n_won, n_lost;                           /* a result of 0 is neither */
    agon_amt_t result_amt, best_amt, worst_amt, fee_amt; /* the unit of its results */
    uint64_t n_timed;  /* of these, those whose first fill is known */
    agon_ns_t held_ns; /* sum over those */
};
struct trade_groups {
    struct trade_group all[TRADE_GROUPS]; /* in the order in which they came */
    uint32_t n;
    uint64_t n_lost; /* trades for whose group there was no room */
};

void trade_groups_add(struct trade_groups *groups, const struct trade_closed *trade);
/* What is in no closed trade: a group without a trade, by one of the reasons that are of sums
 * (EXIT_REASON_OPEN: realised, _UNREALISED: at the mark price, _FUNDING). With the closed ones they
 * come to the result. */
struct trade_group trade_group_rest(agon_instrument_t instrument, uint16_t why, agon_amt_t amt);
/* One more of the same unit. */
void trade_group_merge(struct trade_group *to, const struct trade_group *from);

#endif
