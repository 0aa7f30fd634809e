// SPDX-License-Identifier: Apache-2.0
/* open_loss: what is asked of exposure: where a position is, whether it is priced, which losses are
 * judged. And what open orders stand to lose at once, each filled at the worst price that it can
 * be: kept up with each order, and worked out anew where a price or a value moved what one of them
 * stands for. */
#include "base/error.h"
#include "base/hot.h"
#include "engine/exposure.h"
#include "engine/impl.h"
#include "market/instrument_kind.h"
#include "market/order_type.h"

// Every term is at least 0: what does not fit stands at the edge, as a sum that saturates would.
static agon_amt_t fit(num128_t sum)
{
    REQUIRE(sum >= 0);
    return sum > NUM_MAX ? NUM_MAX : (agon_amt_t)sum;
}

// The place of the slot's position there.
uint32_t exposure_place(const struct engine *engine, uint16_t slot, agon_instrument_t instrument)
{
    uint32_t n, place = engine->exposure->places[instrument][slot];
    const struct position *all;

    if (place != 0) {
        REQUIRE(ledger_position_at(engine->ledger, slot, place - 1)->instrument == instrument);
        return place - 1;
    }
    all = ledger_positions(engine->ledger, slot, &n);
    for (place = 0; place < n; place++) {
        if (all[place].instrument == instrument)
            return place;
    }
    return EXPOSURE_NO_PLACE;
}

int exposure_is_priced(const struct engine *engine, const struct slot *slot)
{
    if (engine->exposure->n_unknown[slot->id] != 0)
        return 0;
    for (uint32_t held = engine->exposure->held[slot->id]; held != 0; held &= held - 1) {
        const struct position *pos =
            ledger_position_at(engine->ledger, slot->id, (uint32_t)__builtin_ctz(held));

        if (!market_is_priced(engine, pos->instrument,
                              (agon_ns_t)slot->limits.book_age_ms * 1000000))
            return 0;
    }
    return 1;
}

static int has_loss_limits(const struct portfolio_limits *limits)
{
    return limits->daily_loss_amt > 0 || limits->drawdown_ppm > 0 || limits->equity_amt > 0;
}

int exposure_judges_loss_all(const struct engine *engine)
{
    return has_loss_limits(&engine->portfolio_limits);
}

int exposure_judges_loss(const struct engine *engine, const struct slot *slot)
{
    return slot->limits.daily_loss_amt > 0 || slot->limits.drawdown_ppm > 0 ||
           has_loss_limits(&engine->portfolio_limits);
}

int exposure_adds_up(const struct engine *engine)
{
    num128_t sum = 0;

    for (uint16_t slot = 0; slot < engine->slots.n; slot++)
        sum += engine->exposure->equity[slot];
    return sum == engine->exposure->total;
}

/* Nobody knows the slot's sum until somebody asks. */
static void forget(struct exposure *exposure, uint16_t slot)
{
    struct exposure_open *open = &exposure->open[slot];

    if (open->is_unknown)
        return;
    exposure->open_loss -= open->loss;
    open->loss = 0;
    open->is_unknown = 1;
    slot_set_add(&exposure->open_unknown, slot);
}

void exposure_open_forget(struct engine *engine, uint16_t slot)
{
    forget(engine->exposure, slot);
}

void exposure_open_valued(struct engine *engine, uint16_t slot)
{
    if (engine->exposure->open[slot].is_valued)
        forget(engine->exposure, slot);
}

void exposure_open_vacate(struct engine *engine, uint16_t slot)
{
    struct exposure *exposure = engine->exposure;

    REQUIRE(orders_count(engine->orders, slot) == 0);
    forget(exposure, slot);
    exposure->open[slot] = (struct exposure_open){0};
    slot_set_remove(&exposure->open_unknown, slot);
}

static int64_t key_of(uint8_t side, agon_px_t px)
{
    return side == AGON_BUY ? px : INT64_MAX - px;
}

static void reach_to(struct exposure_side *side, int64_t key)
{
    uint32_t at = 0;

    if (key <= side->rest)
        return;
    while (at < EXPOSURE_FURTHEST && side->n[at] > 0 && side->key[at] > key)
        at++;
    if (at == EXPOSURE_FURTHEST) {
        side->rest = key;
        return;
    }
    if (side->n[at] > 0 && side->key[at] == key) {
        side->n[at]++;
        return;
    }
    if (side->n[EXPOSURE_FURTHEST - 1] > 0)
        side->rest = side->key[EXPOSURE_FURTHEST - 1];
    // Written so that a few moves are no call of memmove.
    for (uint32_t i = EXPOSURE_FURTHEST - 1; i > 0; i--) {
        side->key[i] = i > at ? side->key[i - 1] : side->key[i];
        side->n[i] = i > at ? side->n[i - 1] : side->n[i];
    }
    side->key[at] = key;
    side->n[at] = 1;
}

static void reach_no_more(struct exposure_side *side, int64_t key)
{
    uint32_t at = 0;

    if (key <= side->rest)
        return; // it was one of the others
    while (at < EXPOSURE_FURTHEST - 1 && side->key[at] != key)
        at++;
    REQUIRE(side->key[at] == key && side->n[at] > 0);
    if (--side->n[at] > 0)
        return;
    for (; at < EXPOSURE_FURTHEST - 1; at++) {
        side->key[at] = side->key[at + 1];
        side->n[at] = side->n[at + 1];
    }
    side->key[at] = 0;
    side->n[at] = 0;
}

static struct exposure_side *side_of(const struct engine *engine, const struct order *order,
                                     struct exposure_open *open)
{
    uint32_t place = engine->exposure->places[order->instrument][order->slot];

    // Counted with the first order there, or not yet.
    place = place != 0 ? place - 1 : exposure_place(engine, order->slot, order->instrument);
    REQUIRE(place < LEDGER_POSITIONS); // it holds something back there
    open->n_places = place < open->n_places ? open->n_places : (uint8_t)(place + 1);
    return order->side == AGON_BUY ? &open->buys[place] : &open->sells[place];
}

HOT agon_amt_t exposure_order_loss(const struct engine *engine,
                                   const struct agon_instrument *instrument, uint8_t side,
                                   agon_px_t px, agon_qty_t qty, agon_amt_t worth_amt)
{
    const struct market *market = &engine->markets[instrument->hdr.instrument];
    agon_px_t worth_px = side == AGON_BUY ? market->long_px : market->short_px;
    agon_px_t off_px = side == AGON_BUY ? num_add(px, -worth_px) : num_add(worth_px, -px);
    agon_amt_t amt = 0;
    uint32_t is_unknown = 0;

    if (qty <= 0 || px <= 0)
        return 0;
    if (worth_px > 0 && off_px > 0)
        amt = instruments_worth(&engine->table, instrument, off_px, qty, NUM_UP);
    amt = num_add(amt, instruments_fee(instrument, worth_amt));
    if (instrument_kind_unit(instrument) == engine->table.base_currency)
        return amt;
    return exposure_in_base(engine, instrument_kind_unit(instrument), amt, &is_unknown);
}

/* What the order counts for now. One that waits for its trigger fills where the position has lost
 * as much already; one that has ended and waits for its fills alone is in no list of open ones. */
static agon_amt_t look_at(const struct engine *engine, struct order *order,
                          struct exposure_open *open)
{
    const struct agon_instrument *instrument = instruments_get(&engine->table, order->instrument);
    agon_px_t px;

    order->open_px = 0;
    if (order->is_settled || order_type_is_stop(order->type) || order->held_back_qty <= 0)
        return 0;
    px = intents_reach_px(order);
    if (px <= 0)
        return 0;
    reach_to(side_of(engine, order, open), key_of(order->side, px));
    order->open_px = px;
    open->is_valued |= instrument_kind_unit(instrument) != engine->table.base_currency;
    return exposure_order_loss(
        engine, instrument, order->side, px, order->held_back_qty,
        instruments_worth(&engine->table, instrument, px, order->held_back_qty, NUM_UP));
}

HOT void exposure_order(struct engine *engine, struct order *order)
{
    struct exposure *exposure = engine->exposure;
    struct exposure_open *open = &exposure->open[order->slot];
    agon_amt_t before_amt = order->open_loss_amt;
    agon_px_t before_px = order->open_px;

    order->open_loss_amt = 0;
    order->open_px = 0;
    if (open->is_unknown)
        return;
    if (before_px > 0)
        reach_no_more(side_of(engine, order, open), key_of(order->side, before_px));
    // Where nobody will ask it is not worked out.
    if (exposure_judges_loss(engine, &engine->slots.all[order->slot]))
        order->open_loss_amt = look_at(engine, order, open);
    else
        open->is_valued = 1;
    // What is valued by another price is valued with all that it stands beside.
    if (open->is_valued) {
        forget(exposure, order->slot);
        return;
    }
    open->loss += (num128_t)order->open_loss_amt - before_amt;
    exposure->open_loss += (num128_t)order->open_loss_amt - before_amt;
}

static __attribute__((noinline)) void work_out(const struct engine *engine, uint16_t slot)
{
    struct exposure *exposure = engine->exposure;
    struct exposure_open *open = &exposure->open[slot];

    for (uint32_t place = 0; place < open->n_places; place++) {
        open->buys[place] = (struct exposure_side){0};
        open->sells[place] = (struct exposure_side){0};
    }
    open->loss = 0;
    open->n_places = open->is_unknown = open->is_valued = 0;
    for (struct order *order = orders_next(engine->orders, slot, NULL); order != NULL;
         order = orders_next(engine->orders, slot, order)) {
        order->open_loss_amt = look_at(engine, order, open);
        open->loss += order->open_loss_amt;
    }
    exposure->open_loss += open->loss;
    slot_set_remove(&exposure->open_unknown, slot);
}

HOT agon_amt_t exposure_open_loss(const struct engine *engine, const struct slot *slot)
{
    const struct exposure_open *open = &engine->exposure->open[slot->id];

    if (open->is_unknown)
        work_out(engine, slot->id);
    return fit(open->loss);
}

HOT agon_amt_t exposure_open_loss_all(const struct engine *engine)
{
    struct exposure *exposure = engine->exposure;

    if (!exposure_judges_loss_all(engine))
        return 0;
    while (!slot_set_is_empty(&exposure->open_unknown))
        work_out(engine, (uint16_t)slot_set_first(&exposure->open_unknown));
    return fit(exposure->open_loss);
}

struct risk_losses exposure_losses(const struct slot_limits *limits)
{
    return (struct risk_losses){.daily_loss_amt = limits->daily_loss_amt,
                                .drawdown_ppm = limits->drawdown_ppm,
                                .daily_reason = REASON_DAILY_LOSS,
                                .drawdown_reason = REASON_DRAWDOWN};
}

struct risk_losses exposure_losses_all(const struct portfolio_limits *limits)
{
    return (struct risk_losses){.daily_loss_amt = limits->daily_loss_amt,
                                .drawdown_ppm = limits->drawdown_ppm,
                                .floor_amt = limits->equity_amt,
                                .daily_reason = REASON_PORTFOLIO_DAILY_LOSS,
                                .drawdown_reason = REASON_PORTFOLIO_DRAWDOWN,
                                .floor_reason = REASON_PORTFOLIO_EQUITY};
}

/* Not inlined, nor is the next: what is borne is remembered. */
static __attribute__((noinline)) int bears(struct engine *engine, uint16_t slot, num128_t loss)
{
    const struct risk_losses losses = exposure_losses(&engine->slots.all[slot].limits);

    return risk_bears(&engine->risk[slot], loss, &losses);
}

static __attribute__((noinline)) int bears_all(struct engine *engine, num128_t loss)
{
    const struct risk_losses losses = exposure_losses_all(&engine->portfolio_limits);

    return risk_bears(&engine->portfolio, loss, &losses);
}

HOT int exposure_bears(struct engine *engine, uint16_t slot, num128_t loss)
{
    return risk_is_borne(&engine->risk[slot], loss) || bears(engine, slot, loss);
}

HOT int exposure_bears_all(struct engine *engine, num128_t loss)
{
    return risk_is_borne(&engine->portfolio, loss) || bears_all(engine, loss);
}

// Of the slot, and of all. What is not known yet is worked out by who judges.
HOT int exposure_is_judged(struct engine *engine, uint16_t slot)
{
    const struct exposure *exposure = engine->exposure;

    return slot_set_is_empty(&exposure->open_unknown) && exposure->n_unknown_all == 0 &&
           exposure->equity[slot] == engine->risk[slot].equity_amt &&
           exposure->total == engine->portfolio.equity_amt &&
           exposure_bears(engine, slot, exposure->open[slot].loss) &&
           exposure_bears_all(engine, exposure->open_loss);
}
