// SPDX-License-Identifier: Apache-2.0
#include "run/clock_guard.h"

static int64_t apart(int64_t a, int64_t b)
{
    int64_t span;

    if (__builtin_sub_overflow(a, b, &span) || span == INT64_MIN)
        return INT64_MAX;
    return span < 0 ? -span : span;
}

void clock_guard_ask(struct clock_guard *guard, int64_t mono_ns)
{
    guard->round++;
    guard->asked_ns = mono_ns;
}

int clock_guard_wall(struct clock_guard *guard, int64_t mono_ns, int64_t off_by_ns)
{
    // One that runs away slowly was not set, and what is proven stays so.
    int is_step = off_by_ns != 0 && (!guard->is_wall_off ||
                                     apart(off_by_ns, guard->wall_off_ns) > CLOCK_GUARD_ERROR_NS);

    guard->is_wall_off = off_by_ns != 0;
    guard->wall_off_ns = off_by_ns;
    if (!is_step)
        return 0;
    guard->n_steps++;
    guard->trust = CLOCK_DOUBTED;
    clock_guard_ask(guard, mono_ns);
    return 1;
}

/* Two readings that are exact enough and of one mind. */
static int is_reading(const struct clock_guard *guard, const struct gateway_times *times)
{
    return times->round == guard->round && times->n >= 2 &&
           times->error_ns[0] <= CLOCK_GUARD_ERROR_NS &&
           times->error_ns[1] <= CLOCK_GUARD_ERROR_NS &&
           apart(times->offset_ns[0], times->offset_ns[1]) <= CLOCK_GUARD_AGREE_NS;
}

enum clock_verdict clock_guard_judge(struct clock_guard *guard, int64_t mono_ns,
                                     int64_t our_offset_ns, const struct gateway_times *times,
                                     uint32_t n_venues, int64_t *offset_ns)
{
    const struct gateway_times *first = NULL;
    uint32_t n_heard = 0;

    for (uint32_t i = 0; i < n_venues; i++) {
        if (!is_reading(guard, &times[i]))
            continue;
        n_heard++;
        if (apart(times[i].offset_ns[0], our_offset_ns) <= CLOCK_GUARD_AGREE_NS &&
            apart(times[i].offset_ns[1], our_offset_ns) <= CLOCK_GUARD_AGREE_NS) {
            guard->trust = CLOCK_PROVEN;
            return CLOCK_RIGHT;
        }
        if (first == NULL) {
            first = &times[i];
        } else if (apart(first->offset_ns[0], times[i].offset_ns[0]) > CLOCK_GUARD_AGREE_NS) {
            guard->trust = CLOCK_DISPUTED;
            return CLOCK_WAIT;
        }
    }
    if (first == NULL || (n_heard < n_venues && mono_ns - guard->asked_ns < CLOCK_GUARD_OTHERS_NS))
        return CLOCK_WAIT;
    *offset_ns = first->offset_ns[0];
    return CLOCK_WRONG;
}
