// SPDX-License-Identifier: Apache-2.0
#include "engine/driver.h"

#include "base/hot.h"

/* What each event passes through is one function of the program, not a chain of them (ADR 125). */
#define INLINE inline __attribute__((always_inline))

static INLINE int take_here(struct driver *driver, struct agon_event_hdr *event, int is_bound)
{
    const struct driver_port *port = &driver->port;
    int rc, stop;

    for (;;) {
        if (port->before != NULL)
            port->before(port->ctx, event);
        rc = engine_step(driver->engine, event);
        if (rc != AGON_EAGAIN)
            break;
        if (port->wait == NULL || !port->wait(port->ctx, is_bound))
            return is_bound ? AGON_ENOSPC : AGON_EAGAIN;
    }
    driver->rc = rc;
    stop = port->after != NULL ? port->after(port->ctx, event, rc) : AGON_OK;
    return rc == AGON_ECORRUPT ? rc : stop;
}

static int take(struct driver *driver, struct agon_event_hdr *event, int is_bound)
{
    return take_here(driver, event, is_bound);
}

/* What found no room towards a venue is an event like any other, and nothing may come before it. */
static int take_unsent(struct driver *driver)
{
    struct record_report report;
    int rc = AGON_OK;

    while (rc >= 0 && engine_take_unsent(driver->engine, &report))
        rc = take(driver, &report.hdr, 1);
    return rc;
}

static HOT int take_plan(struct driver *driver)
{
    union plan_values_event values;
    int rc = AGON_OK;

    if (!engine_take_plan(driver->engine, &driver->plan))
        return AGON_OK;
    for (uint32_t k = 0; rc >= 0 && plan_values(&driver->plan, k, &values); k++)
        rc = take(driver, &values.hdr, 1);
    if (rc >= 0)
        rc = take(driver, &driver->plan.plan.hdr, 1);
    if (rc >= 0)
        rc = take_unsent(driver);
    if (rc >= 0 && driver->port.planned != NULL)
        driver->port.planned(driver->port.ctx, &driver->plan);
    return rc;
}

/* One for which the journal has no room stays with the engine and comes behind the next event. */
static int take_alerts(struct driver *driver)
{
    struct record_alert alert;
    int rc = AGON_OK;

    while (rc >= 0 && engine_take_alert(driver->engine, &alert)) {
        rc = take(driver, &alert.hdr, 0);
        if (rc == AGON_EAGAIN)
            return AGON_OK;
        if (rc >= 0 && driver->port.alerted != NULL)
            driver->port.alerted(driver->port.ctx, &alert);
    }
    return rc;
}

int driver_mark(struct driver *driver)
{
    struct record_mark mark;
    int rc;

    // Also when there is no room for it just now: hashing the state at each event would be no help.
    driver->next_mark = engine_seq(driver->engine) + driver->mark_every;
    rc = driver->is_unread ? engine_blank_mark(driver->engine, &mark)
                           : engine_make_mark(driver->engine, &mark);
    if (rc >= 0)
        rc = take(driver, &mark.hdr, 0);
    if (rc >= 0 && driver->port.marked != NULL)
        driver->port.marked(driver->port.ctx);
    return rc;
}

/* What the engine owes behind an event, which has been taken. Not inlined: seldom is there any. */
static __attribute__((noinline)) int take_owed(struct driver *driver)
{
    int rc = take_unsent(driver);

    if (rc >= 0)
        rc = take_plan(driver);
    return rc >= 0 ? take_alerts(driver) : rc;
}

int driver_behind(struct driver *driver)
{
    int rc = AGON_OK, said = driver->rc;

    if (engine_owes(driver->engine))
        rc = take_owed(driver);
    if (rc >= 0 && driver_has_mark(driver)) {
        rc = driver_mark(driver);
        if (rc == AGON_EAGAIN)
            rc = AGON_OK; // the next one, then
    }
    driver->rc = said;
    return rc;
}

static INLINE int take_whole(struct driver *driver, struct agon_event_hdr *event)
{
    int rc = take_here(driver, event, 0);

    if (rc < 0 || (!engine_owes(driver->engine) && !driver_has_mark(driver)))
        return rc;
    return driver_behind(driver);
}

HOT int driver_due(struct driver *driver, agon_ns_t t)
{
    struct record_due due;

    engine_due(driver->engine, &due);
    if (driver->is_late)
        due.hdr.t = t;
    return take_whole(driver, &due.hdr);
}

/* Not inlined: lock-step says itself what is due before an event. */
static __attribute__((noinline)) int take_due(struct driver *driver, agon_ns_t t)
{
    int rc = AGON_OK;

    while (rc >= 0 && !driver->is_held && engine_next_due(driver->engine) < t)
        rc = driver_due(driver, t);
    return rc;
}

static int take_parts(struct driver *driver, const struct record_job_done *done,
                      const unsigned char *result)
{
    struct record_job_part *head = &driver->part.head;
    uint64_t at = done->n_inline;
    int rc = AGON_OK;

    for (; rc >= 0 && at < done->bytes; at += head->n) {
        uint64_t left = done->bytes - at;

        *head = (struct record_job_part){.hdr = {.type = EVENT_JOB_PART, .t = done->hdr.t},
                                         .job = done->job,
                                         .at = at,
                                         .slot = done->slot};
        head->n = (uint32_t)(left < JOB_PART_BYTES ? left : JOB_PART_BYTES);
        head->hdr.granules =
            (uint8_t)((sizeof(*head) + head->n + EVENT_GRANULE - 1) / EVENT_GRANULE);
        memset(head + 1, 0, (size_t)head->hdr.granules * EVENT_GRANULE - sizeof(*head));
        memcpy(head + 1, result + at, head->n);
        rc = take(driver, &head->hdr, at > 0); // once the first is taken, all are
    }
    return rc;
}

int driver_job(struct driver *driver, struct record_job_done *done, const void *result)
{
    agon_ns_t t = done->hdr.t;
    int rc = AGON_OK;

    if (t < engine_t(driver->engine))
        t = engine_t(driver->engine);
    rc = take_due(driver, t);
    if (rc >= 0 && result != NULL)
        rc = take_parts(driver, done, result);
    return rc < 0 ? rc : take_whole(driver, &done->hdr);
}

HOT int driver_take(struct driver *driver, struct agon_event_hdr *event)
{
    return take_whole(driver, event);
}

HOT int driver_step(struct driver *driver, struct agon_event_hdr *event)
{
    agon_ns_t t = event->t;

    if (t < engine_t(driver->engine))
        t = engine_t(driver->engine); // it is taken at no earlier time
    if (engine_next_due(driver->engine) < t && !driver->is_held) {
        int rc = take_due(driver, t);

        if (rc < 0)
            return rc;
    }
    return take_whole(driver, event);
}
