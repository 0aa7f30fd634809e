// SPDX-License-Identifier: Apache-2.0
/* core: see core.h.
 *
 * Market data comes over one combined-stream connection, everything that is asked is REST. A
 * request is signed when it leaves, so its time stamp is fresh and one that waited is not stale. */
#include "venue/binance/core.h"

#include <stdio.h>
#include <stdlib.h>

#define STREAMS_PER_MESSAGE 60
#define RECENT_NS           ((int64_t)600 * 1000000000)

/* Lengths that the venue has bars of. */
static const struct {
    uint32_t length_s;
    const char *name, *stream;
} intervals[] = {
    {60, "1m", "@kline_1m"},    {180, "3m", "@kline_3m"},     {300, "5m", "@kline_5m"},
    {900, "15m", "@kline_15m"}, {1800, "30m", "@kline_30m"},  {3600, "1h", "@kline_1h"},
    {7200, "2h", "@kline_2h"},  {14400, "4h", "@kline_4h"},   {21600, "6h", "@kline_6h"},
    {28800, "8h", "@kline_8h"}, {43200, "12h", "@kline_12h"}, {86400, "1d", "@kline_1d"}};

// Of the bars that an instrument's history is made of.
static uint32_t interval_of(uint32_t length_s)
{
    for (uint32_t i = 0; i < sizeof(intervals) / sizeof(intervals[0]); i++) {
        if (intervals[i].length_s == length_s)
            return i;
    }
    return 0;
}

#define PARAMS_ROOM 3072

/* Writing ---------------------------------------------------------------------------------------
 */

void binance_add_num(struct binance_params *params, const char *name, int64_t value, int exp)
{
    binance_params_add_decimal(params, name, value, exp);
}

void binance_add_client_id(const struct binance *binance, struct binance_params *params,
                           const char *name, uint64_t order_id, uint8_t rev)
{
    char text[CLIENT_ID_TEXT];

    venue_own_text(binance->client, order_id, rev, text);
    binance_params_add_bare(params, name, text, CLIENT_ID_CHARS);
}

void binance_add_own(const struct binance *binance, struct binance_params *params,
                     const struct symbol *symbol, uint64_t order_id, uint8_t rev, agon_qty_t qty)
{
    if (!params->has_id) {
        binance_add_client_id(binance, params, "newClientOrderId", order_id, rev);
        binance_params_add_bare(params, "quantity", "", 0);
    }
    binance_params_add_decimal_value(params, qty, symbol->qty_exp);
}

const char *binance_side_name(uint8_t side)
{
    return side == AGON_BUY ? "BUY" : "SELL";
}

/* The parameters stand in http->target already. */
static int set_target(struct gateway_http *http, const struct binance_params *params,
                      const char *base, const char *path)
{
    const char *target = binance_params_target(params, base, path);

    if (target == NULL)
        return AGON_ENOSPC;
    REQUIRE(target >= http->target && target < http->target + sizeof(http->target));
    http->target_from = (uint32_t)(target - http->target);
    http->target_n = (uint32_t)(params->text + params->n - target);
    return AGON_OK;
}

int binance_write_signed(struct binance *binance, struct gateway_request *request,
                         struct gateway_http *http, struct binance_params *params, const char *path)
{
    struct gateway *gateway = binance->gateway;
    int64_t now = gateway_now(gateway);
    agon_ns_t venue_now = clock_offset_now(&gateway->clock, now);
    int is_risk =
        request->kind == REQ_NEW || request->kind == REQ_REPLACE || request->kind == REQ_SWAP_NEW;

    // No new risk by an uncertain clock; and a stamp that was refused is not tried again.
    if (venue_now == 0 ||
        ((is_risk || request->is_refused) && !venue_is_clock_good(binance->client, now))) {
        request->why = REASON_VENUE_CLOCK;
        return AGON_EAGAIN;
    }
    if (request->is_said)
        binance_params_add(params, "apiKey", binance->vault->key);
    if (!params->has_window)
        binance_params_add_u64(params, "recvWindow", gateway->config.recv_window_ms);
    binance_params_add_u64(params, "timestamp", (uint64_t)venue_now / 1000000);
    request->expiry_ns =
        venue_expiry(binance->client, now, (int64_t)gateway->config.recv_window_ms * 1000000);
    if (request->is_said) {
        int64_t n =
            binance_params_say(params, &binance->vault->signer, http->body, sizeof(http->body));

        http->body_n = n > 0 ? (uint32_t)n : 0;
        return n < 0 ? (int)n : AGON_OK;
    }
    if (binance_params_sign(params, &binance->vault->signer) < 0)
        return AGON_ENOSPC;
    if (set_target(http, params, strncmp(path, "/sapi/", 6) == 0 ? "" : gateway->config.rest_path,
                   path) < 0)
        return AGON_ENOSPC;
    http->lines = binance->vault->lines;
    http->n_lines =
        binance->flavour->has_micros ? binance->vault->n_lines : binance->vault->n_key_line;
    return AGON_OK;
}

static int write_public(struct binance *binance, struct gateway_http *http,
                        const struct binance_params *params, const char *path)
{
    if (params->is_full)
        return AGON_ENOSPC;
    return set_target(http, params, binance->gateway->config.rest_path, path);
}

static void add_symbols(struct binance *binance, struct binance_params *params)
{
    const struct symbols *symbols = &binance->gateway->symbols;
    char list[SYMBOLS_MAX * 8];
    size_t n = 0;

    list[n++] = '[';
    for (uint32_t i = 0; i < symbols->n; i++) {
        if (n + symbols->all[i].n_name + 5 > sizeof(list) || n > 900)
            return; // too many to name: the whole list is asked for
        n += (size_t)snprintf(list + n, sizeof(list) - n, "%s\"%s\"", i > 0 ? "," : "",
                              symbols->all[i].name);
    }
    list[n++] = ']';
    list[n] = 0;
    binance_params_add(params, "symbols", list);
}

static void add_recent(const struct binance *binance, struct binance_params *params)
{
    agon_ns_t venue_now = clock_offset_now(&binance->gateway->clock, gateway_now(binance->gateway));

    if (venue_now > RECENT_NS)
        binance_params_add_u64(params, "startTime", (uint64_t)(venue_now - RECENT_NS) / 1000000);
    binance_params_add_u64(params, "limit", 1000);
}

static struct binance_front_kind front_kind(const struct binance *binance,
                                            const struct outbox_entry *entry)
{
    return (struct binance_front_kind){.side = entry->side,
                                       .type = entry->type,
                                       .tif = entry->tif,
                                       .is_post_only = (entry->flags & AGON_POST_ONLY) != 0,
                                       .recv_window_ms = binance->gateway->config.recv_window_ms};
}

/* What all orders of the symbol and kind begin with, which is written and hashed once. */
static void begin_order(struct binance *binance, const struct gateway_request *request,
                        struct binance_params *params)
{
    const struct outbox_entry *entry = request->entry;
    const struct symbol *symbol = request->symbol;
    const struct binance_front_kind kind = front_kind(binance, entry);
    // Said on a socket they are put into another order, and not hashed as they stand.
    int is_kept = !request->is_said;

    if (is_kept &&
        binance_front_begin(&binance->vault->fronts, params, symbol->name, symbol->n_name, &kind,
                            entry->order_id, venue_wire_rev(binance->client, entry->pending_rev)))
        return;
    binance_params_add(params, "symbol", symbol->name);
    binance->flavour->add_kind(params, entry);
    if (!is_kept)
        return;
    binance_params_add_u64(params, "recvWindow", kind.recv_window_ms);
    params->has_window = 1;
    binance_front_keep(&binance->vault->fronts, &binance->vault->signer, params, symbol->n_name,
                       &kind);
}

void binance_sent(void *self, const struct gateway_request *request)
{
    struct binance *binance = self;
    const struct outbox_entry *entry = request->entry;
    struct binance_front_kind kind;

    if (request->is_said || request->kind != REQ_NEW || entry == NULL)
        return;
    kind = front_kind(binance, entry);
    binance_front_foretell(&binance->vault->fronts, request->symbol->name, request->symbol->n_name,
                           &kind, &binance->gateway->ports.ids, entry->order_id,
                           venue_wire_rev(binance->client, entry->pending_rev));
}

static int write_request(struct binance *binance, struct gateway_request *request,
                         struct gateway_http *http, struct binance_params *params)
{
    const char *path = binance->flavour->paths[request->kind];
    const struct outbox_entry *entry = request->entry;

    if (request->kind == REQ_NEW || request->kind == REQ_SWAP_NEW)
        begin_order(binance, request, params);
    else if (request->symbol != NULL)
        binance_params_add(params, "symbol", request->symbol->name);
    switch (request->kind) {
    case REQ_TIME:
        return write_public(binance, http, params, path);
    case REQ_INFO:
        if (binance->flavour->names_symbols)
            add_symbols(binance, params);
        return write_public(binance, http, params, path);
    case REQ_SNAPSHOT:
        binance_params_add_u64(params, "limit", binance->gateway->config.snapshot_levels);
        return write_public(binance, http, params, path);
    case REQ_KLINES:
        binance_params_add(
            params, "interval",
            intervals[interval_of(venue_instrument(binance->client, request->symbol)->bar_s)].name);
        binance_params_add_u64(params, "limit", binance->gateway->config.warm_bars);
        return write_public(binance, http, params, path);
    case REQ_OPEN:
    case REQ_ACCOUNT:
    case REQ_POSITIONS:
        return binance_write_signed(binance, request, http, params, path);
    case REQ_TRADES:
        if (request->b != 0)
            binance_params_add_u64(params, "orderId", request->b);
        if (request->a != 0)
            binance_params_add_u64(params, "fromId", request->a);
        // Only where the list ends today: what was before is not this journal's.
        binance_params_add_u64(params, "limit",
                               request->a == 0 && request->b == 0 ? 1 : VENUE_FILLS_PAGE);
        return binance_write_signed(binance, request, http, params, path);
    case REQ_RIGHTS:
        return binance_write_signed(binance, request, http, params,
                                    "/sapi/v1/account/apiRestrictions");
    case REQ_RECENT:
        add_recent(binance, params);
        return binance_write_signed(binance, request, http, params, path);
    case REQ_NUMBER:
        binance_params_add_u64(params, "orderId", request->a);
        return binance_write_signed(binance, request, http, params, path);
    case REQ_QUERY:
        binance_add_client_id(binance, params, "origClientOrderId", entry->order_id,
                              venue_wire_rev(binance->client, request->rev));
        return binance_write_signed(binance, request, http, params, path);
    case REQ_NEW:
    case REQ_SWAP_NEW:
        http->method = "POST";
        binance->flavour->add_order(binance, params, request->symbol, entry, outbox_left(entry),
                                    entry->next_px,
                                    venue_wire_rev(binance->client, entry->pending_rev));
        return binance_write_signed(binance, request, http, params, path);
    case REQ_CANCEL_ALL:
        http->method = "DELETE";
        return binance_write_signed(binance, request, http, params, path);
    case REQ_SWEPT:
        return binance_write_signed(binance, request, http, params, path);
    case REQ_STRAY:
        http->method = "DELETE";
        binance_add_client_id(binance, params, "origClientOrderId", request->a,
                              venue_wire_rev(binance->client, (uint8_t)request->b));
        path = binance->flavour->paths[REQ_CANCEL];
        return binance_write_signed(binance, request, http, params, path);
    case REQ_CANCEL:
    case REQ_SWAP_CANCEL:
        http->method = "DELETE";
        binance_add_client_id(binance, params, "origClientOrderId", entry->order_id,
                              venue_wire_rev(binance->client, entry->rev));
        return binance_write_signed(binance, request, http, params, path);
    default:
        return binance->flavour->write(binance, request, http, params);
    }
}

int binance_write(void *self, struct gateway_request *request, struct gateway_http *http)
{
    struct binance_params params;
    char *text = http->target + BINANCE_PATH_ROOM;
    int rc;

    _Static_assert(BINANCE_PATH_ROOM + PARAMS_ROOM <= sizeof(http->target), "a target holds both");
    binance_params_init(&params, text, PARAMS_ROOM);
    params.is_plain = request->is_said;
    rc = write_request(self, request, http, &params);
    if (request->is_said)
        explicit_bzero(text, PARAMS_ROOM); // the key is in it
    return rc;
}

/* Reading ---------------------------------------------------------------------------------------
 */

static uint64_t header_number(const struct http_message *reply, const char *name)
{
    const char *text = http_header_find(reply, name);
    int64_t value = 0;

    if (text == NULL || num_parse(text, strlen(text), 0, &value) < 0 || value < 0)
        return 0;
    return (uint64_t)value;
}

static void read_counts(const struct binance *binance, const struct http_message *reply,
                        struct binance_counts *counts)
{
    const struct {
        const char *header;
        uint32_t bucket;
    } told[] = {{"x-mbx-used-weight-1m", BUCKET_WEIGHT},
                {"x-mbx-order-count-10s", BUCKET_ORDERS},
                {binance->flavour->minute_header, BUCKET_ORDERS_DAY}};

    memset(counts, 0, sizeof(*counts));
    counts->wait_ns = (int64_t)header_number(reply, "retry-after") * 1000000000;
    for (size_t i = 0; i < 3; i++) {
        uint64_t used = header_number(reply, told[i].header);

        if (used <= UINT32_MAX)
            counts->used[told[i].bucket] = (uint32_t)used;
    }
}

/* The venue's own counts, and its orders to be slower. */
static void obey(struct binance *binance, const struct http_message *reply,
                 const struct binance_counts *counts, int32_t code, int64_t now)
{
    struct gateway *gateway = binance->gateway;
    int64_t wait_ns = counts->wait_ns;

    for (uint32_t bucket = 0; bucket < BUCKETS; bucket++) {
        if (counts->used[bucket] > 0)
            limiter_used(&gateway->limiter, now, bucket, counts->used[bucket]);
    }
    if (wait_ns > 4 * 86400 * 1000000000ll)
        wait_ns = 4 * 86400 * 1000000000ll;
    if (reply->status == 429 || code == -1003 || code == -1015) {
        uint32_t bucket = code == -1015 ? BUCKET_ORDERS : BUCKET_WEIGHT;

        limiter_stop(&gateway->limiter, now, bucket, wait_ns > 0 ? now + wait_ns : 0);
        venue_bar(gateway, gateway->limiter.buckets[bucket].stop_until);
        gateway_log(gateway, 4, "rate", "%s: too many requests; stopped for %lld s",
                    gateway->config.name, (long long)(wait_ns / 1000000000));
    } else if (reply->status == 418 || reply->status == 403) {
        if (wait_ns == 0)
            wait_ns = gateway->config.cooloff_ns;
        limiter_ban(&gateway->limiter, now, now + wait_ns);
        venue_bar(gateway, now + wait_ns);
        gateway_log(gateway, 3, "ban", "%s: refused with %d; nothing is sent for %lld s",
                    gateway->config.name, reply->status, (long long)(wait_ns / 1000000000));
    }
}

enum answer binance_judge_reply(void *self, const struct gateway_request *request,
                                const struct http_message *reply, int32_t *code, char *text,
                                size_t room, int64_t now)
{
    struct binance *binance = self;
    struct binance_counts counts = binance->counts;
    enum answer answer = ANSWER_GOOD;

    if (!request->is_said)
        read_counts(binance, reply, &counts);
    *code = 0;
    text[0] = 0;
    if (reply->status < 200 || reply->status >= 300) {
        if (binance_decode_error(reply->body, reply->body_n, code, text, room) < 0)
            *code = 0;
        answer = binance_judge(reply->status, *code, text);
    }
    obey(binance, reply, &counts, *code, now);
    return answer;
}

int binance_read_time(void *self, const void *bytes, size_t n, agon_ns_t *t, int64_t *resolution_ns)
{
    struct binance *binance = self;
    struct binance_decoder *dec = binance != NULL ? &binance->dec : calloc(1, sizeof(*dec));
    int rc;

    if (dec == NULL)
        return AGON_ENOMEM;
    if (binance == NULL)
        binance_decoder_init(dec, NULL);
    rc = binance_decode_time(dec, bytes, n, t);
    *resolution_ns = dec->time_unit_ns;
    if (binance == NULL)
        free(dec);
    return rc;
}

int binance_read_info(void *self, const void *bytes, size_t n, wire_limit_fn each_limit,
                      wire_info_fn each, void *ctx)
{
    (void)self;
    return binance_decode_exchange_info(bytes, n, each_limit, each, ctx);
}

int binance_read_snapshot(void *self, const void *bytes, size_t n, const struct symbol *symbol,
                          struct wire_depth *depth)
{
    struct binance *binance = self;

    return binance_decode_snapshot(&binance->dec, bytes, n, symbol, depth);
}

int binance_read_bars(void *self, const void *bytes, size_t n, const struct symbol *symbol,
                      uint32_t length_s, agon_ns_t t_now, wire_bar_fn each, void *ctx)
{
    struct binance *binance = self;

    return binance_decode_klines(&binance->dec, bytes, n, symbol,
                                 intervals[interval_of(length_s)].length_s, t_now, each, ctx);
}

int binance_read_order(void *self, const void *bytes, size_t n, struct wire_order *order,
                       wire_fill_fn each_fill, void *ctx)
{
    struct binance *binance = self;

    return binance_decode_order(&binance->dec, bytes, n, order, each_fill, ctx);
}

int binance_read_orders(void *self, const void *bytes, size_t n, wire_order_fn each, void *ctx)
{
    struct binance *binance = self;

    return binance_decode_orders(&binance->dec, bytes, n, each, ctx);
}

int binance_read_fills(void *self, const void *bytes, size_t n, const struct symbol *symbol,
                       wire_fill_fn each, void *ctx)
{
    struct binance *binance = self;

    return binance_decode_fills(&binance->dec, bytes, n, symbol, each, ctx);
}

int binance_read_rights(void *self, const void *bytes, size_t n, int *can_withdraw)
{
    struct binance *binance = self;

    return binance_decode_rights(&binance->dec, bytes, n, can_withdraw);
}

int binance_decode(void *self, const void *bytes, size_t n, struct wire_out *out)
{
    struct binance *binance = self;
    int rc = binance_decode_market(&binance->dec, bytes, n, out);

    out->named = binance->dec.last_symbol;
    out->named_kind = binance->dec.last_kind;
    return rc;
}

int binance_open_reader(const struct symbols *symbols, void **self)
{
    struct binance *binance = calloc(1, sizeof(*binance));

    *self = binance;
    if (binance == NULL)
        return AGON_ENOMEM;
    binance_decoder_init(&binance->dec, symbols);
    return AGON_OK;
}

int binance_decode_recorded(void *self, const struct symbol *symbol, const void *bytes, size_t n,
                            struct wire_out *out)
{
    static const char snapshot[] = "{\"lastUpdateId\"";
    int rc;

    if (n <= sizeof(snapshot) || memcmp(bytes, snapshot, sizeof(snapshot) - 1) != 0)
        return binance_decode(self, bytes, n, out);
    rc = binance_read_snapshot(self, bytes, n, symbol, &out->depth);
    out->named = symbol;
    out->named_kind = WIRE_SNAPSHOT;
    return rc < 0 ? rc : WIRE_SNAPSHOT;
}

/* Market data -----------------------------------------------------------------------------------
 */

// What is subscribed of an instrument: how many streams.
static uint32_t kinds_of(const struct binance *binance, uint32_t instrument,
                         const char *kinds[BINANCE_STREAMS_OF])
{
    if (binance->client->all[instrument].bar_s == 0)
        return binance->flavour->streams(&binance->gateway->config, kinds);
    kinds[0] = intervals[interval_of(binance->client->all[instrument].bar_s)]
                   .stream; // a bar ends, and one opens
    kinds[1] = "@bookTicker";
    return 2;
}

static void write_name(const struct binance *binance, uint32_t instrument, const char *kind,
                       char *text, size_t room)
{
    const char *name = binance->gateway->symbols.all[instrument].name;
    size_t n = 0;

    for (; *name != 0 && n + 1 < room; name++)
        text[n++] = *name >= 'A' && *name <= 'Z' ? (char)(*name - 'A' + 'a') : *name;
    snprintf(text + n, room - n, "%s", kind);
}

/* Name of stream number at of all, "btcusdt@trade"; 0 past the last. */
static int stream_name(const struct binance *binance, uint32_t at, char *text, size_t room,
                       uint32_t *instrument)
{
    const char *kinds[BINANCE_STREAMS_OF];

    for (*instrument = 0; *instrument < binance->client->n; ++*instrument) {
        uint32_t n_kinds = kinds_of(binance, *instrument, kinds);

        if (at < n_kinds) {
            write_name(binance, *instrument, kinds[at], text, room);
            return 1;
        }
        at -= n_kinds;
    }
    return 0;
}

void binance_subscribe(void *self, struct link *link)
{
    struct binance *binance = self;
    struct gateway *gateway = binance->gateway;
    char message[STREAMS_PER_MESSAGE * 52 + 64];
    char stream[64];
    struct venue_feed *feed = venue_feed(binance->client, link);
    uint32_t at = feed->subscribe_at;
    uint32_t instrument;
    size_t n;

    if (!stream_name(binance, at, stream, sizeof(stream), &instrument))
        return;
    n = (size_t)snprintf(message, sizeof(message), "{\"method\":\"SUBSCRIBE\",\"params\":[");
    for (uint32_t i = 0;
         i < STREAMS_PER_MESSAGE && stream_name(binance, at, stream, sizeof(stream), &instrument);
         i++, at++)
        n += (size_t)snprintf(message + n, sizeof(message) - n, "%s\"%s\"", i > 0 ? "," : "",
                              stream);
    n += (size_t)snprintf(message + n, sizeof(message) - n, "],\"id\":%llu}",
                          (unsigned long long)(gateway->next_id + 1));
    REQUIRE(n < sizeof(message));
    if (gateway_send(gateway, link, message, n) < 0)
        return;
    gateway->next_id++;
    if (feed->n_unacked++ == 0)
        feed->subscribe_first = gateway->next_id;
    feed->subscribe_at = at;
}

/* One channel of an instrument is asked for anew: it fell silent on a living connection. */
void binance_resubscribe(void *self, struct link *link, uint32_t at, int which)
{
    static const char *const marks[CHANNELS] = {"@depth", "rade", "@bookTicker"};
    struct binance *binance = self;
    struct gateway *gateway = binance->gateway;
    const char *kinds[BINANCE_STREAMS_OF];
    uint32_t n_kinds = kinds_of(binance, at, kinds);
    char message[160];
    char stream[64];
    uint32_t kind = 0;
    size_t n;

    while (kind < n_kinds && strstr(kinds[kind], marks[which]) == NULL)
        kind++;
    if (kind == n_kinds)
        return;
    write_name(binance, at, kinds[kind], stream, sizeof(stream));
    n = (size_t)snprintf(message, sizeof(message),
                         "{\"method\":\"SUBSCRIBE\",\"params\":[\"%s\"],\"id\":%llu}", stream,
                         (unsigned long long)(gateway->next_id + 1));
    if (gateway_send(gateway, link, message, n) == AGON_OK)
        gateway->next_id++;
}

int binance_on_reply(void *self, struct link *link)
{
    struct binance *binance = self;
    const struct wire_out *out = &binance->client->out;
    struct venue_feed *feed = venue_feed(binance->client, link);
    uint32_t instrument;
    char stream[64];

    if (out->code != 0) {
        char why[128];

        snprintf(why, sizeof(why), "a subscription was refused: %.80s", out->text);
        gateway_drop(binance->gateway, link, why);
        return 0;
    }
    if (feed->n_unacked == 0 || out->id < feed->subscribe_first)
        return 0;
    return --feed->n_unacked == 0 &&
           !stream_name(binance, feed->subscribe_at, stream, sizeof(stream), &instrument);
}

/* Life ------------------------------------------------------------------------------------------
 */

static void on_bad(void *ctx, int kind, int rc, const void *bytes, size_t n)
{
    static const char *const names[WIRE_KINDS] = {
        "unknown kind",     "trade",         "quote",       "bar",         "book diff",
        "partial book",     "announced end", "reply",       "order event", "balance event",
        "end of user data", "snapshot",      "REST answer", "mark price",  "liquidation"};
    struct binance *binance = ctx;

    // The kind and the place, never the text of it: an order event is nobody's business in a log.
    (void)bytes;
    gateway_log(
        binance->gateway, 4, "bad",
        "%s: %s: a message of %zu bytes cannot be taken (%s); more of them are only counted",
        binance->gateway->config.name, names[kind], n, error_name(rc));
}

static void on_elsewhere(void *ctx, const struct wire_order *order)
{
    venue_guard_list(((struct binance *)ctx)->client, order);
}

void binance_count(const void *self, uint64_t *n_bad, uint64_t *n_cut)
{
    const struct binance *binance = self;

    for (int kind = 0; kind < WIRE_KINDS; kind++)
        *n_bad += binance->dec.n_bad[kind];
    *n_cut += binance->dec.n_cut;
}

void binance_close(void *self)
{
    struct binance *binance = self;

    if (binance == NULL)
        return;
    free(binance->contracts);
    secret_free(binance->vault);
    free(binance);
}

static void write_lines(struct binance_vault *vault)
{
    const struct http_header headers[] = {{"X-MBX-APIKEY", vault->key},
                                          {"X-MBX-TIME-UNIT", "MICROSECOND"}};
    int64_t n = http_write_lines(vault->lines, sizeof(vault->lines), headers, 1);
    int64_t n_both = http_write_lines(vault->lines, sizeof(vault->lines), headers, 2);

    REQUIRE(n > 0 && n_both > n); // its characters were looked at, and there is room
    vault->n_key_line = (uint32_t)n;
    vault->n_lines = (uint32_t)n_both;
}

int binance_take_key(struct binance_vault **vault, const struct venue_config *config,
                     struct error *err)
{
    if (config->key.n == 0 || memchr(config->key.bytes, 0, config->key.n) != NULL)
        return error_set(err, AGON_EINVAL, "the API key is empty or no text");
    for (size_t i = 0; i < config->key.n; i++) {
        unsigned char c = config->key.bytes[i];

        if (c <= ' ' || c > '~' || c == '"' || c == '\\' || c == '&')
            return error_set(err, AGON_EINVAL, "the API key has a character that no key has");
    }
    *vault = secret_new(sizeof(**vault));
    if (*vault == NULL)
        return error_set(err, AGON_ENOMEM, "no locked memory for the key");
    memcpy((*vault)->key, config->key.bytes, config->key.n);
    write_lines(*vault);
    return binance_signer_init(&(*vault)->signer,
                               config->key_kind == VENUE_KEY_ED25519 ? BINANCE_SIGN_ED25519
                                                                     : BINANCE_SIGN_HMAC,
                               &config->secret, err);
}

int binance_open(struct venue_client *client, const struct binance_flavour *flavour, void **self,
                 struct error *err)
{
    const struct venue_config *config = &client->gateway->config;
    struct binance *binance = calloc(1, sizeof(*binance));

    if (binance == NULL)
        return error_set(err, AGON_ENOMEM, "out of memory");
    *self = binance;
    binance->client = client;
    binance->gateway = client->gateway;
    binance->flavour = flavour;
    binance_decoder_init(&binance->dec, &client->gateway->symbols);
    binance->dec.on_bad = on_bad;
    binance->dec.on_elsewhere = on_elsewhere;
    binance->dec.ctx = binance;
    if (config->snapshot_levels < 5 || config->snapshot_levels > WIRE_DEPTH_MAX - 120)
        return error_set(err, AGON_EINVAL, "snapshot_levels is 5 to 5000");
    if (config->warm_bars > 1000)
        return error_set(err, AGON_EINVAL, "warm_bars is at most 1000");
    binance->contracts = calloc(client->n > 0 ? client->n : 1, sizeof(*binance->contracts));
    if (binance->contracts == NULL)
        return error_set(err, AGON_ENOMEM, "out of memory");
    return config->is_private ? binance_take_key(&binance->vault, config, err) : AGON_OK;
}
