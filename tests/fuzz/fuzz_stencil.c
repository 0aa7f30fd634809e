// SPDX-License-Identifier: Apache-2.0
/* fuzz_stencil: market messages of OKX and Kraken, a line each, by a reader that takes at once what
 * looks as a line before it did, and by one that reads all of them key by key: both say the same.
 *
 * decodes: host/venue/stencil.c host/venue/okx/usual.c host/venue/okx/market.c
 *   host/venue/kraken/usual.c host/venue/kraken/market.c */
#include <stdio.h>
#include <stdlib.h>

#include "../support/stencil_both.h"
#include "fuzz.h"

#define LINES 8

static struct symbols symbols;
static struct stencil_both spot, swap, kraken;

static void begin(void)
{
    static const char *const names[] = {"BTC-USDT", "BTC-USDT-SWAP", "BTC/USD"};

    symbols_init(&symbols);
    symbols_add_asset(&symbols, "USDT", 1, 8, NULL);
    for (uint32_t i = 0; i < 3; i++) {
        struct agon_instrument instrument = {.hdr = {.instrument = 1 + i},
                                             .base = 2,
                                             .quote = 1,
                                             .px_exp = 1,
                                             .qty_exp = 8,
                                             .tick_px = 1};

        snprintf(instrument.symbol, sizeof(instrument.symbol), "%s", names[i]);
        if (symbols_add(&symbols, &instrument, NULL) < 0)
            abort();
    }
}

size_t LLVMFuzzerCustomMutator(uint8_t *bytes, size_t n, size_t max, unsigned seed)
{
#define TWICE(text) text "\n" text
// What nobody asks for is known by its lengths from the second time on.
#define THRICE(text) text "\n" text "\n" text
    static const char *const right[] = {
        TWICE("{\"arg\":{\"channel\":\"trades\",\"instId\":\"BTC-USDT\"},\"data\":[{\"instId\":"
              "\"BTC-USDT\",\"tradeId\":\"130639474\",\"px\":\"42219.9\",\"sz\":\"0.12060306\","
              "\"side\":\"buy\",\"ts\":\"1630048897897\",\"count\":\"3\"}]}"),
        TWICE("{\"arg\":{\"channel\":\"books\",\"instId\":\"BTC-USDT\"},\"action\":\"update\","
              "\"data\":[{\"asks\":[[\"30001\",\"1.5\",\"0\",\"3\"]],\"bids\":[[\"30000.5\",\"1\","
              "\"0\",\"1\"],[\"30000\",\"0\",\"0\",\"0\"]],\"ts\":\"1700000000500\",\"checksum\":"
              "-7,\"seqId\":101,\"prevSeqId\":100}]}"),
        TWICE("{\"arg\":{\"channel\":\"bbo-tbt\",\"instId\":\"BTC-USDT-SWAP\"},\"data\":[{\"asks\":"
              "[[\"3.1\",\"1\",\"0\",\"3\"]],\"bids\":[[\"3\",\"1\",\"0\",\"1\"]],\"ts\":"
              "\"1700000000500\",\"seqId\":5}]}"),
        TWICE("{\"channel\":\"book\",\"type\":\"update\",\"data\":[{\"symbol\":\"BTC/USD\",\"bids\""
              ":[{\"price\":30000.0,\"qty\":1.5}],\"asks\":[],\"checksum\":1173082380,"
              "\"timestamp\":\"2023-11-14T22:13:20.500000Z\"}]}"),
        TWICE("{\"channel\":\"trade\",\"type\":\"update\",\"data\":[{\"symbol\":\"BTC/USD\","
              "\"side\":\"buy\",\"price\":30001.0,\"qty\":0.25,\"ord_type\":\"limit\",\"trade_id\":"
              "7,\"timestamp\":\"2023-11-14T22:13:20.600000Z\"}]}"),
        THRICE("{\"channel\":\"ticker\",\"type\":\"update\",\"data\":[{\"symbol\":\"BTC/USD\","
               "\"bid\":30000.1,\"bid_qty\":1.00000000,\"ask\":30000.2,\"ask_qty\":3.2,\"last\":"
               "30000.1,\"volume\":1361.44813783,\"change\":-0.1,\"change_pct\":-0.17}]}"),
    };

    return fuzz_step(right, sizeof(right) / sizeof(right[0]), bytes, n, max, seed);
}

/* As if it had learnt of no other input. */
static void forget(struct stencil_both *both)
{
    for (int i = 0; i < 2; i++) {
        struct stencils *stencils = both->stencils[i];

        stencils->message = NULL;
        for (int at = 0; at < STENCIL_PLACES; at++) {
            stencils->all[at].stream = 0;
            stencils->all[at].n_missed = 0;
        }
    }
}

/* Lines by one exchange's readers. */
static void feed(struct stencil_both *both, const struct venue_wire *wire, const char *line,
                 size_t size)
{
    if (both->wire == NULL && !stencil_both_open(both, wire, &symbols))
        abort();
    if (wire == &venue_okx_swap) {
        for (int i = 0; i < 2; i++)
            ((struct okx *)both->self[i])->contracts[1] =
                (struct okx_contract){.value = 1, .exp = 2};
    }
    forget(both);
    for (int i = 0; i < LINES && size > 0; i++) {
        const char *stop = memchr(line, '\n', size);
        size_t n = stop != NULL ? (size_t)(stop - line) : size;
        const char *what;
        int kind;

        what = stencil_both_differ(both, line, n, &kind);
        if (what != NULL) {
            fprintf(stderr, "%s of: %.*s\n", what, (int)n, line);
            abort();
        }
        size -= stop != NULL ? n + 1 : n;
        line += stop != NULL ? n + 1 : n;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *text = (const char *)data;

    if (symbols.n == 0)
        begin();
    if (size > 0 && memchr(text, 'h', size) == NULL)
        return 0; // no channel is named
    if (memmem(text, size, "SWAP", 4) != NULL)
        feed(&swap, &venue_okx_swap, text, size);
    else
        feed(&spot, &venue_okx_spot, text, size);
    feed(&kraken, &venue_kraken_spot, text, size);
    return 0;
}
