// SPDX-License-Identifier: Apache-2.0
/* models: intervals, comparisons and drift against values that are known from elsewhere, and a
 * column that has the answer in it. */
#include <check.h>
#include <math.h>
#include <stdlib.h>

#include "base/rng.h"
#include "cli/model_drift.h"
#include "cli/model_eval.h"

#define ROWS 100u

static float x[2 * ROWS], y[ROWS];
static float one[ROWS][GOAL_ANSWERS], other[ROWS][GOAL_ANSWERS];
static uint8_t asked[ROWS];
static const struct goal up = {GOAL_UP, 0};
static const struct train_rows rows = {x, y, NULL, ROWS, 2};
static const char *const names[] = {"a", "b"};

/* Half of the rows are up; the first n_right of them all are answered rightly. */
static struct answers answers(float of[ROWS][GOAL_ANSWERS], uint32_t first, uint32_t n_right)
{
    for (uint32_t i = 0; i < ROWS; i++) {
        int is_right = i >= first && i < first + n_right;

        y[i] = (float)(i % 2);
        asked[i] = 1;
        of[i][0] = (is_right ? y[i] > 0 : y[i] <= 0) ? 0.75F : 0.25F;
        of[i][1] = 1 - of[i][0];
    }
    return (struct answers){of, asked, ROWS, ROWS};
}

START_TEST(intervals_are_wilsons)
{
    struct answers of = answers(one, 0, 60);
    struct judged judged;

    // 60 of 100: 0.5020 to 0.6906; 6 of 10: 0.3127 to 0.8318 (E. B. Wilson, 1927).
    model_judge(&up, &rows, &of, 0, ROWS, 0, &judged);
    ck_assert_uint_eq(judged.n, ROWS);
    ck_assert_double_eq_tol(judged.right, 0.6, 1e-12);
    ck_assert_double_eq_tol(judged.low, 0.5020, 5e-5);
    ck_assert_double_eq_tol(judged.high, 0.6906, 5e-5);
    ck_assert_double_eq_tol(judged.constant, 0.5, 1e-12);
    ck_assert(judged_is_better(&judged));
    model_judge(&up, &rows, &of, 0, ROWS, 10, &judged);
    ck_assert_double_eq_tol(judged.low, 0.3127, 5e-5);
    ck_assert_double_eq_tol(judged.high, 0.8318, 5e-5);
    ck_assert(!judged_is_better(&judged));
    ck_assert_double_eq_tol(judged.loss_constant, log(2), 1e-7);
    ck_assert_double_eq_tol(judged.loss, -(0.6 * log(0.75) + 0.4 * log(0.25)), 1e-7);
    asked[3] = 0;
    model_judge(&up, &rows, &of, 0, 10, 0, &judged);
    ck_assert_uint_eq(judged.n, 9);
}
END_TEST

START_TEST(two_are_compared_row_by_row)
{
    struct answers of_one = answers(one, 0, 60), of_other = answers(other, 10, 40);
    struct beside beside;
    double deviation;

    // Right alone in 20 rows, wrong alone in none: a mean of 0.2 with a deviation known by hand.
    model_judge_beside(&up, &rows, &of_one, &of_other, 0, &beside);
    deviation = sqrt((20.0 - ROWS * 0.2 * 0.2) / (ROWS - 1));
    ck_assert_uint_eq(beside.n, ROWS);
    ck_assert_double_eq_tol(beside.gain, 0.2, 1e-12);
    ck_assert_double_eq_tol(beside.low, 0.2 - 1.959964 * deviation / 10, 1e-9);
    ck_assert_double_eq_tol(beside.high, 0.2 + 1.959964 * deviation / 10, 1e-9);
    model_judge_beside(&up, &rows, &of_one, &of_other, 25, &beside);
    ck_assert_double_eq_tol(beside.low, 0.2 - 1.959964 * deviation / 2, 1e-9);
    model_judge_beside(&up, &rows, &of_other, &of_one, 0, &beside);
    ck_assert_double_lt(beside.high, 0);
    model_judge_beside(&up, &rows, &of_one, &of_one, 0, &beside);
    ck_assert(!(beside.low > 0));
}
END_TEST

START_TEST(goals_are_what_they_say)
{
    struct goal goal;
    char text[CHECKPOINT_VALUE];

    ck_assert_int_eq(goal_parse("direction:5", &goal), AGON_OK);
    goal_text(&goal, text);
    ck_assert_str_eq(text, "direction:5");
    ck_assert_uint_eq(goal_classes(&goal), 3);
    ck_assert_uint_eq(goal_class(&goal, 0.0006F), 0);
    ck_assert_uint_eq(goal_class(&goal, 0.0004F), 1);
    ck_assert_uint_eq(goal_class(&goal, -0.0006F), 2);
    ck_assert_int_eq(goal_parse("direction:", &goal), AGON_EINVAL);
    ck_assert_int_eq(goal_parse("direction:-1", &goal), AGON_EINVAL);
    ck_assert_int_eq(goal_parse("direction:nan", &goal), AGON_EINVAL);
    ck_assert_int_eq(goal_parse("down", &goal), AGON_EINVAL);
    y[7] = 0.5F;
    ck_assert_int_eq(goal_check(&up, &rows, NULL), AGON_EINVAL);
}
END_TEST

START_TEST(drift_is_its_formula)
{
    struct drift drift;
    struct error err = {0};
    json_t *quantiles;

    for (uint32_t i = 0; i < ROWS; i++) {
        x[2 * i] = (float)(i * 37 % ROWS);
        x[2 * i + 1] = i < 10 ? NAN : (float)i;
    }
    quantiles = drift_quantiles(&rows, names);
    ck_assert_ptr_nonnull(quantiles);
    ck_assert_int_eq(drift_of(quantiles, &rows, "a", 0, &drift, &err), AGON_OK);
    ck_assert(drift.is_known);
    ck_assert_double_eq_tol(drift.psi, 0, 1e-12);
    ck_assert_int_eq(drift_of(quantiles, &rows, "b", 1, &drift, &err), AGON_OK);
    ck_assert_double_eq_tol(drift.missing, 0.1, 1e-12);
    ck_assert_int_eq(drift_of(quantiles, &rows, "c", 1, &drift, &err), AGON_OK);
    ck_assert(!drift.is_known);
    // All beyond the last edge: shares of 1 and of nothing, where there were tenths.
    for (uint32_t i = 0; i < ROWS; i++)
        x[2 * i] = 1000;
    ck_assert_int_eq(drift_of(quantiles, &rows, "a", 0, &drift, &err), AGON_OK);
    ck_assert_double_eq_tol(drift.psi, 8.28, 0.3);
    ck_assert_double_gt(drift.psi, DRIFT_PSI);
    json_object_clear(json_object_get(quantiles, "a"));
    ck_assert_int_eq(drift_of(quantiles, &rows, "a", 0, &drift, &err), AGON_ECORRUPT);
    json_decref(quantiles);
}
END_TEST

START_TEST(a_column_with_the_answer_is_found)
{
    struct error err = {0};

    for (uint32_t i = 0; i < ROWS; i++) {
        y[i] = (float)(i % 2);
        x[2 * i] = (float)(i * 37 % ROWS);
        // Any order that follows the answer tells it, whatever its scale.
        x[2 * i + 1] = y[i] > 0 ? (float)exp(i / 10.0) : -(float)i;
    }
    ck_assert_int_eq(train_data_leak(&rows, names, 0, &err), AGON_EINVAL);
    ck_assert_ptr_nonnull(strstr(err.text, "column b has the answer in it"));
    for (uint32_t i = 0; i < ROWS; i += 4)
        x[2 * i + 1] = -x[2 * i + 1];
    ck_assert_int_eq(train_data_leak(&rows, names, 0, &err), AGON_OK);
}
END_TEST

/* What another row's target is, of which nothing is known yet, by a target that looks GAP rows
 * ahead; what is past at its row is nobody's answer, however much of it they share. */
START_TEST(the_target_of_another_row_is_a_leak)
{
    enum { N = 400, GAP = 15, BEHIND = 4 };
    static float inputs[2 * N], targets[N], walk[N + 2 * GAP + BEHIND];
    const struct train_rows all = {.x = inputs, .y = targets, .n_rows = N, .n_features = 2};
    static const char *const columns[] = {"a", "b"};
    struct rng rng;

    rng_init(&rng, 5);
    for (int i = 1; i < N + 2 * GAP + BEHIND; i++)
        walk[i] = walk[i - 1] + (float)rng_below(&rng, 1000) - 499.5f;
    for (int i = 0; i < N; i++)
        targets[i] = walk[i + 2 * GAP] - walk[i + GAP];
    for (int away = -GAP; away <= BEHIND; away++) {
        struct error err = {0};
        int rc;

        for (int i = 0; i < N; i++) {
            inputs[2 * i] = (float)(i * 37 % N);
            inputs[2 * i + 1] = walk[i + 2 * GAP + away] - walk[i + GAP + away];
        }
        rc = train_data_leak(&all, columns, GAP, &err);
        ck_assert_msg(rc == (away == -GAP ? AGON_OK : AGON_EINVAL), "%d: %d %s", away, rc,
                      err.text);
        ck_assert(away == -GAP || strstr(err.text, "column b") != NULL);
    }
}
END_TEST

START_TEST(where_a_column_has_no_value_is_looked_at)
{
    static float inputs[ROWS], targets[ROWS];
    const struct train_rows all = {.x = inputs, .y = targets, .n_rows = ROWS, .n_features = 1};
    static const char *const columns[] = {"b"};
    struct error err = {0};

    for (uint32_t i = 0; i < ROWS; i++) {
        targets[i] = (float)(i * 7 % 3 == 0);
        inputs[i] = targets[i] > 0 ? NAN : (float)(i * 37 % ROWS);
    }
    ck_assert_int_eq(train_data_leak(&all, columns, 0, &err), AGON_EINVAL);
    ck_assert_ptr_nonnull(strstr(err.text, "by where it has no value"));
}
END_TEST

/* The rounding of a constant is no correlation: one class alone is another mistake's. */
START_TEST(a_constant_is_no_leak)
{
    static float inputs[ROWS], targets[ROWS];
    const struct train_rows all = {.x = inputs, .y = targets, .n_rows = ROWS, .n_features = 1};
    static const char *const columns[] = {"b"};
    struct error err = {0};

    for (uint32_t i = 0; i < ROWS; i++) {
        targets[i] = 1;
        inputs[i] = 0.1f;
    }
    ck_assert_int_eq(train_data_leak(&all, columns, 0, &err), AGON_OK);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("models");
    TCase *tcase = tcase_create("models");
    SRunner *runner;
    int failed;

    tcase_add_test(tcase, intervals_are_wilsons);
    tcase_add_test(tcase, two_are_compared_row_by_row);
    tcase_add_test(tcase, goals_are_what_they_say);
    tcase_add_test(tcase, drift_is_its_formula);
    tcase_add_test(tcase, a_column_with_the_answer_is_found);
    tcase_add_test(tcase, the_target_of_another_row_is_a_leak);
    tcase_add_test(tcase, where_a_column_has_no_value_is_looked_at);
    tcase_add_test(tcase, a_constant_is_no_leak);
    suite_add_tcase(suite, tcase);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
