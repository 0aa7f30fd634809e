// SPDX-License-Identifier: Apache-2.0
/* When time changes something by itself, and what becomes of a state whose time, or whose workers,
 * are others from now on. */
#include <string.h>

#include "gpu/gpu_impl.h"

static void sooner(int64_t *due, int64_t t)
{
    if (t < *due)
        *due = t;
}

static void due_of_leases(const struct gpu *gpu, int64_t *due)
{
    for (uint32_t i = 0; i < GPU_LEASES_MAX; i++) {
        const struct gpu_lease *lease = &gpu->leases[i];

        if (lease->id != 0 && lease->deadline_ns != 0 && !lease->is_ending)
            sooner(due, lease->deadline_ns);
    }
    for (uint32_t i = 0; i < GPU_JOBS_MAX; i++) {
        const struct gpu_job *job = &gpu->jobs[i];

        if (job->id != 0 && job->is_running && !gpu_is_held_up(gpu, job))
            sooner(due, num_add(job->began_ns, 2 * gpu->rules->chunk_ns + 1));
    }
}

static void due_of_cards(const struct gpu *gpu, int64_t *due)
{
    for (uint32_t card = 0; card < gpu->rules->n_cards; card++) {
        const struct gpu_card *at = &gpu->cards[card];
        int64_t ns =
            gpu_is_up(gpu, card) && !at->is_filling ? gpu_time_needed(gpu, card) : INT64_MAX;

        if (at->hot_since_ns >= 0 && !at->is_alerted)
            sooner(due, num_add(at->hot_since_ns, gpu->rules->sustained_ns));
        if (ns != INT64_MAX)
            sooner(due, num_add(gpu->t, ns));
    }
}

int64_t gpu_next_due(const struct gpu *gpu)
{
    int64_t due = INT64_MAX;

    due_of_leases(gpu, &due);
    due_of_cards(gpu, &due);
    if (gpu->wanted != gpu->volatility)
        sooner(&due, num_add(gpu->reviewed_at_ns, gpu->rules->reviewed_ns));
    // What is due now was done by the event that made it so, or needs one more.
    return due != INT64_MAX && due <= gpu->t ? gpu->t + 1 : due;
}

void gpu_restart(struct gpu *gpu, const struct gpu_rules *rules, int64_t t, struct gpu_out *out)
{
    struct gpu_turn turn = {.gpu = gpu, .out = out};
    const struct gpu was = *gpu;

    out->n = 0;
    for (uint32_t i = 0; i < GPU_LEASES_MAX; i++) {
        if (gpu->leases[i].id != 0)
            gpu_end(&turn, &gpu->leases[i], GPU_WHY_LOST);
    }
    gpu_init(gpu, rules, t);
    gpu->n_events = was.n_events + 1;
    gpu->next_lease = was.next_lease;
    gpu->next_job = was.next_job;
    gpu->volatility = was.volatility;
    gpu->wanted = was.wanted;
    gpu->is_tournament = was.is_tournament;
}

static void no_later(int64_t *stamp, int64_t t)
{
    if (*stamp > t)
        *stamp = t;
}

void gpu_set_back(struct gpu *gpu, int64_t t)
{
    int64_t by = gpu->t > t ? gpu->t - t : 0;

    no_later(&gpu->t, t);
    no_later(&gpu->reviewed_at_ns, t);
    for (uint32_t i = 0; i < GPU_CARDS_MAX; i++)
        no_later(&gpu->cards[i].hot_since_ns, t);
    for (uint32_t i = 0; i < GPU_JOBS_MAX; i++)
        no_later(&gpu->jobs[i].began_ns, t);
    // What is left of a deadline stays.
    for (uint32_t i = 0; i < GPU_LEASES_MAX; i++) {
        int64_t *deadline_ns = &gpu->leases[i].deadline_ns;

        if (*deadline_ns != 0)
            *deadline_ns = *deadline_ns > by ? *deadline_ns - by : 1;
    }
}
