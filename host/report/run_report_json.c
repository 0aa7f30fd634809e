// SPDX-License-Identifier: Apache-2.0
/* run_report_json: what a run came to, for programs. */
#include <jansson.h>

#include "market/instrument_kind.h"
#include "report/figures.h"
#include "report/run_compare.h"
#include "report/run_report.h"
#include "report/run_spread.h"
#include "report/trail.h"
#include "sys/clock.h"

static json_t *time_json(agon_ns_t t)
{
    char text[CLOCK_TEXT];

    if (t == 0)
        return json_null();
    clock_text(t, text);
    return json_string(text);
}

static json_t *agent_json(const struct run_report *story, uint16_t id,
                          const struct figures_money *base)
{
    const struct slot *slot = &engine_slots(story->engine)->all[id];
    const struct trail_slot *of = &story->trail->slots[id];
    struct figures figures;
    json_t *json;

    engine_figures(story->engine, id, &figures);
    json = json_pack("{s:s, s:I, s:I, s:I, s:I, s:f, s:f, s:f, s:f}", "name", slot->name, "fills",
                     (json_int_t)figures.n_fills, "refused", (json_int_t)slot->n_refused, "trades",
                     (json_int_t)of->n_trades, "trades_won", (json_int_t)of->n_won, "trade_mean_s",
                     trail_mean_s(story->trail, id), "time_held", trail_time_held(story->trail, id),
                     "exposure", trail_exposure(story->trail, id), "turnover_a_day",
                     trail_turnover(story->trail, id,
                                    (double)figures.capital_amt / (double)num_pow10(base->exp)));
    return json != NULL ? figures_json(json, base, &figures) : NULL;
}

static json_t *trades_json(const struct run_report *story)
{
    const struct instruments *table = engine_instruments(story->engine);
    const struct trade_closed *trade;
    json_t *all = json_array();

    for (uint64_t k = 0; (trade = trail_trade(story->trail, k)) != NULL; k++) {
        const struct agon_instrument *instrument = instruments_get(table, trade->instrument);

        const struct asset *unit =
            instrument != NULL ? instruments_asset(table, instrument_kind_unit(instrument)) : NULL;
        double amt = (double)num_pow10(unit != NULL ? unit->exp : 8);
        double px = (double)num_pow10(instrument != NULL ? instrument->px_exp : 0) *
                    (double)num_pow10(TRADE_PX_MORE);
        char tags[2][INFO_TAG];

        json_array_append_new(
            all,
            json_pack(
                "{s:s, s:s, s:b, s:s, s:o, s:o, s:f, s:f, s:f, s:f, s:f, s:s, s:b, s:s, s:s, "
                "s:s}",
                "agent", seats_name(story->seats, trade->slot, trade->seq), "symbol",
                instrument != NULL ? instrument->symbol : "?", "perpetual",
                instrument != NULL && !instrument_kind_has_coins(instrument->kind), "side",
                trade->side > 0 ? "long" : "short", "opened", time_json(trade->t_open), "closed",
                time_json(trade->t_close), "quantity",
                (double)trade->qty /
                    (double)num_pow10(instrument != NULL ? instrument->qty_exp : 0),
                "entry", (double)trade->entry_px / px, "exit", (double)trade->exit_px / px,
                "result", (double)trade->result_amt / amt, "fees", (double)trade->fee_amt / amt,
                "currency", unit != NULL ? unit->name : "", "partial", trade->is_partial,
                "exit_reason", exit_reasons_name(trade->why), "entry_tag",
                run_report_tag(story, trade->slot, trade->entry_seq, trade->entry_tag, tags[0]),
                "exit_tag",
                run_report_tag(story, trade->slot, trade->seq, trade->exit_tag, tags[1])));
    }
    return all;
}

static json_t *falls_json(const struct trail *trail)
{
    json_t *all = json_array();

    for (uint32_t i = 0; i < trail->n_falls; i++) {
        const struct trail_fall *fall = &trail->falls[i];

        json_array_append_new(all,
                              json_pack("{s:f, s:o, s:o, s:o}", "depth", fall->depth, "from",
                                        time_json(fall->t_high), "lowest", time_json(fall->t_low),
                                        "made_good", time_json(fall->t_back)));
    }
    return all;
}

static json_t *happenings_json(const struct run_report *story)
{
    json_t *all = json_array();

    for (uint32_t i = 0; i < story->n_happenings; i++) {
        const struct run_report_happening *one = &story->happenings[i];

        json_array_append_new(all, json_pack("{s:o, s:s*, s:s}", "time", time_json(one->t), "agent",
                                             run_report_agent(story, one), "text", one->text));
    }
    return all;
}

static json_t *files_json(const struct run_report *story)
{
    json_t *all = json_array();
    const struct weights_of *of;

    for (uint32_t i = 0; (of = weights_at(story->weights, i)) != NULL; i++)
        json_array_append_new(all, json_pack("{s:o, s:s, s:i, s:I, s:s}", "time", time_json(of->t),
                                             "agent", of->agent, "generation", (int)of->generation,
                                             "seq", (json_int_t)of->seq, "files", of->text));
    return all;
}

int run_report_json(const struct run_report *story, const struct run_compare *compare, FILE *out)
{
    const struct instruments *table = engine_instruments(story->engine);
    const struct slots *slots = engine_slots(story->engine);
    const struct asset *asset = instruments_asset(table, table->base_currency);
    const struct figures_money base = {.name = asset != NULL ? asset->name : "?",
                                       .exp = asset != NULL ? asset->exp : 8};
    const struct trail *trail = story->trail;
    char state[2 * HASH_SIZE + 1], intents[2 * HASH_SIZE + 1];
    json_t *agents = json_array(), *left = json_array();
    const struct seat *seat;
    struct figures all;
    json_t *whole, *root;
    int rc;

    for (uint16_t id = 0; id < slots->n; id++) {
        if (slots->all[id].is_used)
            json_array_append_new(agents, agent_json(story, id, &base));
    }
    for (uint32_t i = 0; (seat = seats_at(story->seats, i)) != NULL; i++) {
        if (seat->is_gone)
            json_array_append_new(left,
                                  figures_json(json_pack("{s:s, s:I, s:I}", "name", seat->name,
                                                         "fills", (json_int_t)seat->figures.n_fills,
                                                         "refused", (json_int_t)seat->n_refused),
                                               &base, &seat->figures));
    }
    seats_all(story->seats, story->engine, &all);
    hash_hex(story->replay.state, state);
    hash_hex(story->replay.intents, intents);
    whole = figures_json(json_pack("{s:I}", "fills", (json_int_t)all.n_fills), &base, &all);
    root = json_pack(
        "{s:o, s:o, s:o*, s:f, s:o, s:o, s:o, s:I, s:o, s:o, s:I, s:I, s:o, s:s, s:s}", "from",
        time_json(trail->t_first), "to", time_json(trail->t_last), "all", whole, "hold_return",
        trail->n_points > 0 ? trail_hold(trail, trail->n_points - 1) - 1.0 : 0.0, "agents", agents,
        "left", left, "drawdowns", falls_json(trail), "trades_n", (json_int_t)trail->n_trades,
        "trades", trades_json(story), "happenings", happenings_json(story), "events",
        (json_int_t)story->replay.n_events, "marks", (json_int_t)story->replay.n_marks, "files",
        files_json(story), "state_hash", state, "intents_hash", intents);
    if (root != NULL && story->market.about[0] != '\0')
        (void)json_object_update_new(
            root, json_pack("{s:s, s:s*, s:I}", "market", story->market.about, "market_name",
                            story->market.name[0] != '\0' ? story->market.name : NULL, "seed",
                            (json_int_t)story->market_seed));
    root = run_spread_json(story, root);
    if (root == NULL ||
        (compare != NULL && json_object_set_new(root, "beside", run_compare_json(compare)) < 0)) {
        json_decref(root);
        return AGON_ENOMEM;
    }
    rc = json_dumpf(root, out, JSON_INDENT(2) | JSON_REAL_PRECISION(12)) == 0 ? AGON_OK : AGON_EIO;
    fputc('\n', out);
    json_decref(root);
    return rc;
}
