// SPDX-License-Identifier: Apache-2.0
/* registry: versions are kept by hash and never changed, one is current at most, a roll-back goes
 * back as often as there is a version before, and what is not as it was written is refused. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sqlite3.h>

#include "store/registry.h"
#include "sys/file.h"

static char dir[64], file[96];
static struct registry *registry;
static struct error err;

static void setup(void)
{
    snprintf(dir, sizeof(dir), "/tmp/agon-registry-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(dir));
    snprintf(file, sizeof(file), "%s/model", dir);
    registry = registry_open(dir, REGISTRY_MAKE, &err);
    ck_assert_msg(registry != NULL, "%s", err.text);
    memset(&err, 0, sizeof(err));
}

static void teardown(void)
{
    registry_close(registry);
    file_remove_tree(dir);
}

static int add(const char *name, const char *content)
{
    struct registry_version version = {.added_ns = 7, .added_by = "somebody"};
    FILE *out = fopen(file, "w");
    int rc;

    ck_assert_ptr_nonnull(out);
    fputs(content, out);
    ck_assert_int_eq(fclose(out), 0);
    snprintf(version.name, sizeof(version.name), "%s", name);
    version.kind = strdup("trees/1, up");
    version.inputs = strdup("[\"a\"]");
    version.data = strdup("{}");
    version.params = strdup("{}");
    version.metrics = strdup("{}");
    version.quantiles = strdup("{}");
    memset(&err, 0, sizeof(err));
    rc = registry_add(registry, file, &version, &err);
    rc = rc < 0 ? rc : (int)version.version;
    registry_version_free(&version);
    return rc;
}

static int promote(uint32_t version)
{
    const struct registry_move move = {.at_ns = 9, .by = "me", .reason = "", .evidence = "{}"};

    memset(&err, 0, sizeof(err));
    return registry_promote(registry, "trend", version, &move, &err);
}

static uint32_t current(void)
{
    struct registry_version version = {0};
    uint32_t number = 0;
    struct error none = {0};

    if (registry_find(registry, "trend", 0, &version, &none) >= 0)
        number = version.version;
    registry_version_free(&version);
    return number;
}

static int roll_back(void)
{
    const struct registry_move move = {.at_ns = 11, .by = "me", .reason = "why"};
    uint32_t number = 0;
    int rc;

    memset(&err, 0, sizeof(err));
    rc = registry_rollback(registry, "trend", &move, &number, &err);
    return rc < 0 ? rc : (int)number;
}

START_TEST(versions_move_and_go_back)
{
    ck_assert_int_eq(add("trend", "one"), 1);
    ck_assert_int_eq(add("trend", "two"), 2);
    ck_assert_int_eq(add("trend", "three"), 3);
    ck_assert_int_eq(add("other", "one"), 1);
    ck_assert_int_eq(add("trend", "two"), AGON_ESTATE);
    ck_assert_ptr_nonnull(strstr(err.text, "is trend@2 already"));
    ck_assert_uint_eq(current(), 0);
    ck_assert_int_eq(roll_back(), AGON_ENOENT);
    for (uint32_t version = 1; version <= 3; version++) {
        ck_assert_int_eq(promote(version), AGON_OK);
        ck_assert_uint_eq(current(), version);
    }
    ck_assert_int_eq(promote(3), AGON_EINVAL);
    ck_assert_int_eq(promote(4), AGON_ENOENT);
    ck_assert_int_eq(roll_back(), 2);
    ck_assert_int_eq(roll_back(), 1);
    ck_assert_int_eq(roll_back(), AGON_ENOENT);
    ck_assert_uint_eq(current(), 1);
    ck_assert_int_eq(promote(3), AGON_OK);
    ck_assert_int_eq(roll_back(), 1);
}
END_TEST

START_TEST(what_another_handle_writes_is_seen_and_waits)
{
    struct registry *second = registry_open(dir, REGISTRY_READ, &err);
    struct registry_version version = {0};

    ck_assert_ptr_nonnull(second);
    ck_assert_int_eq(add("trend", "one"), 1);
    ck_assert_int_eq(promote(1), AGON_OK);
    ck_assert_int_ge(registry_find(second, "trend", 0, &version, &err), 0);
    ck_assert_str_eq(version.state, "current");
    registry_version_free(&version);
    registry_close(second);
}
END_TEST

START_TEST(a_file_that_changed_or_went_is_refused)
{
    char path[REGISTRY_PATH];
    unsigned char hash[HASH_SIZE];
    FILE *out;

    ck_assert_int_eq(add("trend", "one"), 1);
    ck_assert_int_eq(promote(1), AGON_OK);
    ck_assert_int_eq(registry_resolve(dir, "trend", path, hash, &err), AGON_OK);
    ck_assert_int_eq(registry_resolve(dir, "trend@1", path, hash, &err), AGON_OK);
    ck_assert_int_eq(hash[0], 0x76); // of "one", by sha256sum
    ck_assert_int_eq(registry_resolve(dir, "trend@2", path, hash, &err), AGON_ENOENT);
    ck_assert_int_eq(registry_resolve(dir, "trend@0", path, hash, &err), AGON_EINVAL);
    ck_assert_int_eq(registry_resolve(dir, "trend@", path, hash, &err), AGON_EINVAL);
    ck_assert_int_eq(registry_resolve(dir, "../trend", path, hash, &err), AGON_EINVAL);
    out = fopen(path, "a");
    ck_assert_ptr_nonnull(out);
    fputs("x", out);
    ck_assert_int_eq(fclose(out), 0);
    ck_assert_int_eq(registry_resolve(dir, "trend", path, hash, &err), AGON_ECORRUPT);
    ck_assert_int_eq(unlink(path), 0);
    ck_assert_int_eq(registry_resolve(dir, "trend", path, hash, &err), AGON_ENOENT);
}
END_TEST

/* A row that no version is, by another hand. */
START_TEST(rows_of_others_are_not_believed)
{
    struct registry_version version = {0};
    char path[96];
    sqlite3 *db;

    ck_assert_int_eq(add("trend", "one"), 1);
    snprintf(path, sizeof(path), "%s/models.db", dir);
    ck_assert_int_eq(sqlite3_open(path, &db), SQLITE_OK);
    ck_assert_int_eq(
        sqlite3_exec(db, "UPDATE versions SET sha256 = '../../etc/passwd'", NULL, NULL, NULL),
        SQLITE_OK);
    sqlite3_close(db);
    ck_assert_int_eq(registry_find(registry, "trend", 1, &version, &err), AGON_ECORRUPT);
}
END_TEST

START_TEST(rows_that_judge_are_counted)
{
    uint32_t n = 9;

    ck_assert_int_eq(registry_look(registry, "trend", 1, "h", &n, &err), AGON_OK);
    ck_assert_uint_eq(n, 0);
    ck_assert_int_eq(registry_look(registry, "trend", 1, "h", &n, &err), AGON_OK);
    ck_assert_uint_eq(n, 0);
    ck_assert_int_eq(registry_look(registry, "trend", 2, "h", &n, &err), AGON_OK);
    ck_assert_uint_eq(n, 1);
    ck_assert_int_eq(registry_look(registry, "trend", 2, "other", &n, &err), AGON_OK);
    ck_assert_uint_eq(n, 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("registry");
    TCase *tcase = tcase_create("registry");
    SRunner *runner;
    int failed;

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, versions_move_and_go_back);
    tcase_add_test(tcase, what_another_handle_writes_is_seen_and_waits);
    tcase_add_test(tcase, a_file_that_changed_or_went_is_refused);
    tcase_add_test(tcase, rows_of_others_are_not_believed);
    tcase_add_test(tcase, rows_that_judge_are_counted);
    suite_add_tcase(suite, tcase);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
