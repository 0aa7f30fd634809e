// SPDX-License-Identifier: Apache-2.0
/* instruments: the host's tables of assets and instruments. Ids are handed out by configuration in
 * order (1, 2, ...), are the index, and stay valid for ever. Filled by events, so that a journal
 * rebuilds them. [core]; readers on other threads have their own copy. */
#ifndef MARKET_INSTRUMENTS_H
#define MARKET_INSTRUMENTS_H

#include "base/codec.h"
#include "base/error.h"
#include "base/num.h"
#include "market/ceilings.h"
#include "market/records.h"

struct asset {
    char name[16];
    int8_t exp;
};
struct instruments {
    uint32_t n_instruments, n_assets; /* highest id */
    agon_asset_t base_currency;       /* capital and scores are in it; 0: none yet */
    struct asset *assets;             /* owned, [ASSETS_MAX + 1] */
    struct agon_instrument *all;      /* owned, [room + 1]; ids have no gaps */
    int64_t *scales; /* owned, [room + 1]: px * qty times it is a notional; 0: it takes more */
    uint32_t room;   /* highest id that it has a place for */
};

int instruments_init(struct instruments *table); /* for INSTRUMENTS_MAX; AGON_ENOMEM */
int instruments_init_for(struct instruments *table, uint32_t n); /* ... for so many */
void instruments_deinit(struct instruments *table);
/* Takes an INSTRUMENT event: a new one, whose id is the next, or new filters and fees of one that
 * is there. AGON_EINVAL with the reason: id out of range or out of order, exponent outside 0..18,
 * exponent, venue, kind or asset changed, tick, lot <= 0, another filter or the multiplier < 0,
 * unknown asset, symbol empty, without end or taken (unless by the predecessor that it names). An
 * index needs only its quote asset. */
int instruments_set(struct instruments *table, const struct agon_instrument *event,
                    struct error *err);
/* AGON_EINVAL with the reason: id out of range or out of order, exponent outside 0..18 or changed,
 * name empty, without end or taken, a second base currency. */
int instruments_set_asset(struct instruments *table, const struct record_asset *event,
                          struct error *err);
/* NULL when there is none with that id. */
static inline const struct agon_instrument *instruments_get(const struct instruments *table,
                                                            agon_instrument_t id)
{
    return id > 0 && id <= table->n_instruments ? &table->all[id] : NULL;
}
static inline const struct asset *instruments_asset(const struct instruments *table,
                                                    agon_asset_t id)
{
    return id > 0 && id <= table->n_assets ? &table->assets[id] : NULL;
}
/* By venue number and the venue's spelling, the newest id where one succeeded another; 0: none.
 * Cold.
 */
agon_instrument_t instruments_find(const struct instruments *table, uint16_t venue,
                                   const char *symbol);
agon_asset_t instruments_find_asset(const struct instruments *table, const char *name);
/* What qty is worth at px, in the settlement asset's unit: px * qty * multiplier, of an inverse
 * contract qty * multiplier / px (0 at px 0). A multiplier of 0 is none. One rounding of the exact
 * value; saturates. [core] */
agon_amt_t instruments_notional(const struct instruments *table,
                                const struct agon_instrument *instrument, agon_px_t px,
                                agon_qty_t qty, enum num_round round);
/* The same of an instrument of this table, as instruments_get gave it: most are two products. */
static inline agon_amt_t instruments_worth(const struct instruments *table,
                                           const struct agon_instrument *instrument, agon_px_t px,
                                           agon_qty_t qty, enum num_round round)
{
    int64_t scale = table->scales[instrument->hdr.instrument];
    int64_t narrow, scaled;

    if (scale > 0 && !__builtin_mul_overflow(px, qty, &narrow) &&
        !__builtin_mul_overflow(narrow, scale, &scaled) && scaled >= NUM_MIN)
        return scaled;
    return instruments_notional(table, instrument, px, qty, round);
}
/* The dearer of both fees on what is worth so much; a rebate is none. */
static inline agon_amt_t instruments_fee(const struct agon_instrument *instrument,
                                         agon_amt_t worth_amt)
{
    int64_t ppb = instrument->taker_fee_ppb > instrument->maker_fee_ppb ? instrument->taker_fee_ppb
                                                                        : instrument->maker_fee_ppb;

    return ppb > 0 ? num_mul_div(worth_amt, ppb, 1000000000, NUM_UP) : 0;
}
void instruments_save(const struct instruments *table, struct enc *enc);
/* AGON_ECORRUPT: no saved table; it is then empty. */
int instruments_load(struct instruments *table, struct dec *dec);

#endif
