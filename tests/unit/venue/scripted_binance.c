// SPDX-License-Identifier: Apache-2.0
/* Binance in transcripts: spot, USD-M and COIN-M futures, of which the last is for market data. */
#include "script_impl.h"

/* All orders of a symbol from a time on, as the venue has it: one of another host, if it is not too
 * old for what was asked. */
static void reply_recent(struct conn *conn, const char *target)
{
    const char *from = strstr(target, "startTime=");
    int64_t t_ms = (T0 + w.now - w.other_ns) / 1000000;
    char body[512] = "[]";

    if (w.other_ns != 0 && strstr(target, "symbol=BTCUSDT") != NULL &&
        (from == NULL || atoll(from + strlen("startTime=")) <= t_ms))
        snprintf(body, sizeof(body),
                 "[{\"symbol\":\"BTCUSDT\",\"orderId\":9,\"clientOrderId\":\"%s\","
                 "\"price\":\"30000.00\",\"origQty\":\"0.01000\",\"executedQty\":\"0.01000\","
                 "\"status\":\"FILLED\",\"timeInForce\":\"GTC\",\"type\":\"LIMIT\","
                 "\"side\":\"BUY\",\"time\":%lld,\"updateTime\":%lld}]",
                 script_other_id(), (long long)t_ms, (long long)t_ms);
    script_reply(conn, 200, "", body);
}

static int quiet(struct conn *conn, const struct http_message *message)
{
    char body[512];

    if (strcmp(message->path, "/api/v3/time") == 0) {
        snprintf(body, sizeof(body), "{\"serverTime\":${t}}");
        script_reply(conn, 200, "", body);
    } else if (strcmp(message->path, "/api/v3/exchangeInfo") == 0) {
        script_reply(conn, 200, "", "{\"rateLimits\":[],\"symbols\":[]}");
    } else if (strcmp(message->path, "/api/v3/account") == 0) {
        script_reply(conn, 200, "", "{\"canTrade\":true,\"balances\":[]}");
    } else if (strcmp(message->path, "/api/v3/openOrders") == 0 ||
               strcmp(message->path, "/api/v3/myTrades") == 0 ||
               strcmp(message->path, "/api/v3/klines") == 0) {
        script_reply(conn, 200, "", "[]");
    } else if (strcmp(message->path, "/api/v3/allOrders") == 0 ||
               strcmp(message->path, "/fapi/v1/allOrders") == 0) {
        reply_recent(conn, message->target);
    } else if (strcmp(message->path, "/sapi/v1/account/apiRestrictions") == 0) {
        script_reply(conn, 200, "", "{\"enableReading\":true,\"enableWithdrawals\":false}");
    } else if (strcmp(message->path, "/fapi/v1/time") == 0 ||
               strcmp(message->path, "/dapi/v1/time") == 0) {
        snprintf(body, sizeof(body), "{\"serverTime\":${t}}");
        script_reply(conn, 200, "", body);
    } else if (strcmp(message->path, "/fapi/v1/exchangeInfo") == 0) {
        script_reply(conn, 200, "", "{\"rateLimits\":[],\"symbols\":[]}");
    } else if (strcmp(message->path, "/fapi/v2/account") == 0) {
        script_reply(conn, 200, "", "{\"assets\":[],\"positions\":[]}");
    } else if (strcmp(message->path, "/fapi/v1/openOrders") == 0 ||
               strcmp(message->path, "/fapi/v1/userTrades") == 0 ||
               strcmp(message->path, "/fapi/v2/positionRisk") == 0) {
        script_reply(conn, 200, "", "[]");
    } else if (strcmp(message->path, "/fapi/v1/listenKey") == 0) {
        script_reply(conn, 200, "", "{\"listenKey\":\"key1\"}");
    } else if (strcmp(message->path, "/fapi/v1/countdownCancelAll") == 0 ||
               strcmp(message->path, "/fapi/v1/leverage") == 0 ||
               strcmp(message->path, "/fapi/v1/marginType") == 0) {
        script_reply(conn, 200, "", "{}");
    } else {
        return 0;
    }
    return 1;
}

static void prepare_um(struct venue_config *config, struct gateway_asset assets[3],
                       struct gateway_instrument instruments[2])
{
    (void)assets;
    config->leverage = 5;
    config->has_margin = 1;
    instruments[0].instrument.kind = instruments[1].instrument.kind = INSTRUMENT_LINEAR;
}

static void prepare_cm(struct venue_config *config, struct gateway_asset assets[3],
                       struct gateway_instrument instruments[2])
{
    (void)assets;
    (void)instruments;
    config->is_private = 0;
}

static const char *const spot[] = {"binance/market.script",
                                   "binance/race.script",
                                   "binance/reconnect.script",
                                   "binance/kill_queued.script",
                                   "binance/cancels_borrowed.script",
                                   "binance/silent.script",
                                   "binance/busy.script",
                                   "binance/full.script",
                                   "binance/full_history.script",
                                   "binance/bars_history.script",
                                   "binance/orders.script",
                                   "binance/order_types.script",
                                   "binance/replace.script",
                                   "binance/socket.script",
                                   "binance/socket_doubt.script",
                                   "binance/socket_exit.script",
                                   "binance/socket_follow.script",
                                   "binance/socket_late.script",
                                   "binance/unknown.script",
                                   "binance/clock.script",
                                   "binance/limits.script",
                                   "binance/limits_held.script",
                                   "binance/user.script",
                                   "binance/hold.script",
                                   "binance/earlier_run.script",
                                   "binance/many_fills.script",
                                   "binance/late_answer.script",
                                   "binance/whose_trade.script",
                                   "binance/fills_read.script",
                                   "binance/follow.script",
                                   "binance/garbage.script",
                                   "binance/cut.script",
                                   "binance/torn.script",
                                   "binance/cancels.script",
                                   "binance/cancels_hung.script",
                                   "binance/guard_recent.script",
                                   "binance/guard_past.script",
                                   "binance/guard_taken.script",
                                   "binance/guard_elsewhere.script",
                                   NULL};
static const char *const um[] = {"binance_um/market.script",     "binance_um/cancels.script",
                                 "binance_um/orders.script",     "binance_um/user.script",
                                 "binance_um/socket.script",     "binance_um/guard_recent.script",
                                 "binance_um/guard_past.script", NULL};
static const char *const cm[] = {"binance_cm/market.script", NULL};

extern const struct scripted scripted_binance[];
const struct scripted scripted_binance[] = {
    {.folder = "binance", .dialect = "binance_spot", .stories = spot, .reply = quiet},
    {.folder = "binance_um",
     .dialect = "binance_um",
     .stories = um,
     .reply = quiet,
     .prepare = prepare_um},
    {.folder = "binance_cm",
     .dialect = "binance_cm",
     .stories = cm,
     .reply = quiet,
     .prepare = prepare_cm},
    {.folder = NULL}};
