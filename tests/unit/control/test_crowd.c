// SPDX-License-Identifier: Apache-2.0
/* Many at once: who says nothing is put out, and who halts is served before all that is asked and
 * knocks (RELIABILITY 4.2). */
#include <sys/wait.h>

#include "control/impl.h"
#include "control_rig.h"
#include "sys/clock.h"
#include "sys/local.h"

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
    Suite *suite = suite_create("crowd");
    TCase *tcase = tcase_create("crowd");
    SRunner *runner;
    int n_failed;

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_set_timeout(tcase, 30);
    tcase_add_test(tcase, many_that_say_nothing_shut_nobody_out_for_long);
    tcase_add_test(tcase, who_halts_is_served_where_all_places_are_taken);
    tcase_add_test(tcase, who_asks_for_much_keeps_nobody_from_halting);
    tcase_add_test(tcase, between_an_order_to_halt_and_its_doing_lies_one_answer_at_most);
    tcase_add_test(tcase, who_halts_is_heard_before_all_are_let_in_who_knock);
    tcase_add_test(tcase, who_connects_without_end_puts_out_nobody_but_himself);
    suite_add_tcase(suite, tcase);
    tcase = tcase_create("alone");
    tcase_add_checked_fixture(tcase, setup_alone, teardown_alone);
    tcase_add_test(tcase,
                   a_line_that_came_while_the_loop_stood_is_read_before_its_connection_is_judged);
    tcase_add_test(tcase, who_says_nothing_is_put_out_by_so_many_ticks);
    suite_add_tcase(suite, tcase);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    n_failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return n_failed == 0 ? 0 : 1;
}
