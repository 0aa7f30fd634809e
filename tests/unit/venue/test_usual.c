// SPDX-License-Identifier: Apache-2.0
/* What looks as usual is read at once, and everything else key by key: which of the two it was must
 * not show. Messages of a few streams, in several orders of keys and with numbers of many lengths,
 * whole and damaged, go both ways. AGON_MESSAGES says how many (200,000; 10,000,000 were tried). */
#include <check.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/rng.h"
#include "base/sanitized.h"
#include "both_ways.h"

#define ROOM 4096

static struct symbols symbols;
static struct both_ways both;
static struct rng rng;

static void begin(void)
{
    struct agon_instrument instruments[] = {
        {.hdr = {.instrument = 3}, .px_exp = 2, .qty_exp = 5, .tick_px = 1, .symbol = "BTCUSDT"},
        {.hdr = {.instrument = 4}, .px_exp = 4, .qty_exp = 0, .tick_px = 5, .symbol = "ADAUSDT"},
        {.hdr = {.instrument = 5}, .px_exp = 8, .qty_exp = 8, .tick_px = 1, .symbol = "ETHBTC"},
        {.hdr = {.instrument = 6}, .px_exp = 9, .qty_exp = 3, .tick_px = 1, .symbol = "PEPEUSDT"}};

    symbols_init(&symbols);
    ck_assert_int_eq(symbols_add_asset(&symbols, "USDT", 1, 8, NULL), AGON_OK);
    for (size_t i = 0; i < sizeof(instruments) / sizeof(instruments[0]); i++) {
        instruments[i].base = 2;
        instruments[i].quote = 1;
        ck_assert_int_eq(symbols_add(&symbols, &instruments[i], NULL), AGON_OK);
    }
    both_ways_init(&both, &symbols);
}

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

static void digits(char *text, size_t n)
{
    for (size_t i = 0; i < n; i++)
        text[i] = (char)('0' + below(10));
    text[n] = '\0';
    if (n > 1 && text[0] == '0')
        text[0] = '1';
}

/* Mostly as venues write them: eight digits behind the point, the last of them 0. */
static const char *decimal(char *text, int keep)
{
    size_t n = 1 + below(below(8) == 0 ? 10 : 2);
    int n_frac = below(6) != 0 ? 8 : (int)below(10);

    digits(text, n);
    if (n_frac > 0) {
        text[n++] = '.';
        for (int i = 0; i < n_frac; i++)
            text[n++] = i < keep || below(200) == 0 ? (char)('0' + below(10)) : '0';
    }
    text[n] = '\0';
    return text;
}

static const char *whole(char *text)
{
    digits(text, below(4) != 0 ? 10 : 1 + below(20));
    return text;
}

static const char *stamp(char *text)
{
    digits(text, below(20) != 0 ? 13 : below(2) != 0 ? 16 : 1 + below(20));
    if (below(20) != 0)
        text[0] = '1';
    return text;
}

static const char *levels(char *text, int px, int qty)
{
    size_t n = 0;
    uint64_t count = below(6);
    char a[32];
    char b[32];

    text[n++] = '[';
    text[n] = '\0';
    for (uint64_t i = 0; i < count; i++) {
        n += (size_t)snprintf(text + n, 512 - n, "%s[\"%s\",\"%s\"]", i > 0 ? "," : "",
                              decimal(a, px), decimal(b, qty));
    }
    snprintf(text + n, 512 - n, "]");
    return text;
}

/* A message in one of a few orders of keys: the first is the venue's. */
static size_t message(char *text)
{
    static const char *const names[] = {"BTCUSDT", "ADAUSDT", "ETHBTC", "PEPEUSDT", "XRPUSDT"};
    static const char *const streams[] = {"btcusdt", "adausdt", "ethbtc", "pepeusdt", "xrpusdt"};
    static const int px[] = {2, 4, 8, 8, 4};
    static const int qty[] = {5, 0, 8, 3, 1};
    static const char *const kinds[] = {"trade", "aggTrade", "bookTicker", "depth@100ms",
                                        "depth20@100ms"};
    char fields[12][600];
    char number[600];
    size_t who = below(5);
    size_t kind = below(5);
    size_t order = below(4) != 0 ? 0 : 1 + below(2);
    int is_combined = kind == 4 || below(4) != 0;
    int n = 0;
    size_t at = 0;

#define FIELD(format, ...) snprintf(fields[n++], sizeof(fields[0]), format, __VA_ARGS__)
    if (kind <= 1) {
        FIELD("\"e\":\"%s\"", kinds[kind]);
        FIELD("\"E\":%s", stamp(number));
        FIELD("\"s\":\"%s\"", names[who]);
        FIELD("\"%s\":%s", kind == 0 ? "t" : "a", whole(number));
        FIELD("\"p\":\"%s\"", decimal(number, px[who]));
        FIELD("\"q\":\"%s\"", decimal(number, qty[who]));
        if (below(4) == 0)
            FIELD("\"%s\":%s", kind == 0 ? "b" : "f", whole(number));
        if (below(4) != 0)
            FIELD("\"T\":%s", stamp(number));
        FIELD("\"m\":%s", below(2) ? "true" : "false");
        if (below(2))
            FIELD("\"M\":%s", "true");
    } else if (kind == 2) {
        if (below(3) == 0)
            FIELD("\"e\":\"%s\"", kinds[kind]);
        FIELD("\"u\":%s", whole(number));
        FIELD("\"s\":\"%s\"", names[who]);
        FIELD("\"b\":\"%s\"", decimal(number, px[who]));
        FIELD("\"B\":\"%s\"", decimal(number, qty[who]));
        FIELD("\"a\":\"%s\"", decimal(number, px[who]));
        FIELD("\"A\":\"%s\"", decimal(number, qty[who]));
        if (below(3) == 0)
            FIELD("\"E\":%s", stamp(number));
    } else {
        if (kind == 3) {
            FIELD("\"e\":\"%s\"", "depthUpdate");
            FIELD("\"E\":%s", stamp(number));
            FIELD("\"s\":\"%s\"", names[who]);
            FIELD("\"U\":%s", whole(number));
        }
        FIELD("\"%s\":%s", kind == 3 ? "u" : "lastUpdateId", whole(number));
        FIELD("\"%s\":%s", kind == 3 ? "b" : "bids", levels(number, px[who], qty[who]));
        FIELD("\"%s\":%s", kind == 3 ? "a" : "asks", levels(number, px[who], qty[who]));
    }
    if (is_combined)
        at = put(text, at, "{\"stream\":\"%s@%s\",\"data\":", streams[who], kinds[kind]);
    for (int i = 0; i < n; i++) {
        int which = order == 0 ? i : order == 1 ? n - 1 - i : (i + 3) % n;

        at = put(text, at, "%s%s", i == 0 ? "{" : ",", fields[which]);
    }
    return put(text, at, is_combined ? "}}" : "}");
}

/* Other digits in the same places, but for the first of each number and zeros. */
static void other_digits(char *text, size_t n)
{
    for (size_t i = 1; i < n; i++) {
        int is_inside = (text[i - 1] >= '0' && text[i - 1] <= '9') || text[i - 1] == '.';

        if (is_inside && text[i] > '0' && text[i] <= '9' && below(2) == 0)
            text[i] = (char)('0' + below(10));
    }
}

START_TEST(which_way_a_message_went_does_not_show)
{
    const char *wanted = getenv("AGON_MESSAGES");
    uint64_t n = wanted != NULL ? strtoull(wanted, NULL, 10) : IS_SANITIZED ? 20000 : 200000;
    uint64_t n_good = 0;
    uint64_t n_refused = 0;
    uint64_t n_usual = 0;
    char base[ROOM];
    char *exact;
    size_t n_base = 0;
    size_t length;

    begin();
    rng_init(&rng, 21);
    for (uint64_t i = 0; i < n; i++) {
        char text[ROOM];
        const char *what;
        int kind;

        // One message and seven that differ from it by digits or by what is wrong with them.
        if (i % 8 == 0) {
            n_base = message(base);
            n_usual += both.usual.n_usual;
            if (below(4) != 0)
                begin();
            else
                n_usual -= both.usual.n_usual;
        }
        memcpy(text, base, n_base);
        length = n_base;
        if (i % 8 != 0 && below(4) != 0)
            other_digits(text, length);
        for (uint64_t k = i % 8 != 0 ? below(3) : 0; k > 0 && length > 1; k--)
            length = both_ways_damage(&rng, text, length, ROOM);
        // At its own end of memory, so that a sanitizer sees what is read beyond.
        exact = malloc(length + 1);
        ck_assert_ptr_nonnull(exact);
        memcpy(exact + 1, text, length);
        what = both_ways_differ(&both, exact + 1, length, &kind);
        ck_assert_msg(what == NULL, "%s of message %llu: %.*s", what, (unsigned long long)i,
                      (int)length, text);
        free(exact);
        n_good += kind == WIRE_TRADE || kind == WIRE_QUOTE;
        n_refused += kind < 0;
    }
    n_usual += both.usual.n_usual;
    printf("%llu messages, %llu trades and quotes, %llu of them at once, %llu refused\n",
           (unsigned long long)n, (unsigned long long)n_good, (unsigned long long)n_usual,
           (unsigned long long)n_refused);
    // Had nothing been read at once, nothing would have been tried.
    ck_assert_uint_gt(n_usual, n_good / 4);
    ck_assert_uint_eq(both.careful.n_usual, 0);
    ck_assert_uint_gt(n_refused, n / 10);
}
END_TEST

static int at_once(const char *text)
{
    uint64_t before = both.usual.n_usual;
    const char *what;
    int kind;

    what = both_ways_differ(&both, text, strlen(text), &kind);
    ck_assert_msg(what == NULL, "%s: %s", what, text);
    return both.usual.n_usual != before;
}

#define TRADE(p, q, t)                                                                             \
    "{\"stream\":\"btcusdt@trade\",\"data\":{\"e\":\"trade\",\"E\":1723161255343,"                 \
    "\"s\":\"BTCUSDT\",\"t\":3735683259,\"p\":\"" p "\",\"q\":\"" q "\",\"T\":" t ",\"m\":true}}"
#define QUOTE(b, B, a, A)                                                                          \
    "{\"stream\":\"btcusdt@bookTicker\",\"data\":{\"u\":50093239212,\"s\":\"BTCUSDT\",\"b\":\"" b  \
    "\",\"B\":\"" B "\",\"a\":\"" a "\",\"A\":\"" A "\"}}"

START_TEST(what_looks_as_before_is_read_at_once)
{
    begin();
    ck_assert(!at_once(TRADE("61837.63000000", "0.02000000", "1723161255342")));
    ck_assert(at_once(TRADE("61837.63000000", "0.02000000", "1723161255342")));
    ck_assert(at_once(TRADE("10000.01000000", "9.99999000", "3999999999999")));
    ck_assert_int_eq(both.out[0].trade.px, 1000001);
    ck_assert_int_eq(both.out[0].trade.qty, 999999);
    ck_assert_uint_eq(both.out[0].trade.venue_id, 3735683259);
    ck_assert_int_eq(both.out[0].trade.hdr.t_venue, 3999999999999 * 1000000);
    ck_assert(!at_once(QUOTE("61837.63000000", "3.78826000", "61837.64000000", "1.54698000")));
    ck_assert(at_once(QUOTE("61837.62000000", "0.00000000", "61837.63000000", "9.00001000")));
    ck_assert_int_eq(both.out[0].quote.bid_px, 6183762);
    ck_assert_int_eq(both.out[0].quote.bid_qty, 0);
    ck_assert_int_eq(both.out[0].quote.ask_px, 6183763);
    ck_assert_int_eq(both.out[0].quote.ask_qty, 900001);
    ck_assert_uint_eq(both.out[0].id, 50093239212);
}
END_TEST

START_TEST(what_a_value_makes_wrong_or_finer_is_not_read_at_once)
{
    static const char *const others[] = {
        TRADE("61837.63100000", "0.02000000", "1723161255342"),  // finer than the instrument
        TRADE("61837.63000000", "0.02000100", "1723161255342"),  // cut, and counted
        TRADE("00000.00000000", "0.02000000", "1723161255342"),  // no number
        TRADE("61837.63000000", "0.00000000", "1723161255342"),  // none was traded
        TRADE("61837.63000000", "0.02000000", "9723161255342"),  // past 2100
        TRADE("61837.63000000", "0.02000000", "0723161255342")}; // no number

    begin();
    at_once(TRADE("61837.63000000", "0.02000000", "1723161255342"));
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
        ck_assert_msg(!at_once(others[i]), "%s", others[i]);
    ck_assert(at_once(TRADE("61837.63000000", "0.02000000", "1723161255342")));
}
END_TEST

START_TEST(both_sets_of_instructions_agree)
{
    struct mould_bounds bounds[MOULD_CHUNKS];
    struct mould_pair pair;
    char text[ROOM];

    rng_init(&rng, 22);
    for (int round = 0; round < 20000; round++) {
        uint32_t n = MOULD_MIN + (uint32_t)below(MOULD_MAX - MOULD_MIN + 1);
        int64_t values[2];
        int64_t plain[2];

        memset(&pair, 0, sizeof(pair));
        for (uint32_t i = 0; i < n; i++)
            text[i] = (char)(' ' + below(95));
        ck_assert(mould_copy(bounds, text, n));
        ck_assert(mould_fits(bounds, text, n) && mould_fits_plain(bounds, text, n));
        for (int i = 0; i < 16; i++)
            text[i] = (char)('0' + below(10));
        mould_copy(bounds, text, n);
        mould_digits(bounds, n, 0, 16, '0', '9');
        mould_whole(&pair, 0, 8, 1 + (uint32_t)below(8));
        mould_whole(&pair, 1, 0, 16);
        mould_read(&pair, text, values);
        mould_read_plain(&pair, text, plain);
        ck_assert_int_eq(memcmp(values, plain, sizeof(values)), 0);
        text[below(n)] = (char)below(256);
        ck_assert_int_eq(mould_fits(bounds, text, n), mould_fits_plain(bounds, text, n));
    }
    text[3] = '\x80';
    ck_assert(!mould_copy(bounds, text, 16));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("binance usual");
    TCase *tcase = tcase_create("usual");
    SRunner *runner;
    int failed;

    tcase_set_timeout(tcase, 600);
    tcase_add_test(tcase, what_looks_as_before_is_read_at_once);
    tcase_add_test(tcase, what_a_value_makes_wrong_or_finer_is_not_read_at_once);
    tcase_add_test(tcase, both_sets_of_instructions_agree);
    tcase_add_test(tcase, which_way_a_message_went_does_not_show);
    suite_add_tcase(suite, tcase);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
