// SPDX-License-Identifier: Apache-2.0
/* Every risk limit that the exchange's own word and the bytes that left can judge, recomputed.
 *
 * limit                       judged by
 * order, position             bytes_check.c: each order that the exchange takes
 * open_orders                 bytes_check.c: what is open at the exchange
 * capital, leverage           each order that the exchange takes: what the slot paid and would hold
 * collar, collar_passive      the price on the wire of what does not reduce, by what the market was
 *                             in the last minute; of all that was decided on a live book no older
 *                             than book_age by that book, where the journal is read again
 * orders_per_second, _burst   the buys that left, as a bucket
 * duplicates                  equal orders that left within the window
 * daily_loss, drawdown        what the slot's trades paid and what it holds, at the market's price:
 *   on_breach                 no new risk leaves, no new risk stands open, positions are closed
 * portfolio: gross, net,      each order that the exchange takes, with all that is held and open
 *   venue, asset
 * portfolio: equity,          as a slot's, over all slots
 *   daily_loss, drawdown
 * book_age                    buys on spot, which reduce nothing, by the last book or quote before
 *                             their intent, and whatever does not reduce by the live book before
 *                             it, where the journal is read again
 *
 * Slack, and why. The host learns of a fill up to nine seconds late (the exchange delays and drops
 * events, a reconciliation then finds them), and between two looks the market moves: a loss counts
 * when it stands beyond its limit by a share of what is held for known_ns without a break, in which
 * the host was healthy all the time. What an operator resumes begins anew, at the lowest that the
 * equity was meanwhile. An amount is judged by the exchange's price of now and may be off by
 * PX_SLACK_PPM from the one that the host judged by.
 *
 * A loss is judged by the mark price, as the host does it (docs/adr/0020), or by the side of the
 * book that the position could be closed at, where no mark price is known. In a wild market a
 * perpetual's book stands percents away from its mark. Which of the two the host goes by is not to
 * be seen from outside: a loss has to be one by both. */
#include <stdlib.h>

#include "base/hash.h"
#include "base/num.h"
#include "dst/bytes_impl.h"
#include "run/host_impl.h"
#include "sim/pit.h"

#define CLOSE_NS  (7 * SECOND)  /* from acting on it until what is held is closed */
#define SETTLE_NS (10 * SECOND) /* in which a resume that was ordered is done */
#define QUEUE_NS  (20 * SECOND) /* the longest from a decision to its bytes */
#define DAY_NS    (60 * SECOND) /* from the start to the turn of the day */
#define UNIT      100000000ll
#define ALL       BYTES_SLOTS /* all slots together */

agon_ns_t bytes_known_ns(const struct bytes *world)
{
    return 3 * SECOND + (bytes_has(world, BYTES_VENUE) ? 12 * SECOND : 0) +
           (bytes_has(world, BYTES_NET) || bytes_has(world, BYTES_SLOW_NET) ? 6 * SECOND : 0) +
           (bytes_has(world, BYTES_SLOW_DISK) ? 3 * SECOND : 0);
}

static int64_t amt_of(int64_t px, int64_t qty)
{
    return num_mul_div(px, qty, UNIT, NUM_DOWN);
}

static int64_t more(int64_t amt, uint32_t ppm)
{
    return amt + num_mul_div(amt, ppm, 1000000, NUM_UP);
}

static int is_perpetual(uint32_t coin)
{
    return coin == 2;
}

/* --- the market, as the exchange shows it --- */

/* A side without anything but strangers, who stand half a price away, is no price of the market. It
 * comes when the market runs past an order of ours that rests: the exchange hides what is on the
 * wrong side of it until trades have filled it. The host, to which the books come every 100 ms,
 * judged by the book before, and a mid with that price in it is a quarter too high: what was let
 * pass then was no breach. Until the market shows again, what it was last on that side stands, and
 * never on the wrong side of the other. The collar goes by what is shown, as the host does. */
static void look_at_prices(struct bytes *world, uint32_t coin, const struct pit_view *view)
{
    struct bytes_market *market = &world->markets[coin];
    int has_bid = !bytes_strangers_alone(world, coin, AGON_BUY, &view->bid[0]);
    int has_ask = !bytes_strangers_alone(world, coin, AGON_SELL, &view->ask[0]);

    if (has_bid)
        market->bid_px = view->bid[0].px;
    if (has_ask)
        market->ask_px = view->ask[0].px;
    if (!has_ask && market->ask_px < market->bid_px)
        market->ask_px = market->bid_px;
    if (!has_bid && market->bid_px > market->ask_px)
        market->bid_px = market->ask_px;
}

/* Between which prices a position may be valued. Where the exchange tells no mark price, its last
 * one is believed for a minute: then it is any of the last two minutes' bars. */
static void value_by_mark(const struct bytes *world, struct bytes_market *market)
{
    const struct pit *pit = world->venues[1].pit;
    uint32_t n = pit_notes(pit, 0, PIT_MARK), first = world->swarm.is_unmarked && n > 1 ? n - 2 : n;
    agon_px_t low = pit_noted(pit, 0, PIT_MARK), high = low;

    for (uint32_t i = first; i < n; i++) {
        const struct pit_bar *bar = pit_note_at(pit, 0, PIT_MARK, i);

        low = bar->low_px < low ? bar->low_px : low;
        high = bar->high_px > high ? bar->high_px : high;
    }
    if (low > 0 && low < market->worth_low_px)
        market->worth_low_px = low;
    if (high > market->worth_high_px)
        market->worth_high_px = high;
}

static void look_at_market(struct bytes *world)
{
    for (uint32_t i = 0; i < world->n_coins; i++) {
        struct bytes_market *market = &world->markets[i];
        struct pit_view view;
        uint32_t venue = i == 2;

        pit_view(world->venues[venue].pit, i == 1 ? 1 : 0, &view);
        if (view.n_bid == 0 || view.n_ask == 0)
            continue;
        look_at_prices(world, i, &view);
        market->worth_low_px = market->bid_px;
        market->worth_high_px = market->ask_px;
        if (is_perpetual(i))
            value_by_mark(world, market);
        market->low_px[market->at] = view.bid[0].px;
        market->high_px[market->at] = view.ask[0].px;
        market->at = (market->at + 1) % BYTES_MINUTE;
    }
}

static int64_t mid_px(const struct bytes *world, uint32_t coin)
{
    return (world->markets[coin].bid_px + world->markets[coin].ask_px) / 2;
}

/* --- prices and numbers of orders that left --- */

/* Without a live book an order that reduces leaves at the price that its agent names: what is held
 * must not be kept in for want of data. The book of that moment is not to be seen from outside. */
static int is_way_out(const struct bytes *world, const struct bytes_sent *sent)
{
    int64_t held = world->coins[sent->coin].slot_held[sent->slot];

    if (!is_perpetual(sent->coin))
        return sent->side == AGON_SELL;
    return sent->side == AGON_SELL ? held > 0 : held < 0;
}

/* A buy is at most so far above the highest offer, and so far below the lowest bid, of the last
 * minute; a sell the other way round. The host may have judged by any of those. */
static void check_collar(struct bytes *world, const struct bytes_sent *sent)
{
    const struct slot_limits *limits = &world->limits_max[sent->slot];
    const struct bytes_market *market = &world->markets[sent->coin];
    int64_t low = market->bid_px, high = market->ask_px;
    // Within a second the market goes a little further than it was seen to go.
    uint32_t more_ppm = 500 + 150 * bytes_wild(world);
    uint32_t up_ppm, down_ppm;
    int is_buy = sent->side == AGON_BUY;

    if (sent->px == 0 || low == 0 || is_way_out(world, sent))
        return;
    for (int i = 0; i < BYTES_MINUTE; i++) {
        if (market->low_px[i] > 0 && market->low_px[i] < low)
            low = market->low_px[i];
        if (market->high_px[i] > high)
            high = market->high_px[i];
    }
    up_ppm = is_buy ? limits->collar_marketable_ppm : limits->collar_passive_ppm;
    down_ppm = is_buy ? limits->collar_passive_ppm : limits->collar_marketable_ppm;
    if (up_ppm != 0 && sent->px > more(high, up_ppm + more_ppm))
        bytes_fail(world, "inv-10", "order %s left at %lld, %u ppm above %lld at most is allowed",
                   sent->client, (long long)sent->px, up_ppm, (long long)high);
    if (down_ppm != 0 && sent->px < low - num_mul_div(low, down_ppm + more_ppm, 1000000, NUM_UP))
        bytes_fail(world, "inv-10", "order %s left at %lld, %u ppm below %lld at most is allowed",
                   sent->client, (long long)sent->px, down_ppm, (long long)low);
}

/* The order that this intent became, or the one that it replaces; NULL: it was refused. */
static const struct order *order_of(struct engine *engine, const struct agon_intent_event *wish)
{
    const struct agon_intent *intent = &wish->intent;
    const struct order *order =
        orders_by_ref(engine_orders(engine), wish->origin.slot, intent->client_ref);

    if (order == NULL || order->instrument != intent->instrument || order->type != AGON_LIMIT ||
        order->t_request != wish->hdr.t)
        return NULL;
    if (intent->kind == AGON_INTENT_REPLACE)
        return order->request == AGON_REQUEST_REPLACE && order->new_px == intent->px ? order : NULL;
    return intent->kind == AGON_INTENT_ORDER && order->request == AGON_REQUEST_NEW &&
                   order->cause_seq == wish->origin.cause_seq && order->n == wish->origin.n
               ? order
               : NULL;
}

/* When a book or a quote of it came last, by the journal. */
void bytes_limits_noted(struct bytes *world, const struct agon_event_hdr *event)
{
    int is_book = event->type == AGON_EVENT_BOOK_SNAPSHOT || event->type == AGON_EVENT_BOOK_DELTA;

    // An operator's word sets the time back, and what was noted ahead of it is of that moment.
    for (uint32_t coin = 0; coin < BYTES_COINS; coin++) {
        if (world->t_data[coin] > event->t)
            world->t_data[coin] = event->t;
        if (world->t_book[coin] > event->t)
            world->t_book[coin] = event->t;
    }
    if ((!is_book && event->type != AGON_EVENT_QUOTE) || event->instrument < 1 ||
        event->instrument > BYTES_COINS)
        return;
    world->t_data[event->instrument - 1] = event->t;
    if (is_book)
        world->t_book[event->instrument - 1] = event->t;
}

static void check_age(struct bytes *world, const struct agon_intent_event *wish,
                      const struct order *order)
{
    uint32_t age_ms = world->limits_max[wish->origin.slot].book_age_ms,
             coin = order->instrument - 1;
    agon_ns_t age_ns;

    if (age_ms == 0 || coin >= world->n_coins || order->side != AGON_BUY || is_perpetual(coin) ||
        world->t_data[coin] == 0)
        return;
    age_ns = wish->hdr.t - world->t_data[coin];
    if (age_ns > (agon_ns_t)age_ms * 1000000)
        bytes_fail(world, "inv-10",
                   "event %llu: slot %u got an order by data of instrument %u that is %.3f s old, "
                   "and %u ms are its limit",
                   (unsigned long long)wish->hdr.seq, wish->origin.slot, coin + 1,
                   (double)age_ns / 1e9, age_ms);
}

/* Does it make the position smaller and not turn it round, with all that was open on its side
 * before filled? Of a replacement only what is left counts, and not the order that it replaces. */
static int is_reducing(struct engine *engine, const struct agon_intent_event *wish,
                       const struct order *order)
{
    uint16_t slot = wish->origin.slot;
    const struct position *pos = ledger_position(engine_ledger(engine), slot, order->instrument, 0);
    int64_t held = pos != NULL ? pos->qty : 0, qty = wish->intent.qty;

    if (wish->intent.kind == AGON_INTENT_REPLACE)
        qty -= order->filled_qty;
    for (struct order *one = orders_next(engine_orders(engine), slot, NULL); one != NULL;
         one = orders_next(engine_orders(engine), slot, one)) {
        int64_t all = one->request == AGON_REQUEST_REPLACE && one->new_qty > one->qty ? one->new_qty
                                                                                      : one->qty;

        if (one != order && one->instrument == order->instrument && one->side == order->side &&
            !order_is_final(one))
            qty += all - one->filled_qty;
    }
    return order->side == AGON_SELL ? held > 0 && qty <= held : held < 0 && qty <= -held;
}

/* A book that is older than its slot believes is none, though the venue calls it live: no price is
 * held against it. So only what reduces leaves, and that at any price, or what is held would be
 * kept in for want of data; whatever else leaves on such a book is the breach. */
static int is_too_old(struct bytes *world, struct engine *engine,
                      const struct agon_intent_event *wish, const struct order *order)
{
    uint32_t age_ms = world->limits_max[wish->origin.slot].book_age_ms;
    agon_ns_t age_ns = wish->hdr.t - world->t_book[order->instrument - 1];

    if (age_ms == 0 || age_ns <= (agon_ns_t)age_ms * 1000000)
        return 0;
    if (!is_reducing(engine, wish, order))
        bytes_fail(world, "inv-10",
                   "event %llu: slot %u got an order that does not reduce by a book of instrument "
                   "%u that is %.3f s old, and %u ms are its limit",
                   (unsigned long long)wish->hdr.seq, wish->origin.slot, order->instrument,
                   (double)age_ns / 1e9, age_ms);
    return 1;
}

/* Nothing lies between what was decided and the book that it was decided on: there is no slack. */
void bytes_limits_stepped(struct bytes *world, struct engine *engine,
                          const struct agon_event_hdr *event)
{
    const struct agon_intent_event *wish = (const struct agon_intent_event *)(const void *)event;
    const struct slot_limits *limits;
    const struct order *order;
    agon_px_t px, bid_px, ask_px, low, high;
    uint32_t up_ppm, down_ppm;

    if (event->type != AGON_EVENT_INTENT || wish->origin.slot >= BYTES_SLOTS)
        return;
    order = order_of(engine, wish);
    if (order == NULL || order->instrument < 1 || order->instrument > world->n_coins)
        return;
    check_age(world, wish, order);
    if (!bytes_best_of(engine, order->instrument, &bid_px, &ask_px) ||
        is_too_old(world, engine, wish, order))
        return;
    px = wish->intent.px;
    limits = &world->limits_max[wish->origin.slot];
    up_ppm = order->side == AGON_BUY ? limits->collar_marketable_ppm : limits->collar_passive_ppm;
    down_ppm = order->side == AGON_BUY ? limits->collar_passive_ppm : limits->collar_marketable_ppm;
    high = up_ppm != 0 ? more(ask_px, up_ppm) : INT64_MAX;
    low = down_ppm != 0 ? bid_px - num_mul_div(bid_px, down_ppm, 1000000, NUM_UP) : 0;
    if (px < low || px > high)
        bytes_fail(world, "inv-10",
                   "event %llu: slot %u got an order at %lld past its collar, %lld to %lld",
                   (unsigned long long)event->seq, wish->origin.slot, (long long)px, (long long)low,
                   (long long)high);
}

/* A bucket of the buys on spot, none of which reduces and so passes an empty bucket. What waited
 * for the wire may leave together. */
static void check_rate(struct bytes *world, const struct bytes_sent *sent)
{
    const struct slot_limits *limits = &world->limits_max[sent->slot];
    struct bytes_rate *rate = &world->rates[sent->slot];
    int64_t burst = limits->orders_burst > 0 ? limits->orders_burst : limits->orders_per_s;

    if (limits->orders_per_s == 0 || sent->side != AGON_BUY || is_perpetual(sent->coin))
        return;
    rate->level_ppm -= num_mul_div(world->sched.now - rate->t, limits->orders_per_s, 1000, NUM_UP);
    if (rate->level_ppm < 0)
        rate->level_ppm = 0;
    rate->t = world->sched.now;
    rate->level_ppm += 1000000;
    if (rate->level_ppm / 1000000 > burst + limits->orders_per_s * (QUEUE_NS / SECOND))
        bytes_fail(world, "inv-10", "slot %u sends orders faster than %u a second", sent->slot,
                   limits->orders_per_s);
}

static void check_duplicates(struct bytes *world, const struct bytes_sent *sent)
{
    const struct slot_limits *limits = &world->limits_max[sent->slot];
    agon_ns_t since = world->sched.now - (agon_ns_t)limits->duplicate_window_ms * 1000000;
    uint64_t print = hash_mix((uint64_t)sent->px ^ hash_mix((uint64_t)sent->qty)) ^
                     hash_mix((uint64_t)sent->side << 32 | (uint64_t)sent->coin << 8 | sent->slot);
    const struct order *order = orders_find(engine_orders(world->host->engine), sent->order_id);
    uint32_t n = 1;

    // What the host closes with is no decision of the agent's, and each plan has an order of its
    // own.
    if (order != NULL && (order->flags & ORDER_IS_EXIT) != 0)
        return;
    for (int i = 0; i < BYTES_RECENT; i++) {
        const struct bytes_recent *recent = &world->recent[i];

        n += recent->print == print && recent->t > since && recent->slot == sent->slot;
    }
    world->recent[world->next_recent] = (struct bytes_recent){print, world->sched.now, sent->slot};
    world->next_recent = (world->next_recent + 1) % BYTES_RECENT;
    if (limits->duplicate_window_ms != 0 && limits->duplicate_max != 0 && sent->px != 0 &&
        sent->side == AGON_BUY && n > limits->duplicate_max)
        bytes_fail(world, "inv-10", "slot %u sent %u equal orders within %u ms, the last is %s",
                   sent->slot, n, limits->duplicate_window_ms, sent->client);
}

/* --- losses --- */

struct equity { /* at the worse price of each position, and at the better one */
    int64_t low, high, gross;
};

static struct equity equity_of(const struct bytes *world, uint16_t slot)
{
    struct equity equity = {.low = world->losses[slot].capital};

    equity.high = equity.low;
    for (uint32_t i = 0; i < world->n_coins; i++) {
        const struct truth_coin *coin = &world->coins[i];
        const struct bytes_market *market = &world->markets[i];
        int64_t held = coin->slot_net[slot];
        int64_t at_low = amt_of(market->worth_low_px, held);
        int64_t at_high = amt_of(market->worth_high_px, held);

        equity.low += (held > 0 ? at_low : at_high) - coin->slot_paid[slot];
        equity.high += (held > 0 ? at_high : at_low) - coin->slot_paid[slot];
        equity.gross += amt_of(mid_px(world, i), llabs((long long)held));
    }
    return equity;
}

static int is_healthy(const struct bytes *world)
{
    const struct host *host = world->host;

    // While it is in doubt what time it is, nothing leaves at all.
    if (host == NULL || !host->is_running || !host->has_joined || world->is_stopping ||
        engine_halt(host->engine, SCOPE_GLOBAL, HALT_CLOCK) != NULL)
        return 0;
    for (uint32_t at = 0; at < world->swarm.n_venues; at++) {
        if (world->venues[at].is_away)
            return 0;
    }
    return host->io_status.is_ready && host->io_status.n_live == host->io_status.n_books;
}

static int is_able(const struct bytes *world)
{
    return world->host->io_status.n_unknown == 0 && world->host->io_status.n_held == 0;
}

/* Where the losses are counted from: never higher than the host may count. */
static void settle(struct bytes *world, struct bytes_loss *loss, int64_t equity)
{
    agon_ns_t now = world->sched.now;

    if ((now < loss->t_settled || loss->from == INT64_MAX) && equity < loss->from)
        loss->from = equity;
    if ((now < loss->t_settled || loss->day_from == INT64_MAX) && equity < loss->day_from)
        loss->day_from = equity;
    if (now - BYTES_T0 < DAY_NS - 2 * SECOND || loss->is_day_new)
        return;
    // The day turns; a host that is down then does it when it is up again.
    if (!loss->is_turning || equity < loss->day_from)
        loss->day_from = equity;
    loss->is_turning = 1;
    loss->is_day_new = now - BYTES_T0 > DAY_NS + 5 * SECOND && now - world->t_healthy > 5 * SECOND;
}

/* At the better prices, so that no loss is seen that the host does not see. */
static int is_lost(const struct bytes *world, uint16_t slot, const struct bytes_loss *loss,
                   int64_t equity, int64_t gross)
{
    const struct slot_limits *own = &world->limits_max[slot < ALL ? slot : 0];
    const struct portfolio_limits *all = &world->portfolio;
    int64_t day_loss = slot < ALL ? own->daily_loss_amt : all->daily_loss_amt;
    uint32_t fall_ppm = slot < ALL ? own->drawdown_ppm : all->drawdown_ppm;
    int64_t slack = gross / 2000 + UNIT / 4;

    if (slot == ALL && all->equity_amt != 0 && equity < all->equity_amt - slack)
        return 1;
    if (day_loss != 0 && (!loss->is_turning || loss->is_day_new) &&
        equity < loss->day_from - day_loss - slack)
        return 1;
    return fall_ppm != 0 &&
           equity < loss->from - num_mul_div(loss->from, fall_ppm, 1000000, NUM_UP) - slack;
}

static void check_open(struct bytes *world, uint16_t slot)
{
    for (uint32_t i = 0; i < world->n_truths; i++) {
        const struct truth *one = &world->truths[i];

        if (one->is_open && one->is_ours && (slot == ALL || one->slot == slot) &&
            one->side == AGON_BUY && !is_perpetual(one->coin))
            bytes_fail(world, "inv-10",
                       "slot %u is beyond its loss limit for %lld s and buy %s stands open", slot,
                       (long long)((CLOSE_NS + bytes_known_ns(world)) / SECOND), one->client);
    }
}

int bytes_is_dust(const struct bytes *world, uint16_t slot, uint32_t coin)
{
    int64_t held = world->coins[coin].slot_net[slot];

    return amt_of(mid_px(world, coin), llabs((long long)held)) <= bytes_dust(coin);
}

static void check_closed(struct bytes *world, uint16_t slot)
{
    for (uint32_t i = 0; i < world->n_coins; i++) {
        for (uint16_t id = 0; id < BYTES_SLOTS; id++) {
            int64_t held = world->coins[i].slot_net[id];

            if (slot != ALL && slot != id)
                continue;
            // Less than an order may be stays.
            if (amt_of(mid_px(world, i), llabs((long long)held)) >
                (is_perpetual(i) ? UNIT : 6 * UNIT))
                bytes_fail(world, "inv-10",
                           "slot %u is beyond its loss limit for %lld s and holds %lld of "
                           "instrument %u",
                           slot, (long long)((CLOSE_NS + bytes_known_ns(world)) / SECOND),
                           (long long)held, i);
        }
    }
}

static void judge_loss(struct bytes *world, uint16_t slot, const struct equity *equity)
{
    struct bytes_loss *loss = &world->losses[slot];
    uint32_t plan = slot < ALL ? world->limits_max[slot].on_breach : world->portfolio.on_breach;
    agon_ns_t since;

    settle(world, loss, equity->low);
    loss->low = equity->low;
    loss->high = equity->high;
    if (!is_lost(world, slot, loss, equity->high, equity->gross) ||
        world->sched.now < loss->t_settled)
        loss->t_lost = 0;
    else if (loss->t_lost == 0)
        loss->t_lost = world->sched.now;
    if (loss->t_lost == world->sched.now)
        world->result->some[BYTES_SOME_LOST]++;
    if (loss->t_lost == 0 || world->t_able == 0)
        return;
    since = loss->t_lost > world->t_able ? loss->t_lost : world->t_able;
    if (world->sched.now - since < bytes_known_ns(world) + CLOSE_NS)
        return;
    if (plan != ON_BREACH_HALT)
        check_open(world, slot);
    if (plan == ON_BREACH_CLOSE)
        check_closed(world, slot);
}

static int is_barred(const struct bytes *world, uint16_t slot)
{
    const struct bytes_loss *loss = &world->losses[slot];
    agon_ns_t known = world->sched.now - bytes_known_ns(world);

    // Who has just come into that place has lost nothing, and no second has seen him yet.
    return (slot == ALL || loss->is_here) && loss->t_lost != 0 && loss->t_lost < known &&
           world->t_healthy != 0 && world->t_healthy < known;
}

static void check_barred(struct bytes *world, const struct bytes_sent *sent)
{
    int64_t held = world->coins[sent->coin].slot_held[sent->slot];
    int is_new_risk = sent->side == AGON_BUY ? held >= 0 : held <= 0 && is_perpetual(sent->coin);

    if (is_new_risk && (is_barred(world, sent->slot) || is_barred(world, ALL)))
        bytes_fail(world, "inv-10", "order %s left, and slot %u is beyond %s loss limit",
                   sent->client, sent->slot,
                   is_barred(world, sent->slot) ? "its" : "the portfolio's");
}

void bytes_limits_resumed(struct bytes *world, uint16_t slot)
{
    struct bytes_loss *loss = &world->losses[slot < BYTES_SLOTS ? slot : ALL];

    loss->t_settled = world->sched.now + SETTLE_NS;
    loss->t_lost = 0;
    loss->from = loss->day_from = INT64_MAX;
}

/* What it lost is no loss of who comes there next, before anybody has looked at him. */
static void vacate(struct bytes_loss *loss)
{
    loss->t_lost = 0;
    loss->is_here = 0;
}

void bytes_limits_vacant(struct bytes *world)
{
    for (uint16_t id = 0; id < BYTES_SLOTS; id++) {
        if (slots_get(engine_slots(world->host->engine), id) == NULL)
            vacate(&world->losses[id]);
    }
}

/* A slot that comes begins with its capital, whatever another had before in its place. */
static void meet_slot(struct bytes *world, uint16_t id, int64_t capital)
{
    struct bytes_loss *loss = &world->losses[id];

    loss->capital = 0;
    loss->capital = capital - equity_of(world, id).low;
    loss->given = capital;
    loss->from = loss->day_from = capital;
    loss->t_lost = loss->t_settled = 0;
    loss->is_here = 1;
    loss->n_lives++;
    bytes_limits_resumed(world, ALL);
}

void bytes_limits_turn(struct bytes *world)
{
    const struct slots *slots = engine_slots(world->host->engine);
    struct equity all = {0};

    look_at_market(world);
    if (!is_healthy(world))
        world->t_healthy = 0;
    else if (world->t_healthy == 0)
        world->t_healthy = world->sched.now;
    if (world->t_healthy == 0 || !is_able(world))
        world->t_able = 0;
    else if (world->t_able == 0)
        world->t_able = world->sched.now;
    for (uint16_t id = 0; id < BYTES_SLOTS; id++) {
        int64_t capital = id < slots->n ? slots->all[id].limits.capital_amt : 0;
        struct equity equity;

        if (id >= slots->n || !slots->all[id].is_used) {
            // What it had is no loss of the others.
            if (world->losses[id].is_here)
                bytes_limits_resumed(world, ALL);
            vacate(&world->losses[id]);
            continue;
        }
        // Money that came or went is no gain and no loss.
        if (!world->losses[id].is_here || world->losses[id].given != capital)
            meet_slot(world, id, capital);
        equity = equity_of(world, id);
        all.low += equity.low;
        all.high += equity.high;
        all.gross += equity.gross;
        judge_loss(world, id, &equity);
    }
    if (world->losses[ALL].from == 0)
        bytes_limits_resumed(world, ALL);
    judge_loss(world, ALL, &all);
}

/* --- what is held and what could be --- */

struct reach { /* of a slot in an instrument, with its open orders filled */
    int64_t up, down;
};

static struct reach reach_of(const struct bytes *world, uint16_t slot, uint32_t coin)
{
    struct reach reach = {world->coins[coin].slot_net[slot], world->coins[coin].slot_net[slot]};

    for (uint32_t i = 0; i < world->n_truths; i++) {
        const struct truth *one = &world->truths[i];

        if (!one->is_open || !one->is_ours || one->slot != slot || one->coin != coin)
            continue;
        if (one->side == AGON_BUY)
            reach.up += one->qty - one->done;
        else
            reach.down -= one->qty - one->done;
    }
    reach.up = amt_of(mid_px(world, coin), reach.up);
    reach.down = amt_of(mid_px(world, coin), reach.down);
    return reach;
}

static void at_most(struct bytes *world, const char *what, int64_t up, int64_t down, int64_t limit,
                    const struct truth *truth)
{
    int64_t amt = llabs((long long)up) > llabs((long long)down) ? llabs((long long)up)
                                                                : llabs((long long)down);

    if (limit != 0 && amt > more(limit, PX_SLACK_PPM))
        bytes_fail(world, "inv-10",
                   "by order %s all slots together can come to %s of %lld, the limit is %lld",
                   truth->client, what, (long long)amt, (long long)limit);
}

static void check_portfolio(struct bytes *world, const struct truth *truth)
{
    const struct portfolio_limits *limits = &world->portfolio;
    struct reach net = {0, 0}, coin[BYTES_COINS] = {{0, 0}};
    int64_t gross = 0, venue[BYTES_VENUES] = {0};

    for (uint32_t i = 0; i < world->n_coins; i++) {
        for (uint16_t slot = 0; slot < BYTES_SLOTS; slot++) {
            struct reach reach = reach_of(world, slot, i);
            int64_t amt = llabs((long long)reach.up) > llabs((long long)reach.down)
                              ? llabs((long long)reach.up)
                              : llabs((long long)reach.down);

            gross += amt;
            venue[is_perpetual(i)] += amt;
            coin[i == 1].up += reach.up; // bitcoin on both markets, ether
            coin[i == 1].down += reach.down;
        }
    }
    at_most(world, "gross", gross, 0, limits->gross_amt, truth);
    for (int i = 0; i < 2; i++) {
        net.up += coin[i].up;
        net.down += coin[i].down;
        at_most(world, "a venue", venue[i], 0, limits->venue_amt, truth);
        // With shorts among them it is not all of one moment: bytes_reach.c.
        if (world->n_coins == BYTES_COINS)
            continue;
        at_most(world, "an asset", coin[i].up, coin[i].down, limits->asset_amt, truth);
    }
    if (world->n_coins < BYTES_COINS)
        at_most(world, "net", net.up, net.down, limits->net_amt, truth);
}

/* What a slot has to pay for, it has: what is held and what is bought on spot was paid out of its
 * capital, and a perpetual's notional is at most its equity by the leverage. */
static void check_capital(struct bytes *world, const struct truth *truth)
{
    const struct slot_limits *limits = &world->limits_max[truth->slot];
    int64_t equity = equity_of(world, truth->slot).high;
    struct reach reach = reach_of(world, truth->slot, truth->coin);
    int64_t bound = 0;

    if (!world->losses[truth->slot].is_here)
        return;
    for (uint32_t i = 0; i < 2; i++)
        bound += reach_of(world, truth->slot, i).up;
    if (!is_perpetual(truth->coin) && truth->side == AGON_BUY && bound > more(equity, PX_SLACK_PPM))
        bytes_fail(world, "inv-10", "by order %s slot %u buys for %lld and has %lld", truth->client,
                   truth->slot, (long long)bound, (long long)equity);
    if (is_perpetual(truth->coin) && limits->leverage != 0) {
        bound = llabs((long long)reach.up) > llabs((long long)reach.down)
                    ? llabs((long long)reach.up)
                    : llabs((long long)reach.down);
        if (bound > more(equity * limits->leverage, PX_SLACK_PPM))
            bytes_fail(world, "inv-10",
                       "by order %s slot %u comes to %lld of a perpetual: %u times %lld at most",
                       truth->client, truth->slot, (long long)bound, limits->leverage,
                       (long long)equity);
    }
}

void bytes_limits_sent(struct bytes *world, const struct bytes_sent *sent)
{
    if (sent->slot >= BYTES_SLOTS)
        return;
    look_at_market(world);
    check_collar(world, sent);
    check_rate(world, sent);
    check_duplicates(world, sent);
    check_barred(world, sent);
}

void bytes_limits_new(struct bytes *world, const struct truth *truth)
{
    if (world->markets[0].bid_px == 0)
        return;
    check_portfolio(world, truth);
    check_capital(world, truth);
}
