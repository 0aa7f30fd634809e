/* SPDX-License-Identifier: Apache-2.0 */
/* decode_simdjson: the same messages by simdjson's on-demand reader, as who decodes feeds with it
 * would: keys in any order, each once, digits to counts without a double, and the checks of values
 * that the gateway's decoder makes. What is easier for it: its texts end 64 bytes before their
 * memory does, keys and words are compared as they are spelt, and nothing is counted. It is in the
 * build where the package libsimdjson-dev and a C++ compiler are. [one thread] */
#ifndef BENCH_DECODE_SIMDJSON_H
#define BENCH_DECODE_SIMDJSON_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct simdjson_level {
    int64_t px, qty;
};
struct simdjson_rules { /* of the one instrument */
    const char *symbol, *depth_stream, *quote_stream;
    int px_exp, qty_exp;
    int64_t tick_px, limit_px;
};
struct simdjson_out {
    int64_t px, qty, t_ns;
    uint64_t id;
    int is_sell;
    struct simdjson_level bid, ask; /* of a quote */
    uint32_t n_bids, n_asks;
    struct simdjson_level bids[64], asks[64];
};

/* What the processor has to have for it. */
int simdjson_can_run(void);
/* Each is false where the message is refused. n bytes in room, which is 64 more. */
int simdjson_trade(const struct simdjson_rules *rules, const char *text, size_t n, size_t room,
                   struct simdjson_out *out);
int simdjson_quote(const struct simdjson_rules *rules, const char *text, size_t n, size_t room,
                   struct simdjson_out *out);
int simdjson_depth(const struct simdjson_rules *rules, const char *text, size_t n, size_t room,
                   struct simdjson_out *out);
/* OKX's and Kraken's, of one record: symbol is the only one. id of a book: its number there, its
 * checksum here. What is not asked for is not looked at, nor whether there are more records: the
 * gateway's decoder does both. decode_simdjson_venues.cpp */
int simdjson_okx_trade(const struct simdjson_rules *rules, const char *text, size_t n, size_t room,
                       struct simdjson_out *out);
int simdjson_okx_quote(const struct simdjson_rules *rules, const char *text, size_t n, size_t room,
                       struct simdjson_out *out);
int simdjson_okx_book(const struct simdjson_rules *rules, const char *text, size_t n, size_t room,
                      struct simdjson_out *out);
int simdjson_kraken_trade(const struct simdjson_rules *rules, const char *text, size_t n,
                          size_t room, struct simdjson_out *out);
int simdjson_kraken_quote(const struct simdjson_rules *rules, const char *text, size_t n,
                          size_t room, struct simdjson_out *out);
int simdjson_kraken_book(const struct simdjson_rules *rules, const char *text, size_t n,
                         size_t room, struct simdjson_out *out);

#ifdef __cplusplus
}
#endif

#endif
