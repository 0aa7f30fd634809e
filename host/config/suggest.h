// SPDX-License-Identifier: Apache-2.0
/* suggest: what was probably meant, for keys, options and commands. [any] */
#ifndef CONFIG_SUGGEST_H
#define CONFIG_SUGGEST_H

#include <agon/types.h>

#define SUGGEST_MAX 64 /* longest word that is compared */

/* Edits (insert, delete, change, swap of neighbours) that turn a into b, letters of either case
 * being equal; anything above SUGGEST_MAX is given as SUGGEST_MAX. */
uint32_t suggest_distance(const char *a, size_t n_a, const char *b, size_t n_b);

/* Best so far of several candidates: begin with {0}, offer each, read best. */
struct suggest {
    const char *best; /* borrowed; NULL: none is near enough */
    uint32_t distance;
};
/* Takes candidate when it is nearer to the n bytes of word than what was offered before. Near
 * enough are 2 edits, and never more than a third of the word, rounded up; of words below six
 * letters 1, unless letters are missing alone. A word of which the candidate is the longer form
 * ("back" of "backtest") is near too. */
void suggest_offer(struct suggest *suggest, const char *word, size_t n, const char *candidate);

#endif
