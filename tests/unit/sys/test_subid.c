// SPDX-License-Identifier: Apache-2.0
/* Which ids are a user's, by texts as of subuid(5). */
#include "help.h"
#include "sys/subid.h"

static const struct {
    const char *text;
    uint32_t first, n; /* 0: none */
} texts[] = {
    {"", 0, 0},
    {"ann:100000:65536\n", 100000, 65536},
    {"ann:100000:65536", 100000, 65536},
    {"bob:100000:65536\nann:165536:65536\n", 165536, 65536},
    {"1042:200000:1024\n", 200000, 1024},
    {"ann:100000:1023\nann:300000:1024\n", 300000, 1024}, /* the first that is large enough */
    {"anna:100000:65536\nan:100000:65536\n104:1:65536\n10420:1:65536\n", 0, 0},
    {"ann:0:65536\n", 0, 0}, /* root is nobody's to give */
    {"ann:4294967295:65536\nann:4294967296:65536\nann:-5:65536\n", 0, 0},
    {"ann:100000:99999999999999999999\nann:100000:65536x\nann:100000\nann\n:\n\n", 0, 0},
    {"ann:100000:65536:1\nann: 100000:65536\n", 0, 0},
};

START_TEST(a_range_is_the_user_s_own_and_large_enough)
{
    struct subid_range range = {7, 7};
    int rc = subid_find(texts[_i].text, "ann", 1042, 1024, &range);

    ck_assert_int_eq(rc, texts[_i].n != 0 ? AGON_OK : AGON_ENOENT);
    ck_assert_uint_eq(range.n, texts[_i].n);
    if (texts[_i].n != 0)
        ck_assert_uint_eq(range.first, texts[_i].first);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("sys_subid");
    TCase *tcase = tcase_create("subid");

    tcase_add_loop_test(tcase, a_range_is_the_user_s_own_and_large_enough, 0,
                        (int)(sizeof(texts) / sizeof(texts[0])));
    suite_add_tcase(suite, tcase);
    return help_main(suite);
}
