// SPDX-License-Identifier: Apache-2.0
#include "cli/slots.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "agent/feed_fold.h"
#include "base/num.h"
#include "cli/config_file.h"
#include "cli/exit.h"
#include "config/suggest.h"

void slots_defaults(struct record_slot *record, agon_amt_t capital_amt)
{
    record->hdr.type = EVENT_CONFIG;
    record->hdr.granules = sizeof(*record) / EVENT_GRANULE;
    record->kind = CONFIG_SLOT;
    record->stage = STAGE_BACKTESTED;
    record->agent_kind = AGON_STRATEGY;
    record->seed = 1;
    record->subscription.bar_mask = 0xff;
    record->limits = (struct slot_limits){
        .capital_amt = capital_amt,
        .order_amt = capital_amt / 2,
        .position_amt = capital_amt,
        .drawdown_ppm = 200000,
        .collar_marketable_ppm = 20000,
        .collar_passive_ppm = 100000,
        .max_open_orders = 50,
        .orders_per_s = 10,
        .orders_burst = 50,
        .duplicate_window_ms = 1000,
        .duplicate_max = 3,
        .book_age_ms = 60000,
    };
}

int slots_of_words(struct crew_slot *slots, uint32_t *n, const struct arg_list *plugins,
                   const struct arg_list *params, int64_t capital, struct error *err)
{
    for (int i = 0; i < plugins->n; i++) {
        struct crew_slot *slot = &slots[(*n)++];
        const char *name = strrchr(plugins->at[i], '/');
        size_t length;

        memset(slot, 0, sizeof(*slot));
        slot->record.slot = (uint16_t)i;
        slots_defaults(&slot->record, num_mul(capital, 100000000));
        name = name != NULL ? name + 1 : plugins->at[i];
        length = strcspn(name, ".");
        if (length == 0 || length >= sizeof(slot->record.name) - 4 ||
            strlen(plugins->at[i]) >= sizeof(slot->plugin))
            return error_set(err, AGON_EINVAL, "%s: no usable name in this path",
                             args_safe(plugins->at[i]));
        // The same plugin twice is fine; its slots need different names.
        snprintf(slot->record.name, sizeof(slot->record.name), "%.*s", (int)length, name);
        for (int k = 0; k < i; k++) {
            if (strcmp(slots[k].record.name, slot->record.name) == 0)
                snprintf(slot->record.name, sizeof(slot->record.name), "%.*s_%d", (int)length, name,
                         i);
        }
        memcpy(slot->plugin, plugins->at[i], strlen(plugins->at[i]) + 1);
        for (int k = 0; k < params->n; k++) {
            const char *equals = strchr(params->at[k], '=');
            struct setup_param *param;

            if (equals == NULL || equals == params->at[k] || slot->n_params == CREW_PARAMS_MAX ||
                (size_t)(equals - params->at[k]) >= sizeof(param->name) ||
                strlen(equals + 1) >= sizeof(param->text))
                return error_set(err, AGON_EINVAL, "--param %s: expected NAME=VALUE",
                                 args_safe(params->at[k]));
            param = &slot->params[slot->n_params++];
            memcpy(param->name, params->at[k], (size_t)(equals - params->at[k]));
            memcpy(param->text, equals + 1, strlen(equals + 1) + 1);
        }
    }
    return AGON_OK;
}

// What the plugin of a slot says of itself, by a child that maps a copy of it. False: it does not
// get so far, and whoever loads it will say why.
static int ask_plugin(const struct crew_slot *slot, struct plugin_info *info)
{
    struct plugin_file file = {.fd = -1};
    struct elf_report report;
    struct error err = {0};
    int rc = plugin_file_stage(&file, slot->plugin, NULL, slot->record.slot, &err);

    memset(info, 0, sizeof(*info));
    info->index = slot->plugin_index;
    if (rc >= 0)
        rc = plugin_file_check(&file, &report, &err);
    if (rc >= 0)
        rc = plugin_probe(&file, NULL, info, &err);
    plugin_file_drop(&file);
    return rc >= 0;
}

static void check_param(struct config *config, const struct config_node *node,
                        const struct plugin_info *info, const struct setup_param *param)
{
    struct suggest suggest = {0};
    struct error err = {0};
    uint32_t at = 0;

    while (at < info->n_params && strcmp(info->params[at].name, param->name) != 0)
        suggest_offer(&suggest, param->name, strlen(param->name), info->params[at++].name);
    if (at == info->n_params)
        config_refuse(config, node, CONFIG_E_UNKNOWN,
                      "%s has no parameter '%s'; expected one that agon inspect --describe shows"
                      "%s%s%s",
                      info->id, args_safe(param->name),
                      suggest.best != NULL ? "; did you mean '" : "",
                      suggest.best != NULL ? suggest.best : "", suggest.best != NULL ? "'?" : "");
    else if (fold_param_check(&info->params[at], param->text, &err) < 0)
        config_refuse(config, node, CONFIG_E_VALUE, "%s", args_safe(err.text));
}

/* A plugin that is not there and a parameter that it does not have are mistakes of the roster, and
 * told with all others, before a run has left any trace. */
static void check_plugins(struct config *config, const struct crew_slot *slots, uint32_t n,
                          const char *folder)
{
    static struct plugin_info info;

    for (uint32_t i = 0; i < n; i++) {
        const struct config_node *params = config_at(config, "agents[%u].params", i);

        if (access(slots[i].plugin, R_OK) != 0)
            config_refuse(config, config_at(config, "agents[%u].plugin", i), CONFIG_E_VALUE,
                          "cannot be read: %s; expected a plugin's file below %s", strerror(errno),
                          args_safe(folder));
        else if (slots[i].n_params > 0 && ask_plugin(&slots[i], &info)) {
            for (uint32_t k = 0; k < slots[i].n_params; k++)
                check_param(config, config_get(params, slots[i].params[k].name), &info,
                            &slots[i].params[k]);
        }
    }
}

int slots_of_roster(struct crew_slot *slots, uint32_t *n, char *base_currency,
                    const struct slots_roster *from)
{
    struct roster *roster = calloc(1, sizeof(*roster));
    struct config_file file = {0};

    *n = 0;
    if (roster == NULL) {
        fprintf(stderr, "agon %s: out of memory\n", from->command);
        return EXIT_ENVIRONMENT;
    }
    if (config_file_open(&file, from->command, from->path) &&
        roster_read(roster, file.config) >= 0 && from->names != NULL) {
        roster_resolve(roster, file.config, from->plugins, from->names, slots);
        if (from->plugins != NULL)
            check_plugins(file.config, slots, roster->n_slots, from->plugins);
        memcpy(base_currency, roster->base_currency, sizeof(roster->base_currency));
        *n = roster->n_slots;
    }
    free(roster);
    return config_file_close(&file);
}
