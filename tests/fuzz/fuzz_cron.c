// SPDX-License-Identifier: Apache-2.0
/* fuzz_cron: any text as a calendar. A refusal names its column, what is taken is the same after it
 * is written out as lists of numbers, and the time that comes next is the first that a slow and
 * obvious second look at the calendar finds.
 *
 * Bytes 0 to 7: the time from which on; then the text.
 *
 * decodes: host/base/cron.c */
#include "base/cron.h"

#include <stdio.h>
#include <time.h>

#include "fuzz.h"

#define MINUTE_NS ((int64_t)60 * 1000000000)
#define TEXT_MAX  1024

static int bit(uint64_t bits, int at)
{
    return (int)(bits >> at & 1);
}

// By the C library's calendar, and by the rule as crontab(5) has it.
static int matches(const struct cron *cron, int64_t minute)
{
    time_t seconds = (time_t)(minute * 60);
    struct tm tm;
    int is_date, is_weekday;

    REQUIRE(gmtime_r(&seconds, &tm) != NULL);
    is_date = bit(cron->days, tm.tm_mday);
    is_weekday = bit(cron->weekdays, tm.tm_wday);
    return bit(cron->minutes, tm.tm_min) && bit(cron->hours, tm.tm_hour) &&
           bit(cron->months, tm.tm_mon + 1) &&
           (cron->is_any_day || cron->is_any_weekday ? is_date && is_weekday
                                                     : is_date || is_weekday);
}

static size_t put_list(char *to, uint64_t bits, int least, int most, int is_any)
{
    size_t n = 0;

    if (is_any && bits == (((uint64_t)1 << (most - least + 1)) - 1) << least)
        return (size_t)sprintf(to, "* ");
    for (int i = least; i <= most; i++) {
        if (bit(bits, i))
            n += (size_t)sprintf(to + n, n > 0 ? ",%d" : "%d", i);
    }
    return n + (size_t)sprintf(to + n, " ");
}

static void look_again(const struct cron *cron)
{
    char text[TEXT_MAX];
    struct error err = {0};
    struct cron again;
    size_t n = put_list(text, cron->minutes, 0, 59, 1);

    n += put_list(text + n, cron->hours, 0, 23, 1);
    n += put_list(text + n, cron->days, 1, 31, cron->is_any_day);
    n += put_list(text + n, cron->months, 1, 12, 1);
    n += put_list(text + n, cron->weekdays, 0, 6, cron->is_any_weekday);
    REQUIRE(n < sizeof(text) && cron_parse(&again, text, n, &err) >= 0);
    REQUIRE(again.minutes == cron->minutes && again.hours == cron->hours &&
            again.days == cron->days && again.months == cron->months &&
            again.weekdays == cron->weekdays);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    int64_t until, next, t, minute;
    struct error err = {0};
    struct cron cron;
    unsigned at;

    if (n < 8)
        return 0;
    memcpy(&t, bytes, 8);
    if (cron_parse(&cron, (const char *)bytes + 8, n - 8, &err) < 0) {
        REQUIRE(err.code == AGON_EINVAL && err.text[0] != '\0');
        if (sscanf(err.text, "column %u", &at) == 1)
            REQUIRE(at >= 1 && at <= n - 8 + 1);
        return 0;
    }
    look_again(&cron);
    // The years that there are: 1969 to 2200.
    t %= (int64_t)231 * 365 * 1440 * MINUTE_NS;
    next = cron_next(&cron, t);
    minute = t < 0 ? 0 : t / MINUTE_NS + 1;
    if (next == INT64_MAX) {
        // February 29 on one weekday may be forty years away.
        REQUIRE(minute > (int64_t)180 * 365 * 1440);
        return 0;
    }
    REQUIRE(next > t && next % MINUTE_NS == 0 && matches(&cron, next / MINUTE_NS));
    until = minute + 3000 < next / MINUTE_NS ? minute + 3000 : next / MINUTE_NS;
    for (; minute < until; minute++)
        REQUIRE(!matches(&cron, minute));
    return 0;
}
