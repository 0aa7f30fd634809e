// SPDX-License-Identifier: Apache-2.0
/* pace: the two clocks of a simulated exchange, and what becomes of market time where the machine
 * cannot keep up with it. A market that goes by the wall clock moves by slices, so that its
 * connections are served in between. Where it falls further behind instead of catching up, market
 * time waits for it: it goes slower than was asked for, for all markets of the run, nothing of the
 * market is left out, and it is told. No clock of its own. [the connections' thread] */
#ifndef SIM_PACE_H
#define SIM_PACE_H

#include "sim/dialect.h"

/* Market time leaves t_market at transport time t_transport and runs speed_milli / 1000 times as
 * fast. */
struct sim_clock {
    agon_ns_t t_transport, t_market;
    int64_t speed_milli; /* 1000 to 60000 */
};
struct sim_time sim_clock_at(const struct sim_clock *clock, agon_ns_t transport);
/* Transport time at which market time t is reached; INT64_MAX stays. */
agon_ns_t sim_clock_when(const struct sim_clock *clock, agon_ns_t market);

/* Of all markets of a run. Set clock and slow; the rest is zero. */
struct sim_pace {
    struct sim_clock clock;
    /* Market time goes slower than it should: how far it came in how much transport time. At once,
     * and then once each 10 s. May be NULL. */
    void (*slow)(void *ctx, int64_t market_ns, int64_t transport_ns);
    void *ctx;
    agon_ns_t t_told;
};
/* Where one market of the run stands. Zero, and t_reached where the market is. */
struct sim_place {
    agon_ns_t t_reached;
    agon_ns_t t_looked, t_reached_then; /* since when it is behind, looked at each second */
    int64_t lag_then;
    uint8_t is_behind;
};
/* How far a tick may move the market now. */
struct sim_time sim_pace_step(const struct sim_pace *pace, const struct sim_place *place,
                              agon_ns_t transport);
/* For a request: it moves the market where little is to be done, and is else answered as of where
 * the market stands. */
struct sim_time sim_pace_now(const struct sim_pace *pace, const struct sim_place *place,
                             agon_ns_t transport);
/* After a tick, with the time that it ended at. */
void sim_pace_judge(struct sim_pace *pace, struct sim_place *place, agon_ns_t transport);

#endif
