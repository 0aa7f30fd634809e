// SPDX-License-Identifier: Apache-2.0
/* checkpoint: bytes as the format's page has them, what is written comes back to the bit, and what
 * is something else is refused with its reason and touches no value. */
#include <stdlib.h>
#include <string.h>

#include "../../support/must.h"
#include "nn/checkpoint.h"

#define DTYPE (REAL_BITS == 32 ? "F32" : "F64")

static FILE *file_of(const void *bytes, size_t n)
{
    FILE *file = tmpfile();

    ck_assert_ptr_nonnull(file);
    ck_assert_uint_eq(fwrite(bytes, 1, n, file), n);
    return file;
}

/* A header and `n` values 1, 2, 3, ... as a file. */
static FILE *file_with(const char *header, uint32_t n)
{
    uint64_t length = strlen(header);
    unsigned char bytes[2048];
    size_t at = 0;

    memcpy(bytes, &length, 8);
    memcpy(bytes + 8, header, length);
    at = 8 + length;
    for (uint32_t i = 0; i < n; i++) {
        real value = (real)(i + 1);

        memcpy(bytes + at, &value, sizeof(value));
        at += sizeof(value);
    }
    return file_of(bytes, at);
}

static const char *typed(char text[1024], const char *format)
{
    size_t at = 0;

    // D is the type, B the bytes of two values, F of four, E of six.
    for (const char *c = format; *c != '\0' && at < 1000; c++) {
        if (*c == 'D')
            at += (size_t)snprintf(text + at, 8, "%s", DTYPE);
        else if (*c == 'B')
            at += (size_t)snprintf(text + at, 8, "%zu", 2 * sizeof(real));
        else if (*c == 'F')
            at += (size_t)snprintf(text + at, 8, "%zu", 4 * sizeof(real));
        else if (*c == 'E')
            at += (size_t)snprintf(text + at, 8, "%zu", 6 * sizeof(real));
        else
            text[at++] = *c;
    }
    text[at] = '\0';
    return text;
}

/* As other programs write it: any order, spaces, texts besides. */
START_TEST(what_others_wrote_is_read)
{
    char text[1024];
    FILE *file =
        file_with(typed(text, "{\"__metadata__\":{\"format\":\"pt\"},"
                              "\"b\": {\"dtype\":\"D\",\"shape\":[2],\"data_offsets\":[0,B]},"
                              "\"a\":{\"data_offsets\":[B,E],\"shape\":[1,4],\"dtype\":\"D\"}}   "),
                  6);
    real a[4];
    real b[2];
    const struct checkpoint_tensor tensors[] = {{"a", 2, {1, 4}, a}, {"b", 1, {2}, b}};
    struct error err = {0};

    ck_assert_msg(checkpoint_read(file, tensors, 2, &err) >= 0, "%s", err.text);
    ck_assert(b[0] == 1 && b[1] == 2 && a[0] == 3 && a[3] == 6);
    fclose(file);
}
END_TEST

START_TEST(what_is_written_comes_back_to_the_bit)
{
    real a[6] = {(real)0.1, (real)-0.0, (real)1e-30, 4, 5, 6};
    real b[1] = {7};
    real a_back[6] = {0};
    real b_back[1] = {0};
    const struct checkpoint_tensor tensors[] = {{"lstm.w_x", 2, {2, 3}, a}, {"bias", 0, {0}, b}};
    const struct checkpoint_tensor back[] = {{"bias", 0, {0}, b_back},
                                             {"lstm.w_x", 2, {2, 3}, a_back}};
    struct error err = {0};
    FILE *file = tmpfile();
    uint64_t length = 0;

    ck_assert_ptr_nonnull(file);
    ck_assert_int_ge(checkpoint_write(file, NULL, 0, tensors, 2, &err), 0);
    ck_assert_msg(checkpoint_read(file, back, 2, &err) >= 0, "%s", err.text);
    ck_assert_mem_eq(a, a_back, sizeof(a));
    ck_assert_mem_eq(b, b_back, sizeof(b));
    rewind(file);
    ck_assert_uint_eq(fread(&length, 8, 1, file), 1);
    ck_assert_uint_eq(length % 8, 0); // values are aligned, as the format asks for
    ck_assert_int_eq(fgetc(file), '{');
    fclose(file);
}
END_TEST

/* A copy that did not go through is called that, wherever it ends. */
START_TEST(a_truncated_file_says_so)
{
    char text[1024];
    const char *header =
        typed(text, "{\"b\":{\"dtype\":\"D\",\"shape\":[2],\"data_offsets\":[0,B]},"
                    "\"a\":{\"dtype\":\"D\",\"shape\":[1,4],\"data_offsets\":[B,E]}}");
    uint64_t length = strlen(header);
    unsigned char bytes[2048] = {0};
    size_t whole = 8 + length + 6 * sizeof(real);
    real a[4], b[2];
    const struct checkpoint_tensor tensors[] = {{"a", 2, {1, 4}, a}, {"b", 1, {2}, b}};

    memcpy(bytes, &length, 8);
    memcpy(bytes + 8, header, length);
    for (size_t n = 0; n < whole; n++) {
        FILE *file = file_of(bytes, n);
        struct error err = {0};

        ck_assert_int_eq(checkpoint_read(file, tensors, 2, &err), AGON_EINVAL);
        ck_assert_msg(strstr(err.text, "the file is truncated") != NULL, "%zu: %s", n, err.text);
        ck_assert_msg(strstr(err.text, "expected") != NULL, "%zu: %s", n, err.text);
        fclose(file);
    }
}
END_TEST

/* Of the tensors a [1,4] and b [2]: */
static const struct {
    const char *what, *header;
    uint32_t n_values;
    const char *says;
} wrong[] = {
    {"no header", "", 0, "not a safetensors file: its header would have 0 bytes; expected"},
    {"no JSON", "{\"a\":", 6, "its header is not a JSON object; expected"},
    {"no object", "[1,2,3]", 6, "not a JSON object"},
    {"a name twice",
     "{\"a\":{\"dtype\":\"D\",\"shape\":[2],\"data_offsets\":[0,B]},\"a\":{\"dtype\":\"D\","
     "\"shape\":"
     "[2],\"data_offsets\":[0,B]}}",
     6, "not a JSON object"},
    {"one tensor", "{\"b\":{\"dtype\":\"D\",\"shape\":[2],\"data_offsets\":[0,B]}}", 2,
     "has 1 tensors, and the model 2"},
    {"another name",
     "{\"b\":{\"dtype\":\"D\",\"shape\":[2],\"data_offsets\":[0,B]},\"c\":{\"dtype\":\"D\","
     "\"shape\":["
     "1,4],\"data_offsets\":[B,E]}}",
     6, "no tensor a"},
    {"another type",
     "{\"b\":{\"dtype\":\"D\",\"shape\":[2],\"data_offsets\":[0,B]},\"a\":{\"dtype\":\"I32\","
     "\"shape\""
     ":[1,4],\"data_offsets\":[B,E]}}",
     6, "a of the checkpoint is not of type"},
    {"another shape",
     "{\"b\":{\"dtype\":\"D\",\"shape\":[2],\"data_offsets\":[0,B]},\"a\":{\"dtype\":\"D\","
     "\"shape\":["
     "4],\"data_offsets\":[B,E]}}",
     6, "a of the checkpoint has another shape"},
    {"a shape of the same size",
     "{\"b\":{\"dtype\":\"D\",\"shape\":[2],\"data_offsets\":[0,B]},\"a\":{\"dtype\":\"D\","
     "\"shape\":["
     "2,2],\"data_offsets\":[B,E]}}",
     6, "a of the checkpoint has another shape"},
    {"a place of another size",
     "{\"b\":{\"dtype\":\"D\",\"shape\":[2],\"data_offsets\":[0,B]},\"a\":{\"dtype\":\"D\","
     "\"shape\":["
     "1,4],\"data_offsets\":[0,B]}}",
     6, "the data_offsets of a are not those of its shape; expected"},
    {"a place before the first",
     "{\"b\":{\"dtype\":\"D\",\"shape\":[2],\"data_offsets\":[-B,0]},\"a\":{\"dtype\":\"D\","
     "\"shape\":["
     "1,4],\"data_offsets\":[B,E]}}",
     6, "the data_offsets of b are not those of its shape; expected"},
    {"values short",
     "{\"b\":{\"dtype\":\"D\",\"shape\":[2],\"data_offsets\":[0,B]},\"a\":{\"dtype\":\"D\","
     "\"shape\":["
     "1,4],\"data_offsets\":[B,E]}}",
     5, "the file is truncated: its header speaks of values of"},
    {"values of nobody",
     "{\"b\":{\"dtype\":\"D\",\"shape\":[2],\"data_offsets\":[0,B]},\"a\":{\"dtype\":\"D\","
     "\"shape\":["
     "1,4],\"data_offsets\":[B,E]}}",
     7, "bytes of values, and the model"},
    {"an overlap",
     "{\"a\":{\"dtype\":\"D\",\"shape\":[1,4],\"data_offsets\":[B,E]},\"b\":{\"dtype\":\"D\","
     "\"shape\":["
     "2],\"data_offsets\":[B,F]}}",
     6, "a and b of the checkpoint overlap"},
};

START_TEST(what_is_something_else_is_refused)
{
    char text[1024];
    FILE *file = file_with(typed(text, wrong[_i].header), wrong[_i].n_values);
    real a[4] = {9, 9, 9, 9};
    real b[2] = {9, 9};
    const struct checkpoint_tensor tensors[] = {{"a", 2, {1, 4}, a}, {"b", 1, {2}, b}};
    struct error err = {0};

    ck_assert_int_eq(checkpoint_read(file, tensors, 2, &err), AGON_EINVAL);
    ck_assert_msg(strstr(err.text, wrong[_i].says) != NULL, "%s: %s", wrong[_i].what, err.text);
    ck_assert(a[0] == 9 && a[3] == 9 && b[0] == 9 && b[1] == 9);
    fclose(file);
}
END_TEST

START_TEST(a_header_of_any_length_is_bounded)
{
    const uint64_t lengths[] = {0, 1, CHECKPOINT_HEADER + 1, UINT64_MAX, UINT64_MAX - 7, 100};

    for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
        unsigned char bytes[24] = {0};
        FILE *file;

        memcpy(bytes, &lengths[i], 8);
        file = file_of(bytes, sizeof(bytes));
        ck_assert_int_eq(checkpoint_read(file, NULL, 0, NULL), AGON_EINVAL);
        fclose(file);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("checkpoint");
    TCase *tcase = tcase_create("checkpoint");
    SRunner *runner;
    int failed;

    tcase_add_test(tcase, what_others_wrote_is_read);
    tcase_add_test(tcase, what_is_written_comes_back_to_the_bit);
    tcase_add_loop_test(tcase, what_is_something_else_is_refused, 0,
                        (int)(sizeof(wrong) / sizeof(wrong[0])));
    tcase_add_test(tcase, a_truncated_file_says_so);
    tcase_add_test(tcase, a_header_of_any_length_is_bounded);
    suite_add_tcase(suite, tcase);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
