// SPDX-License-Identifier: Apache-2.0
/* The dashboard's panels: each of the table is served and imported, and no file is left out. */
#include <check.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ops/panels.h"
#include "ops/web.h"

#define NAME(name) #name,
static const char *const names[] = {PANELS(NAME)};
#define N (sizeof(names) / sizeof(names[0]))

static const struct control_file *served(const char *path)
{
    for (const struct control_file *file = ops_web(); file->path != NULL; file++) {
        if (strcmp(file->path, path) == 0)
            return file;
    }
    return NULL;
}

START_TEST(each_is_served_and_imported_in_the_order_of_the_table)
{
    const struct control_file *list = served("/panels.mjs");
    const char *at;

    ck_assert_ptr_nonnull(list);
    at = strstr(list->bytes, "export default {");
    ck_assert_ptr_nonnull(at);
    for (size_t i = 0; i < N; i++) {
        char path[128], import[160], name[64];
        const struct control_file *file;

        snprintf(path, sizeof(path), "/panels/%s.mjs", names[i]);
        file = served(path);
        ck_assert_msg(file != NULL && file->n > 0, "%s", path);
        ck_assert_ptr_nonnull(strstr(file->type, "javascript"));
        snprintf(import, sizeof(import), "import %s from '.%s';", names[i], path);
        ck_assert_msg(strstr(list->bytes, import) != NULL, "%s", import);
        snprintf(name, sizeof(name), " %s,", names[i]);
        at = strstr(at, name);
        ck_assert_msg(at != NULL, "%s is not in its place", names[i]);
    }
}
END_TEST

START_TEST(no_file_is_forgotten)
{
    const char *root = getenv("AGON_SOURCE_ROOT");
    char path[512];
    struct dirent *entry;
    size_t n = 0;
    DIR *dir;

    snprintf(path, sizeof(path), "%s/host/dashboard/web/panels", root != NULL ? root : ".");
    dir = opendir(path);
    ck_assert_msg(dir != NULL, "%s", path);
    while ((entry = readdir(dir)) != NULL) {
        char url[300];

        if (strstr(entry->d_name, ".mjs") == NULL)
            continue;
        snprintf(url, sizeof(url), "/panels/%s", entry->d_name);
        ck_assert_msg(served(url) != NULL, "%s is not a line of host/ops/panels.h", entry->d_name);
        n++;
    }
    closedir(dir);
    ck_assert_uint_eq(n, N);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("ops_panels");
    TCase *tcase = tcase_create("panels");
    SRunner *runner;
    int n_failed;

    tcase_add_test(tcase, each_is_served_and_imported_in_the_order_of_the_table);
    tcase_add_test(tcase, no_file_is_forgotten);
    suite_add_tcase(suite, tcase);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    n_failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return n_failed == 0 ? 0 : 1;
}
