// SPDX-License-Identifier: Apache-2.0
/* OKX and Kraken: what looks as usual is read with a stencil, and everything else key by key: which
 * of the two it was must not show. Messages of a few streams, with numbers of many lengths, one
 * record and several, in several orders of keys, whole and damaged, go both ways. */
#include <check.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/rng.h"
#include "base/sanitized.h"
#include "both_ways.h"
#include "stencil_both.h"

#define ROOM 8192

static struct symbols symbols;
static struct stencil_both both;
static struct rng rng;

struct market {
    const struct venue_wire *wire;
    const char *names[3]; /* the last is none of ours */
    size_t (*message)(char *text, const char *name);
    uint32_t least; /* of a thousand whole ones, taken with a stencil */
};

static uint64_t below(uint64_t n)
{
    return rng_below(&rng, n);
}

static size_t put(char *text, size_t at, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
static size_t put(char *text, size_t at, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    at += (size_t)vsnprintf(text + at, ROOM - at, format, args);
    va_end(args);
    ck_assert_uint_lt(at, ROOM);
    return at;
}

static const char *digits(char *text, size_t n)
{
    for (size_t i = 0; i < n; i++)
        text[i] = (char)('0' + below(10));
    text[n] = '\0';
    if (n > 1 && text[0] == '0' && below(50) != 0)
        text[0] = '1';
    return text;
}

/* Of any lengths, mostly as fine as the instrument or less, with zeros at the end or without. */
static const char *decimal(char *text, size_t most)
{
    size_t n = 1 + below(below(8) == 0 ? 11 : 5);
    size_t n_frac = below(40) == 0 ? below(11) : below(most + 1);

    digits(text, n);
    if (n_frac > 0 || below(300) == 0) {
        text[n++] = '.';
        digits(text + n, n_frac);
        n += n_frac;
        while (below(20) == 0 && n < 20)
            text[n++] = '0';
        text[n] = '\0';
    }
    if (below(300) == 0)
        memmove(text + 1, text, n + 1), text[0] = '-';
    if (below(300) == 0)
        strcat(text, "e-3");
    return text;
}

static const char *whole(char *text)
{
    return digits(text, below(8) != 0 ? 9 : 1 + below(20));
}

static size_t okx_levels(char *text, size_t at, uint64_t count)
{
    char a[64], b[64], c[64];

    for (uint64_t i = 0; i < count; i++) {
        at = put(text, at, "%s[\"%s\",\"%s\",\"%s\",\"%s\"]", i > 0 ? "," : "", decimal(a, 1),
                 decimal(b, 8), below(40) != 0 ? "0" : whole(c), digits(c, 1 + below(3)));
    }
    return at;
}

static size_t okx_message(char *text, const char *name)
{
    char a[64], b[64], c[64], d[64];
    size_t at = 0;
    uint64_t kind = below(4);

    at = put(text, at, "{\"arg\":{\"channel\":\"%s\",\"instId\":\"%s\"},",
             kind == 0   ? "trades"
             : kind == 1 ? "bbo-tbt"
                         : "books",
             name);
    if (kind == 0) {
        uint64_t count = below(5) != 0 ? 1 : 1 + below(40);

        at = put(text, at, "\"data\":[");
        for (uint64_t i = 0; i < count; i++) {
            int is_turned = below(20) == 0;

            at = put(text, at,
                     "%s{\"instId\":\"%s\",\"tradeId\":\"%s\",\"%s\":\"%s\",\"%s\":\"%s\","
                     "\"side\":\"%s\",\"ts\":\"%s\"%s}",
                     i > 0 ? "," : "", name, whole(a), is_turned ? "sz" : "px", decimal(b, 1),
                     is_turned ? "px" : "sz", decimal(c, is_turned ? 1 : 8),
                     below(2)    ? "buy"
                     : below(50) ? "sell"
                                 : "bull",
                     digits(d, 13), below(10) != 0 ? ",\"count\":\"3\"" : "");
        }
        return put(text, at, "]}");
    }
    if (kind > 1)
        at = put(text, at, "\"action\":\"%s\",", below(20) ? "update" : "snapshot");
    at = put(text, at, "\"data\":[{\"asks\":[");
    at = okx_levels(text, at, kind == 1 ? below(20) != 0 : below(8));
    at = put(text, at, "],\"bids\":[");
    at = okx_levels(text, at, kind == 1 ? below(20) != 0 : below(8));
    at = put(text, at, "],\"ts\":\"%s\"", digits(a, below(30) ? 13 : 1 + below(16)));
    if (kind > 1)
        at = put(text, at, ",\"checksum\":%s%s,\"prevSeqId\":%s%s", below(2) ? "-" : "", whole(a),
                 below(30) ? "" : "-", whole(b));
    return put(text, at, ",\"seqId\":%s}]}", whole(c));
}

static const char *stamp(char *text)
{
    int n = snprintf(text, 64, "2023-09-%02uT%02u:%02u:%02u", 24 + (unsigned)below(3),
                     (unsigned)below(below(30) ? 24 : 30), (unsigned)below(below(30) ? 60 : 70),
                     (unsigned)below(below(30) ? 61 : 70));

    if (below(20) != 0) {
        text[n++] = '.';
        digits(text + n, below(20) ? 6 : 1 + below(9));
    }
    return strcat(text, "Z");
}

static size_t kraken_levels(char *text, size_t at, uint64_t count)
{
    char a[64], b[64];

    for (uint64_t i = 0; i < count; i++)
        at = put(text, at, "%s{\"price\":%s,\"qty\":%s}", i > 0 ? "," : "", decimal(a, 1),
                 decimal(b, 8));
    return at;
}

static size_t kraken_message(char *text, const char *name)
{
    static const char *const channels[] = {"trade", "ticker", "book", "book"};
    char a[64], b[64], c[64], d[64];
    size_t at = 0;
    uint64_t kind = below(4);
    uint64_t count = kind == 0 && below(4) == 0 ? 1 + below(40) : below(200) ? 1 : 2;

    at = put(text, at, "{\"channel\":\"%s\",\"type\":\"%s\",\"data\":[", channels[kind],
             below(20) ? "update" : "snapshot");
    for (uint64_t i = 0; i < count; i++) {
        at =
            put(text, at, "%s{\"symbol\":\"%s\",", i > 0 ? "," : "", below(100) ? name : "ETH/USD");
        if (kind == 0) {
            at = put(text, at,
                     "\"side\":\"%s\",\"price\":%s,\"qty\":%s,\"ord_type\":\"%s\","
                     "\"trade_id\":%s,\"timestamp\":\"%s\"}",
                     below(2)    ? "buy"
                     : below(50) ? "sell"
                                 : "bull",
                     decimal(a, 1), decimal(b, 8), below(2) ? "limit" : "market", whole(c),
                     stamp(d));
        } else if (kind == 1) {
            at = put(text, at, "\"bid\":%s,\"bid_qty\":%s,", decimal(a, 1), decimal(b, 8));
            at = put(text, at, "\"ask\":%s,\"ask_qty\":%s,", decimal(a, 1), decimal(b, 8));
            at = put(text, at, "\"last\":%s,\"volume\":%s,\"change\":%s%s", decimal(a, 1),
                     decimal(b, 8), below(2) ? "-" : "", decimal(c, 3));
            at = put(text, at, below(2) ? "}" : ",\"timestamp\":\"%s\"}", stamp(d));
        } else {
            at = put(text, at, "\"bids\":[");
            at = kraken_levels(text, at, below(6));
            at = put(text, at, "],\"asks\":[");
            at = kraken_levels(text, at, below(6));
            at = put(text, at, "],\"checksum\":%s,\"timestamp\":\"%s\"}", digits(a, 9), stamp(d));
        }
    }
    return put(text, at, "]}");
}

static const struct market markets[] = {
    {&venue_okx_spot, {"BTC-USDT", "ETH-USDT", "SOL-USDT"}, okx_message, 150},
    {&venue_okx_swap, {"BTC-USDT-SWAP", "ETH-USDT-SWAP", "SOL-USDT-SWAP"}, okx_message, 120},
    {&venue_kraken_spot, {"BTC/USD", "ETH/USD", "SOL/USD"}, kraken_message, 350},
};

static void begin(const struct market *market)
{
    symbols_init(&symbols);
    ck_assert_int_eq(symbols_add_asset(&symbols, "USDT", 1, 8, NULL), AGON_OK);
    for (uint32_t i = 0; i < 2; i++) {
        struct agon_instrument instrument = {.hdr = {.instrument = 3 + i},
                                             .base = 2,
                                             .quote = 1,
                                             .px_exp = 1,
                                             .qty_exp = 8,
                                             .tick_px = 1};

        snprintf(instrument.symbol, sizeof(instrument.symbol), "%s", market->names[i]);
        ck_assert_int_eq(symbols_add(&symbols, &instrument, NULL), AGON_OK);
    }
    ck_assert(stencil_both_open(&both, market->wire, &symbols));
    for (int i = 0; i < 2 && market->wire == &venue_okx_swap; i++) {
        struct okx *okx = both.self[i];

        // A hundredth, and a thing that quantities are multiplied with.
        okx->contracts[0] = (struct okx_contract){.value = 1, .exp = 2};
        okx->contracts[1] = (struct okx_contract){.value = 25, .exp = 0};
    }
}

START_TEST(both_ways_say_the_same)
{
    static char text[ROOM + 64];
    const struct market *market = &markets[_i];
    const char *count = getenv("AGON_MESSAGES");
    uint64_t n_all = count != NULL ? strtoull(count, NULL, 10) : IS_SANITIZED ? 20000 : 100000;
    uint64_t n_whole = 0;
    uint64_t n_taken = 0;

    begin(market);
    rng_init(&rng, 11);
    for (uint64_t i = 0; i < n_all; i++) {
        size_t n = market->message(text, market->names[below(20) == 0 ? 2 : below(2)]);
        uint64_t before = both.stencils[0]->n_usual;
        char *exact;
        const char *what;
        int kind;

        // Memory of just that length: what is read behind it is found by the sanitizer.
        for (int turn = 0; turn < 3; turn++) {
            exact = malloc(n);
            ck_assert_ptr_nonnull(exact);
            memcpy(exact, text, n);
            what = stencil_both_differ(&both, exact, n, &kind);
            ck_assert_msg(what == NULL, "%s of %.*s", what, (int)n, text);
            free(exact);
            if (turn == 0) {
                n_whole++;
                n_taken += both.stencils[0]->n_usual - before;
            }
            if (below(2) == 0)
                break;
            n = both_ways_damage(&rng, text, n, sizeof(text));
            if (n == 0)
                break;
        }
    }
    printf("%s: %llu messages, %llu with a stencil\n", market->names[0],
           (unsigned long long)n_whole, (unsigned long long)n_taken);
    // Most of those that are made here have something unusual in a record.
    ck_assert_uint_ge(n_taken * 1000, n_whole * market->least);
    stencil_both_close(&both);
}
END_TEST

/* Every byte of a usual message, as every other byte, missing and twice: numbers that begin with a
 * zero, have two points or none, run into what stands behind them. Twice each, so that what is
 * learnt of the first is tried on the second, and then as it was. */
static const struct one_byte {
    uint32_t market;
    const char *text;
} one_byte[] = {
    {0,
     "{\"arg\":{\"channel\":\"trades\",\"instId\":\"BTC-USDT\"},\"data\":[{\"instId\":\"BTC-USDT\","
     "\"tradeId\":\"130639474\",\"px\":\"42219.9\",\"sz\":\"0.12060306\",\"side\":\"buy\",\"ts\":"
     "\"1630048897897\",\"count\":\"3\"}]}"},
    {0,
     "{\"arg\":{\"channel\":\"bbo-tbt\",\"instId\":\"BTC-USDT\"},\"data\":[{\"asks\":[[\"30001\","
     "\"1.50\",\"0\",\"3\"]],\"bids\":[[\"30000.5\",\"12345678.12345678\",\"0\",\"12\"]],\"ts\":"
     "\"1700000000500\",\"seqId\":5}]}"},
    {1, "{\"arg\":{\"channel\":\"books\",\"instId\":\"BTC-USDT-SWAP\"},\"action\":\"update\","
        "\"data\":[{"
        "\"asks\":[[\"0.1\",\"7\",\"0\",\"12345678\"]],\"bids\":[[\"30000.5\",\"1\",\"0\",\"1\"],["
        "\"30000\","
        "\"0\",\"0\",\"0\"]],\"ts\":\"1700000000500\",\"checksum\":-7,\"seqId\":1234567890123456,"
        "\"prevSeqId\":1012}]}"},
    {2, "{\"channel\":\"trade\",\"type\":\"update\",\"data\":[{\"symbol\":\"BTC/"
        "USD\",\"side\":\"sell\","
        "\"price\":30001.0,\"qty\":0.25,\"ord_type\":\"limit\",\"trade_id\":71,\"timestamp\":"
        "\"2023-11-14T22:13:20.600000Z\"}]}"},
    {2,
     "{\"channel\":\"book\",\"type\":\"update\",\"data\":[{\"symbol\":\"BTC/"
     "USD\",\"bids\":[{\"price\":"
     "30000.00,\"qty\":12345678.5},{\"price\":9,\"qty\":0.00000001}],\"asks\":[{\"price\":30000.5,"
     "\"qty\":0}],\"checksum\":1173082380,\"timestamp\":\"2023-11-14T22:13:20.500000Z\"}]}"},
    {2, "{\"channel\":\"ticker\",\"type\":\"update\",\"data\":[{\"symbol\":\"BTC/"
        "USD\",\"bid\":30000.1,"
        "\"bid_qty\":1.00000000,\"ask\":30000.2,\"ask_qty\":3.2,\"last\":30000.1,\"volume\":"
        "1361.44813783,\"low\":0.5,\"high\":7,\"change\":-0.1,\"change_pct\":-10.17}]}"},
    {2, "{\"channel\":\"ticker\",\"type\":\"update\",\"data\":[{\"symbol\":\"BTC/"
        "USD\",\"last\":30000.1,"
        "\"volume\":1361.44813783,\"bid\":30000.1,\"bid_qty\":1.00000000,\"ask\":30000.2,"
        "\"ask_qty\":3.2,\"timestamp\":\"2023-11-14T22:13:20.500000Z\"}]}"},
};

static void both_say_the_same(const char *text, size_t n)
{
    char *exact = malloc(n);
    const char *what;
    int kind;

    ck_assert_ptr_nonnull(exact);
    memcpy(exact, text, n);
    for (int turn = 0; turn < 2; turn++) {
        what = stencil_both_differ(&both, exact, n, &kind);
        ck_assert_msg(what == NULL, "%s of %.*s", what, (int)n, text);
    }
    free(exact);
}

START_TEST(one_byte_is_another)
{
    const char *usual = one_byte[_i].text;
    size_t n = strlen(usual);
    char text[1024];
    uint64_t before;

    begin(&markets[one_byte[_i].market]);
    for (int turn = 0; turn < 3; turn++)
        both_say_the_same(usual, n);
    before = both.stencils[0]->n_usual;
    for (size_t at = 0; at < n; at++) {
        for (int byte = 0; byte < 256; byte += IS_SANITIZED ? 3 : 1) {
            memcpy(text, usual, n);
            text[at] = (char)byte;
            both_say_the_same(text, n);
        }
        memcpy(text, usual, at);
        memcpy(text + at, usual + at + 1, n - at - 1);
        both_say_the_same(text, n - 1);
        both_say_the_same(usual, at);
        memcpy(text, usual, at + 1);
        memcpy(text + at + 1, usual + at, n - at);
        both_say_the_same(text, n + 1);
        both_say_the_same(usual, n);
    }
    // Most of what is not refused is taken with a stencil, the message itself each time.
    ck_assert_uint_ge(both.stencils[0]->n_usual - before, n);
    stencil_both_close(&both);
}
END_TEST

/* What a venue says all day is taken with a stencil from the second message on, of several records
 * too, and each of its trades comes once and in order. */
START_TEST(trades_of_a_message_come_one_by_one)
{
#define TRADE(side, px, id)                                                                        \
    "{\"symbol\":\"BTC/USD\",\"side\":\"" side "\",\"price\":" px                                  \
    ",\"qty\":0.5,\"ord_type\":\"market\",\"trade_id\":" id                                        \
    ",\"timestamp\":\"2023-09-25T07:49:37.708706Z\"}"
#define MESSAGE(trades) "{\"channel\":\"trade\",\"type\":\"update\",\"data\":[" trades "]}"
    static const char one[] = MESSAGE(TRADE("buy", "30000.5", "7"));
    static const char three[] = MESSAGE(TRADE("buy", "30000.5", "8") "," TRADE(
        "sell", "9.1", "9") "," TRADE("buy", "1000000", "10"));
    static const int64_t px[] = {300005, 91, 10000000};
    struct wire_out *out = &both.out[0];

    begin(&markets[2]);
    ck_assert_int_eq(venue_kraken_spot.decode(both.self[0], one, strlen(one), out), WIRE_TRADE);
    ck_assert_int_eq(venue_kraken_spot.decode(both.self[0], one, strlen(one), out), WIRE_OTHER);
    ck_assert_uint_eq(both.stencils[0]->n_usual, 0);
    for (uint64_t turn = 1; turn < 3; turn++) {
        for (uint64_t i = 0; i < 3; i++) {
            ck_assert_int_eq(venue_kraken_spot.decode(both.self[0], three, strlen(three), out),
                             WIRE_TRADE);
            ck_assert_int_eq(out->trade.px, px[i]);
            ck_assert_uint_eq(out->trade.venue_id, 8 + i);
            ck_assert_int_eq(out->trade.hdr.t_venue, 1695628177708706000);
        }
        ck_assert_int_eq(venue_kraken_spot.decode(both.self[0], three, strlen(three), out),
                         WIRE_OTHER);
        ck_assert_uint_eq(both.stencils[0]->n_usual, turn);
    }
    stencil_both_close(&both);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("stencil");
    TCase *tcase = tcase_create("both ways");
    SRunner *runner;
    int failed;

    tcase_set_timeout(tcase, 110);
    tcase_add_loop_test(tcase, both_ways_say_the_same, 0, 3);
    tcase_add_loop_test(tcase, one_byte_is_another, 0, sizeof(one_byte) / sizeof(one_byte[0]));
    tcase_add_test(tcase, trades_of_a_message_come_one_by_one);
    suite_add_tcase(suite, tcase);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
