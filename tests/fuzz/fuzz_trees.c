// SPDX-License-Identifier: Apache-2.0
/* fuzz_trees: any bytes as a model in XGBoost's JSON or UBJSON. It is refused with a reason, or
 * each answer to each event is a number, whatever is missing; and a model without a state is all
 * that it says.
 *
 * decodes: host/nn/trees_read.c host/nn/trees_file.c
 * host/nn/trees_said.c host/nn/trees.c */
#include <math.h>
#include <stdlib.h>

#include "kernels/cpu.h"
#include "nn/served.h"
#include "nn/trees.h"

#include "../support/ubjson.h"
#include "fuzz.h"

#define EVENTS 16u

static struct device *device;

#define TREE(left, right, feature, value, missing, n)                                              \
    "{\"left_children\":[" left "],\"right_children\":[" right "],\"split_indices\":[" feature     \
    "],\"split_conditions\":[" value "],\"default_left\":[" missing                                \
    "],\"tree_param\":{\"num_deleted\":\"0\",\"num_nodes\":\"" n "\"}}"
#define LEAF TREE("-1", "-1", "0", "0.5", "0", "1")
#define DEEP TREE("1,3,-1,-1,-1", "2,4,-1,-1,-1", "1,0,0,0,0", "0.5,-1.5,1,2,-3", "1,0,0,0,0", "5")
#define MODEL(n, info, trees, classes, objective)                                                  \
    "{\"learner\":{\"attributes\":{\"agon.model\":\"trees/1\"},\"gradient_booster\":{\"model\":{"  \
    "\"gbtree_model_param\":{\"num_trees\":\"" n "\"},\"tree_info\":[" info "],\"trees\":[" trees  \
    "]},\"name\":\"gbtree\"},\"learner_model_param\":{\"base_score\":"                             \
    "\"5E-1\",\"num_class\":\"" classes                                                            \
    "\",\"num_feature\":\"2\"},\"objective\":{\"name\":\"" objective "\"}},\"version\":[1,7,4]}"

size_t LLVMFuzzerCustomMutator(uint8_t *bytes, size_t n, size_t max, unsigned seed)
{
    static const char *const right[] = {
        MODEL("1", "0", DEEP, "0", "reg:squarederror"),
        MODEL("2", "0,0", DEEP "," LEAF, "0", "binary:logistic"),
        MODEL("3", "0,1,2", LEAF "," DEEP "," LEAF, "3", "multi:softprob"),
    };

    n = fuzz_step(right, sizeof(right) / sizeof(right[0]), bytes, n, max, seed);
    if (seed % 6 == 0) { // from the same a step away, as long as it is JSON still, in binary
        static unsigned char binary[1 << 16];
        size_t n_binary =
            n < sizeof(binary) / 16 ? ubjson_of((const char *)bytes, n, binary, sizeof(binary)) : 0;

        if (n_binary > 0 && n_binary <= max) {
            memcpy(bytes, binary, n_binary);
            n = n_binary;
        }
    }
    return n;
}

/* Events of a few values around the usual thresholds, and of values that are missing. */
static void ask(struct served *model, const struct served_shape *shape)
{
    static const float values[] = {NAN, -2, -1.5f, 0, 0.5f, 1e30f, -1e30f, 3};
    float *x = calloc(shape->inputs, sizeof(*x));
    float *y = calloc(shape->outputs, sizeof(*y));

    REQUIRE(x != NULL && y != NULL);
    for (uint32_t event = 0; event < EVENTS; event++) {
        float sum = 0;

        for (uint32_t i = 0; i < shape->inputs; i++)
            x[i] = values[(event * 5 + i * (event + 1)) % 8];
        REQUIRE(served_step(model, x, y) == AGON_OK);
        for (uint32_t i = 0; i < shape->outputs; i++) {
            REQUIRE(isfinite(y[i]));
            sum += y[i];
        }
        REQUIRE(shape->outputs == 1 || fabsf(sum - 1) < 1e-3f); // probabilities
    }
    free(x);
    free(y);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct served_shape shape;
    struct served *model;
    struct trees *trees;
    struct error err = {0};

    if (device == NULL)
        device = cpu_device_new(CPU_PLAIN, 1);
    REQUIRE(device != NULL);
    if (trees_read((const char *)data, size, &trees, &err) < 0) {
        REQUIRE(trees == NULL && err.code < 0 && err.text[0] != '\0');
        return 0;
    }
    REQUIRE(trees->n_trees > 0 && trees->n_trees <= trees->n_nodes);
    REQUIRE(trees->first[trees->n_outputs] == trees->n_trees);
    for (uint32_t i = 0; i < trees->n_nodes; i++)
        if (trees->nodes[i].left != 0)
            REQUIRE(trees->nodes[i].left > i && trees->nodes[i].left + 1 < trees->n_nodes &&
                    (trees->nodes[i].feature & ~TREES_MISSING_LEFT) < trees->n_features);
    trees_free(trees);
    if (data[0] != '{')
        return 0; // blanks before it: read as the other format
    REQUIRE(served_open(device, "fuzz", data, size, &model, &shape, &err) == AGON_OK);
    REQUIRE(shape.state_bytes == 0 && shape.inputs > 0 && shape.outputs > 0);
    ask(model, &shape);
    served_close(model);
    return 0;
}
