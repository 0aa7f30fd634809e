// SPDX-License-Identifier: Apache-2.0
/* learn: models on tasks whose best answer is known. A model passes that has at least 80 % of what
 * the best possible one is better by than the best constant guess, on data it has not seen, as the
 * median of some seeds; that guess, and the same model trained on the labels of others, do not. On
 * noise that it was trained on again and again no model is found better than a coin.
 *
 *     learn [SEEDS]      1 without: the short form
 *
 * All is drawn by the seed and computed to the same bits everywhere. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/rng.h"
#include "kernels/cpu.h"
#include "nn/train.h"

#define PASSES   0.8
#define NOTHING  0.1  /* what labels of others may come to */
#define INTERVAL 3.29 /* deviations: a coin is taken for better once in 2,000 */
#define LAG      9u
#define STRENGTH 0.35 /* of the dependence: up with 0.5 + STRENGTH */
#define SEEDS    100

enum task { ADDING = 0, PLANTED, NOISE };
enum labels { OWN = 0, SHUFFLED, CONSTANT /* nothing is trained: the best constant guess */ };

#define SUMS                                                                                       \
    {                                                                                              \
        .inputs = 2, .outputs = 1, .hidden = 24, .layers = 1                                       \
    }
#define CELLS                                                                                      \
    {                                                                                              \
        .inputs = 2, .outputs = 2, .hidden = 24, .layers = 1                                       \
    }
#define CONVOLUTIONS                                                                               \
    {                                                                                              \
        .inputs = 2, .outputs = 2, .hidden = 12, .layers = 3, .taps = 3                            \
    }
#define ATTENTION                                                                                  \
    {                                                                                              \
        .inputs = 2, .outputs = 2, .hidden = 12, .layers = 1, .heads = 2, .span = 16, .feed = 24   \
    }

static const struct learner {
    const char *name;
    enum task task;
    const char *arch;
    struct net_shape shape;
    uint32_t steps, batch; /* of a window */
    uint32_t trained;      /* batches */
    double rate;
} learners[] = {
    {"adding problem, LSTM", ADDING, "lstm/1", SUMS, 20, 32, 1500, 0.01},
    {"planted lag, TCN", PLANTED, "tcn/1", CONVOLUTIONS, 40, 16, 200, 0.01},
    {"planted lag, transformer", PLANTED, "transformer/1", ATTENTION, 40, 16, 300, 0.01},
    {"noise, LSTM", NOISE, "lstm/1", CELLS, 40, 16, 200, 0.01},
    {"noise, TCN", NOISE, "tcn/1", CONVOLUTIONS, 40, 16, 200, 0.01},
    {"noise, transformer", NOISE, "transformer/1", ATTENTION, 40, 16, 600, 0.01},
};
#define N_LEARNERS (sizeof(learners) / sizeof(learners[0]))
#define NOISE_SET  4u  /* batches that noise is learnt from, over and over */
#define TESTS      12u /* batches that are asked for afterwards */

struct batch {
    uint32_t steps, batch;
    int by_step;
    real *x, *target, *share;
};

static uint32_t row(const struct batch *batch, uint32_t t, uint32_t of)
{
    return batch->by_step ? t * batch->batch + of : of * batch->steps + t;
}

/* Series `of`: two of its values are marked, and its last answer is their sum. */
static void draw_adding(struct batch *batch, struct rng *x, struct rng *label, uint32_t of)
{
    uint32_t half = batch->steps / 2;
    uint32_t marks[] = {(uint32_t)rng_below(x, half), half + (uint32_t)rng_below(x, half)};
    double sum = 0;

    for (uint32_t t = 0; t < batch->steps; t++) {
        uint32_t at = row(batch, t, of);
        double value = rng_unit(x);
        int is_marked = t == marks[0] || t == marks[1];

        batch->x[2 * at] = (real)value;
        batch->x[2 * at + 1] = (real)is_marked;
        batch->target[at] = 0;
        batch->share[at] = 0;
        sum += is_marked ? value : 0;
    }
    if (label != NULL) // another's
        sum = rng_unit(label) + rng_unit(label);
    batch->target[row(batch, batch->steps - 1, of)] = (real)sum;
    batch->share[row(batch, batch->steps - 1, of)] = (real)(1.0 / batch->batch);
}

/* Each step of series `of` is up or down by what stood LAG steps before, or by nothing. */
static void draw_moves(struct batch *batch, struct rng *x, struct rng *label, uint32_t of)
{
    for (uint32_t t = 0; t < batch->steps; t++) {
        uint32_t at = row(batch, t, of);
        double strength = 0;
        int is_up;

        batch->x[2 * at] = (real)rng_normal(x);
        batch->x[2 * at + 1] = (real)rng_normal(x);
        if (t >= LAG && label == NULL)
            strength = batch->x[2 * row(batch, t - LAG, of)] > 0 ? STRENGTH : -STRENGTH;
        is_up = rng_unit(label != NULL ? label : x) < 0.5 + strength;
        batch->target[2 * at] = (real)is_up;
        batch->target[2 * at + 1] = (real)!is_up;
        for (uint32_t i = 0; i < 2; i++)
            batch->share[2 * at + i] =
                t < LAG ? 0 : (real)(1.0 / ((double)(batch->steps - LAG) * batch->batch));
    }
}

static void draw(struct batch *batch, enum task task, enum labels labels, uint64_t seed,
                 uint64_t nth)
{
    for (uint32_t of = 0; of < batch->batch; of++) {
        struct rng x;
        struct rng label;
        int is_other = task == NOISE || labels == SHUFFLED;

        rng_init(&x, rng_at(seed, nth, of, 1, 0));
        rng_init(&label, rng_at(seed, nth, of, 2, 0));
        if (task == ADDING)
            draw_adding(batch, &x, is_other ? &label : NULL, of);
        else
            draw_moves(batch, &x, is_other ? &label : NULL, of);
    }
}

/* Sums over the batches that are asked for. */
struct score {
    double n, square, right;         /* of the model */
    double sum, squares, n_up, best; /* of the labels, and of who knows the rule */
};

static void add_score(const struct learner *learner, const struct batch *batch, const real *y,
                      struct score *score)
{
    for (uint32_t of = 0; of < batch->batch; of++)
        for (uint32_t t = 0; t < batch->steps; t++) {
            uint32_t at = row(batch, t, of);

            if (learner->task == ADDING && batch->share[at] > 0) {
                double target = (double)batch->target[at];

                score->n++;
                score->square += ((double)y[at] - target) * ((double)y[at] - target);
                score->sum += target;
                score->squares += target * target;
            } else if (learner->task != ADDING && t >= LAG) {
                int is_up = batch->target[2 * at] > 0;

                score->n++;
                score->right += (y[2 * at] > y[2 * at + 1]) == is_up;
                score->n_up += is_up;
                score->best += (batch->x[2 * row(batch, t - LAG, of)] > 0) == is_up;
            }
        }
}

/* What a model is better by than the best constant guess, as a share of what the best one is. */
static double edge_of(const struct learner *learner, const struct score *score)
{
    double constant;

    if (learner->task == ADDING) {
        constant = score->squares - score->sum * score->sum / score->n;
        return (constant - score->square) / constant;
    }
    constant = fmax(score->n_up, score->n - score->n_up);
    return (score->right - constant) / (score->best - constant);
}

static struct score test(const struct learner *learner, struct train *train, struct batch *batch,
                         real *y, uint64_t seed, uint64_t first, uint32_t n)
{
    struct score score = {0};

    for (uint64_t i = 0; i < n; i++) {
        draw(batch, learner->task, OWN, seed, first + i);
        train_forward(train, batch->x);
        train->device->read(train->device, y, train->y, train->n_y * sizeof(real));
        add_score(learner, batch, y, &score);
    }
    return score;
}

/* The same of the best guess that looks at nothing: the mean, or what is more frequent, of batches
 * before those that are asked for. */
static struct score guessed(const struct learner *learner, struct batch *batch, real *y,
                            uint64_t seed)
{
    struct score before = {0};
    struct score score = {0};
    size_t rows = (size_t)batch->steps * batch->batch;

    for (uint64_t i = 0; i < TESTS; i++) {
        draw(batch, learner->task, OWN, seed, i);
        add_score(learner, batch, y, &before);
    }
    for (size_t i = 0; i < rows; i++) {
        if (learner->task == ADDING)
            y[i] = (real)(before.sum / before.n);
        else
            y[2 * i + (before.n_up * 2 < before.n)] = 1;
    }
    for (uint64_t i = 0; i < TESTS; i++) {
        draw(batch, learner->task, OWN, seed, 1000000 + i);
        add_score(learner, batch, y, &score);
    }
    return score;
}

/* Trains it, and asks it about what it has not seen; `seen`: about what it was trained on. */
static struct score trained(struct device *device, const struct learner *learner,
                            enum labels labels, const struct net *net, struct batch *batch, real *y,
                            uint64_t seed, struct score *seen)
{
    struct train train;
    struct score score;

    REQUIRE(train_init(device, net, learner->steps, learner->batch,
                       learner->task == ADDING ? TRAIN_SQUARE : TRAIN_CLASSES, learner->rate, seed,
                       &train) >= 0);
    for (uint32_t i = 0; i < learner->trained; i++) {
        if (i == learner->trained * 3 / 4)
            train.adam.rate /= 10;
        draw(batch, learner->task, labels, seed, learner->task == NOISE ? i % NOISE_SET : i);
        train_step(&train, batch->x, batch->target, batch->share);
    }
    if (seen != NULL)
        *seen = test(learner, &train, batch, y, seed, 0, NOISE_SET);
    score = test(learner, &train, batch, y, seed, 1000000, TESTS);
    train_deinit(&train);
    return score;
}

static struct score learnt(const struct learner *learner, enum labels labels, uint64_t seed,
                           struct score *seen)
{
    struct device *device = cpu_device_new(CPU_BEST, 1);
    struct net_shape shape = learner->shape;
    size_t rows = (size_t)learner->steps * learner->batch;
    struct batch batch = {.steps = learner->steps, .batch = learner->batch};
    struct score score;
    struct net net;
    real *y = calloc(rows * shape.outputs, sizeof(real));

    batch.x = calloc(rows * (shape.inputs + 2 * shape.outputs), sizeof(real));
    shape.arch = net_arch_find(learner->arch);
    REQUIRE(device != NULL && batch.x != NULL && y != NULL && shape.arch != NULL &&
            net_init(&shape, &net, NULL) >= 0);
    batch.target = batch.x + rows * shape.inputs;
    batch.share = batch.target + rows * shape.outputs;
    batch.by_step = net_is_by_step(&net);
    if (labels == CONSTANT)
        score = guessed(learner, &batch, y, seed);
    else
        score = trained(device, learner, labels, &net, &batch, y, seed, seen);
    free(batch.x);
    free(y);
    device->free(device);
    return score;
}

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a;
    double y = *(const double *)b;

    return (x > y) - (x < y);
}

static double median(double *values, uint32_t n)
{
    qsort(values, n, sizeof(*values), by_size);
    return n % 2 == 1 ? values[n / 2] : (values[n / 2 - 1] + values[n / 2]) / 2;
}

/* Whether a report would say that it is better than a coin, and by how much at the lowest. */
static int claims(const struct score *score, double *low)
{
    double share = score->right / score->n;

    *low = share - INTERVAL * sqrt(share * (1 - share) / score->n);
    return *low > 0.5;
}

static int judge_task(const struct learner *learner, uint32_t n_seeds)
{
    double own[SEEDS];
    double shuffled[SEEDS];
    double constant[SEEDS];
    uint32_t n_claims = 0;
    double low;
    int is_good;

    for (uint32_t i = 0; i < n_seeds; i++) {
        struct score score = learnt(learner, OWN, i + 1, NULL);

        own[i] = edge_of(learner, &score);
        n_claims += learner->task == ADDING || (uint32_t)claims(&score, &low);
        score = learnt(learner, SHUFFLED, i + 1, NULL);
        shuffled[i] = edge_of(learner, &score);
        score = learnt(learner, CONSTANT, i + 1, NULL);
        constant[i] = edge_of(learner, &score);
    }
    is_good = median(own, n_seeds) >= PASSES && median(shuffled, n_seeds) < NOTHING &&
              median(constant, n_seeds) < PASSES && n_claims == n_seeds;
    printf("%s %s: %.1f %% of the best possible edge (%u seeds, from %.1f to %.1f), on labels of "
           "others %.1f, of a constant guess %.1f\n",
           is_good ? "ok  " : "FAIL", learner->name, 100 * median(own, n_seeds), n_seeds,
           100 * own[0], 100 * own[n_seeds - 1], 100 * median(shuffled, n_seeds),
           100 * median(constant, n_seeds));
    return is_good;
}

static int judge_noise(const struct learner *learner, uint32_t n_seeds)
{
    double right[SEEDS];
    double known[SEEDS];
    uint32_t n_claims = 0;
    double most = 0;
    int is_good;

    for (uint32_t i = 0; i < n_seeds; i++) {
        struct score seen;
        struct score score = learnt(learner, OWN, i + 1, &seen);
        double low;

        n_claims += (uint32_t)claims(&score, &low);
        most = fmax(most, low);
        right[i] = score.right / score.n;
        known[i] = seen.right / seen.n;
    }
    // One that did not learn what it was shown would prove nothing.
    is_good = n_claims == 0 && median(known, n_seeds) > 0.55;
    printf("%s %s: right in %.1f %% of what it has not seen (%u seeds), at the lowest %.1f %%, a "
           "coin in 50 %%; of what it was "
           "trained on in %.1f %%\n",
           is_good ? "ok  " : "FAIL", learner->name, 100 * median(right, n_seeds), n_seeds,
           100 * most, 100 * median(known, n_seeds));
    return is_good;
}

int main(int argc, char **argv)
{
    uint32_t n_seeds = argc > 1 ? (uint32_t)atoi(argv[1]) : 1;
    int is_good = 1;

    if (n_seeds < 1 || n_seeds > SEEDS) {
        fprintf(stderr, "learn: SEEDS is from 1 to %d\n", SEEDS);
        return 2;
    }
    for (uint32_t i = 0; i < N_LEARNERS; i++) {
        is_good &= learners[i].task == NOISE ? judge_noise(&learners[i], n_seeds)
                                             : judge_task(&learners[i], n_seeds);
        fflush(stdout);
    }
    return is_good ? 0 : 1;
}
