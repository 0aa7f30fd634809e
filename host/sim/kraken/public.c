// SPDX-License-Identifier: Apache-2.0
/* public: what anybody may ask by REST. */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/num.h"
#include "sim/kraken/simk.h"

#define DAY_NS (1440 * SIM_NS_PER_MIN)

/* --- bars --- */

const int simk_minutes[SIMK_INTERVALS] = {1, 5, 15, 30, 60, 240, 1440, 10080, 21600};

int simk_interval(int64_t minutes)
{
    for (int i = 0; i < SIMK_INTERVALS; i++)
        if (simk_minutes[i] == minutes)
            return i;
    return -1;
}

/* --- what there is --- */

int simk_time(struct sim_call *call)
{
    time_t s = (time_t)(call->sim->now.transport / SIM_NS_PER_S);
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

int simk_system_status(struct sim_call *call)
{
    jout_open(call->out, '{');
    jout_kv_str(call->out, "status", "online");
    sim_kv_when(call->out, "timestamp", call->sim->now.transport);
    jout_close(call->out, '{');
    return 0;
}

int simk_assets(struct sim_call *call)
{
    const struct instruments *table = pit_table(call->sim->pit);
    struct jout *out = call->out;

    jout_open(out, '{');
    for (agon_asset_t i = 1; instruments_asset(table, i) != NULL; i++) {
        const char *name = instruments_asset(table, i)->name;

        jout_key(out, simk_asset_id(name));
        jout_open(out, '{');
        jout_kv_str(out, "aclass", "currency");
        jout_kv_str(out, "altname", simk_asset_alt(name));
        jout_kv_int(out, "decimals", PIT_EXP);
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

    num_format_short(value, PIT_EXP, text);
    jout_kv_str(out, key, text);
}

static void put_pair(struct sim *sim, struct jout *out, uint32_t sym)
{
    const struct pit_symbol *symbol = pit_at(sim->pit, sym);

    jout_key(out, simk_pair_at(sim, sym)->id);
    jout_open(out, '{');
    jout_kv_str(out, "altname", simk_pair_at(sim, sym)->alt);
    jout_kv_str(out, "wsname", simk_pair_at(sim, sym)->wsname);
    jout_kv_str(out, "aclass_base", "currency");
    jout_kv_str(out, "base", simk_asset_id(symbol->base));
    jout_kv_str(out, "aclass_quote", "currency");
    jout_kv_str(out, "quote", simk_asset_id(symbol->quote));
    jout_kv_str(out, "lot", "unit");
    jout_kv_int(out, "cost_decimals", 5);
    jout_kv_int(out, "pair_decimals", sim_decimals(symbol->tick_px));
    jout_kv_int(out, "lot_decimals", sim_decimals(symbol->lot_qty));
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
static int get_pairs(struct sim_call *call, uint32_t *pairs)
{
    const char *text = sim_arg(call, "pair");

    *pairs = text ? 0 : UINT32_MAX;
    while (text && *text) {
        size_t n = strcspn(text, ",");
        int sym = simk_find_pair(call->sim, text, n);

        if (sym < 0)
            return simk_fail(call, "EQuery:Unknown asset pair");
        *pairs |= 1u << sym;
        text += text[n] ? n + 1 : n;
    }
    return 0;
}

static int get_pair(struct sim_call *call, uint32_t *sym)
{
    const char *text = sim_arg(call, "pair");
    int at = text ? simk_find_pair(call->sim, text, strlen(text)) : -1;

    if (at < 0)
        return simk_fail(call, text ? "EQuery:Unknown asset pair" : "EGeneral:Invalid arguments");
    *sym = (uint32_t)at;
    return 0;
}

int simk_asset_pairs(struct sim_call *call)
{
    uint32_t pairs;

    if (get_pairs(call, &pairs) < 0)
        return -1;
    jout_open(call->out, '{');
    for (uint32_t i = 0; i < pit_count(call->sim->pit); i++)
        if (pairs & (1u << i))
            put_pair(call->sim, call->out, i);
    jout_close(call->out, '{');
    return 0;
}

/* --- prices --- */

static void put_dec(struct jout *out, int64_t value, int decimals)
{
    char text[NUM_TEXT];

    num_format(num_div(value, num_pow10(PIT_EXP - decimals), NUM_EVEN), decimals, text);
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
    put_dec(out, level->qty < num_pow10(PIT_EXP) ? num_pow10(PIT_EXP) : level->qty, 0);
    put_dec(out, level->qty, 3);
    jout_close(out, '[');
}

int simk_ticker(struct sim_call *call)
{
    struct pit *pit = call->sim->pit;
    struct jout *out = call->out;
    uint32_t pairs;

    if (get_pairs(call, &pairs) < 0)
        return -1;
    jout_open(out, '{');
    for (uint32_t i = 0; i < pit_count(pit); i++) {
        int decimals = sim_decimals(pit_at(pit, i)->tick_px);
        agon_ns_t now = pit_now(pit);
        struct pit_bar today, day;
        struct agon_level bid, ask;
        uint32_t n = pit_trades(pit, i);

        if (!(pairs & (1u << i)))
            continue;
        pit_best(pit, i, &bid, &ask);
        pit_bar_since(pit, i, now - now % DAY_NS, &today);
        pit_bar_since(pit, i, now - DAY_NS, &day);
        jout_key(out, simk_pair_at(call->sim, i)->id);
        jout_open(out, '{');
        put_best(out, "a", &ask, decimals);
        put_best(out, "b", &bid, decimals);
        jout_key(out, "c");
        jout_open(out, '[');
        put_dec(out, pit_last_px(pit, i), decimals);
        put_dec(out, n > 0 ? pit_trade_at(pit, i, n - 1)->qty : 0, PIT_EXP);
        jout_close(out, '[');
        put_two(out, "v", today.qty, day.qty, PIT_EXP);
        put_two(out, "p", pit_bar_vwap(&today), pit_bar_vwap(&day), decimals);
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

int simk_ohlc(struct sim_call *call)
{
    int64_t minutes = 1, since = 0;
    const char *text = sim_arg(call, "interval");
    struct jout *out = call->out;
    struct pit_bar bar;
    uint32_t sym, n = 0;
    int decimals;

    if (get_pair(call, &sym) < 0)
        return -1;
    if (text && num_parse(text, strlen(text), 0, &minutes) < 0)
        minutes = 0;
    text = sim_arg(call, "since");
    if (simk_interval(minutes) < 0 || (text && num_parse(text, strlen(text), 0, &since) < 0))
        return simk_fail(call, "EGeneral:Invalid arguments");
    decimals = sim_decimals(pit_at(call->sim->pit, sym)->tick_px);
    while (n < 720 && pit_bar_ago(call->sim->pit, sym, (int)minutes, n, &bar) &&
           bar.t_open / SIM_NS_PER_S >= since)
        n++;
    jout_open(out, '{');
    jout_key(out, simk_pair_at(call->sim, sym)->id);
    jout_open(out, '[');
    for (uint32_t i = n; i-- > 0;) {
        pit_bar_ago(call->sim->pit, sym, (int)minutes, i, &bar);
        jout_open(out, '[');
        jout_int(out, bar.t_open / SIM_NS_PER_S);
        put_dec(out, bar.open_px, decimals);
        put_dec(out, bar.high_px, decimals);
        put_dec(out, bar.low_px, decimals);
        put_dec(out, bar.close_px, decimals);
        put_dec(out, pit_bar_vwap(&bar), decimals);
        put_dec(out, bar.qty, PIT_EXP);
        jout_int(out, (int64_t)bar.n);
        jout_close(out, '[');
    }
    jout_close(out, '[');
    // The last that has closed.
    pit_bar_ago(call->sim->pit, sym, (int)minutes, 1, &bar);
    jout_kv_int(out, "last", bar.t_open / SIM_NS_PER_S);
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
        put_dec(out, level[i].qty, PIT_EXP);
        jout_int(out, now / SIM_NS_PER_S);
        jout_close(out, '[');
    }
    jout_close(out, '[');
}

int simk_depth(struct sim_call *call)
{
    const char *text = sim_arg(call, "count");
    struct jout *out = call->out;
    struct pit_view view;
    int64_t count = 100;
    uint32_t sym;
    int decimals;

    if (get_pair(call, &sym) < 0)
        return -1;
    if (text && (num_parse(text, strlen(text), 0, &count) < 0 || count < 1 || count > 500))
        return simk_fail(call, "EGeneral:Invalid arguments");
    decimals = sim_decimals(pit_at(call->sim->pit, sym)->tick_px);
    pit_view(call->sim->pit, sym, &view);
    jout_open(out, '{');
    jout_key(out, simk_pair_at(call->sim, sym)->id);
    jout_open(out, '{');
    put_side(out, "asks", view.ask, view.n_ask < count ? view.n_ask : (uint32_t)count, decimals,
             pit_now(call->sim->pit));
    put_side(out, "bids", view.bid, view.n_bid < count ? view.n_bid : (uint32_t)count, decimals,
             pit_now(call->sim->pit));
    jout_close(out, '{');
    jout_close(out, '{');
    return 0;
}

int simk_trades(struct sim_call *call)
{
    const char *since_text = sim_arg(call, "since"), *count_text = sim_arg(call, "count");
    struct pit *pit = call->sim->pit;
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
        since *= SIM_NS_PER_S;
    decimals = sim_decimals(pit_at(pit, sym)->tick_px);
    n = pit_trades(pit, sym);
    // Without a time the newest, else the first after it.
    first = since < 0 && n > count ? n - (uint32_t)count : 0;
    while (since >= 0 && first < n && pit_trade_at(pit, sym, first)->t <= since)
        first++;
    n = n - first > count ? first + (uint32_t)count : n;
    jout_open(out, '{');
    jout_key(out, simk_pair_at(call->sim, sym)->id);
    jout_open(out, '[');
    for (uint32_t i = first; i < n; i++) {
        const struct pit_trade *trade = pit_trade_at(pit, sym, i);

        jout_open(out, '[');
        put_dec(out, trade->px, decimals);
        put_dec(out, trade->qty, PIT_EXP);
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
