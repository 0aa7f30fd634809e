// SPDX-License-Identifier: Apache-2.0
/* cm: Binance COIN-M futures, market data alone: what a recording of them shows, by the handlers
 * and streams of USD-M. Nobody trades here: there is no account in it. */
#include "base/num.h"
#include "sim/binance/um.h"

#define V1 "/dapi/v1/"

static void put_short(struct jout *out, const char *key, int64_t value)
{
    char text[NUM_TEXT];

    num_format_short(value, SIMB_EXP, text);
    jout_kv_str(out, key, text);
}

static void put_symbol(struct simb *b, struct jout *out, uint32_t sym)
{
    const struct pit_symbol *symbol = pit_at(b->sim.pit, sym);

    jout_open(out, '{');
    jout_kv_str(out, "symbol", symbol->name);
    um_put_pair(b, out, "pair", sym);
    jout_kv_str(out, "contractType", "PERPETUAL");
    jout_kv_int(out, "deliveryDate", 4133404800000);
    jout_kv_int(out, "onboardDate", 1597042800000);
    jout_kv_str(out, "contractStatus", "TRADING");
    jout_kv_int(out, "contractSize", strcmp(symbol->base, "BTC") == 0 ? 100 : 10);
    jout_kv_str(out, "marginAsset", symbol->base);
    jout_kv_str(out, "baseAsset", symbol->base);
    jout_kv_str(out, "quoteAsset", symbol->quote);
    jout_kv_int(out, "pricePrecision", b->um->symbols[sym].px_dec);
    jout_kv_int(out, "quantityPrecision", 0);
    jout_kv_int(out, "baseAssetPrecision", 8);
    jout_kv_int(out, "quotePrecision", 8);
    jout_key(out, "filters");
    jout_open(out, '[');
    jout_open(out, '{');
    jout_kv_str(out, "filterType", "PRICE_FILTER");
    put_short(out, "minPrice", symbol->min_px);
    put_short(out, "maxPrice", symbol->max_px);
    put_short(out, "tickSize", symbol->tick_px);
    jout_close(out, '{');
    jout_open(out, '{');
    jout_kv_str(out, "filterType", "LOT_SIZE");
    put_short(out, "minQty", symbol->min_qty);
    put_short(out, "maxQty", symbol->max_qty);
    put_short(out, "stepSize", symbol->lot_qty);
    jout_close(out, '{');
    jout_close(out, '[');
    jout_close(out, '{');
}

static int cm_exchange_info(struct simb_call *call)
{
    struct jout *out = call->out;

    jout_open(out, '{');
    jout_kv_str(out, "timezone", "UTC");
    jout_kv_time(out, "serverTime", call->now->transport + call->b->sim.skew_ns);
    jout_key(out, "rateLimits");
    simb_put_order_limits(call, out, 0);
    jout_key(out, "exchangeFilters");
    jout_open(out, '[');
    jout_close(out, '[');
    jout_key(out, "symbols");
    jout_open(out, '[');
    for (uint32_t i = 0; i < pit_count(call->b->sim.pit); i++)
        put_symbol(call->b, out, i);
    jout_close(out, '[');
    jout_close(out, '{');
    return 0;
}

static const struct simb_route routes[] = {
    {"GET", V1 "ping", NULL, SIMB_NONE, 1, NULL, "", simb_ping, 0, 1},
    {"GET", V1 "time", NULL, SIMB_NONE, 1, NULL, "", simb_time, 0, 1},
    {"GET", V1 "exchangeInfo", NULL, SIMB_NONE, 1, NULL, "", cm_exchange_info, 0, 1},
    {"GET", V1 "depth", NULL, SIMB_NONE, 0, um_weigh_depth, "", um_depth, 0, 1},
    {"GET", V1 "trades", NULL, SIMB_NONE, 5, NULL, "", um_trades, 0, 1},
    {"GET", V1 "aggTrades", NULL, SIMB_NONE, 20, NULL, "", um_agg_trades, 0, 1},
    {NULL, NULL, NULL, SIMB_NONE, 0, NULL, NULL, NULL, 0, 0},
};

// "BTCUSD_PERP" is BTC against USD.
static int cm_symbol(const char *name, int px_decimals, int qty_decimals, struct pit_symbol *symbol)
{
    static const struct {
        const char *name;
        int64_t tick_px;
    } ticks[] = {{"BTCUSD_PERP", 10000000}, {"ETHUSD_PERP", 1000000}};
    const char *usd = strstr(name, "USD");
    size_t n = usd ? (size_t)(usd - name) : 0;

    (void)qty_decimals;
    memset(symbol, 0, sizeof(*symbol));
    if (n == 0 || n >= sizeof(symbol->base) || strlen(name) >= sizeof(symbol->name) ||
        (usd[3] != '\0' && usd[3] != '_'))
        return AGON_EINVAL;
    strcpy(symbol->name, name);
    memcpy(symbol->base, name, n);
    strcpy(symbol->quote, "USD");
    symbol->tick_px = symbol->min_px = num_pow10(SIMB_EXP - px_decimals);
    for (size_t i = 0; i < sizeof(ticks) / sizeof(ticks[0]); i++)
        if (strcmp(ticks[i].name, name) == 0)
            symbol->tick_px = symbol->min_px = ticks[i].tick_px;
    symbol->max_px = 1000000 * num_pow10(SIMB_EXP);
    symbol->lot_qty = symbol->min_qty = num_pow10(SIMB_EXP); // contracts are whole
    rules_preset(RULES_UM, &symbol->rules);
    symbol->max_qty = symbol->rules.market_max_qty = 1000000 * num_pow10(SIMB_EXP);
    symbol->is_perpetual = 1;
    return AGON_OK;
}

static const struct simb_venue venue = {
    .ways = {SIMB_WAYS, .market = FAULT_UM,
             .hooks = {.on_trade = um_on_trade,
                       .on_agg = um_on_agg,
                       .on_top = um_on_top,
                       .on_book = um_on_book,
                       .on_step = um_on_step,
                       .on_order = um_on_order,
                       .may_fill = um_may_fill}},
    .routes = routes,
    .weight_per_minute = 2400,
    .orders_per_10s = 300,
    .orders_long = 1200,
    .orders_long_ns = SIMB_NS_PER_MIN,
    .orders_long_unit = "MINUTE",
    .orders_long_header = "X-MBX-ORDER-COUNT-1M",
    .messages_per_s = 10,
    .ping_every_ns = 180 * SIMB_NS_PER_S,
    .pong_within_ns = 600 * SIMB_NS_PER_S,
    .api_path = "/ws-dapi/v1",
    .type_names = um_type_names,
    .is_split = 1,
    .is_lenient = 1,
    .is_coin = 1,
    .parse_stream = um_parse_stream,
    .open = um_open,
    .close = um_close,
    .due = um_due,
    .settle = um_settle,
};

static int cm_open(struct sim **sim, const struct sim_config *config, struct error *err)
{
    return sim_open(sim, &venue.ways, config, err);
}

static const char *const headers[] = {"x-mbx-apikey", NULL};

extern const struct sim_dialect sim_binance_cm;
const struct sim_dialect sim_binance_cm = {
    .name = "binance_cm",
    .recordings = "binance_cm",
    .headers = headers,
    .names = simb_names,
    .n_symbols = 0,
    .symbol = cm_symbol,
    .open = cm_open,
    .close = sim_close,
    .http = simb_http,
    .ws_open = simb_ws_open,
    .ws_frame = simb_ws_frame,
    .ws_gone = sim_ws_gone,
    .tick = simb_tick,
    .due = simb_due,
    .shutdown = simb_shutdown,
};
