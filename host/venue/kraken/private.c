// SPDX-License-Identifier: Apache-2.0
/* private: what of an account is read and asked by REST: orders, fills, balances, and the token of
 * the private socket. The venue's numbers of orders are texts; elsewhere an order has a number, by
 * which its text is found again. */
#include <stdio.h>
#include <stdlib.h>

#include "venue/kraken/core.h"

#define PAGE       50 /* trades in an answer */
#define PROBES     8
#define WORD(text) (text), sizeof(text)

/* Numbers of orders -----------------------------------------------------------------------------
 */

uint64_t kraken_number(const char *text)
{
    uint64_t hash = 14695981039346656037u; // FNV-1a

    for (; *text != '\0'; text++)
        hash = (hash ^ (unsigned char)*text) * 1099511628211u;
    return hash != 0 ? hash : 1;
}

struct kraken_known *kraken_find(struct kraken *kraken, uint64_t number)
{
    for (uint32_t i = 0; i < PROBES; i++) {
        struct kraken_known *known = &kraken->known[(number + i) % KRAKEN_KNOWN];

        if (known->number == number)
            return known;
    }
    return NULL;
}

struct kraken_known *kraken_learn(struct kraken *kraken, const char *text)
{
    uint64_t number = kraken_number(text);
    struct kraken_known *known = kraken_find(kraken, number);

    // Two texts of one number: neither could be told from the other.
    if (known != NULL)
        return strcmp(known->text, text) == 0 ? known : NULL;
    for (uint32_t i = 0; i < PROBES; i++) {
        struct kraken_known *at = &kraken->known[(number + i) % KRAKEN_KNOWN];

        if (known == NULL || at->used < known->used)
            known = at; // the one that was not heard of for longest
    }
    memset(known, 0, sizeof(*known));
    known->number = number;
    known->used = ++kraken->n_known;
    snprintf(known->text, sizeof(known->text), "%s", text);
    return known;
}

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

struct order_text { /* what of an order needs its instrument to be read */
    char pair[40], px[NUM_TEXT], trigger[NUM_TEXT], qty[NUM_TEXT], cum[NUM_TEXT];
};

static int read_descr(struct scan *scan, struct order_text *text, struct wire_order *order)
{
    struct scan_text key;
    struct scan_text word;
    uint64_t seen = 0;
    int rc;

    if (scan_object(scan) < 0)
        return scan->rc;
    while ((rc = scan_key(scan, &key)) > 0) {
        if (scan_is(&key, "pair")) {
            TAKE(0, scan_copy(scan, WORD(text->pair)));
        } else if (scan_is(&key, "type")) {
            TAKE(1, scan_string(scan, &word));
            order->side = scan_is(&word, "buy") ? AGON_BUY : scan_is(&word, "sell") ? AGON_SELL : 0;
        } else if (scan_is(&key, "ordertype")) {
            TAKE(2, scan_string(scan, &word));
            order->type = scan_is(&word, "limit")             ? AGON_LIMIT
                          : scan_is(&word, "market")          ? AGON_MARKET
                          : scan_is(&word, "stop-loss")       ? AGON_STOP
                          : scan_is(&word, "stop-loss-limit") ? AGON_STOP_LIMIT
                                                              : 0;
        } else if (scan_is(&key, "price")) {
            TAKE(3, scan_copy(scan, WORD(text->trigger)));
        } else if (scan_is(&key, "price2")) {
            TAKE(4, scan_copy(scan, WORD(text->px)));
        } else if (scan_skip(scan) < 0) {
            return scan->rc;
        }
    }
    NEED(0xf);
    // The second price is the limit of an order that has a trigger.
    if (order->type != AGON_STOP_LIMIT)
        memcpy(text->px, text->trigger, sizeof(text->px));
    return order->side != 0 ? AGON_OK : scan_fail(scan);
}

static int read_status(struct scan *scan, uint8_t *state)
{
    struct scan_text word;

    if (scan_string(scan, &word) < 0)
        return scan->rc;
    *state = scan_is(&word, "pending")    ? AGON_ORDER_PENDING
             : scan_is(&word, "open")     ? AGON_ORDER_OPEN
             : scan_is(&word, "closed")   ? AGON_ORDER_FILLED
             : scan_is(&word, "canceled") ? AGON_ORDER_CANCELLED
             : scan_is(&word, "expired")  ? AGON_ORDER_EXPIRED
                                          : 0;
    return *state != 0 ? AGON_OK : scan_fail(scan);
}

/* The numbers, at the exponents of what they are of. */
static int finish_order(struct kraken *kraken, const struct order_text *text,
                        struct wire_order *order)
{
    order->symbol = find_pair(kraken, text->pair);
    if (order->symbol == NULL)
        return AGON_OK;
    if (num_parse(text->qty, strlen(text->qty), order->symbol->qty_exp, &order->qty) < 0 ||
        num_parse(text->cum, strlen(text->cum), order->symbol->qty_exp, &order->cum_qty) < 0 ||
        order->qty < 0 || order->cum_qty < 0 || order->cum_qty > order->qty)
        return AGON_ERANGE;
    if ((order->type == AGON_LIMIT || order->type == AGON_STOP_LIMIT) &&
        (num_parse(text->px, strlen(text->px), order->symbol->px_exp, &order->px) < 0 ||
         order->px < 0))
        return AGON_ERANGE;
    if (order->state == AGON_ORDER_OPEN && order->cum_qty > 0)
        order->state = AGON_ORDER_PARTIAL;
    // "closed" is said of all that a market order could get, too.
    if (order->state == AGON_ORDER_FILLED && order->cum_qty < order->qty)
        order->state = AGON_ORDER_CANCELLED;
    return AGON_OK;
}

/* One entry of OpenOrders, ClosedOrders or QueryOrders; its text is the key that it stands under.
 */
static int take_order(struct kraken *kraken, struct scan *scan, const char *txid,
                      struct wire_order *order)
{
    struct order_text text = {.cum = "0"};
    struct scan_text key;
    char flags[64] = "";
    agon_ns_t t_open = 0;
    agon_ns_t t_close = 0;
    uint64_t seen = 0;
    struct kraken_known *known;
    int rc;

    memset(order, 0, sizeof(*order));
    if (scan_object(scan) < 0)
        return scan->rc;
    while ((rc = scan_key(scan, &key)) > 0) {
        if (scan_is(&key, "status"))
            TAKE(0, read_status(scan, &order->state));
        else if (scan_is(&key, "descr"))
            TAKE(1, read_descr(scan, &text, order));
        else if (scan_is(&key, "vol"))
            TAKE(2, scan_copy(scan, WORD(text.qty)));
        else if (scan_is(&key, "vol_exec"))
            TAKE(3, scan_copy(scan, WORD(text.cum)));
        else if (scan_is(&key, "opentm"))
            TAKE(4, kraken_read_seconds(scan, &t_open));
        else if (scan_is(&key, "closetm"))
            TAKE(5, kraken_read_seconds(scan, &t_close));
        else if (scan_is(&key, "cl_ord_id") && scan_peek(scan) == '"')
            TAKE(6, scan_copy(scan, WORD(order->client_id)));
        else if (scan_is(&key, "reason") && scan_peek(scan) == '"')
            TAKE(7, scan_copy(scan, WORD(order->reason)));
        else if (scan_is(&key, "oflags"))
            TAKE(8, scan_copy(scan, WORD(flags)));
        else if (scan_skip(scan) < 0)
            return scan->rc;
    }
    NEED(0xf);
    order->is_post_only = strstr(flags, "post") != NULL;
    order->t_venue = t_close != 0 ? t_close : t_open;
    known = kraken_learn(kraken, txid);
    if (known == NULL || finish_order(kraken, &text, order) < 0)
        return scan_fail(scan);
    order->venue_order = known->number;
    known->symbol = order->symbol;
    memcpy(known->client_id, order->client_id, sizeof(known->client_id));
    known->side = order->side;
    known->px = order->px;
    known->qty = order->qty;
    known->cum_qty = order->cum_qty;
    return AGON_OK;
}

/* Enters the object of a name in the result; 0: the result itself, whose entries are orders. */
static int enter(struct scan *scan, const struct scan_text *result, const char *const *names)
{
    struct scan_text key;
    struct scan_text inner;
    int rc;

    scan_init(scan, result->at, result->n);
    if (scan_object(scan) < 0)
        return scan->rc;
    while ((rc = scan_key(scan, &key)) > 0) {
        for (uint32_t i = 0; names[i] != NULL; i++) {
            if (!scan_is(&key, names[i]))
                continue;
            if (scan_slice(scan, &inner) < 0)
                return scan->rc;
            scan_init(scan, inner.at, inner.n);
            return scan_object(scan) < 0 ? scan->rc : 1;
        }
        if (scan_skip(scan) < 0)
            return scan->rc;
    }
    if (rc < 0)
        return rc;
    scan_init(scan, result->at, result->n);
    return scan_object(scan);
}

static int walk_orders(struct kraken *kraken, const struct scan_text *result, wire_order_fn each,
                       void *ctx)
{
    static const char *const names[] = {"open", "closed", NULL};
    struct scan scan;
    struct scan_text key;
    struct wire_order order;
    int n = 0;
    int rc = enter(&scan, result, names);

    if (rc < 0)
        return rc;
    while ((rc = scan_key(&scan, &key)) > 0) {
        char txid[KRAKEN_TXID];

        if (key.n >= sizeof(txid) || key.is_raw)
            return scan_fail(&scan);
        memcpy(txid, key.at, key.n);
        txid[key.n] = '\0';
        if (take_order(kraken, &scan, txid, &order) < 0)
            return scan.rc;
        n++;
        if (each != NULL)
            each(ctx, &order);
    }
    return rc < 0 ? rc : n;
}

int kraken_read_orders(void *self, const void *bytes, size_t n, wire_order_fn each, void *ctx)
{
    struct kraken *kraken = self;
    struct scan_text result;
    int rc = kraken_result(bytes, n, &result);

    if (rc >= 0)
        rc = walk_orders(kraken, &result, NULL, NULL);
    if (rc < 0)
        return kraken_bad(kraken, WIRE_REST, rc, n);
    return walk_orders(kraken, &result, each, ctx);
}

int kraken_is_nowhere(const struct http_message *reply)
{
    static const char *const names[] = {"closed", NULL};
    struct scan scan;
    struct scan_text key;
    struct scan_text result;

    return kraken_result(reply->body, reply->body_n, &result) >= 0 &&
           enter(&scan, &result, names) == 1 && scan_key(&scan, &key) == 0;
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

static int take_trade(struct kraken *kraken, struct scan *scan, const struct symbol **symbol,
                      struct wire_fill *fill)
{
    struct order_text text = {0};
    struct scan_text key;
    struct scan_text word;
    char txid[KRAKEN_TXID] = "";
    uint64_t seen = 0;
    int is_maker = 0;
    int rc;
    const struct symbol_asset *quote;
    struct kraken_known *known;

    memset(fill, 0, sizeof(*fill));
    if (scan_object(scan) < 0)
        return scan->rc;
    while ((rc = scan_key(scan, &key)) > 0) {
        if (scan_is(&key, "ordertxid")) {
            TAKE(0, scan_copy(scan, WORD(txid)));
        } else if (scan_is(&key, "pair")) {
            TAKE(1, scan_copy(scan, WORD(text.pair)));
        } else if (scan_is(&key, "time")) {
            TAKE(2, kraken_read_seconds(scan, &fill->t_venue));
        } else if (scan_is(&key, "type")) {
            TAKE(3, scan_string(scan, &word));
            fill->is_buyer = scan_is(&word, "buy") != 0;
        } else if (scan_is(&key, "price")) {
            TAKE(4, scan_copy(scan, WORD(text.px)));
        } else if (scan_is(&key, "vol")) {
            TAKE(5, scan_copy(scan, WORD(text.qty)));
        } else if (scan_is(&key, "fee")) {
            TAKE(6, scan_copy(scan, WORD(text.cum)));
        } else if (scan_is(&key, "trade_id")) {
            TAKE(7, scan_u64(scan, &fill->fill));
        } else if (scan_is(&key, "maker")) {
            TAKE(8, scan_bool(scan, &is_maker));
        } else if (scan_skip(scan) < 0) {
            return scan->rc;
        }
    }
    NEED(0xff);
    fill->is_maker = (uint8_t)is_maker;
    *symbol = find_pair(kraken, text.pair);
    if (*symbol == NULL)
        return AGON_OK;
    known = kraken_learn(kraken, txid);
    quote = symbols_asset_by_id(kraken->symbols, (*symbol)->quote);
    if (known == NULL || quote == NULL ||
        num_parse(text.px, strlen(text.px), (*symbol)->px_exp, &fill->px) < 0 ||
        num_parse(text.qty, strlen(text.qty), (*symbol)->qty_exp, &fill->qty) < 0 ||
        num_parse_qty(text.cum, strlen(text.cum), quote->exp, &fill->fee_amt) < 0 ||
        fill->px <= 0 || fill->qty <= 0 || fill->fill == 0)
        return scan_fail(scan);
    fill->venue_order = known->number;
    fill->fee_asset = quote->asset; // orders of ours ask for it: oflags fciq
    return AGON_OK;
}

/* A page of all that was traded, newest first; *n: how many trades it has of whatever pair. */
static int walk_trades(struct kraken *kraken, const struct scan_text *result,
                       const struct symbol *symbol, struct fill_pages *fills, uint32_t *n)
{
    static const char *const names[] = {"trades", NULL};
    struct scan scan;
    struct scan_text key;
    int rc = enter(&scan, result, names);

    *n = 0;
    if (rc != 1)
        return rc < 0 ? rc : AGON_EINVAL;
    while ((rc = scan_key(&scan, &key)) > 0) {
        const struct symbol *of = NULL;
        struct wire_fill fill;

        if (take_trade(kraken, &scan, &of, &fill) < 0)
            return scan.rc;
        ++*n;
        if (of == symbol && fill_pages_add(fills, &fill) < 0)
            return AGON_ENOSPC;
    }
    return rc;
}

int kraken_read_fills(void *self, const void *bytes, size_t n, const struct symbol *symbol,
                      wire_fill_fn each, void *ctx)
{
    struct kraken *kraken = self;
    struct fill_pages *fills = &kraken->fills[symbol - kraken->symbols->all];
    struct scan_text result;
    uint32_t n_page = 0;
    int rc = kraken_result(bytes, n, &result);

    if (rc >= 0)
        rc = walk_trades(kraken, &result, symbol, fills, &n_page);
    if (rc < 0) {
        fill_pages_drop(fills);
        return kraken_bad(kraken, WIRE_REST, rc, n);
    }
    if (!fill_pages_is_more(fills, n_page, PAGE))
        return fill_pages_tell(fills, each, ctx);
    fills->offset += n_page;
    return AGON_EAGAIN;
}

/* Balances and the token ------------------------------------------------------------------------
 */

static int take_balance(struct scan *scan, const struct symbol_asset *asset, uint64_t *n_cut,
                        struct wire_balance *balance)
{
    struct scan_text key;
    uint64_t seen = 0;
    int64_t total = 0;
    int64_t held = 0;
    int64_t free = 0;
    int rc;

    if (scan_object(scan) < 0)
        return scan->rc;
    while ((rc = scan_key(scan, &key)) > 0) {
        // It counts in more digits than anybody can move: what is beyond ours is not ours to use.
        if (scan_is(&key, "balance"))
            TAKE(0, scan_qty(scan, asset->exp, &total, n_cut));
        else if (scan_is(&key, "hold_trade"))
            TAKE(1, scan_qty(scan, asset->exp, &held, n_cut));
        else if (scan_skip(scan) < 0)
            return scan->rc;
    }
    NEED(3);
    if (!num_add_checked(total, -held, &free))
        return scan_fail(scan);
    *balance = (struct wire_balance){.asset = asset, .free_amt = free, .held_amt = held};
    return AGON_OK;
}

int kraken_read_account(void *self, const void *bytes, size_t n, struct wire_out *out)
{
    struct kraken *kraken = self;
    struct scan reader;
    struct scan *scan = &reader;
    struct scan_text key;
    struct scan_text result;
    int rc = kraken_result(bytes, n, &result);

    out->uid = 0; // it does not tell whose it is
    out->n_balances = 0;
    if (rc < 0)
        return kraken_bad(kraken, WIRE_BALANCE, rc, n);
    scan_init(scan, result.at, result.n);
    rc = scan_object(scan);
    while (rc >= 0 && (rc = scan_key(scan, &key)) > 0) {
        const struct symbol_asset *asset = find_asset(kraken, &key);

        if (asset == NULL)
            rc = scan_skip(scan);
        else if (out->n_balances == SYMBOLS_ASSETS_MAX)
            rc = AGON_ENOSPC;
        else
            rc = take_balance(scan, asset, &kraken->n_cut, &out->balances[out->n_balances++]);
    }
    return rc < 0 ? kraken_bad(kraken, WIRE_BALANCE, rc, n) : AGON_OK;
}

int kraken_read_token(const void *bytes, size_t n, char *token, size_t room)
{
    struct scan reader;
    struct scan *scan = &reader;
    struct scan_text key;
    struct scan_text result;
    uint64_t seen = 0;
    int rc = kraken_result(bytes, n, &result);

    if (rc < 0)
        return rc;
    scan_init(scan, result.at, result.n);
    if (scan_object(scan) < 0)
        return scan->rc;
    while ((rc = scan_key(scan, &key)) > 0) {
        if (scan_is(&key, "token"))
            TAKE(0, scan_copy(scan, token, room));
        else if (scan_skip(scan) < 0)
            return scan->rc;
    }
    NEED(1);
    // It goes back as text of JSON.
    for (const char *at = token; *at != '\0'; at++) {
        if (*at <= ' ' || *at > '~' || *at == '"' || *at == '\\')
            return AGON_EINVAL;
    }
    return token[0] != '\0' ? AGON_OK : AGON_EINVAL;
}

/* Requests --------------------------------------------------------------------------------------
 */

void kraken_form_init(struct kraken_form *form, char *text, size_t room)
{
    *form = (struct kraken_form){.text = text, .room = room};
    text[0] = '\0';
}

void kraken_form_add(struct kraken_form *form, const char *name, const char *value)
{
    char coded[512];
    int64_t n = http_pct_encode(value, strlen(value), coded, sizeof(coded));
    int used;

    if (n < 0) {
        form->is_full = 1;
        return;
    }
    used = snprintf(form->text + form->n, form->room - form->n, "%s%s=%s", form->n > 0 ? "&" : "",
                    name, coded);
    if (used < 0 || (size_t)used >= form->room - form->n)
        form->is_full = 1;
    else
        form->n += (size_t)used;
}

/* Rises with time, and with each request: over restarts too, as long as the clock is not set back
 * behind the last one. */
uint64_t kraken_nonce(struct kraken *kraken, agon_ns_t utc)
{
    uint64_t now = utc > 0 ? (uint64_t)utc / 1000 : 0;

    kraken->nonce = now > kraken->nonce ? now : kraken->nonce + 1;
    return kraken->nonce;
}

int kraken_sign_request(struct kraken *kraken, agon_ns_t utc, const char *path,
                        struct kraken_form *form, struct gateway_http *http)
{
    char nonce[24];

    snprintf(nonce, sizeof(nonce), "%llu", (unsigned long long)kraken_nonce(kraken, utc));
    kraken_form_add(form, "nonce", nonce);
    if (form->is_full)
        return AGON_ENOSPC;
    http->method = "POST";
    http->body_n = (uint32_t)form->n;
    snprintf(http->target, sizeof(http->target), "%s", path);
    kraken_sign(&kraken->vault->signer, path, nonce, form->text, form->n, kraken->vault->signature);
    http->headers[0] = (struct http_header){"API-Key", kraken->vault->key};
    http->headers[1] = (struct http_header){"API-Sign", kraken->vault->signature};
    http->headers[2] = (struct http_header){"Content-Type", "application/x-www-form-urlencoded"};
    http->n_headers = 3;
    return AGON_OK;
}

static void add_num(struct kraken_form *form, const char *name, int64_t value, int exp)
{
    char text[NUM_TEXT];

    num_format_short(value, exp, text);
    kraken_form_add(form, name, text);
}

void kraken_form_order(struct kraken_form *form, const struct symbol *symbol,
                       const struct outbox_entry *entry, const char *client_id)
{
    int has_px = order_type_has_px(entry->type);
    int waits = order_type_waits(entry->type);
    char pair[40];

    kraken_pair(symbol->name, pair, sizeof(pair));
    kraken_form_add(form, "pair", pair);
    kraken_form_add(form, "type", entry->side == AGON_BUY ? "buy" : "sell");
    kraken_form_add(form, "ordertype", kraken_order_types[entry->type]);
    add_num(form, "volume", outbox_left(entry), symbol->qty_exp);
    // What is waited for is the first price there, by the last trade.
    if (waits)
        add_num(form, "price", entry->trigger_px, symbol->px_exp);
    if (has_px)
        add_num(form, waits ? "price2" : "price", entry->next_px, symbol->px_exp);
    if (has_px)
        kraken_form_add(form, "timeinforce",
                        entry->tif == AGON_TIF_IOC   ? "IOC"
                        : entry->tif == AGON_TIF_FOK ? "FOK"
                                                     : "GTC");
    // Fees in the quote, always: what is told of a fill names no asset.
    kraken_form_add(form, "oflags",
                    (entry->flags & AGON_POST_ONLY) != 0 && entry->type == AGON_LIMIT ? "fciq,post"
                                                                                      : "fciq");
    kraken_form_add(form, "cl_ord_id", client_id);
}
