// SPDX-License-Identifier: Apache-2.0
/* Loss limits, held against the journal: what each slot is worth is worked out anew after each
 * event, from its money, its positions and the host's own books, and from that where its limits
 * stand. Unlike bytes_limits.c, which sees only what the exchange saw, no delay stands between what
 * is judged and what the host knew.
 *
 *   behind a daily loss, a drawdown or the      no order that adds risk is made
 *   portfolio's floor
 *   ... where it is to be closed                a position has an order that closes it
 *   before it, by less than the open orders     no order that adds risk is made, and those that are
 *   could lose, each at its own price, with     open are cancelled
 *   their fees
 *
 * Money, positions and books are judged by others. A position counts at its worse side where a peak
 * or a day begins, and at its better side where a limit is reached: at most, a loss is seen late.
 */
#include <stdlib.h>

#include "base/num.h"
#include "dst/bytes_impl.h"
#include "run/host_impl.h"

#define ALL     BYTES_SLOTS
#define UNIT    100000000ll
#define SLACK   (UNIT / 10)
#define DAY_NS  (86400ll * SECOND)
#define IDLE_NS (8 * SECOND) /* nothing closes, and nothing keeps it from that */
#define DOWN_NS (2 * SECOND) /* between two events: the host was not there */
#define CUT_NS  SECOND       /* a price comes more often, and with it the orders are looked at */
#define NEVER   INT64_MIN    /* a day, or a peak, that is not known: nothing is lost from it */

struct worth {
    int64_t low, high; /* at the worse side of each book, at the better one */
    uint8_t is_known;
};
struct loss { /* of a slot, and of all */
    struct slot_limits limits;
    struct worth worth; /* behind the event before */
    int64_t day, peak;
    uint64_t lost_seq, last_order, last_exit;
    agon_ns_t t_idle, t_uncut; /* t_uncut: open orders could lead beyond it, and stay, since */
    uint8_t is_here, is_lost, is_closing;
    uint8_t is_forgiven; /* an operator resumed it: what it holds on this day may stay */
    uint8_t has_fallen;  /* by the host's own word it reached its drawdown */
};

struct bytes_losses {
    struct bytes *world;
    struct loss all[BYTES_SLOTS + 1];
    agon_ns_t t_last;   /* of the event before */
    struct worth total; /* behind it */
    int64_t day_number;
    uint8_t is_turning; /* the day has turned, and the host has not noticed */
};

static void begin(struct loss *loss, int is_turning)
{
    loss->peak = NEVER;
    loss->day = is_turning ? NEVER : NEVER + 1; // + 1: at the next look
    loss->is_lost = loss->is_closing = loss->is_forgiven = 0;
}

int bytes_losses_new(struct bytes_losses **losses, struct bytes *world)
{
    *losses = calloc(1, sizeof(**losses));
    if (*losses == NULL)
        return AGON_ENOMEM;
    (*losses)->world = world;
    begin(&(*losses)->all[ALL], 0);
    return AGON_OK;
}

void bytes_losses_free(struct bytes_losses *losses)
{
    free(losses);
}

/* --- what it is worth --- */

int bytes_best_of(const struct engine *engine, agon_instrument_t id, agon_px_t *bid, agon_px_t *ask)
{
    struct agon_level one, other;

    if (engine_book_state(engine, id) != BOOK_LIVE ||
        book_best(engine_book(engine, id), AGON_BUY, &one) < 0 ||
        book_best(engine_book(engine, id), AGON_SELL, &other) < 0 || one.px <= 0 ||
        other.px <= one.px)
        return 0;
    *bid = one.px;
    *ask = other.px;
    return 1;
}

static int64_t power(int exp)
{
    int64_t value = 1;

    for (; exp > 0; exp--)
        value *= 10;
    return value;
}

/* A coin for its price; a perpetual for what it gained on what it cost. */
static int64_t value_at(const struct bytes *world, const struct position *pos, agon_px_t px)
{
    const struct host_instrument *instrument = &world->instruments[pos->instrument - 1];

    if (instrument->kind == INSTRUMENT_SPOT)
        return num_mul_div(px, pos->held_amt, power(instrument->px_exp), NUM_DOWN);
    return num_mul_div(px, pos->qty * (UNIT / power(instrument->qty_exp)),
                       power(instrument->px_exp), NUM_DOWN) -
           pos->cost_amt;
}

static void add_position(const struct bytes *world, const struct engine *engine,
                         const struct position *pos, struct worth *worth)
{
    agon_px_t low, high, mark = engine_mark_px(engine, pos->instrument);
    int64_t one, other;

    if (!bytes_best_of(engine, pos->instrument, &low, &high)) {
        worth->is_known = 0;
        return;
    }
    low = mark > 0 && mark < low ? mark : low;
    high = mark > high ? mark : high;
    one = value_at(world, pos, low);
    other = value_at(world, pos, high);
    worth->low += one < other ? one : other;
    worth->high += one < other ? other : one;
}

static struct worth worth_of(const struct bytes *world, struct engine *engine, uint16_t slot)
{
    struct ledger *ledger = engine_ledger(engine);
    agon_asset_t usdt = instruments_find_asset(engine_instruments(engine), "USDT");
    struct worth worth = {.is_known = 1};
    uint32_t n;
    const struct position *all = ledger_positions(ledger, slot, &n);

    for (uint32_t account = 0; account < world->swarm.n_venues; account++)
        worth.low += ledger_amt(ledger, (agon_account_t)account, slot, usdt);
    worth.high = worth.low;
    for (uint32_t i = 0; i < n; i++) {
        if (all[i].instrument != 0 && all[i].held_amt != 0)
            add_position(world, engine, &all[i], &worth);
    }
    return worth;
}

/* --- where its limits stand --- */

/* Capital came: what the day and the highest are counted from moves with it, as far as what was
 * there before is known. What goes, with a slot that leaves or by a plan, is the ledger's to say:
 * then nothing is counted until the day turns, and the highest from now on. */
static void shift(struct loss *loss, const struct worth *before, const struct worth *now)
{
    int is_known = before->is_known && now->is_known && now->low >= before->low;

    loss->is_lost = loss->is_closing = loss->is_forgiven = 0;
    if (loss->peak > NEVER + 1)
        loss->peak = is_known ? loss->peak + now->low - before->low : NEVER;
    if (loss->day > NEVER + 1)
        loss->day = is_known ? loss->day + now->low - before->low : NEVER;
}

static void settle(struct loss *loss, const struct worth *worth)
{
    // A day that begins without a live book begins at what the engine last knew.
    if (!worth->is_known && loss->day == NEVER + 1)
        loss->day = NEVER;
    if (!worth->is_known)
        return;
    if (loss->day == NEVER + 1)
        loss->day = worth->low;
    if (worth->low > loss->peak)
        loss->peak = worth->low;
}

static int is_beyond(const struct loss *loss, int64_t worth, int64_t day_amt, uint32_t fall_ppm,
                     int64_t floor)
{
    if (floor != 0 && worth < floor - SLACK)
        return 1;
    if (day_amt != 0 && loss->day > NEVER + 1 && worth < loss->day - day_amt - SLACK)
        return 1;
    return fall_ppm != 0 && loss->peak > NEVER + 1 &&
           worth < loss->peak - num_mul_div(loss->peak, fall_ppm, 1000000, NUM_UP) - SLACK;
}

static void judge(struct bytes *world, struct loss *loss, const struct worth *worth, uint64_t seq,
                  int is_lost, int is_closing)
{
    settle(loss, worth);
    if (!worth->is_known || loss->is_lost || !is_lost)
        return;
    world->result->some[BYTES_SOME_LOST]++;
    loss->is_lost = 1;
    loss->is_closing = is_closing && !loss->is_forgiven;
    loss->lost_seq = seq;
    loss->t_idle = 0;
}

/* --- what follows from it --- */

static int is_lost(const struct bytes_losses *losses, uint16_t slot, uint64_t seq)
{
    return (losses->all[slot].is_lost && losses->all[slot].lost_seq < seq) ||
           (losses->all[ALL].is_lost && losses->all[ALL].lost_seq < seq);
}

/* --- what open orders could lose --- */

/* Filled at its own price, an order has lost what that is worse than what it could be closed at,
 * and its fee, the dearer one. Both are taken as small as they may be. */
static int64_t loss_of(const struct bytes *world, const struct engine *engine,
                       const struct order *order)
{
    const struct host_instrument *instrument = &world->instruments[order->instrument - 1];
    int64_t ppb = instrument->taker_fee_ppb > instrument->maker_fee_ppb ? instrument->taker_fee_ppb
                                                                        : instrument->maker_fee_ppb;
    int64_t one = power(8 - instrument->px_exp - instrument->qty_exp);
    int64_t px = order->type == AGON_MARKET ? order->guard_px : order->px;
    int64_t qty = order->qty, mark = engine_mark_px(engine, order->instrument), off;
    agon_px_t bid, ask;

    if (!bytes_best_of(engine, order->instrument, &bid, &ask))
        return 0;
    if (order->request == AGON_REQUEST_REPLACE) {
        qty = order->new_qty > qty ? order->new_qty : qty;
        if (order->type != AGON_MARKET && (order->new_px > px) == (order->side == AGON_BUY))
            px = order->new_px;
    }
    qty -= order->filled_qty;
    if (px <= 0 || qty <= 0)
        return 0;
    off = order->side == AGON_BUY ? px - (mark > bid ? mark : bid) : (mark < ask ? mark : ask) - px;
    return (off > 0 ? off * qty * one : 0) +
           (ppb > 0 ? num_mul_div(px * qty * one, ppb, 1000000000, NUM_DOWN) : 0);
}

static int64_t open_loss(const struct bytes *world, struct engine *engine, uint16_t slot)
{
    struct orders *orders = engine_orders(engine);
    int64_t amt = 0;

    for (struct order *order = orders_next(orders, slot, NULL); order != NULL;
         order = orders_next(orders, slot, order)) {
        if (order->instrument <= world->n_coins)
            amt += loss_of(world, engine, order);
    }
    return amt;
}

static int has_limit(const struct loss *loss)
{
    return loss->limits.daily_loss_amt != 0 || loss->limits.drawdown_ppm != 0;
}

/* Could its open orders lead beyond its limits? By the price of now, and by what it was worth
 * before this event, which an intent does not change. */
static int could_be_lost(const struct loss *loss, int64_t open_amt)
{
    return loss->worth.is_known && !loss->is_lost && !loss->is_forgiven &&
           is_beyond(loss, loss->worth.high - open_amt, loss->limits.daily_loss_amt,
                     loss->limits.drawdown_ppm, 0);
}

/* A start begins with what is traded, then says that it is one: however short the time was, before
 * that nobody was there. */
static int is_of_start(const struct agon_event_hdr *event)
{
    return event->type == EVENT_START || event->type == AGON_EVENT_INSTRUMENT;
}

/* What stands open and adds risk is cancelled before it fills. */
static void check_cut(struct bytes_losses *losses, struct engine *engine, uint16_t slot,
                      const struct agon_event_hdr *event)
{
    struct loss *loss = &losses->all[slot];
    const struct order *left = NULL;
    struct orders *orders = engine_orders(engine);

    for (struct order *order = orders_next(orders, slot, NULL); order != NULL;
         order = orders_next(orders, slot, order)) {
        if (order->side == AGON_BUY && order->instrument < BYTES_COINS &&
            (order->flags & ORDER_CANCEL_WANTED) == 0 && order->request != AGON_REQUEST_CANCEL)
            left = order;
    }
    if (left == NULL || !has_limit(loss) || loss->limits.on_breach == ON_BREACH_HALT ||
        is_of_start(event) || event->t - losses->t_last > DOWN_NS ||
        !could_be_lost(loss, open_loss(losses->world, engine, slot))) {
        loss->t_uncut = 0;
        return;
    }
    if (loss->t_uncut == 0)
        loss->t_uncut = event->t;
    if (event->t - loss->t_uncut > CUT_NS)
        bytes_fail(losses->world, "inv-10",
                   "event %llu: what slot %u has open could lead it beyond its loss limit, and for "
                   "%.3f s nobody cancels order %llx",
                   (unsigned long long)event->seq, slot, (double)(event->t - loss->t_uncut) / 1e9,
                   (unsigned long long)left->id);
}

/* What adds risk on spot is a buy. */
static void check_orders(struct bytes_losses *losses, struct engine *engine, uint16_t slot,
                         uint64_t seq)
{
    struct loss *loss = &losses->all[slot];
    uint64_t last = loss->last_order;
    int64_t open_amt = 0;

    for (const struct order *order = orders_next(engine_orders(engine), slot, NULL); order != NULL;
         order = orders_next(engine_orders(engine), slot, (struct order *)(uintptr_t)order)) {
        if (order->id <= loss->last_order)
            continue;
        last = order->id > last ? order->id : last;
        open_amt =
            has_limit(loss) && open_amt == 0 ? open_loss(losses->world, engine, slot) : open_amt;
        if ((order->flags & ORDER_IS_EXIT) != 0) {
            loss->last_exit = order->id;
            loss->t_idle = 0;
        } else if (order->side == AGON_BUY && order->instrument < BYTES_COINS &&
                   is_lost(losses, slot, seq)) {
            bytes_fail(
                losses->world, "inv-10",
                "event %llu: order %llx is made, and %s beyond its loss limit since event "
                "%llu",
                (unsigned long long)seq, (unsigned long long)order->id,
                loss->is_lost ? "its slot is" : "the portfolio is",
                (unsigned long long)(loss->is_lost ? loss->lost_seq : losses->all[ALL].lost_seq));
        } else if (order->side == AGON_BUY && order->instrument < BYTES_COINS &&
                   could_be_lost(loss, open_amt)) {
            bytes_fail(losses->world, "inv-10",
                       "event %llu: order %llx is made, and with it slot %u could come beyond its "
                       "loss limit: it has %lld, and its open orders could lose %lld",
                       (unsigned long long)seq, (unsigned long long)order->id, slot,
                       (long long)loss->worth.high, (long long)open_amt);
        }
    }
    loss->last_order = last;
}

/* Something that an exchange takes an order for, by a live book, and no order stands in its way. */
static int is_to_close(const struct bytes *world, const struct engine *engine,
                       const struct position *pos)
{
    agon_px_t bid, ask;
    const struct host_instrument *instrument;

    if (pos->instrument == 0 || pos->qty == 0 || pos->working_buy_qty != 0 ||
        pos->working_sell_qty != 0 || !bytes_best_of(engine, pos->instrument, &bid, &ask))
        return 0;
    instrument = &world->instruments[pos->instrument - 1];
    if (instrument->kind != INSTRUMENT_SPOT)
        return llabs((long long)pos->qty) >= instrument->min_qty &&
               !bytes_is_refused(world, engine, pos->instrument,
                                 pos->qty > 0 ? AGON_SELL : AGON_BUY, llabs((long long)pos->qty));
    return num_mul_div(bid, pos->held_amt, power(instrument->px_exp), NUM_DOWN) >
           instrument->min_notional_amt * 5 / 4;
}

static void check_closing(struct bytes_losses *losses, struct engine *engine, uint16_t slot,
                          const struct agon_event_hdr *event)
{
    struct loss *loss = &losses->all[slot];
    uint32_t n;
    const struct position *all = ledger_positions(engine_ledger(engine), slot, &n);
    int is_left = 0;

    for (uint32_t i = 0; i < n; i++)
        is_left |= is_to_close(losses->world, engine, &all[i]);
    if (!is_left || !is_lost(losses, slot, event->seq) ||
        (!loss->is_closing && !losses->all[ALL].is_closing) || is_of_start(event) ||
        event->t - losses->t_last > DOWN_NS) {
        loss->t_idle = 0;
        return;
    }
    if (loss->t_idle == 0)
        loss->t_idle = event->t;
    if (event->t - loss->t_idle > IDLE_NS)
        bytes_fail(losses->world, "inv-10",
                   "event %llu: slot %u is to be closed for its losses, holds a position, and for "
                   "%.3f s nothing closes it",
                   (unsigned long long)event->seq, slot, (double)(event->t - loss->t_idle) / 1e9);
}

/* --- events that move what is counted from --- */

static void on_command(struct bytes_losses *losses, const struct record_command *command)
{
    if (command->kind != COMMAND_RESUME)
        return;
    for (uint16_t slot = 0; slot <= ALL; slot++) {
        struct loss *loss = &losses->all[slot];

        if (command->scope == SCOPE_SLOT && command->id != slot)
            continue;
        // A fall that has reached its limit is counted from now on, a day from where it began.
        if (loss->has_fallen)
            loss->peak = NEVER;
        loss->is_lost = loss->is_closing = 0;
        loss->is_forgiven = 1;
    }
}

static void on_day(struct bytes_losses *losses, const struct agon_event_hdr *event)
{
    const struct record_due *due = (const struct record_due *)(const void *)event;
    int64_t number = event->t / DAY_NS;

    if (losses->day_number == 0)
        losses->day_number = number;
    if (losses->day_number == number)
        return;
    losses->is_turning = event->type != EVENT_DUE || due->kind != DUE_SAMPLE;
    if (!losses->is_turning)
        losses->day_number = number;
    for (uint16_t slot = 0; slot <= ALL; slot++) {
        struct loss *loss = &losses->all[slot];

        loss->day = losses->is_turning ? NEVER : NEVER + 1;
        loss->is_lost = loss->is_closing = loss->is_forgiven =
            0; // a fall that stands is seen again
    }
}

void bytes_losses_stepped(struct bytes_losses *losses, struct engine *engine,
                          const struct agon_event_hdr *event)
{
    struct bytes *world = losses->world;
    const struct slots *slots = engine_slots(engine);
    const struct portfolio_limits *limits = &world->portfolio;
    struct loss *all = &losses->all[ALL];
    struct worth total = {.is_known = 1};
    int is_plan = event->type == EVENT_PLAN;
    int is_set = event->type == EVENT_CLOCK;
    int is_all_shifted = 0;

    on_day(losses, event);
    if (event->type == AGON_EVENT_COMMAND)
        on_command(losses, (const struct record_command *)(const void *)event);
    for (uint16_t slot = 0; slot < BYTES_SLOTS; slot++) {
        int is_here = slot < slots->n && slots->all[slot].is_used;
        struct loss *loss = &losses->all[slot];
        struct worth worth;
        int is_shifted;

        if (is_set || is_here != loss->is_here) {
            begin(loss, losses->is_turning);
            is_all_shifted = 1;
            loss->is_here = is_here != 0;
            loss->worth.is_known = 0;
        }
        if (!is_here)
            continue;
        is_shifted =
            is_plan || memcmp(&loss->limits, &slots->all[slot].limits, sizeof(loss->limits)) != 0;
        is_all_shifted |= is_shifted;
        loss->limits = slots->all[slot].limits;
        check_orders(losses, engine, slot, event->seq);
        check_cut(losses, engine, slot, event);
        check_closing(losses, engine, slot, event);
        worth = worth_of(world, engine, slot);
        if (is_shifted)
            shift(loss, &loss->worth, &worth);
        loss->worth = worth;
        loss->has_fallen = engine_risk(engine, slot)->is_drawdown_breached != 0;
        judge(
            world, loss, &worth, event->seq,
            is_beyond(loss, worth.high, loss->limits.daily_loss_amt, loss->limits.drawdown_ppm, 0),
            loss->limits.on_breach == ON_BREACH_CLOSE);
        total.low += worth.low;
        total.high += worth.high;
        total.is_known &= worth.is_known;
    }
    losses->t_last = event->t;
    all->has_fallen = engine_portfolio(engine)->is_drawdown_breached != 0;
    if (is_all_shifted)
        shift(all, &losses->total, &total);
    losses->total = total;
    judge(world, all, &total, event->seq,
          is_beyond(all, total.high, limits->daily_loss_amt, limits->drawdown_ppm,
                    limits->equity_amt),
          limits->on_breach == ON_BREACH_CLOSE);
}
