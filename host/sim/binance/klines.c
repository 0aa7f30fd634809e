// SPDX-License-Identifier: Apache-2.0
/* klines: bars of the venue's sixteen intervals, made from the pit's minutes (1s: seconds) when
 * they are asked for. */
#include "base/num.h"
#include "sim/binance/simb.h"

const char *const simb_intervals[SIMB_INTERVALS] = {"1s", "1m", "3m", "5m", "15m", "30m",
                                                    "1h", "2h", "4h", "6h", "8h",  "12h",
                                                    "1d", "3d", "1w", "1M"};
static const int64_t seconds[SIMB_INTERVALS] = {
    1, 60, 180, 300, 900, 1800, 3600, 7200, 14400, 21600, 28800, 43200, 86400, 259200, 604800, 0};

#define WEEK  14
#define MONTH 15
#define DAY_S 86400ll

int simb_interval(const char *name)
{
    for (int i = 0; i < SIMB_INTERVALS; i++)
        if (strcmp(simb_intervals[i], name) == 0)
            return i;
    return -1;
}

int simb_is_interval(agon_ns_t length_ns)
{
    for (int i = 1; i < WEEK - 1; i++) // from a minute to a day
        if (seconds[i] * SIMB_NS_PER_S == length_ns)
            return 1;
    return 0;
}

static int64_t floor_to(int64_t value, int64_t step)
{
    return num_to_step(value, step, NUM_DOWN);
}

// Days since 1970 of the first of a month, counted from January 1970; after Howard Hinnant.
static int64_t days_of_month(int64_t month)
{
    int64_t year = 1970 + num_div(month, 12, NUM_DOWN), m = month - (year - 1970) * 12 + 1;
    int64_t y = m <= 2 ? year - 1 : year;
    int64_t era = num_div(y, 400, NUM_DOWN), yoe = y - era * 400;
    int64_t doy = (153 * (m + (m > 2 ? -3 : 9)) + 2) / 5;

    return era * 146097 + yoe * 365 + yoe / 4 - yoe / 100 + doy - 719468;
}

static int64_t month_of_day(int64_t day)
{
    int64_t month = day / 31; // never beyond the month that is looked for, after 1970

    while (days_of_month(month + 1) <= day)
        month++;
    return month;
}

agon_ns_t simb_interval_open(int interval, agon_ns_t t, agon_ns_t shift_ns)
{
    int64_t s = num_div(t + shift_ns, SIMB_NS_PER_S, NUM_DOWN);

    if (interval == MONTH)
        s = days_of_month(month_of_day(num_div(s, DAY_S, NUM_DOWN))) * DAY_S;
    else if (interval == WEEK) // weeks begin on Monday; 1970 began on a Thursday
        s = floor_to(s - 4 * DAY_S, seconds[interval]) + 4 * DAY_S;
    else
        s = floor_to(s, seconds[interval]);
    return s * SIMB_NS_PER_S - shift_ns;
}

agon_ns_t simb_interval_next(int interval, agon_ns_t open, agon_ns_t shift_ns)
{
    if (interval == MONTH) {
        int64_t day = (open + shift_ns) / SIMB_NS_PER_S / DAY_S;

        return days_of_month(month_of_day(day) + 1) * DAY_S * SIMB_NS_PER_S - shift_ns;
    }
    return open + seconds[interval] * SIMB_NS_PER_S;
}

// The place of the bar that opens at t, or where it would stand.
static uint32_t place(const struct pit_bar *first, uint32_t n, agon_ns_t t, agon_ns_t step)
{
    if (n == 0 || t <= first->t_open)
        return 0;
    if ((t - first->t_open) / step >= n)
        return n;
    return (uint32_t)((t - first->t_open + step - 1) / step);
}

int simb_bar(const struct pit *pit, uint32_t sym, int interval, agon_ns_t open, agon_ns_t next,
             struct pit_bar *bar)
{
    int is_second = interval == 0;
    uint32_t n = is_second ? pit_seconds(pit, sym) : pit_minutes(pit, sym);
    const struct pit_bar *bars;
    uint32_t i, end;

    memset(bar, 0, sizeof(*bar));
    if (n == 0 || (interval < MONTH && seconds[interval] * SIMB_NS_PER_S < pit_bar_ns(pit, sym)))
        return 0; // of hours no minutes are made
    bars = is_second ? pit_second_at(pit, sym, 0) : pit_minute_at(pit, sym, 0);
    i = place(bars, n, open, is_second ? SIMB_NS_PER_S : SIMB_NS_PER_MIN);
    end = place(bars, n, next, is_second ? SIMB_NS_PER_S : SIMB_NS_PER_MIN);
    for (; i < end; i++)
        pit_bar_add(bar, &bars[i]);
    bar->t_open = open;
    return bar->open_px > 0;
}

int simb_note_bar(const struct pit *pit, uint32_t sym, enum pit_note which, agon_ns_t open,
                  agon_ns_t next, struct pit_bar *bar)
{
    uint32_t n = pit_notes(pit, sym, which), i, end;
    const struct pit_bar *bars;

    memset(bar, 0, sizeof(*bar));
    if (n == 0)
        return 0;
    bars = pit_note_at(pit, sym, which, 0);
    end = place(bars, n, next, SIMB_NS_PER_MIN);
    for (i = place(bars, n, open, SIMB_NS_PER_MIN); i < end; i++)
        pit_bar_add(bar, &bars[i]);
    bar->t_open = open;
    return bar->open_px > 0;
}

void simb_stats(const struct pit *pit, uint32_t sym, agon_ns_t from, struct simb_stats *stats)
{
    uint32_t n = pit_minutes(pit, sym), i;
    const struct pit_bar *bars = n ? pit_minute_at(pit, sym, 0) : NULL;

    memset(stats, 0, sizeof(*stats));
    stats->t_open = from;
    stats->t_close = pit_now(pit);
    if (!bars)
        return;
    i = place(bars, n, from, SIMB_NS_PER_MIN);
    stats->before_px = i > 0 ? bars[i - 1].close_px : bars[0].open_px;
    for (; i < n; i++)
        pit_bar_add(&stats->bar, &bars[i]);
}
