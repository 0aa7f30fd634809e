// SPDX-License-Identifier: Apache-2.0
#include "cli/train_out.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "args/args.h"
#include "base/exit.h"
#include "base/span.h"
#include "cli/model_gain.h"
#include "cli/model_keep.h"

#define SEEN_ROWS 20000u /* of those that were learnt from, the last ones, that are asked again */

int train_out_exit(int rc)
{
    return rc == AGON_EIO || rc == AGON_ENOSPC || rc == AGON_ENOMEM || rc == AGON_EPERM ||
                   rc == AGON_EBUSY
               ? EXIT_ENVIRONMENT
               : EXIT_DATA;
}

int train_out_write(const char *path, const void *bytes, size_t n, struct error *err)
{
    char part[4096];
    FILE *file;
    int is_written;

    if ((size_t)snprintf(part, sizeof(part), "%s.part", path) >= sizeof(part))
        return error_set(err, AGON_EINVAL, "--out: a path of more than %zu bytes; expected less",
                         sizeof(part));
    file = fopen(part, "w");
    is_written = file != NULL && fwrite(bytes, 1, n, file) == n && fflush(file) == 0 &&
                 fsync(fileno(file)) == 0;
    if (file != NULL && fclose(file) != 0)
        is_written = 0;
    if (is_written && rename(part, path) == 0)
        return AGON_OK;
    (void)error_set(err, AGON_EIO, "%.512s cannot be written: %s", path, strerror(errno));
    if (file != NULL)
        (void)unlink(part);
    return AGON_EIO;
}

static int judge_rows(struct model *model, const struct train_out *out,
                      const struct train_rows *rows, struct judged *judged, struct error *err)
{
    struct answers answers;
    int rc = model_answer(model, rows, out->data->table.names, &answers, err);

    if (rc >= 0)
        model_judge(&model->goal, rows, &answers, 0, rows->n_rows, out->data->gap, judged);
    answers_free(&answers);
    return rc;
}

static int judge_all(struct model *model, struct train_out *out, struct error *err)
{
    struct train_rows learnt = out->data->learnt;
    uint32_t first = learnt.n_rows > SEEN_ROWS ? learnt.n_rows - SEEN_ROWS : 0;
    int rc = goal_check(&model->goal, &out->data->held, err);

    learnt.x += (size_t)first * learnt.n_features;
    learnt.y += first;
    learnt.times = learnt.times != NULL ? learnt.times + first : NULL;
    learnt.n_rows -= first;
    if (rc < 0)
        error_wrap(err, "of the rows held out");
    if (rc >= 0)
        rc = judge_rows(model, out, &out->data->held, &out->held, err);
    if (rc >= 0)
        rc = judge_rows(model, out, &learnt, &out->learnt, err);
    if (rc >= 0 && out->data->valid.n_rows > model->shape.window)
        rc = judge_rows(model, out, &out->data->valid, &out->valid, err);
    return rc;
}

static json_t *metrics_of(const struct train_out *out)
{
    json_t *metrics = json_pack("{s:o, s:o}", "train", judged_json(&out->learnt), "holdout",
                                judged_json(&out->held));

    if (out->valid.n > 0)
        (void)json_object_set_new(metrics, "validation", judged_json(&out->valid));
    (void)json_object_set_new(metrics, "seconds", json_real(out->seconds));
    return metrics;
}

static int keep(const struct model *model, struct train_out *out, struct error *err)
{
    const struct train_ask *ask = out->ask;
    json_t *metrics = metrics_of(out);
    const struct model_facts facts = {.model = model,
                                      .data = out->data,
                                      .data_path = ask->data,
                                      .target = ask->target,
                                      .params = out->params,
                                      .metrics = metrics,
                                      .held_sha256 = out->data->held_sha256,
                                      .by = ask->by};
    struct registry_version version = {0};
    int rc = model_keep(ask->models, ask->name, ask->out, &facts, &version, &out->n_judged, err);

    if (rc >= 0)
        (void)snprintf(out->version, sizeof(out->version), "%s@%u", version.name, version.version);
    registry_version_free(&version);
    json_decref(metrics);
    return rc;
}

static int is_on_card(const struct train_out *out)
{
    return out->device != NULL && strcmp(out->device, "cpu") != 0;
}

static void print_time(const struct train_out *out)
{
    char time[SPAN_TEXT];

    (void)span_of_s(out->seconds, time);
    if (is_on_card(out))
        printf("took      %s on %s", time, args_safe(out->device));
    else
        printf("took      %s on the processor, %lld threads", time, (long long)out->ask->n_threads);
    if (out->step_ms > 0)
        printf(", %.3g ms a step", out->step_ms);
    printf("\n");
    if (out->devices != NULL && strchr(out->devices, ',') != NULL)
        printf("devices   %s: begun on one and continued on another\n", args_safe(out->devices));
}

static void print(const struct train_out *out, const struct model *model, const json_t *gain)
{
    const struct judged *held = &out->held;
    const char *loss = held->is_classes ? "log-loss" : "mean square";

    printf("trained   %s: %u rows of %u features, target %s\n", out->trained,
           out->data->learnt.n_rows, out->data->learnt.n_features, args_safe(out->ask->target));
    printf("loss      %s\n", out->loss);
    printf("held out  %u rows: %s %.6g, of the best constant %.6g\n", held->n, loss, held->loss,
           held->loss_constant);
    if (held->is_classes)
        printf("          right %.2f%% (95%%: %.2f to %.2f), the constant %.2f%%: %s\n",
               100 * held->right, 100 * held->low, 100 * held->high, 100 * held->constant,
               judged_is_better(held) ? "better than the constant"
                                      : "no edge over the constant is shown");
    else
        printf("          better by %.6g (95%%: %.6g to %.6g): %s\n", held->gain, held->gain_low,
               held->gain_high,
               judged_is_better(held) ? "better than the constant"
                                      : "no edge over the constant is shown");
    if (judged_is_suspect(held))
        printf(
            "suspect   less than half of the constant's mistakes are left, which no market gives: "
            "look for a column that knows what comes behind its row\n");
    for (uint32_t i = 0; i < out->data->strongs.n && i < TRAIN_STRONG; i++) {
        char text[TRAIN_STRONG_TEXT];

        train_data_strong(out->data, i, text);
        printf("%-9s %s%s\n", i == 0 ? "strong" : "", text,
               i == 0 ? ": " TRAIN_STRONG_WHY "; the model's card says so" : "");
    }
    if (held->is_classes)
        printf("seen      right %.2f%% of the last %u rows trained on: %.2f points more than of "
               "those held out\n",
               100 * out->learnt.right, out->learnt.n, 100 * (out->learnt.right - held->right));
    model_gain_print(gain, 10);
    print_time(out);
    printf("model     %s, SHA-256 %s\n", args_safe(out->ask->out), model->sha256);
    if (out->version[0] == '\0')
        return;
    printf("version   %s, a candidate\n", out->version);
    if (out->n_judged > 0)
        printf("          the rows held out judged %u versions of it before: the more, the less "
               "they say\n",
               out->n_judged);
}

static json_t *strong_json(const struct train_data *data)
{
    json_t *all = json_array();

    for (uint32_t i = 0; i < data->strongs.n && i < TRAIN_STRONG; i++) {
        const struct train_strong *strong = &data->strongs.at[i];

        (void)json_array_append_new(
            all, json_pack("{s:s, s:i, s:f, s:f, s:f, s:f}", "column",
                           args_safe(data->table.names[strong->column]), "rows", (int)strong->n,
                           "right", strong->right, "right_low", strong->low, "right_high",
                           strong->high, "right_of_constant", strong->constant));
    }
    return all;
}

static void print_json(const struct train_out *out, const struct model *model, json_t *gain)
{
    const struct judged *held = &out->held;
    json_t *object = json_pack(
        "{s:s, s:s, s:s, s:s, s:i, s:i, s:i, s:i, s:f, s:f, s:b, s:b, s:f}", "kind", out->ask->kind,
        "goal", model->names.goal, "model", args_safe(out->ask->out), "sha256", model->sha256,
        "features", (int)out->data->learnt.n_features, "rows", (int)out->data->learnt.n_rows,
        "rows_held_out", (int)held->n, "gap", (int)out->data->gap, "loss_held_out", held->loss,
        "loss_of_constant", held->loss_constant, "is_better", judged_is_better(held), "is_suspect",
        judged_is_suspect(held), "seconds", out->seconds);

    // As it is, where it is UTF-8: a program is to open it.
    (void)json_object_set_new(object, "model", json_string(out->ask->out));
    (void)json_object_set_new(object, "device",
                              json_string(out->device != NULL ? out->device : "cpu"));
    if (out->devices != NULL)
        (void)json_object_set_new(object, "devices", json_string(out->devices));
    if (out->step_ms > 0)
        (void)json_object_set_new(object, "step_ms", json_real(out->step_ms));
    (void)json_object_update(object, out->said);
    (void)json_object_set_new(object, "strong", strong_json(out->data));
    if (gain != NULL)
        (void)json_object_set(object, "gain", gain);
    if (held->is_classes) {
        (void)json_object_set_new(object, "right", json_real(held->right));
        (void)json_object_set_new(object, "right_low", json_real(held->low));
        (void)json_object_set_new(object, "right_high", json_real(held->high));
        (void)json_object_set_new(object, "right_of_constant", json_real(held->constant));
        (void)json_object_set_new(object, "right_seen", json_real(out->learnt.right));
    }
    if (out->version[0] != '\0') {
        (void)json_object_set_new(object, "version", json_string(out->version));
        (void)json_object_set_new(object, "judged_before", json_integer(out->n_judged));
    }
    json_dumpf(object, stdout, JSON_INDENT(2));
    printf("\n");
    json_decref(object);
}

int train_out(struct train_out *out, const void *bytes, size_t n, struct error *err)
{
    struct model model;
    int rc = model_open(&model, out->ask->out, bytes, n, err);
    json_t *gain = rc >= 0 ? model_gain(&model.names, bytes, n) : NULL;

    if (rc >= 0)
        rc = judge_all(&model, out, err);
    if (rc >= 0)
        rc = train_out_write(out->ask->out, bytes, n, err);
    memcpy(out->sha256, model.sha256, sizeof(out->sha256));
    if (rc >= 0 && out->ask->name != NULL)
        rc = keep(&model, out, err);
    if (rc >= 0 && out->ask->is_json)
        print_json(out, &model, gain);
    else if (rc >= 0)
        print(out, &model, gain);
    json_decref(gain);
    model_close(&model);
    return rc < 0 ? train_out_exit(rc) : EXIT_OK;
}
