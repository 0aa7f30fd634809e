// SPDX-License-Identifier: Apache-2.0
#include "engine/along.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/hot.h"
#include "engine/impl.h"
#include "market/instrument_kind.h"

struct image { /* of one slot on one instrument */
    agon_instrument_t instrument;
    uint16_t slot;
    agon_ns_t t_end;
    uint32_t n_exits;
    struct position pos;
    num128_t cash; /* that fills brought, in the unit of the instrument */
    agon_px_t entry_px;
    agon_amt_t rest_amt, rest_all_amt; /* equity without the position */
    struct risk_slot risk, all;
    struct risk_losses losses, losses_all;
    struct exit_plan exits[AGON_EXITS_MAX]; /* of more than n_exits nothing is read */
};
struct along {
    struct engine *engine; /* borrowed */
    struct driver *driver; /* borrowed */
    uint64_t next_mark;    /* between begin and end: the driver's */
    struct inside_host host;
    struct image image, fresh;
    struct ends {      /* looked at last; of the bar that is being told */
        uint16_t slot; /* SLOTS_MAX: of none */
        agon_amt_t most_amt, least_amt;
    } ends;
    int walks_all;
};

#define LOST 1 /* some reason: which does not matter to an image */

// --- the image ---

static const struct agon_instrument *def_of(const struct along *along)
{
    return instruments_get(&along->engine->table, along->image.instrument);
}

static agon_asset_t unit_of(const struct agon_instrument *def)
{
    return instrument_kind_unit(def);
}

static agon_amt_t worth_at(const struct along *along, agon_px_t px)
{
    return exposure_worth(along->engine, &along->image.pos, px);
}

// Where the position is worth that.
static agon_amt_t equity_of(const struct along *along, agon_amt_t rest_amt, agon_amt_t worth_amt)
{
    const struct image *image = &along->image;
    agon_amt_t cash_amt = image->cash > NUM_MAX   ? NUM_MAX
                          : image->cash < NUM_MIN ? NUM_MIN
                                                  : (agon_amt_t)image->cash;

    if (cash_amt != 0)
        (void)value_of(along->engine, unit_of(def_of(along)), cash_amt, NUM_DOWN, &cash_amt);
    return num_add(num_add(rest_amt, worth_amt), cash_amt);
}

/* Is a limit of the slot reached where its position is worth that, or one of all slots? The image's
 * own gates are marked by it where mark is set. Returns the on_breach that says what follows; -1:
 * none is. */
static int breach_of(struct along *along, agon_amt_t worth_amt, int is_marked)
{
    struct image *image = &along->image;
    const struct engine *engine = along->engine;
    struct risk_slot risk = image->risk;
    struct risk_slot all = image->all;
    int what = -1;

    if (risk_mark(&risk, equity_of(along, image->rest_amt, worth_amt), engine->t, &image->losses) !=
        REASON_NONE)
        what = (int)engine->slots.all[image->slot].limits.on_breach;
    if (engine->exposure->n_unknown_all == 0 &&
        risk_mark(&all, equity_of(along, image->rest_all_amt, worth_amt), engine->t,
                  &image->losses_all) != REASON_NONE &&
        what != ON_BREACH_CLOSE)
        what = (int)engine->portfolio_limits.on_breach;
    if (is_marked) {
        image->risk = risk;
        image->all = all;
    }
    return what;
}

static int breach(struct along *along, agon_px_t px, int is_marked)
{
    return breach_of(along, worth_at(along, px), is_marked);
}

static agon_qty_t held_qty(const struct along *along, const struct exit_plan *exit)
{
    const struct agon_instrument *def = def_of(along);
    agon_qty_t qty = exit->plan.side == AGON_BUY ? along->image.pos.qty : -along->image.pos.qty;
    agon_qty_t lots_qty = qty > 0 ? num_to_step(qty, def->lot_qty, NUM_ZERO) : 0;

    return lots_qty == 0 || lots_qty < def->min_qty ? 0 : qty;
}

static void book(struct along *along, const struct inside_terms *terms, uint8_t side, agon_px_t px,
                 agon_qty_t qty, int is_maker)
{
    const struct agon_instrument *def = def_of(along);
    const struct instruments *table = &along->engine->table;
    struct position *pos = &along->image.pos;
    agon_qty_t change_qty = side == AGON_BUY ? qty : -qty;
    agon_qty_t after_qty = num_add(pos->qty, change_qty);
    agon_amt_t amt = instruments_notional(table, def, px, qty, NUM_EVEN);
    agon_amt_t signed_amt = side == AGON_BUY ? amt : -amt;

    if ((pos->qty < 0) != (after_qty < 0) || pos->qty == 0)
        along->image.entry_px = px;
    else if (num_abs(after_qty) > num_abs(pos->qty))
        along->image.entry_px =
            num_add(along->image.entry_px,
                    num_mul_div(px - along->image.entry_px, qty, num_abs(after_qty), NUM_EVEN));
    pos->qty = after_qty;
    if (instrument_kind_has_coins(def->kind)) {
        pos->held_amt =
            num_add(pos->held_amt, num_rescale(change_qty, def->qty_exp,
                                               instruments_asset(table, def->base)->exp, NUM_ZERO));
        along->image.cash -= signed_amt;
    } else {
        pos->held_amt = after_qty;
        pos->cost_amt = num_add(pos->cost_amt, signed_amt);
    }
    along->image.cash -=
        num_mul_div(amt, is_maker ? terms->maker_ppb : terms->taker_ppb, 1000000000, NUM_UP);
}

// Ends the slot's orders of one side; 0: of both.
static void cancel(struct inside_path *way, uint8_t side)
{
    for (uint32_t at = 0; at < way->n; at++) {
        if (side == 0 || way->orders[at].side == side)
            inside_cancel(way, at);
    }
}

static agon_qty_t promised_qty(const struct inside_path *way, uint8_t side)
{
    agon_qty_t qty = 0;

    for (uint32_t at = 0; at < way->n; at++) {
        if (!way->orders[at].is_gone && way->orders[at].side == side)
            qty = num_add(qty, way->orders[at].rest_qty);
    }
    return qty;
}

static agon_qty_t take_off(struct along *along, struct inside_path *way, agon_px_t px,
                           agon_qty_t qty)
{
    const struct agon_instrument *def = def_of(along);
    uint8_t side = along->image.pos.qty > 0 ? AGON_SELL : AGON_BUY;

    if (qty > num_abs(along->image.pos.qty))
        qty = num_abs(along->image.pos.qty);
    qty = num_to_step(qty, def->lot_qty, NUM_ZERO);
    if (qty == 0 || qty < def->min_qty)
        return 0;
    book(along, way->terms, side, inside_take(way, side, px, qty), qty, 0);
    return qty;
}

static void hold(struct along *along, agon_px_t px)
{
    struct image *image = &along->image;

    for (uint32_t i = 0; i < image->n_exits; i++) {
        struct exit_plan *exit = &image->exits[i];

        if (exit->id == 0)
            continue;
        switch (exit_hold(exit, held_qty(along, exit))) {
        case EXIT_ARMS:
            (void)exit_look(exit, px, image->entry_px, along->engine->t);
            break;
        case EXIT_OVER:
            exit->id = 0;
            break;
        default:
            break;
        }
    }
}

static void fire(struct along *along, struct inside_path *way, struct exit_plan *exit, agon_px_t px)
{
    agon_px_t due_px;
    uint8_t take, cause = exit_due(exit, along->engine->t, &take, &due_px);
    uint8_t way_out = exit->plan.side == AGON_BUY ? AGON_SELL : AGON_BUY;
    agon_qty_t want_qty, qty;

    exit_fire(exit, cause, take);
    want_qty = exit_wants(exit);
    if (exit->is_all && exit->plan.qty == 0)
        cancel(way, 0);
    else if (num_add(num_abs(along->image.pos.qty), -promised_qty(way, way_out)) < want_qty)
        cancel(way, way_out);
    qty = take_off(along, way, px, want_qty);
    exit_filled(exit, qty);
    if (qty == 0)
        exit_forgo(exit);
    hold(along, px);
}

// What is due is closed, until nothing is.
static void fire_all(struct along *along, struct inside_path *way, agon_px_t px)
{
    struct image *image = &along->image;

    for (uint32_t i = 0; i < image->n_exits; i++) {
        struct exit_plan *exit = &image->exits[i];

        if (exit->id == 0 || (exit->due_cause == 0 && exit->due_takes == 0))
            continue;
        fire(along, way, exit, px);
        i = UINT32_MAX; // from the first again: what was closed may have ended others
    }
}

static void mark(struct along *along, struct inside_path *way, agon_px_t px)
{
    int what = breach(along, px, 1);

    if (what == ON_BREACH_CLOSE || what == ON_BREACH_CANCEL)
        cancel(way, 0);
    if (what != ON_BREACH_CLOSE)
        return;
    (void)take_off(along, way, px, num_abs(along->image.pos.qty));
    hold(along, px);
}

static void look(struct along *along, struct inside_path *way, agon_px_t px)
{
    struct image *image = &along->image;

    for (uint32_t i = 0; i < image->n_exits; i++) {
        if (image->exits[i].id != 0)
            (void)exit_look(&image->exits[i], px, image->entry_px, along->engine->t);
    }
    mark(along, way, px);
    fire_all(along, way, px);
}

static void on_at(void *ctx, struct inside_path *way, agon_px_t px)
{
    look(ctx, way, px);
}

static void on_filled(void *ctx, struct inside_path *way, uint8_t side, agon_px_t px,
                      agon_qty_t qty, agon_px_t now_px, int is_maker)
{
    struct along *along = ctx;

    book(along, way->terms, side, px, qty, is_maker);
    hold(along, now_px);
    look(along, way, now_px);
}

static void on_over(void *ctx, struct inside_path *way, agon_px_t px)
{
    struct along *along = ctx;
    struct image *image = &along->image;

    for (uint32_t i = 0; i < image->n_exits; i++) {
        if (image->exits[i].id != 0)
            (void)exit_time(&image->exits[i], image->t_end, px, along->engine->t);
    }
    fire_all(along, way, px);
}

// The first price from a on, which is within the limits, to b, at which one is reached.
static agon_px_t find_breach(struct along *along, agon_px_t a, agon_px_t b)
{
    if (along->image.pos.qty == 0 || a == b || breach(along, b, 0) < 0)
        return 0;
    while (num_abs(b - a) > 1) {
        agon_px_t mid = a + (b - a) / 2;

        if (breach(along, mid, 0) < 0)
            a = mid;
        else
            b = mid;
    }
    return b;
}

static agon_px_t on_next(void *ctx, agon_px_t a, agon_px_t b)
{
    struct along *along = ctx;
    const struct image *image = &along->image;
    agon_px_t next_px = find_breach(along, a, b);

    for (uint32_t i = 0; i < image->n_exits; i++) {
        agon_px_t px = image->exits[i].id != 0 ? exit_reach(&image->exits[i], a, b) : 0;

        if (px != 0 && (next_px == 0 || num_abs(px - a) < num_abs(next_px - a)))
            next_px = px;
    }
    return next_px;
}

static void load(struct along *along, uint16_t slot, agon_instrument_t instrument)
{
    const struct engine *engine = along->engine;
    const struct slot_limits *limits = &engine->slots.all[slot].limits;
    const struct portfolio_limits *all = &engine->portfolio_limits;
    const struct position *pos = ledger_position(engine->ledger, slot, instrument, 0);
    struct image *image = &along->image;
    agon_amt_t worth_amt;

    memset(image, 0, offsetof(struct image, exits));
    image->slot = slot;
    image->instrument = instrument;
    if (pos != NULL)
        image->pos = *pos;
    image->pos.instrument = instrument;
    for (uint32_t at = 0; at < AGON_EXITS_MAX; at++) {
        const struct exit_plan *exit = &engine->exits[slot][at];

        if (exit->id != 0 && exit->plan.instrument == instrument && !exit->is_young &&
            exit->plan.watch != AGON_EXIT_MARK)
            image->exits[image->n_exits++] = *exit;
    }
    image->entry_px = exits_entry_px(engine, slot, instrument);
    worth_amt = exposure_worth_now(engine, slot, instrument);
    image->rest_amt = num_add(exposure_equity(engine, slot), -worth_amt);
    image->rest_all_amt = num_add(exposure_equity_all(engine), -worth_amt);
    image->risk = engine->risk[slot];
    image->all = engine->portfolio;
    image->losses = (struct risk_losses){.daily_loss_amt = limits->daily_loss_amt,
                                         .drawdown_ppm = limits->drawdown_ppm,
                                         .daily_reason = LOST,
                                         .drawdown_reason = LOST};
    image->losses_all = (struct risk_losses){.daily_loss_amt = all->daily_loss_amt,
                                             .drawdown_ppm = all->drawdown_ppm,
                                             .floor_amt = all->equity_amt,
                                             .daily_reason = LOST,
                                             .drawdown_reason = LOST,
                                             .floor_reason = LOST};
}

static void copy(struct image *to, const struct image *from)
{
    memcpy(to, from, offsetof(struct image, exits) + from->n_exits * sizeof(from->exits[0]));
}

// --- what the venue asks ---

struct along *along_new(struct engine *engine, struct driver *driver)
{
    struct along *along = calloc(1, sizeof(*along));

    if (along == NULL)
        return NULL;
    along->engine = engine;
    along->driver = driver;
    along->ends.slot = SLOTS_MAX;
    along->host = (struct inside_host){
        .ctx = along, .at = on_at, .next = on_next, .filled = on_filled, .over = on_over};
    return along;
}

void along_free(struct along *along)
{
    free(along);
}

static int has_plan(const struct engine *engine, uint16_t slot, agon_instrument_t instrument)
{
    if (!slot_set_has(&engine->markets[instrument].exits, slot))
        return 0;
    for (uint32_t at = 0; at < AGON_EXITS_MAX; at++) {
        const struct exit_plan *exit = &engine->exits[slot][at];

        if (exit->id != 0 && exit->plan.instrument == instrument && !exit->is_young)
            return 1;
    }
    return 0;
}

// Also one that begins to count behind the bar.
static int has_exit(const struct engine *engine, uint16_t slot, agon_instrument_t instrument)
{
    if (!slot_set_has(&engine->markets[instrument].exits, slot))
        return 0;
    for (uint32_t at = 0; at < AGON_EXITS_MAX; at++) {
        if (engine->exits[slot][at].id != 0 &&
            engine->exits[slot][at].plan.instrument == instrument)
            return 1;
    }
    return 0;
}

// Who holds nothing there, not even an open order, is none of them.
static inline int may_act(const struct engine *engine, uint16_t slot, agon_instrument_t instrument)
{
    const struct position *pos = ledger_position(engine->ledger, slot, instrument, 0);

    return engine->slots.all[slot].is_used && pos != NULL &&
           (pos->qty != 0 || pos->working_buy_qty != 0 || pos->working_sell_qty != 0) &&
           (exposure_judges_loss(engine, &engine->slots.all[slot]) ||
            has_plan(engine, slot, instrument));
}

int along_has_slots(const struct along *along, agon_instrument_t instrument)
{
    const struct engine *engine = along->engine;
    const struct slot_set *held =
        &engine->exposure->holders[instrument <= INSTRUMENTS_MAX ? instrument : 0];

    if (slot_set_is_empty(held) || engine->markets[instrument].is_bars != STEP_PATHS)
        return 0;
    for (uint64_t words = held->words; words != 0; words &= words - 1) {
        uint32_t word = (uint32_t)__builtin_ctzll(words);

        for (uint64_t bits = held->bits[word]; bits != 0; bits &= bits - 1) {
            if (may_act(engine, (uint16_t)(word * 64 + (uint32_t)__builtin_ctzll(bits)),
                        instrument))
                return 1;
        }
    }
    return 0;
}

struct slot_set along_slots(const struct along *along, agon_instrument_t instrument)
{
    const struct engine *engine = along->engine;
    struct slot_set slots = {0}, held;
    uint16_t slot;

    if (instrument > INSTRUMENTS_MAX || engine->markets[instrument].is_bars != STEP_PATHS)
        return slots;
    held = engine->exposure->holders[instrument];
    while (slot_set_take(&held, &slot)) {
        if (may_act(engine, slot, instrument))
            slot_set_add(&slots, slot);
    }
    return slots;
}

const struct inside_host *along_image(struct along *along, uint16_t slot,
                                      agon_instrument_t instrument, agon_ns_t t_end)
{
    load(along, slot, instrument);
    along->image.t_end = t_end;
    copy(&along->fresh, &along->image);
    return &along->host;
}

void along_again(void *host)
{
    struct along *along = host;

    copy(&along->image, &along->fresh);
}

void along_walk_all(struct along *along)
{
    along->walks_all = 1;
}

/* What the slot's position is worth at either end of the bar. */
static void look_at_ends(struct along *along, uint16_t slot, const struct agon_bar *bar)
{
    const struct engine *engine = along->engine;
    const struct position *pos = ledger_position(engine->ledger, slot, bar->hdr.instrument, 0);
    struct ends *ends = &along->ends;
    agon_amt_t high_amt, low_amt;

    REQUIRE(pos != NULL); // of along_slots
    high_amt = exposure_worth(engine, pos, bar->high_px);
    low_amt = exposure_worth(engine, pos, bar->low_px);
    ends->slot = slot;
    ends->most_amt = high_amt > low_amt ? high_amt : low_amt;
    ends->least_amt = high_amt > low_amt ? low_amt : high_amt;
}

/* Nothing trades on the way, so that the slot is worth most at one end of the bar and least at the
 * other; the highest that a fall counts from is no higher than where it stood or that most. Limits
 * that the least does not reach, once the most has been, are reached on neither path. */
int along_is_idle(struct along *along, uint16_t slot, const struct agon_bar *bar, int is_alone)
{
    agon_instrument_t id = bar->hdr.instrument;
    const struct engine *engine = along->engine;
    const struct slot_limits *limits = &engine->slots.all[slot].limits;
    const struct portfolio_limits *all = &engine->portfolio_limits;
    const struct risk_losses losses = {.daily_loss_amt = limits->daily_loss_amt,
                                       .drawdown_ppm = limits->drawdown_ppm};
    const struct risk_losses losses_all = {.daily_loss_amt = all->daily_loss_amt,
                                           .drawdown_ppm = all->drawdown_ppm,
                                           .floor_amt = all->equity_amt};
    struct ends *ends = &along->ends;
    agon_amt_t now_amt, rest_amt, rest_all_amt;

    if (along->walks_all || has_exit(engine, slot, id) ||
        (!is_alone && exposure_judges_all(engine)))
        return 0;
    look_at_ends(along, slot, bar);
    now_amt = exposure_worth_now(engine, slot, id);
    rest_amt = num_add(exposure_equity(engine, slot), -now_amt);
    rest_all_amt = num_add(exposure_equity_all(engine), -now_amt);
    return risk_is_clear(&engine->risk[slot], num_add(rest_amt, ends->most_amt),
                         num_add(rest_amt, ends->least_amt), &losses) &&
           (engine->exposure->n_unknown_all != 0 ||
            risk_is_clear(&engine->portfolio, num_add(rest_all_amt, ends->most_amt),
                          num_add(rest_all_amt, ends->least_amt), &losses_all));
}

static int has_orders(const struct engine *engine)
{
    for (uint16_t slot = 0; slot < engine->slots.n; slot++) {
        if (orders_count(engine->orders, slot) != 0)
            return 1;
    }
    return 0;
}

/* With the price of the bar at which it is worth least, does its slot bear what its open orders may
 * lose? Then none of them is cancelled on the way. */
static int bears_orders(struct along *along, uint16_t slot, agon_amt_t now_amt)
{
    const struct engine *engine = along->engine;
    const struct slot *at = &engine->slots.all[slot];
    const struct risk_losses losses = exposure_losses(&at->limits);
    agon_amt_t rest_amt = num_add(exposure_equity(engine, slot), -now_amt);
    agon_amt_t loss_amt;

    if (losses.daily_loss_amt <= 0 && losses.drawdown_ppm == 0)
        return 1;
    loss_amt = exposure_open_loss(engine, at);
    return risk_is_clear(&engine->risk[slot], num_add(rest_amt, along->ends.most_amt),
                         num_add(num_add(rest_amt, along->ends.least_amt), -loss_amt), &losses);
}

/* What prices leave behind is the highest that a slot, or all of them, were worth. */
int along_is_silent(struct along *along, struct slot_set slots, const struct agon_bar *bar)
{
    agon_instrument_t id = bar->hdr.instrument;
    const struct engine *engine = along->engine;
    num128_t all = exposure_equity_all(engine);
    uint16_t slot;

    if (exposure_judges_all(engine) && has_orders(engine))
        return 0;
    while (slot_set_take(&slots, &slot)) {
        const struct position *pos = ledger_position(engine->ledger, slot, id, 0);
        agon_amt_t now_amt = exposure_worth_now(engine, slot, id);
        agon_amt_t most_amt;

        if (pos == NULL)
            return 0;
        if (along->ends.slot != slot)
            look_at_ends(along, slot, bar);
        if (orders_count(engine->orders, slot) != 0 && !bears_orders(along, slot, now_amt))
            return 0;
        most_amt = along->ends.most_amt;
        if (num_add(num_add(exposure_equity(engine, slot), -now_amt), most_amt) >
            engine->risk[slot].equity_high_amt)
            return 0;
        // Others may be at their most while this one is at the least that it was.
        if (most_amt > now_amt)
            all += (num128_t)most_amt - now_amt;
    }
    return all <= engine->portfolio.equity_high_amt;
}

int along_is_passed(struct along *along, const struct agon_bar *bar, agon_ns_t t, agon_ns_t t_bar,
                    const struct slot_set *slots)
{
    agon_instrument_t id = bar->hdr.instrument;
    struct slot_set left = along->engine->exposure->holders[id <= INSTRUMENTS_MAX ? id : 0];
    uint16_t slot;
    int n = 0;

    // By its end all are judged, also who has less of the coins than a lot; and plans of whoever
    // holds nothing here hear of it.
    if (along->walks_all || !engine_may_pass(along->engine, t, t_bar) ||
        !slot_set_is_empty(&along->engine->markets[id].exits))
        return 0;
    along->ends.slot = SLOTS_MAX;
    while (slot_set_take(&left, &slot)) {
        if (!along_is_idle(along, slot, bar, n == 0 && slot_set_is_empty(&left)))
            return 0;
        n++;
    }
    if (!along_is_silent(along, *slots, bar))
        return 0;
    if (n == 1)
        exposure_note_calm(along->engine, bar, 1);
    return 1;
}

HOT int along_is_calm(struct along *along, const struct agon_bar *bar, agon_ns_t t, agon_ns_t t_bar,
                      uint64_t *slots)
{
    const struct exposure_calm *calm = &along->engine->exposure->calm;

    *slots = (uint64_t)calm->is_along << calm->slot % 64;
    if (calm->instrument == bar->hdr.instrument && bar->low_px >= calm->low_px &&
        bar->high_px <= calm->high_px)
        return !calm->is_along || engine_may_pass(along->engine, t, t_bar);
    if (along_has_slots(along, bar->hdr.instrument))
        return 0;
    *slots = 0;
    if (!along->walks_all && calm->instrument == 0)
        exposure_note_calm(along->engine, bar, 0);
    return 1;
}

agon_px_t along_next(struct along *along, uint16_t slot, agon_instrument_t instrument, agon_px_t a,
                     agon_px_t b)
{
    load(along, slot, instrument);
    return on_next(along, a, b);
}

void along_begin(struct along *along)
{
    along->ends.slot = SLOTS_MAX;
    along->next_mark = along->driver->next_mark;
    along->driver->next_mark = UINT64_MAX;
}

int along_step(struct along *along, struct agon_event_hdr *event)
{
    return driver_step(along->driver, event);
}

int along_due(struct along *along)
{
    int rc = AGON_OK;

    while (rc >= 0 && along->engine->exits_due <= along->engine->t)
        rc = driver_due(along->driver, along->engine->t);
    return rc;
}

void along_end(struct along *along)
{
    along->driver->next_mark = along->next_mark;
}

int along_is_unwanted(const struct along *along, uint64_t order_id)
{
    const struct order *order = orders_find(along->engine->orders, order_id);

    return order != NULL && !order_is_final(order) && (order->flags & ORDER_CANCEL_WANTED) != 0;
}
