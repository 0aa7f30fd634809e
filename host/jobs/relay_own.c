// SPDX-License-Identifier: Apache-2.0
/* Workers of leases whose kernels are their agent's own: one for each, with a context of its own on
 * the card (card/worker.h, struct card_own). They begin and end while others work, so nobody waits
 * for one here. [cards] */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "jobs/relay_impl.h"
#include "sys/clock.h"

#define ANEW_NS ((int64_t)10 * CLOCK_SECOND) /* behind a worker that will not begin any more */
#define END_NS  ((int64_t)2 * CLOCK_SECOND)  /* in which the memory of its lease is made 0 */

/* Says how it is to who shows it. */
static void show(const struct relay *relay, struct relay_own *own)
{
    struct relay_own_seen *seen = &own->seen;

    seen->pid = own->work.worker != NULL ? card_worker_pid(own->work.worker) : -1;
    seen->lives = own->work.worker != NULL ? card_worker_lives(own->work.worker) : seen->lives;
    if (relay->config.own_is != NULL && !own->is_ending)
        relay->config.own_is(relay->config.ctx, own->slot, own->lease, seen);
}

static void fail(struct relay_own *own, const char *text)
{
    (void)snprintf(own->seen.why, sizeof(own->seen.why), "%.*s", (int)sizeof(own->seen.why) - 1,
                   text);
}

static int read_source(struct relay_own *own, int fd)
{
    uint64_t at = 0;

    while (at < own->n_source) {
        ssize_t n = pread(fd, own->source + at, own->n_source - at, (off_t)at);

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return 0;
        at += (uint64_t)n;
    }
    return 1;
}

struct relay_own *relay_own_new(struct relay *relay, const struct relay_ask *ask)
{
    struct relay_own *own = calloc(1, sizeof(*own));
    // What is larger is refused with its size by the worker's own check, and never read.
    int is_read = ask->resident <= CARD_SOURCE_MAX;

    if (own == NULL || (own->source = calloc(1, is_read ? ask->resident + 1 : 1)) == NULL) {
        free(own);
        return NULL;
    }
    own->n_source = ask->resident;
    own->memory = ask->memory;
    own->lease = ask->lease;
    own->card = ask->card;
    own->slot = ask->slot;
    own->seen = (struct relay_own_seen){.state = RELAY_OWN_BEGINS, .pid = -1};
    if (is_read && !read_source(own, ask->fd))
        own->n_source = 0;
    own->next = relay->owns;
    relay->owns = own;
    show(relay, own);
    return own;
}

void relay_own_end(struct relay *relay, struct relay_own *own)
{
    if (relay->config.own_is != NULL)
        relay->config.own_is(relay->config.ctx, own->slot, own->lease, NULL);
    own->is_ending = 1;
    own->until_ns = clock_mono() + END_NS;
    if (own->work.worker == NULL || own->lease_id == 0 || own->seen.state == RELAY_OWN_BEGINS ||
        card_worker_end(own->work.worker, own->lease_id, NULL) < 0)
        own->is_closing = 1; // there is no memory of its lease, or it goes with the process
}

int32_t relay_own_refuses(const struct relay_own *own)
{
    switch (own->seen.state) {
    case RELAY_OWN_BEGINS:
        return AGON_EAGAIN;
    case RELAY_OWN_LOST:
        return AGON_EIO;
    default:
        return AGON_OK;
    }
}

static void drop(struct relay *relay, struct relay_own *own)
{
    struct relay_own **at = &relay->owns;

    while (*at != own)
        at = &(*at)->next;
    *at = own->next;
    card_worker_free(own->work.worker);
    relay_drop_entries(&own->work);
    free(own->source);
    free(own);
}

static uint32_t count(const struct relay *relay)
{
    uint32_t n = 0;

    for (const struct relay_own *own = relay->owns; own != NULL; own = own->next)
        n += own->work.worker != NULL;
    return n;
}

static void lose(const struct relay *relay, struct relay_own *own, int64_t now, const char *text)
{
    own->seen.state = RELAY_OWN_LOST;
    own->lease_id = 0;
    own->again_ns = now + ANEW_NS;
    fail(own, text);
    show(relay, own);
}

static void make_lease(const struct relay *relay, struct relay_own *own, int64_t now)
{
    const struct card_lease shape = {
        .bytes = own->memory, .stage = relay_stage(own->memory, 0), .resident_fd = -1};
    struct error err = {0};
    int64_t id = card_worker_lease(own->work.worker, &shape, &err);

    own->lease_id = id > 0 ? id : 0;
    if (id <= 0)
        lose(relay, own, now, err.text);
}

static void begin(const struct relay *relay, struct relay_own *own, int64_t now)
{
    const struct card_own of = {own->source, own->n_source};
    struct error err = {0};

    if (relay->config.own != NULL)
        own->work.worker = relay->config.own(relay->config.ctx, own->card, &of, &err);
    else
        (void)error_set(&err, AGON_ENOTSUP, "own kernels are run by nobody here");
    if (own->work.worker == NULL) {
        lose(relay, own, now, err.text);
        return;
    }
    own->seen.state = RELAY_OWN_BEGINS;
    make_lease(relay, own, now);
    show(relay, own);
}

/* 0: its worker is no more. */
static int take(struct relay *relay, struct relay_own *own, const struct card_event *event,
                int64_t now)
{
    switch (event->kind) {
    case CARD_EVENT_UP:
        own->seen.state = event->own < 0 ? RELAY_OWN_FAILS : RELAY_OWN_UP;
        if (event->own < 0)
            fail(own, event->text);
        break;
    case CARD_EVENT_DOWN:
        own->seen.state = RELAY_OWN_BEGINS;
        fail(own, event->text);
        break;
    case CARD_EVENT_LOST:
        lose(relay, own, now, event->text);
        card_worker_free(own->work.worker); // its process has ended
        own->work.worker = NULL;
        relay_drop_entries(&own->work); // with the outcomes that came before
        show(relay, own);
        return 0;
    case CARD_EVENT_LEASED:
        if (event->status < 0)
            lose(relay, own, now, event->text);
        break;
    case CARD_EVENT_ENDED:
        own->is_closing = 1;
        break;
    default:
        // That a job was cancelled is no failure.
        if (event->kind == CARD_EVENT_DONE && event->status < 0 && event->status != AGON_ESTATE)
            fail(own, event->text);
        break;
    }
    relay_work_event(relay, own->card, &own->work, event);
    show(relay, own);
    return 1;
}

static void serve(struct relay *relay, struct relay_own *own, int64_t now)
{
    struct card_event event;

    if (own->work.worker == NULL) {
        if (now >= own->again_ns && count(relay) < RELAY_OWN_PROCS)
            begin(relay, own, now);
        return;
    }
    if (own->lease_id == 0 && now >= own->again_ns) {
        own->seen.state = RELAY_OWN_UP;
        make_lease(relay, own, now);
    }
    (void)card_worker_wait(own->work.worker, 0);
    while (relay_has_room(relay) && card_worker_next(own->work.worker, &event)) {
        if (!take(relay, own, &event, now))
            return;
    }
}

void relay_owns(struct relay *relay)
{
    struct relay_own *next;
    int64_t now = clock_mono();

    for (struct relay_own *own = relay->owns; own != NULL; own = next) {
        next = own->next;
        if (!own->is_closing)
            serve(relay, own, now);
        if (own->is_ending && (own->work.worker == NULL || now > own->until_ns))
            own->is_closing = 1;
        if (own->is_closing && (own->work.worker == NULL || card_worker_close(own->work.worker)))
            drop(relay, own);
    }
}

uint32_t relay_owns_due(const struct relay *relay, int *fds, int64_t *due_ns)
{
    uint32_t n = 0;

    for (const struct relay_own *own = relay->owns; own != NULL; own = own->next) {
        int both[2] = {-1, -1};
        int64_t due = own->again_ns;

        // One that is to end is asked at each turn whether it has.
        if (own->is_closing || (own->work.worker == NULL && count(relay) >= RELAY_OWN_PROCS))
            continue;
        if (own->work.worker != NULL)
            due = card_worker_due(own->work.worker, both);
        *due_ns = due < *due_ns ? due : *due_ns;
        for (int k = 0; k < 2; k++) {
            if (both[k] >= 0)
                fds[n++] = both[k];
        }
    }
    return n;
}

void relay_owns_end(struct relay *relay)
{
    for (struct relay_own *own = relay->owns; own != NULL; own = own->next) {
        if (own->work.worker != NULL)
            (void)card_worker_close(own->work.worker); // all at a time
    }
    while (relay->owns != NULL)
        drop(relay, relay->owns);
}
