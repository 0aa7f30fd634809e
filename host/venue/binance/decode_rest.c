// SPDX-License-Identifier: Apache-2.0
/* Answers of REST and of the WebSocket API. */
#include "venue/binance/decode_in.h"

int binance_decode_error(const void *bytes, size_t n, int32_t *code, char *text, size_t room)
{
    struct scan reader;
    struct scan *scan = &reader;
    struct scan_text key;
    uint64_t seen = 0;
    int64_t value = 0;
    int rc;

    text[0] = 0;
    scan_init(scan, bytes, n);
    if (scan_object(scan) < 0)
        return scan->rc;
    while ((rc = scan_key(scan, &key)) > 0) {
        if (scan_is(&key, "code"))
            TAKE(0, scan_i64(scan, &value));
        else if (scan_is(&key, "msg"))
            TAKE(1, scan_copy(scan, text, room));
        else if (scan_skip(scan) < 0)
            return scan->rc;
    }
    NEED(1);
    if (value < INT32_MIN || value > INT32_MAX)
        return AGON_ERANGE;
    *code = (int32_t)value;
    return scan_end(scan);
}

int binance_decode_time(struct binance_decoder *dec, const void *bytes, size_t n, agon_ns_t *t)
{
    struct scan reader;
    struct scan *scan = &reader;
    struct scan_text key;
    uint64_t seen = 0;
    int rc;

    *t = 0;
    scan_init(scan, bytes, n);
    if (scan_object(scan) < 0)
        return decode_in_judge(dec, WIRE_REST, scan->rc, bytes, n);
    while ((rc = scan_key(scan, &key)) > 0) {
        if (scan_is(&key, "serverTime"))
            rc = scan_once(scan, &seen, 0) < 0 ? scan->rc : decode_in_time(scan, dec, t);
        else
            rc = scan_skip(scan);
        if (rc < 0)
            break;
    }
    if (rc >= 0)
        rc = scan_end(scan);
    if (rc >= 0 && *t == 0)
        rc = AGON_EINVAL;
    return decode_in_judge(dec, WIRE_REST, rc, bytes, n);
}

int binance_decode_snapshot(struct binance_decoder *dec, const void *bytes, size_t n,
                            const struct symbol *symbol, struct wire_depth *depth)
{
    struct scan scan;
    int rc;

    scan_init(&scan, bytes, n);
    rc = decode_in_book(&scan, dec, symbol, depth);
    if (rc >= 0)
        rc = scan_end(&scan);
    return decode_in_judge(dec, WIRE_SNAPSHOT, rc, bytes, n);
}

/* One entry of fills in a FULL answer, or of myTrades. */
static int decode_fill(struct scan *scan, struct binance_decoder *dec, const struct symbol *symbol,
                       struct wire_fill *fill, int is_answer)
{
    struct scan_text key;
    struct decode_fee fee = {0};
    uint64_t seen = 0;
    int flag;
    int rc;

    memset(fill, 0, sizeof(*fill));
    if (scan_object(scan) < 0)
        return scan->rc;
    while ((rc = scan_key(scan, &key)) > 0) {
        if (scan_is(&key, "price")) {
            TAKE(0, decode_in_px(scan, symbol, &fill->px));
        } else if (scan_is(&key, "qty")) {
            TAKE(1, decode_in_amount(scan, symbol->qty_exp, &fill->qty));
        } else if (scan_is(&key, "commission")) {
            TAKE(2, decode_in_fee(scan, &fee));
        } else if (scan_is(&key, "commissionAsset")) {
            TAKE(3, decode_in_fee_asset(scan, &fee));
        } else if (scan_is(&key, is_answer ? "tradeId" : "id")) {
            TAKE(4, decode_in_fill_id(scan, &fill->fill));
        } else if (scan_is(&key, "orderId")) {
            TAKE(5, scan_u64(scan, &fill->venue_order));
        } else if (scan_is(&key, "time")) {
            TAKE(6, decode_in_time(scan, dec, &fill->t_venue));
        } else if (scan_is(&key, "isBuyer") || scan_is(&key, "buyer")) {
            TAKE(7, scan_bool(scan, &flag));
            fill->is_buyer = (uint8_t)flag;
        } else if (scan_is(&key, "isMaker") || scan_is(&key, "maker")) {
            TAKE(8, scan_bool(scan, &flag));
            fill->is_maker = (uint8_t)flag;
        } else if (scan_is(&key, "symbol")) {
            TAKE(9, decode_in_own_symbol(scan, symbol));
        } else if (scan_skip(scan) < 0) {
            return scan->rc;
        }
    }
    NEED(is_answer ? 0x1fu : 0x1bfu);
    if (fill->qty == 0 || fill->fill == 0 ||
        decode_in_settle_fee(dec->symbols, &fee, &fill->fee_amt, &fill->fee_asset) < 0)
        return scan_fail(scan);
    return AGON_OK;
}

static int decode_fills(struct scan *scan, struct binance_decoder *dec,
                        const struct wire_order *order, wire_fill_fn each, void *ctx)
{
    int rc;

    if (scan_array(scan) < 0)
        return scan->rc;
    while ((rc = scan_item(scan)) > 0) {
        struct wire_fill fill;

        if (decode_fill(scan, dec, order->symbol, &fill, 1) < 0)
            return scan->rc;
        if (each != NULL) {
            fill.venue_order = order->venue_order;
            fill.is_buyer = order->side == AGON_BUY;
            fill.t_venue = order->t_venue;
            each(ctx, &fill);
        }
    }
    return rc < 0 ? rc : AGON_OK;
}

/* An order object of the REST API. Fills are decoded always and told when each is given. */
/* Of an instrument that is not served here: whose it is, and whether it is open. What its numbers
 * mean is not known. */
static int decode_elsewhere(struct scan *scan, struct wire_order *order)
{
    struct scan_text key, text;
    uint64_t seen = 0;
    int rc;

    if (scan_object(scan) < 0)
        return scan->rc;
    while ((rc = scan_key(scan, &key)) > 0) {
        if (scan_is(&key, "orderId")) {
            TAKE(0, scan_u64(scan, &order->venue_order));
        } else if (scan_is(&key, "clientOrderId")) {
            TAKE(1, scan_copy(scan, order->client_id, sizeof(order->client_id)));
        } else if (scan_is(&key, "side")) {
            TAKE(2, decode_in_side(scan, &order->side));
        } else if (scan_is(&key, "status")) {
            TAKE(3, scan_string(scan, &text));
            order->state =
                decode_in_state_of(&text); // one that is new to us is no reason to read nothing
        } else if (scan_skip(scan) < 0) {
            return scan->rc;
        }
    }
    return rc;
}

static int decode_order(struct scan *scan, struct binance_decoder *dec, struct wire_order *order,
                        wire_fill_fn each, void *ctx)
{
    struct scan_text key;
    struct decode_look look;
    const char *fills = NULL;
    uint64_t seen = 0;
    agon_ns_t t_update = 0;
    int rc;

    memset(order, 0, sizeof(*order));
    if (decode_in_look(scan, dec->symbols, &look) < 0 || !look.has_symbol)
        return scan_fail(scan);
    if (look.symbol == NULL) {
        dec->n_unknown_symbol++;
        return decode_elsewhere(scan, order);
    }
    order->symbol = look.symbol;
    if (scan_object(scan) < 0)
        return scan->rc;
    while ((rc = scan_key(scan, &key)) > 0) {
        if (scan_is(&key, "orderId")) {
            TAKE(0, scan_u64(scan, &order->venue_order));
        } else if (scan_is(&key, "clientOrderId")) {
            TAKE(1, scan_copy(scan, order->client_id, sizeof(order->client_id)));
        } else if (scan_is(&key, "origClientOrderId")) {
            TAKE(2, scan_copy(scan, order->orig_client_id, sizeof(order->orig_client_id)));
        } else if (scan_is(&key, "price")) {
            TAKE(3, decode_in_px0(scan, order->symbol, &order->px));
        } else if (scan_is(&key, "origQty")) {
            TAKE(4, decode_in_amount(scan, order->symbol->qty_exp, &order->qty));
        } else if (scan_is(&key, "executedQty")) {
            TAKE(5, decode_in_amount(scan, order->symbol->qty_exp, &order->cum_qty));
        } else if (scan_is(&key, "status")) {
            TAKE(6, decode_in_state(scan, order));
        } else if (scan_is(&key, "timeInForce")) {
            TAKE(7, decode_in_tif(scan, &order->tif, &order->is_post_only));
        } else if (scan_is(&key, "type")) {
            TAKE(8, decode_in_type(scan, order));
        } else if (scan_is(&key, "side")) {
            TAKE(9, decode_in_side(scan, &order->side));
        } else if (scan_is(&key, "transactTime")) {
            TAKE(10, decode_in_time(scan, dec, &order->t_venue));
        } else if (scan_is(&key, "updateTime")) {
            TAKE(11, decode_in_time(scan, dec, &t_update));
        } else if (scan_is(&key, "symbol")) {
            TAKE(12, decode_in_own_symbol(scan, order->symbol));
        } else if (scan_is(&key, "fills")) {
            if (scan_once(scan, &seen, 13) < 0)
                return scan->rc;
            fills = scan->at;
            if (decode_fills(scan, dec, order, NULL, NULL) < 0)
                return scan->rc;
        } else if (scan_skip(scan) < 0) {
            return scan->rc;
        }
    }
    NEED(BIT(0) | BIT(1) | BIT(12));
    if (order->state != 0 && (seen & (BIT(4) | BIT(5) | BIT(9))) != (BIT(4) | BIT(5) | BIT(9)))
        return scan_fail(scan);
    if (order->cum_qty > order->qty)
        return scan_fail(scan);
    if (t_update != 0)
        order->t_venue = t_update;
    if (fills != NULL && each != NULL) {
        struct scan again;

        // Only now are id, side and time known for certain.
        scan_init(&again, fills, (size_t)(scan->end - fills));
        return decode_fills(&again, dec, order, each, ctx);
    }
    return AGON_OK;
}

int binance_decode_order(struct binance_decoder *dec, const void *bytes, size_t n,
                         struct wire_order *order, wire_fill_fn each_fill, void *ctx)
{
    struct scan scan;
    int rc;

    // The whole must be good before a fill of it is told.
    scan_init(&scan, bytes, n);
    rc = decode_order(&scan, dec, order, NULL, NULL);
    if (rc >= 0)
        rc = scan_end(&scan);
    if (rc >= 0 && order->symbol == NULL)
        rc = AGON_ENOENT;
    if (rc >= 0 && each_fill != NULL) {
        scan_init(&scan, bytes, n);
        rc = decode_order(&scan, dec, order, each_fill, ctx);
    }
    return decode_in_judge(dec, WIRE_REST, rc, bytes, n);
}

static int walk_orders(struct binance_decoder *dec, const void *bytes, size_t n, wire_order_fn each,
                       void *ctx)
{
    struct scan scan;
    struct wire_order order;
    int count = 0;
    int rc;

    scan_init(&scan, bytes, n);
    if (scan_array(&scan) < 0)
        return scan.rc;
    while ((rc = scan_item(&scan)) > 0) {
        if (decode_order(&scan, dec, &order, NULL, NULL) < 0)
            return scan.rc;
        if (order.symbol == NULL) {
            if (each != NULL && dec->on_elsewhere != NULL)
                dec->on_elsewhere(dec->ctx, &order);
            continue;
        }
        if (order.state == 0)
            return scan_fail(&scan);
        if (each != NULL)
            each(ctx, &order);
        count++;
    }
    if (rc >= 0)
        rc = scan_end(&scan);
    return rc < 0 ? rc : count;
}

int binance_decode_orders(struct binance_decoder *dec, const void *bytes, size_t n,
                          wire_order_fn each, void *ctx)
{
    int rc = walk_orders(dec, bytes, n, NULL, NULL);

    if (rc >= 0 && each != NULL)
        rc = walk_orders(dec, bytes, n, each, ctx);
    return decode_in_judge(dec, WIRE_REST, rc, bytes, n);
}

static int walk_fills(struct binance_decoder *dec, const void *bytes, size_t n,
                      const struct symbol *symbol, wire_fill_fn each, void *ctx)
{
    struct scan scan;
    struct wire_fill fill;
    int count = 0;
    int rc;

    scan_init(&scan, bytes, n);
    if (scan_array(&scan) < 0)
        return scan.rc;
    while ((rc = scan_item(&scan)) > 0) {
        if (decode_fill(&scan, dec, symbol, &fill, 0) < 0)
            return scan.rc;
        if (fill.venue_order == 0)
            return scan_fail(&scan);
        if (each != NULL)
            each(ctx, &fill);
        count++;
    }
    if (rc >= 0)
        rc = scan_end(&scan);
    return rc < 0 ? rc : count;
}

int binance_decode_fills(struct binance_decoder *dec, const void *bytes, size_t n,
                         const struct symbol *symbol, wire_fill_fn each, void *ctx)
{
    int rc = walk_fills(dec, bytes, n, symbol, NULL, NULL);

    if (rc >= 0 && each != NULL)
        rc = walk_fills(dec, bytes, n, symbol, each, ctx);
    return decode_in_judge(dec, WIRE_REST, rc, bytes, n);
}

static int decode_account(struct scan *scan, struct binance_decoder *dec, struct wire_out *out,
                          int *can_trade, int *can_withdraw)
{
    struct scan_text key;
    uint64_t seen = 0;
    int rc;

    *can_trade = 0;
    *can_withdraw = 0;
    out->uid = 0;
    if (scan_object(scan) < 0)
        return scan->rc;
    while ((rc = scan_key(scan, &key)) > 0) {
        if (scan_is(&key, "balances"))
            TAKE(0, decode_in_balances(scan, dec, out, "asset", "free", "locked"));
        else if (scan_is(&key, "canTrade"))
            TAKE(1, scan_bool(scan, can_trade));
        else if (scan_is(&key, "canWithdraw"))
            TAKE(2, scan_bool(scan, can_withdraw));
        else if (scan_is(&key, "uid"))
            TAKE(3, scan_u64(scan, &out->uid));
        else if (scan_skip(scan) < 0)
            return scan->rc;
    }
    NEED(1);
    return scan_end(scan);
}

int binance_decode_account(struct binance_decoder *dec, const void *bytes, size_t n,
                           struct wire_out *out, int *can_trade, int *can_withdraw)
{
    struct scan scan;

    scan_init(&scan, bytes, n);
    return decode_in_judge(dec, WIRE_REST, decode_account(&scan, dec, out, can_trade, can_withdraw),
                           bytes, n);
}

static int decode_rights(struct scan *scan, int *can_withdraw)
{
    struct scan_text key;
    uint64_t seen = 0;
    int rc;

    *can_withdraw = 0;
    if (scan_object(scan) < 0)
        return scan->rc;
    while ((rc = scan_key(scan, &key)) > 0) {
        if (scan_is(&key, "enableWithdrawals"))
            TAKE(0, scan_bool(scan, can_withdraw));
        else if (scan_skip(scan) < 0)
            return scan->rc;
    }
    NEED(1);
    return scan_end(scan);
}

int binance_decode_rights(struct binance_decoder *dec, const void *bytes, size_t n,
                          int *can_withdraw)
{
    struct scan scan;

    scan_init(&scan, bytes, n);
    return decode_in_judge(dec, WIRE_REST, decode_rights(&scan, can_withdraw), bytes, n);
}

/* [open time, o, h, l, c, volume, close time, quote volume, trades, taker base, taker quote, ..] */
static int decode_row(struct scan *scan, struct binance_decoder *dec, const struct symbol *symbol,
                      struct agon_bar *bar, agon_ns_t *t_close)
{
    uint64_t count = 0;
    int rc = AGON_OK;
    int column;

    memset(bar, 0, sizeof(*bar));
    if (scan_array(scan) < 0)
        return scan->rc;
    for (column = 0; (rc = scan_item(scan)) > 0; column++) {
        switch (column) {
        case 0:
            rc = decode_in_time(scan, dec, &bar->t_open);
            break;
        case 1:
            rc = decode_in_px(scan, symbol, &bar->open_px);
            break;
        case 2:
            rc = decode_in_px(scan, symbol, &bar->high_px);
            break;
        case 3:
            rc = decode_in_px(scan, symbol, &bar->low_px);
            break;
        case 4:
            rc = decode_in_px(scan, symbol, &bar->close_px);
            break;
        case 5:
            rc = decode_in_shown(scan, dec, symbol, &bar->volume_qty);
            break;
        case 6:
            rc = decode_in_time(scan, dec, t_close);
            break;
        case 7:
            rc = decode_in_amount(scan, symbol->quote_exp, &bar->turnover_amt);
            break;
        case 8:
            rc = scan_u64(scan, &count);
            break;
        case 9:
            rc = decode_in_shown(scan, dec, symbol, &bar->taker_buy_qty);
            break;
        default:
            rc = scan_skip(scan);
            break;
        }
        if (rc < 0)
            return scan->rc;
    }
    if (rc < 0 || column < 10 || count > UINT32_MAX || bar->t_open == 0 ||
        bar->high_px < bar->low_px)
        return scan_fail(scan);
    bar->n_trades = (uint32_t)count;
    return AGON_OK;
}

static int walk_klines(struct binance_decoder *dec, const void *bytes, size_t n,
                       const struct symbol *symbol, uint32_t length_s, agon_ns_t t_now,
                       wire_bar_fn each, void *ctx)
{
    struct scan scan;
    int count = 0;
    int rc;

    scan_init(&scan, bytes, n);
    if (scan_array(&scan) < 0)
        return scan.rc;
    while ((rc = scan_item(&scan)) > 0) {
        struct agon_bar bar;
        agon_ns_t t_close = 0;

        if (decode_row(&scan, dec, symbol, &bar, &t_close) < 0)
            return scan.rc;
        if (t_close == 0 || t_close >= t_now)
            continue; // still growing
        bar.length_s = length_s;
        decode_in_stamp(&bar.hdr, AGON_EVENT_BAR, sizeof(bar), symbol, t_close);
        if (each != NULL)
            each(ctx, &bar);
        count++;
    }
    if (rc >= 0)
        rc = scan_end(&scan);
    return rc < 0 ? rc : count;
}

int binance_decode_klines(struct binance_decoder *dec, const void *bytes, size_t n,
                          const struct symbol *symbol, uint32_t length_s, agon_ns_t t_now,
                          wire_bar_fn each, void *ctx)
{
    uint64_t n_cut = dec->n_cut;
    int rc = walk_klines(dec, bytes, n, symbol, length_s, t_now, NULL, NULL);

    // The first walk looks only.
    if (rc >= 0 && each != NULL) {
        dec->n_cut = n_cut;
        rc = walk_klines(dec, bytes, n, symbol, length_s, t_now, each, ctx);
    }
    return decode_in_judge(dec, WIRE_REST, rc, bytes, n);
}

static int take_result(struct scan *scan, uint8_t *result)
{
    struct scan_text text;

    if (scan_string(scan, &text) < 0)
        return scan->rc;
    *result = 0;
    if (scan_is(&text, "SUCCESS"))
        *result = 1;
    else if (scan_is(&text, "FAILURE"))
        *result = 2;
    else if (scan_is(&text, "NOT_ATTEMPTED"))
        *result = 3;
    return *result != 0 ? AGON_OK : scan_fail(scan);
}

/* A half of a cancelReplace answer: an order, an error or null. */
static int take_half(struct scan *scan, struct binance_decoder *dec, struct wire_order *order,
                     int32_t *code, char *text, size_t room)
{
    struct scan_text slice;
    struct decode_look look;

    if (scan_null(scan))
        return AGON_OK;
    if (decode_in_look(scan, dec->symbols, &look) < 0)
        return scan_fail(scan);
    if (look.has_symbol)
        return decode_order(scan, dec, order, NULL, NULL);
    if (scan_slice(scan, &slice) < 0)
        return scan->rc;
    return binance_decode_error(slice.at, slice.n, code, text, room) < 0 ? scan_fail(scan)
                                                                         : AGON_OK;
}

static int decode_replace(struct scan *scan, struct binance_decoder *dec,
                          struct binance_replace *replace, int level)
{
    struct scan_text key;
    uint64_t seen = 0;
    int64_t code = 0;
    int rc;

    if (scan_object(scan) < 0)
        return scan->rc;
    while ((rc = scan_key(scan, &key)) > 0) {
        if (scan_is(&key, "cancelResult")) {
            TAKE(0, take_result(scan, &replace->cancel_result));
        } else if (scan_is(&key, "newOrderResult")) {
            TAKE(1, take_result(scan, &replace->new_result));
        } else if (scan_is(&key, "cancelResponse")) {
            TAKE(2, take_half(scan, dec, &replace->cancelled, &replace->cancel_code, replace->text,
                              sizeof(replace->text)));
        } else if (scan_is(&key, "newOrderResponse")) {
            TAKE(3, take_half(scan, dec, &replace->created, &replace->new_code, replace->text,
                              sizeof(replace->text)));
        } else if (scan_is(&key, "code") && level == 0) {
            TAKE(4, scan_i64(scan, &code));
        } else if (scan_is(&key, "msg") && level == 0 && replace->text[0] == 0) {
            TAKE(5, scan_copy(scan, replace->text, sizeof(replace->text)));
        } else if (scan_is(&key, "data") && level == 0) {
            TAKE(6, decode_replace(scan, dec, replace, 1));
        } else if (scan_skip(scan) < 0) {
            return scan->rc;
        }
    }
    if (rc < 0 || code < INT32_MIN || code > INT32_MAX)
        return scan_fail(scan);
    if (level == 0)
        replace->code = (int32_t)code;
    return AGON_OK;
}

int binance_decode_replace(struct binance_decoder *dec, const void *bytes, size_t n,
                           struct binance_replace *replace)
{
    struct scan scan;
    int rc;

    memset(replace, 0, sizeof(*replace));
    scan_init(&scan, bytes, n);
    rc = decode_replace(&scan, dec, replace, 0);
    if (rc >= 0)
        rc = scan_end(&scan);
    // Either an error of the whole request, or both halves are told.
    if (rc >= 0 && (replace->cancel_result == 0 || replace->new_result == 0) && replace->code == 0)
        rc = AGON_EINVAL;
    if (rc >= 0 && ((replace->cancel_result == 1 && replace->cancelled.symbol == NULL) ||
                    (replace->new_result == 1 && replace->created.symbol == NULL)))
        rc = AGON_EINVAL;
    return decode_in_judge(dec, WIRE_REST, rc, bytes, n);
}
