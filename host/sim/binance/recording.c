// SPDX-License-Identifier: Apache-2.0
/* recording: Binance's messages as a recorder had them: combined streams with a REST snapshot. */
#include <stdlib.h>

#include <jansson.h>

#include "base/num.h"
#include "sim/reel_impl.h"

#define WAITING_MAX 4096  /* diffs kept until the snapshot comes */
#define QUOTES_MAX  65536 /* without a time of their own, until a message that has one */

struct held_quote {
    agon_ns_t t_local; /* when the recorder had it */
    agon_px_t bid_px, ask_px;
    agon_qty_t bid_qty, ask_qty;
};

struct messages {
    json_t *waiting;         /* diffs before the snapshot */
    struct held_quote *held; /* owned; quotes before the next message's time */
    uint32_t n_held, held_room;
    /* of the venue's stamp over the recorder's, at the last message that has both */
    agon_ns_t lead;
    int has_book;
};

static struct messages *of(const struct source *source)
{
    return source->messages;
}

static int look_raw(const char *line, size_t n, struct reel_look *look)
{
    const char *space = memchr(line, ' ', n);
    json_t *root, *data;
    const char *symbol;

    if (!space || space[1] != '{')
        return 0;
    root = json_loadb(space + 1, n - (size_t)(space + 1 - line), 0, NULL);
    data = json_object_get(root, "data");
    data = data ? data : root;
    symbol = json_string_value(json_object_get(data, "s"));
    if (symbol && strlen(symbol) < sizeof(look->symbol))
        strcpy(look->symbol, symbol);
    if (!look->t_first && json_is_integer(json_object_get(data, "E")))
        look->t_first = json_integer_value(json_object_get(data, "E")) * REEL_NS_PER_MS;
    n = root != NULL;
    json_decref(root);
    return (int)n;
}

static uint32_t read_levels(struct source *source, json_t *levels, size_t from,
                            struct agon_level *out, uint32_t room)
{
    uint32_t n = 0;

    for (size_t i = from; i < json_array_size(levels) && n < room; i++) {
        json_t *level = json_array_get(levels, i);
        const char *px = json_string_value(json_array_get(level, 0));
        const char *qty = json_string_value(json_array_get(level, 1));

        if (!px || !qty || reel_read_px(source, px, &out[n].px) < 0 ||
            reel_read_qty(source, qty, &out[n].qty) < 0)
            return UINT32_MAX;
        n++;
    }
    return n;
}

// A side that does not fit one record goes on in the next.
static int queue_levels(struct source *source, uint16_t type, agon_ns_t t, json_t *bids,
                        json_t *asks, uint64_t first, uint64_t last)
{
    struct agon_level *levels = source->levels;
    size_t i = 0, j = 0, n_bids = json_array_size(bids), n_asks = json_array_size(asks);
    uint32_t flags = BOOK_PART_FIRST;

    if (!json_is_array(bids) || !json_is_array(asks))
        return AGON_EINVAL;
    do {
        uint32_t n_bid = read_levels(source, bids, i, levels, EVENT_LEVELS_MAX), n_ask;

        if (n_bid == UINT32_MAX)
            return AGON_EINVAL;
        n_ask = read_levels(source, asks, j, levels + n_bid, (uint32_t)EVENT_LEVELS_MAX - n_bid);
        if (n_ask == UINT32_MAX)
            return AGON_EINVAL;
        i += n_bid;
        j += n_ask;
        if (i == n_bids && j == n_asks)
            flags |= BOOK_PART_LAST;
        memcpy(reel_queue_part(source, type, t, n_bid, n_ask, flags, first, last), levels,
               (n_bid + n_ask) * sizeof(*levels));
        flags = 0;
    } while (i < n_bids || j < n_asks);
    return AGON_OK;
}

static agon_ns_t time_of(struct source *source, json_t *data, const char *key)
{
    json_t *value = json_object_get(data, key);

    return json_is_integer(value) ? json_integer_value(value) * REEL_NS_PER_MS : source->t;
}

static int take_diff(struct source *source, json_t *data)
{
    json_t *first = json_object_get(data, "U"), *last = json_object_get(data, "u");

    if (!json_is_integer(first) || !json_is_integer(last))
        return AGON_EINVAL;
    return queue_levels(source, AGON_EVENT_BOOK_DELTA, time_of(source, data, "E"),
                        json_object_get(data, "b"), json_object_get(data, "a"),
                        (uint64_t)json_integer_value(first), (uint64_t)json_integer_value(last));
}

static int take_snapshot(struct source *source, json_t *data)
{
    json_int_t id = json_integer_value(json_object_get(data, "lastUpdateId"));
    json_t *diff;
    size_t i;
    int rc;

    // It arrives while diffs run; the recording's later snapshots say nothing new.
    if (of(source)->has_book)
        return AGON_OK;
    json_array_foreach(of(source)->waiting, i, diff) if (source->t == 0) source->t =
        time_of(source, diff, "E");
    rc = queue_levels(source, AGON_EVENT_BOOK_SNAPSHOT, source->t, json_object_get(data, "bids"),
                      json_object_get(data, "asks"), (uint64_t)id, (uint64_t)id);
    if (rc < 0)
        return rc;
    of(source)->has_book = 1;
    json_array_foreach(of(source)->waiting, i, diff)
    {
        if (json_integer_value(json_object_get(diff, "u")) > id)
            rc = take_diff(source, diff);
    }
    json_array_clear(of(source)->waiting);
    return rc;
}

static int take_trade(struct source *source, json_t *data)
{
    const char *px_text = json_string_value(json_object_get(data, "p"));
    const char *qty_text = json_string_value(json_object_get(data, "q"));
    json_t *id = json_object_get(data, "t"), *maker = json_object_get(data, "m");
    int64_t px, qty;

    if (!px_text || !qty_text || !json_is_boolean(maker) ||
        reel_read_px(source, px_text, &px) < 0 || reel_read_qty(source, qty_text, &qty) < 0 ||
        px <= 0 || qty <= 0)
        return AGON_EINVAL;
    reel_queue_trade(source, time_of(source, data, "T"), px, qty, (uint64_t)json_integer_value(id),
                     json_is_true(maker) ? AGON_SELL : AGON_BUY);
    return AGON_OK;
}

static void queue_quote(struct source *source, const struct held_quote *from, agon_ns_t t)
{
    struct agon_quote *quote = reel_queue(source, AGON_EVENT_QUOTE, sizeof(*quote), t);

    quote->bid_px = from->bid_px;
    quote->bid_qty = from->bid_qty;
    quote->ask_px = from->ask_px;
    quote->ask_qty = from->ask_qty;
}

/* Spot's best prices have no time of the venue. Theirs is the recorder's, moved by what its clock
 * is off, and lies between those of the messages around them, whose own times they must not move.
 */
static void tell_held(struct source *source, agon_ns_t t_next)
{
    for (uint32_t i = 0; i < of(source)->n_held; i++) {
        agon_ns_t t = of(source)->held[i].t_local + of(source)->lead;

        queue_quote(source, &of(source)->held[i], t < t_next ? t : t_next);
    }
    of(source)->n_held = 0;
}

static void hold_quote(struct source *source, const struct held_quote *quote)
{
    if (of(source)->n_held == QUOTES_MAX)
        tell_held(source, INT64_MAX);
    if (of(source)->n_held == of(source)->held_room) {
        uint32_t room = of(source)->held_room ? of(source)->held_room * 2 : 64;
        struct held_quote *held = realloc(of(source)->held, room * sizeof(*held));

        REQUIRE(held != NULL);
        of(source)->held = held;
        of(source)->held_room = room;
    }
    of(source)->held[of(source)->n_held++] = *quote;
}

static int take_quote(struct source *source, json_t *data, agon_ns_t t_local)
{
    static const char *const names[] = {"b", "B", "a", "A"};
    struct held_quote quote = {.t_local = t_local};
    int64_t *const to[] = {&quote.bid_px, &quote.bid_qty, &quote.ask_px, &quote.ask_qty};

    for (int i = 0; i < 4; i++) {
        const char *text = json_string_value(json_object_get(data, names[i]));

        if (!text || (i % 2 == 0 ? num_parse(text, strlen(text), REEL_EXP, to[i])
                                 : reel_read_qty(source, text, to[i])) < 0)
            return AGON_EINVAL;
    }
    if (quote.bid_px < 0 || quote.ask_px < 0 || quote.bid_qty < 0 || quote.ask_qty < 0)
        return AGON_EINVAL;
    if (json_is_integer(json_object_get(data, "E")))
        queue_quote(source, &quote, time_of(source, data, "E"));
    else
        hold_quote(source, &quote);
    return AGON_OK;
}

// A message that has a time bounds the quotes before it, and says what the recorder's clock is off.
static void note_time(struct source *source, json_t *data, agon_ns_t t_local)
{
    const char *key = json_object_get(data, "T") ? "T" : "E";
    json_t *stamp = json_object_get(data, key); // the one that the message itself is played by
    agon_ns_t lead;

    if (!json_is_integer(stamp))
        return;
    lead = json_integer_value(stamp) * REEL_NS_PER_MS - t_local;
    if (of(source)->lead == 0)
        of(source)->lead = lead;
    tell_held(source, time_of(source, data, key));
    of(source)->lead = lead;
}

static void read_raw(struct reel *reel, struct source *source, char *line, size_t n)
{
    char *space = memchr(line, ' ', n);
    json_t *root = NULL, *data;
    json_error_t why;
    const char *symbol, *event;
    agon_ns_t t_local = 0;
    int rc = AGON_OK;

    if (space)
        root = json_loadb(space + 1, n - (size_t)(space + 1 - line), 0, &why);
    if (!root) {
        reel_bad_row(reel, source, 1, "not a time and a JSON object");
        return;
    }
    data = json_object_get(root, "data");
    data = data ? data : root;
    symbol = json_string_value(json_object_get(data, "s"));
    event = json_string_value(json_object_get(data, "e"));
    (void)num_parse(line, (size_t)(space - line), 0, &t_local); // 0 moves nothing but quotes
    if (symbol && strcmp(symbol, source->instrument->symbol) == 0)
        note_time(source, data, t_local);
    if (json_object_get(data, "lastUpdateId")) {
        rc = take_snapshot(source, data);
    } else if (symbol && strcmp(symbol, source->instrument->symbol) != 0) {
        rc = AGON_OK; // of another symbol
    } else if (event && strcmp(event, "depthUpdate") == 0) {
        if (of(source)->has_book)
            rc = take_diff(source, data);
        else if (json_array_size(of(source)->waiting) < WAITING_MAX)
            json_array_append(of(source)->waiting, data);
    } else if (event && strcmp(event, "trade") == 0) {
        rc = take_trade(source, data);
    } else if (symbol && (event ? strcmp(event, "bookTicker") == 0
                                : json_object_get(data, "B") && json_object_get(data, "A"))) {
        rc = take_quote(source, data, t_local);
    }
    json_decref(root);
    if (rc < 0)
        reel_bad_row(reel, source, (uint32_t)(space + 1 - line) + 1,
                     "levels, prices or times are not as expected");
}

static void end(struct source *source)
{
    tell_held(source, INT64_MAX);
}

static void close(void *kept)
{
    struct messages *messages = kept;

    if (!messages)
        return;
    json_decref(messages->waiting);
    free(messages->held);
    free(messages);
}

static void *open(void)
{
    struct messages *messages = calloc(1, sizeof(*messages));

    if (messages)
        messages->waiting = json_array();
    if (messages && !messages->waiting) {
        free(messages);
        return NULL;
    }
    return messages;
}

extern const struct reel_venue recording_of_binance;
const struct reel_venue recording_of_binance = {.name = "binance",
                                                .look = look_raw,
                                                .open = open,
                                                .read = read_raw,
                                                .end = end,
                                                .close = close};
