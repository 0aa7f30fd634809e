// SPDX-License-Identifier: Apache-2.0
/* feed: what is pushed: books with the chain of their ids, trades, best prices, bars, what a swap
 * is marked at, what happens to an account's orders and money. */
#include <stdio.h>
#include <stdlib.h>

#include "base/num.h"
#include "sim/okx/simo.h"

#define ALIVE_NS (60 * SIMO_NS_PER_S) /* a book in which nothing changes says so */
#define MARK_NS  (SIMO_NS_PER_S / 5)
#define FEW      5

const char *const simo_channels[SIMO_CHANNELS] = {
    "books",      "books5",       "bbo-tbt",  "trades",   "tickers",
    "mark-price", "funding-rate", "candle1m", "candle3m", "candle5m",
    "candle15m",  "candle30m",    "candle1H", "candle4H", "candle1Dutc"};

void simo_begin(struct jout *out, const char *channel, const char *name, const char *action)
{
    jout_reset(out);
    jout_open(out, '{');
    jout_key(out, "arg");
    jout_open(out, '{');
    jout_kv_str(out, "channel", channel);
    if (name)
        jout_kv_str(out, "instId", name);
    jout_close(out, '{');
    if (action)
        jout_kv_str(out, "action", action);
    jout_key(out, "data");
    jout_open(out, '[');
}

void simo_finish(struct jout *out)
{
    jout_close(out, '[');
    jout_close(out, '{');
}

static void send_one(struct simo *o, struct simo_conn *conn, uint32_t channel, uint32_t sym)
{
    char stream[48];

    snprintf(stream, sizeof(stream), "%s:%s", simo_channels[channel], pit_at(o->pit, sym)->name);
    simo_send(o, conn, stream, NULL, &o->frame);
}

static int has_one(const struct simo *o, uint32_t channel, uint32_t sym)
{
    for (uint32_t i = 0; i < SIMO_CONNS_MAX; i++)
        if (o->conns[i].id && o->conns[i].subs[sym] >> channel & 1)
            return 1;
    return 0;
}

/* What stands in frame, to each who has subscribed it; but: to nobody there. */
static void to_all(struct simo *o, uint32_t channel, uint32_t sym, const struct simo_conn *but)
{
    for (uint32_t i = 0; i < SIMO_CONNS_MAX; i++)
        if (o->conns[i].id && &o->conns[i] != but && o->conns[i].subs[sym] >> channel & 1)
            send_one(o, &o->conns[i], channel, sym);
}

static void begin(struct simo *o, uint32_t channel, uint32_t sym, const char *action)
{
    simo_begin(&o->frame, simo_channels[channel], pit_at(o->pit, sym)->name, action);
}

/* --- books --- */

static void put_level(struct jout *out, agon_px_t px, agon_qty_t qty,
                      const struct pit_symbol *symbol)
{
    jout_open(out, '[');
    simo_num(out, px);
    simo_size(out, qty, symbol);
    jout_str(out, "0");
    jout_str(out, qty > 0 ? "1" : "0");
    jout_close(out, '[');
}

static void put_levels(struct jout *out, const char *key, const struct agon_level *level,
                       uint32_t n, const struct pit_symbol *symbol)
{
    jout_key(out, key);
    jout_open(out, '[');
    for (uint32_t i = 0; i < n; i++)
        put_level(out, level[i].px, level[i].qty, symbol);
    jout_close(out, '[');
}

/* Each level that is new or another, and 0 for one that is gone from the depth. */
static uint32_t put_changes(struct jout *out, const char *key, const struct agon_level *was,
                            uint32_t n_was, const struct agon_level *is, uint32_t n_is, int sign,
                            const struct pit_symbol *symbol)
{
    uint32_t i = 0, j = 0, n = 0;

    jout_key(out, key);
    jout_open(out, '[');
    while (i < n_was || j < n_is) {
        int order = i == n_was                             ? 1
                    : j == n_is                            ? -1
                    : was[i].px == is[j].px                ? 0
                    : (was[i].px > is[j].px) == (sign > 0) ? -1
                                                           : 1;

        if (order < 0) {
            put_level(out, was[i].px, 0, symbol);
            n++;
        } else if (order > 0 || was[i].qty != is[j].qty) {
            put_level(out, is[j].px, is[j].qty, symbol);
            n++;
        }
        i += order <= 0;
        j += order >= 0;
    }
    jout_close(out, '[');
    return n;
}

static void look(const struct simo *o, uint32_t sym, struct pit_view *view)
{
    pit_view(o->pit, sym, view);
    view->n_bid = view->n_bid < SIMO_DEPTH ? view->n_bid : SIMO_DEPTH;
    view->n_ask = view->n_ask < SIMO_DEPTH ? view->n_ask : SIMO_DEPTH;
}

static void capture(struct simo *o, uint32_t sym)
{
    struct simo_book *book = &o->books[sym];
    struct pit_view view;

    look(o, sym, &view);
    book->n_bid = view.n_bid;
    book->n_ask = view.n_ask;
    memcpy(book->bid, view.bid, view.n_bid * sizeof(*book->bid));
    memcpy(book->ask, view.ask, view.n_ask * sizeof(*book->ask));
}

static void put_ids(const struct simo *o, struct jout *out, const struct simo_book *book,
                    int64_t prev)
{
    simo_kv_ms(out, "ts", pit_now(o->pit));
    jout_kv_int(out, "checksum", 0); // retired
    jout_kv_int(out, "prevSeqId", prev);
    jout_kv_int(out, "seqId", (int64_t)book->seq);
    jout_close(out, '{');
    simo_finish(out);
}

/* What has changed since the last time, to all but one. */
static void tell_book(struct simo *o, uint32_t sym, const struct simo_conn *but)
{
    const struct pit_symbol *symbol = pit_at(o->pit, sym);
    struct simo_book *book = &o->books[sym];
    int64_t prev = (int64_t)book->seq;
    struct pit_view view;
    uint32_t n;

    look(o, sym, &view);
    begin(o, SIMO_BOOKS, sym, "update");
    jout_open(&o->frame, '{');
    n = put_changes(&o->frame, "asks", book->ask, book->n_ask, view.ask, view.n_ask, -1, symbol);
    n += put_changes(&o->frame, "bids", book->bid, book->n_bid, view.bid, view.n_bid, 1, symbol);
    if (n == 0 && pit_now(o->pit) - book->t < ALIVE_NS)
        return;
    // Ids have holes: what is named is the one before.
    book->seq += n == 0 ? 0 : 1 + rng_below(&o->rng, 8);
    book->t = pit_now(o->pit);
    capture(o, sym);
    put_ids(o, &o->frame, book, prev);
    to_all(o, SIMO_BOOKS, sym, but);
}

static void tell_snapshot(struct simo *o, struct simo_conn *conn, uint32_t sym)
{
    const struct pit_symbol *symbol = pit_at(o->pit, sym);
    struct simo_book *book = &o->books[sym];

    tell_book(o, sym, conn); // those who are there already stand where it begins
    begin(o, SIMO_BOOKS, sym, "snapshot");
    jout_open(&o->frame, '{');
    put_levels(&o->frame, "asks", book->ask, book->n_ask, symbol);
    put_levels(&o->frame, "bids", book->bid, book->n_bid, symbol);
    put_ids(o, &o->frame, book, -1);
    send_one(o, conn, SIMO_BOOKS, sym);
}

/* A small book as it is, or the best prices: depth levels. */
static void put_small(struct simo *o, uint32_t channel, uint32_t sym, uint32_t depth)
{
    const struct pit_symbol *symbol = pit_at(o->pit, sym);
    struct pit_view view;

    look(o, sym, &view);
    begin(o, channel, sym, NULL);
    jout_open(&o->frame, '{');
    put_levels(&o->frame, "asks", view.ask, view.n_ask < depth ? view.n_ask : depth, symbol);
    put_levels(&o->frame, "bids", view.bid, view.n_bid < depth ? view.n_bid : depth, symbol);
    jout_kv_str(&o->frame, "instId", symbol->name);
    simo_kv_ms(&o->frame, "ts", pit_now(o->pit));
    jout_kv_int(&o->frame, "seqId", (int64_t)(view.id + 1));
    jout_close(&o->frame, '{');
    simo_finish(&o->frame);
}

/* --- the others --- */

/* Puts what the channel says now into frame. 0: it says nothing here. */
static int put_now(struct simo *o, uint32_t channel, uint32_t sym)
{
    if (channel == SIMO_BOOKS5 || channel == SIMO_BBO) {
        put_small(o, channel, sym, channel == SIMO_BBO ? 1 : FEW);
        return 1;
    }
    begin(o, channel, sym, NULL);
    if (channel == SIMO_TICKERS)
        simo_put_ticker(o, &o->frame, sym);
    else if (channel == SIMO_MARK)
        simo_put_mark(o, &o->frame, sym);
    else if (channel == SIMO_FUNDING)
        simo_put_funding(o, &o->frame, sym);
    else if (channel < SIMO_CANDLES ||
             !simo_put_bar(o, &o->frame, sym, (int)(channel - SIMO_CANDLES), 0, INT64_MAX, -1))
        return 0;
    simo_finish(&o->frame);
    return 1;
}

void simo_tell_first(struct simo *o, struct simo_conn *conn, uint32_t channel, uint32_t sym)
{
    if (channel == SIMO_BOOKS)
        tell_snapshot(o, conn, sym);
    else if (channel != SIMO_TRADES && put_now(o, channel, sym))
        send_one(o, conn, channel, sym);
}

static void tell(struct simo *o, uint32_t channel, uint32_t sym)
{
    if (has_one(o, channel, sym) && put_now(o, channel, sym))
        to_all(o, channel, sym, NULL);
}

void simo_on_trade(void *ctx, uint32_t sym, const struct pit_trade *trade)
{
    struct simo *o = ctx;

    o->traded[sym] = 1;
    if (!has_one(o, SIMO_TRADES, sym))
        return;
    begin(o, SIMO_TRADES, sym, NULL);
    simo_put_trade(o, &o->frame, sym, trade);
    simo_finish(&o->frame);
    to_all(o, SIMO_TRADES, sym, NULL);
}

void simo_on_top(void *ctx, uint32_t sym)
{
    struct simo *o = ctx;

    o->topped[sym] = 1;
    tell(o, SIMO_BBO, sym);
}

/* Each 100 ms; marks each 200 ms, funding once a minute. */
void simo_on_step(void *ctx, agon_ns_t t)
{
    struct simo *o = ctx;
    int is_funded = simo_fund(o, t);
    int has_marks = is_funded || t - o->t_mark >= MARK_NS; // what it was paid at is told
    int is_minute = t / SIMO_NS_PER_MIN != o->t_mark / SIMO_NS_PER_MIN;

    for (uint32_t sym = 0; sym < pit_count(o->pit); sym++) {
        int is_swap = simo_is_swap(pit_at(o->pit, sym));

        if (has_one(o, SIMO_BOOKS, sym))
            tell_book(o, sym, NULL);
        if (o->topped[sym])
            tell(o, SIMO_BOOKS5, sym);
        if (o->topped[sym] || o->traded[sym])
            tell(o, SIMO_TICKERS, sym);
        for (uint32_t i = SIMO_CANDLES; o->traded[sym] && i < SIMO_CHANNELS; i++)
            tell(o, i, sym);
        if (is_swap && has_marks)
            tell(o, SIMO_MARK, sym);
        if (is_swap && has_marks && is_minute)
            tell(o, SIMO_FUNDING, sym);
        o->traded[sym] = o->topped[sym] = 0;
    }
    if (has_marks)
        o->t_mark = t;
    for (uint32_t i = 0; is_funded && i < SIMO_CONNS_MAX; i++)
        if (o->conns[i].id && o->conns[i].has_account)
            simo_tell_account(o, &o->conns[i], o->conns[i].account);
}

/* --- an account's --- */

void simo_tell_account(struct simo *o, struct simo_conn *conn, const struct simo_account *account)
{
    simo_begin(&o->frame, "account", NULL, NULL);
    simo_put_account(o, &o->frame, account, NULL);
    simo_finish(&o->frame);
    simo_send(o, conn, NULL, "account", &o->frame);
}

/* only: of that symbol, held or not; -1: all that are held. */
static void tell_positions(struct simo *o, struct simo_conn *conn,
                           const struct simo_account *account, int only)
{
    simo_begin(&o->frame, "positions", NULL, NULL);
    if (only >= 0)
        simo_put_position(o, &o->frame, account, (uint32_t)only);
    else
        simo_put_positions(o, &o->frame, account, NULL);
    simo_finish(&o->frame);
    simo_send(o, conn, NULL, "positions", &o->frame);
}

void simo_tell_positions(struct simo *o, struct simo_conn *conn, const struct simo_account *account)
{
    tell_positions(o, conn, account, -1);
}

void simo_tell_order(struct simo *o, const struct simo_order *order, const struct simo_fill *fill)
{
    uint8_t kind = simo_is_swap(pit_at(o->pit, order->sym)) ? SIMO_SWAP : SIMO_SPOT;

    for (uint32_t i = 0; i < SIMO_CONNS_MAX; i++) {
        struct simo_conn *conn = &o->conns[i];

        if (!conn->id || conn->account != order->account)
            continue;
        if (conn->has_orders & kind) {
            simo_begin(&o->frame, "orders", NULL, NULL);
            simo_put_order(o, &o->frame, order, fill);
            simo_finish(&o->frame);
            simo_send(o, conn, NULL, simo_states[order->state], &o->frame);
        }
        if (conn->has_account)
            simo_tell_account(o, conn, order->account);
        if (conn->has_positions && fill && simo_is_swap(pit_at(o->pit, order->sym)))
            tell_positions(o, conn, order->account, (int)order->sym);
    }
}
