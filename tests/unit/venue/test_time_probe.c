// SPDX-License-Identifier: Apache-2.0
#include "venue/time_probe.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>

#define T0 ((agon_ns_t)1700000000 * 1000000000)
#define MS ((int64_t)1000000)

/* A stream that the test is the other end of. */
static struct {
    struct stream_owner owner;
    struct stream_target target;
    int n_connects, n_closed, is_refused;
    int64_t now;
    char sent[2048];
    int n_sent;
} line;

static int port_connect(void *ctx, const struct stream_target *target,
                        const struct stream_owner *owner)
{
    (void)ctx;
    line.target = *target;
    line.owner = *owner;
    line.n_connects++;
    return line.is_refused ? AGON_EAGAIN : 40 + line.n_connects;
}

static int port_send(void *ctx, int conn, const void *bytes, size_t n)
{
    (void)ctx;
    (void)conn;
    ck_assert_uint_lt(n, sizeof(line.sent));
    memcpy(line.sent, bytes, n);
    line.sent[n] = '\0';
    line.n_sent++;
    return AGON_OK;
}

static void port_close(void *ctx, int conn, int is_flush)
{
    (void)ctx;
    (void)conn;
    (void)is_flush;
    line.n_closed++;
}

static int64_t port_now(void *ctx)
{
    (void)ctx;
    return line.now;
}

static const struct stream_port port = {
    .connect = port_connect, .send = port_send, .close = port_close, .now = port_now};

static struct venue_config config;
static struct time_probe probe;

static void begin(const char *dialect)
{
    memset(&line, 0, sizeof(line));
    line.now = 1000 * MS;
    ck_assert_int_eq(venue_config_default(&config, dialect), AGON_OK);
    snprintf(config.rest.host, sizeof(config.rest.host), "venue.test");
    config.rest.port = 443;
    config.is_private = 1;
    time_probe_begin(&probe, &config, &port);
}

static void say(const char *head, const char *body)
{
    char text[512];
    int n = snprintf(text, sizeof(text), "HTTP/1.1 200 OK\r\n%sContent-Length: %zu\r\n\r\n%s", head,
                     strlen(body), body);

    for (int i = 0; i < n; i++)
        line.owner.on_bytes(line.owner.ctx, 40 + line.n_connects, text + i, 1);
}

START_TEST(it_asks_twice_and_for_nothing_else)
{
    static const char *const dialects[] = {"binance_spot", "binance_um"};
    static const char *const paths[] = {"GET /api/v3/time HTTP/1.1\r\n",
                                        "GET /fapi/v1/time HTTP/1.1\r\n"};

    begin(dialects[_i]);
    ck_assert(!line.target.is_undated);
    line.owner.on_open(line.owner.ctx, 41);
    ck_assert_int_eq(strncmp(line.sent, paths[_i], strlen(paths[_i])), 0);
    ck_assert_ptr_null(strstr(line.sent, "MBX"));
    ck_assert_ptr_null(strstr(line.sent, "signature"));
    line.now += 10 * MS;
    say("", "{\"serverTime\":1700000000000}");
    ck_assert(!probe.is_done);
    ck_assert_int_eq(line.n_sent, 2);
    line.now += 20 * MS;
    say("", "{\"serverTime\":1700000000020}");
    ck_assert(probe.is_done);
    ck_assert_uint_eq(probe.times.n, 2);
    // The middle of the way, and half of the millisecond that the stamp cuts off.
    ck_assert_int_eq(probe.times.offset_ns[1], T0 + MS / 2 - 1005 * MS);
    ck_assert_int_eq(probe.times.offset_ns[0], T0 + 20 * MS + MS / 2 - 1020 * MS);
    ck_assert_int_eq(probe.times.error_ns[0], 10 * MS + MS / 2);
    ck_assert_int_eq(line.n_closed, 1);
    ck_assert_int_eq(line.n_sent, 2);
    time_probe_end(&probe);
    line.owner.on_end(line.owner.ctx, 41, STREAM_END_LOCAL, "closed");
    ck_assert_int_eq(line.n_connects, 1);
}
END_TEST

START_TEST(one_answer_is_taken_where_the_connection_ends)
{
    begin("binance_spot");
    line.owner.on_open(line.owner.ctx, 41);
    say("Connection: close\r\n", "{\"serverTime\":1700000000000}");
    ck_assert(probe.is_done);
    ck_assert_uint_eq(probe.times.n, 1);
    time_probe_end(&probe);
}
END_TEST

START_TEST(a_refused_certificate_is_tried_once_more_without_its_dates)
{
    begin("binance_spot");
    line.owner.on_end(line.owner.ctx, 41, STREAM_END_TLS, "certificate refused: expired");
    ck_assert(!probe.is_done);
    ck_assert_int_eq(line.n_connects, 2);
    ck_assert(line.target.is_undated);
    ck_assert(line.target.is_tls);
    // ... and no third time, whatever is wrong with it.
    line.owner.on_end(line.owner.ctx, 42, STREAM_END_TLS, "certificate refused: mismatch");
    ck_assert(probe.is_done);
    ck_assert(probe.is_undated);
    ck_assert_int_eq(line.n_connects, 2);
    ck_assert_uint_eq(probe.times.n, 0);
    time_probe_end(&probe);
}
END_TEST

START_TEST(what_is_no_time_is_not_taken)
{
    static const char *const bodies[] = {"{}",
                                         "{\"serverTime\":-1}",
                                         "{\"serverTime\":\"x\"}",
                                         "[1700000000000]",
                                         "{\"serverTime\":99999999999999999}",
                                         "{\"serverTime\":0}"};

    begin("binance_spot");
    line.owner.on_open(line.owner.ctx, 41);
    say("", bodies[_i]);
    ck_assert(probe.is_done);
    ck_assert_uint_eq(probe.times.n, 0);
    ck_assert_str_ne(probe.why, "");
    time_probe_end(&probe);
}
END_TEST

/* A simulator names its market's time beside the time of day; what is no time is not taken. */
START_TEST(the_time_of_a_simulated_market_is_read_where_it_is_said)
{
    static const char *const heads[] = {"X-Agon-Market-Time: 1723161600000000000 20000\r\n",
                                        "x-agon-market-time: 1723161600000000000 1000\r\n",
                                        "",
                                        "X-Agon-Market-Time: 1723161600000000000\r\n",
                                        "X-Agon-Market-Time: 1723161600000000000 20000 \r\n",
                                        "X-Agon-Market-Time: 1723161600000000000 999\r\n",
                                        "X-Agon-Market-Time: 1723161600000000000 60001\r\n",
                                        "X-Agon-Market-Time: 0 20000\r\n",
                                        "X-Agon-Market-Time: -5 20000\r\n",
                                        "X-Agon-Market-Time: 1e9 20000\r\n",
                                        "X-Agon-Market-Time: 9223372036854775808 20000\r\n",
                                        "X-Agon-Market-Time: 17231616000000000000000 20000\r\n",
                                        "X-Agon-Market-Time: 1723161600000000000 20000 1\r\n"};
    static const int64_t speeds[] = {20000, 1000, 0, 0, 20000};
    int64_t speed = _i < 5 ? speeds[_i] : 0;

    begin("binance_spot");
    line.owner.on_open(line.owner.ctx, 41);
    line.now += 10 * MS;
    say(heads[_i], "{\"serverTime\":1700000000000}");
    ck_assert_uint_eq(probe.times.n, 1);
    ck_assert_int_eq(probe.times.market.speed_milli, speed);
    if (speed != 0) {
        ck_assert_int_eq(probe.times.market.t, (agon_ns_t)1723161600 * 1000000000);
        ck_assert_int_eq(probe.times.market.at_ns, 1005 * MS);
        ck_assert_int_eq(probe.times.market.error_ns, 5 * MS);
    }
    time_probe_end(&probe);
}
END_TEST

START_TEST(a_venue_that_is_away_ends_it)
{
    begin("binance_spot");
    line.owner.on_end(line.owner.ctx, 41, STREAM_END_REFUSED, "connection refused");
    ck_assert(probe.is_done);
    ck_assert_str_eq(probe.why, "connection refused");
    time_probe_end(&probe);
    begin("binance_spot");
    ck_assert(!probe.is_done);
    time_probe_end(&probe); // its time is over
    ck_assert(probe.is_done);
    ck_assert_uint_eq(probe.times.n, 0);
    ck_assert_int_eq(line.n_closed, 1);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("time_probe");
    TCase *tcase = tcase_create("probe");
    SRunner *runner = srunner_create(suite);
    int n_failed;

    tcase_add_loop_test(tcase, it_asks_twice_and_for_nothing_else, 0, 2);
    tcase_add_test(tcase, one_answer_is_taken_where_the_connection_ends);
    tcase_add_test(tcase, a_refused_certificate_is_tried_once_more_without_its_dates);
    tcase_add_loop_test(tcase, what_is_no_time_is_not_taken, 0, 6);
    tcase_add_loop_test(tcase, the_time_of_a_simulated_market_is_read_where_it_is_said, 0, 13);
    tcase_add_test(tcase, a_venue_that_is_away_ends_it);
    suite_add_tcase(suite, tcase);
    srunner_run_all(runner, CK_NORMAL);
    n_failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return n_failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
