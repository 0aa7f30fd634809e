// SPDX-License-Identifier: Apache-2.0
/* Lines over candles, kept by looking at views: as each was when a candle ended, by name and
 * instrument. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "view_rig.h"

static void draw(uint32_t id, const char *name, double px)
{
    struct host_view_slot *slot = &api.view->slots[0];
    struct feed_line *line = &slot->lines[slot->n_lines++];

    *line = (struct feed_line){.id = id, .instrument = 1};
    snprintf(line->name, sizeof(line->name), "%s", name);
    slot->metrics_set |= 1u << id;
    slot->metrics[id] = px;
}

static const char *lines_of(const char *seconds, const char *since)
{
    struct control_call call = {.argc = since != NULL ? 4 : 3,
                                .argv = {"alpha", "BTCUSDT", seconds, since}};

    jout_reset(&out);
    return api_do_lines(&api, &call, &out, &err) < 0 ? err.text : jout_text(&out);
}

START_TEST(a_line_has_what_it_was_when_each_candle_ended)
{
    struct host_view_slot *slot = &api.view->slots[0];

    look(NOON, 10000);
    ck_assert_str_eq(lines_of("60", NULL), "[]");
    draw(3, "fast", 100.5);
    look(NOON + 1, 10000);
    slot->metrics[3] = 101;
    look(NOON + MINUTE - 1, 10000);
    slot->metrics[3] = 102.25;
    draw(4, "slow", 99);
    look(NOON + MINUTE, 10000);
    ck_assert_str_eq(lines_of("60", NULL),
                     "[{\"line\":\"fast\",\"t_ms\":1767268800000,\"price\":\"101.0000\"},"
                     "{\"line\":\"fast\",\"t_ms\":1767268860000,\"price\":\"102.2500\"},"
                     "{\"line\":\"slow\",\"t_ms\":1767268860000,\"price\":\"99.0000\"}]");
    ck_assert_str_eq(lines_of("900", NULL),
                     "[{\"line\":\"fast\",\"t_ms\":1767268800000,\"price\":\"102.2500\"},"
                     "{\"line\":\"slow\",\"t_ms\":1767268800000,\"price\":\"99.0000\"}]");
    ck_assert_uint_eq(count_of(lines_of("60", "1767268860000"), "line"), 2);
    ck_assert_ptr_nonnull(strstr(lines_of("7", NULL), "60, 900 or 14400"));
    // The oldest go; a reload that draws the same goes on.
    for (int i = 2; i < 2 + 2 * CANDLES; i++) {
        slot->n_lines = 0;
        slot->generation++;
        draw(3, "fast", i);
        look(NOON + i * MINUTE, 10000);
    }
    ck_assert_uint_eq(count_of(lines_of("60", NULL), "fast"), CANDLES);
    ck_assert_uint_eq(count_of(lines_of("60", NULL), "slow"), 1);
    // What no price can be is left out.
    slot->metrics[3] = 1e300;
    look(NOON + 900 * MINUTE, 10000);
    ck_assert_str_eq(lines_of("60", "1767322800000"), "[]");
    // Nothing is drawn of whom nothing is set, and another of that name begins with nothing.
    slot->metrics_set = 0;
    look(NOON + 1000 * MINUTE, 10000);
    ck_assert_ptr_null(strstr(lines_of("60", "1767328800000"), "fast"));
    slot->freed_seq = 77;
    look(NOON + 1001 * MINUTE, 10000);
    ck_assert_str_eq(lines_of("60", NULL), "[]");
}
END_TEST

START_TEST(a_line_that_is_past_makes_room)
{
    char name[AGON_LINE_NAME];

    for (uint32_t i = 0; i < 3 * AGON_LINES_MAX; i++) {
        api.view->slots[0].n_lines = 0;
        snprintf(name, sizeof(name), "line %u", i);
        draw(0, name, i + 1);
        look(NOON + i * MINUTE, 10000);
        ck_assert_ptr_nonnull(strstr(lines_of("60", NULL), name));
    }
    ck_assert_uint_eq(count_of(lines_of("60", NULL), "line "), AGON_LINES_MAX);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("ops_lines");
    TCase *tcase = tcase_create("lines");
    SRunner *runner;
    int n_failed;

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, a_line_has_what_it_was_when_each_candle_ended);
    tcase_add_test(tcase, a_line_that_is_past_makes_room);
    suite_add_tcase(suite, tcase);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    n_failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return n_failed == 0 ? 0 : 1;
}
