// SPDX-License-Identifier: Apache-2.0
/* The service against clients that mean well and clients that do not (RELIABILITY 4.2, 4.6). */
#include <arpa/inet.h>
#include <check.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "control/client.h"
#include "control/control.h"
#include "control/impl.h"
#include "sys/clock.h"
#include "sys/file.h"
#include "sys/local.h"

#define WAIT_NS   ((int64_t)30 * 1000000000) /* only finds what never comes */
#define SILENT_NS ((int64_t)1000000000)      /* who says nothing for so long is put out */

static char dir[] = "/tmp/agon-test-control-XXXXXX";
static struct control *control;
static uint16_t port;
static _Atomic int n_halts, n_ticks, n_steps, n_steps_before;
static _Atomic int n_listed, n_put_out;
static int silent[256]; /* who has been let in and says nothing: the first n_listed */
static sem_t gate, at_gate;

static int do_status(void *ctx, const struct control_call *call, struct jout *out,
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

static int do_book(void *ctx, const struct control_call *call, struct jout *out, struct error *err)
{
    (void)ctx;
    if (strcmp(call->argv[0], "BTCUSDT") != 0)
        return error_set(err, AGON_ENOENT, "no such book");
    jout_str(out, call->argv[0]);
    return AGON_OK;
}

static int count_put_out(void)
{
    char byte;
    int n = 0;

    for (int i = 0; i < n_listed; i++)
        n += recv(silent[i], &byte, 1, MSG_PEEK | MSG_DONTWAIT) == 0;
    return n;
}

static int do_halt(void *ctx, const struct control_call *call, struct jout *out, struct error *err)
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
static int do_gate(void *ctx, const struct control_call *call, struct jout *out, struct error *err)
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

static int do_step(void *ctx, const struct control_call *call, struct jout *out, struct error *err)
{
    (void)ctx;
    (void)call;
    (void)err;
    jout_int(out, ++n_steps);
    return AGON_OK;
}

static int do_long(void *ctx, const struct control_call *call, struct jout *out, struct error *err)
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

static int do_slow(void *ctx, const struct control_call *call, struct jout *out, struct error *err)
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

static void look(void *ctx, int64_t mono_ns)
{
    (void)ctx;
    (void)mono_ns;
}

static void live(void *ctx, struct control_live *to)
{
    struct jout *out = control_live_set(to, "still");

    (void)ctx;
    jout_int(out, 1);
    jout_int(control_live_set(to, "moves"), ++n_ticks);
    if (n_ticks % 2 == 1)
        jout_int(control_live_set(to, "sometimes"), 1);
}

static void metrics(void *ctx, FILE *out)
{
    (void)ctx;
    fputs("# HELP agon_x X.\n# TYPE agon_x gauge\nagon_x 1\n", out);
}

static void setup(void)
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
    config.port = (struct control_port){
        .verbs = verbs, .files = files, .look = look, .live = live, .metrics = metrics};
    ck_assert_msg(control_start(&control, &config, &err) == AGON_OK, "%s", err.text);
    slash = strrchr(control_url(control), ':');
    port = (uint16_t)atoi(slash + 1);
}

static void teardown(void)
{
    char path[128];

    control_stop(control);
    snprintf(path, sizeof(path), "%s/token", dir);
    unlink(path);
    snprintf(path, sizeof(path), "%s/token_read", dir);
    unlink(path);
    ck_assert_msg(rmdir(dir) == 0, "socket and address are gone with the service");
}

static int ask(const char *text, json_t **result, struct error *err)
{
    const char *words[8];
    char copy[256];
    int n = 0;

    snprintf(copy, sizeof(copy), "%s", text);
    for (char *word = strtok(copy, " "); word != NULL; word = strtok(NULL, " "))
        words[n++] = word;
    return client_ask(dir, words, n, WAIT_NS, result, err);
}

START_TEST(verbs_are_answered_and_mistakes_explained)
{
    struct error err = {0};
    json_t *result;
    struct stat stat_of;
    char path[128];

    ck_assert_int_eq(ask("status", &result, &err), AGON_OK);
    ck_assert_str_eq(json_string_value(json_object_get(result, "state")), "running");
    json_decref(result);
    ck_assert_int_eq(ask("log level debug", &result, &err), AGON_OK);
    ck_assert_str_eq(json_string_value(result), "debug");
    json_decref(result);
    ck_assert_int_eq(ask("long", &result, &err), AGON_OK);
    ck_assert_uint_eq(json_array_size(result), 500000);
    json_decref(result);
    ck_assert_int_eq(ask("hlat", &result, &err), AGON_ENOENT);
    ck_assert_ptr_nonnull(strstr(err.text, "did you mean 'halt'"));
    memset(&err, 0, sizeof(err));
    ck_assert_int_eq(ask("books", &result, &err), AGON_EINVAL);
    ck_assert_ptr_nonnull(strstr(err.text, "SYMBOL"));
    ck_assert_int_eq(ask("export fills", &result, &err), AGON_ENOTSUP);
    snprintf(path, sizeof(path), "%s/" CONTROL_SOCKET, dir);
    ck_assert_int_eq(stat(path, &stat_of), 0);
    ck_assert_uint_eq(stat_of.st_mode & 0777, 0700);
    snprintf(path, sizeof(path), "%s/" CONTROL_TOKEN, dir);
    ck_assert_int_eq(stat(path, &stat_of), 0);
    ck_assert_uint_eq(stat_of.st_mode & 0777, 0600);
}
END_TEST

START_TEST(no_host_names_the_directory)
{
    struct error err = {0};
    json_t *result;
    const char *word = "status";

    ck_assert_int_eq(client_ask("/tmp/agon-no-such-dir", &word, 1, WAIT_NS, &result, &err),
                     AGON_EIO);
    ck_assert_ptr_nonnull(strstr(err.text, "/tmp/agon-no-such-dir"));
}
END_TEST

/* Sends bytes to the socket; what comes back before its end, as a text. */
static char *raw_local(const char *bytes, size_t n, char *reply, size_t room)
{
    struct error err = {0};
    int fd = local_connect(dir, CONTROL_SOCKET, WAIT_NS, &err);
    size_t got = 0;
    ssize_t now;

    ck_assert_int_ge(fd, 0);
    ck_assert_int_ge(send(fd, bytes, n, MSG_NOSIGNAL), 0);
    while (got < room - 1 && (now = recv(fd, reply + got, room - 1 - got, 0)) > 0)
        got += (size_t)now;
    reply[got] = '\0';
    close(fd);
    return reply;
}

START_TEST(bad_lines_end_and_the_next_is_served)
{
    static const char *const bad[] = {"\n",
                                      "nonsense\n",
                                      "{}\n",
                                      "{\"verb\": []}\n",
                                      "{\"verb\": [1]}\n",
                                      "{\"verb\": [\"status\", \"\\u001b[2J\"]}\n",
                                      "{\"verb\": \"status\"}\n",
                                      "\xff\xfe\x00\x01\n"};
    char *big = calloc(1, CONTROL_LINE_MAX + 10);
    char reply[4096];

    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        raw_local(bad[i], strlen(bad[i]) + (i == 7 ? 3 : 0), reply, sizeof(reply));
        ck_assert_msg(strstr(reply, "\"ok\":false") != NULL && strchr(reply, '\x1b') == NULL,
                      "%s: %s", bad[i], reply);
    }
    memset(big, 'x', CONTROL_LINE_MAX + 5);
    ck_assert_str_eq(raw_local(big, CONTROL_LINE_MAX + 5, reply, sizeof(reply)), "");
    // Half a line: hung up on after a second.
    ck_assert_str_eq(raw_local("{\"verb\"", 7, reply, sizeof(reply)), "");
    raw_local("{\"verb\": [\"status\"]}\n", 21, reply, sizeof(reply));
    ck_assert_str_eq(reply, "{\"ok\":true,\"result\":{\"state\":\"running\"}}\n");
    free(big);
}
END_TEST

START_TEST(many_that_say_nothing_shut_nobody_out_for_long)
{
    struct error err = {0};
    int fds[200];
    json_t *result = NULL;
    int rc = AGON_EIO;

    for (int i = 0; i < 200; i++)
        fds[i] = local_connect(dir, CONTROL_SOCKET, WAIT_NS, &err);
    for (int i = 0; i < 200 && rc != AGON_OK; i++) {
        rc = ask("status", &result, &err);
        usleep(20000);
    }
    ck_assert_int_eq(rc, AGON_OK);
    json_decref(result);
    for (int i = 0; i < 200; i++) {
        if (fds[i] >= 0)
            close(fds[i]);
    }
}
END_TEST

/* ---- HTTP */

static int dial(void)
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
static int http(const char *form, char *reply, size_t room)
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

START_TEST(who_may_what_over_http)
{
    static const struct {
        int status;
        const char *request;
    } cases[] = {
        {200, "GET /api/v1/status" AT AUTH "\r\n"},
        {200, "GET /api/v1/books/BTCUSDT" AT AUTH "\r\n"},
        {200, "GET /" AT "\r\n"},
        // each that looks needs one of the two tokens
        {401, "GET /api/v1/status" AT "\r\n"},
        {401, "GET /api/v1/nothing" AT "\r\n"},
        {401, "GET /metrics" AT "\r\n"},
        {401, "GET /openapi.json" AT "\r\n"},
        {401, "GET /api/v1/status" AT "Authorization: Bearer wrong\r\n\r\n"},
        {401, "GET /api/v1/status?token=TOKEN" AT "\r\n"},
        {200, "GET /api/v1/status" AT LOOK "\r\n"},
        {200, "GET /metrics" AT LOOK "\r\n"},
        {403, "POST /api/v1/halt" AT JSON LOOK ENDS},
        {200, "GET /metrics" AT AUTH "\r\n"},
        {200, "GET /openapi.json" AT AUTH "\r\n"},
        {404, "GET /api/v1/books/XXX" AT AUTH "\r\n"},
        {404, "GET /api/v1/nothing" AT AUTH "\r\n"},
        {404, "GET /api/v1/" AT AUTH "\r\n"},
        {404, "GET /api/v1/export/fills" AT AUTH "\r\n"},
        {400, "GET /api/v1/books" AT AUTH "\r\n"},
        // files are a table
        {404, "GET /../../etc/passwd" AT "\r\n"},
        {404, "GET /%2e%2e/%2e%2e/etc/passwd" AT "\r\n"},
        {404, "GET /api/v1/books/%00" AT AUTH "\r\n"},
        {404, "GET /api/v1/books/%252e%252e" AT AUTH "\r\n"},
        {404, "GET /api/v1/books/%zz" AT AUTH "\r\n"},
        // another name for this address, another page
        {421, "GET /api/v1/status HTTP/1.1\r\nConnection: close\r\nHost: evil.example\r\n\r\n"},
        {421, "GET /api/v1/status HTTP/1.1\r\nConnection: close\r\nHost: 127.0.0.1\r\n\r\n"},
        {403, "GET /api/v1/status" AT "Origin: http://evil.example\r\n\r\n"},
        {403, "GET /api/v1/status" AT "Origin: null\r\n\r\n"},
        {403, "GET /api/v1/status" AT "Sec-Fetch-Site: cross-site\r\n\r\n"},
        {200, "GET /api/v1/status" AT AUTH "Origin: http://HOST\r\n\r\n"},
        // what changes state
        {405, "GET /api/v1/halt" AT AUTH "\r\n"},
        {405, "POST /api/v1/status" AT JSON AUTH ENDS},
        {405, "PUT /api/v1/halt" AT JSON AUTH ENDS},
        {415, "POST /api/v1/halt" AT AUTH ENDS},
        {415, "POST /api/v1/halt" AT AUTH "Content-Type: text/plain\r\n" ENDS},
        {415,
         "POST /api/v1/halt" AT AUTH "Content-Type: application/x-www-form-urlencoded\r\n" ENDS},
        {401, "POST /api/v1/halt" AT JSON ENDS},
        {401, "POST /api/v1/halt?token=TOKEN" AT JSON ENDS},
        {401, "POST /api/v1/halt" AT JSON "Authorization: Bearer 0000\r\n" ENDS},
        {401, "POST /api/v1/halt" AT JSON "Authorization: Basic TOKEN\r\n" ENDS},
        {403, "POST /api/v1/halt" AT JSON AUTH "Origin: http://evil.example\r\n" ENDS},
        {400, "POST /api/v1/halt" AT JSON AUTH "Content-Length: 2\r\n\r\n[]"},
        {400, "POST /api/v1/halt" AT JSON AUTH "Content-Length: 12\r\n\r\n{\"args\":[1]}"},
        {413, "POST /api/v1/halt" AT JSON AUTH "Content-Length: 1073741824\r\n\r\n"},
        {200, "POST /api/v1/halt" AT JSON AUTH "Idempotency-Key: a\r\n" ENDS},
        {409, "POST /api/v1/halt" AT JSON AUTH "Idempotency-Key: a\r\n" ENDS},
        {200, "POST /api/v1/halt" AT JSON AUTH "Content-Length: 17\r\n\r\n{\"args\":[\"mm_1\"]}"},
    };
    char reply[65536];

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        int status = http(cases[i].request, reply, sizeof(reply));

        ck_assert_msg(status == cases[i].status, "%s -> %.80s", cases[i].request, reply);
        ck_assert_ptr_null(strstr(reply, control_token(control)));
    }
    ck_assert_int_eq(n_halts, 2);
}
END_TEST

START_TEST(a_guesser_of_tokens_waits_and_the_right_one_passes)
{
    char reply[4096];

    for (int i = 0; i < 10; i++)
        ck_assert_int_eq(http("POST /api/v1/halt" AT JSON ENDS, reply, sizeof(reply)), 401);
    ck_assert_int_eq(http("POST /api/v1/halt" AT JSON AUTH ENDS, reply, sizeof(reply)), 200);
    ck_assert_int_eq(http("POST /api/v1/halt" AT JSON ENDS, reply, sizeof(reply)), 429);
    ck_assert_int_eq(http("POST /api/v1/halt" AT JSON AUTH ENDS, reply, sizeof(reply)), 200);
    ck_assert_int_eq(n_halts, 2);
}
END_TEST

/* Every place is held by somebody who asks for nothing. What ends risk gets one all the same, with
 * the first try. */
START_TEST(who_halts_is_served_where_all_places_are_taken)
{
    enum { LOCALS = 200, WEBS = 500 };
    struct error err = {0};
    static int fds[LOCALS + WEBS];
    json_t *result = NULL;
    char reply[4096];

    for (int i = 0; i < LOCALS; i++)
        fds[i] = local_connect(dir, CONTROL_SOCKET, WAIT_NS, &err);
    for (int i = 0; i < WEBS; i++)
        fds[LOCALS + i] = dial();
    ck_assert_msg(ask("halt", &result, &err) == AGON_OK, "%s", err.text);
    json_decref(result);
    ck_assert_int_eq(http("POST /api/v1/halt" AT JSON AUTH ENDS, reply, sizeof(reply)), 200);
    ck_assert_int_eq(n_halts, 2);
    for (int i = 0; i < LOCALS + WEBS; i++) {
        if (fds[i] >= 0)
            close(fds[i]);
    }
}
END_TEST

static void say(int fd, const char *line)
{
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(send(fd, line, strlen(line), MSG_NOSIGNAL), (ssize_t)strlen(line));
}

/* Forty have asked for half a million numbers each. They are answered, one in a turn, and who halts
 * is answered before most of them. */
START_TEST(who_asks_for_much_keeps_nobody_from_halting)
{
    enum { ASKING = 40 };
    static const char line[] = "{\"verb\": [\"long\"]}\n";
    struct error err = {0};
    int held = local_connect(dir, CONTROL_SOCKET, WAIT_NS, &err);
    int fds[ASKING];
    int halts;
    char byte;

    // The service is held until all have asked, however long that takes.
    say(held, "{\"verb\": [\"gate\"]}\n");
    while (sem_wait(&at_gate) != 0)
        ;
    for (int i = 0; i < ASKING; i++) {
        fds[i] = local_connect(dir, CONTROL_SOCKET, WAIT_NS, &err);
        ck_assert_int_ge(fds[i], 0);
        ck_assert_int_eq(send(fds[i], line, sizeof(line) - 1, MSG_NOSIGNAL), sizeof(line) - 1);
    }
    halts = local_connect(dir, CONTROL_SOCKET, WAIT_NS, &err);
    say(halts, "{\"verb\": [\"halt\"]}\n");
    sem_post(&gate);
    ck_assert_int_eq(recv(halts, &byte, 1, 0), 1);
    ck_assert_int_lt(n_steps_before, ASKING);
    ck_assert_int_eq(n_halts, 1);
    for (int i = 0; i < ASKING; i++) // and each of them is
        ck_assert_int_eq(recv(fds[i], &byte, 1, 0), 1);
    for (int i = 0; i < ASKING; i++)
        close(fds[i]);
    close(held);
    close(halts);
}
END_TEST

static void say_http(int fd, const char *path, int n_times)
{
    char text[512];

    snprintf(text, sizeof(text),
             "GET %s HTTP/1.1\r\nHost: 127.0.0.1:%u\r\nAuthorization: Bearer %s\r\n\r\n", path,
             port, control_reader(control));
    for (int i = 0; i < n_times; i++)
        say(fd, text);
}

/* All have been let in, and the service is held; then all speak at once: who asks for a thing each,
 * who asks for a hundred in one breath, and who halts, last of all. He is the second that is
 * answered at the latest. */
START_TEST(between_an_order_to_halt_and_its_doing_lies_one_answer_at_most)
{
    enum { ASKING = 30, BREATH = 100, GATE = 2 * ASKING, HALT, ALL };
    struct error err = {0};
    json_t *result = NULL;
    char reply[4096];
    int fds[ALL];
    char byte;

    for (int i = 0; i < ALL; i++)
        fds[i] =
            i < GATE && i % 2 == 1 ? dial() : local_connect(dir, CONTROL_SOCKET, WAIT_NS, &err);
    // Who comes later has been let in: so have they.
    ck_assert_int_eq(ask("status", &result, &err), AGON_OK);
    json_decref(result);
    ck_assert_int_eq(http("GET /api/v1/status" AT LOOK "\r\n", reply, sizeof(reply)), 200);
    say(fds[GATE], "{\"verb\": [\"gate\"]}\n");
    while (sem_wait(&at_gate) != 0)
        ;
    for (int i = 0; i < GATE; i += 2) {
        say(fds[i], "{\"verb\": [\"step\"]}\n");
        say_http(fds[i + 1], "/api/v1/step", BREATH);
    }
    say(fds[HALT], "{\"verb\": [\"halt\"]}\n");
    sem_post(&gate);
    ck_assert_int_eq(recv(fds[HALT], &byte, 1, 0), 1);
    ck_assert_int_le(n_steps_before, 1);
    for (int i = 0; i < HALT; i++) // and each of them is answered
        ck_assert_int_eq(recv(fds[i], &byte, 1, 0), 1);
    for (int i = 0; i < ALL; i++)
        close(fds[i]);
}
END_TEST

/* The service is held, and more knock than there are places for; each that is let in puts out one
 * that said nothing. Somebody halts who has been in for long: he is heard when a few have been let
 * in, not when nobody is left outside. */
static void halts_while_many_knock(int is_http, int n_silent)
{
    enum { LET_IN = 16, KNOCKING = 60 };
    struct error err = {0};
    json_t *result = NULL;
    int knocking[KNOCKING];
    char reply[4096];
    char byte;
    int held = local_connect(dir, CONTROL_SOCKET, WAIT_NS, &err);
    int halts = local_connect(dir, CONTROL_SOCKET, WAIT_NS, &err);

    for (int i = 0; i < n_silent; i++)
        silent[i] = is_http ? dial() : local_connect(dir, CONTROL_SOCKET, WAIT_NS, &err);
    ck_assert_int_eq(ask("status", &result, &err), AGON_OK);
    json_decref(result);
    ck_assert_int_eq(http("GET /api/v1/status" AT LOOK "\r\n", reply, sizeof(reply)), 200);
    n_listed = n_silent;
    say(held, "{\"verb\": [\"gate\"]}\n");
    while (sem_wait(&at_gate) != 0)
        ;
    for (int i = 0; i < KNOCKING; i++)
        knocking[i] = is_http ? dial() : local_connect(dir, CONTROL_SOCKET, WAIT_NS, &err);
    say(halts, "{\"verb\": [\"halt\"]}\n");
    sem_post(&gate);
    ck_assert_int_eq(recv(halts, &byte, 1, 0), 1);
    ck_assert_int_le(n_put_out, LET_IN);
    while (n_put_out < KNOCKING / 2) // and in the end they are in
        n_put_out = count_put_out();
    n_listed = 0;
    close(held);
    close(halts);
    for (int i = 0; i < n_silent; i++)
        close(silent[i]);
    for (int i = 0; i < KNOCKING; i++)
        close(knocking[i]);
}

START_TEST(who_halts_is_heard_before_all_are_let_in_who_knock)
{
    halts_while_many_knock(0, 58);
    halts_while_many_knock(1, 250);
}
END_TEST

// Another process connects as often as it can.
static void knock_without_end(void)
{
    enum { KNOCKING = 600 };
    struct error err = {0};
    int status = -1;
    pid_t pid = fork();

    ck_assert_int_ge(pid, 0);
    if (pid == 0) {
        int n = 0;

        for (int i = 0; i < KNOCKING; i++)
            n += local_connect(dir, CONTROL_SOCKET, WAIT_NS, &err) >= 0;
        _exit(n == KNOCKING ? 0 : 1);
    }
    ck_assert_int_eq(waitpid(pid, &status, 0), pid);
    ck_assert_int_eq(status, 0);
}

/* Somebody connects, and before he has said what he wants another process knocks without end. He
 * has kept his place, unless a busy machine took so long that his second of silence is over: then
 * nothing is shown, and it is done again. */
START_TEST(who_connects_without_end_puts_out_nobody_but_himself)
{
    static const char line[] = "{\"verb\": [\"halt\"]}\n";
    struct error err = {0};
    json_t *result = NULL;
    int is_heard = 0;
    int64_t began;
    char byte;

    do {
        int halts;

        began = clock_mono();
        halts = local_connect(dir, CONTROL_SOCKET, WAIT_NS, &err);
        ck_assert_int_eq(ask("status", &result, &err), AGON_OK);
        json_decref(result);
        knock_without_end();
        is_heard = send(halts, line, sizeof(line) - 1, MSG_NOSIGNAL) == sizeof(line) - 1 &&
                   recv(halts, &byte, 1, 0) == 1;
        close(halts);
    } while (!is_heard && clock_mono() - began > SILENT_NS);
    ck_assert_int_eq(is_heard, 1);
    ck_assert_int_eq(n_halts, 1);
}
END_TEST

static void raw_local_begin(const char *line)
{
    struct error err = {0};
    int fd = local_connect(dir, CONTROL_SOCKET, WAIT_NS, &err);

    ck_assert_int_ge(fd, 0);
    ck_assert_int_ge(send(fd, line, strlen(line), MSG_NOSIGNAL), 0);
    close(fd);
}

static void *ask_slow(void *result)
{
    struct error err = {0};

    ask("slow word", result, &err);
    return NULL;
}

START_TEST(a_slow_verb_holds_up_nobody)
{
    char reply[4096];
    json_t *slow = NULL;
    json_t *result;
    struct error err = {0};
    pthread_t thread;

    ck_assert_int_eq(pthread_create(&thread, NULL, ask_slow, &slow), 0);
    // One that hangs up does no harm, and neither does one over HTTP.
    raw_local_begin("{\"verb\": [\"slow\", \"gone\"]}\n");
    ck_assert_int_eq(ask("status", &result, &err), AGON_OK);
    json_decref(result);
    ck_assert_int_eq(ask("halt", &result, &err), AGON_OK);
    json_decref(result);
    pthread_join(thread, NULL);
    ck_assert_str_eq(json_string_value(slow), "word");
    json_decref(slow);
    ck_assert_int_eq(http("POST /api/v1/slow" AT JSON AUTH
                          "Content-Length: 14\r\n\r\n{\"args\":[\"x\"]}",
                          reply, sizeof(reply)),
                     200);
}
END_TEST

/* ---- WebSocket */

#define UPGRADE                                                                                    \
    "GET /api/v1/live%s%s HTTP/1.1\r\nHost: 127.0.0.1:%u\r\nUpgrade: websocket\r\nConnection: "    \
    "Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: "                                  \
    "dGhlIHNhbXBsZSBub25jZQ==\r\n%s\r\n"

static int upgrade_as(const char *token, const char *more, int *status)
{
    char text[1024];
    int fd = dial();
    int n =
        snprintf(text, sizeof(text), UPGRADE, token[0] != '\0' ? "?token=" : "", token, port, more);
    size_t got = 0;

    send(fd, text, (size_t)n, MSG_NOSIGNAL);
    while (got < 4 || memcmp(text + got - 4, "\r\n\r\n", 4) != 0) {
        ck_assert_int_eq(recv(fd, text + got, 1, 0), 1);
        got++;
    }
    text[got] = '\0';
    sscanf(text, "HTTP/1.1 %d", status);
    return fd;
}

static int upgrade(const char *more, int *status)
{
    return upgrade_as(control_reader(control), more, status);
}

// The next text frame of a server, below 64 KiB.
static json_t *next_message(int fd)
{
    unsigned char head[4];
    char bytes[65536];
    size_t n;

    ck_assert_int_eq(recv(fd, head, 2, MSG_WAITALL), 2);
    ck_assert_uint_eq(head[0], 0x81);
    n = head[1];
    if (n == 126) {
        ck_assert_int_eq(recv(fd, head, 2, MSG_WAITALL), 2);
        n = (size_t)head[0] << 8 | head[1];
    }
    ck_assert_int_eq(recv(fd, bytes, n, MSG_WAITALL), (ssize_t)n);
    return json_loadb(bytes, n, 0, NULL);
}

START_TEST(live_begins_whole_and_goes_on_with_what_changed)
{
    int status;
    int fd = upgrade("", &status);
    json_t *first, *second;

    ck_assert_int_eq(status, 101);
    first = next_message(fd);
    ck_assert_str_eq(json_string_value(json_object_get(first, "type")), "snapshot");
    ck_assert_uint_eq(json_object_size(json_object_get(first, "set")), 3);
    second = next_message(fd);
    ck_assert_str_eq(json_string_value(json_object_get(second, "type")), "diff");
    ck_assert_uint_eq(json_object_size(json_object_get(second, "set")), 1);
    ck_assert_int_eq(json_integer_value(json_object_get(json_object_get(second, "set"), "moves")),
                     2);
    ck_assert_str_eq(json_string_value(json_array_get(json_object_get(second, "removed"), 0)),
                     "sometimes");
    json_decref(first);
    json_decref(second);
    close(fd);
}
END_TEST

START_TEST(live_is_for_our_own_pages)
{
    int status;

    close(upgrade("Origin: http://evil.example\r\n", &status));
    ck_assert_int_eq(status, 403);
    close(upgrade("Origin: null\r\n", &status));
    ck_assert_int_eq(status, 403);
    close(upgrade_as("", "", &status));
    ck_assert_int_eq(status, 401);
    close(upgrade_as("wrong", "", &status));
    ck_assert_int_eq(status, 401);
    close(upgrade_as(control_token(control), "", &status));
    ck_assert_int_eq(status, 101);
}
END_TEST

START_TEST(nothing_but_loopback_is_served)
{
    char own[] = "/tmp/agon-test-control-XXXXXX";
    struct control_config config = {.is_http = 1, .address = "0.0.0.0", .dir = own};
    struct control *other;
    struct error err = {0};
    char path[128];

    ck_assert_ptr_nonnull(mkdtemp(own));
    config.port = (struct control_port){.verbs = verbs, .look = look, .live = live};
    ck_assert_int_eq(control_start(&other, &config, &err), AGON_EINVAL);
    ck_assert_ptr_null(other);
    snprintf(path, sizeof(path), "%s/token", own);
    unlink(path);
    snprintf(path, sizeof(path), "%s/token_read", own);
    unlink(path);
    ck_assert_int_eq(rmdir(own), 0);
}
END_TEST

/* ---- the socket alone: turns of its loop, ticks and time are the test's */

static char alone_dir[] = "/tmp/agon-test-control-XXXXXX";
static struct control *alone;

static void setup_alone(void)
{
    struct error err = {0};

    signal(SIGPIPE, SIG_IGN);
    memcpy(alone_dir + sizeof(alone_dir) - 7, "XXXXXX", 6);
    ck_assert_ptr_nonnull(mkdtemp(alone_dir));
    n_halts = 0;
    alone = calloc(1, sizeof(*alone));
    ck_assert_ptr_nonnull(alone);
    alone->config.port = (struct control_port){.verbs = verbs, .look = look};
    snprintf(alone->dir, sizeof(alone->dir), "%s", alone_dir);
    ck_assert_int_eq(uv_loop_init(&alone->loop), 0);
    ck_assert_msg(control_local_open(alone, &err) == AGON_OK, "%s", err.text);
}

static void teardown_alone(void)
{
    char path[128];

    control_local_close(alone);
    uv_run(&alone->loop, UV_RUN_DEFAULT);
    ck_assert_int_eq(uv_loop_close(&alone->loop), 0);
    free(alone);
    snprintf(path, sizeof(path), "%s/" CONTROL_SOCKET, alone_dir);
    unlink(path);
    ck_assert_int_eq(rmdir(alone_dir), 0);
}

static int is_in(void)
{
    return alone->locals[0] != NULL && !uv_is_closing((uv_handle_t *)&alone->locals[0]->pipe);
}

static int enter(void)
{
    struct error err = {0};
    int fd = local_connect(alone_dir, CONTROL_SOCKET, WAIT_NS, &err);

    ck_assert_int_ge(fd, 0);
    while (!is_in())
        uv_run(&alone->loop, UV_RUN_NOWAIT);
    return fd;
}

/* The process was stopped, or got no processor: when it goes on, its timer is due before the loop
 * has looked who said something. How long it stood plays no part: no time is told to the tick. */
START_TEST(a_line_that_came_while_the_loop_stood_is_read_before_its_connection_is_judged)
{
    int fd = enter();
    char byte;

    for (int i = 0; i < LOCAL_TICKS - 1; i++) {
        control_local_tick(alone);
        uv_run(&alone->loop, UV_RUN_NOWAIT);
    }
    say(fd, "{\"verb\": [\"halt\"]}\n");
    usleep(2 * SILENT_NS / 1000);
    control_local_tick(alone);
    ck_assert_msg(is_in(), "dropped unheard");
    while (n_halts == 0 || recv(fd, &byte, 1, MSG_DONTWAIT) != 1)
        uv_run(&alone->loop, UV_RUN_NOWAIT);
    close(fd);
}
END_TEST

/* ... and who says nothing in so many turns is put out, before he takes a place for long. */
START_TEST(who_says_nothing_is_put_out_by_so_many_ticks)
{
    int fd = enter();
    int n_ticks_in = 0;

    for (; is_in(); n_ticks_in++) {
        control_local_tick(alone);
        uv_run(&alone->loop, UV_RUN_NOWAIT);
        ck_assert_int_lt(n_ticks_in, 100);
    }
    ck_assert_int_eq(n_ticks_in, SILENT_NS / CONTROL_TICK_NS + 1);
    close(fd);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("control");
    TCase *tcase = tcase_create("control");
    SRunner *runner;
    int n_failed;

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_set_timeout(tcase, 30);
    tcase_add_test(tcase, verbs_are_answered_and_mistakes_explained);
    tcase_add_test(tcase, no_host_names_the_directory);
    tcase_add_test(tcase, bad_lines_end_and_the_next_is_served);
    tcase_add_test(tcase, many_that_say_nothing_shut_nobody_out_for_long);
    tcase_add_test(tcase, who_may_what_over_http);
    tcase_add_test(tcase, a_slow_verb_holds_up_nobody);
    tcase_add_test(tcase, a_guesser_of_tokens_waits_and_the_right_one_passes);
    tcase_add_test(tcase, who_halts_is_served_where_all_places_are_taken);
    tcase_add_test(tcase, who_asks_for_much_keeps_nobody_from_halting);
    tcase_add_test(tcase, between_an_order_to_halt_and_its_doing_lies_one_answer_at_most);
    tcase_add_test(tcase, who_halts_is_heard_before_all_are_let_in_who_knock);
    tcase_add_test(tcase, who_connects_without_end_puts_out_nobody_but_himself);
    tcase_add_test(tcase, live_begins_whole_and_goes_on_with_what_changed);
    tcase_add_test(tcase, live_is_for_our_own_pages);
    suite_add_tcase(suite, tcase);
    tcase = tcase_create("alone");
    tcase_add_checked_fixture(tcase, setup_alone, teardown_alone);
    tcase_add_test(tcase,
                   a_line_that_came_while_the_loop_stood_is_read_before_its_connection_is_judged);
    tcase_add_test(tcase, who_says_nothing_is_put_out_by_so_many_ticks);
    suite_add_tcase(suite, tcase);
    tcase = tcase_create("refused");
    tcase_add_test(tcase, nothing_but_loopback_is_served);
    suite_add_tcase(suite, tcase);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    n_failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return n_failed == 0 ? 0 : 1;
}
