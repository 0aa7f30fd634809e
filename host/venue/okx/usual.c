// SPDX-License-Identifier: Apache-2.0
/* usual: trades, quotes and changes of books that look as those of their stream before them
 * (venue/stencil.h). What does not, or has a value that is refused, is left to market.c, which says
 * why. */
#include "base/hot.h"
#include "venue/okx/core.h"

#define SHORTEST 64 /* bytes of a message that is looked at */

enum { VALUE_PX, VALUE_QTY, VALUE_SIDE, VALUE_ID, VALUE_TIME, VALUE_PREV, VALUE_BID, VALUE_ASK };

static const struct stencil_key keys_of_trade[] = {
    {"instId", STENCIL_WORD, 0},        {"tradeId", STENCIL_WHOLE, VALUE_ID},
    {"px", STENCIL_PX, VALUE_PX},       {"sz", STENCIL_QTY, VALUE_QTY},
    {"side", STENCIL_SIDE, VALUE_SIDE}, {"ts", STENCIL_WHOLE, VALUE_TIME},
    {NULL, STENCIL_NOTHING, 0}};
static const struct stencil_key keys_of_book[] = {
    {"asks", STENCIL_LEVELS, VALUE_ASK},      {"bids", STENCIL_LEVELS, VALUE_BID},
    {"ts", STENCIL_WHOLE, VALUE_TIME},        {"seqId", STENCIL_WHOLE, VALUE_ID},
    {"prevSeqId", STENCIL_WHOLE, VALUE_PREV}, {NULL, STENCIL_NOTHING, 0}};
/* A quote has no predecessor that is asked for. */
static const struct stencil_key keys_of_quote[] = {{"asks", STENCIL_LEVELS, VALUE_ASK},
                                                   {"bids", STENCIL_LEVELS, VALUE_BID},
                                                   {"ts", STENCIL_WHOLE, VALUE_TIME},
                                                   {"seqId", STENCIL_WHOLE, VALUE_ID},
                                                   {NULL, STENCIL_NOTHING, 0}};

struct take {
    struct okx *okx;
    struct wire_out *out;
    const struct symbol *symbol;
    int64_t contract; /* what one of the quantities stands for */
    int exp;
};

/* {"arg":{"channel":"books","instId":"BTC-USDT"}: channel and name. 0: it does not begin so. */
static uint64_t stream_of(const char *text, size_t n)
{
    if (n < SHORTEST || scan_load8(text) != scan_load8("{\"arg\":{"))
        return 0;
    return stencil_stream(scan_load8(text + 19), scan_load8(text + 36), scan_load8(text + 44));
}

/* ["8476.98","415","0","13"], the first two of which count. */
static inline __attribute__((always_inline)) const char *read_level(const struct take *take,
                                                                    const char *at,
                                                                    struct agon_level *level)
{
    struct stencil_bits bits = stencil_look_level(at);
    struct stencil_span spans[2];
    unsigned orders;
    unsigned end;

    if (at[0] != '[' || at[1] != '"' ||
        !stencil_pair(at, bits, 2, 3, take->symbol->px_exp, &level->px, take->exp, &level->qty,
                      spans))
        return NULL;
    orders = spans[1].end + 7;
    end = stencil_span_of(bits, orders).point;
    if (!stencil_begins(at + spans[0].end, "\",\"     ", 3) ||
        !stencil_begins(at + spans[1].end, "\",\"0\",\" ", 7) || at[end] != '"' ||
        at[end + 1] != ']' || level->px <= 0 || level->px > take->symbol->limit_px ||
        !num_mul_checked(level->qty, take->contract, &level->qty))
        return NULL;
    return at + end + 2;
}

static inline __attribute__((always_inline)) const char *read_levels(void *ctx, const char *at,
                                                                     const char *end,
                                                                     uint32_t n_value)
{
    const struct take *take = ctx;
    struct wire_depth *depth = &take->out->depth;
    struct agon_level *level = n_value == VALUE_BID ? depth->bid : depth->ask;
    uint32_t *n = n_value == VALUE_BID ? &depth->n_bid : &depth->n_ask;
    char copy[STENCIL_BEFORE + 2 * STENCIL_ROOM];

    *n = 0;
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

static int take_trade(const struct take *take, const int64_t *value, uint32_t n)
{
    const struct symbol *symbol = take->symbol;
    struct agon_trade *trade =
        n > 0 && n < STENCIL_RECORDS ? &take->okx->stencils.trades[n] : &take->out->trade;

    if (n >= STENCIL_RECORDS || value[VALUE_ID] == 0 || value[VALUE_PX] <= 0 ||
        value[VALUE_PX] > symbol->limit_px || value[VALUE_QTY] <= 0 ||
        value[VALUE_TIME] > OKX_MS_MAX)
        return 0;
    wire_begin(&trade->hdr, AGON_EVENT_TRADE, sizeof(*trade), symbol);
    trade->hdr.t_venue = value[VALUE_TIME] * OKX_MS_NS;
    trade->px = value[VALUE_PX];
    trade->venue_id = (uint64_t)value[VALUE_ID];
    trade->side = (uint8_t)value[VALUE_SIDE];
    return num_mul_checked(value[VALUE_QTY], take->contract, &trade->qty) && trade->qty > 0;
}

static int take_book(const struct take *take, const int64_t *value, uint32_t n)
{
    struct wire_depth *depth = &take->out->depth;

    if (n > 0 || value[VALUE_TIME] > OKX_MS_MAX)
        return 0;
    depth->symbol = take->symbol;
    depth->t_venue = value[VALUE_TIME] * OKX_MS_NS;
    depth->first_id = depth->last_id = (uint64_t)value[VALUE_ID];
    depth->prev_id = (uint64_t)value[VALUE_PREV];
    return 1;
}

static int take_quote(const struct take *take, const int64_t *value, uint32_t n)
{
    const struct wire_depth *depth = &take->out->depth;
    struct agon_quote *quote = &take->out->quote;

    if (n > 0 || value[VALUE_TIME] > OKX_MS_MAX || depth->n_bid > 1 || depth->n_ask > 1)
        return 0;
    wire_begin(&quote->hdr, AGON_EVENT_QUOTE, sizeof(*quote), take->symbol);
    quote->hdr.t_venue = value[VALUE_TIME] * OKX_MS_NS;
    if (depth->n_bid == 1) {
        quote->bid_px = depth->bid[0].px;
        quote->bid_qty = depth->bid[0].qty;
    }
    if (depth->n_ask == 1) {
        quote->ask_px = depth->ask[0].px;
        quote->ask_qty = depth->ask[0].qty;
    }
    take->out->id = (uint64_t)value[VALUE_ID];
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

HOT int okx_usual_take(struct okx *okx, const char *text, size_t n, struct wire_out *out)
{
    uint64_t stream = stream_of(text, n);
    struct stencil *stencil = stencil_of(&okx->stencils, stream);
    struct take take = {.okx = okx, .out = out};
    const struct okx_contract *contract;
    uint32_t n_records;

    if (stream == 0 || stencil == NULL)
        return 0;
    contract = &okx->contracts[stencil->symbol - okx->symbols->all];
    take.symbol = stencil->symbol;
    take.contract = contract->value;
    take.exp = stencil->symbol->qty_exp - contract->exp;
    if (take.contract == 0 || take.exp < 0)
        return 0;
    n_records = stencil_take(stencil, text, n, take.symbol->px_exp, take.exp, read_levels,
                             take_record, &take);
    if (n_records == 0)
        return 0;
    okx->stencils.n_usual++;
    out->named = stencil->symbol;
    out->named_kind = stencil->kind;
    stencil_begin(&okx->stencils, text, stencil->kind == WIRE_TRADE ? n_records : 0);
    return stencil->kind;
}

void okx_usual_learn(struct okx *okx, const char *text, size_t n, int kind,
                     const struct symbol *symbol)
{
    uint64_t stream = stream_of(text, n);

    if (stream != 0 && (kind == WIRE_TRADE || kind == WIRE_DIFF || kind == WIRE_QUOTE))
        stencil_learn(&okx->stencils, stream, text, n,
                      kind == WIRE_TRADE  ? keys_of_trade
                      : kind == WIRE_DIFF ? keys_of_book
                                          : keys_of_quote,
                      symbol, kind);
}
