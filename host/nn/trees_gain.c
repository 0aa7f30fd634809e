// SPDX-License-Identifier: Apache-2.0
#include "nn/trees_gain.h"

#include <jansson.h>
#include <math.h>
#include <stdlib.h>

#include "nn/trees.h"
#include "nn/trees_file.h"

struct gains {
    struct trees_gain *all;
    uint32_t n_features, number; /* of the tree */
};

static int refuse(const struct gains *gains, const char *key, uint32_t node, struct error *err)
{
    return error_set(err, AGON_EINVAL,
                     "learner.gradient_booster.model.trees[%u].%s of node %u is not what a split "
                     "has; expected the JSON of Booster.save_model(\"NAME.json\")",
                     gains->number, key, node);
}

/* A whole number from low on and below high. */
static int whole(const json_t *array, uint32_t i, int64_t low, int64_t high, int64_t *value)
{
    const json_t *item = json_array_get(array, i);

    *value = json_integer_value(item);
    return json_is_integer(item) && *value >= low && *value < high;
}

/* From the root on: what was deleted is not reached. No node is reached twice, or it is no tree. */
static int add_tree(struct gains *gains, const json_t *tree, uint32_t *order, uint32_t n,
                    struct error *err)
{
    const json_t *left = json_object_get(tree, "left_children");
    const json_t *right = json_object_get(tree, "right_children");
    const json_t *feature = json_object_get(tree, "split_indices");
    const json_t *loss = json_object_get(tree, "loss_changes");
    uint32_t n_seen = 1;

    order[0] = 0;
    for (uint32_t i = 0; i < n_seen; i++) {
        const json_t *gain = json_array_get(loss, order[i]);
        int64_t children[2], of;

        if (!whole(left, order[i], -1, n, &children[0]) ||
            !whole(right, order[i], -1, n, &children[1]) ||
            (children[0] == -1) != (children[1] == -1) || (children[0] != -1 && n_seen + 2 > n))
            return refuse(gains, "left_children", order[i], err);
        if (children[0] == -1)
            continue;
        if (!whole(feature, order[i], 0, gains->n_features, &of))
            return refuse(gains, "split_indices", order[i], err);
        if (!json_is_number(gain) || !isfinite(json_number_value(gain)))
            return refuse(gains, "loss_changes", order[i], err);
        gains->all[of].total += json_number_value(gain);
        gains->all[of].n_splits++;
        order[n_seen++] = (uint32_t)children[0];
        order[n_seen++] = (uint32_t)children[1];
    }
    return AGON_OK;
}

static int add_all(struct gains *gains, const json_t *trees, struct error *err)
{
    const json_t *tree;
    int rc = AGON_OK;
    size_t i;

    json_array_foreach(trees, i, tree)
    {
        const json_t *loss = json_object_get(tree, "loss_changes");
        size_t n = json_array_size(json_object_get(tree, "left_children"));
        uint32_t *order = n > 0 && n <= TREES_NODES ? calloc(n, sizeof(*order)) : NULL;

        gains->number = (uint32_t)i;
        if (loss == NULL)
            rc =
                error_set(err, AGON_ENOENT,
                          "its trees keep no gains (loss_changes); expected those that XGBoost and "
                          "agon train write");
        else if (n == 0 || n > TREES_NODES)
            rc = refuse(gains, "left_children", 0, err);
        else if (order == NULL)
            rc = error_set(err, AGON_ENOMEM, "no memory for a tree of %zu nodes", n);
        else
            rc = add_tree(gains, tree, order, (uint32_t)n, err);
        free(order);
        if (rc < 0)
            return rc;
    }
    return rc;
}

int trees_gain(const char *text, size_t n, struct trees_gain **all, uint32_t *n_features,
               struct error *err)
{
    struct gains gains = {0};
    const json_t *learner, *model;
    const char *digits;
    json_t *root;
    int rc = trees_file(text, n, &root, err);

    *all = NULL;
    if (rc < 0)
        return rc;
    learner = json_object_get(root, "learner");
    model = json_object_get(json_object_get(learner, "gradient_booster"), "model");
    digits = json_string_value(
        json_object_get(json_object_get(learner, "learner_model_param"), "num_feature"));
    gains.n_features = digits != NULL ? (uint32_t)strtoul(digits, NULL, 10) : 0;
    if (gains.n_features == 0 || gains.n_features > TREES_FEATURES)
        rc = error_set(err, AGON_EINVAL,
                       "num_feature is not from 1 on; expected a model of XGBoost");
    if (rc >= 0)
        gains.all = calloc(gains.n_features, sizeof(*gains.all));
    if (rc >= 0 && gains.all == NULL)
        rc = error_set(err, AGON_ENOMEM, "no memory for %u features", gains.n_features);
    if (rc >= 0)
        rc = add_all(&gains, json_object_get(model, "trees"), err);
    json_decref(root);
    if (rc < 0) {
        free(gains.all);
        return rc;
    }
    *all = gains.all;
    *n_features = gains.n_features;
    return AGON_OK;
}
