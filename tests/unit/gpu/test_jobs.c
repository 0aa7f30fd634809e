// SPDX-License-Identifier: Apache-2.0
/* jobs: whose chunk is next, who waits for it how long, and what becomes of one that fails. */
#include "world.h"

static uint64_t models, pipeline;

// One card, with a lease of inference and one of training.
static void both(uint32_t inference, uint32_t training)
{
    begin("s4_a770", "production");
    models = ASK(.card = "a770", .budget = "models", .gib = 1, .share = inference, .priority = 2);
    pipeline = ASK(.card = "a770", .budget = "training", .gib = 1, .share = training, .priority = 1,
                   .flags = GPU_RESUMES);
}

START_TEST(a_job_runs_chunk_by_chunk_to_its_end)
{
    uint64_t job;

    both(60, 40);
    job = submit(models, 3);
    ck_assert_uint_eq(count(GPU_DID_JOB_ADMITTED), 1);
    for (uint32_t left = 3; left > 0; left--) {
        ck_assert_uint_eq(running(0), job);
        ck_assert_int_eq(the(GPU_DID_JOB_STARTED, models)->value, left);
        ck_assert_uint_eq(the(GPU_DID_JOB_STARTED, models)->run, 4 - left);
        now += 50 * MS;
        chunk_ends(0);
    }
    ck_assert_uint_eq(the(GPU_DID_JOB_DONE, models)->job, job);
    ck_assert_uint_eq(running(0), 0);
    // What comes twice is of no chunk that runs.
    step((struct gpu_event){.kind = GPU_CHUNK, .job = job, .run = 3});
    ck_assert_uint_eq(why_refused(), GPU_WHY_OVER);
    step((struct gpu_event){.kind = GPU_CHUNK, .job = job + 1});
    ck_assert_uint_eq(why_refused(), GPU_WHY_UNKNOWN);
}
END_TEST

START_TEST(who_is_better_waits_for_one_chunk) // GPU-22, WKL-41
{
    uint64_t train, infer, now_live;

    both(30, 40);
    train = submit(pipeline, 10);
    infer = submit(models, 2);
    ck_assert_uint_eq(running(0), train);
    now += 100 * MS;
    chunk_ends(0);
    ck_assert_uint_eq(running(0), infer);
    ck_assert_uint_eq(the(GPU_DID_JOB_PREEMPTED, pipeline)->job, train);
    // Live trading goes before other inference.
    (void)ASK(.card = "a770", .budget = "models", .gib = 1, .share = 10, .priority = 0);
    now_live = submit(gpu.next_lease - 1, 1);
    now += 100 * MS;
    chunk_ends(0);
    ck_assert_uint_eq(running(0), now_live);
    chunk_ends(0);
    ck_assert_uint_eq(running(0), infer);
    chunk_ends(0);
    ck_assert_uint_eq(running(0), train);
}
END_TEST

static void filling(uint32_t card, uint32_t state)
{
    step((struct gpu_event){.kind = GPU_FILLING, .card = (uint8_t)card, .state = (uint8_t)state});
}

START_TEST(chunks_wait_while_their_card_fills_a_lease)
{
    uint64_t job;

    both(60, 40);
    job = submit(models, 2);
    ck_assert_uint_eq(running(0), job);
    now += 150 * MS;
    filling(0, 1); // its worker had not come to it
    ck_assert_int_eq(gpu_next_due(&gpu), INT64_MAX);
    tick(5000 * MS);
    ck_assert_uint_eq(out.n, 0);
    filling(0, 0);
    ck_assert_int_eq(gpu_next_due(&gpu), now + 2 * rules.chunk_ns + 1);
    tick(2 * rules.chunk_ns);
    ck_assert_uint_eq(running(0), job);
    chunk_ends(0);
    filling(0, 1); // the second one has begun
    (void)submit(pipeline, 1);
    release(models, 0);
    ck_assert_uint_eq(state_of(models), GPU_LEAVING);
    tick(5000 * MS);
    ck_assert_uint_eq(out.n, 0);
    filling(0, 0);
    chunk_ends(0);
    ck_assert_uint_eq(state_of(models), GPU_FREE);
    job = running(0);
    ck_assert_ptr_nonnull(the(GPU_DID_JOB_STARTED, pipeline));
    tick(2 * rules.chunk_ns + 1); // and from then on it hangs as any other
    ck_assert_uint_eq(the(GPU_DID_JOB_FAILED, pipeline)->job, job);
    filling(0, 1);
    job = submit(pipeline, 1);
    tick(5000 * MS);
    ck_assert_uint_eq(running(0), 0);
    filling(0, 0);
    ck_assert_uint_eq(running(0), job);
    filling(0, 2);
    ck_assert_uint_eq(why_refused(), GPU_WHY_INVALID);
    filling(1, 1);
    ck_assert_uint_eq(why_refused(), GPU_WHY_INVALID);
}
END_TEST

START_TEST(chunks_are_no_longer_than_the_longest)
{
    both(60, 40);
    step((struct gpu_event){
        .kind = GPU_SUBMIT, .lease = models, .n_chunks = 1, .chunk_ns = rules.chunk_ns + 1});
    ck_assert_uint_eq(why_refused(), GPU_WHY_LONG);
    step((struct gpu_event){.kind = GPU_SUBMIT, .lease = models, .n_chunks = 0, .chunk_ns = 1});
    ck_assert_uint_eq(why_refused(), GPU_WHY_LONG);
    step((struct gpu_event){.kind = GPU_SUBMIT, .lease = models, .n_chunks = 1, .chunk_ns = 0});
    ck_assert_uint_eq(why_refused(), GPU_WHY_LONG);
    (void)submit(ASK(.card = "a770", .budget = "models", .gib = 1), 1);
    ck_assert_uint_eq(why_refused(), GPU_WHY_SHARE);
    (void)submit(ASK(.card = "a770", .budget = "models", .gib = 9), 1);
    ck_assert_uint_eq(why_refused(), GPU_WHY_WAITS);
}
END_TEST

// Nanoseconds that each had in so much time, with work enough at any time; chunks of 10 ms.
static void run_for(int64_t ns, int is_inference_busy, int64_t had[2])
{
    int64_t end = now + ns;

    had[0] = had[1] = 0;
    while (now < end) {
        uint64_t job = running(0);
        int is_inference = job != 0 && job == gpu.next_job - 1 && is_inference_busy;

        tick(10 * MS);
        if (job == 0)
            continue;
        had[is_inference ? 0 : 1] += 10 * MS;
        chunk_ends(0);
    }
}

START_TEST(training_has_40_percent_of_the_time_and_no_more) // GPU-11
{
    int64_t had[2];

    // Inference has nothing to do, and training is held to its share all the same.
    both(60, 40);
    (void)submit(pipeline, 1000000);
    run_for(100 * SEC, 0, had);
    ck_assert_int_ge(had[1], 39 * SEC);
    ck_assert_int_le(had[1], 41 * SEC);
    // Inference that is busy has at least its 60 %: it goes first.
    (void)submit(models, 1000000);
    run_for(100 * SEC, 1, had);
    ck_assert_int_ge(had[0], 60 * SEC);
    ck_assert_int_le(had[1], 40 * SEC);
}
END_TEST

START_TEST(a_dedicated_training_has_all_the_time) // MLA-53
{
    int64_t had[2];
    uint64_t whole;

    begin("s1_inference_training", "production");
    whole = ASK(.card = "training", .budget = "training_pipeline", .gib = 40,
                .flags = GPU_DEDICATED | GPU_RESUMES);
    (void)submit(whole, 1000000);
    for (uint32_t i = 0; i < 100; i++) {
        ck_assert_uint_ne(running(1), 0);
        now += 100 * MS;
        chunk_ends(1);
    }
    had[0] = gpu_lease_of(&gpu, whole)->pass;
    ck_assert_int_eq(had[0], 10 * SEC);
}
END_TEST

START_TEST(equals_have_time_by_their_shares) // GPU-06
{
    uint64_t lease[2], job[2], n[2] = {0};

    begin("s4_a770", "production");
    for (uint32_t i = 0; i < 2; i++)
        lease[i] = ASK(.card = "a770", .budget = "models", .gib = 1, .share = i == 0 ? 40 : 20,
                       .priority = 1);
    for (uint32_t i = 0; i < 2; i++)
        job[i] = submit(lease[i], 1000);
    for (uint32_t i = 0; i < 300; i++) {
        n[running(0) == job[1]]++;
        now += 10 * MS;
        chunk_ends(0);
    }
    ck_assert_uint_ge(n[0], 199);
    ck_assert_uint_le(n[0], 201);
}
END_TEST

START_TEST(a_chunk_that_hangs_costs_its_job_and_no_other)
{
    uint64_t hung, other;

    both(60, 40);
    hung = submit(models, 5);
    other = submit(models, 1);
    tick(2 * rules.chunk_ns);
    ck_assert_uint_eq(running(0), hung);
    tick(1);
    ck_assert_uint_eq(count(GPU_DID_WORKER_AGAIN), 1);
    ck_assert_uint_eq(the(GPU_DID_JOB_FAILED, models)->job, hung);
    ck_assert_uint_eq(the(GPU_DID_JOB_FAILED, models)->why, GPU_WHY_HUNG);
    ck_assert_uint_eq(running(0), other);
    // Late after all: it is of no chunk that runs.
    step((struct gpu_event){.kind = GPU_CHUNK, .job = hung, .run = 1});
    ck_assert_uint_eq(why_refused(), GPU_WHY_OVER);
    ck_assert_uint_eq(running(0), other);
    step((struct gpu_event){.kind = GPU_CHUNK, .job = other, .run = 1, .is_failed = 1});
    ck_assert_uint_eq(the(GPU_DID_JOB_FAILED, models)->why, GPU_WHY_FAILED);
    ck_assert_uint_eq(state_of(models), GPU_HELD);
}
END_TEST

START_TEST(who_is_put_out_leaves_at_its_chunks_end_and_goes_on_later) // GPU-15, MLA-53
{
    uint64_t train, whole;

    begin("s1_inference_training", "production");
    pipeline = ASK(.card = "training", .budget = "training_pipeline", .gib = 30, .share = 10,
                   .priority = 3, .flags = GPU_RESUMES);
    train = submit(pipeline, 3);
    whole = ASK(.card = "training", .budget = "training_pipeline", .gib = 93, .priority = 1,
                .flags = GPU_DEDICATED);
    ck_assert_ptr_nonnull(find(GPU_DID_LEAVING, pipeline));
    ck_assert_uint_eq(state_of(whole), GPU_WAITING);
    ck_assert_int_eq(gpu_bytes(&gpu, 1), 30 * GIB);
    now += 100 * MS;
    chunk_ends(1);
    ck_assert_ptr_nonnull(find(GPU_DID_EVICTED, pipeline));
    ck_assert_ptr_nonnull(find(GPU_DID_GRANTED, whole));
    ck_assert_uint_eq(running(1), 0);
    release(whole, 0);
    ck_assert_ptr_nonnull(find(GPU_DID_RESUMED, pipeline));
    ck_assert_uint_eq(running(1), train);
    ck_assert_int_eq(the(GPU_DID_JOB_STARTED, pipeline)->value, 2);
    // Given back in the middle of a chunk: its bytes are free at the chunk's end, its job is over.
    release(pipeline, 0);
    ck_assert_ptr_nonnull(find(GPU_DID_LEAVING, pipeline));
    release(pipeline, 0);
    ck_assert_uint_eq(why_refused(), GPU_WHY_OVER);
    (void)submit(pipeline, 1);
    ck_assert_uint_eq(why_refused(), GPU_WHY_OVER);
    chunk_ends(1);
    ck_assert_uint_eq(the(GPU_DID_JOB_FAILED, pipeline)->why, GPU_WHY_RELEASED);
    ck_assert_ptr_nonnull(find(GPU_DID_ENDED, pipeline));
    ck_assert_int_eq(gpu_bytes(&gpu, 1), 0);
}
END_TEST

START_TEST(on_demand_the_worker_ends_with_the_last_lease) // GPU-25
{
    uint64_t one, other;

    begin("s3_t4", "production");
    one = ASK(.card = "t4", .budget = "training", .gib = 7, .share = 20);
    other = ASK(.card = "t4", .budget = "training", .gib = 7, .share = 20);
    release(one, 0);
    ck_assert_uint_eq(count(GPU_DID_WORKER_END), 0);
    (void)submit(other, 1);
    release(other, 0);
    ck_assert_uint_eq(count(GPU_DID_WORKER_END), 0);
    chunk_ends(0);
    ck_assert_uint_eq(count(GPU_DID_WORKER_END), 1);
    tick(SEC);
    ck_assert_uint_eq(out.n, 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("gpu_jobs");
    TCase *tcase = tcase_create("jobs");

    tcase_add_test(tcase, a_job_runs_chunk_by_chunk_to_its_end);
    tcase_add_test(tcase, who_is_better_waits_for_one_chunk);
    tcase_add_test(tcase, chunks_wait_while_their_card_fills_a_lease);
    tcase_add_test(tcase, chunks_are_no_longer_than_the_longest);
    tcase_add_test(tcase, training_has_40_percent_of_the_time_and_no_more);
    tcase_add_test(tcase, a_dedicated_training_has_all_the_time);
    tcase_add_test(tcase, equals_have_time_by_their_shares);
    tcase_add_test(tcase, a_chunk_that_hangs_costs_its_job_and_no_other);
    tcase_add_test(tcase, who_is_put_out_leaves_at_its_chunks_end_and_goes_on_later);
    tcase_add_test(tcase, on_demand_the_worker_ends_with_the_last_lease);
    suite_add_tcase(suite, tcase);
    return run_suite(suite);
}
