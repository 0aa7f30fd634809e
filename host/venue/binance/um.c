// SPDX-License-Identifier: Apache-2.0
/* um: the dialect of Binance USD-M futures. Beside what it shares with spot: diffs that are chained
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
    binance_defaults(config);
    snprintf(config->market_path, sizeof(config->market_path), "/stream");
    snprintf(config->user_path, sizeof(config->user_path), "/ws");
    snprintf(config->rest_path, sizeof(config->rest_path), "/fapi");
    config->dead_man_ns = 60000000000;
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

static void add_order(const struct binance *binance, struct binance_params *params,
                      const struct symbol *symbol, const struct outbox_entry *entry, agon_qty_t qty,
                      agon_px_t px, uint8_t rev)
{
    int is_limit = entry->type == AGON_LIMIT || entry->type == AGON_STOP_LIMIT;

    binance_params_add(params, "side", binance_side_name(entry->side));
    binance_params_add(params, "type",
                       entry->type == AGON_MARKET       ? "MARKET"
                       : entry->type == AGON_STOP       ? "STOP_MARKET"
                       : entry->type == AGON_STOP_LIMIT ? "STOP"
                                                        : "LIMIT");
    if (is_limit)
        binance_params_add(params, "timeInForce", tif_name(entry));
    binance_add_num(params, "quantity", qty, symbol->qty_exp);
    if (is_limit)
        binance_add_num(params, "price", px, symbol->px_exp);
    if (entry->type == AGON_STOP || entry->type == AGON_STOP_LIMIT)
        binance_add_num(params, "stopPrice", entry->trigger_px, symbol->px_exp);
    if ((entry->flags & AGON_REDUCE_ONLY) != 0)
        binance_params_add(params, "reduceOnly", "true");
    binance_add_client_id(binance, params, "newClientOrderId", entry->order_id, rev);
    binance_params_add(params, "newOrderRespType", "RESULT");
}

static enum request_kind replace_kind(const struct order_cmd *cmd, const struct outbox_entry *entry)
{
    (void)cmd;
    (void)entry;
    return REQ_REPLACE;
}

static int take_replace(struct binance *binance, const struct gateway_request *request,
                        const struct http_message *reply, int64_t now)
{
    const struct outbox_entry *entry = request->entry;
    struct wire_order order;
    uint64_t order_id;
    uint8_t rev;

    (void)now;
    if (reply->status >= 300)
        return 0; // one order, one answer: a refusal tells of nothing else
    if (binance_decode_order(&binance->dec, reply->body, reply->body_n, &order, NULL, NULL) < 0 ||
        order.state == 0 || binance_own_id(binance, order.client_id, &order_id, &rev) < 0 ||
        order_id != entry->order_id || order.px != entry->next_px || order.qty != entry->next_qty)
        return 0;
    binance_show(binance, &order, order_id, rev, order.state, order.cum_qty, SEEN_REPLY);
    return 1;
}

/* Requests of its own ---------------------------------------------------------------------------
 */

/* With the key alone, unsigned. */
static int write_keyed(struct binance *binance, struct gateway_http *http, const char *path)
{
    snprintf(http->target, sizeof(http->target), "%s%s", binance->gateway->config.rest_path, path);
    http->headers[0].name = "X-MBX-APIKEY";
    http->headers[0].value = binance->vault->key;
    http->n_headers = 1;
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
        binance_params_add(params, "side", binance_side_name(entry->side));
        binance_add_num(params, "quantity", entry->next_qty, request->symbol->qty_exp);
        binance_add_num(params, "price", entry->next_px, request->symbol->px_exp);
        break;
    default:
        return AGON_EINVAL;
    }
    return binance_write_signed(binance, request, http, params, path);
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
    binance->listen_ns = now + BINANCE_RETRY_NS;
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

static int answer_positions(struct binance *binance, const struct http_message *reply)
{
    struct gateway *gateway = binance->gateway;

    if (binance_decode_positions(&binance->dec, reply->body, reply->body_n, &binance->out) < 0)
        return 0;
    for (uint32_t i = 0; i < binance->out.n_places; i++) {
        const struct wire_position *place = &binance->out.places[i];
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

static void answer_setting(struct binance *binance, const struct gateway_request *request,
                           int is_good, int32_t code, const char *text)
{
    struct binance_instrument *instrument = binance_instrument(binance, request->symbol);

    instrument->is_setting = 0;
    // -4046: it was so already.
    if (is_good || (request->kind == REQ_MARGIN && code == -4046)) {
        if (request->kind == REQ_MARGIN)
            instrument->is_margin_set = 1;
        else
            instrument->is_leverage_set = 1;
        return;
    }
    gateway_log(binance->gateway, 3, request->symbol->name,
                "%s: %s: %s could not be set (%d: %.80s); no orders before it is",
                binance->gateway->config.name, request->symbol->name,
                request->kind == REQ_MARGIN ? "the margin type" : "the leverage", (int)code, text);
}

static void answer_countdown(struct binance *binance, const struct gateway_request *request,
                             int is_good)
{
    struct binance_instrument *instrument = binance_instrument(binance, request->symbol);
    int64_t now = gateway_now(binance->gateway);

    instrument->is_switch_asked = 0;
    if (!is_good) {
        instrument->switch_ns = now + BINANCE_RETRY_NS;
        if (++instrument->n_switch_failed == 2)
            gateway_log(binance->gateway, 3, "dead-man",
                        "%s: %s: the dead-man's switch could not be renewed twice",
                        binance->gateway->config.name, request->symbol->name);
        return;
    }
    instrument->n_switch_failed = 0;
    instrument->is_switch_on = request->a != 0;
    instrument->switch_ns = now + binance->gateway->config.dead_man_ns / 4;
}

static void answer_own(struct binance *binance, struct gateway_request *request, enum answer answer,
                       int32_t code, const char *text, const struct http_message *reply)
{
    int is_good = answer == ANSWER_GOOD;

    switch (request->kind) {
    case REQ_LISTEN:
        answer_listen(binance, request, is_good, code, reply);
        break;
    case REQ_POSITIONS:
        binance_end_part(binance, request, is_good && answer_positions(binance, reply));
        break;
    case REQ_LEVERAGE:
    case REQ_MARGIN:
        answer_setting(binance, request, is_good, code, text);
        break;
    case REQ_COUNTDOWN:
        answer_countdown(binance, request, is_good);
        break;
    default:
        break;
    }
}

/* User data -------------------------------------------------------------------------------------
 */

static void on_user_up(struct binance *binance, struct link *link)
{
    binance_feed(binance, link)->is_asked = 1;
    binance_user_up(binance, link);
}

static void on_user(struct binance *binance, struct link *link, const void *bytes, size_t n)
{
    struct gateway *gateway = binance->gateway;
    int64_t now = gateway_now(gateway);

    switch (binance_decode_um_user(&binance->dec, bytes, n, &binance->out)) {
    case WIRE_ORDER:
        binance_on_report(binance);
        break;
    case WIRE_POSITION:
        binance_emit_balances(binance, 0);
        break;
    case WIRE_TERMINATED:
        binance_user_down(binance, link);
        lose_key(binance, "its listen key has expired");
        break;
    case WIRE_SHUTDOWN:
        link->is_retiring = 1;
        break;
    default:
        // An order event that cannot be read is found by the next reconciliation: make it soon.
        if (binance_is_user_up(binance) && binance->dec.n_bad[WIRE_ORDER] > 0 &&
            !binance->is_round && binance->reconcile_ns > now + BINANCE_RETRY_NS)
            binance->reconcile_ns = now + BINANCE_RETRY_NS;
        break;
    }
}

static void keep_settings(struct binance *binance)
{
    const struct venue_config *config = &binance->gateway->config;

    for (uint32_t i = 0; i < binance->n; i++) {
        struct binance_instrument *instrument = &binance->all[i];
        enum request_kind kind = REQ_LEVERAGE;

        if (instrument->is_setting)
            continue;
        if (config->has_margin && !instrument->is_margin_set)
            kind = REQ_MARGIN;
        else if (config->leverage == 0 || instrument->is_leverage_set)
            continue;
        if (binance_ask(binance, kind, &binance->gateway->symbols.all[i], LIMITER_QUERY,
                        BINANCE_DATA_NS) != NULL)
            instrument->is_setting = 1;
    }
}

static int is_set(const struct binance *binance)
{
    const struct venue_config *config = &binance->gateway->config;

    for (uint32_t i = 0; i < binance->n; i++) {
        if ((config->has_margin && !binance->all[i].is_margin_set) ||
            (config->leverage != 0 && !binance->all[i].is_leverage_set))
            return 0;
    }
    return 1;
}

/* The switch stands while an order of the instrument may be open, and is renewed in a quarter of
 * its time; it is let go when none is. */
static void keep_switch(struct binance *binance, int64_t now)
{
    struct gateway *gateway = binance->gateway;
    uint8_t is_open[SYMBOLS_MAX] = {0};

    if (gateway->config.dead_man_ns == 0)
        return;
    for (uint32_t i = 0; i < gateway->outbox.n; i++) {
        const struct outbox_entry *entry = &gateway->outbox.all[i];
        const struct symbol *symbol;

        if (!entry->is_used || entry->is_final || (!entry->is_acked && entry->pending == 0))
            continue;
        symbol = symbols_by_id(&gateway->symbols, entry->instrument);
        if (symbol != NULL)
            is_open[symbol - gateway->symbols.all] = 1;
    }
    for (uint32_t i = 0; i < binance->n; i++) {
        struct binance_instrument *instrument = &binance->all[i];
        struct gateway_request *request;

        if (instrument->is_switch_asked || now < instrument->switch_ns ||
            (!is_open[i] && !instrument->is_switch_on)) {
            // The first order of a quiet instrument does not wait for the next renewal.
            if (!(is_open[i] && !instrument->is_switch_on && !instrument->is_switch_asked &&
                  instrument->n_switch_failed == 0))
                continue;
        }
        request = binance_ask(binance, REQ_COUNTDOWN, &gateway->symbols.all[i], LIMITER_CANCEL,
                              gateway->config.dead_man_ns / 4);
        if (request == NULL)
            return;
        request->a = is_open[i] ? (uint64_t)gateway->config.dead_man_ns / 1000000 : 0;
        instrument->is_switch_asked = 1;
    }
}

static void keep_user(struct binance *binance, int64_t now)
{
    struct gateway_request *request;

    keep_settings(binance);
    keep_switch(binance, now);
    if (binance->is_listen_asked || now < binance->listen_ns)
        return;
    request = binance_ask(binance, REQ_LISTEN, NULL, LIMITER_QUERY, BINANCE_DATA_NS);
    if (request == NULL)
        return;
    request->a = binance->listen_key[0] != 0;
    binance->is_listen_asked = 1;
}

/* Market data -----------------------------------------------------------------------------------
 */

static void tell_value(struct binance *binance, uint16_t type, const struct wire_mark *mark,
                       agon_px_t px)
{
    struct agon_value value = {
        .hdr = {.type = type,
                .granules = sizeof(value) / EVENT_GRANULE,
                .instrument = mark->symbol->instrument,
                .t_venue = mark->t_venue},
        .value = px,
    };

    gateway_emit(binance->gateway, &value.hdr);
}

static void on_mark(struct binance *binance)
{
    const struct wire_mark *mark = &binance->out.mark;
    struct binance_instrument *instrument = binance_instrument(binance, mark->symbol);

    // Funding first, with the price that stands: what was due is paid by the one before.
    if (mark->t_funding != 0 &&
        (mark->t_funding != instrument->t_funding || mark->rate_ppb != instrument->rate_ppb)) {
        struct agon_funding funding = {
            .hdr = {.type = AGON_EVENT_FUNDING,
                    .granules = sizeof(funding) / EVENT_GRANULE,
                    .instrument = mark->symbol->instrument,
                    .t_venue = mark->t_venue},
            .rate_ppb = mark->rate_ppb,
            .t_next = mark->t_funding,
            .mark_px = mark->mark_px,
            .interval_s = FUNDING_S,
        };

        instrument->rate_ppb = mark->rate_ppb;
        instrument->t_funding = mark->t_funding;
        gateway_emit(binance->gateway, &funding.hdr);
    }
    tell_value(binance, AGON_EVENT_MARK, mark, mark->mark_px);
    if (mark->index_px > 0)
        tell_value(binance, AGON_EVENT_INDEX, mark, mark->index_px);
}

static void on_market(struct binance *binance, int kind)
{
    if (kind == WIRE_MARK)
        on_mark(binance);
    else
        gateway_emit(binance->gateway, &binance->out.liquidation.hdr);
}

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
    .weights = {[REQ_TIME] = 1,     [REQ_INFO] = 1,      [REQ_KLINES] = 5,     [REQ_OPEN] = 40,
                [REQ_TRADES] = 5,   [REQ_ACCOUNT] = 5,   [REQ_NUMBER] = 1,     [REQ_RIGHTS] = 1,
                [REQ_RECENT] = 5,   [REQ_POSITIONS] = 5, [REQ_LISTEN] = 1,     [REQ_COUNTDOWN] = 10,
                [REQ_LEVERAGE] = 1, [REQ_MARGIN] = 1,    [REQ_NEW] = 1,        [REQ_CANCEL] = 1,
                [REQ_REPLACE] = 1,  [REQ_QUERY] = 1,     [REQ_CANCEL_ALL] = 1, [REQ_SWEPT] = 40},
    .minute_header = "x-mbx-order-count-1m",
    .is_in_place = 1,
    .has_positions = 1,
    .snapshot_weight = snapshot_weight,
    .streams = streams,
    .replace_kind = replace_kind,
    .add_order = add_order,
    .write = write_own,
    .take_replace = take_replace,
    .answer = answer_own,
    .on_user_up = on_user_up,
    .on_user = on_user,
    .keep_user = keep_user,
    .on_market = on_market,
    .is_set = is_set,
    .decode_account = binance_decode_um_account,
};

static int open_um(struct gateway *gateway, const struct gateway_instrument *instruments,
                   uint32_t n_instruments, void **self, struct error *err)
{
    int rc = binance_open(gateway, &um, instruments, n_instruments, self, err);

    if (rc < 0)
        return rc;
    if (gateway->config.snapshot_levels > 1000)
        return error_set(err, AGON_EINVAL, "snapshot_levels is at most 1000 here");
    set_path(*self, 0); // no user data before there is a key for it
    return AGON_OK;
}

static void cost(const struct order_cmd *cmd, uint32_t costs[BUCKETS])
{
    binance_command_cost(&um, cmd, costs);
}

extern const struct venue_dialect venue_binance_um;
const struct venue_dialect venue_binance_um = {
    .name = "binance_um",
    .time_path = "/v1/time",
    .read_time = binance_read_time,
    .defaults = defaults,
    .cost = cost,
    .open = open_um,
    .close = binance_close,
    .on_link = binance_on_link,
    .on_message = binance_on_message,
    .write = binance_write,
    .on_answer = binance_on_answer,
    .on_turn = binance_on_turn,
    .on_command = binance_on_command,
    .on_cancel_all = binance_on_cancel_all,
    .status = binance_status,
};

/* COIN-M: the same streams and rules, for market data; its contracts settle in the coin, which this
 * host does not trade. */
static void defaults_cm(struct venue_config *config)
{
    defaults(config);
    snprintf(config->rest_path, sizeof(config->rest_path), "/dapi");
}

static int open_cm(struct gateway *gateway, const struct gateway_instrument *instruments,
                   uint32_t n_instruments, void **self, struct error *err)
{
    if (gateway->config.is_private)
        return error_set(err, AGON_ENOTSUP, "COIN-M is for market data: name no credential");
    return open_um(gateway, instruments, n_instruments, self, err);
}

extern const struct venue_dialect venue_binance_cm;
const struct venue_dialect venue_binance_cm = {
    .name = "binance_cm",
    .time_path = "/v1/time",
    .read_time = binance_read_time,
    .defaults = defaults_cm,
    .open = open_cm,
    .close = binance_close,
    .on_link = binance_on_link,
    .on_message = binance_on_message,
    .write = binance_write,
    .on_answer = binance_on_answer,
    .on_turn = binance_on_turn,
    .on_command = binance_on_command,
    .on_cancel_all = binance_on_cancel_all,
    .status = binance_status,
};
