// SPDX-License-Identifier: Apache-2.0
/* train_ppo: a policy learns by PPO (nn/ppo.h) in backtests that run side by side (lab/envs.h).
 *
 * What it sees is what its plugin asks the model, what it earns is the change of the agent's net
 * equity from one question to the next, in units of the settings. Training, validation and what is
 * judged by in the end have seeds of their own: no market is among two of them.
 *
 * The training is a function of settings, seed and program: a checkpoint holds weights, moments,
 * counters and a snapshot of each run, and whoever goes on from it comes to the same bits. */
#ifndef CLI_TRAIN_PPO_H
#define CLI_TRAIN_PPO_H

#include <agon/feature.h>

#include "config/schema.h"
#include "lab/envs.h"

/* Markets of training have seeds from 2^40 on, those of validation from here on. */
#define TRAIN_PPO_VALIDATION 1000001u
#define TRAIN_PPO_JUDGED     4096 /* markets at most that it is judged on */

struct train_ppo_settings {
    uint32_t environments, steps, updates, epochs, minibatches, hidden, feed;
    int64_t episode_ns;
    double rate, gamma, lambda, clip, value_share, entropy_share, norm_most, unit_bps;
    uint8_t is_rate_kept, is_shuffled;
    uint32_t validation, validation_every, patience, checkpoint_every;
    uint32_t judged;
    uint64_t judged_first;
    uint64_t seed;
};
extern const struct schema train_ppo_settings_schema;

struct train_ppo_progress {
    uint32_t update, updates;
    double reward; /* mean of the update's steps, units */
    double entropy, divergence, clipped, square;
    int is_validated;
    double validation; /* mean of a step in validation, units, where it was validated */
};
struct train_ppo_judged { /* one market: a run in which the policy does what it holds best */
    uint64_t seed, n_asked, n_intents, n_fills;
    agon_amt_t won_amt;
    unsigned char intents[HASH_SIZE], engine[HASH_SIZE]; /* backtest.h: intents, state */
};
struct train_ppo_result {
    uint32_t updates;                   /* that were made */
    int is_stopped;                     /* because validation no longer got better */
    uint64_t n_steps;                   /* that were learnt from */
    double validation, mean, low, high; /* units a step; judged: mean and its 95 % over markets */
    uint32_t best_update;
    uint32_t n_judged;
    struct train_ppo_judged judged[TRAIN_PPO_JUDGED];
    unsigned char sha256[HASH_SIZE]; /* of the model's file */
};
struct train_ppo {
    /* One agent, inproc, whose plugin opens `weights`; its files and the length are set here. */
    struct backtest_config *backtest;
    struct train_ppo_settings settings;
    const char *out;        /* the model; it begins beside it, as OUT.part */
    const char *checkpoint; /* NULL: none is kept */
    int is_resumed;         /* goes on from it, where there is one */
    uint32_t n_threads;     /* of the kernels: the bits are the same for any number */
    uint32_t n_inputs, n_actions;
    const char *const *inputs; /* [n_inputs]: their names */
    void (*progress)(void *ctx, const struct train_ppo_progress *progress); /* or NULL */
    void *ctx;
};

/* AGON_EINVAL: settings that do not fit each other, a checkpoint of another training; AGON_EIO: a
 * run failed, a file does not take it all; AGON_ENOMEM; AGON_ECORRUPT: a snapshot does not come
 * back to what it was. [main thread, before there are others] */
int train_ppo(const struct train_ppo *job, struct train_ppo_result *result, struct error *err);

/* What the plugin's model is asked by: a feature each, and its position. Of parameter `features`,
 * or the preset. AGON_EINVAL. */
#define TRAIN_PPO_INPUTS (AGON_FEATURES_MAX + 1)
struct train_ppo_inputs {
    uint32_t n;
    char texts[TRAIN_PPO_INPUTS][AGON_FEATURE_TEXT];
    const char *names[TRAIN_PPO_INPUTS]; /* of texts */
};
int train_ppo_inputs(const struct crew_slot *slot, struct train_ppo_inputs *inputs,
                     struct error *err);

#endif
