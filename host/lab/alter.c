// SPDX-License-Identifier: Apache-2.0
#include "lab/alter.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/num.h"
#include "lab/data_file.h"
#include "market/table.h"

#define PEEK_ROWS 200
#define SECOND_NS ((agon_ns_t)1000000000)
#define MILLI_NS  ((agon_ns_t)1000000)

struct work {
    const struct tape_info *info;
    const struct alter *alter;
    struct altered *altered;
    FILE *out;
    struct table table;
    int is_over;            /* CUT: one row behind the end was written */
    enum table_column time; /* of the rows: when they were received, where they say that */
};

static void find_columns(struct work *work, const char *line, uint32_t n)
{
    const char *why;
    uint32_t at;

    (void)table_head(&work->table, line, n, &why, &at);
    work->time = (enum table_column)work->table.time;
    if (work->info->has_received && work->table.places[TABLE_RECEIVED_US] >= 0)
        work->time = TABLE_RECEIVED_US;
}

static int value_of(const struct work *work, const struct table_row *row, enum table_column column,
                    int exp, int64_t *value)
{
    return table_has(&work->table, row, column) &&
           table_number(&work->table, row, column, exp, value) >= 0;
}

// Digits behind the point, or more.
static void widen(const struct work *work, const struct table_row *row, enum table_column column,
                  int *exp)
{
    int place = work->table.places[column];
    int digits = table_has(&work->table, row, column)
                     ? recording_places(row->fields[place], row->lengths[place])
                     : 0;

    *exp = digits > *exp && digits <= 8 ? digits : *exp;
}

static int time_of(const struct work *work, const struct table_row *row, agon_ns_t *t)
{
    return work->time != TABLE_COLS && table_has(&work->table, row, work->time) &&
           table_time_of(&work->table, row, work->time, t) >= 0;
}

// The row with other words at some of its places; NULL: as it was.
static void put_row(struct work *work, const struct table_row *row,
                    char words[TABLE_COLS][NUM_TEXT])
{
    for (uint32_t i = 0; i < row->n; i++) {
        const char *word = NULL;

        for (int column = 0; column < TABLE_COLS; column++) {
            if (work->table.places[column] == (int)i && words[column][0] != '\0')
                word = words[column];
        }
        if (i > 0)
            fputc(',', work->out);
        if (word != NULL)
            fputs(word, work->out);
        else
            fwrite(row->fields[i], 1, row->lengths[i], work->out);
    }
    fputc('\n', work->out);
    work->altered->n_rows++;
}

static agon_px_t mirrored(agon_px_t px, agon_px_t open)
{
    agon_px_t other = num_add(open, num_add(open, -px));

    return other < 1 ? 1 : other;
}

// As far from the open as before, on its other side; twice the volume.
static int put_mirrored(struct work *work, const struct table_row *row)
{
    char words[TABLE_COLS][NUM_TEXT] = {{0}};
    int px_exp = 0, qty_exp = 0;
    int64_t px[TABLE_COLS] = {0};
    agon_px_t high;

    for (int i = TABLE_OPEN; i <= TABLE_CLOSE; i++)
        widen(work, row, (enum table_column)i, &px_exp);
    widen(work, row, TABLE_VOLUME, &qty_exp);
    for (int i = TABLE_OPEN; i <= TABLE_CLOSE; i++) {
        if (!value_of(work, row, (enum table_column)i, px_exp, &px[i]) || px[i] <= 0)
            return 0;
    }
    if (!value_of(work, row, TABLE_VOLUME, qty_exp, &px[TABLE_VOLUME]))
        return 0;
    high = mirrored(px[TABLE_LOW], px[TABLE_OPEN]);
    // One that did not move has to move.
    if (px[TABLE_HIGH] == px[TABLE_LOW])
        high = num_add(high, num_add(1, px[TABLE_OPEN] / 1000));
    num_format(high, px_exp, words[TABLE_HIGH]);
    num_format(mirrored(px[TABLE_HIGH], px[TABLE_OPEN]), px_exp, words[TABLE_LOW]);
    num_format(px[TABLE_HIGH] == px[TABLE_LOW] ? high : mirrored(px[TABLE_CLOSE], px[TABLE_OPEN]),
               px_exp, words[TABLE_CLOSE]);
    num_format(num_add(num_mul(px[TABLE_VOLUME], 2), 1), qty_exp, words[TABLE_VOLUME]);
    put_row(work, row, words);
    return 1;
}

// A bar of which no more is known than its open.
static void put_open(struct work *work, const struct table_row *row)
{
    char words[TABLE_COLS][NUM_TEXT] = {{0}};
    int place = work->table.places[TABLE_OPEN];

    if (place >= 0 && (uint32_t)place < row->n && row->lengths[place] < NUM_TEXT) {
        for (int i = TABLE_HIGH; i <= TABLE_CLOSE; i++) {
            memcpy(words[i], row->fields[place], row->lengths[place]);
            words[i][row->lengths[place]] = '\0';
        }
    }
    words[TABLE_VOLUME][0] = '0';
    put_row(work, row, words);
}

// When somebody traded next, and at what price nobody knows: a hundredth more than it was.
static void put_unknown(struct work *work, const struct table_row *row)
{
    static const enum table_column px_columns[] = {TABLE_OPEN, TABLE_HIGH, TABLE_LOW, TABLE_CLOSE,
                                                   TABLE_PX};
    static const enum table_column qty_columns[] = {TABLE_VOLUME, TABLE_QTY};
    char words[TABLE_COLS][NUM_TEXT] = {{0}};
    int64_t value;
    int px_exp = 0;

    for (int i = 0; i < 5; i++)
        widen(work, row, px_columns[i], &px_exp);
    for (int i = 0; i < 5; i++) {
        if (value_of(work, row, px_columns[i], px_exp, &value))
            num_format(num_mul_div(value, 101, 100, NUM_UP), px_exp, words[px_columns[i]]);
    }
    for (int i = 0; i < 2; i++) {
        int exp = 0;

        widen(work, row, qty_columns[i], &exp);
        if (value_of(work, row, qty_columns[i], exp, &value))
            num_format(num_add(num_mul(value, 2), 1), exp, words[qty_columns[i]]);
    }
    put_row(work, row, words);
}

// Seconds with all nine places, whatever they had.
static void put_time(agon_ns_t t, enum table_column column, char word[NUM_TEXT])
{
    if (column == TABLE_TIME_S)
        num_format(t, table_time_exp(column), word);
    else
        num_format_short(t, table_time_exp(column), word);
}

static void put_shifted(struct work *work, const struct table_row *row, agon_ns_t t)
{
    enum table_column stamp = (enum table_column)work->table.time; // the venue's
    char words[TABLE_COLS][NUM_TEXT] = {{0}};

    put_time(num_add(t, work->alter->by), work->time, words[work->time]);
    if (stamp != work->time && stamp != TABLE_COLS && table_has(&work->table, row, stamp) &&
        table_time_of(&work->table, row, stamp, &t) >= 0)
        put_time(num_add(t, work->alter->by), stamp, words[stamp]);
    put_row(work, row, words);
}

/* A rate of funding that nobody could know: when it is paid is known, and how much is not. */
static void put_other_rate(struct work *work, const struct table_row *row)
{
    char words[TABLE_COLS][NUM_TEXT] = {{0}};
    const char *rate =
        work->table.places[TABLE_RATE] >= 0 && (uint32_t)work->table.places[TABLE_RATE] < row->n
            ? row->fields[work->table.places[TABLE_RATE]]
            : "";

    snprintf(words[TABLE_RATE], NUM_TEXT, "%s", rate[0] == '-' ? "0.0075" : "-0.0075");
    put_row(work, row, words);
}

static void table_line(struct work *work, const char *line, uint32_t n)
{
    const struct alter *alter = work->alter;
    agon_ns_t length = (agon_ns_t)work->info->length_s * SECOND_NS;
    int is_bar = work->info->kind == TAPE_BARS;
    struct table_row row;
    agon_ns_t t;

    table_split(&row, line, n);
    if (!time_of(work, &row, &t)) {
        fprintf(work->out, "%.*s\n", (int)n, line);
        return;
    }
    if (alter->kind == ALTER_SHIFT) {
        put_shifted(work, &row, t);
        return;
    }
    if (work->table.places[TABLE_RATE] >= 0 && alter->kind == ALTER_CUT && t > alter->t) {
        put_other_rate(work, &row);
        return;
    }
    if (alter->kind == ALTER_CUT && t > alter->t) {
        if (!work->is_over)
            put_unknown(work, &row);
        work->is_over = 1;
        return;
    }
    if (is_bar && alter->kind == ALTER_CUT && alter->t < num_add(t, length)) {
        put_open(work, &row);
        return;
    }
    // In a table of several symbols: each that has a row then.
    if (is_bar && alter->kind == ALTER_INSIDE && alter->t < num_add(t, length) &&
        (work->altered->t_row == 0 || work->altered->t_row == t) && put_mirrored(work, &row)) {
        work->altered->t_row = t;
        work->altered->t_ends = num_add(t, length);
        return;
    }
    fprintf(work->out, "%.*s\n", (int)n, line);
}

// The stamps of a message as received: "E" and "T", in milliseconds or microseconds.
static void put_message(struct work *work, const char *line, size_t n)
{
    const char *end = line + n;

    while (line < end) {
        const char *quote = memchr(line, '"', (size_t)(end - line));
        size_t digits = 0;
        int64_t value;

        if (quote == NULL || end - quote < 5) {
            fwrite(line, 1, (size_t)(end - line), work->out);
            return;
        }
        fwrite(line, 1, (size_t)(quote + 1 - line), work->out);
        line = quote + 1;
        if ((line[0] != 'E' && line[0] != 'T') || line[1] != '"' || line[2] != ':')
            continue;
        while (line + 3 + digits < end && isdigit((unsigned char)line[3 + digits]))
            digits++;
        if ((digits != 13 && digits != 16) || num_parse(line + 3, digits, 0, &value) < 0)
            continue;
        fwrite(line, 1, 3, work->out);
        fprintf(work->out, "%lld",
                (long long)(value + work->alter->by / (digits == 13 ? MILLI_NS : 1000)));
        line += 3 + digits;
    }
}

static void raw_line(struct work *work, const char *line, size_t n)
{
    const struct alter *alter = work->alter;
    const char *space = memchr(line, ' ', n);
    int64_t t;

    if (space == NULL || num_parse(line, (size_t)(space - line), 0, &t) < 0) {
        fprintf(work->out, "%.*s\n", (int)n, line);
        return;
    }
    if (alter->kind == ALTER_CUT && t > alter->t && work->is_over)
        return;
    work->is_over = t > alter->t;
    if (alter->kind != ALTER_SHIFT) {
        fprintf(work->out, "%.*s\n", (int)n, line);
        return;
    }
    fprintf(work->out, "%lld ", (long long)num_add(t, alter->by));
    put_message(work, space + 1, (size_t)(line + n - space - 1));
    fputc('\n', work->out);
    work->altered->n_rows++;
}

// A level of a message: [["61837.63","0.5"],...
static int split_level(const char *line, struct table_row *row)
{
    const char *at = strstr(line, "[[\"");

    row->n = 2;
    if (at == NULL)
        return 0;
    row->fields[0] = at + 3;
    row->lengths[0] = (uint32_t)strcspn(at + 3, "\"");
    at += 3 + row->lengths[0];
    if (strncmp(at, "\",\"", 3) != 0)
        return 0;
    row->fields[1] = at + 3;
    row->lengths[1] = (uint32_t)strcspn(at + 3, "\"");
    return 1;
}

void alter_peek(const char *from, const struct tape_info *info, struct alter_seen *seen)
{
    struct work work = {.info = info};
    enum table_column px_column = info->kind == TAPE_BARS ? TABLE_OPEN : TABLE_PX;
    enum table_column qty_column = info->kind == TAPE_BARS ? TABLE_VOLUME : TABLE_QTY;
    uint32_t n;
    char *line;

    *seen = (struct alter_seen){0};
    work.table.places[TABLE_QTY] = 1; // a level is a row of two
    // First its digits, then what they count.
    for (int turn = 0; turn < 2; turn++) {
        struct lines *lines = data_file_open(from, NULL, NULL);

        while (lines != NULL && lines_number(lines) < PEEK_ROWS &&
               lines_next(lines, &line, &n, NULL) == 1) {
            struct table_row row;

            if (info->kind != TAPE_RAW && lines_number(lines) == 1) {
                find_columns(&work, line, n);
                continue;
            }
            if (info->kind == TAPE_RAW) {
                work.table.places[TABLE_PX] = 0;
                if (!split_level(line, &row))
                    continue;
            } else {
                table_split(&row, line, n);
            }
            if (turn == 0) {
                widen(&work, &row, px_column, &seen->px_exp);
                widen(&work, &row, qty_column, &seen->qty_exp);
            } else if (seen->px <= 0 || seen->qty <= 0) {
                (void)value_of(&work, &row, px_column, seen->px_exp, &seen->px);
                (void)value_of(&work, &row, qty_column, seen->qty_exp, &seen->qty);
            }
        }
        lines_close(lines);
    }
    if (seen->px <= 0)
        seen->px = 100 * num_pow10(seen->px_exp);
    if (seen->qty <= 0)
        seen->qty = num_pow10(seen->qty_exp);
}

int alter_file(const char *from, const struct tape_info *info, const struct alter *alter,
               const char *to, struct altered *altered, struct error *err)
{
    struct work work = {.info = info, .alter = alter, .altered = altered};
    struct lines *lines = data_file_open(from, NULL, err);
    struct error why = {0};
    uint32_t n;
    char *line;
    int is_bad;
    int rc = AGON_OK;

    memset(altered, 0, sizeof(*altered));
    if (lines == NULL)
        return err != NULL && err->code < 0 ? err->code : AGON_ENOENT;
    work.out = fopen(to, "wxe");
    if (work.out == NULL) {
        lines_close(lines);
        return error_set(err, AGON_EIO, "%s cannot be written: %s", to, strerror(errno));
    }
    while ((rc = lines_next(lines, &line, &n, &why)) == 1) {
        if (info->kind == TAPE_RAW) {
            raw_line(&work, line, n);
        } else if (lines_number(lines) == 1) {
            find_columns(&work, line, n);
            fprintf(work.out, "%.*s\n", (int)n, line);
        } else {
            table_line(&work, line, n);
        }
    }
    if (rc < 0)
        error_set(err, rc, "%s", why.text);
    is_bad = ferror(work.out);
    is_bad |= fclose(work.out) != 0;
    lines_close(lines);
    if (rc >= 0 && is_bad)
        rc = error_set(err, AGON_EIO, "%s: not all of it could be written", to);
    return rc;
}
