// SPDX-License-Identifier: Apache-2.0
/* instrument_kind: what the kinds of instruments have, as AGON_INSTRUMENT_KINDS of <agon/codes.h>
 * says it. Code asks that rather than which kind it is. Any number may be asked of: one that is no
 * kind has nothing. [any] */
#ifndef MARKET_INSTRUMENT_KIND_H
#define MARKET_INSTRUMENT_KIND_H

#include <stdint.h>

#include <agon/event.h>

#define INSTRUMENT_KIND_IS 0x80 /* in instrument_kind_has: there is such a kind */
extern const uint8_t instrument_kind_has[256];

static inline int instrument_kind_is(uint8_t kind)
{
    return (instrument_kind_has[kind] & INSTRUMENT_KIND_IS) != 0;
}

static inline int instrument_kind_is_traded(uint8_t kind)
{
    return (instrument_kind_has[kind] & AGON_KIND_TRADED) != 0;
}

/* Does a fill move coins? Else a position. */
static inline int instrument_kind_has_coins(uint8_t kind)
{
    return (instrument_kind_has[kind] & AGON_KIND_COINS) != 0;
}

/* Does a fill change a position on margin, whose results are in the quote, and which pays funding
 * where its venue names some? One whose results are in the base is shown and not kept. */
static inline int instrument_kind_has_margin(uint8_t kind)
{
    return (instrument_kind_has[kind] & (AGON_KIND_TRADED | AGON_KIND_COINS | AGON_KIND_IN_BASE)) ==
           AGON_KIND_TRADED;
}

static inline int instrument_kind_is_in_base(uint8_t kind)
{
    return (instrument_kind_has[kind] & AGON_KIND_IN_BASE) != 0;
}

/* The asset in which its profits and losses are. */
static inline agon_asset_t instrument_kind_unit(const struct agon_instrument *instrument)
{
    return instrument_kind_has_coins(instrument->kind) ? instrument->quote : instrument->settle;
}

const char *instrument_kind_name(uint8_t kind); /* "linear"; NULL: no such kind */
uint8_t instrument_kind_of(const char *name);   /* 0: no such kind */

#endif
