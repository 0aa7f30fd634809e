// SPDX-License-Identifier: Apache-2.0
/* Our outgoing streams against our server, over real loopback sockets on one loop, plain and TLS:
 * both are used through their headers only. Nothing here waits for a time; the loop turns until
 * what was promised has happened, and the test's time limit is the only judge of "never". */
#include "stream_rig.h"

/* ---- tests; _i: plain, TLS */

START_TEST(requests_keep_the_connection)
{
    char want[128];

    dial_ours(_i);
    for (int i = 0; i < 100; i++) {
        char target[64];
        snprintf(target, sizeof target, "/api/v3/order?n=%d&s=%%5B%%22", i);
        ask("GET", target, NULL);
        UNTIL(me.n_replies == i + 1 || me.is_ended);
        snprintf(want, sizeof want, "GET %s []", target);
        ck_assert_str_eq(me.body, want);
    }
    ck_assert_str_eq(host.query, "n=99&s=%5B%22");
    ck_assert_uint_eq(strlen(host.key), 63);
    ck_assert(strncmp(host.peer, "127.0.0.1:", 10) == 0);
    ask("DELETE", "/api/v3/order?x", "symbol=BTCUSDT");
    UNTIL(me.n_replies == 101);
    ck_assert_str_eq(me.body, "DELETE /api/v3/order?x [symbol=BTCUSDT]");
    ck_assert_uint_eq(server_conns(server), 1);
    me.in_call = 1;
    port->close(port->ctx, me.conn, 1);
    me.in_call = 0;
    UNTIL(me.is_ended);
    ck_assert_int_eq(me.end, STREAM_END_LOCAL);
    UNTIL(server_conns(server) == 0);
}
END_TEST

START_TEST(who_waits_for_100_continue_gets_it)
{
    static const char head[] = "POST /x HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\n"
                               "Content-Length: 3\r\n\r\n";

    dial_ours(_i);
    put(head, sizeof head - 1);
    UNTIL(me.raw_bytes == sizeof HTTP_CONTINUE - 1);
    put("abc", 3);
    UNTIL(me.n_replies == 1);
    ck_assert_str_eq(me.body, "POST /x? [abc]");
    // Who does not wait is not told.
    me.raw_bytes = 0;
    put("POST /y HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\nz", 71);
    UNTIL(me.n_replies == 2);
    ck_assert_str_eq(me.body, "POST /y? [z]");
}
END_TEST

START_TEST(a_late_answer_is_an_answer)
{
    host.is_late = 1;
    dial_ours(_i);
    // Three at once: the second is looked at only when the first was answered.
    ask("GET", "/1", NULL);
    ask("GET", "/2", NULL);
    ask("GET", "/3", NULL);
    for (int i = 1; i <= 3; i++) {
        UNTIL(host.n_requests == i);
        ck_assert_int_eq(me.n_replies, i - 1);
        answer(host.waiting, host.path, strlen(host.path));
        ck_assert_int_eq(
            server_respond(server, host.waiting, &(struct http_response){.status = 200}),
            AGON_ESTATE);
        UNTIL(me.n_replies == i);
        ck_assert_int_eq(me.body[1], '0' + i);
    }
}
END_TEST

START_TEST(a_large_reply_arrives_whole)
{
    host.reply_bytes = 20u << 20;
    dial_ours(_i);
    ask("GET", "/large", NULL);
    UNTIL(me.n_replies == 1 || me.is_ended);
    ck_assert_uint_eq(me.body_n, 20u << 20);
}
END_TEST

START_TEST(reading_pauses_and_goes_on)
{
    uint64_t before;

    host.reply_bytes = 4u << 20;
    dial_ours(_i);
    me.is_raw = 1;
    ask("GET", "/large", NULL);
    UNTIL(me.raw_bytes > 0);
    port->pause(port->ctx, me.conn, 1);
    before = me.raw_bytes;
    // A timer, so that the loop has turned often enough for anything to come that wanted to.
    ck_assert_int_ge(port->timer(port->ctx, 50000000, 1, &owner), 0);
    UNTIL(me.n_timers == 1);
    ck_assert_uint_eq(me.raw_bytes, before);
    port->pause(port->ctx, me.conn, 0);
    UNTIL(me.raw_bytes > 4u << 20);
}
END_TEST

/* What TLS has decrypted already is handed on by no reading of the socket. */
START_TEST(who_pauses_after_each_piece_has_all_of_them)
{
    uint64_t n = 0;

    host.reply_bytes = 4u << 20;
    dial_ours(_i);
    me.is_raw = 1;
    me.pauses = 1;
    ask("GET", "/large", NULL);
    while (n <= 4u << 20) {
        // It comes by no event of a socket: nothing may be waited for.
        while (me.raw_bytes == n)
            (void)uv_run(&loop, UV_RUN_NOWAIT);
        n = me.raw_bytes;
        port->pause(port->ctx, me.conn, 0);
    }
}
END_TEST

START_TEST(a_thousand_messages_come_back_in_order)
{
    char text[32];

    open_socket(_i, "/ws/btcusdt@trade?x=%20");
    UNTIL(host.n_opens == 1 && me.ws);
    ck_assert_str_eq(host.path, "/ws/btcusdt@trade");
    ck_assert_str_eq(host.query, "x=%20");
    for (int i = 0; i < 1000; i++) {
        snprintf(text, sizeof text, "message %d", i);
        say(text);
        if (i % 50 == 49) {
            UNTIL(me.n_messages == i + 1);
            ck_assert_str_eq(me.message, text);
        }
    }
    ck_assert_int_eq(server_ws_ping(server, host.socket, "hi", 2), AGON_OK);
    UNTIL(host.n_pongs == 1);
    ck_assert_int_eq(me.n_pings, 1);
    ck_assert_int_eq(server_ws_close(server, host.socket, 1001, "bye"), AGON_OK);
    ck_assert_int_eq(server_ws_send(server, host.socket, WS_TEXT, "x", 1), AGON_ENOENT);
    UNTIL(me.close_code == 1001);
    unsigned char wire[32];
    int64_t n = ws_write_close(wire, sizeof wire, WS_CLIENT, 1001, NULL, 5);
    put(wire, (size_t)n);
    UNTIL(me.is_ended && host.n_closes == 1);
    ck_assert_int_eq(host.close_code, 1001);
    ck_assert_int_eq(me.end, STREAM_END_PEER);
}
END_TEST

START_TEST(a_websocket_elsewhere_is_refused_and_the_connection_lives)
{
    open_socket(_i, "/nowhere");
    UNTIL(me.n_replies == 1);
    ck_assert_int_eq(me.status, 404);
    ask("GET", "/x", NULL);
    UNTIL(me.n_replies == 2);
    ck_assert_int_eq(me.status, 200);
}
END_TEST

START_TEST(the_clients_close_is_answered)
{
    unsigned char wire[32];
    int64_t n = ws_write_close(wire, sizeof wire, WS_CLIENT, 3000, "done", 5);

    open_socket(_i, "/ws");
    UNTIL(me.ws);
    put(wire, (size_t)n);
    UNTIL(me.is_ended && host.n_closes);
    ck_assert_int_eq(me.close_code, 3000);
    ck_assert_int_eq(host.close_code, 3000);
}
END_TEST

START_TEST(a_protocol_error_closes_with_its_code)
{
    open_socket(_i, "/ws");
    UNTIL(me.ws);
    put("\x81\x01x", 3); // not masked
    UNTIL(me.is_ended && host.n_closes);
    ck_assert_int_eq(me.close_code, 1002);
    ck_assert_int_eq(host.close_code, 1002);
}
END_TEST

START_TEST(a_killed_connection_is_told_to_both)
{
    open_socket(_i, "/ws");
    UNTIL(me.ws);
    ck_assert_int_eq(server_kill(server, host.socket, 1), AGON_OK);
    ck_assert_int_eq(host.n_closes, 0); // not from inside the call
    ck_assert_int_eq(server_kill(server, host.socket, 1), AGON_ENOENT);
    UNTIL(me.is_ended && host.n_closes);
    ck_assert_int_eq(me.end, STREAM_END_RESET);
    ck_assert_int_eq(host.close_code, WS_CODE_ABNORMAL);
}
END_TEST

START_TEST(a_slow_reader_meets_the_queues_bound)
{
    static char large[100000];
    int rc = AGON_OK;
    int n = 0;

    open_socket(_i, "/ws");
    UNTIL(me.ws);
    port->pause(port->ctx, me.conn, 1);
    memset(large, 'x', sizeof large);
    while (rc == AGON_OK) {
        ck_assert_uint_le(server_unsent(server, host.socket), (1u << 20) + 100000);
        rc = server_ws_send(server, host.socket, WS_TEXT, large, sizeof large);
        ck_assert_int_lt(++n, 10000);
        uv_run(&loop, UV_RUN_NOWAIT);
    }
    ck_assert_int_eq(rc, AGON_EAGAIN);
    // When it reads again, all that was taken comes.
    port->pause(port->ctx, me.conn, 0);
    UNTIL(me.n_messages == n - 1);
}
END_TEST

START_TEST(our_own_queue_is_bounded_and_unsent_is_told)
{
    static char large[200000];
    int rc = AGON_OK;
    int n = 0;

    open_socket(_i, "/ws");
    UNTIL(me.ws);
    server_pause(server, host.socket, 1);
    ck_assert_uint_eq(port->unsent(port->ctx, me.conn), 0);
    while (rc == AGON_OK) {
        rc = port->send(port->ctx, me.conn, large, sizeof large);
        ck_assert_int_lt(++n, 1000);
    }
    ck_assert_int_eq(rc, AGON_EAGAIN);
    ck_assert_uint_gt(port->unsent(port->ctx, me.conn), 0);
    ck_assert_uint_le(port->unsent(port->ctx, me.conn), STREAM_UV_SEND_MAX);
    // The last piece has not begun to leave, so all of it counts.
    ck_assert_uint_ge(port->unsent(port->ctx, me.conn), sizeof large);
    ck_assert_int_eq(port->send(port->ctx, me.conn, large, STREAM_UV_SEND_MAX + 1), AGON_ERANGE);
    port->close(port->ctx, me.conn, 0);
    UNTIL(me.is_ended);
    ck_assert_int_eq(me.end, STREAM_END_LOCAL);
    ck_assert_uint_ge(me.unsent_at_end, sizeof large);
    ck_assert_int_eq(port->send(port->ctx, me.conn, "x", 1), AGON_ESTATE);
}
END_TEST

static const struct {
    const char *what, *text;
    int status;
} bad_requests[] = {
    {"not HTTP", "hello\r\n\r\n", 501},
    {"two lengths", "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
     400},
    {"body over the cap", "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1048577\r\n\r\n", 413},
    {"no host", "GET / HTTP/1.1\r\n\r\n", 400},
    {"half a websocket",
     "GET /ws HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
     "Sec-WebSocket-Version: 13\r\n\r\n",
     400},
    {"old websocket",
     "GET /ws HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
     "Sec-WebSocket-Version: 8\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
     426},
};

START_TEST(bad_requests_are_answered_and_closed)
{
    dial_ours(0);
    put(bad_requests[_i].text, strlen(bad_requests[_i].text));
    UNTIL(me.is_ended);
    ck_assert_msg(me.n_replies == 1 && me.status == bad_requests[_i].status, "%s: %d",
                  bad_requests[_i].what, me.status);
    ck_assert_int_eq(me.end, STREAM_END_PEER);
    ck_assert_int_eq(host.n_requests, 0);
}
END_TEST

START_TEST(b_65_a_request_that_never_ends_is_ended)
{
    struct server_options options = {.request_ns = 30000000};

    stop_server(0);
    start_with(&options);
    dial_ours(_i);
    put("GET / HT", 8);
    UNTIL(me.is_ended);
    ck_assert_int_eq(me.status, 408);
}
END_TEST

START_TEST(an_idle_connection_is_closed)
{
    struct server_options options = {.idle_ns = 1000000000}; // a busy machine asks late

    stop_server(0);
    start_with(&options);
    dial_ours(_i);
    ask("GET", "/", NULL);
    UNTIL(me.is_ended);
    ck_assert_int_eq(me.n_replies, 1);
    ck_assert_int_eq(me.status, 200);
}
END_TEST

START_TEST(a_socket_that_pongs_lives)
{
    struct server_options options = {.ping_ns = 20000000, .pong_ns = 3600000000000};

    stop_server(0);
    start_with(&options);
    open_socket(_i, "/ws");
    UNTIL(host.n_pongs == 3);
    ck_assert_int_eq(host.n_closes, 0);
}
END_TEST

START_TEST(a_socket_that_does_not_pong_is_closed)
{
    struct server_options options = {.ping_ns = 20000000, .pong_ns = 30000000};

    stop_server(0);
    start_with(&options);
    open_socket(_i, "/ws");
    me.is_raw = 1;
    UNTIL(host.n_closes == 1);
    ck_assert_int_eq(host.close_code, WS_CODE_POLICY);
}
END_TEST

START_TEST(one_connection_too_many_is_told)
{
    struct server_options options = {.conns = 1};
    struct stream_target target = {.host = "127.0.0.1"};
    int first;

    stop_server(0);
    start_with(&options);
    dial_ours(0);
    first = me.conn;
    target.port = (uint16_t)plain_port;
    me.is_open = 0;
    me.conn = port->connect(port->ctx, &target, &owner);
    ck_assert_int_ne(me.conn, first);
    UNTIL(me.is_open);
    ask("GET", "/", NULL);
    UNTIL(me.is_ended);
    ck_assert_int_eq(me.status, 503);
    ck_assert_int_eq(host.n_requests, 0);
    me.conn = first; // it ends with the server
    me.is_ended = 0;
}
END_TEST

START_TEST(a_graceful_stop_answers_what_waits_and_says_goodbye)
{
    host.is_late = 1;
    dial_ours(_i);
    ask("GET", "/1", NULL);
    UNTIL(host.n_requests == 1);
    server_stop(server, 1);
    ck_assert(!server_is_stopped(server));
    answer(host.waiting, "x", 1);
    UNTIL(me.is_ended && server_is_stopped(server));
    ck_assert_int_eq(me.n_replies, 1);
    server_free(server);
    start_with(NULL);
    open_socket(_i, "/ws");
    UNTIL(me.ws);
    server_stop(server, 1);
    UNTIL(me.close_code == 1001);
    port->close(port->ctx, me.conn, 0);
    UNTIL(server_is_stopped(server));
    ck_assert_int_eq(host.n_closes, 1);
}
END_TEST

/* ---- the rest of the port */

START_TEST(timers_fire_once_and_not_before_their_time)
{
    int64_t begin = port->now(port->ctx);
    int64_t id[3];

    forget();
    id[0] = port->timer(port->ctx, 20000000, 10, &owner);
    id[1] = port->timer(port->ctx, 5000000, 11, &owner);
    id[2] = port->timer(port->ctx, 1000000, 12, &owner);
    ck_assert(id[0] >= 0 && id[1] >= 0 && id[2] >= 0);
    port->timer_cancel(port->ctx, id[2]);
    port->timer_cancel(port->ctx, id[2]);
    UNTIL(me.n_timers >= 1);
    ck_assert_int_ge(me.t_timer - begin, me.n_timers == 1 ? 5000000 : 20000000);
    port->timer_cancel(port->ctx, id[1]);
    // On a machine that stood still for so long both have come in one turn.
    UNTIL(me.n_timers >= 2);
    ck_assert_int_eq(me.n_timers, 2);
    ck_assert_uint_eq(me.cookies[0], 11);
    ck_assert_uint_eq(me.cookies[1], 10);
    ck_assert_int_ge(me.t_timer - begin, 20000000);
    for (int i = 0; i < 200; i++)
        ck_assert_int_ge(port->timer(port->ctx, 3600000000000ll, 1, &owner), 0);
    // stop takes the rest along
}
END_TEST

START_TEST(connections_are_bounded_and_ids_do_not_come_back)
{
    struct stream_target target = {.host = "127.0.0.1", .port = (uint16_t)plain_port};
    int last = -1;

    forget();
    for (int i = 0; i < 8; i++)
        ck_assert_int_ge(port->connect(port->ctx, &target, &(struct stream_owner){0}), 0);
    ck_assert_int_eq(port->connect(port->ctx, &target, &owner), AGON_EAGAIN);
    target.port = 0;
    ck_assert_int_eq(port->connect(port->ctx, &target, &owner), AGON_EINVAL);
    stream_uv_stop(stream);
    UNTIL(stream_uv_is_stopped(stream));
    stream_uv_free(stream);
    ck_assert_int_eq(stream_uv_new(&stream, &loop, 1, NULL), AGON_OK);
    port = stream_uv_port(stream);
    for (int i = 0; i < 20; i++) {
        dial("127.0.0.1", plain_port, 0, "");
        ck_assert_int_ne(me.conn, last);
        last = me.conn;
        port->close(port->ctx, me.conn, 0);
        port->close(port->ctx, me.conn, 0);
        UNTIL(me.is_ended);
        ck_assert_int_eq(me.end, STREAM_END_LOCAL);
    }
}
END_TEST

START_TEST(random_and_clocks_move)
{
    ck_assert_uint_ne(port->random(port->ctx), port->random(port->ctx));
    ck_assert_int_gt(port->utc(port->ctx), 1700000000000000000ll);
    ck_assert_int_gt(port->now(port->ctx), 0);
}
END_TEST

START_TEST(a_port_that_is_taken_is_said)
{
    struct server_listen listen = {.host = "127.0.0.1", .port = (uint16_t)plain_port};
    struct error err = {0};

    ck_assert_int_eq(server_add(server, &listen, &err), AGON_EBUSY);
    ck_assert_ptr_nonnull(strstr(err.text, "127.0.0.1"));
    listen.host = "localhost";
    ck_assert_int_eq(server_add(server, &listen, &err), AGON_EINVAL);
    listen.host = "::1";
    listen.port = 0;
    listen.cert_pem = "x";
    listen.key_pem = "y";
    ck_assert_int_eq(server_add(server, &listen, &err), AGON_EINVAL);
    struct tls_ca other;
    ck_assert_int_eq(tls_ca_make(&other, "a,b.c", 0, 0, &err), AGON_OK);
    listen.cert_pem = other.cert_pem;
    listen.key_pem = ca.key_pem;
    ck_assert_int_eq(server_add(server, &listen, &err), AGON_EINVAL);
    tls_ca_deinit(&other);
    ck_assert_int_eq(tls_ca_make(&other, "a,DNS:b", 0, 0, &err), AGON_EINVAL);
    ck_assert_int_eq(tls_ca_make(&other, "", 0, 0, &err), AGON_EINVAL);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("stream");
    TCase *tcase = tcase_create("stream");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_set_timeout(tcase, 60);
    tcase_add_loop_test(tcase, requests_keep_the_connection, 0, 2);
    tcase_add_loop_test(tcase, who_waits_for_100_continue_gets_it, 0, 2);
    tcase_add_loop_test(tcase, a_late_answer_is_an_answer, 0, 2);
    tcase_add_loop_test(tcase, a_large_reply_arrives_whole, 0, 2);
    tcase_add_loop_test(tcase, reading_pauses_and_goes_on, 0, 2);
    tcase_add_loop_test(tcase, who_pauses_after_each_piece_has_all_of_them, 0, 2);
    tcase_add_loop_test(tcase, a_thousand_messages_come_back_in_order, 0, 2);
    tcase_add_loop_test(tcase, a_websocket_elsewhere_is_refused_and_the_connection_lives, 0, 2);
    tcase_add_loop_test(tcase, the_clients_close_is_answered, 0, 2);
    tcase_add_loop_test(tcase, a_protocol_error_closes_with_its_code, 0, 2);
    tcase_add_loop_test(tcase, a_killed_connection_is_told_to_both, 0, 2);
    tcase_add_loop_test(tcase, a_slow_reader_meets_the_queues_bound, 0, 2);
    tcase_add_loop_test(tcase, our_own_queue_is_bounded_and_unsent_is_told, 0, 2);
    tcase_add_loop_test(tcase, bad_requests_are_answered_and_closed, 0,
                        (int)(sizeof bad_requests / sizeof bad_requests[0]));
    tcase_add_loop_test(tcase, b_65_a_request_that_never_ends_is_ended, 0, 2);
    tcase_add_loop_test(tcase, an_idle_connection_is_closed, 0, 2);
    tcase_add_loop_test(tcase, a_socket_that_pongs_lives, 0, 2);
    tcase_add_loop_test(tcase, a_socket_that_does_not_pong_is_closed, 0, 2);
    tcase_add_test(tcase, one_connection_too_many_is_told);
    tcase_add_loop_test(tcase, a_graceful_stop_answers_what_waits_and_says_goodbye, 0, 2);
    tcase_add_test(tcase, timers_fire_once_and_not_before_their_time);
    tcase_add_test(tcase, connections_are_bounded_and_ids_do_not_come_back);
    tcase_add_test(tcase, random_and_clocks_move);
    tcase_add_test(tcase, a_port_that_is_taken_is_said);
    suite_add_tcase(suite, tcase);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
