// SPDX-License-Identifier: Apache-2.0
/* team: every item is done once, whoever does it, turn after turn. */
#include <stdatomic.h>
#include <stdlib.h>

#include "../../support/must.h"
#include "kernels/team.h"

#define ITEMS 1000

struct work {
    _Atomic uint32_t done[ITEMS];
    _Atomic uint32_t most_member;
};

static void do_items(void *ctx, uint32_t from, uint32_t to, uint32_t member)
{
    struct work *work = ctx;
    uint32_t most = atomic_load(&work->most_member);

    for (uint32_t i = from; i < to; i++)
        atomic_fetch_add(&work->done[i], 1);
    while (member > most && !atomic_compare_exchange_weak(&work->most_member, &most, member))
        ;
}

static const struct {
    uint32_t threads, items, grain;
} cases[] = {{1, ITEMS, 7},         {2, ITEMS, 1}, {8, ITEMS, 3}, {3, ITEMS, ITEMS},
             {4, ITEMS, 2 * ITEMS}, {4, 1, 1},     {4, 2, 1},     {16, 5, 2}};

START_TEST(every_item_is_done_once_a_turn)
{
    struct work work = {0};
    struct team *team = team_new(cases[_i].threads);

    ck_assert_ptr_nonnull(team);
    for (uint32_t turn = 1; turn <= 200; turn++) {
        team_run(team, cases[_i].items, cases[_i].grain, do_items, &work);
        for (uint32_t i = 0; i < ITEMS; i++)
            MUST_EQ(work.done[i], i < cases[_i].items ? turn : 0);
    }
    ck_assert_uint_lt(work.most_member, cases[_i].threads);
    team_free(team);
}
END_TEST

START_TEST(a_team_that_never_worked_ends)
{
    team_free(team_new(5));
    team_free(NULL);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("team");
    TCase *tcase = tcase_create("team");
    SRunner *runner;
    int failed;

    tcase_add_loop_test(tcase, every_item_is_done_once_a_turn, 0,
                        (int)(sizeof(cases) / sizeof(cases[0])));
    tcase_add_test(tcase, a_team_that_never_worked_ends);
    suite_add_tcase(suite, tcase);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
