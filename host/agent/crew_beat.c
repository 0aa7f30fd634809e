// SPDX-License-Identifier: Apache-2.0
/* What an agent's code has shown of itself so far: errors of its callbacks, how late it was called,
 * its own figures. In a child's memory these are its word: figures, not proofs. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "agent/crew_impl.h"
#include "base/utf8.h"
#include "market/events.h"

// Of who plays for the slot; NULL: nobody does.
static const struct feed_beat *beat_of(const struct crew *crew, uint16_t slot)
{
    const struct generation *active = crew->members[slot].active;

    if (active == NULL || !active->is_begun)
        return NULL;
    return active->run != NULL ? feed_beat(run_inproc_feed(active->run))
                               : run_process_beat(active->process);
}

uint64_t crew_errors(const struct crew *crew, uint16_t slot)
{
    const struct feed_beat *beat = beat_of(crew, slot);

    return beat != NULL ? atomic_load_explicit(&beat->n_errors, memory_order_relaxed) : 0;
}

uint64_t crew_error_text(const struct crew *crew, uint16_t slot, char text[CREW_ERROR_TEXT])
{
    const struct feed_beat *beat = beat_of(crew, slot);
    uint64_t n = crew_errors(crew, slot);
    const struct event_kind *kind;
    int32_t code;

    text[0] = '\0';
    if (n == 0)
        return 0;
    kind = event_kind_of((uint16_t)atomic_load_explicit(&beat->error_type, memory_order_relaxed));
    code = atomic_load_explicit(&beat->error_code, memory_order_relaxed);
    (void)snprintf(
        text, CREW_ERROR_TEXT,
        "the first: on_event returned %d (%s) of event %llu of the slot, %s, seq %llu", code,
        code >= AGON_ETIME && code < 0 ? error_name(code) : "no code of the SDK",
        (unsigned long long)atomic_load_explicit(&beat->error_nth, memory_order_relaxed),
        kind != NULL ? kind->name : "?",
        (unsigned long long)atomic_load_explicit(&beat->error_seq, memory_order_relaxed));
    return n;
}

void crew_delivery(const struct crew *crew, uint16_t slot, struct hist_small *delivery)
{
    const struct feed_beat *beat = beat_of(crew, slot);

    if (beat == NULL)
        memset(delivery, 0, sizeof(*delivery));
    else
        hist_small_copy(delivery, &beat->delivery);
}

uint32_t crew_metrics(const struct crew *crew, uint16_t slot, double values[AGON_METRICS_MAX])
{
    const struct feed_beat *beat = beat_of(crew, slot);
    uint32_t is_set =
        beat != NULL ? atomic_load_explicit(&beat->metrics_set, memory_order_acquire) : 0;

    for (uint32_t id = 0; id < AGON_METRICS_MAX; id++) {
        uint64_t bits =
            beat != NULL ? atomic_load_explicit(&beat->metrics[id], memory_order_relaxed) : 0;

        memcpy(&values[id], &bits, sizeof(bits));
        if (!isfinite(values[id])) {
            values[id] = 0;
            is_set &= ~((uint32_t)1 << id);
        }
    }
    return is_set;
}

uint32_t crew_lines(const struct crew *crew, uint16_t slot, struct feed_line lines[AGON_LINES_MAX])
{
    const struct feed_beat *beat = beat_of(crew, slot);
    uint32_t there = beat != NULL ? atomic_load_explicit(&beat->n_lines, memory_order_acquire) : 0;
    uint32_t n = 0;

    for (uint32_t i = 0; i < there && i < AGON_LINES_MAX; i++) {
        struct feed_line *line = &lines[n];

        *line = beat->lines[i];
        line->name[AGON_LINE_NAME - 1] = '\0';
        n += line->id < AGON_METRICS_MAX && line->name[0] != '\0' &&
             utf8_is_valid(line->name, strlen(line->name));
    }
    return n;
}
