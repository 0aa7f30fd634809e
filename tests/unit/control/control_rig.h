// SPDX-License-Identifier: Apache-2.0
/* control_rig: the service with verbs that count, wait and hold it up, and a client of its socket
 * and of HTTP, for the programs that test it. Tests are one process each. */
#ifndef TESTS_UNIT_CONTROL_RIG_H
#define TESTS_UNIT_CONTROL_RIG_H

#include <arpa/inet.h>
#include <check.h>
#include <semaphore.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "control/client.h"
#include "control/control.h"

#define WAIT_NS   ((int64_t)30 * 1000000000) /* only finds what never comes */
#define SILENT_NS ((int64_t)1000000000)      /* who says nothing for so long is put out */

static char dir[] = "/tmp/agon-test-control-XXXXXX";
static struct control *control;
static uint16_t port;
static _Atomic int n_halts, n_ticks, n_steps, n_steps_before;
static _Atomic int n_listed, n_put_out;
static int silent[256]; /* who has been let in and says nothing: the first n_listed */
static sem_t gate, at_gate;

static inline int do_status(void *ctx, const struct control_call *call, struct jout *out,
                            struct error *err)
{
    (void)ctx;
    (void)call;
    (void)err;
    jout_open(out, '{');
    jout_kv_str(out, "state", "running");
    jout_close(out, '{');
    return AGON_OK;
}

static inline int do_book(void *ctx, const struct control_call *call, struct jout *out,
                          struct error *err)
{
    (void)ctx;
    if (strcmp(call->argv[0], "BTCUSDT") != 0)
        return error_set(err, AGON_ENOENT, "no such book");
    jout_str(out, call->argv[0]);
    return AGON_OK;
}

static inline int count_put_out(void)
{
    char byte;
    int n = 0;

    for (int i = 0; i < n_listed; i++)
        n += recv(silent[i], &byte, 1, MSG_PEEK | MSG_DONTWAIT) == 0;
    return n;
}

static inline int do_halt(void *ctx, const struct control_call *call, struct jout *out,
                          struct error *err)
{
    (void)ctx;
    (void)err;
    n_steps_before = n_steps;
    n_put_out = count_put_out();
    n_halts++;
    jout_str(out, call->argc > 0 ? call->argv[0] : "all");
    return AGON_OK;
}

// Holds the service until the gate is opened.
static inline int do_gate(void *ctx, const struct control_call *call, struct jout *out,
                          struct error *err)
{
    (void)ctx;
    (void)call;
    (void)err;
    sem_post(&at_gate);
    while (sem_wait(&gate) != 0)
        ;
    jout_bool(out, 1);
    return AGON_OK;
}

static inline int do_step(void *ctx, const struct control_call *call, struct jout *out,
                          struct error *err)
{
    (void)ctx;
    (void)call;
    (void)err;
    jout_int(out, ++n_steps);
    return AGON_OK;
}

static inline int do_long(void *ctx, const struct control_call *call, struct jout *out,
                          struct error *err)
{
    (void)ctx;
    (void)call;
    (void)err;
    n_steps++;
    jout_open(out, '[');
    for (int i = 0; i < 500000; i++)
        jout_int(out, i);
    jout_close(out, '[');
    return AGON_OK;
}

static inline int do_slow(void *ctx, const struct control_call *call, struct jout *out,
                          struct error *err)
{
    (void)ctx;
    (void)err;
    while (n_halts == 0)
        usleep(1000);
    jout_str(out, call->argv[0]);
    return AGON_OK;
}

static const struct control_verb verbs[] = {
    {"slow", "WORD", "waits for a halt", CONTROL_OPERATE, 1, 1, do_slow, .is_slow = 1},
    {"status", "", "how it is", CONTROL_READ, 0, 0, do_status},
    {"books", "SYMBOL", "a book", CONTROL_READ, 1, 1, do_book},
    {"long", "", "much", CONTROL_READ, 0, 0, do_long},
    {"halt", "[AGENT|all]", "halts", CONTROL_OPERATE, 0, 1, do_halt, .is_urgent = 1},
    {"gate", "", "waits", CONTROL_READ, 0, 0, do_gate},
    {"step", "", "counts", CONTROL_READ, 0, 0, do_step},
    {"log level", "LEVEL", "level", CONTROL_OPERATE, 1, 1, do_halt},
    {"export", "WHAT", "of the client", CONTROL_CLIENT, 1, 1, NULL},
    {NULL}};
static const struct control_file files[] = {{"/", "text/html", "<p>", 3}, {NULL}};

static inline void look(void *ctx, int64_t mono_ns)
{
    (void)ctx;
    (void)mono_ns;
}

static inline void live(void *ctx, struct control_live *to)
{
    struct jout *out = control_live_set(to, "still");

    (void)ctx;
    jout_int(out, 1);
    jout_int(control_live_set(to, "moves"), ++n_ticks);
    if (n_ticks % 2 == 1)
        jout_int(control_live_set(to, "sometimes"), 1);
    out = control_live_set(to, "part/1");
    jout_open(out, '{');
    jout_kv_int(out, "moves", n_ticks);
    jout_kv_str(out, "stays", "a {\"text\", of [some]} \\");
    jout_close(out, '{');
}

static inline void metrics(void *ctx, const struct control_counts *counts, FILE *out)
{
    (void)ctx;
    (void)counts;
    fputs("# HELP agon_x X.\n# TYPE agon_x gauge\nagon_x 1\n", out);
}

static int is_ready_now;
static inline int ready(void *ctx, struct jout *out)
{
    (void)ctx;
    jout_open(out, '{');
    jout_kv_bool(out, "ready", is_ready_now);
    jout_close(out, '{');
    return is_ready_now;
}

static inline void setup(void)
{
    struct control_config config = {.is_http = 1, .address = "127.0.0.1"};
    struct error err = {0};
    char *slash;

    signal(SIGPIPE, SIG_IGN); // as the program does
    memcpy(dir + sizeof(dir) - 7, "XXXXXX", 6);
    ck_assert_ptr_nonnull(mkdtemp(dir));
    n_halts = 0;
    n_ticks = 0;
    n_steps = 0;
    n_steps_before = -1;
    ck_assert_int_eq(sem_init(&gate, 0, 0), 0);
    ck_assert_int_eq(sem_init(&at_gate, 0, 0), 0);
    config.dir = dir;
    config.port = (struct control_port){.verbs = verbs,
                                        .files = files,
                                        .look = look,
                                        .live = live,
                                        .metrics = metrics,
                                        .ready = ready};
    ck_assert_msg(control_start(&control, &config, &err) == AGON_OK, "%s", err.text);
    slash = strrchr(control_url(control), ':');
    port = (uint16_t)atoi(slash + 1);
}

static inline void teardown(void)
{
    char path[128];

    control_stop(control);
    snprintf(path, sizeof(path), "%s/token", dir);
    unlink(path);
    snprintf(path, sizeof(path), "%s/token_read", dir);
    unlink(path);
    ck_assert_msg(rmdir(dir) == 0, "socket and address are gone with the service");
}

static inline int ask(const char *text, json_t **result, struct error *err)
{
    const char *words[8];
    char copy[256];
    int n = 0;

    snprintf(copy, sizeof(copy), "%s", text);
    for (char *word = strtok(copy, " "); word != NULL; word = strtok(NULL, " "))
        words[n++] = word;
    return client_ask(dir, words, n, WAIT_NS, result, err);
}

/* ---- HTTP */

static inline int dial(void)
{
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(port)};
    struct timeval wait = {.tv_sec = WAIT_NS / 1000000000};
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    ck_assert_int_eq(connect(fd, (struct sockaddr *)&to, sizeof(to)), 0);
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait));
    return fd;
}

// Sends a request on a connection of its own; its status. HOST and TOKEN in it are put in.
static inline int http(const char *form, char *reply, size_t room)
{
    char request[8192];
    size_t n = 0;
    size_t got = 0;
    int status = 0;
    ssize_t now;
    int fd = dial();

    for (const char *c = form; *c != '\0' && n < sizeof(request) - 100;) {
        if (strncmp(c, "HOST", 4) == 0) {
            n += (size_t)snprintf(request + n, 64, "127.0.0.1:%u", port);
            c += 4;
        } else if (strncmp(c, "TOKEN", 5) == 0) {
            n += (size_t)snprintf(request + n, 80, "%s", control_token(control));
            c += 5;
        } else if (strncmp(c, "READER", 6) == 0) {
            n += (size_t)snprintf(request + n, 80, "%s", control_reader(control));
            c += 6;
        } else {
            request[n++] = *c++;
        }
    }
    send(fd, request, n, MSG_NOSIGNAL);
    while (got < room - 1 && (now = recv(fd, reply + got, room - 1 - got, 0)) > 0)
        got += (size_t)now;
    reply[got] = '\0';
    sscanf(reply, "HTTP/1.1 %d", &status);
    close(fd);
    return status;
}

#define AT   " HTTP/1.1\r\nConnection: close\r\nHost: HOST\r\n"
#define JSON "Content-Type: application/json\r\n"
#define AUTH "Authorization: Bearer TOKEN\r\n"
#define LOOK "Authorization: Bearer READER\r\n"
#define ENDS "Content-Length: 0\r\n\r\n"

#endif
