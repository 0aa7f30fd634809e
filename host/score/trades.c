// SPDX-License-Identifier: Apache-2.0
#include "score/trades.h"

#include "market/exit_reasons.h"
#include "market/instrument_kind.h"

agon_px_t trades_mean(num128_t sum, agon_qty_t qty)
{
    num128_t scale = num_pow10(TRADE_PX_MORE);
    num128_t mean;

    if (qty <= 0 || sum <= 0)
        return 0;
    // Beyond 128 bits two digits are no loss.
    mean = sum > ((num128_t)1 << 120) ? sum / qty * scale : (sum * scale + qty / 2) / qty;
    return mean > NUM_MAX ? 0 : (agon_px_t)mean;
}

char *trades_mean_text(agon_px_t mean, int px_exp, char text[MONEY_TEXT])
{
    int digits = px_exp + TRADE_PX_MORE;

    for (int n = 0; n < TRADE_PX_MORE && mean % 10 == 0; n++) {
        mean /= 10;
        digits--;
    }
    return money_text(mean, digits, digits, text);
}

int trades_is_over(const struct agon_instrument *instrument, const struct position *pos,
                   agon_px_t px, int quote_exp)
{
    return ledger_is_dust(instrument, pos == NULL ? 0 : pos->qty, px, quote_exp);
}

void trades_fill_of(struct trade_fill *fill, const struct agon_instrument *instrument,
                    const struct position *pos, int quote_exp)
{
    fill->has_coins = (uint8_t)instrument_kind_has_coins(instrument->kind);
    fill->is_over = (uint8_t)trades_is_over(instrument, pos, fill->px, quote_exp);
    if (pos == NULL)
        return;
    fill->is_first = pos->n_fills == 1;
    fill->held_qty = pos->qty;
    fill->realised_amt = pos->realised_amt;
    fill->fee_amt = pos->fee_amt;
}

void trades_found(struct trade_open *open, const struct position *pos, agon_px_t entry_px,
                  int entry_exp, const struct agon_instrument *instrument, int quote_exp)
{
    num128_t sum = (num128_t)entry_px * num_abs(pos->qty);
    int more = entry_exp - instrument->px_exp;
    agon_px_t px = more >= 0 ? entry_px / num_pow10(more) : num_mul(entry_px, num_pow10(-more));

    *open = (struct trade_open){
        .is_seen = 1, .seen_realised_amt = pos->realised_amt, .seen_fee_amt = pos->fee_amt};
    if (trades_is_over(instrument, pos, px, quote_exp))
        return;
    open->side = pos->qty > 0 ? 1 : -1;
    open->is_partial = 1;
    open->result_amt = pos->open_amt;
    open->in_qty = num_abs(pos->qty);
    open->in_sum = more >= 0 ? sum / num_pow10(more) : sum * num_pow10(-more);
}

static void begin(struct trade_open *open, const struct trade_fill *fill, int side, int is_partial)
{
    open->t = is_partial ? 0 : fill->t;
    open->seq = is_partial ? 0 : fill->seq;
    open->tag = is_partial ? 0 : fill->tag;
    open->side = (int8_t)side;
    open->is_partial = (uint8_t)is_partial;
    open->in_qty = open->out_qty = 0;
    open->in_sum = open->out_sum = 0;
    open->n_fills = 0;
}

static void enter(struct trade_open *open, const struct trade_fill *fill, agon_qty_t qty)
{
    open->in_qty = num_add(open->in_qty, qty);
    open->in_sum += (num128_t)fill->px * qty;
}

static void end(struct trade_open *open, const struct trade_fill *fill, struct trade_closed *closed)
{
    *closed = (struct trade_closed){.t_open = open->t,
                                    .t_close = fill->t,
                                    .side = open->side,
                                    .is_partial = open->is_partial,
                                    .why = fill->why,
                                    .entry_tag = open->tag,
                                    .entry_seq = open->seq,
                                    .exit_tag = fill->tag,
                                    // Left over from before was sold: as much as that is known.
                                    .qty = open->in_qty > 0 ? open->in_qty : open->out_qty,
                                    .entry_px = trades_mean(open->in_sum, open->in_qty),
                                    .exit_px = trades_mean(open->out_sum, open->out_qty),
                                    .result_amt = open->result_amt,
                                    .fee_amt = open->fee_amt,
                                    .n_fills = open->n_fills};
    open->side = 0;
    open->result_amt = open->fee_amt = 0;
}

/* Of what a trade left, sold when none is open. */
static int is_leftover(const struct trade_open *open, const struct trade_fill *fill,
                       agon_qty_t before_qty)
{
    return open->side == 0 && fill->has_coins && fill->side == AGON_SELL && before_qty > 0;
}

/* Nothing of it is left, and no fill of ours did that: the venue closed it. */
static int was_taken(const struct trade_open *open, const struct trade_fill *fill,
                     agon_qty_t before_qty)
{
    return open->side != 0 && !fill->has_coins && before_qty == 0;
}

/* The fill turned the position round: what of its fee is the next one's. */
static agon_amt_t turn(struct trade_open *open, const struct trade_fill *fill, agon_qty_t closing,
                       agon_amt_t change, agon_amt_t fee, struct trade_closed *closed)
{
    agon_amt_t part = num_mul_div(fee, closing, fill->qty, NUM_EVEN);
    agon_amt_t rest = num_add(fee, -part);

    open->result_amt = num_add(open->result_amt, num_add(change, rest));
    open->fee_amt = num_add(open->fee_amt, part);
    end(open, fill, closed);
    begin(open, fill, -closed->side, 0);
    open->n_fills = 1;
    enter(open, fill, fill->qty - closing);
    return rest;
}

int trades_add(struct trade_open *open, const struct trade_fill *fill, struct trade_closed *closed)
{
    int sign = fill->side == AGON_BUY ? 1 : -1;
    int was_seen = open->is_seen, is_known = fill->is_first || was_seen;
    agon_amt_t change = is_known ? fill->realised_amt : 0, fee = is_known ? fill->fee_amt : 0;
    agon_qty_t before_qty = num_add(fill->held_qty, -sign * fill->qty), closing = 0;
    int is_closed = 0;

    if (fill->is_first) {
        open->side = 0;
        open->result_amt = open->fee_amt = 0;
    } else if (is_known) {
        change = num_add(change, -open->seen_realised_amt);
        fee = num_add(fee, -open->seen_fee_amt);
    }
    open->is_seen = 1;
    open->seen_realised_amt = fill->realised_amt;
    open->seen_fee_amt = fill->fee_amt;
    if (fill->qty <= 0)
        return 0;
    if (was_taken(open, fill, before_qty)) {
        open->result_amt = num_add(open->result_amt, change);
        open->fee_amt = num_add(open->fee_amt, fee);
        end(open, fill, closed);
        closed->why = EXIT_REASON_LIQUIDATION;
        closed->exit_tag = 0;
        change = fee = 0;
        is_closed = 1;
    }
    if (was_seen && is_leftover(open, fill, before_qty)) {
        open->result_amt = num_add(open->result_amt, change);
        open->fee_amt = num_add(open->fee_amt, fee);
        return 0;
    }
    // Coins that were there before are sold: they were bought once.
    if (open->side == 0)
        begin(open, fill, fill->has_coins ? 1 : sign, fill->has_coins && sign < 0);
    open->n_fills++;
    if (open->side == sign) {
        enter(open, fill, fill->qty);
    } else {
        closing =
            fill->has_coins || fill->qty < num_abs(before_qty) ? fill->qty : num_abs(before_qty);
        open->out_qty = num_add(open->out_qty, closing);
        open->out_sum += (num128_t)fill->px * closing;
        if (closing < fill->qty) {
            fee = turn(open, fill, closing, change, fee, closed);
            change = -fee;
            is_closed = 1;
        }
    }
    open->result_amt = num_add(open->result_amt, change);
    open->fee_amt = num_add(open->fee_amt, fee);
    if (is_closed || !fill->is_over || open->side == sign)
        return is_closed;
    end(open, fill, closed);
    return 1;
}
