// SPDX-License-Identifier: Apache-2.0
/* drain: what venues sent, out of their rings and into the engine. [core] */
#include <string.h>

#include "run/host_impl.h"

/* When a record was received. What waited for a time was stamped by the clock that was wrong until
 * then: it was not received later than now. */
static agon_ns_t received_at(const struct host *host, agon_ns_t stamp)
{
    agon_ns_t now = host->guard.n_taken > 0 ? clock_now() : stamp;

    return stamp < now ? stamp : now;
}

/* A scaled host whose venue says nothing of its market's time takes it from the data. */
static agon_ns_t time_of(struct host *host, const struct agon_event_hdr *event, agon_ns_t received)
{
    if (host->config.speed_milli == 1000 || host->has_market_clock)
        return host_market_time(host, received);
    if (!market_guard_begins(event))
        return market_guard_before(event, host_market_time(host, received));
    clock_market_init(&host->market, event->t_venue, received, host->config.speed_milli);
    host->has_market_clock = 1;
    return host_market_time(host, received);
}

// The venue's terms are for the exchange that stands in for it on paper, and no event.
static int take_terms(struct host_line *line, const struct agon_event_hdr *event)
{
    const void *record = event;

    if (event->type == EVENT_RULES && line->paper != NULL)
        (void)paper_set_rules(line->paper, event->instrument,
                              &((const struct record_rules *)record)->rules);
    if (event->type == EVENT_LIMIT && line->paper != NULL) {
        const struct record_limit *limit = record;

        venue_windows_narrow(&line->windows, limit->type, limit->interval_s, limit->limit);
    }
    return event->type == EVENT_RULES || event->type == EVENT_LIMIT;
}

// Is it no event of the engine's?
static int is_for_line(struct host_line *line, const struct agon_event_hdr *event, int is_own)
{
    return is_own && (take_terms(line, event) || host_copies_instead(line, event));
}

/* Records that were stepped since the clock was looked at, by when they were received. */
struct stepped {
    agon_ns_t received[HOST_MEASURED];
    uint32_t n;
};

/* How long they took: up to now, so that none is shown faster than it was. Those that were read at
 * once have one time. */
static void note_stepped(struct host *host, struct host_line *line, struct stepped *stepped,
                         agon_ns_t now)
{
    uint32_t first = 0;

    for (uint32_t i = 1; i <= stepped->n; i++) {
        int64_t took_ns = now - stepped->received[first];

        if (i < stepped->n && stepped->received[i] == stepped->received[first])
            continue;
        hist_add_n(&host->draft->queue_ns, took_ns, i - first);
        hist_small_add_n(&line->delivery, took_ns, i - first);
        first = i;
    }
    stepped->n = 0;
}

/* To the line of its own that the core keeps of the record in hand; most are of one granule. */
static inline void take_copy(struct host *host, const struct agon_event_hdr *event)
{
    if (event->granules == 1)
        memcpy(host->event.bytes, event, EVENT_GRANULE);
    else
        memcpy(host->event.bytes, event, event_bytes(event));
}

static int drain_ring(struct host *host, struct host_line *line, struct evring *ring, int is_own)
{
    const struct agon_event_hdr *event = evring_peek(ring, NULL);
    struct stepped stepped = {.n = 0};
    agon_ns_t offset_ns;
    int n = 0;

    if (event == NULL)
        return 0;
    host->batch_ns = clock_mono();
    offset_ns = clock_at(host->batch_ns) - host->batch_ns;
    for (; n < HOST_BATCH && event != NULL; event = evring_peek(ring, NULL)) {
        int64_t looked_ns = host->batch_ns;
        agon_ns_t received;

        if (is_for_line(line, event, is_own)) {
            evring_pass(ring);
            n++;
            continue;
        }
        host->is_behind = (uint8_t)(n + 1 < HOST_BATCH && evring_has_behind(ring));
        take_copy(host, event);
        received = received_at(host, host->event.hdr.t);
        host->event.hdr.t = time_of(host, &host->event.hdr, received);
        if (host->event.hdr.type == EVENT_SENT)
            host->event.sent.t_sent =
                host_market_time(host, received_at(host, host->event.sent.t_utc));
        if (!host_copies_fit(line, event) || host_close_on_paper(host, line) == AGON_EAGAIN ||
            host_step(host, &host->event.hdr) == AGON_EAGAIN)
            break;
        host_copy(host, line, event);
        evring_pass(ring);
        if (host->event.hdr.type == AGON_EVENT_QUOTE && line->bars.n > 0)
            host->is_quoted[host->event.hdr.instrument] = 1;
        if (line->paper != NULL)
            host_show_paper(host, line);
        stepped.received[stepped.n++] = received;
        if (host->batch_ns != looked_ns || stepped.n == HOST_MEASURED) {
            note_stepped(host, line, &stepped, host->batch_ns + offset_ns);
            evring_give_back(ring);
        }
        n++;
    }
    if (stepped.n > 0)
        note_stepped(host, line, &stepped, clock_mono() + offset_ns);
    evring_give_back(ring);
    host->batch_ns = 0;
    return n;
}

static int drain_line(struct host *host, struct host_line *line)
{
    int n = line->feed != NULL ? drain_ring(host, line, &line->copies_out, 0) : 0;

    return n + drain_ring(host, line, &line->from_venue_out, 1);
}

// Does anything of a venue wait for the core?
int host_is_line_waiting(const struct host_line *line)
{
    return evring_used(&line->from_venue_out) > 0 ||
           (line->feed != NULL && evring_used(&line->copies_out) > 0);
}

int host_drain_venue(struct host *host)
{
    int n = 0;

    // Market data has a time: it waits in its ring until there is one.
    for (uint32_t i = 0; i < host->n_lines && host->is_timed; i++)
        n += drain_line(host, &host->lines[i]);
    return n;
}
