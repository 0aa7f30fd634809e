// SPDX-License-Identifier: Apache-2.0
/* asked: what is asked of a Kraken account, by REST as a form that is signed, and orders on the
 * private connection too, by the token that it was subscribed with. The two spell the same fields
 * otherwise: a table of each request has both. By socket numbers stand as numbers, and an answer
 * names the request by its req_id. */
#include <stdio.h>

#include "venue/kraken/core.h"

#define SECOND_NS  1000000000ll
#define RECENT_S   600
#define VALUE_TEXT 48

const char *const kraken_order_types[ORDER_TYPES_MAX] = {[AGON_LIMIT] = "limit",
                                                         [AGON_MARKET] = "market",
                                                         [AGON_STOP] = "stop-loss",
                                                         [AGON_STOP_LIMIT] = "stop-loss-limit"};

/* Fields ----------------------------------------------------------------------------------------
 */

enum value { /* what a field has; where there is none the field is left out */
             END = 0,
             PAIR,
             SYMBOL,
             SIDE,
             TYPE,
             QTY_LEFT,
             QTY_NEXT,
             TRIGGER,
             PX,
             PX_ALONE,  /* of an order without a trigger */
             PX_BEHIND, /* of one with a trigger */
             TIF,       /* in capitals */
             TIF_LOWER,
             FLAGS,
             POST_ONLY,
             POST_ONLY_LIMIT, /* of an order of that type alone */
             QUOTE,
             CLIENT_ID,
             TIMEOUT,
             DEADLINE
};
enum shape { TEXT = 0, BARE, LIST, OF_LAST }; /* by socket: "a", a, ["a"], as a trigger */

struct field_said {            /* in the order in which they are sent */
    const char *rest, *socket; /* NULL: it is not said there */
    enum value value;
    enum shape shape;
};

static const struct field_said new_fields[] = {{"pair", NULL, PAIR},
                                               {"type", NULL, SIDE},
                                               {"ordertype", "order_type", TYPE},
                                               {NULL, "side", SIDE},
                                               {NULL, "symbol", SYMBOL},
                                               {"volume", "order_qty", QTY_LEFT, BARE},
                                               // The first price of REST is the trigger.
                                               {"price", "triggers", TRIGGER, OF_LAST},
                                               {"price", NULL, PX_ALONE},
                                               {"price2", NULL, PX_BEHIND},
                                               {NULL, "limit_price", PX, BARE},
                                               {"timeinforce", NULL, TIF},
                                               {NULL, "time_in_force", TIF_LOWER},
                                               {"oflags", NULL, FLAGS},
                                               {NULL, "post_only", POST_ONLY_LIMIT, BARE},
                                               {NULL, "fee_preference", QUOTE},
                                               {"cl_ord_id", "cl_ord_id", CLIENT_ID},
                                               {"deadline", "deadline", DEADLINE},
                                               {0}};
static const struct field_said replace_fields[] = {
    {"cl_ord_id", "cl_ord_id", CLIENT_ID},    {"order_qty", "order_qty", QTY_NEXT, BARE},
    {"limit_price", "limit_price", PX, BARE}, {"post_only", "post_only", POST_ONLY, BARE},
    {"deadline", "deadline", DEADLINE},       {0}};
static const struct field_said cancel_fields[] = {{"cl_ord_id", "cl_ord_id", CLIENT_ID, LIST}, {0}};
static const struct field_said countdown_fields[] = {{"timeout", "timeout", TIMEOUT, BARE}, {0}};

static const struct {
    const char *path, *method;       /* by REST, by socket */
    const struct field_said *fields; /* NULL: none, or by hand */
} requests[REQ_KINDS] = {
    [REQ_OPEN] = {"/private/OpenOrders"},
    [REQ_TRADES] = {"/private/TradesHistory"},
    [REQ_ACCOUNT] = {"/private/BalanceEx"},
    [REQ_NUMBER] = {"/private/QueryOrders"},
    [REQ_RIGHTS] = {"/private/WithdrawMethods"},
    [REQ_RECENT] = {"/private/ClosedOrders"},
    [REQ_LISTEN] = {"/private/GetWebSocketsToken"},
    [REQ_COUNTDOWN] = {"/private/CancelAllOrdersAfter", "cancel_all_orders_after",
                       countdown_fields},
    [REQ_NEW] = {"/private/AddOrder", "add_order", new_fields},
    [REQ_CANCEL] = {"/private/CancelOrder", "cancel_order", cancel_fields},
    [REQ_STRAY] = {"/private/CancelOrder", "cancel_order", cancel_fields},
    [REQ_REPLACE] = {"/private/AmendOrder", "amend_order", replace_fields},
    [REQ_SWEPT] = {"/private/OpenOrders"},
};

static const char *tif_of(const struct outbox_entry *entry, int is_lower)
{
    static const char *const words[3][2] = {{"GTC", "gtc"}, {"IOC", "ioc"}, {"FOK", "fok"}};

    return words[entry->tif == AGON_TIF_IOC ? 1 : entry->tif == AGON_TIF_FOK ? 2 : 0][is_lower];
}

/* A value that is a word; NULL: it has none. */
static const char *word_of(const struct kraken_asked *asked, enum value value)
{
    const struct outbox_entry *entry = asked->entry;
    int has_px = order_type_has_px(entry->type);
    int is_post = (entry->flags & AGON_POST_ONLY) != 0;
    int is_post_limit = is_post && entry->type == AGON_LIMIT;

    switch (value) {
    case SYMBOL:
        return asked->symbol->name;
    case SIDE:
        return entry->side == AGON_BUY ? "buy" : "sell";
    case TYPE:
        return kraken_order_types[entry->type];
    case TIF:
    case TIF_LOWER:
        return has_px ? tif_of(entry, value == TIF_LOWER) : NULL;
    // Fees in the quote, always: what is told of a fill names no asset.
    case FLAGS:
        return is_post_limit ? "fciq,post" : "fciq";
    case QUOTE:
        return "quote";
    case POST_ONLY:
        return is_post ? "true" : NULL;
    case POST_ONLY_LIMIT:
        return is_post_limit ? "true" : NULL;
    default:
        return NULL;
    }
}

static const char *print_number(int is_there, int64_t value, int exp, char into[VALUE_TEXT])
{
    if (is_there)
        num_format_short(value, exp, into);
    return is_there ? into : NULL;
}

/* Into into, or where it stands already; NULL: it has none. */
static const char *value_of(const struct kraken_asked *asked, enum value value,
                            char into[VALUE_TEXT])
{
    const struct outbox_entry *entry = asked->entry;
    const struct symbol *symbol = asked->symbol;
    int has_px = entry != NULL && order_type_has_px(entry->type);
    int waits = entry != NULL && order_type_waits(entry->type);

    switch (value) {
    case PAIR:
        kraken_pair(symbol->name, into, VALUE_TEXT);
        return into;
    case QTY_LEFT:
        return print_number(1, outbox_left(entry), symbol->qty_exp, into);
    case QTY_NEXT:
        return print_number(1, entry->next_qty, symbol->qty_exp, into);
    case TRIGGER:
        return print_number(waits, entry->trigger_px, symbol->px_exp, into);
    case PX:
        return print_number(has_px, entry->next_px, symbol->px_exp, into);
    case PX_ALONE:
        return print_number(has_px && !waits, entry->next_px, symbol->px_exp, into);
    case PX_BEHIND:
        return print_number(has_px && waits, entry->next_px, symbol->px_exp, into);
    case CLIENT_ID:
        return asked->client_id;
    case TIMEOUT:
        snprintf(into, VALUE_TEXT, "%llu", (unsigned long long)asked->timeout_s);
        return into;
    case DEADLINE:
        if (asked->t_until == 0)
            return NULL;
        stamp_print(asked->t_until, into);
        return into;
    default:
        return word_of(asked, value);
    }
}

/* AGON_EAGAIN: the venue's clock is not known well enough. */
static int begin(struct kraken *kraken, struct gateway_request *request, struct kraken_asked *asked)
{
    int is_order = request->kind == REQ_NEW || request->kind == REQ_REPLACE;

    *asked = (struct kraken_asked){.symbol = request->symbol,
                                   .entry = request->entry,
                                   .timeout_s = (request->a + 999) / 1000,
                                   .t_until = venue_take_until(kraken->client, request, is_order)};
    if (request->entry != NULL || request->kind == REQ_STRAY)
        venue_own_text(kraken->client,
                       request->entry != NULL ? request->entry->order_id : request->a, 0,
                       asked->client_id);
    return asked->t_until != 0 ? AGON_OK : AGON_EAGAIN;
}

/* Cancelling a young order counts among the orders: by its age, as published. */
static void count_cancel(struct kraken *kraken, const struct outbox_entry *entry)
{
    static const struct {
        uint32_t age_s, cost;
    } costs[] = {{5, 8}, {10, 6}, {15, 5}, {45, 4}, {90, 2}, {300, 1}};
    struct limiter *limiter = &kraken->gateway->limiter;
    int64_t now = gateway_now(kraken->gateway);

    for (uint32_t i = 0; i < sizeof(costs) / sizeof(costs[0]); i++) {
        if (now - entry->acked_ns >= costs[i].age_s * SECOND_NS)
            continue;
        limiter_used(limiter, now, BUCKET_ORDERS,
                     limiter->buckets[BUCKET_ORDERS].total + costs[i].cost);
        return;
    }
}

/* By REST ---------------------------------------------------------------------------------------
 */

/* Rises with time, and with each request: over restarts too, as long as the clock is not set back
 * behind the last one. */
uint64_t kraken_nonce(struct kraken *kraken, agon_ns_t utc)
{
    uint64_t now = utc > 0 ? (uint64_t)utc / 1000 : 0;

    kraken->nonce = now > kraken->nonce ? now : kraken->nonce + 1;
    return kraken->nonce;
}

int kraken_sign_request(struct kraken *kraken, agon_ns_t utc, const char *path, struct form *form,
                        struct gateway_http *http)
{
    char nonce[24];

    snprintf(nonce, sizeof(nonce), "%llu", (unsigned long long)kraken_nonce(kraken, utc));
    form_add(form, "nonce", nonce);
    if (form->is_full)
        return AGON_ENOSPC;
    http->method = "POST";
    http->body_n = (uint32_t)form->n;
    snprintf(http->target, sizeof(http->target), "%s", path);
    kraken_sign(&kraken->vault->signer, path, nonce, form->text, form->n, kraken->vault->signature);
    http->headers[0] = (struct http_header){"API-Key", kraken->vault->key};
    http->headers[1] = (struct http_header){"API-Sign", kraken->vault->signature};
    http->headers[2] = (struct http_header){"Content-Type", "application/x-www-form-urlencoded"};
    http->n_headers = 3;
    return AGON_OK;
}

static void add_fills(struct kraken *kraken, struct form *form,
                      const struct gateway_request *request)
{
    struct fill_pages *fills = &kraken->fills[request->symbol - kraken->symbols->all];

    fill_pages_ask(fills, request->a, request->b);
    form_add(form, "type", "all");
    // Nothing of before this run was seen, so what was traded before is not this journal's.
    if (request->a <= 1 && request->b == 0)
        form_add_u64(form, "start", (uint64_t)(kraken->t_begun / SECOND_NS));
    if (fills->offset > 0)
        form_add_u64(form, "ofs", fills->offset);
}

static int add_text(struct kraken *kraken, struct form *form, uint64_t number)
{
    const struct order_text *known = number != 0 ? order_texts_find(&kraken->texts, number) : NULL;

    if (known != NULL)
        form_add(form, "txid", known->text);
    return known != NULL;
}

/* Where its text is known one question tells all. Else it is looked for among the open orders, and
 * the next time among the closed ones. */
static const char *add_query(struct kraken *kraken, struct form *form,
                             const struct kraken_asked *asked)
{
    uint64_t at = (uint64_t)(asked->entry - kraken->gateway->outbox.all);
    uint8_t *closed = &kraken->asks_closed[at % ORDER_TEXTS];

    if (add_text(kraken, form, asked->entry->venue_order))
        return requests[REQ_NUMBER].path;
    form_add(form, "cl_ord_id", asked->client_id);
    *closed = !*closed;
    return requests[*closed ? REQ_OPEN : REQ_RECENT].path;
}

void kraken_form_add(struct form *form, enum wire_op op, const struct kraken_asked *asked)
{
    const struct field_said *field = requests[op].fields;
    char into[VALUE_TEXT];

    for (; field != NULL && field->value != END; field++) {
        const char *value = field->rest != NULL ? value_of(asked, field->value, into) : NULL;

        if (value != NULL)
            form_add(form, field->rest, value);
    }
}

int kraken_write_private(struct kraken *kraken, struct gateway_request *request,
                         struct gateway_http *http)
{
    struct gateway *gateway = kraken->gateway;
    agon_ns_t utc = gateway->stream->utc(gateway->stream->ctx);
    const char *path = requests[request->kind].path;
    struct kraken_asked asked;
    struct form form;
    char target[160];

    if (begin(kraken, request, &asked) < 0)
        return AGON_EAGAIN;
    form_init(&form, http->body, sizeof(http->body));
    kraken_form_add(&form, request->kind, &asked);
    if (request->kind == REQ_TRADES)
        add_fills(kraken, &form, request);
    else if (request->kind == REQ_RECENT)
        form_add_u64(&form, "start", (uint64_t)(utc / SECOND_NS - RECENT_S));
    else if (request->kind == REQ_NUMBER && !add_text(kraken, &form, request->a))
        return AGON_ESTATE;
    else if (request->kind == REQ_QUERY)
        path = add_query(kraken, &form, &asked);
    else if (request->kind == REQ_CANCEL)
        count_cancel(kraken, request->entry);
    if (path == NULL)
        return AGON_ESTATE;
    snprintf(target, sizeof(target), "%s%s", gateway->config.rest_path, path);
    return kraken_sign_request(kraken, utc, target, &form, http);
}

/* By socket -------------------------------------------------------------------------------------
 */

int64_t kraken_say(void *self, struct gateway_request *request, uint64_t id, char *at, size_t room)
{
    static const char *const around[][2] = {
        [TEXT] = {"\":\"", "\","},
        [BARE] = {"\":", ","},
        [LIST] = {"\":[\"", "\"],"},
        [OF_LAST] = {"\":{\"reference\":\"last\",\"price\":", "},"}};
    struct kraken *kraken = self;
    const struct link *link = request->said_by;
    const struct field_said *field = requests[request->kind].fields;
    struct print text = {.at = at, .room = room};
    struct kraken_asked asked;
    char into[VALUE_TEXT];

    if (begin(kraken, request, &asked) < 0)
        return AGON_EAGAIN;
    print_text(&text, "{\"method\":\"");
    print_text(&text, requests[request->kind].method);
    print_text(&text, "\",\"params\":{");
    for (; field->value != END; field++) {
        const char *value = field->socket != NULL ? value_of(&asked, field->value, into) : NULL;

        if (value == NULL)
            continue;
        print_text(&text, "\"");
        print_text(&text, field->socket);
        print_text(&text, around[field->shape][0]);
        print_text(&text, value);
        print_text(&text, around[field->shape][1]);
    }
    if (request->kind == REQ_CANCEL)
        count_cancel(kraken, request->entry);
    print_add(&text, "\"token\":\"%s\"},\"req_id\":%llu}",
              kraken->vault->tokens[link - kraken->gateway->links], (unsigned long long)id);
    return text.is_full ? AGON_ENOSPC : (int64_t)text.n;
}
