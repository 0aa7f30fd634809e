// SPDX-License-Identifier: Apache-2.0
#include "card/away.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "card/environment.h"
#include "card/serve.h"
#include "card/session.h"
#include "sys/clock.h"
#include "sys/memfd.h"
#include "sys/proc.h"

#define PROGRAM  "agon-gpu"
#define ARGS_MAX 20
#define END_MS   2000  /* in which one that is to end does so by itself */
#define KILL_MS  10000 /* and one that is killed */
#define START_NS ((int64_t)60 * CLOCK_SECOND)

struct away {
    struct device device; /* first */
    struct proc proc;
    int fd;              /* -1: it has gone, or never came */
    unsigned char *area; /* mapped; n bytes of it are operations that were not sent */
    uint64_t n;
    int64_t limit_ns;
    int is_unsure;       /* something was sent since the last wait */
    struct error failed; /* code 0: nothing has */
    char name[96], why[CARD_TEXT];
};

#define SIZE_OF(name, type) sizeof(struct type##_args),
static const size_t sizes[KERNEL_COUNT] = {KERNELS(SIZE_OF)};

/* What a driver says may be anything, and goes to terminals and into files. */
static void make_plain(char *text, size_t room)
{
    text[room - 1] = '\0';
    for (char *c = text; *c != '\0'; c++)
        if (*c < ' ' || *c > '~')
            *c = '_';
}

static void end_process(struct away *away, int wait_ms, struct proc_end *end)
{
    if (away->fd >= 0)
        (void)close(away->fd);
    away->fd = -1;
    if (away->proc.pidfd < 0)
        return;
    if (proc_wait(&away->proc, wait_ms, end) == AGON_EAGAIN) {
        (void)proc_signal(&away->proc, SIGKILL);
        (void)proc_wait(&away->proc, KILL_MS, end);
    }
    proc_close(&away->proc);
    away->proc.pidfd = -1;
}

/* From here on nothing is done any more. */
static void lose(struct away *away, int code, const char *text)
{
    struct proc_end end = {0};

    if (away->failed.code != 0)
        return;
    (void)error_set(&away->failed, code, "%s", text);
    end_process(away, 0, &end);
}

static void gone(struct away *away)
{
    struct proc_end end = {0};
    char how[64], text[CARD_TEXT + 64];

    end_process(away, END_MS, &end);
    proc_end_text(&end, how, sizeof(how));
    (void)snprintf(text, sizeof(text), "%s: its worker ended: %s", away->name, how);
    lose(away, AGON_EIO, text);
}

/* Messages keep whole. 1: one of n bytes has come. */
static int receive(struct away *away, void *message, size_t n, int64_t limit_ns)
{
    int64_t until = clock_mono() + limit_ns;
    struct pollfd poll_fd = {.fd = away->fd, .events = POLLIN};
    char text[CARD_TEXT + 64];
    ssize_t got;

    for (;;) {
        int64_t left = (until - clock_mono()) / 1000000;
        int rc = poll(&poll_fd, 1, left > 0 ? (int)left : 0);

        if (rc > 0)
            break;
        if (rc == 0 && left <= 0) {
            (void)snprintf(text, sizeof(text), "%s: it has said nothing for %lld s, and is ended",
                           away->name, (long long)(limit_ns / CLOCK_SECOND));
            lose(away, AGON_EIO, text);
            return 0;
        }
        if (rc < 0 && errno != EINTR)
            break; // recv says it
    }
    do {
        got = recv(away->fd, message, n, MSG_DONTWAIT);
    } while (got < 0 && errno == EINTR);
    if (got == (ssize_t)n)
        return 1;
    gone(away);
    return 0;
}

static void refused(struct away *away, const struct session_answer *answer)
{
    char text[sizeof(away->name) + CARD_TEXT + 4];

    (void)snprintf(text, sizeof(text), "%s: %s", away->name, answer->text);
    lose(away, answer->status, text);
}

/* 1: it was done. */
static int ask(struct away *away, struct session_ask *ask, struct session_answer *answer)
{
    ssize_t n;

    if (away->failed.code != 0)
        return 0;
    ask->version = SESSION_VERSION;
    do {
        n = send(away->fd, ask, sizeof(*ask), MSG_NOSIGNAL);
    } while (n < 0 && errno == EINTR);
    if (n < 0) {
        gone(away);
        return 0;
    }
    if (!receive(away, answer, sizeof(*answer), away->limit_ns))
        return 0;
    make_plain(answer->text, sizeof(answer->text));
    if (answer->version != SESSION_VERSION)
        lose(away, AGON_EVERSION, "agon-gpu is of another build");
    else if (answer->status == AGON_EIO)
        lose(away, AGON_EIO, answer->text); // of the device, which has said its name
    else if (answer->status < 0)
        refused(away, answer);
    return away->failed.code == 0;
}

/* Has what stands in the area done. */
static void send_area(struct away *away, int must_wait)
{
    struct session_ask what = {.ask = SESSION_DO, .bytes = away->n, .must_wait = must_wait != 0};
    struct session_answer answer;

    if (away->n == 0 && !(must_wait && away->is_unsure))
        return;
    away->n = 0;
    if (ask(away, &what, &answer))
        away->is_unsure = !must_wait;
}

/* Room for what goes with an operation, at most SESSION_AREA / 2 bytes. */
static unsigned char *put(struct away *away, const struct session_op *op, uint64_t payload)
{
    unsigned char *at;

    if (away->n + session_op_bytes(payload) > SESSION_AREA)
        send_area(away, 0);
    at = away->area + away->n;
    memcpy(at, op, sizeof(*op));
    away->n += session_op_bytes(payload);
    return at + sizeof(*op);
}

static uint64_t address(const void *memory)
{
    return (uint64_t)(uintptr_t)memory;
}

static void away_run(struct device *device, enum kernel kernel, const void *args)
{
    struct away *away = (struct away *)device;
    struct session_op op = {.op = SESSION_CALL, .kernel = kernel, .bytes = sizes[kernel]};

    if (away->failed.code == 0)
        memcpy(put(away, &op, op.bytes), args, op.bytes);
}

static void *away_alloc(struct device *device, size_t bytes)
{
    struct away *away = (struct away *)device;
    struct session_ask what = {.ask = SESSION_ALLOC, .bytes = bytes};
    struct session_answer answer = {0};

    send_area(away, 0);
    if (!ask(away, &what, &answer)) {
        (void)snprintf(away->why, sizeof(away->why), "%.*s", (int)sizeof(away->why) - 1,
                       away->failed.text);
        return NULL;
    }
    memcpy(away->why, answer.text, sizeof(away->why));
    return (void *)(uintptr_t)answer.at;
}

static void away_release(struct device *device, void *memory)
{
    struct away *away = (struct away *)device;
    struct session_ask what = {.ask = SESSION_FREE, .at = address(memory)};
    struct session_answer answer;

    if (memory == NULL)
        return;
    send_area(away, 0);
    (void)ask(away, &what, &answer);
}

static void away_clear(struct device *device, void *memory, size_t bytes)
{
    struct away *away = (struct away *)device;
    struct session_op op = {.op = SESSION_CLEAR, .bytes = bytes, .to = address(memory)};

    if (away->failed.code == 0)
        (void)put(away, &op, 0);
}

static void away_write(struct device *device, void *to, const void *from, size_t bytes)
{
    struct away *away = (struct away *)device;
    const unsigned char *at = from;

    for (size_t done = 0, part; done < bytes && away->failed.code == 0; done += part) {
        struct session_op op = {.op = SESSION_WRITE, .to = address(to) + done};

        part = bytes - done < SESSION_AREA / 2 ? bytes - done : SESSION_AREA / 2;
        op.bytes = part;
        memcpy(put(away, &op, part), at + done, part);
    }
}

static void away_read(struct device *device, void *to, const void *from, size_t bytes)
{
    struct away *away = (struct away *)device;
    unsigned char *at = to;
    size_t done = 0;

    while (done < bytes && away->failed.code == 0) {
        size_t part = bytes - done < SESSION_AREA / 2 ? bytes - done : SESSION_AREA / 2;
        struct session_op op = {.op = SESSION_READ, .bytes = part, .from = address(from) + done};
        const unsigned char *room = put(away, &op, part);

        send_area(away, 1);
        if (away->failed.code == 0) {
            memcpy(at + done, room, part);
            done += part;
        }
    }
    memset(at + done, 0, bytes - done);
}

static void away_copy(struct device *device, void *to, const void *from, size_t bytes)
{
    struct away *away = (struct away *)device;
    struct session_op op = {
        .op = SESSION_COPY, .bytes = bytes, .to = address(to), .from = address(from)};

    if (away->failed.code == 0)
        (void)put(away, &op, 0);
}

static int away_wait(struct device *device, struct error *err)
{
    struct away *away = (struct away *)device;

    send_area(away, 1);
    if (away->failed.code == 0)
        return AGON_OK;
    return error_set(err, AGON_EIO, "%s", away->failed.text);
}

static void away_free(struct device *device)
{
    struct away *away = (struct away *)device;
    struct proc_end end = {0};

    end_process(away, END_MS, &end); // its memory is 0 before it ends
    if (away->area != NULL)
        memfd_unmap(away->area, SESSION_AREA);
    free(away);
}

/* Its start */

static uint32_t add_arg(const char *argv[ARGS_MAX], uint32_t n, const char *name, const char *value)
{
    if (value == NULL)
        return n;
    REQUIRE(n + 2 < ARGS_MAX);
    argv[n] = name;
    argv[n + 1] = value;
    return n + 2;
}

static int spawn(struct away *away, const struct card_away_config *config, int fd, int area_fd,
                 struct error *err)
{
    const char *argv[ARGS_MAX] = {PROGRAM};
    char path[4096], card[16], threads[16], most[24];
    struct proc_spec spec = {.path = path,
                             .argv = argv,
                             .envp = config->envp,
                             .fds = {-1, -1, config->log_fd, fd, area_fd},
                             .n_fds = SESSION_FD_AREA + 1,
                             .is_group = 1}; // who ends this process by a key means it alone
    uint32_t n = 1;

    if (config->program != NULL
            ? (size_t)snprintf(path, sizeof(path), "%s", config->program) >= sizeof(path)
            : proc_beside(PROGRAM, path, sizeof(path)) < 0)
        return error_set(err, AGON_ERANGE, "the path of %s is too long", PROGRAM);
    if (access(path, X_OK) != 0)
        return error_set(err, AGON_ENOENT, "%s: %s; it is installed beside agon", path,
                         strerror(errno));
    (void)snprintf(card, sizeof(card), "%u", config->card);
    (void)snprintf(threads, sizeof(threads), "%u", config->threads);
    (void)snprintf(most, sizeof(most), "%llu", (unsigned long long)config->most);
    n = add_arg(argv, n, "--device", config->device);
    n = add_arg(argv, n, "--card", card);
    n = add_arg(argv, n, "--threads", threads);
    n = add_arg(argv, n, "--driver", config->driver);
    n = add_arg(argv, n, "--nvrtc", config->nvrtc);
    n = add_arg(argv, n, "--script", config->script);
    (void)add_arg(argv, n, "--session", most);
    return proc_spawn(&away->proc, &spec, err);
}

static int start(struct away *away, const struct card_away_config *config, struct error *err)
{
    int area_fd = memfd_new("session", SESSION_AREA, err);
    int fds[2] = {-1, -1};
    int rc = area_fd < 0 ? area_fd : AGON_OK;

    if (rc >= 0 && (away->area = memfd_map(area_fd, SESSION_AREA, 1, err)) == NULL)
        rc = AGON_ENOMEM;
    if (rc >= 0 && socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds) != 0)
        rc = error_set(err, AGON_EIO, "no socket for a worker: %s", strerror(errno));
    if (rc >= 0)
        rc = spawn(away, config, fds[1], area_fd, err);
    if (fds[1] >= 0)
        (void)close(fds[1]);
    if (area_fd >= 0)
        (void)close(area_fd);
    away->fd = fds[0];
    return rc;
}

static int come_up(struct away *away, struct error *err)
{
    struct card_answer ready = {0};

    if (receive(away, &ready, sizeof(ready), START_NS)) {
        make_plain(ready.text, sizeof(ready.text));
        if (ready.version != CARD_VERSION || ready.answer != CARD_READY)
            lose(away, AGON_EVERSION, "agon-gpu is of another build");
        else if (ready.status < 0)
            lose(away, ready.status, ready.text);
    }
    if (away->failed.code != 0)
        return error_set(err, away->failed.code, "%s", away->failed.text);
    (void)snprintf(away->name, sizeof(away->name), "%.*s", (int)sizeof(away->name) - 1, ready.text);
    away->device.bytes = ready.bytes;
    return AGON_OK;
}

struct card_away_config card_away_preset(const char *device)
{
    return (struct card_away_config){.device = device,
                                     .envp = card_environment_of(device),
                                     .threads = 1,
                                     .log_fd = -1,
                                     .limit_ns = (int64_t)120 * CLOCK_SECOND};
}

struct device *card_away_new(const struct card_away_config *config, struct error *err)
{
    struct away *away = calloc(1, sizeof(*away));

    if (away == NULL) {
        (void)error_set(err, AGON_ENOMEM, "no memory for a device");
        return NULL;
    }
    away->device = (struct device){.name = away->name,
                                   .run = away_run,
                                   .alloc = away_alloc,
                                   .release = away_release,
                                   .clear = away_clear,
                                   .write = away_write,
                                   .read = away_read,
                                   .copy = away_copy,
                                   .wait = away_wait,
                                   .free = away_free};
    away->fd = -1;
    away->proc = (struct proc){-1, -1};
    away->limit_ns = config->limit_ns;
    (void)snprintf(away->name, sizeof(away->name), "%s %u", config->device, config->card);
    if (start(away, config, err) >= 0 && come_up(away, err) >= 0)
        return &away->device;
    away_free(&away->device);
    return NULL;
}

const char *card_away_why(const struct device *device)
{
    return ((const struct away *)device)->why;
}

int card_away_pid(const struct device *device)
{
    return ((const struct away *)device)->proc.pid;
}
