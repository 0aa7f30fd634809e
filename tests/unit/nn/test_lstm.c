// SPDX-License-Identifier: Apache-2.0
/* lstm and what trains it: a stream gives the bits of the window, threads and registers change no
 * bit of a training, a known cell comes out as computed by hand, and training lowers the loss. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "../../support/kernels/cases.h"
#include "../../support/must.h"
#include "../../support/nn/small_model.h"
#include "kernels/cpu.h"

static const struct small_shape shape = {40, 6, 5, 37, 3};

static struct device *processor(enum cpu_isa isa, uint32_t threads)
{
    struct device *device = cpu_device_new(isa, threads);

    ck_assert_ptr_nonnull(device);
    return device;
}

static void must_be_same(const real *a, const real *b, size_t n)
{
    MUST(memcmp(a, b, n * sizeof(real)) == 0);
}

START_TEST(a_stream_gives_the_bits_of_its_window)
{
    struct device *device = processor(CPU_BEST, 1);
    size_t row = (size_t)shape.batch * shape.hidden;
    struct small_model model;
    struct lstm_stream stream;

    small_model_init(&model, device, shape, 1e-3);
    small_model_forward(&model);
    ck_assert_int_ge(lstm_stream_init(device, &model.lower, shape.batch, &stream), 0);
    for (uint32_t t = 0; t < shape.steps; t++) {
        lstm_step(device, &model.lower, model.weights,
                  model.x + (size_t)t * shape.batch * shape.inputs, &stream);
        must_be_same(stream.h, model.lower_tape.h + (t + 1) * row, row);
        must_be_same(stream.c, model.lower_tape.c + (t + 1) * row, row);
    }
    lstm_stream_deinit(device, &stream);
    small_model_deinit(&model);
    device->free(device);
}
END_TEST

/* One row of a batch is what it is alone: how many run beside it changes nothing. */
START_TEST(a_row_gives_the_same_bits_in_any_batch)
{
    struct device *device = processor(CPU_BEST, 2);
    struct small_model model;
    struct lstm_stream stream;

    small_model_init(&model, device, shape, 1e-3);
    small_model_forward(&model);
    ck_assert_int_ge(lstm_stream_init(device, &model.lower, 1, &stream), 0);
    for (uint32_t t = 0; t < shape.steps; t++) {
        lstm_step(device, &model.lower, model.weights,
                  model.x + ((size_t)t * shape.batch + 2) * shape.inputs, &stream);
        must_be_same(stream.h,
                     model.lower_tape.h + ((size_t)(t + 1) * shape.batch + 2) * shape.hidden,
                     shape.hidden);
    }
    lstm_stream_deinit(device, &stream);
    small_model_deinit(&model);
    device->free(device);
}
END_TEST

static const struct {
    enum cpu_isa isa;
    uint32_t threads;
} kinds[] = {{CPU_PLAIN, 1}, {CPU_AVX2, 1}, {CPU_AVX2, 3}, {CPU_AVX512, 1}, {CPU_AVX512, 8}};

START_TEST(a_training_ends_with_the_same_bits_everywhere)
{
    struct device *best;
    struct device *other;
    struct small_model a;
    struct small_model b;

    if (kinds[_i].isa > cpu_isa_best())
        return; // this processor has no such registers
    best = processor(CPU_BEST, 1);
    other = processor(kinds[_i].isa, kinds[_i].threads);
    small_model_init(&a, best, shape, 1e-2);
    small_model_init(&b, other, shape, 1e-2);
    for (int i = 0; i < 10; i++) {
        small_model_train(&a);
        small_model_train(&b);
    }
    must_be_same(a.weights, b.weights, a.n_weights);
    small_model_deinit(&a);
    small_model_deinit(&b);
    best->free(best);
    other->free(other);
}
END_TEST

START_TEST(training_lowers_the_loss)
{
    struct device *device = processor(CPU_BEST, 2);
    struct small_model model;
    double before;

    small_model_init(&model, device, shape, 1e-2);
    small_model_forward(&model);
    before = small_model_loss(&model);
    for (int i = 0; i < 150; i++)
        small_model_train(&model);
    small_model_forward(&model);
    ck_assert_double_lt(small_model_loss(&model), 0.5 * before);
    small_model_deinit(&model);
    device->free(device);
}
END_TEST

/* One cell, two steps, each gate with a weight of its own: the formulas of Hochreiter and
 * Schmidhuber (with the forget gate of Gers) by libm. */
START_TEST(a_cell_is_what_its_formulas_say)
{
    const real weights[] = {(real)0.5,  (real)-0.25, (real)0.75, (real)1.5, // w_x: i f g o
                            (real)-0.5, (real)1,     (real)0.25, (real)-1,  // w_h
                            (real)0.1,  (real)0.2,   (real)-0.3, (real)0.4};
    const real x[] = {(real)0.7, (real)-1.3};
    const struct lstm lstm = {1, 1};
    struct device *device = processor(CPU_BEST, 1);
    struct lstm_stream stream;
    double h = 0;
    double c = 0;

    ck_assert_uint_eq(lstm_weights(&lstm), 12);
    ck_assert_int_ge(lstm_stream_init(device, &lstm, 1, &stream), 0);
    for (int t = 0; t < 2; t++) {
        double sum[4];

        for (int gate = 0; gate < 4; gate++)
            sum[gate] = (double)weights[8 + gate] + (double)x[t] * (double)weights[gate] +
                        h * (double)weights[4 + gate];
        c = c / (1 + exp(-sum[1])) + tanh(sum[2]) / (1 + exp(-sum[0]));
        h = tanh(c) / (1 + exp(-sum[3]));
        lstm_step(device, &lstm, weights, x + t, &stream);
        ck_assert_double_eq_tol((double)stream.h[0], h, REAL_BITS == 32 ? 1e-6 : 1e-14);
        ck_assert_double_eq_tol((double)stream.c[0], c, REAL_BITS == 32 ? 1e-6 : 1e-14);
    }
    lstm_stream_deinit(device, &stream);
    device->free(device);
}
END_TEST

/* Kingma and Ba, algorithm 1, for one weight with gradients 0.5, then -0.25. */
START_TEST(adam_moves_as_its_paper_says)
{
    const real gradients[] = {(real)0.5, (real)-0.25};
    struct device *device = processor(CPU_BEST, 1);
    struct adam adam;
    real w = 1;
    double m = 0;
    double v = 0;
    double want = 1;

    ck_assert_int_ge(adam_init(device, 1, 0.01, &adam), 0);
    for (int t = 1; t <= 2; t++) {
        double g = (double)gradients[t - 1];

        m = 0.9 * m + 0.1 * g;
        v = 0.999 * v + 0.001 * g * g;
        want -= 0.01 * (m / (1 - pow(0.9, t))) / (sqrt(v / (1 - pow(0.999, t))) + 1e-8);
        adam_step(device, &adam, &w, gradients + t - 1);
        ck_assert_double_eq_tol((double)w, want, REAL_BITS == 32 ? 2e-7 : 1e-14);
    }
    adam_deinit(device, &adam);
    device->free(device);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("lstm");
    TCase *tcase = tcase_create("lstm");
    SRunner *runner;
    int failed;

    tcase_set_timeout(tcase, 30);
    tcase_add_test(tcase, a_stream_gives_the_bits_of_its_window);
    tcase_add_test(tcase, a_row_gives_the_same_bits_in_any_batch);
    tcase_add_loop_test(tcase, a_training_ends_with_the_same_bits_everywhere, 0,
                        (int)(sizeof(kinds) / sizeof(kinds[0])));
    tcase_add_test(tcase, training_lowers_the_loss);
    tcase_add_test(tcase, a_cell_is_what_its_formulas_say);
    tcase_add_test(tcase, adam_moves_as_its_paper_says);
    suite_add_tcase(suite, tcase);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
