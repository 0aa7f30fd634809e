// SPDX-License-Identifier: Apache-2.0
/* pit_impl: what the files of the pit share: pit.c moves it through time, pit_history.c is what was
 * before it began and what is noted beside its book, pit_look.c what it shows, pit_orders.c what
 * own orders do. */
#ifndef SIM_PIT_IMPL_H
#define SIM_PIT_IMPL_H

#include "sim/pit.h"
#include "sim/reel.h"
#include "sim/series.h"

#define TRADES_KEPT  32768
#define ORDERS_MAX   16384 /* open ones, of all owners */
#define MINUTES_KEPT 131072
#define SECONDS_KEPT 7200
#define NAMES_KEPT   256 /* trade ids of the engine whose public name is remembered */
#define NS_PER_MS    1000000
#define NS_PER_S     1000000000ll
#define NS_PER_MIN   (60 * NS_PER_S)

struct sym {
    struct pit_symbol spec;
    agon_instrument_t instrument;
    struct agon_level *bid, *ask; /* what is shown, [PIT_DEPTH_MAX] each */
    uint32_t n_bid, n_ask;
    uint64_t id; /* of the last change of a shown level */
    struct agon_level top_bid, top_ask;
    struct pit_trade *trades; /* ring */
    uint64_t n_trades;
    struct pit_agg *aggs; /* ring */
    uint64_t n_aggs;
    struct pit_agg pending;
    uint8_t has_pending, is_dirty;
    uint8_t is_own_dirty;                   /* an own order changed */
    uint8_t has_depth;                      /* levels came, and not quotes alone */
    uint8_t has_quote;                      /* best prices are recorded */
    struct agon_level quote_bid, quote_ask; /* ... the last ones */
    struct agon_level own_bid, own_ask;     /* ... and what own orders have best */
    agon_ns_t bar_ns; /* nothing is known but bars of that length; 0: there is a market */
    uint8_t is_turn;  /* one has just opened or closed: what waited for that acts */
    struct series minutes, seconds, notes[PIT_NOTES];
    agon_instrument_t index; /* whose trades are the index; 0: none */
    agon_px_t noted[PIT_NOTES];
    uint64_t next_trade, next_agg;
    struct {
        uint64_t engine, shown;
    } names[NAMES_KEPT];
    agon_qty_t printed_qty; /* of one exogenous trade, by own orders that had a part in it */
    agon_px_t last_px;
    agon_ns_t t_last;
};

struct pit {
    struct instruments table;
    struct match *match;
    struct reel *reel; /* owned */
    struct pit_hooks hooks;
    struct agon_level *scratch[2];
    const struct match_order **orders; /* owned; scratch, [ORDERS_MAX] */
    agon_ns_t now, next_step;
    struct match_bars bars; /* of symbols that are of bars */
    uint32_t n;
    struct sym syms[PIT_SYMBOLS_MAX];
};

static inline struct sym *pit_by_instrument(struct pit *pit, agon_instrument_t instrument)
{
    for (uint32_t i = 0; i < pit->n; i++)
        if (pit->syms[i].instrument == instrument)
            return &pit->syms[i];
    return NULL;
}

static inline uint32_t pit_number_of(const struct pit *pit, const struct sym *sym)
{
    return (uint32_t)(sym - pit->syms);
}

/* pit.c */
agon_asset_t pit_asset(struct instruments *table, const char *name, int exp);
/* What own orders changed is shown. */
void pit_refresh(struct pit *pit);

/* pit_look.c: as the matching engine asks for it; ctx: the pit */
agon_px_t pit_reference_px(void *ctx, agon_instrument_t instrument, uint32_t minutes);
#endif
