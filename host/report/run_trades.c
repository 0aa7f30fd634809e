// SPDX-License-Identifier: Apache-2.0
#include "report/run_trades.h"

#include <jansson.h>

#include "base/money.h"
#include "base/num.h"
#include "market/exit_reasons.h"
#include "market/instrument_kind.h"
#include "report/run_spread.h"
#include "report/trail.h"
#include "report/view.h"
#include "sys/clock.h"
#include "sys/wrap.h"

#define NEWEST 10 /* trades that a terminal has room for */

/* Of what a row is, and its currency: what it is counted in. */
struct unit {
    const struct agon_instrument *instrument; /* NULL: not listed */
    const struct asset *asset;
};

static struct unit unit_of(const struct run_report *story, agon_instrument_t id)
{
    const struct instruments *table = engine_instruments(story->engine);
    struct unit unit = {.instrument = instruments_get(table, id)};

    unit.asset =
        instruments_asset(table, unit.instrument != NULL ? instrument_kind_unit(unit.instrument)
                                                         : table->base_currency);
    return unit;
}

static json_t *amount_json(const struct unit *unit, agon_amt_t amt)
{
    int exp = unit->asset != NULL ? unit->asset->exp : 8;
    char text[MONEY_TEXT];

    return json_string(money_plain(
        amt, exp, money_decimals(unit->asset != NULL ? unit->asset->name : "", exp), text));
}

static json_t *mean_json(const struct unit *unit, int64_t px)
{
    char text[NUM_TEXT];

    if (px == 0 || unit->instrument == NULL)
        return json_null();
    num_format(px, unit->instrument->px_exp + TRADE_PX_MORE, text);
    return json_string(text);
}

static json_t *time_json(agon_ns_t t)
{
    char text[CLOCK_TEXT];

    clock_text(t, text);
    return json_string(text);
}

static json_t *held_json(double seconds, int is_known)
{
    return is_known ? json_real(seconds) : json_null();
}

/* entry_key: of a journal without names the number has a column of its own. */
static json_t *trade_row(const struct run_report *story, const struct trade_closed *trade,
                         const char *entry_key)
{
    const struct unit unit = unit_of(story, trade->instrument);
    char tags[2][INFO_TAG], symbol[RUN_REPORT_NAME];

    return json_pack(
        "{s:s, s:s, s:s, s:o, s:o, s:o, s:o, s:s, s:s, s:s, s:s, s:o}", "agent",
        seats_name(story->seats, trade->slot, trade->seq), "symbol",
        run_report_symbol(story, trade->instrument, symbol), "side",
        trade->side > 0 ? "long" : "short", "time", time_json(trade->t_close), "entry",
        mean_json(&unit, trade->entry_px), "exit", mean_json(&unit, trade->exit_px), "result",
        amount_json(&unit, trade->result_amt), "currency",
        unit.asset != NULL ? unit.asset->name : "", "exit_reason", exit_reasons_name(trade->why),
        entry_key, run_report_tag(story, trade->slot, trade->entry_seq, trade->entry_tag, tags[0]),
        "exit_tag", run_report_tag(story, trade->slot, trade->seq, trade->exit_tag, tags[1]),
        "held_s", held_json((double)(trade->t_close - trade->t_open) / 1e9, trade->t_open != 0));
}

static json_t *group_row(const struct run_report *story, const struct trade_group *group)
{
    const struct unit unit = unit_of(story, group->instrument);
    double n_timed = group->n_timed > 0 ? (double)group->n_timed : 1.0;
    int has_trades = group->n > 0;
    char symbol[RUN_REPORT_NAME];

    return json_pack("{s:s, s:s, s:I, s:I, s:I, s:o, s:o, s:o, s:s, s:o}", "symbol",
                     run_report_symbol(story, group->instrument, symbol), "exit_reason",
                     exit_reasons_name(group->why), "trades", (json_int_t)group->n, "won",
                     (json_int_t)group->n_won, "lost", (json_int_t)group->n_lost, "result",
                     amount_json(&unit, group->result_amt), "best",
                     has_trades ? amount_json(&unit, group->best_amt) : json_null(), "worst",
                     has_trades ? amount_json(&unit, group->worst_amt) : json_null(), "currency",
                     unit.asset != NULL ? unit.asset->name : "", "held_s",
                     held_json((double)group->held_ns / 1e9 / n_timed, group->n_timed > 0));
}

void run_trades_print(const struct run_report *story, FILE *out)
{
    struct trade_group groups[RUN_SPREAD_GROUPS];
    uint32_t n_groups = run_spread_groups(story, groups);
    const struct trade_closed *trade;
    json_t *rows = json_array();
    const char *key = run_report_is_tag_number(story) ? "entry_number" : "entry_tag";

    for (uint32_t i = 0; i < n_groups; i++)
        (void)json_array_append_new(rows, group_row(story, &groups[i]));
    if (n_groups > 0) {
        fputc('\n', out);
        (void)view_show_by(out, "agon report", "performance", rows, wrap_width(out));
    }
    (void)json_array_clear(rows);
    for (uint64_t k = 0; k < NEWEST && (trade = trail_trade(story->trail, k)) != NULL; k++)
        (void)json_array_append_new(rows, trade_row(story, trade, key));
    if (json_array_size(rows) > 0) {
        fputc('\n', out);
        (void)view_show_by(out, "agon report", "report trades", rows, wrap_width(out));
    }
    if (story->trail->n_trades > NEWEST)
        fprintf(out, "and %llu before; --html and --json have more\n",
                (unsigned long long)(story->trail->n_trades - NEWEST));
    json_decref(rows);
}
