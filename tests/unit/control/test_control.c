// SPDX-License-Identifier: Apache-2.0
/* The service against clients that mean well and clients that do not (RELIABILITY 4.2, 4.6). */
#include <pthread.h>
#include <sys/stat.h>

#include "control_rig.h"
#include "sys/local.h"

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
        // whoever watches over the process needs none, and may do nothing else there
        {200, "GET /healthz" AT "\r\n"},
        {200, "HEAD /healthz" AT "\r\n"},
        {503, "GET /readyz" AT "\r\n"},
        {503, "HEAD /readyz" AT "\r\n"},
        {405, "POST /healthz" AT JSON AUTH ENDS},
        {405, "POST /readyz" AT JSON AUTH ENDS},
        {405, "DELETE /readyz" AT AUTH ENDS},
        {421, "GET /readyz HTTP/1.1\r\nConnection: close\r\nHost: evil.example\r\n\r\n"},
        {403, "GET /readyz" AT "Origin: http://evil.example\r\n\r\n"},
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
        {400, "POST /api/v1/halt/mm_1" AT JSON AUTH ENDS},
        {400, "POST /api/v1/halt/mm_1" AT JSON AUTH "Content-Length: 2\r\n\r\n{}"},
        {200, "POST /api/v1/halt" AT JSON AUTH "Content-Length: 17\r\n\r\n{\"args\":[\"mm_1\"]}"},
    };
    char reply[65536];

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        int status = http(cases[i].request, reply, sizeof(reply));

        ck_assert_msg(status == cases[i].status, "%s -> %.80s", cases[i].request, reply);
        ck_assert_ptr_null(strstr(reply, control_token(control)));
    }
    ck_assert_int_eq(n_halts, 2);
    // No body behind a HEAD, and 200 as soon as the host is ready.
    http("HEAD /readyz" AT "\r\n", reply, sizeof(reply));
    ck_assert_str_eq(strstr(reply, "\r\n\r\n"), "\r\n\r\n");
    is_ready_now = 1;
    ck_assert_int_eq(http("GET /readyz" AT "\r\n", reply, sizeof(reply)), 200);
    ck_assert_ptr_nonnull(strstr(reply, "{\"ready\":true}"));
    is_ready_now = 0;
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
    ck_assert_uint_eq(json_object_size(json_object_get(first, "set")), 4);
    second = next_message(fd);
    ck_assert_str_eq(json_string_value(json_object_get(second, "type")), "diff");
    ck_assert_uint_eq(json_object_size(json_object_get(second, "set")), 2);
    ck_assert_int_eq(json_integer_value(json_object_get(json_object_get(second, "set"), "moves")),
                     2);
    ck_assert_str_eq(json_string_value(json_array_get(json_object_get(second, "removed"), 0)),
                     "sometimes");
    json_decref(first);
    json_decref(second);
    close(fd);
}
END_TEST

// A text frame of a client, below 126 bytes.
static void say(int fd, const char *text)
{
    unsigned char frame[6 + 125] = {0x81, 0x80, 0, 0, 0, 0}; // a mask of zeros
    size_t n = strlen(text);

    ck_assert_uint_lt(n, 126);
    frame[1] = (unsigned char)(0x80 | n);
    memcpy(frame + 6, text, n);
    ck_assert_int_eq(send(fd, frame, 6 + n, MSG_NOSIGNAL), (ssize_t)(6 + n));
}

START_TEST(live_sends_the_keys_that_a_reader_names_and_of_an_object_what_changed)
{
    int status;
    int fd = upgrade("", &status);
    json_t *first, *second, *part;

    say(fd, "{\"keys\": [\"part/\"]}");
    do { // what was on its way before the host has read that
        first = next_message(fd);
        if (json_object_get(first, "merge") != NULL)
            break;
        json_decref(first);
    } while (1);
    ck_assert_str_eq(json_string_value(json_object_get(first, "type")), "snapshot");
    ck_assert_uint_eq(json_object_size(json_object_get(first, "set")), 1);
    part = json_object_get(json_object_get(first, "set"), "part/1");
    ck_assert_str_eq(json_string_value(json_object_get(part, "stays")),
                     "a {\"text\", of [some]} \\");
    second = next_message(fd);
    ck_assert_str_eq(json_string_value(json_object_get(second, "type")), "diff");
    ck_assert_uint_eq(json_object_size(json_object_get(second, "set")), 0);
    part = json_object_get(json_object_get(second, "merge"), "part/1");
    ck_assert_uint_eq(json_object_size(part), 1);
    ck_assert(json_is_integer(json_object_get(part, "moves")));
    json_decref(first);
    json_decref(second);
    close(fd);
}
END_TEST

START_TEST(a_reader_that_says_something_else_is_sent_away)
{
    static const char *const words[] = {"no JSON", "[]", "{\"keys\": \"all\"}",
                                        "{\"keys\": [\"\"]}", "{\"keys\": [], \"more\": 1}"};

    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        unsigned char bytes[65536];
        int status, is_closed = 0;
        int fd = upgrade("", &status);

        say(fd, words[i]);
        for (ssize_t got = 1; !is_closed && got > 0;) { // messages, then the close
            got = recv(fd, bytes, sizeof(bytes), 0);
            is_closed =
                got <= 0 || bytes[0] == 0x88 || memmem(bytes, (size_t)got, "expected {", 10);
        }
        ck_assert_msg(is_closed, "%s", words[i]);
        close(fd);
    }
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
    tcase_add_test(tcase, who_may_what_over_http);
    tcase_add_test(tcase, a_slow_verb_holds_up_nobody);
    tcase_add_test(tcase, a_guesser_of_tokens_waits_and_the_right_one_passes);
    tcase_add_test(tcase, live_begins_whole_and_goes_on_with_what_changed);
    tcase_add_test(tcase, live_sends_the_keys_that_a_reader_names_and_of_an_object_what_changed);
    tcase_add_test(tcase, a_reader_that_says_something_else_is_sent_away);
    tcase_add_test(tcase, live_is_for_our_own_pages);
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
