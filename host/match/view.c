// SPDX-License-Identifier: Apache-2.0
/* view: what can be read of a match without changing it, and its canonical bytes. */
#include "base/error.h"
#include "match/state.h"

const struct match_order *match_find(const struct match *match, uint64_t id)
{
    const struct order *order = order_get(match, id);

    return order ? &order->pub : NULL;
}

uint32_t match_open(const struct match *match, uint32_t owner, agon_instrument_t instrument,
                    const struct match_order **orders, uint32_t n)
{
    uint32_t found = 0;

    if (owner >= match->n_owners)
        return 0;
    for (uint32_t at = match->own_first[owner]; at != 0; at = match->orders[at].own_next) {
        const struct match_order *order = &match->orders[at].pub;

        if (instrument != 0 && order->instrument != instrument)
            continue;
        if (found < n)
            orders[found] = order;
        found++;
    }
    return found;
}

static agon_qty_t shown(agon_qty_t exogenous, const struct level *own)
{
    num128_t sum = exogenous + (own ? own->own_qty : 0);

    return sum > NUM_MAX ? NUM_MAX : (agon_qty_t)sum;
}

agon_qty_t match_shown_qty(const struct match *match, agon_instrument_t instrument,
                           enum agon_side side, agon_px_t px)
{
    const struct market *market = market_get(match, instrument);
    const struct level *own;

    if (!market)
        return 0;
    own = queue_level(match, market, side, px);
    return shown(book_qty(market->book, side, px), own);
}

/* How many exogenous levels stand at or through the best own order of the other side. They are not
 * shown: in one market they could not stand there, and a feed that crosses would be taken for a
 * broken one. The scratch holds n of the side's levels, best first. */
static uint32_t count_crossed(const struct match *match, const struct market *market,
                              enum agon_side side, uint32_t n)
{
    const struct level *facing = queue_best(match, market, opposite(side));
    uint32_t at = 0;

    while (facing && at < n && px_key(side, match->scratch[at].px) <= px_key(side, facing->px))
        at++;
    return at;
}

static uint32_t fetch(const struct match *match, const struct market *market, enum agon_side side,
                      uint32_t n_max, uint32_t *n_all)
{
    *n_all = book_count(market->book, side);
    return book_levels(market->book, side, match->scratch, n_max);
}

uint32_t match_levels(const struct match *match, agon_instrument_t instrument, enum agon_side side,
                      struct agon_level *levels, uint32_t n)
{
    const struct market *market = market_get(match, instrument);
    const struct tree *tree;
    uint32_t n_all;
    uint32_t n_book;
    uint32_t n_first = n < MATCH_SCRATCH / 2 ? n + 16 : MATCH_SCRATCH;
    uint32_t at;
    uint32_t found = 0;
    uint32_t total;

    if (!market)
        return 0;
    n_book = fetch(match, market, side, n_first, &n_all);
    at = count_crossed(match, market, side, n_book);
    if (at + n > n_book && n_book < n_all) { // many are crossed: fetch them all
        n_book = fetch(match, market, side, MATCH_SCRATCH, &n_all);
        at = count_crossed(match, market, side, n_book);
    }
    total = n_all - at;
    tree = &market->levels[side];
    for (uint32_t own = tree_first(tree); own != 0; own = tree_next(tree, own)) {
        const struct level *level = &match->levels[own];

        for (;
             found < n && at < n_book && px_key(side, match->scratch[at].px) < tree->nodes[own].key;
             at++)
            levels[found++] = match->scratch[at];
        if (book_qty(market->book, side, level->px) == 0)
            total++;
        if (found == n)
            continue;
        levels[found].px = level->px;
        levels[found].qty =
            shown(at < n_book && match->scratch[at].px == level->px ? match->scratch[at++].qty : 0,
                  level);
        found++;
    }
    while (found < n && at < n_book)
        levels[found++] = match->scratch[at++];
    return total;
}

agon_px_t match_last_px(const struct match *match, agon_instrument_t instrument)
{
    const struct market *market = market_get(match, instrument);

    return market ? market->last_px : 0;
}

agon_amt_t match_free_amt(const struct match *match, uint32_t owner, agon_asset_t asset)
{
    if (!match->balances || owner >= match->config.max_owners || asset > ASSETS_MAX)
        return 0;
    return funds_balance(match, owner, asset)->free_amt;
}

agon_amt_t match_locked_amt(const struct match *match, uint32_t owner, agon_asset_t asset)
{
    if (!match->balances || owner >= match->config.max_owners || asset > ASSETS_MAX)
        return 0;
    return funds_balance(match, owner, asset)->locked_amt;
}

agon_qty_t match_position_qty(const struct match *match, uint32_t owner,
                              agon_instrument_t instrument)
{
    const struct market *market = market_get(match, instrument);

    return market && owner < match->n_owners ? market->owners[owner].position_qty : 0;
}

/* --- canonical bytes --- */

static void save_order(const struct order *order, struct enc *enc)
{
    const struct match_order *pub = &order->pub;

    enc_u64(enc, pub->id);
    enc_u64(enc, pub->tag);
    enc_u32(enc, pub->owner);
    enc_u32(enc, pub->instrument);
    enc_u8(enc, pub->side);
    enc_u8(enc, pub->type);
    enc_u8(enc, pub->tif);
    enc_u8(enc, pub->stp);
    enc_u32(enc, pub->flags);
    enc_u8(enc, pub->is_take_profit);
    enc_i64(enc, pub->px);
    enc_i64(enc, pub->trigger_px);
    enc_i64(enc, pub->qty);
    enc_i64(enc, pub->quote_amt);
    enc_i64(enc, pub->show_qty);
    enc_i64(enc, pub->t_expire);
    enc_i64(enc, pub->t_create);
    enc_i64(enc, pub->t_update);
    enc_i64(enc, pub->filled_qty);
    enc_i64(enc, pub->filled_quote_amt);
    enc_i64(enc, pub->ahead_qty);
    enc_u8(enc, pub->state);
    enc_u8(enc, pub->is_triggered);
    enc_u8(enc, pub->is_working);
    enc_i64(enc, order->locked_amt);
    enc_u32(enc, order->locked_asset);
    enc_u8(enc, order->pub.is_ahead_known);
    enc_i64(enc, order->early_qty);
}

static void save_levels(const struct match *match, const struct tree *tree, struct enc *enc)
{
    enc_u32(enc, tree->n);
    for (uint32_t at = tree_first(tree); at != 0; at = tree_next(tree, at)) {
        const struct level *level = &match->levels[at];

        enc_i64(enc, level->px);
        enc_i64(enc, shown(0, level));
        enc_i64(enc, level->traded_qty);
        enc_i64(enc, level->t_traded);
        enc_i64(enc, level->late_qty);
        enc_i64(enc, level->t_late);
        for (uint32_t o = level->first; o != 0; o = match->orders[o].next)
            enc_u64(enc, match->orders[o].pub.id);
        enc_u64(enc, 0);
    }
}

static void save_market(const struct match *match, const struct market *market, struct enc *enc)
{
    enc_u32(enc, market->id);
    enc_i64(enc, market->tick_px);
    enc_u8(enc, market->source);
    enc_u8(enc, market->is_in_snapshot);
    enc_i64(enc, market->t_book);
    enc_i64(enc, market->edge_px[AGON_BUY]);
    enc_i64(enc, market->edge_px[AGON_SELL]);
    enc_i64(enc, market->last_px);
    enc_i64(enc, market->high_px);
    enc_i64(enc, market->low_px);
    enc_u64(enc, market->n_trades);
    book_save(market->book, enc);
    bar_save(market, enc);
    terms_save(market, enc);
    save_levels(match, &market->levels[AGON_BUY], enc);
    save_levels(match, &market->levels[AGON_SELL], enc);
    for (uint32_t i = 0; i < match->n_owners; i++) {
        const struct owner_market *mine = &market->owners[i];

        if (!mine->has_fees && mine->position_qty == 0 && mine->cost_amt == 0)
            continue;
        enc_u32(enc, i + 1);
        enc_i64(enc, mine->position_qty);
        enc_i64(enc, mine->cost_amt);
        enc_i64(enc, mine->reduce_qty);
        enc_u32(enc, (uint32_t)mine->maker_ppb);
        enc_u32(enc, (uint32_t)mine->taker_ppb);
        enc_u8(enc, mine->has_fees);
    }
    enc_u32(enc, 0);
}

void match_save(const struct match *match, struct enc *enc)
{
    uint32_t at = 0;
    uint64_t id;
    uint64_t place;

    enc_u32(enc, match->config.max_orders);
    enc_u32(enc, match->config.max_owners);
    enc_u32(enc, match->config.cancel_ahead_ppm);
    enc_u8(enc, match->config.is_funds_checked);
    enc_u64(enc, match->last_id);
    enc_u32(enc, map_count(&match->by_id));
    while (map_next(&match->by_id, &at, &id, &place)) // in order of insertion: by id
        save_order(&match->orders[place], enc);
    enc_u32(enc, match->n_markets);
    for (uint32_t i = 0; i < match->n_markets; i++)
        save_market(match, &match->markets[i], enc);
    for (uint32_t owner = 0; match->balances && owner < match->config.max_owners; owner++) {
        for (agon_asset_t asset = 1; asset <= match->table->n_assets; asset++) {
            const struct balance *balance = funds_balance(match, owner, asset);

            if (balance->free_amt == 0 && balance->locked_amt == 0)
                continue;
            enc_u32(enc, owner);
            enc_u32(enc, asset);
            enc_i64(enc, balance->free_amt);
            enc_i64(enc, balance->locked_amt);
        }
    }
}
