// SPDX-License-Identifier: Apache-2.0
/* Leases whose kernels are their agent's own, beside one of the host's: each has a worker for
 * itself, nobody waits for one, and what one does wrong costs its own jobs. Both sides of the relay
 * in one thread; driver and compiler stand in. argv: agon-gpu, the driver, NVRTC. */
#include <check.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "jobs/relay.h"
#include "sys/clock.h"
#include "sys/proc.h"

#define N     200
#define BYTES ((uint64_t)N * sizeof(uint32_t))
#define SLOT  1
#define OWN   1 /* the lease of own kernels */
#define HOSTS 2 /* ... of the host's */
#define MIB   ((uint64_t)1 << 20)

static const char *program, *driver, *nvrtc;
static struct relay *relay;
static struct dispatch *dispatch;
static struct job_port port;
static struct card_worker *shared;
static struct relay_resident source;
static struct relay_own_seen seen;
static unsigned char box[AGON_GPU_SUBMIT_MAX];
static uint32_t n_begun, n_gone;
static int refuses, log_fd;
static int64_t until_ns;
static uint64_t next_run;

static void find_source(void *ctx, uint16_t slot, uint32_t lease, struct relay_resident *out)
{
    (void)ctx;
    (void)slot;
    *out = lease == OWN ? source : (struct relay_resident){.fd = -1};
}

static void nothing(void *ctx)
{
    (void)ctx;
}

static struct card_worker *begin_own(void *ctx, uint32_t card, const struct card_own *own,
                                     struct error *err)
{
    static const char *const says[] = {"EMULATED_SAYS=1", NULL};
    struct card_worker_config config = card_worker_preset("cuda");

    (void)ctx;
    (void)card; // the stand-in has one
    n_begun++;
    if (refuses) {
        (void)error_set(err, AGON_ENOMEM, "not today");
        return NULL;
    }
    config.program = program;
    config.driver = driver;
    config.nvrtc = nvrtc;
    config.own = own;
    config.envp = says;
    config.log_fd = log_fd;
    return card_worker_new(&config, err);
}

static void own_is(void *ctx, uint16_t slot, uint32_t lease, const struct relay_own_seen *is)
{
    (void)ctx;
    ck_assert_uint_eq(slot, SLOT);
    ck_assert_uint_eq(lease, OWN);
    n_gone += is == NULL;
    if (is != NULL)
        seen = *is;
}

static void name_source(const char *text, int version)
{
    if (source.fd >= 0)
        (void)close(source.fd);
    source = (struct relay_resident){.fd = memfd_create("own", MFD_CLOEXEC | MFD_ALLOW_SEALING),
                                     .bytes = strlen(text),
                                     .is_kernels = 1};
    ck_assert_int_eq(pwrite(source.fd, text, source.bytes, 0), (ssize_t)source.bytes);
    memset(source.digest, version, sizeof(source.digest));
}

static void begin(void)
{
    const struct relay_config config = {.n_cards = 2,
                                        .chunk_ns = (int64_t)25 * CLOCK_SECOND,
                                        .resident = find_source,
                                        .wake = nothing,
                                        .answered = nothing,
                                        .own = begin_own,
                                        .own_is = own_is};
    struct dispatch_config dispatched = {0};
    struct card_worker_config cpu = card_worker_preset("cpu");

    n_begun = n_gone = 0;
    refuses = 0;
    next_run = 0;
    log_fd = memfd_create("log", MFD_CLOEXEC);
    until_ns = clock_mono() + (int64_t)40 * CLOCK_SECOND;
    source.fd = -1;
    name_source("own_scale own_beyond own_endless own_freed", 1);
    ck_assert_int_eq(relay_new(&relay, &config, NULL), AGON_OK);
    dispatched.relay = relay;
    ck_assert_int_eq(dispatch_new(&dispatch, &dispatched, NULL), AGON_OK);
    port = dispatch_port(dispatch);
    cpu.program = program;
    shared = card_worker_new(&cpu, NULL);
    ck_assert_ptr_nonnull(shared);
    relay_worker(relay, 0, shared);
}

static void end(void)
{
    static char log[1 << 20];
    ssize_t n;

    dispatch_free(dispatch);
    relay_worker(relay, 0, NULL);
    card_worker_free(shared);
    relay_free(relay);
    (void)close(source.fd);
    n = pread(log_fd, log, sizeof(log) - 1, 0);
    ck_assert_int_ge((int)n, 0);
    log[n] = '\0'; // such as memory that is given back and not 0
    ck_assert_msg(strstr(log, "wrong:") == NULL, "%s", strstr(log, "wrong:"));
    (void)close(log_fd);
}

static void turn(void)
{
    struct card_event event;

    ck_assert_msg(clock_mono() < until_ns, "nothing comes");
    relay_take(relay);
    while (relay_has_room(relay) && card_worker_next(shared, &event))
        relay_event(relay, 0, &event);
    relay_owns(relay);
    relay_hear(relay, relay_news(relay));
    (void)usleep(200);
}

/* Until the kernel runs that was begun last and has no end: nothing else takes so much of a
 * processor. */
static void await_spinning(void)
{
    int64_t used_ns = proc_cpu_ns(seen.pid);

    while (proc_cpu_ns(seen.pid) < used_ns + (int64_t)50 * 1000 * 1000)
        turn();
}

static void hold(uint32_t lease, uint32_t card)
{
    relay_place(relay, SLOT, lease, card);
    port.lease(port.ctx, SLOT, lease, MIB, 1);
}

static void admit(uint64_t id, uint32_t lease, const struct agon_gpu_call *call)
{
    struct record_job_wish wish = {.origin = {.slot = SLOT, .generation = 1},
                                   .kind = JOB_SUBMIT,
                                   .job = id,
                                   .lease = lease,
                                   .n_calls = 1,
                                   .memory = 2 * BYTES,
                                   .n_input = BYTES,
                                   .result_at = BYTES,
                                   .n_result = BYTES};
    uint32_t words[N];

    for (uint32_t i = 0; i < N; i++) {
        float value = (float)i;

        memcpy(&words[i], &value, sizeof(value));
        words[i] = lease == OWN ? i : words[i];
    }
    memcpy(box, call, sizeof(*call));
    memcpy(box + sizeof(*call), words, BYTES);
    port.admit(port.ctx, SLOT, &wish, box, sizeof(*call) + BYTES);
    ck_assert_int_eq(wish.status, AGON_OK);
    port.submit(port.ctx, &wish, 1);
}

/* y = 3 a of whole numbers by a kernel of its own, or `name` on y; of floats by the host's. */
static void hand_over(uint64_t id, uint32_t lease, const char *name)
{
    struct scale {
        uint64_t a, y;
        uint32_t n, factor;
    } scale = {AGON_GPU_AT(0), AGON_GPU_AT(BYTES), N, 3};
    struct agon_gpu_map map = {
        .a = AGON_GPU_AT(0), .y = AGON_GPU_AT(BYTES), .n = N, .op = AGON_GPU_SCALE, .scale = 3};
    struct agon_gpu_own own = {.blocks = 1, .threads = 32, .addresses = 3};
    struct agon_gpu_call call = {.kernel = lease == OWN ? AGON_GPU_OWN : AGON_GPU_MAP};

    if (name != NULL) {
        own.threads = own.addresses = 1;
        memcpy(own.args, &scale.y, sizeof(scale.y));
    } else {
        memcpy(own.args, &scale, sizeof(scale));
    }
    name = name != NULL ? name : "own_scale";
    memcpy(own.name, name, strlen(name));
    if (lease == OWN)
        memcpy(call.args, &own, sizeof(own));
    else
        memcpy(call.args, &map, sizeof(map));
    admit(id, lease, &call);
}

static void go(uint64_t id, uint32_t card)
{
    const struct gpu_decision started = {.job = id + 100, .run = ++next_run, .card = (uint8_t)card};

    port.go(port.ctx, SLOT, id, &started);
}

/* lease: 0: whatever its result is. */
static int32_t outcome(uint64_t id, uint32_t lease)
{
    const struct engine_job job = {.slot = SLOT, .id = id};
    struct record_job_done done;
    struct dispatch_chunk chunk;
    const void *result;

    while (!dispatch_take(dispatch, &job, 0, &done, &result))
        turn();
    while (dispatch_chunk(dispatch, &chunk))
        dispatch_chunk_done(dispatch);
    for (uint32_t i = 0; i < N && done.status >= 0 && lease != 0; i++) {
        uint32_t word;
        float value;

        memcpy(&word, (const char *)result + i * sizeof(word), sizeof(word));
        memcpy(&value, (const char *)result + i * sizeof(value), sizeof(value));
        ck_assert_msg(lease == OWN ? word == 3 * i : value == 3 * (float)i, "word %u", i);
    }
    return done.status;
}

static int32_t run(uint64_t id, uint32_t lease, uint32_t card)
{
    hand_over(id, lease, NULL);
    go(id, card);
    return outcome(id, lease);
}

static void await_state(uint8_t state)
{
    while (seen.state != state)
        turn();
}

static void await_life(uint32_t n)
{
    while (seen.state != RELAY_OWN_UP || seen.lives != n)
        turn();
}

START_TEST(its_worker_runs_beside_the_cards)
{
    begin();
    hold(HOSTS, 0);
    hold(OWN, 0);
    hand_over(1, OWN, NULL);
    go(1, 0);
    ck_assert_int_eq(outcome(1, OWN), AGON_EAGAIN); // at once: nobody waits for it
    ck_assert_uint_eq(n_begun, 1);
    await_state(RELAY_OWN_UP);
    ck_assert_int_eq(run(2, OWN, 0), AGON_OK);
    ck_assert_int_eq(run(3, HOSTS, 0), AGON_OK);
    ck_assert_int_gt(seen.pid, 0);
    ck_assert_int_ne(seen.pid, card_worker_pid(shared));
    ck_assert_str_eq(seen.why, "");
    // Out of its memory: its worker is no more, and the next one serves.
    hand_over(4, OWN, "own_beyond");
    go(4, 0);
    ck_assert_int_eq(outcome(4, OWN), AGON_EIO);
    ck_assert_int_eq(run(5, HOSTS, 0), AGON_OK);
    await_life(2); // it was tried once
    ck_assert_int_eq(run(6, OWN, 0), AGON_OK);
    hand_over(7, OWN, "own_none");
    go(7, 0);
    ck_assert_int_eq(outcome(7, OWN), AGON_EINVAL);
    ck_assert_msg(strstr(seen.why, "there is no kernel own_none") != NULL, "%s", seen.why);
    ck_assert_uint_eq(card_worker_lives(shared), 1);
    ck_assert_uint_eq(n_begun, 1);
    end();
}
END_TEST

#define CLOSED_NS ((int64_t)2100 * 1000 * 1000) /* behind its end: relay_own.c's END_NS is over */
START_TEST(one_without_end_is_ended_alone)
{
    int64_t given_ns;
    int was_closing = 0;

    begin();
    hold(HOSTS, 0);
    hold(OWN, 0);
    await_state(RELAY_OWN_UP);
    hand_over(1, OWN, "own_endless");
    go(1, 0);
    await_spinning();
    relay_again(relay, 0);
    until_ns = clock_mono() + (int64_t)12 * CLOCK_SECOND; // before the chunk's own time is over
    ck_assert_int_eq(outcome(1, OWN), AGON_ETIME);
    until_ns = clock_mono() + (int64_t)40 * CLOCK_SECOND;
    ck_assert_int_eq(run(2, HOSTS, 0), AGON_OK);
    await_life(2);
    ck_assert_int_eq(run(3, OWN, 0), AGON_OK);
    ck_assert_uint_eq(card_worker_lives(shared), 1);
    // Its lease is given back in the middle of one: nobody waits, and the card's worker goes on.
    hand_over(4, OWN, "own_endless");
    go(4, 0);
    await_spinning();
    port.lease(port.ctx, SLOT, OWN, MIB, 0);
    turn();
    given_ns = clock_mono();
    ck_assert_uint_eq(n_gone, 1);
    ck_assert_int_eq(run(5, HOSTS, 0), AGON_OK);
    while (kill(seen.pid, 0) == 0) {
        int is_closing = clock_mono() > given_ns + CLOSED_NS;

        turn();
        was_closing |= is_closing && kill(seen.pid, 0) == 0;
    }
    ck_assert(was_closing); // it was closed and had not ended, and turns had
    end();
}
END_TEST

START_TEST(it_begins_and_ends_with_its_lease)
{
    int pid;

    begin();
    hold(OWN, 0);
    await_state(RELAY_OWN_UP);
    hand_over(1, OWN, "own_freed");
    go(1, 0);
    ck_assert_int_eq(outcome(1, 0), AGON_OK);
    pid = seen.pid;
    relay_place(relay, SLOT, OWN, 1); // where the card's own worker is not up at all
    turn();
    await_state(RELAY_OWN_BEGINS);
    await_state(RELAY_OWN_UP);
    ck_assert_int_ne(seen.pid, pid);
    ck_assert_int_eq(run(2, OWN, 1), AGON_OK);
    while (kill(pid, 0) == 0) // it has made its memory 0 (end), and is no more
        turn();
    // Another source: what was handed over before is over, and who comes behind has another worker.
    pid = seen.pid;
    hand_over(3, OWN, NULL);
    name_source("own_scale of another", 2);
    hand_over(4, OWN, NULL);
    go(4, 1);
    ck_assert_int_eq(outcome(3, OWN), AGON_ESTATE);
    ck_assert_int_eq(outcome(4, OWN), AGON_EAGAIN);
    await_state(RELAY_OWN_UP);
    ck_assert_int_ne(seen.pid, pid);
    ck_assert_int_eq(run(5, OWN, 1), AGON_OK);
    ck_assert_uint_eq(n_begun, 3);
    end();
}
END_TEST

START_TEST(what_does_not_begin_is_said)
{
    static const struct {
        const char *text;
        int32_t status;
        uint8_t state;
        const char *why;
    } wrong[] = {{"#error", AGON_EINVAL, RELAY_OWN_FAILS, "own.cu does not compile: own.cu(1): "},
                 {NULL, AGON_EIO, RELAY_OWN_LOST, "not today"},
                 {"", AGON_EIO, RELAY_OWN_LOST, "a source of 0 bytes"},
                 {"large", AGON_EIO, RELAY_OWN_LOST, "a source of 1048577 bytes"}};

    begin();
    refuses = wrong[_i].text == NULL;
    name_source(wrong[_i].text != NULL ? wrong[_i].text : "own_scale", 3);
    if (_i == 3)
        source.bytes = CARD_SOURCE_MAX + 1;
    hold(HOSTS, 0);
    hold(OWN, 0);
    await_state(wrong[_i].state);
    ck_assert_int_eq(run(1, OWN, 0), wrong[_i].status);
    ck_assert_msg(strstr(seen.why, wrong[_i].why) != NULL, "%s", seen.why);
    ck_assert_int_eq(run(2, HOSTS, 0), AGON_OK);
    ck_assert_uint_eq(n_begun, 1); // it is tried again later
    end();
}
END_TEST

int main(int argc, char **argv)
{
    Suite *suite = suite_create("jobs_relay_own");
    TCase *tcase = tcase_create("own");
    SRunner *runner;
    int n_failed;

    if (argc < 4)
        return 1;
    program = argv[1];
    driver = argv[2];
    nvrtc = argv[3];
    (void)signal(SIGPIPE, SIG_IGN);
    tcase_set_timeout(tcase, 50);
    tcase_add_test(tcase, its_worker_runs_beside_the_cards);
    tcase_add_test(tcase, one_without_end_is_ended_alone);
    tcase_add_test(tcase, it_begins_and_ends_with_its_lease);
    tcase_add_loop_test(tcase, what_does_not_begin_is_said, 0, 4);
    suite_add_tcase(suite, tcase);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    n_failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return n_failed == 0 ? 0 : 1;
}
