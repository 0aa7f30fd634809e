// SPDX-License-Identifier: Apache-2.0
#include "match/match.h"

#include <stdlib.h>

#include "base/error.h"
#include "base/hot.h"
#include "base/num.h"
#include "market/instrument_kind.h"
#include "match/state.h"

#define ORDERS_MAX  65536
#define ORDERS_FEW  4096
#define OWNERS_MAX  SLOTS_MAX
#define OWNERS_ROOM 16 /* at first, and by how many it grows */

/* --- life --- */

static int take_memory(struct match *match)
{
    size_t orders = (size_t)match->config.max_orders + 1;
    size_t owners = match->config.max_owners;

    match->markets = calloc(INSTRUMENTS_MAX, sizeof(*match->markets));
    match->market_of = calloc(INSTRUMENTS_MAX + 1, sizeof(*match->market_of));
    match->orders = calloc(orders, sizeof(*match->orders));
    match->levels = calloc(orders, sizeof(*match->levels));
    match->level_nodes = calloc(orders, sizeof(*match->level_nodes));
    match->stop_nodes = calloc(orders, sizeof(*match->stop_nodes));
    match->expiry_nodes = calloc(orders, sizeof(*match->expiry_nodes));
    match->free_orders = calloc(orders, sizeof(*match->free_orders));
    match->free_levels = calloc(orders, sizeof(*match->free_levels));
    match->scratch = calloc(MATCH_SCRATCH, sizeof(*match->scratch));
    if (match->config.is_funds_checked)
        match->balances = calloc(owners * (ASSETS_MAX + 1), sizeof(*match->balances));
    if (map_init(&match->by_id, match->config.max_orders) < 0)
        return AGON_ENOMEM;
    return match->markets && match->market_of && match->orders && match->levels &&
                   match->level_nodes && match->stop_nodes && match->expiry_nodes &&
                   match->free_orders && match->free_levels && match->scratch &&
                   (match->balances || !match->config.is_funds_checked)
               ? AGON_OK
               : AGON_ENOMEM;
}

static int grow_to(void *rows, size_t bytes, uint32_t n_before, uint32_t n)
{
    unsigned char **all = rows;
    unsigned char *more = realloc(*all, n * bytes);

    if (more == NULL)
        return AGON_ENOMEM;
    memset(more + n_before * bytes, 0, (n - n_before) * bytes);
    *all = more;
    return AGON_OK;
}

void match_make_room(struct match *match, uint32_t owner)
{
    uint32_t n = owner / OWNERS_ROOM * OWNERS_ROOM + OWNERS_ROOM;
    int rc;

    if (owner < match->n_owners)
        return;
    n = n < match->config.max_owners ? n : match->config.max_owners;
    REQUIRE(owner < n);
    rc = grow_to(&match->own_first, sizeof(*match->own_first), match->n_owners, n);
    if (rc >= 0)
        rc = grow_to(&match->own_last, sizeof(*match->own_last), match->n_owners, n);
    for (uint32_t i = 0; rc >= 0 && i < match->n_markets; i++)
        rc = grow_to(&match->markets[i].owners, sizeof(struct owner_market), match->n_owners, n);
    REQUIRE(rc >= 0);
    match->n_owners = n;
}

struct match *match_new(const struct match_config *config, const struct instruments *table,
                        const struct match_sink *sink)
{
    struct match *match = calloc(1, sizeof(*match));

    if (!match)
        return NULL;
    match->config = *config;
    if (match->config.max_orders == 0)
        match->config.max_orders = ORDERS_MAX;
    if (match->config.max_owners == 0)
        match->config.max_owners = OWNERS_MAX;
    match->table = table;
    if (sink)
        match->sink = *sink;
    if (take_memory(match) < 0) {
        match_free(match);
        return NULL;
    }
    match->n_free_orders = match->n_free_levels = match->config.max_orders;
    tree_init(&match->expiries, match->expiry_nodes);
    match_make_room(match, 0);
    return match;
}

void match_free(struct match *match)
{
    if (!match)
        return;
    for (uint32_t i = 0; i < match->n_markets; i++) {
        book_free(match->markets[i].book);
        free(match->markets[i].owners);
    }
    bar_free(match);
    map_deinit(&match->by_id);
    free(match->markets);
    free(match->market_of);
    free(match->orders);
    free(match->levels);
    free(match->level_nodes);
    free(match->stop_nodes);
    free(match->expiry_nodes);
    free(match->free_orders);
    free(match->free_levels);
    free(match->own_first);
    free(match->own_last);
    free(match->scratch);
    free(match->balances);
    free(match);
}

void match_spare(struct match *match, zeroed_spare_fn *spare)
{
    spare(&match->markets[match->n_markets],
          (INSTRUMENTS_MAX - match->n_markets) * sizeof(match->markets[0]));
    if (match->config.max_orders <= ORDERS_FEW)
        return;
#define SPARE(array)                                                                               \
    spare(&(array)[ORDERS_FEW], (match->config.max_orders - ORDERS_FEW) * sizeof((array)[0]))
    SPARE(match->orders);
    SPARE(match->levels);
    SPARE(match->level_nodes);
    SPARE(match->stop_nodes);
    SPARE(match->expiry_nodes);
#undef SPARE
}

int match_add(struct match *match, agon_instrument_t instrument)
{
    const struct agon_instrument *def = instruments_get(match->table, instrument);
    struct market *market = market_get(match, instrument);

    if (!def || def->hdr.instrument != instrument)
        return AGON_ENOENT;
    if (market) {
        int rc = AGON_OK;

        if (market->tick_px != def->tick_px)
            rc = book_set_tick(market->book, def->tick_px);
        if (rc >= 0)
            market->tick_px = def->tick_px;
        return rc;
    }
    if (instrument_kind_has_coins(def->kind) &&
        (def->settle != def->quote || def->multiplier > 1 || def->multiplier_exp != 0))
        return AGON_EINVAL; // spot settles in its quote, one for one
    market = &match->markets[match->n_markets];
    memset(market, 0, sizeof(*market));
    market->book = book_new(&(struct book_config){.tick_px = def->tick_px});
    market->owners = calloc(match->n_owners, sizeof(*market->owners));
    if (!market->book || !market->owners) {
        book_free(market->book);
        free(market->owners);
        return AGON_ENOMEM;
    }
    market->id = instrument;
    market->def = def;
    market->tick_px = def->tick_px;
    for (int i = 0; i < 3; i++)
        tree_init(&market->levels[i], match->level_nodes);
    for (int i = 0; i < 2; i++)
        tree_init(&market->stops[i], match->stop_nodes);
    match->market_of[instrument] = ++match->n_markets;
    return AGON_OK;
}

/* --- time and market data --- */

static void enter(struct match *match)
{
    REQUIRE(!match->is_busy); // a sink that changes us while we tell it
    match->is_busy = 1;
}

static HOT void expire_due(struct match *match, agon_ns_t t)
{
    uint32_t at;

    while ((at = tree_first(&match->expiries)) != 0 && match->expiry_nodes[at].key <= t)
        order_end(match, &match->orders[at], MATCH_EXPIRED, MATCH_TIMED_OUT, t);
}

HOT void match_on_time(struct match *match, agon_ns_t t)
{
    enter(match);
    expire_due(match, t);
    match->is_busy = 0;
}

HOT agon_ns_t match_next(const struct match *match)
{
    uint32_t at = tree_first(&match->expiries);

    return at != 0 ? match->expiry_nodes[at].key : INT64_MAX;
}

HOT int match_on_market(struct match *match, const struct agon_event_hdr *event)
{
    const void *record = event;
    struct market *market;
    int rc = AGON_OK;

    if (event->type != AGON_EVENT_BAR && event->type != AGON_EVENT_MARK &&
        (event->type < AGON_EVENT_BOOK_SNAPSHOT || event->type > AGON_EVENT_TRADE ||
         event->type == AGON_EVENT_TOP10))
        return AGON_OK;
    if (event->granules == 0)
        return AGON_EINVAL;
    market = market_get(match, event->instrument);
    if (event->type == AGON_EVENT_BAR && (!market || market->bars == NULL))
        return AGON_OK; // its trades are what counts
    if (event->type == AGON_EVENT_MARK && market)
        market->mark_px = ((const struct agon_value *)record)->value;
    if (event->type == AGON_EVENT_MARK)
        return AGON_OK;
    if (!market)
        return AGON_ENOENT;
    enter(match);
    expire_due(match, event->t);
    if (event->t > market->t_last)
        market->t_last = event->t;
    if (event->type == AGON_EVENT_TRADE && market->bars == NULL)
        terms_add(market, event->t, ((const struct agon_trade *)record)->px,
                  ((const struct agon_trade *)record)->qty);
    if (market->bars != NULL) {
        rc = bar_on_market(match, market, event);
        if (rc >= 0 && event->type == AGON_EVENT_BAR)
            terms_on_bar(market, record);
    } else if (event->type == AGON_EVENT_TRADE) {
        rc = queue_on_trade(match, market, record);
        stops_run(match, market, event->t);
    } else if (event->type == AGON_EVENT_QUOTE) {
        rc = queue_on_quote(match, market, record);
    } else {
        rc = queue_on_book(match, market, record);
    }
    match->is_busy = 0;
    return rc;
}

/* --- orders --- */

HOT int match_is_empty(const struct match *match)
{
    return match->n_free_orders == match->config.max_orders;
}

/* The best that an order may trade at as things stand: a sell at its limit can get more than that,
 * and what it does get is judged again at each fill. 0: unknown. */
static agon_px_t best_px_of(const struct match *match, const struct market *market,
                            const struct match_order *order)
{
    return order->px != 0 ? order->px : take_best_px(match, market, opposite(order->side));
}

/* What only this moment can tell: the book, the last price, positions and balances. */
static enum match_reject judge(const struct match *match, const struct market *market,
                               const struct match_order *order, int is_parked, agon_asset_t *asset,
                               agon_amt_t *need_amt)
{
    const struct owner_market *mine = &market->owners[order->owner];
    agon_amt_t cost_amt;

    if (match->n_free_orders == 0)
        return MATCH_NO_ROOM;
    if (!is_parked && order->trigger_px != 0 && stops_would_trigger(market, order))
        return MATCH_WOULD_TRIGGER;
    if (order->flags & AGON_REDUCE_ONLY) {
        agon_qty_t held = order->side == AGON_SELL ? mine->position_qty : -mine->position_qty;

        // A waiting stop may be as large as the position; it is fitted when it triggers.
        if (order->trigger_px == 0)
            held -= mine->reduce_qty;
        if (order->qty > held)
            return MATCH_REDUCE_ONLY;
    }
    if (!is_parked && (order->flags & AGON_POST_ONLY) && order->trigger_px == 0 &&
        take_would(match, market, order->side, order->px))
        return MATCH_WOULD_TAKE;
    *need_amt = funds_need(match, market, order, asset);
    if (*need_amt == NUM_MAX ||
        !funds_has_room(match, market, order, best_px_of(match, market, order)))
        return MATCH_TOO_LARGE;
    if (!funds_has(match, order->owner, *asset, *need_amt))
        return MATCH_NO_FUNDS;
    if (match->balances && is_spot(market) && order->type == AGON_MARKET &&
        order->side == AGON_BUY && order->qty != 0 && order->px == 0) {
        take_measure(match, market, order, 1, &cost_amt);
        cost_amt = num_add(cost_amt, funds_beside(market, order->owner, cost_amt));
        if (!funds_has(match, order->owner, market->def->quote, cost_amt))
            return MATCH_NO_FUNDS;
    }
    return MATCH_OK;
}

static struct order *order_open(struct match *match, struct market *market,
                                const struct match_order *wanted)
{
    uint32_t at = match_take(match, match->free_orders, &match->n_free_orders);
    struct order *order = &match->orders[at];
    uint32_t owner = wanted->owner;

    match_make_room(match, owner);
    memset(order, 0, sizeof(*order));
    order->pub = *wanted;
    order->market = (uint32_t)(market - match->markets);
    order->is_live = 1;
    order->own_prev = match->own_last[owner];
    if (match->own_last[owner] != 0)
        match->orders[match->own_last[owner]].own_next = at;
    else
        match->own_first[owner] = at;
    match->own_last[owner] = at;
    market->owners[owner].n_open++;
    market->owners[owner].n_stops += order->pub.trigger_px != 0;
    map_put(&match->by_id, order->pub.id, at);
    if (order->pub.tif == AGON_TIF_GTD && market->bars == NULL)
        tree_insert(&match->expiries, at, order->pub.t_expire, order->pub.id);
    return order;
}

static struct match_order fresh(const struct match_order *asked, uint64_t id, agon_ns_t t)
{
    struct match_order order = *asked;

    order.id = id;
    order.t_create = order.t_update = t;
    order.filled_qty = 0;
    order.filled_quote_amt = 0;
    order.ahead_qty = 0;
    order.state = AGON_ORDER_OPEN;
    order.is_triggered = order.is_working = order.is_ahead_known = 0;
    memset(order.pad, 0, sizeof(order.pad));
    memset(order.asked, 0, sizeof(order.asked));
    return order;
}

static enum match_reject submit(struct match *match, agon_ns_t t, const struct match_order *asked,
                                int is_parked, uint64_t id)
{
    struct match_order wanted = fresh(asked, id, t);
    struct market *market = market_get(match, asked->instrument);
    enum match_reject reason = MATCH_BAD_FIELD;
    agon_asset_t asset = 0;
    agon_amt_t need_amt = 0;
    struct order *order;

    if (market)
        reason = filters_check(match, market, &wanted, t);
    if (reason == MATCH_OK) {
        match_make_room(match, wanted.owner);
        reason = judge(match, market, &wanted, is_parked, &asset, &need_amt);
    }
    if (reason != MATCH_OK) {
        struct order refused = {.pub = wanted};

        refused.pub.state = AGON_ORDER_REJECTED;
        order_emit(match, &refused, MATCH_REJECTED, reason, t);
        return reason;
    }
    order = order_open(match, market, &wanted);
    funds_relock(match, order, need_amt, asset);
    order_emit(match, order, MATCH_ACCEPTED, MATCH_OK, t);
    if (is_parked) {
        bar_park(match, market, order);
        return MATCH_OK;
    }
    if (order->pub.trigger_px != 0)
        stops_wait(match, market, order);
    else
        take_execute(match, market, order, t);
    stops_run(match, market, t);
    return MATCH_OK;
}

static int take_in(struct match *match, agon_ns_t t, const struct match_order *order, int is_parked,
                   uint64_t *id)
{
    uint64_t new_id = ++match->last_id;
    enum match_reject reason;

    enter(match);
    expire_due(match, t);
    if (id)
        *id = new_id;
    reason = submit(match, t, order, is_parked, new_id);
    match->is_busy = 0;
    return (int)reason;
}

int match_submit(struct match *match, agon_ns_t t, const struct match_order *order, uint64_t *id)
{
    return take_in(match, t, order, 0, id);
}

int match_park(struct match *match, agon_ns_t t, const struct match_order *order, uint64_t *id)
{
    return take_in(match, t, order, match_has_bars(match, order->instrument), id);
}

int match_cancel(struct match *match, agon_ns_t t, uint64_t id)
{
    struct order *order;

    enter(match);
    expire_due(match, t);
    order = order_get(match, id);
    if (order)
        order_end(match, order, MATCH_CANCELLED, MATCH_OK, t);
    match->is_busy = 0;
    return order ? MATCH_OK : MATCH_UNKNOWN_ORDER;
}

/* Lower at the same price: the order keeps its place and gives back what it no longer needs. */
static void lower(struct match *match, struct market *market, struct order *order, agon_qty_t qty,
                  agon_ns_t t)
{
    agon_qty_t less = order->pub.qty - qty;
    agon_asset_t asset;
    agon_amt_t need_amt;

    order->pub.qty = qty;
    order->pub.t_update = t;
    need_amt = funds_need(match, market, &order->pub, &asset);
    funds_relock(match, order, need_amt, asset);
    if (order->level != 0) {
        match->levels[order->level].own_qty -= less;
        if (order->pub.flags & AGON_REDUCE_ONLY)
            market->owners[order->pub.owner].reduce_qty -= less;
    }
    order_emit(match, order, MATCH_AMENDED, MATCH_OK, t);
    if (order->level != 0)
        queue_show(match, market, order->pub.side, order->pub.px);
}

static enum match_reject judge_move(struct match *match, struct market *market,
                                    const struct order *order, agon_px_t px, agon_qty_t qty,
                                    agon_asset_t *asset, agon_amt_t *need_amt)
{
    const struct match_order *old = &order->pub;
    const struct owner_market *mine = &market->owners[old->owner];
    struct match_order changed = *old;

    changed.px = px;
    changed.qty = qty;
    if ((old->flags & AGON_REDUCE_ONLY) && qty > old->qty) {
        agon_qty_t held = old->side == AGON_SELL ? mine->position_qty : -mine->position_qty;
        agon_qty_t others = order->level != 0 ? mine->reduce_qty - rest_qty(order) : 0;

        if (qty - old->filled_qty > held - others)
            return MATCH_REDUCE_ONLY;
    }
    if (order->level != 0 && (old->flags & AGON_POST_ONLY) &&
        take_would(match, market, old->side, px))
        return MATCH_WOULD_TAKE;
    *need_amt = funds_need(match, market, &changed, asset);
    if (*need_amt == NUM_MAX ||
        !funds_has_room(match, market, &changed, best_px_of(match, market, &changed)))
        return MATCH_TOO_LARGE;
    return funds_has(match, old->owner, *asset, *need_amt - order->locked_amt) ? MATCH_OK
                                                                               : MATCH_NO_FUNDS;
}

static enum match_reject amend(struct match *match, struct order *order, agon_px_t px,
                               agon_qty_t qty, agon_ns_t t)
{
    struct market *market = &match->markets[order->market];
    enum match_reject reason = filters_amend(match, market, &order->pub, px, qty, t);
    agon_px_t old_px = order->pub.px;
    agon_asset_t asset = 0;
    agon_amt_t need_amt = 0;
    int was_working = order->level != 0;

    if (reason != MATCH_OK)
        return reason;
    if (px == old_px && qty <= order->pub.qty) {
        lower(match, market, order, qty, t);
        return MATCH_OK;
    }
    reason = judge_move(match, market, order, px, qty, &asset, &need_amt);
    if (reason != MATCH_OK)
        return reason;
    if (was_working)
        queue_leave(match, order);
    order->pub.px = px;
    order->pub.qty = qty;
    order->pub.t_update = t;
    order->ends_with = MATCH_OK;
    funds_relock(match, order, need_amt, asset);
    order_emit(match, order, MATCH_AMENDED, MATCH_OK, t);
    if (!was_working)
        return MATCH_OK; // a stop that waits
    queue_show(match, market, order->pub.side, old_px);
    take_execute(match, market, order, t);
    stops_run(match, market, t);
    return MATCH_OK;
}

int match_amend(struct match *match, agon_ns_t t, uint64_t id, agon_px_t px, agon_qty_t qty)
{
    struct order *order;
    enum match_reject reason = MATCH_UNKNOWN_ORDER;

    enter(match);
    expire_due(match, t);
    order = order_get(match, id);
    if (order)
        reason = amend(match, order, px, qty, t);
    match->is_busy = 0;
    return (int)reason;
}

/* --- balances --- */

int match_deposit(struct match *match, uint32_t owner, agon_asset_t asset, agon_amt_t amt)
{
    struct balance *balance;
    num128_t sum;

    if (!match->balances || owner >= match->config.max_owners ||
        !instruments_asset(match->table, asset))
        return AGON_EINVAL;
    balance = funds_balance(match, owner, asset);
    sum = (num128_t)balance->free_amt + balance->locked_amt + amt;
    if (sum >= NUM_MAX || amt < NUM_MIN || (amt < 0 && balance->free_amt + amt < 0))
        return AGON_ERANGE;
    enter(match);
    balance->free_amt += amt;
    if (match->sink.on_balance)
        match->sink.on_balance(match->sink.ctx, owner, asset);
    match->is_busy = 0;
    return AGON_OK;
}

int match_set_position(struct match *match, uint32_t owner, agon_instrument_t instrument,
                       agon_qty_t qty)
{
    struct market *market = market_get(match, instrument);

    if (!market)
        return AGON_ENOENT;
    if (owner >= match->config.max_owners || is_spot(market))
        return AGON_EINVAL;
    match_make_room(match, owner);
    market->owners[owner].position_qty = qty;
    market->owners[owner].cost_amt = 0;
    match->is_reduce_due |= market->owners[owner].reduce_qty > 0;
    return AGON_OK;
}

int match_set_fees(struct match *match, uint32_t owner, agon_instrument_t instrument,
                   int32_t maker_ppb, int32_t taker_ppb)
{
    struct market *market = market_get(match, instrument);

    if (!market)
        return AGON_ENOENT;
    if (owner >= match->config.max_owners)
        return AGON_EINVAL;
    match_make_room(match, owner);
    market->owners[owner].maker_ppb = maker_ppb;
    market->owners[owner].taker_ppb = taker_ppb;
    market->owners[owner].has_fees = 1;
    return AGON_OK;
}
