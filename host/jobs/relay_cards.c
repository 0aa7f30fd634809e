// SPDX-License-Identifier: Apache-2.0
/* The workers' side of relay.h. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "jobs/relay_impl.h"

#define ATTEMPTS    3u /* workers that may die of a job, one less */
#define STAGE       65536u
#define STAGE_LARGE ((uint64_t)4 << 20) /* where files have to get there */
#define LARGE       ((uint64_t)64 << 20)
#define LEASE_FAILS 2 /* times that a lease is made anew after its end without a word of ours */

static struct entry *find_entry(struct relay_card *at, uint16_t slot, uint64_t id)
{
    struct entry *of = at->first;

    while (of != NULL && (of->slot != slot || of->id != id || of->is_cancelled))
        of = of->next;
    return of;
}

static void drop_entry(struct relay_card *at, struct entry *of)
{
    struct entry **link = &at->first;

    while (*link != of)
        link = &(*link)->next;
    *link = of->next;
    free(of);
}

/* NULL: none; lease 0: a free place. */
static struct placed *find_placed(struct relay_card *at, uint16_t slot, uint32_t lease)
{
    for (uint32_t i = 0; i < CARD_LEASES; i++) {
        if (at->placed[i].lease == lease && (lease == 0 || at->placed[i].slot == slot))
            return &at->placed[i];
    }
    return NULL;
}

static void say(const struct relay *relay, uint32_t card, const char *text)
{
    if (relay->config.say != NULL)
        relay->config.say(relay->config.ctx, card, text);
}

static void make(struct relay *relay, uint32_t card, struct placed *of)
{
    uint64_t stage = of->resident > 0 && of->memory >= LARGE ? STAGE_LARGE
                     : of->memory >= 2 * STAGE               ? STAGE
                                                             : CARD_STAGE_MIN;
    struct card_lease shape = {.bytes = of->memory,
                               .stage = stage,
                               .resident = of->resident,
                               .resident_fd = of->resident > 0 ? of->fd : -1};
    struct error err = {0};
    int64_t id;

    if (relay->cards[card].worker == NULL)
        return; // with its next worker
    id = card_worker_lease(relay->cards[card].worker, &shape, &err);
    of->id = id > 0 ? id : 0;
    of->status = id > 0 ? AGON_OK : (int)id;
    if (id <= 0)
        say(relay, card, err.text);
}

/* 0: not now; the worker has as many as it can have until some have ended. */
static int place(struct relay *relay, const struct relay_ask *ask)
{
    struct placed *of = find_placed(&relay->cards[ask->card], 0, 0);

    if (of == NULL) { // unreachable: the allocator has no more leases than a worker
        if (ask->fd >= 0)
            (void)close(ask->fd);
        return 1;
    }
    *of = (struct placed){.memory = ask->memory,
                          .resident = ask->resident,
                          .fd = ask->fd,
                          .lease = ask->lease,
                          .slot = ask->slot};
    make(relay, ask->card, of);
    if (of->status != AGON_ENOSPC)
        return 1;
    of->lease = 0;
    return 0;
}

static void displace(struct relay_card *at, const struct relay_ask *ask)
{
    struct placed *placed = find_placed(at, ask->slot, ask->lease);

    for (struct entry *of = at->first; of != NULL; of = of->next) {
        if (of->slot != ask->slot || of->lease != ask->lease || of->is_cancelled)
            continue;
        of->is_cancelled = 1;
        if (at->worker != NULL)
            (void)card_worker_cancel(at->worker, of->job);
    }
    if (placed == NULL)
        return;
    if (at->worker != NULL && placed->id != 0)
        (void)card_worker_end(at->worker, placed->id, NULL);
    if (placed->fd >= 0)
        (void)close(placed->fd);
    memset(placed, 0, sizeof(*placed));
}

static void answer(struct relay *relay, const struct relay_answer *what)
{
    struct relay_answer *to = ring_claim(&relay->answers);

    REQUIRE(to != NULL); // its room was seen to
    *to = *what;
    ring_publish(&relay->answers);
    relay->config.answered(relay->config.ctx);
}

static void refuse(struct relay *relay, const struct relay_ask *ask, int status)
{
    answer(relay, &(struct relay_answer){.job = ask->job,
                                         .run = ask->run,
                                         .status = status,
                                         .slot = ask->slot,
                                         .card = ask->card,
                                         .is_done = 1});
}

/* A job that is new to this card. NULL: status says why not. */
static struct entry *submit(struct relay *relay, const struct relay_ask *ask, int *status)
{
    struct relay_card *at = &relay->cards[ask->card];
    const struct placed *placed = find_placed(at, ask->slot, ask->lease);
    struct card_submit job = {.job = &ask->payload->head,
                              .calls = (const void *)ask->payload->bytes,
                              .chunk_ns = relay->config.chunk_ns,
                              .attempts = ATTEMPTS,
                              .generation = ask->generation,
                              .n_before = ask->n_before,
                              .is_stepped = 1};
    struct entry *of;
    int64_t id;

    *status = placed != NULL && placed->status < 0 ? placed->status : AGON_EIO;
    if (at->worker == NULL || placed == NULL || placed->id == 0)
        return NULL;
    of = calloc(1, sizeof(*of));
    *status = AGON_ENOMEM;
    if (of == NULL)
        return NULL;
    job.lease = placed->id;
    job.input = ask->payload->bytes + ask->payload->head.n_calls * sizeof(struct card_call);
    id = card_worker_submit(at->worker, &job, NULL);
    if (id <= 0) {
        *status = id < 0 ? (int)id : AGON_EIO;
        free(of);
        return NULL;
    }
    *of = (struct entry){
        .next = at->first, .id = ask->job, .job = id, .lease = ask->lease, .slot = ask->slot};
    at->first = of;
    return of;
}

static void run(struct relay *relay, const struct relay_ask *ask)
{
    struct relay_card *at = &relay->cards[ask->card];
    struct entry *of = find_entry(at, ask->slot, ask->job);
    int status = AGON_OK;

    if (of == NULL)
        of = submit(relay, ask, &status);
    if (of == NULL) {
        refuse(relay, ask, status);
        return;
    }
    of->run = ask->run;
    status = card_worker_go(at->worker, of->job, ask->run);
    if (status >= 0 || status == AGON_ENOENT)
        return; // ENOENT: its outcome is on its way
    of->is_cancelled = of->is_answered = 1;
    refuse(relay, ask, AGON_EIO);
    (void)card_worker_cancel(at->worker, of->job);
}

/* 0: it is to be asked once more. */
static int take_one(struct relay *relay, const struct relay_ask *ask)
{
    struct relay_card *at = &relay->cards[ask->card];
    struct entry *of;

    switch (ask->kind) {
    case RELAY_LEASE:
        at->is_used = 1;
        return place(relay, ask);
    case RELAY_END:
        displace(at, ask);
        break;
    case RELAY_RUN:
        run(relay, ask);
        payload_leave(ask->payload);
        break;
    case RELAY_CANCEL:
        of = find_entry(at, ask->slot, ask->job);
        if (of != NULL && at->worker != NULL) {
            of->is_cancelled = 1;
            (void)card_worker_cancel(at->worker, of->job);
        }
        break;
    case RELAY_DISMISS:
        at->is_used = 0;
        for (uint32_t i = 0; i < CARD_LEASES; i++)
            at->is_used |= at->placed[i].lease != 0; // one has come meanwhile
        break;
    default:
        if (at->worker != NULL)
            card_worker_again(at->worker);
        break;
    }
    return 1;
}

int relay_is_used(const struct relay *relay, uint32_t card)
{
    return relay->cards[card].is_used;
}

int relay_has_room(struct relay *relay)
{
    return ring_claim(&relay->answers) != NULL;
}

void relay_take(struct relay *relay)
{
    struct relay_ask *ask;

    while (relay_has_room(relay) && (ask = ring_peek(&relay->asks)) != NULL && take_one(relay, ask))
        ring_release(&relay->asks);
}

void relay_worker(struct relay *relay, uint32_t card, struct card_worker *worker)
{
    struct relay_card *at = &relay->cards[card];

    // Their outcomes were taken before who gave them was.
    while (at->first != NULL)
        drop_entry(at, at->first);
    at->worker = worker;
    for (uint32_t i = 0; i < CARD_LEASES; i++) {
        at->placed[i].id = 0;
        at->placed[i].n_lost = 0;
        if (worker != NULL && at->placed[i].lease != 0)
            make(relay, card, &at->placed[i]);
    }
}

/* The result is read once; nobody can change it after it was sealed. */
static void read_result(const struct card_event *event, struct relay_answer *to)
{
    uint64_t at = 0;

    to->result = malloc(event->bytes);
    if (to->result == NULL) {
        to->status = AGON_ENOMEM;
        return;
    }
    to->bytes = event->bytes;
    if (event->n_inline > 0) {
        memcpy(to->result, event->result, event->n_inline);
        return;
    }
    while (at < event->bytes) {
        ssize_t n =
            pread(event->result_fd, (unsigned char *)to->result + at, event->bytes - at, (off_t)at);

        if (n <= 0) {
            to->status = AGON_EIO;
            return;
        }
        at += (uint64_t)n;
    }
}

static void on_leased(struct relay *relay, uint32_t card, const struct card_event *event)
{
    struct relay_card *at = &relay->cards[card];

    if (event->status >= 0)
        return;
    say(relay, card, event->text);
    for (uint32_t i = 0; i < CARD_LEASES; i++) {
        struct placed *of = &at->placed[i];

        if (of->lease == 0 || of->id != event->lease)
            continue;
        of->id = 0;
        of->status = event->status;
        if (of->n_lost++ < LEASE_FAILS)
            make(relay, card, of);
    }
}

void relay_event(struct relay *relay, uint32_t card, const struct card_event *event)
{
    struct relay_card *at = &relay->cards[card];
    struct entry *of = at->first;
    struct relay_answer to;
    int is_done = event->kind == CARD_EVENT_DONE;

    if (event->kind == CARD_EVENT_LEASED)
        on_leased(relay, card, event);
    while (of != NULL && of->job != event->job)
        of = of->next;
    if (of != NULL && (is_done || event->kind == CARD_EVENT_CHUNK)) {
        to = (struct relay_answer){.job = of->id,
                                   .run = of->run,
                                   .status = event->status,
                                   .attempts = event->attempts,
                                   .slot = of->slot,
                                   .card = (uint8_t)card,
                                   .is_done = (uint8_t)is_done};
        if (is_done && event->status >= 0 && event->bytes > 0)
            read_result(event, &to);
        if (!of->is_answered)
            answer(relay, &to);
        else
            free(to.result);
        if (is_done)
            drop_entry(at, of);
    }
    if (event->result_fd >= 0)
        (void)close(event->result_fd);
}
