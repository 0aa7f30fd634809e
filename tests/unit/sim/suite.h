// SPDX-License-Identifier: Apache-2.0
/* suite: runs the test cases of one program; what every main here does. */
#ifndef TESTS_SIM_SUITE_H
#define TESTS_SIM_SUITE_H

#include <check.h>

/* tcases: until NULL. */
static inline int suite_run_all(const char *name, TCase **tcases)
{
    Suite *suite = suite_create(name);
    SRunner *runner;
    int failed;

    for (; *tcases; tcases++)
        suite_add_tcase(suite, *tcases);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? 1 : 0;
}

static inline int suite_run(const char *name, TCase *tcase)
{
    TCase *tcases[] = {tcase, NULL};

    return suite_run_all(name, tcases);
}

#endif
