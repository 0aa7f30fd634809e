// SPDX-License-Identifier: Apache-2.0
/* clock_guard: is the host's clock right? The judge of it, without a clock of its own: it is given
 * what the wall clock and the venues said, and says whether new orders may leave.
 *
 * A wall clock that was set is not followed, and proves that something is wrong; which of the two
 * it is, only a third can say. So from then on no new risk is taken until two readings of a venue's
 * clock agree with ours, whatever the wall clock says meanwhile. Venues that agree with each other
 * and not with us are right: then our clock is theirs from there on. Venues that contradict each
 * other prove nothing. Offsets are UTC less clock_mono(), ns. [core] */
#ifndef RUN_CLOCK_GUARD_H
#define RUN_CLOCK_GUARD_H

#include "venue/gateway.h"

#define CLOCK_GUARD_AGREE_NS ((int64_t)2 * 1000000000)
#define CLOCK_GUARD_ERROR_NS ((int64_t)1 * 1000000000) /* a reading less exact is none */
#define CLOCK_GUARD_OTHERS_NS                                                                      \
    ((int64_t)1 * 1000000000) /* so long other venues may contradict what one says of us */

enum clock_trust {                     /* of our clock */
                   CLOCK_UNPROVEN = 0, /* no venue was heard in this run */
                   CLOCK_PROVEN = 1,
                   CLOCK_DOUBTED = 2, /* the wall clock was set; readings are awaited */
                   CLOCK_DISPUTED = 3 /* ... and the venues contradict each other */
};
enum clock_verdict { CLOCK_WAIT = 0, CLOCK_RIGHT = 1, CLOCK_WRONG = 2 };

struct clock_guard { /* all zero: nothing proven, and no round asked for */
    uint8_t trust;   /* enum clock_trust */
    uint8_t is_wall_off;
    uint8_t pad[2];
    uint32_t round;      /* of readings: gateway_check_time */
    int64_t wall_off_ns; /* the wall clock less ours, with is_wall_off */
    int64_t asked_ns;    /* the round's begin */
    uint64_t n_steps;    /* of the wall clock */
    uint64_t n_taken;    /* how often the venues were right */
};
/* What the wall clock is off by, 0: nothing (clock_keep). True: it was set, readings are wanted. */
int clock_guard_wall(struct clock_guard *guard, int64_t mono_ns, int64_t off_by_ns);
/* Readings are wanted from here on: a new round. */
void clock_guard_ask(struct clock_guard *guard, int64_t mono_ns);
/* Judges what has come. CLOCK_WRONG: *offset_ns is what the venues say. */
enum clock_verdict clock_guard_judge(struct clock_guard *guard, int64_t mono_ns,
                                     int64_t our_offset_ns, const struct gateway_times *times,
                                     uint32_t n_venues, int64_t *offset_ns);

#endif
