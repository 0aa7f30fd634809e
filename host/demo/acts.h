// SPDX-License-Identifier: Apache-2.0
/* acts: what the demo shows, one thing after the other: when each begins, what is about to happen,
 * where to look, and what did happen, in figures of the host's own view. [control] */
#ifndef DEMO_ACTS_H
#define DEMO_ACTS_H

#include "run/host.h"

#define ACT_TEXT  400
#define ACT_BRIEF 56 /* columns of 80, behind number and title */

enum act { ACT_WARM, ACT_CRASH, ACT_RELOAD, ACT_HANG, ACT_TOURNAMENT, ACT_FLOOD, ACT_PROOF, ACTS };
struct act_words {
    const char *title, *about, *look;
    int from_pct; /* of the demo's length; the proof comes behind its end */
};
extern const struct act_words act_words[ACTS];

struct acts_seen { /* of one look */
    const struct host_view *view;
    const struct host_changeover *changeovers; /* the newest at (n - 1) % HOST_CHANGEOVERS_MAX */
    uint32_t n_changeovers;
    const struct host_plans *plans; /* its tournaments one by one; NULL: the view's last alone */
    const char *reload_failed;      /* why there was none; "": nothing failed */
    const char *reload_held; /* what the agent held when its code was replaced; "": nothing */
};
/* Of an act in which an agent's plugin ends: what became of the agent later is said too. */
struct acts_fault {
    uint64_t n_fills; /* of the others while the act went on */
    uint32_t n_crashes;
    char why[96]; /* the last one of the act */
};
/* What all its tournaments came to, up to that of the view; what was taken back moved nothing. */
struct acts_moved {
    uint64_t n_seen;       /* of acts_seen.plans */
    uint32_t number, n;    /* of the newest one; how many there were */
    uint32_t n_moved;      /* that moved capital, ... */
    uint32_t last, before; /* ... the number of the last of them, and of the one before that */
    agon_amt_t amt, newest_amt;
    int is_undone; /* the newest one */
};
struct acts {
    int64_t length_ns;
    enum act now;
    int64_t first_fill_ns; /* since the start; 0: none yet */
    uint64_t n_fills;      /* when the act began */
    uint32_t n_plans;      /* of before its act */
    struct acts_moved moved;
    struct acts_fault faults[ACTS];
    char tournament[ACT_TEXT];  /* what the act of that is about, by its rules */
    char said[ACTS][ACT_TEXT];  /* what happened in it so far; "": nothing yet */
    char brief[ACTS][ACT_TEXT]; /* the same in ACT_BRIEF columns, whatever the figures */
};

/* rules: of its tournaments. */
void acts_init(struct acts *acts, int64_t length_ns, const struct tournament_rules *rules);
/* What is about to happen in an act. */
const char *acts_about(const struct acts *acts, enum act act);
/* Looks. elapsed_ns: of the acts; start_ns: how long before them the demo was started. Returns 1
 * when another act has begun with that. */
int acts_look(struct acts *acts, const struct acts_seen *seen, int64_t elapsed_ns,
              int64_t start_ns);
/* At the end of a demo: `brief` in the figures of this view, as the table beside it has them; what
 * is of an act alone says so. */
void acts_sum_up(struct acts *acts, const struct acts_seen *seen);
/* When an act begins, as a share of a length. */
int64_t acts_begin(enum act act, int64_t length);

#endif
