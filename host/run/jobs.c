// SPDX-License-Identifier: Apache-2.0
/* Agents' jobs (agon.gpu) in a running host: their worker is a child of the core thread, which
 * looks after it between two events and waits for it never. What it says becomes JOB_DONE events.
 */
#include <string.h>

#include "run/host_impl.h"
#include "sys/log.h"

#define CHUNK_NS ((int64_t)2 * 1000000000) /* a chunk that takes longer hangs */

static int is_named_so(const struct host *host, const struct record_lease *record)
{
    const struct slot_lease *is = engine_lease(host->engine, record->slot, record->lease);

    if (is == NULL)
        return record->memory == 0;
    return is->memory == record->memory && is->delay_ns == record->delay_ns &&
           is->speed_milli == record->speed_milli &&
           memcmp(is->name, record->name, sizeof(is->name)) == 0;
}

int host_lease_records(struct host *host, const struct crew_slot *slot,
                       int (*step)(struct host *host, struct agon_event_hdr *event))
{
    int rc = AGON_OK;

    for (uint32_t k = 0; k < AGON_GPU_LEASES_MAX && rc >= 0; k++) {
        struct record_lease record = {
            .hdr = {.type = EVENT_CONFIG, .granules = sizeof(record) / EVENT_GRANULE},
            .kind = CONFIG_LEASE,
            .slot = slot->record.slot,
            .lease = k + 1,
            .name = "none"};

        if (k < slot->n_leases)
            crew_lease_record(slot, k, host->config.cards.words.delay_ns, &record);
        if (host->config.speed_milli != 1000)
            record.speed_milli = (uint32_t)host->config.speed_milli;
        if (!is_named_so(host, &record))
            rc = step(host, &record.hdr);
    }
    return rc;
}

static void say(void *ctx, const char *text)
{
    (void)ctx;
    log_warn("jobs", "worker", "the worker of agents' jobs: %s", text);
}

/* Without one jobs are refused as they are handed over: agents trade on. */
void host_jobs_begin(struct host *host)
{
    const struct leases_words *words = &host->config.cards.words;
    struct dispatch_config config = {.device = leases_device_name(words->device),
                                     .script = words->n_scripts > 0 ? words->scripts[0] : NULL,
                                     .threads = words->threads,
                                     .chunk_ns = CHUNK_NS,
                                     .say = say};
    struct job_port port;
    struct error err = {0};
    uint32_t n = 0;

    for (uint32_t i = 0; i < host->config.n_slots; i++)
        n += host_has_agent(host, i) ? host->config.slots[i].n_leases : 0;
    if (n == 0 || host->jobs.dispatch != NULL || host->config.ports != NULL)
        return;
    if (dispatch_new(&host->jobs.dispatch, &config, &err) < 0) {
        log_error("jobs", "worker", "agents' jobs are refused: %s", err.text);
        return;
    }
    port = dispatch_port(host->jobs.dispatch);
    engine_attach_jobs(host->engine, &port);
    log_info("jobs", "worker", "jobs of agents run on %s", config.device);
}

void host_jobs_end(struct host *host)
{
    engine_attach_jobs(host->engine, NULL);
    dispatch_free(host->jobs.dispatch);
    host->jobs.dispatch = NULL;
}

/* The first whose outcome is there. */
static int take_one(struct host *host, agon_ns_t t)
{
    struct engine_job job;

    for (uint32_t k = 0; engine_job_at(host->engine, k, &job); k++) {
        if (job.t_due <= t && dispatch_take(host->jobs.dispatch, &job, 0, &host->jobs.done,
                                            &host->jobs.result) == 1) {
            host->jobs.is_done = 1;
            return 1;
        }
    }
    return 0;
}

/* What its worker says of a job goes before the allocator's word that it is over. */
static void take_failed(struct host *host, const struct dispatch_chunk *chunk)
{
    struct engine_job job;

    for (uint32_t k = 0; engine_job_at(host->engine, k, &job); k++) {
        if (job.slot == chunk->slot && job.id == chunk->id)
            host->jobs.is_done = dispatch_take(host->jobs.dispatch, &job, 0, &host->jobs.done,
                                               &host->jobs.result) == 1;
    }
}

static int step_done(struct host *host)
{
    host->jobs.done.hdr.t = host_now(host);
    if (host_tell_on(host) == AGON_EAGAIN ||
        driver_job(&host->driver, &host->jobs.done, host->jobs.result) == AGON_EAGAIN)
        return AGON_EAGAIN;
    host->jobs.is_done = 0;
    return AGON_OK;
}

/* Chunks that have ended: what the cards' allocator decides by. */
static int drain_chunks(struct host *host)
{
    struct dispatch_chunk chunk;
    int n = 0;

    while (!host->jobs.is_done && dispatch_chunk(host->jobs.dispatch, &chunk)) {
        const struct gpu_event event = {.kind = GPU_CHUNK,
                                        .job = chunk.card_job,
                                        .run = chunk.run,
                                        .card = chunk.card,
                                        .is_failed = chunk.is_failed};
        struct record_gpu record;

        if (chunk.is_failed)
            take_failed(host, &chunk);
        if (host->jobs.is_done && step_done(host) == AGON_EAGAIN)
            break;
        cards_record(&event, NULL, &record);
        record.hdr.t = host_now(host);
        if (host_step(host, &record.hdr) == AGON_EAGAIN)
            break;
        dispatch_chunk_done(host->jobs.dispatch);
        n++;
    }
    return n;
}

int host_drain_jobs(struct host *host)
{
    int n = 0;

    if (host->jobs.dispatch == NULL)
        return 0;
    n = drain_chunks(host);
    while (host->jobs.is_done || take_one(host, host_now(host))) {
        if (step_done(host) == AGON_EAGAIN)
            break;
        n++;
    }
    return n;
}

int host_lose_jobs(struct host *host, int (*step)(struct host *host, struct agon_event_hdr *event))
{
    struct engine_job job;
    int rc = AGON_OK;

    while (rc >= 0 && engine_next_job(host->engine, &job)) {
        struct record_job_done done = {
            .hdr = {.type = EVENT_JOB_DONE, .granules = sizeof(done) / EVENT_GRANULE},
            .job = job.id,
            .status = AGON_EIO,
            .slot = job.slot};

        rc = step(host, &done.hdr);
    }
    return rc;
}
