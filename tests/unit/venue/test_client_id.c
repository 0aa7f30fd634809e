// SPDX-License-Identifier: Apache-2.0
#include <check.h>

#include "base/rng.h"
#include "venue/client_id.h"

/* A journal without a number: ids of the earlier form. */
static const struct order_ids earlier = {0};

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
        client_id_format(&earlier, id, rev, text);
        ck_assert_uint_eq(strlen(text), CLIENT_ID_CHARS);
        ck_assert_uint_eq(strspn(text, "0123456789abcdefghijklmnopqrstuvwxyz"), CLIENT_ID_CHARS);
        ck_assert_int_eq(client_id_parse(&earlier, text, strlen(text), &got, &got_rev), AGON_OK);
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

        client_id_format(&earlier, rng_u64(&rng) | 1, (uint8_t)i, text);
        for (int at = 0; at < CLIENT_ID_CHARS; at++) {
            memcpy(wrong, text, sizeof(wrong));
            do
                wrong[at] = "0123456789abcdefghijklmnopqrstuvwxyz"[rng_below(&rng, 36)];
            while (wrong[at] == text[at]);
            ck_assert_int_eq(client_id_parse(&earlier, wrong, CLIENT_ID_CHARS, &id, &rev),
                             AGON_ENOENT);
            if (at + 1 == CLIENT_ID_CHARS || text[at] == text[at + 1])
                continue;
            memcpy(wrong, text, sizeof(wrong));
            wrong[at] = text[at + 1];
            wrong[at + 1] = text[at];
            // A swap over the border of id and check is no promise of the prime; the rest is.
            if (at != 13)
                ck_assert_int_eq(client_id_parse(&earlier, wrong, CLIENT_ID_CHARS, &id, &rev),
                                 AGON_ENOENT);
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

    const struct order_ids numbered = {.journal = 7, .since_run = 1};

    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        struct client_id got;
        uint64_t id;
        uint8_t rev;

        ck_assert_int_eq(client_id_parse(&earlier, others[i], strlen(others[i]), &id, &rev),
                         AGON_ENOENT);
        ck_assert_int_eq(client_id_read(&numbered, others[i], strlen(others[i]), &got),
                         CLIENT_ID_STRANGER);
    }
}
END_TEST

static uint64_t random_id(struct rng *rng, uint32_t since_run)
{
    uint64_t slot = rng_below(rng, 1u << ORDER_SLOT_BITS);
    uint64_t run = since_run + rng_below(rng, ORDER_RUN_MAX - since_run + 1);
    uint64_t counter = 1 + rng_below(rng, ORDER_COUNTER_MAX);

    return slot << 48 | run << 32 | counter;
}

START_TEST(ids_of_a_numbered_journal_are_read_back)
{
    const uint64_t most = (uint64_t)((1u << ORDER_SLOT_BITS) - 1) << 48 |
                          (uint64_t)ORDER_RUN_MAX << 32 | ORDER_COUNTER_MAX;
    struct rng rng;

    rng_init(&rng, 4);
    for (int i = 0; i < 100000; i++) {
        struct order_ids of = {.journal = i == 0   ? 0xffffff
                                          : i == 1 ? 1
                                                   : 1 + (uint32_t)rng_below(&rng, 0xffffff),
                               .since_run = 1};
        uint64_t id = i < 2 ? most : i == 2 ? (uint64_t)1 << 32 | 1 : random_id(&rng, 1);
        uint8_t rev = i < 2 ? 255 : (uint8_t)rng_below(&rng, 256);
        char text[CLIENT_ID_TEXT];
        struct client_id got;

        client_id_format(&of, id, rev, text);
        ck_assert_uint_eq(strlen(text), CLIENT_ID_CHARS);
        ck_assert_uint_eq(strspn(text, "0123456789abcdefghijklmnopqrstuvwxyz"), CLIENT_ID_CHARS);
        ck_assert_int_eq(client_id_read(&of, text, strlen(text), &got), CLIENT_ID_OURS);
        ck_assert_uint_eq(got.order_id, id);
        ck_assert_uint_eq(got.rev, rev);
        ck_assert_uint_eq(got.journal, of.journal);
    }
}
END_TEST

START_TEST(two_journals_never_write_the_same_id)
{
    struct order_ids first = {.journal = 0x123456, .since_run = 1};
    struct order_ids second = {.journal = 0x123457, .since_run = 1};
    struct rng rng;

    rng_init(&rng, 5);
    for (int i = 0; i < 10000; i++) {
        uint64_t id = random_id(&rng, 1);
        char text[2][CLIENT_ID_TEXT];
        struct client_id got;

        client_id_format(&first, id, 0, text[0]);
        client_id_format(&second, id, 0, text[1]);
        ck_assert_str_ne(text[0], text[1]);
        ck_assert_int_eq(client_id_read(&second, text[0], CLIENT_ID_CHARS, &got), CLIENT_ID_OTHER);
        ck_assert_uint_eq(got.order_id, id);
        ck_assert_uint_eq(got.journal, first.journal);
        ck_assert_int_eq(client_id_read(&first, text[1], CLIENT_ID_CHARS, &got), CLIENT_ID_OTHER);
    }
}
END_TEST

START_TEST(ids_of_before_an_upgrade_stay_ours)
{
    struct order_ids upgraded = {.journal = 0xabcdef, .since_run = 9};
    uint64_t before = (uint64_t)3 << 48 | (uint64_t)8 << 32 | 77;
    uint64_t since = (uint64_t)3 << 48 | (uint64_t)9 << 32 | 77;
    char text[CLIENT_ID_TEXT];
    char again[CLIENT_ID_TEXT];
    struct client_id got;

    client_id_format(&earlier, before, 2, text);
    ck_assert_int_eq(client_id_read(&upgraded, text, CLIENT_ID_CHARS, &got), CLIENT_ID_OURS);
    ck_assert_uint_eq(got.order_id, before);
    ck_assert_uint_eq(got.rev, 2);
    // It is asked about and cancelled under the id that the venue knows.
    client_id_format(&upgraded, before, 2, again);
    ck_assert_str_eq(text, again);
    // One of a run that has the new form can only be from a host of the earlier version.
    client_id_format(&earlier, since, 0, text);
    ck_assert_int_eq(client_id_read(&upgraded, text, CLIENT_ID_CHARS, &got), CLIENT_ID_OTHER);
    client_id_format(&upgraded, since, 0, again);
    ck_assert_str_ne(text, again);
    ck_assert_int_eq(client_id_read(&upgraded, again, CLIENT_ID_CHARS, &got), CLIENT_ID_OURS);
}
END_TEST

START_TEST(a_restored_journal_writes_no_id_of_the_host_before_it)
{
    // Backed up in run 4 of number 0x111111, restored twice.
    struct order_ids lost = {.journal = 0x111111, .since_run = 2};
    struct order_ids restored = {.journal = 0x333333,
                                 .since_run = 90,
                                 .n_earlier = 2,
                                 .earlier = {{0x111111, 2}, {0x222222, 68}}};
    char text[CLIENT_ID_TEXT], again[CLIENT_ID_TEXT];
    struct client_id got;

    for (uint64_t run = 1; run <= 200; run++) {
        uint64_t id = (uint64_t)3 << 48 | run << 32 | 77;

        client_id_format(&restored, id, 0, again);
        ck_assert_int_eq(client_id_read(&restored, again, CLIENT_ID_CHARS, &got), CLIENT_ID_OURS);
        ck_assert_uint_eq(got.order_id, id);
        client_id_format(&lost, id, 0, text);
        // What it wrote in runs of before stays ours, under the same id; of later ones none comes
        // again, and none is taken for an order that has the same number here.
        if (run < 68)
            ck_assert_str_eq(text, again);
        else
            ck_assert_str_ne(text, again);
        ck_assert_int_eq(client_id_read(&restored, text, CLIENT_ID_CHARS, &got),
                         run < 68 ? CLIENT_ID_OURS : CLIENT_ID_OTHER);
        ck_assert_uint_eq(got.order_id, id);
    }
}
END_TEST

START_TEST(a_wrong_character_or_a_swap_in_a_numbered_id_is_never_ours)
{
    struct order_ids of = {.journal = 0x5a5a5a, .since_run = 1};
    struct rng rng;

    rng_init(&rng, 6);
    for (int i = 0; i < 2000; i++) {
        char text[CLIENT_ID_TEXT];
        char wrong[CLIENT_ID_TEXT];
        struct client_id got;

        client_id_format(&of, random_id(&rng, 1), (uint8_t)i, text);
        for (int at = 0; at < CLIENT_ID_CHARS; at++) {
            memcpy(wrong, text, sizeof(wrong));
            do
                wrong[at] = "0123456789abcdefghijklmnopqrstuvwxyz"[rng_below(&rng, 36)];
            while (wrong[at] == text[at]);
            ck_assert_int_ne(client_id_read(&of, wrong, CLIENT_ID_CHARS, &got), CLIENT_ID_OURS);
            // A swap over the border of id and check is no promise of the prime.
            if (at + 1 == CLIENT_ID_CHARS || at == 15 || text[at] == text[at + 1])
                continue;
            memcpy(wrong, text, sizeof(wrong));
            wrong[at] = text[at + 1];
            wrong[at + 1] = text[at];
            ck_assert_int_ne(client_id_read(&of, wrong, CLIENT_ID_CHARS, &got), CLIENT_ID_OURS);
        }
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
    tcase_add_test(tcase, ids_of_a_numbered_journal_are_read_back);
    tcase_add_test(tcase, two_journals_never_write_the_same_id);
    tcase_add_test(tcase, ids_of_before_an_upgrade_stay_ours);
    tcase_add_test(tcase, a_restored_journal_writes_no_id_of_the_host_before_it);
    tcase_add_test(tcase, a_wrong_character_or_a_swap_in_a_numbered_id_is_never_ours);
    tcase_add_test(tcase, other_hands_ids_are_none_of_ours);
    suite_add_tcase(suite, tcase);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
