// SPDX-License-Identifier: Apache-2.0
/* said: requests for orders over the private connection of a venue that takes them there, or over
 * one of their own. Many may be under way at once; each has an id that its answer names. One that
 * has no answer when the connection ends is of unknown fate, unless none of it had left: it is
 * asked for, and never sent again. A cancel is: over REST, which is the way of all while that
 * connection is not up. */
#include "venue/client.h"

#define SAID_FIRST ((uint64_t)1 << 40) /* ids of other requests stay below */
#define SAID_MAX   2048                /* bytes of one */

int said_can_follow(const struct gateway *gateway, const struct link *link)
{
    return link->is_next && link->role != LINK_MARKET && link->state == LINK_OPEN &&
           venue_feed(gateway->client, link)->is_up;
}

/* The one that is to take over, where there is one; NULL. */
static struct link *follower(struct gateway *gateway, enum link_role role)
{
    for (uint32_t i = 0; i < gateway->n_links; i++) {
        if (gateway->links[i].role == role && said_can_follow(gateway, &gateway->links[i]))
            return &gateway->links[i];
    }
    return NULL;
}

struct link *said_link(struct gateway *gateway, const struct gateway_request *request)
{
    enum link_role role = gateway->wire->says_apart ? LINK_SAY : LINK_USER;
    struct link *link;

    if (gateway->config.orders != VENUE_ORDERS_WEBSOCKET || gateway->wire->say == NULL ||
        (gateway->wire->said >> request->kind & 1) == 0 || request->is_lost ||
        (gateway->wire->is_sayable != NULL &&
         !gateway->wire->is_sayable(gateway->client->self, request)))
        return NULL;
    // What is said on the newest is never cut off by its end, and the one before it comes to rest.
    link = follower(gateway, role);
    if (link == NULL)
        link = gateway_link(gateway, role);
    if (link == NULL || link->state != LINK_OPEN || !venue_feed(gateway->client, link)->is_up)
        return NULL;
    // Cancels and the host's exits need not learn one by one that nothing is answered there. Other
    // orders go on: what is answered, however late, says that it lives.
    return link->unanswered_ns != 0 &&
                   (request->is_again || (request->entry != NULL && request->entry->is_exit))
               ? NULL
               : link;
}

void said_on_link(struct gateway *gateway, struct link *link, int is_up)
{
    venue_feed(gateway->client, link)->is_up = (uint8_t)(is_up != 0);
    if (is_up)
        gateway_link_works(gateway, link);
}

int said_send(struct gateway *gateway, struct link *link, struct gateway_request *request,
              int64_t now)
{
    uint64_t id =
        SAID_FIRST + gateway->n_said * GATEWAY_REQUESTS + (uint64_t)(request - gateway->requests);
    agon_ns_t utc = gateway->stream->utc(gateway->stream->ctx);
    uint64_t at = link->n_given;
    char text[SAID_MAX];
    int64_t n;
    int rc;

    request->is_said = 1;
    request->said_by = link;
    n = venue_say(gateway->client, request, id, text, sizeof(text));
    rc = n < 0 ? (int)n : gateway_say(gateway, link, text, (size_t)n);
    explicit_bzero(text, sizeof(text));
    if (rc < 0) {
        request->said_by = NULL;
        if (n >= 0)
            request->why = REASON_VENUE_BUSY;
        return n < 0 ? rc : AGON_EAGAIN;
    }
    gateway->n_said++;
    link->n_said++;
    request->said_id = id;
    request->said_at = at;
    gateway_has_left(gateway, link, request, 1, utc, now);
    return AGON_OK;
}

static void end(struct gateway_request *request)
{
    request->said_by->n_said--;
    request->said_by = NULL;
}

/* Nobody waits for it any more, or it was there before: it says nothing of an order, but the limits
 * that it tells of count all the same. */
static void heed(struct venue_client *client, const struct http_message *reply)
{
    struct gateway *gateway = client->gateway;
    char text[WIRE_TEXT];
    int32_t code;

    gateway->late = (struct gateway_request){.kind = REQ_NEW, .is_said = 1};
    (void)client->wire->judge(client->self, &gateway->late, reply, &code, text, sizeof(text),
                              gateway_now(gateway));
}

int venue_said(struct venue_client *client, struct link *link, uint64_t id, const void *bytes,
               size_t n)
{
    return venue_said_status(client, link, id, 200, bytes, n);
}

int venue_said_status(struct venue_client *client, struct link *link, uint64_t id, int status,
                      const void *bytes, size_t n)
{
    struct gateway *gateway = client->gateway;
    struct gateway_request *request = &gateway->requests[id % GATEWAY_REQUESTS];
    struct http_message reply = {.status = status,
                                 .method = "",
                                 .target = "",
                                 .path = "",
                                 .query = "",
                                 .body = bytes,
                                 .body_n = n,
                                 .is_keep_alive = 1};

    if (id < SAID_FIRST)
        return 0;
    link->unanswered_ns = 0;
    if (request->said_by != link || request->said_id != id) {
        heed(client, &reply);
        return 1;
    }
    gateway_tell_sent(gateway, link, request, 1, 0);
    end(request);
    gateway_answer(gateway, request, FATE_REPLY, 0, &reply);
    return 1;
}

void said_keep(struct gateway *gateway, struct link *link, int64_t now)
{
    struct link *next;

    // The one before it has its last answer: nothing is left that its end could leave unknown.
    if (said_can_follow(gateway, link) &&
        gateway_link(gateway, (enum link_role)link->role)->n_said == 0) {
        gateway_take_over(gateway, link);
        return;
    }
    for (uint32_t i = 0; link->n_said > 0 && i < GATEWAY_REQUESTS; i++) {
        struct gateway_request *request = &gateway->requests[i];

        if (request->said_by != link)
            continue;
        gateway_tell_sent(gateway, link, request, 0, 0);
        if (now - request->sent_ns <=
            (request->is_again ? gateway->config.cancel_ns : gateway->config.request_ns))
            continue;
        // It may still be heard and not answer: whoever waits for an answer waits in vain.
        if (!request->is_again) {
            next = link->is_next ? NULL : follower(gateway, (enum link_role)link->role);
            if (next != NULL)
                gateway_take_over(gateway, next);
            else
                gateway_drop(gateway, link, "no answer to a request");
            return;
        }
        if (link->unanswered_ns == 0)
            link->unanswered_ns = request->sent_ns;
        end(request);
        if (!link_try_again(gateway, request))
            gateway_answer(gateway, request, FATE_UNKNOWN, REASON_TIMEOUT, NULL);
    }
    if (link->unanswered_ns != 0 && now - link->unanswered_ns > gateway->config.request_ns)
        link->unanswered_ns = 0;
}

void said_down(struct gateway *gateway, struct link *link)
{
    uint64_t unsent =
        link->n_said > 0 ? gateway->stream->unsent(gateway->stream->ctx, link->conn) : 0;

    for (uint32_t i = 0; link->n_said > 0 && i < GATEWAY_REQUESTS; i++) {
        struct gateway_request *request = &gateway->requests[i];
        int has_left;

        if (request->said_by != link)
            continue;
        has_left = unsent < link->n_given - request->said_at;
        end(request);
        if (link_try_again(gateway, request))
            continue;
        // Only where the port proves that nothing of it left may one say "not sent".
        gateway_answer(gateway, request, has_left ? FATE_UNKNOWN : FATE_NOT_SENT,
                       has_left ? REASON_TIMEOUT : REASON_VENUE_DOWN, NULL);
    }
    link->unanswered_ns = 0;
}
