// SPDX-License-Identifier: Apache-2.0
#include <check.h>

#include "base/rng.h"
#include "venue/client_id.h"

static const uint64_t ids[] = {1,
                               2,
                               0xff,
                               (uint64_t)63 << 48 | (uint64_t)7 << 32 | 42,
                               UINT64_MAX,
                               UINT64_MAX - 1,
                               (uint64_t)1 << 63};

START_TEST(what_is_written_is_read_back)
{
    struct rng rng;

    rng_init(&rng, 2);
    for (int i = 0; i < 100000; i++) {
        uint64_t id = i < 7 ? ids[i] : rng_u64(&rng);
        uint8_t rev = (uint8_t)(i < 14 ? i * 255 / 13 : (int)rng_below(&rng, 256));
        char text[CLIENT_ID_TEXT];
        uint64_t got = 0;
        uint8_t got_rev = 0;

        if (id == 0)
            continue;
        client_id_format(id, rev, text);
        ck_assert_uint_eq(strlen(text), CLIENT_ID_CHARS);
        ck_assert_uint_eq(strspn(text, "0123456789abcdefghijklmnopqrstuvwxyz"), CLIENT_ID_CHARS);
        ck_assert_int_eq(client_id_parse(text, strlen(text), &got, &got_rev), AGON_OK);
        ck_assert_uint_eq(got, id);
        ck_assert_uint_eq(got_rev, rev);
    }
}
END_TEST

START_TEST(every_wrong_character_and_every_swap_is_seen)
{
    struct rng rng;

    rng_init(&rng, 3);
    for (int i = 0; i < 2000; i++) {
        char text[CLIENT_ID_TEXT];
        char wrong[CLIENT_ID_TEXT];
        uint64_t id;
        uint8_t rev;

        client_id_format(rng_u64(&rng) | 1, (uint8_t)i, text);
        for (int at = 0; at < CLIENT_ID_CHARS; at++) {
            memcpy(wrong, text, sizeof(wrong));
            do
                wrong[at] = "0123456789abcdefghijklmnopqrstuvwxyz"[rng_below(&rng, 36)];
            while (wrong[at] == text[at]);
            ck_assert_int_eq(client_id_parse(wrong, CLIENT_ID_CHARS, &id, &rev), AGON_ENOENT);
            if (at + 1 == CLIENT_ID_CHARS || text[at] == text[at + 1])
                continue;
            memcpy(wrong, text, sizeof(wrong));
            wrong[at] = text[at + 1];
            wrong[at + 1] = text[at];
            // A swap over the border of id and check is no promise of the prime; the rest is.
            if (at != 13)
                ck_assert_int_eq(client_id_parse(wrong, CLIENT_ID_CHARS, &id, &rev), AGON_ENOENT);
        }
    }
}
END_TEST

START_TEST(other_hands_ids_are_none_of_ours)
{
    static const char *const others[] = {
        "",
        "web_1234",
        "000000000000000000",
        "zzzzzzzzzzzzzzzzzz",
        "x-R4BD",
        "mUvoqJxFIILMdfAW5iGSOW",
        "123456789012345678",
        "and_1722ef7b5dbc4a0",
    };

    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        uint64_t id;
        uint8_t rev;

        ck_assert_int_eq(client_id_parse(others[i], strlen(others[i]), &id, &rev), AGON_ENOENT);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("client_id");
    TCase *tcase = tcase_create("client_id");
    SRunner *runner;
    int failed;

    tcase_add_test(tcase, what_is_written_is_read_back);
    tcase_add_test(tcase, every_wrong_character_and_every_swap_is_seen);
    tcase_add_test(tcase, other_hands_ids_are_none_of_ours);
    suite_add_tcase(suite, tcase);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
