// SPDX-License-Identifier: Apache-2.0
/* feed_hand: an event into the plugin, and the record of a turn of one into one plugin after the
 * other. Inlined where they are called, in feed.c and run_inproc.c: nobody else includes it. [core]
 */
#ifndef AGENT_FEED_HAND_H
#define AGENT_FEED_HAND_H

#include "agent/feed_state.h"
#include "agent/shown.h"

#define FEED_MEASURE_NS   100000 /* of what comes sooner after the last that was measured, */
#define FEED_MEASURE_RUNS 64     /* one in so many is measured */

/* Behind a call of on_event that left something to be looked at: rc, control words, a page torn,
 * wishes without room. AGON_EIO: the plugin has failed. */
int feed_after(struct feed *feed, const struct agon_event_hdr *event, int rc);
/* Measures a delivery whose step began then. */
void feed_measure(struct feed *feed, int64_t began_ns);

/* feed_current and phase are set. Returns as feed_after. */
static inline int feed_hand(struct feed *feed, const struct agon_event_hdr *event)
{
    uint64_t nth = ++feed->nth;
    int rc;

    feed->t = event->t;
    if (event->seq != feed->cause_seq) {
        feed->cause_seq = event->seq;
        feed->n = 0;
    }
    feed->n_streams = 0;
    feed->n_calls = 0;
    rc = feed->on_event(feed->self, event, nth);
    // Masks of exceptions are looked at now and then: they alter no result.
    if (__builtin_expect(rc < 0 || feed->odd != 0 || nth % 16 == 0 || !fpstate_is_left_plain(), 0))
        return feed_after(feed, event, rc);
    return AGON_OK;
}

/* Which are left out depends on when they were sent, and not on how long they took. */
static inline void feed_measure_some(struct feed *feed, int64_t began_ns)
{
    if (began_ns > 0 && (began_ns - feed->measured_ns >= FEED_MEASURE_NS ||
                         ++feed->n_left_out >= FEED_MEASURE_RUNS))
        feed_measure(feed, began_ns);
}

/* What holds for all plugins that a turn's only record is handed to. */
struct feed_show {
    const struct agon_event_hdr *event;
    struct feed **current; /* feed_current of this thread */
    struct feed *outer;
    uint64_t bit; /* of its type */
    uint64_t seq; /* up to which the turn goes */
    int64_t began_ns;
};

static inline struct feed_show feed_show_begin(const struct feed *first)
{
    const struct runner_turn *turn = first->turn;
    struct feed_show show = {.current = &feed_current, .outer = feed_current, .seq = turn->seq};

    show.event = (const struct agon_event_hdr *)(const void *)(first->shown +
                                                               (turn->last_at & first->bus.mask) *
                                                                   EVENT_GRANULE);
    show.bit = show.event->type < 64 ? AGON_ON(show.event->type) : 0;
    show.began_ns = bus_stamped(&first->bus, show.event->seq);
    return show;
}

/* That the record concerns the slot says that its plugin is told, where it is of such a type: the
 * engine has judged type and instrument, and nothing here keeps it. That they follow one turn and
 * read through one view was judged when they were attached (runner_port.together). What the turn
 * leaves behind is written down by the engine, once for all (pass_over). */
static inline int feed_show(struct feed *feed, const struct feed_show *show)
{
    int rc;

    if (__builtin_expect((feed->shows & show->bit) == 0, 0)) {
        *show->current = show->outer;
        return feed_take_turn(feed) < 0 ? AGON_EIO : AGON_OK;
    }
    *show->current = feed;
    feed->phase = FEED_EVENT;
    feed_measure_some(feed, show->began_ns);
    rc = feed_hand(feed, show->event);
    feed->done_seq = show->seq;
    return rc;
}

static inline void feed_show_end(const struct feed_show *show)
{
    *show->current = show->outer;
}

#endif
