// SPDX-License-Identifier: Apache-2.0
/* The documented messages of OKX, as the readers take them: with no recording that has ids of books
 * they are the referee. */
#include <check.h>

#include "lines.h"
#include "venue/okx/core.h"

extern const struct venue_wire venue_okx_spot, venue_okx_swap;

static struct symbols symbols;
static struct wire_out out;
static void *spot, *swap;
static char *payload;
static size_t n_payload;

/* The payload of a sample by its name; a test that does not find it fails. */
static void load(const char *name)
{
    struct lines lines;

    n_payload = 0;
    lines_open(&lines, "wire/okx/samples.ndjson");
    while (n_payload == 0 && lines_next(&lines)) {
        struct scan scan;
        struct scan_text key;
        struct scan_text body = {0};
        char text[128] = "";

        scan_init(&scan, lines.line, lines.n);
        ck_assert_int_eq(scan_object(&scan), AGON_OK);
        while (scan_key(&scan, &key) > 0) {
            if (scan_is(&key, "name"))
                scan_copy(&scan, text, sizeof(text));
            else if (scan_is(&key, "payload"))
                scan_slice(&scan, &body);
            else
                scan_skip(&scan);
        }
        if (strcmp(text, name) != 0)
            continue;
        free(payload);
        payload = malloc(body.n + 1);
        memcpy(payload, body.at, body.n);
        payload[body.n] = 0;
        n_payload = body.n;
    }
    lines_close(&lines);
    ck_assert_uint_gt(n_payload, 0);
}

static void setup(void)
{
    static const char *const names[] = {"BTC-USDT", "BTC-USD", "BTC-USDT-SWAP", "ETH-USDT-SWAP"};

    symbols_init(&symbols);
    ck_assert_int_eq(symbols_add_asset(&symbols, "USDT", 1, 8, NULL), AGON_OK);
    ck_assert_int_eq(symbols_add_asset(&symbols, "BTC", 2, 8, NULL), AGON_OK);
    for (uint32_t i = 0; i < 4; i++) {
        struct agon_instrument instrument = {.hdr.instrument = i + 1,
                                             .base = 2,
                                             .quote = 1,
                                             .px_exp = 2,
                                             .qty_exp = 8,
                                             .tick_px = 1};

        snprintf(instrument.symbol, sizeof(instrument.symbol), "%s", names[i]);
        ck_assert_int_eq(symbols_add(&symbols, &instrument, NULL), AGON_OK);
    }
    ck_assert_int_eq(venue_okx_spot.open_reader(&symbols, &spot), AGON_OK);
    ck_assert_int_eq(venue_okx_swap.open_reader(&symbols, &swap), AGON_OK);
}

static void teardown(void)
{
    venue_okx_spot.close(spot);
    venue_okx_swap.close(swap);
    free(payload);
    payload = NULL;
}

static int decode(void *reader, const char *name)
{
    int rc;

    load(name);
    rc = venue_okx_spot.decode(reader, payload, n_payload, &out);
    if (rc > 0)
        ck_assert_int_eq(venue_okx_spot.decode(reader, payload, n_payload, &out), WIRE_OTHER);
    return rc;
}

START_TEST(market_messages)
{
    ck_assert_int_eq(decode(spot, "ws_books_snapshot"), WIRE_BOOK);
    ck_assert_uint_eq(out.depth.n_ask, 8);
    ck_assert_uint_eq(out.depth.n_bid, 8);
    ck_assert_int_eq(out.depth.ask[0].px, 847698);
    ck_assert_int_eq(out.depth.bid[0].qty, 25600000000);
    ck_assert_uint_eq(out.depth.last_id, 123456);
    ck_assert_int_eq(out.depth.t_venue, 1597026383085000000);
    ck_assert_int_eq(decode(spot, "ws_bbo_tbt"), WIRE_QUOTE);
    ck_assert_int_eq(out.quote.bid_px, 847697);
    ck_assert_int_eq(out.quote.ask_qty, 41500000000);
    ck_assert_int_eq(decode(spot, "ws_trades"), WIRE_TRADE);
    ck_assert_int_eq(out.trade.px, 4221990);
    ck_assert_int_eq(out.trade.qty, 12060306);
    ck_assert_uint_eq(out.trade.venue_id, 130639474);
    ck_assert_uint_eq(out.trade.side, AGON_BUY);
    // A candle is of the other socket; an event is a reply.
    ck_assert_int_eq(decode(spot, "ws_candle"), WIRE_OTHER);
    load("messages#13");
    ck_assert_int_eq(venue_okx_spot.decode(spot, payload, n_payload, &out), WIRE_REPLY);
    ck_assert_int_lt(out.code, 0);
}
END_TEST

/* Before its contract is known no quantity of a swap can be read. */
START_TEST(a_swap_waits_for_what_its_contract_is_worth)
{
    static const char trade[] =
        "{\"arg\":{\"channel\":\"trades\",\"instId\":\"ETH-USDT-SWAP\"},\"data\":[{\"instId\":"
        "\"ETH-USDT-SWAP\",\"tradeId\":\"5\",\"px\":\"2000\",\"sz\":\"12.5\",\"side\":\"sell\","
        "\"ts\":\"1630048897897\"}]}";

    ck_assert_int_lt(venue_okx_swap.decode(swap, trade, sizeof(trade) - 1, &out), 0);
    load("http_get_instruments_swap");
    ck_assert_int_ge(venue_okx_swap.read_info(swap, payload, n_payload, NULL, NULL, NULL), 1);
    ck_assert_int_eq(((struct okx *)swap)->contracts[3].value, 0);
}
END_TEST

static struct wire_info infos[16];
static int n_infos;

static void on_info(void *ctx, const struct wire_info *info)
{
    (void)ctx;
    infos[n_infos++] = *info;
}

START_TEST(instruments)
{
    n_infos = 0;
    load("http_get_instruments_spot");
    ck_assert_int_ge(venue_okx_spot.read_info(spot, payload, n_payload, NULL, on_info, NULL), 2);
    ck_assert_str_eq(infos[0].symbol, "BTC-USD");
    ck_assert_str_eq(infos[0].base, "BTC");
    ck_assert_int_eq(infos[0].tick, 1);
    ck_assert_int_eq(infos[0].tick_exp, 1);
    ck_assert_int_eq(infos[0].lot_exp, 8);
    ck_assert_int_eq(infos[0].market_max_qty, 0); // of spot it is counted in dollars
    ck_assert(infos[0].is_tradable);
    // Of swaps the linear ones alone; sizes in the base.
    n_infos = 0;
    load("http_get_instruments_swap");
    ck_assert_int_ge(venue_okx_swap.read_info(swap, payload, n_payload, NULL, on_info, NULL), 2);
    ck_assert_int_ge(n_infos, 1);
    ck_assert_str_eq(infos[0].symbol, "ETH-USDT-SWAP");
    ck_assert_str_eq(infos[0].base, "ETH");
    ck_assert_str_eq(infos[0].quote, "USDT");
    ck_assert_int_eq(((struct okx *)swap)->contracts[3].value, 1);
    ck_assert_int_eq(((struct okx *)swap)->contracts[3].exp, 1);
    ck_assert(infos[0].is_contract);
}
END_TEST

static struct agon_bar bars[8];
static int n_bars;

static void on_bar(void *ctx, const struct agon_bar *bar)
{
    (void)ctx;
    bars[n_bars++] = *bar;
}

START_TEST(candles_are_told_oldest_first)
{
    n_bars = 0;
    load("http_get_candlesticks_full");
    ck_assert_int_eq(venue_okx_swap.read_bars(swap, payload, n_payload, &symbols.all[2], 0,
                                              1800000000000000000, on_bar, NULL),
                     2);
    ck_assert_int_eq(bars[0].t_open, 1747093980000000000);
    ck_assert_int_eq(bars[1].t_open, 1747094040000000000);
    ck_assert_int_eq(bars[1].high_px, 10282040);
    ck_assert_int_eq(bars[1].volume_qty, 1040370000); // in the base: 1040.37 contracts of 0.01
    n_bars = 0;
    venue_okx_spot.read_bars(spot, payload, n_payload, &symbols.all[0], 0, 1800000000000000000,
                             on_bar, NULL);
    ck_assert_int_eq(bars[1].volume_qty, 104037000000);
}
END_TEST

static struct wire_order orders[4];
static int n_orders;

static void on_order(void *ctx, const struct wire_order *order)
{
    (void)ctx;
    if (n_orders < 4)
        orders[n_orders++] = *order;
}

START_TEST(what_an_account_is_told)
{
    struct okx *reader = swap;

    n_orders = 0;
    load("http_get_instruments_swap");
    venue_okx_swap.read_info(swap, payload, n_payload, NULL, on_info, NULL);
    reader->contracts[2] = (struct okx_contract){.value = 1, .exp = 2};
    load("http_get_orders_pending");
    ck_assert_int_eq(venue_okx_swap.read_orders(swap, payload, n_payload, on_order, NULL), 1);
    ck_assert_str_eq(orders[0].client_id, "client-order-1");
    ck_assert_uint_eq(orders[0].venue_order, 1234567890123456789);
    ck_assert_int_eq(orders[0].px, 10350000);
    ck_assert_int_eq(orders[0].qty, 100000); // 0.1 contracts of 0.01
    ck_assert_uint_eq(orders[0].state, AGON_ORDER_OPEN);
    // A position with two sides is none that orders here are for.
    load("http_get_positions");
    ck_assert_int_lt(venue_okx_swap.read_positions(swap, payload, n_payload, &out), 0);
    load("okx/convertTextMessageToMessageRestGetAccountBalances");
    ck_assert_int_eq(venue_okx_spot.read_account(spot, payload, n_payload, &out), AGON_OK);
    ck_assert_uint_eq(out.n_balances, 2);
    ck_assert_int_eq(out.balances[0].free_amt, 993035999980000);
    ck_assert_int_eq(out.balances[1].held_amt, 9184920);
    ck_assert_int_eq(out.balances[1].free_amt, 3320099850 - 9184920);
}
END_TEST

START_TEST(answers_and_what_they_mean)
{
    static const struct {
        int status;
        int32_t code;
        enum answer answer;
    } cases[] = {{200, 0, ANSWER_GOOD},          {200, 51008, ANSWER_REJECT},
                 {200, 51016, ANSWER_DUPLICATE}, {200, 51603, ANSWER_NO_ORDER},
                 {200, 51400, ANSWER_NO_ORDER},  {200, 50004, ANSWER_UNKNOWN},
                 {429, 50011, ANSWER_RATE},      {429, 0, ANSWER_RATE},
                 {401, 50113, ANSWER_AUTH},      {401, 50105, ANSWER_AUTH},
                 {401, 50102, ANSWER_CLOCK},     {503, 50001, ANSWER_UNKNOWN},
                 {502, 0, ANSWER_UNKNOWN},       {200, 51999, ANSWER_REJECT}};
    static const char refused[] =
        "{\"code\":\"1\",\"msg\":\"\",\"data\":[{\"clOrdId\":\"\",\"ordId\":\"\",\"sCode\":"
        "\"51119\",\"sMsg\":\"Order placement failed due to insufficient balance. \",\"tag\":"
        "\"\"}]}";
    struct okx_answer answer;

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        ck_assert_msg(okx_judge_code(cases[i].status, cases[i].code) == cases[i].answer, "%d",
                      cases[i].code);
    // HTTP's 200 and a 1 say nothing: the record does.
    ck_assert_int_eq(okx_open_answer(refused, sizeof(refused) - 1, &answer), AGON_OK);
    ck_assert_int_eq(answer.code, 51119);
    ck_assert_uint_eq(okx_refusal(ANSWER_REJECT, 51119, ""), REASON_VENUE_FUNDS);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("okx samples");
    TCase *tcase = tcase_create("samples");
    SRunner *runner;
    struct lines lines;
    int failed;

    lines_open(&lines, "wire/okx/samples.ndjson"); // skips when absent
    lines_close(&lines);
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, market_messages);
    tcase_add_test(tcase, a_swap_waits_for_what_its_contract_is_worth);
    tcase_add_test(tcase, instruments);
    tcase_add_test(tcase, candles_are_told_oldest_first);
    tcase_add_test(tcase, what_an_account_is_told);
    tcase_add_test(tcase, answers_and_what_they_mean);
    suite_add_tcase(suite, tcase);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
