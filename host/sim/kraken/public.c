// SPDX-License-Identifier: Apache-2.0
/* public: what anybody may ask by REST. */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/num.h"
#include "sim/kraken/simk.h"

#define DAY_NS (1440 * SIMK_NS_PER_MIN)

/* --- bars --- */

const int simk_minutes[SIMK_INTERVALS] = {1, 5, 15, 30, 60, 240, 1440, 10080, 21600};

int simk_interval(int64_t minutes)
{
    for (int i = 0; i < SIMK_INTERVALS; i++)
        if (simk_minutes[i] == minutes)
            return i;
    return -1;
}

/* Minutes stand without holes. */
static int64_t place_of(const struct pit *pit, uint32_t sym, agon_ns_t t)
{
    return (t - pit_minute_at(pit, sym, 0)->t_open) / SIMK_NS_PER_MIN;
}

int simk_bar(const struct pit *pit, uint32_t sym, int minutes, uint32_t n, struct pit_bar *bar)
{
    agon_ns_t length = minutes * SIMK_NS_PER_MIN, open;
    uint32_t count = pit_minutes(pit, sym);
    int64_t from, to;

    memset(bar, 0, sizeof(*bar));
    if (count == 0)
        return 0;
    open = pit_minute_at(pit, sym, count - 1)->t_open;
    open += -(open % length) - n * length;
    from = open < pit_minute_at(pit, sym, 0)->t_open ? 0 : place_of(pit, sym, open);
    to = (open + length - pit_minute_at(pit, sym, 0)->t_open) / SIMK_NS_PER_MIN;
    if (open + length <= pit_minute_at(pit, sym, 0)->t_open)
        return 0;
    for (int64_t i = from; i < to && i < count; i++)
        pit_bar_add(bar, pit_minute_at(pit, sym, (uint32_t)i));
    bar->t_open = open;
    return 1;
}

agon_px_t simk_vwap(const struct pit_bar *bar)
{
    return bar->qty > 0 ? num_mul_div(bar->amt, num_pow10(SIMK_EXP), bar->qty, NUM_EVEN) : 0;
}

void simk_stats(const struct pit *pit, uint32_t sym, agon_ns_t from, struct pit_bar *bar)
{
    uint32_t count = pit_minutes(pit, sym);
    int64_t i;

    memset(bar, 0, sizeof(*bar));
    if (count == 0)
        return;
    i = place_of(pit, sym, from);
    for (i = i < 0 ? 0 : i; i < count; i++)
        pit_bar_add(bar, pit_minute_at(pit, sym, (uint32_t)i));
}

/* --- what there is --- */

int simk_time(struct simk_call *call)
{
    time_t s = (time_t)(call->k->now.transport / SIMK_NS_PER_S);
    struct tm tm;
    char text[64];
    size_t n;

    gmtime_r(&s, &tm);
    n = strftime(text, sizeof(text), "%a, %d %b ", &tm);
    snprintf(text + n, sizeof(text) - n, "%02d %02d:%02d:%02d +0000", tm.tm_year % 100, tm.tm_hour,
             tm.tm_min, tm.tm_sec);
    jout_open(call->out, '{');
    jout_kv_int(call->out, "unixtime", (int64_t)s);
    jout_kv_str(call->out, "rfc1123", text);
    jout_close(call->out, '{');
    return 0;
}

int simk_system_status(struct simk_call *call)
{
    jout_open(call->out, '{');
    jout_kv_str(call->out, "status", "online");
    simk_kv_when(call->out, "timestamp", call->k->now.transport);
    jout_close(call->out, '{');
    return 0;
}

int simk_assets(struct simk_call *call)
{
    const struct instruments *table = pit_table(call->k->pit);
    struct jout *out = call->out;

    jout_open(out, '{');
    for (agon_asset_t i = 1; instruments_asset(table, i) != NULL; i++) {
        const char *name = instruments_asset(table, i)->name;

        jout_key(out, simk_asset_id(name));
        jout_open(out, '{');
        jout_kv_str(out, "aclass", "currency");
        jout_kv_str(out, "altname", simk_asset_alt(name));
        jout_kv_int(out, "decimals", SIMK_EXP);
        jout_kv_int(out, "display_decimals", 5);
        jout_kv_str(out, "status", "enabled");
        jout_close(out, '{');
    }
    jout_close(out, '{');
    return 0;
}

static void put_fees(struct jout *out, const char *key, int32_t ppb)
{
    char text[NUM_TEXT];

    jout_key(out, key);
    jout_open(out, '[');
    jout_open(out, '[');
    jout_int(out, 0);
    jout_raw(out, text, (size_t)num_format_short(ppb, 7, text)); // per cent
    jout_close(out, '[');
    jout_close(out, '[');
}

static void put_short(struct jout *out, const char *key, int64_t value)
{
    char text[NUM_TEXT];

    num_format_short(value, SIMK_EXP, text);
    jout_kv_str(out, key, text);
}

static void put_pair(struct simk *k, struct jout *out, uint32_t sym)
{
    const struct pit_symbol *symbol = pit_at(k->pit, sym);

    jout_key(out, k->pairs[sym].id);
    jout_open(out, '{');
    jout_kv_str(out, "altname", k->pairs[sym].alt);
    jout_kv_str(out, "wsname", k->pairs[sym].wsname);
    jout_kv_str(out, "aclass_base", "currency");
    jout_kv_str(out, "base", simk_asset_id(symbol->base));
    jout_kv_str(out, "aclass_quote", "currency");
    jout_kv_str(out, "quote", simk_asset_id(symbol->quote));
    jout_kv_str(out, "lot", "unit");
    jout_kv_int(out, "cost_decimals", 5);
    jout_kv_int(out, "pair_decimals", simk_decimals(symbol->tick_px));
    jout_kv_int(out, "lot_decimals", simk_decimals(symbol->lot_qty));
    jout_kv_int(out, "lot_multiplier", 1);
    jout_key(out, "leverage_buy");
    jout_raw(out, "[]", 2);
    jout_key(out, "leverage_sell");
    jout_raw(out, "[]", 2);
    put_fees(out, "fees", symbol->taker_fee_ppb);
    put_fees(out, "fees_maker", symbol->maker_fee_ppb);
    jout_kv_str(out, "fee_volume_currency", "ZUSD");
    jout_kv_int(out, "margin_call", 80);
    jout_kv_int(out, "margin_stop", 40);
    put_short(out, "ordermin", symbol->min_qty);
    put_short(out, "costmin", symbol->min_notional_amt);
    put_short(out, "tick_size", symbol->tick_px);
    jout_kv_str(out, "status", "online");
    jout_close(out, '{');
}

/* The pairs that a request names, as bits; without a name all of them. */
static int get_pairs(struct simk_call *call, uint32_t *pairs)
{
    const char *text = simk_param(call, "pair");

    *pairs = text ? 0 : UINT32_MAX;
    while (text && *text) {
        size_t n = strcspn(text, ",");
        int sym = simk_find_pair(call->k, text, n);

        if (sym < 0)
            return simk_fail(call, "EQuery:Unknown asset pair");
        *pairs |= 1u << sym;
        text += text[n] ? n + 1 : n;
    }
    return 0;
}

static int get_pair(struct simk_call *call, uint32_t *sym)
{
    const char *text = simk_param(call, "pair");
    int at = text ? simk_find_pair(call->k, text, strlen(text)) : -1;

    if (at < 0)
        return simk_fail(call, text ? "EQuery:Unknown asset pair" : "EGeneral:Invalid arguments");
    *sym = (uint32_t)at;
    return 0;
}

int simk_asset_pairs(struct simk_call *call)
{
    uint32_t pairs;

    if (get_pairs(call, &pairs) < 0)
        return -1;
    jout_open(call->out, '{');
    for (uint32_t i = 0; i < pit_count(call->k->pit); i++)
        if (pairs & (1u << i))
            put_pair(call->k, call->out, i);
    jout_close(call->out, '{');
    return 0;
}

/* --- prices --- */

static void put_dec(struct jout *out, int64_t value, int decimals)
{
    char text[NUM_TEXT];

    num_format(num_div(value, num_pow10(SIMK_EXP - decimals), NUM_EVEN), decimals, text);
    jout_str(out, text);
}

static void put_two(struct jout *out, const char *key, int64_t a, int64_t b, int decimals)
{
    jout_key(out, key);
    jout_open(out, '[');
    put_dec(out, a, decimals);
    put_dec(out, b, decimals);
    jout_close(out, '[');
}

static void put_best(struct jout *out, const char *key, const struct agon_level *level,
                     int decimals)
{
    jout_key(out, key);
    jout_open(out, '[');
    put_dec(out, level->px, decimals);
    put_dec(out, level->qty < num_pow10(SIMK_EXP) ? num_pow10(SIMK_EXP) : level->qty, 0);
    put_dec(out, level->qty, 3);
    jout_close(out, '[');
}

int simk_ticker(struct simk_call *call)
{
    struct pit *pit = call->k->pit;
    struct jout *out = call->out;
    uint32_t pairs;

    if (get_pairs(call, &pairs) < 0)
        return -1;
    jout_open(out, '{');
    for (uint32_t i = 0; i < pit_count(pit); i++) {
        int decimals = simk_decimals(pit_at(pit, i)->tick_px);
        agon_ns_t now = pit_now(pit);
        struct pit_bar today, day;
        struct agon_level bid, ask;
        uint32_t n = pit_trades(pit, i);

        if (!(pairs & (1u << i)))
            continue;
        pit_best(pit, i, &bid, &ask);
        simk_stats(pit, i, now - now % DAY_NS, &today);
        simk_stats(pit, i, now - DAY_NS, &day);
        jout_key(out, call->k->pairs[i].id);
        jout_open(out, '{');
        put_best(out, "a", &ask, decimals);
        put_best(out, "b", &bid, decimals);
        jout_key(out, "c");
        jout_open(out, '[');
        put_dec(out, pit_last_px(pit, i), decimals);
        put_dec(out, n > 0 ? pit_trade_at(pit, i, n - 1)->qty : 0, SIMK_EXP);
        jout_close(out, '[');
        put_two(out, "v", today.qty, day.qty, SIMK_EXP);
        put_two(out, "p", simk_vwap(&today), simk_vwap(&day), decimals);
        jout_key(out, "t");
        jout_open(out, '[');
        jout_int(out, (int64_t)today.n);
        jout_int(out, (int64_t)day.n);
        jout_close(out, '[');
        put_two(out, "l", today.low_px, day.low_px, decimals);
        put_two(out, "h", today.high_px, day.high_px, decimals);
        jout_key(out, "o");
        put_dec(out, today.open_px, decimals);
        jout_close(out, '{');
    }
    jout_close(out, '{');
    return 0;
}

int simk_ohlc(struct simk_call *call)
{
    int64_t minutes = 1, since = 0;
    const char *text = simk_param(call, "interval");
    struct jout *out = call->out;
    struct pit_bar bar;
    uint32_t sym, n = 0;
    int decimals;

    if (get_pair(call, &sym) < 0)
        return -1;
    if (text && num_parse(text, strlen(text), 0, &minutes) < 0)
        minutes = 0;
    text = simk_param(call, "since");
    if (simk_interval(minutes) < 0 || (text && num_parse(text, strlen(text), 0, &since) < 0))
        return simk_fail(call, "EGeneral:Invalid arguments");
    decimals = simk_decimals(pit_at(call->k->pit, sym)->tick_px);
    while (n < 720 && simk_bar(call->k->pit, sym, (int)minutes, n, &bar) &&
           bar.t_open / SIMK_NS_PER_S >= since)
        n++;
    jout_open(out, '{');
    jout_key(out, call->k->pairs[sym].id);
    jout_open(out, '[');
    for (uint32_t i = n; i-- > 0;) {
        simk_bar(call->k->pit, sym, (int)minutes, i, &bar);
        jout_open(out, '[');
        jout_int(out, bar.t_open / SIMK_NS_PER_S);
        put_dec(out, bar.open_px, decimals);
        put_dec(out, bar.high_px, decimals);
        put_dec(out, bar.low_px, decimals);
        put_dec(out, bar.close_px, decimals);
        put_dec(out, simk_vwap(&bar), decimals);
        put_dec(out, bar.qty, SIMK_EXP);
        jout_int(out, (int64_t)bar.n);
        jout_close(out, '[');
    }
    jout_close(out, '[');
    // The last that has closed.
    simk_bar(call->k->pit, sym, (int)minutes, 1, &bar);
    jout_kv_int(out, "last", bar.t_open / SIMK_NS_PER_S);
    jout_close(out, '{');
    return 0;
}

static void put_side(struct jout *out, const char *key, const struct agon_level *level, uint32_t n,
                     int decimals, agon_ns_t now)
{
    jout_key(out, key);
    jout_open(out, '[');
    for (uint32_t i = 0; i < n; i++) {
        jout_open(out, '[');
        put_dec(out, level[i].px, decimals);
        put_dec(out, level[i].qty, SIMK_EXP);
        jout_int(out, now / SIMK_NS_PER_S);
        jout_close(out, '[');
    }
    jout_close(out, '[');
}

int simk_depth(struct simk_call *call)
{
    const char *text = simk_param(call, "count");
    struct jout *out = call->out;
    struct pit_view view;
    int64_t count = 100;
    uint32_t sym;
    int decimals;

    if (get_pair(call, &sym) < 0)
        return -1;
    if (text && (num_parse(text, strlen(text), 0, &count) < 0 || count < 1 || count > 500))
        return simk_fail(call, "EGeneral:Invalid arguments");
    decimals = simk_decimals(pit_at(call->k->pit, sym)->tick_px);
    pit_view(call->k->pit, sym, &view);
    jout_open(out, '{');
    jout_key(out, call->k->pairs[sym].id);
    jout_open(out, '{');
    put_side(out, "asks", view.ask, view.n_ask < count ? view.n_ask : (uint32_t)count, decimals,
             pit_now(call->k->pit));
    put_side(out, "bids", view.bid, view.n_bid < count ? view.n_bid : (uint32_t)count, decimals,
             pit_now(call->k->pit));
    jout_close(out, '{');
    jout_close(out, '{');
    return 0;
}

int simk_trades(struct simk_call *call)
{
    const char *since_text = simk_param(call, "since"), *count_text = simk_param(call, "count");
    struct pit *pit = call->k->pit;
    struct jout *out = call->out;
    int64_t since = -1, count = 1000;
    uint32_t sym, first, n;
    char text[NUM_TEXT];
    int decimals;

    if (get_pair(call, &sym) < 0)
        return -1;
    if ((since_text && num_parse(since_text, strlen(since_text), 0, &since) < 0) ||
        (count_text &&
         (num_parse(count_text, strlen(count_text), 0, &count) < 0 || count < 1 || count > 1000)))
        return simk_fail(call, "EGeneral:Invalid arguments");
    if (since >= 0 && since < 100000000000) // seconds are taken too
        since *= SIMK_NS_PER_S;
    decimals = simk_decimals(pit_at(pit, sym)->tick_px);
    n = pit_trades(pit, sym);
    // Without a time the newest, else the first after it.
    first = since < 0 && n > count ? n - (uint32_t)count : 0;
    while (since >= 0 && first < n && pit_trade_at(pit, sym, first)->t <= since)
        first++;
    n = n - first > count ? first + (uint32_t)count : n;
    jout_open(out, '{');
    jout_key(out, call->k->pairs[sym].id);
    jout_open(out, '[');
    for (uint32_t i = first; i < n; i++) {
        const struct pit_trade *trade = pit_trade_at(pit, sym, i);

        jout_open(out, '[');
        put_dec(out, trade->px, decimals);
        put_dec(out, trade->qty, SIMK_EXP);
        jout_raw(out, text, (size_t)num_format(trade->t / 1000, 6, text));
        jout_str(out, trade->is_buyer_maker ? "s" : "b");
        jout_str(out, "l");
        jout_str(out, "");
        jout_int(out, (int64_t)trade->id);
        jout_close(out, '[');
    }
    jout_close(out, '[');
    snprintf(text, sizeof(text), "%lld",
             (long long)(n > first   ? pit_trade_at(pit, sym, n - 1)->t
                         : since > 0 ? since
                                     : 0));
    jout_kv_str(out, "last", text);
    jout_close(out, '{');
    return 0;
}
