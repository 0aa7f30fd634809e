// SPDX-License-Identifier: Apache-2.0
/* Answers of Kraken and OKX that are well formed and cannot be: each is refused as a whole, and
 * what differs from it by that alone is taken. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "venue/wire.h"

enum what { ORDERS, FILLS, ACCOUNT, BARS, INFO };

static struct symbols symbols;
static struct wire_out out;

#define K_ORDER(qty, cum, px)                                                                      \
    "{\"error\":[],\"result\":{\"open\":{\"OA\":{\"status\":\"open\",\"vol\":\"" qty               \
    "\",\"vol_exec\":\"" cum "\",\"opentm\":1616666559.8974,\"oflags\":\"fciq\",\"descr\":{"       \
    "\"pair\":\"XBTUSD\",\"type\":\"buy\",\"ordertype\":\"limit\",\"price\":\"" px                 \
    "\",\"price2\":\"0\"}}}}}"
#define K_FILL(number)                                                                             \
    "{\"error\":[],\"result\":{\"trades\":{\"TA\":{\"ordertxid\":\"OA\",\"pair\":\"XBTUSD\","      \
    "\"time\":1688585840.8921,\"type\":\"buy\",\"price\":\"3\",\"fee\":\"0\",\"vol\":\"0.5\","     \
    "\"trade_id\":" number ",\"maker\":true}},\"count\":1}}"
#define K_MONEY(total, held)                                                                       \
    "{\"error\":[],\"result\":{\"ZUSD\":{\"balance\":\"" total "\",\"hold_trade\":\"" held "\"}}}"
#define K_BAR(open, close)                                                                         \
    "{\"error\":[],\"result\":{\"X\":[[1688671200,\"" open "\",\"4\",\"2\",\"" close               \
    "\",\"3\",\"5\",2]],\"last\":1}}"
#define O_ORDER(qty, cum, more)                                                                    \
    "{\"code\":\"0\",\"msg\":\"\",\"data\":[{\"instId\":\"BTC-USDT\",\"ordId\":\"31\",\"px\":"     \
    "\"3\",\"sz\":\"" qty "\",\"accFillSz\":\"" cum "\",\"ordType\":\"limit\",\"side\":\"buy\","   \
    "\"state\":\"live\",\"uTime\":\"17\"" more "}]}"
#define O_MONEY(total, held)                                                                       \
    "{\"code\":\"0\",\"msg\":\"\",\"data\":[{\"details\":[{\"ccy\":\"USDT\",\"cashBal\":\"" total  \
    "\",\"frozenBal\":\"" held "\"}]}]}"
#define O_BAR(open, close)                                                                         \
    "{\"code\":\"0\",\"msg\":\"\",\"data\":[[\"1597026383085\",\"" open "\",\"4\",\"2\",\"" close  \
    "\",\"8\",\"2\",\"2\",\"1\"]]}"
#define O_INFO(number)                                                                             \
    "{\"code\":\"0\",\"msg\":\"\",\"data\":[{\"instId\":\"BTC-USDT\",\"baseCcy\":\"BTC\","         \
    "\"quoteCcy\":\"USDT\",\"instIdCode\":" number                                                 \
    ",\"lotSz\":\"0.1\",\"minSz\":\"0.1\",\"tickSz\":\"0.1\",\"state\":\"live\"}]}"

static const struct {
    const char *dialect;
    enum what what;
    int is_good;
    const char *text;
} answers[] = {
    {"kraken_spot", ORDERS, 1, K_ORDER("1.5", "1.5", "3.1")},
    {"kraken_spot", ORDERS, 0, K_ORDER("1.5", "1.6", "3.1")}, // more than all of it was filled
    {"kraken_spot", ORDERS, 0, K_ORDER("1.5", "0", "-3.1")},
    {"kraken_spot", FILLS, 1, K_FILL("1001")},
    {"kraken_spot", FILLS, 0, K_FILL("0")}, // 0 is no fill's number
    {"kraken_spot", ACCOUNT, 1, K_MONEY("25.1", "8.2")},
    {"kraken_spot", ACCOUNT, 0, K_MONEY("-92000000000", "92000000000")},
    {"kraken_spot", BARS, 1, K_BAR("3", "3")},
    {"kraken_spot", BARS, 0, K_BAR("-3", "3")},
    {"kraken_spot", BARS, 0, K_BAR("3", "0")},
    {"okx_spot", ORDERS, 1, O_ORDER("1.5", "1.5", "")},
    {"okx_spot", ORDERS, 0, O_ORDER("1.5", "1.6", "")},
    // What is counted in the quote says nothing of the base.
    {"okx_spot", ORDERS, 1, O_ORDER("1.5", "1.6", ",\"tgtCcy\":\"quote_ccy\"")},
    {"okx_spot", ACCOUNT, 1, O_MONEY("25.1", "8.2")},
    {"okx_spot", ACCOUNT, 0, O_MONEY("-92000000000", "92000000000")},
    {"okx_spot", BARS, 1, O_BAR("3", "3")},
    {"okx_spot", BARS, 0, O_BAR("0", "3")},
    {"okx_spot", BARS, 0, O_BAR("3", "-3")},
    // What an order on the socket names its instrument by; it may have nothing there.
    {"okx_spot", INFO, 1, O_INFO("10461")},
    {"okx_spot", INFO, 1, O_INFO("null")},
    {"okx_spot", INFO, 0, O_INFO("1.5")},
    {"okx_spot", INFO, 0, O_INFO("99999999999999999999")},
};

static void setup(void)
{
    static const char *const names[] = {"BTC/USD", "BTC-USDT"};

    symbols_init(&symbols);
    ck_assert_int_eq(symbols_add_asset(&symbols, "USD", 1, 8, NULL), AGON_OK);
    ck_assert_int_eq(symbols_add_asset(&symbols, "BTC", 2, 8, NULL), AGON_OK);
    ck_assert_int_eq(symbols_add_asset(&symbols, "USDT", 3, 8, NULL), AGON_OK);
    for (uint32_t i = 0; i < 2; i++) {
        struct agon_instrument instrument = {.hdr.instrument = i + 1,
                                             .base = 2,
                                             .quote = i == 0 ? 1 : 3,
                                             .px_exp = 1,
                                             .qty_exp = 8,
                                             .tick_px = 1};

        memcpy(instrument.symbol, names[i], strlen(names[i]) + 1);
        ck_assert_int_eq(symbols_add(&symbols, &instrument, NULL), AGON_OK);
    }
}

static int read_answer(const struct venue_wire *wire, void *self, enum what what, const char *text)
{
    const struct symbol *symbol = &symbols.all[wire->name[0] == 'k' ? 0 : 1];
    size_t n = strlen(text);

    switch (what) {
    case ORDERS:
        return wire->read_orders(self, text, n, NULL, NULL);
    case FILLS:
        return wire->read_fills(self, text, n, symbol, NULL, NULL);
    case ACCOUNT:
        return wire->read_account(self, text, n, &out);
    case INFO:
        return wire->read_info(self, text, n, NULL, NULL, NULL);
    default:
        return wire->read_bars(self, text, n, symbol, 60, INT64_MAX, NULL, NULL);
    }
}

START_TEST(what_cannot_be_is_refused)
{
    const struct venue_wire *wire = venue_table_find(answers[_i].dialect);
    void *self;
    int rc;

    setup();
    ck_assert_int_eq(wire->open_reader(&symbols, &self), AGON_OK);
    rc = read_answer(wire, self, answers[_i].what, answers[_i].text);
    ck_assert_msg((rc >= 0) == answers[_i].is_good, "%d: %s", rc, answers[_i].text);
    wire->close(self);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("nonsense");
    TCase *tcase = tcase_create("nonsense");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_add_loop_test(tcase, what_cannot_be_is_refused, 0,
                        (int)(sizeof(answers) / sizeof(answers[0])));
    suite_add_tcase(suite, tcase);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
