// SPDX-License-Identifier: Apache-2.0
#include "venue/stamp.h"

#include <stdio.h>
#include <time.h>

static int digits(const char *at, int n, int64_t *value)
{
    *value = 0;
    for (int i = 0; i < n; i++) {
        if (at[i] < '0' || at[i] > '9')
            return 0;
        *value = *value * 10 + (at[i] - '0');
    }
    return 1;
}

/* Days since 1970 of a civil date. */
static int64_t days_of(int64_t y, int64_t m, int64_t d)
{
    int64_t year = m <= 2 ? y - 1 : y;
    int64_t era = year / 400;
    int64_t of_era = year - era * 400;
    int64_t of_year = (153 * (m + (m > 2 ? -3 : 9)) + 2) / 5 + d - 1;

    return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

int stamp_read(struct scan *scan, agon_ns_t *t)
{
    struct scan_text text;
    int64_t part[6];
    int64_t ns = 0;
    int64_t unit = 100000000;
    uint32_t at = 19;

    // yyyy-mm-ddThh:mm:ss
    if (scan_string(scan, &text) < 0 || text.is_raw || text.n < 20 || text.at[4] != '-' ||
        text.at[7] != '-' || text.at[10] != 'T' || text.at[13] != ':' || text.at[16] != ':' ||
        text.at[text.n - 1] != 'Z' || !digits(text.at, 4, &part[0]))
        return scan_fail(scan);
    for (uint32_t i = 1; i < 6; i++) {
        if (!digits(text.at + 2 + 3 * i, 2, &part[i]))
            return scan_fail(scan);
    }
    if (part[0] < 2000 || part[0] > 2099 || part[1] < 1 || part[1] > 12 || part[2] < 1 ||
        part[2] > 31 || part[3] > 23 || part[4] > 59 || part[5] > 60)
        return scan_fail(scan);
    if (text.at[at] == '.') {
        for (at++; at < text.n - 1; at++, unit /= 10) {
            if (text.at[at] < '0' || text.at[at] > '9')
                return scan_fail(scan);
            ns += (text.at[at] - '0') * unit;
        }
    } else if (at != text.n - 1) {
        return scan_fail(scan);
    }
    *t = ((days_of(part[0], part[1], part[2]) * 24 + part[3]) * 60 + part[4]) * 60 * 1000000000 +
         part[5] * 1000000000 + ns;
    return AGON_OK;
}

int stamp_read_seconds(struct scan *scan, agon_ns_t *t)
{
    struct scan_text text;
    const char *point;
    size_t n;

    if (scan_number(scan, &text) < 0)
        return scan->rc;
    // More digits than a nanosecond has are the venue's arithmetic.
    point = memchr(text.at, '.', text.n);
    n = point != NULL && text.n - (size_t)(point - text.at) > 10 ? (size_t)(point - text.at) + 10
                                                                 : text.n;
    if (num_parse(text.at, n, 9, t) < 0 || *t < 0)
        return scan_fail(scan);
    return AGON_OK;
}

void stamp_print(agon_ns_t t, char text[STAMP_TEXT])
{
    time_t seconds = (time_t)(t / 1000000000);
    struct tm tm;
    size_t n;

    gmtime_r(&seconds, &tm);
    n = strftime(text, STAMP_TEXT, "%Y-%m-%dT%H:%M:%S", &tm);
    snprintf(text + n, STAMP_TEXT - n, ".%03dZ", (int)(t % 1000000000 / 1000000));
}
