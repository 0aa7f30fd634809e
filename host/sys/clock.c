// SPDX-License-Identifier: Apache-2.0
#include "sys/clock.h"

#include <stdio.h>
#include <time.h>

#include "base/num.h"
#include "sys/machine.h"

static int64_t read_clock(clockid_t id)
{
    struct timespec at = {0};

    (void)clock_gettime(id, &at);
    return (int64_t)at.tv_sec * CLOCK_SECOND + at.tv_nsec;
}

int64_t clock_mono(void)
{
    const struct machine *machine = machine_simulated();

    if (machine != NULL)
        return machine->mono(machine->ctx);
    return read_clock(CLOCK_MONOTONIC);
}

agon_ns_t clock_wall(void)
{
    const struct machine *machine = machine_simulated();

    if (machine != NULL)
        return machine->wall(machine->ctx);
    return read_clock(CLOCK_REALTIME);
}

void clock_utc_init(struct clock_utc *clock, int64_t mono_ns, agon_ns_t wall_ns)
{
    clock->mono_ns = mono_ns;
    clock->offset_ns = wall_ns - mono_ns;
    clock->want_ns = clock->offset_ns;
}

static int64_t offset_at(const struct clock_utc *clock, int64_t mono_ns)
{
    int64_t passed = mono_ns > clock->mono_ns ? mono_ns - clock->mono_ns : 0;
    int64_t most = num_mul_div(passed, CLOCK_SLEW_PPM, 1000000, NUM_DOWN);
    int64_t lack = clock->want_ns - clock->offset_ns;

    if (lack > most)
        lack = most;
    if (lack < -most)
        lack = -most;
    return clock->offset_ns + lack;
}

int64_t clock_utc_observe(struct clock_utc *clock, int64_t mono_ns, agon_ns_t wall_ns)
{
    int64_t offset = offset_at(clock, mono_ns);
    int64_t off_by = wall_ns - mono_ns - offset;

    if (mono_ns > clock->mono_ns)
        clock->mono_ns = mono_ns;
    clock->offset_ns = offset;
    if (off_by > CLOCK_STEP_NS || off_by < -CLOCK_STEP_NS) {
        clock->want_ns = offset;
        return off_by;
    }
    clock->want_ns = offset + off_by;
    return 0;
}

agon_ns_t clock_utc_at(const struct clock_utc *clock, int64_t mono_ns)
{
    return mono_ns + offset_at(clock, mono_ns);
}

int clock_market_init(struct clock_market *clock, agon_ns_t t_start, agon_ns_t now_start,
                      int64_t speed_milli)
{
    if (speed_milli < 1000 || speed_milli > CLOCK_SPEED_MAX)
        return AGON_ERANGE;
    clock->t_start = t_start;
    clock->now_start = now_start;
    clock->speed_milli = speed_milli;
    return AGON_OK;
}

agon_ns_t clock_market_at(const struct clock_market *clock, agon_ns_t now)
{
    return num_add(clock->t_start,
                   num_mul_div(now - clock->now_start, clock->speed_milli, 1000, NUM_DOWN));
}

int64_t clock_market_wait(const struct clock_market *clock, agon_ns_t now, agon_ns_t t)
{
    int64_t left = num_add(t, -clock_market_at(clock, now));

    return left <= 0 ? 0 : num_mul_div(left, 1000, clock->speed_milli, NUM_UP);
}

int clock_text(agon_ns_t t, char text[CLOCK_TEXT])
{
    int64_t second = num_div(t, CLOCK_SECOND, NUM_DOWN);
    time_t at = (time_t)second;
    struct tm tm;

    if (gmtime_r(&at, &tm) == NULL)
        memset(&tm, 0, sizeof(tm));
    return snprintf(text, CLOCK_TEXT, "%04u-%02u-%02uT%02u:%02u:%02u.%06uZ",
                    (unsigned)(tm.tm_year + 1900) % 10000, (unsigned)(tm.tm_mon + 1) % 100,
                    (unsigned)tm.tm_mday % 100, (unsigned)tm.tm_hour % 100,
                    (unsigned)tm.tm_min % 100, (unsigned)tm.tm_sec % 100,
                    (unsigned)((t - second * CLOCK_SECOND) / 1000) % 1000000);
}
