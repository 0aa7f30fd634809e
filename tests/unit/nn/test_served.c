// SPDX-License-Identifier: Apache-2.0
/* served: events one by one give the bits of the window they are, a state goes on in another
 * process where it was, and a file that is not what its card says is refused with its reason. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../support/must.h"
#include "../../support/nn/nets.h"
#include "kernels/cpu.h"
#include "nn/served.h"

#define INPUTS  3u
#define OUTPUTS 2u
#define STEPS   17u
#define WINDOW  7u
#define MOST    4096

static real weights[MOST];
static real mean[INPUTS] = {0, 0.25, -1};
static real scale[INPUTS] = {1, 2, 0.5};
static real x[STEPS][INPUTS];
static struct net net;
static struct device *device;
static char file[65536];
static size_t n_file;

static void setup(void)
{
    device = cpu_device_new(CPU_BEST, 1);
    ck_assert_ptr_nonnull(device);
    for (uint32_t i = 0; i < STEPS * INPUTS; i++)
        x[i / INPUTS][i % INPUTS] = (real)((double)(i * 29 % 53) / 20 - 1);
}

static void teardown(void)
{
    device->free(device);
}

static void draw(uint32_t arch)
{
    ck_assert_int_ge(small_net(arch, &net, NULL), 0);
    ck_assert_uint_le(net.n_weights, MOST);
    net_draw(&net, 11, weights);
}

static void write_file(const char *served)
{
    FILE *to = fmemopen(file, sizeof(file), "w");
    struct error err = {0};

    ck_assert_ptr_nonnull(to);
    ck_assert_msg(served_write(to, &net, &(struct served_words){.served = served}, mean, scale,
                               weights, &err) >= 0,
                  "%s", err.text);
    n_file = (size_t)ftello(to);
    ck_assert_int_eq(fclose(to), 0);
}

static struct served *open_of(const char *served, struct served_shape *shape)
{
    struct error err = {0};
    struct served *model;

    write_file(served);
    ck_assert_msg(served_open(device, "models/m.safetensors", file, n_file, &model, shape, &err) >=
                      0,
                  "%s", err.text);
    ck_assert(shape->inputs == INPUTS && shape->outputs == OUTPUTS);
    return model;
}

/* The last answer of a window from reset, as training has it. */
static void by_window(uint32_t from, uint32_t steps, real y[OUTPUTS])
{
    struct net_tape tape;
    real in[STEPS * INPUTS];
    real out[STEPS * OUTPUTS];

    for (uint32_t i = 0; i < steps * INPUTS; i++)
        in[i] = (x[from + i / INPUTS][i % INPUTS] - mean[i % INPUTS]) * scale[i % INPUTS];
    ck_assert_int_ge(net_tape_init(device, &net, steps, 1, &tape), 0);
    net_forward(&tape, weights, in, out);
    memcpy(y, out + (size_t)(steps - 1) * OUTPUTS, OUTPUTS * sizeof(real));
    net_tape_deinit(&tape);
}

/* Weights that are numbers, and an answer that is none: said, and not handed on. */
START_TEST(an_answer_that_is_no_number_is_an_error)
{
    struct served_shape shape;
    struct served *model;
    real y[OUTPUTS];
    int rc = AGON_OK;

    draw((uint32_t)_i);
    for (uint32_t i = 0; i < net.n_weights; i++)
        weights[i] = sizeof(real) == 4 ? (real)3e38f : (real)1.7e308;
    model = open_of("state", &shape);
    for (uint32_t t = 0; t < STEPS && rc >= 0; t++)
        rc = served_step(model, x[t], y);
    ck_assert_int_eq(rc, AGON_ERANGE);
    served_close(model);
    // Asked before anybody uses it, also where a window has to be filled first; and a good one is
    // reset.
    for (uint32_t is_good = 0; is_good < 2; is_good++) {
        static const char *const forms[] = {"state", "window:7"};

        for (uint32_t form = 0; form < 2; form++) {
            struct error err = {0};
            real first[OUTPUTS];

            model = open_of(forms[form], &shape);
            ck_assert_int_eq(served_check(model, "x", &err), is_good ? AGON_OK : AGON_ERANGE);
            if (is_good && form == 0) {
                ck_assert_int_eq(served_step(model, x[0], first), AGON_OK);
                by_window(0, 1, y);
                ck_assert_mem_eq(first, y, sizeof(y));
            }
            served_close(model);
        }
        draw((uint32_t)_i);
    }
}
END_TEST

START_TEST(events_give_the_bits_of_the_window_from_reset)
{
    struct served_shape shape;
    struct served *model;

    draw((uint32_t)_i);
    model = open_of("state", &shape);
    ck_assert_uint_eq(shape.window, 0);
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
    struct served *model;

    draw((uint32_t)_i);
    model = open_of("window:7", &shape);
    ck_assert_uint_eq(shape.window, WINDOW);
    for (uint32_t t = 0; t < STEPS; t++) {
        real y[OUTPUTS] = {77, 77};
        real expected[OUTPUTS] = {77, 77};

        ck_assert_int_eq(served_step(model, x[t], y), t + 1 < WINDOW ? AGON_EAGAIN : AGON_OK);
        if (t + 1 >= WINDOW)
            by_window(t + 1 - WINDOW, WINDOW, expected);
        ck_assert_mem_eq(y, expected, sizeof(y));
    }
    served_close(model);
}
END_TEST

START_TEST(a_state_goes_on_where_it_was)
{
    static const char *const cards[] = {"state", "window:7"};

    draw((uint32_t)_i);
    for (uint32_t i = 0; i < 2; i++) {
        struct served_shape shape;
        struct served *old = open_of(cards[i], &shape);
        struct served *fresh = open_of(cards[i], &shape);
        void *state = calloc(1, shape.state_bytes);
        real bad[INPUTS] = {0, (real)NAN, 0};
        real a[OUTPUTS];
        real b[OUTPUTS];

        ck_assert_ptr_nonnull(state);
        for (uint32_t t = 0; t < 9; t++)
            (void)served_step(old, x[t], a);
        ck_assert_int_eq(served_step(old, bad, a), AGON_EINVAL); // and nothing changed
        served_save(old, state);
        ck_assert_int_eq(served_load(fresh, state, shape.state_bytes - 1), AGON_EINVAL);
        ck_assert_int_eq(served_load(fresh, state, shape.state_bytes), AGON_OK);
        for (uint32_t t = 9; t < STEPS; t++) {
            ck_assert_int_eq(served_step(old, x[t], a), AGON_OK);
            ck_assert_int_eq(served_step(fresh, x[t], b), AGON_OK);
            ck_assert_mem_eq(a, b, sizeof(a));
        }
        memset((char *)state + shape.state_bytes - sizeof(real), 0xff, sizeof(real)); // a NaN
        ck_assert_int_eq(served_load(fresh, state, shape.state_bytes), AGON_EINVAL);
        free(state);
        served_close(old);
        served_close(fresh);
    }
}
END_TEST

static uint32_t n_taken;
static void *(*take)(struct device *device, size_t bytes);
static void *counted(struct device *of, size_t bytes)
{
    n_taken++;
    return take(of, bytes);
}

START_TEST(memory_is_taken_at_open_alone)
{
    static const char *const cards[] = {"state", "window:7"};

    draw((uint32_t)_i);
    take = device->alloc;
    device->alloc = counted;
    for (uint32_t i = 0; i < 2; i++) {
        struct served_shape shape;
        struct served *model = open_of(cards[i], &shape);
        real y[OUTPUTS];

        ck_assert_uint_gt(n_taken, 0);
        n_taken = 0;
        for (uint32_t t = 0; t < STEPS; t++)
            (void)served_step(model, x[t], y);
        served_reset(model);
        (void)served_step(model, x[0], y);
        ck_assert_uint_eq(n_taken, 0);
        served_close(model);
    }
    device->alloc = take;
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

/* The card with another text in the place of one of its own, of the same length. */
static void refused_card(const char *text, const char *other, const char *says)
{
    char *at;

    write_file("state");
    at = memmem(file, n_file, text, strlen(text));
    ck_assert_msg(at != NULL && strlen(text) == strlen(other), "no %s", text);
    memcpy(at, other, strlen(other));
    refused(n_file, says);
}

/* Of three inputs. */
static void write_named(const char *const *inputs, uint32_t edition)
{
    FILE *to = fmemopen(file, sizeof(file), "w");
    const struct served_words words = {.served = "state", .inputs = inputs, .edition = edition};
    struct error err = {0};

    draw(0);
    ck_assert_ptr_nonnull(to);
    ck_assert_msg(served_write(to, &net, &words, mean, scale, weights, &err) >= 0, "%s", err.text);
    n_file = (size_t)ftello(to);
    ck_assert_int_eq(fclose(to), 0);
}

/* What a file says against what is given; words: of the refusal, NULL: it is taken. */
static void held(const void *bytes, size_t n, const char *given, uint32_t edition,
                 const char *words)
{
    struct served_names names;
    struct error err = {0};
    int rc = served_said(bytes, n, &names, &err);

    ck_assert_msg(rc >= 0, "%s", err.text);
    rc = served_hold(&names, given, edition, &err);
    free(names.inputs);
    if (words == NULL) {
        ck_assert_msg(rc == AGON_OK, "%s", err.text);
        return;
    }
    ck_assert_int_eq(rc, AGON_EVERSION);
    ck_assert_msg(strstr(err.text, words) != NULL && strstr(err.text, "expected") != NULL,
                  "\"%s\" of %s: %s", words, given, err.text);
}

#define TREES(attributes, names, n)                                                                \
    "{\"learner\":{\"attributes\":{" attributes "},\"feature_names\":[" names                      \
    "],\"learner_model_param\":{\"num_feature\":\"" n                                              \
    "\"},\"objective\":{\"name\":\"reg:squarederror\"}}}"

START_TEST(inputs_are_held_by_count_name_order_and_edition)
{
    static const char *const inputs[] = {"a", "b.5", "c"};
    static const char trees[] = TREES("\"agon.edition\":\"4\"", "\"a\",\"b.5\",\"c\"", "3");
    static const struct {
        const char *given, *words;
        uint32_t edition;
    } cases[] = {
        {"a b.5 c", NULL, 4},
        {" a  b.5 c ", NULL, 4},
        {"a b.5", "it is asked by 3 inputs, and 2 are given (a b.5)", 4},
        {"a b.5 c d", "it is asked by 3 inputs, and 4 are given", 4},
        {"", "it is asked by 3 inputs, and 0 are given", 4},
        {"b.5 a c", "its input 0 is a, and b.5 is given there", 4},
        {"a c b.5", "its input 1 is b.5, and c is given there", 4},
        {"a b.50 c", "its input 1 is b.5, and b.50 is given there", 4},
        {"a b. c", "its input 1 is b.5, and b. is given there", 4},
        {"a b.5 C", "its input 2 is c, and C is given there", 4},
        {"a b.5 c", "its inputs are of edition 4 of the features, and it is given those of", 5},
        {"a b.5 c", "it is given others (edition 0)", 0},
    };

    write_named(inputs, 4);
    for (uint32_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        held(file, n_file, cases[i].given, cases[i].edition, cases[i].words);
        held(trees, strlen(trees), cases[i].given, cases[i].edition, cases[i].words);
    }
    write_named(inputs, 0);
    held(file, n_file, "a b.5 c", 0, NULL);
    held(file, n_file, "a b.5 c", 1, "does not say of which edition");
    write_named(NULL, 4);
    held(file, n_file, "a b.5 c", 4, "does not name its inputs");
}
END_TEST

START_TEST(xgboosts_files_are_held_by_their_names)
{
    static const char named[] = TREES("", "\"a\",\"b\"", "2");
    static const char nameless[] = TREES("", "", "2");

    held(named, strlen(named), "a b", 0, NULL);
    held(named, strlen(named), "b a", 0, "its input 0 is a, and b is given there");
    held(named, strlen(named), "a b", 1, "booster.set_attr(**{\"agon.edition\": \"1\"})");
    held(nameless, strlen(nameless), "a b", 0, "booster.feature_names = [...]");
}
END_TEST

START_TEST(names_that_are_none_are_refused)
{
    static const char *const alike[] = {"a", "b", "a"};
    static const struct {
        const char *text, *words;
    } cases[] = {
        {TREES("", "\"a\",\"b\",\"c\"", "2"), "feature_names has 3 names, and num_feature is 2"},
        {TREES("", "\"a\"", "2"), "feature_names has 1 names, and num_feature is 2"},
        {TREES("", "\"a\",\"a\"", "2"), "inputs 0 and 1 are both called a"},
        {TREES("", "\"a\",7", "2"), "feature_names[1] is not a text"},
        {TREES("\"agon.edition\":\"0\"", "\"a\"", "1"), "agon.edition is \"0\""},
        {TREES("\"agon.edition\":\"1x\"", "\"a\"", "1"), "agon.edition is \"1x\""},
        {TREES("\"agon.edition\":\"1000000\"", "\"a\"", "1"), "agon.edition is \"1000000\""},
    };
    struct served_names names;
    struct error err = {0};

    for (uint32_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        ck_assert_int_eq(served_said(cases[i].text, strlen(cases[i].text), &names, &err),
                         AGON_EINVAL);
        ck_assert_msg(strstr(err.text, cases[i].words) != NULL, "%s", err.text);
        free(names.inputs);
    }
    write_named(alike, 1);
    ck_assert_int_eq(served_said(file, n_file, &names, &err), AGON_EINVAL);
    ck_assert_msg(strstr(err.text, "inputs 0 and 2 are both called a") != NULL, "%s", err.text);
    free(names.inputs);
}
END_TEST

START_TEST(a_file_that_is_not_what_its_card_says_is_refused)
{
    draw((uint32_t)_i);
    write_file("state");
    refused(0, "it is empty");
    refused(n_file - 4, "the file is truncated: its header speaks of");
    for (size_t i = 1; i < n_file; i += 7) { // wherever it ends
        struct served_shape shape;
        struct served *model;

        ck_assert_int_lt(served_open(device, "models/m.safetensors", file, i, &model, &shape, NULL),
                         0);
    }
    memset(file, 0xff, 8);
    refused(n_file, "its header would have");
    refused_card("agon.served", "agon.severd", "no text agon.served");
    write_file("window:0");
    refused(n_file, "expected state, or window:N");
    write_file("window:4097");
    refused(n_file, "expected state, or window:N");
    refused_card("\"agon.inputs\":\"3\"", "\"agon.inputs\":\"0\"", "agon.inputs is \"0\"");
    refused_card("\"agon.inputs\":\"3\"", "\"agon.inputs\":\"4\"", "another shape than the model");
    weights[net.tensors[3].at + 1] = (real)NAN;
    write_file("state");
    refused(n_file, "is NaN");
    weights[net.tensors[3].at + 1] = 0;
    scale[2] = 0;
    write_file("state");
    refused(n_file, "norm.scale of input 2");
    scale[2] = 1;
}
END_TEST

START_TEST(a_card_of_what_there_is_not_is_refused)
{
    draw(0);
    refused_card("lstm/1", "lstm/9", "agon.model is \"lstm/9\"; expected lstm/1, lstm/2, tcn/1");
    refused_card("\"agon.layers\":\"2\"", "\"agon.layers\":\"9\"", "expected a number from 1 to 8");
    refused_card("\"agon.layers\":\"2\"", "\"agon.layers\":\"x\"", "expected a number from 1 to 8");
    draw(1);
    refused_card("agon.taps", "agon.raps", "no text agon.taps");
    refused_card("\"agon.taps\":\"3\"", "\"agon.taps\":\"9\"", "more than the");
    refused_card("\"agon.taps\":\"3\"", "\"agon.taps\":\"2\"",
                 "conv.w of the checkpoint has another");
    draw(2);
    refused_card("\"agon.heads\":\"2\"", "\"agon.heads\":\"4\"",
                 "agon.heads is 4, which does not divide");
    refused_card("\"agon.span\":\"5\"", "\"agon.span\":\"6\"",
                 "near of the checkpoint has another");
    refused_card("agon.feed", "agon.feet", "no text agon.feed");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("nn_served");
    TCase *tcase = tcase_create("served");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_loop_test(tcase, events_give_the_bits_of_the_window_from_reset, 0, NETS);
    tcase_add_loop_test(tcase, an_answer_that_is_no_number_is_an_error, 0, NETS);
    tcase_add_loop_test(tcase, a_model_of_a_window_sees_its_last_events_alone, 0, NETS);
    tcase_add_loop_test(tcase, a_state_goes_on_where_it_was, 0, NETS);
    tcase_add_loop_test(tcase, a_file_that_is_not_what_its_card_says_is_refused, 0, NETS);
    tcase_add_loop_test(tcase, memory_is_taken_at_open_alone, 0, NETS);
    tcase_add_test(tcase, a_card_of_what_there_is_not_is_refused);
    tcase_add_test(tcase, inputs_are_held_by_count_name_order_and_edition);
    tcase_add_test(tcase, xgboosts_files_are_held_by_their_names);
    tcase_add_test(tcase, names_that_are_none_are_refused);
    suite_add_tcase(suite, tcase);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
