// SPDX-License-Identifier: Apache-2.0
/* sweep: everything that is open is cancelled at once, and then once more, until the venue shows
 * nothing of ours.
 *
 * The venue has one request that ends all orders of an instrument, but it asks nobody whose they
 * are: where an order stands that is not ours, or nobody has read yet what stands, ours are
 * cancelled one by one. Each is told its own end all the same, by the answer, by the stream or by a
 * query: what the request says it did is proof of nothing. It lasts until agents trade again. */
#include "venue/client.h"

#define SETTLE_NS    100000000ll /* from the last answer to the list: so long the stream may take */
#define LIST_NS      1000000000ll /* between two lists, */
#define LIST_SLOW_NS 10000000000ll
/* After so many less often: a list of everything is dear. Till then what was on its way when
 * everything was cancelled has come to stand, or never will: a request's time is 8.5 s. */
#define LIST_FAST 10

static int is_open(const struct outbox_entry *entry)
{
    return entry->is_used && !entry->is_final && !entry->is_exit;
}

static int is_any_open(const struct venue_client *client, agon_instrument_t instrument)
{
    const struct outbox *outbox = &client->gateway->outbox;

    for (uint32_t i = 0; i < outbox->n; i++) {
        if (is_open(&outbox->all[i]) &&
            (instrument == 0 || outbox->all[i].instrument == instrument))
            return 1;
    }
    return 0;
}

// Of an instrument by one request; where that cannot be, single cancels do it.
static void sweep(struct venue_client *client, uint32_t at)
{
    struct gateway *gateway = client->gateway;
    struct venue_instrument *instrument = &client->all[at];
    struct gateway_request *request;

    if (!client->has_list || instrument->has_stranger || instrument->is_sweeping)
        return;
    request = venue_ask(client, REQ_CANCEL_ALL, &gateway->symbols.all[at], LIMITER_CANCEL,
                        gateway->config.cancel_hold_ns);
    if (request == NULL)
        return;
    request->is_again = 1;
    instrument->is_sweeping = 1;
}

static void sweep_all(struct venue_client *client)
{
    for (uint32_t i = 0; i < client->n && !client->wire->cancels_singly; i++) {
        if (is_any_open(client, client->gateway->symbols.all[i].instrument))
            sweep(client, i);
    }
}

void venue_on_cancel_all(struct venue_client *client, int64_t now)
{
    for (uint32_t i = 0; i < client->n; i++)
        client->all[i].swept_ns = 0;
    client->is_sweep = 1;
    client->n_sweep_lists = 0;
    client->sweep_ns = now + LIST_NS;
    sweep_all(client);
    gateway_log(client->gateway, 4, "cancel-all", "%s: everything of ours is cancelled",
                client->gateway->config.name);
}

void venue_sweep_end(struct venue_client *client)
{
    client->is_sweep = 0;
}

/* The core orders each cancel by itself too, and some of them arrive when all is done. */
int venue_sweep_takes(struct venue_client *client, struct outbox_entry *entry, int64_t now)
{
    struct gateway *gateway = client->gateway;
    const struct symbol *symbol = symbols_by_id(&gateway->symbols, entry->instrument);
    const struct venue_instrument *instrument;

    if (!client->is_sweep || symbol == NULL)
        return 0;
    instrument = venue_instrument(client, symbol);
    if (instrument->is_sweeping)
        return 1;
    // Whether it was among those a query tells, if the stream does not.
    if (!entry->is_final && (instrument->swept_ns == 0 || entry->acked_ns == 0 ||
                             entry->acked_ns >= instrument->swept_ns))
        return 0;
    outbox_outcome(&gateway->outbox, entry, OUTCOME_ACCEPTED, 0, 0, now);
    return 1;
}

static int is_sweeping(const struct venue_client *client)
{
    for (uint32_t i = 0; i < client->n; i++) {
        if (client->all[i].is_sweeping)
            return 1;
    }
    return 0;
}

void venue_sweep_turn(struct venue_client *client, int64_t now)
{
    struct gateway_request *request;

    if (!client->is_sweep || client->is_list_asked || now < client->sweep_ns || is_sweeping(client))
        return;
    request =
        venue_ask(client, REQ_SWEPT, NULL, LIMITER_QUERY, client->gateway->config.cancel_hold_ns);
    if (request == NULL)
        return;
    request->is_again = 1;
    client->is_list_asked = 1;
    client->n_sweep_lists++;
}

struct cancelled {
    struct venue_client *client;
    int64_t sent_ns;
};

static void on_cancelled(void *ctx, const struct wire_order *order)
{
    struct cancelled *cancelled = ctx;
    struct venue_client *client = cancelled->client;
    struct outbox_entry *entry;
    uint64_t order_id;
    uint8_t rev;

    // A cancel has an id of its own; the order's is then the original one.
    if (venue_own_id(client, order->orig_client_id, &order_id, &rev) < 0 &&
        venue_own_id(client, order->client_id, &order_id, &rev) < 0)
        return;
    if (order->state != 0)
        venue_show(client, order, order_id, rev, order->state, order->cum_qty, SEEN_REPLY);
    entry = outbox_find(&client->gateway->outbox, order_id);
    if (entry == NULL || entry->is_final)
        return;
    // It stood there before, and if the stream does not tell its end a query does.
    if (entry->acked_ns >= cancelled->sent_ns)
        entry->acked_ns = cancelled->sent_ns - 1;
    if (entry->pending == 0 && entry->check_ns == 0)
        entry->check_ns = gateway_now(client->gateway) + OUTBOX_RECHECK_NS;
}

/* Each cancel that waited for it has its outcome: done as the venue says, not known, or to be asked
 * for by itself. */
static void settle(struct venue_client *client, const struct symbol *symbol, enum answer answer,
                   int64_t now)
{
    struct gateway *gateway = client->gateway;
    struct outbox *outbox = &gateway->outbox;

    for (uint32_t i = 0; i < outbox->n; i++) {
        struct outbox_entry *entry = &outbox->all[i];

        if (!entry->is_used || entry->instrument != symbol->instrument ||
            entry->pending != CMD_CANCEL || entry->is_unknown)
            continue;
        if (answer == ANSWER_GOOD)
            outbox_outcome(outbox, entry, OUTCOME_ACCEPTED, 0, 0, now);
        else if (answer == ANSWER_NO_ORDER || answer == ANSWER_UNKNOWN)
            outbox_outcome(outbox, entry, OUTCOME_UNKNOWN, REASON_TIMEOUT, 0, now);
        else if (venue_ask_order(client, REQ_CANCEL, entry, LIMITER_CANCEL,
                                 now + gateway->config.cancel_hold_ns) == NULL)
            outbox_outcome(outbox, entry, OUTCOME_NOT_SENT, REASON_VENUE_BUSY, 0, now);
    }
}

static void answer_cancel_all(struct venue_client *client, const struct gateway_request *request,
                              enum answer answer, const struct http_message *reply)
{
    int64_t now = gateway_now(client->gateway);

    struct venue_instrument *instrument = venue_instrument(client, request->symbol);
    struct cancelled cancelled = {.client = client, .sent_ns = request->sent_ns};

    instrument->is_sweeping = 0;
    if (answer == ANSWER_GOOD)
        instrument->swept_ns = request->sent_ns;
    // The first list comes as soon as it can show something. Those after it keep their distance,
    // also where what is unconfirmed is cancelled again each time: the venue counts them.
    if (client->n_sweep_lists == 0 || client->sweep_ns < now + SETTLE_NS)
        client->sweep_ns = now + SETTLE_NS;
    // Of spot it is a list of what was cancelled; of futures a word.
    if (answer == ANSWER_GOOD && reply->body_n > 0 && ((const char *)reply->body)[0] == '[' &&
        client->wire->read_orders(client->self, reply->body, reply->body_n, on_cancelled,
                                  &cancelled) < 0)
        answer = ANSWER_UNKNOWN;
    settle(client, request->symbol, answer, now);
}

static void answer_swept(struct venue_client *client, const struct gateway_request *request,
                         enum answer answer, const struct http_message *reply)
{
    int64_t now = gateway_now(client->gateway);

    client->is_list_asked = 0;
    client->sweep_ns = now + (client->n_sweep_lists < LIST_FAST ? LIST_NS : LIST_SLOW_NS);
    if (answer != ANSWER_GOOD || !venue_answer_open(client, request, reply) || !client->is_sweep)
        return;
    // What it shows goes once more. A single cancel follows from the core, which sees it open.
    if (is_any_open(client, 0)) {
        sweep_all(client);
        return;
    }
    client->is_sweep = 0;
    venue_switch_release(client);
    gateway_log(client->gateway, 5, "swept", "%s: the venue shows no open order of ours",
                client->gateway->config.name);
}

void venue_sweep_answer(struct venue_client *client, struct gateway_request *request,
                        enum answer answer, const struct http_message *reply)
{
    if (request->kind == REQ_CANCEL_ALL)
        answer_cancel_all(client, request, answer, reply);
    else
        answer_swept(client, request, answer, reply);
}
