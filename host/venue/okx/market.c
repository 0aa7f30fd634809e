// SPDX-License-Identifier: Apache-2.0
/* market: messages of WebSocket v5. A message is looked through as a whole before the first of its
 * records is handed out: one that is not understood is not used. */
#include <stdio.h>
#include <stdlib.h>

#include "venue/okx/core.h"

#define GOING_DOWN "64008" /* the service is about to be upgraded */

/* Values ----------------------------------------------------------------------------------------
 */

int okx_parse_u64(const char *text, uint64_t *value)
{
    *value = 0;
    if (strlen(text) > 20)
        return AGON_ERANGE;
    for (; *text != '\0'; text++) {
        uint64_t digit = (uint64_t)(*text - '0');

        if (*text < '0' || *text > '9' || *value > (UINT64_MAX - digit) / 10)
            return AGON_ERANGE;
        *value = *value * 10 + digit;
    }
    return AGON_OK;
}

int okx_parse_ms(const char *text, agon_ns_t *t)
{
    uint64_t ms = 0;

    if (okx_parse_u64(text, &ms) < 0 || ms > (uint64_t)OKX_MS_MAX)
        return AGON_ERANGE;
    *t = (agon_ns_t)ms * OKX_MS_NS;
    return AGON_OK;
}

int okx_parse_px(const char *text, const struct symbol *symbol, agon_px_t *px)
{
    return text[0] == '\0' ? AGON_OK : num_parse(text, strlen(text), symbol->px_exp, px);
}

int okx_parse_qty(const struct okx *okx, const char *text, const struct symbol *symbol,
                  agon_qty_t *qty)
{
    const struct okx_contract *contract = &okx->contracts[symbol - okx->symbols->all];
    int64_t n = 0;

    if (text[0] == '\0')
        return AGON_OK;
    if (contract->value == 0 || symbol->qty_exp < contract->exp)
        return AGON_ERANGE;
    if (num_parse(text, strlen(text), symbol->qty_exp - contract->exp, &n) < 0 ||
        !num_mul_checked(n, contract->value, qty))
        return AGON_ERANGE;
    return AGON_OK;
}

int okx_format_qty(const struct okx *okx, agon_qty_t qty, const struct symbol *symbol, char *text)
{
    const struct okx_contract *contract = &okx->contracts[symbol - okx->symbols->all];

    if (contract->value == 0 || symbol->qty_exp < contract->exp || qty % contract->value != 0)
        return AGON_ERANGE;
    num_format_short(qty / contract->value, symbol->qty_exp - contract->exp, text);
    return AGON_OK;
}

int okx_read_texts(struct scan *scan, const struct okx_text *texts, size_t n)
{
    struct scan_text key;
    uint64_t seen = 0;
    int rc;

    for (size_t i = 0; i < n; i++)
        texts[i].at[0] = '\0';
    if (scan_object(scan) < 0)
        return scan->rc;
    while ((rc = scan_key(scan, &key)) > 0) {
        size_t i = 0;
        int begin;

        while (i < n && !scan_is(&key, texts[i].name))
            i++;
        begin = i < n ? scan_peek(scan) : 0;
        if (begin == '"' || (begin >= '0' && begin <= '9' && texts[i].is_bare)) {
            struct scan_text value;

            // Longer than there is room for: it is none of what is expected.
            if (scan_once(scan, &seen, (int)i) < 0 ||
                (begin == '"' ? scan_string(scan, &value) : scan_number(scan, &value)) < 0 ||
                value.n >= texts[i].room)
                return scan_fail(scan);
            memcpy(texts[i].at, value.at, value.n);
            texts[i].at[value.n] = '\0';
        } else if (scan_skip(scan) < 0) {
            return scan->rc;
        }
    }
    return rc;
}

/* Records ---------------------------------------------------------------------------------------
 */

/* ["8476.98","415","0","13"]: price, quantity, nothing any more, orders. */
static int read_side(struct okx *okx, struct scan *scan, const struct symbol *symbol,
                     struct agon_level *levels, uint32_t *n)
{
    const struct okx_contract *contract = &okx->contracts[symbol - okx->symbols->all];
    int exp = symbol->qty_exp - contract->exp;
    int rc;

    *n = 0;
    if (contract->value == 0 || exp < 0 || scan_array(scan) < 0)
        return scan_fail(scan);
    while ((rc = scan_item(scan)) > 0) {
        struct agon_level *level = &levels[*n];

        if (*n == WIRE_DEPTH_MAX ||
            scan_level(scan, symbol->px_exp, &level->px, exp, &level->qty, &okx->n_cut) < 0 ||
            level->px <= 0 || level->px > symbol->limit_px || level->qty < 0 ||
            !num_mul_checked(level->qty, contract->value, &level->qty))
            return scan_fail(scan);
        ++*n;
    }
    return rc;
}

static int read_ms(struct scan *scan, agon_ns_t *t)
{
    struct scan_text text;
    uint64_t ms = 0;

    if (scan_number(scan, &text) < 0 || num_parse(text.at, text.n, 0, (int64_t *)&ms) < 0 ||
        ms > (uint64_t)OKX_MS_MAX)
        return scan_fail(scan);
    *t = (agon_ns_t)ms * OKX_MS_NS;
    return AGON_OK;
}

static int take_book(struct okx *okx, struct scan *scan, const struct symbol *symbol, int kind,
                     struct wire_depth *depth)
{
    struct scan_text key;
    uint64_t seen = 0;
    int64_t id = 0;
    int64_t prev = 0;
    int rc;

    depth->symbol = symbol;
    depth->n_bid = depth->n_ask = 0;
    if (scan_object(scan) < 0)
        return scan->rc;
    while ((rc = scan_key(scan, &key)) > 0) {
        if (scan_is(&key, "asks"))
            TAKE(0, read_side(okx, scan, symbol, depth->ask, &depth->n_ask));
        else if (scan_is(&key, "bids"))
            TAKE(1, read_side(okx, scan, symbol, depth->bid, &depth->n_bid));
        else if (scan_is(&key, "ts"))
            TAKE(2, read_ms(scan, &depth->t_venue));
        else if (scan_is(&key, "seqId"))
            TAKE(3, scan_i64(scan, &id));
        else if (scan_is(&key, "prevSeqId"))
            TAKE(4, scan_i64(scan, &prev));
        else if (scan_skip(scan) < 0)
            return scan->rc;
    }
    // Without the ids nothing would tell a hole: that is no book (recordings before 2023).
    NEED(kind == WIRE_BOOK ? 0xf : 0x1f);
    if (id < 0 || (kind != WIRE_BOOK && prev < 0))
        return scan_fail(scan);
    depth->first_id = depth->last_id = (uint64_t)id;
    depth->prev_id = kind == WIRE_BOOK ? 0 : (uint64_t)prev;
    return AGON_OK;
}

static int take_trade(struct okx *okx, struct scan *scan, const struct symbol *symbol,
                      struct agon_trade *trade)
{
    char tradeId[24], px[NUM_TEXT], sz[NUM_TEXT], side[8], ts[24];
    const struct okx_text texts[] = {FIELD(tradeId), FIELD(px), FIELD(sz), FIELD(side), FIELD(ts)};

    wire_begin(&trade->hdr, AGON_EVENT_TRADE, sizeof(*trade), symbol);
    if (okx_read_texts(scan, texts, COUNT(texts)) < 0 ||
        okx_parse_u64(tradeId, &trade->venue_id) < 0 || okx_parse_px(px, symbol, &trade->px) < 0 ||
        okx_parse_qty(okx, sz, symbol, &trade->qty) < 0 ||
        okx_parse_ms(ts, &trade->hdr.t_venue) < 0)
        return scan_fail(scan);
    trade->side = strcmp(side, "buy") == 0 ? AGON_BUY : strcmp(side, "sell") == 0 ? AGON_SELL : 0;
    return trade->side != 0 && trade->venue_id != 0 && trade->px > 0 &&
                   trade->px <= symbol->limit_px && trade->qty > 0
               ? AGON_OK
               : scan_fail(scan);
}

/* A book of one level a side. */
static int take_quote(struct okx *okx, struct scan *scan, const struct symbol *symbol,
                      struct wire_out *out)
{
    struct agon_quote *quote = &out->quote;
    struct scan_text key;
    struct agon_level bid[2];
    struct agon_level ask[2];
    uint32_t n_bid = 0;
    uint32_t n_ask = 0;
    uint64_t seen = 0;
    int64_t id = 0;
    int rc;

    wire_begin(&quote->hdr, AGON_EVENT_QUOTE, sizeof(*quote), symbol);
    if (scan_object(scan) < 0)
        return scan->rc;
    while ((rc = scan_key(scan, &key)) > 0) {
        if (scan_is(&key, "asks"))
            TAKE(0, read_side(okx, scan, symbol, out->depth.ask, &n_ask));
        else if (scan_is(&key, "bids"))
            TAKE(1, read_side(okx, scan, symbol, out->depth.bid, &n_bid));
        else if (scan_is(&key, "ts"))
            TAKE(2, read_ms(scan, &quote->hdr.t_venue));
        else if (scan_is(&key, "seqId"))
            TAKE(3, scan_i64(scan, &id));
        else if (scan_skip(scan) < 0)
            return scan->rc;
    }
    NEED(7);
    memcpy(bid, out->depth.bid, sizeof(bid[0]));
    memcpy(ask, out->depth.ask, sizeof(ask[0]));
    if (n_bid > 1 || n_ask > 1)
        return scan_fail(scan);
    if (n_bid == 1) {
        quote->bid_px = bid[0].px;
        quote->bid_qty = bid[0].qty;
    }
    if (n_ask == 1) {
        quote->ask_px = ask[0].px;
        quote->ask_qty = ask[0].qty;
    }
    out->id = (uint64_t)id;
    return AGON_OK;
}

/* Mark price or funding: what is not in the one is as the other said it. */
static int take_mark(struct okx *okx, struct scan *scan, const struct symbol *symbol,
                     struct wire_mark *mark)
{
    struct okx_price *price = &okx->prices[symbol - okx->symbols->all];
    char markPx[NUM_TEXT], fundingRate[NUM_TEXT], fundingTime[24], ts[24];
    const struct okx_text texts[] = {FIELD(markPx), FIELD(fundingRate), FIELD(fundingTime),
                                     FIELD(ts)};
    struct okx_price now = *price;

    memset(mark, 0, sizeof(*mark));
    // A mark may be finer than the tick, a rate than a part in 10^9.
    if (okx_read_texts(scan, texts, COUNT(texts)) < 0 || okx_parse_ms(ts, &mark->t_venue) < 0 ||
        (markPx[0] != '\0' &&
         num_parse_qty(markPx, strlen(markPx), symbol->px_exp, &now.mark_px) < 0) ||
        (fundingRate[0] != '\0' &&
         (num_parse_qty(fundingRate, strlen(fundingRate), 9, &now.rate_ppb) < 0 ||
          okx_parse_ms(fundingTime, &now.t_funding) < 0)) ||
        now.mark_px < 0 || now.mark_px > symbol->limit_px)
        return scan_fail(scan);
    *price = now;
    mark->symbol = symbol;
    mark->mark_px = now.mark_px;
    mark->rate_ppb = now.rate_ppb;
    mark->t_funding = now.t_funding;
    return AGON_OK;
}

static int kind_of(const struct okx_envelope *from)
{
    if (strcmp(from->channel, "books") == 0)
        return strcmp(from->action, "snapshot") == 0 ? WIRE_BOOK : WIRE_DIFF;
    if (strcmp(from->channel, "trades") == 0)
        return WIRE_TRADE;
    if (strcmp(from->channel, "mark-price") == 0 || strcmp(from->channel, "funding-rate") == 0)
        return WIRE_MARK;
    return strcmp(from->channel, "bbo-tbt") == 0 ? WIRE_QUOTE : WIRE_OTHER;
}

static int take_record(struct okx *okx, struct scan *scan, int kind, const struct symbol *symbol,
                       struct wire_out *out)
{
    switch (kind) {
    case WIRE_BOOK:
    case WIRE_DIFF:
        return take_book(okx, scan, symbol, kind, &out->depth);
    case WIRE_TRADE:
        return take_trade(okx, scan, symbol, &out->trade);
    case WIRE_MARK:
        return take_mark(okx, scan, symbol, &out->mark);
    default:
        return take_quote(okx, scan, symbol, out);
    }
}

/* Takes the records up to number want, which is left in out; *n: how many there were till then. */
static int walk(void *self, const void *message, uint32_t want, uint32_t *n, struct wire_out *out)
{
    struct okx *okx = self;
    const struct okx_envelope *from = message;
    int kind = kind_of(from);
    struct scan scan;
    int rc;

    *n = 0;
    scan_init(&scan, from->data.at, from->data.n);
    if (scan_array(&scan) < 0)
        return scan.rc;
    while ((rc = scan_item(&scan)) > 0) {
        if (++*n != want && want != RECORDS_ALL) {
            if (scan_skip(&scan) < 0)
                return scan.rc;
            continue;
        }
        rc = take_record(okx, &scan, kind, out->named, out);
        if (rc < 0 || *n == want)
            return rc;
    }
    return rc;
}

/* Envelopes -------------------------------------------------------------------------------------
 */

static int read_arg(struct scan *scan, struct okx_envelope *from)
{
    const struct okx_text texts[] = {{"channel", from->channel, sizeof(from->channel), 0},
                                     {"instId", from->name, sizeof(from->name), 0}};

    return okx_read_texts(scan, texts, COUNT(texts));
}

int okx_look(const void *bytes, size_t n, struct okx_envelope *from)
{
    struct scan reader;
    struct scan *scan = &reader;
    struct scan_text key;
    uint64_t seen = 0;
    int rc;

    memset(from, 0, sizeof(*from));
    if (n == 4 && memcmp(bytes, "pong", 4) == 0)
        return AGON_OK;
    scan_init(scan, bytes, n);
    if (scan_object(scan) < 0)
        return scan->rc;
    while ((rc = scan_key(scan, &key)) > 0) {
        if (scan_is(&key, "arg"))
            TAKE(0, read_arg(scan, from));
        else if (scan_is(&key, "action"))
            TAKE(1, scan_copy(scan, from->action, sizeof(from->action)));
        else if (scan_is(&key, "data"))
            TAKE(2, scan_slice(scan, &from->data));
        else if (scan_is(&key, "event"))
            TAKE(3, scan_copy(scan, from->event, sizeof(from->event)));
        else if (scan_is(&key, "code"))
            TAKE(4, scan_copy(scan, from->code, sizeof(from->code)));
        else if (scan_is(&key, "msg"))
            TAKE(5, scan_copy(scan, from->text, sizeof(from->text)));
        else if (scan_is(&key, "id") && scan_peek(scan) == '"')
            TAKE(6, scan_copy(scan, from->id, sizeof(from->id)));
        else if (scan_skip(scan) < 0)
            return scan->rc;
    }
    NEED(0);
    return scan_end(scan);
}

static int take_event(struct okx *okx, const struct okx_envelope *from, struct wire_out *out)
{
    if (strcmp(from->event, "notice") == 0)
        return strcmp(from->code, GOING_DOWN) == 0 ? WIRE_SHUTDOWN : WIRE_OTHER;
    okx->reply = *from;
    memcpy(out->text, from->text, sizeof(out->text));
    out->id = 0;
    out->code = strcmp(from->event, "error") == 0 ? -1 : 0;
    out->status = 0;
    return WIRE_REPLY;
}

int okx_bad(struct okx *okx, int kind, int rc, size_t n)
{
    return venue_bad(okx->gateway, okx->n_bad, kind, rc, n);
}

static int take_data(struct okx *okx, const struct okx_envelope *from, const void *bytes,
                     struct wire_out *out)
{
    const struct symbol *symbol = symbols_find(okx->symbols, from->name, strlen(from->name));
    int kind = kind_of(from);
    int rc;

    if (kind == WIRE_OTHER || symbol == NULL || from->data.n == 0)
        return WIRE_OTHER;
    out->named = symbol;
    out->named_kind = kind;
    rc = records_hand_out(&okx->records, bytes, walk, okx, from, out);
    rc = rc > 0 ? kind : rc;
    // Funding that is told before the first mark waits for it.
    return rc == WIRE_MARK && out->mark.mark_px == 0 ? WIRE_OTHER : rc;
}

int okx_decode(void *self, const void *bytes, size_t n, struct wire_out *out)
{
    struct okx *okx = self;
    struct okx_envelope from;
    int rc = stencil_next(&okx->stencils, bytes, out);

    if (rc >= 0)
        return rc > 0 ? WIRE_TRADE : WIRE_OTHER;
    if (okx->records.message != bytes) {
        rc = okx_usual_take(okx, bytes, n, out);
        if (rc > 0)
            return rc;
    }
    rc = okx_look(bytes, n, &from);
    out->named = NULL;
    out->named_kind = WIRE_OTHER;
    if (rc >= 0 && from.event[0] != '\0') {
        rc = okx->records.message == bytes ? WIRE_OTHER : take_event(okx, &from, out);
        okx->records.message = bytes;
    } else if (rc >= 0) {
        int is_begun = okx->records.message == bytes;

        rc = take_data(okx, &from, bytes, out);
        if (rc > 0 && !is_begun)
            okx_usual_learn(okx, bytes, n, rc, out->named);
    }
    if (rc <= 0)
        okx->records.message = NULL;
    return rc < 0 ? okx_bad(okx, out->named_kind, rc, n) : rc;
}

int okx_decode_recorded(void *self, const struct symbol *symbol, const void *bytes, size_t n,
                        struct wire_out *out)
{
    (void)symbol;
    return okx_decode(self, bytes, n, out);
}
