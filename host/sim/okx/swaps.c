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

    SHAPE(out,
          "{instType:'SWAP' instId:$ posId:$ mgnMode:'cross' posSide:'net' pos:$ availPos:'' "
          "posCcy:'' ccy:'" SIMO_MARGIN "' avgPx:$ markPx:$ last:$ upl:$ lever:'10' "
          "notionalUsd:$ imr:$ mmr:$ margin:'' liqPx:'' cTime:$ uTime:$ pTime:$}",
          shape_text(symbol->name), shape_id(simo_id(((uint64_t)account->owner << 8) + sym + 1)),
          simo_size(position->qty, symbol), shape_num(perp_entry_px(position)),
          shape_num(contract->mark_px), shape_num(pit_last_px(sim->pit, sym)),
          shape_num(perp_unrealised(contract, position)), shape_num(worth_amt),
          shape_num(worth_amt / SIMO_LEVERAGE),
          shape_num(num_mul_div(worth_amt, SIMO_MAINT_PPB, PPB, NUM_UP)),
          shape_ms(position->t_update), shape_ms(position->t_update), shape_ms(pit_now(sim->pit)));
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
