// SPDX-License-Identifier: Apache-2.0
/* take: an order that comes in against the book takes exogenous and own liquidity, best price
 * first, and at one price in the order of the queue. */
#include "base/error.h"
#include "base/num.h"
#include "market/order_type.h"
#include "match/state.h"

static agon_qty_t least(agon_qty_t a, agon_qty_t b)
{
    return a < b ? a : b;
}

static int is_within(enum agon_side taker_side, agon_px_t px, agon_px_t limit_px)
{
    if (limit_px == 0)
        return 1;
    return taker_side == AGON_BUY ? px <= limit_px : px >= limit_px;
}

agon_px_t take_best_px(const struct match *match, const struct market *market, enum agon_side side)
{
    const struct level *own = market->bars != NULL ? NULL : queue_best(match, market, side);
    struct agon_level book;

    if (!book_best(market->book, side, &book))
        return own ? own->px : 0;
    if (own && px_key(side, own->px) < px_key(side, book.px))
        return own->px;
    return book.px;
}

int take_would(const struct match *match, const struct market *market, enum agon_side side,
               agon_px_t px)
{
    agon_px_t best = take_best_px(match, market, opposite(side));

    return best != 0 && is_within(side, best, px);
}

agon_qty_t take_fillable_qty(const struct match *match, const struct order *order)
{
    agon_qty_t held = match->markets[order->market].owners[order->pub.owner].position_qty;

    if (!(order->pub.flags & AGON_REDUCE_ONLY))
        return rest_qty(order);
    if (order->pub.side == AGON_BUY)
        held = -held;
    return held > 0 ? least(rest_qty(order), held) : 0;
}

/* --- one trade --- */

static void fill(struct match *match, struct market *market, struct order *order,
                 struct match_event *event)
{
    struct match_order *pub = &order->pub;

    pub->filled_qty += event->qty;
    REQUIRE(num_add_checked(pub->filled_quote_amt, event->quote_amt, &pub->filled_quote_amt));
    pub->t_update = event->t;
    if (pub->quote_amt != 0) {
        // What is left and buys no lot here buys none at a worse price either.
        order->is_spent = funds_buyable_qty(match, market, event->px,
                                            pub->quote_amt - pub->filled_quote_amt) == 0;
        pub->state = order->is_spent ? AGON_ORDER_FILLED : AGON_ORDER_PARTIAL;
    } else {
        pub->state = rest_qty(order) == 0 ? AGON_ORDER_FILLED : AGON_ORDER_PARTIAL;
    }
    if (event->is_maker) {
        match->levels[order->level].own_qty -= event->qty;
        if (pub->flags & AGON_REDUCE_ONLY)
            market->owners[pub->owner].reduce_qty -= event->qty;
    }
    event->fee_amt = funds_settle(match, market, order, event->px, event->qty, event->quote_amt,
                                  event->is_maker, &event->fee_asset);
    event->order = pub;
    if (match->sink.on_event)
        match->sink.on_event(match->sink.ctx, event);
}

void take_trade(struct match *match, struct market *market, struct order *taker,
                struct order *maker, enum agon_side taker_side, agon_px_t px, agon_qty_t qty,
                agon_ns_t t)
{
    struct match_event event = {
        .kind = MATCH_TRADE,
        .is_self = taker && maker && taker->pub.owner == maker->pub.owner,
        .t = t,
        .px = px,
        .qty = qty,
        .quote_amt = funds_notional(match, market, px, qty, NUM_DOWN),
        .trade_id = ++market->n_trades,
    };
    struct match_print print = {
        .instrument = market->id,
        .taker_side = (uint8_t)taker_side,
        .is_exogenous = taker == NULL,
        .t = t,
        .px = px,
        .qty = qty,
        .trade_id = event.trade_id,
    };

    if (taker) // else it is part of a trade that was told
        terms_add(market, t, px, qty);
    market->last_px = px;
    if (market->high_px == 0 || px > market->high_px)
        market->high_px = px;
    if (market->low_px == 0 || px < market->low_px)
        market->low_px = px;
    if (maker) {
        event.is_maker = 1;
        fill(match, market, maker, &event);
    }
    if (taker) {
        event.is_maker = 0;
        fill(match, market, taker, &event);
    }
    if (match->sink.on_print)
        match->sink.on_print(match->sink.ctx, &print);
    if (maker) {
        enum agon_side side = maker->pub.side;

        if (rest_qty(maker) == 0) {
            queue_leave(match, maker);
            order_forget(match, maker);
        }
        queue_show(match, market, side, px);
    }
}

void take_alone(struct match *match, struct market *market, struct order *order, agon_px_t px,
                agon_qty_t qty, int is_maker, agon_ns_t t)
{
    struct match_event event = {
        .kind = MATCH_TRADE,
        .is_maker = (uint8_t)is_maker,
        .t = t,
        .px = px,
        .qty = qty,
        .quote_amt = funds_notional(match, market, px, qty, NUM_DOWN),
        .trade_id = ++market->n_trades,
    };
    enum agon_side side = order->pub.side;
    int was_shown = order->level != 0;

    REQUIRE(!is_maker || was_shown);
    fill(match, market, order, &event);
    if (order->pub.state == AGON_ORDER_FILLED) {
        if (order->level != 0)
            queue_leave(match, order);
        funds_relock(match, order, 0, order->locked_asset);
        order_forget(match, order);
    }
    if (was_shown)
        queue_show(match, market, side, px);
}

/* --- what there is to take --- */

struct measure {
    const struct match *match;
    const struct market *market;
    const struct match_order *order;
    agon_qty_t want, got;
    agon_amt_t cost;
    int is_stopped; /* self-trade prevention ends the order here */
};

static void measure_add(struct measure *m, agon_px_t px, agon_qty_t qty)
{
    qty = least(qty, m->want - m->got);
    m->got += qty;
    if (qty > 0)
        m->cost = num_add(m->cost, funds_notional(m->match, m->market, px, qty, NUM_UP));
}

static void measure_level(struct measure *m, agon_px_t px, agon_qty_t exogenous,
                          const struct level *level, int has_reduce_only)
{
    agon_qty_t taken = 0;

    for (uint32_t at = level ? level->first : 0; at != 0 && m->got < m->want;) {
        const struct order *maker = &m->match->orders[at];
        agon_qty_t ahead =
            maker->pub.is_ahead_known ? least(maker->pub.ahead_qty, exogenous) : exogenous;

        if (ahead > taken) {
            measure_add(m, px, ahead - taken);
            taken = ahead;
        }
        at = maker->next;
        if (maker->pub.owner == m->order->owner && m->order->stp != MATCH_STP_NONE) {
            if (m->order->stp != MATCH_STP_EXPIRE_MAKER) {
                m->is_stopped = 1;
                return;
            }
        } else if (has_reduce_only || !(maker->pub.flags & AGON_REDUCE_ONLY)) {
            measure_add(m, px, take_fillable_qty(m->match, maker));
        }
    }
    measure_add(m, px, exogenous - taken);
}

/* Exogenous levels are looked at in two goes: most orders need only the first few. */
static int measure_go(struct measure *m, uint32_t n_max, int has_reduce_only)
{
    const struct market *market = m->market;
    enum agon_side side = opposite(m->order->side);
    struct agon_level *levels = m->match->scratch;
    const struct tree *tree = &market->levels[side];
    uint32_t n_all = book_count(market->book, side);
    uint32_t n = book_levels(market->book, side, levels, n_max);
    uint32_t own = market->bars != NULL ? 0 : tree_first(tree);

    for (uint32_t i = 0; (i < n || own != 0) && m->got < m->want && !m->is_stopped;) {
        const struct level *level = own != 0 ? &m->match->levels[own] : NULL;
        int64_t book_key = i < n ? px_key(side, levels[i].px) : INT64_MAX;
        int64_t own_key = level ? tree->nodes[own].key : INT64_MAX;
        agon_px_t px = own_key < book_key ? level->px : levels[i].px;

        if (i == n && n < n_all)
            break;
        if (!is_within(m->order->side, px, m->order->px))
            return 1;
        measure_level(m, px, book_key <= own_key ? levels[i].qty : 0,
                      own_key <= book_key ? level : NULL, has_reduce_only);
        if (book_key <= own_key)
            i++;
        if (own_key <= book_key)
            own = tree_next(tree, own);
    }
    return n == n_all || m->got >= m->want || m->is_stopped;
}

agon_qty_t take_measure(const struct match *match, const struct market *market,
                        const struct match_order *order, int has_reduce_only, agon_amt_t *cost)
{
    struct measure m = {.match = match, .market = market, .order = order};

    m.want = order->qty - order->filled_qty;
    if (market->bars != NULL) { // the quote has no end
        measure_add(&m, take_best_px(match, market, opposite(order->side)), m.want);
        *cost = m.cost;
        return m.got;
    }
    if (!measure_go(&m, 32, has_reduce_only)) {
        m.got = 0;
        m.cost = 0;
        measure_go(&m, MATCH_SCRATCH, has_reduce_only);
    }
    *cost = m.cost;
    return m.got;
}

/* --- taking --- */

static enum agon_tif tif_of(const struct match_order *order)
{
    if (order_type_is_at_market(order->type))
        return order->tif == AGON_TIF_FOK ? AGON_TIF_FOK : AGON_TIF_IOC;
    return order->tif == 0 ? AGON_TIF_GTC : (enum agon_tif)order->tif;
}

agon_qty_t take_wanted_qty(const struct match *match, const struct market *market,
                           struct order *order, agon_px_t px, enum match_reject *reason)
{
    const struct match_order *pub = &order->pub;
    agon_qty_t qty;
    agon_asset_t quote = market->def->quote;

    if (pub->quote_amt != 0) {
        *reason = MATCH_NO_LIQUIDITY;
        return order->is_spent
                   ? 0
                   : funds_buyable_qty(match, market, px, pub->quote_amt - pub->filled_quote_amt);
    }
    *reason = MATCH_REDUCE_ONLY;
    qty = take_fillable_qty(match, order);
    if (qty > 0 && match->balances && is_spot(market) && pub->side == AGON_BUY && pub->px == 0) {
        agon_amt_t free_amt = funds_balance(match, pub->owner, quote)->free_amt;

        *reason = MATCH_NO_FUNDS;
        if (funds_notional(match, market, px, qty, NUM_UP) > free_amt)
            qty = funds_buyable_qty(match, market, px, free_amt);
    }
    return qty;
}

/* The maker is the taker's own: true when the taker ends here. */
static int prevent_self_trade(struct match *match, struct order *taker, struct order *maker,
                              agon_ns_t t)
{
    if (taker->pub.stp != MATCH_STP_EXPIRE_TAKER)
        order_end(match, maker, MATCH_EXPIRED, MATCH_SELF_TRADE, t);
    return taker->pub.stp != MATCH_STP_EXPIRE_MAKER;
}

static void take_own(struct match *match, struct market *market, struct order *taker,
                     struct order *maker, agon_qty_t wanted, agon_ns_t t)
{
    agon_qty_t qty = take_fillable_qty(match, maker);
    int times = maker->pub.owner == taker->pub.owner ? 2 : 1;

    if (maker->pub.owner == taker->pub.owner && taker->pub.stp != MATCH_STP_NONE) {
        if (prevent_self_trade(match, taker, maker, t))
            taker->ends_with = MATCH_SELF_TRADE;
        return;
    }
    if (qty == 0) {
        order_end(match, maker, MATCH_EXPIRED, MATCH_REDUCE_ONLY, t);
        return;
    }
    qty = least(qty, wanted);
    if (!funds_fits(match, market, taker, maker->pub.px, qty, times)) {
        taker->ends_with = MATCH_TOO_LARGE;
        return;
    }
    if (!funds_fits(match, market, maker, maker->pub.px, qty, times)) {
        order_end(match, maker, MATCH_EXPIRED, MATCH_TOO_LARGE, t);
        return;
    }
    maker->pub.ahead_qty = 0;
    take_trade(match, market, taker, maker, taker->pub.side, maker->pub.px, qty, t);
}

static void take_exogenous(struct match *match, struct market *market, struct order *taker,
                           struct level *level, struct agon_level book, agon_qty_t qty, agon_ns_t t)
{
    enum agon_side side = opposite(taker->pub.side);

    if (!funds_fits(match, market, taker, book.px, qty, 1)) {
        taker->ends_with = MATCH_TOO_LARGE;
        return;
    }
    book_set(market->book, side, book.px, book.qty - qty);
    if (level)
        queue_took(match, level, qty);
    take_trade(match, market, taker, NULL, taker->pub.side, book.px, qty, t);
    queue_show(match, market, side, book.px);
}

/* Why it stopped: MATCH_OK when nothing is left to want. */
static enum match_reject take(struct match *match, struct market *market, struct order *order,
                              agon_ns_t t)
{
    enum agon_side side = opposite(order->pub.side);

    while (!order->is_spent && (order->pub.quote_amt != 0 || rest_qty(order) > 0)) {
        agon_px_t px = take_best_px(match, market, side);
        enum match_reject reason;
        struct level *level;
        struct order *maker;
        agon_qty_t wanted;
        agon_qty_t exogenous;
        agon_qty_t ahead;

        if (px == 0 || !is_within(order->pub.side, px, order->pub.px))
            return MATCH_NO_LIQUIDITY;
        wanted = take_wanted_qty(match, market, order, px, &reason);
        if (wanted == 0)
            return reason;
        level = queue_level(match, market, side, px);
        maker = level ? &match->orders[level->first] : NULL;
        exogenous = book_qty(market->book, side, px);
        ahead =
            maker && maker->pub.is_ahead_known ? least(maker->pub.ahead_qty, exogenous) : exogenous;
        if (maker && ahead == 0)
            take_own(match, market, order, maker, wanted, t);
        else
            take_exogenous(match, market, order, level, (struct agon_level){px, exogenous},
                           least(wanted, ahead), t);
        if (order->ends_with != MATCH_OK)
            return (enum match_reject)order->ends_with;
    }
    return MATCH_OK;
}

void take_execute(struct match *match, struct market *market, struct order *order, agon_ns_t t)
{
    enum agon_tif tif = tif_of(&order->pub);
    enum match_reject reason;
    agon_amt_t cost;

    if (market->bars != NULL) {
        bar_execute(match, market, order, t);
        return;
    }
    if (tif == AGON_TIF_FOK &&
        take_measure(match, market, &order->pub, 0, &cost) < rest_qty(order)) {
        order_end(match, order, MATCH_EXPIRED, MATCH_NO_LIQUIDITY, t);
        return;
    }
    reason = take(match, market, order, t);
    if (reason == MATCH_OK) {
        funds_relock(match, order, 0, order->locked_asset);
        order_forget(match, order);
    } else if (reason != MATCH_NO_LIQUIDITY || tif == AGON_TIF_IOC || tif == AGON_TIF_FOK) {
        order_end(match, order, MATCH_EXPIRED, reason, t);
    } else {
        queue_join(match, market, order);
    }
}
