// SPDX-License-Identifier: Apache-2.0
/* RFC 4231's cases, and what libsodium, which the simulated venues check by, says of every length
 * of key and message around the hash's blocks, in one piece and in two. */
#include "venue/hmac.h"

#include <check.h>
#include <sodium.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static void sign(const void *secret, size_t n_secret, const void *text, size_t n, size_t cut,
                 unsigned char mac[HMAC_BYTES])
{
    struct hmac_key key;
    struct hmac hmac;

    hmac_key_init(&key, secret, n_secret);
    for (int again = 0; again < 2; again++) { // a key is for many messages
        hmac_begin(&hmac, &key);
        hmac_add(&hmac, text, cut);
        hmac_add(&hmac, (const char *)text + cut, n - cut);
        hmac_end(&hmac, mac);
        ck_assert(sodium_is_zero((const unsigned char *)&hmac, sizeof(hmac)));
    }
}

START_TEST(cases_of_rfc_4231)
{
    unsigned char ones[131];
    static const char larger[] = "Test Using Larger Than Block-Size Key - Hash Key First";
    const struct {
        const void *secret;
        size_t n_secret;
        const char *text, *mac;
    } cases[] = {
        {"\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b", 20,
         "Hi There", "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"},
        {"Jefe", 4, "what do ya want for nothing?",
         "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"},
        {ones, sizeof(ones), larger,
         "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"},
    };

    memset(ones, 0xaa, sizeof(ones));
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        unsigned char mac[HMAC_BYTES];
        char hex[2 * HMAC_BYTES + 1];

        sign(cases[i].secret, cases[i].n_secret, cases[i].text, strlen(cases[i].text), 3, mac);
        sodium_bin2hex(hex, sizeof(hex), mac, sizeof(mac));
        ck_assert_str_eq(hex, cases[i].mac);
    }
}
END_TEST

START_TEST(every_length_as_another_library_has_it)
{
    unsigned char secret[140], text[260], mac[HMAC_BYTES], want[HMAC_BYTES];

    for (size_t i = 0; i < sizeof(secret); i++)
        secret[i] = (unsigned char)(i * 7 + 1);
    for (size_t i = 0; i < sizeof(text); i++)
        text[i] = (unsigned char)(i * 31 + 5);
    for (size_t n_secret = 0; n_secret <= sizeof(secret); n_secret++) {
        for (size_t n = n_secret % 4; n <= sizeof(text); n += 4) {
            crypto_auth_hmacsha256_state state;

            crypto_auth_hmacsha256_init(&state, secret, n_secret);
            crypto_auth_hmacsha256_update(&state, text, n);
            crypto_auth_hmacsha256_final(&state, want);
            sign(secret, n_secret, text, n, n * 2 / 3, mac);
            ck_assert_mem_eq(mac, want, sizeof(want));
            for (size_t ahead = 0; ahead <= n; ahead += 64) {
                struct hmac_key key;

                hmac_key_init(&key, secret, n_secret);
                ck_assert_uint_eq(hmac_key_ahead(&key, text, ahead), ahead);
                // What may be read behind it, and is other text, counts for nothing.
                for (size_t behind = 0; behind <= 64 && n + behind <= sizeof(text); behind += 32) {
                    memset(mac, 0, sizeof(mac));
                    hmac_whole(&key, text + ahead, n - ahead, n - ahead + behind, mac);
                    ck_assert_mem_eq(mac, want, sizeof(want));
                }
            }
        }
    }
}
END_TEST

/* No byte beyond its room is read: behind it lies a page that nobody may read. */
START_TEST(a_message_at_a_pages_end)
{
    const size_t page = (size_t)sysconf(_SC_PAGESIZE);
    unsigned char *pages =
        mmap(NULL, 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    struct hmac_key key;

    ck_assert(pages != MAP_FAILED && mprotect(pages + page, page, PROT_NONE) == 0);
    memset(pages, 'p', page);
    hmac_key_init(&key, "key", 3);
    for (size_t n = 0; n <= 200; n++) {
        for (size_t room = n; room <= n + 65; room++) {
            unsigned char mac[HMAC_BYTES], want[HMAC_BYTES];

            sign("key", 3, pages, n, n / 2, want);
            hmac_whole(&key, pages + page - room, n, room, mac);
            ck_assert_mem_eq(mac, want, sizeof(want));
        }
    }
    ck_assert_int_eq(munmap(pages, 2 * page), 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("hmac");
    TCase *tcase = tcase_create("hmac");
    SRunner *runner;
    int failed;

    if (sodium_init() < 0)
        return 1;
    tcase_add_test(tcase, cases_of_rfc_4231);
    tcase_add_test(tcase, every_length_as_another_library_has_it);
    tcase_add_test(tcase, a_message_at_a_pages_end);
    suite_add_tcase(suite, tcase);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
