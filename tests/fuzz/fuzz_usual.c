// SPDX-License-Identifier: Apache-2.0
/* fuzz_usual: market messages of Binance, a line each, by a decoder that reads at once what looks
 * as a line before it did, and by one that reads all of them key by key: both say the same.
 *
 * decodes: host/venue/binance/usual.c host/venue/binance/decode.c
 * host/venue/binance/decode_market.c host/venue/mould.c */
#include <stdio.h>
#include <stdlib.h>

#include "../support/both_ways.h"
#include "fuzz.h"

#define LINES 8

static struct symbols symbols;
static struct both_ways both;

static void begin(void)
{
    struct agon_instrument instrument = {.hdr = {.instrument = 1},
                                         .base = 2,
                                         .quote = 1,
                                         .px_exp = 2,
                                         .qty_exp = 5,
                                         .tick_px = 5,
                                         .symbol = "BTCUSDT"};

    symbols_init(&symbols);
    symbols_add_asset(&symbols, "USDT", 1, 8, NULL);
    if (symbols_add(&symbols, &instrument, NULL) < 0)
        abort();
}

size_t LLVMFuzzerCustomMutator(uint8_t *bytes, size_t n, size_t max, unsigned seed)
{
#define TWICE(text) text "\n" text
    static const char *const right[] = {
        TWICE("{\"stream\":\"btcusdt@trade\",\"data\":{\"e\":\"trade\",\"E\":1723161255343,"
              "\"s\":\"BTCUSDT\",\"t\":3735683259,\"p\":\"61837.63000000\",\"q\":\"0.02000000\","
              "\"T\":1723161255342,\"m\":true,\"M\":true}}"),
        TWICE("{\"stream\":\"btcusdt@bookTicker\",\"data\":{\"u\":50093239212,\"s\":\"BTCUSDT\","
              "\"b\":\"61837.63000000\",\"B\":\"3.78826000\",\"a\":\"61837.64000000\","
              "\"A\":\"1.54698000\"}}"),
        "{\"e\":\"depthUpdate\",\"E\":1723161255208,\"s\":\"BTCUSDT\",\"U\":11,\"u\":12,\"b\":[["
        "\"30000.00000000\",\"1.50000000\"],[\"29999.95000000\",\"0.00000000\"]],\"a\":[["
        "\"30001.00000000\",\"1.50000000\"],[\"30002.95000000\",\"2.00000000\"]]}",
    };

    return fuzz_step(right, sizeof(right) / sizeof(right[0]), bytes, n, max, seed);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *line = (const char *)data;

    if (symbols.n == 0)
        begin();
    // What was learnt of another input would keep this one from showing the same again.
    both_ways_init(&both, &symbols);
    for (int i = 0; i < LINES && size > 0; i++) {
        const char *stop = memchr(line, '\n', size);
        size_t n = stop != NULL ? (size_t)(stop - line) : size;
        const char *what;
        int kind;

        what = both_ways_differ(&both, line, n, &kind);
        if (what != NULL) {
            fprintf(stderr, "%s of: %.*s\n", what, (int)n, line);
            abort();
        }
        if (kind == WIRE_TRADE && (both.out[0].trade.px <= 0 || both.out[0].trade.qty <= 0))
            abort();
        size -= stop != NULL ? n + 1 : n;
        line += stop != NULL ? n + 1 : n;
    }
    return 0;
}
