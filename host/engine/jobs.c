// SPDX-License-Identifier: Apache-2.0
#include "engine/jobs.h"

#include "engine/impl.h"

#define SPEED_MAX_MILLI 1000000

static struct slot_lease *find_lease(struct engine *engine, uint16_t slot, uint32_t lease)
{
    struct slot_lease *of;

    if (lease == 0 || lease > AGON_GPU_LEASES_MAX || slots_get(&engine->slots, slot) == NULL)
        return NULL;
    of = &engine->jobs.leases[slot][lease - 1];
    return of->state != LEASE_NONE ? of : NULL;
}

static struct slot_job *find_job(struct jobs *jobs, uint16_t slot, uint64_t id)
{
    for (uint32_t i = 0; i < jobs->n; i++) {
        if (jobs->all[i].id == id && jobs->all[i].slot == slot)
            return &jobs->all[i];
    }
    return NULL;
}

static void remove_job(struct jobs *jobs, struct slot_job *job)
{
    uint32_t at = (uint32_t)(job - jobs->all);

    REQUIRE(at < jobs->n);
    memmove(job, job + 1, (--jobs->n - at) * sizeof(*job));
    memset(&jobs->all[jobs->n], 0, sizeof(*job));
}

static void deliver(struct engine *engine, uint16_t slot, const struct agon_job *what)
{
    struct agon_job event = *what;

    event.hdr =
        (struct agon_event_hdr){.type = AGON_EVENT_JOB, .granules = sizeof(event) / EVENT_GRANULE};
    deliver_private(engine, slot, &event.hdr);
}

static void count(struct engine *engine, uint16_t slot, int32_t status)
{
    struct engine_outcomes *of = &engine->outcomes[slot];

    if (engine->config.jobs.submit == NULL) // out of a journal
        return;
    of->n_done += status >= 0;
    of->n_hung += status == AGON_ETIME;
    of->n_cancelled += status == AGON_ESTATE;
    of->n_failed += status < 0 && status != AGON_ETIME && status != AGON_ESTATE;
}

/* Its one outcome, without a result. */
static void deliver_failed(struct engine *engine, uint16_t slot, uint64_t job, uint32_t lease,
                           uint32_t generation, int32_t status)
{
    const struct agon_job event = {.kind = AGON_JOB_DONE,
                                   .job = job,
                                   .lease = lease,
                                   .generation = generation,
                                   .status = status};

    deliver(engine, slot, &event);
}

static void cancel(struct engine *engine, struct slot_job *job, int32_t status)
{
    const struct slot_job was = *job;

    remove_job(&engine->jobs, job);
    if (engine->config.jobs.drop != NULL)
        engine->config.jobs.drop(engine->config.jobs.ctx, was.slot, was.id);
    count(engine, was.slot, status);
    deliver_failed(engine, was.slot, was.id, was.lease, was.generation, status);
}

static void cancel_of(struct engine *engine, uint16_t slot, uint32_t lease)
{
    struct jobs *jobs = &engine->jobs;

    for (uint32_t i = 0; i < jobs->n;) {
        if (jobs->all[i].slot == slot && (lease == 0 || jobs->all[i].lease == lease))
            cancel(engine, &jobs->all[i], AGON_ESTATE);
        else
            i++;
    }
}

/* kind: ENDED, or EVICTED: then it comes back. */
static void lose_lease(struct engine *engine, uint16_t slot, uint32_t id, uint8_t kind,
                       int32_t status)
{
    struct slot_lease *lease = &engine->jobs.leases[slot][id - 1];
    const struct agon_job event = {.kind = kind, .lease = id, .status = status};
    int was_held = lease->state == LEASE_HELD;

    cancel_of(engine, slot, id);
    lease->state = kind == AGON_JOB_EVICTED ? LEASE_WAITS : LEASE_NAMED;
    if (was_held && engine->config.jobs.lease != NULL)
        engine->config.jobs.lease(engine->config.jobs.ctx, slot, id, lease->memory, 0);
    deliver(engine, slot, &event);
}

static void end_lease(struct engine *engine, uint16_t slot, uint32_t id, int32_t status)
{
    lose_lease(engine, slot, id, AGON_JOB_ENDED, status);
}

static void grant(struct engine *engine, uint16_t slot, uint32_t id)
{
    struct slot_lease *lease = &engine->jobs.leases[slot][id - 1];
    const struct agon_job event = {.kind = AGON_JOB_GRANTED, .lease = id};

    lease->state = LEASE_HELD;
    if (engine->config.jobs.lease != NULL)
        engine->config.jobs.lease(engine->config.jobs.ctx, slot, id, lease->memory, 1);
    deliver(engine, slot, &event);
}

int jobs_config(struct engine *engine, const struct record_lease *record)
{
    struct slot_lease *lease;

    if (slots_get(&engine->slots, record->slot) == NULL || record->lease == 0 ||
        record->lease > AGON_GPU_LEASES_MAX || record->name[0] == '\0' ||
        memchr(record->name, '\0', sizeof(record->name)) == NULL || record->delay_ns < 0 ||
        record->delay_ns > AGON_GPU_DELAY_MAX || record->speed_milli > SPEED_MAX_MILLI) {
        engine_note(engine, ALERT_CONFIG, "a slot's lease cannot be what its event says");
        return AGON_EINVAL;
    }
    lease = &engine->jobs.leases[record->slot][record->lease - 1];
    if (record->memory == 0) { // it is named no longer
        if (lease->state > LEASE_NAMED)
            end_lease(engine, record->slot, record->lease, AGON_ESTATE);
        engine->jobs.n_named -= lease->state != LEASE_NONE;
        memset(lease, 0, sizeof(*lease));
        return AGON_OK;
    }
    if (lease->state == LEASE_NONE) {
        engine->jobs.n_named++;
        lease->state = LEASE_NAMED;
    }
    memcpy(lease->name, record->name, sizeof(lease->name));
    lease->memory = record->memory;
    lease->delay_ns = record->delay_ns;
    lease->speed_milli = record->speed_milli;
    return AGON_OK;
}

/* Why a job cannot be taken; AGON_OK: it can. */
static int judge(const struct engine *engine, const struct slot_lease *lease,
                 const struct record_job_wish *wish)
{
    uint32_t n = 0;

    if (lease == NULL || lease->state == LEASE_NAMED)
        return AGON_ENOENT;
    if (lease->state != LEASE_HELD)
        return AGON_ESTATE;
    if (wish->status < 0)
        return wish->status;
    if (wish->memory > lease->memory || wish->n_calls == 0 || wish->n_calls > AGON_GPU_CALLS_MAX ||
        wish->n_input > AGON_GPU_SUBMIT_MAX - wish->n_calls * sizeof(struct agon_gpu_call) ||
        wish->n_result > AGON_GPU_RESULT_MAX || wish->n_result == 0 ||
        wish->input_at > wish->memory || wish->n_input > wish->memory - wish->input_at ||
        wish->result_at > wish->memory || wish->n_result > wish->memory - wish->result_at ||
        wish->delay_ns < 0 || wish->delay_ns > AGON_GPU_DELAY_MAX)
        return AGON_ERANGE;
    for (uint32_t i = 0; i < engine->jobs.n; i++) {
        if (engine->jobs.all[i].slot != wish->origin.slot)
            continue;
        if (engine->jobs.all[i].id == wish->job)
            return AGON_EINVAL; // no two of a name
        n++;
    }
    return n >= AGON_GPU_JOBS_MAX || engine->jobs.n == ENGINE_JOBS ? AGON_ENOSPC : AGON_OK;
}

/* As its worker counts them: a chunk is so many calls. */
static uint32_t chunks_of(const struct record_job_wish *wish)
{
    uint32_t each = wish->chunk_calls != 0 ? wish->chunk_calls : 64;

    return (wish->n_calls - 1) / each + 1;
}

/* As long as a chunk is expected to take: the job's delay is what it needs, in equal parts. A
 * lock-step run has no other clock. */
static agon_ns_t chunk_ns(const struct engine *engine, agon_ns_t delay_ns, uint32_t n_chunks)
{
    const struct gpu *gpu = engine_cards(engine);
    agon_ns_t ns = delay_ns / n_chunks;

    if (gpu != NULL && ns > gpu->rules->chunk_ns)
        ns = gpu->rules->chunk_ns;
    return ns > 0 ? ns : 1;
}

/* It was handed over by code that was replaced before it got here, and was not to outlive it: as
 * jobs_reload does with those that were here. Without a number nobody knows whose it is. */
static int is_of_before(struct engine *engine, const struct record_job_wish *wish)
{
    const struct slot *slot = slots_get(&engine->slots, wish->origin.slot);

    return slot != NULL && slot->generation != 0 && wish->origin.generation != 0 &&
           wish->origin.generation != slot->generation && (wish->flags & AGON_GPU_OUTLIVES) == 0;
}

/* Of the job, in engine time. */
static agon_ns_t delay_of(const struct slot_lease *lease, const struct record_job_wish *wish)
{
    agon_ns_t delay_ns = wish->delay_ns;

    if (lease == NULL)
        return delay_ns;
    if (delay_ns == 0)
        delay_ns = lease->delay_ns;
    return lease->speed_milli != 0 ? num_mul_div(delay_ns, lease->speed_milli, 1000, NUM_UP)
                                   : delay_ns;
}

static void submit(struct engine *engine, const struct record_job_wish *wish)
{
    const struct job_port *port = &engine->config.jobs;
    const struct slot_lease *lease = find_lease(engine, wish->origin.slot, wish->lease);
    int status = judge(engine, lease, wish);
    agon_ns_t delay_ns = delay_of(lease, wish);
    uint64_t card = 0;

    if (status >= 0 && is_of_before(engine, wish))
        status = AGON_ESTATE;
    if (status >= 0 && lease->held != 0) {
        uint32_t n_chunks = chunks_of(wish);

        card = cards_submit(engine, wish->origin.slot, lease->held, n_chunks,
                            chunk_ns(engine, delay_ns, n_chunks));
        status = card != 0 ? AGON_OK : AGON_ENOSPC;
        if (card == 0)
            cards_submitted(engine);
    }
    if (status < 0) {
        // What was copied is of this one, or of one of the same number that came before.
        if (port->drop != NULL && wish->status == AGON_OK &&
            find_job(&engine->jobs, wish->origin.slot, wish->job) == NULL)
            port->drop(port->ctx, wish->origin.slot, wish->job);
        engine->outcomes[wish->origin.slot].n_refused += port->submit != NULL;
        deliver_failed(engine, wish->origin.slot, wish->job, wish->lease, wish->origin.generation,
                       status);
        return;
    }
    engine->jobs.all[engine->jobs.n++] = (struct slot_job){.id = wish->job,
                                                           .n_result = wish->n_result,
                                                           .t_due = num_add(engine->t, delay_ns),
                                                           .card = card,
                                                           .lease = wish->lease,
                                                           .generation = wish->origin.generation,
                                                           .flags = wish->flags,
                                                           .slot = wish->origin.slot};
    if (port->submit != NULL)
        port->submit(port->ctx, wish, card != 0);
    if (card != 0)
        cards_submitted(engine); // it may begin at once
}

/* What it has, or waits for, at the cards' allocator is free again; acquired again it is asked for
 * anew. */
static void give_back(struct engine *engine, uint16_t slot, uint32_t id)
{
    struct slot_lease *lease = &engine->jobs.leases[slot][id - 1];
    const struct gpu_lease *of =
        engine_cards(engine) != NULL ? engine_lease_of(engine, slot, lease->name) : NULL;

    end_lease(engine, slot, id, AGON_OK);
    lease->held = 0;
    if (of != NULL && !of->is_ending)
        cards_release(engine, slot, of->id);
}

int jobs_wish(struct engine *engine, const struct record_job_wish *wish)
{
    const struct slot *slot = slots_get(&engine->slots, wish->origin.slot);
    struct slot_lease *lease = find_lease(engine, wish->origin.slot, wish->lease);
    struct slot_job *job;

    if (slot == NULL || wish->kind < JOB_SUBMIT || wish->kind > LEASE_RELEASE)
        return AGON_EINVAL;
    if (control_is_orphan(slot, &wish->origin)) { // nobody is left who would know what it is for
        if (wish->kind == JOB_SUBMIT && engine->config.jobs.drop != NULL)
            engine->config.jobs.drop(engine->config.jobs.ctx, wish->origin.slot, wish->job);
        return AGON_OK;
    }
    switch (wish->kind) {
    case JOB_SUBMIT:
        submit(engine, wish);
        return AGON_OK;
    case JOB_CANCEL:
        job = find_job(&engine->jobs, wish->origin.slot, wish->job);
        if (job != NULL)
            cancel(engine, job,
                   AGON_ESTATE); // else it is done already, and its outcome is on its way
        return AGON_OK;
    case LEASE_ACQUIRE:
        if (lease == NULL || slot->condition == CONDITION_RETIRED)
            return AGON_EINVAL;
        if (lease->state != LEASE_NAMED)
            return AGON_OK;
        lease->state = LEASE_WAITS; // until it is held, where there is an allocator
        if (lease->held != 0 || engine_cards(engine) == NULL)
            grant(engine, wish->origin.slot, wish->lease);
        return AGON_OK;
    default:
        if (lease == NULL)
            return AGON_EINVAL;
        if (lease->state != LEASE_NAMED)
            give_back(engine, wish->origin.slot, wish->lease);
        return AGON_OK;
    }
}

int jobs_part(struct engine *engine, const struct record_job_part *part)
{
    const struct slot_job *job = find_job(&engine->jobs, part->slot, part->job);

    if (job == NULL || part->n == 0 || part->n > JOB_PART_BYTES ||
        event_bytes(&part->hdr) < sizeof(*part) + part->n || part->at > job->n_result ||
        part->n > job->n_result - part->at)
        return AGON_EINVAL;
    return AGON_OK;
}

/* Where its plugin can read it, before it is told. */
static void place_result(struct engine *engine, const struct record_job_done *done, uint32_t place)
{
    const struct job_port *port = &engine->config.jobs;
    const struct runner_port *runner = &engine->runners[done->slot];
    const void *result = done->n_inline > 0 ? done->result : NULL;

    if (done->bytes > AGON_JOB_INLINE && port->result != NULL)
        result = port->result(port->ctx, done->slot, done->job);
    if (result != NULL && runner->result != NULL)
        runner->result(runner->ctx, place, result, done->bytes);
}

int jobs_done(struct engine *engine, const struct record_job_done *done)
{
    struct slot_job *job = find_job(&engine->jobs, done->slot, done->job);
    struct slot_lease *lease;
    struct agon_job event;

    if (job == NULL || done->status > 0 ||
        (done->status == AGON_OK &&
         (done->bytes != job->n_result || engine->t < job->t_due ||
          done->n_inline != (done->bytes <= AGON_JOB_INLINE ? done->bytes : 0))))
        return AGON_EINVAL;
    lease = &engine->jobs.leases[done->slot][job->lease - 1];
    event = (struct agon_job){.kind = AGON_JOB_DONE,
                              .job = job->id,
                              .lease = job->lease,
                              .generation = job->generation,
                              .status = done->status};
    if (done->status == AGON_OK) {
        event.place = (job->lease - 1) * JOBS_RESULTS + lease->n_results++ % JOBS_RESULTS;
        event.bytes = done->bytes;
        event.n_inline = done->n_inline;
        memcpy(event.hash, done->hash, sizeof(event.hash));
        memcpy(event.result, done->result, done->n_inline);
        place_result(engine, done, event.place);
    }
    remove_job(&engine->jobs, job);
    count(engine, done->slot, done->status);
    deliver(engine, done->slot, &event);
    return AGON_OK;
}

static struct slot_lease *lease_named(struct engine *engine, uint32_t owner, const char *name)
{
    for (uint32_t i = 0; owner < SLOTS_MAX && i < AGON_GPU_LEASES_MAX; i++) {
        struct slot_lease *lease = &engine->jobs.leases[owner][i];

        if (lease->state != LEASE_NONE && strcmp(lease->name, name) == 0)
            return lease;
    }
    return NULL;
}

static void on_held(struct engine *engine, const struct gpu_decision *decision)
{
    const struct gpu *gpu = engine_cards(engine);
    const struct gpu_lease *of = gpu != NULL ? gpu_lease_of(gpu, decision->lease) : NULL;
    struct slot_lease *lease =
        of != NULL ? lease_named(engine, of->owner, engine_lease_name(engine, of)) : NULL;

    if (lease == NULL)
        return;
    lease->held = decision->lease;
    if (lease->state == LEASE_WAITS)
        grant(engine, (uint16_t)of->owner, (uint32_t)(lease - engine->jobs.leases[of->owner]) + 1);
}

static int32_t status_of(uint8_t why)
{
    switch (why) {
    case GPU_WHY_BUDGET:
    case GPU_WHY_MEMORY:
    case GPU_WHY_SHARE:
        return AGON_ERANGE;
    case GPU_WHY_INVALID:
        return AGON_EINVAL;
    case GPU_WHY_CANNOT:
        return AGON_ENOTSUP;
    case GPU_WHY_FULL:
        return AGON_ENOSPC;
    case GPU_WHY_LATE:
        return AGON_ETIME;
    default:
        return AGON_ESTATE;
    }
}

/* Nothing of that name is held or waits at the allocator: who waits for it learns why. */
void jobs_refused(struct engine *engine, uint32_t owner, const char *name, uint8_t why)
{
    struct slot_lease *lease = lease_named(engine, owner, name);
    const struct gpu_lease *other = engine_lease_of(engine, owner, name);

    if (lease == NULL || lease->state != LEASE_WAITS || lease->held != 0 ||
        (other != NULL && !other->is_ending))
        return;
    end_lease(engine, (uint16_t)owner, (uint32_t)(lease - engine->jobs.leases[owner]) + 1,
              status_of(why));
}

/* Put out, or over: what it had on its card is gone. */
static void on_gone(struct engine *engine, const struct gpu_decision *decision)
{
    for (uint32_t i = 0; decision->owner < SLOTS_MAX && i < AGON_GPU_LEASES_MAX; i++) {
        struct slot_lease *lease = &engine->jobs.leases[decision->owner][i];
        uint16_t slot = (uint16_t)decision->owner;

        if (lease->held != decision->lease)
            continue;
        lease->held = 0;
        if (decision->kind == GPU_DID_EVICTED && lease->state == LEASE_HELD)
            lose_lease(engine, slot, i + 1, AGON_JOB_EVICTED, AGON_ESTATE);
        else if (decision->kind == GPU_DID_ENDED && lease->state > LEASE_NAMED)
            end_lease(engine, slot, i + 1, status_of(decision->why));
        return;
    }
    // It ended while it waited; one that was given back may have been acquired again since.
    if (decision->kind == GPU_DID_ENDED && decision->why != GPU_WHY_RELEASED)
        jobs_refused(engine, decision->owner, cards_name_of(engine, decision->lease),
                     decision->why);
}

int jobs_decided(struct engine *engine, const struct gpu_decision *decision)
{
    const struct job_port *port = &engine->config.jobs;
    struct slot_job *job = NULL;

    if (engine->jobs.n_named == 0)
        return 1;
    for (uint32_t i = 0; decision->job != 0 && i < engine->jobs.n; i++) {
        if (engine->jobs.all[i].card == decision->job)
            job = &engine->jobs.all[i];
    }
    switch (decision->kind) {
    case GPU_DID_GRANTED:
    case GPU_DID_RESUMED:
        on_held(engine, decision);
        return 1;
    case GPU_DID_EVICTED:
    case GPU_DID_ENDED:
        on_gone(engine, decision);
        return 1;
    case GPU_DID_JOB_STARTED:
        if (job != NULL && port->go != NULL)
            port->go(port->ctx, job->slot, job->id, decision);
        return job != NULL;
    case GPU_DID_JOB_DONE:
        if (job != NULL)
            job->card = 0; // its outcome may come
        return 1;
    case GPU_DID_JOB_FAILED:
        if (job != NULL)
            cancel(engine, job, decision->why == GPU_WHY_HUNG ? AGON_ETIME : AGON_EIO);
        return 1;
    default:
        return 1;
    }
}

void jobs_reload(struct engine *engine, uint16_t slot)
{
    struct jobs *jobs = &engine->jobs;

    for (uint32_t i = 0; i < jobs->n;) {
        if (jobs->all[i].slot == slot && (jobs->all[i].flags & AGON_GPU_OUTLIVES) == 0)
            cancel(engine, &jobs->all[i], AGON_ESTATE);
        else
            i++;
    }
}

void jobs_end(struct engine *engine, uint16_t slot)
{
    if (engine->jobs.n_named == 0)
        return;
    cancel_of(engine, slot, 0);
    for (uint32_t i = 0; i < AGON_GPU_LEASES_MAX; i++) {
        if (engine->jobs.leases[slot][i].state > LEASE_NAMED)
            end_lease(engine, slot, i + 1, AGON_ESTATE);
    }
}

void jobs_start(struct engine *engine)
{
    for (uint32_t slot = 0; engine->jobs.n_named > 0 && slot < engine->slots.n; slot++) {
        for (uint32_t i = 0; i < AGON_GPU_LEASES_MAX; i++) {
            if (engine->jobs.leases[slot][i].state > LEASE_NAMED)
                engine->jobs.leases[slot][i].state = LEASE_NAMED;
            engine->jobs.leases[slot][i].held = 0;
        }
    }
    for (uint32_t i = 0; i < engine->jobs.n; i++)
        engine->jobs.all[i].card = 0; // the allocator begins with nothing
}

void jobs_forget(struct engine *engine, uint16_t slot)
{
    jobs_end(engine, slot);
    memset(&engine->outcomes[slot], 0, sizeof(engine->outcomes[slot]));
    for (uint32_t i = 0; i < AGON_GPU_LEASES_MAX; i++) {
        engine->jobs.n_named -= engine->jobs.leases[slot][i].state != LEASE_NONE;
        memset(&engine->jobs.leases[slot][i], 0, sizeof(engine->jobs.leases[slot][i]));
    }
}

static struct engine_job shown(const struct slot_job *job)
{
    return (struct engine_job){.id = job->id,
                               .t_due = job->t_due,
                               .lease = job->lease,
                               .generation = job->generation,
                               .slot = job->slot,
                               .has_chunks = job->card != 0};
}

int engine_job_at(const struct engine *engine, uint32_t k, struct engine_job *out)
{
    if (k >= engine->jobs.n)
        return 0;
    *out = shown(&engine->jobs.all[k]);
    return 1;
}

const struct engine_outcomes *engine_outcomes(const struct engine *engine, uint16_t slot)
{
    REQUIRE(slot < SLOTS_MAX);
    return &engine->outcomes[slot];
}

void engine_attach_jobs(struct engine *engine, const struct job_port *port)
{
    engine->config.jobs = port != NULL ? *port : (struct job_port){0};
}

int engine_next_job(const struct engine *engine, struct engine_job *out)
{
    const struct slot_job *next = NULL;

    for (uint32_t i = 0; i < engine->jobs.n; i++) {
        if (engine->jobs.all[i].card == 0 &&
            (next == NULL || engine->jobs.all[i].t_due < next->t_due))
            next = &engine->jobs.all[i];
    }
    if (next == NULL)
        return 0;
    *out = shown(next);
    return 1;
}

const struct slot_lease *engine_lease(const struct engine *engine, uint16_t slot, uint32_t lease)
{
    const struct slot_lease *of;

    if (slot >= SLOTS_MAX || lease == 0 || lease > AGON_GPU_LEASES_MAX)
        return NULL;
    of = &engine->jobs.leases[slot][lease - 1];
    return of->state != LEASE_NONE ? of : NULL;
}

/* State */

static void save_lease(const struct slot_lease *lease, struct enc *enc)
{
    enc_u8(enc, lease->state);
    if (lease->state == LEASE_NONE)
        return;
    enc_bytes(enc, lease->name, sizeof(lease->name));
    enc_u64(enc, lease->memory);
    enc_i64(enc, lease->delay_ns);
    enc_u64(enc, lease->held);
    enc_u32(enc, lease->n_results);
    enc_u32(enc, lease->speed_milli);
}

void jobs_save(const struct jobs *jobs, uint32_t n_slots, struct enc *enc)
{
    enc_u32(enc, jobs->n);
    for (uint32_t i = 0; i < jobs->n; i++) {
        const struct slot_job *job = &jobs->all[i];

        enc_u64(enc, job->id);
        enc_u64(enc, job->n_result);
        enc_i64(enc, job->t_due);
        enc_u64(enc, job->card);
        enc_u32(enc, job->lease);
        enc_u32(enc, job->generation);
        enc_u32(enc, job->flags);
        enc_u16(enc, job->slot);
    }
    for (uint32_t slot = 0; slot < n_slots; slot++) {
        for (uint32_t i = 0; i < AGON_GPU_LEASES_MAX; i++)
            save_lease(&jobs->leases[slot][i], enc);
    }
}

static int load_lease(struct slot_lease *lease, struct dec *dec)
{
    lease->state = dec_u8(dec);
    if (lease->state == LEASE_NONE)
        return 0;
    dec_bytes(dec, lease->name, sizeof(lease->name));
    lease->memory = dec_u64(dec);
    lease->delay_ns = dec_i64(dec);
    lease->held = dec_u64(dec);
    lease->n_results = dec_u32(dec);
    lease->speed_milli = dec_u32(dec);
    if (lease->state > LEASE_HELD || lease->speed_milli > SPEED_MAX_MILLI ||
        lease->name[sizeof(lease->name) - 1] != '\0')
        dec_fail(dec);
    return 1;
}

int jobs_load(struct jobs *jobs, uint32_t n_slots, struct dec *dec)
{
    memset(jobs, 0, sizeof(*jobs));
    jobs->n = dec_u32(dec);
    if (jobs->n > ENGINE_JOBS)
        return AGON_ECORRUPT;
    for (uint32_t i = 0; i < jobs->n; i++) {
        struct slot_job *job = &jobs->all[i];

        job->id = dec_u64(dec);
        job->n_result = dec_u64(dec);
        job->t_due = dec_i64(dec);
        job->card = dec_u64(dec);
        job->lease = dec_u32(dec);
        job->generation = dec_u32(dec);
        job->flags = dec_u32(dec);
        job->slot = dec_u16(dec);
        if (job->slot >= n_slots || job->lease == 0 || job->lease > AGON_GPU_LEASES_MAX)
            return AGON_ECORRUPT;
    }
    for (uint32_t slot = 0; slot < n_slots; slot++) {
        for (uint32_t i = 0; i < AGON_GPU_LEASES_MAX; i++)
            jobs->n_named += (uint32_t)load_lease(&jobs->leases[slot][i], dec);
    }
    return dec_is_ok(dec) && jobs->n_named > 0 ? AGON_OK : AGON_ECORRUPT;
}
