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

/* Of a line behind its name: how wide, a negative one to the left, and who comes before whom where
 * there is no room for all. */
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
    int width;
    uint32_t rank;
} columns[COLUMNS] = {
    [CAPITAL] = {"capital", 16, 8},  [EQUITY] = {"equity", 16, 4},
    [RESULT] = {"result", 14, 0},    [YIELD] = {"return", 10, 1},
    [DRAWDOWN] = {"drawdown", 9, 3}, [SHARPE] = {"sharpe", 7, 7},
    [T] = {"t [95 % of t]", -22, 2}, [GROSS] = {"gross", 12, 9},
    [FEES] = {"fees", 10, 6},        [REBATES] = {"rebates", 10, 13},
    [FUNDING] = {"funding", 10, 12}, [SLIPPAGE] = {"slippage", 10, 10},
    [FILLS] = {"fills", 7, 5},       [REFUSED] = {"refused", 9, 11},
};
#define NAME_WIDTH 20

// How many of them, by rank, find room; with all of them the currency stands behind the heads.
static uint32_t n_shown(const struct figures_money *in)
{
    int takes = NAME_WIDTH;

    if (in->width == 0)
        return COLUMNS;
    for (uint32_t rank = 0; rank < COLUMNS; rank++) {
        for (uint32_t i = 0; i < COLUMNS; i++)
            takes += columns[i].rank == rank ? abs(columns[i].width) + 1 : 0;
        if (takes + (rank + 1 == COLUMNS ? (int)strlen(in->name) + 4 : 0) > in->width)
            return rank;
    }
    return COLUMNS;
}

static void print_cells(FILE *out, const struct figures_money *in, const char *name,
                        const char *const cells[COLUMNS])
{
    uint32_t n = n_shown(in);
    int blanks = NAME_WIDTH - (int)strlen(name); // before a cell: none stand at a line's end

    fputs(name, out);
    for (uint32_t i = 0; i < COLUMNS; i++) {
        int width = columns[i].width;

        if (columns[i].rank >= n)
            continue;
        fprintf(out, "%*s %*s", blanks > 0 ? blanks : 0, "", width > 0 ? width : 0, cells[i]);
        blanks = width < 0 ? -width - (int)strlen(cells[i]) : 0;
    }
}

void figures_print_head(FILE *out, const struct figures_money *in)
{
    const char *heads[COLUMNS];
    char name[NAME_WIDTH + 1];
    int is_whole = n_shown(in) == COLUMNS;

    for (uint32_t i = 0; i < COLUMNS; i++)
        heads[i] = columns[i].head;
    (void)snprintf(name, sizeof(name), is_whole ? "agent" : "agent [%.10s]", in->name);
    print_cells(out, in, name, heads);
    fprintf(out, is_whole ? "  [%s]\n" : "\n", in->name);
}

static const char *known(const struct figures_money *in, int is_known, int64_t amt,
                         char text[MONEY_TEXT])
{
    return is_known ? money_text(amt, in->exp, money_decimals(in->name, in->exp), text) : "-";
}

void figures_print(FILE *out, const struct figures_money *in, const char *name,
                   const struct figures *of, uint64_t n_refused)
{
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

    print_cells(out, in, name, cells);
    fputc('\n', out);
}

void figures_print_pool(FILE *out, const struct figures_money *in, agon_amt_t pool_amt)
{
    struct figures pool = {.capital_amt = pool_amt, .equity_amt = pool_amt};

    if (pool_amt != 0)
        figures_print(out, in, "pool", &pool, 0);
}

void figures_print_note(FILE *out, const struct figures_money *in, const struct figures *of)
{
    uint32_t n = n_shown(in);

    if (!of->is_annual && columns[SHARPE].rank < n)
        fprintf(out, "sharpe -: %s, it takes %d daily returns\n", FIGURES_SHORT, FIGURES_DAYS);
    if (of->n_samples < FIGURES_T_SAMPLES && columns[T].rank < n)
        fprintf(out, "t -: %s, it takes %d returns\n", FIGURES_FEW, FIGURES_T_SAMPLES);
    if (n < COLUMNS)
        fprintf(out, "%u column%s more: a wider terminal or --json shows %s\n", COLUMNS - n,
                COLUMNS - n == 1 ? "" : "s", COLUMNS - n == 1 ? "it" : "them");
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
