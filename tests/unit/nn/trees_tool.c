// SPDX-License-Identifier: Apache-2.0
/* trees_tool: trains on rows that another program wrote, for trees_compare.py.
 *
 *   trees_tool ROWS FEATURES DATA MODEL MARGINS KEY=VALUE...
 *   trees_tool gain MODEL   a line "TOTAL SPLITS" of each feature, by what the file keeps
 *
 * DATA: x[ROWS][FEATURES], y[ROWS] in floats; MODEL: where the file goes; MARGINS: what the model
 * has of each row, in floats. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "nn/trees_gain.h"
#include "nn/trees_train.h"

static int failed(const char *what, const char *why)
{
    fprintf(stderr, "trees_tool: %s: %s\n", what, why);
    return 1;
}

/* KEY=VALUE. 0: there is no such parameter. */
static int set(struct trees_params *params, const char *text)
{
    const char *value = strchr(text, '=');
    size_t n = value != NULL ? (size_t)(value - text) : 0;
    double number = value != NULL ? strtod(value + 1, NULL) : 0;
    const struct {
        const char *key;
        double *real;
        uint32_t *whole;
    } keys[] = {{"rounds", NULL, &params->rounds},
                {"parallel", NULL, &params->parallel},
                {"max_depth", NULL, &params->max_depth},
                {"bins", NULL, &params->bins},
                {"threads", NULL, &params->n_threads},
                {"eta", &params->eta, NULL},
                {"lambda", &params->lambda, NULL},
                {"gamma", &params->gamma, NULL},
                {"min_child_weight", &params->min_child_weight, NULL},
                {"subsample", &params->subsample, NULL},
                {"colsample_tree", &params->colsample_tree, NULL},
                {"colsample_node", &params->colsample_node, NULL},
                {"base_score", &params->base_score, NULL}};

    if (strncmp(text, "objective=", 10) == 0) {
        params->objective = strcmp(text + 10, "squared") == 0 ? TREES_SQUARED : TREES_LOGISTIC;
        return 1;
    }
    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
        if (strlen(keys[i].key) == n && strncmp(keys[i].key, text, n) == 0) {
            if (keys[i].whole != NULL)
                *keys[i].whole = (uint32_t)number;
            else
                *keys[i].real = number;
            return 1;
        }
    return 0;
}

static int train(const struct trees_params *params, const struct trees_data *data,
                 const char *model, float *margins)
{
    struct trees_grown *grown = NULL;
    struct trees *trees = NULL;
    struct error err = {0};
    char *text = NULL;
    size_t n = 0;
    FILE *memory;
    FILE *file = NULL;
    int rc = trees_train(params, data, NULL, NULL, NULL, &grown, &err);

    memory = open_memstream(&text, &n);
    if (memory == NULL)
        rc = error_set(&err, AGON_ENOMEM, "no memory");
    if (rc >= 0)
        rc = trees_write(memory, grown, NULL, 0, NULL, &err);
    if (memory != NULL && fclose(memory) != 0 && rc >= 0)
        rc = error_set(&err, AGON_ENOMEM, "no memory");
    if (rc >= 0)
        rc = trees_read_f32(text, n, &trees, &err);
    for (uint32_t i = 0; i < data->n_rows && rc >= 0; i++)
        trees_margin_f32(trees, data->x + (size_t)i * data->n_features, &margins[i]);
    if (rc >= 0)
        file = fopen(model, "w");
    if (rc >= 0 && (file == NULL || fwrite(text, 1, n, file) != n || fclose(file) != 0))
        rc = error_set(&err, AGON_EIO, "cannot be written");
    trees_free_f32(trees);
    trees_grown_free(grown);
    free(text);
    return rc < 0 ? failed(model, err.text) : 0;
}

static int print_gain(const char *path)
{
    struct trees_gain *all = NULL;
    struct error err = {0};
    char *text = calloc(1, TREES_BYTES);
    FILE *file = fopen(path, "rb");
    size_t n = text != NULL && file != NULL ? fread(text, 1, TREES_BYTES, file) : 0;
    uint32_t n_features = 0;
    int rc = trees_gain(text, n, &all, &n_features, &err);

    for (uint32_t i = 0; i < n_features && rc >= 0; i++)
        printf("%.17g %u\n", all[i].total, all[i].n_splits);
    if (file != NULL)
        (void)fclose(file);
    free(all);
    free(text);
    return rc < 0 ? failed(path, err.text) : 0;
}

int main(int argc, char **argv)
{
    struct trees_params params = trees_params_boosted(TREES_LOGISTIC);
    struct trees_data data = {0};
    float *values;
    FILE *file;
    int rc;
    size_t n;

    if (argc == 3 && strcmp(argv[1], "gain") == 0)
        return print_gain(argv[2]);
    if (argc < 6)
        return failed("arguments", "ROWS FEATURES DATA MODEL MARGINS KEY=VALUE...");
    data.n_rows = (uint32_t)strtoul(argv[1], NULL, 10);
    data.n_features = (uint32_t)strtoul(argv[2], NULL, 10);
    n = (size_t)data.n_rows * data.n_features;
    for (int i = 6; i < argc; i++)
        if (!set(&params, argv[i]))
            return failed(argv[i], "no such parameter");
    values = calloc(n + 2 * (size_t)data.n_rows, sizeof(*values));
    file = fopen(argv[3], "rb");
    if (values == NULL || file == NULL ||
        fread(values, sizeof(*values), n + data.n_rows, file) != n + data.n_rows ||
        fclose(file) != 0)
        return failed(argv[3], "cannot be read");
    data.x = values;
    data.y = values + n;
    rc = train(&params, &data, argv[4], values + n + data.n_rows);
    if (rc != 0)
        return rc;
    file = fopen(argv[5], "wb");
    if (file == NULL ||
        fwrite(values + n + data.n_rows, sizeof(*values), data.n_rows, file) != data.n_rows ||
        fclose(file) != 0)
        return failed(argv[5], "cannot be written");
    free(values);
    return 0;
}
