// SPDX-License-Identifier: Apache-2.0
/* okx: what is asked of OKX and subscribed there, and the facts of its two markets. */
#include <stdio.h>
#include <stdlib.h>

#include "venue/config.h"
#include "venue/okx/core.h"

#define ARGS_PER_MESSAGE 50
#define LEVELS           400 /* of a side of its books */
#define BOOKS_MAX        29  /* of a connection */

/* A bit of leave and enter each; the first three are CHANNELS of the client. */
enum { FEED_MARK = CHANNELS, FEED_FUNDING, FEEDS };
static const char *const channels[FEEDS] = {[CHANNEL_DEPTH] = "books",
                                            [CHANNEL_TRADES] = "trades",
                                            [CHANNEL_QUOTES] = "bbo-tbt",
                                            [FEED_MARK] = "mark-price",
                                            [FEED_FUNDING] = "funding-rate"};

// As its pages state them: each request has a limit of its own, mostly for two seconds. weight is
// that of the slowest that is asked in rounds, orders that of placing one, per instrument there.
static const struct venue_limit published[] = {
    {"weight", 20, 2000000000},      {"raw", 500, 2000000000},
    {"orders", 60, 2000000000},      {"orders_day", 1000000, 86400000000000},
    {"snapshots", 100, 60000000000}, {"connects", 3, 1000000000},
};

static const uint32_t depths[] = {LEVELS, 0};

static void defaults(struct venue_config *config)
{
    snprintf(config->market_path, sizeof(config->market_path), "/ws/v5/public");
    snprintf(config->user_path, sizeof(config->user_path), "/ws/v5/private");
    snprintf(config->rest_path, sizeof(config->rest_path), "/api/v5");
    config->snapshot_levels = LEVELS;
    config->warm_bars = OKX_BARS - 1;
    config->reconcile_ns = 60000000000;
    config->silence_ns =
        25000000000; // asked for after two thirds: it ends what says nothing for 30
    config->user_silence_ns = 25000000000;
    config->channel_ns = 0;             // a quiet book says that it lives each minute
    config->message_gap_ns = 350000000; // three messages a second
    config->orders = VENUE_ORDERS_WEBSOCKET;
    config->cooloff_ns = 900000000000;
    memcpy(config->limits, published, sizeof(published));
    config->n_limits = sizeof(published) / sizeof(published[0]);
}

/* Writing ---------------------------------------------------------------------------------------
 */

static int write_request(void *self, struct gateway_request *request, struct gateway_http *http)
{
    struct okx *okx = self;
    const char *path = okx->gateway->config.rest_path;

    switch (request->kind) {
    case REQ_TIME:
        snprintf(http->target, sizeof(http->target), "%s/public/time", path);
        return AGON_OK;
    case REQ_INFO:
        snprintf(http->target, sizeof(http->target), "%s/public/instruments?instType=%s", path,
                 okx->is_swap ? "SWAP" : "SPOT");
        return AGON_OK;
    case REQ_KLINES:
        snprintf(http->target, sizeof(http->target), "%s/market/candles?instId=%s&bar=1m&limit=%u",
                 path, request->symbol->name, okx->gateway->config.warm_bars + 1);
        return AGON_OK;
    default:
        return okx_write_private(okx, request, http);
    }
}

/* Subscriptions ---------------------------------------------------------------------------------
 */

static int has_feed(const struct okx *okx, uint32_t which)
{
    const struct venue_config *config = &okx->gateway->config;

    return which == CHANNEL_DEPTH    ? config->has_depth != 0
           : which == CHANNEL_TRADES ? config->has_trades != 0
           : which == CHANNEL_QUOTES ? config->has_quotes != 0
                                     : okx->is_swap;
}

/* Channel and instrument of number at of all; 0 past the last. */
static int part_of(const struct okx *okx, uint32_t at, uint32_t *which, uint32_t *instrument)
{
    for (*which = 0; *which < FEEDS; ++*which) {
        if (!has_feed(okx, *which))
            continue;
        if (at < okx->symbols->n) {
            *instrument = at;
            return 1;
        }
        at -= okx->symbols->n;
    }
    return 0;
}

struct asking { /* a message that is put together */
    char text[ARGS_PER_MESSAGE * 80 + 64];
    size_t n;
    uint32_t n_args;
};

static void asking_begin(struct asking *asking, const char *op)
{
    asking->n_args = 0;
    asking->n =
        (size_t)snprintf(asking->text, sizeof(asking->text), "{\"op\":\"%s\",\"args\":[", op);
}

static void asking_add(struct asking *asking, const struct okx *okx, uint32_t which, uint32_t at)
{
    asking->n += (size_t)snprintf(asking->text + asking->n, sizeof(asking->text) - asking->n,
                                  "%s{\"channel\":\"%s\",\"instId\":\"%s\"}",
                                  asking->n_args++ > 0 ? "," : "", channels[which],
                                  okx->symbols->all[at].name);
    REQUIRE(asking->n + 2 < sizeof(asking->text));
}

static int asking_send(struct asking *asking, struct okx *okx, struct link *link)
{
    memcpy(asking->text + asking->n, "]}", 2);
    return gateway_send(okx->gateway, link, asking->text, asking->n + 2);
}

/* Channels of single instruments, that are left and entered anew: some of them with one message. */
static void send_again(struct okx *okx, struct link *link, const char *op, uint8_t *bits)
{
    struct asking asking;
    uint8_t left[SYMBOLS_MAX];

    asking_begin(&asking, op);
    memcpy(left, bits, sizeof(left));
    for (uint32_t i = 0; i < okx->symbols->n; i++) {
        for (uint32_t which = 0; which < FEEDS && asking.n_args < ARGS_PER_MESSAGE; which++) {
            if ((left[i] >> which & 1) == 0)
                continue;
            asking_add(&asking, okx, which, i);
            left[i] &= (uint8_t) ~(1u << which);
        }
    }
    if (asking.n_args > 0 && asking_send(&asking, okx, link) == AGON_OK)
        memcpy(bits, left, sizeof(left));
}

static void subscribe(void *self, struct link *link)
{
    struct okx *okx = self;
    struct venue_feed *feed = venue_feed(okx->client, link);
    uint32_t which;
    uint32_t at;

    // What a contract is worth must be known before its quantities are read.
    if (!okx->is_known)
        return;
    if (feed->subscribe_at == 0 && !link->is_next) {
        memset(okx->leave, 0, sizeof(okx->leave));
        memset(okx->enter, 0, sizeof(okx->enter));
    }
    while (part_of(okx, feed->subscribe_at, &which, &at)) {
        struct asking asking;
        uint32_t next = feed->subscribe_at;

        asking_begin(&asking, "subscribe");
        while (asking.n_args < ARGS_PER_MESSAGE && part_of(okx, next, &which, &at)) {
            asking_add(&asking, okx, which, at);
            next++;
        }
        if (asking_send(&asking, okx, link) < 0)
            return;
        feed->n_unacked += asking.n_args; // each is answered by itself
        feed->subscribe_at = next;
    }
    if (!link->is_next) {
        send_again(okx, link, "unsubscribe", okx->leave);
        send_again(okx, link, "subscribe", okx->enter);
    }
}

static void resubscribe(void *self, struct link *link, uint32_t instrument, int which)
{
    struct okx *okx = self;

    okx->leave[instrument] |= (uint8_t)(1 << which);
    if (link->state == LINK_OPEN)
        send_again(okx, link, "unsubscribe", okx->leave);
}

static int on_reply(void *self, struct link *link)
{
    struct okx *okx = self;
    struct venue_feed *feed = venue_feed(okx->client, link);
    const struct okx_envelope *reply = &okx->reply;
    const struct symbol *symbol = symbols_find(okx->symbols, reply->name, strlen(reply->name));
    uint8_t bit = 0;

    if (okx->client->out.code != 0) {
        char why[128];

        snprintf(why, sizeof(why), "a subscription was refused: %.10s %.60s", reply->code,
                 reply->text);
        gateway_drop(okx->gateway, link, why);
        return 0;
    }
    for (uint32_t which = 0; which < FEEDS; which++) {
        if (strcmp(channels[which], reply->channel) == 0)
            bit = (uint8_t)(1u << which);
    }
    if (symbol == NULL || bit == 0)
        return 0;
    if (strcmp(reply->event, "unsubscribe") == 0) {
        okx->enter[symbol - okx->symbols->all] |= bit;
        return 0;
    }
    if (strcmp(reply->event, "subscribe") != 0 || feed->n_unacked == 0)
        return 0;
    return --feed->n_unacked == 0;
}

/* Life ------------------------------------------------------------------------------------------
 */

static void count(const void *self, uint64_t *n_bad, uint64_t *n_cut)
{
    const struct okx *okx = self;

    *n_cut += okx->n_cut;
    for (int kind = 0; kind < WIRE_KINDS; kind++)
        *n_bad += okx->n_bad[kind];
}

void okx_close(void *self)
{
    struct okx *okx = self;

    if (okx == NULL)
        return;
    secret_free(okx->vault);
    free(okx->fills);
    free(okx);
}

int okx_open_reader(const struct symbols *symbols, int is_swap, void **self)
{
    struct okx *okx = calloc(1, sizeof(*okx));

    *self = okx;
    if (okx == NULL)
        return AGON_ENOMEM;
    okx->symbols = symbols;
    okx->is_swap = (uint8_t)is_swap;
    okx->is_known = !is_swap;
    for (uint32_t i = 0; i < SYMBOLS_MAX && !is_swap; i++)
        okx->contracts[i].value = 1;
    return AGON_OK;
}

static int open_spot_reader(const struct symbols *symbols, void **self)
{
    return okx_open_reader(symbols, 0, self);
}

static int open_swap_reader(const struct symbols *symbols, void **self)
{
    return okx_open_reader(symbols, 1, self);
}

/* Fits for what stands in a header, and in a JSON text as it is. */
static int is_plain(const struct secret *secret)
{
    for (size_t i = 0; i < secret->n; i++) {
        if (secret->bytes[i] < ' ' || secret->bytes[i] > '~' || secret->bytes[i] == '"' ||
            secret->bytes[i] == '\\')
            return 0;
    }
    return secret->n > 0 && secret->n <= 128;
}

int okx_take_key(struct okx *okx, const struct venue_config *config, struct error *err)
{
    if (!is_plain(&config->key))
        return error_set(err, AGON_EINVAL,
                         "the API key is empty, too long, or has a character that no key has");
    if (!is_plain(&config->passphrase))
        return error_set(err, AGON_EINVAL,
                         "OKX has a pass-phrase beside the secret: the credential needs a third "
                         "line, passphrase: ..., of plain characters without a quotation mark or "
                         "backslash");
    okx->vault = secret_new(sizeof(*okx->vault));
    okx->fills = calloc(okx->symbols->n > 0 ? okx->symbols->n : 1, sizeof(*okx->fills));
    if (okx->vault == NULL || okx->fills == NULL)
        return error_set(err, AGON_ENOMEM, "no memory for the key, or for fills");
    memcpy(okx->vault->key, config->key.bytes, config->key.n);
    memcpy(okx->vault->passphrase, config->passphrase.bytes, config->passphrase.n);
    return okx_signer_init(&okx->vault->signer, &config->secret, err);
}

static int open_okx(struct venue_client *client, int is_swap, void **self, struct error *err)
{
    const struct venue_config *config = &client->gateway->config;
    struct okx *okx;

    if (okx_open_reader(&client->gateway->symbols, is_swap, self) < 0)
        return error_set(err, AGON_ENOMEM, "out of memory");
    okx = *self;
    okx->client = client;
    okx->gateway = client->gateway;
    if (config->snapshot_levels != LEVELS)
        return error_set(err, AGON_EINVAL, "snapshot_levels is %d here", LEVELS);
    if (config->warm_bars > OKX_BARS - 1)
        return error_set(err, AGON_EINVAL, "warm_bars is at most %d: its history has %d",
                         OKX_BARS - 1, OKX_BARS);
    if (config->has_depth && client->n > BOOKS_MAX)
        return error_set(err, AGON_EINVAL,
                         "%u instruments with books: a connection has fewer than 30 here",
                         client->n);
    for (uint32_t i = 0; i < client->n; i++) {
        if (client->all[i].bar_s != 0)
            return error_set(err, AGON_ENOTSUP, "%s: no market of bars is read here",
                             client->gateway->symbols.all[i].name);
    }
    okx->t_begun = client->gateway->stream->utc(client->gateway->stream->ctx);
    return config->is_private ? okx_take_key(okx, config, err) : AGON_OK;
}

static int open_spot(struct venue_client *client, void **self, struct error *err)
{
    return open_okx(client, 0, self, err);
}

static int open_swap(struct venue_client *client, void **self, struct error *err)
{
    return open_okx(client, 1, self, err);
}

/* Orders need to know what a contract is worth, and that a position has one side. */
static int is_set(const void *self)
{
    const struct okx *okx = self;

    return okx->is_known && (!okx->is_swap || okx->is_net);
}

/* What an account has of swaps is said in contracts. */
static int is_legible(const void *self)
{
    const struct okx *okx = self;

    return okx->is_known;
}

static const uint32_t weights[REQ_KINDS] = {
    [REQ_TIME] = 2,      [REQ_INFO] = 1,   [REQ_KLINES] = 1, [REQ_OPEN] = 1,   [REQ_TRADES] = 1,
    [REQ_ACCOUNT] = 2,   [REQ_NUMBER] = 1, [REQ_RIGHTS] = 4, [REQ_RECENT] = 1, [REQ_POSITIONS] = 2,
    [REQ_COUNTDOWN] = 1, [REQ_QUERY] = 1,  [REQ_SWEPT] = 1};

#define SHARED                                                                                     \
    .time_path = "/public/time", .read_time = okx_read_time, .defaults = defaults,                 \
    .weights = weights, .cancels_singly = 1, .order_types = okx_order_types, .has_orders = 1,      \
    .is_in_place = 1, .book = BOOK_CHAIN_PUSHED, .depths = depths, .has_several = 1, .joint = "-", \
    .listing = "instruments", .ping = "ping", .close = okx_close,                                  \
    .decode_recorded = okx_decode_recorded, .write = write_request,                                \
    .said = 1u << REQ_NEW | 1u << REQ_REPLACE | 1u << REQ_CANCEL | 1u << REQ_STRAY,                \
    .say = okx_say, .is_sayable = okx_is_sayable, .judge = okx_judge, .refusal = okx_refusal,      \
    .is_of_socket = okx_is_of_socket, .read_info = okx_read_info, .fit_rules = okx_fit_rules,      \
    .read_bars = okx_read_bars, .read_order = okx_take_order, .read_orders = okx_read_orders,      \
    .read_fills = okx_read_fills, .read_account = okx_read_account, .decode = okx_decode,          \
    .subscribe = subscribe, .resubscribe = resubscribe, .on_reply = on_reply,                      \
    .read_rights = okx_read_rights, .keep_user = okx_keep_user, .on_user_up = okx_on_user_up,      \
    .on_user = okx_on_user, .take_replace = okx_take_replace, .dead_man = DEAD_MAN_ACCOUNT,        \
    .is_set = is_set, .is_legible = is_legible, .count = count

extern const struct venue_wire venue_okx_spot, venue_okx_swap;
const struct venue_wire venue_okx_spot = {
    .name = "okx_spot",
    .kind = INSTRUMENT_SPOT,
    .fees = {800000, 1000000},
    .rescue = &okx_spot_rescue,
    .open = open_spot,
    .open_reader = open_spot_reader,
    SHARED,
};
const struct venue_wire venue_okx_swap = {
    .name = "okx_swap",
    .kind = INSTRUMENT_LINEAR,
    .tail = "-SWAP",
    .fees = {200000, 500000},
    .has_positions = 1,
    .funding_s = 28800,
    .rescue = &okx_swap_rescue,
    .read_positions = okx_read_positions,
    .open = open_swap,
    .open_reader = open_swap_reader,
    SHARED,
};
