// SPDX-License-Identifier: Apache-2.0
#include "script.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>

#include "net/http.h"
#include "net/ws.h"
#include "venue/client_id.h"
#include "venue/gateway_core.h"

#define CONNS    256
#define QUEUE    (1u << 16)
#define T0       ((agon_ns_t)1700000000000 * 1000000)
#define GRANULES 65536

enum where { MARKET = 0, USER = 1, REST = 2 };
static const char *const where_names[] = {"market", "user", "rest"};

struct conn {
    int is_used, is_open, is_ending, where, end;
    struct stream_owner owner;
    struct http_parse *http;
    struct ws *ws;
    int64_t open_at;
    char *out; /* to the client, delivered on the next step */
    size_t n_out, room;
};
struct timer {
    int is_used;
    int64_t at;
    uint64_t cookie;
    struct stream_owner owner;
};
struct rule {
    int is_used, is_kept, status, what; /* what: 0 answer, 1 lose, 2 cut */
    char method[8], prefix[256], headers[256];
    char *body;
};
struct seen {
    char method[8];
    char *target;
    int is_taken;
};

static struct world {
    const char *file;
    int line;
    int64_t now;
    struct conn conns[CONNS];
    int n_connects[3];
    int refuse;
    int round; /* of "repeat" */
    struct timer timers[64];
    struct rule rules[64];
    struct seen seen[4096];
    int n_seen;
    char *wanted;
    char last_sent[3][8192];
    uint64_t random;
    uint64_t durable;
    int is_full;         /* no room for market events ... */
    uint64_t n_bars_fit; /* ... but for so many bars */
    struct gateway *gateway;
    struct ring commands;
    struct evring out, in;
    void *memory;
    _Alignas(64) unsigned char record[EVENT_BYTES_MAX];
    char logs[64][512];
    int n_logs;
    int64_t other_ns; /* so old is another host's order, filled, when it is asked for; 0: none */
} w;

#define FAIL(...)                                                                                  \
    do {                                                                                           \
        fprintf(stderr, "%s:%d: ", w.file, w.line);                                                \
        fprintf(stderr, __VA_ARGS__);                                                              \
        fprintf(stderr, "\n");                                                                     \
        for (int k = 0; k < w.n_logs && k < 64; k++)                                               \
            fprintf(stderr, "  log: %s\n", w.logs[k]);                                             \
        for (int k = w.n_seen > 12 ? w.n_seen - 12 : 0; k < w.n_seen; k++)                         \
            fprintf(stderr, "  seen: %s %s\n", w.seen[k].method, w.seen[k].target);                \
        ck_abort_msg("%s:%d", w.file, w.line);                                                     \
    } while (0)

/* The port
 * ---------------------------------------------------------------------------------------*/

static void push(struct conn *conn, const void *bytes, size_t n)
{
    if (conn->n_out + n > conn->room) {
        conn->room = (conn->n_out + n) * 2;
        conn->out = realloc(conn->out, conn->room);
        ck_assert_ptr_nonnull(conn->out);
    }
    memcpy(conn->out + conn->n_out, bytes, n);
    conn->n_out += n;
}

static int port_connect(void *ctx, const struct stream_target *target,
                        const struct stream_owner *owner)
{
    int where = target->port == 1 ? MARKET : target->port == 2 ? USER : REST;

    (void)ctx;
    w.n_connects[where]++;
    for (int i = 0; i < CONNS; i++) {
        struct conn *conn = &w.conns[i];

        if (conn->is_used)
            continue;
        memset(conn, 0, sizeof(*conn));
        conn->is_used = 1;
        conn->where = where;
        conn->owner = *owner;
        conn->open_at = w.now + 1000000;
        if (w.refuse == where + 1) {
            conn->is_ending = 1;
            conn->end = STREAM_END_REFUSED;
        }
        return i;
    }
    return AGON_EAGAIN;
}

#define TRADE_ROOM 320

/* A page of trades of one lot each. */
static size_t put_trades(char *to, size_t room, unsigned long long order, unsigned long long first,
                         unsigned long long count)
{
    size_t n = 0;

    for (unsigned long long i = 0; i < count; i++) {
        ck_assert_uint_lt(n + TRADE_ROOM, room);
        n += (size_t)snprintf(to + n, room - n,
                              "%s{\"symbol\":\"BTCUSDT\",\"id\":%llu,\"orderId\":%llu,"
                              "\"orderListId\":-1,\"price\":\"30000.00\",\"qty\":\"0.00001\","
                              "\"quoteQty\":\"0.3\",\"commission\":\"0.0003\","
                              "\"commissionAsset\":\"USDT\",\"time\":%lld,\"isBuyer\":true,"
                              "\"isMaker\":true,\"isBestMatch\":true}",
                              i > 0 ? "," : "", first + i, order,
                              (long long)((T0 + w.now) / 1000000));
    }
    return n;
}

/* An id of our form, from another journal. */
static const char *other_id(void)
{
    static const struct order_ids other = {.journal = 0x123456};
    static char client[CLIENT_ID_TEXT];

    client_id_format(&other, (uint64_t)1 << 32 | 1, 0, client);
    return client;
}

static char *expand(const char *text)
{
    unsigned long long count = 0;
    size_t room = strlen(text) * 4 + 256;
    const char *trades = strstr(text, "${trades:");
    char *full;
    size_t n = 0;

    if (trades != NULL)
        ck_assert_int_eq(sscanf(trades, "${trades:%*u:%*u:%llu}", &count), 1);
    room += (size_t)(count + 1) * TRADE_ROOM;
    full = malloc(room);
    ck_assert_ptr_nonnull(full);
    while (*text != 0) {
        unsigned long long id, first;
        unsigned rev;
        int used = 0;

        ck_assert_uint_lt(n + 64, room);
        if (strncmp(text, "${t}", 4) == 0) {
            n += (size_t)snprintf(full + n, room - n, "%lld", (long long)((T0 + w.now) / 1000000));
            text += 4;
        } else if (strncmp(text, "${other}", 8) == 0) {
            n += (size_t)snprintf(full + n, room - n, "%s", other_id());
            text += 8;
        } else if (sscanf(text, "${t-%llu}%n", &id, &used) == 1 && used > 0) {
            n += (size_t)snprintf(full + n, room - n, "%lld",
                                  (long long)((T0 + w.now) / 1000000 - (int64_t)id));
            text += used;
        } else if (sscanf(text, "${trades:%llu:%llu:%llu}%n", &id, &first, &count, &used) == 3) {
            n += put_trades(full + n, room - n, id, first, count);
            text += used;
        } else if (sscanf(text, "${%llu:%u}%n", &id, &rev, &used) == 2 && used > 0) {
            char client[CLIENT_ID_TEXT];

            client_id_format(&(struct order_ids){0}, id, (uint8_t)rev, client);
            n += (size_t)snprintf(full + n, room - n, "%s", client);
            text += used;
        } else {
            full[n++] = *text++;
        }
    }
    full[n] = 0;
    return full;
}

static void reply(struct conn *conn, int status, const char *headers, const char *body)
{
    char *full = expand(body);
    char head[1024];
    int n = snprintf(head, sizeof(head),
                     "HTTP/1.1 %d X\r\nContent-Type: application/json\r\n%sContent-Length: %zu\r\n"
                     "\r\n",
                     status, headers, strlen(full));

    push(conn, head, (size_t)n);
    push(conn, full, strlen(full));
    free(full);
}

/* All orders of a symbol from a time on, as the venue has it: one of another host, if it is not too
 * old for what was asked. */
static void reply_recent(struct conn *conn, const char *target)
{
    const char *from = strstr(target, "startTime=");
    int64_t t_ms = (T0 + w.now - w.other_ns) / 1000000;
    char body[512] = "[]";

    if (w.other_ns != 0 && strstr(target, "symbol=BTCUSDT") != NULL &&
        (from == NULL || atoll(from + strlen("startTime=")) <= t_ms))
        snprintf(body, sizeof(body),
                 "[{\"symbol\":\"BTCUSDT\",\"orderId\":9,\"clientOrderId\":\"%s\","
                 "\"price\":\"30000.00\",\"origQty\":\"0.01000\",\"executedQty\":\"0.01000\","
                 "\"status\":\"FILLED\",\"timeInForce\":\"GTC\",\"type\":\"LIMIT\","
                 "\"side\":\"BUY\",\"time\":%lld,\"updateTime\":%lld}]",
                 other_id(), (long long)t_ms, (long long)t_ms);
    reply(conn, 200, "", body);
}

static int is_kraken(void)
{
    return strncmp(w.file, "kraken/", 7) == 0;
}

/* What a quiet Kraken says. False: it knows no such path. */
static int reply_kraken(struct conn *conn, const char *path)
{
    static const struct {
        const char *path, *result;
    } quiet[] = {{"/0/public/AssetPairs", "{}"},
                 {"/0/public/OHLC", "{\"XXBTZUSD\":[],\"last\":0}"},
                 {"/0/private/GetWebSocketsToken", "{\"token\":\"token1\",\"expires\":900}"},
                 {"/0/private/OpenOrders", "{\"open\":{}}"},
                 {"/0/private/ClosedOrders", "{\"closed\":{},\"count\":0}"},
                 {"/0/private/TradesHistory", "{\"trades\":{},\"count\":0}"},
                 {"/0/private/BalanceEx", "{}"}};
    char body[256];

    if (strcmp(path, "/0/public/Time") == 0) {
        snprintf(body, sizeof(body), "{\"error\":[],\"result\":{\"unixtime\":%lld}}",
                 (long long)((T0 + w.now) / 1000000000));
        reply(conn, 200, "", body);
        return 1;
    }
    for (size_t i = 0; i < sizeof(quiet) / sizeof(quiet[0]); i++) {
        if (strcmp(path, quiet[i].path) == 0) {
            snprintf(body, sizeof(body), "{\"error\":[],\"result\":%s}", quiet[i].result);
            reply(conn, 200, "", body);
            return 1;
        }
    }
    return 0;
}

static int is_okx(void)
{
    return strncmp(w.file, "okx", 3) == 0;
}

static int is_okx_swap(void)
{
    return strncmp(w.file, "okx_swap/", 9) == 0;
}

/* What a quiet OKX says: lists without a record. */
static int reply_okx(struct conn *conn, const char *path)
{
    char body[256];

    if (strncmp(path, "/api/v5/", 8) != 0)
        return 0;
    snprintf(body, sizeof(body), "{\"code\":\"0\",\"msg\":\"\",\"data\":[]}");
    if (strcmp(path, "/api/v5/public/time") == 0)
        snprintf(body, sizeof(body), "{\"code\":\"0\",\"msg\":\"\",\"data\":[{\"ts\":\"%lld\"}]}",
                 (long long)((T0 + w.now) / 1000000));
    else if (strcmp(path, "/api/v5/account/config") == 0)
        snprintf(
            body, sizeof(body),
            "{\"code\":\"0\",\"msg\":\"\",\"data\":[{\"uid\":\"7\",\"perm\":\"read_only,trade\","
            "\"posMode\":\"net_mode\"}]}");
    else if (strcmp(path, "/api/v5/account/balance") == 0)
        snprintf(body, sizeof(body), "{\"code\":\"0\",\"msg\":\"\",\"data\":[{\"details\":[]}]}");
    reply(conn, 200, "", body);
    return 1;
}

static void on_request(struct conn *conn, const struct http_message *message)
{
    struct seen *seen = &w.seen[w.n_seen++];
    char body[512];

    ck_assert_int_lt(w.n_seen, 4096);
    // Of the account spot says to the microsecond when something was; futures know no such thing.
    if (http_header_find(message, "x-mbx-apikey") != NULL &&
        strncmp(message->path, "/api/", 5) == 0)
        ck_assert_str_eq(http_header_find(message, "x-mbx-time-unit"), "MICROSECOND");
    else if (strncmp(message->path, "/fapi/", 6) == 0)
        ck_assert_ptr_null(http_header_find(message, "x-mbx-time-unit"));
    snprintf(seen->method, sizeof(seen->method), "%s", message->method);
    seen->target = strdup(message->target);
    if (message->body_n > 0) { // asked for in a form: shown as if it stood in the path
        free(seen->target);
        ck_assert_int_gt(asprintf(&seen->target, "%s?%.*s", message->target, (int)message->body_n,
                                  message->body),
                         0);
    }
    seen->is_taken = 0;
    for (int i = 0; i < 64; i++) {
        struct rule *rule = &w.rules[i];

        if (!rule->is_used || strcmp(rule->method, message->method) != 0 ||
            strncmp(message->target, rule->prefix, strlen(rule->prefix)) != 0)
            continue;
        rule->is_used = rule->is_kept;
        if (rule->what == 0) {
            reply(conn, rule->status, rule->headers, rule->body);
        } else if (rule->what == 2) {
            conn->is_ending = 1;
            conn->end = STREAM_END_RESET;
        }
        if (!rule->is_used)
            free(rule->body);
        return;
    }
    if (is_kraken() && reply_kraken(conn, message->path))
        return;
    if (is_okx() && reply_okx(conn, message->path))
        return;
    if (strcmp(message->path, "/api/v3/time") == 0) {
        snprintf(body, sizeof(body), "{\"serverTime\":${t}}");
        reply(conn, 200, "", body);
    } else if (strcmp(message->path, "/api/v3/exchangeInfo") == 0) {
        reply(conn, 200, "", "{\"rateLimits\":[],\"symbols\":[]}");
    } else if (strcmp(message->path, "/api/v3/account") == 0) {
        reply(conn, 200, "", "{\"canTrade\":true,\"balances\":[]}");
    } else if (strcmp(message->path, "/api/v3/openOrders") == 0 ||
               strcmp(message->path, "/api/v3/myTrades") == 0 ||
               strcmp(message->path, "/api/v3/klines") == 0) {
        reply(conn, 200, "", "[]");
    } else if (strcmp(message->path, "/api/v3/allOrders") == 0 ||
               strcmp(message->path, "/fapi/v1/allOrders") == 0) {
        reply_recent(conn, message->target);
    } else if (strcmp(message->path, "/sapi/v1/account/apiRestrictions") == 0) {
        reply(conn, 200, "", "{\"enableReading\":true,\"enableWithdrawals\":false}");
    } else if (strcmp(message->path, "/fapi/v1/time") == 0 ||
               strcmp(message->path, "/dapi/v1/time") == 0) {
        snprintf(body, sizeof(body), "{\"serverTime\":${t}}");
        reply(conn, 200, "", body);
    } else if (strcmp(message->path, "/fapi/v1/exchangeInfo") == 0) {
        reply(conn, 200, "", "{\"rateLimits\":[],\"symbols\":[]}");
    } else if (strcmp(message->path, "/fapi/v2/account") == 0) {
        reply(conn, 200, "", "{\"assets\":[],\"positions\":[]}");
    } else if (strcmp(message->path, "/fapi/v1/openOrders") == 0 ||
               strcmp(message->path, "/fapi/v1/userTrades") == 0 ||
               strcmp(message->path, "/fapi/v2/positionRisk") == 0) {
        reply(conn, 200, "", "[]");
    } else if (strcmp(message->path, "/fapi/v1/listenKey") == 0) {
        reply(conn, 200, "", "{\"listenKey\":\"key1\"}");
    } else if (strcmp(message->path, "/fapi/v1/countdownCancelAll") == 0 ||
               strcmp(message->path, "/fapi/v1/leverage") == 0 ||
               strcmp(message->path, "/fapi/v1/marginType") == 0) {
        reply(conn, 200, "", "{}");
    } else {
        FAIL("nobody answers %s %s", message->method, message->target);
    }
}

static void send_frame(struct conn *conn, enum ws_opcode opcode, const void *bytes, size_t n)
{
    size_t room = n + WS_HEADER_MAX;
    char *frame = malloc(room);
    int64_t length = ws_write(frame, room, WS_SERVER, opcode, bytes, n, 0);

    ck_assert_int_gt(length, 0);
    push(conn, frame, (size_t)length);
    free(frame);
}

static void srv_message(void *ctx, enum ws_opcode opcode, const void *bytes, size_t n)
{
    struct conn *conn = ctx;

    (void)opcode;
    ck_assert_uint_lt(n, sizeof(w.last_sent[0]));
    memcpy(w.last_sent[conn->where], bytes, n);
    w.last_sent[conn->where][n] = 0;
    if (strstr(w.last_sent[conn->where], "\"method\":\"ping\"") != NULL)
        send_frame(conn, WS_TEXT, "{\"method\":\"pong\"}", 17);
}

static void srv_ping(void *ctx, const void *bytes, size_t n)
{
    send_frame(ctx, WS_PONG, bytes, n);
}

static void srv_pong(void *ctx, const void *bytes, size_t n)
{
    (void)ctx;
    (void)bytes;
    (void)n;
}

static void srv_close(void *ctx, int code, const char *reason, size_t n)
{
    (void)ctx;
    (void)code;
    (void)reason;
    (void)n;
}

static int port_send(void *ctx, int at, const void *bytes, size_t n)
{
    struct conn *conn = &w.conns[at];
    struct ws_owner owner = {.ctx = conn,
                             .on_message = srv_message,
                             .on_ping = srv_ping,
                             .on_pong = srv_pong,
                             .on_close = srv_close};
    const char *from = bytes;

    (void)ctx;
    if (!conn->is_used || !conn->is_open || conn->is_ending)
        return AGON_ESTATE;
    if (conn->ws != NULL) {
        ck_assert_int_eq(ws_feed(conn->ws, bytes, n, NULL), AGON_OK);
        return AGON_OK;
    }
    while (n > 0) {
        struct error err = {0};
        size_t used;
        int rc = http_feed(conn->http, from, n, &used, &err);
        const struct http_message *message;
        const char *key;

        if (rc < 0)
            FAIL("our request is no HTTP: %s", err.text);
        if (rc == 0)
            break;
        from += used;
        n -= used;
        message = http_message(conn->http);
        if (ws_check_request(message, &key, NULL) == AGON_OK) {
            char accept[512];
            int64_t length = ws_write_reply(accept, sizeof(accept), key);

            push(conn, accept, (size_t)length);
            ck_assert_int_eq(ws_new(&conn->ws, WS_SERVER, NULL, &owner), AGON_OK);
            break;
        }
        on_request(conn, message);
    }
    return AGON_OK;
}

static uint64_t port_unsent(void *ctx, int at)
{
    (void)ctx;
    (void)at;
    return 0;
}

static void port_close(void *ctx, int at, int is_flush)
{
    (void)ctx;
    (void)is_flush;
    w.conns[at].is_ending = 1;
    w.conns[at].end = STREAM_END_LOCAL;
}

static void port_pause(void *ctx, int at, int is_paused)
{
    (void)ctx;
    (void)at;
    (void)is_paused;
}

static int64_t port_timer(void *ctx, int64_t delay, uint64_t cookie,
                          const struct stream_owner *owner)
{
    (void)ctx;
    for (int i = 0; i < 64; i++) {
        if (w.timers[i].is_used)
            continue;
        w.timers[i] = (struct timer){1, w.now + delay, cookie, *owner};
        return i;
    }
    return AGON_ENOSPC;
}

static void port_cancel(void *ctx, int64_t id)
{
    (void)ctx;
    w.timers[id].is_used = 0;
}

static int64_t port_now(void *ctx)
{
    (void)ctx;
    return w.now;
}

static agon_ns_t port_utc(void *ctx)
{
    (void)ctx;
    return T0 + w.now + 700000000; // the host's clock is not the venue's
}

static uint64_t port_random(void *ctx)
{
    (void)ctx;
    return w.random = w.random * 6364136223846793005u + 1442695040888963407u;
}

static const struct stream_port port = {
    .connect = port_connect,
    .send = port_send,
    .unsent = port_unsent,
    .close = port_close,
    .pause = port_pause,
    .timer = port_timer,
    .timer_cancel = port_cancel,
    .now = port_now,
    .utc = port_utc,
    .random = port_random,
};

static void step(void)
{
    w.now += 1000000;
    for (int i = 0; i < CONNS; i++) {
        struct conn *conn = &w.conns[i];
        char *out = conn->out;
        size_t n = conn->n_out;

        if (!conn->is_used)
            continue;
        if (!conn->is_open && !conn->is_ending && w.now >= conn->open_at) {
            conn->is_open = 1;
            ck_assert_int_eq(http_new(&conn->http, HTTP_SERVER, 0), AGON_OK);
            conn->owner.on_open(conn->owner.ctx, i);
        }
        if (n > 0 && (!conn->is_ending || conn->end == STREAM_END_PEER)) {
            conn->out = NULL;
            conn->n_out = conn->room = 0;
            // In two pieces: nothing may depend on where a read ends.
            conn->owner.on_bytes(conn->owner.ctx, i, out, n / 2);
            if (conn->is_used && !conn->is_ending)
                conn->owner.on_bytes(conn->owner.ctx, i, out + n / 2, n - n / 2);
            free(out);
        }
        if (conn->is_ending) {
            struct conn old = *conn;

            memset(conn, 0, sizeof(*conn));
            old.owner.on_end(old.owner.ctx, i, (enum stream_end)old.end, "scripted");
            http_free(old.http);
            ws_free(old.ws);
            free(old.out);
        }
    }
    for (int i = 0; i < 64; i++) {
        struct timer *timer = &w.timers[i];

        if (timer->is_used && timer->at <= w.now) {
            timer->is_used = 0;
            timer->owner.on_timer(timer->owner.ctx, timer->cookie);
        }
    }
}

/* The gateway
 * ------------------------------------------------------------------------------------*/

static uint64_t durable_seq(void *ctx)
{
    (void)ctx;
    return w.durable;
}

/* As a host whose disk is full (run/io.c), or fills up just now. */
static int takes(void *ctx, const struct agon_event_hdr *record)
{
    (void)ctx;
    if (!w.is_full || record->type == AGON_EVENT_STATUS || record->type == AGON_EVENT_HEALTH ||
        record->type >= AGON_EVENT_INTENT)
        return 1;
    if (record->type != AGON_EVENT_BAR || w.n_bars_fit == 0)
        return 0;
    w.n_bars_fit--;
    return 1;
}

static void on_log(void *ctx, int level, const char *key, const char *text)
{
    (void)ctx;
    // What is secret is in no line.
    ck_assert_ptr_null(strstr(text, "agon-test"));
    snprintf(w.logs[w.n_logs++ % 64], 512, "%d %s: %s", level, key, text);
}

static void begin(void)
{
    static const struct venue_limit limits[] = {
        {"weight", 6000, 60000000000},    {"raw", 300000, 300000000000},
        {"orders", 100, 10000000000},     {"orders_day", 200000, 86400000000000},
        {"snapshots", 1200, 60000000000}, {"connects", 300, 300000000000},
    };
    struct gateway_asset assets[] = {{"USDT", 1, 8}, {"BTC", 2, 8}, {"BNB", 3, 8}};
    struct gateway_instrument instruments[2] = {{.instrument = {.hdr = {.instrument = 1},
                                                                .kind = INSTRUMENT_SPOT,
                                                                .base = 2,
                                                                .quote = 1,
                                                                .settle = 1,
                                                                .px_exp = 2,
                                                                .qty_exp = 5,
                                                                .tick_px = 1,
                                                                .lot_qty = 1,
                                                                .symbol = "BTCUSDT"},
                                                 .last_fill = 100},
                                                {.instrument = {.hdr = {.instrument = 2},
                                                                .kind = INSTRUMENT_SPOT,
                                                                .base = 3,
                                                                .quote = 1,
                                                                .settle = 1,
                                                                .px_exp = 2,
                                                                .qty_exp = 3,
                                                                .tick_px = 1,
                                                                .lot_qty = 1,
                                                                .symbol = "BNBUSDT"},
                                                 .last_fill = 100}};
    struct gateway_ports ports = {.stream = &port,
                                  .out = &w.out,
                                  .commands = &w.commands,
                                  .durable_seq = durable_seq,
                                  .takes = takes,
                                  .log = on_log};
    struct venue_config config;
    struct error err = {0};
    int is_um = strncmp(w.file, "binance_um/", 11) == 0;
    int is_cm = strncmp(w.file, "binance_cm/", 11) == 0;

    ck_assert_int_eq(venue_config_default(&config, is_kraken()     ? "kraken_spot"
                                                   : is_okx_swap() ? "okx_swap"
                                                   : is_okx()      ? "okx_spot"
                                                   : is_um         ? "binance_um"
                                                   : is_cm         ? "binance_cm"
                                                                   : "binance_spot"),
                     AGON_OK);
    if (is_um) {
        config.leverage = 5;
        config.has_margin = 1;
        instruments[0].instrument.kind = INSTRUMENT_LINEAR;
        instruments[1].instrument.kind = INSTRUMENT_LINEAR;
    }
    if (is_kraken()) {
        snprintf(assets[0].name, sizeof(assets[0].name), "USD");
        snprintf(assets[2].name, sizeof(assets[2].name), "ETH");
        snprintf(instruments[0].instrument.symbol, 32, "BTC/USD");
        snprintf(instruments[1].instrument.symbol, 32, "ETH/USD");
        instruments[0].instrument.qty_exp = instruments[1].instrument.qty_exp = 8;
        config.snapshot_levels = 10;
    }
    if (is_okx()) {
        snprintf(assets[0].name, sizeof(assets[0].name), "USDT");
        snprintf(assets[2].name, sizeof(assets[2].name), "ETH");
        snprintf(instruments[0].instrument.symbol, 32,
                 is_okx_swap() ? "BTC-USDT-SWAP" : "BTC-USDT");
        snprintf(instruments[1].instrument.symbol, 32,
                 is_okx_swap() ? "ETH-USDT-SWAP" : "ETH-USDT");
        instruments[0].instrument.qty_exp = instruments[1].instrument.qty_exp = 8;
        config.dead_man_ns = 0;
        if (is_okx_swap())
            instruments[0].instrument.kind = instruments[1].instrument.kind = INSTRUMENT_LINEAR;
    }
    snprintf(config.name, sizeof(config.name), "scripted");
    config.venue = 1;
    config.account = 5;
    // COIN-M is for market data, and one transcript of Kraken's
    config.is_private = !is_cm && strcmp(w.file, "kraken/market.script") != 0 &&
                        strcmp(w.file, "okx/market.script") != 0 && !is_okx_swap();
    config.warm_bars = strstr(w.file, "history") != NULL ? 3 : 0;
    if (strstr(w.file, "/bars_") != NULL)
        instruments[0].bar_s = instruments[1].bar_s = 60;
    config.is_guarded = strstr(w.file, "guard") != NULL;
    config.is_take_over = strstr(w.file, "guard_taken") != NULL;
    // Most transcripts were written for one kind of connection.
    if (strstr(w.file, "cancels") == NULL)
        config.cancel_links = 0;
    snprintf(config.market.host, sizeof(config.market.host), "market.test");
    snprintf(config.user.host, sizeof(config.user.host), "user.test");
    snprintf(config.rest.host, sizeof(config.rest.host), "rest.test");
    config.market.port = 1;
    config.user.port = 2;
    config.rest.port = 3;
    memcpy(config.limits, limits, sizeof(limits));
    config.n_limits = 6;
    ck_assert_int_eq(secret_set(&config.key, "agon-test-key", 13), AGON_OK);
    if (is_okx())
        ck_assert_int_eq(secret_set(&config.passphrase, "agon-pass", 9), AGON_OK);
    if (is_kraken())
        ck_assert_int_eq(secret_set(&config.secret, "YWdvbi10ZXN0LXNlY3JldA==", 24), AGON_OK);
    else
        ck_assert_int_eq(secret_set(&config.secret, "agon-test-secret", 16), AGON_OK);

    w.memory = aligned_alloc(128, (evring_bytes(GRANULES) + 127) / 128 * 128);
    ck_assert_ptr_nonnull(w.memory);
    memset(w.memory, 0, evring_bytes(GRANULES));
    ck_assert_int_eq(evring_format(w.memory, GRANULES), AGON_OK);
    ck_assert_int_eq(evring_attach(&w.out, w.memory, GRANULES), AGON_OK);
    ck_assert_int_eq(evring_attach(&w.in, w.memory, GRANULES), AGON_OK);
    ck_assert_int_eq(ring_init(&w.commands, 64, sizeof(struct order_cmd)), AGON_OK);
    w.durable = UINT64_MAX;
    w.random = 7;
    if (gateway_new(&w.gateway, &config, &ports, assets, 3, instruments, 2, &err) < 0)
        FAIL("%s", err.text);
    secret_wipe(&config.secret);
    secret_wipe(&config.passphrase);
    gateway_start(w.gateway);
}

static void forget(void)
{
    for (int i = 0; i < 64; i++) {
        if (w.rules[i].is_used)
            free(w.rules[i].body);
        w.rules[i].is_used = 0;
    }
}

static void finish(void)
{
    gateway_stop(w.gateway);
    for (int i = 0; i < 3; i++)
        step();
    ck_assert(gateway_is_stopped(w.gateway));
    gateway_free(w.gateway);
    ring_deinit(&w.commands);
    free(w.memory);
    for (int i = 0; i < w.n_seen; i++)
        free(w.seen[i].target);
    forget();
    for (int i = 0; i < CONNS; i++)
        ck_assert(!w.conns[i].is_used);
}

/* The script
 * -------------------------------------------------------------------------------------*/

static int word(char **at, char *text, size_t room)
{
    size_t n;

    *at += strspn(*at, " ");
    n = strcspn(*at, " ");
    if (n == 0 || n >= room)
        return 0;
    memcpy(text, *at, n);
    text[n] = 0;
    *at += n;
    return 1;
}

static int where_of(const char *name)
{
    for (int i = 0; i < 3; i++) {
        if (strcmp(name, where_names[i]) == 0)
            return i;
    }
    FAIL("no such place: %s", name);
    return 0;
}

/* The oldest that stands, or the youngest. */
static struct conn *open_conn(int where, int is_next)
{
    struct conn *found = NULL;

    for (int i = 0; i < CONNS; i++) {
        struct conn *conn = &w.conns[i];

        if (conn->is_used && conn->where == where && conn->ws != NULL && !conn->is_ending &&
            (found == NULL || (conn->open_at > found->open_at) == is_next))
            found = conn;
    }
    if (found == NULL)
        FAIL("%s is not connected", where_names[where]);
    return found;
}

static const char *const report_names[] = {"",
                                           "ACK",
                                           "FILL",
                                           "CANCELLED",
                                           "EXPIRED",
                                           "REJECTED",
                                           "REPLACED",
                                           "CANCEL_REJECTED",
                                           "REPLACE_REJECTED",
                                           "NOT_SENT",
                                           "UNKNOWN",
                                           "STATE",
                                           "ABSENT",
                                           "CANCEL_ACK",
                                           "STRAY"};
static const char *const book_names[] = {"COLD", "SYNCING", "LIVE", "STALE"};

/* The next record of a type, over all others; NULL: there is none. */
static const struct agon_event_hdr *next_of(uint16_t type)
{
    for (;;) {
        int rc = evring_take(&w.in, (struct agon_event_hdr *)(void *)w.record);
        const struct agon_event_hdr *record = (const struct agon_event_hdr *)(void *)w.record;

        if (rc <= 0)
            return NULL;
        ck_assert_int_ge(record->t, T0);
        if (record->type == type)
            return record;
    }
}

static int64_t field_of(const struct agon_event_hdr *hdr, const char *key)
{
    if (strcmp(key, "instrument") == 0)
        return hdr->instrument;
    if (strcmp(key, "stamp") == 0)
        return hdr->t_venue / 1000;
    if (hdr->type == EVENT_REPORT) {
        const struct record_report *report = (const struct record_report *)(const void *)hdr;

        if (strcmp(key, "id") == 0)
            return (int64_t)report->order_id;
        if (strcmp(key, "rev") == 0)
            return report->rev;
        if (strcmp(key, "px") == 0)
            return report->px;
        if (strcmp(key, "qty") == 0)
            return report->qty;
        if (strcmp(key, "cum") == 0)
            return report->cum_qty;
        if (strcmp(key, "reason") == 0)
            return report->reason;
        if (strcmp(key, "code") == 0)
            return report->venue_code;
        if (strcmp(key, "state") == 0)
            return report->state;
        if (strcmp(key, "fill") == 0)
            return (int64_t)report->venue_fill;
        if (strcmp(key, "fee") == 0)
            return report->fee_amt;
        if (strcmp(key, "fee_asset") == 0)
            return report->fee_asset;
        if (strcmp(key, "number") == 0)
            return (int64_t)report->venue_order;
        if (strcmp(key, "side") == 0)
            return report->side;
        if (strcmp(key, "account") == 0)
            return report->account;
        if (strcmp(key, "forced") == 0)
            return report->is_forced;
    } else if (hdr->type == AGON_EVENT_TRADE) {
        const struct agon_trade *trade = (const struct agon_trade *)(const void *)hdr;

        if (strcmp(key, "px") == 0)
            return trade->px;
        if (strcmp(key, "qty") == 0)
            return trade->qty;
        if (strcmp(key, "side") == 0)
            return trade->side;
    } else if (hdr->type == AGON_EVENT_BAR) {
        if (strcmp(key, "close") == 0)
            return ((const struct agon_bar *)(const void *)hdr)->close_px;
    } else if (hdr->type == AGON_EVENT_FUNDING) {
        const struct agon_funding *funding = (const struct agon_funding *)(const void *)hdr;

        if (strcmp(key, "rate") == 0)
            return funding->rate_ppb;
        if (strcmp(key, "next") == 0)
            return funding->t_next;
        if (strcmp(key, "px") == 0)
            return funding->mark_px;
    } else if (hdr->type == AGON_EVENT_MARK || hdr->type == AGON_EVENT_INDEX) {
        if (strcmp(key, "value") == 0)
            return ((const struct agon_value *)(const void *)hdr)->value;
    } else if (hdr->type == AGON_EVENT_LIQUIDATION) {
        const struct agon_liquidation *forced = (const struct agon_liquidation *)(const void *)hdr;

        if (strcmp(key, "px") == 0)
            return forced->px;
        if (strcmp(key, "qty") == 0)
            return forced->qty;
        if (strcmp(key, "side") == 0)
            return forced->side;
    } else if (hdr->type == AGON_EVENT_INSTRUMENT) {
        const struct agon_instrument *made = (const struct agon_instrument *)(const void *)hdr;

        if (strcmp(key, "tick") == 0)
            return made->tick_px;
        if (strcmp(key, "lot") == 0)
            return made->lot_qty;
        if (strcmp(key, "least") == 0)
            return made->min_notional_amt;
    } else if (hdr->type == EVENT_ACCOUNT) {
        const struct record_account *account = (const struct record_account *)(const void *)hdr;

        if (strcmp(key, "asset") == 0)
            return account->asset;
        if (strcmp(key, "free") == 0)
            return account->free_amt;
        if (strcmp(key, "held") == 0)
            return account->held_amt;
        if (strcmp(key, "flags") == 0)
            return account->flags;
    } else if (hdr->type == AGON_EVENT_BOOK_SNAPSHOT || hdr->type == AGON_EVENT_BOOK_DELTA) {
        const struct agon_book_part *part = (const struct agon_book_part *)(const void *)hdr;

        if (strcmp(key, "last") == 0)
            return (int64_t)part->last_id;
        if (strcmp(key, "bids") == 0)
            return part->n_bid;
        if (strcmp(key, "asks") == 0)
            return part->n_ask;
    } else if (hdr->type == AGON_EVENT_INSTRUMENT) {
        const struct agon_instrument *instrument =
            (const struct agon_instrument *)(const void *)hdr;

        if (strcmp(key, "tick") == 0)
            return instrument->tick_px;
        if (strcmp(key, "lot") == 0)
            return instrument->lot_qty;
        if (strcmp(key, "notional") == 0)
            return instrument->min_notional_amt;
        if (strcmp(key, "state") == 0)
            return instrument->state;
    }
    if (strcmp(key, "instrument") == 0)
        return hdr->instrument;
    FAIL("no such field: %s", key);
    return 0;
}

static void fields(const struct agon_event_hdr *hdr, char *at)
{
    char text[128];

    while (word(&at, text, sizeof(text))) {
        char *value = strchr(text, '=');

        if (value == NULL)
            FAIL("key=value, not %s", text);
        *value++ = 0;
        if (field_of(hdr, text) != atoll(value))
            FAIL("%s is %lld, not %s", text, (long long)field_of(hdr, text), value);
    }
}

static void command(char *at)
{
    struct order_cmd *cmd = ring_claim(&w.commands);
    char text[128];

    ck_assert_ptr_nonnull(cmd);
    memset(cmd, 0, sizeof(*cmd));
    word(&at, text, sizeof(text));
    cmd->kind = strcmp(text, "new") == 0      ? CMD_NEW
                : strcmp(text, "cancel") == 0 ? CMD_CANCEL
                : strcmp(text, "all") == 0    ? CMD_CANCEL_ALL
                : strcmp(text, "query") == 0  ? CMD_QUERY
                                              : CMD_REPLACE;
    cmd->instrument = 1;
    cmd->account = 5;
    cmd->venue = 1;
    cmd->side = AGON_BUY;
    cmd->type = AGON_LIMIT;
    cmd->tif = AGON_TIF_GTC;
    cmd->px = 3000000;
    cmd->qty = 1000;
    cmd->order_id = 1;
    while (word(&at, text, sizeof(text))) {
        char *value = strchr(text, '=');
        int64_t number;

        if (value == NULL)
            FAIL("key=value, not %s", text);
        *value++ = 0;
        number = atoll(value);
        if (strcmp(text, "id") == 0)
            cmd->order_id = (uint64_t)number;
        else if (strcmp(text, "rev") == 0)
            cmd->rev = (uint8_t)number;
        else if (strcmp(text, "px") == 0)
            cmd->px = number;
        else if (strcmp(text, "qty") == 0)
            cmd->qty = number;
        else if (strcmp(text, "filled") == 0)
            cmd->filled_qty = number;
        else if (strcmp(text, "depends") == 0)
            cmd->depends_seq = (uint64_t)number;
        else if (strcmp(text, "type") == 0)
            cmd->type = (uint8_t)number;
        else if (strcmp(text, "trigger") == 0)
            cmd->trigger_px = number;
        else if (strcmp(text, "tif") == 0)
            cmd->tif = (uint8_t)number;
        else if (strcmp(text, "flags") == 0)
            cmd->flags = (uint32_t)number;
        else if (strcmp(text, "exit") == 0)
            cmd->is_exit = (uint8_t)number;
        else if (strcmp(text, "doubt") == 0)
            cmd->doubt = (uint8_t)number;
        else if (strcmp(text, "doubt_rev") == 0)
            cmd->doubt_rev = (uint8_t)number;
        else if (strcmp(text, "doubt_px") == 0)
            cmd->doubt_px = number;
        else if (strcmp(text, "doubt_qty") == 0)
            cmd->doubt_qty = number;
        else
            FAIL("no such field: %s", text);
    }
    ring_publish(&w.commands);
    gateway_poll(w.gateway);
}

static void rule(char *at, int what, int is_kept)
{
    struct rule *to = NULL;
    char text[256];

    for (int i = 0; i < 64 && to == NULL; i++)
        to = w.rules[i].is_used ? NULL : &w.rules[i];
    ck_assert_ptr_nonnull(to);
    memset(to, 0, sizeof(*to));
    to->is_used = 1;
    to->is_kept = is_kept;
    to->what = what;
    ck_assert(word(&at, to->method, sizeof(to->method)));
    ck_assert(word(&at, to->prefix, sizeof(to->prefix)));
    if (what != 0)
        return;
    ck_assert(word(&at, text, sizeof(text)));
    to->status = atoi(text);
    at += strspn(at, " ");
    while (*at != '{' && *at != '[' && *at != 0) {
        ck_assert(word(&at, text, sizeof(text)));
        strcat(to->headers, text);
        strcat(to->headers, "\r\n");
        at += strspn(at, " ");
    }
    to->body = strdup(at);
}

static struct seen *find_request(char *at)
{
    char method[8];
    char prefix[256];

    ck_assert(word(&at, method, sizeof(method)));
    ck_assert(word(&at, prefix, sizeof(prefix)));
    for (int i = 0; i < w.n_seen; i++) {
        struct seen *seen = &w.seen[i];

        if (!seen->is_taken && strcmp(seen->method, method) == 0 &&
            strncmp(seen->target, prefix, strlen(prefix)) == 0)
            return seen;
    }
    return NULL;
}

static void end_conns(const char *name, enum stream_end end)
{
    int where = where_of(name);

    for (int i = 0; i < CONNS; i++) {
        if (w.conns[i].is_used && w.conns[i].where == where) {
            w.conns[i].is_ending = 1;
            w.conns[i].end = (int)end;
        }
    }
}

static uint16_t type_of(const char *name)
{
    static const struct {
        const char *name;
        uint16_t type;
    } types[] = {{"TRADE", AGON_EVENT_TRADE},
                 {"QUOTE", AGON_EVENT_QUOTE},
                 {"SNAPSHOT", AGON_EVENT_BOOK_SNAPSHOT},
                 {"DELTA", AGON_EVENT_BOOK_DELTA},
                 {"ACCOUNT", EVENT_ACCOUNT},
                 {"BAR", AGON_EVENT_BAR},
                 {"FUNDING", AGON_EVENT_FUNDING},
                 {"MARK", AGON_EVENT_MARK},
                 {"INDEX", AGON_EVENT_INDEX},
                 {"LIQUIDATION", AGON_EVENT_LIQUIDATION},
                 {"INSTRUMENT", AGON_EVENT_INSTRUMENT},
                 {"HEALTH", AGON_EVENT_HEALTH},
                 {"STATUS", AGON_EVENT_STATUS}};

    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
        if (strcmp(types[i].name, name) == 0)
            return types[i].type;
    }
    FAIL("no such type: %s", name);
    return 0;
}

static void run_line(char *line)
{
    char *at = line;
    char verb[32];
    char text[256];

    if (!word(&at, verb, sizeof(verb)) || verb[0] == '#')
        return;
    at += strspn(at, " ");
    if (strcmp(verb, "T") == 0) {
        for (int i = atoi(at); i > 0; i--)
            step();
    } else if (strcmp(verb, "on") == 0) {
        rule(at, 0, 0);
    } else if (strcmp(verb, "always") == 0) {
        rule(at, 0, 1);
    } else if (strcmp(verb, "forget") == 0) {
        forget();
    } else if (strcmp(verb, "lose") == 0) {
        rule(at, 1, 0);
    } else if (strcmp(verb, "cut") == 0) {
        rule(at, 2, 0);
    } else if (strcmp(verb, "want") == 0) {
        struct seen *seen = find_request(at);

        if (seen == NULL)
            FAIL("no request %s", at);
        seen->is_taken = 1;
        w.wanted = seen->target;
    } else if (strcmp(verb, "none") == 0) {
        struct seen *seen = find_request(at);

        if (seen != NULL)
            FAIL("there is %s %s", seen->method, seen->target);
    } else if (strcmp(verb, "has") == 0 || strcmp(verb, "hasnt") == 0) {
        char *full = expand(at);

        if ((strstr(w.wanted, full) != NULL) != (verb[3] == 0))
            FAIL("%s: %s", verb, w.wanted);
        free(full);
    } else if (strcmp(verb, "market") == 0 || strcmp(verb, "user") == 0) {
        char *full = expand(at);

        send_frame(open_conn(where_of(verb), 0), WS_TEXT, full, strlen(full));
        free(full);
        step();
    } else if (strcmp(verb, "next") == 0) {
        char *full;

        word(&at, text, sizeof(text));
        full = expand(at + strspn(at, " "));
        send_frame(open_conn(where_of(text), 1), WS_TEXT, full, strlen(full));
        free(full);
        step();
    } else if (strcmp(verb, "conns") == 0) {
        int n = 0;

        word(&at, text, sizeof(text));
        for (int i = 0; i < CONNS; i++)
            n += w.conns[i].is_used && w.conns[i].where == where_of(text) && !w.conns[i].is_ending;
        if (n != atoi(at))
            FAIL("%d connections stand", n);
    } else if (strcmp(verb, "logs") == 0) {
        int n = 0;

        word(&at, text, sizeof(text));
        at += strspn(at, " ");
        for (int i = 0; i < w.n_logs && i < 64; i++)
            n += strstr(w.logs[i], at) != NULL;
        if (n != atoi(text))
            FAIL("%d lines of the log say so", n);
    } else if (strcmp(verb, "round") == 0) {
        gateway_check_time(w.gateway, (uint32_t)atoi(at));
        step();
    } else if (strcmp(verb, "times") == 0) {
        struct gateway_status status;
        char *end;
        uint32_t round = (uint32_t)strtoul(at, &end, 10);

        gateway_status(w.gateway, &status);
        if (status.times.round != round || status.times.n != strtoul(end, NULL, 10))
            FAIL("round %u, %u readings", status.times.round, status.times.n);
        for (uint32_t i = 0; i < status.times.n; i++) {
            if (llabs(status.times.offset_ns[i] - T0) > status.times.error_ns[i])
                FAIL("reading %u is %lld ns off", i, (long long)(status.times.offset_ns[i] - T0));
        }
    } else if (strcmp(verb, "frame") == 0) {
        char bytes[256] = {0};

        word(&at, text, sizeof(text));
        send_frame(open_conn(where_of(text), 0), WS_BINARY, bytes, (size_t)atoi(at));
        step();
    } else if (strcmp(verb, "binary") == 0 || strcmp(verb, "silent") == 0) {
        struct gateway_status status;

        gateway_status(w.gateway, &status);
        if ((int)(verb[0] == 'b' ? status.n_binary : status.n_silent) != atoi(at))
            FAIL("%llu binary frames, %llu silent channels", (unsigned long long)status.n_binary,
                 (unsigned long long)status.n_silent);
    } else if (strcmp(verb, "other") == 0) {
        w.other_ns = atoll(at) * 1000000;
    } else if (strcmp(verb, "refused") == 0) {
        struct gateway_status status;

        gateway_status(w.gateway, &status);
        if ((status.refusal != 0) != (strcmp(at, "yes") == 0))
            FAIL("refused: %u %s", status.refusal, status.refusal_text);
    } else if (strcmp(verb, "bad") == 0) {
        struct gateway_status status;

        gateway_status(w.gateway, &status);
        if ((int)status.n_bad != atoi(at))
            FAIL("%llu bad messages", (unsigned long long)status.n_bad);
    } else if (strcmp(verb, "life") == 0) {
        w.gateway->config.life_ns = atoll(at) * 1000000;
    } else if (strcmp(verb, "nothing") == 0) {
        if (next_of(type_of(at)) != NULL)
            FAIL("there is a %s", at);
    } else if (strcmp(verb, "sent") == 0) {
        word(&at, text, sizeof(text));
        at += strspn(at, " ");
        if (strstr(w.last_sent[where_of(text)], at) == NULL)
            FAIL("we sent %s", w.last_sent[where_of(text)]);
    } else if (strcmp(verb, "reset") == 0) {
        end_conns(at, STREAM_END_RESET);
        step();
    } else if (strcmp(verb, "leave") == 0) {
        end_conns(at, STREAM_END_PEER);
        step();
    } else if (strcmp(verb, "refuse") == 0) {
        w.refuse = strcmp(at, "none") == 0 ? 0 : where_of(at) + 1;
    } else if (strcmp(verb, "cmd") == 0) {
        command(at);
    } else if (strcmp(verb, "room") == 0) {
        w.is_full = strcmp(at, "again") != 0;
        w.n_bars_fit = strtoull(at, NULL, 10);
    } else if (strcmp(verb, "durable") == 0) {
        w.durable = (uint64_t)atoll(at);
        gateway_poll(w.gateway);
    } else if (strcmp(verb, "report") == 0) {
        const struct agon_event_hdr *hdr = next_of(EVENT_REPORT);
        const struct record_report *report = (const struct record_report *)(const void *)hdr;

        word(&at, text, sizeof(text));
        if (hdr == NULL)
            FAIL("no report");
        if (strcmp(report_names[report->kind], text) != 0)
            FAIL("a report %s of %llu reason %u", report_names[report->kind],
                 (unsigned long long)report->order_id, report->reason);
        fields(hdr, at);
    } else if (strcmp(verb, "silence") == 0) {
        const struct agon_event_hdr *hdr = next_of(EVENT_REPORT);

        if (hdr != NULL)
            FAIL("a report %s",
                 report_names[((const struct record_report *)(const void *)hdr)->kind]);
    } else if (strcmp(verb, "book") == 0) {
        const struct agon_event_hdr *hdr;
        const struct agon_status *status;

        do {
            hdr = next_of(AGON_EVENT_STATUS);
            status = (const struct agon_status *)(const void *)hdr;
        } while (hdr != NULL && hdr->instrument != 1);
        word(&at, text, sizeof(text));
        if (hdr == NULL)
            FAIL("no status");
        if (strcmp(book_names[status->book], text) != 0)
            FAIL("the book is %s", book_names[status->book]);
        if (word(&at, text, sizeof(text)) && (int)status->reason != atoi(text))
            FAIL("the reason is %u", status->reason);
    } else if (strcmp(verb, "take") == 0) {
        const struct agon_event_hdr *hdr;

        word(&at, text, sizeof(text));
        hdr = next_of(type_of(text));
        if (hdr == NULL)
            FAIL("no such record");
        fields(hdr, at);
    } else if (strcmp(verb, "connects") == 0) {
        int where;

        word(&at, text, sizeof(text));
        where = where_of(text);
        if (w.n_connects[where] != atoi(at))
            FAIL("%d connects", w.n_connects[where]);
        w.n_connects[where] = 0;
    } else if (strcmp(verb, "fewer") == 0) {
        int where;

        word(&at, text, sizeof(text));
        where = where_of(text);
        if (w.n_connects[where] > atoi(at))
            FAIL("%d connects", w.n_connects[where]);
        w.n_connects[where] = 0;
    } else if (strcmp(verb, "ready") == 0) {
        struct gateway_status status;

        gateway_status(w.gateway, &status);
        if (status.is_ready != (strcmp(at, "yes") == 0))
            FAIL("ready is %u", status.is_ready);
    } else {
        FAIL("no such command: %s", verb);
    }
}

/* "@n" is the number of the repetition, of all in the story: ids are used once. */
static void number_line(char *line, size_t room)
{
    char rest[65536];
    char *at;

    while ((at = strstr(line, "@n")) != NULL) {
        snprintf(rest, sizeof(rest), "%s", at + 2);
        snprintf(at, room - (size_t)(at - line), "%d%s", w.round, rest);
    }
}

static void run_file(const char *name)
{
    const char *root = getenv("AGON_SOURCE_ROOT");
    static char line[65536];
    char path[1024];
    char used[128];
    const char *was = w.file;
    int was_line = w.line;
    FILE *file;

    snprintf(path, sizeof(path), "%s/tests/data/venue/%s", root != NULL ? root : ".", name);
    file = fopen(path, "r");
    ck_assert_msg(file != NULL, "%s", path);
    w.file = name;
    w.line = 0;
    while (fgets(line, sizeof(line), file) != NULL) {
        w.line++;
        line[strcspn(line, "\n")] = 0;
        number_line(line, sizeof(line));
        if (strncmp(line, "use ", 4) == 0) {
            snprintf(used, sizeof(used), "%.100s", line + 4);
            run_file(used);
        } else if (strncmp(line, "repeat ", 7) == 0) {
            char *rest;
            long n = strtol(line + 7, &rest, 10);

            snprintf(used, sizeof(used), "%.100s", rest + 1);
            while (n-- > 0) {
                w.round++;
                run_file(used);
            }
        } else {
            run_line(line);
        }
    }
    fclose(file);
    w.file = was;
    w.line = was_line;
}

void script_run(const char *file)
{
    memset(&w, 0, sizeof(w));
    w.file = file;
    begin();
    run_file(file);
    w.file = file;
    finish();
}
