// SPDX-License-Identifier: Apache-2.0
/* reference: a second allocator of cards, slow and plain, written from what gpu/gpu.h promises and
 * without its headers: lists that only grow, every sum made anew, every choice by a sorted list. */
#ifndef TESTS_GPU_REFERENCE_H
#define TESTS_GPU_REFERENCE_H

#define REF_CARDS 8
#define REF_ITEMS 32
#define REF_ALL   400 /* leases or jobs of one schedule */

struct ref_rules {
    int n_cards, n_budgets, n_groups;
    long long room[REF_CARDS]; /* memory less reserve */
    int cuda[REF_CARDS], weak_fp64[REF_CARDS], standby[REF_CARDS], on_demand[REF_CARDS];
    long long budget_bytes[REF_ITEMS];
    int budget_card[REF_ITEMS], budget_class[REF_ITEMS];
    int group_share[REF_ITEMS], group_card[REF_ITEMS], group_class[REF_ITEMS]; /* card -1: each */
    int split[4][2]; /* normal, high, extreme, weekly: inference, training */
    long long review, chunk, window, sustained;
    int warm, alert, scale, stop, less, scaled, single, top;
    int most_leases, most_jobs;
};
struct ref_event {
    const char *kind; /* tick request release submit chunk heat volatility tournament lost back
                         filling */
    long long t, lease, job, run, bytes, deadline, chunk;
    int owner, share, rank, budget, group /* -1: none */, priority, card, state, failed, chunks,
        heat;
    int dedicated, resumes, fp64, training;
};
struct ref_said {
    const char *kind, *why;
    long long card, from, owner, lease, job, value; /* card and from: -1 none */
    long long run;
};
struct ref_lease {
    char state; /* w s h l, x: over */
    int class, priority, share, rank, budget, group, owner, card;
    int dedicated, resumes, ending;
    const char *why;
    long long bytes, deadline, pass;
};
struct ref_job {
    int lease, left, runs; /* left 0: over */
    long long began, starts;
};
struct ref {
    const struct ref_rules *rules;
    long long t, reviewed, saved[REF_CARDS], trained[REF_CARDS], pass[REF_CARDS], hot[REF_CARDS];
    int heat[REF_CARDS], step[REF_CARDS], alerted[REF_CARDS], lost[REF_CARDS], filling[REF_CARDS];
    int volatility, wanted, weekly, n_up;
    int n_leases, n_jobs; /* lease i has number i + 1 */
    struct ref_lease leases[REF_ALL];
    struct ref_job jobs[REF_ALL];
    int n_said;
    struct ref_said said[2048];
};

void ref_init(struct ref *ref, const struct ref_rules *rules, long long t);
void ref_step(struct ref *ref, const struct ref_event *event);

#endif
