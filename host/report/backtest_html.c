// SPDX-License-Identifier: Apache-2.0
/* report_html: a backtest's result as a page to open, keep and send. */
#include <stdlib.h>
#include <string.h>

#include "base/money.h"
#include "base/num.h"
#include "base/span.h"
#include "report/backtest.h"
#include "report/backtest_terms.h"
#include "report/own_metrics.h"
#include "report/page.h"
#include "report/run_sections.h"
#include "report/run_spread.h"
#include "sys/clock.h"

static const char *base_name(const struct backtest *result)
{
    const struct instruments *table = engine_instruments(result->engine);
    const struct asset *asset = instruments_asset(table, table->base_currency);

    return asset != NULL ? asset->name : "";
}

static int sign_of(agon_amt_t amt)
{
    return amt > 0 ? 1 : amt < 0 ? -1 : 0;
}

static const char *money(const struct backtest *result, agon_amt_t amt, char text[MONEY_TEXT])
{
    const struct instruments *table = engine_instruments(result->engine);
    const struct asset *asset = instruments_asset(table, table->base_currency);
    int exp = asset != NULL ? asset->exp : 8;

    return money_text(amt, exp, money_decimals(base_name(result), exp), text);
}

static void put_facts(const struct backtest *result, struct page *page)
{
    const struct slots *slots = engine_slots(result->engine);
    struct figures all;
    char text[MONEY_TEXT];
    char ratio[FIGURES_TEXT];
    char time[SPAN_TEXT];
    uint32_t n = 0, n_models = 0;

    for (uint16_t id = 0; id < slots->n; id++) {
        if (!slots->all[id].is_used)
            continue;
        if (slots->all[id].agent_kind == AGON_STRATEGY)
            n++;
        else
            n_models++;
    }
    engine_figures_all(result->engine, &all);
    page_facts_begin(page);
    page_fact(page, "agents", 0, "%u", n);
    if (n_models > 0)
        page_fact(page, "models", 0, "%u", n_models);
    page_fact(page, "capital", 0, "%s %s", money(result, all.capital_amt, text), base_name(result));
    page_fact(page, "equity", sign_of(all.result_amt), "%s %s", money(result, all.equity_amt, text),
              base_name(result));
    page_fact(page, "result", sign_of(all.result_amt), "%s %s", money(result, all.result_amt, text),
              base_name(result));
    page_fact(page, "return", sign_of(all.result_amt), "%s", figures_yield_text(&all, ratio));
    page_fact(page, "fills", 0, "%s", money_text((int64_t)result->n_fills, 0, 0, text));
    page_fact(page, "market events", 0, "%s", money_text((int64_t)result->n_market, 0, 0, text));
    page_fact(page, "run in", 0, "%s", span_text(result->wall_ns, time));
    page_facts_end(page);
}

// Why it stopped; else what is to be known of its results.
static void put_note(const struct backtest *result, uint16_t id, struct page *page)
{
    struct slot_unjudged of;
    char text[UNJUDGED_TEXT] = "", errors[CREW_ERROR_TEXT];
    uint64_t n_errors = crew_error_text(result->crew, id, errors);

    if (n_errors > 0 && result->failure[id][0] == '\0') {
        page_cell(page, "%llu callbacks returned an error; %s", (unsigned long long)n_errors,
                  errors);
        return;
    }
    engine_unjudged(result->engine, id, &of);
    if (unjudged_is_much(&of))
        unjudged_text(&of, engine_slots(result->engine)->all[id].name, text, sizeof(text));
    page_cell(page, "%s", result->failure[id][0] != '\0' ? result->failure[id] : text);
}

static void put_costs(const struct backtest *result, const struct run_report *story,
                      struct page *page)
{
    static const char *const columns[] = {RUN_SECTIONS_COSTS, "#profit factor", "#refused",
                                          "plugin", "~note"};
    const struct slots *slots = engine_slots(result->engine);
    struct figures of;
    char factor[FIGURES_TEXT];

    page_table_begin(page, columns, sizeof(columns) / sizeof(columns[0]));
    for (uint16_t id = 0; id < slots->n; id++) {
        const struct slot *slot = &slots->all[id];
        const struct plugin_info *info = crew_info(result->crew, id);

        if (!slot->is_used)
            continue;
        engine_figures(result->engine, id, &of);
        page_cell(page, "%s", slot->name);
        run_sections_costs(story, page, &of);
        page_cell(page, "%s", figures_factor_text(&of, factor));
        page_count(page, slot->n_refused);
        page_cell(page, "%s %s", info != NULL ? info->id : "?", info != NULL ? info->version : "");
        put_note(result, id, page);
        page_row(page);
    }
    engine_figures_all(result->engine, &of);
    page_table_sums(page);
    page_cell(page, "%s", "all, with the pool");
    run_sections_costs(story, page, &of);
    for (int i = 0; i < 4; i++)
        page_cell(page, "%s", "");
    page_row(page);
    page_table_end(page);
}

static void put_agents(const struct backtest *result, const struct run_report *story,
                       struct page *page)
{
    static const char *const columns[] = {RUN_SECTIONS_FIGURES};
    const struct slots *slots = engine_slots(result->engine);
    struct figures of;

    page_heading(page, "Agents");
    run_sections_note(story, page);
    page_table_begin(page, columns, sizeof(columns) / sizeof(columns[0]));
    for (uint16_t id = 0; id < slots->n; id++) {
        if (!slots->all[id].is_used)
            continue;
        engine_figures(result->engine, id, &of);
        page_cell(page, "%s", slots->all[id].name);
        run_sections_figures(story, page, &of);
        page_row(page);
    }
    run_sections_pool(story, page);
    engine_figures_all(result->engine, &of);
    page_table_sums(page);
    page_cell(page, "%s", "all, with the pool");
    run_sections_figures(story, page, &of);
    page_row(page);
    page_table_end(page);
    run_sections_deeper(story, page);
    put_costs(result, story, page);
}

/* What plugins said of themselves (agon.metric), at the end. */
static void put_metrics(const struct backtest *result, struct page *page)
{
    static const char *const columns[] = {"agent", "metric", "#value"};
    const struct slots *slots = engine_slots(result->engine);
    struct own_metric all[AGON_METRICS_MAX];
    int is_begun = 0;

    for (uint16_t id = 0; id < slots->n; id++) {
        uint32_t n = own_metrics(result->crew, result->engine, id, all);

        for (uint32_t i = 0; i < n; i++) {
            if (!is_begun) {
                page_heading(page, "Metrics");
                page_table_begin(page, columns, sizeof(columns) / sizeof(columns[0]));
                is_begun = 1;
            }
            page_cell(page, "%s", slots->all[id].name);
            page_cell(page, "%s", all[i].name);
            page_cell(page, "%s", all[i].text);
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
    char hex[2 * HASH_SIZE + 1], count[MONEY_TEXT];

    page_heading(page, "What went in, and what it comes to");
    if (result->n_tapes > 0) {
        page_table_begin(page, columns, 4);
        for (uint32_t i = 0; i < result->n_tapes; i++) {
            const struct tape_report *tape = &result->tapes[i].report;

            page_cell(page, "%s", result->tapes[i].path);
            page_count(page, tape->n_rows);
            page_count(page, tape->n_skipped);
            page_count(page, tape->n_gaps);
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
        page_text(page, "Rate windows of %s.", backtest_windows(result, i, 1, windows));
    if (result->n_rate_waited > 0)
        page_text(page, "%llu requests waited for them, %llu were not sent (venue_rate).",
                  (unsigned long long)result->n_rate_waited,
                  (unsigned long long)result->n_rate_refused);
    if (backtest_cards(result, assumed) != NULL)
        page_text(page, "%s.", assumed);
    hash_hex(result->intents, hex);
    page_text(page, "%s intents, hash %s.", money_count(result->n_intents, count), hex);
    hash_hex(result->state, hex);
    page_text(page,
              "State at event %llu: %s. The same data, plugins and settings give the same two "
              "hashes on every run and machine.",
              (unsigned long long)engine_seq(result->engine), hex);
}

/* Its results stand on these. */
static void put_warnings(const struct backtest *result, struct page *page)
{
    char assumed[BACKTEST_ASSUMED_TEXT];

    for (uint32_t i = 0; backtest_assumed(result, i, assumed) != NULL; i++)
        page_warning(page, "Warning: %s.", assumed);
}

int backtest_html(const struct backtest *result, const struct run_report *story,
                  const char *command, FILE *out, struct error *err)
{
    char from[CLOCK_TEXT];
    char to[CLOCK_TEXT];
    char subtitle[96];
    char market[START_MARKET_SAID];
    struct page *page;
    int rc;

    clock_text(result->t_first, from);
    clock_text(result->t_last, to);
    (void)snprintf(subtitle, sizeof(subtitle), "%.19s to %.19s UTC", from, to);
    page = page_new(out, "Backtest", subtitle);
    if (page == NULL)
        return error_set(err, AGON_ENOMEM, "no memory for the report");
    if (start_market_text(&result->market, result->seed, market)[0] != '\0')
        page_text(page, "%s", market);
    run_sections_lead(story, page);
    put_warnings(result, page);
    put_facts(result, page);
    rc = run_sections_whole(story, page);
    put_agents(result, story, page);
    if (rc >= 0)
        rc = run_sections_agents(story, page);
    if (rc >= 0)
        rc = run_spread_trades(story, page);
    run_sections_trades(story, page);
    run_sections_plan(story, page);
    put_metrics(result, page);
    put_data(result, page);
    page_text(page, "Command: %s", command);
    if (page_close(page) < 0 || rc >= 0)
        return AGON_OK; // whoever closes the file sees whether all of it was written
    return error_set(err, rc, "no memory for the report");
}
