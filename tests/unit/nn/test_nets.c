// SPDX-License-Identifier: Apache-2.0
/* nets: event by event a model gives the bits of the windows that it learns on, whatever stands
 * beside them in a batch; a training that was interrupted ends as if it had not been. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../support/kernels/cases.h"
#include "../../support/must.h"
#include "../../support/nn/nets.h"
#include "kernels/cpu.h"
#include "kernels/cuda/cuda.h"
#include "nn/train.h"

#define STEPS   23u /* rings of every layer go round */
#define BATCH   3u
#define ROWS    (STEPS * BATCH)
#define INPUTS  3u
#define OUTPUTS 2u
#define MOST    4096

static const char *driver; /* a stand-in for a card's */
static struct device *device;
static struct net net;
static real weights[MOST];
static real x[ROWS * INPUTS];
static real y[ROWS * OUTPUTS];

static void setup(void)
{
    device = cpu_device_new(CPU_BEST, 1);
    ck_assert_ptr_nonnull(device);
}

static void teardown(void)
{
    device->free(device);
}

static void begin(uint32_t i)
{
    struct error err = {0};

    ck_assert_msg(small_net(i, &net, &err) >= 0, "%s", err.text);
    ck_assert_uint_le(net.n_weights, MOST);
    net_draw(&net, 5, weights);
    for (uint32_t j = 0; j < ROWS * INPUTS; j++)
        x[j] = case_value(1, j);
}

/* Of step t of a series, in a window of the whole batch. */
static uint32_t row(uint32_t t, uint32_t series)
{
    return net_is_by_step(&net) ? t * BATCH + series : series * STEPS + t;
}

START_TEST(events_give_the_bits_of_a_window)
{
    struct net_tape tape;
    struct net_stream stream;

    begin((uint32_t)_i);
    ck_assert_int_ge(net_tape_init(device, &net, STEPS, BATCH, &tape), 0);
    net_forward(&tape, weights, x, y);
    ck_assert_int_ge(net_stream_init(device, &net, &stream), 0);
    for (uint32_t of = 0; of < BATCH; of++, net_stream_reset(&stream))
        for (uint32_t t = 0; t < STEPS; t++) {
            real answer[OUTPUTS];

            net_step(&stream, weights, x + (size_t)row(t, of) * INPUTS);
            net_answer(&stream, weights, answer);
            ck_assert_msg(memcmp(answer, y + (size_t)row(t, of) * OUTPUTS, sizeof(answer)) == 0,
                          "%s: step %u of series %u is %.9g, and %.9g of a window",
                          small_nets[_i].arch, t, of, (double)answer[0],
                          (double)y[row(t, of) * OUTPUTS]);
        }
    net_stream_deinit(&stream);
    net_tape_deinit(&tape);
}
END_TEST

/* Nothing that comes later, and nothing of another series, moves an answer; its own past does. */
START_TEST(an_answer_is_of_its_own_past)
{
    static real other[ROWS * OUTPUTS];
    struct net_tape tape;
    uint32_t n_moved = 0;

    begin((uint32_t)_i);
    ck_assert_int_ge(net_tape_init(device, &net, STEPS, BATCH, &tape), 0);
    net_forward(&tape, weights, x, y);
    x[row(7, 1) * INPUTS] += 1;
    net_forward(&tape, weights, x, other);
    for (uint32_t of = 0; of < BATCH; of++)
        for (uint32_t t = 0; t < STEPS; t++) {
            int is_moved = memcmp(y + (size_t)row(t, of) * OUTPUTS,
                                  other + (size_t)row(t, of) * OUTPUTS, sizeof(real)) != 0;

            ck_assert(!is_moved || (of == 1 && t >= 7));
            n_moved += (uint32_t)is_moved;
        }
    if (_i < NETS_OLDER)
        ck_assert_uint_ge(n_moved, 5);
    else
        ck_assert_uint_eq(n_moved, 1); // it has no past
    net_tape_deinit(&tape);
}
END_TEST

/* A batch that is a function of the step. */
static void batch_of(uint64_t step, real target[ROWS * OUTPUTS], real share[ROWS * OUTPUTS])
{
    for (uint32_t i = 0; i < ROWS * INPUTS; i++)
        x[i] = case_value(10 + (uint32_t)step, i);
    for (uint32_t i = 0; i < ROWS; i++)
        for (uint32_t j = 0; j < OUTPUTS; j++) {
            target[i * OUTPUTS + j] = (x[i * INPUTS] > 0) == (j == 0);
            share[i * OUTPUTS + j] = (real)(1.0 / ROWS);
        }
}

static double learn(struct train *train, uint64_t until)
{
    static real target[ROWS * OUTPUTS];
    static real share[ROWS * OUTPUTS];

    while (train->n_steps < until) {
        batch_of(train->n_steps, target, share);
        train_step(train, x, target, share);
    }
    return train_loss(train, target, share);
}

static void begin_training(struct train *train, enum train_goal goal)
{
    ck_assert_int_ge(train_init(device, &net, STEPS, BATCH, goal, 0.01, 3, train), 0);
    train->tape.drop = 0.1;
}

START_TEST(a_training_that_was_interrupted_ends_as_if_it_had_not_been)
{
    enum train_goal goal = _i % 2 == 0 ? TRAIN_SQUARE : TRAIN_CLASSES;
    struct train whole, first, second;
    struct error err = {0};
    FILE *file = tmpfile();
    double loss;

    ck_assert_ptr_nonnull(file);
    begin((uint32_t)_i);
    begin_training(&whole, goal);
    loss = learn(&whole, 1);
    ck_assert_double_lt(learn(&whole, 40), loss);

    begin_training(&first, goal);
    (void)learn(&first, 17);
    ck_assert_msg(train_save(&first, file, &err) >= 0, "%s", err.text);
    train_deinit(&first);

    begin_training(&second, goal);
    (void)learn(&second, 3); // and is then where the first one was
    ck_assert_msg(train_load(&second, file, &err) >= 0, "%s", err.text);
    ck_assert_uint_eq(second.n_steps, 17);
    (void)learn(&second, 40);
    ck_assert_mem_eq(second.weights, whole.weights, net.n_weights * sizeof(real));
    ck_assert_mem_eq(second.adam.v, whole.adam.v, net.n_weights * sizeof(real));
    train_deinit(&second);
    train_deinit(&whole);
    (void)fclose(file);
}
END_TEST

static void weights_of(struct device *of, real *to)
{
    struct error err = {0};
    struct train train;

    ck_assert_ptr_nonnull(of);
    ck_assert_int_ge(train_init(of, &net, 7, 1, TRAIN_CLASSES, 0.01, 3, &train), 0);
    train.tape.drop = 0.1;
    (void)learn(&train, 2); // a stand-in takes its time
    of->read(of, to, train.weights, net.n_weights * sizeof(real));
    ck_assert_msg(of->wait(of, &err) >= 0, "%s", err.text);
    train_deinit(&train);
    of->free(of);
}

/* Plain C, AVX2, AVX-512, threads, and the card's source by a stand-in of its driver. */
START_TEST(a_training_has_the_same_bits_on_every_device)
{
    static real want[MOST];
    static real got[MOST];
    struct error err = {0};
    struct device *card = cuda_device_new("", 0, driver, &err);

    begin((uint32_t)_i);
    weights_of(cpu_device_new(CPU_PLAIN, 1), want);
    for (enum cpu_isa isa = CPU_PLAIN; isa <= cpu_isa_best(); isa++) {
        weights_of(cpu_device_new(isa, 3), got);
        ck_assert_mem_eq(got, want, net.n_weights * sizeof(real));
    }
    ck_assert_msg(card != NULL, "%s", err.text);
    weights_of(card, got);
    ck_assert_mem_eq(got, want, net.n_weights * sizeof(real));
}
END_TEST

START_TEST(dropout_is_drawn_anew_at_each_step_and_by_the_seed)
{
    static real first[2][ROWS * OUTPUTS];
    static real target[ROWS * OUTPUTS];
    static real share[ROWS * OUTPUTS];

    begin((uint32_t)_i);
    batch_of(0, target, share);
    for (uint32_t turn = 0; turn < 2; turn++) {
        struct train train;

        begin_training(&train, TRAIN_SQUARE);
        train.adam.rate = 0; // the weights stay
        train_step(&train, x, target, share);
        memcpy(first[turn], train.y, sizeof(first[turn]));
        train_step(&train, x, target, share);
        ck_assert_mem_ne(first[turn], train.y, sizeof(first[turn]));
        train_forward(&train, x); // without it
        ck_assert_mem_ne(first[turn], train.y, sizeof(first[turn]));
        train_deinit(&train);
    }
    ck_assert_mem_eq(first[0], first[1], sizeof(first[0]));
}
END_TEST

START_TEST(a_checkpoint_of_another_model_is_refused_and_changes_nothing)
{
    struct train train, other;
    struct error err = {0};
    FILE *file = tmpfile();
    FILE *served = tmpfile();
    struct checkpoint_tensor tensors[NET_TENSORS];

    ck_assert(file != NULL && served != NULL);
    begin(0);
    begin_training(&train, TRAIN_SQUARE);
    (void)learn(&train, 2);
    ck_assert_int_ge(train_save(&train, file, &err), 0);
    net_list(&net, weights, tensors);
    ck_assert_int_ge(checkpoint_write(served, NULL, 0, tensors, net.n_tensors, &err), 0);
    train_deinit(&train);

    begin(1);
    begin_training(&other, TRAIN_SQUARE);
    (void)learn(&other, 1);
    memcpy(weights, other.weights, net.n_weights * sizeof(real));
    ck_assert_int_eq(train_load(&other, file, &err), AGON_EINVAL);
    ck_assert_ptr_nonnull(strstr(err.text, "tensors"));
    ck_assert_int_eq(train_load(&other, served, &err), AGON_EINVAL);
    ck_assert_ptr_nonnull(strstr(err.text, "agon.steps"));
    ck_assert_mem_eq(other.weights, weights, net.n_weights * sizeof(real));
    ck_assert_uint_eq(other.n_steps, 1);
    train_deinit(&other);
    (void)fclose(file);
    (void)fclose(served);
}
END_TEST

START_TEST(shapes_that_there_are_not_are_refused)
{
    struct net_shape shape = small_nets[2].shape;
    struct error err = {0};

    ck_assert_ptr_null(net_arch_find("tcn/2"));
    shape.arch = net_arch_find("transformer/1");
    shape.heads = 4; // of 6
    ck_assert_int_eq(net_init(&shape, &net, &err), AGON_EINVAL);
    ck_assert_ptr_nonnull(strstr(err.text, "agon.heads is 4"));
    shape.heads = 2;
    shape.span = 0;
    ck_assert_int_eq(net_init(&shape, &net, &err), AGON_EINVAL);
    ck_assert_ptr_nonnull(strstr(err.text, "agon.span is 0"));
    shape.span = NET_WIDTH;
    shape.layers = NET_LAYERS + 1;
    ck_assert_int_eq(net_init(&shape, &net, &err), AGON_EINVAL);
    ck_assert_ptr_nonnull(strstr(err.text, "agon.layers is 9"));
    shape.layers = NET_LAYERS;
    ck_assert_int_eq(net_init(&shape, &net, &err), AGON_OK);
}
END_TEST

int main(int argc, char **argv)
{
    Suite *suite = suite_create("nn_nets");
    TCase *tcase = tcase_create("nets");
    SRunner *runner = srunner_create(suite);
    int failed;

    REQUIRE(argc == 2);
    driver = argv[1];
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_loop_test(tcase, events_give_the_bits_of_a_window, 0, NETS);
    tcase_add_loop_test(tcase, an_answer_is_of_its_own_past, 0, NETS);
    tcase_add_loop_test(tcase, a_training_that_was_interrupted_ends_as_if_it_had_not_been, 0, NETS);
    tcase_add_loop_test(tcase, a_training_has_the_same_bits_on_every_device, 0, NETS);
    tcase_add_loop_test(tcase, dropout_is_drawn_anew_at_each_step_and_by_the_seed, 0, NETS_OLDER);
    tcase_add_test(tcase, a_checkpoint_of_another_model_is_refused_and_changes_nothing);
    tcase_add_test(tcase, shapes_that_there_are_not_are_refused);
    suite_add_tcase(suite, tcase);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
