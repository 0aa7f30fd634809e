// SPDX-License-Identifier: Apache-2.0
/* report_backtest_text: a backtest's result for people. What was earned comes first; below it what
 * happened to whom, and what all of that rests on: warnings, data, costs, latencies, rules. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/money.h"
#include "base/span.h"
#include "journal/text.h"
#include "report/backtest.h"
#include "report/backtest_plan.h"
#include "report/backtest_terms.h"
#include "report/figures.h"
#include "report/own_metrics.h"
#include "score/figures.h"
#include "sys/clock.h"
#include "sys/wrap.h"

#define WHOLE_SECONDS 19 /* characters of a time up to them */

static const char *time_text(agon_ns_t t, char text[CLOCK_TEXT])
{
    clock_text(t, text);
    (void)snprintf(text + WHOLE_SECONDS, CLOCK_TEXT - WHOLE_SECONDS, "Z");
    return text;
}

static uint32_t n_warnings(const struct backtest *result)
{
    char text[BACKTEST_ASSUMED_TEXT];
    uint32_t n = 0;

    while (backtest_assumed(result, n, text) != NULL)
        n++;
    return n;
}

/* --- what was earned --- */

static void print_head(const struct backtest *result, FILE *out)
{
    const struct slots *slots = engine_slots(result->engine);
    const struct figures_money base = backtest_base(result);
    uint32_t n_agents = 0, n_models = 0, n = n_warnings(result);
    char market[START_MARKET_SAID], count[FIGURES_COUNT];
    char at[2][CLOCK_TEXT], money[2][MONEY_TEXT], yield[FIGURES_TEXT], time[SPAN_TEXT];
    struct figures of;

    for (uint16_t id = 0; id < slots->n; id++) {
        if (slots->all[id].is_used && slots->all[id].agent_kind == AGON_STRATEGY)
            n_agents++;
        else if (slots->all[id].is_used)
            n_models++;
    }
    engine_figures_all(result->engine, &of);
    fprintf(out, "%s to %s (%s), %s market events\n", time_text(result->t_first, at[0]),
            time_text(result->t_last, at[1]), span_text(result->t_last - result->t_first, time),
            money_count(result->n_market, money[0]));
    if (start_market_text(&result->market, result->seed, market)[0] != '\0')
        fprintf(out, "%s\n", market);
    fprintf(out, "Result: %s %s (%s) of %s %s, by %s",
            money_in(of.result_amt, base.exp, base.name, money[0]), base.name,
            figures_yield_text(&of, yield), money_in(of.capital_amt, base.exp, base.name, money[1]),
            base.name, figures_count(n_agents, n_models, count));
    if (n > 0)
        fprintf(out, "\n%u warning%s below", n, n == 1 ? "" : "s");
    fputs("\n\n", out);
}

static void print_agents(const struct backtest *result, FILE *out, int width)
{
    const struct slots *slots = engine_slots(result->engine);
    struct figures_money base = backtest_base(result);
    struct figures_table table;
    struct figures of;
    uint64_t n_refused = 0;

    base.width = width;
    figures_table_begin(&table, &base);
    for (uint16_t id = 0; id < slots->n; id++) {
        if (!slots->all[id].is_used)
            continue;
        engine_figures(result->engine, id, &of);
        figures_table_add(&table, slots->all[id].name, &of, slots->all[id].n_refused);
        n_refused += slots->all[id].n_refused;
    }
    figures_table_pool(&table, engine_pool_amt(result->engine));
    engine_figures_all(result->engine, &of);
    figures_table_add(&table, "all, with the pool", &of, n_refused);
    figures_table_end(&table, out);
}

/* --- what happened to whom --- */

static void print_refused(const struct backtest *result, uint16_t id, FILE *out)
{
    const struct slot *slot = &engine_slots(result->engine)->all[id];
    const char *separator = "(";
    char count[MONEY_TEXT];

    if (slot->n_refused == 0)
        return;
    fprintf(out, "%s: refused %s ", slot->name, money_count(slot->n_refused, count));
    for (uint16_t reason = 0; reason < REASONS_MAX; reason++) {
        uint64_t n = engine_refused(result->engine, id, reason);

        if (n == 0)
            continue;
        fprintf(out, "%s%s ", separator, money_count(n, count));
        for (const char *at = reason_name(reason); at != NULL && *at != '\0'; at++)
            fputc(*at == '_' ? '-' : *at, out);
        separator = ", ";
    }
    fputs(")\n", out);
}

/* What its plugin said of itself (agon.metric), at the end. */
static void print_metrics(const struct backtest *result, uint16_t id, const char *name, FILE *out)
{
    struct own_metric all[AGON_METRICS_MAX];
    uint32_t n = own_metrics(result->crew, result->engine, id, all);

    if (n == 0)
        return;
    fprintf(out, "%s: metrics: ", name);
    for (uint32_t i = 0; i < n; i++)
        fprintf(out, "%s%s = %s", i > 0 ? ", " : "", all[i].name, all[i].text);
    fputc('\n', out);
}

/* When a loss limit stopped it last, which one, and what was lost then. */
static void print_breach(const struct backtest *result, const struct risk_slot *risk,
                         const char *name, FILE *out)
{
    const struct figures_money base = backtest_base(result);
    char at[CLOCK_TEXT], text[MONEY_TEXT], share[FIGURES_TEXT], words[REASON_WORDS];

    if (risk->n_breaches == 0)
        return;
    fprintf(out, "%s: stopped by %s at %s: lost %s %s, %s%s", name,
            reason_words(risk->breach_reason, words), time_text(risk->t_breach, at),
            money_in(num_add(risk->breach_amt, -risk->breach_moved_amt), base.exp, base.name, text),
            base.name, risk->breach_moved_amt != 0 ? "scaled with the capital " : "",
            figures_share_text(backtest_share(risk), 0, share));
    if (risk->n_breaches > 1)
        fprintf(out, " (the last of %u times)", risk->n_breaches);
    fputc('\n', out);
}

static void print_told(const struct backtest *result, FILE *out)
{
    const struct slots *slots = engine_slots(result->engine);
    char errors[CREW_ERROR_TEXT], count[MONEY_TEXT];
    struct figures of;

    for (uint16_t id = 0; id < slots->n; id++) {
        const char *name = slots->all[id].name;
        uint64_t n_errors;

        if (!slots->all[id].is_used)
            continue;
        print_refused(result, id, out);
        print_metrics(result, id, name, out);
        print_breach(result, engine_risk(result->engine, id), name, out);
        n_errors = crew_error_text(result->crew, id, errors);
        if (n_errors > 0)
            fprintf(out, "%s: errors: %s callbacks returned one; %s\n", name,
                    money_count(n_errors, count), errors);
        if (result->failure[id][0] != '\0')
            fprintf(out, "%s: stopped: %s\n", name, result->failure[id]);
        engine_figures(result->engine, id, &of);
        figures_print_deeper(out, name, &of);
    }
    print_breach(result, engine_portfolio(result->engine), "portfolio", out);
}

/* --- what it rests on --- */

static void print_count(FILE *out, uint64_t n, const char *what)
{
    char count[MONEY_TEXT];

    if (n > 0)
        fprintf(out, ", %s %s", money_count(n, count), what);
}

static void print_tape(const struct backtest *result, uint32_t i, FILE *out)
{
    const struct tape_report *tape = &result->tapes[i].report;
    uint8_t kind = result->tapes[i].kind;
    char text[BACKTEST_ASSUMED_TEXT], count[MONEY_TEXT];

    fprintf(out, "  %s: %s, %s rows", result->tapes[i].path, backtest_kind_name(kind),
            money_count(tape->n_rows, count));
    print_count(out, tape->n_skipped, "skipped");
    print_count(out, tape->n_gaps, "gaps");
    print_count(out, tape->n_differ, "books that did not come to the sum the venue named");
    print_count(out, kind != TAPE_RAW ? tape->n_other : 0, "of other symbols");
    print_count(out, tape->n_noisy, "numbers rounded");
    print_count(out, tape->n_cut, "quantities finer than the lot rounded");
    if (kind == TAPE_BARS)
        fprintf(out, " (the inside of a bar is assumed, not recorded)");
    if (kind == TAPE_TRADES)
        fprintf(out, " (the book around a trade is assumed, not recorded: fills are rough)");
    fputc('\n', out);
    if (backtest_received(result, i, text)[0] != '\0')
        fprintf(out, "    %s\n", text);
}

// How often they were felt, and by whom.
static void print_windows(const struct backtest *result, FILE *out)
{
    char text[BACKTEST_WINDOWS_TEXT], counts[2][MONEY_TEXT];

    for (uint32_t i = 0; i < result->n_windows; i++)
        fprintf(out, "  rate windows of %s\n", backtest_windows(result, i, 1, text));
    if (result->n_rate_waited > 0)
        fprintf(out, "  %s requests waited for them, %s were not sent (venue_rate)\n",
                money_count(result->n_rate_waited, counts[0]),
                money_count(result->n_rate_refused, counts[1]));
}

// Where the filters are from, but for those that were assumed.
static void print_listed(const struct backtest *result, FILE *out)
{
    char text[LISTED_TEXT], terms[BACKTEST_ASSUMED_TEXT];

    for (uint32_t i = 0; i < result->n_listed && result->n_tapes > 0; i++) {
        const struct listed *listed = &result->listed[i];

        if (listed->source[0] != '\0')
            fprintf(out, "  %s: %s (by %s)\n", listed->record.symbol, listed_text(listed, text),
                    listed->source);
    }
    for (uint32_t i = 0; i < result->n_listed; i++)
        fprintf(out, "  %s\n", backtest_terms(result, i, terms));
    fprintf(out, "  %s\n", backtest_ways(result, terms));
}

static void print_ground(const struct backtest *result, FILE *out)
{
    char text[BACKTEST_ASSUMED_TEXT];

    fputs("\nWhat this rests on: data, costs, latencies, rules\n", out);
    for (uint32_t i = 0; backtest_assumed(result, i, text) != NULL; i++)
        fprintf(out, "  warning: %s\n", text);
    for (uint32_t i = 0; i < result->n_tapes; i++)
        print_tape(result, i, out);
    if (result->n_history > 0)
        fprintf(out, "  %u bars from before are history\n", result->n_history);
    print_windows(result, out);
    if (backtest_cards(result, text) != NULL)
        fprintf(out, "  %s\n", text);
    print_listed(result, out);
}

/* By which two runs are compared: for eyes and for scripts, so the counts are plain. */
static void print_hashes(const struct backtest *result, FILE *out)
{
    double seconds = (double)result->wall_ns / 1e9;
    char hex[2 * HASH_SIZE + 1], time[SPAN_TEXT], count[MONEY_TEXT];

    hash_hex(result->intents, hex);
    fprintf(out, "\nintents  %llu  %.16s\n", (unsigned long long)result->n_intents, hex);
    hash_hex(result->state, hex);
    fprintf(out, "state    seq %llu  %.16s\n", (unsigned long long)engine_seq(result->engine), hex);
    fprintf(out, "%s events in %s: %.2f million a second\n", money_count(result->n_events, count),
            span_of_s(seconds, time), seconds > 0 ? (double)result->n_events / seconds / 1e6 : 0.0);
}

static void print(const struct backtest *result, FILE *out, int width)
{
    print_head(result, out);
    print_agents(result, out, width);
    print_told(result, out);
    backtest_plan_print(result, out);
    print_ground(result, out);
    print_hashes(result, out);
}

void backtest_print(const struct backtest *result, FILE *out)
{
    int width = wrap_width(out);
    size_t n = 0;
    char *text = NULL;
    FILE *lines = width < WRAP_NONE ? open_memstream(&text, &n) : NULL;

    if (lines == NULL) {
        print(result, out, 0);
        return;
    }
    print(result, lines, width);
    if (fclose(lines) == 0)
        wrap_lines(out, width, text);
    free(text);
}
