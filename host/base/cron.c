// SPDX-License-Identifier: Apache-2.0
#include "base/cron.h"

#include <string.h>

#define MINUTE_NS ((int64_t)60 * 1000000000)
#define LAST_DAY  84006 /* 2200-01-01 in days since 1970 */

struct reader {
    const char *text;
    size_t n, at;
    struct error *err;
};
struct field {
    const char *name;
    uint32_t least, most;
    const char *const *words; /* of least, least + 1, ...; NULL: none */
    uint32_t n_words;
};

static const char *const months[] = {"jan", "feb", "mar", "apr", "may", "jun",
                                     "jul", "aug", "sep", "oct", "nov", "dec"};
static const char *const weekdays[] = {"sun", "mon", "tue", "wed", "thu", "fri", "sat"};
static const struct field fields[5] = {{"minute", 0, 59, NULL, 0},
                                       {"hour", 0, 23, NULL, 0},
                                       {"day of the month", 1, 31, NULL, 0},
                                       {"month", 1, 12, months, 12},
                                       {"day of the week", 0, 7, weekdays, 7}};

static int is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static char peek(const struct reader *in)
{
    return in->at < in->n ? in->text[in->at] : '\0';
}

static int is_end(const struct reader *in)
{
    return in->at >= in->n || in->text[in->at] == ' ' || in->text[in->at] == '\t';
}

static int refuse(const struct reader *in, size_t at, const struct field *field, const char *what)
{
    return error_set(in->err, AGON_EINVAL, "column %zu, %s: %s", at + 1, field->name, what);
}

static int read_word(struct reader *in, const struct field *field, uint32_t *value)
{
    for (uint32_t i = 0; i < field->n_words; i++) {
        int is_same = in->n - in->at >= 3;

        for (int k = 0; k < 3 && is_same; k++)
            is_same = (in->text[in->at + (size_t)k] | 0x20) == field->words[i][k];
        if (is_same) {
            in->at += 3;
            *value = field->least + i;
            return AGON_OK;
        }
    }
    return AGON_EINVAL;
}

static int read_value(struct reader *in, const struct field *field, uint32_t *value)
{
    size_t at = in->at;

    if (!is_digit(peek(in))) {
        if (read_word(in, field, value) < 0)
            return refuse(in, at, field,
                          field->words != NULL ? "expected a number or a name of three letters"
                                               : "expected a number");
        return AGON_OK;
    }
    *value = 0;
    while (is_digit(peek(in)) && in->at - at < 3)
        *value = *value * 10 + (uint32_t)(in->text[in->at++] - '0');
    if (*value < field->least || *value > field->most)
        return refuse(in, at, field, "the number is out of its range");
    return AGON_OK;
}

// One part of a list: "*", "5", "9-17", each with "/step" if it is more than one value.
static int read_part(struct reader *in, const struct field *field, uint64_t *bits)
{
    uint32_t first = field->least;
    uint32_t last = field->most;
    uint32_t step = 1;
    size_t at = in->at;
    int is_range = 1;
    int rc = AGON_OK;

    if (peek(in) == '*') {
        in->at++;
    } else {
        rc = read_value(in, field, &first);
        if (rc < 0)
            return rc;
        last = first;
        is_range = peek(in) == '-';
        if (is_range) {
            in->at++;
            rc = read_value(in, field, &last);
            if (rc < 0)
                return rc;
            if (last < first)
                return refuse(in, at, field, "the range ends before it begins");
        }
    }
    if (peek(in) == '/') {
        size_t where = ++in->at;

        if (!is_range)
            return refuse(in, where - 1, field, "a step needs a range or '*' before it");
        step = 0;
        while (is_digit(peek(in)) && in->at - where < 3)
            step = step * 10 + (uint32_t)(in->text[in->at++] - '0');
        if (step == 0 || step > field->most)
            return refuse(in, where, field, "expected a step from 1 to the largest value");
    }
    for (uint32_t i = first; i <= last; i += step)
        *bits |= (uint64_t)1 << i;
    return AGON_OK;
}

static int read_field(struct reader *in, const struct field *field, uint64_t *bits, uint8_t *is_any)
{
    int rc;

    *bits = 0;
    while (in->at < in->n && is_end(in))
        in->at++;
    if (in->at >= in->n)
        return refuse(in, in->at, field, "is missing; expected five fields, such as \"0 0 * * 0\"");
    *is_any = peek(in) == '*';
    for (;;) {
        rc = read_part(in, field, bits);
        if (rc < 0 || is_end(in))
            return rc;
        if (peek(in) != ',')
            return refuse(in, in->at, field, "expected ',', '-', '/' or a space");
        in->at++;
    }
}

int cron_parse(struct cron *cron, const char *text, size_t n, struct error *err)
{
    static const uint8_t lengths[13] = {0, 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    struct reader in = {.text = text, .n = n, .err = err};
    uint8_t is_any[5];
    uint64_t bits[5];
    uint32_t longest = 0;
    uint32_t first_day = 1;

    memset(cron, 0, sizeof(*cron));
    for (int i = 0; i < 5; i++) {
        int rc = read_field(&in, &fields[i], &bits[i], &is_any[i]);

        if (rc < 0)
            return rc;
    }
    while (in.at < n && is_end(&in))
        in.at++;
    if (in.at < n)
        return error_set(err, AGON_EINVAL, "column %zu: more than five fields", in.at + 1);
    cron->minutes = bits[0];
    cron->hours = (uint32_t)bits[1];
    cron->days = (uint32_t)bits[2];
    cron->months = (uint16_t)bits[3];
    cron->weekdays = (uint8_t)((bits[4] | bits[4] >> 7) & 0x7f);
    cron->is_any_day = is_any[2];
    cron->is_any_weekday = is_any[4];
    for (uint32_t month = 1; month <= 12; month++) {
        if ((cron->months >> month & 1) != 0 && lengths[month] > longest)
            longest = lengths[month];
    }
    while ((cron->days >> first_day & 1) == 0)
        first_day++;
    // A weekday comes in every month, and is enough where both are restricted.
    if (first_day > longest && (cron->is_any_weekday || cron->is_any_day))
        return error_set(err, AGON_EINVAL, "no month of it has a day %u: it never comes",
                         first_day);
    return AGON_OK;
}

struct date {
    uint32_t day, month, weekday;
};

/* The civil calendar (H. Hinnant's days). */
static struct date date_of(int64_t days)
{
    int64_t shifted = days + 719468;
    int64_t era = shifted / 146097;
    int64_t doe = shifted - era * 146097;
    int64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
    int64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    int64_t mp = (5 * doy + 2) / 153;

    return (struct date){.day = (uint32_t)(doy - (153 * mp + 2) / 5 + 1),
                         .month = (uint32_t)(mp < 10 ? mp + 3 : mp - 9),
                         .weekday = (uint32_t)((days + 4) % 7)}; // 1970-01-01 was a Thursday
}

static int is_day(const struct cron *cron, int64_t days)
{
    struct date date = date_of(days);
    int is_date = (int)(cron->days >> date.day & 1);
    int is_weekday = cron->weekdays >> date.weekday & 1;

    if ((cron->months >> date.month & 1) == 0)
        return 0;
    return cron->is_any_day || cron->is_any_weekday ? is_date && is_weekday : is_date || is_weekday;
}

int64_t cron_next(const struct cron *cron, int64_t t)
{
    int64_t minute = (t < 0 ? -1 : t / MINUTE_NS) + 1;

    for (int64_t day = minute / 1440; day < LAST_DAY; day++, minute = day * 1440) {
        if (!is_day(cron, day))
            continue;
        for (; minute / 1440 == day; minute++) {
            if ((cron->hours >> (minute % 1440 / 60) & 1) != 0 &&
                (cron->minutes >> (minute % 60) & 1) != 0)
                return minute * MINUTE_NS;
        }
    }
    return INT64_MAX;
}
