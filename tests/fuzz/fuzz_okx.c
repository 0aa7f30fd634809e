// SPDX-License-Identifier: Apache-2.0
/* fuzz_okx: any bytes, as each kind of message and answer that OKX can send us, of spot and of
 * swaps, whose quantities are contracts.
 *
 * decodes: host/venue/okx/account.c host/venue/okx/market.c host/venue/okx/rest.c
 *   host/venue/bar_row.c host/venue/fields.c host/venue/scan.c host/venue/symbols.c host/base/num.c
 */
#include "exchange.h"
#include "fuzz.h"
#include "venue/okx/core.h"

#define CONTRACT(name)                                                                             \
    "{\"instId\":\"" name "\",\"ctType\":\"linear\",\"ctVal\":\"0.01\",\"ctValCcy\":\"BTC\","      \
    "\"settleCcy\":\"USDT\",\"lotSz\":\"0.01\",\"minSz\":\"0.01\",\"tickSz\":\"0.1\",\"state\":"   \
    "\"live\"}"

static struct exchange spot = {.dialect = "okx_spot",
                               .symbols = {"BTC-USDT", "ETH-USDT"},
                               .assets = {{"USDT", 1, 8}, {"BTC", 2, 8}},
                               .px_exp = 1,
                               .qty_exp = 8};
static struct exchange swap = {.dialect = "okx_swap",
                               .symbols = {"BTC-USDT-SWAP", "ETH-USDT-SWAP"},
                               .assets = {{"USDT", 1, 8}, {"BTC", 2, 8}},
                               .info = "{\"code\":\"0\",\"msg\":\"\",\"data\":[" CONTRACT(
                                   "BTC-USDT-SWAP") "," CONTRACT("ETH-USDT-SWAP") "]}",
                               .px_exp = 1,
                               .qty_exp = 8};

static int is_changed(const void *self)
{
    const struct okx *okx = self;
    int n = 0;

    for (uint32_t i = 0; i < 2; i++)
        n += okx->prices[i].mark_px != 0 || okx->prices[i].rate_ppb != 0 || okx->leave[i] != 0 ||
             okx->enter[i] != 0 || okx->fills[i].n > 0 || okx->fills[i].after[0] != '\0' ||
             okx->contracts[i].value != 1 || okx->contracts[i].exp != (okx->is_swap ? 2 : 0);
    return n > 0 || okx->uid != 0 || okx->is_net;
}

size_t LLVMFuzzerCustomMutator(uint8_t *bytes, size_t n, size_t max, unsigned seed)
{
    static const char *const right[] = {
        "{\"arg\":{\"channel\":\"books\",\"instId\":\"BTC-USDT\"},\"action\":\"update\",\"data\":[{"
        "\"asks\":[[\"30001\",\"1.5\",\"0\",\"3\"]],\"bids\":[[\"30000\",\"1\",\"0\",\"1\"]],"
        "\"ts\":\"1700000000500\",\"seqId\":101,\"prevSeqId\":100}]}",
        "{\"arg\":{\"channel\":\"trades\",\"instId\":\"BTC-USDT-SWAP\"},\"data\":[{\"tradeId\":"
        "\"7\",\"px\":\"30001\",\"sz\":\"25\",\"side\":\"buy\",\"ts\":\"1700000000600\"},{"
        "\"tradeId\":\"8\",\"px\":\"3\",\"sz\":\"1\",\"side\":\"sell\",\"ts\":\"17\"}]}",
        "{\"arg\":{\"channel\":\"bbo-tbt\",\"instId\":\"BTC-USDT\"},\"data\":[{\"asks\":[[\"3.1\","
        "\"1\",\"0\",\"3\"]],\"bids\":[[\"3\",\"1\",\"0\",\"1\"]],\"ts\":\"17\",\"seqId\":5}]}",
        "{\"arg\":{\"channel\":\"mark-price\",\"instId\":\"BTC-USDT-SWAP\"},\"data\":[{\"markPx\":"
        "\"30000.53\",\"ts\":\"1700000000700\"}]}",
        "{\"arg\":{\"channel\":\"orders\",\"instType\":\"SPOT\"},\"data\":[{\"instId\":"
        "\"BTC-USDT\",\"ordId\":\"31\",\"clOrdId\":\"\",\"px\":\"3\",\"sz\":\"1.5\",\"ordType\":"
        "\"limit\",\"side\":\"buy\",\"accFillSz\":\"0.5\",\"fillPx\":\"3\",\"tradeId\":\"101\","
        "\"fillSz\":\"0.5\",\"fillFee\":\"-0.3\",\"fillFeeCcy\":\"USDT\",\"execType\":\"M\","
        "\"state\":\"partially_filled\",\"uTime\":\"1700000001200\"}]}",
        "{\"code\":\"0\",\"msg\":\"\",\"data\":[{\"instId\":\"BTC-USDT\",\"ordId\":\"31\",\"px\":"
        "\"3\",\"sz\":\"1.5\",\"ordType\":\"limit\",\"side\":\"sell\",\"accFillSz\":\"0\",\"state\""
        ":\"live\",\"uTime\":\"1700000001200\"}]}",
        "{\"code\":\"0\",\"msg\":\"\",\"data\":[{\"instId\":\"BTC-USDT\",\"tradeId\":\"7\","
        "\"ordId\":\"31\",\"fillPx\":\"3\",\"fillSz\":\"1\",\"side\":\"buy\",\"execType\":\"T\","
        "\"feeCcy\":\"BTC\",\"fee\":\"-0.1\",\"ts\":\"17\",\"billId\":\"9\"}]}",
        "{\"code\":\"0\",\"msg\":\"\",\"data\":[{\"details\":[{\"ccy\":\"USDT\",\"cashBal\":"
        "\"25.1\",\"frozenBal\":\"8.2\"}]}]}",
        "{\"code\":\"0\",\"msg\":\"\",\"data\":[{\"instId\":\"BTC-USDT-SWAP\",\"posSide\":\"net\","
        "\"pos\":\"-3\",\"avgPx\":\"3.1\"}]}",
        "{\"id\":\"1099511628799\",\"op\":\"cancel-order\",\"data\":[{\"clOrdId\":\"a\",\"ordId\":"
        "\"31\",\"sCode\":\"0\",\"sMsg\":\"\"}],\"code\":\"0\",\"msg\":\"\"}",
        "{\"id\":\"1099511628799\",\"event\":\"error\",\"code\":\"60012\",\"msg\":\"Illegal "
        "request\"}",
        "{\"code\":\"0\",\"msg\":\"\",\"data\":[[\"1597026383085\",\"3.1\",\"3.2\",\"3.0\",\"3.1\","
        "\"8\",\"2\",\"2\",\"1\"]]}",
    };

    return fuzz_step(right, sizeof(right) / sizeof(right[0]), bytes, n, max, seed);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    exchange_feed(&spot, bytes, n, is_changed);
    exchange_feed(&swap, bytes, n, is_changed);
    return 0;
}
