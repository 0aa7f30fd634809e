// SPDX-License-Identifier: Apache-2.0
#include <string.h>

#include "gpu/gpu_impl.h"

struct gpu_job *gpu_running(struct gpu *gpu, const struct gpu_lease *lease)
{
    for (uint32_t i = 0; i < GPU_JOBS_MAX; i++) {
        struct gpu_job *job = &gpu->jobs[i];

        if (job->id != 0 && job->is_running && job->lease == lease->id)
            return job;
    }
    return NULL;
}

int gpu_is_held_up(const struct gpu *gpu, const struct gpu_job *job)
{
    const struct gpu_lease *lease = gpu_lease_of(gpu, job->lease);

    return lease != NULL && lease->card < GPU_CARDS_MAX && gpu->cards[lease->card].is_filling;
}

static int64_t part(int64_t ns, uint32_t ppm)
{
    return num_mul_div(ns, ppm, GPU_ALL_PPM, NUM_DOWN);
}

static int64_t save_up(int64_t saved_ns, int64_t dt, uint32_t ppm, int64_t window_ns)
{
    int64_t most_ns = part(window_ns, ppm);

    saved_ns = num_add(saved_ns, part(dt, ppm));
    return saved_ns < most_ns ? saved_ns : most_ns;
}

void gpu_accrue(struct gpu *gpu, int64_t dt)
{
    for (uint32_t card = 0; card < gpu->rules->n_cards; card++) {
        struct gpu_card *at = &gpu->cards[card];

        at->saved_ns =
            save_up(at->saved_ns, dt, gpu_capacity_ppm(gpu, card), gpu->rules->window_ns);
        at->train_saved_ns =
            save_up(at->train_saved_ns, dt, gpu_training_ppm(gpu, card), gpu->rules->window_ns);
    }
}

static int is_bound_by_split(const struct gpu_lease *lease)
{
    return lease->class != GPU_INFERENCE && (lease->flags & GPU_DEDICATED) == 0;
}

// What a chunk took is taken off what its card and its lease have.
static void charge(struct gpu *gpu, struct gpu_lease *lease, const struct gpu_job *job)
{
    struct gpu_card *at = &gpu->cards[lease->card];
    int64_t ns = gpu->t - job->began_ns;

    at->saved_ns = num_add(at->saved_ns, -ns);
    if (is_bound_by_split(lease))
        at->train_saved_ns = num_add(at->train_saved_ns, -ns);
    lease->pass = num_add(
        lease->pass, num_mul_div(ns, GPU_ALL_PPM,
                                 lease->share_ppm > 0 ? lease->share_ppm : GPU_ALL_PPM, NUM_DOWN));
}

static void fail(struct gpu_turn *turn, struct gpu_job *job, const struct gpu_lease *lease,
                 enum gpu_why why)
{
    gpu_say_job(turn, GPU_DID_JOB_FAILED, why, job, lease);
    memset(job, 0, sizeof(*job));
}

void gpu_fail_jobs(struct gpu_turn *turn, const struct gpu_lease *lease, enum gpu_why why)
{
    for (uint32_t i = 0; i < GPU_JOBS_MAX; i++) {
        struct gpu_job *job = &turn->gpu->jobs[i];

        if (job->id != 0 && job->lease == lease->id)
            fail(turn, job, lease, why);
    }
}

void gpu_find_hung(struct gpu_turn *turn)
{
    struct gpu *gpu = turn->gpu;

    for (uint32_t i = 0; i < GPU_JOBS_MAX; i++) {
        struct gpu_job *job = &gpu->jobs[i];
        struct gpu_lease *lease;

        if (job->id == 0 || !job->is_running ||
            gpu->t - job->began_ns <= 2 * gpu->rules->chunk_ns || gpu_is_held_up(gpu, job))
            continue;
        lease = gpu_find(gpu, job->lease);
        REQUIRE(lease != NULL);
        charge(gpu, lease, job);
        gpu_say_card(turn, GPU_DID_WORKER_AGAIN, GPU_WHY_HUNG, lease->card, 0);
        fail(turn, job, lease, GPU_WHY_HUNG);
        if (lease->state == GPU_LEAVING)
            gpu_leave(turn, lease);
    }
}

static uint32_t count_jobs(const struct gpu *gpu, const struct gpu_lease *lease)
{
    uint32_t n = 0;

    for (uint32_t i = 0; i < GPU_JOBS_MAX; i++)
        n += gpu->jobs[i].id != 0 && gpu->jobs[i].lease == lease->id;
    return n;
}

static enum gpu_why judge(const struct gpu *gpu, const struct gpu_event *event,
                          const struct gpu_lease *lease)
{
    if (event->lease == 0 || event->lease >= gpu->next_lease)
        return GPU_WHY_UNKNOWN;
    if (lease == NULL)
        return GPU_WHY_OVER;
    if (lease->owner != event->owner)
        return GPU_WHY_OTHERS;
    if (lease->is_ending)
        return GPU_WHY_OVER;
    if (lease->state == GPU_WAITING)
        return GPU_WHY_WAITS;
    if (event->n_chunks == 0 || event->chunk_ns <= 0 || event->chunk_ns > gpu->rules->chunk_ns)
        return GPU_WHY_LONG;
    if (lease->share_ppm == 0 && (lease->flags & GPU_DEDICATED) == 0)
        return GPU_WHY_SHARE;
    return GPU_WHY_NOTHING;
}

void gpu_submit(struct gpu_turn *turn, const struct gpu_event *event)
{
    struct gpu *gpu = turn->gpu;
    struct gpu_lease *lease = gpu_find(gpu, event->lease);
    struct gpu_job *job = NULL;
    enum gpu_why why = judge(gpu, event, lease);

    for (uint32_t i = 0; i < GPU_JOBS_MAX && job == NULL; i++) {
        if (gpu->jobs[i].id == 0)
            job = &gpu->jobs[i];
    }
    if (why == GPU_WHY_NOTHING && job == NULL)
        why = GPU_WHY_FULL;
    if (why != GPU_WHY_NOTHING) {
        gpu_decide(turn->out, &(struct gpu_decision){.kind = GPU_DID_REFUSED,
                                                     .why = (uint8_t)why,
                                                     .card = GPU_NONE,
                                                     .from = GPU_NONE,
                                                     .owner = event->owner,
                                                     .lease = event->lease});
        return;
    }
    if (lease->state == GPU_HELD && count_jobs(gpu, lease) == 0 &&
        lease->pass < gpu->cards[lease->card].pass)
        lease->pass = gpu->cards[lease->card].pass;
    *job = (struct gpu_job){.id = gpu->next_job++,
                            .lease = event->lease,
                            .chunk_ns = event->chunk_ns,
                            .n_left = event->n_chunks};
    gpu_say_job(turn, GPU_DID_JOB_ADMITTED, GPU_WHY_NOTHING, job, lease);
}

void gpu_chunk(struct gpu_turn *turn, const struct gpu_event *event)
{
    struct gpu *gpu = turn->gpu;
    struct gpu_job *job = NULL;
    struct gpu_lease *lease = NULL;

    for (uint32_t i = 0; i < GPU_JOBS_MAX && job == NULL; i++) {
        if (gpu->jobs[i].id == event->job && event->job != 0)
            job = &gpu->jobs[i];
    }
    if (job != NULL)
        lease = gpu_find(gpu, job->lease);
    // What comes late of a card that was lost, also when it is back, or of a job that hung, is of
    // no chunk that runs.
    if (job == NULL || !job->is_running || lease == NULL || lease->card != event->card ||
        job->run != event->run) {
        gpu_decide(turn->out,
                   &(struct gpu_decision){.kind = GPU_DID_REFUSED,
                                          .why = event->job == 0 || event->job >= gpu->next_job
                                                     ? GPU_WHY_UNKNOWN
                                                     : GPU_WHY_OVER,
                                          .card = event->card,
                                          .from = GPU_NONE,
                                          .job = event->job,
                                          .run = event->run});
        return;
    }
    charge(gpu, lease, job);
    job->is_running = 0;
    job->n_left--;
    if (event->is_failed) {
        fail(turn, job, lease, GPU_WHY_FAILED);
    } else if (job->n_left == 0) {
        gpu_say_job(turn, GPU_DID_JOB_DONE, GPU_WHY_NOTHING, job, lease);
        memset(job, 0, sizeof(*job));
    } else {
        turn->ended_job = job->id;
    }
    if (lease->state == GPU_LEAVING)
        gpu_leave(turn, lease);
}

static int has_time(const struct gpu *gpu, uint32_t card, const struct gpu_lease *lease)
{
    const struct gpu_card *at = &gpu->cards[card];

    if (gpu_capacity_ppm(gpu, card) < GPU_ALL_PPM && at->saved_ns <= 0)
        return 0;
    return !is_bound_by_split(lease) || at->train_saved_ns > 0;
}

// In which time so much more than is saved there are; INT64_MAX: never.
static int64_t until_saved(const struct gpu *gpu, int64_t saved_ns, uint32_t ppm)
{
    if (saved_ns > 0)
        return 0;
    if (part(gpu->rules->window_ns, ppm) <= 0)
        return INT64_MAX;
    return num_mul_div(num_add(1, -saved_ns), GPU_ALL_PPM, ppm, NUM_UP);
}

static int64_t until_time(const struct gpu *gpu, uint32_t card, const struct gpu_lease *lease)
{
    const struct gpu_card *at = &gpu->cards[card];
    uint32_t capacity_ppm = gpu_capacity_ppm(gpu, card);
    int64_t ns = capacity_ppm < GPU_ALL_PPM ? until_saved(gpu, at->saved_ns, capacity_ppm) : 0;
    int64_t train_ns = is_bound_by_split(lease)
                           ? until_saved(gpu, at->train_saved_ns, gpu_training_ppm(gpu, card))
                           : 0;

    return train_ns > ns ? train_ns : ns;
}

int64_t gpu_time_needed(const struct gpu *gpu, uint32_t card)
{
    int64_t soonest_ns = INT64_MAX;

    for (uint32_t i = 0; i < GPU_JOBS_MAX; i++) {
        const struct gpu_job *job = &gpu->jobs[i];
        const struct gpu_lease *lease = gpu_lease_of(gpu, job->lease);
        int64_t ns;

        if (job->id == 0 || lease == NULL || !gpu_is_on_card(lease, card))
            continue;
        if (job->is_running)
            return INT64_MAX;
        ns = lease->state == GPU_HELD ? until_time(gpu, card, lease) : INT64_MAX;
        soonest_ns = ns < soonest_ns ? ns : soonest_ns;
    }
    return soonest_ns;
}

// Below 0: a's job goes first.
static int compare(const struct gpu_lease *a, const struct gpu_job *job_a,
                   const struct gpu_lease *b, const struct gpu_job *job_b)
{
    if (a->class != b->class)
        return a->class < b->class ? -1 : 1;
    if (a->priority != b->priority)
        return a->priority < b->priority ? -1 : 1;
    if (a->pass != b->pass)
        return a->pass < b->pass ? -1 : 1;
    return job_a->id < job_b->id ? -1 : 1;
}

// NULL: nothing may run; *is_busy: a chunk does.
static struct gpu_job *choose(struct gpu *gpu, uint32_t card, struct gpu_lease **of, int *is_busy)
{
    struct gpu_job *best = NULL;

    *is_busy = 0;
    for (uint32_t i = 0; i < GPU_JOBS_MAX; i++) {
        struct gpu_job *job = &gpu->jobs[i];
        struct gpu_lease *lease;

        if (job->id == 0)
            continue;
        lease = gpu_find(gpu, job->lease);
        REQUIRE(lease != NULL);
        if (!gpu_is_on_card(lease, card))
            continue;
        *is_busy |= job->is_running;
        if (lease->state == GPU_HELD && !job->is_running && has_time(gpu, card, lease) &&
            (best == NULL || compare(lease, job, *of, best) < 0)) {
            best = job;
            *of = lease;
        }
    }
    return best;
}

void gpu_start_jobs(struct gpu_turn *turn)
{
    struct gpu *gpu = turn->gpu;

    for (uint32_t card = 0; card < gpu->rules->n_cards; card++) {
        struct gpu_lease *lease = NULL;
        int is_busy;
        struct gpu_job *job = choose(gpu, card, &lease, &is_busy);

        if (is_busy || job == NULL || !gpu_is_up(gpu, card) || gpu->cards[card].is_filling)
            continue;
        job->is_running = 1;
        job->run++;
        job->began_ns = gpu->t;
        if (gpu->cards[card].pass < lease->pass)
            gpu->cards[card].pass = lease->pass;
        if (turn->ended_job == job->id)
            turn->ended_job = 0;
        gpu_say_job(turn, GPU_DID_JOB_STARTED, GPU_WHY_NOTHING, job, lease);
        turn->out->all[turn->out->n - 1].run = job->run;
    }
    for (uint32_t i = 0; i < GPU_JOBS_MAX && turn->ended_job != 0; i++) {
        const struct gpu_job *job = &gpu->jobs[i];

        if (job->id == turn->ended_job)
            gpu_say_job(turn, GPU_DID_JOB_PREEMPTED, GPU_WHY_RANK, job, gpu_find(gpu, job->lease));
    }
}
