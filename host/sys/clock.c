// SPDX-License-Identifier: Apache-2.0
#include "sys/clock.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <time.h>

#include "base/num.h"
#include "sys/machine.h"

#define CLOCK_TOGETHER_NS 50000000

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

int64_t clock_cpu(void)
{
    return read_clock(CLOCK_THREAD_CPUTIME_ID);
}

/* The system's UTC, which may be set to anything at any time: read in this file only. */
static agon_ns_t read_wall(void)
{
    const struct machine *machine = machine_simulated();

    if (machine != NULL)
        return machine->wall(machine->ctx);
    return read_clock(CLOCK_REALTIME);
}

void clock_utc_init(struct clock_utc *clock, int64_t mono_ns, agon_ns_t wall_ns)
{
    memset(clock, 0, sizeof(*clock));
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
        clock->want_ns = clock->has_other ? clock->other_ns : offset;
        return off_by;
    }
    clock->want_ns = offset + off_by;
    return 0;
}

agon_ns_t clock_utc_at(const struct clock_utc *clock, int64_t mono_ns)
{
    return mono_ns + offset_at(clock, mono_ns);
}

/* What all threads read: a copy of kept, made anew by the one that keeps it. version is odd while
 * it is being made, and a reader tries again. */
static struct {
    _Atomic uint32_t version;
    _Atomic int64_t mono_ns, offset_ns, want_ns;
} shown;
static struct clock_utc kept;
static int64_t kept_off_by; /* the wall clock, when it was last compared */
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void show(void)
{
    uint32_t version = atomic_load_explicit(&shown.version, memory_order_relaxed);

    atomic_store_explicit(&shown.version, version + 1, memory_order_relaxed);
    // Released, so that who sees one of them sees the odd version before it.
    atomic_store_explicit(&shown.mono_ns, kept.mono_ns, memory_order_release);
    atomic_store_explicit(&shown.offset_ns, kept.offset_ns, memory_order_release);
    atomic_store_explicit(&shown.want_ns, kept.want_ns, memory_order_release);
    atomic_store_explicit(&shown.version, version + 2, memory_order_release);
}

/* Both clocks at one moment: a thread that was not run in between would see a step that there was
 * not. False: it never was, this time. */
static int read_both(int64_t *mono_ns, agon_ns_t *wall_ns)
{
    for (int i = 0; i < 5; i++) {
        int64_t before_ns = clock_mono();

        *wall_ns = read_wall();
        *mono_ns = clock_mono();
        if (*mono_ns - before_ns <= CLOCK_TOGETHER_NS)
            return 1;
    }
    return 0;
}

static void begin(void)
{
    int64_t mono_ns;
    agon_ns_t wall_ns;

    (void)read_both(&mono_ns, &wall_ns);
    clock_utc_init(&kept, mono_ns, wall_ns);
    kept_off_by = 0;
    show();
}

void clock_begin(void)
{
    (void)pthread_once(&once, begin); // or the first reading would begin it once more
    begin();
}

agon_ns_t clock_at(int64_t mono_ns)
{
    struct clock_utc copy = {0};
    uint32_t version;

    (void)pthread_once(&once, begin);
    do {
        version = atomic_load_explicit(&shown.version, memory_order_acquire);
        copy.mono_ns = atomic_load_explicit(&shown.mono_ns, memory_order_acquire);
        copy.offset_ns = atomic_load_explicit(&shown.offset_ns, memory_order_acquire);
        copy.want_ns = atomic_load_explicit(&shown.want_ns, memory_order_acquire);
    } while ((version & 1) != 0 ||
             version != atomic_load_explicit(&shown.version, memory_order_relaxed));
    return clock_utc_at(&copy, mono_ns);
}

agon_ns_t clock_now(void)
{
    return clock_at(clock_mono());
}

int64_t clock_keep(void)
{
    int64_t mono_ns;
    agon_ns_t wall_ns;

    (void)pthread_once(&once, begin);
    if (!read_both(&mono_ns, &wall_ns))
        return kept_off_by;
    kept_off_by = clock_utc_observe(&kept, mono_ns, wall_ns);
    show();
    return kept_off_by;
}

void clock_follow(int64_t offset_ns)
{
    (void)pthread_once(&once, begin);
    kept.other_ns = offset_ns;
    kept.has_other = 1;
}

void clock_take(int64_t mono_ns, agon_ns_t utc)
{
    (void)pthread_once(&once, begin);
    clock_utc_init(&kept, mono_ns, utc);
    show();
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
