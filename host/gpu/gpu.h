// SPDX-License-Identifier: Apache-2.0
/* gpu: decides who has which part of which card, and whose job runs there next. Pure: an event in,
 * decisions out. No clock, no sensor, no driver, no thread, no allocation: time is the events' own,
 * and heat, volatility and the loss of a card are events, so that the same events give the same
 * decisions and the same hash, live and in replay. Who carries decisions out is a worker process.
 *
 * **Rank.** Class first (inference, training, research), then priority (0 is live trading, 4
 * research; WKL-41), then age. The queue is served by rank, and nobody overtakes on the same card.
 * Leases leave in the opposite order, and only for one of a better class or, of the same class, of
 * a smaller priority: nobody loses a lease to his equal, and nobody of inference to training.
 *
 * **Room.** A lease fits on a card when its budget, the card's memory less its reserve, the split
 * of its class, its group, and a dedicated lease allow it. Splits: a card's capacity is all of it;
 * a part when it is too hot or the last of several. Inference may have its share of the split, at
 * most the capacity. Training and research together may have their share, at most what inference
 * leaves of the capacity: the part that is inference's, or what inference has, if that is more.
 * Inference is never put out by a split, training is. Memory and shares of those that are leaving
 * are held until the chunk of theirs that runs has ended.
 *
 * **Eviction.** When one that waits would fit with others gone, those leave: by the first rule that
 * it does not fit by (dedicated, budget, memory, split, group), the last by rank of those that
 * concern this rule, and so on. If it fits in no way, nobody leaves. Who is put out waits in the
 * queue by its old rank and goes on later, unless it cannot resume: then it ends. Inference always
 * can: its weights are files.
 *
 * **Jobs** are made of chunks, none longer than the longest. A card runs one chunk at a time. At
 * its end the next is of the job of the best class and priority; among equals whose lease has had
 * least for its share, then the oldest. A chunk of training needs time saved: its share of the
 * split accrues as time goes, up to a window of it, and what it runs is taken off. Where a card's
 * capacity is a part, that holds for all its chunks. A chunk that takes more than twice the longest
 * is hung: the job fails, its worker is to be ended, and every other job goes on. Each start of a
 * job has a number, and the end of a chunk is believed with the number of the start that is due:
 * what comes late of an earlier one, from a card that was lost and is back, is of no chunk that
 * runs.
 *
 * **A card that fills a lease** with a file, or makes one 0, runs nothing meanwhile: no chunk is
 * begun there, none is taken for hung, and one that was begun counts from the end of that. How long
 * it may take is for whoever watches its worker, which is lost when it takes longer.
 *
 * **A card that is lost** (by its driver, or above the last step of heat): its inference goes to
 * the first card with room, others leaving for it; what was under way there is done again. All else
 * waits for the card. When it is back, inference goes home. With one card left of several,
 * strategies behind the first single_top wait. Without any card all wait, and their agents run on
 * the CPU.
 *
 * One thread. [core] */
#ifndef GPU_GPU_H
#define GPU_GPU_H

#include "base/codec.h"
#include "base/hash.h"
#include "gpu/rules.h"

#define GPU_LEASES_MAX    64  /* held, leaving and waiting */
#define GPU_JOBS_MAX      128 /* running and waiting */
#define GPU_DECISIONS_MAX 1024
#define GPU_PRIORITIES    5

enum gpu_event_kind {
    GPU_TICK = 1,   /* time goes by */
    GPU_REQUEST,    /* a lease is asked for */
    GPU_RELEASE,    /* ... given back: lease, owner */
    GPU_SUBMIT,     /* a job under a lease: lease, owner, n_chunks, chunk_ns */
    GPU_CHUNK,      /* the running chunk of a job has ended: job, run, card; is_failed */
    GPU_HEAT,       /* card, heat_mc */
    GPU_VOLATILITY, /* state: GPU_NORMAL, GPU_HIGH, GPU_EXTREME; holds from the next review */
    GPU_TOURNAMENT, /* state: 1 it has begun, 0 it is over */
    GPU_LOST,       /* card */
    GPU_BACK,       /* card */
    GPU_FILLING,    /* card; state: 1 its worker fills a lease with a file or makes one 0, and runs
                       nothing meanwhile; 0 it does not any more */
    GPU_EVENT_KINDS
};
enum {                        /* of a request */
       GPU_DEDICATED = 1,     /* all of the card; the budget says of which (MLA-53) */
       GPU_RESUMES = 2,       /* when put out it goes on later; of inference always so */
       GPU_NEEDS_FP64 = 4,    /* much of it */
       GPU_NEEDS_TRAINING = 8 /* deep training by CUDA */
};
struct gpu_event { /* what is not of its kind is 0 */
    int64_t t;
    uint32_t kind;
    uint32_t owner; /* slot, or who else the caller numbers */
    uint64_t lease, job;
    uint64_t run;               /* of CHUNK: the number that its JOB_STARTED had */
    int64_t bytes, deadline_ns; /* engine time; 0: none */
    uint32_t share_ppm;
    uint16_t rank; /* of a strategy in its tournament, from 1 on; 0: not a strategy */
    uint8_t budget, group, priority, flags;
    uint8_t card, state, is_failed;
    uint32_t n_chunks;
    int64_t chunk_ns;
    int32_t heat_mc;
};

/* X(id, name, what it says) */
#define GPU_DECISIONS(X)                                                                           \
    X(GRANTED, "granted", "the lease is held from now on, on card")                                \
    X(QUEUED, "queued", "it waits")                                                                \
    X(REFUSED, "refused", "what was asked for is not done")                                        \
    X(LEAVING, "leaving", "it ends, or waits, when its running chunk does")                        \
    X(EVICTED, "evicted", "put out, and it waits in the queue")                                    \
    X(RESUMED, "resumed", "held again, on card")                                                   \
    X(MOVED, "moved", "held on another card")                                                      \
    X(ENDED, "ended", "the lease is over")                                                         \
    X(JOB_ADMITTED, "job_admitted", "the job waits for its card")                                  \
    X(JOB_STARTED, "job_started", "its next chunk is to run on card")                              \
    X(JOB_PREEMPTED, "job_preempted", "another goes first at its chunk's end")                     \
    X(JOB_AGAIN, "job_again", "its chunk was lost with its card, and is done again")               \
    X(JOB_DONE, "job_done", "all its chunks are")                                                  \
    X(JOB_FAILED, "job_failed", "it is over without a result")                                     \
    X(WORKER_AGAIN, "worker_again", "the card's worker hangs: end it and begin another")           \
    X(WORKER_END, "worker_end", "the card has no lease left, and its worker is on demand")         \
    X(CARD_WARM, "card_warm", "outside of its baseline")                                           \
    X(CARD_ALERT, "card_alert", "hot for longer than sustained")                                   \
    X(CARD_SCALED, "card_scaled", "works part of the time")                                        \
    X(CARD_COOL, "card_cool", "one step of heat less or more has ended")                           \
    X(CARD_SHUT, "card_shut", "not used any more")                                                 \
    X(CARD_BACK, "card_back", "used again")                                                        \
    X(STOP, "stop", "above the last step of heat: liquidate and stop")                             \
    X(SINGLE, "single", "one card is left of several")                                             \
    X(ON_CPU, "on_cpu", "no card is left: all runs on the CPU")                                    \
    X(CARDS, "cards", "more than one card, or all there are, are in use again")                    \
    X(SPLIT, "split", "the split of classes is another")
enum gpu_decision_kind {
#define GPU_ROW(id, name, doc) GPU_DID_##id,
    GPU_DECISIONS(GPU_ROW)
#undef GPU_ROW
        GPU_DECISION_KINDS
};
/* X(id, name, what was wrong and what to do) */
#define GPU_WHYS(X)                                                                                \
    X(NOTHING, "ok", "")                                                                           \
    X(BUDGET, "budget", "the budget never has so many bytes; ask for less or of another budget")   \
    X(MEMORY, "memory", "the card never has so many bytes beside its reserve; ask for less")       \
    X(SHARE, "share", "its class or group never has such a share; ask for less")                   \
    X(INVALID, "invalid",                                                                          \
      "no such budget, group, priority, card or state, inference that is dedicated, or nothing "   \
      "asked for; look at the profile")                                                            \
    X(CANNOT, "cannot",                                                                            \
      "the card does not do that (training, fp64); choose a budget of another card")               \
    X(FULL, "full", "as many leases or jobs as there may be; give some back")                      \
    X(LATE, "late", "its deadline is over; ask again with a later one")                            \
    X(OVER, "over", "that lease or job is over; it was given back, or ended, before")              \
    X(UNKNOWN, "unknown", "no lease or job ever had that number")                                  \
    X(OTHERS, "others", "that lease is another owner's; use your own")                             \
    X(WAITS, "waits", "that lease was not granted yet; wait for it")                               \
    X(LONG, "long", "its chunks are longer than the longest, or none; make smaller ones")          \
    X(HOT, "hot", "the card is above its last step of heat; let it cool")                          \
    X(RANK, "rank", "another of a better rank needs the room")                                     \
    X(SPLIT, "split", "the split leaves its class less")                                           \
    X(LOST, "lost", "its card was lost")                                                           \
    X(TOP, "top", "one card is left, and it is for the first strategies")                          \
    X(HUNG, "hung", "its chunk took more than twice the longest")                                  \
    X(FAILED, "failed", "its chunk failed on the card")                                            \
    X(RELEASED, "released", "its owner gave it back")
enum gpu_why {
#define GPU_ROW(id, name, doc) GPU_WHY_##id,
    GPU_WHYS(GPU_ROW)
#undef GPU_ROW
        GPU_WHY_ALL
};
struct gpu_decision {
    uint8_t kind, why, card, from; /* from: of MOVED */
    uint32_t owner;
    uint64_t lease, job; /* 0: none */
    uint64_t run;        /* 1, 2, ...: of JOB_STARTED, and of a CHUNK that is refused */
    int64_t value;       /* ppm of SPLIT (training) and CARD_SCALED, chunks left of a job */
};
struct gpu_out {
    uint32_t n;
    struct gpu_decision all[GPU_DECISIONS_MAX];
};

enum gpu_lease_state {
    GPU_FREE,
    GPU_WAITING,   /* never held */
    GPU_SUSPENDED, /* held before */
    GPU_HELD,
    GPU_LEAVING, /* ends, or is suspended, when its chunk does */
    GPU_LEASE_STATES
};
struct gpu_lease {
    uint64_t id; /* 1, 2, ... in the order of requests; 0: not in use */
    int64_t bytes, deadline_ns;
    int64_t pass; /* what its jobs have had, by its share */
    uint32_t owner, share_ppm;
    uint16_t rank;
    uint8_t budget, group, class, priority, flags;
    uint8_t state, card; /* GPU_NONE while it waits */
    uint8_t why;         /* of LEAVING */
    uint8_t is_ending;   /* LEAVING for good */
};
struct gpu_job {
    uint64_t id; /* 1, 2, ...; 0: not in use */
    uint64_t lease;
    uint64_t run; /* how often a chunk of it was begun */
    int64_t chunk_ns, began_ns;
    uint32_t n_left;
    uint8_t is_running;
};
struct gpu_card {
    int64_t saved_ns, train_saved_ns; /* time that it, and training on it, may use */
    int64_t pass;                     /* of the lease whose chunk began last */
    int64_t hot_since_ns;             /* above the alert's step; -1: not */
    int32_t heat_mc;
    uint8_t step; /* of heat, 0 to 4 */
    uint8_t is_alerted;
    uint8_t is_lost; /* by its driver; above the last step it is shut besides */
    uint8_t is_filling;
};
struct gpu {
    const struct gpu_rules *rules; /* borrowed; not of the state */
    int64_t t, reviewed_at_ns;
    uint64_t next_lease, next_job, n_events;
    uint8_t volatility, wanted, is_tournament, n_up;
    struct gpu_card cards[GPU_CARDS_MAX];
    struct gpu_lease leases[GPU_LEASES_MAX]; /* in no order */
    struct gpu_job jobs[GPU_JOBS_MAX];
};

void gpu_init(struct gpu *gpu, const struct gpu_rules *rules, int64_t t);
/* One event; the decisions that follow from it in their order. event->t is never before that of the
 * last one. */
void gpu_step(struct gpu *gpu, const struct gpu_event *event, struct gpu_out *out);

/* NULL: no lease with this id is held, leaving or waiting. */
const struct gpu_lease *gpu_lease_of(const struct gpu *gpu, uint64_t id);
int gpu_is_up(const struct gpu *gpu, uint32_t card);
int gpu_is_single(const struct gpu *gpu);
const struct gpu_split *gpu_split_now(const struct gpu *gpu);
/* All that a card may do now, and what of it training and research may have. */
uint32_t gpu_capacity_ppm(const struct gpu *gpu, uint32_t card);
uint32_t gpu_training_ppm(const struct gpu *gpu, uint32_t card);
/* Leased bytes of a card, leaving ones counted; shares of a class there. */
int64_t gpu_bytes(const struct gpu *gpu, uint32_t card);
uint32_t gpu_class_ppm(const struct gpu *gpu, uint32_t card, int is_inference);
/* The k-th of the queue in the order in which it is served; NULL: there are not so many. */
const struct gpu_lease *gpu_queue_at(const struct gpu *gpu, uint32_t k);
/* When time alone changes something next: a deadline, a hung chunk, saved time, heat that lasts, a
 * review of volatility. A TICK then does it, or any other event. INT64_MAX: nothing. */
int64_t gpu_next_due(const struct gpu *gpu);
/* By rules, from now on: whoever runs jobs has ended. All leases end and their jobs fail (LOST),
 * every card is there and cool; numbers go on, and so does volatility. */
void gpu_restart(struct gpu *gpu, const struct gpu_rules *rules, int64_t t, struct gpu_out *out);
/* Time goes back to t: stamps ahead of it become t. */
void gpu_set_back(struct gpu *gpu, int64_t t);

/* X(id, what one waits for) */
#define GPU_WAITS(X)                                                                               \
    X(NOTHING, "nothing")                                                                          \
    X(CARD, "its card to be there again")                                                          \
    X(TOP, "another card: one is left, and it is for the first strategies")                        \
    X(RANK, "one of a better rank that waits for the same card")                                   \
    X(CHUNK, "those that leave to end their chunks")                                               \
    X(DEDICATED, "the end of a dedicated lease, or of all others where it is dedicated itself")    \
    X(BUDGET, "bytes of its budget, which others hold")                                            \
    X(MEMORY, "memory of its card, which others hold")                                             \
    X(SPLIT, "a share of its class, which others hold")                                            \
    X(GROUP, "a share of its group, which others hold")
enum gpu_wait {
#define GPU_ROW(id, doc) GPU_WAIT_##id,
    GPU_WAITS(GPU_ROW)
#undef GPU_ROW
        GPU_WAIT_ALL
};
/* What a lease waits for; NOTHING: it is held. */
enum gpu_wait gpu_waits(const struct gpu *gpu, const struct gpu_lease *lease);
const char *gpu_wait_doc(uint32_t wait);

const char *gpu_decision_name(uint32_t kind); /* "?" where there is none */
const char *gpu_decision_doc(uint32_t kind);
const char *gpu_why_name(uint32_t why);
const char *gpu_why_doc(uint32_t why);
const char *gpu_class_name(uint32_t class);

void gpu_save(const struct gpu *gpu, struct enc *enc);
/* Of a state under the same rules; what no state can be makes dec fail, and gpu is not to be used.
 */
void gpu_load(struct gpu *gpu, const struct gpu_rules *rules, struct dec *dec);
/* Of what gpu_save writes. */
void gpu_digest(const struct gpu *gpu, unsigned char digest[HASH_SIZE]);
#define GPU_STATE_MAX 16384 /* bytes that gpu_save ever writes */

#endif
