// SPDX-License-Identifier: Apache-2.0
/* close: the host closes what a slot holds, whatever has become of its plugin.
 *
 * Who wants a position gone (an operator, a loss limit, a tournament, a crash, an exit) says so
 * here once. The slot's orders there are cancelled, the position is closed by market orders of the
 * host's own, and what is refused, ends short or fills meanwhile goes again each second until
 * nothing is left but what no venue takes (dust). Until then the slot's own orders there are
 * refused, so that no agent buys back what is being sold.
 *
 * These orders pass neither halts, the kill switch nor the limits of a slot, but rules of their own
 * (risk/risk.h, risk_judge_close): they only ever bring a position closer to zero, and sell no more
 * than is held and not promised to another order. With a live book they leave at the edge of the
 * collar, as every market order does; without one, at market. A position with orders whose end is
 * not known is closed as far as those leave it, after a second. [core] */
#ifndef ENGINE_CLOSE_H
#define ENGINE_CLOSE_H

#include "engine/engine.h"

/* Wants the slot's position in an instrument closed, or with 0 all it holds; cancels its orders
 * there with that reason. */
void close_want(struct engine *engine, uint16_t slot, agon_instrument_t instrument,
                uint16_t reason);
/* ... all that a RETIRED slot holds, because it was unloaded: this is not called off. */
void close_want_for_good(struct engine *engine, uint16_t slot, uint16_t reason);
/* ... in all instruments of a venue. */
void close_want_venue(struct engine *engine, uint16_t slot, uint16_t venue, uint16_t reason);
/* A resume: nothing of the slot's is wanted closed any more, but for what an unloading wants closed
 * for good; orders on their way stay. */
void close_call_off(struct engine *engine, uint16_t slot);
/* The same, and for good, too: its place is another's. */
void close_forget(struct engine *engine, uint16_t slot);
/* ... was that ordered, and is it RETIRED still? */
int close_is_for_good(const struct engine *engine, uint16_t slot);
/* Is that position being closed? Then the slot's own orders there are refused. */
int close_is_wanted(const struct engine *engine, uint16_t slot, agon_instrument_t instrument);
/* What an emergency stop has still to end: open orders, and positions that are more than dust. */
void close_left(const struct engine *engine, uint32_t *n_orders, uint32_t *n_positions);
/* Why what the slot is closing is not closed: enum reason of the last order or refusal in this
 * process; REASON_NONE: none ended short yet. */
uint16_t close_ended(const struct engine *engine, uint16_t slot);
/* How often in this process all that the slot held was wanted closed, and was. */
uint64_t close_count(const struct engine *engine, uint16_t slot);
/* Is what the slot holds of an instrument too little for any order? */
int close_is_dust(const struct engine *engine, uint16_t slot, agon_instrument_t instrument);

/* Would no venue take an order that takes so much of the position off? */
int close_is_small(const struct engine *engine, uint16_t slot, const struct position *pos,
                   agon_qty_t qty);

/* One order of the host's own that takes qty of the position off, at market, by the same rules;
 * more than is free is refused. For who closes a part. NULL: refused, *refused says why; the slot
 * is told of neither. */
struct order *close_part(struct engine *engine, uint16_t slot, agon_instrument_t instrument,
                         agon_qty_t qty, uint16_t reason, uint16_t *refused);

/* The engine's own: goes on where something may go on now; a fill changed the position. */
void close_turn(struct engine *engine, uint16_t slot);
void close_on_fill(struct engine *engine, uint16_t slot);

#endif
