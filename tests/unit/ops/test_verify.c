// SPDX-License-Identifier: Apache-2.0
/* The journal's replay beside the host: that it runs once, and that it is told what came of it, by
 * made-up programs in the place of `agon replay`. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ops/api.h"
#include "sys/clock.h"

static struct api api;
static struct jout out;
static struct error err;
static char program[64];

static void setup(void)
{
    api = (struct api){.view = calloc(1, sizeof(*api.view)), .dir = "/nowhere/run"};
    ck_assert_ptr_nonnull(api.view);
    out = (struct jout){0};
    err = (struct error){0};
    snprintf(program, sizeof(program), "/tmp/agon-verify-%d", (int)getpid());
    api.verifier = program;
}

static void teardown(void)
{
    api_verify_end(&api);
    jout_deinit(&out);
    free(api.view);
    unlink(program);
}

static void write_program(const char *text)
{
    FILE *file = fopen(program, "we");

    ck_assert_ptr_nonnull(file);
    fprintf(file, "#!/bin/sh\n%s\n", text);
    ck_assert_int_eq(fclose(file), 0);
    ck_assert_int_eq(chmod(program, 0700), 0);
}

static const char *said(int (*verb)(void *, const struct control_call *, struct jout *,
                                    struct error *))
{
    struct control_call call = {0};

    jout_reset(&out);
    return verb(&api, &call, &out, &err) < 0 ? err.text : jout_text(&out);
}

static const char *ended(void)
{
    while (api.verify.state == VERIFY_RUNS) {
        api_verify_look(&api, clock_mono());
        usleep(1000);
    }
    return said(api_do_verification);
}

START_TEST(what_is_reached_again_is_told_with_its_counts)
{
    write_program("[ \"$*\" = 'replay --live --json /nowhere/run' ] || exit 1\n"
                  "echo '{\"first_seq\": 1, \"last_seq\": 1234, \"events\": 1233, \"marks\": 7}'");
    ck_assert_str_eq(said(api_do_verification), "{\"state\":\"never\"}");
    ck_assert_ptr_nonnull(strstr(said(api_do_verify), "\"done\""));
    ck_assert_ptr_nonnull(strstr(said(api_do_verify), "already"));
    ck_assert_ptr_nonnull(strstr(said(api_do_verification), "\"state\":\"running\""));
    ck_assert_ptr_nonnull(strstr(ended(), "\"state\":\"held\""));
    ck_assert_ptr_nonnull(
        strstr(jout_text(&out), "\"events\":1233,\"marks\":7,\"last_seq\":1234}"));
    ck_assert_ptr_nonnull(strstr(said(api_do_verify), "\"done\"")); // and again
    ck_assert_ptr_nonnull(strstr(ended(), "\"state\":\"held\""));
}
END_TEST

START_TEST(what_differs_is_told_with_where)
{
    // More than the host keeps is read all the same: whoever writes must not wait for ever.
    write_program("echo 'agon replay: event 7 differs' >&2; yes | head -c 200000; exit 1");
    ck_assert_ptr_nonnull(strstr(said(api_do_verify), "\"done\""));
    ck_assert_ptr_nonnull(strstr(ended(), "\"state\":\"failed\""));
    ck_assert_ptr_nonnull(strstr(jout_text(&out), "agon replay: event 7 differs"));
    write_program("kill -9 $$");
    ck_assert_ptr_nonnull(strstr(said(api_do_verify), "\"done\""));
    ck_assert_ptr_nonnull(strstr(ended(), "signal 9"));
}
END_TEST

START_TEST(a_host_that_ends_ends_it_too)
{
    write_program("sleep 1000");
    ck_assert_ptr_nonnull(strstr(said(api_do_verify), "\"done\""));
    api_verify_end(&api);
    ck_assert_int_eq(api.verify.state, VERIFY_NEVER);
    api.verifier = "/nowhere/agon";
    ck_assert_ptr_nonnull(strstr(said(api_do_verify), "/nowhere/agon"));
    ck_assert_int_eq(api.verify.state, VERIFY_NEVER);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("ops_verify");
    TCase *tcase = tcase_create("verify");
    SRunner *runner;
    int n_failed;

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, what_is_reached_again_is_told_with_its_counts);
    tcase_add_test(tcase, what_differs_is_told_with_where);
    tcase_add_test(tcase, a_host_that_ends_ends_it_too);
    suite_add_tcase(suite, tcase);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    n_failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return n_failed == 0 ? 0 : 1;
}
