// SPDX-License-Identifier: Apache-2.0
#include "venue/gateway.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "venue/client.h"

#define BACKLOG_BYTES (4u << 20)
#define TURN_BUSY_NS  5000000ll
#define TURN_AWAY_NS  20000000ll /* books wait for a connection */
#define TURN_IDLE_NS  50000000ll
#define AHEAD_NS      1000000000ll /* venues take time stamps that are so far ahead of theirs */
#define ORDERS_ROOM   4096
#define FILLS_ROOM    16384

int64_t gateway_now(struct gateway *gateway)
{
    return gateway->is_reading ? gateway->read_ns : gateway->stream->now(gateway->stream->ctx);
}

uint64_t gateway_random(struct gateway *gateway)
{
    return gateway->stream->random(gateway->stream->ctx);
}

void gateway_log(struct gateway *gateway, int level, const char *key, const char *format, ...)
{
    char text[512];
    va_list args;

    if (gateway->ports.log == NULL)
        return;
    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    // A venue's own words may stand in it: nothing that a terminal could obey.
    for (char *at = text; *at != '\0'; at++)
        if ((unsigned char)*at < ' ' || *at == 127)
            *at = '?';
    gateway->ports.log(gateway->ports.ctx, level, gateway->config.name, key, text);
}

/* The way to the core ---------------------------------------------------------------------------
 */

static void set_paused(struct gateway *gateway, int is_paused)
{
    if (gateway->is_paused == is_paused)
        return;
    gateway->is_paused = (uint8_t)is_paused;
    for (uint32_t i = 0; i < gateway->n_links; i++) {
        struct link *link = &gateway->links[i];

        if (link->state == LINK_OPEN || link->state == LINK_UPGRADING)
            gateway->stream->pause(gateway->stream->ctx, link->conn, is_paused);
    }
}

static void drain(struct gateway *gateway)
{
    while (gateway->backlog_at < gateway->backlog_end) {
        const struct agon_event_hdr *record =
            (const struct agon_event_hdr *)(const void *)(gateway->backlog + gateway->backlog_at);

        if (evring_put(gateway->ports.out, record) < 0)
            return;
        gateway->backlog_at += event_bytes(record);
    }
    gateway->backlog_at = gateway->backlog_end = 0;
    set_paused(gateway, 0);
}

int gateway_takes(const struct gateway *gateway, const struct agon_event_hdr *record)
{
    return gateway->ports.takes == NULL || gateway->ports.takes(gateway->ports.ctx, record);
}

int gateway_emit(void *ctx, struct agon_event_hdr *record)
{
    struct gateway *gateway = ctx;
    uint64_t n = event_bytes(record);

    if (!gateway_takes(gateway, record)) {
        gateway->n_dropped++;
        return AGON_EAGAIN;
    }
    record->t =
        gateway->is_reading ? gateway->read_utc : gateway->stream->utc(gateway->stream->ctx);
    if (gateway->backlog_end == 0 && evring_put(gateway->ports.out, record) == AGON_OK)
        return AGON_OK;
    // The core is behind: no more is read from the venue until it has taken what we have.
    set_paused(gateway, 1);
    if (n > gateway->backlog_room - gateway->backlog_end && gateway->backlog_at > 0) {
        memmove(gateway->backlog, gateway->backlog + gateway->backlog_at,
                gateway->backlog_end - gateway->backlog_at);
        gateway->backlog_end -= gateway->backlog_at;
        gateway->backlog_at = 0;
    }
    if (n > gateway->backlog_room - gateway->backlog_end) {
        gateway->n_dropped++;
        return AGON_EAGAIN;
    }
    memcpy(gateway->backlog + gateway->backlog_end, record, n);
    gateway->backlog_end += n;
    return AGON_OK;
}

/* Requests --------------------------------------------------------------------------------------
 */

struct gateway_request *gateway_request(struct gateway *gateway, uint8_t kind,
                                        enum limiter_class class, int is_data)
{
    for (uint32_t i = 0; i < GATEWAY_REQUESTS; i++) {
        struct gateway_request *request = &gateway->requests[i];

        if (request->is_used)
            continue;
        memset(request, 0, sizeof(*request));
        request->is_used = 1;
        request->kind = kind;
        request->class = (uint8_t) class;
        request->is_data = (uint8_t)is_data;
        request->cost[BUCKET_RAW] = 1;
        return request;
    }
    return NULL;
}

void gateway_queue(struct gateway *gateway, struct gateway_request *request, int64_t until_ns)
{
    uint32_t *n = &gateway->n_queue[request->class];

    REQUIRE(*n < GATEWAY_REQUESTS && !request->is_queued);
    request->is_queued = 1;
    request->until_ns = until_ns;
    request->since_ns = gateway_now(gateway);
    gateway->queue[request->class][(*n)++] = (uint16_t)(request - gateway->requests);
}

/* Hands the request its one answer. It is free afterwards unless the client queued it again. */
void gateway_answer(struct gateway *gateway, struct gateway_request *request,
                    enum gateway_fate fate, uint16_t reason, const struct http_message *reply)
{
    venue_on_answer(gateway->client, request, fate, reason, reply);
    if (!request->is_queued)
        request->is_used = 0;
}

/* Cancels use any connection, first their own. Orders may use one for data, and what closes a
 * position one for cancels where another is left for those; data uses its own alone. */
static struct link *idle_link(struct gateway *gateway, const struct gateway_request *request)
{
    enum link_role own = request->is_data == GATEWAY_ON_RIGHTS ? LINK_RIGHTS
                         : request->is_data                    ? LINK_DATA
                         : request->is_again                   ? LINK_CANCEL
                                                               : LINK_ORDER;
    int is_exit = request->entry != NULL && request->entry->is_exit;
    struct link *other = NULL;
    struct link *spare = NULL;
    uint32_t n_spare = 0;

    for (uint32_t i = 0; i < gateway->n_links; i++) {
        struct link *link = &gateway->links[i];

        if (link->is_ws || link->state != LINK_OPEN || link->request != NULL)
            continue;
        if (link->role == own)
            return link;
        if (link->role == LINK_CANCEL) {
            spare = link;
            n_spare++;
        } else if (!request->is_data && link->role != LINK_RIGHTS) {
            other = link;
        }
    }
    return other != NULL ? other : is_exit && n_spare > 1 ? spare : NULL;
}

/* Signed requests that could overtake one another would have their nonces in the wrong order. A
 * cancel does not wait for that: what it overtakes is refused and signed again. A switch that is
 * renewed has time for it. */
static int is_lane_taken(const struct gateway *gateway, const struct gateway_request *request)
{
    if (!gateway->wire->is_serial || request->kind <= REQ_KLINES ||
        (request->class == LIMITER_CANCEL && request->kind != REQ_COUNTDOWN))
        return 0;
    for (uint32_t i = 0; i < gateway->n_links; i++) {
        const struct gateway_request *other = gateway->links[i].request;

        if (other != NULL && other->kind > REQ_KLINES)
            return 1;
    }
    return 0;
}

/* When the last byte of a request left that changes an order: for who compares runs. utc: just
 * before that, if known; whoever is woken by the byte may have the processor before the call comes
 * back, and answer meanwhile. 0: now. */
void gateway_tell_sent(struct gateway *gateway, const struct link *link,
                       struct gateway_request *request, int is_answered, agon_ns_t utc)
{
    struct record_sent sent = {.hdr = {.type = EVENT_SENT, .granules = 2}};

    if (request == NULL || request->untold == 0 ||
        (!is_answered && gateway->stream->unsent(gateway->stream->ctx, link->conn) > 0))
        return;
    sent.kind = request->untold;
    sent.rev = request->untold_rev;
    request->untold = 0;
    if (request->entry == NULL || request->entry->order_id != request->order_id)
        return;
    sent.hdr.instrument = request->entry->instrument;
    sent.order_id = request->order_id;
    sent.account = request->entry->account;
    sent.tries = request->tries;
    sent.held_ns = request->held_ns;
    request->held_ns = 0;
    sent.t_utc = utc != 0 ? utc : gateway->stream->utc(gateway->stream->ctx);
    if (gateway_takes(gateway, &sent.hdr))
        (void)gateway_emit(gateway, &sent.hdr);
}

void gateway_has_left(struct gateway *gateway, const struct link *link,
                      struct gateway_request *request, int is_change, agon_ns_t utc, int64_t now)
{
    request->sent_ns = now;
    request->tries++;
    request->untold = 0;
    if (request->entry != NULL && is_change) {
        request->untold = request->entry->pending;
        request->untold_rev = request->entry->pending_rev;
    }
    gateway_tell_sent(gateway, link, request, 0, utc);
}

static const char *const frame_methods[LINK_FRAMES] = {"POST", "DELETE"};

static void make_frames(struct link *link)
{
    char host[300];

    link_host(link, host, sizeof(host));
    for (int i = 0; i < LINK_FRAMES; i++) {
        if (http_frame_init(&link->frames[i], frame_methods[i], host) < 0)
            link->frames[i].n_before = 0; // then it is written as any other
    }
}

/* NULL: it has more than a target and lines, or another method. */
static const struct http_frame *frame_of(const struct link *link, const struct gateway_http *http)
{
    if (http->n_headers > 0 || http->body_n > 0 || http->target_n == 0)
        return NULL;
    for (int i = 0; i < LINK_FRAMES; i++) {
        if (link->frames[i].n_before > 0 && strcmp(http->method, frame_methods[i]) == 0)
            return &link->frames[i];
    }
    return NULL;
}

/* Into gateway->scratch. */
static int64_t write_http(struct gateway *gateway, const struct link *link,
                          const struct gateway_http *http)
{
    const struct http_frame *frame = frame_of(link, http);
    char *out = (char *)gateway->scratch;
    struct http_request wire = {.method = http->method,
                                .target = http->target + http->target_from,
                                .headers = http->headers,
                                .n_headers = http->n_headers,
                                .lines = http->lines,
                                .n_lines = http->n_lines,
                                .body = http->body_n > 0 ? http->body : NULL,
                                .body_n = http->body_n};
    char host[300];

    if (frame != NULL)
        return http_frame_write(out, sizeof(gateway->scratch), frame, wire.target, http->target_n,
                                http->lines, http->n_lines);
    link_host(link, host, sizeof(host));
    wire.host = host;
    return http_write_request(out, sizeof(gateway->scratch), &wire);
}

static int send_http(struct gateway *gateway, struct link *link, struct gateway_request *request,
                     int64_t now)
{
    struct gateway_http http; // six kilobytes: what is written there is said by its lengths
    agon_ns_t utc;
    int64_t n;
    int rc;

    http.method = "GET";
    http.target_from = http.target_n = http.n_headers = http.n_lines = http.body_n = 0;
    http.target[0] = http.body[0] = '\0';
    http.lines = NULL;
    request->is_said = 0;
    rc = venue_write(gateway->client, request, &http);
    if (rc < 0)
        return rc;
    n = write_http(gateway, link, &http);
    REQUIRE(n > 0); // our own text, bounded by its buffer
    utc = gateway->stream->utc(gateway->stream->ctx);
    rc = gateway->stream->send(gateway->stream->ctx, link->conn, gateway->scratch, (size_t)n);
    // Signed or not, what was sent is not to lie about.
    memset(gateway->scratch, 0, (size_t)n);
    if (rc < 0) {
        request->why = REASON_VENUE_DOWN;
        return AGON_EAGAIN;
    }
    link->request = request;
    link->request_bytes = (uint64_t)n;
    gateway_has_left(gateway, link, request, strcmp(http.method, "GET") != 0, utc, now);
    if (request->entry != NULL)
        venue_sent(gateway->client, request);
    return AGON_OK;
}

/* AGON_OK: it left. AGON_EAGAIN: it did not, and may later. AGON_ESTATE: there is no need for it
 * any more. */
static int send_request(struct gateway *gateway, struct gateway_request *request, int64_t now)
{
    struct link *said = said_link(gateway, request);
    struct link *link = said != NULL ? said : idle_link(gateway, request);
    int rc;

    // What is said on a socket has no nonce that could be overtaken.
    if (link == NULL || (said == NULL && is_lane_taken(gateway, request))) {
        request->why = link == NULL ? REASON_VENUE_DOWN : REASON_VENUE_BUSY;
        return AGON_EAGAIN;
    }
    rc = limiter_take(&gateway->limiter, now, (enum limiter_class)request->class, request->cost,
                      gateway->limiter.n_buckets, &request->not_before);
    if (rc < 0) {
        request->why = REASON_VENUE_RATE;
        if (request->limited_ns == 0)
            request->limited_ns = now;
        return AGON_EAGAIN;
    }
    if (request->limited_ns != 0)
        request->held_ns += now > request->limited_ns ? now - request->limited_ns : 1;
    request->limited_ns = 0;
    request->not_before = 0;
    rc = said != NULL ? said_send(gateway, said, request, now)
                      : send_http(gateway, link, request, now);
    if (rc == AGON_OK)
        return rc;
    limiter_undo(&gateway->limiter, now, request->cost, gateway->limiter.n_buckets);
    return rc == AGON_ESTATE ? rc : AGON_EAGAIN;
}

void gateway_dispatch(struct gateway *gateway, int64_t now)
{
    for (int class = 0; class < 3; class ++) {
        uint16_t *queue = gateway->queue[class];
        uint32_t n = gateway->n_queue[class];
        uint32_t n_kept = 0;
        uint32_t at;

        // Answers may queue more behind n; what is kept moves to the front, the rest after it.
        for (at = 0; at < n; at++) {
            struct gateway_request *request = &gateway->requests[queue[at]];

            if (now >= request->until_ns) {
                request->is_queued = 0;
                if (request->is_lost) // it was, once
                    gateway_answer(gateway, request, FATE_UNKNOWN, REASON_TIMEOUT, NULL);
                else
                    gateway_answer(gateway, request, FATE_NOT_SENT,
                                   request->why != 0 ? request->why : (uint16_t)REASON_NOT_SENT,
                                   NULL);
                continue;
            }
            if (now >= request->not_before) {
                int rc = send_request(gateway, request, now);

                if (rc != AGON_EAGAIN) {
                    request->is_queued = 0;
                    request->is_used = rc == AGON_OK;
                    continue;
                }
            }
            queue[n_kept++] = queue[at];
        }
        memmove(queue + n_kept, queue + n, (gateway->n_queue[class] - n) * sizeof(*queue));
        gateway->n_queue[class] -= n - n_kept;
    }
}

/* Commands --------------------------------------------------------------------------------------
 */

static void refuse_command(struct gateway *gateway, const struct order_cmd *cmd, uint16_t reason,
                           int64_t now)
{
    struct outbox_entry *entry = outbox_command(&gateway->outbox, cmd, now);

    if (entry != NULL)
        outbox_outcome(&gateway->outbox, entry, OUTCOME_NOT_SENT, reason, 0, now);
}

/* What was decided before everything was cancelled, and has not left, never does. What closes a
 * position goes its way. */
static void hold_back(struct gateway *gateway, int64_t now)
{
    uint32_t n = gateway->n_held;

    for (uint32_t i = 0; i < n; i++) {
        struct gateway_held held = gateway->held[gateway->held_at];

        gateway->held_at = (gateway->held_at + 1) % GATEWAY_HELD;
        gateway->n_held--;
        if ((held.cmd.kind == CMD_NEW || held.cmd.kind == CMD_REPLACE) && !held.cmd.is_exit)
            refuse_command(gateway, &held.cmd, REASON_KILL, now);
        else
            gateway->held[(gateway->held_at + gateway->n_held++) % GATEWAY_HELD] = held;
    }
}

static void cancel_all(struct gateway *gateway, int64_t now)
{
    hold_back(gateway, now);
    for (int class = 0; class < 3; class ++) {
        for (uint32_t i = 0; i < gateway->n_queue[class]; i++) {
            struct gateway_request *request = &gateway->requests[gateway->queue[class][i]];
            const struct outbox_entry *entry = request->entry;

            if (entry == NULL || entry->is_exit || request->tries > 0 ||
                (entry->pending != CMD_NEW && entry->pending != CMD_REPLACE))
                continue;
            request->why = REASON_KILL;
            request->until_ns = now;
        }
    }
    venue_on_cancel_all(gateway->client, now);
}

static void take_commands(struct gateway *gateway, int64_t now)
{
    uint64_t durable;
    const struct order_cmd *cmd;

    if (gateway->ports.commands == NULL)
        return;
    while (gateway->n_held < GATEWAY_HELD && (cmd = ring_peek(gateway->ports.commands)) != NULL) {
        struct gateway_held *held;

        // It rests on nothing that a crash could undo, and waits for nothing.
        if (cmd->kind == CMD_CANCEL_ALL) {
            ring_release(gateway->ports.commands);
            cancel_all(gateway, now);
            continue;
        }
        held = &gateway->held[(gateway->held_at + gateway->n_held++) % GATEWAY_HELD];

        held->cmd = *cmd;
        held->seen_ns = now;
        ring_release(gateway->ports.commands);
    }
    durable = gateway->ports.durable_seq != NULL ? gateway->ports.durable_seq(gateway->ports.ctx)
                                                 : UINT64_MAX;
    while (gateway->n_held > 0) {
        struct gateway_held *held = &gateway->held[gateway->held_at];
        int is_risk = held->cmd.kind == CMD_NEW || held->cmd.kind == CMD_REPLACE;

        int is_durable = durable >= held->cmd.depends_seq;

        // Nothing leaves before what it rests on is safe; an order too old to leave never does.
        if (!is_durable && now - held->seen_ns < gateway->config.hold_ns)
            return;
        // A cancel that is lost by a crash is one that nobody asked for: when the disk is full or
        // broken it leaves all the same.
        if (!is_durable && is_risk) {
            gateway->n_late++;
            refuse_command(gateway, &held->cmd, REASON_NOT_SENT, now);
        } else if (is_risk && gateway->is_auth_halted) {
            refuse_command(gateway, &held->cmd, REASON_VENUE_AUTH, now);
        } else if (is_risk && !gateway->is_ready) {
            refuse_command(gateway, &held->cmd, REASON_VENUE_DOWN, now);
        } else {
            venue_on_command(gateway->client, &held->cmd, held->seen_ns);
        }
        gateway->held_at = (gateway->held_at + 1) % GATEWAY_HELD;
        gateway->n_held--;
    }
}

void gateway_turn(struct gateway *gateway)
{
    int64_t now = gateway_now(gateway);

    if (gateway->is_stopped || !gateway->is_started || gateway->in_turn)
        return;
    gateway->in_turn = 1;
    gateway->turn_ns = now;
    drain(gateway);
    for (uint32_t i = 0; i < gateway->n_links; i++)
        link_keep(gateway, &gateway->links[i], now);
    take_commands(gateway, now);
    venue_on_turn(gateway->client, now);
    gateway_dispatch(gateway, now);
    gateway->in_turn = 0;
}

static int is_market_open(const struct gateway *gateway)
{
    for (uint32_t i = 0; i < gateway->n_links; i++) {
        if (gateway->links[i].role == LINK_MARKET && gateway->links[i].state == LINK_OPEN)
            return 1;
    }
    return 0;
}

static void arm(struct gateway *gateway)
{
    int is_busy = gateway->n_held > 0 || gateway->backlog_end > 0;
    int64_t turn_ns;
    struct gateway_status status = {0};

    for (int class = 0; class < 3; class ++)
        is_busy |= gateway->n_queue[class] > 0;
    venue_status(gateway->client, &status);
    turn_ns = status.n_live < status.n_books ? TURN_AWAY_NS : TURN_IDLE_NS;
    if (is_busy || (status.n_live < status.n_books && is_market_open(gateway)))
        turn_ns = TURN_BUSY_NS;
    gateway->timer =
        gateway->stream->timer(gateway->stream->ctx, turn_ns, 0, &gateway->timer_owner);
}

static void on_timer(void *ctx, uint64_t cookie)
{
    struct gateway *gateway = ctx;

    (void)cookie;
    if (gateway->is_stopped)
        return;
    gateway_turn(gateway);
    arm(gateway);
}

/* Life ------------------------------------------------------------------------------------------
 */

static struct link *add_link(struct gateway *gateway, enum link_role role, int is_ws,
                             const struct stream_target *target, const char *path)
{
    struct link *link = &gateway->links[gateway->n_links++];

    REQUIRE(gateway->n_links <= GATEWAY_LINKS);
    link->gateway = gateway;
    link->role = (uint8_t)role;
    link->is_ws = (uint8_t)is_ws;
    link->conn = -1;
    link->target = *target;
    make_frames(link);
    snprintf(link->path, sizeof(link->path), "%s", path);
    return link;
}

/* A connection that does not live for ever, and the place of the one that follows it. */
static void add_stream(struct gateway *gateway, enum link_role role,
                       const struct stream_target *target, const char *path)
{
    add_link(gateway, role, 1, target, path);
    add_link(gateway, role, 1, target, path)->is_next = 1;
}

static const char *const bucket_names[BUCKETS] = {"weight", "raw", "orders", "orders_day",
                                                  "snapshots"};

int gateway_limiter(struct limiter *limiter, const struct venue_config *config, int64_t now,
                    struct error *err)
{
    limiter_init(limiter);
    for (uint32_t bucket = 0; bucket < BUCKETS; bucket++) {
        const struct venue_limit *limit = NULL;

        for (uint32_t i = 0; i < config->n_limits; i++) {
            if (strcmp(config->limits[i].name, bucket_names[bucket]) == 0)
                limit = &config->limits[i];
        }
        if (limit == NULL)
            return error_set(err, AGON_EINVAL, "venue %s: the limit \"%s\" is missing",
                             config->name, bucket_names[bucket]);
        if (limiter_add(
                limiter,
                &(struct limiter_rule){.window_ns = limit->window_ns, .capacity = limit->capacity},
                now) < 0)
            return error_set(err, AGON_EINVAL,
                             "venue %s: the limit \"%s\" is invalid: window or capacity is 0",
                             config->name, bucket_names[bucket]);
    }
    return AGON_OK;
}

void gateway_narrow(struct limiter *limiter, int64_t now, const char *type, uint32_t interval_s,
                    uint32_t limit)
{
    for (uint32_t bucket = BUCKET_WEIGHT; bucket <= BUCKET_ORDERS_DAY; bucket++) {
        const char *name = bucket == BUCKET_WEIGHT ? "REQUEST_WEIGHT"
                           : bucket == BUCKET_RAW  ? "RAW_REQUESTS"
                                                   : "ORDERS";
        const struct limiter_rule *rule = &limiter->buckets[bucket].rule;

        if (strcmp(type, name) == 0 && rule->window_ns == (int64_t)interval_s * 1000000000 &&
            limit < rule->capacity)
            limiter_capacity(limiter, now, bucket, limit);
    }
}

enum limiter_class gateway_class_of(const struct order_cmd *cmd)
{
    if (cmd->kind == CMD_CANCEL || cmd->kind == CMD_CANCEL_ALL)
        return LIMITER_CANCEL;
    if (cmd->kind == CMD_QUERY)
        return LIMITER_QUERY;
    // A replacement is a new order to the venue, whatever it replaces.
    return cmd->kind == CMD_NEW && (cmd->is_exit || (cmd->flags & AGON_REDUCE_ONLY) != 0)
               ? LIMITER_CANCEL
               : LIMITER_OTHER;
}

static int add_limits(struct gateway *gateway, int64_t now, struct error *err)
{
    const struct venue_config *config = &gateway->config;
    struct limiter_rule rule = {.window_ns = 300000000000ll, .capacity = 300, .share_ppm = 500000};
    int rc = gateway_limiter(&gateway->limiter, config, now, err);

    limiter_init(&gateway->connects);
    if (rc < 0)
        return rc;
    for (uint32_t i = 0; i < config->n_limits; i++) {
        if (strcmp(config->limits[i].name, "connects") == 0) {
            rule.window_ns = config->limits[i].window_ns;
            rule.capacity = config->limits[i].capacity;
        }
    }
    if (limiter_add(&gateway->connects, &rule, now) < 0)
        return error_set(err, AGON_EINVAL,
                         "venue %s: the limit \"connects\" is invalid: window or capacity is 0",
                         config->name);
    return AGON_OK;
}

int gateway_new(struct gateway **out, const struct venue_config *config,
                const struct gateway_ports *ports, const struct gateway_asset *assets,
                uint32_t n_assets, const struct gateway_instrument *instruments,
                uint32_t n_instruments, struct error *err)
{
    struct gateway *gateway = calloc(1, sizeof(*gateway));
    int rc = AGON_ENOMEM;

    *out = NULL;
    if (gateway == NULL)
        return error_set(err, AGON_ENOMEM, "venue %s", config->name);
    gateway->config = *config;
    gateway->ports = *ports;
    gateway->stream = ports->stream;
    gateway->backlog_room = BACKLOG_BYTES;
    gateway->backlog = aligned_alloc(64, BACKLOG_BYTES);
    gateway->timer_owner = (struct stream_owner){.ctx = gateway, .on_timer = on_timer};
    gateway->timer = -1;
    symbols_init(&gateway->symbols);
    if (gateway->backlog == NULL ||
        outbox_init(&gateway->outbox, ORDERS_ROOM, FILLS_ROOM,
                    config->recv_window_ms * 1000000ll * 3 / 2 + AHEAD_NS, gateway_emit,
                    gateway) < 0) {
        error_set(err, AGON_ENOMEM, "out of memory");
        goto fail;
    }
    gateway->wire = venue_table_find(config->dialect);
    if (gateway->wire == NULL) {
        rc = error_set(err, AGON_ENOENT, "there is no dialect \"%s\"", config->dialect);
        goto fail;
    }
    if (gateway->wire->frames >= FRAMES_GZIP &&
        pack_new(&gateway->pack, gateway->wire->frames == FRAMES_GZIP ? PACK_GZIP : PACK_DEFLATE,
                 FRAME_MAX) < 0) {
        error_set(err, AGON_ENOMEM, "out of memory");
        goto fail;
    }
    rc = add_limits(gateway, gateway_now(gateway), err);
    for (uint32_t i = 0; rc >= 0 && i < n_assets; i++)
        rc = symbols_add_asset(&gateway->symbols, assets[i].name, assets[i].asset, assets[i].exp,
                               err);
    for (uint32_t i = 0; rc >= 0 && i < n_instruments; i++)
        rc = symbols_add(&gateway->symbols, &instruments[i].instrument, err);
    if (rc < 0)
        goto fail;
    if (config->order_links + config->data_links + config->cancel_links + 7 > GATEWAY_LINKS ||
        config->data_links == 0 ||
        (config->is_private && (config->order_links == 0 || ports->commands == NULL))) {
        rc = error_set(err, AGON_EINVAL,
                       "order_links and data_links: one each at least, with cancel_links %d in all",
                       GATEWAY_LINKS - 7);
        goto fail;
    }
    if (n_instruments > 0 && config->feed[0] == '\0')
        add_stream(gateway, LINK_MARKET, &config->market, config->market_path);
    if (config->is_private) {
        add_stream(gateway, LINK_USER, &config->user, config->user_path);
        if (gateway->wire->says_apart && config->orders == VENUE_ORDERS_WEBSOCKET)
            add_stream(gateway, LINK_SAY, &config->order_socket, config->order_path);
        for (uint32_t i = 0; i < config->order_links; i++)
            add_link(gateway, LINK_ORDER, 0, &config->rest, "");
        for (uint32_t i = 0; i < config->cancel_links; i++)
            add_link(gateway, LINK_CANCEL, 0, &config->rest, "");
    }
    for (uint32_t i = 0; i < config->data_links; i++)
        add_link(gateway, LINK_DATA, 0, &config->rest, "");
    if (config->is_guarded && config->rights.host[0] != '\0')
        add_link(gateway, LINK_RIGHTS, 0, &config->rights, "");
    rc = venue_open(gateway, instruments, n_instruments, err);
    // From here on only the signer knows the secret; the bytes were lent.
    gateway->config.secret = (struct secret){0};
    gateway->config.key = (struct secret){0};
    gateway->config.passphrase = (struct secret){0};
    if (rc < 0)
        goto fail;
    *out = gateway;
    return AGON_OK;

fail:
    error_wrap(err, "venue %s", config->name);
    gateway_free(gateway);
    return rc;
}

void gateway_start(struct gateway *gateway)
{
    if (gateway->is_started)
        return;
    gateway->is_started = 1;
    gateway_turn(gateway);
    arm(gateway);
}

void gateway_poll(struct gateway *gateway)
{
    gateway_turn(gateway);
}

void gateway_check_time(struct gateway *gateway, uint32_t round)
{
    if (gateway->time_round == round)
        return;
    gateway->time_round = round;
    gateway->n_times_began = gateway->clock.n_samples;
    clock_offset_again(&gateway->clock);
    gateway_turn(gateway);
}

static void times_status(const struct gateway *gateway, struct gateway_times *times)
{
    uint64_t n = gateway->clock.n_samples - gateway->n_times_began;

    times->round = gateway->time_round;
    times->n = n < 2 ? (uint32_t)n : 2;
    times->market = gateway->market;
    for (uint32_t i = 0; i < times->n; i++) {
        times->offset_ns[i] = gateway->clock.last_ns[i];
        times->error_ns[i] = gateway->clock.last_error_ns[i];
    }
}

void gateway_reconcile(struct gateway *gateway)
{
    gateway->round_ns = gateway_now(gateway);
    gateway->is_listed = 0;
}

void gateway_stop(struct gateway *gateway)
{
    if (gateway->is_stopped)
        return;
    gateway->is_ready = 0;
    for (uint32_t i = 0; i < gateway->n_links; i++)
        gateway_drop(gateway, &gateway->links[i], "stopped");
    gateway->is_stopped = 1;
    if (gateway->timer >= 0)
        gateway->stream->timer_cancel(gateway->stream->ctx, gateway->timer);
    gateway->timer = -1;
}

int gateway_is_stopped(const struct gateway *gateway)
{
    if (!gateway->is_stopped)
        return 0;
    for (uint32_t i = 0; i < gateway->n_links; i++) {
        if (gateway->links[i].state != LINK_DOWN)
            return 0;
    }
    return 1;
}

void gateway_free(struct gateway *gateway)
{
    if (gateway == NULL)
        return;
    venue_close(gateway->client);
    for (uint32_t i = 0; i < gateway->n_links; i++)
        link_free_parsers(&gateway->links[i]);
    outbox_deinit(&gateway->outbox);
    pack_free(gateway->pack);
    free(gateway->backlog);
    free(gateway);
}

static void list_foreign(const struct gateway *gateway, struct gateway_status *status)
{
    status->n_other_open = foreign_count(&gateway->foreign, CLIENT_ID_OTHER);
    status->n_foreign_open =
        status->n_other_open + foreign_count(&gateway->foreign, CLIENT_ID_STRANGER);
    status->n_others = gateway->foreign.n_other;
    status->n_rivals = gateway->n_rivals;
    for (uint32_t i = 0; i < FOREIGN_MAX && status->n_foreign_listed < GATEWAY_FOREIGN_LISTED;
         i++) {
        if (gateway->foreign.all[i].venue_order != 0)
            status->foreign[status->n_foreign_listed++] = gateway->foreign.all[i];
    }
    status->refusal = gateway->refusal;
    memcpy(status->refusal_text, gateway->refusal_text, sizeof(status->refusal_text));
}

static void show_limit(struct limiter *limiter, uint32_t bucket, const char *name, int64_t now,
                       struct gateway_status *status)
{
    const struct limiter_rule *rule = &limiter->buckets[bucket].rule;
    struct gateway_limit *to = &status->limits[status->n_limits];

    if (status->n_limits == VENUE_LIMITS_MAX)
        return;
    status->n_limits++;
    snprintf(to->name, sizeof(to->name), "%s", name);
    to->capacity = rule->capacity;
    to->window_ns = rule->window_ns;
    to->free = limiter_free(limiter, now, bucket, LIMITER_OTHER);
}

void gateway_status(struct gateway *gateway, struct gateway_status *status)
{
    int64_t now = gateway_now(gateway);

    memset(status, 0, sizeof(*status));
    venue_status(gateway->client, status);
    for (uint32_t i = 0; i < gateway->n_links; i++) {
        const struct link *link = &gateway->links[i];

        if (link->role == LINK_RIGHTS)
            continue; // of one question now and then
        status->n_links += !link->is_next;
        status->n_up += !link->is_next && link->state == LINK_OPEN;
    }
    for (uint32_t i = 0; i < gateway->outbox.n; i++)
        status->n_unknown += gateway->outbox.all[i].is_unknown;
    for (int class = 0; class < 3; class ++)
        status->n_queued += gateway->n_queue[class];
    status->n_held = gateway->n_held;
    status->is_ready = gateway->is_ready;
    status->is_auth_halted = gateway->is_auth_halted;
    status->is_banned = (uint8_t)(limiter_is_banned(&gateway->limiter, now) != 0);
    memcpy(status->auth_text, gateway->auth_text, sizeof(status->auth_text));
    status->n_barred = gateway->n_barred;
    status->barred_ns = gateway->barred_ns > now ? gateway->barred_ns - now : 0;
    status->n_late = gateway->n_late;
    status->n_messages = gateway->n_messages;
    status->n_binary = gateway->n_binary;
    status->n_silent = gateway->n_silent;
    status->connect_wait_ns = gateway->connect_wait_ns > now ? gateway->connect_wait_ns - now : 0;
    status->n_reconnects = gateway->n_reconnects;
    status->n_dropped = gateway->n_dropped;
    status->n_foreign = gateway->outbox.n_foreign;
    list_foreign(gateway, status);
    status->n_strays = gateway->outbox.n_strays;
    status->is_listed = (uint8_t)(gateway->is_listed || !gateway->config.is_private);
    status->n_strays_seen = gateway->outbox.n_strays_seen;
    status->n_reopened = gateway->outbox.n_reopened;
    // Of the venue's clock to ours, as people read it.
    if (gateway->clock.is_known)
        status->offset_ns =
            clock_offset_now(&gateway->clock, now) - gateway->stream->utc(gateway->stream->ctx);
    status->transport_ns = gateway->clock.is_known ? gateway->clock.offset_ns : 0;
    times_status(gateway, &status->times);
    status->uncertainty_ns = clock_offset_uncertainty(&gateway->clock, now);
    status->weight_free = limiter_free(&gateway->limiter, now, BUCKET_WEIGHT, LIMITER_OTHER);
    for (uint32_t bucket = 0; bucket < BUCKETS; bucket++)
        show_limit(&gateway->limiter, bucket, bucket_names[bucket], now, status);
    show_limit(&gateway->connects, 0, "connects", now, status);
    status->health = status->n_live == status->n_books && status->n_up == status->n_links
                         ? GATEWAY_UP
                     : status->n_live > 0 || status->n_up > 0 ? GATEWAY_DEGRADED
                                                              : GATEWAY_DOWN;
}
