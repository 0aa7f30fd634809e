// SPDX-License-Identifier: Apache-2.0
/* account: orders of a Kraken account by REST, and what its socket tells of them: the channel
 * "executions", for which each connection asks for a token. */
#include <stdio.h>

#include "venue/kraken/core.h"

/* Answers to orders -----------------------------------------------------------------------------
 */

// By REST {"descr":{...},"txid":["OUF4EM-FRGI2-MQMWZD"]}, by socket {"order_id":"OUF4EM-..."}.
static int read_txid(void *ctx, struct scan *scan, const struct scan_text *key)
{
    (void)key;
    return scan_copy(scan, ctx, KRAKEN_TXID);
}

static int read_added(void *ctx, struct scan *scan, const struct scan_text *key)
{
    if (scan_is(key, "order_id"))
        return read_txid(ctx, scan, key);
    return scan_is(key, "txid") ? fields_each(scan, FIELDS_OF_ARRAY, read_txid, ctx)
                                : scan_skip(scan);
}

static int take_added(struct kraken *kraken, const struct scan_text *result,
                      struct wire_order *order)
{
    char txid[KRAKEN_TXID] = "";
    struct order_text *known;

    if (fields_each_of(result, FIELDS_OF_OBJECT, read_added, txid) < 0 || txid[0] == '\0')
        return AGON_EINVAL;
    known = order_texts_learn(&kraken->texts, txid);
    if (known == NULL)
        return AGON_EINVAL;
    venue_as_asked(kraken->client, kraken->request, order);
    order_texts_keep(known, order);
    return AGON_OK;
}

int kraken_take_order(void *self, const void *bytes, size_t n, struct wire_order *order,
                      wire_fill_fn each_fill, void *ctx)
{
    struct kraken *kraken = self;
    struct scan_text result;

    if (kraken->request == NULL ||
        (kraken->request->kind != REQ_NEW && kraken->request->kind != REQ_CANCEL))
        return kraken_read_order(self, bytes, n, order, each_fill, ctx);
    if (kraken_result(bytes, n, &result) < 0)
        return AGON_EINVAL;
    if (kraken->request->kind == REQ_NEW)
        return take_added(kraken, &result, order);
    venue_as_asked(kraken->client, kraken->request,
                   order); // that it was taken; the stream tells its end
    return AGON_OK;
}

int kraken_take_replace(void *self, const struct gateway_request *request,
                        const struct http_message *reply, int64_t now)
{
    struct kraken *kraken = self;
    const struct outbox_entry *entry = request->entry;
    struct scan_text result;
    struct wire_order order;

    (void)now;
    if (kraken_result(reply->body, reply->body_n, &result) < 0)
        return 0;
    venue_as_asked(kraken->client, request, &order);
    venue_show(kraken->client, &order, entry->order_id, 0, AGON_ORDER_OPEN,
               num_add(entry->base_qty, entry->cum_qty), SEEN_REPLY);
    return 1;
}

/* User data -------------------------------------------------------------------------------------
 */

struct execution { /* numbers are text till their symbol is known */
    struct wire_order order;
    char qty[NUM_TEXT], px[NUM_TEXT], cum[NUM_TEXT], last_qty[NUM_TEXT], last_px[NUM_TEXT];
    char txid[KRAKEN_TXID], symbol[32], client_id[WIRE_CLIENT_ID];
    char fee[NUM_TEXT], fee_asset[16];
};

static const struct field_word execs[] = {
    {"trade", WIRE_EXEC_TRADE},       {"canceled", WIRE_EXEC_CANCELED},
    {"expired", WIRE_EXEC_EXPIRED},   {"amended", WIRE_EXEC_REPLACED},
    {"restated", WIRE_EXEC_REPLACED}, {NULL, WIRE_EXEC_NEW}};
static const struct field_word states[] = {{"pending_new", AGON_ORDER_PENDING},
                                           {"new", AGON_ORDER_OPEN},
                                           {"partially_filled", AGON_ORDER_PARTIAL},
                                           {"filled", AGON_ORDER_FILLED},
                                           {"canceled", AGON_ORDER_CANCELLED},
                                           {"expired", AGON_ORDER_EXPIRED},
                                           {NULL, FIELD_REFUSED}};
static const struct field_word makers[] = {{"m", 1}, {NULL, 0}};
static const struct field fee_fields[] = {
    {"asset", FIELD_TEXT, FIELD_AT(struct execution, fee_asset)},
    {"qty", FIELD_NUMBER, FIELD_AT(struct execution, fee)},
    {NULL}};
static const struct field execution_fields[] = {
    {"order_id", FIELD_TEXT, FIELD_AT(struct execution, txid), FIELD_MUST},
    {"exec_type", FIELD_WORD, FIELD_AT(struct execution, order.exec), FIELD_MUST, .words = execs},
    {"order_status", FIELD_WORD, FIELD_AT(struct execution, order.state), FIELD_MUST,
     .words = states},
    {"side", FIELD_WORD, FIELD_AT(struct execution, order.side), .words = kraken_sides},
    {"symbol", FIELD_TEXT, FIELD_AT(struct execution, symbol)},
    {"cl_ord_id", FIELD_TEXT, FIELD_AT(struct execution, client_id)},
    {"order_qty", FIELD_NUMBER, FIELD_AT(struct execution, qty)},
    {"limit_price", FIELD_NUMBER, FIELD_AT(struct execution, px)},
    {"cum_qty", FIELD_NUMBER, FIELD_AT(struct execution, cum)},
    {"last_qty", FIELD_NUMBER, FIELD_AT(struct execution, last_qty)},
    {"last_price", FIELD_NUMBER, FIELD_AT(struct execution, last_px)},
    {"liquidity_ind", FIELD_WORD, FIELD_AT(struct execution, order.is_maker), .words = makers},
    {"trade_id", FIELD_U64, FIELD_AT(struct execution, order.fill)},
    {"timestamp", FIELD_STAMP, FIELD_AT(struct execution, order.t_venue)},
    {"reason", FIELD_TEXT, FIELD_AT(struct execution, order.reason), FIELD_IF_TEXT},
    {"fees", FIELD_OBJECTS, .inner = fee_fields},
    {NULL}};

/* Numbers at the symbol's exponents; what a record leaves out is as it was. */
static int finish(struct kraken *kraken, struct execution *from, struct order_text *known)
{
    struct wire_order *order = &from->order;
    const struct symbol *symbol = known->symbol;
    const struct symbol_asset *fee =
        symbols_asset(kraken->symbols, from->fee_asset, strlen(from->fee_asset));
    agon_px_t px = known->px;
    agon_qty_t qty = known->qty;
    agon_qty_t cum_qty = known->cum_qty;

    if (fields_number(from->qty, symbol->qty_exp, &qty) < 0 ||
        fields_number(from->px, symbol->px_exp, &px) < 0 ||
        fields_number(from->cum, symbol->qty_exp, &cum_qty) < 0 || qty < 0 || px < 0 ||
        cum_qty < 0 || (from->qty[0] != '\0' && cum_qty > qty) ||
        fields_number(from->last_qty, symbol->qty_exp, &order->last_qty) < 0 ||
        fields_number(from->last_px, symbol->px_exp, &order->last_px) < 0 ||
        (from->fee[0] != '\0' && num_parse_qty(from->fee, strlen(from->fee),
                                               fee != NULL ? fee->exp : 8, &order->fee_amt) < 0))
        return AGON_ERANGE;
    if (order->exec == WIRE_EXEC_TRADE &&
        (order->last_qty <= 0 || order->last_px <= 0 || order->fill == 0))
        return AGON_ERANGE;
    known->px = px;
    known->cum_qty = cum_qty;
    // It is at least as large as what of it was filled, where it was not said how large.
    known->qty = qty > 0 && cum_qty > qty ? cum_qty : qty;
    order->fee_asset = fee != NULL ? fee->asset : 0;
    order->symbol = symbol;
    order->venue_order = known->number;
    order->side = known->side;
    order->px = known->px;
    order->qty = known->qty;
    order->cum_qty = known->cum_qty;
    memcpy(order->client_id, known->client_id, sizeof(order->client_id));
    return AGON_OK;
}

/* 1: order is a report; 0: it is of nothing of ours, or tells of nothing yet. AGON_ENOENT: of an
 * order that was never introduced. */
static int take_execution(struct kraken *kraken, struct scan *scan, struct wire_order *order)
{
    struct execution from;
    struct order_text *known;
    int rc;

    memset(&from, 0, sizeof(from));
    if (fields_read(scan, execution_fields, &from) < 0 || from.txid[0] == '\0')
        return scan_fail(scan);
    known = order_texts_learn(&kraken->texts, from.txid);
    if (known == NULL)
        return scan_fail(scan);
    if (from.symbol[0] != '\0') {
        known->symbol = symbols_find(kraken->symbols, from.symbol, strlen(from.symbol));
        if (known->symbol == NULL)
            return 0;
    }
    if (from.order.side != 0)
        known->side = from.order.side;
    if (known->symbol == NULL || known->side == 0)
        return AGON_ENOENT;
    if (from.client_id[0] != '\0')
        memcpy(known->client_id, from.client_id, sizeof(known->client_id));
    rc = finish(kraken, &from, known);
    *order = from.order;
    return rc < 0 ? rc : order->state != AGON_ORDER_PENDING;
}

static void take_executions(struct kraken *kraken, const struct kraken_envelope *from, size_t n)
{
    struct scan scan;
    int rc;

    scan_init(&scan, from->data.at, from->data.n);
    rc = scan_array(&scan);
    // An order's events follow one another: the first that cannot be read ends what is believed,
    // and a round of reading finds the rest.
    while (rc >= 0 && (rc = scan_item(&scan)) > 0) {
        rc = take_execution(kraken, &scan, &kraken->client->out.order);
        if (rc > 0)
            venue_on_report(kraken->client);
        else if (rc == AGON_ENOENT)
            venue_user_bad(kraken->client);
        if (rc == AGON_ENOENT)
            rc = 0;
    }
    if (rc < 0) {
        kraken_bad(kraken, WIRE_ORDER, rc, n);
        venue_user_bad(kraken->client);
    }
}

static void ask_token(struct kraken *kraken, int64_t now)
{
    if (kraken->is_token_asked || now < kraken->token_ns)
        return;
    kraken->is_token_asked =
        venue_ask(kraken->client, REQ_LISTEN, NULL, LIMITER_QUERY, VENUE_DATA_NS) != NULL;
    kraken->token_ns = now + VENUE_RETRY_NS;
}

static void subscribe_user(struct kraken *kraken, struct link *link)
{
    struct gateway *gateway = kraken->gateway;
    struct venue_feed *feed = venue_feed(kraken->client, link);
    char text[320];
    int n =
        snprintf(text, sizeof(text),
                 "{\"method\":\"subscribe\",\"params\":{\"channel\":\"executions\","
                 "\"snap_orders\":true,\"snap_trades\":false,\"token\":\"%s\"},\"req_id\":%llu}",
                 kraken->vault->token, (unsigned long long)(gateway->next_id + 1));
    int rc = gateway_send(gateway, link, text, (size_t)n);

    explicit_bzero(text, sizeof(text));
    if (rc < 0)
        return;
    feed->id = ++gateway->next_id;
    feed->asked_ns = gateway_now(gateway);
    feed->is_asked = 1;
    kraken->sequence[link - gateway->links] = 0;
    // As long as this connection stands it is good for orders.
    memcpy(kraken->vault->tokens[link - gateway->links], kraken->vault->token, KRAKEN_TOKEN);
}

void kraken_answer(void *self, struct gateway_request *request, enum answer answer, int32_t code,
                   const char *text, const struct http_message *reply)
{
    struct kraken *kraken = self;
    struct gateway *gateway = kraken->gateway;

    (void)code;
    (void)text;
    if (request->kind != REQ_LISTEN)
        return;
    kraken->is_token_asked = 0;
    if (answer != ANSWER_GOOD ||
        kraken_read_token(reply->body, reply->body_n, kraken->vault->token) < 0)
        return; // asked again
    // It is for one connection after the other: all that wait for one were made before it.
    for (uint32_t i = 0; i < gateway->n_links; i++) {
        struct link *link = &gateway->links[i];

        if (link->role == LINK_USER && link->state == LINK_OPEN &&
            !venue_feed(kraken->client, link)->is_asked)
            subscribe_user(kraken, link);
    }
    explicit_bzero(kraken->vault->token, KRAKEN_TOKEN);
}

void kraken_on_user_up(void *self, struct link *link)
{
    struct kraken *kraken = self;

    (void)link;
    ask_token(kraken, gateway_now(kraken->gateway));
}

void kraken_keep_user(void *self, int64_t now)
{
    struct kraken *kraken = self;
    struct gateway *gateway = kraken->gateway;

    for (uint32_t i = 0; i < gateway->n_links; i++) {
        struct link *link = &gateway->links[i];
        const struct venue_feed *feed = &kraken->client->feeds[i];

        if (link->role != LINK_USER || link->state != LINK_OPEN)
            continue;
        if (!feed->is_asked)
            ask_token(kraken, now);
        else if (!feed->is_up && now - feed->asked_ns > gateway->config.request_ns)
            gateway_drop(gateway, link, "no answer to the user data subscription");
    }
}

void kraken_on_user(void *self, struct link *link, const void *bytes, size_t n)
{
    struct kraken *kraken = self;
    struct venue_feed *feed = venue_feed(kraken->client, link);
    uint64_t *sequence = &kraken->sequence[link - kraken->gateway->links];
    struct kraken_envelope from;
    int rc = kraken_look(bytes, n, &from);

    if (rc < 0) {
        kraken_bad(kraken, WIRE_OTHER, rc, n);
        venue_user_bad(kraken->client);
        return;
    }
    if (from.has_success && venue_said(kraken->client, link, from.id, bytes, n)) {
        // It is told so before anything is done, and is asked for anew with the connection.
        if (strncmp(from.error, "ESession:", 9) == 0)
            gateway_drop(kraken->gateway, link, "its token is not accepted any more");
        return;
    }
    if (from.has_success && feed->is_asked && from.id == feed->id) {
        if (from.is_done)
            venue_user_up(kraken->client, link);
        else
            gateway_drop(kraken->gateway, link, "the user data subscription was refused");
        return;
    }
    if (strcmp(from.channel, "executions") != 0)
        return;
    if (*sequence != 0 && from.sequence != *sequence + 1)
        venue_user_bad(kraken->client); // one was missed
    *sequence = from.sequence;
    take_executions(kraken, &from, n);
}
