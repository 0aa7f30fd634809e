// SPDX-License-Identifier: Apache-2.0
#include "cli/train_table.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "lab/data_file.h"
#include "nn/trees_train.h"

#define COLUMNS   (TREES_FEATURES + 64u) /* with those that are ignored */
#define IS_TARGET UINT32_MAX
#define IGNORED   (UINT32_MAX - 1)

struct reader {
    struct train_table *table;
    struct lines *lines;
    uint32_t places[COLUMNS]; /* of a row's fields: which feature */
    uint32_t n_columns, room;
    uint32_t time, part, edition; /* columns of that name (agon features make); COLUMNS: none */
    double last_time;
    int is_judge;
};

static int is_ignored(const struct arg_list *ignore, const char *name)
{
    for (int i = 0; i < ignore->n; i++)
        if (strcmp(ignore->at[i], name) == 0)
            return 1;
    return 0;
}

/* The text up to the next comma, which becomes its end; *at goes behind it, NULL at the line's. */
static char *next_field(char **at)
{
    char *field = *at;
    char *comma = strchr(field, ',');

    *at = comma != NULL ? comma + 1 : NULL;
    if (comma != NULL)
        *comma = '\0';
    return field;
}

/* Of a head that is whole. */
static int has_column(const char *line, const char *name)
{
    size_t n = strlen(name);

    for (; line != NULL; line = strchr(line, ','), line += line != NULL)
        if (strncmp(line, name, n) == 0 && (line[n] == ',' || line[n] == '\0'))
            return 1;
    return 0;
}

/* One for the whole table. */
static int take_edition(struct reader *reader, const char *field, struct error *err)
{
    size_t n = strspn(field, "0123456789");
    uint32_t edition = n > 0 && n <= 6 && field[n] == '\0' ? (uint32_t)strtoul(field, NULL, 10) : 0;

    if (edition == 0 || (reader->table->n_rows > 0 && edition != reader->table->edition))
        return error_set(err, AGON_EINVAL,
                         "%s:%llu: edition is %.24s; expected that of the features, a whole number "
                         "from 1 on, the same in each row",
                         lines_name(reader->lines), (unsigned long long)lines_number(reader->lines),
                         args_safe(field));
    reader->table->edition = edition;
    return AGON_OK;
}

/* What is left out is looked at where a training would be worth nothing by it. */
static int look_at(struct reader *reader, uint32_t column, const char *field, struct error *err)
{
    double time;

    if (column == reader->part) {
        uint8_t part = strcmp(field, "train") == 0        ? TRAIN_LEARNT
                       : strcmp(field, "validation") == 0 ? TRAIN_VALIDATION
                                                          : TRAIN_HOLDOUT;

        if (part == TRAIN_HOLDOUT && strcmp(field, "holdout") != 0)
            return error_set(
                err, AGON_EINVAL,
                "%s:%llu: part is %.24s; expected train, validation or holdout, in this "
                "order",
                lines_name(reader->lines), (unsigned long long)lines_number(reader->lines),
                args_safe(field));
        if (reader->table->n_rows > 0 && part < reader->table->parts[reader->table->n_rows - 1])
            return error_set(err, AGON_EINVAL,
                             "%s:%llu: part is %.24s behind one that comes later; expected train, "
                             "validation, holdout",
                             lines_name(reader->lines),
                             (unsigned long long)lines_number(reader->lines), args_safe(field));
        reader->table->parts[reader->table->n_rows] = part;
    }
    if (column == reader->part && strcmp(field, "holdout") == 0 && !reader->is_judge)
        return error_set(err, AGON_EINVAL,
                         "%s:%llu: a row of a hold-out (column part); expected rows to train by: "
                         "those are kept for the last judgement",
                         lines_name(reader->lines),
                         (unsigned long long)lines_number(reader->lines));
    if (column == reader->edition)
        return take_edition(reader, field, err);
    if (column != reader->time)
        return AGON_OK;
    time = strtod(field, NULL);
    if (!(time > reader->last_time))
        return error_set(err, AGON_EINVAL,
                         "%s:%llu: time_ms %.24s is not behind that of the row before; expected "
                         "rows in the order of time",
                         lines_name(reader->lines), (unsigned long long)lines_number(reader->lines),
                         args_safe(field));
    reader->last_time = time;
    reader->table->times[reader->table->n_rows] = time;
    return AGON_OK;
}

static int read_head(struct reader *reader, char *line, const char *target,
                     const struct arg_list *ignore, struct error *err)
{
    struct train_table *table = reader->table;
    uint32_t n_targets = 0;

    table->head = strdup(line);
    table->names = calloc(COLUMNS, sizeof(*table->names));
    if (table->head == NULL || table->names == NULL)
        return error_set(err, AGON_ENOMEM, "no memory for %s", lines_name(reader->lines));
    for (char *at = table->head; at != NULL; reader->n_columns++) {
        const char *name = next_field(&at);
        uint32_t *place = &reader->places[reader->n_columns];

        if (reader->n_columns == COLUMNS || table->n_features == TREES_FEATURES)
            return error_set(err, AGON_EINVAL,
                             "%s:1: more than %u features; expected a table with fewer columns",
                             lines_name(reader->lines), TREES_FEATURES);
        if (name[0] == '\0')
            return error_set(err, AGON_EINVAL, "%s:1: column %u has no name; expected one of each",
                             lines_name(reader->lines), reader->n_columns + 1);
        for (uint32_t i = 0; i < table->n_features; i++)
            if (strcmp(table->names[i], name) == 0)
                return error_set(err, AGON_EINVAL,
                                 "%s:1: two columns %.64s; expected a name of its own for each",
                                 lines_name(reader->lines), args_safe(name));
        if (strcmp(name, target) == 0) {
            *place = IS_TARGET;
            n_targets++;
        } else if (strcmp(name, "time_ms") == 0) {
            *place = IGNORED;
            reader->time = reader->n_columns;
        } else if (strcmp(name, "part") == 0) {
            *place = IGNORED;
            reader->part = reader->n_columns;
        } else if (strcmp(name, "edition") == 0) {
            *place = IGNORED;
            reader->edition = reader->n_columns;
        } else if (is_ignored(ignore, name)) {
            *place = IGNORED;
        } else {
            *place = table->n_features;
            table->names[table->n_features++] = name;
        }
    }
    for (int i = 0; i < ignore->n; i++)
        if (!has_column(line, ignore->at[i]))
            return error_set(err, AGON_EINVAL,
                             "%s:1: no column %.64s; --ignore takes names that stand there",
                             lines_name(reader->lines), args_safe(ignore->at[i]));
    if (n_targets != 1)
        return error_set(err, AGON_EINVAL,
                         "%s:1: %u columns %.64s; expected one, the target: name it with --target",
                         lines_name(reader->lines), n_targets, args_safe(target));
    if (table->n_features == 0)
        return error_set(err, AGON_EINVAL, "%s:1: no column is left for a feature; expected one",
                         lines_name(reader->lines));
    return AGON_OK;
}

static int reserve(struct reader *reader, struct error *err)
{
    struct train_table *table = reader->table;
    uint32_t room = reader->room == 0 ? 1024 : 2 * reader->room;
    float *x;
    float *y;
    double *times;
    uint8_t *parts;

    if (table->n_rows < reader->room)
        return AGON_OK;
    if (table->n_rows >= TREES_ROWS / 2)
        return error_set(err, AGON_EINVAL, "%s:%llu: more than %u rows; expected fewer",
                         lines_name(reader->lines), (unsigned long long)lines_number(reader->lines),
                         TREES_ROWS / 2);
    x = realloc(table->x, (size_t)room * table->n_features * sizeof(*x));
    if (x != NULL)
        table->x = x;
    y = realloc(table->y, (size_t)room * sizeof(*y));
    if (y != NULL)
        table->y = y;
    times = reader->time < COLUMNS ? realloc(table->times, (size_t)room * sizeof(*times)) : NULL;
    if (times != NULL)
        table->times = times;
    parts = reader->part < COLUMNS ? realloc(table->parts, room) : NULL;
    if (parts != NULL)
        table->parts = parts;
    if (x == NULL || y == NULL || (reader->time < COLUMNS && times == NULL) ||
        (reader->part < COLUMNS && parts == NULL))
        return error_set(err, AGON_ENOMEM, "no memory for %u rows of %u features", room,
                         table->n_features);
    reader->room = room;
    return AGON_OK;
}

/* A plain decimal, or nothing: NaN. False: it is neither, or no float has it. */
static int number_of(const char *text, float *value)
{
    char *end;
    double number;

    *value = NAN;
    if (text[0] == '\0' || strcmp(text, "nan") == 0 || strcmp(text, "NaN") == 0)
        return 1;
    if (strspn(text, "+-.0123456789eE") != strlen(text))
        return 0;
    number = strtod(text, &end);
    *value = (float)number;
    return *end == '\0' && end != text && fabs(number) <= (double)FLT_MAX;
}

static int read_row(struct reader *reader, char *line, struct error *err)
{
    struct train_table *table = reader->table;
    uint32_t n = 0;
    int rc = reserve(reader, err);

    for (char *at = line; at != NULL && rc >= 0; n++) {
        const char *field = next_field(&at);
        uint32_t place = n < reader->n_columns ? reader->places[n] : IGNORED;
        float value;

        if (place == IGNORED) {
            rc = look_at(reader, n, field, err);
            continue;
        }
        if (!number_of(field, &value) || (place == IS_TARGET && isnan(value)))
            rc = error_set(err, AGON_EINVAL,
                           "%s:%llu: \"%.40s\" of column %u (%s) is not a number%s",
                           lines_name(reader->lines),
                           (unsigned long long)lines_number(reader->lines), args_safe(field), n + 1,
                           place == IS_TARGET ? "the target" : args_safe(table->names[place]),
                           place == IS_TARGET ? "; expected a target in each row"
                                              : "; expected one, or nothing where it is missing");
        else if (place == IS_TARGET)
            table->y[table->n_rows] = value;
        else
            table->x[(size_t)table->n_rows * table->n_features + place] = value;
    }
    if (rc >= 0 && n != reader->n_columns)
        rc = error_set(err, AGON_EINVAL, "%s:%llu: %u fields; expected %u, as in the first line",
                       lines_name(reader->lines), (unsigned long long)lines_number(reader->lines),
                       n, reader->n_columns);
    table->n_rows += rc >= 0;
    return rc;
}

int train_table_read(struct train_table *table, const struct train_wants *wants, struct error *err)
{
    struct reader reader = {.table = table,
                            .time = COLUMNS,
                            .part = COLUMNS,
                            .edition = COLUMNS,
                            .last_time = -INFINITY,
                            .is_judge = wants->is_judge};
    unsigned char digest[HASH_SIZE];
    struct data_count count;
    uint32_t n;
    char *line;
    int rc;

    *table = (struct train_table){0};
    reader.lines = data_file_open_counted(wants->path, &count, err);
    if (reader.lines == NULL)
        return err->code < 0 ? err->code : AGON_EIO;
    rc = lines_next(reader.lines, &line, &n, err);
    if (rc == 0)
        rc = error_set(err, AGON_EINVAL, "%s: it is empty; expected a line of names, then rows",
                       wants->path);
    if (rc > 0)
        rc = read_head(&reader, line, wants->target, wants->ignore, err);
    while (rc >= 0 && (rc = lines_next(reader.lines, &line, &n, err)) > 0)
        rc = read_row(&reader, line, err);
    lines_close(reader.lines);
    sha256_final(&count.hash, digest);
    hash_hex(digest, table->sha256);
    return rc;
}

void train_table_free(struct train_table *table)
{
    free(table->head);
    free(table->names);
    free(table->x);
    free(table->y);
    free(table->times);
    free(table->parts);
    *table = (struct train_table){0};
}
