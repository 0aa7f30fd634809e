// SPDX-License-Identifier: Apache-2.0
/* Jobs of agents where the cards' allocator says who has one and whose chunk runs: leases are held
 * as long as it says, a job's chunks begin when it says, and its turn does not wait for a job that
 * was cancelled. A replay comes to the same. */
#include "gpu/profile.h"
#include "world.h"

#define SLOT  1
#define LEASE 1
#define MIB   ((uint64_t)1 << 20)

static struct world *world;
static struct gpu_rules rules;
static uint32_t n_gone;
static agon_ns_t delay_ns; /* of jobs; 0: their lease's */
static struct {
    uint64_t job;
    struct gpu_decision started;
} gone[16]; /* as they were begun */

static void submit(void *ctx, const struct record_job_wish *wish, int is_stepped)
{
    (void)ctx;
    (void)wish;
    ck_assert_int_eq(is_stepped, 1);
}

static void go(void *ctx, uint16_t slot, uint64_t job, const struct gpu_decision *started)
{
    (void)ctx;
    ck_assert_uint_eq(slot, SLOT);
    ck_assert_uint_lt(n_gone, 16);
    gone[n_gone].job = job;
    gone[n_gone++].started = *started;
}

static int happen(struct gpu_event event, const char *name)
{
    struct record_gpu record;

    cards_record(&event, name, &record);
    return world_step(world, &record);
}

static void begin(void)
{
    const struct job_port port = {.submit = submit, .go = go};
    struct record_lease lease = {.hdr = {.type = EVENT_CONFIG, .granules = 2},
                                 .kind = CONFIG_LEASE,
                                 .slot = SLOT,
                                 .lease = LEASE,
                                 .memory = MIB,
                                 .delay_ns = 5 * MS,
                                 .name = "main"};
    union cards_config config;

    world = world_new(RUN_PAPER);
    n_gone = 0;
    engine_attach_jobs(world->engine, &port);
    ck_assert_int_eq(profile_make("s1_inference_training", "production", &rules, NULL), AGON_OK);
    cards_config_record(&rules, "s1_inference_training", "production", &config);
    ck_assert_int_eq(world_step(world, &config), AGON_OK);
    ck_assert_int_eq(world_step(world, &lease), AGON_OK);
}

static void ask(uint8_t kind, uint64_t job, uint32_t n_calls)
{
    struct record_job_wish wish = {
        .hdr = {.type = EVENT_JOB_WISH, .granules = sizeof(wish) / 64},
        .origin = {.slot = SLOT, .cause_seq = engine_seq(world->engine), .n_legs = 1},
        .kind = kind,
        .job = job,
        .delay_ns = delay_ns,
        .memory = MIB,
        .n_result = 64,
        .lease = LEASE,
        .n_calls = n_calls,
        .chunk_calls = 2};

    ck_assert_int_eq(world_step(world, &wish), AGON_OK);
}

static void request(void)
{
    ck_assert_int_eq(
        happen((struct gpu_event){.kind = GPU_REQUEST,
                                  .owner = SLOT,
                                  .bytes = (int64_t)MIB,
                                  .share_ppm = 100000,
                                  .budget = profile_budget(&rules, "inference", "trading_models"),
                                  .group = GPU_NONE,
                                  .flags = GPU_RESUMES},
               "main"),
        AGON_OK);
}

static const struct agon_job *told(void)
{
    ck_assert_ptr_nonnull(world_last(world, SLOT, AGON_EVENT_JOB));
    return &world_last(world, SLOT, AGON_EVENT_JOB)->u.job;
}

static void end_chunk(uint32_t k, int is_failed)
{
    ck_assert_int_eq(happen((struct gpu_event){.kind = GPU_CHUNK,
                                               .job = gone[k].started.job,
                                               .run = gone[k].started.run,
                                               .card = gone[k].started.card,
                                               .is_failed = (uint8_t)is_failed},
                            NULL),
                     AGON_OK);
}

START_TEST(a_lease_is_held_as_long_as_the_allocator_says)
{
    const struct gpu_lease *lease;

    begin();
    ask(LEASE_ACQUIRE, 0, 0);
    ck_assert_ptr_null(world_last(world, SLOT, AGON_EVENT_JOB)); // it waits
    ask(JOB_SUBMIT, 1, 1);
    ck_assert_int_eq(told()->status, AGON_ESTATE);
    request();
    ck_assert_uint_eq(told()->kind, AGON_JOB_GRANTED);
    lease = engine_lease_of(world->engine, SLOT, "main");
    ck_assert_ptr_nonnull(lease);
    ask(JOB_SUBMIT, 2, 1);
    ck_assert_uint_eq(n_gone, 1);
    end_chunk(0, 0);
    ck_assert_int_eq(
        happen((struct gpu_event){.kind = GPU_RELEASE, .owner = SLOT, .lease = lease->id}, NULL),
        AGON_OK);
    ck_assert_uint_eq(told()->kind, AGON_JOB_ENDED);
    ck_assert_int_eq(engine_lease(world->engine, SLOT, LEASE)->state, LEASE_NAMED);
    ask(LEASE_ACQUIRE, 0, 0);
    ck_assert_int_eq(engine_lease(world->engine, SLOT, LEASE)->state, LEASE_WAITS);
    request();
    ck_assert_uint_eq(told()->kind, AGON_JOB_GRANTED);
    world_holds(world);
    world_replays(world);
    world_free(world);
}
END_TEST

static const struct gpu_lease *held(void)
{
    const struct gpu_lease *lease = engine_lease_of(world->engine, SLOT, "main");

    return lease != NULL && !lease->is_ending ? lease : NULL;
}

START_TEST(what_is_given_back_is_free_and_asked_for_anew)
{
    uint64_t first;

    begin();
    ask(LEASE_ACQUIRE, 0, 0);
    request();
    first = held()->id;
    ask(JOB_SUBMIT, 1, 3);
    ask(JOB_SUBMIT, 2, 1);
    ck_assert_uint_eq(n_gone, 1);
    ask(LEASE_RELEASE, 0, 0);
    ck_assert_uint_eq(told()->kind, AGON_JOB_ENDED);
    ck_assert_int_eq(told()->status, AGON_OK);
    ck_assert_ptr_null(held()); // it ends with its chunk
    ck_assert_int_gt(gpu_bytes(engine_cards(world->engine), 0), 0);
    ask(LEASE_RELEASE, 0, 0); // of who speaks past the SDK: nothing is given back twice
    ask(LEASE_ACQUIRE, 0, 0);
    ck_assert_int_eq(engine_lease(world->engine, SLOT, LEASE)->state, LEASE_WAITS);
    end_chunk(0, 0);
    ck_assert_int_eq(gpu_bytes(engine_cards(world->engine), 0), 0);
    ck_assert_int_eq(engine_lease(world->engine, SLOT, LEASE)->state, LEASE_WAITS);
    ask(JOB_SUBMIT, 3, 1); // under the one that is over
    ck_assert_int_eq(told()->status, AGON_ESTATE);
    request();
    ck_assert_uint_eq(told()->kind, AGON_JOB_GRANTED);
    ck_assert_uint_ne(held()->id, first);
    ask(JOB_SUBMIT, 4, 1);
    ck_assert_uint_eq(n_gone, 2);
    ck_assert_uint_eq(gone[1].job, 4);
    end_chunk(1, 0);
    ask(LEASE_RELEASE, 0, 0); // with nothing under way: at once
    ck_assert_int_eq(gpu_bytes(engine_cards(world->engine), 0), 0);
    ask(JOB_SUBMIT, 5, 1);
    ck_assert_int_eq(told()->status, AGON_ENOENT);
    world_holds(world);
    world_replays(world);
    world_free(world);
}
END_TEST

#define TRAINS 0x80 /* of the budget */
START_TEST(who_waits_for_what_is_never_given_learns_why)
{
    static const struct {
        int64_t bytes, deadline_ns;
        uint32_t share_ppm;
        uint8_t flags;
        int32_t status;
    } cannot[] = {{INT64_C(1) << 40, 0, 1000, 0, AGON_ERANGE},
                  {1 << 20, 0, 700000, TRAINS, AGON_ERANGE},
                  {1 << 20, 1, 1000, 0, AGON_ETIME},
                  {1 << 20, 0, 1000, GPU_DEDICATED, AGON_EINVAL}};

    begin();
    for (size_t i = 0; i < sizeof(cannot) / sizeof(cannot[0]); i++) {
        struct gpu_event event = {.kind = GPU_REQUEST,
                                  .owner = SLOT,
                                  .bytes = cannot[i].bytes,
                                  .deadline_ns = cannot[i].deadline_ns,
                                  .share_ppm = cannot[i].share_ppm,
                                  .budget =
                                      (cannot[i].flags & TRAINS) != 0
                                          ? profile_budget(&rules, "training", "training_pipeline")
                                          : profile_budget(&rules, "inference", "trading_models"),
                                  .group = GPU_NONE,
                                  .flags = cannot[i].flags & GPU_DEDICATED};

        ask(LEASE_ACQUIRE, 0, 0);
        ck_assert_int_eq(engine_lease(world->engine, SLOT, LEASE)->state, LEASE_WAITS);
        ck_assert_int_eq(happen(event, "other"), AGON_OK); // is nobody's who waits
        ck_assert_int_eq(engine_lease(world->engine, SLOT, LEASE)->state, LEASE_WAITS);
        ck_assert_int_eq(happen(event, "main"), AGON_OK);
        ck_assert_uint_eq(told()->kind, AGON_JOB_ENDED);
        ck_assert_msg(told()->status == cannot[i].status, "request %zu: %d", i, told()->status);
        ck_assert_int_eq(engine_lease(world->engine, SLOT, LEASE)->state, LEASE_NAMED);
    }
    world_holds(world);
    world_replays(world);
    world_free(world);
}
END_TEST

static void request_until(agon_ns_t deadline_ns)
{
    ck_assert_int_eq(
        happen((struct gpu_event){.kind = GPU_REQUEST,
                                  .owner = SLOT,
                                  .bytes = (int64_t)MIB,
                                  .deadline_ns = deadline_ns,
                                  .share_ppm = 100000,
                                  .budget = profile_budget(&rules, "inference", "trading_models"),
                                  .group = GPU_NONE,
                                  .flags = GPU_RESUMES},
               "main"),
        AGON_OK);
}

/* A lease that is never given back, and one that is never given. */
START_TEST(a_deadline_ends_it_held_or_waiting)
{
    begin();
    ask(LEASE_ACQUIRE, 0, 0);
    request_until(world->t + 100 * MS);
    ck_assert_uint_eq(told()->kind, AGON_JOB_GRANTED);
    world_due(world, world->t + 200 * MS);
    ck_assert_uint_eq(told()->kind, AGON_JOB_ENDED);
    ck_assert_int_eq(told()->status, AGON_ETIME);
    ck_assert_int_eq(happen((struct gpu_event){.kind = GPU_LOST, .card = 0}, NULL), AGON_OK);
    ck_assert_int_eq(happen((struct gpu_event){.kind = GPU_LOST, .card = 1}, NULL), AGON_OK);
    ask(LEASE_ACQUIRE, 0, 0);
    request_until(world->t + 100 * MS);
    ck_assert_int_eq(engine_lease(world->engine, SLOT, LEASE)->state, LEASE_WAITS);
    ck_assert_ptr_nonnull(held());
    world_due(world, world->t + 200 * MS);
    ck_assert_ptr_null(held());
    ck_assert_int_eq(engine_lease(world->engine, SLOT, LEASE)->state, LEASE_NAMED);
    ck_assert_int_eq(told()->status, AGON_ETIME);
    world_holds(world);
    world_replays(world);
    world_free(world);
}
END_TEST

static int64_t chunk_ns_of(uint64_t job)
{
    const struct gpu *gpu = engine_cards(world->engine);

    for (uint32_t i = 0; i < GPU_JOBS_MAX; i++) {
        if (gpu->jobs[i].id == job)
            return gpu->jobs[i].chunk_ns;
    }
    return 0;
}

/* A job needs its delay, in equal parts; a card no longer than the profile's longest chunk. */
START_TEST(a_chunk_is_expected_to_take_its_part_of_the_delay)
{
    begin();
    ask(LEASE_ACQUIRE, 0, 0);
    request();
    ask(JOB_SUBMIT, 1, 3); // two chunks
    ck_assert_int_eq(chunk_ns_of(gone[0].started.job), 5 * MS / 2);
    end_chunk(0, 0);
    end_chunk(1, 0);
    delay_ns = 1000 * MS;
    ask(JOB_SUBMIT, 2, 3);
    ck_assert_int_eq(chunk_ns_of(gone[2].started.job), 100 * MS);
    delay_ns = 0;
    world_free(world);
}
END_TEST

/* A delay is of real time: where engine time runs twenty times as fast it is so much more of it. */
START_TEST(a_delay_is_of_real_time)
{
    struct record_lease lease = {.hdr = {.type = EVENT_CONFIG, .granules = 2},
                                 .kind = CONFIG_LEASE,
                                 .slot = SLOT,
                                 .lease = LEASE,
                                 .memory = MIB,
                                 .delay_ns = 5 * MS,
                                 .speed_milli = 20000,
                                 .name = "main"};
    struct engine_job job;
    agon_ns_t t;

    begin();
    ck_assert_int_eq(world_step(world, &lease), AGON_OK);
    ask(LEASE_ACQUIRE, 0, 0);
    request();
    ask(JOB_SUBMIT, 1, 2); // by the roster's delay
    t = engine_t(world->engine);
    ck_assert_int_eq(engine_job_at(world->engine, 0, &job), 1);
    ck_assert_int_eq(job.t_due - t, 100 * MS);
    delay_ns = 7 * MS; // by its own
    ask(JOB_SUBMIT, 2, 2);
    delay_ns = 0;
    t = engine_t(world->engine);
    ck_assert_int_eq(engine_job_at(world->engine, 1, &job), 1);
    ck_assert_int_eq(job.t_due - t, 140 * MS);
    world_holds(world);
    world_replays(world);
    lease.speed_milli = 2000000000;
    ck_assert_int_eq(world_step(world, &lease), AGON_EINVAL);
    world_free(world);
}
END_TEST

START_TEST(chunk_by_chunk_and_one_at_a_time)
{
    struct engine_job next;

    begin();
    ask(LEASE_ACQUIRE, 0, 0);
    request();
    ask(JOB_SUBMIT, 1, 3); // two chunks
    ask(JOB_SUBMIT, 2, 1);
    ask(JOB_SUBMIT, 3, 1);
    ck_assert_uint_eq(n_gone, 1);
    ck_assert_uint_eq(gone[0].job, 1);
    ck_assert_int_eq(engine_next_job(world->engine, &next), 0); // all have chunks to run
    end_chunk(0, 0);
    ck_assert_int_eq(engine_next_job(world->engine, &next), 0);
    ck_assert_uint_eq(n_gone, 2);
    ck_assert_uint_eq(gone[1].job, 1);
    ck_assert_uint_gt(gone[1].started.run, gone[0].started.run);
    ask(JOB_CANCEL, 2, 1); // its turn has not come, and passes
    ck_assert_int_eq(told()->status, AGON_ESTATE);
    end_chunk(1, 0);
    ck_assert_int_eq(engine_next_job(world->engine, &next), 1); // behind its last one
    ck_assert_uint_eq(next.id, 1);
    ck_assert_uint_eq(n_gone, 3);
    ck_assert_uint_eq(gone[2].job, 3);
    end_chunk(2, 1); // the allocator's word alone ends it, too
    ck_assert_uint_eq(told()->job, 3);
    ck_assert_int_eq(told()->status, AGON_EIO);
    ask(JOB_SUBMIT, 4, 1);
    ck_assert_uint_eq(n_gone, 4);
    world_due(world, world->t + 1000 * MS); // and it hangs
    ck_assert_uint_eq(told()->job, 4);
    ck_assert_int_eq(told()->status, AGON_ETIME);
    world_holds(world);
    world_replays(world);
    world_free(world);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("engine_jobs_cards");
    TCase *tcase = tcase_create("jobs");
    SRunner *runner;
    int n_failed;

    tcase_add_test(tcase, a_lease_is_held_as_long_as_the_allocator_says);
    tcase_add_test(tcase, what_is_given_back_is_free_and_asked_for_anew);
    tcase_add_test(tcase, who_waits_for_what_is_never_given_learns_why);
    tcase_add_test(tcase, a_deadline_ends_it_held_or_waiting);
    tcase_add_test(tcase, chunk_by_chunk_and_one_at_a_time);
    tcase_add_test(tcase, a_chunk_is_expected_to_take_its_part_of_the_delay);
    tcase_add_test(tcase, a_delay_is_of_real_time);
    suite_add_tcase(suite, tcase);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    n_failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return n_failed == 0 ? 0 : 1;
}
