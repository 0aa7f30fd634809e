// SPDX-License-Identifier: Apache-2.0
/* world: an allocator under profiles of the program, and short ways to ask it. */
#ifndef TESTS_GPU_WORLD_H
#define TESTS_GPU_WORLD_H

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "gpu/gpu.h"
#include "gpu/profile.h"

#define MS  ((int64_t)1000000)
#define SEC (1000 * MS)
#define GIB ((int64_t)1 << 30)

static struct gpu_rules rules;
static struct gpu gpu;
static struct gpu_out out;
static int64_t now;

static void begin(const char *budgets, const char *shares)
{
    struct error err = {0};

    ck_assert_msg(profile_make(budgets, shares, &rules, &err) == AGON_OK, "%s", err.text);
    now = 1000 * SEC;
    gpu_init(&gpu, &rules, now);
}

static inline void step(struct gpu_event event)
{
    event.t = now;
    gpu_step(&gpu, &event, &out);
}

// How often the last event led to it.
static inline uint32_t count(uint32_t kind)
{
    uint32_t n = 0;

    for (uint32_t i = 0; i < out.n; i++)
        n += out.all[i].kind == kind;
    return n;
}

static inline const struct gpu_decision *find(uint32_t kind, uint64_t lease)
{
    for (uint32_t i = 0; i < out.n; i++) {
        if (out.all[i].kind == kind && out.all[i].lease == lease)
            return &out.all[i];
    }
    return NULL;
}

static inline const struct gpu_decision *the(uint32_t kind, uint64_t lease)
{
    const struct gpu_decision *one = find(kind, lease);

    ck_assert_ptr_nonnull(one);
    return one;
}

// The number of the k-th lease in the queue; 0: there are not so many.
static inline uint64_t queued(uint32_t k)
{
    const struct gpu_lease *lease = gpu_queue_at(&gpu, k);

    return lease != NULL ? lease->id : 0;
}

// Of a request that was refused.
static inline uint32_t why_refused(void)
{
    ck_assert_uint_eq(out.n, 1);
    ck_assert_uint_eq(out.all[0].kind, GPU_DID_REFUSED);
    return out.all[0].why;
}

struct ask {
    const char *card, *budget, *group;
    int64_t gib;
    uint32_t share, rank, owner; /* share in % */
    uint8_t priority, flags;
    int64_t deadline_ns;
};
// The number of the lease that was asked for.
static inline uint64_t ask(struct ask what)
{
    uint8_t budget = profile_budget(&rules, what.card, what.budget);

    ck_assert_uint_ne(budget, GPU_NONE);
    step((struct gpu_event){
        .kind = GPU_REQUEST,
        .owner = what.owner,
        .bytes = what.gib * GIB,
        .share_ppm = what.share * 10000,
        .rank = (uint16_t)what.rank,
        .budget = budget,
        .group = what.group != NULL ? profile_group(&rules, rules.budgets[budget].card, what.group)
                                    : GPU_NONE,
        .priority = what.priority,
        .flags = what.flags,
        .deadline_ns = what.deadline_ns});
    return gpu.next_lease - 1;
}
#define ASK(...) ask((struct ask){__VA_ARGS__})

static inline uint32_t state_of(uint64_t lease)
{
    const struct gpu_lease *at = gpu_lease_of(&gpu, lease);

    return at != NULL ? at->state : GPU_FREE;
}

static inline void release(uint64_t lease, uint32_t owner)
{
    step((struct gpu_event){.kind = GPU_RELEASE, .lease = lease, .owner = owner});
}

static inline uint64_t submit(uint64_t lease, uint32_t n_chunks)
{
    step((struct gpu_event){
        .kind = GPU_SUBMIT, .lease = lease, .n_chunks = n_chunks, .chunk_ns = rules.chunk_ns});
    return gpu.next_job - 1;
}

// The job whose chunk runs on a card; 0: none.
static inline uint64_t running(uint32_t card)
{
    for (uint32_t i = 0; i < GPU_JOBS_MAX; i++) {
        const struct gpu_job *job = &gpu.jobs[i];

        if (job->id != 0 && job->is_running && gpu_lease_of(&gpu, job->lease)->card == card)
            return job->id;
    }
    return 0;
}

// The number of the start of a job that runs or ran last; 0: it is over.
static inline uint64_t run_of(uint64_t job)
{
    for (uint32_t i = 0; i < GPU_JOBS_MAX; i++) {
        if (gpu.jobs[i].id == job && job != 0)
            return gpu.jobs[i].run;
    }
    return 0;
}

static inline void chunk_ends(uint32_t card)
{
    uint64_t job = running(card);

    step((struct gpu_event){
        .kind = GPU_CHUNK, .job = job, .run = run_of(job), .card = (uint8_t)card});
}

static inline void tick(int64_t dt)
{
    now += dt;
    step((struct gpu_event){.kind = GPU_TICK});
}

static inline void heat(uint32_t card, int32_t mc)
{
    step((struct gpu_event){.kind = GPU_HEAT, .card = (uint8_t)card, .heat_mc = mc});
}

static inline void lose(uint32_t card)
{
    step((struct gpu_event){.kind = GPU_LOST, .card = (uint8_t)card});
}

static inline int run_suite(Suite *suite)
{
    SRunner *runner = srunner_create(suite);
    int n_failed;

    srunner_run_all(runner, CK_NORMAL);
    n_failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return n_failed == 0 ? 0 : 1;
}

#endif
