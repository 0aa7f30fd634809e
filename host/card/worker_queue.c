// SPDX-License-Identifier: Apache-2.0
#include "card/worker_impl.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "sys/clock.h"
#include "sys/memfd.h"

/* Events that are no outcome: two of each lease have room beside them (it was made, it ended), and
 * each job has its one. */
#define NEWS_MAX (EVENTS - CARD_JOBS - 2 * CARD_LEASES)

/* Events */

struct card_event *card_event_new(struct card_worker *worker, enum card_events kind, int status,
                                  const char *text)
{
    struct card_event *event;

    REQUIRE(worker->n_events < EVENTS);
    event = &worker->events[(worker->first_event + worker->n_events++) % EVENTS];
    *event = (struct card_event){.kind = kind, .status = status, .result_fd = -1};
    (void)snprintf(event->text, sizeof(event->text), "%s", text);
    return event;
}

/* Of those that say how the worker is, who takes none gets no more: room for outcomes stays. */
struct card_event *card_news(struct card_worker *worker, enum card_events kind, int status,
                             const char *text)
{
    static struct card_event nowhere;

    if (worker->n_events - worker->n_outcomes < NEWS_MAX)
        return card_event_new(worker, kind, status, text);
    return &nowhere;
}

/* Jobs and leases */

struct job *card_find_job(struct card_worker *worker, int64_t id)
{
    struct job *job = id > 0 ? &worker->jobs[id % CARD_JOBS] : NULL;

    return job != NULL && job->id == id ? job : NULL;
}

struct lease *card_find_lease(struct card_worker *worker, int64_t id)
{
    for (uint32_t i = 0; id > 0 && i < CARD_LEASES; i++)
        if (worker->leases[i].id == id)
            return &worker->leases[i];
    return NULL;
}

int card_worker_next(struct card_worker *worker, struct card_event *event)
{
    if (worker->n_events == 0)
        (void)card_worker_wait(worker, 0);
    if (worker->n_events == 0)
        return 0;
    *event = worker->events[worker->first_event];
    worker->first_event = (worker->first_event + 1) % EVENTS;
    worker->n_events--;
    worker->n_outcomes -= event->kind == CARD_EVENT_DONE;
    if (event->kind == CARD_EVENT_LEASED && event->status < 0) {
        struct lease *lease = card_find_lease(worker, event->lease);

        if (lease != NULL)
            memset(lease, 0, sizeof(*lease));
    }
    return 1;
}

void card_close_fd(int *fd)
{
    if (*fd >= 0)
        (void)close(*fd);
    *fd = -1;
}

/* The one outcome of a job: with it the job is no more. */
struct card_event *card_finish(struct card_worker *worker, struct job *job, int status,
                               const char *text)
{
    struct card_event *event = card_event_new(worker, CARD_EVENT_DONE, status, text);

    event->job = job->id;
    event->lease = job->lease;
    event->generation = job->generation;
    event->attempts = job->tries;
    if (status >= 0) {
        event->bytes = job->n_result;
        event->result_fd = job->result_fd;
        job->result_fd = -1;
    }
    worker->n_outcomes++;
    card_close_fd(&job->fd);
    card_close_fd(&job->result_fd);
    job->id = 0;
    while (worker->first_job < worker->next_job &&
           worker->jobs[worker->first_job % CARD_JOBS].id == 0)
        worker->first_job++;
    if (worker->unsent < worker->first_job)
        worker->unsent = worker->first_job;
    return event;
}

void card_drop_lease(struct card_worker *worker, struct lease *lease, enum card_events kind,
                     int status, const char *text)
{
    int64_t id = lease->id;

    for (int64_t at = worker->first_job; at < worker->next_job; at++) {
        struct job *job = card_find_job(worker, at);

        // One that is with the worker is answered by it.
        if (job != NULL && job->lease == id && !job->is_sent)
            (void)card_finish(worker, job, status < 0 ? status : AGON_ESTATE, text);
    }
    card_close_fd(&lease->fd);
    if (kind == CARD_EVENT_LEASED) {
        // Who submits for it before he has taken the event gets the same answer.
        lease->failed = status;
        (void)snprintf(lease->why, sizeof(lease->why), "%s", text);
    } else
        memset(lease, 0, sizeof(*lease));
    card_event_new(worker, kind, status, text)->lease = id;
}

int card_has_jobs(struct card_worker *worker, int64_t lease)
{
    for (int64_t at = worker->first_job; at < worker->next_job; at++) {
        const struct job *job = card_find_job(worker, at);

        if (job != NULL && job->lease == lease)
            return 1;
    }
    return 0;
}

/* The caller's side */

int64_t card_worker_lease(struct card_worker *worker, const struct card_lease *shape,
                          struct error *err)
{
    struct lease *lease = NULL;
    int fd = -1;

    if (worker->state == LOST)
        return error_set(err, AGON_EIO, "the card is lost");
    if (shape->stage < CARD_STAGE_MIN || shape->stage > shape->bytes ||
        shape->resident > shape->bytes - shape->stage ||
        (shape->resident > 0) != (shape->resident_fd >= 0))
        return error_set(err, AGON_EINVAL,
                         "a lease of %llu bytes with %llu of stage (at least %u) and %llu resident",
                         (unsigned long long)shape->bytes, (unsigned long long)shape->stage,
                         CARD_STAGE_MIN, (unsigned long long)shape->resident);
    for (uint32_t i = 0; lease == NULL && i < CARD_LEASES; i++)
        if (worker->leases[i].id == 0)
            lease = &worker->leases[i];
    if (lease == NULL || worker->n_events - worker->n_outcomes >= NEWS_MAX)
        return error_set(err, AGON_ENOSPC, "%u leases, or events that nobody takes", CARD_LEASES);
    if (shape->resident > 0 && (fd = fcntl(shape->resident_fd, F_DUPFD_CLOEXEC, 3)) < 0)
        return error_set(err, AGON_EINVAL, "resident bytes: %s", strerror(errno));
    *lease = (struct lease){.id = ++worker->next_lease, .shape = *shape, .fd = fd};
    card_step(worker);
    return worker->next_lease;
}

int card_worker_end(struct card_worker *worker, int64_t id, struct error *err)
{
    struct lease *lease = card_find_lease(worker, id);

    if (lease == NULL || lease->is_ending || lease->failed != 0)
        return error_set(err, AGON_ENOENT, "lease %lld has ended, or never began", (long long)id);
    lease->is_ending = 1;
    card_step(worker);
    return AGON_OK;
}

/* A copy that nobody can change: an agent that goes on writing changes nothing. */
static int copy_job(const struct card_submit *submit, struct error *err)
{
    size_t n_calls = submit->job->n_calls * sizeof(struct card_call);
    struct card_job head = *submit->job;
    struct {
        const void *at;
        size_t n;
    } parts[] = {
        {&head, sizeof(head)}, {submit->calls, n_calls}, {submit->input, submit->job->n_input}};
    uint64_t whole = sizeof(head) + n_calls + submit->job->n_input;
    off_t to = 0;
    int fd = memfd_new("agon-job", whole, err);

    head.version = CARD_VERSION;
    for (size_t i = 0; fd >= 0 && i < sizeof(parts) / sizeof(parts[0]); i++) {
        const char *from = parts[i].at;
        size_t left = parts[i].n;

        while (left > 0) {
            ssize_t done = pwrite(fd, from, left, to);

            if (done < 0 && errno == EINTR)
                continue;
            if (done <= 0) {
                (void)close(fd);
                return error_set(err, AGON_ENOMEM, "no memory for a job of %llu bytes",
                                 (unsigned long long)whole);
            }
            from += done;
            left -= (size_t)done;
            to += done;
        }
    }
    if (fd >= 0 &&
        fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) != 0) {
        (void)close(fd);
        return error_set(err, AGON_ENOTSUP, "sealing a job: %s", strerror(errno));
    }
    return fd;
}

int64_t card_worker_submit(struct card_worker *worker, const struct card_submit *submit,
                           struct error *err)
{
    const struct lease *lease = card_find_lease(worker, submit->lease);
    const struct card_job *head = submit->job;
    struct job *job;
    int fd;

    if (worker->state == LOST)
        return error_set(err, AGON_EIO, "the card is lost");
    if (lease == NULL || lease->is_ending)
        return error_set(err, AGON_ENOENT, "lease %lld has ended, or never began",
                         (long long)submit->lease);
    if (head->n_calls == 0 || head->n_calls > CARD_CALLS_MAX || submit->attempts == 0 ||
        submit->chunk_ns <= 0 || head->memory > lease->shape.bytes ||
        head->n_input > head->memory || head->n_result > head->memory)
        return error_set(err, AGON_EINVAL,
                         "a job of %u calls, %llu bytes with %llu of input and %llu of result",
                         head->n_calls, (unsigned long long)head->memory,
                         (unsigned long long)head->n_input, (unsigned long long)head->n_result);
    if (worker->next_job - worker->first_job + worker->n_outcomes >= CARD_JOBS)
        return error_set(err, AGON_ENOSPC, "%u jobs are there, the limit; take their outcomes",
                         CARD_JOBS);
    fd = copy_job(submit, err);
    if (fd < 0)
        return fd;
    job = &worker->jobs[worker->next_job % CARD_JOBS];
    *job = (struct job){.id = worker->next_job++,
                        .lease = submit->lease,
                        .chunk_ns = submit->chunk_ns,
                        .n_result = head->n_result,
                        .fd = fd,
                        .result_fd = -1,
                        .n_calls = head->n_calls,
                        .attempts = submit->attempts,
                        .generation = submit->generation};
    if (lease->failed != 0)
        (void)card_finish(worker, job, lease->failed, lease->why);
    card_step(worker);
    return worker->next_job - 1;
}

int card_worker_cancel(struct card_worker *worker, int64_t id)
{
    struct job *job = card_find_job(worker, id);
    struct card_ask of = {.ask = CARD_ASK_CANCEL, .job = (uint64_t)id};

    if (job == NULL)
        return AGON_ENOENT;
    if (!job->is_sent)
        (void)card_finish(worker, job, AGON_ESTATE, "cancelled before it began");
    else if (!job->is_cancelled)
        (void)card_ask_worker(worker, clock_mono(), &of, NULL, NULL);
    if (card_find_job(worker, id) != NULL)
        job->is_cancelled = 1;
    return AGON_OK;
}

int card_worker_look(struct card_worker *worker)
{
    struct card_ask of = {.ask = CARD_ASK_LOOK};
    int64_t now = clock_mono();

    if (worker->state != UP || worker->look_since_ns != 0 ||
        !card_ask_worker(worker, now, &of, NULL, NULL))
        return AGON_EAGAIN;
    worker->look_since_ns = now;
    return AGON_OK;
}
