// SPDX-License-Identifier: Apache-2.0
/* feed: what is pushed: books with their checksums, trades, tickers, bars, what happens to an
 * account's orders and money. */
#include <stdio.h>
#include <stdlib.h>

#include "base/num.h"
#include "sim/kraken/simk.h"

#define DAY_NS      (1440 * SIMK_NS_PER_MIN)
#define SNAP_TRADES 50
#define SNAP_BARS   720
#define HUNDREDTH   6 /* a change in per cent has two decimals */

const uint32_t simk_depths[SIMK_DEPTHS] = {10, 25, 100, 500, 1000};

static void begin(struct jout *out, const char *channel, const char *type)
{
    jout_reset(out);
    jout_open(out, '{');
    jout_kv_str(out, "channel", channel);
    jout_kv_str(out, "type", type);
    jout_key(out, "data");
    jout_open(out, '[');
}

static void finish(struct jout *out)
{
    jout_close(out, '[');
    jout_close(out, '{');
}

/* To each connection that has something at that place, by name "channel:symbol". */
static void to_all(struct simk *k, size_t offset, uint8_t what, const char *channel, uint32_t sym)
{
    char stream[48];

    snprintf(stream, sizeof(stream), "%s:%s", channel, pit_at(k->pit, sym)->name);
    for (uint32_t i = 0; i < SIMK_CONNS_MAX; i++) {
        struct simk_conn *conn = &k->conns[i];

        if (conn->id && ((uint8_t *)conn)[offset + sym] == what)
            simk_send(k, conn, stream, NULL, &k->frame);
    }
}

static int px_decimals(const struct simk *k, uint32_t sym)
{
    return simk_decimals(pit_at(k->pit, sym)->tick_px);
}

static int qty_decimals(const struct simk *k, uint32_t sym)
{
    return simk_decimals(pit_at(k->pit, sym)->lot_qty);
}

/* --- books --- */

static void put_level(struct jout *out, agon_px_t px, agon_qty_t qty, int px_exp, int qty_exp)
{
    jout_open(out, '{');
    simk_kv_num(out, "price", px, px_exp);
    simk_kv_num(out, "qty", qty, qty_exp);
    jout_close(out, '{');
}

/* What a client that keeps so many levels has to hear: each level that is new or another; 0 for one
 * that is gone, unless better ones have pushed it out of the depth, which he sees himself. */
static uint32_t put_changes(struct jout *out, const struct agon_level *was, uint32_t n_was,
                            const struct agon_level *is, uint32_t n_is, uint32_t depth, int sign,
                            int px_exp, int qty_exp)
{
    uint32_t i = 0, j = 0, n = 0;

    while (i < n_was || j < n_is) {
        int order = i == n_was                             ? 1
                    : j == n_is                            ? -1
                    : was[i].px == is[j].px                ? 0
                    : (was[i].px > is[j].px) == (sign > 0) ? -1
                                                           : 1;

        if (order < 0 && (j < n_is || n_is < depth)) {
            put_level(out, was[i].px, 0, px_exp, qty_exp);
            n++;
        } else if (order >= 0 && (order > 0 || was[i].qty != is[j].qty)) {
            put_level(out, is[j].px, is[j].qty, px_exp, qty_exp);
            n++;
        }
        i += order <= 0;
        j += order >= 0;
    }
    return n;
}

static void put_book_end(const struct simk *k, struct jout *out, uint32_t sym,
                         const struct simk_book *book)
{
    jout_kv_int(out, "checksum",
                simk_checksum(book->bid, book->n_bid, book->ask, book->n_ask,
                              num_pow10(SIMK_EXP - px_decimals(k, sym)),
                              num_pow10(SIMK_EXP - qty_decimals(k, sym))));
    simk_kv_when(out, "timestamp", pit_now(k->pit));
    jout_close(out, '{');
    finish(out);
}

static void capture(struct simk *k, uint32_t sym, uint32_t place)
{
    struct simk_book *book = &k->books[sym][place];
    uint32_t depth = simk_depths[place];
    struct pit_view view;

    if (!book->bid) {
        book->bid = calloc(depth, sizeof(*book->bid));
        book->ask = calloc(depth, sizeof(*book->ask));
        REQUIRE(book->bid != NULL && book->ask != NULL);
    }
    pit_view(k->pit, sym, &view);
    book->n_bid = view.n_bid < depth ? view.n_bid : depth;
    book->n_ask = view.n_ask < depth ? view.n_ask : depth;
    memcpy(book->bid, view.bid, book->n_bid * sizeof(*book->bid));
    memcpy(book->ask, view.ask, book->n_ask * sizeof(*book->ask));
}

static void tell_book(struct simk *k, uint32_t sym, uint32_t place)
{
    struct simk_book *book = &k->books[sym][place];
    uint32_t depth = simk_depths[place], n;
    struct jout *out = &k->frame;
    struct pit_view view;
    int px_exp = px_decimals(k, sym), qty_exp = qty_decimals(k, sym);

    pit_view(k->pit, sym, &view);
    begin(out, "book", "update");
    jout_open(out, '{');
    jout_kv_str(out, "symbol", pit_at(k->pit, sym)->name);
    jout_key(out, "bids");
    jout_open(out, '[');
    n = put_changes(out, book->bid, book->n_bid, view.bid, view.n_bid < depth ? view.n_bid : depth,
                    depth, 1, px_exp, qty_exp);
    jout_close(out, '[');
    jout_key(out, "asks");
    jout_open(out, '[');
    n += put_changes(out, book->ask, book->n_ask, view.ask, view.n_ask < depth ? view.n_ask : depth,
                     depth, -1, px_exp, qty_exp);
    jout_close(out, '[');
    if (n == 0)
        return;
    capture(k, sym, place);
    put_book_end(k, out, sym, book);
    to_all(k, offsetof(struct simk_conn, book), (uint8_t)(place + 1), "book", sym);
}

static void tell_books(struct simk *k, uint32_t sym)
{
    for (uint32_t place = 0; place < SIMK_DEPTHS; place++)
        if (k->books[sym][place].n_subs > 0)
            tell_book(k, sym, place);
}

void simk_book_snapshot(struct simk *k, struct simk_conn *conn, uint32_t sym, uint32_t place)
{
    struct simk_book *book = &k->books[sym][place];
    struct jout *out = &k->frame;

    // Those who are there already stand where it begins.
    if (book->n_subs++ > 0) {
        if (conn)
            conn->book[sym] = 0;
        tell_book(k, sym, place);
        if (conn)
            conn->book[sym] = (uint8_t)(place + 1);
    } else {
        capture(k, sym, place);
    }
    if (!conn)
        return;
    begin(out, "book", "snapshot");
    jout_open(out, '{');
    jout_kv_str(out, "symbol", pit_at(k->pit, sym)->name);
    jout_key(out, "bids");
    jout_open(out, '[');
    for (uint32_t i = 0; i < book->n_bid; i++)
        put_level(out, book->bid[i].px, book->bid[i].qty, px_decimals(k, sym),
                  qty_decimals(k, sym));
    jout_close(out, '[');
    jout_key(out, "asks");
    jout_open(out, '[');
    for (uint32_t i = 0; i < book->n_ask; i++)
        put_level(out, book->ask[i].px, book->ask[i].qty, px_decimals(k, sym),
                  qty_decimals(k, sym));
    jout_close(out, '[');
    put_book_end(k, out, sym, book);
    simk_send(k, conn, "book", NULL, out);
}

/* --- prices --- */

void simk_put_ticker(struct simk *k, struct jout *out, uint32_t sym)
{
    int px_exp = px_decimals(k, sym);
    int64_t unit = num_pow10(SIMK_EXP - px_exp);
    struct agon_level bid, ask;
    struct pit_bar day;
    agon_px_t change, last = pit_last_px(k->pit, sym);

    simk_stats(k->pit, sym, pit_now(k->pit) - DAY_NS, &day);
    pit_best(k->pit, sym, &bid, &ask);
    change = last - day.open_px;
    jout_open(out, '{');
    jout_kv_str(out, "symbol", pit_at(k->pit, sym)->name);
    simk_kv_num(out, "bid", bid.px, px_exp);
    simk_kv_num(out, "bid_qty", bid.qty, SIMK_EXP);
    simk_kv_num(out, "ask", ask.px, px_exp);
    simk_kv_num(out, "ask_qty", ask.qty, SIMK_EXP);
    simk_kv_num(out, "last", last, px_exp);
    simk_kv_num(out, "volume", day.qty, SIMK_EXP);
    simk_kv_num(out, "vwap", num_to_step(simk_vwap(&day), unit, NUM_EVEN), px_exp);
    simk_kv_num(out, "low", day.low_px, px_exp);
    simk_kv_num(out, "high", day.high_px, px_exp);
    simk_kv_num(out, "change", change, px_exp);
    simk_kv_num(out, "change_pct",
                day.open_px > 0
                    ? num_mul_div(change, 10000, day.open_px, NUM_EVEN) * num_pow10(HUNDREDTH)
                    : 0,
                2);
    simk_kv_when(out, "timestamp", pit_now(k->pit));
    jout_close(out, '{');
}

void simk_tell_ticker(struct simk *k, struct simk_conn *conn, uint32_t sym, const char *type)
{
    begin(&k->frame, "ticker", type);
    simk_put_ticker(k, &k->frame, sym);
    finish(&k->frame);
    simk_send(k, conn, "ticker", NULL, &k->frame);
}

static void put_bar(struct simk *k, struct jout *out, uint32_t sym, int interval,
                    const struct pit_bar *bar)
{
    int px_exp = px_decimals(k, sym);
    int64_t unit = num_pow10(SIMK_EXP - px_exp);

    jout_open(out, '{');
    jout_kv_str(out, "symbol", pit_at(k->pit, sym)->name);
    simk_kv_num(out, "open", bar->open_px, px_exp);
    simk_kv_num(out, "high", bar->high_px, px_exp);
    simk_kv_num(out, "low", bar->low_px, px_exp);
    simk_kv_num(out, "close", bar->close_px, px_exp);
    jout_kv_int(out, "trades", (int64_t)bar->n);
    simk_kv_num(out, "volume", bar->qty, SIMK_EXP);
    simk_kv_num(out, "vwap", num_to_step(simk_vwap(bar), unit, NUM_EVEN), px_exp);
    simk_kv_when(out, "interval_begin", bar->t_open);
    jout_kv_int(out, "interval", simk_minutes[interval]);
    simk_kv_when(out, "timestamp", bar->t_open + simk_minutes[interval] * SIMK_NS_PER_MIN);
    jout_close(out, '{');
}

void simk_tell_ohlc(struct simk *k, struct simk_conn *conn, uint32_t sym, int interval,
                    int is_snapshot)
{
    struct pit_bar bar;
    uint32_t n = 0;

    while (is_snapshot && n < SNAP_BARS - 1 &&
           simk_bar(k->pit, sym, simk_minutes[interval], n + 1, &bar))
        n++;
    begin(&k->frame, "ohlc", is_snapshot ? "snapshot" : "update");
    for (uint32_t i = n + 1; i-- > 0;)
        if (simk_bar(k->pit, sym, simk_minutes[interval], i, &bar))
            put_bar(k, &k->frame, sym, interval, &bar);
    finish(&k->frame);
    simk_send(k, conn, "ohlc", NULL, &k->frame);
}

static void put_trade(struct simk *k, struct jout *out, uint32_t sym, const struct pit_trade *trade)
{
    jout_open(out, '{');
    jout_kv_str(out, "symbol", pit_at(k->pit, sym)->name);
    jout_kv_str(out, "side", trade->is_buyer_maker ? "sell" : "buy");
    simk_kv_num(out, "price", trade->px, px_decimals(k, sym));
    simk_kv_num(out, "qty", trade->qty, qty_decimals(k, sym));
    jout_kv_str(out, "ord_type", "limit");
    jout_kv_int(out, "trade_id", (int64_t)trade->id);
    simk_kv_when(out, "timestamp", trade->t);
    jout_close(out, '{');
}

void simk_tell_trades(struct simk *k, struct simk_conn *conn, uint32_t sym)
{
    uint32_t n = pit_trades(k->pit, sym);

    begin(&k->frame, "trade", "snapshot");
    for (uint32_t i = n > SNAP_TRADES ? n - SNAP_TRADES : 0; i < n; i++)
        put_trade(k, &k->frame, sym, pit_trade_at(k->pit, sym, i));
    finish(&k->frame);
    simk_send(k, conn, "trade", NULL, &k->frame);
}

/* --- the market moves --- */

void simk_on_trade(void *ctx, uint32_t sym, const struct pit_trade *trade)
{
    struct simk *k = ctx;

    k->traded[sym] = 1;
    begin(&k->frame, "trade", "update");
    put_trade(k, &k->frame, sym, trade);
    finish(&k->frame);
    to_all(k, offsetof(struct simk_conn, trade), 1, "trade", sym);
}

void simk_on_top(void *ctx, uint32_t sym)
{
    struct simk *k = ctx;

    k->topped[sym] = 1;
    tell_books(k, sym);
}

static void tell_bars(struct simk *k, uint32_t sym)
{
    for (uint32_t i = 0; i < SIMK_CONNS_MAX; i++)
        for (int j = 0; k->conns[i].id && j < SIMK_INTERVALS; j++)
            if (k->conns[i].ohlc[sym] >> j & 1)
                simk_tell_ohlc(k, &k->conns[i], sym, j, 0);
}

static int has_one(const struct simk *k, uint32_t sym, uint8_t what)
{
    for (uint32_t i = 0; i < SIMK_CONNS_MAX; i++)
        if (k->conns[i].id && k->conns[i].ticker[sym] == what)
            return 1;
    return 0;
}

static void tell_tickers(struct simk *k, uint32_t sym, uint8_t what)
{
    if (!has_one(k, sym, what))
        return;
    begin(&k->frame, "ticker", "update");
    simk_put_ticker(k, &k->frame, sym);
    finish(&k->frame);
    to_all(k, offsetof(struct simk_conn, ticker), what, "ticker", sym);
}

/* Books are told with each change of the best prices, and what lies below here; tickers and bars
 * here alone. */
void simk_on_step(void *ctx, agon_ns_t t)
{
    struct simk *k = ctx;

    (void)t;
    for (uint32_t sym = 0; sym < pit_count(k->pit); sym++) {
        tell_books(k, sym);
        if (k->traded[sym]) {
            tell_tickers(k, sym, 1);
            tell_bars(k, sym);
        }
        if (k->topped[sym])
            tell_tickers(k, sym, 2);
        k->traded[sym] = k->topped[sym] = 0;
    }
}

/* --- what is traded here --- */

static void put_asset(struct jout *out, const char *name)
{
    jout_open(out, '{');
    jout_kv_str(out, "id", name);
    jout_kv_str(out, "status", "enabled");
    jout_kv_int(out, "precision", SIMK_EXP);
    jout_kv_int(out, "precision_display", 5);
    jout_kv_bool(out, "borrowable", 0);
    simk_kv_num(out, "collateral_value", 0, 2);
    jout_close(out, '{');
}

static void put_pair(const struct simk *k, struct jout *out, uint32_t sym)
{
    const struct pit_symbol *symbol = pit_at(k->pit, sym);

    jout_open(out, '{');
    jout_kv_str(out, "symbol", symbol->name);
    jout_kv_str(out, "base", symbol->base);
    jout_kv_str(out, "quote", symbol->quote);
    jout_kv_str(out, "status", "online");
    jout_kv_int(out, "qty_precision", qty_decimals(k, sym));
    simk_kv_num(out, "qty_increment", symbol->lot_qty, SIMK_EXP);
    jout_kv_int(out, "price_precision", px_decimals(k, sym));
    simk_kv_num(out, "price_increment", symbol->tick_px, px_decimals(k, sym));
    simk_kv_num(out, "tick_size", symbol->tick_px, px_decimals(k, sym));
    jout_kv_int(out, "cost_precision", 5);
    jout_kv_bool(out, "marginable", 0);
    jout_kv_bool(out, "has_index", 0);
    simk_kv_num(out, "cost_min", symbol->min_notional_amt, SIMK_EXP);
    simk_kv_num(out, "qty_min", symbol->min_qty, SIMK_EXP);
    jout_close(out, '{');
}

void simk_tell_instruments(struct simk *k, struct simk_conn *conn)
{
    const struct instruments *table = pit_table(k->pit);
    struct jout *out = &k->frame;

    jout_reset(out);
    jout_open(out, '{');
    jout_kv_str(out, "channel", "instrument");
    jout_kv_str(out, "type", "snapshot");
    jout_key(out, "data");
    jout_open(out, '{');
    jout_key(out, "assets");
    jout_open(out, '[');
    for (agon_asset_t i = 1; instruments_asset(table, i) != NULL; i++)
        put_asset(out, instruments_asset(table, i)->name);
    jout_close(out, '[');
    jout_key(out, "pairs");
    jout_open(out, '[');
    for (uint32_t i = 0; i < pit_count(k->pit); i++)
        put_pair(k, out, i);
    jout_close(out, '[');
    jout_close(out, '{');
    jout_close(out, '{');
    simk_send(k, conn, "instrument", NULL, out);
}
