// SPDX-License-Identifier: Apache-2.0
/* full: a journal that has no room for any step of what the exchange on paper tells, before it is
 * offered once more. Whoever plays bars with this must come to what he comes to without. */
#include "base/error.h"
#include "engine/driver.h"
#include "engine/paper.h"

int __real_paper_offer(struct paper *paper, struct driver *driver);
int __wrap_paper_offer(struct paper *paper, struct driver *driver);
int __real_engine_step(struct engine *engine, struct agon_event_hdr *event);
int __wrap_engine_step(struct engine *engine, struct agon_event_hdr *event);

static int is_telling, was_refused;

// What has to follow another is not given up, and an alert that finds no room comes later.
static int is_own(const struct agon_event_hdr *event)
{
    const struct record_report *report = (const struct record_report *)(const void *)event;

    return event->type == EVENT_PATH || event->type == EVENT_DUE ||
           (event->type == EVENT_REPORT && report->kind != REPORT_NOT_SENT);
}

int __wrap_engine_step(struct engine *engine, struct agon_event_hdr *event)
{
    if (is_telling && is_own(event) && !was_refused) {
        was_refused = 1;
        event->seq = engine_seq(engine) + 1; // as the engine does
        if (event->t < engine_t(engine))
            event->t = engine_t(engine);
        return AGON_EAGAIN;
    }
    was_refused = 0;
    return __real_engine_step(engine, event);
}

int __wrap_paper_offer(struct paper *paper, struct driver *driver)
{
    agon_ns_t t = paper_tells(paper);
    int rc;

    is_telling = 1;
    while ((rc = __real_paper_offer(paper, driver)) == AGON_EAGAIN)
        REQUIRE(was_refused && paper_tells(paper) <= t);
    is_telling = 0;
    REQUIRE(rc < 0 || !paper_is_telling(paper));
    return rc;
}
