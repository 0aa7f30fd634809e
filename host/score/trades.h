// SPDX-License-Identifier: Apache-2.0
/* trades: a closed trade is a position from its first fill to its last. The one definition of it,
 * for reports and for the page: fed with the fills of one slot in one instrument, in their order.
 *
 * Its result is what the ledger's position has realised from one end to the other, so all closed
 * trades and what the open one has realised are what the ledger has. A fill that turns a position
 * round ends one trade and begins the next; it bears its fee by what is of each. Of a spot position
 * what is too little for any order (ledger_is_dust) may be left: the trade has ended. That dust is
 * the next one's, as its cost is in the ledger: sold by itself it is no trade, and what it brought
 * is part of the next. [any, one at a time] */
#ifndef SCORE_TRADES_H
#define SCORE_TRADES_H

#include "base/money.h"
#include "ledger/ledger.h"

struct trade_fill { /* and its position behind it */
    agon_ns_t t;
    uint64_t seq; /* of its event */
    agon_px_t px;
    agon_qty_t qty;
    uint8_t side, has_coins;
    uint8_t is_over;                  /* what is left is nothing, or too little for any order */
    uint8_t is_first;                 /* of the position, which had realised nothing */
    uint16_t why;                     /* enum exit_reason, of what it closes */
    uint16_t tag;                     /* of its order: agon_intent.reason; 0: none, or not known */
    agon_qty_t held_qty;              /* signed */
    agon_amt_t realised_amt, fee_amt; /* the position's so far; the unit of its results */
};
struct trade_open {
    agon_ns_t t;        /* of its first fill */
    uint64_t seq;       /* likewise */
    int8_t side;        /* 1 long, -1 short, 0: there is none */
    uint8_t is_partial; /* its first fill was before what was read */
    uint8_t is_seen;    /* the two below are the position's */
    uint8_t pad[3];
    uint16_t tag;                               /* of its first fill */
    agon_amt_t seen_realised_amt, seen_fee_amt; /* behind the last fill */
    agon_amt_t result_amt, fee_amt;             /* of this trade so far, or for the next */
    agon_qty_t in_qty, out_qty;
    num128_t in_sum, out_sum; /* price x quantity */
    uint64_t n_fills;
};
struct trade_closed {
    agon_ns_t t_open, t_close; /* t_open 0: before what was read */
    agon_instrument_t instrument;
    uint16_t slot;
    int8_t side;
    uint8_t is_partial;
    uint16_t why;                 /* enum exit_reason, of its last fill */
    uint16_t entry_tag, exit_tag; /* of its first and its last fill; 0: none, or not known */
    uint8_t pad[2];
    agon_qty_t qty; /* all that was entered */
    agon_px_t entry_px,
        exit_px; /* means, TRADE_PX_MORE digits more than a price has; 0: not known */
    agon_amt_t result_amt, fee_amt; /* result: the fees are off it */
    uint64_t n_fills, seq;          /* seq: of the event that closed it */
    uint64_t entry_seq;             /* of the event of its first fill; 0: before what was read */
};

#define TRADE_PX_MORE 2
/* Mean of a sum of price x quantity; 0: not known. */
agon_px_t trades_mean(num128_t sum, agon_qty_t qty);
/* ... as people are shown it: the two digits more where they are not 0. Returns text. */
char *trades_mean_text(agon_px_t mean, int px_exp, char text[MONEY_TEXT]);
/* Is a position nothing, or too little for any order at that price? amt_exp: of the quote. */
int trades_is_over(const struct agon_instrument *instrument, const struct position *pos,
                   agon_px_t px, int quote_exp);
/* The fill's side of it; pos: behind the fill. */
void trades_fill_of(struct trade_fill *fill, const struct agon_instrument *instrument,
                    const struct position *pos, int quote_exp);
/* A position that is there already; entry_px with entry_exp digits, 0: not known. */
void trades_found(struct trade_open *open, const struct position *pos, agon_px_t entry_px,
                  int entry_exp, const struct agon_instrument *instrument, int quote_exp);
/* True: *closed is a trade that ended by it; instrument, slot and seq are the caller's. */
int trades_add(struct trade_open *open, const struct trade_fill *fill, struct trade_closed *closed);

#endif
