// SPDX-License-Identifier: Apache-2.0
/* decode_in: the pieces that decode.c (messages of the market), decode_market.c (which one it is),
 * decode_user.c, decode_rest.c, decode_info.c and decode_um.c are made of. [io] */
#ifndef VENUE_BINANCE_DECODE_IN_H
#define VENUE_BINANCE_DECODE_IN_H

#include "venue/binance/decode.h"
#include "venue/scan_take.h"

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
                     int is_inner, struct wire_order *order);
#define FEE_EXP 8 /* of an asset that is not configured */
/* What a bare payload is, without taking it: kind by its "e" or by which keys it has, symbol by its
 * "s". A second look costs time; combined streams need none. */
struct decode_look {
    int kind;
    int is_aggregate;
    const struct symbol *symbol;
    int has_symbol; /* it names one, ours or not */
};
/* A fee: amount text and asset name come in any order, so the text is kept until both are there. */
struct decode_fee {
    char text[48];
    uint32_t n;
    struct scan_text asset;
    char name[16];
    int has_asset;
};
void decode_in_stamp(struct agon_event_hdr *hdr, uint16_t type, size_t bytes,
                     const struct symbol *symbol, agon_ns_t t_venue);
/* usual.c: a trade or a quote that looks as one that was learnt; its kind, taken, counted and as
 * the careful way would have it, or 0. */
int usual_take(struct binance_decoder *dec, const char *text, size_t n, struct wire_out *out);
/* Learns a whole message, in which dec took a trade or quote the careful way. */
void usual_learn(struct binance_decoder *dec, const char *text, size_t n,
                 const struct wire_out *out, int is_aggregate);
/* Takes the levels that stand here and look as those before them did, at most most of them, each
 * with its comma; how many. */
uint32_t usual_levels(struct scan *scan, struct binance_decoder *dec, const struct symbol *symbol,
                      struct agon_level *levels, uint32_t most);
int decode_in_trade(struct scan *scan, struct binance_decoder *dec, const struct symbol *symbol,
                    int is_aggregate, struct agon_trade *trade);
int decode_in_quote(struct scan *scan, struct binance_decoder *dec, const struct symbol *symbol,
                    struct agon_quote *quote, uint64_t *id);
int decode_in_kline(struct scan *scan, struct binance_decoder *dec, const struct symbol *symbol,
                    struct agon_bar *bar);
int decode_in_diff(struct scan *scan, struct binance_decoder *dec, const struct symbol *symbol,
                   struct wire_depth *depth);
int decode_in_book(struct scan *scan, struct binance_decoder *dec, const struct symbol *symbol,
                   struct wire_depth *depth);
int decode_in_look(const struct scan *from, const struct symbols *symbols,
                   struct decode_look *look);
int decode_in_reply(struct scan *scan, struct wire_out *out);
uint8_t decode_in_state_of(const struct scan_text *text);
int decode_in_state(struct scan *scan, struct wire_order *order);
int decode_in_side(struct scan *scan, uint8_t *side);
int decode_in_type(struct scan *scan, struct wire_order *order);
int decode_in_tif(struct scan *scan, uint8_t *tif, uint8_t *is_post_only);
int decode_in_fee(struct scan *scan, struct decode_fee *fee);
int decode_in_fee_asset(struct scan *scan, struct decode_fee *fee);
int decode_in_settle_fee(const struct symbols *symbols, const struct decode_fee *fee,
                         agon_amt_t *amt, agon_asset_t *asset);
int decode_in_fill_id(struct scan *scan, uint64_t *fill);
int decode_in_balances(struct scan *scan, struct binance_decoder *dec, struct wire_out *out,
                       const char *asset_key, const char *free_key, const char *held_key);
/* decode_um.c */
int decode_in_mark(struct scan *scan, struct binance_decoder *dec, const struct symbol *symbol,
                   struct wire_mark *mark);
int decode_in_liquidation(struct scan *scan, struct binance_decoder *dec,
                          const struct symbol *symbol, struct agon_liquidation *liquidation);

#endif
