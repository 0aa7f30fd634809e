// SPDX-License-Identifier: Apache-2.0
/* fuzz_kraken: any bytes, as each kind of message and answer that Kraken can send us.
 *
 * decodes: host/venue/kraken/account.c host/venue/kraken/market.c host/venue/kraken/private.c
 *   host/venue/kraken/rest.c host/venue/bar_row.c host/venue/fields.c host/venue/stamp.c
 *   host/venue/scan.c host/venue/symbols.c host/base/num.c */
#include "exchange.h"
#include "fuzz.h"
#include "venue/kraken/core.h"

static struct exchange exchange = {.dialect = "kraken_spot",
                                   .symbols = {"BTC/USD", "ETH/USD"},
                                   .assets = {{"USD", 1, 8}, {"BTC", 2, 8}},
                                   .px_exp = 1,
                                   .qty_exp = 8};

static int is_changed(const void *self)
{
    const struct kraken *kraken = self;
    int n = 0;

    for (uint32_t i = 0; i < 2; i++)
        n += kraken->digits[i].px + kraken->digits[i].qty + kraken->leave[i] + kraken->enter[i] +
             (int)kraken->fills[i].n;
    return n > 0 || kraken->texts.n_used > 0;
}

size_t LLVMFuzzerCustomMutator(uint8_t *bytes, size_t n, size_t max, unsigned seed)
{
    static const char *const right[] = {
        "{\"channel\":\"book\",\"type\":\"update\",\"data\":[{\"symbol\":\"BTC/USD\",\"bids\":[{"
        "\"price\":30000.0,\"qty\":1.5}],\"asks\":[],\"checksum\":1173082380,\"timestamp\":"
        "\"2023-11-14T22:13:20.500000Z\"}]}",
        "{\"channel\":\"trade\",\"type\":\"update\",\"data\":[{\"symbol\":\"BTC/USD\",\"side\":"
        "\"buy\",\"price\":30001.0,\"qty\":0.25,\"trade_id\":7,\"timestamp\":"
        "\"2023-11-14T22:13:20.600000Z\"},{\"symbol\":\"ETH/USD\",\"side\":\"sell\",\"price\":2,"
        "\"qty\":0.5,\"trade_id\":8,\"timestamp\":\"2023-11-14T22:13:20Z\"}]}",
        "{\"channel\":\"executions\",\"type\":\"update\",\"data\":[{\"order_id\":\"OA\",\"symbol\":"
        "\"BTC/USD\",\"side\":\"buy\",\"order_qty\":1.5,\"limit_price\":3.1,\"cum_qty\":0.5,"
        "\"exec_type\":\"trade\",\"order_status\":\"partially_filled\",\"trade_id\":7,"
        "\"last_qty\":0.5,\"last_price\":3.1,\"fees\":[{\"asset\":\"USD\",\"qty\":0.3}],"
        "\"timestamp\":\"2023-11-14T22:13:20.6Z\"}],\"sequence\":2}",
        "{\"error\":[],\"result\":{\"open\":{\"OA\":{\"status\":\"open\",\"vol\":\"1.25\","
        "\"vol_exec\":\"0.375\",\"opentm\":1616666559.8974,\"descr\":{\"pair\":\"XBTUSD\",\"type\":"
        "\"buy\",\"ordertype\":\"limit\",\"price\":\"30010.0\",\"price2\":\"0\"}}}}}",
        "{\"error\":[],\"result\":{\"trades\":{\"TA\":{\"ordertxid\":\"OA\",\"pair\":\"XXBTZUSD\","
        "\"time\":1688585840.8921,\"type\":\"buy\",\"price\":\"29500.5\",\"fee\":\"23.6\",\"vol\":"
        "\"0.5\",\"trade_id\":1001,\"maker\":true}},\"count\":1}}",
        "{\"error\":[],\"result\":{\"ZUSD\":{\"balance\":\"25.1\",\"hold_trade\":\"8.2\"}}}",
        "{\"error\":[],\"result\":{\"X\":[[16886712,\"3\",\"4\",\"2\",\"3\",\"3\",\"5\",2]]}}",
    };

    return fuzz_step(right, sizeof(right) / sizeof(right[0]), bytes, n, max, seed);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    exchange_feed(&exchange, bytes, n, is_changed);
    return 0;
}
