// SPDX-License-Identifier: Apache-2.0
#include "cli/train_settings.h"

#define MEMBER(member) SCHEMA_MEMBER(struct train_settings, member)

static const struct schema_choice objectives[] = {
    {"logistic", TREES_LOGISTIC}, {"squared", TREES_SQUARED}, {NULL, 0}};

static const struct schema_field fields[] = {
    {"objective", SCHEMA_CHOICE, MEMBER(objective), .choices = objectives, .preset = "logistic",
     .doc = "logistic: the target is 0 or 1, the answer a probability; squared: a number"},
    {"rounds", SCHEMA_INT, MEMBER(rounds), .min = 1, .max = TREES_MOST, .preset = "100",
     .doc = "each corrects those before it"},
    {"parallel", SCHEMA_INT, MEMBER(parallel), .min = 1, .max = TREES_MOST, .preset = "1",
     .doc = "trees of a round, of which the mean counts: a forest is one round of many"},
    {"max_depth", SCHEMA_INT, MEMBER(max_depth), .min = 1, .max = TREES_DEPTH, .preset = "6",
     .doc = "questions from the root to a leaf"},
    {"bins", SCHEMA_INT, MEMBER(bins), .min = 2, .max = TREES_BINS, .preset = "256",
     .doc = "of a feature's values, alike in how many they hold"},
    {"eta", SCHEMA_REAL, MEMBER(eta), .min = 0, .max = 1, .preset = "0.3",
     .doc = "how much of its correction a round makes; above 0"},
    {"lambda", SCHEMA_REAL, MEMBER(lambda), .min = 0, .max = 1000000000, .preset = "1",
     .doc = "weight that draws each leaf to 0"},
    {"gamma", SCHEMA_REAL, MEMBER(gamma), .min = 0, .max = 1000000000, .preset = "0",
     .doc = "gain below which a node is not split"},
    {"min_child_weight", SCHEMA_REAL, MEMBER(min_child_weight), .min = 0, .max = 1000000000,
     .preset = "1", .doc = "smallest weight of a leaf: rows, for logistic times p (1 - p)"},
    {"base_score", SCHEMA_REAL, MEMBER(base_score), .min = -1000000000, .max = 1000000000,
     .preset = "0.5", .doc = "the answer without any tree; a probability for logistic"},
    {"subsample", SCHEMA_SHARE, MEMBER(subsample_ppm), .min = 1, .max = 1000000, .preset = "100%",
     .doc = "of the rows, drawn for each tree"},
    {"colsample_tree", SCHEMA_SHARE, MEMBER(colsample_tree_ppm), .min = 1, .max = 1000000,
     .preset = "100%", .doc = "of the features, drawn for each tree"},
    {"colsample_node", SCHEMA_SHARE, MEMBER(colsample_node_ppm), .min = 1, .max = 1000000,
     .preset = "100%", .doc = "of the tree's features, drawn for each node"},
    {"seed", SCHEMA_U64, MEMBER(seed), .preset = "1", .doc = "of what is drawn"},
    {"validation", SCHEMA_SHARE, MEMBER(validation_ppm), .min = 0, .max = 500000, .preset = "10%",
     .doc = "of the rows, before those held out: they choose the round to end at"},
    {"patience", SCHEMA_INT, MEMBER(patience), .min = 0, .max = TREES_MOST, .preset = "10",
     .doc = "rounds without a better loss in validation, then the training ends; 0: never"},
    {"holdout", SCHEMA_SHARE, MEMBER(holdout_ppm), .min = 10000, .max = 500000, .preset = "20%",
     .doc = "of the rows, the last ones: nothing is chosen by them, the report is of them"},
    {"gap", SCHEMA_INT, MEMBER(gap), .min = 0, .max = 1000000000, .preset = "0",
     .doc =
         "rows left out before the validation and before the hold-out: as many as a target looks "
         "ahead"},
    {NULL}};

static void check(struct config *config, const struct config_node *node, void *out)
{
    const struct train_settings *settings = out;

    if (settings->patience > 0 && settings->validation_ppm == 0)
        config_refuse(config, config_get(node, "validation"), CONFIG_E_CONFLICT,
                      "is 0, and patience needs rows to judge by; with patience 0 it may be");
    if (!(settings->eta > 0))
        config_refuse(config, config_get(node, "eta"), CONFIG_E_RANGE, "is 0: nothing is learnt");
    if (settings->objective == TREES_LOGISTIC &&
        !(settings->base_score > 0 && settings->base_score < 1))
        config_refuse(config, config_get(node, "base_score"), CONFIG_E_RANGE,
                      "expected a probability above 0 and below 1, as the objective is logistic");
}

const struct schema train_settings_schema = {"a training of trees", sizeof(struct train_settings),
                                             fields, .check = check};

struct trees_params train_settings_params(const struct train_settings *settings, uint32_t n_threads)
{
    return (struct trees_params){.objective = (enum trees_objective)settings->objective,
                                 .rounds = settings->rounds,
                                 .parallel = settings->parallel,
                                 .max_depth = settings->max_depth,
                                 .bins = settings->bins,
                                 .eta = settings->eta,
                                 .lambda = settings->lambda,
                                 .gamma = settings->gamma,
                                 .min_child_weight = settings->min_child_weight,
                                 .subsample = (double)settings->subsample_ppm / 1e6,
                                 .colsample_tree = (double)settings->colsample_tree_ppm / 1e6,
                                 .colsample_node = (double)settings->colsample_node_ppm / 1e6,
                                 .base_score = settings->base_score,
                                 .seed = settings->seed,
                                 .n_threads = n_threads,
                                 .patience = settings->patience};
}
