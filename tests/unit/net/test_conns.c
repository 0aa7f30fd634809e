// SPDX-License-Identifier: Apache-2.0
/* conns: a WebSocket's deadlines, by a clock and a transport of the test's own. Who answered while
 * the host was held up is heard before it is judged; who did not is closed all the same. */
#include "net/conns.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>

#define S ((int64_t)1000000000)

static struct { /* the transport of one connection, and what its owner was told */
    int64_t now, due;
    int is_pending, n_finished, n_dropped, n_pings;
    int n_opens, n_pongs, n_messages, code;
} host;
static struct conns *conns;
static struct conn *conn;

static int64_t clock_now(void *ctx)
{
    (void)ctx;
    return host.now;
}

static int send_bytes(void *link, const void *bytes, size_t n)
{
    const unsigned char *at = bytes;

    (void)link;
    host.n_pings += n > 0 && at[0] == (0x80 | WS_PING);
    return AGON_OK;
}

static uint64_t queued(void *link)
{
    (void)link;
    return 0;
}

static void pause_link(void *link, int is_paused)
{
    (void)link;
    (void)is_paused;
}

static void finish(void *link)
{
    (void)link;
    host.n_finished++;
}

static void drop(void *link, int is_reset)
{
    (void)link;
    (void)is_reset;
    host.n_dropped++;
}

static void set_timer(void *link, int64_t due)
{
    (void)link;
    host.due = due;
}

static int is_pending(void *link)
{
    (void)link;
    return host.is_pending;
}

static int on_ws_request(void *ctx, uint64_t id, const struct http_message *request,
                         const char *peer)
{
    (void)ctx, (void)id, (void)request, (void)peer;
    return 0;
}

static void on_ws_open(void *ctx, uint64_t id)
{
    (void)ctx, (void)id;
    host.n_opens++;
}

static void on_ws_message(void *ctx, uint64_t id, enum ws_opcode opcode, const void *bytes,
                          size_t n)
{
    (void)ctx, (void)id, (void)opcode, (void)bytes, (void)n;
    host.n_messages++;
}

static void on_ws_pong(void *ctx, uint64_t id, const void *bytes, size_t n)
{
    (void)ctx, (void)id, (void)bytes, (void)n;
    host.n_pongs++;
}

static void on_ws_close(void *ctx, uint64_t id, int code)
{
    (void)ctx, (void)id;
    host.code = code;
}

static const struct server_owner owner = {.on_ws_request = on_ws_request,
                                          .on_ws_open = on_ws_open,
                                          .on_ws_message = on_ws_message,
                                          .on_ws_pong = on_ws_pong,
                                          .on_ws_close = on_ws_close};

static void begin(void)
{
    static const char hello[] = "GET /ws HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\n"
                                "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                                "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
    const struct conns_port port = {.now = clock_now,
                                    .send = send_bytes,
                                    .queued = queued,
                                    .pause = pause_link,
                                    .finish = finish,
                                    .drop = drop,
                                    .timer = set_timer,
                                    .is_pending = is_pending};
    const struct server_options options = {.ping_ns = 20 * S, .pong_ns = 30 * S};
    struct error err = {0};

    host.now = 1000 * S;
    ck_assert_msg(conns_new(&conns, &port, &options, &err) == AGON_OK, "%s", err.text);
    conn = conns_open(conns, &owner, &host, "127.0.0.1:1");
    ck_assert_ptr_nonnull(conn);
    conns_bytes(conn, hello, sizeof(hello) - 1);
    ck_assert_int_eq(host.n_opens, 1);
}

static void end(void)
{
    conns_gone(conn);
    conns_free(conns);
}

static void timer_at(int64_t t)
{
    host.now = t;
    conns_timer(conn);
}

static void say(enum ws_opcode opcode)
{
    unsigned char wire[64];
    int64_t n = ws_write(wire, sizeof(wire), WS_CLIENT, opcode, "1", 1, 7);

    ck_assert_int_gt(n, 0);
    conns_bytes(conn, wire, (size_t)n);
}

START_TEST(who_answered_while_we_were_held_up_is_heard_first)
{
    begin();
    for (int i = 1; i <= 3; i++) {
        timer_at(host.due);
        ck_assert_int_eq(host.n_pings, i);
        host.is_pending = 1; // it has answered, and nobody has read it
        timer_at(host.now + 40 * S);
        ck_assert_int_eq(host.n_finished, 0);
        ck_assert_int_gt(host.due, host.now); // what has come is read before that
        ck_assert_int_lt(host.due, host.now + S);
        host.is_pending = 0;
        say(WS_PONG);
        ck_assert_int_eq(host.n_pongs, i);
        host.due = host.now;
    }
    timer_at(host.due);
    ck_assert_int_eq(host.n_pings, 4);
    timer_at(host.now + 40 * S); // this time it has said nothing
    ck_assert_int_eq(host.n_finished, 1);
    end();
    ck_assert_int_eq(host.code, WS_CODE_POLICY);
}
END_TEST

START_TEST(who_says_other_things_alone_is_closed)
{
    begin();
    timer_at(host.due);
    host.is_pending = 1;
    timer_at(host.now + 30 * S);
    ck_assert_int_eq(host.n_finished, 0);
    say(WS_TEXT); // and more of it waits
    timer_at(host.due);
    ck_assert_int_eq(host.n_messages, 1);
    ck_assert_int_eq(host.n_finished, 1);
    end();
    ck_assert_int_eq(host.code, WS_CODE_POLICY);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("conns");
    TCase *tcase = tcase_create("deadlines");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_add_test(tcase, who_answered_while_we_were_held_up_is_heard_first);
    tcase_add_test(tcase, who_says_other_things_alone_is_closed);
    suite_add_tcase(suite, tcase);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
