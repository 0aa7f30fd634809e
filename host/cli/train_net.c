// SPDX-License-Identifier: Apache-2.0
/* train_net: `agon train lstm|tcn|transformer`: windows of rows, drawn by the seed and the step,
 * and after each epoch the loss in validation, which says when to end; the best epoch is what is
 * kept. What an epoch leaves stands in OUT.resume: a training that goes on there ends with the bits
 * of one that ran through. */
#include <jansson.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/exit.h"
#include "base/rng.h"
#include "cli/train_device.h"
#include "cli/train_net_settings.h"
#include "cli/train_out.h"
#include "cli/train_resume.h"
#include "nn/train.h"
#include "run/config_file.h"
#include "sys/clock.h"

#define ROWS_MIN 20u
#define VALID_BATCH                                                                                \
    4096u /* windows of the validation that are asked after an epoch, evenly over it */
#define DRAW_WINDOWS 7u /* which draw of the seed */

struct run {
    const struct train_ask *ask;
    const struct train_net_settings *settings;
    struct train_data data;
    struct goal goal;
    struct net net;
    struct train train;
    struct train_course course;
    float *mean, *scale;       /* owned, as what follows */
    float *x, *target, *share; /* of a batch */
    float *best;               /* weights of the best epoch */
    uint32_t outputs, batches; /* batches of an epoch */
    const char *device_name;   /* borrowed from the device, or static */
    int64_t step_ns;           /* of all steps of this process */
    uint64_t n_steps;
    uint32_t kept; /* the epoch that OUT.resume is of; 0: none */
    int is_on_terminal;
};

static volatile sig_atomic_t is_stopped;

static void on_signal(int signal)
{
    (void)signal;
    is_stopped = 1;
}

/* Nets take no value that is missing. */
static int check_rows(const struct run *run, const struct train_rows *rows, const char *what,
                      struct error *err)
{
    for (uint32_t i = 0; i < rows->n_rows; i++)
        for (uint32_t k = 0; k < rows->n_features; k++)
            if (!isfinite(rows->x[(size_t)i * rows->n_features + k]))
                return error_set(err, AGON_EINVAL,
                                 "column %.64s of row %u %s has no value; a net takes none that is "
                                 "missing: leave the row out, or --ignore the column",
                                 args_safe(run->data.table.names[k]), i, what);
    return goal_check(&run->goal, rows, err);
}

static int check_classes(const struct run *run, const struct train_rows *rows, const char *what,
                         const char *why, struct error *err)
{
    uint32_t n_classes = goal_classes(&run->goal), n_of[GOAL_ANSWERS] = {0}, n_there = 0;

    for (uint32_t i = 0; i < rows->n_rows && n_classes > 0; i++)
        n_of[goal_class(&run->goal, rows->y[i])]++;
    for (uint32_t j = 0; j < n_classes; j++)
        n_there += n_of[j] > 0;
    return n_classes > 0 && n_there < 2
               ? error_set(err, AGON_EINVAL, "all %u rows %s are of one class: %s; expected two",
                           rows->n_rows, what, why)
               : AGON_OK;
}

/* A value that is the same in all rows is learnt as that constant, of whatever stands beside it. */
static int check_values(const struct run *run, const struct train_rows *rows, struct error *err)
{
    uint32_t i = 1;

    if (run->goal.kind != GOAL_VALUE || rows->n_rows == 0)
        return AGON_OK;
    while (i < rows->n_rows && rows->y[i] == rows->y[0])
        i++;
    return i == rows->n_rows
               ? error_set(
                     err, AGON_EINVAL,
                     "every target of the %u rows to train on is %g: nothing can be learnt of "
                     "one value; expected two at least",
                     rows->n_rows, (double)rows->y[0])
               : AGON_OK;
}

static int check_names(const struct run *run, struct error *err)
{
    if (run->data.table.n_features > SERVED_NAMES)
        return error_set(err, AGON_EINVAL,
                         "%u features, and a net's file has the names of at most %d; expected as "
                         "many: leave some out with --ignore",
                         run->data.table.n_features, SERVED_NAMES);
    for (uint32_t k = 0; k < run->data.table.n_features; k++) {
        const char *name = run->data.table.names[k];
        int is_plain = strlen(name) < CHECKPOINT_VALUE;

        for (const char *c = name; *c != '\0'; c++)
            is_plain &= *c > ' ' && *c <= '~' && *c != '"' && *c != '\\';
        if (!is_plain)
            return error_set(err, AGON_EINVAL,
                             "column %u is called %.64s; expected less than %d printable ASCII "
                             "characters without blanks and quotes, as a model's file keeps them",
                             k + 1, args_safe(name), CHECKPOINT_VALUE);
    }
    return AGON_OK;
}

static void normalise(struct run *run)
{
    const struct train_rows *rows = &run->data.learnt;

    for (uint32_t k = 0; k < rows->n_features; k++) {
        double sum = 0, squares = 0;

        for (uint32_t i = 0; i < rows->n_rows; i++)
            sum += (double)rows->x[(size_t)i * rows->n_features + k];
        sum /= rows->n_rows;
        for (uint32_t i = 0; i < rows->n_rows; i++) {
            double off = (double)rows->x[(size_t)i * rows->n_features + k] - sum;

            squares += off * off;
        }
        squares = sqrt(squares / rows->n_rows);
        run->mean[k] = (float)sum;
        // A column that does not move has rounding for a deviation.
        run->scale[k] = (float)(squares > 1e-9 * fabs(sum) && squares > 1e-30 ? 1 / squares : 1);
        if (!isfinite(run->scale[k]))
            run->scale[k] = 1;
    }
}

/* Window `of` of a batch, whose last row is `last`; share: what its last answer counts. */
static void put_window(struct run *run, const struct train_rows *rows, uint32_t of, uint32_t last,
                       float share)
{
    uint32_t steps = run->settings->window, batch = run->settings->batch, n = rows->n_features;

    for (uint32_t t = 0; t < steps; t++) {
        size_t row = net_is_by_step(&run->net) ? (size_t)t * batch + of : (size_t)of * steps + t;
        const float *from = rows->x + (size_t)(last + 1 + t - steps) * n;
        int is_last = t + 1 == steps;

        for (uint32_t k = 0; k < n; k++)
            run->x[row * n + k] = (from[k] - run->mean[k]) * run->scale[k];
        for (uint32_t j = 0; j < run->outputs; j++) {
            run->target[row * run->outputs + j] =
                run->goal.kind == GOAL_VALUE ? rows->y[last]
                                             : (float)(goal_class(&run->goal, rows->y[last]) == j);
            run->share[row * run->outputs + j] = is_last ? share : 0;
        }
    }
}

/* The mean loss over the validation's windows. */
static double validate(struct run *run)
{
    const struct train_rows *rows = &run->data.valid;
    uint32_t steps = run->settings->window, batch = run->settings->batch;
    uint32_t n = rows->n_rows - steps + 1;
    uint32_t every = 1 + n / VALID_BATCH;
    uint32_t n_windows = (n + every - 1) / every;
    double loss = 0;

    for (uint32_t first = 0; first < n_windows; first += batch) {
        for (uint32_t of = 0; of < batch; of++) {
            uint32_t at = first + of < n_windows ? first + of : n_windows - 1;

            put_window(run, rows, of, steps - 1 + at * every, first + of < n_windows ? 1 : 0);
        }
        train_forward(&run->train, run->x);
        loss += train_loss(&run->train, run->target, run->share);
    }
    return loss / n_windows;
}

/* The loss; what the device has done wrong is said by its wait. */
static double epoch(struct run *run, uint32_t number)
{
    int64_t begun = clock_mono();
    const struct train_net_settings *settings = run->settings;
    uint32_t steps = settings->window, n = run->data.learnt.n_rows - steps + 1;
    double loss = 0;

    run->train.adam.rate = number * 4 >= settings->epochs * 3 ? settings->rate_end : settings->rate;
    for (uint32_t i = 0; i < run->batches && !is_stopped; i++) {
        struct rng rng;

        rng_init(&rng, rng_at(settings->seed, DRAW_WINDOWS, run->train.n_steps, 0, 0));
        for (uint32_t of = 0; of < settings->batch; of++)
            put_window(run, &run->data.learnt, of, steps - 1 + (uint32_t)rng_below(&rng, n),
                       1.0F / (float)settings->batch);
        train_step(&run->train, run->x, run->target, run->share);
        loss += train_loss(&run->train, run->target, run->share);
        run->n_steps++;
    }
    run->step_ns += clock_mono() - begun;
    return loss / run->batches;
}

static void say(const struct run *run)
{
    const struct train_course *course = &run->course;

    if (run->ask->is_quiet)
        return;
    fprintf(stderr, "%sepoch %u of %u: loss %.6g, in validation %.6g, the best after %u%s",
            run->is_on_terminal ? "\r\033[K" : "", course->epoch, run->settings->epochs,
            course->loss, course->valid, course->best_epoch, run->is_on_terminal ? "" : "\n");
}

/* Everything that the course of a training depends on, so that nobody goes on with another's. */
static json_t *params_of(const struct run *run)
{
    const struct train_net_settings *of = run->settings;
    char goal[CHECKPOINT_VALUE];

    goal_text(&run->goal, goal);
    return json_pack("{s:s, s:s, s:i, s:i, s:i, s:i, s:i, s:i, s:i, s:i, s:s, s:i, s:i, s:i, s:f, "
                     "s:f, s:i, s:i, s:I, s:s, s:s}",
                     "arch", net_arch_name(run->net.shape.arch), "goal", goal, "hidden",
                     (int)of->hidden, "layers", (int)of->layers, "head", (int)run->net.shape.head,
                     "taps", (int)of->taps, "heads", (int)of->heads, "span",
                     (int)run->net.shape.span, "feed", (int)run->net.shape.feed, "window",
                     (int)of->window, "served", of->served_by_state ? "state" : "window", "batch",
                     (int)of->batch, "batches", (int)run->batches, "epochs", (int)of->epochs,
                     "rate", of->rate, "rate_end", of->rate_end, "patience", (int)of->patience,
                     "dropout_ppm", (int)of->dropout_ppm, "seed", (json_int_t)of->seed, "data",
                     run->data.table.sha256, "target", run->ask->target);
}

/* What decides about its bits: also how the rows are divided, and which columns are inputs. */
static char *mark_of(const struct run *run)
{
    json_t *params = params_of(run);
    char key[32];
    char *text;

    (void)json_object_set_new(params, "gap", json_integer(run->data.gap));
    (void)json_object_set_new(params, "rows", json_integer(run->data.learnt.n_rows));
    (void)json_object_set_new(params, "validation_ppm",
                              json_integer(run->settings->validation_ppm));
    (void)json_object_set_new(params, "holdout_ppm", json_integer(run->settings->holdout_ppm));
    for (uint32_t i = 0; i < run->data.table.n_features; i++) {
        (void)snprintf(key, sizeof(key), "input.%u", i);
        (void)json_object_set_new(params, key, json_string(run->data.table.names[i]));
    }
    text = json_dumps(params, JSON_COMPACT | JSON_SORT_KEYS | JSON_ENSURE_ASCII);

    json_decref(params);
    return text;
}

/* Epoch by epoch. AGON_EAGAIN: it was ended before its end, and can go on. */
static int learn(struct run *run, const char *mark, struct error *err)
{
    const struct train_net_settings *settings = run->settings;
    struct train_course *course = &run->course;
    uint32_t first = course->epoch;
    int rc = AGON_OK;

    while (rc >= 0 && course->epoch < settings->epochs &&
           (settings->patience == 0 || course->epoch < course->best_epoch + settings->patience)) {
        double loss = epoch(run, course->epoch);

        if (is_stopped)
            return AGON_EAGAIN;
        course->loss = loss;
        course->valid = validate(run);
        rc = run->train.device->wait(run->train.device, err);
        if (rc < 0)
            return rc;
        course->epoch++;
        if (!isfinite(course->loss) || !isfinite(course->valid))
            return error_set(
                err, AGON_EINVAL,
                "the loss of epoch %u is not a number any more; expected a lower rate, or "
                "other data",
                course->epoch);
        if (course->best_epoch == 0 || course->valid < course->best_valid) {
            course->best_epoch = course->epoch;
            course->best_valid = course->valid;
            course->best_loss = course->loss;
            run->train.device->read(run->train.device, run->best, run->train.weights,
                                    run->net.n_weights * sizeof(float));
            rc = run->train.device->wait(run->train.device, err);
            if (rc < 0)
                return rc;
        }
        say(run);
        rc = train_resume_save(run->ask->out, mark, course, &run->train, run->best, err);
        run->kept = rc >= 0 ? course->epoch : run->kept;
        if (rc >= 0 && run->ask->stop_after > 0 && course->epoch - first >= run->ask->stop_after &&
            course->epoch < settings->epochs)
            return AGON_EAGAIN;
    }
    return rc;
}

static int finish(struct run *run, double seconds, struct error *err)
{
    const struct train_net_settings *settings = run->settings;
    const struct train_course *course = &run->course;
    struct train_out out = {
        .ask = run->ask,
        .data = &run->data,
        .seconds = seconds,
        .device = run->device_name,
        .devices = course->devices,
        .step_ms = run->n_steps > 0 ? (double)run->step_ns / 1e6 / (double)run->n_steps : 0};
    char served[32], goal[CHECKPOINT_VALUE], strong[CHECKPOINT_VALUE];
    const struct served_words words = {served,
                                       goal,
                                       run->data.table.names,
                                       run->data.table.edition,
                                       strcmp(course->devices, "cpu") != 0 ? course->devices : NULL,
                                       strong};
    char *bytes = NULL;
    size_t n = 0;
    FILE *memory = open_memstream(&bytes, &n);
    int rc;

    if (memory == NULL)
        return train_out_exit(error_set(err, AGON_ENOMEM, "no memory for a model"));
    if (settings->served_by_state)
        (void)snprintf(served, sizeof(served), "state");
    else
        (void)snprintf(served, sizeof(served), "window:%u", settings->window);
    goal_text(&run->goal, goal);
    train_leak_card(&run->data.strongs, run->data.table.names, strong, sizeof(strong));
    rc = served_write(memory, &run->net, &words, run->mean, run->scale, run->best, err);
    if (fclose(memory) != 0 && rc >= 0)
        rc = error_set(err, AGON_ENOMEM, "no memory for a model");
    (void)snprintf(out.trained, sizeof(out.trained), "%s of %zu weights, %u epochs of %u batches",
                   net_arch_name(run->net.shape.arch), run->net.n_weights, course->epoch,
                   run->batches);
    (void)snprintf(out.loss, sizeof(out.loss),
                   "%.6f of the rows trained on, %.6f in validation (%u rows) after epoch %u",
                   course->best_loss, course->best_valid, run->data.valid.n_rows,
                   course->best_epoch);
    out.params = params_of(run);
    if (words.device != NULL)
        (void)json_object_set_new(out.params, "device", json_string(course->devices));
    out.said = json_pack("{s:i, s:i, s:f, s:f, s:i}", "epochs", (int)course->epoch, "best_epoch",
                         (int)course->best_epoch, "loss", course->best_loss, "loss_validation",
                         course->best_valid, "weights", (int)run->net.n_weights);
    rc = rc < 0 ? train_out_exit(rc) : train_out(&out, bytes, n, err);
    if (rc == EXIT_OK)
        train_resume_remove(run->ask->out);
    json_decref(out.params);
    json_decref(out.said);
    free(bytes);
    return rc;
}

static int lay(struct run *run, struct error *err)
{
    const struct train_net_settings *of = run->settings;
    struct net_shape shape = {.inputs = run->data.table.n_features,
                              .outputs = run->outputs,
                              .hidden = of->hidden,
                              .layers = of->layers};
    char name[32];

    (void)snprintf(name, sizeof(name), "%s/1", run->ask->kind);
    if (strcmp(run->ask->kind, "lstm") == 0) {
        shape.head = of->head;
        if (of->head > 0)
            (void)snprintf(name, sizeof(name), "lstm/2");
    } else if (strcmp(run->ask->kind, "tcn") == 0) {
        shape.taps = of->taps;
    } else {
        shape.heads = of->heads;
        shape.span = of->span > 0 ? of->span : of->window;
        shape.feed = of->feed > 0                 ? of->feed
                     : 2 * of->hidden < NET_WIDTH ? 2 * of->hidden
                                                  : NET_WIDTH;
    }
    shape.arch = net_arch_find(name);
    REQUIRE(shape.arch != NULL);
    return net_init(&shape, &run->net, err);
}

static int no_memory(const struct run *run, struct device *device, struct error *err)
{
    const char *why = train_device_why(run->ask, device);

    if (device->wait(device, err) < 0) // a device that has failed has none either
        return AGON_EIO;
    if (why[0] == '\0')
        return error_set(err, AGON_ENOMEM, "no memory for a training of %zu weights",
                         run->net.n_weights);
    return error_set(err, AGON_ENOMEM,
                     "%s: no memory for a training of %zu weights, windows of %u and batches of "
                     "%u: %s; expected a smaller batch, or more --memory",
                     device->name, run->net.n_weights, run->settings->window, run->settings->batch,
                     why);
}

static int prepare(struct run *run, struct device *device, struct error *err)
{
    const struct train_net_settings *of = run->settings;
    uint32_t n = run->data.table.n_features;
    size_t rows = (size_t)of->window * of->batch;
    int rc = lay(run, err);

    if (rc < 0)
        return rc;
    run->batches =
        of->batches > 0 ? of->batches : 1 + (run->data.learnt.n_rows - of->window) / of->batch;
    run->mean = calloc(n, sizeof(float));
    run->scale = calloc(n, sizeof(float));
    run->x = calloc(rows * n, sizeof(float));
    run->target = calloc(rows * run->outputs, sizeof(float));
    run->share = calloc(rows * run->outputs, sizeof(float));
    run->best = calloc(run->net.n_weights, sizeof(float));
    if (run->mean == NULL || run->scale == NULL || run->x == NULL || run->target == NULL ||
        run->share == NULL || run->best == NULL ||
        train_init(device, &run->net, of->window, of->batch,
                   run->goal.kind == GOAL_VALUE ? TRAIN_SQUARE : TRAIN_CLASSES, of->rate, of->seed,
                   &run->train) < 0)
        return no_memory(run, device, err);
    run->train.tape.drop = of->dropout_ppm / 1e6;
    normalise(run);
    return AGON_OK;
}

static int read_rows(struct run *run, struct error *err)
{
    const struct train_net_settings *of = run->settings;
    const struct train_share share = {.validation_ppm = of->validation_ppm,
                                      .holdout_ppm = of->holdout_ppm,
                                      .gap = of->gap,
                                      .fewest = of->window + ROWS_MIN,
                                      .has_validation = 1};
    int rc = train_data_read(&run->data, run->ask, &share, err);

    if (rc >= 0)
        rc = train_data_look(&run->data, run->ask, err);
    if (rc >= 0)
        rc = check_names(run, err);
    if (rc >= 0)
        rc = check_rows(run, &run->data.learnt, "to train on", err);
    if (rc >= 0)
        rc = check_rows(run, &run->data.valid, "to validate by", err);
    if (rc >= 0)
        rc = check_rows(run, &run->data.held, "of those held out", err);
    if (rc >= 0)
        rc = check_classes(run, &run->data.learnt, "to train on",
                           "nothing can be learnt of one class", err);
    if (rc >= 0)
        rc = check_values(run, &run->data.learnt, err);
    if (rc >= 0 && run->data.valid.n_rows > 0)
        rc = check_classes(run, &run->data.valid, "to validate by",
                           "whatever says that class is right", err);
    return rc;
}

/* AGON_OK, or as learn says. */
static int go(struct run *run, struct device *device, struct error *err)
{
    char *mark;
    int rc = prepare(run, device, err);

    if (rc < 0)
        return rc;
    mark = mark_of(run);
    if (mark == NULL)
        return error_set(err, AGON_ENOMEM, "no memory for a training");
    if (run->ask->is_resumed)
        rc = train_resume_load(run->ask->out, mark, &run->course, &run->train, run->best, err);
    run->kept = run->course.epoch;
    if (rc >= 0 && run->ask->is_resumed && !run->ask->is_quiet)
        fprintf(stderr, "agon train: goes on behind epoch %u\n", run->course.epoch);
    if (rc >= 0 && train_device_add(run->course.devices, run->device_name) && !run->ask->is_quiet)
        fprintf(stderr, "agon train: on another device than before: %s\n", run->course.devices);
    if (rc >= 0 && run->ask->is_restarted)
        train_resume_remove(run->ask->out);
    if (rc >= 0)
        rc = learn(run, mark, err);
    if (rc == AGON_EIO && run->kept > 0)
        error_hint(err, "epoch %u is kept: --resume goes on behind it", run->kept);
    if (run->is_on_terminal && run->course.epoch > 0)
        fprintf(stderr, "\r\033[K");
    free(mark);
    return rc;
}

static int train(const struct train_ask *ask, const struct train_net_settings *settings)
{
    struct run run = {.ask = ask,
                      .settings = settings,
                      .goal = {(enum goal_kind)settings->goal, settings->flat_bps},
                      .is_on_terminal = isatty(STDERR_FILENO)};
    const struct sigaction action = {.sa_handler = on_signal};
    int64_t begun = clock_mono();
    struct error err = {0};
    struct device *device = train_device_open(ask, &err);
    int rc = device != NULL ? AGON_OK : err.code;
    int code = EXIT_OK;

    (void)sigaction(SIGINT, &action, NULL);
    (void)sigaction(SIGTERM, &action, NULL);
    if (device != NULL)
        run.device_name = train_device_name(ask, device);
    run.outputs = run.goal.kind == GOAL_VALUE ? 1 : goal_classes(&run.goal);
    if (rc >= 0)
        rc = read_rows(&run, &err);
    if (rc >= 0)
        rc = go(&run, device, &err);
    if (rc == AGON_EAGAIN && err.code == 0) {
        fprintf(stderr, "agon train: ended behind epoch %u of %u; --resume goes on\n",
                run.course.epoch, settings->epochs);
        code = is_stopped ? EXIT_INTERRUPTED : EXIT_OK;
    } else if (rc < 0) {
        code = train_out_exit(rc);
    } else {
        code = finish(&run, (double)(clock_mono() - begun) / 1e9, &err);
    }
    if (err.code < 0)
        fprintf(stderr, "agon train: %s\n", err.text);
    train_deinit(&run.train);
    train_data_free(&run.data);
    free(run.mean);
    free(run.scale);
    free(run.x);
    free(run.target);
    free(run.share);
    free(run.best);
    if (device != NULL)
        device->free(device);
    return code;
}

int train_net_run(const struct train_ask *ask)
{
    struct train_net_settings settings;

    schema_presets(&train_net_settings_schema, &settings);
    if (ask->config != NULL) {
        struct config_file file;
        int rc;

        if (config_file_open(&file, "train", ask->config))
            (void)config_read(file.config, &train_net_settings_schema, &settings);
        rc = config_file_close(&file);
        if (rc != EXIT_OK)
            return rc;
    }
    if (!ask->is_resumed && !ask->is_restarted && train_resume_is_lost(ask->out, NULL))
        return EXIT_SAFETY;
    if (ask->has_gap)
        settings.gap = (uint32_t)ask->gap;
    return train(ask, &settings);
}
