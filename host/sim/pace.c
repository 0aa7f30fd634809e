// SPDX-License-Identifier: Apache-2.0
#include "sim/pace.h"

#include "base/num.h"

/* A slice is what 5 ms of transport time come to, and at least a step of the market. */
#define SLICE_NS 5000000
/* A market that is behind by more than that much transport time, and no less than when it was
 * looked at last, does not catch up. */
#define LAG_NS  1000000000
#define LOOK_NS 1000000000
#define TELL_NS 10000000000

struct sim_time sim_clock_at(const struct sim_clock *clock, agon_ns_t transport)
{
    int64_t passed = transport - clock->t_transport;

    return (struct sim_time){
        .transport = transport,
        .market =
            num_add(clock->t_market, num_mul_div(passed, clock->speed_milli, 1000, NUM_DOWN))};
}

agon_ns_t sim_clock_when(const struct sim_clock *clock, agon_ns_t market)
{
    if (market == INT64_MAX)
        return INT64_MAX;
    return num_add(clock->t_transport,
                   num_mul_div(market - clock->t_market, 1000, clock->speed_milli, NUM_UP));
}

static int64_t slice_of(const struct sim_pace *pace)
{
    int64_t slice = SLICE_NS / 1000 * pace->clock.speed_milli;

    return slice > PIT_STEP_NS ? slice : PIT_STEP_NS;
}

// Another market of the run may have moved the clock back to where it stands; no market goes back.
static struct sim_time wanted_of(const struct sim_pace *pace, const struct sim_place *place,
                                 agon_ns_t transport)
{
    struct sim_time now = sim_clock_at(&pace->clock, transport);

    if (now.market < place->t_reached)
        now.market = place->t_reached;
    return now;
}

struct sim_time sim_pace_step(const struct sim_pace *pace, const struct sim_place *place,
                              agon_ns_t transport)
{
    struct sim_time now = wanted_of(pace, place, transport);

    if (now.market - place->t_reached > slice_of(pace))
        now.market = place->t_reached + slice_of(pace);
    return now;
}

struct sim_time sim_pace_now(const struct sim_pace *pace, const struct sim_place *place,
                             agon_ns_t transport)
{
    struct sim_time now = wanted_of(pace, place, transport);

    if (now.market - place->t_reached > slice_of(pace))
        now.market = place->t_reached;
    return now;
}

// From here on the market is behind by nothing.
static void slow_down(struct sim_pace *pace, const struct sim_place *place, agon_ns_t transport)
{
    pace->clock.t_transport = transport;
    pace->clock.t_market = place->t_reached;
    if (!pace->slow || (pace->t_told != 0 && transport - pace->t_told < TELL_NS))
        return;
    pace->slow(pace->ctx, place->t_reached - place->t_reached_then, transport - place->t_looked);
    pace->t_told = transport;
}

void sim_pace_judge(struct sim_pace *pace, struct sim_place *place, agon_ns_t transport)
{
    int64_t lag = wanted_of(pace, place, transport).market - place->t_reached;
    int was_behind = place->is_behind;

    place->is_behind = lag > slice_of(pace);
    if (!place->is_behind)
        return;
    if (was_behind) {
        if (transport - place->t_looked < LOOK_NS)
            return;
        if (lag >= place->lag_then && lag > LAG_NS / 1000 * pace->clock.speed_milli) {
            slow_down(pace, place, transport);
            lag = 0;
        }
    }
    place->t_looked = transport;
    place->t_reached_then = place->t_reached;
    place->lag_then = lag;
}
