// SPDX-License-Identifier: Apache-2.0
/* What operators are shown of money: figures of agents and of all, and positions
 * (docs/figures.md). */
#include "base/money.h"
#include "base/num.h"
#include "market/instrument_kind.h"
#include "ops/api_history.h"
#include "ops/api_words.h"
#include "ops/metrics.h"

void api_put_money(const struct api *api, struct jout *out, const char *key, agon_amt_t amt)
{
    int decimals = money_decimals(api->view->base_currency, api->view->base_exp);

    jout_kv_dec(out, key, num_rescale(amt, api->view->base_exp, decimals, NUM_EVEN), decimals);
}

static void put_real_if(struct jout *out, const char *key, int is_known, double value)
{
    jout_key(out, key);
    if (is_known)
        jout_real(out, value);
    else
        jout_null(out);
}

static void put_money_if(const struct api *api, struct jout *out, const char *key, int is_known,
                         agon_amt_t amt)
{
    if (is_known) {
        api_put_money(api, out, key, amt);
        return;
    }
    jout_key(out, key);
    jout_null(out);
}

void api_put_figures(const struct api *api, const struct figures *of, struct jout *out)
{
    const char *judgement = figures_judgement(of);

    jout_kv_str(out, "currency", api->view->base_currency);
    api_put_money(api, out, "capital", of->capital_amt);
    api_put_money(api, out, "equity", of->equity_amt);
    api_put_money(api, out, "result", of->result_amt);
    jout_kv_real(out, "return", of->yield);
    jout_kv_real(out, "drawdown", of->drawdown);
    put_real_if(out, "sharpe", of->is_annual, of->sharpe);
    put_real_if(out, "sortino", of->is_annual, of->sortino);
    put_real_if(out, "t", of->has_t, of->t);
    put_real_if(out, "t_low", of->has_t, of->t_low);
    put_real_if(out, "t_high", of->has_t, of->t_high);
    put_money_if(api, out, "gross", of->is_split, of->gross_amt);
    api_put_money(api, out, "fees", of->fee_amt);
    put_money_if(api, out, "rebates", of->is_split, of->rebate_amt);
    put_money_if(api, out, "funding", of->is_split, of->funding_amt);
    put_money_if(api, out, "slippage", of->is_split, of->slippage_amt);
    api_put_money(api, out, "volume", of->volume_amt);
    jout_key(out, "judgement");
    if (judgement == NULL)
        jout_null(out);
    else
        jout_str(out, judgement);
    jout_kv_int(out, "samples", (int64_t)of->n_samples);
    jout_kv_int(out, "sample_s", of->sample_s);
    jout_kv_int(out, "days", (int64_t)of->n_days);
}

/* A price of ENGINE_PRICE_EXP decimals, without zeros behind those of the instrument. */
static void put_px(struct jout *out, const char *key, int64_t px, int px_exp)
{
    int exp = ENGINE_PRICE_EXP;

    while (exp > px_exp && px % 10 == 0) {
        px /= 10;
        exp--;
    }
    jout_kv_dec(out, key, px, exp);
}

/* Something is left, and too little for any order. */
static int is_dust_of(const struct host_view_position *position)
{
    return position->is_dust && position->held_amt != 0;
}

/* That of the closed trade that it will be. Of dust there is none: its trade has ended. */
static void put_entry_tag(const struct api *api, uint32_t slot,
                          const struct host_view_position *position, struct jout *out)
{
    const struct past_trades *of = api_trades_of(api, slot);
    const struct trade_open *open = of != NULL ? past_open_of(of, position->instrument) : NULL;
    int side = position->held_amt > 0 ? 1 : position->held_amt < 0 ? -1 : 0;
    int is_open = open != NULL && side != 0 && open->side == side;

    api_put_tag(api, "entry_tag", slot, is_open ? open->tag : 0, is_open ? open->seq : 0, out);
}

void api_put_position(const struct api *api, uint32_t slot,
                      const struct host_view_position *position, struct jout *out)
{
    const struct host_view_instrument *at = NULL;
    const struct position_figures *of = &position->figures;
    int is_dust = is_dust_of(position);
    int decimals;

    if (position->instrument >= 1 && position->instrument <= api->view->n_instruments)
        at = &api->view->instruments[position->instrument - 1];
    jout_open(out, '{');
    jout_kv_str(out, "agent", api->view->slots[slot].name);
    jout_kv_str(out, "symbol", at != NULL ? api_label(api, position->instrument - 1) : "?");
    if (at != NULL && !instrument_kind_is_in_base(at->kind)) {
        decimals = money_decimals(at->unit, at->quote_exp);
        jout_kv_str(out, "side",
                    api_word(api_position_sides, position->held_amt > 0   ? 1
                                                 : position->held_amt < 0 ? 2
                                                                          : 0));
        jout_kv_dec(out, "quantity",
                    num_rescale(position->held_amt, at->base_exp, at->qty_exp, NUM_ZERO),
                    at->qty_exp);
        jout_kv_bool(out, "is_dust", is_dust);
        put_px(out, "entry", of->entry_px, at->px_exp);
        if (!is_dust) // of next to nothing it is any number
            put_px(out, "break_even", of->break_even_px, at->px_exp);
        jout_kv_dec(out, "mark", at->last_px, at->px_exp);
        jout_kv_dec(out, "notional",
                    num_rescale(of->notional_amt, at->quote_exp, decimals, NUM_EVEN), decimals);
        jout_kv_dec(out, "unrealised",
                    num_rescale(of->unrealised_amt, at->quote_exp, decimals, NUM_EVEN), decimals);
        jout_kv_dec(out, "realised",
                    num_rescale(position->realised_amt, at->quote_exp, decimals, NUM_EVEN),
                    decimals);
        if (instrument_kind_has_margin(at->kind))
            jout_kv_dec(out, "funding",
                        num_rescale(position->funding_amt, at->quote_exp, decimals, NUM_EVEN),
                        decimals);
        jout_kv_dec(out, "fees", num_rescale(position->fee_amt, at->quote_exp, decimals, NUM_EVEN),
                    decimals);
        jout_kv_str(out, "currency", at->unit);
        put_entry_tag(api, slot, position, out);
    }
    jout_kv_int(out, "fills", (int64_t)position->n_fills);
    jout_close(out, '{');
}

/* --- the same as metrics --- */

struct figure_metric {
    enum metric_id of_agent, of_all;
    agon_amt_t (*amt)(const struct figures *of); /* or: */
    double (*value)(const struct figures *of);
    int (*is_known)(const struct figures *of); /* NULL: always */
};

#define AMT(name)                                                                                  \
    static agon_amt_t name##_of(const struct figures *of)                                          \
    {                                                                                              \
        return of->name##_amt;                                                                     \
    }
#define REAL(name)                                                                                 \
    static double name##_of(const struct figures *of)                                              \
    {                                                                                              \
        return of->name;                                                                           \
    }
#define KNOWN(name)                                                                                \
    static int name##_of(const struct figures *of)                                                 \
    {                                                                                              \
        return of->name;                                                                           \
    }
AMT(equity)
AMT(capital)
AMT(result)
AMT(gross)
AMT(fee)
AMT(rebate)
AMT(funding)
AMT(slippage)
AMT(volume)
REAL(yield)
REAL(drawdown)
REAL(sharpe)
REAL(sortino)
REAL(t)
REAL(t_low)
REAL(t_high)
KNOWN(is_split)
KNOWN(is_annual)
KNOWN(has_t)

static const struct figure_metric figure_metrics[] = {
    {METRIC_AGENT_EQUITY, METRIC_EQUITY, equity_of, NULL, NULL},
    {METRIC_AGENT_CAPITAL, METRIC_CAPITAL, capital_of, NULL, NULL},
    {METRIC_AGENT_RESULT, METRIC_RESULT, result_of, NULL, NULL},
    {METRIC_AGENT_GROSS, METRIC_GROSS, gross_of, NULL, is_split_of},
    {METRIC_AGENT_FEES, METRIC_FEES, fee_of, NULL, NULL},
    {METRIC_AGENT_REBATES, METRIC_REBATES, rebate_of, NULL, is_split_of},
    {METRIC_AGENT_FUNDING, METRIC_FUNDING, funding_of, NULL, is_split_of},
    {METRIC_AGENT_SLIPPAGE, METRIC_SLIPPAGE, slippage_of, NULL, is_split_of},
    {METRIC_AGENT_VOLUME, METRIC_VOLUME, volume_of, NULL, NULL},
    {METRIC_AGENT_RETURN_RATIO, METRIC_RETURN_RATIO, NULL, yield_of, NULL},
    {METRIC_AGENT_DRAWDOWN_RATIO, METRIC_DRAWDOWN_RATIO, NULL, drawdown_of, NULL},
    {METRIC_AGENT_T, METRIC_T, NULL, t_of, has_t_of},
    {METRIC_AGENT_T_LOW, METRIC_T_LOW, NULL, t_low_of, has_t_of},
    {METRIC_AGENT_T_HIGH, METRIC_T_HIGH, NULL, t_high_of, has_t_of},
    {METRIC_AGENT_SHARPE, METRIC_SHARPE, NULL, sharpe_of, is_annual_of},
    {METRIC_AGENT_SORTINO, METRIC_SORTINO, NULL, sortino_of, is_annual_of},
};

static void put_metric(FILE *out, const struct host_view *view, const struct figure_metric *metric,
                       const struct figures *of)
{
    char text[MONEY_TEXT];

    if (metric->amt != NULL)
        fprintf(out, " %s\n",
                money_plain(metric->amt(of), view->base_exp,
                            money_decimals(view->base_currency, view->base_exp), text));
    else
        fprintf(out, " %.9g\n", metric->value(of));
}

static void figure_family(FILE *out, const struct host_view *view,
                          const struct figure_metric *metric)
{
    int is_begun = 0;

    for (uint32_t id = 0; id < view->n_slots; id++) {
        const struct figures *of = &view->slots[id].figures;

        if (!view->slots[id].is_used || (metric->is_known != NULL && !metric->is_known(of)))
            continue;
        if (!is_begun)
            metrics_begin(out, metric->of_agent);
        is_begun = 1;
        fprintf(out, "%s{agent=\"", metrics_all[metric->of_agent].name);
        metrics_label(out, view->slots[id].name);
        fputs("\"}", out);
        put_metric(out, view, metric, of);
    }
    if (metric->is_known != NULL && !metric->is_known(&view->figures))
        return;
    fputs(metrics_begin(out, metric->of_all), out);
    put_metric(out, view, metric, &view->figures);
}

static agon_amt_t day_loss(const struct host_view_slot *slot, enum metric_id number)
{
    return number == METRIC_AGENT_DAY_LOSS_LIMIT    ? slot->limits.daily_loss_amt
           : number == METRIC_AGENT_DAY_LOSS_SCALED ? slot->day_scaled_amt
                                                    : slot->day_lost_amt;
}

/* The gate's own numbers; a limit only where there is one. */
static void day_loss_family(FILE *out, const struct host_view *view, enum metric_id number)
{
    int is_limit = number == METRIC_AGENT_DAY_LOSS_LIMIT;
    int decimals = money_decimals(view->base_currency, view->base_exp);
    int is_begun = 0;

    for (uint32_t id = 0; id < view->n_slots; id++) {
        const struct host_view_slot *slot = &view->slots[id];
        char text[MONEY_TEXT];

        if (!slot->is_used || (is_limit && slot->limits.daily_loss_amt <= 0))
            continue;
        if (!is_begun)
            metrics_begin(out, number);
        is_begun = 1;
        fprintf(out, "%s{agent=\"", metrics_all[number].name);
        metrics_label(out, slot->name);
        fprintf(out, "\"} %s\n",
                money_plain(day_loss(slot, number), view->base_exp, decimals, text));
    }
}

/* Of who was unloaded: part of the figures of all. */
static void left_family(FILE *out, const struct host_view *view)
{
    const struct {
        enum metric_id number;
        agon_amt_t amt;
    } all[] = {{METRIC_LEFT_CAPITAL, view->left.capital_amt},
               {METRIC_LEFT_EQUITY, view->left.equity_amt},
               {METRIC_LEFT_RESULT, view->left.result_amt}};
    int decimals = money_decimals(view->base_currency, view->base_exp);
    char text[MONEY_TEXT];

    metrics_gauge(out, METRIC_LEFT_AGENTS, (double)view->n_left);
    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
        fprintf(out, "%s %s\n", metrics_begin(out, all[i].number),
                money_plain(all[i].amt, view->base_exp, decimals, text));
}

/* Of a position: a number of what it is of and its decimals. */
struct position_value {
    int64_t value;
    int exp, decimals;
};
struct position_metric {
    enum metric_id id;
    int has_currency; /* a label: of what its results are in */
    struct position_value (*value)(const struct host_view_position *position,
                                   const struct host_view_instrument *at);
};
#define POSITION(name, number, number_exp, n_decimals)                                             \
    static struct position_value name(const struct host_view_position *position,                   \
                                      const struct host_view_instrument *at)                       \
    {                                                                                              \
        (void)at;                                                                                  \
        return (struct position_value){(number), (number_exp), (n_decimals)};                      \
    }
#define MONEY_OF(name, number)                                                                     \
    POSITION(name, number, at->quote_exp, money_decimals(at->unit, at->quote_exp))
POSITION(quantity, position->held_amt, at->base_exp, at->base_exp)
POSITION(entry, position->figures.entry_px, ENGINE_PRICE_EXP, ENGINE_PRICE_EXP)
POSITION(break_even, position->figures.break_even_px, ENGINE_PRICE_EXP, ENGINE_PRICE_EXP)
MONEY_OF(notional, position->figures.notional_amt)
MONEY_OF(unrealised, position->figures.unrealised_amt)
MONEY_OF(realised, position->realised_amt)
MONEY_OF(fees, position->fee_amt)
MONEY_OF(funding, position->funding_amt)

static const struct position_metric position_metrics[] = {
    {METRIC_POSITION_QUANTITY, 0, quantity},
    {METRIC_POSITION_ENTRY_PRICE, 0, entry},
    {METRIC_POSITION_BREAK_EVEN_PRICE, 0, break_even},
    {METRIC_POSITION_NOTIONAL, 1, notional},
    {METRIC_POSITION_UNREALISED, 1, unrealised},
    {METRIC_POSITION_REALISED, 1, realised},
    {METRIC_POSITION_FEES, 1, fees},
    {METRIC_POSITION_FUNDING, 1, funding},
};

static void put_position(FILE *out, const struct api *api, const struct position_metric *metric,
                         const char *agent, const struct host_view_position *position)
{
    const struct host_view_instrument *at = &api->view->instruments[position->instrument - 1];
    struct position_value value = metric->value(position, at);
    char text[MONEY_TEXT];

    fprintf(out, "%s{agent=\"", metrics_all[metric->id].name);
    metrics_label(out, agent);
    fputs("\",symbol=\"", out);
    metrics_label(out, api_label(api, position->instrument - 1));
    if (metric->has_currency) {
        fputs("\",currency=\"", out);
        metrics_label(out, at->unit);
    }
    fprintf(out, "\"} %s\n", money_plain(value.value, value.exp, value.decimals, text));
}

static void position_family(FILE *out, const struct api *api, const struct position_metric *metric)
{
    const struct host_view *view = api->view;
    int is_begun = 0;

    for (uint32_t id = 0; id < view->n_slots; id++) {
        for (uint32_t i = 0; view->slots[id].is_used && i < view->slots[id].n_positions; i++) {
            const struct host_view_position *position = &view->slots[id].positions[i];

            if (position->instrument > view->n_instruments ||
                instrument_kind_is_in_base(view->instruments[position->instrument - 1].kind))
                continue;
            if (metric->id == METRIC_POSITION_BREAK_EVEN_PRICE && is_dust_of(position))
                continue;
            if (!is_begun)
                metrics_begin(out, metric->id);
            is_begun = 1;
            put_position(out, api, metric, view->slots[id].name, position);
        }
    }
}

void api_figure_metrics(FILE *out, const struct api *api)
{
    char text[MONEY_TEXT];

    for (size_t i = 0; i < sizeof(figure_metrics) / sizeof(figure_metrics[0]); i++)
        figure_family(out, api->view, &figure_metrics[i]);
    day_loss_family(out, api->view, METRIC_AGENT_DAY_LOSS);
    day_loss_family(out, api->view, METRIC_AGENT_DAY_LOSS_SCALED);
    day_loss_family(out, api->view, METRIC_AGENT_DAY_LOSS_LIMIT);
    fprintf(out, "%s %s\n", metrics_begin(out, METRIC_POOL),
            money_plain(api->view->pool_amt, api->view->base_exp,
                        money_decimals(api->view->base_currency, api->view->base_exp), text));
    left_family(out, api->view);
    for (size_t i = 0; i < sizeof(position_metrics) / sizeof(position_metrics[0]); i++)
        position_family(out, api, &position_metrics[i]);
}
