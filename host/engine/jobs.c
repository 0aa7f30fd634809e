// SPDX-License-Identifier: Apache-2.0
#include "engine/jobs.h"

#include "engine/impl.h"

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

    event.hdr = (struct agon_event_hdr){.type = AGON_EVENT_JOB,
                                        .granules = sizeof(event) / EVENT_GRANULE};
    deliver_private(engine, slot, &event.hdr);
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

static void cancel(struct engine *engine, struct slot_job *job)
{
    const struct slot_job was = *job;

    remove_job(&engine->jobs, job);
    if (engine->config.jobs.drop != NULL)
        engine->config.jobs.drop(engine->config.jobs.ctx, was.slot, was.id);
    deliver_failed(engine, was.slot, was.id, was.lease, was.generation, AGON_ESTATE);
}

static void cancel_of(struct engine *engine, uint16_t slot, uint32_t lease)
{
    struct jobs *jobs = &engine->jobs;

    for (uint32_t i = 0; i < jobs->n;) {
        if (jobs->all[i].slot == slot && (lease == 0 || jobs->all[i].lease == lease))
            cancel(engine, &jobs->all[i]);
        else
            i++;
    }
}

static void end_lease(struct engine *engine, uint16_t slot, uint32_t id, int32_t status)
{
    struct slot_lease *lease = &engine->jobs.leases[slot][id - 1];
    const struct agon_job event = {.kind = AGON_JOB_ENDED, .lease = id, .status = status};
    int was_held = lease->state == LEASE_HELD;

    cancel_of(engine, slot, id);
    lease->state = LEASE_NAMED;
    if (was_held && engine->config.jobs.lease != NULL)
        engine->config.jobs.lease(engine->config.jobs.ctx, slot, id, lease->memory, 0);
    deliver(engine, slot, &event);
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
        record->delay_ns > AGON_GPU_DELAY_MAX) {
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

static void submit(struct engine *engine, const struct record_job_wish *wish)
{
    const struct job_port *port = &engine->config.jobs;
    const struct slot_lease *lease = find_lease(engine, wish->origin.slot, wish->lease);
    int status = judge(engine, lease, wish);
    agon_ns_t delay_ns;

    if (status < 0) {
        // What was copied is of this one, or of one of the same number that came before.
        if (port->drop != NULL && wish->status == AGON_OK &&
            find_job(&engine->jobs, wish->origin.slot, wish->job) == NULL)
            port->drop(port->ctx, wish->origin.slot, wish->job);
        deliver_failed(engine, wish->origin.slot, wish->job, wish->lease, wish->origin.generation,
                       status);
        return;
    }
    delay_ns = wish->delay_ns != 0 ? wish->delay_ns : lease->delay_ns;
    engine->jobs.all[engine->jobs.n++] = (struct slot_job){.id = wish->job,
                                                      .n_result = wish->n_result,
                                                      .t_due = num_add(engine->t, delay_ns),
                                                      .lease = wish->lease,
                                                      .generation = wish->origin.generation,
                                                      .flags = wish->flags,
                                                      .slot = wish->origin.slot};
    if (port->submit != NULL)
        port->submit(port->ctx, wish);
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
            cancel(engine, job); // else it is done already, and its outcome is on its way
        return AGON_OK;
    case LEASE_ACQUIRE:
        if (lease == NULL || slot->condition == CONDITION_RETIRED)
            return AGON_EINVAL;
        if (lease->state == LEASE_NAMED)
            grant(engine, wish->origin.slot, wish->lease);
        return AGON_OK;
    default:
        if (lease == NULL)
            return AGON_EINVAL;
        if (lease->state != LEASE_NAMED)
            end_lease(engine, wish->origin.slot, wish->lease, AGON_OK);
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
    const void *result = port->result != NULL && done->bytes > AGON_JOB_INLINE
                             ? port->result(port->ctx, done->slot, done->job)
                             : NULL;

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
    deliver(engine, done->slot, &event);
    return AGON_OK;
}

void jobs_reload(struct engine *engine, uint16_t slot)
{
    struct jobs *jobs = &engine->jobs;

    for (uint32_t i = 0; i < jobs->n;) {
        if (jobs->all[i].slot == slot && (jobs->all[i].flags & AGON_GPU_OUTLIVES) == 0)
            cancel(engine, &jobs->all[i]);
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
        }
    }
}

void jobs_forget(struct engine *engine, uint16_t slot)
{
    jobs_end(engine, slot);
    for (uint32_t i = 0; i < AGON_GPU_LEASES_MAX; i++) {
        engine->jobs.n_named -= engine->jobs.leases[slot][i].state != LEASE_NONE;
        memset(&engine->jobs.leases[slot][i], 0, sizeof(engine->jobs.leases[slot][i]));
    }
}

static struct engine_job shown(const struct slot_job *job)
{
    return (struct engine_job){.slot = job->slot, .id = job->id, .t_due = job->t_due};
}

int engine_job_at(const struct engine *engine, uint32_t k, struct engine_job *out)
{
    if (k >= engine->jobs.n)
        return 0;
    *out = shown(&engine->jobs.all[k]);
    return 1;
}

void engine_attach_jobs(struct engine *engine, const struct job_port *port)
{
    engine->config.jobs = port != NULL ? *port : (struct job_port){0};
}

int engine_next_job(const struct engine *engine, struct engine_job *out)
{
    const struct slot_job *next = NULL;

    for (uint32_t i = 0; i < engine->jobs.n; i++) {
        if (next == NULL || engine->jobs.all[i].t_due < next->t_due)
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
    enc_u32(enc, lease->n_results);
}

void jobs_save(const struct jobs *jobs, uint32_t n_slots, struct enc *enc)
{
    enc_u32(enc, jobs->n);
    for (uint32_t i = 0; i < jobs->n; i++) {
        const struct slot_job *job = &jobs->all[i];

        enc_u64(enc, job->id);
        enc_u64(enc, job->n_result);
        enc_i64(enc, job->t_due);
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
    lease->n_results = dec_u32(dec);
    if (lease->state > LEASE_HELD || lease->name[sizeof(lease->name) - 1] != '\0')
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
