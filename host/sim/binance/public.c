// SPDX-License-Identifier: Apache-2.0
/* public: market data requests. */
#include <jansson.h>
#include <stdio.h>

#include "base/num.h"
#include "market/recording.h"
#include "sim/binance/simb.h"

#define E8(x) ((int64_t)((x)*100000000ll))

const char *const simb_names[] = {"BTCUSDT", "ETHUSDT", "SOLUSDT", "BNBUSDT"};

/* As the venue's own exchange information had them. */
static void take_major(const struct rules_major *major, struct pit_symbol *symbol)
{
    symbol->tick_px = major->tick_px;
    symbol->min_px = major->min_px;
    symbol->max_px = major->max_px;
    symbol->lot_qty = symbol->min_qty = major->lot_qty;
    symbol->max_qty = major->max_qty;
    symbol->min_notional_amt = major->min_notional_amt;
    symbol->rules.market_max_qty = major->market_max_qty;
    symbol->rules.max_notional_amt = major->max_notional_amt;
    symbol->start_px = major->start_px;
}

int simb_symbol_of(enum rules_market market, const char *name, int px_decimals, int qty_decimals,
                   struct pit_symbol *symbol)
{
    const struct rules_major *major = rules_major(market, name);
    struct rules_fees fees = rules_fees(market);
    char base[16];
    char quote[16];

    memset(symbol, 0, sizeof(*symbol));
    if (strlen(name) >= sizeof(symbol->name) || !recording_assets(name, base, quote) ||
        strlen(base) >= sizeof(symbol->base) || strlen(quote) >= sizeof(symbol->quote))
        return AGON_EINVAL;
    strcpy(symbol->name, name);
    strcpy(symbol->base, base);
    strcpy(symbol->quote, quote);
    rules_preset(market, &symbol->rules);
    symbol->tick_px = symbol->min_px = num_pow10(SIMB_EXP - px_decimals);
    symbol->max_px = E8(1000000);
    symbol->lot_qty = symbol->min_qty = num_pow10(SIMB_EXP - qty_decimals);
    symbol->max_qty = symbol->rules.market_max_qty = E8(9000000);
    symbol->min_notional_amt = quote[0] == 'U' || strlen(quote) > 3 ? E8(5) : 10000;
    symbol->rules.max_notional_amt = E8(9000000);
    symbol->maker_fee_ppb = fees.maker_ppb;
    symbol->taker_fee_ppb = fees.taker_ppb;
    if (major != NULL)
        take_major(major, symbol);
    return AGON_OK;
}

int simb_symbol(const char *name, int px_decimals, int qty_decimals, struct pit_symbol *symbol)
{
    return simb_symbol_of(RULES_SPOT, name, px_decimals, qty_decimals, symbol);
}

int simb_ping(struct simb_call *call)
{
    jout_open(call->out, '{');
    jout_close(call->out, '{');
    return 0;
}

int simb_time(struct simb_call *call)
{
    jout_open(call->out, '{');
    jout_kv_time(call->out, "serverTime", call->now->transport + call->b->sim.skew_ns);
    jout_close(call->out, '{');
    return 0;
}

/* --- exchange information --- */

static void filter(struct jout *out, const char *type)
{
    jout_open(out, '{');
    jout_kv_str(out, "filterType", type);
}

static void put_share(struct jout *out, const char *key, uint32_t ppm)
{
    char text[NUM_TEXT];

    num_format_short(ppm, 6, text);
    jout_kv_str(out, key, text);
}

static void put_filters(struct jout *out, const struct pit_symbol *symbol)
{
    filter(out, "PRICE_FILTER");
    jout_kv_dec(out, "minPrice", symbol->min_px, SIMB_EXP);
    jout_kv_dec(out, "maxPrice", symbol->max_px, SIMB_EXP);
    jout_kv_dec(out, "tickSize", symbol->tick_px, SIMB_EXP);
    jout_close(out, '{');
    filter(out, "LOT_SIZE");
    jout_kv_dec(out, "minQty", symbol->min_qty, SIMB_EXP);
    jout_kv_dec(out, "maxQty", symbol->max_qty, SIMB_EXP);
    jout_kv_dec(out, "stepSize", symbol->lot_qty, SIMB_EXP);
    jout_close(out, '{');
    filter(out, "ICEBERG_PARTS");
    jout_kv_int(out, "limit", 10);
    jout_close(out, '{');
    filter(out, "MARKET_LOT_SIZE");
    jout_kv_dec(out, "minQty", 0, SIMB_EXP);
    jout_kv_dec(out, "maxQty", symbol->rules.market_max_qty, SIMB_EXP);
    jout_kv_dec(out, "stepSize", 0, SIMB_EXP);
    jout_close(out, '{');
    filter(out, "PERCENT_PRICE_BY_SIDE");
    put_share(out, "bidMultiplierUp", symbol->rules.up_ppm[AGON_BUY]);
    put_share(out, "bidMultiplierDown", symbol->rules.down_ppm[AGON_BUY]);
    put_share(out, "askMultiplierUp", symbol->rules.up_ppm[AGON_SELL]);
    put_share(out, "askMultiplierDown", symbol->rules.down_ppm[AGON_SELL]);
    jout_kv_int(out, "avgPriceMins", symbol->rules.band_minutes);
    jout_close(out, '{');
    filter(out, "NOTIONAL");
    jout_kv_dec(out, "minNotional", symbol->min_notional_amt, SIMB_EXP);
    jout_kv_bool(out, "applyMinToMarket", symbol->rules.is_least_market);
    jout_kv_dec(out, "maxNotional", symbol->rules.max_notional_amt, SIMB_EXP);
    jout_kv_bool(out, "applyMaxToMarket", symbol->rules.is_most_market);
    jout_kv_int(out, "avgPriceMins", 5);
    jout_close(out, '{');
    filter(out, "MAX_NUM_ORDERS");
    jout_kv_int(out, "maxNumOrders", symbol->rules.max_orders);
    jout_close(out, '{');
    filter(out, "MAX_NUM_ALGO_ORDERS");
    jout_kv_int(out, "maxNumAlgoOrders", symbol->rules.max_stops);
    jout_close(out, '{');
    filter(out, "MAX_NUM_ORDER_AMENDS");
    jout_kv_int(out, "maxNumOrderAmends", 10);
    jout_close(out, '{');
}

static void put_symbol(struct jout *out, const struct pit_symbol *symbol, int with_sets)
{
    jout_open(out, '{');
    jout_kv_str(out, "symbol", symbol->name);
    jout_kv_str(out, "status", "TRADING");
    jout_kv_str(out, "baseAsset", symbol->base);
    jout_kv_int(out, "baseAssetPrecision", 8);
    jout_kv_str(out, "quoteAsset", symbol->quote);
    jout_kv_int(out, "quotePrecision", 8);
    jout_kv_int(out, "quoteAssetPrecision", 8);
    jout_kv_int(out, "baseCommissionPrecision", 8);
    jout_kv_int(out, "quoteCommissionPrecision", 8);
    jout_key(out, "orderTypes");
    jout_open(out, '[');
    for (int i = 0; i < SIMB_TYPES; i++)
        jout_str(out, simb_type_names[i]);
    jout_close(out, '[');
    jout_kv_bool(out, "icebergAllowed", 0);
    jout_kv_bool(out, "ocoAllowed", 0);
    jout_kv_bool(out, "otoAllowed", 0);
    jout_kv_bool(out, "opoAllowed", 0);
    jout_kv_bool(out, "quoteOrderQtyMarketAllowed", 1);
    jout_kv_bool(out, "allowTrailingStop", 0);
    jout_kv_bool(out, "cancelReplaceAllowed", 1);
    jout_kv_bool(out, "amendAllowed", 1);
    jout_kv_bool(out, "pegInstructionsAllowed", 0);
    jout_kv_bool(out, "isSpotTradingAllowed", 1);
    jout_kv_bool(out, "isMarginTradingAllowed", 0);
    jout_key(out, "filters");
    jout_open(out, '[');
    put_filters(out, symbol);
    jout_close(out, '[');
    jout_key(out, "permissions");
    jout_open(out, '[');
    jout_close(out, '[');
    jout_key(out, "permissionSets");
    jout_open(out, '[');
    if (with_sets) {
        jout_open(out, '[');
        jout_str(out, "SPOT");
        jout_close(out, '[');
    }
    jout_close(out, '[');
    jout_kv_str(out, "defaultSelfTradePreventionMode", "EXPIRE_MAKER");
    jout_key(out, "allowedSelfTradePreventionModes");
    jout_open(out, '[');
    for (int i = MATCH_STP_NONE; i <= MATCH_STP_EXPIRE_BOTH; i++)
        jout_str(out, simb_stp_names[i]);
    jout_close(out, '[');
    jout_close(out, '{');
}

// Symbols a call names: one, a JSON list, or all. mask has a bit per symbol. *is_list: the reply is
// an array.
static int get_symbols(struct simb_call *call, int is_needed, uint64_t *mask, int *is_list)
{
    const char *one = simb_param(call, "symbol"), *many = simb_param(call, "symbols");
    struct pit *pit = call->b->sim.pit;
    json_t *list, *item;
    size_t i;
    int rc = 0;
    uint32_t sym;

    *mask = 0;
    *is_list = 1;
    if (one && many)
        return simb_fail(call, 400, -1128, "Combination of optional parameters invalid.");
    if (one) {
        *is_list = 0;
        if (simb_want_symbol(call, &sym) < 0)
            return -1;
        *mask = UINT64_C(1) << sym;
        return 0;
    }
    if (!many) {
        if (is_needed)
            return simb_fail(call, 400, -1102,
                             "Param 'symbol' or 'symbols' must be sent, but both were empty/null!");
        *mask = UINT64_MAX >> (64 - pit_count(pit));
        return 0;
    }
    list = json_loads(many, 0, NULL);
    if (!json_is_array(list) || json_array_size(list) == 0) {
        json_decref(list);
        return simb_fail(call, 400, -1100,
                         "Illegal characters found in parameter 'symbols'; legal range is "
                         "'^\\[(\"[A-Z0-9-_.]{1,20}\"(,\"[A-Z0-9-_.]{1,20}\"){0,}){0,1}\\]$'.");
    }
    json_array_foreach(list, i, item)
    {
        int at = json_is_string(item) ? pit_find(pit, json_string_value(item)) : -1;

        if (at < 0)
            rc = simb_fail(call, 400, -1121, "Invalid symbol.");
        else if (*mask & (UINT64_C(1) << at))
            rc = simb_fail(call, 400, -1151, "Symbol is present multiple times in the list.");
        else
            *mask |= UINT64_C(1) << at;
        if (rc < 0)
            break;
    }
    json_decref(list);
    return rc;
}

int simb_exchange_info(struct simb_call *call)
{
    struct jout *out = call->out;
    struct pit *pit = call->b->sim.pit;
    const char *status = simb_param(call, "symbolStatus"),
               *permissions = simb_param(call, "permissions");
    int with_sets = 1, is_list;
    uint64_t mask;

    if (get_symbols(call, 0, &mask, &is_list) < 0 ||
        simb_get_bool(call, "showPermissionSets", &with_sets) < 0)
        return -1;
    if ((permissions || status) && (simb_param(call, "symbol") || simb_param(call, "symbols")))
        return simb_fail(call, 400, -1128, "Combination of optional parameters invalid.");
    if (status && strcmp(status, "HALT") != 0 && strcmp(status, "BREAK") != 0 &&
        strcmp(status, "TRADING") != 0)
        return simb_fail(call, 400, -1122, "Invalid symbolStatus.");
    if ((status && strcmp(status, "TRADING") != 0) || (permissions && !strstr(permissions, "SPOT")))
        mask = 0;
    jout_open(out, '{');
    jout_kv_str(out, "timezone", "UTC");
    jout_kv_time(out, "serverTime", call->now->transport);
    jout_key(out, "rateLimits");
    simb_put_order_limits(call, out, 0);
    jout_key(out, "exchangeFilters");
    jout_open(out, '[');
    jout_close(out, '[');
    jout_key(out, "symbols");
    jout_open(out, '[');
    for (uint32_t i = 0; i < pit_count(pit); i++)
        if (mask & (UINT64_C(1) << i))
            put_symbol(out, pit_at(pit, i), with_sets);
    jout_close(out, '[');
    jout_close(out, '{');
    return 0;
}

/* --- book, trades, bars --- */

uint32_t simb_weigh_depth(struct simb_call *call)
{
    const char *text = simb_param(call, "limit");
    int64_t limit = 100;

    if (text)
        num_parse(text, strlen(text), 0, &limit);
    return limit <= 100 ? 5 : limit <= 500 ? 25 : limit <= 1000 ? 50 : 250;
}

static void put_side(struct jout *out, const char *name, const struct agon_level *levels,
                     uint32_t n)
{
    jout_key(out, name);
    jout_open(out, '[');
    for (uint32_t i = 0; i < n; i++) {
        jout_open(out, '[');
        jout_dec(out, levels[i].px, SIMB_EXP);
        jout_dec(out, levels[i].qty, SIMB_EXP);
        jout_close(out, '[');
    }
    jout_close(out, '[');
}

int simb_depth(struct simb_call *call)
{
    struct pit_view view;
    const char *status = simb_param(call, "symbolStatus");
    int64_t limit;
    uint32_t sym;

    if (simb_want_symbol(call, &sym) < 0 || simb_get_limit(call, 100, PIT_DEPTH_MAX, &limit) < 0)
        return -1;
    if (status && strcmp(status, "TRADING") != 0)
        return simb_fail(call, 400, -1220,
                         "The symbol's status does not match the requested symbolStatus.");
    pit_view(call->b->sim.pit, sym, &view);
    jout_open(call->out, '{');
    jout_kv_int(call->out, "lastUpdateId", (int64_t)view.id);
    put_side(call->out, "bids", view.bid, view.n_bid < limit ? view.n_bid : (uint32_t)limit);
    put_side(call->out, "asks", view.ask, view.n_ask < limit ? view.n_ask : (uint32_t)limit);
    jout_close(call->out, '{');
    return 0;
}

static int put_trades(struct simb_call *call, int with_from)
{
    struct pit *pit = call->b->sim.pit;
    struct jout *out = call->out;
    int64_t limit, from = 0;
    uint32_t sym, n, first;
    int has = 0;

    if (simb_want_symbol(call, &sym) < 0 || simb_get_limit(call, 500, 1000, &limit) < 0 ||
        (with_from && simb_get_int(call, "fromId", &from, &has) < 0))
        return -1;
    n = pit_trades(pit, sym);
    first = n > limit ? n - (uint32_t)limit : 0;
    if (has)
        for (first = 0; first < n && pit_trade_at(pit, sym, first)->id < (uint64_t)from;)
            first++;
    jout_open(out, '[');
    for (uint32_t i = first; i < n && i - first < limit; i++) {
        const struct pit_trade *trade = pit_trade_at(pit, sym, i);

        jout_open(out, '{');
        jout_kv_int(out, "id", (int64_t)trade->id);
        jout_kv_dec(out, "price", trade->px, SIMB_EXP);
        jout_kv_dec(out, "qty", trade->qty, SIMB_EXP);
        jout_kv_dec(out, "quoteQty", trade->quote_amt, SIMB_EXP);
        jout_kv_time(out, "time", trade->t);
        jout_kv_bool(out, "isBuyerMaker", trade->is_buyer_maker);
        jout_kv_bool(out, "isBestMatch", 1);
        jout_close(out, '{');
    }
    jout_close(out, '[');
    return 0;
}

int simb_trades(struct simb_call *call)
{
    return put_trades(call, 0);
}

int simb_historical_trades(struct simb_call *call)
{
    return put_trades(call, 1);
}

int simb_agg_trades(struct simb_call *call)
{
    struct pit *pit = call->b->sim.pit;
    struct jout *out = call->out;
    agon_ns_t start = 0, end = INT64_MAX;
    int64_t limit, from = 0;
    uint32_t sym, n, i, first = 0, last;
    int has_from, has_start, has_end;

    if (simb_want_symbol(call, &sym) < 0 || simb_get_limit(call, 500, 1000, &limit) < 0 ||
        simb_get_int(call, "fromId", &from, &has_from) < 0 ||
        simb_get_time(call, "startTime", &start, &has_start) < 0 ||
        simb_get_time(call, "endTime", &end, &has_end) < 0)
        return -1;
    if (has_from && (has_start || has_end))
        return simb_fail(call, 400, -1128, "Combination of optional parameters invalid.");
    n = last = pit_aggs(pit, sym);
    for (i = 0; i < n; i++) {
        const struct pit_agg *agg = pit_agg_at(pit, sym, i);
        agon_ns_t ms = agg->t - agg->t % SIMB_NS_PER_MS;

        if (agg->id < (uint64_t)from || (has_start && ms < start))
            first = i + 1;
        if (has_end && ms > end) {
            last = i;
            break;
        }
    }
    if (!has_from && !has_start && last - first > (uint32_t)limit)
        first = last - (uint32_t)limit;
    jout_open(out, '[');
    for (i = first; i < last && i - first < limit; i++) {
        const struct pit_agg *agg = pit_agg_at(pit, sym, i);

        jout_open(out, '{');
        jout_kv_int(out, "a", (int64_t)agg->id);
        jout_kv_dec(out, "p", agg->px, SIMB_EXP);
        jout_kv_dec(out, "q", agg->qty, SIMB_EXP);
        jout_kv_int(out, "f", (int64_t)agg->first);
        jout_kv_int(out, "l", (int64_t)agg->last);
        jout_kv_time(out, "T", agg->t);
        jout_kv_bool(out, "m", agg->is_buyer_maker);
        jout_kv_bool(out, "M", 1);
        jout_close(out, '{');
    }
    jout_close(out, '[');
    return 0;
}

// "-1:00", "05:45", "8": how far a client's days are from UTC's.
static int get_zone(struct simb_call *call, agon_ns_t *shift)
{
    const char *text = simb_param(call, "timeZone");
    int hours = 0, minutes = 0, n = 0, sign = 1;
    const char *at = text;

    *shift = 0;
    if (!text)
        return 0;
    if (*at == '-' || *at == '+')
        sign = *at++ == '-' ? -1 : 1;
    if (sscanf(at, "%2d:%2d%n", &hours, &minutes, &n) != 2 || at[n]) {
        minutes = 0;
        n = 0;
        if (sscanf(at, "%2d%n", &hours, &n) != 1 || at[n])
            n = -1;
    }
    if (n < 0 || *at < '0' || *at > '9' || minutes > 59 || sign * (hours * 60 + minutes) < -720 ||
        sign * (hours * 60 + minutes) > 840)
        return simb_fail(call, 400, -1130, "Data sent for parameter 'timeZone' is not valid.");
    *shift = (agon_ns_t)sign * (hours * 60 + minutes) * SIMB_NS_PER_MIN;
    return 0;
}

static void put_kline(struct jout *out, const struct pit_bar *bar, agon_ns_t next)
{
    jout_open(out, '[');
    jout_time(out, bar->t_open);
    jout_dec(out, bar->open_px, SIMB_EXP);
    jout_dec(out, bar->high_px, SIMB_EXP);
    jout_dec(out, bar->low_px, SIMB_EXP);
    jout_dec(out, bar->close_px, SIMB_EXP);
    jout_dec(out, bar->qty, SIMB_EXP);
    jout_time(out, next - 1);
    jout_dec(out, bar->amt, SIMB_EXP);
    jout_int(out, (int64_t)bar->n);
    jout_dec(out, bar->taker_qty, SIMB_EXP);
    jout_dec(out, bar->taker_amt, SIMB_EXP);
    jout_str(out, "0");
    jout_close(out, '[');
}

int simb_kline_range(struct simb_call *call, int interval, agon_ns_t first, agon_ns_t shift,
                     int64_t most, agon_ns_t *open, agon_ns_t *end, int64_t *limit)
{
    agon_ns_t start = 0, now = pit_now(call->b->sim.pit);
    int has_start, has_end;

    *end = 0;
    if (simb_get_limit(call, 500, most, limit) < 0 ||
        simb_get_time(call, "startTime", &start, &has_start) < 0 ||
        simb_get_time(call, "endTime", end, &has_end) < 0)
        return -1;
    if (!has_end || *end > now)
        *end = now;
    *open = first;
    if (has_start && start > *end) { // up to the end of time: nothing is counted from there
        *open = *end + 1;
    } else if (has_start && start > first) {
        *open = simb_interval_open(interval, start, shift);
        if (*open < start)
            *open = simb_interval_next(interval, *open, shift);
    }
    // Without a start the newest are wanted: count them, then skip the older ones.
    if (!has_start) {
        int64_t count = 0;

        for (agon_ns_t at = *open; at <= *end; at = simb_interval_next(interval, at, shift))
            count++;
        for (; count > *limit; count--)
            *open = simb_interval_next(interval, *open, shift);
    }
    return 0;
}

int simb_klines(struct simb_call *call)
{
    struct pit *pit = call->b->sim.pit;
    agon_ns_t end = 0, shift, open, first_kept = INT64_MAX / 2;
    const char *name;
    int64_t limit;
    uint32_t sym, n;
    int interval;
    struct pit_bar bar;

    if (simb_want_symbol(call, &sym) < 0 || simb_want(call, "interval", &name) < 0)
        return -1;
    interval = simb_interval(name);
    if (interval < 0)
        return simb_fail(call, 400, -1120, "Invalid interval.");
    if (get_zone(call, &shift) < 0)
        return -1;
    n = interval == 0 ? pit_seconds(pit, sym) : pit_minutes(pit, sym);
    if (n > 0)
        first_kept = simb_interval_open(
            interval,
            (interval == 0 ? pit_second_at(pit, sym, 0) : pit_minute_at(pit, sym, 0))->t_open,
            shift);
    if (simb_kline_range(call, interval, first_kept, shift, 1000, &open, &end, &limit) < 0)
        return -1;
    jout_open(call->out, '[');
    for (int64_t i = 0; i < limit && open <= end; i++) {
        agon_ns_t next = simb_interval_next(interval, open, shift);

        if (simb_bar(pit, sym, interval, open, next, &bar))
            put_kline(call->out, &bar, next);
        open = next;
    }
    jout_close(call->out, '[');
    return 0;
}

int simb_avg_price(struct simb_call *call)
{
    agon_ns_t t_last;
    agon_px_t px;
    uint32_t sym;

    if (simb_want_symbol(call, &sym) < 0)
        return -1;
    px = pit_avg_px(call->b->sim.pit, sym, 5, &t_last);
    jout_open(call->out, '{');
    jout_kv_int(call->out, "mins", 5);
    jout_kv_dec(call->out, "price", px, SIMB_EXP);
    jout_kv_time(call->out, "closeTime", t_last);
    jout_close(call->out, '{');
    return 0;
}

/* --- tickers --- */

uint32_t simb_weigh_24hr(struct simb_call *call)
{
    return simb_param(call, "symbol") || simb_param(call, "symbols") ? 2 : 80;
}

uint32_t simb_weigh_price(struct simb_call *call)
{
    return simb_param(call, "symbol") ? 2 : 4;
}

uint32_t simb_weigh_each(struct simb_call *call)
{
    const char *many = simb_param(call, "symbols");
    uint32_t n = 1;

    for (; many && *many; many++)
        n += *many == ',';
    return n > 50 ? 200 : 4 * n;
}

static void put_stats(struct simb_call *call, uint32_t sym, const struct simb_stats *stats,
                      int is_mini, int with_book)
{
    const struct pit_bar *bar = &stats->bar;
    struct pit *pit = call->b->sim.pit;
    struct jout *out = call->out;
    struct agon_level none = {0};
    struct pit_view view;
    agon_px_t last = bar->open_px ? bar->close_px : pit_last_px(pit, sym);
    agon_px_t open = bar->open_px ? bar->open_px : last;
    uint32_t n = pit_trades(pit, sym);

    pit_view(pit, sym, &view);
    jout_open(out, '{');
    jout_kv_str(out, "symbol", pit_at(pit, sym)->name);
    if (!is_mini) {
        jout_kv_dec(out, "priceChange", last - open, SIMB_EXP);
        jout_kv_dec(out, "priceChangePercent",
                    open ? num_mul_div(last - open, 100000, open, NUM_EVEN) : 0, 3);
        jout_kv_dec(out, "weightedAvgPrice",
                    bar->qty ? num_mul_div(bar->amt, num_pow10(SIMB_EXP), bar->qty, NUM_EVEN)
                             : last,
                    SIMB_EXP);
    }
    if (!is_mini && with_book) {
        struct agon_level bid = view.n_bid ? view.bid[0] : none;
        struct agon_level ask = view.n_ask ? view.ask[0] : none;

        jout_kv_dec(out, "prevClosePrice", stats->before_px, SIMB_EXP);
        jout_kv_dec(out, "lastPrice", last, SIMB_EXP);
        jout_kv_dec(out, "lastQty", n ? pit_trade_at(pit, sym, n - 1)->qty : 0, SIMB_EXP);
        jout_kv_dec(out, "bidPrice", bid.px, SIMB_EXP);
        jout_kv_dec(out, "bidQty", bid.qty, SIMB_EXP);
        jout_kv_dec(out, "askPrice", ask.px, SIMB_EXP);
        jout_kv_dec(out, "askQty", ask.qty, SIMB_EXP);
    }
    jout_kv_dec(out, "openPrice", open, SIMB_EXP);
    jout_kv_dec(out, "highPrice", bar->open_px ? bar->high_px : last, SIMB_EXP);
    jout_kv_dec(out, "lowPrice", bar->open_px ? bar->low_px : last, SIMB_EXP);
    if (is_mini || !with_book)
        jout_kv_dec(out, "lastPrice", last, SIMB_EXP);
    jout_kv_dec(out, "volume", bar->qty, SIMB_EXP);
    jout_kv_dec(out, "quoteVolume", bar->amt, SIMB_EXP);
    jout_kv_time(out, "openTime", stats->t_open);
    jout_kv_time(out, "closeTime", stats->t_close);
    jout_kv_int(out, "firstId", bar->n ? (int64_t)bar->first : -1);
    jout_kv_int(out, "lastId", bar->n ? (int64_t)bar->last : -1);
    jout_kv_int(out, "count", (int64_t)bar->n);
    jout_close(out, '{');
}

static int get_type(struct simb_call *call, int *is_mini)
{
    const char *type = simb_param(call, "type");

    *is_mini = type && strcmp(type, "MINI") == 0;
    if (type && !*is_mini && strcmp(type, "FULL") != 0)
        return simb_fail(call, 400, -1139, "Invalid ticker type.");
    return 0;
}

static int put_tickers(struct simb_call *call, int is_needed, agon_ns_t from, agon_ns_t until,
                       int with_book)
{
    struct pit *pit = call->b->sim.pit;
    struct simb_stats stats;
    int is_mini, is_list;
    uint64_t mask;

    if (get_symbols(call, is_needed, &mask, &is_list) < 0 || get_type(call, &is_mini) < 0)
        return -1;
    if (is_list)
        jout_open(call->out, '[');
    for (uint32_t i = 0; i < pit_count(pit); i++) {
        if (!(mask & (UINT64_C(1) << i)))
            continue;
        simb_stats(pit, i, from, &stats);
        if (until)
            stats.t_close = until;
        put_stats(call, i, &stats, is_mini, with_book);
    }
    if (is_list)
        jout_close(call->out, '[');
    return 0;
}

int simb_ticker_24hr(struct simb_call *call)
{
    return put_tickers(call, 0, pit_now(call->b->sim.pit) - 1440 * SIMB_NS_PER_MIN, 0, 1);
}

int simb_ticker_day(struct simb_call *call)
{
    agon_ns_t shift, open;

    if (get_zone(call, &shift) < 0)
        return -1;
    open = simb_interval_open(simb_interval("1d"), pit_now(call->b->sim.pit), shift);
    return put_tickers(call, 1, open, open + 1440 * SIMB_NS_PER_MIN - 1, 0);
}

int simb_ticker_window(struct simb_call *call)
{
    const char *size = simb_param(call, "windowSize");
    agon_ns_t now = pit_now(call->b->sim.pit), from;
    int64_t minutes = 1440;
    int n = 0, count = 1;
    char unit = 'd';

    if (size) {
        int most;

        if (sscanf(size, "%3d%c%n", &count, &unit, &n) != 2 || size[n] || count < 1)
            unit = '?';
        most = unit == 'm' ? 59 : unit == 'h' ? 23 : unit == 'd' ? 7 : 0;
        if (count > most)
            return simb_fail(call, 400, -1130,
                             "Data sent for parameter 'windowSize' is not valid.");
        minutes = (int64_t)count * (unit == 'm' ? 1 : unit == 'h' ? 60 : 1440);
    }
    from = now - minutes * SIMB_NS_PER_MIN;
    return put_tickers(call, 1, from - from % SIMB_NS_PER_MIN, 0, 0);
}

int simb_ticker_price(struct simb_call *call)
{
    struct pit *pit = call->b->sim.pit;
    struct jout *out = call->out;
    uint64_t mask;
    int is_list;

    if (get_symbols(call, 0, &mask, &is_list) < 0)
        return -1;
    if (is_list)
        jout_open(out, '[');
    for (uint32_t i = 0; i < pit_count(pit); i++) {
        if (!(mask & (UINT64_C(1) << i)))
            continue;
        jout_open(out, '{');
        jout_kv_str(out, "symbol", pit_at(pit, i)->name);
        jout_kv_dec(out, "price", pit_last_px(pit, i), SIMB_EXP);
        jout_close(out, '{');
    }
    if (is_list)
        jout_close(out, '[');
    return 0;
}

int simb_book_ticker(struct simb_call *call)
{
    struct pit *pit = call->b->sim.pit;
    struct jout *out = call->out;
    uint64_t mask;
    int is_list;

    if (get_symbols(call, 0, &mask, &is_list) < 0)
        return -1;
    if (is_list)
        jout_open(out, '[');
    for (uint32_t i = 0; i < pit_count(pit); i++) {
        struct agon_level bid, ask;

        if (!(mask & (UINT64_C(1) << i)))
            continue;
        pit_best(pit, i, &bid, &ask);
        jout_open(out, '{');
        jout_kv_str(out, "symbol", pit_at(pit, i)->name);
        jout_kv_dec(out, "bidPrice", bid.px, SIMB_EXP);
        jout_kv_dec(out, "bidQty", bid.qty, SIMB_EXP);
        jout_kv_dec(out, "askPrice", ask.px, SIMB_EXP);
        jout_kv_dec(out, "askQty", ask.qty, SIMB_EXP);
        jout_close(out, '{');
    }
    if (is_list)
        jout_close(out, '[');
    return 0;
}

/* --- what this market has not --- */

int simb_execution_rules(struct simb_call *call)
{
    uint64_t mask;
    int is_list;

    if (get_symbols(call, 0, &mask, &is_list) < 0)
        return -1;
    jout_open(call->out, '{');
    jout_key(call->out, "symbolRules");
    jout_open(call->out, '[');
    jout_close(call->out, '[');
    jout_close(call->out, '{');
    return 0;
}

int simb_reference_price(struct simb_call *call)
{
    uint32_t sym;

    if (simb_want_symbol(call, &sym) < 0)
        return -1;
    return simb_fail(call, 400, -2043, "This symbol doesn't have a reference price.");
}

int simb_system_status(struct simb_call *call)
{
    jout_open(call->out, '{');
    jout_kv_int(call->out, "status", 0);
    jout_kv_str(call->out, "msg", "normal");
    jout_close(call->out, '{');
    return 0;
}
