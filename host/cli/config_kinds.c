// SPDX-License-Identifier: Apache-2.0
#include "cli/config_kinds.h"

#include <stdio.h>
#include <string.h>

#include "args/args.h"
#include "cli/train_net_settings.h"
#include "cli/train_plan.h"
#include "cli/train_ppo.h"
#include "cli/train_settings.h"
#include "gpu/profile.h"
#include "roster/roster.h"
#include "roster/tournament_preset.h"
#include "run/settings.h"
#include "sim/faults.h"
#include "sim/members.h"
#include "synth/synth.h"
#include "venue/config.h"

const struct schema_kind config_kinds[KINDS + 1] = {
    [KIND_RUN] = {"run", &settings_schema, "What `agon run --config` reads."},
    [KIND_VENUE] = {"venue", &venue_schema,
                    "A venue, or an account of one: named by `venue` and `venues` of a run."},
    [KIND_ROSTER] = {"roster", &roster_schema,
                     "The agents: named by `roster` of a run, by `agon ctl apply` and by `agon "
                     "backtest --roster`."},
    [KIND_TOURNAMENT] = {"tournament", &tournament_file_schema,
                         "Rules of a tournament by themselves, as in `configs/tournament`."},
    [KIND_MARKET] = {"market", &synth_schema,
                     "A generated market: `--market` of `agon backtest`, `sim` and `demo`."},
    [KIND_ACCOUNTS] = {"accounts", &members_schema,
                       "Accounts of a simulated exchange: `agon sim --account`."},
    [KIND_FAULTS] = {"faults", &faults_schema,
                     "Faults of a simulated exchange: `agon sim --faults`."},
    [KIND_GPU] = {"gpu", &profile_budgets_schema,
                  "GPU cards and who has how much of their memory, as in `configs/gpu`: `agon gpu "
                  "plan --profile`."},
    [KIND_GPU_SHARES] = {"gpu-shares", &profile_shares_schema,
                         "Who has how much of the cards' time, and when, as in "
                         "`configs/gpu/shares`: `agon gpu plan --shares`."},
    [KIND_TREES] = {"trees", &train_settings_schema,
                    "How trees are trained: `agon train trees --config`."},
    [KIND_NET] = {"net", &train_net_settings_schema,
                  "How nets are trained: `agon train lstm|tcn|transformer --config`."},
    [KIND_PPO] = {"ppo", &train_ppo_settings_schema,
                  "How a policy is trained: `agon train ppo --config`."},
    [KIND_PLAN] = {"plan", &train_plan_schema,
                   "Several trainings under one allocator of cards: `agon train --plan`."},
};
const char *const config_kinds_names[KINDS + 1] = {
    "run", "venue",      "roster", "tournament", "market", "accounts", "faults",
    "gpu", "gpu-shares", "trees",  "net",        "ppo",    "plan",     NULL};

/* Two for each key that it knows, one less for each that it wants and that is not there. */
static int likeness(const struct config_node *root, const struct schema *schema)
{
    int n_known = 0, n_missing = 0;

    for (const struct schema_field *field = schema_fields(schema); field->key; field++) {
        int is_there = config_get(root, field->key) != NULL;

        n_known += is_there;
        n_missing += field->is_required && !is_there;
    }
    return n_known > 0 ? 2 * n_known - n_missing + (int)KINDS * 8 : 0;
}

enum file_kind config_kinds_of(const struct config *config)
{
    const struct config_node *root = config_root(config);
    enum file_kind found = KINDS;
    int most = 0;

    for (enum file_kind kind = 0; root != NULL && config_is_map(root) && kind < KINDS; kind++) {
        int like = likeness(root, config_kinds[kind].schema);

        if (like == most)
            found = KINDS; // or none has any yet
        if (like > most)
            found = kind;
        most = like > most ? like : most;
    }
    return found;
}

int config_kinds_refuse(const struct config *config, const char *command, const char *path,
                        enum file_kind wanted)
{
    enum file_kind kind = config_kinds_of(config);
    const struct config_node *root = config_root(config);

    if (kind == KINDS || kind == wanted)
        return 0;
    for (const struct schema_field *field = schema_fields(config_kinds[wanted].schema); field->key;
         field++) {
        if (field->is_required && config_get(root, field->key) != NULL)
            return 0;
    }
    fprintf(stderr,
            "agon %s: %s is of kind '%s', expected one of kind '%s'. %s\n"
            "Of kind '%s': %s\n",
            command, args_safe(path), config_kinds[kind].name, config_kinds[wanted].name,
            config_kinds[wanted].doc, config_kinds[kind].name, config_kinds[kind].doc);
    return 1;
}

const char *config_kinds_list(char text[CONFIG_KINDS_LIST])
{
    size_t n = 0;

    for (size_t i = 0; i < KINDS; i++)
        n += (size_t)snprintf(text + n, CONFIG_KINDS_LIST - n, "%s%s",
                              i == 0           ? ""
                              : i + 1 == KINDS ? " or "
                                               : ", ",
                              config_kinds[i].name);
    return text;
}
