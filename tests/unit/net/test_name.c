// SPDX-License-Identifier: Apache-2.0
/* Names that fail (F-07). This program carries its own uv_getaddrinfo, which the linker prefers to
 * libuv's: it answers, fails, answers wrongly or never answers, as the test says. */
#include "net/server.h"
#include "net/stream_uv.h"
#include "net/tls_ca.h"

#include <arpa/inet.h>
#include <check.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static enum { NAME_GOOD, NAME_FAILS, NAME_DEAD_FIRST, NAME_WRONG, NAME_HANGS } resolver;
static int n_lookups;
static uv_getaddrinfo_t *pending;
static uv_getaddrinfo_cb pending_cb;
static uv_timer_t turn; /* an answer comes in a turn of its own, as libuv's does */

static void add(struct addrinfo **list, const char *address)
{
    struct addrinfo *info = calloc(1, sizeof *info + sizeof(struct sockaddr_in));
    struct sockaddr_in *in = (struct sockaddr_in *)(void *)(info + 1);

    ck_assert_ptr_nonnull(info);
    in->sin_family = AF_INET;
    inet_pton(AF_INET, address, &in->sin_addr);
    info->ai_family = AF_INET;
    info->ai_addr = (struct sockaddr *)in;
    info->ai_addrlen = sizeof *in;
    while (*list)
        list = &(*list)->ai_next;
    *list = info;
}

static void on_turn(uv_timer_t *timer)
{
    struct addrinfo *list = NULL;
    uv_getaddrinfo_t *req = pending;
    uv_getaddrinfo_cb cb = pending_cb;

    (void)timer;
    pending = NULL;
    if (resolver == NAME_FAILS || resolver == NAME_HANGS) {
        cb(req, UV_EAI_AGAIN, NULL);
        return;
    }
    if (resolver == NAME_DEAD_FIRST || resolver == NAME_WRONG)
        add(&list, "127.0.0.2"); // loopback, and nobody listens on our port there
    if (resolver != NAME_WRONG)
        add(&list, "127.0.0.1");
    cb(req, 0, list);
}

int uv_getaddrinfo(uv_loop_t *loop, uv_getaddrinfo_t *req, uv_getaddrinfo_cb cb, const char *node,
                   const char *service, const struct addrinfo *hints)
{
    (void)loop;
    (void)node;
    (void)service;
    (void)hints;
    n_lookups++;
    pending = req;
    pending_cb = cb;
    if (resolver != NAME_HANGS)
        uv_timer_start(&turn, on_turn, 0, 0);
    return 0;
}

void uv_freeaddrinfo(struct addrinfo *list)
{
    while (list) {
        struct addrinfo *next = list->ai_next;
        free(list);
        list = next;
    }
}

int uv_cancel(uv_req_t *req)
{
    (void)req;
    return UV_EBUSY;
}

/* ---- */

static uv_loop_t loop;
static struct stream_uv *stream;
static const struct stream_port *port;
static struct server *server;
static struct tls_ca ca;
static char ca_path[64];
static int plain_port, tls_port;

static struct {
    int conn, is_open, is_ended, n_timers;
    enum stream_end end;
    char text[400];
} me;

static void on_open(void *ctx, int conn)
{
    (void)ctx;
    me.is_open = conn == me.conn;
}

static void on_bytes(void *ctx, int conn, const void *bytes, size_t n)
{
    (void)ctx;
    (void)conn;
    (void)bytes;
    (void)n;
}

static void on_end(void *ctx, int conn, enum stream_end end, const char *text)
{
    (void)ctx;
    if (conn != me.conn)
        return;
    me.is_ended = 1;
    me.end = end;
    snprintf(me.text, sizeof me.text, "%s", text);
}

static void on_timer(void *ctx, uint64_t cookie)
{
    (void)ctx;
    (void)cookie;
    me.n_timers++;
}

static const struct stream_owner owner = {NULL, on_open, on_bytes, on_end, on_timer};

#define UNTIL(condition)                                                                           \
    while (!(condition))                                                                           \
    ck_assert_msg(uv_run(&loop, UV_RUN_ONCE) != 0 || (condition), "nothing left to wait for: %s",  \
                  #condition)

static void dial(int is_tls)
{
    struct stream_target target = {.host = "localhost", .is_tls = (uint8_t)is_tls};

    memset(&me, 0, sizeof me);
    target.port = (uint16_t)(is_tls ? tls_port : plain_port);
    snprintf(target.ca_file, sizeof target.ca_file, "%s", is_tls ? ca_path : "");
    me.conn = port->connect(port->ctx, &target, &owner);
    ck_assert_int_ge(me.conn, 0);
}

static void on_request(void *ctx, uint64_t conn, const struct http_message *request,
                       const char *peer)
{
    (void)ctx;
    (void)conn;
    (void)request;
    (void)peer;
}

static void setup(void)
{
    struct server_listen listen = {.host = "127.0.0.1", .owner = {.on_request = on_request}};

    signal(SIGPIPE, SIG_IGN);
    resolver = NAME_GOOD;
    ck_assert_int_eq(uv_loop_init(&loop), 0);
    ck_assert_int_eq(uv_timer_init(&loop, &turn), 0);
    ck_assert_int_eq(tls_ca_make(&ca, NULL, 0, 0, NULL), AGON_OK);
    snprintf(ca_path, sizeof ca_path, "/tmp/agon-test-name-%ld.pem", (long)getpid());
    ck_assert_int_eq(tls_ca_write(&ca, ca_path, NULL), AGON_OK);
    ck_assert_int_eq(stream_uv_new(&stream, &loop, 8, NULL), AGON_OK);
    port = stream_uv_port(stream);
    ck_assert_int_eq(server_new(&server, &loop, NULL, NULL), AGON_OK);
    plain_port = server_add(server, &listen, NULL);
    listen.cert_pem = ca.cert_pem;
    listen.key_pem = ca.key_pem;
    tls_port = server_add(server, &listen, NULL);
    ck_assert(plain_port > 0 && tls_port > 0);
}

static void teardown(void)
{
    server_stop(server, 0);
    stream_uv_stop(stream);
    uv_close((uv_handle_t *)&turn, NULL);
    UNTIL(server_is_stopped(server) && stream_uv_is_stopped(stream));
    server_free(server);
    stream_uv_free(stream);
    ck_assert_int_eq(uv_run(&loop, UV_RUN_DEFAULT), 0);
    ck_assert_int_eq(uv_loop_close(&loop), 0);
    unlink(ca_path);
    tls_ca_deinit(&ca);
}

START_TEST(f_07_a_failed_name_ends_a_plain_connection)
{
    dial(0);
    UNTIL(me.is_open);
    resolver = NAME_FAILS;
    dial(0);
    UNTIL(me.is_ended);
    ck_assert_int_eq(me.end, STREAM_END_NAME);
    ck_assert_ptr_nonnull(strstr(me.text, "localhost"));
}
END_TEST

START_TEST(f_07_under_tls_the_last_good_address_serves)
{
    resolver = NAME_FAILS;
    dial(1);
    UNTIL(me.is_ended); // none is known yet
    ck_assert_int_eq(me.end, STREAM_END_NAME);
    resolver = NAME_GOOD;
    dial(1);
    UNTIL(me.is_open);
    resolver = NAME_FAILS;
    for (int i = 0; i < 3; i++) {
        dial(1);
        UNTIL(me.is_open || me.is_ended);
        ck_assert_msg(me.is_open, "%s", me.text);
    }
}
END_TEST

START_TEST(the_next_address_is_tried_when_one_is_dead)
{
    resolver = NAME_DEAD_FIRST;
    dial(_i);
    UNTIL(me.is_open || me.is_ended);
    ck_assert_msg(me.is_open, "%s", me.text);
    resolver = NAME_WRONG;
    dial(_i);
    UNTIL(me.is_open || me.is_ended);
    ck_assert_int_eq(me.end, STREAM_END_REFUSED);
}
END_TEST

START_TEST(f_07_a_name_that_hangs_stalls_nobody)
{
    int64_t timer;

    resolver = NAME_HANGS;
    dial(0);
    timer = port->timer(port->ctx, 1000000, 1, &owner);
    ck_assert_int_ge(timer, 0);
    UNTIL(me.n_timers == 1); // the loop turns on
    ck_assert(!me.is_ended);
    UNTIL(me.is_ended);
    ck_assert_int_eq(me.end, STREAM_END_TIMEOUT);
    ck_assert_ptr_nonnull(strstr(me.text, "2 s"));
    // The late answer of the look-up finds nobody and hurts nobody.
    resolver = NAME_GOOD;
    on_turn(&turn);
    ck_assert_int_eq(n_lookups, 1);
}
END_TEST

START_TEST(stopping_waits_for_the_look_up)
{
    resolver = NAME_HANGS;
    dial(0);
    stream_uv_stop(stream);
    for (int i = 0; i < 10; i++)
        uv_run(&loop, UV_RUN_NOWAIT);
    ck_assert(!stream_uv_is_stopped(stream));
    ck_assert(!me.is_ended); // stop is silent
    on_turn(&turn);
    ck_assert(stream_uv_is_stopped(stream));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("name");
    TCase *tcase = tcase_create("name");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_set_timeout(tcase, 60);
    tcase_add_test(tcase, f_07_a_failed_name_ends_a_plain_connection);
    tcase_add_test(tcase, f_07_under_tls_the_last_good_address_serves);
    tcase_add_loop_test(tcase, the_next_address_is_tried_when_one_is_dead, 0, 2);
    tcase_add_test(tcase, f_07_a_name_that_hangs_stalls_nobody);
    tcase_add_test(tcase, stopping_waits_for_the_look_up);
    suite_add_tcase(suite, tcase);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
