// SPDX-License-Identifier: Apache-2.0
/* direct: jobs to a worker that this thread has started (card/worker.h). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "card/worker.h"
#include "jobs/back.h"
#include "sys/clock.h"

#define ATTEMPTS    3u /* workers that may die of a job, one less */
#define STAGE       65536u
#define STAGE_LARGE ((uint64_t)4 << 20) /* where files have to get there, as live */
#define LARGE       ((uint64_t)64 << 20)
#define LEASE_FAILS 2 /* times that a lease is made anew after its end without a word of ours */
#define WAIT_NS     ((int64_t)1000 * 1000 * 1000)
#define SAY_NS      ((int64_t)5 * 1000 * 1000 * 1000) /* of waiting: it is said; then doubled */

_Static_assert(sizeof(struct agon_gpu_call) == sizeof(struct card_call) &&
                   offsetof(struct agon_gpu_call, args) == offsetof(struct card_call, args),
               "calls are handed on as they are");
_Static_assert(AGON_GPU_AT(0) == CARD_JOB && AGON_GPU_RESIDENT(0) == CARD_RESIDENT,
               "addresses are handed on as they are");

struct under_way {
    struct under_way *next;
    uint64_t id;
    int64_t job; /* the worker's number; 0: it is done */
    uint32_t lease;
    uint16_t slot;
    uint8_t is_cancelled; /* nobody wants its outcome any more */
    uint8_t is_going;     /* a chunk was begun, of started */
    uint8_t has_chunk;    /* it has ended, and that was not taken yet */
    uint8_t is_failed;    /* ... with the job, without a result */
    struct gpu_decision started;
    struct job_outcome outcome; /* of one that is done */
};
struct direct {
    struct card_worker *worker; /* owned */
    int64_t chunk_ns;
    void (*say)(void *ctx, const char *text);
    void (*waits)(void *ctx, const struct dispatch_wait *wait);
    void (*resident)(void *ctx, uint16_t slot, uint32_t lease, struct relay_resident *out);
    void *ctx;
    struct under_way *first; /* owned; in no order */
    struct {
        int64_t id; /* the worker's; 0: none */
        uint32_t n_lost;
        uint64_t memory;
    } leases[SLOTS_MAX][AGON_GPU_LEASES_MAX];
};

/* For a moment, for what a job is to come to, or NULL: for the worker. What takes seconds is said.
 * said_ns and waited_ns begin as 0. */
static void wait_on(const struct direct *direct, const struct under_way *of, int64_t *waited_ns,
                    int64_t *said_ns)
{
    struct dispatch_wait wait = {.waited_ns = *waited_ns};
    int64_t now = clock_mono(), until;
    int fds[2];

    (void)card_worker_wait(direct->worker, WAIT_NS);
    *waited_ns += clock_mono() - now;
    if (direct->waits == NULL || *waited_ns < SAY_NS || *waited_ns < 2 * *said_ns)
        return;
    *said_ns = wait.waited_ns = *waited_ns;
    until = card_worker_due(direct->worker, fds);
    now = clock_mono();
    wait.left_ns = until == INT64_MAX ? 0 : until > now ? until - now : 0;
    wait.life = card_worker_lives(direct->worker);
    if (of != NULL) {
        wait.job = of->id;
        wait.lease = of->lease;
        wait.slot = of->slot;
    }
    direct->waits(direct->ctx, &wait);
}

static struct under_way *find(struct direct *direct, uint16_t slot, uint64_t id)
{
    struct under_way *of = direct->first;

    while (of != NULL && (of->slot != slot || of->id != id || of->is_cancelled))
        of = of->next;
    return of;
}

static void drop(struct direct *direct, struct under_way *of)
{
    struct under_way **at = &direct->first;

    while (*at != of)
        at = &(*at)->next;
    *at = of->next;
    free(of->outcome.result);
    free(of);
}

static void end_chunk(struct under_way *of, int is_failed)
{
    of->has_chunk |= of->is_going;
    of->is_failed = (uint8_t)is_failed;
    of->is_going = 0;
}

static void finish(struct direct *direct, struct under_way *of, int32_t status)
{
    of->job = 0;
    of->outcome.status = status;
    end_chunk(of, status < 0);
    if (of->is_cancelled && !of->has_chunk)
        drop(direct, of);
}

static void on_chunk(struct direct *direct, const struct card_event *event)
{
    struct under_way *of = direct->first;

    while (of != NULL && of->job != event->job)
        of = of->next;
    if (of != NULL)
        end_chunk(of, 0);
}

/* The result is read once; nobody can change it after it was sealed. */
static void take_result(struct under_way *of, const struct card_event *event)
{
    uint64_t at = 0;

    of->outcome.result = malloc(event->bytes);
    if (of->outcome.result == NULL) {
        of->outcome.status = AGON_ENOMEM;
        return;
    }
    of->outcome.bytes = event->bytes;
    if (event->n_inline > 0) {
        memcpy(of->outcome.result, event->result, event->n_inline);
        return;
    }
    while (at < event->bytes) {
        ssize_t n = pread(event->result_fd, (unsigned char *)of->outcome.result + at,
                          event->bytes - at, (off_t)at);

        if (n <= 0) {
            of->outcome.status = AGON_EIO;
            return;
        }
        at += (uint64_t)n;
    }
}

static void on_done(struct direct *direct, const struct card_event *event)
{
    struct under_way *of = direct->first;

    while (of != NULL && of->job != event->job)
        of = of->next;
    if (of != NULL) {
        of->outcome.attempts = event->attempts;
        of->outcome.status = event->status;
        if (event->status >= 0 && event->bytes > 0 && !of->is_cancelled)
            take_result(of, event);
        finish(direct, of, of->outcome.status);
    }
    if (event->result_fd >= 0)
        (void)close(event->result_fd);
}

static void make_lease(struct direct *direct, uint16_t slot, uint32_t lease)
{
    uint64_t memory = direct->leases[slot][lease - 1].memory;
    struct card_lease shape = {
        .bytes = memory, .stage = memory >= 2 * STAGE ? STAGE : CARD_STAGE_MIN, .resident_fd = -1};
    struct relay_resident file = {.fd = -1};
    int64_t id;

    if (direct->resident != NULL)
        direct->resident(direct->ctx, slot, lease, &file);
    if (file.fd >= 0) {
        shape.resident = file.bytes;
        shape.resident_fd = file.fd;
        shape.stage = memory >= LARGE ? STAGE_LARGE : shape.stage;
    }
    id = card_worker_lease(direct->worker, &shape, NULL);

    direct->leases[slot][lease - 1].id = id > 0 ? id : 0;
}

static void on_leased(struct direct *direct, const struct card_event *event)
{
    if (event->status >= 0)
        return;
    if (direct->say != NULL)
        direct->say(direct->ctx, event->text);
    for (uint16_t slot = 0; slot < SLOTS_MAX; slot++) {
        for (uint32_t i = 0; i < AGON_GPU_LEASES_MAX; i++) {
            if (direct->leases[slot][i].id != event->lease || event->lease == 0)
                continue;
            direct->leases[slot][i].id = 0;
            if (direct->leases[slot][i].n_lost++ < LEASE_FAILS)
                make_lease(direct, slot, i + 1);
        }
    }
}

static void listen_to(struct direct *direct)
{
    struct card_event event;

    while (card_worker_next(direct->worker, &event)) {
        switch (event.kind) {
        case CARD_EVENT_DONE:
            on_done(direct, &event);
            break;
        case CARD_EVENT_CHUNK:
            on_chunk(direct, &event);
            break;
        case CARD_EVENT_LEASED:
            on_leased(direct, &event);
            break;
        case CARD_EVENT_DOWN:
        case CARD_EVENT_LOST:
            if (direct->say != NULL)
                direct->say(direct->ctx, event.text);
            break;
        default:
            break;
        }
    }
}

static void lease(void *ctx, uint16_t slot, uint32_t number, uint64_t memory, int is_held)
{
    struct direct *direct = ctx;

    if (slot >= SLOTS_MAX || number == 0 || number > AGON_GPU_LEASES_MAX)
        return;
    if (direct->leases[slot][number - 1].id != 0)
        (void)card_worker_end(direct->worker, direct->leases[slot][number - 1].id, NULL);
    direct->leases[slot][number - 1].id = 0;
    direct->leases[slot][number - 1].n_lost = 0;
    direct->leases[slot][number - 1].memory = memory;
    if (is_held)
        make_lease(direct, slot, number);
    listen_to(direct);
}

static void begin(void *ctx, const struct record_job_wish *wish, const void *bytes, uint64_t n,
                  int is_stepped)
{
    struct direct *direct = ctx;
    struct under_way *of = calloc(1, sizeof(*of));
    struct card_job head = {.bits = 32,
                            .n_calls = wish->n_calls,
                            .chunk_calls = wish->chunk_calls,
                            .memory = wish->memory,
                            .input_at = wish->input_at,
                            .n_input = wish->n_input,
                            .result_at = wish->result_at,
                            .n_result = wish->n_result};
    uint64_t n_calls = wish->n_calls * sizeof(struct card_call);
    struct card_submit submit = {.job = &head,
                                 .calls = bytes,
                                 .chunk_ns = direct->chunk_ns,
                                 .attempts = ATTEMPTS,
                                 .is_stepped = (uint8_t)is_stepped,
                                 .generation = wish->origin.generation};
    int64_t job;

    if (of == NULL || wish->origin.slot >= SLOTS_MAX || wish->lease == 0 ||
        wish->lease > AGON_GPU_LEASES_MAX || n < n_calls || n - n_calls != wish->n_input) {
        free(of);
        return; // nobody knows it then: it is lost
    }
    *of = (struct under_way){
        .next = direct->first, .id = wish->job, .lease = wish->lease, .slot = wish->origin.slot};
    direct->first = of;
    submit.input = (const unsigned char *)bytes + n_calls;
    submit.lease = direct->leases[wish->origin.slot][wish->lease - 1].id;
    job = submit.lease != 0 ? card_worker_submit(direct->worker, &submit, NULL) : AGON_EIO;
    if (job > 0)
        of->job = job;
    else
        of->outcome.status = job < 0 ? (int32_t)job : AGON_EIO;
    listen_to(direct);
}

static void cancel(void *ctx, uint16_t slot, uint64_t job)
{
    struct direct *direct = ctx;
    struct under_way *of = find(direct, slot, job);

    if (of == NULL)
        return;
    of->is_cancelled = 1;
    if (of->job == 0 && !of->has_chunk)
        drop(direct, of);
    else if (of->job != 0)
        (void)card_worker_cancel(direct->worker, of->job);
    listen_to(direct);
}

static int take(void *ctx, uint16_t slot, uint64_t job, int is_waited, struct job_outcome *out)
{
    struct direct *direct = ctx;
    int64_t waited_ns = 0, said_ns = 0;
    struct under_way *of;

    listen_to(direct);
    of = find(direct, slot, job);
    while (of != NULL && of->job != 0 && is_waited) {
        wait_on(direct, of, &waited_ns, &said_ns);
        listen_to(direct);
    }
    if (of != NULL && of->job != 0)
        return 0;
    *out = (struct job_outcome){.status = AGON_EIO};
    if (of != NULL) {
        *out = of->outcome;
        of->outcome.result = NULL;
        of->is_cancelled = 1;
        if (!of->has_chunk)
            drop(direct, of);
    }
    return 1;
}

/* The worker may have given the job up before its turn came. */
static void go(void *ctx, uint16_t slot, uint64_t job, const struct gpu_decision *started)
{
    struct direct *direct = ctx;
    struct under_way *of = find(direct, slot, job);

    if (of == NULL)
        return;
    of->started = *started;
    of->is_going = 1;
    if (of->job == 0 || card_worker_go(direct->worker, of->job, started->run) < 0)
        end_chunk(of, 1);
    listen_to(direct);
}

static struct under_way *ended(const struct direct *direct)
{
    struct under_way *of = direct->first;

    while (of != NULL && !of->has_chunk)
        of = of->next;
    return of;
}

static int chunk(void *ctx, struct dispatch_chunk *out)
{
    struct direct *direct = ctx;
    const struct under_way *of;

    listen_to(direct);
    of = ended(direct);
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
    struct direct *direct = ctx;
    struct under_way *of = ended(direct);

    if (of == NULL)
        return;
    of->has_chunk = 0;
    if (of->is_cancelled && of->job == 0)
        drop(direct, of);
}

static int wait_chunk(void *ctx, const struct gpu_decision *started)
{
    struct direct *direct = ctx;
    int64_t waited_ns = 0, said_ns = 0;
    struct under_way *of;
    int is_failed;

    for (;;) {
        listen_to(direct);
        of = direct->first;
        while (of != NULL && (of->started.job != started->job || of->started.run != started->run))
            of = of->next;
        if (of == NULL)
            return 1; // nobody knows it: it is lost
        if (of->has_chunk || of->job == 0)
            break;
        wait_on(direct, of, &waited_ns, &said_ns);
    }
    is_failed = of->is_failed || !of->has_chunk;
    of->has_chunk = 0;
    if (of->is_cancelled && of->job == 0)
        drop(direct, of);
    return is_failed;
}

static int is_busy(void *ctx)
{
    return ((struct direct *)ctx)->first != NULL;
}

static int pid(void *ctx)
{
    return card_worker_pid(((struct direct *)ctx)->worker);
}

static void end(void *ctx)
{
    struct direct *direct = ctx;

    card_worker_free(direct->worker);
    while (direct->first != NULL)
        drop(direct, direct->first);
    free(direct);
}

/* A run whose device cannot be opened, or is too small, would only have jobs that fail. */
static int await_device(struct direct *direct, const struct dispatch_config *config,
                        struct error *err)
{
    int64_t waited_ns = 0, said_ns = 0;
    struct card_event event = {0};

    while (event.kind != CARD_EVENT_UP && event.kind != CARD_EVENT_LOST)
        if (!card_worker_next(direct->worker, &event))
            wait_on(direct, NULL, &waited_ns, &said_ns);
        else if (event.kind == CARD_EVENT_DOWN && direct->say != NULL)
            direct->say(direct->ctx, event.text);
    if (event.kind != CARD_EVENT_UP)
        return error_set(err, AGON_EIO,
                         "device '%s' cannot be used: %s; expected a card with its driver, or "
                         "'device: cpu'",
                         config->device, event.text);
    return config->is_fit != NULL ? config->is_fit(config->ctx, event.bytes, err) : AGON_OK;
}

int direct_new(struct job_back *back, const struct dispatch_config *config, struct error *err)
{
    struct card_worker_config worker = card_worker_preset(config->device);
    struct direct *direct = calloc(1, sizeof(*direct));
    int rc;

    if (direct == NULL)
        return error_set(err, AGON_ENOMEM, "no memory for jobs");
    worker.program = config->program;
    worker.script = config->script;
    worker.driver = config->driver;
    worker.nvrtc = config->nvrtc;
    worker.card = config->card;
    worker.threads = config->threads;
    worker.log_fd = STDERR_FILENO;
    worker.start_ns = config->start_ns > 0 ? config->start_ns : worker.start_ns;
    direct->chunk_ns = config->chunk_ns;
    direct->say = config->say;
    direct->waits = config->waits;
    direct->resident = config->resident;
    direct->ctx = config->ctx;
    direct->worker = card_worker_new(&worker, err);
    if (direct->worker == NULL) {
        rc = err != NULL && err->code < 0 ? err->code : AGON_EIO;
        free(direct);
        return rc;
    }
    rc = await_device(direct, config, err);
    if (rc < 0) {
        end(direct);
        return rc;
    }
    *back = (struct job_back){.ctx = direct,
                              .lease = lease,
                              .begin = begin,
                              .cancel = cancel,
                              .take = take,
                              .go = go,
                              .chunk = chunk,
                              .chunk_done = chunk_done,
                              .end_chunk = wait_chunk,
                              .is_busy = is_busy,
                              .pid = pid,
                              .free = end};
    return AGON_OK;
}
