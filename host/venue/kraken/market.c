// SPDX-License-Identifier: Apache-2.0
/* market: messages of WebSocket v2, and the checksum of a book. A message is looked through as a
 * whole before the first of its records is handed out: one that is not understood is not used. */
#include <stdio.h>
#include <zlib.h>

#include "venue/kraken/core.h"

#define DECIMALS_MAX 18

/* The checksum ----------------------------------------------------------------------------------
 */

/* value at exp, printed with so many decimals, without point and leading zeros. */
static uint32_t add_digits(uint32_t crc, int64_t value, int exp, int decimals)
{
    char text[NUM_TEXT * 2];
    size_t n = 0;
    size_t from = 0;

    n = (size_t)snprintf(text, NUM_TEXT, "%lld", (long long)value);
    for (; exp < decimals && n + 1 < sizeof(text); exp++)
        text[n++] = '0';
    for (; exp > decimals && n > 0; exp--)
        n--;
    while (from < n && text[from] == '0')
        from++;
    return (uint32_t)crc32(crc, (const unsigned char *)text + from, (unsigned)(n - from));
}

static uint32_t add_side(uint32_t crc, const struct wire_top *top, const struct agon_level *levels,
                         uint32_t n)
{
    for (uint32_t i = 0; i < n && i < KRAKEN_TOP; i++) {
        crc = add_digits(crc, levels[i].px, top->symbol->px_exp, top->px_decimals);
        crc = add_digits(crc, levels[i].qty, top->symbol->qty_exp, top->qty_decimals);
    }
    return crc;
}

uint32_t kraken_checksum(const struct wire_top *top)
{
    uint32_t crc = add_side((uint32_t)crc32(0, NULL, 0), top, top->ask, top->n_ask);

    return add_side(crc, top, top->bid, top->n_bid);
}

/* Values ----------------------------------------------------------------------------------------
 */

/* Exactly, and how many decimals the text has. */
static int read_exact(struct scan *scan, int exp, int64_t *value, uint8_t *decimals)
{
    struct scan_text text;
    const char *point;
    int rc;

    if (scan_number(scan, &text) < 0)
        return scan->rc;
    point = memchr(text.at, '.', text.n);
    if (point != NULL && text.at + text.n - point - 1 > *decimals) {
        if (text.at + text.n - point - 1 > DECIMALS_MAX)
            return scan_fail(scan);
        *decimals = (uint8_t)(text.at + text.n - point - 1);
    }
    rc = num_parse(text.at, text.n, exp, value);
    if (rc < 0) {
        scan_fail(scan);
        scan->rc = rc;
    }
    return rc;
}

static int read_px(struct scan *scan, const struct symbol *symbol, struct kraken_digits *of,
                   agon_px_t *px)
{
    if (read_exact(scan, symbol->px_exp, px, &of->px) < 0)
        return scan->rc;
    return *px > 0 && *px <= symbol->limit_px ? AGON_OK : scan_fail(scan);
}

static int read_qty(struct scan *scan, const struct symbol *symbol, struct kraken_digits *of,
                    agon_qty_t *qty)
{
    if (read_exact(scan, symbol->qty_exp, qty, &of->qty) < 0)
        return scan->rc;
    return *qty >= 0 ? AGON_OK : scan_fail(scan);
}

/* Records ---------------------------------------------------------------------------------------
 */

static int read_level(struct scan *scan, const struct symbol *symbol, struct kraken_digits *of,
                      struct agon_level *level)
{
    struct scan_text key;
    uint64_t seen = 0;
    int rc;

    if (scan_object(scan) < 0)
        return scan->rc;
    while ((rc = scan_key(scan, &key)) > 0) {
        if (scan_is(&key, "price"))
            TAKE(0, read_exact(scan, symbol->px_exp, &level->px, &of->px));
        else if (scan_is(&key, "qty"))
            TAKE(1, read_qty(scan, symbol, of, &level->qty));
        else if (scan_skip(scan) < 0)
            return scan->rc;
    }
    NEED(3);
    // Books reach up to jests above 10^9, which the checksum knows of where there is little else.
    return level->px > 0 ? AGON_OK : scan_fail(scan);
}

static int read_side(struct scan *scan, const struct symbol *symbol, struct kraken_digits *of,
                     struct agon_level *levels, uint32_t *n)
{
    int rc;

    *n = 0;
    if (scan_array(scan) < 0)
        return scan->rc;
    while ((rc = scan_item(scan)) > 0) {
        if (*n == WIRE_DEPTH_MAX || read_level(scan, symbol, of, &levels[*n]) < 0)
            return scan_fail(scan);
        ++*n;
    }
    return rc;
}

static int take_book(struct kraken *kraken, struct scan *scan, const struct symbol *symbol,
                     struct wire_depth *depth)
{
    struct kraken_digits *of = &kraken->digits[symbol - kraken->symbols->all];
    struct scan_text key;
    uint64_t seen = 0;
    uint64_t checksum = 0;
    int rc;

    depth->symbol = symbol;
    depth->first_id = depth->last_id = depth->prev_id = 0;
    depth->t_venue = 0;
    depth->n_bid = depth->n_ask = 0;
    if (scan_object(scan) < 0)
        return scan->rc;
    while ((rc = scan_key(scan, &key)) > 0) {
        if (scan_is(&key, "bids"))
            TAKE(0, read_side(scan, symbol, of, depth->bid, &depth->n_bid));
        else if (scan_is(&key, "asks"))
            TAKE(1, read_side(scan, symbol, of, depth->ask, &depth->n_ask));
        else if (scan_is(&key, "checksum"))
            TAKE(2, scan_u64(scan, &checksum));
        else if (scan_is(&key, "timestamp"))
            TAKE(3, stamp_read(scan, &depth->t_venue));
        else if (scan_skip(scan) < 0)
            return scan->rc;
    }
    NEED(4);
    if ((seen & 3) == 0 || checksum > UINT32_MAX)
        return scan_fail(scan);
    depth->checksum = (uint32_t)checksum;
    depth->px_decimals = of->px;
    depth->qty_decimals = of->qty;
    return AGON_OK;
}

static int read_taker(struct scan *scan, uint8_t *side)
{
    struct scan_text text;

    if (scan_string(scan, &text) < 0)
        return scan->rc;
    *side = scan_is(&text, "buy") ? AGON_BUY : scan_is(&text, "sell") ? AGON_SELL : 0;
    return *side != 0 ? AGON_OK : scan_fail(scan);
}

static int take_trade(struct scan *scan, const struct symbol *symbol, struct agon_trade *trade)
{
    struct kraken_digits of = {0};
    struct scan_text key;
    uint64_t seen = 0;
    int rc;

    wire_begin(&trade->hdr, AGON_EVENT_TRADE, sizeof(*trade), symbol);
    if (scan_object(scan) < 0)
        return scan->rc;
    while ((rc = scan_key(scan, &key)) > 0) {
        if (scan_is(&key, "price"))
            TAKE(0, read_px(scan, symbol, &of, &trade->px));
        else if (scan_is(&key, "qty"))
            TAKE(1, read_qty(scan, symbol, &of, &trade->qty));
        else if (scan_is(&key, "side"))
            TAKE(2, read_taker(scan, &trade->side));
        else if (scan_is(&key, "trade_id"))
            TAKE(3, scan_u64(scan, &trade->venue_id));
        else if (scan_is(&key, "timestamp"))
            TAKE(4, stamp_read(scan, &trade->hdr.t_venue));
        else if (scan_skip(scan) < 0)
            return scan->rc;
    }
    NEED(0x1f);
    return trade->qty > 0 ? AGON_OK : scan_fail(scan);
}

static int take_quote(struct scan *scan, const struct symbol *symbol, struct agon_quote *quote)
{
    struct kraken_digits of = {0};
    struct scan_text key;
    uint64_t seen = 0;
    int rc;

    wire_begin(&quote->hdr, AGON_EVENT_QUOTE, sizeof(*quote), symbol);
    if (scan_object(scan) < 0)
        return scan->rc;
    while ((rc = scan_key(scan, &key)) > 0) {
        if (scan_is(&key, "bid"))
            TAKE(0, read_px(scan, symbol, &of, &quote->bid_px));
        else if (scan_is(&key, "bid_qty"))
            TAKE(1, read_qty(scan, symbol, &of, &quote->bid_qty));
        else if (scan_is(&key, "ask"))
            TAKE(2, read_px(scan, symbol, &of, &quote->ask_px));
        else if (scan_is(&key, "ask_qty"))
            TAKE(3, read_qty(scan, symbol, &of, &quote->ask_qty));
        else if (scan_is(&key, "timestamp"))
            TAKE(4, stamp_read(scan, &quote->hdr.t_venue));
        else if (scan_skip(scan) < 0)
            return scan->rc;
    }
    NEED(0xf);
    return AGON_OK;
}

/* Of a record, without taking it. NULL: not ours, or it names none. */
static const struct symbol *symbol_of(struct kraken *kraken, const struct scan_text *record)
{
    struct scan scan;
    struct scan_text key;
    struct scan_text text;

    scan_init(&scan, record->at, record->n);
    if (scan_object(&scan) < 0)
        return NULL;
    while (scan_key(&scan, &key) > 0) {
        if (scan_is(&key, "symbol"))
            return scan_string(&scan, &text) < 0 || text.is_raw
                       ? NULL
                       : symbols_find(kraken->symbols, text.at, text.n);
        if (scan_skip(&scan) < 0)
            return NULL;
    }
    return NULL;
}

static int kind_of(const struct kraken_envelope *from)
{
    if (strcmp(from->channel, "book") == 0)
        return strcmp(from->type, "snapshot") == 0 ? WIRE_BOOK : WIRE_DIFF;
    if (strcmp(from->channel, "trade") == 0)
        return WIRE_TRADE;
    return strcmp(from->channel, "ticker") == 0 ? WIRE_QUOTE : WIRE_OTHER;
}

static int take_record(struct kraken *kraken, struct scan *scan, int kind,
                       const struct symbol *symbol, struct wire_out *out)
{
    switch (kind) {
    case WIRE_BOOK:
    case WIRE_DIFF:
        return take_book(kraken, scan, symbol, &out->depth);
    case WIRE_TRADE:
        return take_trade(scan, symbol, &out->trade);
    default:
        out->id = 0;
        return take_quote(scan, symbol, &out->quote);
    }
}

/* Takes the records of ours up to number want, which is left in out; *n: how many there were till
 * then. An error names the instrument. */
static int walk(void *self, const void *message, uint32_t want, uint32_t *n, struct wire_out *out)
{
    struct kraken *kraken = self;
    const struct kraken_envelope *from = message;
    int kind = kind_of(from);
    struct scan scan;
    int rc;

    *n = 0;
    scan_init(&scan, from->data.at, from->data.n);
    if (scan_array(&scan) < 0)
        return scan.rc;
    while ((rc = scan_item(&scan)) > 0) {
        struct scan_text record;
        struct scan inner;
        const struct symbol *symbol;

        if (scan_slice(&scan, &record) < 0)
            return scan.rc;
        symbol = symbol_of(kraken, &record);
        if (symbol == NULL)
            continue;
        if (++*n != want && want != RECORDS_ALL)
            continue;
        scan_init(&inner, record.at, record.n);
        out->named = symbol;
        rc = take_record(kraken, &inner, kind, symbol, out);
        if (rc < 0)
            return rc;
        if (*n == want)
            return AGON_OK;
    }
    return rc;
}

/* Envelopes -------------------------------------------------------------------------------------
 */

int kraken_look(const void *bytes, size_t n, struct kraken_envelope *from)
{
    struct scan reader;
    struct scan *scan = &reader;
    struct scan_text key;
    uint64_t seen = 0;
    int rc;

    memset(from, 0, sizeof(*from));
    scan_init(scan, bytes, n);
    if (scan_object(scan) < 0)
        return scan->rc;
    while ((rc = scan_key(scan, &key)) > 0) {
        if (scan_is(&key, "channel")) {
            TAKE(0, scan_copy(scan, from->channel, sizeof(from->channel)));
        } else if (scan_is(&key, "type")) {
            TAKE(1, scan_copy(scan, from->type, sizeof(from->type)));
        } else if (scan_is(&key, "data")) {
            TAKE(2, scan_slice(scan, &from->data));
        } else if (scan_is(&key, "method")) {
            TAKE(3, scan_copy(scan, from->method, sizeof(from->method)));
        } else if (scan_is(&key, "success")) {
            TAKE(4, scan_bool(scan, &from->is_done));
            from->has_success = 1;
        } else if (scan_is(&key, "error") && scan_peek(scan) == '"') {
            TAKE(5, scan_copy(scan, from->error, sizeof(from->error)));
        } else if (scan_is(&key, "sequence")) {
            TAKE(7, scan_u64(scan, &from->sequence));
        } else if (scan_is(&key, "req_id") && scan_peek(scan) != 'n') {
            TAKE(6, scan_u64(scan, &from->id));
        } else if (scan_skip(scan) < 0) {
            return scan->rc;
        }
    }
    NEED(0);
    return scan_end(scan);
}

static int take_reply(struct kraken *kraken, const struct kraken_envelope *from,
                      struct wire_out *out)
{
    if (from->has_success == 0)
        return WIRE_OTHER; // a pong
    memcpy(kraken->method, from->method, sizeof(kraken->method));
    memcpy(out->text, from->error, sizeof(out->text));
    out->id = from->id;
    out->code = from->is_done ? 0 : -1;
    out->status = 0;
    return WIRE_REPLY;
}

int kraken_bad(struct kraken *kraken, int kind, int rc, size_t n)
{
    return venue_bad(kraken->gateway, kraken->n_bad, kind, rc, n);
}

int kraken_decode(void *self, const void *bytes, size_t n, struct wire_out *out)
{
    struct kraken *kraken = self;
    struct kraken_envelope from;
    int rc = stencil_next(&kraken->stencils, bytes, out);

    if (rc >= 0)
        return rc > 0 ? WIRE_TRADE : WIRE_OTHER;
    if (kraken->records.message != bytes) {
        rc = kraken_usual_take(kraken, bytes, n, out);
        if (rc > 0)
            return rc;
    }
    rc = kraken_look(bytes, n, &from);
    out->named = NULL;
    out->named_kind = WIRE_OTHER;
    if (rc >= 0 && from.method[0] != '\0') {
        rc = kraken->records.message == bytes ? WIRE_OTHER : take_reply(kraken, &from, out);
        kraken->records.message = bytes;
    } else if (rc >= 0) {
        out->named_kind = kind_of(&from);
        if (out->named_kind != WIRE_OTHER) { // no heartbeat, no status
            int is_begun = kraken->records.message == bytes;

            rc = records_hand_out(&kraken->records, bytes, walk, kraken, &from, out);
            if (rc > 0 && !is_begun)
                kraken_usual_learn(kraken, bytes, n, out->named_kind, out->named);
        }
        rc = rc > 0 ? out->named_kind : rc;
    }
    if (rc <= 0)
        kraken->records.message = NULL;
    return rc < 0 ? kraken_bad(kraken, out->named_kind, rc, n) : rc;
}
