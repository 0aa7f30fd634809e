// SPDX-License-Identifier: Apache-2.0
/* sink: where a copy of a journal's events goes: one file each in sink/sinks.
 *
 * A sink takes events in the order of their numbers, and says itself up to which it has them for
 * good: who sends asks that first and begins behind it, so that a sender that was killed leaves no
 * hole, and at most sends again what the sink had not yet said. The journal stays what counts: a
 * sink that fails stops its sender and nobody else. Not for the core, and not for the way of an
 * order. [main thread] */
#ifndef SINK_SINK_H
#define SINK_SINK_H

#include "base/error.h"
#include "market/records.h"
#include "sink/sinks/table.h"

struct sink {
    const char *name; /* of "NAME:WHERE" */
    const char *where, *doc;
    /* where: what stands behind the colon, never empty. *last: the number of the last event that it
     * has for good, 0 where there is none. */
    int (*open)(void **self, const char *where, uint64_t *last, struct error *err);
    /* text: the event as one JSON object, n bytes without a line's end. */
    int (*put)(void *self, const struct agon_event_hdr *event, const char *text, size_t n,
               struct error *err);
    /* Everything that was put is there for good. */
    int (*flush)(void *self, struct error *err);
    void (*close)(void *self); /* what was not flushed may be lost */
};

#define SINK_DECLARE(name) extern const struct sink sink_##name;
SINK_TABLE(SINK_DECLARE)
#undef SINK_DECLARE

const struct sink *sink_at(uint32_t number); /* NULL: there are not so many */
/* Of "NAME:WHERE"; *where points behind the colon. AGON_EINVAL: not of that form, or no such sink,
 * with those that there are. */
int sink_find(const char *text, const struct sink **sink, const char **where, struct error *err);

#endif
