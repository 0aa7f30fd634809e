// SPDX-License-Identifier: Apache-2.0
/* on_paper: the exchange that stands in for a venue on paper, and what it tells the engine.
 *
 * On a market of bars the end of one is shown to it before the engine hears of the BAR: what that
 * does to orders, and what exit plans and loss limits do along the path, is told first, step by
 * step (engine/paper.h), as in a backtest. A step for which the journal has no room is offered
 * again, and until the bar is over nothing else is. */
#include "base/num.h"
#include "run/host_impl.h"

/* When the exchange of a market of bars told that: a bar when it had closed, also where our clock
 * is behind and has not come so far, though by no more than half a bar; a quote where the one
 * before it had, if that may be. What is decided here behind both is decided in the new bar,
 * however near to each other they come. */
static agon_ns_t told_at(struct host *host, const struct agon_event_hdr *event)
{
    agon_ns_t step_ns = engine_bars_ns(host->engine, event->instrument);
    agon_ns_t *closed = &host->bar_closed[event->instrument];
    agon_ns_t t = event->t;

    if (event->type == AGON_EVENT_BAR) {
        const struct agon_bar *bar = (const struct agon_bar *)(const void *)event;

        *closed = num_add(bar->t_open, (agon_ns_t)bar->length_s * 1000000000);
        return num_add(*closed, -event->t) < step_ns / 2 ? *closed : event->t;
    }
    if (step_ns > 0)
        t = *closed > 0 && t - *closed < step_ns ? *closed : t - t % step_ns;
    return t < event->t ? t : event->t;
}

// The next thing that the exchange tells, and the timers that are due before it.
static int offer(struct host *host, struct paper *paper)
{
    agon_ns_t t = paper_tells(paper);
    int rc;

    while (!paper_is_telling(paper) && engine_next_due(host->engine) < t) {
        if (driver_due(&host->driver, t) == AGON_EAGAIN)
            return AGON_EAGAIN;
    }
    do {
        rc = paper_offer(paper, &host->driver);
    } while (rc < 0 && rc != AGON_EAGAIN && paper_is_telling(paper));
    host->telling = paper_is_telling(paper) ? paper : NULL;
    return rc == AGON_EAGAIN ? rc : AGON_OK;
}

int host_tell_on(struct host *host)
{
    return host->telling != NULL ? offer(host, host->telling) : AGON_OK;
}

static int drain(struct host *host, struct paper *paper)
{
    agon_ns_t t = host_now(host);
    int n = 0;

    if (host_tell_on(host) == AGON_EAGAIN)
        return 0;
    if (paper_next(paper) <= t)
        paper_advance(paper, t);
    while (paper_tells(paper) <= t && offer(host, paper) != AGON_EAGAIN)
        n++;
    return n;
}

int host_drain_paper(struct host *host)
{
    int n = 0;

    for (uint32_t i = 0; i < host->n_lines && host->lines[i].paper != NULL; i++)
        n += drain(host, host->lines[i].paper);
    return n;
}

/* Whoever hears of the bar would know more than what is told of it before: so the bar waits for as
 * long as that mostly takes, whether or not there is any; and, where our clock is behind, for its
 * end. */
int host_close_on_paper(struct host *host, struct host_line *line)
{
    const struct agon_event_hdr *event = &host->event.hdr;
    struct paper *paper = line->paper;

    if (paper == NULL || event->type != AGON_EVENT_BAR ||
        !match_has_bars(paper_match(paper), event->instrument))
        return AGON_OK;
    if (!line->is_bar_shown) {
        struct agon_bar bar;

        memcpy(&bar, host->event.bytes, sizeof(bar));
        bar.hdr.t = line->t_bar = told_at(host, &bar.hdr);
        if (host_now(host) < bar.hdr.t)
            return AGON_EAGAIN;
        paper_on_market(paper, &bar.hdr);
        line->t_bar_told = paper_told_by(paper, &bar.hdr);
        line->is_bar_shown = 1;
    }
    (void)drain(host, paper);
    if (host->telling != NULL || paper_tells(paper) <= line->t_bar_told ||
        paper_told_last(paper, line->t_bar) != 0 || host_now(host) < line->t_bar_told)
        return AGON_EAGAIN;
    // It is told no earlier than it was over, whatever our clock said when it came.
    if (event->t < line->t_bar_told)
        host->event.hdr.t = line->t_bar_told;
    return AGON_OK;
}

void host_show_paper(struct host *host, struct host_line *line)
{
    struct agon_event_hdr *event = &host->event.hdr;
    agon_ns_t t = event->t;

    if (match_has_bars(paper_match(line->paper), event->instrument)) {
        if (event->type == AGON_EVENT_BAR) { // it was shown
            line->is_bar_shown = 0;
            return;
        }
        event->t = told_at(host, event);
    }
    paper_on_market(line->paper, event);
    event->t = t;
}
