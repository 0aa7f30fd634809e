// SPDX-License-Identifier: Apache-2.0
/* wire: what a host and its workers (agon-gpu, one for each card) say to each other, over a socket
 * pair that keeps messages whole. Both are of one build. A descriptor travels with the message that
 * names it. [any]
 *
 * A job is a list of calls of the host's kernels over memory of its own, which is 0 when it begins
 * but for its input; so its result depends on what it brings and on the lease's resident bytes,
 * which nobody can change. It lies in one memfd that is sealed against everything:
 *   struct card_job, then n_calls of struct card_call, then n_input bytes.
 * Its calls are made chunk by chunk. Where it was asked for some of them alone it holds behind
 * them, its memory as it is, until it is asked for more; jobs of other leases run meanwhile.
 * Pointers in a call are addresses in two ranges of the job's own, CARD_JOB and CARD_RESIDENT; a
 * worker gives them their true base once it has checked them. NULL stays NULL. */
#ifndef CARD_WIRE_H
#define CARD_WIRE_H

#include <agon/types.h>

#define CARD_VERSION     3
#define CARD_CHUNK_CALLS 64u                 /* where a job says 0 */
#define CARD_JOB         ((uint64_t)1 << 12) /* the first byte of a job's memory */
#define CARD_RESIDENT    ((uint64_t)1 << 44) /* ... of what the lease keeps there; read only */
#define CARD_CALLS_MAX   65536u
#define CARD_INLINE      256u /* bytes of a result that travel in the answer */
#define CARD_TEXT        224u
#define CARD_LEASES      64u /* at a time */
#define CARD_ASKS        64u /* that wait in a worker; then it reads no more */
#define CARD_STAGE_MIN   4096u

struct card_call {
    uint32_t kernel, pad; /* enum kernel */
    unsigned char args[112];
};
_Static_assert(sizeof(struct card_call) == 120, "as both sides have it");

struct card_job {
    uint32_t version, bits; /* CARD_VERSION; 32: float, 64: double */
    uint32_t n_calls;
    uint32_t chunk_calls;       /* of a chunk, behind which it can be cancelled or hold; 0: 64 */
    uint64_t memory;            /* bytes that the job uses; at most what its lease has */
    uint64_t input_at, n_input; /* where in that memory its input goes */
    uint64_t result_at, n_result;
};
_Static_assert(sizeof(struct card_job) == 56, "as both sides have it");

/* An agent's own kernels, for a worker of their own: struct card_own_head and n_source bytes of
 * CUDA C++ in a memfd that is sealed against everything. An entry point takes one argument, a
 * struct; a call's kernel is CARD_OWN, and its args are struct card_own_call. */
#define CARD_OWN        64u
#define CARD_OWN_NAME   32u
#define CARD_OWN_ARGS   64u
#define CARD_OWN_SHARED (48u * 1024)
#define CARD_SOURCE_MAX ((uint64_t)1 << 20)
struct card_own_head {
    uint32_t version, pad;
    uint64_t n_source;
};
struct card_own_call {
    char name[CARD_OWN_NAME];         /* extern "C" __global__ */
    uint32_t blocks, threads, shared; /* of a grid of one dimension; bytes of shared memory */
    uint32_t addresses;               /* bit k: the 8 bytes at args + 8 k are one, or 0 */
    unsigned char args[CARD_OWN_ARGS];
};
_Static_assert(sizeof(struct card_own_call) == 112, "as a call's arguments");

enum card_asks {
    CARD_ASK_LEASE = 1, /* lease, bytes, stage; resident bytes: their sealed memfd comes along */
    CARD_ASK_END,       /* lease: when the jobs before are done */
    CARD_ASK_JOB,       /* job, lease, chunks to run; the memfds of job and result come along */
    CARD_ASK_CANCEL,    /* job */
    CARD_ASK_LOOK,      /* how the card is */
    CARD_ASK_GO,        /* job that holds: so many chunks more; 0: it is dropped */
    CARD_ASK_TYPE       /* job, bits: what its type needs is opened before it comes */
};
struct card_ask {
    uint32_t version, ask;
    uint64_t lease, job;
    uint64_t bytes; /* of the lease: resident, stage and what jobs use */
    uint64_t resident, stage;
    uint64_t run; /* of JOB and GO: comes back with all that is said of it */
    uint32_t chunks, bits;
};

enum card_answers {
    CARD_READY = 1, /* bytes: of the card's memory, 0: unknown; text: the device's name */
    CARD_LEASED,    /* lease, status */
    CARD_ENDED,     /* lease, status: its memory is 0 again */
    CARD_CHUNK,     /* job: a chunk of it is done, and more follow by themselves */
    CARD_DONE,      /* job, status; what follows it is of the next job */
    CARD_LOOKED,    /* look */
    CARD_HELD,      /* job: the chunks that were asked for are done, others are to come by GO */
    CARD_OPENED     /* job, status: of TYPE */
};
/* A status below 0 has its reason in text. AGON_EIO: the device failed, and the worker ends. */
struct card_look {
    int32_t celsius, busy_pct;        /* -1: unknown */
    uint64_t used_bytes, total_bytes; /* 0: unknown */
};
struct card_answer {
    uint32_t version, answer;
    uint64_t lease, job;
    uint64_t bytes;
    uint64_t run; /* of CHUNK, HELD and DONE: that of the JOB or GO */
    int32_t status;
    uint32_t n_inline;
    uint32_t fence; /* READY: what of its fence holds, enum card_fence */
    int32_t own;    /* READY: below 0: no own kernel runs, for the reason in text */
    struct card_look look;
    char text[CARD_TEXT];
    unsigned char result[CARD_INLINE]; /* DONE: n_inline bytes, all of a result that fits */
};

#endif
