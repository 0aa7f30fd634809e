// SPDX-License-Identifier: Apache-2.0
/* An alert in the log: its sentence, and the fields that its kind has. */
#include <check.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "market/alerts.h"
#include "run/host_impl.h"
#include "sys/log.h"

static char line[1024];

static const char *said(uint16_t kind, int64_t value, int64_t limit, const char *agent,
                        const char *text)
{
    struct log_config config = {.level = LOG_INFO, .is_direct = 1};
    struct record_alert alert;
    struct error err = {0};
    struct log *log;
    int fds[2];
    ssize_t n;

    ck_assert_int_eq(pipe(fds), 0);
    config.fd = fds[1];
    log = log_new(&config, &err);
    ck_assert_msg(log != NULL, "%s", err.text);
    log_set_process(log);
    alert_make(&alert, kind, agent != NULL ? 0 : ALERT_NO_SLOT, 0, value, limit, text);
    host_say_alert(&alert, agent);
    log_set_process(NULL);
    log_free(log);
    n = read(fds[0], line, sizeof(line) - 1);
    ck_assert_int_gt(n, 0);
    line[n] = '\0';
    (void)close(fds[0]);
    (void)close(fds[1]);
    return line;
}

START_TEST(an_alert_is_logged_with_the_fields_that_its_kind_has)
{
    ck_assert_ptr_nonnull(
        strstr(said(ALERT_CRASH, 0, 0, "alpha", "SIGSEGV"), "SIGSEGV alert=crash agent=alpha\n"));
    ck_assert_ptr_nonnull(strstr(said(ALERT_QUARANTINE, 0, 0, "alpha", "refused"),
                                 "refused alert=quarantine agent=alpha\n"));
    ck_assert_ptr_nonnull(strstr(said(ALERT_FLOOD, 2345, 20000, "alpha", "much"),
                                 "much alert=flood agent=alpha value=2345 limit=20000\n"));
    // Nothing is a value too, and no agent is none.
    ck_assert_ptr_nonnull(strstr(said(ALERT_GHOST_ORDER, 0, 0, NULL, "open"),
                                 "open alert=ghost_order value=0 limit=0\n"));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("run_alert_log");
    TCase *tcase = tcase_create("all");
    SRunner *runner;
    int n_failed;

    tcase_add_test(tcase, an_alert_is_logged_with_the_fields_that_its_kind_has);
    suite_add_tcase(suite, tcase);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    n_failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return n_failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
