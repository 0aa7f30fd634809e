// SPDX-License-Identifier: Apache-2.0
#include "cli/slots.h"

#include <stdio.h>
#include <stdlib.h>

#include "agent/audit.h"
#include "base/num.h"
#include "cli/config_file.h"
#include "cli/exit.h"

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

int slots_of_roster(struct crew_slot *slots, uint32_t *n, char *base_currency,
                    const struct slots_roster *from)
{
    struct roster *roster = calloc(1, sizeof(*roster));
    struct config_file file = {0};

    *n = 0;
    if (from->rules != NULL)
        memset(from->rules, 0, sizeof(*from->rules));
    if (roster == NULL) {
        fprintf(stderr, "agon %s: out of memory\n", from->command);
        return EXIT_ENVIRONMENT;
    }
    if (config_file_open(&file, from->command, from->path)) {
        int rc = roster_read(roster, file.config);

        if (rc >= 0 && from->is_rules_only) {
            *from->rules = roster->rules;
        } else if (rc >= 0 && from->names != NULL) {
            roster_resolve(roster, file.config, from->plugins, from->names, slots);
            memcpy(base_currency, roster->base_currency, sizeof(roster->base_currency));
            *n = roster->n_slots;
            if (from->rules != NULL)
                *from->rules = roster->rules;
        } else if (from->names != NULL) {
            roster_judge(roster, file.config, from->names);
        }
        if (from->plugins != NULL)
            roster_audit(roster, from->plugins, from->is_again, file.config);
    }
    free(roster);
    return config_file_close(&file);
}
