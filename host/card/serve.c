// SPDX-License-Identifier: Apache-2.0
#include "card/serve.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "card/fence.h"
#include "card/own.h"
#include "card/scripted.h"
#include "card/sensor.h"
#include "card/session.h"
#include "card/typed.h"
#include "card/wire.h"

#define DRIVER "libcuda.so.1"
#define FDS    2

/* A job from its first call to its outcome. */
struct job {
    uint64_t id;                 /* 0: none */
    const struct card_job *head; /* mapped, sealed */
    const struct card_call *calls;
    uint64_t bytes; /* of all that is mapped */
    const struct card_typed *typed;
    struct device *device;
    const struct lease *lease;
    struct card_space space;
    int fds[FDS];    /* of the job, of its result; owned */
    uint32_t n_done; /* of its calls */
};

struct lease {
    uint64_t id;          /* 0: free */
    struct job job;       /* that has begun and holds */
    unsigned char *block; /* on the device: resident bytes, then what jobs use */
    unsigned char *stage; /* pinned; all that comes and goes passes through it */
    uint64_t n_resident, n_memory, n_stage;
};

/* What the host asked and what came along. */
struct asked {
    struct card_ask ask;
    int fds[FDS]; /* -1: none; owned */
    int is_cancelled;
};

struct serve {
    const struct card_serve_options *options;
    int fd;
    struct device *devices[2]; /* float, double; opened when first needed; [0] owns memory */
    struct card_sensor sensor;
    struct card_nvrtc *nvrtc;   /* owned; NULL: none is needed, or there is none */
    struct error nvrtc_err;     /* why */
    struct card_script *script; /* owned; NULL: it is no scripted device */
    struct lease leases[CARD_LEASES];
    struct asked asked[CARD_ASKS]; /* in order; [0] is next or running */
    uint32_t n_asked;
    int is_over; /* the host has gone */
    int failed;  /* AGON_EIO: the device did; what is said is kept in err */
    struct error *err;
};

/* Messages */

static void say(struct serve *serve, struct card_answer *answer, const struct error *err)
{
    answer->version = CARD_VERSION;
    if (err != NULL && answer->status < 0)
        (void)snprintf(answer->text, sizeof(answer->text), "%.*s", (int)sizeof(answer->text) - 1,
                       err->text);
    while (send(serve->fd, answer, sizeof(*answer), MSG_NOSIGNAL) < 0) {
        if (errno == EINTR)
            continue;
        serve->is_over = 1; // whom it would be for has gone
        return;
    }
}

static void drop_fds(struct asked *asked)
{
    for (int i = 0; i < FDS; i++) {
        if (asked->fds[i] >= 0)
            (void)close(asked->fds[i]);
        asked->fds[i] = -1;
    }
}

/* 1: there is one; 0: none now, or never again (is_over). */
static int receive(struct serve *serve, struct asked *asked, int may_wait)
{
    union {
        char room[CMSG_SPACE(FDS * sizeof(int))];
        struct cmsghdr align;
    } control;
    struct iovec part = {&asked->ask, sizeof(asked->ask)};
    struct msghdr message = {.msg_iov = &part,
                             .msg_iovlen = 1,
                             .msg_control = control.room,
                             .msg_controllen = sizeof(control.room)};
    ssize_t n;

    memset(asked, 0, sizeof(*asked));
    for (int i = 0; i < FDS; i++)
        asked->fds[i] = -1;
    do {
        n = recvmsg(serve->fd, &message, MSG_CMSG_CLOEXEC | (may_wait ? 0 : MSG_DONTWAIT));
    } while (n < 0 && errno == EINTR);
    if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
        return 0;
    if (n <= 0) {
        serve->is_over = 1;
        return 0;
    }
    for (struct cmsghdr *at = CMSG_FIRSTHDR(&message); at != NULL; at = CMSG_NXTHDR(&message, at)) {
        size_t bytes = at->cmsg_len - CMSG_LEN(0);

        if (at->cmsg_level == SOL_SOCKET && at->cmsg_type == SCM_RIGHTS &&
            bytes <= sizeof(asked->fds))
            memcpy(asked->fds, CMSG_DATA(at), bytes);
    }
    if (n != sizeof(asked->ask) || asked->ask.version != CARD_VERSION) {
        drop_fds(asked);
        serve->is_over = 1; // of another build: nothing that it says can be believed
        return 0;
    }
    return 1;
}

static void look(struct serve *serve)
{
    struct card_answer answer = {.answer = CARD_LOOKED};

    card_sensor_look(&serve->sensor, &answer.look);
    if (serve->script != NULL)
        answer.look.celsius = card_script_celsius(serve->script);
    say(serve, &answer, NULL);
}

/* Takes what has come. What cannot wait is done at once: a look, a cancel. */
static void read_asks(struct serve *serve, int may_wait)
{
    struct asked asked;

    while (!serve->is_over && serve->n_asked < CARD_ASKS && receive(serve, &asked, may_wait)) {
        may_wait = 0;
        if (asked.ask.ask == CARD_ASK_LOOK) {
            look(serve);
        } else if (asked.ask.ask == CARD_ASK_CANCEL) {
            for (uint32_t i = 0; i < serve->n_asked; i++)
                if ((serve->asked[i].ask.ask == CARD_ASK_JOB ||
                     serve->asked[i].ask.ask == CARD_ASK_GO) &&
                    serve->asked[i].ask.job == asked.ask.job)
                    serve->asked[i].is_cancelled = 1;
        } else {
            serve->asked[serve->n_asked++] = asked;
            continue;
        }
        drop_fds(&asked);
        may_wait = serve->n_asked == 0;
    }
}

/* Devices */

static const struct card_typed *const typed[2] = {&card_typed_f32, &card_typed_f64};

static struct device *open_device(struct serve *serve, int index, struct error *err)
{
    const struct card_serve_options *options = serve->options;
    struct device *device = NULL;
    struct device *inner;

    if (options->is_own)
        return card_own_open(options->card, options->driver, serve->nvrtc, &serve->nvrtc_err, err);
    if (strcmp(options->device, "cuda") == 0)
        return typed[index]->cuda(options->card, options->driver, serve->nvrtc, &serve->nvrtc_err,
                                  err);
    inner = typed[index]->cpu(options->threads);
    if (inner == NULL) {
        (void)error_set(err, AGON_ENOMEM, "no memory or no thread for %u of them",
                        options->threads);
        return NULL;
    }
    if (serve->script == NULL)
        return inner;
    if (card_script_start(serve->script, err) < 0) {
        inner->free(inner);
        return NULL;
    }
    device = card_scripted_new(inner, serve->script);
    if (device == NULL) {
        (void)error_set(err, AGON_ENOMEM, "no memory for a device");
        inner->free(inner);
    }
    return device;
}

/* The device for 32 or 64 bits. */
static struct device *device_of(struct serve *serve, uint32_t bits, struct error *err)
{
    int index = bits == 64 && !serve->options->is_own;
    struct device **device = &serve->devices[index];

    if (*device == NULL)
        *device = open_device(serve, index, err);
    return *device;
}

/* Has all gone well on the device so far? Else the worker is to end. */
static int settle(struct serve *serve, struct device *device, struct error *err)
{
    int rc = device->wait(device, err);

    if (rc < 0 && serve->failed == 0) {
        serve->failed = rc;
        (void)error_set(serve->err, rc, "%s", err->text);
    }
    return rc;
}

/* Leases */

static struct lease *find_lease(struct serve *serve, uint64_t id)
{
    for (uint32_t i = 0; i < CARD_LEASES; i++)
        if (serve->leases[i].id == id)
            return &serve->leases[i];
    return NULL;
}

static uint64_t size_of(int fd, int seals_wanted, struct error *err)
{
    int seals = fcntl(fd, F_GET_SEALS);
    struct stat stat;

    if (seals < 0 || (seals & seals_wanted) != seals_wanted || fstat(fd, &stat) != 0) {
        (void)error_set(err, AGON_EPERM, "memory that is not sealed as it has to be");
        return 0;
    }
    return (uint64_t)stat.st_size;
}

#ifndef F_SEAL_FUTURE_WRITE
#define F_SEAL_FUTURE_WRITE 0x0010
#endif
#define SIZE_SEALS  (F_SEAL_SHRINK | F_SEAL_GROW)
#define WHOLE_SEALS (SIZE_SEALS | F_SEAL_WRITE)

/* From a descriptor into the device, through the stage. */
static int copy_in(struct device *device, const struct lease *lease, int fd, uint64_t from,
                   unsigned char *to, uint64_t n, struct error *err)
{
    while (n > 0) {
        size_t part = n < lease->n_stage ? n : lease->n_stage;
        ssize_t got = pread(fd, lease->stage, part, (off_t)from);

        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return error_set(err, AGON_EINVAL, "input that ends before its end");
        device->write(device, to, lease->stage, (size_t)got);
        from += (uint64_t)got;
        to += got;
        n -= (uint64_t)got;
    }
    return AGON_OK;
}

static void *pin(struct device *device, uint64_t bytes)
{
    return device->pin != NULL ? device->pin(device, bytes) : calloc(1, bytes);
}

static void drop_job(struct job *job)
{
    if (job->head != NULL)
        (void)munmap((void *)(uintptr_t)job->head, job->bytes);
    for (int i = 0; i < FDS && job->id != 0; i++)
        if (job->fds[i] >= 0)
            (void)close(job->fds[i]);
    memset(job, 0, sizeof(*job));
}

/* All that a lease held is 0 again, here and on the device, before anybody else can have it. */
static int end_lease(struct serve *serve, struct lease *lease, struct error *err)
{
    struct device *device = serve->devices[0];
    int rc = AGON_OK;

    drop_job(&lease->job);
    if (lease->block != NULL) {
        device->clear(device, lease->block, lease->n_resident + lease->n_memory);
        rc = settle(serve, device, err);
        device->release(device, lease->block);
    }
    if (lease->stage != NULL) {
        explicit_bzero(lease->stage, lease->n_stage);
        if (device->unpin != NULL)
            device->unpin(device, lease->stage);
        else
            free(lease->stage);
        if (rc >= 0)
            rc = settle(serve, device, err);
    }
    memset(lease, 0, sizeof(*lease));
    return rc;
}

static int shape_lease(struct lease *lease, const struct card_ask *ask, struct error *err)
{
    if (ask->stage < CARD_STAGE_MIN || ask->stage > ask->bytes ||
        ask->resident > ask->bytes - ask->stage)
        return error_set(err, AGON_EINVAL,
                         "a lease of %llu bytes has no room for %llu of stage and %llu resident",
                         (unsigned long long)ask->bytes, (unsigned long long)ask->stage,
                         (unsigned long long)ask->resident);
    lease->id = ask->lease;
    lease->n_stage = ask->stage;
    lease->n_resident = (ask->resident + 255) / 256 * 256; // a job's memory begins where reals may
    if (lease->n_resident > ask->bytes - ask->stage)
        lease->n_resident = ask->bytes - ask->stage;
    lease->n_memory = ask->bytes - ask->stage - lease->n_resident;
    return AGON_OK;
}

/* A file that nobody can write to any more, of that size (sys/sealed.h has the later seal). */
static int is_resident(int fd, uint64_t bytes)
{
    struct error ignored = {0};

    return fd >= 0 && (size_of(fd, WHOLE_SEALS, &ignored) == bytes ||
                       size_of(fd, SIZE_SEALS | F_SEAL_FUTURE_WRITE, &ignored) == bytes);
}

static int begin_lease(struct serve *serve, const struct asked *asked, struct error *err)
{
    struct device *device = serve->devices[0];
    struct lease *lease = find_lease(serve, 0);
    int rc;

    if (asked->ask.lease == 0 || find_lease(serve, asked->ask.lease) != NULL)
        return error_set(err, AGON_EINVAL, "lease %llu is there already",
                         (unsigned long long)asked->ask.lease);
    if (lease == NULL)
        return error_set(err, AGON_ENOSPC, "%u leases are there, the limit", CARD_LEASES);
    rc = shape_lease(lease, &asked->ask, err);
    if (rc >= 0 && asked->ask.resident > 0 && !is_resident(asked->fds[0], asked->ask.resident))
        rc = error_set(err, AGON_EINVAL, "resident bytes that are not those of their file");
    if (rc >= 0) {
        lease->block = device->alloc(device, lease->n_resident + lease->n_memory);
        lease->stage = lease->block != NULL ? pin(device, lease->n_stage) : NULL;
        if (lease->stage == NULL)
            rc = error_set(err, AGON_ENOMEM, "%s: no memory for a lease of %llu bytes",
                           device->name, (unsigned long long)asked->ask.bytes);
    }
    if (rc >= 0 && asked->ask.resident > 0)
        rc = copy_in(device, lease, asked->fds[0], 0, lease->block, asked->ask.resident, err);
    if (rc >= 0)
        rc = settle(serve, device, err);
    if (rc < 0) {
        struct error ignored = {0}; // the reason is known

        (void)end_lease(serve, lease, &ignored);
    }
    return rc;
}

/* Jobs */

static int shape_job(struct job *job, struct error *err)
{
    const struct card_job *head = job->head;
    uint64_t n_calls = head->n_calls;
    uint64_t whole = sizeof(*head) + n_calls * sizeof(struct card_call);

    if (head->version != CARD_VERSION || (head->bits != 32 && head->bits != 64))
        return error_set(err, AGON_EVERSION, "a job of version %u, %u bits", head->version,
                         head->bits);
    if (n_calls == 0 || n_calls > CARD_CALLS_MAX || head->n_input > job->bytes ||
        whole + head->n_input != job->bytes)
        return error_set(err, AGON_EINVAL, "a job whose size is not that of its parts");
    if (head->memory > job->lease->n_memory)
        return error_set(err, AGON_ERANGE, "a job of %llu bytes, and its lease has %llu for it",
                         (unsigned long long)head->memory,
                         (unsigned long long)job->lease->n_memory);
    if (head->input_at > head->memory || head->n_input > head->memory - head->input_at ||
        head->result_at > head->memory || head->n_result > head->memory - head->result_at)
        return error_set(err, AGON_ERANGE, "input or result lies outside of the job's memory");
    return AGON_OK;
}

/* Every call of it, before one of them runs. */
static int check_job(const struct job *job, struct error *err)
{
    for (uint32_t i = 0; i < job->head->n_calls; i++) {
        struct card_call call = job->calls[i];
        struct card_ids ids;
        int rc = job->typed->check(&call, &job->space, &ids, err);

        if (rc < 0) {
            error_wrap(err, "call %u", i);
            return rc;
        }
    }
    return AGON_OK;
}

/* The ids of a call choose rows of its table and none behind it. They are of the device and
 * may be what a kernel has computed. */
static int ids_are_rows(struct serve *serve, const struct job *job, const struct card_ids *ids,
                        struct error *err)
{
    uint64_t room = job->lease->n_stage / sizeof(uint32_t);
    uint32_t part = room < ids->n ? (uint32_t)room : ids->n;

    for (uint32_t from = 0; from < ids->n; from += part) {
        uint32_t n = ids->n - from < part ? ids->n - from : part;

        job->device->read(job->device, job->lease->stage, ids->ids + from, n * sizeof(uint32_t));
        if (settle(serve, job->device, err) < 0)
            return AGON_EIO;
        for (uint32_t i = 0; i < n; i++) {
            uint32_t id;

            memcpy(&id, job->lease->stage + (size_t)i * sizeof(id), sizeof(id));
            if (id >= ids->below)
                return error_set(err, AGON_ERANGE, "id %u of a call is %u, of %u rows", from + i,
                                 id, ids->below);
        }
    }
    return AGON_OK;
}

/* What a job that was asked for some of its chunks comes to when they are done. */
#define HOLDS 1

static int run_calls(struct serve *serve, struct job *job, uint32_t n_chunks, struct error *err)
{
    uint32_t each = job->head->chunk_calls == 0 ? CARD_CHUNK_CALLS : job->head->chunk_calls;
    struct card_answer chunk = {
        .answer = CARD_CHUNK, .job = job->id, .run = serve->asked[0].ask.run};

    while (job->n_done < job->head->n_calls) {
        struct card_call call = job->calls[job->n_done];
        struct card_ids ids;
        int rc = job->typed->check(&call, &job->space, &ids, err);

        REQUIRE(rc >= 0); // it was, and nobody can change it
        if (ids.ids != NULL)
            rc = ids_are_rows(serve, job, &ids, err);
        if (rc < 0)
            return rc;
        job->device->run(job->device, (enum kernel)call.kernel, call.args);
        job->n_done++;
        if (job->n_done % each != 0 || job->n_done == job->head->n_calls)
            continue;
        if (settle(serve, job->device, err) < 0)
            return AGON_EIO;
        if (--n_chunks == 0)
            return HOLDS;
        say(serve, &chunk, NULL);
        read_asks(serve, 0);
        if (serve->asked[0].is_cancelled || serve->is_over)
            return error_set(err, AGON_ESTATE, "cancelled after %u of %u calls", job->n_done,
                             job->head->n_calls);
    }
    return AGON_OK;
}

static int copy_out(struct serve *serve, const struct job *job, int fd, struct card_answer *answer,
                    struct error *err)
{
    uint64_t n = job->head->n_result;
    const unsigned char *from = job->space.memory + job->head->result_at;
    uint64_t at = 0;

    answer->n_inline = n <= CARD_INLINE ? (uint32_t)n : 0;
    while (at < n) {
        size_t part = n - at < job->lease->n_stage ? n - at : job->lease->n_stage;

        job->device->read(job->device, job->lease->stage, from + at, part);
        if (settle(serve, job->device, err) < 0)
            return AGON_EIO;
        if (answer->n_inline > 0)
            memcpy(answer->result, job->lease->stage, part);
        else
            for (size_t done = 0; done < part;) {
                ssize_t put = pwrite(fd, job->lease->stage + done, part - done, (off_t)(at + done));

                if (put < 0 && errno == EINTR)
                    continue;
                if (put <= 0)
                    return error_set(err, AGON_ENOMEM, "no memory for a result: %s",
                                     strerror(errno));
                done += (size_t)put;
            }
        at += part;
    }
    return settle(serve, job->device, err);
}

/* Its memory as it is when it begins. */
static int fill_memory(struct job *job, struct error *err)
{
    uint64_t input = sizeof(*job->head) + job->head->n_calls * sizeof(struct card_call);
    struct error result_err = {0};

    if (job->head->n_result > CARD_INLINE &&
        (job->fds[1] < 0 || size_of(job->fds[1], SIZE_SEALS, &result_err) != job->head->n_result))
        return error_set(err, AGON_EINVAL, "no memory of its size for the result");
    job->device->clear(job->device, job->space.memory, job->head->memory);
    return copy_in(job->device, job->lease, job->fds[0], input,
                   job->space.memory + job->head->input_at, job->head->n_input, err);
}

/* What was queued before a refusal is done, or the device has failed. */
static int give_up(struct serve *serve, const struct job *job, int rc)
{
    struct error second = {0};

    return serve->failed == 0 && settle(serve, job->device, &second) < 0 ? AGON_EIO : rc;
}

static int go_on(struct serve *serve, struct job *job, uint32_t n_chunks,
                 struct card_answer *answer, struct error *err)
{
    int rc = run_calls(serve, job, n_chunks, err);

    if (rc < 0)
        return give_up(serve, job, rc);
    return rc == HOLDS ? HOLDS : copy_out(serve, job, job->fds[1], answer, err);
}

/* Takes the descriptors that came along. */
static int begin_job(struct serve *serve, struct asked *asked, struct job *job, struct error *err)
{
    void *mapped = MAP_FAILED;
    int rc;

    for (int i = 0; i < FDS; i++) {
        job->fds[i] = asked->fds[i];
        asked->fds[i] = -1;
    }
    job->bytes = job->fds[0] < 0 ? 0 : size_of(job->fds[0], WHOLE_SEALS, err);
    if (job->bytes >= sizeof(*job->head))
        // Private: before Linux 6.7 what is sealed against writing cannot be mapped shared at all.
        mapped = mmap(NULL, job->bytes, PROT_READ, MAP_PRIVATE, job->fds[0], 0);
    if (mapped == MAP_FAILED)
        return error_set(err, AGON_EINVAL, "a job that cannot be read");
    job->head = mapped;
    job->calls = (const struct card_call *)(job->head + 1);
    rc = shape_job(job, err);
    if (rc < 0)
        return rc;
    job->typed = serve->options->is_own ? &card_own_typed : typed[job->head->bits == 64];
    job->device = device_of(serve, job->head->bits, err);
    job->space = (struct card_space){job->lease->block + job->lease->n_resident, job->lease->block,
                                     job->head->memory, job->lease->n_resident};
    if (job->device == NULL) // it had begun for the other type: now it fails
        return serve->failed = error_set(serve->err, AGON_EIO, "%s", err->text);
    rc = check_job(job, err);
    if (rc < 0)
        return rc;
    rc = fill_memory(job, err);
    return rc < 0 ? give_up(serve, job, rc) : rc;
}

static int run_job(struct serve *serve, struct asked *asked, struct card_answer *answer,
                   struct error *err)
{
    struct lease *lease = asked->ask.lease == 0 ? NULL : find_lease(serve, asked->ask.lease);
    struct job *job = lease != NULL ? &lease->job : NULL;
    int is_new = asked->ask.ask == CARD_ASK_JOB;
    int rc = AGON_OK;

    if (is_new && asked->is_cancelled)
        return error_set(err, AGON_ESTATE, "cancelled before it began");
    if (job == NULL)
        return error_set(err, AGON_EINVAL, "lease %llu has ended, or never began",
                         (unsigned long long)asked->ask.lease);
    if (asked->ask.job == 0 || job->id != (is_new ? 0 : asked->ask.job) ||
        (is_new && asked->ask.chunks == 0))
        return error_set(err, AGON_EINVAL,
                         "job %llu: another one of its lease holds, it never began, or is of 0 "
                         "chunks",
                         (unsigned long long)asked->ask.job);
    if (is_new) {
        *job = (struct job){.id = asked->ask.job, .lease = lease};
        rc = begin_job(serve, asked, job, err);
    } else if (asked->ask.chunks == 0 || asked->is_cancelled)
        rc = error_set(err, AGON_ESTATE, "cancelled after %u of %u calls", job->n_done,
                       job->head->n_calls);
    if (rc >= 0)
        rc = go_on(serve, job, asked->ask.chunks, answer, err);
    if (rc != HOLDS)
        drop_job(job); // before it is said: the host seals the result then
    return rc;
}

static void do_next(struct serve *serve)
{
    struct card_ask *ask = &serve->asked[0].ask;
    struct card_answer answer = {.lease = ask->lease, .job = ask->job, .run = ask->run};
    struct lease *lease;
    struct error err = {0};

    switch (ask->ask) {
    case CARD_ASK_LEASE:
        answer.answer = CARD_LEASED;
        answer.status = begin_lease(serve, &serve->asked[0], &err);
        break;
    case CARD_ASK_END:
        answer.answer = CARD_ENDED;
        lease = ask->lease == 0 ? NULL : find_lease(serve, ask->lease);
        answer.status = lease != NULL
                            ? end_lease(serve, lease, &err)
                            : error_set(&err, AGON_EINVAL, "lease %llu has ended, or never began",
                                        (unsigned long long)ask->lease);
        break;
    case CARD_ASK_JOB:
    case CARD_ASK_GO:
        answer.status = run_job(serve, &serve->asked[0], &answer, &err);
        answer.answer = answer.status == HOLDS ? CARD_HELD : CARD_DONE;
        answer.status = answer.status == HOLDS ? AGON_OK : answer.status;
        break;
    case CARD_ASK_TYPE:
        answer.answer = CARD_OPENED;
        if (device_of(serve, ask->bits, &err) == NULL)
            serve->failed = error_set(serve->err, AGON_EIO, "%s", err.text);
        break;
    default:
        serve->is_over = 1;
        return;
    }
    if (serve->failed != 0)
        answer.status = AGON_EIO;
    drop_fds(&serve->asked[0]);
    say(serve, &answer, &err);
    memmove(&serve->asked[0], &serve->asked[1], --serve->n_asked * sizeof(serve->asked[0]));
}

/* The driver's library is opened, its file found, the fence closed, and only then is the card
 * touched: threads that the driver begins have the fence too. */
static int begin(struct serve *serve, struct card_answer *answer, struct error *err)
{
    const struct card_serve_options *options = serve->options;
    int is_card = strcmp(options->device, "cuda") == 0;
    const char *name = options->driver != NULL ? options->driver : DRIVER;
    void *driver = is_card ? dlopen(name, RTLD_NOW | RTLD_LOCAL) : NULL;
    struct link_map *map = NULL;
    int rc = AGON_OK;

    if (is_card && driver == NULL)
        return error_set(err, AGON_ENOENT, "no CUDA driver: %s", dlerror());
    if (driver != NULL)
        (void)dlinfo(driver, RTLD_DI_LINKMAP, &map);
    // Kept open for as long as the process lives, as the sensors' is.
    if (is_card && options->sensors != NULL)
        (void)dlopen(options->sensors, RTLD_NOW | RTLD_LOCAL);
    if (is_card && (options->is_own || !typed[0]->has_image))
        serve->nvrtc = card_nvrtc_open(options->nvrtc, &serve->nvrtc_err);
    if (options->is_own && (rc = card_own_read(CARD_FD_SOURCE, err)) < 0)
        return rc;
    answer->fence = card_fence_close(map != NULL ? map->l_name : NULL,
                                     serve->nvrtc != NULL ? card_nvrtc_file(serve->nvrtc) : NULL);
    if (strcmp(options->device, "scripted") == 0)
        rc = card_script_new(&serve->script, options->script, options->life, err);
    if (rc >= 0 && device_of(serve, 32, err) == NULL)
        rc = AGON_EIO;
    if (rc < 0)
        return rc;
    if (is_card && !card_fence_hide())
        answer->fence &= ~(uint32_t)CARD_FENCE_PROCESS;
    (void)card_sensor_open(&serve->sensor, options->sensors, serve->devices[0]->place, NULL);
    answer->bytes = serve->devices[0]->bytes;
    (void)snprintf(answer->text, sizeof(answer->text), "%s", serve->devices[0]->name);
    if (options->is_own)
        answer->own = card_own_state(answer->text, sizeof(answer->text));
    return AGON_OK;
}

int card_serve(int fd, const struct card_serve_options *options, struct error *err)
{
    struct serve *serve = calloc(1, sizeof(*serve));
    struct card_answer ready = {.answer = CARD_READY};
    int session = AGON_OK;

    if (serve == NULL)
        return error_set(err, AGON_ENOMEM, "no memory for a worker");
    serve->options = options;
    serve->fd = fd;
    serve->err = err;
    ready.status = begin(serve, &ready, err);
    say(serve, &ready, err);
    if (ready.status >= 0 && options->is_session) {
        session = card_session_run(fd, serve->devices[0], typed[0], options->most, err);
        serve->failed = session == AGON_EIO ? session : AGON_OK; // else the device is well
        serve->is_over = 1;
    }
    while (ready.status >= 0 && !serve->is_over && serve->failed == 0) {
        read_asks(serve, serve->n_asked == 0);
        if (serve->n_asked > 0)
            do_next(serve);
    }
    // A device that has failed is not asked to give anything back: it may never answer.
    if (ready.status >= 0 && serve->failed == 0) {
        for (uint32_t i = 0; i < CARD_LEASES; i++)
            if (serve->leases[i].id != 0) {
                struct error ignored = {0};

                (void)end_lease(serve, &serve->leases[i], &ignored);
            }
        card_sensor_close(&serve->sensor);
        for (int i = 1; i >= 0; i--)
            if (serve->devices[i] != NULL)
                serve->devices[i]->free(serve->devices[i]);
    }
    while (serve->n_asked > 0)
        drop_fds(&serve->asked[--serve->n_asked]);
    ready.status = ready.status < 0 ? ready.status : session < 0 ? session : serve->failed;
    card_script_free(serve->script);
    card_nvrtc_close(serve->nvrtc);
    card_own_free();
    free(serve);
    return ready.status;
}
