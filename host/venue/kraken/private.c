// SPDX-License-Identifier: Apache-2.0
/* private: what of an account is read and asked by REST: orders, fills, balances, and the token of
 * the private socket. The venue's numbers of orders are texts; elsewhere an order has a number, by
 * which its text is found again. */
#include <stdio.h>
#include <stdlib.h>

#include "venue/kraken/core.h"

#define PAGE 50 /* trades in an answer */

/* Numbers of orders -----------------------------------------------------------------------------
 */

/* "XBTUSD", or "XXBTZUSD" as older answers have it. NULL: not ours. */
static const struct symbol *find_pair(const struct kraken *kraken, const char *pair)
{
    char plain[40];
    char own[40];

    snprintf(plain, sizeof(plain), "%s", pair);
    if (strlen(pair) == 8 && (pair[0] == 'X' || pair[0] == 'Z') &&
        (pair[4] == 'X' || pair[4] == 'Z'))
        snprintf(plain, sizeof(plain), "%.3s%s", pair + 1, pair + 5);
    for (uint32_t i = 0; i < kraken->symbols->n; i++) {
        kraken_pair(kraken->symbols->all[i].name, own, sizeof(own));
        if (strcmp(own, plain) == 0 || strcmp(own, pair) == 0)
            return &kraken->symbols->all[i];
    }
    return NULL;
}

/* "ZUSD" and "XXBT", "USDT"; "BTC" as the socket has it. NULL: not ours. */
static const struct symbol_asset *find_asset(const struct kraken *kraken,
                                             const struct scan_text *at)
{
    const struct symbol_asset *asset = symbols_asset(kraken->symbols, at->at, at->n);
    const char *from = at->at;
    size_t n = at->n;

    if (asset == NULL && n == 4 && (from[0] == 'X' || from[0] == 'Z')) {
        from++;
        n--;
        asset = symbols_asset(kraken->symbols, from, n);
    }
    if (asset == NULL && n == 3 && memcmp(from, "XBT", 3) == 0)
        asset = symbols_asset(kraken->symbols, "BTC", 3);
    if (asset == NULL && n == 3 && memcmp(from, "XDG", 3) == 0)
        asset = symbols_asset(kraken->symbols, "DOGE", 4);
    return asset;
}

/* Orders ----------------------------------------------------------------------------------------
 */

const struct field_word kraken_sides[] = {
    {"buy", AGON_BUY}, {"sell", AGON_SELL}, {NULL, FIELD_REFUSED}};

struct entry { /* an order as it is read; numbers are text till its instrument is known */
    struct wire_order order;
    char pair[40], px[NUM_TEXT], price2[NUM_TEXT], qty[NUM_TEXT], cum[NUM_TEXT], flags[64];
    agon_ns_t t_open, t_close;
};

static const struct field_word entry_types[] = {{"limit", AGON_LIMIT},
                                                {"market", AGON_MARKET},
                                                {"stop-loss", AGON_STOP},
                                                {"stop-loss-limit", AGON_STOP_LIMIT},
                                                {NULL, 0}};
static const struct field_word entry_states[] = {
    {"pending", AGON_ORDER_PENDING}, {"open", AGON_ORDER_OPEN},
    {"closed", AGON_ORDER_FILLED},   {"canceled", AGON_ORDER_CANCELLED},
    {"expired", AGON_ORDER_EXPIRED}, {NULL, FIELD_REFUSED}};
static const struct field entry_descr[] = {
    {"pair", FIELD_TEXT, FIELD_AT(struct entry, pair), FIELD_MUST},
    {"type", FIELD_WORD, FIELD_AT(struct entry, order.side), FIELD_MUST, .words = kraken_sides},
    {"ordertype", FIELD_WORD, FIELD_AT(struct entry, order.type), FIELD_MUST, .words = entry_types},
    {"price", FIELD_TEXT, FIELD_AT(struct entry, px), FIELD_MUST},
    {"price2", FIELD_TEXT, FIELD_AT(struct entry, price2)},
    {NULL}};
static const struct field entry_fields[] = {
    {"status", FIELD_WORD, FIELD_AT(struct entry, order.state), FIELD_MUST, .words = entry_states},
    {"descr", FIELD_OBJECT, .need = FIELD_MUST, .inner = entry_descr},
    {"vol", FIELD_TEXT, FIELD_AT(struct entry, qty), FIELD_MUST},
    {"vol_exec", FIELD_TEXT, FIELD_AT(struct entry, cum), FIELD_MUST},
    {"opentm", FIELD_SECONDS, FIELD_AT(struct entry, t_open)},
    {"closetm", FIELD_SECONDS, FIELD_AT(struct entry, t_close)},
    {"cl_ord_id", FIELD_TEXT, FIELD_AT(struct entry, order.client_id), FIELD_IF_TEXT},
    {"reason", FIELD_TEXT, FIELD_AT(struct entry, order.reason), FIELD_IF_TEXT},
    {"oflags", FIELD_TEXT, FIELD_AT(struct entry, flags)},
    {NULL}};

/* The numbers, at the exponents of what they are of. */
static int finish_order(struct kraken *kraken, struct entry *entry)
{
    struct wire_order *order = &entry->order;
    const struct symbol *symbol = find_pair(kraken, entry->pair);
    // The second price is the limit of an order that has a trigger.
    const char *px = order->type == AGON_STOP_LIMIT ? entry->price2 : entry->px;

    order->symbol = symbol;
    if (symbol == NULL)
        return AGON_OK;
    if (num_parse(entry->qty, strlen(entry->qty), symbol->qty_exp, &order->qty) < 0 ||
        num_parse(entry->cum, strlen(entry->cum), symbol->qty_exp, &order->cum_qty) < 0 ||
        order->qty < 0 || order->cum_qty < 0 || order->cum_qty > order->qty)
        return AGON_ERANGE;
    if (order_type_has_px(order->type) &&
        (num_parse(px, strlen(px), symbol->px_exp, &order->px) < 0 || order->px < 0))
        return AGON_ERANGE;
    if (order->state == AGON_ORDER_OPEN && order->cum_qty > 0)
        order->state = AGON_ORDER_PARTIAL;
    // "closed" is said of all that a market order could get, too.
    if (order->state == AGON_ORDER_FILLED && order->cum_qty < order->qty)
        order->state = AGON_ORDER_CANCELLED;
    return AGON_OK;
}

struct orders {
    struct fields_listing listing;
    struct kraken *kraken;
    wire_order_fn each;
    void *ctx;
};

/* One entry of OpenOrders, ClosedOrders or QueryOrders; its text is the key that it stands under.
 */
static int take_order(void *ctx, struct scan *scan, const struct scan_text *key)
{
    struct orders *orders = ctx;
    struct entry entry = {0};
    char txid[KRAKEN_TXID];
    struct order_text *known;

    if (key->n >= sizeof(txid) || key->is_raw)
        return scan_fail(scan);
    memcpy(txid, key->at, key->n);
    txid[key->n] = '\0';
    if (fields_read(scan, entry_fields, &entry) < 0)
        return scan->rc;
    entry.order.is_post_only = strstr(entry.flags, "post") != NULL;
    entry.order.t_venue = entry.t_close != 0 ? entry.t_close : entry.t_open;
    known = order_texts_learn(&orders->kraken->texts, txid);
    if (known == NULL || finish_order(orders->kraken, &entry) < 0)
        return scan_fail(scan);
    order_texts_keep(known, &entry.order);
    known->cum_qty = entry.order.cum_qty;
    if (orders->listing.is_told && orders->each != NULL)
        orders->each(orders->ctx, &entry.order);
    return 1;
}

int kraken_read_orders(void *self, const void *bytes, size_t n, wire_order_fn each, void *ctx)
{
    static const char *const names[] = {"open", "closed", NULL};
    struct kraken *kraken = self;
    struct orders orders = {.kraken = kraken, .each = each, .ctx = ctx};
    struct scan_text result;
    int rc = kraken_result(bytes, n, &result);

    // Without such a list its entries are orders.
    if (rc >= 0)
        rc = fields_find(&result, names, &result);
    if (rc >= 0)
        rc = fields_list(&result, FIELDS_OF_OBJECT, take_order, &orders.listing);
    return rc < 0 ? kraken_bad(kraken, WIRE_REST, rc, n) : rc;
}

int kraken_is_nowhere(const struct http_message *reply)
{
    static const char *const names[] = {"closed", NULL};
    struct scan scan;
    struct scan_text key;
    struct scan_text result;

    if (kraken_result(reply->body, reply->body_n, &result) < 0 ||
        fields_find(&result, names, &result) != 1)
        return 0;
    scan_init(&scan, result.at, result.n);
    return scan_object(&scan) == AGON_OK && scan_key(&scan, &key) == 0;
}

int kraken_read_order(void *self, const void *bytes, size_t n, struct wire_order *order,
                      wire_fill_fn each_fill, void *ctx)
{
    (void)each_fill; // its fills are told elsewhere
    (void)ctx;
    memset(order, 0, sizeof(*order));
    if (kraken_read_orders(self, bytes, n, wire_keep_first, order) < 0)
        return AGON_EINVAL;
    return order->venue_order != 0 ? AGON_OK : AGON_ENOENT;
}

/* Fills -----------------------------------------------------------------------------------------
 */

struct trade {
    struct wire_fill fill;
    char txid[KRAKEN_TXID], pair[40], px[NUM_TEXT], qty[NUM_TEXT], fee[NUM_TEXT];
    int is_maker;
};

static const struct field_word buys[] = {{"buy", 1}, {NULL, 0}};
static const struct field trade_fields[] = {
    {"ordertxid", FIELD_TEXT, FIELD_AT(struct trade, txid), FIELD_MUST},
    {"pair", FIELD_TEXT, FIELD_AT(struct trade, pair), FIELD_MUST},
    {"time", FIELD_SECONDS, FIELD_AT(struct trade, fill.t_venue), FIELD_MUST},
    {"type", FIELD_WORD, FIELD_AT(struct trade, fill.is_buyer), FIELD_MUST, .words = buys},
    {"price", FIELD_TEXT, FIELD_AT(struct trade, px), FIELD_MUST},
    {"vol", FIELD_TEXT, FIELD_AT(struct trade, qty), FIELD_MUST},
    {"fee", FIELD_TEXT, FIELD_AT(struct trade, fee), FIELD_MUST},
    {"trade_id", FIELD_U64, FIELD_AT(struct trade, fill.fill), FIELD_MUST},
    {"maker", FIELD_BOOL, FIELD_AT(struct trade, is_maker)},
    {NULL}};

struct trades {
    struct kraken *kraken;
    const struct symbol *symbol;
    struct fill_pages *fills;
};

static int take_trade(void *ctx, struct scan *scan, const struct scan_text *key)
{
    struct trades *trades = ctx;
    struct trade trade = {0};
    struct wire_fill *fill = &trade.fill;
    const struct symbol *symbol;
    const struct symbol_asset *quote;
    struct order_text *known;

    (void)key;
    if (fields_read(scan, trade_fields, &trade) < 0)
        return scan->rc;
    symbol = find_pair(trades->kraken, trade.pair);
    if (symbol == NULL)
        return 1;
    known = order_texts_learn(&trades->kraken->texts, trade.txid);
    quote = symbols_asset_by_id(trades->kraken->symbols, symbol->quote);
    if (known == NULL || quote == NULL ||
        num_parse(trade.px, strlen(trade.px), symbol->px_exp, &fill->px) < 0 ||
        num_parse(trade.qty, strlen(trade.qty), symbol->qty_exp, &fill->qty) < 0 ||
        num_parse_qty(trade.fee, strlen(trade.fee), quote->exp, &fill->fee_amt) < 0 ||
        fill->px <= 0 || fill->qty <= 0 || fill->fill == 0)
        return scan_fail(scan);
    fill->is_maker = (uint8_t)trade.is_maker;
    fill->venue_order = known->number;
    fill->fee_asset = quote->asset; // orders of ours ask for it: oflags fciq
    if (symbol == trades->symbol && fill_pages_add(trades->fills, fill) < 0)
        return AGON_ENOSPC;
    return 1;
}

/* A page of all that was traded, newest first, of whatever pair. */
int kraken_read_fills(void *self, const void *bytes, size_t n, const struct symbol *symbol,
                      wire_fill_fn each, void *ctx)
{
    static const char *const names[] = {"trades", NULL};
    struct kraken *kraken = self;
    struct fill_pages *fills = &kraken->fills[symbol - kraken->symbols->all];
    struct trades trades = {kraken, symbol, fills};
    struct scan_text result;
    int rc = kraken_result(bytes, n, &result);

    if (rc >= 0)
        rc = fields_find(&result, names, &result) == 1 ? AGON_OK : AGON_EINVAL;
    if (rc >= 0)
        rc = fields_each_of(&result, FIELDS_OF_OBJECT, take_trade, &trades);
    if (rc < 0) {
        fill_pages_drop(fills);
        return kraken_bad(kraken, WIRE_REST, rc, n);
    }
    if (!fill_pages_is_more(fills, (uint32_t)rc, PAGE))
        return fill_pages_tell(fills, each, ctx);
    fills->offset += (uint32_t)rc;
    return AGON_EAGAIN;
}

/* Balances and the token ------------------------------------------------------------------------
 */

struct balance {
    struct field_scale scale;
    int64_t total, held;
};
// It counts in more digits than anybody can move: what is beyond ours is not ours to use.
static const struct field balance_fields[] = {
    {"balance", FIELD_QTY, FIELD_AT(struct balance, total), FIELD_MUST},
    {"hold_trade", FIELD_QTY, FIELD_AT(struct balance, held), FIELD_MUST},
    {NULL}};

struct balances {
    struct kraken *kraken;
    struct wire_out *out;
};

static int take_balance(void *ctx, struct scan *scan, const struct scan_text *key)
{
    struct balances *balances = ctx;
    struct wire_out *out = balances->out;
    const struct symbol_asset *asset = find_asset(balances->kraken, key);
    struct balance balance = {0};
    int64_t free = 0;

    if (asset == NULL)
        return scan_skip(scan);
    if (out->n_balances == SYMBOLS_ASSETS_MAX)
        return AGON_ENOSPC;
    balance.scale = (struct field_scale){asset->exp, &balances->kraken->n_cut};
    if (fields_read(scan, balance_fields, &balance) < 0 ||
        !num_add_checked(balance.total, -balance.held, &free))
        return scan_fail(scan);
    out->balances[out->n_balances++] =
        (struct wire_balance){.asset = asset, .free_amt = free, .held_amt = balance.held};
    return 1;
}

int kraken_read_account(void *self, const void *bytes, size_t n, struct wire_out *out)
{
    struct kraken *kraken = self;
    struct balances balances = {kraken, out};
    struct scan_text result;
    int rc = kraken_result(bytes, n, &result);

    out->uid = 0; // it does not tell whose it is
    out->n_balances = 0;
    if (rc >= 0)
        rc = fields_each_of(&result, FIELDS_OF_OBJECT, take_balance, &balances);
    return rc < 0 ? kraken_bad(kraken, WIRE_BALANCE, rc, n) : AGON_OK;
}

int kraken_read_token(const void *bytes, size_t n, char token[KRAKEN_TOKEN])
{
    static const struct field fields[] = {{"token", FIELD_TEXT, 0, KRAKEN_TOKEN, FIELD_MUST},
                                          {NULL}};
    struct scan_text result;
    int rc = kraken_result(bytes, n, &result);

    if (rc < 0 || (rc = fields_read_all(&result, fields, token)) < 0)
        return rc;
    // It goes back as text of JSON.
    for (const char *at = token; *at != '\0'; at++) {
        if (*at <= ' ' || *at > '~' || *at == '"' || *at == '\\')
            return AGON_EINVAL;
    }
    return token[0] != '\0' ? AGON_OK : AGON_EINVAL;
}
