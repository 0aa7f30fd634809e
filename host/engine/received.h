// SPDX-License-Identifier: Apache-2.0
/* received: when the messages of a recording were at the exchange.
 *
 * A recording tells when each message was received, by the recorder's clock, and most messages have
 * the exchange's own stamp, by its clock. Who hears them does so when they were received; the
 * exchange was as they say before that. All times here are of the recorder's clock, and what its
 * difference from the exchange's is follows from the messages so far and from no later one: none
 * can be received before it was sent, so the clocks differ at least by as much as a message seems
 * to have been. Where none seems so, the stamps are believed. A message without a stamp took as
 * long as the one before. Messages keep the order of the file. [any, one thread] */
#ifndef ENGINE_RECEIVED_H
#define ENGINE_RECEIVED_H

#include <agon/event.h>

#include "base/hist.h"

#define RECEIVED_MOST_NS ((int64_t)10000000000) /* no message counts as longer under way */

struct received {
    agon_ns_t t;      /* when the last one was at the exchange */
    int64_t clock_ns; /* the exchange's clock less the recorder's, as far as is proven; >= 0 */
    int64_t way_ns;   /* of the last one */
    int64_t most_ns;  /* the longest of them */
    int64_t least_ns; /* of the times received less the stamps, as they are in the file */
    uint64_t n, n_stamped;
    uint64_t n_early; /* received before their stamps */
    uint64_t n_long;  /* cut to RECEIVED_MOST_NS */
    struct hist_small ways;
};
void received_init(struct received *received);
/* When the next message, whose t is when it was received, was at the exchange: never after t, never
 * before the last one. */
agon_ns_t received_at(struct received *received, const struct agon_event_hdr *event);

#endif
