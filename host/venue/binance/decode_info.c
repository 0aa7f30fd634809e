// SPDX-License-Identifier: Apache-2.0
/* exchangeInfo: what may be ordered, and how often. */
#include "venue/binance/decode_in.h"

static int take_exact(struct scan *scan, int64_t *value, int *exp)
{
    struct scan_text text;

    if (scan_number(scan, &text) < 0)
        return scan->rc;
    if (text.is_raw || num_parse_exp(text.at, text.n, value, exp) < 0 || *value < 0)
        return scan_fail(scan);
    return AGON_OK;
}

// A share of a price, such as "0.2" or "1.0500".
static int take_ppm(struct scan *scan, uint32_t *ppm)
{
    int64_t value;
    int exp;

    if (take_exact(scan, &value, &exp) < 0)
        return scan->rc;
    value = num_rescale(value, exp, 6, NUM_EVEN);
    if (value > UINT32_MAX)
        return scan_fail(scan);
    *ppm = (uint32_t)value;
    return AGON_OK;
}

static int take_u32(struct scan *scan, uint32_t *value)
{
    uint64_t wide;

    if (scan_u64(scan, &wide) < 0)
        return scan->rc;
    if (wide > UINT32_MAX)
        return scan_fail(scan);
    *value = (uint32_t)wide;
    return AGON_OK;
}

static int take_flag(struct scan *scan, uint8_t *flag)
{
    int is_set;

    if (scan_bool(scan, &is_set) < 0)
        return scan->rc;
    *flag = (uint8_t)is_set;
    return AGON_OK;
}

/* What a filter of this type says by this key of the rules that are of no record. AGON_ENOENT:
 * nothing. */
static int decode_rule(struct scan *scan, const char *type, const struct scan_text *key,
                       struct wire_info *info, uint64_t *seen_at)
{
    struct rules *rules = &info->rules;
    uint64_t seen = *seen_at;
    int rc = AGON_OK;

    if (strcmp(type, "NOTIONAL") == 0 || strcmp(type, "MIN_NOTIONAL") == 0) {
        if (scan_is(key, "maxNotional"))
            TAKE(2, take_exact(scan, &info->max_notional, &info->max_notional_exp));
        else if (scan_is(key, "applyMinToMarket") || scan_is(key, "applyToMarket"))
            TAKE(3, take_flag(scan, &rules->is_least_market));
        else if (scan_is(key, "applyMaxToMarket"))
            TAKE(4, take_flag(scan, &rules->is_most_market));
        else
            rc = AGON_ENOENT;
    } else if (strcmp(type, "PERCENT_PRICE") == 0) {
        info->has_band = 1;
        if (scan_is(key, "multiplierUp"))
            TAKE(1, take_ppm(scan, &rules->up_ppm[AGON_BUY]));
        else if (scan_is(key, "multiplierDown"))
            TAKE(2, take_ppm(scan, &rules->down_ppm[AGON_SELL]));
        else if (scan_is(key, "avgPriceMins"))
            TAKE(3, take_u32(scan, &rules->band_minutes));
        else
            rc = AGON_ENOENT;
    } else if (strcmp(type, "PERCENT_PRICE_BY_SIDE") == 0) {
        info->has_band = 2;
        if (scan_is(key, "bidMultiplierUp"))
            TAKE(1, take_ppm(scan, &rules->up_ppm[AGON_BUY]));
        else if (scan_is(key, "bidMultiplierDown"))
            TAKE(2, take_ppm(scan, &rules->down_ppm[AGON_BUY]));
        else if (scan_is(key, "askMultiplierUp"))
            TAKE(3, take_ppm(scan, &rules->up_ppm[AGON_SELL]));
        else if (scan_is(key, "askMultiplierDown"))
            TAKE(4, take_ppm(scan, &rules->down_ppm[AGON_SELL]));
        else if (scan_is(key, "avgPriceMins"))
            TAKE(5, take_u32(scan, &rules->band_minutes));
        else
            rc = AGON_ENOENT;
    } else if (strcmp(type, "MAX_NUM_ORDERS") == 0 &&
               (scan_is(key, "maxNumOrders") || scan_is(key, "limit"))) {
        TAKE(1, take_u32(scan, &rules->max_orders));
    } else if (strcmp(type, "MAX_NUM_ALGO_ORDERS") == 0 &&
               (scan_is(key, "maxNumAlgoOrders") || scan_is(key, "limit"))) {
        TAKE(1, take_u32(scan, &rules->max_stops));
    } else {
        rc = AGON_ENOENT;
    }
    *seen_at = seen;
    return rc;
}

static int decode_filter(struct scan *scan, struct wire_info *info)
{
    struct scan_text key;
    const char *here = scan->at;
    char type[32] = "";
    int rc;

    // The type decides what the other keys mean and need not come first: two passes.
    for (int pass = 0; pass < 2; pass++) {
        uint64_t seen = 0;

        if (pass == 1) {
            scan->at = here;
            scan->is_first = 0;
        }
        if (scan_object(scan) < 0)
            return scan->rc;
        while ((rc = scan_key(scan, &key)) > 0) {
            if (pass == 0 && scan_is(&key, "filterType"))
                TAKE(0, scan_copy(scan, type, sizeof(type)));
            else if (pass == 1 && strcmp(type, "PRICE_FILTER") == 0 && scan_is(&key, "tickSize"))
                TAKE(1, take_exact(scan, &info->tick, &info->tick_exp));
            else if (pass == 1 && strcmp(type, "PRICE_FILTER") == 0 && scan_is(&key, "minPrice"))
                TAKE(2, take_exact(scan, &info->min_px, &info->min_px_exp));
            else if (pass == 1 && strcmp(type, "PRICE_FILTER") == 0 && scan_is(&key, "maxPrice"))
                TAKE(3, take_exact(scan, &info->max_px, &info->max_px_exp));
            else if (pass == 1 && strcmp(type, "LOT_SIZE") == 0 && scan_is(&key, "stepSize"))
                TAKE(1, take_exact(scan, &info->lot, &info->lot_exp));
            else if (pass == 1 && strcmp(type, "LOT_SIZE") == 0 && scan_is(&key, "minQty"))
                TAKE(2, take_exact(scan, &info->min_qty, &info->min_qty_exp));
            else if (pass == 1 && strcmp(type, "LOT_SIZE") == 0 && scan_is(&key, "maxQty"))
                TAKE(3, take_exact(scan, &info->max_qty, &info->max_qty_exp));
            else if (pass == 1 && strcmp(type, "MARKET_LOT_SIZE") == 0 && scan_is(&key, "maxQty"))
                TAKE(1, take_exact(scan, &info->market_max_qty, &info->market_max_qty_exp));
            else if (pass == 1 &&
                     (strcmp(type, "NOTIONAL") == 0 || strcmp(type, "MIN_NOTIONAL") == 0) &&
                     (scan_is(&key, "minNotional") || scan_is(&key, "notional")))
                TAKE(1, take_exact(scan, &info->min_notional, &info->min_notional_exp));
            else if (pass == 1 &&
                     (rc = decode_rule(scan, type, &key, info, &seen)) != AGON_ENOENT) {
                if (rc < 0)
                    return rc;
            } else if (scan_skip(scan) < 0)
                return scan->rc;
        }
        if (rc < 0)
            return rc;
    }
    return AGON_OK;
}

static int decode_symbol(struct scan *scan, struct wire_info *info)
{
    struct scan_text key;
    struct scan_text text;
    uint64_t seen = 0;
    int flag = 0;
    int rc;

    memset(info, 0, sizeof(*info));
    if (scan_object(scan) < 0)
        return scan->rc;
    while ((rc = scan_key(scan, &key)) > 0) {
        if (scan_is(&key, "symbol")) {
            TAKE(0, scan_copy(scan, info->symbol, sizeof(info->symbol)));
        } else if (scan_is(&key, "status") || scan_is(&key, "contractStatus")) {
            TAKE(1, scan_string(scan, &text));
            // HALT, BREAK, END_OF_DAY and what may come: not open.
            info->state = scan_is(&text, "TRADING") ? TRADING_OPEN : TRADING_HALTED;
        } else if (scan_is(&key, "baseAsset")) {
            TAKE(2, scan_copy(scan, info->base, sizeof(info->base)));
        } else if (scan_is(&key, "quoteAsset")) {
            TAKE(3, scan_copy(scan, info->quote, sizeof(info->quote)));
        } else if (scan_is(&key, "isSpotTradingAllowed")) {
            TAKE(4, scan_bool(scan, &flag));
            info->is_tradable = (uint8_t)flag;
        } else if (scan_is(&key, "contractType")) {
            TAKE(4, scan_string(scan, &text));
            info->is_tradable = (uint8_t)scan_is(&text, "PERPETUAL");
            info->is_contract = 1;
        } else if (scan_is(&key, "cancelReplaceAllowed")) {
            TAKE(5, scan_bool(scan, &flag));
            info->can_cancel_replace = (uint8_t)flag;
        } else if (scan_is(&key, "filters")) {
            if (scan_once(scan, &seen, 6) < 0 || scan_array(scan) < 0)
                return scan->rc;
            while ((rc = scan_item(scan)) > 0) {
                if (scan_peek(scan) != '{' || decode_filter(scan, info) < 0)
                    return scan_fail(scan);
            }
            if (rc < 0)
                return rc;
        } else if (scan_skip(scan) < 0) {
            return scan->rc;
        }
    }
    NEED(0xf);
    return AGON_OK;
}

static int decode_limit(struct scan *scan, struct wire_limit *limit)
{
    struct scan_text key;
    struct scan_text text;
    uint64_t seen = 0;
    uint64_t count = 1;
    uint64_t value = 0;
    uint32_t unit = 0;
    int rc;

    memset(limit, 0, sizeof(*limit));
    if (scan_object(scan) < 0)
        return scan->rc;
    while ((rc = scan_key(scan, &key)) > 0) {
        if (scan_is(&key, "rateLimitType")) {
            TAKE(0, scan_copy(scan, limit->type, sizeof(limit->type)));
        } else if (scan_is(&key, "interval")) {
            TAKE(1, scan_string(scan, &text));
            unit = scan_is(&text, "SECOND")   ? 1
                   : scan_is(&text, "MINUTE") ? 60
                   : scan_is(&text, "HOUR")   ? 3600
                   : scan_is(&text, "DAY")    ? 86400
                                              : 0;
        } else if (scan_is(&key, "intervalNum")) {
            TAKE(2, scan_u64(scan, &count));
        } else if (scan_is(&key, "limit")) {
            TAKE(3, scan_u64(scan, &value));
        } else if (scan_skip(scan) < 0) {
            return scan->rc;
        }
    }
    if (rc < 0 || value > UINT32_MAX || count > 366)
        return scan_fail(scan);
    limit->interval_s = unit * (uint32_t)count;
    limit->limit = (uint32_t)value;
    return AGON_OK;
}

static int walk_info(const void *bytes, size_t n, wire_limit_fn each_limit, wire_info_fn each,
                     void *ctx)
{
    struct scan reader;
    struct scan *scan = &reader;
    struct scan_text key;
    uint64_t seen = 0;
    int count = 0;
    int rc;

    scan_init(scan, bytes, n);
    if (scan_object(scan) < 0)
        return scan->rc;
    while ((rc = scan_key(scan, &key)) > 0) {
        if (scan_is(&key, "rateLimits")) {
            struct wire_limit limit;

            if (scan_once(scan, &seen, 0) < 0 || scan_array(scan) < 0)
                return scan->rc;
            while ((rc = scan_item(scan)) > 0) {
                if (decode_limit(scan, &limit) < 0)
                    return scan->rc;
                // The reference shows empty objects here.
                if (each_limit != NULL && limit.interval_s != 0 && limit.limit != 0)
                    each_limit(ctx, &limit);
            }
            if (rc < 0)
                return rc;
        } else if (scan_is(&key, "symbols")) {
            struct wire_info info;

            if (scan_once(scan, &seen, 1) < 0 || scan_array(scan) < 0)
                return scan->rc;
            while ((rc = scan_item(scan)) > 0) {
                if (decode_symbol(scan, &info) < 0)
                    return scan->rc;
                if (each != NULL)
                    each(ctx, &info);
                count++;
            }
            if (rc < 0)
                return rc;
        } else if (scan_skip(scan) < 0) {
            return scan->rc;
        }
    }
    NEED(BIT(1));
    rc = scan_end(scan);
    return rc < 0 ? rc : count;
}

int binance_decode_exchange_info(const void *bytes, size_t n, wire_limit_fn each_limit,
                                 wire_info_fn each, void *ctx)
{
    int rc = walk_info(bytes, n, NULL, NULL, NULL);

    return rc < 0 ? rc : walk_info(bytes, n, each_limit, each, ctx);
}

void binance_fit_rules(const struct wire_info *info, int quote_exp,
                       const struct agon_instrument *record, struct rules *rules)
{
    *rules = info->rules;
    rules->market = info->is_contract ? RULES_UM : RULES_SPOT;
    // What says it of no side says it of both, on perpetuals of the one where it would hurt.
    if (info->has_band == 1 && rules->market == RULES_SPOT) {
        rules->up_ppm[AGON_SELL] = rules->up_ppm[AGON_BUY];
        rules->down_ppm[AGON_BUY] = rules->down_ppm[AGON_SELL];
    }
    // Its filter of perpetuals has no word on orders at market, and they are held to it.
    if (rules->market == RULES_UM)
        rules->is_least_market = 1;
    rules->market_max_qty =
        num_rescale(info->market_max_qty, info->market_max_qty_exp, record->qty_exp, NUM_ZERO);
    rules->max_notional_amt =
        num_rescale(info->max_notional, info->max_notional_exp, quote_exp, NUM_ZERO);
}
