// SPDX-License-Identifier: Apache-2.0
#include "bench/nn_trees.h"

#include <stdlib.h>
#include <string.h>

#include "kernels/cpu.h"
#include "nn/served.h"
#include "nn/trees.h"

#define FEATURES BENCH_TREES_FEATURES
#define EVENTS   256u

struct forest {
    uint32_t n_trees, depth;
    struct device *device; /* owned */
    struct trees *trees;   /* owned: the arrays of the yardstick */
    struct served *served; /* owned: the product, of the same file */
    float x[EVENTS][FEATURES];
    uint64_t at;
};

static uint32_t next(uint32_t *state)
{
    *state = *state * 1664525u + 1013904223u;
    return *state >> 8;
}

/* One array of all nodes of a tree whose levels are full. */
static void put(FILE *file, const char *key, uint32_t depth, uint32_t *state)
{
    uint32_t n = (2u << depth) - 1;
    uint32_t n_inner = n / 2;

    fprintf(file, "\"%s\":[", key);
    for (uint32_t i = 0; i < n; i++) {
        int is_leaf = i >= n_inner;
        long value = key[0] == 'l' && !is_leaf           ? 2 * (long)i + 1
                     : key[0] == 'r' && !is_leaf         ? 2 * (long)i + 2
                     : key[0] == 'l' || key[0] == 'r'    ? -1
                     : strcmp(key, "split_indices") == 0 ? (long)(next(state) % FEATURES)
                     : strcmp(key, "default_left") == 0  ? (long)(next(state) % 2)
                                                         : 0;

        if (i > 0)
            (void)fputc(',', file);
        if (strcmp(key, "split_conditions") == 0)
            fprintf(file, "%.6f", (double)next(state) / 8388608.0 - 1);
        else
            fprintf(file, "%ld", value);
    }
    fprintf(file, "],");
}

char *bench_trees_file(uint32_t n_trees, uint32_t depth, size_t *n)
{
    char *text = NULL;
    FILE *file = open_memstream(&text, n);
    uint32_t state = 12345;

    if (file == NULL)
        return NULL;
    fprintf(file,
            "{\"learner\":{\"learner_model_param\":{\"base_score\":\"5E-1\",\"num_class\":\"0\","
            "\"num_feature\":\"%u\"},\"objective\":{\"name\":\"binary:logistic\"},"
            "\"feature_names\":[",
            FEATURES);
    for (uint32_t i = 0; i < FEATURES; i++)
        fprintf(file, "%s\"f%u\"", i > 0 ? "," : "", i);
    fprintf(file,
            "],\"gradient_booster\":{\"name\":\"gbtree\",\"model\":{\"gbtree_model_param\":"
            "{\"num_trees\":\"%u\"},\"tree_info\":[",
            n_trees);
    for (uint32_t i = 0; i < n_trees; i++)
        fprintf(file, "%s0", i > 0 ? "," : "");
    fprintf(file, "],\"trees\":[");
    for (uint32_t i = 0; i < n_trees; i++) {
        fprintf(file, "%s{", i > 0 ? "," : "");
        put(file, "left_children", depth, &state);
        put(file, "right_children", depth, &state);
        put(file, "split_indices", depth, &state);
        put(file, "split_conditions", depth, &state);
        put(file, "default_left", depth, &state);
        fprintf(file, "\"tree_param\":{\"num_deleted\":\"0\",\"num_nodes\":\"%u\"}}",
                (2u << depth) - 1);
    }
    fprintf(file, "]}}},\"version\":[1,7,4]}");
    if (fclose(file) != 0) {
        free(text);
        return NULL;
    }
    return text;
}

static uint64_t run_served(void *ctx, uint64_t n)
{
    struct forest *forest = ctx;
    float y = 0;
    float sum = 0;

    for (uint64_t i = 0; i < n; i++) {
        (void)served_step_f32(forest->served, forest->x[forest->at++ % EVENTS], &y);
        sum += y;
    }
    return (uint64_t)(sum * 1e3f);
}

/* Nothing is missing, and nothing comes of the sum. */
static float walk(const struct trees *trees, const float *x)
{
    const struct trees_node *nodes = trees->nodes;
    float sum = 0;

    for (uint32_t i = 0; i < trees->n_trees; i++) {
        uint32_t at = trees->roots[i];

        while (nodes[at].left != 0)
            at = nodes[at].left +
                 (x[nodes[at].feature & ~TREES_MISSING_LEFT] < nodes[at].value ? 0 : 1);
        sum += nodes[at].value;
    }
    return sum;
}

static uint64_t run_walk(void *ctx, uint64_t n)
{
    struct forest *forest = ctx;
    float sum = 0;

    for (uint64_t i = 0; i < n; i++)
        sum += walk(forest->trees, forest->x[forest->at++ % EVENTS]);
    return (uint64_t)(sum * sum);
}

/* The base score is 0 as a margin. */
static int margins_are_those_of_a_walk(const struct forest *forest)
{
    for (uint32_t i = 0; i < EVENTS; i++) {
        float expected = walk(forest->trees, forest->x[i]);
        float margin;

        trees_margin_f32(forest->trees, forest->x[i], &margin);
        if (memcmp(&margin, &expected, sizeof(margin)) != 0)
            return 0;
    }
    return 1;
}

static int init(struct forest *forest, struct error *err)
{
    struct served_shape shape;
    uint32_t state = 99;
    size_t n = 0;
    char *text = bench_trees_file(forest->n_trees, forest->depth, &n);
    int rc;

    forest->device = cpu_device_new_f32(CPU_BEST, 1);
    if (text == NULL || forest->device == NULL) {
        free(text);
        return error_set(err, AGON_ENOMEM, "no memory for a model");
    }
    rc = trees_read_f32(text, n, &forest->trees, err);
    if (rc >= 0)
        rc = served_open_f32(forest->device, "bench", text, n, &forest->served, &shape, err);
    free(text);
    for (uint32_t i = 0; i < EVENTS * FEATURES; i++)
        forest->x[i / FEATURES][i % FEATURES] = (float)next(&state) / 8388608.0f - 1;
    return rc;
}

static void deinit(struct forest *forest)
{
    served_close_f32(forest->served);
    trees_free_f32(forest->trees);
    if (forest->device != NULL)
        forest->device->free(forest->device);
}

static int compare(struct bench *bench, const char *name, const char *product, uint32_t n_trees,
                   uint32_t depth, uint64_t n, struct error *err)
{
    struct forest forest = {.n_trees = n_trees, .depth = depth};
    struct bench_pair pair = {
        .name = name,
        .op = "event",
        .product = product,
        .yardstick = "a bare walk of the same arrays, in which nothing is missing",
        .run_product = run_served,
        .run_yardstick = run_walk,
        .ctx = &forest,
        .n = n,
        .batch = 1,
        .goal = 1,
        .goal_kind = BENCH_AT_MOST,
        .goal_text = "no slower than the bare walk",
    };
    int rc = init(&forest, err);

    if (rc >= 0) {
        bench_check(bench, margins_are_those_of_a_walk(&forest), "%s: margins are those of a walk",
                    name);
        rc = bench_compare(bench, &pair);
    }
    deinit(&forest);
    return rc;
}

int bench_nn_trees(struct bench *bench, struct error *err)
{
    int rc =
        compare(bench, "nn.trees", "100 boosted trees of depth 6, one thread", 100, 6, 4000, err);

    if (rc >= 0)
        rc = compare(bench, "nn.trees.1000", "1000 boosted trees of depth 8, one thread", 1000, 8,
                     200, err);
    return rc;
}
