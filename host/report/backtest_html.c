// SPDX-License-Identifier: Apache-2.0
/* report_html: a backtest's result as a page to open, keep and send. */
#include <stdlib.h>
#include <string.h>

#include "base/num.h"
#include "report/backtest.h"
#include "report/backtest_terms.h"
#include "report/page.h"
#include "sys/clock.h"

#define CURVES_MAX SLOTS_MAX

struct curves {            /* of the agents, over the samples and the end of the run */
    agon_ns_t *t;          /* owned */
    double *equity, *fall; /* owned; n values for each agent */
    uint64_t n;
    uint32_t n_agents;
    uint16_t slots[CURVES_MAX];
    struct page_series series[2][CURVES_MAX];
};

static double units(const struct backtest *result, agon_amt_t amt)
{
    const struct instruments *table = engine_instruments(result->engine);
    const struct asset *asset = instruments_asset(table, table->base_currency);

    return (double)amt / (double)num_pow10(asset != NULL ? asset->exp : 8);
}

static const char *base_name(const struct backtest *result)
{
    const struct instruments *table = engine_instruments(result->engine);
    const struct asset *asset = instruments_asset(table, table->base_currency);

    return asset != NULL ? asset->name : "";
}

static int make_curves(const struct backtest *result, struct curves *curves)
{
    const struct slots *slots = engine_slots(result->engine);

    memset(curves, 0, sizeof(*curves));
    // Models have no capital, and no curve.
    for (uint16_t id = 0; id < slots->n; id++) {
        if (slots->all[id].is_used && slots->all[id].limits.capital_amt > 0)
            curves->slots[curves->n_agents++] = id;
    }
    curves->n = result->n_samples + 1;
    curves->t = malloc(curves->n * sizeof(*curves->t));
    curves->equity = malloc(curves->n * (curves->n_agents + 1) * sizeof(double));
    curves->fall = malloc(curves->n * (curves->n_agents + 1) * sizeof(double));
    if (curves->t == NULL || curves->equity == NULL || curves->fall == NULL)
        return AGON_ENOMEM;
    for (uint64_t k = 0; k < result->n_samples; k++)
        curves->t[k] = result->samples[k].t;
    curves->t[result->n_samples] = result->t_last;
    for (uint32_t i = 0; i < curves->n_agents; i++) {
        uint16_t id = curves->slots[i];
        double *equity = curves->equity + i * curves->n, *fall = curves->fall + i * curves->n;
        double high = units(result, slots->all[id].limits.capital_amt);

        for (uint64_t k = 0; k < curves->n; k++) {
            equity[k] = units(result, k < result->n_samples ? backtest_equity(result, k, id)
                                                            : engine_equity(result->engine, id));
            high = equity[k] > high ? equity[k] : high;
            fall[k] = high > equity[k] ? -100.0 * (high - equity[k]) / high : 0;
        }
        curves->series[0][i] =
            (struct page_series){slots->all[id].name, curves->t, equity, curves->n};
        curves->series[1][i] =
            (struct page_series){slots->all[id].name, curves->t, fall, curves->n};
    }
    return AGON_OK;
}

static void put_facts(const struct backtest *result, struct page *page)
{
    const struct slots *slots = engine_slots(result->engine);
    double capital = 0, equity = 0;
    uint32_t n = 0;

    for (uint16_t id = 0; id < slots->n; id++) {
        if (!slots->all[id].is_used)
            continue;
        n++;
        capital += units(result, slots->all[id].limits.capital_amt);
        if (slots->all[id].limits.capital_amt > 0)
            equity += units(result, engine_equity(result->engine, id));
    }
    page_facts_begin(page);
    page_fact(page, "agents", 0, "%u", n);
    page_fact(page, "capital", 0, "%.2f %s", capital, base_name(result));
    page_fact(page, "equity",
              equity > capital   ? 1
              : equity < capital ? -1
                                 : 0,
              "%.2f %s", equity, base_name(result));
    page_fact(page, "return",
              equity > capital   ? 1
              : equity < capital ? -1
                                 : 0,
              "%+.3f %%", capital > 0 ? 100.0 * (equity - capital) / capital : 0.0);
    page_fact(page, "fills", 0, "%llu", (unsigned long long)result->n_fills);
    page_fact(page, "market events", 0, "%llu", (unsigned long long)result->n_market);
    page_fact(page, "run in", 0, "%.3f s", (double)result->wall_ns / 1e9);
    page_facts_end(page);
}

// Why it stopped; else what is to be known of its results.
static void put_note(const struct backtest *result, uint16_t id, struct page *page)
{
    struct slot_unjudged of;
    char text[UNJUDGED_TEXT] = "";

    engine_unjudged(result->engine, id, &of);
    if (unjudged_is_much(&of))
        unjudged_text(&of, engine_slots(result->engine)->all[id].name, text, sizeof(text));
    page_cell(page, "%s", result->failure[id][0] != '\0' ? result->failure[id] : text);
}

static void put_agents(const struct backtest *result, struct page *page)
{
    static const char *const columns[] = {"agent",   "plugin",   "#capital",  "#equity",
                                          "#return", "#Sharpe",  "#drawdown", "#profit factor",
                                          "#fills",  "#refused", "#fees",     "note"};
    const struct slots *slots = engine_slots(result->engine);

    page_heading(page, "Agents");
    page_table_begin(page, columns, sizeof(columns) / sizeof(columns[0]));
    for (uint16_t id = 0; id < slots->n; id++) {
        const struct slot *slot = &slots->all[id];
        const struct plugin_info *info = crew_info(result->crew, id);
        struct score score = *engine_score(result->engine, id);
        double capital = units(result, slot->limits.capital_amt);
        double equity = units(result, engine_equity(result->engine, id));

        if (!slot->is_used)
            continue;
        score_equity(&score, engine_equity(result->engine, id));
        page_cell(page, "%s", slot->name);
        page_cell(page, "%s %s", info != NULL ? info->id : "?", info != NULL ? info->version : "");
        page_cell(page, "%.2f", capital);
        page_cell(page, "%.2f", equity);
        page_cell(page, "%+.3f %%", capital > 0 ? 100.0 * (equity - capital) / capital : 0.0);
        page_cell(page, "%.2f", score_sharpe(&score));
        page_cell(page, "%.3f %%", 100.0 * score_drawdown(&score));
        page_cell(page, "%.2f", score_profit_factor(&score));
        page_cell(page, "%llu", (unsigned long long)score.n_fills);
        page_cell(page, "%llu", (unsigned long long)slot->n_refused);
        page_cell(page, "%.2f", units(result, score.fee_amt));
        put_note(result, id, page);
        page_row(page);
    }
    page_table_end(page);
}

/* What plugins said of themselves (agon.metric), by their authors' numbers, at the end. */
static void put_metrics(const struct backtest *result, struct page *page)
{
    static const char *const columns[] = {"agent", "#metric", "#value"};
    const struct slots *slots = engine_slots(result->engine);
    double values[AGON_METRICS_MAX];
    int is_begun = 0;

    for (uint16_t id = 0; id < slots->n; id++) {
        uint32_t is_set = crew_metrics(result->crew, id, values);

        for (uint32_t i = 0; i < AGON_METRICS_MAX; i++) {
            if ((is_set >> i & 1) == 0)
                continue;
            if (!is_begun) {
                page_heading(page, "Metrics");
                page_table_begin(page, columns, sizeof(columns) / sizeof(columns[0]));
                is_begun = 1;
            }
            page_cell(page, "%s", slots->all[id].name);
            page_cell(page, "%u", i);
            page_cell(page, "%.9g", values[i]);
            page_row(page);
        }
    }
    if (is_begun)
        page_table_end(page);
}

static void put_data(const struct backtest *result, struct page *page)
{
    static const char *const columns[] = {"data", "#rows", "#skipped", "#gaps"};
    char assumed[BACKTEST_ASSUMED_TEXT];
    char windows[BACKTEST_WINDOWS_TEXT];
    char hex[2 * HASH_SIZE + 1];

    page_heading(page, "What went in, and what it comes to");
    if (result->market != NULL)
        page_text(page, "A generated market: %s.", result->market->about);
    if (result->n_tapes > 0) {
        page_table_begin(page, columns, 4);
        for (uint32_t i = 0; i < result->n_tapes; i++) {
            const struct tape_report *tape = &result->tapes[i].report;

            page_cell(page, "%s", result->tapes[i].path);
            page_cell(page, "%llu", (unsigned long long)tape->n_rows);
            page_cell(page, "%llu", (unsigned long long)tape->n_skipped);
            page_cell(page, "%llu", (unsigned long long)tape->n_gaps);
            page_row(page);
        }
        page_table_end(page);
        for (uint32_t i = 0; i < result->n_tapes; i++) {
            if (backtest_received(result, i, assumed)[0] != '\0')
                page_text(page, "%s: %s.", result->tapes[i].path, assumed);
        }
        for (uint32_t i = 0; i < result->n_listed; i++) {
            const struct listed *listed = &result->listed[i];
            char text[LISTED_TEXT];

            if (listed->source[0] != '\0')
                page_text(page, "%s: %s (by %s).", listed->record.symbol, listed_text(listed, text),
                          listed->source);
        }
    }
    for (uint32_t i = 0; i < result->n_listed; i++)
        page_text(page, "%s.", backtest_terms(result, i, assumed));
    page_text(page, "%s.", backtest_ways(result, assumed));
    if (result->n_history > 0)
        page_text(page, "%u bars from before the start are history.", result->n_history);
    for (uint32_t i = 0; i < result->n_windows; i++)
        page_text(page, "Rate windows of %s.", backtest_windows(result, i, windows));
    if (result->n_rate_waited > 0)
        page_text(page, "%llu requests waited for them, %llu were not sent (venue_rate).",
                  (unsigned long long)result->n_rate_waited,
                  (unsigned long long)result->n_rate_refused);
    for (uint32_t i = 0; backtest_assumed(result, i, assumed) != NULL; i++)
        page_text(page, "Warning: %s.", assumed);
    hash_hex(result->intents, hex);
    page_text(page, "%llu intents, hash %s.", (unsigned long long)result->n_intents, hex);
    hash_hex(result->state, hex);
    page_text(page,
              "State at event %llu: %s. The same data, plugins and settings give the same two "
              "hashes on every run and machine.",
              (unsigned long long)engine_seq(result->engine), hex);
}

int backtest_html(const struct backtest *result, FILE *out, struct error *err)
{
    struct curves curves = {0};
    char from[CLOCK_TEXT];
    char to[CLOCK_TEXT];
    char subtitle[96];
    struct page *page;
    int rc;

    clock_text(result->t_first, from);
    clock_text(result->t_last, to);
    (void)snprintf(subtitle, sizeof(subtitle), "%.19s to %.19s UTC", from, to);
    rc = make_curves(result, &curves);
    page = rc >= 0 ? page_new(out, "Backtest", subtitle) : NULL;
    if (page == NULL) {
        rc = error_set(err, AGON_ENOMEM, "no memory for the report");
    } else {
        put_facts(result, page);
        page_plot(page, &(struct page_plot){.title = "Equity",
                                            .unit = base_name(result),
                                            .decimals = 2,
                                            .series = curves.series[0],
                                            .n_series = curves.n_agents});
        page_plot(page, &(struct page_plot){.title = "Drawdown",
                                            .unit = "%",
                                            .decimals = 3,
                                            .is_zero = 1,
                                            .series = curves.series[1],
                                            .n_series = curves.n_agents});
        put_agents(result, page);
        put_metrics(result, page);
        put_data(result, page);
        rc = page_close(page);
    }
    free(curves.t);
    free(curves.equity);
    free(curves.fall);
    return rc == AGON_EIO ? AGON_OK : rc; // whoever closes the file sees that
}
