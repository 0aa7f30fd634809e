// SPDX-License-Identifier: Apache-2.0
/* cron: a calendar in five fields, in UTC: minute, hour, day of the month, month, day of the week.
 *
 * As in crontab(5) of Vixie cron: lists "1,15", ranges "9-17", steps over a range or over all
 * ("*" and "/15"), months and weekdays by number or by their first three letters, 7 is Sunday too.
 * When both days are restricted, either is enough; a field that begins with '*' restricts nothing
 * in this sense. There is no year and no second, and UTC has no daylight saving: every time that
 * matches comes exactly once. [any] */
#ifndef BASE_CRON_H
#define BASE_CRON_H

#include <agon/types.h>

#include "base/error.h"

struct cron {
    uint64_t minutes; /* bit 0 to 59 */
    uint32_t hours;   /* bit 0 to 23 */
    uint32_t days;    /* bit 1 to 31 */
    uint16_t months;  /* bit 1 to 12 */
    uint8_t weekdays; /* bit 0, Sunday, to 6 */
    uint8_t is_any_day, is_any_weekday;
};

/* n bytes of text. AGON_EINVAL: err says what is wrong and at which column, counted from 1; so for
 * a calendar whose day never comes, such as February 30. */
int cron_parse(struct cron *cron, const char *text, size_t n, struct error *err);
/* The first full minute after t (ns since 1970) that matches; INT64_MAX beyond the year 2200. */
int64_t cron_next(const struct cron *cron, int64_t t);

#endif
