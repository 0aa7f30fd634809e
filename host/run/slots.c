// SPDX-License-Identifier: Apache-2.0
#include "run/slots.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/exit.h"
#include "roster/audit.h"
#include "roster/tournament_preset.h"
#include "run/config_file.h"
#include "store/registry.h"

void slots_defaults(struct record_slot *record, agon_amt_t capital_amt)
{
    record->hdr.type = EVENT_CONFIG;
    record->hdr.granules = sizeof(*record) / EVENT_GRANULE;
    record->kind = CONFIG_SLOT;
    record->stage = STAGE_BACKTESTED;
    record->agent_kind = AGON_STRATEGY;
    record->seed = 1;
    record->subscription.bar_mask = 0xff;
    limits_preset(&record->limits, capital_amt);
}

/* All that can be said of slots before it is known what there is to trade, or where the roster was
 * refused. */
static void take_slots(struct crew_slot *slots, uint32_t *n, const struct slots_roster *from,
                       const struct roster *roster, const struct config *config)
{
    *from->cards = roster->cards;
    *n = roster->n_slots;
    for (uint32_t i = 0; i < roster->n_slots; i++) {
        const struct roster_slot *of = &roster->slots[i];
        const struct config_node *name = config_at(config, "agents[%u].name", i);

        (void)snprintf(slots[i].record.name, sizeof(slots[i].record.name), "%s", of->name);
        slots[i].record.slot = (uint16_t)i;
        slots[i].line = name != NULL ? config_line(name) : 0;
        roster_take_files(roster, i, &slots[i]);
        slots[i].n_leases = of->cards.n_leases;
        memcpy(slots[i].leases, of->cards.leases, sizeof(slots[i].leases));
    }
}

void slots_read_files(const struct crew_slot *slots, uint32_t n, uint64_t files_max,
                      uint64_t running_max, struct config *config)
{
    int is_running = running_max != 0 && running_max < files_max;

    roster_read_files(slots, n, is_running ? running_max : files_max, is_running, registry_resolve,
                      config);
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
        // A file of configs/tournament has the rules and nobody to judge by them.
        int is_preset = from->is_rules_only && config_at(file.config, "agents") == NULL &&
                        config_at(file.config, "tournament") != NULL;
        int rc = is_preset ? tournament_file_read(file.config, &roster->rules)
                           : roster_read(roster, file.config);

        if (rc >= 0 && from->is_rules_only) {
            *from->rules = roster->rules;
        } else if (rc >= 0 && from->names != NULL) {
            roster_resolve(roster, file.config, from->plugins, from->names, slots);
            memcpy(base_currency, roster->base_currency, sizeof(roster->base_currency));
            *n = roster->n_slots;
            roster_place_files(
                slots, *n, from->path,
                (from->is_host && !from->is_first) || from->plugins == NULL ? NULL : file.config);
            if (from->files_max != NULL)
                *from->files_max = roster->files_max;
            if (from->cards != NULL)
                *from->cards = roster->cards;
            if (from->rules != NULL)
                *from->rules = roster->rules;
            if (from->values != NULL)
                *from->values = roster->values;
            if (from->portfolio != NULL)
                *from->portfolio = roster->portfolio;
        } else {
            if (from->names != NULL)
                roster_judge(roster, file.config, from->names);
            if (from->cards != NULL)
                take_slots(slots, n, from, roster, file.config);
            if (from->is_check)
                roster_place_files(slots, *n, from->path, file.config);
        }
        if (from->is_check)
            slots_read_files(slots, *n, roster->files_max, 0, file.config);
        if (from->plugins != NULL)
            roster_audit(roster, from->plugins, from->is_host && from->names != NULL ? slots : NULL,
                         from->is_first, file.config);
    }
    free(roster);
    return config_file_close(&file);
}
