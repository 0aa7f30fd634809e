// SPDX-License-Identifier: Apache-2.0
#include "run/market_guard.h"

#include "base/num.h"
#include "venue/config.h"

#define AGAIN_NS ((int64_t)500 * 1000000) /* two words nearer to each other are one */

static int64_t scaled(int64_t transport_ns, int64_t speed_milli)
{
    return num_mul_div(transport_ns, speed_milli, 1000, NUM_UP);
}

enum market_verdict market_guard_judge(struct market_guard *guard, const struct venue_market *said,
                                       agon_ns_t ours)
{
    const struct venue_market *heard = &guard->heard;
    int64_t error_ns = num_add(said->error_ns, heard->error_ns);
    int64_t room_ns, apart_ns, most;

    if (guard->is_other || said->speed_milli == 0 || said->at_ns - heard->at_ns < AGAIN_NS)
        return MARKET_SAME;
    room_ns = scaled(num_add(error_ns, MARKET_GUARD_ROOM_NS), heard->speed_milli);
    most = num_add(scaled(said->at_ns - heard->at_ns, heard->speed_milli), room_ns);
    if (said->speed_milli != heard->speed_milli || said->t < num_add(heard->t, -room_ns) ||
        said->t > num_add(heard->t, most)) {
        guard->is_other = 1;
        return MARKET_OTHER;
    }
    guard->heard = *said;
    apart_ns = num_add(said->t, -ours);
    return num_abs(apart_ns) <=
                   scaled(num_add(said->error_ns, MARKET_GUARD_SLACK_NS), said->speed_milli)
               ? MARKET_SAME
               : MARKET_MOVED;
}

int market_guard_hears(int64_t speed_milli, const char *rest_host)
{
    return speed_milli != 1000 || venue_is_loopback(rest_host);
}

int market_guard_begins(const struct agon_event_hdr *event)
{
    return event->t_venue > 0 &&
           (event->type == AGON_EVENT_TRADE || event->type == AGON_EVENT_BOOK_DELTA);
}

agon_ns_t market_guard_before(const struct agon_event_hdr *event, agon_ns_t t)
{
    return event->type == AGON_EVENT_BAR && event->t_venue > t ? event->t_venue : t;
}
