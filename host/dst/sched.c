// SPDX-License-Identifier: Apache-2.0
#include "dst/sched.h"

#include <stdlib.h>

#include "base/error.h"

#define JOBS (1u << 16)
#define NONE UINT32_MAX

int sched_init(struct sched *sched, uint64_t seed, agon_ns_t t)
{
    memset(sched, 0, sizeof(*sched));
    sched->now = t;
    rng_init(&sched->tie, seed);
    sched->jobs = calloc(JOBS, sizeof(*sched->jobs));
    if (sched->jobs == NULL || heap_init(&sched->heap, JOBS) < 0)
        return AGON_ENOMEM;
    sched->first_free = NONE;
    return AGON_OK;
}

void sched_deinit(struct sched *sched)
{
    heap_deinit(&sched->heap);
    free(sched->jobs);
}

uint64_t sched_at(struct sched *sched, agon_ns_t t, sched_call call, void *ctx, uint64_t a,
                  uint64_t b)
{
    struct heap_node node = {.t = t > sched->now ? t : sched->now, .order = rng_u64(&sched->tie)};
    uint32_t at = sched->first_free;
    struct sched_job *job;

    if (at == NONE) {
        REQUIRE(sched->n_jobs < JOBS);
        at = sched->n_jobs++;
    } else {
        sched->first_free = sched->jobs[at].next_free;
    }
    job = &sched->jobs[at];
    job->call = call;
    job->ctx = ctx;
    job->a = a;
    job->b = b;
    job->generation++;
    node.a = at;
    REQUIRE(heap_push(&sched->heap, &node) == AGON_OK);
    return (uint64_t)job->generation << 32 | at;
}

void sched_cancel(struct sched *sched, uint64_t id)
{
    struct sched_job *job = &sched->jobs[(uint32_t)id];

    if (job->generation == id >> 32)
        job->call = NULL;
}

int sched_step(struct sched *sched, agon_ns_t t)
{
    const struct heap_node *top = heap_top(&sched->heap);
    struct heap_node node;
    struct sched_job job;

    if (top == NULL || top->t > t)
        return 0;
    heap_pop(&sched->heap, &node);
    job = sched->jobs[node.a];
    sched->jobs[node.a].generation++;
    sched->jobs[node.a].next_free = sched->first_free;
    sched->first_free = (uint32_t)node.a;
    if (job.call == NULL)
        return 1;
    sched->now = node.t;
    sched->n_done++;
    job.call(job.ctx, job.a, job.b);
    return 1;
}
