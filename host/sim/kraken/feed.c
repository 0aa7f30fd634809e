// SPDX-License-Identifier: Apache-2.0
/* feed: what is pushed: books with their checksums, trades, tickers, bars, what happens to an
 * account's orders and money. */
#include <stdio.h>
#include <stdlib.h>

#include "base/num.h"
#include "sim/kraken/simk.h"

#define DAY_NS      (1440 * SIM_NS_PER_MIN)
#define SNAP_TRADES 50
#define SNAP_BARS   720
#define HUNDREDTH   6 /* a change in per cent has two decimals */

const uint32_t simk_depths[SIMK_DEPTHS] = {10, 25, 100, 500, 1000};

static void begin(struct jout *out, const char *channel, const char *type)
{
    jout_reset(out);
    SHAPE(out, "{channel:$ type:$ data:[", shape_text(channel), shape_text(type));
}

static void finish(struct jout *out)
{
    shape_put(out, "]}", NULL, 0);
}

/* --- books --- */

static void put_levels(const struct sim *sim, struct jout *out, const char *key,
                       const struct agon_level *level, uint32_t n, uint32_t sym)
{
    SHAPE(out, "$:[", shape_text(key));
    for (uint32_t i = 0; i < n; i++)
        SHAPE(out, "{price:$ qty:$}", shape_bare(level[i].px, simk_px_decimals(sim, sym)),
              shape_bare(level[i].qty, simk_qty_decimals(sim, sym)));
    jout_close(out, '[');
}

/* All of it, or what has changed. */
static void put_book(const struct sim *sim, struct jout *out, uint32_t sym,
                     const struct sim_sent *book, int is_snapshot)
{
    uint32_t sum = simk_checksum(book->level[0], book->n[0], book->level[1], book->n[1],
                                 num_pow10(PIT_EXP - simk_px_decimals(sim, sym)),
                                 num_pow10(PIT_EXP - simk_qty_decimals(sim, sym)));

    begin(out, "book", is_snapshot ? "snapshot" : "update");
    SHAPE(out, "{symbol:$", shape_text(pit_at(sim->pit, sym)->name));
    put_levels(sim, out, "bids", is_snapshot ? book->level[0] : book->changed[0],
               is_snapshot ? book->n[0] : book->n_changed[0], sym);
    put_levels(sim, out, "asks", is_snapshot ? book->level[1] : book->changed[1],
               is_snapshot ? book->n[1] : book->n_changed[1], sym);
    SHAPE(out, "checksum:$ timestamp:$}", shape_int(sum), shape_when(pit_now(sim->pit)));
    finish(out);
}

static void tell_book(struct sim *sim, uint32_t sym, uint32_t place, const struct sim_conn *but)
{
    struct sim_sent *book = &simk_of(sim)->books[sym][place];

    if (sim_sent_take(book, sim->pit, sym) == 0)
        return;
    put_book(sim, &sim->frame, sym, book, 0);
    sim_send_subs(sim, sym, (uint32_t)SIMK_BOOK << place, "book", but);
}

static void tell_books(struct sim *sim, uint32_t sym)
{
    for (uint32_t place = 0; place < SIMK_DEPTHS; place++)
        if (sim_has_sub(sim, sym, (uint32_t)SIMK_BOOK << place))
            tell_book(sim, sym, place, NULL);
}

void simk_book_snapshot(struct sim *sim, struct sim_conn *conn, uint32_t sym, uint32_t place,
                        int is_first)
{
    struct sim_sent *book = &simk_of(sim)->books[sym][place];

    // Those who are there already stand where it begins.
    if (is_first)
        sim_sent_take(book, sim->pit, sym);
    else
        tell_book(sim, sym, place, conn);
    if (!conn)
        return;
    put_book(sim, &sim->frame, sym, book, 1);
    sim_send(sim, conn, "book", NULL, &sim->frame);
}

/* --- prices --- */

static void put_ticker(struct sim *sim, struct jout *out, uint32_t sym)
{
    int px_exp = simk_px_decimals(sim, sym);
    int64_t unit = num_pow10(PIT_EXP - px_exp);
    struct agon_level bid, ask;
    struct pit_bar day;
    agon_px_t change, last = pit_last_px(sim->pit, sym);
    int64_t percent;

    pit_bar_since(sim->pit, sym, pit_now(sim->pit) - DAY_NS, &day);
    pit_best(sim->pit, sym, &bid, &ask);
    change = last - day.open_px;
    percent = day.open_px > 0 ? num_mul_div(change, 10000, day.open_px, NUM_EVEN) : 0;
    SHAPE(out, "{symbol:$ bid:$ bid_qty:$ ask:$ ask_qty:$ last:$ volume:$ vwap:$ low:$ high:$ ",
          shape_text(pit_at(sim->pit, sym)->name), shape_bare(bid.px, px_exp),
          shape_bare(bid.qty, PIT_EXP), shape_bare(ask.px, px_exp), shape_bare(ask.qty, PIT_EXP),
          shape_bare(last, px_exp), shape_bare(day.qty, PIT_EXP),
          shape_bare(num_to_step(pit_bar_vwap(&day), unit, NUM_EVEN), px_exp),
          shape_bare(day.low_px, px_exp), shape_bare(day.high_px, px_exp));
    SHAPE(out, "change:$ change_pct:$ timestamp:$}", shape_bare(change, px_exp),
          shape_bare(percent * num_pow10(HUNDREDTH), 2), shape_when(pit_now(sim->pit)));
}

void simk_tell_ticker(struct sim *sim, struct sim_conn *conn, uint32_t sym, const char *type)
{
    begin(&sim->frame, "ticker", type);
    put_ticker(sim, &sim->frame, sym);
    finish(&sim->frame);
    sim_send(sim, conn, "ticker", NULL, &sim->frame);
}

static void put_bar(struct sim *sim, struct jout *out, uint32_t sym, int interval,
                    const struct pit_bar *bar)
{
    int px_exp = simk_px_decimals(sim, sym);
    int64_t unit = num_pow10(PIT_EXP - px_exp);

    SHAPE(out,
          "{symbol:$ open:$ high:$ low:$ close:$ trades:$ volume:$ vwap:$ interval_begin:$ "
          "interval:$ timestamp:$}",
          shape_text(pit_at(sim->pit, sym)->name), shape_bare(bar->open_px, px_exp),
          shape_bare(bar->high_px, px_exp), shape_bare(bar->low_px, px_exp),
          shape_bare(bar->close_px, px_exp), shape_int((int64_t)bar->n),
          shape_bare(bar->qty, PIT_EXP),
          shape_bare(num_to_step(pit_bar_vwap(bar), unit, NUM_EVEN), px_exp),
          shape_when(bar->t_open), shape_int(simk_minutes[interval]),
          shape_when(bar->t_open + simk_minutes[interval] * SIM_NS_PER_MIN));
}

void simk_tell_ohlc(struct sim *sim, struct sim_conn *conn, uint32_t sym, int interval,
                    int is_snapshot)
{
    struct pit_bar bar;
    uint32_t n = 0;

    while (is_snapshot && n < SNAP_BARS - 1 &&
           pit_bar_ago(sim->pit, sym, simk_minutes[interval], n + 1, &bar))
        n++;
    begin(&sim->frame, "ohlc", is_snapshot ? "snapshot" : "update");
    for (uint32_t i = n + 1; i-- > 0;)
        if (pit_bar_ago(sim->pit, sym, simk_minutes[interval], i, &bar))
            put_bar(sim, &sim->frame, sym, interval, &bar);
    finish(&sim->frame);
    sim_send(sim, conn, "ohlc", NULL, &sim->frame);
}

static void put_trade(struct sim *sim, struct jout *out, uint32_t sym,
                      const struct pit_trade *trade)
{
    SHAPE(out, "{symbol:$ side:$ price:$ qty:$ ord_type:'limit' trade_id:$ timestamp:$}",
          shape_text(pit_at(sim->pit, sym)->name),
          shape_text(trade->is_buyer_maker ? "sell" : "buy"),
          shape_bare(trade->px, simk_px_decimals(sim, sym)),
          shape_bare(trade->qty, simk_qty_decimals(sim, sym)), shape_int((int64_t)trade->id),
          shape_when(trade->t));
}

void simk_tell_trades(struct sim *sim, struct sim_conn *conn, uint32_t sym)
{
    uint32_t n = pit_trades(sim->pit, sym);

    begin(&sim->frame, "trade", "snapshot");
    for (uint32_t i = n > SNAP_TRADES ? n - SNAP_TRADES : 0; i < n; i++)
        put_trade(sim, &sim->frame, sym, pit_trade_at(sim->pit, sym, i));
    finish(&sim->frame);
    sim_send(sim, conn, "trade", NULL, &sim->frame);
}

/* --- the market moves --- */

void simk_on_trade(void *ctx, uint32_t sym, const struct pit_trade *trade)
{
    struct sim *sim = ctx;

    sim->traded[sym] = 1;
    begin(&sim->frame, "trade", "update");
    put_trade(sim, &sim->frame, sym, trade);
    finish(&sim->frame);
    sim_send_subs(sim, sym, SIMK_TRADE, "trade", NULL);
}

void simk_on_top(void *ctx, uint32_t sym)
{
    struct sim *sim = ctx;

    sim->topped[sym] = 1;
    tell_books(sim, sym);
}

static void tell_bars(struct sim *sim, uint32_t sym)
{
    for (uint32_t i = 0; i < SIM_CONNS_MAX; i++)
        for (int j = 0; sim->conns[i].id && j < SIMK_INTERVALS; j++)
            if (sim->conns[i].subs[sym] & (uint32_t)SIMK_OHLC << j)
                simk_tell_ohlc(sim, &sim->conns[i], sym, j, 0);
}

static void tell_tickers(struct sim *sim, uint32_t sym, uint32_t what)
{
    if (!sim_has_sub(sim, sym, what))
        return;
    begin(&sim->frame, "ticker", "update");
    put_ticker(sim, &sim->frame, sym);
    finish(&sim->frame);
    sim_send_subs(sim, sym, what, "ticker", NULL);
}

/* Books are told with each change of the best prices, and what lies below here; tickers and bars
 * here alone. */
void simk_on_step(void *ctx, agon_ns_t t)
{
    struct sim *sim = ctx;

    (void)t;
    for (uint32_t sym = 0; sym < pit_count(sim->pit); sym++) {
        tell_books(sim, sym);
        if (sim->traded[sym]) {
            tell_tickers(sim, sym, SIMK_TICKER);
            tell_bars(sim, sym);
        }
        if (sim->topped[sym])
            tell_tickers(sim, sym, SIMK_TICKER_BBO);
        sim->traded[sym] = sim->topped[sym] = 0;
    }
}

/* --- what is traded here --- */

static void put_pair(const struct sim *sim, struct jout *out, uint32_t sym)
{
    const struct pit_symbol *symbol = pit_at(sim->pit, sym);
    int px_exp = simk_px_decimals(sim, sym);
    struct shape_value tick = shape_bare(symbol->tick_px, px_exp);

    SHAPE(out,
          "{symbol:$ base:$ quote:$ status:'online' qty_precision:$ qty_increment:$ "
          "price_precision:$ price_increment:$ tick_size:$ cost_precision:5 marginable:false "
          "has_index:false cost_min:$ qty_min:$}",
          shape_text(symbol->name), shape_text(symbol->base), shape_text(symbol->quote),
          shape_int(simk_qty_decimals(sim, sym)), shape_bare(symbol->lot_qty, PIT_EXP),
          shape_int(px_exp), tick, tick, shape_bare(symbol->min_notional_amt, PIT_EXP),
          shape_bare(symbol->min_qty, PIT_EXP));
}

void simk_tell_instruments(struct sim *sim, struct sim_conn *conn)
{
    const struct instruments *table = pit_table(sim->pit);
    struct jout *out = &sim->frame;

    jout_reset(out);
    shape_put(out, "{channel:'instrument' type:'snapshot' data:{assets:[", NULL, 0);
    for (agon_asset_t i = 1; instruments_asset(table, i) != NULL; i++)
        SHAPE(out,
              "{id:$ status:'enabled' precision:8 precision_display:5 borrowable:false "
              "collateral_value:0.00}",
              shape_text(instruments_asset(table, i)->name));
    shape_put(out, "] pairs:[", NULL, 0);
    for (uint32_t i = 0; i < pit_count(sim->pit); i++)
        put_pair(sim, out, i);
    shape_put(out, "]}}", NULL, 0);
    sim_send(sim, conn, "instrument", NULL, out);
}
