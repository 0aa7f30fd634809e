// SPDX-License-Identifier: Apache-2.0
/* core: see core.h.
 *
 * Market data comes over one combined-stream connection, everything that is asked is REST: orders
 * over connections of their own, so that no order waits behind a snapshot. A request is signed when
 * it leaves, so its time stamp is fresh and one that waited is not stale. */
#include "venue/binance/core.h"

#include <stdio.h>
#include <stdlib.h>

#include "venue/market_time.h"

#define STREAMS_PER_MESSAGE 60
#define CHECK_EVERY_NS      50000000ll
#define CHANNEL_BUSY_NS     2500000000ll /* silence of a busy channel is seen in 3 s */
#define CHANNEL_KNOWN       32           /* messages after which its gaps are believed */
#define CHANNEL_FORGET_S    60
#define CHANNEL_GAP_MAX_NS  3600000000000ll
#define INFO_EVERY_NS       3600000000000ll
#define MARKET_EVERY_NS     5000000000ll /* between two readings of a simulated market's time */
#define RESIGN_WAIT_NS      3000000000ll
#define TRADES_PAGE         1000
#define FOLLOW_WAIT_NS      1000000000ll /* a follower shows for so long what it can */
#define FOLLOW_LATE_NS      10000000000ll

/* Lengths that the venue has bars of. */
static const struct {
    uint32_t length_s;
    const char *name, *stream;
} intervals[] = {
    {60, "1m", "@kline_1m"},    {180, "3m", "@kline_3m"},     {300, "5m", "@kline_5m"},
    {900, "15m", "@kline_15m"}, {1800, "30m", "@kline_30m"},  {3600, "1h", "@kline_1h"},
    {7200, "2h", "@kline_2h"},  {14400, "4h", "@kline_4h"},   {21600, "6h", "@kline_6h"},
    {28800, "8h", "@kline_8h"}, {43200, "12h", "@kline_12h"}, {86400, "1d", "@kline_1d"}};

/* Of the bars that an instrument's history is made of. */
static uint32_t interval_of(const struct binance_instrument *instrument)
{
    for (uint32_t i = 0; i < sizeof(intervals) / sizeof(intervals[0]); i++) {
        if (intervals[i].length_s == instrument->bar_s)
            return i;
    }
    return 0;
}

/* Parameters of a request while it is written. */
struct writing {
    struct binance_params params;
    char text[3072];
};

struct binance_instrument *binance_instrument(struct binance *binance, const struct symbol *symbol)
{
    return &binance->all[symbol - binance->gateway->symbols.all];
}

struct binance_feed *binance_feed(struct binance *binance, const struct link *link)
{
    return &binance->feeds[link - binance->gateway->links];
}

int binance_is_user_up(struct binance *binance)
{
    const struct link *link = gateway_link(binance->gateway, LINK_USER);

    return link != NULL && binance_feed(binance, link)->is_up;
}

void binance_defaults(struct venue_config *config)
{
    config->key_kind = VENUE_KEY_HMAC;
    config->market.is_tls = config->user.is_tls = config->rest.is_tls = 1;
    config->order_links = 2;
    config->data_links = 1;
    config->cancel_links = 2;
    config->cancel_ns = 1000000000;
    config->recv_window_ms = 5000;
    config->snapshot_levels = 1000;
    config->warm_bars = 500;
    config->has_trades = config->has_quotes = config->has_depth = 1;
    config->hold_ns = 250000000;
    config->cancel_hold_ns = 5000000000;
    config->request_ns = 12000000000; // the venue itself gives up after 10 s
    config->reconcile_ns = 30000000000;
    config->silence_ns = 3000000000;
    config->user_silence_ns = 30000000000;
    config->rights_ns = 3600000000000;
    config->channel_ns = 10000000000;
    config->life_ns = 84600000000000; // 23.5 h of the 24
    config->message_gap_ns = 250000000;
    config->cooloff_ns = 300000000000;
}

/* Writing ---------------------------------------------------------------------------------------
 */

void binance_add_num(struct binance_params *params, const char *name, int64_t value, int exp)
{
    char text[NUM_TEXT];

    num_format_short(value, exp, text);
    binance_params_add(params, name, text);
}

void binance_add_client_id(const struct binance *binance, struct binance_params *params,
                           const char *name, uint64_t order_id, uint8_t rev)
{
    char text[CLIENT_ID_TEXT];

    client_id_format(&binance->gateway->ports.ids, order_id, rev, text);
    binance_params_add(params, name, text);
}

int binance_own_id(const struct binance *binance, const char *text, uint64_t *order_id,
                   uint8_t *rev)
{
    return client_id_parse(&binance->gateway->ports.ids, text, strlen(text), order_id, rev);
}

const char *binance_side_name(uint8_t side)
{
    return side == AGON_BUY ? "BUY" : "SELL";
}

int binance_is_clock_good(struct binance *binance, int64_t now)
{
    int64_t half = (int64_t)binance->gateway->config.recv_window_ms * 1000000 / 2;

    return clock_offset_uncertainty(&binance->gateway->clock, now) <= half;
}

int binance_write_signed(struct binance *binance, struct gateway_request *request,
                         struct gateway_http *http, struct binance_params *params, const char *path)
{
    struct gateway *gateway = binance->gateway;
    int64_t now = gateway_now(gateway);
    agon_ns_t venue_now = clock_offset_now(&gateway->clock, now);
    int64_t slack = clock_offset_uncertainty(&gateway->clock, now);
    int is_risk =
        request->kind == REQ_NEW || request->kind == REQ_REPLACE || request->kind == REQ_SWAP_NEW;

    // No new risk by an uncertain clock; and a stamp that was refused is not tried again.
    if (venue_now == 0 ||
        ((is_risk || request->is_refused) && !binance_is_clock_good(binance, now))) {
        request->why = REASON_VENUE_CLOCK;
        return AGON_EAGAIN;
    }
    binance_params_add_u64(params, "recvWindow", gateway->config.recv_window_ms);
    binance_params_add_u64(params, "timestamp", (uint64_t)venue_now / 1000000);
    if (binance_params_sign(params, &binance->vault->signer) < 0)
        return AGON_ENOSPC;
    if (slack > 60000000000)
        slack = 60000000000;
    request->expiry_ns = now + (int64_t)gateway->config.recv_window_ms * 1000000 + slack;
    snprintf(http->target, sizeof(http->target), "%s%s?%s",
             strncmp(path, "/sapi/", 6) == 0 ? "" : gateway->config.rest_path, path, params->text);
    http->headers[0].name = "X-MBX-APIKEY";
    http->headers[0].value = binance->vault->key;
    http->n_headers = 1;
    if (binance->flavour->has_micros)
        http->headers[http->n_headers++] = (struct http_header){"X-MBX-TIME-UNIT", "MICROSECOND"};
    return AGON_OK;
}

static int write_public(struct binance *binance, struct gateway_http *http,
                        const struct binance_params *params, const char *path)
{
    if (params->is_full)
        return AGON_ENOSPC;
    snprintf(http->target, sizeof(http->target), "%s%s%s%s", binance->gateway->config.rest_path,
             path, params->n > 0 ? "?" : "", params->text);
    return AGON_OK;
}

static void add_symbols(struct binance *binance, struct binance_params *params)
{
    const struct symbols *symbols = &binance->gateway->symbols;
    char list[SYMBOLS_MAX * 8];
    size_t n = 0;

    list[n++] = '[';
    for (uint32_t i = 0; i < symbols->n; i++) {
        if (n + symbols->all[i].n_name + 5 > sizeof(list) || n > 900)
            return; // too many to name: the whole list is asked for
        n += (size_t)snprintf(list + n, sizeof(list) - n, "%s\"%s\"", i > 0 ? "," : "",
                              symbols->all[i].name);
    }
    list[n++] = ']';
    list[n] = 0;
    binance_params_add(params, "symbols", list);
}

/* An order that is replaced in its place goes on under the id that it began with. */
static uint8_t wire_rev(const struct binance *binance, uint8_t rev)
{
    return binance->flavour->is_in_place ? 0 : rev;
}

/* Is it still what its order waits for? The stream may have told of it before its answer came, and
 * another request have begun since, of which that answer says nothing. */
static int is_pending(const struct gateway_request *request)
{
    const struct outbox_entry *entry = request->entry;

    return entry->order_id == request->order_id && entry->pending != 0 &&
           entry->number == request->number;
}

int binance_write(void *self, struct gateway_request *request, struct gateway_http *http)
{
    struct binance *binance = self;
    const char *path = binance->flavour->paths[request->kind];
    struct outbox_entry *entry = request->entry;
    struct writing writing;
    struct binance_params *params = &writing.params;
    int rc;

    // The order came to its end, or to its answer, while the request waited.
    if (entry != NULL && (entry->order_id != request->order_id ||
                          (request->kind != REQ_QUERY && !is_pending(request))))
        return AGON_ESTATE;
    binance_params_init(params, writing.text, sizeof(writing.text));
    if (request->symbol != NULL)
        binance_params_add(params, "symbol", request->symbol->name);
    switch (request->kind) {
    case REQ_TIME:
        return write_public(binance, http, params, path);
    case REQ_INFO:
        if (binance->flavour->names_symbols)
            add_symbols(binance, params);
        return write_public(binance, http, params, path);
    case REQ_SNAPSHOT:
        binance_params_add_u64(params, "limit", binance->gateway->config.snapshot_levels);
        return write_public(binance, http, params, path);
    case REQ_KLINES:
        binance_params_add(
            params, "interval",
            intervals[interval_of(binance_instrument(binance, request->symbol))].name);
        binance_params_add_u64(params, "limit", binance->gateway->config.warm_bars);
        return write_public(binance, http, params, path);
    case REQ_OPEN:
    case REQ_ACCOUNT:
    case REQ_POSITIONS:
        return binance_write_signed(binance, request, http, params, path);
    case REQ_TRADES:
        if (request->b != 0)
            binance_params_add_u64(params, "orderId", request->b);
        if (request->a != 0)
            binance_params_add_u64(params, "fromId", request->a);
        // Only where the list ends today: what was before is not this journal's.
        binance_params_add_u64(params, "limit",
                               request->a == 0 && request->b == 0 ? 1 : TRADES_PAGE);
        return binance_write_signed(binance, request, http, params, path);
    case REQ_RIGHTS:
    case REQ_RECENT:
        return binance_guard_write(binance, request, http, params);
    case REQ_NUMBER:
        binance_params_add_u64(params, "orderId", request->a);
        return binance_write_signed(binance, request, http, params, path);
    case REQ_QUERY:
        binance_add_client_id(binance, params, "origClientOrderId", entry->order_id,
                              wire_rev(binance, request->rev));
        return binance_write_signed(binance, request, http, params, path);
    case REQ_NEW:
    case REQ_SWAP_NEW:
        http->method = "POST";
        binance->flavour->add_order(binance, params, request->symbol, entry, outbox_left(entry),
                                    entry->next_px, wire_rev(binance, entry->pending_rev));
        rc = binance_write_signed(binance, request, http, params, path);
        break;
    case REQ_CANCEL_ALL:
        http->method = "DELETE";
        return binance_write_signed(binance, request, http, params, path);
    case REQ_SWEPT:
        return binance_write_signed(binance, request, http, params, path);
    case REQ_STRAY:
        http->method = "DELETE";
        binance_add_client_id(binance, params, "origClientOrderId", request->a,
                              wire_rev(binance, (uint8_t)request->b));
        path = binance->flavour->paths[REQ_CANCEL];
        rc = binance_write_signed(binance, request, http, params, path);
        break;
    case REQ_CANCEL:
    case REQ_SWAP_CANCEL:
        http->method = "DELETE";
        binance_add_client_id(binance, params, "origClientOrderId", entry->order_id,
                              wire_rev(binance, entry->rev));
        rc = binance_write_signed(binance, request, http, params, path);
        break;
    default:
        rc = binance->flavour->write(binance, request, http, params);
        break;
    }
    if (rc == AGON_OK && entry != NULL)
        outbox_sent(entry, request->expiry_ns);
    return rc;
}

/* Queueing --------------------------------------------------------------------------------------
 */

// Of a request for an order; what each request costs is the gateway's.
static void binance_cost(const struct binance_flavour *flavour, enum request_kind kind,
                         uint32_t cost[BUCKETS])
{
    cost[BUCKET_WEIGHT] = flavour->weights[kind];
    if (kind == REQ_NEW || kind == REQ_REPLACE || kind == REQ_SWAP_NEW)
        cost[BUCKET_ORDERS] = cost[BUCKET_ORDERS_DAY] = 1;
}

void binance_command_cost(const struct binance_flavour *flavour, const struct order_cmd *cmd,
                          uint32_t cost[BUCKETS])
{
    enum request_kind kind = cmd->kind == CMD_CANCEL       ? REQ_CANCEL
                             : cmd->kind == CMD_CANCEL_ALL ? REQ_CANCEL_ALL
                             : cmd->kind == CMD_QUERY      ? REQ_QUERY
                             : cmd->kind == CMD_REPLACE    ? REQ_REPLACE
                                                           : REQ_NEW;

    binance_cost(flavour, kind, cost);
}

struct gateway_request *binance_ask(struct binance *binance, enum request_kind kind,
                                    const struct symbol *symbol, enum limiter_class class,
                                    int64_t wait_ns)
{
    struct gateway *gateway = binance->gateway;
    struct gateway_request *request =
        gateway_request(gateway, (uint8_t)kind, class, kind < REQ_NEW);

    if (request == NULL)
        return NULL;
    request->symbol = symbol;
    request->cost[BUCKET_WEIGHT] = binance->flavour->weights[kind];
    gateway_queue(gateway, request, gateway_now(gateway) + wait_ns);
    return request;
}

/* A request for an order. NULL: there is no room. */
struct gateway_request *binance_ask_order(struct binance *binance, enum request_kind kind,
                                          struct outbox_entry *entry, enum limiter_class class,
                                          int64_t until_ns)
{
    struct gateway *gateway = binance->gateway;
    const struct symbol *symbol = symbols_by_id(&gateway->symbols, entry->instrument);
    struct gateway_request *request;

    if (symbol == NULL)
        return NULL;
    request = gateway_request(gateway, (uint8_t)kind, class, 0);
    if (request == NULL)
        return NULL;
    request->symbol = symbol;
    request->entry = entry;
    request->order_id = entry->order_id;
    request->number = entry->number;
    binance_cost(binance->flavour, kind, request->cost);
    // A cancel that is done twice is done once: it need not wait for the first one's answer.
    request->is_again = kind == REQ_CANCEL;
    gateway_queue(gateway, request, until_ns);
    return request;
}

void binance_on_command(void *self, const struct order_cmd *cmd, int64_t seen_ns)
{
    struct binance *binance = self;
    struct gateway *gateway = binance->gateway;
    int64_t now = gateway_now(gateway);
    struct outbox_entry *entry = outbox_command(&gateway->outbox, cmd, now);
    enum limiter_class class = gateway_class_of(cmd);
    enum request_kind kind = REQ_NEW;
    int64_t hold_ns = gateway->config.hold_ns;

    if (entry == NULL)
        return;
    if (cmd->kind == CMD_CANCEL && binance_sweep_takes(binance, entry, now))
        return;
    if (cmd->kind == CMD_NEW && !cmd->is_exit)
        binance_sweep_end(binance); // agents trade again: what they place now is to stand
    if (cmd->kind == CMD_CANCEL) {
        kind = REQ_CANCEL;
        hold_ns = gateway->config.cancel_hold_ns;
    } else if (cmd->kind == CMD_REPLACE) {
        kind = binance->flavour->replace_kind(cmd, entry);
    }
    if (binance_ask_order(binance, kind, entry, class, seen_ns + hold_ns) == NULL)
        outbox_outcome(&gateway->outbox, entry, OUTCOME_NOT_SENT, REASON_VENUE_BUSY, 0, now);
}

/* What an answer means --------------------------------------------------------------------------
 */

static uint64_t header_number(const struct http_message *reply, const char *name)
{
    const char *text = http_header_find(reply, name);
    int64_t value = 0;

    if (text == NULL || num_parse(text, strlen(text), 0, &value) < 0 || value < 0)
        return 0;
    return (uint64_t)value;
}

static void bar(struct gateway *gateway, int64_t until)
{
    gateway->n_barred++;
    if (until > gateway->barred_ns)
        gateway->barred_ns = until;
}

/* The venue's own counts, and its orders to be slower. */
static void obey(struct binance *binance, const struct http_message *reply, int32_t code,
                 int64_t now)
{
    const struct {
        const char *header;
        uint32_t bucket;
    } counts[] = {{"x-mbx-used-weight-1m", BUCKET_WEIGHT},
                  {"x-mbx-order-count-10s", BUCKET_ORDERS},
                  {binance->flavour->minute_header, BUCKET_ORDERS_DAY}};
    struct gateway *gateway = binance->gateway;
    int64_t wait_ns = (int64_t)header_number(reply, "retry-after") * 1000000000;

    for (size_t i = 0; i < 3; i++) {
        uint64_t used = header_number(reply, counts[i].header);

        if (used > 0 && used <= UINT32_MAX)
            limiter_used(&gateway->limiter, now, counts[i].bucket, (uint32_t)used);
    }
    if (wait_ns > 4 * 86400 * 1000000000ll)
        wait_ns = 4 * 86400 * 1000000000ll;
    if (reply->status == 429 || code == -1003 || code == -1015) {
        uint32_t bucket = code == -1015 ? BUCKET_ORDERS : BUCKET_WEIGHT;

        limiter_stop(&gateway->limiter, now, bucket, wait_ns > 0 ? now + wait_ns : 0);
        bar(gateway, gateway->limiter.buckets[bucket].stop_until);
        gateway_log(gateway, 4, "rate", "%s: too many requests; stopped for %lld s",
                    gateway->config.name, (long long)(wait_ns / 1000000000));
    } else if (reply->status == 418 || reply->status == 403) {
        if (wait_ns == 0)
            wait_ns = gateway->config.cooloff_ns;
        limiter_ban(&gateway->limiter, now, now + wait_ns);
        bar(gateway, now + wait_ns);
        gateway_log(gateway, 3, "ban", "%s: refused with %d; nothing is sent for %lld s",
                    gateway->config.name, reply->status, (long long)(wait_ns / 1000000000));
    }
}

static enum answer judge_reply(const struct http_message *reply, int32_t *code, char *text,
                               size_t room)
{
    *code = 0;
    text[0] = 0;
    if (reply->status >= 200 && reply->status < 300)
        return ANSWER_GOOD;
    if (binance_decode_error(reply->body, reply->body_n, code, text, room) < 0)
        *code = 0;
    return binance_judge(reply->status, *code, text);
}

void binance_halt_auth(struct binance *binance, int32_t code, const char *text)
{
    if (!binance->gateway->is_auth_halted)
        gateway_log(
            binance->gateway, 3, "auth",
            "%s: the venue does not accept our key (%d: %.80s); no new orders until it does",
            binance->gateway->config.name, (int)code, text);
    binance->gateway->is_auth_halted = 1;
    snprintf(binance->gateway->auth_text, sizeof(binance->gateway->auth_text), "%d: %.48s",
             (int)code, text);
}

/* Orders ----------------------------------------------------------------------------------------
 */

void binance_show(struct binance *binance, const struct wire_order *order, uint64_t order_id,
                  uint8_t rev, uint8_t state, agon_qty_t cum_qty, enum outbox_source source)
{
    struct gateway *gateway = binance->gateway;
    struct outbox_seen seen = {
        .order_id = order_id,
        .venue_order = order->venue_order,
        .instrument = order->symbol->instrument,
        .rev = rev,
        .state = state,
        .side = order->side,
        .source = (uint8_t)source,
        .is_total = binance->flavour->is_in_place,
        .px = order->px,
        .qty = order->qty,
        .cum_qty = cum_qty,
        .t_venue = order->t_venue,
        .asked_ns = source == SEEN_QUERY || source == SEEN_LIST ? binance->asked_ns : 0,
    };

    if (state == AGON_ORDER_EXPIRED)
        seen.reason = order->is_stp || order->exec == WIRE_EXEC_TRADE_PREVENTION
                          ? REASON_VENUE_STP
                          : REASON_VENUE_EXPIRED;
    else if (state == AGON_ORDER_REJECTED)
        seen.reason = binance_reject_reason(0, order->reason);
    if (binance->flavour->is_in_place)
        outbox_in_place(&gateway->outbox, &seen);
    outbox_seen(&gateway->outbox, &seen, gateway->config.account, gateway_now(gateway));
}

struct full { /* the fills of a FULL answer, told one by one */
    struct binance *binance;
    const struct wire_order *order;
    uint64_t order_id;
    uint8_t rev;
    agon_qty_t cum_qty;
};

static void on_full_fill(void *ctx, const struct wire_fill *from)
{
    struct full *full = ctx;
    struct gateway *gateway = full->binance->gateway;
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
static int take_new(struct binance *binance, const struct http_message *reply, uint64_t order_id,
                    uint8_t rev)
{
    struct wire_order order;
    struct full full = {.binance = binance, .order = &order, .order_id = order_id, .rev = rev};
    uint64_t told_id;
    uint8_t told_rev;

    if (binance_decode_order(&binance->dec, reply->body, reply->body_n, &order, NULL, NULL) < 0 ||
        binance_own_id(binance, order.client_id, &told_id, &told_rev) < 0 || told_id != order_id ||
        told_rev != wire_rev(binance, rev))
        return 0;
    if (order.state == 0)
        order.state = AGON_ORDER_OPEN;
    // First that it is there, then its fills in their order, then what it is now.
    if (order.state != AGON_ORDER_REJECTED)
        binance_show(binance, &order, order_id, rev, AGON_ORDER_OPEN, 0, SEEN_REPLY);
    binance_decode_order(&binance->dec, reply->body, reply->body_n, &order, on_full_fill, &full);
    if (order.state == AGON_ORDER_CANCELLED)
        order.state = AGON_ORDER_EXPIRED; // of a new order: nobody else can have cancelled it yet
    binance_show(binance, &order, order_id, rev, order.state != 0 ? order.state : AGON_ORDER_OPEN,
                 order.cum_qty, SEEN_REPLY);
    return 1;
}

static int take_cancel(struct binance *binance, const struct http_message *reply,
                       struct outbox_entry *entry, int64_t now)
{
    struct wire_order order;

    if (binance_decode_order(&binance->dec, reply->body, reply->body_n, &order, NULL, NULL) < 0)
        return 0;
    if (order.state != 0)
        binance_show(binance, &order, entry->order_id, entry->rev, order.state, order.cum_qty,
                     SEEN_REPLY);
    outbox_outcome(&binance->gateway->outbox, entry, OUTCOME_ACCEPTED, 0, 0, now);
    return 1;
}

static void answer_request(struct binance *binance, struct gateway_request *request,
                           enum gateway_fate fate, uint16_t reason, enum answer answer,
                           int32_t code, const char *text, const struct http_message *reply)
{
    struct gateway *gateway = binance->gateway;
    struct outbox *outbox = &gateway->outbox;
    struct outbox_entry *entry = request->entry;
    int64_t now = gateway_now(gateway);
    int is_cancel = request->kind == REQ_CANCEL;
    int is_done = 0;

    if (!is_pending(request))
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
        // A 409 tells of both halves; everything else is in doubt.
        if (request->kind == REQ_REPLACE &&
            binance->flavour->take_replace(binance, request, reply, now))
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
        outbox_outcome(outbox, entry, OUTCOME_REJECTED, binance_refusal(answer, code, text), code,
                       now);
        return;
    case ANSWER_RATE:
    case ANSWER_LATER:
        if (is_cancel && now < request->until_ns) {
            request->not_before = now + 100000000;
            gateway_queue(gateway, request, request->until_ns);
            return;
        }
        outbox_outcome(outbox, entry, OUTCOME_REJECTED, binance_refusal(answer, code, text), code,
                       now);
        return;
    default:
        if (request->kind == REQ_REPLACE &&
            binance->flavour->take_replace(binance, request, reply, now))
            return;
        outbox_outcome(outbox, entry, OUTCOME_REJECTED, binance_refusal(answer, code, text), code,
                       now);
        return;
    }
    switch (request->kind) {
    case REQ_NEW:
    case REQ_SWAP_NEW:
        is_done = take_new(binance, reply, entry->order_id, entry->pending_rev);
        break;
    case REQ_REPLACE:
    case REQ_SWAP_CANCEL:
        is_done = binance->flavour->take_replace(binance, request, reply, now);
        break;
    case REQ_CANCEL:
        is_done = take_cancel(binance, reply, entry, now);
        break;
    default:
        break;
    }
    if (!is_done)
        outbox_outcome(outbox, entry, OUTCOME_UNKNOWN, REASON_TIMEOUT, 0, now);
}

// No list came: that says nothing of whether there is news in it.
static void not_fetched(struct binance *binance, uint64_t order_id)
{
    struct gateway *gateway = binance->gateway;

    outbox_not_fetched(&gateway->outbox, order_id, gateway->stream->now(gateway->stream->ctx),
                       gateway->config.reconcile_ns);
}

/* Fills after the last known. Round 0: beside any round. */
static int ask_trades(struct binance *binance, const struct symbol *symbol, uint8_t round)
{
    struct binance_instrument *instrument = binance_instrument(binance, symbol);
    struct gateway_request *request;

    request = binance_ask(binance, REQ_TRADES, symbol, LIMITER_QUERY, BINANCE_DATA_NS);
    if (request == NULL)
        return 0;
    request->a = instrument->is_based ? instrument->last_fill + 1 : 0;
    request->rev = round;
    return 1;
}

/* Fills of one wire order of an order of ours, from a number on or (0) the newest. */
static void ask_order_trades(struct binance *binance, const struct symbol *symbol,
                             uint64_t order_id, uint64_t number, uint64_t from)
{
    struct gateway_request *request =
        binance_ask(binance, REQ_TRADES, symbol, LIMITER_QUERY, BINANCE_DATA_NS);

    if (request == NULL) {
        not_fetched(binance, order_id);
        return;
    }
    request->cost[BUCKET_WEIGHT] = 5;
    request->a = from;
    request->b = number;
    request->order_id = order_id;
}

/* The number of an earlier wire order, whose fills are missing. */
static void answer_before(struct binance *binance, const struct gateway_request *request,
                          enum answer answer, const struct http_message *reply)
{
    struct wire_order order;
    uint64_t order_id;
    uint8_t rev;

    if (answer != ANSWER_GOOD ||
        binance_decode_order(&binance->dec, reply->body, reply->body_n, &order, NULL, NULL) < 0 ||
        order.state == 0 || binance_own_id(binance, order.client_id, &order_id, &rev) < 0 ||
        order_id != request->order_id)
        return; // another one is asked for next
    binance_show(binance, &order, order_id, rev, order.state, order.cum_qty, SEEN_QUERY);
    ask_order_trades(binance, request->symbol, order_id, order.venue_order, 0);
}

static void answer_query(struct binance *binance, struct gateway_request *request,
                         enum answer answer, const struct http_message *reply)
{
    struct gateway *gateway = binance->gateway;
    struct outbox_entry *entry = request->entry;
    int64_t now = gateway_now(gateway);
    struct wire_order order;
    uint64_t order_id;
    uint8_t rev;

    if (entry->order_id != request->order_id)
        return;
    if (request->b != 0) {
        answer_before(binance, request, answer, reply);
        return;
    }
    entry->check_ns = now; // it was set far away while the query was out
    if (answer == ANSWER_NO_ORDER) {
        outbox_absent(&gateway->outbox, entry, request->rev, request->sent_ns, now);
        return;
    }
    if (answer != ANSWER_GOOD ||
        binance_decode_order(&binance->dec, reply->body, reply->body_n, &order, NULL, NULL) < 0 ||
        order.state == 0 || binance_own_id(binance, order.client_id, &order_id, &rev) < 0 ||
        order_id != entry->order_id || rev != wire_rev(binance, request->rev)) {
        outbox_no_answer(entry, now);
        return;
    }
    // One answer tells of both: the replacement is not there, and what stands in its stead.
    if (binance->flavour->is_in_place && entry->pending == CMD_REPLACE && entry->is_unknown &&
        (order.px != entry->next_px || order.qty != entry->next_qty))
        outbox_absent(&gateway->outbox, entry, entry->pending_rev, request->sent_ns, now);
    entry->check_ns = 0;
    binance_show(binance, &order, order_id, rev, order.state, order.cum_qty, SEEN_QUERY);
    if (entry->pending != 0 && entry->is_unknown && entry->check_ns == 0)
        entry->check_ns = now + OUTBOX_RECHECK_NS;
}

/* Strays ----------------------------------------------------------------------------------------
 */

/* What should not be open is cancelled until the venue has it no more: a cancel is judged by the
 * venue's engine and not by a copy of it, so that "no such order" is the truth of that moment. */
static void ask_strays(struct binance *binance, int64_t now)
{
    struct gateway *gateway = binance->gateway;
    struct outbox_stray *stray;

    while ((stray = outbox_stray_due(&gateway->outbox, now, 2 * BINANCE_DATA_NS)) != NULL) {
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
        request->cost[BUCKET_WEIGHT] = binance->flavour->weights[REQ_CANCEL];
        gateway_queue(gateway, request, now + BINANCE_DATA_NS);
    }
}

static void answer_stray(struct binance *binance, const struct gateway_request *request,
                         enum answer answer)
{
    struct gateway *gateway = binance->gateway;
    int was_open = answer == ANSWER_GOOD;

    outbox_stray_answer(&gateway->outbox, request->a, (uint8_t)request->b,
                        was_open || answer == ANSWER_NO_ORDER, was_open, gateway_now(gateway));
    if (was_open)
        ask_trades(binance, request->symbol, 0); // what it did meanwhile
}

/* Reconciliation --------------------------------------------------------------------------------
 */

static int is_foreign(const struct binance *binance, agon_instrument_t instrument, uint64_t number)
{
    uint64_t key = number ^ (uint64_t)instrument << 48;
    uint32_t n = binance->n_foreign < BINANCE_FOREIGN ? binance->n_foreign : BINANCE_FOREIGN;

    for (uint32_t i = 0; i < n; i++) {
        if (binance->foreign[i] == key)
            return 1;
    }
    return 0;
}

static void learn_foreign(struct binance *binance, const struct symbol *symbol, uint64_t number)
{
    if (is_foreign(binance, symbol->instrument, number))
        return;
    binance->foreign[binance->n_foreign++ % BINANCE_FOREIGN] = number ^ (uint64_t)symbol->instrument
                                                                            << 48;
    gateway_log(binance->gateway, 4, "foreign",
                "%s: an order on this account is not ours (%s, number %llu)",
                binance->gateway->config.name, symbol->name, (unsigned long long)number);
}

void binance_foreign(struct binance *binance, const struct wire_order *order)
{
    agon_instrument_t instrument = order->symbol != NULL ? order->symbol->instrument : 0;

    binance_guard_see(binance, order, is_foreign(binance, instrument, order->venue_order));
    if (order->symbol != NULL && (order->exec != 0 || order->state < AGON_ORDER_FILLED))
        binance_instrument(binance, order->symbol)->has_stranger = 1; // until the next list
    if (order->symbol != NULL)
        learn_foreign(binance, order->symbol, order->venue_order);
    else if (!is_foreign(binance, 0, order->venue_order))
        binance->foreign[binance->n_foreign++ % BINANCE_FOREIGN] = order->venue_order;
}

static void on_elsewhere(void *ctx, const struct wire_order *order)
{
    binance_guard_list(ctx, order);
}

static int ask_part(struct binance *binance, enum request_kind kind)
{
    struct gateway_request *request =
        binance_ask(binance, kind, NULL, LIMITER_QUERY, BINANCE_DATA_NS);

    if (request == NULL)
        return 0;
    request->rev = binance->round;
    return 1;
}

/* As configured, but never so often that the rounds take more than half of what we may use: what is
 * in doubt has to be asked about, and orders have to leave. */
static int64_t round_pause(const struct binance *binance)
{
    const struct limiter_rule *rule = &binance->gateway->limiter.buckets[BUCKET_WEIGHT].rule;
    const uint32_t *weights = binance->flavour->weights;
    int64_t weight = (int64_t)weights[REQ_OPEN] + weights[REQ_ACCOUNT] + weights[REQ_POSITIONS] +
                     (int64_t)binance->n * weights[REQ_TRADES];
    int64_t share = (int64_t)rule->capacity * rule->share_ppm / 1000000;
    int64_t least_ns = rule->window_ns / (share > 0 ? share : 1) * 2 * weight;

    return binance->gateway->config.reconcile_ns > least_ns ? binance->gateway->config.reconcile_ns
                                                            : least_ns;
}

static void begin_round(struct binance *binance, int64_t now)
{
    const struct symbols *symbols = &binance->gateway->symbols;
    uint32_t n = 0;

    binance->is_round = 1;
    binance->is_round_bad = 0;
    binance->reconcile_ns = now + round_pause(binance);
    if (++binance->round == 0)
        binance->round = 1;
    for (uint32_t i = 0; i < symbols->n; i++)
        n += (uint32_t)ask_trades(binance, &symbols->all[i], binance->round);
    n += (uint32_t)ask_part(binance, REQ_OPEN);
    binance->n_out = n;
    if (n < symbols->n + 1)
        binance->is_round_bad = 1;
}

void binance_end_part(struct binance *binance, const struct gateway_request *request, int is_good)
{
    struct gateway *gateway = binance->gateway;

    // A part of a round that a loss of user data has ended proves nothing any more.
    if (!binance->is_round || request->rev != binance->round)
        return;
    if (!is_good)
        binance->is_round_bad = 1;
    if (binance->n_out > 0 && --binance->n_out > 0)
        return;
    // The balances come last: what the fills before them made of the account is booked by then.
    if (request->kind != REQ_ACCOUNT && !binance->is_round_bad) {
        int is_first = binance->flavour->has_positions && request->kind != REQ_POSITIONS;

        binance->n_out = (uint32_t)ask_part(binance, is_first ? REQ_POSITIONS : REQ_ACCOUNT);
        if (binance->n_out > 0)
            return;
        binance->is_round_bad = 1;
    }
    binance->is_round = 0;
    if (binance->is_round_bad) {
        binance->reconcile_ns = gateway_now(gateway) + BINANCE_RETRY_NS;
        return;
    }
    gateway->is_auth_halted = 0;
    if (!binance_is_user_up(binance) || gateway->is_ready)
        return;
    if (!binance_guard_is_clear(binance)) {
        binance->reconcile_ns = gateway_now(gateway) + BINANCE_RETRY_NS;
        return;
    }
    if (binance->flavour->is_set != NULL && !binance->flavour->is_set(binance)) {
        binance->reconcile_ns = gateway_now(gateway) + BINANCE_RETRY_NS;
        return;
    }
    gateway->is_ready = 1;
    binance->guard.is_passed = 1;
    gateway_log(gateway, 6, "ready", "%s: reconciled, orders are taken", gateway->config.name);
}

static void on_open_order(void *ctx, const struct wire_order *order)
{
    struct binance *binance = ctx;
    struct outbox_entry *entry;
    uint64_t order_id;
    uint8_t rev;

    if (binance_own_id(binance, order->client_id, &order_id, &rev) < 0) {
        binance_foreign(binance, order);
        return;
    }
    binance_show(binance, order, order_id, rev, order->state, order->cum_qty, SEEN_LIST);
    entry = outbox_find(&binance->gateway->outbox, order_id);
    if (entry != NULL)
        entry->is_listed = 1;
}

int binance_answer_open(struct binance *binance, const struct gateway_request *request,
                        const struct http_message *reply)
{
    struct outbox *outbox = &binance->gateway->outbox;
    int64_t now = gateway_now(binance->gateway);

    for (uint32_t i = 0; i < outbox->n; i++)
        outbox->all[i].is_listed = 0;
    for (uint32_t i = 0; i < binance->n; i++)
        binance->all[i].has_stranger = 0;
    binance->has_list = 0;
    foreign_begin_list(&binance->gateway->foreign);
    if (binance_decode_orders(&binance->dec, reply->body, reply->body_n, on_open_order, binance) <
        0)
        return 0;
    for (uint32_t i = 0; i < outbox->n; i++) {
        if (!outbox->all[i].is_listed)
            outbox_not_listed(outbox, &outbox->all[i], request->sent_ns, now);
    }
    binance->has_list = 1;
    if (binance->gateway->round_ns != 0 && request->sent_ns >= binance->gateway->round_ns) {
        binance->gateway->round_ns = 0;
        binance->gateway->is_listed = 1;
    }
    if (outbox->n_strays > 0)
        gateway_log(binance->gateway, 3, "strays",
                    "%s: %u orders of ours are open that no order of this host stands for",
                    binance->gateway->config.name, outbox->n_strays);
    foreign_end_list(&binance->gateway->foreign);
    return 1;
}

struct trades {
    struct binance *binance;
    const struct symbol *symbol;
    uint64_t last; /* highest id up to which every trade has its order */
    int is_base;   /* only the list's end was asked for */
    int is_stuck;  /* a trade's order must be asked about first */
    uint32_t n;
};

static void on_trade(void *ctx, const struct wire_fill *from)
{
    struct trades *trades = ctx;
    struct binance *binance = trades->binance;
    struct gateway *gateway = binance->gateway;
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
    if (entry == NULL && !is_foreign(binance, instrument, from->venue_order)) {
        struct binance_instrument *asked = binance_instrument(binance, trades->symbol);
        struct gateway_request *request;

        // Whose it is must be known before it can be booked; then the fills are read again.
        if (!trades->is_stuck) {
            trades->is_stuck = 1;
            if (asked->unknown != from->venue_order) {
                asked->unknown = from->venue_order;
                asked->unknown_ns = gateway->stream->now(gateway->stream->ctx);
            }
            request =
                binance_ask(binance, REQ_NUMBER, trades->symbol, LIMITER_QUERY, BINANCE_DATA_NS);
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
static void ask_rest(struct binance *binance, const struct gateway_request *request,
                     const struct trades *trades)
{
    if (trades->n < TRADES_PAGE || trades->is_stuck || trades->last < request->a)
        return;
    ask_order_trades(binance, request->symbol, request->order_id, request->b,
                     request->a == 0 ? 1 : trades->last + 1);
}

static int answer_trades(struct binance *binance, const struct gateway_request *request,
                         const struct http_message *reply)
{
    struct binance_instrument *instrument = binance_instrument(binance, request->symbol);
    struct trades trades = {.binance = binance,
                            .symbol = request->symbol,
                            .last = request->b != 0 ? 0 : instrument->last_fill,
                            .is_base = request->a == 0 && request->b == 0};

    if (binance_decode_fills(&binance->dec, reply->body, reply->body_n, request->symbol, on_trade,
                             &trades) < 0)
        return 0;
    if (request->b != 0) {
        ask_rest(binance, request, &trades);
        return !trades.is_stuck;
    }
    instrument->last_fill = trades.last;
    instrument->is_based = 1;
    if (trades.n == TRADES_PAGE && !trades.is_stuck) {
        ask_trades(binance, request->symbol, 0);
    }
    return !trades.is_stuck;
}

static void answer_number(struct binance *binance, const struct gateway_request *request,
                          enum answer answer, const struct http_message *reply)
{
    const struct binance_instrument *instrument = binance_instrument(binance, request->symbol);
    struct wire_order order;
    uint64_t order_id;
    uint8_t rev;

    // It was traded, so it was there: a read that does not show it is behind, or (the venue forgets
    // in time) it is none of ours. Only the second lasts longer than a view may be behind.
    if (answer == ANSWER_NO_ORDER && instrument->unknown == request->a &&
        request->sent_ns > instrument->unknown_ns + OUTBOX_VIEW_LAG_NS) {
        learn_foreign(binance, request->symbol, request->a);
    } else if (answer != ANSWER_GOOD ||
               binance_decode_order(&binance->dec, reply->body, reply->body_n, &order, NULL, NULL) <
                   0 ||
               order.state == 0 || order.venue_order != request->a) {
        return; // the next round asks again
    } else if (binance_own_id(binance, order.client_id, &order_id, &rev) < 0) {
        binance_foreign(binance, &order);
    } else {
        binance_show(binance, &order, order_id, rev, order.state, order.cum_qty, SEEN_QUERY);
    }
    ask_trades(binance, request->symbol, 0);
}

void binance_emit_balances(struct binance *binance, uint16_t flags)
{
    struct gateway *gateway = binance->gateway;

    for (uint32_t i = 0; i < binance->out.n_balances; i++) {
        const struct wire_balance *balance = &binance->out.balances[i];
        struct record_account record = {
            .hdr = {.type = EVENT_ACCOUNT,
                    .granules = sizeof(record) / EVENT_GRANULE,
                    .t_venue = binance->out.order.t_venue},
            .account = gateway->config.account,
            .flags = flags,
            .asset = balance->asset->asset,
            .free_amt = balance->free_amt,
            .held_amt = balance->held_amt,
        };

        if (flags != 0 && i + 1 == binance->out.n_balances)
            record.flags |= 2;
        gateway_emit(gateway, &record.hdr);
    }
}

/* Instruments -----------------------------------------------------------------------------------
 */

// On paper an exchange of the host's own takes the orders, on the venue's terms.
static void tell_rules(struct binance *binance, const struct symbol *symbol,
                       const struct wire_info *info, const struct agon_instrument *filters)
{
    struct record_rules record = {.hdr = {.type = EVENT_RULES,
                                          .granules = sizeof(record) / EVENT_GRANULE,
                                          .instrument = symbol->instrument}};

    if (binance->gateway->ports.commands != NULL)
        return;
    binance_fit_rules(info, symbol->quote_exp, filters, &record.rules);
    gateway_emit(binance->gateway, &record.hdr);
}

static void on_info(void *ctx, const struct wire_info *info)
{
    struct binance *binance = ctx;
    const struct symbol *symbol =
        symbols_find(&binance->gateway->symbols, info->symbol, strlen(info->symbol));
    struct binance_instrument *instrument;
    struct agon_instrument record;

    if (symbol == NULL)
        return;
    instrument = binance_instrument(binance, symbol);
    record = instrument->record;
    record.state = info->is_tradable ? info->state : (uint8_t)TRADING_HALTED;
    if (!wire_fit_filters(info, symbol->quote_exp, &record)) {
        gateway_log(binance->gateway, 3, info->symbol,
                    "%s: %s needs finer exponents than it was configured with; make a new "
                    "instrument that names it as predecessor",
                    binance->gateway->config.name, info->symbol);
        record.state = TRADING_HALTED;
    }
    book_sync_trading(&instrument->sync, (enum trading_state)record.state);
    tell_rules(binance, symbol, info, &record);
    if (instrument->is_told && memcmp(&record, &instrument->record, sizeof(record)) == 0)
        return;
    instrument->record = record;
    instrument->is_told = 1;
    gateway_emit(binance->gateway, &record.hdr);
}

static void on_limit(void *ctx, const struct wire_limit *limit)
{
    struct gateway *gateway = ((struct binance *)ctx)->gateway;

    gateway_narrow(&gateway->limiter, gateway_now(gateway), limit->type, limit->interval_s,
                   limit->limit);
    if (gateway->ports.commands == NULL) {
        struct record_limit record = {.hdr = {.type = EVENT_LIMIT, .granules = 1},
                                      .interval_s = limit->interval_s,
                                      .limit = limit->limit};

        memcpy(record.type, limit->type, sizeof(record.type));
        gateway_emit(gateway, &record.hdr);
    }
}

static void on_bar(void *ctx, const struct agon_bar *bar)
{
    struct binance *binance = ctx;
    struct agon_bar copy = *bar;

    if (gateway_emit(binance->gateway, &copy.hdr) < 0)
        binance->n_bars_lost++;
    binance_instrument(binance, symbols_by_id(&binance->gateway->symbols, bar->hdr.instrument))
        ->last_bar = bar->t_open;
}

static void show_closed(struct binance *binance, struct binance_instrument *instrument,
                        struct agon_bar *bar)
{
    if (bar->t_open <= instrument->last_bar)
        return; // the history had it
    instrument->last_bar = bar->t_open;
    gateway_emit(binance->gateway, &bar->hdr);
}

/* Of a market of bars: one has closed. History is asked for when the stream is there, so that none
 * is missing between them, and comes first. */
static void on_closed(struct binance *binance)
{
    struct agon_bar *bar = &binance->out.bar;
    struct binance_instrument *instrument =
        binance_instrument(binance, symbols_by_id(&binance->gateway->symbols, bar->hdr.instrument));

    if (instrument->bar_s != bar->length_s)
        return;
    if (binance->gateway->config.warm_bars == 0 || instrument->has_past) {
        show_closed(binance, instrument, bar);
        return;
    }
    if (instrument->n_early == BINANCE_EARLY) // what is read later has it
        memmove(instrument->early, instrument->early + 1,
                --instrument->n_early * sizeof(instrument->early[0]));
    instrument->early[instrument->n_early++] = *bar;
}

/* Answers ---------------------------------------------------------------------------------------
 */

/* By which it is told whether a bar of the answer is over: a market of bars may be of another day,
 * and what runs is not to be shown. */
static agon_ns_t venue_time(const struct binance *binance,
                            const struct binance_instrument *instrument,
                            const struct http_message *reply)
{
    struct gateway *gateway = binance->gateway;
    int64_t now = gateway_now(gateway);
    struct venue_market market;

    if (instrument->bar_s != 0 && venue_market_read(&market, reply, now, now) == AGON_OK)
        return market.t;
    return gateway->stream->utc(gateway->stream->ctx);
}

static void answer_data(struct binance *binance, struct gateway_request *request,
                        enum answer answer, const struct http_message *reply)
{
    struct gateway *gateway = binance->gateway;
    int64_t now = gateway_now(gateway);
    int is_good = answer == ANSWER_GOOD;
    struct binance_instrument *instrument =
        request->symbol != NULL ? binance_instrument(binance, request->symbol) : NULL;
    agon_ns_t t;
    int can_trade;
    int can_withdraw;

    switch (request->kind) {
    case REQ_TIME:
        binance->is_time_asked = 0;
        if (is_good)
            (void)venue_market_read(&gateway->market, reply, request->sent_ns, now);
        if (is_good && binance->is_offset_due &&
            binance_decode_time(&binance->dec, reply->body, reply->body_n, &t) >= 0)
            clock_offset_sample(&gateway->clock, request->sent_ns, now, t,
                                binance->dec.time_unit_ns);
        break;
    case REQ_INFO:
        binance->is_info_asked = 0;
        binance->info_ns = now + BINANCE_RETRY_NS * 10;
        if (is_good && binance_decode_exchange_info(reply->body, reply->body_n, on_limit, on_info,
                                                    binance) >= 0)
            binance->info_ns = now + INFO_EVERY_NS;
        break;
    case REQ_SNAPSHOT:
        if (is_good && binance_decode_snapshot(&binance->dec, reply->body, reply->body_n,
                                               request->symbol, &binance->out.depth) >= 0)
            book_sync_snapshot(&instrument->sync, &binance->out.depth, now,
                               gateway_random(gateway));
        else
            book_sync_failed(&instrument->sync, now, gateway_random(gateway));
        break;
    case REQ_KLINES:
        binance->n_bars_lost = 0;
        // A history with holes is none: it is read again, and whoever has a part takes it once.
        if (!is_good ||
            binance_decode_klines(&binance->dec, reply->body, reply->body_n, request->symbol,
                                  intervals[interval_of(instrument)].length_s,
                                  venue_time(binance, instrument, reply), on_bar, binance) < 0 ||
            binance->n_bars_lost > 0)
            instrument->warm_ns = now + 5 * BINANCE_RETRY_NS;
        else
            instrument->has_past = 1;
        for (uint32_t i = 0; i < instrument->n_early && instrument->has_past; i++)
            show_closed(binance, instrument, &instrument->early[i]);
        break;
    case REQ_OPEN:
        binance_end_part(binance, request, is_good && binance_answer_open(binance, request, reply));
        break;
    case REQ_TRADES:
        is_good = is_good && answer_trades(binance, request, reply);
        if (!is_good && request->b != 0)
            not_fetched(binance, request->order_id);
        binance_end_part(binance, request, is_good);
        break;
    case REQ_ACCOUNT:
        if (binance->flavour->decode_account != NULL)
            is_good = is_good && binance->flavour->decode_account(
                                     &binance->dec, reply->body, reply->body_n, &binance->out) >= 0;
        else
            is_good =
                is_good && binance_decode_account(&binance->dec, reply->body, reply->body_n,
                                                  &binance->out, &can_trade, &can_withdraw) >= 0;
        if (is_good) {
            binance_guard_account(binance);
            binance->out.order.t_venue = 0;
            binance_emit_balances(binance, 1);
        }
        binance_end_part(binance, request, is_good);
        break;
    case REQ_NUMBER:
        answer_number(binance, request, answer, reply);
        break;
    case REQ_RIGHTS:
    case REQ_RECENT:
        binance_guard_answer(binance, request, answer, reply);
        break;
    default:
        break;
    }
}

void binance_on_answer(void *self, struct gateway_request *request, enum gateway_fate fate,
                       uint16_t reason, const struct http_message *reply)
{
    struct binance *binance = self;
    struct gateway *gateway = binance->gateway;
    int64_t now = gateway_now(gateway);
    enum answer answer = ANSWER_UNKNOWN;
    char text[WIRE_TEXT] = "";
    int32_t code = 0;

    binance->asked_ns = request->sent_ns;
    if (fate == FATE_REPLY) {
        answer = judge_reply(reply, &code, text, sizeof(text));
        obey(binance, reply, code, now);
        if (answer == ANSWER_CLOCK)
            clock_offset_refused(&gateway->clock);
        else if (answer == ANSWER_AUTH)
            binance_halt_auth(binance, code, text);
    }
    if (request->kind >= REQ_CANCEL_ALL)
        binance_sweep_answer(binance, request, answer, reply);
    else if (request->kind == REQ_QUERY)
        answer_query(binance, request, answer, reply);
    else if (request->kind == REQ_STRAY)
        answer_stray(binance, request, answer);
    else if (request->kind >= REQ_NEW)
        answer_request(binance, request, fate, reason, answer, code, text, reply);
    else if (request->kind >= REQ_POSITIONS)
        binance->flavour->answer(binance, request, answer, code, text, reply);
    else
        answer_data(binance, request, answer, reply);
}

/* Market data -----------------------------------------------------------------------------------
 */

// What is subscribed of an instrument: how many streams.
static uint32_t kinds_of(const struct binance *binance, uint32_t instrument,
                         const char *kinds[BINANCE_STREAMS_OF])
{
    if (binance->all[instrument].bar_s == 0)
        return binance->flavour->streams(&binance->gateway->config, kinds);
    kinds[0] =
        intervals[interval_of(&binance->all[instrument])].stream; // a bar ends, and one opens
    kinds[1] = "@bookTicker";
    return 2;
}

static void write_name(const struct binance *binance, uint32_t instrument, const char *kind,
                       char *text, size_t room)
{
    const char *name = binance->gateway->symbols.all[instrument].name;
    size_t n = 0;

    for (; *name != 0 && n + 1 < room; name++)
        text[n++] = *name >= 'A' && *name <= 'Z' ? (char)(*name - 'A' + 'a') : *name;
    snprintf(text + n, room - n, "%s", kind);
}

/* Name of stream number at of all, "btcusdt@trade"; 0 past the last. */
static int stream_name(const struct binance *binance, uint32_t at, char *text, size_t room,
                       uint32_t *instrument)
{
    const char *kinds[BINANCE_STREAMS_OF];

    for (*instrument = 0; *instrument < binance->n; ++*instrument) {
        uint32_t n_kinds = kinds_of(binance, *instrument, kinds);

        if (at < n_kinds) {
            write_name(binance, *instrument, kinds[at], text, room);
            return 1;
        }
        at -= n_kinds;
    }
    return 0;
}

static void subscribe(struct binance *binance, struct link *link)
{
    struct gateway *gateway = binance->gateway;
    char message[STREAMS_PER_MESSAGE * 52 + 64];
    char stream[64];
    struct binance_feed *feed = binance_feed(binance, link);
    uint32_t at = feed->subscribe_at;
    uint32_t instrument;
    size_t n;

    if (!stream_name(binance, at, stream, sizeof(stream), &instrument))
        return;
    n = (size_t)snprintf(message, sizeof(message), "{\"method\":\"SUBSCRIBE\",\"params\":[");
    for (uint32_t i = 0;
         i < STREAMS_PER_MESSAGE && stream_name(binance, at, stream, sizeof(stream), &instrument);
         i++, at++)
        n += (size_t)snprintf(message + n, sizeof(message) - n, "%s\"%s\"", i > 0 ? "," : "",
                              stream);
    n += (size_t)snprintf(message + n, sizeof(message) - n, "],\"id\":%llu}",
                          (unsigned long long)(gateway->next_id + 1));
    REQUIRE(n < sizeof(message));
    if (gateway_send(gateway, link, message, n) < 0)
        return;
    gateway->next_id++;
    if (feed->n_unacked++ == 0)
        feed->subscribe_first = gateway->next_id;
    feed->subscribe_at = at;
}

/* One channel of an instrument is asked for anew: it fell silent on a living connection. */
static void resubscribe(struct binance *binance, struct link *link, uint32_t at, int which)
{
    static const char *const marks[CHANNELS] = {"@depth", "rade", "@bookTicker"};
    struct gateway *gateway = binance->gateway;
    const char *kinds[BINANCE_STREAMS_OF];
    uint32_t n_kinds = kinds_of(binance, at, kinds);
    char message[160];
    char stream[64];
    uint32_t kind = 0;
    size_t n;

    while (kind < n_kinds && strstr(kinds[kind], marks[which]) == NULL)
        kind++;
    if (kind == n_kinds)
        return;
    write_name(binance, at, kinds[kind], stream, sizeof(stream));
    n = (size_t)snprintf(message, sizeof(message),
                         "{\"method\":\"SUBSCRIBE\",\"params\":[\"%s\"],\"id\":%llu}", stream,
                         (unsigned long long)(gateway->next_id + 1));
    if (gateway_send(gateway, link, message, n) == AGON_OK)
        gateway->next_id++;
}

static void on_market_reply(struct binance *binance, struct link *link)
{
    struct gateway *gateway = binance->gateway;
    struct binance_feed *feed = binance_feed(binance, link);
    int64_t now = gateway_now(gateway);
    uint32_t instrument;
    char stream[64];

    if (binance->out.code != 0) {
        char why[128];

        snprintf(why, sizeof(why), "a subscription was refused: %.80s", binance->out.text);
        gateway_drop(gateway, link, why);
        return;
    }
    if (feed->n_unacked == 0 || binance->out.id < feed->subscribe_first)
        return;
    if (--feed->n_unacked > 0 ||
        stream_name(binance, feed->subscribe_at, stream, sizeof(stream), &instrument))
        return;
    feed->is_up = 1;
    feed->asked_ns = now;
    if (!gateway->config.has_depth || link->is_next)
        return;
    for (uint32_t i = 0; i < binance->n; i++) {
        if (!binance->all[i].sync.is_fed && binance->all[i].bar_s == 0)
            book_sync_start(&binance->all[i].sync, now);
    }
}

/* A message of the channel. What is usual is its longest gap, forgotten slowly: a mean would call
 * each lull of a market that comes in bursts a silence. */
static void heard(struct binance_instrument *instrument, int at, int64_t now)
{
    struct feed_channel *channel = &instrument->channels[at];
    int64_t gap_ns = channel->last_ns != 0 ? now - channel->last_ns : 0;

    if (gap_ns > CHANNEL_GAP_MAX_NS)
        gap_ns = CHANNEL_GAP_MAX_NS;
    channel->usual_ns -= channel->usual_ns / 1000 * (gap_ns / 1000000) / CHANNEL_FORGET_S;
    if (gap_ns > channel->usual_ns)
        channel->usual_ns = gap_ns;
    channel->last_ns = now;
    if (channel->n < UINT32_MAX)
        channel->n++;
}

static void on_diff(struct binance *binance)
{
    struct gateway *gateway = binance->gateway;
    struct binance_instrument *instrument = binance_instrument(binance, binance->out.depth.symbol);
    int64_t now = gateway_now(gateway);

    if (!instrument->sync.is_fed)
        book_sync_start(&instrument->sync, now); // what comes was subscribed
    heard(instrument, CHANNEL_DEPTH, now);
    book_sync_diff(&instrument->sync, &binance->out.depth, now, gateway_random(gateway));
}

static void on_trade_print(struct binance *binance)
{
    const struct agon_trade *trade = &binance->out.trade;
    const struct symbol *symbol = symbols_by_id(&binance->gateway->symbols, trade->hdr.instrument);
    struct binance_instrument *instrument = binance_instrument(binance, symbol);

    heard(instrument, CHANNEL_TRADES, gateway_now(binance->gateway));
    // Their numbers rise: what the connection before this one has shown is not shown again.
    if (trade->venue_id <= instrument->last_trade)
        return;
    instrument->last_trade = trade->venue_id;
    gateway_emit(binance->gateway, &binance->out.trade.hdr);
}

/* What the connection that is to follow shows is not used, only noted. */
static void on_next_market(struct binance *binance, struct link *link, const void *bytes, size_t n)
{
    const struct symbol *symbol;

    switch (binance_decode_market(&binance->dec, bytes, n, &binance->out)) {
    case WIRE_TRADE:
        symbol = symbols_by_id(&binance->gateway->symbols, binance->out.trade.hdr.instrument);
        binance_instrument(binance, symbol)->next_trade = binance->out.trade.venue_id;
        break;
    case WIRE_DIFF:
        binance_instrument(binance, binance->out.depth.symbol)->next_diff =
            binance->out.depth.last_id;
        break;
    case WIRE_REPLY:
        on_market_reply(binance, link);
        break;
    case WIRE_SHUTDOWN:
        gateway_drop(binance->gateway, link, "the venue announced its end");
        break;
    default:
        break;
    }
}

/* The follower takes over when it has shown nothing that the other has not: then what it shows next
 * joins on, and no book is built anew and no trade is missed. One that stays ahead takes over all
 * the same; the books find the hole. */
static void follow_market(struct binance *binance, struct link *link, int64_t now)
{
    const struct binance_feed *feed = binance_feed(binance, link);
    int is_late = now - feed->asked_ns > FOLLOW_LATE_NS;

    if (!feed->is_up || now - feed->asked_ns < FOLLOW_WAIT_NS)
        return;
    for (uint32_t i = 0; i < binance->n && !is_late; i++) {
        const struct binance_instrument *instrument = &binance->all[i];

        if (instrument->next_trade > instrument->last_trade ||
            (instrument->sync.state == BOOK_LIVE && instrument->next_diff > instrument->sync.id))
            return;
    }
    gateway_take_over(binance->gateway, link);
}

static void on_market(struct binance *binance, struct link *link, const void *bytes, size_t n)
{
    struct gateway *gateway = binance->gateway;
    int rc = binance_decode_market(&binance->dec, bytes, n, &binance->out);

    if (rc > 0 && rc != WIRE_REPLY && rc != WIRE_SHUTDOWN)
        gateway_link_works(gateway, link); // data, not a mere connection
    switch (rc) {
    case WIRE_TRADE:
        on_trade_print(binance);
        break;
    case WIRE_QUOTE:
        heard(binance_instrument(
                  binance, symbols_by_id(&gateway->symbols, binance->out.quote.hdr.instrument)),
              CHANNEL_QUOTES, gateway_now(gateway));
        gateway_emit(gateway, &binance->out.quote.hdr);
        break;
    case WIRE_DIFF:
        on_diff(binance);
        break;
    case WIRE_BAR:
        on_closed(binance);
        break;
    case WIRE_REPLY:
        on_market_reply(binance, link);
        break;
    case WIRE_MARK:
    case WIRE_LIQUIDATION:
        if (binance->flavour->on_market != NULL)
            binance->flavour->on_market(binance, rc);
        break;
    case WIRE_SHUTDOWN:
        link->is_retiring = 1;
        break;
    default:
        // A diff that cannot be taken is missing from the book.
        if (rc < 0 && binance->dec.last_kind == WIRE_DIFF && binance->dec.last_symbol != NULL)
            book_sync_stale(&binance_instrument(binance, binance->dec.last_symbol)->sync,
                            BOOK_SYNC_BAD, gateway_now(gateway), gateway_random(gateway));
        break;
    }
}

/* User data -------------------------------------------------------------------------------------
 */

void binance_user_down(struct binance *binance, struct link *link)
{
    struct binance_feed *feed = binance_feed(binance, link);

    feed->is_up = feed->is_asked = 0;
    if (link->is_next)
        return;
    binance->gateway->is_ready = 0;
    binance->is_round = 0; // what is still out proves nothing about the time from now on
}

void binance_user_up(struct binance *binance, struct link *link)
{
    binance_feed(binance, link)->is_up = 1;
    binance->reconcile_ns = 0; // what happened while we were deaf
    gateway_link_works(binance->gateway, link);
    if (link->is_next)
        gateway_take_over(binance->gateway, link);
    else
        binance->is_round = 0;
}

/* The venue closes a position by its own hand under such a name. */
static int is_forced(const struct wire_order *order)
{
    return strncmp(order->client_id, "autoclose-", 10) == 0 ||
           strncmp(order->client_id, "adl_autoclose", 13) == 0;
}

void binance_on_report(struct binance *binance)
{
    struct gateway *gateway = binance->gateway;
    const struct wire_order *order = &binance->out.order;
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
    if (binance_own_id(binance, order->orig_client_id, &order_id, &rev) < 0 &&
        binance_own_id(binance, order->client_id, &order_id, &rev) < 0) {
        fill.is_forced = (uint8_t)is_forced(order);
        binance_foreign(binance, order);
        if (order->exec == WIRE_EXEC_TRADE)
            outbox_fill(&gateway->outbox, &fill, now);
        return;
    }
    if (order->exec == WIRE_EXEC_TRADE) {
        binance_show(binance, order, order_id, rev, AGON_ORDER_OPEN,
                     order->cum_qty - order->last_qty, SEEN_STREAM);
        fill.order_id = order_id;
        fill.rev = rev;
        if (binance->flavour->is_in_place) {
            const struct outbox_entry *entry = outbox_find(&gateway->outbox, order_id);

            fill.rev = entry != NULL ? entry->rev : rev;
            fill.wire_cum_qty -= entry != NULL ? entry->base_qty : 0;
        }
        outbox_fill(&gateway->outbox, &fill, now);
    }
    binance_show(binance, order, order_id, rev, order->state, order->cum_qty, SEEN_STREAM);
}

void binance_on_message(void *self, struct link *link, const void *bytes, size_t n)
{
    if (link->role == LINK_MARKET && link->is_next)
        on_next_market(self, link, bytes, n);
    else if (link->role == LINK_MARKET)
        on_market(self, link, bytes, n);
    else
        ((struct binance *)self)->flavour->on_user(self, link, bytes, n);
}

void binance_on_link(void *self, struct link *link, int is_up)
{
    struct binance *binance = self;

    *binance_feed(binance, link) = (struct binance_feed){0};
    if (link->role == LINK_MARKET) {
        for (uint32_t i = 0; i < binance->n; i++) {
            struct binance_instrument *instrument = &binance->all[i];

            instrument->next_diff = instrument->next_trade = 0;
            if (link->is_next)
                continue;
            instrument->last_trade = 0;
            memset(instrument->channels, 0, sizeof(instrument->channels));
            if (!is_up)
                book_sync_lost(&instrument->sync, BOOK_SYNC_LOST);
        }
        if (is_up)
            subscribe(binance, link);
        return;
    }
    binance_user_down(binance, link);
    if (is_up) {
        binance_guard_again(binance);
        binance->flavour->on_user_up(binance, link);
    }
}

/* What is due -----------------------------------------------------------------------------------
 */

/* So long a channel may be silent: three of its usual gaps. One that is known to be busy is
 * believed for 2.5 s at least, any other for as long as is configured. */
static int64_t silence_limit(const struct binance *binance, const struct feed_channel *channel)
{
    int64_t configured_ns = binance->gateway->config.channel_ns;
    int64_t limit_ns = 3 * channel->usual_ns;

    if (channel->n < CHANNEL_KNOWN && limit_ns < configured_ns)
        return configured_ns;
    return limit_ns > CHANNEL_BUSY_NS        ? limit_ns
           : configured_ns < CHANNEL_BUSY_NS ? configured_ns
                                             : CHANNEL_BUSY_NS;
}

/* A channel is silent on a living connection: its book is not believed, it is asked for anew, and
 * if that brings nothing the connection is replaced. False: it was. */
static int watch_channel(struct binance *binance, struct link *link, uint32_t at, int which,
                         int64_t now)
{
    struct binance_instrument *instrument = &binance->all[at];
    struct feed_channel *channel = &instrument->channels[which];
    int64_t since_ns = channel->acted_ns > channel->last_ns ? channel->acted_ns : channel->last_ns;

    if (channel->last_ns == 0 || now - since_ns <= silence_limit(binance, channel) ||
        (which == CHANNEL_DEPTH && instrument->sync.state != BOOK_LIVE &&
         channel->acted_ns <= channel->last_ns))
        return 1;
    binance->gateway->n_silent++;
    if (channel->acted_ns > channel->last_ns) {
        gateway_drop(binance->gateway, link, "a channel stays silent");
        return 0;
    }
    channel->acted_ns = now;
    if (which == CHANNEL_DEPTH)
        book_sync_stale(&instrument->sync, BOOK_SYNC_SILENT, now, gateway_random(binance->gateway));
    resubscribe(binance, link, at, which);
    return 1;
}

static void watch_channels(struct binance *binance, struct link *link, int64_t now)
{
    struct gateway *gateway = binance->gateway;

    if (gateway->config.channel_ns == 0 || gateway->is_paused)
        return;
    for (uint32_t i = 0; i < binance->n; i++) {
        // Where there are bars nothing comes for as long as one lasts, or a hole in them.
        for (int which = 0; which < CHANNELS && binance->all[i].bar_s == 0; which++) {
            if (!watch_channel(binance, link, i, which, now))
                return;
        }
    }
}

static void ask_past(struct binance *binance, uint32_t at)
{
    if (binance_ask(binance, REQ_KLINES, &binance->gateway->symbols.all[at], LIMITER_OTHER,
                    BINANCE_DATA_NS) != NULL)
        binance->all[at].warm_ns = INT64_MAX; // its answer sets it, where it is none
}

static void ask_snapshots(struct binance *binance, int64_t now)
{
    const struct agon_event_hdr snapshot = {.type = AGON_EVENT_BOOK_SNAPSHOT};

    if (!gateway_takes(binance->gateway, &snapshot))
        return; // it would be read for nothing
    for (uint32_t i = 0; i < binance->n; i++) {
        struct binance_instrument *instrument = &binance->all[i];
        uint32_t weight =
            binance->flavour->snapshot_weight(binance->gateway->config.snapshot_levels);
        struct gateway_request *request;

        if (!book_sync_wants(&instrument->sync, now))
            continue;
        request = binance_ask(binance, REQ_SNAPSHOT, &binance->gateway->symbols.all[i],
                              LIMITER_OTHER, BINANCE_DATA_NS);
        if (request == NULL)
            return;
        request->cost[BUCKET_WEIGHT] = request->cost[BUCKET_SNAPSHOTS] = weight;
        book_sync_asked(&instrument->sync);
    }
}

static void ask_fills(struct binance *binance, struct outbox_entry *entry, int64_t now)
{
    struct gateway *gateway = binance->gateway;
    const struct symbol *symbol = symbols_by_id(&gateway->symbols, entry->instrument);
    struct gateway_request *request;
    uint8_t rev;

    if (outbox_fills_before(entry, &rev)) {
        outbox_fetched(entry, now, OUTBOX_RECHECK_NS);
        request =
            binance_ask_order(binance, REQ_QUERY, entry, LIMITER_QUERY, now + BINANCE_DATA_NS);
        if (request != NULL) {
            request->rev = rev;
            request->b = 1;
        }
        return;
    }
    outbox_fetched(entry, now, gateway->config.reconcile_ns);
    if (symbol != NULL && entry->venue_order != 0)
        ask_order_trades(binance, symbol, entry->order_id, entry->venue_order, 0);
}

static void ask_orders(struct binance *binance, int64_t now)
{
    struct gateway *gateway = binance->gateway;
    struct outbox_entry *entry;
    uint32_t at = 0;

    while ((entry = outbox_due(&gateway->outbox, &at, 0, now)) != NULL) {
        struct gateway_request *request =
            binance_ask_order(binance, REQ_QUERY, entry, LIMITER_QUERY, now + BINANCE_DATA_NS);

        if (request == NULL)
            break;
        request->rev = entry->query_rev;
        entry->check_ns = now + 10 * BINANCE_DATA_NS; // its answer sets it
    }
    at = 0;
    while ((entry = outbox_due(&gateway->outbox, &at, 1, now)) != NULL)
        ask_fills(binance, entry, now);
}

static void tell_health(struct binance *binance, int64_t now)
{
    struct gateway *gateway = binance->gateway;
    struct gateway_status status;
    struct agon_health record = {
        .hdr = {.type = AGON_EVENT_HEALTH, .granules = sizeof(record) / EVENT_GRANULE},
        .venue = gateway->config.venue,
    };
    uint8_t health;

    (void)now;
    gateway_status(gateway, &status);
    health = status.health;
    if (gateway->config.is_private && (!status.is_ready || status.is_auth_halted) &&
        health == GATEWAY_UP)
        health = GATEWAY_DEGRADED;
    if (health == binance->health)
        return;
    binance->health = health;
    record.state = health;
    record.offset_ns = status.offset_ns;
    record.delay_ns = gateway->clock.uncertainty_ns;
    record.reason = status.is_banned        ? REASON_VENUE_RATE
                    : status.is_auth_halted ? REASON_VENUE_AUTH
                    : health != GATEWAY_UP  ? REASON_VENUE_DOWN
                                            : 0;
    gateway_emit(gateway, &record.hdr);
}

/* For the venue's clock; and in between for its market's, where it has one of its own: a simulator
 * that falls behind its speed takes its market's time along. */
static void ask_time(struct binance *binance, int64_t now)
{
    const struct gateway *gateway = binance->gateway;
    int is_due = clock_offset_is_due(&gateway->clock, now);

    if (!is_due &&
        (gateway->market.speed_milli == 0 || now - gateway->market.at_ns < MARKET_EVERY_NS))
        return;
    binance->is_offset_due = (uint8_t)is_due;
    binance->is_time_asked =
        binance_ask(binance, REQ_TIME, NULL, LIMITER_QUERY, BINANCE_DATA_NS) != NULL;
}

void binance_on_turn(void *self, int64_t now)
{
    struct binance *binance = self;
    struct gateway *gateway = binance->gateway;
    struct link *market = gateway_link(gateway, LINK_MARKET);

    for (uint32_t i = 0; i < gateway->n_links; i++) {
        if (gateway->links[i].role == LINK_MARKET && gateway->links[i].state == LINK_OPEN)
            subscribe(binance, &gateway->links[i]);
    }
    if (market != NULL && market->state == LINK_OPEN)
        ask_snapshots(binance, now);
    if (!binance->is_time_asked)
        ask_time(binance, now);
    if (now < binance->check_ns)
        return;
    binance->check_ns = now + CHECK_EVERY_NS;
    for (uint32_t i = 0; i < gateway->n_links; i++) {
        struct link *link = &gateway->links[i];

        if (link->role == LINK_MARKET && link->is_next && link->state == LINK_OPEN)
            follow_market(binance, link, now);
    }
    market = gateway_link(gateway, LINK_MARKET);
    if (market != NULL && market->state == LINK_OPEN)
        watch_channels(binance, market, now);
    if (now >= binance->info_ns && !binance->is_info_asked)
        binance->is_info_asked =
            binance_ask(binance, REQ_INFO, NULL, LIMITER_OTHER, BINANCE_DATA_NS) != NULL;
    if (gateway->config.warm_bars > 0) {
        for (uint32_t i = 0; i < binance->n; i++) {
            if (now >= binance->all[i].warm_ns &&
                (binance->all[i].bar_s == 0 ||
                 (market != NULL && binance_feed(binance, market)->is_up)))
                ask_past(binance, i);
        }
    }
    if (gateway->config.is_private) {
        binance->flavour->keep_user(binance, now);
        binance_guard_turn(binance, now);
        if (binance_is_user_up(binance) && !binance->is_round &&
            (now >= binance->reconcile_ns || gateway->round_ns != 0))
            begin_round(binance, now);
        ask_orders(binance, now);
        binance_sweep_turn(binance, now);
        ask_strays(binance, now);
    }
    tell_health(binance, now);
}

/* Life ------------------------------------------------------------------------------------------
 */

static void on_bad(void *ctx, int kind, int rc, const void *bytes, size_t n)
{
    static const char *const names[WIRE_KINDS] = {
        "unknown kind",     "trade",         "quote",       "bar",         "book diff",
        "partial book",     "announced end", "reply",       "order event", "balance event",
        "end of user data", "snapshot",      "REST answer", "mark price",  "liquidation"};
    struct binance *binance = ctx;

    // The kind and the place, never the text of it: an order event is nobody's business in a log.
    (void)bytes;
    gateway_log(
        binance->gateway, 4, "bad",
        "%s: %s: a message of %zu bytes cannot be taken (%s); more of them are only counted",
        binance->gateway->config.name, names[kind], n, error_name(rc));
}

int binance_read_time(const void *bytes, size_t n, agon_ns_t *t, int64_t *resolution_ns)
{
    struct binance_decoder *dec = calloc(1, sizeof(*dec));
    int rc;

    if (dec == NULL)
        return AGON_ENOMEM;
    binance_decoder_init(dec, NULL);
    rc = binance_decode_time(dec, bytes, n, t);
    *resolution_ns = dec->time_unit_ns;
    free(dec);
    return rc;
}

void binance_close(void *self)
{
    struct binance *binance = self;

    if (binance->all != NULL) {
        for (uint32_t i = 0; i < binance->n; i++)
            book_sync_deinit(&binance->all[i].sync);
    }
    free(binance->all);
    secret_free(binance->vault);
    free(binance);
}

int binance_open(struct gateway *gateway, const struct binance_flavour *flavour,
                 const struct gateway_instrument *instruments, uint32_t n_instruments, void **self,
                 struct error *err)
{
    const struct venue_config *config = &gateway->config;
    struct binance *binance = calloc(1, sizeof(*binance));
    int rc;

    if (binance == NULL)
        return error_set(err, AGON_ENOMEM, "out of memory");
    *self = binance;
    binance->gateway = gateway;
    binance->flavour = flavour;
    binance->guard.is_rich = config->is_key_halted;
    binance_decoder_init(&binance->dec, &gateway->symbols);
    binance->dec.on_bad = on_bad;
    binance->dec.on_elsewhere = on_elsewhere;
    binance->dec.ctx = binance;
    if (config->rest.host[0] == 0 || (n_instruments > 0 && config->market.host[0] == 0) ||
        (config->is_private && config->user.host[0] == 0))
        return error_set(err, AGON_EINVAL, "an endpoint has no host");
    if (config->snapshot_levels < 5 || config->snapshot_levels > WIRE_DEPTH_MAX - 120)
        return error_set(err, AGON_EINVAL, "snapshot_levels is 5 to 5000");
    if (config->warm_bars > 1000)
        return error_set(err, AGON_EINVAL, "warm_bars is at most 1000");
    if (config->is_private) {
        if (config->key.n == 0 || memchr(config->key.bytes, 0, config->key.n) != NULL)
            return error_set(err, AGON_EINVAL, "the API key is empty or no text");
        for (size_t i = 0; i < config->key.n; i++) {
            unsigned char c = config->key.bytes[i];

            if (c <= ' ' || c > '~' || c == '"' || c == '\\' || c == '&')
                return error_set(err, AGON_EINVAL, "the API key has a character that no key has");
        }
        binance->vault = secret_new(sizeof(*binance->vault));
        if (binance->vault == NULL)
            return error_set(err, AGON_ENOMEM, "no locked memory for the key");
        memcpy(binance->vault->key, config->key.bytes, config->key.n);
        rc = binance_signer_init(&binance->vault->signer,
                                 config->key_kind == VENUE_KEY_ED25519 ? BINANCE_SIGN_ED25519
                                                                       : BINANCE_SIGN_HMAC,
                                 &config->secret, err);
        if (rc < 0)
            return rc;
    }
    binance->all = calloc(n_instruments > 0 ? n_instruments : 1, sizeof(*binance->all));
    if (binance->all == NULL)
        return error_set(err, AGON_ENOMEM, "out of memory");
    for (uint32_t i = 0; i < n_instruments; i++) {
        struct binance_instrument *instrument = &binance->all[i];

        rc = book_sync_init(&instrument->sync, &gateway->symbols.all[i], config->venue, 0,
                            gateway_emit, gateway);
        if (rc < 0)
            return error_set(err, rc, "out of memory for a book");
        binance->n = i + 1;
        instrument->sync.snapshot_limit = config->snapshot_levels;
        instrument->sync.is_chained = flavour->is_in_place;
        instrument->record = instruments[i].instrument;
        instrument->record.venue = config->venue;
        instrument->record.hdr.type = AGON_EVENT_INSTRUMENT;
        instrument->record.hdr.granules = sizeof(instrument->record) / EVENT_GRANULE;
        instrument->last_fill = instruments[i].last_fill;
        instrument->bar_s = instruments[i].bar_s;
        instrument->is_based = instruments[i].last_fill != 0;
    }
    return AGON_OK;
}

void binance_status(void *self, struct gateway_status *status)
{
    struct binance *binance = self;

    for (uint32_t i = 0; i < binance->n && binance->gateway->config.has_depth; i++)
        status->n_books += binance->all[i].bar_s == 0;
    for (uint32_t i = 0; i < binance->n; i++)
        status->n_warm += binance->gateway->config.warm_bars == 0 || binance->all[i].has_past;
    for (uint32_t i = 0; i < binance->n; i++) {
        const struct book_sync *sync = &binance->all[i].sync;

        status->n_live += sync->state == BOOK_LIVE;
        status->n_gaps += sync->n_gaps;
        status->n_resyncs += sync->n_resyncs;
    }
    for (int kind = 0; kind < WIRE_KINDS; kind++)
        status->n_bad += binance->dec.n_bad[kind];
    status->n_cut += binance->dec.n_cut;
}
