// SPDX-License-Identifier: Apache-2.0
/* um_streams: what the USD-M market's streams tell, paced by market time. */
#include "base/num.h"
#include "sim/binance/um.h"

/* --- names --- */

static int parse_symbol_stream(struct simb *b, const char *what, struct simb_stream *stream)
{
    static const struct {
        const char *name;
        uint8_t kind, levels, speed;
    } fixed[] = {
        {"trade", SIMB_STREAM_TRADE, 0, 0},
        {"aggTrade", SIMB_STREAM_AGG, 0, 0},
        {"bookTicker", SIMB_STREAM_BOOK, 0, 0},
        {"depth", SIMB_STREAM_DIFF, 0, 0},
        {"depth@250ms", SIMB_STREAM_DIFF, 0, 0},
        {"depth@500ms", SIMB_STREAM_DIFF, 0, 2},
        {"depth@100ms", SIMB_STREAM_DIFF, 0, 1},
        {"depth@0ms", SIMB_STREAM_DIFF, 0, 1},
        {"depth5", SIMB_STREAM_PARTIAL, 5, 0},
        {"depth10", SIMB_STREAM_PARTIAL, 10, 0},
        {"depth20", SIMB_STREAM_PARTIAL, 20, 0},
        {"depth5@250ms", SIMB_STREAM_PARTIAL, 5, 0},
        {"depth10@250ms", SIMB_STREAM_PARTIAL, 10, 0},
        {"depth20@250ms", SIMB_STREAM_PARTIAL, 20, 0},
        {"depth5@500ms", SIMB_STREAM_PARTIAL, 5, 2},
        {"depth10@500ms", SIMB_STREAM_PARTIAL, 10, 2},
        {"depth20@500ms", SIMB_STREAM_PARTIAL, 20, 2},
        {"depth5@100ms", SIMB_STREAM_PARTIAL, 5, 1},
        {"depth10@100ms", SIMB_STREAM_PARTIAL, 10, 1},
        {"depth20@100ms", SIMB_STREAM_PARTIAL, 20, 1},
        {"ticker", SIMB_STREAM_TICKER, 0, 0},
        {"miniTicker", SIMB_STREAM_MINI, 0, 0},
        {"markPrice", SIMB_STREAM_MARK, 0, 0},
        {"markPrice@3s", SIMB_STREAM_MARK, 0, 0},
        {"markPrice@1s", SIMB_STREAM_MARK, 0, 1},
        {"forceOrder", SIMB_STREAM_FORCE, 0, 0},
    };

    for (size_t i = 0; i < sizeof(fixed) / sizeof(fixed[0]); i++)
        if (strcmp(fixed[i].name, what) == 0) {
            stream->kind = fixed[i].kind;
            stream->levels = fixed[i].levels;
            stream->speed = fixed[i].speed;
            return 1;
        }
    // The venue has no bars of a second here.
    if (strncmp(what, "kline_", 6) == 0 && simb_interval(what + 6) > 0) {
        stream->kind = SIMB_STREAM_KLINE;
        stream->interval = (uint8_t)simb_interval(what + 6);
        stream->last_open = simb_interval_open(stream->interval, pit_now(b->sim.pit), 0);
        return 1;
    }
    return 0;
}

void um_parse_stream(struct simb *b, const char *name, struct simb_stream *stream)
{
    static const struct {
        const char *name;
        uint8_t kind, speed;
    } all[] = {
        {"!miniTicker@arr", SIMB_STREAM_ALL_MINI, 0},
        {"!ticker@arr", SIMB_STREAM_ALL_TICKER, 0},
        {"!bookTicker", SIMB_STREAM_ALL_BOOK, 0},
        {"!markPrice@arr", SIMB_STREAM_ALL_MARK, 0},
        {"!markPrice@arr@3s", SIMB_STREAM_ALL_MARK, 0},
        {"!markPrice@arr@1s", SIMB_STREAM_ALL_MARK, 1},
        {"!forceOrder@arr", SIMB_STREAM_ALL_FORCE, 0},
    };
    const char *what;
    int sym;

    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
        if (strcmp(all[i].name, name) == 0) {
            stream->kind = all[i].kind;
            stream->speed = all[i].speed;
            return;
        }
    sym = simb_stream_symbol(b, name, &what);
    if (sym >= 0 && parse_symbol_stream(b, what, stream))
        stream->sym = (uint32_t)sym;
}

/* --- trades and quotes --- */

static void head(struct simb *b, struct jout *out, const char *event, uint32_t sym)
{
    jout_open(out, '{');
    jout_kv_str(out, "e", event);
    jout_kv_time(out, "E", pit_now(b->sim.pit));
    jout_kv_str(out, "s", pit_at(b->sim.pit, sym)->name);
}

static void build_trade(struct simb *b, struct jout *out, uint32_t sym, const void *what)
{
    const struct pit_trade *trade = what;

    head(b, out, "trade", sym);
    jout_kv_time(out, "T", trade->t);
    jout_kv_int(out, "t", (int64_t)trade->id);
    um_put_px(b, out, "p", sym, trade->px);
    um_put_qty(b, out, "q", sym, trade->qty);
    jout_kv_str(out, "X", "MARKET");
    jout_kv_bool(out, "m", trade->is_buyer_maker);
    jout_close(out, '{');
}

void um_on_trade(void *ctx, uint32_t sym, const struct pit_trade *trade)
{
    struct simb *b = ctx;
    struct um_symbol *symbol = &b->um->symbols[sym];

    if (symbol->high_px == 0 || trade->px > symbol->high_px)
        symbol->high_px = trade->px;
    if (symbol->low_px == 0 || trade->px < symbol->low_px)
        symbol->low_px = trade->px;
    simb_push_all(b, SIMB_STREAM_TRADE, sym, 0, 0, build_trade, trade);
}

static void build_agg(struct simb *b, struct jout *out, uint32_t sym, const void *what)
{
    const struct pit_agg *agg = what;

    head(b, out, "aggTrade", sym);
    jout_kv_int(out, "a", (int64_t)agg->id);
    um_put_px(b, out, "p", sym, agg->px);
    um_put_qty(b, out, "q", sym, agg->qty);
    jout_kv_int(out, "f", (int64_t)agg->first);
    jout_kv_int(out, "l", (int64_t)agg->last);
    jout_kv_time(out, "T", agg->t);
    jout_kv_bool(out, "m", agg->is_buyer_maker);
    jout_close(out, '{');
}

void um_on_agg(void *ctx, uint32_t sym, const struct pit_agg *agg)
{
    simb_push_all(ctx, SIMB_STREAM_AGG, sym, 0, 0, build_agg, agg);
}

static void build_book(struct simb *b, struct jout *out, uint32_t sym, const void *what)
{
    struct agon_level bid, ask;
    struct pit_view view;

    (void)what;
    pit_view(b->sim.pit, sym, &view);
    pit_best(b->sim.pit, sym, &bid, &ask);
    jout_open(out, '{');
    jout_kv_str(out, "e", "bookTicker");
    jout_kv_int(out, "u", (int64_t)view.id);
    jout_kv_str(out, "s", pit_at(b->sim.pit, sym)->name);
    if (b->venue->is_coin)
        um_put_pair(b, out, "ps", sym);
    um_put_px(b, out, "b", sym, bid.px);
    um_put_qty(b, out, "B", sym, bid.qty);
    um_put_px(b, out, "a", sym, ask.px);
    um_put_qty(b, out, "A", sym, ask.qty);
    jout_kv_time(out, "T", pit_now(b->sim.pit));
    jout_kv_time(out, "E", pit_now(b->sim.pit));
    jout_close(out, '{');
}

static void build_any_book(struct simb *b, struct jout *out, uint32_t sym, const void *what)
{
    (void)sym;
    build_book(b, out, *(const uint32_t *)what, NULL);
}

void um_on_top(void *ctx, uint32_t sym)
{
    simb_push_all(ctx, SIMB_STREAM_BOOK, sym, 0, 0, build_book, NULL);
    simb_push_all(ctx, SIMB_STREAM_ALL_BOOK, 0, 0, 0, build_any_book, &sym);
}

/* --- depth --- */

static void build_diff(struct simb *b, struct jout *out, uint32_t sym, const void *what)
{
    const struct um_symbol *symbol = &b->um->symbols[sym];
    const struct simb_sent *sent = what;
    struct pit_view view;

    pit_view(b->sim.pit, sym, &view);
    jout_open(out, '{');
    jout_kv_str(out, "e", "depthUpdate");
    jout_kv_time(out, "E", pit_now(b->sim.pit));
    jout_kv_time(out, "T", pit_now(b->sim.pit));
    jout_kv_str(out, "s", pit_at(b->sim.pit, sym)->name);
    if (b->venue->is_coin)
        um_put_pair(b, out, "ps", sym);
    jout_kv_int(out, "U", (int64_t)sent->id + 1);
    jout_kv_int(out, "u", (int64_t)view.id);
    jout_kv_int(out, "pu", (int64_t)sent->id);
    jout_key(out, "b");
    simb_put_changes(out, sent->bid, sent->n_bid, view.bid, view.n_bid, -1, symbol->px_dec,
                     symbol->qty_dec);
    jout_key(out, "a");
    simb_put_changes(out, sent->ask, sent->n_ask, view.ask, view.n_ask, 1, symbol->px_dec,
                     symbol->qty_dec);
    jout_close(out, '{');
}

// Partial books come as updates too, with all their levels.
static void step_partial(struct simb *b, struct simb_conn *conn, struct simb_stream *stream)
{
    const struct um_symbol *symbol = &b->um->symbols[stream->sym];
    struct jout *out = &b->sim.frame;
    struct pit_view view;

    pit_view(b->sim.pit, stream->sym, &view);
    if (view.id == stream->last)
        return;
    jout_reset(out);
    jout_open(out, '{');
    jout_kv_str(out, "e", "depthUpdate");
    jout_kv_time(out, "E", pit_now(b->sim.pit));
    jout_kv_time(out, "T", pit_now(b->sim.pit));
    jout_kv_str(out, "s", pit_at(b->sim.pit, stream->sym)->name);
    jout_kv_int(out, "U", (int64_t)(stream->last ? stream->last + 1 : view.id));
    jout_kv_int(out, "u", (int64_t)view.id);
    jout_kv_int(out, "pu", (int64_t)stream->last);
    simb_put_levels(out, "b", view.bid, view.n_bid, stream->levels, symbol->px_dec,
                    symbol->qty_dec);
    simb_put_levels(out, "a", view.ask, view.n_ask, stream->levels, symbol->px_dec,
                    symbol->qty_dec);
    jout_close(out, '{');
    stream->last = view.id;
    simb_push(b, conn, stream->name, out);
}

/* --- bars and tickers --- */

static void push_kline(struct simb *b, struct simb_conn *conn, const struct simb_stream *stream,
                       const struct pit_bar *bar, agon_ns_t next, int is_closed)
{
    struct jout *out = &b->sim.frame;
    uint32_t sym = stream->sym;

    jout_reset(out);
    head(b, out, "kline", sym);
    jout_key(out, "k");
    jout_open(out, '{');
    jout_kv_time(out, "t", bar->t_open);
    jout_kv_time(out, "T", next - 1);
    jout_kv_str(out, "s", pit_at(b->sim.pit, sym)->name);
    jout_kv_str(out, "i", simb_intervals[stream->interval]);
    jout_kv_int(out, "f", bar->n ? (int64_t)bar->first : -1);
    jout_kv_int(out, "L", bar->n ? (int64_t)bar->last : -1);
    um_put_px(b, out, "o", sym, bar->open_px);
    um_put_px(b, out, "c", sym, bar->close_px);
    um_put_px(b, out, "h", sym, bar->high_px);
    um_put_px(b, out, "l", sym, bar->low_px);
    um_put_qty(b, out, "v", sym, bar->qty);
    jout_kv_int(out, "n", (int64_t)bar->n);
    jout_kv_bool(out, "x", is_closed);
    jout_kv_dec(out, "q", bar->amt, SIMB_EXP);
    um_put_qty(b, out, "V", sym, bar->taker_qty);
    jout_kv_dec(out, "Q", bar->taker_amt, SIMB_EXP);
    jout_kv_str(out, "B", "0");
    jout_close(out, '{');
    jout_close(out, '{');
    simb_push(b, conn, stream->name, out);
}

// Each 250 ms while it changes, and once more when it has closed.
static void step_kline(struct simb *b, struct simb_conn *conn, struct simb_stream *stream,
                       agon_ns_t t, int is_quarter)
{
    int interval = stream->interval;
    agon_ns_t open = simb_interval_open(interval, t, 0), next;
    struct pit_bar bar;

    while (stream->last_open < open) {
        next = simb_interval_next(interval, stream->last_open, 0);
        if (simb_bar(b->sim.pit, stream->sym, interval, stream->last_open, next, &bar))
            push_kline(b, conn, stream, &bar, next, 1);
        stream->last_open = next;
        stream->last = 0;
    }
    next = simb_interval_next(interval, open, 0);
    if (!is_quarter || !simb_bar(b->sim.pit, stream->sym, interval, open, next, &bar) ||
        bar.last == stream->last)
        return;
    stream->last = bar.last;
    push_kline(b, conn, stream, &bar, next, 0);
}

static void put_mini(struct simb *b, struct jout *out, uint32_t sym)
{
    struct simb_stats stats;

    simb_stats(b->sim.pit, sym, pit_now(b->sim.pit) - 1440 * SIMB_NS_PER_MIN, &stats);
    head(b, out, "24hrMiniTicker", sym);
    um_put_px(b, out, "c", sym, stats.bar.close_px);
    um_put_px(b, out, "o", sym, stats.bar.open_px);
    um_put_px(b, out, "h", sym, stats.bar.high_px);
    um_put_px(b, out, "l", sym, stats.bar.low_px);
    um_put_qty(b, out, "v", sym, stats.bar.qty);
    jout_kv_dec(out, "q", stats.bar.amt, SIMB_EXP);
    jout_close(out, '{');
}

static void build_mini(struct simb *b, struct jout *out, uint32_t sym, const void *what)
{
    (void)what;
    put_mini(b, out, sym);
}

static void put_ticker(struct simb *b, struct jout *out, uint32_t sym)
{
    uint32_t n = pit_trades(b->sim.pit, sym);
    struct simb_stats stats;
    const struct pit_bar *bar = &stats.bar;

    simb_stats(b->sim.pit, sym, pit_now(b->sim.pit) - 1440 * SIMB_NS_PER_MIN, &stats);
    head(b, out, "24hrTicker", sym);
    um_put_px(b, out, "p", sym, bar->close_px - bar->open_px);
    jout_kv_dec(out, "P",
                bar->open_px
                    ? num_mul_div(bar->close_px - bar->open_px, 100000, bar->open_px, NUM_EVEN)
                    : 0,
                3);
    jout_kv_dec(out, "w",
                bar->qty ? num_mul_div(bar->amt, num_pow10(SIMB_EXP), bar->qty, NUM_EVEN)
                         : bar->close_px,
                SIMB_EXP);
    um_put_px(b, out, "c", sym, bar->close_px);
    um_put_qty(b, out, "Q", sym, n ? pit_trade_at(b->sim.pit, sym, n - 1)->qty : 0);
    um_put_px(b, out, "o", sym, bar->open_px);
    um_put_px(b, out, "h", sym, bar->high_px);
    um_put_px(b, out, "l", sym, bar->low_px);
    um_put_qty(b, out, "v", sym, bar->qty);
    jout_kv_dec(out, "q", bar->amt, SIMB_EXP);
    jout_kv_time(out, "O", stats.t_open);
    jout_kv_time(out, "C", stats.t_close);
    jout_kv_int(out, "F", bar->n ? (int64_t)bar->first : -1);
    jout_kv_int(out, "L", bar->n ? (int64_t)bar->last : -1);
    jout_kv_int(out, "n", (int64_t)bar->n);
    jout_close(out, '{');
}

static void build_ticker(struct simb *b, struct jout *out, uint32_t sym, const void *what)
{
    (void)what;
    put_ticker(b, out, sym);
}

static void put_mark(struct simb *b, struct jout *out, uint32_t sym)
{
    const struct um_symbol *symbol = &b->um->symbols[sym];

    head(b, out, "markPriceUpdate", sym);
    jout_kv_dec(out, "p", um_mark_px(b, sym), SIMB_EXP);
    jout_kv_dec(out, "i", um_index_px(b, sym), SIMB_EXP);
    jout_kv_dec(out, "P", um_mark_px(b, sym), SIMB_EXP);
    um_put_rate(out, "r", symbol->next_rate_ppb);
    jout_kv_time(out, "T", symbol->next_funding);
    jout_close(out, '{');
}

static void build_mark(struct simb *b, struct jout *out, uint32_t sym, const void *what)
{
    (void)what;
    put_mark(b, out, sym);
}

static void build_each(struct simb *b, struct jout *out, uint32_t sym, const void *what)
{
    void (*const *put)(struct simb * b, struct jout * out, uint32_t sym) = what;

    (void)sym;
    jout_open(out, '[');
    for (uint32_t i = 0; i < pit_count(b->sim.pit); i++)
        (*put)(b, out, i);
    jout_close(out, '[');
}

/* --- liquidations --- */

static void build_forced(struct simb *b, struct jout *out, uint32_t sym, const void *what)
{
    const struct um_forced *forced = what;

    (void)sym;
    sym = forced->sym;
    jout_open(out, '{');
    jout_kv_str(out, "e", "forceOrder");
    jout_kv_time(out, "E", pit_now(b->sim.pit));
    jout_key(out, "o");
    jout_open(out, '{');
    jout_kv_str(out, "s", pit_at(b->sim.pit, sym)->name);
    jout_kv_str(out, "S", forced->is_buy ? "BUY" : "SELL");
    jout_kv_str(out, "o", "LIMIT");
    jout_kv_str(out, "f", "IOC");
    um_put_qty(b, out, "q", sym, forced->qty);
    um_put_px(b, out, "p", sym, forced->px);
    jout_kv_dec(out, "ap", forced->avg_px, SIMB_EXP);
    jout_kv_str(out, "X", "FILLED");
    um_put_qty(b, out, "l", sym, forced->qty);
    um_put_qty(b, out, "z", sym, forced->qty);
    jout_kv_time(out, "T", forced->t);
    jout_close(out, '{');
    jout_close(out, '{');
}

void um_push_forced(struct simb *b, const struct um_forced *forced)
{
    simb_push_all(b, SIMB_STREAM_FORCE, forced->sym, 0, 0, build_forced, forced);
    simb_push_all(b, SIMB_STREAM_ALL_FORCE, 0, 0, 0, build_forced, forced);
}

/* --- time --- */

static void step_second(struct simb *b, agon_ns_t t)
{
    static void (*const mini)(struct simb * b, struct jout * out, uint32_t sym) = put_mini;
    static void (*const ticker)(struct simb * b, struct jout * out, uint32_t sym) = put_ticker;
    static void (*const mark)(struct simb * b, struct jout * out, uint32_t sym) = put_mark;
    int is_third = t % (3 * SIMB_NS_PER_S) == 0;

    um_second(b, t);
    for (uint32_t i = 0; i < pit_count(b->sim.pit); i++) {
        simb_push_all(b, SIMB_STREAM_MINI, i, 0, 0, build_mini, NULL);
        simb_push_all(b, SIMB_STREAM_TICKER, i, 0, 0, build_ticker, NULL);
        simb_push_all(b, SIMB_STREAM_MARK, i, 0, 1, build_mark, NULL);
        if (is_third)
            simb_push_all(b, SIMB_STREAM_MARK, i, 0, 0, build_mark, NULL);
    }
    simb_push_all(b, SIMB_STREAM_ALL_MINI, 0, 0, 0, build_each, &mini);
    simb_push_all(b, SIMB_STREAM_ALL_TICKER, 0, 0, 0, build_each, &ticker);
    simb_push_all(b, SIMB_STREAM_ALL_MARK, 0, 0, 1, build_each, &mark);
    if (is_third)
        simb_push_all(b, SIMB_STREAM_ALL_MARK, 0, 0, 0, build_each, &mark);
}

// As on the spot market.
void um_on_book(void *ctx, uint32_t sym)
{
    simb_chain_step(ctx, sym, 1, build_diff);
}

void um_on_step(void *ctx, agon_ns_t t)
{
    struct simb *b = ctx;
    agon_ns_t quarter = SIMB_NS_PER_S / 4;
    // Of steps of 100 ms, the first in each quarter of a second.
    int is_quarter = t / quarter != (t - PIT_STEP_NS) / quarter;
    int is_half = t % (SIMB_NS_PER_S / 2) == 0;

    if (t % SIMB_NS_PER_S == 0)
        step_second(b, t);
    um_settle(b);
    for (uint32_t i = 0; i < pit_count(b->sim.pit); i++) {
        simb_chain_step(b, i, 1, build_diff);
        if (is_quarter)
            simb_chain_step(b, i, 0, build_diff);
        if (is_half)
            simb_chain_step(b, i, 2, build_diff);
    }
    if (b->n_streams[SIMB_STREAM_KLINE] == 0 && b->n_streams[SIMB_STREAM_PARTIAL] == 0)
        return;
    for (uint32_t i = 0; i < SIM_CONNS_MAX; i++) {
        struct simb_conn *conn = &b->conns[i];

        for (uint32_t j = 0; conn->base->id && j < conn->n_streams; j++) {
            struct simb_stream *stream = &conn->streams[j];

            if (stream->kind == SIMB_STREAM_KLINE)
                step_kline(b, conn, stream, t, is_quarter);
            else if (stream->kind == SIMB_STREAM_PARTIAL &&
                     (stream->speed == 1 || (stream->speed == 0 && is_quarter) ||
                      (stream->speed == 2 && is_half)))
                step_partial(b, conn, stream);
        }
    }
}
