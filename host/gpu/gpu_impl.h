// SPDX-License-Identifier: Apache-2.0
/* gpu_impl: what the files of the allocator share. */
#ifndef GPU_GPU_IMPL_H
#define GPU_GPU_IMPL_H

#include "base/error.h"
#include "base/num.h"
#include "gpu/gpu.h"

struct gpu_turn { /* of one event */
    struct gpu *gpu;
    struct gpu_out *out;
    uint64_t ended_job;                /* whose chunk ended now */
    uint8_t lost_from[GPU_LEASES_MAX]; /* the card that a lease lost now; GPU_NONE */
    uint32_t n_before[GPU_CARDS_MAX];  /* leases when the event came */
    uint32_t n_put_out, n_placed;
};

void gpu_decide(struct gpu_out *out, const struct gpu_decision *decision);
void gpu_say(struct gpu_turn *turn, enum gpu_decision_kind kind, enum gpu_why why,
             const struct gpu_lease *lease);
void gpu_say_job(struct gpu_turn *turn, enum gpu_decision_kind kind, enum gpu_why why,
                 const struct gpu_job *job, const struct gpu_lease *lease);
void gpu_say_card(struct gpu_turn *turn, enum gpu_decision_kind kind, enum gpu_why why,
                  uint32_t card, int64_t value);

static inline uint32_t gpu_home(const struct gpu *gpu, const struct gpu_lease *lease)
{
    return gpu->rules->budgets[lease->budget].card;
}
static inline int gpu_is_on_card(const struct gpu_lease *lease, uint32_t card)
{
    return (lease->state == GPU_HELD || lease->state == GPU_LEAVING) && lease->card == card;
}
static inline int gpu_is_queued(const struct gpu_lease *lease)
{
    return lease->state == GPU_WAITING || lease->state == GPU_SUSPENDED;
}
/* Below 0: a is served before b. */
int gpu_compare(const struct gpu_lease *a, const struct gpu_lease *b);
struct gpu_lease *gpu_find(struct gpu *gpu, uint64_t id);
struct gpu_job *gpu_running(struct gpu *gpu, const struct gpu_lease *lease); /* NULL: none */
/* Is it running where nothing runs now, since its card fills a lease? */
int gpu_is_held_up(const struct gpu *gpu, const struct gpu_job *job);
/* Inference's part of the split on a card, at most the capacity. */
uint32_t gpu_inference_ppm(const struct gpu *gpu, uint32_t card);

/* gpu_place.c */
/* The lease ends: its jobs fail, its place is free. */
void gpu_end(struct gpu_turn *turn, struct gpu_lease *lease, enum gpu_why why);
/* ... or waits from now on; at its chunk's end where one runs. */
void gpu_put_out(struct gpu_turn *turn, struct gpu_lease *lease, enum gpu_why why, int is_for_good);
/* Its chunk has ended: what LEAVING comes to. */
void gpu_leave(struct gpu_turn *turn, struct gpu_lease *lease);
/* All that follows from the event: who leaves, moves, is granted. */
void gpu_settle(struct gpu_turn *turn);

/* gpu_jobs.c */
void gpu_accrue(struct gpu *gpu, int64_t dt);
/* In so many ns a job that waits for its card's time has it; INT64_MAX: none does, or never. */
int64_t gpu_time_needed(const struct gpu *gpu, uint32_t card);
void gpu_fail_jobs(struct gpu_turn *turn, const struct gpu_lease *lease, enum gpu_why why);
void gpu_find_hung(struct gpu_turn *turn);
void gpu_submit(struct gpu_turn *turn, const struct gpu_event *event);
void gpu_chunk(struct gpu_turn *turn, const struct gpu_event *event);
void gpu_start_jobs(struct gpu_turn *turn);

/* gpu_cards.c */
void gpu_heat(struct gpu_turn *turn, const struct gpu_event *event);
void gpu_sustained(struct gpu_turn *turn);
void gpu_lost(struct gpu_turn *turn, const struct gpu_event *event);
void gpu_back(struct gpu_turn *turn, const struct gpu_event *event);
void gpu_filling(struct gpu_turn *turn, const struct gpu_event *event);
/* SINGLE, ON_CPU or CARDS, when the number of cards in use is another. */
void gpu_count_cards(struct gpu_turn *turn);

#endif
