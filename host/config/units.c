// SPDX-License-Identifier: Apache-2.0
// units: see units.h.
#include "config/units.h"

#include <stdio.h>

#include "base/num.h"

static int is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* How many bytes at the head of text make a decimal, with an exponent or without. */
static size_t number_length(const char *text, size_t n)
{
    size_t at = 0;

    if (at < n && text[at] == '-')
        at++;
    while (at < n && (is_digit(text[at]) || text[at] == '.'))
        at++;
    if (at > 0 && is_digit(text[at - 1]) && at + 1 < n && (text[at] == 'e' || text[at] == 'E')) {
        size_t digit = at + 1 + (text[at + 1] == '-' || text[at + 1] == '+');
        size_t end = digit;

        while (end < n && is_digit(text[end]))
            end++;
        at = end > digit ? end : at;
    }
    return at;
}

struct unit {
    const char *name;
    int64_t factor;
};

/* The factor of the unit that is exactly these bytes; 0: none. */
static int64_t unit_factor(const struct unit *units, const char *text, size_t n)
{
    for (; units->name; units++)
        if (strlen(units->name) == n && memcmp(units->name, text, n) == 0)
            return units->factor;
    return 0;
}

/* A decimal of at most 9 places times factor, exactly. */
static int scaled(const char *text, size_t n, int64_t factor, int64_t *value)
{
    int64_t nano;
    num128_t product;
    int rc = num_read(text, n, 9, &nano);

    if (rc != AGON_OK) {
        // A large whole number does not fit with nine places; it may still fit without.
        int64_t whole;

        if (num_read(text, n, 0, &whole) != AGON_OK)
            return rc;
        product = (num128_t)whole * factor;
    } else {
        product = (num128_t)nano * factor;
        if (product % 1000000000 != 0)
            return AGON_ERANGE;
        product /= 1000000000;
    }
    if (product > NUM_MAX || product < NUM_MIN)
        return AGON_ERANGE;
    *value = (int64_t)product;
    return AGON_OK;
}

int units_duration(const char *text, size_t n, int64_t *ns, struct error *err)
{
    static const struct unit units[] = {
        {"ns", 1},          {"us", 1000},         {"ms", 1000000},       {"s", 1000000000},
        {"m", 60000000000}, {"h", 3600000000000}, {"d", 86400000000000}, {NULL, 0}};
    size_t at = number_length(text, n);
    int64_t factor = unit_factor(units, text + at, n - at);
    int64_t value;

    if (at > 0 && text[0] == '-')
        return error_set(err, AGON_ERANGE, "a duration that is not negative, such as 10s");
    if (at > 0 && at == n)
        return error_set(err, AGON_EINVAL, "a unit after the number: ns, us, ms, s, m, h or d");
    if (at == 0 || factor == 0)
        return error_set(err, AGON_EINVAL,
                         "a duration such as 250ms, 10s, 5m, 2h or 1d, without a space");
    switch (scaled(text, at, factor, &value)) {
    case AGON_OK:
        *ns = value;
        return AGON_OK;
    case AGON_ERANGE:
        return error_set(err, AGON_ERANGE, "a whole number of nanoseconds below 292 years");
    default:
        return error_set(err, AGON_EINVAL, "a plain number before the unit, such as 1.5s");
    }
}

int units_size(const char *text, size_t n, int64_t *bytes, struct error *err)
{
    static const struct unit units[] = {{"", 1},
                                        {"B", 1},
                                        {"KiB", 1024},
                                        {"MiB", 1024 * 1024},
                                        {"GiB", 1024 * 1024 * 1024},
                                        {"TiB", 1024ll * 1024 * 1024 * 1024},
                                        {NULL, 0}};
    size_t at = number_length(text, n);
    int64_t factor = unit_factor(units, text + at, n - at);
    int64_t value;

    if (at == 0 || factor == 0 || text[0] == '-')
        return error_set(err, AGON_EINVAL, "a size such as 4096, 64KiB, 16MiB or 1GiB");
    if (scaled(text, at, factor, &value) != AGON_OK)
        return error_set(err, AGON_ERANGE, "a whole number of bytes below 8 EiB");
    *bytes = value;
    return AGON_OK;
}

/* Days from 1970-01-01 to a date of the Gregorian calendar; the year begins in March, so that the
 * leap day is its last. */
static int64_t days_from(int year, int month, int day)
{
    int64_t y = month <= 2 ? year - 1 : year;
    int64_t era = y / 400, yoe = y - era * 400;
    int64_t doy = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;

    return era * 146097 + yoe * 365 + yoe / 4 - yoe / 100 + doy - 719468;
}

static int two(const char *text)
{
    return is_digit(text[0]) && is_digit(text[1]) ? (text[0] - '0') * 10 + (text[1] - '0') : -1;
}

/* Hours, minutes, seconds and fraction after the 'T'; ns of the day, or -1. */
static int64_t time_of_day(const char *text, size_t n)
{
    int64_t ns, fraction = 0;
    int h, m, s = 0;

    if (n > 0 && text[n - 1] == 'Z')
        n--;
    if (n < 5 || text[2] != ':')
        return -1;
    h = two(text);
    m = two(text + 3);
    if (n > 5) {
        if (n < 8 || text[5] != ':')
            return -1;
        s = two(text + 6);
    }
    if (n > 8) {
        char decimal[12] = "0";

        if (text[8] != '.' || n - 8 > 10 || n - 8 < 2)
            return -1;
        memcpy(decimal + 1, text + 8, n - 8);
        if (num_parse(decimal, n - 7, 9, &fraction) != AGON_OK)
            return -1;
    }
    if (h < 0 || h > 23 || m < 0 || m > 59 || s < 0 || s > 59)
        return -1;
    ns = ((int64_t)h * 3600 + m * 60 + s) * 1000000000;
    return ns + fraction;
}

int units_time(const char *text, size_t n, int64_t *ns, struct error *err)
{
    static const int days_of[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    int year, month, day, last;
    int64_t of_day = 0;

    if (n < 10 || text[4] != '-' || text[7] != '-' || two(text) < 0 || two(text + 2) < 0)
        goto form;
    year = two(text) * 100 + two(text + 2);
    month = two(text + 5);
    day = two(text + 8);
    if (n > 10 && (text[10] != 'T' || (of_day = time_of_day(text + 11, n - 11)) < 0))
        goto form;
    if (year < 1970 || year > 2200)
        return error_set(err, AGON_ERANGE,
                         "a date of the years 1970 up to 2200, such as 2024-08-08");
    if (month < 1 || month > 12)
        return error_set(err, AGON_ERANGE, "a date that there is, such as %04d-12-01", year);
    last = days_of[month - 1];
    if (month == 2 && year % 4 == 0 && (year % 100 != 0 || year % 400 == 0))
        last = 29;
    if (day < 1 || day > last)
        return error_set(err, AGON_ERANGE, "a date that there is, such as %04d-%02d-%02d", year,
                         month, last);
    *ns = days_from(year, month, day) * 86400000000000 + of_day;
    return AGON_OK;
form:
    return error_set(err, AGON_EINVAL, "a UTC time such as 2024-08-08 or 2024-08-08T12:30:00Z");
}

int units_weekly(const char *text, size_t n, int64_t *minutes, struct error *err)
{
    static const char *const days[] = {"Sunday",   "Monday", "Tuesday", "Wednesday",
                                       "Thursday", "Friday", "Saturday"};

    for (int day = 0; day < 7; day++) {
        size_t n_day = strlen(days[day]);
        int hour, minute;

        if (n != n_day + 6 || memcmp(text, days[day], n_day) != 0 || text[n_day] != ' ' ||
            text[n_day + 3] != ':')
            continue;
        hour = two(text + n_day + 1);
        minute = two(text + n_day + 4);
        if (hour < 0 || minute < 0)
            break;
        if (hour > 23 || minute > 59)
            return error_set(err, AGON_ERANGE, "a time from 00:00 to 23:59");
        *minutes = (day * 24 + hour) * 60 + minute;
        return AGON_OK;
    }
    return error_set(err, AGON_EINVAL, "a weekday and a UTC time such as Sunday 00:00");
}

int units_ppm(const char *text, size_t n, int64_t *ppm, struct error *err)
{
    static const struct unit units[] = {{"%", 10000}, {"bps", 100}, {NULL, 0}};
    size_t at = number_length(text, n);
    int64_t factor = unit_factor(units, text + at, n - at);

    if (at > 0 && at == n)
        return error_set(err, AGON_EINVAL, "a share with its unit, such as %.*s%% or %.*sbps",
                         (int)(at < 20 ? at : 20), text, (int)(at < 20 ? at : 20), text);
    if (at == 0 || factor == 0)
        return error_set(err, AGON_EINVAL, "a share such as 3%%, 0.25%% or 12bps");
    switch (scaled(text, at, factor, ppm)) {
    case AGON_OK:
        return AGON_OK;
    case AGON_ERANGE:
        return error_set(err, AGON_ERANGE, "a share of at most 4 places after the point");
    default:
        return error_set(err, AGON_EINVAL, "a plain number before the unit, such as 3%%");
    }
}

int units_money(const char *text, size_t n, int exp, int64_t *amt, char asset[UNITS_ASSET],
                struct error *err)
{
    size_t at = number_length(text, n), from = at + 1;
    int rc;

    if (at == n || at == 0 || text[at] != ' ' || n - from < 1 || n - from >= UNITS_ASSET)
        goto form;
    for (size_t i = from; i < n; i++)
        if (!is_digit(text[i]) && !(text[i] >= 'A' && text[i] <= 'Z'))
            goto form;
    rc = num_read(text, at, exp, amt);
    if (rc == AGON_ERANGE)
        return error_set(err, rc, "an amount of at most %d places that fits 63 bits", exp);
    if (rc != AGON_OK)
        goto form;
    memcpy(asset, text + from, n - from);
    asset[n - from] = 0;
    return AGON_OK;
form:
    return error_set(err, AGON_EINVAL, "an amount and its currency, such as 1000 USDT or 0.5 BTC");
}

/* Digits only, no leading zero. */
static int digits_u64(const char *text, size_t n, uint64_t *value)
{
    uint64_t sum = 0;

    if (n == 0 || (n > 1 && text[0] == '0'))
        return AGON_EINVAL;
    for (size_t i = 0; i < n; i++)
        if (!is_digit(text[i]))
            return AGON_EINVAL;
    for (size_t i = 0; i < n; i++)
        if (__builtin_mul_overflow(sum, 10u, &sum) ||
            __builtin_add_overflow(sum, (uint64_t)(text[i] - '0'), &sum))
            return AGON_ERANGE;
    *value = sum;
    return AGON_OK;
}

int units_int(const char *text, size_t n, int64_t *value, struct error *err)
{
    int is_negative = n > 0 && text[0] == '-';
    uint64_t u;
    int rc = digits_u64(text + is_negative, n - (size_t)is_negative, &u);

    if (rc == AGON_OK && is_negative && u == 0)
        rc = AGON_EINVAL;
    if (rc == AGON_OK && u > INT64_MAX)
        rc = AGON_ERANGE;
    if (rc == AGON_OK)
        *value = is_negative ? -(int64_t)u : (int64_t)u;
    else if (rc == AGON_ERANGE)
        error_set(err, rc, "a number between -9223372036854775807 and 9223372036854775807");
    else
        error_set(err, rc, "a whole number in plain digits, such as 42");
    return rc;
}

int units_u64(const char *text, size_t n, uint64_t *value, struct error *err)
{
    int rc = digits_u64(text, n, value);

    if (rc != AGON_OK)
        error_set(err, rc, "a whole number from 0 to 18446744073709551615 in plain digits");
    return rc;
}

void units_say_duration(int64_t ns, char *text, size_t room)
{
    static const struct {
        const char *name;
        int64_t ns;
    } units[] = {{"d", 86400000000000}, {"h", 3600000000000}, {"m", 60000000000}, {"s", 1000000000},
                 {"ms", 1000000},       {"us", 1000},         {"ns", 1}};
    size_t i = 0;

    while (ns % units[i].ns != 0 || (ns == 0 && i < 3))
        i++;
    snprintf(text, room, "%lld%s", (long long)(ns / units[i].ns), units[i].name);
}

void units_say_size(int64_t bytes, char *text, size_t room)
{
    static const char *const names[] = {"B", "KiB", "MiB", "GiB", "TiB"};
    size_t i = 0;

    while (bytes != 0 && bytes % 1024 == 0 && i < 4) {
        bytes /= 1024;
        i++;
    }
    snprintf(text, room, "%lld%s", (long long)bytes, names[i]);
}
