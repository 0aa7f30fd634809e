// SPDX-License-Identifier: Apache-2.0
#include "lab/alter.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/num.h"
#include "sys/file.h"

#define LINE_MAX_BYTES (1u << 20)
#define COLUMNS        64
#define PEEK_ROWS      200
#define SECOND_NS      ((agon_ns_t)1000000000)
#define MILLI_NS       ((agon_ns_t)1000000)
#define RECEIVED       "local_timestamp"

enum column {
    COL_TIME,
    COL_STAMP,
    COL_OPEN,
    COL_HIGH,
    COL_LOW,
    COL_CLOSE,
    COL_VOLUME,
    COL_PX,
    COL_QTY,
    COL_RATE,
    COLS
};

struct row {
    const char *fields[COLUMNS];
    size_t lengths[COLUMNS];
    uint32_t n;
};

struct work {
    const struct tape_info *info;
    const struct alter *alter;
    struct altered *altered;
    FILE *out;
    int places[COLS]; /* column of the file, -1: none */
    int is_over;      /* CUT: one row behind the end was written */
    agon_ns_t unit;   /* of the column of time */
    int time_exp;     /* digits that it has behind the point */
    /* Where rows say when they were received, that is their time, and this is the venue's. */
    agon_ns_t stamp_unit;
    int stamp_exp;
};

static void split(struct row *row, const char *line, size_t n)
{
    const char *end = line + n;

    for (row->n = 0; row->n < COLUMNS;) {
        const char *comma = memchr(line, ',', (size_t)(end - line));

        row->fields[row->n] = line;
        row->lengths[row->n++] = (size_t)((comma != NULL ? comma : end) - line);
        if (comma == NULL)
            return;
        line = comma + 1;
    }
    row->n = 0; // more than the tape takes
}

static void find_columns(struct work *work, const char *line, size_t n)
{
    static const struct {
        const char *name;
        enum column column;
        agon_ns_t unit;
        int exp;
    } names[] = {{"timestamp", COL_TIME, 1000, 0},
                 {"time_seconds", COL_TIME, 1, 9},
                 {"time_ms", COL_TIME, MILLI_NS, 0},
                 {"open_time_ms", COL_TIME, MILLI_NS, 0},
                 {"funding_time_ms", COL_TIME, MILLI_NS, 0},
                 {"open", COL_OPEN, 0, 0},
                 {"high", COL_HIGH, 0, 0},
                 {"low", COL_LOW, 0, 0},
                 {"close", COL_CLOSE, 0, 0},
                 {"volume", COL_VOLUME, 0, 0},
                 {"price", COL_PX, 0, 0},
                 {"amount", COL_QTY, 0, 0},
                 {"quantity", COL_QTY, 0, 0},
                 {"size", COL_QTY, 0, 0},
                 {"rate", COL_RATE, 0, 0}};
    struct row row;

    for (int i = 0; i < COLS; i++)
        work->places[i] = -1;
    if (n >= 3 && memcmp(line, "\xef\xbb\xbf", 3) == 0) {
        line += 3;
        n -= 3;
    }
    split(&row, line, n);
    // Of several columns of time the last in the list counts, as the tape has it.
    for (size_t k = 0; k < sizeof(names) / sizeof(names[0]); k++) {
        for (uint32_t i = 0; i < row.n; i++) {
            if (strlen(names[k].name) != row.lengths[i] ||
                memcmp(names[k].name, row.fields[i], row.lengths[i]) != 0)
                continue;
            work->places[names[k].column] = (int)i;
            if (names[k].column == COL_TIME) {
                work->unit = names[k].unit;
                work->time_exp = names[k].exp;
            }
        }
    }
    for (uint32_t i = 0; i < row.n && work->info->has_received; i++) {
        if (row.lengths[i] != strlen(RECEIVED) ||
            memcmp(RECEIVED, row.fields[i], row.lengths[i]) != 0)
            continue;
        work->places[COL_STAMP] = work->places[COL_TIME];
        work->stamp_unit = work->unit;
        work->stamp_exp = work->time_exp;
        work->places[COL_TIME] = (int)i;
        work->unit = 1000;
        work->time_exp = 0;
        return;
    }
}

static int has(const struct work *work, const struct row *row, enum column column)
{
    return work->places[column] >= 0 && (uint32_t)work->places[column] < row->n;
}

static int value_of(const struct work *work, const struct row *row, enum column column, int exp,
                    int64_t *value)
{
    int place = work->places[column];

    if (!has(work, row, column))
        return 0;
    return (column == COL_VOLUME || column == COL_QTY
                ? recording_parse_qty(row->fields[place], row->lengths[place], exp, value)
                : recording_parse(row->fields[place], row->lengths[place], exp, value)) >= 0;
}

// Digits behind the point, or more.
static void widen(const struct work *work, const struct row *row, enum column column, int *exp)
{
    int place = work->places[column];
    int digits =
        has(work, row, column) ? recording_places(row->fields[place], row->lengths[place]) : 0;

    *exp = digits > *exp && digits <= 8 ? digits : *exp;
}

static int time_of(const struct work *work, const struct row *row, agon_ns_t *t)
{
    if (!value_of(work, row, COL_TIME, work->time_exp, t))
        return 0;
    *t = num_mul(*t, work->unit);
    return 1;
}

// The row with other words at some of its places; NULL: as it was.
static void put_row(struct work *work, const struct row *row, char words[COLS][NUM_TEXT])
{
    for (uint32_t i = 0; i < row->n; i++) {
        const char *word = NULL;

        for (int column = 0; column < COLS; column++) {
            if (work->places[column] == (int)i && words[column][0] != '\0')
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
static int put_mirrored(struct work *work, const struct row *row)
{
    char words[COLS][NUM_TEXT] = {{0}};
    int px_exp = 0, qty_exp = 0;
    int64_t px[COLS] = {0};
    agon_px_t high;

    for (int i = COL_OPEN; i <= COL_CLOSE; i++)
        widen(work, row, (enum column)i, &px_exp);
    widen(work, row, COL_VOLUME, &qty_exp);
    for (int i = COL_OPEN; i <= COL_CLOSE; i++) {
        if (!value_of(work, row, (enum column)i, px_exp, &px[i]) || px[i] <= 0)
            return 0;
    }
    if (!value_of(work, row, COL_VOLUME, qty_exp, &px[COL_VOLUME]))
        return 0;
    high = mirrored(px[COL_LOW], px[COL_OPEN]);
    // One that did not move has to move.
    if (px[COL_HIGH] == px[COL_LOW])
        high = num_add(high, num_add(1, px[COL_OPEN] / 1000));
    num_format(high, px_exp, words[COL_HIGH]);
    num_format(mirrored(px[COL_HIGH], px[COL_OPEN]), px_exp, words[COL_LOW]);
    num_format(px[COL_HIGH] == px[COL_LOW] ? high : mirrored(px[COL_CLOSE], px[COL_OPEN]), px_exp,
               words[COL_CLOSE]);
    num_format(num_add(num_mul(px[COL_VOLUME], 2), 1), qty_exp, words[COL_VOLUME]);
    put_row(work, row, words);
    return 1;
}

// A bar of which no more is known than its open.
static void put_open(struct work *work, const struct row *row)
{
    char words[COLS][NUM_TEXT] = {{0}};
    int place = work->places[COL_OPEN];

    if (place >= 0 && (uint32_t)place < row->n && row->lengths[place] < NUM_TEXT) {
        for (int i = COL_HIGH; i <= COL_CLOSE; i++) {
            memcpy(words[i], row->fields[place], row->lengths[place]);
            words[i][row->lengths[place]] = '\0';
        }
    }
    words[COL_VOLUME][0] = '0';
    put_row(work, row, words);
}

// When somebody traded next, and at what price nobody knows: a hundredth more than it was.
static void put_unknown(struct work *work, const struct row *row)
{
    static const enum column px_columns[] = {COL_OPEN, COL_HIGH, COL_LOW, COL_CLOSE, COL_PX};
    static const enum column qty_columns[] = {COL_VOLUME, COL_QTY};
    char words[COLS][NUM_TEXT] = {{0}};
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

static void put_shifted(struct work *work, const struct row *row, agon_ns_t t)
{
    char words[COLS][NUM_TEXT] = {{0}};

    int64_t stamp;

    num_format(num_add(t, work->alter->by) / work->unit, work->time_exp, words[COL_TIME]);
    if (value_of(work, row, COL_STAMP, work->stamp_exp, &stamp))
        num_format(num_add(num_mul(stamp, work->stamp_unit), work->alter->by) / work->stamp_unit,
                   work->stamp_exp, words[COL_STAMP]);
    put_row(work, row, words);
}

/* A rate of funding that nobody could know: when it is paid is known, and how much is not. */
static void put_other_rate(struct work *work, const struct row *row)
{
    char words[COLS][NUM_TEXT] = {{0}};
    const char *rate = work->places[COL_RATE] >= 0 && (uint32_t)work->places[COL_RATE] < row->n
                           ? row->fields[work->places[COL_RATE]]
                           : "";

    snprintf(words[COL_RATE], NUM_TEXT, "%s", rate[0] == '-' ? "0.0075" : "-0.0075");
    put_row(work, row, words);
}

static void table_line(struct work *work, const char *line, size_t n)
{
    const struct alter *alter = work->alter;
    agon_ns_t length = (agon_ns_t)work->info->length_s * SECOND_NS;
    int is_bar = work->info->kind == TAPE_BARS;
    struct row row;
    agon_ns_t t;

    split(&row, line, n);
    if (!time_of(work, &row, &t)) {
        fprintf(work->out, "%.*s\n", (int)n, line);
        return;
    }
    if (alter->kind == ALTER_SHIFT) {
        put_shifted(work, &row, t);
        return;
    }
    if (work->places[COL_RATE] >= 0 && alter->kind == ALTER_CUT && t > alter->t) {
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
static int split_level(const char *line, struct row *row)
{
    const char *at = strstr(line, "[[\"");

    row->n = 2;
    if (at == NULL)
        return 0;
    row->fields[0] = at + 3;
    row->lengths[0] = strcspn(at + 3, "\"");
    at += 3 + row->lengths[0];
    if (strncmp(at, "\",\"", 3) != 0)
        return 0;
    row->fields[1] = at + 3;
    row->lengths[1] = strcspn(at + 3, "\"");
    return 1;
}

void alter_peek(const char *from, const struct tape_info *info, struct alter_seen *seen)
{
    struct work work = {.info = info, .unit = MILLI_NS};
    enum column px_column = info->kind == TAPE_BARS ? COL_OPEN : COL_PX;
    enum column qty_column = info->kind == TAPE_BARS ? COL_VOLUME : COL_QTY;
    uint64_t number = 0;
    uint32_t n;
    char *line;

    *seen = (struct alter_seen){0};
    work.places[COL_QTY] = 1; // a level is a row of two
    // First its digits, then what they count.
    for (int turn = 0; turn < 2; turn++) {
        struct file_stream *stream = file_stream_open(from, NULL, NULL);

        for (number = 0; stream != NULL && number < PEEK_ROWS &&
                         file_stream_line(stream, LINE_MAX_BYTES, &line, &n, &number, NULL) == 1;) {
            struct row row;

            if (info->kind != TAPE_RAW && number == 1) {
                find_columns(&work, line, n);
                continue;
            }
            if (info->kind == TAPE_RAW) {
                work.places[COL_PX] = 0;
                if (!split_level(line, &row))
                    continue;
            } else {
                split(&row, line, n);
            }
            if (turn == 0) {
                widen(&work, &row, px_column, &seen->px_exp);
                widen(&work, &row, qty_column, &seen->qty_exp);
            } else if (seen->px <= 0 || seen->qty <= 0) {
                (void)value_of(&work, &row, px_column, seen->px_exp, &seen->px);
                (void)value_of(&work, &row, qty_column, seen->qty_exp, &seen->qty);
            }
        }
        file_stream_close(stream);
    }
    if (seen->px <= 0)
        seen->px = 100 * num_pow10(seen->px_exp);
    if (seen->qty <= 0)
        seen->qty = num_pow10(seen->qty_exp);
}

int alter_file(const char *from, const struct tape_info *info, const struct alter *alter,
               const char *to, struct altered *altered, struct error *err)
{
    struct work work = {.info = info, .alter = alter, .altered = altered, .unit = MILLI_NS};
    struct file_stream *stream = file_stream_open(from, NULL, err);
    struct error why = {0};
    uint64_t number;
    uint32_t n;
    char *line;
    int is_bad;
    int rc = AGON_OK;

    memset(altered, 0, sizeof(*altered));
    if (stream == NULL)
        return err != NULL && err->code < 0 ? err->code : AGON_ENOENT;
    work.out = fopen(to, "wxe");
    if (work.out == NULL) {
        file_stream_close(stream);
        return error_set(err, AGON_EIO, "%s cannot be written: %s", to, strerror(errno));
    }
    while ((rc = file_stream_line(stream, LINE_MAX_BYTES, &line, &n, &number, &why)) == 1) {
        if (info->kind == TAPE_RAW) {
            raw_line(&work, line, n);
        } else if (number == 1) {
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
    file_stream_close(stream);
    if (rc >= 0 && is_bad)
        rc = error_set(err, AGON_EIO, "%s: not all of it could be written", to);
    return rc;
}
