// SPDX-License-Identifier: Apache-2.0
/* far: the same at the other end of two pipes, in a process that was forked before this one closed
 * itself to run plugins among its own code. What comes over the pipe is a plugin's word as much as
 * ours: the other side looks at every length and number. It answers only where it is asked. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/types.h>
#include <unistd.h>

#include "jobs/back.h"

enum far_kind { FAR_LEASE = 1, FAR_BEGIN, FAR_GO, FAR_END_CHUNK, FAR_CANCEL, FAR_TAKE };
struct far_ask {
    uint32_t kind, lease;
    uint64_t job, memory, n; /* n: bytes that follow */
    uint16_t slot;
    uint8_t is_held, is_waited, is_stepped, pad[3];
    struct gpu_decision started;
    struct record_job_wish wish;
};
struct far_answer {
    int32_t status, is_there;
    uint32_t attempts, pad;
    uint64_t bytes; /* that follow */
};

struct far {
    int to, from;
    pid_t pid;
    int is_broken;
};

static int put(int fd, const void *bytes, uint64_t n)
{
    const unsigned char *at = bytes;

    while (n > 0) {
        ssize_t done = write(fd, at, n);

        if (done < 0 && errno == EINTR)
            continue;
        if (done <= 0)
            return 0;
        at += done;
        n -= (uint64_t)done;
    }
    return 1;
}

static int get(int fd, void *bytes, uint64_t n)
{
    unsigned char *at = bytes;

    while (n > 0) {
        ssize_t done = read(fd, at, n);

        if (done < 0 && errno == EINTR)
            continue;
        if (done <= 0)
            return 0;
        at += done;
        n -= (uint64_t)done;
    }
    return 1;
}

/* --- the other side --- */

static int answer(int fd, const struct job_back *back, const struct far_ask *ask)
{
    struct job_outcome outcome = {0};
    struct far_answer head = {
        .is_there = back->take(back->ctx, ask->slot, ask->job, ask->is_waited, &outcome)};
    int is_put;

    head.status = outcome.status;
    head.attempts = outcome.attempts;
    head.bytes = outcome.result != NULL ? outcome.bytes : 0;
    is_put = put(fd, &head, sizeof(head)) && put(fd, outcome.result, head.bytes);
    free(outcome.result);
    return is_put;
}

static int serve_one(int from, int to, const struct job_back *back, unsigned char *room)
{
    struct far_answer head = {0};
    struct far_ask ask;

    if (!get(from, &ask, sizeof(ask)) || ask.n > AGON_GPU_SUBMIT_MAX || !get(from, room, ask.n) ||
        ask.slot >= SLOTS_MAX)
        return 0;
    switch (ask.kind) {
    case FAR_LEASE:
        back->lease(back->ctx, ask.slot, ask.lease, ask.memory, ask.is_held != 0);
        return 1;
    case FAR_BEGIN:
        back->begin(back->ctx, &ask.wish, room, ask.n, ask.is_stepped != 0);
        return 1;
    case FAR_GO:
        back->go(back->ctx, ask.slot, ask.job, &ask.started);
        return 1;
    case FAR_END_CHUNK:
        head.is_there = back->end_chunk(back->ctx, &ask.started);
        return put(to, &head, sizeof(head));
    case FAR_CANCEL:
        back->cancel(back->ctx, ask.slot, ask.job);
        return 1;
    case FAR_TAKE:
        return answer(to, back, &ask);
    default:
        return 0;
    }
}

static _Noreturn void serve(int from, int to, const struct dispatch_config *config, pid_t parent)
{
    struct dispatch_config own = *config;
    unsigned char *room = malloc(AGON_GPU_SUBMIT_MAX);
    struct error err = {0};
    struct job_back back;
    int32_t rc;

    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent)
        _exit(0);
    rc = room != NULL ? direct_new(&back, &own, &err) : AGON_ENOMEM;
    if (!put(to, &rc, sizeof(rc)) || !put(to, err.text, sizeof(err.text)) || rc < 0)
        _exit(0);
    while (serve_one(from, to, &back, room))
        ;
    back.free(back.ctx);
    _exit(0);
}

/* --- this side --- */

static int ask(struct far *far, const struct far_ask *what, const void *bytes)
{
    if (!far->is_broken && (!put(far->to, what, sizeof(*what)) || !put(far->to, bytes, what->n)))
        far->is_broken = 1;
    return !far->is_broken;
}

static void lease(void *ctx, uint16_t slot, uint32_t number, uint64_t memory, int is_held)
{
    struct far_ask what = {.kind = FAR_LEASE,
                           .lease = number,
                           .memory = memory,
                           .slot = slot,
                           .is_held = (uint8_t)is_held};

    (void)ask(ctx, &what, NULL);
}

static void begin(void *ctx, const struct record_job_wish *wish, const void *bytes, uint64_t n,
                  int is_stepped)
{
    struct far_ask what = {
        .kind = FAR_BEGIN, .n = n, .is_stepped = (uint8_t)is_stepped, .wish = *wish};

    (void)ask(ctx, &what, bytes);
}

static void go(void *ctx, uint16_t slot, uint64_t job, const struct gpu_decision *started)
{
    struct far_ask what = {.kind = FAR_GO, .job = job, .slot = slot, .started = *started};

    (void)ask(ctx, &what, NULL);
}

static int end_chunk(void *ctx, const struct gpu_decision *started)
{
    struct far *far = ctx;
    struct far_ask what = {.kind = FAR_END_CHUNK, .started = *started};
    struct far_answer head;

    if (!ask(far, &what, NULL) || !get(far->from, &head, sizeof(head))) {
        far->is_broken = 1;
        return 1;
    }
    return head.is_there != 0;
}

static void cancel(void *ctx, uint16_t slot, uint64_t job)
{
    struct far_ask what = {.kind = FAR_CANCEL, .slot = slot, .job = job};

    (void)ask(ctx, &what, NULL);
}

static int take(void *ctx, uint16_t slot, uint64_t job, int is_waited, struct job_outcome *out)
{
    struct far *far = ctx;
    struct far_ask what = {
        .kind = FAR_TAKE, .slot = slot, .job = job, .is_waited = (uint8_t)is_waited};
    struct far_answer head;

    *out = (struct job_outcome){.status = AGON_EIO};
    if (!ask(far, &what, NULL) || !get(far->from, &head, sizeof(head)) ||
        head.bytes > AGON_GPU_RESULT_MAX) {
        far->is_broken = 1;
        return 1;
    }
    out->status = head.status;
    out->attempts = head.attempts;
    out->bytes = head.bytes;
    if (head.bytes > 0) {
        out->result = malloc(head.bytes);
        if (out->result == NULL || !get(far->from, out->result, head.bytes)) {
            far->is_broken = 1;
            free(out->result);
            *out = (struct job_outcome){.status = AGON_EIO};
        }
    }
    return head.is_there;
}

static int pid(void *ctx)
{
    (void)ctx;
    return -1;
}

/* Nobody is waited for: this process may not, and that one ends with its pipe. */
static void end(void *ctx)
{
    struct far *far = ctx;

    (void)close(far->to);
    (void)close(far->from);
    free(far);
}

static int hear_start(const struct far *far, struct error *err)
{
    char text[sizeof(((struct error *)0)->text)];
    int32_t rc;

    if (!get(far->from, &rc, sizeof(rc)) || !get(far->from, text, sizeof(text)))
        return error_set(err, AGON_EIO, "the process that runs jobs has ended");
    text[sizeof(text) - 1] = '\0';
    return rc < 0 ? error_set(err, rc, "%s", text) : AGON_OK;
}

int far_new(struct job_back *back, const struct dispatch_config *config, struct error *err)
{
    struct far *far = calloc(1, sizeof(*far));
    pid_t parent = getpid();
    int there[2] = {-1, -1}, here[2] = {-1, -1};
    int rc;

    if (far == NULL)
        return error_set(err, AGON_ENOMEM, "no memory for jobs");
    if (pipe2(there, O_CLOEXEC) != 0 || pipe2(here, O_CLOEXEC) != 0) {
        free(far);
        return error_set(err, AGON_EIO, "no pipe: %s", strerror(errno));
    }
    far->pid = fork();
    if (far->pid == 0) {
        (void)close(there[1]);
        (void)close(here[0]);
        serve(there[0], here[1], config, parent);
    }
    (void)close(there[0]);
    (void)close(here[1]);
    far->to = there[1];
    far->from = here[0];
    rc = far->pid < 0 ? error_set(err, AGON_EIO, "no process for jobs: %s", strerror(errno))
                      : hear_start(far, err);
    if (rc < 0) {
        end(far);
        return rc;
    }
    *back = (struct job_back){.ctx = far,
                              .lease = lease,
                              .begin = begin,
                              .go = go,
                              .end_chunk = end_chunk,
                              .cancel = cancel,
                              .take = take,
                              .pid = pid,
                              .free = end};
    return AGON_OK;
}
