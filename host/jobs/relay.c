// SPDX-License-Identifier: Apache-2.0
/* The core's side of relay.h. */
#include "jobs/relay_impl.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

_Static_assert(sizeof(struct agon_gpu_own) == sizeof(struct card_own_call) &&
                   offsetof(struct agon_gpu_own, addresses) ==
                       offsetof(struct card_own_call, addresses) &&
                   offsetof(struct agon_gpu_own, args) == offsetof(struct card_own_call, args) &&
                   (int)AGON_GPU_OWN == (int)CARD_OWN,
               "own kernels' calls are handed on as they are");
_Static_assert(sizeof(struct agon_gpu_call) == sizeof(struct card_call) &&
                   offsetof(struct agon_gpu_call, args) == offsetof(struct card_call, args),
               "calls are handed on as they are");

void payload_leave(struct payload *payload)
{
    if (payload != NULL &&
        atomic_fetch_sub_explicit(&payload->n_users, 1, memory_order_acq_rel) == 1)
        free(payload);
}

static struct payload *use(struct payload *payload)
{
    (void)atomic_fetch_add_explicit(&payload->n_users, 1, memory_order_relaxed);
    return payload;
}

static struct relay_lease *lease_of(struct relay *relay, uint16_t slot, uint32_t lease)
{
    return slot < SLOTS_MAX && lease > 0 && lease <= AGON_GPU_LEASES_MAX
               ? &relay->leases[slot][lease - 1]
               : NULL;
}

static struct relay_job *find(const struct relay *relay, uint16_t slot, uint64_t id)
{
    struct relay_job *of = relay->first;

    while (of != NULL && (of->slot != slot || of->id != id || of->is_cancelled))
        of = of->next;
    return of;
}

static void drop(struct relay *relay, struct relay_job *of)
{
    struct relay_job **at = &relay->first;

    while (*at != of)
        at = &(*at)->next;
    *at = of->next;
    free(of->outcome.result);
    payload_leave(of->payload);
    free(of);
}

/* Whom nobody asks for any more, and nothing is to be heard of. */
static void drop_if_done(struct relay *relay, struct relay_job *of)
{
    if (of->is_cancelled && !of->has_chunk && !of->is_going && of->owes == 0)
        drop(relay, of);
}

static void end_chunk(struct relay_job *of, int is_failed)
{
    of->has_chunk |= of->is_going;
    of->is_failed = (uint8_t)is_failed;
    of->is_going = 0;
}

/* Its one outcome, without a result. */
static void give_up(struct relay_job *of, int32_t status)
{
    if (of->is_over)
        return;
    of->is_over = 1;
    of->owes = 0;
    of->card = GPU_NONE;
    of->outcome.status = status;
    end_chunk(of, 1);
}

/* NULL: no room now, or something else is to go first. */
static struct relay_ask *claim(struct relay *relay)
{
    struct relay_ask *ask = relay->is_behind ? NULL : ring_claim(&relay->asks);

    if (ask == NULL)
        relay->is_behind = 1;
    return ask;
}

static void put(struct relay *relay)
{
    ring_publish(&relay->asks);
    relay->config.wake(relay->config.ctx);
}

static int ask_end(struct relay *relay, uint16_t slot, uint32_t number, uint32_t card)
{
    struct relay_ask *ask = claim(relay);

    if (ask == NULL)
        return 0;
    *ask = (struct relay_ask){
        .kind = RELAY_END, .lease = number, .fd = -1, .slot = slot, .card = (uint8_t)card};
    put(relay);
    return 1;
}

static int ask_lease(struct relay *relay, uint16_t slot, uint32_t number,
                     const struct relay_lease *lease)
{
    struct relay_ask *ask = claim(relay);

    if (ask == NULL)
        return 0;
    *ask = (struct relay_ask){.kind = RELAY_LEASE,
                              .lease = number,
                              .memory = lease->memory,
                              .resident = lease->resident,
                              .fd = lease->fd >= 0 ? fcntl(lease->fd, F_DUPFD_CLOEXEC, 3) : -1,
                              .slot = slot,
                              .card = lease->card,
                              .is_own = lease->is_own};
    put(relay);
    return 1;
}

/* What the cards' thread knows of it is what it has to be. 0: not yet. */
static int settle(struct relay *relay, uint16_t slot, uint32_t number)
{
    struct relay_lease *lease = lease_of(relay, slot, number);
    int is_wanted = lease->is_held && lease->card != GPU_NONE;

    if (lease->told_card != GPU_NONE &&
        (!is_wanted || lease->told_card != lease->card || lease->told_turn != lease->turn)) {
        if (!ask_end(relay, slot, number, lease->told_card))
            return 0;
        lease->told_card = GPU_NONE;
    }
    if (is_wanted && lease->told_card == GPU_NONE) {
        if (!ask_lease(relay, slot, number, lease))
            return 0;
        lease->told_card = lease->card;
        lease->told_turn = lease->turn;
    }
    return 1;
}

/* 0: it owes that. */
static int ask_job(struct relay *relay, struct relay_job *of, uint8_t kind)
{
    struct relay_ask *ask = claim(relay);

    of->owes = ask == NULL ? kind : 0;
    if (ask == NULL)
        return 0;
    *ask = (struct relay_ask){.kind = kind,
                              .lease = of->lease,
                              .job = of->id,
                              .run = of->started.run,
                              .payload = kind == RELAY_RUN ? use(of->payload) : NULL,
                              .fd = -1,
                              .n_before = of->n_done,
                              .generation = of->generation,
                              .slot = of->slot,
                              .card = of->card};
    put(relay);
    return 1;
}

static void catch_up(struct relay *relay)
{
    struct relay_job *next;

    relay->is_behind = 0;
    for (uint16_t slot = 0; slot < SLOTS_MAX; slot++) {
        for (uint32_t k = 1; k <= AGON_GPU_LEASES_MAX; k++) {
            if (!settle(relay, slot, k))
                return;
        }
    }
    for (struct relay_job *of = relay->first; of != NULL; of = next) {
        next = of->next;
        if (of->owes != 0 && !ask_job(relay, of, of->owes))
            return;
        drop_if_done(relay, of);
    }
}

/* Its jobs go on elsewhere: that card's worker cancels what it has of them. Of those that were
 * cancelled before, the end of their chunk is waited for. */
static void detach(struct relay *relay, uint16_t slot, uint32_t lease, uint32_t card)
{
    for (struct relay_job *of = relay->first; of != NULL; of = of->next) {
        if (of->slot != slot || of->lease != lease || of->card == GPU_NONE || of->card == card ||
            of->is_cancelled)
            continue;
        of->card = GPU_NONE;
        of->owes = 0;
        of->is_going = 0; // who decides says so once more
    }
}

/* Other contents than before: what was handed over for those of before is over. */
static void refresh(struct relay *relay, uint16_t slot, uint32_t number)
{
    struct relay_lease *lease = lease_of(relay, slot, number);
    struct relay_resident now = {.fd = -1};

    relay->config.resident(relay->config.ctx, slot, number, &now);
    if (now.fd < 0)
        now = (struct relay_resident){.fd = -1, .is_kernels = now.is_kernels};
    if (now.bytes == lease->resident && lease->is_own == (now.is_kernels != 0) &&
        memcmp(now.digest, lease->digest, sizeof(now.digest)) == 0)
        return;
    if (lease->fd >= 0)
        (void)close(lease->fd);
    lease->fd = now.fd >= 0 ? fcntl(now.fd, F_DUPFD_CLOEXEC, 3) : -1;
    lease->resident = now.bytes;
    lease->is_own = now.is_kernels != 0;
    memcpy(lease->digest, now.digest, sizeof(lease->digest));
    lease->turn++;
    for (struct relay_job *of = relay->first; of != NULL; of = of->next) {
        if (of->slot == slot && of->lease == number && !of->is_cancelled)
            give_up(of, AGON_ESTATE);
    }
}

void relay_place(struct relay *relay, uint16_t slot, uint32_t number, uint32_t card)
{
    struct relay_lease *lease = lease_of(relay, slot, number);

    if (lease == NULL || card >= relay->config.n_cards)
        return;
    lease->card = (uint8_t)card;
    detach(relay, slot, number, card);
    refresh(relay, slot, number);
    (void)settle(relay, slot, number);
}

static void lease(void *ctx, uint16_t slot, uint32_t number, uint64_t memory, int is_held)
{
    struct relay *relay = ctx;
    struct relay_lease *of = lease_of(relay, slot, number);

    if (of == NULL)
        return;
    of->memory = memory;
    of->is_held = (uint8_t)is_held;
    of->turn++;
    if (is_held)
        refresh(relay, slot, number);
    (void)settle(relay, slot, number);
}

static void begin(void *ctx, const struct record_job_wish *wish, const void *bytes, uint64_t n,
                  int is_stepped)
{
    struct relay *relay = ctx;
    struct relay_job *of = calloc(1, sizeof(*of));
    struct payload *payload = malloc(sizeof(*payload) + n);
    uint64_t n_calls = wish->n_calls * sizeof(struct card_call);

    REQUIRE(is_stepped); // where there are cards there is who says when
    if (of == NULL || payload == NULL || lease_of(relay, wish->origin.slot, wish->lease) == NULL ||
        n < n_calls || n - n_calls != wish->n_input) {
        free(of);
        free(payload);
        return; // nobody knows it then: it is lost
    }
    refresh(relay, wish->origin.slot, wish->lease);
    (void)settle(relay, wish->origin.slot, wish->lease);
    *payload = (struct payload){.n_users = 1,
                                .head = {.bits = 32,
                                         .n_calls = wish->n_calls,
                                         .chunk_calls = wish->chunk_calls,
                                         .memory = wish->memory,
                                         .input_at = wish->input_at,
                                         .n_input = wish->n_input,
                                         .result_at = wish->result_at,
                                         .n_result = wish->n_result},
                                .n = n};
    memcpy(payload->bytes, bytes, n);
    *of = (struct relay_job){.next = relay->first,
                             .id = wish->job,
                             .payload = payload,
                             .lease = wish->lease,
                             .generation = wish->origin.generation,
                             .slot = wish->origin.slot,
                             .card = GPU_NONE};
    relay->first = of;
}

/* Its worker may have given the job up before its turn came. */
static void go(void *ctx, uint16_t slot, uint64_t job, const struct gpu_decision *started)
{
    struct relay *relay = ctx;
    struct relay_job *of = find(relay, slot, job);

    if (of == NULL)
        return;
    of->started = *started;
    of->is_going = 1;
    if (of->is_over) {
        end_chunk(of, 1);
        return;
    }
    of->card = started->card;
    (void)ask_job(relay, of, RELAY_RUN);
}

static void cancel(void *ctx, uint16_t slot, uint64_t job)
{
    struct relay *relay = ctx;
    struct relay_job *of = find(relay, slot, job);

    if (of == NULL)
        return;
    of->is_cancelled = 1;
    if (of->owes == RELAY_RUN)
        give_up(of, AGON_ESTATE); // its card has not heard of that chunk
    else if (!of->is_over && of->card != GPU_NONE)
        (void)ask_job(relay, of, RELAY_CANCEL);
    drop_if_done(relay, of);
}

static int take(void *ctx, uint16_t slot, uint64_t job, int is_waited, struct job_outcome *out)
{
    struct relay *relay = ctx;
    struct relay_job *of = find(relay, slot, job);

    REQUIRE(!is_waited); // the core waits for no worker
    if (of != NULL && !of->is_over)
        return 0;
    *out = (struct job_outcome){.status = AGON_EIO};
    if (of != NULL) {
        *out = of->outcome;
        of->outcome.result = NULL;
        of->is_cancelled = 1;
        drop_if_done(relay, of);
    }
    return 1;
}

static struct relay_job *ended(const struct relay *relay)
{
    struct relay_job *of = relay->first;

    while (of != NULL && !of->has_chunk)
        of = of->next;
    return of;
}

static int chunk(void *ctx, struct dispatch_chunk *out)
{
    const struct relay_job *of = ended(ctx);

    if (of == NULL)
        return 0;
    *out = (struct dispatch_chunk){.slot = of->slot,
                                   .id = of->id,
                                   .is_failed = of->is_failed,
                                   .card = of->started.card,
                                   .card_job = of->started.job,
                                   .run = of->started.run};
    return 1;
}

static void chunk_done(void *ctx)
{
    struct relay_job *of = ended(ctx);

    if (of == NULL)
        return;
    of->has_chunk = 0;
    drop_if_done(ctx, of);
}

static void hear(struct relay *relay, struct relay_answer *answer)
{
    struct relay_job *of = relay->first;

    // Only what is due is believed: a card of before speaks of a run of before.
    while (of != NULL && (of->slot != answer->slot || of->id != answer->job || of->is_over ||
                          of->card != answer->card || of->started.run != answer->run))
        of = of->next;
    if (of == NULL) {
        free(answer->result);
        return;
    }
    if (!answer->is_done) {
        of->n_done++;
        end_chunk(of, 0);
        return;
    }
    of->outcome = (struct job_outcome){.status = answer->status,
                                       .attempts = answer->attempts,
                                       .bytes = answer->bytes,
                                       .result = answer->result};
    of->is_over = 1;
    of->owes = 0;
    end_chunk(of, answer->status < 0);
    drop_if_done(relay, of);
}

uint32_t relay_news(struct relay *relay)
{
    return ring_used(&relay->answers);
}

void relay_hear(struct relay *relay, uint32_t n)
{
    for (; n > 0; n--) {
        struct relay_answer *answer = ring_peek(&relay->answers);

        if (answer == NULL)
            break;
        hear(relay, answer);
        ring_release(&relay->answers);
    }
    if (relay->is_behind)
        catch_up(relay);
}

int relay_is_over(const struct relay *relay, uint16_t slot, uint64_t id)
{
    const struct relay_job *of = find(relay, slot, id);

    return of == NULL || of->is_over;
}

void relay_again(struct relay *relay, uint32_t card)
{
    struct relay_ask *ask = claim(relay);

    if (ask == NULL)
        return; // its own time ends that chunk
    *ask = (struct relay_ask){.kind = RELAY_AGAIN, .fd = -1, .card = (uint8_t)card};
    put(relay);
}

void relay_dismiss(struct relay *relay, uint32_t card)
{
    struct relay_ask *ask = claim(relay);

    if (ask == NULL)
        return; // it stays until the next time that it has none left
    *ask = (struct relay_ask){.kind = RELAY_DISMISS, .fd = -1, .card = (uint8_t)card};
    put(relay);
}

static int is_busy(void *ctx)
{
    return ((struct relay *)ctx)->first != NULL;
}

static int pid(void *ctx)
{
    (void)ctx;
    return -1;
}

static void end(void *ctx)
{
    struct relay *relay = ctx;

    while (relay->first != NULL)
        drop(relay, relay->first);
}

int relay_back(struct job_back *back, struct relay *relay)
{
    *back = (struct job_back){.ctx = relay,
                              .lease = lease,
                              .begin = begin,
                              .cancel = cancel,
                              .take = take,
                              .go = go,
                              .chunk = chunk,
                              .chunk_done = chunk_done,
                              .is_busy = is_busy,
                              .pid = pid,
                              .free = end};
    return AGON_OK;
}

int relay_new(struct relay **out, const struct relay_config *config, struct error *err)
{
    struct relay *relay = calloc(1, sizeof(*relay));

    *out = NULL;
    REQUIRE(config->n_cards <= GPU_CARDS_MAX);
    if (relay == NULL || ring_init(&relay->asks, RELAY_RING, sizeof(struct relay_ask)) < 0 ||
        ring_init(&relay->answers, RELAY_RING, sizeof(struct relay_answer)) < 0) {
        if (relay != NULL)
            ring_deinit(&relay->asks);
        free(relay);
        return error_set(err, AGON_ENOMEM, "no memory for jobs of cards");
    }
    relay->config = *config;
    for (uint32_t slot = 0; slot < SLOTS_MAX; slot++) {
        for (uint32_t k = 0; k < AGON_GPU_LEASES_MAX; k++) {
            struct relay_lease *of = &relay->leases[slot][k];

            of->fd = -1;
            of->card = of->told_card = GPU_NONE;
        }
    }
    *out = relay;
    return AGON_OK;
}

void relay_free(struct relay *relay)
{
    struct relay_ask *ask;
    struct relay_answer *answer;

    if (relay == NULL)
        return;
    end(relay);
    for (uint32_t card = 0; card < relay->config.n_cards; card++)
        relay_worker(relay, card, NULL);
    relay_owns_end(relay);
    for (; (ask = ring_peek(&relay->asks)) != NULL; ring_release(&relay->asks)) {
        payload_leave(ask->payload);
        if (ask->fd >= 0)
            (void)close(ask->fd);
    }
    for (; (answer = ring_peek(&relay->answers)) != NULL; ring_release(&relay->answers))
        free(answer->result);
    for (uint32_t slot = 0; slot < SLOTS_MAX; slot++) {
        for (uint32_t k = 0; k < AGON_GPU_LEASES_MAX; k++) {
            if (relay->leases[slot][k].fd >= 0)
                (void)close(relay->leases[slot][k].fd);
        }
    }
    for (uint32_t card = 0; card < relay->config.n_cards; card++) {
        for (uint32_t i = 0; i < CARD_LEASES; i++) {
            if (relay->cards[card].placed[i].lease != 0 && relay->cards[card].placed[i].fd >= 0)
                (void)close(relay->cards[card].placed[i].fd);
        }
    }
    ring_deinit(&relay->asks);
    ring_deinit(&relay->answers);
    free(relay);
}
