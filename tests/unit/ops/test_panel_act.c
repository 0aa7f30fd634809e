// SPDX-License-Identifier: Apache-2.0
/* act: what the panel is told of a demo's act; nothing where nobody plays one. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "control/impl.h"
#include "ops/panels.h"

START_TEST(it_is_told_the_act_and_nothing_without_one)
{
    static struct control_live live;
    struct api api = {.view = NULL};

    pthread_mutex_init(&api.act_lock, NULL);
    live = (struct control_live){.open = -1};
    panel_act(&api, &live);
    ck_assert_int_eq(live.open, -1);
    api.act = (struct api_act){.number = 2,
                               .n = 7,
                               .market = "synthetic",
                               .title = "A crash",
                               .about = "it \"crashes\"",
                               .look = "there",
                               .said = ""};
    panel_act(&api, &live);
    ck_assert_str_eq(jout_text(&live.value),
                     "{\"number\":2,\"of\":7,\"market\":\"synthetic\",\"title\":\"A crash\","
                     "\"about\":\"it \\\"crashes\\\"\",\"look\":\"there\",\"said\":\"\"}");
    // Once the acts are over, what each came to.
    jout_deinit(&live.value);
    live = (struct control_live){.open = -1};
    api.act.n_past = 1;
    snprintf(api.act.past[0].title, sizeof(api.act.past[0].title), "A warm start");
    snprintf(api.act.past[0].said, sizeof(api.act.past[0].said), "first fill after 2 s");
    panel_act(&api, &live);
    ck_assert_ptr_nonnull(strstr(jout_text(&live.value),
                                 "\"past\":[{\"title\":\"A warm start\",\"said\":\"first fill "
                                 "after 2 s\"}]}"));
    jout_deinit(&live.value);
    pthread_mutex_destroy(&api.act_lock);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("ops_panel_act");
    TCase *tcase = tcase_create("panel");
    SRunner *runner;
    int n_failed;

    tcase_add_test(tcase, it_is_told_the_act_and_nothing_without_one);
    suite_add_tcase(suite, tcase);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    n_failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return n_failed == 0 ? 0 : 1;
}
