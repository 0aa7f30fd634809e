// SPDX-License-Identifier: Apache-2.0
/* parity: every kernel and a training of two layers of LSTM on a card, and the same on the
 * processor: not one bit may differ. Prints a line for each kernel and ends with 1 when one does,
 * 77 without a card.
 *
 *   parity [--small] [--dump DIR]
 *
 * --small leaves out sizes as models have them (for compute-sanitizer, which is slow). --dump
 * writes the model, its gradient and its weights after training for oracle.py. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../support/kernels/cases.h"
#include "../support/nn/small_model.h"
#include "image.h"
#include "kernels/cpu.h"
#include "kernels/cuda/cuda.h"

#define STEPS_TRAINED 20

struct options {
    int is_small;
    const char *dump;
};

/* "gemm 7x37x16" and "map.exp n=1" are of gemm and map.exp. */
static size_t stem(const char *name)
{
    return strcspn(name, " ");
}

/* Cases of one kernel stand together; sizes come in any order. */
static int kernels_agree(struct device *card, struct device *cpu, int is_large)
{
    struct case_results here;
    struct case_results there;
    uint32_t n_bad = 0;

    cases_run(cpu, is_large, &here);
    cases_run(card, is_large, &there);
    if (there.failed) {
        printf("FAILED %s\n", there.err.text);
        n_bad++;
    }
    for (uint32_t i = 0; i < here.n; i++) {
        const char *name = here.at[i].name;
        uint32_t n_cases = 0;
        uint32_t n_values = 0;
        uint32_t n_different = 0;
        double most = 0;
        int is_first = 1;

        for (uint32_t j = 0; j < i && is_first; j++)
            is_first = stem(here.at[j].name) != stem(name) ||
                       strncmp(here.at[j].name, name, stem(name)) != 0;
        for (uint32_t j = i; is_first && j < here.n; j++) {
            struct case_distance distance;

            if (stem(here.at[j].name) != stem(name) ||
                strncmp(here.at[j].name, name, stem(name)) != 0)
                continue;
            distance = case_compare(&here.at[j], &there.at[j]);
            n_cases++;
            n_values += here.at[j].n;
            n_different += distance.n_different;
            most = distance.most > most ? distance.most : most;
            if (distance.n_different > 0)
                printf("  %s: %u of %u differ, first [%u]: %.17g, not %.17g\n", here.at[j].name,
                       distance.n_different, here.at[j].n, distance.first,
                       (double)there.at[j].values[distance.first],
                       (double)here.at[j].values[distance.first]);
        }
        if (is_first) {
            printf("%s " REAL_NAME " %-24.*s %3u shapes %9u values, %u differ",
                   n_different == 0 ? "same  " : "DIFFER", (int)stem(name), name, n_cases, n_values,
                   n_different);
            printf(n_different == 0 ? "\n" : ", at most %.3g\n", most);
            n_bad += n_different > 0;
        }
    }
    cases_free(&here);
    cases_free(&there);
    return n_bad == 0;
}

static real *taken(struct device *device, const real *from, uint32_t n)
{
    real *at = malloc(n * sizeof(real) + 1);

    REQUIRE(at != NULL);
    device->read(device, at, from, n * sizeof(real));
    return at;
}

static int same(struct device *card, const real *there, struct device *cpu, const real *here,
                uint32_t n, const char *what)
{
    struct case_result a = {.n = n, .values = taken(cpu, here, n)};
    struct case_result b = {.n = n, .values = taken(card, there, n)};
    struct case_distance distance = case_compare(&a, &b);

    printf("%s " REAL_NAME " %-36s %9u values, %u differ, at most %.3g\n",
           distance.n_different == 0 ? "same  " : "DIFFER", what, n, distance.n_different,
           distance.most);
    free(a.values);
    free(b.values);
    return distance.n_different == 0;
}

static int models_agree(struct device *card, struct device *cpu, struct small_shape shape)
{
    struct small_model here;
    struct small_model there;
    struct error err = {0};
    double begin;
    int is_good = 1;

    small_model_init(&here, cpu, shape, 1e-3);
    small_model_init(&there, card, shape, 1e-3);
    small_model_gradient(&here);
    small_model_gradient(&there);
    begin = small_model_loss(&here);
    is_good &= same(card, there.y, cpu, here.y, here.n_y, "lstm output");
    is_good &= same(card, there.dweights, cpu, here.dweights, here.n_weights, "lstm gradient");
    for (int i = 0; i < STEPS_TRAINED; i++) {
        small_model_train(&here);
        small_model_train(&there);
    }
    is_good &=
        same(card, there.weights, cpu, here.weights, here.n_weights, "lstm weights after training");
    if (card->wait(card, &err) < 0) {
        printf("FAILED %s\n", err.text);
        is_good = 0;
    }
    printf("       " REAL_NAME " %u steps, %u rows, %u hidden: loss %.6g, after %d steps of Adam "
           "%.6g\n",
           shape.steps, shape.batch, shape.hidden, begin, STEPS_TRAINED, small_model_loss(&there));
    small_model_deinit(&here);
    small_model_deinit(&there);
    return is_good;
}

/* Event by event on the card, and as one window there and here. */
static int streams_agree(struct device *card, struct device *cpu, uint32_t steps)
{
    const struct small_shape shape = {steps, 1, 5, 64, 3};
    struct small_model here;
    struct small_model there;
    struct lstm_stream stream;
    int is_good;

    small_model_init(&here, cpu, shape, 1e-3);
    small_model_init(&there, card, shape, 1e-3);
    small_model_forward(&here);
    small_model_forward(&there);
    REQUIRE(lstm_stream_init(card, &there.lower, 1, &stream) >= 0);
    for (uint32_t t = 0; t < steps; t++)
        lstm_step(card, &there.lower, there.weights, there.x + (size_t)t * shape.inputs, &stream);
    is_good = same(card, stream.h, card, there.lower_tape.h + (size_t)steps * shape.hidden,
                   shape.hidden, "lstm stream and its window");
    is_good &= same(card, stream.h, cpu, here.lower_tape.h + (size_t)steps * shape.hidden,
                    shape.hidden, "lstm stream and the processor's window");
    lstm_stream_deinit(card, &stream);
    small_model_deinit(&here);
    small_model_deinit(&there);
    return is_good;
}

static void put(FILE *file, struct device *device, const real *from, uint32_t n)
{
    real *at = taken(device, from, n);

    REQUIRE(fwrite(at, sizeof(real), n, file) == n);
    free(at);
}

/* What oracle.py does once more with torch: shape and counts as 32-bit words, then weights, x,
 * target, y, gradient, and the weights after `steps` steps of Adam. */
static void dump(struct device *device, const char *dir)
{
    const struct small_shape shape = {30, 8, 5, 32, 3};
    const uint32_t steps = REAL_BITS == 64 ? 200 : 50;
    struct small_model model;
    char path[512];
    FILE *file;

    (void)snprintf(path, sizeof(path), "%.480s/model-%d.bin", dir, REAL_BITS);
    file = fopen(path, "wb");
    REQUIRE(file != NULL);
    small_model_init(&model, device, shape, 1e-3);
    REQUIRE(fwrite(&shape, sizeof(shape), 1, file) == 1);
    REQUIRE(fwrite(&steps, sizeof(steps), 1, file) == 1);
    REQUIRE(fwrite(&model.n_weights, sizeof(model.n_weights), 1, file) == 1);
    put(file, device, model.weights, model.n_weights);
    put(file, device, model.x, model.n_x);
    put(file, device, model.target, model.n_y);
    small_model_gradient(&model);
    put(file, device, model.y, model.n_y);
    put(file, device, model.dweights, model.n_weights);
    for (uint32_t i = 0; i < steps; i++)
        small_model_train(&model);
    put(file, device, model.weights, model.n_weights);
    small_model_deinit(&model);
    REQUIRE(fclose(file) == 0);
}

int main(int argc, char **argv)
{
    const struct small_shape usual = {200, 64, 5, 256, 3};
    const struct small_shape small = {7, 3, 5, 19, 2};
    struct options options = {0};
    struct error err = {0};
    struct device *card;
    struct device *cpu;
    long n_threads = sysconf(_SC_NPROCESSORS_ONLN);
    int is_good;

    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--small") == 0)
            options.is_small = 1;
        else if (strcmp(argv[i], "--dump") == 0 && i + 1 < argc)
            options.dump = argv[++i];
        else
            return fprintf(stderr, "parity: what is %s? See its head.\n", argv[i]), 2;
    }
    setvbuf(stdout, NULL, _IOLBF, 0);
    card = cuda_device_new(gpu_image, 0, getenv("AGON_CUDA_DRIVER"), &err);
    cpu = cpu_device_new(CPU_BEST, n_threads < 1 ? 1 : n_threads > 16 ? 16 : (uint32_t)n_threads);
    if (card == NULL || cpu == NULL)
        return fprintf(stderr, "parity: %s\n", card == NULL ? err.text : "no memory"), 77;
    printf("parity of %s with %s, " REAL_NAME "\n", card->name, cpu->name);
    is_good = kernels_agree(card, cpu, !options.is_small);
    is_good &= models_agree(card, cpu, small);
    is_good &= streams_agree(card, cpu, options.is_small ? 5 : 300);
    if (!options.is_small)
        is_good &= models_agree(card, cpu, usual);
    if (options.dump != NULL)
        dump(card, options.dump);
    printf("%s: " REAL_NAME " on %s\n", is_good ? "PARITY HOLDS" : "PARITY IS BROKEN", card->name);
    card->free(card);
    cpu->free(cpu);
    return is_good ? 0 : 1;
}
