// SPDX-License-Identifier: Apache-2.0
#include "dst/jobs.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/crc.h"
#include "base/hash.h"
#include "dst/world.h"
#include "jobs/relay_impl.h"
#include "sys/memfd.h"

#define GIB       ((int64_t)1 << 30)
#define MEMORY    ((uint64_t)8192) /* of a job */
#define CALLS_MAX 12
#define INPUT     64
#define RESULT_AT 2048
#define OVER_NS   (8 * SECOND) /* a journal that takes nothing meanwhile counts */

static uint64_t below(struct world *world, uint64_t n)
{
    return rng_below(&world->jobs.rng, n);
}

static int one_in(struct world *world, uint64_t n)
{
    return below(world, n) == 0;
}

/* --- what a job computes */

static uint64_t base_of(const void *bytes, uint64_t n)
{
    return hash_mix(crc32c(0, bytes, n) | n << 32);
}

static uint64_t after_chunk(uint64_t key, uint64_t base, uint32_t chunk, uint64_t version)
{
    return hash_mix(key ^ base ^ hash_mix(version << 16 | (chunk + 1)));
}

static void fill_result(uint64_t key, unsigned char *to, uint64_t n)
{
    for (uint64_t i = 0; i < n; i++)
        to[i] = (unsigned char)(hash_mix(key + i / 8) >> i % 8 * 8);
}

/* --- plugins */

static struct jobs_sim_job *find(struct world *world, uint16_t slot, uint64_t id)
{
    struct jobs_sim_agent *agent = &world->jobs.agents[slot];

    for (uint32_t i = 0; i < JOBS_SIM_OPEN; i++) {
        if (agent->jobs[i].id == id)
            return &agent->jobs[i];
    }
    return NULL;
}

static int look(const struct world *world, uint16_t slot, uint64_t id, struct engine_job *job)
{
    for (uint32_t k = 0; engine_job_at(world->node.engine, k, job); k++) {
        if (job->slot == slot && job->id == id)
            return 1;
    }
    return 0;
}

static int has_engine(const struct world *world, uint16_t slot, uint64_t id)
{
    struct engine_job job;

    return look(world, slot, id, &job);
}

static int want(struct world *world, uint16_t slot, struct record_job_wish *wish)
{
    struct agent *agent = &world->agents[slot];
    int rc;

    wish->hdr =
        (struct agon_event_hdr){.type = EVENT_JOB_WISH, .granules = sizeof(*wish) / EVENT_GRANULE};
    wish->origin = (struct agon_origin){.cause_seq = agent->cause_seq,
                                        .nth = agent->nth,
                                        .n = agent->n_wishes++,
                                        .generation = agent->generation,
                                        .slot = slot,
                                        .n_legs = 1};
    rc = evring_put(&agent->from_in, &wish->hdr);
    scripted_agents_collect(world);
    return rc;
}

/* Its author goes on writing where the host has copied. */
static void submit(struct world *world, uint16_t slot)
{
    struct jobs_sim_agent *agent = &world->jobs.agents[slot];
    struct jobs_sim_job *job = find(world, slot, 0);
    uint32_t n_calls = 1 + (uint32_t)below(world, CALLS_MAX);
    uint64_t n = n_calls * sizeof(struct agon_gpu_call) + INPUT;
    struct record_job_wish wish = {.kind = JOB_SUBMIT,
                                   .job = ++agent->next_id,
                                   .delay_ns = (agon_ns_t)below(world, 60 * (uint64_t)MS),
                                   .memory = one_in(world, 40) ? MEMORY * 1024 : MEMORY,
                                   .n_input = INPUT,
                                   .result_at = RESULT_AT,
                                   .n_result = 1 + below(world, one_in(world, 3) ? 4000 : 300),
                                   .lease = 1 + (uint32_t)below(world, JOBS_SIM_LEASES),
                                   .n_calls = n_calls,
                                   .chunk_calls = 1 + (uint32_t)below(world, 2),
                                   .flags = one_in(world, 2) ? AGON_GPU_OUTLIVES : 0,
                                   .box = 0};
    uint32_t n_chunks = (n_calls - 1) / wish.chunk_calls + 1;
    uint64_t base;

    if (job == NULL)
        return;
    for (uint64_t i = 0; i < n; i++)
        agent->box[i] = (unsigned char)rng_u64(&world->jobs.rng);
    base = base_of(agent->box, n);
    *job = (struct jobs_sim_job){.id = wish.job,
                                 .bytes = wish.n_result,
                                 .lease = wish.lease,
                                 .generation = world->agents[slot].generation,
                                 .flags = wish.flags};
    for (uint32_t k = 0; k < n_chunks; k++)
        job->key = after_chunk(job->key, base, k, agent->version);
    if (want(world, slot, &wish) < 0)
        job->id = 0; // no room: the call failed, for its plugin
    memset(agent->box, 0xa5, sizeof(agent->box));
}

static void act(struct world *world)
{
    uint16_t slot = (uint16_t)below(world, world->swarm.n_agents);
    const struct jobs_sim_agent *agent = &world->jobs.agents[slot];
    struct record_job_wish wish = {.lease = 1 + (uint32_t)below(world, JOBS_SIM_LEASES)};
    uint64_t draw = below(world, 40);

    if (draw < 1)
        wish.kind = LEASE_RELEASE;
    else if (draw < 3)
        wish.kind = JOB_CANCEL;
    else if (draw < 10 && !agent->is_held[wish.lease])
        wish.kind = LEASE_ACQUIRE;
    else if (agent->is_held[1] || agent->is_held[2] || draw > 38)
        submit(world, slot);
    if (wish.kind == JOB_CANCEL)
        wish.job = agent->jobs[below(world, JOBS_SIM_OPEN)].id;
    if (wish.kind != 0 && (wish.kind != JOB_CANCEL || wish.job != 0))
        (void)want(world, slot, &wish);
}

static void reload(struct world *world)
{
    uint16_t id = (uint16_t)below(world, world->swarm.n_agents);
    const struct slot *slot = slots_get(engine_slots(world->node.engine), id);
    struct record_generation record = {
        .hdr = {.type = EVENT_CONFIG, .granules = sizeof(record) / EVENT_GRANULE},
        .kind = CONFIG_GENERATION,
        .slot = id,
        .why = one_in(world, 4) ? GENERATION_FRESH : GENERATION_RELOAD};
    uint32_t n_coming = 0;

    if (slot == NULL)
        return;
    record.generation = slot->last_generation + 1;
    record.generation_hash = hash_mix(record.generation);
    record.event_mask = slot->subscription.event_mask;
    record.event_more = slot->subscription.event_more;
    record.bar_mask = slot->subscription.bar_mask;
    record.agent_kind = slot->agent_kind;
    record.signals = slot->signals;
    // Another file, or the same; of what is on its way nobody knows which it will find.
    for (uint32_t i = 0; i < JOBS_SIM_OPEN; i++)
        n_coming +=
            world->jobs.agents[id].jobs[i].id != 0 && !world->jobs.agents[id].jobs[i].is_taken;
    if (one_in(world, 2) && n_coming == 0)
        world->jobs.agents[id].version++;
    world->agents[id].generation = record.generation;
    if (node_step(world, &record.hdr) < 0) // not taken: the one before plays on
        world->agents[id].generation = slot->generation != 0 ? slot->generation : 1;
    for (uint32_t i = 0; i < JOBS_SIM_OPEN && record.why == GENERATION_RELOAD; i++) {
        const struct jobs_sim_job *job = &world->jobs.agents[id].jobs[i];

        if (job->id != 0 && job->is_taken && (job->flags & AGON_GPU_OUTLIVES) == 0 &&
            job->generation < world->agents[id].generation)
            world_fail(world, "job", "job %llu of slot %u outlives its generation",
                       (unsigned long long)job->id, id);
    }
}

const void *jobs_sim_box(struct world *world, uint16_t slot, uint32_t box)
{
    return box == 0 ? world->jobs.agents[slot].box : NULL;
}

void jobs_sim_result(struct world *world, uint16_t slot, uint32_t place, const void *bytes,
                     uint64_t n)
{
    if (place >= JOBS_PLACES)
        world_fail(world, "job", "slot %u: there is no place %u", slot, place);
    else
        world->jobs.agents[slot].places[place] =
            (struct jobs_sim_place){.bytes = n, .crc = crc32c(0, bytes, n)};
}

void jobs_sim_wished(struct world *world, const struct record_job_wish *wish)
{
    uint16_t slot = wish->origin.slot;
    struct jobs_sim_job *job = find(world, slot, wish->job);
    const struct slot *of = slots_get(engine_slots(world->node.engine), slot);

    if (wish->kind != JOB_SUBMIT || job == NULL || wish->job == 0)
        return;
    if (has_engine(world, slot, wish->job))
        job->is_taken = 1;
    else if (of != NULL && wish->origin.generation < of->fresh_generation)
        job->id = 0; // nobody is left who would know what it is for
    else
        world_fail(world, "job", "job %llu of slot %u was handed over and has no outcome",
                   (unsigned long long)wish->job, slot);
}

static int is_right(const struct jobs_sim_agent *agent, const struct jobs_sim_job *job,
                    const struct agon_job *event)
{
    unsigned char bytes[4096];

    if (event->bytes != job->bytes || job->bytes > sizeof(bytes))
        return 0;
    fill_result(job->key, bytes, job->bytes);
    if (event->n_inline != 0)
        return event->n_inline == job->bytes && memcmp(bytes, event->result, job->bytes) == 0;
    return job->bytes > AGON_JOB_INLINE && event->place < JOBS_PLACES &&
           agent->places[event->place].bytes == job->bytes &&
           agent->places[event->place].crc == crc32c(0, bytes, job->bytes);
}

static void seen_done(struct world *world, uint16_t slot, const struct agon_job *event)
{
    struct jobs_sim_agent *agent = &world->jobs.agents[slot];
    struct jobs_sim_job *job = find(world, slot, event->job);
    unsigned long long id = event->job;

    if (job == NULL || event->job == 0) {
        world_fail(world, "job", "job %llu of slot %u has another outcome", id, slot);
        return;
    }
    if (event->generation != job->generation || event->lease != job->lease)
        world_fail(world, "job", "job %llu of slot %u comes back as another's", id, slot);
    if (job->is_taken && !world->jobs.is_losing && !agent->is_held[job->lease])
        world_fail(world, "job", "job %llu of slot %u has an outcome after its lease's end", id,
                   slot);
    if (event->status == AGON_OK && job->generation != world->agents[slot].generation &&
        (job->flags & AGON_GPU_OUTLIVES) == 0)
        world_fail(world, "job", "job %llu of slot %u outlives its generation", id, slot);
    if (event->status == AGON_OK && (!job->is_taken || !is_right(agent, job, event)))
        world_fail(world, "job", "job %llu of slot %u has another's result", id, slot);
    world->result->some[event->status == AGON_OK ? SOME_JOB_DONE : SOME_JOB_FAILED]++;
    memset(job, 0, sizeof(*job));
}

void jobs_sim_seen(struct world *world, uint16_t slot, const struct agon_job *event)
{
    struct jobs_sim_agent *agent = &world->jobs.agents[slot];

    if (event->kind == AGON_JOB_DONE) {
        seen_done(world, slot, event);
        return;
    }
    if (event->lease == 0 || event->lease > JOBS_SIM_LEASES ||
        (event->kind == AGON_JOB_GRANTED && agent->is_held[event->lease])) {
        world_fail(world, "job", "slot %u: lease %u is granted twice, or is unknown", slot,
                   event->lease);
        return;
    }
    agent->is_held[event->lease] = event->kind == AGON_JOB_GRANTED;
    for (uint32_t i = 0; i < JOBS_SIM_OPEN && event->kind != AGON_JOB_GRANTED; i++) {
        const struct jobs_sim_job *job = &agent->jobs[i];

        if (job->id != 0 && job->is_taken && job->lease == event->lease)
            world_fail(world, "job", "lease %u of slot %u ends, and job %llu has no outcome",
                       event->lease, slot, (unsigned long long)job->id);
    }
}

/* --- the workers' thread */

static struct jobs_sim_placed *placed(struct world *world, uint16_t slot, uint32_t lease,
                                      uint8_t card)
{
    struct jobs_sim *jobs = &world->jobs;

    for (size_t i = 0; i < sizeof(jobs->placed) / sizeof(jobs->placed[0]); i++) {
        struct jobs_sim_placed *of = &jobs->placed[i];

        if (of->is_used && of->slot == slot && of->lease == lease && of->card == card)
            return of;
    }
    return NULL;
}

static struct jobs_sim_entry *entry_of(struct world *world, const struct relay_ask *ask)
{
    for (uint32_t i = 0; i < JOBS_SIM_ENTRIES; i++) {
        struct jobs_sim_entry *of = &world->jobs.entries[i];

        if (of->is_used && !of->is_cancelled && of->slot == ask->slot && of->id == ask->job &&
            of->card == ask->card)
            return of;
    }
    return NULL;
}

static void answer(struct world *world, const struct jobs_sim_entry *of, int32_t status,
                   int is_done)
{
    struct relay_answer *to = ring_claim(&world->jobs.relay->answers);

    REQUIRE(to != NULL); // a few at a time, and all are heard
    *to = (struct relay_answer){.job = of->id,
                                .run = of->run,
                                .status = status,
                                .attempts = 1,
                                .slot = of->slot,
                                .card = of->card,
                                .is_done = (uint8_t)is_done};
    if (is_done && status >= 0) {
        to->result = malloc(of->n_result);
        REQUIRE(to->result != NULL);
        to->bytes = of->n_result;
        fill_result(of->key, to->result, of->n_result);
    }
    ring_publish(&world->jobs.relay->answers);
}

static void on_lease(struct world *world, const struct relay_ask *ask)
{
    struct jobs_sim *jobs = &world->jobs;

    if (ask->fd >= 0)
        (void)close(ask->fd);
    if (placed(world, ask->slot, ask->lease, ask->card) != NULL)
        world_fail(world, "job", "lease %u of slot %u is made twice on card %u", ask->lease,
                   ask->slot, ask->card);
    for (size_t i = 0; i < sizeof(jobs->placed) / sizeof(jobs->placed[0]); i++) {
        if (jobs->placed[i].is_used)
            continue;
        jobs->placed[i] = (struct jobs_sim_placed){.version = ask->resident,
                                                   .lease = ask->lease,
                                                   .slot = ask->slot,
                                                   .is_used = 1,
                                                   .card = ask->card};
        return;
    }
    world_fail(world, "job", "more leases on cards than there are");
}

static void on_end(struct world *world, const struct relay_ask *ask)
{
    struct jobs_sim_placed *of = placed(world, ask->slot, ask->lease, ask->card);

    if (of != NULL)
        of->is_used = 0;
    for (uint32_t i = 0; i < JOBS_SIM_ENTRIES; i++) {
        struct jobs_sim_entry *entry = &world->jobs.entries[i];

        if (!entry->is_used || entry->slot != ask->slot || entry->lease != ask->lease ||
            entry->card != ask->card)
            continue;
        entry->is_cancelled = 1;
        if (entry->t_end == INT64_MAX)
            entry->t_end = world->now;
    }
}

static void compute(struct world *world, struct jobs_sim_entry *of)
{
    const struct jobs_sim_placed *at = placed(world, of->slot, of->lease, of->card);

    of->key = after_chunk(of->key, of->base, of->n_done++, at != NULL ? at->version : 0);
}

static void on_run(struct world *world, const struct relay_ask *ask)
{
    struct jobs_sim_entry *of = entry_of(world, ask);

    if (placed(world, ask->slot, ask->lease, ask->card) == NULL)
        world_fail(world, "job", "job %llu of slot %u runs on card %u, where its lease is not",
                   (unsigned long long)ask->job, ask->slot, ask->card);
    for (uint32_t i = 0; i < JOBS_SIM_ENTRIES && of == NULL; i++) {
        const struct card_job *head = &ask->payload->head;

        if (world->jobs.entries[i].is_used)
            continue;
        of = &world->jobs.entries[i];
        *of = (struct jobs_sim_entry){.id = ask->job,
                                      .base = base_of(ask->payload->bytes, ask->payload->n),
                                      .n_result = head->n_result,
                                      .lease = ask->lease,
                                      .n_chunks = (head->n_calls - 1) / head->chunk_calls + 1,
                                      .slot = ask->slot,
                                      .is_used = 1,
                                      .card = ask->card};
        for (uint32_t k = 0; k < ask->n_before; k++)
            compute(world, of);
    }
    REQUIRE(of != NULL);
    if (of->t_end != INT64_MAX && of->run != 0) { // it has not said that its last chunk has ended
        world_fail(world, "job", "job %llu of slot %u is to run twice at a time on card %u",
                   (unsigned long long)ask->job, ask->slot, ask->card);
        return;
    }
    of->run = ask->run;
    // Mostly in time, now and then taken for hung, and at its end some of them late.
    of->t_end = world->now +
                (agon_ns_t)below(world, one_in(world, 30) ? 900 * (uint64_t)MS : 60 * (uint64_t)MS);
}

static void take_asks(struct world *world)
{
    struct relay_ask *ask;
    struct jobs_sim_entry *of;

    while ((ask = ring_peek(&world->jobs.relay->asks)) != NULL && !one_in(world, 16)) {
        switch (ask->kind) {
        case RELAY_LEASE:
            on_lease(world, ask);
            break;
        case RELAY_END:
            on_end(world, ask);
            break;
        case RELAY_RUN:
            on_run(world, ask);
            payload_leave(ask->payload);
            break;
        case RELAY_CANCEL:
            of = entry_of(world, ask);
            if (of != NULL && of->t_end == INT64_MAX)
                of->t_end = world->now;
            if (of != NULL)
                of->is_cancelled = 1;
            break;
        default: // its worker is ended: what runs there fails, what holds is done again
            for (uint32_t i = 0; i < JOBS_SIM_ENTRIES; i++) {
                of = &world->jobs.entries[i];
                if (of->is_used && of->card == ask->card && of->t_end != INT64_MAX) {
                    answer(world, of, AGON_ETIME, 1);
                    of->is_used = 0;
                }
            }
            break;
        }
        ring_release(&world->jobs.relay->asks);
    }
}

/* A chunk that was cancelled meanwhile ends as any other, and says that. */
static void end_chunk(struct world *world, struct jobs_sim_entry *of)
{
    if (of->is_cancelled) {
        answer(world, of, AGON_ESTATE, 1);
        of->is_used = 0;
        return;
    }
    compute(world, of);
    of->t_end = INT64_MAX;
    if (one_in(world, 25)) {
        answer(world, of, one_in(world, 2) ? AGON_EIO : AGON_EINVAL, 1);
        of->is_used = 0;
    } else {
        of->is_used = of->n_done < of->n_chunks;
        answer(world, of, AGON_OK, !of->is_used);
    }
}

static void serve(struct world *world)
{
    if (world->now < world->jobs.t_asleep)
        return;
    if (!world_is_calm(world) && one_in(world, 60))
        world->jobs.t_asleep = world->now + (agon_ns_t)below(world, 400 * (uint64_t)MS);
    take_asks(world);
    for (uint32_t i = 0; i < JOBS_SIM_ENTRIES; i++) {
        struct jobs_sim_entry *of = &world->jobs.entries[i];

        if (of->is_used && of->t_end <= world->now)
            end_chunk(world, of);
    }
}

/* With its worker, or it works on and speaks late. */
void jobs_sim_lost(struct world *world, uint32_t card)
{
    int is_dead = world->jobs.relay != NULL && one_in(world, 2);

    for (uint32_t i = 0; is_dead && i < JOBS_SIM_ENTRIES; i++) {
        struct jobs_sim_entry *of = &world->jobs.entries[i];

        if (!of->is_used || of->card != card)
            continue;
        answer(world, of, AGON_EIO, 1);
        of->is_used = 0;
    }
}

/* --- the host's core, as run/jobs.c and run/cards.c are */

static uint32_t number_of(const struct world *world, const struct gpu_lease *lease)
{
    const char *name = engine_lease_name(world->node.engine, lease);

    for (uint32_t k = 1; lease->owner < world->swarm.n_agents && k <= JOBS_SIM_LEASES; k++) {
        const struct slot_lease *of = engine_lease(world->node.engine, (uint16_t)lease->owner, k);

        if (of != NULL && strcmp(of->name, name) == 0)
            return k;
    }
    return 0;
}

void jobs_sim_decided(struct world *world, const struct gpu_decision *decision)
{
    const struct gpu *gpu = engine_cards(world->node.engine);
    const struct gpu_lease *lease = gpu != NULL ? gpu_lease_of(gpu, decision->lease) : NULL;

    if (world->jobs.relay == NULL)
        return;
    if (decision->kind == GPU_DID_WORKER_AGAIN)
        relay_again(world->jobs.relay, decision->card);
    if ((decision->kind == GPU_DID_GRANTED || decision->kind == GPU_DID_RESUMED ||
         decision->kind == GPU_DID_MOVED) &&
        lease != NULL && number_of(world, lease) != 0)
        relay_place(world->jobs.relay, (uint16_t)lease->owner, number_of(world, lease),
                    decision->card);
}

static void ask_for_leases(struct world *world)
{
    struct engine *engine = world->node.engine;

    for (uint16_t slot = 0; slot < world->swarm.n_agents; slot++) {
        for (uint32_t k = 1; k <= JOBS_SIM_LEASES; k++) {
            const struct slot_lease *of = engine_lease(engine, slot, k);
            const struct gpu_lease *lease;

            if (of == NULL || of->state != LEASE_WAITS || of->held != 0)
                continue;
            lease = engine_lease_of(engine, slot, of->name);
            if (lease == NULL || lease->is_ending)
                cards_sim_ask(world, slot, of->name);
        }
    }
}

static int step_done(struct world *world)
{
    int rc = node_job(world, &world->jobs.done, world->jobs.result);

    // What was due before it may have ended the job.
    if (rc == AGON_EINVAL && has_engine(world, world->jobs.done.slot, world->jobs.done.job))
        world_fail(world, "job", "an outcome of job %llu of slot %u is refused",
                   (unsigned long long)world->jobs.done.job, world->jobs.done.slot);
    if (rc != AGON_EAGAIN)
        world->jobs.is_done = 0;
    return rc == AGON_EAGAIN ? rc : AGON_OK;
}

static void take_failed(struct world *world, const struct dispatch_chunk *chunk)
{
    struct jobs_sim *jobs = &world->jobs;
    struct engine_job job;

    for (uint32_t k = 0; engine_job_at(world->node.engine, k, &job); k++) {
        if (job.slot == chunk->slot && job.id == chunk->id)
            jobs->is_done = dispatch_take(jobs->dispatch, &job, 0, &jobs->done, &jobs->result) == 1;
    }
}

static void drain_chunks(struct world *world)
{
    struct jobs_sim *jobs = &world->jobs;
    struct dispatch_chunk chunk;

    while (!jobs->is_done && dispatch_chunk(jobs->dispatch, &chunk)) {
        struct gpu_event event = {.kind = GPU_CHUNK,
                                  .job = chunk.card_job,
                                  .run = chunk.run,
                                  .card = chunk.card,
                                  .is_failed = chunk.is_failed};
        struct record_gpu record;

        if (chunk.is_failed)
            take_failed(world, &chunk);
        if (jobs->is_done && step_done(world) == AGON_EAGAIN)
            return;
        cards_record(&event, NULL, &record);
        cards_sim_ends(world, &event);
        if (node_step(world, &record.hdr) == AGON_EAGAIN)
            return;
        dispatch_chunk_done(jobs->dispatch);
    }
}

static int take_one(struct world *world)
{
    struct jobs_sim *jobs = &world->jobs;
    struct engine_job job;

    for (uint32_t k = 0; !jobs->is_done && engine_job_at(world->node.engine, k, &job); k++) {
        if (job.t_due <= world->now + world->node.clock_off)
            jobs->is_done = dispatch_take(jobs->dispatch, &job, 0, &jobs->done, &jobs->result) == 1;
    }
    return jobs->is_done;
}

static void drain(struct world *world)
{
    relay_hear(world->jobs.relay, relay_news(world->jobs.relay));
    drain_chunks(world);
    while (!world->result->is_failed && take_one(world)) {
        if (step_done(world) == AGON_EAGAIN)
            return;
    }
}

void jobs_sim_turn(struct world *world)
{
    int is_new = world->phase == PHASE_WARM || world->phase == PHASE_SAFETY;

    if (world->jobs.relay == NULL)
        return;
    if (is_new && !one_in(world, 4))
        act(world);
    if (is_new && one_in(world, 400))
        reload(world);
    if (one_in(world, 2))
        ask_for_leases(world);
    if (!one_in(world, 3))
        serve(world);
    if (!one_in(world, 3))
        drain(world);
    world_at(world, world->now + MS + (agon_ns_t)below(world, 20 * (uint64_t)MS), AT_JOBS, 0);
}

/* --- lives */

static void resident(void *ctx, uint16_t slot, uint32_t lease, struct relay_resident *out)
{
    struct world *world = ctx;

    (void)lease;
    *out = (struct relay_resident){.fd = world->jobs.fd, .bytes = world->jobs.agents[slot].version};
    memcpy(out->digest, &out->bytes, sizeof(out->bytes));
}

static void nothing(void *ctx)
{
    (void)ctx;
}

void jobs_sim_begin(struct world *world, uint64_t draw)
{
    struct jobs_sim *jobs = &world->jobs;
    struct error err = {0};

    jobs->fd = -1;
    if ((draw & 3) == 0)
        return;
    rng_init(&jobs->rng, swarm_stream(world->config.seed, STREAM_JOBS));
    jobs->fd = memfd_new("agon-dst", 1, &err);
    if (jobs->fd < 0)
        world_fail(world, "world", "%s", err.text);
    jobs->is_on = jobs->fd >= 0;
    for (uint32_t i = 0; i < JOBS_SIM_AGENTS; i++)
        jobs->agents[i].version = 1;
}

void jobs_sim_configure(struct world *world)
{
    for (uint16_t slot = 0; slot < world->swarm.n_agents && world->jobs.is_on; slot++) {
        for (uint32_t k = 1; k <= JOBS_SIM_LEASES; k++) {
            struct record_lease record = {
                .hdr = {.type = EVENT_CONFIG, .granules = sizeof(record) / EVENT_GRANULE},
                .kind = CONFIG_LEASE,
                .slot = slot,
                .lease = k,
                .memory = MEMORY * 4,
                .delay_ns = 5 * MS};

            (void)snprintf(record.name, sizeof(record.name), "lease_%u", k);
            (void)node_step(world, &record.hdr);
        }
    }
}

/* What was under way when the host died is lost, and said to be, once. */
static void lose(struct world *world)
{
    struct engine_job job;

    world->jobs.is_losing = 1;
    while (!world->result->is_failed && engine_next_job(world->node.engine, &job)) {
        struct record_job_done done = {
            .hdr = {.type = EVENT_JOB_DONE, .granules = sizeof(done) / EVENT_GRANULE},
            .job = job.id,
            .status = AGON_EIO,
            .slot = job.slot};

        world->result->some[SOME_JOB_LOST]++;
        if (node_step(world, &done.hdr) < 0 || has_engine(world, job.slot, job.id))
            world_fail(world, "job", "job %llu of slot %u cannot be lost",
                       (unsigned long long)job.id, job.slot);
    }
    if (engine_job_at(world->node.engine, 0, &job))
        world_fail(world, "job", "job %llu of slot %u outlives the run that it was of",
                   (unsigned long long)job.id, job.slot);
    world->jobs.is_losing = 0;
}

void jobs_sim_boot(struct world *world)
{
    struct jobs_sim *jobs = &world->jobs;
    const struct relay_config relay = {.n_cards = world->cards.rules.n_cards,
                                       .chunk_ns = 2 * SECOND,
                                       .resident = resident,
                                       .wake = nothing,
                                       .answered = nothing,
                                       .ctx = world};
    struct dispatch_config config = {0};
    struct job_port port;
    struct engine_job job;
    struct error err = {0};

    if (!jobs->is_on || !world->cards.is_live)
        return;
    for (uint16_t slot = 0; slot < JOBS_SIM_AGENTS; slot++) {
        memset(jobs->agents[slot].jobs, 0, sizeof(jobs->agents[slot].jobs));
        memset(jobs->agents[slot].is_held, 0, sizeof(jobs->agents[slot].is_held));
    }
    // Whose they were is what the journal says.
    for (uint32_t k = 0; engine_job_at(world->node.engine, k, &job); k++) {
        struct jobs_sim_job *of = find(world, job.slot, 0);

        REQUIRE(of != NULL);
        *of = (struct jobs_sim_job){
            .id = job.id, .lease = job.lease, .generation = job.generation, .is_taken = 1};
    }
    lose(world);
    if (world->result->is_failed)
        return;
    memset(jobs->entries, 0, sizeof(jobs->entries));
    memset(jobs->placed, 0, sizeof(jobs->placed));
    jobs->t_asleep = 0;
    jobs->is_done = 0;
    if (relay_new(&jobs->relay, &relay, &err) < 0) {
        world_fail(world, "world", "%s", err.text);
        return;
    }
    config.relay = jobs->relay;
    if (dispatch_new(&jobs->dispatch, &config, &err) < 0) {
        world_fail(world, "world", "%s", err.text);
        return;
    }
    port = dispatch_port(jobs->dispatch);
    engine_attach_jobs(world->node.engine, &port);
    world_at(world, world->now + MS, AT_JOBS, 0);
}

void jobs_sim_stop(struct world *world)
{
    dispatch_free(world->jobs.dispatch);
    relay_free(world->jobs.relay);
    world->jobs.dispatch = NULL;
    world->jobs.relay = NULL;
}

void jobs_sim_close(struct world *world)
{
    jobs_sim_stop(world);
    if (world->jobs.is_on)
        (void)close(world->jobs.fd);
}

/* --- what must hold */

/* When its last chunk has ended its outcome is there. */
static void check_open_job(struct world *world, uint16_t slot, struct jobs_sim_job *of)
{
    struct engine_job job;

    if (!look(world, slot, of->id, &job)) {
        world_fail(world, "job", "job %llu of slot %u has ended without an outcome",
                   (unsigned long long)of->id, slot);
        return;
    }
    if (job.has_chunks || job.t_due > world->now)
        of->t_over = 0;
    else if (of->t_over == 0)
        of->t_over = world->now;
    else if (world->now - of->t_over > OVER_NS)
        world_fail(world, "job", "job %llu of slot %u is over for %.3f s and has no outcome",
                   (unsigned long long)of->id, slot, (double)(world->now - of->t_over) / 1e9);
}

void jobs_sim_check(struct world *world)
{
    struct engine_job job;
    uint32_t n = 0, n_taken = 0;

    if (world->jobs.relay == NULL)
        return;
    for (; engine_job_at(world->node.engine, n, &job); n++) {
        const struct slot_lease *lease = engine_lease(world->node.engine, job.slot, job.lease);

        if (lease == NULL || lease->state != LEASE_HELD)
            world_fail(world, "job", "job %llu of slot %u outlives its lease",
                       (unsigned long long)job.id, job.slot);
    }
    for (uint16_t slot = 0; slot < world->swarm.n_agents; slot++) {
        for (uint32_t i = 0; i < JOBS_SIM_OPEN; i++) {
            struct jobs_sim_job *of = &world->jobs.agents[slot].jobs[i];

            if (of->id == 0 || !of->is_taken)
                continue;
            n_taken++;
            check_open_job(world, slot, of);
        }
    }
    if (n_taken > n)
        world_fail(world, "job", "%u jobs wait for an outcome, and the engine has %u", n_taken, n);
}

void jobs_sim_quiet(struct world *world)
{
    struct engine_job job;

    if (world->jobs.relay == NULL)
        return;
    if (engine_job_at(world->node.engine, 0, &job))
        world_fail(world, "job", "job %llu of slot %u never has an outcome",
                   (unsigned long long)job.id, job.slot);
    if (dispatch_is_busy(world->jobs.dispatch))
        world_fail(world, "job", "jobs are under way that nobody waits for");
}
