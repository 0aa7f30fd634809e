// SPDX-License-Identifier: Apache-2.0
/* The worker of a card against a driver and an NVML that stand in for them (tests/support/cuda),
 * where each call that it makes fails once: each job still has one outcome, nobody else's is lost,
 * and no memory is given back that is not 0. */
#include "world.h"

#include <stdio.h>
#include <sys/mman.h>

#include "kernels/cuda/driver.h"
#include "sys/memfd.h"

/* The stand-ins' files; the compiler is asked by an agon-gpu that was built without nvcc. */
static const char *driver, *nvrtc;

/* A call that no job makes: of host/card a session alone copies from one place of the card to
 * another, for a training. card_away reaches it, and has it fail. */
#define OF_A_SESSION "cuMemcpyDtoDAsync_v2"

#define DRIVER_SYMBOL(name, symbol, args) symbol,
static const char *const driver_calls[] = {DRIVER_CALLS(DRIVER_SYMBOL)};
static const char *const sensor_calls[] = {"nvmlInit_v2",
                                           "nvmlDeviceGetHandleByPciBusId_v2",
                                           "nvmlDeviceGetTemperature",
                                           "nvmlDeviceGetUtilizationRates",
                                           "nvmlDeviceGetMemoryInfo",
                                           "nvmlShutdown"};
#define N_DRIVER (sizeof(driver_calls) / sizeof(driver_calls[0]))
#define N_SENSOR (sizeof(sensor_calls) / sizeof(sensor_calls[0]))
#define N_JOBS   4u

struct run {
    struct outcomes outcomes;
    struct card_event look;
    uint32_t lives;
    char *log; /* owned: what the stand-in said */
};

/* One line of it. */
static int said(const struct run *run, const char *before, const char *what)
{
    char line[160];
    int n = snprintf(line, sizeof(line), "%s%s", before, what);

    for (const char *at = run->log; (at = strstr(at, line)) != NULL; at++)
        if ((at == run->log || at[-1] == '\n') && at[n] == '\n')
            return 1;
    return 0;
}

static void submit_embed(struct card_worker *worker, int64_t lease)
{
    struct embed_args embed = {.table = remote_at(64 * sizeof(real)),
                               .ids = remote_at(0),
                               .y = remote_at(128 * sizeof(real)),
                               .n = 3,
                               .width = 8};
    struct remote_job job;
    struct error err = {0};

    remote_job_init(&job, REAL_BITS, MEMORY);
    remote_job_call(&job, KERNEL_embed, &embed, sizeof(embed));
    ck_assert_int_gt((int)remote_job_submit(&job, worker, lease, 2, 60 * SECOND, &err), 0);
    remote_job_deinit(&job);
}

static struct card_worker *start_cuda(const char *fails, int *log_fd)
{
    static char variable[160];
    static const char *const environment[] = {variable, "EMULATED_FIRST=1", "EMULATED_SAYS=1",
                                              "EMULATED_STICKY=1", NULL};
    struct card_worker_config config = card_worker_preset("cuda");
    struct error err = {0};

    (void)snprintf(variable, sizeof(variable), "EMULATED_FAILS=%s", fails);
    *log_fd = memfd_new("log", 0, &err);
    ck_assert_int_ge(*log_fd, 0);
    config.driver = config.sensors = driver;
    config.nvrtc = nvrtc;
    config.envp = environment;
    config.log_fd = *log_fd;
    config.back_ns = 1000000;
    return start(config);
}

static void end_run(struct card_worker *worker, int log_fd, struct run *run)
{
    off_t n;

    run->lives = card_worker_lives(worker);
    card_worker_free(worker);
    n = lseek(log_fd, 0, SEEK_END);
    run->log = calloc(1, (size_t)n + 1);
    ck_assert_ptr_nonnull(run->log);
    ck_assert_int_eq((int)pread(log_fd, run->log, (size_t)n, 0), (int)n);
    (void)close(log_fd);
}

/* Two leases, jobs of both by turns, a look, and the end of both. The last job has ids. */
static void run_all(const char *fails, int64_t chunk_ns, struct run *run)
{
    int log_fd;
    struct card_worker *worker = start_cuda(fails, &log_fd);
    struct card_event event;
    struct error err = {0};
    int64_t leases[2];
    int64_t first = 0;
    uint32_t n_ended = 0;

    memset(run, 0, sizeof(*run));
    for (int i = 0; i < 2; i++)
        leases[i] = lease_of(worker);
    for (uint32_t i = 0; i < N_JOBS; i++) {
        int64_t id = submit_job(worker, leases[i % 2], i, 2, chunk_ns);

        first = i == 0 ? id : first;
    }
    submit_embed(worker, leases[0]);
    take_outcomes(worker, first, N_JOBS + 1, &run->outcomes);
    ck_assert_msg(run->outcomes.losts == 0, "%s: %s", fails, run->outcomes.text);
    while (card_worker_look(worker) == AGON_EAGAIN)
        (void)card_worker_wait(worker, SECOND / 100);
    run->look = remote_await(worker, CARD_EVENT_LOOKED);
    for (int i = 0; i < 2; i++)
        n_ended += card_worker_end(worker, leases[i], &err) < 0; // it never began
    while (n_ended < 2) {
        ck_assert(card_worker_wait(worker, 60 * SECOND));
        while (card_worker_next(worker, &event))
            n_ended += event.kind == CARD_EVENT_ENDED;
    }
    end_run(worker, log_fd, run);
    for (uint32_t i = 0; i <= N_JOBS; i++)
        ck_assert_msg(run->outcomes.count[i] == 1, "%s: job %u has %u outcomes", fails, i,
                      run->outcomes.count[i]);
    ck_assert_msg(strstr(run->log, "\nwrong: ") == NULL, "%s: %s", fails,
                  strstr(run->log, "\nwrong: "));
}

/* All jobs, or those of the first lease alone. */
static void expect_right(const char *fails, const struct run *run, int has_second)
{
    for (uint32_t i = 0; i < N_JOBS; i++) {
        int want = has_second || i % 2 == 0 ? AGON_OK : AGON_ENOMEM;

        ck_assert_msg(run->outcomes.status[i] == want, "%s: job %u: %s, %s", fails, i,
                      error_name(run->outcomes.status[i]), run->outcomes.text);
        ck_assert_msg(run->outcomes.is_right[i] == (want == AGON_OK), "%s: job %u", fails, i);
    }
    ck_assert_int_eq(run->outcomes.status[N_JOBS], AGON_OK);
}

START_TEST(every_call_of_the_driver_is_reached)
{
    struct run run;

    run_all("", 60 * SECOND, &run);
    expect_right("", &run, 1);
    for (size_t i = 0; i < N_DRIVER; i++) {
        // Nothing failed.
        int is_made = strcmp(driver_calls[i], OF_A_SESSION) != 0 &&
                      strcmp(driver_calls[i], "cuGetErrorName") != 0;

        ck_assert_msg(said(&run, "", driver_calls[i]) == is_made, "%s", driver_calls[i]);
    }
    for (size_t i = 0; i < N_SENSOR; i++)
        ck_assert_msg(said(&run, "", sensor_calls[i]), "%s", sensor_calls[i]);
    ck_assert_uint_eq(run.lives, 1);
    ck_assert_int_eq(run.look.look.celsius, 63);
    ck_assert_int_eq(run.look.look.busy_pct, 88);
    ck_assert_uint_eq(run.look.look.total_bytes, 1u << 30);
    ck_assert_uint_eq(run.look.look.used_bytes, 1u << 29);
    free(run.log);
}
END_TEST

/* Calls that fail when a lease is made cost that lease: the second. */
static int is_of_a_lease(const char *call)
{
    return strcmp(call, "cuMemAlloc_v2") == 0 || strcmp(call, "cuMemHostAlloc") == 0;
}

/* Whose failure the worker does not survive. */
static int ends_the_worker(const char *call)
{
    return !is_of_a_lease(call) && strcmp(call, "cuModuleUnload") != 0 &&
           strcmp(call, "cuDevicePrimaryCtxRelease_v2") != 0;
}

/* Both types share all but the kernels: double does the half that float leaves. */
static const uint32_t nths[] = {REAL_BITS == 32 ? 1 : 2, REAL_BITS == 32 ? 5 : 2};
#define N_NTHS (REAL_BITS == 32 ? 2u : 1u)

START_TEST(a_call_that_fails_costs_nobody_else)
{
    const char *call = driver_calls[_i];
    uint32_t n_reached = 0;

    for (size_t i = 0; i < N_NTHS; i++) {
        uint32_t nth = is_of_a_lease(call) ? 2 : nths[i];
        char fails[128];
        struct run run;

        if (strcmp(call, OF_A_SESSION) == 0)
            continue;
        // The name of an error is asked for when something else has failed.
        (void)snprintf(fails, sizeof(fails), "%s%s:%u",
                       strcmp(call, "cuGetErrorName") == 0 ? "cuLaunchKernel:4," : "", call,
                       strcmp(call, "cuGetErrorName") == 0 ? 1 : nth);
        run_all(fails, 60 * SECOND, &run);
        expect_right(fails, &run, !is_of_a_lease(call));
        if (said(&run, "failed ", call)) {
            n_reached++;
            // What fails at the last lease's end may be seen after the run's.
            ck_assert_msg(run.lives == (ends_the_worker(call) ? 2 : 1) ||
                              strncmp(call, "cuMemFree", 9) == 0,
                          "%s: %u lives", fails, run.lives);
        }
        free(run.log);
    }
    // Of what is called once in a life there is no second time.
    ck_assert_msg(n_reached > 0 || nths[0] > 1 || strcmp(call, OF_A_SESSION) == 0, "%s", call);
}
END_TEST

START_TEST(without_sensors_jobs_go_on)
{
    struct run run;

    run_all(sensor_calls[_i], 60 * SECOND, &run);
    expect_right(sensor_calls[_i], &run, 1);
    ck_assert(said(&run, "failed ", sensor_calls[_i]));
    ck_assert_int_eq(run.look.look.celsius, _i < 3 ? -1 : 63);
    ck_assert_int_eq(run.look.look.busy_pct, _i < 2 || _i == 3 ? -1 : 88);
    ck_assert_uint_eq(run.look.look.total_bytes, _i < 2 || _i == 4 ? 0 : 1u << 30);
    ck_assert_uint_eq(run.lives, 1);
    free(run.log);
}
END_TEST

/* A driver that does not come back, and one that takes the process with it. */
START_TEST(a_driver_that_hangs_or_dies_costs_a_start)
{
    static const char *const fails[] = {"cuLaunchKernel:5=hang",
                                        "cuCtxSynchronize:4=hang",
                                        "cuMemcpyDtoH_v2:2=hang",
                                        "cuLaunchKernel:5=die",
                                        "cuCtxSynchronize:4=die",
                                        "cuMemcpyHtoD_v2:3=die",
                                        "cuInit=die",
                                        "cuModuleLoadData:1=die"};
    struct run run;

    run_all(fails[_i], strstr(fails[_i], "hang") != NULL ? 10 * SECOND : 60 * SECOND, &run);
    expect_right(fails[_i], &run, 1);
    ck_assert_uint_ge(run.lives, 2); // a busy machine may need more
    free(run.log);
}
END_TEST

/* Stretches that end a byte behind what the job has: no launch, and the memory behind it is not
 * touched. */
START_TEST(a_call_beyond_its_memory_is_never_launched)
{
    int log_fd;
    struct card_worker *worker = start_cuda("", &log_fd);
    int64_t lease = lease_of(worker);
    struct map_args map = {.a = remote_at(sizeof(real)),
                           .y = remote_at(sizeof(real)),
                           .n = 4 * CELLS,
                           .op = MAP_SCALE};
    struct remote_job job;
    struct card_event event;
    struct error err = {0};
    struct run run = {0};

    remote_job_init(&job, REAL_BITS, MEMORY);
    remote_job_call(&job, KERNEL_map, &map, sizeof(map));
    ck_assert_int_gt((int)remote_job_submit(&job, worker, lease, 1, 60 * SECOND, &err), 0);
    event = remote_await(worker, CARD_EVENT_DONE);
    ck_assert_int_eq(event.status, AGON_ERANGE);
    ck_assert_str_eq(event.text, "call 0: map: a lies outside of its memory");
    remote_job_deinit(&job);
    end_run(worker, log_fd, &run);
    ck_assert(!said(&run, "", "cuLaunchKernel"));
    ck_assert(said(&run, "", "cuMemFree_v2")); // given back though nobody ended the lease
    ck_assert_msg(strstr(run.log, "wrong: ") == NULL, "%s", run.log);
    free(run.log);
}
END_TEST

int main(int argc, char **argv)
{
    Suite *suite = suite_create("card_cuda");
    TCase *tcase = tcase_create("cuda");
    SRunner *runner;
    int failed;

    if (argc < 4)
        return EXIT_FAILURE;
    program = argv[1];
    driver = argv[2];
    nvrtc = argv[3];
    tcase_set_timeout(tcase, 60);
    tcase_add_test(tcase, every_call_of_the_driver_is_reached);
    tcase_add_loop_test(tcase, a_call_that_fails_costs_nobody_else, 0, (int)N_DRIVER);
    tcase_add_loop_test(tcase, without_sensors_jobs_go_on, 0, (int)N_SENSOR);
    tcase_add_loop_test(tcase, a_driver_that_hangs_or_dies_costs_a_start, 0, 8);
    tcase_add_test(tcase, a_call_beyond_its_memory_is_never_launched);
    suite_add_tcase(suite, tcase);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
