// SPDX-License-Identifier: Apache-2.0
/* Whom a stream connects to and whom it refuses: nobody there, names, certificates (F-04, F-07,
 * F-08). */
#include "stream_rig.h"
#include "sys/clock.h"

/* ---- what must not connect (F-04, F-07, F-08) */

START_TEST(nobody_there_is_refused)
{
    int closed = plain_port;

    stop_server(0);
    dial("127.0.0.1", closed, 0, "");
    UNTIL(me.is_ended);
    ck_assert_int_eq(me.end, STREAM_END_REFUSED);
    ck_assert(!me.is_open);
    ck_assert_ptr_nonnull(strstr(me.text, "127.0.0.1"));
}
END_TEST

START_TEST(a_name_that_does_not_resolve_ends_so)
{
    dial("no-such-host.invalid", 1, 0, "");
    UNTIL(me.is_ended);
    ck_assert(me.end == STREAM_END_NAME || me.end == STREAM_END_TIMEOUT);
}
END_TEST

START_TEST(localhost_resolves_and_verifies)
{
    dial("localhost", tls_port, 1, ca_path);
    UNTIL(me.is_open || me.is_ended);
    ck_assert_msg(me.is_open, "%s", me.text);
    ask("GET", "/", NULL);
    UNTIL(me.n_replies == 1);
}
END_TEST

static const struct {
    const char *what, *names;
    int days_from, days_to;
    int is_other_ca; /* trust another authority */
    const char *why;
} bad_certs[] = {
    {"expired", NULL, -2, -1, 0, "expired"},
    {"not yet valid", NULL, 1, 2, 0, "not yet valid"},
    {"another host", "example.org,10.0.0.1", 0, 0, 0, "mismatch"},
    {"another authority", NULL, 0, 0, 1, "certificate"},
};

START_TEST(f_08_bad_certificates_are_refused)
{
    struct server_listen listen = {.host = "127.0.0.1", .owner = {.on_request = on_request}};
    struct tls_ca bad, other;
    struct error err = {0};
    int at;

    ck_assert_msg(tls_ca_make(&bad, bad_certs[_i].names, bad_certs[_i].days_from,
                              bad_certs[_i].days_to, &err) == AGON_OK,
                  "%s", err.text);
    ck_assert_int_eq(tls_ca_make(&other, NULL, 0, 0, &err), AGON_OK);
    ck_assert_int_eq(tls_ca_write(bad_certs[_i].is_other_ca ? &other : &bad, ca_path, &err),
                     AGON_OK);
    listen.cert_pem = bad.cert_pem;
    listen.key_pem = bad.key_pem;
    at = server_add(server, &listen, &err);
    ck_assert_int_gt(at, 0);
    for (int i = 0; i < 2; i++) {
        dial(i ? "localhost" : "127.0.0.1", at, 1, ca_path);
        UNTIL(me.is_ended);
        ck_assert_int_eq(me.end, STREAM_END_TLS);
        ck_assert(!me.is_open);
        ck_assert_msg(strstr(me.text, bad_certs[_i].why), "%s: %s", bad_certs[_i].what, me.text);
    }
    tls_ca_deinit(&bad);
    tls_ca_deinit(&other);
}
END_TEST

/* A certificate is judged by the clock of the process, which venues may have set right. */
START_TEST(f_08_certificates_are_judged_by_our_own_clock)
{
    static const int days[] = {3650, -3650};
    struct stream_target target = {
        .host = "127.0.0.1", .port = (uint16_t)tls_port, .is_tls = 1, .is_undated = 1};

    struct tls_ca other;

    snprintf(target.ca_file, sizeof(target.ca_file), "%s", ca_path);
    clock_take(clock_mono(), clock_now() + days[_i] * (86400 * (agon_ns_t)CLOCK_SECOND));
    dial("127.0.0.1", tls_port, 1, ca_path);
    UNTIL(me.is_open || me.is_ended);
    ck_assert_int_eq(me.end, STREAM_END_TLS);
    ck_assert_ptr_nonnull(strstr(me.text, _i == 0 ? "expired" : "not yet valid"));
    // Who asks for nothing but the time looks at chain and name alone.
    forget();
    me.conn = port->connect(port->ctx, &target, &owner);
    UNTIL(me.is_open || me.is_ended);
    ck_assert_msg(me.is_open, "%s", me.text);
    port->close(port->ctx, me.conn, 0);
    UNTIL(me.is_ended);
    ck_assert_int_eq(tls_ca_make(&other, NULL, 0, 0, NULL), AGON_OK);
    ck_assert_int_eq(tls_ca_write(&other, target.ca_file, NULL), AGON_OK);
    forget();
    me.conn = port->connect(port->ctx, &target, &owner);
    UNTIL(me.is_ended);
    ck_assert_int_eq(me.end, STREAM_END_TLS);
    ck_assert_int_eq(tls_ca_write(&ca, target.ca_file, NULL), AGON_OK);
    tls_ca_deinit(&other);
    clock_take(clock_mono(), clock_now() - days[_i] * (86400 * (agon_ns_t)CLOCK_SECOND));
    dial("127.0.0.1", tls_port, 1, ca_path);
    UNTIL(me.is_open || me.is_ended);
    ck_assert_msg(me.is_open, "%s", me.text);
}
END_TEST

START_TEST(f_08_a_plain_port_is_no_tls_port)
{
    dial("127.0.0.1", plain_port, 1, ca_path);
    UNTIL(me.is_ended);
    ck_assert_int_eq(me.end, STREAM_END_TLS);
    dial("127.0.0.1", tls_port, 1, "/nonexistent/ca.pem");
    UNTIL(me.is_ended);
    ck_assert_int_eq(me.end, STREAM_END_TLS);
    ck_assert_ptr_nonnull(strstr(me.text, "/nonexistent/ca.pem"));
    // The system's authorities do not know ours.
    dial("127.0.0.1", tls_port, 1, "");
    UNTIL(me.is_ended);
    ck_assert_int_eq(me.end, STREAM_END_TLS);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("stream_dial");
    TCase *tcase = tcase_create("stream_dial");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_set_timeout(tcase, 60);
    tcase_add_test(tcase, nobody_there_is_refused);
    tcase_add_test(tcase, a_name_that_does_not_resolve_ends_so);
    tcase_add_test(tcase, localhost_resolves_and_verifies);
    tcase_add_loop_test(tcase, f_08_bad_certificates_are_refused, 0,
                        (int)(sizeof bad_certs / sizeof bad_certs[0]));
    tcase_add_loop_test(tcase, f_08_certificates_are_judged_by_our_own_clock, 0, 2);
    tcase_add_test(tcase, f_08_a_plain_port_is_no_tls_port);
    suite_add_tcase(suite, tcase);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
