// SPDX-License-Identifier: Apache-2.0
#include "remote.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MINUTE_NS ((int64_t)60 * 1000000000)
#define STAGE     65536u

#define SIZE_OF(name, type) sizeof(struct type##_args),
size_t remote_args(enum kernel kernel)
{
    static const size_t sizes[KERNEL_COUNT] = {KERNELS(SIZE_OF)};

    return sizes[kernel];
}

void remote_job_init(struct remote_job *job, uint32_t bits, uint64_t memory)
{
    *job = (struct remote_job){.head = {.version = CARD_VERSION,
                                        .bits = bits,
                                        .memory = memory,
                                        .n_input = memory,
                                        .n_result = memory},
                               .memory = calloc(1, memory + 1)};
    REQUIRE(job->memory != NULL);
}

void remote_job_call(struct remote_job *job, enum kernel kernel, const void *args, size_t size)
{
    struct card_call *call;

    if (job->head.n_calls == job->room) {
        job->room = 2 * job->room + 16;
        job->calls = realloc(job->calls, job->room * sizeof(*job->calls));
        REQUIRE(job->calls != NULL);
    }
    call = &job->calls[job->head.n_calls++];
    *call = (struct card_call){.kernel = (uint32_t)kernel};
    REQUIRE(size <= sizeof(call->args));
    memcpy(call->args, args, size);
}

int64_t remote_job_submit(struct remote_job *job, struct card_worker *worker, int64_t lease,
                          uint32_t attempts, int64_t chunk_ns, struct error *err)
{
    struct card_submit submit = {.lease = lease,
                                 .job = &job->head,
                                 .calls = job->calls,
                                 .input = job->memory,
                                 .chunk_ns = chunk_ns,
                                 .attempts = attempts};

    return card_worker_submit(worker, &submit, err);
}

void remote_job_deinit(struct remote_job *job)
{
    free(job->calls);
    free(job->memory);
}

struct card_event remote_await(struct card_worker *worker, enum card_events kind)
{
    struct card_event event = {0};

    while (card_worker_next(worker, &event) || card_worker_wait(worker, MINUTE_NS))
        if (event.kind == kind)
            return event;
        else if (event.kind != 0) {
            if (event.kind == CARD_EVENT_DONE && event.result_fd >= 0)
                (void)close(event.result_fd);
            event.kind = (enum card_events)0;
        }
    fprintf(stderr, "no event %d came within a minute\n", (int)kind);
    abort();
}

struct remote {
    struct device device; /* first */
    struct card_worker *worker;
    struct remote_job job;
    uint64_t used;
    int64_t lease;
    struct error err;
};

#define OF(device) ((struct remote *)(device))

/* Its memory's addresses are the job's, so that arguments travel as they are. */
static uint64_t offset_of(const void *at)
{
    return (uint64_t)(uintptr_t)at - CARD_JOB;
}

static void remote_run(struct device *device, enum kernel kernel, const void *args)
{
    remote_job_call(&OF(device)->job, kernel, args, remote_args(kernel));
}

static void flush(struct remote *remote)
{
    struct card_event event;
    int64_t id;

    if (remote->job.head.n_calls == 0)
        return;
    remote->job.head.n_input = remote->job.head.n_result = remote->used;
    id = remote_job_submit(&remote->job, remote->worker, remote->lease, 1, MINUTE_NS, &remote->err);
    remote->job.head.n_calls = 0;
    if (id < 0)
        return;
    event = remote_await(remote->worker, CARD_EVENT_DONE);
    REQUIRE(event.job == id);
    if (event.status < 0) {
        (void)error_set(&remote->err, event.status, "%s", event.text);
        return;
    }
    if (event.n_inline > 0)
        memcpy(remote->job.memory, event.result, event.n_inline);
    else {
        REQUIRE(pread(event.result_fd, remote->job.memory, event.bytes, 0) == (ssize_t)event.bytes);
        (void)close(event.result_fd);
    }
}

static void *remote_alloc(struct device *device, size_t bytes)
{
    struct remote *remote = OF(device);
    uint64_t at = remote->used;

    if (bytes > remote->job.head.memory - at)
        return NULL;
    flush(remote);
    memset(remote->job.memory + at, 0, bytes);
    remote->used += (bytes + 63) / 64 * 64 + 64;
    return remote_at(at);
}

static void remote_release(struct device *device, void *memory)
{
    // What was taken last comes back last: the first one's return empties it.
    if (memory != NULL && offset_of(memory) == 0) {
        flush(OF(device));
        OF(device)->used = 0;
    }
}

static void remote_clear(struct device *device, void *memory, size_t bytes)
{
    flush(OF(device));
    memset(OF(device)->job.memory + offset_of(memory), 0, bytes);
}

static void remote_write(struct device *device, void *to, const void *from, size_t bytes)
{
    flush(OF(device));
    memcpy(OF(device)->job.memory + offset_of(to), from, bytes);
}

static void remote_read(struct device *device, void *to, const void *from, size_t bytes)
{
    flush(OF(device));
    memcpy(to, OF(device)->job.memory + offset_of(from), bytes);
}

static void remote_copy(struct device *device, void *to, const void *from, size_t bytes)
{
    flush(OF(device));
    memmove(OF(device)->job.memory + offset_of(to), OF(device)->job.memory + offset_of(from),
            bytes);
}

static int remote_wait(struct device *device, struct error *err)
{
    struct remote *remote = OF(device);
    int code;

    flush(remote);
    code = remote->err.code;
    if (code < 0)
        (void)error_set(err, code, "%s", remote->err.text);
    remote->err = (struct error){0};
    return code;
}

static void remote_free(struct device *device)
{
    remote_job_deinit(&OF(device)->job);
    free(device);
}

struct device *remote_new(struct card_worker *worker, uint64_t bytes, uint32_t chunk_calls,
                          struct error *err)
{
    struct card_lease lease = {.bytes = bytes + STAGE, .stage = STAGE, .resident_fd = -1};
    struct remote *remote = calloc(1, sizeof(*remote));

    REQUIRE(remote != NULL);
    remote->worker = worker;
    remote->lease = card_worker_lease(worker, &lease, err);
    if (remote->lease < 0) {
        free(remote);
        return NULL;
    }
    remote_job_init(&remote->job, REAL_BITS, bytes);
    remote->job.head.chunk_calls = chunk_calls;
    remote->device = (struct device){.name = "a worker's",
                                     .run = remote_run,
                                     .alloc = remote_alloc,
                                     .release = remote_release,
                                     .clear = remote_clear,
                                     .write = remote_write,
                                     .read = remote_read,
                                     .copy = remote_copy,
                                     .wait = remote_wait,
                                     .free = remote_free};
    return &remote->device;
}
