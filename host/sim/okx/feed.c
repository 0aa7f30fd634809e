// SPDX-License-Identifier: Apache-2.0
/* feed: what is pushed: books with the chain of their ids, trades, best prices, bars, what a swap
 * is marked at, what happens to an account's orders and money. */
#include <stdio.h>
#include <stdlib.h>

#include "base/num.h"
#include "sim/okx/simo.h"

#define ALIVE_NS (60 * SIM_NS_PER_S) /* a book in which nothing changes says so */
#define MARK_NS  (SIM_NS_PER_S / 5)
#define FEW      5

const char *const simo_channels[SIMO_CHANNELS] = {
    "books",      "books5",       "bbo-tbt",  "trades",   "tickers",
    "mark-price", "funding-rate", "candle1m", "candle3m", "candle5m",
    "candle15m",  "candle30m",    "candle1H", "candle4H", "candle1Dutc"};

void simo_begin(struct jout *out, const char *channel, const char *name, const char *action)
{
    jout_reset(out);
    SHAPE(out, "{arg:{channel:$ instId:$} action:$ data:[", shape_text(channel), shape_some(name),
          shape_some(action));
}

void simo_finish(struct jout *out)
{
    shape_put(out, "]}", NULL, 0);
}

static void send_one(struct sim *sim, struct sim_conn *conn, uint32_t channel, uint32_t sym)
{
    char stream[48];

    snprintf(stream, sizeof(stream), "%s:%s", simo_channels[channel], pit_at(sim->pit, sym)->name);
    sim_send(sim, conn, stream, NULL, &sim->frame);
}

/* What stands in frame, to each who has subscribed it; but: to nobody there. */
static void to_all(struct sim *sim, uint32_t channel, uint32_t sym, const struct sim_conn *but)
{
    sim_send_subs(sim, sym, 1u << channel, simo_channels[channel], but);
}

static void begin(struct sim *sim, uint32_t channel, uint32_t sym, const char *action)
{
    simo_begin(&sim->frame, simo_channels[channel], pit_at(sim->pit, sym)->name, action);
}

/* --- books --- */

void simo_put_levels(struct jout *out, const char *key, const struct agon_level *level, uint32_t n,
                     const struct pit_symbol *symbol)
{
    SHAPE(out, "$:[", shape_text(key));
    for (uint32_t i = 0; i < n; i++)
        SHAPE(out, "[$ $ '0' $]", shape_num(level[i].px), simo_size(level[i].qty, symbol),
              shape_text(level[i].qty > 0 ? "1" : "0"));
    jout_close(out, '[');
}

// The sum is retired.
static void put_ids(const struct sim *sim, struct jout *out, const struct simo_book *book,
                    int64_t prev)
{
    SHAPE(out, "ts:$ checksum:0 prevSeqId:$ seqId:$}", shape_ms(pit_now(sim->pit)), shape_int(prev),
          shape_int((int64_t)book->seq));
    simo_finish(out);
}

/* What has changed since the last time, to all but one. */
static void tell_book(struct sim *sim, uint32_t sym, const struct sim_conn *but)
{
    const struct pit_symbol *symbol = pit_at(sim->pit, sym);
    struct simo_book *book = &simo_of(sim)->books[sym];
    struct sim_sent *sent = &book->sent;
    int64_t prev = (int64_t)book->seq;
    uint32_t n = sim_sent_take(sent, sim->pit, sym);

    if (n == 0 && pit_now(sim->pit) - book->t < ALIVE_NS)
        return;
    begin(sim, SIMO_BOOKS, sym, "update");
    jout_open(&sim->frame, '{');
    simo_put_levels(&sim->frame, "asks", sent->changed[1], sent->n_changed[1], symbol);
    simo_put_levels(&sim->frame, "bids", sent->changed[0], sent->n_changed[0], symbol);
    // Ids have holes: what is named is the one before.
    book->seq += n == 0 ? 0 : 1 + rng_below(&sim->rng, 8);
    book->t = pit_now(sim->pit);
    put_ids(sim, &sim->frame, book, prev);
    to_all(sim, SIMO_BOOKS, sym, but);
}

static void tell_snapshot(struct sim *sim, struct sim_conn *conn, uint32_t sym)
{
    const struct pit_symbol *symbol = pit_at(sim->pit, sym);
    struct simo_book *book = &simo_of(sim)->books[sym];

    tell_book(sim, sym, conn); // those who are there already stand where it begins
    begin(sim, SIMO_BOOKS, sym, "snapshot");
    jout_open(&sim->frame, '{');
    simo_put_levels(&sim->frame, "asks", book->sent.level[1], book->sent.n[1], symbol);
    simo_put_levels(&sim->frame, "bids", book->sent.level[0], book->sent.n[0], symbol);
    put_ids(sim, &sim->frame, book, -1);
    send_one(sim, conn, SIMO_BOOKS, sym);
}

/* A small book as it is, or the best prices: depth levels. */
static void put_small(struct sim *sim, uint32_t channel, uint32_t sym, uint32_t depth)
{
    const struct pit_symbol *symbol = pit_at(sim->pit, sym);
    struct pit_view view;

    pit_view(sim->pit, sym, &view);
    begin(sim, channel, sym, NULL);
    jout_open(&sim->frame, '{');
    simo_put_levels(&sim->frame, "asks", view.ask, view.n_ask < depth ? view.n_ask : depth, symbol);
    simo_put_levels(&sim->frame, "bids", view.bid, view.n_bid < depth ? view.n_bid : depth, symbol);
    SHAPE(&sim->frame, "instId:$ ts:$ seqId:$}", shape_text(symbol->name),
          shape_ms(pit_now(sim->pit)), shape_int((int64_t)(view.id + 1)));
    simo_finish(&sim->frame);
}

/* --- the others --- */

/* Puts what the channel says now into frame. 0: it says nothing here. */
static int put_now(struct sim *sim, uint32_t channel, uint32_t sym)
{
    if (channel == SIMO_BOOKS5 || channel == SIMO_BBO) {
        put_small(sim, channel, sym, channel == SIMO_BBO ? 1 : FEW);
        return 1;
    }
    begin(sim, channel, sym, NULL);
    if (channel == SIMO_TICKERS)
        simo_put_ticker(sim, &sim->frame, sym);
    else if (channel == SIMO_MARK)
        simo_put_mark(sim, &sim->frame, sym);
    else if (channel == SIMO_FUNDING)
        simo_put_funding(sim, &sim->frame, sym);
    else if (channel < SIMO_CANDLES ||
             !simo_put_bar(sim, &sim->frame, sym, (int)(channel - SIMO_CANDLES), 0, INT64_MAX, -1))
        return 0;
    simo_finish(&sim->frame);
    return 1;
}

void simo_tell_first(struct sim *sim, struct sim_conn *conn, uint32_t channel, uint32_t sym)
{
    if (channel == SIMO_BOOKS)
        tell_snapshot(sim, conn, sym);
    else if (channel != SIMO_TRADES && put_now(sim, channel, sym))
        send_one(sim, conn, channel, sym);
}

static void tell(struct sim *sim, uint32_t channel, uint32_t sym)
{
    if (sim_has_sub(sim, sym, 1u << channel) && put_now(sim, channel, sym))
        to_all(sim, channel, sym, NULL);
}

void simo_on_trade(void *ctx, uint32_t sym, const struct pit_trade *trade)
{
    struct sim *sim = ctx;

    sim->traded[sym] = 1;
    if (!sim_has_sub(sim, sym, 1u << SIMO_TRADES))
        return;
    begin(sim, SIMO_TRADES, sym, NULL);
    simo_put_trade(sim, &sim->frame, sym, trade);
    simo_finish(&sim->frame);
    to_all(sim, SIMO_TRADES, sym, NULL);
}

void simo_on_top(void *ctx, uint32_t sym)
{
    struct sim *sim = ctx;

    sim->topped[sym] = 1;
    tell(sim, SIMO_BBO, sym);
}

/* Each 100 ms; marks each 200 ms, funding once a minute. */
void simo_on_step(void *ctx, agon_ns_t t)
{
    struct sim *sim = ctx;
    int is_funded = sim_fund(sim, t);
    int has_marks = is_funded || t - simo_of(sim)->t_mark >= MARK_NS; // what it was paid at is told
    int is_minute = t / SIM_NS_PER_MIN != simo_of(sim)->t_mark / SIM_NS_PER_MIN;

    for (uint32_t sym = 0; sym < pit_count(sim->pit); sym++) {
        int is_swap = simo_is_swap(pit_at(sim->pit, sym));

        if (sim_has_sub(sim, sym, 1u << SIMO_BOOKS))
            tell_book(sim, sym, NULL);
        if (sim->topped[sym])
            tell(sim, SIMO_BOOKS5, sym);
        if (sim->topped[sym] || sim->traded[sym])
            tell(sim, SIMO_TICKERS, sym);
        for (uint32_t i = SIMO_CANDLES; sim->traded[sym] && i < SIMO_CHANNELS; i++)
            tell(sim, i, sym);
        if (is_swap && has_marks)
            tell(sim, SIMO_MARK, sym);
        if (is_swap && has_marks && is_minute)
            tell(sim, SIMO_FUNDING, sym);
        sim->traded[sym] = sim->topped[sym] = 0;
    }
    if (has_marks)
        simo_of(sim)->t_mark = t;
    for (uint32_t i = 0; is_funded && i < SIM_CONNS_MAX; i++)
        if (sim->conns[i].id && sim->conns[i].user & SIMO_ACCOUNT)
            simo_tell_account(sim, &sim->conns[i], sim->conns[i].account);
}

/* --- an account's --- */

void simo_tell_account(struct sim *sim, struct sim_conn *conn, const struct sim_account *account)
{
    simo_begin(&sim->frame, "account", NULL, NULL);
    simo_put_account(sim, &sim->frame, account, NULL);
    simo_finish(&sim->frame);
    sim_send(sim, conn, NULL, "account", &sim->frame);
}

/* only: of that symbol, held or not; -1: all that are held. */
static void tell_positions(struct sim *sim, struct sim_conn *conn,
                           const struct sim_account *account, int only)
{
    simo_begin(&sim->frame, "positions", NULL, NULL);
    if (only >= 0)
        simo_put_position(sim, &sim->frame, account, (uint32_t)only);
    else
        simo_put_positions(sim, &sim->frame, account, NULL);
    simo_finish(&sim->frame);
    sim_send(sim, conn, NULL, "positions", &sim->frame);
}

void simo_tell_positions(struct sim *sim, struct sim_conn *conn, const struct sim_account *account)
{
    tell_positions(sim, conn, account, -1);
}

void simo_tell_order(struct sim *sim, const struct sim_order *order, const struct sim_fill *fill)
{
    uint32_t kind = simo_is_swap(pit_at(sim->pit, order->sym)) ? SIMO_SWAP : SIMO_SPOT;

    for (uint32_t i = 0; i < SIM_CONNS_MAX; i++) {
        struct sim_conn *conn = &sim->conns[i];

        if (!conn->id || conn->account != order->account)
            continue;
        if (conn->user & kind) {
            simo_begin(&sim->frame, "orders", NULL, NULL);
            simo_put_order(sim, &sim->frame, order, fill);
            simo_finish(&sim->frame);
            sim_send(sim, conn, NULL, simo_states[order->state], &sim->frame);
        }
        if (conn->user & SIMO_ACCOUNT)
            simo_tell_account(sim, conn, order->account);
        if (conn->user & SIMO_POSITIONS && fill && simo_is_swap(pit_at(sim->pit, order->sym)))
            tell_positions(sim, conn, order->account, (int)order->sym);
    }
}
