// SPDX-License-Identifier: Apache-2.0
/* A worker that is asked what no host of ours asks: it answers with the reason and goes on, or
 * ends. The test is the other end of its socket. */
#include "world.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>

#include "card/serve.h"
#include "sys/memfd.h"
#include "sys/proc.h"

#define WHOLE (F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW)

struct raw {
    struct proc proc;
    int fd;
};

static struct card_answer hear(struct raw *raw)
{
    struct pollfd polled = {.fd = raw->fd, .events = POLLIN};
    struct card_answer answer;

    ck_assert_int_eq(poll(&polled, 1, 300000), 1);
    ck_assert_int_eq((int)recv(raw->fd, &answer, sizeof(answer), 0), (int)sizeof(answer));
    return answer;
}

static void begin(struct raw *raw)
{
    const char *const argv[] = {"agon-gpu", "--device", "cpu", NULL};
    // A sanitizer ends who asks for too much memory, where others get none.
    const char *const envp[] = {"ASAN_OPTIONS=allocator_may_return_null=1", NULL};
    struct proc_spec spec = {.path = program, .argv = argv, .envp = envp, .n_fds = 4};
    struct error err = {0};
    int fds[2];

    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds), 0);
    for (int i = 0; i < 3; i++)
        spec.fds[i] = -1;
    spec.fds[3] = fds[1];
    ck_assert_msg(proc_spawn(&raw->proc, &spec, &err) >= 0, "%s", err.text);
    (void)close(fds[1]);
    raw->fd = fds[0];
    ck_assert_uint_eq(hear(raw).answer, CARD_READY);
}

static int end_code(struct raw *raw)
{
    struct proc_end end = {0};

    ck_assert_int_eq(proc_wait(&raw->proc, 300000, &end), AGON_OK);
    ck_assert(!end.is_signalled);
    proc_close(&raw->proc);
    (void)close(raw->fd);
    return end.code;
}

static void put(struct raw *raw, struct card_ask ask, int first, int second)
{
    union {
        char room[CMSG_SPACE(2 * sizeof(int))];
        struct cmsghdr align;
    } control = {{0}};
    int fds[2] = {first, second};
    size_t n = first < 0 ? 0 : second < 0 ? 1 : 2;
    struct iovec part = {&ask, sizeof(ask)};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};

    if (ask.version == 0)
        ask.version = CARD_VERSION;
    if (n > 0) {
        struct cmsghdr *at;

        message.msg_control = control.room;
        message.msg_controllen = CMSG_SPACE(n * sizeof(int));
        at = CMSG_FIRSTHDR(&message);
        at->cmsg_level = SOL_SOCKET;
        at->cmsg_type = SCM_RIGHTS;
        at->cmsg_len = CMSG_LEN(n * sizeof(int));
        memcpy(CMSG_DATA(at), fds, n * sizeof(int));
    }
    ck_assert_int_eq((int)sendmsg(raw->fd, &message, 0), (int)sizeof(ask));
}

static void expect(struct raw *raw, enum card_answers want, int status, const char *text)
{
    struct card_answer answer = hear(raw);

    ck_assert_uint_eq(answer.answer, want);
    ck_assert_msg(answer.status == status, "%d: %s", answer.status, answer.text);
    ck_assert_msg(strstr(answer.text, text) != NULL, "\"%s\", not \"%s\"", answer.text, text);
}

/* The memfd of a job as the host makes it; seals: which of them it gets. */
static int job_fd(uint32_t n_more_bytes, int seals)
{
    struct remote_job job;
    struct error err = {0};
    int fd;

    make_job(&job, 1);
    fd = memfd_new("job",
                   sizeof(job.head) + job.head.n_calls * sizeof(struct card_call) + MEMORY +
                       n_more_bytes,
                   &err);
    ck_assert_int_ge(fd, 0);
    ck_assert(pwrite(fd, &job.head, sizeof(job.head), 0) > 0);
    ck_assert(pwrite(fd, job.calls, job.head.n_calls * sizeof(struct card_call), sizeof(job.head)) >
              0);
    ck_assert_int_eq(fcntl(fd, F_ADD_SEALS, seals), 0);
    remote_job_deinit(&job);
    return fd;
}

static int result_fd(uint64_t bytes, int seals)
{
    struct error err = {0};
    int fd = memfd_new("result", bytes, &err);

    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(fcntl(fd, F_ADD_SEALS, seals), 0);
    return fd;
}

static const struct card_ask lease_7 = {
    .ask = CARD_ASK_LEASE, .lease = 7, .bytes = MEMORY + STAGE, .stage = STAGE};

START_TEST(a_lease_is_made_once_and_ended_once)
{
    struct raw raw;
    struct card_ask ask = lease_7;

    begin(&raw);
    put(&raw, ask, -1, -1);
    expect(&raw, CARD_LEASED, AGON_OK, "");
    put(&raw, ask, -1, -1);
    expect(&raw, CARD_LEASED, AGON_EINVAL, "lease 7 is there already");
    ask.lease = 0;
    put(&raw, ask, -1, -1);
    expect(&raw, CARD_LEASED, AGON_EINVAL, "lease 0 is there already");
    ask.lease = 8;
    ask.stage = ask.bytes + 1;
    put(&raw, ask, -1, -1);
    expect(&raw, CARD_LEASED, AGON_EINVAL, "has no room for");
    ask.stage = STAGE;
    ask.resident = 64;
    put(&raw, ask, -1, -1);
    expect(&raw, CARD_LEASED, AGON_EINVAL, "resident bytes that are not those of their file");
    ask.bytes = (uint64_t)1 << 62;
    ask.resident = 0;
    put(&raw, ask, -1, -1);
    expect(&raw, CARD_LEASED, AGON_ENOMEM, "no memory for a lease");
    ask = (struct card_ask){.ask = CARD_ASK_END, .lease = 7};
    put(&raw, ask, -1, -1);
    expect(&raw, CARD_ENDED, AGON_OK, "");
    put(&raw, ask, -1, -1);
    expect(&raw, CARD_ENDED, AGON_EINVAL, "lease 7 has ended, or never began");
    (void)shutdown(raw.fd, SHUT_RDWR);
    ck_assert_int_eq(end_code(&raw), 0);
}
END_TEST

START_TEST(a_job_needs_a_lease_and_memory_that_nobody_changes)
{
    struct raw raw;
    struct card_ask ask = {.ask = CARD_ASK_JOB, .job = 1, .lease = 7, .chunks = 1};
    int job = job_fd(0, WHOLE);
    int result = result_fd(MEMORY, F_SEAL_SHRINK | F_SEAL_GROW);
    struct {
        int job, result;
        int status;
        const char *text;
    } bad[] = {
        {-1, -1, AGON_EINVAL, "a job that cannot be read"},
        {job_fd(0, F_SEAL_SHRINK | F_SEAL_GROW), result, AGON_EINVAL, "cannot be read"},
        {job_fd(0, F_SEAL_WRITE | F_SEAL_GROW), result, AGON_EINVAL, "cannot be read"},
        {job_fd(1, WHOLE), result, AGON_EINVAL, "size is not that of its parts"},
        {result_fd(55, WHOLE), result, AGON_EINVAL, "a job that cannot be read"},
        {job, -1, AGON_EINVAL, "no memory of its size for the result"},
        {job, result_fd(MEMORY - 1, F_SEAL_SHRINK | F_SEAL_GROW), AGON_EINVAL,
         "no memory of its size for the result"},
        {job, result_fd(MEMORY, F_SEAL_GROW), AGON_EINVAL, "no memory of its size for the result"},
        {job, result_fd(MEMORY, WHOLE), AGON_ENOMEM, "no memory for a result"},
        {job, result, AGON_OK, ""}};

    begin(&raw);
    put(&raw, ask, job, result);
    expect(&raw, CARD_DONE, AGON_EINVAL, "lease 7 has ended, or never began");
    put(&raw, lease_7, -1, -1);
    expect(&raw, CARD_LEASED, AGON_OK, "");
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        put(&raw, ask, bad[i].job, bad[i].result);
        expect(&raw, CARD_DONE, bad[i].status, bad[i].text);
    }
    // What a lease held nobody reads after its end.
    put(&raw, (struct card_ask){.ask = CARD_ASK_END, .lease = 7}, -1, -1);
    expect(&raw, CARD_ENDED, AGON_OK, "");
    put(&raw, ask, job, result);
    expect(&raw, CARD_DONE, AGON_EINVAL, "lease 7 has ended, or never began");
    (void)close(raw.fd);
    raw.fd = -1;
    ck_assert_int_eq(end_code(&raw), 0);
}
END_TEST

START_TEST(who_speaks_another_version_is_not_served)
{
    struct raw raw;

    begin(&raw);
    put(&raw, (struct card_ask){.version = CARD_VERSION + 1, .ask = CARD_ASK_LOOK}, -1, -1);
    ck_assert_int_eq(end_code(&raw), 0);
    begin(&raw);
    put(&raw, (struct card_ask){.ask = 77}, -1, -1);
    ck_assert_int_eq(end_code(&raw), 0);
    begin(&raw);
    ck_assert_int_eq((int)send(raw.fd, "x", 1, 0), 1);
    ck_assert_int_eq(end_code(&raw), 0);
}
END_TEST

/* More asks than it keeps wait in the socket, in order. */
START_TEST(many_asks_are_answered_in_order)
{
    struct raw raw;

    begin(&raw);
    for (uint64_t i = 1; i <= 2 * CARD_ASKS; i++)
        put(&raw, (struct card_ask){.ask = CARD_ASK_END, .lease = i}, -1, -1);
    for (uint64_t i = 1; i <= 2 * CARD_ASKS; i++)
        ck_assert_uint_eq(hear(&raw).lease, i);
    (void)shutdown(raw.fd, SHUT_RDWR);
    ck_assert_int_eq(end_code(&raw), 0);
}
END_TEST

/* Whoever starts it by hand learns what it is. */
START_TEST(without_a_socket_it_says_what_it_is)
{
    static const char *const wrong[][4] = {{"agon-gpu", NULL},
                                           {"agon-gpu", "--device", "abacus", NULL},
                                           {"agon-gpu", "--threads", "0", NULL},
                                           {"agon-gpu", "--threads", NULL},
                                           {"agon-gpu", "--what", "x", NULL}};
    struct proc_spec spec = {.path = program, .argv = wrong[_i], .n_fds = 3};
    struct raw raw = {.fd = -1};
    struct error err = {0};

    for (int i = 0; i < 3; i++)
        spec.fds[i] = -1;
    ck_assert_int_eq(proc_spawn(&raw.proc, &spec, &err), AGON_OK);
    ck_assert_int_eq(end_code(&raw), CARD_EXIT_NOT_CALLED);
}
END_TEST

int main(int argc, char **argv)
{
    Suite *suite = suite_create("card_raw");
    TCase *tcase = tcase_create("raw");
    SRunner *runner;
    int failed;

    program = argc > 1 ? argv[1] : NULL;
    if (program == NULL)
        return EXIT_FAILURE;
    tcase_set_timeout(tcase, 60);
    tcase_add_test(tcase, a_lease_is_made_once_and_ended_once);
    tcase_add_test(tcase, a_job_needs_a_lease_and_memory_that_nobody_changes);
    tcase_add_test(tcase, who_speaks_another_version_is_not_served);
    tcase_add_test(tcase, many_asks_are_answered_in_order);
    tcase_add_loop_test(tcase, without_a_socket_it_says_what_it_is, 0, 5);
    suite_add_tcase(suite, tcase);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
