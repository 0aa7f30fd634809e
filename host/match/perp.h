// SPDX-License-Identifier: Apache-2.0
/* perp: margin accounts of linear perpetuals, by the formulas that Binance publishes for its USD-M
 * futures: positions (one way or hedged), leverage with notional brackets, isolated and cross
 * margin, funding, liquidation price. It knows no orders and no book: fills and marks come in.
 *
 * Prices, quantities and amounts count 10^-8. Positions are signed; amounts are of the settlement
 * asset. Nothing is made or lost by rounding: a position carries its cost, and what a fill realises
 * is the difference of two rounded amounts. Pure: no clock, no memory, no randomness. [one thread]
 */
#ifndef MATCH_PERP_H
#define MATCH_PERP_H

#include "base/error.h"

#define PERP_SYMBOLS_MAX  64
#define PERP_BRACKETS_MAX 12
#define PERP_EXP          8
#define PERP_RATE_EXP     9 /* rates are parts per billion */

enum perp_side { PERP_BOTH = 0, PERP_LONG = 1, PERP_SHORT = 2 };

struct perp_bracket {
    agon_amt_t cap_amt; /* notional up to here, inclusive */
    int32_t leverage;   /* highest */
    int32_t maint_ppb;  /* maintenance margin rate */
    agon_amt_t cum_amt; /* maintenance amount: perp_brackets works it out */
};
struct perp_contract { /* one symbol, the same for all accounts */
    struct perp_bracket brackets[PERP_BRACKETS_MAX];
    uint32_t n_brackets;
    agon_px_t mark_px; /* 0: none yet; positions then stand at their cost */
};
struct perp_position {
    agon_qty_t qty;
    agon_amt_t cost_amt; /* |qty| at its average price */
    agon_amt_t
        gained_amt; /* what it has realised since it was opened, less the fees of its fills */
    agon_amt_t isolated_amt; /* margin that was set aside for it; 0 with cross margin */
    agon_ns_t t_update;
};
struct perp_symbol {
    int32_t leverage;
    uint8_t is_isolated, pad[3];
    struct perp_position positions[3]; /* by enum perp_side */
    /* Working orders that may open, at their price: the caller keeps these up. */
    agon_amt_t bid_amt[3], ask_amt[3];
};
struct perp_account {
    const struct perp_contract *contracts; /* borrowed, [n] */
    uint32_t n;
    uint8_t is_hedged, pad[3];
    agon_amt_t wallet_amt; /* all of it, isolated margin included */
    struct perp_symbol symbols[PERP_SYMBOLS_MAX];
};
struct perp_sums {
    agon_amt_t unrealised_amt;       /* of all positions, at mark */
    agon_amt_t position_initial_amt; /* |notional| / leverage */
    agon_amt_t order_initial_amt;    /* what working orders need beyond it */
    agon_amt_t maint_amt;
    agon_amt_t cross_wallet_amt, cross_unrealised_amt, cross_maint_amt;
    agon_amt_t available_amt; /* for new orders; never below 0 */
};

/* Caps, leverages and rates are set: the maintenance amounts follow, so that the margin has no step
 * at a bracket's edge. */
void perp_brackets(struct perp_contract *contract);
const struct perp_bracket *perp_bracket_of(const struct perp_contract *contract,
                                           agon_amt_t notional_amt);
/* The largest notional that a leverage allows. */
agon_amt_t perp_cap(const struct perp_contract *contract, int32_t leverage);
agon_amt_t perp_maint(const struct perp_contract *contract, agon_amt_t notional_amt);

/* Cross margin, 20 times, one way. */
void perp_account_init(struct perp_account *account, const struct perp_contract *contracts,
                       uint32_t n, agon_amt_t wallet_amt);
/* Would every sum that such a fill changes stay within 64 bits, times (1 or 2) over? */
int perp_fits(const struct perp_account *account, uint32_t sym, enum perp_side side, agon_px_t px,
              agon_qty_t qty, agon_amt_t fee_amt, int times);
/* One fill, which perp_fits: the part that closes is realised against the position's average price,
 * the rest opens. The wallet takes the result and pays the fee. Returns what was realised. */
agon_amt_t perp_fill(struct perp_account *account, uint32_t sym, enum perp_side side, int is_buy,
                     agon_px_t px, agon_qty_t qty, agon_amt_t fee_amt, agon_ns_t t);
/* Average entry price; 0 when flat. */
agon_px_t perp_entry_px(const struct perp_position *position);
/* Where closing it would leave nothing won and nothing lost, fees of its fills so far included and
 * funding not; 0 when flat. */
agon_px_t perp_break_even_px(const struct perp_position *position);
/* Signed: quantity at the mark. */
agon_amt_t perp_notional(const struct perp_contract *contract,
                         const struct perp_position *position);
agon_amt_t perp_unrealised(const struct perp_contract *contract,
                           const struct perp_position *position);
/* Pays (or gets) funding: -notional x rate. *amt: the amount; 0 when flat. AGON_ERANGE: the wallet
 * would not hold it, and nothing is paid. */
int perp_fund(struct perp_account *account, uint32_t sym, enum perp_side side, int64_t rate_ppb,
              agon_amt_t *amt);

/* Initial margin of one symbol, positions and working orders together: one way
 * max(|P + bids|, |P - asks|) / leverage, hedged the sum of both sides. *position_amt (may be
 * NULL): the positions' part. */
agon_amt_t perp_initial(const struct perp_account *account, uint32_t sym, agon_amt_t *position_amt);
void perp_sums(const struct perp_account *account, struct perp_sums *sums);
/* What an order asks of the available balance: the initial margin that it adds and its open loss,
 * quantity x max(0, how much worse than the mark its price is). */
agon_amt_t perp_order_cost(const struct perp_account *account, uint32_t sym, enum perp_side side,
                           int is_buy, agon_px_t px, agon_qty_t qty);
/* Where the margin is used up; 0: nowhere (flat, or below zero). */
agon_px_t perp_liquidation_px(const struct perp_account *account, uint32_t sym,
                              enum perp_side side);
/* Is what backs this position at or below its maintenance margin? Cross positions share one
 * margin. */
int perp_is_under(const struct perp_account *account, uint32_t sym, enum perp_side side);
/* Moves margin to (or from) an isolated position. AGON_EINVAL: none, or it would be under;
 * AGON_ERANGE: more than is available. */
int perp_move_margin(struct perp_account *account, uint32_t sym, enum perp_side side,
                     agon_amt_t amt);

/* --- prices and rates --- */
/* Mark: the median of index x (1 + rate x time left / interval), index + mean basis, and the last
 * price. A last price of 0 counts as the second. */
agon_px_t perp_mark(agon_px_t index_px, agon_px_t basis_px, agon_px_t last_px, int64_t rate_ppb,
                    agon_ns_t left_ns, agon_ns_t interval_ns);
/* (max(0, bid - index) - max(0, index - ask)) / index, in parts per billion. */
int64_t perp_premium_ppb(agon_px_t index_px, agon_px_t bid_px, agon_px_t ask_px);
/* P + clamp(I - P, -0.05 %, 0.05 %) with I = 0.01 %, within the cap on either side. */
int64_t perp_funding_ppb(int64_t premium_ppb, int64_t cap_ppb);

#endif
