// SPDX-License-Identifier: Apache-2.0
#include <check.h>

#include "script.h"

static const char *const stories[] = {
    "binance/market.script",
    "binance/race.script",
    "binance/reconnect.script",
    "binance/kill_queued.script",
    "binance/cancels_borrowed.script",
    "binance/silent.script",
    "binance/busy.script",
    "binance/full.script",
    "binance/full_history.script",
    "binance/bars_history.script",
    "binance/orders.script",
    "binance/order_types.script",
    "binance/replace.script",
    "binance/unknown.script",
    "binance/clock.script",
    "binance/limits.script",
    "binance/user.script",
    "binance/hold.script",
    "binance/earlier_run.script",
    "binance/many_fills.script",
    "binance/late_answer.script",
    "binance/whose_trade.script",
    "binance/follow.script",
    "binance/garbage.script",
    "binance/cut.script",
    "binance_um/market.script",
    "binance/cancels.script",
    "binance/cancels_hung.script",
    "binance_um/cancels.script",
    "binance_um/orders.script",
    "binance_um/user.script",
    "binance_cm/market.script",
    "binance/guard_recent.script",
    "binance/guard_past.script",
    "binance/guard_taken.script",
    "binance/guard_elsewhere.script",
    "binance_um/guard_recent.script",
    "binance_um/guard_past.script",
    "kraken/market.script",
};

START_TEST(the_gateway_keeps_to_the_transcript)
{
    script_run(stories[_i]);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("gateway");
    TCase *tcase = tcase_create("stories");
    SRunner *runner;
    int failed;

    tcase_set_timeout(tcase, 60);
    tcase_add_loop_test(tcase, the_gateway_keeps_to_the_transcript, 0,
                        (int)(sizeof(stories) / sizeof(stories[0])));
    suite_add_tcase(suite, tcase);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
