// SPDX-License-Identifier: Apache-2.0
/* front: a dialect behind HTTP and WebSocket connections, whatever carries those: sockets
 * (sim/server.h) or a simulated network (`agon dst`). It moves the dialect's clocks; where time
 * comes from is the caller's business. [the connections' thread] */
#ifndef SIM_FRONT_H
#define SIM_FRONT_H

#include "net/conns.h"
#include "sim/dialect.h"
#include "sim/pace.h"

struct sim_front_config {
    const struct sim_dialect *dialect;
    struct sim_config sim;  /* its sink's frame and reply are the front's; log is the caller's */
    struct sim_clock clock; /* without pace: the market is always where it says */
    struct sim_pace *pace;  /* of a run by the wall clock; borrowed; NULL: none */
    agon_ns_t (*utc)(void *ctx); /* transport time; never steps back */
    void *utc_ctx;
};

struct sim_front;
/* conns: borrowed; NULL until sim_front_on. */
int sim_front_new(struct sim_front **front, const struct sim_front_config *config,
                  struct error *err);
void sim_front_on(struct sim_front *front, struct conns *conns);
/* Who the connections belong to; lives in front. */
const struct server_owner *sim_front_owner(const struct sim_front *front);
/* Transport time at which sim_front_tick has something to do; INT64_MAX: never. */
agon_ns_t sim_front_due(const struct sim_front *front);
void sim_front_tick(struct sim_front *front);
/* Says good-bye to every client; nobody is admitted any more. */
void sim_front_stop(struct sim_front *front);
/* The dialect's own state and the time, for who orders without bytes (bare.h). */
struct sim *sim_front_sim(struct sim_front *front, struct sim_time *now);
void sim_front_free(struct sim_front *front); /* its connections are gone; NULL is fine */

#endif
