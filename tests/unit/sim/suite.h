// SPDX-License-Identifier: Apache-2.0
/* suite: runs one test case of one program; what every main here does. */
#ifndef TESTS_SIM_SUITE_H
#define TESTS_SIM_SUITE_H

#include <check.h>

static inline int suite_run(const char *name, TCase *tcase)
{
    Suite *suite = suite_create(name);
    SRunner *runner;
    int failed;

    suite_add_tcase(suite, tcase);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? 1 : 0;
}

#endif
