// SPDX-License-Identifier: Apache-2.0
/* risk: the gate that every order passes, exactly once, before it can leave.
 *
 * A check is one file in checks/ with one function that looks at a view and an intent and says pass
 * or refuse; gate.c asks all of them in table order and the first refusal wins. The view is plain
 * numbers, prepared once per order by the engine, so that no check reads a book or walks a table.
 * Working orders, those of unknown fate too, count as filled. An order that only brings a position
 * closer to zero, and every cancel, pass the soft limits: or no slot could obey a lowered one.
 * Integer arithmetic only. [core] */
#ifndef RISK_RISK_H
#define RISK_RISK_H

#include "base/codec.h"
#include "base/num.h"
#include "market/records.h"
#include "slot/limits.h"

#define RISK_DUPLICATES 16 /* recent orders remembered per slot */

enum risk_verdict { RISK_PASS = 0, RISK_REFUSE = 1 };

struct risk_recent {
    uint64_t fingerprint; /* of instrument, side, price, quantity */
    agon_ns_t t;
};
struct risk_slot {      /* what the gate remembers of one slot */
    int64_t tokens_ppm; /* rate bucket, millionths of an order */
    agon_ns_t t_tokens; /* when it was filled last; 0: never */
    struct risk_recent recent[RISK_DUPLICATES];
    uint32_t next_recent, pad;
    agon_amt_t equity_amt, equity_high_amt, equity_day_amt; /* as last marked; base currency */
    agon_ns_t t_breach;                                     /* of the last one; 0: never */
    agon_amt_t breach_amt; /* its loss: since the day began, from the highest, or below the floor */
    agon_amt_t breach_base_amt; /* ... of what: equity when the day began, or the highest */
    /* What limits count changes in proportion with capital that moves. So much more (below 0: less)
     * than was lost they count since the day began, since the highest, and at the last breach. */
    agon_amt_t day_moved_amt, high_moved_amt, breach_moved_amt;
    uint32_t n_breaches;
    uint16_t breach_reason;
    uint8_t is_daily_breached;    /* until the day turns */
    uint8_t is_drawdown_breached; /* until resumed */
    uint8_t is_floor_breached;    /* until resumed; of the portfolio only */
    uint8_t pad1[7];
    agon_amt_t
        borne_amt; /* open losses below it are known to reach no limit; follows from the rest */
};

/* Loss limits of a slot, or of all slots together, and the reason that each gives; 0: none. */
struct risk_losses {
    agon_amt_t daily_loss_amt, floor_amt;
    uint32_t drawdown_ppm;
    uint16_t daily_reason, drawdown_reason, floor_reason;
};
struct risk_reach { /* what all slots would hold, open orders and this one filled */
    agon_amt_t gross_amt, net_amt, venue_amt, asset_amt;
};

struct risk_view {
    agon_ns_t t;
    struct risk_slot *slot;                   /* written by the gate on a pass only */
    const struct agon_instrument *instrument; /* NULL: there is none of that id */
    uint8_t may_trade;                        /* stage and condition */
    uint8_t is_authorised;                    /* instrument and account are the slot's */
    uint8_t is_halted, is_killed;             /* any scope that covers the order */
    uint8_t is_other_host;                    /* another host trades the account */
    uint8_t trading;                          /* enum trading_state of the instrument */
    uint8_t is_book_live;                     /* live, not crossed, not older than the limit */
    uint8_t is_reducing;      /* brings the position closer to zero and not through it */
    uint8_t is_unvalued;      /* nothing fresh says what it is in the base currency */
    uint8_t would_self_match; /* would meet an own order of any slot on the account */
    uint32_t n_open;          /* open orders of the slot; one that is being replaced not counted */
    agon_px_t bid_px, ask_px, last_px; /* 0: none */
    agon_px_t judge_px; /* limit price; for a market order the worst the collar allows */
    agon_qty_t held_qty, working_buy_qty, working_sell_qty; /* of this instrument */
    agon_amt_t notional_amt; /* of this order at judge_px, base currency */
    agon_amt_t least_amt;    /* ... at the price it leaves with: what the venue's least is about; 0:
                                notional_amt */
    agon_amt_t position_amt; /* of the reach: |held + working + this|, at judge_px, base currency */
    agon_qty_t reach_qty;    /* held, working and this */
    agon_amt_t reach_amt;    /* ... of spot, in the base asset's unit: what the ledger would hold */
    agon_amt_t free_amt;     /* cash of the slot not promised to working buys; quote's unit */
    agon_amt_t cost_amt;     /* what this order may cost of it, fee included; 0 for a sell */
    agon_qty_t free_qty;     /* spot sells: held and not promised to working sells */
    uint64_t fingerprint;    /* risk_fingerprint of the order; by risk_judge */
    int64_t tokens_ppm;      /* risk_tokens_ppm; by risk_judge */
    const struct slot_limits *limits;
    uint8_t is_unpriced;      /* the slot holds what has no live price */
    uint8_t is_borne;         /* risk_bears says so of open_loss_amt; 0: it is to be asked */
    uint8_t is_borne_all;     /* ... of open_loss_all_amt, by the portfolio */
    agon_amt_t open_loss_amt; /* what open orders and this one would lose at once, each filled at
                                 the worst price that it can be */
    agon_amt_t open_loss_all_amt; /* the same, of all slots */
    /* All slots together; NULL: they have no limits. */
    const struct risk_slot *portfolio;
    const struct portfolio_limits *portfolio_limits;
    struct risk_reach reach;
};

struct risk_check {
    const char *name;
    uint16_t reason;      /* enum reason: what a refused order carries */
    uint8_t is_soft;      /* an order that only reduces passes it unasked */
    uint8_t is_portfolio; /* without limits of all slots together every order does */
    enum risk_verdict (*judge)(const struct risk_view *view, const struct agon_intent *intent);
};

/* The table, in the order in which the checks are asked. */
extern const struct risk_check *const risk_checks[];
extern const uint32_t risk_n_checks;

/* REASON_NONE when every check passes, and then the rate bucket and the duplicate window have taken
 * the order in; else the reason of the first that refuses, and nothing has changed. */
uint16_t risk_judge(struct risk_view *view, const struct agon_intent *intent);

/* The same for an order with which the host itself closes a position: rules of its own, which no
 * halt, kill switch or limit of the slot stands in the way of. Of the view are read: instrument,
 * is_authorised, held_qty and free_qty. Nothing is remembered. */
uint16_t risk_judge_close(const struct risk_view *view, const struct agon_intent *intent);

/* Equity as a fill or a price left it. Returns the reason of a limit that is newly broken, or
 * REASON_NONE. */
uint16_t risk_mark(struct risk_slot *slot, agon_amt_t equity_amt, agon_ns_t t,
                   const struct risk_losses *losses);
/* Equity as a price left it that is known to reach no limit and no highest. */
void risk_move(struct risk_slot *slot, agon_amt_t equity_amt);
/* Would no limit be reached on the way, were equity no more and no less than so much? The day may
 * turn on it: then its loss counts from where equity stands by then. */
int risk_is_clear(const struct risk_slot *slot, agon_amt_t most_amt, agon_amt_t least_amt,
                  const struct risk_losses *losses);
/* (high - equity) / high >= ppm / 1,000,000 */
static inline int risk_is_fallen(const struct risk_slot *slot, agon_amt_t equity_amt,
                                 uint32_t drawdown_ppm)
{
    num128_t fallen = (num128_t)slot->equity_high_amt - equity_amt;

    return slot->equity_high_amt > 0 &&
           fallen * 1000000 >= (num128_t)slot->equity_high_amt * drawdown_ppm;
}

static inline int risk_is_day_lost(const struct risk_slot *slot, agon_amt_t equity_amt,
                                   agon_amt_t loss_amt)
{
    return (num128_t)slot->equity_day_amt - equity_amt >= loss_amt;
}

/* Is no limit reached, nor would one be by what open orders may lose? That is remembered, and more
 * than was asked about: until equity, what it is compared with or what was reached is another. Of
 * limits that change risk_forget says so. */
int risk_bears(struct risk_slot *slot, num128_t open_loss, const struct risk_losses *losses);
/* The same, as far as it is remembered: of what is below 0 nothing is. */
static inline int risk_is_borne(const struct risk_slot *slot, num128_t open_loss)
{
    return (uint64_t)(open_loss >> 64) == 0 && (uint64_t)open_loss < (uint64_t)slot->borne_amt;
}

static inline void risk_forget(struct risk_slot *slot)
{
    slot->borne_amt = 0;
}
/* The reason why no new risk may be taken, were equity lower by so much; or REASON_NONE. */
uint16_t risk_worst(const struct risk_slot *slot, agon_amt_t open_loss_amt,
                    const struct risk_losses *losses);
/* The fall that a drawdown limit allows, as an amount. */
agon_amt_t risk_drawdown_amt(const struct risk_slot *slot, uint32_t drawdown_ppm);
void risk_slot_start(struct risk_slot *slot, agon_amt_t equity_amt);
/* Capital was given (or, below 0, taken): no gain and no loss. What was lost of a hundred before is
 * what is lost of a hundred after. is_noted: by how much that changes the loss is kept. */
void risk_recapitalise(struct risk_slot *slot, agon_amt_t change_amt, int is_noted);
/* What was lost since the day began: money, whatever capital moved meanwhile; below 0: a gain. */
agon_amt_t risk_day_lost_amt(const struct risk_slot *slot);
/* ... and what the limit counts of it: the same where no capital moved. */
agon_amt_t risk_day_scaled_amt(const struct risk_slot *slot);
/* A person lifts the halt that a drawdown left: the next fall is counted from here. */
void risk_resume(struct risk_slot *slot);
void risk_day(struct risk_slot *slot); /* the trading day turned */
uint64_t risk_fingerprint(const struct agon_intent *intent);
/* Orders that the bucket holds at t, in millionths. */
int64_t risk_tokens_ppm(const struct risk_view *view);
void risk_slot_save(const struct risk_slot *slot, struct enc *enc);
void risk_slot_load(struct risk_slot *slot, struct dec *dec);
/* What is there only where it is noted. */
void risk_slot_save_moved(const struct risk_slot *slot, struct enc *enc);
void risk_slot_load_moved(struct risk_slot *slot, struct dec *dec);

#endif
