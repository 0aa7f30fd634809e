// SPDX-License-Identifier: Apache-2.0
/* trees_read: XGBoost's JSON and UBJSON. All of what evaluation depends on is checked before it is
 * taken: afterwards each walk ends, and reads nothing but nodes and features that are there. */
#include <float.h>
#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "nn/trees.h"
#include "nn/trees_file.h"

#define MODEL "learner.gradient_booster.model"

/* One tree of the file. */
struct rows {
    uint32_t number, n;
    const json_t *left, *right, *feature, *value, *missing_left, *kind;
};

/* A whole number in plain digits, of at least `low`; XGBoost writes its sizes as texts. */
static int text_number(const json_t *object, const char *where, const char *key, uint32_t low,
                       uint32_t high, uint32_t *value, struct error *err)
{
    const char *text = json_string_value(json_object_get(object, key));
    size_t n = text != NULL ? strspn(text, "0123456789") : 0;
    uint64_t sum = 0;

    if (n == 0 || n > 10 || text[n] != '\0')
        return error_set(err, AGON_EINVAL,
                         "%s.%s is not a number in a text; expected \"%u\" to \"%u\"", where, key,
                         low, high);
    for (size_t i = 0; i < n; i++)
        sum = sum * 10 + (uint64_t)(text[i] - '0');
    if (sum < low || sum > high)
        return error_set(err, AGON_EINVAL, "%s.%s is %llu; expected %u to %u", where, key,
                         (unsigned long long)sum, low, high);
    *value = (uint32_t)sum;
    return AGON_OK;
}

/* A whole number of an array. */
static int whole(const json_t *array, const struct rows *rows, const char *key, uint32_t i,
                 int64_t low, int64_t high, int64_t *value, struct error *err)
{
    const json_t *item = json_array_get(array, i);

    if (json_is_boolean(item))
        *value = json_is_true(item);
    else if (json_is_integer(item))
        *value = json_integer_value(item);
    else
        return error_set(err, AGON_EINVAL,
                         MODEL ".trees[%u].%s[%u] is not a whole number; expected %lld to %lld",
                         rows->number, key, i, (long long)low, (long long)high);
    if (*value < low || *value > high)
        return error_set(err, AGON_EINVAL, MODEL ".trees[%u].%s[%u] is %lld; expected %lld to %lld",
                         rows->number, key, i, (long long)*value, (long long)low, (long long)high);
    return AGON_OK;
}

static int read_base(const json_t *param, struct trees *trees, struct error *err)
{
    const char *text = json_string_value(json_object_get(param, "base_score"));
    char *end = NULL;
    double base = 0;

    if (text != NULL && text[0] != '\0' && strspn(text, "+-.0123456789eE") == strlen(text))
        base = strtod(text, &end);
    if (end == NULL || *end != '\0' || !(fabs(base) <= (double)FLT_MAX))
        return error_set(
            err, AGON_EINVAL,
            "learner.learner_model_param.base_score is \"%.40s\"; expected a number in "
            "a text",
            text != NULL ? text : "");
    if (trees->objective == TREES_LOGISTIC && !(base > 0 && base < 1))
        return error_set(err, AGON_EINVAL,
                         "learner.learner_model_param.base_score is %.40s, and the objective "
                         "binary:logistic; expected a probability above 0 and below 1",
                         text);
    trees->base = trees_base(trees->objective, base);
    return AGON_OK;
}

static int read_objective(const json_t *learner, struct trees *trees, struct error *err)
{
    const char *name =
        json_string_value(json_object_get(json_object_get(learner, "objective"), "name"));

    if (name != NULL && strcmp(name, "reg:squarederror") == 0)
        trees->objective = TREES_SQUARED;
    else if (name != NULL && strcmp(name, "binary:logistic") == 0)
        trees->objective = TREES_LOGISTIC;
    else if (name != NULL && strcmp(name, "multi:softprob") == 0)
        trees->objective = TREES_SOFTPROB;
    else
        return error_set(err, AGON_EINVAL,
                         "learner.objective.name is \"%.40s\"; expected reg:squarederror, "
                         "binary:logistic or multi:softprob",
                         name != NULL ? name : "");
    return AGON_OK;
}

/* Which version wrote it, what it answers, and of how many features. */
static int read_learner(const json_t *root, const json_t *learner, struct trees *trees,
                        struct error *err)
{
    static const char where[] = "learner.learner_model_param";
    const json_t *param = json_object_get(learner, "learner_model_param");
    const json_t *version = json_array_get(json_object_get(root, "version"), 0);
    uint32_t n_classes = 0;
    uint32_t n_targets = 1;
    int rc;

    if (!json_is_integer(version) || json_integer_value(version) < 1 ||
        json_integer_value(version) > 2)
        return error_set(err, AGON_EINVAL,
                         "version is not one of XGBoost's that are read; expected [1, ...] or [2, "
                         "...] in a file of Booster.save_model");
    rc = read_objective(learner, trees, err);
    if (rc >= 0)
        rc = text_number(param, where, "num_feature", 1, TREES_FEATURES, &trees->n_features, err);
    if (rc >= 0)
        rc = text_number(param, where, "num_class", 0, TREES_CLASSES, &n_classes, err);
    if (rc >= 0 && json_object_get(param, "num_target") != NULL)
        rc = text_number(param, where, "num_target", 1, 1, &n_targets, err);
    if (rc >= 0)
        rc = read_base(param, trees, err);
    if (rc >= 0 && (trees->objective == TREES_SOFTPROB ? n_classes < 2 : n_classes > 1))
        rc = error_set(err, AGON_EINVAL,
                       "%s.num_class is %u, which is not of its objective; expected at least 2 for "
                       "multi:softprob, and 0 for the others",
                       where, n_classes);
    trees->n_outputs = trees->objective == TREES_SOFTPROB ? n_classes : 1;
    return rc;
}

/* The attributes are ours or anybody's; what ours say has to be so. */
static int check_card(const json_t *learner, const struct trees *trees, struct error *err)
{
    static const char where[] = "learner.attributes";
    const json_t *card = json_object_get(learner, "attributes");
    const json_t *model = json_object_get(card, "agon.model");
    const struct {
        const char *key;
        uint32_t is;
    } numbers[] = {{"agon.inputs", trees->n_features}, {"agon.outputs", trees->n_outputs}};

    if (model != NULL &&
        (!json_is_string(model) || strcmp(json_string_value(model), "trees/1") != 0))
        return error_set(err, AGON_EINVAL, "%s.agon.model is \"%.40s\"; expected trees/1", where,
                         json_is_string(model) ? json_string_value(model) : "");
    for (uint32_t i = 0; i < 2; i++) {
        uint32_t value;
        int rc;

        if (json_object_get(card, numbers[i].key) == NULL)
            continue;
        rc = text_number(card, where, numbers[i].key, numbers[i].is, numbers[i].is, &value, err);
        if (rc < 0)
            return rc;
    }
    return AGON_OK;
}

/* The arrays of a tree, all as long as it has nodes. */
static int read_rows(const json_t *tree, const struct trees *trees, struct rows *rows,
                     uint32_t *n_deleted, struct error *err)
{
    const struct {
        const char *key;
        const json_t **array;
    } arrays[] = {{"left_children", &rows->left},        {"right_children", &rows->right},
                  {"split_indices", &rows->feature},     {"split_conditions", &rows->value},
                  {"default_left", &rows->missing_left}, {"split_type", &rows->kind}};
    const json_t *param = json_object_get(tree, "tree_param");
    char where[64];
    int rc;

    (void)snprintf(where, sizeof(where), MODEL ".trees[%u].tree_param", rows->number);
    rc = text_number(param, where, "num_nodes", 1, TREES_NODES, &rows->n, err);
    if (rc >= 0 && rows->n > TREES_NODES - trees->n_nodes)
        rc = error_set(
            err, AGON_EINVAL,
            "%s.num_nodes is %u, behind %u nodes of other trees; expected at most %u of all", where,
            rows->n, trees->n_nodes, TREES_NODES);
    if (rc >= 0)
        rc = text_number(param, where, "num_deleted", 0, rows->n - 1, n_deleted, err);
    if (rc >= 0 && json_object_get(param, "size_leaf_vector") != NULL) {
        uint32_t n_values;

        rc = text_number(param, where, "size_leaf_vector", 0, 1, &n_values, err);
    }
    for (uint32_t i = 0; i < 6 && rc >= 0; i++) {
        const json_t *array = json_object_get(tree, arrays[i].key);

        *arrays[i].array = array;
        if (array == NULL && i == 5)
            continue; // of before there were categories
        if (!json_is_array(array) || json_array_size(array) != rows->n)
            rc = error_set(err, AGON_EINVAL,
                           MODEL ".trees[%u].%s is of %zu values, and the tree has %u nodes; "
                                 "expected an array of as many",
                           rows->number, arrays[i].key, json_array_size(array), rows->n);
    }
    return rc;
}

/* Node i's threshold, or its value as a leaf. */
static int read_value(const struct rows *rows, uint32_t i, real *value, struct error *err)
{
    const json_t *item = json_array_get(rows->value, i);
    double number = json_number_value(item);

    if (!json_is_number(item) || !(fabs(number) <= (double)FLT_MAX))
        return error_set(err, AGON_EINVAL,
                         MODEL ".trees[%u].split_conditions[%u] is not a number that a float has; "
                               "expected one",
                         rows->number, i);
    *value = (real)(float)number;
    return AGON_OK;
}

/* Node `from` of the file to the node at `to`; its children are noted behind the others in `order`,
 * where *n are already. */
static int read_node(const struct rows *rows, const struct trees *trees, uint32_t from,
                     struct trees_node *to, unsigned char *is_seen, uint32_t *order, uint32_t *n,
                     struct error *err)
{
    static const char *const keys[] = {"left_children", "right_children"};
    int64_t children[2];
    int64_t value = 0;
    int rc = AGON_OK;

    *to = (struct trees_node){0};
    for (uint32_t i = 0; i < 2 && rc >= 0; i++)
        rc = whole(i == 0 ? rows->left : rows->right, rows, keys[i], from, -1, rows->n - 1,
                   &children[i], err);
    if (rc >= 0 && (children[0] == -1) != (children[1] == -1))
        rc = error_set(err, AGON_EINVAL,
                       MODEL ".trees[%u]: node %u has one child; expected two or none",
                       rows->number, from);
    if (rc >= 0)
        rc = read_value(rows, from, &to->value, err);
    if (rc < 0 || children[0] == -1)
        return rc;
    rc = whole(rows->feature, rows, "split_indices", from, 0, trees->n_features - 1, &value, err);
    to->feature = (uint32_t)value;
    if (rc >= 0)
        rc = whole(rows->missing_left, rows, "default_left", from, 0, 1, &value, err);
    if (value == 1)
        to->feature |= TREES_MISSING_LEFT;
    if (rc >= 0 && rows->kind != NULL)
        rc = whole(rows->kind, rows, "split_type", from, 0, 0, &value, err);
    for (uint32_t i = 0; i < 2 && rc >= 0; i++) {
        if (is_seen[children[i]])
            return error_set(err, AGON_EINVAL,
                             MODEL ".trees[%u].%s[%u] is %lld, a node that is reached already; "
                                   "expected a tree",
                             rows->number, keys[i], from, (long long)children[i]);
        is_seen[children[i]] = 1;
        order[(*n)++] = (uint32_t)children[i];
    }
    to->left = *n - 2;
    return rc;
}

/* A tree's nodes, level by level, behind those that are there. *most grows by its largest leaf. */
static int read_tree(const json_t *tree, uint32_t number, struct trees *trees, double *most,
                     struct error *err)
{
    struct rows rows = {.number = number};
    struct trees_node *nodes;
    uint32_t *order = NULL;
    unsigned char *is_seen = NULL;
    uint32_t n_deleted = 0;
    uint32_t n = 1;
    double largest = 0;
    int rc = read_rows(tree, trees, &rows, &n_deleted, err);

    if (rc < 0)
        return rc;
    nodes = realloc(trees->nodes, ((size_t)trees->n_nodes + rows.n) * sizeof(*nodes));
    if (nodes != NULL)
        trees->nodes = nodes;
    order = calloc(rows.n, sizeof(*order));
    is_seen = calloc(rows.n, 1);
    if (nodes == NULL || order == NULL || is_seen == NULL) {
        rc = error_set(err, AGON_ENOMEM, "no memory for a tree of %u nodes", rows.n);
        goto done;
    }
    nodes += trees->n_nodes;
    is_seen[0] = 1;
    for (uint32_t i = 0; i < n && rc >= 0; i++) {
        rc = read_node(&rows, trees, order[i], &nodes[i], is_seen, order, &n, err);
        if (nodes[i].left != 0)
            nodes[i].left += trees->n_nodes;
        else if (largest < fabs((double)nodes[i].value))
            largest = fabs((double)nodes[i].value);
    }
    *most += largest;
    if (rc >= 0 && n + n_deleted != rows.n)
        rc = error_set(err, AGON_EINVAL,
                       MODEL ".trees[%u] has %u nodes, of which its root reaches %u and %u are "
                             "deleted; expected no node of nobody",
                       number, rows.n, n, n_deleted);
    trees->n_nodes += n;
done:
    free(order);
    free(is_seen);
    return rc;
}

/* Which output each tree adds to: trees->first and the trees' places in the order of evaluation. */
static int read_outputs(const json_t *info, struct trees *trees, uint32_t *places,
                        struct error *err)
{
    for (uint32_t i = 0; i < trees->n_trees; i++) {
        const json_t *item = json_array_get(info, i);

        if (!json_is_integer(item) || json_integer_value(item) < 0 ||
            json_integer_value(item) >= trees->n_outputs)
            return error_set(err, AGON_EINVAL,
                             MODEL ".tree_info[%u] is not an output of the model; expected 0 to %u",
                             i, trees->n_outputs - 1);
        trees->first[json_integer_value(item) + 1]++;
    }
    for (uint32_t i = 0; i < trees->n_outputs; i++)
        trees->first[i + 1] += trees->first[i];
    for (uint32_t output = 0, at = 0; output < trees->n_outputs; output++)
        for (uint32_t i = 0; i < trees->n_trees; i++)
            if (json_integer_value(json_array_get(info, i)) == output)
                places[i] = at++;
    return AGON_OK;
}

static int read_booster(const json_t *booster, struct trees *trees, struct error *err)
{
    const char *name = json_string_value(json_object_get(booster, "name"));
    const json_t *model = json_object_get(booster, "model");
    const json_t *all = json_object_get(model, "trees");
    const json_t *info = json_object_get(model, "tree_info");
    uint32_t *places = NULL;
    double most = fabs((double)trees->base);
    int rc;

    if (name == NULL || strcmp(name, "gbtree") != 0)
        return error_set(err, AGON_EINVAL,
                         "learner.gradient_booster.name is \"%.40s\"; expected gbtree",
                         name != NULL ? name : "");
    rc = text_number(json_object_get(model, "gbtree_model_param"), MODEL ".gbtree_model_param",
                     "num_trees", 1, TREES_MOST, &trees->n_trees, err);
    if (rc < 0)
        return rc;
    if (!json_is_array(all) || json_array_size(all) != trees->n_trees || !json_is_array(info) ||
        json_array_size(info) != trees->n_trees)
        return error_set(err, AGON_EINVAL,
                         MODEL " has %zu trees, the outputs of %zu and num_trees %u; expected all "
                               "to be the same",
                         json_array_size(all), json_array_size(info), trees->n_trees);
    trees->first = calloc((size_t)trees->n_outputs + 1, sizeof(*trees->first));
    trees->roots = calloc(trees->n_trees, sizeof(*trees->roots));
    places = calloc(trees->n_trees, sizeof(*places));
    if (trees->first == NULL || trees->roots == NULL || places == NULL)
        rc = error_set(err, AGON_ENOMEM, "no memory for %u trees", trees->n_trees);
    if (rc >= 0)
        rc = read_outputs(info, trees, places, err);
    for (uint32_t i = 0; i < trees->n_trees && rc >= 0; i++) {
        trees->roots[places[i]] = trees->n_nodes;
        rc = read_tree(json_array_get(all, i), i, trees, &most, err);
    }
    if (rc >= 0 && !(most <= (double)FLT_MAX / 2))
        rc = error_set(err, AGON_EINVAL,
                       MODEL ": the largest leaves of its trees add up to %g, which no float has; "
                             "expected a model whose training did not fail",
                       most);
    free(places);
    return rc;
}

static int read_root(const json_t *root, struct trees *trees, struct error *err)
{
    const json_t *learner = json_object_get(root, "learner");
    int rc;

    if (!json_is_object(learner))
        return error_set(err, AGON_EINVAL,
                         "not a model of XGBoost: it has no object \"learner\"; expected a file of "
                         "Booster.save_model(\"NAME.json\")");
    rc = read_learner(root, learner, trees, err);
    if (rc >= 0)
        rc = check_card(learner, trees, err);
    if (rc >= 0)
        rc = read_booster(json_object_get(learner, "gradient_booster"), trees, err);
    return rc;
}

int trees_read(const char *text, size_t n, struct trees **out, struct error *err)
{
    struct trees *trees = NULL;
    json_t *root;
    int rc = trees_file(text, n, &root, err);

    *out = NULL;
    if (rc < 0)
        return rc;
    trees = calloc(1, sizeof(*trees));
    rc = trees != NULL ? read_root(root, trees, err)
                       : error_set(err, AGON_ENOMEM, "no memory for a model");
    json_decref(root);
    if (rc < 0) {
        trees_free(trees);
        return rc;
    }
    *out = trees;
    return AGON_OK;
}

void trees_free(struct trees *trees)
{
    if (trees == NULL)
        return;
    free(trees->first);
    free(trees->roots);
    free(trees->nodes);
    free(trees);
}
