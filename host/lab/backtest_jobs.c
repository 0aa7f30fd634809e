// SPDX-License-Identifier: Apache-2.0
#include "lab/backtest_jobs.h"

#include "jobs/jobs.h"

/* In lock-step time stands while a job runs: a chunk may take what a busy machine needs. */
#define CHUNK_NS ((int64_t)30 * 1000000000)

static int wait_job(void *ctx, const struct engine_job *job, struct record_job_done *done,
                    const void **result)
{
    return dispatch_take(ctx, job, 1, done, result);
}

int backtest_jobs_open(const struct backtest_config *config, struct backtest *result,
                       struct engine_config *engine, struct lockstep_config *lockstep,
                       struct error *err)
{
    const struct leases_words *words = &config->cards.words;
    struct dispatch_config dispatch = {.program = config->gpu_program,
                                       .device = leases_device_name(words->device),
                                       .script = words->n_scripts > 0 ? words->scripts[0] : NULL,
                                       .threads = words->threads,
                                       .chunk_ns = CHUNK_NS,
                                       .is_far = !config->has_processes};
    uint32_t n = 0;
    int rc;

    for (uint32_t i = 0; i < config->n_slots; i++)
        n += config->slots[i].n_leases;
    if (n == 0)
        return AGON_OK;
    rc = dispatch_new(&result->dispatch, &dispatch, err);
    if (rc < 0)
        return rc;
    engine->jobs = dispatch_port(result->dispatch);
    lockstep->jobs = (struct lockstep_jobs){.ctx = result->dispatch, .wait = wait_job};
    return AGON_OK;
}

void backtest_jobs_close(struct backtest *result)
{
    dispatch_free(result->dispatch);
}

int backtest_jobs_leases(const struct backtest_config *config, const struct crew_slot *slot,
                         int (*step)(void *ctx, struct record_lease *lease, struct error *err),
                         void *ctx, struct error *err)
{
    struct record_lease lease;
    int rc = AGON_OK;

    for (uint32_t k = 0; k < slot->n_leases && rc >= 0; k++) {
        crew_lease_record(slot, k, config->cards.words.delay_ns, &lease);
        rc = step(ctx, &lease, err);
    }
    return rc;
}
