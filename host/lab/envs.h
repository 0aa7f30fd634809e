// SPDX-License-Identifier: Apache-2.0
/* envs: several backtests at once, in which somebody else answers for the agent's model: what a
 * policy learns in. Each is an engine, a venue and a plugin as in any backtest, in a worker of its
 * own (agent/worker.h); where the plugin asks its model (agon.nn: step) the run waits until it has
 * been given the answer. So what is earned here by some answers is what a backtest earns in which
 * the model gives them, order for order.
 *
 * An episode is a run with a seed. Its state is a function of the seed and of the answers so far:
 * that is what a snapshot of it holds, and envs_resume brings it back by giving them once more, in
 * all of them side by side. Its proof is a hash over each event that its engine has taken (of the
 * generator, the venue and the plugin), the engine's state and what the plugin asks: not a bit of
 * it has been otherwise. [one thread] */
#ifndef LAB_ENVS_H
#define LAB_ENVS_H

#include "lab/backtest.h"

#define ENVS_MAX    64
#define ENVS_VALUES 256 /* that a model is asked with, or answers, at most */

struct envs_config {
    /* As agon backtest runs it: one agent, inproc, no journal. seed, answer, ctx, log, calling,
     * close are set here. Borrowed until envs_free. */
    const struct backtest_config *backtest;
    uint32_t n; /* runs at once */
};
enum envs_state { ENVS_ASKS = 0, ENVS_ENDED };
struct envs_turn { /* of one of them */
    enum envs_state state;
    const float *x; /* ASKS: what the model is asked with; until the answer */
    uint32_t n_x, n_y;
    uint64_t n_asked;      /* of this episode; the present one counts */
    agon_amt_t equity_amt; /* of the agent, net of fees, now */
    /* ENDED: what the run came to. */
    agon_amt_t capital_amt;
    uint64_t n_intents, n_fills;
    unsigned char intents[HASH_SIZE], engine[HASH_SIZE]; /* backtest.h: intents, state */
};
struct envs;

/* Starts the processes. Before this process has threads: they are forked from it. AGON_ENOMEM,
 * AGON_EIO. */
int envs_new(struct envs **envs, const struct envs_config *config, struct error *err);
void envs_free(struct envs *envs); /* whatever runs is ended */
/* An episode of that seed begins in one that has none, or has ended one. */
void envs_begin(struct envs *envs, uint32_t i, uint64_t seed);
/* Waits until it asks, or has ended. AGON_EIO: the run failed; err says how. */
int envs_wait(struct envs *envs, uint32_t i, struct envs_turn *turn, struct error *err);
/* y[n_y], of what it asked. It goes on at once. */
void envs_answer(struct envs *envs, uint32_t i, const float *y);
struct envs_snapshot { /* of one that asks */
    uint64_t seed, n;  /* n: answers since it began */
    unsigned char hash[HASH_SIZE];
};
/* hash alone, where it asks now. As envs_wait. */
int envs_hash(struct envs *envs, uint32_t i, unsigned char hash[HASH_SIZE], struct error *err);
/* Each where its snapshot (of so many as there are runs) was taken: begins it, gives it its answers
 * (answer writes the kth of run i into y), and waits until it asks again, in turns[i].
 * AGON_ECORRUPT: one is not what it was. */
int envs_resume(struct envs *envs, const struct envs_snapshot *all,
                void (*answer)(void *ctx, uint32_t i, uint64_t k, float *y), void *ctx,
                struct envs_turn *turns, struct error *err);

#endif
