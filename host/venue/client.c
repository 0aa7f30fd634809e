// SPDX-License-Identifier: Apache-2.0
/* client: its life, what is due, and to whom an answer or a message goes. */
#include "venue/client.h"

#include <stdio.h>
#include <stdlib.h>

#define CHECK_EVERY_NS  50000000ll
#define SLACK_MAX_NS    60000000000ll /* that a clock is taken to be off by */
#define MARKET_EVERY_NS 5000000000ll  /* between two readings of a simulated market's time */

struct venue_instrument *venue_instrument(struct venue_client *client, const struct symbol *symbol)
{
    return &client->all[symbol - client->gateway->symbols.all];
}

struct venue_feed *venue_feed(struct venue_client *client, const struct link *link)
{
    return &client->feeds[link - client->gateway->links];
}

int venue_is_user_up(struct venue_client *client)
{
    const struct link *link = gateway_link(client->gateway, LINK_USER);

    return link != NULL && venue_feed(client, link)->is_up;
}

/* An order that is replaced in its place goes on under the id that it began with. */
uint8_t venue_wire_rev(const struct venue_client *client, uint8_t rev)
{
    return client->wire->is_in_place ? 0 : rev;
}

int venue_own_id(const struct venue_client *client, const char *text, uint64_t *order_id,
                 uint8_t *rev)
{
    return client_id_parse(&client->gateway->ports.ids, text, strlen(text), order_id, rev);
}

void venue_own_text(const struct venue_client *client, uint64_t order_id, uint8_t rev, char *text)
{
    client_id_format(&client->gateway->ports.ids, order_id, rev, text);
}

int venue_bad(struct gateway *gateway, uint64_t n_bad[WIRE_KINDS], int kind, int rc, size_t n)
{
    if (n_bad[kind]++ == 0 && gateway != NULL)
        gateway_log(gateway, 4, "bad",
                    "%s: a message of kind %d, of %zu bytes, cannot be taken (%s); more of them "
                    "are only counted",
                    gateway->config.name, kind, n, error_name(rc));
    return rc;
}

int venue_is_clock_good(struct venue_client *client, int64_t now)
{
    int64_t half = (int64_t)client->gateway->config.recv_window_ms * 1000000 / 2;

    return clock_offset_uncertainty(&client->gateway->clock, now) <= half;
}

int64_t venue_expiry(const struct venue_client *client, int64_t now, int64_t window_ns)
{
    int64_t slack = clock_offset_uncertainty(&client->gateway->clock, now);

    return now + window_ns + (slack < SLACK_MAX_NS ? slack : SLACK_MAX_NS);
}

agon_ns_t venue_take_until(struct venue_client *client, struct gateway_request *request,
                           int is_risk)
{
    struct gateway *gateway = client->gateway;
    int64_t now = gateway_now(gateway);
    agon_ns_t venue_now = clock_offset_now(&gateway->clock, now);
    int64_t window_ns = (int64_t)gateway->config.recv_window_ms * 1000000;

    // A deadline by a clock that is not known is none.
    if (is_risk && (venue_now == 0 || !venue_is_clock_good(client, now))) {
        request->why = REASON_VENUE_CLOCK;
        return 0;
    }
    request->expiry_ns = venue_expiry(client, now, window_ns);
    return venue_now + window_ns;
}

struct gateway_request *venue_ask(struct venue_client *client, enum wire_op op,
                                  const struct symbol *symbol, enum limiter_class class,
                                  int64_t wait_ns)
{
    struct gateway *gateway = client->gateway;
    struct gateway_request *request = gateway_request(gateway, (uint8_t)op, class, op < REQ_NEW);

    if (request == NULL)
        return NULL;
    request->symbol = symbol;
    request->cost[BUCKET_WEIGHT] = client->wire->weights[op];
    gateway_queue(gateway, request, gateway_now(gateway) + wait_ns);
    return request;
}

// Of a request for an order; what each request costs is the gateway's.
static void add_cost(const struct venue_wire *wire, enum wire_op op, uint32_t cost[BUCKETS])
{
    cost[BUCKET_WEIGHT] = wire->weights[op];
    if (op == REQ_NEW || op == REQ_REPLACE || op == REQ_SWAP_NEW)
        cost[BUCKET_ORDERS] = cost[BUCKET_ORDERS_DAY] = 1;
}

void venue_cost(const struct venue_wire *wire, const struct order_cmd *cmd, uint32_t cost[BUCKETS])
{
    enum wire_op op = cmd->kind == CMD_CANCEL       ? REQ_CANCEL
                      : cmd->kind == CMD_CANCEL_ALL ? REQ_CANCEL_ALL
                      : cmd->kind == CMD_QUERY      ? REQ_QUERY
                      : cmd->kind == CMD_REPLACE    ? REQ_REPLACE
                                                    : REQ_NEW;

    if (wire->has_orders)
        add_cost(wire, op, cost);
}

struct gateway_request *venue_ask_order(struct venue_client *client, enum wire_op op,
                                        struct outbox_entry *entry, enum limiter_class class,
                                        int64_t until_ns)
{
    struct gateway *gateway = client->gateway;
    const struct symbol *symbol = symbols_by_id(&gateway->symbols, entry->instrument);
    struct gateway_request *request;

    if (symbol == NULL)
        return NULL;
    request = gateway_request(gateway, (uint8_t)op, class, 0);
    if (request == NULL)
        return NULL;
    request->symbol = symbol;
    request->entry = entry;
    request->order_id = entry->order_id;
    request->number = entry->number;
    add_cost(client->wire, op, request->cost);
    // A cancel that is done twice is done once: it need not wait for the first one's answer.
    request->is_again = op == REQ_CANCEL;
    gateway_queue(gateway, request, until_ns);
    return request;
}

/* The order came to its end, or to its answer, while the request waited. */
static int is_pointless(const struct gateway_request *request)
{
    return request->entry != NULL && (request->entry->order_id != request->order_id ||
                                      (request->kind != REQ_QUERY && !venue_is_pending(request)));
}

int venue_write(struct venue_client *client, struct gateway_request *request,
                struct gateway_http *http)
{
    int rc;

    if (is_pointless(request))
        return AGON_ESTATE;
    rc = client->wire->write(client->self, request, http);
    if (rc == AGON_OK && request->entry != NULL && request->kind != REQ_QUERY)
        outbox_sent(request->entry, request->expiry_ns);
    return rc;
}

void venue_sent(struct venue_client *client, const struct gateway_request *request)
{
    if (client->wire->sent != NULL)
        client->wire->sent(client->self, request);
}

int64_t venue_say(struct venue_client *client, struct gateway_request *request, uint64_t id,
                  char *text, size_t room)
{
    int64_t n;

    if (is_pointless(request))
        return AGON_ESTATE;
    n = client->wire->say(client->self, request, id, text, room);
    if (n >= 0 && request->entry != NULL)
        outbox_sent(request->entry, request->expiry_ns);
    return n;
}

void venue_bar(struct gateway *gateway, int64_t until)
{
    gateway->n_barred++;
    if (until > gateway->barred_ns)
        gateway->barred_ns = until;
}

void venue_too_fast(struct gateway *gateway, uint32_t bucket, const char *said, int64_t now)
{
    limiter_stop(&gateway->limiter, now, bucket, 0);
    venue_bar(gateway, gateway->limiter.buckets[bucket].stop_until);
    gateway_log(gateway, 4, "rate", "%s: too many requests (%s)", gateway->config.name, said);
}

void venue_halt_auth(struct venue_client *client, int32_t code, const char *text)
{
    if (!client->gateway->is_auth_halted)
        gateway_log(
            client->gateway, 3, "auth",
            "%s: the venue does not accept our key (%d: %.80s); no new orders until it does",
            client->gateway->config.name, (int)code, text);
    client->gateway->is_auth_halted = 1;
    snprintf(client->gateway->auth_text, sizeof(client->gateway->auth_text), "%d: %.48s", (int)code,
             text);
}

static void tell_health(struct venue_client *client)
{
    struct gateway *gateway = client->gateway;
    struct gateway_status status;
    struct agon_health record = {
        .hdr = {.type = AGON_EVENT_HEALTH, .granules = sizeof(record) / EVENT_GRANULE},
        .venue = gateway->config.venue,
    };
    uint8_t health;

    gateway_status(gateway, &status);
    health = status.health;
    if (gateway->config.is_private && (!status.is_ready || status.is_auth_halted) &&
        health == GATEWAY_UP)
        health = GATEWAY_DEGRADED;
    if (health == client->health)
        return;
    client->health = health;
    record.state = health;
    record.offset_ns = status.offset_ns;
    record.delay_ns = gateway->clock.uncertainty_ns;
    record.reason = status.is_banned        ? REASON_VENUE_RATE
                    : status.is_auth_halted ? REASON_VENUE_AUTH
                    : health != GATEWAY_UP  ? REASON_VENUE_DOWN
                                            : 0;
    gateway_emit(gateway, &record.hdr);
}

/* For the venue's clock; and in between for its market's, where it has one of its own: a simulator
 * that falls behind its speed takes its market's time along. */
static void ask_time(struct venue_client *client, int64_t now)
{
    const struct gateway *gateway = client->gateway;
    int is_due = clock_offset_is_due(&gateway->clock, now);

    if (!is_due &&
        (gateway->market.speed_milli == 0 || now - gateway->market.at_ns < MARKET_EVERY_NS))
        return;
    client->is_offset_due = (uint8_t)is_due;
    client->is_time_asked = venue_ask(client, REQ_TIME, NULL, LIMITER_QUERY, VENUE_DATA_NS) != NULL;
}

void venue_on_answer(struct venue_client *client, struct gateway_request *request,
                     enum gateway_fate fate, uint16_t reason, const struct http_message *reply)
{
    struct gateway *gateway = client->gateway;
    int64_t now = gateway_now(gateway);
    enum answer answer = ANSWER_UNKNOWN;
    char text[WIRE_TEXT] = "";
    int32_t code = 0;

    client->asked_ns = request->sent_ns;
    if (fate == FATE_REPLY) {
        answer = client->wire->judge(client->self, request, reply, &code, text, sizeof(text), now);
        if (answer == ANSWER_CLOCK)
            clock_offset_refused(&gateway->clock);
        else if (answer == ANSWER_AUTH)
            venue_halt_auth(client, code, text);
    }
    if (request->kind >= REQ_CANCEL_ALL)
        venue_sweep_answer(client, request, answer, reply);
    else if (request->kind == REQ_QUERY)
        venue_answer_query(client, request, answer, reply);
    else if (request->kind == REQ_STRAY)
        venue_answer_stray(client, request, answer);
    else if (request->kind >= REQ_NEW)
        venue_answer_request(client, request, fate, reason, answer, code, text, reply);
    else if (request->kind == REQ_COUNTDOWN && client->wire->dead_man != DEAD_MAN_NONE)
        venue_switch_answer(client, request, answer == ANSWER_GOOD);
    else if (request->kind > REQ_POSITIONS)
        client->wire->answer(client->self, request, answer, code, text, reply);
    else if (request->kind == REQ_RIGHTS || request->kind == REQ_RECENT)
        venue_guard_answer(client, request, answer, reply);
    else if (request->kind >= REQ_OPEN)
        venue_answer_part(client, request, answer, reply);
    else
        venue_answer_data(client, request, answer, reply);
}

void venue_on_message(struct venue_client *client, struct link *link, const void *bytes, size_t n)
{
    if (link->role == LINK_MARKET && link->is_next)
        venue_on_next_market(client, link, bytes, n);
    else if (link->role == LINK_MARKET)
        venue_on_market(client, link, bytes, n);
    else
        client->wire->on_user(client->self, link, bytes, n);
}

void venue_on_link(struct venue_client *client, struct link *link, int is_up)
{
    *venue_feed(client, link) = (struct venue_feed){0};
    if (link->role == LINK_MARKET) {
        for (uint32_t i = 0; i < client->n; i++) {
            struct venue_instrument *instrument = &client->all[i];

            instrument->next_diff = instrument->next_trade = 0;
            if (link->is_next)
                continue;
            instrument->last_trade = 0;
            memset(instrument->channels, 0, sizeof(instrument->channels));
            if (!is_up)
                book_sync_lost(&instrument->sync, BOOK_SYNC_LOST);
        }
        if (is_up)
            client->wire->subscribe(client->self, link);
        return;
    }
    if (link->role == LINK_SAY) {
        said_on_link(client->gateway, link, is_up);
        return;
    }
    venue_user_down(client, link);
    if (is_up) {
        venue_guard_again(client);
        client->wire->on_user_up(client->self, link);
    }
}

void venue_user_down(struct venue_client *client, struct link *link)
{
    struct venue_feed *feed = venue_feed(client, link);

    feed->is_up = feed->is_asked = 0;
    if (link->is_next)
        return;
    client->gateway->is_ready = 0;
    client->is_round = 0; // what is still out proves nothing about the time from now on
    client->reconcile_ns = 0;
}

void venue_user_up(struct venue_client *client, struct link *link)
{
    venue_feed(client, link)->is_up = 1;
    client->reconcile_ns = 0; // what happened meanwhile
    gateway_link_works(client->gateway, link);
    if (!link->is_next) // a follower takes over when nothing is under way (said_keep)
        client->is_round = 0;
}

void venue_user_bad(struct venue_client *client)
{
    int64_t soon_ns = gateway_now(client->gateway) + VENUE_RETRY_NS;

    if (venue_is_user_up(client) && !client->is_round && client->reconcile_ns > soon_ns)
        client->reconcile_ns = soon_ns;
}

void venue_on_turn(struct venue_client *client, int64_t now)
{
    struct gateway *gateway = client->gateway;
    struct link *market = gateway_link(gateway, LINK_MARKET);

    for (uint32_t i = 0; i < gateway->n_links; i++) {
        if (gateway->links[i].role == LINK_MARKET && gateway->links[i].state == LINK_OPEN)
            client->wire->subscribe(client->self, &gateway->links[i]);
    }
    if (market != NULL && market->state == LINK_OPEN)
        venue_ask_snapshots(client, now);
    if (!client->is_time_asked)
        ask_time(client, now);
    if (now < client->check_ns)
        return;
    client->check_ns = now + CHECK_EVERY_NS;
    for (uint32_t i = 0; i < gateway->n_links; i++) {
        struct link *link = &gateway->links[i];

        if (link->role == LINK_MARKET && link->is_next && link->state == LINK_OPEN)
            venue_follow_market(client, link, now);
    }
    market = gateway_link(gateway, LINK_MARKET);
    if (market != NULL && market->state == LINK_OPEN)
        venue_watch_channels(client, market, now);
    if (now >= client->info_ns && !client->is_info_asked)
        client->is_info_asked =
            venue_ask(client, REQ_INFO, NULL, LIMITER_OTHER, VENUE_DATA_NS) != NULL;
    for (uint32_t i = 0; i < client->n; i++)
        venue_show_early(client, &client->all[i]);
    if (gateway->config.warm_bars > 0) {
        for (uint32_t i = 0; i < client->n; i++) {
            if (now >= client->all[i].warm_ns &&
                (client->all[i].bar_s == 0 ||
                 (market != NULL && venue_feed(client, market)->is_up)))
                venue_ask_past(client, i);
        }
    }
    if (gateway->config.is_private &&
        (client->wire->is_legible == NULL || client->wire->is_legible(client->self))) {
        client->wire->keep_user(client->self, now);
        venue_switch_turn(client, now);
        venue_guard_turn(client, now);
        if (venue_is_user_up(client) && !client->is_round &&
            (now >= client->reconcile_ns || gateway->round_ns != 0))
            venue_begin_round(client, now);
        venue_ask_orders(client, now);
        venue_sweep_turn(client, now);
        venue_ask_strays(client, now);
    }
    tell_health(client);
}

void venue_status(struct venue_client *client, struct gateway_status *status)
{
    for (uint32_t i = 0; i < client->n && client->gateway->config.has_depth; i++)
        status->n_books += client->all[i].bar_s == 0;
    for (uint32_t i = 0; i < client->n; i++)
        status->n_warm += client->gateway->config.warm_bars == 0 || client->all[i].has_past;
    for (uint32_t i = 0; i < client->n; i++) {
        const struct book_sync *sync = &client->all[i].sync;

        status->n_live += sync->state == BOOK_LIVE;
        status->n_gaps += sync->n_gaps;
        status->n_resyncs += sync->n_resyncs;
    }
    client->wire->count(client->self, &status->n_bad, &status->n_cut);
}

/* Life ------------------------------------------------------------------------------------------
 */

void venue_close(struct venue_client *client)
{
    if (client == NULL)
        return;
    if (client->self != NULL)
        client->wire->close(client->self);
    if (client->all != NULL) {
        for (uint32_t i = 0; i < client->n; i++)
            book_sync_deinit(&client->all[i].sync);
    }
    free(client->all);
    free(client);
}

static int open_instruments(struct venue_client *client,
                            const struct gateway_instrument *instruments, uint32_t n_instruments,
                            struct error *err)
{
    struct gateway *gateway = client->gateway;
    const struct venue_config *config = &gateway->config;

    client->all = calloc(n_instruments > 0 ? n_instruments : 1, sizeof(*client->all));
    if (client->all == NULL)
        return error_set(err, AGON_ENOMEM, "out of memory");
    for (uint32_t i = 0; i < n_instruments; i++) {
        struct venue_instrument *instrument = &client->all[i];
        int rc = book_sync_init(&instrument->sync, &gateway->symbols.all[i], config->venue, 0,
                                gateway_emit, gateway);

        if (rc < 0)
            return error_set(err, rc, "out of memory for a book");
        client->n = i + 1;
        instrument->sync.snapshot_limit = config->snapshot_levels;
        instrument->sync.is_chained =
            client->wire->book == BOOK_CHAIN || client->wire->book == BOOK_CHAIN_PUSHED;
        if (wire_is_pushed(client->wire) &&
            book_sync_push(&instrument->sync, client->wire->checksum) < 0)
            return error_set(err, AGON_ENOMEM, "out of memory for a book");
        instrument->record = instruments[i].instrument;
        instrument->record.venue = config->venue;
        instrument->record.hdr.type = AGON_EVENT_INSTRUMENT;
        instrument->record.hdr.granules = sizeof(instrument->record) / EVENT_GRANULE;
        instrument->last_fill = instruments[i].last_fill;
        instrument->bar_s = instruments[i].bar_s;
        instrument->is_based = instruments[i].is_read;
    }
    return AGON_OK;
}

int venue_open(struct gateway *gateway, const struct gateway_instrument *instruments,
               uint32_t n_instruments, struct error *err)
{
    const struct venue_config *config = &gateway->config;
    struct venue_client *client = calloc(1, sizeof(*client));
    int rc;

    if (client == NULL)
        return error_set(err, AGON_ENOMEM, "out of memory");
    gateway->client = client;
    client->gateway = gateway;
    client->wire = gateway->wire;
    client->guard.is_rich = config->is_key_halted;
    if (config->rest.host[0] == 0 || (n_instruments > 0 && config->market.host[0] == 0) ||
        (config->is_private && config->user.host[0] == 0) ||
        (config->is_private && config->orders == VENUE_ORDERS_WEBSOCKET &&
         client->wire->says_apart && config->order_socket.host[0] == 0))
        return error_set(err, AGON_EINVAL, "an endpoint has no host");
    if (config->is_private && !client->wire->has_orders)
        return error_set(err, AGON_ENOTSUP, "%s is for market data: name no credential",
                         client->wire->name);
    rc = open_instruments(client, instruments, n_instruments, err);
    return rc < 0 ? rc : client->wire->open(client, &client->self, err);
}
