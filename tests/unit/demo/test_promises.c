// SPDX-License-Identifier: Apache-2.0
/* A demo ends with 1 when one of its promises is broken, and says which. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "demo/promises.h"

static const struct {
    const char *what;
    struct promises promises;
    const char *says; /* NULL: all are kept */
} cases[] = {
    {"nothing happened", {0}, NULL},
    {"all was seen and replayed", {.n_sent = 7, .n_seen = 7, .is_replayed = 1, .is_same = 1}, NULL},
    {"a kept demo is not replayed to its end", {.n_sent = 7, .n_seen = 7}, NULL},
    {"an event was lost", {.n_sent = 7, .n_seen = 6}, "7 sent, 6 seen"},
    {"an event came twice", {.n_sent = 7, .n_seen = 8}, "7 sent, 8 seen"},
    {"capital after a fault", {.n_given_faulty = 2}, "after its fault, 2 times"},
    {"another state", {.is_replayed = 1}, "the replay ends in another state"},
};

START_TEST(each_promise_is_judged)
{
    struct error err = {0};
    int rc = promises_judge(&cases[_i].promises, &err);

    if (cases[_i].says == NULL) {
        ck_assert_msg(rc == AGON_OK, "%s: %s", cases[_i].what, err.text);
        return;
    }
    ck_assert_msg(rc == AGON_ECORRUPT, "%s", cases[_i].what);
    ck_assert_msg(strstr(err.text, cases[_i].says) != NULL, "%s: %s", cases[_i].what, err.text);
}
END_TEST

START_TEST(all_that_are_broken_are_named)
{
    struct promises promises = {.n_sent = 2, .n_seen = 1, .n_given_faulty = 1, .is_replayed = 1};
    struct error err = {0};

    ck_assert_int_eq(promises_judge(&promises, &err), AGON_ECORRUPT);
    ck_assert_ptr_nonnull(strstr(err.text, "did not see every event"));
    ck_assert_ptr_nonnull(strstr(err.text, "gave capital"));
    ck_assert_ptr_nonnull(strstr(err.text, "another state"));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("promises");
    TCase *tcase = tcase_create("promises");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_add_loop_test(tcase, each_promise_is_judged, 0, sizeof(cases) / sizeof(cases[0]));
    tcase_add_test(tcase, all_that_are_broken_are_named);
    suite_add_tcase(suite, tcase);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
