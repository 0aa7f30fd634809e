// SPDX-License-Identifier: Apache-2.0
/* dead_man: the switch by which a venue cancels our orders when it has not heard of us for
 * config.dead_man_ns. It stands while an order may be open, is renewed in a quarter of its time,
 * and let go when none is. */
#include "venue/client.h"

static void keep(struct venue_client *client, struct venue_switch *it, const struct symbol *symbol,
                 int is_open, int64_t now)
{
    int64_t after_ns = client->gateway->config.dead_man_ns;
    int is_due = now >= it->next_ns && (is_open || it->is_on);
    // The first order after a quiet time does not wait for the next renewal.
    int is_first = is_open && !it->is_on && it->n_failed == 0;
    struct gateway_request *request;

    if (it->is_asked || (!is_due && !is_first))
        return;
    request = venue_ask(client, REQ_COUNTDOWN, symbol, LIMITER_CANCEL, after_ns / 4);
    if (request == NULL)
        return;
    request->a = is_open ? (uint64_t)after_ns / 1000000 : 0;
    it->is_asked = 1;
}

void venue_switch_turn(struct venue_client *client, int64_t now)
{
    struct gateway *gateway = client->gateway;
    uint8_t is_open[SYMBOLS_MAX] = {0};
    int is_any = 0;

    if (client->wire->dead_man == DEAD_MAN_NONE || gateway->config.dead_man_ns == 0)
        return;
    for (uint32_t i = 0; i < gateway->outbox.n; i++) {
        const struct outbox_entry *entry = &gateway->outbox.all[i];
        const struct symbol *symbol;

        if (!entry->is_used || entry->is_final || (!entry->is_acked && entry->pending == 0))
            continue;
        symbol = symbols_by_id(&gateway->symbols, entry->instrument);
        if (symbol == NULL)
            continue;
        is_any = 1;
        is_open[symbol - gateway->symbols.all] = 1;
    }
    if (client->wire->dead_man == DEAD_MAN_ACCOUNT) {
        keep(client, &client->dead_man, NULL, is_any, now);
        return;
    }
    for (uint32_t i = 0; i < client->n; i++)
        keep(client, &client->all[i].dead_man, &gateway->symbols.all[i], is_open[i], now);
}

void venue_switch_answer(struct venue_client *client, const struct gateway_request *request,
                         int is_good)
{
    struct gateway *gateway = client->gateway;
    struct venue_switch *it = request->symbol != NULL
                                  ? &venue_instrument(client, request->symbol)->dead_man
                                  : &client->dead_man;
    int64_t now = gateway_now(gateway);

    it->is_asked = 0;
    if (!is_good) {
        it->next_ns = now + VENUE_RETRY_NS;
        if (++it->n_failed == 2)
            gateway_log(gateway, 3, "dead-man",
                        "%s: %s: the dead-man's switch could not be renewed twice",
                        gateway->config.name,
                        request->symbol != NULL ? request->symbol->name : "the account");
        return;
    }
    it->n_failed = 0;
    it->is_on = request->a != 0;
    it->next_ns = now + gateway->config.dead_man_ns / 4;
}

void venue_switch_release(struct venue_client *client)
{
    client->dead_man.next_ns = 0;
    for (uint32_t i = 0; i < client->n; i++)
        client->all[i].dead_man.next_ns = 0;
}
