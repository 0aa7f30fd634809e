// SPDX-License-Identifier: Apache-2.0
/* socket: orders on Kraken's private connection, by the token that it was subscribed with. Numbers
 * stand there as numbers, and an answer names the request by its req_id. */
#include <stdarg.h>
#include <stdio.h>

#include "venue/kraken/core.h"

struct text { /* a message being written */
    char *at;
    size_t room, n;
    int is_full;
};

static void put(struct text *text, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void put(struct text *text, const char *format, ...)
{
    va_list args;
    int n;

    va_start(args, format);
    n = vsnprintf(text->at + text->n, text->room - text->n, format, args);
    va_end(args);
    if (n < 0 || (size_t)n >= text->room - text->n)
        text->is_full = 1;
    else
        text->n += (size_t)n;
}

static void put_number(struct text *text, const char *name, int64_t value, int exp)
{
    char number[NUM_TEXT];

    num_format_short(value, exp, number);
    put(text, "\"%s\":%s,", name, number);
}

static void put_client_id(struct kraken *kraken, struct text *text, uint64_t order_id, int is_list)
{
    char id[CLIENT_ID_TEXT];

    venue_own_text(kraken->client, order_id, 0, id);
    put(text, is_list ? "\"cl_ord_id\":[\"%s\"]," : "\"cl_ord_id\":\"%s\",", id);
}

static void put_deadline(struct text *text, agon_ns_t t)
{
    char until[40];

    kraken_deadline(t, until, sizeof(until));
    put(text, "\"deadline\":\"%s\",", until);
}

static void put_order(struct kraken *kraken, struct text *text,
                      const struct gateway_request *request)
{
    const struct outbox_entry *entry = request->entry;
    const struct symbol *symbol = request->symbol;
    char trigger[NUM_TEXT];

    put(text, "\"order_type\":\"%s\",\"side\":\"%s\",\"symbol\":\"%s\",",
        kraken_order_types[entry->type], entry->side == AGON_BUY ? "buy" : "sell", symbol->name);
    put_number(text, "order_qty", outbox_left(entry), symbol->qty_exp);
    if (order_type_waits(entry->type)) {
        num_format_short(entry->trigger_px, symbol->px_exp, trigger);
        put(text, "\"triggers\":{\"reference\":\"last\",\"price\":%s},", trigger);
    }
    if (order_type_has_px(entry->type)) {
        put_number(text, "limit_price", entry->next_px, symbol->px_exp);
        put(text, "\"time_in_force\":\"%s\",",
            entry->tif == AGON_TIF_IOC   ? "ioc"
            : entry->tif == AGON_TIF_FOK ? "fok"
                                         : "gtc");
        if ((entry->flags & AGON_POST_ONLY) != 0 && entry->type == AGON_LIMIT)
            put(text, "\"post_only\":true,");
    }
    // As by REST: what is told of a fill's fee is then of the quote.
    put(text, "\"fee_preference\":\"quote\",");
    put_client_id(kraken, text, entry->order_id, 0);
}

static void put_replace(struct kraken *kraken, struct text *text,
                        const struct gateway_request *request)
{
    const struct outbox_entry *entry = request->entry;

    put_client_id(kraken, text, entry->order_id, 0);
    put_number(text, "order_qty", entry->next_qty, request->symbol->qty_exp);
    if (order_type_has_px(entry->type))
        put_number(text, "limit_price", entry->next_px, request->symbol->px_exp);
    if ((entry->flags & AGON_POST_ONLY) != 0)
        put(text, "\"post_only\":true,");
}

static const char *const methods[REQ_KINDS] = {
    [REQ_NEW] = "add_order",
    [REQ_REPLACE] = "amend_order",
    [REQ_CANCEL] = "cancel_order",
    [REQ_STRAY] = "cancel_order",
    [REQ_COUNTDOWN] = "cancel_all_orders_after",
};

int64_t kraken_say(void *self, struct gateway_request *request, uint64_t id, char *at, size_t room)
{
    struct kraken *kraken = self;
    const struct link *link = gateway_link(kraken->gateway, LINK_USER);
    agon_ns_t t_until = kraken_take_until(kraken, request);
    struct text text = {.at = at, .room = room};

    if (t_until == 0)
        return AGON_EAGAIN;
    put(&text, "{\"method\":\"%s\",\"params\":{", methods[request->kind]);
    switch (request->kind) {
    case REQ_NEW:
        put_order(kraken, &text, request);
        put_deadline(&text, t_until);
        break;
    case REQ_REPLACE:
        put_replace(kraken, &text, request);
        put_deadline(&text, t_until);
        break;
    case REQ_CANCEL:
        put_client_id(kraken, &text, request->entry->order_id, 1);
        kraken_count_cancel(kraken, request->entry, gateway_now(kraken->gateway));
        break;
    case REQ_STRAY:
        put_client_id(kraken, &text, request->a, 1);
        break;
    default:
        put(&text, "\"timeout\":%llu,", (unsigned long long)(request->a + 999) / 1000);
        break;
    }
    put(&text, "\"token\":\"%s\"},\"req_id\":%llu}",
        kraken->vault->tokens[link - kraken->gateway->links], (unsigned long long)id);
    return text.is_full ? AGON_ENOSPC : (int64_t)text.n;
}
