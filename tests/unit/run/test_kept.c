// SPDX-License-Identifier: Apache-2.0
/* What plugins began with is kept by its hash: complete or absent, and not more of it than is
 * wanted. */
#include "run/host_impl.h"

#include <check.h>
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sys/file.h"

#define PIECE 100000

static struct host *host;
static char dir[64];
static unsigned char bytes[PIECE];

static void begin(void)
{
    host = calloc(1, sizeof(*host));
    ck_assert_ptr_nonnull(host);
    snprintf(dir, sizeof(dir), "/tmp/agon-kept-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(dir));
    host->rundir.dir_fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    ck_assert_int_ge(host->rundir.dir_fd, 0);
}

static void end(void)
{
    close(host->rundir.dir_fd);
    file_remove_tree(dir);
    free(host);
}

static void hash_of(unsigned char hash[HASH_SIZE])
{
    struct hash state;

    hash_init(&state);
    hash_update(&state, bytes, sizeof(bytes));
    hash_final(&state, hash);
}

/* A state of its own for each number. */
static void keep(int number)
{
    static time_t second = 1000000;
    char hex[2 * HASH_SIZE + 1], path[256];
    unsigned char hash[HASH_SIZE];
    struct timespec t[2] = {{.tv_sec = second}, {.tv_sec = second}};

    memset(bytes, number, sizeof(bytes));
    hash_of(hash);
    host_keep(host, CREW_KEPT_STATE, hash, -1, bytes, sizeof(bytes));
    // The file system's clock is coarse: which was needed before which is said here.
    hash_hex(hash, hex);
    snprintf(path, sizeof(path), "%s/kept/%s.state", dir, hex);
    ck_assert_int_eq(utimensat(AT_FDCWD, path, t, 0), 0);
    second++;
}

static int is_kept(int number)
{
    char hex[2 * HASH_SIZE + 1], path[256];
    unsigned char hash[HASH_SIZE];
    struct stat stat_of;

    memset(bytes, number, sizeof(bytes));
    hash_of(hash);
    hash_hex(hash, hex);
    snprintf(path, sizeof(path), "%s/kept/%s.state", dir, hex);
    return stat(path, &stat_of) == 0 && stat_of.st_size == PIECE;
}

static int n_kept(void)
{
    char path[256];
    DIR *at;
    int n = 0;

    snprintf(path, sizeof(path), "%s/kept", dir);
    at = opendir(path);
    ck_assert_ptr_nonnull(at);
    for (const struct dirent *entry; (entry = readdir(at)) != NULL;)
        n += entry->d_name[0] != '.';
    closedir(at);
    return n;
}

START_TEST(what_was_needed_longest_ago_goes_first)
{
    host->config.plugin_keep_bytes = 3 * PIECE;
    keep(1);
    keep(2);
    keep(3);
    keep(1); // needed again
    ck_assert_int_eq(n_kept(), 3);
    keep(4);
    ck_assert(is_kept(1) && !is_kept(2) && is_kept(3) && is_kept(4));
    keep(5);
    ck_assert(is_kept(1) && !is_kept(3) && is_kept(4) && is_kept(5));
    ck_assert_int_eq(n_kept(), 3);
}
END_TEST

START_TEST(the_newest_stays_however_large)
{
    host->config.plugin_keep_bytes = PIECE / 2;
    keep(1);
    keep(2);
    ck_assert(!is_kept(1) && is_kept(2));
}
END_TEST

START_TEST(a_file_is_copied_whole_and_what_was_cut_short_is_made_anew)
{
    char path[256], hex[2 * HASH_SIZE + 1];
    unsigned char hash[HASH_SIZE];
    struct stat stat_of;
    int fd;

    host->config.plugin_keep_bytes = 10 * PIECE;
    memset(bytes, 7, sizeof(bytes));
    hash_of(hash);
    hash_hex(hash, hex);
    snprintf(path, sizeof(path), "%s/file", dir);
    fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    ck_assert_int_eq(write(fd, bytes, sizeof(bytes)), PIECE);
    snprintf(path, sizeof(path), "%s/kept", dir);
    ck_assert_int_eq(mkdir(path, 0700), 0);
    // Of a host that was killed while it wrote, and of a file system that lost the end.
    snprintf(path, sizeof(path), "%s/kept/new-%.60s", dir, hex);
    close(open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0400));
    snprintf(path, sizeof(path), "%s/kept/%s.so", dir, hex);
    close(open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0400));
    host_keep(host, CREW_KEPT_FILE, hash, fd, NULL, PIECE);
    ck_assert_int_eq(stat(path, &stat_of), 0);
    ck_assert_int_eq(stat_of.st_size, PIECE);
    ck_assert_int_eq(n_kept(), 1);
    close(fd);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("kept");
    TCase *tcase = tcase_create("kept");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_add_checked_fixture(tcase, begin, end);
    tcase_add_test(tcase, what_was_needed_longest_ago_goes_first);
    tcase_add_test(tcase, the_newest_stays_however_large);
    tcase_add_test(tcase, a_file_is_copied_whole_and_what_was_cut_short_is_made_anew);
    suite_add_tcase(suite, tcase);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
