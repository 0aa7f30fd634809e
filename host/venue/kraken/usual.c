// SPDX-License-Identifier: Apache-2.0
/* usual: trades, tickers and changes of books that look as those of their stream before them
 * (venue/stencil.h). What does not, or has a value that is refused, is left to market.c, which says
 * why. */
#include "base/hot.h"
#include "venue/kraken/core.h"

#define SHORTEST 72 /* bytes of a message that is looked at */

enum { VALUE_PX, VALUE_QTY, VALUE_ASK_PX, VALUE_ASK_QTY, VALUE_SIDE, VALUE_ID, VALUE_TIME };
enum { VALUE_SUM = VALUE_ID, VALUE_BID = VALUE_PX, VALUE_ASK = VALUE_ASK_PX };

static const struct stencil_key keys_of_trade[] = {{"symbol", STENCIL_WORD, 0},
                                                   {"side", STENCIL_SIDE, VALUE_SIDE},
                                                   {"price", STENCIL_PX, VALUE_PX},
                                                   {"qty", STENCIL_QTY, VALUE_QTY},
                                                   {"trade_id", STENCIL_WHOLE, VALUE_ID},
                                                   {"timestamp", STENCIL_STAMP, VALUE_TIME},
                                                   {NULL, STENCIL_NOTHING, 0}};
static const struct stencil_key keys_of_book[] = {{"symbol", STENCIL_WORD, 0},
                                                  {"bids", STENCIL_LEVELS, VALUE_BID},
                                                  {"asks", STENCIL_LEVELS, VALUE_ASK},
                                                  {"checksum", STENCIL_WHOLE, VALUE_SUM},
                                                  {"timestamp", STENCIL_STAMP, VALUE_TIME},
                                                  {NULL, STENCIL_NOTHING, 0}};
static const struct stencil_key keys_of_quote[] = {{"symbol", STENCIL_WORD, 0},
                                                   {"bid", STENCIL_PX, VALUE_PX},
                                                   {"bid_qty", STENCIL_QTY, VALUE_QTY},
                                                   {"ask", STENCIL_PX, VALUE_ASK_PX},
                                                   {"ask_qty", STENCIL_QTY, VALUE_ASK_QTY},
                                                   {"timestamp", STENCIL_STAMP, VALUE_TIME},
                                                   {NULL, STENCIL_NOTHING, 0}};

struct take {
    struct kraken *kraken;
    struct wire_out *out;
    const struct symbol *symbol;
    struct kraken_digits digits; /* of a book's levels */
};

/* {"channel":"trade","type":"update","data":[{"symbol":"BTC/USD": channel and symbol, which begins
 * at byte 53 to 55. 0: it does not begin so. */
static uint64_t stream_of(const char *text, size_t n)
{
    if (n < SHORTEST || scan_load8(text) != scan_load8("{\"channe") ||
        scan_load8(text + 4) != scan_load8("annel\":\""))
        return 0;
    return stencil_stream(scan_load8(text + 12), scan_load8(text + 53), scan_load8(text + 57));
}

/* {"price":45283.5,"qty":0.1} */
static inline __attribute__((always_inline)) const char *read_level(struct take *take,
                                                                    const char *at,
                                                                    struct agon_level *level)
{
    struct stencil_bits bits = stencil_look_level(at);
    struct stencil_span spans[2];
    unsigned px;
    unsigned qty;

    if (!stencil_begins(at, "{\"price\"", 8) || at[8] != ':' ||
        !stencil_pair(at, bits, 9, 7, take->symbol->px_exp, &level->px, take->symbol->qty_exp,
                      &level->qty, spans))
        return NULL;
    if (!stencil_begins(at + spans[0].end, ",\"qty\": ", 7) || at[spans[1].end] != '}' ||
        level->px <= 0)
        return NULL;
    px = stencil_n_frac(&spans[0]);
    qty = stencil_n_frac(&spans[1]);
    if (px > take->digits.px)
        take->digits.px = (uint8_t)px;
    if (qty > take->digits.qty)
        take->digits.qty = (uint8_t)qty;
    return at + spans[1].end + 1;
}

static inline __attribute__((always_inline)) const char *read_levels(void *ctx, const char *at,
                                                                     const char *end,
                                                                     uint32_t n_value)
{
    struct take *take = ctx;
    struct wire_depth *depth = &take->out->depth;
    struct agon_level *level = n_value == VALUE_BID ? depth->bid : depth->ask;
    uint32_t *n = n_value == VALUE_BID ? &depth->n_bid : &depth->n_ask;
    char copy[STENCIL_BEFORE + 2 * STENCIL_ROOM];

    if (at < end && *at == ']')
        return at;
    while (*n < WIRE_DEPTH_MAX) {
        const char *from = stencil_room(at, end, copy);
        const char *stop = read_level(take, from, &level[(*n)++]);

        if (stop == NULL)
            return NULL;
        at += stop - from;
        if (at >= end || *at != ',')
            return at;
        at++;
    }
    return NULL;
}

static int is_px(const struct take *take, int64_t px)
{
    return px > 0 && px <= take->symbol->limit_px;
}

static int take_trade(const struct take *take, const int64_t *value, uint32_t n)
{
    struct agon_trade *trade =
        n > 0 && n < STENCIL_RECORDS ? &take->kraken->stencils.trades[n] : &take->out->trade;

    if (n >= STENCIL_RECORDS || !is_px(take, value[VALUE_PX]) || value[VALUE_QTY] <= 0)
        return 0;
    wire_begin(&trade->hdr, AGON_EVENT_TRADE, sizeof(*trade), take->symbol);
    trade->hdr.t_venue = value[VALUE_TIME];
    trade->px = value[VALUE_PX];
    trade->qty = value[VALUE_QTY];
    trade->venue_id = (uint64_t)value[VALUE_ID];
    trade->side = (uint8_t)value[VALUE_SIDE];
    return 1;
}

static int take_book(const struct take *take, const int64_t *value, uint32_t n)
{
    struct wire_depth *depth = &take->out->depth;

    if (n > 0 || value[VALUE_SUM] > UINT32_MAX)
        return 0;
    depth->symbol = take->symbol;
    depth->first_id = depth->last_id = depth->prev_id = 0;
    depth->t_venue = value[VALUE_TIME];
    depth->checksum = (uint32_t)value[VALUE_SUM];
    return 1;
}

/* The whole message is good: what its levels say of the instrument's decimals counts. */
static void count_decimals(const struct take *take)
{
    struct wire_depth *depth = &take->out->depth;
    struct kraken_digits *of = &take->kraken->digits[take->symbol - take->kraken->symbols->all];

    if (take->digits.px > of->px)
        of->px = take->digits.px;
    if (take->digits.qty > of->qty)
        of->qty = take->digits.qty;
    depth->px_decimals = of->px;
    depth->qty_decimals = of->qty;
}

static int take_quote(const struct take *take, const int64_t *value, uint32_t n)
{
    struct agon_quote *quote = &take->out->quote;

    if (n > 0 || !is_px(take, value[VALUE_PX]) || !is_px(take, value[VALUE_ASK_PX]))
        return 0;
    wire_begin(&quote->hdr, AGON_EVENT_QUOTE, sizeof(*quote), take->symbol);
    quote->hdr.t_venue = value[VALUE_TIME];
    quote->bid_px = value[VALUE_PX];
    quote->bid_qty = value[VALUE_QTY];
    quote->ask_px = value[VALUE_ASK_PX];
    quote->ask_qty = value[VALUE_ASK_QTY];
    take->out->id = 0;
    return 1;
}

static inline __attribute__((always_inline)) int take_record(void *ctx,
                                                             const struct stencil *stencil,
                                                             const struct stencil_values *values,
                                                             uint32_t n)
{
    const struct take *take = ctx;

    switch (stencil->kind) {
    case WIRE_TRADE:
        return take_trade(take, values->value, n);
    case WIRE_DIFF:
        return take_book(take, values->value, n);
    default:
        return take_quote(take, values->value, n);
    }
}

HOT int kraken_usual_take(struct kraken *kraken, const char *text, size_t n, struct wire_out *out)
{
    uint64_t stream = stream_of(text, n);
    struct stencil *stencil = stencil_of(&kraken->stencils, stream);
    struct take take = {.kraken = kraken, .out = out};
    uint32_t n_records;

    if (stream == 0 || stencil == NULL)
        return 0;
    take.symbol = stencil->symbol;
    // A side that is not in the message has no level.
    out->depth.n_bid = out->depth.n_ask = 0;
    n_records = stencil_take(stencil, text, n, take.symbol->px_exp, take.symbol->qty_exp,
                             read_levels, take_record, &take);
    if (n_records == 0)
        return 0;
    if (stencil->kind == WIRE_DIFF)
        count_decimals(&take);
    kraken->stencils.n_usual++;
    out->named = stencil->symbol;
    out->named_kind = stencil->kind;
    stencil_begin(&kraken->stencils, text, stencil->kind == WIRE_TRADE ? n_records : 0);
    return stencil->kind;
}

void kraken_usual_learn(struct kraken *kraken, const char *text, size_t n, int kind,
                        const struct symbol *symbol)
{
    uint64_t stream = stream_of(text, n);

    if (stream != 0 && (kind == WIRE_TRADE || kind == WIRE_DIFF || kind == WIRE_QUOTE))
        stencil_learn(&kraken->stencils, stream, text, n,
                      kind == WIRE_TRADE  ? keys_of_trade
                      : kind == WIRE_DIFF ? keys_of_book
                                          : keys_of_quote,
                      symbol, kind);
}
