// SPDX-License-Identifier: Apache-2.0
/* report: a backtest's result for people and for their tools. */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/num.h"
#include "journal/text.h"
#include "market/instrument_kind.h"
#include "report/backtest.h"
#include "report/backtest_plan.h"
#include "report/backtest_terms.h"
#include "report/figures.h"
#include "score/figures.h"
#include "sys/clock.h"

static const char *exact(agon_amt_t amt, int exp, char text[NUM_TEXT])
{
    num_format_short(amt, exp, text);
    return text;
}

static const char *book_name(const struct backtest_tape *tape)
{
    return !backtest_tape_has_book(tape) ? "none" : tape->kind == TAPE_RAW ? "recorded" : "assumed";
}

static void warn_unjudged(const struct backtest *result, FILE *out)
{
    const struct slots *slots = engine_slots(result->engine);

    for (uint16_t id = 0; id < slots->n; id++) {
        struct slot_unjudged of;
        char text[UNJUDGED_TEXT];

        engine_unjudged(result->engine, id, &of);
        if (!slots->all[id].is_used || !unjudged_is_much(&of))
            continue;
        unjudged_text(&of, slots->all[id].name, text, sizeof(text));
        fprintf(out, "agon backtest: %s\n", text);
    }
}

// The ith of the instruments whose filters nobody named.
static const char *assumed_listing(const struct backtest *result, uint32_t i,
                                   char text[BACKTEST_ASSUMED_TEXT])
{
    for (uint32_t at = 0; at < result->n_listed && result->n_tapes > 0; at++) {
        const struct listed *listed = &result->listed[at];
        char filters[LISTED_TEXT];

        if (listed_warning(listed)[0] == '\0' || i-- > 0)
            continue;
        snprintf(text, BACKTEST_ASSUMED_TEXT, "%s: %s: %s", listed->record.symbol,
                 listed_text(listed, filters), listed_warning(listed));
        return text;
    }
    return NULL;
}

void backtest_warn(const struct backtest *result, FILE *out)
{
    char text[BACKTEST_ASSUMED_TEXT];
    int is_bad = 0;

    for (uint32_t i = 0; i < result->n_tapes; i++) {
        const struct tape_report *tape = &result->tapes[i].report;

        // The first one of all is the run's own error.
        for (uint32_t k = is_bad ? 0 : 1; k < tape->n_bad; k++)
            fprintf(out, "agon backtest: %s\n", tape->bad[k].text);
        is_bad |= tape->err.code < 0;
        if (tape->n_bad == TAPE_BAD_MAX)
            fprintf(out, "agon backtest: %s: %d bad rows: it was read no further\n",
                    result->tapes[i].path, TAPE_BAD_MAX);
    }
    for (uint32_t i = 0; assumed_listing(result, i, text) != NULL; i++)
        fprintf(out, "agon backtest: %s\n", text);
    // Of a run that never began there is nothing to say.
    if (is_bad || result->wall_ns == 0)
        return;
    warn_unjudged(result, out);
    for (uint32_t i = 0; i < result->n_tapes; i++) {
        const struct backtest_tape *tape = &result->tapes[i];
        const struct tape_report *report = &tape->report;

        if (backtest_tape_has_book(tape))
            continue;
        if (tape->kind != TAPE_RAW) {
            fprintf(out, "agon backtest: %s: no row of it was used\n", tape->path);
            continue;
        }
        fprintf(out,
                "agon backtest: %s: its book never became live. Of %llu lines, %llu were book "
                "snapshots, %llu changes of the book, %llu trades, %llu best prices and %llu of no "
                "use here (other symbols, other kinds); %llu breaks in the chain of changes. A "
                "book is built from the streams of the venue that the file's name names "
                "(kraken_spot_BTCUSD_....raw), with the REST snapshot where that venue needs one\n",
                tape->path, (unsigned long long)report->n_rows,
                (unsigned long long)report->n_snapshots, (unsigned long long)report->n_diffs,
                (unsigned long long)report->n_trades, (unsigned long long)report->n_quotes,
                (unsigned long long)report->n_other, (unsigned long long)report->n_gaps);
    }
}

static json_t *metrics_json(const struct backtest *result, uint16_t id)
{
    double values[AGON_METRICS_MAX];
    uint32_t is_set = crew_metrics(result->crew, id, values);
    json_t *by = is_set != 0 ? json_object() : NULL;
    char name[12];

    for (uint32_t i = 0; i < AGON_METRICS_MAX; i++) {
        if ((is_set >> i & 1) == 0)
            continue;
        snprintf(name, sizeof(name), "%u", i);
        json_object_set_new(by, name, json_real(values[i]));
    }
    return by;
}

static json_t *refused_json(const struct backtest *result, uint16_t id)
{
    json_t *by = json_object();

    for (uint16_t reason = 0; reason < REASONS_MAX; reason++) {
        uint64_t n = engine_refused(result->engine, id, reason);
        const char *name = reason_name(reason);

        if (n > 0 && name != NULL)
            json_object_set_new(by, name, json_integer((json_int_t)n));
    }
    return by;
}

static json_t *breach_json(const struct backtest *result, const struct risk_slot *risk)
{
    char at[CLOCK_TEXT];
    char text[NUM_TEXT];

    if (risk->n_breaches == 0)
        return NULL;
    clock_text(risk->t_breach, at);
    return json_pack(
        "{s:s, s:s, s:s, s:f, s:I}", "reason", reason_name(risk->breach_reason), "t", at, "loss",
        exact(num_add(risk->breach_amt, -risk->breach_moved_amt), backtest_base(result).exp, text),
        "share", backtest_share(risk), "times", (json_int_t)risk->n_breaches);
}

static json_t *listed_json(const struct backtest *result)
{
    static const char *const words[] = {"", "named", "beside", "assumed", "assumed"};
    json_t *all = json_array();
    char tick[NUM_TEXT], lot[NUM_TEXT], notional[NUM_TEXT];

    for (uint32_t i = 0; i < result->n_listed; i++) {
        const struct listed *listed = &result->listed[i];
        const struct agon_instrument *record = &listed->record;

        num_format_short(record->tick_px, record->px_exp, tick);
        num_format_short(record->lot_qty, record->qty_exp, lot);
        num_format_short(record->min_notional_amt, 8, notional);
        json_array_append_new(
            all, json_pack("{s:s, s:b, s:s, s:s, s:s, s:s, s:s, s:o}", "symbol", record->symbol,
                           "perpetual", !instrument_kind_has_coins(record->kind), "listing",
                           words[listed->from], "source", listed->source, "tick", tick, "lot", lot,
                           "min_notional", notional, "terms", backtest_terms_json(result, i)));
    }
    return all;
}

const char *backtest_windows(const struct backtest *result, uint32_t i, int is_apart,
                             char text[BACKTEST_WINDOWS_TEXT])
{
    const struct backtest_windows *windows = &result->windows[i];
    char limits[VENUE_WINDOWS_TEXT];

    snprintf(text, BACKTEST_WINDOWS_TEXT, "%s: 80 %% of %s in market time, %s%s",
             windows->is_named                          ? windows->windows.wire->name
             : instrument_kind_has_coins(windows->kind) ? "spot"
                                                        : "perpetuals",
             venue_windows_text(&windows->windows, is_apart, limits),
             windows->source[0] != '\0' ? "by " : "as the venue publishes them", windows->source);
    return text;
}

static json_t *windows_json(const struct backtest *result)
{
    json_t *all = json_array();
    char text[BACKTEST_WINDOWS_TEXT];

    for (uint32_t i = 0; i < result->n_windows; i++)
        json_array_append_new(all, json_string(backtest_windows(result, i, 0, text)));
    return json_pack("{s:o, s:I, s:I}", "windows", all, "waited", (json_int_t)result->n_rate_waited,
                     "refused", (json_int_t)result->n_rate_refused);
}

// All data are recordings that say when each message was received.
static int is_all_received(const struct backtest *result)
{
    for (uint32_t i = 0; i < result->n_tapes; i++) {
        if (result->tapes[i].received.n == 0)
            return 0;
    }
    return result->n_tapes > 0;
}

static const char *assumed_latency(const struct backtest *result, char text[BACKTEST_ASSUMED_TEXT])
{
    int is_data = result->data_ns == 0 && !is_all_received(result);
    const char *of = result->order_ns == 0 && is_data ? "orders, reports and market data"
                     : result->order_ns == 0          ? "orders and reports"
                     : is_data                        ? "market data"
                                                      : NULL;

    if (of == NULL)
        return NULL;
    snprintf(text, BACKTEST_ASSUMED_TEXT,
             "a latency of 0 was assumed for %s: a live host has more, and its fills differ "
             "(--latency, --data-latency)",
             of);
    return text;
}

static int has_kind(const struct backtest *result, enum tape_kind kind)
{
    for (uint32_t i = 0; i < result->n_tapes; i++) {
        if (result->tapes[i].kind == kind)
            return 1;
    }
    return 0;
}

static const char *assumed_trades(const struct backtest *result, char text[BACKTEST_ASSUMED_TEXT])
{
    if (!has_kind(result, TAPE_TRADES))
        return NULL;
    snprintf(text, BACKTEST_ASSUMED_TEXT,
             "trades carry no book: behind each, one level a side as large as it was assumed, "
             "%g bp apart (--spread)",
             result->bars.spread_ppm / 100.0);
    return text;
}

static const char *assumed_bars(const struct backtest *result, char text[BACKTEST_ASSUMED_TEXT])
{
    const struct match_bars *bars = &result->bars;

    if (!has_kind(result, TAPE_BARS))
        return NULL;
    snprintf(text, BACKTEST_ASSUMED_TEXT,
             "the inside of bars was assumed: path %s, a spread of %g bp, orders on their way "
             "lose %g bp in the first second and more with the root of time, limits fill %g %% "
             "where prices only reach them and in all at most %g %% of a bar's volume, stops slip "
             "by %g bp (--path, --spread, --drift, --touch, --volume-share, --slippage)",
             match_path_name(bars->path), bars->spread_ppm / 100.0, bars->drift_ppm / 100.0,
             bars->touch_ppm / 10000.0, bars->volume_ppm / 10000.0, bars->slippage_ppm / 100.0);
    return text;
}

static const char *assumed_optimism(const struct backtest *result, char text[BACKTEST_ASSUMED_TEXT])
{
    if (!has_kind(result, TAPE_BARS) || result->bars.path != MATCH_PATH_OPTIMISTIC)
        return NULL;
    snprintf(text, BACKTEST_ASSUMED_TEXT,
             "the path was the one that is best for each agent, as if fills had known each bar's "
             "close: nothing can be earned like that");
    return text;
}

static const char *assumed_fees(const struct backtest *result, char text[BACKTEST_ASSUMED_TEXT])
{
    if (!result->is_fee_lower)
        return NULL;
    snprintf(text, BACKTEST_ASSUMED_TEXT,
             "fees were set below what the venue charges (--maker, --taker): live, the same "
             "trades cost more");
    return text;
}

static const char *assumed_funding(const struct backtest *result, char text[BACKTEST_ASSUMED_TEXT])
{
    if (!result->is_unfunded)
        return NULL;
    snprintf(text, BACKTEST_ASSUMED_TEXT,
             "perpetuals paid and received no funding, which a venue settles every few hours "
             "(--funding)");
    return text;
}

const char *backtest_assumed(const struct backtest *result, uint32_t i,
                             char text[BACKTEST_ASSUMED_TEXT])
{
    static const char *(*const all[])(const struct backtest *,
                                      char *) = {assumed_latency, assumed_fees, assumed_funding,
                                                 assumed_trades,  assumed_bars, assumed_optimism};

    for (size_t k = 0; k < sizeof(all) / sizeof(all[0]); k++) {
        if (all[k](result, text) != NULL && i-- == 0)
            return text;
    }
    for (uint32_t k = 0; k < result->n_tapes; k++) {
        if (backtest_clock(result, k, text) != NULL && i-- == 0)
            return text;
    }
    return assumed_listing(result, i, text);
}

static json_t *assumed_json(const struct backtest *result)
{
    char text[BACKTEST_ASSUMED_TEXT];
    json_t *all = json_array();

    for (uint32_t i = 0; backtest_assumed(result, i, text) != NULL; i++)
        json_array_append_new(all, json_string(text));
    return all;
}

#define PLUGIN_TEXT                                                                                \
    (sizeof(((struct plugin_info *)0)->id) + sizeof(((struct plugin_info *)0)->version))

// "org.agon.mm 1.0.0"
static const char *plugin_of(const struct backtest *result, uint16_t id, char text[PLUGIN_TEXT])
{
    const struct plugin_info *info = crew_info(result->crew, id);

    snprintf(text, PLUGIN_TEXT, "%s %s", info != NULL ? info->id : "?",
             info != NULL ? info->version : "?");
    return text;
}

static json_t *errors_json(const struct backtest *result, uint16_t id)
{
    char text[CREW_ERROR_TEXT];
    uint64_t n = crew_error_text(result->crew, id, text);

    return n > 0 ? json_pack("{s:I, s:s}", "callbacks", (json_int_t)n, "first", text) : NULL;
}

static json_t *jobs_json(const struct backtest *result, uint16_t id)
{
    const struct engine_outcomes *of = engine_outcomes(result->engine, id);

    if (of->n_done + of->n_failed + of->n_hung + of->n_cancelled + of->n_refused == 0)
        return NULL;
    return json_pack("{s:I, s:I, s:I, s:I, s:I}", "done", (json_int_t)of->n_done, "failed",
                     (json_int_t)of->n_failed, "hung", (json_int_t)of->n_hung, "cancelled",
                     (json_int_t)of->n_cancelled, "refused", (json_int_t)of->n_refused);
}

static json_t *agent_json(const struct backtest *result, uint16_t id)
{
    const struct slot *slot = &engine_slots(result->engine)->all[id];
    const struct instruments *table = engine_instruments(result->engine);
    const struct figures_money base = backtest_base(result);
    struct figures of;
    json_t *json;
    char plugin[PLUGIN_TEXT];
    uint32_t n;
    const struct position *all = ledger_positions(engine_ledger(result->engine), id, &n);
    json_t *positions = json_array();
    struct slot_unjudged unjudged;

    engine_unjudged(result->engine, id, &unjudged);
    engine_figures(result->engine, id, &of);
    for (uint32_t i = 0; i < n; i++) {
        const struct agon_instrument *instrument = instruments_get(table, all[i].instrument);
        char qty[NUM_TEXT];
        char realised[NUM_TEXT];

        json_array_append_new(
            positions, json_pack("{s:s, s:s, s:s, s:I}", "symbol", instrument->symbol, "qty",
                                 exact(all[i].held_amt,
                                       instrument_kind_has_coins(instrument->kind)
                                           ? instruments_asset(table, instrument->base)->exp
                                           : instrument->qty_exp,
                                       qty),
                                 "realised",
                                 exact(all[i].realised_amt,
                                       instruments_asset(table, instrument->quote)->exp, realised),
                                 "fills", (json_int_t)all[i].n_fills));
    }
    json = json_pack(
        "{s:s, s:s, s:I, s:I, s:I, s:I, s:o, s:I, s:I, s:s*, s:o*, s:o*, s:o*, s:o*, s:o}", "name",
        slot->name, "plugin", plugin_of(result, id, plugin), "fills", (json_int_t)of.n_fills,
        "wins", (json_int_t)of.n_wins, "intents", (json_int_t)slot->n_intents, "refused",
        (json_int_t)slot->n_refused, "refused_by", refused_json(result, id), "orders",
        (json_int_t)unjudged.n_orders, "unjudged", (json_int_t)unjudged.n_refused, "stopped",
        result->failure[id][0] != '\0' ? result->failure[id] : NULL, "errors",
        errors_json(result, id), "jobs", jobs_json(result, id), "breach",
        breach_json(result, engine_risk(result->engine, id)), "metrics", metrics_json(result, id),
        "positions", positions);
    return json != NULL ? figures_json(json, &base, &of) : NULL;
}

int backtest_json(const struct backtest *result, FILE *out)
{
    const struct slots *slots = engine_slots(result->engine);
    char from[CLOCK_TEXT];
    char to[CLOCK_TEXT];
    char intents[2 * HASH_SIZE + 1];
    char state[2 * HASH_SIZE + 1];
    json_t *agents = json_array();
    json_t *tapes = json_array();
    json_t *root;
    int rc;

    for (uint16_t id = 0; id < slots->n; id++) {
        if (slots->all[id].is_used)
            json_array_append_new(agents, agent_json(result, id));
    }
    for (uint32_t i = 0; i < result->n_tapes; i++) {
        const struct tape_report *tape = &result->tapes[i].report;

        json_array_append_new(
            tapes,
            json_pack("{s:s, s:s, s:s, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:o*}", "path",
                      result->tapes[i].path, "kind", backtest_kind_name(result->tapes[i].kind),
                      "book", book_name(&result->tapes[i]), "rows", (json_int_t)tape->n_rows,
                      "skipped", (json_int_t)tape->n_skipped, "other", (json_int_t)tape->n_other,
                      "rounded", (json_int_t)tape->n_noisy, "cut", (json_int_t)tape->n_cut, "gaps",
                      (json_int_t)tape->n_gaps, "differ", (json_int_t)tape->n_differ, "received",
                      backtest_received_json(&result->tapes[i])));
    }
    clock_text(result->t_first, from);
    clock_text(result->t_last, to);
    hash_hex(result->intents, intents);
    hash_hex(result->state, state);
    root = json_pack("{s:s, s:s, s:I, s:I, s:I, s:s, s:s, s:I, s:f, s:o, s:o}", "from", from, "to",
                     to, "events", (json_int_t)result->n_events, "market_events",
                     (json_int_t)result->n_market, "intents", (json_int_t)result->n_intents,
                     "intents_hash", intents, "state_hash", state, "seq",
                     (json_int_t)engine_seq(result->engine), "seconds",
                     (double)result->wall_ns / 1e9, "data", tapes, "agents", agents);
    if (root != NULL) {
        if (result->market.about[0] != '\0')
            (void)json_object_update_new(
                root, json_pack("{s:s, s:s*, s:I}", "market", result->market.about, "market_name",
                                result->market.name[0] != '\0' ? result->market.name : NULL, "seed",
                                (json_int_t)result->seed));
        json_object_set_new(root, "history", json_integer((json_int_t)result->n_history));
        json_object_set_new(root, "heard_ahead", json_integer((json_int_t)result->n_ahead));
        json_object_set_new(root, "assumed", assumed_json(result));
        json_object_set_new(root, "rate", windows_json(result));
        json_object_set_new(root, "latency", backtest_ways_json(result));
        if (result->cards.n > 0)
            json_object_set_new(root, "gpu", backtest_cards_json(result));
        if (result->n_plans > 0)
            json_object_set_new(root, "tournaments", backtest_plan_json(result));
    }
    if (root != NULL)
        json_object_set_new(root, "instruments", listed_json(result));
    if (root != NULL)
        json_object_set_new(
            root, "portfolio",
            json_pack("{s:o*}", "breach", breach_json(result, engine_portfolio(result->engine))));
    if (root == NULL)
        return AGON_ENOMEM;
    rc = json_dumpf(root, out, JSON_INDENT(2) | JSON_REAL_PRECISION(12)) == 0 ? AGON_OK : AGON_EIO;
    fputc('\n', out);
    json_decref(root);
    return rc;
}

const char *const backtest_csv_names[BACKTEST_CSVS] = {"agents.csv", "fills.csv", "equity.csv"};

static void put_count(struct cell *cell, const char *name, uint64_t n)
{
    cell->name = name;
    (void)snprintf(cell->text, sizeof(cell->text), "%llu", (unsigned long long)n);
}

/* Columns of the first releases stay at their places, for who reads by those. */
static uint32_t in_old_order(struct cell *cells, uint32_t n)
{
    static const char *const first[] = {"agent",  "plugin",   "capital", "equity",  "return",
                                        "sharpe", "drawdown", "fills",   "intents", "refused",
                                        "fees",   "volume",   "stopped", "path"};

    for (uint32_t i = 0; i < sizeof(first) / sizeof(first[0]); i++) {
        struct cell moved;
        uint32_t at = i;

        while (at < n && strcmp(cells[at].name, first[i]) != 0)
            at++;
        REQUIRE(at < n);
        moved = cells[at];
        memmove(&cells[i + 1], &cells[i], (at - i) * sizeof(cells[0]));
        cells[i] = moved;
    }
    return n;
}

enum { AGENT_CELLS = FIGURES_CELLS + 7 };

static uint32_t agent_cells(const struct backtest *result, uint16_t id,
                            struct cell cells[AGENT_CELLS])
{
    const struct slot *slot = &engine_slots(result->engine)->all[id];
    const struct figures_money base = backtest_base(result);
    char plugin[PLUGIN_TEXT];
    struct figures of;

    memset(cells, 0, AGENT_CELLS * sizeof(*cells));
    engine_figures(result->engine, id, &of);
    cells[0].name = "agent";
    (void)snprintf(cells[0].text, sizeof(cells[0].text), "%.*s", SLOT_NAME, slot->name);
    cells[1].name = "plugin";
    (void)snprintf(cells[1].text, sizeof(cells[1].text), "%.63s", plugin_of(result, id, plugin));
    put_count(&cells[2], "fills", of.n_fills);
    put_count(&cells[3], "intents", slot->n_intents);
    put_count(&cells[4], "refused", slot->n_refused);
    cells[5].name = "stopped";
    (void)snprintf(cells[5].text, sizeof(cells[5].text), "%s",
                   result->failure[id][0] != '\0' ? "yes" : "no");
    cells[6].name = "path";
    (void)snprintf(cells[6].text, sizeof(cells[6].text), "%s",
                   has_kind(result, TAPE_BARS) ? match_path_name(result->bars.path) : "");
    return in_old_order(cells, figures_cells(cells, 7, &base, &of));
}

// What the report says of each agent, exact; what is not known is empty.
static void agents_csv(const struct backtest *result, FILE *file)
{
    const struct slots *slots = engine_slots(result->engine);
    struct cell cells[AGENT_CELLS];
    struct sheet sheet;

    sheet_begin(&sheet, file, SHEET_CSV, cells, agent_cells(result, 0, cells));
    for (uint16_t id = 0; id < slots->n; id++) {
        if (slots->all[id].is_used)
            sheet_row(&sheet, cells, agent_cells(result, id, cells));
    }
    sheet_end(&sheet);
}

static const char *stamp(agon_ns_t t, char text[CLOCK_TEXT])
{
    text[0] = '\0';
    if (t != 0)
        clock_text(t, text);
    return text;
}

static const char *tag_name(const struct backtest *result, const struct backtest_fill *fill)
{
    const struct plugin_info *info = crew_info(result->crew, fill->slot);

    return info != NULL && fill->tag > 0 && fill->tag <= info->n_tags ? info->tags[fill->tag - 1]
                                                                      : "";
}

void backtest_csv(const struct backtest *result, FILE *const files[BACKTEST_CSVS])
{
    const struct instruments *table = engine_instruments(result->engine);
    const struct slots *slots = engine_slots(result->engine);
    const struct asset *base = instruments_asset(table, table->base_currency);
    char text[4][NUM_TEXT];
    char t[CLOCK_TEXT], venue[CLOCK_TEXT];
    FILE *file = files[BACKTEST_FILLS];
    uint64_t at = 0; // of the stretch that the sample is in

    agents_csv(result, files[BACKTEST_AGENTS]);
    fprintf(file, "time,agent,symbol,side,liquidity,price,quantity,fee,fee_asset,order_id,seq,"
                  "result,instrument,venue_time,exit_reason,tag,tag_name\n");
    for (uint64_t i = 0; i < result->n_fills; i++) {
        const struct backtest_fill *fill = &result->fills[i];
        const struct agon_instrument *instrument = instruments_get(table, fill->instrument);
        const struct asset *fee = instruments_asset(table, fill->fee_asset);

        clock_text(fill->t, t);
        fprintf(file, "%s,%s,%s,%s,%s,%s,%s,%s,%s,%llx,%llu,%s,%u,%s,%s,%u,%s\n", t,
                slots->all[fill->slot].name, instrument->symbol,
                fill->side == AGON_BUY ? "buy" : "sell",
                fill->liquidity == LIQUIDITY_MAKER ? "maker" : "taker",
                exact(fill->px, instrument->px_exp, text[0]),
                exact(fill->qty, instrument->qty_exp, text[1]),
                exact(fill->fee_amt, fee != NULL ? fee->exp : 8, text[2]),
                fee != NULL ? fee->name : "", (unsigned long long)fill->order_id,
                (unsigned long long)fill->seq,
                exact(fill->result_amt, base != NULL ? base->exp : 8, text[3]), fill->instrument,
                stamp(fill->t_venue, venue), exit_reasons_name(fill->why), fill->tag,
                tag_name(result, fill));
    }
    file = files[BACKTEST_EQUITY];
    fprintf(file, "time,venue_time");
    for (uint16_t id = 0; id < slots->n; id++)
        fprintf(file, ",%s", slots->all[id].name);
    fputc('\n', file);
    for (uint64_t i = 0; i < result->n_samples; i++) {
        agon_ns_t behind_ns;

        if (at + 1 < result->n_stretches && result->stretches[at + 1].sample == i)
            at++;
        behind_ns = (agon_ns_t)(i - result->stretches[at].sample) * BACKTEST_SAMPLE_NS;
        clock_text(result->stretches[at].t + behind_ns, t);
        fprintf(file, "%s,%s", t, stamp(result->stretches[at].t_venue + behind_ns, venue));
        for (uint16_t id = 0; id < slots->n; id++)
            fprintf(file, ",%s",
                    exact(backtest_equity(result, i, id), base != NULL ? base->exp : 8, text[0]));
        fputc('\n', file);
    }
}
