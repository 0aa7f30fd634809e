// SPDX-License-Identifier: Apache-2.0
#include "report/figures.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/money.h"
#include "base/num.h"
#include "sys/wrap.h"

/* Of each figure: what a program calls it, and whether it is known. */
struct amount {
    const char *key;
    int64_t amt;
    int is_known;
};
struct real {
    const char *key;
    double value;
    int is_known;
};
struct count {
    const char *key;
    uint64_t value;
};
struct all {
    struct amount amounts[9];
    struct real reals[8];
    struct count counts[3];
};
#define N(table) (sizeof(table) / sizeof((table)[0]))
_Static_assert(sizeof(((struct all *)0)->amounts) / sizeof(struct amount) +
                       sizeof(((struct all *)0)->reals) / sizeof(struct real) +
                       sizeof(((struct all *)0)->counts) / sizeof(struct count) ==
                   FIGURES_CELLS,
               "each figure has a cell");

static struct all all_of(const struct figures *of)
{
    return (struct all){
        .amounts = {{"capital", of->capital_amt, 1},
                    {"equity", of->equity_amt, 1},
                    {"result", of->result_amt, 1},
                    {"gross", of->gross_amt, of->is_split},
                    {"fees", of->fee_amt, 1},
                    {"rebates", of->rebate_amt, of->is_split},
                    {"funding", of->funding_amt, of->is_split},
                    {"slippage", of->slippage_amt, of->is_split},
                    {"volume", of->volume_amt, 1}},
        .reals = {{"return", of->yield, 1},
                  {"drawdown", of->drawdown, 1},
                  {"profit_factor", of->profit_factor, of->has_factor},
                  {"sharpe", of->sharpe, of->is_annual},
                  {"sortino", of->sortino, of->is_annual},
                  {"t", of->t, of->has_t},
                  {"t_low", of->t_low, of->has_t},
                  {"t_high", of->t_high, of->has_t}},
        .counts = {{"samples", of->n_samples}, {"sample_s", of->sample_s}, {"days", of->n_days}}};
}

/* Of a line behind its name, and who comes before whom where there is no room for all: what came of
 * it, then where that is from (figures.md), then the rest. */
enum {
    CAPITAL,
    EQUITY,
    RESULT,
    YIELD,
    DRAWDOWN,
    SHARPE,
    T,
    GROSS,
    FEES,
    REBATES,
    FUNDING,
    SLIPPAGE,
    FILLS,
    REFUSED,
    COLUMNS
};
static const struct column {
    const char *head;
    uint32_t rank;
    int is_left; /* aligned; a number is not */
} columns[COLUMNS] = {
    [CAPITAL] = {"capital", 11, 0},  [EQUITY] = {"equity", 4, 0},
    [RESULT] = {"result", 0, 0},     [YIELD] = {"return", 1, 0},
    [DRAWDOWN] = {"drawdown", 3, 0}, [SHARPE] = {"sharpe", 12, 0},
    [T] = {"t [95 % of t]", 2, 1},   [GROSS] = {"gross", 6, 0},
    [FEES] = {"fees", 7, 0},         [REBATES] = {"rebates", 8, 0},
    [FUNDING] = {"funding", 9, 0},   [SLIPPAGE] = {"slippage cost", 10, 0},
    [FILLS] = {"fills", 5, 0},       [REFUSED] = {"refused", 13, 0},
};
#define GAP 2 /* blanks between two columns: a cell may have one within it */

struct figures_line {
    char name[FIGURES_NAME];
    char cells[COLUMNS][FIGURES_TEXT];
};
_Static_assert(FIGURES_TEXT >= MONEY_TEXT, "an amount has room");

void figures_table_begin(struct figures_table *table, const struct figures_money *in)
{
    *table = (struct figures_table){.in = *in};
}

static const char *known(const struct figures_money *in, int is_known, int64_t amt,
                         char text[MONEY_TEXT])
{
    return is_known ? money_text(amt, in->exp, money_decimals(in->name, in->exp), text) : "-";
}

int figures_lack(const struct figures *of)
{
    return (of->n_samples < FIGURES_T_SAMPLES ? FIGURES_LACK_T : 0) |
           (of->is_annual ? 0 : FIGURES_LACK_YEAR);
}

void figures_table_add(struct figures_table *table, const char *name, const struct figures *of,
                       uint64_t n_refused)
{
    const struct figures_money *in = &table->in;
    char money[8][MONEY_TEXT], counts[2][MONEY_TEXT];
    char ratio[4][FIGURES_TEXT];
    const char *const cells[COLUMNS] = {
        [CAPITAL] = known(in, 1, of->capital_amt, money[0]),
        [EQUITY] = known(in, 1, of->equity_amt, money[1]),
        [RESULT] = known(in, 1, of->result_amt, money[2]),
        [YIELD] = figures_yield_text(of, ratio[0]),
        [DRAWDOWN] = figures_drawdown_text(of, ratio[1]),
        [SHARPE] = figures_sharpe_text(of, ratio[2]),
        [T] = figures_t_text(of, ratio[3]),
        [GROSS] = known(in, of->is_split, of->gross_amt, money[3]),
        [FEES] = known(in, 1, of->fee_amt, money[4]),
        [REBATES] = known(in, of->is_split, of->rebate_amt, money[5]),
        [FUNDING] = known(in, of->is_split, of->funding_amt, money[6]),
        [SLIPPAGE] = known(in, of->is_split, of->slippage_amt, money[7]),
        [FILLS] = money_count(of->n_fills, counts[0]),
        [REFUSED] = money_count(n_refused, counts[1]),
    };
    struct figures_line *line;

    table->lacks |= figures_lack(of);
    if (table->n == table->room) {
        uint32_t room = table->room > 0 ? 2 * table->room : 16;
        struct figures_line *lines = realloc(table->lines, room * sizeof(*lines));

        if (lines == NULL) {
            table->n_lost++;
            return;
        }
        table->lines = lines;
        table->room = room;
    }
    line = &table->lines[table->n++];
    (void)snprintf(line->name, sizeof(line->name), "%s", name);
    for (uint32_t i = 0; i < COLUMNS; i++)
        (void)snprintf(line->cells[i], sizeof(line->cells[i]), "%s", cells[i]);
}

void figures_table_pool(struct figures_table *table, agon_amt_t pool_amt)
{
    struct figures pool = {.capital_amt = pool_amt, .equity_amt = pool_amt};
    int lacks = table->lacks; // it has no ratios at any time

    if (pool_amt != 0)
        figures_table_add(table, "pool", &pool, 0);
    table->lacks = lacks;
}

static int width_of(const struct figures_table *table, uint32_t column)
{
    size_t width = strlen(columns[column].head);

    for (uint32_t i = 0; i < table->n; i++) {
        size_t n = strlen(table->lines[i].cells[column]);

        width = n > width ? n : width;
    }
    return (int)width;
}

static void print_line(FILE *out, const char *name, int name_width,
                       const char *const cells[COLUMNS], const int widths[COLUMNS], uint32_t shown)
{
    int blanks = name_width - (int)strlen(name); // before a cell: none stand at a line's end

    fputs(name, out);
    for (uint32_t i = 0; i < COLUMNS; i++) {
        int before = widths[i] - (int)strlen(cells[i]);

        if ((shown >> i & 1) == 0)
            continue;
        fprintf(out, "%*s%s", blanks + GAP + (columns[i].is_left ? 0 : before), "", cells[i]);
        blanks = columns[i].is_left ? before : 0;
    }
    fputc('\n', out);
}

static void print_part(const struct figures_table *table, FILE *out, const char *head,
                       int name_width, const int widths[COLUMNS], uint32_t shown)
{
    const char *cells[COLUMNS];

    for (uint32_t i = 0; i < COLUMNS; i++)
        cells[i] = columns[i].head;
    print_line(out, head, name_width, cells, widths, shown);
    for (uint32_t k = 0; k < table->n; k++) {
        for (uint32_t i = 0; i < COLUMNS; i++)
            cells[i] = table->lines[k].cells[i];
        print_line(out, table->lines[k].name, name_width, cells, widths, shown);
    }
}

void figures_table_end(struct figures_table *table, FILE *out)
{
    uint32_t left = (UINT32_C(1) << COLUMNS) - 1;
    int widths[COLUMNS], name_width;
    char head[FIGURES_NAME];

    name_width = snprintf(head, sizeof(head), "agent [%.10s]", table->in.name);
    for (uint32_t k = 0; k < table->n; k++) {
        int n = (int)strlen(table->lines[k].name);

        name_width = n > name_width ? n : name_width;
    }
    for (uint32_t i = 0; i < COLUMNS; i++)
        widths[i] = width_of(table, i);
    // Each part has of what is left, by rank, all that finds room, and one at least.
    while (left != 0) {
        uint32_t shown = 0;
        int takes = name_width;

        for (uint32_t rank = 0; rank < COLUMNS; rank++) {
            for (uint32_t i = 0; i < COLUMNS; i++) {
                if (columns[i].rank != rank || (left >> i & 1) == 0 ||
                    (shown != 0 && table->in.width > 0 &&
                     takes + GAP + widths[i] > table->in.width))
                    continue;
                takes += GAP + widths[i];
                shown |= UINT32_C(1) << i;
            }
        }
        left &= ~shown;
        print_part(table, out, head, name_width, widths, shown);
        if (left != 0)
            fputc('\n', out);
    }
    if (table->n_lost > 0)
        fprintf(out, "%u lines more found no memory\n", table->n_lost);
    if ((table->lacks & FIGURES_LACK_YEAR) != 0)
        fprintf(out, "sharpe -: %s, it takes %d daily returns\n", FIGURES_SHORT, FIGURES_DAYS);
    if ((table->lacks & FIGURES_LACK_T) != 0)
        fprintf(out, "t -: %s, it takes %d returns\n", FIGURES_FEW, FIGURES_T_SAMPLES);
    free(table->lines);
    *table = (struct figures_table){0};
}

char *figures_count(uint32_t n_agents, uint32_t n_models, char text[FIGURES_COUNT])
{
    int n = snprintf(text, FIGURES_COUNT, "%u agent%s", n_agents, n_agents == 1 ? "" : "s");

    if (n_models > 0)
        snprintf(text + n, FIGURES_COUNT - (size_t)n, " and %u model%s", n_models,
                 n_models == 1 ? "" : "s");
    return text;
}

void figures_print_deeper(FILE *out, const char *name, const struct figures *of)
{
    if (figures_is_deeper(of))
        wrap_text(out, wrap_width(out), fprintf(out, "%s: ", name), 2, FIGURES_DEEPER);
}

json_t *figures_json(json_t *json, const struct figures_money *in, const struct figures *of)
{
    const char *judgement = figures_judgement(of);
    struct all all = all_of(of);
    char text[NUM_TEXT];

    json_object_set_new(json, "currency", json_string(in->name));
    for (size_t i = 0; i < N(all.amounts); i++) {
        (void)num_format_short(all.amounts[i].amt, in->exp, text);
        json_object_set_new(json, all.amounts[i].key,
                            all.amounts[i].is_known ? json_string(text) : json_null());
    }
    for (size_t i = 0; i < N(all.reals); i++)
        json_object_set_new(json, all.reals[i].key,
                            all.reals[i].is_known ? json_real(all.reals[i].value) : json_null());
    for (size_t i = 0; i < N(all.counts); i++)
        json_object_set_new(json, all.counts[i].key, json_integer((json_int_t)all.counts[i].value));
    json_object_set_new(json, "judgement",
                        judgement == NULL ? json_null() : json_string(judgement));
    return json;
}

uint32_t figures_cells(struct cell *cells, uint32_t n_cells, const struct figures_money *in,
                       const struct figures *of)
{
    struct all all = all_of(of);

    for (size_t i = 0; i < N(all.amounts); i++) {
        struct cell *cell = &cells[n_cells++];

        *cell = (struct cell){.name = all.amounts[i].key};
        if (all.amounts[i].is_known)
            (void)num_format_short(all.amounts[i].amt, in->exp, cell->text);
    }
    for (size_t i = 0; i < N(all.reals); i++) {
        struct cell *cell = &cells[n_cells++];

        *cell = (struct cell){.name = all.reals[i].key};
        if (all.reals[i].is_known)
            (void)snprintf(cell->text, sizeof(cell->text), "%.9g", all.reals[i].value);
    }
    for (size_t i = 0; i < N(all.counts); i++) {
        struct cell *cell = &cells[n_cells++];

        *cell = (struct cell){.name = all.counts[i].key};
        (void)snprintf(cell->text, sizeof(cell->text), "%llu",
                       (unsigned long long)all.counts[i].value);
    }
    return n_cells;
}
