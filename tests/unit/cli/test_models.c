// SPDX-License-Identifier: Apache-2.0
/* models: intervals, comparisons and drift against values that are known from elsewhere, and a
 * column that has the answer in it. */
#include <check.h>
#include <math.h>
#include <stdlib.h>

#include "base/rng.h"
#include "cli/model_drift.h"
#include "cli/model_eval.h"
#include "cli/train_leak.h"

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
    // 97.5 % of Student's t with 99 and with 3 degrees of freedom: 1.98422 and 3.182 (any table).
    ck_assert_double_eq_tol(beside.low, 0.2 - 1.98422 * deviation / 10, 1e-5);
    ck_assert_double_eq_tol(beside.high, 0.2 + 1.98422 * deviation / 10, 1e-5);
    model_judge_beside(&up, &rows, &of_one, &of_other, 25, &beside);
    ck_assert_double_eq_tol(beside.low, 0.2 - 3.182 * deviation / 2, 1e-3 * deviation);
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
    ck_assert_int_eq(train_leak_check(&rows, names, 0, &err), AGON_EINVAL);
    ck_assert_ptr_nonnull(strstr(err.text, "column b has the answer in it"));
    for (uint32_t i = 0; i < ROWS; i += 4)
        x[2 * i + 1] = -x[2 * i + 1];
    ck_assert_int_eq(train_leak_check(&rows, names, 0, &err), AGON_OK);
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
        rc = train_leak_check(&all, columns, GAP, &err);
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
    ck_assert_int_eq(train_leak_check(&all, columns, 0, &err), AGON_EINVAL);
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
    ck_assert_int_eq(train_leak_check(&all, columns, 0, &err), AGON_OK);
}
END_TEST

/* --- columns that nearly have the answer --- */

#define MANY 4000u
#define WIDE 8u
static float many_x[MANY * WIDE], many_y[MANY];
static const char *const many_names[WIDE] = {"a", "b", "c", "d", "e", "f", "g", "h"};

static struct train_rows many(uint32_t n, uint32_t n_features)
{
    return (struct train_rows){.x = many_x, .y = many_y, .n_rows = n, .n_features = n_features};
}

static uint32_t strong_of(const struct train_rows *of, uint32_t gap, struct train_strongs *strongs)
{
    struct error err = {0};

    ck_assert_int_eq(train_leak_strong(of, gap, strongs, &err), AGON_OK);
    return strongs->n;
}

/* b is the answer where a coin of `flipped` does not turn it, a says nothing. */
static void nearly(double flipped)
{
    struct rng rng;

    rng_init(&rng, 7);
    for (uint32_t i = 0; i < MANY; i++) {
        int is_up = rng_unit(&rng) < 0.5;

        many_y[i] = (float)is_up;
        many_x[2 * i] = (float)rng_normal(&rng);
        many_x[2 * i + 1] = (float)(rng_unit(&rng) < flipped ? !is_up : is_up);
    }
}

START_TEST(an_answer_with_flipped_signs_is_named)
{
    struct train_rows of = many(MANY, 2);
    struct train_strongs strongs;
    char text[48];

    nearly(0.3);
    ck_assert_uint_eq(strong_of(&of, 0, &strongs), 1);
    ck_assert_uint_eq(strongs.at[0].column, 1);
    ck_assert_uint_eq(strongs.at[0].n, 2000);
    ck_assert_double_eq_tol(strongs.at[0].right, 0.7, 0.03);
    ck_assert_double_gt(strongs.at[0].low, 0.65);
    ck_assert_double_eq_tol(strongs.at[0].constant, 0.5, 0.03);
    train_leak_card(&strongs, many_names, text, sizeof(text));
    ck_assert_double_eq_tol(strtod(text + 2, NULL), 100 * strongs.at[0].right, 0.0051);
    ck_assert(text[0] == 'b' && text[strlen(text) - 1] == '%');
    // The other way round, and with some of it missing.
    for (uint32_t i = 0; i < MANY; i++)
        many_x[2 * i + 1] = i % 9 == 0 ? NAN : -many_x[2 * i + 1];
    ck_assert_uint_eq(strong_of(&of, 0, &strongs), 1);
    // By where it has no value; by a value in the middle.
    nearly(0.3);
    for (uint32_t i = 0; i < MANY; i++)
        many_x[2 * i + 1] = many_x[2 * i + 1] > 0 ? NAN : (float)i;
    ck_assert_uint_eq(strong_of(&of, 0, &strongs), 1);
    nearly(0.3);
    for (uint32_t i = 0; i < MANY; i++)
        many_x[2 * i + 1] = many_x[2 * i + 1] > 0 ? 0 : i % 2 == 0 ? 1 : -1;
    ck_assert_uint_eq(strong_of(&of, 0, &strongs), 1);
    nearly(0.45);
    ck_assert_uint_eq(strong_of(&of, 0, &strongs), 0);
    nearly(0.5);
    ck_assert_uint_eq(strong_of(&of, 0, &strongs), 0);
    // Targets that overlap count as one: too few are left.
    nearly(0.3);
    ck_assert_uint_eq(strong_of(&of, 60, &strongs), 0);
    of = many(90, 2);
    ck_assert_uint_eq(strong_of(&of, 0, &strongs), 0);
}
END_TEST

START_TEST(the_strongest_columns_are_kept)
{
    struct train_rows of = many(MANY, WIDE);
    struct train_strongs strongs;
    struct rng rng;
    char text[48];

    rng_init(&rng, 9);
    for (uint32_t i = 0; i < MANY; i++) {
        many_y[i] = rng_unit(&rng) < 0.5 ? 0.01F : -0.01F;
        for (uint32_t j = 0; j < WIDE; j++) // the later the less noise
            many_x[i * WIDE + j] = many_y[i] + 0.04F / (float)(j + 1) * (float)rng_normal(&rng);
    }
    ck_assert_uint_ge(strong_of(&of, 0, &strongs), 5);
    ck_assert_uint_lt(strongs.n, WIDE);
    for (uint32_t i = 0; i < strongs.n; i++)
        ck_assert_uint_eq(strongs.at[i].column, WIDE - 1 - i);
    train_leak_card(&strongs, many_names, text, sizeof(text));
    ck_assert_ptr_nonnull(strstr(text, "h 9"));
    ck_assert_ptr_nonnull(strstr(text, " more"));
}
END_TEST

/* The tasks of ./agon soak learn as tables: a rule that is right in 0.75, of the value of 5 rows
 * before, which each row has beside others (nn_trees_train); one of 0.85 of 9 rows before, which a
 * net has to remember (learn.c). And a market that goes on as it went, by the known return. */
START_TEST(what_is_past_is_not_called_strong)
{
    static float series[MANY + WIDE], moves[MANY + 2];
    struct train_rows of = many(MANY, WIDE);
    struct train_strongs strongs;
    struct rng rng;

    rng_init(&rng, 5);
    for (uint32_t i = 0; i < MANY + WIDE; i++) {
        double size = 0.1 + rng_unit(&rng);
        int is_up =
            i < WIDE ? rng_unit(&rng) < 0.5 : (rng_unit(&rng) < 0.75) == (series[i - 5] > 0);

        series[i] = (float)(is_up ? size : -size);
    }
    for (uint32_t i = 0; i < MANY; i++) {
        many_y[i] = series[i + WIDE] > 0;
        for (uint32_t j = 0; j < WIDE; j++)
            many_x[i * WIDE + j] = j != 3 && rng_unit(&rng) < 0.02 ? NAN : series[i + j];
    }
    ck_assert_uint_eq(strong_of(&of, 0, &strongs), 0);
    // Alone too: it is the target of five rows before.
    for (uint32_t i = 0; i < MANY; i++)
        many_x[i] = series[i + 3];
    of = many(MANY, 1);
    ck_assert_uint_eq(strong_of(&of, 0, &strongs), 0);
    // A rule of a value that no target shows: the columns beside it do, and alone nothing does.
    of = many(MANY, WIDE);
    for (uint32_t i = 0; i < MANY + WIDE; i++)
        series[i] = (float)rng_normal(&rng);
    for (uint32_t i = 0; i < MANY; i++) {
        many_y[i] = (float)((rng_unit(&rng) < 0.75) == (series[i + 3] > 0));
        memcpy(&many_x[i * WIDE], &series[i], WIDE * sizeof(*series));
    }
    ck_assert_uint_eq(strong_of(&of, 0, &strongs), 0);
    for (uint32_t i = 0; i < MANY; i++)
        many_x[i] = series[i + 3];
    of = many(MANY, 1);
    ck_assert_uint_eq(strong_of(&of, 0, &strongs), 1);

    of = many(MANY, 2);
    for (uint32_t i = 0; i < MANY; i++) {
        many_x[2 * i] = (float)rng_normal(&rng);
        many_x[2 * i + 1] = (float)rng_normal(&rng);
        many_y[i] = rng_unit(&rng) < (i < 9 ? 0.5 : many_x[2 * (i - 9)] > 0 ? 0.85 : 0.15);
    }
    ck_assert_uint_eq(strong_of(&of, 0, &strongs), 0);

    for (uint32_t i = 0; i < MANY + 2; i++)
        moves[i] = (i > 0 ? 0.7F * moves[i - 1] : 0) + (float)rng_normal(&rng);
    of = many(MANY, 1);
    for (uint32_t i = 0; i < MANY; i++) {
        many_x[i] = moves[i];
        many_y[i] = moves[i + 1];
    }
    ck_assert_uint_eq(strong_of(&of, 1, &strongs), 0);
    for (uint32_t i = 0; i < MANY; i++) // what it is known by is taken away
        many_x[i] = moves[i] + (float)rng_normal(&rng) * 0.5F;
    ck_assert_uint_eq(strong_of(&of, 1, &strongs), 1);
}
END_TEST

/* Two columns that know how the day ends, all day long: neither is excused by the other. */
START_TEST(what_stays_as_it_is_excuses_nothing)
{
    struct train_rows of = many(MANY, 2);
    struct train_strongs strongs;
    struct rng rng;
    int day;

    rng_init(&rng, 11);
    for (uint32_t i = 0; i < MANY; i++) {
        day = (int)(i / 100 % 2);
        many_y[i] = (float)(rng_unit(&rng) < 0.2 ? !day : day);
        many_x[2 * i] = (float)day;
        many_x[2 * i + 1] = (float)(2 * day - 1);
    }
    ck_assert_uint_eq(strong_of(&of, 1, &strongs), 2);
    for (uint32_t i = 0; i < MANY; i++)
        many_x[2 * i + 1] = many_x[2 * i];
    ck_assert_uint_eq(strong_of(&of, 1, &strongs), 2);
}
END_TEST

/* How much a market will move is known well; how it moves is what a leak is held against. */
START_TEST(a_target_of_one_sign_is_not_judged)
{
    struct train_rows of = many(MANY, 1);
    struct train_strongs strongs;
    struct error err = {0};
    struct rng rng;

    rng_init(&rng, 13);
    for (uint32_t i = 0; i < MANY; i++) {
        many_y[i] = (float)exp(rng_normal(&rng));
        many_x[i] = many_y[i] + (float)rng_normal(&rng);
    }
    ck_assert_uint_eq(strong_of(&of, 0, &strongs), 0);
    ck_assert_int_eq(train_leak_check(&of, many_names, 0, &err), AGON_OK);
    // A return whose sign is turned now and then has its size.
    for (uint32_t i = 0; i < MANY; i++) {
        many_y[i] = (float)rng_normal(&rng);
        many_x[i] = rng_unit(&rng) < 0.3 ? -many_y[i] : many_y[i];
    }
    ck_assert_int_eq(train_leak_check(&of, many_names, 0, &err), AGON_EINVAL);
    ck_assert_ptr_nonnull(strstr(err.text, "column a has the size of the answer in it"));
    for (uint32_t i = 0; i < MANY; i++)
        many_x[i] += (float)rng_normal(&rng) * 0.5F;
    ck_assert_int_eq(train_leak_check(&of, many_names, 0, &err), AGON_OK);
    ck_assert_uint_eq(strong_of(&of, 0, &strongs), 1);
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
    tcase_add_test(tcase, an_answer_with_flipped_signs_is_named);
    tcase_add_test(tcase, the_strongest_columns_are_kept);
    tcase_add_test(tcase, what_is_past_is_not_called_strong);
    tcase_add_test(tcase, what_stays_as_it_is_excuses_nothing);
    tcase_add_test(tcase, a_target_of_one_sign_is_not_judged);
    suite_add_tcase(suite, tcase);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
