// SPDX-License-Identifier: Apache-2.0
#include "cli/model_drift.h"

#include <math.h>
#include <stdlib.h>

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

static uint32_t part_of(const double edges[DRIFT_PARTS - 1], double x)
{
    uint32_t part = 0;

    while (part < DRIFT_PARTS - 1 && x > edges[part])
        part++;
    return part;
}

/* The shares of a column's values in the parts between edges, and of rows without one. */
static uint32_t shares_of(const struct train_rows *rows, uint32_t column,
                          const double edges[DRIFT_PARTS - 1], double shares[DRIFT_PARTS],
                          double *missing)
{
    uint32_t n = 0;

    for (uint32_t k = 0; k < DRIFT_PARTS; k++)
        shares[k] = 0;
    for (uint32_t i = 0; i < rows->n_rows; i++) {
        double x = (double)rows->x[(size_t)i * rows->n_features + column];

        if (isfinite(x)) {
            shares[part_of(edges, x)]++;
            n++;
        }
    }
    for (uint32_t k = 0; k < DRIFT_PARTS && n > 0; k++)
        shares[k] /= n;
    *missing = rows->n_rows > 0 ? (double)(rows->n_rows - n) / rows->n_rows : 0;
    return n;
}

static json_t *quantiles_of(const struct train_rows *rows, uint32_t column, double *values)
{
    double edges[DRIFT_PARTS - 1] = {0}, shares[DRIFT_PARTS], missing;
    json_t *all_edges = json_array(), *all_shares = json_array();
    uint32_t n = 0;

    for (uint32_t i = 0; i < rows->n_rows; i++) {
        double x = (double)rows->x[(size_t)i * rows->n_features + column];

        if (isfinite(x))
            values[n++] = x;
    }
    qsort(values, n, sizeof(*values), by_size);
    for (uint32_t k = 0; k < DRIFT_PARTS - 1 && n > 0; k++)
        edges[k] = values[(uint64_t)n * (k + 1) / DRIFT_PARTS];
    (void)shares_of(rows, column, edges, shares, &missing);
    for (uint32_t k = 0; k < DRIFT_PARTS; k++) {
        if (k + 1 < DRIFT_PARTS)
            (void)json_array_append_new(all_edges, json_real(edges[k]));
        (void)json_array_append_new(all_shares, json_real(shares[k]));
    }
    return json_pack("{s:o, s:o, s:f}", "edges", all_edges, "shares", all_shares, "missing",
                     missing);
}

json_t *drift_quantiles(const struct train_rows *rows, const char *const *names)
{
    double *values = malloc(((size_t)rows->n_rows + 1) * sizeof(*values));
    json_t *all = values != NULL ? json_object() : NULL;

    for (uint32_t k = 0; k < rows->n_features && all != NULL; k++)
        if (json_object_set_new(all, names[k], quantiles_of(rows, k, values)) < 0) {
            json_decref(all);
            all = NULL;
        }
    free(values);
    return all;
}

int drift_of(const json_t *quantiles, const struct train_rows *rows, const char *name,
             uint32_t column, struct drift *drift, struct error *err)
{
    const json_t *of = json_object_get(quantiles, name);
    const json_t *edges = json_object_get(of, "edges"), *shares = json_object_get(of, "shares");
    double at[DRIFT_PARTS - 1], now[DRIFT_PARTS];

    *drift = (struct drift){0};
    if (of == NULL)
        return AGON_OK;
    if (json_array_size(edges) != DRIFT_PARTS - 1 || json_array_size(shares) != DRIFT_PARTS)
        return error_set(err, AGON_ECORRUPT,
                         "the registry's quantiles of %.64s are damaged: not ten parts",
                         args_safe(name));
    drift->is_known = 1;
    for (uint32_t k = 0; k + 1 < DRIFT_PARTS; k++)
        at[k] = json_number_value(json_array_get(edges, k));
    drift->n = shares_of(rows, column, at, now, &drift->missing);
    for (uint32_t k = 0; k < DRIFT_PARTS && drift->n > 0; k++) {
        double then = fmax(json_number_value(json_array_get(shares, k)), DRIFT_FLOOR);
        double is = fmax(now[k], DRIFT_FLOOR);

        drift->psi += (is - then) * log(is / then);
    }
    return AGON_OK;
}
