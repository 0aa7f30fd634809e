// SPDX-License-Identifier: Apache-2.0
#include "nn/trees_said.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "nn/trees.h"
#include "nn/trees_file.h"

#define BYTES_FEW   64u /* arrays and objects that any file may have */
#define BYTES_ARRAY 16u /* of a file for each further one; XGBoost's take 40 and more */

static size_t cost_of(char c)
{
    switch (c) {
    case ',':
        return TREES_COST_VALUE;
    case '"':
        return TREES_COST_TEXT;
    case ':':
        return TREES_COST_KEY;
    case '[':
    case '{':
        return TREES_COST_ARRAY;
    default:
        return 0;
    }
}

int trees_plain(const char *text, size_t n, struct error *err)
{
    size_t n_arrays = 0, cost = n;
    uint32_t depth = 0;
    int is_text = 0;

    for (size_t i = 0; i < n; i++) {
        char c = text[i];

        if (is_text) {
            i += c == '\\';
            is_text = c != '"';
            continue;
        }
        is_text = c == '"';
        cost += cost_of(c);
        if (c == '}' || c == ']')
            depth -= depth > 0;
        if (c != '{' && c != '[')
            continue;
        n_arrays++;
        if (++depth > TREES_DEPTH)
            return error_set(err, AGON_EINVAL,
                             "byte %zu: arrays and objects %u deep; expected the JSON of "
                             "Booster.save_model(\"NAME.json\"), where they are 8",
                             i, depth);
    }
    if (n_arrays > BYTES_FEW + n / BYTES_ARRAY)
        return error_set(err, AGON_EINVAL,
                         "%zu arrays and objects in %zu bytes, where a model's take 40 bytes and "
                         "more; expected the JSON of Booster.save_model(\"NAME.json\")",
                         n_arrays, n);
    if (cost > TREES_ROOM)
        return error_set(err, AGON_EINVAL,
                         "%zu bytes of JSON that would take %zu MiB to be read; a model may take "
                         "%zu: fewer trees, or smaller ones",
                         n, cost >> 20u, TREES_ROOM >> 20u);
    return AGON_OK;
}

int trees_edition(const char *text, uint32_t *edition, struct error *err)
{
    size_t n = strspn(text, "0123456789");
    unsigned long number = n > 0 && n <= 6 && text[n] == '\0' ? strtoul(text, NULL, 10) : 0;

    if (number == 0)
        return error_set(err, AGON_EINVAL,
                         "agon.edition is \"%.40s\"; expected a whole number from 1 to 999999, as "
                         "agon features make writes it",
                         text);
    *edition = (uint32_t)number;
    return AGON_OK;
}

static int names_of(const json_t *learner, struct served_names *names, struct error *err)
{
    const json_t *all = json_object_get(learner, "feature_names");
    const char *inputs = json_string_value(
        json_object_get(json_object_get(learner, "learner_model_param"), "num_feature"));
    size_t n = json_array_size(all);

    if (n == 0)
        return AGON_OK;
    if (n > TREES_FEATURES || inputs == NULL || strtoul(inputs, NULL, 10) != n)
        return error_set(err, AGON_EINVAL,
                         "learner.feature_names has %zu names, and num_feature is %.20s; expected "
                         "as many",
                         n, inputs != NULL ? inputs : "not there");
    names->inputs = calloc(n, sizeof(*names->inputs));
    if (names->inputs == NULL)
        return error_set(err, AGON_ENOMEM, "no memory for a model's names");
    for (size_t i = 0; i < n; i++) {
        const char *name = json_string_value(json_array_get(all, i));

        if (name == NULL || strlen(name) >= CHECKPOINT_VALUE)
            return error_set(err, AGON_EINVAL,
                             "learner.feature_names[%zu] is not a text of less than %d bytes", i,
                             CHECKPOINT_VALUE);
        memcpy(names->inputs[i], name, strlen(name) + 1);
    }
    names->n_inputs = (uint32_t)n;
    return AGON_OK;
}

int trees_said(const char *text, size_t n, struct served_names *names, struct error *err)
{
    json_t *root;
    const json_t *learner;
    const char *objective, *edition;
    int rc = trees_file(text, n, &root, err);

    if (rc < 0)
        return rc;
    learner = json_object_get(root, "learner");
    objective = json_string_value(json_object_get(json_object_get(learner, "objective"), "name"));
    (void)snprintf(names->model, sizeof(names->model), "trees/1");
    if (objective != NULL && strcmp(objective, "binary:logistic") == 0)
        (void)snprintf(names->goal, sizeof(names->goal), "up");
    else if (objective != NULL && strcmp(objective, "reg:squarederror") == 0)
        (void)snprintf(names->goal, sizeof(names->goal), "value");
    edition =
        json_string_value(json_object_get(json_object_get(learner, "attributes"), "agon.edition"));
    rc = edition != NULL ? trees_edition(edition, &names->edition, err) : AGON_OK;
    if (rc >= 0)
        rc = names_of(learner, names, err);
    json_decref(root);
    return rc;
}
