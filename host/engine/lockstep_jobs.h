// SPDX-License-Identifier: Apache-2.0
/* lockstep_jobs: what graphics cards do in a run in one thread. For lockstep.c. [one thread] */
#ifndef ENGINE_LOCKSTEP_JOBS_H
#define ENGINE_LOCKSTEP_JOBS_H

#include "base/error.h"
#include "engine/driver.h"
#include "engine/lockstep.h"

// Engine time stands while it is waited for.
static inline int end_job(const struct lockstep_jobs *jobs, struct driver *driver,
                          const struct engine_job *job)
{
    struct record_job_done done;
    const void *result = NULL;

    if (jobs->wait(jobs->ctx, job, &done, &result) != 1)
        return AGON_EIO;
    done.hdr.t = job->t_due;
    return driver_job(driver, &done, result);
}

/* When it is; job->id 0: a chunk ends. */
static inline agon_ns_t next_of_jobs(const struct lockstep_jobs *jobs, const struct engine *engine,
                                     struct engine_job *job)
{
    agon_ns_t t = jobs->chunk_due != NULL ? jobs->chunk_due(jobs->ctx) : INT64_MAX;
    struct engine_job next;

    job->id = 0;
    if (!engine_next_job(engine, &next) || next.t_due >= t)
        return t;
    *job = next;
    return next.t_due;
}

static inline int end_chunk(const struct lockstep_jobs *jobs, struct driver *driver, agon_ns_t t)
{
    struct lockstep_chunk chunk;
    int rc = AGON_OK;

    jobs->end_chunk(jobs->ctx, &chunk);
    chunk.done.hdr.t = chunk.gpu.hdr.t = t;
    if (chunk.done.job != 0)
        rc = driver_job(driver, &chunk.done, chunk.result);
    return rc < 0 ? rc : driver_step(driver, &chunk.gpu.hdr);
}

/* 1: something was; below 0: the run stops with that. */
static inline int say_to_cards(const struct lockstep_jobs *jobs, struct driver *driver)
{
    struct record_gpu gpu;
    int rc;

    if (jobs->say == NULL || !jobs->say(jobs->ctx, &gpu))
        return 0;
    gpu.hdr.t = engine_t(driver->engine);
    rc = driver_step(driver, &gpu.hdr);
    return rc < 0 ? rc : 1;
}

#endif
