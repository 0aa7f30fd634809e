// SPDX-License-Identifier: Apache-2.0
#include "cli/train_ppo.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <agon/feature.h>

#include "base/hash.h"
#include "base/rng.h"
#include "cli/train_ppo_impl.h"
#include "kernels/cpu.h"
#include "score/figures.h"

#define TRAIN_FIRST ((uint64_t)1 << 40)        /* seeds of training: from there to twice that */
#define BAR_NS      ((int64_t)60 * 1000000000) /* no plugin asks more often */

/* Streams of draws. */
enum draw { DRAW_ACTION = 1, DRAW_ORDER, DRAW_EPISODE, DRAW_SHUFFLE };

int train_ppo_inputs(const struct crew_slot *slot, struct train_ppo_inputs *inputs,
                     struct error *err)
{
    struct agon_features set;
    const char *list = "return.1";

    for (uint32_t i = 0; i < slot->n_params; i++)
        if (strcmp(slot->params[i].name, "features") == 0)
            list = slot->params[i].text;
    if (agon_features_init(&set, list, NULL) < 0)
        return error_set(err, AGON_EINVAL,
                         "features: \"%.100s\" has one that there is not; expected those of agon "
                         "features ls",
                         list);
    inputs->n = set.n + 1;
    for (uint32_t i = 0; i < set.n; i++)
        agon_feature_text(&set.all[i], inputs->texts[i]);
    (void)snprintf(inputs->texts[set.n], AGON_FEATURE_TEXT, "position");
    for (uint32_t i = 0; i < inputs->n; i++)
        inputs->names[i] = inputs->texts[i];
    return AGON_OK;
}

/* --- memory --- */

static void *room(size_t n, size_t of, int *is_full)
{
    void *at = calloc(n > 0 ? n : 1, of);

    *is_full |= at == NULL;
    return at;
}

static int take_room(struct training *training, struct error *err)
{
    const struct train_ppo_settings *settings = training->settings;
    size_t n = settings->environments;
    size_t rows = n * settings->steps;
    uint32_t inputs = training->net.shape.inputs;
    int is_full = 0;

    training->answers_most = (uint32_t)(settings->episode_ns / BAR_NS) + 1;
    training->actions = room(n * training->answers_most, sizeof(real), &is_full);
    training->mean = room(inputs, sizeof(real), &is_full);
    training->scale = room(inputs, sizeof(real), &is_full);
    training->best = room(training->net.n_weights, sizeof(real), &is_full);
    training->weights = room(training->net.n_weights, sizeof(real), &is_full);
    training->x = room(rows * inputs, sizeof(real), &is_full);
    training->taken = room(rows, sizeof(uint32_t), &is_full);
    training->log_p = room(rows, sizeof(double), &is_full);
    training->rewards = room(rows, sizeof(double), &is_full);
    training->values = room(rows + n, sizeof(double), &is_full);
    training->advantages = room(rows, sizeof(double), &is_full);
    training->returns = room(rows, sizeof(double), &is_full);
    training->ends = room(rows, 1, &is_full);
    training->now = room(n * inputs, sizeof(real), &is_full);
    training->y = room(n * training->net.shape.outputs, sizeof(real), &is_full);
    return is_full ? error_set(err, AGON_ENOMEM, "no memory for a training of %zu rows", rows)
                   : AGON_OK;
}

static void release(struct training *training)
{
    envs_free(training->envs);
    envs_free(training->judges);
    if (training->device != NULL) {
        ppo_deinit(&training->ppo);
        net_tape_deinit(&training->tape);
        training->device->free(training->device);
    }
    free(training->actions);
    free(training->mean);
    free(training->scale);
    free(training->best);
    free(training->weights);
    free(training->x);
    free(training->taken);
    free(training->log_p);
    free(training->rewards);
    free(training->values);
    free(training->advantages);
    free(training->returns);
    free(training->ends);
    free(training->now);
    free(training->y);
}

/* --- deciding --- */

static uint64_t seed_of(const struct training *training, uint32_t env, uint64_t episode)
{
    return TRAIN_FIRST + (rng_at(training->settings->seed, DRAW_EPISODE, env, episode, 0) >> 24);
}

static double unit_of(uint64_t draw)
{
    return (double)(draw >> 11) * 0x1p-53;
}

/* What an env asks, as the net sees it: as served.c does. */
static int look(struct training *training, uint32_t row, const struct envs_turn *turn,
                struct error *err)
{
    uint32_t n = training->net.shape.inputs;

    if (turn->n_x != n || turn->n_y != training->net.shape.outputs)
        return error_set(err, AGON_EINVAL,
                         "the plugin asks with %u inputs; expected %u, as its model has", turn->n_x,
                         n);
    for (uint32_t i = 0; i < n; i++)
        training->now[row * n + i] = (turn->x[i] - training->mean[i]) * training->scale[i];
    return AGON_OK;
}

static void think(struct training *training)
{
    struct device *device = training->device;
    size_t n = training->settings->environments;
    size_t n_x = n * training->net.shape.inputs * sizeof(real);

    // The tape's rows are those of the envs; the first rows of x and y have room for them.
    device->write(device, training->ppo.x, training->now, n_x);
    net_forward(&training->tape, training->ppo.weights, training->ppo.x, training->ppo.y);
    device->read(device, training->y, training->ppo.y,
                 n * training->net.shape.outputs * sizeof(real));
}

/* As the model would say it: the action's answer is the largest. */
static void answer(struct envs *envs, uint32_t i, uint32_t action)
{
    float y[ENVS_VALUES] = {0};

    y[action] = 1;
    envs_answer(envs, i, y);
}

static double units(const struct training *training, agon_amt_t amt)
{
    return (double)amt / (double)training->capital_amt * 1e4 / training->settings->unit_bps;
}

/* --- what is seen --- */

/* The next episode of an env begins, and asks. */
static int begin_episode(struct training *training, uint32_t i, struct error *err)
{
    struct train_ppo_env *env = &training->all[i];
    struct envs_turn turn;
    int rc;

    env->n = 0;
    memset(training->actions + (size_t)i * training->answers_most, 0,
           training->answers_most * sizeof(real));
    envs_begin(training->envs, i, seed_of(training, i, env->episode));
    rc = envs_wait(training->envs, i, &turn, err);
    if (rc >= 0 && turn.state != ENVS_ASKS)
        rc = error_set(err, AGON_EINVAL,
                       "an episode ended before the plugin asked its model; expected a longer one");
    if (rc >= 0)
        rc = look(training, i, &turn, err);
    env->equity_amt = turn.equity_amt;
    return rc;
}

/* What became of the action of step t: the reward, and what is asked next. */
static int see(struct training *training, uint32_t i, uint32_t t, struct error *err)
{
    struct train_ppo_env *env = &training->all[i];
    uint32_t at = i * training->settings->steps + t;
    struct envs_turn turn;
    int rc = envs_wait(training->envs, i, &turn, err);

    if (rc < 0)
        return rc;
    training->rewards[at] = units(training, turn.equity_amt - env->equity_amt);
    training->ends[at] = turn.state == ENVS_ENDED;
    env->equity_amt = turn.equity_amt;
    if (turn.state == ENVS_ASKS)
        return look(training, i, &turn, err);
    env->episode++;
    return begin_episode(training, i, err);
}

static int decide(struct training *training, uint32_t t, struct error *err)
{
    const struct train_ppo_settings *settings = training->settings;
    uint32_t inputs = training->net.shape.inputs;
    uint32_t n = training->job->n_actions;
    int rc = AGON_OK;

    think(training);
    for (uint32_t i = 0; i < settings->environments && rc >= 0; i++) {
        struct train_ppo_env *env = &training->all[i];
        uint32_t at = i * settings->steps + t;
        const real *y = training->y + (size_t)i * training->net.shape.outputs;
        double p[PPO_ACTIONS];
        double log_p[PPO_ACTIONS];
        uint64_t draw = rng_at(settings->seed, DRAW_ACTION,
                               (uint64_t)training->update * settings->steps + t, i, 0);

        if (env->n == training->answers_most)
            return error_set(err, AGON_EINVAL,
                             "the plugin asks more often than once a minute; expected no more");
        ppo_chances(y, n, p, log_p);
        memcpy(training->x + (size_t)at * inputs, training->now + (size_t)i * inputs,
               inputs * sizeof(real));
        training->taken[at] = ppo_draw(p, n, unit_of(draw));
        training->log_p[at] = log_p[training->taken[at]];
        training->values[i * (settings->steps + 1) + t] = (double)y[n];
        training->actions[(size_t)i * training->answers_most + env->n++] =
            (real)training->taken[at];
        answer(training->envs, i, training->taken[at]);
    }
    // All of them run at once until here.
    for (uint32_t i = 0; i < settings->environments && rc >= 0; i++)
        rc = see(training, i, t, err);
    return rc;
}

static int roll(struct training *training, struct error *err)
{
    const struct train_ppo_settings *settings = training->settings;
    int rc = AGON_OK;

    for (uint32_t t = 0; t < settings->steps && rc >= 0; t++)
        rc = decide(training, t, err);
    if (rc < 0)
        return rc;
    think(training);
    for (uint32_t i = 0; i < settings->environments; i++)
        training->values[i * (settings->steps + 1) + settings->steps] =
            (double)training->y[(size_t)i * training->net.shape.outputs + training->job->n_actions];
    return AGON_OK;
}

/* Features as they come are small or large; the policy's own position is neither. */
static void measure(struct training *training)
{
    uint32_t rows = training->settings->environments * training->settings->steps;
    uint32_t n = training->net.shape.inputs;

    for (uint32_t k = 0; k + 1 < n; k++) {
        double mean = 0;
        double square = 0;

        for (uint32_t i = 0; i < rows; i++)
            mean += (double)training->x[(size_t)i * n + k] / rows;
        for (uint32_t i = 0; i < rows; i++)
            square += ((double)training->x[(size_t)i * n + k] - mean) *
                      ((double)training->x[(size_t)i * n + k] - mean) / rows;
        training->mean[k] = (real)mean;
        training->scale[k] = (real)(square > 0 ? 1 / sqrt(square) : 1);
    }
    // What was seen and what is asked now, as the net sees it from here on.
    for (uint32_t i = 0; i < training->settings->environments; i++)
        for (uint32_t k = 0; k < n; k++)
            training->now[i * n + k] =
                (training->now[i * n + k] - training->mean[k]) * training->scale[k];
}

/* --- learning --- */

static void shuffle(uint32_t *order, uint32_t n, uint64_t seed)
{
    struct rng rng;

    rng_init(&rng, seed);
    for (uint32_t i = n; i > 1; i--) {
        uint32_t k = (uint32_t)rng_below(&rng, i);
        uint32_t kept = order[i - 1];

        order[i - 1] = order[k];
        order[k] = kept;
    }
}

/* Each step gets another's reward. */
static void deal_out(struct training *training, uint32_t *order, double *kept)
{
    uint32_t rows = training->settings->environments * training->settings->steps;

    for (uint32_t i = 0; i < rows; i++)
        order[i] = i;
    shuffle(order, rows, rng_at(training->settings->seed, DRAW_SHUFFLE, training->update, 0, 0));
    memcpy(kept, training->rewards, rows * sizeof(*kept));
    for (uint32_t i = 0; i < rows; i++)
        training->rewards[i] = kept[order[i]];
}

struct parts { /* of a pass; owned */
    uint32_t *order, *actions;
    real *x;
    double *log_p, *advantages, *returns, *kept;
};

static int open_parts(const struct training *training, struct parts *parts, struct error *err)
{
    size_t rows = (size_t)training->settings->environments * training->settings->steps;
    int is_full = 0;

    *parts = (struct parts){
        .order = room(rows, sizeof(uint32_t), &is_full),
        .actions = room(training->ppo.rows, sizeof(uint32_t), &is_full),
        .x = room((size_t)training->ppo.rows * training->net.shape.inputs, sizeof(real), &is_full),
        .log_p = room(training->ppo.rows, sizeof(double), &is_full),
        .advantages = room(training->ppo.rows, sizeof(double), &is_full),
        .returns = room(training->ppo.rows, sizeof(double), &is_full),
        .kept = room(rows, sizeof(double), &is_full)};
    return is_full ? error_set(err, AGON_ENOMEM, "no memory for a pass") : AGON_OK;
}

static void close_parts(struct parts *parts)
{
    free(parts->order);
    free(parts->actions);
    free(parts->x);
    free(parts->log_p);
    free(parts->advantages);
    free(parts->returns);
    free(parts->kept);
}

static void step_on(struct training *training, struct parts *parts, const uint32_t *order,
                    struct ppo_said *said)
{
    uint32_t n = training->net.shape.inputs;
    struct ppo_batch batch = {.x = parts->x,
                              .actions = parts->actions,
                              .log_p = parts->log_p,
                              .advantages = parts->advantages,
                              .returns = parts->returns};

    for (uint32_t i = 0; i < training->ppo.rows; i++) {
        uint32_t at = order[i];

        memcpy(parts->x + (size_t)i * n, training->x + (size_t)at * n, n * sizeof(real));
        parts->actions[i] = training->taken[at];
        parts->log_p[i] = training->log_p[at];
        parts->advantages[i] = training->advantages[at];
        parts->returns[i] = training->returns[at];
    }
    ppo_step(&training->ppo, &batch, said);
}

static void learn(struct training *training, struct parts *parts,
                  struct train_ppo_progress *progress)
{
    const struct train_ppo_settings *settings = training->settings;
    uint32_t rows = settings->environments * settings->steps;
    double left = 1 - (double)training->update / settings->updates;

    for (uint32_t i = 0; i < rows; i++)
        progress->reward += training->rewards[i] / rows;
    if (settings->is_shuffled)
        deal_out(training, parts->order, parts->kept);
    for (uint32_t i = 0; i < settings->environments; i++) {
        uint32_t at = i * settings->steps;

        ppo_gae(training->rewards + at, training->values + i * (settings->steps + 1),
                training->ends + at, settings->steps, settings->gamma, settings->lambda,
                training->advantages + at, training->returns + at);
    }
    training->ppo.adam.rate = settings->rate * (settings->is_rate_kept ? 1 : left);
    for (uint32_t epoch = 0; epoch < settings->epochs; epoch++) {
        for (uint32_t i = 0; i < rows; i++)
            parts->order[i] = i;
        shuffle(parts->order, rows, rng_at(settings->seed, DRAW_ORDER, training->update, epoch, 0));
        for (uint32_t part = 0; part < settings->minibatches; part++) {
            struct ppo_said said;

            step_on(training, parts, parts->order + (size_t)part * training->ppo.rows, &said);
            progress->entropy = said.entropy;
            progress->divergence = said.divergence;
            progress->clipped = said.clipped;
            progress->square = said.square;
        }
    }
}

/* --- judging --- */

static uint32_t best_of(const real *y, uint32_t n)
{
    uint32_t best = 0;

    for (uint32_t i = 1; i < n; i++)
        best = y[i] > y[best] ? i : best; // as the plugin chooses
    return best;
}

/* One market of each, with the policy's best actions, beside each other: so many of them as there
 * are runs. mean: of a step, units. */
static int judge_some(struct training *training, uint64_t first, uint32_t n,
                      struct train_ppo_judged *judged, struct error *err)
{
    uint32_t running = n;
    uint8_t is_over[ENVS_MAX] = {0};
    int rc = AGON_OK;

    for (uint32_t i = 0; i < n; i++)
        envs_begin(training->judges, i, first + i);
    while (running > 0 && rc >= 0) {
        for (uint32_t i = 0; i < n && rc >= 0; i++) {
            struct envs_turn turn;

            if (is_over[i])
                continue;
            rc = envs_wait(training->judges, i, &turn, err);
            if (rc >= 0 && turn.state == ENVS_ASKS)
                rc = look(training, i, &turn, err);
            if (rc < 0 || turn.state == ENVS_ASKS)
                continue;
            is_over[i] = 1;
            running--;
            judged[i] = (struct train_ppo_judged){.seed = first + i,
                                                  .n_asked = turn.n_asked,
                                                  .n_intents = turn.n_intents,
                                                  .n_fills = turn.n_fills,
                                                  .won_amt = turn.equity_amt - turn.capital_amt};
            memcpy(judged[i].intents, turn.intents, HASH_SIZE);
            memcpy(judged[i].engine, turn.engine, HASH_SIZE);
        }
        if (running == 0 || rc < 0)
            break;
        think(training);
        for (uint32_t i = 0; i < n; i++)
            if (!is_over[i])
                answer(training->judges, i,
                       best_of(training->y + (size_t)i * training->net.shape.outputs,
                               training->job->n_actions));
    }
    return rc;
}

static double earned(const struct training *training, const struct train_ppo_judged *judged)
{
    return judged->n_asked > 0 ? units(training, judged->won_amt) / (double)judged->n_asked : 0;
}

static int judge(struct training *training, uint64_t first, uint32_t n,
                 struct train_ppo_judged *judged, double *mean, double *half, struct error *err)
{
    // What is asked in training waits meanwhile where it stands.
    size_t bytes =
        (size_t)training->settings->environments * training->net.shape.inputs * sizeof(real);
    real *kept = malloc(bytes);
    double square = 0;
    int rc = kept != NULL ? AGON_OK : error_set(err, AGON_ENOMEM, "no memory to judge");

    if (kept != NULL)
        memcpy(kept, training->now, bytes);
    for (uint32_t i = 0; i < n && rc >= 0; i += training->settings->environments) {
        uint32_t some =
            training->settings->environments < n - i ? training->settings->environments : n - i;

        rc = judge_some(training, first + i, some, judged + i, err);
    }
    if (kept != NULL)
        memcpy(training->now, kept, bytes);
    free(kept);
    if (rc < 0)
        return rc;
    *mean = 0;
    for (uint32_t i = 0; i < n; i++)
        *mean += earned(training, &judged[i]) / n;
    for (uint32_t i = 0; i < n; i++)
        square += (earned(training, &judged[i]) - *mean) * (earned(training, &judged[i]) - *mean);
    if (half != NULL)
        *half = n > 1 ? figures_student(n - 1) * sqrt(square / (n - 1) / n) : 0;
    return AGON_OK;
}

static int validate(struct training *training, struct train_ppo_progress *progress,
                    struct error *err)
{
    const struct train_ppo_settings *settings = training->settings;
    double mean;
    int rc = judge(training, TRAIN_PPO_VALIDATION, settings->validation, training->result->judged,
                   &mean, NULL, err);

    if (rc < 0)
        return rc;
    progress->is_validated = 1;
    progress->validation = mean;
    training->since++;
    if (training->best_update > 0 && mean <= training->best_validation)
        return AGON_OK;
    training->since = 0;
    training->best_validation = mean;
    training->best_update = training->update;
    training->device->read(training->device, training->best, training->ppo.weights,
                           training->net.n_weights * sizeof(real));
    return training->device->wait(training->device, err);
}

/* --- the training --- */

static int is_patient(const struct training *training)
{
    return training->settings->patience == 0 || training->since < training->settings->patience;
}

static int update(struct training *training, struct parts *parts, struct error *err)
{
    const struct train_ppo_settings *settings = training->settings;
    struct train_ppo_progress progress = {.updates = settings->updates};
    int rc = roll(training, err);

    if (rc < 0)
        return rc;
    learn(training, parts, &progress);
    training->update++;
    progress.update = training->update;
    if (training->update % settings->validation_every == 0 || training->update == settings->updates)
        rc = validate(training, &progress, err);
    if (rc >= 0 && training->job->progress != NULL)
        training->job->progress(training->job->ctx, &progress);
    if (rc >= 0 && training->job->checkpoint != NULL &&
        (training->update % settings->checkpoint_every == 0 ||
         training->update == settings->updates || !is_patient(training)))
        rc = train_ppo_checkpoint(training, err);
    return rc;
}

static void answer_again(void *ctx, uint32_t i, uint64_t k, float *y)
{
    const struct training *training = ctx;

    y[(uint32_t)training->actions[(size_t)i * training->answers_most + k]] = 1;
}

/* Each run where the checkpoint has it, and what it asks there. */
static int go_on(struct training *training, struct envs_snapshot *all, struct error *err)
{
    struct envs_turn turns[ENVS_MAX] = {0};
    uint32_t n = training->settings->environments;
    int rc;

    for (uint32_t i = 0; i < n; i++) {
        all[i].seed = seed_of(training, i, training->all[i].episode);
        all[i].n = training->all[i].n;
    }
    rc = envs_resume(training->envs, all, answer_again, training, turns, err);
    for (uint32_t i = 0; i < n && rc >= 0; i++) {
        rc = look(training, i, &turns[i], err);
        training->all[i].equity_amt = turns[i].equity_amt;
    }
    return rc;
}

/* Where the checkpoint was; else from nothing, and what is seen first says how features stand. */
static int start(struct training *training, struct error *err)
{
    const struct train_ppo_settings *settings = training->settings;
    struct envs_snapshot snapshots[ENVS_MAX];
    int rc = AGON_ENOENT;

    for (uint32_t k = 0; k < training->net.shape.inputs; k++)
        training->scale[k] = 1;
    if (training->job->is_resumed && training->job->checkpoint != NULL)
        rc = train_ppo_restore(training, snapshots, err);
    if (rc < 0 && rc != AGON_ENOENT)
        return rc;
    if (rc == AGON_ENOENT) {
        rc = AGON_OK;
        for (uint32_t i = 0; i < settings->environments && rc >= 0; i++)
            rc = begin_episode(training, i, err);
        if (rc >= 0)
            rc = roll(training, err);
        if (rc >= 0)
            measure(training);
        return rc;
    }
    return go_on(training, snapshots, err);
}

static int conclude(struct training *training, const char *part, struct error *err)
{
    struct train_ppo_result *result = training->result;
    const struct train_ppo_settings *settings = training->settings;
    struct sha256 sha;
    char bytes[65536];
    double half = 0;
    size_t n;
    FILE *file;
    int rc;

    training->device->write(training->device, training->ppo.weights, training->best,
                            training->net.n_weights * sizeof(real));
    rc = train_ppo_write(training, part, training->best, err);
    if (rc >= 0)
        rc = judge(training, settings->judged_first, settings->judged, result->judged,
                   &result->mean, &half, err);
    if (rc < 0)
        return rc;
    result->low = result->mean - half;
    result->high = result->mean + half;
    result->n_judged = settings->judged;
    result->updates = training->update;
    result->is_stopped = !is_patient(training);
    result->n_steps = (uint64_t)training->update * settings->environments * settings->steps;
    result->validation = training->best_validation;
    result->best_update = training->best_update;
    sha256_init(&sha);
    file = fopen(part, "rb");
    while (file != NULL && (n = fread(bytes, 1, sizeof(bytes), file)) > 0)
        sha256_update(&sha, bytes, n);
    sha256_final(&sha, result->sha256);
    if (file == NULL || ferror(file) != 0)
        rc = error_set(err, AGON_EIO, "%.512s cannot be read", part);
    if (file != NULL)
        (void)fclose(file);
    if (rc >= 0 && rename(part, training->job->out) != 0)
        rc = error_set(err, AGON_EIO, "%.512s cannot be written", training->job->out);
    return rc;
}

static int lay_out(struct training *training, struct error *err)
{
    const struct train_ppo_settings *settings = training->settings;
    const struct ppo_rules rules = {.rate = settings->rate,
                                    .clip = settings->clip,
                                    .value_share = settings->value_share,
                                    .entropy_share = settings->entropy_share,
                                    .norm_most = settings->norm_most};
    uint32_t rows = settings->environments * settings->steps / settings->minibatches;
    int rc;

    // Decisions have the minibatch's memory, which must have a row for each.
    if (rows < settings->environments)
        return error_set(err, AGON_EINVAL,
                         "minibatches of %u rows; expected %u or more, one for each environment",
                         rows, settings->environments);
    training->device = cpu_device_new(CPU_BEST, training->job->n_threads);
    if (training->device == NULL)
        return error_set(err, AGON_ENOMEM, "no memory for a device");
    rc = ppo_init(training->device, &training->net, rows, &rules, settings->seed, &training->ppo);
    if (rc >= 0)
        rc = net_tape_init(training->device, &training->net, 1, settings->environments,
                           &training->tape);
    return rc < 0 ? error_set(err, rc, "no memory for a policy") : AGON_OK;
}

/* The file that plugins open while it is learnt: of its shape, and never asked. */
static int write_first(struct training *training, const char *part, struct error *err)
{
    net_draw(&training->net, training->settings->seed, training->weights);
    for (uint32_t k = 0; k < training->net.shape.inputs; k++)
        training->scale[k] = 1;
    return train_ppo_write(training, part, training->weights, err);
}

static int run(struct training *training, const char *part, struct error *err)
{
    struct envs_config envs = {.backtest = training->job->backtest,
                               .n = training->settings->environments};
    struct parts parts = {0};
    int rc = take_room(training, err);

    if (rc >= 0)
        rc = write_first(training, part, err);
    if (rc >= 0)
        rc = envs_new(&training->envs, &envs, err); // before there are threads
    if (rc >= 0)
        rc = envs_new(&training->judges, &envs, err);
    if (rc >= 0)
        rc = lay_out(training, err);
    if (rc >= 0)
        rc = open_parts(training, &parts, err);
    if (rc >= 0)
        rc = start(training, err);
    while (rc >= 0 && training->update < training->settings->updates && is_patient(training))
        rc = update(training, &parts, err);
    if (rc >= 0)
        rc = conclude(training, part, err);
    close_parts(&parts);
    return rc;
}

int train_ppo(const struct train_ppo *job, struct train_ppo_result *result, struct error *err)
{
    struct training training = {.job = job, .result = result, .settings = &job->settings};
    struct crew_slot *slot = &job->backtest->slots[0];
    struct net_shape shape = {.arch = net_arch_find("policy/1"),
                              .inputs = job->n_inputs,
                              .outputs = job->n_actions + 1,
                              .hidden = job->settings.hidden,
                              .feed = job->settings.feed};
    struct crew_file *file = &slot->files[slot->n_files];
    int rc;

    memset(result, 0, sizeof(*result));
    REQUIRE(shape.arch != NULL && job->backtest->n_slots == 1);
    if (slot->n_files == SETUP_FILES_MAX || job->n_actions < 2 || job->n_actions > PPO_ACTIONS)
        return error_set(err, AGON_EINVAL,
                         "%u actions, %u files; expected from 2 to %d, and room "
                         "for the model's own",
                         job->n_actions, slot->n_files, PPO_ACTIONS);
    if (snprintf(file->path, sizeof(file->path), "%s.part", job->out) >= (int)sizeof(file->path))
        return error_set(err, AGON_EINVAL, "--out: a path of %zu bytes or more; expected less",
                         sizeof(file->path));
    (void)snprintf(file->name, sizeof(file->name), "weights");
    slot->n_files++;
    job->backtest->gen_length_ns = job->settings.episode_ns;
    training.capital_amt = slot->record.limits.capital_amt;
    rc = net_init(&shape, &training.net, err);
    if (rc >= 0)
        rc = run(&training, file->path, err);
    if (rc < 0)
        (void)unlink(file->path);
    release(&training);
    slot->n_files--;
    return rc;
}
