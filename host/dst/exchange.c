// SPDX-License-Identifier: Apache-2.0
/* exchange: the venue, over match, with the truth about our orders. What it does, it tells by the
 * user stream, by the answer to the request, and to whoever asks; each of them may fail by itself.
 * Queries may lag behind the truth; the truth itself is never wrong. */
#include <stdlib.h>

#include "base/hash.h"
#include "dst/world.h"

#define FOREIGN_ID ((uint64_t)0xffff << 48)

struct truth *exchange_find(struct world *world, uint64_t order_id)
{
    uint64_t at;

    return map_get(&world->exchange.by_order, order_id, &at) ? &world->exchange.orders[at] : NULL;
}

static void catch_up(const struct world *world, struct truth *truth)
{
    if (truth->t_shown != 0 && truth->t_shown <= world->now) {
        truth->shown = truth->now;
        truth->t_shown = 0;
    }
}

static void changed(struct world *world, struct truth *truth)
{
    catch_up(world, truth);
    if (truth->lag_ns == 0)
        truth->shown = truth->now;
    else if (truth->t_shown == 0)
        truth->t_shown = world->now + truth->lag_ns;
    check_truth(world, truth);
}

static struct record_report report_of(const struct world *world, const struct truth *truth,
                                      uint8_t kind)
{
    return (struct record_report){
        .hdr = {.type = EVENT_REPORT,
                .granules = 2,
                .instrument = truth->instrument,
                .t_venue = world->now},
        .order_id = truth->order_id,
        .venue_order = truth->match_id,
        .kind = kind,
        .side = truth->side,
        .px = truth->now.px,
        .qty = truth->now.qty,
        .cum_qty = truth->now.cum_qty,
        .rev = truth->now.rev,
    };
}

static void stream(struct world *world, const struct record_report *report)
{
    struct message *message = world_message(world, MESSAGE_STREAM);

    if (message == NULL)
        return;
    message->u.one.report = *report;
    world_post(world, message, PATH_STREAM);
}

static uint16_t reason_of(int reject)
{
    switch (reject) {
    case MATCH_BAD_PRICE:
    case MATCH_BAD_QTY:
    case MATCH_BAD_NOTIONAL:
        return REASON_VENUE_FILTER;
    case MATCH_NO_FUNDS:
        return REASON_VENUE_FUNDS;
    case MATCH_WOULD_TAKE:
        return REASON_VENUE_POST_ONLY;
    case MATCH_UNKNOWN_ORDER:
        return REASON_VENUE_UNKNOWN_ORDER;
    default:
        return REASON_VENUE_REJECT;
    }
}

static void on_fill(struct world *world, struct truth *truth, const struct match_event *event)
{
    struct exchange *exchange = &world->exchange;
    struct record_report report;
    struct truth_fill *fill;

    truth->now.cum_qty = truth->before_qty + event->order->filled_qty;
    if (event->order->state == AGON_ORDER_FILLED)
        truth->now.state = AGON_ORDER_FILLED;
    else
        truth->now.state = AGON_ORDER_PARTIAL;
    report = report_of(world, truth, REPORT_FILL);
    report.px = event->px;
    report.qty = event->qty;
    report.fee_amt = event->fee_amt;
    report.fee_asset = event->fee_asset;
    report.liquidity = event->is_maker ? LIQUIDITY_MAKER : LIQUIDITY_TAKER;
    report.venue_fill = event->trade_id * 2 + event->is_maker;
    REQUIRE(exchange->n_fills < FILLS_MAX);
    fill = &exchange->fills[exchange->n_fills++];
    fill->truth = (uint32_t)(truth - exchange->orders);
    fill->report = report;
    fill->t_shown = world->now + truth->lag_ns;
    world_trace(world, "  exchange: fill %llx px %lld qty %lld cum %lld",
                (unsigned long long)truth->order_id, (long long)report.px, (long long)report.qty,
                (long long)report.cum_qty);
    changed(world, truth);
    stream(world, &report);
}

static void on_event(void *ctx, const struct match_event *event)
{
    struct world *world = ctx;
    struct truth *truth = exchange_find(world, event->order->tag);
    struct record_report report;
    uint8_t kind;

    if (truth == NULL)
        return;
    truth->match_id = event->order->id;
    switch (event->kind) {
    case MATCH_ACCEPTED:
        truth->now.state = truth->now.cum_qty > 0 ? AGON_ORDER_PARTIAL : AGON_ORDER_OPEN;
        kind = world->exchange.is_replacing ? REPORT_REPLACED : REPORT_ACK;
        break;
    case MATCH_AMENDED:
        kind = REPORT_REPLACED;
        break;
    case MATCH_TRADE:
        on_fill(world, truth, event);
        return;
    case MATCH_CANCELLED:
        if (world->exchange.is_replacing)
            return;
        truth->now.state = AGON_ORDER_CANCELLED;
        kind = REPORT_CANCELLED;
        break;
    case MATCH_REJECTED:
        // A replacement that is refused leaves nothing: the old order is gone by then.
        if (!world->exchange.is_replacing) {
            truth->now.state = AGON_ORDER_REJECTED;
            changed(world, truth);
            return; // the answer tells
        }
        truth->now.state = AGON_ORDER_CANCELLED;
        kind = REPORT_CANCELLED;
        break;
    case MATCH_EXPIRED:
        truth->now.state = AGON_ORDER_EXPIRED;
        kind = REPORT_EXPIRED;
        break;
    default:
        return;
    }
    report = report_of(world, truth, kind);
    if (kind == REPORT_EXPIRED)
        report.reason = REASON_VENUE_EXPIRED;
    changed(world, truth);
    stream(world, &report);
}

/* --- requests --- */

static void answer(struct world *world, const struct message *request, enum outcome outcome,
                   const struct truth *truth, uint8_t kind, uint16_t reason)
{
    struct message *message = world_message(world, MESSAGE_REPLY);

    if (message == NULL)
        return;
    message->link = request->link;
    message->life = request->life;
    message->req = request->req;
    message->outcome = (uint8_t)outcome;
    message->u.one.cmd = request->u.one.cmd;
    memset(&message->u.one.report, 0, sizeof(message->u.one.report));
    if (truth != NULL) {
        message->u.one.report = report_of(world, truth, kind);
    } else {
        message->u.one.report.hdr.type = EVENT_REPORT;
        message->u.one.report.hdr.granules = 2;
        message->u.one.report.hdr.instrument = request->u.one.cmd.instrument;
        message->u.one.report.order_id = request->u.one.cmd.order_id;
        message->u.one.report.kind = kind;
        message->u.one.report.side = request->u.one.cmd.side;
        message->u.one.report.rev = request->u.one.cmd.rev;
    }
    message->u.one.report.reason = reason;
    world_post(world, message, PATH_REPLY);
}

static struct match_order order_of(const struct order_cmd *cmd, agon_qty_t qty)
{
    return (struct match_order){
        .tag = cmd->order_id,
        .instrument = cmd->instrument,
        .side = cmd->side,
        .type = cmd->type,
        .tif = cmd->tif,
        .flags = cmd->flags & AGON_POST_ONLY, // a spot venue knows no reduce-only
        .px = cmd->px,
        .trigger_px = cmd->trigger_px,
        .qty = qty,
        .show_qty = cmd->show_qty,
        .t_expire = cmd->t_expire,
    };
}

static struct truth *add_truth(struct world *world, const struct order_cmd *cmd)
{
    struct exchange *exchange = &world->exchange;
    struct truth *truth = &exchange->orders[exchange->n_orders];

    REQUIRE(exchange->n_orders < ORDERS_MAX);
    *truth = (struct truth){
        .order_id = cmd->order_id,
        .instrument = cmd->instrument,
        .slot = ORDER_ID_SLOT(cmd->order_id),
        .side = cmd->side,
        .is_foreign = (cmd->order_id & FOREIGN_ID) == FOREIGN_ID,
        .now = {.rev = cmd->rev, .px = cmd->px, .qty = cmd->qty},
        .t_accept = world->now,
    };
    if (world_fault(world, FAULT_QUERY_LAG))
        truth->lag_ns =
            1 + (agon_ns_t)rng_below(&world->amounts[FAULT_QUERY_LAG], (uint64_t)LAG_MAX);
    REQUIRE(map_put(&exchange->by_order, cmd->order_id, exchange->n_orders++) == AGON_OK);
    return truth;
}

static void take_new(struct world *world, const struct message *request)
{
    const struct order_cmd *cmd = &request->u.one.cmd;
    struct match_order order = order_of(cmd, cmd->qty);
    struct truth *truth = add_truth(world, cmd);
    int reject = match_submit(world->exchange.match, world->now, &order, NULL);

    world_trace(world, "  exchange: new %llx side %u type %u tif %u px %lld qty %lld: %d",
                (unsigned long long)cmd->order_id, cmd->side, cmd->type, cmd->tif,
                (long long)cmd->px, (long long)cmd->qty, reject);
    // What a stop is worth depends on a price that nobody knows yet.
    if (cmd->type != AGON_STOP &&
        (reject == MATCH_BAD_PRICE || reject == MATCH_BAD_QTY || reject == MATCH_BAD_NOTIONAL))
        world_fail(world, "inv-14", "order %llx broke a filter that the host knew (%d)",
                   (unsigned long long)cmd->order_id, reject);
    if (reject == MATCH_NO_FUNDS)
        world_fail(world, "rel-g23", "order %llx was refused for funds, which the host had counted",
                   (unsigned long long)cmd->order_id);
    if (reject == MATCH_OK)
        answer(world, request, OUTCOME_DONE, truth, REPORT_ACK, REASON_NONE);
    else
        answer(world, request, OUTCOME_REFUSED, truth, REPORT_REJECTED, reason_of(reject));
}

static void take_cancel(struct world *world, const struct message *request, struct truth *truth)
{
    agon_ns_t most = world->is_still ? 0 : world->swarm.cancel_ns;

    if (truth == NULL || match_find(world->exchange.match, truth->match_id) == NULL) {
        answer(world, request, OUTCOME_REFUSED, NULL, REPORT_CANCEL_REJECTED,
               REASON_VENUE_UNKNOWN_ORDER);
        return;
    }
    answer(world, request, OUTCOME_DONE, truth, REPORT_CANCEL_ACK, REASON_NONE);
    if (most == 0) {
        exchange_cancel(world, (uint64_t)(truth - world->exchange.orders));
        return;
    }
    // Taken and not yet done: until then it may fill.
    world_at(world, world->now + (agon_ns_t)rng_below(&world->net, (uint64_t)most), AT_CANCEL,
             (uint64_t)(truth - world->exchange.orders));
}

void exchange_cancel(struct world *world, uint64_t at)
{
    struct truth *truth = &world->exchange.orders[at];

    if (match_cancel(world->exchange.match, world->now, truth->match_id) == MATCH_OK)
        world_trace(world, "  exchange: cancelled %llx", (unsigned long long)truth->order_id);
}

static void take_replace(struct world *world, const struct message *request, struct truth *truth)
{
    const struct order_cmd *cmd = &request->u.one.cmd;
    struct match *match = world->exchange.match;
    struct truth_state before;
    int reject = MATCH_UNKNOWN_ORDER;

    if (truth == NULL || match_find(match, truth->match_id) == NULL) {
        answer(world, request, OUTCOME_REFUSED, NULL, REPORT_REPLACE_REJECTED,
               REASON_VENUE_UNKNOWN_ORDER);
        return;
    }
    if (truth->now.cum_qty >= cmd->qty) {
        answer(world, request, OUTCOME_REFUSED, NULL, REPORT_REPLACE_REJECTED, REASON_VENUE_REJECT);
        return;
    }
    before = truth->now;
    truth->now.rev = cmd->rev;
    truth->now.px = cmd->px;
    truth->now.qty = cmd->qty;
    if (world->swarm.is_amending) {
        reject =
            match_amend(match, world->now, truth->match_id, cmd->px, cmd->qty - truth->before_qty);
        if (reject != MATCH_OK)
            truth->now = before;
    } else {
        struct match_order order;

        truth->now = before;
        world->exchange.is_replacing = 1;
        match_cancel(match, world->now, truth->match_id);
        truth->now.rev = cmd->rev;
        truth->now.px = cmd->px;
        truth->now.qty = cmd->qty;
        truth->before_qty = truth->now.cum_qty;
        order = order_of(cmd, cmd->qty - truth->before_qty);
        reject = match_submit(match, world->now, &order, NULL);
        world->exchange.is_replacing = 0;
    }
    world_trace(world, "  exchange: replace %llx rev %u: %d", (unsigned long long)truth->order_id,
                cmd->rev, reject);
    if (reject == MATCH_OK)
        answer(world, request, OUTCOME_DONE, truth, REPORT_REPLACED, REASON_NONE);
    else if (world->swarm.is_amending)
        answer(world, request, OUTCOME_REFUSED, NULL, REPORT_REPLACE_REJECTED, reason_of(reject));
    else
        answer(world, request, OUTCOME_REFUSED, truth, REPORT_CANCELLED, reason_of(reject));
}

static void take_request(struct world *world, const struct message *request)
{
    const struct order_cmd *cmd = &request->u.one.cmd;
    struct truth *truth = exchange_find(world, cmd->order_id);
    struct message quiet = *request;

    // An id that is there is refused before anything else is looked at.
    if ((cmd->kind == CMD_NEW && truth != NULL) ||
        (cmd->kind == CMD_REPLACE && truth != NULL && truth->now.rev >= cmd->rev)) {
        answer(world, request, OUTCOME_DUPLICATE, NULL, 0, REASON_VENUE_DUPLICATE);
        return;
    }
    if (world->now > request->t_expire) {
        answer(world, request, OUTCOME_LATE, NULL, 0, REASON_VENUE_CLOCK);
        return;
    }
    if (world_fault(world, FAULT_ERROR)) {
        answer(world, request, OUTCOME_ERROR, NULL, 0, REASON_VENUE_DOWN);
        if (rng_below(&world->amounts[FAULT_ERROR], 2) == 0)
            return;
        quiet.req = 0; // done all the same; nobody waits for this answer
        quiet.link = 0;
        request = &quiet;
    }
    if (cmd->kind == CMD_NEW)
        take_new(world, request);
    else if (cmd->kind == CMD_CANCEL)
        take_cancel(world, request, truth);
    else
        take_replace(world, request, truth);
}

static void take_ask(struct world *world, const struct message *request)
{
    struct truth *truth = exchange_find(world, request->u.one.cmd.order_id);
    struct message *message = world_message(world, MESSAGE_ANSWER);

    if (message == NULL)
        return;
    message->link = request->link;
    message->life = request->life;
    message->req = request->req;
    message->t_sent = request->t_sent;
    message->u.one.cmd = request->u.one.cmd;
    if (truth != NULL)
        catch_up(world, truth);
    // A refused order is no order: venues do not keep it.
    message->is_found =
        truth != NULL && truth->shown.state != 0 && truth->shown.state != AGON_ORDER_REJECTED;
    if (message->is_found) {
        struct record_report *report = &message->u.one.report;

        *report = report_of(world, truth, REPORT_STATE);
        report->state = truth->shown.state;
        report->px = truth->shown.px;
        report->qty = truth->shown.qty;
        report->cum_qty = truth->shown.cum_qty;
        report->rev = truth->shown.rev;
    }
    world_post(world, message, PATH_REPLY);
}

static void take_ask_fills(struct world *world, const struct message *request)
{
    struct exchange *exchange = &world->exchange;
    struct message *message = world_message(world, MESSAGE_FILLS);
    uint64_t at = request->u.page.from;

    if (message == NULL)
        return;
    message->link = request->link;
    message->life = request->life;
    message->req = request->req;
    message->u.page.from = at;
    message->u.page.n = 0;
    while (at < exchange->n_fills && message->u.page.n < PAGE &&
           exchange->fills[at].t_shown <= world->now)
        message->u.page.fills[message->u.page.n++] = exchange->fills[at++].report;
    message->u.page.to = at;
    message->u.page.is_last = at >= exchange->n_fills || message->u.page.n < PAGE;
    for (uint32_t i = 0; i < world->swarm.n_instruments + 1; i++) {
        message->u.page.free_amt[i] = match_free_amt(exchange->match, 0, i + 1);
        message->u.page.held_amt[i] = match_locked_amt(exchange->match, 0, i + 1);
    }
    world_post(world, message, PATH_REPLY);
}

static void take_ask_book(struct world *world, const struct message *request)
{
    struct message *message = world_message(world, MESSAGE_DATA);

    if (message == NULL)
        return;
    message->link = request->link;
    message->life = request->life;
    ticker_snapshot(world, request->u.one.cmd.instrument,
                    (struct agon_book_part *)(void *)message->u.data);
    world_post(world, message, PATH_REPLY);
}

void exchange_take(struct world *world, const struct message *message)
{
    switch (message->kind) {
    case MESSAGE_REQUEST:
        take_request(world, message);
        break;
    case MESSAGE_ASK:
        take_ask(world, message);
        break;
    case MESSAGE_ASK_FILLS:
        take_ask_fills(world, message);
        break;
    case MESSAGE_ASK_BOOK:
        take_ask_book(world, message);
        break;
    default:
        REQUIRE(!"a message that an exchange takes");
    }
}

/* Somebody buys by hand, on the same account. */
void exchange_foreign(struct world *world)
{
    struct rng *rng = &world->amounts[FAULT_FOREIGN];
    agon_instrument_t id = 1 + (agon_instrument_t)rng_below(rng, world->swarm.n_instruments);
    const struct agon_instrument *instrument = instruments_get(&world->exchange.table, id);
    const struct ticker *ticker = &world->tickers[id];
    struct order_cmd cmd = {
        .order_id = FOREIGN_ID | ++world->exchange.n_foreign,
        .instrument = id,
        .side = AGON_BUY,
        .type = AGON_LIMIT,
        .tif = AGON_TIF_IOC,
        .px = ticker->ask[1].px,
        .qty = instrument->lot_qty * (agon_qty_t)(1 + rng_below(rng, 500)),
    };
    struct match_order order = order_of(&cmd, cmd.qty);

    world->result->n_injected[FAULT_FOREIGN]++;
    world->result->some[SOME_FOREIGN]++;
    add_truth(world, &cmd);
    match_submit(world->exchange.match, world->now, &order, NULL);
}

int exchange_open(struct world *world)
{
    struct exchange *exchange = &world->exchange;
    struct match_config config = {.max_orders = ORDERS_MAX,
                                  .max_owners = 1,
                                  .cancel_ahead_ppm = 500000,
                                  .is_funds_checked = 1};
    struct match_sink sink = {.ctx = world, .on_event = on_event};

    exchange->orders = calloc(ORDERS_MAX, sizeof(*exchange->orders));
    exchange->fills = malloc(FILLS_MAX * sizeof(*exchange->fills));
    if (exchange->orders == NULL || exchange->fills == NULL ||
        instruments_init(&exchange->table) < 0 || map_init(&exchange->by_order, ORDERS_MAX) < 0)
        return AGON_ENOMEM;
    exchange->match = match_new(&config, &exchange->table, &sink);
    return exchange->match != NULL ? AGON_OK : AGON_ENOMEM;
}

void exchange_close(struct world *world)
{
    struct exchange *exchange = &world->exchange;

    match_free(exchange->match);
    instruments_deinit(&exchange->table);
    map_deinit(&exchange->by_order);
    free(exchange->orders);
    free(exchange->fills);
}
