// SPDX-License-Identifier: Apache-2.0
/* train_trees: `agon train trees`. */
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/exit.h"
#include "cli/train_out.h"
#include "cli/train_settings.h"
#include "run/config_file.h"
#include "sys/clock.h"

struct course {
    struct trees_round last, best;
    int is_on_terminal;
};

static int on_round(void *ctx, const struct trees_round *round)
{
    struct course *course = ctx;

    if (course->last.round == 0 || round->valid < course->best.valid)
        course->best = *round;
    course->last = *round;
    if (course->is_on_terminal)
        fprintf(stderr, "\r\033[Kround %u: loss %.6f, in validation %.6f", round->round,
                round->loss, round->valid);
    return 0;
}

static struct trees_data data_of(const struct train_rows *rows)
{
    return (struct trees_data){rows->x, rows->y, rows->n_rows, rows->n_features};
}

static json_t *params_of(const struct train_settings *settings)
{
    return json_pack("{s:s, s:i, s:i, s:i, s:f, s:f, s:f, s:f, s:i, s:i, s:i, s:i, s:i, s:I}",
                     "objective", settings->objective == TREES_LOGISTIC ? "logistic" : "squared",
                     "rounds", (int)settings->rounds, "parallel", (int)settings->parallel,
                     "max_depth", (int)settings->max_depth, "eta", settings->eta, "lambda",
                     settings->lambda, "gamma", settings->gamma, "min_child_weight",
                     settings->min_child_weight, "subsample_ppm", (int)settings->subsample_ppm,
                     "colsample_tree_ppm", (int)settings->colsample_tree_ppm, "colsample_node_ppm",
                     (int)settings->colsample_node_ppm, "bins", (int)settings->bins, "patience",
                     (int)settings->patience, "seed", (json_int_t)settings->seed);
}

/* The file's text, and what there is to say. */
static int finish(const struct trees_grown *grown, const struct train_settings *settings,
                  const struct course *course, struct train_out *out, struct error *err)
{
    uint32_t rounds = trees_grown_rounds(grown);
    int has_valid = out->data->valid.n_rows > 0;
    double loss = has_valid ? course->best.loss : course->last.loss; // of the model that is kept
    char *text = NULL, strong[48];
    size_t n = 0;
    FILE *memory = open_memstream(&text, &n);
    int rc;

    if (memory == NULL)
        return train_out_exit(error_set(err, AGON_ENOMEM, "no memory for a model"));
    train_leak_card(&out->data->strongs, out->data->table.names, strong, sizeof(strong));
    rc = trees_write(memory, grown, out->data->table.names, out->data->table.edition, strong, err);
    if (fclose(memory) != 0 && rc >= 0)
        rc = error_set(err, AGON_ENOMEM, "no memory for a model");
    (void)snprintf(out->trained, sizeof(out->trained), "%u rounds of %u, %u kept",
                   course->last.round, settings->parallel, rounds);
    (void)snprintf(out->loss, sizeof(out->loss), "%.6f of the rows trained on", loss);
    if (has_valid)
        (void)snprintf(out->loss, sizeof(out->loss),
                       "%.6f of the rows trained on, %.6f in validation (%u rows) after round %u",
                       loss, course->best.valid, out->data->valid.n_rows, course->best.round);
    out->params = params_of(settings);
    out->said = json_pack("{s:i, s:f, s:s}", "rounds", (int)rounds, "loss", loss, "objective",
                          settings->objective == TREES_LOGISTIC ? "logistic" : "squared");
    if (has_valid)
        (void)json_object_set_new(out->said, "loss_validation", json_real(course->best.valid));
    rc = rc < 0 ? train_out_exit(rc) : train_out(out, text, n, err);
    json_decref(out->params);
    json_decref(out->said);
    free(text);
    return rc;
}

static int train(const struct train_ask *ask, const struct train_settings *settings)
{
    struct trees_params params = train_settings_params(settings, (uint32_t)ask->n_threads);
    const struct train_share share = {.validation_ppm = settings->validation_ppm,
                                      .holdout_ppm = settings->holdout_ppm,
                                      .gap = settings->gap,
                                      .fewest = TREES_ROWS_MIN,
                                      .has_validation = settings->patience > 0};
    struct course course = {.is_on_terminal = isatty(STDERR_FILENO) && !ask->is_quiet};
    int64_t begun = clock_mono();
    struct trees_grown *grown = NULL;
    struct train_data data;
    struct trees_data learnt, valid;
    struct train_out out = {.ask = ask, .data = &data};
    struct error err = {0};
    int rc = train_data_read(&data, ask, &share, &err), code;

    if (rc >= 0)
        rc = train_data_look(&data, ask, &err);
    if (rc >= 0) {
        learnt = data_of(&data.learnt);
        valid = data_of(&data.valid);
        rc = trees_train(&params, &learnt, valid.n_rows > 0 ? &valid : NULL, on_round, &course,
                         &grown, &err);
    }
    if (course.is_on_terminal && course.last.round > 0)
        fprintf(stderr, "\r\033[K");
    out.seconds = (double)(clock_mono() - begun) / 1e9;
    code = rc < 0 ? train_out_exit(rc) : finish(grown, settings, &course, &out, &err);
    if (code != EXIT_OK)
        fprintf(stderr, "agon train: %s\n", err.text);
    trees_grown_free(grown);
    train_data_free(&data);
    return code;
}

int train_trees_run(const struct train_ask *ask)
{
    struct train_settings settings;

    schema_presets(&train_settings_schema, &settings);
    if (ask->config != NULL) {
        struct config_file file;
        int rc;

        if (config_file_open(&file, "train", ask->config))
            (void)config_read(file.config, &train_settings_schema, &settings);
        rc = config_file_close(&file);
        if (rc != EXIT_OK)
            return rc;
    }
    if (ask->has_gap)
        settings.gap = (uint32_t)ask->gap;
    return train(ask, &settings);
}
