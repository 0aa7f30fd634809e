// SPDX-License-Identifier: Apache-2.0
/* onnx_trees: trees as ai.onnx.ml's TreeEnsembleRegressor. Its BRANCH_LT is XGBoost's comparison,
 * and base_values is where each margin begins. */
#include <stdlib.h>

#include "nn/onnx.h"

/* A value of each node, and of each leaf what it adds to which output. */
struct columns {
    int64_t *tree, *node, *feature, *yes, *no, *missing;
    int64_t *leaf_tree, *leaf_node, *leaf_output;
    float *value, *leaf_value, *base;
    const char **mode;
    uint32_t n, n_leaves;
};

static void put_node(struct columns *to, const struct trees *trees, uint32_t tree, uint32_t root,
                     uint32_t at, uint32_t output)
{
    const struct trees_node *node = &trees->nodes[at];
    int is_leaf = node->left == 0;
    uint32_t i = to->n++;

    to->tree[i] = tree;
    to->node[i] = at - root;
    to->mode[i] = is_leaf ? "LEAF" : "BRANCH_LT";
    to->feature[i] = is_leaf ? 0 : node->feature & ~TREES_MISSING_LEFT;
    to->missing[i] = !is_leaf && (node->feature & TREES_MISSING_LEFT) != 0;
    to->yes[i] = is_leaf ? 0 : node->left - root;
    to->no[i] = is_leaf ? 0 : node->left + 1 - root;
    to->value[i] = is_leaf ? 0 : (float)node->value;
    if (is_leaf) {
        i = to->n_leaves++;
        to->leaf_tree[i] = tree;
        to->leaf_node[i] = at - root;
        to->leaf_output[i] = output;
        to->leaf_value[i] = (float)node->value;
    }
}

static void put_trees(struct columns *to, const struct trees *trees)
{
    for (uint32_t output = 0; output < trees->n_outputs; output++) {
        to->base[output] = (float)trees->base;
        for (uint32_t i = trees->first[output]; i < trees->first[output + 1]; i++) {
            uint32_t root = trees->roots[i];
            uint32_t end = root + 1; // level by level: behind the last child so far

            for (uint32_t at = root; at < end; at++) {
                put_node(to, trees, i, root, at, output);
                if (trees->nodes[at].left != 0)
                    end = trees->nodes[at].left + 2;
            }
        }
    }
}

static void put_graph(struct onnx *onnx, const struct trees *trees, const struct columns *of)
{
    const struct onnx_attribute last[] = {{.name = "axis", .kind = ONNX_INT, .value = -1}, {0}};
    const struct onnx_attribute attributes[] = {
        {.name = "n_targets", .kind = ONNX_INT, .value = trees->n_outputs},
        {.name = "base_values", .kind = ONNX_FLOATS, .floats = of->base, .n = trees->n_outputs},
        {.name = "nodes_treeids", .kind = ONNX_INTS, .ints = of->tree, .n = of->n},
        {.name = "nodes_nodeids", .kind = ONNX_INTS, .ints = of->node, .n = of->n},
        {.name = "nodes_featureids", .kind = ONNX_INTS, .ints = of->feature, .n = of->n},
        {.name = "nodes_values", .kind = ONNX_FLOATS, .floats = of->value, .n = of->n},
        {.name = "nodes_modes", .kind = ONNX_TEXTS, .texts = of->mode, .n = of->n},
        {.name = "nodes_truenodeids", .kind = ONNX_INTS, .ints = of->yes, .n = of->n},
        {.name = "nodes_falsenodeids", .kind = ONNX_INTS, .ints = of->no, .n = of->n},
        {.name = "nodes_missing_value_tracks_true",
         .kind = ONNX_INTS,
         .ints = of->missing,
         .n = of->n},
        {.name = "target_treeids", .kind = ONNX_INTS, .ints = of->leaf_tree, .n = of->n_leaves},
        {.name = "target_nodeids", .kind = ONNX_INTS, .ints = of->leaf_node, .n = of->n_leaves},
        {.name = "target_ids", .kind = ONNX_INTS, .ints = of->leaf_output, .n = of->n_leaves},
        {.name = "target_weights",
         .kind = ONNX_FLOATS,
         .floats = of->leaf_value,
         .n = of->n_leaves},
        {0}};

    onnx_node(onnx, ONNX_TREES, "x", trees->objective == TREES_SQUARED ? "y" : "margin",
              attributes);
    if (trees->objective == TREES_LOGISTIC)
        onnx_node(onnx, "Sigmoid", "margin", "y", NULL);
    else if (trees->objective == TREES_SOFTPROB)
        onnx_node(onnx, "Softmax", "margin", "y", last);
}

int onnx_trees(FILE *file, const struct trees *trees, const struct served_names *names,
               uint32_t steps, struct error *err)
{
    struct onnx onnx = {.steps = steps, .names = names};
    size_t n = trees->n_nodes;
    int64_t *whole = NULL;
    float *floats = NULL;
    const char **modes = NULL;
    int rc;

    if (steps == 0 || steps > ONNX_STEPS)
        return error_set(err, AGON_EINVAL, "%u steps; expected from 1 to %d", steps, ONNX_STEPS);
    whole = calloc(9 * n, sizeof(*whole));
    floats = calloc(2 * n + trees->n_outputs, sizeof(*floats));
    modes = calloc(n, sizeof(*modes));
    if (whole == NULL || floats == NULL || modes == NULL) {
        rc = error_set(err, AGON_ENOMEM, "no memory for an ONNX file");
    } else {
        struct columns columns = {whole,
                                  whole + n,
                                  whole + 2 * n,
                                  whole + 3 * n,
                                  whole + 4 * n,
                                  whole + 5 * n,
                                  whole + 6 * n,
                                  whole + 7 * n,
                                  whole + 8 * n,
                                  floats,
                                  floats + n,
                                  floats + 2 * n,
                                  modes,
                                  0,
                                  0};

        put_trees(&columns, trees);
        put_graph(&onnx, trees, &columns);
        rc = onnx_finish(&onnx, file, "trees", trees->n_features, trees->n_outputs, err);
    }
    free(whole);
    free(floats);
    free(modes);
    return rc;
}
