// SPDX-License-Identifier: Apache-2.0
/* trees_train: a tree that was computed by hand, XGBoost's log-loss on the same rows, the same file
 * for any number of threads, a planted dependence that is found and shuffled labels that are not.
 *
 *   test_trees_train [DIR]   of train.rows as tests/data/trees/make.py writes it */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../support/must.h"
#include "base/crc.h"
#include "base/rng.h"
#include "nn/trees_gain.h"
#include "nn/trees_train.h"

#define N_FEATURES 5u /* of make.py */
#define MOST       8u /* features of any data here */
#define ROWS       6000u

static const char *folder;
static float x[ROWS * MOST], y[ROWS];
static struct trees_data data = {x, y, 0, 0};

static struct trees_grown *grown_of(const struct trees_params *params)
{
    struct trees_grown *grown;
    struct error err = {0};

    ck_assert_msg(trees_train(params, &data, NULL, NULL, NULL, &grown, &err) >= 0, "%s", err.text);
    return grown;
}

/* The file, freed by the caller. */
static char *text_of(const struct trees_grown *grown, const char *const *names, size_t *n)
{
    char *text = NULL;
    FILE *file = open_memstream(&text, n);
    struct error err = {0};

    ck_assert_ptr_nonnull(file);
    ck_assert_msg(trees_write(file, grown, names, 0, NULL, &err) >= 0, "%s", err.text);
    ck_assert_int_eq(fclose(file), 0);
    return text;
}

static struct trees *model_of(const struct trees_grown *grown)
{
    size_t n;
    char *text = text_of(grown, NULL, &n);
    struct trees *trees;
    struct error err = {0};

    ck_assert_msg(trees_read(text, n, &trees, &err) >= 0, "%s", err.text);
    free(text);
    return trees;
}

static struct trees *trained(const struct trees_params *params)
{
    struct trees_grown *grown = grown_of(params);
    struct trees *trees = model_of(grown);

    trees_grown_free(grown);
    return trees;
}

/* 10 rows of target 0, then 14 of 3; the last 4 of each without a value. */
static void two_steps(void)
{
    data.n_rows = 24;
    data.n_features = 1;
    for (uint32_t i = 0; i < 24; i++) {
        x[i] = (float)i;
        y[i] = i < 10 ? 0 : 3;
    }
}

static struct trees_params one_tree(void)
{
    struct trees_params params = trees_params_boosted(TREES_SQUARED);

    params.rounds = params.max_depth = 1;
    params.eta = 0.5;
    params.lambda = 2;
    params.base_score = 1;
    return params;
}

/* The gradient of a row is 1 - y, its second derivative 1: G is 10 on the left and -28 on the
 * right, H 10 and 14. A leaf is -eta G / (H + lambda), the gain
 * 10^2 / 12 + 28^2 / 16 - 18^2 / 26 = 44.8718. */
START_TEST(a_tree_by_hand)
{
    struct trees_params params = one_tree();
    struct trees *trees;
    char *text;
    size_t n;
    struct trees_grown *grown;

    two_steps();
    grown = grown_of(&params);
    text = text_of(grown, NULL, &n);
    ck_assert_msg(strstr(text, "\"loss_changes\":[44.8717") != NULL, "%s", text);
    ck_assert_msg(strstr(text, "\"sum_hessian\":[24E0,10E0,14E0]") != NULL, "%s", text);
    free(text);
    trees = model_of(grown);
    trees_grown_free(grown);
    ck_assert_uint_eq(trees->n_nodes, 3);
    ck_assert(trees->nodes[0].value == 9.5f);
    ck_assert(trees->nodes[1].value == (float)(-0.5 * 10 / 12));
    ck_assert(trees->nodes[2].value == (float)(0.5 * 28 / 16));
    trees_free(trees);

    params.gamma = 44.87;
    trees = trained(&params);
    ck_assert_uint_eq(trees->n_nodes, 3);
    trees_free(trees);
    params.gamma = 44.88;
    trees = trained(&params);
    ck_assert_uint_eq(trees->n_nodes, 1); // all in one leaf: -0.5 * -18 / 26
    ck_assert(trees->nodes[0].value == (float)(0.5 * 18 / 26));
    trees_free(trees);
    params.gamma = 0;
    params.parallel = 4; // each counts a fourth
    trees = trained(&params);
    ck_assert_uint_eq(trees->n_nodes, 12);
    ck_assert(trees->nodes[3 * 3 + 1].value == (float)(-0.5 * 10 / 12 / 4));
    trees_free(trees);
    params.parallel = 1;
    params.min_child_weight = 11; // the left side has 10: the split comes later
    trees = trained(&params);
    ck_assert(trees->nodes[0].value == 10.5f);
    trees_free(trees);
}
END_TEST

START_TEST(what_is_missing_goes_where_it_fits)
{
    struct trees_params params = one_tree();

    for (uint32_t turn = 0; turn < 3; turn++) {
        struct trees *trees;

        two_steps();
        for (uint32_t i = 6; i < 10; i++)
            x[i] = turn == 0 ? NAN : x[i];
        for (uint32_t i = 20; i < 24; i++)
            x[i] = turn == 1 ? NAN : x[i];
        if (turn == 2) // nothing but what is missing says which it is
            for (uint32_t i = 0; i < 24; i++)
                x[i] = i < 10 ? NAN : (float)(i % 3);
        trees = trained(&params);
        ck_assert_uint_eq(trees->n_nodes, 3);
        ck_assert(trees->nodes[0].feature == (turn == 1 ? 0 : TREES_MISSING_LEFT));
        ck_assert(trees->nodes[1].value == (float)(-0.5 * 10 / 12));
        trees_free(trees);
    }
    two_steps(); // where none is missing: to the side of more rows
    params.min_child_weight = 0;
    for (uint32_t turn = 0; turn < 2; turn++) {
        struct trees *trees;

        for (uint32_t i = 0; i < 24; i++)
            y[i] = i < (turn == 0 ? 10 : 14) ? 0 : 3;
        trees = trained(&params);
        ck_assert(trees->nodes[0].feature == (turn == 0 ? 0 : TREES_MISSING_LEFT));
        trees_free(trees);
    }
}
END_TEST

/* Returns of a series whose sign is, with a probability of 0.75, that of 5 steps before; features
 * are the last 8, some of them missing. */
static void lagged(uint64_t seed, uint32_t n)
{
    static double series[ROWS + MOST];
    struct rng rng;

    rng_init(&rng, seed);
    for (uint32_t i = 0; i < n + MOST; i++) {
        double size = 0.1 + rng_unit(&rng);
        int is_up =
            i < MOST ? rng_unit(&rng) < 0.5 : (rng_unit(&rng) < 0.75) == (series[i - 5] > 0);

        series[i] = is_up ? size : -size;
    }
    for (uint32_t i = 0; i < n; i++) {
        y[i] = series[i + MOST] > 0;
        for (uint32_t j = 0; j < MOST; j++)
            x[i * MOST + j] = j != 3 && rng_unit(&rng) < 0.02 ? NAN : (float)series[i + j];
    }
    data.n_rows = n;
    data.n_features = MOST;
}

/* Which features the nodes from `from` on ask, as bits. */
static uint32_t asked(const struct trees *trees, uint32_t from, uint32_t to)
{
    uint32_t features = 0;

    for (uint32_t i = from; i < to; i++)
        if (trees->nodes[i].left != 0)
            features |= 1u << (trees->nodes[i].feature & ~TREES_MISSING_LEFT);
    return features;
}

START_TEST(a_tree_sees_what_was_drawn_for_it)
{
    struct trees_params params = trees_params_boosted(TREES_SQUARED);
    struct trees_grown *grown;
    struct trees *trees;
    uint32_t all = 0;
    const char *at;
    char *text;
    size_t n;

    lagged(5, 2000);
    params.rounds = 12;
    params.max_depth = 4;
    params.colsample_tree = 0.25; // two of eight
    trees = trained(&params);
    for (uint32_t i = 0; i < 12; i++) {
        uint32_t end = i < 11 ? trees->roots[i + 1] : trees->n_nodes;
        uint32_t own = asked(trees, trees->roots[i], end);

        ck_assert_int_eq(__builtin_popcount(own), 2);
        all |= own;
    }
    trees_free(trees);
    ck_assert_int_ge(__builtin_popcount(all), 6);
    params.colsample_tree = 1;
    params.colsample_node = 0.125; // one of eight, at each node another
    trees = trained(&params);
    all = 0;
    for (uint32_t i = 0; i < 12; i++)
        all |= asked(trees, trees->roots[i], trees->roots[i] + 1);
    ck_assert_int_ge(__builtin_popcount(all), 4);
    ck_assert_int_ge(__builtin_popcount(asked(trees, 0, trees->roots[1])), 3);
    trees_free(trees);
    params.colsample_node = 1;
    params.subsample = 0.3; // a row weighs 1: the root's weight is how many there are
    params.rounds = 1;
    grown = grown_of(&params);
    text = text_of(grown, NULL, &n);
    at = strstr(text, "\"sum_hessian\":[");
    ck_assert_ptr_nonnull(at);
    ck_assert_msg(fabs(strtod(at + 15, NULL) - 600) < 4 * sqrt(2000 * 0.3 * 0.7), "%.30s", at);
    free(text);
    trees_grown_free(grown);
}
END_TEST

START_TEST(xgboosts_loss_on_the_same_rows)
{
    struct trees_params params = trees_params_boosted(TREES_LOGISTIC);
    static float theirs[ROWS];
    static float ours[ROWS];
    struct trees *trees;
    char path[512];
    FILE *file;
    double loss;
    double known;

    (void)snprintf(path, sizeof(path), "%s/train.rows", folder);
    file = fopen(path, "r");
    ck_assert_msg(file != NULL, "%s cannot be opened", path);
    data.n_rows = 0;
    data.n_features = N_FEATURES;
    for (float *at = x; fscanf(file, "%f %f %f %f %f", &at[0], &at[1], &at[2], &at[3], &at[4]) == 5;
         at += N_FEATURES, data.n_rows++)
        ck_assert_int_eq(fscanf(file, "%f %f", &y[data.n_rows], &theirs[data.n_rows]), 2);
    ck_assert_int_eq(fclose(file), 0);
    ck_assert_uint_eq(data.n_rows, 400);
    params.rounds = 20; // as TRAIN of make.py
    params.max_depth = 4;
    params.eta = 0.2;
    params.lambda = 1.5;
    params.gamma = 0.1;
    params.min_child_weight = 2;
    trees = trained(&params);
    for (uint32_t i = 0; i < data.n_rows; i++)
        trees_margin_f32(trees, x + (size_t)i * N_FEATURES, &ours[i]);
    trees_free(trees);
    loss = trees_loss(TREES_LOGISTIC, ours, y, data.n_rows);
    known = trees_loss(TREES_LOGISTIC, theirs, y, data.n_rows);
    printf("log-loss %.6f, of XGBoost %.6f\n", loss, known);
    ck_assert_msg(fabs(loss / known - 1) < 0.01, "log-loss %g, of XGBoost %g", loss, known);
}
END_TEST

static void shuffle(uint64_t seed)
{
    struct rng rng;

    rng_init(&rng, seed + 1000);
    for (uint32_t i = data.n_rows - 1; i > 0; i--) {
        uint32_t j = (uint32_t)(rng_unit(&rng) * (i + 1));
        float kept = y[i];

        y[i] = y[j];
        y[j] = kept;
    }
}

static struct trees_params for_lagged(int is_forest)
{
    struct trees_params params =
        is_forest ? trees_params_forest(TREES_LOGISTIC, 60) : trees_params_boosted(TREES_LOGISTIC);

    if (!is_forest) {
        params.rounds = 40;
        params.max_depth = 3;
        params.eta = 0.1;
        params.subsample = 0.8;
        params.colsample_tree = 0.8;
    }
    params.min_child_weight = 5;
    params.bins = 32;
    params.n_threads = 2;
    return params;
}

enum labels { AS_IT_IS = 0, SHUFFLED, OF_NOISE };
/* Share of the later half that is guessed, by a model of the earlier half. */
static double accuracy(uint64_t seed, int is_forest, enum labels labels)
{
    struct trees_params params = for_lagged(is_forest);
    uint32_t half = ROWS / 2;
    uint32_t n_right = 0;
    struct trees *trees;
    struct rng rng;

    lagged(seed, ROWS);
    params.seed = seed;
    data.n_rows = half;
    if (labels == SHUFFLED)
        shuffle(seed);
    if (labels == OF_NOISE) {
        rng_init(&rng, seed + 2000);
        for (uint32_t i = 0; i < ROWS; i++)
            y[i] = rng_unit(&rng) < 0.5;
    }
    trees = trained(&params);
    for (uint32_t i = half; i < ROWS; i++) {
        float margin;

        trees_margin_f32(trees, x + (size_t)i * MOST, &margin);
        n_right += (margin > 0) == (y[i] > 0);
    }
    trees_free(trees);
    return (double)n_right / (ROWS - half);
}

static int by_size(const void *a, const void *b)
{
    double left = *(const double *)a;
    double right = *(const double *)b;

    return (left > right) - (left < right);
}

/* Who knows the rule guesses 0.75, the best constant 0.5. */
#define FOUND(accuracy) ((accuracy)-0.5 >= 0.8 * 0.25)
#define EDGE(accuracy)  (100 * ((accuracy)-0.5) / 0.25)

START_TEST(a_planted_dependence_is_found_and_shuffled_labels_are_not)
{
    double found[10];
    double shuffled[10];
    double mean = 0;
    double square = 0;

    for (uint32_t seed = 0; seed < 10; seed++) {
        found[seed] = accuracy(seed + 1, _i, AS_IT_IS);
        shuffled[seed] = accuracy(seed + 1, _i, SHUFFLED);
        mean += shuffled[seed] / 10;
    }
    qsort(found, 10, sizeof(double), by_size);
    qsort(shuffled, 10, sizeof(double), by_size);
    printf("planted lag, %s: %.1f %% of the best possible edge (10 seeds, from %.1f to %.1f), on "
           "labels of others %.1f (from %.1f to %.1f)\n",
           _i ? "random forest" : "boosted trees", EDGE((found[4] + found[5]) / 2), EDGE(found[0]),
           EDGE(found[9]), EDGE((shuffled[4] + shuffled[5]) / 2), EDGE(shuffled[0]),
           EDGE(shuffled[9]));
    fflush(stdout);
    ck_assert(FOUND((found[4] + found[5]) / 2));
    ck_assert(!FOUND((shuffled[4] + shuffled[5]) / 2));
    // Student's t of 9 degrees of freedom is beyond 4.3 once in 500 times.
    for (uint32_t seed = 0; seed < 10; seed++)
        square += (shuffled[seed] - mean) * (shuffled[seed] - mean) / 9;
    ck_assert_msg(fabs(mean - 0.5) < 4.3 * sqrt(square / 10), "shuffled: %.4f", mean);
}
END_TEST

START_TEST(of_noise_nothing_is_learnt)
{
    double mean = 0;

    for (uint32_t seed = 1; seed <= 10; seed++)
        mean += accuracy(seed, _i, OF_NOISE) / 10;
    // 30,000 throws of a coin: their mean is within 4 of its own deviations.
    ck_assert_msg(fabs(mean - 0.5) < 4 * 0.5 / sqrt(10 * ROWS / 2.0), "noise: %.4f", mean);
}
END_TEST

START_TEST(any_number_of_threads_gives_the_same_file)
{
    static const uint32_t threads[] = {1, 2, 3, 8};
    static const uint32_t crcs[] = {0x6d9c4f76, 0x40fa7057};
    char *texts[4];
    size_t n[4];

    lagged(7, 3000);
    for (uint32_t i = 0; i < 4; i++) {
        struct trees_params params = for_lagged(_i);
        struct trees_grown *grown;

        params.rounds = _i ? 1 : 8;
        params.parallel = _i ? 8 : 2;
        params.colsample_node = 0.7;
        params.n_threads = threads[i];
        grown = grown_of(&params);
        texts[i] = text_of(grown, NULL, &n[i]);
        trees_grown_free(grown);
        ck_assert_uint_eq(n[i], n[0]);
        ck_assert_mem_eq(texts[i], texts[0], n[0]);
    }
    // And so has each compiler and processor: a change that moves a bit of it has to be meant.
    ck_assert_msg(crc32c(0, texts[0], n[0]) == crcs[_i], "its checksum is %#x",
                  crc32c(0, texts[0], n[0]));
    {
        struct trees_params params = for_lagged(_i);
        struct trees_grown *grown;
        size_t n_other;
        char *other;

        params.rounds = _i ? 1 : 8;
        params.parallel = _i ? 8 : 2;
        params.colsample_node = 0.7;
        params.seed = 1; // another draw, another file
        grown = grown_of(&params);
        other = text_of(grown, NULL, &n_other);
        trees_grown_free(grown);
        ck_assert(n_other != n[0] || memcmp(other, texts[0], n_other) != 0);
        free(other);
    }
    for (uint32_t i = 0; i < 4; i++)
        free(texts[i]);
}
END_TEST

struct seen {
    uint32_t n, end_at;
    double loss, valid, best_valid;
    uint32_t best;
};

static int on_round(void *ctx, const struct trees_round *round)
{
    struct seen *seen = ctx;

    MUST_EQ(round->round, seen->n + 1);
    seen->n = round->round;
    seen->loss = round->loss;
    seen->valid = round->valid;
    if (round->valid < seen->best_valid) {
        seen->best_valid = round->valid;
        seen->best = round->round;
    }
    return round->round == seen->end_at;
}

START_TEST(the_loss_that_is_reported_is_that_of_the_file)
{
    struct trees_params params = for_lagged(0);
    struct seen seen = {.best_valid = INFINITY, .end_at = 5};
    static float margins[ROWS];
    struct trees_grown *grown;
    struct error err = {0};
    struct trees *trees;

    lagged(3, 2000);
    params.base_score = 1.0 / 3; // which the file has in 9 digits
    ck_assert_int_ge(trees_train(&params, &data, NULL, on_round, &seen, &grown, &err), 0);
    ck_assert(seen.n == 5 && trees_grown_rounds(grown) == 5 && isnan(seen.valid));
    trees = model_of(grown);
    ck_assert_uint_eq(trees->n_trees, 5);
    for (uint32_t i = 0; i < data.n_rows; i++)
        trees_margin_f32(trees, x + (size_t)i * MOST, &margins[i]);
    ck_assert(trees_loss(TREES_LOGISTIC, margins, y, data.n_rows) == seen.loss);
    trees_free(trees);
    trees_grown_free(grown);
}
END_TEST

START_TEST(a_training_ends_where_the_other_rows_say_so)
{
    struct trees_params params = for_lagged(0);
    struct seen seen = {.best_valid = INFINITY};
    struct trees_data valid = {x + 1000 * MOST, y + 1000, 1000, MOST};
    struct trees_grown *grown;
    struct error err = {0};

    lagged(3, 2000);
    params.rounds = 1000;
    params.max_depth = 8;
    params.eta = 0.5;
    params.patience = 7;
    data.n_rows = 1000;
    ck_assert_int_ge(trees_train(&params, &data, &valid, on_round, &seen, &grown, &err), 0);
    ck_assert(seen.n == seen.best + 7 && seen.n < 200);
    ck_assert_uint_eq(trees_grown_rounds(grown), seen.best);
    trees_grown_free(grown);
}
END_TEST

START_TEST(names_stand_in_the_file)
{
    static const char *const names[MOST] = {"a \"b\"", "c\\d", "\xc3\xa4", "e", "f", "g", "h", "i"};
    static const char *const bad[MOST] = {"a", "\xff", "c", "d", "e", "f", "g", "h"};
    struct trees_params params = for_lagged(0);
    struct trees_grown *grown;
    struct error err = {0};
    struct trees *trees;
    size_t n;
    char *text;

    lagged(3, 500);
    params.rounds = 1;
    grown = grown_of(&params);
    text = text_of(grown, names, &n);
    ck_assert_ptr_nonnull(
        strstr(text, "\"feature_names\":[\"a \\\"b\\\"\",\"c\\\\d\",\"\xc3\xa4\""));
    ck_assert_int_ge(trees_read(text, n, &trees, &err), 0);
    trees_free(trees);
    ck_assert_int_eq(trees_write(stderr, grown, bad, 0, NULL, &err), AGON_EINVAL);
    ck_assert_ptr_nonnull(strstr(err.text, "the name of feature 1 is not UTF-8"));
    free(text);
    trees_grown_free(grown);
}
END_TEST

static void refused(const struct trees_params *params, const struct trees_data *valid,
                    const char *says)
{
    struct trees_grown *grown;
    struct error err = {0};

    ck_assert_int_eq(trees_train(params, &data, valid, NULL, NULL, &grown, &err), AGON_EINVAL);
    ck_assert_ptr_null(grown);
    ck_assert_msg(strstr(err.text, says) != NULL, "%s", err.text);
    ck_assert_msg(strstr(err.text, "expected") != NULL, "no way out: %s", err.text);
}

START_TEST(data_and_parameters_that_teach_nothing_are_refused)
{
    const struct trees_params good = for_lagged(0);
    struct trees_params params = good;
    struct trees_data valid = {x, y, 100, 3};

#define BAD_PARAM(key, value, says)                                                                \
    (params = good, params.key = (value), refused(&params, NULL, says))
    lagged(1, 200);
    BAD_PARAM(rounds, 0, "rounds is 0; expected from 1");
    BAD_PARAM(parallel, 70000, "parallel is 70000");
    BAD_PARAM(max_depth, 17, "max_depth is 17; expected from 1 to 16");
    BAD_PARAM(bins, 1, "bins is 1");
    BAD_PARAM(bins, 5000, "bins is 5000");
    BAD_PARAM(eta, 0, "eta is 0; expected above 0 to 1");
    BAD_PARAM(eta, (double)NAN, "eta is");
    BAD_PARAM(lambda, -1, "lambda is -1");
    BAD_PARAM(gamma, -1, "gamma is -1");
    BAD_PARAM(min_child_weight, -1, "min_child_weight is -1");
    BAD_PARAM(subsample, 1.5, "subsample is 1.5");
    BAD_PARAM(colsample_tree, 0, "colsample_tree is 0");
    BAD_PARAM(colsample_node, 2, "colsample_node is 2");
    BAD_PARAM(base_score, 0, "base_score is 0");
    BAD_PARAM(base_score, 1, "base_score is 1; expected a probability");
    BAD_PARAM(n_threads, 65, "threads is 65");
    BAD_PARAM(objective, TREES_SOFTPROB, "only logistic and squared");
    params = good;
    params.parallel = 65536;
    refused(&params, NULL, "40 rounds of 65536 trees");
    refused(&good, &valid, "the validation data have 3 features, and the training data 8");
    data.n_rows = 19;
    refused(&good, NULL, "the training data have 19 rows; expected 20");
    data.n_rows = 200;
    data.n_features = 5000;
    refused(&good, NULL, "5000 features; expected 1 to 4096");
    data.n_features = MOST;
    x[3 * MOST + 2] = -INFINITY;
    refused(&good, NULL, "feature 2 of row 3 of the training data is infinite");
    x[3 * MOST + 2] = 0;
    y[7] = 0.5f;
    refused(&good, NULL, "the target of row 7 of the training data is 0.5; expected 0 or 1");
    y[7] = NAN;
    refused(&good, NULL, "the target of row 7");
    for (uint32_t i = 0; i < 200; i++)
        y[i] = 1;
    refused(&good, NULL, "nothing can be learnt of one class");
}
END_TEST

/* Of two trees by hand: feature 1 at the root of one (5) and at that of the other (0.5), feature 0
 * below it (2.5); node 2 of the first is deleted, and its 99 count for nothing. */
#define GAINS(left, feature, loss)                                                                 \
    "{\"learner\":{\"gradient_booster\":{\"model\":{\"trees\":["                                   \
    "{\"left_children\":[" left                                                                    \
    "],\"right_children\":[3,-1,5,-1,5,-1],\"split_indices\":[" feature "]" loss "},"              \
    "{\"left_children\":[1,-1,-1],\"right_children\":[2,-1,-1],\"split_indices\":[1,0,0],"         \
    "\"loss_changes\":[5e-1,0,0]}]}},\"learner_model_param\":{\"num_feature\":\"3\"}}}"
#define LOSS ",\"loss_changes\":[5,0,99,0,2.5,0]"

START_TEST(gains_are_the_sums_of_a_features_splits)
{
    static const char text[] = GAINS("4,-1,1,-1,1,-1", "1,0,2,0,0,0", LOSS);
    static const struct {
        const char *text, *words;
        int rc;
    } bad[] = {
        {GAINS("4,-1,-1,-1,1,-1", "1,0,2,0,0,0", ""), "keep no gains", AGON_ENOENT},
        {GAINS("4,-1,-1,-1,4,-1", "1,0,2,0,0,0", LOSS), "left_children of node", AGON_EINVAL},
        {GAINS("4,-1,-1,-1,9,-1", "1,0,2,0,0,0", LOSS), "left_children of node 4", AGON_EINVAL},
        {GAINS("4,-1,-1,-1,1,-1", "3,0,2,0,0,0", LOSS), "split_indices of node 0", AGON_EINVAL},
        {GAINS("4,-1,-1,-1,1,-1", "-1,0,2,0,0,0", LOSS), "split_indices of node 0", AGON_EINVAL},
        {GAINS("4,-1,-1,-1,1,-1", "1,0,2,0,0,0", ",\"loss_changes\":[5,0,99,0,\"x\",0]"),
         "loss_changes of node 4", AGON_EINVAL},
        {GAINS("4,-1,-1,-1,1,-1", "1,0,2,0,0,0", ",\"loss_changes\":[5]"), "loss_changes of node 4",
         AGON_EINVAL},
        {"{}", "num_feature is not from 1 on", AGON_EINVAL},
        {"{", "line 1, column", AGON_EINVAL},
    };
    struct trees_gain *all;
    struct error err = {0};
    uint32_t n;

    ck_assert_msg(trees_gain(text, strlen(text), &all, &n, &err) >= 0, "%s", err.text);
    ck_assert_uint_eq(n, 3);
    ck_assert(all[0].total == 2.5 && all[0].n_splits == 1);
    ck_assert(all[1].total == 5.5 && all[1].n_splits == 2);
    ck_assert(all[2].total == 0 && all[2].n_splits == 0);
    free(all);
    for (uint32_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        ck_assert_int_eq(trees_gain(bad[i].text, strlen(bad[i].text), &all, &n, &err), bad[i].rc);
        ck_assert_ptr_null(all);
        ck_assert_msg(strstr(err.text, bad[i].words) != NULL, "%s", err.text);
    }
}
END_TEST

int main(int argc, char **argv)
{
    static char own[512];
    const char *root = getenv("AGON_SOURCE_ROOT");
    Suite *suite = suite_create("nn_trees_train");
    TCase *tcase = tcase_create("trees_train");
    TCase *learning = tcase_create("learning"); // ./agon soak learn has it too
    SRunner *runner = srunner_create(suite);
    int failed;

    (void)snprintf(own, sizeof(own), "%s/tests/data/trees", root != NULL ? root : ".");
    folder = argc > 1 ? argv[1] : own;
    tcase_set_timeout(tcase, 30);
    tcase_add_test(tcase, a_tree_by_hand);
    tcase_add_test(tcase, what_is_missing_goes_where_it_fits);
    tcase_add_test(tcase, a_tree_sees_what_was_drawn_for_it);
    tcase_add_test(tcase, xgboosts_loss_on_the_same_rows);
    tcase_set_timeout(learning, 30);
    tcase_add_loop_test(learning, a_planted_dependence_is_found_and_shuffled_labels_are_not, 0, 2);
    tcase_add_loop_test(learning, of_noise_nothing_is_learnt, 0, 2);
    tcase_add_loop_test(tcase, any_number_of_threads_gives_the_same_file, 0, 2);
    tcase_add_test(tcase, the_loss_that_is_reported_is_that_of_the_file);
    tcase_add_test(tcase, a_training_ends_where_the_other_rows_say_so);
    tcase_add_test(tcase, names_stand_in_the_file);
    tcase_add_test(tcase, data_and_parameters_that_teach_nothing_are_refused);
    tcase_add_test(tcase, gains_are_the_sums_of_a_features_splits);
    suite_add_tcase(suite, tcase);
    suite_add_tcase(suite, learning);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
