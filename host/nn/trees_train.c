// SPDX-License-Identifier: Apache-2.0
/* trees_train: rounds. */
#include <math.h>
#include <stdlib.h>

#include "base/fmath.h"
#include "kernels/lane.h"
#include "nn/trees_impl.h"

#define HESSIAN_MIN 1e-16f /* as XGBoost */
#define GRAIN       1024u  /* rows of a thread at a time */

_Static_assert(REAL_BITS == 32, "XGBoost's files are of floats");

struct trees_params trees_params_boosted(enum trees_objective objective)
{
    return (struct trees_params){.objective = objective,
                                 .rounds = 100,
                                 .parallel = 1,
                                 .max_depth = 6,
                                 .bins = 256,
                                 .eta = 0.3,
                                 .lambda = 1,
                                 .min_child_weight = 1,
                                 .subsample = 1,
                                 .colsample_tree = 1,
                                 .colsample_node = 1,
                                 .base_score = 0.5,
                                 .n_threads = 1};
}

struct trees_params trees_params_forest(enum trees_objective objective, uint32_t n_trees)
{
    struct trees_params params = trees_params_boosted(objective);

    params.rounds = 1;
    params.parallel = n_trees;
    params.max_depth = 8;
    params.eta = 1;
    params.lambda = 1e-5;
    params.subsample = 0.632;
    params.colsample_node = 0.5;
    return params;
}

/* Each parameter, what it may be, and what is wrong with one that is not. */
static int check_params(const struct trees_params *params, struct error *err)
{
    const struct {
        const char *name;
        double value, low, high;
        int is_open; /* low itself is not allowed */
    } all[] = {
        {"rounds", params->rounds, 1, TREES_MOST, 0},
        {"parallel", params->parallel, 1, TREES_MOST, 0},
        {"max_depth", params->max_depth, 1, TREES_DEPTH, 0},
        {"bins", params->bins, 2, TREES_BINS, 0},
        {"eta", params->eta, 0, 1, 1},
        {"lambda", params->lambda, 0, 1e9, 0},
        {"gamma", params->gamma, 0, 1e9, 0},
        {"min_child_weight", params->min_child_weight, 0, 1e9, 0},
        {"subsample", params->subsample, 0, 1, 1},
        {"colsample_tree", params->colsample_tree, 0, 1, 1},
        {"colsample_node", params->colsample_node, 0, 1, 1},
        {"base_score", params->base_score, params->objective == TREES_LOGISTIC ? 0 : -1e30,
         params->objective == TREES_LOGISTIC ? 1 : 1e30, params->objective == TREES_LOGISTIC},
        {"threads", params->n_threads, 1, TEAM_MOST, 0},
    };

    if (params->objective != TREES_LOGISTIC && params->objective != TREES_SQUARED)
        return error_set(err, AGON_EINVAL,
                         "objective: only logistic and squared can be trained; expected one of "
                         "them");
    for (uint32_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
        if (!(all[i].value >= all[i].low && all[i].value <= all[i].high) ||
            (all[i].is_open && all[i].value <= all[i].low))
            return error_set(err, AGON_EINVAL, "%s is %g; expected %s %g to %g", all[i].name,
                             all[i].value, all[i].is_open ? "above" : "from", all[i].low,
                             all[i].high);
    if (params->objective == TREES_LOGISTIC && params->base_score >= 1)
        return error_set(err, AGON_EINVAL,
                         "base_score is %g; expected a probability above 0 and below 1",
                         params->base_score);
    if ((uint64_t)params->rounds * params->parallel > TREES_MOST)
        return error_set(err, AGON_EINVAL, "%u rounds of %u trees; expected at most %u trees",
                         params->rounds, params->parallel, TREES_MOST);
    return AGON_OK;
}

static int check_row(const struct trees_data *data, const char *what, size_t row, int is_logistic,
                     struct error *err)
{
    float y = data->y[row];

    if (!isfinite(y) || (is_logistic && y != 0 && y != 1))
        return error_set(err, AGON_EINVAL,
                         "the target of row %zu of the %s data is %g; expected %s", row, what,
                         (double)y, is_logistic ? "0 or 1" : "a number");
    for (uint32_t i = 0; i < data->n_features; i++)
        if (isinf(data->x[row * data->n_features + i]))
            return error_set(err, AGON_EINVAL,
                             "feature %u of row %zu of the %s data is infinite; expected a number, "
                             "or NaN where it is missing",
                             i, row, what);
    return AGON_OK;
}

static int check_data(const struct trees_data *data, const char *what, int is_logistic,
                      struct error *err)
{
    int is_constant = 1;

    if (data->n_features < 1 || data->n_features > TREES_FEATURES)
        return error_set(err, AGON_EINVAL, "the %s data have %u features; expected 1 to %u", what,
                         data->n_features, TREES_FEATURES);
    if (data->n_rows < TREES_ROWS_MIN || data->n_rows > TREES_ROWS)
        return error_set(err, AGON_EINVAL, "the %s data have %u rows; expected %u to %u", what,
                         data->n_rows, TREES_ROWS_MIN, TREES_ROWS);
    for (size_t row = 0; row < data->n_rows; row++) {
        int rc = check_row(data, what, row, is_logistic, err);

        if (rc < 0)
            return rc;
        is_constant &= data->y[row] == data->y[0];
    }
    if (is_constant)
        return error_set(err, AGON_EINVAL,
                         "every target of the %s data is %g: nothing can be learnt of one class; "
                         "expected two values at least",
                         what, (double)data->y[0]);
    return AGON_OK;
}

double trees_loss(enum trees_objective objective, const float *margins, const float *y, uint32_t n)
{
    double sum = 0;

    for (uint32_t i = 0; i < n; i++) {
        double margin = (double)margins[i];
        double to = (double)y[i];

        if (objective == TREES_LOGISTIC) // log(1 + exp(m)) - y m, without an overflow
            sum +=
                fmath_log(1 + fmath_exp(-fabs(margin))) + (margin > 0 ? margin : 0) - to * margin;
        else
            sum += (margin - to) * (margin - to);
    }
    return sum / n;
}

/* What a training goes through. */
struct run {
    const struct trees_params *params;
    const struct trees_data *train, *valid;
    struct trees_bins bins;
    struct team *team;
    struct trees_grad *grads; /* [train's rows] */
    float *margins, *valid_margins;
    struct trees_grown *grown;
    /* Of the round whose trees are added. */
    const struct trees_data *data;
    float *to;
};

static void set_grads(void *ctx, uint32_t from, uint32_t to, uint32_t member)
{
    const struct run *run = ctx;

    (void)member;
    for (uint32_t i = from; i < to; i++) {
        float y = run->train->y[i];

        if (run->params->objective == TREES_LOGISTIC) {
            float p = lane_sigmoid(run->margins[i]);
            float h = p * (1 - p);

            run->grads[i] = (struct trees_grad){p - y, h > HESSIAN_MIN ? h : HESSIAN_MIN};
        } else {
            run->grads[i] = (struct trees_grad){run->margins[i] - y, 1};
        }
    }
}

/* The leaves of the newest round's trees, one after the other. */
static void add_leaves(void *ctx, uint32_t from, uint32_t to, uint32_t member)
{
    const struct run *run = ctx;
    const struct trees_grown *grown = run->grown;

    (void)member;
    for (uint32_t row = from; row < to; row++)
        for (uint32_t i = grown->n_trees - run->params->parallel; i < grown->n_trees; i++)
            run->to[row] +=
                grown_leaf(&grown->trees[i], run->data->x + (size_t)row * run->data->n_features);
}

static void add_round(struct run *run, const struct trees_data *data, float *margins)
{
    run->data = data;
    run->to = margins;
    team_run(run->team, data->n_rows, GRAIN, add_leaves, run);
}

static int grow_round(struct run *run, struct error *err)
{
    struct trees_grown *grown = run->grown;

    team_run(run->team, run->train->n_rows, GRAIN, set_grads, run);
    for (uint32_t i = 0; i < run->params->parallel; i++) {
        struct grown_tree *tree = &grown->trees[grown->n_trees];

        grown->n_trees++;
        if (trees_grow(run->params, &run->bins, run->grads, run->team, grown->n_trees - 1, tree) <
            0)
            return error_set(err, AGON_ENOMEM, "no memory for tree %u", grown->n_trees);
        grown->n_nodes += tree->n;
        if (grown->n_nodes > TREES_NODES)
            return error_set(err, AGON_EINVAL,
                             "tree %u is beyond %u nodes of all trees; expected fewer rounds or a "
                             "smaller max_depth",
                             grown->n_trees, TREES_NODES);
    }
    return AGON_OK;
}

static void forget_after(struct trees_grown *grown, uint32_t n_trees)
{
    while (grown->n_trees > n_trees)
        free(grown->trees[--grown->n_trees].nodes);
}

static int run_rounds(struct run *run, trees_round_fn on_round, void *ctx, struct error *err)
{
    const struct trees_params *params = run->params;
    double best = INFINITY;
    uint32_t best_round = 0;
    int is_ended = 0;

    for (uint32_t i = 1; i <= params->rounds && !is_ended; i++) {
        struct trees_round round = {.round = i, .valid = NAN};
        int rc = grow_round(run, err);

        if (rc < 0)
            return rc;
        add_round(run, run->train, run->margins);
        round.loss = trees_loss(params->objective, run->margins, run->train->y, run->train->n_rows);
        if (!isfinite(round.loss))
            return error_set(err, AGON_EINVAL,
                             "the loss of round %u is not finite; expected smaller targets", i);
        if (run->valid != NULL) {
            add_round(run, run->valid, run->valid_margins);
            round.valid = trees_loss(params->objective, run->valid_margins, run->valid->y,
                                     run->valid->n_rows);
            if (round.valid < best) {
                best = round.valid;
                best_round = i;
            }
        }
        is_ended = on_round != NULL && on_round(ctx, &round) != 0;
        is_ended |=
            run->valid != NULL && params->patience > 0 && i - best_round >= params->patience;
    }
    if (run->valid != NULL && params->patience > 0)
        forget_after(run->grown, (best_round > 0 ? best_round : 1) * params->parallel);
    return AGON_OK;
}

/* As the file has it: XGBoost reads no more than 9 digits. */
static double in_file(double base_score)
{
    char text[40];

    (void)snprintf(text, sizeof(text), "%.9g", base_score);
    return strtod(text, NULL);
}

static int init(struct run *run, struct error *err)
{
    const struct trees_params *params = run->params;
    size_t n_trees = (size_t)params->rounds * params->parallel;
    uint32_t n_valid = run->valid != NULL ? run->valid->n_rows : 0;
    double base_score = in_file(params->base_score);
    float base = trees_base(params->objective, base_score);

    run->grown = calloc(1, sizeof(*run->grown));
    if (run->grown != NULL)
        run->grown->trees = calloc(n_trees, sizeof(*run->grown->trees));
    run->team = team_new(params->n_threads);
    run->grads = calloc(run->train->n_rows, sizeof(*run->grads));
    run->margins = calloc(run->train->n_rows, sizeof(*run->margins));
    run->valid_margins = calloc((size_t)n_valid + 1, sizeof(*run->valid_margins));
    if (run->grown == NULL || run->grown->trees == NULL || run->team == NULL ||
        run->grads == NULL || run->margins == NULL || run->valid_margins == NULL ||
        trees_bins_init(&run->bins, run->train, params->bins, run->team, params->n_threads) < 0)
        return error_set(err, AGON_ENOMEM, "no memory, or no threads, for %u rows of %u features",
                         run->train->n_rows, run->train->n_features);
    run->grown->params = *params;
    run->grown->params.base_score = base_score;
    run->grown->n_features = run->train->n_features;
    for (uint32_t i = 0; i < run->train->n_rows; i++)
        run->margins[i] = base;
    for (uint32_t i = 0; i < n_valid; i++)
        run->valid_margins[i] = base;
    return AGON_OK;
}

int trees_train(const struct trees_params *params, const struct trees_data *train,
                const struct trees_data *valid, trees_round_fn on_round, void *ctx,
                struct trees_grown **grown, struct error *err)
{
    struct run run = {.params = params, .train = train, .valid = valid};
    int is_logistic = params->objective == TREES_LOGISTIC;
    int rc = check_params(params, err);

    *grown = NULL;
    if (rc >= 0)
        rc = check_data(train, "training", is_logistic, err);
    if (rc >= 0 && valid != NULL)
        rc = check_data(valid, "validation", is_logistic, err);
    if (rc >= 0 && valid != NULL && valid->n_features != train->n_features)
        rc = error_set(err, AGON_EINVAL,
                       "the validation data have %u features, and the training data %u; expected "
                       "the same",
                       valid->n_features, train->n_features);
    if (rc < 0)
        return rc;
    rc = init(&run, err);
    if (rc >= 0)
        rc = run_rounds(&run, on_round, ctx, err);
    trees_bins_deinit(&run.bins);
    team_free(run.team);
    free(run.grads);
    free(run.margins);
    free(run.valid_margins);
    if (rc < 0) {
        trees_grown_free(run.grown);
        return rc;
    }
    *grown = run.grown;
    return AGON_OK;
}

void trees_grown_free(struct trees_grown *grown)
{
    if (grown == NULL)
        return;
    forget_after(grown, 0);
    free(grown->trees);
    free(grown);
}

uint32_t trees_grown_rounds(const struct trees_grown *grown)
{
    return grown->n_trees / grown->params.parallel;
}
