// SPDX-License-Identifier: Apache-2.0
/* A rehearsal finds what only a running plugin shows (val-r02 to val-r36), and accuses no good one.
 */
#include <check.h>
#include <stdlib.h>

#include "agent/child_main.h"
#include "arena_world.h"

static const struct {
    const char *plugin;
    int check; /* enum rehearsal_check that finds it; -1: good */
    uint32_t verdict;
} planted[] = {
    {"mover", -1, 0},
    {"good", -1, 0},
    {"faulty", -1, 0}, // its faults are asleep
    {"mover_static", REHEARSE_REPEAT, REHEARSAL_ERROR},
    {"mover_hidden", REHEARSE_RESTORE, REHEARSAL_ERROR},
    {"mover_fp", REHEARSE_FP, REHEARSAL_ERROR},
    {"mover_index", REHEARSE_EXTREME, REHEARSAL_ERROR},
    {"mover_param", REHEARSE_PARAMS, REHEARSAL_ERROR},
    {"mover_gushes", REHEARSE_METERS, REHEARSAL_ERROR},
    {"mover_slow", REHEARSE_TIME, REHEARSAL_NOTE},
    {"mover_partial", REHEARSE_TRUNCATED, REHEARSAL_ERROR},
    {"mover_forgets", REHEARSE_SAVE, REHEARSAL_ERROR},
    {"candles", -1, 0},
    {"candles", REHEARSE_REPEAT, REHEARSAL_OK}, // with intents: else it is a note
    {"candles", REHEARSE_RESTORE, REHEARSAL_OK},
    {"candles_static", REHEARSE_REPEAT, REHEARSAL_ERROR},
    {"candles_hidden", REHEARSE_RESTORE, REHEARSAL_ERROR},
    {"candles_numbered", REHEARSE_REPEAT, REHEARSAL_ERROR},
    {"candles_behind", REHEARSE_REPEAT, REHEARSAL_OK},
    {"candles_idle", REHEARSE_REPEAT, REHEARSAL_NOTE},
    {"candles_idle", REHEARSE_RESTORE, REHEARSAL_NOTE},
};

START_TEST(a_planted_defect_is_found_by_its_check)
{
    struct rehearsal rehearsal;
    struct plugin_file file;
    struct error err = {0};

    ck_assert_int_ge(plugin_file_stage(&file, world_plugin(planted[_i].plugin), NULL, 0, &err), 0);
    ck_assert_msg(plugin_rehearse(&file, NULL, 0, 0, NULL, &rehearsal, &err) >= 0, "%s", err.text);
    plugin_file_drop(&file);
    if (planted[_i].check >= 0)
        ck_assert_msg(rehearsal.checks[planted[_i].check].verdict == planted[_i].verdict, "%s: %s",
                      planted[_i].plugin, rehearsal.checks[planted[_i].check].text);
    for (unsigned i = 0; planted[_i].check < 0 && i < REHEARSE_CHECKS; i++)
        ck_assert_msg(rehearsal.checks[i].verdict != REHEARSAL_ERROR, "%s: %s %s",
                      planted[_i].plugin, rehearsal_id(i), rehearsal.checks[i].text);
}
END_TEST

int main(int argc, char **argv)
{
    Suite *suite = suite_create("rehearse");
    TCase *tcase = tcase_create("rehearse");
    SRunner *runner = srunner_create(suite);
    int failed;

    if (argc > 1 && strcmp(argv[1], CHILD_COMMAND) == 0)
        return child_main(argc, argv);
    tcase_set_timeout(tcase, 100);
    tcase_add_loop_test(tcase, a_planted_defect_is_found_by_its_check, 0,
                        (int)(sizeof(planted) / sizeof(planted[0])));
    suite_add_tcase(suite, tcase);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
