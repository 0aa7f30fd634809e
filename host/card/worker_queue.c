// SPDX-License-Identifier: Apache-2.0
#include "card/worker_impl.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "sys/clock.h"
#include "sys/memfd.h"

/* Events that are not of a job: two of each lease have room beside them (it was made, it ended). */
#define NEWS_MAX (EVENTS - 2 * CARD_JOBS - 2 * CARD_LEASES)

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

static uint32_t count_news(const struct card_worker *worker)
{
    return worker->n_events - worker->n_outcomes - worker->n_chunks;
}

/* Of those that say how the worker is, who takes none gets no more: room for outcomes stays. */
struct card_event *card_news(struct card_worker *worker, enum card_events kind, int status,
                             const char *text)
{
    static struct card_event nowhere;

    if (count_news(worker) < NEWS_MAX)
        return card_event_new(worker, kind, status, text);
    return &nowhere;
}

/* Jobs and leases */

struct job *card_job_at(struct card_worker *worker, uint32_t i)
{
    struct job *job = &worker->jobs[((uint64_t)worker->next_job + i) % CARD_JOBS];

    return job->id != 0 ? job : NULL;
}

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
    worker->n_chunks -= event->kind == CARD_EVENT_CHUNK;
    if (event->kind == CARD_EVENT_CHUNK) {
        struct job *job = card_find_job(worker, event->job);

        if (job != NULL)
            job->is_untaken = 0;
    }
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
    struct lease *lease = card_find_lease(worker, job->lease);

    if (lease != NULL && lease->begun == job->id)
        lease->begun = 0;
    event->run = job->run;
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
    worker->n_jobs--;
    return event;
}

void card_drop_lease(struct card_worker *worker, struct lease *lease, enum card_events kind,
                     int status, const char *text)
{
    int64_t id = lease->id;

    for (uint32_t i = 0; i < CARD_JOBS; i++) {
        struct job *job = card_job_at(worker, i);

        // One that is with the worker is answered by it.
        if (job != NULL && job->lease == id && !job->is_sent && !job->is_begun)
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
    for (uint32_t i = 0; i < CARD_JOBS; i++) {
        const struct job *job = card_job_at(worker, i);

        if (job != NULL && job->lease == lease)
            return 1;
    }
    return 0;
}

void card_queue_job(struct card_worker *worker, struct job *job)
{
    job->is_asked = 1;
    job->turn = worker->next_turn++;
}

void card_forget_job(struct card_worker *worker, struct job *job)
{
    struct lease *lease = card_find_lease(worker, job->lease);

    if (lease != NULL && lease->begun == job->id)
        lease->begun = 0;
    job->is_sent = job->is_begun = 0;
    job->n_done = 0;
}

struct job *card_next_job(struct card_worker *worker)
{
    struct job *next = NULL;

    for (uint32_t i = 0; i < CARD_JOBS; i++) {
        struct job *job = card_job_at(worker, i);
        const struct lease *lease;

        if (job == NULL || !job->is_asked || job->is_sent ||
            (next != NULL && next->turn < job->turn))
            continue;
        lease = card_find_lease(worker, job->lease);
        REQUIRE(lease != NULL); // it ends after its jobs, and they with it
        // Jobs of a lease are of one memory: who has begun there is over before another begins.
        if (lease->begun == 0 || lease->begun == job->id)
            next = job;
    }
    return next;
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
    if (worker->own_fd >= 0 && shape->resident > 0)
        return error_set(
            err, AGON_ENOTSUP,
            "a lease for own kernels keeps nothing resident: they could write it; send "
            "it along with each job");
    for (uint32_t i = 0; lease == NULL && i < CARD_LEASES; i++)
        if (worker->leases[i].id == 0)
            lease = &worker->leases[i];
    if (lease == NULL || count_news(worker) >= NEWS_MAX)
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
    for (uint32_t i = 0; i < CARD_JOBS; i++) {
        struct job *job = card_job_at(worker, i);

        // Nobody is left who would ask for its next chunk.
        if (job != NULL && job->lease == id && job->is_stepped && !job->is_asked)
            card_cancel_job(worker, job);
    }
    card_step(worker);
    return AGON_OK;
}

/* What a worker is given is a copy that nobody can change. */
struct part {
    const void *at;
    uint64_t n;
};
static int copy_parts(const char *name, const struct part *parts, size_t n_parts, struct error *err)
{
    uint64_t whole = 0;
    off_t to = 0;
    int fd;

    for (size_t i = 0; i < n_parts; i++)
        whole += parts[i].n;
    fd = memfd_new(name, whole, err);
    for (size_t i = 0; fd >= 0 && i < n_parts; i++) {
        const char *from = parts[i].at;
        uint64_t left = parts[i].n;

        while (left > 0) {
            ssize_t done = pwrite(fd, from, left, to);

            if (done < 0 && errno == EINTR)
                continue;
            if (done <= 0) {
                (void)close(fd);
                return error_set(err, AGON_ENOMEM, "no memory for %s of %llu bytes", name,
                                 (unsigned long long)whole);
            }
            from += done;
            left -= (uint64_t)done;
            to += done;
        }
    }
    if (fd >= 0 &&
        fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) != 0) {
        (void)close(fd);
        return error_set(err, AGON_ENOTSUP, "sealing %s: %s", name, strerror(errno));
    }
    return fd;
}

/* An agent that goes on writing changes nothing. */
static int copy_job(const struct card_submit *submit, struct error *err)
{
    struct card_job head = *submit->job;
    struct part parts[] = {{&head, sizeof(head)},
                           {submit->calls, head.n_calls * sizeof(struct card_call)},
                           {submit->input, head.n_input}};

    head.version = CARD_VERSION;
    return copy_parts("agon-job", parts, 3, err);
}

int card_copy_own(const struct card_worker_config *config, struct error *err)
{
    const struct card_own *own = config->own;
    struct card_own_head head = {.version = CARD_VERSION, .n_source = own->n_source};
    struct part parts[] = {{&head, sizeof(head)}, {own->source, own->n_source}};

    if (strcmp(config->device, "cuda") != 0)
        return error_set(err, AGON_ENOTSUP, "own kernels run on cuda alone, not on %s",
                         config->device);
    if (own->n_source == 0 || own->n_source > CARD_SOURCE_MAX)
        return error_set(err, AGON_EINVAL, "own kernels: a source of %llu bytes (1 to %llu)",
                         (unsigned long long)own->n_source, (unsigned long long)CARD_SOURCE_MAX);
    return copy_parts("agon-own", parts, 2, err);
}

/* The lowest number that is free is given out: one near the limit says that those below are taken.
 * A job that is under way has a second one, for its result. */
static int has_spare(int fd)
{
    struct rlimit files;

    return getrlimit(RLIMIT_NOFILE, &files) != 0 || files.rlim_cur == RLIM_INFINITY ||
           (rlim_t)fd + CARD_FDS_SPARE < files.rlim_cur;
}

int64_t card_worker_submit(struct card_worker *worker, const struct card_submit *submit,
                           struct error *err)
{
    const struct lease *lease = card_find_lease(worker, submit->lease);
    const struct card_job *head = submit->job;
    uint32_t each = head->chunk_calls > 0 ? head->chunk_calls : CARD_CHUNK_CALLS;
    uint32_t n_chunks = head->n_calls > 0 ? (head->n_calls - 1) / each + 1 : 0;
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
    if (submit->n_before > 0 && (!submit->is_stepped || submit->n_before >= n_chunks))
        return error_set(err, AGON_EINVAL, "%u chunks were done before, of a job of %u",
                         submit->n_before, n_chunks);
    if (worker->n_jobs + worker->n_outcomes >= CARD_JOBS)
        return error_set(err, AGON_ENOSPC, "%u jobs are there, the limit; take their outcomes",
                         CARD_JOBS);
    fd = copy_job(submit, err);
    if (fd < 0)
        return fd;
    if (!has_spare(fd)) {
        (void)close(fd);
        return error_set(err, AGON_ENOSPC,
                         "few of the process' descriptors are left (RLIMIT_NOFILE less %u for all "
                         "else); raise it, or take outcomes and close their results",
                         CARD_FDS_SPARE);
    }
    while (worker->jobs[worker->next_job % CARD_JOBS].id != 0)
        worker->next_job++;
    worker->n_jobs++;
    job = &worker->jobs[worker->next_job % CARD_JOBS];
    *job = (struct job){.id = worker->next_job++,
                        .lease = submit->lease,
                        .chunk_ns = submit->chunk_ns,
                        .n_result = head->n_result,
                        .fd = fd,
                        .result_fd = -1,
                        .bits = head->bits,
                        .n_chunks = n_chunks,
                        .n_granted = submit->n_before,
                        .is_stepped = submit->is_stepped != 0,
                        .attempts = submit->attempts,
                        .generation = submit->generation};
    if (lease->failed != 0)
        (void)card_finish(worker, job, lease->failed, lease->why);
    else if (!job->is_stepped) {
        job->n_granted = job->n_chunks;
        card_queue_job(worker, job);
    }
    card_step(worker);
    return worker->next_job - 1;
}

int card_worker_go(struct card_worker *worker, int64_t id, uint64_t run)
{
    struct job *job = card_find_job(worker, id);

    if (job == NULL)
        return AGON_ENOENT;
    if (!job->is_stepped || job->is_asked || job->is_untaken || job->is_cancelled)
        return AGON_ESTATE;
    for (uint32_t i = 0; i < CARD_JOBS; i++) {
        const struct job *other = card_job_at(worker, i);

        if (other != NULL && other != job && other->lease == job->lease && other->is_stepped &&
            other->n_granted > 0 && !other->is_cancelled)
            return AGON_EBUSY;
    }
    job->run = run;
    job->n_granted++;
    card_queue_job(worker, job);
    card_step(worker);
    return AGON_OK;
}

void card_cancel_job(struct card_worker *worker, struct job *job)
{
    struct card_ask of = {.ask = CARD_ASK_CANCEL, .job = (uint64_t)job->id};

    if (!job->is_sent && !job->is_begun) {
        (void)card_finish(worker, job, AGON_ESTATE, "cancelled before it began");
        return;
    }
    if (!job->is_cancelled && job->is_sent)
        (void)card_ask_worker(worker, clock_mono(), &of, NULL, NULL);
    job->is_cancelled = 1;
    if (!job->is_asked)
        card_queue_job(worker, job); // it holds: its worker is asked to drop it
}

int card_worker_cancel(struct card_worker *worker, int64_t id)
{
    struct job *job = card_find_job(worker, id);

    if (job == NULL)
        return AGON_ENOENT;
    card_cancel_job(worker, job);
    card_step(worker);
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
