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

static struct entry *find_entry(const struct work *work, uint16_t slot, uint64_t id)
{
    struct entry *of = work->first;

    while (of != NULL && (of->slot != slot || of->id != id || of->is_cancelled))
        of = of->next;
    return of;
}

static void drop_entry(struct work *work, struct entry *of)
{
    struct entry **link = &work->first;

    while (*link != of)
        link = &(*link)->next;
    *link = of->next;
    free(of);
}

void relay_drop_entries(struct work *work)
{
    while (work->first != NULL)
        drop_entry(work, work->first);
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

/* Whose worker runs that lease's jobs. */
static struct work *work_of(struct relay_card *at, const struct placed *placed)
{
    return placed != NULL && placed->own != NULL ? &placed->own->work : &at->work;
}

static void say(const struct relay *relay, uint32_t card, const char *text)
{
    if (relay->config.say != NULL)
        relay->config.say(relay->config.ctx, card, text);
}

uint64_t relay_stage(uint64_t memory, uint64_t resident)
{
    return resident > 0 && memory >= LARGE ? STAGE_LARGE
           : memory >= 2 * STAGE           ? STAGE
                                           : CARD_STAGE_MIN;
}

static void make(struct relay *relay, uint32_t card, struct placed *of)
{
    struct card_lease shape = {.bytes = of->memory,
                               .stage = relay_stage(of->memory, of->resident),
                               .resident = of->resident,
                               .resident_fd = of->resident > 0 ? of->fd : -1};
    struct error err = {0};
    int64_t id;

    if (relay->cards[card].work.worker == NULL)
        return; // with its next worker
    id = card_worker_lease(relay->cards[card].work.worker, &shape, &err);
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
    if (ask->is_own) {
        of->own = relay_own_new(relay, ask);
        of->status = of->own != NULL ? AGON_OK : AGON_ENOMEM;
        return 1;
    }
    make(relay, ask->card, of);
    if (of->status != AGON_ENOSPC)
        return 1;
    of->lease = 0;
    return 0;
}

static void displace(struct relay *relay, struct relay_card *at, const struct relay_ask *ask)
{
    struct placed *placed = find_placed(at, ask->slot, ask->lease);
    struct work *work = work_of(at, placed);

    for (struct entry *of = work->first; of != NULL; of = of->next) {
        if (of->slot != ask->slot || of->lease != ask->lease || of->is_cancelled)
            continue;
        of->is_cancelled = 1;
        if (work->worker != NULL)
            (void)card_worker_cancel(work->worker, of->job);
    }
    if (placed == NULL)
        return;
    if (placed->own != NULL)
        relay_own_end(relay, placed->own);
    else if (at->work.worker != NULL && placed->id != 0)
        (void)card_worker_end(at->work.worker, placed->id, NULL);
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
static struct entry *submit(struct relay *relay, const struct relay_ask *ask, struct work *work,
                            int *status)
{
    const struct placed *placed = find_placed(&relay->cards[ask->card], ask->slot, ask->lease);
    int64_t lease = placed == NULL ? 0 : placed->own != NULL ? placed->own->lease_id : placed->id;
    struct card_submit job = {.job = &ask->payload->head,
                              .calls = (const void *)ask->payload->bytes,
                              .chunk_ns = relay->config.chunk_ns,
                              .attempts = placed != NULL && placed->own != NULL ? 1 : ATTEMPTS,
                              .generation = ask->generation,
                              .n_before = ask->n_before,
                              .is_stepped = 1};
    struct entry *of;
    int64_t id;

    *status = placed != NULL && placed->status < 0 ? placed->status : AGON_EIO;
    if (work->worker == NULL || lease == 0)
        return NULL;
    of = calloc(1, sizeof(*of));
    *status = AGON_ENOMEM;
    if (of == NULL)
        return NULL;
    job.lease = lease;
    job.input = ask->payload->bytes + ask->payload->head.n_calls * sizeof(struct card_call);
    id = card_worker_submit(work->worker, &job, NULL);
    if (id <= 0) {
        *status = id < 0 ? (int)id : AGON_EIO;
        free(of);
        return NULL;
    }
    *of = (struct entry){
        .next = work->first, .id = ask->job, .job = id, .lease = ask->lease, .slot = ask->slot};
    work->first = of;
    return of;
}

static void run(struct relay *relay, const struct relay_ask *ask)
{
    struct relay_card *at = &relay->cards[ask->card];
    const struct placed *placed = find_placed(at, ask->slot, ask->lease);
    struct work *work = work_of(at, placed);
    struct entry *of = find_entry(work, ask->slot, ask->job);
    // Nobody waits for a worker that begins: its card is for others meanwhile.
    int status = placed != NULL && placed->own != NULL ? relay_own_refuses(placed->own) : AGON_OK;
    int is_refused = status < 0;

    if (of == NULL && !is_refused)
        of = submit(relay, ask, work, &status);
    if (of == NULL) {
        refuse(relay, ask, status);
        return;
    }
    of->run = ask->run;
    if (!is_refused) {
        status = card_worker_go(work->worker, of->job, ask->run);
        if (status >= 0 || status == AGON_ENOENT)
            return; // ENOENT: its outcome is on its way
        status = AGON_EIO;
    }
    of->is_cancelled = of->is_answered = 1;
    refuse(relay, ask, status);
    if (work->worker != NULL)
        (void)card_worker_cancel(work->worker, of->job);
}

/* A chunk on that card hangs: only one runs there at a time. */
static void end_hung(struct relay *relay, uint32_t card)
{
    if (relay->cards[card].work.worker != NULL)
        card_worker_again(relay->cards[card].work.worker);
    for (struct relay_own *own = relay->owns; own != NULL; own = own->next) {
        if (own->card == card && own->work.worker != NULL && !own->is_closing)
            card_worker_again(own->work.worker);
    }
}

/* 0: it is to be asked once more. */
static int take_one(struct relay *relay, const struct relay_ask *ask)
{
    struct relay_card *at = &relay->cards[ask->card];
    struct work *work;
    struct entry *of;

    switch (ask->kind) {
    case RELAY_LEASE:
        at->is_used = 1;
        return place(relay, ask);
    case RELAY_END:
        displace(relay, at, ask);
        break;
    case RELAY_RUN:
        run(relay, ask);
        payload_leave(ask->payload);
        break;
    case RELAY_CANCEL:
        work = work_of(at, find_placed(at, ask->slot, ask->lease));
        of = find_entry(work, ask->slot, ask->job);
        if (of != NULL && work->worker != NULL) {
            of->is_cancelled = 1;
            (void)card_worker_cancel(work->worker, of->job);
        }
        break;
    case RELAY_DISMISS:
        at->is_used = 0;
        for (uint32_t i = 0; i < CARD_LEASES; i++)
            at->is_used |= at->placed[i].lease != 0; // one has come meanwhile
        break;
    default:
        end_hung(relay, ask->card);
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
    relay_drop_entries(&at->work);
    at->work.worker = worker;
    for (uint32_t i = 0; i < CARD_LEASES; i++) {
        at->placed[i].id = 0;
        at->placed[i].n_lost = 0;
        if (worker != NULL && at->placed[i].lease != 0 && at->placed[i].own == NULL)
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

        if (of->lease == 0 || of->own != NULL || of->id != event->lease)
            continue;
        of->id = 0;
        of->status = event->status;
        if (of->n_lost++ < LEASE_FAILS)
            make(relay, card, of);
    }
}

void relay_work_event(struct relay *relay, uint32_t card, struct work *work,
                      const struct card_event *event)
{
    struct entry *of = work->first;
    struct relay_answer to;
    int is_done = event->kind == CARD_EVENT_DONE;

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
            drop_entry(work, of);
    }
    if (event->result_fd >= 0)
        (void)close(event->result_fd);
}

void relay_event(struct relay *relay, uint32_t card, const struct card_event *event)
{
    if (event->kind == CARD_EVENT_LEASED)
        on_leased(relay, card, event);
    relay_work_event(relay, card, &relay->cards[card].work, event);
}
