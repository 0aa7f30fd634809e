// SPDX-License-Identifier: Apache-2.0
/* plan: who gets how much. From what a tournament knows of every slot to one plan of capital.
 *
 * One ranking of all; but money does not move between venue accounts, so each has its own pool:
 * what plans took from slots there and nobody got (TRN-06). All functions are pure; doubles by
 * arithmetic only. [core] */
#ifndef SCORE_PLAN_H
#define SCORE_PLAN_H

#include "base/error.h"
#include "score/window.h"

#define PLAN_LINES_MAX 64
union plan_event { /* room for the largest plan */
    struct record_plan plan;
    unsigned char bytes[sizeof(struct record_plan) + PLAN_LINES_MAX * sizeof(struct plan_line)];
};
static inline struct plan_line *plan_lines(const struct record_plan *plan)
{
    return (struct plan_line *)(uintptr_t)(plan + 1);
}

static inline uint8_t plan_granules(uint32_t n_lines)
{
    return (uint8_t)((sizeof(struct record_plan) + n_lines * sizeof(struct plan_line) +
                      EVENT_GRANULE - 1) /
                     EVENT_GRANULE);
}

/* The rules that a section of a roster without a word has: rank shares, no gate but the drawdown's.
 */
void plan_defaults(struct tournament_rules *rules);
/* AGON_EINVAL with the reason: a calendar that is none, no weight, shares beyond all there is. */
int plan_check_rules(const struct tournament_rules *rules, struct error *err);

/* Completes a plan whose inputs are there: hdr.t, rules, n_lines, t_since, before and at_hand of
 * every pool, and of every line name, slot, verdict (0: to be judged; PLAN_ASIDE; PLAN_GONE),
 * failures (in a row before), the measures, accounts, and the amounts before.
 *
 * 1. A slot with fewer than min_samples samples is too new. The others are judged: per measure a
 *    slot's points are the share of the other judged slots that it beats, a tie counting half; an
 *    undefined measure counts as 0, so that doing nothing is better than losing; a slot alone has
 *    1. The score is the mean of the points by the weights.
 * 2. A gate: Sharpe, Calmar, profit factor above it, drawdown below it, win rate at it or above
 *    (CNF-60); an undefined measure fails.
 * 3. Those without a failed gate are ranked by score, equal scores by slot number.
 * 4. Rank shares: of rank 1, 2, ... as the rules say; the ranks behind them share rest. Bounded:
 *    kelly_ppm of the slot's Kelly share, at least least_ppm and at most most_ppm, all scaled down
 *    alike when they sum to more than everything.
 * 5. The whole is the judged slots' equity and the pools; less the reserve it is shared out. What a
 *    slot has above its share is taken from it, at most its free money and its capital; what it
 *    lacks is given. Bounded: no slot's equity grows by more than growth_ppm a week, in proportion
 *    to the time since the last plan.
 * 6. A slot on several accounts gives and gets on each the same part, the first the odd units; what
 *    one has not free is taken from the next. On each account, all that is given is scaled down
 *    alike when its pool and what was taken there are less. */
void plan_make(struct record_plan *plan);

/* To explain a plan with: a judged slot's points in a measure, 0 to 1; what all shares are of; what
 * a slot had free. */
double plan_points(const struct record_plan *plan, const struct plan_line *line, uint32_t measure);
agon_amt_t plan_whole(const struct record_plan *plan);
agon_amt_t plan_free(const struct plan_line *line);

const char *plan_measure_name(uint32_t measure);
const char *plan_verdict_name(uint8_t verdict);

#endif
