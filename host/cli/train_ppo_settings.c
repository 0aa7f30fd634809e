// SPDX-License-Identifier: Apache-2.0
#include "cli/train_ppo.h"

#define MEMBER(member) SCHEMA_MEMBER(struct train_ppo_settings, member)
#define DAY_NS         ((int64_t)86400 * 1000000000)

static const struct schema_choice rates[] = {{"falls", 0}, {"stays", 1}, {NULL, 0}};
static const struct schema_choice rewards[] = {{"own", 0}, {"shuffled", 1}, {NULL, 0}};

static const struct schema_field fields[] = {
    {"environments", SCHEMA_INT, MEMBER(environments), .min = 1, .max = ENVS_MAX, .preset = "8",
     .doc = "backtests side by side"},
    {"episode", SCHEMA_DURATION, MEMBER(episode_ns), .min = (int64_t)60 * 1000000000,
     .max = 30 * DAY_NS, .preset = "8h",
     .doc = "length of each, on a market with a seed of its own"},
    {"steps", SCHEMA_INT, MEMBER(steps), .min = 2, .max = 65536, .preset = "128",
     .doc = "decisions of each backtest before the policy is moved"},
    {"updates", SCHEMA_INT, MEMBER(updates), .min = 1, .max = 1000000, .preset = "200",
     .doc = "times that it is moved, at most"},
    {"epochs", SCHEMA_INT, MEMBER(epochs), .min = 1, .max = 100, .preset = "4",
     .doc = "passes over what was seen, each time"},
    {"minibatches", SCHEMA_INT, MEMBER(minibatches), .min = 1, .max = 1024, .preset = "4",
     .doc = "parts of a pass, a step of Adam each; they divide environments x steps"},
    {"hidden", SCHEMA_INT, MEMBER(hidden), .min = 1, .max = 4096, .preset = "256",
     .doc = "cells of the first layer of policy and value"},
    {"feed", SCHEMA_INT, MEMBER(feed), .min = 1, .max = 4096, .preset = "128",
     .doc = "cells of their second layer"},
    {"rate", SCHEMA_REAL, MEMBER(rate), .min = 0, .max = 1, .preset = "0.001",
     .doc = "of Adam, at the beginning; above 0"},
    {"rate_later", SCHEMA_CHOICE, MEMBER(is_rate_kept), .choices = rates, .preset = "falls",
     .doc = "falls: in a line to 0 at the last update"},
    {"gamma", SCHEMA_REAL, MEMBER(gamma), .min = 0, .max = 1, .preset = "0.95",
     .doc = "what a reward one decision later counts"},
    {"lambda", SCHEMA_REAL, MEMBER(lambda), .min = 0, .max = 1, .preset = "0.9",
     .doc = "of generalised advantages: 0 trusts the value net, 1 what was earned"},
    {"clip", SCHEMA_REAL, MEMBER(clip), .min = 0, .max = 1, .preset = "0.2",
     .doc = "how far an action's chance may move before nothing draws it on"},
    {"value_share", SCHEMA_REAL, MEMBER(value_share), .min = 0, .max = 100, .preset = "0.5",
     .doc = "of the value net's square error in the loss"},
    {"entropy_share", SCHEMA_REAL, MEMBER(entropy_share), .min = 0, .max = 100, .preset = "0.01",
     .doc = "of the policy's entropy in the loss: it keeps trying"},
    {"norm_most", SCHEMA_REAL, MEMBER(norm_most), .min = 0, .max = 1000000, .preset = "0.5",
     .doc = "length of a gradient at most; 0: any"},
    {"unit_bps", SCHEMA_REAL, MEMBER(unit_bps), .min = 0, .max = 10000, .preset = "1",
     .doc = "a reward of 1 is so much of the capital, in basis points; above 0"},
    {"rewards", SCHEMA_CHOICE, MEMBER(is_shuffled), .choices = rewards, .preset = "own",
     .doc = "shuffled: each decision is given another's, and nothing can be learnt: for tests"},
    {"validation", SCHEMA_INT, MEMBER(validation), .min = 1, .max = 1000, .preset = "8",
     .doc = "markets that say which update's policy is kept"},
    {"validation_every", SCHEMA_INT, MEMBER(validation_every), .min = 1, .max = 1000000,
     .preset = "10", .doc = "updates from one validation to the next"},
    {"patience", SCHEMA_INT, MEMBER(patience), .min = 0, .max = 1000000, .preset = "0",
     .doc = "validations without a better one, then the training ends; 0: never"},
    {"checkpoint_every", SCHEMA_INT, MEMBER(checkpoint_every), .min = 1, .max = 1000000,
     .preset = "10", .doc = "updates from one checkpoint to the next"},
    {"judged", SCHEMA_INT, MEMBER(judged), .min = 2, .max = TRAIN_PPO_JUDGED, .preset = "20",
     .doc = "markets that it is judged on in the end: nothing is chosen by them"},
    {"judged_first", SCHEMA_U64, MEMBER(judged_first), .preset = "1",
     .doc = "seed of the first of them; below 1,000,000 less their number"},
    {"seed", SCHEMA_U64, MEMBER(seed), .preset = "1", .doc = "of all that is drawn in training"},
    {NULL}};

static void check(struct config *config, const struct config_node *node, void *out)
{
    const struct train_ppo_settings *settings = out;
    uint64_t rows = (uint64_t)settings->environments * settings->steps;

    if (!(settings->rate > 0))
        config_refuse(config, config_get(node, "rate"), CONFIG_E_RANGE, "is 0: nothing is learnt");
    if (!(settings->unit_bps > 0))
        config_refuse(config, config_get(node, "unit_bps"), CONFIG_E_RANGE,
                      "is 0: no reward is any number of it");
    if (settings->minibatches > 0 &&
        (rows % settings->minibatches != 0 || rows / settings->minibatches < 2))
        config_refuse(config, config_get(node, "minibatches"), CONFIG_E_CONFLICT,
                      "expected parts of two rows or more that divide environments x steps");
    if (settings->judged_first >= TRAIN_PPO_VALIDATION - 1 - settings->judged)
        config_refuse(config, config_get(node, "judged_first"), CONFIG_E_RANGE,
                      "expected less: seeds from 1,000,000 on are of validation and training");
}

const struct schema train_ppo_settings_schema = {
    "a training of a policy", sizeof(struct train_ppo_settings), fields, .check = check};
