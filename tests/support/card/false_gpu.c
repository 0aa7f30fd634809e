// SPDX-License-Identifier: Apache-2.0
/* A worker that lies: it stands between the host and a true agon-gpu, hands on what both say, and
 * changes one answer in its first life. --script: "PROGRAM WHAT COUNT LIE": at the COUNT-th answer
 * of kind WHAT (enum card_answers; 100 and an ask's kind: when the host asks that) LIE:
 *   twice, never, swap (behind the next one), lease, job, run, before, version, short, long, fds
 * (some come along), text, look; kind=N, status=N, inline=N, chunks=N (so many CHUNK before it);
 *   inject=N: an answer of that kind about what was asked, before anybody did it;
 *   hold (a writable mapping of the result stays), seal (nobody can seal it), write (it is written
 *   to after its outcome), close (the socket), die. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "card/serve.h"
#include "card/wire.h"

#define ARGS   32
#define HOST   CARD_FD_SOCKET
#define COUNTS 128

static char program[1024], lie[64];
static unsigned what, nth, counts[COUNTS];
#define JOBS 64
static int results[JOBS]; /* the memory of a job's result, by its number; 0: none */

static void fail(const char *text)
{
    fprintf(stderr, "false_gpu: %s: %s\n", text, strerror(errno));
    exit(2);
}

static ssize_t take(int from, void *bytes, size_t room, int fds[2])
{
    union {
        char room[CMSG_SPACE(2 * sizeof(int))];
        struct cmsghdr align;
    } control;
    struct iovec part = {bytes, room};
    struct msghdr message = {.msg_iov = &part,
                             .msg_iovlen = 1,
                             .msg_control = control.room,
                             .msg_controllen = sizeof(control.room)};
    ssize_t n = recvmsg(from, &message, 0);

    fds[0] = fds[1] = -1;
    for (struct cmsghdr *at = n > 0 ? CMSG_FIRSTHDR(&message) : NULL; at != NULL;
         at = CMSG_NXTHDR(&message, at))
        if (at->cmsg_type == SCM_RIGHTS)
            memcpy(fds, CMSG_DATA(at), at->cmsg_len - CMSG_LEN(0));
    return n;
}

static void give(int to, const void *bytes, size_t n, const int fds[2])
{
    union {
        char room[CMSG_SPACE(2 * sizeof(int))];
        struct cmsghdr align;
    } control = {{0}};
    struct iovec part = {(void *)(uintptr_t)bytes, n};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
    size_t n_fds = fds == NULL || fds[0] < 0 ? 0 : fds[1] < 0 ? 1 : 2;

    if (n_fds > 0) {
        struct cmsghdr *at;

        message.msg_control = control.room;
        message.msg_controllen = CMSG_SPACE(n_fds * sizeof(int));
        at = CMSG_FIRSTHDR(&message);
        at->cmsg_level = SOL_SOCKET;
        at->cmsg_type = SCM_RIGHTS;
        at->cmsg_len = CMSG_LEN(n_fds * sizeof(int));
        memcpy(CMSG_DATA(at), fds, n_fds * sizeof(int));
    }
    if (sendmsg(to, &message, MSG_NOSIGNAL) < 0 && errno != EPIPE)
        fail("send");
}

/* Is it the time to lie? */
static int is_it(unsigned kind)
{
    return kind < COUNTS && ++counts[kind] == nth && kind == what;
}

static unsigned is_lie(const char *name, int *value)
{
    size_t n = strlen(name);

    if (strncmp(lie, name, n) != 0 || (lie[n] != '\0' && lie[n] != '='))
        return 0;
    if (value != NULL)
        *value = lie[n] == '=' ? (int)strtol(lie + n + 1, NULL, 10) : 0;
    return 1;
}

/* Once the host has sealed it. */
static void write_result(int result)
{
    for (int i = 0; i < 20000 && (fcntl(result, F_GET_SEALS) & F_SEAL_WRITE) == 0; i++)
        (void)usleep(1000);
    if (pwrite(result, "wrong", 5, 0) >= 0 || ftruncate(result, 0) == 0 ||
        mmap(NULL, 1, PROT_WRITE, MAP_SHARED, result, 0) != MAP_FAILED)
        fprintf(stderr, "wrong: a result can be changed after its outcome\n");
}

static void tell(struct card_answer answer, size_t n)
{
    static struct card_answer kept;
    static int is_kept;
    int result = results[answer.job % JOBS];
    int some[2] = {0, 1};
    int value;

    if (!is_it(answer.answer)) {
        give(HOST, &answer, n, NULL);
        if (is_kept)
            give(HOST, &kept, sizeof(kept), NULL);
        is_kept = 0;
        return;
    }
    if (is_lie("never", NULL))
        return;
    if (is_lie("swap", NULL)) {
        kept = answer;
        is_kept = 1;
        return;
    }
    if (is_lie("die", NULL))
        (void)raise(SIGKILL);
    if (is_lie("close", NULL)) {
        (void)close(HOST);
        for (;;)
            (void)pause();
    }
    if (is_lie("hold", NULL) &&
        mmap(NULL, 1, PROT_READ | PROT_WRITE, MAP_SHARED, result, 0) == MAP_FAILED)
        fail("hold");
    if (is_lie("seal", NULL) && fcntl(result, F_ADD_SEALS, F_SEAL_SEAL) != 0)
        fail("seal");
    for (is_lie("chunks", &value); is_lie("chunks", NULL) && value > 0; value--) {
        struct card_answer chunk = answer;

        chunk.answer = CARD_CHUNK;
        give(HOST, &chunk, sizeof(chunk), NULL);
    }
    answer.lease += is_lie("lease", NULL);
    answer.job += is_lie("job", NULL);
    answer.run += is_lie("run", NULL);
    answer.run -= is_lie("before", NULL);
    answer.version += is_lie("version", NULL);
    if (is_lie("kind", &value))
        answer.answer = (uint32_t)value;
    if (is_lie("status", &value))
        answer.status = value;
    if (is_lie("inline", &value))
        answer.n_inline = (uint32_t)value;
    if (is_lie("text", NULL))
        memset(answer.text, '\033', sizeof(answer.text));
    if (is_lie("look", NULL))
        answer.look = (struct card_look){INT32_MAX, INT32_MIN, 2, 1};
    n -= is_lie("short", NULL);
    if (is_lie("long", NULL)) {
        char more[sizeof(answer) + 1] = {0};

        memcpy(more, &answer, sizeof(answer));
        give(HOST, more, sizeof(more), NULL);
        return;
    }
    give(HOST, &answer, n, is_lie("fds", NULL) ? some : NULL);
    if (is_lie("twice", NULL))
        give(HOST, &answer, n, NULL);
    if (is_lie("write", NULL))
        write_result(result);
}

static void ask(int worker, const struct card_ask *of, size_t n, const int fds[2])
{
    int value;

    if (of->ask == CARD_ASK_JOB && fds[1] >= 0)
        results[of->job % JOBS] = fcntl(fds[1], F_DUPFD_CLOEXEC, 10);
    if (is_it(100 + of->ask) && is_lie("inject", &value)) {
        struct card_answer answer = {.version = CARD_VERSION,
                                     .answer = (uint32_t)value,
                                     .lease = of->lease,
                                     .job = of->job,
                                     .run = of->run};

        give(HOST, &answer, sizeof(answer), NULL);
    }
    give(worker, of, n, fds);
    for (int i = 0; i < 2; i++)
        if (fds[i] >= 0)
            (void)close(fds[i]);
}

static void run_between(int worker)
{
    for (;;) {
        struct pollfd polled[2] = {{.fd = HOST, .events = POLLIN},
                                   {.fd = worker, .events = POLLIN}};
        int fds[2];
        ssize_t n;

        if (poll(polled, 2, -1) < 0)
            fail("poll");
        if (polled[0].revents != 0) {
            struct card_ask of;

            n = take(HOST, &of, sizeof(of), fds);
            if (n <= 0)
                exit(0);
            ask(worker, &of, (size_t)n, fds);
        } else if (polled[1].revents != 0) {
            struct card_answer answer;

            n = take(worker, &answer, sizeof(answer), fds);
            if (n <= 0)
                exit(0);
            tell(answer, (size_t)n);
        }
    }
}

int main(int argc, char **argv)
{
    char *args[ARGS];
    unsigned life = 1;
    int n = 0;
    int fds[2];
    pid_t pid;

    for (int i = 0; i < argc && n < ARGS - 1; i++) {
        if (i + 1 < argc && strcmp(argv[i], "--life") == 0)
            life = (unsigned)strtoul(argv[i + 1], NULL, 10);
        if (i + 1 < argc && strcmp(argv[i], "--script") == 0) {
            if (sscanf(argv[++i], "%1023s %u %u %63s", program, &what, &nth, lie) != 4)
                return 2;
        } else
            args[n++] = argv[i];
    }
    args[n] = NULL;
    if (life > 1) {
        (void)execv(program, args);
        fail(program);
    }
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds) != 0)
        fail("socketpair");
    pid = fork();
    if (pid == 0) {
        if (dup2(fds[1], CARD_FD_SOCKET) != CARD_FD_SOCKET)
            fail("dup2");
        (void)execv(program, args);
        fail(program);
    }
    (void)close(fds[1]);
    if (pid < 0)
        fail("fork");
    run_between(fds[0]);
}
