// SPDX-License-Identifier: Apache-2.0
/* symbols: a gateway's own view of the instruments and assets it serves.
 *
 * A decoder needs the exponents of a symbol at once, and runs on another thread than the core's
 * tables. So each gateway keeps this small copy, filled before it starts. Symbols are upper case
 * here, as the payloads have them. [io] */
#ifndef VENUE_SYMBOLS_H
#define VENUE_SYMBOLS_H

#include "base/error.h"
#include "market/ceilings.h"
#include "market/records.h"

#define SYMBOLS_MAX        256        /* instruments of one gateway */
#define SYMBOLS_ASSETS_MAX ASSETS_MAX /* of the host: a fee may be in any of them */
#define SYMBOLS_TABLE      1024

struct symbol {
    char name[32];
    uint32_t n_name;
    agon_instrument_t instrument;
    agon_asset_t base, quote;
    int8_t px_exp, qty_exp, quote_exp, pad;
    agon_px_t tick_px;
    agon_px_t limit_px;               /* a price above 10^9 is none */
    uint64_t tick_inverse, tick_most; /* symbol_is_on_tick */
    uint32_t tick_shift, pad1;
};
struct symbol_asset {
    char name[16];
    agon_asset_t asset;
    int8_t exp;
};
struct symbols {
    uint32_t n, n_assets;
    struct symbol all[SYMBOLS_MAX];
    struct symbol_asset assets[SYMBOLS_ASSETS_MAX];
    uint16_t index[SYMBOLS_TABLE]; /* place in all + 1 */
};

/* Is a price a multiple of the tick? A product and a comparison where a division would cost more
 * than reading the price did: x is a multiple of d = 2^k * odd when x * odd^-1 (mod 2^64), turned
 * right by k, is at most (2^64 - 1) / d. */
static inline int symbol_is_on_tick(const struct symbol *symbol, agon_px_t px)
{
    uint64_t product = (uint64_t)px * symbol->tick_inverse;
    uint32_t shift = symbol->tick_shift;

    return (product >> shift | product << (-shift & 63)) <= symbol->tick_most;
}

void symbols_init(struct symbols *symbols);
/* The asset must be known before the instruments that are quoted in it. AGON_EINVAL, AGON_ENOSPC.
 */
int symbols_add_asset(struct symbols *symbols, const char *name, agon_asset_t asset, int exp,
                      struct error *err);
int symbols_add(struct symbols *symbols, const struct agon_instrument *instrument,
                struct error *err);
/* NULL: not ours. text is in the venue's upper-case spelling. */
const struct symbol *symbols_find(const struct symbols *symbols, const char *text, size_t n);
const struct symbol *symbols_by_id(const struct symbols *symbols, agon_instrument_t instrument);
/* NULL: an asset the host has not configured. */
const struct symbol_asset *symbols_asset(const struct symbols *symbols, const char *text, size_t n);
const struct symbol_asset *symbols_asset_by_id(const struct symbols *symbols, agon_asset_t asset);

#endif
