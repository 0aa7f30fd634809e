// SPDX-License-Identifier: Apache-2.0
/* keeper_watch: what a keeper decides, without a clock, a process or a connection of its own: is
 * the host gone whose heartbeat this is? It is given the time and whether the process is alive. So
 * the fault simulation has the same judge as agon-keeper. [one thread] */
#ifndef RUN_KEEPER_WATCH_H
#define RUN_KEEPER_WATCH_H

#include "run/host.h"
#include "sys/beat.h"
#include "venue/rescue.h"

#define KEEPER_QUIET_NS ((int64_t)3 * 1000000000) /* without a turn */
#define KEEPER_TICK_NS  ((int64_t)50 * 1000000)   /* between two looks */

struct keeper_watch { /* all zero: nobody is watched */
    uint32_t n_hosts; /* the one that is watched */
    uint32_t has_fired;
    int64_t tick_ns, woken_ns; /* of the keeper itself */
    int64_t beat_ns, seen_ns;  /* the turn that was seen last, and when it was new */
};
/* At each look. True: another host has begun, and is watched from here on. beat NULL: none yet. */
int keeper_watch_turn(struct keeper_watch *watch, const struct beat *beat, int64_t now_ns);
/* Has it been without a sign of life for too long? Then what it left open is to be cancelled, once:
 * the caller sets has_fired. */
int keeper_watch_is_gone(const struct keeper_watch *watch, const struct beat *beat, int is_alive,
                         int64_t now_ns);
/* What cancels on the venue in place `at` of the configuration. Key and secret are borrowed until
 * it returns. */
int keeper_rescue_new(struct rescue **rescue, const struct host_config *config, uint32_t at,
                      const struct beat *beat, const struct stream_port *stream, struct error *err);

#endif
