// SPDX-License-Identifier: Apache-2.0
#include "lab/backtest_jobs.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/num.h"
#include "config/units.h"
#include "gpu/profile.h"
#include "jobs/jobs.h"
#include "store/registry.h"
#include "sys/sealed.h"

#define NS_PER_S ((int64_t)1000000000)
#define LINE     512

struct backtest_jobs {
    struct engine *engine;     /* borrowed */
    struct dispatch *dispatch; /* owned; NULL: no agent has a lease */
    struct job_port to;        /* its */
    struct backtest_cards *counts;
    struct running { /* of each card the chunk that runs */
        agon_ns_t t_end;
        uint64_t job; /* the engine's number */
        uint16_t slot;
        uint8_t is_running;
        struct gpu_decision started;
    } running[GPU_CARDS_MAX];
    struct slot_set left; /* their leases are to be given back */
    const struct backtest_config *config;
    struct sealed_set sealed; /* what leases keep resident: also where another process runs jobs */
    const struct sealed *resident[SLOTS_MAX][CREW_LEASES_MAX];
    uint8_t asked[SLOTS_MAX]; /* a bit for each lease that is waited for and was asked for again */
};

static int wait_job(void *ctx, const struct engine_job *job, struct record_job_done *done,
                    const void **result)
{
    const struct backtest_jobs *jobs = ctx;

    return dispatch_take(jobs->dispatch, job, 1, done, result);
}

static void go(void *ctx, uint16_t slot, uint64_t job, const struct gpu_decision *started)
{
    struct backtest_jobs *jobs = ctx;
    const struct gpu *gpu = engine_cards(jobs->engine);
    agon_ns_t chunk_ns = 1;

    for (uint32_t i = 0; i < GPU_JOBS_MAX; i++) {
        if (gpu->jobs[i].id == started->job)
            chunk_ns = gpu->jobs[i].chunk_ns;
    }
    jobs->to.go(jobs->to.ctx, slot, job, started);
    jobs->running[started->card] =
        (struct running){.t_end = num_add(engine_t(jobs->engine), chunk_ns),
                         .job = job,
                         .slot = slot,
                         .is_running = 1,
                         .started = *started};
}

static void admit(void *ctx, uint16_t slot, struct record_job_wish *wish, const void *at,
                  uint64_t n)
{
    const struct backtest_jobs *jobs = ctx;

    jobs->to.admit(jobs->to.ctx, slot, wish, at, n);
}

static void submit(void *ctx, const struct record_job_wish *wish, int is_stepped)
{
    const struct backtest_jobs *jobs = ctx;

    jobs->to.submit(jobs->to.ctx, wish, is_stepped);
}

static void drop(void *ctx, uint16_t slot, uint64_t job)
{
    const struct backtest_jobs *jobs = ctx;

    jobs->to.drop(jobs->to.ctx, slot, job);
}

static void lease(void *ctx, uint16_t slot, uint32_t number, uint64_t memory, int is_held)
{
    const struct backtest_jobs *jobs = ctx;

    jobs->to.lease(jobs->to.ctx, slot, number, memory, is_held);
}

static const void *result_of(void *ctx, uint16_t slot, uint64_t job)
{
    const struct backtest_jobs *jobs = ctx;

    return jobs->to.result(jobs->to.ctx, slot, job);
}

static struct running *first_to_end(struct backtest_jobs *jobs)
{
    struct running *first = NULL;

    for (uint32_t card = 0; card < GPU_CARDS_MAX; card++) {
        struct running *of = &jobs->running[card];

        if (of->is_running && (first == NULL || of->t_end < first->t_end))
            first = of;
    }
    return first;
}

static agon_ns_t chunk_due(const void *ctx)
{
    const struct backtest_jobs *jobs = ctx;
    agon_ns_t t = INT64_MAX;

    for (uint32_t card = 0; card < GPU_CARDS_MAX; card++) {
        if (jobs->running[card].is_running && jobs->running[card].t_end < t)
            t = jobs->running[card].t_end;
    }
    return t;
}

// Has the engine not been given an outcome of it, nor cancelled it?
static int is_wanted(const struct backtest_jobs *jobs, const struct running *of,
                     struct engine_job *job)
{
    for (uint32_t k = 0; engine_job_at(jobs->engine, k, job); k++) {
        if (job->slot == of->slot && job->id == of->job)
            return 1;
    }
    return 0;
}

/* A job that was cancelled ends with its chunk, whether the worker was quicker or not. */
static void end_chunk(void *ctx, struct lockstep_chunk *chunk)
{
    struct backtest_jobs *jobs = ctx;
    struct running *of = first_to_end(jobs);
    struct gpu_event event = {.kind = GPU_CHUNK,
                              .job = of->started.job,
                              .run = of->started.run,
                              .card = of->started.card};
    struct engine_job job;

    memset(chunk, 0, sizeof(*chunk));
    event.is_failed = (uint8_t)dispatch_end_chunk(jobs->dispatch, &of->started);
    if (!is_wanted(jobs, of, &job))
        event.is_failed = 1;
    else if (event.is_failed &&
             dispatch_take(jobs->dispatch, &job, 0, &chunk->done, &chunk->result) != 1)
        memset(&chunk->done, 0, sizeof(chunk->done)); // the allocator's word is its outcome
    cards_record(&event, NULL, &chunk->gpu);
    of->is_running = 0;
}

static void request(struct engine *engine, const struct crew_slot *slot, uint32_t k,
                    struct record_gpu *record)
{
    uint16_t id = slot->record.slot;
    struct gpu_event event;

    leases_request(&slot->leases[k], id, engine_t(engine), &event);
    if (engine_slots(engine)->all[id].agent_kind == AGON_STRATEGY)
        event.rank = (uint16_t)(id + 1);
    cards_record(&event, slot->leases[k].name, record);
}

/* Its agent waits for it, and the allocator knows of none: it was given back, or has ended. Once
 * each time that one is waited for. */
static int ask_again(struct backtest_jobs *jobs, struct record_gpu *record)
{
    _Static_assert(CREW_LEASES_MAX <= 8, "a bit each");

    for (uint32_t i = 0; i < jobs->config->n_slots; i++) {
        const struct crew_slot *slot = &jobs->config->slots[i];
        uint16_t id = slot->record.slot;

        for (uint32_t k = 0; k < slot->n_leases; k++) {
            const struct slot_lease *of = engine_lease(jobs->engine, id, k + 1);
            const struct gpu_lease *lease;
            uint8_t bit = (uint8_t)(1u << k);

            if (of == NULL || of->state != LEASE_WAITS) {
                jobs->asked[id] &= (uint8_t)~bit;
                continue;
            }
            lease = engine_lease_of(jobs->engine, id, of->name);
            if (of->held != 0 || (lease != NULL && !lease->is_ending) ||
                (jobs->asked[id] & bit) != 0)
                continue;
            jobs->asked[id] |= bit;
            request(jobs->engine, slot, k, record);
            return 1;
        }
    }
    return 0;
}

static int say(void *ctx, struct record_gpu *record)
{
    struct backtest_jobs *jobs = ctx;
    const struct gpu *gpu = engine_cards(jobs->engine);
    uint32_t slot;

    while ((slot = slot_set_first(&jobs->left)) < SLOTS_MAX) {
        for (uint32_t i = 0; i < GPU_LEASES_MAX; i++) {
            const struct gpu_lease *of = &gpu->leases[i];

            if (of->id == 0 || of->owner != slot || of->is_ending)
                continue;
            cards_record(&(struct gpu_event){.kind = GPU_RELEASE, .owner = slot, .lease = of->id},
                         NULL, record);
            return 1;
        }
        slot_set_remove(&jobs->left, slot);
    }
    return ask_again(jobs, record);
}

void backtest_jobs_left(struct backtest *result, uint16_t slot)
{
    if (result->jobs != NULL)
        slot_set_add(&result->jobs->left, slot);
}

static void decided(void *ctx, const struct record_gpu *event, const struct gpu_decision *decision)
{
    struct backtest_cards *counts = ctx;

    (void)event;
    counts->n_granted += decision->kind == GPU_DID_GRANTED || decision->kind == GPU_DID_RESUMED;
    counts->n_queued += decision->kind == GPU_DID_QUEUED;
    counts->n_evicted += decision->kind == GPU_DID_EVICTED;
    counts->n_jobs += decision->kind == GPU_DID_JOB_ADMITTED;
    counts->n_chunks += decision->kind == GPU_DID_JOB_STARTED;
    counts->n_preempted += decision->kind == GPU_DID_JOB_PREEMPTED;
}

static const struct crew_file *file_of(const struct crew_slot *slot, uint32_t k)
{
    for (uint32_t i = 0; i < slot->n_files && slot->leases[k].resident[0] != '\0'; i++) {
        if (strcmp(slot->files[i].name, slot->leases[k].resident) == 0)
            return &slot->files[i];
    }
    return NULL;
}

/* Once more than for the plugins: who runs jobs may be a process that is to begin before they do.
 */
static int open_resident(struct backtest_jobs *jobs, const struct crew_slot *slot, uint32_t k,
                         struct error *err)
{
    const struct crew_file *file = file_of(slot, k);
    struct sealed *sealed;
    unsigned char hash[HASH_SIZE];
    char path[REGISTRY_PATH];
    int rc = AGON_OK;

    if (file == NULL)
        return AGON_OK;
    if (file->model[0] != '\0')
        rc = registry_resolve(file->path, file->model, path, hash, err);
    if (rc < 0)
        return rc;
    sealed = sealed_open(&jobs->sealed, file->model[0] != '\0' ? path : file->path, err);
    if (sealed == NULL) {
        error_wrap(err, "gpu.leases.%s.resident", slot->leases[k].name);
        return err != NULL && err->code < 0 ? err->code : AGON_EINVAL;
    }
    jobs->resident[slot->record.slot][k] = sealed;
    if (file->model[0] != '\0' && memcmp(sealed->digest, hash, sizeof(hash)) != 0)
        return error_set(err, AGON_ECORRUPT, "%s was changed while it was opened", path);
    return AGON_OK;
}

static void find_resident(void *ctx, uint16_t slot, uint32_t lease, struct relay_resident *out)
{
    const struct backtest_jobs *jobs = ctx;
    const struct sealed *sealed = slot < SLOTS_MAX && lease > 0 && lease <= CREW_LEASES_MAX
                                      ? jobs->resident[slot][lease - 1]
                                      : NULL;

    *out = (struct relay_resident){.fd = -1};
    if (sealed == NULL)
        return;
    out->fd = sealed->fd;
    out->bytes = sealed->bytes;
    memcpy(out->digest, sealed->digest, sizeof(out->digest));
}

/* All leases lie on one card, whichever of the profile's they are of: each of those has to fit
 * there. What stands in for a card has the machine's memory, and not what the profile says. */
static int is_fit(void *ctx, uint64_t memory, struct error *err)
{
    const struct roster_cards *cards = &((const struct backtest_jobs *)ctx)->config->cards;
    int rc = AGON_OK;

    for (uint32_t card = 0;
         card < cards->rules.n_cards && cards->words.device == LEASES_CUDA && rc >= 0; card++)
        rc = profile_check_card(&cards->rules, card, (int64_t)memory, err);
    if (rc >= 0)
        return rc;
    error_wrap(err, "gpu.profile '%s'", cards->profile);
    if (err != NULL)
        err->code = AGON_EINVAL; // of the roster, and no data
    return AGON_EINVAL;
}

/* A worker has ended: what it was at is done again while it has attempts left. */
static void say_of_worker(void *ctx, const char *text)
{
    const struct backtest_config *config = ((const struct backtest_jobs *)ctx)->config;
    char line[LINE];

    (void)snprintf(line, sizeof(line), "the worker of jobs (agon-gpu): %s", text);
    if (config->say != NULL)
        config->say(line);
}

/* In lock-step time stands while a job runs, so that a card that hangs is a program that does. */
static void say_wait(void *ctx, const struct dispatch_wait *wait)
{
    const struct backtest_config *config = ((const struct backtest_jobs *)ctx)->config;
    const char *device = leases_device_name(config->cards.words.device);
    const struct crew_slot *of = NULL;
    char limit[32], line[LINE];

    for (uint32_t i = 0; i < config->n_slots; i++)
        of = config->slots[i].record.slot == wait->slot ? &config->slots[i] : of;
    units_say_duration(config->cards.words.limit_ns, limit, sizeof(limit));
    if (wait->job == 0 || of == NULL || wait->lease == 0 || wait->lease > of->n_leases)
        (void)snprintf(line, sizeof(line),
                       "it has waited for %lld s until device '%s' begins (worker %u): %lld s more "
                       "at most, then it has hung ('limit: %s' of the roster's gpu)",
                       (long long)(wait->waited_ns / NS_PER_S), device, wait->life,
                       (long long)(wait->left_ns / NS_PER_S + 1), limit);
    else
        (void)snprintf(
            line, sizeof(line),
            "it has waited for %lld s for job %llu of agent %s (gpu.leases.%s), on "
            "device '%s' (worker %u): %lld s more at most, then it has hung ('limit: %s' "
            "of the roster's gpu)",
            (long long)(wait->waited_ns / NS_PER_S), (unsigned long long)wait->job, of->record.name,
            of->leases[wait->lease - 1].name, device, wait->life,
            (long long)(wait->left_ns / NS_PER_S + 1), limit);
    if (config->say != NULL)
        config->say(line);
}

static int open_dispatch(const struct backtest_config *config, struct backtest_jobs *jobs,
                         struct engine_config *engine, struct lockstep_config *lockstep,
                         struct error *err)
{
    const struct leases_words *words = &config->cards.words;
    struct dispatch_config dispatch = {.program = config->gpu_program,
                                       .device = leases_device_name(words->device),
                                       .script = words->n_scripts > 0 ? words->scripts[0] : NULL,
                                       .driver = words->driver[0] != '\0' ? words->driver : NULL,
                                       .nvrtc = words->nvrtc[0] != '\0' ? words->nvrtc : NULL,
                                       .threads = words->threads,
                                       .chunk_ns = words->limit_ns,
                                       .start_ns = words->limit_ns,
                                       .say = say_of_worker,
                                       .waits = say_wait,
                                       .resident = find_resident,
                                       .is_fit = is_fit,
                                       .ctx = jobs,
                                       .is_far = !config->has_processes};
    int rc = AGON_OK;

    sealed_init(&jobs->sealed, config->files_max != 0 ? config->files_max : UINT64_MAX);
    for (uint32_t i = 0; i < config->n_slots && rc >= 0; i++) {
        for (uint32_t k = 0; k < config->slots[i].n_leases && rc >= 0; k++)
            rc = open_resident(jobs, &config->slots[i], k, err);
    }
    if (rc >= 0)
        rc = dispatch_new(&jobs->dispatch, &dispatch, err);
    if (rc < 0)
        return rc;
    jobs->to = dispatch_port(jobs->dispatch);
    engine->jobs = (struct job_port){.ctx = jobs,
                                     .admit = admit,
                                     .submit = submit,
                                     .go = go,
                                     .drop = drop,
                                     .lease = lease,
                                     .result = result_of};
    lockstep->jobs.wait = wait_job;
    lockstep->jobs.chunk_due = chunk_due;
    lockstep->jobs.end_chunk = end_chunk;
    return AGON_OK;
}

int backtest_jobs_takes(uint32_t agent, const struct crew_lease *lease, struct error *err)
{
    if (lease->kernels[0] == '\0')
        return AGON_OK;
    return error_set(err, AGON_EINVAL,
                     "agents[%u].gpu.leases.%s.kernels: own kernels run in a live or paper host "
                     "alone, for their bits are those of its card and compiler; run the roster on "
                     "paper (agon run), or leave 'kernels' out: jobs then call the host's kernels",
                     agent, lease->name);
}

static int refuse_own(const struct backtest_config *config, struct error *err)
{
    int rc = AGON_OK;

    for (uint32_t i = 0; i < config->n_slots && rc >= 0; i++) {
        for (uint32_t k = 0; k < config->slots[i].n_leases && rc >= 0; k++)
            rc = backtest_jobs_takes(i, &config->slots[i].leases[k], err);
    }
    return rc;
}

int backtest_jobs_open(const struct backtest_config *config, struct backtest *result,
                       struct engine_config *engine, struct lockstep_config *lockstep,
                       struct error *err)
{
    struct backtest_jobs *jobs;
    uint32_t n = 0;
    int rc = refuse_own(config, err);

    if (rc < 0 || config->cards.rules.n_cards == 0)
        return rc;
    jobs = calloc(1, sizeof(*jobs));
    if (jobs == NULL)
        return error_set(err, AGON_ENOMEM, "no memory for the cards");
    result->jobs = jobs;
    jobs->config = config;
    result->cards.n = config->cards.rules.n_cards;
    engine->cards = (struct card_port){.ctx = &result->cards, .decided = decided};
    lockstep->jobs = (struct lockstep_jobs){.ctx = jobs, .say = say};
    for (uint32_t i = 0; i < config->n_slots; i++)
        n += config->slots[i].n_leases;
    return n > 0 ? open_dispatch(config, jobs, engine, lockstep, err) : AGON_OK;
}

void backtest_jobs_close(struct backtest *result)
{
    if (result->jobs == NULL)
        return;
    dispatch_free(result->jobs->dispatch);
    for (uint32_t i = 0; i < SEALED_MAX; i++) {
        while (result->jobs->sealed.all[i].n_users > 0)
            sealed_close(&result->jobs->sealed, &result->jobs->sealed.all[i]);
    }
    free(result->jobs);
}

int backtest_jobs_cards(const struct backtest_config *config, backtest_jobs_step *step, void *ctx,
                        struct error *err)
{
    const struct roster_cards *cards = &config->cards;
    union cards_config record;

    if (cards->rules.n_cards == 0)
        return AGON_OK;
    cards_config_record(&cards->rules, cards->profile, cards->shares, &record);
    return step(ctx, &record, err);
}

int backtest_jobs_leases(const struct backtest_config *config, const struct crew_slot *slot,
                         backtest_jobs_step *step, void *ctx, struct error *err)
{
    struct record_lease record;
    int rc = AGON_OK;

    for (uint32_t k = 0; k < slot->n_leases && rc >= 0; k++) {
        crew_lease_record(slot, k, config->cards.words.delay_ns, &record);
        rc = step(ctx, &record, err);
    }
    return rc;
}

int backtest_jobs_ask(const struct backtest_config *config, struct backtest *result,
                      backtest_jobs_step *step, void *ctx, struct error *err)
{
    int rc = AGON_OK;

    if (result->jobs == NULL)
        return AGON_OK;
    result->jobs->engine = result->engine;
    for (uint32_t i = 0; i < config->n_slots; i++) {
        const struct crew_slot *slot = &config->slots[i];

        for (uint32_t k = 0; k < slot->n_leases && rc >= 0; k++) {
            struct record_gpu record;

            request(result->engine, slot, k, &record);
            rc = step(ctx, &record, err);
        }
    }
    return rc;
}
