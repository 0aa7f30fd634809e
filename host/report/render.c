// SPDX-License-Identifier: Apache-2.0
#include "report/render.h"

#include <string.h>

#include "base/money.h"
#include "base/utf8.h"
#include "score/figures.h"

#define COLUMNS_MAX 32
#define CELL_MAX    120

/* Amounts, by what they are called: their thousands stand apart, and which currency they are of
 * stands above the table. */
static int is_money(const char *key)
{
    static const char *const keys[] = {
        "capital",  "equity",        "result", "gross",    "fees",       "rebates", "funding",
        "slippage", "equity_agents", "pool",   "notional", "unrealised", "realised"};

    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
        if (strcmp(key, keys[i]) == 0)
            return 1;
    }
    return 0;
}

// The value as it is shown. Returns its length; texts from outside are made safe for a terminal.
static int cell_text(const char *key, const json_t *value, char text[CELL_MAX])
{
    if (json_is_string(value) && key != NULL && is_money(key) &&
        money_apart(json_string_value(value), text))
        return (int)strlen(text);
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
    return text[0] != '\0' && strspn(text, "-0123456789.,") == strlen(text);
}

struct column {
    const char *key;
    int width, is_left;
};

/* Of all rows alike; NULL: they are not, or have none. */
static const char *currency_of(const json_t *rows)
{
    const char *currency = json_string_value(json_object_get(json_array_get(rows, 0), "currency"));
    const json_t *row;
    size_t i;

    json_array_foreach(rows, i, row)
    {
        const char *its = json_string_value(json_object_get(row, "currency"));

        if (currency == NULL || its == NULL || strcmp(currency, its) != 0)
            return NULL;
    }
    return currency;
}

/* What "-" stands for in a column of ratios, where some row is not judged. */
static void put_note(FILE *out, const json_t *rows)
{
    const json_t *row;
    size_t i;

    json_array_foreach(rows, i, row)
    {
        if (json_is_string(json_object_get(row, "judgement"))) {
            fprintf(out, "sharpe -: %s, it takes %d daily returns; see t\n",
                    json_string_value(json_object_get(row, "judgement")), FIGURES_DAYS);
            return;
        }
    }
}

// Returns how many columns there are; widths are of the widest cell.
static int find_columns(const json_t *rows, const char *currency, struct column *columns)
{
    const char *key;
    json_t *value;
    size_t i;
    const json_t *row;
    int n = 0;

    json_object_foreach(json_array_get(rows, 0), key, value)
    {
        if (n < COLUMNS_MAX && is_scalar(value) && strcmp(key, "judgement") != 0 &&
            (currency == NULL || strcmp(key, "currency") != 0))
            columns[n++] = (struct column){.key = key, .width = (int)strlen(key)};
    }
    json_array_foreach(rows, i, row)
    {
        for (int k = 0; k < n; k++) {
            const json_t *cell = json_object_get(row, columns[k].key);
            char text[CELL_MAX];
            int width = cell_text(columns[k].key, cell, text);

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
            cell_text(columns[k].key, json_object_get(row, columns[k].key), text);
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
    const char *currency = currency_of(rows);
    int n = find_columns(rows, currency, columns);
    int n_shown = 0;
    int used = 0;
    size_t i;
    const json_t *row;

    while (n_shown < n && (n_shown == 0 || used + columns[n_shown].width <= room))
        used += columns[n_shown++].width + 2;
    if (currency != NULL)
        fprintf(out, "amounts in %s\n", currency);
    put_row(out, columns, n_shown, NULL);
    json_array_foreach(rows, i, row) put_row(out, columns, n_shown, row);
    put_note(out, rows);
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
                cell_text(NULL, row, text);
                fprintf(out, "%s", text);
            }
            json_array_foreach(row, k, cell)
            {
                cell_text(NULL, cell, text);
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
        cell_text(NULL, value, text);
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
        cell_text(key, member, text);
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
