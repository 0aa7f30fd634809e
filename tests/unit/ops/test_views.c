// SPDX-License-Identifier: Apache-2.0
/* Every verb that looks has a view for people: none answers with raw keys. */
#include <check.h>

#include "ops/api.h"
#include "report/view.h"

START_TEST(every_verb_that_looks_has_a_view)
{
    uint32_t n = 0;

    for (const struct control_verb *verb = api_verbs; verb->name != NULL; verb++) {
        if (verb->scope != CONTROL_READ)
            continue;
        ck_assert_msg(view_has(verb->name), "`%s` has none: host/report/view.c", verb->name);
        n++;
    }
    ck_assert_uint_gt(n, 15);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("views");
    TCase *tcase = tcase_create("views");
    SRunner *runner;
    int n_failed;

    tcase_add_test(tcase, every_verb_that_looks_has_a_view);
    suite_add_tcase(suite, tcase);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    n_failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return n_failed == 0 ? 0 : 1;
}
