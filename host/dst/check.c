// SPDX-License-Identifier: Apache-2.0
/* check: what must hold, asked after every event. The cheap forms follow one order or one message;
 * the full form looks at everything again. Ids are those of RELIABILITY 2. */
#include <stdlib.h>

#include "base/crc.h"
#include "base/hash.h"
#include "base/num.h"
#include "dst/world.h"
#include "engine/close.h"

#define FULL_EVERY 1024u
#define SOME_EVERY 32u

uint64_t check_key(uint64_t order_id, uint8_t rev, uint8_t kind)
{
    return hash_mix(order_id ^ (uint64_t)rev << 40 ^ (uint64_t)kind << 28);
}

uint32_t check_crc(const struct order_cmd *cmd)
{
    return crc32c(0, cmd, sizeof(*cmd));
}

void check_command(struct halts *halts, const struct record_command *command)
{
    uint8_t is_halt = command->kind == COMMAND_HALT;

    switch (command->kind) {
    case COMMAND_KILL:
        halts->is_killed = 1;
        break;
    case COMMAND_HALT:
    case COMMAND_RESUME:
        if (command->scope == SCOPE_GLOBAL) {
            // A kill is lifted by its own name alone, and that lifts nothing else.
            if (!is_halt && command->reason == REASON_KILL)
                halts->is_killed = 0;
            else
                halts->is_halted = is_halt;
        } else if (command->scope == SCOPE_SLOT && command->id < WORLD_AGENTS) {
            halts->is_slot_halted[command->id] = is_halt;
        } else if (command->scope == SCOPE_INSTRUMENT && command->id <= WORLD_INSTRUMENTS) {
            halts->is_instrument_halted[command->id] = is_halt;
        }
        break;
    case COMMAND_SLOT_CONDITION:
        if (command->id < WORLD_AGENTS)
            halts->is_inactive[command->id] = command->value != CONDITION_ACTIVE;
        break;
    default:
        break;
    }
}

/* An order left the gate. On a spot account every buy raises risk. */
void check_decided(struct world *world, const struct order_cmd *cmd)
{
    const struct halts *halts = &world->checks.halts;
    uint16_t slot = ORDER_ID_SLOT(cmd->order_id);
    int is_new = cmd->kind == CMD_NEW || cmd->kind == CMD_REPLACE;
    int is_halted;

    (void)map_put(&world->node.decided, check_key(cmd->order_id, cmd->rev, cmd->kind),
                  check_crc(cmd));
    if (!is_new)
        return;
    if (slot >= world->swarm.n_agents) {
        world_fail(world, "inv-01", "order %llx is of no slot", (unsigned long long)cmd->order_id);
        return;
    }
    is_halted = halts->is_halted || halts->is_killed || halts->is_slot_halted[slot] ||
                halts->is_instrument_halted[cmd->instrument];
    if ((halts->is_killed && !cmd->is_exit) || (is_halted && cmd->side == AGON_BUY))
        world_fail(world, "inv-22", "order %llx left while halted",
                   (unsigned long long)cmd->order_id);
    if (halts->is_inactive[slot] && (cmd->flags & AGON_REDUCE_ONLY) == 0)
        world_fail(world, "inv-20", "order %llx left for a slot that is not active",
                   (unsigned long long)cmd->order_id);
    if (cmd->side == AGON_BUY && world->clerk.syncs[cmd->instrument].state != BOOK_LIVE)
        world_fail(world, "inv-12", "order %llx left on a book that is not live",
                   (unsigned long long)cmd->order_id);
}

/* Orders leave no faster than four fifths of what the exchange allows, wherever its window begins.
 */
static void check_rate(struct world *world)
{
    struct checks *checks = &world->checks;
    uint64_t most = (uint64_t)world->swarm.orders_10s * 4 / 5;

    checks->t_orders[checks->n_ordered % ORDERS_MAX] = world->now;
    if (checks->n_ordered >= most &&
        world->now - checks->t_orders[(checks->n_ordered - most) % ORDERS_MAX] < 10 * SECOND)
        world_fail(world, "rate", "more than %llu orders left within 10 s",
                   (unsigned long long)most);
    checks->n_ordered++;
}

/* A request that places an order leaves: a new one, a replacement, or the second half of one. */
void check_wire(struct world *world, const struct order_cmd *cmd, agon_px_t px, agon_qty_t qty,
                int is_again)
{
    struct checks *checks = &world->checks;
    uint64_t key = check_key(cmd->order_id, cmd->rev, cmd->kind);
    uint64_t crc;

    check_rate(world);
    if (px != cmd->px || qty > cmd->qty || qty <= 0)
        world_fail(world, "inv-01",
                   "order %llx leaves with %lld at %lld, decided were %lld at %lld",
                   (unsigned long long)cmd->order_id, (long long)qty, (long long)px,
                   (long long)cmd->qty, (long long)cmd->px);
    // It carries a client id, made of the order's number and its revision. One that was refused for
    // its time stamp was taken by nobody, and goes with a new stamp.
    if (is_again)
        return;
    if (map_get(&checks->wire, check_key(cmd->order_id, cmd->rev, 0), NULL))
        world_fail(world, "inv-02", "client id %llx, revision %u is written a second time",
                   (unsigned long long)cmd->order_id, cmd->rev);
    (void)map_put(&checks->wire, check_key(cmd->order_id, cmd->rev, 0), 1);
    if (!map_get(&world->node.decided, key, &crc) || crc != check_crc(cmd))
        world_fail(world, "inv-01", "order %llx is not what the gate passed",
                   (unsigned long long)cmd->order_id);
    REQUIRE(checks->n_wired < ORDERS_MAX);
    checks->wired[checks->n_wired++] = (struct decision){
        .order_id = cmd->order_id, .crc = check_crc(cmd), .kind = cmd->kind, .rev = cmd->rev};
}

/* After a restart: whatever ever left is in the journal, field by field. */
void check_recovered(struct world *world, const struct map *decided)
{
    struct checks *checks = &world->checks;

    // What the new process counted is of events that were judged before.
    for (uint16_t id = 0; id < world->swarm.n_agents; id++)
        checks->n_closed[id] = close_count(world->node.engine, id);
    for (uint32_t i = 0; i < checks->n_wired; i++) {
        const struct decision *wired = &checks->wired[i];
        uint64_t crc;

        if (map_get(decided, check_key(wired->order_id, wired->rev, wired->kind), &crc) &&
            crc == wired->crc)
            continue;
        world_fail(world, "inv-03", "order %llx, revision %u left and the journal knows nothing",
                   (unsigned long long)wired->order_id, wired->rev);
        return;
    }
}

/* The truth about an order changed: whatever it may still do is held back. */
void check_truth(struct world *world, const struct truth *truth)
{
    const struct order *order;
    int is_open = truth->now.state != 0 && truth->now.state < AGON_ORDER_FILLED;

    if (world->node.engine == NULL || truth->is_foreign)
        return;
    order = orders_find(engine_orders(world->node.engine), truth->order_id);
    if (order == NULL)
        return; // told at the restart, or not at all: the quiet end compares all of them
    if (is_open && order_is_final(order) && order->state != AGON_ORDER_FILLED)
        world_fail(world, "inv-06", "order %llx ended for the host and lives at the venue",
                   (unsigned long long)truth->order_id);
    if (is_open && order->filled_qty + order->held_back_qty < truth->now.qty)
        world_fail(world, "inv-23", "order %llx may fill %lld and %lld are held back",
                   (unsigned long long)truth->order_id, (long long)truth->now.qty,
                   (long long)(order->filled_qty + order->held_back_qty));
}

/* A report was applied: the order took a step that its table allows, and none beyond the truth. */
void check_report(struct world *world, const struct record_report *report,
                  const struct order *before)
{
    const struct order *order = orders_find(engine_orders(world->node.engine), report->order_id);
    const struct truth *truth = lane_find(world, report->order_id);
    unsigned long long id = (unsigned long long)report->order_id;
    int was_final = before->id != 0 && order_is_final(before);
    int is_seen;

    if (order == NULL)
        return;
    if (order->filled_qty < before->filled_qty || order->filled_qty > order->qty)
        world_fail(world, "inv-08", "order %llx: %lld filled of %lld, was %lld", id,
                   (long long)order->filled_qty, (long long)order->qty,
                   (long long)before->filled_qty);
    // What ended by a conclusion of the outbox, and is seen after all, is opened again: told by an
    // acknowledgement with that reason, by a later revision, or by a fill.
    is_seen = (report->kind == REPORT_ACK && report->reason == REASON_ABSENT) ||
              report->kind == REPORT_REPLACED || report->kind == REPORT_FILL;
    if (was_final && before->id == order->id && order->state != before->state && !is_seen)
        world_fail(world, "inv-08", "order %llx left a final state (%u to %u)", id, before->state,
                   order->state);
    if (truth != NULL && order->filled_qty > truth->now.cum_qty)
        world_fail(world, "inv-07", "order %llx: %lld filled here, %lld at the venue", id,
                   (long long)order->filled_qty, (long long)truth->now.cum_qty);
    if (truth == NULL && order->filled_qty > 0)
        world_fail(world, "inv-07", "order %llx is filled and the venue never had it", id);
    if (truth != NULL && order_is_final(order) && order->state != AGON_ORDER_FILLED &&
        truth->now.state != 0 && truth->now.state < AGON_ORDER_FILLED)
        world_fail(world, "inv-06", "order %llx ended for the host and lives at the venue", id);
    check_orders_report(world, report, order, before, truth);
    if (before->request_state == AGON_REQUEST_UNKNOWN && report->kind == REPORT_UNKNOWN &&
        order->request_state != AGON_REQUEST_UNKNOWN)
        world_fail(world, "inv-06", "order %llx: an unknown fate was settled by nothing", id);
    if (report->kind == REPORT_FILL && was_final && order->filled_qty > before->filled_qty)
        world->result->some[SOME_FILL_AFTER_FINAL]++;
    if (report->kind == REPORT_REPLACED && order->rev != before->rev)
        world->result->some[SOME_REPLACED]++;
}

static void check_book(struct world *world, const struct agon_book_part *part)
{
    agon_instrument_t id = part->hdr.instrument;
    const struct engine *engine = world->node.engine;
    const struct book *book = engine_book(engine, id);
    const struct ticker *ticker = &world->tickers[id];
    struct agon_level bid[TICKER_LEVELS + 1];
    struct agon_level ask[TICKER_LEVELS + 1];
    uint64_t last_id = part->last_id;
    uint32_t n_bid;
    uint32_t n_ask;

    if (book == NULL || engine_book_state(engine, id) != BOOK_LIVE ||
        ticker->last_id - last_id >= TICKER_HISTORY)
        return;
    n_bid = book_levels(book, AGON_BUY, bid, TICKER_LEVELS + 1);
    n_ask = book_levels(book, AGON_SELL, ask, TICKER_LEVELS + 1);
    if (ticker_hash(bid, n_bid, ask, n_ask) != ticker->history[last_id % TICKER_HISTORY])
        world_fail(world, "inv-11", "the book of instrument %u is live and not the venue's at %llu",
                   id, (unsigned long long)last_id);
}

static void check_nth(struct world *world)
{
    for (uint16_t id = 0; id < world->swarm.n_agents; id++) {
        struct slots *slots = engine_slots(world->node.engine);

        if (slots_get(slots, id) != NULL && slots_nth(slots, id) != world->agents[id].nth)
            world_fail(world, "inv-21", "slot %u was delivered %llu and the engine counts %llu", id,
                       (unsigned long long)world->agents[id].nth,
                       (unsigned long long)slots_nth(slots, id));
    }
}

static void check_state(struct world *world)
{
    char text[256];
    const char *broken = engine_check(world->node.engine, text);
    char id[16] = "engine";
    const char *colon;

    if (broken == NULL)
        return;
    colon = strchr(broken, ':');
    if (colon != NULL && (size_t)(colon - broken) < sizeof(id)) {
        memcpy(id, broken, (size_t)(colon - broken));
        id[colon - broken] = '\0';
        broken = colon + 2;
    }
    world_fail(world, id, "%s", broken);
}

void check_full(struct world *world)
{
    if (world->node.engine == NULL)
        return;
    check_state(world);
    check_nth(world);
    for (uint32_t i = 0; i < world->lane.n_orders; i++)
        check_truth(world, &world->lane.orders[i]);
}

/* More than twice what the exchange takes an order for: the price moved since it was looked at. */
static int is_something(struct engine *engine, const struct position *pos)
{
    const struct agon_instrument *instrument =
        instruments_get(engine_instruments(engine), pos->instrument);

    // px has 2 decimals, quantities 5, amounts 8.
    return instrument != NULL && pos->qty >= 2 * instrument->min_qty &&
           pos->qty >= 2 * instrument->lot_qty &&
           num_mul_div(engine_mark_px(engine, pos->instrument), pos->qty, 1, NUM_DOWN) * 10 >
               2 * instrument->min_notional_amt;
}

static void check_closed(struct world *world)
{
    struct engine *engine = world->node.engine;

    for (uint16_t id = 0; id < world->swarm.n_agents; id++) {
        uint64_t n_closed = close_count(engine, id);
        int is_new = n_closed > world->checks.n_closed[id];
        uint32_t n = 0;
        const struct position *all =
            is_new ? ledger_positions(engine_ledger(engine), id, &n) : NULL;

        world->checks.n_closed[id] = n_closed;
        for (uint32_t i = 0; is_new && i < n; i++) {
            if (is_something(engine, &all[i]))
                world_fail(world, "inv-24", "slot %u is counted as closed and holds %lld of %u", id,
                           (long long)all[i].qty, all[i].instrument);
        }
    }
}

void check_event(struct world *world, const struct agon_event_hdr *event, agon_ns_t t_before)
{
    struct checks *checks = &world->checks;

    if (engine_t(world->node.engine) < t_before)
        world_fail(world, "inv-25", "engine time went back");
    if (event->seq != engine_seq(world->node.engine))
        world_fail(world, "inv-16", "event %llu at seq %llu", (unsigned long long)event->seq,
                   (unsigned long long)engine_seq(world->node.engine));
    if (event->type == AGON_EVENT_BOOK_DELTA || event->type == AGON_EVENT_BOOK_SNAPSHOT)
        check_book(world, (const struct agon_book_part *)(const void *)event);
    check_closed(world);
    checks->n_checked++;
    if (checks->n_checked % FULL_EVERY == 0)
        check_full(world);
    else if (checks->n_checked % SOME_EVERY == 0)
        check_state(world);
}

int check_has_flight(struct world *world)
{
    struct orders *orders = engine_orders(world->node.engine);

    for (uint16_t slot = 0; slot < world->swarm.n_agents; slot++) {
        for (struct order *order = orders_next(orders, slot, NULL); order != NULL;
             order = orders_next(orders, slot, order)) {
            if (order->request_state == AGON_REQUEST_IN_FLIGHT)
                return 1;
        }
    }
    return 0;
}

static void check_order_quiet(struct world *world, struct order *order)
{
    const struct truth *truth = lane_find(world, order->id);
    unsigned long long id = (unsigned long long)order->id;

    if (order->request != AGON_REQUEST_NONE)
        world_fail(world, "inv-06", "order %llx: a request %u is %s after everything settled", id,
                   order->request,
                   order->request_state == AGON_REQUEST_UNKNOWN ? "UNKNOWN" : "in flight");
    else if (truth == NULL || truth->now.state >= AGON_ORDER_FILLED)
        world_fail(world, "inv-05", "order %llx is open here and %s at the venue", id,
                   truth == NULL ? "unknown" : "final");
    else if ((order->flags & ORDER_CANCEL_WANTED) != 0)
        world_fail(world, "inv-22", "order %llx shall be cancelled and nobody does it", id);
    else if (truth->now.px != order->px && order->guard_px == 0)
        world_fail(world, "inv-05", "order %llx stands at %lld here and at %lld there", id,
                   (long long)order->px, (long long)truth->now.px);
}

static void check_truth_quiet(struct world *world, const struct truth *truth)
{
    const struct order *order = orders_find(engine_orders(world->node.engine), truth->order_id);
    unsigned long long id = (unsigned long long)truth->order_id;
    int is_open = truth->now.state < AGON_ORDER_FILLED;

    if (order == NULL)
        world_fail(world, "inv-05", "order %llx is at the venue and the host does not know it", id);
    else if (is_open == order_is_final(order))
        world_fail(world, "inv-05", "order %llx is %s at the venue and state %u here", id,
                   is_open ? "open" : "final", order->state);
    else if (order->filled_qty != truth->now.cum_qty)
        world_fail(world, "inv-07", "order %llx: %lld filled here, %lld at the venue", id,
                   (long long)order->filled_qty, (long long)truth->now.cum_qty);
    else if (order->held_back_qty != (is_open ? order->qty - order->filled_qty : 0))
        world_fail(world, "inv-10", "order %llx holds back %lld for ever", id,
                   (long long)order->held_back_qty);
    else if (is_open && (order->qty != truth->now.qty || order->rev != truth->now.rev))
        world_fail(world, "inv-05", "order %llx is revision %u of %lld here, %u of %lld there", id,
                   order->rev, (long long)order->qty, truth->now.rev, (long long)truth->now.qty);
}

void check_quiet(struct world *world)
{
    struct engine *engine = world->node.engine;
    const struct lane *lane = &world->lane;

    if (engine == NULL) {
        world_fail(world, "liveness", "the host did not come back");
        return;
    }
    for (uint16_t slot = 0; slot < world->swarm.n_agents; slot++) {
        for (struct order *order = orders_next(engine_orders(engine), slot, NULL); order != NULL;
             order = orders_next(engine_orders(engine), slot, order))
            check_order_quiet(world, order);
    }
    for (uint32_t i = 0; i < lane->n_orders; i++) {
        if (lane->orders[i].is_foreign)
            continue;
        check_truth_quiet(world, &lane->orders[i]);
        check_orders_quiet(world, &lane->orders[i]);
    }
    for (agon_instrument_t id = 1; id <= world->swarm.n_instruments; id++) {
        if (engine_book_state(engine, id) != BOOK_LIVE)
            world_fail(world, "liveness", "the book of instrument %u is not live", id);
    }
    for (agon_asset_t asset = USDT; asset <= world->swarm.n_instruments + 1; asset++) {
        agon_amt_t free_amt;
        agon_amt_t held_amt;
        agon_amt_t here = ledger_total(engine_ledger(engine), 0, asset);
        agon_amt_t suspense = ledger_amt(engine_ledger(engine), 0, LEDGER_SUSPENSE, asset);
        agon_amt_t there;

        lane_balance(world, asset, &free_amt, &held_amt);
        there = free_amt + held_amt;
        if (there != here || suspense != 0)
            world_fail(world, "inv-13", "asset %u: %lld here, %lld at the venue, suspense %lld",
                       asset, (long long)here, (long long)there, (long long)suspense);
    }
}

int check_open(struct world *world)
{
    world->checks.wired = calloc(ORDERS_MAX, sizeof(*world->checks.wired));
    world->checks.t_orders = calloc(ORDERS_MAX, sizeof(*world->checks.t_orders));
    return world->checks.wired != NULL && world->checks.t_orders != NULL &&
                   map_init(&world->checks.wire, ORDERS_MAX) >= 0 &&
                   map_init(&world->checks.refused, ORDERS_MAX) >= 0
               ? AGON_OK
               : AGON_ENOMEM;
}

void check_close(struct world *world)
{
    free(world->checks.wired);
    free(world->checks.t_orders);
    map_deinit(&world->checks.wire);
    map_deinit(&world->checks.refused);
}
