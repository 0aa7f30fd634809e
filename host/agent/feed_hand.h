// SPDX-License-Identifier: Apache-2.0
/* feed_hand: an event into the plugin, and the record of a turn of one into one plugin after the
 * other. Inlined where they are called, in feed.c and run_inproc.c: nobody else includes it. [core]
 */
#ifndef AGENT_FEED_HAND_H
#define AGENT_FEED_HAND_H

#include "agent/feed_state.h"
#include "agent/shown.h"
#include "market/bars.h"

#define FEED_MEASURE_NS   100000 /* of what comes sooner after the last that was measured, */
#define FEED_MEASURE_BITS 6      /* one in so many powers of two is measured */
#define FEED_FEW          4 /* records of a turn: for no more of them no loop of their own is entered */
#define FEED_LOOK_BITS    4 /* and behind one turn in so many all control words are looked at */

/* Behind a call of on_event that left something to be looked at: rc, control words, a page torn,
 * wishes without room. AGON_EIO: the plugin has failed. */
int feed_after(struct feed *feed, const struct agon_event_hdr *event, int rc);
/* Measures a delivery whose step began then. */
void feed_measure(struct feed *feed, int64_t began_ns);

/* feed_current and phase are set. Returns as feed_after. is_summed: fpstate_is_summed(). */
static inline int feed_hand_by(struct feed *feed, const struct agon_event_hdr *event, int is_summed)
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
    if (__builtin_expect(rc < 0 || feed->odd != 0 || !fpstate_is_left_plain_by(is_summed), 0))
        return feed_after(feed, event, rc);
    return AGON_OK;
}

static inline int feed_hand(struct feed *feed, const struct agon_event_hdr *event)
{
    return feed_hand_by(feed, event, fpstate_is_summed());
}

/* The record at the feed's place on the bus, as the plugin reads it while the feed follows. */
static inline const struct agon_event_hdr *feed_shown(const struct feed *feed)
{
    return (const struct agon_event_hdr *)(const void *)(feed->shown +
                                                         (feed->bus.at & feed->bus.mask) *
                                                             EVENT_GRANULE);
}

/* On to the first record before end that needs more than to be passed over or handed on as it
 * stands: that one is of a type that is shown and no BAR, of one of the feed's instruments
 * below 64. Nothing private is in the turn, and its first delivery has been. */
static inline __attribute__((always_inline)) void feed_walk_usual_by(struct feed *feed,
                                                                     uint64_t end, int is_summed)
{
    const uint64_t never = AGON_ON(BUS_FILLER) | AGON_ON(AGON_EVENT_BAR);

    while (feed->bus.at != end && feed->failure.code == 0) {
        const struct agon_event_hdr *event = feed_shown(feed);

        if (event->type >= 64)
            return;
        if ((feed->cares >> event->type & 1) == 0) {
            feed->bus.at += event->granules;
            continue;
        }
        if (event->instrument >= 64 ||
            ((feed->shows & ~never) >> event->type & feed->own >> event->instrument & 1) == 0)
            return;
        feed->bus.at += event->granules;
        (void)feed_hand_by(feed, event, is_summed);
    }
}

static inline void feed_walk_usual(struct feed *feed, uint64_t end)
{
    if (fpstate_is_summed())
        feed_walk_usual_by(feed, end, 1);
    else
        feed_walk_usual_by(feed, end, 0);
}

static inline void feed_count(_Atomic uint64_t *word)
{
    // One writer: a plain addition, which others may see a little later.
    atomic_store_explicit(word, atomic_load_explicit(word, memory_order_relaxed) + 1,
                          memory_order_relaxed);
}

static inline void feed_look_at_fp(struct feed *feed)
{
    feed->fp = fpstate_get();
    feed->odd &= ~(uint32_t)ODD_FP;
    feed->odd |= fpstate_is_plain(feed->fp) ? 0 : ODD_FP;
}

/* The next record of a reader, whose header lies in feed->next, as if it had come on its own bus,
 * with add on its number. 1, or what the reader returned. [agent] */
int feed_take_from(struct feed *feed, struct bus_reader *reader, uint64_t add);

/* A number of 64 bits by that of the step, in which no step of any stride is all the same: which
 * of them are looked at closely must not be those that one agent hears, or none of them. */
static inline uint64_t feed_lot(uint64_t seq)
{
    return seq * 0x9e3779b97f4a7c15u; // the golden section of 2^64
}

/* Is a step that began then to be measured? What is left out depends on when it was sent, and not
 * on how long it took. Whoever asks is noted to have measured it. */
static inline int feed_is_measured(struct feed *feed, int64_t began_ns, uint64_t seq)
{
    if (began_ns <= 0 || (began_ns - feed->measured_ns < FEED_MEASURE_NS &&
                          feed_lot(seq) >> (64 - FEED_MEASURE_BITS) != 0))
        return 0;
    feed->measured_ns = began_ns;
    return 1;
}

/* Of a BAR: the bit of its length; 0: none that is subscribed by it. */
static inline uint32_t feed_bar_bit(const struct agon_event_hdr *event)
{
    return bars_length_bit(((const struct agon_bar *)(const void *)event)->length_s);
}

/* What holds for all plugins that a turn's only record is handed to. */
struct feed_show {
    const struct agon_event_hdr *event;
    struct feed *outer; /* feed_current of before */
    uint64_t bit;       /* of its type; 0: each takes its turn by itself */
    uint32_t length;    /* feed_bar_bit of a BAR, else 0 */
    uint64_t seq;       /* up to which the turn goes */
    uint64_t cause_seq;
    agon_ns_t t;
    int64_t began_ns;     /* 0: it is not measured */
    int look;             /* all control words are looked at behind the turn */
    struct called called; /* of the feed that it began with */
};

/* What is asked of the record is read where the engine wrote it: through the plugins' view it would
 * wait for what was just written by another address. */
static inline void feed_show_begin(struct feed_show *show, struct feed *first)
{
    const struct runner_turn *turn = first->turn;
    uint64_t place = (turn->last_at & first->bus.mask) * EVENT_GRANULE;
    const struct agon_event_hdr *event =
        (const struct agon_event_hdr *)(const void *)(first->bus.data + place);
    uint64_t seq = event->seq;
    int64_t began_ns = first->config.now != NULL ? bus_stamped(&first->bus, seq) : 0;

    show->event = (const struct agon_event_hdr *)(const void *)(first->shown + place);
    show->outer = feed_current;
    show->seq = turn->seq;
    show->cause_seq = seq;
    show->t = event->t;
    // Of a step that they have had something of they go on numbering what they want.
    show->bit = event->type < 64 && seq > turn->shown_seq ? AGON_ON(event->type) : 0;
    show->length = event->type == AGON_EVENT_BAR ? feed_bar_bit(event) : 0;
    if (event->type == AGON_EVENT_BAR && show->length == 0)
        show->bit = 0;
    show->began_ns = feed_is_measured(first, began_ns, seq) ? began_ns : 0;
    show->look = feed_lot(seq) << FEED_MEASURE_BITS >> (64 - FEED_LOOK_BITS) == 0;
    show->called = *first->config.called;
}

static inline int feed_is_usual(const struct feed_show *show)
{
    return show->length == 0 && show->began_ns == 0;
}

/* Not inlined: a kind of record that services keep, or a plugin that is called no more. */
int feed_show_alone(struct feed *feed, const struct feed_show *show);

/* That the record concerns the slot says that its plugin is told, where it is of such a type: the
 * engine has judged type and instrument, and nothing here keeps it. That they follow one turn and
 * read through one view was judged when they were attached (runner_port.together). What the turn
 * leaves behind is written down by the engine, once for all (pass_over). is_usual: it is no BAR and
 * is not measured (feed_is_usual); is_summed: fpstate_is_summed(). Both are constants in each of
 * the loops around it. */
static inline __attribute__((always_inline)) int feed_show(struct feed *feed,
                                                           const struct feed_show *show,
                                                           int is_usual, int is_summed)
{
    uint64_t nth;
    int rc;

    // Who is called is said before the call: it may not come back.
    called_enter(&show->called, feed->who, feed->hash);
    if (__builtin_expect((feed->shows & show->bit) == 0, 0) ||
        (!is_usual && (show->length & ~(uint32_t)feed->subscription.bar_mask) != 0))
        return feed_show_alone(feed, show);
    feed_current = feed;
    feed->cause_seq = show->cause_seq;
    feed->t = show->t;
    feed->n = 0;
    feed->n_calls = 0;
    feed->n_streams = 0;
    feed->phase = FEED_EVENT;
    feed->done_seq = show->seq;
    if (!is_usual && show->began_ns != 0)
        feed_measure(feed, show->began_ns);
    nth = ++feed->nth;
    rc = feed->on_event(feed->self, show->event, nth);
    if (__builtin_expect(rc < 0 || feed->odd != 0, 0))
        return feed_after(feed, show->event, rc);
    if (__builtin_expect(!fpstate_is_left_plain_by(is_summed), 0))
        return feed_after(feed, show->event, rc);
    return AGON_OK;
}

static inline void feed_enter_called(const struct feed *feed)
{
    called_enter(feed->config.called, feed->who, feed->hash);
}

static inline void feed_leave_called(const struct feed *feed)
{
    called_leave(feed->config.called);
}

static inline void feed_show_end(const struct feed_show *show)
{
    feed_current = show->outer;
    called_leave(&show->called);
}

#endif
