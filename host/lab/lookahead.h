// SPDX-License-Identifier: Apache-2.0
/* lookahead: does an agent decide by what it cannot know yet?
 *
 * A backtest is run again on data that differ only where nobody may have looked, and what the
 * agents wanted is compared, intent by intent and exit plan by exit plan:
 *   repetition  the same data: whoever decides otherwise on them is judged by nothing else here
 *   truncation  the data end at a time, but for one row more, of another price, which lets time go
 * on: what was decided up to then is the same
 *   inside      one bar's high, low, close and volume are others: what was decided before its close
 * is the same
 *   shift       all times are later or earlier by whole weeks: everything is the same but the times
 *   bars, trades  on tables in which nothing can be won (lab/martingale.h), over many seeds, the
 * mean result without fees is not above 0: t below LOOKAHEAD_T. Above it, as many seeds again are
 * judged alone, for what is rare may look like skill.
 * Half of the times are those of decisions that were made, the others are anywhere in the data; the
 * seed draws them. Files are altered row by row (lab/alter.h), so that a leak of the host's own on
 * the way from a row to an agent is accused like an agent's. Funding rates are never cut: a rate is
 * known before it is paid.
 *
 * Each run is a worker of its own (agent/worker.h). [main thread] */
#ifndef LAB_LOOKAHEAD_H
#define LAB_LOOKAHEAD_H

#include "lab/backtest.h"

#define LOOKAHEAD_T          3.0
#define LOOKAHEAD_POINTS_MAX 1000
#define LOOKAHEAD_KEPT                                                                             \
    (1u << 18) /* decisions of a run that are compared; the others are counted                     \
                */

enum lookahead_test {
    LOOKAHEAD_REPETITION = 0,
    LOOKAHEAD_TRUNCATION = 1,
    LOOKAHEAD_INSIDE = 2,
    LOOKAHEAD_SHIFT = 3,
    LOOKAHEAD_BARS = 4,
    LOOKAHEAD_TRADES = 5,
    LOOKAHEAD_TESTS = 6
};
enum lookahead_verdict {
    LOOKAHEAD_NOT_JUDGED = 0, /* why says why */
    LOOKAHEAD_HOLDS = 1,
    LOOKAHEAD_ACCUSED = 2
};

struct lookahead_config {
    /* As it would be run; its functions and ctx are set here, but for feed. */
    const struct backtest_config *backtest;
    uint64_t seed;
    uint32_t n_points; /* times at which data are cut, and bars that are altered */
    uint32_t n_seeds;  /* of each kind of market without drift */
    uint32_t n_rows;   /* of bars; five times as many trades */
};

/* What was wanted, and what stood around it. */
struct lookahead_intent {
    agon_ns_t t_decided, t; /* engine time of its cause, and when it acted */
    agon_px_t bid_px, ask_px;
    agon_qty_t held_qty;  /* of the instrument, by the slot, by its fills */
    uint64_t n_market;    /* events of the market that the engine had taken */
    uint16_t slot, cause; /* type of the event that it answers; 0: long ago */
    uint32_t pad;
    union {
        struct agon_event_hdr hdr;
        struct agon_intent_event intent;
        struct agon_exit_event plan;
    } what;
};
struct lookahead_agent { /* on markets without drift */
    char name[SLOT_NAME];
    uint32_t n, n_confirm; /* seeds; of them those that were judged a second time */
    uint64_t n_fills;
    double mean, t; /* of the result, in whole units of the base currency; of the judging sample */
};
struct lookahead_part {
    uint8_t verdict;
    uint32_t n_runs;
    uint64_t n_compared; /* decisions */
    char why[ERROR_TEXT];
    /* The first that differs: where the data were altered, and both decisions. */
    agon_ns_t t_altered, by;
    int has_one, has_other;
    struct lookahead_intent one, other; /* on the data as they are; on the altered ones */
    uint32_t n_agents;
    struct lookahead_agent agents[SLOTS_MAX];
};
struct lookahead {
    struct lookahead_part parts[LOOKAHEAD_TESTS];
    uint64_t n_decisions; /* of the run on the data as they are */
    uint64_t n_left_out;  /* of them, because there are too many */
    char base[16];
    uint32_t n_names;
    char names[SLOTS_MAX][SLOT_NAME];
    uint64_t n_wanted[SLOTS_MAX]; /* decisions of each of them */
    struct {
        char symbol[RECORDING_SYMBOL];
        int px_exp, qty_exp;
    } instruments[BACKTEST_TAPES_MAX]; /* by number, from 1 */
    int interrupted;
    int exit; /* of the failure: an exit code (base/exit.h) */
};

/* Below 0 when a run failed: err says why. One that is accused is no failure. */
int lookahead_run(const struct lookahead_config *config, struct lookahead *result,
                  struct error *err);
int lookahead_is_accused(const struct lookahead *result);
/* False: its agents decided nothing that any part could judge, which is no acquittal. */
int lookahead_is_judged(const struct lookahead *result);

#endif
