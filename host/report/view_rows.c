// SPDX-License-Identifier: Apache-2.0
#include "report/view_rows.h"

#include <stdio.h>
#include <string.h>

#include "base/money.h"

json_t *view_flat(const json_t *outer, const char *key, const char *inner_key)
{
    json_t *all = json_array();
    size_t i, k;
    const json_t *row;
    json_t *inner;

    json_array_foreach(outer, i, row)
    {
        json_array_foreach(json_object_get(row, inner_key), k, inner)
        {
            json_t *copy = json_copy(inner);

            if (copy == NULL || json_object_set(copy, key, json_object_get(row, key)) < 0 ||
                (json_is_true(json_object_get(row, "undone")) &&
                 json_object_set(copy, "undone", json_true()) < 0) ||
                json_array_append_new(all, copy) < 0) {
                json_decref(all);
                return NULL;
            }
        }
    }
    return all;
}

json_t *view_alone(const json_t *of)
{
    json_t *all = json_array();

    if (all != NULL && json_array_append(all, (json_t *)(uintptr_t)of) < 0) {
        json_decref(all);
        return NULL;
    }
    return all;
}

json_t *view_metrics(const json_t *agent)
{
    const json_t *names = json_object_get(agent, "metric_names");
    json_t *all = json_array();
    const char *id;
    json_t *value;

    json_object_foreach(json_object_get(agent, "metrics"), id, value)
    {
        const char *name = json_string_value(json_object_get(names, id));
        char unnamed[64], text[MONEY_TEXT];

        snprintf(unnamed, sizeof(unnamed), "metric %.8s (not named by its plugin)", id);
        (void)json_array_append_new(all, json_pack("{s:s, s:s}", "name",
                                                   name != NULL ? name : unnamed, "value",
                                                   money_figure(json_number_value(value), text)));
    }
    return all;
}

json_t *view_held(const json_t *of, uint32_t *n_dust)
{
    json_t *all = json_array();
    size_t i;
    json_t *row;

    json_array_foreach(of, i, row)
    {
        const char *quantity = json_string_value(json_object_get(row, "quantity"));
        int is_dust = json_is_true(json_object_get(row, "is_dust"));

        *n_dust += (uint32_t)is_dust;
        if (is_dust || quantity == NULL || quantity[strspn(quantity, "-0.")] == '\0')
            continue;
        if (json_array_append(all, row) < 0) {
            json_decref(all);
            return NULL;
        }
    }
    return all;
}

json_t *view_ranked(const json_t *of)
{
    json_t *all = json_array();
    json_int_t most = 0;
    size_t i;
    json_t *row;

    json_array_foreach(of, i, row)
    {
        json_int_t rank = json_integer_value(json_object_get(row, "rank"));

        most = rank > most ? rank : most;
    }
    for (json_int_t rank = 1; rank <= most + 1; rank++) {
        json_array_foreach(of, i, row)
        {
            json_int_t is = json_integer_value(json_object_get(row, "rank"));

            if (is != (rank <= most ? rank : 0))
                continue;
            if (json_array_append(all, row) < 0) {
                json_decref(all);
                return NULL;
            }
        }
    }
    return all;
}

const char *view_common(const json_t *rows, const char *key)
{
    const char *all = json_string_value(json_object_get(json_array_get(rows, 0), key));
    size_t i;
    const json_t *row;

    json_array_foreach(rows, i, row)
    {
        const char *one = json_string_value(json_object_get(row, key));

        if (all == NULL || one == NULL || strcmp(one, all) != 0)
            return NULL;
    }
    return all;
}
