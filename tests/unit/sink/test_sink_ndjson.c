// SPDX-License-Identifier: Apache-2.0
/* ndjson: what it has it says itself, also after a sender that was killed in a line. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sink/sink.h"

static char path[64], text[4096];

static void begin(const char *content)
{
    int fd;

    snprintf(path, sizeof(path), "/tmp/agon-sink-XXXXXX");
    fd = mkstemp(path);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(write(fd, content, strlen(content)), (ssize_t)strlen(content));
    close(fd);
}

static int open_it(void **self, uint64_t *last, struct error *err)
{
    const struct sink *sink;
    const char *where;
    char spec[96];

    snprintf(spec, sizeof(spec), "ndjson:%s", path);
    ck_assert_int_eq(sink_find(spec, &sink, &where, err), AGON_OK);
    ck_assert_ptr_eq(sink, &sink_ndjson);
    return sink->open(self, where, last, err);
}

static const char *content(void)
{
    FILE *file = fopen(path, "r");

    ck_assert_ptr_nonnull(file);
    text[fread(text, 1, sizeof(text) - 1, file)] = '\0';
    fclose(file);
    return text;
}

START_TEST(it_goes_on_behind_its_last_whole_line)
{
    const struct agon_event_hdr event = {.granules = 1};
    struct error err = {0};
    uint64_t last = 99;
    void *self;

    begin("");
    ck_assert_int_eq(open_it(&self, &last, &err), AGON_OK);
    ck_assert_uint_eq(last, 0);
    ck_assert_int_eq(sink_ndjson.put(self, &event, "{\"seq\":\"7\"}", 11, &err), AGON_OK);
    ck_assert_int_eq(sink_ndjson.put(self, &event, "{\"seq\":\"8\"}", 11, &err), AGON_OK);
    ck_assert_int_eq(sink_ndjson.flush(self, &err), AGON_OK);
    ck_assert_str_eq(content(), "{\"seq\":\"7\"}\n{\"seq\":\"8\"}\n");
    sink_ndjson.close(self);
    ck_assert_int_eq(open_it(&self, &last, &err), AGON_OK);
    ck_assert_uint_eq(last, 8);
    sink_ndjson.close(self);
    unlink(path);
}
END_TEST

START_TEST(half_a_line_is_cut_off_and_is_not_had)
{
    struct error err = {0};
    uint64_t last;
    void *self;

    begin("{\"seq\":\"7\"}\n{\"seq\":\"8\",\"ty");
    ck_assert_int_eq(open_it(&self, &last, &err), AGON_OK);
    ck_assert_uint_eq(last, 7);
    sink_ndjson.close(self);
    ck_assert_str_eq(content(), "{\"seq\":\"7\"}\n");
    unlink(path);
    begin("{\"seq");
    ck_assert_int_eq(open_it(&self, &last, &err), AGON_OK);
    ck_assert_uint_eq(last, 0);
    sink_ndjson.close(self);
    ck_assert_str_eq(content(), "");
    unlink(path);
}
END_TEST

START_TEST(another_file_is_left_as_it_is)
{
    struct error err = {0};
    uint64_t last;
    void *self;

    static const char *const others[] = {"dear diary\nhalf", "half", "{\"a\":1}\n"};

    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        begin(others[i]);
        ck_assert_int_eq(open_it(&self, &last, &err), AGON_EINVAL);
        ck_assert_str_eq(content(), others[i]);
        unlink(path);
    }
}
END_TEST

START_TEST(what_is_no_sink_is_refused_with_those_that_there_are)
{
    static const char *const wrong[] = {"ndjson", "ndjson:", ":x", "json:x", "ndjsonx:y", ""};
    const struct sink *sink;
    const char *where;

    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        struct error err = {0};

        ck_assert_int_eq(sink_find(wrong[i], &sink, &where, &err), AGON_EINVAL);
        ck_assert_ptr_nonnull(strstr(err.text, "ndjson:FILE"));
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("sink_ndjson");
    TCase *tcase = tcase_create("sink");
    SRunner *runner;
    int n_failed;

    tcase_add_test(tcase, it_goes_on_behind_its_last_whole_line);
    tcase_add_test(tcase, half_a_line_is_cut_off_and_is_not_had);
    tcase_add_test(tcase, another_file_is_left_as_it_is);
    tcase_add_test(tcase, what_is_no_sink_is_refused_with_those_that_there_are);
    suite_add_tcase(suite, tcase);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    n_failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return n_failed == 0 ? 0 : 1;
}
