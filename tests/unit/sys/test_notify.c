// SPDX-License-Identifier: Apache-2.0
/* What a service manager hears, by a socket of this test's own; the words are those of
 * sd_notify(3) and sd_watchdog_enabled(3). */
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "help.h"
#include "sys/notify.h"

#define SECOND ((int64_t)1000000000)

static struct notify notify;
static struct error err;

/* Listens on a name in the kernel's own space, which NOTIFY_SOCKET then has. */
static int listen_abstract(void)
{
    struct sockaddr_un at = {.sun_family = AF_UNIX};
    char name[64];
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0);

    snprintf(name, sizeof(name), "@agon-test-%d", (int)getpid());
    memcpy(at.sun_path + 1, name + 1, strlen(name) - 1);
    ck_assert_int_eq(bind(fd, (struct sockaddr *)&at,
                          (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(name))),
                     0);
    setenv("NOTIFY_SOCKET", name, 1);
    return fd;
}

static const char *heard(int fd)
{
    static char text[256];
    ssize_t n = recv(fd, text, sizeof(text) - 1, 0);

    text[n > 0 ? n : 0] = '\0';
    return text;
}

START_TEST(nobody_is_told_where_nobody_asks)
{
    unsetenv("NOTIFY_SOCKET");
    setenv("WATCHDOG_USEC", "2000000", 1);
    ck_assert_int_eq(notify_open(&notify, &err), AGON_OK);
    ck_assert_int_eq(notify.fd, -1);
    notify_say(&notify, "READY=1");
    ck_assert(!notify_alive(&notify, 1, SECOND));
    notify_close(&notify);
}
END_TEST

START_TEST(what_is_said_is_heard_and_children_inherit_no_voice)
{
    int fd = listen_abstract();

    setenv("WATCHDOG_USEC", "2000000", 1);
    ck_assert_int_eq(notify_open(&notify, &err), AGON_OK);
    ck_assert_ptr_null(getenv("NOTIFY_SOCKET"));
    ck_assert_ptr_null(getenv("WATCHDOG_USEC"));
    notify_say(&notify, "READY=1\nSTATUS=well");
    ck_assert_str_eq(heard(fd), "READY=1\nSTATUS=well");
    close(fd);
    notify_say(&notify, "STOPPING=1"); // nobody listens any more: no failure
    notify_close(&notify);
}
END_TEST

START_TEST(who_does_not_turn_gives_no_sign_of_life)
{
    int fd = listen_abstract();

    setenv("WATCHDOG_USEC", "2000000", 1); // half of it: once a second
    ck_assert_int_eq(notify_open(&notify, &err), AGON_OK);
    ck_assert(!notify_alive(&notify, 0, 10 * SECOND)); // its first turn is not over
    ck_assert(notify_alive(&notify, 1, 10 * SECOND));
    ck_assert_str_eq(heard(fd), "WATCHDOG=1");
    ck_assert(!notify_alive(&notify, 2, 11 * SECOND - 1)); // not yet
    ck_assert(notify_alive(&notify, 2, 11 * SECOND));
    ck_assert(!notify_alive(&notify, 2, 60 * SECOND)); // it hangs
    ck_assert(notify_alive(&notify, 3, 60 * SECOND));
    notify_close(&notify);
    close(fd);
}
END_TEST

static const struct {
    const char *usec, *pid; /* pid NULL: not set; "": this process */
    int64_t every_ns;
} watchdogs[] = {
    {"30000000", NULL, 15 * SECOND},
    {"30000000", "", 15 * SECOND},
    {"30000000", "1", 0}, /* another process is meant */
    {"0", NULL, 0},
    {"-1", NULL, 0},
    {"1s", NULL, 0},
    {"9999999999999999999", NULL, 0},
    {"", NULL, 0},
};

START_TEST(the_watchdog_is_meant_for_this_process)
{
    char pid[16];
    int fd = listen_abstract();

    setenv("WATCHDOG_USEC", watchdogs[_i].usec, 1);
    if (watchdogs[_i].pid != NULL) {
        snprintf(pid, sizeof(pid), "%d", (int)getpid());
        setenv("WATCHDOG_PID", watchdogs[_i].pid[0] != '\0' ? watchdogs[_i].pid : pid, 1);
    }
    ck_assert_int_eq(notify_open(&notify, &err), AGON_OK);
    ck_assert_int_eq(notify.every_ns, watchdogs[_i].every_ns);
    notify_close(&notify);
    close(fd);
}
END_TEST

START_TEST(what_can_be_no_socket_is_refused)
{
    char text[300];
    const char *const bad[] = {"relative/path", "/", "@", "vsock:2:1", text};

    memset(text, 'x', sizeof(text));
    text[0] = '/';
    text[sizeof(text) - 1] = '\0';
    setenv("NOTIFY_SOCKET", bad[_i], 1);
    ck_assert_int_eq(notify_open(&notify, &err), AGON_EINVAL);
    ck_assert_int_eq(notify.fd, -1);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("sys_notify");
    TCase *tcase = tcase_create("notify");

    tcase_add_test(tcase, nobody_is_told_where_nobody_asks);
    tcase_add_test(tcase, what_is_said_is_heard_and_children_inherit_no_voice);
    tcase_add_test(tcase, who_does_not_turn_gives_no_sign_of_life);
    tcase_add_loop_test(tcase, the_watchdog_is_meant_for_this_process, 0,
                        (int)(sizeof(watchdogs) / sizeof(watchdogs[0])));
    tcase_add_loop_test(tcase, what_can_be_no_socket_is_refused, 0, 5);
    suite_add_tcase(suite, tcase);
    return help_main(suite);
}
