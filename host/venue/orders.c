// SPDX-License-Identifier: Apache-2.0
/* orders: requests for orders, and what their answers, the stream and queries say of each. */
#include "venue/client.h"

#include "base/num.h"

#define RESIGN_WAIT_NS 3000000000ll

/* Is it still what its order waits for? The stream may have told of it before its answer came, and
 * another request have begun since, of which that answer says nothing. */
int venue_is_pending(const struct gateway_request *request)
{
    const struct outbox_entry *entry = request->entry;

    return entry->order_id == request->order_id && entry->pending != 0 &&
           entry->number == request->number;
}

void venue_on_command(struct venue_client *client, const struct order_cmd *cmd, int64_t seen_ns)
{
    struct gateway *gateway = client->gateway;
    int64_t now = gateway_now(gateway);
    struct outbox_entry *entry = outbox_command(&gateway->outbox, cmd, now);
    enum limiter_class class = gateway_class_of(cmd);
    enum wire_op kind = REQ_NEW;
    int64_t hold_ns = gateway->config.hold_ns;

    if (entry == NULL)
        return;
    if (cmd->kind == CMD_CANCEL && venue_sweep_takes(client, entry, now))
        return;
    if ((cmd->kind == CMD_NEW || cmd->kind == CMD_REPLACE) &&
        !wire_takes(client->wire, entry->type)) {
        outbox_outcome(&gateway->outbox, entry, OUTCOME_NOT_SENT, REASON_ORDER_TYPE, 0, now);
        return;
    }
    if (cmd->kind == CMD_NEW && !cmd->is_exit)
        venue_sweep_end(client); // agents trade again: what they place now is to stand
    if (cmd->kind == CMD_CANCEL) {
        kind = REQ_CANCEL;
        hold_ns = gateway->config.cancel_hold_ns;
    } else if (cmd->kind == CMD_REPLACE) {
        kind =
            client->wire->replace_op != NULL ? client->wire->replace_op(cmd, entry) : REQ_REPLACE;
    }
    if (venue_ask_order(client, kind, entry, class, seen_ns + hold_ns) == NULL)
        outbox_outcome(&gateway->outbox, entry, OUTCOME_NOT_SENT, REASON_VENUE_BUSY, 0, now);
}

void venue_show(struct venue_client *client, const struct wire_order *order, uint64_t order_id,
                uint8_t rev, uint8_t state, agon_qty_t cum_qty, enum outbox_source source)
{
    struct gateway *gateway = client->gateway;
    struct outbox_seen seen = {
        .order_id = order_id,
        .venue_order = order->venue_order,
        .instrument = order->symbol->instrument,
        .rev = rev,
        .state = state,
        .side = order->side,
        .source = (uint8_t)source,
        .is_total = client->wire->is_in_place,
        .px = order->px,
        .qty = order->qty,
        .cum_qty = cum_qty,
        .t_venue = order->t_venue,
        .asked_ns = source == SEEN_QUERY || source == SEEN_LIST ? client->asked_ns : 0,
    };

    if (state == AGON_ORDER_EXPIRED)
        seen.reason = order->is_stp || order->exec == WIRE_EXEC_TRADE_PREVENTION
                          ? REASON_VENUE_STP
                          : REASON_VENUE_EXPIRED;
    else if (state == AGON_ORDER_REJECTED)
        seen.reason = client->wire->refusal(ANSWER_REJECT, 0, order->reason);
    if (client->wire->is_in_place)
        outbox_in_place(&gateway->outbox, &seen);
    outbox_seen(&gateway->outbox, &seen, gateway->config.account, gateway_now(gateway));
}

struct full { /* the fills of a FULL answer, told one by one */
    struct venue_client *client;
    const struct wire_order *order;
    uint64_t order_id;
    uint8_t rev;
    agon_qty_t cum_qty;
};

static void on_full_fill(void *ctx, const struct wire_fill *from)
{
    struct full *full = ctx;
    struct gateway *gateway = full->client->gateway;
    struct outbox_fill fill = {
        .order_id = full->order_id,
        .venue_order = full->order->venue_order,
        .fill = from->fill,
        .instrument = full->order->symbol->instrument,
        .account = gateway->config.account,
        .rev = full->rev,
        .side = full->order->side,
        .liquidity = LIQUIDITY_TAKER,
        .px = from->px,
        .qty = from->qty,
        .fee_amt = from->fee_amt,
        .fee_asset = from->fee_asset,
        .t_venue = full->order->t_venue,
    };

    full->cum_qty = num_add(full->cum_qty, from->qty);
    fill.wire_cum_qty = full->cum_qty;
    outbox_fill(&gateway->outbox, &fill, gateway_now(gateway));
}

/* The answer to a new order. False: it is not to be understood, and a query must tell. */
static int take_new(struct venue_client *client, const struct http_message *reply,
                    uint64_t order_id, uint8_t rev)
{
    struct wire_order order;
    struct full full = {.client = client, .order = &order, .order_id = order_id, .rev = rev};
    uint64_t told_id;
    uint8_t told_rev;

    if (client->wire->read_order(client->self, reply->body, reply->body_n, &order, NULL, NULL) <
            0 ||
        venue_own_id(client, order.client_id, &told_id, &told_rev) < 0 || told_id != order_id ||
        told_rev != venue_wire_rev(client, rev))
        return 0;
    if (order.state == 0)
        order.state = AGON_ORDER_OPEN;
    // First that it is there, then its fills in their order, then what it is now.
    if (order.state != AGON_ORDER_REJECTED)
        venue_show(client, &order, order_id, rev, AGON_ORDER_OPEN, 0, SEEN_REPLY);
    client->wire->read_order(client->self, reply->body, reply->body_n, &order, on_full_fill, &full);
    if (order.state == AGON_ORDER_CANCELLED)
        order.state = AGON_ORDER_EXPIRED; // of a new order: nobody else can have cancelled it yet
    venue_show(client, &order, order_id, rev, order.state != 0 ? order.state : AGON_ORDER_OPEN,
               order.cum_qty, SEEN_REPLY);
    return 1;
}

static int take_cancel(struct venue_client *client, const struct http_message *reply,
                       struct outbox_entry *entry, int64_t now)
{
    struct wire_order order;

    if (client->wire->read_order(client->self, reply->body, reply->body_n, &order, NULL, NULL) < 0)
        return 0;
    if (order.state != 0)
        venue_show(client, &order, entry->order_id, entry->rev, order.state, order.cum_qty,
                   SEEN_REPLY);
    outbox_outcome(&client->gateway->outbox, entry, OUTCOME_ACCEPTED, 0, 0, now);
    return 1;
}

/* The answer to a replacement, of a venue where it is one order as it is now. */
static int take_replace(struct venue_client *client, const struct gateway_request *request,
                        const struct http_message *reply, int64_t now)
{
    struct wire_order order;
    uint64_t order_id;
    uint8_t rev;

    if (client->wire->take_replace != NULL)
        return client->wire->take_replace(client->self, request, reply, now);
    if (reply->status >= 300 ||
        client->wire->read_order(client->self, reply->body, reply->body_n, &order, NULL, NULL) <
            0 ||
        order.state == 0 || venue_own_id(client, order.client_id, &order_id, &rev) < 0 ||
        order_id != request->order_id || order.px != request->entry->next_px ||
        order.qty != request->entry->next_qty)
        return 0;
    venue_show(client, &order, order_id, rev, order.state, order.cum_qty, SEEN_REPLY);
    return 1;
}

/* An exit that a socket could not serve, and that so was not done, leaves by REST under the same
 * id. What the exchange refuses for the order's own sake it refuses there too. */
static int try_exit_again(struct venue_client *client, struct gateway_request *request,
                          int32_t code, const char *text, int64_t now)
{
    if (!request->is_said || request->kind != REQ_NEW || !request->entry->is_exit ||
        client->gateway->is_stopped || client->wire->is_of_socket == NULL ||
        !client->wire->is_of_socket(code, text))
        return 0;
    request->is_lost = 1;
    gateway_queue(client->gateway, request, now + client->gateway->config.hold_ns);
    return 1;
}

void venue_answer_request(struct venue_client *client, struct gateway_request *request,
                          enum gateway_fate fate, uint16_t reason, enum answer answer, int32_t code,
                          const char *text, const struct http_message *reply)
{
    struct gateway *gateway = client->gateway;
    struct outbox *outbox = &gateway->outbox;
    struct outbox_entry *entry = request->entry;
    int64_t now = gateway_now(gateway);
    int is_cancel = request->kind == REQ_CANCEL;
    int is_done = 0;

    if (!venue_is_pending(request))
        return;
    if (fate == FATE_NOT_SENT) {
        // The second half of a swap: the first is done, so it is no "nothing happened".
        outbox_outcome(outbox, entry,
                       request->kind == REQ_SWAP_NEW || request->is_refused ? OUTCOME_REJECTED
                                                                            : OUTCOME_NOT_SENT,
                       reason, 0, now);
        return;
    }
    if (fate == FATE_UNKNOWN) {
        outbox_outcome(outbox, entry, OUTCOME_UNKNOWN, reason, 0, now);
        return;
    }
    switch (answer) {
    case ANSWER_GOOD:
        break;
    case ANSWER_UNKNOWN:
    case ANSWER_DUPLICATE:
        // A 409 tells of both halves; everything else is unconfirmed.
        if (request->kind == REQ_REPLACE && take_replace(client, request, reply, now))
            return;
        outbox_outcome(outbox, entry, OUTCOME_UNKNOWN,
                       answer == ANSWER_DUPLICATE ? REASON_VENUE_DUPLICATE : REASON_TIMEOUT, code,
                       now);
        return;
    case ANSWER_CLOCK:
        // Refused before it reached the engine: the same id, signed anew by a better clock.
        if (request->tries < 3) {
            request->is_refused = 1;
            gateway_queue(gateway, request, now + RESIGN_WAIT_NS);
            return;
        }
        outbox_outcome(outbox, entry, OUTCOME_REJECTED, REASON_VENUE_CLOCK, code, now);
        return;
    case ANSWER_NO_ORDER:
        // The one before it, of which no answer came, may have been what ended it.
        if (is_cancel && request->is_lost) {
            outbox_outcome(outbox, entry, OUTCOME_UNKNOWN, REASON_TIMEOUT, code, now);
            return;
        }
        outbox_outcome(outbox, entry, OUTCOME_REJECTED, client->wire->refusal(answer, code, text),
                       code, now);
        return;
    case ANSWER_RATE:
    case ANSWER_LATER:
        if (is_cancel && now < request->until_ns) {
            request->not_before = now + 100000000;
            gateway_queue(gateway, request, request->until_ns);
            return;
        }
        if (answer == ANSWER_LATER && try_exit_again(client, request, code, text, now))
            return;
        outbox_outcome(outbox, entry, OUTCOME_REJECTED, client->wire->refusal(answer, code, text),
                       code, now);
        return;
    default:
        if (request->kind == REQ_REPLACE && take_replace(client, request, reply, now))
            return;
        // What the connection itself refuses, REST may take: of what lowers risk both are asked.
        // Of a cancel they are always, which costs nothing where it is refused there too.
        if ((request->is_said && link_try_again(gateway, request)) ||
            try_exit_again(client, request, code, text, now))
            return;
        outbox_outcome(outbox, entry, OUTCOME_REJECTED, client->wire->refusal(answer, code, text),
                       code, now);
        return;
    }
    switch (request->kind) {
    case REQ_NEW:
    case REQ_SWAP_NEW:
        is_done = take_new(client, reply, entry->order_id, entry->pending_rev);
        break;
    case REQ_REPLACE:
    case REQ_SWAP_CANCEL:
        is_done = take_replace(client, request, reply, now);
        break;
    case REQ_CANCEL:
        is_done = take_cancel(client, reply, entry, now);
        break;
    default:
        break;
    }
    if (!is_done)
        outbox_outcome(outbox, entry, OUTCOME_UNKNOWN, REASON_TIMEOUT, 0, now);
}

/* The number of an earlier wire order, whose fills are missing. */
static void answer_before(struct venue_client *client, const struct gateway_request *request,
                          enum answer answer, const struct http_message *reply)
{
    struct wire_order order;
    uint64_t order_id;
    uint8_t rev;

    if (answer != ANSWER_GOOD ||
        client->wire->read_order(client->self, reply->body, reply->body_n, &order, NULL, NULL) <
            0 ||
        order.state == 0 || venue_own_id(client, order.client_id, &order_id, &rev) < 0 ||
        order_id != request->order_id)
        return; // another one is asked for next
    venue_show(client, &order, order_id, rev, order.state, order.cum_qty, SEEN_QUERY);
    venue_ask_order_trades(client, request->symbol, order_id, order.venue_order, 0);
}

void venue_answer_query(struct venue_client *client, struct gateway_request *request,
                        enum answer answer, const struct http_message *reply)
{
    struct gateway *gateway = client->gateway;
    struct outbox_entry *entry = request->entry;
    int64_t now = gateway_now(gateway);
    struct wire_order order;
    uint64_t order_id;
    uint8_t rev;

    if (entry->order_id != request->order_id)
        return;
    if (request->b != 0) {
        answer_before(client, request, answer, reply);
        return;
    }
    entry->check_ns = now; // it was set far away while the query was out
    if (answer == ANSWER_NO_ORDER) {
        outbox_absent(&gateway->outbox, entry, request->rev, request->sent_ns, now);
        return;
    }
    if (answer != ANSWER_GOOD ||
        client->wire->read_order(client->self, reply->body, reply->body_n, &order, NULL, NULL) <
            0 ||
        order.state == 0 || venue_own_id(client, order.client_id, &order_id, &rev) < 0 ||
        order_id != entry->order_id || rev != venue_wire_rev(client, request->rev)) {
        outbox_no_answer(entry, now);
        return;
    }
    // One answer tells of both: the replacement is not there, and what stands in its stead.
    if (client->wire->is_in_place && entry->pending == CMD_REPLACE && entry->is_unknown &&
        (order.px != entry->next_px || order.qty != entry->next_qty))
        outbox_absent(&gateway->outbox, entry, entry->pending_rev, request->sent_ns, now);
    entry->check_ns = 0;
    venue_show(client, &order, order_id, rev, order.state, order.cum_qty, SEEN_QUERY);
    if (entry->pending != 0 && entry->is_unknown && entry->check_ns == 0)
        entry->check_ns = now + OUTBOX_RECHECK_NS;
}

/* What should not be open is cancelled until the venue has it no more: a cancel is judged by the
 * venue's engine and not by a copy of it, so that "no such order" is the truth of that moment. */
void venue_ask_strays(struct venue_client *client, int64_t now)
{
    struct gateway *gateway = client->gateway;
    struct outbox_stray *stray;

    while ((stray = outbox_stray_due(&gateway->outbox, now, 2 * VENUE_DATA_NS)) != NULL) {
        const struct symbol *symbol = symbols_by_id(&gateway->symbols, stray->instrument);
        struct gateway_request *request =
            symbol != NULL ? gateway_request(gateway, REQ_STRAY, LIMITER_CANCEL, 0) : NULL;

        if (request == NULL)
            continue;
        gateway_log(gateway, 3, "stray",
                    "%s: an order of ours is open on %s that should not be (number %llu, revision "
                    "%u): it is cancelled",
                    gateway->config.name, symbol->name, (unsigned long long)stray->venue_order,
                    stray->rev);
        request->symbol = symbol;
        request->a = stray->order_id;
        request->b = stray->rev;
        request->is_lost = stray->n_tries > 1; // a socket may have refused it: then by REST
        request->cost[BUCKET_WEIGHT] = client->wire->weights[REQ_CANCEL];
        gateway_queue(gateway, request, now + VENUE_DATA_NS);
    }
}

void venue_answer_stray(struct venue_client *client, const struct gateway_request *request,
                        enum answer answer)
{
    struct gateway *gateway = client->gateway;
    int was_open = answer == ANSWER_GOOD;

    outbox_stray_answer(&gateway->outbox, request->a, (uint8_t)request->b,
                        was_open || answer == ANSWER_NO_ORDER, was_open, gateway_now(gateway));
    if (was_open)
        venue_ask_trades(client, request->symbol, 0); // what it did meanwhile
}

void venue_as_asked(const struct venue_client *client, const struct gateway_request *request,
                    struct wire_order *order)
{
    const struct outbox_entry *entry = request->entry;

    memset(order, 0, sizeof(*order));
    order->symbol = request->symbol;
    order->venue_order = entry->venue_order;
    order->side = entry->side;
    order->type = entry->type;
    order->px = entry->next_px;
    order->qty = entry->next_qty;
    venue_own_text(client, entry->order_id, 0, order->client_id);
}

/* The venue closes a position by its own hand under such a name. */
static int is_forced(const struct wire_order *order)
{
    return strncmp(order->client_id, "autoclose-", 10) == 0 ||
           strncmp(order->client_id, "adl_autoclose", 13) == 0;
}

void venue_on_report(struct venue_client *client)
{
    struct gateway *gateway = client->gateway;
    const struct wire_order *order = &client->out.order;
    int64_t now = gateway_now(gateway);
    struct outbox_fill fill = {
        .venue_order = order->venue_order,
        .fill = order->fill,
        .instrument = order->symbol->instrument,
        .account = gateway->config.account,
        .side = order->side,
        .liquidity = order->is_maker ? LIQUIDITY_MAKER : LIQUIDITY_TAKER,
        .px = order->last_px,
        .qty = order->last_qty,
        .wire_cum_qty = order->cum_qty,
        .fee_amt = order->fee_amt,
        .fee_asset = order->fee_asset,
        .t_venue = order->t_venue,
    };
    uint64_t order_id = 0;
    uint8_t rev = 0;

    // A cancel has an id of its own in c; the order's is then in C.
    if (venue_own_id(client, order->orig_client_id, &order_id, &rev) < 0 &&
        venue_own_id(client, order->client_id, &order_id, &rev) < 0) {
        fill.is_forced = (uint8_t)is_forced(order);
        venue_foreign(client, order);
        if (order->exec == WIRE_EXEC_TRADE)
            outbox_fill(&gateway->outbox, &fill, now);
        return;
    }
    if (order->exec == WIRE_EXEC_TRADE) {
        venue_show(client, order, order_id, rev, AGON_ORDER_OPEN, order->cum_qty - order->last_qty,
                   SEEN_STREAM);
        fill.order_id = order_id;
        fill.rev = rev;
        if (client->wire->is_in_place) {
            const struct outbox_entry *entry = outbox_find(&gateway->outbox, order_id);

            fill.rev = entry != NULL ? entry->rev : rev;
            fill.wire_cum_qty -= entry != NULL ? entry->base_qty : 0;
        }
        outbox_fill(&gateway->outbox, &fill, now);
    }
    venue_show(client, order, order_id, rev, order->state, order->cum_qty, SEEN_STREAM);
}

static void ask_fills(struct venue_client *client, struct outbox_entry *entry, int64_t now)
{
    struct gateway *gateway = client->gateway;
    const struct symbol *symbol = symbols_by_id(&gateway->symbols, entry->instrument);
    struct gateway_request *request;
    uint8_t rev;

    if (outbox_fills_before(entry, &rev)) {
        outbox_fetched(entry, now, OUTBOX_RECHECK_NS);
        request = venue_ask_order(client, REQ_QUERY, entry, LIMITER_QUERY, now + VENUE_DATA_NS);
        if (request != NULL) {
            request->rev = rev;
            request->b = 1;
        }
        return;
    }
    outbox_fetched(entry, now, gateway->config.reconcile_ns);
    if (symbol != NULL && entry->venue_order != 0)
        venue_ask_order_trades(client, symbol, entry->order_id, entry->venue_order, 0);
}

void venue_ask_orders(struct venue_client *client, int64_t now)
{
    struct gateway *gateway = client->gateway;
    struct outbox_entry *entry;
    uint32_t at = 0;

    while ((entry = outbox_due(&gateway->outbox, &at, 0, now)) != NULL) {
        struct gateway_request *request =
            venue_ask_order(client, REQ_QUERY, entry, LIMITER_QUERY, now + VENUE_DATA_NS);

        if (request == NULL)
            break;
        request->rev = entry->query_rev;
        entry->check_ns = now + 10 * VENUE_DATA_NS; // its answer sets it
    }
    at = 0;
    while ((entry = outbox_due(&gateway->outbox, &at, 1, now)) != NULL)
        ask_fills(client, entry, now);
}
