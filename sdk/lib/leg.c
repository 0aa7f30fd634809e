// SPDX-License-Identifier: MIT
/* leg: from "be long" to a market order, and back from the fills. */
#include <math.h>

#include "agon/leg.h"
#include "agon/ta.h"

#define OPEN_MAX 16
#define QTY_MOST ((agon_qty_t)1 << 61) /* the difference of two such cannot overflow */

static agon_qty_t within(agon_qty_t qty)
{
    return qty > QTY_MOST ? QTY_MOST : qty < -QTY_MOST ? -QTY_MOST : qty;
}

static agon_qty_t whole_lots(agon_qty_t qty, const struct agon_instrument *instrument)
{
    return instrument->lot_qty > 1 ? qty - qty % instrument->lot_qty : qty;
}

static int has_coins(const struct agon_instrument *instrument)
{
    return (agon_instrument_has(instrument->kind) & AGON_KIND_COINS) != 0;
}

/* May it be traded, and is its value quantity times price? */
static int is_tradable(const struct agon_instrument *instrument)
{
    return (agon_instrument_has(instrument->kind) & (AGON_KIND_TRADED | AGON_KIND_IN_BASE)) ==
           AGON_KIND_TRADED;
}

/* Value of one unit of quantity at that price, in whole units of the quote asset. */
static double unit_value(const struct agon_instrument *instrument, double px)
{
    double value =
        px / (double)agon_pow10(instrument->px_exp) / (double)agon_pow10(instrument->qty_exp);

    if (!has_coins(instrument) && instrument->multiplier > 0)
        value *= agon_to_double(instrument->multiplier, instrument->multiplier_exp);
    return value;
}

/* Is that quantity, which is not negative, enough for the venue? */
static int is_enough(const struct agon_desk *desk, const struct agon_instrument *instrument,
                     agon_qty_t qty, double px)
{
    int exp;

    if (qty <= 0 || qty < instrument->min_qty ||
        desk->instruments->asset(desk->host, instrument->quote, NULL, &exp) < 0)
        return 0;
    return (double)qty * unit_value(instrument, px) >=
           agon_to_double(instrument->min_notional_amt, exp);
}

int agon_desk_init(struct agon_desk *desk, const struct agon_host *host)
{
    desk->host = host;
    desk->is_alone = 0;
    desk->orders = (const struct agon_host_orders *)host->get_extension(host, AGON_EXT_ORDERS);
    desk->account = (const struct agon_host_account *)host->get_extension(host, AGON_EXT_ACCOUNT);
    desk->instruments =
        (const struct agon_host_instrument *)host->get_extension(host, AGON_EXT_INSTRUMENT);
    return desk->orders && desk->account && desk->instruments ? AGON_OK : AGON_ENOTSUP;
}

/* The slot's real position, whoever made it, and what it cost. */
static void adopt_position(const struct agon_desk *desk, struct agon_leg *leg,
                           const struct agon_instrument *instrument)
{
    struct agon_position position;
    agon_asset_t asset = has_coins(instrument) ? instrument->quote : instrument->settle;
    double value;
    int exp;

    if (desk->account->position(desk->host, 0, leg->instrument, &position) < 0 ||
        desk->instruments->asset(desk->host, asset, NULL, &exp) < 0)
        return;
    if (position.qty != leg->held_qty || leg->entry_px <= 0) {
        value = (double)position.qty * unit_value(instrument, 1);
        leg->entry_px =
            position.qty != 0 ? fabs(agon_to_double(position.cost_amt, exp) / value) : 0;
        if (!(leg->entry_px <= 1e19))
            leg->entry_px = 0;
    }
    leg->held_qty = position.qty;
}

/* Orders that are still open: one is followed to its end, and no number is used twice. */
static void adopt_orders(const struct agon_desk *desk, struct agon_leg *leg)
{
    struct agon_order open[OPEN_MAX];
    int n = desk->orders->open_orders(desk->host, open, OPEN_MAX);
    int i;

    for (i = 0; i < n && i < OPEN_MAX; i++) {
        if ((desk->is_alone || open[i].client_ref >> 32 == leg->instrument) &&
            open[i].client_ref > leg->last_ref)
            leg->last_ref = open[i].client_ref;
        if (open[i].hdr.instrument != leg->instrument)
            continue;
        if (leg->working_ref == 0) {
            leg->working_ref = open[i].client_ref;
            leg->t_working = open[i].hdr.t;
        }
        if (open[i].type != AGON_MARKET)
            leg->must_clear = 1;
    }
}

int agon_leg_start(const struct agon_desk *desk, struct agon_leg *leg, agon_instrument_t id)
{
    struct agon_instrument instrument;
    uint64_t last_ref = desk->is_alone ? leg->last_ref : (uint64_t)id << 32;

    if (id == 0 || desk->instruments->get(desk->host, id, &instrument) < 0)
        return AGON_ENOENT;
    if (leg->instrument != id) {
        memset(leg, 0, sizeof(*leg));
        leg->instrument = id;
        leg->last_ref = last_ref;
    }
    leg->gate.is_closed = instrument.state != AGON_TRADING_OPEN;
    adopt_position(desk, leg, &instrument);
    adopt_orders(desk, leg);
    return AGON_OK;
}

static int update_order(struct agon_leg *leg, const struct agon_order *order)
{
    if (leg->working_ref == 0 || order->client_ref != leg->working_ref || !agon_is_final(order))
        return AGON_LEG_NOTHING;
    leg->working_ref = 0;
    if (order->state != AGON_ORDER_REJECTED)
        return AGON_LEG_DONE;
    leg->t_rest = order->hdr.t + AGON_LEG_REST_NS;
    return AGON_LEG_REFUSED;
}

static int update_fill(struct agon_leg *leg, const struct agon_fill *fill)
{
    double before = (double)leg->held_qty;
    double change = fill->side == AGON_BUY ? (double)fill->qty : -(double)fill->qty;

    if (fill->hdr.instrument != leg->instrument)
        return AGON_LEG_NOTHING;
    if (fill->qty > 0 && fill->px > 0) {
        if (before * change > 0 && leg->entry_px > 0)
            leg->entry_px =
                (leg->entry_px * before + (double)fill->px * change) / (before + change);
        else if (before * change >= 0 || before * (before + change) < 0)
            leg->entry_px = (double)fill->px; // the first, or what went through zero
    }
    leg->held_qty = fill->position_qty;
    if (fill->position_qty == 0)
        leg->entry_px = 0;
    return AGON_LEG_FILL;
}

int agon_leg_update(const struct agon_desk *desk, struct agon_leg *leg,
                    const struct agon_event_hdr *event)
{
    if (leg->instrument == 0)
        return AGON_LEG_NOTHING;
    if (event->type == AGON_EVENT_ORDER)
        return update_order(leg, (const struct agon_order *)(const void *)event);
    if (event->type == AGON_EVENT_FILL)
        return update_fill(leg, (const struct agon_fill *)(const void *)event);
    agon_gate_update(&leg->gate, desk->host, desk->instruments, leg->instrument, event);
    return AGON_LEG_NOTHING;
}

int agon_leg_is_free(const struct agon_desk *desk, struct agon_leg *leg, agon_ns_t t)
{
    struct agon_intent clear = {0};

    if (leg->instrument == 0 || !agon_gate_is_open(&leg->gate) || t < leg->t_rest)
        return 0;
    if (leg->must_clear) {
        clear.kind = AGON_INTENT_CANCEL_ALL;
        clear.instrument = leg->instrument;
        if (desk->orders->submit(desk->host, &clear, 1) >= 0)
            leg->must_clear = 0;
        return 0;
    }
    if (leg->working_ref != 0 && t > leg->t_working + AGON_LEG_LOST_NS &&
        desk->orders->open_orders(desk->host, NULL, 0) == 0)
        leg->working_ref = 0;
    return leg->working_ref == 0;
}

agon_qty_t agon_leg_held(const struct agon_desk *desk, const struct agon_leg *leg, double px)
{
    struct agon_instrument instrument;
    agon_qty_t qty = within(leg->held_qty);

    if (qty == 0 || desk->instruments->get(desk->host, leg->instrument, &instrument) < 0)
        return 0;
    qty = whole_lots(qty, &instrument);
    return is_enough(desk, &instrument, qty < 0 ? -qty : qty, px) ? qty : 0;
}

agon_qty_t agon_leg_size(const struct agon_desk *desk, const struct agon_leg *leg, double per_cent,
                         double px)
{
    struct agon_instrument instrument;
    struct agon_position position;
    struct agon_balance balance;
    agon_qty_t qty, most;
    agon_asset_t asset;
    int exp;

    if (!(px > 0) || !(per_cent > 0) ||
        desk->instruments->get(desk->host, leg->instrument, &instrument) < 0 ||
        !is_tradable(&instrument))
        return 0;
    asset = has_coins(&instrument) ? instrument.quote : instrument.settle;
    // Each venue has an account of its own, and a position tells on which it is.
    if (desk->account->position(desk->host, 0, leg->instrument, &position) < 0 ||
        desk->account->balance(desk->host, position.account, asset, &balance) < 0 ||
        desk->instruments->asset(desk->host, asset, NULL, &exp) < 0)
        return 0;
    qty = agon_floor_to(agon_to_double(balance.free_amt, exp) * per_cent / 100.0 /
                            unit_value(&instrument, px),
                        instrument.lot_qty);
    most = desk->account->limit(desk->host, 0, leg->instrument);
    if (most >= 0 && qty > most)
        qty = agon_floor_to((double)most, instrument.lot_qty);
    return is_enough(desk, &instrument, qty, px) ? qty : 0;
}

double agon_leg_units(const struct agon_desk *desk, const struct agon_leg *leg, agon_qty_t qty)
{
    struct agon_instrument instrument;

    if (desk->instruments->get(desk->host, leg->instrument, &instrument) < 0)
        return 0;
    return (double)qty * unit_value(&instrument, (double)agon_pow10(instrument.px_exp));
}

agon_qty_t agon_leg_qty(const struct agon_desk *desk, const struct agon_leg *leg, double units)
{
    struct agon_instrument instrument;
    double unit;

    if (desk->instruments->get(desk->host, leg->instrument, &instrument) < 0)
        return 0;
    unit = unit_value(&instrument, (double)agon_pow10(instrument.px_exp));
    return unit > 0 ? within(agon_round_to(units / unit, instrument.lot_qty)) : 0;
}

int agon_leg_go(const struct agon_desk *desk, struct agon_leg *leg, agon_qty_t target_qty,
                double px, uint16_t reason, agon_ns_t t)
{
    struct agon_instrument instrument;
    struct agon_intent intent = {0};
    agon_qty_t held = within(leg->held_qty), qty;
    int is_less;

    if (!agon_leg_is_free(desk, leg, t))
        return AGON_EAGAIN;
    if (desk->instruments->get(desk->host, leg->instrument, &instrument) < 0)
        return AGON_ENOENT;
    if (!is_tradable(&instrument))
        return AGON_ENOTSUP;
    target_qty = has_coins(&instrument) && target_qty < 0 ? 0 : within(target_qty);
    qty = whole_lots(target_qty - held, &instrument);
    intent.side = qty > 0 ? AGON_BUY : AGON_SELL;
    qty = qty < 0 ? -qty : qty;
    if (instrument.max_qty > 0 && qty > instrument.max_qty)
        qty = whole_lots(instrument.max_qty, &instrument);
    if (!is_enough(desk, &instrument, qty, px))
        return 0;
    is_less = held > 0 ? target_qty >= 0 && target_qty < held
                       : held < 0 && target_qty <= 0 && target_qty > held;
    intent.kind = AGON_INTENT_ORDER;
    intent.type = AGON_MARKET;
    intent.flags = !has_coins(&instrument) && is_less ? AGON_REDUCE_ONLY : 0;
    intent.instrument = leg->instrument;
    intent.reason = reason;
    intent.client_ref = leg->last_ref + 1;
    intent.qty = qty;
    if (desk->orders->submit(desk->host, &intent, 1) < 0)
        return AGON_EAGAIN;
    leg->working_ref = ++leg->last_ref;
    leg->t_working = t;
    return 1;
}

/* Not so far off that a span added to it could overflow. */
static int is_time(agon_ns_t t)
{
    return t >= 0 && t < INT64_MAX / 2;
}

int agon_leg_check(const struct agon_leg *leg)
{
    return leg->entry_px >= 0 && leg->entry_px <= 1e19 && leg->gate.is_closed <= 1 &&
                   leg->must_clear <= 1 && is_time(leg->t_working) && is_time(leg->t_rest)
               ? AGON_OK
               : AGON_ECORRUPT;
}
