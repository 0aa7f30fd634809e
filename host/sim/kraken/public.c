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
    SHAPE(call->out, "{unixtime:$ rfc1123:$}", shape_int((int64_t)s), shape_text(text));
    return 0;
}

int simk_system_status(struct sim_call *call)
{
    SHAPE(call->out, "{status:'online' timestamp:$}", shape_when(call->sim->now.transport));
    return 0;
}

int simk_assets(struct sim_call *call)
{
    const struct instruments *table = pit_table(call->sim->pit);
    struct jout *out = call->out;

    jout_open(out, '{');
    for (agon_asset_t i = 1; instruments_asset(table, i) != NULL; i++) {
        const char *name = instruments_asset(table, i)->name;

        SHAPE(out, "$:{aclass:'currency' altname:$ decimals:8 display_decimals:5 status:'enabled'}",
              shape_text(simk_asset_id(name)), shape_text(simk_asset_alt(name)));
    }
    jout_close(out, '{');
    return 0;
}

/* [[0, per cent]] */
static struct shape_value fees_of(int32_t ppb, char text[NUM_TEXT + 8])
{
    size_t n = 4;

    memcpy(text, "[[0,", n);
    n += (size_t)num_format_short(ppb, 7, text + n);
    memcpy(text + n, "]]", 2);
    return shape_raw(text, n + 2);
}

static struct shape_value short_of(int64_t value, char text[NUM_TEXT])
{
    num_format_short(value, PIT_EXP, text);
    return shape_text(text);
}

static void put_pair(struct sim *sim, struct jout *out, uint32_t sym)
{
    const struct pit_symbol *symbol = pit_at(sim->pit, sym);
    const struct simk_pair *pair = simk_pair_at(sim, sym);
    char taker[NUM_TEXT + 8], maker[NUM_TEXT + 8];
    char qty[NUM_TEXT], cost[NUM_TEXT], tick[NUM_TEXT];

    SHAPE(out,
          "$:{altname:$ wsname:$ aclass_base:'currency' base:$ aclass_quote:'currency' quote:$ "
          "lot:'unit' cost_decimals:5 pair_decimals:$ lot_decimals:$ lot_multiplier:1",
          shape_text(pair->id), shape_text(pair->alt), shape_text(pair->wsname),
          shape_text(simk_asset_id(symbol->base)), shape_text(simk_asset_id(symbol->quote)),
          shape_int(simk_px_decimals(sim, sym)), shape_int(simk_qty_decimals(sim, sym)));
    SHAPE(out,
          "leverage_buy:[] leverage_sell:[] fees:$ fees_maker:$ fee_volume_currency:'ZUSD' "
          "margin_call:80 margin_stop:40 ordermin:$ costmin:$ tick_size:$ status:'online'}",
          fees_of(symbol->taker_fee_ppb, taker), fees_of(symbol->maker_fee_ppb, maker),
          short_of(symbol->min_qty, qty), short_of(symbol->min_notional_amt, cost),
          short_of(symbol->tick_px, tick));
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

static int put_pairs(struct sim_call *call,
                     void (*put)(struct sim *sim, struct jout *out, uint32_t sym))
{
    uint32_t pairs;

    if (get_pairs(call, &pairs) < 0)
        return -1;
    jout_open(call->out, '{');
    for (uint32_t i = 0; i < pit_count(call->sim->pit); i++)
        if (pairs & (1u << i))
            put(call->sim, call->out, i);
    jout_close(call->out, '{');
    return 0;
}

int simk_asset_pairs(struct sim_call *call)
{
    return put_pairs(call, put_pair);
}

/* --- prices --- */

static void put_ticker(struct sim *sim, struct jout *out, uint32_t sym)
{
    struct pit *pit = sim->pit;
    agon_ns_t now = pit_now(pit);
    uint32_t n = pit_trades(pit, sym);
    int px = simk_px_decimals(sim, sym);
    int64_t one = num_pow10(PIT_EXP);
    struct pit_bar today, day;
    struct agon_level bid, ask;

    pit_best(pit, sym, &bid, &ask);
    pit_bar_since(pit, sym, now - now % DAY_NS, &today);
    pit_bar_since(pit, sym, now - DAY_NS, &day);
    SHAPE(out, "$:{a:[$ $ $] b:[$ $ $] c:[$ $]", shape_text(simk_pair_at(sim, sym)->id),
          shape_cut(ask.px, px), shape_cut(ask.qty < one ? one : ask.qty, 0), shape_cut(ask.qty, 3),
          shape_cut(bid.px, px), shape_cut(bid.qty < one ? one : bid.qty, 0), shape_cut(bid.qty, 3),
          shape_cut(pit_last_px(pit, sym), px),
          shape_cut(n > 0 ? pit_trade_at(pit, sym, n - 1)->qty : 0, PIT_EXP));
    SHAPE(out, "v:[$ $] p:[$ $] t:[$ $] l:[$ $] h:[$ $] o:$}", shape_cut(today.qty, PIT_EXP),
          shape_cut(day.qty, PIT_EXP), shape_cut(pit_bar_vwap(&today), px),
          shape_cut(pit_bar_vwap(&day), px), shape_int((int64_t)today.n), shape_int((int64_t)day.n),
          shape_cut(today.low_px, px), shape_cut(day.low_px, px), shape_cut(today.high_px, px),
          shape_cut(day.high_px, px), shape_cut(today.open_px, px));
}

int simk_ticker(struct sim_call *call)
{
    return put_pairs(call, put_ticker);
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
    decimals = simk_px_decimals(call->sim, sym);
    while (n < 720 && pit_bar_ago(call->sim->pit, sym, (int)minutes, n, &bar) &&
           bar.t_open / SIM_NS_PER_S >= since)
        n++;
    SHAPE(out, "{$:[", shape_text(simk_pair_at(call->sim, sym)->id));
    for (uint32_t i = n; i-- > 0;) {
        pit_bar_ago(call->sim->pit, sym, (int)minutes, i, &bar);
        SHAPE(out, "[$ $ $ $ $ $ $ $]", shape_int(bar.t_open / SIM_NS_PER_S),
              shape_cut(bar.open_px, decimals), shape_cut(bar.high_px, decimals),
              shape_cut(bar.low_px, decimals), shape_cut(bar.close_px, decimals),
              shape_cut(pit_bar_vwap(&bar), decimals), shape_cut(bar.qty, PIT_EXP),
              shape_int((int64_t)bar.n));
    }
    // The last that has closed.
    pit_bar_ago(call->sim->pit, sym, (int)minutes, 1, &bar);
    SHAPE(out, "] last:$}", shape_int(bar.t_open / SIM_NS_PER_S));
    return 0;
}

static void put_side(struct jout *out, const char *key, const struct agon_level *level, uint32_t n,
                     int decimals, agon_ns_t now)
{
    SHAPE(out, "$:[", shape_text(key));
    for (uint32_t i = 0; i < n; i++)
        SHAPE(out, "[$ $ $]", shape_cut(level[i].px, decimals), shape_cut(level[i].qty, PIT_EXP),
              shape_int(now / SIM_NS_PER_S));
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
    decimals = simk_px_decimals(call->sim, sym);
    pit_view(call->sim->pit, sym, &view);
    SHAPE(out, "{$:{", shape_text(simk_pair_at(call->sim, sym)->id));
    put_side(out, "asks", view.ask, view.n_ask < count ? view.n_ask : (uint32_t)count, decimals,
             pit_now(call->sim->pit));
    put_side(out, "bids", view.bid, view.n_bid < count ? view.n_bid : (uint32_t)count, decimals,
             pit_now(call->sim->pit));
    shape_put(out, "}}", NULL, 0);
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
    decimals = simk_px_decimals(call->sim, sym);
    n = pit_trades(pit, sym);
    // Without a time the newest, else the first after it.
    first = since < 0 && n > count ? n - (uint32_t)count : 0;
    while (since >= 0 && first < n && pit_trade_at(pit, sym, first)->t <= since)
        first++;
    n = n - first > count ? first + (uint32_t)count : n;
    SHAPE(out, "{$:[", shape_text(simk_pair_at(call->sim, sym)->id));
    for (uint32_t i = first; i < n; i++) {
        const struct pit_trade *trade = pit_trade_at(pit, sym, i);

        SHAPE(out, "[$ $ $ $ 'l' '' $]", shape_cut(trade->px, decimals),
              shape_cut(trade->qty, PIT_EXP), shape_unix(trade->t),
              shape_text(trade->is_buyer_maker ? "s" : "b"), shape_int((int64_t)trade->id));
    }
    snprintf(text, sizeof(text), "%lld",
             (long long)(n > first   ? pit_trade_at(pit, sym, n - 1)->t
                         : since > 0 ? since
                                     : 0));
    SHAPE(out, "] last:$}", shape_text(text));
    return 0;
}
