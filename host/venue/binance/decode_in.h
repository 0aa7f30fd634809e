// SPDX-License-Identifier: Apache-2.0
/* decode_in: the pieces that decode.c and decode_um.c are made of. [io] */
#ifndef VENUE_BINANCE_DECODE_IN_H
#define VENUE_BINANCE_DECODE_IN_H

#include "venue/binance/decode.h"

/* Takes key number bit once and goes on with what reads its value. */
#define TAKE(bit, read)                                                                            \
    do {                                                                                           \
        if (scan_once(scan, &seen, (bit)) < 0 || (read) < 0)                                       \
            return scan_fail(scan);                                                                \
    } while (0)
#define NEED(bits)                                                                                 \
    do {                                                                                           \
        if (rc < 0 || (seen & (bits)) != (uint64_t)(bits))                                         \
            return scan_fail(scan);                                                                \
    } while (0)
#define BIT(n) ((uint64_t)1 << (n))
/* The letter of a one-letter key, or 0. */
#define LETTER(key) ((key).n == 1 ? (key).at[0] : 0)

/* Counts the message under kind and passes rc on. */
int decode_in_judge(struct binance_decoder *dec, int kind, int rc, const void *bytes, size_t n);
int decode_in_time(struct scan *scan, struct binance_decoder *dec, agon_ns_t *t);
int decode_in_px(struct scan *scan, const struct symbol *symbol, agon_px_t *px);
int decode_in_px0(struct scan *scan, const struct symbol *symbol, agon_px_t *px);
int decode_in_amount(struct scan *scan, int exp, int64_t *amount);
int decode_in_shown(struct scan *scan, struct binance_decoder *dec, const struct symbol *symbol,
                    agon_qty_t *qty);
int decode_in_word(struct scan *scan, const char *word);
int decode_in_own_symbol(struct scan *scan, const struct symbol *symbol);
/* An executionReport; is_inner: the "o" of an ORDER_TRADE_UPDATE, which says the same. */
int decode_in_report(struct scan *scan, struct binance_decoder *dec, const struct symbol *symbol,
                     int is_inner, struct binance_order *order);
/* decode_um.c */
int decode_in_mark(struct scan *scan, struct binance_decoder *dec, const struct symbol *symbol,
                   struct binance_mark *mark);
int decode_in_liquidation(struct scan *scan, struct binance_decoder *dec,
                          const struct symbol *symbol, struct agon_liquidation *liquidation);

#endif
