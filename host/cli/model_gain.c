// SPDX-License-Identifier: Apache-2.0
#include "cli/model_gain.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "args/args.h"
#include "nn/trees_gain.h"

#define SHOWN 12u /* lines for people */

struct ranked {
    struct trees_gain gain;
    uint32_t feature;
};

/* The larger total first; of equal ones the first feature. */
static int by_total(const void *a, const void *b)
{
    const struct ranked *one = a, *other = b;

    if (one->gain.total != other->gain.total)
        return one->gain.total > other->gain.total ? -1 : 1;
    return one->feature < other->feature ? -1 : 1;
}

static json_t *row_of(const struct served_names *names, const struct ranked *of, double sum)
{
    char number[24];

    (void)snprintf(number, sizeof(number), "f%u", of->feature); // as XGBoost calls it
    return json_pack("{s:s, s:f, s:f, s:i, s:f}", "feature",
                     of->feature < names->n_inputs ? names->inputs[of->feature] : number,
                     "total_gain", of->gain.total, "gain",
                     of->gain.n_splits > 0 ? of->gain.total / of->gain.n_splits : 0, "splits",
                     (int)of->gain.n_splits, "share", sum > 0 ? of->gain.total / sum : 0);
}

json_t *model_gain(const struct served_names *names, const void *bytes, size_t n)
{
    struct trees_gain *all = NULL;
    struct ranked *ranked;
    uint32_t n_features = 0;
    double sum = 0;
    json_t *rows;

    if (strcmp(names->model, "trees/1") != 0 || trees_gain(bytes, n, &all, &n_features, NULL) < 0)
        return NULL;
    ranked = calloc(n_features, sizeof(*ranked));
    rows = ranked != NULL ? json_array() : NULL;
    for (uint32_t i = 0; rows != NULL && i < n_features; i++) {
        ranked[i] = (struct ranked){all[i], i};
        sum += all[i].total;
    }
    if (rows != NULL)
        qsort(ranked, n_features, sizeof(*ranked), by_total);
    for (uint32_t i = 0; rows != NULL && i < n_features; i++)
        (void)json_array_append_new(rows, row_of(names, &ranked[i], sum));
    free(ranked);
    free(all);
    return rows;
}

void model_gain_print(const json_t *all, int columns)
{
    const json_t *row;
    size_t i;

    json_array_foreach(all, i, row)
    {
        if (i == SHOWN) {
            printf("%*sand %zu more: --json has them\n", columns, "", json_array_size(all) - i);
            return;
        }
        printf("%-*s%-24s %5.1f%% of the gain, %lld splits of %.4g\n", columns,
               i == 0 ? "gain" : "", args_safe(json_string_value(json_object_get(row, "feature"))),
               100 * json_number_value(json_object_get(row, "share")),
               (long long)json_integer_value(json_object_get(row, "splits")),
               json_number_value(json_object_get(row, "gain")));
    }
}
