// SPDX-License-Identifier: Apache-2.0
/* A device that is away, in a process of agon-gpu: a training there has the bits of one here, on
 * the processor and on a stand-in of a card; memory stays, and is 0 when it is given back; what is
 * wrong is refused by the worker, and a device that fails, hangs, dies or has no memory is said and
 * costs nothing else. The card's driver is tests/support/cuda. */
#include "world.h"

#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/socket.h>

#include "card/away.h"
#include "card/serve.h"
#include "card/session.h"
#include "card/worker.h"
#include "kernels/cuda/driver.h"
#include "nn/train.h"
#include "sys/memfd.h"
#include "sys/proc.h"

#define STEPS  3u
#define BATCH  4u
#define INPUTS 3u

/* The stand-ins' files; the compiler is asked by an agon-gpu that was built without nvcc. */
static const char *driver, *nvrtc;

#define DRIVER_SYMBOL(name, symbol, args) symbol,
static const char *const driver_calls[] = {DRIVER_CALLS(DRIVER_SYMBOL)};
#define N_DRIVER (sizeof(driver_calls) / sizeof(driver_calls[0]))

static struct device *open_away(struct card_away_config config)
{
    struct error err = {0};
    struct device *device;

    config.program = program;
    device = card_away_new(&config, &err);
    ck_assert_msg(device != NULL, "%s", err.text);
    return device;
}

static struct card_away_config cuda(const char *fails, int log_fd)
{
    static char variable[128];
    static const char *const environment[] = {variable, "EMULATED_SAYS=1", "EMULATED_STICKY=1",
                                              NULL};
    struct card_away_config config = card_away_preset("cuda");

    (void)snprintf(variable, sizeof(variable), "EMULATED_FAILS=%s", fails);
    config.driver = driver;
    config.nvrtc = nvrtc;
    config.envp = environment;
    config.log_fd = log_fd;
    return config;
}

static int new_log(void)
{
    struct error err = {0};
    int fd = memfd_new("log", 0, &err);

    ck_assert_int_ge(fd, 0);
    return fd;
}

static char *take_log(int fd)
{
    off_t n = lseek(fd, 0, SEEK_END);
    char *log = calloc(1, (size_t)n + 1);

    ck_assert_ptr_nonnull(log);
    ck_assert_int_eq((int)pread(fd, log, (size_t)n, 0), (int)n);
    (void)close(fd);
    return log;
}

static int says(const char *log, const char *line)
{
    size_t n = strlen(line);

    for (const char *at = log; (at = strstr(at, line)) != NULL; at++)
        if ((at == log || at[-1] == '\n') && at[n] == '\n')
            return 1;
    return 0;
}

static struct net net_of(const char *name)
{
    struct net_shape shape = {.arch = net_arch_find(name),
                              .inputs = INPUTS,
                              .outputs = 2,
                              .hidden = 4,
                              .layers = 2,
                              .taps = 2,
                              .heads = 2,
                              .span = 2,
                              .feed = 6,
                              .head = strcmp(name, "lstm/2") == 0 ? 3 : 0};
    struct error err = {0};
    struct net net;

    ck_assert_msg(net_init(&shape, &net, &err) >= 0, "%s", err.text);
    return net;
}

/* Two steps and a loss; what weights there are then, 0 bytes of them where there was no memory. */
static int train_on(struct device *device, const struct net *net, real *weights, struct error *err)
{
    real x[STEPS * BATCH * INPUTS], target[STEPS * BATCH * 2], share[STEPS * BATCH * 2];
    struct train train;
    double loss = 0;

    for (uint32_t i = 0; i < STEPS * BATCH * INPUTS; i++)
        x[i] = case_value(1, i);
    for (uint32_t i = 0; i < STEPS * BATCH * 2; i++) {
        target[i] = i % 2 == 0;
        share[i] = (real)0.125;
    }
    if (train_init(device, net, STEPS, BATCH, TRAIN_CLASSES, 0.01, 7, &train) < 0)
        return error_set(err, AGON_ENOMEM, "no memory");
    train.tape.drop = 0.25;
    for (int i = 0; i < 2; i++) {
        train_step(&train, x, target, share);
        loss += train_loss(&train, target, share);
    }
    train_forward(&train, x);
    device->read(device, weights, train.weights, net->n_weights * sizeof(real));
    train_deinit(&train);
    return device->wait(device, err) < 0 ? AGON_EIO : isfinite(loss) ? AGON_OK : AGON_EINVAL;
}

static const char *const nets[] = {"lstm/1", "lstm/2", "tcn/1", "transformer/1"};

START_TEST(a_training_has_the_same_bits_there)
{
    struct net net = net_of(nets[_i]);
    size_t bytes = net.n_weights * sizeof(real);
    real *here = calloc(3, bytes);
    struct device *devices[3];
    struct error err = {0};

    ck_assert_ptr_nonnull(here);
    devices[0] = cpu_device_new(CPU_BEST, 1);
    devices[1] = open_away(card_away_preset("cpu"));
    devices[2] = open_away(cuda("", -1));
    ck_assert_ptr_nonnull(devices[0]);
    ck_assert_str_eq(devices[2]->name, "cuda emulated");
    ck_assert_uint_eq(devices[2]->bytes, 1u << 30);
    for (int i = 0; i < 3; i++) {
        ck_assert_msg(train_on(devices[i], &net, here + (size_t)i * net.n_weights, &err) >= 0, "%s",
                      err.text);
        ck_assert_msg(memcmp(here, here + (size_t)i * net.n_weights, bytes) == 0, "%s",
                      devices[i]->name);
        devices[i]->free(devices[i]);
    }
    free(here);
}
END_TEST

/* Of more than the area holds, too. */
START_TEST(memory_stays_and_is_0_at_first)
{
    size_t bytes = 2 * SESSION_AREA + 12345;
    unsigned char *here = malloc(bytes), *back = malloc(bytes);
    struct device *device = open_away(card_away_preset("cpu"));
    struct error err = {0};
    unsigned char *a = device->alloc(device, bytes), *b = device->alloc(device, bytes);

    ck_assert(here != NULL && back != NULL && a != NULL && b != NULL);
    ck_assert_str_eq(card_away_why(device), "");
    for (size_t i = 0; i < bytes; i++)
        here[i] = (unsigned char)(i * 2654435761u >> 24);
    device->read(device, back, a, bytes);
    for (size_t i = 0; i < bytes; i++)
        MUST(back[i] == 0);
    device->write(device, a, here, bytes);
    device->copy(device, b, a + 5, bytes - 5);
    device->clear(device, a + 100, 50);
    device->read(device, back, b, bytes - 5);
    ck_assert(memcmp(back, here + 5, bytes - 5) == 0);
    device->read(device, back, a, bytes);
    memset(here + 100, 0, 50);
    ck_assert(memcmp(back, here, bytes) == 0);
    device->release(device, a);
    device->release(device, NULL);
    ck_assert_msg(device->wait(device, &err) >= 0, "%s", err.text);
    device->free(device);
    free(here);
    free(back);
}
END_TEST

START_TEST(every_call_is_reached_and_memory_is_0_when_it_goes)
{
    struct net net = net_of("lstm/1");
    real *weights = calloc(net.n_weights, sizeof(real));
    int log_fd = new_log();
    struct device *device = open_away(cuda("", log_fd));
    struct error err = {0};
    unsigned char *left;
    char *log;

    ck_assert_ptr_nonnull(weights);
    ck_assert_int_ge(train_on(device, &net, weights, &err), 0);
    left = device->alloc(device, 4096); // nobody gives it back but the session's end
    memset(weights, 0x55, net.n_weights * sizeof(real));
    device->write(device, left, weights, 64);
    device->copy(device, left + 1024, left, 64);
    ck_assert_int_ge(device->wait(device, &err), 0);
    device->free(device);
    log = take_log(log_fd);
    for (size_t i = 0; i < N_DRIVER; i++) {
        // Nothing is pinned, and nothing failed.
        int is_made = strcmp(driver_calls[i], "cuMemHostAlloc") != 0 &&
                      strcmp(driver_calls[i], "cuMemFreeHost") != 0 &&
                      strcmp(driver_calls[i], "cuGetErrorName") != 0;

        ck_assert_msg(says(log, driver_calls[i]) == is_made, "%s", driver_calls[i]);
    }
    ck_assert_msg(strstr(log, "wrong: ") == NULL, "%s", strstr(log, "wrong: "));
    free(log);
    free(weights);
}
END_TEST

/* Whatever it is, it is said once and for all that follows, and who goes on waits for nothing. */
static const struct {
    const char *fails, *text;
} failures[] = {
    {"cuLaunchKernel:9", "cuda emulated: CUDA_ERROR_LAUNCH_FAILED (719) in launch"},
    {"cuLaunchKernel:9,cuGetErrorName", "cuda emulated: an unknown error (719) in launch"},
    {"cuMemcpyHtoD_v2:3", "cuda emulated: CUDA_ERROR (700) in write"},
    {"cuMemcpyDtoH_v2:1", "cuda emulated: CUDA_ERROR (700) in read"},
    {"cuMemsetD8Async:7", "cuda emulated: CUDA_ERROR (700) in fill"},
    {"cuMemcpyDtoDAsync_v2:2", "cuda emulated: CUDA_ERROR (700) in copy"},
    {"cuCtxSynchronize:8", "cuda emulated: CUDA_ERROR_LAUNCH_FAILED (719) in context_wait"},
    {"cuMemFree_v2:1", "cuda emulated: CUDA_ERROR_LAUNCH_FAILED (719) in release"},
    {"cuLaunchKernel:9=die", "cuda emulated: its worker ended: signal 9 (Killed)"},
    {"cuLaunchKernel:9=hang", "cuda emulated: it has said nothing for 1 s, and is ended"}};

START_TEST(a_failure_is_said)
{
    struct net net = net_of("lstm/1");
    real *weights = calloc(net.n_weights, sizeof(real));
    struct card_away_config config = cuda(failures[_i].fails, -1);
    struct error err = {0};
    struct device *device;
    unsigned char bytes[64];
    void *memory;

    ck_assert_ptr_nonnull(weights);
    config.limit_ns = strstr(config.envp[0], "hang") != NULL ? SECOND : config.limit_ns;
    device = open_away(config);
    memory = device->alloc(device, 64);
    ck_assert_ptr_nonnull(memory);
    ck_assert_int_eq(train_on(device, &net, weights, &err), AGON_EIO);
    ck_assert_str_eq(err.text, failures[_i].text);
    memset(bytes, 0x55, sizeof(bytes));
    device->read(device, bytes, memory, sizeof(bytes));
    for (size_t i = 0; i < sizeof(bytes); i++)
        ck_assert_uint_eq(bytes[i], 0);
    device->write(device, memory, bytes, sizeof(bytes));
    device->clear(device, memory, sizeof(bytes));
    device->copy(device, memory, memory, sizeof(bytes));
    ck_assert_ptr_null(device->alloc(device, 64));
    ck_assert_str_eq(card_away_why(device), failures[_i].text);
    device->release(device, memory);
    ck_assert_int_eq(device->wait(device, &err), AGON_EIO);
    ck_assert_str_eq(err.text, failures[_i].text);
    device->free(device);
    free(weights);
}
END_TEST

START_TEST(one_that_is_killed_is_said)
{
    struct device *device = open_away(card_away_preset("cpu"));
    struct error err = {0};
    real x = 1;
    void *memory = device->alloc(device, sizeof(x));

    ck_assert_int_gt(card_away_pid(device), 0);
    ck_assert_int_eq(kill(card_away_pid(device), SIGKILL), 0);
    device->write(device, memory, &x, sizeof(x));
    ck_assert_int_eq(device->wait(device, &err), AGON_EIO);
    ck_assert_msg(strstr(err.text, ": its worker ended: signal 9 (Killed)") != NULL, "%s",
                  err.text);
    device->free(device);
}
END_TEST

START_TEST(who_has_no_memory_can_go_on)
{
    struct card_away_config config = cuda("cuMemAlloc_v2:3", -1);
    struct error err = {0};
    struct device *device;
    void *first, *third;

    config.most = 1 << 20;
    device = open_away(config);
    first = device->alloc(device, 1 << 19);
    ck_assert_ptr_nonnull(first);
    ck_assert_ptr_null(device->alloc(device, (1 << 19) + 1));
    ck_assert_str_eq(card_away_why(device), "it has 524288 bytes and asks for 524289 more, of the "
                                            "1048576 that it may have");
    ck_assert_ptr_null(device->alloc(device, SIZE_MAX));
    third = device->alloc(device, 1 << 19);
    ck_assert_ptr_nonnull(third);
    device->release(device, third);
    ck_assert_ptr_null(device->alloc(device, 1 << 18)); // the driver's third
    ck_assert_str_eq(card_away_why(device), "there is no room for 262144 bytes beside the 524288 "
                                            "that it has; the card has 1073741824, for all who use "
                                            "it");
    third = device->alloc(device, 1 << 19);
    ck_assert_ptr_nonnull(third);
    ck_assert_msg(device->wait(device, &err) >= 0, "%s", err.text);
    for (uint32_t i = 2; i < SESSION_BLOCKS; i++)
        ck_assert_ptr_null(device->alloc(device, 1));
    device->release(device, third);
    for (uint32_t i = 1; i < SESSION_BLOCKS; i++)
        ck_assert_ptr_nonnull(device->alloc(device, 1));
    ck_assert_ptr_null(device->alloc(device, 1));
    ck_assert_str_eq(card_away_why(device), "64 blocks of memory, the limit");
    device->free(device);
}
END_TEST

START_TEST(what_cannot_begin_is_said)
{
    struct card_away_config config = card_away_preset("cuda");
    struct error err = {0};

    config.program = "/nowhere/agon-gpu";
    ck_assert_ptr_null(card_away_new(&config, &err));
    ck_assert_msg(strstr(err.text, "it is installed beside agon") != NULL, "%s", err.text);
    config.program = "/bin/true";
    ck_assert_ptr_null(card_away_new(&config, &err));
    ck_assert_str_eq(err.text, "cuda 0: its worker ended: exit status 0");
    config.program = program;
    config.driver = "/nowhere/libcuda.so.1";
    ck_assert_ptr_null(card_away_new(&config, &err));
    ck_assert_msg(strstr(err.text, "no CUDA driver: /nowhere/libcuda.so.1") != NULL, "%s",
                  err.text);
    config = cuda("cuInit", -1);
    config.program = program;
    ck_assert_ptr_null(card_away_new(&config, &err));
    ck_assert_str_eq(err.text, "cuda card: CUDA_ERROR (100) in init");
}
END_TEST

/* A session whose other end is this test. */
struct raw {
    struct proc proc;
    int fd;
    unsigned char *area;
    uint64_t n;
};

static struct session_answer ask_raw(struct raw *raw, struct session_ask ask)
{
    struct session_answer answer;

    ask.version = ask.version == 0 ? SESSION_VERSION : ask.version;
    ck_assert_int_eq((int)send(raw->fd, &ask, sizeof(ask), MSG_NOSIGNAL), (int)sizeof(ask));
    memset(&answer, 0, sizeof(answer));
    (void)!recv(raw->fd, &answer, sizeof(answer), 0);
    return answer;
}

static void begin_raw(struct raw *raw, uint64_t area)
{
    const char *const argv[] = {"agon-gpu", "--device", "cpu", "--session", "0", NULL};
    struct proc_spec spec = {.path = program, .argv = argv, .fds = {-1, -1, -1}, .n_fds = 5};
    struct card_answer ready;
    struct error err = {0};
    int fds[2];

    *raw = (struct raw){.fd = -1};
    spec.fds[4] = memfd_new("area", area, &err);
    ck_assert_int_ge(spec.fds[4], 0);
    raw->area = memfd_map(spec.fds[4], area, 1, &err);
    ck_assert_ptr_nonnull(raw->area);
    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds), 0);
    spec.fds[3] = fds[1];
    ck_assert_msg(proc_spawn(&raw->proc, &spec, &err) >= 0, "%s", err.text);
    (void)close(fds[1]);
    (void)close(spec.fds[4]);
    raw->fd = fds[0];
    ck_assert_int_eq((int)recv(raw->fd, &ready, sizeof(ready), 0), (int)sizeof(ready));
    ck_assert_uint_eq(ready.answer, CARD_READY);
}

static int end_raw(struct raw *raw)
{
    struct proc_end end = {0};

    (void)close(raw->fd);
    ck_assert_int_eq(proc_wait(&raw->proc, 60000, &end), AGON_OK);
    proc_close(&raw->proc);
    ck_assert(!end.is_signalled);
    return end.code;
}

static void put_raw(struct raw *raw, struct session_op op, const void *payload, size_t n)
{
    memcpy(raw->area + raw->n, &op, sizeof(op));
    if (n > 0)
        memcpy(raw->area + raw->n + sizeof(op), payload, n);
    raw->n += session_op_bytes(n);
}

static void put_map(struct raw *raw, uint64_t a, uint64_t y, uint32_t n)
{
    struct map_args map = {.a = (const real *)(uintptr_t)a,
                           .y = (real *)(uintptr_t)y,
                           .n = n,
                           .op = MAP_SCALE,
                           .scale = 2};

    put_raw(raw,
            (struct session_op){.op = SESSION_CALL, .kernel = KERNEL_map, .bytes = sizeof(map)},
            &map, sizeof(map));
}

#define BLOCK 4096u
static const char *const refusals[] = {
    "map: y lies outside of its memory",
    "map: a lies outside of its memory",
    "a write of memory that this session does not have",
    "a write of memory that this session does not have",
    "a clear of memory that this session does not have",
    "a copy of memory that this session does not have",
    "a copy of memory that this session does not have",
    "a read of memory that this session does not have",
    "operation 9",
    "an operation that ends before its end",
    "an operation that ends before its end",
    "4194305 bytes of an area of 4194304",
    "a call of 113 bytes",
    "an embedding, whose ids nobody has checked",
    "memory is given back that it does not have",
    "ask 7 of a session",
    "kernel",
};

/* Case i, on a block at `at` of BLOCK bytes. */
static struct session_ask wrong_ask(struct raw *raw, int i, uint64_t at)
{
    unsigned char bytes[128] = {0};
    struct embed_args embed = {.table = (const real *)(uintptr_t)at,
                               .ids = (const uint32_t *)(uintptr_t)(at + 256),
                               .y = (real *)(uintptr_t)(at + 512),
                               .n = 2,
                               .width = 2};
    struct session_ask ask = {.ask = SESSION_DO};

    switch (i) {
    case 0:
        put_map(raw, at, at + 4, BLOCK / sizeof(real));
        break;
    case 1:
        put_map(raw, at - 4, at, 4);
        break;
    case 2:
        put_raw(raw, (struct session_op){.op = SESSION_WRITE, .bytes = 16, .to = at + BLOCK - 15},
                bytes, 16);
        break;
    case 3:
        put_raw(raw, (struct session_op){.op = SESSION_WRITE, .bytes = 16, .to = at - 1}, bytes,
                16);
        break;
    case 4:
        put_raw(raw, (struct session_op){.op = SESSION_CLEAR, .bytes = UINT64_MAX, .to = at + 1},
                bytes, 0);
        break;
    case 5:
        put_raw(raw, (struct session_op){.op = SESSION_COPY, .bytes = 8, .to = at, .from = at - 8},
                bytes, 0);
        break;
    case 6:
        put_raw(raw, (struct session_op){.op = SESSION_COPY, .bytes = 8, .to = 4096, .from = at},
                bytes, 0);
        break;
    case 7:
        put_raw(raw, (struct session_op){.op = SESSION_READ, .bytes = 16, .from = at + BLOCK - 8},
                bytes, 16);
        break;
    case 8:
        put_raw(raw, (struct session_op){.op = 9}, bytes, 0);
        break;
    case 9:
        put_raw(raw, (struct session_op){.op = SESSION_WRITE, .bytes = 64, .to = at}, bytes, 16);
        break;
    case 10:
        put_raw(raw, (struct session_op){.op = SESSION_CLEAR, .bytes = 8, .to = at}, bytes, 0);
        raw->n -= 1;
        break;
    case 11:
        raw->n = SESSION_AREA + 1;
        break;
    case 12:
        put_raw(raw, (struct session_op){.op = SESSION_CALL, .bytes = 113}, bytes, 113);
        break;
    case 13:
        put_raw(
            raw,
            (struct session_op){.op = SESSION_CALL, .kernel = KERNEL_embed, .bytes = sizeof(embed)},
            &embed, sizeof(embed));
        break;
    case 14:
        return (struct session_ask){.ask = SESSION_FREE, .at = at + 1};
    case 15:
        return (struct session_ask){.ask = 7};
    default:
        put_raw(raw, (struct session_op){.op = SESSION_CALL, .kernel = KERNEL_COUNT, .bytes = 8},
                bytes, 8);
        break;
    }
    ask.bytes = raw->n;
    return ask;
}

START_TEST(what_is_wrong_is_refused)
{
    struct session_answer answer;
    struct raw raw;
    uint64_t at;

    begin_raw(&raw, SESSION_AREA);
    answer = ask_raw(&raw, (struct session_ask){.ask = SESSION_ALLOC, .bytes = BLOCK});
    ck_assert_int_eq(answer.status, AGON_OK);
    at = answer.at;
    put_map(&raw, at, at, BLOCK / sizeof(real)); // what is right is done
    answer = ask_raw(&raw, (struct session_ask){.ask = SESSION_DO, .bytes = raw.n, .must_wait = 1});
    ck_assert_msg(answer.status == AGON_OK, "%s", answer.text);
    raw.n = 0;
    answer = ask_raw(&raw, wrong_ask(&raw, _i, at));
    ck_assert_int_lt(answer.status, 0);
    ck_assert_msg(strstr(answer.text, refusals[_i]) != NULL, "%s", answer.text);
    ck_assert_int_eq(end_raw(&raw), CARD_EXIT_FAILED);
    memfd_unmap(raw.area, SESSION_AREA);
}
END_TEST

/* One of another build, and an area of another size. */
START_TEST(what_is_no_session_ends)
{
    struct raw raw;

    begin_raw(&raw, SESSION_AREA);
    ck_assert_uint_eq(
        ask_raw(&raw, (struct session_ask){.version = SESSION_VERSION + 1, .ask = SESSION_ALLOC})
            .version,
        0);
    ck_assert_int_eq(end_raw(&raw), EXIT_SUCCESS);
    memfd_unmap(raw.area, SESSION_AREA);
    begin_raw(&raw, SESSION_AREA / 2);
    ck_assert_int_eq(end_raw(&raw), CARD_EXIT_FAILED);
    memfd_unmap(raw.area, SESSION_AREA / 2);
}
END_TEST

int main(int argc, char **argv)
{
    Suite *suite = suite_create("card_away");
    TCase *tcase = tcase_create("away");
    SRunner *runner;
    int failed;

    if (argc < 4)
        return EXIT_FAILURE;
    program = argv[1];
    driver = argv[2];
    nvrtc = argv[3];
    tcase_set_timeout(tcase, 60);
    tcase_add_loop_test(tcase, a_training_has_the_same_bits_there, 0,
                        (int)(sizeof(nets) / sizeof(nets[0])));
    tcase_add_test(tcase, memory_stays_and_is_0_at_first);
    tcase_add_test(tcase, every_call_is_reached_and_memory_is_0_when_it_goes);
    tcase_add_loop_test(tcase, a_failure_is_said, 0, (int)(sizeof(failures) / sizeof(failures[0])));
    tcase_add_test(tcase, one_that_is_killed_is_said);
    tcase_add_test(tcase, who_has_no_memory_can_go_on);
    tcase_add_test(tcase, what_cannot_begin_is_said);
    tcase_add_loop_test(tcase, what_is_wrong_is_refused, 0,
                        (int)(sizeof(refusals) / sizeof(refusals[0])));
    tcase_add_test(tcase, what_is_no_session_ends);
    suite_add_tcase(suite, tcase);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
