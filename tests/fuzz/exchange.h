// SPDX-License-Identifier: Apache-2.0
/* exchange: a gateway of one exchange without a connection, for harnesses that hand bytes to its
 * decoders and readers as a venue would: as a message of the market, as one of the account, and as
 * the answer to whatever can be asked; where orders go by the socket, one waits there for its
 * answer (EXCHANGE_SAID). What comes out is looked at, and a new one is made where the input left
 * something behind, so that each input is judged alone. */
#ifndef FUZZ_EXCHANGE_H
#define FUZZ_EXCHANGE_H

#include <stdio.h>
#include <stdlib.h>

#include "base/num.h"
#include "venue/client.h"

#define EXCHANGE_GRANULES 4096
#define EXCHANGE_RECORDS  64 /* of one message; more are looked through, and not handed out */
#define EXCHANGE_SAID     1099511628799ull /* id of the one request that waits on the socket */
#define EXCHANGE_NOW      1000000000ll
#define EXCHANGE_T0       ((agon_ns_t)1700000000000000000)

struct exchange {
    const char *dialect;
    const char *symbols[2]; /* both of base 2 and quote 1 */
    const char *info;       /* an answer to REQ_INFO that names them; NULL: none is needed */
    struct gateway_asset assets[2]; /* quote and base */
    int8_t px_exp, qty_exp;
    struct gateway *gateway; /* owned; NULL: the next input makes it */
    struct evring in, out;
    void *memory; /* owned, of the ring */
    struct ring commands;
};

static inline int exchange_connect(void *ctx, const struct stream_target *target,
                                   const struct stream_owner *owner)
{
    (void)ctx;
    (void)target;
    (void)owner;
    return AGON_EAGAIN;
}

static inline int exchange_send(void *ctx, int conn, const void *bytes, size_t n)
{
    (void)ctx;
    (void)conn;
    (void)bytes;
    (void)n;
    return AGON_OK;
}

static inline uint64_t exchange_unsent(void *ctx, int conn)
{
    (void)ctx;
    (void)conn;
    return 0;
}

static inline void exchange_close(void *ctx, int conn, int is_flush)
{
    (void)ctx;
    (void)conn;
    (void)is_flush;
}

static inline int64_t exchange_timer(void *ctx, int64_t delay, uint64_t cookie,
                                     const struct stream_owner *owner)
{
    (void)ctx;
    (void)delay;
    (void)cookie;
    (void)owner;
    return 1;
}

static inline void exchange_cancel(void *ctx, int64_t id)
{
    (void)ctx;
    (void)id;
}

static inline int64_t exchange_now(void *ctx)
{
    (void)ctx;
    return EXCHANGE_NOW;
}

static inline agon_ns_t exchange_utc(void *ctx)
{
    (void)ctx;
    return EXCHANGE_T0;
}

static inline uint64_t exchange_random(void *ctx)
{
    (void)ctx;
    return 7;
}

static inline void exchange_log(void *ctx, int level, const char *venue, const char *key,
                                const char *text)
{
    (void)ctx;
    (void)level;
    REQUIRE(venue != NULL && key != NULL);
    for (const char *at = text; *at != '\0'; at++)
        REQUIRE((unsigned char)*at >= ' ' && *at != 127); // nothing that moves a terminal
}

static inline void exchange_keys(struct venue_config *config)
{
    static const char secret[] = "YWdvbi10ZXN0LXNlY3JldA=="; // fits where it has to be base64, too

    REQUIRE(secret_set(&config->key, "agon-test-key", 13) == AGON_OK);
    REQUIRE(secret_set(&config->secret, secret, sizeof(secret) - 1) == AGON_OK);
    REQUIRE(secret_set(&config->passphrase, "agon-test-phrase", 16) == AGON_OK);
}

static inline void exchange_instruments(const struct exchange *exchange,
                                        struct gateway_instrument made[2])
{
    memset(made, 0, 2 * sizeof(made[0]));
    for (uint32_t i = 0; i < 2; i++) {
        struct agon_instrument *instrument = &made[i].instrument;

        instrument->hdr.instrument = i + 1;
        instrument->kind = INSTRUMENT_SPOT;
        instrument->base = 2;
        instrument->quote = instrument->settle = 1;
        instrument->px_exp = exchange->px_exp;
        instrument->qty_exp = exchange->qty_exp;
        instrument->tick_px = instrument->lot_qty = 1;
        snprintf(instrument->symbol, sizeof(instrument->symbol), "%s", exchange->symbols[i]);
    }
}

static inline void exchange_on_info(void *ctx, const struct wire_info *info)
{
    (void)ctx;
    REQUIRE(info->tick >= 0 && info->lot >= 0 && info->min_qty >= 0 && info->max_qty >= 0);
    REQUIRE(info->tick_exp >= 0 && info->tick_exp <= NUM_EXP_MAX && info->lot_exp >= 0 &&
            info->lot_exp <= NUM_EXP_MAX && info->min_qty_exp <= NUM_EXP_MAX &&
            info->max_qty_exp <= NUM_EXP_MAX);
}

static inline void exchange_begin(struct exchange *exchange)
{
    static const struct stream_port port = {.connect = exchange_connect,
                                            .send = exchange_send,
                                            .unsent = exchange_unsent,
                                            .close = exchange_close,
                                            .timer = exchange_timer,
                                            .timer_cancel = exchange_cancel,
                                            .now = exchange_now,
                                            .utc = exchange_utc,
                                            .random = exchange_random};
    struct gateway_instrument instruments[2];
    struct gateway_ports ports = {.stream = &port,
                                  .out = &exchange->out,
                                  .commands = &exchange->commands,
                                  .log = exchange_log};
    struct venue_config config;
    struct gateway *gateway;
    struct error err = {0};

    if (exchange->memory == NULL)
        exchange->memory = aligned_alloc(128, (evring_bytes(EXCHANGE_GRANULES) + 127) / 128 * 128);
    REQUIRE(exchange->memory != NULL);
    memset(exchange->memory, 0, EVRING_HEAD);
    REQUIRE(evring_format(exchange->memory, EXCHANGE_GRANULES) == AGON_OK);
    REQUIRE(evring_attach(&exchange->out, exchange->memory, EXCHANGE_GRANULES) == AGON_OK);
    REQUIRE(evring_attach(&exchange->in, exchange->memory, EXCHANGE_GRANULES) == AGON_OK);
    REQUIRE(ring_init(&exchange->commands, 64, sizeof(struct order_cmd)) == AGON_OK);
    REQUIRE(venue_config_default(&config, exchange->dialect) == AGON_OK);
    snprintf(config.name, sizeof(config.name), "fuzzed");
    snprintf(config.market.host, sizeof(config.market.host), "market.test");
    snprintf(config.user.host, sizeof(config.user.host), "user.test");
    snprintf(config.rest.host, sizeof(config.rest.host), "rest.test");
    config.account = 5;
    config.is_private = 1;
    exchange_keys(&config);
    exchange_instruments(exchange, instruments);
    if (gateway_new(&gateway, &config, &ports, exchange->assets, 2, instruments, 2, &err) < 0) {
        fprintf(stderr, "%s\n", err.text);
        abort();
    }
    secret_wipe(&config.key);
    secret_wipe(&config.secret);
    secret_wipe(&config.passphrase);
    exchange->gateway = gateway;
    if (exchange->info != NULL)
        REQUIRE(gateway->wire->read_info(gateway->client->self, exchange->info,
                                         strlen(exchange->info), NULL, exchange_on_info, NULL) > 0);
}

static inline void exchange_end(struct exchange *exchange)
{
    gateway_free(exchange->gateway);
    exchange->gateway = NULL;
    ring_deinit(&exchange->commands);
}

/* What a reader or decoder hands out ------------------------------------------------------------
 */

static inline void exchange_on_order(void *ctx, const struct wire_order *order)
{
    (void)ctx;
    REQUIRE(order->venue_order != 0);
    REQUIRE(order->px >= 0 && order->qty >= 0 && order->cum_qty >= 0);
    REQUIRE(order->qty == 0 || order->cum_qty <= order->qty);
    REQUIRE(order->symbol == NULL || order->side == AGON_BUY || order->side == AGON_SELL);
}

static inline void exchange_on_fill(void *ctx, const struct wire_fill *fill)
{
    (void)ctx;
    REQUIRE(fill->px > 0 && fill->qty > 0 && fill->fill != 0 && fill->venue_order != 0);
}

static inline void exchange_on_bar(void *ctx, const struct agon_bar *bar)
{
    (void)ctx;
    REQUIRE(bar->low_px > 0 && bar->high_px >= bar->low_px && bar->volume_qty >= 0);
    REQUIRE(bar->open_px > 0 && bar->close_px > 0);
}

static inline void exchange_levels(const struct agon_level *levels, uint32_t n)
{
    REQUIRE(n <= WIRE_DEPTH_MAX);
    for (uint32_t i = 0; i < n; i++)
        REQUIRE(levels[i].px > 0 && levels[i].qty >= 0);
}

static inline void exchange_check(int kind, const struct wire_out *out)
{
    if (kind == WIRE_TRADE) {
        REQUIRE(out->trade.px > 0 && out->trade.qty > 0);
        REQUIRE(out->trade.side == AGON_BUY || out->trade.side == AGON_SELL);
    } else if (kind == WIRE_QUOTE) {
        REQUIRE(out->quote.bid_px >= 0 && out->quote.bid_qty >= 0);
        REQUIRE(out->quote.ask_px >= 0 && out->quote.ask_qty >= 0);
    } else if (kind == WIRE_DIFF || kind == WIRE_BOOK) {
        REQUIRE(out->depth.symbol != NULL);
        exchange_levels(out->depth.bid, out->depth.n_bid);
        exchange_levels(out->depth.ask, out->depth.n_ask);
    } else if (kind == WIRE_MARK) {
        REQUIRE(out->mark.symbol != NULL && out->mark.mark_px > 0);
    }
}

/* Records that the core would get. True: there were some. */
static inline int exchange_drain(struct exchange *exchange)
{
    static _Alignas(64) unsigned char bytes[EVENT_BYTES_MAX];
    const struct agon_event_hdr *event = (const struct agon_event_hdr *)(void *)bytes;
    const struct record_report *report = (const struct record_report *)(void *)bytes;
    int n = 0;

    while (evring_take(&exchange->in, (struct agon_event_hdr *)(void *)bytes) == 1) {
        n++;
        if (event->type != EVENT_REPORT)
            continue;
        REQUIRE(report->kind >= REPORT_ACK && report->account == 5 && report->cum_qty >= 0);
        REQUIRE(report->kind != REPORT_FILL || (report->px > 0 && report->qty > 0));
    }
    return n > 0;
}

/* The bytes, as all that they could be ----------------------------------------------------------
 */

static inline void exchange_market(struct exchange *exchange, const void *bytes, size_t n)
{
    struct gateway *gateway = exchange->gateway;
    struct venue_client *client = gateway->client;
    struct link *link = gateway_link(gateway, LINK_MARKET);
    int kind = WIRE_TRADE;

    link->state = LINK_OPEN;
    for (int i = 0; i < EXCHANGE_RECORDS && kind > 0; i++) {
        kind = gateway->wire->decode(client->self, bytes, n, &client->out);
        exchange_check(kind, &client->out);
        if (kind == WIRE_REPLY)
            gateway->wire->on_reply(client->self, link);
    }
    // Who did not take all of them: the next message begins anew.
    for (int i = 0; i < WIRE_DEPTH_MAX && kind > 0; i++)
        kind = gateway->wire->decode(client->self, bytes, n, &client->out);
}

static inline void exchange_user(struct exchange *exchange, const void *bytes, size_t n)
{
    struct gateway *gateway = exchange->gateway;
    struct venue_client *client = gateway->client;
    struct link *link = gateway_link(gateway, LINK_USER);
    // The last: nothing else comes to be there.
    struct gateway_request *said = &gateway->requests[GATEWAY_REQUESTS - 1];

    REQUIRE(EXCHANGE_SAID % GATEWAY_REQUESTS == GATEWAY_REQUESTS - 1 && !said->is_used);
    link->n_said = gateway->wire->say != NULL;
    if (link->n_said > 0)
        *said = (struct gateway_request){.is_used = 1,
                                         .kind = REQ_STRAY,
                                         .class = LIMITER_CANCEL,
                                         .is_said = 1,
                                         .symbol = &gateway->symbols.all[0],
                                         .a = 1,
                                         .said_by = link,
                                         .said_id = EXCHANGE_SAID};
    link->state = LINK_OPEN;
    venue_feed(client, link)->is_asked = 1;
    venue_feed(client, link)->id = 1;
    memset(&client->out.order, 0, sizeof(client->out.order));
    gateway->wire->on_user(client->self, link, bytes, n);
    REQUIRE((said->said_by == link) == (link->n_said == 1)); // it has one answer, or none
    link->n_said = 0;
    *said = (struct gateway_request){0};
    gateway->limiter.buckets[BUCKET_ORDERS].stop_until = 0;
    if (client->out.order.symbol != NULL)
        exchange_on_order(NULL, &client->out.order);
}

/* As the answer to that request: judged first, then read by what reads it. */
static inline void exchange_answer(struct exchange *exchange, enum wire_op op, const void *bytes,
                                   size_t n)
{
    struct gateway *gateway = exchange->gateway;
    struct venue_client *client = gateway->client;
    const struct venue_wire *wire = gateway->wire;
    void *self = client->self;
    const struct symbol *symbol = &gateway->symbols.all[0];
    struct outbox_entry entry = {.is_used = 1,
                                 .order_id = 1,
                                 .venue_order = 1,
                                 .instrument = 1,
                                 .side = AGON_BUY,
                                 .type = AGON_LIMIT};
    struct gateway_request request = {
        .kind = (uint8_t)op, .symbol = symbol, .entry = &entry, .order_id = 1};
    struct http_message reply = {.status = 200, .body = bytes, .body_n = n};
    struct wire_order order;
    char text[WIRE_TEXT];
    int32_t code;
    int can_withdraw;
    int64_t resolution_ns;
    agon_ns_t t;
    enum answer answer =
        wire->judge(self, &request, &reply, &code, text, sizeof(text), EXCHANGE_NOW);

    REQUIRE(answer >= ANSWER_GOOD && answer <= ANSWER_REJECT);
    wire->refusal(answer, code, text);
    if (op == REQ_TIME)
        wire->read_time(self, bytes, n, &t, &resolution_ns);
    else if (op == REQ_INFO)
        wire->read_info(self, bytes, n, NULL, exchange_on_info, NULL);
    else if (op == REQ_KLINES)
        wire->read_bars(self, bytes, n, symbol, 60, INT64_MAX, exchange_on_bar, NULL);
    else if (op == REQ_OPEN || op == REQ_RECENT)
        wire->read_orders(self, bytes, n, exchange_on_order, NULL);
    else if (op == REQ_TRADES)
        wire->read_fills(self, bytes, n, symbol, exchange_on_fill, NULL);
    else if (op == REQ_ACCOUNT)
        wire->read_account(self, bytes, n, &client->out);
    else if (op == REQ_POSITIONS && wire->has_positions)
        wire->read_positions(self, bytes, n, &client->out);
    else if (op == REQ_RIGHTS)
        wire->read_rights(self, bytes, n, &can_withdraw);
    else if ((op == REQ_LISTEN || op == REQ_COUNTDOWN) && wire->answer != NULL)
        wire->answer(self, &request, answer, code, text, &reply);
    else if ((op == REQ_NEW || op == REQ_CANCEL || op == REQ_QUERY) &&
             wire->read_order(self, bytes, n, &order, exchange_on_fill, NULL) >= 0)
        exchange_on_order(NULL, &order);
    else if (op == REQ_REPLACE)
        wire->take_replace(self, &request, &reply, EXCHANGE_NOW);
    gateway->limiter.buckets[BUCKET_WEIGHT].stop_until = 0;
}

/* own: state of the exchange that an input may change. True: this one did. */
static inline void exchange_feed(struct exchange *exchange, const uint8_t *bytes, size_t n,
                                 int (*is_changed)(const void *self))
{
    struct gateway *gateway;

    if (exchange->gateway == NULL)
        exchange_begin(exchange);
    gateway = exchange->gateway;
    exchange_market(exchange, bytes, n);
    exchange_user(exchange, bytes, n);
    for (int op = REQ_TIME; op < REQ_KINDS; op++)
        exchange_answer(exchange, (enum wire_op)op, bytes, n);
    if (exchange_drain(exchange) || gateway->outbox.n > 0 || gateway->is_auth_halted ||
        gateway->n_queue[0] + gateway->n_queue[1] + gateway->n_queue[2] > 0 ||
        gateway->client->n_foreign > 0 || is_changed(gateway->client->self))
        exchange_end(exchange);
}

#endif
