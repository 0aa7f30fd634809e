// SPDX-License-Identifier: Apache-2.0
/* account: orders of a Kraken account by REST, and what its socket tells of them: the channel
 * "executions", for which each connection asks for a token. */
#include <stdio.h>
#include <time.h>

#include "venue/kraken/core.h"

#define SECOND_NS 1000000000ll
#define RECENT_S  600

const char *const kraken_order_types[ORDER_TYPES_MAX] = {[AGON_LIMIT] = "limit",
                                                         [AGON_MARKET] = "market",
                                                         [AGON_STOP] = "stop-loss",
                                                         [AGON_STOP_LIMIT] = "stop-loss-limit"};

static const char *const paths[REQ_KINDS] = {[REQ_OPEN] = "/private/OpenOrders",
                                             [REQ_TRADES] = "/private/TradesHistory",
                                             [REQ_ACCOUNT] = "/private/BalanceEx",
                                             [REQ_NUMBER] = "/private/QueryOrders",
                                             [REQ_RIGHTS] = "/private/WithdrawMethods",
                                             [REQ_RECENT] = "/private/ClosedOrders",
                                             [REQ_LISTEN] = "/private/GetWebSocketsToken",
                                             [REQ_COUNTDOWN] = "/private/CancelAllOrdersAfter",
                                             [REQ_NEW] = "/private/AddOrder",
                                             [REQ_CANCEL] = "/private/CancelOrder",
                                             [REQ_STRAY] = "/private/CancelOrder",
                                             [REQ_REPLACE] = "/private/AmendOrder",
                                             [REQ_SWEPT] = "/private/OpenOrders"};

/* Writing ---------------------------------------------------------------------------------------
 */

static void add_u64(struct kraken_form *form, const char *name, uint64_t value)
{
    char text[24];

    snprintf(text, sizeof(text), "%llu", (unsigned long long)value);
    kraken_form_add(form, name, text);
}

static void add_client_id(struct kraken *kraken, struct kraken_form *form, uint64_t order_id)
{
    char text[CLIENT_ID_TEXT];

    venue_own_text(kraken->client, order_id, venue_wire_rev(kraken->client, 0), text);
    kraken_form_add(form, "cl_ord_id", text);
}

void kraken_deadline(agon_ns_t t, char *text, size_t room)
{
    time_t seconds = (time_t)(t / SECOND_NS);
    struct tm tm;
    size_t n;

    gmtime_r(&seconds, &tm);
    n = strftime(text, room, "%Y-%m-%dT%H:%M:%S", &tm);
    snprintf(text + n, room - n, ".%03dZ", (int)(t % SECOND_NS / 1000000));
}

agon_ns_t kraken_take_until(struct kraken *kraken, struct gateway_request *request)
{
    struct gateway *gateway = kraken->gateway;
    int64_t now = gateway_now(gateway);
    agon_ns_t venue_now = clock_offset_now(&gateway->clock, now);
    int64_t window_ns = (int64_t)gateway->config.recv_window_ms * 1000000;
    int is_risk = request->kind == REQ_NEW || request->kind == REQ_REPLACE;

    // A deadline by a clock that is not known is none.
    if (is_risk && (venue_now == 0 || !venue_is_clock_good(kraken->client, now))) {
        request->why = REASON_VENUE_CLOCK;
        return 0;
    }
    request->expiry_ns = venue_expiry(kraken->client, now, window_ns);
    return venue_now + window_ns;
}

static void add_fills(struct kraken *kraken, struct kraken_form *form,
                      const struct gateway_request *request)
{
    struct fill_pages *fills = &kraken->fills[request->symbol - kraken->symbols->all];

    fill_pages_ask(fills, request->a, request->b);
    kraken_form_add(form, "type", "all");
    // Nothing of before this run was seen, so what was traded before is not this journal's.
    if (request->a <= 1 && request->b == 0)
        add_u64(form, "start", (uint64_t)(kraken->t_begun / SECOND_NS));
    if (fills->offset > 0)
        add_u64(form, "ofs", fills->offset);
}

/* Where its text is known one question tells all. Else it is looked for among the open orders, and
 * the next time among the closed ones. */
static const char *add_query(struct kraken *kraken, struct kraken_form *form,
                             const struct outbox_entry *entry)
{
    const struct kraken_known *known =
        entry->venue_order != 0 ? kraken_find(kraken, entry->venue_order) : NULL;
    uint8_t *closed =
        &kraken->asks_closed[(uint64_t)(entry - kraken->gateway->outbox.all) % KRAKEN_KNOWN];

    if (known != NULL) {
        kraken_form_add(form, "txid", known->text);
        return paths[REQ_NUMBER];
    }
    add_client_id(kraken, form, entry->order_id);
    *closed = !*closed;
    return paths[*closed ? REQ_OPEN : REQ_RECENT];
}

static void add_replace(struct kraken *kraken, struct kraken_form *form,
                        const struct gateway_request *request)
{
    const struct outbox_entry *entry = request->entry;
    char text[NUM_TEXT];

    add_client_id(kraken, form, entry->order_id);
    num_format_short(entry->next_qty, request->symbol->qty_exp, text);
    kraken_form_add(form, "order_qty", text);
    if (order_type_has_px(entry->type)) {
        num_format_short(entry->next_px, request->symbol->px_exp, text);
        kraken_form_add(form, "limit_price", text);
    }
    if ((entry->flags & AGON_POST_ONLY) != 0)
        kraken_form_add(form, "post_only", "true");
}

void kraken_count_cancel(struct kraken *kraken, const struct outbox_entry *entry, int64_t now)
{
    static const struct {
        uint32_t age_s, cost;
    } costs[] = {{5, 8}, {10, 6}, {15, 5}, {45, 4}, {90, 2}, {300, 1}};
    struct limiter *limiter = &kraken->gateway->limiter;

    for (uint32_t i = 0; i < sizeof(costs) / sizeof(costs[0]); i++) {
        if (now - entry->acked_ns >= costs[i].age_s * SECOND_NS)
            continue;
        limiter_used(limiter, now, BUCKET_ORDERS,
                     limiter->buckets[BUCKET_ORDERS].total + costs[i].cost);
        return;
    }
}

int kraken_write_private(struct kraken *kraken, struct gateway_request *request,
                         struct gateway_http *http)
{
    struct gateway *gateway = kraken->gateway;
    agon_ns_t utc = gateway->stream->utc(gateway->stream->ctx);
    agon_ns_t t_until = kraken_take_until(kraken, request);
    const char *path = paths[request->kind];
    struct kraken_form form;
    char target[160];
    char client_id[CLIENT_ID_TEXT];
    char until[40];

    if (t_until == 0)
        return AGON_EAGAIN;
    kraken_form_init(&form, http->body, sizeof(http->body));
    switch (request->kind) {
    case REQ_TRADES:
        add_fills(kraken, &form, request);
        break;
    case REQ_COUNTDOWN:
        add_u64(&form, "timeout", (request->a + 999) / 1000);
        break;
    case REQ_RECENT:
        add_u64(&form, "start", (uint64_t)(utc / SECOND_NS - RECENT_S));
        break;
    case REQ_NUMBER:
        if (kraken_find(kraken, request->a) == NULL)
            return AGON_ESTATE;
        kraken_form_add(&form, "txid", kraken_find(kraken, request->a)->text);
        break;
    case REQ_QUERY:
        path = add_query(kraken, &form, request->entry);
        break;
    case REQ_NEW:
        venue_own_text(kraken->client, request->entry->order_id, 0, client_id);
        kraken_form_order(&form, request->symbol, request->entry, client_id);
        break;
    case REQ_REPLACE:
        add_replace(kraken, &form, request);
        break;
    case REQ_CANCEL:
        add_client_id(kraken, &form, request->entry->order_id);
        kraken_count_cancel(kraken, request->entry, gateway_now(gateway));
        break;
    case REQ_STRAY:
        add_client_id(kraken, &form, request->a);
        break;
    default:
        break;
    }
    if (path == NULL)
        return AGON_ESTATE;
    if (request->kind == REQ_NEW || request->kind == REQ_REPLACE) {
        kraken_deadline(t_until, until, sizeof(until));
        kraken_form_add(&form, "deadline", until);
    }
    snprintf(target, sizeof(target), "%s%s", gateway->config.rest_path, path);
    return kraken_sign_request(kraken, utc, target, &form, http);
}

/* Answers to orders -----------------------------------------------------------------------------
 */

static int learn_text(struct kraken *kraken, struct scan *scan, struct kraken_known **known)
{
    char txid[KRAKEN_TXID];

    if (scan_copy(scan, txid, sizeof(txid)) < 0)
        return scan->rc;
    *known = kraken_learn(kraken, txid);
    return AGON_OK;
}

/* {"descr":{...},"txid":["OUF4EM-FRGI2-MQMWZD"]}, by socket {"order_id":"OUF4EM-FRGI2-MQMWZD"} */
static int take_added(struct kraken *kraken, const struct scan_text *result,
                      struct wire_order *order)
{
    struct scan scan;
    struct scan_text key;
    struct kraken_known *known = NULL;

    scan_init(&scan, result->at, result->n);
    if (scan_object(&scan) < 0)
        return scan.rc;
    while (scan_key(&scan, &key) > 0) {
        if (scan_is(&key, "order_id")) {
            learn_text(kraken, &scan, &known);
        } else if (!scan_is(&key, "txid")) {
            scan_skip(&scan);
        } else if (scan_array(&scan) == AGON_OK) {
            while (scan_item(&scan) > 0)
                learn_text(kraken, &scan, &known);
        }
    }
    if (scan.rc < 0 || known == NULL)
        return AGON_EINVAL;
    venue_as_asked(kraken->client, kraken->request, order);
    order->venue_order = known->number;
    known->symbol = order->symbol;
    known->side = order->side;
    known->px = order->px;
    known->qty = order->qty;
    memcpy(known->client_id, order->client_id, sizeof(known->client_id));
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

struct execution {
    char qty[NUM_TEXT], px[NUM_TEXT], cum[NUM_TEXT], last_qty[NUM_TEXT], last_px[NUM_TEXT];
    char txid[KRAKEN_TXID], symbol[32], client_id[WIRE_CLIENT_ID];
    char fee[NUM_TEXT], fee_asset[16];
};

static int copy_number(struct scan *scan, char *text, size_t room)
{
    struct scan_text number;

    if (scan_number(scan, &number) < 0)
        return scan->rc;
    return (size_t)snprintf(text, room, "%.*s", (int)number.n, number.at) < room ? AGON_OK
                                                                                 : scan_fail(scan);
}

static int read_fees(struct scan *scan, struct execution *from)
{
    struct scan_text key;
    int rc;

    if (scan_array(scan) < 0)
        return scan->rc;
    while ((rc = scan_item(scan)) > 0) {
        if (scan_object(scan) < 0)
            return scan->rc;
        while ((rc = scan_key(scan, &key)) > 0) {
            rc = scan_is(&key, "asset") ? scan_copy(scan, from->fee_asset, sizeof(from->fee_asset))
                 : scan_is(&key, "qty") ? copy_number(scan, from->fee, sizeof(from->fee))
                                        : scan_skip(scan);
            if (rc < 0)
                return scan_fail(scan);
        }
        if (rc < 0)
            return rc;
    }
    return rc;
}

static int read_exec(struct scan *scan, uint8_t *exec)
{
    struct scan_text word;

    if (scan_string(scan, &word) < 0)
        return scan->rc;
    *exec = scan_is(&word, "trade")                                   ? WIRE_EXEC_TRADE
            : scan_is(&word, "canceled")                              ? WIRE_EXEC_CANCELED
            : scan_is(&word, "expired")                               ? WIRE_EXEC_EXPIRED
            : scan_is(&word, "amended") || scan_is(&word, "restated") ? WIRE_EXEC_REPLACED
                                                                      : WIRE_EXEC_NEW;
    return AGON_OK;
}

static int read_order_state(struct scan *scan, uint8_t *state)
{
    struct scan_text word;

    if (scan_string(scan, &word) < 0)
        return scan->rc;
    *state = scan_is(&word, "pending_new")        ? AGON_ORDER_PENDING
             : scan_is(&word, "new")              ? AGON_ORDER_OPEN
             : scan_is(&word, "partially_filled") ? AGON_ORDER_PARTIAL
             : scan_is(&word, "filled")           ? AGON_ORDER_FILLED
             : scan_is(&word, "canceled")         ? AGON_ORDER_CANCELLED
             : scan_is(&word, "expired")          ? AGON_ORDER_EXPIRED
                                                  : 0;
    return *state != 0 ? AGON_OK : scan_fail(scan);
}

/* Keys of a record that hold text or a number of text. */
static int read_texts(struct scan *scan, const struct scan_text *key, struct execution *from)
{
    const struct {
        const char *name;
        char *text;
        size_t room;
        int is_number;
    } fields[] = {{"order_id", from->txid, sizeof(from->txid), 0},
                  {"cl_ord_id", from->client_id, sizeof(from->client_id), 0},
                  {"symbol", from->symbol, sizeof(from->symbol), 0},
                  {"order_qty", from->qty, NUM_TEXT, 1},
                  {"limit_price", from->px, NUM_TEXT, 1},
                  {"cum_qty", from->cum, NUM_TEXT, 1},
                  {"last_qty", from->last_qty, NUM_TEXT, 1},
                  {"last_price", from->last_px, NUM_TEXT, 1}};

    for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
        if (scan_is(key, fields[i].name))
            return fields[i].is_number ? copy_number(scan, fields[i].text, fields[i].room)
                                       : scan_copy(scan, fields[i].text, fields[i].room);
    }
    return scan_skip(scan);
}

static int parse(const char *text, int exp, int64_t *value)
{
    return text[0] == '\0' ? AGON_OK : num_parse(text, strlen(text), exp, value);
}

/* Numbers at the symbol's exponents; what a record leaves out is as it was. */
static int finish(struct kraken *kraken, const struct execution *from, struct kraken_known *known,
                  struct wire_order *order)
{
    const struct symbol *symbol = known->symbol;
    const struct symbol_asset *fee =
        symbols_asset(kraken->symbols, from->fee_asset, strlen(from->fee_asset));
    agon_px_t px = known->px;
    agon_qty_t qty = known->qty;
    agon_qty_t cum_qty = known->cum_qty;

    if (parse(from->qty, symbol->qty_exp, &qty) < 0 || parse(from->px, symbol->px_exp, &px) < 0 ||
        parse(from->cum, symbol->qty_exp, &cum_qty) < 0 || qty < 0 || px < 0 || cum_qty < 0 ||
        (from->qty[0] != '\0' && cum_qty > qty) ||
        parse(from->last_qty, symbol->qty_exp, &order->last_qty) < 0 ||
        parse(from->last_px, symbol->px_exp, &order->last_px) < 0 ||
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
    struct execution from = {0};
    struct scan_text key;
    struct scan_text word;
    struct kraken_known *known;
    int rc;

    memset(order, 0, sizeof(*order));
    if (scan_object(scan) < 0)
        return scan->rc;
    while ((rc = scan_key(scan, &key)) > 0) {
        if (scan_is(&key, "exec_type")) {
            rc = read_exec(scan, &order->exec);
        } else if (scan_is(&key, "order_status")) {
            rc = read_order_state(scan, &order->state);
        } else if (scan_is(&key, "side")) {
            rc = kraken_read_side(scan, &order->side);
        } else if (scan_is(&key, "liquidity_ind")) {
            rc = scan_string(scan, &word);
            order->is_maker = rc >= 0 && scan_is(&word, "m") != 0;
        } else if (scan_is(&key, "trade_id")) {
            rc = scan_u64(scan, &order->fill);
        } else if (scan_is(&key, "timestamp")) {
            rc = kraken_read_stamp(scan, &order->t_venue);
        } else if (scan_is(&key, "reason") && scan_peek(scan) == '"') {
            rc = scan_copy(scan, order->reason, sizeof(order->reason));
        } else if (scan_is(&key, "fees")) {
            rc = read_fees(scan, &from);
        } else {
            rc = read_texts(scan, &key, &from);
        }
        if (rc < 0)
            return scan_fail(scan);
    }
    if (rc < 0 || from.txid[0] == '\0' || order->exec == 0 || order->state == 0)
        return scan_fail(scan);
    known = kraken_learn(kraken, from.txid);
    if (known == NULL)
        return scan_fail(scan);
    if (from.symbol[0] != '\0') {
        known->symbol = symbols_find(kraken->symbols, from.symbol, strlen(from.symbol));
        if (known->symbol == NULL)
            return 0;
    }
    if (order->side != 0)
        known->side = order->side;
    if (known->symbol == NULL || known->side == 0)
        return AGON_ENOENT;
    if (from.client_id[0] != '\0')
        memcpy(known->client_id, from.client_id, sizeof(known->client_id));
    rc = finish(kraken, &from, known, order);
    if (rc < 0)
        return rc;
    return order->state != AGON_ORDER_PENDING;
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
        kraken_read_token(reply->body, reply->body_n, kraken->vault->token, KRAKEN_TOKEN) < 0)
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
