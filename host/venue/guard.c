// SPDX-License-Identifier: Apache-2.0
/* guard: may this host trade this account? Asked before the first order leaves, in mode live: the
 * key's rights, whose account it is, and whether orders of another host are about. Later the first
 * sight of such an order halts order entry, and a key that gains the right to withdraw halts that
 * of its venue: it is read every hour and behind each new connection. */
#include <stdio.h>

#include "venue/client.h"

#define RECENT_NS ((int64_t)600 * 1000000000)
#define AGAIN_NS                                                                                   \
    ((int64_t)10 * 1000000000) /* rights are not read more often, unless told to be                \
                                */
#define FAILED_NS ((int64_t)60 * 1000000000)

static void refuse(struct venue_client *client, enum gateway_refusal why, const char *text)
{
    struct gateway *gateway = client->gateway;

    if (gateway->refusal != 0)
        return;
    gateway->refusal = (uint8_t)why;
    snprintf(gateway->refusal_text, sizeof(gateway->refusal_text), "%s: %.180s",
             gateway->config.name, text);
    gateway_log(gateway, 3, "refused", "%s", gateway->refusal_text);
}

int venue_guard_is_clear(const struct venue_client *client)
{
    const struct venue_guard *guard = &client->guard;

    return !client->gateway->config.is_guarded ||
           (guard->is_claimed && guard->is_rights_known && guard->recent_at >= client->n &&
            client->gateway->refusal == 0);
}

/* Where futures have them asked, a connection is made for it. */
static struct gateway_request *ask_rights(struct venue_client *client)
{
    struct gateway *gateway = client->gateway;
    enum limiter_class class = client->guard.is_rights_known ? LIMITER_OTHER : LIMITER_QUERY;
    struct gateway_request *request = venue_ask(client, REQ_RIGHTS, NULL, class, VENUE_DATA_NS);

    if (request == NULL || gateway->config.rights.host[0] == '\0')
        return request;
    request->is_data = GATEWAY_ON_RIGHTS;
    for (uint32_t i = 0; i < gateway->n_links; i++) {
        if (gateway->links[i].role == LINK_RIGHTS)
            gateway->links[i].is_waiting = 0;
    }
    return request;
}

void venue_guard_turn(struct venue_client *client, int64_t now)
{
    const struct venue_config *config = &client->gateway->config;
    struct venue_guard *guard = &client->guard;
    struct gateway_request *request;
    int is_due = !guard->is_rights_known || now >= guard->rights_ns;

    if (!config->is_guarded || client->gateway->refusal != 0 || guard->is_out ||
        now < guard->next_ns || (!is_due && guard->recent_at >= client->n))
        return;
    if (is_due)
        request = ask_rights(client);
    else
        request = venue_ask(client, REQ_RECENT, &client->gateway->symbols.all[guard->recent_at],
                            LIMITER_QUERY, VENUE_DATA_NS);
    guard->is_out = request != NULL;
}

void venue_guard_again(struct venue_client *client)
{
    struct venue_guard *guard = &client->guard;
    int64_t least_ns = client->gateway->config.rights_ns;
    int64_t at = guard->rights_read_ns + (least_ns < AGAIN_NS ? least_ns : AGAIN_NS);

    if (guard->is_rights_known && at < guard->rights_ns)
        guard->rights_ns = at;
}

/* A key that gained that right, or lost it again, while the host runs: the core halts the venue and
 * lifts it, by an event. */
static void tell_rights(struct venue_client *client, int can_withdraw)
{
    struct gateway *gateway = client->gateway;
    struct record_command_by halt = {
        .command = {.hdr = {.type = AGON_EVENT_COMMAND, .granules = sizeof(halt) / EVENT_GRANULE},
                    .kind = can_withdraw ? COMMAND_HALT : COMMAND_RESUME,
                    .scope = SCOPE_VENUE,
                    .id = gateway->config.venue,
                    .reason = REASON_KEY_RIGHTS},
        .who = "venue"};

    if (can_withdraw == client->guard.is_rich)
        return;
    snprintf(halt.why, sizeof(halt.why), "%s: the key %s", gateway->config.name,
             can_withdraw ? "may withdraw" : "may not withdraw any more");
    if (gateway_emit(gateway, &halt.command.hdr) < 0) {
        client->guard.rights_ns = client->guard.rights_read_ns + FAILED_NS; // it tells it then
        return;
    }
    client->guard.is_rich = (uint8_t)can_withdraw;
    if (can_withdraw)
        gateway_log(gateway, 3, "rights",
                    "%s: the key may withdraw since a while: order entry of this venue is halted "
                    "until that right is taken away, or an operator resumes it",
                    gateway->config.name);
    else
        gateway_log(gateway, 6, "rights", "%s: the key may not withdraw any more: orders are taken",
                    gateway->config.name);
}

static void take_rights(struct venue_client *client, const struct http_message *reply)
{
    struct venue_guard *guard = &client->guard;
    int64_t now = gateway_now(client->gateway);
    int can_withdraw = 0;

    if (client->wire->read_rights(client->self, reply->body, reply->body_n, &can_withdraw) < 0)
        return; // asked again
    guard->rights_read_ns = now;
    guard->rights_ns = now + client->gateway->config.rights_ns;
    if (can_withdraw && !guard->is_rights_known) {
        refuse(client, GATEWAY_REFUSED_RIGHTS,
               "the key may withdraw: a host must not hold such a key; make one that may only read "
               "and trade");
        return;
    }
    guard->is_rights_known = 1;
    tell_rights(client, can_withdraw);
}

void venue_guard_answer(struct venue_client *client, struct gateway_request *request,
                        enum answer answer, const struct http_message *reply)
{
    struct gateway *gateway = client->gateway;
    struct venue_guard *guard = &client->guard;

    guard->is_out = 0;
    guard->next_ns = gateway_now(gateway) + VENUE_RETRY_NS;
    if (request->kind == REQ_RIGHTS && guard->is_rights_known)
        guard->rights_ns = gateway_now(gateway) + FAILED_NS; // unless it is read now
    if (request->kind == REQ_RIGHTS && answer == ANSWER_GOOD) {
        take_rights(client, reply);
    } else if (request->kind == REQ_RIGHTS && reply != NULL && reply->status == 404) {
        gateway_log(gateway, 4, "rights", "%s: this venue does not report what the key may do",
                    gateway->config.name);
        guard->is_rights_known = 1;
        guard->rights_ns = INT64_MAX;
    } else if (request->kind == REQ_RECENT && answer == ANSWER_GOOD) {
        if (client->wire->read_orders(client->self, reply->body, reply->body_n, venue_guard_list,
                                      client) >= 0)
            guard->recent_at = client->wire->lists_all ? client->n : guard->recent_at + 1;
    }
    if (!guard->is_rights_known) {
        if (!guard->is_unread && gateway->refusal == 0)
            gateway_log(gateway, 4, "rights",
                        "%s: what the key may do could not be read; no order is sent until it is",
                        gateway->config.name);
        guard->is_unread = 1;
        return;
    }
    guard->next_ns = 0;
    for (uint32_t i = 0; request->is_data == GATEWAY_ON_RIGHTS && i < gateway->n_links; i++) {
        struct link *link = &gateway->links[i];

        if (link->role != LINK_RIGHTS)
            continue;
        link->is_waiting = 1; // until it is asked again
        gateway_drop(gateway, link, "the key's rights are known");
    }
}

void venue_guard_account(struct venue_client *client)
{
    struct gateway *gateway = client->gateway;
    struct error err = {0};
    char account[24];

    if (!gateway->config.is_guarded || client->guard.is_claimed)
        return;
    snprintf(account, sizeof(account), "%llu", (unsigned long long)client->out.uid);
    // A venue that does not tell has the lock on the key's hash alone.
    if (client->out.uid != 0 && gateway->ports.claim != NULL &&
        gateway->ports.claim(gateway->ports.ctx, gateway->config.venue, account, &err) < 0)
        refuse(client, GATEWAY_REFUSED_ACCOUNT, err.text);
    else
        client->guard.is_claimed = 1;
}

/* Another host's order that nobody told us of. */
static void on_other(struct venue_client *client, const struct foreign_order *order)
{
    struct gateway *gateway = client->gateway;
    struct record_command_by halt = {
        .command = {.hdr = {.type = AGON_EVENT_COMMAND, .granules = sizeof(halt) / EVENT_GRANULE},
                    .kind = COMMAND_HALT,
                    .scope = SCOPE_GLOBAL,
                    .which = HALT_OPERATOR, // a person's word lifts it
                    .reason = REASON_OTHER_HOST},
        .who = "another host"};
    char text[160];

    snprintf(text, sizeof(text),
             "another host trades this account: its order %.39s (journal %06x) was seen",
             order->client_id, order->journal);
    if (gateway->config.is_guarded && !client->guard.is_passed) {
        if (!gateway->config.is_take_over)
            refuse(client, GATEWAY_REFUSED_ACCOUNT, text);
        return;
    }
    gateway->n_rivals++;
    gateway_log(gateway, 3, "other-host", "%s: %s; order entry is halted", gateway->config.name,
                text);
    snprintf(halt.why, sizeof(halt.why), "its order %.39s on this account", order->client_id);
    gateway_emit(gateway, &halt.command.hdr);
}

void venue_guard_see(struct venue_client *client, const struct wire_order *order, int is_known)
{
    static const uint8_t is_open_state[] = {[AGON_ORDER_PENDING] = 1,
                                            [AGON_ORDER_OPEN] = 1,
                                            [AGON_ORDER_PARTIAL] = 1,
                                            [AGON_ORDER_CANCELLING] = 1};
    struct gateway *gateway = client->gateway;
    struct foreign_order seen = {.venue_order = order->venue_order,
                                 .instrument =
                                     order->symbol != NULL ? order->symbol->instrument : 0,
                                 .side = order->side,
                                 .px = order->px,
                                 .qty = order->qty,
                                 .t_seen = gateway->stream->utc(gateway->stream->ctx)};
    int is_open = order->state < sizeof(is_open_state) && is_open_state[order->state];
    const char *text = order->client_id;
    struct client_id id = {0};

    // A cancel has an id of its own in client_id; the order's is then in orig_client_id.
    if (order->orig_client_id[0] != '\0')
        text = order->orig_client_id;
    seen.whose = (uint8_t)client_id_read(&gateway->ports.ids, text, strlen(text), &id);
    seen.journal = seen.whose == CLIENT_ID_OTHER ? id.journal : 0;
    snprintf(seen.client_id, sizeof(seen.client_id), "%s", text);
    foreign_see(&gateway->foreign, &seen, is_open, is_known);
    if (seen.whose == CLIENT_ID_OTHER && !is_known)
        on_other(client, &seen);
}

void venue_guard_list(void *ctx, const struct wire_order *order)
{
    struct venue_client *client = ctx;
    uint64_t order_id;
    uint8_t rev;

    if (venue_own_id(client, order->client_id, &order_id, &rev) < 0)
        venue_foreign(client, order);
}
