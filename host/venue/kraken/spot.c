// SPDX-License-Identifier: Apache-2.0
/* spot: what is asked of Kraken and subscribed there, and its facts. */
#include <stdio.h>
#include <stdlib.h>

#include "venue/config.h"
#include "venue/kraken/core.h"

#define SYMBOLS_PER_MESSAGE 50
#define AGAIN               ((uint64_t)1 << 30) /* ids of requests of one instrument's channel */

static const char *const channels[CHANNELS] = {"book", "trade", "ticker"};

// As the venue's pages state them of the lowest tier, and of a key's counter as a window: what it
// holds, and in how long that is gone.
static const struct venue_limit published[] = {
    {"weight", 15, 45000000000},     {"raw", 300, 60000000000},
    {"orders", 60, 60000000000},     {"orders_day", 1000000, 86400000000000},
    {"snapshots", 100, 60000000000}, {"connects", 150, 600000000000},
};

static void defaults(struct venue_config *config)
{
    snprintf(config->market_path, sizeof(config->market_path), "/v2");
    snprintf(config->user_path, sizeof(config->user_path), "/v2");
    snprintf(config->rest_path, sizeof(config->rest_path), "/0");
    config->snapshot_levels = 100;
    config->reconcile_ns = 60000000000;
    config->silence_ns = 5000000000; // heartbeats come each second
    config->user_silence_ns = 10000000000;
    config->channel_ns = 0; // a quiet pair is no dead one; each message is checked
    config->message_gap_ns = 0;
    config->orders = VENUE_ORDERS_WEBSOCKET;
    config->cooloff_ns = 900000000000;
    memcpy(config->limits, published, sizeof(published));
    config->n_limits = sizeof(published) / sizeof(published[0]);
}

/* Writing ---------------------------------------------------------------------------------------
 */

static void write_info(struct kraken *kraken, struct gateway_http *http)
{
    const struct symbols *symbols = kraken->symbols;
    struct print target = {.at = http->target, .room = sizeof(http->target)};

    print_add(&target, "%s/public/AssetPairs?pair=", kraken->gateway->config.rest_path);
    for (uint32_t i = 0; i < symbols->n; i++) {
        char pair[40];

        kraken_pair(symbols->all[i].name, pair, sizeof(pair));
        print_add(&target, "%s%s", i > 0 ? "," : "", pair);
    }
    REQUIRE(!target.is_full); // 256 names of at most 15
}

static void write_bars(struct kraken *kraken, const struct gateway_request *request,
                       struct gateway_http *http)
{
    struct gateway *gateway = kraken->gateway;
    agon_ns_t now = clock_offset_now(&gateway->clock, gateway_now(gateway));
    int64_t from_s = now / 1000000000 - 60 * ((int64_t)gateway->config.warm_bars + 1);
    char pair[40];

    kraken_pair(request->symbol->name, pair, sizeof(pair));
    snprintf(http->target, sizeof(http->target), "%s/public/OHLC?pair=%s&interval=1&since=%lld",
             gateway->config.rest_path, pair, (long long)(from_s > 0 ? from_s : 0));
}

static int write_request(void *self, struct gateway_request *request, struct gateway_http *http)
{
    struct kraken *kraken = self;

    switch (request->kind) {
    case REQ_TIME:
        snprintf(http->target, sizeof(http->target), "%s/public/Time",
                 kraken->gateway->config.rest_path);
        return AGON_OK;
    case REQ_INFO:
        write_info(kraken, http);
        return AGON_OK;
    case REQ_KLINES:
        write_bars(kraken, request, http);
        return AGON_OK;
    default:
        return kraken_write_private(kraken, request, http);
    }
}

/* Subscriptions ---------------------------------------------------------------------------------
 */

static int has_channel(const struct kraken *kraken, int which)
{
    const struct venue_config *config = &kraken->gateway->config;

    return (int)(which == CHANNEL_DEPTH    ? config->has_depth
                 : which == CHANNEL_TRADES ? config->has_trades
                                           : config->has_quotes);
}

/* Channel and instruments of message number at of all; 0 past the last. */
static uint32_t part_of(const struct kraken *kraken, uint32_t at, int *which, uint32_t *from)
{
    uint32_t n_parts = (kraken->symbols->n + SYMBOLS_PER_MESSAGE - 1) / SYMBOLS_PER_MESSAGE;

    for (*which = 0; *which < CHANNELS; ++*which) {
        if (!has_channel(kraken, *which))
            continue;
        if (at < n_parts) {
            uint32_t left;

            *from = at * SYMBOLS_PER_MESSAGE;
            left = kraken->symbols->n - *from;
            return left < SYMBOLS_PER_MESSAGE ? left : SYMBOLS_PER_MESSAGE;
        }
        at -= n_parts;
    }
    return 0;
}

static int send(struct kraken *kraken, struct link *link, const char *method, int which,
                uint32_t from, uint32_t n_symbols, uint64_t id)
{
    char bytes[SYMBOLS_PER_MESSAGE * 36 + 256];
    struct print text = {.at = bytes, .room = sizeof(bytes)};

    print_add(&text, "{\"method\":\"%s\",\"params\":{\"channel\":\"%s\",\"symbol\":[", method,
              channels[which]);
    for (uint32_t i = 0; i < n_symbols; i++)
        print_add(&text, "%s\"%s\"", i > 0 ? "," : "", kraken->symbols->all[from + i].name);
    print_add(&text, "]");
    if (which == CHANNEL_DEPTH)
        print_add(&text, ",\"depth\":%u", kraken->gateway->config.snapshot_levels);
    if (which == CHANNEL_QUOTES)
        print_add(&text, ",\"event_trigger\":\"bbo\"");
    // What was traded before is history's.
    if (strcmp(method, "subscribe") == 0)
        print_add(&text, ",\"snapshot\":%s", which == CHANNEL_TRADES ? "false" : "true");
    print_add(&text, "},\"req_id\":%llu}", (unsigned long long)id);
    REQUIRE(!text.is_full);
    return gateway_send(kraken->gateway, link, text.at, text.n);
}

/* Channels of single instruments, that are left and entered anew. */
static void send_again(struct kraken *kraken, struct link *link)
{
    for (uint32_t i = 0; i < kraken->symbols->n; i++) {
        for (int which = 0; which < CHANNELS; which++) {
            uint8_t bit = (uint8_t)(1 << which);
            uint64_t id = AGAIN + i * CHANNELS + (uint64_t)which;

            if ((kraken->leave[i] & bit) != 0 &&
                send(kraken, link, "unsubscribe", which, i, 1, id) == AGON_OK)
                kraken->leave[i] &= (uint8_t)~bit;
            if ((kraken->enter[i] & bit) != 0 &&
                send(kraken, link, "subscribe", which, i, 1, id) == AGON_OK)
                kraken->enter[i] &= (uint8_t)~bit;
        }
    }
}

static void subscribe(void *self, struct link *link)
{
    struct kraken *kraken = self;
    struct gateway *gateway = kraken->gateway;
    struct venue_feed *feed = venue_feed(kraken->client, link);
    uint32_t from;
    uint32_t n;
    int which;

    if (feed->subscribe_at == 0 && !link->is_next) {
        memset(kraken->leave, 0, sizeof(kraken->leave));
        memset(kraken->enter, 0, sizeof(kraken->enter));
    }
    while ((n = part_of(kraken, feed->subscribe_at, &which, &from)) > 0) {
        if (send(kraken, link, "subscribe", which, from, n, gateway->next_id + 1) < 0)
            return;
        gateway->next_id++;
        if (feed->n_unacked == 0)
            feed->subscribe_first = gateway->next_id;
        feed->n_unacked += n; // each is answered by itself
        feed->subscribe_at++;
    }
    if (!link->is_next)
        send_again(kraken, link);
}

static void resubscribe(void *self, struct link *link, uint32_t instrument, int which)
{
    struct kraken *kraken = self;

    kraken->leave[instrument] |= (uint8_t)(1 << which);
    if (link->state == LINK_OPEN)
        send_again(kraken, link);
}

static int on_reply(void *self, struct link *link)
{
    struct kraken *kraken = self;
    const struct wire_out *out = &kraken->client->out;
    struct venue_feed *feed = venue_feed(kraken->client, link);
    int is_leaving = strcmp(kraken->method, "unsubscribe") == 0;
    uint64_t at = out->id - AGAIN;

    if (is_leaving && out->id >= AGAIN && at < (uint64_t)kraken->symbols->n * CHANNELS) {
        // Left, or not there any more: then it is entered.
        kraken->enter[at / CHANNELS] |= (uint8_t)(1 << at % CHANNELS);
        return 0;
    }
    if (strcmp(kraken->method, "subscribe") != 0)
        return 0;
    if (out->code != 0) {
        char why[128];

        snprintf(why, sizeof(why), "a subscription was refused: %.80s", out->text);
        gateway_drop(kraken->gateway, link, why);
        return 0;
    }
    if (feed->n_unacked == 0 || out->id < feed->subscribe_first || out->id >= AGAIN)
        return 0;
    return --feed->n_unacked == 0;
}

/* Life ------------------------------------------------------------------------------------------
 */

static void count(const void *self, uint64_t *n_bad, uint64_t *n_cut)
{
    const struct kraken *kraken = self;

    *n_cut += kraken->n_cut; // of balances: a book's are whole, as its checksum is over all digits
    for (int kind = 0; kind < WIRE_KINDS; kind++)
        *n_bad += kraken->n_bad[kind];
}

void kraken_close(void *self)
{
    struct kraken *kraken = self;

    if (kraken == NULL)
        return;
    secret_free(kraken->vault);
    order_texts_deinit(&kraken->texts);
    free(kraken->fills);
    free(kraken);
}

int kraken_open_reader(const struct symbols *symbols, void **self)
{
    struct kraken *kraken = calloc(1, sizeof(*kraken));

    *self = kraken;
    if (kraken == NULL)
        return AGON_ENOMEM;
    kraken->symbols = symbols;
    kraken->fills = calloc(symbols->n > 0 ? symbols->n : 1, sizeof(*kraken->fills));
    if (order_texts_init(&kraken->texts) == AGON_OK && kraken->fills != NULL)
        return AGON_OK;
    kraken_close(kraken);
    *self = NULL;
    return AGON_ENOMEM;
}

int kraken_take_key(struct kraken *kraken, const struct venue_config *config, struct error *err)
{
    for (size_t i = 0; i < config->key.n; i++) {
        if (config->key.bytes[i] <= ' ' || config->key.bytes[i] > '~')
            return error_set(err, AGON_EINVAL, "the API key has a character that no key has");
    }
    if (config->key.n == 0)
        return error_set(err, AGON_EINVAL, "the API key is empty");
    kraken->vault = secret_new(sizeof(*kraken->vault));
    if (kraken->vault == NULL)
        return error_set(err, AGON_ENOMEM, "no locked memory for the key");
    memcpy(kraken->vault->key, config->key.bytes, config->key.n);
    return kraken_signer_init(&kraken->vault->signer, &config->secret, err);
}

static const uint32_t depths[] = {10, 25, 100, 500, 1000, 0};

static int open_kraken(struct venue_client *client, void **self, struct error *err)
{
    const struct venue_config *config = &client->gateway->config;
    struct kraken *kraken;
    uint32_t at = 0;

    if (kraken_open_reader(&client->gateway->symbols, self) < 0)
        return error_set(err, AGON_ENOMEM, "out of memory");
    kraken = *self;
    kraken->client = client;
    kraken->gateway = client->gateway;
    while (depths[at] != 0 && depths[at] != config->snapshot_levels)
        at++;
    if (depths[at] == 0)
        return error_set(err, AGON_EINVAL, "snapshot_levels is 10, 25, 100, 500 or 1000 here");
    if (config->warm_bars > 700)
        return error_set(err, AGON_EINVAL, "warm_bars is at most 700: its history has 720");
    for (uint32_t i = 0; i < client->n; i++) {
        if (client->all[i].bar_s != 0)
            return error_set(err, AGON_ENOTSUP, "%s: no market of bars is read here",
                             client->gateway->symbols.all[i].name);
    }
    kraken->t_begun = client->gateway->stream->utc(client->gateway->stream->ctx);
    return config->is_private ? kraken_take_key(kraken, config, err) : AGON_OK;
}

// Of the key's counter. Public requests are not on it, and orders have one of their own.
static const uint32_t weights[REQ_KINDS] = {
    [REQ_OPEN] = 1,   [REQ_TRADES] = 2, [REQ_ACCOUNT] = 1,   [REQ_NUMBER] = 1, [REQ_RIGHTS] = 1,
    [REQ_RECENT] = 2, [REQ_LISTEN] = 1, [REQ_COUNTDOWN] = 1, [REQ_QUERY] = 1,  [REQ_SWEPT] = 1};

extern const struct venue_wire venue_kraken_spot;
const struct venue_wire venue_kraken_spot = {
    .name = "kraken_spot",
    .kind = INSTRUMENT_SPOT,
    .time_path = "/public/Time",
    .read_time = kraken_read_time,
    .defaults = defaults,
    .weights = weights,
    .cancels_singly = 1,
    .order_types = kraken_order_types,
    .has_orders = 1,
    .dead_man = DEAD_MAN_ACCOUNT,
    .rescue = &kraken_rescue,
    .lists_all = 1,
    .is_in_place = 1,
    .is_serial = 1,
    .joint = "/",
    .listing = "AssetPairs",
    .fees = {2500000, 4000000}, // the first tier of its schedule
    .book = BOOK_CHECKSUM,
    .depths = depths,
    .checksum = kraken_checksum,
    .has_several = 1,
    .ping = "{\"method\":\"ping\"}",
    .open = open_kraken,
    .close = kraken_close,
    .open_reader = kraken_open_reader,
    .write = write_request,
    .said = 1u << REQ_NEW | 1u << REQ_REPLACE | 1u << REQ_CANCEL | 1u << REQ_STRAY |
            1u << REQ_COUNTDOWN,
    .say = kraken_say,
    .judge = kraken_judge,
    .refusal = kraken_refusal,
    .is_of_socket = kraken_is_of_socket,
    .read_info = kraken_read_info,
    .fit_rules = kraken_fit_rules,
    .read_bars = kraken_read_bars,
    .read_order = kraken_take_order,
    .read_orders = kraken_read_orders,
    .read_fills = kraken_read_fills,
    .read_account = kraken_read_account,
    .decode = kraken_decode,
    .subscribe = subscribe,
    .resubscribe = resubscribe,
    .on_reply = on_reply,
    .read_rights = kraken_read_rights,
    .keep_user = kraken_keep_user,
    .on_user_up = kraken_on_user_up,
    .on_user = kraken_on_user,
    .take_replace = kraken_take_replace,
    .answer = kraken_answer,
    .count = count,
};
