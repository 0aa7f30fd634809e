// SPDX-License-Identifier: Apache-2.0
/* What a file of data is, by a thread of its own or at once: known answers of BLAKE2b with 32 bytes
 * (RFC 7693, as Python's hashlib.blake2b(digest_size=32) gives them). */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lab/data_hash.h"

static char place[] = "/tmp/agon-test-XXXXXX";
static char path[64];

static void write_file(const char *piece, uint32_t times)
{
    FILE *file = fopen(path, "w");

    ck_assert_ptr_nonnull(file);
    for (uint32_t i = 0; i < times; i++)
        ck_assert_int_ge(fputs(piece, file), 0);
    ck_assert_int_eq(fclose(file), 0);
}

static const struct {
    const char *piece;
    uint32_t times;
    const char *hash;
} table[] = {
    {"", 0, "0e5751c026e543b2e8ab2eb06099daa1d1e5df47778f7787faab45cdf12fe3a8"},
    {"abc", 1, "bddd813c634239723171ef3fee98579b94964e3bb1cb3e427262c8c068d52319"},
    {"0123456789abcdef", 200000,
     "15c1975046553ac25c14df28a17937f9aba3f2de3711abf4403e77bf6bf260a8"},
};

START_TEST(a_files_hash_is_blake2b)
{
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        unsigned char hash[HASH_SIZE] = {0};
        char text[2 * HASH_SIZE + 1];
        uint64_t n_bytes = 1;
        struct error err = {0};

        write_file(table[i].piece, table[i].times);
        ck_assert_int_eq(data_hash_now(path, hash, &n_bytes, &err), AGON_OK);
        hash_hex(hash, text);
        ck_assert_str_eq(text, table[i].hash);
        ck_assert_uint_eq(n_bytes, strlen(table[i].piece) * table[i].times);
        for (int is_begun = 0; is_begun < 2; is_begun++) {
            struct data_hash *of = data_hash_open(path, &err);

            ck_assert_msg(of != NULL, "%s", err.text);
            if (is_begun)
                data_hash_begin(of);
            for (int again = 0; again < 2; again++) {
                n_bytes = 1;
                memset(hash, 0, sizeof(hash));
                ck_assert_int_eq(data_hash_end(of, hash, &n_bytes, &err), AGON_OK);
                hash_hex(hash, text);
                ck_assert_str_eq(text, table[i].hash);
                ck_assert_uint_eq(n_bytes, strlen(table[i].piece) * table[i].times);
            }
            data_hash_free(of);
        }
    }
}
END_TEST

START_TEST(what_is_not_waited_for_ends)
{
    struct error err = {0};
    struct data_hash *of;

    write_file("0123456789abcdef", 200000);
    for (int i = 0; i < 20; i++) {
        of = data_hash_open(path, &err);
        ck_assert_msg(of != NULL, "%s", err.text);
        if (i % 4 != 0)
            data_hash_begin(of);
        data_hash_free(of);
    }
    data_hash_free(NULL);
}
END_TEST

START_TEST(what_is_no_file_is_refused)
{
    unsigned char hash[HASH_SIZE];
    struct error err = {0};
    uint64_t n_bytes;

    ck_assert_int_eq(data_hash_now("/tmp/agon-not-there.csv", hash, &n_bytes, &err), AGON_ENOENT);
    ck_assert_ptr_nonnull(strstr(err.text, "agon-not-there.csv"));
    ck_assert_int_eq(data_hash_now("/tmp/agon-not-there.csv", hash, &n_bytes, NULL), AGON_ENOENT);
    err = (struct error){0};
    ck_assert_int_eq(data_hash_now(place, hash, &n_bytes, &err), AGON_EINVAL);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("data_hash");
    TCase *tests = tcase_create("all");
    SRunner *runner;
    int n_failed;

    if (mkdtemp(place) == NULL)
        return 1;
    (void)snprintf(path, sizeof(path), "%s/file", place);
    tcase_add_test(tests, a_files_hash_is_blake2b);
    tcase_add_test(tests, what_is_not_waited_for_ends);
    tcase_add_test(tests, what_is_no_file_is_refused);
    suite_add_tcase(suite, tests);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    n_failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    (void)unlink(path);
    (void)rmdir(place);
    return n_failed > 0;
}
