// SPDX-License-Identifier: Apache-2.0
/* recording: Kraken's messages as a recorder had them: WebSocket v2, book, trades and ticker.
 *
 * Its prices and quantities are numbers of JSON, whose digits count: they are read as texts. A book
 * that does not come to the sum of its message is none until the next whole one. */
#include <stdio.h>
#include <stdlib.h>

#include <jansson.h>

#include "base/num.h"
#include "sim/kraken/simk.h"
#include "sim/reel_impl.h"

#define RECORDS_MAX 1024 /* of one message */
#define TOP         10   /* levels that the sum is over */

struct messages {
    struct reel_book book, said; /* all of it; what a message says of it */
    struct agon_trade trades[RECORDS_MAX];
    char *text; /* owned; a message whose numbers are texts */
    size_t room;
    int px_places, qty_places; /* decimals that the venue prints; learned of what it sends */
    int has_book;
    uint64_t id; /* of the last change: the venue gives none */
};

static struct messages *of(const struct source *source)
{
    return source->messages;
}

/* The message with quotation marks around each number; NULL: out of memory. */
static json_t *load(struct messages *messages, const char *line, size_t n)
{
    size_t at = 0;
    int is_text = 0;

    if (messages->room < 3 * n + 1) {
        char *text = realloc(messages->text, 3 * n + 1);

        REQUIRE(text != NULL);
        messages->text = text;
        messages->room = 3 * n + 1;
    }
    for (size_t i = 0; i < n; i++) {
        size_t digits = is_text ? 0 : strspn(line + i, "-+.0123456789eE");

        // "e" begins no number: true and false keep theirs.
        if (digits > 0 && line[i] != 'e' && line[i] != 'E') {
            messages->text[at++] = '"';
            memcpy(messages->text + at, line + i, digits);
            at += digits;
            messages->text[at++] = '"';
            i += digits - 1;
            continue;
        }
        is_text ^= line[i] == '"' && (i == 0 || line[i - 1] != '\\');
        messages->text[at++] = line[i];
    }
    return json_loadb(messages->text, at, 0, NULL);
}

static const char *text_of(json_t *object, const char *key)
{
    return json_string_value(json_object_get(object, key));
}

/* "2023-10-06T17:35:55.440295Z"; -1: it is none. */
static agon_ns_t read_stamp(const char *text)
{
    static const int64_t before[] = {0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334};
    int year, month, day, hour, minute, second, n = 0;
    int64_t days, ns = 0;

    if (text == NULL ||
        sscanf(text, "%4d-%2d-%2dT%2d:%2d:%2d%n", &year, &month, &day, &hour, &minute, &second,
               &n) != 6 ||
        year < 1970 || year > 2099 || month < 1 || month > 12)
        return -1;
    if (text[n] == '.') {
        int64_t unit = 100000000;

        for (n++; text[n] >= '0' && text[n] <= '9'; n++, unit /= 10)
            ns += (text[n] - '0') * unit;
    }
    if (strcmp(text + n, "Z") != 0)
        return -1;
    // Until 2100 each fourth year is a leap year.
    days = (year - 1970) * 365 + (year - 1969) / 4 + before[month - 1] +
           (month > 2 && year % 4 == 0) + day - 1;
    return (((days * 24 + hour) * 60 + minute) * 60 + second) * 1000000000 + ns;
}

static void learn_places(const char *text, int *places)
{
    const char *point = strchr(text, '.');
    int n = point != NULL ? (int)strlen(point + 1) : 0;

    *places = n > *places && n <= REEL_EXP ? n : *places;
}

static int read_side(struct source *source, json_t *levels, struct reel_side *side)
{
    json_t *level;
    size_t i;

    side->n = 0;
    json_array_foreach(levels, i, level)
    {
        const char *px = text_of(level, "price"), *qty = text_of(level, "qty");
        struct agon_level *to = &side->levels[side->n];

        if (side->n == REEL_LEVELS || px == NULL || qty == NULL ||
            reel_read_px(source, px, &to->px) < 0 || reel_read_qty(source, qty, &to->qty) < 0 ||
            to->px <= 0 || to->qty < 0)
            return AGON_EINVAL;
        learn_places(px, &of(source)->px_places);
        learn_places(qty, &of(source)->qty_places);
        side->n++;
    }
    return AGON_OK;
}

/* Books are asked for with 10, 25, 100, 500 or 1000 levels a side; how many, their length shows. */
static uint32_t limit_of(const struct reel_book *said)
{
    static const uint32_t depths[] = {10, 25, 100, 500, 1000};
    uint32_t n = said->bid.n > said->ask.n ? said->bid.n : said->ask.n, i = 0;

    while (i < 4 && depths[i] < n)
        i++;
    return depths[i];
}

static uint32_t sum_of(const struct messages *messages)
{
    const struct reel_side *bid = &messages->book.bid, *ask = &messages->book.ask;

    return simk_checksum(bid->levels, bid->n < TOP ? bid->n : TOP, ask->levels,
                         ask->n < TOP ? ask->n : TOP, num_pow10(REEL_EXP - messages->px_places),
                         num_pow10(REEL_EXP - messages->qty_places));
}

// NULL: all is well; else what is wrong with it.
static const char *take_book(struct source *source, json_t *record, int is_whole, agon_ns_t t)
{
    struct messages *messages = of(source);
    const char *checksum = text_of(record, "checksum");
    int64_t sum;

    if (checksum == NULL || num_parse(checksum, strlen(checksum), 0, &sum) < 0 ||
        read_side(source, json_object_get(record, "bids"), &messages->said.bid) < 0 ||
        read_side(source, json_object_get(record, "asks"), &messages->said.ask) < 0)
        return "levels, prices or sums are not as expected";
    if (!is_whole && !messages->has_book)
        return NULL; // what it changes is in the whole that comes
    if (is_whole)
        messages->book.limit = limit_of(&messages->said);
    messages->has_book = 0;
    if (reel_book_take(&messages->book, &messages->said, is_whole) < 0)
        return "the book has more levels than there is room for";
    if (sum_of(messages) != sum)
        return "the book does not come to the sum that the venue named; playback goes on with the "
               "next whole one";
    messages->has_book = 1;
    reel_queue_book(source, is_whole ? AGON_EVENT_BOOK_SNAPSHOT : AGON_EVENT_BOOK_DELTA, t,
                    &messages->said, ++messages->id);
    return NULL;
}

static const char *take_trade(struct source *source, json_t *record, struct agon_trade *trade)
{
    const char *px = text_of(record, "price"), *qty = text_of(record, "qty"),
               *side = text_of(record, "side"), *id = text_of(record, "trade_id");
    int64_t number;

    trade->hdr.t = read_stamp(text_of(record, "timestamp"));
    if (px == NULL || qty == NULL || side == NULL || id == NULL ||
        reel_read_px(source, px, &trade->px) < 0 || reel_read_qty(source, qty, &trade->qty) < 0 ||
        num_parse(id, strlen(id), 0, &number) < 0 || number <= 0 || trade->px <= 0 ||
        trade->qty <= 0 || trade->hdr.t < 0)
        return "a trade is not as expected";
    trade->venue_id = (uint64_t)number;
    trade->side = strcmp(side, "buy") == 0 ? AGON_BUY : strcmp(side, "sell") == 0 ? AGON_SELL : 0;
    return trade->side != 0 ? NULL : "a trade has neither buy nor sell";
}

static const char *take_quote(struct source *source, json_t *record, agon_ns_t t)
{
    static const char *const names[] = {"bid", "bid_qty", "ask", "ask_qty"};
    struct agon_quote said = {0}, *quote;
    int64_t *const to[] = {&said.bid_px, &said.bid_qty, &said.ask_px, &said.ask_qty};

    for (int i = 0; i < 4; i++) {
        const char *text = text_of(record, names[i]);

        if (text == NULL ||
            (i % 2 == 0 ? reel_read_px(source, text, to[i]) : reel_read_qty(source, text, to[i])) <
                0 ||
            *to[i] < 0)
            return "a best price is not as expected";
    }
    quote = reel_queue(source, AGON_EVENT_QUOTE, sizeof(*quote), t);
    quote->bid_px = said.bid_px;
    quote->bid_qty = said.bid_qty;
    quote->ask_px = said.ask_px;
    quote->ask_qty = said.ask_qty;
    return NULL;
}

/* All trades of a message, or none. */
static const char *take_trades(struct source *source, json_t *data)
{
    struct messages *messages = of(source);
    const char *why = NULL;
    uint32_t n = 0;
    json_t *record;
    size_t i;

    json_array_foreach(data, i, record)
    {
        const char *symbol = text_of(record, "symbol");

        if (symbol == NULL || strcmp(symbol, source->instrument->symbol) != 0)
            continue;
        why = n == RECORDS_MAX ? "more trades than a message has"
                               : take_trade(source, record, &messages->trades[n]);
        if (why != NULL)
            return why;
        n++;
    }
    for (uint32_t k = 0; k < n; k++) {
        const struct agon_trade *trade = &messages->trades[k];

        reel_queue_trade(source, trade->hdr.t, trade->px, trade->qty, trade->venue_id, trade->side);
    }
    return NULL;
}

static const char *take_data(struct source *source, json_t *root, agon_ns_t t_local)
{
    const char *channel = text_of(root, "channel"), *type = text_of(root, "type"), *why = NULL;
    json_t *data = json_object_get(root, "data"), *record;
    size_t i;

    if (channel == NULL || type == NULL || !json_is_array(data))
        return NULL; // an answer, a heartbeat
    if (strcmp(channel, "trade") == 0)
        return take_trades(source, data);
    json_array_foreach(data, i, record)
    {
        const char *symbol = text_of(record, "symbol");
        agon_ns_t t = read_stamp(text_of(record, "timestamp"));

        // A whole book may have none of its own: then it is as the last that had one.
        t = t >= 0 ? t : source->t > 0 ? source->t : t_local;
        if (symbol == NULL || strcmp(symbol, source->instrument->symbol) != 0)
            continue;
        if (strcmp(channel, "book") == 0)
            why = take_book(source, record, strcmp(type, "snapshot") == 0, t);
        else if (strcmp(channel, "ticker") == 0)
            why = take_quote(source, record, t);
        if (why != NULL)
            return why;
    }
    return NULL;
}

static void read(struct reel *reel, struct source *source, char *line, size_t n)
{
    const char *space = memchr(line, ' ', n);
    json_t *root =
        space != NULL ? load(of(source), space + 1, n - (size_t)(space + 1 - line)) : NULL;
    agon_ns_t t_local = 0;
    const char *why;

    if (root == NULL || num_parse(line, (size_t)(space - line), 0, &t_local) < 0) {
        json_decref(root);
        reel_bad_row(reel, source, 1, "not a time and a JSON object");
        return;
    }
    why = take_data(source, root, t_local);
    if (why != NULL)
        reel_bad_row(reel, source, (uint32_t)(space + 1 - line) + 1, "%s", why);
    json_decref(root);
}

/* A message has a channel or answers a method; which no other venue's have at their root. */
static int look(const char *line, size_t n, struct reel_look *look)
{
    const char *space = memchr(line, ' ', n), *symbol;
    json_t *root, *record;
    agon_ns_t t = 0;
    int is_one;

    if (space == NULL || space[1] != '{')
        return 0;
    root = json_loadb(space + 1, n - (size_t)(space + 1 - line), 0, NULL);
    is_one = text_of(root, "channel") != NULL ||
             (text_of(root, "method") != NULL && json_object_get(root, "success") != NULL);
    record = json_array_get(json_object_get(root, "data"), 0);
    symbol = text_of(record, "symbol");
    if (is_one && symbol != NULL && strlen(symbol) < sizeof(look->symbol)) {
        snprintf(look->symbol, sizeof(look->symbol), "%s", symbol);
        if (look->t_first == 0 && (t = read_stamp(text_of(record, "timestamp"))) < 0 &&
            num_parse(line, (size_t)(space - line), 0, &t) < 0)
            t = 0;
        look->t_first = look->t_first == 0 ? t : look->t_first;
    }
    json_decref(root);
    return is_one;
}

static void end(struct source *source)
{
    (void)source; // nothing is held back
}

static void close(void *kept)
{
    struct messages *messages = kept;

    if (messages != NULL)
        free(messages->text);
    free(messages);
}

static void *open(void)
{
    return calloc(1, sizeof(struct messages));
}

extern const struct reel_venue recording_of_kraken;
const struct reel_venue recording_of_kraken = {
    .name = "kraken", .look = look, .open = open, .read = read, .end = end, .close = close};
