// SPDX-License-Identifier: Apache-2.0
/* train_ppo_impl: a training under way, between the files of train_ppo. */
#ifndef CLI_TRAIN_PPO_IMPL_H
#define CLI_TRAIN_PPO_IMPL_H

#include "cli/train_ppo.h"
#include "nn/ppo.h"

struct train_ppo_env {
    uint64_t episode;      /* how many began before this one */
    uint32_t n;            /* answers of this one so far */
    agon_amt_t equity_amt; /* when it asked last */
};
struct training {
    const struct train_ppo *job;
    struct train_ppo_result *result;
    const struct train_ppo_settings *settings;
    struct envs *envs, *judges; /* owned */
    struct device *device;      /* owned */
    struct net net;
    struct ppo ppo;       /* owned */
    struct net_tape tape; /* owned; of one decision of each */
    struct train_ppo_env all[ENVS_MAX];
    uint32_t answers_most;       /* of an episode */
    real *actions;               /* [environments][answers_most], of the episode so far */
    uint32_t update;             /* that have been made */
    real *mean, *scale;          /* [inputs]; of what was seen before the first update */
    real *best;                  /* weights of the best validation */
    double best_validation;      /* of it */
    uint32_t best_update, since; /* ... and validations behind it */
    agon_amt_t capital_amt;

    /* What was seen since the last update: [environments][steps]. */
    real *x;
    uint32_t *taken;
    double *log_p, *rewards, *values, *advantages, *returns; /* values: steps + 1 of each */
    uint8_t *ends;
    /* Of a decision. */
    real *now, *y; /* [environments][inputs], [environments][outputs] */
    real *weights; /* this process's */
};

/* train_ppo_file.c */
/* The model as it would be now. AGON_EIO. */
int train_ppo_write(struct training *training, const char *path, real *weights, struct error *err);
int train_ppo_checkpoint(struct training *training, struct error *err);
/* AGON_ENOENT: there is none. snapshots[environments]: their hashes, for envs_resume. */
int train_ppo_restore(struct training *training, struct envs_snapshot *snapshots,
                      struct error *err);

#endif
