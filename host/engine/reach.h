// SPDX-License-Identifier: Apache-2.0
/* reach: what the slots may come to hold, each with its open orders filled: of each position the
 * larger side, and of all together the sums (exposure_reach). A part of exposure. [core] */
#ifndef ENGINE_REACH_H
#define ENGINE_REACH_H

#include "engine/impl.h"
#include "market/instrument_kind.h"

/* A sum of 128 bits as an amount; what does not fit stands at the edge, on its own side. */
static inline agon_amt_t reach_fit(num128_t sum)
{
    agon_amt_t narrow = (agon_amt_t)sum; // which most are

    if (narrow == sum && narrow >= NUM_MIN)
        return narrow;
    return sum > 0 ? NUM_MAX : NUM_MIN;
}

/* Is what a position reaches worked out with each change of it? In another currency it is in any
 * case: what cannot be valued there bars new risk. */
static inline int reach_is_counted(const struct engine *engine,
                                   const struct agon_instrument *instrument)
{
    return engine->exposure->is_reach_kept ||
           instrument_kind_unit(instrument) != engine->table.base_currency;
}

/* Is any limit set on what all reach together? */
static inline int reach_has_limits(const struct portfolio_limits *limits)
{
    return limits->gross_amt > 0 || limits->net_amt > 0 || limits->venue_amt > 0 ||
           limits->asset_amt > 0;
}

/* Where a position of the instrument counts: of both it has one for good (instruments_set). */
static inline void reach_place(const struct agon_instrument *instrument, struct exposure_line *line)
{
    line->venue = instrument->venue <= VENUES_MAX ? instrument->venue : 0;
    line->asset = instrument->base <= ASSETS_MAX ? instrument->base : 0;
}

/* Of a position, by prices and orders as they are. */
void reach_work_out(const struct engine *engine, const struct position *pos,
                    const struct agon_instrument *instrument, struct exposure_line *line);
void reach_add(struct exposure_reach *reach, const struct exposure_line *line, int sign);
/* The same of a line that was counted and one that takes its place, in one go. */
void reach_move(struct exposure_reach *reach, const struct exposure_line *before,
                const struct exposure_line *line);
/* Of a position that was counted before, in the base currency: its orders changed. */
void reach_count(struct engine *engine, uint16_t slot, uint32_t place, const struct position *pos,
                 const struct agon_instrument *instrument);
/* A price of the instrument is another one than before: all who have something there. */
void reach_price(struct engine *engine, agon_instrument_t id, agon_px_t before_long_px,
                 agon_px_t before_short_px);

#endif
