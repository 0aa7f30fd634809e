// SPDX-License-Identifier: Apache-2.0
/* jobs: agents' jobs (agon.gpu) on their way from the engine to a card's worker, and their outcomes
 * back. It copies what an agent hands over before anybody judges it, names it by its hash, gives it
 * to the worker when the engine has taken it, and keeps the outcome until the engine wants it.
 *
 * Nothing of it is state: a run that ends in the middle reports its jobs as lost. A running host's
 * workers, one for each card, are another thread's (relay.h). A backtest that runs plugins in its
 * own, closed process has the worker's side in a process of its own, forked before that closes
 * (is_far). One thread, the one that drives the engine. [core] */
#ifndef JOBS_JOBS_H
#define JOBS_JOBS_H

#include "engine/engine.h"

struct dispatch;
struct relay;
struct relay_resident { /* what a lease keeps on its card */
    int fd;             /* sealed, borrowed; -1: nothing */
    int is_kernels;     /* it keeps nothing there: they are the source of its own kernels */
    uint64_t bytes;
    unsigned char digest[HASH_SIZE];
};
struct dispatch_wait {
    int64_t waited_ns, left_ns; /* left: until its worker is ended, or has ended, or begins */
    uint64_t job;               /* 0: the worker begins */
    uint32_t lease, life;       /* life: of the worker, from 1 */
    uint16_t slot;
};
struct dispatch_config {
    struct relay *relay; /* the workers are another thread's (jobs/relay.h), and what follows is not
                          for them; borrowed; NULL: one of this thread's own */
    const char *program; /* NULL: agon-gpu beside this program */
    const char *device;  /* "cuda", "cpu", "scripted" */
    const char *script;  /* of scripted; NULL: none */
    const char *driver, *nvrtc; /* of cuda; NULL: the system's */
    uint32_t card, threads;
    int64_t chunk_ns; /* a chunk that takes longer hangs: its worker is ended, the job fails */
    int64_t start_ns; /* a start or a lease that takes longer hangs too; 0: card_worker_preset's */
    int is_far;
    /* What a slot's lease keeps resident; NULL: nothing. Is_far: what it says where the other
     * process begins is what there is. */
    void (*resident)(void *ctx, uint16_t slot, uint32_t lease, struct relay_resident *out);
    /* A line for people about a worker: it is up, ended, lost. May be NULL. */
    void (*say)(void *ctx, const char *text);
    /* Who waits for this thread's own worker has waited so long that a person should know; called
     * again when it is twice as long. Also in the process of is_far, as say is. May be NULL. */
    void (*waits)(void *ctx, const struct dispatch_wait *wait);
    /* May the device, of so many bytes, be used? Below 0 with err: it is not. Asked once, where the
     * worker is started. May be NULL. */
    int (*is_fit)(void *ctx, uint64_t memory, struct error *err);
    void *ctx; /* of all */
};
/* The worker is started. AGON_ENOMEM, AGON_ENOENT: there is no such program; what is_fit says. */
int dispatch_new(struct dispatch **dispatch, const struct dispatch_config *config,
                 struct error *err);
void dispatch_free(struct dispatch *dispatch); /* ends the worker; NULL is fine */
struct job_port dispatch_port(struct dispatch *dispatch);
/* The outcome of a job of the engine's; what the record says is valid until the next call.
 * is_waited: until there is one. 1: there is; 0: not yet. A job that nobody knows here is lost
 * (AGON_EIO). */
int dispatch_take(struct dispatch *dispatch, const struct engine_job *job, int is_waited,
                  struct record_job_done *done, const void **result);
/* Of jobs that run chunk by chunk, as an allocator says: a chunk that has ended. 1: there is one,
 * the same until dispatch_chunk_done; 0: none now. */
struct dispatch_chunk {
    uint16_t slot;
    uint8_t is_failed; /* the job is over, without a result: its outcome comes first */
    uint8_t card;
    uint32_t pad;
    uint64_t id;            /* the engine's number of the job */
    uint64_t card_job, run; /* the allocator's */
};
int dispatch_chunk(struct dispatch *dispatch, struct dispatch_chunk *chunk);
void dispatch_chunk_done(struct dispatch *dispatch);
/* For who lets time stand meanwhile, in the place of these two: waits for the end of the chunk that
 * was started so. 1: it failed, and the job is over with it. */
int dispatch_end_chunk(struct dispatch *dispatch, const struct gpu_decision *started);
/* Is anything under way, so that an outcome may come? */
int dispatch_is_busy(const struct dispatch *dispatch);
int dispatch_worker_pid(const struct dispatch *dispatch); /* for status; -1: none, or far */

#endif
