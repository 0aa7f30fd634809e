// SPDX-License-Identifier: Apache-2.0
/* hash: BLAKE2b-256 as other implementations of RFC 7693 have it, FNV-1a as published. */
#include "../../support/must.h"
#include "base/hash.h"

static unsigned char message[100000];

static void must_be(size_t n, size_t piece, const char *want)
{
    unsigned char digest[HASH_SIZE];
    char text[2 * HASH_SIZE + 1];
    struct hash hash;

    hash_init(&hash);
    for (size_t at = 0; at < n; at += piece)
        hash_update(&hash, message + at, n - at < piece ? n - at : piece);
    hash_final(&hash, digest);
    hash_hex(digest, text);
    ck_assert_str_eq(text, want);
}

START_TEST(blake2b_256_has_its_known_answers)
{
    must_be(0, 1, "0e5751c026e543b2e8ab2eb06099daa1d1e5df47778f7787faab45cdf12fe3a8");
    memcpy(message, "abc", 3);
    must_be(3, 3, "bddd813c634239723171ef3fee98579b94964e3bb1cb3e427262c8c068d52319");
    must_be(3, 1, "bddd813c634239723171ef3fee98579b94964e3bb1cb3e427262c8c068d52319");
    for (int i = 0; i < 129; i++)
        message[i] = (unsigned char)i;
    // One block exactly, and one byte more.
    must_be(128, 128, "c3582f71ebb2be66fa5dd750f80baae97554f3b015663c8be377cfcb2488c1d1");
    must_be(129, 100, "f7f3c46ba2564ff4c4c162da1f5b605f9f1c4aa6a20652a9f9a337c1a2f5b9c9");
    for (int i = 0; i < 100000; i++)
        message[i] = (unsigned char)(i % 251);
    must_be(100000, 100000, "916cfaa800ee55811e82095babeb88ea29c9ef8a36e8d7e20c7b772c344c9e1c");
    must_be(100000, 77, "916cfaa800ee55811e82095babeb88ea29c9ef8a36e8d7e20c7b772c344c9e1c");
}
END_TEST

START_TEST(fnv_1a_has_its_known_answers)
{
    MUST(hash_bytes("", 0) == 0xcbf29ce484222325u);
    MUST(hash_bytes("a", 1) == 0xaf63dc4c8601ec8cu);
    MUST(hash_bytes("foobar", 6) == 0x85944171f73967e8u);
}
END_TEST

START_TEST(mixing_is_one_to_one_and_reaches_every_bit)
{
    // Flipping any bit flips about half of the others: between a quarter and three quarters.
    for (int bit = 0; bit < 64; bit++) {
        int flipped = 0;

        for (uint64_t x = 1; x <= 1000; x++)
            flipped += __builtin_popcountll(hash_mix(x) ^ hash_mix(x ^ ((uint64_t)1 << bit)));
        MUST(flipped > 16000 && flipped < 48000);
    }
}
END_TEST

START_TEST(of_sparse_records_it_is_the_low_half_of_the_same)
{
    unsigned char bytes[152]; // two stretches of 64 and three words

    for (uint32_t round = 0; round < 4096; round++) {
        for (uint32_t i = 0; i < sizeof(bytes); i++) {
            uint64_t x = hash_mix(round * sizeof(bytes) + i);

            bytes[i] = (x >> 8) % (1 + round % 9) == 0 ? (unsigned char)x : 0;
        }
        for (uint32_t i = 0; i < sizeof(bytes) / 8; i++) {
            if ((hash_mix(round + 1) >> i & 1) != 0)
                memset(bytes + 8 * i + (round & 4), 0, 8 - (round & 4));
        }
        for (size_t n = 0; n <= sizeof(bytes); n += 8)
            ck_assert_uint_eq(hash_sparse(bytes, n), (uint32_t)hash_bytes(bytes, n));
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("hash");
    TCase *tcase = tcase_create("promises");
    SRunner *runner = srunner_create(suite);
    int n_failed;

    tcase_set_timeout(tcase, 100);
    tcase_add_test(tcase, of_sparse_records_it_is_the_low_half_of_the_same);
    tcase_add_test(tcase, blake2b_256_has_its_known_answers);
    tcase_add_test(tcase, fnv_1a_has_its_known_answers);
    tcase_add_test(tcase, mixing_is_one_to_one_and_reaches_every_bit);
    suite_add_tcase(suite, tcase);
    srunner_run_all(runner, CK_NORMAL);
    n_failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return n_failed != 0;
}
