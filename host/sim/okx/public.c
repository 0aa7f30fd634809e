// SPDX-License-Identifier: Apache-2.0
/* public: what anybody may ask by REST, in the words that the channels push as well. */
#include <stdio.h>

#include "base/num.h"
#include "sim/okx/simo.h"

#define DAY_NS (1440 * SIM_NS_PER_MIN)
#define RATE   "0.0001" /* as the positions pay it */

/* --- bars --- */

const char *const simo_bars[SIMO_BARS] = {"1m", "3m", "5m", "15m", "30m", "1H", "4H", "1Dutc"};
static const int minutes_of[SIMO_BARS] = {1, 3, 5, 15, 30, 60, 240, 1440};

static int bar_of(const char *text)
{
    for (int i = 0; i < SIMO_BARS; i++)
        if (strcmp(simo_bars[i], text) == 0)
            return i;
    return -1;
}

int simo_put_bar(struct sim *sim, struct jout *out, uint32_t sym, int length, uint32_t n,
                 agon_ns_t before, agon_ns_t after)
{
    const struct pit_symbol *symbol = pit_at(sim->pit, sym);
    struct pit_bar bar;

    if (!pit_bar_ago(sim->pit, sym, minutes_of[length], n, &bar))
        return 0;
    if (bar.t_open >= before || bar.t_open <= after)
        return 1;
    SHAPE(out, "[$ $ $ $ $ $ $ $ $]", shape_ms(bar.t_open), shape_num(bar.open_px),
          shape_num(bar.high_px), shape_num(bar.low_px), shape_num(bar.close_px),
          simo_size(bar.qty, symbol), shape_num(simo_is_swap(symbol) ? bar.qty : bar.amt),
          shape_num(bar.amt), shape_text(n > 0 ? "1" : "0"));
    return 1;
}

/* before and after are there the other way round: older than, newer than. */
static int get_times(struct sim_call *call, agon_ns_t *before, agon_ns_t *after)
{
    const char *older = simo_arg(call, "after"), *newer = simo_arg(call, "before");
    int64_t ms;

    *before = INT64_MAX;
    *after = -1;
    if (older && (num_parse(older, strlen(older), 0, &ms) < 0 || ms < 0))
        return sim_fail(call, 51000, "Parameter after error");
    if (older)
        *before = num_mul(ms, 1000000);
    if (newer && (num_parse(newer, strlen(newer), 0, &ms) < 0 || ms < 0))
        return sim_fail(call, 51000, "Parameter before error");
    if (newer)
        *after = num_mul(ms, 1000000);
    return 0;
}

static int get_limit(struct sim_call *call, const char *name, int64_t standard, int64_t most,
                     int64_t *limit)
{
    const char *text = simo_arg(call, name);

    *limit = standard;
    if (text && (num_parse(text, strlen(text), 0, limit) < 0 || *limit < 1))
        return sim_fail(call, 51000, "Parameter %s error", name);
    if (*limit > most)
        *limit = most;
    return 0;
}

int simo_candles(struct sim_call *call)
{
    const char *bar = simo_arg(call, "bar");
    int length = bar_of(bar ? bar : "1m");
    agon_ns_t before, after;
    int64_t limit;
    uint32_t sym, n = 0;
    size_t size;

    if (simo_get_symbol(call, &sym) < 0 || get_times(call, &before, &after) < 0 ||
        get_limit(call, "limit", 100, 300, &limit) < 0)
        return -1;
    if (length < 0)
        return sim_fail(call, 51000, "Parameter bar error");
    // The newest first.
    for (int64_t told = 0; told<limit; told += call->out->n> size, n++) {
        size = call->out->n;
        if (!simo_put_bar(call->sim, call->out, sym, length, n, before, after))
            break;
    }
    return 0;
}

/* --- prices --- */

void simo_put_ticker(struct sim *sim, struct jout *out, uint32_t sym)
{
    const struct pit_symbol *symbol = pit_at(sim->pit, sym);
    uint32_t n = pit_trades(sim->pit, sym), count = pit_minutes(sim->pit, sym);
    struct agon_level bid, ask;
    struct pit_bar day = {0};

    for (uint32_t i = count > 1440 ? count - 1440 : 0; i < count; i++)
        pit_bar_add(&day, pit_minute_at(sim->pit, sym, i));
    pit_best(sim->pit, sym, &bid, &ask);
    SHAPE(out, "{instType:$ instId:$ last:$ lastSz:$ askPx:$ askSz:$ bidPx:$ bidSz:$",
          shape_text(simo_is_swap(symbol) ? "SWAP" : "SPOT"), shape_text(symbol->name),
          shape_num(pit_last_px(sim->pit, sym)),
          simo_size(n > 0 ? pit_trade_at(sim->pit, sym, n - 1)->qty : 0, symbol), shape_num(ask.px),
          simo_size(ask.qty, symbol), shape_num(bid.px), simo_size(bid.qty, symbol));
    SHAPE(out, "open24h:$ high24h:$ low24h:$ sodUtc0:$ sodUtc8:$ volCcy24h:$ vol24h:$ ts:$}",
          shape_num(day.open_px), shape_num(day.high_px), shape_num(day.low_px),
          shape_num(day.open_px), shape_num(day.open_px),
          shape_num(simo_is_swap(symbol) ? day.qty : day.amt), simo_size(day.qty, symbol),
          shape_ms(pit_now(sim->pit)));
}

int simo_ticker(struct sim_call *call)
{
    uint32_t sym;

    if (simo_get_symbol(call, &sym) < 0)
        return -1;
    simo_put_ticker(call->sim, call->out, sym);
    return 0;
}

/* Is the symbol of the kind that was asked for? */
static int is_kind(const struct sim_call *call, uint32_t sym)
{
    return sim_is(call, "instType", simo_is_swap(pit_at(call->sim->pit, sym)) ? "SWAP" : "SPOT");
}

static int check_kind(struct sim_call *call)
{
    static const char *const kinds[] = {"SPOT", "SWAP", "MARGIN", "FUTURES", "OPTION"};

    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
        if (sim_is(call, "instType", kinds[i]))
            return 0;
    return sim_fail(call, 51000, "Parameter instType error");
}

int simo_tickers(struct sim_call *call)
{
    if (check_kind(call) < 0)
        return -1;
    for (uint32_t i = 0; i < pit_count(call->sim->pit); i++)
        if (is_kind(call, i))
            simo_put_ticker(call->sim, call->out, i);
    return 0;
}

int simo_books(struct sim_call *call)
{
    const struct pit_symbol *symbol;
    struct pit_view view;
    int64_t depth;
    uint32_t sym;

    if (simo_get_symbol(call, &sym) < 0 || get_limit(call, "sz", 1, SIMO_DEPTH, &depth) < 0)
        return -1;
    symbol = pit_at(call->sim->pit, sym);
    pit_view(call->sim->pit, sym, &view);
    jout_open(call->out, '{');
    simo_put_levels(call->out, "asks", view.ask, view.n_ask < depth ? view.n_ask : (uint32_t)depth,
                    symbol);
    simo_put_levels(call->out, "bids", view.bid, view.n_bid < depth ? view.n_bid : (uint32_t)depth,
                    symbol);
    SHAPE(call->out, "ts:$ seqId:$}", shape_ms(pit_now(call->sim->pit)),
          shape_int((int64_t)simo_of(call->sim)->books[sym].seq));
    return 0;
}

void simo_put_trade(struct sim *sim, struct jout *out, uint32_t sym, const struct pit_trade *trade)
{
    const struct pit_symbol *symbol = pit_at(sim->pit, sym);

    SHAPE(out, "{instId:$ tradeId:$ px:$ sz:$ side:$ ts:$ count:'1'}", shape_text(symbol->name),
          shape_id(trade->id), shape_num(trade->px), simo_size(trade->qty, symbol),
          shape_text(trade->is_buyer_maker ? "sell" : "buy"), shape_ms(trade->t));
}

int simo_trades(struct sim_call *call)
{
    struct pit *pit = call->sim->pit;
    int64_t limit;
    uint32_t sym;

    if (simo_get_symbol(call, &sym) < 0 || get_limit(call, "limit", 100, 500, &limit) < 0)
        return -1;
    for (uint32_t n = pit_trades(pit, sym); n > 0 && limit > 0; n--, limit--)
        simo_put_trade(call->sim, call->out, sym, pit_trade_at(pit, sym, n - 1));
    return 0;
}

/* --- swaps --- */

void simo_put_mark(struct sim *sim, struct jout *out, uint32_t sym)
{
    SHAPE(out, "{instType:'SWAP' instId:$ markPx:$ ts:$}", shape_text(pit_at(sim->pit, sym)->name),
          shape_num(sim_mark_px(sim, sym)), shape_ms(pit_now(sim->pit)));
}

void simo_put_funding(struct sim *sim, struct jout *out, uint32_t sym)
{
    agon_ns_t now = pit_now(sim->pit), t = now - now % SIMO_FUNDING_NS + SIMO_FUNDING_NS;

    SHAPE(out,
          "{instType:'SWAP' instId:$ method:'current_period' formulaType:'withRate' "
          "fundingRate:'" RATE "' nextFundingRate:'' fundingTime:$ nextFundingTime:$ "
          "minFundingRate:'-0.00375' maxFundingRate:'0.00375' settState:'settled' "
          "settFundingRate:'" RATE "' ts:$}",
          shape_text(pit_at(sim->pit, sym)->name), shape_ms(t), shape_ms(t + SIMO_FUNDING_NS),
          shape_ms(now));
}

static int get_swap(struct sim_call *call, uint32_t *sym)
{
    if (simo_get_symbol(call, sym) < 0)
        return -1;
    return simo_is_swap(pit_at(call->sim->pit, *sym))
               ? 0
               : sim_fail(call, 51000, "Parameter instId error");
}

int simo_funding(struct sim_call *call)
{
    uint32_t sym;

    if (get_swap(call, &sym) < 0)
        return -1;
    simo_put_funding(call->sim, call->out, sym);
    return 0;
}

int simo_mark(struct sim_call *call)
{
    uint32_t sym;

    if (simo_arg(call, "instId")) {
        if (get_swap(call, &sym) < 0)
            return -1;
        simo_put_mark(call->sim, call->out, sym);
        return 0;
    }
    for (uint32_t i = 0; i < pit_count(call->sim->pit); i++)
        if (simo_is_swap(pit_at(call->sim->pit, i)) && is_kind(call, i))
            simo_put_mark(call->sim, call->out, i);
    return 0;
}

/* --- what is traded here --- */

void simo_put_instrument(struct sim *sim, struct jout *out, uint32_t sym)
{
    const struct pit_symbol *symbol = pit_at(sim->pit, sym);
    int is_swap = simo_is_swap(symbol);
    char family[28] = "";

    if (is_swap)
        snprintf(family, sizeof(family), "%s-%s", symbol->base, symbol->quote);
    SHAPE(out,
          "{instType:$ instId:$ instIdCode:$ uly:$ instFamily:$ baseCcy:$ quoteCcy:$ settleCcy:$ "
          "ctVal:$ ctMult:$ ctValCcy:$ ctType:$ lever:$ expTime:'' listTime:'1611916828000'",
          shape_text(is_swap ? "SWAP" : "SPOT"), shape_text(symbol->name),
          shape_int(10000 + (int64_t)sym), shape_text(family), shape_text(family),
          shape_text(is_swap ? "" : symbol->base), shape_text(is_swap ? "" : symbol->quote),
          shape_text(is_swap ? symbol->quote : ""),
          is_swap ? shape_num(simo_contract(symbol)) : shape_text(""),
          shape_text(is_swap ? "1" : ""), shape_text(is_swap ? symbol->base : ""),
          shape_text(is_swap ? "linear" : ""), shape_text(is_swap ? "100" : ""));
    SHAPE(out,
          "tickSz:$ lotSz:$ minSz:$ maxLmtSz:$ maxMktSz:$ maxLmtAmt:'20000000' maxMktAmt:$ "
          "ruleType:'normal' state:'live'}",
          shape_num(symbol->tick_px), simo_size(symbol->lot_qty, symbol),
          simo_size(symbol->min_qty, symbol), simo_size(symbol->max_qty, symbol),
          shape_text(is_swap ? "30000" : "1000000"), shape_text(is_swap ? "" : "1000000"));
}

int simo_instruments(struct sim_call *call)
{
    const char *name = simo_arg(call, "instId");

    if (check_kind(call) < 0)
        return -1;
    if (name && pit_find(call->sim->pit, name) < 0)
        return sim_fail(call, 51001,
                        "Instrument ID, Instrument ID code, or Spread ID doesn't "
                        "exist.");
    for (uint32_t i = 0; i < pit_count(call->sim->pit); i++)
        if (is_kind(call, i) && (!name || strcmp(pit_at(call->sim->pit, i)->name, name) == 0))
            simo_put_instrument(call->sim, call->out, i);
    return 0;
}

int simo_time(struct sim_call *call)
{
    SHAPE(call->out, "{ts:$}", shape_ms(call->sim->now.transport));
    return 0;
}

/* No maintenance is announced. */
int simo_status(struct sim_call *call)
{
    (void)call;
    return 0;
}
