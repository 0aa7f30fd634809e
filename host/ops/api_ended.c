// SPDX-License-Identifier: Apache-2.0
/* Orders that ended and trades that were closed, of each agent the newest: kept beside its fills by
 * who looks (api_history.c), and behind a restart read from the journal (run/past.h). */
#include <stdio.h>

#include "base/money.h"
#include "base/num.h"
#include "market/exit_reasons.h"
#include "market/reasons.h"
#include "ops/api_history.h"
#include "ops/api_words.h"

static const struct host_view_instrument *instrument_at(const struct api *api,
                                                        agon_instrument_t instrument)
{
    return instrument >= 1 && instrument <= api->view->n_instruments
               ? &api->view->instruments[instrument - 1]
               : NULL;
}

/* The two arguments: an agent's place, and the event behind which; below 0: what is wrong. */
static int take(const struct api *api, const struct control_call *call, int64_t *after,
                struct error *err)
{
    int slot = api_slot_of(api, call->argv[0], err);

    *after = 0;
    if (slot >= 0 && call->argc > 1 &&
        (num_parse(call->argv[1], strlen(call->argv[1]), 0, after) < 0 || *after < 0))
        return error_set(err, AGON_EINVAL,
                         "'%.24s' is not the number of an event; expected one as `seq` of what is "
                         "listed",
                         call->argv[1]);
    return slot;
}

static void put_null(struct jout *out, const char *key)
{
    jout_key(out, key);
    jout_null(out);
}

/* A mean has two digits more than a price; null: not known. */
static void put_mean(struct jout *out, const char *key, agon_px_t px, int px_exp)
{
    int exp = px_exp + TRADE_PX_MORE;

    if (px > 0 && exp > NUM_EXP_MAX) {
        px = num_div(px, num_pow10(exp - NUM_EXP_MAX), NUM_EVEN);
        exp = NUM_EXP_MAX;
    }
    if (px > 0)
        jout_kv_dec(out, key, px, exp);
    else
        put_null(out, key);
}

static void put_ended(const struct api *api, const struct past_order *order, struct jout *out)
{
    const struct host_view_ended *of = &order->of;
    const struct host_view_instrument *at = instrument_at(api, of->instrument);
    int px_exp = at != NULL ? at->px_exp : 0;
    int qty_exp = at != NULL ? at->qty_exp : 0;
    // Fills that are older than what is kept have no price here.
    int is_known = order->sum_qty == of->filled_qty && of->filled_qty > 0;
    const char *reason = of->reason != 0 ? reason_name(of->reason) : NULL;
    char id[24];

    snprintf(id, sizeof(id), "%llx", (unsigned long long)of->id);
    jout_open(out, '{');
    jout_kv_str(out, "id", id);
    jout_kv_str(out, "agent", api->view->slots[of->slot % SLOTS_MAX].name);
    jout_kv_str(out, "symbol", at != NULL ? api_label(api, of->instrument - 1) : "");
    jout_kv_str(out, "side", api_word(api_sides, of->side));
    jout_kv_str(out, "type", api_order_type(of->type));
    jout_kv_dec(out, "price", of->px, px_exp);
    jout_kv_dec(out, "quantity", of->qty, qty_exp);
    jout_kv_dec(out, "filled", of->filled_qty, qty_exp);
    put_mean(out, "average", is_known ? trades_mean(order->sum, order->sum_qty) : 0, px_exp);
    if (is_known && order->has_fee)
        jout_kv_dec(out, "fee", order->fee_amt, order->fee_exp);
    else
        put_null(out, "fee");
    jout_kv_str(out, "fee_asset", is_known && order->has_fee ? order->fee_name : "");
    jout_kv_str(out, "end", api_word(api_order_ends, of->end));
    jout_kv_str(out, "reason", reason != NULL ? reason : "");
    jout_kv_str(out, "why",
                reason != NULL && reason_text(of->reason) != NULL ? reason_text(of->reason) : "");
    jout_kv_str(out, "exit_reason", exit_reasons_name(of->why));
    jout_kv_str(out, "exit_why", exit_reasons_text(of->why));
    api_put_tag(api, "tag", of->slot, of->tag, of->seq, out);
    api_put_time(out, "since", of->t_create);
    api_put_time(out, "time", of->t);
    jout_kv_int(out, "seq", (int64_t)of->seq);
    jout_close(out, '{');
}

int api_do_ended(void *ctx, const struct control_call *call, struct jout *out, struct error *err)
{
    const struct api *api = ctx;
    int64_t after;
    int slot = take(api, call, &after, err);
    const struct past_ended *of;
    uint64_t n;

    if (slot < 0)
        return slot;
    of = api->history->ended[slot];
    if (of != NULL && strcmp(of->name, api->view->slots[slot].name) != 0)
        of = NULL;
    n = of == NULL ? 0 : of->n < ENDED ? of->n : ENDED;
    jout_open(out, '[');
    for (uint64_t i = 1; i <= n; i++) {
        const struct past_order *order = &of->all[(of->n - i) % ENDED];

        if (order->of.seq > (uint64_t)after) // one that was filled later still has a later number
            put_ended(api, order, out);
    }
    jout_close(out, '[');
    return AGON_OK;
}

const struct past_trades *api_trades_of(const struct api *api, uint32_t id)
{
    const struct past_trades *of = api->history->closed[id];

    return of != NULL && strcmp(of->name, api->view->slots[id].name) == 0 ? of : NULL;
}

static void put_closed(const struct api *api, const struct trade_closed *trade, struct jout *out)
{
    const struct host_view_instrument *at = instrument_at(api, trade->instrument);
    int exp = at != NULL ? at->quote_exp : 0;
    int decimals = at != NULL ? money_decimals(at->unit, at->quote_exp) : 0;

    jout_open(out, '{');
    jout_kv_str(out, "agent", api->view->slots[trade->slot % SLOTS_MAX].name);
    jout_kv_str(out, "symbol", at != NULL ? api_label(api, trade->instrument - 1) : "");
    jout_kv_str(out, "side", api_word(api_position_sides, trade->side > 0 ? 1 : 2));
    api_put_time(out, "opened", trade->t_open);
    api_put_time(out, "time", trade->t_close);
    jout_kv_dec(out, "quantity", trade->qty, at != NULL ? at->qty_exp : 0);
    put_mean(out, "entry", trade->entry_px, at != NULL ? at->px_exp : 0);
    put_mean(out, "exit", trade->exit_px, at != NULL ? at->px_exp : 0);
    jout_kv_dec(out, "result", num_rescale(trade->result_amt, exp, decimals, NUM_EVEN), decimals);
    if (trade->is_partial)
        put_null(out, "fees"); // of the fills that were not seen they are not known
    else
        jout_kv_dec(out, "fees", num_rescale(trade->fee_amt, exp, decimals, NUM_EVEN), decimals);
    jout_kv_str(out, "currency", at != NULL ? at->unit : "");
    if (trade->t_open == 0)
        put_null(out, "held_s");
    else
        jout_kv_real(out, "held_s", (double)(trade->t_close - trade->t_open) / 1e9);
    jout_kv_int(out, "fills", (int64_t)trade->n_fills);
    jout_kv_bool(out, "partial", trade->is_partial);
    jout_kv_str(out, "exit_reason", exit_reasons_name(trade->why));
    jout_kv_str(out, "exit_why", exit_reasons_text(trade->why));
    api_put_tag(api, "entry_tag", trade->slot, trade->entry_tag, trade->entry_seq, out);
    api_put_tag(api, "exit_tag", trade->slot, trade->exit_tag, trade->seq, out);
    jout_kv_int(out, "seq", (int64_t)trade->seq);
    jout_close(out, '{');
}

int api_do_closed(void *ctx, const struct control_call *call, struct jout *out, struct error *err)
{
    const struct api *api = ctx;
    int64_t after;
    int slot = take(api, call, &after, err);
    const struct past_trades *of;
    uint64_t n;

    if (slot < 0)
        return slot;
    of = api_trades_of(api, (uint32_t)slot);
    n = of == NULL ? 0 : of->n < TRADES_CLOSED ? of->n : TRADES_CLOSED;
    jout_open(out, '[');
    for (uint64_t i = 1; i <= n; i++) {
        const struct trade_closed *trade = &of->all[(of->n - i) % TRADES_CLOSED];

        if (trade->seq <= (uint64_t)after)
            break;
        put_closed(api, trade, out);
    }
    jout_close(out, '[');
    return AGON_OK;
}

static void put_amount(struct jout *out, const char *key, agon_amt_t amt, int exp, int decimals)
{
    jout_kv_dec(out, key, num_rescale(amt, exp, decimals, NUM_EVEN), decimals);
}

static void put_group(const struct api *api, uint32_t slot, const struct trade_group *group,
                      struct jout *out)
{
    const struct host_view_instrument *at = instrument_at(api, group->instrument);
    int exp = at != NULL ? at->quote_exp : 0;
    int decimals = at != NULL ? money_decimals(at->unit, at->quote_exp) : 0;

    jout_open(out, '{');
    jout_kv_str(out, "agent", api->view->slots[slot].name);
    jout_kv_str(out, "symbol", at != NULL ? api_label(api, group->instrument - 1) : "");
    jout_kv_str(out, "exit_reason", exit_reasons_name(group->why));
    jout_kv_str(out, "exit_why", exit_reasons_text(group->why));
    api_put_tag(api, "entry_tag", slot, group->tag, 0, out); // sums are of all generations
    jout_kv_int(out, "trades", (int64_t)group->n);
    jout_kv_int(out, "won", (int64_t)group->n_won);
    jout_kv_int(out, "lost", (int64_t)group->n_lost);
    put_amount(out, "result", group->result_amt, exp, decimals);
    if (group->n == 0) {
        put_null(out, "best");
        put_null(out, "worst");
    } else {
        put_amount(out, "best", group->best_amt, exp, decimals);
        put_amount(out, "worst", group->worst_amt, exp, decimals);
    }
    jout_kv_str(out, "currency", at != NULL ? at->unit : "");
    jout_kv_int(out, "timed", (int64_t)group->n_timed);
    if (group->n_timed == 0)
        put_null(out, "held_s");
    else
        jout_kv_real(out, "held_s", (double)group->held_ns / 1e9 / (double)group->n_timed);
    jout_close(out, '{');
}

static void put_rest(const struct api *api, uint32_t slot, agon_instrument_t instrument,
                     uint16_t why, agon_amt_t amt, struct jout *out)
{
    const struct trade_group group = trade_group_rest(instrument, why, amt);
    const struct host_view_instrument *at = instrument_at(api, instrument);

    // What rounds to nothing, as of dust, adds nothing.
    if (at != NULL &&
        num_rescale(amt, at->quote_exp, money_decimals(at->unit, at->quote_exp), NUM_EVEN) != 0)
        put_group(api, slot, &group, out);
}

int api_do_performance(void *ctx, const struct control_call *call, struct jout *out,
                       struct error *err)
{
    const struct api *api = ctx;
    int slot = call->argc > 0 ? api_slot_of(api, call->argv[0], err) : -1;

    if (call->argc > 0 && slot < 0)
        return slot;
    jout_open(out, '[');
    for (uint32_t id = 0; id < api->view->n_slots; id++) {
        const struct past_trades *of = api_trades_of(api, id);

        if (of == NULL || !api->view->slots[id].is_used || (slot >= 0 && id != (uint32_t)slot))
            continue;
        for (uint32_t i = 0; i < of->groups.n; i++)
            put_group(api, id, &of->groups.all[i], out);
        for (int i = 0; i < LEDGER_POSITIONS; i++)
            put_rest(api, id, of->open[i].instrument, EXIT_REASON_OPEN, of->open[i].open.result_amt,
                     out);
        for (uint32_t i = 0; i < api->view->slots[id].n_positions; i++) {
            const struct host_view_position *at = &api->view->slots[id].positions[i];

            put_rest(api, id, at->instrument, EXIT_REASON_UNREALISED, at->figures.unrealised_amt,
                     out);
            put_rest(api, id, at->instrument, EXIT_REASON_FUNDING, at->funding_amt, out);
        }
    }
    jout_close(out, '[');
    return AGON_OK;
}
