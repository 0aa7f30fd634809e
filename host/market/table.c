// SPDX-License-Identifier: Apache-2.0
#include "market/table.h"

#include "base/num.h"

#define TIME_MAX ((agon_ns_t)4102444800 * 1000000000) /* 2100 */

static const struct {
    const char *name;
    enum table_column column;
} names[] = {
#define NAME(name, column) {name, TABLE_##column},
    TABLE_NAMES(NAME)
#undef NAME
};
static const char *const spoken[TABLE_COLS] = {
#define SPOKEN(column, spoken) spoken,
    TABLE_COLUMNS(SPOKEN)
#undef SPOKEN
};
static const struct { /* of columns that tell a time */
    int exp;
    const char *rule;
} units[TABLE_COLS] = {
    [TABLE_TIME_MS] = {6, "is before 1970 or after 2100; expected milliseconds"},
    [TABLE_FUNDING_MS] = {6, "is before 1970 or after 2100; expected milliseconds"},
    [TABLE_TIME_S] = {9, "is before 1970 or after 2100; expected seconds"},
    [TABLE_TIME_US] = {3, "is before 1970 or after 2100; expected microseconds"},
    [TABLE_RECEIVED_US] = {3, "is before 1970 or after 2100; expected microseconds"},
};

void table_split(struct table_row *row, const char *line, uint32_t n)
{
    const char *end = line + n;

    row->line = line;
    for (row->n = 0; row->n < TABLE_FIELDS; line++) {
        const char *comma = memchr(line, ',', (size_t)(end - line));

        row->fields[row->n] = line;
        row->lengths[row->n++] = (uint32_t)((comma != NULL ? comma : end) - line);
        if (comma == NULL)
            return;
        line = comma;
    }
    row->n = 0;
}

static uint8_t kind_of(const struct table *table)
{
    const int *at = table->places;
    int has_time = table->time != TABLE_COLS, has_qty = at[TABLE_QTY] >= 0 || at[TABLE_VOLUME] >= 0;

    if (has_time && has_qty && at[TABLE_OPEN] >= 0 && at[TABLE_HIGH] >= 0 && at[TABLE_LOW] >= 0 &&
        at[TABLE_CLOSE] >= 0)
        return TABLE_BARS;
    if (has_time && has_qty && at[TABLE_PX] >= 0)
        return TABLE_TRADES;
    return at[TABLE_FUNDING_MS] >= 0 && at[TABLE_RATE] >= 0 ? TABLE_FUNDING : TABLE_NONE;
}

// Of several columns of time the coarsest that a venue gives; only funding has one of its own.
static uint8_t time_of(const struct table *table)
{
    static const uint8_t columns[] = {TABLE_TIME_MS, TABLE_TIME_S, TABLE_TIME_US, TABLE_FUNDING_MS};

    for (size_t i = 0; i < sizeof(columns); i++) {
        if (table->places[columns[i]] >= 0)
            return columns[i];
    }
    return TABLE_COLS;
}

enum table_kind table_head(struct table *table, const char *line, uint32_t n, const char **why,
                           uint32_t *at)
{
    struct table_row row;

    *why = NULL;
    *at = 1;
    for (int i = 0; i < TABLE_COLS; i++)
        table->places[i] = -1;
    table->kind = TABLE_NONE;
    table->time = TABLE_COLS;
    if (n >= 3 && memcmp(line, "\xef\xbb\xbf", 3) == 0) {
        line += 3;
        n -= 3;
    }
    table_split(&row, line, n);
    table->n = row.n;
    for (uint32_t i = 0; i < row.n; i++) {
        *why = recording_refused_column(row.fields[i], row.lengths[i]);
        if (*why != NULL) {
            *at = (uint32_t)(row.fields[i] - line) + 1;
            return TABLE_NONE;
        }
        for (size_t k = 0; k < sizeof(names) / sizeof(names[0]); k++) {
            if (strlen(names[k].name) == row.lengths[i] &&
                memcmp(names[k].name, row.fields[i], row.lengths[i]) == 0)
                table->places[names[k].column] = (int)i;
        }
    }
    table->time = time_of(table);
    table->kind = kind_of(table);
    // What a bar's volume and a trade's quantity are called is each venue's own.
    if (table->kind == TABLE_BARS && table->places[TABLE_VOLUME] < 0)
        table->places[TABLE_VOLUME] = table->places[TABLE_QTY];
    if (table->kind == TABLE_TRADES && table->places[TABLE_QTY] < 0)
        table->places[TABLE_QTY] = table->places[TABLE_VOLUME];
    return (enum table_kind)table->kind;
}

uint32_t table_at(const struct table *table, const struct table_row *row, enum table_column column)
{
    return (uint32_t)(row->fields[table->places[column]] - row->line) + 1;
}

const char *table_spoken(enum table_column column)
{
    return spoken[column];
}

int table_is_of(const struct table *table, const struct table_row *row, const char *symbol)
{
    char shown[RECORDING_SHOWN];
    int place = table->places[TABLE_SYMBOL];

    if (symbol[0] == '\0' || !table_has(table, row, TABLE_SYMBOL))
        return 1;
    recording_show(row->fields[place], row->lengths[place], shown);
    shown[RECORDING_SYMBOL - 1] = '\0';
    return strcmp(shown, symbol) == 0;
}

int table_time_exp(enum table_column column)
{
    return units[column].exp;
}

const char *table_time_rule(enum table_column column)
{
    return units[column].rule;
}

int table_time_of(const struct table *table, const struct table_row *row, enum table_column column,
                  agon_ns_t *t)
{
    const char *text = row->fields[table->places[column]];
    uint32_t n = row->lengths[table->places[column]];
    int rc = recording_parse(text, n, units[column].exp, t);

    if (rc == AGON_ERANGE && !num_is_too_fine(text, n, units[column].exp))
        return TABLE_BEYOND;
    return rc >= 0 && (*t < 0 || *t > TIME_MAX) ? TABLE_BEYOND : rc;
}

const char *table_misread(enum table_column column, agon_ns_t t)
{
    static const agon_ns_t t_min = (agon_ns_t)946684800 * 1000000000; /* 2000-01-01 00:00:00 UTC */
    agon_ns_t t_ms = t, t_s = t; // were the numbers milliseconds, or seconds

    for (int exp = units[column].exp; exp < 6; exp++)
        t_ms = num_mul(t_ms, 10);
    for (int exp = units[column].exp; exp < 9; exp++)
        t_s = num_mul(t_s, 10);
    if (t >= t_min)
        return NULL;
    if (t_ms >= t_min && t_ms <= TIME_MAX)
        return "look like milliseconds, and their column is of microseconds; expected it to be "
               "named time_ms or, of bars, open_time_ms";
    if (t_s >= t_min && t_s <= TIME_MAX)
        return "look like seconds, and their column is of a finer unit; expected it to be named "
               "time_seconds";
    return NULL;
}

int table_number(const struct table *table, const struct table_row *row, enum table_column column,
                 int exp, int64_t *value)
{
    const char *text = row->fields[table->places[column]];
    uint32_t n = row->lengths[table->places[column]];

    return column == TABLE_QTY || column == TABLE_VOLUME ? recording_parse_qty(text, n, exp, value)
                                                         : recording_parse(text, n, exp, value);
}

int table_side(const struct table *table, const struct table_row *row, enum table_column *column)
{
    int place, is_maker;

    *column = table->places[TABLE_SIDE] >= 0 ? TABLE_SIDE : TABLE_MAKER;
    if (!table_has(table, row, *column))
        return 0;
    place = table->places[*column];
    if (*column == TABLE_SIDE) {
        int side = recording_side(row->fields[place], row->lengths[place]);

        return side != 0 ? side : AGON_EINVAL;
    }
    is_maker = recording_flag(row->fields[place], row->lengths[place]);
    return is_maker < 0 ? AGON_EINVAL : is_maker ? AGON_SELL : AGON_BUY;
}

uint64_t table_id(const struct table *table, const struct table_row *row)
{
    int64_t id = 0;

    if (table_has(table, row, TABLE_ID))
        num_parse(row->fields[table->places[TABLE_ID]], row->lengths[table->places[TABLE_ID]], 0,
                  &id);
    return (uint64_t)id;
}
