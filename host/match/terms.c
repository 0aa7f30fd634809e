// SPDX-License-Identifier: Apache-2.0
/* terms: what a market's rules are measured by: the mean of what was traded, and how many orders
 * are open. */
#include "market/order_type.h"
#include "match/state.h"

#define NS_PER_MIN ((agon_ns_t)60 * 1000000000)

void terms_add(struct market *market, agon_ns_t t, agon_px_t px, agon_qty_t qty)
{
    int64_t minute = t / NS_PER_MIN;
    struct mean *mean = &market->means[(uint64_t)minute % MEAN_MINUTES];

    if (!market->has_rules || qty <= 0)
        return;
    if (mean->minute != minute)
        *mean = (struct mean){.minute = minute};
    mean->qty += qty;
    mean->cost += (num128_t)px * qty;
}

void terms_on_bar(struct market *market, const struct agon_bar *bar)
{
    if (!market->has_rules)
        return;
    // About what it was traded at; it is of the minute in which it closes.
    agon_px_t px = bar->high_px / 3 + bar->low_px / 3 + bar->close_px / 3;

    terms_add(market, bar->hdr.t - 1, px, bar->volume_qty);
}

static agon_px_t mean_px(const struct market *market, agon_ns_t t, uint32_t minutes)
{
    num128_t qty = 0, cost = 0;

    for (uint32_t i = 0; i < MEAN_MINUTES; i++) {
        const struct mean *mean = &market->means[i];

        if (mean->qty > 0 && mean->minute * NS_PER_MIN <= t &&
            mean->minute * NS_PER_MIN > t - (agon_ns_t)minutes * NS_PER_MIN) {
            qty += mean->qty;
            cost += mean->cost;
        }
    }
    return qty > 0 ? (agon_px_t)((cost + qty / 2) / qty) : market->last_px;
}

agon_px_t terms_reference_px(const struct match *match, const struct market *market, agon_ns_t t)
{
    if (match->sink.reference_px != NULL)
        return match->sink.reference_px(match->sink.ctx, market->id, market->rules.band_minutes);
    if (market->rules.market == RULES_UM && market->mark_px > 0)
        return market->mark_px;
    return mean_px(market, t, market->rules.band_minutes);
}

enum match_reject terms_check_band(const struct match *match, const struct market *market,
                                   const struct match_order *order, agon_ns_t t)
{
    const struct rules *rules = &market->rules;
    uint32_t up_ppm = rules->up_ppm[order->side];
    uint32_t down_ppm = rules->down_ppm[order->side];
    // Of perpetuals only a plain limit is asked, and it is the price that it trades at.
    int is_asked = order_type_has_px(order->type) &&
                   (!order_type_waits(order->type) || rules->market == RULES_SPOT);
    agon_px_t px = 0;

    if (!market->has_rules || !is_asked || (up_ppm == 0 && down_ppm == 0))
        return MATCH_OK;
    if (order->owner < match->n_owners)
        px = market->owners[order->owner].now_px; // inside a bar prices are there
    if (px == 0)
        px = terms_reference_px(match, market, t);
    if (px <= 0)
        return MATCH_OK;
    if (up_ppm != 0 && order->px > num_mul_div(px, up_ppm, RULES_PPM, NUM_DOWN))
        return MATCH_BAD_BAND;
    if (down_ppm != 0 && order->px < num_mul_div(px, down_ppm, RULES_PPM, NUM_UP))
        return MATCH_BAD_BAND;
    return MATCH_OK;
}

enum match_reject terms_check_count(const struct match *match, const struct market *market,
                                    const struct match_order *order)
{
    const struct rules *rules = &market->rules;
    int is_known = order->owner < match->n_owners;
    uint64_t n_open = is_known ? market->owners[order->owner].n_open : 0;
    uint64_t n_stops = is_known ? market->owners[order->owner].n_stops : 0;

    if (!market->has_rules)
        return MATCH_OK;
    for (uint32_t owner = 0; match->config.is_one_account && owner < match->n_owners; owner++) {
        if (owner == order->owner)
            continue;
        n_open += market->owners[owner].n_open;
        n_stops += market->owners[owner].n_stops;
    }
    if (rules->max_orders != 0 && n_open >= rules->max_orders && order->type != AGON_MARKET)
        return MATCH_MANY_ORDERS;
    if (rules->max_stops != 0 && n_stops >= rules->max_stops && order->trigger_px != 0)
        return MATCH_MANY_STOPS;
    return MATCH_OK;
}

int match_set_rules(struct match *match, agon_instrument_t instrument, const struct rules *rules)
{
    struct market *market = market_get(match, instrument);

    if (market == NULL)
        return AGON_ENOENT;
    market->rules = *rules;
    if (market->rules.band_minutes >= MEAN_MINUTES)
        market->rules.band_minutes = MEAN_MINUTES - 1;
    market->has_rules = 1;
    return AGON_OK;
}

int match_check(const struct match *match, agon_ns_t t, const struct match_order *order)
{
    const struct market *market = market_get(match, order->instrument);

    return (int)(market != NULL ? filters_check(match, market, order, t) : MATCH_BAD_FIELD);
}

int match_check_amount(const struct match *match, agon_instrument_t instrument, enum agon_side side,
                       agon_amt_t quote_amt)
{
    const struct market *market = market_get(match, instrument);

    return (int)(market != NULL ? filters_amount(match, market, side, quote_amt) : MATCH_BAD_FIELD);
}

agon_px_t match_reference_px(const struct match *match, agon_instrument_t instrument)
{
    const struct market *market = market_get(match, instrument);

    return market != NULL ? terms_reference_px(match, market, market->t_last) : 0;
}

static void save_128(num128_t value, struct enc *enc)
{
    enc_u64(enc, (uint64_t)value);
    enc_u64(enc, (uint64_t)(value >> 64));
}

void terms_save(const struct market *market, struct enc *enc)
{
    const struct rules *rules = &market->rules;

    if (!market->has_rules)
        return;
    enc_u8(enc, rules->market);
    enc_u8(enc, rules->is_least_market);
    enc_u8(enc, rules->is_most_market);
    enc_u32(enc, rules->band_minutes);
    for (int side = AGON_BUY; side <= AGON_SELL; side++) {
        enc_u32(enc, rules->up_ppm[side]);
        enc_u32(enc, rules->down_ppm[side]);
    }
    enc_u32(enc, rules->max_orders);
    enc_u32(enc, rules->max_stops);
    enc_i64(enc, rules->market_max_qty);
    enc_i64(enc, rules->max_notional_amt);
    enc_i64(enc, market->mark_px);
    for (uint32_t i = 0; i < MEAN_MINUTES; i++) {
        enc_i64(enc, market->means[i].minute);
        save_128(market->means[i].qty, enc);
        save_128(market->means[i].cost, enc);
    }
}
