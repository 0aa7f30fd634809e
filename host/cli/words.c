// SPDX-License-Identifier: Apache-2.0
#include "cli/words.h"

#include <stdio.h>

#include "base/num.h"
#include "run/slots.h"

int words_slots(struct crew_slot *slots, uint32_t *n, const struct arg_list *plugins,
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

int words_files(struct crew_slot *slots, uint32_t n, const struct arg_list *files,
                struct error *err)
{
    for (int k = 0; k < files->n; k++) {
        const char *equals = strchr(files->at[k], '=');
        struct crew_file file = {.name = ""};

        if (equals == NULL || equals == files->at[k] || equals[1] == '\0' ||
            (size_t)(equals - files->at[k]) >= sizeof(file.name) ||
            strlen(equals + 1) >= sizeof(file.path))
            return error_set(err, AGON_EINVAL, "--file %s: expected NAME=PATH",
                             args_safe(files->at[k]));
        if (k == SETUP_FILES_MAX)
            return error_set(err, AGON_EINVAL, "--file %s: a plugin is given at most %d files",
                             args_safe(files->at[k]), SETUP_FILES_MAX);
        memcpy(file.name, files->at[k], (size_t)(equals - files->at[k]));
        memcpy(file.path, equals + 1, strlen(equals + 1) + 1);
        if (strncmp(file.path, CREW_FILE_MODEL, strlen(CREW_FILE_MODEL)) == 0) {
            const char *word = equals + 1 + strlen(CREW_FILE_MODEL);

            if (word[0] == '\0' || strlen(word) >= sizeof(file.model))
                return error_set(err, AGON_EINVAL,
                                 "--file %s: expected NAME=" CREW_FILE_MODEL
                                 "MODEL or MODEL@3, of the folder models",
                                 args_safe(files->at[k]));
            memcpy(file.model, word, strlen(word) + 1);
            memcpy(file.path, "models", sizeof("models"));
        }
        for (uint32_t i = 0; i < n; i++)
            slots[i].files[slots[i].n_files++] = file;
    }
    return AGON_OK;
}
