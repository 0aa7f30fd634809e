// SPDX-License-Identifier: Apache-2.0
/* fuzz_gateway: a gateway against a venue that says anything. Records that come out are well
 * formed, no line of the log holds a secret, and it can always be stopped.
 *
 * The input is a script in the words of tests/unit/venue/script.h that act (T on lose cut market
 * user reset refuse cmd durable; what looks at results is passed over) and one more:
 *   raw market|user|rest <text>   these bytes come in, whatever stands on that connection
 * Requests that no line answers are answered as a quiet venue would. The scripts of
 * tests/data/venue/binance are seeds, their "use" lines replaced by what they name.
 *
 * decodes: host/venue/gateway.c host/venue/outbox.c host/venue/binance/spot.c
 *   host/venue/binance/decode.c host/venue/binance/decode_info.c
 *   host/venue/binance/decode_market.c host/venue/binance/decode_rest.c
 * host/venue/binance/decode_user.c host/venue/book_sync.c host/venue/client_id.c
 *   host/venue/scan.c host/net/http.c host/net/ws.c */
#include "venue/gateway.h"

#include <stdio.h>
#include <stdlib.h>

#include "fuzz.h"
#include "net/http.h"
#include "net/ws.h"
#include "venue/client_id.h"

#define CONNS     24
#define TIMERS    64
#define RULES     64
#define GRANULES  4096
#define LINES_MAX 400
#define TURNS_MAX 3000
#define T0        ((agon_ns_t)1700000000000 * 1000000)
#define MS        ((int64_t)1000000)

enum { MARKET = 0, USER = 1, REST = 2 };
static const char *const where_names[] = {"market", "user", "rest"};

struct conn {
    int is_used, is_open, is_ending, where, end;
    struct stream_owner owner;
    struct http_parse *http;
    struct ws *ws;
    unsigned char *out; /* to the client, delivered on the next turn; owned */
    size_t n_out, room;
};
struct rule {
    int is_used, status, what; /* what: 0 answer, 1 lose, 2 cut */
    char method[8], prefix[128], headers[256];
    char *body; /* owned */
};
static struct world {
    int64_t now;
    struct conn conns[CONNS];
    struct {
        int is_used;
        int64_t at;
        uint64_t cookie;
        struct stream_owner owner;
    } timers[TIMERS];
    struct rule rules[RULES];
    int refuse, n_turns;
    uint64_t random, durable;
    struct gateway *gateway;
    struct ring commands;
    struct evring out, in;
} w;
static void *memory; /* of the ring, kept over all inputs */

static void push(struct conn *conn, const void *bytes, size_t n)
{
    if (conn->n_out + n > conn->room) {
        conn->room = (conn->n_out + n) * 2;
        conn->out = realloc(conn->out, conn->room);
        REQUIRE(conn->out != NULL);
    }
    memcpy(conn->out + conn->n_out, bytes, n);
    conn->n_out += n;
}

static int port_connect(void *ctx, const struct stream_target *target,
                        const struct stream_owner *owner)
{
    (void)ctx;
    for (int i = 0; i < CONNS; i++) {
        struct conn *conn = &w.conns[i];

        if (conn->is_used)
            continue;
        memset(conn, 0, sizeof(*conn));
        conn->is_used = 1;
        conn->where = target->port - 1;
        REQUIRE(conn->where >= MARKET && conn->where <= REST);
        conn->owner = *owner;
        conn->is_ending = w.refuse == conn->where + 1;
        conn->end = STREAM_END_REFUSED;
        return i;
    }
    return AGON_EAGAIN;
}

// ${t}: the venue's time in ms; ${1:0}: the client id of order 1, revision 0.
static char *expand(const char *text)
{
    size_t room = strlen(text) * 6 + 256;
    char *full = malloc(room);
    size_t n = 0;

    REQUIRE(full != NULL);
    while (*text != '\0') {
        unsigned long long id;
        unsigned rev;
        int used = 0;

        if (strncmp(text, "${t}", 4) == 0) {
            n += (size_t)snprintf(full + n, room - n, "%lld", (long long)((T0 + w.now) / MS));
            text += 4;
        } else if (sscanf(text, "${%5llu:%2u}%n", &id, &rev, &used) == 2 && used > 0 && id > 0) {
            char client[CLIENT_ID_TEXT];

            client_id_format(&(struct order_ids){0}, id, (uint8_t)rev, client);
            n += (size_t)snprintf(full + n, room - n, "%s", client);
            text += used;
        } else {
            full[n++] = *text++;
        }
    }
    full[n] = '\0';
    return full;
}

static void reply(struct conn *conn, int status, const char *headers, const char *body)
{
    char *full = expand(body);
    char head[512];
    int n = snprintf(head, sizeof(head),
                     "HTTP/1.1 %d X\r\nContent-Type: application/json\r\n%sContent-Length: %zu\r\n"
                     "\r\n",
                     status, headers, strlen(full));

    REQUIRE(n > 0 && (size_t)n < sizeof(head));
    push(conn, head, (size_t)n);
    push(conn, full, strlen(full));
    free(full);
}

static void on_request(struct conn *conn, const struct http_message *message)
{
    static const struct {
        const char *path, *body;
    } quiet[] = {
        {"/api/v3/time", "{\"serverTime\":${t}}"},
        {"/api/v3/exchangeInfo", "{\"rateLimits\":[],\"symbols\":[]}"},
        {"/api/v3/account", "{\"canTrade\":true,\"balances\":[]}"},
        {"/api/v3/openOrders", "[]"},
        {"/api/v3/myTrades", "[]"},
        {"/api/v3/klines", "[]"},
        {"/api/v3/depth", "{\"lastUpdateId\":100,\"bids\":[[\"30000.00\",\"1.00000\"]],"
                          "\"asks\":[[\"30001.00\",\"1.00000\"]]}"},
    };

    for (int i = 0; i < RULES; i++) {
        struct rule *rule = &w.rules[i];

        if (!rule->is_used || strcmp(rule->method, message->method) != 0 ||
            strncmp(message->target, rule->prefix, strlen(rule->prefix)) != 0)
            continue;
        rule->is_used = 0;
        if (rule->what == 0) {
            reply(conn, rule->status, rule->headers, rule->body);
        } else if (rule->what == 2) {
            conn->is_ending = 1;
            conn->end = STREAM_END_RESET;
        }
        free(rule->body);
        return;
    }
    for (size_t i = 0; i < sizeof(quiet) / sizeof(quiet[0]); i++)
        if (strcmp(message->path, quiet[i].path) == 0) {
            reply(conn, 200, "", quiet[i].body);
            return;
        }
    reply(conn, 400, "", "{\"code\":-1000,\"msg\":\"An unknown error occurred.\"}");
}

static void send_frame(struct conn *conn, enum ws_opcode opcode, const void *bytes, size_t n)
{
    unsigned char *frame = malloc(n + WS_HEADER_MAX);
    int64_t length = ws_write(frame, n + WS_HEADER_MAX, WS_SERVER, opcode, bytes, n, 0);

    // Text that is no UTF-8 is not written by our own writer: it goes out as it is.
    if (length > 0)
        push(conn, frame, (size_t)length);
    free(frame);
}

static void srv_message(void *ctx, enum ws_opcode opcode, const void *bytes, size_t n)
{
    (void)ctx;
    (void)opcode;
    (void)bytes;
    (void)n;
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
    REQUIRE(at >= 0 && at < CONNS);
    if (!conn->is_used || !conn->is_open || conn->is_ending)
        return AGON_ESTATE;
    if (conn->ws != NULL) {
        // What we write is always a frame of the protocol, also after what was read.
        REQUIRE(ws_feed(conn->ws, bytes, n, NULL) == AGON_OK);
        return AGON_OK;
    }
    while (n > 0) {
        size_t used;
        int rc = http_feed(conn->http, from, n, &used, NULL);
        const struct http_message *message;
        const char *key;

        REQUIRE(rc >= 0);
        if (rc == 0)
            break;
        from += used;
        n -= used;
        message = http_message(conn->http);
        if (ws_check_request(message, &key, NULL) == AGON_OK) {
            char accept[512];
            int64_t length = ws_write_reply(accept, sizeof(accept), key);

            push(conn, accept, (size_t)length);
            REQUIRE(ws_new(&conn->ws, WS_SERVER, NULL, &owner) == AGON_OK);
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
    REQUIRE(at >= 0 && at < CONNS && w.conns[at].is_used);
    w.conns[at].is_ending = 1;
    w.conns[at].end = STREAM_END_LOCAL;
}

static void port_pause(void *ctx, int at, int is_paused)
{
    (void)ctx;
    (void)is_paused;
    REQUIRE(at >= 0 && at < CONNS && w.conns[at].is_used);
}

static int64_t port_timer(void *ctx, int64_t delay, uint64_t cookie,
                          const struct stream_owner *owner)
{
    (void)ctx;
    REQUIRE(delay >= 0);
    for (int i = 0; i < TIMERS; i++) {
        if (w.timers[i].is_used)
            continue;
        w.timers[i].is_used = 1;
        w.timers[i].at = w.now + delay;
        w.timers[i].cookie = cookie;
        w.timers[i].owner = *owner;
        return i;
    }
    return AGON_ENOSPC;
}

static void port_cancel(void *ctx, int64_t id)
{
    (void)ctx;
    REQUIRE(id >= 0 && id < TIMERS);
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
    return T0 + w.now + 700 * MS; // the host's clock is not the venue's
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

static void drain(void)
{
    static _Alignas(64) unsigned char bytes[EVENT_BYTES_MAX];
    const struct agon_event_hdr *event = (const struct agon_event_hdr *)(void *)bytes;
    int rc;

    while ((rc = evring_take(&w.in, (struct agon_event_hdr *)(void *)bytes)) == 1) {
        REQUIRE(event->t >= T0 && event->instrument <= 2);
        if (event->type == EVENT_REPORT) {
            const struct record_report *report = (const struct record_report *)(void *)bytes;

            REQUIRE(report->kind >= REPORT_ACK && report->account == 5 && report->cum_qty >= 0);
            REQUIRE(report->kind != REPORT_FILL || (report->px > 0 && report->qty > 0));
        } else if (event->type == AGON_EVENT_BOOK_SNAPSHOT ||
                   event->type == AGON_EVENT_BOOK_DELTA) {
            const struct agon_book_part *part = (const struct agon_book_part *)(void *)bytes;
            const struct agon_level *level = (const struct agon_level *)(const void *)(part + 1);

            REQUIRE(sizeof(*part) + sizeof(*level) * ((size_t)part->n_bid + part->n_ask) <=
                    event_bytes(event));
            for (uint32_t i = 0; i < (uint32_t)part->n_bid + part->n_ask; i++)
                REQUIRE(level[i].px > 0 && level[i].qty >= 0);
        } else if (event->type == AGON_EVENT_TRADE) {
            const struct agon_trade *trade = (const struct agon_trade *)(void *)bytes;

            REQUIRE(trade->px > 0 && trade->qty > 0);
        }
    }
    REQUIRE(rc == 0);
}

static void turn(void)
{
    for (int i = 0; i < CONNS; i++) {
        struct conn *conn = &w.conns[i];
        unsigned char *out = conn->out;
        size_t n = conn->n_out;

        if (!conn->is_used)
            continue;
        if (!conn->is_open && !conn->is_ending) {
            conn->is_open = 1;
            REQUIRE(http_new(&conn->http, HTTP_SERVER, 0) == AGON_OK);
            conn->owner.on_open(conn->owner.ctx, i);
        } else if (n > 0 && !conn->is_ending) {
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
    for (int i = 0; i < TIMERS; i++) {
        if (w.timers[i].is_used && w.timers[i].at <= w.now) {
            w.timers[i].is_used = 0;
            w.timers[i].owner.on_timer(w.timers[i].owner.ctx, w.timers[i].cookie);
        }
    }
    drain();
    w.n_turns++;
}

// Time goes from one thing that happens to the next.
static void pass(int64_t ms)
{
    int64_t end = w.now + ms * MS;

    do {
        int64_t next = end;

        for (int i = 0; i < CONNS; i++)
            if (w.conns[i].is_used &&
                (!w.conns[i].is_open || w.conns[i].is_ending || w.conns[i].n_out > 0))
                next = w.now + MS;
        for (int i = 0; i < TIMERS; i++)
            if (w.timers[i].is_used && w.timers[i].at < next)
                next = w.timers[i].at;
        w.now = next > w.now ? next : w.now;
        turn();
    } while (w.now < end && w.n_turns < TURNS_MAX);
}

static void on_log(void *ctx, int level, const char *venue, const char *key, const char *text)
{
    (void)ctx;
    (void)level;
    REQUIRE(venue != NULL && key != NULL && strstr(text, "agon-test-secret") == NULL);
    for (const char *at = text; *at != '\0'; at++)
        REQUIRE((unsigned char)*at >= ' ' && *at != 127); // nothing that moves a terminal
}

static uint64_t durable_seq(void *ctx)
{
    (void)ctx;
    return w.durable;
}

static struct gateway_instrument traded(agon_instrument_t id, const char *symbol)
{
    struct gateway_instrument made = {.instrument = {.hdr = {.instrument = id},
                                                     .kind = INSTRUMENT_SPOT,
                                                     .base = (agon_asset_t)(id + 1),
                                                     .quote = 1,
                                                     .settle = 1,
                                                     .px_exp = 2,
                                                     .qty_exp = id == 1 ? 5 : 3,
                                                     .tick_px = 1,
                                                     .lot_qty = 1},
                                      .last_fill = 100};

    snprintf(made.instrument.symbol, sizeof(made.instrument.symbol), "%s", symbol);
    return made;
}

static void begin(void)
{
    static const struct venue_limit limits[] = {
        {"weight", 6000, 60000 * MS},    {"raw", 300000, 300000 * MS},
        {"orders", 100, 10000 * MS},     {"orders_day", 200000, 86400000 * MS},
        {"snapshots", 1200, 60000 * MS}, {"connects", 300, 300000 * MS},
    };
    static const struct gateway_asset assets[] = {{"USDT", 1, 8}, {"BTC", 2, 8}, {"BNB", 3, 8}};
    struct gateway_instrument instruments[] = {traded(1, "BTCUSDT"), traded(2, "BNBUSDT")};
    struct gateway_ports ports = {.stream = &port,
                                  .out = &w.out,
                                  .commands = &w.commands,
                                  .durable_seq = durable_seq,
                                  .log = on_log};
    struct venue_config config;

    memset(&w, 0, sizeof(w));
    if (memory == NULL)
        memory = aligned_alloc(128, (evring_bytes(GRANULES) + 127) / 128 * 128);
    REQUIRE(memory != NULL);
    memset(memory, 0, EVRING_HEAD);
    REQUIRE(evring_format(memory, GRANULES) == AGON_OK);
    REQUIRE(evring_attach(&w.out, memory, GRANULES) == AGON_OK);
    REQUIRE(evring_attach(&w.in, memory, GRANULES) == AGON_OK);
    REQUIRE(ring_init(&w.commands, 64, sizeof(struct order_cmd)) == AGON_OK);
    REQUIRE(venue_config_default(&config, "binance_spot") == AGON_OK);
    snprintf(config.name, sizeof(config.name), "fuzzed");
    config.venue = 1;
    config.account = 5;
    config.is_private = 1;
    config.warm_bars = 0;
    snprintf(config.market.host, sizeof(config.market.host), "market.test");
    snprintf(config.user.host, sizeof(config.user.host), "user.test");
    snprintf(config.rest.host, sizeof(config.rest.host), "rest.test");
    config.market.port = MARKET + 1;
    config.user.port = USER + 1;
    config.rest.port = REST + 1;
    memcpy(config.limits, limits, sizeof(limits));
    config.n_limits = sizeof(limits) / sizeof(limits[0]);
    REQUIRE(secret_set(&config.key, "agon-test-key", 13) == AGON_OK);
    REQUIRE(secret_set(&config.secret, "agon-test-secret", 16) == AGON_OK);
    w.durable = UINT64_MAX;
    w.random = 7;
    REQUIRE(gateway_new(&w.gateway, &config, &ports, assets, 3, instruments, 2, NULL) == AGON_OK);
    gateway_start(w.gateway);
}

static void finish(void)
{
    struct gateway_status status;

    gateway_status(w.gateway, &status);
    REQUIRE(status.n_live <= status.n_books && status.n_up <= status.n_links);
    gateway_stop(w.gateway);
    for (int i = 0; i < 3; i++)
        turn();
    REQUIRE(gateway_is_stopped(w.gateway));
    gateway_free(w.gateway);
    ring_deinit(&w.commands);
    for (int i = 0; i < RULES; i++)
        if (w.rules[i].is_used)
            free(w.rules[i].body);
    for (int i = 0; i < CONNS; i++)
        REQUIRE(!w.conns[i].is_used);
}

/* The script */

static int word(char **at, char *text, size_t room)
{
    size_t n;

    *at += strspn(*at, " ");
    n = strcspn(*at, " ");
    if (n == 0 || n >= room)
        return 0;
    memcpy(text, *at, n);
    text[n] = '\0';
    *at += n;
    return 1;
}

static int where_of(const char *name)
{
    for (int i = 0; i < 3; i++)
        if (strcmp(name, where_names[i]) == 0)
            return i;
    return -1;
}

static void rule(char *at, int what)
{
    struct rule made = {.is_used = 1, .what = what};
    char text[64];
    size_t n = 0;

    if (!word(&at, made.method, sizeof(made.method)) ||
        !word(&at, made.prefix, sizeof(made.prefix)))
        return;
    if (what == 0) {
        if (!word(&at, text, sizeof(text)))
            return;
        made.status = atoi(text);
        if (made.status < 100 || made.status > 999)
            return;
        at += strspn(at, " ");
        while (*at != '{' && *at != '[' && *at != '\0') {
            if (!word(&at, text, sizeof(text)) || n + strlen(text) + 3 > sizeof(made.headers))
                return;
            n += (size_t)snprintf(made.headers + n, sizeof(made.headers) - n, "%s\r\n", text);
            at += strspn(at, " ");
        }
        made.body = strdup(at);
    }
    for (int i = 0; i < RULES; i++) {
        if (w.rules[i].is_used)
            continue;
        w.rules[i] = made;
        return;
    }
    free(made.body);
}

static void command(char *at)
{
    struct order_cmd cmd = {.instrument = 1,
                            .account = 5,
                            .venue = 1,
                            .side = AGON_BUY,
                            .type = AGON_LIMIT,
                            .tif = AGON_TIF_GTC,
                            .px = 3000000,
                            .qty = 1000,
                            .order_id = 1};
    struct order_cmd *slot;
    char text[64] = "";

    word(&at, text, sizeof(text));
    cmd.kind = strcmp(text, "new") == 0      ? CMD_NEW
               : strcmp(text, "cancel") == 0 ? CMD_CANCEL
               : strcmp(text, "query") == 0  ? CMD_QUERY
                                             : CMD_REPLACE;
    while (word(&at, text, sizeof(text))) {
        char *value = strchr(text, '=');
        int64_t number;

        if (value == NULL)
            continue;
        *value++ = '\0';
        number = atoll(value);
        // The core is ours: what it sends is within its own rules.
        if (number < 0)
            continue;
        if (strcmp(text, "id") == 0 && number > 0)
            cmd.order_id = (uint64_t)number;
        else if (strcmp(text, "rev") == 0)
            cmd.rev = (uint8_t)number;
        else if (strcmp(text, "px") == 0)
            cmd.px = number;
        else if (strcmp(text, "qty") == 0)
            cmd.qty = number;
        else if (strcmp(text, "filled") == 0)
            cmd.filled_qty = number;
        else if (strcmp(text, "depends") == 0)
            cmd.depends_seq = (uint64_t)number;
        else if (strcmp(text, "type") == 0 && number >= AGON_LIMIT && number <= AGON_MARKET)
            cmd.type = (uint8_t)number;
        else if (strcmp(text, "tif") == 0 && number >= AGON_TIF_GTC && number <= AGON_TIF_FOK)
            cmd.tif = (uint8_t)number;
        else if (strcmp(text, "flags") == 0)
            cmd.flags = number & AGON_POST_ONLY;
        else if (strcmp(text, "doubt") == 0 && number <= CMD_REPLACE)
            cmd.doubt = (uint8_t)number;
        else if (strcmp(text, "doubt_rev") == 0)
            cmd.doubt_rev = (uint8_t)number;
    }
    slot = ring_claim(&w.commands);
    if (slot == NULL)
        return;
    *slot = cmd;
    ring_publish(&w.commands);
    gateway_poll(w.gateway);
}

static void say(const char *verb, const char *text, int is_raw)
{
    int where = where_of(verb);

    for (int i = 0; i < CONNS; i++) {
        struct conn *conn = &w.conns[i];
        char *full;

        if (!conn->is_used || !conn->is_open || conn->is_ending || conn->where != where ||
            (conn->ws == NULL && !is_raw))
            continue;
        full = expand(text);
        if (is_raw)
            push(conn, full, strlen(full));
        else
            send_frame(conn, WS_TEXT, full, strlen(full));
        free(full);
        break;
    }
    pass(1);
}

static void line(char *text)
{
    char *at = text;
    char verb[16];
    char name[16];

    if (!word(&at, verb, sizeof(verb)))
        return;
    at += *at == ' ';
    if (strcmp(verb, "T") == 0) {
        int ms = atoi(at);

        pass(ms < 0 ? 0 : ms > 1000000 ? 1000000 : ms);
    } else if (strcmp(verb, "on") == 0) {
        rule(at, 0);
    } else if (strcmp(verb, "lose") == 0) {
        rule(at, 1);
    } else if (strcmp(verb, "cut") == 0) {
        rule(at, 2);
    } else if (strcmp(verb, "market") == 0 || strcmp(verb, "user") == 0) {
        say(verb, at, 0);
    } else if (strcmp(verb, "raw") == 0 && word(&at, name, sizeof(name))) {
        say(name, at + (*at == ' '), 1);
    } else if (strcmp(verb, "reset") == 0) {
        for (int i = 0; i < CONNS; i++)
            if (w.conns[i].is_used && !w.conns[i].is_ending && w.conns[i].where == where_of(at)) {
                w.conns[i].is_ending = 1;
                w.conns[i].end = STREAM_END_RESET;
            }
        pass(1);
    } else if (strcmp(verb, "refuse") == 0) {
        w.refuse = where_of(at) + 1;
    } else if (strcmp(verb, "cmd") == 0) {
        command(at);
    } else if (strcmp(verb, "durable") == 0) {
        w.durable = (uint64_t)atoll(at);
        gateway_poll(w.gateway);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    char *text = malloc(n + 1);
    char *rest = text;
    char *next;

    REQUIRE(text != NULL);
    memcpy(text, data, n);
    text[n] = '\0';
    begin();
    for (int i = 0; i < LINES_MAX && w.n_turns < TURNS_MAX && (next = strsep(&rest, "\n")); i++)
        line(next);
    finish();
    free(text);
    return 0;
}
