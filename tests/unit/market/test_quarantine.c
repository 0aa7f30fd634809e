// SPDX-License-Identifier: Apache-2.0
/* The words of a quarantine: who, why and what to do are in it, whatever ended the plugin. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"
#include "market/quarantine.h"

START_TEST(it_says_who_why_and_what_to_do)
{
    struct record_quarantine record = {.is_set = 1, .is_named = 1};
    char why[QUARANTINE_TEXT + 16];

    quarantine_put(record.text, "crash_1", 3,
                   "signal 11 (Segmentation fault), after event 246 of the slot, instruction 0x1");
    ck_assert_str_eq(record.text,
                     "crash_1 is quarantined: 3 crashes, last: signal 11 (Segmentation fault); "
                     "next: reload another file, or quarantine clear");
    ck_assert_str_eq(quarantine_why(&record, why),
                     "3 crashes, last: signal 11 (Segmentation fault)");
    quarantine_put(record.text, "hang_1", 1, "a callback took longer than 1000 ms (after event 9)");
    ck_assert_str_eq(record.text,
                     "hang_1 is quarantined: 1 crash, last: a callback took longer than 1000 ms; "
                     "next: reload another file, or quarantine clear");
    // What is too long ends at a word, and says so.
    quarantine_put(record.text, "hang_1", 5,
                   "before it was ready: a callback took longer than 1000 ms");
    ck_assert_str_eq(record.text,
                     "hang_1 is quarantined: 5 crashes, last: before it was ready: a callback "
                     "...; next: reload another file, or quarantine clear");
}
END_TEST

#define TEN_UMLAUTS                                                                                \
    "\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4"

START_TEST(nothing_of_it_is_lost_but_of_the_last_word)
{
    static const char twenty[] = TEN_UMLAUTS TEN_UMLAUTS;
    static const char *const lasts[] = {
        "", "x", twenty,
        "a line\nand \x1b[31m more than there is room for, whatever one does about it, of course"};
    static const char *const names[] = {"a", "ab", "agent_of_twenty_letters",
                                        "agent_with_a_name_of_31_letters"};

    for (size_t i = 0; i < sizeof(lasts) / sizeof(lasts[0]); i++) {
        for (size_t k = 0; k < sizeof(names) / sizeof(names[0]); k++) {
            struct record_quarantine record = {.is_set = 1, .is_named = 1};
            char why[QUARANTINE_TEXT + 16], begin[64];

            quarantine_put(record.text, names[k], UINT32_MAX, lasts[i]);
            snprintf(begin, sizeof(begin), "%s is quarantined: 4294967295 crashes", names[k]);
            ck_assert_msg(strncmp(record.text, begin, strlen(begin)) == 0, "%s", record.text);
            ck_assert_msg(strstr(record.text, "; " QUARANTINE_NEXT) ==
                              record.text + strlen(record.text) - strlen("; " QUARANTINE_NEXT),
                          "%s", record.text);
            ck_assert_uint_lt(strlen(record.text), QUARANTINE_TEXT);
            ck_assert_msg(utf8_is_valid(record.text, strlen(record.text)), "%s", record.text);
            ck_assert_ptr_null(strpbrk(record.text, "\n\x1b"));
            ck_assert_msg(strncmp(quarantine_why(&record, why), "4294967295 crashes", 18) == 0 &&
                              strstr(why, QUARANTINE_NEXT) == NULL,
                          "%s", why);
        }
    }
}
END_TEST

START_TEST(a_journal_of_before_says_why_alone)
{
    struct record_quarantine record = {.is_set = 1,
                                       .text = "crashed 3 times, last: signal 11, instruction 0x1"};
    char why[QUARANTINE_TEXT + 16];

    ck_assert_str_eq(quarantine_why(&record, why), record.text);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("quarantine");
    TCase *tcase = tcase_create("quarantine");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_add_test(tcase, it_says_who_why_and_what_to_do);
    tcase_add_test(tcase, nothing_of_it_is_lost_but_of_the_last_word);
    tcase_add_test(tcase, a_journal_of_before_says_why_alone);
    suite_add_tcase(suite, tcase);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
