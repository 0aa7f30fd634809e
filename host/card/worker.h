// SPDX-License-Identifier: Apache-2.0
/* worker: the host's side of a card. It starts agon-gpu, gives it leases and jobs, watches it, ends
 * one that hangs and begins another. A card that fails costs jobs and never the host.
 *
 * Jobs are copied when they are submitted and run in that order. Each has one outcome, whatever
 * becomes of its worker: when that dies, the job that it had begun is tried again while it has
 * attempts left, and those behind it lose none. A result that is handed out can be changed by
 * nobody any more. After a new start leases are made again, with the same resident bytes. When
 * workers die one after another without an answer, or one cannot be ended, the card is lost: what
 * waits fails, and the caller moves on to another.
 *
 * A job that is stepped runs a chunk each time when its caller says so, and holds between: its
 * memory stays, and jobs of other leases run. Its result is the same. When its worker dies
 * meanwhile, what it had done is done again with the next chunk.
 *
 * Nothing here waits but card_worker_wait and card_worker_free. A process of agon-gpu ends with the
 * thread that started it. [owner] */
#ifndef CARD_WORKER_H
#define CARD_WORKER_H

#include "base/error.h"
#include "card/wire.h"

#define CARD_THREADS_MAX     64u
#define CARD_JOBS            256u /* at a time, with outcomes that nobody has taken; a descriptor each */
#define CARD_FDS_SPARE       64u /* descriptors of the process that jobs leave to others */
#define CARD_EXIT_FAILED     3   /* of agon-gpu: the device failed, or is not to be had */
#define CARD_EXIT_NOT_CALLED 5   /* nobody started it with a socket */

/* An agent's own kernels, in a worker for them alone, on "cuda": a job's calls are of CARD_OWN and
 * name one in struct card_own_call. What is wrong with the source (it does not compile, a kernel is
 * not there) or wanting (no NVRTC) is the outcome of each job: AGON_EINVAL, AGON_ENOTSUP. Such a
 * worker is of one agent, since a kernel of his may reach whatever lies there; so its leases keep
 * nothing resident. */
struct card_own {
    const char *source; /* CUDA C++; copied */
    uint64_t n_source;
};

struct card_worker_config {
    const char *program;                   /* NULL: agon-gpu beside this program */
    const char *device;                    /* "cuda", "cpu", "scripted" */
    const char *driver, *sensors, *script; /* serve.h; NULL is fine */
    const char *const *envp;               /* proc.h; NULL: an empty environment */
    const struct card_own *own;            /* NULL: the host's kernels */
    const char *nvrtc;                     /* serve.h; NULL is fine */
    uint32_t card, threads;                /* threads: of cpu and scripted */
    int log_fd;                            /* its stderr; -1: nowhere */
    int64_t start_ns;                      /* a start, a lease, a look take at most so long */
    int64_t back_ns;    /* before a start that follows a failed one; doubled up to 64 times */
    uint32_t lives_max; /* in a row that ended without any answer but READY: the card is lost */
};
/* The values that a host starts from. */
struct card_worker_config card_worker_preset(const char *device);

struct card_worker;
/* Starts it; whether it comes up is said by events. Strings of the config are borrowed until
 * card_worker_free. AGON_E... and NULL: no memory, no such program. */
struct card_worker *card_worker_new(const struct card_worker_config *config, struct error *err);
/* Ends it, and waits until it has ended. Outcomes that nobody took are dropped. NULL is fine. */
void card_worker_free(struct card_worker *worker);
/* The same for who does not wait: it is to end, by itself within END_NS, and is killed then; called
 * again until it says 1, when card_worker_free does not wait. Nothing else is called between. */
int card_worker_close(struct card_worker *worker);

/* What a lease is made of. It is there, for jobs to be submitted, at once; whether the device has
 * room for it an event says, and jobs wait for that. */
struct card_lease {
    uint64_t bytes;    /* on the device and of the stage */
    uint64_t stage;    /* pinned memory of this machine, of those bytes */
    uint64_t resident; /* of those bytes: a copy of resident_fd, which jobs can read */
    int resident_fd;   /* a memfd sealed against writing (sys/sealed.h); duplicated; -1: none */
};
/* Its id, or AGON_EINVAL, AGON_ENOSPC, AGON_EIO (the card is lost). */
int64_t card_worker_lease(struct card_worker *worker, const struct card_lease *lease,
                          struct error *err);
/* No job may be submitted for it any more; those before still run, but for stepped ones: they are
 * cancelled, at their chunk's end where one runs. AGON_ENOENT: there is none. */
int card_worker_end(struct card_worker *worker, int64_t lease, struct error *err);

struct card_submit {
    int64_t lease;
    const struct card_job *job; /* n_calls and n_input say how many there are */
    const struct card_call *calls;
    const void *input;
    int64_t chunk_ns;    /* a chunk that takes longer hangs */
    uint32_t attempts;   /* a worker may die of it one time less; 1: it fails with its worker */
    uint32_t generation; /* of whoever asked: comes back with the outcome */
    uint32_t n_before;   /* stepped: chunks that another worker had done; they are done once more
                            with the first that is asked for */
    uint8_t is_stepped;  /* nothing of it runs before card_worker_go, and then a chunk */
};
/* The job's id, or AGON_EINVAL, AGON_ENOSPC (outcomes have to be taken first, or the process has
 * few descriptors left), AGON_ENOMEM, AGON_ENOENT (no such lease), AGON_EIO (the card is lost). */
int64_t card_worker_submit(struct card_worker *worker, const struct card_submit *submit,
                           struct error *err);
/* A stepped job's next chunk may run; run comes back with the event that says that it has. All its
 * chunks at once are as many calls. AGON_ENOENT: there is no such job; AGON_ESTATE: it is not
 * stepped, or the event of its last chunk was not taken; AGON_EBUSY: another stepped job of its
 * lease has begun and is neither over nor cancelled: they share their memory. */
int card_worker_go(struct card_worker *worker, int64_t job, uint64_t run);
/* It may be done before the worker hears of it; its outcome says. AGON_ENOENT: it has one. */
int card_worker_cancel(struct card_worker *worker, int64_t job);
/* The answer is an event. AGON_EAGAIN: one is on its way, or no worker is up. */
int card_worker_look(struct card_worker *worker);
/* Somebody else says that the chunk of a job that it works at hangs: it is ended, as if the chunk's
 * own time were over. Nothing where it works at none. */
void card_worker_again(struct card_worker *worker);
/* Bytes of the lease that it makes, or makes 0, now, and answers nothing meanwhile; 0: of none. */
uint64_t card_worker_moves(const struct card_worker *worker);

enum card_events {
    CARD_EVENT_UP = 1, /* text: the device; bytes: its memory; fence; own: below 0: none of the
                          own kernels runs, and text says why */
    CARD_EVENT_DOWN,   /* text: why; another one is begun */
    CARD_EVENT_LOST,   /* text: why; the last one, but for outcomes */
    CARD_EVENT_LEASED, /* lease, status: below 0 it has ended and its jobs fail, those submitted
                          before this is taken too */
    CARD_EVENT_ENDED,  /* lease, status: its memory is 0 */
    CARD_EVENT_DONE,   /* a job's one outcome */
    CARD_EVENT_LOOKED, /* look */
    CARD_EVENT_CHUNK   /* job, lease, run, chunks: it holds, and others are to come */
};
struct card_event {
    enum card_events kind;
    int status; /* AGON_OK, or why not: AGON_EINVAL, AGON_ERANGE, AGON_ENOMEM: the job's own fault;
                   AGON_ESTATE: cancelled, AGON_EIO: the device or its worker failed, AGON_ETIME: it
                   hung */
    int64_t lease, job;
    uint64_t run;                  /* of a stepped job: that of the last card_worker_go */
    uint32_t chunks;               /* of CHUNK: that are done */
    uint32_t generation, attempts; /* that it took */
    uint64_t bytes;                /* of the result */
    uint32_t n_inline;             /* the result itself, when it fits */
    unsigned char result[CARD_INLINE];
    int result_fd; /* a larger one: sealed, nobody can change it; the taker's to close; -1: none */
    struct card_look look;
    uint32_t fence;
    int own;
    char text[CARD_TEXT];
};
/* 1: the next one; 0: none now. */
int card_worker_next(struct card_worker *worker, struct card_event *event);
/* Until an event is there or timeout_ns have passed. 1: there is one. */
int card_worker_wait(struct card_worker *worker, int64_t timeout_ns);
/* What a loop of the caller's waits for: descriptors to read (-1: none), and the time, of
 * clock_mono, by which card_worker_wait has to be called all the same. */
int64_t card_worker_due(const struct card_worker *worker, int fds[2]);

/* The process, for tests and for who shows it; -1: none runs. */
int card_worker_pid(const struct card_worker *worker);
uint32_t card_worker_lives(const struct card_worker *worker);

#endif
