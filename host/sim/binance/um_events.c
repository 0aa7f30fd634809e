// SPDX-License-Identifier: Apache-2.0
/* um_events: the user events that tell of orders, balances and positions. */
#include "base/num.h"
#include "sim/binance/um.h"
#include <stdio.h>
#include <stdlib.h>

static void put_avg(struct jout *out, const struct simb_order *order)
{
    jout_kv_dec(out, "ap",
                order->filled_qty ? num_mul_div(order->filled_amt, num_pow10(SIMB_EXP),
                                                order->filled_qty, NUM_EVEN)
                                  : 0,
                SIMB_EXP);
}

static void report(struct simb *b, const struct simb_order *order, const char *kind,
                   const struct match_event *event, uint64_t trade_id, agon_amt_t realised_amt)
{
    static const char *const tifs[] = {"GTC", "GTC", "IOC", "FOK", "GTD"};
    const struct simum_order *um = order->um;
    int is_trade = event->kind == MATCH_TRADE;
    struct jout *out = &b->sim.frame;
    uint32_t sym = order->sym;

    jout_reset(out);
    jout_open(out, '{');
    jout_kv_str(out, "e", "ORDER_TRADE_UPDATE");
    jout_kv_time(out, "T", event->t);
    jout_kv_time(out, "E", event->t);
    jout_key(out, "o");
    jout_open(out, '{');
    jout_kv_str(out, "s", pit_at(b->sim.pit, sym)->name);
    jout_kv_str(out, "c", order->client);
    jout_kv_str(out, "S", order->side == AGON_BUY ? "BUY" : "SELL");
    jout_kv_str(out, "o", um_type_names[order->type]);
    jout_kv_str(out, "f", um->is_post_only ? "GTX" : tifs[order->tif]);
    um_put_qty(b, out, "q", sym, order->qty);
    um_put_px(b, out, "p", sym, order->px);
    put_avg(out, order);
    um_put_px(b, out, "sp", sym, order->stop_px);
    jout_kv_str(out, "x", kind);
    jout_kv_str(out, "X", simb_status_names[order->status]);
    jout_kv_int(out, "i", (int64_t)order->id);
    um_put_qty(b, out, "l", sym, is_trade ? event->qty : 0);
    um_put_qty(b, out, "z", sym, order->filled_qty);
    um_put_px(b, out, "L", sym, is_trade ? event->px : 0);
    jout_kv_dec(out, "n", is_trade ? event->fee_amt : 0, SIMB_EXP);
    jout_kv_str(out, "N", UM_MARGIN_ASSET);
    jout_kv_time(out, "T", event->t);
    jout_kv_int(out, "t", (int64_t)trade_id);
    jout_kv_dec(out, "b", um_account(b, order->account)->symbols[sym].bid_amt[um->side], SIMB_EXP);
    jout_kv_dec(out, "a", um_account(b, order->account)->symbols[sym].ask_amt[um->side], SIMB_EXP);
    jout_kv_bool(out, "m", is_trade && event->is_maker);
    jout_kv_bool(out, "R", um->is_reduce_only);
    jout_kv_str(out, "wt", um_working_names[um->working]);
    jout_kv_str(out, "ot", um_type_names[um->orig_type]);
    jout_kv_str(out, "ps", um_side_names[um->side]);
    jout_kv_bool(out, "cp", um->is_close);
    if (um->orig_type == UM_TRAILING_STOP_MARKET) {
        um_put_px(b, out, "AP", sym, um->activate_px);
        jout_key(out, "cr");
        simb_put_num(out, (int64_t)um->callback_ppb * 10, 1);
    }
    jout_kv_bool(out, "pP", um->is_protected);
    jout_kv_int(out, "si", 0);
    jout_kv_int(out, "ss", 0);
    jout_kv_dec(out, "rp", realised_amt, SIMB_EXP);
    jout_kv_str(out, "V", simb_stp_names[order->stp]);
    jout_kv_str(out, "pm", "NONE");
    jout_kv_time(out, "gtd", um->good_till);
    jout_close(out, '{');
    jout_close(out, '{');
    simb_user_event(b, order->account, out);
}

void um_report(struct simb *b, const struct simb_order *order, const char *kind,
               const struct match_event *event, uint64_t trade_id, agon_amt_t realised_amt)
{
    if (order->um->is_algo)
        um_report_algo(b, order, kind);
    else
        report(b, order, kind, event, trade_id, realised_amt);
}

void um_tell_account(struct simb *b, struct simb_account *account, const char *reason, uint32_t sym,
                     agon_amt_t change_amt)
{
    const struct perp_account *perp = um_account(b, account);
    struct jout *out = &b->sim.frame;
    struct perp_sums sums;

    perp_sums(perp, &sums);
    account->t_update = pit_now(b->sim.pit);
    jout_reset(out);
    jout_open(out, '{');
    jout_kv_str(out, "e", "ACCOUNT_UPDATE");
    jout_kv_time(out, "E", account->t_update);
    jout_kv_time(out, "T", account->t_update);
    jout_key(out, "a");
    jout_open(out, '{');
    jout_kv_str(out, "m", reason);
    jout_key(out, "B");
    jout_open(out, '[');
    jout_open(out, '{');
    jout_kv_str(out, "a", UM_MARGIN_ASSET);
    jout_kv_dec(out, "wb", perp->wallet_amt, SIMB_EXP);
    jout_kv_dec(out, "cw", sums.cross_wallet_amt, SIMB_EXP);
    jout_kv_dec(out, "bc", change_amt, SIMB_EXP);
    jout_close(out, '{');
    jout_close(out, '[');
    jout_key(out, "P");
    jout_open(out, '[');
    for (int side = PERP_BOTH; side <= PERP_SHORT && sym < perp->n; side++) {
        const struct perp_position *position = &perp->symbols[sym].positions[side];

        if ((side == PERP_BOTH) == (perp->is_hedged != 0))
            continue;
        jout_open(out, '{');
        jout_kv_str(out, "s", pit_at(b->sim.pit, sym)->name);
        um_put_qty(b, out, "pa", sym, position->qty);
        jout_kv_dec(out, "ep", perp_entry_px(position), SIMB_EXP);
        jout_kv_dec(out, "bep", perp_break_even_px(position), SIMB_EXP);
        jout_kv_dec(out, "cr", 0, SIMB_EXP);
        jout_kv_dec(out, "up", perp_unrealised(&b->um->contracts[sym], position), SIMB_EXP);
        jout_kv_str(out, "mt", perp->symbols[sym].is_isolated ? "isolated" : "cross");
        jout_kv_dec(out, "iw", position->isolated_amt, SIMB_EXP);
        jout_kv_str(out, "ps", um_side_names[side]);
        jout_kv_str(out, "ma", UM_MARGIN_ASSET);
        jout_close(out, '{');
    }
    jout_close(out, '[');
    jout_close(out, '{');
    jout_close(out, '{');
    simb_user_event(b, account, out);
}

void um_tell_config(struct simb *b, struct simb_account *account, uint32_t sym)
{
    struct jout *out = &b->sim.frame;

    jout_reset(out);
    jout_open(out, '{');
    jout_kv_str(out, "e", "ACCOUNT_CONFIG_UPDATE");
    jout_kv_time(out, "E", pit_now(b->sim.pit));
    jout_kv_time(out, "T", pit_now(b->sim.pit));
    if (sym < pit_count(b->sim.pit)) {
        jout_key(out, "ac");
        jout_open(out, '{');
        jout_kv_str(out, "s", pit_at(b->sim.pit, sym)->name);
        jout_kv_int(out, "l", um_account(b, account)->symbols[sym].leverage);
    } else {
        jout_key(out, "ai");
        jout_open(out, '{');
        jout_kv_bool(out, "j", b->um->is_multi[account->owner]);
    }
    jout_close(out, '{');
    jout_close(out, '{');
    simb_user_event(b, account, out);
}

void um_earn(struct simb *b, const struct simb_account *account, const char *type, uint32_t sym,
             agon_amt_t amt, uint64_t trade_id)
{
    if (amt == 0)
        return;
    b->um->incomes[b->um->n_incomes++ % UM_INCOMES_KEPT] =
        (struct um_income){.account = account,
                           .type = type,
                           .amt = amt,
                           .t = pit_now(b->sim.pit),
                           .tran_id = b->um->next_tran++,
                           .trade_id = trade_id,
                           .sym = sym,
                           .has_sym = sym < pit_count(b->sim.pit)};
}
