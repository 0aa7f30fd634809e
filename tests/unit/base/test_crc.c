// SPDX-License-Identifier: Apache-2.0
/* crc: the known answers of RFC 3720 B.4, by the instruction and by the table, however it is cut.
 */
#include "../../support/must.h"
#include "base/rng.h"

// The file itself, to reach the table where the CPU has the instruction.
#include "../../../host/base/crc.c"

static uint32_t table_crc(uint32_t crc, const void *bytes, size_t n)
{
    return ~by_table(~crc, bytes, n);
}

START_TEST(answers_of_the_rfc)
{
    static const unsigned char read_pdu[48] = {
        0x01, 0xc0, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
        0x00, 0x00, 0x00, 0x00, 0x14, 0x00, 0x00, 0x00, 0x00, 0x00, 0x04, 0x00,
        0x00, 0x00, 0x00, 0x14, 0x00, 0x00, 0x00, 0x18, 0x28, 0x00, 0x00, 0x00,
        0x00, 0x00, 0x00, 0x00, 0x02, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00};
    uint32_t (*const ways[2])(uint32_t, const void *, size_t) = {crc32c, table_crc};
    unsigned char bytes[32];

    for (int way = 0; way < 2; way++) {
        memset(bytes, 0, 32);
        MUST_EQ(ways[way](0, bytes, 32), 0x8a9136aa);
        memset(bytes, 0xff, 32);
        MUST_EQ(ways[way](0, bytes, 32), 0x62a8ab43);
        for (int i = 0; i < 32; i++)
            bytes[i] = (unsigned char)i;
        MUST_EQ(ways[way](0, bytes, 32), 0x46dd794e);
        for (int i = 0; i < 32; i++)
            bytes[i] = (unsigned char)(31 - i);
        MUST_EQ(ways[way](0, bytes, 32), 0x113fdb5c);
        MUST_EQ(ways[way](0, read_pdu, 48), 0xd9963a56);
        MUST_EQ(ways[way](0, "123456789", 9), 0xe3069283);
        MUST_EQ(ways[way](0, "", 0), 0);
        MUST_EQ(ways[way](0x12345678, "", 0), 0x12345678);
    }
}
END_TEST

START_TEST(pieces_at_any_alignment_give_the_whole)
{
    static unsigned char bytes[3000];
    struct rng rng;

    rng_init(&rng, 11);
    for (size_t i = 0; i < sizeof(bytes); i++)
        bytes[i] = (unsigned char)rng_u64(&rng);
    for (int i = 0; i < 20000; i++) {
        size_t from = rng_below(&rng, 300);
        size_t n = rng_below(&rng, i % 4 == 0 ? 2700 : 300);
        size_t cut = rng_below(&rng, n + 1);
        uint32_t whole = crc32c(0, bytes + from, n);

        MUST_EQ(table_crc(0, bytes + from, n), whole);
        MUST_EQ(crc32c(crc32c(0, bytes + from, cut), bytes + from + cut, n - cut), whole);
        MUST_EQ(table_crc(table_crc(0, bytes + from, cut), bytes + from + cut, n - cut), whole);
    }
}
END_TEST

/* Whole granules go ways of their own, up to six of them, and so do a journal's frames: four bytes
 * before them. */
START_TEST(granules_are_as_their_bytes)
{
    static unsigned char bytes[8 * 64 + 4 + 8], copy[sizeof(bytes)];
    struct rng rng;

    rng_init(&rng, 12);
    for (int i = 0; i < 2000; i++) {
        size_t from = rng_below(&rng, 8), n = 64 * rng_below(&rng, 9) + (i % 2 == 0 ? 0 : 4);
        uint32_t crc = (uint32_t)rng_u64(&rng);

        for (size_t at = 0; at < sizeof(bytes); at++)
            bytes[at] = (unsigned char)rng_u64(&rng);
        MUST_EQ(crc32c(crc, bytes + from, n), table_crc(crc, bytes + from, n));
        if (n >= 4) { // the same where a frame's record is copied behind its word
            uint32_t word = (uint32_t)bytes[from] | (uint32_t)bytes[from + 1] << 8 |
                            (uint32_t)bytes[from + 2] << 16 | (uint32_t)bytes[from + 3] << 24;

            memset(copy, 0, sizeof(copy));
            MUST_EQ(crc32c_copy(crc, word, copy, bytes + from + 4, n - 4),
                    table_crc(crc, bytes + from, n));
            ck_assert(memcmp(copy, bytes + from + 4, n - 4) == 0 && copy[n - 4] == 0);
        }
    }
}
END_TEST

/* A record of which two parts are not 0 has the sum of all its bytes. */
START_TEST(what_is_0_between_parts_counts)
{
    static unsigned char bytes[8 * 60 + 8];
    struct rng rng;

    rng_init(&rng, 13);
    for (int i = 0; i < 5000; i++) {
        uint32_t words = 2 + (uint32_t)rng_below(&rng, 58); // the last of which is 0
        uint32_t first = (uint32_t)rng_below(&rng, words);
        uint32_t at = first + (uint32_t)rng_below(&rng, words - first);
        uint32_t second = (uint32_t)rng_below(&rng, words - at);
        struct crc_parts parts = {
            .n = 8 * words, .first = 8 * first, .at = 8 * at, .second = 8 * second};
        uint32_t crc = (uint32_t)rng_u64(&rng);
        size_t from = rng_below(&rng, 8);

        memset(bytes, 0, sizeof(bytes));
        for (size_t k = 0; k < parts.first; k++)
            bytes[from + k] = (unsigned char)rng_u64(&rng);
        for (size_t k = parts.at; k < parts.at + parts.second; k++)
            bytes[from + k] = (unsigned char)rng_u64(&rng);
        crc_parts_init(&parts);
        MUST_EQ(crc32c_parts(crc, bytes + from, &parts), table_crc(crc, bytes + from, parts.n));
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("crc");
    TCase *tcase = tcase_create("promises");
    SRunner *runner = srunner_create(suite);
    int n_failed;

    tcase_set_timeout(tcase, 100);
    tcase_add_test(tcase, answers_of_the_rfc);
    tcase_add_test(tcase, pieces_at_any_alignment_give_the_whole);
    tcase_add_test(tcase, granules_are_as_their_bytes);
    tcase_add_test(tcase, what_is_0_between_parts_counts);
    suite_add_tcase(suite, tcase);
    srunner_run_all(runner, CK_NORMAL);
    n_failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return n_failed != 0;
}
