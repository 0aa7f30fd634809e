// SPDX-License-Identifier: Apache-2.0
/* Several accounts of one exchange over one feed. An account is a venue of its own, with its own
 * instruments, orders, fills and limits; what its market is, is read once and comes a second time
 * under its own numbers, right behind the first. So nothing of the engine, of a replay or of an
 * exchange that stands in on paper knows that two accounts see the same market. */
#include <stdlib.h>

#include "market/events.h"
#include "run/host_impl.h"

#define COPIES ((uint64_t)1 << 14) /* granules: 1 MiB for each account */

static int is_market(const struct agon_event_hdr *event)
{
    return event_is(event->type, AGON_EV_FED) && !event_is_shared(event->type) &&
           event->instrument != 0 && event->instrument <= INSTRUMENTS_MAX;
}

int host_copies_open(struct host *host, uint32_t at, struct error *err)
{
    struct host_line *line = &host->lines[at];
    const struct venue_config *venue = &host->config.venues[at];
    const struct instruments *table = engine_instruments(host->engine);
    uint64_t bytes = (evring_bytes(COPIES) + 127) & ~(uint64_t)127;
    struct host_line **last;

    if (venue->feed[0] == '\0')
        return AGON_OK;
    for (uint32_t i = 0; i < at && line->feed == NULL; i++) {
        if (strcmp(host->config.venues[i].name, venue->feed) == 0)
            line->feed = &host->lines[i];
    }
    if (line->feed == NULL)
        return error_set(err, AGON_EINVAL,
                         "venue %s: there is no venue %s before it to share its "
                         "feed",
                         venue->name, venue->feed);
    last = &line->feed->copies;
    while (*last != NULL)
        last = &(*last)->next_copy;
    *last = line; // in the order of the venues
    line->copy_of = calloc(INSTRUMENTS_MAX + 1, sizeof(*line->copy_of));
    line->copies_memory = aligned_alloc(128, bytes);
    if (line->copy_of == NULL || line->copies_memory == NULL)
        return error_set(err, AGON_ENOMEM, "no memory for the feed of %s", venue->name);
    memset(line->copies_memory, 0, bytes);
    evring_format(line->copies_memory, COPIES);
    evring_attach(&line->copies_in, line->copies_memory, COPIES);
    evring_attach(&line->copies_out, line->copies_memory, COPIES);
    for (agon_instrument_t id = 1; id <= table->n_instruments; id++) {
        const struct agon_instrument *instrument = instruments_get(table, id);
        agon_instrument_t of;

        if (instrument->venue != venue->venue)
            continue;
        of = instruments_find(table, host->config.venues[line->feed - host->lines].venue,
                              instrument->symbol);
        if (of == 0)
            return error_set(err, AGON_ENOENT,
                             "venue %s: %s, whose feed it shares, has no instrument %s; list it "
                             "there too",
                             venue->name, venue->feed, instrument->symbol);
        line->copy_of[of] = id;
    }
    return AGON_OK;
}

void host_copies_close(struct host_line *line)
{
    free(line->copy_of);
    free(line->copies_memory);
}

int host_copies_fit(const struct host_line *line, const struct agon_event_hdr *event)
{
    if (!is_market(event))
        return 1;
    for (const struct host_line *to = line->copies; to != NULL; to = to->next_copy) {
        // What does not fit before the ring's end begins anew at its front.
        if (evring_used(&to->copies_in) + 2u * event->granules > COPIES)
            return 0;
    }
    return 1;
}

void host_copy(struct host *host, const struct host_line *line, const struct agon_event_hdr *event)
{
    if (!is_market(event))
        return;
    for (struct host_line *to = line->copies; to != NULL; to = to->next_copy) {
        agon_instrument_t id = to->copy_of[event->instrument];
        void *copy;

        if (id == 0)
            continue;
        copy = evring_claim(&to->copies_in, event->granules);
        REQUIRE(copy != NULL); // host_copies_fit
        memcpy(copy, event, event_bytes(event));
        ((struct agon_event_hdr *)copy)->instrument = id;
        if (event->type == AGON_EVENT_STATUS)
            ((struct agon_status *)copy)->venue = host->config.venues[to - host->lines].venue;
        evring_publish(&to->copies_in);
    }
}

int host_copies_instead(const struct host_line *line, const struct agon_event_hdr *event)
{
    return line->feed != NULL && is_market(event);
}
