// SPDX-License-Identifier: Apache-2.0
/* Meters: a bucket for each channel. What is told, what ends a plugin, what time takes out again,
 * and that the documentation has the table. With the argument "print" it prints that table. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/money.h"
#include "slot/meters.h"

#define MS ((agon_ns_t)1000000)

static const uint32_t rates[METERS_N] = {[METER_SIGNALS] = 1000};

START_TEST(a_bucket_is_told_at_a_tenth_and_over_when_full)
{
    struct meters meters = {0};
    struct meters_found found;

    meters.n[METER_SIGNALS] = 1999; // 1000 a second: 20000 fill it
    found = meters_look(&meters, rates, 0, 0);
    ck_assert_uint_eq(found.told, 0);
    ck_assert_uint_eq(meters_level(&meters, METER_SIGNALS), 1999);
    meters.n[METER_SIGNALS] = 2000;
    found = meters_look(&meters, rates, 0, 0);
    ck_assert_uint_eq(found.told, 1u << METER_SIGNALS);
    ck_assert_int_eq(found.over, -1);
    meters.n[METER_SIGNALS] = 19999;
    found = meters_look(&meters, rates, 0, 0);
    ck_assert_uint_eq(found.told, 0); // it was told
    ck_assert_int_eq(found.over, -1);
    meters.n[METER_SIGNALS] = 20000;
    found = meters_look(&meters, rates, 0, 0);
    ck_assert_int_eq(found.over, METER_SIGNALS);
}
END_TEST

START_TEST(who_keeps_to_the_rate_is_never_told)
{
    struct meters meters = {0};

    for (int i = 0; i < 100000; i++) { // one each millisecond, for 100 s, by looks of any length
        struct meters_found found;

        meters.n[METER_SIGNALS] += (uint64_t)(1 + i % 7);
        found = meters_look(&meters, rates, (1 + i % 7) * MS, (1 + i % 7) * MS);
        ck_assert_uint_eq(found.told, 0);
        ck_assert_int_eq(found.over, -1);
    }
    (void)meters_look(&meters, rates, 7 * MS, 7 * MS);
    ck_assert_uint_eq(meters_level(&meters, METER_SIGNALS), 0);
}
END_TEST

START_TEST(a_little_above_the_rate_is_over_in_the_end)
{
    struct meters meters = {0};
    int64_t ms = 0;
    int over = -1;

    for (; over < 0 && ms < 1000000; ms++) { // 1100 a second: 100 too many, 20000 after 200 s
        meters.n[METER_SIGNALS] += ms % 10 == 0 ? 2 : 1;
        over = meters_look(&meters, rates, MS, MS).over;
    }
    ck_assert_int_eq(over, METER_SIGNALS);
    ck_assert_int_ge(ms, 199000);
    ck_assert_int_le(ms, 201000);
}
END_TEST

START_TEST(a_roster_s_rate_is_taken_and_a_day_empties_all)
{
    static const uint32_t mine[METERS_N] = {[METER_SIGNALS] = 5};
    struct meters meters = {0};

    meters.n[METER_SIGNALS] = 99;
    meters.n[METER_BYTES] = UINT64_MAX / 2; // what no bucket holds is a full one
    ck_assert_int_eq(meters_look(&meters, mine, 0, 0).over, METER_BYTES);
    ck_assert_uint_eq(meters_level(&meters, METER_SIGNALS), 99);
    ck_assert_uint_eq(meters_level(&meters, METER_BYTES), 20ull * 1000000);
    ck_assert_int_eq(
        meters_look(&meters, mine, (agon_ns_t)86400 * 1000 * MS, (agon_ns_t)86400 * 1000 * MS).over,
        -1);
    ck_assert_uint_eq(meters_level(&meters, METER_BYTES), 0);
    meters.n[METER_SIGNALS] += 10; // after it was empty it is told anew
    ck_assert_uint_eq(meters_look(&meters, mine, 0, 0).told, 1u << METER_SIGNALS);
    meters.n[METER_SIGNALS] += 10;
    meters_clear(&meters);
    ck_assert_int_eq(meters_look(&meters, mine, 0, 0).over, -1);
    ck_assert_uint_eq(meters_level(&meters, METER_SIGNALS), 0);
}
END_TEST

START_TEST(processor_time_is_by_the_machine_s_clock)
{
    static const uint32_t mine[METERS_N] = {[METER_CPU] = 1000, [METER_SIGNALS] = 1000};
    struct meters meters = {0};
    int over = -1;

    // A market at ten times its speed: 1 s of ours is 10 s there.
    for (int i = 0; i < 1010 && over < 0; i++) {
        meters.n[METER_CPU] += 120; // in 100 ms: 200 ms too many a second, 20,000 after 100 s
        meters.n[METER_SIGNALS] += 999;
        over = meters_look(&meters, mine, 1000 * MS, 100 * MS).over;
        ck_assert(over < 0 || i >= 990);
    }
    ck_assert_int_eq(over, METER_CPU);
    ck_assert_uint_eq(meters_level(&meters, METER_SIGNALS), 999);
}
END_TEST

static void print_table(FILE *out)
{
    fprintf(out, "| key | unit | preset a second | what |\n| --- | --- | --- | --- |\n");
    for (uint32_t i = 0; i < METERS_N; i++)
        fprintf(out, "| `meters.%s` | %s | %u | %s |\n", meters_all[i].key, meters_all[i].unit,
                meters_all[i].preset, meters_all[i].doc);
}

START_TEST(the_documentation_has_the_same_table)
{
    const char *root = getenv("AGON_SOURCE_ROOT");
    char *page = calloc(1, 1 << 20);
    char *want = NULL;
    char path[512];
    size_t n = 0;
    FILE *out = open_memstream(&want, &n);
    FILE *file;

    print_table(out);
    fclose(out);
    snprintf(path, sizeof(path), "%s/docs/operations.md", root != NULL ? root : ".");
    file = fopen(path, "r");
    ck_assert_msg(file != NULL && page != NULL, "%s", path);
    ck_assert_uint_gt(fread(page, 1, (1 << 20) - 1, file), 0);
    fclose(file);
    ck_assert_msg(strstr(page, want) != NULL, "docs/operations.md should have:\n%s", want);
    free(want);
    free(page);
}
END_TEST

START_TEST(a_warning_is_whole_whatever_the_name_the_meter_and_its_rate)
{
    char want[96], text[METER_SAID];

    meter_tell_text(METER_REFUSED, "flood_1", 1000, 2345, 0, text);
    // It runs on: only who fills the bucket is ended.
    ck_assert_str_eq(text, "flood_1 exceeds the refused-intent limit of 1,000/s (meters.refused): "
                           "2,345 of 20,000 in its meter; it runs on");
    meter_tell_text(METER_REFUSED, "flood_1", 1000, 20000, 1, text);
    ck_assert_str_eq(text, "flood_1 exceeds the refused-intent limit of 1,000/s (meters.refused): "
                           "20,000 of 20,000 in its meter; it is ended");
    for (uint32_t id = 0; id < METERS_N; id++) {
        const struct meter *meter = &meters_all[id];
        uint64_t full = (uint64_t)meter->most * METER_SECONDS;
        char counts[2][MONEY_TEXT];

        for (int is_ending = 0; is_ending < 2; is_ending++) {
            meter_tell_text(id, "an_agent_of_one_and_thirty_chars", meter->most, full, is_ending,
                            text);
            snprintf(want, sizeof(want), ": %s of %s", money_count(full, counts[0]),
                     money_count(full, counts[1]));
            ck_assert_msg(strstr(text, want) != NULL && strchr(text, '`') == NULL, "%s", text);
            snprintf(want, sizeof(want), "; it %s", is_ending ? "is ended" : "runs on");
            ck_assert_msg(strlen(text) > strlen(want) &&
                              strcmp(text + strlen(text) - strlen(want), want) == 0,
                          "%s", text);
        }
    }
}
END_TEST

int main(int argc, char **argv)
{
    Suite *suite = suite_create("slot_meters");
    TCase *tcase = tcase_create("all");
    SRunner *runner;
    int n_failed;

    if (argc > 1 && strcmp(argv[1], "print") == 0) {
        print_table(stdout);
        return 0;
    }
    tcase_add_test(tcase, a_bucket_is_told_at_a_tenth_and_over_when_full);
    tcase_add_test(tcase, who_keeps_to_the_rate_is_never_told);
    tcase_add_test(tcase, a_little_above_the_rate_is_over_in_the_end);
    tcase_add_test(tcase, a_roster_s_rate_is_taken_and_a_day_empties_all);
    tcase_add_test(tcase, processor_time_is_by_the_machine_s_clock);
    tcase_add_test(tcase, a_warning_is_whole_whatever_the_name_the_meter_and_its_rate);
    tcase_add_test(tcase, the_documentation_has_the_same_table);
    suite_add_tcase(suite, tcase);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    n_failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return n_failed != 0;
}
