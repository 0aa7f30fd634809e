// SPDX-License-Identifier: Apache-2.0
/* cron: the next time of calendars against dates that anybody can look up, and what is refused. */
#include "../../support/must.h"
#include "base/cron.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#define NS ((int64_t)1000000000)

static int64_t at(const char *text) // "2024-02-29 00:00"
{
    struct tm tm = {0};

    MUST(sscanf(text, "%d-%d-%d %d:%d", &tm.tm_year, &tm.tm_mon, &tm.tm_mday, &tm.tm_hour,
                &tm.tm_min) == 5);
    tm.tm_year -= 1900;
    tm.tm_mon--;
    return (int64_t)timegm(&tm) * NS;
}

static const struct {
    const char *cron, *from;
    const char *next[4];
} known[] = {
    // 2026-01-01 was a Thursday.
    {"0 0 * * 0", "2026-01-01 00:00", {"2026-01-04 00:00", "2026-01-11 00:00"}},
    {"0 0 * * 7", "2026-01-03 23:59", {"2026-01-04 00:00"}}, // 7 is Sunday too
    {"*/15 * * * *",
     "2026-01-01 00:00",
     {"2026-01-01 00:15", "2026-01-01 00:30", "2026-01-01 00:45", "2026-01-01 01:00"}},
    {"5,10-12,50-59/4 3 * * *",
     "2026-01-01 03:11",
     {"2026-01-01 03:12", "2026-01-01 03:50", "2026-01-01 03:54", "2026-01-01 03:58"}},
    {"59 23 31 12 *", "2025-12-31 23:58", {"2025-12-31 23:59", "2026-12-31 23:59"}},
    {"0 12 31 * *", "2026-03-31 12:00", {"2026-05-31 12:00", "2026-07-31 12:00"}},
    // February 29 skips three years, and seven around 2100.
    {"0 0 29 2 *", "2024-02-29 00:00", {"2028-02-29 00:00", "2032-02-29 00:00"}},
    {"0 0 29 FEB *", "2096-03-01 00:00", {"2104-02-29 00:00"}},
    // Both days restricted: either is enough. Friday the 13th is February 13, 2026.
    {"0 0 13 * 5",
     "2026-02-01 00:00",
     {"2026-02-06 00:00", "2026-02-13 00:00", "2026-02-20 00:00", "2026-02-27 00:00"}},
    {"0 0 13 * fri", "2026-03-12 23:00", {"2026-03-13 00:00", "2026-03-20 00:00"}},
    {"0 0 31 2 mon", "2026-02-01 00:00", {"2026-02-02 00:00", "2026-02-09 00:00"}},
    // A day that begins with '*' restricts nothing: both have to be.
    {"0 0 */2 * 1", "2026-01-01 00:00", {"2026-01-05 00:00", "2026-01-19 00:00"}},
    {"0 0 * jan-mar,Dec Mon-Wed", "2026-03-31 00:01", {"2026-12-01 00:00", "2026-12-02 00:00"}},
    {" 0\t0  1 1 * ", "2026-01-01 00:00", {"2027-01-01 00:00"}},
    {"0 0 1 * *", "1969-12-31 23:59", {"1970-01-01 00:00", "1970-02-01 00:00"}},
};

START_TEST(the_next_time_is_the_calendars)
{
    struct cron cron;
    struct error err = {0};
    int64_t t = at(known[_i].from);

    ck_assert_msg(cron_parse(&cron, known[_i].cron, strlen(known[_i].cron), &err) >= 0, "%s: %s",
                  known[_i].cron, err.text);
    for (int k = 0; k < 4 && known[_i].next[k] != NULL; k++) {
        // Anywhere inside the minute, what comes next is the same.
        ck_assert_msg(cron_next(&cron, t) == at(known[_i].next[k]), "%s, %d", known[_i].cron, k);
        ck_assert_msg(cron_next(&cron, t + 59 * NS) == at(known[_i].next[k]), "%s, %d",
                      known[_i].cron, k);
        t = at(known[_i].next[k]);
    }
}
END_TEST

START_TEST(every_minute_of_a_leap_year_as_by_the_system_calendar)
{
    struct cron cron;
    int64_t t = at("2024-01-01 00:00") - 1;
    int64_t end = at("2025-01-01 00:00");

    MUST(cron_parse(&cron, "7,38 */5 10-20/5 2,4,6 2", 24, NULL) >= 0);
    for (int64_t minute = at("2024-01-01 00:00"); minute < end; minute += 60 * NS) {
        time_t second = (time_t)(minute / NS);
        struct tm tm;

        gmtime_r(&second, &tm);
        if ((tm.tm_min == 7 || tm.tm_min == 38) && tm.tm_hour % 5 == 0 &&
            (tm.tm_mon == 1 || tm.tm_mon == 3 || tm.tm_mon == 5) &&
            (tm.tm_mday == 10 || tm.tm_mday == 15 || tm.tm_mday == 20 || tm.tm_wday == 2)) {
            t = cron_next(&cron, t);
            ck_assert_int_eq(t, minute);
        }
    }
    ck_assert_int_ge(cron_next(&cron, t), end);
}
END_TEST

static const struct {
    const char *cron;
    unsigned column;
    const char *what;
} bad[] = {
    {"", 1, "minute: is missing"},
    {"0 0 * *", 8, "day of the week: is missing"},
    {"0 0 * * 0 0", 11, "more than five fields"},
    {"60 * * * *", 1, "out of its range"},
    {"* 24 * * *", 3, "out of its range"},
    {"* * 0 * *", 5, "out of its range"},
    {"* * 32 * *", 5, "out of its range"},
    {"* * * 13 *", 7, "out of its range"},
    {"* * * * 8", 9, "out of its range"},
    {"5-3 * * * *", 1, "ends before it begins"},
    {"*/0 * * * *", 3, "expected a step"},
    {"*/99 * * * *", 3, "expected a step"},
    {"5/2 * * * *", 2, "a step needs a range"},
    {"1,,2 * * * *", 3, "expected a number"},
    {"1, * * * *", 3, "expected a number"},
    {"-1 * * * *", 1, "expected a number"},
    {"1.5 * * * *", 2, "expected ','"},
    {"0000 * * * *", 4, "expected ','"},
    {"* * * Febr *", 10, "expected ','"},
    {"* * * * someday", 9, "a name of three letters"},
    {"* mon * * *", 3, "expected a number"},
    {"@weekly", 1, "expected a number"},
    {"0 0 30 2 *", 0, "it never comes"},
    {"0 0 31 4,6,9,11 *", 0, "it never comes"},
    {"0 0 31 2 *", 0, "it never comes"},
};

START_TEST(what_is_none_is_told_with_its_column)
{
    struct cron cron;
    struct error err = {0};
    char begin[32];

    ck_assert_msg(cron_parse(&cron, bad[_i].cron, strlen(bad[_i].cron), &err) == AGON_EINVAL,
                  "%s is taken", bad[_i].cron);
    ck_assert_msg(strstr(err.text, bad[_i].what) != NULL, "%s: %s", bad[_i].cron, err.text);
    snprintf(begin, sizeof(begin), "column %u,", bad[_i].column);
    if (strstr(err.text, "five fields") != NULL && bad[_i].column == 11)
        snprintf(begin, sizeof(begin), "column %u:", bad[_i].column);
    ck_assert_msg(bad[_i].column == 0 || strncmp(err.text, begin, strlen(begin)) == 0, "%s: %s",
                  bad[_i].cron, err.text);
}
END_TEST

// Any text either is refused or has a time to come, within a second of our own.
START_TEST(any_text_is_judged)
{
    static const char letters[] = "0123456789*/,-  \tmonJAN";
    struct cron cron;
    uint64_t x = 88172645463325252ull;
    int n_taken = 0;

    for (int i = 0; i < 20000; i++) {
        char text[24];
        size_t n = 0;

        for (int k = 0; k < 5 + i % 18; k++) {
            x ^= x << 13;
            x ^= x >> 7;
            x ^= x << 17;
            // Most of the time something that could be a field, so that some are taken.
            if (i % 2 == 0)
                text[n++] = k % 2 == 0 ? (x % 3 == 0 ? (char)('1' + x / 3 % 5) : '*') : ' ';
            else
                text[n++] = letters[x % (sizeof(letters) - 1)];
        }
        if (cron_parse(&cron, text, n, NULL) < 0)
            continue;
        n_taken++;
        ck_assert_int_gt(cron_next(&cron, 0), 0);
        ck_assert_int_lt(cron_next(&cron, 0), at("1990-01-01 00:00"));
    }
    ck_assert_int_gt(n_taken, 100);
    MUST(cron_parse(&cron, "0 0 1 1 *", 9, NULL) >= 0);
    ck_assert_int_eq(cron_next(&cron, at("2199-06-01 00:00")), INT64_MAX);
    ck_assert_int_eq(cron_next(&cron, INT64_MAX), INT64_MAX);
    ck_assert_int_eq(cron_next(&cron, INT64_MIN), 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("cron");
    TCase *tcase = tcase_create("cron");
    SRunner *runner;
    int n_failed;

    tcase_add_loop_test(tcase, the_next_time_is_the_calendars, 0,
                        (int)(sizeof(known) / sizeof(known[0])));
    tcase_add_test(tcase, every_minute_of_a_leap_year_as_by_the_system_calendar);
    tcase_add_loop_test(tcase, what_is_none_is_told_with_its_column, 0,
                        (int)(sizeof(bad) / sizeof(bad[0])));
    tcase_add_test(tcase, any_text_is_judged);
    suite_add_tcase(suite, tcase);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    n_failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return n_failed == 0 ? 0 : 1;
}
