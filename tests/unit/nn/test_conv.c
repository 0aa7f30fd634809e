// SPDX-License-Identifier: Apache-2.0
/* conv: outputs are the sum over taps that its header names, by a plain loop; the future changes
 * nothing; and a stream gives the bits of its window from the first event on. */
#include <stdlib.h>
#include <string.h>

#include "../../support/kernels/cases.h"
#include "../../support/must.h"
#include "kernels/cpu.h"
#include "nn/conv.h"

#define BATCH 3u
#define STEPS 29u
#define MOST  4096

static const struct conv convs[] = {{4, 7, 3, 1}, {4, 7, 3, 5}, {1, 1, 1, 1}, {5, 33, 4, 16}};

struct world {
    const struct conv *conv;
    struct device *device;
    real x[MOST], y[MOST], weights[MOST]; /* the processor's memory is the device's */
};

static struct world *world_new(const struct conv *conv)
{
    struct world *world = calloc(1, sizeof(*world));

    ck_assert_ptr_nonnull(world);
    world->conv = conv;
    world->device = cpu_device_new(CPU_BEST, 2);
    ck_assert_ptr_nonnull(world->device);
    ck_assert_uint_le(BATCH * STEPS * conv->outputs, MOST);
    ck_assert_uint_le(conv_weights(conv), MOST);
    for (uint32_t i = 0; i < MOST; i++) {
        world->x[i] = case_value(1, i);
        world->weights[i] = case_value(2, i);
    }
    conv_forward(world->device, conv, world->weights, world->x, world->y, BATCH, STEPS);
    return world;
}

static void world_free(struct world *world)
{
    world->device->free(world->device);
    free(world);
}

START_TEST(an_output_is_the_sum_over_its_taps)
{
    struct world *world = world_new(&convs[_i]);
    const struct conv *conv = world->conv;

    for (uint32_t of = 0; of < BATCH; of++)
        for (uint32_t t = 0; t < STEPS; t++)
            for (uint32_t j = 0; j < conv->outputs; j++) {
                double sum = (double)world->weights[conv->taps * conv->inputs * conv->outputs + j];
                double got = (double)world->y[(of * STEPS + t) * conv->outputs + j];

                for (uint32_t tap = 0; tap < conv->taps; tap++)
                    for (uint32_t i = 0; i < conv->inputs && tap * conv->dilation <= t; i++)
                        sum += (double)world
                                   ->x[(of * STEPS + t - tap * conv->dilation) * conv->inputs + i] *
                               (double)world->weights[(tap * conv->inputs + i) * conv->outputs + j];
                ck_assert_double_eq_tol(got, sum, REAL_BITS == 32 ? 1e-4 : 1e-12);
            }
    world_free(world);
}
END_TEST

START_TEST(the_future_changes_nothing)
{
    struct world *world = world_new(&convs[_i]);
    const struct conv *conv = world->conv;
    const uint32_t known = 17;
    real y[MOST];

    // One series, of which all but the first steps are others.
    for (uint32_t i = known * conv->inputs; i < STEPS * conv->inputs; i++)
        world->x[i] = 100;
    conv_forward(world->device, conv, world->weights, world->x, y, 1, STEPS);
    ck_assert_mem_eq(y, world->y, known * conv->outputs * sizeof(real));
    world_free(world);
}
END_TEST

START_TEST(a_stream_gives_the_bits_of_its_window)
{
    struct world *world = world_new(&convs[_i]);
    const struct conv *conv = world->conv;
    struct conv_stream stream;
    real x[BATCH * 8];
    real y[BATCH * 64];

    ck_assert_int_ge(conv_stream_init(world->device, conv, BATCH, &stream), 0);
    for (uint32_t t = 0; t < STEPS; t++) {
        for (uint32_t of = 0; of < BATCH; of++)
            memcpy(x + of * conv->inputs, world->x + (of * STEPS + t) * conv->inputs,
                   conv->inputs * sizeof(real));
        conv_step(world->device, conv, world->weights, x, y, &stream);
        for (uint32_t of = 0; of < BATCH; of++)
            ck_assert_mem_eq(y + of * conv->outputs, world->y + (of * STEPS + t) * conv->outputs,
                             conv->outputs * sizeof(real));
    }
    conv_stream_deinit(world->device, &stream);
    world_free(world);
}
END_TEST

int main(void)
{
    const int n = (int)(sizeof(convs) / sizeof(convs[0]));
    Suite *suite = suite_create("conv");
    TCase *tcase = tcase_create("conv");
    SRunner *runner;
    int failed;

    tcase_add_loop_test(tcase, an_output_is_the_sum_over_its_taps, 0, n);
    tcase_add_loop_test(tcase, the_future_changes_nothing, 0, n);
    tcase_add_loop_test(tcase, a_stream_gives_the_bits_of_its_window, 0, n);
    suite_add_tcase(suite, tcase);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
