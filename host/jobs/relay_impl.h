// SPDX-License-Identifier: Apache-2.0
/* relay_impl: what both sides of relay.h share: relay.c is the core's, relay_cards.c the workers',
 * relay_own.c those of own kernels. */
#ifndef JOBS_RELAY_IMPL_H
#define JOBS_RELAY_IMPL_H

#include <stdatomic.h>

#include "base/ring.h"
#include "jobs/back.h"
#include "jobs/relay.h"

#define RELAY_RING 1024u

struct payload { /* never changed; freed by the last who uses it */
    _Atomic uint32_t n_users;
    struct card_job head;
    uint64_t n;
    unsigned char bytes[]; /* calls, input */
};
void payload_leave(struct payload *payload); /* NULL is fine */

enum relay_kind {
    RELAY_LEASE = 1, /* is held on card: memory, resident bytes of fd */
    RELAY_END,       /* ... no more: its jobs there are cancelled */
    RELAY_RUN,       /* a job's next chunk, of that run; n_before of it were done */
    RELAY_CANCEL,
    RELAY_AGAIN,
    RELAY_DISMISS
};
struct relay_ask {
    uint32_t kind, lease;
    uint64_t job, run;
    uint64_t memory, resident;
    struct payload *payload; /* of RUN; a use of it is handed over */
    int fd;                  /* of LEASE; handed over; -1: none */
    uint32_t n_before, generation;
    uint16_t slot;
    uint8_t card;
    uint8_t is_own; /* of LEASE: fd has the source of its own kernels */
};
struct relay_answer {
    uint64_t job, run; /* run: the last that was asked for */
    uint64_t bytes;
    void *result; /* handed over */
    int32_t status;
    uint32_t attempts;
    uint16_t slot;
    uint8_t card, is_done; /* its outcome; else a chunk has ended */
    uint32_t pad;
};

struct relay_job { /* [core] */
    struct relay_job *next;
    uint64_t id;
    struct payload *payload; /* a use */
    uint32_t lease, generation, n_done;
    uint16_t slot;
    uint8_t card;         /* whose worker has it; GPU_NONE */
    uint8_t is_over;      /* its outcome is there */
    uint8_t is_cancelled; /* nobody wants that */
    uint8_t is_going;     /* a chunk was begun, of started */
    uint8_t has_chunk;    /* it has ended, and that was not taken yet */
    uint8_t is_failed;    /* ... with the job, without a result */
    uint8_t owes;         /* enum relay_kind: what its card could not be asked; 0 */
    struct gpu_decision started;
    struct job_outcome outcome;
};
struct relay_lease { /* [core] */
    uint64_t memory;
    uint64_t resident;
    int fd; /* owned; -1: none */
    unsigned char digest[HASH_SIZE];
    uint32_t turn, told_turn; /* another each time that it is to be made anew */
    uint8_t is_held;          /* by its agent */
    uint8_t is_own;           /* fd has the source of its own kernels */
    uint8_t card, told_card;  /* GPU_NONE: none */
};

struct entry { /* [cards] a job that a worker has */
    struct entry *next;
    uint64_t id, run;
    int64_t job; /* the worker's */
    uint32_t lease;
    uint16_t slot;
    uint8_t is_cancelled, is_answered;
};
struct work { /* [cards] a worker and the jobs that it has */
    struct card_worker *worker;
    struct entry *first; /* owned */
};
struct relay_own { /* [cards] the worker of a lease of own kernels, in a list */
    struct relay_own *next;
    struct work work; /* its worker: owned; NULL: none is there now */
    char *source;     /* owned */
    uint64_t n_source, memory;
    int64_t lease_id; /* the worker's; 0: it has none */
    int64_t again_ns; /* without a worker, or a lease: when it is tried again */
    uint32_t lease, card;
    uint16_t slot;
    uint8_t is_ending;  /* its lease has ended; until_ns: its memory is 0 by then */
    uint8_t is_closing; /* nothing is asked of its worker any more */
    int64_t until_ns;
    struct relay_own_seen seen;
};
struct placed {            /* [cards] a lease on its card */
    struct relay_own *own; /* of the list; NULL: the host's kernels, by the card's worker */
    int64_t id;            /* the worker's; 0: it has none */
    uint64_t memory, resident;
    int fd; /* owned; -1: none */
    int status;
    uint32_t lease; /* 0: free */
    uint32_t n_lost;
    uint16_t slot;
};
struct relay_card {   /* [cards] */
    struct work work; /* its worker: borrowed */
    struct placed placed[CARD_LEASES];
    uint8_t is_used; /* a lease was made there since it was dismissed */
};

struct relay {
    struct relay_config config;
    struct ring asks, answers; /* of relay_ask, to [cards]; of relay_answer, to [core] */
    struct relay_job *first;   /* [core] owned; in no order */
    int is_behind;             /* [core] something found no room */
    struct relay_lease leases[SLOTS_MAX][AGON_GPU_LEASES_MAX];
    struct relay_card cards[GPU_CARDS_MAX];
    struct relay_own *owns; /* [cards] owned */
};

/* relay_cards.c, for relay_own.c */
uint64_t relay_stage(uint64_t memory, uint64_t resident);
/* What a worker says of its jobs. There is room for the answer. */
void relay_work_event(struct relay *relay, uint32_t card, struct work *work,
                      const struct card_event *event);
void relay_drop_entries(struct work *work);
/* relay_own.c */
/* NULL: no memory. fd: the source, read at once. */
struct relay_own *relay_own_new(struct relay *relay, const struct relay_ask *ask);
void relay_own_end(struct relay *relay, struct relay_own *own); /* with its lease */
int32_t relay_own_refuses(
    const struct relay_own *own); /* its jobs, now, with that; 0: it does not */

#endif
