// SPDX-License-Identifier: Apache-2.0
/* listing: what a symbol has once its name is read: by the exchange's own listing where it stands
 * there, else by its decimals. */
#include "base/num.h"
#include "sim/sim.h"

#define MAX_PX  10000000
#define MAX_QTY 9000000

void sim_list(struct pit_symbol *symbol, const struct sim_listed *listed, int px_decimals,
              int qty_decimals)
{
    symbol->tick_px = num_pow10(PIT_EXP - px_decimals);
    symbol->lot_qty = symbol->min_qty = num_pow10(PIT_EXP - qty_decimals);
    symbol->max_px = num_mul(MAX_PX, num_pow10(PIT_EXP));
    symbol->max_qty = symbol->rules.market_max_qty = num_mul(MAX_QTY, num_pow10(PIT_EXP));
    for (; listed->name; listed++) {
        if (strcmp(listed->name, symbol->name) != 0)
            continue;
        symbol->tick_px = listed->tick_px;
        symbol->lot_qty = listed->lot_qty;
        symbol->min_qty = listed->min_qty;
        symbol->min_notional_amt = listed->min_amt;
        symbol->start_px = listed->start_px;
    }
    symbol->min_px = symbol->tick_px;
}
