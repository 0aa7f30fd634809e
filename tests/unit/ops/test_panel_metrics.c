// SPDX-License-Identifier: Apache-2.0
/* metrics: what the panel is told of what plugins say of themselves; nothing where none does. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "control/impl.h"
#include "ops/panels.h"

static struct control_live live;

static const char *told(const struct api *api)
{
    live = (struct control_live){.open = -1};
    panel_metrics(api, &live);
    return jout_text(&live.value);
}

START_TEST(it_is_told_what_was_set_and_nothing_else)
{
    struct host_view *view = calloc(1, sizeof(*view));
    struct api api = {.view = view};

    ck_assert_ptr_nonnull(view);
    view->n_slots = 3;
    for (uint16_t id = 0; id < 3; id += 2) { // a place between them is free
        view->slots[id].is_used = 1;
        snprintf(view->slots[id].name, sizeof(view->slots[id].name), "agent_%u", id);
    }
    live = (struct control_live){.open = -1};
    panel_metrics(&api, &live); // nobody says anything: the panel is not told of itself
    ck_assert_int_eq(live.open, -1);
    view->slots[0].metrics_set = 1u << 7; // a gauge of 0
    view->slots[1].metrics_set = 1;       // of who was there before
    view->slots[2].metrics_set = 1u << 31 | 1u;
    view->slots[2].metrics[0] = 1.5;
    view->slots[2].metrics[31] = -4;
    // A name that the plugin has for it.
    view->slots[0].n_metric_names = 8;
    snprintf(view->slots[0].metric_names[7], sizeof(view->slots[0].metric_names[7]), "open_legs");
    // A line over candles says so; one of an instrument that nobody knows is a number.
    view->n_instruments = 1;
    snprintf(view->instruments[0].symbol, sizeof(view->instruments[0].symbol), "BTCUSDT");
    view->slots[2].n_lines = 2;
    view->slots[2].lines[0] = (struct feed_line){.id = 0, .instrument = 1, .name = "SMA 10"};
    view->slots[2].lines[1] = (struct feed_line){.id = 31, .instrument = 2, .name = "of nothing"};
    ck_assert_str_eq(told(&api),
                     "[{\"agent\":\"agent_0\",\"id\":7,\"value\":0,\"name\":\"open_legs\"},"
                     "{\"agent\":\"agent_2\",\"id\":0,\"value\":1.5,"
                     "\"line\":\"SMA 10\",\"symbol\":\"BTCUSDT\"},"
                     "{\"agent\":\"agent_2\",\"id\":31,\"value\":-4}]");
    jout_deinit(&live.value);
    free(view);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("ops_panel_metrics");
    TCase *tcase = tcase_create("panel");
    SRunner *runner;
    int n_failed;

    tcase_add_test(tcase, it_is_told_what_was_set_and_nothing_else);
    suite_add_tcase(suite, tcase);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    n_failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return n_failed == 0 ? 0 : 1;
}
