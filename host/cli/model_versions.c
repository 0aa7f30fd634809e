// SPDX-License-Identifier: Apache-2.0
/* model_versions: `agon models add|ls|show|rollback`, and what the other verbs begin with. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/exit.h"
#include "cli/model_cmd.h"
#include "cli/model_gain.h"
#include "cli/model_keep.h"
#include "cli/train_out.h"
#include "sys/clock.h"
#include "sys/file.h"

#define TEXT_MOST 120
#define WIDTH     80u /* of a terminal */
#define KEY_WIDTH 11u /* of what stands before a line's text */

int model_exit(int rc)
{
    return rc == AGON_ENOENT ? EXIT_DATA : train_out_exit(rc);
}

int model_version_open(struct registry *registry, const char *word, struct model_version *of,
                       struct error *err)
{
    char name[REGISTRY_NAME];
    uint32_t number = 0;
    int rc;

    *of = (struct model_version){0};
    rc = registry_parse(word, name, &number, err);
    if (rc >= 0)
        rc = registry_find(registry, name, number, &of->version, err);
    if (rc >= 0)
        rc = registry_check(&of->version, err);
    if (rc >= 0)
        rc = model_open_file(&of->model, of->version.path, err);
    if (rc < 0)
        return rc;
    (void)snprintf(of->word, sizeof(of->word), "%s@%u", of->version.name, of->version.version);
    of->data = json_loads(of->version.data, 0, NULL);
    of->metrics = json_loads(of->version.metrics, 0, NULL);
    return AGON_OK;
}

void model_version_close(struct model_version *of)
{
    model_close(&of->model);
    registry_version_free(&of->version);
    json_decref(of->data);
    json_decref(of->metrics);
    *of = (struct model_version){0};
}

/* Rows behind the last one that a version was taught by, or chosen by. */
static int leave_out(struct model_rows *rows, const struct model_version *of, struct error *err)
{
    const char *sha256 = json_string_value(json_object_get(of->data, "sha256"));
    const json_t *seen = json_object_get(of->data, "seen_ms");
    uint32_t i = 0;

    if (!json_is_number(seen) || rows->table.times == NULL) {
        if (sha256 == NULL || strcmp(sha256, rows->table.sha256) != 0)
            return AGON_OK;
        return error_set(
            err, AGON_EINVAL,
            "these rows are what %s was taught by; expected others, or a column time_ms "
            "to tell them apart",
            of->word);
    }
    while (i < rows->table.n_rows && !(rows->table.times[i] > json_number_value(seen)))
        i++;
    // The first ones behind have targets that overlap with those of the last ones seen.
    i += i > 0 ? rows->gap : 0;
    rows->n_left_out = i > rows->n_left_out ? i : rows->n_left_out;
    if (rows->n_left_out < rows->table.n_rows)
        return AGON_OK;
    return error_set(err, AGON_EINVAL,
                     "all %u rows are of the time that %s was taught by; expected later ones",
                     rows->table.n_rows, of->word);
}

int model_rows_read(struct model_rows *rows, const struct model_ask *ask,
                    const struct model_version *const *of, uint32_t n, int is_all,
                    struct error *err)
{
    const struct train_wants wants = {ask->data, ask->target, &ask->ignore, 1};
    int rc;

    *rows = (struct model_rows){.gap = (uint32_t)ask->gap};
    rc = train_table_read(&rows->table, &wants, err);
    for (uint32_t i = 0; i < n && !ask->has_gap; i++) {
        json_int_t gap = json_integer_value(json_object_get(of[i]->data, "gap"));

        rows->gap = gap > rows->gap && gap <= 1000000 ? (uint32_t)gap : rows->gap;
    }
    for (uint32_t i = 0; i < n && rc >= 0 && !is_all; i++)
        rc = leave_out(rows, of[i], err);
    if (rc < 0)
        return rc;
    rows->rows =
        (struct train_rows){rows->table.x + (size_t)rows->n_left_out * rows->table.n_features,
                            rows->table.y + rows->n_left_out,
                            rows->table.times != NULL ? rows->table.times + rows->n_left_out : NULL,
                            rows->table.n_rows - rows->n_left_out,
                            rows->table.n_features,
                            rows->table.edition};
    return goal_check(&of[0]->model.goal, &rows->rows, err);
}

/* --- add --- */

static int judge_held(struct model *model, const struct train_data *data, const char *what,
                      const struct train_rows *rows, json_t *metrics, struct error *err)
{
    struct answers answers;
    struct judged judged;
    int rc = goal_check(&model->goal, rows, err);

    if (rc < 0)
        return rc;
    rc = model_answer(model, rows, data->table.names, &answers, err);
    if (rc >= 0) {
        model_judge(&model->goal, rows, &answers, 0, rows->n_rows, data->gap, &judged);
        (void)json_object_set_new(metrics, what, judged_json(&judged));
    }
    answers_free(&answers);
    return rc;
}

static int judge_data(const struct model_ask *ask, struct model *model, struct train_data *data,
                      json_t *metrics, struct error *err)
{
    const struct train_ask from = {.kind = "add",
                                   .data = ask->data,
                                   .holdout = ask->holdout,
                                   .target = ask->target,
                                   .ignore = ask->ignore,
                                   .is_leaky = 1};
    const struct train_share share = {.validation_ppm = 100000,
                                      .holdout_ppm = 200000,
                                      .gap = (uint32_t)ask->gap,
                                      .fewest = 1 + model->shape.window,
                                      .has_validation = 1};
    int rc = train_data_read(data, &from, &share, err);

    if (rc >= 0)
        rc = judge_held(model, data, "train", &data->learnt, metrics, err);
    if (rc >= 0 && data->valid.n_rows > model->shape.window)
        rc = judge_held(model, data, "validation", &data->valid, metrics, err);
    return rc < 0 ? rc : judge_held(model, data, "holdout", &data->held, metrics, err);
}

int model_add(const struct model_ask *ask, struct error *err)
{
    const char *name = ask->operands.at[1], *path = ask->operands.at[2];
    struct registry_version version = {0};
    struct train_data data = {0};
    json_t *metrics = json_object();
    struct model model;
    struct model_facts facts = {.model = &model, .by = ask->by, .metrics = metrics};
    uint32_t n_judged = 0;
    int rc = model_open_file(&model, path, err);

    if (rc >= 0 && ask->data != NULL) {
        rc = judge_data(ask, &model, &data, metrics, err);
        facts.data = &data;
        facts.data_path = ask->data;
        facts.target = ask->target;
        facts.held_sha256 = data.held_sha256;
    }
    if (rc >= 0)
        rc = model_keep(ask->dir, name, path, &facts, &version, &n_judged, err);
    if (rc >= 0 && ask->is_json) {
        json_t *object = model_version_json(&version);

        json_dumpf(object, stdout, JSON_INDENT(2));
        printf("\n");
        json_decref(object);
    } else if (rc >= 0) {
        printf("%s@%u, a candidate: SHA-256 %s\n", version.name, version.version, version.sha256);
    }
    registry_version_free(&version);
    train_data_free(&data);
    model_close(&model);
    json_decref(metrics);
    return rc < 0 ? model_exit(rc) : EXIT_OK;
}

/* --- ls and show --- */

static void put_json(json_t *object, const char *key, const char *text)
{
    json_t *value = json_loads(text, JSON_DECODE_ANY, NULL);

    (void)json_object_set_new(object, key, value != NULL ? value : json_null());
}

json_t *model_version_json(const struct registry_version *version)
{
    char time[CLOCK_TEXT];
    json_t *object;

    clock_text(version->added_ns, time);
    object = json_pack("{s:s, s:i, s:s, s:s, s:I, s:s, s:s, s:s, s:s}", "name", version->name,
                       "version", (int)version->version, "state", version->state, "sha256",
                       version->sha256, "bytes", (json_int_t)version->bytes, "kind", version->kind,
                       "added", time, "by", version->added_by, "path", version->path);
    put_json(object, "inputs", version->inputs);
    put_json(object, "data", version->data);
    put_json(object, "params", version->params);
    put_json(object, "metrics", version->metrics);
    return object;
}

/* "right 61.20% (58.30 to 64.00), the constant 50.10%", of the rows that judged it. */
static void judged_text(const struct registry_version *version, const char *part,
                        char text[TEXT_MOST])
{
    json_t *metrics = json_loads(version->metrics, 0, NULL);
    const json_t *held = json_object_get(metrics, part);

    (void)snprintf(text, TEXT_MOST, "not judged");
    if (json_is_number(json_object_get(held, "right")))
        (void)snprintf(text, TEXT_MOST, "right %.2f%% (%.2f to %.2f), the constant %.2f%%",
                       100 * json_number_value(json_object_get(held, "right")),
                       100 * json_number_value(json_object_get(held, "right_low")),
                       100 * json_number_value(json_object_get(held, "right_high")),
                       100 * json_number_value(json_object_get(held, "right_constant")));
    else if (json_is_number(json_object_get(held, "loss")))
        (void)snprintf(text, TEXT_MOST, "mean square %.6g, of the constant %.6g",
                       json_number_value(json_object_get(held, "loss")),
                       json_number_value(json_object_get(held, "loss_constant")));
    json_decref(metrics);
}

struct listing {
    json_t *all; /* as JSON, or NULL */
    uint32_t n;
};

static int list_one(void *ctx, const struct registry_version *version)
{
    struct listing *listing = ctx;
    char text[TEXT_MOST], word[96];

    if (listing->all != NULL)
        return json_array_append_new(listing->all, model_version_json(version)) == 0 ? AGON_OK
                                                                                     : AGON_ENOMEM;
    judged_text(version, "holdout", text);
    (void)snprintf(word, sizeof(word), "%s@%u", version->name, version->version);
    if (listing->n++ == 0)
        printf("%-20s %-9s %-8s  %s\n", "VERSION", "STATE", "WEIGHTS", "MODEL, WHAT IT SAYS");
    printf("%-20s %-9s %.8s  %s\n", word, version->state, version->sha256, version->kind);
    printf("%10sheld out: %s\n", "", text);
    return AGON_OK;
}

int model_ls(const struct model_ask *ask, struct error *err)
{
    struct registry *registry = registry_open(ask->dir, REGISTRY_READ, err);
    struct listing listing = {.all = ask->is_json ? json_array() : NULL};
    int rc;

    if (registry == NULL) {
        json_decref(listing.all);
        return model_exit(err->code);
    }
    rc = registry_each(registry, ask->operands.n > 1 ? ask->operands.at[1] : NULL, list_one,
                       &listing, err);
    if (rc >= 0 && listing.all != NULL) {
        json_dumpf(listing.all, stdout, JSON_INDENT(2));
        printf("\n");
    }
    json_decref(listing.all);
    registry_close(registry);
    return rc < 0 ? model_exit(rc) : EXIT_OK;
}

static int tell_event(void *ctx, const struct registry_event *event)
{
    json_t *all = ctx;
    char time[CLOCK_TEXT];

    clock_text(event->at_ns, time);
    if (all != NULL) {
        json_t *object = json_pack("{s:s, s:s, s:s, s:i, s:i, s:s}", "time", time, "by", event->by,
                                   "what", event->what, "version", (int)event->version, "before",
                                   (int)event->from, "reason", event->reason);

        put_json(object, "evidence", event->evidence[0] != '\0' ? event->evidence : "null");
        return json_array_append_new(all, object) == 0 ? AGON_OK : AGON_ENOMEM;
    }
    printf("  %s  %-8s @%u%s%s%s%s\n", time, event->what, event->version,
           event->by[0] ? " by " : "", event->by, event->reason[0] != '\0' ? ": " : "",
           event->reason);
    return AGON_OK;
}

/* Of the file, so that versions of before and those of other programs are ranked too. NULL: it is
 * a net, or its file is not as it was, which registry_check says. */
static json_t *gain_of(const struct registry_version *version)
{
    struct served_names names = {0};
    struct error none = {0};
    json_t *gain = NULL;
    char *bytes = NULL;
    uint64_t n = 0;

    if (strncmp(version->kind, "trees/1", 7) == 0 &&
        file_read(version->path, version->bytes, &bytes, &n, &none) >= 0 &&
        served_said(bytes, n, &names, &none) >= 0)
        gain = model_gain(&names, bytes, n);
    free(names.inputs);
    free(bytes);
    return gain;
}

/* A value of what a version keeps of itself: times as such, hashes by their beginning. */
static void value_text(const char *key, const json_t *value, char text[TEXT_MOST])
{
    size_t n = strlen(key);
    char time[CLOCK_TEXT];

    if (json_is_string(value))
        (void)snprintf(text, TEXT_MOST,
                       n >= 6 && strcmp(key + n - 6, "sha256") == 0 ? "%.16s" : "%s",
                       json_string_value(value));
    else if (n > 3 && strcmp(key + n - 3, "_ms") == 0 && json_is_number(value) &&
             fabs(json_number_value(value)) < 9e12) {
        clock_text((int64_t)json_number_value(value) * 1000000, time);
        (void)snprintf(text, TEXT_MOST, "%.16sZ", time);
    } else if (json_is_integer(value))
        (void)snprintf(text, TEXT_MOST, "%lld", (long long)json_integer_value(value));
    else if (json_is_real(value))
        (void)snprintf(text, TEXT_MOST, "%.6g", json_real_value(value));
    else
        (void)snprintf(text, TEXT_MOST, "%s",
                       json_is_true(value)    ? "yes"
                       : json_is_false(value) ? "no"
                                              : "-");
}

/* One more of a list that is as wide as a terminal. */
static void put_item(const char *item, size_t *at)
{
    size_t n = strlen(item);

    if (*at > KEY_WIDTH && *at + n + 1 > WIDTH) {
        printf("\n%*s", (int)KEY_WIDTH, "");
        *at = KEY_WIDTH;
    } else if (*at > KEY_WIDTH) {
        printf(" ");
        *at += 1;
    }
    fputs(item, stdout);
    *at += n;
}

/* What is kept as JSON, in words: its names and values, or a list's values. */
static void show_json(const char *name, const char *text)
{
    json_t *value = json_loads(text, 0, NULL);
    size_t at = KEY_WIDTH, i;
    const char *key;
    json_t *item;

    printf("%-10s ", name);
    json_array_foreach(value, i, item)
        put_item(json_is_string(item) ? json_string_value(item) : "-", &at);
    json_object_foreach(value, key, item)
    {
        char of[TEXT_MOST], line[2 * TEXT_MOST];

        value_text(key, item, of);
        (void)snprintf(line, sizeof(line), "%.64s=%s", key, of);
        put_item(line, &at);
    }
    printf("%s\n", at == KEY_WIDTH ? "-" : "");
    json_decref(value);
}

static void show_text(const struct registry_version *version, const json_t *gain)
{
    static const char *const parts[] = {"train", "validation", "holdout"};
    char time[CLOCK_TEXT], text[TEXT_MOST];

    clock_text(version->added_ns, time);
    printf("%s@%u, %s: %s\nadded      %s by %s\nSHA-256    %s\nfile       %llu bytes:\n  %s\n",
           version->name, version->version, version->state, version->kind, time, version->added_by,
           version->sha256, (unsigned long long)version->bytes, version->path);
    show_json("inputs", version->inputs);
    show_json("taught by", version->data);
    show_json("parameters", version->params);
    for (int i = 0; i < 3; i++) {
        judged_text(version, parts[i], text);
        printf("%-10s %s\n", parts[i], text);
    }
    model_gain_print(gain, 11);
    printf("history\n");
}

int model_show(const struct model_ask *ask, struct error *err)
{
    struct registry *registry = registry_open(ask->dir, REGISTRY_READ, err);
    struct registry_version version = {0};
    json_t *events = json_array(), *object = NULL, *gain = NULL;
    char name[REGISTRY_NAME];
    uint32_t number = 0;
    int rc = registry != NULL ? registry_parse(ask->operands.at[1], name, &number, err) : err->code;

    if (rc >= 0)
        rc = registry_find(registry, name, number, &version, err);
    if (rc >= 0)
        gain = gain_of(&version);
    if (rc >= 0 && !ask->is_json)
        show_text(&version, gain);
    if (rc >= 0)
        rc = registry_history(registry, name, tell_event, ask->is_json ? events : NULL, err);
    if (rc >= 0 && ask->is_json) {
        object = model_version_json(&version);
        (void)json_object_set(object, "history", events);
        if (gain != NULL)
            (void)json_object_set(object, "gain", gain);
        json_dumpf(object, stdout, JSON_INDENT(2));
        printf("\n");
    }
    if (rc >= 0)
        rc = registry_check(&version, err);
    json_decref(object);
    json_decref(events);
    json_decref(gain);
    registry_version_free(&version);
    registry_close(registry);
    return rc < 0 ? model_exit(rc) : EXIT_OK;
}

int model_rollback(const struct model_ask *ask, struct error *err)
{
    const struct registry_move move = {.at_ns = clock_now(),
                                       .by = model_who(ask->by),
                                       .reason = ask->reason != NULL ? ask->reason : ""};
    struct registry *registry = registry_open(ask->dir, REGISTRY_WRITE, err);
    uint32_t number = 0;
    int rc = registry != NULL
                 ? registry_rollback(registry, ask->operands.at[1], &move, &number, err)
                 : err->code;

    if (rc >= 0)
        printf("%s@%u is current again\n", args_safe(ask->operands.at[1]), number);
    registry_close(registry);
    return rc < 0 ? model_exit(rc) : EXIT_OK;
}
