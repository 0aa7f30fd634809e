// SPDX-License-Identifier: Apache-2.0
/* fuzz_binance: any bytes, as each kind of message and answer that Binance can send us.
 *
 * decodes: host/venue/binance/decode.c host/venue/binance/decode_info.c
 *   host/venue/binance/decode_market.c host/venue/binance/decode_rest.c
 * host/venue/binance/decode_user.c host/venue/binance/decode_um.c host/venue/scan.c
 * host/venue/symbols.c host/base/num.c */
#include <stdlib.h>

#include "fuzz.h"
#include "venue/binance/decode.h"

static struct symbols symbols;
static struct binance_decoder dec;
static struct wire_out out;
static struct binance_replace replace;
static struct binance_said said;

static void begin(void)
{
    struct agon_instrument instrument = {.hdr = {.instrument = 1},
                                         .base = 2,
                                         .quote = 1,
                                         .px_exp = 2,
                                         .qty_exp = 5,
                                         .tick_px = 1,
                                         .symbol = "BTCUSDT"};

    symbols_init(&symbols);
    symbols_add_asset(&symbols, "USDT", 1, 8, NULL);
    symbols_add_asset(&symbols, "BTC", 2, 8, NULL);
    if (symbols_add(&symbols, &instrument, NULL) < 0)
        abort();
    binance_decoder_init(&dec, &symbols);
}

static void on_order(void *ctx, const struct wire_order *order)
{
    (void)ctx;
    if (order->symbol == NULL || order->cum_qty > order->qty)
        abort();
}

static void on_fill(void *ctx, const struct wire_fill *fill)
{
    (void)ctx;
    if (fill->px <= 0 || fill->qty <= 0 || fill->fill == 0)
        abort();
}

static void on_bar(void *ctx, const struct agon_bar *bar)
{
    (void)ctx;
    if (bar->high_px < bar->low_px)
        abort();
}

size_t LLVMFuzzerCustomMutator(uint8_t *bytes, size_t n, size_t max, unsigned seed)
{
    static const char *const right[] = {
        "{\"stream\":\"btcusdt@trade\",\"data\":{\"e\":\"trade\",\"E\":17,\"s\":\"BTCUSDT\",\"t\":"
        "1,"
        "\"p\":\"30000.01\",\"q\":\"0.00100\",\"T\":17,\"m\":true,\"M\":true}}",
        "{\"e\":\"depthUpdate\",\"E\":17,\"s\":\"BTCUSDT\",\"U\":11,\"u\":12,\"b\":[[\"30000.00\","
        "\"1.5\"],[\"29999.99\",\"0\"]],\"a\":[]}",
        "{\"symbol\":\"BTCUSDT\",\"orderId\":11,\"clientOrderId\":\"a\\u0041\",\"price\":\"3.00\","
        "\"origQty\":\"0.01000\",\"executedQty\":\"0.00400\",\"status\":\"PARTIALLY_FILLED\","
        "\"timeInForce\":\"GTC\",\"type\":\"LIMIT\",\"side\":\"BUY\",\"updateTime\":17}",
        "{\"code\":-2010,\"msg\":\"no\\u0041\"}",
        "{\"id\":\"7\",\"status\":429,\"error\":{\"code\":-1003,\"msg\":\"x\",\"data\":{"
        "\"serverTime\":17,\"retryAfter\":18}},\"rateLimits\":[{\"rateLimitType\":\"ORDERS\","
        "\"interval\":\"SECOND\",\"intervalNum\":10,\"limit\":50,\"count\":13}]}",
        "{\"e\":\"ORDER_TRADE_UPDATE\",\"E\":17,\"o\":{\"s\":\"BTCUSDT\",\"c\":\"a\",\"S\":\"BUY\","
        "\"q\":\"1\",\"p\":\"2\",\"x\":\"TRADE\",\"X\":\"FILLED\",\"i\":3,\"l\":\"1\",\"z\":\"1\","
        "\"L\":\"2\",\"T\":17,\"t\":4,\"m\":false}}",
        "{\"stream\":\"btcusdt@markPrice@1s\",\"data\":{\"e\":\"markPriceUpdate\",\"E\":17,"
        "\"s\":\"BTCUSDT\",\"p\":\"3.12345678\",\"i\":\"3.1\",\"r\":\"-0.0001\",\"T\":18}}",
    };

    return fuzz_step(right, sizeof(right) / sizeof(right[0]), bytes, n, max, seed);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct wire_order order;
    char text[64];
    int32_t code;
    int can_trade;
    int can_withdraw;
    agon_ns_t t;
    int kind;

    if (symbols.n == 0)
        begin();
    kind = binance_decode_market(&dec, data, size, &out);
    if (kind == WIRE_TRADE && (out.trade.px <= 0 || out.trade.qty <= 0))
        abort();
    if (kind == WIRE_DIFF && out.depth.first_id > out.depth.last_id)
        abort();
    for (uint32_t i = 0; kind == WIRE_DIFF && i < out.depth.n_bid; i++)
        if (out.depth.bid[i].px <= 0 || out.depth.bid[i].qty < 0)
            abort();
    binance_decode_user(&dec, data, size, &out);
    binance_decode_error(data, size, &code, text, sizeof(text));
    binance_decode_time(&dec, data, size, &t);
    binance_decode_snapshot(&dec, data, size, &symbols.all[0], &out.depth);
    binance_decode_order(&dec, data, size, &order, on_fill, NULL);
    binance_decode_orders(&dec, data, size, on_order, NULL);
    binance_decode_fills(&dec, data, size, &symbols.all[0], on_fill, NULL);
    binance_decode_account(&dec, data, size, &out, &can_trade, &can_withdraw);
    binance_decode_klines(&dec, data, size, &symbols.all[0], 60, INT64_MAX, on_bar, NULL);
    binance_decode_replace(&dec, data, size, &replace);
    binance_decode_exchange_info(data, size, NULL, NULL, NULL);
    if (binance_decode_said(&dec, data, size, &said) >= 0 && said.n > 0 &&
        ((const uint8_t *)said.body < data || said.n > size ||
         (const uint8_t *)said.body + said.n > data + size))
        abort(); // it is a part of what came
    if (kind == WIRE_MARK && out.mark.mark_px <= 0)
        abort();
    kind = binance_decode_um_user(&dec, data, size, &out);
    if (kind == WIRE_ORDER && out.order.symbol == NULL)
        abort();
    binance_decode_positions(&dec, data, size, &out);
    binance_decode_um_account(&dec, data, size, &out);
    if (binance_decode_listen_key(&dec, data, size, text, sizeof(text)) >= 0 &&
        strpbrk(text, "/? \r\n") != NULL)
        abort(); // it becomes part of a path
    return 0;
}
