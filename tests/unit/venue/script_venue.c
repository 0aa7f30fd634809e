// SPDX-License-Identifier: Apache-2.0
#include "script_impl.h"

#include "scripted_all.h" // made by the build

const char *const where_names[WHERES] = {"market", "user", "rest", "orders"};
struct script_world w;

#define VENUE(name) extern const struct scripted scripted_##name[];
SCRIPTED_ALL(VENUE)
#undef VENUE

const struct scripted *scripted_at(size_t i)
{
    static const struct scripted *const all[] = {
#define VENUE(name) scripted_##name,
        SCRIPTED_ALL(VENUE)
#undef VENUE
    };

    for (size_t k = 0; k < sizeof(all) / sizeof(all[0]); k++) {
        for (const struct scripted *venue = all[k]; venue->folder != NULL; venue++) {
            if (i-- == 0)
                return venue;
        }
    }
    return NULL;
}

const struct scripted *scripted_of(const char *file)
{
    const struct scripted *venue;
    size_t n = strcspn(file, "/");

    for (size_t i = 0; (venue = scripted_at(i)) != NULL; i++) {
        if (strlen(venue->folder) == n && memcmp(venue->folder, file, n) == 0)
            return venue;
    }
    return NULL;
}

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
    int where = target->port == 1   ? MARKET
                : target->port == 2 ? USER
                : target->port == 4 ? ORDERS
                                    : REST;

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
const char *script_other_id(void)
{
    static const struct order_ids other = {.journal = 0x123456};
    static char client[CLIENT_ID_TEXT];

    client_id_format(&other, (uint64_t)1 << 32 | 1, 0, client);
    return client;
}

char *script_expand(const char *text)
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
        } else if (strncmp(text, "${req}", 6) == 0) {
            n += (size_t)snprintf(full + n, room - n, "%s", w.req);
            text += 6;
        } else if (strncmp(text, "${other}", 8) == 0) {
            n += (size_t)snprintf(full + n, room - n, "%s", script_other_id());
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

void script_reply(struct conn *conn, int status, const char *headers, const char *body)
{
    char *full = script_expand(body);
    char head[1024];
    int n = snprintf(head, sizeof(head),
                     "HTTP/1.1 %d X\r\nContent-Type: application/json\r\n%sContent-Length: %zu\r\n"
                     "\r\n",
                     status, headers, strlen(full));

    push(conn, head, (size_t)n);
    push(conn, full, strlen(full));
    free(full);
}

static void on_request(struct conn *conn, const struct http_message *message)
{
    struct seen *seen = &w.seen[w.n_seen++];

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
            script_reply(conn, rule->status, rule->headers, rule->body);
        } else if (rule->what == 2) {
            conn->is_ending = 1;
            conn->end = STREAM_END_RESET;
        }
        if (!rule->is_used)
            free(rule->body);
        return;
    }
    if (!w.venue->reply(conn, message))
        FAIL("nobody answers %s %s", message->method, message->target);
}

void script_frame(struct conn *conn, enum ws_opcode opcode, const void *bytes, size_t n)
{
    size_t room = n + WS_HEADER_MAX;
    char *frame = malloc(room);
    int64_t length = ws_write(frame, room, WS_SERVER, opcode, bytes, n, 0);

    ck_assert_int_gt(length, 0);
    push(conn, frame, (size_t)length);
    free(frame);
}

void script_torn(struct conn *conn, const void *bytes, size_t n, int n_frames)
{
    size_t room = n + WS_HEADER_MAX;
    char *frame = malloc(room);
    size_t length = (size_t)ws_write(frame, room, WS_SERVER, WS_TEXT, bytes, n, 0),
           head = length - 9;

    push(conn, frame, head);
    for (int i = 1; i < n_frames; i++) {
        for (int ms = 0; ms < 100 && conn->is_used && !conn->is_ending; ms++)
            script_step();
        if (!conn->is_used || conn->is_ending)
            break; // what the script says next finds that
        push(conn, frame + head, length - head);
        push(conn, frame, head);
    }
    if (conn->is_used && !conn->is_ending)
        push(conn, frame + head, length - head);
    free(frame);
    script_step();
}

void script_take_req(const char *text)
{
    static const char *const keys[] = {"\"req_id\":", "{\"id\":\""};

    for (int i = 0; i < 2; i++) {
        const char *id = strstr(text, keys[i]);

        if (id == NULL)
            continue;
        id += strlen(keys[i]);
        snprintf(w.req, sizeof(w.req), "%.*s", (int)strspn(id, "0123456789"), id);
    }
}

/* Of a request for an order its name: {"method":"add_order",..., {"id":"7","op":"order",... or
 * {"id":"7","method":"order.place",... NULL: it is none. */
static const char *said_name(const struct conn *conn, const char *text)
{
    const char *key = w.venue->said_key != NULL ? w.venue->said_key : "\"method\":\"";
    const char *at = strstr(text, key);

    if (at == NULL ||
        (conn->where != ORDERS &&
         (conn->where != USER || (w.venue->is_said_first && at != text + 1))) ||
        strstr(text, "\"subscribe\"") != NULL || strstr(text, "\"ping\"") != NULL ||
        strstr(text, "\"login\"") != NULL || strstr(text, "\"userDataStream") != NULL)
        return NULL;
    return at + strlen(key);
}

static void on_said(struct conn *conn, const char *text)
{
    struct seen *seen = &w.seen[w.n_seen];
    const char *name = said_name(conn, text);

    if (name == NULL)
        return;
    ck_assert_int_lt(++w.n_seen, 4096);
    snprintf(seen->method, sizeof(seen->method), "SAY");
    ck_assert_int_gt(asprintf(&seen->target, "%.*s?%s", (int)strcspn(name, "\""), name, text), 0);
    for (int i = 0; i < 64; i++) {
        struct rule *rule = &w.rules[i];

        if (!rule->is_used || strcmp(rule->method, "SAY") != 0 ||
            strncmp(seen->target, rule->prefix, strlen(rule->prefix)) != 0)
            continue;
        rule->is_used = rule->is_kept;
        if (rule->what == 0) {
            char *full = script_expand(rule->body);

            script_frame(conn, WS_TEXT, full, strlen(full));
            free(full);
        } else if (rule->what == 2) {
            conn->is_ending = 1;
            conn->end = STREAM_END_RESET;
        }
        if (!rule->is_used)
            free(rule->body);
        return;
    }
    FAIL("nobody answers %s", text);
}

static void srv_message(void *ctx, enum ws_opcode opcode, const void *bytes, size_t n)
{
    struct conn *conn = ctx;

    (void)opcode;
    ck_assert_uint_lt(n, sizeof(w.last_sent[0]));
    memcpy(w.last_sent[conn->where], bytes, n);
    w.last_sent[conn->where][n] = 0;
    if (conn->where == USER || conn->where == ORDERS)
        script_take_req(w.last_sent[conn->where]);
    on_said(conn, w.last_sent[conn->where]);
    if (strstr(w.last_sent[conn->where], "\"method\":\"ping\"") != NULL)
        script_frame(conn, WS_TEXT, "{\"method\":\"pong\"}", 17);
}

static void srv_ping(void *ctx, const void *bytes, size_t n)
{
    script_frame(ctx, WS_PONG, bytes, n);
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

void script_step(void)
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

static void on_log(void *ctx, int level, const char *venue, const char *key, const char *text)
{
    (void)ctx;
    ck_assert_str_ne(venue, "");
    // What is secret is in no line.
    ck_assert_ptr_null(strstr(text, "agon-test"));
    snprintf(w.logs[w.n_logs++ % 64], 512, "%d %s: %s", level, key, text);
}

void script_begin(void)
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
                                                 .last_fill = 100,
                                                 .is_read = 1},
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
                                                 .last_fill = 100,
                                                 .is_read = 1}};
    struct gateway_ports ports = {.stream = &port,
                                  .out = &w.out,
                                  .commands = &w.commands,
                                  .durable_seq = durable_seq,
                                  .takes = takes,
                                  .log = on_log};
    struct venue_config config;
    struct error err = {0};

    w.venue = scripted_of(w.file);
    ck_assert_msg(w.venue != NULL, "%s: no tests/unit/venue/scripted_NAME.c has its folder",
                  w.file);
    ck_assert_int_eq(venue_config_default(&config, w.venue->dialect), AGON_OK);
    snprintf(config.name, sizeof(config.name), "scripted");
    config.venue = 1;
    config.account = 5;
    config.is_private = 1;
    config.warm_bars = strstr(w.file, "history") != NULL ? 3 : 0;
    if (strstr(w.file, "/bars_") != NULL)
        instruments[0].bar_s = instruments[1].bar_s = 60;
    config.is_guarded = strstr(w.file, "guard") != NULL;
    config.is_take_over = strstr(w.file, "guard_taken") != NULL;
    if (strstr(w.file, "socket") != NULL)
        config.orders = VENUE_ORDERS_WEBSOCKET;
    // Most transcripts were written for one kind of connection.
    if (strstr(w.file, "cancels") == NULL)
        config.cancel_links = 0;
    snprintf(config.market.host, sizeof(config.market.host), "market.test");
    snprintf(config.user.host, sizeof(config.user.host), "user.test");
    snprintf(config.rest.host, sizeof(config.rest.host), "rest.test");
    snprintf(config.order_socket.host, sizeof(config.order_socket.host), "orders.test");
    config.market.port = 1;
    config.user.port = 2;
    config.rest.port = 3;
    config.order_socket.port = 4;
    memcpy(config.limits, limits, sizeof(limits));
    config.n_limits = 6;
    ck_assert_int_eq(secret_set(&config.key, "agon-test-key", 13), AGON_OK);
    ck_assert_int_eq(secret_set(&config.secret, "agon-test-secret", 16), AGON_OK);
    if (w.venue->prepare != NULL)
        w.venue->prepare(&config, assets, instruments);

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

void script_forget(void)
{
    for (int i = 0; i < 64; i++) {
        if (w.rules[i].is_used)
            free(w.rules[i].body);
        w.rules[i].is_used = 0;
    }
}

void script_finish(void)
{
    gateway_stop(w.gateway);
    for (int i = 0; i < 3; i++)
        script_step();
    ck_assert(gateway_is_stopped(w.gateway));
    gateway_free(w.gateway);
    ring_deinit(&w.commands);
    free(w.memory);
    for (int i = 0; i < w.n_seen; i++)
        free(w.seen[i].target);
    script_forget();
    for (int i = 0; i < CONNS; i++)
        ck_assert(!w.conns[i].is_used);
}
