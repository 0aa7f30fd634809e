// SPDX-License-Identifier: Apache-2.0
/* ledger: whose money is what, exactly, in each asset's own unit.
 *
 * Every venue account has a total per asset and is split into sub-accounts: one per slot, one
 * *external* (what nobody's slot owns: the operator's own, not yet allocated), one *suspense* (a
 * difference to the venue's own figures that nobody can explain yet). Each posting changes a
 * sub-account and the account's total alike, each transfer two sub-accounts, so that the parts
 * equal the whole at any time (ledger_check). Positions are kept beside: quantity, cost and
 * realised result by average cost. A venue nets the slots of an account in a derivative, so what it
 * has realised is not what they have: the net position is kept too, and ledger_netted says by how
 * much the venue's wallet is ahead of the sum. Nothing saturates: what does not fit is refused
 * whole, and each booking ends with the books added up anew. [core] */
#ifndef LEDGER_LEDGER_H
#define LEDGER_LEDGER_H

#include "base/codec.h"
#include "base/num.h"
#include "base/zeroed.h"
#include "market/instruments.h"

#define LEDGER_EXTERNAL  SLOTS_MAX /* sub-account numbers above the slots' */
#define LEDGER_SUSPENSE  (SLOTS_MAX + 1)
#define LEDGER_SUBS      (SLOTS_MAX + 2)
#define LEDGER_POSITIONS 32 /* instruments per slot */

struct position {
    agon_instrument_t instrument; /* 0: free place */
    agon_account_t account;
    uint16_t pad0;
    uint32_t pad1;
    agon_amt_t held_amt; /* spot: in the base asset's unit, exact; signed. Derivative: as qty */
    agon_qty_t qty;      /* held_amt towards zero in the instrument's unit */
    agon_amt_t cost_amt; /* what the held amount cost, in the quote's unit; sign of the position.
                            Derivative: notional at the average entry, in the settlement asset */
    agon_amt_t realised_amt; /* result of what was closed, after fees in quote; quote's unit */
    agon_amt_t fee_amt; /* fees paid in base or quote, turned into the quote at the fill's price */
    /* open orders, kept by exec; those of unknown fate count */
    agon_qty_t working_buy_qty, working_sell_qty;
    agon_amt_t working_buy_amt; /* quote that the buys may still cost, fees included */
    uint64_t n_fills;
    agon_amt_t funding_amt; /* derivative: received (paid: below 0) so far; not in realised_amt */
    /* Of the position that is open now: part of realised_amt since it was nothing, dust
     * (ledger_shed_dust) or turned round. Saved by ledger_save_open alone. */
    agon_amt_t open_amt;
};

struct ledger; /* opaque; memory is taken by ledger_new */

struct ledger *ledger_new(
    const struct instruments *table); /* table is borrowed; NULL: out of memory */
void ledger_free(struct ledger *ledger);
/* Names the room of slots and accounts from these on. */
void ledger_spare(struct ledger *ledger, uint32_t n_slots, uint32_t n_accounts,
                  zeroed_spare_fn *spare);
/* The highest account that money was ever put to, + 1: those from here on have none. */
uint32_t ledger_accounts(const struct ledger *ledger);
/* Rises whenever money or a position does anything but stand. */
uint64_t ledger_changes(const struct ledger *ledger);

/* Puts amt into a sub-account and into the account's total. AGON_EINVAL: no such account, asset or
 * sub-account; AGON_ERANGE: a sum leaves 64 bits (nothing is posted). */
int ledger_post(struct ledger *ledger, agon_account_t account, uint32_t sub, agon_asset_t asset,
                agon_amt_t amt);
/* Moves amt between two sub-accounts of one account. AGON_EINVAL, AGON_ERANGE: neither moved. */
int ledger_transfer(struct ledger *ledger, agon_account_t account, uint32_t from, uint32_t to,
                    agon_asset_t asset, agon_amt_t amt);
int ledger_can_transfer(const struct ledger *ledger, agon_account_t account, uint32_t from,
                        uint32_t to, agon_asset_t asset, agon_amt_t amt); /* true: it would fit */
agon_amt_t ledger_amt(const struct ledger *ledger, agon_account_t account, uint32_t sub,
                      agon_asset_t asset);
/* ... on all accounts together. */
num128_t ledger_amt_all(const struct ledger *ledger, uint32_t sub, agon_asset_t asset);
agon_amt_t ledger_total(const struct ledger *ledger, agon_account_t account, agon_asset_t asset);

struct ledger_fill { /* a trade of a slot's order */
    agon_account_t account;
    uint16_t slot;
    agon_instrument_t instrument;
    uint8_t side, pad[7];
    agon_px_t px;
    agon_qty_t qty;
    agon_asset_t fee_asset;
    agon_amt_t fee_amt; /* paid: positive; a rebate: negative */
};
/* Books the fill: base and quote legs, fee, position; all or nothing. *realised_amt: of this fill
 * before its fee, quote's unit; may be NULL. Notional is rounded to the nearest even unit of the
 * quote. AGON_EINVAL, AGON_ERANGE (a sum leaves 64 bits), AGON_ENOSPC (the slot has
 * LEDGER_POSITIONS instruments already). A linear derivative moves no base and no quote: what it
 * closes is realised in the settlement asset, beside the fee. */
int ledger_fill(struct ledger *ledger, const struct ledger_fill *fill, agon_amt_t *realised_amt);

/* Funding of the slot's position in a derivative: amt comes in (below 0: goes out). AGON_EINVAL:
 * the slot has none there, AGON_ERANGE. */
int ledger_funding(struct ledger *ledger, uint16_t slot, agon_instrument_t instrument,
                   agon_amt_t amt);

/* The slot's position in an instrument; made when there is none and is_made is set; else NULL. */
struct position *ledger_position(struct ledger *ledger, uint16_t slot, agon_instrument_t instrument,
                                 int is_made);
/* It is soon asked for, and brought near. Changes nothing. */
void ledger_expect(const struct ledger *ledger, uint16_t slot, agon_instrument_t instrument);
const struct position *ledger_positions(const struct ledger *ledger, uint16_t slot, uint32_t *n);
/* The slot's position at a place below that n, where it stays until the slot is vacated. */
const struct position *ledger_position_at(const struct ledger *ledger, uint16_t slot,
                                          uint32_t place);

/* The slot has gone: all its money and coins are *external*'s, and it has no positions. It holds no
 * derivatives: the caller's to see to. AGON_ERANGE: a sum leaves 64 bits, and nothing was done. */
int ledger_vacate(struct ledger *ledger, uint16_t slot);

/* What netting the slots' derivatives has realised on the account beyond what they have. */
agon_amt_t ledger_netted(const struct ledger *ledger, agon_account_t account, agon_asset_t asset);

/* One line of the venue's own picture of an account. The first picture fills *external*; later ones
 * put what differs into *suspense*. *suspense_amt: what is in suspense after it (0: reconciled).
 * AGON_EINVAL; AGON_ERANGE: the picture or the difference to it does not fit, nothing changed. */
int ledger_reconcile(struct ledger *ledger, agon_account_t account, agon_asset_t asset,
                     agon_amt_t venue_amt, int is_first, agon_amt_t *suspense_amt);
/* The sum over sub-accounts equals the total, for every account and asset, and that over slots the
 * net position, of every derivative; else the first that does
 * not in *account and *asset (may be NULL) and false. */
int ledger_check(const struct ledger *ledger, agon_account_t *account, agon_asset_t *asset);
void ledger_save(const struct ledger *ledger, struct enc *enc);
int ledger_load(struct ledger *ledger, struct dec *dec);
/* What positions have realised since they were opened, for a state that has it. */
void ledger_save_open(const struct ledger *ledger, struct enc *enc);
void ledger_load_open(struct ledger *ledger, struct dec *dec);
void ledger_forget_open(struct ledger *ledger); /* all 0 */
/* A fill that leaves of a spot position no more than dust ends it from here on: what it realised is
 * no part of the next one (open_amt). No state of the ledger: whoever loads one says it again. */
void ledger_shed_dust(struct ledger *ledger, int is_shed);
/* Is it nothing, or of spot too little for any order at that price? qty is of either sign. */
int ledger_is_dust(const struct agon_instrument *instrument, agon_qty_t qty, agon_px_t px,
                   int quote_exp);

#endif
