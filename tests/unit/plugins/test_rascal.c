// SPDX-License-Identifier: Apache-2.0
/* rascal: behaves until its time has come, and then as it was told. */
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../support/must.h"
#include "fake.h"

static struct fake fake;

static void begin(const char *mischief, uint32_t reason)
{
    fake_open(&fake, "rascal");
    fake_param(&fake, "mischief", mischief);
    fake_param(&fake, "after_s", "600");
    fake_param(&fake, "again_s", "60");
    fake_param(&fake, "flood", "7");
    MUST(fake_create(&fake) == AGON_OK);
    MUST(fake_start(&fake, reason) == AGON_OK);
}

static void trade_at(agon_ns_t t)
{
    fake.t = t;
    fake_trade(&fake, 10000);
}

START_TEST(keeps_one_bid_open_far_below_the_market)
{
    begin("0", AGON_START_FRESH);
    trade_at(FAKE_T0);
    MUST_EQ(fake.n_intents, 1);
    MUST_EQ(fake.intents[0].type, AGON_LIMIT);
    MUST_EQ(fake.intents[0].flags, AGON_POST_ONLY);
    MUST_EQ(fake.intents[0].px, 9700);
    fake.n_open = 1;
    trade_at(FAKE_T0 + 2 * FAKE_MINUTE);
    MUST_EQ(fake.n_intents, 1);
    fake.n_open = 0; // it is gone: another
    trade_at(FAKE_T0 + 3 * FAKE_MINUTE);
    MUST_EQ(fake.n_intents, 2);
    trade_at(FAKE_T0 + 1000 * FAKE_MINUTE);
    fake_close(&fake);
}
END_TEST

/* In a child: what it does there nobody survives. */
static int end_of(const char *mischief, uint32_t reason, agon_ns_t last, unsigned patience_s)
{
    int status = 0;
    pid_t child = fork();

    if (child == 0) {
        // Not what the test's own framework or a sanitizer makes of them.
        signal(SIGALRM, SIG_DFL);
        signal(SIGSEGV, SIG_DFL);
        begin(mischief, reason);
        trade_at(FAKE_T0);
        alarm(patience_s);
        trade_at(FAKE_T0 + last);
        _exit(0);
    }
    MUST(child > 0 && waitpid(child, &status, 0) == child);
    return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
}

START_TEST(crashes_when_its_time_has_come)
{
    ck_assert_int_eq(end_of("1", AGON_START_FRESH, 10 * FAKE_MINUTE - 1, 20), 0);
    ck_assert_int_eq(end_of("1", AGON_START_FRESH, 10 * FAKE_MINUTE, 20), SIGSEGV);
    // Begun anew it has less patience.
    ck_assert_int_eq(end_of("1", AGON_START_RESTORE, FAKE_MINUTE - 1, 20), 0);
    ck_assert_int_eq(end_of("1", AGON_START_RESTORE, FAKE_MINUTE, 20), SIGSEGV);
}
END_TEST

START_TEST(hangs_when_its_time_has_come)
{
    ck_assert_int_eq(end_of("2", AGON_START_FRESH, 10 * FAKE_MINUTE - 1, 20), 0);
    ck_assert_int_eq(end_of("2", AGON_START_FRESH, 10 * FAKE_MINUTE, 1), SIGALRM);
}
END_TEST

START_TEST(floods_for_a_minute_and_then_rests)
{
    begin("3", AGON_START_FRESH);
    trade_at(FAKE_T0);
    fake_taken(&fake);
    trade_at(FAKE_T0 + 10 * FAKE_MINUTE);
    ck_assert_uint_eq(fake_taken(&fake), 7);
    trade_at(FAKE_T0 + 11 * FAKE_MINUTE);
    ck_assert_uint_eq(fake_taken(&fake), 7);
    fake.n_open = 1;
    trade_at(FAKE_T0 + 11 * FAKE_MINUTE + 1);
    ck_assert_uint_eq(fake_taken(&fake), 0);
    trade_at(FAKE_T0 + 12 * FAKE_MINUTE);
    ck_assert_uint_eq(fake_taken(&fake), 7);
    fake_close(&fake);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("rascal");
    TCase *tcase = tcase_create("all");
    SRunner *runner;
    int failed;

    tcase_set_timeout(tcase, 30);
    tcase_add_test(tcase, keeps_one_bid_open_far_below_the_market);
    tcase_add_test(tcase, crashes_when_its_time_has_come);
    tcase_add_test(tcase, hangs_when_its_time_has_come);
    tcase_add_test(tcase, floods_for_a_minute_and_then_rests);
    suite_add_tcase(suite, tcase);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? 1 : 0;
}
