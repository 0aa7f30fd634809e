// SPDX-License-Identifier: Apache-2.0
/* Models of each architecture for ONNX Runtime: in the folder given, for each, NAME.safetensors (as
 * agon.nn serves it), NAME.x (steps of inputs, float) and NAME.y (what it answers event by event).
 *
 *   onnx_make rows ROWS MODEL NAME   of MODEL, trees: NAME.x, of which each value is missing, any,
 *                                    or a threshold of its feature or the float beside it; NAME.y
 *   onnx_make windows N MODEL NAME   of MODEL, a net of a window: NAME.x, N windows one event
 *                                    apart, and NAME.y, the answer to each. Prints the window
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/rng.h"
#include "kernels/cpu.h"
#include "nn/served.h"

#define STEPS   37u
#define INPUTS  4u
#define OUTPUTS 3u

static const struct {
    const char *name, *arch;
    struct net_shape shape;
} models[] = {
    {"lstm", "lstm/1", {.inputs = INPUTS, .outputs = OUTPUTS, .hidden = 20, .layers = 2}},
    {"head",
     "lstm/2",
     {.inputs = INPUTS, .outputs = OUTPUTS, .hidden = 20, .layers = 2, .head = 12}},
    {"narrow", "lstm/1", {.inputs = INPUTS, .outputs = OUTPUTS, .hidden = 1, .layers = 1}},
    {"tcn", "tcn/1", {.inputs = INPUTS, .outputs = OUTPUTS, .hidden = 18, .layers = 4, .taps = 3}},
    {"transformer",
     "transformer/1",
     {.inputs = INPUTS,
      .outputs = OUTPUTS,
      .hidden = 24,
      .layers = 3,
      .heads = 4,
      .span = 7,
      .feed = 40}},
    {"policy", "policy/1", {.inputs = INPUTS, .outputs = OUTPUTS, .hidden = 24, .feed = 18}},
};

static FILE *begin(const char *folder, const char *name, const char *what)
{
    char path[512];
    FILE *file;

    (void)snprintf(path, sizeof(path), "%s/%s.%s", folder, name, what);
    file = fopen(path, "wb");
    if (file == NULL)
        perror(path);
    return file;
}

static int make(struct device *device, const char *folder, uint32_t i)
{
    struct net_shape shape = models[i].shape;
    real mean[INPUTS] = {0.5f, -1, 0, 2};
    real scale[INPUTS] = {1, 0.5f, 2, 3};
    FILE *model = begin(folder, models[i].name, "safetensors");
    FILE *x_file = begin(folder, models[i].name, "x");
    FILE *y_file = begin(folder, models[i].name, "y");
    struct net_stream stream;
    struct net net;
    struct rng rng;
    real *weights;
    int rc = -1;

    shape.arch = net_arch_find(models[i].arch);
    REQUIRE(shape.arch != NULL && net_init(&shape, &net, NULL) >= 0);
    REQUIRE(model != NULL && x_file != NULL && y_file != NULL);
    weights = calloc(net.n_weights, sizeof(*weights));
    REQUIRE(weights != NULL && net_stream_init(device, &net, &stream) >= 0);
    rng_init(&rng, i + 1);
    for (size_t j = 0; j < net.n_weights; j++) // biases and gains too
        weights[j] = (real)(rng_unit(&rng) - 0.5);
    rc = served_write(model, &net, &(struct served_words){.served = "state"}, mean, scale, weights,
                      NULL);
    for (uint32_t t = 0; t < STEPS && rc >= 0; t++) {
        real x[INPUTS];
        real normal[INPUTS];
        real y[OUTPUTS];

        for (uint32_t j = 0; j < INPUTS; j++) {
            x[j] = (real)rng_normal(&rng);
            normal[j] = (x[j] - mean[j]) * scale[j];
        }
        net_step(&stream, weights, normal);
        net_answer(&stream, weights, y);
        if (fwrite(x, sizeof(x), 1, x_file) != 1 || fwrite(y, sizeof(y), 1, y_file) != 1)
            rc = -1;
    }
    net_stream_deinit(&stream);
    free(weights);
    rc |= fclose(model) | fclose(x_file) | fclose(y_file);
    return rc;
}

/* A model of a file, for served_close. */
static struct served *open_model(struct device *device, const char *path,
                                 struct served_shape *shape)
{
    static char bytes[1 << 20];
    FILE *file = fopen(path, "rb");
    struct served *model = NULL;
    struct error err = {0};
    size_t size;

    REQUIRE(file != NULL);
    size = fread(bytes, 1, sizeof(bytes), file);
    REQUIRE(size < sizeof(bytes) && fclose(file) == 0);
    if (served_open(device, path, bytes, size, &model, shape, &err) < 0)
        fprintf(stderr, "%s\n", err.text);
    REQUIRE(model != NULL && shape->inputs <= 64 && shape->outputs <= 8);
    return model;
}

/* Asked event by event, as an agent asks it: the window turns round in its ring. */
static int make_windows(struct device *device, uint32_t n, const char *path, const char *name)
{
    static float events[1 << 18];
    FILE *x_file = begin(".", name, "x");
    FILE *y_file = begin(".", name, "y");
    struct served_shape shape;
    struct served *model = open_model(device, path, &shape);
    uint32_t all = shape.window + n - 1;
    struct rng rng;
    float y[8];

    REQUIRE(x_file != NULL && y_file != NULL && shape.window > 0);
    REQUIRE((uint64_t)all * shape.inputs < sizeof(events) / sizeof(*events));
    rng_init(&rng, 2);
    for (uint32_t i = 0; i < all; i++) {
        const float *window = events + (size_t)(i + 1 - shape.window) * shape.inputs;
        float *x = events + (size_t)i * shape.inputs;

        for (uint32_t j = 0; j < shape.inputs; j++)
            x[j] = (float)(2 * rng_normal(&rng));
        REQUIRE(served_step(model, x, y) == (i + 1 < shape.window ? AGON_EAGAIN : AGON_OK));
        if (i + 1 < shape.window)
            continue;
        REQUIRE(fwrite(window, sizeof(*x) * shape.inputs, shape.window, x_file) == shape.window);
        REQUIRE(fwrite(y, sizeof(*y), shape.outputs, y_file) == shape.outputs);
    }
    printf("%u\n", shape.window);
    served_close(model);
    return fclose(x_file) | fclose(y_file);
}

/* One value for feature j. */
static float draw(struct rng *rng, const struct trees *trees, uint32_t j)
{
    double kind = rng_unit(rng);

    if (kind < 0.1)
        return NAN;
    for (uint32_t tries = 0; tries < 200 && kind < 0.7; tries++) {
        const struct trees_node *node =
            &trees->nodes[(uint32_t)(rng_unit(rng) * trees->n_nodes) % trees->n_nodes];

        if (node->left == 0 || (node->feature & ~TREES_MISSING_LEFT) != j)
            continue;
        return kind < 0.3   ? node->value
               : kind < 0.5 ? nextafterf(node->value, -INFINITY)
                            : nextafterf(node->value, INFINITY);
    }
    return (float)(2 * rng_normal(rng));
}

static int make_rows(struct device *device, uint32_t n, const char *path, const char *name)
{
    FILE *x_file = begin(".", name, "x");
    FILE *y_file = begin(".", name, "y");
    struct served_shape shape;
    struct served *model = open_model(device, path, &shape);
    struct rng rng;
    int rc = 0;

    REQUIRE(x_file != NULL && y_file != NULL && served_parts(model).trees != NULL);
    rng_init(&rng, 1);
    for (uint32_t i = 0; i < n && rc >= 0; i++) {
        float x[64];
        float y[8];

        for (uint32_t j = 0; j < shape.inputs; j++)
            x[j] = draw(&rng, served_parts(model).trees, j);
        rc = served_step(model, x, y);
        if (fwrite(x, sizeof(*x), shape.inputs, x_file) != shape.inputs ||
            fwrite(y, sizeof(*y), shape.outputs, y_file) != shape.outputs)
            rc = -1;
    }
    served_close(model);
    rc |= fclose(x_file) | fclose(y_file);
    return rc;
}

int main(int argc, char **argv)
{
    struct device *device = cpu_device_new(CPU_BEST, 1);

    if (argc == 5 && device != NULL) {
        int (*make_of)(struct device *, uint32_t, const char *, const char *) =
            strcmp(argv[1], "windows") == 0 ? make_windows : make_rows;
        int rc = make_of(device, (uint32_t)strtoul(argv[2], NULL, 10), argv[3], argv[4]);

        device->free(device);
        return rc != 0;
    }
    if (argc != 2 || device == NULL)
        return 2;
    for (uint32_t i = 0; i < sizeof(models) / sizeof(models[0]); i++) {
        if (make(device, argv[1], i) < 0)
            return 1;
        printf("%s\n", models[i].name);
    }
    device->free(device);
    return 0;
}
