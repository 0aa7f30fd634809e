// SPDX-License-Identifier: Apache-2.0
/* reconcile: rounds in which open orders, fills, positions and balances are read, and whose orders
 * stand on the account. */
#include "venue/client.h"

// No list came: that says nothing of whether there is news in it.
static void not_fetched(struct venue_client *client, uint64_t order_id)
{
    struct gateway *gateway = client->gateway;

    outbox_not_fetched(&gateway->outbox, order_id, gateway->stream->now(gateway->stream->ctx),
                       gateway->config.reconcile_ns);
}

/* Fills after the last known. Round 0: beside any round. */
int venue_ask_trades(struct venue_client *client, const struct symbol *symbol, uint8_t round)
{
    struct venue_instrument *instrument = venue_instrument(client, symbol);
    struct gateway_request *request;

    request = venue_ask(client, REQ_TRADES, symbol, LIMITER_QUERY, VENUE_DATA_NS);
    if (request == NULL)
        return 0;
    request->a = instrument->is_based ? instrument->last_fill + 1 : 0;
    request->rev = round;
    return 1;
}

/* Fills of one wire order of an order of ours, from a number on or (0) the newest. */
void venue_ask_order_trades(struct venue_client *client, const struct symbol *symbol,
                            uint64_t order_id, uint64_t number, uint64_t from)
{
    struct gateway_request *request =
        venue_ask(client, REQ_TRADES, symbol, LIMITER_QUERY, VENUE_DATA_NS);

    if (request == NULL) {
        not_fetched(client, order_id);
        return;
    }
    request->cost[BUCKET_WEIGHT] = 5;
    request->a = from;
    request->b = number;
    request->order_id = order_id;
}

static int is_foreign(const struct venue_client *client, agon_instrument_t instrument,
                      uint64_t number)
{
    uint64_t key = number ^ (uint64_t)instrument << 48;
    uint32_t n = client->n_foreign < VENUE_FOREIGN ? client->n_foreign : VENUE_FOREIGN;

    for (uint32_t i = 0; i < n; i++) {
        if (client->foreign[i] == key)
            return 1;
    }
    return 0;
}

static void learn_foreign(struct venue_client *client, const struct symbol *symbol, uint64_t number)
{
    if (is_foreign(client, symbol->instrument, number))
        return;
    client->foreign[client->n_foreign++ % VENUE_FOREIGN] = number ^ (uint64_t)symbol->instrument
                                                                        << 48;
    gateway_log(client->gateway, 4, "foreign",
                "%s: an order on this account is not ours (%s, number %llu)",
                client->gateway->config.name, symbol->name, (unsigned long long)number);
}

void venue_foreign(struct venue_client *client, const struct wire_order *order)
{
    agon_instrument_t instrument = order->symbol != NULL ? order->symbol->instrument : 0;

    venue_guard_see(client, order, is_foreign(client, instrument, order->venue_order));
    if (order->symbol != NULL && (order->exec != 0 || order->state < AGON_ORDER_FILLED))
        venue_instrument(client, order->symbol)->has_stranger = 1; // until the next list
    if (order->symbol != NULL)
        learn_foreign(client, order->symbol, order->venue_order);
    else if (!is_foreign(client, 0, order->venue_order))
        client->foreign[client->n_foreign++ % VENUE_FOREIGN] = order->venue_order;
}

static int ask_part(struct venue_client *client, enum wire_op kind)
{
    struct gateway_request *request = venue_ask(client, kind, NULL, LIMITER_QUERY, VENUE_DATA_NS);

    if (request == NULL)
        return 0;
    request->rev = client->round;
    return 1;
}

/* As configured, but never so often that the rounds take more than half of what we may use: what is
 * unconfirmed has to be asked about, and orders have to leave. */
static int64_t round_pause(const struct venue_client *client)
{
    const struct limiter_rule *rule = &client->gateway->limiter.buckets[BUCKET_WEIGHT].rule;
    const uint32_t *weights = client->wire->weights;
    int64_t weight = (int64_t)weights[REQ_OPEN] + weights[REQ_ACCOUNT] + weights[REQ_POSITIONS] +
                     (int64_t)client->n * weights[REQ_TRADES];
    int64_t share = (int64_t)rule->capacity * rule->share_ppm / 1000000;
    int64_t least_ns = rule->window_ns / (share > 0 ? share : 1) * 2 * weight;

    return client->gateway->config.reconcile_ns > least_ns ? client->gateway->config.reconcile_ns
                                                           : least_ns;
}

void venue_begin_round(struct venue_client *client, int64_t now)
{
    const struct symbols *symbols = &client->gateway->symbols;
    uint32_t n = 0;

    client->is_round = 1;
    client->is_round_bad = 0;
    client->reconcile_ns = now + round_pause(client);
    if (++client->round == 0)
        client->round = 1;
    for (uint32_t i = 0; i < symbols->n; i++)
        n += (uint32_t)venue_ask_trades(client, &symbols->all[i], client->round);
    n += (uint32_t)ask_part(client, REQ_OPEN);
    client->n_out = n;
    if (n < symbols->n + 1)
        client->is_round_bad = 1;
}

void venue_end_part(struct venue_client *client, const struct gateway_request *request, int is_good)
{
    struct gateway *gateway = client->gateway;

    // A part of a round that a loss of user data has ended proves nothing any more.
    if (!client->is_round || request->rev != client->round)
        return;
    if (!is_good)
        client->is_round_bad = 1;
    if (client->n_out > 0 && --client->n_out > 0)
        return;
    // The balances come last: what the fills before them made of the account is booked by then.
    if (request->kind != REQ_ACCOUNT && !client->is_round_bad) {
        int is_first = client->wire->has_positions && request->kind != REQ_POSITIONS;

        client->n_out = (uint32_t)ask_part(client, is_first ? REQ_POSITIONS : REQ_ACCOUNT);
        if (client->n_out > 0)
            return;
        client->is_round_bad = 1;
    }
    client->is_round = 0;
    if (client->is_round_bad) {
        client->reconcile_ns = gateway_now(gateway) + VENUE_RETRY_NS;
        return;
    }
    gateway->is_auth_halted = 0;
    if (!venue_is_user_up(client) || gateway->is_ready)
        return;
    if (!venue_guard_is_clear(client)) {
        client->reconcile_ns = gateway_now(gateway) + VENUE_RETRY_NS;
        return;
    }
    if (client->wire->is_set != NULL && !client->wire->is_set(client->self)) {
        client->reconcile_ns = gateway_now(gateway) + VENUE_RETRY_NS;
        return;
    }
    gateway->is_ready = 1;
    client->guard.is_passed = 1;
    gateway_log(gateway, 6, "ready", "%s: reconciled, orders are taken", gateway->config.name);
}

static void on_open_order(void *ctx, const struct wire_order *order)
{
    struct venue_client *client = ctx;
    struct outbox_entry *entry;
    uint64_t order_id;
    uint8_t rev;

    if (venue_own_id(client, order->client_id, &order_id, &rev) < 0) {
        venue_foreign(client, order);
        return;
    }
    venue_show(client, order, order_id, rev, order->state, order->cum_qty, SEEN_LIST);
    entry = outbox_find(&client->gateway->outbox, order_id);
    if (entry != NULL)
        entry->is_listed = 1;
}

int venue_answer_open(struct venue_client *client, const struct gateway_request *request,
                      const struct http_message *reply)
{
    struct outbox *outbox = &client->gateway->outbox;
    int64_t now = gateway_now(client->gateway);

    for (uint32_t i = 0; i < outbox->n; i++)
        outbox->all[i].is_listed = 0;
    for (uint32_t i = 0; i < client->n; i++)
        client->all[i].has_stranger = 0;
    client->has_list = 0;
    foreign_begin_list(&client->gateway->foreign);
    if (client->wire->read_orders(client->self, reply->body, reply->body_n, on_open_order, client) <
        0)
        return 0;
    for (uint32_t i = 0; i < outbox->n; i++) {
        if (!outbox->all[i].is_listed)
            outbox_not_listed(outbox, &outbox->all[i], request->sent_ns, now);
    }
    client->has_list = 1;
    if (client->gateway->round_ns != 0 && request->sent_ns >= client->gateway->round_ns) {
        client->gateway->round_ns = 0;
        client->gateway->is_listed = 1;
    }
    if (outbox->n_strays > 0)
        gateway_log(client->gateway, 3, "strays",
                    "%s: %u orders of ours are open that no order of this host stands for",
                    client->gateway->config.name, outbox->n_strays);
    foreign_end_list(&client->gateway->foreign);
    return 1;
}

struct trades {
    struct venue_client *client;
    const struct symbol *symbol;
    uint64_t last; /* highest id up to which every trade has its order */
    int is_base;   /* only the list's end was asked for */
    int is_stuck;  /* a trade's order must be asked about first */
    uint32_t n;
};

static void on_trade(void *ctx, const struct wire_fill *from)
{
    struct trades *trades = ctx;
    struct venue_client *client = trades->client;
    struct gateway *gateway = client->gateway;
    agon_instrument_t instrument = trades->symbol->instrument;
    const struct outbox_entry *entry;
    struct outbox_fill fill = {
        .venue_order = from->venue_order,
        .fill = from->fill,
        .instrument = instrument,
        .account = gateway->config.account,
        .side = from->is_buyer ? AGON_BUY : AGON_SELL,
        .liquidity = from->is_maker ? LIQUIDITY_MAKER : LIQUIDITY_TAKER,
        .px = from->px,
        .qty = from->qty,
        .fee_amt = from->fee_amt,
        .fee_asset = from->fee_asset,
        .t_venue = from->t_venue,
    };

    trades->n++;
    if (trades->is_base) {
        trades->last = from->fill;
        return;
    }
    entry = outbox_find_venue(&gateway->outbox, instrument, from->venue_order);
    if (entry == NULL && !is_foreign(client, instrument, from->venue_order)) {
        struct venue_instrument *asked = venue_instrument(client, trades->symbol);
        struct gateway_request *request;

        // Whose it is must be known before it can be booked; then the fills are read again.
        if (!trades->is_stuck) {
            trades->is_stuck = 1;
            if (asked->unknown != from->venue_order) {
                asked->unknown = from->venue_order;
                asked->unknown_ns = gateway->stream->now(gateway->stream->ctx);
            }
            request = venue_ask(client, REQ_NUMBER, trades->symbol, LIMITER_QUERY, VENUE_DATA_NS);
            if (request != NULL)
                request->a = from->venue_order;
        }
        return;
    }
    if (entry != NULL) {
        fill.order_id = entry->order_id;
        fill.rev = entry->venue_order == from->venue_order ? entry->rev : (uint8_t)(entry->rev - 1);
    }
    outbox_fill(&gateway->outbox, &fill, gateway_now(gateway));
    if (!trades->is_stuck && from->fill > trades->last)
        trades->last = from->fill;
}

/* An order can have more fills than a page holds, and the first page shows the newest: then all are
 * read from the first on. A page that brings no later one is the last, however full it is. */
static void ask_rest(struct venue_client *client, const struct gateway_request *request,
                     const struct trades *trades)
{
    if (trades->n < VENUE_FILLS_PAGE || trades->is_stuck || trades->last < request->a)
        return;
    venue_ask_order_trades(client, request->symbol, request->order_id, request->b,
                           request->a == 0 ? 1 : trades->last + 1);
}

/* From there a later run reads on. What came on the stream, or of one order alone, may be ahead of
 * what has not been read yet, and a host that dies in between must not pass that over. */
static void have_read(struct venue_client *client, const struct symbol *symbol, uint64_t last)
{
    struct venue_instrument *instrument = venue_instrument(client, symbol);
    struct record_fills_read read = {
        .hdr = {.type = EVENT_FILLS_READ,
                .granules = sizeof(read) / EVENT_GRANULE,
                .instrument = symbol->instrument},
        .venue_fill = last,
        .account = client->gateway->config.account,
    };

    if (instrument->has_read && instrument->last_fill == last)
        return;
    instrument->last_fill = last;
    instrument->is_based = instrument->has_read = 1;
    gateway_emit(client->gateway, &read.hdr);
}

static int answer_trades(struct venue_client *client, const struct gateway_request *request,
                         const struct http_message *reply)
{
    struct venue_instrument *instrument = venue_instrument(client, request->symbol);
    struct trades trades = {.client = client,
                            .symbol = request->symbol,
                            .last = request->b != 0 ? 0 : instrument->last_fill,
                            .is_base = request->a == 0 && request->b == 0};

    int rc = client->wire->read_fills(client->self, reply->body, reply->body_n, request->symbol,
                                      on_trade, &trades);

    if (rc < 0)
        return rc == AGON_EAGAIN ? rc : 0;
    if (request->b != 0) {
        ask_rest(client, request, &trades);
        return !trades.is_stuck;
    }
    have_read(client, request->symbol, trades.last);
    if (trades.n == VENUE_FILLS_PAGE && !trades.is_stuck) {
        venue_ask_trades(client, request->symbol, 0);
    }
    return !trades.is_stuck;
}

static void answer_number(struct venue_client *client, const struct gateway_request *request,
                          enum answer answer, const struct http_message *reply)
{
    const struct venue_instrument *instrument = venue_instrument(client, request->symbol);
    struct wire_order order;
    uint64_t order_id;
    uint8_t rev;

    // It was traded, so it was there: a read that does not show it is behind, or (the venue forgets
    // in time) it is none of ours. Only the second lasts longer than a view may be behind.
    if (answer == ANSWER_NO_ORDER && instrument->unknown == request->a &&
        request->sent_ns > instrument->unknown_ns + OUTBOX_VIEW_LAG_NS) {
        learn_foreign(client, request->symbol, request->a);
    } else if (answer != ANSWER_GOOD ||
               client->wire->read_order(client->self, reply->body, reply->body_n, &order, NULL,
                                        NULL) < 0 ||
               order.state == 0 || order.venue_order != request->a) {
        return; // the next round asks again
    } else if (venue_own_id(client, order.client_id, &order_id, &rev) < 0) {
        venue_foreign(client, &order);
    } else {
        venue_show(client, &order, order_id, rev, order.state, order.cum_qty, SEEN_QUERY);
    }
    venue_ask_trades(client, request->symbol, 0);
}

void venue_emit_balances(struct venue_client *client, uint16_t flags)
{
    struct gateway *gateway = client->gateway;

    for (uint32_t i = 0; i < client->out.n_balances; i++) {
        const struct wire_balance *balance = &client->out.balances[i];
        struct record_account record = {
            .hdr = {.type = EVENT_ACCOUNT,
                    .granules = sizeof(record) / EVENT_GRANULE,
                    .t_venue = client->out.order.t_venue},
            .account = gateway->config.account,
            .flags = flags,
            .asset = balance->asset->asset,
            .free_amt = balance->free_amt,
            .held_amt = balance->held_amt,
        };

        if (flags != 0 && i + 1 == client->out.n_balances)
            record.flags |= 2;
        gateway_emit(gateway, &record.hdr);
    }
}

static int answer_positions(struct venue_client *client, const struct http_message *reply)
{
    struct gateway *gateway = client->gateway;
    struct wire_out *out = &client->out;

    if (client->wire->read_positions(client->self, reply->body, reply->body_n, out) < 0)
        return 0;
    for (uint32_t i = 0; i < out->n_places; i++) {
        const struct wire_position *place = &out->places[i];
        struct record_account record = {
            .hdr = {.type = EVENT_ACCOUNT,
                    .granules = sizeof(record) / EVENT_GRANULE,
                    .instrument = place->symbol->instrument},
            .account = gateway->config.account,
            .flags = 1,
            .free_amt = place->qty,
        };

        gateway_emit(gateway, &record.hdr);
    }
    return 1;
}

static int answer_account(struct venue_client *client, const struct http_message *reply)
{
    if (client->wire->read_account(client->self, reply->body, reply->body_n, &client->out) < 0)
        return 0;
    venue_guard_account(client);
    client->out.order.t_venue = 0;
    venue_emit_balances(client, 1);
    return 1;
}

void venue_answer_part(struct venue_client *client, struct gateway_request *request,
                       enum answer answer, const struct http_message *reply)
{
    int is_good = answer == ANSWER_GOOD;

    switch (request->kind) {
    case REQ_OPEN:
        is_good = is_good && venue_answer_open(client, request, reply);
        break;
    case REQ_TRADES:
        is_good = is_good ? answer_trades(client, request, reply) : 0;
        if (is_good == AGON_EAGAIN) { // there are more pages of them
            gateway_queue(client->gateway, request, gateway_now(client->gateway) + VENUE_DATA_NS);
            return;
        }
        if (!is_good && request->b != 0)
            not_fetched(client, request->order_id);
        break;
    case REQ_ACCOUNT:
        is_good = is_good && answer_account(client, reply);
        break;
    case REQ_POSITIONS:
        is_good = is_good && answer_positions(client, reply);
        break;
    default:
        answer_number(client, request, answer, reply);
        return;
    }
    venue_end_part(client, request, is_good);
}
