// SPDX-License-Identifier: Apache-2.0
/* account: orders, fills, balances and positions of an OKX account, as REST and the channel
 * "orders" tell them. */
#include <stdio.h>
#include <stdlib.h>

#include "venue/okx/core.h"

/* Enters the records of a good answer. */
static int enter(struct scan *scan, const void *bytes, size_t n, struct okx_answer *answer)
{
    int rc = okx_open_answer(bytes, n, answer);

    if (rc < 0 || answer->code != 0 || answer->data.n == 0)
        return rc < 0 ? rc : AGON_EINVAL;
    scan_init(scan, answer->data.at, answer->data.n);
    return scan_array(scan);
}

/* Orders ----------------------------------------------------------------------------------------
 */

static uint8_t state_of(const char *text)
{
    static const struct {
        const char *text;
        uint8_t state;
    } states[] = {{"live", AGON_ORDER_OPEN},
                  {"partially_filled", AGON_ORDER_PARTIAL},
                  {"filled", AGON_ORDER_FILLED},
                  {"canceled", AGON_ORDER_CANCELLED},
                  {"mmp_canceled", AGON_ORDER_CANCELLED}};

    for (size_t i = 0; i < COUNT(states); i++) {
        if (strcmp(states[i].text, text) == 0)
            return states[i].state;
    }
    return 0;
}

static void take_type(struct wire_order *order, const char *type)
{
    order->type = strcmp(type, "market") == 0 ? AGON_MARKET : AGON_LIMIT;
    order->is_post_only = strcmp(type, "post_only") == 0;
    order->tif = strcmp(type, "ioc") == 0   ? AGON_TIF_IOC
                 : strcmp(type, "fok") == 0 ? AGON_TIF_FOK
                                            : AGON_TIF_GTC;
}

/* A fee that was paid is below 0 there. */
static int take_fee(struct okx *okx, const char *text, const char *asset_name, agon_amt_t *fee_amt,
                    agon_asset_t *fee_asset)
{
    const struct symbol_asset *asset = symbols_asset(okx->symbols, asset_name, strlen(asset_name));

    *fee_asset = asset != NULL ? asset->asset : 0;
    *fee_amt = 0;
    if (text[0] == '\0')
        return AGON_OK;
    if (num_parse_qty(text, strlen(text), asset != NULL ? asset->exp : 8, fee_amt) < 0)
        return AGON_ERANGE;
    *fee_amt = -*fee_amt;
    return AGON_OK;
}

/* An order of an answer, or of a message; of a message fill and exec say what happened. */
static int take_order(struct okx *okx, struct scan *scan, struct wire_order *order)
{
    char instId[32], ordId[24], clOrdId[WIRE_CLIENT_ID], side[8], ordType[24], px[NUM_TEXT],
        sz[NUM_TEXT], accFillSz[NUM_TEXT], state[24], uTime[24], fillPx[NUM_TEXT], fillSz[NUM_TEXT],
        tradeId[24], execType[4], fillFee[NUM_TEXT * 2], fillFeeCcy[16], cancelSource[8],
        tgtCcy[12];
    const struct okx_text texts[] = {
        FIELD(instId),     FIELD(ordId),        FIELD(clOrdId), FIELD(side),     FIELD(ordType),
        FIELD(px),         FIELD(sz),           FIELD(state),   FIELD(uTime),    FIELD(fillPx),
        FIELD(fillSz),     FIELD(accFillSz),    FIELD(tradeId), FIELD(execType), FIELD(fillFee),
        FIELD(fillFeeCcy), FIELD(cancelSource), FIELD(tgtCcy)};
    const struct symbol *symbol;

    memset(order, 0, sizeof(*order));
    if (okx_read_texts(scan, texts, COUNT(texts)) < 0)
        return scan->rc;
    order->state = state_of(state);
    order->side = strcmp(side, "buy") == 0 ? AGON_BUY : strcmp(side, "sell") == 0 ? AGON_SELL : 0;
    take_type(order, ordType);
    memcpy(order->client_id, clOrdId, sizeof(clOrdId));
    snprintf(order->reason, sizeof(order->reason), "%s", cancelSource);
    if (okx_parse_u64(ordId, &order->venue_order) < 0 || order->venue_order == 0 ||
        order->state == 0 || order->side == 0 || okx_parse_ms(uTime, &order->t_venue) < 0)
        return scan_fail(scan);
    symbol = symbols_find(okx->symbols, instId, strlen(instId));
    if (symbol == NULL)
        return AGON_OK;
    // A market order of somebody else may be counted in the quote: ours never is.
    if (strcmp(tgtCcy, "quote_ccy") == 0 || strcmp(px, "-1") == 0)
        sz[0] = px[0] = '\0';
    if (okx_parse_px(px, symbol, &order->px) < 0 ||
        okx_parse_qty(okx, sz, symbol, &order->qty) < 0 ||
        okx_parse_qty(okx, accFillSz, symbol, &order->cum_qty) < 0 || order->px < 0 ||
        order->qty < 0 || order->cum_qty < 0 || (order->qty > 0 && order->cum_qty > order->qty))
        return scan_fail(scan);
    order->symbol = symbol;
    order->is_stp = strcmp(cancelSource, "32") == 0;
    order->exec = order->state == AGON_ORDER_CANCELLED ? WIRE_EXEC_CANCELED : WIRE_EXEC_NEW;
    // What is told of the last fill stays when nothing is filled any more: a number that was told
    // is not a fill again. One without its fee is asked for.
    if (order->state == AGON_ORDER_CANCELLED || tradeId[0] == '\0' || fillFee[0] == '\0')
        return AGON_OK;
    if (okx_parse_u64(tradeId, &order->fill) < 0 ||
        okx_parse_px(fillPx, symbol, &order->last_px) < 0 ||
        okx_parse_qty(okx, fillSz, symbol, &order->last_qty) < 0 ||
        take_fee(okx, fillFee, fillFeeCcy, &order->fee_amt, &order->fee_asset) < 0)
        return scan_fail(scan);
    if (order->last_qty <= 0 || order->last_px <= 0 || order->fill == 0)
        return AGON_OK;
    order->exec = WIRE_EXEC_TRADE;
    order->is_maker = strcmp(execType, "M") == 0;
    return AGON_OK;
}

static int walk_orders(struct okx *okx, const void *bytes, size_t n, wire_order_fn each, void *ctx)
{
    struct okx_answer answer;
    struct wire_order order;
    struct scan scan;
    int count = 0;
    int rc = enter(&scan, bytes, n, &answer);

    while (rc >= 0 && (rc = scan_item(&scan)) > 0) {
        rc = take_order(okx, &scan, &order);
        if (rc < 0)
            break;
        order.exec = 0; // it is as it is now
        count++;
        if (each != NULL)
            each(ctx, &order);
    }
    return rc < 0 ? rc : count;
}

int okx_read_orders(void *self, const void *bytes, size_t n, wire_order_fn each, void *ctx)
{
    struct okx *okx = self;
    int rc = walk_orders(okx, bytes, n, NULL, NULL);

    // A full page is not all of them: who is not on it would be taken for gone.
    if (rc >= OKX_PAGE && okx->request != NULL && okx->request->kind != REQ_RECENT)
        rc = AGON_ENOSPC;
    if (rc < 0)
        return okx_bad(okx, WIRE_REST, rc, n);
    return walk_orders(okx, bytes, n, each, ctx);
}

int okx_take_order(void *self, const void *bytes, size_t n, struct wire_order *order,
                   wire_fill_fn each_fill, void *ctx)
{
    struct okx *okx = self;
    struct okx_answer answer;
    char ordId[24];
    const struct okx_text texts[] = {FIELD(ordId)};
    struct scan scan;

    (void)each_fill; // its fills are told elsewhere
    (void)ctx;
    if (okx->request == NULL ||
        (okx->request->kind != REQ_NEW && okx->request->kind != REQ_CANCEL)) {
        memset(order, 0, sizeof(*order));
        if (okx_read_orders(self, bytes, n, wire_keep_first, order) < 0)
            return AGON_EINVAL;
        return order->venue_order != 0 ? AGON_OK : AGON_ENOENT;
    }
    venue_as_asked(okx->client, okx->request,
                   order); // that it was taken; the stream tells what becomes of it
    if (okx->request->kind == REQ_CANCEL)
        return AGON_OK;
    return enter(&scan, bytes, n, &answer) < 0 || scan_item(&scan) <= 0 ||
                   okx_read_texts(&scan, texts, COUNT(texts)) < 0 ||
                   okx_parse_u64(ordId, &order->venue_order) < 0 || order->venue_order == 0
               ? AGON_EINVAL
               : AGON_OK;
}

int okx_take_replace(void *self, const struct gateway_request *request,
                     const struct http_message *reply, int64_t now)
{
    struct okx *okx = self;
    const struct outbox_entry *entry = request->entry;
    struct okx_answer answer;
    struct wire_order order;

    (void)now;
    if (okx_open_answer(reply->body, reply->body_n, &answer) < 0 || answer.code != 0)
        return 0;
    venue_as_asked(okx->client, request, &order);
    venue_show(okx->client, &order, entry->order_id, 0, AGON_ORDER_OPEN,
               num_add(entry->base_qty, entry->cum_qty), SEEN_REPLY);
    return 1;
}

/* Fills -----------------------------------------------------------------------------------------
 */

static int take_fill(struct okx *okx, struct scan *scan, const struct symbol *symbol,
                     struct wire_fill *fill, char billId[24], int *is_of_it)
{
    char instId[32], tradeId[24], ordId[24], fillPx[NUM_TEXT], fillSz[NUM_TEXT], side[8],
        execType[4], feeCcy[16], fee[NUM_TEXT * 2], ts[24];
    const struct okx_text texts[] = {FIELD(instId),
                                     FIELD(tradeId),
                                     FIELD(ordId),
                                     FIELD(fillPx),
                                     FIELD(fillSz),
                                     FIELD(side),
                                     FIELD(execType),
                                     FIELD(feeCcy),
                                     FIELD(fee),
                                     FIELD(ts),
                                     {"billId", billId, 24, 0}};

    memset(fill, 0, sizeof(*fill));
    if (okx_read_texts(scan, texts, COUNT(texts)) < 0)
        return scan->rc;
    *is_of_it = strcmp(instId, symbol->name) == 0;
    if (!*is_of_it)
        return AGON_OK;
    if (okx_parse_u64(tradeId, &fill->fill) < 0 || okx_parse_u64(ordId, &fill->venue_order) < 0 ||
        okx_parse_px(fillPx, symbol, &fill->px) < 0 ||
        okx_parse_qty(okx, fillSz, symbol, &fill->qty) < 0 ||
        take_fee(okx, fee, feeCcy, &fill->fee_amt, &fill->fee_asset) < 0 ||
        okx_parse_ms(ts, &fill->t_venue) < 0 || fill->fill == 0 || fill->venue_order == 0 ||
        fill->px <= 0 || fill->qty <= 0)
        return scan_fail(scan);
    fill->is_buyer = strcmp(side, "buy") == 0;
    fill->is_maker = strcmp(execType, "M") == 0;
    return AGON_OK;
}

/* A page, newest first; *n: how many it has. */
static int walk_fills(struct okx *okx, const void *bytes, size_t n_bytes,
                      const struct symbol *symbol, struct fill_pages *fills, uint32_t *n)
{
    struct okx_answer answer;
    struct scan scan;
    int rc = enter(&scan, bytes, n_bytes, &answer);

    *n = 0;
    while (rc >= 0 && (rc = scan_item(&scan)) > 0) {
        struct wire_fill fill;
        int is_of_it = 0;

        rc = take_fill(okx, &scan, symbol, &fill, fills->after, &is_of_it);
        if (rc < 0)
            break;
        ++*n;
        if (is_of_it && fill_pages_add(fills, &fill) < 0)
            return AGON_ENOSPC;
    }
    return rc;
}

int okx_read_fills(void *self, const void *bytes, size_t n, const struct symbol *symbol,
                   wire_fill_fn each, void *ctx)
{
    struct okx *okx = self;
    struct fill_pages *fills = &okx->fills[symbol - okx->symbols->all];
    uint32_t n_page = 0;
    int rc = walk_fills(okx, bytes, n, symbol, fills, &n_page);

    if (rc < 0) {
        fill_pages_drop(fills);
        return okx_bad(okx, WIRE_REST, rc, n);
    }
    if (fill_pages_is_more(fills, n_page, OKX_PAGE))
        return AGON_EAGAIN;
    return fill_pages_tell(fills, each, ctx);
}

/* Money -----------------------------------------------------------------------------------------
 */

static int take_balances(struct okx *okx, struct scan *scan, struct wire_out *out)
{
    int rc;

    if (scan_array(scan) < 0)
        return scan->rc;
    while ((rc = scan_item(scan)) > 0) {
        char ccy[16], cashBal[NUM_TEXT * 2], frozenBal[NUM_TEXT * 2];
        const struct okx_text texts[] = {FIELD(ccy), FIELD(cashBal), FIELD(frozenBal)};
        const struct symbol_asset *asset;
        int64_t total = 0;
        int64_t held = 0;
        int64_t free = 0;

        if (okx_read_texts(scan, texts, COUNT(texts)) < 0)
            return scan->rc;
        asset = symbols_asset(okx->symbols, ccy, strlen(ccy));
        if (asset == NULL)
            continue;
        if (out->n_balances == SYMBOLS_ASSETS_MAX || cashBal[0] == '\0')
            return scan_fail(scan);
        // It counts in more digits than anybody can move: what is beyond ours is not ours to use.
        rc = num_parse_qty(cashBal, strlen(cashBal), asset->exp, &total);
        if (rc >= 0 && frozenBal[0] != '\0')
            rc = num_parse_qty(frozenBal, strlen(frozenBal), asset->exp, &held);
        // Of swaps it is margin: the wallet has all of it.
        if (okx->is_swap)
            held = 0;
        if (rc < 0 || !num_add_checked(total, -held, &free))
            return scan_fail(scan);
        out->balances[out->n_balances++] =
            (struct wire_balance){.asset = asset, .free_amt = free, .held_amt = held};
    }
    return rc;
}

int okx_read_account(void *self, const void *bytes, size_t n, struct wire_out *out)
{
    struct okx *okx = self;
    struct okx_answer answer;
    struct scan_text key;
    struct scan scan;
    int rc = enter(&scan, bytes, n, &answer);

    out->uid = okx->uid;
    out->n_balances = 0;
    if (rc >= 0)
        rc = scan_item(&scan) > 0 ? scan_object(&scan) : AGON_EINVAL;
    while (rc >= 0 && (rc = scan_key(&scan, &key)) > 0)
        rc = scan_is(&key, "details") ? take_balances(okx, &scan, out) : scan_skip(&scan);
    return rc < 0 ? okx_bad(okx, WIRE_BALANCE, rc, n) : AGON_OK;
}

int okx_read_positions(void *self, const void *bytes, size_t n, struct wire_out *out)
{
    struct okx *okx = self;
    struct okx_answer answer;
    struct scan scan;
    int rc = enter(&scan, bytes, n, &answer);

    out->n_places = 0;
    for (uint32_t i = 0; i < okx->symbols->n; i++) // where none is listed there is none
        out->places[out->n_places++] = (struct wire_position){.symbol = &okx->symbols->all[i]};
    while (rc >= 0 && (rc = scan_item(&scan)) > 0) {
        char instId[32], posSide[8], pos[NUM_TEXT], avgPx[NUM_TEXT * 2];
        const struct okx_text texts[] = {FIELD(instId), FIELD(posSide), FIELD(pos), FIELD(avgPx)};
        const struct symbol *symbol;
        struct wire_position *place;

        rc = okx_read_texts(&scan, texts, COUNT(texts));
        symbol = rc < 0 ? NULL : symbols_find(okx->symbols, instId, strlen(instId));
        if (symbol == NULL)
            continue;
        place = &out->places[symbol - okx->symbols->all];
        if (strcmp(posSide, "net") != 0)
            rc = AGON_EINVAL; // it has two sides: that is not what orders of ours are for
        else
            rc = okx_parse_qty(okx, pos, symbol, &place->qty);
        if (rc >= 0 && avgPx[0] != '\0')
            rc = num_parse_qty(avgPx, strlen(avgPx), symbol->px_exp, &place->entry_px);
    }
    return rc < 0 ? okx_bad(okx, WIRE_POSITION, rc, n) : AGON_OK;
}

int okx_read_rights(void *self, const void *bytes, size_t n, int *can_withdraw)
{
    struct okx *okx = self;
    char uid[24], perm[96], posMode[24];
    const struct okx_text texts[] = {FIELD(uid), FIELD(perm), FIELD(posMode)};
    struct okx_answer answer;
    struct scan scan;
    int rc = enter(&scan, bytes, n, &answer);

    if (rc >= 0)
        rc = scan_item(&scan) > 0 ? okx_read_texts(&scan, texts, COUNT(texts)) : AGON_EINVAL;
    if (rc < 0 || perm[0] == '\0' || okx_parse_u64(uid, &okx->uid) < 0)
        return AGON_EINVAL;
    *can_withdraw = strstr(perm, "withdraw") != NULL;
    okx->is_net = strcmp(posMode, "net_mode") == 0;
    if (okx->is_swap && !okx->is_net)
        gateway_log(okx->gateway, 3, "mode",
                    "%s: positions of this account have two sides (%s): no orders are taken until "
                    "its mode is net",
                    okx->gateway->config.name, posMode);
    return AGON_OK;
}

/* User data -------------------------------------------------------------------------------------
 */

void okx_subscribe_user(struct okx *okx, struct link *link)
{
    struct venue_feed *feed = venue_feed(okx->client, link);
    char text[128];
    int n =
        snprintf(text, sizeof(text),
                 "{\"op\":\"subscribe\",\"args\":[{\"channel\":\"orders\",\"instType\":\"%s\"}]}",
                 okx->is_swap ? "SWAP" : "SPOT");

    feed->is_asked = OKX_USER_LOGGED_IN;
    if (gateway_send(okx->gateway, link, text, (size_t)n) < 0)
        return; // not within the least gap of two messages: okx_keep_user asks again
    feed->is_asked = OKX_USER_SUBSCRIBED;
    feed->asked_ns = gateway_now(okx->gateway);
}

/* Refused: a login, a subscription, or something that the error does not name. Where orders are
 * under way it may be one of them: with the connection all of them are asked for. */
static void on_error(struct okx *okx, struct link *link, const struct okx_envelope *from)
{
    enum answer answer = okx_judge_code(200, atoi(from->code));
    char why[128];

    if (answer == ANSWER_AUTH) // the key, its phrase, its signature
        venue_halt_auth(okx->client, atoi(from->code), from->text);
    else if (answer == ANSWER_CLOCK)
        clock_offset_refused(&okx->gateway->clock);
    snprintf(why, sizeof(why), "%s: %.10s %.60s",
             venue_feed(okx->client, link)->is_up ? "an error that names no request"
                                                  : "login or subscription was refused",
             from->code, from->text);
    gateway_drop(okx->gateway, link, why);
}

static void on_event(struct okx *okx, struct link *link, const struct okx_envelope *from)
{
    if (strcmp(from->event, "login") == 0 && strcmp(from->code, "0") == 0) {
        okx_subscribe_user(okx, link);
    } else if (strcmp(from->event, "subscribe") == 0 && strcmp(from->channel, "orders") == 0) {
        venue_user_up(okx->client, link);
    } else if (strcmp(from->event, "error") == 0) {
        on_error(okx, link, from);
    } else if (strcmp(from->event, "notice") == 0) {
        link->is_retiring = 1; // its end is announced
    }
}

/* Does it answer what was said there? */
static int on_said(struct okx *okx, struct link *link, const struct okx_envelope *from,
                   const void *bytes, size_t n)
{
    uint64_t id = 0;

    if (okx_parse_u64(from->id, &id) < 0 || !venue_said(okx->client, link, id, bytes, n))
        return 0;
    // Nothing was done: who it is is told anew, with the connection.
    if (strcmp(from->code, "60011") == 0)
        gateway_drop(okx->gateway, link, "its login is not known any more");
    return 1;
}

void okx_on_user(void *self, struct link *link, const void *bytes, size_t n)
{
    struct okx *okx = self;
    struct okx_envelope from;
    struct scan scan;
    int rc = okx_look(bytes, n, &from);

    if (rc >= 0 && on_said(okx, link, &from, bytes, n))
        return;
    if (rc >= 0 && from.event[0] != '\0') {
        on_event(okx, link, &from);
        return;
    }
    if (rc >= 0 && (strcmp(from.channel, "orders") != 0 || from.data.n == 0))
        return;
    if (rc >= 0) {
        scan_init(&scan, from.data.at, from.data.n);
        rc = scan_array(&scan);
    }
    // An order's events follow one another: the first that cannot be read ends what is believed,
    // and a round of reading finds the rest.
    while (rc >= 0 && (rc = scan_item(&scan)) > 0) {
        rc = take_order(okx, &scan, &okx->client->out.order);
        if (rc >= 0 && okx->client->out.order.symbol != NULL)
            venue_on_report(okx->client);
    }
    if (rc < 0) {
        okx_bad(okx, WIRE_ORDER, rc, n);
        venue_user_bad(okx->client);
    }
}
