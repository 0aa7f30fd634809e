// SPDX-License-Identifier: Apache-2.0
/* decode_venues: messages of OKX and of Kraken into records, as decode has Binance's.
 *
 * The products are the readers of the gateways as the gateway calls them: until they say that a
 * message has no more. Yardstick: simdjson on demand, with the same checks of the values that are
 * asked for. It does less than the product in this: other values, what is behind the first record
 * and the symbol within a record of OKX's are not looked at. And the same reader, key by key.
 * Numbers have the lengths that they happen to have, without zeros at the end. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/rng.h"
#include "bench/decode_simdjson.h"
#include "bench/table.h"
#include "venue/kraken/core.h"
#include "venue/okx/core.h"

#define MESSAGES 256
#define ROOM     2048

extern const struct venue_wire venue_okx_spot, venue_kraken_spot;

enum what { OKX_TRADE, OKX_QUOTE, OKX_BOOK, KRAKEN_TRADE, KRAKEN_QUOTE, KRAKEN_BOOK, WHATS };

struct message {
    char text[ROOM];
    uint32_t n;
};
struct venues {
    struct message messages[WHATS][MESSAGES];
    struct symbols symbols;
    void *okx, *kraken; /* readers */
    struct wire_out out;
    struct simdjson_out by_simdjson;
    enum what what;
    uint64_t at;
};

static const struct job {
    const char *name;
    uint64_t n;
} jobs[WHATS] = {
    [OKX_TRADE] = {"okx.trade", 400000},       [OKX_QUOTE] = {"okx.quote", 400000},
    [OKX_BOOK] = {"okx.book", 200000},         [KRAKEN_TRADE] = {"kraken.trade", 400000},
    [KRAKEN_QUOTE] = {"kraken.quote", 400000}, [KRAKEN_BOOK] = {"kraken.book", 200000}};

static uint64_t fold(uint64_t sum, uint64_t value)
{
    return sum * 31 + value;
}

static const struct message *next(struct venues *venues)
{
    return &venues->messages[venues->what][venues->at++ % MESSAGES];
}

/* --- the product --- */

static uint64_t fold_levels(uint64_t sum, const struct agon_level *levels, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++)
        sum = fold(fold(sum, (uint64_t)levels[i].px), (uint64_t)levels[i].qty);
    return sum;
}

static uint64_t sum_of(int kind, const struct wire_out *out)
{
    const struct agon_quote *quote = &out->quote;
    const struct wire_depth *depth = &out->depth;

    switch (kind) {
    case WIRE_TRADE:
        return fold(fold(fold((uint64_t)out->trade.px, (uint64_t)out->trade.qty) + out->trade.side,
                         out->trade.venue_id),
                    (uint64_t)out->trade.hdr.t_venue);
    case WIRE_QUOTE:
        return fold(
            fold(fold((uint64_t)quote->bid_px, (uint64_t)quote->bid_qty), (uint64_t)quote->ask_px),
            (uint64_t)quote->ask_qty);
    default:
        return fold_levels(
            fold_levels(fold((uint64_t)depth->t_venue, depth->last_id + depth->checksum),
                        depth->bid, depth->n_bid),
            depth->ask, depth->n_ask);
    }
}

static uint64_t product(void *ctx, uint64_t n)
{
    struct venues *venues = ctx;
    int is_okx = venues->what <= OKX_BOOK;
    void *self = is_okx ? venues->okx : venues->kraken;
    int (*decode)(void *, const void *, size_t, struct wire_out *) =
        is_okx ? venue_okx_spot.decode : venue_kraken_spot.decode;
    uint64_t sum = 0;

    for (uint64_t i = 0; i < n; i++) {
        const struct message *message = next(venues);
        int kind = decode(self, message->text, message->n, &venues->out);

        if (kind <= 0)
            return 0;
        do
            sum += sum_of(kind, &venues->out);
        while ((kind = decode(self, message->text, message->n, &venues->out)) > 0);
    }
    return sum;
}

static void set_careful(struct venues *venues, uint8_t is_careful)
{
    ((struct okx *)venues->okx)->stencils.is_careful = is_careful;
    ((struct kraken *)venues->kraken)->stencils.is_careful = is_careful;
}

static uint64_t careful(void *ctx, uint64_t n)
{
    uint64_t sum;

    set_careful(ctx, 1);
    sum = product(ctx, n);
    set_careful(ctx, 0);
    return sum;
}

/* --- simdjson --- */

#if defined(BENCH_SIMDJSON)
static uint64_t fold_rival(uint64_t sum, const struct simdjson_level *levels, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++)
        sum = fold(fold(sum, (uint64_t)levels[i].px), (uint64_t)levels[i].qty);
    return sum;
}

static uint64_t rival(void *ctx, uint64_t n)
{
    static const struct simdjson_rules rules[2] = {
        {.symbol = "BTC-USDT", .px_exp = 1, .qty_exp = 8, .limit_px = 10000000000},
        {.symbol = "BTC/USD", .px_exp = 1, .qty_exp = 8, .limit_px = 10000000000}};
    static int (*const readers[WHATS])(const struct simdjson_rules *, const char *, size_t, size_t,
                                       struct simdjson_out *) = {
        simdjson_okx_trade,    simdjson_okx_quote,    simdjson_okx_book,
        simdjson_kraken_trade, simdjson_kraken_quote, simdjson_kraken_book};
    struct venues *venues = ctx;
    const struct simdjson_out *out = &venues->by_simdjson;
    uint64_t sum = 0;

    for (uint64_t i = 0; i < n; i++) {
        const struct message *message = next(venues);

        if (!readers[venues->what](&rules[venues->what > OKX_BOOK], message->text, message->n, ROOM,
                                   &venues->by_simdjson))
            return 0;
        switch (venues->what) {
        case OKX_TRADE:
        case KRAKEN_TRADE:
            sum += fold(fold(fold((uint64_t)out->px, (uint64_t)out->qty) +
                                 (out->is_sell ? AGON_SELL : AGON_BUY),
                             out->id),
                        (uint64_t)out->t_ns);
            break;
        case OKX_QUOTE:
        case KRAKEN_QUOTE:
            sum += fold(
                fold(fold((uint64_t)out->bid.px, (uint64_t)out->bid.qty), (uint64_t)out->ask.px),
                (uint64_t)out->ask.qty);
            break;
        default:
            sum +=
                fold_rival(fold_rival(fold((uint64_t)out->t_ns, out->id), out->bids, out->n_bids),
                           out->asks, out->n_asks);
            break;
        }
    }
    return sum;
}
#endif

/* --- messages --- */

/* n digits behind the point at most, and none of them a 0 at the end. */
static const char *decimal(char text[32], uint64_t count, int exp)
{
    num_format_short((int64_t)count, exp, text);
    return text;
}

__attribute__((format(printf, 2, 3))) static void put(struct message *message, const char *format,
                                                      ...)
{
    va_list args;

    va_start(args, format);
    message->n += (uint32_t)vsnprintf(message->text + message->n, ROOM - message->n, format, args);
    va_end(args);
}

static void put_levels(struct message *message, struct rng *rng, uint64_t px, int step, uint64_t n,
                       int is_okx)
{
    char a[32], b[32];

    for (uint64_t i = 0; i < n; i++) {
        decimal(a, px, 1);
        decimal(b, rng_below(rng, 900000000), 8);
        if (is_okx)
            put(message, "%s[\"%s\",\"%s\",\"0\",\"%u\"]", i > 0 ? "," : "", a, b,
                (unsigned)(1 + rng_below(rng, 20)));
        else
            put(message, "%s{\"price\":%s,\"qty\":%s}", i > 0 ? "," : "", a, b);
        px = (uint64_t)((int64_t)px + step * (int64_t)(1 + rng_below(rng, 30)));
    }
}

static void write_okx(struct venues *venues, struct rng *rng, uint32_t i, uint64_t px)
{
    struct message *message = &venues->messages[OKX_TRADE][i];
    char a[32], b[32];

    put(message,
        "{\"arg\":{\"channel\":\"trades\",\"instId\":\"BTC-USDT\"},\"data\":[{\"instId\":"
        "\"BTC-USDT\",\"tradeId\":\"%u\",\"px\":\"%s\",\"sz\":\"%s\",\"side\":\"%s\",\"ts\":"
        "\"16300488978%02u\",\"count\":\"%u\"}]}",
        130639474u + i, decimal(a, px, 1), decimal(b, 1 + rng_below(rng, 900000000), 8),
        rng_below(rng, 2) ? "buy" : "sell", i % 100, (unsigned)(1 + rng_below(rng, 9)));
    message = &venues->messages[OKX_QUOTE][i];
    put(message,
        "{\"arg\":{\"channel\":\"bbo-tbt\",\"instId\":\"BTC-USDT\"},\"data\":[{\"asks\":[");
    put_levels(message, rng, px + 1, 1, 1, 1);
    put(message, "],\"bids\":[");
    put_levels(message, rng, px, -1, 1, 1);
    put(message, "],\"ts\":\"16300488978%02u\",\"seqId\":%u}]}", i % 100, 7203918u + i);
    message = &venues->messages[OKX_BOOK][i];
    put(message, "{\"arg\":{\"channel\":\"books\",\"instId\":\"BTC-USDT\"},\"action\":\"update\","
                 "\"data\":[{\"asks\":[");
    put_levels(message, rng, px + 1, 1, rng_below(rng, 8), 1);
    put(message, "],\"bids\":[");
    put_levels(message, rng, px, -1, rng_below(rng, 8), 1);
    put(message, "],\"ts\":\"16300488978%02u\",\"checksum\":%d,\"seqId\":%u,\"prevSeqId\":%u}]}",
        i % 100, (int)rng_below(rng, 2000000000) - 1000000000, 7203918u + i, 7203917u + i);
}

static void write_kraken(struct venues *venues, struct rng *rng, uint32_t i, uint64_t px)
{
    struct message *message = &venues->messages[KRAKEN_TRADE][i];
    char a[32], b[32];

    put(message,
        "{\"channel\":\"trade\",\"type\":\"update\",\"data\":[{\"symbol\":\"BTC/USD\",\"side\":"
        "\"%s\",\"price\":%s,\"qty\":%s,\"ord_type\":\"%s\",\"trade_id\":%u,\"timestamp\":"
        "\"2023-09-25T07:49:%02u.708%03uZ\"}]}",
        rng_below(rng, 2) ? "buy" : "sell", decimal(a, px, 1),
        decimal(b, 1 + rng_below(rng, 900000000), 8), rng_below(rng, 2) ? "limit" : "market",
        4665906u + i, i % 60, (unsigned)rng_below(rng, 1000));
    message = &venues->messages[KRAKEN_QUOTE][i];
    put(message,
        "{\"channel\":\"ticker\",\"type\":\"update\",\"data\":[{\"symbol\":\"BTC/USD\","
        "\"bid\":%s,",
        decimal(a, px, 1));
    put(message, "\"bid_qty\":%s,", decimal(b, rng_below(rng, 900000000), 8));
    put(message, "\"ask\":%s,\"ask_qty\":%s,", decimal(a, px + 1, 1),
        decimal(b, rng_below(rng, 900000000), 8));
    put(message,
        "\"last\":%s,\"volume\":997038.98383185,\"vwap\":60148.1,\"low\":59979.0,"
        "\"high\":61285.5,\"change\":-170.2,\"change_pct\":-0.17}]}",
        a);
    message = &venues->messages[KRAKEN_BOOK][i];
    put(message, "{\"channel\":\"book\",\"type\":\"update\",\"data\":[{\"symbol\":\"BTC/USD\","
                 "\"bids\":[");
    put_levels(message, rng, px, -1, rng_below(rng, 3), 0);
    put(message, "],\"asks\":[");
    put_levels(message, rng, px + 1, 1, rng_below(rng, 3), 0);
    put(message, "],\"checksum\":%u,\"timestamp\":\"2023-09-25T07:49:%02u.708%03uZ\"}]}",
        2439117997u + i, i % 60, (unsigned)rng_below(rng, 1000));
}

static int open_readers(struct venues *venues)
{
    static const char *const names[] = {"BTC-USDT", "BTC/USD"};

    symbols_init(&venues->symbols);
    if (symbols_add_asset(&venues->symbols, "USD", 1, 8, NULL) < 0)
        return AGON_EINVAL;
    for (uint32_t i = 0; i < 2; i++) {
        struct agon_instrument instrument = {.hdr.instrument = 1 + i,
                                             .base = 2,
                                             .quote = 1,
                                             .px_exp = 1,
                                             .qty_exp = 8,
                                             .tick_px = 1};

        snprintf(instrument.symbol, sizeof(instrument.symbol), "%s", names[i]);
        if (symbols_add(&venues->symbols, &instrument, NULL) < 0)
            return AGON_EINVAL;
    }
    if (venue_okx_spot.open_reader(&venues->symbols, &venues->okx) < 0 ||
        venue_kraken_spot.open_reader(&venues->symbols, &venues->kraken) < 0)
        return AGON_ENOMEM;
    return AGON_OK;
}

static uint64_t whole(struct venues *venues, bench_side_fn side)
{
    venues->at = 0;
    return side(venues, MESSAGES);
}

static void check(struct bench *bench, struct venues *venues)
{
    uint64_t sum = whole(venues, product);
    int is_good = sum != 0 && sum == whole(venues, careful);

#if defined(BENCH_SIMDJSON)
    is_good &= !simdjson_can_run() || sum == whole(venues, rival);
#endif
    bench_check(bench, is_good,
                "decode: %d %s messages of about %u bytes give the same records on every side",
                MESSAGES, jobs[venues->what].name, venues->messages[venues->what][0].n);
}

static int run_job(struct bench *bench, struct venues *venues)
{
    char name[64];
    struct bench_pair pair = {.ctx = venues,
                              .op = "message",
                              .batch = 64,
                              .product = "the gateway's decoder",
                              .run_product = product,
                              .n = jobs[venues->what].n,
                              .name = name};
    int rc = AGON_OK;

    snprintf(name, sizeof(name), "decode.%s.simdjson", jobs[venues->what].name);
    pair.yardstick = "simdjson on demand, same checks of what is asked for, the rest not looked at";
    pair.goal_kind = BENCH_AT_LEAST;
    pair.goal = 2.5;
    pair.goal_text = "at least 2.5 times as fast (1.5 are required)";
#if defined(BENCH_SIMDJSON)
    pair.run_yardstick = rival;
    if (simdjson_can_run())
        rc = bench_compare(bench, &pair);
    else
        bench_absent(bench, name, "not run: this processor lacks AVX2");
#else
    bench_absent(bench, name, "not built: simdjson (Debian: libsimdjson-dev, g++) was not there");
#endif
    if (rc < 0)
        return rc;
    snprintf(name, sizeof(name), "decode.%s.careful", jobs[venues->what].name);
    pair.goal_kind = BENCH_NO_GOAL;
    pair.goal_text = NULL;
    pair.yardstick = "the same decoder, key by key";
    pair.run_yardstick = careful;
    return bench_compare(bench, &pair);
}

int bench_decode_venues(struct bench *bench)
{
    struct venues *venues = calloc(1, sizeof(*venues));
    struct rng rng;
    int rc;

    if (venues == NULL)
        return AGON_ENOMEM;
    rc = open_readers(venues);
    rng_init(&rng, 7);
    for (uint32_t i = 0; rc >= 0 && i < MESSAGES; i++) {
        uint64_t px = 610000 + rng_below(&rng, 10000);

        write_okx(venues, &rng, i, px);
        write_kraken(venues, &rng, i, px);
    }
    for (int turn = 0; turn < 2; turn++) {
        for (int what = 0; rc >= 0 && what < WHATS; what++) {
            venues->what = (enum what)what;
            if (turn == 0)
                check(bench, venues);
            else
                rc = run_job(bench, venues);
        }
    }
    if (venues->okx != NULL)
        venue_okx_spot.close(venues->okx);
    if (venues->kraken != NULL)
        venue_kraken_spot.close(venues->kraken);
    free(venues);
    return rc;
}
