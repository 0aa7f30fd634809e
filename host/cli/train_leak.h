// SPDX-License-Identifier: Apache-2.0
/* train_leak: does a column alone have the answer in it? [any] */
#ifndef CLI_TRAIN_LEAK_H
#define CLI_TRAIN_LEAK_H

#include <stdint.h>

#include "base/error.h"

#define TRAIN_LEAK 0.99 /* correlation with the target, or share of pairs that are told apart */

#define TRAIN_STRONG 8 /* that are kept: those that know most */

struct train_rows;
struct train_strong { /* a column that alone knows more of the target than a market gives */
    uint32_t column;
    uint32_t n;                        /* rows that judged it: the last ones */
    double right, low, high, constant; /* shares of up or not, the 95 % as in the report */
};
struct train_strongs {
    uint32_t n; /* of them all */
    struct train_strong at[TRAIN_STRONG];
};

/* A feature that alone tells the target's order, by its value, by where it has none or, of a target
 * with both signs, by its size; or that is the target of another row, of which nothing is known
 * yet: of any row behind, and of those less than gap before, as a target looks gap rows ahead.
 * AGON_EINVAL, with its name. */
int train_leak_check(const struct train_rows *rows, const char *const *names, uint32_t gap,
                     struct error *err);
/* Columns that alone leave less than four fifths of the constant's mistakes, beyond the
 * interval, on rows behind those that their guess comes from; the most first. Left out: a column of
 * which is shown that it is past, since another had its values so many rows before, or a target
 * that is known by then is it. Of a target of one sign nothing is said. AGON_ENOMEM. */
int train_leak_strong(const struct train_rows *rows, uint32_t gap, struct train_strongs *strongs,
                      struct error *err);
/* "hint 70.24%", "hint 70.24% and 2 more": for a model's card. */
void train_leak_card(const struct train_strongs *strongs, const char *const *names, char *text,
                     size_t room);

#endif
