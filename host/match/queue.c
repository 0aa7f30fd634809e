// SPDX-License-Identifier: Apache-2.0
/* queue: where an own order stands at its price, and what exogenous events do about it.
 *
 * At one price the queue is: exogenous quantity, own order, more exogenous quantity, own order, ...
 * Only the exogenous quantity ahead of each own order is kept. The data says how much traded and
 * what the level holds; how much of the rest that left had stood ahead is an assumption, which the
 * configuration states (cancel_ahead_ppm). Whatever it says, ahead is never more than the level
 * holds. */
#include "base/error.h"
#include "base/hot.h"
#include "base/num.h"
#include "match/state.h"

#define PPM 1000000

static agon_qty_t least(agon_qty_t a, agon_qty_t b)
{
    return a < b ? a : b;
}

static struct level *level_at(const struct match *match, uint32_t at)
{
    return at != 0 ? &match->levels[at] : NULL;
}

struct level *queue_level(const struct match *match, const struct market *market,
                          enum agon_side side, agon_px_t px)
{
    return level_at(match, tree_find(&market->levels[side], px_key(side, px), 0));
}

struct level *queue_best(const struct match *match, const struct market *market,
                         enum agon_side side)
{
    return level_at(match, tree_first(&market->levels[side]));
}

void queue_show(struct match *match, struct market *market, enum agon_side side, agon_px_t px)
{
    if (match->sink.on_level)
        match->sink.on_level(match->sink.ctx, market->id, side, px,
                             match_shown_qty(match, market->id, side, px));
}

static int is_known(const struct market *market, enum agon_side side, agon_px_t px)
{
    if (market->source == SOURCE_NONE || market->is_in_snapshot)
        return 0;
    return market->edge_px[side] == 0 || px_key(side, px) <= px_key(side, market->edge_px[side]) ||
           book_qty(market->book, side, px) > 0;
}

static uint32_t level_open(struct match *match, struct market *market, enum agon_side side,
                           agon_px_t px)
{
    uint32_t at = tree_find(&market->levels[side], px_key(side, px), 0);

    if (at != 0)
        return at;
    REQUIRE(match->n_free_levels > 0); // there are as many levels as orders
    at = match_take(match, match->free_levels, &match->n_free_levels);
    match->levels[at] = (struct level){.px = px};
    tree_insert(&market->levels[side], at, px_key(side, px), 0);
    return at;
}

void queue_join(struct match *match, struct market *market, struct order *order)
{
    enum agon_side side = order->pub.side;
    uint32_t place = place_of(match, order);
    uint32_t at = level_open(match, market, side, order->pub.px);
    struct level *level = &match->levels[at];

    order->level = at;
    order->prev = level->last;
    order->next = 0;
    if (level->last != 0)
        match->orders[level->last].next = place;
    else
        level->first = place;
    level->last = place;
    level->own_qty += rest_qty(order);
    order->pub.is_ahead_known = (uint8_t)is_known(market, side, order->pub.px);
    order->pub.ahead_qty = book_qty(market->book, side, order->pub.px);
    order->early_qty = 0;
    order->pub.is_working = 1;
    if (order->pub.flags & AGON_REDUCE_ONLY)
        market->owners[order->pub.owner].reduce_qty += rest_qty(order);
    queue_show(match, market, side, order->pub.px);
}

void queue_leave(struct match *match, struct order *order)
{
    struct market *market = &match->markets[order->market];
    uint32_t at = order->level;
    struct level *level = &match->levels[at];

    if (order->prev != 0)
        match->orders[order->prev].next = order->next;
    else
        level->first = order->next;
    if (order->next != 0)
        match->orders[order->next].prev = order->prev;
    else
        level->last = order->prev;
    level->own_qty -= rest_qty(order);
    if (order->pub.flags & AGON_REDUCE_ONLY)
        market->owners[order->pub.owner].reduce_qty -= rest_qty(order);
    order->level = 0;
    order->pub.is_working = 0;
    if (level->first == 0) {
        tree_remove(&market->levels[order->pub.side], at);
        match->free_levels[match->n_free_levels++] = at;
    }
}

void queue_took(struct match *match, struct level *level, agon_qty_t qty)
{
    for (uint32_t at = level->first; at != 0; at = match->orders[at].next) {
        struct match_order *order = &match->orders[at].pub;

        order->ahead_qty -= least(order->ahead_qty, qty);
    }
}

/* --- book updates --- */

/* Of a reduction, what no trade explains is cancels, and a share of them stood ahead. base_qty is
 * what the level held when the trades were through with it. Whole lots only: half a lot ahead would
 * make a fill that no venue can print. */
static agon_qty_t cancelled_ahead(const struct match *match, const struct market *market,
                                  agon_qty_t ahead, agon_qty_t gone, agon_qty_t base_qty)
{
    agon_qty_t share;

    if (match->config.cancel_ahead_ppm != UINT32_MAX)
        share = num_mul_div(gone, match->config.cancel_ahead_ppm, PPM, NUM_DOWN);
    else
        share = base_qty > 0 ? num_mul_div(gone, ahead, base_qty, NUM_DOWN) : ahead;
    return least(num_to_step(share, market->def->lot_qty, NUM_DOWN), ahead);
}

static void level_update(struct match *match, struct market *market, struct level *level,
                         agon_qty_t now, agon_ns_t t)
{
    agon_qty_t before = level->before_qty;
    // Trades up to the last update were in it already.
    agon_qty_t traded = level->t_traded > market->t_book ? level->traded_qty : 0;
    agon_qty_t gone = before > now ? before - now - least(before - now, traded) : 0;

    for (uint32_t at = level->first; at != 0; at = match->orders[at].next) {
        struct order *order = &match->orders[at];

        if (!order->pub.is_ahead_known) {
            order->pub.is_ahead_known = 1;
            order->pub.ahead_qty = now;
            order->early_qty = 0;
            continue;
        }
        if (gone > 0) {
            order->early_qty = cancelled_ahead(match, market, order->pub.ahead_qty, gone,
                                               before - least(before, traded));
            order->pub.ahead_qty -= order->early_qty;
        }
        order->pub.ahead_qty = least(order->pub.ahead_qty, now);
    }
    if (gone > 0) {
        level->late_qty = gone;
        level->t_late = t;
    }
    if (t >= level->t_traded)
        level->traded_qty = 0;
}

static void remember_levels(struct match *match, struct market *market)
{
    for (enum agon_side side = AGON_BUY; side <= AGON_SELL; side++) {
        const struct tree *tree = &market->levels[side];

        for (uint32_t at = tree_first(tree); at != 0; at = tree_next(tree, at))
            match->levels[at].before_qty = book_qty(market->book, side, match->levels[at].px);
    }
}

static void compare_levels(struct match *match, struct market *market, agon_ns_t t)
{
    for (enum agon_side side = AGON_BUY; side <= AGON_SELL; side++) {
        const struct tree *tree = &market->levels[side];

        for (uint32_t at = tree_first(tree); at != 0; at = tree_next(tree, at)) {
            struct level *level = &match->levels[at];

            if (is_known(market, side, level->px))
                level_update(match, market, level, book_qty(market->book, side, level->px), t);
        }
    }
}

static void widen_edge(struct market *market, enum agon_side side, const struct agon_level *levels,
                       uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) {
        agon_px_t *edge = &market->edge_px[side];

        if (*edge == 0 || px_key(side, levels[i].px) > px_key(side, *edge))
            *edge = levels[i].px;
    }
}

static int on_snapshot(struct match *match, struct market *market,
                       const struct agon_book_part *part)
{
    const struct agon_level *levels = (const struct agon_level *)(const void *)(part + 1);
    int rc;

    if (part->flags & BOOK_PART_FIRST) {
        remember_levels(match, market);
    } else if (!market->is_in_snapshot) {
        return AGON_EINVAL;
    }
    rc = book_apply(market->book, part);
    if (rc < 0 && rc != AGON_ENOSPC)
        return rc;
    if (part->flags & BOOK_PART_FIRST) {
        market->edge_px[AGON_BUY] = market->edge_px[AGON_SELL] = 0;
        market->is_in_snapshot = 1;
    }
    if (part->flags & BOOK_PART_RANGE) {
        widen_edge(market, AGON_BUY, levels, part->n_bid);
        widen_edge(market, AGON_SELL, levels + part->n_bid, part->n_ask);
    }
    if (!(part->flags & BOOK_PART_LAST))
        return AGON_OK;
    market->is_in_snapshot = 0;
    market->source = SOURCE_BOOK;
    compare_levels(match, market, event_time(&part->hdr));
    market->t_book = event_time(&part->hdr);
    return AGON_OK;
}

/* Does a part name a price at which own orders stand? Where a side has one such price, which is
 * nearly always, that is all that its levels are compared with. */
static int names_own(const struct market *market, const struct match *match, enum agon_side side,
                     const struct agon_level *levels, uint32_t n)
{
    const struct tree *tree = &market->levels[side];
    agon_px_t px;
    int is_named = 0;

    if (tree->n != 1)
        return tree->n > 1;
    px = match->levels[tree->root].px;
    for (uint32_t i = 0; i < n; i++)
        is_named |= levels[i].px == px;
    return is_named;
}

static int on_delta(struct match *match, struct market *market, const struct agon_book_part *part)
{
    const struct agon_level *levels = (const struct agon_level *)(const void *)(part + 1);
    uint32_t n = (uint32_t)part->n_bid + part->n_ask;
    int is_watched, rc;

    if (market->source != SOURCE_BOOK || market->is_in_snapshot)
        return AGON_OK; // there is no book yet that it would change
    is_watched = names_own(market, match, AGON_BUY, levels, part->n_bid) ||
                 names_own(market, match, AGON_SELL, levels + part->n_bid, part->n_ask);
    for (uint32_t i = 0; is_watched && i < n; i++) {
        enum agon_side side = i < part->n_bid ? AGON_BUY : AGON_SELL;
        struct level *level = queue_level(match, market, side, levels[i].px);

        if (level)
            level->before_qty = book_qty(market->book, side, levels[i].px);
    }
    rc = book_apply(market->book, part);
    if (rc < 0 && rc != AGON_ENOSPC)
        return rc;
    for (uint32_t i = 0; is_watched && i < n; i++) {
        enum agon_side side = i < part->n_bid ? AGON_BUY : AGON_SELL;
        struct level *level = queue_level(match, market, side, levels[i].px);

        if (level) {
            level_update(match, market, level, levels[i].qty, event_time(&part->hdr));
            level->before_qty = levels[i].qty; // should the part name a price twice
        }
    }
    if ((part->flags & BOOK_PART_LAST) || part->flags == 0)
        market->t_book = event_time(&part->hdr);
    return AGON_OK;
}

HOT int queue_on_book(struct match *match, struct market *market, const struct agon_book_part *part)
{
    uint64_t bytes =
        sizeof(*part) + ((uint64_t)part->n_bid + part->n_ask) * sizeof(struct agon_level);

    if (bytes > event_bytes(&part->hdr))
        return AGON_EINVAL;
    return part->hdr.type == AGON_EVENT_BOOK_SNAPSHOT ? on_snapshot(match, market, part)
                                                      : on_delta(match, market, part);
}

HOT int queue_on_quote(struct match *match, struct market *market, const struct agon_quote *quote)
{
    const struct agon_level bid = {quote->bid_px, quote->bid_qty};
    const struct agon_level ask = {quote->ask_px, quote->ask_qty};

    if (quote->bid_px < 0 || quote->ask_px < 0 || quote->bid_qty < 0 || quote->ask_qty < 0)
        return AGON_EINVAL;
    if (market->source == SOURCE_BOOK)
        return AGON_OK;
    remember_levels(match, market);
    // A side without a quote is empty as far as anybody knows; nothing is known of its depth.
    book_show(market->book, &bid, &ask);
    market->edge_px[AGON_BUY] = quote->bid_px > 0 ? quote->bid_px : INT64_MAX;
    market->edge_px[AGON_SELL] = quote->ask_px > 0 ? quote->ask_px : 1;
    market->source = SOURCE_QUOTE;
    compare_levels(match, market, event_time(&quote->hdr));
    market->t_book = event_time(&quote->hdr);
    return AGON_OK;
}

/* --- trades --- */

static void fill_by_print(struct match *match, struct market *market, struct order *order,
                          agon_qty_t *left, agon_ns_t t)
{
    agon_qty_t qty = least(*left, take_fillable_qty(match, order));

    if (qty == 0) {
        order_end(match, order, MATCH_EXPIRED, MATCH_REDUCE_ONLY, t);
        return;
    }
    if (!funds_fits(match, market, order, order->pub.px, qty, 1)) {
        order_end(match, order, MATCH_EXPIRED, MATCH_TOO_LARGE, t);
        return;
    }
    *left -= qty;
    order->pub.ahead_qty = 0;
    take_trade(match, market, NULL, order, opposite(order->pub.side), order->pub.px, qty, t);
}

/* The trade went through this level: nothing exogenous is left ahead of any order here. */
static void trade_through(struct match *match, struct market *market, struct level *level,
                          agon_qty_t *left, agon_ns_t t)
{
    uint32_t next;

    for (uint32_t at = level->first; at != 0; at = next) {
        struct order *order = &match->orders[at];

        next = order->next;
        order->pub.is_ahead_known = 1;
        order->pub.ahead_qty = 0;
        order->early_qty = 0;
        if (*left > 0)
            fill_by_print(match, market, order, left, t);
    }
}

/* A trade that the last update showed already was taken for cancels there: the part of them that
 * was said to stand ahead is given back, in whole lots as it was taken, before the trade takes its
 * own off. */
static void explain_late(struct match *match, const struct market *market, struct level *level,
                         agon_qty_t qty)
{
    for (uint32_t at = level->first; qty > 0 && at != 0; at = match->orders[at].next) {
        struct order *order = &match->orders[at];
        agon_qty_t back = num_mul_div(order->early_qty, qty, level->late_qty, NUM_DOWN);

        back = num_to_step(back, market->def->lot_qty, NUM_DOWN);
        order->early_qty -= back;
        order->pub.ahead_qty += back;
    }
    level->late_qty -= qty;
}

/* Behind own orders that the trade filled less of it arrives than was given back; still nobody's
 * place gets worse. */
static void took_by_trade(struct match *match, struct level *level, agon_qty_t qty)
{
    queue_took(match, level, qty);
    for (uint32_t at = level->first; at != 0; at = match->orders[at].next) {
        struct order *order = &match->orders[at];

        order->pub.ahead_qty = least(order->pub.ahead_qty, order->most_qty);
    }
}

/* Also when own orders at better prices had all of it: the data will show the level smaller by what
 * traded, and those were no cancels. */
static void trade_at(struct match *match, struct market *market, enum agon_side side,
                     const struct agon_trade *trade, agon_qty_t *left)
{
    struct level *level = queue_level(match, market, side, trade->px);
    agon_ns_t time = event_time(&trade->hdr);
    agon_qty_t shown = 0; // of the trade, what the last update had in it already
    agon_qty_t taken = 0; // exogenous quantity that stood ahead and is gone now
    uint32_t next;

    if (time != 0 && time <= level->t_late)
        shown = least(trade->qty, level->late_qty);
    for (uint32_t at = level->first; at != 0; at = match->orders[at].next)
        match->orders[at].most_qty = match->orders[at].pub.ahead_qty;
    explain_late(match, market, level, shown);
    if (level->t_traded <= market->t_book)
        level->traded_qty = 0;
    if (trade->qty > shown && (time > market->t_book || time == 0)) {
        level->traded_qty = num_add(level->traded_qty, trade->qty - shown);
        level->t_traded = time;
    }
    for (uint32_t at = level->first; at != 0 && *left > 0; at = next) {
        struct order *order = &match->orders[at];
        agon_qty_t ahead = order->pub.is_ahead_known ? order->pub.ahead_qty : NUM_MAX;
        agon_qty_t qty = least(*left, ahead > taken ? ahead - taken : 0);

        next = order->next;
        taken += qty;
        *left -= qty;
        if (*left > 0)
            fill_by_print(match, market, order, left, trade->hdr.t);
    }
    level = queue_level(match, market, side, trade->px); // it may be gone by now
    if (level)
        took_by_trade(match, level, taken);
}

HOT int queue_on_trade(struct match *match, struct market *market, const struct agon_trade *trade)
{
    agon_qty_t left = trade->qty;

    if (trade->px <= 0 || trade->qty <= 0 || trade->side > AGON_SELL)
        return AGON_EINVAL;
    for (enum agon_side side = AGON_BUY; side <= AGON_SELL; side++) {
        const struct tree *tree = &market->levels[side];
        int64_t key = px_key(side, trade->px);
        uint32_t at = tree_first(tree);

        while (at != 0 && tree->nodes[at].key < key) {
            uint32_t next = tree_next(tree, at);

            trade_through(match, market, &match->levels[at], &left, trade->hdr.t);
            at = next;
        }
        if (at != 0 && tree->nodes[at].key == key && trade->side != side)
            trade_at(match, market, side, trade, &left);
    }
    market->last_px = trade->px;
    if (market->high_px == 0 || trade->px > market->high_px)
        market->high_px = trade->px;
    if (market->low_px == 0 || trade->px < market->low_px)
        market->low_px = trade->px;
    return AGON_OK;
}
