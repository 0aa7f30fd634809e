// SPDX-License-Identifier: Apache-2.0
#include "engine/received.h"

#include <string.h>

#include "base/num.h"

void received_init(struct received *received)
{
    memset(received, 0, sizeof(*received));
    received->t = INT64_MIN;
}

static int64_t take_stamp(struct received *received, const struct agon_event_hdr *event)
{
    int64_t behind = event->t - event->t_venue;

    if (received->n_stamped++ == 0 || behind < received->least_ns)
        received->least_ns = behind;
    received->n_early += behind < 0;
    if (-behind > received->clock_ns)
        received->clock_ns = -behind;
    return num_add(behind, received->clock_ns); // a stamp is anything
}

agon_ns_t received_at(struct received *received, const struct agon_event_hdr *event)
{
    int64_t way = event->t_venue != 0 ? take_stamp(received, event) : received->way_ns;
    agon_ns_t t;

    received->n++;
    if (way > RECEIVED_MOST_NS) {
        way = RECEIVED_MOST_NS;
        received->n_long++;
    }
    received->way_ns = way;
    t = event->t - way;
    if (t < received->t)
        t = received->t < event->t ? received->t : event->t;
    received->t = t;
    if (event->t - t > received->most_ns)
        received->most_ns = event->t - t;
    if (event->t_venue != 0)
        hist_small_add(&received->ways, event->t - t);
    return t;
}
