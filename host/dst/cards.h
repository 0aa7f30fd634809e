// SPDX-License-Identifier: Apache-2.0
/* cards: a quarter of the worlds have GPU cards. Leases are asked for and given back, jobs
 * submitted and ended late or never, cards grow hot, are lost and come back, volatility rises, and
 * the host dies in the middle. What is decided is held against an account of its own, which knows
 * events and decisions alone. Only for host/dst. */
#ifndef DST_CARDS_H
#define DST_CARDS_H

#include "base/rng.h"
#include "gpu/gpu.h"
#include "market/records.h"

struct cards_lease {
    uint64_t id;
    int64_t bytes;
    int64_t held_ns; /* when it was given to the card that it is on */
    uint32_t owner;
    uint8_t is_held, card, class, has_share;
};
struct cards_job {
    uint64_t id, lease, run;
    int64_t since_ns; /* when it began to wait, or to run */
    uint8_t is_running, card;
};
struct cards_sim {
    struct rng rng;
    struct gpu_rules rules;
    struct cards_lease leases[GPU_LEASES_MAX];
    struct cards_job jobs[GPU_JOBS_MAX];
    uint8_t is_on, is_live, is_replaying; /* is_live: decisions are new ones */
    uint8_t is_lost[GPU_CARDS_MAX];
    int64_t filling_ns[GPU_CARDS_MAX]; /* since when its worker fills a lease; 0: it does not */
    int64_t idle_ns[GPU_CARDS_MAX];    /* when a chunk last began or ended there, or it came back */
    struct record_gpu asked;           /* the event that is being done */
};

struct world;
void cards_sim_begin(struct world *world);     /* what the seed drew */
void cards_sim_configure(struct world *world); /* the first life */
void cards_sim_recover(struct world *world);   /* before the START of another */
void cards_sim_started(struct world *world);   /* behind it */
void cards_sim_happen(struct world *world);    /* something does */
void cards_sim_ends(struct world *world, const struct gpu_event *chunk);
void cards_sim_heal(struct world *world);                                 /* no fault from now on */
void cards_sim_ask(struct world *world, uint16_t slot, const char *name); /* for a lease */
void cards_sim_check(struct world *world); /* after each event of the engine */
void cards_sim_decided(void *ctx, const struct record_gpu *event,
                       const struct gpu_decision *decision);

#endif
