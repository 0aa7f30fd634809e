// SPDX-License-Identifier: Apache-2.0
#include "bench/quotes.h"

#include <stdio.h>
#include <string.h>

#include "base/rng.h"
#include "bench/swar.h"
#include "bench/world.h"

/* As they come on a combined stream. */
#define PREFIX "{\"stream\":\"btcusdt@bookTicker\",\"data\":"

int quotes_open(struct quotes *quotes, struct error *err)
{
    struct agon_instrument instrument;
    struct rng rng;
    int rc;

    world_instrument(&instrument, 1);
    symbols_init(&quotes->symbols);
    rc = symbols_add_asset(&quotes->symbols, "USDT", instrument.quote, 8, err);
    if (rc >= 0)
        rc = symbols_add_asset(&quotes->symbols, "BTC", instrument.base, 8, err);
    if (rc >= 0)
        rc = symbols_add(&quotes->symbols, &instrument, err);
    if (rc < 0)
        return rc;
    binance_decoder_init(&quotes->decoder, &quotes->symbols);
    rng_init(&rng, 3);
    for (uint32_t i = 0; i < QUOTES_MESSAGES; i++) {
        struct quotes_message *message = &quotes->messages[i];
        unsigned cents = (unsigned)(WORLD_PX + (agon_px_t)rng_below(&rng, 2000));

        message->n = (uint32_t)snprintf(
            message->text, QUOTES_ROOM,
            "" PREFIX "{\"u\":%llu,\"s\":\"BTCUSDT\",\"b\":\"%u.%02u000000\",\"B\":\"%u.%05u000\","
            "\"a\":\"%u.%02u000000\",\"A\":\"%u.%05u000\"}}",
            50093239189ull + i, cents / 100, cents % 100, (unsigned)rng_below(&rng, 10),
            (unsigned)rng_below(&rng, 100000), (cents + 1) / 100, (cents + 1) % 100,
            (unsigned)rng_below(&rng, 10), 1 + (unsigned)rng_below(&rng, 99999));
    }
    return AGON_OK;
}

void quotes_scan(const struct quotes_message *message, struct agon_quote *quote)
{
    const char *at = message->text;
    uint64_t id;

    at = swar_digits(at + strlen(PREFIX "{\"u\":"), &id);
    at += strlen(",\"s\":\"");
    if (memcmp(at, "BTCUSDT", 7) != 0)
        return;
    quote->hdr.type = AGON_EVENT_QUOTE;
    quote->hdr.granules = 1;
    quote->hdr.instrument = 1;
    at = swar_decimal(at + strlen("BTCUSDT\",\"b\":\""), 100, 1000000, &quote->bid_px);
    at = swar_decimal(at + strlen(",\"B\":\""), 100000, 1000, &quote->bid_qty);
    at = swar_decimal(at + strlen(",\"a\":\""), 100, 1000000, &quote->ask_px);
    swar_decimal(at + strlen(",\"A\":\""), 100000, 1000, &quote->ask_qty);
}
