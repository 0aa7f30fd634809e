// SPDX-License-Identifier: Apache-2.0
/* served: events one by one give the bits of the window they are, a state goes on in another
 * process where it was, and a file that is not what its card says is refused with its reason. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../support/must.h"
#include "kernels/cpu.h"
#include "nn/dense.h"
#include "nn/lstm.h"
#include "nn/served.h"

#define DTYPE   (REAL_BITS == 32 ? "F32" : "F64")
#define INPUTS  3u
#define HIDDEN  5u
#define OUTPUTS 2u
#define STEPS   9u
#define CARD                                                                                       \
    "\"agon.model\":\"lstm/1\",\"agon.inputs\":\"3\",\"agon.hidden\":\"5\",\"agon.layers\":\"1\"," \
    "\"agon.outputs\":\"2\",\"agon.served\":"
#define N_LSTM   (INPUTS * 4 * HIDDEN + HIDDEN * 4 * HIDDEN + 4 * HIDDEN)
#define N_VALUES (2 * INPUTS + N_LSTM + HIDDEN * OUTPUTS + OUTPUTS)

static real values[N_VALUES];
static real x[STEPS][INPUTS];
static struct device *device;
static char file[16384];

static void setup(void)
{
    device = cpu_device_new(CPU_BEST, 1);
    ck_assert_ptr_nonnull(device);
    for (uint32_t i = 0; i < N_VALUES; i++)
        values[i] = (real)((double)(i * 37 % 101) / 101 - 0.4);
    for (uint32_t i = 0; i < INPUTS; i++) {
        values[i] = 0;
        values[INPUTS + i] = 1;
    }
    for (uint32_t i = 0; i < STEPS * INPUTS; i++)
        x[i / INPUTS][i % INPUTS] = (real)((double)(i * 29 % 53) / 20 - 1);
}

static void teardown(void)
{
    device->free(device);
}

static size_t file_with(const char *card)
{
    static const struct {
        const char *name;
        uint32_t rows, columns;
    } rows[] = {{"norm.mean", INPUTS, 0},
                {"norm.scale", INPUTS, 0},
                {"lstm.0.w_x", INPUTS, 4 * HIDDEN},
                {"lstm.0.w_h", HIDDEN, 4 * HIDDEN},
                {"lstm.0.b", 4 * HIDDEN, 0},
                {"dense.w", HIDDEN, OUTPUTS},
                {"dense.b", OUTPUTS, 0}};
    char *text = file + 8;
    size_t at = (size_t)sprintf(text, "{\"__metadata__\":{%s}", card);
    size_t begin = 0;
    uint64_t length;

    for (uint32_t i = 0; i < 7; i++) {
        size_t n = (size_t)rows[i].rows * (rows[i].columns ? rows[i].columns : 1) * sizeof(real);
        char columns[16] = "";

        if (rows[i].columns)
            (void)snprintf(columns, sizeof(columns), ",%u", rows[i].columns);
        at += (size_t)sprintf(
            text + at, ",\"%s\":{\"dtype\":\"%s\",\"shape\":[%u%s],\"data_offsets\":[%zu,%zu]}",
            rows[i].name, DTYPE, rows[i].rows, columns, begin, begin + n);
        begin += n;
    }
    text[at++] = '}';
    length = at;
    memcpy(file, &length, 8);
    memcpy(text + at, values, sizeof(values));
    return 8 + at + sizeof(values);
}

static struct served *open_of(const char *card, struct served_shape *shape)
{
    struct error err = {0};
    struct served *model;

    ck_assert_msg(served_open(device, "models/m.safetensors", file, file_with(card), &model, shape,
                              &err) >= 0,
                  "%s", err.text);
    return model;
}

/* The last outputs of a window from reset, by the layers that training uses. */
static void by_window(uint32_t from, uint32_t steps, real y[OUTPUTS])
{
    struct lstm lstm = {INPUTS, HIDDEN};
    struct dense dense = {HIDDEN, OUTPUTS};
    struct lstm_tape tape;

    ck_assert_int_ge(lstm_tape_init(device, &lstm, steps, 1, &tape), 0);
    lstm_forward(device, &lstm, values + 2 * INPUTS, x[from], &tape);
    dense_forward(device, &dense, values + 2 * INPUTS + N_LSTM, tape.h + (size_t)steps * HIDDEN, y,
                  1);
    lstm_tape_deinit(device, &tape);
}

START_TEST(events_give_the_bits_of_the_window_from_reset)
{
    struct served_shape shape;
    struct served *model = open_of(CARD "\"state\"", &shape);

    ck_assert(shape.inputs == INPUTS && shape.outputs == OUTPUTS && shape.window == 0);
    for (uint32_t turn = 0; turn < 2; turn++, served_reset(model))
        for (uint32_t t = 0; t < STEPS; t++) {
            real y[OUTPUTS];
            real expected[OUTPUTS];

            ck_assert_int_eq(served_step(model, x[t], y), AGON_OK);
            by_window(0, t + 1, expected);
            ck_assert_mem_eq(y, expected, sizeof(y));
        }
    served_close(model);
}
END_TEST

START_TEST(a_model_of_a_window_sees_its_last_events_alone)
{
    struct served_shape shape;
    struct served *model = open_of(CARD "\"window:4\"", &shape);

    for (uint32_t t = 0; t < STEPS; t++) {
        real y[OUTPUTS] = {77, 77};
        real expected[OUTPUTS] = {77, 77};

        ck_assert_int_eq(served_step(model, x[t], y), t < 3 ? AGON_EAGAIN : AGON_OK);
        if (t >= 3)
            by_window(t - 3, 4, expected);
        ck_assert_mem_eq(y, expected, sizeof(y));
    }
    served_close(model);
}
END_TEST

START_TEST(a_state_goes_on_where_it_was)
{
    static const char *const cards[] = {CARD "\"state\"", CARD "\"window:4\""};

    for (uint32_t i = 0; i < 2; i++) {
        struct served_shape shape;
        struct served *old = open_of(cards[i], &shape);
        struct served *fresh = open_of(cards[i], &shape);
        void *state = calloc(1, shape.state_bytes);
        real bad[INPUTS] = {0, (real)NAN, 0};
        real a[OUTPUTS];
        real b[OUTPUTS];

        ck_assert_ptr_nonnull(state);
        for (uint32_t t = 0; t < 6; t++)
            (void)served_step(old, x[t], a);
        ck_assert_int_eq(served_step(old, bad, a), AGON_EINVAL); // and nothing changed
        served_save(old, state);
        ck_assert_int_eq(served_load(fresh, state, shape.state_bytes - 1), AGON_EINVAL);
        ck_assert_int_eq(served_load(fresh, state, shape.state_bytes), AGON_OK);
        for (uint32_t t = 6; t < STEPS; t++) {
            ck_assert_int_eq(served_step(old, x[t], a), AGON_OK);
            ck_assert_int_eq(served_step(fresh, x[t], b), AGON_OK);
            ck_assert_mem_eq(a, b, sizeof(a));
        }
        memset((char *)state + 8, 0xff, sizeof(real)); // a NaN
        ck_assert_int_eq(served_load(fresh, state, shape.state_bytes), AGON_EINVAL);
        free(state);
        served_close(old);
        served_close(fresh);
    }
}
END_TEST

static void refused(size_t n, const char *says)
{
    struct served_shape shape;
    struct error err = {0};
    struct served *model;

    ck_assert_int_eq(served_open(device, "models/m.safetensors", file, n, &model, &shape, &err),
                     AGON_EINVAL);
    ck_assert_ptr_null(model);
    ck_assert_msg(strncmp(err.text, "models/m.safetensors: ", 22) == 0, "no file: %s", err.text);
    ck_assert_msg(strstr(err.text, says) != NULL, "%s", err.text);
    ck_assert_msg(strstr(err.text, "expected") != NULL, "no way out: %s", err.text);
}

START_TEST(a_file_that_is_not_what_its_card_says_is_refused)
{
    size_t n = file_with(CARD "\"state\"");

    refused(0, "it is empty");
    refused(n - 4, "the file is truncated: its header speaks of");
    for (size_t i = 1; i < n; i += 3) { // wherever it ends
        struct served_shape shape;
        struct served *model;

        ck_assert_int_lt(served_open(device, "models/m.safetensors", file, i, &model, &shape, NULL),
                         0);
    }
    memset(file, 0xff, 8);
    refused(n, "its header would have");
    refused(file_with("\"agon.model\":\"lstm/1\""), "no text agon.served");
    refused(file_with(CARD "\"window:0\""), "expected state, or window:N");
    refused(file_with("\"agon.model\":\"tcn/1\",\"agon.inputs\":\"3\",\"agon.hidden\":\"5\","
                      "\"agon.layers\":\"1\",\"agon.outputs\":\"2\",\"agon.served\":\"state\""),
            "agon.model is \"tcn/1\"; expected lstm/1");
    refused(file_with("\"agon.model\":\"lstm/1\",\"agon.inputs\":\"3\",\"agon.hidden\":\"4096\","
                      "\"agon.layers\":\"8\",\"agon.outputs\":\"2\",\"agon.served\":\"state\""),
            "more than the");
    refused(file_with("\"agon.model\":\"lstm/1\",\"agon.inputs\":\"3\",\"agon.hidden\":\"4\","
                      "\"agon.layers\":\"1\",\"agon.outputs\":\"2\",\"agon.served\":\"state\""),
            "has another shape");
    values[2 * INPUTS + 1] = (real)NAN;
    refused(file_with(CARD "\"state\""), "value 1 of lstm.0.w_x is NaN");
    values[2 * INPUTS + 1] = 0;
    values[INPUTS + 2] = 0;
    refused(file_with(CARD "\"state\""), "norm.scale of input 2");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("nn_served");
    TCase *tcase = tcase_create("served");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, events_give_the_bits_of_the_window_from_reset);
    tcase_add_test(tcase, a_model_of_a_window_sees_its_last_events_alone);
    tcase_add_test(tcase, a_state_goes_on_where_it_was);
    tcase_add_test(tcase, a_file_that_is_not_what_its_card_says_is_refused);
    suite_add_tcase(suite, tcase);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
