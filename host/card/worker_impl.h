// SPDX-License-Identifier: Apache-2.0
/* worker_impl: what the two files of worker.h share: worker.c is about the process and what it is
 * asked and says, worker_queue.c about events, jobs and leases. [owner] */
#ifndef CARD_WORKER_IMPL_H
#define CARD_WORKER_IMPL_H

#include "card/worker.h"
#include "sys/proc.h"

#define SENT_MAX 32u /* asks without an answer, at a time */
/* Of each job a chunk's and its outcome have room, and what says how the worker is. */
#define EVENTS (2 * CARD_JOBS + 4 * CARD_LEASES)

enum state { DOWN, STARTING, UP, ENDING, LOST };

struct lease {
    int64_t id; /* 0: free */
    struct card_lease shape;
    int fd; /* owned; -1: nothing is resident */
    uint32_t tries;
    uint8_t is_asked, is_made; /* in this life of the worker */
    uint8_t is_known;          /* the caller has been informed that it was made */
    uint8_t is_ending, is_end_asked;
    int64_t begun; /* the stepped job that its memory is of, in this life; 0: none */
    int failed;    /* AGON_E..., until the caller has taken the event that says so; 0 */
    char why[CARD_TEXT];
};

struct job {
    int64_t id, lease; /* id 0: free */
    int64_t chunk_ns;
    uint64_t n_result;
    int fd, result_fd; /* owned; -1: none */
    uint32_t attempts, tries, generation;
    uint32_t bits;
    uint32_t n_chunks, n_granted, n_done; /* of it, those that may run, that have in this life */
    int64_t turn;                         /* its place among those that are to run */
    uint64_t run;                         /* its caller's */
    uint8_t is_stepped;
    uint8_t is_asked; /* more of it is to run, or it is to be dropped, than is answered */
    uint8_t is_sent;  /* ... and the worker has been asked */
    uint8_t is_begun; /* it holds there: what it is asked next is to go on */
    uint8_t is_untaken, is_cancelled; /* the event of its last chunk is */
};

struct sent { /* an ask that has no answer yet; the worker takes them in order */
    enum card_asks ask;
    int64_t id, limit_ns;
    uint64_t run; /* of JOB, GO */
};

struct card_worker {
    struct card_worker_config config;
    char path[1024];
    int own_fd; /* owned: an agent's own kernels, sealed; -1: none */
    enum state state;
    struct proc proc;
    int fd; /* owned; -1: none */
    uint32_t lives, starts_failed;
    int64_t start_at_ns;  /* DOWN: when the next one is started */
    int64_t until_ns;     /* STARTING, ENDING: by then it has answered, or ended */
    uint8_t has_answered; /* in this life, beside READY */
    uint8_t is_failing;   /* it has said that its device failed */
    uint8_t is_closing;   /* by card_worker_close */
    int why;              /* code of what is to blame for this life's end; 0: it ended by itself */
    char why_text[CARD_TEXT];
    struct sent sent[SENT_MAX];
    uint32_t n_sent, n_jobs_sent;
    int64_t head_since_ns; /* when the first of them became the first */
    int64_t look_since_ns; /* 0: no look is on its way */
    struct lease leases[CARD_LEASES];
    int64_t next_lease;
    struct job jobs[CARD_JOBS]; /* job id is at id % CARD_JOBS */
    int64_t next_job; /* an id whose place is taken is passed over: who holds bars nobody */
    uint32_t n_jobs;
    int64_t next_turn;
    uint64_t next_run;  /* of asks for jobs */
    uint8_t has_double; /* in this life the other type was asked for */
    struct card_event events[EVENTS];
    uint32_t first_event, n_events, n_outcomes, n_chunks; /* of them DONE, CHUNK */
};

/* worker_queue.c */
struct card_event *card_event_new(struct card_worker *worker, enum card_events kind, int status,
                                  const char *text);
/* Of those that say how the worker is, who takes none gets no more: room for outcomes stays. */
struct card_event *card_news(struct card_worker *worker, enum card_events kind, int status,
                             const char *text);
/* Of i below CARD_JOBS, NULL where none is: the oldest first, but for who held while others came.
 */
struct job *card_job_at(struct card_worker *worker, uint32_t i);
struct job *card_find_job(struct card_worker *worker, int64_t id);     /* NULL: none */
struct lease *card_find_lease(struct card_worker *worker, int64_t id); /* NULL: none */
void card_close_fd(int *fd);
/* The one outcome of a job: with it the job is no more. */
struct card_event *card_finish(struct card_worker *worker, struct job *job, int status,
                               const char *text);
void card_drop_lease(struct card_worker *worker, struct lease *lease, enum card_events kind,
                     int status, const char *text);
int card_has_jobs(struct card_worker *worker, int64_t lease);
int card_copy_own(const struct card_worker_config *config, struct error *err); /* its memfd */
/* The one that is to be sent next; NULL: none now. */
struct job *card_next_job(struct card_worker *worker);
/* It is to run, or to be dropped, behind those that are already. */
void card_queue_job(struct card_worker *worker, struct job *job);
void card_cancel_job(struct card_worker *worker, struct job *job);
/* Its worker has it no more, or will not: what it has done is lost. */
void card_forget_job(struct card_worker *worker, struct job *job);

/* worker.c */
/* Whatever can be done now. */
void card_step(struct card_worker *worker);
/* 1: it is on its way; sent: its answer is awaited; NULL: it has none of its own in order. */
int card_ask_worker(struct card_worker *worker, int64_t now, const struct card_ask *ask,
                    const struct sent *sent, const int fds[2]);

#endif
