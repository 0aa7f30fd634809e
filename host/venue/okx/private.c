// SPDX-License-Identifier: Apache-2.0
/* private: what is asked of an OKX account: by REST, signed, and orders on its socket too, as what
 * they are there, and the login of that. */
#include <stdio.h>
#include <time.h>

#include "venue/okx/core.h"

#define MS_NS     1000000ll
#define RECENT_NS 600000000000ll
#define STAMP_NS  30000000000ll

const char *const okx_order_types[ORDER_TYPES_MAX] = {
    [AGON_LIMIT] = "limit", [AGON_MARKET] = "market"};

/* Requests --------------------------------------------------------------------------------------
 */

/* "2020-12-08T09:08:57.715Z" */
static void format_stamp(agon_ns_t t, char text[32])
{
    time_t seconds = (time_t)(t / 1000000000);
    struct tm tm;
    size_t n;

    gmtime_r(&seconds, &tm);
    n = strftime(text, 24, "%Y-%m-%dT%H:%M:%S", &tm);
    snprintf(text + n, 32 - n, ".%03dZ", (int)(t % 1000000000 / MS_NS));
}

static agon_ns_t venue_now(struct okx *okx)
{
    struct gateway *gateway = okx->gateway;
    agon_ns_t now = clock_offset_now(&gateway->clock, gateway_now(gateway));

    return now != 0 ? now : gateway->stream->utc(gateway->stream->ctx);
}

static void format_expiry(agon_ns_t now, int64_t window_ns, char text[24])
{
    snprintf(text, 24, "%lld", (long long)((now + window_ns) / MS_NS));
}

void okx_sign_request(struct okx *okx, struct gateway_http *http, agon_ns_t now, int64_t window_ns)
{
    struct okx_vault *vault = okx->vault;

    http->method = http->body_n > 0 ? "POST" : "GET";
    format_stamp(now, okx->stamp);
    okx_sign(&vault->signer, okx->stamp, http->method, http->target, http->body, http->body_n,
             vault->signature);
    http->headers[0] = (struct http_header){"OK-ACCESS-KEY", vault->key};
    http->headers[1] = (struct http_header){"OK-ACCESS-SIGN", vault->signature};
    http->headers[2] = (struct http_header){"OK-ACCESS-TIMESTAMP", okx->stamp};
    http->headers[3] = (struct http_header){"OK-ACCESS-PASSPHRASE", vault->passphrase};
    http->n_headers = 4;
    if (http->body_n > 0)
        http->headers[http->n_headers++] = (struct http_header){"Content-Type", "application/json"};
    if (window_ns > 0) {
        format_expiry(now, window_ns, okx->expiry);
        http->headers[http->n_headers++] = (struct http_header){"expTime", okx->expiry};
    }
}

static void add(struct gateway_http *http, const char *name, const char *value)
{
    size_t room = sizeof(http->body) - http->body_n;
    int n = snprintf(http->body + http->body_n, room, "%s\"%s\":\"%s\"",
                     http->body_n > 1 ? "," : "", name, value);

    REQUIRE(n > 0 && (size_t)n + 1 < room); // a handful of short fields
    http->body_n += (uint32_t)n;
}

/* An order on the socket is of a number; everywhere else the name is what counts. */
static void add_instrument(const struct okx *okx, struct gateway_http *http,
                           const struct gateway_request *request)
{
    size_t room = sizeof(http->body) - http->body_n;

    if (request->is_said)
        http->body_n += (uint32_t)snprintf(
            http->body + http->body_n, room, "%s\"instIdCode\":%llu", http->body_n > 1 ? "," : "",
            (unsigned long long)okx->codes[request->symbol - okx->symbols->all]);
    else
        add(http, "instId", request->symbol->name);
}

static void add_client_id(struct okx *okx, struct gateway_http *http, uint64_t order_id)
{
    char text[CLIENT_ID_TEXT];

    venue_own_text(okx->client, order_id, venue_wire_rev(okx->client, 0), text);
    add(http, "clOrdId", text);
}

static int add_qty(struct okx *okx, struct gateway_http *http, const char *name, agon_qty_t qty,
                   const struct symbol *symbol)
{
    char text[NUM_TEXT];

    if (okx_format_qty(okx, qty, symbol, text) < 0)
        return AGON_ESTATE;
    add(http, name, text);
    return AGON_OK;
}

static void add_px(struct gateway_http *http, const char *name, agon_px_t px,
                   const struct symbol *symbol)
{
    char text[NUM_TEXT];

    num_format_short(px, symbol->px_exp, text);
    add(http, name, text);
}

static int add_order(struct okx *okx, struct gateway_http *http,
                     const struct gateway_request *request)
{
    const struct outbox_entry *entry = request->entry;
    int is_limit = entry->type == AGON_LIMIT;

    add_instrument(okx, http, request);
    add(http, "tdMode", okx->is_swap ? "cross" : "cash");
    add_client_id(okx, http, entry->order_id);
    add(http, "side", entry->side == AGON_BUY ? "buy" : "sell");
    add(http, "ordType",
        !is_limit                              ? okx_order_types[entry->type]
        : (entry->flags & AGON_POST_ONLY) != 0 ? "post_only"
        : entry->tif == AGON_TIF_IOC           ? "ioc"
        : entry->tif == AGON_TIF_FOK           ? "fok"
                                               : "limit");
    if (is_limit)
        add_px(http, "px", entry->next_px, request->symbol);
    else if (!okx->is_swap)
        add(http, "tgtCcy", "base_ccy"); // a market buy is in the quote where this is not said
    if (okx->is_swap && (entry->flags & AGON_REDUCE_ONLY) != 0)
        add(http, "reduceOnly", "true");
    return add_qty(okx, http, "sz", outbox_left(entry), request->symbol);
}

static int add_replace(struct okx *okx, struct gateway_http *http,
                       const struct gateway_request *request)
{
    const struct outbox_entry *entry = request->entry;

    add_instrument(okx, http, request);
    add_client_id(okx, http, entry->order_id);
    add_px(http, "newPx", entry->next_px, request->symbol);
    return add_qty(okx, http, "newSz", entry->next_qty, request->symbol); // what is filled with it
}

/* Fills of three days, newest first. */
static void ask_fills(struct okx *okx, const struct gateway_request *request, char *text,
                      size_t room)
{
    struct fill_pages *fills = &okx->fills[request->symbol - okx->symbols->all];
    size_t n;

    fill_pages_ask(fills, request->a, request->b);
    n = (size_t)snprintf(text, room, "/trade/fills?instType=%s&instId=%s&limit=%d",
                         okx->is_swap ? "SWAP" : "SPOT", request->symbol->name, OKX_PAGE);
    if (request->b != 0)
        n += (size_t)snprintf(text + n, room - n, "&ordId=%llu", (unsigned long long)request->b);
    else if (request->a <= 1) // nothing of before this run is this journal's
        n += (size_t)snprintf(text + n, room - n, "&begin=%lld", (long long)(okx->t_begun / MS_NS));
    if (fills->after[0] != '\0')
        snprintf(text + n, room - n, "&after=%s", fills->after);
}

static int write_get(struct okx *okx, const struct gateway_request *request, char *text,
                     size_t room)
{
    const char *kind = okx->is_swap ? "SWAP" : "SPOT";
    char id[CLIENT_ID_TEXT];

    switch (request->kind) {
    case REQ_OPEN:
    case REQ_SWEPT:
        snprintf(text, room, "/trade/orders-pending?instType=%s&limit=%d", kind, OKX_PAGE);
        return 1;
    case REQ_TRADES:
        ask_fills(okx, request, text, room);
        return 1;
    case REQ_ACCOUNT:
        snprintf(text, room, "/account/balance");
        return 1;
    case REQ_POSITIONS:
        snprintf(text, room, "/account/positions?instType=%s", kind);
        return 1;
    case REQ_RIGHTS:
        snprintf(text, room, "/account/config");
        return 1;
    case REQ_RECENT:
        snprintf(text, room, "/trade/orders-history?instType=%s&instId=%s&begin=%lld&limit=%d",
                 kind, request->symbol->name, (long long)((venue_now(okx) - RECENT_NS) / MS_NS),
                 OKX_PAGE);
        return 1;
    case REQ_NUMBER:
        snprintf(text, room, "/trade/order?instId=%s&ordId=%llu", request->symbol->name,
                 (unsigned long long)request->a);
        return 1;
    case REQ_QUERY:
        venue_own_text(okx->client, request->entry->order_id, venue_wire_rev(okx->client, 0), id);
        snprintf(text, room, "/trade/order?instId=%s&clOrdId=%s", request->symbol->name, id);
        return 1;
    default:
        return 0;
    }
}

/* The path; AGON_ESTATE: it cannot be asked. */
static int write_post(struct okx *okx, const struct gateway_request *request,
                      struct gateway_http *http, const char **path)
{
    char seconds[24];
    int rc = AGON_OK;

    http->body[0] = '{';
    http->body_n = 1;
    switch (request->kind) {
    case REQ_NEW:
        *path = "/trade/order";
        rc = add_order(okx, http, request);
        break;
    case REQ_REPLACE:
        *path = "/trade/amend-order";
        rc = add_replace(okx, http, request);
        break;
    case REQ_CANCEL:
    case REQ_STRAY:
        *path = "/trade/cancel-order";
        add_instrument(okx, http, request);
        add_client_id(okx, http,
                      request->kind == REQ_STRAY ? request->a : request->entry->order_id);
        break;
    case REQ_COUNTDOWN:
        *path = "/trade/cancel-all-after";
        snprintf(seconds, sizeof(seconds), "%llu", (unsigned long long)request->a / 1000);
        add(http, "timeOut", seconds);
        break;
    default:
        return AGON_ESTATE;
    }
    http->body[http->body_n++] = '}';
    return rc;
}

/* How long the venue may take it; 0: it is not said, and half a minute is what a time stamp is good
 * for. */
static int take_window(struct okx *okx, struct gateway_request *request, int64_t *window_ns)
{
    struct gateway *gateway = okx->gateway;
    int64_t now = gateway_now(gateway);
    int is_risk = request->kind == REQ_NEW || request->kind == REQ_REPLACE;

    // An expiry by a clock that is not known is none.
    if (is_risk &&
        (clock_offset_now(&gateway->clock, now) == 0 || !venue_is_clock_good(okx->client, now))) {
        request->why = REASON_VENUE_CLOCK;
        return AGON_EAGAIN;
    }
    *window_ns = is_risk ? (int64_t)gateway->config.recv_window_ms * MS_NS : 0;
    request->expiry_ns = venue_expiry(okx->client, now, is_risk ? *window_ns : STAMP_NS);
    return AGON_OK;
}

int okx_write_private(struct okx *okx, struct gateway_request *request, struct gateway_http *http)
{
    const char *path = NULL;
    char text[200];
    int64_t window_ns = 0;

    if (take_window(okx, request, &window_ns) < 0)
        return AGON_EAGAIN;
    http->body_n = 0;
    if (write_get(okx, request, text, sizeof(text)))
        path = text;
    else if (write_post(okx, request, http, &path) < 0)
        return AGON_ESTATE;
    snprintf(http->target, sizeof(http->target), "%s%s", okx->gateway->config.rest_path, path);
    okx_sign_request(okx, http, venue_now(okx), window_ns);
    return AGON_OK;
}

/* The socket ------------------------------------------------------------------------------------
 */

int okx_is_sayable(const void *self, const struct gateway_request *request)
{
    const struct okx *okx = self;

    return okx->codes[request->symbol - okx->symbols->all] != 0;
}

int64_t okx_say(void *self, struct gateway_request *request, uint64_t id, char *text, size_t room)
{
    static const char *const ops[REQ_KINDS] = {[REQ_NEW] = "order",
                                               [REQ_REPLACE] = "amend-order",
                                               [REQ_CANCEL] = "cancel-order",
                                               [REQ_STRAY] = "cancel-order"};
    struct okx *okx = self;
    struct gateway_http http; // its body is what stands in args
    const char *path;
    char expiry[24] = "";
    int64_t window_ns = 0;
    int n;

    if (take_window(okx, request, &window_ns) < 0)
        return AGON_EAGAIN;
    if (write_post(okx, request, &http, &path) < 0)
        return AGON_ESTATE;
    if (window_ns > 0)
        format_expiry(venue_now(okx), window_ns, expiry);
    n = snprintf(text, room, "{\"id\":\"%llu\",\"op\":\"%s\",%s%s%s\"args\":[%.*s]}",
                 (unsigned long long)id, ops[request->kind], window_ns > 0 ? "\"expTime\":\"" : "",
                 expiry, window_ns > 0 ? "\"," : "", (int)http.body_n, http.body);
    return n > 0 && (size_t)n < room ? n : AGON_ENOSPC;
}

void okx_login(struct okx *okx, struct link *link)
{
    struct gateway *gateway = okx->gateway;
    struct venue_feed *feed = venue_feed(okx->client, link);
    struct okx_vault *vault = okx->vault;
    char stamp[24];
    char text[1024];
    int n;
    int rc;

    snprintf(stamp, sizeof(stamp), "%lld", (long long)(venue_now(okx) / 1000000000));
    okx_sign(&vault->signer, stamp, "GET", "/users/self/verify", "", 0, vault->signature);
    n = snprintf(text, sizeof(text),
                 "{\"op\":\"login\",\"args\":[{\"apiKey\":\"%s\",\"passphrase\":\"%s\","
                 "\"timestamp\":\"%s\",\"sign\":\"%s\"}]}",
                 vault->key, vault->passphrase, stamp, vault->signature);
    rc = gateway_send(gateway, link, text, (size_t)n);
    explicit_bzero(text, sizeof(text));
    if (rc < 0)
        return; // asked again
    feed->asked_ns = gateway_now(gateway);
    feed->is_asked = OKX_USER_LOGIN;
}

void okx_on_user_up(void *self, struct link *link)
{
    okx_login(self, link);
}

void okx_keep_user(void *self, int64_t now)
{
    struct okx *okx = self;
    struct gateway *gateway = okx->gateway;

    for (uint32_t i = 0; i < gateway->n_links; i++) {
        struct link *link = &gateway->links[i];
        const struct venue_feed *feed = &okx->client->feeds[i];

        if (link->role != LINK_USER || link->state != LINK_OPEN)
            continue;
        if (!feed->is_asked)
            okx_login(okx, link);
        else if (feed->is_asked == OKX_USER_LOGGED_IN)
            okx_subscribe_user(okx, link);
        else if (!feed->is_up && now - feed->asked_ns > gateway->config.request_ns)
            gateway_drop(gateway, link, "no answer to login and subscription");
    }
}
