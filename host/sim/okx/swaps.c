// SPDX-License-Identifier: Apache-2.0
/* swaps: how what an account has of linear swaps is told. */
#include "base/num.h"
#include "sim/okx/simo.h"

#define PPB 1000000000

void simo_put_position(struct sim *sim, struct jout *out, const struct sim_account *account,
                       uint32_t sym)
{
    const struct perp_position *position = sim_position(sim, account, sym);
    const struct perp_contract *contract = sim_contract(sim, sym);
    const struct pit_symbol *symbol = pit_at(sim->pit, sym);
    agon_amt_t worth_amt = num_abs(perp_notional(contract, position));

    jout_open(out, '{');
    jout_kv_str(out, "instType", "SWAP");
    jout_kv_str(out, "instId", symbol->name);
    sim_kv_id(out, "posId", simo_id(((uint64_t)account->owner << 8) + sym + 1));
    jout_kv_str(out, "mgnMode", "cross");
    jout_kv_str(out, "posSide", "net");
    simo_kv_size(out, "pos", position->qty, symbol);
    jout_kv_str(out, "availPos", "");
    jout_kv_str(out, "posCcy", "");
    jout_kv_str(out, "ccy", SIMO_MARGIN);
    sim_kv_num(out, "avgPx", perp_entry_px(position));
    sim_kv_num(out, "markPx", contract->mark_px);
    sim_kv_num(out, "last", pit_last_px(sim->pit, sym));
    sim_kv_num(out, "upl", perp_unrealised(contract, position));
    jout_kv_str(out, "lever", "10");
    sim_kv_num(out, "notionalUsd", worth_amt);
    sim_kv_num(out, "imr", worth_amt / SIMO_LEVERAGE);
    sim_kv_num(out, "mmr", num_mul_div(worth_amt, SIMO_MAINT_PPB, PPB, NUM_UP));
    jout_kv_str(out, "margin", "");
    jout_kv_str(out, "liqPx", "");
    sim_kv_ms(out, "cTime", position->t_update);
    sim_kv_ms(out, "uTime", position->t_update);
    sim_kv_ms(out, "pTime", pit_now(sim->pit));
    jout_close(out, '{');
}

/* Those that are held. */
void simo_put_positions(struct sim *sim, struct jout *out, const struct sim_account *account,
                        const char *only)
{
    for (uint32_t sym = 0; sym < pit_count(sim->pit); sym++)
        if (sim_position(sim, account, sym)->qty != 0 &&
            (!only || strstr(only, pit_at(sim->pit, sym)->name)))
            simo_put_position(sim, out, account, sym);
}

int simo_positions(struct sim_call *call)
{
    const char *kind = simo_arg(call, "instType");

    if (!kind || strcmp(kind, "SWAP") == 0)
        simo_put_positions(call->sim, call->out, call->account, simo_arg(call, "instId"));
    return 0;
}
