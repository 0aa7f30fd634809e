// SPDX-License-Identifier: Apache-2.0
/* Orders, fills and balances, as the user stream tells them. */
#include "venue/binance/decode_in.h"

uint8_t decode_in_state_of(const struct scan_text *text)
{
    if (scan_is(text, "NEW"))
        return AGON_ORDER_OPEN;
    if (scan_is(text, "PENDING_NEW"))
        return AGON_ORDER_PENDING;
    if (scan_is(text, "PARTIALLY_FILLED"))
        return AGON_ORDER_PARTIAL;
    if (scan_is(text, "FILLED"))
        return AGON_ORDER_FILLED;
    if (scan_is(text, "CANCELED"))
        return AGON_ORDER_CANCELLED;
    if (scan_is(text, "PENDING_CANCEL"))
        return AGON_ORDER_CANCELLING;
    if (scan_is(text, "EXPIRED") || scan_is(text, "EXPIRED_IN_MATCH"))
        return AGON_ORDER_EXPIRED;
    if (scan_is(text, "REJECTED"))
        return AGON_ORDER_REJECTED;
    return 0;
}

static uint8_t read_exec(const struct scan_text *text)
{
    static const char *const names[] = {"NEW",   "CANCELED", "REPLACED",        "REJECTED",
                                        "TRADE", "EXPIRED",  "TRADE_PREVENTION"};

    for (uint8_t i = 0; i < 7; i++) {
        if (scan_is(text, names[i]))
            return (uint8_t)(i + 1);
    }
    if (scan_is(text, "AMENDMENT"))
        return WIRE_EXEC_REPLACED;
    // A liquidation is told before its trades are.
    return scan_is(text, "CALCULATED") ? WIRE_EXEC_NEW : 0;
}

int decode_in_state(struct scan *scan, struct wire_order *order)
{
    struct scan_text text;

    if (scan_string(scan, &text) < 0)
        return scan->rc;
    order->state = decode_in_state_of(&text);
    order->is_stp = (uint8_t)(order->is_stp | scan_is(&text, "EXPIRED_IN_MATCH"));
    return order->state != 0 ? AGON_OK : scan_fail(scan);
}

int decode_in_side(struct scan *scan, uint8_t *side)
{
    struct scan_text text;

    if (scan_string(scan, &text) < 0)
        return scan->rc;
    *side = scan_is(&text, "BUY") ? AGON_BUY : scan_is(&text, "SELL") ? AGON_SELL : 0;
    return *side != 0 ? AGON_OK : scan_fail(scan);
}

int decode_in_tif(struct scan *scan, uint8_t *tif, uint8_t *is_post_only)
{
    struct scan_text text;

    if (scan_string(scan, &text) < 0)
        return scan->rc;
    if (scan_is(&text, "GTC"))
        *tif = AGON_TIF_GTC;
    else if (scan_is(&text, "IOC"))
        *tif = AGON_TIF_IOC;
    else if (scan_is(&text, "FOK"))
        *tif = AGON_TIF_FOK;
    else if (scan_is(&text, "GTX"))
        *is_post_only = 1;
    return AGON_OK;
}

int decode_in_fee(struct scan *scan, struct decode_fee *fee)
{
    struct scan_text text;

    if (scan_number(scan, &text) < 0)
        return scan->rc;
    if (text.is_raw || text.n >= sizeof(fee->text))
        return scan_fail(scan);
    memcpy(fee->text, text.at, text.n);
    fee->n = text.n;
    return AGON_OK;
}

int decode_in_fee_asset(struct scan *scan, struct decode_fee *fee)
{
    struct scan_text text;

    if (scan_null(scan))
        return AGON_OK;
    if (scan_string(scan, &text) < 0)
        return scan->rc;
    if (text.is_raw || text.n == 0 || text.n >= sizeof(fee->name))
        return scan_fail(scan);
    memcpy(fee->name, text.at, text.n);
    fee->name[text.n] = 0;
    fee->has_asset = 1;
    return AGON_OK;
}

/* AGON_ERANGE: not representable. A negative fee is a rebate. */
int decode_in_settle_fee(const struct symbols *symbols, const struct decode_fee *fee,
                         agon_amt_t *amt, agon_asset_t *asset)
{
    const struct symbol_asset *known;
    int exp = FEE_EXP;

    *amt = 0;
    *asset = 0;
    if (fee->n == 0)
        return AGON_OK;
    if (fee->has_asset) {
        known = symbols_asset(symbols, fee->name, strlen(fee->name));
        if (known != NULL) {
            *asset = known->asset;
            exp = known->exp;
        }
    }
    return num_parse(fee->text, fee->n, exp, amt);
}

/* -1 stands for no trade. */
int decode_in_fill_id(struct scan *scan, uint64_t *fill)
{
    int64_t id;

    if (scan_i64(scan, &id) < 0)
        return scan->rc;
    *fill = id > 0 ? (uint64_t)id : 0;
    return AGON_OK;
}

int decode_in_report(struct scan *scan, struct binance_decoder *dec, const struct symbol *symbol,
                     int is_inner, struct wire_order *order)
{
    struct scan_text key;
    struct scan_text text;
    struct decode_fee fee = {0};
    uint64_t seen = is_inner ? BIT(0) : 0; // the event's name stands outside
    int flag = 0;
    int rc;

    memset(order, 0, sizeof(*order));
    order->symbol = symbol;
    if (scan_object(scan) < 0)
        return scan->rc;
    while ((rc = scan_key(scan, &key)) > 0) {
        switch (LETTER(key)) {
        case 'e':
            TAKE(0, decode_in_word(scan, "executionReport"));
            break;
        case 'T':
            TAKE(1, decode_in_time(scan, dec, &order->t_venue));
            break;
        case 's':
            TAKE(2, decode_in_own_symbol(scan, symbol));
            break;
        case 'c':
            TAKE(3, scan_copy(scan, order->client_id, sizeof(order->client_id)));
            break;
        case 'C':
            if (scan_once(scan, &seen, 4) < 0)
                return scan->rc;
            if (!scan_null(scan) &&
                scan_copy(scan, order->orig_client_id, sizeof(order->orig_client_id)) < 0)
                return scan->rc;
            break;
        case 'S':
            TAKE(5, decode_in_side(scan, &order->side));
            break;
        case 'o':
            TAKE(6, decode_in_type(scan, order));
            break;
        case 'f':
            TAKE(7, decode_in_tif(scan, &order->tif, &order->is_post_only));
            break;
        case 'q':
            TAKE(8, decode_in_amount(scan, symbol->qty_exp, &order->qty));
            break;
        case 'p':
            TAKE(9, decode_in_px0(scan, symbol, &order->px));
            break;
        case 'x':
            TAKE(10, scan_string(scan, &text));
            order->exec = read_exec(&text);
            if (order->exec == 0)
                return scan_fail(scan);
            break;
        case 'X':
            TAKE(11, decode_in_state(scan, order));
            break;
        case 'r':
            TAKE(12, scan_copy(scan, order->reason, sizeof(order->reason)));
            break;
        case 'i':
            TAKE(13, scan_u64(scan, &order->venue_order));
            break;
        case 'l':
            TAKE(14, decode_in_amount(scan, symbol->qty_exp, &order->last_qty));
            break;
        case 'z':
            TAKE(15, decode_in_amount(scan, symbol->qty_exp, &order->cum_qty));
            break;
        case 'L':
            TAKE(16, decode_in_px0(scan, symbol, &order->last_px));
            break;
        case 'n':
            TAKE(17, decode_in_fee(scan, &fee));
            break;
        case 'N':
            TAKE(18, decode_in_fee_asset(scan, &fee));
            break;
        case 't':
            TAKE(19, decode_in_fill_id(scan, &order->fill));
            break;
        case 'm':
            TAKE(20, scan_bool(scan, &flag));
            order->is_maker = (uint8_t)flag;
            break;
        default:
            if (scan_skip(scan) < 0)
                return scan->rc;
        }
    }
    NEED(BIT(0) | BIT(2) | BIT(3) | BIT(5) | BIT(8) | BIT(9) | BIT(10) | BIT(11) | BIT(13) |
         BIT(15));
    if (decode_in_settle_fee(dec->symbols, &fee, &order->fee_amt, &order->fee_asset) < 0)
        return scan_fail(scan);
    // A trade without its number, price or quantity cannot be booked, and one larger than its
    // order is a lie.
    if (order->exec == WIRE_EXEC_TRADE &&
        (order->fill == 0 || order->last_px <= 0 || order->last_qty <= 0 ||
         (seen & (BIT(14) | BIT(16) | BIT(19) | BIT(20))) !=
             (BIT(14) | BIT(16) | BIT(19) | BIT(20)) ||
         order->last_qty > order->cum_qty))
        return scan_fail(scan);
    if (order->cum_qty > order->qty && order->qty > 0)
        return scan_fail(scan);
    return WIRE_ORDER;
}

int decode_in_balances(struct scan *scan, struct binance_decoder *dec, struct wire_out *out,
                       const char *asset_key, const char *free_key, const char *held_key)
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
        char free_text[48] = "";
        char held_text[48] = "";
        uint64_t seen = 0;

        if (scan_object(scan) < 0)
            return scan->rc;
        while ((rc = scan_key(scan, &key)) > 0) {
            if (scan_is(&key, asset_key)) {
                TAKE(0, scan_string(scan, &text));
                if (!text.is_raw)
                    asset = symbols_asset(dec->symbols, text.at, text.n);
            } else if (scan_is(&key, free_key)) {
                TAKE(1, scan_number(scan, &text));
                if (text.is_raw || text.n >= sizeof(free_text))
                    return scan_fail(scan);
                memcpy(free_text, text.at, text.n);
                free_text[text.n] = 0;
            } else if (scan_is(&key, held_key)) {
                TAKE(2, scan_number(scan, &text));
                if (text.is_raw || text.n >= sizeof(held_text))
                    return scan_fail(scan);
                memcpy(held_text, text.at, text.n);
                held_text[text.n] = 0;
            } else if (scan_skip(scan) < 0) {
                return scan->rc;
            }
        }
        NEED(7);
        if (asset == NULL)
            continue; // the host has no use for it
        if (out->n_balances == SYMBOLS_ASSETS_MAX)
            return scan_fail(scan);
        balance = &out->balances[out->n_balances++];
        balance->asset = asset;
        if (num_parse(free_text, strlen(free_text), asset->exp, &balance->free_amt) < 0 ||
            num_parse(held_text, strlen(held_text), asset->exp, &balance->held_amt) < 0 ||
            balance->free_amt < 0 || balance->held_amt < 0)
            return scan_fail(scan);
    }
    return rc < 0 ? rc : AGON_OK;
}

static int decode_position(struct scan *scan, struct binance_decoder *dec, struct wire_out *out)
{
    struct scan_text key;
    uint64_t seen = 0;
    int rc;

    if (scan_object(scan) < 0)
        return scan->rc;
    out->order.t_venue = 0;
    while ((rc = scan_key(scan, &key)) > 0) {
        if (scan_is(&key, "e"))
            TAKE(0, decode_in_word(scan, "outboundAccountPosition"));
        else if (scan_is(&key, "B"))
            TAKE(1, decode_in_balances(scan, dec, out, "a", "f", "l"));
        else if (scan_is(&key, "E"))
            TAKE(2, decode_in_time(scan, dec, &out->order.t_venue));
        else if (scan_skip(scan) < 0)
            return scan->rc;
    }
    NEED(3);
    return WIRE_BALANCE;
}

static int decode_event(struct scan *scan, struct binance_decoder *dec, struct wire_out *out,
                        int *kind)
{
    struct decode_look look;
    int rc = decode_in_look(scan, dec->symbols, &look);

    if (rc < 0)
        return scan_fail(scan);
    *kind = look.kind;
    switch (look.kind) {
    case WIRE_ORDER:
        if (look.symbol == NULL) {
            if (!look.has_symbol)
                return scan_fail(scan);
            dec->n_unknown_symbol++;
            return scan_skip(scan) < 0 ? scan->rc : WIRE_OTHER;
        }
        return decode_in_report(scan, dec, look.symbol, 0, &out->order);
    case WIRE_BALANCE:
        return decode_position(scan, dec, out);
    case WIRE_TERMINATED:
    case WIRE_SHUTDOWN:
        return scan_skip(scan) < 0 ? scan->rc : look.kind;
    default:
        return scan_skip(scan) < 0 ? scan->rc : WIRE_OTHER;
    }
}

int binance_decode_user(struct binance_decoder *dec, const void *bytes, size_t n,
                        struct wire_out *out)
{
    struct scan reader;
    struct scan *scan = &reader;
    struct scan_text key;
    uint64_t seen = 0;
    int kind = WIRE_OTHER;
    int result = WIRE_OTHER;
    int rc;

    scan_init(scan, bytes, n);
    rc = scan_object(scan);
    while (rc >= 0 && (rc = scan_key(scan, &key)) > 0) {
        if (scan_is(&key, "e")) {
            // Bare, as the old listen key streams have it.
            scan_init(scan, bytes, n);
            result = decode_event(scan, dec, out, &kind);
            rc = result < 0 ? result : scan_end(scan);
            return decode_in_judge(dec, rc < 0 ? kind : result, rc < 0 ? rc : result, bytes, n);
        }
        if (scan_is(&key, "event")) {
            rc = scan_once(scan, &seen, 0);
            if (rc >= 0) {
                result = decode_event(scan, dec, out, &kind);
                rc = result;
            }
        } else if (seen == 0 && (scan_is(&key, "id") || scan_is(&key, "status") ||
                                 scan_is(&key, "error") || scan_is(&key, "result"))) {
            scan_init(scan, bytes, n);
            kind = WIRE_REPLY;
            result = decode_in_reply(scan, out);
            rc = result < 0 ? result : scan_end(scan);
            return decode_in_judge(dec, rc < 0 ? kind : result, rc < 0 ? rc : result, bytes, n);
        } else {
            rc = scan_skip(scan);
        }
    }
    if (rc >= 0)
        rc = scan_end(scan);
    return decode_in_judge(dec, rc < 0 ? kind : result, rc < 0 ? rc : result, bytes, n);
}
