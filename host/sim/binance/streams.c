// SPDX-License-Identifier: Apache-2.0
/* streams: market stream connections and what is pushed on them; user events to whoever listens.
 *
 * What a stream tells is paced by market time: a diff "each 100 ms" is each 100 ms of the market.
 * The chain of a diff stream is one for all who listen: the first frame after a subscription begins
 * at or before the id that a snapshot taken now would have. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>

#include <jansson.h>

#include "base/num.h"
#include "sim/binance/simb.h"

void simb_send(struct simb *b, struct simb_conn *conn, enum sim_frame kind, const void *bytes,
               size_t n)
{
    if (b->config.sink.frame && conn->id)
        b->config.sink.frame(b->config.sink.ctx, conn->id, kind, bytes, n, 0);
}

static void remove_stream(struct simb *b, struct simb_conn *conn, uint32_t i)
{
    b->n_streams[conn->streams[i].kind]--;
    conn->streams[i] = conn->streams[--conn->n_streams];
}

void simb_conn_forget(struct simb *b, struct simb_conn *conn)
{
    while (conn->n_streams > 0)
        remove_stream(b, conn, conn->n_streams - 1);
    free(conn->streams);
    memset(conn, 0, sizeof(*conn));
}

void simb_drop(struct simb *b, struct simb_conn *conn, int code, const char *reason)
{
    uint64_t id = conn->id;

    simb_conn_forget(b, conn);
    if (b->config.sink.frame && id)
        b->config.sink.frame(b->config.sink.ctx, id, SIM_CLOSE, reason, strlen(reason), code);
}

/* --- names --- */

static int parse_symbol_stream(struct simb *b, const char *what, struct simb_stream *stream)
{
    static const struct {
        const char *name;
        uint8_t kind, levels, is_fast;
    } fixed[] = {
        {"trade", SIMB_STREAM_TRADE, 0, 0},
        {"aggTrade", SIMB_STREAM_AGG, 0, 0},
        {"bookTicker", SIMB_STREAM_BOOK, 0, 0},
        {"depth", SIMB_STREAM_DIFF, 0, 0},
        {"depth@1000ms", SIMB_STREAM_DIFF, 0, 0},
        {"depth@100ms", SIMB_STREAM_DIFF, 0, 1},
        {"depth5", SIMB_STREAM_PARTIAL, 5, 0},
        {"depth10", SIMB_STREAM_PARTIAL, 10, 0},
        {"depth20", SIMB_STREAM_PARTIAL, 20, 0},
        {"depth5@1000ms", SIMB_STREAM_PARTIAL, 5, 0},
        {"depth10@1000ms", SIMB_STREAM_PARTIAL, 10, 0},
        {"depth20@1000ms", SIMB_STREAM_PARTIAL, 20, 0},
        {"depth5@100ms", SIMB_STREAM_PARTIAL, 5, 1},
        {"depth10@100ms", SIMB_STREAM_PARTIAL, 10, 1},
        {"depth20@100ms", SIMB_STREAM_PARTIAL, 20, 1},
        {"ticker", SIMB_STREAM_TICKER, 0, 0},
        {"miniTicker", SIMB_STREAM_MINI, 0, 0},
        {"avgPrice", SIMB_STREAM_AVG, 0, 0},
    };

    for (size_t i = 0; i < sizeof(fixed) / sizeof(fixed[0]); i++)
        if (strcmp(fixed[i].name, what) == 0) {
            stream->kind = fixed[i].kind;
            stream->levels = fixed[i].levels;
            stream->is_fast = fixed[i].is_fast;
            return 1;
        }
    if (strncmp(what, "kline_", 6) == 0 && simb_interval(what + 6) >= 0) {
        stream->kind = SIMB_STREAM_KLINE;
        stream->interval = (uint8_t)simb_interval(what + 6);
        stream->last_open = simb_interval_open(stream->interval, pit_now(b->pit), 0);
        return 1;
    }
    return 0;
}

static void parse_stream(struct simb *b, const char *name, struct simb_stream *stream)
{
    char symbol[32];
    const char *at = strchr(name, '@');
    int sym;

    memset(stream, 0, sizeof(*stream));
    memcpy(stream->name, name, strnlen(name, sizeof(stream->name) - 1));
    if (strcmp(name, "!miniTicker@arr") == 0) {
        stream->kind = SIMB_STREAM_ALL_MINI;
        return;
    }
    if (!at) {
        stream->account = simb_account_of_key(b, name);
        stream->kind = stream->account ? SIMB_STREAM_USER : SIMB_STREAM_NONE;
        return;
    }
    if (at == name || (size_t)(at - name) >= sizeof(symbol))
        return;
    for (size_t i = 0; i < (size_t)(at - name); i++) {
        if (isupper((unsigned char)name[i]))
            return; // names are lower case, or nothing comes
        symbol[i] = (char)toupper((unsigned char)name[i]);
    }
    symbol[at - name] = '\0';
    sym = pit_find(b->pit, symbol);
    if (sym < 0 || !parse_symbol_stream(b, at + 1, stream))
        stream->kind = SIMB_STREAM_NONE;
    else
        stream->sym = (uint32_t)sym;
}

// The diff chain starts to be kept when the first listener comes.
static void begin_chain(struct simb *b, uint32_t sym, int is_fast)
{
    struct simb_sent *sent = &b->sent[sym][is_fast];
    struct pit_view view;

    if (sent->is_live)
        return;
    if (!sent->bid) {
        sent->bid = calloc(PIT_DEPTH_MAX, sizeof(*sent->bid));
        sent->ask = calloc(PIT_DEPTH_MAX, sizeof(*sent->ask));
        REQUIRE(sent->bid && sent->ask);
    }
    pit_view(b->pit, sym, &view);
    memcpy(sent->bid, view.bid, view.n_bid * sizeof(*view.bid));
    memcpy(sent->ask, view.ask, view.n_ask * sizeof(*view.ask));
    sent->n_bid = view.n_bid;
    sent->n_ask = view.n_ask;
    sent->id = view.id;
    sent->is_live = 1;
}

// -1: one too many.
static int add_stream(struct simb *b, struct simb_conn *conn, const char *name)
{
    struct simb_stream *stream;

    for (uint32_t i = 0; i < conn->n_streams; i++)
        if (strcmp(conn->streams[i].name, name) == 0)
            return 0;
    if (conn->n_streams == SIMB_STREAMS_MAX)
        return -1;
    if (conn->n_streams == conn->streams_room) {
        uint32_t room = conn->streams_room ? conn->streams_room * 2 : 8;
        struct simb_stream *streams = realloc(conn->streams, room * sizeof(*streams));

        REQUIRE(streams != NULL);
        conn->streams = streams;
        conn->streams_room = room;
    }
    stream = &conn->streams[conn->n_streams++];
    parse_stream(b, name, stream);
    b->n_streams[stream->kind]++;
    if (stream->kind == SIMB_STREAM_DIFF)
        begin_chain(b, stream->sym, stream->is_fast);
    return 0;
}

static size_t percent_decode(const char *text, size_t n, char *out, size_t room)
{
    size_t used = 0;

    for (size_t i = 0; i < n && used + 1 < room; i++) {
        unsigned int byte;

        if (text[i] == '%' && i + 2 < n + 0 && sscanf(text + i + 1, "%2x", &byte) == 1) {
            out[used++] = (char)byte;
            i += 2;
        } else {
            out[used++] = text[i];
        }
    }
    out[used] = '\0';
    return used;
}

static int add_list(struct simb *b, struct simb_conn *conn, const char *list, size_t n)
{
    while (n > 0) {
        const char *end = memchr(list, '/', n);
        size_t one = end ? (size_t)(end - list) : n;
        char name[SIMB_STREAM_TEXT];

        if (one > 0) {
            if (one >= sizeof(name) * 3)
                return -1;
            percent_decode(list, one, name, sizeof(name));
            if (add_stream(b, conn, name) < 0)
                return -1;
        }
        list += end ? one + 1 : one;
        n -= end ? one + 1 : one;
    }
    return 0;
}

int simb_stream_open(struct simb *b, struct simb_conn *conn, const struct sim_request *request)
{
    const char *list = request->path, *query = request->query;

    conn->is_combined = strcmp(request->path, "/stream") == 0;
    if (!conn->is_combined) {
        list += strlen("/ws");
        return add_list(b, conn, list, strlen(list));
    }
    while (*query) {
        size_t n = strcspn(query, "&");

        if (strncmp(query, "streams=", 8) == 0) {
            // Slashes may come encoded too.
            char *decoded = malloc(n + 1);
            int rc;

            REQUIRE(decoded != NULL);
            n = percent_decode(query + 8, n - 8, decoded, n + 1);
            rc = add_list(b, conn, decoded, n);
            free(decoded);
            return rc;
        }
        query += query[n] ? n + 1 : n;
    }
    return 0;
}

/* --- control messages --- */

static void put_id(struct jout *out, json_t *id)
{
    jout_key(out, "id");
    if (json_is_integer(id))
        jout_int(out, json_integer_value(id));
    else if (json_is_string(id))
        jout_strn(out, json_string_value(id), json_string_length(id));
    else
        jout_null(out);
}

static void refuse(struct simb *b, struct simb_conn *conn, int code, const char *msg, json_t *id)
{
    struct jout *out = &b->out;

    jout_reset(out);
    jout_open(out, '{');
    jout_kv_int(out, "code", code);
    jout_kv_str(out, "msg", msg);
    if (id)
        put_id(out, id);
    jout_close(out, '{');
    simb_send(b, conn, SIM_TEXT, jout_text(out), out->n);
}

static void control_property(struct simb *b, struct simb_conn *conn, json_t *params, json_t *id,
                             int is_set)
{
    const char *name = json_string_value(json_array_get(params, 0));
    json_t *value = json_array_get(params, 1);
    struct jout *out = &b->out;

    if (!name) {
        refuse(b, conn, 2, "Invalid request: property name must be a string", id);
        return;
    }
    if (strcmp(name, "combined") != 0) {
        refuse(b, conn, 0, "Unknown property", id);
        return;
    }
    if (is_set && !json_is_boolean(value)) {
        refuse(b, conn, 1, "Invalid value type: expected Boolean", id);
        return;
    }
    if (is_set)
        conn->is_combined = json_is_true(value);
    jout_reset(out);
    jout_open(out, '{');
    jout_key(out, "result");
    if (is_set)
        jout_null(out);
    else
        jout_bool(out, conn->is_combined);
    put_id(out, id);
    jout_close(out, '{');
    simb_send(b, conn, SIM_TEXT, jout_text(out), out->n);
}

static void control_streams(struct simb *b, struct simb_conn *conn, json_t *params, json_t *id,
                            int is_on)
{
    struct jout *out = &b->out;
    json_t *item;
    size_t i;

    if (!json_is_array(params)) {
        refuse(b, conn, 2, "Invalid request: missing field `params`", id);
        return;
    }
    json_array_foreach(params, i, item) if (!json_is_string(item) ||
                                            json_string_length(item) >= SIMB_STREAM_TEXT)
    {
        refuse(b, conn, 2, "Invalid request: invalid stream", id);
        return;
    }
    json_array_foreach(params, i, item)
    {
        const char *name = json_string_value(item);

        if (is_on) {
            if (add_stream(b, conn, name) < 0) {
                simb_drop(b, conn, 1008, "Too many streams");
                return;
            }
            continue;
        }
        for (uint32_t j = 0; j < conn->n_streams; j++)
            if (strcmp(conn->streams[j].name, name) == 0) {
                remove_stream(b, conn, j);
                break;
            }
    }
    jout_reset(out);
    jout_open(out, '{');
    jout_key(out, "result");
    jout_null(out);
    put_id(out, id);
    jout_close(out, '{');
    simb_send(b, conn, SIM_TEXT, jout_text(out), out->n);
}

static void control_list(struct simb *b, struct simb_conn *conn, json_t *id)
{
    struct jout *out = &b->out;

    jout_reset(out);
    jout_open(out, '{');
    jout_key(out, "result");
    jout_open(out, '[');
    for (uint32_t i = 0; i < conn->n_streams; i++)
        jout_str(out, conn->streams[i].name);
    jout_close(out, '[');
    put_id(out, id);
    jout_close(out, '{');
    simb_send(b, conn, SIM_TEXT, jout_text(out), out->n);
}

void simb_stream_text(struct simb *b, struct simb_conn *conn, const char *text, size_t n)
{
    json_error_t why;
    json_t *root = json_loadb(text, n, JSON_REJECT_DUPLICATES, &why), *method, *id, *params;
    const char *name;
    char msg[320];

    if (!root) {
        snprintf(msg, sizeof(msg), "Invalid JSON: expected value at line %d column %d",
                 why.line < 1 ? 1 : why.line, why.column < 1 ? 1 : why.column);
        refuse(b, conn, 3, msg, NULL);
        return;
    }
    method = json_object_get(root, "method");
    params = json_object_get(root, "params");
    id = json_object_get(root, "id");
    name = json_string_value(method);
    if (!method) {
        snprintf(msg, sizeof(msg), "Invalid request: missing field `method` at line 1 column %zu",
                 n);
        refuse(b, conn, 2, msg, NULL);
    } else if (!id || !(json_is_integer(id) || json_is_null(id) ||
                        (json_is_string(id) && json_string_length(id) <= 36))) {
        refuse(b, conn, 2, "Invalid request: request ID must be an unsigned integer", NULL);
    } else if (name && strcmp(name, "SUBSCRIBE") == 0) {
        control_streams(b, conn, params, id, 1);
    } else if (name && strcmp(name, "UNSUBSCRIBE") == 0) {
        control_streams(b, conn, params, id, 0);
    } else if (name && strcmp(name, "LIST_SUBSCRIPTIONS") == 0) {
        if (params && json_array_size(params) > 0)
            refuse(b, conn, 2, "Invalid request: too many parameters", id);
        else
            control_list(b, conn, id);
    } else if (name && strcmp(name, "SET_PROPERTY") == 0) {
        control_property(b, conn, params, id, 1);
    } else if (name && strcmp(name, "GET_PROPERTY") == 0) {
        control_property(b, conn, params, id, 0);
    } else {
        snprintf(msg, sizeof(msg),
                 "Invalid request: unknown variant `%.40s`, expected one of `SUBSCRIBE`, "
                 "`UNSUBSCRIBE`, `LIST_SUBSCRIPTIONS`, `SET_PROPERTY`, `GET_PROPERTY` at line 1 "
                 "column 28",
                 name ? name : "");
        refuse(b, conn, 2, msg, NULL);
    }
    json_decref(root);
}

/* --- pushing --- */

static void push(struct simb *b, struct simb_conn *conn, const char *name, struct jout *payload)
{
    struct jout *out = &b->wrapped;

    if (!conn->is_combined) {
        simb_send(b, conn, SIM_TEXT, jout_text(payload), payload->n);
        return;
    }
    jout_reset(out);
    jout_open(out, '{');
    jout_kv_str(out, "stream", name);
    jout_key(out, "data");
    jout_raw(out, jout_text(payload), payload->n);
    jout_close(out, '{');
    simb_send(b, conn, SIM_TEXT, jout_text(out), out->n);
}

typedef void (*build_fn)(struct simb *b, struct jout *out, uint32_t sym, const void *what);

// The payload is made once for those who count in ms and once for those who count in us.
static void push_all(struct simb *b, enum simb_stream_kind kind, uint32_t sym, int levels,
                     int is_fast, build_fn build, const void *what)
{
    if (b->n_streams[kind] == 0)
        return;
    for (uint8_t is_micro = 0; is_micro < 2; is_micro++) {
        int is_built = 0;

        for (uint32_t i = 0; i < SIMB_CONNS_MAX; i++) {
            struct simb_conn *conn = &b->conns[i];

            if (!conn->id || conn->is_micro != is_micro)
                continue;
            for (uint32_t j = 0; j < conn->n_streams; j++) {
                const struct simb_stream *stream = &conn->streams[j];

                if (stream->kind != kind || stream->sym != sym || stream->levels != levels ||
                    stream->is_fast != is_fast)
                    continue;
                if (!is_built) {
                    jout_reset(&b->frame);
                    b->frame.is_micro = is_micro;
                    build(b, &b->frame, sym, what);
                    b->frame.is_micro = 0;
                    is_built = 1;
                }
                push(b, conn, stream->name, &b->frame);
            }
        }
    }
}

static int has_listener(const struct simb *b, enum simb_stream_kind kind, uint32_t sym, int is_fast)
{
    if (b->n_streams[kind] == 0)
        return 0;
    for (uint32_t i = 0; i < SIMB_CONNS_MAX; i++)
        for (uint32_t j = 0; b->conns[i].id && j < b->conns[i].n_streams; j++)
            if (b->conns[i].streams[j].kind == kind && b->conns[i].streams[j].sym == sym &&
                b->conns[i].streams[j].is_fast == is_fast)
                return 1;
    return 0;
}

static void build_trade(struct simb *b, struct jout *out, uint32_t sym, const void *what)
{
    const struct pit_trade *trade = what;

    jout_open(out, '{');
    jout_kv_str(out, "e", "trade");
    jout_kv_time(out, "E", pit_now(b->pit));
    jout_kv_str(out, "s", pit_at(b->pit, sym)->name);
    jout_kv_int(out, "t", (int64_t)trade->id);
    jout_kv_dec(out, "p", trade->px, SIMB_EXP);
    jout_kv_dec(out, "q", trade->qty, SIMB_EXP);
    jout_kv_time(out, "T", trade->t);
    jout_kv_bool(out, "m", trade->is_buyer_maker);
    jout_kv_bool(out, "M", 1);
    jout_close(out, '{');
}

void simb_on_trade(void *ctx, uint32_t sym, const struct pit_trade *trade)
{
    push_all(ctx, SIMB_STREAM_TRADE, sym, 0, 0, build_trade, trade);
}

static void build_agg(struct simb *b, struct jout *out, uint32_t sym, const void *what)
{
    const struct pit_agg *agg = what;

    jout_open(out, '{');
    jout_kv_str(out, "e", "aggTrade");
    jout_kv_time(out, "E", pit_now(b->pit));
    jout_kv_str(out, "s", pit_at(b->pit, sym)->name);
    jout_kv_int(out, "a", (int64_t)agg->id);
    jout_kv_dec(out, "p", agg->px, SIMB_EXP);
    jout_kv_dec(out, "q", agg->qty, SIMB_EXP);
    jout_kv_int(out, "f", (int64_t)agg->first);
    jout_kv_int(out, "l", (int64_t)agg->last);
    jout_kv_time(out, "T", agg->t);
    jout_kv_bool(out, "m", agg->is_buyer_maker);
    jout_kv_bool(out, "M", 1);
    jout_close(out, '{');
}

void simb_on_agg(void *ctx, uint32_t sym, const struct pit_agg *agg)
{
    push_all(ctx, SIMB_STREAM_AGG, sym, 0, 0, build_agg, agg);
}

static void put_best(struct jout *out, const struct pit_view *view)
{
    static const struct agon_level none;
    const struct agon_level *bid = view->n_bid ? &view->bid[0] : &none;
    const struct agon_level *ask = view->n_ask ? &view->ask[0] : &none;

    jout_kv_dec(out, "b", bid->px, SIMB_EXP);
    jout_kv_dec(out, "B", bid->qty, SIMB_EXP);
    jout_kv_dec(out, "a", ask->px, SIMB_EXP);
    jout_kv_dec(out, "A", ask->qty, SIMB_EXP);
}

static void build_book(struct simb *b, struct jout *out, uint32_t sym, const void *what)
{
    struct pit_view view;

    (void)what;
    pit_view(b->pit, sym, &view);
    jout_open(out, '{');
    jout_kv_int(out, "u", (int64_t)view.id);
    jout_kv_str(out, "s", pit_at(b->pit, sym)->name);
    put_best(out, &view);
    jout_close(out, '{');
}

void simb_on_top(void *ctx, uint32_t sym)
{
    push_all(ctx, SIMB_STREAM_BOOK, sym, 0, 0, build_book, NULL);
}

/* --- depth --- */

static void put_level(struct jout *out, agon_px_t px, agon_qty_t qty)
{
    jout_open(out, '[');
    jout_dec(out, px, SIMB_EXP);
    jout_dec(out, qty, SIMB_EXP);
    jout_close(out, '[');
}

// Levels that differ between what was sent and what is: new quantity, 0 for those that are gone.
static void put_changes(struct jout *out, const struct agon_level *was, uint32_t n_was,
                        const struct agon_level *is, uint32_t n_is, int sign)
{
    uint32_t i = 0, j = 0;

    jout_open(out, '[');
    while (i < n_was || j < n_is) {
        int order = i == n_was  ? 1
                    : j == n_is ? -1
                                : (was[i].px < is[j].px   ? -sign
                                   : was[i].px > is[j].px ? sign
                                                          : 0);

        if (order < 0) {
            put_level(out, was[i++].px, 0);
        } else if (order > 0) {
            put_level(out, is[j].px, is[j].qty);
            j++;
        } else {
            if (was[i].qty != is[j].qty)
                put_level(out, is[j].px, is[j].qty);
            i++;
            j++;
        }
    }
    jout_close(out, '[');
}

static void build_diff(struct simb *b, struct jout *out, uint32_t sym, const void *what)
{
    const struct simb_sent *sent = what;
    struct pit_view view;

    pit_view(b->pit, sym, &view);
    jout_open(out, '{');
    jout_kv_str(out, "e", "depthUpdate");
    jout_kv_time(out, "E", pit_now(b->pit));
    jout_kv_str(out, "s", pit_at(b->pit, sym)->name);
    jout_kv_int(out, "U", (int64_t)sent->id + 1);
    jout_kv_int(out, "u", (int64_t)view.id);
    jout_key(out, "b");
    put_changes(out, sent->bid, sent->n_bid, view.bid, view.n_bid, -1);
    jout_key(out, "a");
    put_changes(out, sent->ask, sent->n_ask, view.ask, view.n_ask, 1);
    jout_close(out, '{');
}

static void step_diff(struct simb *b, uint32_t sym, int is_fast)
{
    struct simb_sent *sent = &b->sent[sym][is_fast];
    struct pit_view view;

    if (!sent->is_live)
        return;
    if (!has_listener(b, SIMB_STREAM_DIFF, sym, is_fast)) {
        sent->is_live = 0;
        return;
    }
    pit_view(b->pit, sym, &view);
    if (view.id == sent->id)
        return;
    push_all(b, SIMB_STREAM_DIFF, sym, 0, is_fast, build_diff, sent);
    sent->is_live = 0;
    begin_chain(b, sym, is_fast);
}

static void put_top(struct jout *out, const char *name, const struct agon_level *levels, uint32_t n,
                    uint32_t most)
{
    jout_key(out, name);
    jout_open(out, '[');
    for (uint32_t i = 0; i < n && i < most; i++)
        put_level(out, levels[i].px, levels[i].qty);
    jout_close(out, '[');
}

static void step_partial(struct simb *b, struct simb_conn *conn, struct simb_stream *stream)
{
    struct jout *out = &b->frame;
    struct pit_view view;

    pit_view(b->pit, stream->sym, &view);
    if (view.id == stream->last)
        return;
    stream->last = view.id;
    jout_reset(out);
    jout_open(out, '{');
    jout_kv_int(out, "lastUpdateId", (int64_t)view.id);
    put_top(out, "bids", view.bid, view.n_bid, stream->levels);
    put_top(out, "asks", view.ask, view.n_ask, stream->levels);
    jout_close(out, '{');
    push(b, conn, stream->name, out);
}

/* --- bars and tickers --- */

static void push_kline(struct simb *b, struct simb_conn *conn, const struct simb_stream *stream,
                       const struct pit_bar *bar, agon_ns_t next, int is_closed)
{
    const char *symbol = pit_at(b->pit, stream->sym)->name;
    struct jout *out = &b->frame;

    jout_reset(out);
    out->is_micro = conn->is_micro;
    jout_open(out, '{');
    jout_kv_str(out, "e", "kline");
    jout_kv_time(out, "E", pit_now(b->pit));
    jout_kv_str(out, "s", symbol);
    jout_key(out, "k");
    jout_open(out, '{');
    jout_kv_time(out, "t", bar->t_open);
    jout_kv_time(out, "T", next - 1);
    jout_kv_str(out, "s", symbol);
    jout_kv_str(out, "i", simb_intervals[stream->interval]);
    jout_kv_int(out, "f", bar->n ? (int64_t)bar->first : -1);
    jout_kv_int(out, "L", bar->n ? (int64_t)bar->last : -1);
    jout_kv_dec(out, "o", bar->open_px, SIMB_EXP);
    jout_kv_dec(out, "c", bar->close_px, SIMB_EXP);
    jout_kv_dec(out, "h", bar->high_px, SIMB_EXP);
    jout_kv_dec(out, "l", bar->low_px, SIMB_EXP);
    jout_kv_dec(out, "v", bar->qty, SIMB_EXP);
    jout_kv_int(out, "n", (int64_t)bar->n);
    jout_kv_bool(out, "x", is_closed);
    jout_kv_dec(out, "q", bar->amt, SIMB_EXP);
    jout_kv_dec(out, "V", bar->taker_qty, SIMB_EXP);
    jout_kv_dec(out, "Q", bar->taker_amt, SIMB_EXP);
    jout_kv_str(out, "B", "0");
    jout_close(out, '{');
    jout_close(out, '{');
    out->is_micro = 0;
    push(b, conn, stream->name, out);
}

static void step_kline(struct simb *b, struct simb_conn *conn, struct simb_stream *stream,
                       agon_ns_t t)
{
    int interval = stream->interval;
    agon_ns_t open = simb_interval_open(interval, t, 0), next;
    agon_ns_t pace = interval == 0 ? SIMB_NS_PER_S : 2 * SIMB_NS_PER_S;
    struct pit_bar bar;

    // Bars that ended since the last step are told once more, closed.
    while (stream->last_open < open) {
        next = simb_interval_next(interval, stream->last_open, 0);
        if (simb_bar(b->pit, stream->sym, interval, stream->last_open, next, &bar))
            push_kline(b, conn, stream, &bar, next, 1);
        stream->last_open = next;
        stream->last = 0;
    }
    if (t % pace != 0)
        return;
    next = simb_interval_next(interval, open, 0);
    if (!simb_bar(b->pit, stream->sym, interval, open, next, &bar) || bar.n == stream->last)
        return;
    stream->last = bar.n;
    push_kline(b, conn, stream, &bar, next, 0);
}

static void put_mini(struct simb *b, struct jout *out, uint32_t sym)
{
    struct simb_stats stats;

    simb_stats(b->pit, sym, pit_now(b->pit) - 1440 * SIMB_NS_PER_MIN, &stats);
    jout_open(out, '{');
    jout_kv_str(out, "e", "24hrMiniTicker");
    jout_kv_time(out, "E", pit_now(b->pit));
    jout_kv_str(out, "s", pit_at(b->pit, sym)->name);
    jout_kv_dec(out, "c", stats.bar.close_px, SIMB_EXP);
    jout_kv_dec(out, "o", stats.bar.open_px, SIMB_EXP);
    jout_kv_dec(out, "h", stats.bar.high_px, SIMB_EXP);
    jout_kv_dec(out, "l", stats.bar.low_px, SIMB_EXP);
    jout_kv_dec(out, "v", stats.bar.qty, SIMB_EXP);
    jout_kv_dec(out, "q", stats.bar.amt, SIMB_EXP);
    jout_close(out, '{');
}

static void build_mini(struct simb *b, struct jout *out, uint32_t sym, const void *what)
{
    (void)what;
    put_mini(b, out, sym);
}

static void build_all_mini(struct simb *b, struct jout *out, uint32_t sym, const void *what)
{
    (void)sym;
    (void)what;
    jout_open(out, '[');
    for (uint32_t i = 0; i < pit_count(b->pit); i++)
        put_mini(b, out, i);
    jout_close(out, '[');
}

static void build_ticker(struct simb *b, struct jout *out, uint32_t sym, const void *what)
{
    uint32_t n = pit_trades(b->pit, sym);
    struct simb_stats stats;
    struct pit_view view;
    const struct pit_bar *bar = &stats.bar;

    (void)what;
    simb_stats(b->pit, sym, pit_now(b->pit) - 1440 * SIMB_NS_PER_MIN, &stats);
    pit_view(b->pit, sym, &view);
    jout_open(out, '{');
    jout_kv_str(out, "e", "24hrTicker");
    jout_kv_time(out, "E", pit_now(b->pit));
    jout_kv_str(out, "s", pit_at(b->pit, sym)->name);
    jout_kv_dec(out, "p", bar->close_px - bar->open_px, SIMB_EXP);
    jout_kv_dec(out, "P",
                bar->open_px
                    ? num_mul_div(bar->close_px - bar->open_px, 100000, bar->open_px, NUM_EVEN)
                    : 0,
                3);
    jout_kv_dec(out, "w",
                bar->qty ? num_mul_div(bar->amt, num_pow10(SIMB_EXP), bar->qty, NUM_EVEN)
                         : bar->close_px,
                SIMB_EXP);
    jout_kv_dec(out, "x", stats.before_px, SIMB_EXP);
    jout_kv_dec(out, "c", bar->close_px, SIMB_EXP);
    jout_kv_dec(out, "Q", n ? pit_trade_at(b->pit, sym, n - 1)->qty : 0, SIMB_EXP);
    put_best(out, &view);
    jout_kv_dec(out, "o", bar->open_px, SIMB_EXP);
    jout_kv_dec(out, "h", bar->high_px, SIMB_EXP);
    jout_kv_dec(out, "l", bar->low_px, SIMB_EXP);
    jout_kv_dec(out, "v", bar->qty, SIMB_EXP);
    jout_kv_dec(out, "q", bar->amt, SIMB_EXP);
    jout_kv_time(out, "O", stats.t_open);
    jout_kv_time(out, "C", stats.t_close);
    jout_kv_int(out, "F", bar->n ? (int64_t)bar->first : -1);
    jout_kv_int(out, "L", bar->n ? (int64_t)bar->last : -1);
    jout_kv_int(out, "n", (int64_t)bar->n);
    jout_close(out, '{');
}

static void build_avg(struct simb *b, struct jout *out, uint32_t sym, const void *what)
{
    agon_ns_t t_last;
    agon_px_t px = pit_avg_px(b->pit, sym, 5, &t_last);

    (void)what;
    jout_open(out, '{');
    jout_kv_str(out, "e", "avgPrice");
    jout_kv_time(out, "E", pit_now(b->pit));
    jout_kv_str(out, "s", pit_at(b->pit, sym)->name);
    jout_kv_str(out, "i", "5m");
    jout_kv_dec(out, "w", px, SIMB_EXP);
    jout_kv_time(out, "T", t_last);
    jout_close(out, '{');
}

static void step_each_second(struct simb *b)
{
    for (uint32_t i = 0; i < pit_count(b->pit); i++) {
        step_diff(b, i, 0);
        push_all(b, SIMB_STREAM_TICKER, i, 0, 0, build_ticker, NULL);
        push_all(b, SIMB_STREAM_MINI, i, 0, 0, build_mini, NULL);
        push_all(b, SIMB_STREAM_AVG, i, 0, 0, build_avg, NULL);
    }
    push_all(b, SIMB_STREAM_ALL_MINI, 0, 0, 0, build_all_mini, NULL);
}

void simb_on_step(void *ctx, agon_ns_t t)
{
    struct simb *b = ctx;
    int is_second = t % SIMB_NS_PER_S == 0;

    simb_flush_balances(b);
    for (uint32_t i = 0; i < pit_count(b->pit); i++)
        step_diff(b, i, 1);
    if (is_second)
        step_each_second(b);
    if (b->n_streams[SIMB_STREAM_KLINE] == 0 && b->n_streams[SIMB_STREAM_PARTIAL] == 0)
        return;
    for (uint32_t i = 0; i < SIMB_CONNS_MAX; i++) {
        struct simb_conn *conn = &b->conns[i];

        for (uint32_t j = 0; conn->id && j < conn->n_streams; j++) {
            struct simb_stream *stream = &conn->streams[j];

            if (stream->kind == SIMB_STREAM_KLINE)
                step_kline(b, conn, stream, t);
            else if (stream->kind == SIMB_STREAM_PARTIAL && (stream->is_fast || is_second))
                step_partial(b, conn, stream);
        }
    }
}

/* --- user events --- */

void simb_user_event(struct simb *b, struct simb_account *account, struct jout *event)
{
    struct jout *out = &b->wrapped;

    for (uint32_t i = 0; i < SIMB_CONNS_MAX; i++) {
        struct simb_conn *conn = &b->conns[i];

        for (uint32_t j = 0; conn->id && j < conn->n_streams; j++)
            if (conn->streams[j].kind == SIMB_STREAM_USER && conn->streams[j].account == account)
                push(b, conn, conn->streams[j].name, event);
        for (uint32_t j = 0; conn->id && j < conn->n_subs; j++) {
            if (conn->subs[j].account != account)
                continue;
            jout_reset(out);
            jout_open(out, '{');
            jout_kv_int(out, "subscriptionId", conn->subs[j].id);
            jout_key(out, "event");
            jout_raw(out, jout_text(event), event->n);
            jout_close(out, '{');
            simb_send(b, conn, SIM_TEXT, jout_text(out), out->n);
        }
    }
}

// listen_key NULL: it was ended by its owner, who needs no word of it.
void simb_user_ended(struct simb *b, struct simb_account *account, const char *listen_key)
{
    struct jout *out = &b->frame;

    for (uint32_t i = 0; i < SIMB_CONNS_MAX; i++) {
        struct simb_conn *conn = &b->conns[i];

        for (uint32_t j = 0; conn->id && j < conn->n_streams; j++) {
            struct simb_stream *stream = &conn->streams[j];

            if (stream->kind != SIMB_STREAM_USER || stream->account != account)
                continue;
            if (listen_key) {
                jout_reset(out);
                jout_open(out, '{');
                jout_kv_str(out, "e", "listenKeyExpired");
                jout_kv_time(out, "E", b->now.transport);
                jout_kv_str(out, "listenKey", listen_key);
                jout_close(out, '{');
                push(b, conn, stream->name, out);
            }
            b->n_streams[SIMB_STREAM_USER]--;
            b->n_streams[SIMB_STREAM_NONE]++;
            stream->kind = SIMB_STREAM_NONE;
        }
    }
}
