// SPDX-License-Identifier: Apache-2.0
#include "report/render.h"

#include <string.h>

#include "base/utf8.h"

#define COLUMNS_MAX 32
#define CELL_MAX    120

// The value as it is shown. Returns its length; texts from outside are made safe for a terminal.
static int cell_text(const json_t *value, char text[CELL_MAX])
{
    if (json_is_string(value))
        return (int)utf8_escape(json_string_value(value), json_string_length(value), text,
                                CELL_MAX);
    if (json_is_integer(value))
        return snprintf(text, CELL_MAX, "%lld", (long long)json_integer_value(value));
    if (json_is_real(value))
        return snprintf(text, CELL_MAX, "%.4g", json_real_value(value));
    return snprintf(text, CELL_MAX, "%s",
                    json_is_true(value)    ? "yes"
                    : json_is_false(value) ? "no"
                                           : "-");
}

static int is_scalar(const json_t *value)
{
    return value != NULL && !json_is_array(value) && !json_is_object(value);
}

static int is_figure(const json_t *value)
{
    const char *text = json_string_value(value);

    if (text == NULL)
        return json_is_number(value);
    return text[0] != '\0' && strspn(text, "-0123456789.") == strlen(text);
}

struct column {
    const char *key;
    int width, is_left;
};

// Returns how many columns there are; widths are of the widest cell.
static int find_columns(const json_t *rows, struct column *columns)
{
    const char *key;
    json_t *value;
    size_t i;
    const json_t *row;
    int n = 0;

    json_object_foreach(json_array_get(rows, 0), key, value)
    {
        if (n < COLUMNS_MAX && is_scalar(value))
            columns[n++] = (struct column){.key = key, .width = (int)strlen(key)};
    }
    json_array_foreach(rows, i, row)
    {
        for (int k = 0; k < n; k++) {
            const json_t *cell = json_object_get(row, columns[k].key);
            char text[CELL_MAX];
            int width = cell_text(cell, text);

            if (width > columns[k].width)
                columns[k].width = width;
            columns[k].is_left |= !is_figure(cell) && !json_is_null(cell);
        }
    }
    return n;
}

static void put_row(FILE *out, const struct column *columns, int n, const json_t *row)
{
    for (int k = 0; k < n; k++) {
        char text[CELL_MAX];

        if (row != NULL)
            cell_text(json_object_get(row, columns[k].key), text);
        else
            snprintf(text, sizeof(text), "%s", columns[k].key);
        if (columns[k].is_left && k == n - 1)
            fprintf(out, "%s", text);
        else
            fprintf(out, columns[k].is_left ? "%-*s" : "%*s", columns[k].width, text);
        fputs(k < n - 1 ? "  " : "\n", out);
    }
}

static void put_table(FILE *out, const json_t *rows, int room)
{
    struct column columns[COLUMNS_MAX];
    int n = find_columns(rows, columns);
    int n_shown = 0;
    int used = 0;
    size_t i;
    const json_t *row;

    while (n_shown < n && (n_shown == 0 || used + columns[n_shown].width <= room))
        used += columns[n_shown++].width + 2;
    put_row(out, columns, n_shown, NULL);
    json_array_foreach(rows, i, row) put_row(out, columns, n_shown, row);
    if (n_shown < n)
        fprintf(out, "(%d columns more than fit: --json has them)\n", n - n_shown);
}

static void put_list(FILE *out, const json_t *list, int room)
{
    size_t i;
    const json_t *row;

    if (json_array_size(list) == 0) {
        fputs("none\n", out);
    } else if (json_is_object(json_array_get(list, 0))) {
        put_table(out, list, room);
    } else {
        json_array_foreach(list, i, row)
        {
            size_t k;
            const json_t *cell;
            char text[CELL_MAX];

            if (is_scalar(row)) {
                cell_text(row, text);
                fprintf(out, "%s", text);
            }
            json_array_foreach(row, k, cell)
            {
                cell_text(cell, text);
                fprintf(out, "%16s", text);
            }
            fputc('\n', out);
        }
    }
}

void render(FILE *out, const json_t *value, int columns)
{
    const char *key;
    json_t *member;
    char text[CELL_MAX];
    int width = 0;

    if (json_is_array(value)) {
        put_list(out, value, columns);
        return;
    }
    if (!json_is_object(value)) {
        cell_text(value, text);
        fprintf(out, "%s\n", text);
        return;
    }
    json_object_foreach((json_t *)(uintptr_t)value, key, member)
    {
        if (is_scalar(member) && (int)strlen(key) > width)
            width = (int)strlen(key);
    }
    json_object_foreach((json_t *)(uintptr_t)value, key, member)
    {
        if (!is_scalar(member))
            continue;
        cell_text(member, text);
        fprintf(out, "%-*s  %s\n", width, key, text);
    }
    json_object_foreach((json_t *)(uintptr_t)value, key, member)
    {
        if (is_scalar(member))
            continue;
        fprintf(out, "\n%s\n", key);
        render(out, member, columns);
    }
}
