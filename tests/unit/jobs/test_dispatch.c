// SPDX-License-Identifier: Apache-2.0
/* Jobs on their way to a worker and back: what was copied is what runs, whatever its author writes
 * later, here and in a process of its own; a worker that dies or hangs, a cancel, and jobs that run
 * chunk by chunk: each has one outcome. argv[1]: agon-gpu. */
#include <check.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/hash.h"
#include "jobs/jobs.h"

#define N     200 /* floats of a job: more than an outcome has room for */
#define BYTES ((uint64_t)N * sizeof(float))

static const char *program;
static struct dispatch *dispatch;
static struct job_port port;
static unsigned char box[AGON_GPU_SUBMIT_MAX];

static void begin(const char *device, const char *script, int is_far)
{
    const struct dispatch_config config = {.program = program,
                                           .device = device,
                                           .script = script,
                                           .threads = 1,
                                           .chunk_ns =
                                               (int64_t)(script != NULL ? 300 : 20000) * 1000000,
                                           .is_far = is_far};
    struct error err = {0};

    ck_assert_msg(dispatch_new(&dispatch, &config, &err) == AGON_OK, "%s", err.text);
    port = dispatch_port(dispatch);
    port.lease(port.ctx, 1, 1, 1 << 20, 1);
}

/* y = 3 x of N floats in the box, as n_calls calls that do the same. */
static struct record_job_wish wish_of(uint64_t id, uint32_t n_calls)
{
    struct agon_gpu_map map = {
        .a = AGON_GPU_AT(0), .y = AGON_GPU_AT(BYTES), .n = N, .op = AGON_GPU_SCALE, .scale = 3};
    struct agon_gpu_call call = {.kernel = AGON_GPU_MAP};
    float x[N];

    memcpy(call.args, &map, sizeof(map));
    for (uint32_t i = 0; i < n_calls; i++)
        memcpy(box + i * sizeof(call), &call, sizeof(call));
    for (int i = 0; i < N; i++)
        x[i] = (float)i;
    memcpy(box + n_calls * sizeof(call), x, BYTES);
    return (struct record_job_wish){.origin = {.slot = 1, .generation = 1},
                                    .kind = JOB_SUBMIT,
                                    .job = id,
                                    .lease = 1,
                                    .n_calls = n_calls,
                                    .chunk_calls = 1,
                                    .memory = 2 * BYTES,
                                    .n_input = BYTES,
                                    .result_at = BYTES,
                                    .n_result = BYTES};
}

static struct record_job_wish hand_over(uint64_t id, uint32_t n_calls, int is_stepped)
{
    struct record_job_wish wish = wish_of(id, n_calls);

    port.admit(port.ctx, 1, &wish, box, n_calls * sizeof(struct agon_gpu_call) + BYTES);
    ck_assert_int_eq(wish.status, AGON_OK);
    memset(box, 0xff, sizeof(box)); // its author goes on writing
    port.submit(port.ctx, &wish, is_stepped);
    return wish;
}

static int32_t outcome(uint64_t id)
{
    const struct engine_job job = {.slot = 1, .id = id};
    struct record_job_done done;
    unsigned char digest[HASH_SIZE];
    const void *result;

    ck_assert_int_eq(dispatch_take(dispatch, &job, 1, &done, &result), 1);
    ck_assert_uint_eq(done.job, id);
    if (done.status < 0)
        return done.status;
    ck_assert_uint_eq(done.bytes, BYTES);
    ck_assert_uint_eq(done.n_inline, 0);
    for (int i = 0; i < N; i++)
        ck_assert_float_eq(((const float *)result)[i], 3.0f * (float)i);
    ck_assert_ptr_eq(port.result(port.ctx, 1, id), result);
    ck_assert_ptr_null(port.result(port.ctx, 1, id + 1));
    {
        struct hash hash;

        hash_init(&hash);
        hash_update(&hash, result, BYTES);
        hash_final(&hash, digest);
    }
    ck_assert_mem_eq(done.hash, digest, sizeof(done.hash));
    return done.status;
}

START_TEST(what_was_copied_is_what_runs)
{
    struct record_job_wish one, other;

    begin("cpu", NULL, _i);
    one = hand_over(1, 1, 0);
    other = hand_over(2, 2, 0);
    ck_assert_mem_ne(one.hash, other.hash, sizeof(one.hash));
    ck_assert_int_eq(outcome(2), AGON_OK);
    ck_assert_int_eq(outcome(1), AGON_OK);
    ck_assert_int_eq(outcome(1), AGON_EIO); // once: nobody knows it any more
    hand_over(3, 1, 0);
    port.drop(port.ctx, 1, 3);
    ck_assert_int_eq(outcome(3), AGON_EIO);
    dispatch_free(dispatch);
}
END_TEST

START_TEST(what_cannot_be_taken)
{
    struct record_job_wish wish;

    begin("cpu", NULL, _i);
    wish = wish_of(1, 1);
    for (uint64_t id = 1; id <= 2 * AGON_GPU_JOBS_MAX; id++) {
        wish.job = id;
        port.admit(port.ctx, 1, &wish, box, 100);
        ck_assert_int_eq(wish.status, AGON_OK);
    }
    wish.job = 99;
    port.admit(port.ctx, 1, &wish, box, 100);
    ck_assert_int_eq(wish.status, AGON_ENOSPC);
    port.drop(port.ctx, 1, 7);
    wish.status = AGON_OK;
    wish.job = 8;
    port.admit(port.ctx, 1, &wish, box, 100); // a number that another has
    ck_assert_int_eq(wish.status, AGON_EINVAL);
    wish = wish_of(50, 1);
    wish.lease = 2; // nobody holds it
    port.drop(port.ctx, 1, 1);
    port.admit(port.ctx, 1, &wish, box, sizeof(struct agon_gpu_call) + BYTES);
    port.submit(port.ctx, &wish, 0);
    ck_assert_int_eq(outcome(50), AGON_EIO);
    port.drop(port.ctx, 1, 2);
    wish = wish_of(51, 1);
    ((struct agon_gpu_call *)(void *)box)->kernel = 1000;
    port.admit(port.ctx, 1, &wish, box, sizeof(struct agon_gpu_call) + BYTES);
    port.submit(port.ctx, &wish, 0);
    ck_assert_int_eq(outcome(51), AGON_EINVAL);
    dispatch_free(dispatch);
}
END_TEST

START_TEST(a_worker_that_is_killed_or_hangs)
{
    begin("scripted", "1 run 1 hang, 2 run 2 hang", 0);
    hand_over(1, 1, 0);
    ck_assert_int_eq(outcome(1), AGON_OK); // again, by another worker
    hand_over(2, 1, 0);
    (void)kill(dispatch_worker_pid(dispatch), SIGKILL);
    ck_assert_int_eq(outcome(2), AGON_OK);
    dispatch_free(dispatch);
    begin("scripted", "0 run 0 hang", 0);
    hand_over(3, 1, 0);
    ck_assert_int_eq(outcome(3), AGON_ETIME);
    dispatch_free(dispatch);
}
END_TEST

static void go(uint64_t id, uint64_t run)
{
    const struct gpu_decision started = {.job = id + 100, .run = run, .card = 2};

    port.go(port.ctx, 1, id, &started);
}

static void await_chunk(uint64_t id, uint64_t run, int is_failed)
{
    struct dispatch_chunk chunk;

    while (!dispatch_chunk(dispatch, &chunk))
        (void)usleep(1000);
    ck_assert_uint_eq(chunk.id, id);
    ck_assert_uint_eq(chunk.card_job, id + 100);
    ck_assert_uint_eq(chunk.run, run);
    ck_assert_uint_eq(chunk.card, 2);
    ck_assert_int_eq(chunk.is_failed, is_failed);
    dispatch_chunk_done(dispatch);
}

START_TEST(chunk_by_chunk)
{
    const struct engine_job job = {.slot = 1, .id = 1};
    struct record_job_done done;
    struct dispatch_chunk chunk;
    const void *result;

    begin("cpu", NULL, 0);
    hand_over(1, 2, 1);
    ck_assert_int_eq(dispatch_take(dispatch, &job, 0, &done, &result), 0); // it has not begun
    go(1, 1);
    await_chunk(1, 1, 0);
    ck_assert_int_eq(dispatch_take(dispatch, &job, 0, &done, &result), 0);
    ck_assert_int_eq(dispatch_chunk(dispatch, &chunk), 0);
    go(1, 2);
    await_chunk(1, 2, 0);
    ck_assert_int_eq(outcome(1), AGON_OK);
    ck_assert_int_eq(dispatch_is_busy(dispatch), 0);
    hand_over(2, 2, 1); // cancelled while a chunk of it may run: that ends, too
    go(2, 3);
    port.drop(port.ctx, 1, 2);
    while (!dispatch_chunk(dispatch, &chunk))
        (void)usleep(1000);
    ck_assert_uint_eq(chunk.run, 3);
    dispatch_chunk_done(dispatch);
    while (dispatch_is_busy(dispatch))
        (void)dispatch_chunk(dispatch, &chunk);
    dispatch_free(dispatch);
}
END_TEST

static uint32_t n_asked; /* in this process alone */

static int is_fit(void *ctx, uint64_t bytes, struct error *err)
{
    n_asked++;
    return ctx == NULL ? AGON_OK : error_set(err, AGON_ERANGE, "not with %d", (int)bytes);
}

START_TEST(a_device_that_is_not_fit)
{
    struct dispatch_config config = {
        .program = program, .device = "cpu", .threads = 1, .is_far = _i, .is_fit = is_fit};
    struct error err = {0};

    ck_assert_msg(dispatch_new(&dispatch, &config, &err) == AGON_OK, "%s", err.text);
    ck_assert_uint_eq(n_asked, _i ? 0 : 1);
    dispatch_free(dispatch);
    config.ctx = &config;
    ck_assert_int_eq(dispatch_new(&dispatch, &config, &err), AGON_ERANGE);
    ck_assert_ptr_null(dispatch);
    ck_assert_ptr_nonnull(strstr(err.text, "not with 0"));
}
END_TEST

START_TEST(no_worker)
{
    const struct dispatch_config config = {.program = "/nowhere/agon-gpu", .device = "cpu"};
    struct error err = {0};

    ck_assert_int_lt(dispatch_new(&dispatch, &config, &err), 0);
    ck_assert_ptr_null(dispatch);
    ck_assert_ptr_nonnull(strstr(err.text, "agon-gpu"));
}
END_TEST

int main(int argc, char **argv)
{
    Suite *suite = suite_create("jobs_dispatch");
    TCase *tcase = tcase_create("dispatch");
    SRunner *runner;
    int n_failed;

    if (argc < 2)
        return 1;
    program = argv[1];
    (void)signal(SIGPIPE, SIG_IGN);
    tcase_set_timeout(tcase, 50);
    tcase_add_loop_test(tcase, what_was_copied_is_what_runs, 0, 2); // and in a process of its own
    tcase_add_loop_test(tcase, what_cannot_be_taken, 0, 2);
    tcase_add_test(tcase, a_worker_that_is_killed_or_hangs);
    tcase_add_test(tcase, chunk_by_chunk);
    tcase_add_loop_test(tcase, a_device_that_is_not_fit, 0, 2);
    tcase_add_test(tcase, no_worker);
    suite_add_tcase(suite, tcase);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    n_failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return n_failed == 0 ? 0 : 1;
}
