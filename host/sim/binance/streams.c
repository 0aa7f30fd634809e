// SPDX-License-Identifier: Apache-2.0
/* streams: what the spot market's streams tell. It is paced by market time: a diff "each 100 ms" is
 * each 100 ms of the market. */
#include "base/num.h"
#include "sim/binance/simb.h"

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
        {"depth@1000ms", SIMB_STREAM_DIFF, 0, 0},
        {"depth@100ms", SIMB_STREAM_DIFF, 0, 1},
        {"depth5", SIMB_STREAM_PARTIAL, 5, 0},
        {"depth10", SIMB_STREAM_PARTIAL, 10, 0},
        {"depth20", SIMB_STREAM_PARTIAL, 20, 0},
        {"depth5@1000ms", SIMB_STREAM_PARTIAL, 5, 0},
        {"depth10@1000ms", SIMB_STREAM_PARTIAL, 10, 0},
        {"depth20@1000ms", SIMB_STREAM_PARTIAL, 20, 0},
        {"depth5@100ms", SIMB_STREAM_PARTIAL, 5, 1},
        {"depth10@100ms", SIMB_STREAM_PARTIAL, 10, 1},
        {"depth20@100ms", SIMB_STREAM_PARTIAL, 20, 1},
        {"ticker", SIMB_STREAM_TICKER, 0, 0},
        {"miniTicker", SIMB_STREAM_MINI, 0, 0},
        {"avgPrice", SIMB_STREAM_AVG, 0, 0},
    };

    for (size_t i = 0; i < sizeof(fixed) / sizeof(fixed[0]); i++)
        if (strcmp(fixed[i].name, what) == 0) {
            stream->kind = fixed[i].kind;
            stream->levels = fixed[i].levels;
            stream->speed = fixed[i].speed;
            return 1;
        }
    if (strncmp(what, "kline_", 6) == 0 && simb_interval(what + 6) >= 0) {
        stream->kind = SIMB_STREAM_KLINE;
        stream->interval = (uint8_t)simb_interval(what + 6);
        stream->last_open = simb_interval_open(stream->interval, pit_now(b->sim.pit), 0);
        return 1;
    }
    return 0;
}

void simb_parse_spot_stream(struct simb *b, const char *name, struct simb_stream *stream)
{
    const char *what;
    int sym;

    if (strcmp(name, "!miniTicker@arr") == 0) {
        stream->kind = SIMB_STREAM_ALL_MINI;
        return;
    }
    sym = simb_stream_symbol(b, name, &what);
    if (sym < 0 || !parse_symbol_stream(b, what, stream))
        stream->kind = SIMB_STREAM_NONE;
    else
        stream->sym = (uint32_t)sym;
}

static void build_trade(struct simb *b, struct jout *out, uint32_t sym, const void *what)
{
    const struct pit_trade *trade = what;

    jout_open(out, '{');
    jout_kv_str(out, "e", "trade");
    jout_kv_time(out, "E", pit_now(b->sim.pit));
    jout_kv_str(out, "s", pit_at(b->sim.pit, sym)->name);
    jout_kv_int(out, "t", (int64_t)trade->id);
    jout_kv_dec(out, "p", trade->px, SIMB_EXP);
    jout_kv_dec(out, "q", trade->qty, SIMB_EXP);
    jout_kv_time(out, "T", trade->t);
    jout_kv_bool(out, "m", trade->is_buyer_maker);
    jout_kv_bool(out, "M", 1);
    jout_close(out, '{');
}

void simb_on_trade(void *ctx, uint32_t sym, const struct pit_trade *trade)
{
    simb_push_all(ctx, SIMB_STREAM_TRADE, sym, 0, 0, build_trade, trade);
}

static void build_agg(struct simb *b, struct jout *out, uint32_t sym, const void *what)
{
    const struct pit_agg *agg = what;

    jout_open(out, '{');
    jout_kv_str(out, "e", "aggTrade");
    jout_kv_time(out, "E", pit_now(b->sim.pit));
    jout_kv_str(out, "s", pit_at(b->sim.pit, sym)->name);
    jout_kv_int(out, "a", (int64_t)agg->id);
    jout_kv_dec(out, "p", agg->px, SIMB_EXP);
    jout_kv_dec(out, "q", agg->qty, SIMB_EXP);
    jout_kv_int(out, "f", (int64_t)agg->first);
    jout_kv_int(out, "l", (int64_t)agg->last);
    jout_kv_time(out, "T", agg->t);
    jout_kv_bool(out, "m", agg->is_buyer_maker);
    jout_kv_bool(out, "M", 1);
    jout_close(out, '{');
}

void simb_on_agg(void *ctx, uint32_t sym, const struct pit_agg *agg)
{
    simb_push_all(ctx, SIMB_STREAM_AGG, sym, 0, 0, build_agg, agg);
}

static void put_best(struct simb *b, struct jout *out, uint32_t sym)
{
    struct agon_level bid, ask;

    pit_best(b->sim.pit, sym, &bid, &ask);
    jout_kv_dec(out, "b", bid.px, SIMB_EXP);
    jout_kv_dec(out, "B", bid.qty, SIMB_EXP);
    jout_kv_dec(out, "a", ask.px, SIMB_EXP);
    jout_kv_dec(out, "A", ask.qty, SIMB_EXP);
}

static void build_book(struct simb *b, struct jout *out, uint32_t sym, const void *what)
{
    struct pit_view view;

    (void)what;
    pit_view(b->sim.pit, sym, &view);
    jout_open(out, '{');
    jout_kv_int(out, "u", (int64_t)view.id);
    jout_kv_str(out, "s", pit_at(b->sim.pit, sym)->name);
    put_best(b, out, sym);
    jout_close(out, '{');
}

static void tell_closed(struct simb *b);

void simb_on_top(void *ctx, uint32_t sym)
{
    tell_closed(ctx);
    simb_push_all(ctx, SIMB_STREAM_BOOK, sym, 0, 0, build_book, NULL);
}

/* --- depth --- */

static void build_diff(struct simb *b, struct jout *out, uint32_t sym, const void *what)
{
    const struct simb_sent *sent = what;
    struct pit_view view;

    pit_view(b->sim.pit, sym, &view);
    jout_open(out, '{');
    jout_kv_str(out, "e", "depthUpdate");
    jout_kv_time(out, "E", pit_now(b->sim.pit));
    jout_kv_str(out, "s", pit_at(b->sim.pit, sym)->name);
    jout_kv_int(out, "U", (int64_t)sent->id + 1);
    jout_kv_int(out, "u", (int64_t)view.id);
    jout_key(out, "b");
    simb_put_changes(out, sent->bid, sent->n_bid, view.bid, view.n_bid, -1, SIMB_EXP, SIMB_EXP);
    jout_key(out, "a");
    simb_put_changes(out, sent->ask, sent->n_ask, view.ask, view.n_ask, 1, SIMB_EXP, SIMB_EXP);
    jout_close(out, '{');
}

static void step_partial(struct simb *b, struct simb_conn *conn, struct simb_stream *stream)
{
    struct jout *out = &b->sim.frame;
    struct pit_view view;

    pit_view(b->sim.pit, stream->sym, &view);
    if (view.id == stream->last)
        return;
    stream->last = view.id;
    jout_reset(out);
    jout_open(out, '{');
    jout_kv_int(out, "lastUpdateId", (int64_t)view.id);
    simb_put_levels(out, "bids", view.bid, view.n_bid, stream->levels, SIMB_EXP, SIMB_EXP);
    simb_put_levels(out, "asks", view.ask, view.n_ask, stream->levels, SIMB_EXP, SIMB_EXP);
    jout_close(out, '{');
    simb_push(b, conn, stream->name, out);
}

/* --- bars and tickers --- */

static void push_kline(struct simb *b, struct simb_conn *conn, const struct simb_stream *stream,
                       const struct pit_bar *bar, agon_ns_t next, int is_closed)
{
    const char *symbol = pit_at(b->sim.pit, stream->sym)->name;
    struct jout *out = &b->sim.frame;

    jout_reset(out);
    out->is_micro = conn->is_micro;
    jout_open(out, '{');
    jout_kv_str(out, "e", "kline");
    jout_kv_time(out, "E", pit_now(b->sim.pit));
    jout_kv_str(out, "s", symbol);
    jout_key(out, "k");
    jout_open(out, '{');
    jout_kv_time(out, "t", bar->t_open);
    jout_kv_time(out, "T", next - 1);
    jout_kv_str(out, "s", symbol);
    jout_kv_str(out, "i", simb_intervals[stream->interval]);
    jout_kv_int(out, "f", bar->n ? (int64_t)bar->first : -1);
    jout_kv_int(out, "L", bar->n ? (int64_t)bar->last : -1);
    jout_kv_dec(out, "o", bar->open_px, SIMB_EXP);
    jout_kv_dec(out, "c", bar->close_px, SIMB_EXP);
    jout_kv_dec(out, "h", bar->high_px, SIMB_EXP);
    jout_kv_dec(out, "l", bar->low_px, SIMB_EXP);
    jout_kv_dec(out, "v", bar->qty, SIMB_EXP);
    jout_kv_int(out, "n", (int64_t)bar->n);
    jout_kv_bool(out, "x", is_closed);
    jout_kv_dec(out, "q", bar->amt, SIMB_EXP);
    jout_kv_dec(out, "V", bar->taker_qty, SIMB_EXP);
    jout_kv_dec(out, "Q", bar->taker_amt, SIMB_EXP);
    jout_kv_str(out, "B", "0");
    jout_close(out, '{');
    jout_close(out, '{');
    out->is_micro = 0;
    simb_push(b, conn, stream->name, out);
}

static void step_kline(struct simb *b, struct simb_conn *conn, struct simb_stream *stream,
                       agon_ns_t t)
{
    int interval = stream->interval;
    agon_ns_t open = simb_interval_open(interval, t, 0), next;
    agon_ns_t pace = interval == 0 ? SIMB_NS_PER_S : 2 * SIMB_NS_PER_S;
    struct pit_bar bar;

    if (pit_bar_ns(b->sim.pit, stream->sym) > 0)
        return; // they are told as they close
    // Bars that ended since the last step are told once more, closed.
    while (stream->last_open < open) {
        next = simb_interval_next(interval, stream->last_open, 0);
        if (simb_bar(b->sim.pit, stream->sym, interval, stream->last_open, next, &bar))
            push_kline(b, conn, stream, &bar, next, 1);
        stream->last_open = next;
        stream->last = 0;
    }
    if (t % pace != 0)
        return;
    next = simb_interval_next(interval, open, 0);
    if (!simb_bar(b->sim.pit, stream->sym, interval, open, next, &bar) || bar.n == stream->last)
        return;
    stream->last = bar.n;
    push_kline(b, conn, stream, &bar, next, 0);
}

// Of a market of bars: the one that has closed, and longer ones that end with it.
static void close_kline(struct simb *b, struct simb_conn *conn, struct simb_stream *stream)
{
    agon_ns_t now = pit_now(b->sim.pit), bar_ns = pit_bar_ns(b->sim.pit, stream->sym);
    agon_ns_t open = simb_interval_open(stream->interval, now - bar_ns, 0);
    agon_ns_t next = simb_interval_next(stream->interval, open, 0);
    struct pit_bar bar;

    if (next > now || !simb_bar(b->sim.pit, stream->sym, stream->interval, open, next, &bar))
        return;
    push_kline(b, conn, stream, &bar, next, 1);
}

/* The bars of a moment are told behind all that they did to orders, of whatever symbol: a client
 * that reads two sockets has its fills first. */
static void tell_closed(struct simb *b)
{
    uint64_t closed = b->closed;

    b->closed = 0;
    if (closed == 0)
        return;
    simb_flush_balances(b);
    for (uint32_t i = 0; i < SIM_CONNS_MAX && b->n_streams[SIMB_STREAM_KLINE] > 0; i++) {
        struct simb_conn *conn = &b->conns[i];

        for (uint32_t j = 0; conn->base->id && j < conn->n_streams; j++)
            if (conn->streams[j].kind == SIMB_STREAM_KLINE && closed >> conn->streams[j].sym & 1)
                close_kline(b, conn, &conn->streams[j]);
    }
}

void simb_on_bar(void *ctx, uint32_t sym, int is_closed)
{
    struct simb *b = ctx;

    if (!is_closed)
        tell_closed(b);
    // What waited acts behind the bar, and is told before it.
    simb_take_waiting(b, sym);
    if (is_closed)
        b->closed |= UINT64_C(1) << sym;
}

static void put_mini(struct simb *b, struct jout *out, uint32_t sym)
{
    struct simb_stats stats;

    simb_stats(b->sim.pit, sym, pit_now(b->sim.pit) - 1440 * SIMB_NS_PER_MIN, &stats);
    jout_open(out, '{');
    jout_kv_str(out, "e", "24hrMiniTicker");
    jout_kv_time(out, "E", pit_now(b->sim.pit));
    jout_kv_str(out, "s", pit_at(b->sim.pit, sym)->name);
    jout_kv_dec(out, "c", stats.bar.close_px, SIMB_EXP);
    jout_kv_dec(out, "o", stats.bar.open_px, SIMB_EXP);
    jout_kv_dec(out, "h", stats.bar.high_px, SIMB_EXP);
    jout_kv_dec(out, "l", stats.bar.low_px, SIMB_EXP);
    jout_kv_dec(out, "v", stats.bar.qty, SIMB_EXP);
    jout_kv_dec(out, "q", stats.bar.amt, SIMB_EXP);
    jout_close(out, '{');
}

static void build_mini(struct simb *b, struct jout *out, uint32_t sym, const void *what)
{
    (void)what;
    put_mini(b, out, sym);
}

static void build_all_mini(struct simb *b, struct jout *out, uint32_t sym, const void *what)
{
    (void)sym;
    (void)what;
    jout_open(out, '[');
    for (uint32_t i = 0; i < pit_count(b->sim.pit); i++)
        put_mini(b, out, i);
    jout_close(out, '[');
}

static void build_ticker(struct simb *b, struct jout *out, uint32_t sym, const void *what)
{
    uint32_t n = pit_trades(b->sim.pit, sym);
    struct simb_stats stats;
    struct pit_view view;
    const struct pit_bar *bar = &stats.bar;

    (void)what;
    simb_stats(b->sim.pit, sym, pit_now(b->sim.pit) - 1440 * SIMB_NS_PER_MIN, &stats);
    pit_view(b->sim.pit, sym, &view);
    jout_open(out, '{');
    jout_kv_str(out, "e", "24hrTicker");
    jout_kv_time(out, "E", pit_now(b->sim.pit));
    jout_kv_str(out, "s", pit_at(b->sim.pit, sym)->name);
    jout_kv_dec(out, "p", bar->close_px - bar->open_px, SIMB_EXP);
    jout_kv_dec(out, "P",
                bar->open_px
                    ? num_mul_div(bar->close_px - bar->open_px, 100000, bar->open_px, NUM_EVEN)
                    : 0,
                3);
    jout_kv_dec(out, "w",
                bar->qty ? num_mul_div(bar->amt, num_pow10(SIMB_EXP), bar->qty, NUM_EVEN)
                         : bar->close_px,
                SIMB_EXP);
    jout_kv_dec(out, "x", stats.before_px, SIMB_EXP);
    jout_kv_dec(out, "c", bar->close_px, SIMB_EXP);
    jout_kv_dec(out, "Q", n ? pit_trade_at(b->sim.pit, sym, n - 1)->qty : 0, SIMB_EXP);
    put_best(b, out, sym);
    jout_kv_dec(out, "o", bar->open_px, SIMB_EXP);
    jout_kv_dec(out, "h", bar->high_px, SIMB_EXP);
    jout_kv_dec(out, "l", bar->low_px, SIMB_EXP);
    jout_kv_dec(out, "v", bar->qty, SIMB_EXP);
    jout_kv_dec(out, "q", bar->amt, SIMB_EXP);
    jout_kv_time(out, "O", stats.t_open);
    jout_kv_time(out, "C", stats.t_close);
    jout_kv_int(out, "F", bar->n ? (int64_t)bar->first : -1);
    jout_kv_int(out, "L", bar->n ? (int64_t)bar->last : -1);
    jout_kv_int(out, "n", (int64_t)bar->n);
    jout_close(out, '{');
}

static void build_avg(struct simb *b, struct jout *out, uint32_t sym, const void *what)
{
    agon_ns_t t_last;
    agon_px_t px = pit_avg_px(b->sim.pit, sym, 5, &t_last);

    (void)what;
    jout_open(out, '{');
    jout_kv_str(out, "e", "avgPrice");
    jout_kv_time(out, "E", pit_now(b->sim.pit));
    jout_kv_str(out, "s", pit_at(b->sim.pit, sym)->name);
    jout_kv_str(out, "i", "5m");
    jout_kv_dec(out, "w", px, SIMB_EXP);
    jout_kv_time(out, "T", t_last);
    jout_close(out, '{');
}

static void step_each_second(struct simb *b)
{
    for (uint32_t i = 0; i < pit_count(b->sim.pit); i++) {
        simb_chain_step(b, i, 0, build_diff);
        simb_push_all(b, SIMB_STREAM_TICKER, i, 0, 0, build_ticker, NULL);
        simb_push_all(b, SIMB_STREAM_MINI, i, 0, 0, build_mini, NULL);
        simb_push_all(b, SIMB_STREAM_AVG, i, 0, 0, build_avg, NULL);
    }
    simb_push_all(b, SIMB_STREAM_ALL_MINI, 0, 0, 0, build_all_mini, NULL);
}

// A recorded book is sent when it was, and not up to 100 ms later.
void simb_on_book(void *ctx, uint32_t sym)
{
    simb_chain_step(ctx, sym, 1, build_diff);
}

void simb_on_step(void *ctx, agon_ns_t t)
{
    struct simb *b = ctx;
    int is_second = t % SIMB_NS_PER_S == 0;

    tell_closed(b);
    simb_flush_balances(b);
    for (uint32_t i = 0; i < pit_count(b->sim.pit); i++)
        simb_chain_step(b, i, 1, build_diff);
    if (is_second)
        step_each_second(b);
    if (b->n_streams[SIMB_STREAM_KLINE] == 0 && b->n_streams[SIMB_STREAM_PARTIAL] == 0)
        return;
    for (uint32_t i = 0; i < SIM_CONNS_MAX; i++) {
        struct simb_conn *conn = &b->conns[i];

        for (uint32_t j = 0; conn->base->id && j < conn->n_streams; j++) {
            struct simb_stream *stream = &conn->streams[j];

            if (stream->kind == SIMB_STREAM_KLINE)
                step_kline(b, conn, stream, t);
            else if (stream->kind == SIMB_STREAM_PARTIAL && (stream->speed == 1 || is_second))
                step_partial(b, conn, stream);
        }
    }
}
