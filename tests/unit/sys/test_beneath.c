// SPDX-License-Identifier: Apache-2.0
/* beneath: what a host may load is below its folders, and whoever is refused reads which those are,
 * and how to add one. */
#include "sys/beneath.h"

#include <stdio.h>
#include <string.h>

#include "help.h"

static void is_refused(const char *const *folders, uint32_t n, const char *says)
{
    struct error err = {0};
    char real[PATH_MAX];

    ck_assert_int_eq(beneath_resolve(folders, n, "/etc/passwd", real, &err), AGON_EPERM);
    ck_assert_msg(strstr(err.text, says) != NULL, "'%s' lacks '%s'", err.text, says);
    ck_assert_msg(strstr(err.text, "/etc/passwd") == err.text, "no place: %s", err.text);
    ck_assert_ptr_nonnull(strstr(err.text, "`load_from"));
}

START_TEST(a_refusal_names_the_folders_or_how_to_add_one)
{
    const char *const none[2] = {NULL, NULL};
    const char *const one[2] = {NULL, help_path("")};
    char says[PATH_MAX + 32];

    is_refused(NULL, 0,
               "this host may load from no folder; add `load_from: [DIR]` to its configuration");
    is_refused(none, 2, "may load from no folder");
    (void)snprintf(says, sizeof(says), "expected a file in %.*s", 4, one[1]);
    is_refused(one, 2, says);
}
END_TEST

START_TEST(a_file_below_a_folder_is_found_by_its_real_path)
{
    const char *folders[1] = {help_path("")};
    struct error err = {0};
    char path[PATH_MAX], real[PATH_MAX];
    FILE *file;

    (void)snprintf(path, sizeof(path), "%s", help_path("alpha.so"));
    folders[0] = help_path("");
    ck_assert_int_eq(beneath_resolve(folders, 1, path, real, &err), AGON_ENOENT);
    file = fopen(path, "wb");
    ck_assert_ptr_nonnull(file);
    ck_assert_int_eq(fclose(file), 0);
    ck_assert_int_eq(beneath_resolve(folders, 1, path, real, &err), AGON_OK);
    ck_assert_ptr_nonnull(strstr(real, "/alpha.so"));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("sys_beneath");
    TCase *tcase = tcase_create("beneath");

    tcase_add_checked_fixture(tcase, help_setup, help_teardown);
    tcase_add_test(tcase, a_refusal_names_the_folders_or_how_to_add_one);
    tcase_add_test(tcase, a_file_below_a_folder_is_found_by_its_real_path);
    suite_add_tcase(suite, tcase);
    return help_main(suite);
}
