// SPDX-License-Identifier: Apache-2.0
#include "journal/ends.h"

#include "base/hot.h"

/* Records between an end and its bar: ends, bars and opens of all tapes come together. */
#define SOON (4 * JOURNAL_TAPES)

HOT void ends_make(struct record_path *end, const struct agon_bar *bar, uint64_t slots)
{
    *end = (struct record_path){.hdr = {.type = EVENT_PATH,
                                        .granules = sizeof(*end) / EVENT_GRANULE,
                                        .instrument = bar->hdr.instrument,
                                        .t_venue = bar->hdr.t_venue},
                                .px = bar->close_px,
                                .slots = slots,
                                .kind = PATH_END};
}

HOT int ends_tape_of(const struct journal_named *named, const struct journal_buffer *buffer,
                     uint64_t at, uint64_t limit)
{
    // A record of one granule is never at both ends of the ring.
    const struct record_path *end = (const void *)journal_take_hdr(buffer, at);
    int tape = AGON_ENOENT;
    struct agon_bar bar;

    if (!ends_is_plain(end))
        return AGON_ENOENT;
    at += end->hdr.granules;
    for (int i = 0; i < SOON && at < limit; i++) {
        const struct agon_event_hdr *event = journal_take_hdr(buffer, at);

        if (event->instrument == end->hdr.instrument &&
            journal_class_of(event->type) == JOURNAL_MARKET &&
            (tape = journal_tape_of(named, event)) >= 0) {
            if (event->type != AGON_EVENT_BAR || event_bytes(event) != sizeof(bar))
                return AGON_ENOENT;
            (void)journal_take_at(buffer, at, &bar);
            return ends_is_of(end, &bar) ? tape : AGON_ENOENT;
        }
        at += event->granules;
    }
    return AGON_ENOENT;
}
