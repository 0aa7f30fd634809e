// SPDX-License-Identifier: Apache-2.0
/* Models of each architecture for ONNX Runtime: in the folder given, for each, NAME.safetensors (as
 * agon.nn serves it), NAME.x (steps of inputs, float) and NAME.y (what it answers event by event).
 */
#include <stdio.h>
#include <stdlib.h>

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

int main(int argc, char **argv)
{
    struct device *device = cpu_device_new(CPU_BEST, 1);

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
