// SPDX-License-Identifier: Apache-2.0
#include "cli/train_net_settings.h"

#include "cli/model_eval.h"
#include "nn/net.h"

#define MEMBER(member) SCHEMA_MEMBER(struct train_net_settings, member)

static const struct schema_choice goals[] = {
    {"direction", GOAL_DIRECTION}, {"up", GOAL_UP}, {"value", GOAL_VALUE}, {NULL, 0}};
static const struct schema_choice ways[] = {{"window", 0}, {"state", 1}, {NULL, 0}};

static const struct schema_field fields[] = {
    {"goal", SCHEMA_CHOICE, MEMBER(goal), .choices = goals, .preset = "direction",
     .doc = "direction: up, flat or down, of a target that is a return; up: of one that is 0 or 1; "
            "value: the target itself"},
    {"flat_bps", SCHEMA_REAL, MEMBER(flat_bps), .min = 0, .max = 10000, .preset = "0",
     .doc = "direction: a smaller return either way is flat"},
    {"hidden", SCHEMA_INT, MEMBER(hidden), .min = 1, .max = NET_WIDTH, .preset = "32",
     .doc = "width of each layer"},
    {"layers", SCHEMA_INT, MEMBER(layers), .min = 1, .max = NET_LAYERS, .preset = "1",
     .doc = "one upon another"},
    {"head", SCHEMA_INT, MEMBER(head), .min = 0, .max = NET_WIDTH, .preset = "0",
     .doc = "lstm: width of a dense layer with ReLU before the last; 0: none"},
    {"dropout", SCHEMA_SHARE, MEMBER(dropout_ppm), .min = 0, .max = 900000, .preset = "0%",
     .doc = "of what a layer hands on, while it is trained"},
    {"taps", SCHEMA_INT, MEMBER(taps), .min = 1, .max = 64, .preset = "3",
     .doc = "tcn: of a convolution"},
    {"heads", SCHEMA_INT, MEMBER(heads), .min = 1, .max = 64, .preset = "2",
     .doc = "transformer: of the attention; hidden is a multiple of it"},
    {"span", SCHEMA_INT, MEMBER(span), .min = 0, .max = NET_WIDTH, .preset = "0",
     .doc = "transformer: steps that it looks back on, itself counted; 0: the window"},
    {"feed", SCHEMA_INT, MEMBER(feed), .min = 0, .max = NET_WIDTH, .preset = "0",
     .doc = "transformer: width in between; 0: twice hidden"},
    {"window", SCHEMA_INT, MEMBER(window), .min = 1, .max = 1024, .preset = "32",
     .doc = "rows that an answer is made of"},
    {"served", SCHEMA_CHOICE, MEMBER(served_by_state), .choices = ways, .preset = "window",
     .doc =
         "window: each answer from nothing over the last rows, as it was trained; state: it goes "
         "on from event to event"},
    {"batch", SCHEMA_INT, MEMBER(batch), .min = 1, .max = 4096, .preset = "64",
     .doc = "windows that a step learns from"},
    {"batches", SCHEMA_INT, MEMBER(batches), .min = 0, .max = 1000000, .preset = "100",
     .doc = "steps of an epoch, each on windows drawn again; 0: as many as there are windows for"},
    {"epochs", SCHEMA_INT, MEMBER(epochs), .min = 1, .max = 100000, .preset = "50",
     .doc = "maximum number of passes"},
    {"rate", SCHEMA_REAL, MEMBER(rate), .min = 0, .max = 10, .preset = "0.003",
     .doc = "of learning (Adam), to begin with"},
    {"rate_end", SCHEMA_REAL, MEMBER(rate_end), .min = 0, .max = 10, .preset = "0.0003",
     .doc = "in the last quarter of the epochs"},
    {"seed", SCHEMA_U64, MEMBER(seed), .preset = "1", .doc = "of what is drawn"},
    {"validation", SCHEMA_SHARE, MEMBER(validation_ppm), .min = 10000, .max = 500000,
     .preset = "10%", .doc = "of a table without parts: the rows that say when to end"},
    {"patience", SCHEMA_INT, MEMBER(patience), .min = 0, .max = 100000, .preset = "8",
     .doc =
         "epochs without a better loss in validation, then the training ends; 0: never. The best "
         "epoch is kept"},
    {"holdout", SCHEMA_SHARE, MEMBER(holdout_ppm), .min = 10000, .max = 500000, .preset = "20%",
     .doc = "of a table without parts: the last rows, nothing is chosen by them"},
    {"gap", SCHEMA_INT, MEMBER(gap), .min = 0, .max = 1000000, .preset = "0",
     .doc = "rows that a target looks ahead: left out before validation and hold-out, and so many "
            "count as one"},
    {NULL}};

static void check(struct config *config, const struct config_node *node, void *out)
{
    const struct train_net_settings *settings = out;

    if (!(settings->rate > 0))
        config_refuse(config, config_get(node, "rate"), CONFIG_E_RANGE, "is 0: nothing is learnt");
    if (settings->flat_bps > 0 && settings->goal != GOAL_DIRECTION)
        config_refuse(config, config_get(node, "flat_bps"), CONFIG_E_CONFLICT,
                      "is of the goal direction alone");
    if (settings->span > settings->window)
        config_refuse(config, config_get(node, "span"), CONFIG_E_CONFLICT,
                      "is %u, and the window %u: nothing is there to look back on", settings->span,
                      settings->window);
}

const struct schema train_net_settings_schema = {
    "a training of a net", sizeof(struct train_net_settings), fields, .check = check};
