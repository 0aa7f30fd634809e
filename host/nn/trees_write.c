// SPDX-License-Identifier: Apache-2.0
/* trees_write: XGBoost's JSON of version 1.7, which its later versions read too. */
#include <inttypes.h>
#include <jansson.h>
#include <string.h>

#include "nn/trees_impl.h"

#define ROOTS_PARENT 2147483647u /* XGBoost's: none */

/* A float as XGBoost writes one: never as a whole number. */
static void put_float(FILE *file, float value)
{
    char text[32];

    (void)snprintf(text, sizeof(text), "%.9g", (double)value);
    fprintf(file, strpbrk(text, ".e") != NULL ? "%s" : "%sE0", text);
}

static void put_weight(FILE *file, const struct grown_node *node, int is_root)
{
    (void)is_root;
    put_float(file, node->weight);
}

static void put_default_left(FILE *file, const struct grown_node *node, int is_root)
{
    (void)is_root;
    (void)fputc((node->feature & TREES_MISSING_LEFT) != 0 ? '1' : '0', file);
}

static void put_left(FILE *file, const struct grown_node *node, int is_root)
{
    (void)is_root;
    fprintf(file, "%" PRId64, node->left == 0 ? -1 : (int64_t)node->left);
}

static void put_right(FILE *file, const struct grown_node *node, int is_root)
{
    (void)is_root;
    fprintf(file, "%" PRId64, node->left == 0 ? -1 : (int64_t)node->left + 1);
}

static void put_gain(FILE *file, const struct grown_node *node, int is_root)
{
    (void)is_root;
    put_float(file, node->gain);
}

static void put_parent(FILE *file, const struct grown_node *node, int is_root)
{
    fprintf(file, "%" PRIu32, is_root ? ROOTS_PARENT : node->parent);
}

static void put_value(FILE *file, const struct grown_node *node, int is_root)
{
    (void)is_root;
    put_float(file, node->value);
}

static void put_feature(FILE *file, const struct grown_node *node, int is_root)
{
    (void)is_root;
    fprintf(file, "%" PRIu32, node->feature & ~TREES_MISSING_LEFT);
}

static void put_zero(FILE *file, const struct grown_node *node, int is_root)
{
    (void)node;
    (void)is_root;
    (void)fputc('0', file);
}

static void put_hessian(FILE *file, const struct grown_node *node, int is_root)
{
    (void)is_root;
    put_float(file, node->hessian);
}

static void put_tree(FILE *file, const struct grown_tree *tree, uint32_t number,
                     uint32_t n_features)
{
    static const struct {
        const char *key;
        void (*put)(FILE *file, const struct grown_node *node, int is_root);
    } arrays[] = {{"base_weights", put_weight},    {"default_left", put_default_left},
                  {"left_children", put_left},     {"loss_changes", put_gain},
                  {"parents", put_parent},         {"right_children", put_right},
                  {"split_conditions", put_value}, {"split_indices", put_feature},
                  {"split_type", put_zero},        {"sum_hessian", put_hessian}};

    fprintf(file,
            "{\"id\":%" PRIu32 ",\"categories\":[],\"categories_nodes\":[],"
            "\"categories_segments\":[],\"categories_sizes\":[]",
            number);
    for (uint32_t i = 0; i < sizeof(arrays) / sizeof(arrays[0]); i++) {
        fprintf(file, ",\"%s\":[", arrays[i].key);
        for (uint32_t j = 0; j < tree->n; j++) {
            if (j > 0)
                (void)fputc(',', file);
            arrays[i].put(file, &tree->nodes[j], j == 0);
        }
        (void)fputc(']', file);
    }
    fprintf(file,
            ",\"tree_param\":{\"num_deleted\":\"0\",\"num_feature\":\"%" PRIu32
            "\",\"num_nodes\":\"%" PRIu32 "\",\"size_leaf_vector\":\"0\"}}",
            n_features, tree->n);
}

static int check_names(const struct trees_grown *grown, const char *const *names, struct error *err)
{
    for (uint32_t i = 0; i < grown->n_features && names != NULL; i++) {
        json_t *name = json_string(names[i]);

        if (name == NULL)
            return error_set(err, AGON_EINVAL, "the name of feature %u is not UTF-8; expected it",
                             i);
        json_decref(name);
    }
    return AGON_OK;
}

static int put_names(FILE *file, const struct trees_grown *grown, const char *const *names,
                     struct error *err)
{
    fprintf(file, "\"feature_names\":[");
    for (uint32_t i = 0; i < grown->n_features && names != NULL; i++) {
        json_t *name = json_string(names[i]);
        int is_written;

        if (i > 0)
            (void)fputc(',', file);
        is_written = name != NULL && json_dumpf(name, file, JSON_ENCODE_ANY) == 0;
        json_decref(name);
        if (!is_written)
            return error_set(err, AGON_EIO, "the name of feature %u cannot be written", i);
    }
    fprintf(file, "],\"feature_types\":[");
    for (uint32_t i = 0; i < grown->n_features && names != NULL; i++)
        fprintf(file, "%s\"float\"", i > 0 ? "," : "");
    fprintf(file, "],");
    return AGON_OK;
}

int trees_write(FILE *file, const struct trees_grown *grown, const char *const *names,
                uint32_t edition, const char *strong, struct error *err)
{
    const struct trees_params *params = &grown->params;
    int rc = check_names(grown, names, err);

    if (rc < 0)
        return rc;
    fprintf(file, "{\"learner\":{\"attributes\":{");
    if (edition > 0)
        fprintf(file, "\"agon.edition\":\"%" PRIu32 "\",", edition);
    fprintf(file,
            "\"agon.inputs\":\"%" PRIu32 "\",\"agon.model\":\"trees/1\",\"agon.outputs\":\"1\"",
            grown->n_features);
    if (strong != NULL && strong[0] != '\0') {
        fprintf(file, ",\"agon.strong\":\"");
        for (const char *c = strong; *c != '\0'; c++)
            (void)fputc(*c < ' ' || *c > '~' || *c == '"' || *c == '\\' ? '_' : *c, file);
        (void)fputc('"', file);
    }
    fprintf(file, "},");
    rc = put_names(file, grown, names, err);
    if (rc < 0)
        return rc;
    fprintf(file,
            "\"gradient_booster\":{\"model\":{\"gbtree_model_param\":{\"num_parallel_tree\":"
            "\"%" PRIu32 "\",\"num_trees\":\"%" PRIu32 "\",\"size_leaf_vector\":\"0\"},"
            "\"tree_info\":[",
            params->parallel, grown->n_trees);
    for (uint32_t i = 0; i < grown->n_trees; i++)
        fprintf(file, "%s0", i > 0 ? "," : "");
    fprintf(file, "],\"trees\":[");
    for (uint32_t i = 0; i < grown->n_trees; i++) {
        if (i > 0)
            (void)fputc(',', file);
        put_tree(file, &grown->trees[i], i, grown->n_features);
    }
    fprintf(file,
            "]},\"name\":\"gbtree\"},\"learner_model_param\":{\"base_score\":\"%.9g\","
            "\"boost_from_average\":\"0\",\"num_class\":\"0\",\"num_feature\":\"%" PRIu32
            "\",\"num_target\":\"1\"},\"objective\":{\"name\":\"%s\",\"reg_loss_param\":"
            "{\"scale_pos_weight\":\"1\"}}},\"version\":[1,7,4]}",
            params->base_score, grown->n_features,
            params->objective == TREES_LOGISTIC ? "binary:logistic" : "reg:squarederror");
    if (fflush(file) != 0 || ferror(file))
        return error_set(err, AGON_EIO, "the model's file does not take it all");
    return AGON_OK;
}
