// SPDX-License-Identifier: Apache-2.0
/* lane: the exchange's end of the message level. What it does with an order the simulator does: its
 * own functions, without the bytes of its dialect (sim/bare.h). What goes wrong happens here,
 * before them and after them: requests that come too late, that are taken twice, answered by an
 * error and done or not, cancels that are taken and done later; and queries that look back, which
 * the simulator can do itself. Here too is the truth about our orders, as the simulator tells it at
 * each effect. */
#include <stdio.h>
#include <stdlib.h>

#include "dst/world.h"
#include "venue/client_id.h"

#define FOREIGN_ID ((uint64_t)0xffff << 48)
#define HAND       "hand-"
#define PX_UNIT    1000000 /* of 10^-8 in a price of ours */
#define QTY_UNIT   1000
#define PX_MOST    ((int64_t)1 << 54)

static const struct order_ids ids = {.journal = 0x5eed1e};

agon_px_t lane_px(agon_px_t px)
{
    return px / PX_UNIT;
}

agon_qty_t lane_qty(agon_qty_t qty)
{
    return qty / QTY_UNIT;
}

agon_px_t lane_their_px(agon_px_t px)
{
    return px * PX_UNIT;
}

agon_qty_t lane_their_qty(agon_qty_t qty)
{
    return qty * QTY_UNIT;
}

int lane_own_id(const char *client, uint64_t *order_id, uint8_t *rev)
{
    return client_id_parse(&ids, client, strlen(client), order_id, rev) == AGON_OK;
}

void lane_client(uint64_t order_id, uint8_t rev, char client[BARE_CLIENT_TEXT])
{
    char text[CLIENT_ID_TEXT];

    client_id_format(&ids, order_id, rev, text);
    memset(client, 0, BARE_CLIENT_TEXT);
    memcpy(client, text, strlen(text));
}

struct truth *lane_find(struct world *world, uint64_t order_id)
{
    uint64_t at;

    return map_get(&world->lane.by_order, order_id, &at) ? &world->lane.orders[at] : NULL;
}

static uint32_t sym_of(agon_instrument_t instrument)
{
    return instrument - 1;
}

/* --- the truth --- */

static struct truth *add_truth(struct world *world, uint64_t order_id, uint8_t rev,
                               const struct bare_order *order)
{
    struct lane *lane = &world->lane;
    struct truth *truth = &lane->orders[lane->n_orders];

    REQUIRE(lane->n_orders < ORDERS_MAX);
    *truth = (struct truth){.order_id = order_id,
                            .instrument = order->sym + 1,
                            .slot = ORDER_ID_SLOT(order_id),
                            .side = order->side,
                            .is_foreign = (order_id & FOREIGN_ID) == FOREIGN_ID,
                            .now = {.rev = rev}};
    REQUIRE(map_put(&lane->by_order, order_id, lane->n_orders++) == AGON_OK);
    return truth;
}

/* A wire order came to be: the first of an order, or one that replaces the one before. */
static void take_placed(struct world *world, struct truth *truth, uint8_t rev,
                        const struct bare_order *order)
{
    if (truth->number != 0 && rev <= truth->now.rev)
        world_fail(world, "inv-02", "order %llx, revision %u came to be a second time",
                   (unsigned long long)truth->order_id, rev);
    if (truth->number != 0 && truth->now.state < AGON_ORDER_FILLED)
        world_fail(world, "inv-02", "order %llx, revision %u came to be beside the one before",
                   (unsigned long long)truth->order_id, rev);
    truth->number = order->id;
    truth->t_placed = world->now;
    truth->is_late = world->lane.is_late;
    truth->before_qty = truth->now.cum_qty;
    truth->now.rev = rev;
    truth->now.px = lane_px(order->px);
    truth->now.qty = truth->before_qty + lane_qty(order->qty);
    memcpy(truth->client, order->client, sizeof(truth->client));
}

/* The wire order is another now, and none came to be. */
static void take_amended(struct world *world, struct truth *truth, const struct bare_order *order)
{
    truth->now.rev = world->lane.rev;
    truth->now.px = lane_px(order->px);
    truth->now.qty = lane_qty(order->qty);
    world->result->some[SOME_IN_PLACE]++;
}

static void keep_fill(struct world *world, const struct truth *truth, const struct bare_fill *fill)
{
    struct lane *lane = &world->lane;

    REQUIRE(lane->n_fills < FILLS_MAX);
    lane->fills[lane->n_fills++] = (struct truth_fill){.truth = (uint32_t)(truth - lane->orders),
                                                       .px = lane_px(fill->px),
                                                       .qty = lane_qty(fill->qty),
                                                       .fee_amt = fill->fee_amt,
                                                       .fee_asset = lane->assets[fill->fee_asset]};
    world_trace(world, "  exchange: fill %llx px %lld qty %lld cum %lld",
                (unsigned long long)truth->order_id, (long long)lane_px(fill->px),
                (long long)lane_qty(fill->qty), (long long)truth->now.cum_qty);
}

static void on_effect(void *ctx, const struct bare_effect *effect)
{
    struct world *world = ctx;
    const struct bare_order *order = &effect->order;
    struct message *message = world_message(world, MESSAGE_STREAM);
    struct truth *truth;
    uint64_t order_id;
    uint8_t rev = 0;

    if (!lane_own_id(order->client, &order_id, &rev))
        order_id = FOREIGN_ID | strtoull(order->client + strlen(HAND), NULL, 10);
    truth = lane_find(world, order_id);
    if (truth == NULL)
        truth = add_truth(world, order_id, rev, order);
    if (effect->kind == MATCH_ACCEPTED)
        take_placed(world, truth, rev, order);
    if (effect->kind == MATCH_AMENDED)
        take_amended(world, truth, order);
    truth->now.cum_qty = truth->before_qty + lane_qty(order->filled_qty);
    truth->now.state = order->state == AGON_ORDER_OPEN && truth->now.cum_qty > 0
                           ? AGON_ORDER_PARTIAL
                           : order->state;
    if (effect->kind == MATCH_TRADE)
        keep_fill(world, truth, &effect->fill);
    else
        world_trace(world, "  exchange: %llx rev %u is %u", (unsigned long long)order_id, rev,
                    order->state);
    check_truth(world, truth);
    check_orders_effect(world, truth, effect->kind, rev);
    if (message == NULL)
        return;
    if (world->swarm.is_behind && truth->is_late && effect->kind == MATCH_ACCEPTED &&
        !world_is_calm(world)) {
        world_drop(world, message);
        return;
    }
    message->u.effect = *effect;
    world_post(world, message, PATH_STREAM);
}

/* --- time and market --- */

void lane_advance(struct world *world)
{
    const struct sim_time now = {world->now, world->now};

    bare_advance(world->lane.sim, &now);
}

void lane_market(struct world *world, const struct agon_event_hdr *event)
{
    _Alignas(64) unsigned char copy[1024];
    struct agon_event_hdr *hdr = (struct agon_event_hdr *)(void *)copy;

    REQUIRE(event_bytes(event) <= sizeof(copy));
    memcpy(copy, event, event_bytes(event));
    if (event->type == AGON_EVENT_TRADE) {
        struct agon_trade *trade = (struct agon_trade *)(void *)copy;

        trade->px *= PX_UNIT;
        trade->qty *= QTY_UNIT;
    } else {
        struct agon_book_part *part = (struct agon_book_part *)(void *)copy;
        struct agon_level *levels = (struct agon_level *)(void *)(part + 1);

        for (uint32_t i = 0; i < (uint32_t)part->n_bid + part->n_ask; i++) {
            levels[i].px *= PX_UNIT;
            levels[i].qty *= QTY_UNIT;
        }
    }
    lane_advance(world);
    (void)bare_market(world->lane.sim, hdr);
}

void lane_balance(struct world *world, agon_asset_t asset, agon_amt_t *free_amt,
                  agon_amt_t *held_amt)
{
    bare_balance(world->lane.sim, 0, world->lane.back[asset], 0, free_amt, held_amt);
}

/* --- requests --- */

static struct message *answer(struct world *world, const struct message *request)
{
    struct message *message =
        world_message(world, request->u.asked.what == ASK_BOOK ? MESSAGE_BOOK : MESSAGE_REPLY);

    if (message == NULL)
        return NULL;
    message->link = request->link;
    message->life = request->life;
    message->req = request->req;
    if (message->kind == MESSAGE_REPLY)
        message->u.answered.n_fills = 0;
    return message;
}

static void answer_error(struct world *world, const struct message *request, int status, int code,
                         const char *text)
{
    struct message *message = answer(world, request);
    struct bare_verdict *verdict;

    if (message == NULL)
        return;
    verdict = &message->u.answered.verdict;
    message->kind = MESSAGE_REPLY;
    verdict->status = status;
    verdict->code = code;
    snprintf(verdict->text, sizeof(verdict->text), "%s", text);
    memset(&message->u.answered.replaced, 0, sizeof(message->u.answered.replaced));
    world_post(world, message, PATH_REPLY);
}

/* A filter that the host could not know. How many orders there are our own cancels change on their
 * way. What a stop is worth depends on a price that nobody knows yet, and what is left of an order
 * that is placed anew on its fills. Five times the mean price or a fifth of it is asked of all, and
 * the collar holds near the market what rests or trades at once; but a trigger may be as far away
 * as an agent likes, its price goes with it, and the host follows no mean of five minutes: such an
 * order the exchange refuses. So it does a sale that left without a live book, at any price. */
static int is_beyond_us(const struct asked *asked, const char *text)
{
    return asked->wish.type == AGON_STOP || asked->what == ASK_SWAP_NEW ||
           strstr(text, "MAX_NUM") != NULL ||
           ((asked->wish.type == AGON_STOP_LIMIT || asked->wish.side == AGON_SELL) &&
            strstr(text, "PERCENT_PRICE") != NULL);
}

/* What the host knew when it sent an order it has looked at. */
static void check_refusal(struct world *world, const struct asked *asked,
                          const struct bare_verdict *verdict)
{
    if (verdict->code == -1013 && !is_beyond_us(asked, verdict->text))
        world_fail(world, "inv-14", "order %s broke a filter that the host knew (%s)",
                   asked->wish.client, verdict->text);
    if (strstr(verdict->text, "insufficient balance") != NULL)
        world_fail(world, "rel-g23", "order %s was refused for funds, which the host had counted",
                   asked->wish.client);
}

static void take_new(struct world *world, const struct message *request, struct answered *answered)
{
    const struct asked *asked = &request->u.asked;
    struct sim *sim = world->lane.sim;

    bare_new(sim, 0, &asked->wish, &answered->order, &answered->verdict);
    if (answered->verdict.status == 200)
        answered->n_fills =
            bare_fills(sim, 0, asked->wish.sym, answered->order.id, 0, 0, answered->fills, AT_ONCE);
    else
        check_refusal(world, asked, &answered->verdict);
    world_trace(world, "  exchange: new %s side %u type %u tif %u px %lld qty %lld: %d %s",
                asked->wish.client, asked->wish.side, asked->wish.type, asked->wish.tif,
                (long long)lane_px(asked->wish.px), (long long)lane_qty(asked->wish.qty),
                answered->verdict.code, answered->verdict.text);
}

static void take_modify(struct world *world, const struct asked *asked, struct answered *answered)
{
    world->lane.rev = asked->rev;
    bare_modify(world->lane.sim, 0, asked->wish.sym, asked->client, asked->wish.px, asked->wish.qty,
                &answered->order, &answered->verdict);
    if (answered->verdict.status != 200)
        check_refusal(world, asked, &answered->verdict);
    world_trace(world, "  exchange: modify %s to rev %u, %lld at %lld: %d %s", asked->client,
                asked->rev, (long long)lane_qty(asked->wish.qty),
                (long long)lane_px(asked->wish.px), answered->verdict.code, answered->verdict.text);
}

static void take_replace(struct world *world, const struct message *request,
                         struct answered *answered)
{
    const struct asked *asked = &request->u.asked;

    if (world->swarm.is_in_place) {
        take_modify(world, asked, answered);
        return;
    }
    bare_replace(world->lane.sim, 0, asked->client, &asked->wish, &answered->replaced,
                 &answered->verdict);
    if (answered->replaced.place.status != 0 && answered->replaced.place.status != 200)
        check_refusal(world, asked, &answered->replaced.place);
    else if (!answered->replaced.is_cancelled && answered->verdict.code == -1013)
        check_refusal(world, asked, &answered->verdict);
    world_trace(world, "  exchange: replace %s: %d, new %d", asked->client, answered->verdict.code,
                answered->replaced.place.code);
}

/* Taken and not yet done: until then it may fill. A cancel that begins a replacement is always done
 * at once, for what is left of the order is placed anew by its answer. */
static int is_later(struct world *world, const struct asked *asked, struct answered *answered)
{
    struct truth *truth;
    uint64_t order_id;
    uint8_t rev;

    if (asked->what != ASK_CANCEL || world->is_still || world->swarm.cancel_ns == 0 ||
        !lane_own_id(asked->client, &order_id, &rev))
        return 0;
    truth = lane_find(world, order_id);
    if (truth == NULL || truth->now.state >= AGON_ORDER_FILLED ||
        (truth->now.rev != rev && !world->swarm.is_in_place))
        return 0;
    bare_query(world->lane.sim, 0, sym_of(asked->instrument), 0, asked->client, 0, &answered->order,
               &answered->verdict);
    answered->order.state = AGON_ORDER_CANCELLED;
    world_at(world,
             world->now + (agon_ns_t)rng_below(&world->net, (uint64_t)world->swarm.cancel_ns),
             AT_CANCEL, (uint64_t)(truth - world->lane.orders));
    return 1;
}

void lane_cancel(struct world *world, uint64_t at)
{
    const struct truth *truth = &world->lane.orders[at];
    struct bare_order cancelled;
    struct bare_verdict verdict;

    lane_advance(world);
    bare_cancel(world->lane.sim, 0, sym_of(truth->instrument), truth->client, &cancelled, &verdict);
}

static void take_write(struct world *world, const struct message *request,
                       struct answered *answered)
{
    const struct asked *asked = &request->u.asked;

    switch (asked->what) {
    case ASK_NEW:
    case ASK_SWAP_NEW:
        take_new(world, request, answered);
        break;
    case ASK_REPLACE:
        take_replace(world, request, answered);
        break;
    default:
        if (!is_later(world, asked, answered))
            bare_cancel(world->lane.sim, 0, sym_of(asked->instrument), asked->client,
                        &answered->order, &answered->verdict);
        world_trace(world, "  exchange: cancel %s: %d", asked->client, answered->verdict.code);
        break;
    }
}

/* When the request is done, so is its copy, and the copy's answer is the one that comes: done too,
 * or refused because the id is known. Refused for anything else (the first has taken the last place
 * that a filter left) its answer is lost. An order that has ended lends its client id to a new one:
 * against such a copy no client can help itself, and none is made. */
static void take_copy(struct world *world, const struct message *request, struct answered *answered)
{
    int is_new = request->u.asked.what == ASK_NEW || request->u.asked.what == ASK_SWAP_NEW;
    struct answered spare;

    // What is as it shall be needs no change, and is told so: nobody hears that of the copy.
    if (request->u.asked.what == ASK_REPLACE && world->swarm.is_in_place) {
        take_write(world, request, &spare);
        return;
    }
    if (is_new && (answered->verdict.status != 200 || answered->order.state >= AGON_ORDER_FILLED))
        return;
    take_write(world, request, &spare);
    if (!is_new || spare.verdict.status == 200 || strstr(spare.verdict.text, "uplicate") != NULL)
        *answered = spare;
}

/* One in error is answered by one of the venue's own errors, done or not. */
static int is_failing(struct world *world, const struct message *request, struct answered *spare)
{
    static const struct {
        int status, code, is_done;
        const char *text;
    } errors[] = {{503, -1007, 1, "Timeout waiting for response from backend server."},
                  {502, 0, 1, ""},
                  {503, -1007, 0, "Timeout waiting for response from backend server."},
                  {503, -1008, 0, "Server is currently overloaded with other requests."},
                  {429, -1003, 0, "Too much request weight used."}};
    uint64_t draw;

    if (!world_fault(world, DST_ERROR))
        return 0;
    draw = rng_below(&world->amounts[DST_ERROR], sizeof(errors) / sizeof(errors[0]));
    if (errors[draw].is_done)
        take_write(world, request, spare);
    answer_error(world, request, errors[draw].status, errors[draw].code, errors[draw].text);
    return 1;
}

static void take_request(struct world *world, const struct message *request)
{
    struct answered spare; // what nobody is told
    struct message *message;

    if (world->now > request->t_expire) {
        answer_error(world, request, 400, -1021,
                     "Timestamp for this request is outside of the recvWindow.");
        return;
    }
    world->lane.is_late = world->now - request->t_sent > world->swarm.window_ns / 2;
    if (is_failing(world, request, &spare))
        return;
    message = answer(world, request);
    if (message == NULL) {
        take_write(world, request, &spare);
        return;
    }
    take_write(world, request, &message->u.answered);
    if (request->is_again)
        take_copy(world, request, &message->u.answered);
    world_post(world, message, PATH_REPLY);
}

/* --- what is read --- */

static void read_account(struct world *world, agon_ns_t t_view, struct answered *answered)
{
    for (uint32_t i = 0; i < world->swarm.n_instruments + 1; i++)
        bare_balance(world->lane.sim, 0, world->lane.back[i + 1], t_view, &answered->free_amt[i],
                     &answered->held_amt[i]);
}

/* Fills, oldest first; or the last of all. */
static void read_fills(struct world *world, const struct asked *asked, agon_ns_t t_view,
                       struct list *list)
{
    uint64_t from = asked->from;

    do {
        list->n = bare_fills(world->lane.sim, 0, sym_of(asked->instrument), asked->id, from, t_view,
                             list->u.fills, PAGE);
        if (list->n == PAGE)
            from = list->u.fills[PAGE - 1].id;
    } while (asked->is_last && list->n == PAGE);
    if (asked->is_last && list->n > 1) {
        list->u.fills[0] = list->u.fills[list->n - 1];
        list->n = 1;
    }
}

static void read_list(struct world *world, const struct asked *asked, agon_ns_t t_view,
                      struct message *message)
{
    struct list *list = world_list(world, message);

    if (list == NULL)
        message->u.answered.verdict = (struct bare_verdict){.status = 503, .code = -1008};
    else if (asked->what == ASK_TRADES)
        read_fills(world, asked, t_view, list);
    else
        list->n = bare_open(world->lane.sim, 0, t_view, list->u.orders, LIST_ROOM);
}

/* Of an order that came to be late one answer, the first that would show it, is of long ago: there
 * it is not. One, for what a single answer says ends no order. */
static int is_hidden(struct world *world, const struct asked *asked, agon_ns_t t_view)
{
    struct truth *truth;
    uint64_t order_id;
    uint8_t rev;

    if (asked->what != ASK_QUERY || !world->swarm.is_behind || world_is_calm(world) ||
        !lane_own_id(asked->client, &order_id, &rev))
        return 0;
    truth = lane_find(world, order_id);
    if (truth == NULL || !truth->is_late || truth->was_hidden || truth->t_placed > t_view ||
        strcmp(truth->client, asked->client) != 0)
        return 0;
    truth->was_hidden = 1;
    return 1;
}

/* How the exchange's copy was when; 0: now. */
static agon_ns_t view_of(struct world *world)
{
    agon_ns_t t_view = 0;

    if (world_fault(world, DST_QUERY_LAG))
        t_view =
            world->now - (agon_ns_t)rng_below(&world->amounts[DST_QUERY_LAG], (uint64_t)LAG_MAX);
    if (world->swarm.is_behind && !world_is_calm(world))
        t_view = world->now - BEHIND_NS;
    return t_view;
}

static void take_read(struct world *world, const struct message *request)
{
    const struct asked *asked = &request->u.asked;
    struct sim *sim = world->lane.sim;
    struct message *message = answer(world, request);
    struct answered *answered;
    agon_ns_t t_view = view_of(world);

    if (message == NULL)
        return;
    answered = &message->u.answered;
    if (is_hidden(world, asked, t_view)) {
        answer_error(world, request, 400, -2013, "Order does not exist.");
        world_drop(world, message);
        return;
    }
    answered->verdict = (struct bare_verdict){.status = 200};
    switch (asked->what) {
    case ASK_QUERY:
    case ASK_NUMBER:
        bare_query(sim, 0, sym_of(asked->instrument), asked->id, asked->client, t_view,
                   &answered->order, &answered->verdict);
        break;
    case ASK_ACCOUNT:
        read_account(world, t_view, answered);
        break;
    default:
        read_list(world, asked, t_view, message);
        break;
    }
    world_post(world, message, PATH_REPLY);
}

static void take_ask_book(struct world *world, const struct message *request)
{
    struct message *message = answer(world, request);

    if (message == NULL)
        return;
    ticker_snapshot(world, request->u.asked.instrument,
                    (struct agon_book_part *)(void *)message->u.data);
    world_post(world, message, PATH_REPLY);
}

void lane_take(struct world *world, const struct message *request)
{
    lane_advance(world);
    if (request->u.asked.what == ASK_BOOK)
        take_ask_book(world, request);
    else if (request->u.asked.what >= ASK_QUERY)
        take_read(world, request);
    else
        take_request(world, request);
}

/* Somebody buys by hand, on the same account. */
void lane_foreign(struct world *world)
{
    struct rng *rng = &world->amounts[DST_FOREIGN];
    agon_instrument_t id = 1 + (agon_instrument_t)rng_below(rng, world->swarm.n_instruments);
    const struct agon_instrument *instrument = instruments_get(&world->lane.table, id);
    struct bare_wish wish = {.sym = sym_of(id),
                             .side = AGON_BUY,
                             .type = AGON_LIMIT,
                             .tif = AGON_TIF_IOC,
                             .px = world->tickers[id].ask[1].px * PX_UNIT,
                             .qty = instrument->lot_qty * QTY_UNIT *
                                    (agon_qty_t)(1 + rng_below(rng, 500))};
    struct bare_order order;
    struct bare_verdict verdict;

    world->result->n_injected[DST_FOREIGN]++;
    world->result->some[SOME_FOREIGN]++;
    snprintf(wish.client, sizeof(wish.client), HAND "%u", ++world->lane.n_foreign);
    lane_advance(world);
    bare_new(world->lane.sim, 0, &wish, &order, &verdict);
}

/* --- life --- */

static void spell(const struct world *world, agon_instrument_t id, struct pit_symbol *symbol)
{
    const struct agon_instrument made = node_instrument(world, id);

    *symbol = (struct pit_symbol){.tick_px = made.tick_px * PX_UNIT,
                                  .min_px = made.tick_px * PX_UNIT,
                                  .max_px = PX_MOST - PX_MOST % (made.tick_px * PX_UNIT),
                                  .lot_qty = made.lot_qty * QTY_UNIT,
                                  .min_qty = made.min_qty * QTY_UNIT,
                                  .max_qty = made.max_qty * QTY_UNIT,
                                  .min_notional_amt = made.min_notional_amt,
                                  .maker_fee_ppb = made.maker_fee_ppb,
                                  .taker_fee_ppb = made.taker_fee_ppb};
    rules_preset(RULES_SPOT, &symbol->rules);
    symbol->rules.market_max_qty = made.max_qty * QTY_UNIT;
    snprintf(symbol->name, sizeof(symbol->name), "%.20s", made.symbol);
    snprintf(symbol->base, sizeof(symbol->base), "%.3s", made.symbol);
    snprintf(symbol->quote, sizeof(symbol->quote), "USDT");
}

/* Their numbers of assets and ours. */
static void pair_assets(struct world *world, const struct pit_symbol *symbols)
{
    struct lane *lane = &world->lane;
    const struct instruments *table = pit_table(lane->pit);

    for (agon_instrument_t id = 1; id <= world->swarm.n_instruments; id++)
        lane->back[USDT + id] = instruments_find_asset(table, symbols[id - 1].base);
    lane->back[USDT] = instruments_find_asset(table, "USDT");
    for (agon_asset_t asset = USDT; asset <= world->swarm.n_instruments + 1; asset++)
        lane->assets[lane->back[asset]] = asset;
}

static int look_back(struct world *world)
{
    struct faults *faults;

    if ((world->swarm.faults >> DST_QUERY_LAG & 1) == 0)
        return AGON_OK;
    faults = calloc(1, sizeof(*faults));
    if (faults == NULL)
        return AGON_ENOMEM;
    // Never asked: it only says how far back a look may go.
    faults->n = 1;
    faults->rules[0] = (struct fault){
        .on = FAULT_REQUEST, .what = FAULT_LAG, .delay_ns = BEHIND_NS, .delay_max_ns = BEHIND_NS};
    world->lane.faults = faults;
    return AGON_OK;
}

static int open_sim(struct world *world, struct error *err)
{
    struct lane *lane = &world->lane;
    struct member *member = &lane->members.all[0];
    struct pit_symbol symbols[WORLD_INSTRUMENTS];
    struct sim_config config = {.members = &lane->members,
                                .faults = lane->faults,
                                .seed = world->config.seed,
                                .limits = {.orders_per_10s = world->swarm.orders_10s},
                                .sink = {.effect = on_effect, .effect_ctx = world}};
    int rc;

    for (agon_instrument_t id = 1; id <= world->swarm.n_instruments; id++)
        spell(world, id, &symbols[id - 1]);
    lane->members.n = 1;
    member->permissions = MEMBER_ALL;
    member->n_balances = 1;
    member->balances[0] = (struct member_balance){.asset = "USDT", .amt = WORLD_CASH_AMT};
    rc = pit_new(&lane->pit, symbols, world->swarm.n_instruments, world->now, err);
    if (rc < 0)
        return rc;
    pair_assets(world, symbols);
    config.pit = lane->pit;
    return sim_dialect_find("binance")->open(&lane->sim, &config, err);
}

int lane_open(struct world *world, struct error *err)
{
    struct lane *lane = &world->lane;

    lane->orders = calloc(ORDERS_MAX, sizeof(*lane->orders));
    lane->fills = malloc(FILLS_MAX * sizeof(*lane->fills));
    if (lane->orders == NULL || lane->fills == NULL || instruments_init(&lane->table) < 0 ||
        map_init(&lane->by_order, ORDERS_MAX) < 0 || look_back(world) < 0)
        return error_set(err, AGON_ENOMEM, "dst: out of memory");
    return open_sim(world, err);
}

void lane_close(struct world *world)
{
    struct lane *lane = &world->lane;

    if (lane->sim != NULL)
        sim_dialect_find("binance")->close(lane->sim);
    pit_free(lane->pit);
    free(lane->faults);
    instruments_deinit(&lane->table);
    map_deinit(&lane->by_order);
    free(lane->orders);
    free(lane->fills);
}
