// SPDX-License-Identifier: Apache-2.0
/* um_public: market data requests of USD-M futures. */
#include "base/num.h"
#include "market/recording.h"
#include "sim/binance/um.h"

#define E8(x) ((int64_t)((x)*100000000ll))

int um_symbol(const char *name, int px_decimals, int qty_decimals, struct pit_symbol *symbol)
{
    int rc = simb_symbol_of(RULES_UM, name, px_decimals, qty_decimals, symbol);

    symbol->liq_fee_ppb = rules_major(RULES_UM, name) != NULL ? 12500000 : 15000000;
    symbol->is_perpetual = 1;
    return rc;
}

void um_set_brackets(struct perp_contract *contract, const char *name)
{
    static const struct perp_bracket majors[] = {
        {E8(50000), 125, 4000000, 0},      {E8(600000), 100, 5000000, 0},
        {E8(3000000), 75, 6500000, 0},     {E8(12000000), 50, 10000000, 0},
        {E8(70000000), 25, 20000000, 0},   {E8(100000000), 20, 25000000, 0},
        {E8(230000000), 10, 50000000, 0},  {E8(480000000), 5, 100000000, 0},
        {E8(600000000), 4, 125000000, 0},  {E8(800000000), 3, 150000000, 0},
        {E8(1200000000), 2, 250000000, 0}, {E8(1800000000), 1, 500000000, 0}};
    static const struct perp_bracket others[] = {
        {E8(50000), 75, 10000000, 0},    {E8(250000), 50, 15000000, 0},
        {E8(1000000), 25, 20000000, 0},  {E8(5000000), 20, 25000000, 0},
        {E8(10000000), 10, 50000000, 0}, {E8(20000000), 5, 100000000, 0},
        {E8(30000000), 4, 125000000, 0}, {E8(50000000), 2, 250000000, 0},
        {E8(100000000), 1, 500000000, 0}};
    int is_major = strcmp(name, "BTCUSDT") == 0 || strcmp(name, "ETHUSDT") == 0;

    memset(contract, 0, sizeof(*contract));
    contract->n_brackets =
        is_major ? sizeof(majors) / sizeof(majors[0]) : sizeof(others) / sizeof(others[0]);
    memcpy(contract->brackets, is_major ? majors : others,
           contract->n_brackets * sizeof(contract->brackets[0]));
    perp_brackets(contract);
}

/* --- exchange information --- */

static void filter(struct jout *out, const char *type)
{
    jout_open(out, '{');
    jout_kv_str(out, "filterType", type);
}

static void put_short(struct jout *out, const char *key, int64_t value)
{
    char text[NUM_TEXT];

    num_format_short(value, SIMB_EXP, text);
    jout_kv_str(out, key, text);
}

// In four places, as the venue writes them.
static void put_share(struct jout *out, const char *key, uint32_t ppm)
{
    char text[NUM_TEXT];

    num_format(ppm / 100, 4, text);
    jout_kv_str(out, key, text);
}

static void put_filters(struct simb *b, struct jout *out, uint32_t sym)
{
    const struct pit_symbol *symbol = pit_at(b->sim.pit, sym);

    filter(out, "PRICE_FILTER");
    put_short(out, "minPrice", symbol->min_px);
    put_short(out, "maxPrice", symbol->max_px);
    put_short(out, "tickSize", symbol->tick_px);
    jout_close(out, '{');
    filter(out, "LOT_SIZE");
    put_short(out, "minQty", symbol->min_qty);
    put_short(out, "maxQty", symbol->max_qty);
    put_short(out, "stepSize", symbol->lot_qty);
    jout_close(out, '{');
    filter(out, "MARKET_LOT_SIZE");
    put_short(out, "minQty", symbol->min_qty);
    put_short(out, "maxQty", symbol->rules.market_max_qty);
    put_short(out, "stepSize", symbol->lot_qty);
    jout_close(out, '{');
    filter(out, "MAX_NUM_ORDERS");
    jout_kv_int(out, "limit", symbol->rules.max_orders);
    jout_close(out, '{');
    filter(out, "MAX_NUM_ALGO_ORDERS");
    jout_kv_int(out, "limit", symbol->rules.max_stops);
    jout_close(out, '{');
    filter(out, "MIN_NOTIONAL");
    put_short(out, "notional", symbol->min_notional_amt);
    jout_close(out, '{');
    filter(out, "PERCENT_PRICE");
    put_share(out, "multiplierUp", symbol->rules.up_ppm[AGON_BUY]);
    put_share(out, "multiplierDown", symbol->rules.down_ppm[AGON_SELL]);
    jout_kv_str(out, "multiplierDecimal", "4");
    jout_close(out, '{');
}

static void put_names(struct jout *out, const char *key, const char *const *names, int n)
{
    jout_key(out, key);
    jout_open(out, '[');
    for (int i = 0; i < n; i++)
        jout_str(out, names[i]);
    jout_close(out, '[');
}

static void put_symbol(struct simb *b, struct jout *out, uint32_t sym)
{
    static const char *const tifs[] = {"GTC", "IOC", "FOK", "GTX", "GTD"};
    static const char *const sets[] = {"GRID", "COPY"};
    const struct pit_symbol *symbol = pit_at(b->sim.pit, sym);

    jout_open(out, '{');
    jout_kv_str(out, "symbol", symbol->name);
    jout_kv_str(out, "pair", symbol->name);
    jout_kv_str(out, "contractType", "PERPETUAL");
    jout_kv_int(out, "deliveryDate", 4133404800000);
    jout_kv_int(out, "onboardDate", 1569398400000);
    jout_kv_str(out, "status", "TRADING");
    jout_kv_str(out, "maintMarginPercent", "2.5000");
    jout_kv_str(out, "requiredMarginPercent", "5.0000");
    jout_kv_str(out, "baseAsset", symbol->base);
    jout_kv_str(out, "quoteAsset", symbol->quote);
    jout_kv_str(out, "marginAsset", symbol->quote);
    jout_kv_int(out, "pricePrecision", b->um->symbols[sym].px_dec);
    jout_kv_int(out, "quantityPrecision", b->um->symbols[sym].qty_dec);
    jout_kv_int(out, "baseAssetPrecision", 8);
    jout_kv_int(out, "quotePrecision", 8);
    jout_kv_str(out, "underlyingType", "COIN");
    put_names(out, "underlyingSubType", NULL, 0);
    jout_kv_str(out, "triggerProtect", "0.0500");
    jout_key(out, "liquidationFee");
    jout_dec(out, symbol->liq_fee_ppb / 1000, 6);
    jout_kv_str(out, "marketTakeBound", "0.05");
    jout_kv_int(out, "maxMoveOrderLimit", 10000);
    jout_key(out, "filters");
    jout_open(out, '[');
    put_filters(b, out, sym);
    jout_close(out, '[');
    put_names(out, "orderTypes", um_type_names, UM_TYPES);
    put_names(out, "timeInForce", tifs, 5);
    put_names(out, "permissionSets", sets, 2);
    jout_close(out, '{');
}

static void put_limit(struct jout *out, const char *type, const char *interval, int n,
                      uint32_t limit)
{
    jout_open(out, '{');
    jout_kv_str(out, "rateLimitType", type);
    jout_kv_str(out, "interval", interval);
    jout_kv_int(out, "intervalNum", n);
    jout_kv_int(out, "limit", limit);
    jout_close(out, '{');
}

int um_exchange_info(struct simb_call *call)
{
    uint32_t weight, per_10s, per_min;
    struct jout *out = call->out;
    struct simb *b = call->b;

    simb_limits(b, &weight, &per_10s, &per_min);
    jout_open(out, '{');
    jout_kv_str(out, "timezone", "UTC");
    jout_kv_time(out, "serverTime", call->now->transport);
    jout_kv_str(out, "futuresType", "U_MARGINED");
    jout_key(out, "rateLimits");
    jout_open(out, '[');
    put_limit(out, "REQUEST_WEIGHT", "MINUTE", 1, weight);
    put_limit(out, "ORDERS", "MINUTE", 1, per_min);
    put_limit(out, "ORDERS", "SECOND", 10, per_10s);
    jout_close(out, '[');
    jout_key(out, "exchangeFilters");
    jout_open(out, '[');
    jout_close(out, '[');
    jout_key(out, "assets");
    jout_open(out, '[');
    jout_open(out, '{');
    jout_kv_str(out, "asset", UM_MARGIN_ASSET);
    jout_kv_bool(out, "marginAvailable", 1);
    jout_kv_str(out, "autoAssetExchange", "-10000");
    jout_close(out, '{');
    jout_close(out, '[');
    jout_key(out, "symbols");
    jout_open(out, '[');
    for (uint32_t i = 0; i < pit_count(b->sim.pit); i++)
        put_symbol(b, out, i);
    jout_close(out, '[');
    jout_close(out, '{');
    return 0;
}

/* --- book, trades, bars --- */

static int64_t asked_limit(struct simb_call *call)
{
    const char *text = simb_param(call, "limit");
    int64_t limit = 500;

    if (text)
        num_parse(text, strlen(text), 0, &limit);
    return limit;
}

uint32_t um_weigh_depth(struct simb_call *call)
{
    int64_t limit = asked_limit(call);

    return limit <= 50 ? 2 : limit <= 100 ? 5 : limit <= 500 ? 10 : 20;
}

uint32_t um_weigh_klines(struct simb_call *call)
{
    int64_t limit = asked_limit(call);

    return limit < 100 ? 1 : limit < 500 ? 2 : limit <= 1000 ? 5 : 10;
}

uint32_t um_weigh_24hr(struct simb_call *call)
{
    return simb_param(call, "symbol") ? 1 : 40;
}

uint32_t um_weigh_price(struct simb_call *call)
{
    return simb_param(call, "symbol") ? 1 : 2;
}

uint32_t um_weigh_book(struct simb_call *call)
{
    return simb_param(call, "symbol") ? 2 : 5;
}

uint32_t um_weigh_premium(struct simb_call *call)
{
    return simb_param(call, "symbol") ? 1 : 10;
}

int um_depth(struct simb_call *call)
{
    static const int64_t allowed[] = {5, 10, 20, 50, 100, 500, 1000};
    struct simb *b = call->b;
    struct pit_view view;
    int64_t limit;
    uint32_t sym;
    int is_allowed = 0;

    if (simb_want_symbol(call, &sym) < 0 || simb_get_limit(call, 500, INT64_MAX, &limit) < 0)
        return -1;
    for (size_t i = 0; i < sizeof(allowed) / sizeof(allowed[0]); i++)
        is_allowed |= limit == allowed[i];
    if (!is_allowed)
        return simb_fail(call, 400, -4021, "Invalid depth limit %lld", (long long)limit);
    pit_view(b->sim.pit, sym, &view);
    jout_open(call->out, '{');
    jout_kv_int(call->out, "lastUpdateId", (int64_t)view.id);
    jout_kv_time(call->out, "E", pit_now(b->sim.pit));
    jout_kv_time(call->out, "T", pit_now(b->sim.pit));
    simb_put_levels(call->out, "bids", view.bid, view.n_bid, (uint32_t)limit,
                    b->um->symbols[sym].px_dec, b->um->symbols[sym].qty_dec);
    simb_put_levels(call->out, "asks", view.ask, view.n_ask, (uint32_t)limit,
                    b->um->symbols[sym].px_dec, b->um->symbols[sym].qty_dec);
    jout_close(call->out, '{');
    return 0;
}

int um_trades(struct simb_call *call)
{
    struct simb *b = call->b;
    struct jout *out = call->out;
    int64_t limit, from = 0;
    uint32_t sym, n, first;
    int has;

    if (simb_want_symbol(call, &sym) < 0 || simb_get_limit(call, 500, 1000, &limit) < 0 ||
        simb_get_int(call, "fromId", &from, &has) < 0)
        return -1;
    n = pit_trades(b->sim.pit, sym);
    first = n > limit ? n - (uint32_t)limit : 0;
    if (has)
        for (first = 0; first < n && pit_trade_at(b->sim.pit, sym, first)->id < (uint64_t)from;)
            first++;
    jout_open(out, '[');
    for (uint32_t i = first; i < n && i - first < limit; i++) {
        const struct pit_trade *trade = pit_trade_at(b->sim.pit, sym, i);

        jout_open(out, '{');
        jout_kv_int(out, "id", (int64_t)trade->id);
        um_put_px(b, out, "price", sym, trade->px);
        um_put_qty(b, out, "qty", sym, trade->qty);
        jout_kv_dec(out, "quoteQty", trade->quote_amt, SIMB_EXP);
        jout_kv_time(out, "time", trade->t);
        jout_kv_bool(out, "isBuyerMaker", trade->is_buyer_maker);
        jout_close(out, '{');
    }
    jout_close(out, '[');
    return 0;
}

int um_agg_trades(struct simb_call *call)
{
    struct simb *b = call->b;
    struct jout *out = call->out;
    agon_ns_t start = 0, end = INT64_MAX;
    int64_t limit, from = 0, told = 0;
    uint32_t sym, n, first = 0;
    int has_from, has_start, has_end;

    if (simb_want_symbol(call, &sym) < 0 || simb_get_limit(call, 500, 1000, &limit) < 0 ||
        simb_get_int(call, "fromId", &from, &has_from) < 0 ||
        simb_get_time(call, "startTime", &start, &has_start) < 0 ||
        simb_get_time(call, "endTime", &end, &has_end) < 0)
        return -1;
    n = pit_aggs(b->sim.pit, sym);
    if (!has_from && !has_start && !has_end && n > limit)
        first = n - (uint32_t)limit;
    jout_open(out, '[');
    for (uint32_t i = first; i < n && told < limit; i++) {
        const struct pit_agg *agg = pit_agg_at(b->sim.pit, sym, i);
        agon_ns_t ms = agg->t - agg->t % SIMB_NS_PER_MS;

        if (agg->id < (uint64_t)from || ms < start || ms > end)
            continue;
        told++;
        jout_open(out, '{');
        jout_kv_int(out, "a", (int64_t)agg->id);
        um_put_px(b, out, "p", sym, agg->px);
        um_put_qty(b, out, "q", sym, agg->qty);
        jout_kv_int(out, "f", (int64_t)agg->first);
        jout_kv_int(out, "l", (int64_t)agg->last);
        jout_kv_time(out, "T", agg->t);
        jout_kv_bool(out, "m", agg->is_buyer_maker);
        jout_close(out, '{');
    }
    jout_close(out, '[');
    return 0;
}

static void put_kline(struct simb *b, struct jout *out, uint32_t sym, const struct pit_bar *bar,
                      agon_ns_t next, int is_note)
{
    int px_dec = is_note ? SIMB_EXP : b->um->symbols[sym].px_dec;
    int qty_dec = b->um->symbols[sym].qty_dec;

    jout_open(out, '[');
    jout_time(out, bar->t_open);
    simb_put_num(out, bar->open_px, px_dec);
    simb_put_num(out, bar->high_px, px_dec);
    simb_put_num(out, bar->low_px, px_dec);
    simb_put_num(out, bar->close_px, px_dec);
    if (is_note)
        jout_str(out, "0");
    else
        simb_put_num(out, bar->qty, qty_dec);
    jout_time(out, next - 1);
    if (is_note)
        jout_str(out, "0");
    else
        jout_dec(out, bar->amt, SIMB_EXP);
    jout_int(out, is_note ? 60 : (int64_t)bar->n);
    if (is_note) {
        jout_str(out, "0");
        jout_str(out, "0");
    } else {
        simb_put_num(out, bar->taker_qty, qty_dec);
        jout_dec(out, bar->taker_amt, SIMB_EXP);
    }
    jout_str(out, "0");
    jout_close(out, '[');
}

enum { BARS_LAST = -1, BARS_PREMIUM = PIT_NOTES }; /* else enum pit_note */

static int get_bar(const struct pit *pit, uint32_t sym, int which, int interval, agon_ns_t open,
                   agon_ns_t next, struct pit_bar *bar)
{
    struct pit_bar index;

    if (which == BARS_LAST)
        return simb_bar(pit, sym, interval, open, next, bar);
    if (which != BARS_PREMIUM)
        return simb_note_bar(pit, sym, (enum pit_note)which, open, next, bar);
    // The premium of the last price over the index, as a share.
    if (!simb_note_bar(pit, sym, PIT_INDEX, open, next, &index) ||
        !simb_bar(pit, sym, interval, open, next, bar))
        return 0;
    bar->open_px = num_mul_div(bar->open_px - index.open_px, num_pow10(8), index.open_px, NUM_EVEN);
    bar->close_px =
        num_mul_div(bar->close_px - index.close_px, num_pow10(8), index.close_px, NUM_EVEN);
    bar->high_px = bar->open_px > bar->close_px ? bar->open_px : bar->close_px;
    bar->low_px = bar->open_px < bar->close_px ? bar->open_px : bar->close_px;
    return 1;
}

static int put_klines(struct simb_call *call, const char *symbol_name, int which)
{
    struct pit *pit = call->b->sim.pit;
    agon_ns_t first = INT64_MAX / 2, open, end;
    const char *name;
    struct pit_bar bar;
    int64_t limit;
    int interval, sym;

    if (simb_want(call, symbol_name, &name) < 0)
        return -1;
    sym = pit_find(pit, name);
    if (sym < 0)
        return simb_fail(call, 400, which == BARS_LAST ? -1121 : -4144, "Invalid %s.", symbol_name);
    if (simb_want(call, "interval", &name) < 0)
        return -1;
    interval = simb_interval(name);
    if (interval <= 0)
        return simb_fail(call, 400, -1120, "Invalid interval.");
    if (pit_minutes(pit, (uint32_t)sym) > 0)
        first = simb_interval_open(interval, pit_minute_at(pit, (uint32_t)sym, 0)->t_open, 0);
    if (simb_kline_range(call, interval, first, 0, 1500, &open, &end, &limit) < 0)
        return -1;
    jout_open(call->out, '[');
    for (int64_t i = 0; i < limit && open <= end; i++) {
        agon_ns_t next = simb_interval_next(interval, open, 0);

        if (get_bar(pit, (uint32_t)sym, which, interval, open, next, &bar))
            put_kline(call->b, call->out, (uint32_t)sym, &bar, next, which != BARS_LAST);
        open = next;
    }
    jout_close(call->out, '[');
    return 0;
}

int um_klines(struct simb_call *call)
{
    return put_klines(call, "symbol", BARS_LAST);
}

int um_continuous_klines(struct simb_call *call)
{
    const char *type;

    if (simb_want(call, "contractType", &type) < 0)
        return -1;
    if (strcmp(type, "PERPETUAL") != 0)
        return simb_fail(call, 400, -1130, "Data sent for parameter 'contractType' is not valid.");
    return put_klines(call, "pair", BARS_LAST);
}

int um_mark_klines(struct simb_call *call)
{
    return put_klines(call, "symbol", PIT_MARK);
}

int um_index_klines(struct simb_call *call)
{
    return put_klines(call, "pair", PIT_INDEX);
}

int um_premium_klines(struct simb_call *call)
{
    return put_klines(call, "symbol", BARS_PREMIUM);
}

/* --- one symbol or all --- */

static int put_each(struct simb_call *call, void (*put)(struct simb_call *call, uint32_t sym))
{
    uint32_t sym;

    if (simb_param(call, "symbol")) {
        if (simb_want_symbol(call, &sym) < 0)
            return -1;
        put(call, sym);
        return 0;
    }
    jout_open(call->out, '[');
    for (uint32_t i = 0; i < pit_count(call->b->sim.pit); i++)
        put(call, i);
    jout_close(call->out, '[');
    return 0;
}

static void put_premium(struct simb_call *call, uint32_t sym)
{
    const struct um_symbol *symbol = &call->b->um->symbols[sym];
    struct jout *out = call->out;

    jout_open(out, '{');
    jout_kv_str(out, "symbol", pit_at(call->b->sim.pit, sym)->name);
    jout_kv_dec(out, "markPrice", um_mark_px(call->b, sym), SIMB_EXP);
    jout_kv_dec(out, "indexPrice", um_index_px(call->b, sym), SIMB_EXP);
    jout_kv_dec(out, "estimatedSettlePrice", um_index_px(call->b, sym), SIMB_EXP);
    um_put_rate(out, "lastFundingRate", symbol->next_rate_ppb);
    jout_kv_str(out, "interestRate", "0.00010000");
    jout_kv_time(out, "nextFundingTime", symbol->next_funding);
    jout_kv_time(out, "time", pit_now(call->b->sim.pit));
    jout_close(out, '{');
}

int um_premium_index(struct simb_call *call)
{
    return put_each(call, put_premium);
}

int um_funding_rate(struct simb_call *call)
{
    struct simb *b = call->b;
    agon_ns_t start = 0, end = INT64_MAX;
    uint32_t only = UINT32_MAX;
    int64_t limit, skip = 0, n = 0;
    int has_start, has_end;

    if (simb_param(call, "symbol") && simb_want_symbol(call, &only) < 0)
        return -1;
    if (simb_get_limit(call, 100, 1000, &limit) < 0 ||
        simb_get_time(call, "startTime", &start, &has_start) < 0 ||
        simb_get_time(call, "endTime", &end, &has_end) < 0)
        return -1;
    jout_open(call->out, '[');
    for (uint32_t sym = 0; sym < pit_count(b->sim.pit); sym++) {
        const struct um_symbol *symbol = &b->um->symbols[sym];
        uint64_t first = symbol->n_rates > UM_RATES_KEPT ? symbol->n_rates - UM_RATES_KEPT : 0;

        if (only != UINT32_MAX && sym != only)
            continue;
        if (!has_start && symbol->n_rates - first > (uint64_t)limit)
            skip = (int64_t)(symbol->n_rates - first) - limit;
        for (uint64_t i = first + (uint64_t)skip; i < symbol->n_rates && n < limit; i++) {
            uint64_t at = i % UM_RATES_KEPT;

            if (symbol->rates[at].t < start || symbol->rates[at].t > end)
                continue;
            n++;
            jout_open(call->out, '{');
            jout_kv_str(call->out, "symbol", pit_at(b->sim.pit, sym)->name);
            jout_kv_time(call->out, "fundingTime", symbol->rates[at].t);
            um_put_rate(call->out, "fundingRate", symbol->rates[at].rate_ppb);
            jout_kv_dec(call->out, "markPrice", symbol->rates[at].mark_px, SIMB_EXP);
            jout_close(call->out, '{');
        }
    }
    jout_close(call->out, '[');
    return 0;
}

int um_funding_info(struct simb_call *call)
{
    struct jout *out = call->out;

    jout_open(out, '[');
    for (uint32_t i = 0; i < pit_count(call->b->sim.pit); i++) {
        jout_open(out, '{');
        jout_kv_str(out, "symbol", pit_at(call->b->sim.pit, i)->name);
        jout_kv_str(out, "adjustedFundingRateCap", "0.02000000");
        jout_kv_str(out, "adjustedFundingRateFloor", "-0.02000000");
        jout_kv_int(out, "fundingIntervalHours", 8);
        jout_kv_bool(out, "disclaimer", 0);
        jout_kv_int(out, "updateTime", 1696841346067);
        jout_close(out, '{');
    }
    jout_close(out, '[');
    return 0;
}

static void put_24hr(struct simb_call *call, uint32_t sym)
{
    struct simb *b = call->b;
    struct jout *out = call->out;
    uint32_t n = pit_trades(b->sim.pit, sym);
    struct simb_stats stats;
    const struct pit_bar *bar = &stats.bar;
    agon_px_t last, open;

    simb_stats(b->sim.pit, sym, pit_now(b->sim.pit) - 1440 * SIMB_NS_PER_MIN, &stats);
    last = bar->open_px ? bar->close_px : pit_last_px(b->sim.pit, sym);
    open = bar->open_px ? bar->open_px : last;
    jout_open(out, '{');
    jout_kv_str(out, "symbol", pit_at(b->sim.pit, sym)->name);
    um_put_px(b, out, "priceChange", sym, last - open);
    jout_kv_dec(out, "priceChangePercent",
                open ? num_mul_div(last - open, 100000, open, NUM_EVEN) : 0, 3);
    jout_kv_dec(out, "weightedAvgPrice",
                bar->qty ? num_mul_div(bar->amt, num_pow10(SIMB_EXP), bar->qty, NUM_EVEN) : last,
                SIMB_EXP);
    um_put_px(b, out, "lastPrice", sym, last);
    um_put_qty(b, out, "lastQty", sym, n ? pit_trade_at(b->sim.pit, sym, n - 1)->qty : 0);
    um_put_px(b, out, "openPrice", sym, open);
    um_put_px(b, out, "highPrice", sym, bar->open_px ? bar->high_px : last);
    um_put_px(b, out, "lowPrice", sym, bar->open_px ? bar->low_px : last);
    um_put_qty(b, out, "volume", sym, bar->qty);
    jout_kv_dec(out, "quoteVolume", bar->amt, SIMB_EXP);
    jout_kv_time(out, "openTime", stats.t_open);
    jout_kv_time(out, "closeTime", stats.t_close);
    jout_kv_int(out, "firstId", bar->n ? (int64_t)bar->first : -1);
    jout_kv_int(out, "lastId", bar->n ? (int64_t)bar->last : -1);
    jout_kv_int(out, "count", (int64_t)bar->n);
    jout_close(out, '{');
}

int um_ticker_24hr(struct simb_call *call)
{
    return put_each(call, put_24hr);
}

static void put_price(struct simb_call *call, uint32_t sym)
{
    jout_open(call->out, '{');
    jout_kv_str(call->out, "symbol", pit_at(call->b->sim.pit, sym)->name);
    um_put_px(call->b, call->out, "price", sym, pit_last_px(call->b->sim.pit, sym));
    jout_kv_time(call->out, "time", pit_now(call->b->sim.pit));
    jout_close(call->out, '{');
}

int um_ticker_price(struct simb_call *call)
{
    return put_each(call, put_price);
}

static void put_book(struct simb_call *call, uint32_t sym)
{
    struct simb *b = call->b;
    struct jout *out = call->out;
    struct agon_level bid, ask;
    struct pit_view view;

    pit_view(b->sim.pit, sym, &view);
    pit_best(b->sim.pit, sym, &bid, &ask);
    jout_open(out, '{');
    jout_kv_str(out, "symbol", pit_at(b->sim.pit, sym)->name);
    um_put_px(b, out, "bidPrice", sym, bid.px);
    um_put_qty(b, out, "bidQty", sym, bid.qty);
    um_put_px(b, out, "askPrice", sym, ask.px);
    um_put_qty(b, out, "askQty", sym, ask.qty);
    jout_kv_time(out, "time", pit_now(b->sim.pit));
    jout_kv_int(out, "lastUpdateId", (int64_t)view.id);
    jout_close(out, '{');
}

int um_book_ticker(struct simb_call *call)
{
    return put_each(call, put_book);
}

// What the accounts here hold, on a crowd that is always there.
int um_open_interest(struct simb_call *call)
{
    struct simb *b = call->b;
    agon_qty_t qty = 0;
    uint32_t sym;

    if (simb_want_symbol(call, &sym) < 0)
        return -1;
    for (uint32_t i = 0; i < b->sim.n_accounts; i++)
        for (int side = PERP_BOTH; side <= PERP_SHORT; side++)
            qty += num_abs(b->um->accounts[i].symbols[sym].positions[side].qty);
    qty = num_add(qty, num_mul(pit_at(b->sim.pit, sym)->rules.market_max_qty, 500));
    jout_open(call->out, '{');
    um_put_qty(b, call->out, "openInterest", sym, qty);
    jout_kv_str(call->out, "symbol", pit_at(b->sim.pit, sym)->name);
    jout_kv_time(call->out, "time", pit_now(b->sim.pit));
    jout_close(call->out, '{');
    return 0;
}

int um_index_info(struct simb_call *call)
{
    return simb_empty_list(call);
}
