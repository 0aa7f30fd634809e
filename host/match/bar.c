// SPDX-License-Identifier: Apache-2.0
/* bar: a market of which nothing is known but bars: what match.h says of match_set_bars. */
#include <math.h>
#include <stdlib.h>

#include "base/error.h"
#include "base/num.h"
#include "match/inside.h"
#include "match/state.h"

#define PPM      1000000
#define SPREAD   200    /* 2 basis points */
#define DRIFT    100    /* with the root of time that is 3 % in a day */
#define VOLUME   100000 /* a tenth */
#define SLIPPAGE 100    /* as much as half the spread */

struct bar_market {
    struct match_bars config;
    agon_ns_t t_open;  /* by match's time; 0: none yet */
    agon_ns_t t_begin; /* its venue time: which bar will close it */
    agon_ns_t t_quote; /* since when the quote stands */
    int is_inside;
};
/* One owner's orders, and what either path does to them. */
struct bar_scratch {
    struct inside_order *orders, *work; /* owned, [max_orders] */
    uint32_t *places;                   /* owned, [max_orders] */
    struct inside_act *acts[2];         /* owned, [max_orders * INSIDE_ACTS] */
};
struct worth {
    const struct match *match;
    const struct market *market;
};

void match_bars_defaults(struct match_bars *bars)
{
    *bars = (struct match_bars){.spread_ppm = SPREAD,
                                .drift_ppm = DRIFT,
                                .volume_ppm = VOLUME,
                                .slippage_ppm = SLIPPAGE,
                                .seed = 1};
}

const char *match_path_name(uint8_t path)
{
    static const char *const names[] = {"pessimistic", "optimistic", "ohlc", "olhc", "random"};

    return path <= MATCH_PATH_RANDOM ? names[path] : "?";
}

int match_bars_check(const struct match_bars *bars, struct error *err)
{
    if (bars->path > MATCH_PATH_RANDOM)
        return error_set(err, AGON_EINVAL, "bars: there is no path %u", bars->path);
    if (bars->spread_ppm > PPM || bars->drift_ppm > PPM || bars->touch_ppm > PPM ||
        bars->volume_ppm > PPM || bars->slippage_ppm > PPM)
        return error_set(err, AGON_EINVAL, "bars: a share above the whole");
    return AGON_OK;
}

void match_bars_quote(const struct match_bars *bars, const struct agon_instrument *instrument,
                      agon_px_t px, agon_px_t *bid_px, agon_px_t *ask_px)
{
    agon_px_t half_px = num_mul_div(px, bars->spread_ppm, 2 * PPM, NUM_DOWN);

    *bid_px = num_to_step(px - half_px, instrument->tick_px, NUM_DOWN);
    *ask_px = num_to_step(num_add(px, half_px), instrument->tick_px, NUM_UP);
    if (*bid_px == *ask_px)
        *ask_px = num_add(*ask_px, instrument->tick_px);
    if (*bid_px <= 0)
        *bid_px = instrument->tick_px;
    if (*ask_px <= *bid_px)
        *ask_px = num_add(*bid_px, instrument->tick_px);
}

static void scratch_free(struct bar_scratch *scratch)
{
    if (scratch == NULL)
        return;
    free(scratch->orders);
    free(scratch->work);
    free(scratch->places);
    free(scratch->acts[0]);
    free(scratch->acts[1]);
    free(scratch);
}

static struct bar_scratch *scratch_new(size_t orders)
{
    struct bar_scratch *scratch = calloc(1, sizeof(*scratch));

    if (scratch == NULL)
        return NULL;
    scratch->orders = calloc(orders, sizeof(*scratch->orders));
    scratch->work = calloc(orders, sizeof(*scratch->work));
    scratch->places = calloc(orders, sizeof(*scratch->places));
    for (int i = 0; i < 2; i++)
        scratch->acts[i] = calloc(orders * INSIDE_ACTS, sizeof(*scratch->acts[i]));
    if (scratch->orders && scratch->work && scratch->places && scratch->acts[0] && scratch->acts[1])
        return scratch;
    scratch_free(scratch);
    return NULL;
}

int match_set_bars(struct match *match, agon_instrument_t instrument, const struct match_bars *bars)
{
    struct market *market = market_get(match, instrument);

    if (market == NULL)
        return AGON_ENOENT;
    if (match->bar_scratch == NULL)
        match->bar_scratch = scratch_new(match->config.max_orders);
    if (market->bars == NULL)
        market->bars = calloc(1, sizeof(*market->bars));
    if (match->bar_scratch == NULL || market->bars == NULL)
        return AGON_ENOMEM;
    market->bars->config = *bars;
    return AGON_OK;
}

void bar_free(struct match *match)
{
    for (uint32_t i = 0; i < match->n_markets; i++)
        free(match->markets[i].bars);
    scratch_free(match->bar_scratch);
}

int match_has_bars(const struct match *match, agon_instrument_t instrument)
{
    const struct market *market = market_get(match, instrument);

    return market != NULL && market->bars != NULL;
}

agon_ns_t match_bar_open(const struct match *match, agon_instrument_t instrument, int *is_inside)
{
    const struct market *market = market_get(match, instrument);

    *is_inside = market != NULL && market->bars != NULL && market->bars->is_inside;
    return market != NULL && market->bars != NULL ? market->bars->t_open : 0;
}

void bar_save(const struct market *market, struct enc *enc)
{
    const struct bar_market *bars = market->bars;

    if (bars == NULL)
        return;
    enc_u8(enc, bars->config.path);
    enc_u32(enc, bars->config.spread_ppm);
    enc_u32(enc, bars->config.drift_ppm);
    enc_u32(enc, bars->config.touch_ppm);
    enc_u32(enc, bars->config.volume_ppm);
    enc_u32(enc, bars->config.slippage_ppm);
    enc_u64(enc, bars->config.seed);
    enc_i64(enc, bars->t_open);
    enc_i64(enc, bars->t_begin);
    enc_i64(enc, bars->t_quote);
    enc_u8(enc, (uint8_t)bars->is_inside);
}

/* --- an order that comes in --- */

static int is_within(uint8_t side, agon_px_t px, agon_px_t limit_px)
{
    return limit_px == 0 || (side == AGON_BUY ? px <= limit_px : px >= limit_px);
}

/* The quote, moved against the order for the time since it stood, on the tick. */
static agon_px_t drifted(const struct market *market, uint8_t side, agon_px_t px, agon_ns_t t)
{
    const struct bar_market *bars = market->bars;
    double age_s = t > bars->t_quote ? (double)(t - bars->t_quote) * 1e-9 : 0.0;
    double by = (double)px * (double)bars->config.drift_ppm * 1e-6 * sqrt(age_s);
    agon_px_t tick_px = market->def->tick_px;
    agon_px_t by_px = NUM_MAX;

    if (num_from_double(by, 0, NUM_UP, &by_px) < 0)
        by_px = NUM_MAX;
    if (side == AGON_BUY)
        return num_to_step(num_add(px, by_px), tick_px, NUM_UP);
    px = num_to_step(num_add(px, -by_px), tick_px, NUM_DOWN);
    return px > 0 ? px : tick_px;
}

static int may_rest(const struct match_order *order)
{
    return (order->type == AGON_LIMIT || order->type == AGON_STOP_LIMIT) &&
           order->tif != AGON_TIF_IOC && order->tif != AGON_TIF_FOK;
}

/* All that it still wants and may have, at one price; what is left of it ends. */
static void take_all(struct match *match, struct market *market, struct order *order, agon_px_t px,
                     agon_ns_t t)
{
    enum match_reject reason;
    agon_qty_t qty = take_wanted_qty(match, market, order, px, &reason);

    if (qty > 0 && !funds_fits(match, market, order, px, qty, 1)) {
        qty = 0;
        reason = MATCH_TOO_LARGE;
    }
    if (qty > 0)
        take_alone(match, market, order, px, qty, 0, t);
    if (order->is_live)
        order_end(match, order, MATCH_EXPIRED, reason, t);
}

void bar_execute(struct match *match, struct market *market, struct order *order, agon_ns_t t)
{
    const struct match_order *pub = &order->pub;
    agon_px_t px = take_best_px(match, market, opposite(pub->side));

    if (px != 0 && is_within(pub->side, px, pub->px)) {
        px = drifted(market, pub->side, px, t);
        take_all(match, market, order, is_within(pub->side, px, pub->px) ? px : pub->px, t);
    } else if (may_rest(pub)) {
        queue_join(match, market, order);
    } else {
        order_end(match, order, MATCH_EXPIRED, MATCH_NO_LIQUIDITY, t);
    }
}

/* --- the inside of a bar --- */

static agon_amt_t worth(void *ctx, agon_px_t px, agon_qty_t qty)
{
    const struct worth *of = ctx;

    return funds_notional(of->match, of->market, px, qty, NUM_DOWN);
}

static uint32_t gather(const struct match *match, const struct market *market, uint32_t owner)
{
    struct bar_scratch *scratch = match->bar_scratch;
    uint32_t n = 0;

    for (uint32_t at = match->own_first[owner]; at != 0; at = match->orders[at].own_next) {
        const struct order *order = &match->orders[at];
        const struct match_order *pub = &order->pub;
        int is_waiting = pub->trigger_px != 0 && !pub->is_triggered;

        if (&match->markets[order->market] != market || (order->level == 0 && !is_waiting))
            continue;
        scratch->places[n] = at;
        scratch->orders[n++] = (struct inside_order){
            .side = pub->side,
            .type = is_waiting ? pub->type : AGON_LIMIT,
            .is_waiting = (uint8_t)is_waiting,
            .waits_a_rise = (pub->side == AGON_BUY) != (pub->is_take_profit != 0),
            .is_reduce_only = (pub->flags & AGON_REDUCE_ONLY) != 0,
            .is_post_only = (pub->flags & AGON_POST_ONLY) != 0,
            .px = pub->px,
            .trigger_px = pub->trigger_px,
            .rest_qty = rest_qty(order),
        };
    }
    return n;
}

static void trigger(struct match *match, struct market *market, struct order *order, agon_ns_t t)
{
    stops_leave(match, market, order);
    order->pub.is_triggered = 1;
    order->pub.t_update = t;
    order_emit(match, order, MATCH_TRIGGERED, MATCH_OK, t);
    if (!filters_is_open(market->def, &order->pub))
        order_end(match, order, MATCH_EXPIRED, MATCH_NOT_TRADING, t);
}

static void make(struct match *match, struct market *market, struct order *order, agon_px_t px,
                 agon_qty_t qty, agon_ns_t t)
{
    agon_qty_t most_qty = take_fillable_qty(match, order);

    if (qty > most_qty)
        qty = most_qty;
    if (qty == 0)
        order_end(match, order, MATCH_EXPIRED, MATCH_REDUCE_ONLY, t);
    else if (!funds_fits(match, market, order, px, qty, 1))
        order_end(match, order, MATCH_EXPIRED, MATCH_TOO_LARGE, t);
    else
        take_alone(match, market, order, px, qty, 1, t);
}

static void apply(struct match *match, struct market *market, const struct inside_act *acts,
                  uint32_t n, agon_ns_t t)
{
    for (uint32_t i = 0; i < n; i++) {
        struct order *order = &match->orders[match->bar_scratch->places[acts[i].at]];

        if (!order->is_live)
            continue; // what it had to go by was less than it seemed
        switch (acts[i].kind) {
        case INSIDE_TRIGGER:
            trigger(match, market, order, t);
            break;
        case INSIDE_REST:
            queue_join(match, market, order);
            break;
        case INSIDE_FILL:
            if (acts[i].is_maker)
                make(match, market, order, acts[i].px, acts[i].qty, t);
            else
                take_all(match, market, order, acts[i].px, t);
            break;
        default:
            order_end(match, order, MATCH_EXPIRED, (enum match_reject)acts[i].reason, t);
            break;
        }
    }
}

static void go_through(struct match *match, struct market *market, uint32_t owner,
                       const struct agon_bar *bar)
{
    struct bar_scratch *scratch = match->bar_scratch;
    const struct owner_market *mine = &market->owners[owner];
    const struct match_bars *config = &market->bars->config;
    struct worth ctx = {.match = match, .market = market};
    struct inside_bar row = {bar->open_px, bar->high_px, bar->low_px, bar->close_px,
                             bar->volume_qty};
    struct inside_terms terms = {
        .tick_px = market->def->tick_px,
        .lot_qty = market->def->lot_qty,
        .position_qty = mine->position_qty,
        .maker_ppb = mine->has_fees ? mine->maker_ppb : market->def->maker_fee_ppb,
        .taker_ppb = mine->has_fees ? mine->taker_ppb : market->def->taker_fee_ppb,
        .touch_ppm = config->touch_ppm,
        .volume_ppm = config->volume_ppm,
        .slippage_ppm = config->slippage_ppm,
        .is_inverse = market->def->kind == INSTRUMENT_INVERSE,
        .worth = worth,
        .ctx = &ctx,
    };
    uint32_t n = gather(match, market, owner);
    uint32_t n_acts[2];
    num128_t gains[2];
    int path;

    if (n == 0)
        return;
    for (int i = 0; i < 2; i++) {
        memcpy(scratch->work, scratch->orders, n * sizeof(*scratch->work));
        n_acts[i] = inside_walk(scratch->work, n, &row, i, &terms, scratch->acts[i], &gains[i]);
    }
    path = inside_pick((enum match_path)config->path, config->seed, market->id,
                       market->bars->t_begin, gains);
    apply(match, market, scratch->acts[path], n_acts[path], bar->hdr.t);
}

/* --- the market --- */

static void expire(struct match *match, const struct market *market, agon_ns_t t)
{
    for (uint32_t owner = 0; owner < match->config.max_owners; owner++) {
        uint32_t next;

        for (uint32_t at = match->own_first[owner]; at != 0; at = next) {
            struct order *order = &match->orders[at];

            next = order->own_next;
            if (&match->markets[order->market] == market && order->pub.tif == AGON_TIF_GTD &&
                order->pub.t_expire <= t)
                order_end(match, order, MATCH_EXPIRED, MATCH_TIMED_OUT, t);
        }
    }
}

static void show(struct market *market, agon_px_t bid_px, agon_qty_t bid_qty, agon_px_t ask_px,
                 agon_qty_t ask_qty, agon_ns_t t)
{
    book_clear(market->book);
    if (bid_px > 0)
        book_set(market->book, AGON_BUY, bid_px, bid_qty);
    if (ask_px > 0)
        book_set(market->book, AGON_SELL, ask_px, ask_qty);
    market->source = SOURCE_QUOTE;
    market->t_book = t;
    market->bars->t_quote = t;
}

static int on_open(struct match *match, struct market *market, const struct agon_quote *quote)
{
    if (quote->bid_px <= 0 || quote->ask_px <= quote->bid_px || quote->bid_qty <= 0 ||
        quote->ask_qty <= 0)
        return AGON_EINVAL;
    expire(match, market, quote->hdr.t);
    show(market, quote->bid_px, quote->bid_qty, quote->ask_px, quote->ask_qty, quote->hdr.t);
    market->last_px = quote->bid_px + (quote->ask_px - quote->bid_px) / 2;
    market->bars->t_open = quote->hdr.t;
    market->bars->t_begin = event_time(&quote->hdr);
    market->bars->is_inside = 1;
    return AGON_OK;
}

static int on_close(struct match *match, struct market *market, const struct agon_bar *bar)
{
    struct agon_level best;
    agon_px_t bid_px, ask_px;
    agon_qty_t qty;

    if (bar->low_px <= 0 || bar->high_px < bar->open_px || bar->high_px < bar->close_px ||
        bar->low_px > bar->open_px || bar->low_px > bar->close_px || bar->volume_qty < 0)
        return AGON_EINVAL;
    if (!market->bars->is_inside || bar->t_open != market->bars->t_begin)
        return AGON_OK; // of another bar than the one that was opened
    for (uint32_t owner = 0; owner < match->config.max_owners; owner++)
        go_through(match, market, owner, bar);
    stops_run(match, market, bar->hdr.t); // reduce-only orders that exceed their position
    expire(match, market, bar->hdr.t);
    market->bars->is_inside = 0;
    market->last_px = bar->close_px;
    qty = book_best(market->book, AGON_BUY, &best) ? best.qty : market->def->lot_qty;
    match_bars_quote(&market->bars->config, market->def, bar->close_px, &bid_px, &ask_px);
    show(market, bid_px, qty, ask_px, qty, bar->hdr.t);
    return AGON_OK;
}

int bar_on_market(struct match *match, struct market *market, const struct agon_event_hdr *event)
{
    const void *record = event;

    if (event->type == AGON_EVENT_QUOTE)
        return on_open(match, market, record);
    if (event->type == AGON_EVENT_BAR)
        return on_close(match, market, record);
    return AGON_OK;
}
