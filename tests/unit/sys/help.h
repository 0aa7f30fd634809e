// SPDX-License-Identifier: Apache-2.0
/* help: a directory of the test's own, gone when it ends. */
#ifndef TEST_SYS_HELP_H
#define TEST_SYS_HELP_H

#include <check.h>
#include <ftw.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char help_dir[PATH_MAX];

static int help_remove(const char *path, const struct stat *stat, int kind, struct FTW *ftw)
{
    (void)stat;
    (void)kind;
    (void)ftw;
    return remove(path);
}

static inline void help_setup(void)
{
    const char *tmp = getenv("TMPDIR");

    (void)snprintf(help_dir, sizeof(help_dir), "%s/agon-test-XXXXXX", tmp != NULL ? tmp : "/tmp");
    ck_assert_ptr_nonnull(mkdtemp(help_dir));
}

static inline void help_teardown(void)
{
    (void)nftw(help_dir, help_remove, 16, FTW_DEPTH | FTW_PHYS);
}

/* A path inside; one of eight buffers. */
static inline const char *help_path(const char *name)
{
    static char paths[8][PATH_MAX];
    static int at;
    char *path = paths[at++ % 8];

    ck_assert_int_lt(snprintf(path, PATH_MAX, "%.2000s/%s", help_dir, name), PATH_MAX);
    return path;
}

static inline int help_main(Suite *suite)
{
    SRunner *runner = srunner_create(suite);
    int n_failed;

    srunner_run_all(runner, CK_NORMAL);
    n_failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return n_failed == 0 ? 0 : 1;
}

#endif
