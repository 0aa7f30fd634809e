// SPDX-License-Identifier: Apache-2.0
#include "cli/train_data.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "nn/trees_train.h"
#include "sys/file.h"

static struct train_rows rows_of(const struct train_table *table, uint64_t from, uint64_t to)
{
    return (struct train_rows){table->x + from * table->n_features,
                               table->y + from,
                               table->times != NULL ? table->times + from : NULL,
                               to > from ? (uint32_t)(to - from) : 0,
                               table->n_features,
                               table->edition};
}

static int divide(struct train_data *data, const struct train_share *share, struct error *err)
{
    const struct train_table *table = &data->table;
    uint64_t n = table->n_rows;
    uint64_t n_held = n * share->holdout_ppm / 1000000;
    uint64_t n_valid = share->has_validation ? n * share->validation_ppm / 1000000 : 0;
    uint64_t n_gaps = (uint64_t)share->gap * (n_valid > 0 ? 2 : 1);
    uint64_t end;

    if (n_held < share->fewest || (share->has_validation && n_valid < share->fewest) ||
        n < n_held + n_valid + n_gaps + share->fewest)
        return error_set(err, AGON_EINVAL,
                         "%llu rows: %llu to hold out, %llu to validate by, gaps of %u between; "
                         "expected at least %u rows in each part and in what is left to train on",
                         (unsigned long long)n, (unsigned long long)n_held,
                         (unsigned long long)n_valid, share->gap, share->fewest);
    data->held = rows_of(table, n - n_held, n);
    end = n - n_held - share->gap;
    data->valid = rows_of(table, end - n_valid, end);
    if (n_valid > 0)
        end -= n_valid + share->gap;
    data->learnt = rows_of(table, 0, end);
    data->gap = share->gap;
    memcpy(data->held_sha256, table->sha256, sizeof(data->held_sha256));
    return AGON_OK;
}

/* "a.csv" becomes "a.holdout.csv", as agon features make names it. */
static int holdout_of(const char *path, char *held, size_t room)
{
    const char *dot = strrchr(path, '.'), *slash = strrchr(path, '/');
    int n = dot != NULL && (slash == NULL || dot > slash) ? (int)(dot - path) : (int)strlen(path);

    return snprintf(held, room, "%.*s.holdout%s", n, path, path + n) < (int)room;
}

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

/* The usual distance between two rows; 0: unknown. */
static double usual_step(const struct train_rows *rows)
{
    enum { LOOKED = 201 };
    double steps[LOOKED];
    uint32_t n = 0;

    if (rows->times == NULL || rows->n_rows < 2)
        return 0;
    for (uint32_t i = 1; i < rows->n_rows && n < LOOKED; i += 1 + rows->n_rows / LOOKED)
        steps[n++] = rows->times[i] - rows->times[i - 1];
    qsort(steps, n, sizeof(*steps), by_size);
    return steps[n / 2];
}

/* Rows that would fit between two parts; -1: that is not known. */
static double between(const struct train_rows *one, const struct train_rows *two)
{
    double step = usual_step(one);

    if (step <= 0 || two->times == NULL || one->n_rows == 0 || two->n_rows == 0)
        return -1;
    return (two->times[0] - one->times[one->n_rows - 1]) / step - 1;
}

/* No target of one part may lie in the next: the tool holds to what it is said to look ahead. */
static int check_gap(const struct train_rows *one, const struct train_rows *two, const char *what,
                     uint32_t *gap, struct error *err)
{
    double apart = between(one, two);

    if (apart < -0.5 && two->times != NULL && one->times != NULL)
        return error_set(
            err, AGON_EINVAL,
            "the rows %s begin before those in front of them end; expected parts in the "
            "order of time",
            what);
    if (apart < -0.5)
        return AGON_OK;
    if (*gap > 0 && apart + 0.5 < *gap)
        return error_set(
            err, AGON_EINVAL,
            "the rows %s begin %.0f rows behind those in front of them, and the target "
            "looks %u ahead: its answers were seen; make the parts with --ahead %u",
            what, apart, *gap, *gap);
    return AGON_OK;
}

static int take_parts(struct train_data *data, const struct train_ask *ask,
                      const struct train_share *share, int has_parts, struct error *err)
{
    const struct train_wants wants = {data->held_path, ask->target, &ask->ignore, 1};
    const struct train_table *table = &data->table;
    uint32_t n_learnt = 0, first_valid;
    double apart;
    int rc;

    if (has_parts) {
        while (n_learnt < table->n_rows && table->parts[n_learnt] == TRAIN_LEARNT)
            n_learnt++;
        first_valid = n_learnt;
    } else {
        uint64_t n_valid =
            share->has_validation ? (uint64_t)table->n_rows * share->validation_ppm / 1000000 : 0;
        uint32_t gap = n_valid > 0 ? share->gap : 0;

        first_valid = table->n_rows - (uint32_t)n_valid;
        n_learnt = first_valid > gap ? first_valid - gap : 0;
    }
    data->learnt = rows_of(table, 0, n_learnt);
    data->valid = rows_of(table, first_valid, table->n_rows);
    rc = train_table_read(&data->holdout, &wants, err);
    if (rc < 0)
        return rc;
    if (data->holdout.n_features != table->n_features)
        return error_set(err, AGON_EINVAL,
                         "%s has %u features, and %s %u; expected the same columns",
                         data->held_path, data->holdout.n_features, ask->data, table->n_features);
    for (uint32_t i = 0; i < table->n_features; i++)
        if (strcmp(table->names[i], data->holdout.names[i]) != 0)
            return error_set(err, AGON_EINVAL,
                             "%s has a column %.64s where %s has %.64s; expected the same columns",
                             data->held_path, args_safe(data->holdout.names[i]), ask->data,
                             args_safe(table->names[i]));
    if (data->holdout.edition != table->edition)
        return error_set(err, AGON_EINVAL,
                         "%s is of edition %u of the features, and %s of %u (0: it does not say); "
                         "expected the same: make both again",
                         data->held_path, data->holdout.edition, ask->data, table->edition);
    data->held = rows_of(&data->holdout, 0, data->holdout.n_rows);
    memcpy(data->held_sha256, data->holdout.sha256, sizeof(data->held_sha256));
    if (n_learnt < share->fewest || data->held.n_rows < share->fewest ||
        (share->has_validation && data->valid.n_rows < share->fewest))
        return error_set(
            err, AGON_EINVAL,
            "%u rows to train on, %u to validate by, %u held out; expected at least %u "
            "in each part",
            n_learnt, data->valid.n_rows, data->held.n_rows, share->fewest);
    data->gap = share->gap;
    rc = data->valid.n_rows > 0
             ? check_gap(&data->learnt, &data->valid, "to validate by", &data->gap, err)
             : AGON_OK;
    if (rc >= 0)
        rc = check_gap(data->valid.n_rows > 0 ? &data->valid : &data->learnt, &data->held,
                       "that are held out", &data->gap, err);
    apart = between(data->valid.n_rows > 0 ? &data->valid : &data->learnt, &data->held);
    if (data->gap == 0 && apart >= 0.5 && apart < 1000000)
        data->gap = (uint32_t)(apart + 0.5); // as much as it may look ahead
    return rc;
}

int train_data_read(struct train_data *data, const struct train_ask *ask,
                    const struct train_share *share, struct error *err)
{
    const struct train_wants wants = {ask->data, ask->target, &ask->ignore, 0};
    int has_parts;
    int rc;

    memset(data, 0, sizeof(*data));
    rc = train_table_read(&data->table, &wants, err);
    if (rc < 0)
        return rc;
    has_parts = data->table.parts != NULL && data->table.n_rows > 0 &&
                data->table.parts[data->table.n_rows - 1] != TRAIN_LEARNT;
    (void)snprintf(data->held_path, sizeof(data->held_path), "%s",
                   ask->holdout != NULL ? ask->holdout : ask->data);
    if (has_parts && ask->holdout == NULL &&
        (!holdout_of(ask->data, data->held_path, sizeof(data->held_path)) ||
         !file_is_there(data->held_path)))
        return error_set(
            err, AGON_EINVAL,
            "%s has rows to validate by, and %.400s with those that judge is not there; "
            "expected it, or --holdout FILE",
            ask->data, data->held_path);
    rc = has_parts || ask->holdout != NULL ? take_parts(data, ask, share, has_parts, err)
                                           : divide(data, share, err);
    if (rc >= 0 && !ask->is_leaky)
        rc = train_leak_check(&data->learnt, data->table.names, data->gap, err);
    return rc;
}

void train_data_free(struct train_data *data)
{
    train_table_free(&data->table);
    train_table_free(&data->holdout);
}

void train_data_strong(const struct train_data *data, uint32_t nth, char *text)
{
    const struct train_strong *strong = &data->strongs.at[nth];

    (void)snprintf(text, TRAIN_STRONG_TEXT,
                   "column %.64s alone is right in %.2f%% (95%%: %.2f to %.2f) of %u rows, the "
                   "constant in %.2f%%",
                   args_safe(data->table.names[strong->column]), 100 * strong->right,
                   100 * strong->low, 100 * strong->high, strong->n, 100 * strong->constant);
}

int train_data_look(struct train_data *data, const struct train_ask *ask, struct error *err)
{
    int rc = train_leak_strong(&data->learnt, data->gap, &data->strongs, err);

    for (uint32_t i = 0; rc >= 0 && i < data->strongs.n && i < TRAIN_STRONG && !ask->is_quiet;
         i++) {
        char text[TRAIN_STRONG_TEXT];

        train_data_strong(data, i, text);
        fprintf(stderr, "agon train: %s: " TRAIN_STRONG_WHY "\n", text);
    }
    return rc;
}
