// SPDX-License-Identifier: Apache-2.0
// The usual order of keys has a way of its own through the decoder: any other order, any spacing
// and any spelling of a key must give the same records, and what one way refuses the other does
// too.
#include <check.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/rng.h"
#include "venue/binance/decode.h"

static struct symbols symbols;
static struct binance_decoder dec;
static struct wire_out usual, other;

static void begin(agon_px_t tick)
{
    struct agon_instrument instrument = {.hdr = {.instrument = 3},
                                         .base = 2,
                                         .quote = 1,
                                         .px_exp = 2,
                                         .qty_exp = 5,
                                         .tick_px = tick,
                                         .symbol = "BTCUSDT"};

    symbols_init(&symbols);
    ck_assert_int_eq(symbols_add_asset(&symbols, "USDT", 1, 8, NULL), AGON_OK);
    ck_assert_int_eq(symbols_add(&symbols, &instrument, NULL), AGON_OK);
    binance_decoder_init(&dec, &symbols);
}

static const struct {
    const char *stream;
    int kind;
    const char *fields[8]; /* in the usual order */
} messages[] = {
    {"btcusdt@trade",
     WIRE_TRADE,
     {"\"e\":\"trade\"", "\"E\":1723161255343", "\"s\":\"BTCUSDT\"", "\"t\":3735683259",
      "\"p\":\"61837.63000000\"", "\"q\":\"0.02000000\"", "\"T\":1723161255342", "\"m\":true"}},
    {"btcusdt@bookTicker",
     WIRE_QUOTE,
     {"\"u\":50093239212", "\"s\":\"BTCUSDT\"", "\"b\":\"61837.63000000\"", "\"B\":\"3.78826000\"",
      "\"a\":\"61837.64000000\"", "\"A\":\"1.54698000\""}},
    {"btcusdt@depth@100ms",
     WIRE_DIFF,
     {"\"e\":\"depthUpdate\"", "\"E\":1723161255208", "\"s\":\"BTCUSDT\"", "\"U\":50093239189",
      "\"u\":50093239202",
      "\"b\":[[\"61737.63000000\",\"0.00000000\"],[\"61730.17\",\"1\"],[\"56854.58000000\","
      "\"0.50000\"]]",
      "\"a\":[[\"61837.64000000\",\"1.54698000\"]]"}},
};

static size_t build(char *text, size_t room, const char *const *fields, int n, const char *gap,
                    const char *stream)
{
    size_t at = 0;

    if (stream != NULL)
        at += (size_t)snprintf(text + at, room - at, "{\"stream\":\"%s\",\"data\":", stream);
    at += (size_t)snprintf(text + at, room - at, "{%s", gap);
    for (int i = 0; i < n; i++)
        at += (size_t)snprintf(text + at, room - at, "%s%s%s", i > 0 ? "," : "", gap, fields[i]);
    at += (size_t)snprintf(text + at, room - at, "}%s", stream != NULL ? "}" : "");
    return at;
}

static void same(int kind)
{
    ck_assert_int_eq(memcmp(&usual.trade, &other.trade, sizeof(usual.trade)), 0);
    ck_assert_int_eq(memcmp(&usual.quote, &other.quote, sizeof(usual.quote)), 0);
    if (kind == WIRE_QUOTE)
        ck_assert_uint_eq(usual.id, other.id);
    if (kind != WIRE_DIFF)
        return;
    ck_assert_uint_eq(usual.depth.first_id, other.depth.first_id);
    ck_assert_uint_eq(usual.depth.last_id, other.depth.last_id);
    ck_assert_int_eq(usual.depth.t_venue, other.depth.t_venue);
    ck_assert_uint_eq(usual.depth.n_bid, other.depth.n_bid);
    ck_assert_uint_eq(usual.depth.n_ask, other.depth.n_ask);
    ck_assert_int_eq(
        memcmp(usual.depth.bid, other.depth.bid, usual.depth.n_bid * sizeof(struct agon_level)), 0);
    ck_assert_int_eq(
        memcmp(usual.depth.ask, other.depth.ask, usual.depth.n_ask * sizeof(struct agon_level)), 0);
}

START_TEST(any_order_of_keys_gives_the_same_record)
{
    static const char *const gaps[] = {"", " ", "\n\t"};
    struct rng rng;
    int n = 0;

    begin(1);
    rng_init(&rng, 11);
    while (n < 8 && messages[_i].fields[n] != NULL)
        n++;
    for (int round = 0; round < 2000; round++) {
        const char *fields[8];
        char text[2048];
        size_t length;

        memset(&usual, 0, sizeof(usual));
        memset(&other, 0, sizeof(other));
        memcpy(fields, messages[_i].fields, sizeof(fields));
        length = build(text, sizeof(text), fields, n, "", round % 2 ? messages[_i].stream : NULL);
        ck_assert_int_eq(binance_decode_market(&dec, text, length, &usual), messages[_i].kind);
        for (int i = n - 1; i > 0; i--) {
            int j = (int)rng_below(&rng, (uint64_t)i + 1);
            const char *swap = fields[i];

            fields[i] = fields[j];
            fields[j] = swap;
        }
        length = build(text, sizeof(text), fields, n, gaps[rng_below(&rng, 3)],
                       rng_below(&rng, 2) ? messages[_i].stream : NULL);
        ck_assert_msg(binance_decode_market(&dec, text, length, &other) == messages[_i].kind, "%s",
                      text);
        same(messages[_i].kind);
    }
}
END_TEST

/* One byte changed anywhere: whatever the usual way takes, the general way takes alike. A space
 * after the first bracket sends a message the general way. */
START_TEST(both_ways_agree_on_every_changed_byte)
{
    char text[2048];
    char spaced[2048];
    size_t length;
    int n = 0;

    begin(1);
    while (n < 8 && messages[_i].fields[n] != NULL)
        n++;
    length = build(text, sizeof(text), messages[_i].fields, n, "", NULL);
    for (size_t at = 1; at < length; at++) {
        static const char changes[] = "\"\\{}[],:.0-9aeEtTmps \x01\xff";
        char was = text[at];

        for (size_t c = 0; c < sizeof(changes) - 1; c++) {
            int rc_usual;
            int rc_other;

            text[at] = changes[c];
            spaced[0] = '{';
            spaced[1] = ' ';
            memcpy(spaced + 2, text + 1, length - 1);
            memset(&usual, 0, sizeof(usual));
            memset(&other, 0, sizeof(other));
            rc_usual = binance_decode_market(&dec, text, length, &usual);
            rc_other = binance_decode_market(&dec, spaced, length + 1, &other);
            ck_assert_msg((rc_usual < 0) == (rc_other < 0) &&
                              (rc_usual < 0 || rc_usual == rc_other),
                          "%d and %d: %.*s", rc_usual, rc_other, (int)length, text);
            if (rc_usual == messages[_i].kind)
                same(rc_usual);
        }
        text[at] = was;
    }
}
END_TEST

#define DIFF(levels)                                                                               \
    "{\"e\":\"depthUpdate\",\"E\":1723161255208,\"s\":\"BTCUSDT\",\"U\":50093239189,"              \
    "\"u\":50093239202,\"b\":[],\"a\":[" levels "]}"

static int decode(const char *text)
{
    return binance_decode_market(&dec, text, strlen(text), &usual);
}

// The level is a recorded one.
START_TEST(a_level_finer_than_the_lot_is_cut_and_its_diff_is_kept)
{
    begin(1);
    ck_assert_int_eq(decode(DIFF("[\"61837.64000000\",\"1.54698000\"],[\"200000.00000000\","
                                 "\"25.42618900\"],[\"200001.00\",\"0.00000100\"],[\"200002.00\","
                                 "\"0.00000000\"],[\"200003.00000000\",\"3.00000000\"]")),
                     WIRE_DIFF);
    ck_assert_uint_eq(usual.depth.n_ask, 5);
    ck_assert_int_eq(usual.depth.ask[0].qty, 154698);
    ck_assert_int_eq(usual.depth.ask[1].px, 20000000);
    ck_assert_int_eq(usual.depth.ask[1].qty, 2542618);
    ck_assert_int_eq(usual.depth.ask[2].qty, 1); // the venue has something there
    ck_assert_int_eq(usual.depth.ask[3].qty, 0);
    ck_assert_int_eq(usual.depth.ask[4].qty, 300000);
    ck_assert_uint_eq(dec.n_cut, 2);
    ck_assert_uint_eq(dec.n_bad[WIRE_DIFF], 0);
}
END_TEST

START_TEST(a_price_finer_than_the_instrument_refuses_its_message)
{
    begin(1);
    ck_assert_int_eq(decode(DIFF("[\"200000.00100000\",\"25.42618000\"]")), AGON_ERANGE);
    ck_assert_int_eq(decode("{\"u\":50093239212,\"s\":\"BTCUSDT\",\"b\":\"61837.63100000\",\"B\":"
                            "\"3.78826000\",\"a\":\"61837.64000000\",\"A\":\"1.54698000\"}"),
                     AGON_ERANGE);
    ck_assert_uint_eq(dec.n_bad[WIRE_DIFF], 1);
    ck_assert_uint_eq(dec.n_bad[WIRE_QUOTE], 1);
    ck_assert_uint_eq(dec.n_cut, 0);
}
END_TEST

static void on_bar(void *ctx, const struct agon_bar *bar)
{
    *(struct agon_bar *)ctx = *bar;
}

START_TEST(what_the_market_shows_is_cut_and_what_we_own_is_not)
{
    static const char klines[] =
        "[[1723161240000,\"1.00\",\"2.00\",\"1.00\",\"2.00\",\"7.12345678\",1723161299999,"
        "\"9.5\",3,\"3.99999999\",\"4.0\",\"0\"]]";
    static const char order[] =
        "{\"symbol\":\"BTCUSDT\",\"orderId\":1,\"clientOrderId\":\"a\",\"price\":\"1.00\","
        "\"origQty\":\"1.%s\",\"executedQty\":\"0.0\",\"status\":\"NEW\","
        "\"timeInForce\":\"GTC\",\"type\":\"LIMIT\",\"side\":\"BUY\",\"updateTime\":"
        "1723161255208}";
    struct agon_bar bar = {0};
    char text[sizeof(order) + 16];

    begin(1);
    ck_assert_int_eq(decode("{\"u\":50093239212,\"s\":\"BTCUSDT\",\"b\":\"61837.63000000\",\"B\":"
                            "\"3.78826999\",\"a\":\"61837.64000000\",\"A\":\"0.00000001\"}"),
                     WIRE_QUOTE);
    ck_assert_int_eq(usual.quote.bid_qty, 378826);
    ck_assert_int_eq(usual.quote.ask_qty, 1);
    ck_assert_uint_eq(dec.n_cut, 2);
    ck_assert_int_eq(
        decode("{\"e\":\"trade\",\"E\":1723161255343,\"s\":\"BTCUSDT\",\"t\":3735683259,"
               "\"p\":\"61837.63000000\",\"q\":\"0.02000100\",\"T\":1723161255342,\"m\":"
               "true}"),
        WIRE_TRADE);
    ck_assert_int_eq(usual.trade.qty, 2000);
    ck_assert_uint_eq(dec.n_cut, 3);
    ck_assert_int_eq(binance_decode_klines(&dec, klines, sizeof(klines) - 1, &symbols.all[0], 60,
                                           INT64_MAX, on_bar, &bar),
                     1);
    ck_assert_int_eq(bar.volume_qty, 712345);
    ck_assert_int_eq(bar.taker_buy_qty, 399999);
    ck_assert_uint_eq(dec.n_cut, 5);
    snprintf(text, sizeof(text), order, "00001");
    ck_assert_int_ge(binance_decode_order(&dec, text, strlen(text), &usual.order, NULL, NULL), 0);
    snprintf(text, sizeof(text), order, "000001");
    ck_assert_int_lt(binance_decode_order(&dec, text, strlen(text), &usual.order, NULL, NULL), 0);
    ck_assert_uint_eq(dec.n_cut, 5);
}
END_TEST

static const agon_px_t ticks[] = {1, 2, 3, 5, 10, 25, 64, 100, 1000000, 999983, INT64_MAX};

START_TEST(on_tick_is_what_division_says)
{
    struct rng rng;

    begin(ticks[_i]);
    rng_init(&rng, 12);
    for (int i = 0; i < 20000; i++) {
        agon_px_t px = (agon_px_t)(rng_u64(&rng) >> (1 + rng_below(&rng, 62)));

        if (i % 2 == 0)
            px -= px % ticks[_i];
        ck_assert_int_eq(symbol_is_on_tick(&symbols.all[0], px), px % ticks[_i] == 0);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("binance decode");
    TCase *tcase = tcase_create("decode");
    SRunner *runner;
    int failed;

    tcase_set_timeout(tcase, 60);
    tcase_add_loop_test(tcase, any_order_of_keys_gives_the_same_record, 0, 3);
    tcase_add_test(tcase, a_level_finer_than_the_lot_is_cut_and_its_diff_is_kept);
    tcase_add_test(tcase, a_price_finer_than_the_instrument_refuses_its_message);
    tcase_add_test(tcase, what_the_market_shows_is_cut_and_what_we_own_is_not);
    tcase_add_loop_test(tcase, both_ways_agree_on_every_changed_byte, 0, 3);
    tcase_add_loop_test(tcase, on_tick_is_what_division_says, 0,
                        (int)(sizeof(ticks) / sizeof(ticks[0])));
    suite_add_tcase(suite, tcase);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
