// SPDX-License-Identifier: Apache-2.0
#include "sim/pit.h"

#include <stdlib.h>

#include "base/num.h"
#include "sim/pit_impl.h"

/* --- bars --- */

static void roll_all(struct pit *pit)
{
    for (uint32_t i = 0; i < pit->n; i++) {
        struct sym *sym = &pit->syms[i];

        if (sym->minutes.n > 0)
            series_roll(&sym->minutes, pit->now);
        if (sym->seconds.n > 0)
            series_roll(&sym->seconds, pit->now);
        for (int k = 0; k < PIT_NOTES; k++)
            if (sym->notes[k].n > 0)
                series_roll(&sym->notes[k], pit->now);
    }
}

/* --- prints --- */

static void flush_agg(struct pit *pit, struct sym *sym)
{
    if (!sym->has_pending)
        return;
    sym->has_pending = 0;
    sym->aggs[sym->n_aggs % TRADES_KEPT] = sym->pending;
    sym->n_aggs++;
    if (pit->hooks.on_agg)
        pit->hooks.on_agg(pit->hooks.ctx, pit_number_of(pit, sym), &sym->pending);
}

static void flush_aggs(struct pit *pit, agon_ns_t t)
{
    for (uint32_t i = 0; i < pit->n; i++)
        if (pit->syms[i].has_pending && pit->syms[i].pending.t / NS_PER_MS < t / NS_PER_MS)
            flush_agg(pit, &pit->syms[i]);
}

static void aggregate(struct pit *pit, struct sym *sym, const struct pit_trade *trade)
{
    struct pit_agg *agg = &sym->pending;

    if (sym->has_pending && agg->px == trade->px && agg->is_buyer_maker == trade->is_buyer_maker &&
        agg->t / NS_PER_MS == trade->t / NS_PER_MS) {
        agg->qty = num_add(agg->qty, trade->qty);
        agg->last = trade->id;
        return;
    }
    flush_agg(pit, sym);
    *agg = (struct pit_agg){.id = sym->next_agg++,
                            .first = trade->id,
                            .last = trade->id,
                            .t = trade->t,
                            .px = trade->px,
                            .qty = trade->qty,
                            .is_buyer_maker = trade->is_buyer_maker};
    sym->has_pending = 1;
}

static void print(struct pit *pit, struct sym *sym, uint64_t id, agon_ns_t t, agon_px_t px,
                  agon_qty_t qty, int is_buyer_maker)
{
    struct pit_trade trade = {
        .id = id, .t = t, .px = px, .qty = qty, .is_buyer_maker = is_buyer_maker != 0};

    trade.quote_amt = num_notional(px, PIT_EXP, qty, PIT_EXP, PIT_EXP, NUM_ZERO);
    sym->trades[sym->n_trades % TRADES_KEPT] = trade;
    sym->n_trades++;
    sym->last_px = px;
    sym->t_last = t;
    series_trade(&sym->minutes, &trade);
    series_trade(&sym->seconds, &trade);
    if (pit->hooks.on_trade)
        pit->hooks.on_trade(pit->hooks.ctx, pit_number_of(pit, sym), &trade);
    aggregate(pit, sym, &trade);
}

// The tape has one numbering for everybody's trades; the engine counts own ones only.
static uint64_t public_id(struct sym *sym, uint64_t engine)
{
    uint32_t at = (uint32_t)(engine % NAMES_KEPT);

    if (sym->names[at].engine != engine) {
        sym->names[at].engine = engine;
        sym->names[at].shown = sym->next_trade++;
    }
    return sym->names[at].shown;
}

/* --- the book that is shown --- */

static uint32_t merge_changes(const struct agon_level *a, uint32_t n_a, const struct agon_level *b,
                              uint32_t n_b, int sign)
{
    uint32_t i = 0, j = 0, changes = 0;

    while (i < n_a || j < n_b) {
        int64_t order = i == n_a   ? 1
                        : j == n_b ? -1
                                   : (a[i].px < b[j].px   ? -sign
                                      : a[i].px > b[j].px ? sign
                                                          : 0);

        if (order == 0) {
            changes += a[i].qty != b[j].qty;
            i++;
            j++;
        } else {
            changes++;
            if (order < 0)
                i++;
            else
                j++;
        }
    }
    return changes;
}

static uint32_t drop_crossed_asks(struct agon_level *ask, uint32_t n, agon_px_t bid_px)
{
    uint32_t skip = 0;

    while (skip < n && ask[skip].px <= bid_px)
        skip++;
    memmove(ask, ask + skip, (n - skip) * sizeof(*ask));
    return n - skip;
}

// The best of the own orders that stand in the book, with all that stands there at its price.
static void look_at_own(struct pit *pit, struct sym *sym)
{
    sym->own_bid = sym->own_ask = (struct agon_level){0};
    if (sym->bar_ns > 0)
        return; // owners do not meet there
    for (uint32_t owner = 0; owner < PIT_OWNERS_MAX; owner++) {
        uint32_t n = match_open(pit->match, owner, sym->instrument, pit->orders, ORDERS_MAX);

        for (uint32_t i = 0; i < n; i++) {
            const struct match_order *order = pit->orders[i];
            struct agon_level *best = order->side == AGON_BUY ? &sym->own_bid : &sym->own_ask;
            agon_qty_t rest = order->qty - order->filled_qty;

            if (!order->is_working || order->px <= 0 || rest <= 0)
                continue;
            if (best->px == order->px)
                best->qty = num_add(best->qty, rest);
            else if (best->px == 0 ||
                     (order->side == AGON_BUY ? order->px > best->px : order->px < best->px))
                *best = (struct agon_level){order->px, rest};
        }
    }
}

/* One side of the best prices: what was recorded, with the own orders on it. What stands on the
 * wrong side of an own order is not shown, here as in the book. */
static struct agon_level best_of(struct agon_level recorded, struct agon_level own,
                                 agon_px_t facing, struct agon_level in_book, int sign)
{
    if (facing != 0 && recorded.px != 0 && sign * (facing - recorded.px) <= 0)
        recorded = in_book;
    if (own.px == 0 || (recorded.px != 0 && sign * (recorded.px - own.px) > 0))
        return recorded;
    if (own.px == recorded.px)
        own.qty = num_add(own.qty, recorded.qty);
    return own;
}

void pit_best(const struct pit *pit, uint32_t number, struct agon_level *bid,
              struct agon_level *ask)
{
    const struct sym *sym = &pit->syms[number];

    *bid = sym->n_bid ? sym->bid[0] : (struct agon_level){0};
    *ask = sym->n_ask ? sym->ask[0] : (struct agon_level){0};
    if (!sym->has_quote)
        return;
    *bid = best_of(sym->quote_bid, sym->own_bid, sym->own_ask.px, *bid, 1);
    *ask = best_of(sym->quote_ask, sym->own_ask, sym->own_bid.px, *ask, -1);
}

static void tell_best(struct pit *pit, struct sym *sym)
{
    pit_best(pit, pit_number_of(pit, sym), &sym->top_bid, &sym->top_ask);
    if (pit->hooks.on_top)
        pit->hooks.on_top(pit->hooks.ctx, pit_number_of(pit, sym));
}

// Own orders changed: with recorded best prices these are told anew if that changes them.
static void refresh_best(struct pit *pit, struct sym *sym)
{
    struct agon_level bid, ask;

    look_at_own(pit, sym);
    pit_best(pit, pit_number_of(pit, sym), &bid, &ask);
    if (memcmp(&bid, &sym->top_bid, sizeof(bid)) != 0 ||
        memcmp(&ask, &sym->top_ask, sizeof(ask)) != 0)
        tell_best(pit, sym);
}

static void refresh(struct pit *pit, struct sym *sym)
{
    struct agon_level *bid = pit->scratch[0], *ask = pit->scratch[1];
    struct agon_level none = {0}, top_bid, top_ask;
    uint32_t n_bid, n_ask, changes;

    sym->is_dirty = 0;
    if (sym->bar_ns > 0) { // what the open told, and nothing until the next
        bid[0] = sym->quote_bid;
        ask[0] = sym->quote_ask;
        n_bid = n_ask = sym->has_quote;
    } else {
        n_bid = match_levels(pit->match, sym->instrument, AGON_BUY, bid, PIT_DEPTH_MAX);
        n_ask = match_levels(pit->match, sym->instrument, AGON_SELL, ask, PIT_DEPTH_MAX);
    }
    n_bid = n_bid > PIT_DEPTH_MAX ? PIT_DEPTH_MAX : n_bid;
    n_ask = n_ask > PIT_DEPTH_MAX ? PIT_DEPTH_MAX : n_ask;
    // Crossed without own orders: the recording itself is; a venue would not show it.
    if (n_bid > 0 && n_ask > 0 && bid[0].px >= ask[0].px)
        n_ask = drop_crossed_asks(ask, n_ask, bid[0].px);
    changes = merge_changes(sym->bid, sym->n_bid, bid, n_bid, -1) +
              merge_changes(sym->ask, sym->n_ask, ask, n_ask, 1);
    if (changes == 0)
        return;
    sym->id += changes;
    memcpy(sym->bid, bid, n_bid * sizeof(*bid));
    memcpy(sym->ask, ask, n_ask * sizeof(*ask));
    sym->n_bid = n_bid;
    sym->n_ask = n_ask;
    if (sym->has_quote)
        return;
    top_bid = n_bid ? bid[0] : none;
    top_ask = n_ask ? ask[0] : none;
    if (memcmp(&top_bid, &sym->top_bid, sizeof(top_bid)) != 0 ||
        memcmp(&top_ask, &sym->top_ask, sizeof(top_ask)) != 0) {
        sym->top_bid = top_bid;
        sym->top_ask = top_ask;
        if (pit->hooks.on_top)
            pit->hooks.on_top(pit->hooks.ctx, pit_number_of(pit, sym));
    }
}

void pit_refresh(struct pit *pit)
{
    for (uint32_t i = 0; i < pit->n; i++) {
        struct sym *sym = &pit->syms[i];

        if (sym->is_dirty)
            refresh(pit, sym);
        if (sym->is_own_dirty && sym->has_quote)
            refresh_best(pit, sym);
        sym->is_own_dirty = 0;
    }
}

/* --- what the engine says --- */

static void on_event(void *ctx, const struct match_event *event)
{
    struct pit *pit = ctx;
    struct sym *sym = pit_by_instrument(pit, event->order->instrument);
    uint64_t id = 0;

    if (!sym)
        return;
    if (event->kind == MATCH_TRADE)
        id = public_id(sym, event->trade_id);
    sym->is_dirty = 1;
    sym->is_own_dirty = 1;
    if (pit->hooks.on_order)
        pit->hooks.on_order(pit->hooks.ctx, pit_number_of(pit, sym), event, id);
}

static void on_print(void *ctx, const struct match_print *own)
{
    struct pit *pit = ctx;
    struct sym *sym = pit_by_instrument(pit, own->instrument);

    if (!sym || sym->bar_ns > 0)
        return; // of a market of bars the bars are the tape
    if (own->is_exogenous)
        sym->printed_qty = num_add(sym->printed_qty, own->qty);
    print(pit, sym, public_id(sym, own->trade_id), own->t, own->px, own->qty,
          own->taker_side == AGON_SELL);
}

static void on_level(void *ctx, agon_instrument_t instrument, enum agon_side side, agon_px_t px,
                     agon_qty_t qty)
{
    struct sym *sym = pit_by_instrument(ctx, instrument);

    (void)side;
    (void)px;
    (void)qty;
    if (sym)
        sym->is_dirty = 1;
}

static int may_fill(void *ctx, const struct match_order *order, agon_px_t px, agon_qty_t qty,
                    int times)
{
    struct pit *pit = ctx;

    return pit->hooks.may_fill == NULL ||
           pit->hooks.may_fill(pit->hooks.ctx, order, px, qty, times);
}

static void on_balance(void *ctx, uint32_t owner, agon_asset_t asset)
{
    struct pit *pit = ctx;

    if (pit->hooks.on_balance)
        pit->hooks.on_balance(pit->hooks.ctx, owner, asset);
}

/* --- life --- */

agon_asset_t pit_asset(struct instruments *table, const char *name, int exp)
{
    agon_asset_t id = instruments_find_asset(table, name);
    struct record_asset record = {.kind = CONFIG_ASSET, .exp = (int8_t)exp};

    if (id)
        return id;
    record.hdr.type = EVENT_CONFIG;
    record.hdr.granules = 1;
    record.asset = table->n_assets + 1;
    memcpy(record.name, name, strnlen(name, sizeof(record.name) - 1));
    return instruments_set_asset(table, &record, NULL) == AGON_OK ? record.asset : 0;
}

/* A trade moves whole units of both assets: of the base each lot, of the quote any amount. */
static int check_decimals(const struct instruments *table, const struct agon_instrument *instrument,
                          const struct pit_symbol *spec, struct error *err)
{
    const struct asset *base = instruments_asset(table, instrument->base);
    const struct asset *quote = instruments_asset(table, instrument->quote);

    if (base == NULL || quote == NULL)
        return error_set(err, AGON_ENOSPC, "no room for the assets of %s", spec->name);
    if (quote->exp != PIT_EXP)
        return error_set(err, AGON_EINVAL,
                         "%s: prices are in %s, so that it has %d decimals and no fewer",
                         spec->name, spec->quote, PIT_EXP);
    if (base->exp != PIT_EXP - spec->base_fewer)
        return error_set(err, AGON_EINVAL,
                         "%s: %s is the quote of another symbol and has %d decimals", spec->name,
                         spec->base, base->exp);
    if (spec->lot_qty % num_pow10(PIT_EXP - base->exp) != 0)
        return error_set(err, AGON_EINVAL,
                         "%s: a lot is finer than the %d decimals of %s: give it more", spec->name,
                         base->exp, spec->base);
    return AGON_OK;
}

static int sym_open(struct pit *pit, struct sym *sym, const struct pit_symbol *spec,
                    struct error *err)
{
    struct agon_instrument instrument = {
        .hdr = {.type = AGON_EVENT_INSTRUMENT, .granules = 3},
        .venue = 1,
        .kind = spec->is_perpetual ? INSTRUMENT_LINEAR : INSTRUMENT_SPOT,
        .state = TRADING_OPEN,
        .px_exp = PIT_EXP,
        .qty_exp = PIT_EXP,
        .maker_fee_ppb = spec->maker_fee_ppb,
        .taker_fee_ppb = spec->taker_fee_ppb,
        .tick_px = spec->tick_px,
        .lot_qty = spec->lot_qty,
        .min_qty = spec->min_qty,
        .max_qty = spec->max_qty,
        // Of perpetuals the dialect looks after it: what closes a position need not keep to it.
        .min_notional_amt = spec->is_perpetual ? 0 : spec->min_notional_amt,
        .multiplier = 1,
        .min_px = spec->min_px,
        .max_px = spec->max_px,
    };
    int rc;

    sym->spec = *spec;
    instrument.hdr.instrument = pit->table.n_instruments + 1;
    instrument.base = pit_asset(&pit->table, spec->base, PIT_EXP - spec->base_fewer);
    instrument.quote = pit_asset(&pit->table, spec->quote, PIT_EXP);
    rc = check_decimals(&pit->table, &instrument, spec, err);
    if (rc < 0)
        return rc;
    instrument.settle = instrument.quote;
    memcpy(instrument.symbol, spec->name, sizeof(spec->name));
    rc = instruments_set(&pit->table, &instrument, err);
    if (rc < 0)
        return rc;
    sym->instrument = instrument.hdr.instrument;
    sym->id = 1;
    sym->next_trade = 1;
    sym->next_agg = 1;
    sym->minutes.step_ns = NS_PER_MIN;
    sym->minutes.capacity = MINUTES_KEPT;
    sym->seconds.step_ns = NS_PER_S;
    sym->seconds.capacity = SECONDS_KEPT;
    for (int k = 0; k < PIT_NOTES; k++) {
        sym->notes[k].step_ns = NS_PER_MIN;
        sym->notes[k].capacity = MINUTES_KEPT;
    }
    sym->bid = calloc(PIT_DEPTH_MAX, sizeof(*sym->bid));
    sym->ask = calloc(PIT_DEPTH_MAX, sizeof(*sym->ask));
    sym->trades = calloc(TRADES_KEPT, sizeof(*sym->trades));
    sym->aggs = calloc(TRADES_KEPT, sizeof(*sym->aggs));
    if (!sym->bid || !sym->ask || !sym->trades || !sym->aggs)
        return error_set(err, AGON_ENOMEM, "out of memory for %s", spec->name);
    rc = match_add(pit->match, sym->instrument);
    if (rc < 0 || spec->is_perpetual)
        return rc;
    return match_set_rules(pit->match, sym->instrument, &spec->rules);
}

int pit_new(struct pit **made, const struct pit_symbol *symbols, uint32_t n, agon_ns_t t_start,
            struct error *err)
{
    struct match_config config = {.max_orders = ORDERS_MAX,
                                  .cancel_ahead_ppm = MATCH_CANCEL_AHEAD_PPM,
                                  .max_owners = PIT_OWNERS_MAX};
    struct match_sink sink;
    struct pit *pit;
    int rc;

    *made = NULL;
    if (n == 0 || n > PIT_SYMBOLS_MAX)
        return error_set(err, AGON_EINVAL, "a simulated venue has 1 to %d symbols, not %u",
                         PIT_SYMBOLS_MAX, n);
    pit = calloc(1, sizeof(*pit));
    if (!pit)
        return error_set(err, AGON_ENOMEM, "out of memory");
    sink = (struct match_sink){.ctx = pit,
                               .on_event = on_event,
                               .on_print = on_print,
                               .on_level = on_level,
                               .on_balance = on_balance,
                               .may_fill = may_fill,
                               .reference_px = pit_reference_px};
    config.is_funds_checked = !symbols[0].is_perpetual || symbols[0].is_settled;
    rc = instruments_init(&pit->table);
    if (rc < 0) {
        error_set(err, rc, "out of memory");
        goto fail;
    }
    pit->scratch[0] = calloc(PIT_DEPTH_MAX, sizeof(struct agon_level));
    pit->scratch[1] = calloc(PIT_DEPTH_MAX, sizeof(struct agon_level));
    pit->orders = calloc(ORDERS_MAX, sizeof(*pit->orders));
    pit->match = match_new(&config, &pit->table, &sink);
    if (!pit->scratch[0] || !pit->scratch[1] || !pit->orders || !pit->match) {
        rc = error_set(err, AGON_ENOMEM, "out of memory");
        goto fail;
    }
    for (uint32_t i = 0; i < n; i++) {
        rc = sym_open(pit, &pit->syms[i], &symbols[i], err);
        pit->n = i + 1;
        if (rc < 0)
            goto fail;
    }
    pit->now = t_start;
    pit->next_step = t_start - t_start % PIT_STEP_NS + PIT_STEP_NS;
    *made = pit;
    return AGON_OK;
fail:
    pit_free(pit);
    return rc;
}

void pit_free(struct pit *pit)
{
    if (!pit)
        return;
    for (uint32_t i = 0; i < pit->n; i++) {
        struct sym *sym = &pit->syms[i];

        free(sym->bid);
        free(sym->ask);
        free(sym->trades);
        free(sym->aggs);
        free(sym->minutes.bars);
        free(sym->seconds.bars);
        for (int k = 0; k < PIT_NOTES; k++)
            free(sym->notes[k].bars);
    }
    reel_free(pit->reel);
    match_free(pit->match);
    free(pit->orders);
    free(pit->scratch[0]);
    free(pit->scratch[1]);
    instruments_deinit(&pit->table);
    free(pit);
}

const struct instruments *pit_table(const struct pit *pit)
{
    return &pit->table;
}

void pit_set_reel(struct pit *pit, struct reel *reel)
{
    reel_free(pit->reel);
    pit->reel = reel;
}

uint32_t pit_visible_bars(const struct pit *pit)
{
    return pit->reel ? reel_visible_bars(pit->reel) : 0;
}

int pit_is_optimistic(const struct pit *pit)
{
    for (uint32_t i = 0; i < pit->n; i++) {
        if (pit->syms[i].bar_ns > 0)
            return pit->bars.path == MATCH_PATH_OPTIMISTIC;
    }
    return 0;
}

uint64_t pit_cut(const struct pit *pit)
{
    return pit->reel ? reel_cut(pit->reel) : 0;
}

const struct error *pit_bad_row(const struct pit *pit, uint32_t nth)
{
    return pit->reel ? reel_bad(pit->reel, nth) : NULL;
}

int pit_is_over(struct pit *pit)
{
    return pit->reel && !reel_peek(pit->reel);
}

void pit_set_hooks(struct pit *pit, const struct pit_hooks *hooks)
{
    pit->hooks = *hooks;
}

/* --- time --- */

// An index is known by its trades; its book is nobody's here.
static void follow_index(struct pit *pit, const struct agon_event_hdr *event)
{
    const struct agon_trade *trade = (const void *)event;

    if (event->type != AGON_EVENT_TRADE)
        return;
    for (uint32_t i = 0; i < pit->n; i++)
        if (pit->syms[i].index == event->instrument)
            pit_note(pit, i, PIT_INDEX, trade->px);
}

static void take_quote(struct pit *pit, struct sym *sym, const struct agon_quote *quote)
{
    sym->quote_bid = (struct agon_level){quote->bid_px, quote->bid_qty};
    sym->quote_ask = (struct agon_level){quote->ask_px, quote->ask_qty};
    if (!sym->has_quote)
        look_at_own(pit, sym);
    sym->has_quote = 1;
}

// What waits for an open or a close acts at it: orders have, by match; then requests do.
static void turn(struct pit *pit, struct sym *sym, int is_closed)
{
    sym->is_turn = 1;
    if (pit->hooks.on_bar)
        pit->hooks.on_bar(pit->hooks.ctx, pit_number_of(pit, sym), is_closed);
    sym->is_turn = 0;
}

static void take_open(struct pit *pit, struct sym *sym, const struct agon_quote *quote)
{
    agon_px_t px = quote->bid_px + (quote->ask_px - quote->bid_px) / 2;
    struct pit_bar bar = {
        .t_open = quote->hdr.t_venue, .open_px = px, .high_px = px, .low_px = px, .close_px = px};

    sym->has_depth = 1;
    sym->is_dirty = 1;
    sym->last_px = px;
    series_put(&sym->minutes, &bar);
    take_quote(pit, sym, quote);
    pit_refresh(pit);
    tell_best(pit, sym);
    turn(pit, sym, 0);
}

static void take_close(struct pit *pit, struct sym *sym, const struct agon_bar *closed)
{
    struct pit_bar bar = {.t_open = closed->t_open,
                          .open_px = closed->open_px,
                          .high_px = closed->high_px,
                          .low_px = closed->low_px,
                          .close_px = closed->close_px,
                          .qty = closed->volume_qty,
                          .taker_qty = closed->taker_buy_qty,
                          .amt = closed->turnover_amt,
                          .taker_amt = closed->turnover_amt / 2};

    sym->last_px = closed->close_px;
    sym->t_last = pit->now;
    series_put(&sym->minutes, &bar);
    pit_refresh(pit);
    turn(pit, sym, 1);
}

static int apply(struct pit *pit, const struct agon_event_hdr *event)
{
    struct sym *sym = pit_by_instrument(pit, event->instrument);
    const struct agon_book_part *part = (const void *)event;
    const struct agon_trade *trade = (const void *)event;
    int is_quote = 0, is_book = 0;
    agon_qty_t rest;
    int rc;

    if (!sym) {
        follow_index(pit, event);
        return AGON_ENOENT;
    }
    sym->printed_qty = 0;
    rc = match_on_market(pit->match, event);
    if (rc < 0)
        return rc;
    if (sym->bar_ns > 0 && event->type == AGON_EVENT_QUOTE)
        take_open(pit, sym, (const void *)event);
    else if (sym->bar_ns > 0 && event->type == AGON_EVENT_BAR)
        take_close(pit, sym, (const void *)event);
    if (sym->bar_ns > 0)
        return AGON_OK;
    switch (event->type) {
    case AGON_EVENT_BOOK_SNAPSHOT:
    case AGON_EVENT_BOOK_DELTA:
        sym->is_dirty = 1;
        sym->has_depth = 1;
        if (event->type == AGON_EVENT_BOOK_SNAPSHOT && !(part->flags & BOOK_PART_LAST))
            return AGON_OK; // half a snapshot is nothing to show
        is_book = sym->has_quote;
        break;
    case AGON_EVENT_QUOTE:
        sym->is_dirty |= !sym->has_depth; // else the book is the depth's
        is_quote = 1;
        break;
    case AGON_EVENT_TRADE:
        // What own orders got of it is printed already; the tape shows the trade once.
        rest = trade->qty - sym->printed_qty;
        if (rest > 0)
            print(pit, sym, sym->next_trade++, pit->now, trade->px, rest, trade->side == AGON_SELL);
        break;
    default:
        break;
    }
    if (is_quote)
        take_quote(pit, sym, (const void *)event);
    pit_refresh(pit);
    if (is_quote)
        tell_best(pit, sym);
    if (is_book && pit->hooks.on_book)
        pit->hooks.on_book(pit->hooks.ctx, pit_number_of(pit, sym));
    return AGON_OK;
}

int pit_inject(struct pit *pit, const struct agon_event_hdr *event)
{
    pit_advance(pit, event->t > pit->now ? event->t : pit->now);
    return apply(pit, event);
}

agon_ns_t pit_next(struct pit *pit)
{
    const struct agon_event_hdr *event = pit->reel ? reel_peek(pit->reel) : NULL;
    agon_ns_t t = pit->next_step, t_match = match_next(pit->match);

    if (event && event->t < t)
        t = event->t;
    return t_match < t ? t_match : t;
}

void pit_advance(struct pit *pit, agon_ns_t t)
{
    for (;;) {
        const struct agon_event_hdr *event = pit->reel ? reel_peek(pit->reel) : NULL;
        agon_ns_t t_event = event ? event->t : INT64_MAX;
        agon_ns_t t_match = match_next(pit->match);
        agon_ns_t t_next = t_event;

        if (t_match < t_next)
            t_next = t_match;
        // Nobody waits for the steps: a recording is run through, and it may have gaps of years.
        if (!pit->hooks.on_step)
            pit->next_step = INT64_MAX;
        if (pit->next_step < t_next)
            t_next = pit->next_step;
        if (t_next > t)
            break;
        if (t_next > pit->now)
            pit->now = t_next;
        flush_aggs(pit, pit->now);
        if (t_event <= t_next) {
            apply(pit, event);
            reel_next(pit->reel);
        } else if (t_match <= t_next) {
            match_on_time(pit->match, pit->now);
            pit_refresh(pit);
        } else {
            roll_all(pit);
            pit->next_step += PIT_STEP_NS;
            if (pit->hooks.on_step)
                pit->hooks.on_step(pit->hooks.ctx, pit->now);
        }
    }
    if (t > pit->now)
        pit->now = t;
    flush_aggs(pit, pit->now);
    if (pit->next_step == INT64_MAX) {
        pit->next_step = pit->now - pit->now % PIT_STEP_NS + PIT_STEP_NS;
        roll_all(pit);
    }
}

agon_ns_t pit_now(const struct pit *pit)
{
    return pit->now;
}
