// SPDX-License-Identifier: Apache-2.0
/* spot: what Binance spot speaks: user data over the WebSocket API by signature subscription, a
 * replacement by cancelReplace, or by a cancel and a new order where something was filled. */
#include <stdio.h>

#include "venue/binance/core.h"

#define NS_PER_S ((int64_t)1000000000)

// As the venue's pages state them; exchangeInfo may be stricter, and a file of a venue says them
// all.
static const struct venue_limit published[] = {
    {"weight", 6000, 60 * NS_PER_S},    {"raw", 300000, 300 * NS_PER_S},
    {"orders", 100, 10 * NS_PER_S},     {"orders_day", 200000, 86400 * NS_PER_S},
    {"snapshots", 1200, 60 * NS_PER_S}, // our own: a fifth of the weight
    {"connects", 300, 300 * NS_PER_S},
};

static void defaults(struct venue_config *config)
{
    snprintf(config->market_path, sizeof(config->market_path), "/stream");
    snprintf(config->user_path, sizeof(config->user_path), "/ws-api/v3");
    snprintf(config->rest_path, sizeof(config->rest_path), "/api");
    memcpy(config->limits, published, sizeof(published));
    config->n_limits = sizeof(published) / sizeof(published[0]);
}

static const char *tif_name(uint8_t tif)
{
    // GTD is kept by the host: it cancels in time.
    return tif == AGON_TIF_IOC ? "IOC" : tif == AGON_TIF_FOK ? "FOK" : "GTC";
}

static void add_kind(struct binance_params *params, const struct outbox_entry *entry)
{
    int is_maker = (entry->flags & AGON_POST_ONLY) != 0 && entry->type == AGON_LIMIT;

    binance_params_add_word(params, "side", binance_side_name(entry->side));
    binance_params_add_word(params, "type",
                            is_maker ? "LIMIT_MAKER" : binance_spot_types[entry->type]);
    if (!is_maker && order_type_has_px(entry->type))
        binance_params_add_word(params, "timeInForce", tif_name(entry->tif));
    binance_params_add_word(params, "newOrderRespType", "FULL");
}

static void add_order(const struct binance *binance, struct binance_params *params,
                      const struct symbol *symbol, const struct outbox_entry *entry, agon_qty_t qty,
                      agon_px_t px, uint8_t rev)
{
    binance_add_own(binance, params, symbol, entry->order_id, rev, qty);
    if (order_type_has_px(entry->type))
        binance_add_num(params, "price", px, symbol->px_exp);
    if (order_type_waits(entry->type))
        binance_add_num(params, "stopPrice", entry->trigger_px, symbol->px_exp);
}

static int take_cancel_replace(struct binance *binance, const struct http_message *reply,
                               struct outbox_entry *entry, int64_t now)
{
    struct binance_replace *replace = &binance->replace;
    struct outbox *outbox = &binance->gateway->outbox;
    uint64_t order_id = entry->order_id;
    uint8_t old_rev = entry->rev;
    uint8_t new_rev = entry->pending_rev;
    enum answer half;

    if (binance_decode_replace(&binance->dec, reply->body, reply->body_n, replace) < 0 ||
        replace->cancel_result == 0)
        return 0;
    if (replace->cancel_result == 1)
        venue_show(binance->client, &replace->cancelled, order_id, old_rev, AGON_ORDER_CANCELLED,
                   replace->cancelled.cum_qty, SEEN_REPLY);
    if (replace->new_result == 1) {
        struct wire_order *order = &replace->created;

        venue_show(binance->client, order, order_id, new_rev, AGON_ORDER_OPEN, 0, SEEN_REPLY);
        if (order->state != 0 && order->state != AGON_ORDER_OPEN)
            venue_show(binance->client, order, order_id, new_rev, order->state, order->cum_qty,
                       SEEN_REPLY);
        return 1;
    }
    half = binance_judge(replace->cancel_result == 1 ? reply->status : 400,
                         replace->cancel_result == 1 ? replace->new_code : replace->cancel_code,
                         replace->text);
    if (half == ANSWER_UNKNOWN || half == ANSWER_DUPLICATE)
        return 0;
    // The old order is not there: it ended, or this is the answer to a second copy of a request
    // that was done. Which of them only the new order's absence tells.
    if (replace->cancel_result != 1 && half == ANSWER_NO_ORDER &&
        strstr(replace->text, "restrictions") == NULL) {
        outbox_outcome(outbox, entry, OUTCOME_UNKNOWN, REASON_VENUE_UNKNOWN_ORDER,
                       replace->cancel_code, now);
        return 1;
    }
    outbox_outcome(outbox, entry, OUTCOME_REJECTED,
                   replace->cancel_result == 1
                       ? binance_refusal(half, replace->new_code, replace->text)
                       : (uint16_t)REASON_VENUE_UNKNOWN_ORDER,
                   replace->cancel_result == 1 ? replace->new_code : replace->cancel_code, now);
    return 1;
}

/* An order was cancelled in order to be placed anew with what is left of it. */
static int take_swap_cancel(struct binance *binance, const struct http_message *reply,
                            struct outbox_entry *entry, int64_t now)
{
    struct gateway *gateway = binance->gateway;
    struct wire_order order;

    if (binance_decode_order(&binance->dec, reply->body, reply->body_n, &order, NULL, NULL) < 0 ||
        order.state == 0)
        return 0;
    venue_show(binance->client, &order, entry->order_id, entry->rev, AGON_ORDER_CANCELLED,
               order.cum_qty, SEEN_REPLY);
    if (entry->pending != CMD_REPLACE)
        return 1;
    outbox_half_done(&gateway->outbox, entry, order.t_venue);
    if (outbox_left(entry) <= 0) {
        outbox_outcome(&gateway->outbox, entry, OUTCOME_REJECTED, REASON_SIZE, 0, now);
        return 1;
    }
    if (venue_ask_order(binance->client, REQ_SWAP_NEW, entry, LIMITER_OTHER,
                        now + gateway->config.hold_ns) == NULL)
        outbox_outcome(&gateway->outbox, entry, OUTCOME_REJECTED, REASON_VENUE_BUSY, 0, now);
    return 1;
}

static void subscribe_user(struct binance *binance, struct link *link, int64_t now)
{
    struct gateway *gateway = binance->gateway;
    struct venue_feed *feed = venue_feed(binance->client, link);
    agon_ns_t venue_now = clock_offset_now(&gateway->clock, now);
    char signature[BINANCE_SIGNATURE_TEXT];
    char payload[SECRET_MAX + 128];
    char message[SECRET_MAX + 512];
    size_t n;
    int rc;

    if (venue_now == 0 || !venue_is_clock_good(binance->client, now))
        return;
    n = (size_t)snprintf(payload, sizeof(payload), "apiKey=%s&recvWindow=%u&timestamp=%lld",
                         binance->vault->key, gateway->config.recv_window_ms,
                         (long long)(venue_now / 1000000));
    binance_sign(&binance->vault->signer, payload, n, signature);
    n = (size_t)snprintf(message, sizeof(message),
                         "{\"id\":\"%llu\",\"method\":\"userDataStream.subscribe.signature\","
                         "\"params\":{\"apiKey\":\"%s\",\"recvWindow\":%u,\"timestamp\":%lld,"
                         "\"signature\":\"%s\"}}",
                         (unsigned long long)(gateway->next_id + 1), binance->vault->key,
                         gateway->config.recv_window_ms, (long long)(venue_now / 1000000),
                         signature);
    REQUIRE(n < sizeof(message));
    rc = gateway_send(gateway, link, message, n);
    explicit_bzero(payload, sizeof(payload)); // the key is in both
    explicit_bzero(message, sizeof(message));
    if (rc < 0)
        return;
    feed->id = ++gateway->next_id;
    feed->asked_ns = now;
    feed->is_asked = 1;
}

static void on_user_reply(struct binance *binance, struct link *link)
{
    struct gateway *gateway = binance->gateway;
    struct venue_feed *feed = venue_feed(binance->client, link);
    enum answer answer;

    if (!feed->is_asked || binance->client->out.id != feed->id)
        return;
    if (binance->client->out.code == 0 &&
        (binance->client->out.status == 0 || binance->client->out.status == 200)) {
        venue_user_up(binance->client, link);
        return;
    }
    feed->is_asked = 0;
    answer = binance_judge((int)binance->client->out.status, binance->client->out.code,
                           binance->client->out.text);
    if (answer == ANSWER_CLOCK) {
        clock_offset_refused(&gateway->clock);
        return;
    }
    if (answer == ANSWER_AUTH)
        venue_halt_auth(binance->client, binance->client->out.code, binance->client->out.text);
    gateway_drop(gateway, link, "the user data subscription was refused");
}

static void keep_user(void *self, int64_t now)
{
    struct binance *binance = self;
    struct gateway *gateway = binance->gateway;

    for (uint32_t i = 0; i < gateway->n_links; i++) {
        struct link *link = &gateway->links[i];
        const struct venue_feed *feed = &binance->client->feeds[i];

        if (link->role != LINK_USER || link->state != LINK_OPEN)
            continue;
        if (!feed->is_asked)
            subscribe_user(binance, link, now);
        else if (!feed->is_up && now - feed->asked_ns > gateway->config.request_ns)
            gateway_drop(gateway, link, "no answer to the user data subscription");
    }
}

static void on_user(void *self, struct link *link, const void *bytes, size_t n)
{
    struct binance *binance = self;

    switch (binance_decode_user(&binance->dec, bytes, n, &binance->client->out)) {
    case WIRE_REPLY:
        if (!binance_take_said(binance, link, bytes, n))
            on_user_reply(binance, link);
        break;
    case WIRE_ORDER:
        venue_on_report(binance->client);
        break;
    case WIRE_BALANCE:
        venue_emit_balances(binance->client, 0);
        break;
    case WIRE_TERMINATED:
        venue_user_down(binance->client,
                        link); // the connection stays; the next turn subscribes again
        break;
    case WIRE_SHUTDOWN:
        link->is_retiring = 1;
        break;
    default:
        // An order event that cannot be read is found by the next reconciliation: make it soon.
        if (binance->dec.n_bad[WIRE_ORDER] > 0)
            venue_user_bad(binance->client);
        break;
    }
}

static uint32_t snapshot_weight(uint32_t levels)
{
    return levels <= 100 ? 5 : levels <= 500 ? 25 : levels <= 1000 ? 50 : 250;
}

static void on_user_up(void *self, struct link *link)
{
    struct binance *binance = self;

    subscribe_user(binance, link, gateway_now(binance->gateway));
}

static enum wire_op replace_op(const struct order_cmd *cmd, const struct outbox_entry *entry)
{
    return cmd->filled_qty == 0 && outbox_left(entry) == entry->next_qty ? REQ_REPLACE
                                                                         : REQ_SWAP_CANCEL;
}

static int write_replace(struct binance *binance, struct gateway_request *request,
                         struct gateway_http *http, struct binance_params *params)
{
    const struct outbox_entry *entry = request->entry;

    if (request->kind != REQ_REPLACE)
        return AGON_EINVAL;
    http->method = "POST";
    binance_params_add(params, "cancelReplaceMode", "STOP_ON_FAILURE");
    // Were a fill on its way, old and new together would be too much: then nothing is done.
    binance_params_add(params, "cancelRestrictions", "ONLY_NEW");
    binance_add_client_id(binance, params, "cancelOrigClientOrderId", entry->order_id, entry->rev);
    add_kind(params, entry);
    add_order(binance, params, request->symbol, entry, entry->next_qty, entry->next_px,
              entry->pending_rev);
    return binance_write_signed(binance, request, http, params, "/v3/order/cancelReplace");
}

static int take_replace(void *self, const struct gateway_request *request,
                        const struct http_message *reply, int64_t now)
{
    struct binance *binance = self;

    return request->kind == REQ_SWAP_CANCEL
               ? take_swap_cancel(binance, reply, request->entry, now)
               : take_cancel_replace(binance, reply, request->entry, now);
}

static uint32_t streams(const struct venue_config *config, const char *suffixes[BINANCE_STREAMS_OF])
{
    uint32_t n = 0;

    if (config->has_depth)
        suffixes[n++] = "@depth@100ms";
    if (config->has_trades)
        suffixes[n++] = "@trade";
    if (config->has_quotes)
        suffixes[n++] = "@bookTicker";
    return n;
}

static const uint32_t weights[REQ_KINDS] = {
    [REQ_TIME] = 1,        [REQ_INFO] = 20,    [REQ_KLINES] = 2, [REQ_OPEN] = 80,
    [REQ_TRADES] = 20,     [REQ_ACCOUNT] = 20, [REQ_NUMBER] = 4, [REQ_RIGHTS] = 1,
    [REQ_RECENT] = 20,     [REQ_NEW] = 1,      [REQ_CANCEL] = 1, [REQ_REPLACE] = 1,
    [REQ_SWAP_CANCEL] = 1, [REQ_SWAP_NEW] = 1, [REQ_QUERY] = 4,  [REQ_CANCEL_ALL] = 1,
    [REQ_SWEPT] = 80};

static const struct binance_flavour spot = {
    .paths = {[REQ_TIME] = "/v3/time",
              [REQ_INFO] = "/v3/exchangeInfo",
              [REQ_SNAPSHOT] = "/v3/depth",
              [REQ_KLINES] = "/v3/klines",
              [REQ_OPEN] = "/v3/openOrders",
              [REQ_TRADES] = "/v3/myTrades",
              [REQ_ACCOUNT] = "/v3/account",
              [REQ_NUMBER] = "/v3/order",
              [REQ_RECENT] = "/v3/allOrders",
              [REQ_NEW] = "/v3/order",
              [REQ_CANCEL] = "/v3/order",
              [REQ_SWAP_CANCEL] = "/v3/order",
              [REQ_SWAP_NEW] = "/v3/order",
              [REQ_QUERY] = "/v3/order",
              [REQ_CANCEL_ALL] = "/v3/openOrders",
              [REQ_SWEPT] = "/v3/openOrders"},
    .said = {[REQ_NEW] = "order.place",
             [REQ_CANCEL] = "order.cancel",
             [REQ_REPLACE] = "order.cancelReplace",
             [REQ_SWAP_CANCEL] = "order.cancel",
             [REQ_SWAP_NEW] = "order.place",
             [REQ_STRAY] = "order.cancel"},
    .minute_header = "x-mbx-order-count-1d",
    .names_symbols = 1,
    .has_micros = 1,
    .streams = streams,
    .add_kind = add_kind,
    .add_order = add_order,
    .write = write_replace,
};

/* What happens to an order within a millisecond has an order of its own. */
static void ask_for_micros(struct gateway *gateway)
{
    for (uint32_t i = 0; i < gateway->n_links; i++) {
        struct link *link = &gateway->links[i];
        size_t n = strlen(link->path);

        if (link->role == LINK_USER)
            snprintf(link->path + n, sizeof(link->path) - n, "%stimeUnit=MICROSECOND",
                     strchr(link->path, '?') != NULL ? "&" : "?");
    }
}

static int open_spot(struct venue_client *client, void **self, struct error *err)
{
    ask_for_micros(client->gateway);
    return binance_open(client, &spot, self, err);
}

static int read_account(void *self, const void *bytes, size_t n, struct wire_out *out)
{
    struct binance *binance = self;
    int can_trade;
    int can_withdraw;

    return binance_decode_account(&binance->dec, bytes, n, out, &can_trade, &can_withdraw);
}

extern const struct venue_wire venue_binance_spot;
const struct venue_wire venue_binance_spot = {
    .name = "binance_spot",
    .kind = INSTRUMENT_SPOT,
    .time_path = "/v3/time",
    .weights = weights,
    .has_orders = 1,
    .rescue = &binance_spot_rescue,
    .order_types = binance_spot_types,
    .book = BOOK_RANGES,
    .defaults = defaults,
    .open = open_spot,
    .said = 1u << REQ_NEW | 1u << REQ_CANCEL | 1u << REQ_REPLACE | 1u << REQ_SWAP_CANCEL |
            1u << REQ_SWAP_NEW | 1u << REQ_STRAY,
    .say = binance_say,
    .snapshot_weight = snapshot_weight,
    .read_account = read_account,
    .on_user_up = on_user_up,
    .on_user = on_user,
    .keep_user = keep_user,
    .replace_op = replace_op,
    .take_replace = take_replace,
    BINANCE_WIRE,
};
