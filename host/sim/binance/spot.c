// SPDX-License-Identifier: Apache-2.0
/* spot: the table of the spot market's requests, its limits, and the money accounts begin with. */
#include "sim/binance/simb.h"

#define ORDER_PARAMS                                                                               \
    "symbol side type timeInForce quantity quoteOrderQty price newClientOrderId strategyId "       \
    "strategyType stopPrice trailingDelta icebergQty newOrderRespType selfTradePreventionMode "    \
    "pegPriceType pegOffsetValue pegOffsetType"
#define REPLACE_PARAMS                                                                             \
    ORDER_PARAMS " cancelReplaceMode cancelNewClientOrderId cancelOrigClientOrderId "              \
                 "cancelOrderId cancelRestrictions orderRateLimitExceededMode"
#define CANCEL_PARAMS "symbol orderId origClientOrderId newClientOrderId cancelRestrictions"
#define KLINE_PARAMS  "symbol interval startTime endTime timeZone limit"
#define TICKER_PARAMS "symbol symbols type symbolStatus"
#define INFO_PARAMS   "symbol symbols permissions showPermissionSets symbolStatus"

#define API "/api/v3/"

static const struct simb_route routes[] = {
    {"GET", API "ping", "ping", SIMB_NONE, 1, NULL, "", simb_ping, 0, 1},
    {"GET", API "time", "time", SIMB_NONE, 1, NULL, "", simb_time, 0, 1},
    {"GET", API "exchangeInfo", "exchangeInfo", SIMB_NONE, 20, NULL, INFO_PARAMS,
     simb_exchange_info, 0, 1},
    {"GET", API "depth", "depth", SIMB_NONE, 0, simb_weigh_depth, "symbol limit symbolStatus",
     simb_depth, 0, 1},
    {"GET", API "trades", "trades.recent", SIMB_NONE, 25, NULL, "symbol limit", simb_trades, 0, 1},
    {"GET", API "historicalTrades", "trades.historical", SIMB_NONE, 25, NULL, "symbol limit fromId",
     simb_historical_trades, 0, 1},
    {"GET", API "aggTrades", "trades.aggregate", SIMB_NONE, 4, NULL,
     "symbol fromId startTime endTime limit", simb_agg_trades, 0, 1},
    {"GET", API "klines", "klines", SIMB_NONE, 2, NULL, KLINE_PARAMS, simb_klines, 0, 1},
    {"GET", API "uiKlines", "uiKlines", SIMB_NONE, 2, NULL, KLINE_PARAMS, simb_klines, 0, 1},
    {"GET", API "avgPrice", "avgPrice", SIMB_NONE, 2, NULL, "symbol", simb_avg_price, 0, 1},
    {"GET", API "ticker/24hr", "ticker.24hr", SIMB_NONE, 0, simb_weigh_24hr, TICKER_PARAMS,
     simb_ticker_24hr, 0, 1},
    {"GET", API "ticker/tradingDay", "ticker.tradingDay", SIMB_NONE, 0, simb_weigh_each,
     TICKER_PARAMS " timeZone", simb_ticker_day, 0, 1},
    {"GET", API "ticker", "ticker", SIMB_NONE, 0, simb_weigh_each, TICKER_PARAMS " windowSize",
     simb_ticker_window, 0, 1},
    {"GET", API "ticker/price", "ticker.price", SIMB_NONE, 0, simb_weigh_price,
     "symbol symbols symbolStatus", simb_ticker_price, 0, 1},
    {"GET", API "ticker/bookTicker", "ticker.book", SIMB_NONE, 0, simb_weigh_price,
     "symbol symbols symbolStatus", simb_book_ticker, 0, 1},

    {"GET", API "executionRules", "executionRules", SIMB_NONE, 40, NULL,
     "symbol symbols symbolStatus", simb_execution_rules, 0, 1},
    {"GET", API "referencePrice", "referencePrice", SIMB_NONE, 2, NULL, "symbol",
     simb_reference_price, 0, 1},
    {"GET", API "referencePrice/calculation", "referencePrice.calculation", SIMB_NONE, 2, NULL,
     "symbol symbolStatus", simb_reference_price, 0, 1},

    {"POST", API "order", "order.place", SIMB_TRADE, 1, NULL, ORDER_PARAMS, simb_order_new, 1, 0},
    {"POST", API "order/test", "order.test", SIMB_TRADE, 0, simb_weigh_test,
     ORDER_PARAMS " computeCommissionRates", simb_order_test, 0, 0},
    {"GET", API "order", "order.status", SIMB_READ, 4, NULL, "symbol orderId origClientOrderId",
     simb_order_query, 0, 1},
    {"DELETE", API "order", "order.cancel", SIMB_TRADE, 1, NULL, CANCEL_PARAMS, simb_order_cancel,
     1, 0},
    {"POST", API "order/cancelReplace", "order.cancelReplace", SIMB_TRADE, 1, NULL, REPLACE_PARAMS,
     simb_order_replace, 1, 0},
    {"PUT", API "order/amend/keepPriority", "order.amend.keepPriority", SIMB_TRADE, 4, NULL,
     "symbol orderId origClientOrderId newClientOrderId newQty", simb_order_amend, 0, 0},
    {"GET", API "openOrders", "openOrders.status", SIMB_READ, 0, simb_weigh_open, "symbol",
     simb_open_orders, 0, 1},
    {"DELETE", API "openOrders", "openOrders.cancelAll", SIMB_TRADE, 1, NULL, "symbol",
     simb_cancel_all, 1, 0},
    {"GET", API "allOrders", "allOrders", SIMB_READ, 20, NULL,
     "symbol orderId startTime endTime limit", simb_all_orders, 0, 1},
    {"GET", API "myTrades", "myTrades", SIMB_READ, 0, simb_weigh_my_trades,
     "symbol orderId startTime endTime fromId limit", simb_my_trades, 0, 1},
    {"GET", API "account", "account.status", SIMB_READ, 20, NULL, "omitZeroBalances",
     simb_account_info, 0, 1},
    {"GET", API "rateLimit/order", "account.rateLimits.orders", SIMB_READ, 40, NULL, "",
     simb_order_rates, 0, 1},
    {"GET", API "account/commission", "account.commission", SIMB_READ, 20, NULL, "symbol",
     simb_commission, 0, 1},
    {"GET", API "openOrderList", "openOrderLists.status", SIMB_READ, 6, NULL, "", simb_empty_list,
     0, 1},
    {"GET", API "myPreventedMatches", "myPreventedMatches", SIMB_READ, 20, NULL,
     "symbol preventedMatchId orderId fromPreventedMatchId limit", simb_empty_list, 0, 1},
    {"POST", API "order/oco", NULL, SIMB_TRADE, 1, NULL,
     ORDER_PARAMS " listClientOrderId limitClientOrderId limitIcebergQty stopClientOrderId "
                  "stopLimitPrice stopIcebergQty stopLimitTimeInForce",
     simb_refuse_list, 0, 0},

    {"POST", API "userDataStream", "userDataStream.start", SIMB_KEY, 2, NULL, "", simb_listen_new,
     0, 1},
    {"PUT", API "userDataStream", "userDataStream.ping", SIMB_KEY, 2, NULL, "listenKey",
     simb_listen_keep, 0, 1},
    {"DELETE", API "userDataStream", "userDataStream.stop", SIMB_KEY, 2, NULL, "listenKey",
     simb_listen_end, 0, 1},

    {NULL, NULL, "session.logon", SIMB_READ, 2, NULL, "", simb_session_logon, 0, 1},
    {NULL, NULL, "session.status", SIMB_NONE, 2, NULL, "", simb_session_status, 0, 1},
    {NULL, NULL, "session.logout", SIMB_NONE, 2, NULL, "", simb_session_logout, 0, 1},
    {NULL, NULL, "session.subscriptions", SIMB_NONE, 2, NULL, "", simb_session_subscriptions, 0, 1},
    {NULL, NULL, "userDataStream.subscribe", SIMB_NONE, 2, NULL, "", simb_subscribe, 0, 1},
    {NULL, NULL, "userDataStream.subscribe.signature", SIMB_READ, 2, NULL, "",
     simb_subscribe_signature, 0, 1},
    {NULL, NULL, "userDataStream.unsubscribe", SIMB_NONE, 2, NULL, "subscriptionId",
     simb_unsubscribe, 0, 1},

    // What client libraries ask before they trade.
    {"GET", "/sapi/v1/system/status", NULL, SIMB_NONE, 1, NULL, "", simb_system_status, 0, 1},
    {"GET", "/sapi/v1/capital/config/getall", NULL, SIMB_READ, 10, NULL, "", simb_coins, 0, 1},
    // Needs no signature and takes one: there are clients that sign all that goes to /sapi.
    {"GET", "/sapi/v1/margin/allPairs", NULL, SIMB_KEY, 1, NULL,
     "symbol timestamp recvWindow signature", simb_empty_list, 0, 1},
    {"GET", "/sapi/v1/margin/isolated/allPairs", NULL, SIMB_READ, 10, NULL, "symbol",
     simb_empty_list, 0, 1},
    {"GET", "/sapi/v1/account/apiRestrictions", NULL, SIMB_READ, 1, NULL, "", simb_key_rights, 0,
     1},
    {"GET", "/sapi/v1/asset/tradeFee", NULL, SIMB_READ, 1, NULL, "symbol", simb_trade_fee, 0, 1},
    {NULL, NULL, NULL, SIMB_NONE, 0, NULL, NULL, NULL, 0, 0},
};

/* --- life --- */

static int spot_accounts(struct simb *b, struct error *err)
{
    for (uint32_t i = 0; i < b->sim.n_accounts; i++) {
        const struct member *member = b->accounts[i].member;

        if (member->has_fees &&
            pit_set_fees(b->sim.pit, i, member->maker_fee_ppb, member->taker_fee_ppb) < 0)
            return error_set(err, AGON_EINVAL, "account %s: fees cannot be set", member->key);
        for (uint32_t j = 0; j < member->n_balances; j++) {
            agon_asset_t asset =
                instruments_find_asset(pit_table(b->sim.pit), member->balances[j].asset);

            // An asset that no symbol trades has no place in the engine and is left out.
            if (asset && instruments_asset(pit_table(b->sim.pit), asset)->exp !=
                             members_exp(b->sim.config.members, member->balances[j].asset))
                return error_set(err, AGON_EINVAL,
                                 "account %s: %s is priced in or not in this market, and keeps %d "
                                 "decimals",
                                 member->key, member->balances[j].asset, SIMB_EXP);
            if (asset && pit_deposit(b->sim.pit, i, asset, member->balances[j].amt) < 0)
                return error_set(err, AGON_EINVAL, "account %s: %s cannot be deposited",
                                 member->key, member->balances[j].asset);
        }
    }
    return AGON_OK;
}

static const struct simb_venue venue = {
    .ways = {SIMB_WAYS, .hooks = {.on_trade = simb_on_trade,
                                  .on_agg = simb_on_agg,
                                  .on_top = simb_on_top,
                                  .on_book = simb_on_book,
                                  .on_step = simb_on_step,
                                  .on_order = simb_on_order,
                                  .on_balance = simb_on_balance,
                                  .on_bar = simb_on_bar}},
    .routes = routes,
    .weight_per_minute = 6000,
    .raw_per_5m = 300000,
    .orders_per_10s = 100,
    .orders_long = 200000,
    .orders_long_ns = 1440 * SIMB_NS_PER_MIN,
    .orders_long_unit = "DAY",
    .orders_long_header = "X-MBX-ORDER-COUNT-1D",
    .messages_per_s = 5,
    .ping_every_ns = 20 * SIMB_NS_PER_S,
    .pong_within_ns = 60 * SIMB_NS_PER_S,
    .api_path = "/ws-api/v3",
    .type_names = simb_type_names,
    .parse_stream = simb_parse_spot_stream,
    .open = spot_accounts,
};

static int spot_open(struct sim **sim, const struct sim_config *config, struct error *err)
{
    return sim_open(sim, &venue.ways, config, err);
}

static const char *const beside[] = {"binance_um", "binance_cm", NULL};
static const char *const spot_headers[] = {"x-mbx-apikey", "x-mbx-time-unit", NULL};

extern const struct sim_dialect sim_binance_spot;
const struct sim_dialect sim_binance_spot = {
    .name = "binance",
    .headers = spot_headers,
    .names = simb_names,
    .n_symbols = 4,
    .beside = beside,
    .symbol = simb_symbol,
    .is_interval = simb_is_interval,
    .open = spot_open,
    .close = sim_close,
    .http = simb_http,
    .ws_open = simb_ws_open,
    .ws_frame = simb_ws_frame,
    .ws_gone = sim_ws_gone,
    .tick = simb_tick,
    .due = simb_due,
    .shutdown = simb_shutdown,
};
