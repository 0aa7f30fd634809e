// SPDX-License-Identifier: Apache-2.0
/* info: which lengths of bars an agent is given follows from its plugin's parameters of candles, as
 * the roster has set them; one without such a parameter is given all. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include <agon/agon.h>

#include "agent/info.h"
#include "agent/setup.h"

#define ALL 0xff

static struct plugin_info info;

static void has(const char *name, double def, const char *choices)
{
    struct info_param *param = &info.params[info.n_params++];

    *param = (struct info_param){.type = AGON_CHOICE, .def = def};
    strcpy(param->name, name);
    strcpy(param->choices, choices);
}

static void begin(void)
{
    memset(&info, 0, sizeof(info));
}

START_TEST(without_such_a_parameter_all_lengths_are_given)
{
    has("sides", 1, "long|both");
    ck_assert_uint_eq(plugin_info_bars(&info, NULL, 0), ALL);
}
END_TEST

START_TEST(the_length_is_the_default_or_the_one_that_was_set)
{
    const struct setup_param set[] = {{"sides", "both"}, {"bar_s", "3600"}, {"other", "60"}};
    const struct setup_param none = {"bar_s", "61"};

    has("sides", 1, "long|both");
    has("bar_s", 4, AGON_BAR_CHOICES);
    ck_assert_uint_eq(plugin_info_bars(&info, NULL, 0), 1 << 4);
    ck_assert_uint_eq(plugin_info_bars(&info, set, 1), 1 << 4);
    ck_assert_uint_eq(plugin_info_bars(&info, set, 3), 1 << 5);
    // It is refused elsewhere, by its name.
    ck_assert_uint_eq(plugin_info_bars(&info, &none, 1), ALL);
}
END_TEST

START_TEST(several_such_parameters_are_several_lengths)
{
    const struct setup_param set[] = {{"slow_s", "86400"}, {"slow_s", "14400"}};

    has("fast_s", 0, AGON_BAR_CHOICES);
    has("slow_s", 5, AGON_BAR_CHOICES);
    ck_assert_uint_eq(plugin_info_bars(&info, NULL, 0), 1 | 1 << 5);
    ck_assert_uint_eq(plugin_info_bars(&info, set, 2), 1 | 1 << 6); // the last word counts
}
END_TEST

START_TEST(a_length_that_changes_in_flight_gives_all)
{
    has("bar_s", 4, AGON_BAR_CHOICES);
    info.params[0].flags = AGON_PARAM_LIVE;
    ck_assert_uint_eq(plugin_info_bars(&info, NULL, 0), ALL);
}
END_TEST

START_TEST(a_default_that_is_no_length_gives_all)
{
    has("bar_s", 8, AGON_BAR_CHOICES);
    ck_assert_uint_eq(plugin_info_bars(&info, NULL, 0), ALL);
    info.params[0].def = -1;
    ck_assert_uint_eq(plugin_info_bars(&info, NULL, 0), ALL);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("agent_info");
    TCase *tcase = tcase_create("info");
    SRunner *runner;
    int n_failed;

    tcase_add_checked_fixture(tcase, begin, NULL);
    tcase_add_test(tcase, without_such_a_parameter_all_lengths_are_given);
    tcase_add_test(tcase, the_length_is_the_default_or_the_one_that_was_set);
    tcase_add_test(tcase, several_such_parameters_are_several_lengths);
    tcase_add_test(tcase, a_length_that_changes_in_flight_gives_all);
    tcase_add_test(tcase, a_default_that_is_no_length_gives_all);
    suite_add_tcase(suite, tcase);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    n_failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return n_failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
