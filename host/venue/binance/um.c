// SPDX-License-Identifier: Apache-2.0
/* um: what Binance USD-M futures speak. Beside what it shares with spot: diffs that are chained
 * by pu, mark price, funding and liquidations, a user data stream by listen key, orders that are
 * replaced in their place, positions, leverage and margin type set at the start, and the venue's
 * dead-man's switch, kept wound for each instrument with an open order. */
#include <stdio.h>

#include "venue/binance/core.h"

#define NS_PER_S ((int64_t)1000000000)

#define LISTEN_EXTEND_NS 1800000000000ll /* of the 60 minutes that a key lives */
#define FUNDING_S        28800

// As the venue's pages state them; exchangeInfo may be stricter, and a file of a venue says them
// all.
static const struct venue_limit published[] = {
    {"weight", 2400, 60 * NS_PER_S},
    {"raw", 300000, 300 * NS_PER_S}, // the venue states none
    {"orders", 300, 10 * NS_PER_S},
    {"orders_day", 1200, 60 * NS_PER_S}, // its second limit of orders
    {"snapshots", 480, 60 * NS_PER_S},   // our own: a fifth of the weight
    {"connects", 300, 300 * NS_PER_S},
};

static void defaults(struct venue_config *config)
{
    snprintf(config->market_path, sizeof(config->market_path), "/stream");
    snprintf(config->user_path, sizeof(config->user_path), "/ws");
    snprintf(config->order_path, sizeof(config->order_path), "/ws-fapi/v1");
    snprintf(config->rest_path, sizeof(config->rest_path), "/fapi");
    memcpy(config->limits, published, sizeof(published));
    config->n_limits = sizeof(published) / sizeof(published[0]);
}

/* Orders ----------------------------------------------------------------------------------------
 */

static const char *tif_name(const struct outbox_entry *entry)
{
    // GTD is kept by the host: it cancels in time. GTX is post-only.
    if ((entry->flags & AGON_POST_ONLY) != 0)
        return "GTX";
    return entry->tif == AGON_TIF_IOC ? "IOC" : entry->tif == AGON_TIF_FOK ? "FOK" : "GTC";
}

static void add_kind(struct binance_params *params, const struct outbox_entry *entry)
{
    binance_params_add_word(params, "side", binance_side_name(entry->side));
    binance_params_add_word(params, "type", binance_um_types[entry->type]);
    if (order_type_has_px(entry->type))
        binance_params_add_word(params, "timeInForce", tif_name(entry));
    binance_params_add_word(params, "newOrderRespType", "RESULT");
}

static void add_order(const struct binance *binance, struct binance_params *params,
                      const struct symbol *symbol, const struct outbox_entry *entry, agon_qty_t qty,
                      agon_px_t px, uint8_t rev)
{
    int is_limit = order_type_has_px(entry->type);

    binance_add_own(binance, params, symbol, entry->order_id, rev, qty);
    if (is_limit)
        binance_add_num(params, "price", px, symbol->px_exp);
    if (order_type_waits(entry->type))
        binance_add_num(params, "stopPrice", entry->trigger_px, symbol->px_exp);
    if ((entry->flags & AGON_REDUCE_ONLY) != 0)
        binance_params_add(params, "reduceOnly", "true");
}

/* Requests of its own ---------------------------------------------------------------------------
 */

/* With the key alone, unsigned. */
static int write_keyed(struct binance *binance, struct gateway_http *http, const char *path)
{
    snprintf(http->target, sizeof(http->target), "%s%s", binance->gateway->config.rest_path, path);
    http->lines = binance->vault->lines;
    http->n_lines = binance->vault->n_key_line;
    return AGON_OK;
}

static int write_own(struct binance *binance, struct gateway_request *request,
                     struct gateway_http *http, struct binance_params *params)
{
    const struct venue_config *config = &binance->gateway->config;
    const char *path = binance->flavour->paths[request->kind];
    const struct outbox_entry *entry = request->entry;

    switch (request->kind) {
    case REQ_LISTEN:
        http->method = request->a != 0 ? "PUT" : "POST";
        return write_keyed(binance, http, path);
    case REQ_COUNTDOWN:
        http->method = "POST";
        binance_params_add_u64(params, "countdownTime", request->a);
        break;
    case REQ_LEVERAGE:
        http->method = "POST";
        binance_params_add_u64(params, "leverage", config->leverage);
        break;
    case REQ_MARGIN:
        http->method = "POST";
        binance_params_add(params, "marginType", config->is_isolated ? "ISOLATED" : "CROSSED");
        break;
    case REQ_REPLACE:
        http->method = "PUT";
        binance_add_client_id(binance, params, "origClientOrderId", entry->order_id, 0);
        binance_params_add_word(params, "side", binance_side_name(entry->side));
        binance_add_num(params, "quantity", entry->next_qty, request->symbol->qty_exp);
        binance_add_num(params, "price", entry->next_px, request->symbol->px_exp);
        break;
    default:
        return AGON_EINVAL;
    }
    return binance_write_signed(binance, request, http, params, path);
}

static struct binance_contract *contract_of(const struct binance *binance,
                                            const struct symbol *symbol)
{
    return &binance->contracts[symbol - binance->gateway->symbols.all];
}

static void set_path(struct binance *binance, int is_known)
{
    struct gateway *gateway = binance->gateway;

    for (uint32_t i = 0; i < gateway->n_links; i++) {
        struct link *link = &gateway->links[i];

        if (link->role != LINK_USER)
            continue;
        link->is_waiting = !is_known;
        if (is_known)
            snprintf(link->path, sizeof(link->path), "%.20s/%.90s", gateway->config.user_path,
                     binance->listen_key);
    }
}

/* The key is worth nothing any more: another is asked for, and its stream begins anew. */
static void lose_key(struct binance *binance, const char *why)
{
    struct gateway *gateway = binance->gateway;

    binance->listen_key[0] = 0;
    binance->listen_ns = 0;
    set_path(binance, 0);
    for (uint32_t i = 0; i < gateway->n_links; i++) {
        if (gateway->links[i].role == LINK_USER)
            gateway_drop(gateway, &gateway->links[i], why);
    }
}

static void answer_listen(struct binance *binance, const struct gateway_request *request,
                          int is_good, int32_t code, const struct http_message *reply)
{
    int64_t now = gateway_now(binance->gateway);
    char key[sizeof(binance->listen_key)];

    binance->is_listen_asked = 0;
    binance->listen_ns = now + VENUE_RETRY_NS;
    if (code == -1125 && binance->listen_key[0] != 0) {
        lose_key(binance, "its listen key has expired");
        return;
    }
    if (!is_good)
        return;
    if (request->a == 0) {
        if (binance_decode_listen_key(&binance->dec, reply->body, reply->body_n, key, sizeof(key)) <
            0)
            return;
        memcpy(binance->listen_key, key, sizeof(key));
        set_path(binance, 1);
    }
    binance->listen_ns = now + LISTEN_EXTEND_NS;
}

static void answer_setting(struct binance *binance, const struct gateway_request *request,
                           int is_good, int32_t code, const char *text)
{
    struct binance_contract *contract = contract_of(binance, request->symbol);

    contract->is_setting = 0;
    // -4046: it was so already.
    if (is_good || (request->kind == REQ_MARGIN && code == -4046)) {
        if (request->kind == REQ_MARGIN)
            contract->is_margin_set = 1;
        else
            contract->is_leverage_set = 1;
        return;
    }
    gateway_log(binance->gateway, 3, request->symbol->name,
                "%s: %s: %s could not be set (%d: %.80s); no orders before it is",
                binance->gateway->config.name, request->symbol->name,
                request->kind == REQ_MARGIN ? "the margin type" : "the leverage", (int)code, text);
}

static void answer_own(void *self, struct gateway_request *request, enum answer answer,
                       int32_t code, const char *text, const struct http_message *reply)
{
    struct binance *binance = self;
    int is_good = answer == ANSWER_GOOD;

    switch (request->kind) {
    case REQ_LISTEN:
        answer_listen(binance, request, is_good, code, reply);
        break;
    case REQ_LEVERAGE:
    case REQ_MARGIN:
        answer_setting(binance, request, is_good, code, text);
        break;
    default:
        break;
    }
}

/* User data -------------------------------------------------------------------------------------
 */

static void on_user_up(void *self, struct link *link)
{
    struct binance *binance = self;
    venue_feed(binance->client, link)->is_asked = 1;
    venue_user_up(binance->client, link);
}

/* The connection for orders tells of nothing but its own answers and its end. */
static void on_said(struct binance *binance, struct link *link, const void *bytes, size_t n)
{
    switch (binance_decode_user(&binance->dec, bytes, n, &binance->client->out)) {
    case WIRE_REPLY:
        (void)binance_take_said(binance, link, bytes, n);
        break;
    case WIRE_SHUTDOWN:
        link->is_retiring = 1;
        break;
    default:
        break;
    }
}

static void on_user(void *self, struct link *link, const void *bytes, size_t n)
{
    struct binance *binance = self;

    if (link->role == LINK_SAY) {
        on_said(binance, link, bytes, n);
        return;
    }
    switch (binance_decode_um_user(&binance->dec, bytes, n, &binance->client->out)) {
    case WIRE_ORDER:
        venue_on_report(binance->client);
        break;
    case WIRE_POSITION:
        venue_emit_balances(binance->client, 0);
        break;
    case WIRE_TERMINATED:
        venue_user_down(binance->client, link);
        lose_key(binance, "its listen key has expired");
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

static void keep_settings(struct binance *binance)
{
    const struct venue_config *config = &binance->gateway->config;

    for (uint32_t i = 0; i < binance->client->n; i++) {
        struct binance_contract *contract = &binance->contracts[i];
        enum wire_op kind = REQ_LEVERAGE;

        if (contract->is_setting)
            continue;
        if (config->has_margin && !contract->is_margin_set)
            kind = REQ_MARGIN;
        else if (config->leverage == 0 || contract->is_leverage_set)
            continue;
        if (venue_ask(binance->client, kind, &binance->gateway->symbols.all[i], LIMITER_QUERY,
                      VENUE_DATA_NS) != NULL)
            contract->is_setting = 1;
    }
}

static int is_set(const void *self)
{
    const struct binance *binance = self;
    const struct venue_config *config = &binance->gateway->config;

    for (uint32_t i = 0; i < binance->client->n; i++) {
        if ((config->has_margin && !binance->contracts[i].is_margin_set) ||
            (config->leverage != 0 && !binance->contracts[i].is_leverage_set))
            return 0;
    }
    return 1;
}

static void keep_user(void *self, int64_t now)
{
    struct binance *binance = self;
    struct gateway_request *request;

    keep_settings(binance);
    if (binance->is_listen_asked || now < binance->listen_ns)
        return;
    request = venue_ask(binance->client, REQ_LISTEN, NULL, LIMITER_QUERY, VENUE_DATA_NS);
    if (request == NULL)
        return;
    request->a = binance->listen_key[0] != 0;
    binance->is_listen_asked = 1;
}

/* Market data -----------------------------------------------------------------------------------
 */

static uint32_t streams(const struct venue_config *config, const char *suffixes[BINANCE_STREAMS_OF])
{
    uint32_t n = 0;

    if (config->has_depth)
        suffixes[n++] = "@depth@100ms";
    if (config->has_trades)
        suffixes[n++] = "@aggTrade";
    if (config->has_quotes)
        suffixes[n++] = "@bookTicker";
    suffixes[n++] = "@markPrice@1s";
    suffixes[n++] = "@forceOrder";
    return n;
}

static uint32_t snapshot_weight(uint32_t levels)
{
    return levels <= 50 ? 2 : levels <= 100 ? 5 : levels <= 500 ? 10 : 20;
}

static const uint32_t weights[REQ_KINDS] = {
    [REQ_TIME] = 1,     [REQ_INFO] = 1,      [REQ_KLINES] = 5,     [REQ_OPEN] = 40,
    [REQ_TRADES] = 5,   [REQ_ACCOUNT] = 5,   [REQ_NUMBER] = 1,     [REQ_RIGHTS] = 1,
    [REQ_RECENT] = 5,   [REQ_POSITIONS] = 5, [REQ_LISTEN] = 1,     [REQ_COUNTDOWN] = 10,
    [REQ_LEVERAGE] = 1, [REQ_MARGIN] = 1,    [REQ_NEW] = 1,        [REQ_CANCEL] = 1,
    [REQ_REPLACE] = 1,  [REQ_QUERY] = 1,     [REQ_CANCEL_ALL] = 1, [REQ_SWEPT] = 40};

static const struct binance_flavour um = {
    .paths = {[REQ_TIME] = "/v1/time",
              [REQ_INFO] = "/v1/exchangeInfo",
              [REQ_SNAPSHOT] = "/v1/depth",
              [REQ_KLINES] = "/v1/klines",
              [REQ_OPEN] = "/v1/openOrders",
              [REQ_TRADES] = "/v1/userTrades",
              [REQ_ACCOUNT] = "/v2/account",
              [REQ_NUMBER] = "/v1/order",
              [REQ_RECENT] = "/v1/allOrders",
              [REQ_POSITIONS] = "/v2/positionRisk",
              [REQ_LISTEN] = "/v1/listenKey",
              [REQ_COUNTDOWN] = "/v1/countdownCancelAll",
              [REQ_LEVERAGE] = "/v1/leverage",
              [REQ_MARGIN] = "/v1/marginType",
              [REQ_NEW] = "/v1/order",
              [REQ_CANCEL] = "/v1/order",
              [REQ_REPLACE] = "/v1/order",
              [REQ_QUERY] = "/v1/order",
              [REQ_CANCEL_ALL] = "/v1/allOpenOrders",
              [REQ_SWEPT] = "/v1/openOrders"},
    .said = {[REQ_NEW] = "order.place",
             [REQ_CANCEL] = "order.cancel",
             [REQ_REPLACE] = "order.modify",
             [REQ_STRAY] = "order.cancel"},
    .minute_header = "x-mbx-order-count-1m",
    .streams = streams,
    .add_kind = add_kind,
    .add_order = add_order,
    .write = write_own,
};

static int open_um(struct venue_client *client, void **self, struct error *err)
{
    int rc = binance_open(client, &um, self, err);

    if (rc < 0)
        return rc;
    if (client->gateway->config.snapshot_levels > 1000)
        return error_set(err, AGON_EINVAL, "snapshot_levels is at most 1000 here");
    set_path(*self, 0); // no user data before there is a key for it
    return AGON_OK;
}

static int read_account(void *self, const void *bytes, size_t n, struct wire_out *out)
{
    struct binance *binance = self;

    return binance_decode_um_account(&binance->dec, bytes, n, out);
}

static int read_positions(void *self, const void *bytes, size_t n, struct wire_out *out)
{
    struct binance *binance = self;

    return binance_decode_positions(&binance->dec, bytes, n, out);
}

#define UM_WIRE                                                                                    \
    .time_path = "/v1/time", .weights = weights, .is_in_place = 1, .has_positions = 1,             \
    .book = BOOK_CHAIN, .open = open_um, .snapshot_weight = snapshot_weight,                       \
    .read_account = read_account, .read_positions = read_positions, .funding_s = FUNDING_S,        \
    .on_user_up = on_user_up, .on_user = on_user, .keep_user = keep_user, .answer = answer_own,    \
    .is_set = is_set, BINANCE_WIRE

extern const struct venue_wire venue_binance_um;
const struct venue_wire venue_binance_um = {
    .name = "binance_um",
    .kind = INSTRUMENT_LINEAR,
    .has_rights_elsewhere = 1,
    .has_orders = 1,
    .rescue = &binance_um_rescue,
    .dead_man = DEAD_MAN_INSTRUMENT,
    .order_types = binance_um_types,
    .defaults = defaults,
    .said = 1u << REQ_NEW | 1u << REQ_CANCEL | 1u << REQ_REPLACE | 1u << REQ_STRAY,
    .says_apart = 1,
    .say = binance_say,
    UM_WIRE,
};

/* COIN-M: the same streams and rules, for market data; its contracts settle in the coin, which this
 * host does not trade. */
static void defaults_cm(struct venue_config *config)
{
    defaults(config);
    snprintf(config->rest_path, sizeof(config->rest_path), "/dapi");
}

extern const struct venue_wire venue_binance_cm;
const struct venue_wire venue_binance_cm = {
    .name = "binance_cm",
    .kind = INSTRUMENT_INVERSE,
    .has_rights_elsewhere = 1,
    .defaults = defaults_cm,
    UM_WIRE,
};
