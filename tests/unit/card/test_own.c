// SPDX-License-Identifier: Apache-2.0
/* An agent's own kernels in a worker of their own: compiled by NVRTC behind the fence, run by a
 * driver that stands in for one. What is wrong with source, entry point or kernel costs the job
 * that needs it, each with its reason, and nobody else's. By a stand-in of NVRTC, and by NVRTC
 * itself where there is one (AGON_NVRTC: another than the system's); by that the host's kernels
 * too. */
#include "world.h"

#include <dlfcn.h>
#include <signal.h>
#include <stdio.h>
#include <sys/mman.h>

#include "card/nvrtc.h"
#include "card/typed.h"
#include "sys/clock.h"
#include "sys/memfd.h"
#include "sys/proc.h"

#define N 300u

static const char *driver, *stand_in, *without_image;

static const char source[] =
    "#include <stdint.h>\n"
    "struct scale { const uint32_t *a; uint32_t *y; uint32_t n, factor; };\n"
    "extern \"C\" __global__ void own_scale(struct scale s)\n"
    "{\n"
    "    for (uint32_t i = blockIdx.x * blockDim.x + threadIdx.x; i < s.n; i += gridDim.x * "
    "blockDim.x)\n"
    "        s.y[i] = s.a[i] * s.factor;\n"
    "}\n"
    "struct at { uint32_t *y; };\n"
    "extern \"C\" __global__ void own_beyond(struct at s) { s.y[1u << 28] = 1; }\n"
    "extern \"C\" __global__ void own_endless(struct at s)\n"
    "{\n"
    "    volatile uint32_t *y = s.y;\n"
    "    while (*y != 77)\n"
    "        ;\n"
    "}\n"
    "__device__ uint32_t *kept;\n"
    "extern \"C\" __global__ void own_freed(struct at s)\n"
    "{\n"
    "    *s.y = kept != 0 ? *kept : 5;\n"
    "    kept = s.y;\n"
    "}\n";

#define SPUN_NS ((int64_t)50 * 1000 * 1000) /* of a processor: nothing but a kernel takes that */
enum { SCALE, BEYOND, ENDLESS, FREED };
struct scale {
    uint64_t a, y;
    uint32_t n, factor;
};
static const char *const names[] = {"own_scale", "own_beyond", "own_endless", "own_freed"};

static struct card_worker_config config_of(const struct card_own *own)
{
    struct card_worker_config config = card_worker_preset("cuda");

    config.driver = driver;
    config.nvrtc = stand_in;
    config.own = own;
    config.back_ns = 1000000;
    return config;
}

static struct card_worker *start_own(const char *text, const char *nvrtc, const char *const *envp)
{
    struct card_own own = {text, strlen(text)};
    struct card_worker_config config = config_of(&own);

    config.nvrtc = nvrtc;
    config.envp = envp;
    return start(config);
}

/* Entry `entry` on a memory of N values and their results. */
static int64_t submit_own(struct card_worker *worker, int64_t lease, uint32_t entry,
                          uint32_t factor, int64_t chunk_ns)
{
    struct card_own_call call = {.blocks = 2, .threads = 64, .addresses = entry == SCALE ? 3 : 1};
    struct remote_job job;
    struct error err = {0};
    int64_t id;

    memcpy(call.name, names[entry], strlen(names[entry]));
    remote_job_init(&job, 32, MEMORY);
    for (uint32_t i = 0; i < N; i++)
        memcpy(job.memory + i * sizeof(i), &i, sizeof(i));
    if (entry == SCALE) {
        struct scale scale = {CARD_JOB, CARD_JOB + N * 4, N, factor};

        memcpy(call.args, &scale, sizeof(scale));
    } else {
        uint64_t at = CARD_JOB + N * 4;

        memcpy(call.args, &at, sizeof(at));
    }
    remote_job_call(&job, (enum kernel)CARD_OWN, &call, sizeof(call));
    job.head.n_input = N * 4;
    job.head.result_at = N * 4;
    job.head.n_result = N * 4;
    id = remote_job_submit(&job, worker, lease, 2, chunk_ns, &err);
    ck_assert_msg(id > 0, "%s", err.text);
    remote_job_deinit(&job);
    return id;
}

static void expect_scaled(struct card_worker *worker, int64_t job, uint32_t factor)
{
    struct card_event event = remote_await(worker, CARD_EVENT_DONE);
    uint32_t values[N];

    ck_assert_msg(event.status == AGON_OK, "%s", event.text);
    ck_assert_int_eq(event.job, job);
    ck_assert_int_eq((int)pread(event.result_fd, values, sizeof(values), 0), (int)sizeof(values));
    for (uint32_t i = 0; i < N; i++)
        MUST_EQ(values[i], i * factor);
    (void)close(event.result_fd);
}

static struct card_event expect_failed(struct card_worker *worker, int64_t job, int status,
                                       const char *why)
{
    struct card_event event = remote_await(worker, CARD_EVENT_DONE);

    ck_assert_msg(event.status == status, "%d: %s", event.status, event.text);
    ck_assert_int_eq(event.job, job);
    ck_assert_msg(strstr(event.text, why) != NULL, "\"%s\", not \"%s\"", event.text, why);
    return event;
}

/* With one that is right before and behind, of another lease. */
static void all_of_it(const char *nvrtc)
{
    struct card_worker *worker = start_own(source, nvrtc, NULL);
    int64_t one = lease_of(worker);
    int64_t other = lease_of(worker);
    struct error err = {0};
    int64_t bad;
    int64_t good;

    ck_assert_msg(remote_await(worker, CARD_EVENT_UP).fence != 0, "no fence");
    expect_scaled(worker, submit_own(worker, one, SCALE, 3, 60 * SECOND), 3);
    // Out of its memory: the card's context is gone, and with it the worker; twice, and it has
    // failed.
    bad = submit_own(worker, one, BEYOND, 0, 60 * SECOND);
    good = submit_own(worker, other, SCALE, 4, 60 * SECOND);
    (void)expect_failed(worker, bad, AGON_EIO, "");
    expect_scaled(worker, good, 4);
    bad = submit_own(worker, one, ENDLESS, 0, SECOND);
    good = submit_own(worker, other, SCALE, 5, 60 * SECOND);
    (void)expect_failed(worker, bad, AGON_ETIME, "no chunk was done in 1000 ms");
    expect_scaled(worker, good, 5);
    // What it kept of a lease that has ended is nobody's.
    bad = submit_own(worker, one, FREED, 0, 60 * SECOND);
    ck_assert_int_eq(remote_await(worker, CARD_EVENT_DONE).status, AGON_OK);
    ck_assert_int_eq(card_worker_end(worker, one, &err), AGON_OK);
    ck_assert_int_eq(remote_await(worker, CARD_EVENT_ENDED).status, AGON_OK);
    bad = submit_own(worker, other, FREED, 0, 60 * SECOND);
    good = submit_own(worker, other, SCALE, 6, 60 * SECOND);
    // It fails with the worker that has kept it; the next one's knows of nothing.
    ck_assert_int_eq(remote_await(worker, CARD_EVENT_DONE).job, bad);
    expect_scaled(worker, good, 6);
    ck_assert_uint_ge(card_worker_lives(worker), 5);
    card_worker_free(worker);
}

START_TEST(what_an_own_kernel_does_wrong_costs_its_job)
{
    all_of_it(stand_in);
}
END_TEST

static const char *real_nvrtc(void)
{
    const char *named = getenv("AGON_NVRTC");
    struct error err = {0};
    struct card_nvrtc *nvrtc = card_nvrtc_open(named, &err);

    if (nvrtc == NULL) {
        printf("not run by NVRTC itself: %s\n", err.text);
        return NULL;
    }
    card_nvrtc_close(nvrtc);
    return named != NULL ? named : "";
}

START_TEST(by_nvrtc_itself)
{
    const char *nvrtc = real_nvrtc();
    struct card_worker *worker;
    struct card_event event;

    if (nvrtc == NULL)
        return;
    nvrtc = nvrtc[0] == '\0' ? NULL : nvrtc;
    all_of_it(nvrtc);
    worker =
        start_own("extern \"C\" __global__ void own_scale(int n) { return n +; }\n", nvrtc, NULL);
    event = expect_failed(worker, submit_own(worker, lease_of(worker), SCALE, 1, 60 * SECOND),
                          AGON_EINVAL, "own.cu does not compile: own.cu(1): error: ");
    ck_assert_ptr_nonnull(strstr(event.text, "expected an expression"));
    card_worker_free(worker);
}
END_TEST

/* The host's kernels, for each kind of card that it makes code for. */
START_TEST(the_hosts_kernels_are_compiled_by_nvrtc_itself)
{
    static const uint32_t archs[] = {75, 90, 121, 200};
    const char *nvrtc = real_nvrtc();
    struct card_source kernels =
        card_kernels_source(_i % 2 == 0 ? "-DREAL_BITS=32" : "-DREAL_BITS=64");
    struct card_nvrtc *compiler;
    struct error err = {0};
    char *code = NULL;

    if (nvrtc == NULL)
        return;
    compiler = card_nvrtc_open(nvrtc[0] == '\0' ? NULL : nvrtc, &err);
    ck_assert_int_eq(card_nvrtc_compile(compiler, &kernels, archs[_i], &code, &err), AGON_OK);
    // PTX where a card is newer than all that it knows.
    ck_assert_int_eq(memcmp(code, "\177ELF", 4) == 0, archs[_i] < 200);
    if (archs[_i] == 200)
        ck_assert_ptr_nonnull(strstr(code, ".entry agon_gemm_tiny("));
    free(code);
    ck_assert_int_eq(card_nvrtc_compile(compiler, &kernels, 60, &code, &err), AGON_ENOTSUP);
    ck_assert_ptr_null(code);
    card_nvrtc_close(compiler);
}
END_TEST

/* A source is what its agent wrote: each mistake is a reason of each job, and no worker is lost. */
START_TEST(what_is_wrong_with_a_source_is_said)
{
    static const char *const no_variables[] = {NULL};
    static const char *const fails[][2] = {{"NVRTC_FAILS=nvrtcGetNumSupportedArchs", NULL},
                                           {"NVRTC_FAILS=nvrtcGetSupportedArchs", NULL},
                                           {"NVRTC_FAILS=nvrtcCreateProgram", NULL},
                                           {"NVRTC_FAILS=nvrtcCompileProgram", NULL},
                                           {"NVRTC_FAILS=nvrtcGetCUBINSize", NULL},
                                           {"NVRTC_FAILS=nvrtcGetCUBIN", NULL},
                                           {"NVRTC_ARCHS=90", NULL},
                                           {"EMULATED_FAILS=cuModuleLoadData", NULL}};
    const struct {
        const char *text, *nvrtc;
        const char *const *envp;
        int status;
        const char *why;
    } wrong[] = {
        {"#error\nown_scale", stand_in, no_variables, AGON_EINVAL,
         "own.cu does not compile: own.cu(1): error: #error directive:  [31mas it was written "
         "own.cu(2): error: and more own.cu(1)"},
        {"nothing", stand_in, no_variables, AGON_EINVAL, "there is no kernel own_scale"},
        {source, "/nonexistent/libnvrtc.so", no_variables, AGON_ENOTSUP, "no NVRTC: "},
        {source, driver, no_variables, AGON_ENOTSUP, "it is too old; it comes with"},
        {source, stand_in, fails[0], AGON_ENOTSUP, "does not say for which cards"},
        {source, stand_in, fails[1], AGON_ENOTSUP, "does not say for which cards"},
        {source, stand_in, fails[2], AGON_ENOTSUP, "NVRTC_ERROR_STAND_IN (5) in create"},
        {source, stand_in, fails[3], AGON_ENOTSUP, "NVRTC_ERROR_STAND_IN (5) in compile"},
        {source, stand_in, fails[4], AGON_ENOTSUP, "NVRTC_ERROR_STAND_IN (5) in size"},
        {source, stand_in, fails[5], AGON_ENOTSUP, "NVRTC_ERROR_STAND_IN (5) in code"},
        {source, stand_in, fails[6], AGON_ENOTSUP,
         "makes no code for cards of compute capability 7.5"},
        {source, stand_in, fails[7], AGON_EINVAL, "in module_load"},
    };
    struct card_worker *worker = start_own(wrong[_i].text, wrong[_i].nvrtc, wrong[_i].envp);
    int64_t lease = lease_of(worker);
    int64_t first = submit_own(worker, lease, SCALE, 1, 60 * SECOND);
    int64_t second = submit_own(worker, lease, SCALE, 1, 60 * SECOND);
    struct card_event up = remote_await(worker, CARD_EVENT_UP);

    // Of all of them, or of the one that is not there: who is up says the first before any job.
    ck_assert_int_eq(up.own, _i == 1 ? AGON_OK : wrong[_i].status);
    ck_assert_msg(_i == 1 || strstr(up.text, wrong[_i].why) != NULL, "%s", up.text);
    (void)expect_failed(worker, first, wrong[_i].status, wrong[_i].why);
    (void)expect_failed(worker, second, wrong[_i].status, wrong[_i].why);
    ck_assert_uint_eq(card_worker_lives(worker), 1);
    card_worker_free(worker);
}
END_TEST

/* It never ends, or takes its worker with it: that worker is lost, and says why. */
START_TEST(a_compile_that_never_ends_is_ended)
{
    struct card_own own = {_i == 0 ? "HANG" : "DIE", _i == 0 ? 4 : 3};
    struct card_worker_config config = config_of(&own);
    struct card_worker *worker;

    config.start_ns = SECOND;
    config.lives_max = 2;
    worker = start(config);
    (void)expect_failed(worker, submit_own(worker, lease_of(worker), SCALE, 1, 60 * SECOND),
                        AGON_EIO, _i == 0 ? "did not come up in time" : "signal 9");
    card_worker_free(worker);
}
END_TEST

START_TEST(a_call_that_is_wrong_is_refused)
{
    static const struct {
        const char *name;
        uint32_t blocks, threads, shared, addresses;
        uint64_t a;
        uint32_t kernel;
        int status;
        const char *why;
    } wrong[] = {
        {"own_scale", 0, 64, 0, 3, CARD_JOB, CARD_OWN, AGON_ERANGE,
         "own_scale: 0 blocks of 64 threads"},
        {"own_scale", 1u << 31, 64, 0, 3, CARD_JOB, CARD_OWN, AGON_ERANGE, "blocks of 64 threads"},
        {"own_scale", 1, 0, 0, 3, CARD_JOB, CARD_OWN, AGON_ERANGE, "1 blocks of 0 threads"},
        {"own_scale", 1, 1025, 0, 3, CARD_JOB, CARD_OWN, AGON_ERANGE, "1 blocks of 1025 threads"},
        {"own_scale", 1, 64, CARD_OWN_SHARED + 1, 3, CARD_JOB, CARD_OWN, AGON_ERANGE,
         "shared bytes"},
        {"own_scale", 1, 64, 0, 3, CARD_JOB + MEMORY, CARD_OWN, AGON_ERANGE,
         "the address at byte 0 lies outside"},
        {"own_scale", 1, 64, 0, 3, CARD_JOB - 1, CARD_OWN, AGON_ERANGE,
         "the address at byte 0 lies outside"},
        {"own_scale", 1, 64, 0, 3, CARD_RESIDENT, CARD_OWN, AGON_ERANGE,
         "the address at byte 0 lies outside"},
        {"own_scale", 1, 64, 0, 3, UINT64_MAX, CARD_OWN, AGON_ERANGE,
         "the address at byte 0 lies outside"},
        {"own_scale", 1, 64, 0, 3 | 1u << 8, CARD_JOB, CARD_OWN, AGON_ERANGE,
         "addresses behind its arguments"},
        {"own_none", 1, 64, 0, 3, CARD_JOB, CARD_OWN, AGON_EINVAL, "there is no kernel own_none"},
        {"", 1, 64, 0, 3, CARD_JOB, CARD_OWN, AGON_EINVAL, "has 1 to 31 characters"},
        {"own_scale_of_a_name_that_has_32_c", 1, 64, 0, 3, CARD_JOB, CARD_OWN, AGON_EINVAL,
         "has 1 to 31 characters"},
        {"own_scale", 1, 64, 0, 3, CARD_JOB, KERNEL_map, AGON_EINVAL,
         "kernel 0 is not of the agent's own"},
        {"own_scale", 1, 64, 0, 3, CARD_JOB, UINT32_MAX, AGON_EINVAL,
         "kernel 4294967295 is not of the agent's own"}};
    struct card_worker *worker = start_own(source, stand_in, NULL);
    int64_t lease = lease_of(worker);
    struct error err = {0};

    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        struct scale scale = {wrong[i].a, CARD_JOB, 1, 1};
        struct card_own_call call = {.blocks = wrong[i].blocks,
                                     .threads = wrong[i].threads,
                                     .shared = wrong[i].shared,
                                     .addresses = wrong[i].addresses};
        struct remote_job job;
        int64_t id;

        memcpy(call.name, wrong[i].name, strnlen(wrong[i].name, sizeof(call.name)));
        memcpy(call.args, &scale, sizeof(scale));
        remote_job_init(&job, 32, MEMORY);
        remote_job_call(&job, (enum kernel)wrong[i].kernel, &call, sizeof(call));
        id = remote_job_submit(&job, worker, lease, 2, 60 * SECOND, &err);
        remote_job_deinit(&job);
        (void)expect_failed(worker, id, wrong[i].status, wrong[i].why);
    }
    expect_scaled(worker, submit_own(worker, lease, SCALE, 2, 60 * SECOND), 2);
    ck_assert_uint_eq(card_worker_lives(worker), 1);
    card_worker_free(worker);
}
END_TEST

/* Ends by itself where it may; killed where a kernel has no end. Nobody waits meanwhile. */
START_TEST(one_that_is_closed_is_not_waited_for)
{
    struct card_worker *worker = start_own(source, stand_in, NULL);
    int64_t lease = lease_of(worker);
    int64_t begin_ns;
    int pid;
    int n = 0;

    expect_scaled(worker, submit_own(worker, lease, SCALE, 2, 60 * SECOND), 2);
    if (_i == 1) {
        int64_t used_ns = proc_cpu_ns(card_worker_pid(worker));

        (void)submit_own(worker, lease, ENDLESS, 0, 60 * SECOND);
        while (proc_cpu_ns(card_worker_pid(worker)) < used_ns + SPUN_NS) // it runs
            (void)usleep(1000);
    }
    pid = card_worker_pid(worker);
    begin_ns = clock_mono();
    for (; !card_worker_close(worker); n++) {
        ck_assert_int_lt(clock_mono() - begin_ns, 20 * SECOND);
        (void)usleep(1000);
    }
    ck_assert(_i == 0 || n > 0); // one without a kernel may be gone by then
    ck_assert(_i == 0 || clock_mono() - begin_ns >= 2 * SECOND);
    ck_assert_int_eq(kill(pid, 0), -1);
    ck_assert_int_eq(card_worker_close(worker), 1);
    card_worker_free(worker);
}
END_TEST

START_TEST(what_is_no_source_is_refused_at_once)
{
    struct card_own own = {source, sizeof(source) - 1};
    struct card_worker_config config = config_of(&own);
    struct card_lease shape = {.bytes = 8192, .stage = 4096, .resident = 64};
    struct error err = {0};
    struct card_worker *worker;

    config.program = program;
    config.device = "cpu";
    ck_assert_ptr_null(card_worker_new(&config, &err));
    ck_assert_int_eq(err.code, AGON_ENOTSUP);
    config.device = "cuda";
    for (int i = 0; i < 2; i++) {
        own.n_source = i == 0 ? 0 : CARD_SOURCE_MAX + 1;
        err = (struct error){0};
        ck_assert_msg(card_worker_new(&config, &err) == NULL, "%d", i);
        ck_assert_msg(err.code == AGON_EINVAL && strstr(err.text, "own kernels: ") != NULL,
                      "%d: %s", i, err.text);
    }
    own = (struct card_own){source, sizeof(source) - 1};
    worker = start(config);
    shape.resident_fd = memfd_new("weights", 64, &err);
    ck_assert_int_eq(card_worker_lease(worker, &shape, &err), AGON_ENOTSUP);
    (void)close(shape.resident_fd);
    card_worker_free(worker);
}
END_TEST

/* An agon-gpu that was built without nvcc: its own kernels' source goes to NVRTC. */
START_TEST(without_nvcc_the_hosts_kernels_go_to_nvrtc)
{
    static const char *const says[] = {"NVRTC_SAYS=1", NULL};
    struct card_worker_config config = card_worker_preset("cuda");
    struct outcomes outcomes = {0};
    struct error err = {0};
    char log[2048] = "";
    struct card_worker *worker;
    struct card_event event;

    program = without_image;
    config.driver = driver;
    config.nvrtc = stand_in;
    config.envp = says;
    config.log_fd = memfd_new("log", 0, &err);
    worker = start(config);
    take_outcomes(worker, submit_job(worker, lease_of(worker), 0, 1, 60 * SECOND), 1, &outcomes);
    ck_assert_msg(outcomes.is_right[0], "%s", outcomes.text);
    card_worker_free(worker);
    ck_assert_int_gt((int)pread(config.log_fd, log, sizeof(log) - 1, 0), 0);
    ck_assert_msg(strstr(log, "nvrtc kernels.cu with 7 headers, the first kernels/cuda/grid.h") !=
                      NULL,
                  "%s", log);
    ck_assert_ptr_nonnull(strstr(log, "nvrtc --gpu-architecture=sm_75\n"));
    ck_assert_ptr_nonnull(strstr(log, "nvrtc --fmad=false\n"));
    ck_assert_ptr_nonnull(strstr(log, "nvrtc -DREAL_BITS=32\n"));
    config.nvrtc = "/nonexistent/libnvrtc.so";
    config.back_ns = 1000000;
    worker = start(config);
    event = remote_await(worker, CARD_EVENT_LOST);
    ck_assert_msg(strstr(event.text, "was built without nvcc") != NULL, "%s", event.text);
    card_worker_free(worker);
    (void)close(config.log_fd);
}
END_TEST

/* By name, whoever compiles. */
START_TEST(an_old_card_is_named)
{
    static const char *const old[] = {"EMULATED_ARCH=70", NULL};
    struct card_own own = {source, sizeof(source) - 1};
    struct card_worker_config config = config_of(_i == 0 ? NULL : &own);
    struct card_worker *worker;
    struct card_event event;

    config.envp = old;
    worker = start(config);
    event = remote_await(worker, CARD_EVENT_LOST);
    ck_assert_str_eq(event.text, "cuda emulated: its compute capability is 7.0, and cards older "
                                 "than 7.5 are not supported");
    card_worker_free(worker);
}
END_TEST

int main(int argc, char **argv)
{
    Suite *suite = suite_create("card_own");
    TCase *tcase = tcase_create("own");
    SRunner *runner;
    int failed;

    if (argc < 5)
        return EXIT_FAILURE;
    program = argv[1];
    driver = argv[2];
    stand_in = argv[3];
    without_image = argv[4];
    tcase_set_timeout(tcase, 120);
    tcase_add_test(tcase, what_an_own_kernel_does_wrong_costs_its_job);
    tcase_add_test(tcase, by_nvrtc_itself);
    tcase_add_loop_test(tcase, the_hosts_kernels_are_compiled_by_nvrtc_itself, 0, 4);
    tcase_add_loop_test(tcase, what_is_wrong_with_a_source_is_said, 0, 12);
    tcase_add_loop_test(tcase, a_compile_that_never_ends_is_ended, 0, 2);
    tcase_add_test(tcase, a_call_that_is_wrong_is_refused);
    tcase_add_loop_test(tcase, one_that_is_closed_is_not_waited_for, 0, 2);
    tcase_add_test(tcase, what_is_no_source_is_refused_at_once);
    tcase_add_test(tcase, without_nvcc_the_hosts_kernels_go_to_nvrtc);
    tcase_add_loop_test(tcase, an_old_card_is_named, 0, 2);
    suite_add_tcase(suite, tcase);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
