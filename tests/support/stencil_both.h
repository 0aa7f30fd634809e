// SPDX-License-Identifier: Apache-2.0
/* stencil_both: one message through a reader of OKX or Kraken that takes what looks as usual at
 * once, and through one that reads everything key by key: both have to say the same of it, record
 * by record. */
#ifndef TESTS_STENCIL_BOTH_H
#define TESTS_STENCIL_BOTH_H

#include "venue/kraken/core.h"
#include "venue/okx/core.h"

extern const struct venue_wire venue_okx_spot, venue_okx_swap, venue_kraken_spot;

struct stencil_both {
    const struct venue_wire *wire;
    void *self[2]; /* that learns, and that does not */
    struct stencils *stencils[2];
    const uint64_t *n_bad[2];
    const struct kraken_digits *digits[2]; /* NULL: it has none */
    struct wire_out out[2];
};

/* False: no memory. */
static inline int stencil_both_open(struct stencil_both *both, const struct venue_wire *wire,
                                    const struct symbols *symbols)
{
    memset(both, 0, sizeof(*both));
    both->wire = wire;
    for (int i = 0; i < 2; i++) {
        if (wire->open_reader(symbols, &both->self[i]) < 0)
            return 0;
        if (wire == &venue_kraken_spot) {
            struct kraken *kraken = both->self[i];

            both->stencils[i] = &kraken->stencils;
            both->n_bad[i] = kraken->n_bad;
            both->digits[i] = kraken->digits;
        } else {
            struct okx *okx = both->self[i];

            both->stencils[i] = &okx->stencils;
            both->n_bad[i] = okx->n_bad;
        }
    }
    both->stencils[1]->is_careful = 1;
    return 1;
}

static inline void stencil_both_close(struct stencil_both *both)
{
    for (int i = 0; i < 2; i++)
        both->wire->close(both->self[i]);
}

static inline int stencil_both_side(const struct agon_level *a, uint32_t n_a,
                                    const struct agon_level *b, uint32_t n_b)
{
    return n_a == n_b && memcmp(a, b, n_a * sizeof(*a)) == 0;
}

static inline const char *stencil_both_unlike(int kind, const struct wire_out *a,
                                              const struct wire_out *b)
{
    const struct wire_depth *x = &a->depth;
    const struct wire_depth *y = &b->depth;

    switch (kind) {
    case WIRE_TRADE:
        return memcmp(&a->trade, &b->trade, sizeof(a->trade)) != 0 ? "trade" : NULL;
    case WIRE_QUOTE:
        return memcmp(&a->quote, &b->quote, sizeof(a->quote)) != 0 || a->id != b->id ? "quote"
                                                                                     : NULL;
    case WIRE_DIFF:
    case WIRE_BOOK:
        if (x->symbol != y->symbol || x->first_id != y->first_id || x->last_id != y->last_id ||
            x->prev_id != y->prev_id || x->t_venue != y->t_venue || x->checksum != y->checksum ||
            x->px_decimals != y->px_decimals || x->qty_decimals != y->qty_decimals)
            return "head of the book";
        return stencil_both_side(x->bid, x->n_bid, y->bid, y->n_bid) &&
                       stencil_both_side(x->ask, x->n_ask, y->ask, y->n_ask)
                   ? NULL
                   : "levels";
    default:
        return NULL;
    }
}

/* What differs, NULL where nothing does. *kind: what the message is, or why it is refused. */
static inline const char *stencil_both_differ(struct stencil_both *both, const void *bytes,
                                              size_t n, int *kind)
{
    for (int at = 0;; at++) {
        int a = both->wire->decode(both->self[0], bytes, n, &both->out[0]);
        int b = both->wire->decode(both->self[1], bytes, n, &both->out[1]);
        const char *what;

        if (at == 0)
            *kind = a;
        if (a != b)
            return at == 0 ? "kind or error" : "records";
        // At the end of a message nothing is named.
        if (a != 0 && (both->out[0].named != both->out[1].named ||
                       both->out[0].named_kind != both->out[1].named_kind))
            return "whose it is";
        if (memcmp(both->n_bad[0], both->n_bad[1], sizeof(uint64_t) * WIRE_KINDS) != 0 ||
            (both->digits[0] != NULL &&
             memcmp(both->digits[0], both->digits[1], sizeof(*both->digits[0]) * SYMBOLS_MAX) != 0))
            return "counts";
        if (a <= 0)
            return NULL;
        what = stencil_both_unlike(a, &both->out[0], &both->out[1]);
        if (what != NULL)
            return what;
    }
}

#endif
