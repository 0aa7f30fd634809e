// SPDX-License-Identifier: Apache-2.0
#include <string.h>

#include "base/money.h"
#include "base/num.h"
#include "base/span.h"
#include "base/utf8.h"
#include "report/view_impl.h"
#include "report/view_rows.h"
#include "score/figures.h"
#include "sys/clock.h"
#include "sys/wrap.h"

#define CELL_MAX    256
#define COLUMNS_MAX 32
#define LAST_MIN    40 /* columns that a text at the end of a row wants */

// As many as there is room for.
static void put_names(const json_t *list, char out[CELL_MAX])
{
    const json_t *one;
    size_t i;
    size_t n = 0;

    out[0] = '\0';
    json_array_foreach(list, i, one)
    {
        const char *name = json_string_value(json_object_get(one, "name"));

        if (name != NULL && n < CELL_MAX)
            n += (size_t)snprintf(out + n, CELL_MAX - n, "%s%s", n > 0 ? ", " : "", name);
    }
    if (n == 0)
        snprintf(out, CELL_MAX, "-");
}

static void put_plain(const json_t *value, char out[CELL_MAX])
{
    if (json_is_string(value) && json_string_length(value) > 0)
        (void)utf8_escape(json_string_value(value), json_string_length(value), out, CELL_MAX);
    else if (json_is_integer(value))
        snprintf(out, CELL_MAX, "%lld", (long long)json_integer_value(value));
    else if (json_is_real(value))
        snprintf(out, CELL_MAX, "%.2f", money_shown(json_real_value(value), 2));
    else
        snprintf(out, CELL_MAX, "%s",
                 json_is_true(value)    ? "yes"
                 : json_is_false(value) ? "no"
                                        : "-");
}

static void put_words(char out[CELL_MAX])
{
    for (char *at = out; *at != '\0'; at++)
        *at = *at == '_' ? ' ' : *at;
}

static void put_times(const json_t *row, char out[CELL_MAX])
{
    json_int_t n = json_integer_value(json_object_get(row, "count"));
    size_t used = strlen(out);

    if (n > 1)
        snprintf(out + used, CELL_MAX - used, " x%lld", (long long)n);
}

static int digits_of(const char *plain)
{
    const char *point = strchr(plain, '.');

    return point != NULL ? (int)strlen(point + 1) : 0;
}

/* Where the row has no mark it has two digits more than a price. */
static void put_mean(const json_t *row, const char *plain, char out[CELL_MAX])
{
    const char *mark = json_string_value(json_object_get(row, "mark"));
    int digits = digits_of(plain);
    int fewest = mark != NULL ? digits_of(mark) : digits - 2;
    int64_t px;
    char text[MONEY_TEXT];

    if (num_parse(plain, strlen(plain), digits, &px) < 0) {
        snprintf(out, CELL_MAX, "%s", plain);
        return;
    }
    if (digits > fewest + 2) {
        px = num_rescale(px, digits, fewest + 2, NUM_EVEN);
        digits = fewest + 2;
    }
    for (; digits > fewest && digits > 0 && px % 10 == 0; digits--)
        px /= 10;
    snprintf(out, CELL_MAX, "%s", money_text(px, digits, digits, text));
}

/* Of a row that names its asset: with the decimals that amounts of that have everywhere. */
static int put_asset(const json_t *row, const char *plain, char out[CELL_MAX])
{
    const char *asset = json_string_value(json_object_get(row, "asset"));
    int digits = digits_of(plain);
    char text[MONEY_TEXT];
    int64_t amt;

    if (asset == NULL || num_parse(plain, strlen(plain), digits, &amt) < 0)
        return 0;
    snprintf(out, CELL_MAX, "%s", money_in(amt, digits, asset, text));
    return 1;
}

/* What was lost, for people: a gain is no loss. Behind it what a limit counts, where that is shown
 * as another amount: money is lost once, and a limit follows the capital. As kit.mjs has it. */
static void put_loss(const json_t *row, const char *plain, const char *lost, const char *counted,
                     char out[CELL_MAX])
{
    const char *texts[2] = {json_string_value(json_object_get(row, lost)),
                            json_string_value(json_object_get(row, counted))};
    char shown[2][MONEY_TEXT];

    for (int i = 0; i < 2; i++) {
        const char *text = texts[i] != NULL && strcmp(texts[i], "none") != 0 ? texts[i] : plain;
        char none[MONEY_TEXT];

        (void)snprintf(none, sizeof(none), "%.*s", MONEY_TEXT - 1, text);
        if (none[0] == '-') { // as many digits, all of them 0
            memmove(none, "0", 2);
            if (digits_of(text) > 0)
                (void)snprintf(none, sizeof(none), "0.%0*d", digits_of(text), 0);
        }
        if (!money_apart(none, shown[i]))
            memcpy(shown[i], none, sizeof(none));
    }
    if (strcmp(shown[0], shown[1]) == 0)
        snprintf(out, CELL_MAX, "%s", shown[0]);
    else
        snprintf(out, CELL_MAX, "%s, scaled %s", shown[0], shown[1]);
}

static void put_cell(const json_t *row, const json_t *value, enum kind kind, char out[CELL_MAX])
{
    static const double per_s[] = {1, 1e3, 1e6};
    char plain[CELL_MAX];
    char apart[MONEY_TEXT];
    char time[CLOCK_TEXT];
    char share[FIGURES_TEXT];

    put_plain(value, plain);
    snprintf(out, CELL_MAX, "%s", plain);
    if (kind == NAMES)
        put_names(value, out);
    else if (kind == WORDS)
        put_words(out);
    else if (kind == TIMES)
        put_times(row, out);
    else if (kind == MEAN && json_is_string(value))
        put_mean(row, plain, out);
    else if (kind == AMOUNT && put_asset(row, plain, out))
        return;
    else if (kind == LOSS && json_is_string(value))
        put_loss(row, plain, "day_loss", "day_loss_scaled", out);
    else if (kind == USED && json_is_string(value) &&
             !json_is_true(json_object_get(row, "is_minimum")))
        put_loss(row, plain, "lost", "used", out);
    else if (kind == USED && json_is_number(value))
        snprintf(out, CELL_MAX, "%.30s",
                 figures_share_text(json_number_value(value) < 0 ? 0 : json_number_value(value), 0,
                                    share));
    else if ((kind == AMOUNT || ((kind == LIMIT || kind == USED) && json_is_string(value))) &&
             money_apart(plain, apart))
        snprintf(out, CELL_MAX, "%s", apart);
    else if (kind == SCORE && json_is_number(value))
        snprintf(out, CELL_MAX, "%.3f", money_shown(json_number_value(value), 3));
    else if (kind == RATIO && json_is_number(value))
        snprintf(out, CELL_MAX, "%.2f", money_shown(json_number_value(value), 2));
    else if (kind == PRICE && strspn(plain, "0.") == strlen(plain))
        snprintf(out, CELL_MAX, "-");
    else if ((kind == PRICE || kind == PX) && money_apart(plain, apart))
        snprintf(out, CELL_MAX, "%s", apart);
    else if ((kind == RANK || kind == NS) && json_number_value(value) == 0) // of nothing
        snprintf(out, CELL_MAX, "-");
    else if ((kind == SHARE || kind == LIMIT) && json_is_number(value))
        snprintf(out, CELL_MAX, "%.30s", figures_share_text(json_number_value(value), 0, share));
    else if (kind == TIME && json_is_string(value) && strlen(plain) >= 19)
        snprintf(out, CELL_MAX, "%.5s %.8s", plain + 5, plain + 11);
    else if (kind == TIME_MS && json_is_integer(value)) {
        clock_text(json_integer_value(value) * 1000000, time);
        snprintf(out, CELL_MAX, "%.5s %.8s", time + 5, time + 11);
    } else if (kind == NS && json_is_number(value)) {
        span_text((int64_t)json_number_value(value), out);
    } else if (kind >= SECONDS && kind <= MICROS && json_is_number(value)) {
        span_of_s(json_number_value(value) / per_s[kind - SECONDS], out);
    } else if (kind == BYTES && json_is_integer(value)) {
        snprintf(out, CELL_MAX, "%s", money_apart(plain, apart) ? apart : plain);
        strncat(out, " B", CELL_MAX - strlen(out) - 1);
    } else if (kind == GIB && json_is_integer(value)) {
        int is_less = json_integer_value(value) > 0 && json_integer_value(value) < 1 << 30;

        snprintf(out, CELL_MAX, "%.1f %s",
                 (double)json_integer_value(value) / (is_less ? 1 << 20 : 1 << 30),
                 is_less ? "MiB" : "GiB");
    } else if (kind == HASH) {
        snprintf(out, CELL_MAX, "%.16s", plain);
    }
}

static int is_left(enum kind kind)
{
    return kind == TEXT || kind == WORDS || kind == TIMES || kind == LAST || kind == NAMES ||
           kind == HASH || kind == TIME || kind == TIME_MS;
}

void view_table_lines(FILE *out, const struct field *fields, const json_t *of, int width)
{
    int head = 0;

    for (const struct field *field = fields; field->rank > 0; field++) {
        if (json_object_get(of, field->key) != NULL && (int)strlen(field->head) > head)
            head = (int)strlen(field->head);
    }
    for (const struct field *field = fields; field->rank > 0; field++) {
        const json_t *value = json_object_get(of, field->key);
        char text[CELL_MAX];

        // What a host has nothing to say of is no line.
        if (value == NULL || (json_is_null(value) && field->kind == LAST))
            continue;
        put_cell(of, value, field->kind, text);
        wrap_text(out, width, fprintf(out, "%-*s  ", head, field->head), head + 2, text);
    }
}

struct column {
    const struct field *field;
    int width, is_shown;
};

static const json_t *cell_of(const json_t *row, const struct field *field)
{
    return json_object_get(row, field->key);
}

/* Which fields the table has: those of rank 1, of rank 2 and 3 as long as there is room, a text
 * that may go on in further lines only where it need not; one that no row has is none. Where rank 1
 * is too wide already, the last ones are left out. */
static int choose(const struct field *fields, const json_t *rows, int width, struct column *columns)
{
    int n = 0;
    int used = 0;
    int is_whole = 1; // all of rank 1
    size_t i;
    const json_t *row;

    for (const struct field *field = fields; field->rank > 0 && n < COLUMNS_MAX; field++) {
        struct column *column = &columns[n];
        int is_there = 0;

        // Of all rows it stands in the title.
        if (strcmp(field->key, "currency") == 0 && view_common(rows, field->key) != NULL)
            continue;
        *column = (struct column){.field = field, .width = (int)strlen(field->head)};
        json_array_foreach(rows, i, row)
        {
            char text[CELL_MAX];

            if (cell_of(row, field) == NULL)
                continue;
            is_there = 1;
            put_cell(row, cell_of(row, field), field->kind, text);
            if ((field->kind != LAST || field->rank > 1) && (int)strlen(text) > column->width)
                column->width = (int)strlen(text);
        }
        n += is_there;
    }
    for (int rank = 1; rank <= 3 && is_whole; rank++) {
        for (int k = 0; k < n; k++) {
            int more = columns[k].width + (used > 0 ? 2 : 0);

            if (columns[k].field->rank != rank || (rank > 1 && used + more > width))
                continue;
            columns[k].is_shown = 1;
            used += more;
        }
        for (int k = n - 1; rank == 1 && k > 0 && used > width; k--) {
            if (!columns[k].is_shown || columns[k].field->kind == LAST)
                continue;
            columns[k].is_shown = 0;
            is_whole = 0;
            used -= columns[k].width + 2;
        }
    }
    // A fee goes with what it is of, or not at all.
    for (int k = 1; k < n; k++) {
        if (strcmp(columns[k].field->key, "fee_asset") == 0 &&
            columns[k].is_shown != columns[k - 1].is_shown)
            columns[k].is_shown = columns[k - 1].is_shown = 0;
    }
    return n;
}

static void put_row(FILE *out, const struct column *columns, int n, const json_t *row, int width)
{
    int at = 0;
    int last = n - 1;
    int before = -1; // the one before a text that takes a line of its own
    int room = 0;
    char more[CELL_MAX] = "";

    while (last > 0 && !columns[last].is_shown)
        last--;
    for (int k = 0; k < last; k++)
        room += columns[k].is_shown ? columns[k].width + 2 : 0;
    if (row != NULL && columns[last].field->kind == LAST)
        put_cell(row, cell_of(row, columns[last].field), LAST, more);
    // One word, such as a hash, cannot be folded into what is left.
    if (room + (int)strlen(more) > width && more[0] != '\0' &&
        (room + LAST_MIN > width || strchr(more, ' ') == NULL))
        before = last - 1;
    while (before > 0 && !columns[before].is_shown)
        before--;
    for (int k = 0; k <= last; k++) {
        const struct column *column = &columns[k];
        char text[CELL_MAX];

        if (!column->is_shown)
            continue;
        if (row != NULL)
            put_cell(row, cell_of(row, column->field), column->field->kind, text);
        else
            snprintf(text, sizeof(text), "%s", column->field->head);
        if (k == last && before >= 0) {
            fputs("\n    ", out); // too narrow a column: a line of its own
            wrap_text(out, width, 4, 4, text);
            continue;
        }
        at += at > 0 ? fprintf(out, "  ") : 0;
        if (k == before && is_left(column->field->kind))
            fputs(text, out);
        else if (k == last && is_left(column->field->kind))
            wrap_text(out, width, at, at, text);
        else
            at += fprintf(out, is_left(column->field->kind) ? "%-*s" : "%*s", column->width, text);
    }
    if (!is_left(columns[last].field->kind))
        fputc('\n', out);
}

/* In one line what there was no room for: columns of rank 1 by their names, as many as fit, and how
 * many besides. A reader must not take a table for all that there is. */
static void put_left_out(FILE *out, const struct column *columns, int n, int width,
                         const char *command)
{
    char text[CELL_MAX] = "", more[32], lead[80];
    int n_lead = snprintf(lead, sizeof(lead), "a wider terminal or `%s --json` has ", command);
    int used = 0, n_left = 0;

    for (int k = 0; k < n; k++)
        n_left += !columns[k].is_shown;
    if (n_left == 0)
        return;
    for (int k = 0; k < n; k++) {
        const char *head = columns[k].field->head;
        int length = (int)strlen(head) + (used > 0 ? 2 : 0);
        int others = n_left > 1 ? (int)sizeof(" and 99 columns more") - 1 : 0;

        if (columns[k].is_shown || columns[k].field->rank != 1 ||
            n_lead + used + length + others > width || used + length + others >= CELL_MAX)
            continue;
        used +=
            snprintf(text + used, sizeof(text) - (size_t)used, "%s%s", used > 0 ? ", " : "", head);
        n_left--;
    }
    more[0] = '\0';
    if (n_left > 0)
        snprintf(more, sizeof(more), "%s%d column%s more", used > 0 ? " and " : "", n_left,
                 n_left == 1 ? "" : "s");
    strncat(text, more, sizeof(text) - strlen(text) - 1);
    fputs(lead, out);
    wrap_text(out, width, n_lead, 2, text);
}

void view_table_rows(FILE *out, const struct field *fields, const json_t *rows, int width,
                     const char *command)
{
    struct column columns[COLUMNS_MAX];
    int n = choose(fields, rows, width, columns);
    size_t i;
    const json_t *row;

    if (n == 0) {
        fputs("none\n", out);
        return;
    }
    put_row(out, columns, n, NULL, width);
    json_array_foreach(rows, i, row) put_row(out, columns, n, row, width);
    put_left_out(out, columns, n, width, command);
}
