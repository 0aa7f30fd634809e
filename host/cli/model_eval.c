// SPDX-License-Identifier: Apache-2.0
#include "cli/model_eval.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "args/args.h"
#include "kernels/cpu.h"
#include "score/figures.h"
#include "sys/file.h"

#define Z         1.959964            /* deviations of 95 % */
#define SMALLEST  1e-7                /* no probability is taken for less */
#define MODEL_MAX ((uint64_t)4 << 30) /* bytes */

int goal_parse(const char *text, struct goal *goal)
{
    char *end;

    *goal = (struct goal){GOAL_VALUE, 0};
    if (strcmp(text, "value") == 0)
        return AGON_OK;
    goal->kind = GOAL_UP;
    if (strcmp(text, "up") == 0)
        return AGON_OK;
    goal->kind = GOAL_DIRECTION;
    if (strncmp(text, "direction:", 10) != 0 || text[10] < '0' || text[10] > '9')
        return AGON_EINVAL;
    goal->flat_bps = strtod(text + 10, &end);
    return *end == '\0' && goal->flat_bps >= 0 && goal->flat_bps <= 10000 ? AGON_OK : AGON_EINVAL;
}

void goal_text(const struct goal *goal, char text[CHECKPOINT_VALUE])
{
    if (goal->kind == GOAL_DIRECTION)
        (void)snprintf(text, CHECKPOINT_VALUE, "direction:%.10g", goal->flat_bps);
    else
        (void)snprintf(text, CHECKPOINT_VALUE, "%s", goal->kind == GOAL_UP ? "up" : "value");
}

uint32_t goal_classes(const struct goal *goal)
{
    return goal->kind == GOAL_VALUE ? 0 : goal->kind == GOAL_UP ? 2 : 3;
}

uint32_t goal_class(const struct goal *goal, float target)
{
    double flat = goal->flat_bps / 1e4;

    if (goal->kind == GOAL_UP)
        return target > 0 ? 0 : 1;
    return (double)target > flat ? 0 : (double)target < -flat ? 2 : 1;
}

int goal_check(const struct goal *goal, const struct train_rows *rows, struct error *err)
{
    uint32_t n_zeros = 0, n_ones = 0;

    for (uint32_t i = 0; i < rows->n_rows; i++) {
        n_zeros += rows->y[i] == 0;
        n_ones += rows->y[i] == 1;
        if (goal->kind == GOAL_UP && rows->y[i] != 0 && rows->y[i] != 1)
            return error_set(err, AGON_EINVAL,
                             "the target of row %u is %g; expected 0 or 1, as agon features make "
                             "--label up writes them",
                             i, (double)rows->y[i]);
    }
    if (goal->kind == GOAL_DIRECTION && n_ones > 0 && n_zeros + n_ones == rows->n_rows)
        return error_set(err, AGON_EINVAL,
                         "all %u targets are 0 or 1, as agon features make --label up writes them, "
                         "and direction takes a target for a return, of which none is down; "
                         "expected goal: up, or returns (--label return)",
                         rows->n_rows);
    return AGON_OK;
}

int model_open(struct model *model, const char *name, const void *bytes, size_t n,
               struct error *err)
{
    unsigned char digest[HASH_SIZE];
    struct sha256 sha;
    uint32_t n_outputs;
    int rc;

    *model = (struct model){.device = cpu_device_new(CPU_BEST, 1), .n_bytes = n};
    if (model->device == NULL)
        return error_set(err, AGON_ENOMEM, "no memory for a device");
    sha256_init(&sha);
    sha256_update(&sha, bytes, n);
    sha256_final(&sha, digest);
    hash_hex(digest, model->sha256);
    rc = served_open(model->device, name, bytes, n, &model->served, &model->shape, err);
    if (rc < 0)
        return rc;
    rc = served_said(bytes, n, &model->names, err);
    if (rc < 0)
        return rc;
    if (model->names.goal[0] == '\0')
        return error_set(
            err, AGON_EINVAL,
            "%.400s does not say what its answers are (agon.goal); expected a model of "
            "agon train, or XGBoost's with one target",
            name);
    if (goal_parse(model->names.goal, &model->goal) < 0)
        return error_set(err, AGON_EINVAL,
                         "%.400s: agon.goal is \"%s\"; expected value, up or direction:BPS", name,
                         model->names.goal);
    rc = served_check(model->served, name, err);
    if (rc < 0)
        return rc;
    n_outputs = strcmp(model->names.model, "trees/1") == 0 || model->goal.kind == GOAL_VALUE
                    ? 1
                    : goal_classes(&model->goal);
    if (model->shape.outputs != n_outputs)
        return error_set(err, AGON_EINVAL,
                         "%.400s: its goal is %s, and it has %u outputs; expected %u", name,
                         model->names.goal, model->shape.outputs, n_outputs);
    return AGON_OK;
}

int model_open_file(struct model *model, const char *path, struct error *err)
{
    char *bytes = NULL;
    uint64_t n = 0;
    int rc = file_read(path, MODEL_MAX, &bytes, &n, err);

    *model = (struct model){0};
    if (rc >= 0)
        rc = model_open(model, path, bytes, n, err);
    free(bytes);
    return rc;
}

void model_close(struct model *model)
{
    served_close(model->served);
    free(model->names.inputs);
    if (model->device != NULL)
        model->device->free(model->device);
    *model = (struct model){0};
}

/* Which column each input is. */
static int find_columns(const struct model *model, const struct train_rows *rows,
                        const char *const *names, uint32_t *columns, struct error *err)
{
    if (model->names.n_inputs != model->shape.inputs)
        return error_set(err, AGON_EVERSION,
                         "the model has %u inputs and no names of them, so that columns of the "
                         "table cannot be held against them; expected names: "
                         "booster.feature_names = [...] before save_model, or agon.input.0, .1, "
                         "... in a net's metadata",
                         model->shape.inputs);
    if (model->names.edition != rows->edition)
        return error_set(err, AGON_EVERSION,
                         "the model's inputs are of edition %u of the features, and the table's "
                         "columns of edition %u (0: it does not say); expected the same: a table "
                         "of agon features make, a model trained on one, or booster.set_attr(**{"
                         "\"agon.edition\": \"%u\"}) of one of XGBoost's that was",
                         model->names.edition, rows->edition,
                         rows->edition > 0 ? rows->edition : model->names.edition);
    for (uint32_t i = 0; i < model->shape.inputs; i++) {
        uint32_t k = 0;

        while (k < rows->n_features && strcmp(names[k], model->names.inputs[i]) != 0)
            k++;
        if (k == rows->n_features)
            return error_set(err, AGON_EINVAL,
                             "the table has no column %s, which the model is asked by",
                             args_safe(model->names.inputs[i]));
        columns[i] = k;
    }
    return AGON_OK;
}

/* From outputs to probabilities. */
static void take_answer(const struct model *model, const float *out, float y[GOAL_ANSWERS])
{
    uint32_t n = goal_classes(&model->goal);
    double most = (double)out[0], sum = 0;

    y[0] = out[0];
    if (n == 0)
        return;
    if (model->shape.outputs == 1) {
        y[1] = 1 - out[0];
        return;
    }
    for (uint32_t j = 1; j < n; j++)
        most = (double)out[j] > most ? (double)out[j] : most;
    for (uint32_t j = 0; j < n; j++)
        sum += exp((double)out[j] - most);
    for (uint32_t j = 0; j < n; j++)
        y[j] = (float)(exp((double)out[j] - most) / sum);
}

int model_answer(struct model *model, const struct train_rows *rows, const char *const *names,
                 struct answers *answers, struct error *err)
{
    uint32_t n = model->shape.inputs;
    uint32_t *columns = calloc(n, sizeof(*columns));
    float *x = calloc(n, sizeof(*x)), *out = calloc(model->shape.outputs, sizeof(*out));
    int rc = AGON_OK;

    *answers = (struct answers){calloc((size_t)rows->n_rows + 1, sizeof(*answers->y)),
                                calloc((size_t)rows->n_rows + 1, 1), rows->n_rows, 0};
    if (columns == NULL || x == NULL || out == NULL || answers->y == NULL ||
        answers->is_asked == NULL)
        rc = error_set(err, AGON_ENOMEM, "no memory for %u answers", rows->n_rows);
    if (rc >= 0)
        rc = find_columns(model, rows, names, columns, err);
    if (rc >= 0)
        served_reset(model->served);
    for (uint32_t i = 0; i < rows->n_rows && rc >= 0; i++) {
        for (uint32_t k = 0; k < n; k++)
            x[k] = rows->x[(size_t)i * rows->n_features + columns[k]];
        rc = served_step(model->served, x, out);
        if (rc == AGON_EAGAIN) {
            rc = AGON_OK;
            continue;
        }
        if (rc == AGON_ERANGE) {
            rc = error_set(
                err, rc,
                "row %u: what the model answers is not a number: its weights are too large "
                "for what it is asked",
                i);
            continue;
        }
        if (rc < 0) {
            rc = error_set(err, rc,
                           "row %u has a value that is missing or no number, which this model does "
                           "not take",
                           i);
            continue;
        }
        take_answer(model, out, answers->y[i]);
        answers->is_asked[i] = 1;
        answers->n_asked++;
    }
    if (rc >= 0 && answers->n_asked == 0)
        rc = error_set(err, AGON_EINVAL,
                       "%u rows do not fill the model's window of %u; expected more", rows->n_rows,
                       model->shape.window);
    free(columns);
    free(x);
    free(out);
    return rc;
}

void answers_free(struct answers *answers)
{
    free(answers->y);
    free(answers->is_asked);
    *answers = (struct answers){0};
}

static uint32_t guess_of(const float y[GOAL_ANSWERS], uint32_t n)
{
    uint32_t best = 0;

    for (uint32_t j = 1; j < n; j++)
        best = y[j] > y[best] ? j : best;
    return best;
}

void judged_interval(double share, double n, double *low, double *high)
{
    double middle = share + Z * Z / (2 * n);
    double half = Z * sqrt(share * (1 - share) / n + Z * Z / (4 * n * n));

    *low = (middle - half) / (1 + Z * Z / n);
    *high = (middle + half) / (1 + Z * Z / n);
}

/* The mean of values whose sums these are, and its interval where n_alone of them count. */
static void mean_of(double sum, double squares, double n, double n_alone, double *mean, double *low,
                    double *high)
{
    double variance = n > 1 ? (squares - sum * sum / n) / (n - 1) : 0;
    double half = n_alone > 1 ? figures_student((uint64_t)n_alone - 1) *
                                    sqrt(variance > 0 ? variance / n_alone : 0)
                              : INFINITY;

    *mean = sum / n;
    *low = *mean - half;
    *high = *mean + half;
}

static double loss_of(const struct goal *goal, float target, const float y[GOAL_ANSWERS])
{
    double off = (double)y[0] - (double)target;
    double p;

    if (goal_classes(goal) == 0)
        return off * off;
    p = (double)y[goal_class(goal, target)];
    return -log(p > SMALLEST ? p : SMALLEST);
}

/* Answers the same at each row: the shares of the classes, or the mean. */
static void constant_of(const struct goal *goal, const struct train_rows *rows,
                        const struct answers *answers, uint32_t from, uint32_t to,
                        float y[GOAL_ANSWERS])
{
    double sums[GOAL_ANSWERS] = {0}, n = 0;

    for (uint32_t i = from; i < to; i++) {
        if (!answers->is_asked[i])
            continue;
        n++;
        if (goal_classes(goal) == 0)
            sums[0] += (double)rows->y[i];
        else
            sums[goal_class(goal, rows->y[i])]++;
    }
    for (uint32_t j = 0; j < GOAL_ANSWERS; j++)
        y[j] = (float)(n > 0 ? sums[j] / n : 0);
}

void model_judge(const struct goal *goal, const struct train_rows *rows,
                 const struct answers *answers, uint32_t from, uint32_t to, uint32_t gap,
                 struct judged *judged)
{
    uint32_t n_classes = goal_classes(goal), n_right = 0, n_constant = 0;
    float constant[GOAL_ANSWERS];
    double sum = 0, squares = 0;

    *judged = (struct judged){.is_classes = n_classes > 0};
    constant_of(goal, rows, answers, from, to, constant);
    for (uint32_t i = from; i < to; i++) {
        double loss, of_constant;

        if (!answers->is_asked[i])
            continue;
        loss = loss_of(goal, rows->y[i], answers->y[i]);
        of_constant = loss_of(goal, rows->y[i], constant);
        judged->n++;
        judged->loss += loss;
        judged->loss_constant += of_constant;
        sum += of_constant - loss;
        squares += (of_constant - loss) * (of_constant - loss);
        if (n_classes > 0) {
            n_right += guess_of(answers->y[i], n_classes) == goal_class(goal, rows->y[i]);
            n_constant += guess_of(constant, n_classes) == goal_class(goal, rows->y[i]);
        }
    }
    if (judged->n == 0)
        return;
    judged->n_alone = (double)judged->n / (gap > 1 ? gap : 1);
    judged->loss /= judged->n;
    judged->loss_constant /= judged->n;
    judged->right = (double)n_right / judged->n;
    judged->constant = (double)n_constant / judged->n;
    if (n_classes > 0)
        judged_interval(judged->right, judged->n_alone, &judged->low, &judged->high);
    mean_of(sum, squares, judged->n, judged->n_alone, &judged->gain, &judged->gain_low,
            &judged->gain_high);
}

int judged_is_suspect(const struct judged *judged)
{
    if (judged->is_classes)
        return judged->low - judged->constant > (1 - judged->constant) / 2;
    return judged->gain_low > judged->loss_constant / 2;
}

int judged_is_better(const struct judged *judged)
{
    return judged->n > 0 &&
           (judged->is_classes ? judged->low > judged->constant : judged->gain_low > 0);
}

void model_judge_beside(const struct goal *goal, const struct train_rows *rows,
                        const struct answers *one, const struct answers *other, uint32_t gap,
                        struct beside *beside)
{
    uint32_t n_classes = goal_classes(goal);
    double sum = 0, squares = 0;

    *beside = (struct beside){0};
    for (uint32_t i = 0; i < rows->n_rows; i++) {
        double gain;

        if (!one->is_asked[i] || !other->is_asked[i])
            continue;
        if (n_classes > 0) {
            uint32_t class = goal_class(goal, rows->y[i]);

            gain = (double)(guess_of(one->y[i], n_classes) == class) -
                   (double)(guess_of(other->y[i], n_classes) == class);
        } else {
            gain = loss_of(goal, rows->y[i], other->y[i]) - loss_of(goal, rows->y[i], one->y[i]);
        }
        beside->n++;
        sum += gain;
        squares += gain * gain;
    }
    if (beside->n > 0)
        mean_of(sum, squares, beside->n, (double)beside->n / (gap > 1 ? gap : 1), &beside->gain,
                &beside->low, &beside->high);
}

json_t *judged_json(const struct judged *judged)
{
    json_t *object = json_pack("{s:i, s:f, s:f}", "rows", (int)judged->n, "loss", judged->loss,
                               "loss_constant", judged->loss_constant);

    if (judged->is_classes) {
        (void)json_object_set_new(object, "right", json_real(judged->right));
        (void)json_object_set_new(object, "right_low", json_real(judged->low));
        (void)json_object_set_new(object, "right_high", json_real(judged->high));
        (void)json_object_set_new(object, "right_constant", json_real(judged->constant));
    } else if (isfinite(judged->gain_low)) {
        (void)json_object_set_new(object, "gain", json_real(judged->gain));
        (void)json_object_set_new(object, "gain_low", json_real(judged->gain_low));
        (void)json_object_set_new(object, "gain_high", json_real(judged->gain_high));
    }
    (void)json_object_set_new(object, "is_better", json_boolean(judged_is_better(judged)));
    return object;
}
