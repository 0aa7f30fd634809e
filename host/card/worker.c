// SPDX-License-Identifier: Apache-2.0
#include "card/worker_impl.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "card/environment.h"
#include "card/serve.h"
#include "sys/clock.h"
#include "sys/memfd.h"
#include "sys/proc.h"

#define PROGRAM     "agon-gpu"
#define JOBS_SENT   8u /* of them jobs: the next one lies there when one is done */
#define LEASE_TRIES 2  /* workers that may die while they make it */
#define KILL_NS     ((int64_t)10 * CLOCK_SECOND)
#define END_NS      ((int64_t)2 * CLOCK_SECOND) /* in which one that is to end does so by itself */
#define CELSIUS_MAX 200                         /* above it no card lives, and nothing is known */
#define ARGS_MAX    22

struct card_worker_config card_worker_preset(const char *device)
{
    return (struct card_worker_config){.device = device,
                                       .envp = card_environment_of(device),
                                       .threads = 1,
                                       .log_fd = -1,
                                       .start_ns = (int64_t)30 * CLOCK_SECOND,
                                       .back_ns = CLOCK_SECOND / 20,
                                       .lives_max = 5};
}

/* Lives of the worker */

static void lose(struct card_worker *worker, const char *text)
{
    worker->state = LOST;
    for (uint32_t i = 0; i < CARD_JOBS; i++) {
        struct job *job = card_job_at(worker, i);

        if (job != NULL)
            (void)card_finish(worker, job, AGON_EIO, text);
    }
    for (uint32_t i = 0; i < CARD_LEASES; i++)
        if (worker->leases[i].id != 0 && worker->leases[i].failed == 0)
            card_drop_lease(worker, &worker->leases[i],
                            worker->leases[i].is_ending ? CARD_EVENT_ENDED : CARD_EVENT_LEASED,
                            worker->leases[i].is_ending ? AGON_OK : AGON_EIO, text);
    (void)card_news(worker, CARD_EVENT_LOST, AGON_EIO, text);
}

/* A start that came to nothing. */
static void start_failed(struct card_worker *worker, int64_t now, const char *text)
{
    uint32_t times = worker->starts_failed++;

    worker->state = DOWN;
    worker->start_at_ns = now + (worker->config.back_ns << (times < 6 ? times : 6));
    // Without a driver the next one comes to the same, at once.
    if (worker->starts_failed >= worker->config.lives_max || worker->why == AGON_ENOENT)
        lose(worker, text);
    else
        (void)card_news(worker, CARD_EVENT_DOWN, AGON_EIO, text);
}

static uint32_t add_arg(const char *argv[ARGS_MAX], uint32_t n, const char *name, const char *value)
{
    if (value == NULL)
        return n;
    REQUIRE(n + 2 < ARGS_MAX);
    argv[n] = name;
    argv[n + 1] = value;
    return n + 2;
}

static void start(struct card_worker *worker, int64_t now)
{
    const struct card_worker_config *config = &worker->config;
    const char *argv[ARGS_MAX] = {PROGRAM};
    struct proc_spec spec = {.path = worker->path,
                             .argv = argv,
                             .envp = config->envp,
                             .fds = {-1, -1, config->log_fd, -1, worker->own_fd},
                             .n_fds =
                                 worker->own_fd >= 0 ? CARD_FD_SOURCE + 1 : CARD_FD_SOCKET + 1};
    struct error err = {0};
    char card[16], threads[16], life[16];
    uint32_t n = 1;
    int fds[2];

    worker->lives++;
    (void)snprintf(card, sizeof(card), "%u", config->card);
    (void)snprintf(threads, sizeof(threads), "%u", config->threads);
    (void)snprintf(life, sizeof(life), "%u", worker->lives);
    n = add_arg(argv, n, "--device", config->device);
    n = add_arg(argv, n, "--card", card);
    n = add_arg(argv, n, "--threads", threads);
    n = add_arg(argv, n, "--life", life);
    n = add_arg(argv, n, "--driver", config->driver);
    n = add_arg(argv, n, "--sensors", config->sensors);
    n = add_arg(argv, n, "--script", config->script);
    n = add_arg(argv, n, "--nvrtc", config->nvrtc);
    n = add_arg(argv, n, "--kernels", worker->own_fd >= 0 ? "own" : NULL);
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds) != 0) {
        start_failed(worker, now, "no socket for a worker");
        return;
    }
    spec.fds[CARD_FD_SOCKET] = fds[1];
    if (proc_spawn(&worker->proc, &spec, &err) < 0) {
        (void)close(fds[0]);
        (void)close(fds[1]);
        start_failed(worker, now, err.text);
        return;
    }
    (void)close(fds[1]);
    worker->fd = fds[0];
    worker->state = STARTING;
    worker->until_ns = now + config->start_ns;
    worker->has_answered = worker->is_failing = 0;
    worker->why = 0;
    worker->why_text[0] = '\0';
}

/* It is not to go on: what it still says is of no use, and its end is waited for. */
static void end_life(struct card_worker *worker, int64_t now, int code, const char *text)
{
    if (worker->state == ENDING)
        return;
    worker->why = code;
    (void)snprintf(worker->why_text, sizeof(worker->why_text), "%s", text);
    worker->state = ENDING;
    worker->until_ns = now + KILL_NS;
    (void)proc_signal(&worker->proc, SIGKILL);
}

/* What is asked, or opened, for a job. */
static int is_of_job(const struct sent *sent)
{
    return sent->ask == CARD_ASK_JOB || sent->ask == CARD_ASK_GO || sent->ask == CARD_ASK_TYPE;
}

/* Who was at work when it died pays for it; the others go back into the queue as they were. */
static void blame(struct card_worker *worker, const char *text)
{
    const struct sent *head = &worker->sent[0];
    int code = worker->why < 0 ? worker->why : AGON_EIO;
    struct lease *lease;
    struct job *job;

    if (worker->n_sent == 0 || worker->is_failing)
        return;
    if (is_of_job(head) && (job = card_find_job(worker, head->id)) != NULL) {
        job->is_sent = 0;
        if (++job->tries >= job->attempts)
            (void)card_finish(worker, job, code, text);
    } else if (head->ask == CARD_ASK_LEASE && (lease = card_find_lease(worker, head->id)) != NULL &&
               ++lease->tries >= LEASE_TRIES)
        card_drop_lease(worker, lease, CARD_EVENT_LEASED, code, text);
}

static void forget_sent(struct card_worker *worker)
{
    for (uint32_t i = 0; i < CARD_JOBS; i++) {
        struct job *job = card_job_at(worker, i);

        if (job == NULL)
            continue;
        card_forget_job(worker, job);
        card_close_fd(&job->result_fd); // the next worker gets one of its own
        if (job->is_cancelled)
            (void)card_finish(worker, job, AGON_ESTATE, "cancelled");
    }
    worker->n_sent = worker->n_jobs_sent = 0;
    worker->has_double = 0;
    for (uint32_t i = 0; i < CARD_LEASES; i++) {
        struct lease *lease = &worker->leases[i];

        lease->is_asked = lease->is_made = 0;
        lease->begun = 0;
        // The memory went with the process.
        if (lease->id != 0 && lease->failed == 0 && lease->is_ending &&
            !card_has_jobs(worker, lease->id))
            card_drop_lease(worker, lease, CARD_EVENT_ENDED, AGON_OK, "ended with its worker");
    }
    if (worker->look_since_ns != 0)
        (void)card_news(worker, CARD_EVENT_LOOKED, AGON_EIO, "the worker has ended");
    worker->look_since_ns = 0;
}

/* It has ended. */
static void bury(struct card_worker *worker, int64_t now, const struct proc_end *end)
{
    char how[64];
    char text[CARD_TEXT];

    proc_end_text(end, how, sizeof(how));
    if (worker->why_text[0] != '\0')
        (void)snprintf(text, sizeof(text), "%s", worker->why_text);
    else
        (void)snprintf(text, sizeof(text), "its worker ended: %s", how);
    proc_close(&worker->proc);
    card_close_fd(&worker->fd);
    blame(worker, text);
    forget_sent(worker);
    if (!worker->has_answered) {
        start_failed(worker, now, text);
        return;
    }
    worker->state = DOWN;
    worker->start_at_ns = now;
    worker->starts_failed = 0;
    (void)card_news(worker, CARD_EVENT_DOWN, AGON_EIO, text);
}

/* What it says */

/* The first of what was sent has its answer. */
static void answered(struct card_worker *worker, int64_t now)
{
    worker->n_jobs_sent -=
        worker->sent[0].ask == CARD_ASK_JOB || worker->sent[0].ask == CARD_ASK_GO;
    memmove(&worker->sent[0], &worker->sent[1], --worker->n_sent * sizeof(worker->sent[0]));
    worker->head_since_ns = now;
}

static void on_ready(struct card_worker *worker, int64_t now, const struct card_answer *answer)
{
    struct card_event *event;

    if (answer->status < 0) {
        (void)snprintf(worker->why_text, sizeof(worker->why_text), "%s", answer->text);
        worker->why = answer->status;
        worker->until_ns = now + worker->config.start_ns; // it ends by itself
        return;
    }
    worker->state = UP;
    event = card_news(worker, CARD_EVENT_UP, AGON_OK, answer->text);
    event->bytes = answer->bytes;
    event->fence = answer->fence;
    event->own = answer->own;
}

static void on_leased(struct card_worker *worker, const struct card_answer *answer)
{
    struct lease *lease = card_find_lease(worker, (int64_t)answer->lease);

    if (lease == NULL || lease->failed != 0)
        return; // it was given up meanwhile
    if (answer->status >= 0) {
        lease->is_made = 1;
        lease->tries = 0;
        if (!lease->is_known)
            card_event_new(worker, CARD_EVENT_LEASED, AGON_OK, answer->text)->lease = lease->id;
        lease->is_known = 1;
    } else if (answer->status != AGON_EIO || ++lease->tries >= LEASE_TRIES)
        card_drop_lease(worker, lease, CARD_EVENT_LEASED, answer->status, answer->text);
}

/* From now on nobody can change it, not even a worker that has kept a descriptor. */
static int seal_result(const struct job *job)
{
    return job->result_fd < 0 ||
           fcntl(job->result_fd, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_SEAL) == 0;
}

static void on_done(struct card_worker *worker, int64_t now, const struct card_answer *answer)
{
    struct job *job = card_find_job(worker, (int64_t)answer->job);
    struct card_event *event;

    if (job == NULL)
        return; // unreachable for a worker of this build: a job that was sent is kept
    job->is_sent = job->is_begun = 0;
    if (answer->status == AGON_EIO) {
        if (++job->tries < job->attempts && !job->is_cancelled)
            return; // its worker ends, and the next one gets it
    } else
        job->tries++;
    if (answer->status >= 0 && job->n_done + 1 != job->n_chunks) {
        (void)card_finish(worker, job, AGON_EIO, "its worker says a result before all is done");
        end_life(worker, now, AGON_EIO, "it gave a result before all chunks of its job were done");
        return;
    }
    if (answer->status >= 0 &&
        (answer->n_inline != (job->n_result <= CARD_INLINE ? job->n_result : 0) ||
         !seal_result(job))) {
        (void)card_finish(worker, job, AGON_EIO, "its worker keeps a hold of the result");
        end_life(worker, now, AGON_EIO, "it keeps a hold of a result");
        return;
    }
    event = card_finish(worker, job, answer->status, answer->text);
    if (answer->status >= 0) {
        event->n_inline = answer->n_inline;
        memcpy(event->result, answer->result, answer->n_inline);
    }
}

/* It has done what it was asked for, and holds. */
static void on_held(struct card_worker *worker, int64_t now, const struct card_answer *answer)
{
    struct job *job = card_find_job(worker, (int64_t)answer->job);
    const struct lease *lease;
    struct card_event *event;

    if (job == NULL)
        return;
    if (job->n_done + 1 != job->n_granted || job->n_granted >= job->n_chunks) {
        end_life(worker, now, AGON_EIO, "it holds where its job has no chunk's end, or its own");
        return;
    }
    job->n_done++;
    job->is_sent = job->is_asked = 0;
    job->is_begun = job->is_untaken = 1;
    event = card_event_new(worker, CARD_EVENT_CHUNK, AGON_OK, "");
    event->job = job->id;
    event->lease = job->lease;
    event->run = job->run;
    event->chunks = job->n_done;
    event->generation = job->generation;
    event->attempts = job->tries + 1;
    worker->n_chunks++;
    lease = card_find_lease(worker, job->lease);
    if (job->is_cancelled || (lease != NULL && lease->is_ending))
        card_cancel_job(worker, job);
}

/* What a job's type needs could not be opened: the device has failed, and the worker ends. */
static void on_opened(struct card_worker *worker, const struct card_answer *answer)
{
    struct job *job = card_find_job(worker, (int64_t)answer->job);

    if (answer->status < 0 && job != NULL && ++job->tries >= job->attempts)
        (void)card_finish(worker, job, answer->status, answer->text);
}

/* Only the answer that is due is believed. */
static int is_due(const struct card_worker *worker, const struct card_answer *answer)
{
    const struct sent *head = worker->n_sent > 0 ? &worker->sent[0] : NULL;

    switch (answer->answer) {
    case CARD_READY:
        return worker->state == STARTING && worker->why == 0;
    case CARD_LOOKED:
        return worker->look_since_ns != 0;
    case CARD_LEASED:
        return head != NULL && head->ask == CARD_ASK_LEASE && (int64_t)answer->lease == head->id;
    case CARD_ENDED:
        return head != NULL && head->ask == CARD_ASK_END && (int64_t)answer->lease == head->id;
    case CARD_OPENED:
        return head != NULL && head->ask == CARD_ASK_TYPE && (int64_t)answer->job == head->id;
    case CARD_CHUNK:
    case CARD_HELD:
    case CARD_DONE:
        return head != NULL && (head->ask == CARD_ASK_JOB || head->ask == CARD_ASK_GO) &&
               (int64_t)answer->job == head->id && answer->run == head->run;
    default:
        return 0;
    }
}

/* Whatever it says, nobody who shows or counts it comes to harm. */
static void make_harmless(struct card_answer *answer)
{
    struct card_look *look = &answer->look;

    answer->text[sizeof(answer->text) - 1] = '\0';
    for (char *at = answer->text; *at != '\0'; at++)
        if ((unsigned char)*at < ' ' || *at == 0x7f)
            *at = ' ';
    if (look->celsius < -1 || look->celsius > CELSIUS_MAX)
        look->celsius = -1;
    if (look->busy_pct < -1 || look->busy_pct > 100)
        look->busy_pct = -1;
    if (look->used_bytes > look->total_bytes)
        look->used_bytes = look->total_bytes = 0;
}

static void on_answer(struct card_worker *worker, int64_t now, struct card_answer *answer)
{
    struct lease *lease;
    struct job *job;

    make_harmless(answer);
    if (answer->version != CARD_VERSION || answer->n_inline > CARD_INLINE || answer->status > 0 ||
        answer->status < AGON_ETIME || answer->own > 0 || answer->own < AGON_ETIME ||
        !is_due(worker, answer)) {
        end_life(worker, now, AGON_EIO, "it gave an answer that nobody had asked for");
        return;
    }
    worker->has_answered |= answer->answer != CARD_READY;
    if (answer->answer == CARD_LEASED || answer->answer == CARD_ENDED ||
        answer->answer == CARD_HELD || answer->answer == CARD_DONE ||
        answer->answer == CARD_OPENED) {
        answered(worker, now);
        if (answer->status == AGON_EIO && !worker->is_failing) {
            worker->is_failing = 1;
            (void)snprintf(worker->why_text, sizeof(worker->why_text), "%s", answer->text);
            worker->until_ns = now + worker->config.start_ns;
        }
    }
    switch (answer->answer) {
    case CARD_READY:
        on_ready(worker, now, answer);
        break;
    case CARD_LEASED:
        on_leased(worker, answer);
        break;
    case CARD_ENDED:
        lease = card_find_lease(worker, (int64_t)answer->lease);
        if (lease != NULL)
            card_drop_lease(worker, lease, CARD_EVENT_ENDED, answer->status, answer->text);
        break;
    case CARD_CHUNK:
        job = card_find_job(worker, (int64_t)answer->job);
        if (job != NULL && job->n_done + 1 >= job->n_granted) {
            end_life(worker, now, AGON_EIO, "it says more chunks than its job has");
            break;
        }
        if (job != NULL)
            job->n_done++;
        worker->head_since_ns = now;
        break;
    case CARD_HELD:
        on_held(worker, now, answer);
        break;
    case CARD_OPENED:
        on_opened(worker, answer);
        break;
    case CARD_DONE:
        on_done(worker, now, answer);
        break;
    default:
        card_news(worker, CARD_EVENT_LOOKED, AGON_OK, "")->look = answer->look;
        worker->look_since_ns = 0;
        break;
    }
}

/* All that it has said, also what lay there when it died. */
static void listen_to(struct card_worker *worker, int64_t now)
{
    struct card_answer answer;
    ssize_t n;

    while (worker->fd >= 0 && worker->state != ENDING) {
        n = recv(worker->fd, &answer, sizeof(answer), MSG_DONTWAIT | MSG_TRUNC);
        if (n < 0 && errno == EINTR)
            continue;
        if (n == 0)
            card_close_fd(&worker->fd); // its process ends
        if (n <= 0)
            return;
        if (n != sizeof(answer))
            end_life(worker, now, AGON_EIO, "it gave an answer of another size");
        else
            on_answer(worker, now, &answer);
    }
}

/* What is asked of it */

int card_ask_worker(struct card_worker *worker, int64_t now, const struct card_ask *ask,
                    const struct sent *sent, const int fds[2])
{
    union {
        char room[CMSG_SPACE(2 * sizeof(int))];
        struct cmsghdr align;
    } control;
    struct card_ask whole = *ask;
    struct iovec part = {&whole, sizeof(whole)};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
    size_t n_fds = fds == NULL || fds[0] < 0 ? 0 : fds[1] < 0 ? 1 : 2;

    whole.version = CARD_VERSION;
    if (n_fds > 0) {
        struct cmsghdr *at;

        memset(&control, 0, sizeof(control));
        message.msg_control = control.room;
        message.msg_controllen = CMSG_SPACE(n_fds * sizeof(int));
        at = CMSG_FIRSTHDR(&message);
        at->cmsg_level = SOL_SOCKET;
        at->cmsg_type = SCM_RIGHTS;
        at->cmsg_len = CMSG_LEN(n_fds * sizeof(int));
        memcpy(CMSG_DATA(at), fds, n_fds * sizeof(int));
    }
    if (worker->fd < 0 || worker->is_failing ||
        sendmsg(worker->fd, &message, MSG_DONTWAIT | MSG_NOSIGNAL) != sizeof(whole))
        return 0; // full or dead: what comes from it says which
    if (sent != NULL) {
        if (worker->n_sent == 0)
            worker->head_since_ns = now;
        worker->sent[worker->n_sent++] = *sent;
        worker->n_jobs_sent += sent->ask == CARD_ASK_JOB || sent->ask == CARD_ASK_GO;
    }
    return 1;
}

static int ask_lease(struct card_worker *worker, int64_t now, struct lease *lease)
{
    struct card_ask of = {.ask = CARD_ASK_LEASE,
                          .lease = (uint64_t)lease->id,
                          .bytes = lease->shape.bytes,
                          .resident = lease->shape.resident,
                          .stage = lease->shape.stage};
    struct sent sent = {CARD_ASK_LEASE, lease->id, worker->config.start_ns, 0};
    int fds[2] = {lease->fd, -1};

    lease->is_asked = (uint8_t)card_ask_worker(worker, now, &of, &sent, fds);
    return lease->is_asked;
}

/* What takes long once in a life is no part of a job's first chunk. 1: it was asked for, or need
 * not be. */
static int ask_type(struct card_worker *worker, int64_t now, const struct job *job)
{
    struct card_ask of = {.ask = CARD_ASK_TYPE, .job = (uint64_t)job->id, .bits = 64};
    struct sent sent = {CARD_ASK_TYPE, job->id, worker->config.start_ns, 0};

    if (worker->own_fd >= 0)
        return 1; // of neither type
    if (job->bits == 64 && !worker->has_double)
        worker->has_double = (uint8_t)card_ask_worker(worker, now, &of, &sent, NULL);
    return job->bits != 64 || worker->has_double;
}

/* A job from its beginning on, so far as it may. */
static int ask_job(struct card_worker *worker, int64_t now, struct job *job)
{
    struct card_ask of = {.ask = CARD_ASK_JOB,
                          .lease = (uint64_t)job->lease,
                          .job = (uint64_t)job->id,
                          .run = ++worker->next_run,
                          .chunks = job->n_granted};
    struct sent sent = {CARD_ASK_JOB, job->id, job->chunk_ns, of.run};
    struct lease *lease = card_find_lease(worker, job->lease);
    struct error err = {0};
    int fds[2] = {job->fd, -1};

    if (job->n_result > CARD_INLINE && job->result_fd < 0) {
        job->result_fd = memfd_new("agon-result", job->n_result, &err);
        if (job->result_fd < 0 ||
            fcntl(job->result_fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW) != 0) {
            error_wrap(&err, "no memory for its result");
            (void)card_finish(worker, job, AGON_ENOMEM,
                              err.code < 0 ? err.text : "no memory for its result");
            return 1;
        }
    }
    fds[1] = job->result_fd;
    job->n_done = 0;
    job->is_sent = (uint8_t)card_ask_worker(worker, now, &of, &sent, fds);
    if (job->is_sent && job->is_stepped && lease != NULL)
        lease->begun = job->id;
    return job->is_sent;
}

/* One that holds goes on, or is dropped. */
static int ask_to_go(struct card_worker *worker, int64_t now, struct job *job)
{
    struct card_ask of = {.ask = CARD_ASK_GO,
                          .lease = (uint64_t)job->lease,
                          .job = (uint64_t)job->id,
                          .run = ++worker->next_run,
                          .chunks = job->is_cancelled ? 0 : job->n_granted - job->n_done};
    struct sent sent = {CARD_ASK_GO, job->id, job->chunk_ns, of.run};

    job->is_sent = (uint8_t)card_ask_worker(worker, now, &of, &sent, NULL);
    return job->is_sent;
}

static void ask_ends(struct card_worker *worker, int64_t now)
{
    for (uint32_t i = 0; i < CARD_LEASES && worker->n_sent < SENT_MAX; i++) {
        struct lease *lease = &worker->leases[i];
        struct card_ask of = {.ask = CARD_ASK_END, .lease = (uint64_t)lease->id};
        struct sent sent = {CARD_ASK_END, lease->id, worker->config.start_ns, 0};

        if (lease->id == 0 || !lease->is_ending || lease->is_end_asked || !lease->is_made ||
            card_has_jobs(worker, lease->id))
            continue;
        lease->is_end_asked = (uint8_t)card_ask_worker(worker, now, &of, &sent, NULL);
    }
}

/* As much as it may have at a time. */
static void pump(struct card_worker *worker, int64_t now)
{
    for (uint32_t i = 0; i < CARD_LEASES; i++) {
        struct lease *lease = &worker->leases[i];

        if (lease->id != 0 && lease->failed == 0 && !lease->is_asked &&
            (worker->n_sent == SENT_MAX || !ask_lease(worker, now, lease)))
            return;
    }
    // Of one job more than its type may be asked.
    while (worker->n_jobs_sent < JOBS_SENT && worker->n_sent + 1 < SENT_MAX) {
        struct job *job = card_next_job(worker);

        if (job == NULL || !card_find_lease(worker, job->lease)->is_made ||
            !ask_type(worker, now, job) ||
            !(job->is_begun ? ask_to_go(worker, now, job) : ask_job(worker, now, job)))
            break;
    }
    ask_ends(worker, now);
}

/* The first time at which something is to be done though nothing has come. */
static int64_t due(const struct card_worker *worker)
{
    int64_t at = INT64_MAX;
    int64_t limit;

    switch (worker->state) {
    case DOWN:
        return worker->start_at_ns;
    case STARTING:
    case ENDING:
        return worker->until_ns;
    case LOST:
        return INT64_MAX;
    case UP:
        break;
    }
    if (worker->is_failing || worker->fd < 0)
        return worker->until_ns;
    limit = worker->n_sent > 0 ? worker->sent[0].limit_ns : 0;
    if (worker->n_sent > 0)
        at = worker->head_since_ns + limit;
    if (worker->look_since_ns != 0) {
        // It is answered between two chunks: the one that runs has its time first.
        int64_t from = worker->n_sent > 0 && worker->head_since_ns > worker->look_since_ns
                           ? worker->head_since_ns
                           : worker->look_since_ns;

        if (at > from + worker->config.start_ns + limit)
            at = from + worker->config.start_ns + limit;
    }
    return at;
}

static void be_late(struct card_worker *worker, int64_t now)
{
    char text[CARD_TEXT];

    switch (worker->state) {
    case DOWN:
        start(worker, now);
        return;
    case STARTING:
        end_life(worker, now, worker->why < 0 ? worker->why : AGON_ETIME,
                 worker->why < 0 ? worker->why_text : "it did not come up in time");
        return;
    case ENDING:
        // Not even the kernel gets it back from its driver: nobody else may have this card.
        proc_close(&worker->proc);
        card_close_fd(&worker->fd);
        blame(worker, worker->why_text);
        forget_sent(worker);
        lose(worker, "its worker cannot be ended: its driver does not let go");
        return;
    case LOST:
        return;
    case UP:
        break;
    }
    if (worker->is_failing || worker->fd < 0)
        (void)snprintf(text, sizeof(text), "%.*s", (int)sizeof(text) - 40,
                       worker->why_text[0] != '\0' ? worker->why_text : "it let go of its socket");
    else if (worker->n_sent > 0 &&
             (worker->sent[0].ask == CARD_ASK_JOB || worker->sent[0].ask == CARD_ASK_GO))
        (void)snprintf(text, sizeof(text), "it hung: no chunk was done in %lld ms",
                       (long long)(worker->sent[0].limit_ns / 1000000));
    else
        (void)snprintf(text, sizeof(text), "it hung: no answer in %lld ms",
                       (long long)(worker->config.start_ns / 1000000));
    end_life(worker, now, worker->is_failing ? AGON_EIO : AGON_ETIME, text);
}

void card_step(struct card_worker *worker)
{
    int64_t now = clock_mono();
    struct proc_end end = {0};

    if (worker->state == STARTING || worker->state == UP || worker->state == ENDING) {
        int had_fd = worker->fd >= 0;
        // Asked first: what it said before its end is there by then.
        int rc = proc_wait(&worker->proc, 0, &end);

        listen_to(worker, now);
        if (had_fd && worker->fd < 0 && worker->state == UP && !worker->is_failing)
            worker->until_ns = now + worker->config.start_ns;
        if (rc != AGON_EAGAIN)
            bury(worker, now, &end);
    }
    if (due(worker) <= now)
        be_late(worker, now);
    if (worker->state == UP)
        pump(worker, now);
}

void card_worker_again(struct card_worker *worker)
{
    card_step(worker); // its answer may lie there
    if (worker->state == UP && worker->n_sent > 0 && is_of_job(&worker->sent[0]))
        end_life(worker, clock_mono(), AGON_ETIME, "it hung: its chunk took too long");
}

uint64_t card_worker_moves(const struct card_worker *worker)
{
    const struct sent *head = worker->n_sent > 0 ? &worker->sent[0] : NULL;

    if (head == NULL || (head->ask != CARD_ASK_LEASE && head->ask != CARD_ASK_END))
        return 0;
    for (uint32_t i = 0; i < CARD_LEASES; i++)
        if (worker->leases[i].id == head->id)
            return worker->leases[i].shape.bytes;
    return 0;
}

int64_t card_worker_due(const struct card_worker *worker, int fds[2])
{
    fds[0] = worker->fd;
    fds[1] = worker->state == LOST || worker->state == DOWN ? -1 : worker->proc.pidfd;
    return due(worker);
}

int card_worker_wait(struct card_worker *worker, int64_t timeout_ns)
{
    int64_t until = clock_mono() + timeout_ns;

    for (;;) {
        struct pollfd polled[2] = {{.events = POLLIN}, {.events = POLLIN}};
        struct timespec time;
        int64_t now;
        int64_t at;
        int fds[2];

        card_step(worker);
        now = clock_mono();
        if (worker->n_events > 0 || now >= until)
            return worker->n_events > 0;
        at = card_worker_due(worker, fds);
        at = (at < until ? at : until) - now;
        polled[0].fd = fds[0];
        polled[1].fd = fds[1];
        at = at < 0 ? 0 : at;
        time = (struct timespec){at / CLOCK_SECOND, at % CLOCK_SECOND};
        if (ppoll(polled, 2, &time, NULL) < 0 && errno != EINTR)
            return 0;
    }
}

int card_worker_pid(const struct card_worker *worker)
{
    return worker->state == STARTING || worker->state == UP ? worker->proc.pid : -1;
}

uint32_t card_worker_lives(const struct card_worker *worker)
{
    return worker->lives;
}

struct card_worker *card_worker_new(const struct card_worker_config *config, struct error *err)
{
    struct card_worker *worker = calloc(1, sizeof(*worker));

    if (worker == NULL) {
        (void)error_set(err, AGON_ENOMEM, "no memory for a worker");
        return NULL;
    }
    worker->config = *config;
    worker->config.own = NULL; // copied below
    worker->fd = worker->own_fd = -1;
    worker->proc = (struct proc){-1, -1};
    worker->next_job = 1;
    for (uint32_t i = 0; i < CARD_LEASES; i++)
        worker->leases[i].fd = -1;
    if (config->program != NULL ? (size_t)snprintf(worker->path, sizeof(worker->path), "%s",
                                                   config->program) >= sizeof(worker->path)
                                : proc_beside(PROGRAM, worker->path, sizeof(worker->path)) < 0)
        (void)error_set(err, AGON_ERANGE, "the path of %s is too long", PROGRAM);
    else if (access(worker->path, X_OK) != 0)
        (void)error_set(err, AGON_ENOENT, "%s: %s; it is installed beside agon", worker->path,
                        strerror(errno));
    else if (config->own != NULL && (worker->own_fd = card_copy_own(config, err)) < 0)
        worker->own_fd = -1;
    else {
        worker->start_at_ns = clock_mono();
        card_step(worker);
        return worker;
    }
    free(worker);
    return NULL;
}

int card_worker_close(struct card_worker *worker)
{
    int64_t now = clock_mono();
    struct proc_end end;

    if (worker->proc.pidfd < 0)
        return 1;
    if (!worker->is_closing) {
        worker->is_closing = 1;
        worker->until_ns = now + END_NS;
        card_close_fd(&worker->fd); // it ends by itself, and makes its memory 0 before
    } else if (now >= worker->until_ns) {
        worker->until_ns = INT64_MAX;
        (void)proc_signal(&worker->proc, SIGKILL);
    }
    if (proc_wait(&worker->proc, 0, &end) == AGON_EAGAIN)
        return 0;
    proc_close(&worker->proc);
    return 1;
}

void card_worker_free(struct card_worker *worker)
{
    struct card_event event;
    struct proc_end end;

    if (worker == NULL)
        return;
    card_close_fd(&worker->fd); // it ends by itself, and makes its memory 0 before
    if (worker->proc.pidfd >= 0 &&
        proc_wait(&worker->proc, (int)(END_NS / 1000000), &end) == AGON_EAGAIN) {
        (void)proc_signal(&worker->proc, SIGKILL);
        (void)proc_wait(&worker->proc, (int)(KILL_NS / 1000000), &end);
    }
    proc_close(&worker->proc);
    card_close_fd(&worker->own_fd);
    for (uint32_t i = 0; i < CARD_JOBS; i++)
        if (worker->jobs[i].id != 0) {
            card_close_fd(&worker->jobs[i].fd);
            card_close_fd(&worker->jobs[i].result_fd);
        }
    for (uint32_t i = 0; i < CARD_LEASES; i++)
        if (worker->leases[i].id != 0)
            card_close_fd(&worker->leases[i].fd);
    worker->state = LOST; // nothing new comes while the rest is dropped
    while (worker->n_events > 0 && card_worker_next(worker, &event))
        card_close_fd(&event.result_fd);
    free(worker);
}
