// SPDX-License-Identifier: Apache-2.0
/* recording: OKX's messages as a recorder had them: WebSocket v5, books, trades and bbo-tbt.
 *
 * Quantities of a swap are contracts in them, and the base here. A book of which a change is
 * missing is none until the next whole one. */
#include <stdio.h>
#include <stdlib.h>

#include <jansson.h>

#include "base/num.h"
#include "sim/okx/simo.h"
#include "sim/reel_impl.h"

#define RECORDS_MAX 1024 /* of one message */

struct messages {
    struct reel_book book, said; /* all of it; what a message says of it */
    struct agon_trade trades[RECORDS_MAX];
    int64_t id; /* of the book */
    int has_book;
};

static struct messages *of(const struct source *source)
{
    return source->messages;
}

static const char *text_of(json_t *object, const char *key)
{
    return json_string_value(json_object_get(object, key));
}

/* Milliseconds as a text; -1: they are none. */
static agon_ns_t read_ms(const char *text)
{
    int64_t ms = -1;

    return text != NULL && num_parse(text, strlen(text), 0, &ms) >= 0 && ms > 0 &&
                   ms < INT64_MAX / REEL_NS_PER_MS
               ? ms * REEL_NS_PER_MS
               : -1;
}

/* A number of contracts, in the base. */
static int read_size(struct source *source, const char *text, agon_qty_t *qty)
{
    int64_t contract = simo_contract_of(source->instrument->symbol), n;

    if (contract == num_pow10(REEL_EXP))
        return reel_read_qty(source, text, qty);
    if (num_parse_qty(text, strlen(text), REEL_EXP, &n) < 0)
        return AGON_EINVAL;
    *qty = num_mul_div(n, contract, num_pow10(REEL_EXP), NUM_DOWN);
    return AGON_OK;
}

static int read_side(struct source *source, json_t *levels, struct reel_side *side)
{
    json_t *level;
    size_t i;

    side->n = 0;
    json_array_foreach(levels, i, level)
    {
        const char *px = json_string_value(json_array_get(level, 0)),
                   *qty = json_string_value(json_array_get(level, 1));
        struct agon_level *to = &side->levels[side->n];

        if (side->n == REEL_LEVELS || px == NULL || qty == NULL ||
            reel_read_px(source, px, &to->px) < 0 || read_size(source, qty, &to->qty) < 0 ||
            to->px <= 0 || to->qty < 0)
            return AGON_EINVAL;
        side->n++;
    }
    return AGON_OK;
}

// NULL: all is well; else what is wrong with it.
static const char *take_book(struct source *source, json_t *record, int is_whole)
{
    struct messages *messages = of(source);
    json_t *id = json_object_get(record, "seqId"), *prev = json_object_get(record, "prevSeqId");
    agon_ns_t t = read_ms(text_of(record, "ts"));
    int is_next;

    if (!json_is_integer(id) || (!is_whole && !json_is_integer(prev)) || t < 0 ||
        read_side(source, json_object_get(record, "bids"), &messages->said.bid) < 0 ||
        read_side(source, json_object_get(record, "asks"), &messages->said.ask) < 0)
        return "levels, prices, times or numbers are not as expected";
    if (!is_whole && !messages->has_book)
        return NULL; // what it changes is in the whole that comes
    is_next = is_whole || json_integer_value(prev) == messages->id;
    messages->id = json_integer_value(id);
    messages->has_book = 0;
    messages->book.limit = SIMO_DEPTH;
    if (!is_next)
        return "a change of the book is missing before this one; playback goes on with the next "
               "whole one";
    if (reel_book_take(&messages->book, &messages->said, is_whole) < 0)
        return "the book has more levels than there is room for";
    messages->has_book = 1;
    // One without levels says that the book lives.
    if (is_whole || messages->said.bid.n + messages->said.ask.n > 0)
        reel_queue_book(source, is_whole ? AGON_EVENT_BOOK_SNAPSHOT : AGON_EVENT_BOOK_DELTA, t,
                        &messages->said, (uint64_t)messages->id);
    return NULL;
}

static const char *take_quote(struct source *source, json_t *record)
{
    struct reel_book *said = &of(source)->said;
    agon_ns_t t = read_ms(text_of(record, "ts"));
    struct agon_quote *quote;

    if (t < 0 || read_side(source, json_object_get(record, "bids"), &said->bid) < 0 ||
        read_side(source, json_object_get(record, "asks"), &said->ask) < 0 || said->bid.n > 1 ||
        said->ask.n > 1)
        return "a best price is not as expected";
    quote = reel_queue(source, AGON_EVENT_QUOTE, sizeof(*quote), t);
    if (said->bid.n == 1) {
        quote->bid_px = said->bid.levels[0].px;
        quote->bid_qty = said->bid.levels[0].qty;
    }
    if (said->ask.n == 1) {
        quote->ask_px = said->ask.levels[0].px;
        quote->ask_qty = said->ask.levels[0].qty;
    }
    return NULL;
}

static const char *take_trade(struct source *source, json_t *record, struct agon_trade *trade)
{
    const char *px = text_of(record, "px"), *qty = text_of(record, "sz"),
               *side = text_of(record, "side"), *id = text_of(record, "tradeId");
    int64_t number;

    trade->hdr.t = read_ms(text_of(record, "ts"));
    if (px == NULL || qty == NULL || side == NULL || id == NULL ||
        reel_read_px(source, px, &trade->px) < 0 || read_size(source, qty, &trade->qty) < 0 ||
        num_parse(id, strlen(id), 0, &number) < 0 || number <= 0 || trade->px <= 0 ||
        trade->qty <= 0 || trade->hdr.t < 0)
        return "a trade is not as expected";
    trade->venue_id = (uint64_t)number;
    trade->side = strcmp(side, "buy") == 0 ? AGON_BUY : strcmp(side, "sell") == 0 ? AGON_SELL : 0;
    return trade->side != 0 ? NULL : "a trade has neither buy nor sell";
}

/* All trades of a message, or none. */
static const char *take_trades(struct source *source, json_t *data)
{
    struct messages *messages = of(source);
    json_t *record;
    size_t i;

    json_array_foreach(data, i, record)
    {
        const char *why = i == RECORDS_MAX ? "more trades than a message has"
                                           : take_trade(source, record, &messages->trades[i]);

        if (why != NULL)
            return why;
    }
    for (i = 0; i < json_array_size(data); i++) {
        const struct agon_trade *trade = &messages->trades[i];

        reel_queue_trade(source, trade->hdr.t, trade->px, trade->qty, trade->venue_id, trade->side);
    }
    return NULL;
}

static const char *take_data(struct source *source, json_t *root)
{
    json_t *arg = json_object_get(root, "arg"), *data = json_object_get(root, "data"), *record;
    const char *channel = text_of(arg, "channel"), *name = text_of(arg, "instId"),
               *action = text_of(root, "action"), *why = NULL;
    size_t i;

    if (channel == NULL || name == NULL || !json_is_array(data) ||
        strcmp(name, source->instrument->symbol) != 0)
        return NULL; // an answer, another instrument's
    if (simo_contract_of(name) == 0)
        return "how much a contract of it is is not known here";
    if (strcmp(channel, "trades") == 0)
        return take_trades(source, data);
    json_array_foreach(data, i, record)
    {
        if (strcmp(channel, "books") == 0)
            why = take_book(source, record, action != NULL && strcmp(action, "snapshot") == 0);
        else if (strcmp(channel, "bbo-tbt") == 0)
            why = take_quote(source, record);
        if (why != NULL)
            return why;
    }
    return NULL;
}

static void read(struct reel *reel, struct source *source, char *line, size_t n)
{
    const char *space = memchr(line, ' ', n);
    size_t n_message = space != NULL ? n - (size_t)(space + 1 - line) : 0;
    json_t *root;
    const char *why;

    if (n_message == 4 && memcmp(space + 1, "pong", 4) == 0)
        return;
    root = space != NULL ? json_loadb(space + 1, n_message, 0, NULL) : NULL;
    why = root != NULL ? take_data(source, root) : NULL;
    if (root == NULL)
        reel_bad_row(reel, source, 1, "not a time and a JSON object");
    else if (why != NULL)
        reel_bad_row(reel, source, (uint32_t)(space + 1 - line) + 1, "%s", why);
    json_decref(root);
}

/* A message has an argument, or is an event; which no other venue's have at their root. */
static int look(const char *line, size_t n, struct reel_look *look)
{
    const char *space = memchr(line, ' ', n), *symbol;
    json_t *root, *arg, *record;
    int is_one;

    if (space == NULL || space[1] != '{')
        return 0;
    root = json_loadb(space + 1, n - (size_t)(space + 1 - line), 0, NULL);
    arg = json_object_get(root, "arg");
    record = json_array_get(json_object_get(root, "data"), 0);
    symbol = text_of(arg, "instId");
    is_one = json_is_object(arg) || text_of(root, "event") != NULL;
    if (is_one && symbol != NULL && strlen(symbol) < sizeof(look->symbol)) {
        agon_ns_t t = read_ms(text_of(record, "ts"));

        snprintf(look->symbol, sizeof(look->symbol), "%s", symbol);
        if (look->t_first == 0 && t > 0)
            look->t_first = t;
    }
    json_decref(root);
    return is_one;
}

static void end(struct source *source)
{
    (void)source; // nothing is held back
}

static void *open(void)
{
    return calloc(1, sizeof(struct messages));
}

extern const struct reel_venue recording_of_okx;
const struct reel_venue recording_of_okx = {
    .name = "okx", .look = look, .open = open, .read = read, .end = end, .close = free};
