// SPDX-License-Identifier: Apache-2.0
#include "report/figures.h"

#include "base/error.h"
#include "base/money.h"
#include "base/num.h"

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

void figures_print_head(FILE *out, const struct figures_money *in)
{
    fprintf(out, "%-20s %16s %16s %14s %10s %9s %7s %-22s %12s %10s %10s %10s %10s %7s %9s  [%s]\n",
            "agent", "capital", "equity", "result", "return", "drawdown", "sharpe", "t [95 %]",
            "gross", "fees", "rebates", "funding", "slippage", "fills", "refused", in->name);
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

    fprintf(out, "%-20s %16s %16s %14s %10s %9s %7s %-22s %12s %10s %10s %10s %10s %7s %9s\n", name,
            known(in, 1, of->capital_amt, money[0]), known(in, 1, of->equity_amt, money[1]),
            known(in, 1, of->result_amt, money[2]), figures_yield_text(of, ratio[0]),
            figures_drawdown_text(of, ratio[1]), figures_sharpe_text(of, ratio[2]),
            figures_t_text(of, ratio[3]), known(in, of->is_split, of->gross_amt, money[3]),
            known(in, 1, of->fee_amt, money[4]), known(in, of->is_split, of->rebate_amt, money[5]),
            known(in, of->is_split, of->funding_amt, money[6]),
            known(in, of->is_split, of->slippage_amt, money[7]),
            money_count(of->n_fills, counts[0]), money_count(n_refused, counts[1]));
}

void figures_print_pool(FILE *out, const struct figures_money *in, agon_amt_t pool_amt)
{
    struct figures pool = {.capital_amt = pool_amt, .equity_amt = pool_amt};

    if (pool_amt != 0)
        figures_print(out, in, "pool", &pool, 0);
}

void figures_print_note(FILE *out, const struct figures *of)
{
    if (!of->is_annual)
        fprintf(out, "sharpe -: %s, it takes %d daily returns\n", FIGURES_SHORT, FIGURES_DAYS);
}

void figures_print_deeper(FILE *out, const char *name, const struct figures *of)
{
    if (figures_is_deeper(of))
        fprintf(out, "%s: %s\n", name, FIGURES_DEEPER);
}

json_t *figures_json(json_t *json, const struct figures_money *in, const struct figures *of)
{
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
                        of->is_annual ? json_null() : json_string(FIGURES_SHORT));
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
