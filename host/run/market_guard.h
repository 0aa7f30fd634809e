// SPDX-License-Identifier: Apache-2.0
/* market_guard: the market time of a simulated exchange, and which of its words are followed. The
 * judge of it, without a clock of its own.
 *
 * Engine time is then that market's time: of another day, or faster than UTC. An exchange that
 * falls behind its speed is followed, in both directions; what cannot be the same market any more
 * (its time went back, or ran ahead of what its speed allows) is another one, and no engine time
 * follows that: from there on our own count goes on. A real venue has no such clock, and whoever
 * says so from another machine at real speed is not heard (run/time.c). [core] */
#ifndef RUN_MARKET_GUARD_H
#define RUN_MARKET_GUARD_H

#include "venue/gateway.h"

/* More than its way allows for: a market moves in slices, and threads are not always run. */
#define MARKET_GUARD_SLACK_NS ((int64_t)20 * 1000000)
#define MARKET_GUARD_ROOM_NS  ((int64_t)1 * 1000000000)

enum market_verdict {
    MARKET_SAME = 0,  /* as near as can be known; or a word that was heard before */
    MARKET_MOVED = 1, /* it is where it says */
    MARKET_OTHER = 2  /* it is another market: nothing of it is followed from here on */
};
struct market_guard {
    struct venue_market heard; /* the word that was believed last; all zero: none */
    uint8_t is_other;
    uint8_t pad[7];
};
/* At real speed another clock than UTC is believed of a simulator on this machine alone: nothing
 * that a real venue says moves engine time. rest_host: where the venue is asked. */
int market_guard_hears(int64_t speed_milli, const char *rest_host);
/* said: at_ns on the clock that the words before it were on. ours: our market time at said->at_ns.
 */
enum market_verdict market_guard_judge(struct market_guard *guard, const struct venue_market *said,
                                       agon_ns_t ours);

/* Of a scaled host whose venue says nothing of its market's time. Does that event say what it is
 * now? And until one does: the time of an event that would be t; a bar of the past comes when it
 * ended. */
int market_guard_begins(const struct agon_event_hdr *event);
agon_ns_t market_guard_before(const struct agon_event_hdr *event, agon_ns_t t);

#endif
