// SPDX-License-Identifier: Apache-2.0
/* both_ways: one message through a decoder that takes what looks as usual at once, and through one
 * that reads everything key by key: both have to say the same of it. */
#ifndef TESTS_BOTH_WAYS_H
#define TESTS_BOTH_WAYS_H

#include "base/rng.h"
#include "venue/binance/decode.h"

struct both_ways {
    struct binance_decoder usual, careful;
    struct wire_out out[2];
};

static inline void both_ways_init(struct both_ways *both, const struct symbols *symbols)
{
    memset(both, 0, sizeof(*both));
    binance_decoder_init(&both->usual, symbols);
    binance_decoder_init(&both->careful, symbols);
    both->careful.is_careful = 1;
}

/* What differs, NULL where nothing does. *kind: what the message is, or why it is refused. */
static inline const char *both_ways_differ(struct both_ways *both, const void *bytes, size_t n,
                                           int *kind)
{
    const struct binance_decoder *usual = &both->usual;
    const struct binance_decoder *careful = &both->careful;
    const struct wire_out *a = &both->out[0];
    const struct wire_out *b = &both->out[1];

    *kind = binance_decode_market(&both->usual, bytes, n, &both->out[0]);
    if (*kind != binance_decode_market(&both->careful, bytes, n, &both->out[1]))
        return "kind or error";
    if (usual->last_symbol != careful->last_symbol || usual->last_kind != careful->last_kind)
        return "whose it is";
    if (memcmp(usual->n_good, careful->n_good, sizeof(usual->n_good)) != 0 ||
        memcmp(usual->n_bad, careful->n_bad, sizeof(usual->n_bad)) != 0 ||
        usual->n_unknown_symbol != careful->n_unknown_symbol ||
        usual->n_bad_time != careful->n_bad_time || usual->n_off_tick != careful->n_off_tick ||
        usual->n_cut != careful->n_cut)
        return "counts";
    if (usual->time_unit_ns != careful->time_unit_ns)
        return "unit of time";
    switch (*kind) {
    case WIRE_TRADE:
        return memcmp(&a->trade, &b->trade, sizeof(a->trade)) != 0 ? "trade" : NULL;
    case WIRE_QUOTE:
        return memcmp(&a->quote, &b->quote, sizeof(a->quote)) != 0 || a->id != b->id ? "quote"
                                                                                     : NULL;
    case WIRE_DIFF:
    case WIRE_PARTIAL:
        if (memcmp(&a->depth, &b->depth, offsetof(struct wire_depth, checksum)) != 0 ||
            a->depth.n_bid != b->depth.n_bid || a->depth.n_ask != b->depth.n_ask)
            return "head of the book";
        return memcmp(a->depth.bid, b->depth.bid, a->depth.n_bid * sizeof(a->depth.bid[0])) != 0 ||
                       memcmp(a->depth.ask, b->depth.ask,
                              a->depth.n_ask * sizeof(a->depth.ask[0])) != 0
                   ? "levels"
                   : NULL;
    default:
        return NULL;
    }
}

/* A message one step away from what is right: its length after that, at most room. */
static inline size_t both_ways_damage(struct rng *rng, char *text, size_t n, size_t room)
{
    static const char bytes[] = "\"\\{}[],:.0123456789-+eEaAbBsStTpqmuU \n\x01\x7f\xc3";
    size_t at = rng_below(rng, n);
    size_t k = 1 + rng_below(rng, 6);

    switch (rng_below(rng, 6)) {
    case 0: // another byte
        text[at] = bytes[rng_below(rng, sizeof(bytes) - 1)];
        return n;
    case 1: // another digit where there was one
        while (at < n && (text[at] < '0' || text[at] > '9'))
            at++;
        if (at < n)
            text[at] = (char)('0' + rng_below(rng, 10));
        return n;
    case 2: // bytes that are missing
        k = k < n - at ? k : n - at;
        memmove(text + at, text + at + k, n - at - k);
        return n - k;
    case 3: // a byte more
        if (n + 1 < room) {
            memmove(text + at + 1, text + at, n - at);
            text[at] = bytes[rng_below(rng, sizeof(bytes) - 1)];
        }
        return n + 1;
    case 4: // cut
        return at;
    default: { // two bytes in each other's place
        size_t other = rng_below(rng, n);
        char was = text[at];

        text[at] = text[other];
        text[other] = was;
        return n;
    }
    }
}

#endif
