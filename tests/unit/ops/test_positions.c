// SPDX-License-Identifier: Apache-2.0
/* What operators see of an open position beside its figures: by which rule it was entered. */
#include <string.h>

#include "ops/api.h"
#include "view_rig.h"

/* Of alpha in instrument 1; held is what it has behind the fill. */
static void filled(uint64_t seq, uint8_t side, agon_qty_t held, uint16_t tag)
{
    api.view->fills[api.view->n_fills++ % HOST_VIEW_FILLS] =
        (struct host_view_fill){.t = NOON + (agon_ns_t)seq,
                                .seq = seq,
                                .instrument = 1,
                                .side = side,
                                .px = 10000,
                                .qty = 1,
                                .trade = {.t = NOON + (agon_ns_t)seq,
                                          .seq = seq,
                                          .px = 10000,
                                          .qty = 1,
                                          .side = side,
                                          .is_over = held == 0,
                                          .is_first = seq == 10,
                                          .tag = tag,
                                          .held_qty = held}};
    look(NOON + (agon_ns_t)seq, 10000);
}

static int is_entered_by(agon_amt_t held_amt, const char *tag)
{
    const struct host_view_position position = {.instrument = 1, .held_amt = held_amt};
    char want[64];

    snprintf(want, sizeof(want), "\"entry_tag\":\"%s\"", tag);
    jout_reset(&out);
    api_put_position(&api, 0, &position, &out);
    return strstr(jout_text(&out), want) != NULL;
}

static int is_closed_of(const char *tag)
{
    struct control_call call = {.argc = 1, .argv = {"alpha"}};
    char want[64];

    snprintf(want, sizeof(want), "\"entry_tag\":\"%s\"", tag);
    jout_reset(&out);
    ck_assert_int_eq(api_do_closed(&api, &call, &out, &err), AGON_OK);
    return strstr(jout_text(&out), want) != NULL;
}

START_TEST(an_open_position_has_the_tag_that_its_closed_trade_will_have)
{
    snprintf(api.view->instruments[0].unit, sizeof(api.view->instruments[0].unit), "USDT");
    api.view->slots[0].n_tags = 2;
    snprintf(api.view->slots[0].tags[0], INFO_TAG, "pullback");
    snprintf(api.view->slots[0].tags[1], INFO_TAG, "breakout");
    look(NOON, 10000);
    ck_assert(is_entered_by(1, "")); // of no fill that was seen
    filled(10, AGON_BUY, 1, 2);
    filled(11, AGON_BUY, 2, 1);
    ck_assert(is_entered_by(2, "breakout"));
    // Of another generation's names it has none, nor has the trade that ends under that one.
    api.view->slots[0].tags_seq = 11;
    ck_assert(is_entered_by(2, "2"));
    filled(12, AGON_SELL, 1, 7);
    filled(13, AGON_SELL, 0, 7);
    ck_assert(is_closed_of("2"));
    ck_assert(is_entered_by(0, "")); // it is closed
    filled(14, AGON_SELL, -1, 1);
    ck_assert(is_entered_by(-1, "pullback"));
    ck_assert(is_entered_by(1, "")); // the other way: no fill of it was seen
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("positions");
    TCase *tcase = tcase_create("positions");
    SRunner *runner = srunner_create(suite);
    int n_failed;

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, an_open_position_has_the_tag_that_its_closed_trade_will_have);
    suite_add_tcase(suite, tcase);
    srunner_run_all(runner, CK_NORMAL);
    n_failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return n_failed == 0 ? 0 : 1;
}
