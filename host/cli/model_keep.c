// SPDX-License-Identifier: Apache-2.0
#include "cli/model_keep.h"

#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/model_drift.h"
#include "sys/clock.h"

const char *model_who(const char *by)
{
    const struct passwd *user = by == NULL ? getpwuid(geteuid()) : NULL;

    return by != NULL ? by : user != NULL ? user->pw_name : "unknown";
}

static char *text_of(const json_t *value)
{
    char *text =
        value != NULL ? json_dumps(value, JSON_COMPACT | JSON_SORT_KEYS | JSON_ENSURE_ASCII) : NULL;

    return text != NULL ? text : strdup("{}");
}

static json_t *inputs_of(const struct model_facts *facts)
{
    const struct served_names *names = &facts->model->names;
    json_t *inputs = json_array();

    for (uint32_t i = 0; i < names->n_inputs; i++)
        (void)json_array_append_new(inputs, json_string(names->inputs[i]));
    return inputs;
}

static json_t *data_of(const struct model_facts *facts)
{
    const struct train_data *data = facts->data;
    json_t *object = json_object();

    if (data == NULL)
        return object;
    (void)json_object_set_new(object, "file", json_string(facts->data_path));
    (void)json_object_set_new(object, "sha256", json_string(data->table.sha256));
    (void)json_object_set_new(object, "target", json_string(facts->target));
    (void)json_object_set_new(object, "gap", json_integer(data->gap));
    (void)json_object_set_new(object, "rows", json_integer(data->learnt.n_rows));
    if (data->strongs.n > 0) {
        char strong[48];

        train_leak_card(&data->strongs, data->table.names, strong, sizeof(strong));
        (void)json_object_set_new(object, "strong", json_string(strong));
    }
    if (data->learnt.times != NULL && data->learnt.n_rows > 0) {
        (void)json_object_set_new(object, "first_ms", json_real(data->learnt.times[0]));
        (void)json_object_set_new(object, "last_ms",
                                  json_real(data->learnt.times[data->learnt.n_rows - 1]));
        (void)json_object_set_new(object, "seen_ms", // those that said when to end were seen too
                                  json_real(data->valid.n_rows > 0
                                                ? data->valid.times[data->valid.n_rows - 1]
                                                : data->learnt.times[data->learnt.n_rows - 1]));
    }
    if (facts->held_sha256 != NULL)
        (void)json_object_set_new(object, "held_sha256", json_string(facts->held_sha256));
    return object;
}

static int describe(struct registry_version *version, const struct model_facts *facts,
                    struct error *err)
{
    json_t *inputs = inputs_of(facts), *data = data_of(facts);
    json_t *quantiles = facts->data != NULL
                            ? drift_quantiles(&facts->data->learnt, facts->data->table.names)
                            : NULL;
    char kind[160];

    (void)snprintf(kind, sizeof(kind), "%s%s%s, %s", facts->model->names.model,
                   facts->model->names.served[0] != '\0' ? " " : "", facts->model->names.served,
                   facts->model->names.goal);
    version->kind = strdup(kind);
    version->inputs = text_of(inputs);
    version->data = text_of(data);
    version->params = text_of(facts->params);
    version->metrics = text_of(facts->metrics);
    version->quantiles = text_of(quantiles);
    json_decref(inputs);
    json_decref(data);
    json_decref(quantiles);
    return version->kind != NULL && version->inputs != NULL && version->data != NULL &&
                   version->params != NULL && version->metrics != NULL && version->quantiles != NULL
               ? AGON_OK
               : error_set(err, AGON_ENOMEM, "no memory for a version");
}

int model_keep(const char *dir, const char *name, const char *path, const struct model_facts *facts,
               struct registry_version *version, uint32_t *n_judged, struct error *err)
{
    struct registry *registry;
    int rc;

    *version = (struct registry_version){.added_ns = clock_now()};
    *n_judged = 0;
    (void)snprintf(version->name, sizeof(version->name), "%s", name);
    (void)snprintf(version->added_by, sizeof(version->added_by), "%.63s", model_who(facts->by));
    rc = describe(version, facts, err);
    if (rc < 0)
        return rc;
    registry = registry_open(dir, REGISTRY_MAKE, err);
    if (registry == NULL)
        return err->code;
    rc = registry_add(registry, path, version, err);
    if (rc >= 0 && facts->held_sha256 != NULL && facts->held_sha256[0] != '\0')
        rc = registry_look(registry, name, version->version, facts->held_sha256, n_judged, err);
    registry_close(registry);
    return rc;
}
