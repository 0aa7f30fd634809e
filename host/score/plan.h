// SPDX-License-Identifier: Apache-2.0
/* plan: who gets how much. From what a tournament knows of every slot to one plan of capital.
 *
 * One ranking of all; but money does not move between venue accounts, so each has its own pool:
 * what plans took from slots there and nobody got (TRN-06). All functions are pure; doubles by
 * arithmetic only. [core] */
#ifndef SCORE_PLAN_H
#define SCORE_PLAN_H

#include "base/error.h"
#include "market/ceilings.h"
#include "score/rules.h"

#define PLAN_LINES_MAX SLOTS_MAX
/* Measures and gates without a place in the record, and settings: what of them a plan was decided
 * by. */
#define PLAN_MORE (MEASURES + GATES - 2 * RECORD_MEASURES + SETTINGS)
struct plan_more {
    uint32_t number;                          /* of the plan that they are of */
    uint8_t is_there;                         /* takes part */
    double term;                              /* weight, limit, or the setting's value */
    struct plan_value values[PLAN_LINES_MAX]; /* by line */
};
/* Of a tournament that an operator took back (score/undone.h). */
struct plan_undone {
    uint32_t number; /* of the plan; another: it was not taken back */
    uint64_t seq;    /* of the command's event */
    agon_ns_t t;
    agon_amt_t back_amt; /* of what it had moved */
    char who[COMMAND_WHO], why[COMMAND_WHY];
};
/* Room for the largest plan, with all its lines in a row; behind them what has no place in the
 * record. */
union plan_event {
    struct record_plan plan;
    unsigned char bytes[sizeof(struct record_plan) + PLAN_LINES_MAX * sizeof(struct plan_line)];
    struct {
        unsigned char
            record[sizeof(struct record_plan) + PLAN_LINES_MAX * sizeof(struct plan_line)];
        struct plan_more more[PLAN_MORE + 1]; /* measures, gates, settings */
        uint32_t behind_of, n_behind; /* lines beyond PLAN_LINES that were read: of which plan */
        uint32_t pools_of;            /* the same of pools */
        char currency[16];            /* of all amounts, where the journal named it before */
        struct plan_undone undone;
        struct plan_pool pools[ACCOUNTS_MAX - PLAN_ACCOUNTS]; /* from PLAN_ACCOUNTS on */
    } in_memory;
};
union plan_values_event { /* room for the largest PLAN_VALUES, PLAN_LINES or PLAN_POOLS */
    struct agon_event_hdr hdr;
    struct record_plan_values record;
    struct record_plan_lines lines;
    struct record_plan_pools pools;
    unsigned char
        all_lines[sizeof(struct record_plan_lines) + PLAN_LINES * sizeof(struct plan_line)];
    unsigned char
        bytes[sizeof(struct record_plan_values) + PLAN_LINES_MAX * sizeof(struct plan_value)];
};
static inline struct plan_line *plan_lines(const struct record_plan *plan)
{
    return (struct plan_line *)(uintptr_t)(plan + 1);
}

static inline struct plan_pool *plan_pool(union plan_event *event, uint32_t account)
{
    return account < PLAN_ACCOUNTS ? &event->plan.pools[account]
                                   : &event->in_memory.pools[account - PLAN_ACCOUNTS];
}
static inline const struct plan_pool *plan_pool_of(const union plan_event *event, uint32_t account)
{
    return account < PLAN_ACCOUNTS ? &event->plan.pools[account]
                                   : &event->in_memory.pools[account - PLAN_ACCOUNTS];
}

static inline uint32_t plan_rank(const struct plan_line *line) /* 1, 2, ...; 0: none */
{
    return line->rank + ((line->flags & PLAN_RANK_HIGH) != 0 ? 256 : 0);
}

/* Who is first by rank, and whose result is more than chance where the rules ask for evidence. */
struct plan_result {
    const struct plan_line
        *first; /* of several that are, the first by line; NULL: none is ranked */
    const struct plan_line *beats; /* the best of those with the evidence; NULL: none has it */
    double evidence;               /* that the rules ask for; 0: none */
    uint32_t n_ranked;
};
struct plan_result plan_result(const union plan_event *event);
/* The same for people, one wording wherever it is said: "mm_1 is first; nobody beats chance yet",
 * "mm_1 is first and beats chance (chance alone: 1 tournament in 9)", "mm_1 is first; basis_1 beats
 * chance (...)"; without evidence asked "mm_1 is first"; "nobody is ranked, too few samples or
 * trades". Returns text. */
#define PLAN_FIRST_TEXT 144
char *plan_first_text(const union plan_event *event, char text[PLAN_FIRST_TEXT]);

/* Capital that changed hands, in units of the plan's exp: what agents were given or what was taken
 * from them, whichever is more; the pool is on the other side of the rest. */
agon_amt_t plan_moved_amt(const struct record_plan *plan);
/* The same for people: "no capital moved", "12,493.75 USDT moved", "... went to the pool", "...
 * moved, 4,000.00 of it to the pool". Returns text. */
#define PLAN_MOVED_TEXT 160
char *plan_moved_text(const struct record_plan *plan, const char *currency,
                      char text[PLAN_MOVED_TEXT]);

/* Equity that a line's share of the whole comes to, before evidence and bounds: what its rank asks
 * for; and how much more than it has that is. */
agon_amt_t plan_asked_amt(const union plan_event *event, const struct plan_line *line);
agon_amt_t plan_asked_change_amt(const union plan_event *event, const struct plan_line *line);
/* The largest change of one agent's capital, for people: "basis_1 10,000.00 -> 11,250.00
 * (+1,250.00; its rank asks for +26,000.00)"; "" where none changed. Returns text. */
#define PLAN_LARGEST_TEXT 200
char *plan_largest_text(const union plan_event *event, const char *currency,
                        char text[PLAN_LARGEST_TEXT]);

/* Rules that look at less than the default preset decide by less: "looks at 1 h of equity (default
 * preset: 7 d), judges from 1 closing fill on (5), moves up to +25 % and -25 % (+10 %, -20 %)",
 * behind the name of whose rules they are, what is as in the preset left out; "" of others. Returns
 * text. */
#define PLAN_HURRIED_TEXT 192
char *plan_hurried_rules(const struct tournament_rules *rules, char text[PLAN_HURRIED_TEXT]);
char *plan_hurried_text(const union plan_event *event, char text[PLAN_HURRIED_TEXT]);

static inline uint8_t plan_granules(uint32_t n_lines)
{
    n_lines = n_lines < PLAN_LINES ? n_lines : PLAN_LINES;
    return (uint8_t)((sizeof(struct record_plan) + n_lines * sizeof(struct plan_line) +
                      EVENT_GRANULE - 1) /
                     EVENT_GRANULE);
}

/* The rules that a section of a roster without a word has: rank shares, and what measures and gates
 * preset. */
void plan_defaults(struct tournament_rules *rules);
/* AGON_EINVAL with the reason: a calendar that is none, no weight, shares beyond all there is. */
int plan_check_rules(const struct tournament_rules *rules, struct error *err);

/* What the rules ask of each line: in the record, and behind it. Before any plan_measure. */
void plan_take_rules(union plan_event *event, const struct tournament_rules *rules);
/* Measures, gates' values and counts of a line. */
void plan_measure(union plan_event *event, struct plan_line *line,
                  const struct window_figures *figures);

/* A setting of the rules that a plan was made by; 0: they say nothing. What of it is noted of a
 * line: SETTING_MIN_TRADES its closing fills; SETTING_FAULT_REST tournaments in which it is given
 * nothing, this one included; SETTING_BACK_AFTER tournaments that it has been below the floor, this
 * one included where plan_make has it not come back. */
double plan_setting(const union plan_event *event, uint32_t setting);
void plan_note(union plan_event *event, const struct plan_line *line, uint32_t setting,
               double value);
double plan_noted(const union plan_event *event, const struct plan_line *line, uint32_t setting);

/* Completes a plan whose inputs are there: hdr.t, rules, n_lines, t_since, before and at_hand of
 * every pool, and of every line name, slot, verdict (0: to be judged; PLAN_ASIDE; PLAN_GONE;
 * PLAN_FAULTY), flags (PLAN_FAULT_NOW), failures (in a row before), what plan_measure sets, what is
 * noted of SETTING_FAULT_REST and SETTING_BACK_AFTER, accounts, and the amounts before.
 *
 * What is said here of edition 2 (score/setting.h) is so where the rules have it.
 *
 * 1. A slot with fewer than min_samples samples is too new; edition 2: with fewer closing fills
 *    than min_trades, idle. The others are judged: per measure a slot's points are the share of the
 * other judged slots that it beats, a tie counting half; an undefined measure counts as 0, so that
 * doing nothing is better than losing; a slot alone has
 *    1. The score is the mean of the points by the weights.
 * 2. A gate passes or not (score/gates); without a value nobody passes (CNF-60).
 * 3. Those without a failed gate are ranked by score, equal scores by slot number; edition 2: equal
 *    scores have one rank, and each the mean of what their places come to; edition 4: equal are
 *    those within 10^-12.
 * 4. The allocator of the rules makes shares of ranks (score/allocators). Rank shares: of rank 1,
 * 2,
 *    ... as the rules say; the ranks behind them share rest. Bounded: kelly_ppm of the slot's Kelly
 *    share, at least least_ppm and at most most_ppm. All are scaled down alike when they sum to
 * more than everything.
 * 5. The whole is the judged slots' equity and the pools; less the reserve it is shared out. What a
 *    slot has above its share is taken from it, at most its free money and its capital; what it
 *    lacks is given. Bounded: no slot's equity grows by more than growth_ppm a week, in proportion
 *    to the time since the last plan. Edition 2, in every mode: a plan adds at most increase of a
 *    slot's equity and takes at most decrease, down to floor of the whole; below the floor it comes
 *    back to it, ranked at once, else after back_after plans without a fault. A failed gate, and a
 *    fault since the last plan, cost a decrease. Whom a gate does not judge yet is given nothing. A
 *    change below hysteresis of the equity is not made. What is unloaded goes to 0 at once.
 * 6. A slot on several accounts gives and gets on each the same part, the first the odd units; what
 *    one has not free is taken from the next. On each account, all that is given is scaled down
 *    alike when its pool and what was taken there are less. */
void plan_make(union plan_event *event);
/* Notes which gates a line fails, of those that are asked: 1 when it is any. */
int plan_ask_gates(union plan_event *event, struct plan_line *line);

/* The k-th PLAN_VALUES, PLAN_LINES or PLAN_POOLS of a plan, to be offered before it; 0: there are
 * no more. */
int plan_values(const union plan_event *event, uint32_t k, union plan_values_event *values);
/* Out of a journal, event by event: 1 when a PLAN is there with all that came before it. An event
 * that is no such thing, or shorter than it says, changes nothing. */
int plan_read(union plan_event *to, const struct agon_event_hdr *event);

/* To explain a plan with. A measure's value of a line: 1, or 0: it is undefined, or took no part. A
 * gate's: 1 and value, limit and whether it failed; a value that is undefined has is_defined 0; 0:
 * it was not asked. */
int plan_value_of(const union plan_event *event, const struct plan_line *line, uint32_t measure,
                  double *value);
double plan_weight(const union plan_event *event, uint32_t measure);
int plan_has(const union plan_event *event, uint32_t measure); /* it took part */
struct plan_gate {
    double value, limit;
    int is_defined, is_failed;
    int is_not_yet; /* it will be asked when there are daily samples enough */
};
/* How a gate that plan_gate_of gave judged its line. Names of them all, which APIs have, and words
 * for people. */
enum plan_outcome { PLAN_PASSED, PLAN_FAILED, PLAN_WAITS, PLAN_NOT_ASKED, PLAN_OUTCOMES };
extern const char *const plan_outcome_names[PLAN_OUTCOMES + 1]; /* NULL behind the last */
extern const char *const plan_outcome_words[PLAN_OUTCOMES];
enum plan_outcome plan_outcome_of(const struct plan_line *line, const struct plan_gate *of);
int plan_gate_of(const union plan_event *event, const struct plan_line *line, uint32_t gate,
                 struct plan_gate *of);
/* Of a plan that was made: the line has a score and points. */
int plan_is_judged(const struct plan_line *line);
/* The t-value that was held against the rules' evidence: 1; 0: they ask for none, or the slot never
 * moved. */
int plan_evidence_of(const union plan_event *event, const struct plan_line *line, double *t);
/* A judged slot's points in a measure, 0 to 1; what all shares are of; what a slot had free. */
double plan_points(const union plan_event *event, const struct plan_line *line, uint32_t measure);
agon_amt_t plan_whole(const union plan_event *event);
agon_amt_t plan_free(const struct plan_line *line);

const char *plan_verdict_name(uint8_t verdict);
/* What it stands for, in words. */
const char *plan_verdict_doc(uint8_t verdict);
/* The same of one line, as its capital went: "a step down" is said of who has less behind it. */
const char *plan_line_doc(const struct plan_line *line);
/* Why the capital of a line after a plan is not what its share comes to: the flags of a line, each
 * with the name that APIs have and words for people. NULL: there are not so many. */
struct plan_bound {
    uint16_t flag; /* PLAN_CASH_SHORT and so on */
    const char *name, *doc;
};
const struct plan_bound *plan_bound_at(uint32_t number);
/* The words of one that a line has: of evidence also which way its rank would go. */
const char *plan_bound_doc(const union plan_event *event, const struct plan_line *line,
                           const struct plan_bound *bound);

#endif
