// SPDX-License-Identifier: Apache-2.0
/* quotes: best bid and ask as a venue sends them, and a scanner that knows exactly that message,
 * for the benchmarks that begin with bytes. [one thread] */
#ifndef BENCH_QUOTES_H
#define BENCH_QUOTES_H

#include "base/error.h"
#include "venue/binance/decode.h"

#define QUOTES_MESSAGES 256
#define QUOTES_ROOM     256

struct quotes_message {
    char text[QUOTES_ROOM];
    uint32_t n;
};
struct quotes {
    struct quotes_message messages[QUOTES_MESSAGES];
    struct symbols symbols;
    struct binance_decoder decoder;
    struct wire_out out;
};

/* Messages of BTCUSDT around 60000, and the gateway's decoder for instrument 1. */
int quotes_open(struct quotes *quotes, struct error *err);
/* Reads one of those messages, and no other. */
void quotes_scan(const struct quotes_message *message, struct agon_quote *quote);

#endif
