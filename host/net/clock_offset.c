// SPDX-License-Identifier: Apache-2.0
/* clock_offset: see the header. */
#include "net/clock_offset.h"

static int64_t span_of(int64_t a, int64_t b)
{
    uint64_t span = a > b ? (uint64_t)a - (uint64_t)b : (uint64_t)b - (uint64_t)a;

    return span > (uint64_t)INT64_MAX ? INT64_MAX : (int64_t)span;
}

static int64_t add_capped(int64_t a, int64_t b)
{
    int64_t sum;

    return __builtin_add_overflow(a, b, &sum) ? INT64_MAX : sum;
}

/* The median of what the round has so far counts. Its error is half its own round trip, or how far
 * the median is from its neighbours when they disagree by more: then one way is slower than the
 * other, and no arithmetic on one sample can show it. */
static void settle(struct clock_offset *clock, int64_t now)
{
    int order[CLOCK_OFFSET_SAMPLES] = {0};
    int n = clock->n;
    int median;
    int64_t error;

    for (int i = 0; i < n; i++) {
        int at = i;
        for (; at > 0 && clock->offsets[order[at - 1]] > clock->offsets[i]; at--)
            order[at] = order[at - 1];
        order[at] = i;
    }
    median = order[(n - 1) / 2];
    error = clock->errors[median];
    for (int side = -1; side <= 1; side += 2) {
        int at = (n - 1) / 2 + side;
        if (at >= 0 && at < n) {
            int64_t span = span_of(clock->offsets[order[at]], clock->offsets[median]);
            if (span > error)
                error = span;
        }
    }
    clock->offset_ns = clock->offsets[median];
    clock->uncertainty_ns = error;
    clock->at = now;
    clock->is_known = 1;
}

/* What was measured until now may be of no worth any more: the sample counts alone, as at the
 * start. */
static void begin_anew(struct clock_offset *clock)
{
    clock->is_due = 1;
    clock->n = 0;
    clock->is_measured = 0;
}

/* Each sample is off by its error at most. Was the venue's clock set since the last one? */
static int is_set(const struct clock_offset *clock, int64_t heard, int64_t offset, int64_t error)
{
    int64_t age_ns = heard - clock->heard_at;
    int64_t most = add_capped(add_capped(error, clock->last_error_ns[0]),
                              age_ns <= 0 ? 0 : age_ns / 1000000 * CLOCK_OFFSET_DRIFT);

    return clock->n_samples > 0 && span_of(offset, clock->last_ns[0]) > most &&
           (clock->set_at == 0 || heard - clock->set_at >= CLOCK_OFFSET_SET_NS);
}

int clock_offset_sample(struct clock_offset *clock, int64_t asked, int64_t heard,
                        agon_ns_t venue_time, int64_t resolution_ns)
{
    int64_t offset, error;
    int64_t trip_ns;

    if (heard < asked || resolution_ns < 0 || __builtin_sub_overflow(heard, asked, &trip_ns) ||
        __builtin_sub_overflow(venue_time, asked + trip_ns / 2, &offset) ||
        // A stamp is cut, not rounded: the true time lies in the resolution after it.
        __builtin_add_overflow(offset, resolution_ns / 2, &offset))
        return AGON_EINVAL;
    error = add_capped(trip_ns / 2 + (trip_ns & 1), resolution_ns / 2);
    if (is_set(clock, heard, offset, error)) {
        begin_anew(clock);
        clock->set_at = heard;
    }
    clock->heard_at = heard;
    clock->offsets[clock->n] = offset;
    clock->errors[clock->n] = error;
    clock->last_ns[1] = clock->last_ns[0];
    clock->last_error_ns[1] = clock->last_error_ns[0];
    clock->last_ns[0] = offset;
    clock->last_error_ns[0] = error;
    clock->n_samples++;
    clock->n++;
    if (clock->n == CLOCK_OFFSET_SAMPLES) {
        settle(clock, heard);
        clock->round_at = heard;
        clock->is_due = 0;
        clock->n = 0;
        clock->is_measured = 1;
    } else if (!clock->is_measured) {
        settle(clock, heard);
    }
    return AGON_OK;
}

int clock_offset_is_due(const struct clock_offset *clock, int64_t now)
{
    return !clock->is_measured || clock->is_due || clock->n > 0 ||
           now - clock->round_at >= CLOCK_OFFSET_EVERY_NS;
}

void clock_offset_refused(struct clock_offset *clock)
{
    begin_anew(clock);
    clock->uncertainty_ns = INT64_MAX;
}

void clock_offset_again(struct clock_offset *clock)
{
    clock->is_due = 1;
    clock->n = 0;
}

agon_ns_t clock_offset_now(const struct clock_offset *clock, int64_t now)
{
    agon_ns_t time;

    if (!clock->is_known || __builtin_add_overflow(now, clock->offset_ns, &time))
        return 0;
    return time;
}

int64_t clock_offset_uncertainty(const struct clock_offset *clock, int64_t now)
{
    int64_t age_ns = now - clock->at;

    if (!clock->is_known)
        return INT64_MAX;
    return add_capped(clock->uncertainty_ns,
                      age_ns <= 0 ? 0 : age_ns / 1000000 * CLOCK_OFFSET_DRIFT);
}
