// SPDX-License-Identifier: Apache-2.0
/* remote: a device whose kernels run in a worker (host/card), so that whatever runs on a device
 * runs there too. It records calls; a read makes a job of all of its memory, the calls since the
 * last one, and all of its memory as the result. Slow, and for tests alone. [one thread] */
#ifndef SUPPORT_CARD_REMOTE_H
#define SUPPORT_CARD_REMOTE_H

#include "card/worker.h"
#include "kernels/device.h"

/* A job as a caller builds it: memory, calls and where the parts of it lie. */
struct remote_job {
    struct card_job head;
    struct card_call *calls; /* owned */
    unsigned char *memory;   /* owned; head.memory bytes: the input */
    uint32_t room;
};
void remote_job_init(struct remote_job *job, uint32_t bits, uint64_t memory);
void remote_job_call(struct remote_job *job, enum kernel kernel, const void *args, size_t size);
/* The address of a byte of the job's memory, for arguments. */
static inline void *remote_at(uint64_t offset)
{
    return (void *)(uintptr_t)(CARD_JOB + offset);
}
int64_t remote_job_submit(struct remote_job *job, struct card_worker *worker, int64_t lease,
                          uint32_t attempts, int64_t chunk_ns, struct error *err);
void remote_job_deinit(struct remote_job *job);
/* The size of a kernel's arguments, which are of REAL_BITS. */
/* Names carry the type (kernels/real.h). */
#define remote_args TYPED(remote_args)
#define remote_new  TYPED(remote_new)
size_t remote_args(enum kernel kernel);

/* A lease of `bytes` is made on the worker, which stays the caller's. NULL: it was refused. */
struct device *remote_new(struct card_worker *worker, uint64_t bytes, uint32_t chunk_calls,
                          struct error *err);
/* The next event of that kind; fails the process after a minute without one. Others are dropped. */
struct card_event remote_await(struct card_worker *worker, enum card_events kind);

#endif
