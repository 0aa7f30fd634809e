// SPDX-License-Identifier: Apache-2.0
/* Which message of the market it is, and whose. */
#include "venue/binance/decode_in.h"

static int kind_of(const struct scan_text *text, int *is_aggregate)
{
    *is_aggregate = 0;
    if (scan_is(text, "trade"))
        return WIRE_TRADE;
    if (scan_is(text, "aggTrade")) {
        *is_aggregate = 1;
        return WIRE_TRADE;
    }
    if (scan_is(text, "bookTicker"))
        return WIRE_QUOTE;
    if (scan_is(text, "kline"))
        return WIRE_BAR;
    if (scan_is(text, "depthUpdate"))
        return WIRE_DIFF;
    if (scan_is(text, "serverShutdown"))
        return WIRE_SHUTDOWN;
    if (scan_is(text, "markPriceUpdate"))
        return WIRE_MARK;
    if (scan_is(text, "forceOrder"))
        return WIRE_LIQUIDATION;
    if (scan_is(text, "executionReport"))
        return WIRE_ORDER;
    if (scan_is(text, "outboundAccountPosition"))
        return WIRE_BALANCE;
    if (scan_is(text, "eventStreamTerminated"))
        return WIRE_TERMINATED;
    return WIRE_OTHER;
}

int decode_in_look(const struct scan *from, const struct symbols *symbols, struct decode_look *look)
{
    struct scan scan;
    struct scan_text key;
    struct scan_text text;
    uint64_t seen = 0;
    uint64_t quote_keys = 0;
    int rc;

    scan_init(&scan, from->at, (size_t)(from->end - from->at));
    scan.depth = from->depth;
    memset(look, 0, sizeof(*look));
    if (scan_object(&scan) < 0)
        return scan.rc;
    while ((rc = scan_key(&scan, &key)) > 0) {
        if (scan_is(&key, "e") && scan_peek(&scan) == '"') {
            if (scan_once(&scan, &seen, 0) < 0 || scan_string(&scan, &text) < 0)
                return scan.rc;
            look->kind = kind_of(&text, &look->is_aggregate);
            continue;
        }
        if ((scan_is(&key, "s") || scan_is(&key, "symbol")) && scan_peek(&scan) == '"') {
            if (scan_once(&scan, &seen, 1) < 0 || scan_string(&scan, &text) < 0)
                return scan.rc;
            look->has_symbol = 1;
            if (!text.is_raw)
                look->symbol = symbols_find(symbols, text.at, text.n);
            continue;
        }
        if (scan_is(&key, "u"))
            quote_keys |= 1;
        else if (scan_is(&key, "B"))
            quote_keys |= 2;
        else if (scan_is(&key, "A"))
            quote_keys |= 4;
        else if (scan_is(&key, "lastUpdateId"))
            quote_keys |= 8;
        else if (scan_is(&key, "bids"))
            quote_keys |= 16;
        if (scan_skip(&scan) < 0)
            return scan.rc;
    }
    if (rc == 0 && (seen & 1) == 0) {
        if ((quote_keys & 7) == 7 && look->has_symbol)
            look->kind = WIRE_QUOTE;
        else if ((quote_keys & 24) == 24)
            look->kind = WIRE_PARTIAL;
    }
    return rc;
}

static int decode_shutdown(struct scan *scan)
{
    return scan_skip(scan) < 0 ? scan->rc : WIRE_SHUTDOWN;
}

/* One payload, its kind and symbol being known. *kind_out: for the counts. */
static int decode_payload(struct scan *scan, struct binance_decoder *dec,
                          const struct decode_look *look, struct wire_out *out)
{
    switch (look->kind) {
    case WIRE_TRADE:
        return decode_in_trade(scan, dec, look->symbol, look->is_aggregate, &out->trade);
    case WIRE_QUOTE:
        return decode_in_quote(scan, dec, look->symbol, &out->quote, &out->id);
    case WIRE_BAR:
        return decode_in_kline(scan, dec, look->symbol, &out->bar);
    case WIRE_DIFF:
        return decode_in_diff(scan, dec, look->symbol, &out->depth);
    case WIRE_PARTIAL:
        return decode_in_book(scan, dec, look->symbol, &out->depth);
    case WIRE_MARK:
        return decode_in_mark(scan, dec, look->symbol, &out->mark);
    case WIRE_LIQUIDATION:
        return decode_in_liquidation(scan, dec, look->symbol, &out->liquidation);
    case WIRE_SHUTDOWN:
        return decode_shutdown(scan);
    default:
        return scan_skip(scan) < 0 ? scan->rc : WIRE_OTHER;
    }
}

/* "btcusdt@depth@100ms": symbol and kind. */
static void look_at_stream(const struct scan_text *name, const struct symbols *symbols,
                           struct decode_look *look)
{
    const char *at = memchr(name->at, '@', name->n);
    struct scan_text suffix;
    char symbol[32];
    uint32_t n_symbol;
    size_t n_kind;
    const char *more;

    memset(look, 0, sizeof(*look));
    if (at == NULL) {
        if (scan_is(name, "!serverShutdown"))
            look->kind = WIRE_SHUTDOWN;
        return;
    }
    n_symbol = (uint32_t)(at - name->at);
    suffix.at = at + 1;
    suffix.n = name->n - n_symbol - 1;
    suffix.is_raw = 0;
    look->has_symbol = 1;
    if (n_symbol <= sizeof(symbol)) {
        for (uint32_t i = 0; i < n_symbol; i++) {
            char c = name->at[i];

            symbol[i] = c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c;
        }
        look->symbol = symbols_find(symbols, symbol, n_symbol);
    }
    more = memchr(suffix.at, '@', suffix.n);
    n_kind = more != NULL ? (size_t)(more - suffix.at) : suffix.n;
    if (n_kind == 5 && memcmp(suffix.at, "depth", 5) == 0) {
        look->kind = WIRE_DIFF;
    } else if (n_kind > 5 && memcmp(suffix.at, "depth", 5) == 0) {
        look->kind = WIRE_PARTIAL;
    } else if (n_kind > 6 && memcmp(suffix.at, "kline_", 6) == 0) {
        look->kind = WIRE_BAR;
    } else if (n_kind == 9 && memcmp(suffix.at, "markPrice", 9) == 0) {
        look->kind = WIRE_MARK;
    } else if (more == NULL) {
        look->kind = kind_of(&suffix, &look->is_aggregate);
        if (look->kind == WIRE_ORDER || look->kind == WIRE_BALANCE)
            look->kind = WIRE_OTHER;
    }
}

/* The same, remembered: there are few streams and many messages. */
static void look_up_stream(const struct scan_text *name, struct binance_decoder *dec,
                           struct decode_look *look)
{
    struct binance_stream *stream;
    uint64_t front;
    uint64_t back;

    if (name->n < 8 || name->n > sizeof(stream->name)) {
        look_at_stream(name, dec->symbols, look);
        return;
    }
    front = scan_load8(name->at);
    back = scan_load8(name->at + name->n - 8);
    stream = &dec->streams[((front ^ (back << 7 | back >> 57)) * 0x9e3779b97f4a7c15u) >> 56];
    if (stream->n != name->n || memcmp(stream->name, name->at, name->n) != 0) {
        look_at_stream(name, dec->symbols, look);
        stream->n = name->n;
        memcpy(stream->name, name->at, name->n);
        stream->kind = look->kind;
        stream->is_aggregate = look->is_aggregate;
        stream->symbol = look->symbol;
        return;
    }
    look->kind = stream->kind;
    look->is_aggregate = stream->is_aggregate;
    look->symbol = stream->symbol;
    look->has_symbol = 1;
}

static int needs_symbol(int kind)
{
    return (kind >= WIRE_TRADE && kind <= WIRE_PARTIAL) || kind == WIRE_MARK ||
           kind == WIRE_LIQUIDATION;
}

static int take_payload(struct scan *scan, struct binance_decoder *dec, struct decode_look *look,
                        struct wire_out *out)
{
    dec->last_symbol = look->symbol;
    dec->last_kind = look->kind;
    if (needs_symbol(look->kind) && look->symbol == NULL) {
        dec->n_unknown_symbol++;
        look->kind = WIRE_OTHER;
    }
    return decode_payload(scan, dec, look, out);
}

/* {"result":null,"id":1}, {"error":{"code":..,"msg":".."},"id":1} and, of the WebSocket API,
 * {"id":"..","status":200,"result":..}. */
int decode_in_reply(struct scan *scan, struct wire_out *out)
{
    struct scan_text key;
    struct scan_text text;
    uint64_t seen = 0;
    int64_t code = 0;
    int rc;

    out->id = 0;
    out->code = 0;
    out->status = 0;
    out->text[0] = 0;
    if (scan_object(scan) < 0)
        return scan->rc;
    while ((rc = scan_key(scan, &key)) > 0) {
        if (scan_is(&key, "id")) {
            // Ours are numbers, as a number or as a text; any other is nobody's here.
            if (scan_once(scan, &seen, 0) < 0)
                return scan->rc;
            if (scan_null(scan))
                continue;
            if (scan_peek(scan) == '"') {
                int64_t id;

                if (scan_string(scan, &text) < 0)
                    return scan->rc;
                if (!text.is_raw && num_parse(text.at, text.n, 0, &id) == AGON_OK && id > 0)
                    out->id = (uint64_t)id;
            } else if (scan_u64(scan, &out->id) < 0) {
                return scan->rc;
            }
        } else if (scan_is(&key, "status")) {
            uint64_t status;

            TAKE(1, scan_u64(scan, &status));
            out->status = status < 1000 ? (uint32_t)status : 0;
        } else if (scan_is(&key, "error")) {
            if (scan_once(scan, &seen, 2) < 0 || scan_object(scan) < 0)
                return scan->rc;
            while ((rc = scan_key(scan, &key)) > 0) {
                if (scan_is(&key, "code"))
                    TAKE(3, scan_i64(scan, &code));
                else if (scan_is(&key, "msg"))
                    TAKE(4, scan_copy(scan, out->text, sizeof(out->text)));
                else if (scan_skip(scan) < 0)
                    return scan->rc;
            }
            if (rc < 0 || (seen & BIT(3)) == 0)
                return scan_fail(scan);
        } else if (scan_is(&key, "code") && scan_peek(scan) != '"') {
            TAKE(3, scan_i64(scan, &code));
        } else if (scan_is(&key, "msg")) {
            TAKE(4, scan_copy(scan, out->text, sizeof(out->text)));
        } else if (scan_is(&key, "result")) {
            TAKE(5, scan_skip(scan));
        } else if (scan_skip(scan) < 0) {
            return scan->rc;
        }
    }
    if (rc < 0 || code < INT32_MIN || code > INT32_MAX)
        return scan_fail(scan);
    if ((seen & (BIT(0) | BIT(2) | BIT(3) | BIT(5))) == 0)
        return WIRE_OTHER;
    out->code = (int32_t)code;
    return WIRE_REPLY;
}

static int read_market(struct binance_decoder *dec, const void *bytes, size_t n,
                       struct wire_out *out, struct decode_look *look)
{
    struct scan reader;
    struct scan *scan = &reader;
    struct scan_text key;
    struct scan_text text;
    const char *later = NULL; // a payload that came before its stream's name
    uint64_t seen = 0;
    int kind = WIRE_OTHER;
    int rc;

    dec->last_symbol = NULL;
    dec->last_kind = WIRE_OTHER;
    scan_init(scan, bytes, n);
    if (scan_object(scan) < 0)
        return decode_in_judge(dec, WIRE_OTHER, scan->rc, bytes, n);
    rc = scan_key(scan, &key);
    if (rc < 0)
        return decode_in_judge(dec, WIRE_OTHER, rc, bytes, n);
    if (rc > 0 && !scan_is(&key, "stream") && !scan_is(&key, "data")) {
        // A bare payload, an answer, or {"event":{..}}.
        if (scan_is(&key, "event"))
            return binance_decode_user(dec, bytes, n, out);
        scan_init(scan, bytes, n);
        rc = decode_in_look(scan, dec->symbols, look);
        if (rc < 0)
            return decode_in_judge(dec, WIRE_OTHER, rc, bytes, n);
        if (look->kind == WIRE_OTHER && !look->has_symbol)
            rc = decode_in_reply(scan, out);
        else
            rc = take_payload(scan, dec, look, out);
        kind = look->kind;
        goto end;
    }
    while (rc > 0) {
        if (scan_is(&key, "stream")) {
            if (scan_once(scan, &seen, 0) < 0 || scan_string(scan, &text) < 0 || text.is_raw) {
                rc = scan_fail(scan);
                goto end;
            }
            look_up_stream(&text, dec, look);
            kind = look->kind;
        } else if (scan_is(&key, "data")) {
            if (scan_once(scan, &seen, 1) < 0) {
                rc = scan->rc;
                goto end;
            }
            if (seen & 1) {
                rc = take_payload(scan, dec, look, out);
                kind = rc >= 0 ? rc : kind;
            } else {
                later = scan->at;
                rc = scan_skip(scan);
            }
            if (rc < 0)
                goto end;
        } else if (scan_skip(scan) < 0) {
            rc = scan->rc;
            goto end;
        }
        rc = scan_key(scan, &key);
    }
    if (rc == 0 && seen != 3)
        rc = scan_fail(scan);
    if (rc == 0)
        rc = scan_end(scan);
    if (rc == 0 && later != NULL) {
        // It was found well-formed above, so it ends where its brackets say.
        scan_init(scan, later, (size_t)((const char *)bytes + n - later));
        scan->depth = 1;
        kind = take_payload(scan, dec, look, out);
        rc = kind < 0 ? kind : 0;
        if (rc < 0)
            kind = look->kind;
    }
    return decode_in_judge(dec, kind, rc < 0 ? rc : kind, bytes, n);

end:
    if (rc >= 0) {
        kind = rc;
        rc = scan_end(scan);
    }
    return decode_in_judge(dec, kind, rc < 0 ? rc : kind, bytes, n);
}

int binance_decode_market(struct binance_decoder *dec, const void *bytes, size_t n,
                          struct wire_out *out)
{
    struct decode_look look = {0};
    int kind = usual_take(dec, bytes, n, out);

    if (kind != 0)
        return kind;
    kind = read_market(dec, bytes, n, out, &look);
    if (kind == WIRE_TRADE || kind == WIRE_QUOTE)
        usual_learn(dec, bytes, n, out, look.is_aggregate);
    return kind;
}
