// SPDX-License-Identifier: Apache-2.0
/* feed_look: events that a plugin hears of before its own bus has them (engine/look.h). */
#include "agent/feed_hand.h"
#include "agent/feed_state.h"
#include "agent/fpstate.h"
#include "base/hot.h"

HOT static void take(struct feed *feed, struct bus_reader *ahead, const struct runner_look *look,
                     int (*is_held)(void), _Atomic uint64_t *seq)
{
    struct agon_event_hdr *next = (struct agon_event_hdr *)(void *)feed->next;
    uint64_t step = look->seq;

    while (feed->failure.code == 0 && ahead->at < look->end_at) {
        int rc = bus_look(ahead, next);

        if (rc == 1 && next->seq != step) {
            if (is_held())
                break;
            step = next->seq;
            atomic_store_explicit(seq, step - 1, memory_order_relaxed);
        }
        if (rc == 1)
            rc = feed_take_from(feed, ahead, look->add);
        if (rc != 1)
            error_set(&feed->failure, AGON_EIO, "the bus cannot be read: %s", error_name(rc));
    }
    if (feed->failure.code == 0)
        atomic_store_explicit(seq, ahead->at < look->end_at ? step : look->end_seq,
                              memory_order_relaxed);
}

HOT int64_t feed_look(struct feed *feed, struct bus_reader *ahead, const struct runner_look *look,
                      int (*is_held)(void), _Atomic uint64_t *seq)
{
    uint64_t nth = feed->nth;
    struct feed *outer = feed_current;

    if (!feed->is_started)
        return AGON_ESTATE;
    feed->has_next = 0; // what lies behind the last step on its own bus comes from there later
    ahead->at = ahead->tail = look->at;
    feed_look_at_fp(feed);
    feed_current = feed;
    feed->phase = FEED_EVENT;
    feed->is_unmeasured = 0;
    take(feed, ahead, look, is_held, seq);
    if (fpstate_put(feed->fp))
        feed_count(&feed->beat->n_fp);
    feed->phase = FEED_IDLE;
    feed_current = outer;
    return feed->failure.code != 0 ? AGON_EIO : (int64_t)(feed->nth - nth);
}

void feed_go_on(struct feed *feed, uint64_t at)
{
    feed->bus.at = feed->bus.tail = at;
    feed->has_next = 0;
}
