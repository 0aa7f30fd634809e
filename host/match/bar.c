// SPDX-License-Identifier: Apache-2.0
/* bar: a market of which nothing is known but bars: what match.h says of match_set_bars. */
#include <math.h>
#include <stdlib.h>

#include "base/error.h"
#include "base/hot.h"
#include "base/num.h"
#include "market/instrument_kind.h"
#include "market/order_type.h"
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
    agon_ns_t t_begin; /* its venue time: which bar will close it; 0: the next */
    agon_ns_t t_quote; /* since when the quote stands */
    int is_inside;
    uint32_t parked_first, parked_last; /* orders that act with the next bar or open */
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
struct row { /* a bar, and what of it goes for one owner */
    struct inside_bar bar;
    struct inside_terms terms;
    struct worth worth;
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
    // On the tick, so that it is as wide whatever decimals the instrument has.
    agon_px_t half_px = num_to_step(num_mul_div(px, bars->spread_ppm, 2 * PPM, NUM_DOWN),
                                    instrument->tick_px, NUM_DOWN);

    *bid_px = num_to_step(px - half_px, instrument->tick_px, NUM_DOWN);
    *ask_px = num_to_step(num_add(px, half_px), instrument->tick_px, NUM_UP);
    if (*bid_px == *ask_px)
        *ask_px = num_add(*ask_px, instrument->tick_px);
    if (*bid_px <= 0)
        *bid_px = instrument->tick_px;
    if (*ask_px <= *bid_px)
        *ask_px = num_add(*bid_px, instrument->tick_px);
}

void match_bars_open(const struct match_bars *bars, const struct agon_instrument *instrument,
                     agon_ns_t t, agon_px_t open_px, agon_qty_t before_qty,
                     struct agon_quote *quote)
{
    agon_qty_t qty = num_to_step(num_mul_div(before_qty, bars->volume_ppm, PPM, NUM_DOWN),
                                 instrument->lot_qty, NUM_DOWN);

    *quote = (struct agon_quote){.hdr = {.type = AGON_EVENT_QUOTE,
                                         .granules = 1,
                                         .instrument = instrument->hdr.instrument,
                                         .t_venue = t,
                                         .t = t}};
    match_bars_quote(bars, instrument, open_px, &quote->bid_px, &quote->ask_px);
    quote->bid_qty = quote->ask_qty = qty > 0 ? qty : instrument->lot_qty;
}

void match_bars_close(const struct agon_instrument *instrument, int quote_exp, agon_ns_t t,
                      uint32_t length_s, const agon_px_t px[4], agon_qty_t volume_qty,
                      struct agon_bar *bar)
{
    agon_ns_t t_close = t + (agon_ns_t)length_s * 1000000000;
    agon_px_t mean_px = px[1] / 3 + px[2] / 3 + px[3] / 3;

    *bar = (struct agon_bar){
        .hdr = {.type = AGON_EVENT_BAR,
                .granules = 2,
                .instrument = instrument->hdr.instrument,
                .t_venue = t_close,
                .t = t_close},
        .t_open = t,
        .length_s = length_s,
        .open_px = px[0],
        .high_px = px[1],
        .low_px = px[2],
        .close_px = px[3],
        .volume_qty = volume_qty,
        .taker_buy_qty = volume_qty / 2,
        .turnover_amt = num_notional(mean_px, instrument->px_exp, volume_qty, instrument->qty_exp,
                                     quote_exp, NUM_EVEN),
    };
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
    enc_u32(enc, bars->parked_first);
    enc_u32(enc, bars->parked_last);
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

static agon_px_t slipped(const struct market *market, uint8_t side, agon_px_t px)
{
    const struct inside_terms terms = {.tick_px = market->def->tick_px,
                                       .slippage_ppm = market->bars->config.slippage_ppm};

    return inside_slipped(&terms, side, px);
}

static int may_rest(const struct match_order *order)
{
    return order_type_has_px(order->type) && order->tif != AGON_TIF_IOC &&
           order->tif != AGON_TIF_FOK;
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
    agon_px_t px = market->owners[pub->owner].now_px;

    if (px != 0) { // its owner's host acts inside the bar
        px = slipped(market, pub->side, px);
        take_all(match, market, order, is_within(pub->side, px, pub->px) ? px : pub->px, t);
        return;
    }
    px = take_best_px(match, market, opposite(pub->side));
    if (px != 0 && is_within(pub->side, px, pub->px)) {
        px = drifted(market, pub->side, px, t);
        take_all(match, market, order, is_within(pub->side, px, pub->px) ? px : pub->px, t);
    } else if (may_rest(pub)) {
        queue_join(match, market, order);
    } else {
        order_end(match, order, MATCH_EXPIRED, MATCH_NO_LIQUIDITY, t);
    }
}

/* --- orders that wait for a close or an open --- */

void bar_park(struct match *match, struct market *market, struct order *order)
{
    struct bar_market *bars = market->bars;
    uint32_t at = place_of(match, order);

    order->is_parked = 1;
    order->next = 0;
    if (bars->parked_last != 0)
        match->orders[bars->parked_last].next = at;
    else
        bars->parked_first = at;
    bars->parked_last = at;
}

void bar_unpark(struct match *match, struct market *market, struct order *order)
{
    struct bar_market *bars = market->bars;
    uint32_t at = place_of(match, order), before = 0;

    for (uint32_t i = bars->parked_first; i != at; i = match->orders[i].next)
        before = i;
    if (before != 0)
        match->orders[before].next = order->next;
    else
        bars->parked_first = order->next;
    if (bars->parked_last == at)
        bars->parked_last = before;
    order->is_parked = 0;
    order->next = 0;
}

static void act(struct match *match, struct market *market, struct order *order, agon_ns_t t)
{
    const struct match_order *pub = &order->pub;

    if (!filters_is_open(market->def, pub))
        order_end(match, order, MATCH_EXPIRED, MATCH_NOT_TRADING, t);
    else if (pub->trigger_px == 0 && (pub->flags & AGON_POST_ONLY) &&
             take_would(match, market, pub->side, pub->px))
        order_end(match, order, MATCH_EXPIRED, MATCH_WOULD_TAKE, t);
    else if (pub->trigger_px == 0)
        take_execute(match, market, order, t);
    else
        stops_wait(match, market, order);
}

static __attribute__((noinline)) void act_all_parked(struct match *match, struct market *market,
                                                     agon_ns_t t)
{
    uint32_t at;

    while ((at = market->bars->parked_first) != 0) {
        struct order *order = &match->orders[at];
        int is_passed = order->pub.trigger_px != 0 && stops_would_trigger(market, &order->pub);

        if (is_passed) {
            order_end(match, order, MATCH_EXPIRED, MATCH_WOULD_TRIGGER, t);
            continue;
        }
        bar_unpark(match, market, order);
        act(match, market, order, t);
        stops_run(match, market, t);
    }
}

static inline void act_parked(struct match *match, struct market *market, agon_ns_t t)
{
    if (market->bars->parked_first != 0)
        act_all_parked(match, market, t);
}

/* --- the inside of a bar --- */

static agon_amt_t worth(void *ctx, agon_px_t px, agon_qty_t qty)
{
    const struct worth *of = ctx;

    return funds_notional(of->match, of->market, px, qty, NUM_DOWN);
}

// Of this bar no price has stood at any order yet.
static void begin(struct match *match, uint32_t owner)
{
    for (uint32_t at = match->own_first[owner]; at != 0; at = match->orders[at].own_next)
        match->orders[at].is_touched = 0;
}

static uint32_t gather(const struct match *match, const struct market *market, uint32_t owner)
{
    struct bar_scratch *scratch = match->bar_scratch;
    uint32_t n = 0;

    for (uint32_t at = match->own_first[owner]; at != 0; at = match->orders[at].own_next) {
        const struct order *order = &match->orders[at];
        const struct match_order *pub = &order->pub;
        int is_waiting = pub->trigger_px != 0 && !pub->is_triggered;

        if (&match->markets[order->market] != market || order->is_parked ||
            (order->level == 0 && !is_waiting))
            continue;
        scratch->places[n] = at;
        scratch->orders[n++] = (struct inside_order){
            .side = pub->side,
            .type = is_waiting ? pub->type : AGON_LIMIT,
            .is_waiting = (uint8_t)is_waiting,
            .waits_a_rise = (uint8_t)stops_wait_for_rise(pub),
            .is_reduce_only = (pub->flags & AGON_REDUCE_ONLY) != 0,
            .is_post_only = (pub->flags & AGON_POST_ONLY) != 0,
            .is_touched = order->is_touched,
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

static void look_at(const struct match *match, const struct market *market, uint32_t owner,
                    const struct agon_bar *bar, const struct inside_host *host, struct row *row)
{
    const struct owner_market *mine = &market->owners[owner];
    const struct match_bars *config = &market->bars->config;

    row->worth = (struct worth){.match = match, .market = market};
    row->bar = (struct inside_bar){bar->open_px, bar->high_px, bar->low_px, bar->close_px,
                                   bar->volume_qty};
    row->terms = (struct inside_terms){
        .tick_px = market->def->tick_px,
        .lot_qty = market->def->lot_qty,
        .position_qty = mine->position_qty,
        .maker_ppb = mine->has_fees ? mine->maker_ppb : market->def->maker_fee_ppb,
        .taker_ppb = mine->has_fees ? mine->taker_ppb : market->def->taker_fee_ppb,
        .touch_ppm = config->touch_ppm,
        .volume_ppm = config->volume_ppm,
        .slippage_ppm = config->slippage_ppm,
        .is_inverse = (uint8_t)instrument_kind_is_in_base(market->def->kind),
        .worth = worth,
        .ctx = &row->worth,
        .host = host,
    };
}

/* Which of the two paths the owner's orders are taken along, and what that does. */
static int pick(struct match *match, const struct market *market, const struct row *row, uint32_t n,
                agon_ns_t t_open, void (*again)(void *ctx), uint32_t n_acts[2])
{
    struct bar_scratch *scratch = match->bar_scratch;
    num128_t gains[2];

    for (int i = 0; i < 2; i++) {
        memcpy(scratch->work, scratch->orders, n * sizeof(*scratch->work));
        if (again != NULL)
            again(row->terms.host->ctx);
        n_acts[i] =
            inside_walk(scratch->work, n, &row->bar, i, &row->terms, scratch->acts[i], &gains[i]);
    }
    return inside_pick((enum match_path)market->bars->config.path, market->bars->config.seed,
                       market->id, t_open, gains);
}

static void go_through(struct match *match, struct market *market, uint32_t owner,
                       const struct agon_bar *bar)
{
    uint32_t n_acts[2];
    struct row row;
    uint32_t n;
    int path;

    begin(match, owner);
    n = gather(match, market, owner);
    if (n == 0)
        return;
    look_at(match, market, owner, bar, NULL, &row);
    path = pick(match, market, &row, n, bar->t_open, NULL, n_acts);
    apply(match, market, match->bar_scratch->acts[path], n_acts[path], bar->hdr.t);
}

/* --- the market --- */

static void expire(struct match *match, const struct market *market, agon_ns_t t)
{
    if (match_is_empty(match))
        return;
    for (uint32_t owner = 0; owner < match->n_owners; owner++) {
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
    const struct agon_level bid = {bid_px, bid_qty}, ask = {ask_px, ask_qty};

    book_show(market->book, &bid, &ask);
    market->source = SOURCE_QUOTE;
    market->t_book = t;
    market->bars->t_quote = t;
}

static inline int is_open(const struct agon_quote *quote)
{
    return quote->bid_px > 0 && quote->ask_px > quote->bid_px && quote->bid_qty > 0 &&
           quote->ask_qty > 0;
}

static void open_at(struct match *match, struct market *market, const struct agon_quote *quote)
{
    expire(match, market, quote->hdr.t);
    show(market, quote->bid_px, quote->bid_qty, quote->ask_px, quote->ask_qty, quote->hdr.t);
    market->last_px = quote->bid_px + (quote->ask_px - quote->bid_px) / 2;
    market->bars->t_open = quote->hdr.t;
    market->bars->t_begin = quote->hdr.t_venue;
    market->bars->is_inside = 1;
    act_parked(match, market, quote->hdr.t);
}

static int on_open(struct match *match, struct market *market, const struct agon_quote *quote)
{
    if (!is_open(quote))
        return AGON_EINVAL;
    open_at(match, market, quote);
    return AGON_OK;
}

static int is_bar(const struct agon_bar *bar)
{
    return bar->low_px > 0 && bar->high_px >= bar->open_px && bar->high_px >= bar->close_px &&
           bar->low_px <= bar->open_px && bar->low_px <= bar->close_px && bar->volume_qty >= 0;
}

// Is it the end of the bar that was opened last?
static int is_end(const struct market *market, const struct agon_bar *bar)
{
    return market->bars->is_inside &&
           (market->bars->t_begin == 0 || bar->t_open == market->bars->t_begin);
}

static void finish(struct match *match, struct market *market, const struct agon_bar *bar)
{
    struct agon_level best;
    agon_px_t bid_px, ask_px;
    agon_qty_t qty;

    stops_run(match, market, bar->hdr.t); // reduce-only orders that exceed their position
    expire(match, market, bar->hdr.t);
    market->bars->is_inside = 0;
    market->last_px = bar->close_px;
    qty = book_best(market->book, AGON_BUY, &best) ? best.qty : market->def->lot_qty;
    match_bars_quote(&market->bars->config, market->def, bar->close_px, &bid_px, &ask_px);
    show(market, bid_px, qty, ask_px, qty, bar->hdr.t);
    act_parked(match, market, bar->hdr.t);
}

static int on_close(struct match *match, struct market *market, const struct agon_bar *bar)
{
    if (!is_bar(bar))
        return AGON_EINVAL;
    if (!is_end(market, bar))
        return AGON_OK; // of another bar than the one that was opened
    for (uint32_t owner = 0; owner < match->n_owners && !match_is_empty(match); owner++) {
        if (match->own_first[owner] != 0)
            go_through(match, market, owner, bar);
    }
    finish(match, market, bar);
    return AGON_OK;
}

/* --- step by step, for who acts inside --- */

// A market that is in a bar; its match is busy until leave.
static struct market *enter(struct match *match, agon_instrument_t instrument)
{
    struct market *market = market_get(match, instrument);

    REQUIRE(market != NULL && market->bars != NULL && match->is_busy == 0);
    match->is_busy = 1;
    return market;
}

static void leave(struct match *match)
{
    match->is_busy = 0;
}

int match_bar_ends(const struct match *match, const struct agon_bar *bar)
{
    const struct market *market = market_get(match, bar->hdr.instrument);

    return market != NULL && market->bars != NULL && is_bar(bar) && is_end(market, bar);
}

void match_bar_pass(struct match *match, const struct agon_bar *bar, uint32_t owner)
{
    struct market *market;

    if (owner >= match->n_owners || match->own_first[owner] == 0)
        return; // nobody on whom it could do anything
    market = enter(match, bar->hdr.instrument);
    go_through(match, market, owner, bar);
    leave(match);
}

uint32_t match_owners(const struct match *match)
{
    return match->n_owners;
}

int match_bar_has_orders(const struct match *match, agon_instrument_t instrument, uint32_t owner)
{
    const struct market *market = market_get(match, instrument);
    uint32_t at = owner < match->n_owners ? match->own_first[owner] : 0;

    while (at != 0 && &match->markets[match->orders[at].market] != market)
        at = match->orders[at].own_next;
    return at != 0;
}

int match_bar_idle(const struct match *match, const struct agon_bar *bar)
{
    const struct market *market = market_get(match, bar->hdr.instrument);
    const num128_t gains[2] = {0, 0};

    REQUIRE(market != NULL && market->bars != NULL);
    return inside_pick((enum match_path)market->bars->config.path, market->bars->config.seed,
                       market->id, bar->t_open, gains);
}

int match_bar_path(struct match *match, const struct agon_bar *bar, uint32_t owner,
                   const struct inside_host *host, void (*again)(void *ctx))
{
    struct market *market = enter(match, bar->hdr.instrument);
    struct owner_market *mine;
    uint32_t n_acts[2];
    uint32_t n;
    struct row row;
    int path;

    match_make_room(match, owner);
    mine = &market->owners[owner];
    begin(match, owner);
    n = gather(match, market, owner);
    look_at(match, market, owner, bar, host, &row);
    path = pick(match, market, &row, n, bar->t_open, again, n_acts);
    mine->left_qty = inside_volume_qty(&row.bar, &row.terms);
    leave(match);
    return path;
}

static void begin_step(struct match *match, const struct market *market, uint32_t owner,
                       const struct agon_bar *bar, struct row *row, struct inside_path *path)
{
    uint32_t n = gather(match, market, owner);

    look_at(match, market, owner, bar, NULL, row);
    *path = (struct inside_path){.orders = match->bar_scratch->orders,
                                 .n = n,
                                 .bar = &row->bar,
                                 .terms = &row->terms,
                                 .acts = match->bar_scratch->acts[0],
                                 .position_qty = row->terms.position_qty,
                                 .left_qty = market->owners[owner].left_qty};
}

agon_px_t match_bar_next(struct match *match, const struct agon_bar *bar, uint32_t owner,
                         agon_px_t a, agon_px_t b, uint64_t *id)
{
    struct market *market = enter(match, bar->hdr.instrument);
    struct inside_path path;
    struct row row;
    agon_px_t px;
    uint32_t at = 0;

    begin_step(match, market, owner, bar, &row, &path);
    px = inside_next(&path, a, b, &at);
    *id = px != 0 ? match->orders[match->bar_scratch->places[at]].pub.id : 0;
    leave(match);
    return px;
}

void match_bar_act(struct match *match, const struct agon_bar *bar, uint32_t owner, uint64_t id,
                   agon_px_t now_px, agon_px_t b)
{
    struct market *market = enter(match, bar->hdr.instrument);
    struct inside_path path;
    struct row row;

    begin_step(match, market, owner, bar, &row, &path);
    for (uint32_t at = 0; at < path.n; at++) {
        struct order *order = &match->orders[match->bar_scratch->places[at]];

        if (order->pub.id != id)
            continue;
        inside_act(&path, at, now_px, b);
        order->is_touched = path.orders[at].is_touched;
        market->owners[owner].left_qty = path.left_qty;
        break;
    }
    apply(match, market, path.acts, path.n_acts, bar->hdr.t);
    leave(match);
}

void match_bar_at(struct match *match, agon_instrument_t instrument, uint32_t owner, agon_px_t px)
{
    struct market *market = enter(match, instrument);

    if (px != 0)
        match_make_room(match, owner);
    if (owner < match->n_owners)
        market->owners[owner].now_px = px;
    leave(match);
}

void match_bar_over(struct match *match, const struct agon_bar *bar)
{
    struct market *market = enter(match, bar->hdr.instrument);

    finish(match, market, bar);
    if (bar->hdr.t > market->t_last)
        market->t_last = bar->hdr.t;
    terms_on_bar(market, bar);
    leave(match);
}

HOT int match_bar_follow(struct match *match, const struct agon_bar *bar,
                         const struct agon_quote *quote)
{
    struct market *market = market_get(match, bar->hdr.instrument);

    if (market == NULL || market->bars == NULL || !is_bar(bar) || !is_end(market, bar) ||
        !match_is_empty(match) || quote->hdr.t != bar->hdr.t ||
        quote->hdr.instrument != bar->hdr.instrument || !is_open(quote))
        return 0;
    if (bar->hdr.t > market->t_last)
        market->t_last = bar->hdr.t;
    terms_on_bar(market, bar);
    market->bars->t_begin = quote->hdr.t_venue;
    return 1;
}

void match_bar_followed(struct match *match, const struct agon_quote *quote)
{
    struct market *market = market_get(match, quote->hdr.instrument);

    if (market == NULL || market->bars == NULL)
        return;
    REQUIRE(match->is_busy == 0);
    match->is_busy = 1;
    stops_run(match, market, quote->hdr.t);
    open_at(match, market, quote); // in which nothing of the close is left
    leave(match);
}

HOT int match_bar_turn(struct match *match, const struct agon_bar *bar,
                       const struct agon_quote *quote)
{
    if (!match_bar_follow(match, bar, quote))
        return 0;
    match_bar_followed(match, quote);
    return 1;
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
