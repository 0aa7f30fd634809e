// SPDX-License-Identifier: Apache-2.0
/* Agents' jobs (agon.gpu) in a running host: they go to the worker of the card that the allocator
 * put their lease on, which is of the thread that watches the cards (jobs/relay.h). What it says
 * becomes JOB_DONE events. */
#include <string.h>

#include "run/host_impl.h"
#include "sys/log.h"

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

/* Which of a slot's leases the allocator speaks of; 0: of none that the roster names. */
static uint32_t number_of(const struct host *host, const struct gpu_lease *lease)
{
    const char *name = engine_lease_name(host->engine, lease);

    for (uint32_t k = 0; lease->owner < host->config.n_slots && k < AGON_GPU_LEASES_MAX; k++) {
        const struct slot_lease *of = engine_lease(host->engine, (uint16_t)lease->owner, k + 1);

        if (of != NULL && strcmp(of->name, name) == 0)
            return k + 1;
    }
    return 0;
}

void host_jobs_decided(struct host *host, const struct gpu_decision *decision)
{
    const struct gpu *gpu = engine_cards(host->engine);
    const struct gpu_lease *lease = gpu != NULL ? gpu_lease_of(gpu, decision->lease) : NULL;

    if (host->cards.relay == NULL)
        return;
    switch (decision->kind) {
    case GPU_DID_GRANTED:
    case GPU_DID_RESUMED:
    case GPU_DID_MOVED:
        if (lease != NULL && number_of(host, lease) != 0)
            relay_place(host->cards.relay, (uint16_t)lease->owner, number_of(host, lease),
                        decision->card);
        break;
    case GPU_DID_WORKER_AGAIN:
        relay_again(host->cards.relay, decision->card);
        break;
    case GPU_DID_WORKER_END:
        relay_dismiss(host->cards.relay, decision->card);
        break;
    default:
        break;
    }
}

/* Without one jobs are refused as they are handed over: agents trade on. */
void host_jobs_begin(struct host *host)
{
    struct dispatch_config config = {.relay = host->cards.relay};
    struct job_port port;
    struct error err = {0};
    uint32_t n = 0;

    for (uint32_t i = 0; i < host->config.n_slots; i++)
        n += host_has_agent(host, i) ? host->config.slots[i].n_leases : 0;
    if (n == 0 || host->jobs.dispatch != NULL || config.relay == NULL)
        return;
    if (dispatch_new(&host->jobs.dispatch, &config, &err) < 0) {
        log_error("jobs", "worker", "agents' jobs are refused: %s", err.text);
        return;
    }
    port = dispatch_port(host->jobs.dispatch);
    engine_attach_jobs(host->engine, &port);
    log_info("jobs", "worker", "jobs of agents run on %u cards: %s",
             host->config.cards.rules.n_cards, leases_device_name(host->config.cards.words.device));
}

int host_jobs_have_news(struct host *host)
{
    return host->jobs.dispatch != NULL && relay_news(host->cards.relay) != 0;
}

agon_ns_t host_jobs_due(const struct host *host)
{
    struct engine_job job;
    agon_ns_t t = INT64_MAX;

    for (uint32_t k = 0; host->jobs.dispatch != NULL && engine_job_at(host->engine, k, &job); k++) {
        if (job.t_due < t && relay_is_over(host->cards.relay, job.slot, job.id))
            t = job.t_due;
    }
    return t;
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
    uint32_t n_news;
    int n;

    if (host->jobs.dispatch == NULL)
        return 0;
    // That a card is lost was said before its worker gave its jobs up, and is heard before.
    n_news = relay_news(host->cards.relay);
    n = host_drain_card_events(host);
    if (ring_used(&host->cards.events) == 0)
        relay_hear(host->cards.relay, n_news);
    n += drain_chunks(host);
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
