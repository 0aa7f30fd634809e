// SPDX-License-Identifier: Apache-2.0
/* sealed: what an agent is given is the file as it was, once in memory, and stays so; whatever else
 * a path may lead to is refused with its reason and holds nothing. */
#include "sys/sealed.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "help.h"

static struct sealed_set set;

static const char *file_of(const char *name, const void *bytes, size_t n)
{
    FILE *file = fopen(help_path(name), "wb");

    ck_assert_ptr_nonnull(file);
    ck_assert_uint_eq(fwrite(bytes, 1, n, file), n);
    ck_assert_int_eq(fclose(file), 0);
    return help_path(name);
}

START_TEST(a_copy_is_the_file_and_nobody_changes_it)
{
    struct error err = {0};
    char hex[2 * HASH_SIZE + 1];
    char back[4] = {0};
    struct sealed *sealed;

    sealed_init(&set, 100);
    sealed = sealed_open(&set, file_of("w", "abc", 3), &err);
    ck_assert_msg(sealed != NULL, "%s", err.text);
    hash_hex(sealed->digest, hex); // FIPS 180-4, the example "abc"
    ck_assert_str_eq(hex, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    (void)file_of("w", "xyz", 3);
    ck_assert_int_eq(pread(sealed->fd, back, 4, 0), 3);
    ck_assert_str_eq(back, "abc");
    ck_assert_int_eq(pwrite(sealed->fd, "z", 1, 0), -1);
    ck_assert_int_eq(errno, EPERM);
    ck_assert_int_ne(ftruncate(sealed->fd, 1), 0);
    ck_assert_ptr_eq(mmap(NULL, 3, PROT_READ | PROT_WRITE, MAP_SHARED, sealed->fd, 0), MAP_FAILED);
    sealed_close(&set, sealed);
    ck_assert_uint_eq(set.held, 0);
}
END_TEST

START_TEST(same_contents_are_held_once)
{
    struct error err = {0};
    struct sealed *a;
    struct sealed *b;

    sealed_init(&set, 5); // two copies would not fit
    a = sealed_open(&set, file_of("a", "abc", 3), &err);
    b = sealed_open(&set, file_of("b", "abc", 3), &err);
    ck_assert_ptr_nonnull(a);
    ck_assert_ptr_eq(a, b);
    ck_assert_uint_eq(set.held, 3);
    sealed_close(&set, a);
    ck_assert_int_ge(fcntl(b->fd, F_GETFD), 0); // the other one still has it
    sealed_close(&set, b);
    ck_assert_uint_eq(set.held, 0);
}
END_TEST

START_TEST(a_dry_set_judges_alike_and_holds_nothing)
{
    struct error err = {0};
    struct sealed *a;

    sealed_init(&set, 5);
    set.is_dry = 1;
    a = sealed_open(&set, file_of("a", "abc", 3), &err);
    ck_assert_ptr_nonnull(a);
    ck_assert_int_eq(a->fd, -1);
    ck_assert_ptr_eq(sealed_open(&set, file_of("b", "abc", 3), &err), a);
    ck_assert_ptr_null(sealed_open(&set, file_of("c", "xyz", 3), &err));
    ck_assert_int_eq(err.code, AGON_ERANGE);
    sealed_close(&set, a);
    sealed_close(&set, a);
    ck_assert_uint_eq(set.held, 0);
}
END_TEST

START_TEST(a_large_file_is_copied_whole)
{
    size_t n = ((size_t)3 << 20) + 5;
    unsigned char *bytes = malloc(n);
    unsigned char *back = malloc(n);
    struct error err = {0};
    struct sealed *sealed;

    ck_assert(bytes != NULL && back != NULL);
    for (size_t i = 0; i < n; i++)
        bytes[i] = (unsigned char)(i * 7 + i / 251);
    sealed_init(&set, n);
    sealed = sealed_open(&set, file_of("large", bytes, n), &err);
    ck_assert_msg(sealed != NULL, "%s", err.text);
    ck_assert_int_eq(pread(sealed->fd, back, n, 0), (ssize_t)n);
    ck_assert_int_eq(memcmp(bytes, back, n), 0);
    sealed_close(&set, sealed);
    free(bytes);
    free(back);
}
END_TEST

static void refused(const char *path, int code, const char *says)
{
    struct error err = {0};
    uint64_t held = set.held;

    ck_assert_ptr_null(sealed_open(&set, path, &err));
    ck_assert_int_eq(err.code, code);
    ck_assert_msg(strstr(err.text, says) != NULL, "%s", err.text);
    ck_assert_msg(strstr(err.text, path) != NULL, "%s", err.text); // where
    ck_assert_uint_eq(set.held, held);
}

START_TEST(what_is_no_such_file_is_refused_and_holds_nothing)
{
    struct error err = {0};
    struct sealed *sealed;

    sealed_init(&set, 5);
    refused(help_path("none"), AGON_ENOENT, "No such file");
    refused(help_dir, AGON_EINVAL, "no regular file");
    ck_assert_int_eq(mkfifo(help_path("pipe"), 0600), 0);
    refused(help_path("pipe"), AGON_EINVAL, "no regular file");
    refused(file_of("empty", "", 0), AGON_EINVAL, "an empty file");
    refused(file_of("large", "abcdef", 6), AGON_ERANGE,
            "6 bytes, and the limit of all files of agents (files_max) is 5");
    sealed = sealed_open(&set, file_of("a", "abc", 3), &err);
    ck_assert_ptr_nonnull(sealed);
    refused(file_of("b", "def", 3), AGON_ERANGE, "3 bytes beside 3 of others");
    sealed_close(&set, sealed);
    sealed = sealed_open(&set, help_path("b"), &err); // there is room again
    ck_assert_ptr_nonnull(sealed);
    sealed_close(&set, sealed);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("sys_sealed");
    TCase *tcase = tcase_create("set");

    tcase_add_checked_fixture(tcase, help_setup, help_teardown);
    tcase_add_test(tcase, a_copy_is_the_file_and_nobody_changes_it);
    tcase_add_test(tcase, same_contents_are_held_once);
    tcase_add_test(tcase, a_dry_set_judges_alike_and_holds_nothing);
    tcase_add_test(tcase, a_large_file_is_copied_whole);
    tcase_add_test(tcase, what_is_no_such_file_is_refused_and_holds_nothing);
    suite_add_tcase(suite, tcase);
    return help_main(suite);
}
