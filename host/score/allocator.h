// SPDX-License-Identifier: Apache-2.0
/* allocator: how ranks become shares of capital: one file each in score/allocators. A roster's
 * `mode` names one. [core] */
#ifndef SCORE_ALLOCATOR_H
#define SCORE_ALLOCATOR_H

#include "market/records.h"

struct allocator {
    const char *name;  /* in a roster */
    const char *title; /* in text */
    const char *doc;
    uint8_t mode; /* enum tournament_mode: in records, for ever */
    /* The share of the slot of that place, 0: the first, of n that are ranked. May set flags. */
    uint32_t (*share_ppm)(const struct plan_rules *rules, struct plan_line *line, uint32_t place,
                          uint32_t n);
    /* The most that its equity may come to by this plan; may be NULL. */
    agon_amt_t (*bound)(const struct record_plan *plan, const struct plan_line *line);
};
extern const struct allocator allocator_rank_shares, allocator_bounded;
#define ALLOCATORS 2
const struct allocator *allocator_at(uint32_t place); /* of the table; NULL: there are no more */
const struct allocator *allocator_of(uint8_t mode);   /* NULL: no such mode */

#define ALLOCATOR_ALL_PPM 1000000

#endif
