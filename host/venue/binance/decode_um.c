// SPDX-License-Identifier: Apache-2.0
/* decode_um: what only the futures send: mark prices, liquidations, their user data, positions. */
#include "venue/binance/decode_in.h"

#define MARK_EXP 8 /* of the venue's computed prices, whatever the instrument's own exponent */
#define RATE_EXP 9

/* A price that the venue computed: rounded to the instrument's exponent. */
static int take_computed(struct scan *scan, const struct symbol *symbol, agon_px_t *px)
{
    int64_t value;

    if (scan_decimal(scan, MARK_EXP, &value) < 0 || value < 0)
        return scan_fail(scan);
    *px = num_rescale(value, MARK_EXP, symbol->px_exp, NUM_EVEN);
    return *px > symbol->limit_px ? scan_fail(scan) : AGON_OK;
}

/* A funding rate; of a future that ends there is none, and the text is empty. */
static int take_rate(struct scan *scan, int64_t *rate_ppb)
{
    struct scan_text text;

    if (scan_string(scan, &text) < 0)
        return scan->rc;
    *rate_ppb = 0;
    if (text.n == 0)
        return AGON_OK;
    return text.is_raw || num_parse(text.at, text.n, RATE_EXP, rate_ppb) < 0 ? scan_fail(scan)
                                                                             : AGON_OK;
}

int decode_in_mark(struct scan *scan, struct binance_decoder *dec, const struct symbol *symbol,
                   struct wire_mark *mark)
{
    struct scan_text key;
    uint64_t seen = 0;
    uint64_t stamp_ms = 0;
    int rc;

    memset(mark, 0, sizeof(*mark));
    mark->symbol = symbol;
    if (scan_object(scan) < 0)
        return scan->rc;
    while ((rc = scan_key(scan, &key)) > 0) {
        switch (LETTER(key)) {
        case 'e':
            TAKE(0, decode_in_word(scan, "markPriceUpdate"));
            break;
        case 'E':
            TAKE(1, decode_in_time(scan, dec, &mark->t_venue));
            break;
        case 's':
            TAKE(2, decode_in_own_symbol(scan, symbol));
            break;
        case 'p':
            TAKE(3, take_computed(scan, symbol, &mark->mark_px));
            break;
        case 'i':
            TAKE(4, take_computed(scan, symbol, &mark->index_px));
            break;
        case 'r':
            TAKE(5, take_rate(scan, &mark->rate_ppb));
            break;
        case 'T':
            TAKE(6, scan_u64(scan, &stamp_ms));
            break;
        default:
            if (scan_skip(scan) < 0)
                return scan->rc;
        }
    }
    NEED(BIT(0) | BIT(2) | BIT(3));
    if (mark->mark_px == 0 || stamp_ms > 4102444800000u)
        return scan_fail(scan);
    mark->t_funding = (agon_ns_t)stamp_ms * 1000000;
    return WIRE_MARK;
}

static int take_side(struct scan *scan, uint8_t *side)
{
    struct scan_text text;

    if (scan_string(scan, &text) < 0)
        return scan->rc;
    *side = scan_is(&text, "BUY") ? AGON_BUY : scan_is(&text, "SELL") ? AGON_SELL : 0;
    return *side != 0 ? AGON_OK : scan_fail(scan);
}

static int decode_forced(struct scan *scan, struct binance_decoder *dec,
                         const struct symbol *symbol, struct agon_liquidation *liquidation)
{
    struct scan_text key;
    uint64_t seen = 0;
    agon_px_t average_px = 0;
    agon_qty_t filled_qty = 0;
    int rc;

    if (scan_object(scan) < 0)
        return scan->rc;
    while ((rc = scan_key(scan, &key)) > 0) {
        if (scan_is(&key, "s"))
            TAKE(0, decode_in_own_symbol(scan, symbol));
        else if (scan_is(&key, "S"))
            TAKE(1, take_side(scan, &liquidation->side));
        else if (scan_is(&key, "q"))
            TAKE(2, decode_in_shown(scan, dec, symbol, &liquidation->qty));
        else if (scan_is(&key, "p"))
            TAKE(3, take_computed(scan, symbol, &liquidation->px));
        else if (scan_is(&key, "ap"))
            TAKE(4, take_computed(scan, symbol, &average_px));
        else if (scan_is(&key, "z"))
            TAKE(5, decode_in_shown(scan, dec, symbol, &filled_qty));
        else if (scan_is(&key, "T"))
            TAKE(6, decode_in_time(scan, dec, &liquidation->hdr.t_venue));
        else if (scan_skip(scan) < 0)
            return scan->rc;
    }
    NEED(0xf);
    if (average_px > 0)
        liquidation->px = average_px;
    if (filled_qty > 0)
        liquidation->qty = filled_qty;
    return AGON_OK;
}

int decode_in_liquidation(struct scan *scan, struct binance_decoder *dec,
                          const struct symbol *symbol, struct agon_liquidation *liquidation)
{
    struct scan_text key;
    uint64_t seen = 0;
    int rc;

    memset(liquidation, 0, sizeof(*liquidation));
    if (scan_object(scan) < 0)
        return scan->rc;
    while ((rc = scan_key(scan, &key)) > 0) {
        if (scan_is(&key, "e"))
            TAKE(0, decode_in_word(scan, "forceOrder"));
        else if (scan_is(&key, "o"))
            TAKE(1, decode_forced(scan, dec, symbol, liquidation));
        else if (scan_skip(scan) < 0)
            return scan->rc;
    }
    NEED(3);
    liquidation->hdr.type = AGON_EVENT_LIQUIDATION;
    liquidation->hdr.granules = sizeof(*liquidation) / EVENT_GRANULE;
    liquidation->hdr.instrument = symbol->instrument;
    return WIRE_LIQUIDATION;
}

/* User data -------------------------------------------------------------------------------------
 */

/* [{"a":"USDT","wb":"1.5"}], or the assets of an account; the wallet's balance may be below 0. */
static int decode_wallets(struct scan *scan, struct binance_decoder *dec, struct wire_out *out,
                          const char *asset_key, const char *wallet_key)
{
    struct scan_text key;
    struct scan_text text;
    int rc;

    out->n_balances = 0;
    if (scan_array(scan) < 0)
        return scan->rc;
    while ((rc = scan_item(scan)) > 0) {
        const struct symbol_asset *asset = NULL;
        struct wire_balance *balance;
        struct scan_text wallet = {0};
        uint64_t seen = 0;

        if (scan_object(scan) < 0)
            return scan->rc;
        while ((rc = scan_key(scan, &key)) > 0) {
            if (scan_is(&key, asset_key)) {
                TAKE(0, scan_string(scan, &text));
                if (!text.is_raw)
                    asset = symbols_asset(dec->symbols, text.at, text.n);
            } else if (scan_is(&key, wallet_key)) {
                TAKE(1, scan_number(scan, &wallet));
            } else if (scan_skip(scan) < 0) {
                return scan->rc;
            }
        }
        NEED(3);
        if (asset == NULL)
            continue; // the host has no use for it
        if (wallet.is_raw || out->n_balances == SYMBOLS_ASSETS_MAX)
            return scan_fail(scan);
        balance = &out->balances[out->n_balances++];
        balance->asset = asset;
        balance->held_amt = 0;
        if (num_parse(wallet.at, wallet.n, asset->exp, &balance->free_amt) < 0)
            return scan_fail(scan);
    }
    return rc < 0 ? rc : AGON_OK;
}

static int decode_update(struct scan *scan, struct binance_decoder *dec, struct wire_out *out)
{
    struct scan_text key;
    uint64_t seen = 0;
    int rc;

    out->n_balances = 0;
    if (scan_object(scan) < 0)
        return scan->rc;
    while ((rc = scan_key(scan, &key)) > 0) {
        if (scan_is(&key, "B"))
            TAKE(0, decode_wallets(scan, dec, out, "a", "wb"));
        else if (scan_skip(scan) < 0)
            return scan->rc;
    }
    return rc < 0 ? rc : AGON_OK;
}

/* Symbol of an "o", which need not be its first key. */
static int look_inside(const struct scan *from, struct binance_decoder *dec,
                       const struct symbol **symbol)
{
    struct scan scan;
    struct scan_text key;
    struct scan_text text;
    int rc;

    *symbol = NULL;
    scan_init(&scan, from->at, (size_t)(from->end - from->at));
    scan.depth = from->depth;
    if (scan_object(&scan) < 0)
        return scan.rc;
    while ((rc = scan_key(&scan, &key)) > 0) {
        if (scan_is(&key, "s") && scan_peek(&scan) == '"') {
            if (scan_string(&scan, &text) < 0)
                return scan.rc;
            if (!text.is_raw)
                *symbol = symbols_find(dec->symbols, text.at, text.n);
        } else if (scan_skip(&scan) < 0) {
            return scan.rc;
        }
    }
    return rc;
}

static int kind_of(const struct scan_text *text)
{
    return scan_is(text, "ORDER_TRADE_UPDATE") ? WIRE_ORDER
           : scan_is(text, "ACCOUNT_UPDATE")   ? WIRE_POSITION
           : scan_is(text, "listenKeyExpired") ? WIRE_TERMINATED
                                               : WIRE_OTHER;
}

static int decode_user(struct scan *scan, struct binance_decoder *dec, struct wire_out *out,
                       int *kind)
{
    struct scan_text key;
    struct scan_text text;
    const char *inner = NULL;
    agon_ns_t t = 0;
    uint64_t seen = 0;
    int rc;

    if (scan_object(scan) < 0)
        return scan->rc;
    while ((rc = scan_key(scan, &key)) > 0) {
        if (scan_is(&key, "e")) {
            TAKE(0, scan_string(scan, &text));
            *kind = kind_of(&text);
        } else if (scan_is(&key, "E")) {
            TAKE(1, decode_in_time(scan, dec, &t));
        } else if (scan_is(&key, "o") || scan_is(&key, "a")) {
            if (scan_once(scan, &seen, 2) < 0)
                return scan->rc;
            inner = scan->at;
            if (scan_skip(scan) < 0)
                return scan->rc;
        } else if (scan_skip(scan) < 0) {
            return scan->rc;
        }
    }
    NEED(1);
    if (*kind == WIRE_ORDER || *kind == WIRE_POSITION) {
        const struct symbol *symbol;
        struct scan again;

        if (inner == NULL)
            return scan_fail(scan);
        scan_init(&again, inner, (size_t)(scan->end - inner));
        again.depth = 1;
        if (*kind == WIRE_POSITION) {
            out->order.t_venue = t;
            return decode_update(&again, dec, out) < 0 ? again.rc : WIRE_POSITION;
        }
        if (look_inside(&again, dec, &symbol) < 0)
            return scan_fail(scan);
        if (symbol == NULL) {
            dec->n_unknown_symbol++;
            return WIRE_OTHER;
        }
        return decode_in_report(&again, dec, symbol, 1, &out->order);
    }
    return *kind;
}

int binance_decode_um_user(struct binance_decoder *dec, const void *bytes, size_t n,
                           struct wire_out *out)
{
    struct scan scan;
    int kind = WIRE_OTHER;
    int rc;

    scan_init(&scan, bytes, n);
    rc = decode_user(&scan, dec, out, &kind);
    if (rc >= 0) {
        int end = scan_end(&scan);

        rc = end < 0 ? end : rc;
    }
    return decode_in_judge(dec, rc < 0 ? kind : rc, rc, bytes, n);
}

/* REST answers ----------------------------------------------------------------------------------
 */

static int decode_place(struct scan *scan, struct binance_decoder *dec, struct wire_position *place)
{
    struct scan_text key;
    struct scan_text text = {0};
    struct scan_text qty = {0};
    uint64_t seen = 0;
    int is_hedged = 0;
    int rc;

    memset(place, 0, sizeof(*place));
    if (scan_object(scan) < 0)
        return scan->rc;
    while ((rc = scan_key(scan, &key)) > 0) {
        if (scan_is(&key, "symbol")) {
            TAKE(0, scan_string(scan, &text));
            if (!text.is_raw)
                place->symbol = symbols_find(dec->symbols, text.at, text.n);
        } else if (scan_is(&key, "positionAmt")) {
            TAKE(1, scan_number(scan, &qty));
        } else if (scan_is(&key, "positionSide")) {
            TAKE(2, scan_string(scan, &text));
            is_hedged = !scan_is(&text, "BOTH");
        } else if (scan_skip(scan) < 0) {
            return scan->rc;
        }
    }
    NEED(3);
    if (is_hedged)
        place->symbol = NULL; // one-way mode is what this host trades in
    if (place->symbol == NULL)
        return AGON_OK;
    return qty.is_raw || num_parse(qty.at, qty.n, place->symbol->qty_exp, &place->qty) < 0
               ? scan_fail(scan)
               : AGON_OK;
}

int binance_decode_positions(struct binance_decoder *dec, const void *bytes, size_t n,
                             struct wire_out *out)
{
    struct scan scan;
    int rc;

    out->n_places = 0;
    scan_init(&scan, bytes, n);
    rc = scan_array(&scan);
    while (rc >= 0 && (rc = scan_item(&scan)) > 0) {
        struct wire_position place;

        rc = decode_place(&scan, dec, &place);
        if (rc >= 0 && place.symbol != NULL && out->n_places == SYMBOLS_MAX)
            rc = scan_fail(&scan);
        if (rc >= 0 && place.symbol != NULL)
            out->places[out->n_places++] = place;
    }
    if (rc >= 0)
        rc = scan_end(&scan);
    return decode_in_judge(dec, WIRE_REST, rc, bytes, n);
}

static int decode_account(struct scan *scan, struct binance_decoder *dec, struct wire_out *out)
{
    struct scan_text key;
    uint64_t seen = 0;
    int rc;

    if (scan_object(scan) < 0)
        return scan->rc;
    while ((rc = scan_key(scan, &key)) > 0) {
        if (scan_is(&key, "assets"))
            TAKE(0, decode_wallets(scan, dec, out, "asset", "walletBalance"));
        else if (scan_skip(scan) < 0)
            return scan->rc;
    }
    NEED(1);
    return scan_end(scan);
}

int binance_decode_um_account(struct binance_decoder *dec, const void *bytes, size_t n,
                              struct wire_out *out)
{
    struct scan scan;

    scan_init(&scan, bytes, n);
    return decode_in_judge(dec, WIRE_REST, decode_account(&scan, dec, out), bytes, n);
}

static int decode_key(struct scan *scan, char *text, size_t room)
{
    struct scan_text key;
    uint64_t seen = 0;
    int rc;

    text[0] = 0;
    if (scan_object(scan) < 0)
        return scan->rc;
    while ((rc = scan_key(scan, &key)) > 0) {
        if (scan_is(&key, "listenKey"))
            TAKE(0, scan_copy(scan, text, room));
        else if (scan_skip(scan) < 0)
            return scan->rc;
    }
    NEED(1);
    // It becomes part of a path.
    for (const char *at = text; *at != 0; at++) {
        if (!((*at >= '0' && *at <= '9') || (*at >= 'A' && *at <= 'Z') ||
              (*at >= 'a' && *at <= 'z') || *at == '-' || *at == '_'))
            return scan_fail(scan);
    }
    return text[0] != 0 ? scan_end(scan) : scan_fail(scan);
}

int binance_decode_listen_key(struct binance_decoder *dec, const void *bytes, size_t n, char *key,
                              size_t room)
{
    struct scan scan;

    scan_init(&scan, bytes, n);
    return decode_in_judge(dec, WIRE_REST, decode_key(&scan, key, room), bytes, n);
}
