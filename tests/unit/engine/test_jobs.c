// SPDX-License-Identifier: Apache-2.0
/* Leases and jobs of agents (agon.gpu) in the engine: which are taken and which not, each job's one
 * outcome, what becomes of it at a reload, a crash and a start, and that the record alone leads
 * there. */
#include "engine/impl.h"
#include "world.h"

_Static_assert(sizeof(struct slot_job) == 48 && sizeof(struct slot_lease) == 72,
               "is what is new saved, loaded and changed in each_field_is_of_the_state?");

#define SLOT  1
#define LEASE 2
#define MB    ((uint64_t)1 << 20)

static struct world *world;
static struct {
    uint32_t n_admitted, n_submitted, n_dropped, n_held, n_over;
    uint64_t submitted, dropped, n;
    const void *result;
} port;

static void admit(void *ctx, uint16_t slot, struct record_job_wish *wish, const void *at,
                  uint64_t n)
{
    (void)ctx;
    (void)slot;
    ck_assert_ptr_nonnull(at);
    port.n_admitted++;
    port.n = n;
    wish->hash[0] = 7;
}

static void submit(void *ctx, const struct record_job_wish *wish, int is_stepped)
{
    (void)ctx;
    ck_assert_int_eq(is_stepped, 0);
    port.n_submitted++;
    port.submitted = wish->job;
}

static void drop(void *ctx, uint16_t slot, uint64_t job)
{
    (void)ctx;
    (void)slot;
    port.n_dropped++;
    port.dropped = job;
}

static void on_lease(void *ctx, uint16_t slot, uint32_t lease, uint64_t memory, int is_held)
{
    (void)ctx;
    ck_assert_uint_eq(slot, SLOT);
    ck_assert_uint_eq(lease, LEASE);
    ck_assert_uint_eq(memory, 4 * MB);
    port.n_held += is_held != 0;
    port.n_over += is_held == 0;
}

static const void *result(void *ctx, uint16_t slot, uint64_t job)
{
    (void)ctx;
    (void)slot;
    (void)job;
    return port.result;
}

static int name_lease(uint64_t memory)
{
    struct record_lease record = {.hdr = {.type = EVENT_CONFIG, .granules = 2},
                                  .kind = CONFIG_LEASE,
                                  .slot = SLOT,
                                  .lease = LEASE,
                                  .memory = memory,
                                  .delay_ns = 5 * MS,
                                  .name = "main"};

    return world_step(world, &record);
}

static void begin(void)
{
    const struct job_port jobs = {
        .admit = admit, .submit = submit, .drop = drop, .lease = on_lease, .result = result};

    world = world_new(RUN_PAPER);
    engine_attach_jobs(world->engine, &jobs);
    ck_assert_int_eq(name_lease(4 * MB), AGON_OK);
}

static struct record_job_wish wish_of(uint8_t kind, uint64_t job)
{
    return (struct record_job_wish){
        .hdr = {.type = EVENT_JOB_WISH, .granules = sizeof(struct record_job_wish) / 64},
        .origin = {.slot = SLOT, .cause_seq = engine_seq(world->engine), .n_legs = 1},
        .kind = kind,
        .job = job,
        .memory = MB,
        .n_input = 100,
        .n_result = 1000,
        .lease = LEASE,
        .n_calls = 1};
}

static int ask(uint8_t kind, uint64_t job)
{
    struct record_job_wish wish = wish_of(kind, job);

    return world_step(world, &wish);
}

static const struct agon_job *told(void)
{
    const struct told *last = world_last(world, SLOT, AGON_EVENT_JOB);

    ck_assert_ptr_nonnull(last);
    return &last->u.job;
}

static int end(uint64_t job, int32_t status, uint64_t bytes)
{
    struct record_job_done done = {.hdr = {.type = EVENT_JOB_DONE, .granules = sizeof(done) / 64},
                                   .job = job,
                                   .status = status,
                                   .slot = SLOT,
                                   .bytes = bytes,
                                   .n_inline = (uint16_t)(bytes <= AGON_JOB_INLINE ? bytes : 0),
                                   .hash = {9}};

    return world_step(world, &done);
}

static void refused(struct record_job_wish wish, int32_t status)
{
    uint32_t n = world->slots[SLOT].n_told;

    ck_assert_int_eq(world_step(world, &wish), AGON_OK);
    ck_assert_uint_eq(world->slots[SLOT].n_told, n + 1);
    ck_assert_int_eq(told()->status, status);
    ck_assert_uint_eq(told()->kind, AGON_JOB_DONE);
    ck_assert_uint_eq(told()->job, wish.job);
}

#define REFUSED(status_, ...)                                                                      \
    do {                                                                                           \
        struct record_job_wish wish = wish_of(JOB_SUBMIT, 99);                                     \
        __VA_ARGS__;                                                                               \
        refused(wish, status_);                                                                    \
    } while (0)

START_TEST(who_may_hand_over_what)
{
    begin();
    REFUSED(AGON_ENOENT, (void)wish);
    ck_assert_int_eq(ask(LEASE_ACQUIRE, 0), AGON_OK);
    ck_assert_uint_eq(told()->kind, AGON_JOB_GRANTED);
    ck_assert_uint_eq(told()->lease, LEASE);
    ck_assert_uint_eq(port.n_held, 1);
    ck_assert_int_eq(ask(LEASE_ACQUIRE, 0), AGON_OK); // held already: nothing
    ck_assert_uint_eq(port.n_held, 1);
    REFUSED(AGON_ENOENT, wish.lease = 1);
    REFUSED(AGON_ENOENT, wish.lease = 0);
    REFUSED(AGON_ENOENT, wish.lease = AGON_GPU_LEASES_MAX + 1);
    REFUSED(AGON_ENOMEM, wish.status = AGON_ENOMEM);
    REFUSED(AGON_ERANGE, wish.memory = 4 * MB + 1);
    REFUSED(AGON_ERANGE, wish.n_calls = 0);
    REFUSED(AGON_ERANGE, wish.n_calls = AGON_GPU_CALLS_MAX + 1);
    REFUSED(AGON_ERANGE, wish.n_input = AGON_GPU_SUBMIT_MAX);
    REFUSED(AGON_ERANGE, wish.n_result = 0);
    REFUSED(AGON_ERANGE, wish.memory = 4 * MB, wish.n_result = AGON_GPU_RESULT_MAX + 1);
    REFUSED(AGON_ERANGE, wish.input_at = UINT64_MAX - 10);
    REFUSED(AGON_ERANGE, wish.result_at = MB - 999);
    REFUSED(AGON_ERANGE, wish.delay_ns = -1);
    REFUSED(AGON_ERANGE, wish.delay_ns = AGON_GPU_DELAY_MAX + 1);
    ck_assert_uint_eq(port.n_submitted, 0);
    for (uint64_t job = 1; job <= AGON_GPU_JOBS_MAX; job++)
        ck_assert_int_eq(ask(JOB_SUBMIT, job), AGON_OK);
    ck_assert_uint_eq(port.n_submitted, AGON_GPU_JOBS_MAX);
    port.n_dropped = 0;
    REFUSED(AGON_EINVAL, wish.job = 3); // of a number that is under way
    ck_assert_uint_eq(port.n_dropped, 0);
    REFUSED(AGON_ENOSPC, (void)wish);
    ck_assert_uint_eq(port.dropped, 99);
    world_holds(world);
    world_replays(world);
    world_free(world);
}
END_TEST

START_TEST(one_outcome_each)
{
    struct record_job_part part = {
        .hdr = {.type = EVENT_JOB_PART, .granules = 17}, .job = 1, .n = 1000, .slot = SLOT};
    union {
        struct record_job_part part;
        unsigned char bytes[17 * 64];
    } parts = {0};
    struct engine_job job;

    begin();
    ck_assert_int_eq(ask(LEASE_ACQUIRE, 0), AGON_OK);
    ck_assert_int_eq(engine_next_job(world->engine, &job), 0);
    ck_assert_int_eq(ask(JOB_SUBMIT, 1), AGON_OK);
    ck_assert_int_eq(engine_next_job(world->engine, &job), 1);
    ck_assert_int_eq(job.t_due, engine_t(world->engine) + 5 * MS);
    ck_assert_int_eq(end(1, AGON_OK, 1000), AGON_EINVAL); // before its time
    ck_assert_int_eq(end(2, AGON_EIO, 0), AGON_EINVAL);   // of no job
    world->t = job.t_due;
    ck_assert_int_eq(end(1, AGON_OK, 999), AGON_EINVAL); // not what was asked for
    parts.part = part;
    ck_assert_int_eq(world_step(world, &parts), AGON_OK);
    parts.part = part;
    parts.part.at = 1;
    ck_assert_int_eq(world_step(world, &parts), AGON_EINVAL);
    parts.part = part;
    parts.part.n = 2000;
    ck_assert_int_eq(world_step(world, &parts), AGON_EINVAL);
    ck_assert_int_eq(end(1, AGON_OK, 1000), AGON_OK);
    ck_assert_uint_eq(told()->job, 1);
    ck_assert_uint_eq(told()->bytes, 1000);
    ck_assert_uint_eq(told()->place, (LEASE - 1) * JOBS_RESULTS);
    ck_assert_uint_eq(told()->hash[0], 9);
    ck_assert_int_eq(end(1, AGON_OK, 1000), AGON_EINVAL); // once
    ck_assert_int_eq(ask(JOB_SUBMIT, 2), AGON_OK);
    ck_assert_int_eq(end(2, AGON_ETIME, 0), AGON_OK); // a failure is no later than it is known
    ck_assert_int_eq(told()->status, AGON_ETIME);
    ck_assert_int_eq(ask(JOB_SUBMIT, 3), AGON_OK);
    ck_assert_int_eq(ask(JOB_CANCEL, 3), AGON_OK);
    ck_assert_int_eq(told()->status, AGON_ESTATE);
    ck_assert_uint_eq(port.dropped, 3);
    ck_assert_int_eq(ask(JOB_CANCEL, 3), AGON_OK); // it has its outcome: nothing
    ck_assert_int_eq(engine_next_job(world->engine, &job), 0);
    REFUSED(AGON_ERANGE, wish.n_calls = 0);
    {
        const struct engine_outcomes *of = engine_outcomes(world->engine, SLOT);

        ck_assert_uint_eq(of->n_done, 1);
        ck_assert_uint_eq(of->n_hung, 1);
        ck_assert_uint_eq(of->n_cancelled, 1);
        ck_assert_uint_eq(of->n_refused, 1);
        ck_assert_uint_eq(of->n_failed, 0);
    }
    world_replays(world);
    world_free(world);
}
END_TEST

START_TEST(reload_crash_and_start)
{
    struct record_generation hands = {.hdr = {.type = EVENT_CONFIG, .granules = sizeof(hands) / 64},
                                      .kind = CONFIG_GENERATION,
                                      .slot = SLOT,
                                      .generation = 1,
                                      .event_mask = AGON_ON(AGON_EVENT_JOB),
                                      .agent_kind = AGON_STRATEGY,
                                      .why = GENERATION_RELOAD};
    struct record_crash crash = {
        .hdr = {.type = EVENT_CRASH, .granules = 3}, .slot = SLOT, .kind = CRASH_DIED};
    struct record_start start = {
        .hdr = {.type = EVENT_START, .granules = 1}, .run = 2, .mode = RUN_PAPER, .seed = 42};
    struct record_job_wish keeps;
    struct engine_job job;

    begin();
    ck_assert_int_eq(ask(LEASE_ACQUIRE, 0), AGON_OK);
    ck_assert_int_eq(ask(JOB_SUBMIT, 1), AGON_OK);
    keeps = wish_of(JOB_SUBMIT, 2);
    keeps.flags = AGON_GPU_OUTLIVES;
    ck_assert_int_eq(world_step(world, &keeps), AGON_OK);
    ck_assert_int_eq(world_step(world, &hands), AGON_OK);
    ck_assert_uint_eq(told()->job, 1);
    ck_assert_int_eq(told()->status, AGON_ESTATE);
    ck_assert_int_eq(engine_job_at(world->engine, 0, &job), 1);
    ck_assert_uint_eq(job.id, 2);
    ck_assert_int_eq(engine_job_at(world->engine, 1, &job), 0);

    ck_assert_int_eq(world_step(world, &crash), AGON_OK);
    ck_assert_uint_eq(told()->kind, AGON_JOB_ENDED);
    ck_assert_int_eq(told()->status, AGON_ESTATE);
    ck_assert_uint_eq(port.n_over, 1);
    ck_assert_int_eq(engine_next_job(world->engine, &job), 0);
    ck_assert_int_eq(engine_lease(world->engine, SLOT, LEASE)->state, LEASE_NAMED);

    ck_assert_int_eq(ask(LEASE_ACQUIRE, 0), AGON_OK);
    ck_assert_int_eq(ask(JOB_SUBMIT, 3), AGON_OK);
    ck_assert_int_eq(world_step(world, &start), AGON_OK);
    ck_assert_int_eq(engine_lease(world->engine, SLOT, LEASE)->state, LEASE_NAMED);
    ck_assert_int_eq(engine_next_job(world->engine, &job), 1); // until it is said to be lost
    ck_assert_int_eq(end(3, AGON_EIO, 0), AGON_OK);
    ck_assert_int_eq(told()->status, AGON_EIO);
    ck_assert_int_eq(engine_next_job(world->engine, &job), 0);
    ck_assert_int_eq(name_lease(0), AGON_OK); // the roster names it no longer
    ck_assert_ptr_null(engine_lease(world->engine, SLOT, LEASE));
    world_replays(world);
    world_free(world);
}
END_TEST

START_TEST(what_comes_behind_a_reload_is_of_before)
{
    struct record_generation hands = {.hdr = {.type = EVENT_CONFIG, .granules = sizeof(hands) / 64},
                                      .kind = CONFIG_GENERATION,
                                      .slot = SLOT,
                                      .generation = 1,
                                      .event_mask = AGON_ON(AGON_EVENT_JOB),
                                      .agent_kind = AGON_STRATEGY,
                                      .why = GENERATION_RELOAD};
    struct record_job_wish wish;
    struct engine_job job;

    begin();
    ck_assert_int_eq(ask(LEASE_ACQUIRE, 0), AGON_OK);
    ck_assert_int_eq(world_step(world, &hands), AGON_OK);
    hands.generation = 2;
    ck_assert_int_eq(world_step(world, &hands), AGON_OK);
    wish = wish_of(JOB_SUBMIT, 1);
    wish.origin.generation = 1; // it was on its way
    ck_assert_int_eq(world_step(world, &wish), AGON_OK);
    ck_assert_uint_eq(told()->job, 1);
    ck_assert_int_eq(told()->status, AGON_ESTATE);
    ck_assert_int_eq(engine_job_at(world->engine, 0, &job), 0);
    wish = wish_of(JOB_SUBMIT, 2);
    wish.origin.generation = 1;
    wish.flags = AGON_GPU_OUTLIVES;
    ck_assert_int_eq(world_step(world, &wish), AGON_OK);
    wish = wish_of(JOB_SUBMIT, 3);
    wish.origin.generation = 2;
    ck_assert_int_eq(world_step(world, &wish), AGON_OK);
    ck_assert_int_eq(engine_job_at(world->engine, 1, &job), 1);
    ck_assert_uint_eq(job.id, 3);
    world_replays(world);
    world_free(world);
}
END_TEST

/* A state without leases has nothing of them, and one with some is read as it was written. */
START_TEST(saved_and_loaded)
{
    struct engine_config config = {.state_bytes = WORLD_STATE, .bus_granules = WORLD_BUS};
    unsigned char here[HASH_SIZE], there[HASH_SIZE];
    unsigned char *state = malloc(WORLD_STATE);
    struct engine *again;
    uint64_t none, n;

    ck_assert_ptr_nonnull(state);
    begin();
    ck_assert_int_eq(name_lease(0), AGON_OK);
    none = engine_save(world->engine, state, WORLD_STATE);
    ck_assert_int_eq(name_lease(4 * MB), AGON_OK);
    ck_assert_int_eq(ask(LEASE_ACQUIRE, 0), AGON_OK);
    ck_assert_int_eq(ask(JOB_SUBMIT, 5), AGON_OK);
    n = engine_save(world->engine, state, WORLD_STATE);
    ck_assert_uint_gt(n, none);
    ck_assert_int_eq(engine_new(&again, &config, NULL), AGON_OK);
    ck_assert_int_eq(engine_load(again, state, n, NULL), AGON_OK);
    world_hash(world, here);
    ck_assert_int_eq(engine_hash(again, there), AGON_OK);
    ck_assert_mem_eq(here, there, HASH_SIZE);
    engine_free(again);
    ck_assert_int_eq(engine_new(&again, &config, NULL), AGON_OK);
    ck_assert_int_lt(engine_load(again, state, n - 1, NULL), 0);
    engine_free(again);
    free(state);
    world_free(world);
}
END_TEST

static void poke(void *field, const char *what)
{
    unsigned char was[HASH_SIZE], is[HASH_SIZE];
    unsigned char *byte = field;

    world_hash(world, was);
    *byte ^= 1;
    world_hash(world, is);
    *byte ^= 1;
    ck_assert_msg(memcmp(was, is, sizeof(is)) != 0, "%s changed unheard", what);
}
#define STATE(field) poke((void *)(uintptr_t) & (field), #field)

START_TEST(each_field_is_of_the_state)
{
    struct slot_lease *lease;
    struct slot_job *job;

    begin();
    ck_assert_int_eq(ask(LEASE_ACQUIRE, 0), AGON_OK);
    ck_assert_int_eq(ask(JOB_SUBMIT, 5), AGON_OK);
    lease = &world->engine->jobs.leases[SLOT][LEASE - 1];
    job = &world->engine->jobs.all[0];
    STATE(lease->name[0]);
    STATE(lease->name[30]);
    STATE(lease->memory);
    STATE(lease->delay_ns);
    STATE(lease->held);
    STATE(lease->n_results);
    STATE(lease->speed_milli);
    STATE(lease->state);
    STATE(job->id);
    STATE(job->n_result);
    STATE(job->t_due);
    STATE(job->card);
    STATE(job->lease);
    STATE(job->generation);
    STATE(job->flags);
    STATE(job->slot);
    world_free(world);
}
END_TEST

static const void *box(void *ctx, uint32_t at)
{
    (void)ctx;
    return at < AGON_GPU_JOBS_MAX ? "box" : NULL;
}

/* What the record says of itself counts for nothing. */
START_TEST(taken_out_of_a_ring)
{
    _Alignas(64) unsigned char room[ENGINE_WISH_BYTES];
    struct record_job_wish *taken = (struct record_job_wish *)(void *)room;
    struct record_job_wish wish;

    begin();
    world->ports[SLOT].box = box;
    engine_attach_runner(world->engine, SLOT, &world->ports[SLOT]);
    wish = wish_of(JOB_SUBMIT, 1);
    wish.status = 5;
    wish.hash[0] = wish.hash[1] = 8;
    wish.origin.slot = 2;
    ck_assert_int_eq(evring_put(&world->slots[SLOT].from_in, &wish.hdr), AGON_OK);
    ck_assert_int_eq(engine_take_wish(world->engine, SLOT, &taken->hdr), 1);
    ck_assert_uint_eq(taken->origin.slot, SLOT);
    ck_assert_int_eq(taken->status, AGON_OK);
    ck_assert_uint_eq(taken->hash[0], 7);
    ck_assert_uint_eq(taken->hash[1], 0);
    ck_assert_uint_eq(port.n, sizeof(struct agon_gpu_call) + 100);
    wish.n_calls = UINT32_MAX;
    ck_assert_int_eq(evring_put(&world->slots[SLOT].from_in, &wish.hdr), AGON_OK);
    ck_assert_int_eq(engine_take_wish(world->engine, SLOT, &taken->hdr), 1);
    ck_assert_int_eq(taken->status, AGON_ERANGE);
    wish.n_calls = 1;
    wish.box = AGON_GPU_JOBS_MAX;
    ck_assert_int_eq(evring_put(&world->slots[SLOT].from_in, &wish.hdr), AGON_OK);
    ck_assert_int_eq(engine_take_wish(world->engine, SLOT, &taken->hdr), 1);
    ck_assert_int_eq(taken->status, AGON_ENOTSUP);
    ck_assert_uint_eq(port.n_admitted, 1);
    world_free(world);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("engine_jobs");
    TCase *tcase = tcase_create("jobs");
    SRunner *runner;
    int n_failed;

    tcase_add_test(tcase, who_may_hand_over_what);
    tcase_add_test(tcase, one_outcome_each);
    tcase_add_test(tcase, reload_crash_and_start);
    tcase_add_test(tcase, what_comes_behind_a_reload_is_of_before);
    tcase_add_test(tcase, saved_and_loaded);
    tcase_add_test(tcase, each_field_is_of_the_state);
    tcase_add_test(tcase, taken_out_of_a_ring);
    suite_add_tcase(suite, tcase);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    n_failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return n_failed == 0 ? 0 : 1;
}
