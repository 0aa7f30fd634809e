// SPDX-License-Identifier: Apache-2.0
// What was meant: each single mistake of typing in a known word leads back to it (b-05).
#include <check.h>
#include <stdio.h>

#include "config/suggest.h"

static const char *const keys[] = {
    "name",       "plugin",   "daily_loss", "drawdown", "book_age",   "order",   "failover",
    "max_orders", "position", "capital",    "seed",     "instrument", "account", "latency",
    "on_crash",   "stage",    "runner",     "params",   "subscribe",  "collar",  "venue",
};
#define KEYS (sizeof(keys) / sizeof(keys[0]))

static const char *suggested(const char *word)
{
    struct suggest suggest = {0};

    for (size_t i = 0; i < KEYS; i++)
        suggest_offer(&suggest, word, strlen(word), keys[i]);
    return suggest.best;
}

START_TEST(every_single_edit_leads_back)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyz_-";
    const char *key = keys[_i];
    size_t n = strlen(key);
    char word[64];

    for (size_t at = 0; at <= n; at++) {
        for (const char *c = letters; *c; c++) {
            snprintf(word, sizeof(word), "%.*s%c%s", (int)at, key, *c, key + at);
            ck_assert_str_eq(suggested(word), key);
            if (at == n)
                continue;
            snprintf(word, sizeof(word), "%.*s%c%s", (int)at, key, *c, key + at + 1);
            ck_assert_str_eq(suggested(word), key);
        }
        if (at < n) {
            snprintf(word, sizeof(word), "%.*s%s", (int)at, key, key + at + 1);
            ck_assert_str_eq(suggested(word), key);
        }
        if (at + 1 < n) {
            snprintf(word, sizeof(word), "%.*s%c%c%s", (int)at, key, key[at + 1], key[at],
                     key + at + 2);
            ck_assert_str_eq(suggested(word), key);
        }
    }
}
END_TEST

static const struct {
    const char *a, *b;
    uint32_t want;
} distances[] = {
    {"", "", 0},
    {"", "abc", 3},
    {"kitten", "sitting", 3},
    {"ab", "ba", 1},
    {"ca", "abc", 3},
    {"Name", "name", 0},
    {"saturday", "sunday", 3},
    {"plugni", "plugin", 1},
    {"abcdef", "badcfe", 3},
};

START_TEST(distances_are_those_of_the_literature)
{
    // Optimal string alignment: no part is edited twice, so "ca" to "abc" is 3.
    const char *a = distances[_i].a, *b = distances[_i].b;

    ck_assert_uint_eq(suggest_distance(a, strlen(a), b, strlen(b)), distances[_i].want);
    ck_assert_uint_eq(suggest_distance(b, strlen(b), a, strlen(a)), distances[_i].want);
}
END_TEST

START_TEST(what_is_near_to_nothing_gets_no_offer)
{
    ck_assert_ptr_null(suggested("zzzz"));
    ck_assert_ptr_null(suggested(""));
    ck_assert_ptr_null(suggested("x"));
    ck_assert_str_eq(suggested("instru"), "instrument");
    // Half of a short word is another word.
    ck_assert_ptr_null(suggested("mane"));
    ck_assert_ptr_null(suggested("feel"));
    ck_assert_str_eq(suggested("sede"), "seed");
    ck_assert_str_eq(suggested("nm"), "name");
    ck_assert_str_eq(suggested("capitla"), "capital");
    ck_assert_str_eq(suggested("veneu"), "venue");
    // A word longer than any comparison is near to nothing.
    ck_assert_ptr_null(
        suggested("namenamenamenamenamenamenamenamenamenamenamenamenamenamenamenamenam"));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("suggest");
    TCase *tcase = tcase_create("promises");
    SRunner *runner = srunner_create(suite);
    int n_failed;

    tcase_add_loop_test(tcase, every_single_edit_leads_back, 0, KEYS);
    tcase_add_loop_test(tcase, distances_are_those_of_the_literature, 0,
                        (int)(sizeof(distances) / sizeof(distances[0])));
    tcase_add_test(tcase, what_is_near_to_nothing_gets_no_offer);
    suite_add_tcase(suite, tcase);
    srunner_run_all(runner, CK_NORMAL);
    n_failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return n_failed != 0;
}
