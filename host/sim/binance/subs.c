// SPDX-License-Identifier: Apache-2.0
/* subs: connections of market streams: names, control messages, who gets what; user events to
 * whoever listens. What the streams tell is in streams.c and um_streams.c.
 *
 * The chain of a diff stream is one for all who listen: the first frame after a subscription begins
 * at or before the id that a snapshot taken now would have. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>

#include <jansson.h>

#include "base/num.h"
#include "sim/binance/simb.h"

static void remove_stream(struct simb *b, struct simb_conn *conn, uint32_t i)
{
    b->n_streams[conn->streams[i].kind]--;
    conn->streams[i] = conn->streams[--conn->n_streams];
}

void simb_gone(struct sim *sim, struct sim_conn *base)
{
    struct simb *b = (struct simb *)sim;
    struct simb_conn *conn = &b->conns[sim_place_of(sim, base)];

    while (conn->n_streams > 0)
        remove_stream(b, conn, conn->n_streams - 1);
    free(conn->streams);
    *conn = (struct simb_conn){.base = base};
}

/* --- names --- */

int simb_stream_symbol(struct simb *b, const char *name, const char **what)
{
    const char *at = strchr(name, '@');
    char symbol[32];

    if (!at || at == name || (size_t)(at - name) >= sizeof(symbol))
        return -1;
    for (size_t i = 0; i < (size_t)(at - name); i++) {
        if (isupper((unsigned char)name[i]))
            return -1; // names are lower case, or nothing comes
        symbol[i] = (char)toupper((unsigned char)name[i]);
    }
    symbol[at - name] = '\0';
    *what = at + 1;
    return pit_find(b->sim.pit, symbol);
}

static void parse_stream(struct simb *b, const char *name, struct simb_stream *stream)
{
    memset(stream, 0, sizeof(*stream));
    memcpy(stream->name, name, strnlen(name, sizeof(stream->name) - 1));
    if (name[0] != '!' && !strchr(name, '@')) {
        stream->account = simb_account_of_key(b, name);
        stream->kind = stream->account ? SIMB_STREAM_USER : SIMB_STREAM_NONE;
        return;
    }
    b->venue->parse_stream(b, name, stream);
}

// The diff chain starts to be kept when the first listener comes.
void simb_chain_begin(struct simb *b, uint32_t sym, int speed)
{
    struct simb_sent *sent = &b->sent[sym][speed];
    struct pit_view view;

    if (sent->is_live)
        return;
    if (!sent->bid) {
        sent->bid = calloc(PIT_DEPTH_MAX, sizeof(*sent->bid));
        sent->ask = calloc(PIT_DEPTH_MAX, sizeof(*sent->ask));
        REQUIRE(sent->bid && sent->ask);
    }
    pit_view(b->sim.pit, sym, &view);
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
        simb_chain_begin(b, stream->sym, stream->speed);
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

int simb_stream_open(struct simb *b, struct simb_conn *conn, const char *path, const char *query)
{
    conn->is_combined = strcmp(path, "/stream") == 0;
    if (!conn->is_combined) {
        path += strlen("/ws");
        if (*path)
            return add_list(b, conn, path, strlen(path));
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
        if (b->venue->is_split && strncmp(query, "listenKey=", 10) == 0)
            return add_list(b, conn, query + 10, n - 10);
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
    struct jout *out = &b->sim.out;

    jout_reset(out);
    jout_open(out, '{');
    jout_kv_int(out, "code", code);
    jout_kv_str(out, "msg", msg);
    if (id)
        put_id(out, id);
    jout_close(out, '{');
    sim_emit(&b->sim, conn->base, jout_text(out), out->n);
}

static void control_property(struct simb *b, struct simb_conn *conn, json_t *params, json_t *id,
                             int is_set)
{
    const char *name = json_string_value(json_array_get(params, 0));
    json_t *value = json_array_get(params, 1);
    struct jout *out = &b->sim.out;

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
    sim_emit(&b->sim, conn->base, jout_text(out), out->n);
}

static void control_streams(struct simb *b, struct simb_conn *conn, json_t *params, json_t *id,
                            int is_on)
{
    struct jout *out = &b->sim.out;
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
                sim_end_conn(&b->sim, conn->base, SIM_CLOSE, 1008, "Too many streams");
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
    sim_emit(&b->sim, conn->base, jout_text(out), out->n);
}

static void control_list(struct simb *b, struct simb_conn *conn, json_t *id)
{
    struct jout *out = &b->sim.out;

    jout_reset(out);
    jout_open(out, '{');
    jout_key(out, "result");
    jout_open(out, '[');
    for (uint32_t i = 0; i < conn->n_streams; i++)
        jout_str(out, conn->streams[i].name);
    jout_close(out, '[');
    put_id(out, id);
    jout_close(out, '{');
    sim_emit(&b->sim, conn->base, jout_text(out), out->n);
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

// "e" stands first in what has one.
static const char *event_of(struct jout *payload, char event[40])
{
    const char *text = jout_text(payload);
    size_t n;

    if (strncmp(text, "{\"e\":\"", 6) != 0)
        return NULL;
    n = strcspn(text + 6, "\"");
    if (n > 39)
        return NULL;
    memcpy(event, text + 6, n);
    event[n] = '\0';
    return event;
}

static void push(struct simb *b, struct simb_conn *conn, int is_user, const char *name,
                 struct jout *payload)
{
    struct jout *out = &b->wrapped;
    char event[40];

    if (!conn->is_combined) {
        sim_send_met(&b->sim, conn->base, is_user ? FAULT_USER : FAULT_STREAM, name,
                     event_of(payload, event), payload);
        return;
    }
    jout_reset(out);
    jout_open(out, '{');
    jout_kv_str(out, "stream", name);
    jout_key(out, "data");
    jout_raw(out, jout_text(payload), payload->n);
    jout_close(out, '{');
    sim_send_met(&b->sim, conn->base, is_user ? FAULT_USER : FAULT_STREAM, name,
                 event_of(payload, event), out);
}

void simb_push(struct simb *b, struct simb_conn *conn, const char *name, struct jout *payload)
{
    push(b, conn, 0, name, payload);
}

// The payload is made once for those who count in ms and once for those who count in us.
void simb_push_all(struct simb *b, enum simb_stream_kind kind, uint32_t sym, int levels, int speed,
                   simb_build_fn build, const void *what)
{
    if (b->n_streams[kind] == 0)
        return;
    for (uint8_t is_micro = 0; is_micro < 2; is_micro++) {
        int is_built = 0;

        for (uint32_t i = 0; i < SIM_CONNS_MAX; i++) {
            struct simb_conn *conn = &b->conns[i];

            if (!conn->base->id || conn->is_micro != is_micro)
                continue;
            for (uint32_t j = 0; j < conn->n_streams; j++) {
                const struct simb_stream *stream = &conn->streams[j];

                if (stream->kind != kind || stream->sym != sym || stream->levels != levels ||
                    stream->speed != speed)
                    continue;
                if (!is_built) {
                    jout_reset(&b->sim.frame);
                    b->sim.frame.is_micro = is_micro;
                    build(b, &b->sim.frame, sym, what);
                    b->sim.frame.is_micro = 0;
                    is_built = 1;
                }
                simb_push(b, conn, stream->name, &b->sim.frame);
            }
        }
    }
}

int simb_has_listener(const struct simb *b, enum simb_stream_kind kind, uint32_t sym, int speed)
{
    if (b->n_streams[kind] == 0)
        return 0;
    for (uint32_t i = 0; i < SIM_CONNS_MAX; i++)
        for (uint32_t j = 0; b->sim.conns[i].id && j < b->conns[i].n_streams; j++)
            if (b->conns[i].streams[j].kind == kind && b->conns[i].streams[j].sym == sym &&
                b->conns[i].streams[j].speed == speed)
                return 1;
    return 0;
}

/* --- depth --- */

void simb_put_num(struct jout *out, int64_t value, int decimals)
{
    int64_t unit = num_pow10(SIMB_EXP - decimals);

    if (value % unit == 0)
        jout_dec(out, value / unit, decimals);
    else
        jout_dec(out, value, SIMB_EXP);
}

static void put_level(struct jout *out, agon_px_t px, agon_qty_t qty, int px_exp, int qty_exp)
{
    jout_open(out, '[');
    simb_put_num(out, px, px_exp);
    simb_put_num(out, qty, qty_exp);
    jout_close(out, '[');
}

// Levels that differ between what was sent and what is: new quantity, 0 for those that are
// gone.
void simb_put_changes(struct jout *out, const struct agon_level *was, uint32_t n_was,
                      const struct agon_level *is, uint32_t n_is, int sign, int px_exp, int qty_exp)
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
            put_level(out, was[i++].px, 0, px_exp, qty_exp);
        } else if (order > 0) {
            put_level(out, is[j].px, is[j].qty, px_exp, qty_exp);
            j++;
        } else {
            if (was[i].qty != is[j].qty)
                put_level(out, is[j].px, is[j].qty, px_exp, qty_exp);
            i++;
            j++;
        }
    }
    jout_close(out, '[');
}

void simb_chain_step(struct simb *b, uint32_t sym, int speed, simb_build_fn build)
{
    struct simb_sent *sent = &b->sent[sym][speed];
    struct pit_view view;

    if (!sent->is_live)
        return;
    if (!simb_has_listener(b, SIMB_STREAM_DIFF, sym, speed)) {
        sent->is_live = 0;
        return;
    }
    pit_view(b->sim.pit, sym, &view);
    if (view.id == sent->id)
        return;
    simb_push_all(b, SIMB_STREAM_DIFF, sym, 0, speed, build, sent);
    sent->is_live = 0;
    simb_chain_begin(b, sym, speed);
}

void simb_put_levels(struct jout *out, const char *name, const struct agon_level *levels,
                     uint32_t n, uint32_t most, int px_exp, int qty_exp)
{
    jout_key(out, name);
    jout_open(out, '[');
    for (uint32_t i = 0; i < n && i < most; i++)
        put_level(out, levels[i].px, levels[i].qty, px_exp, qty_exp);
    jout_close(out, '[');
}

/* --- user events --- */

static void user_event(struct simb *b, struct simb_conn *conn, const struct simb_account *account,
                       struct jout *event)
{
    struct jout *out = &b->wrapped;
    char name[40];

    for (uint32_t j = 0; conn->base->id && j < conn->n_streams; j++)
        if (conn->streams[j].kind == SIMB_STREAM_USER && conn->streams[j].account == account)
            push(b, conn, 1, conn->streams[j].name, event);
    for (uint32_t j = 0; conn->base->id && j < conn->n_subs; j++) {
        if (conn->subs[j].account != account)
            continue;
        jout_reset(out);
        jout_open(out, '{');
        jout_kv_int(out, "subscriptionId", conn->subs[j].id);
        jout_key(out, "event");
        jout_raw(out, jout_text(event), event->n);
        jout_close(out, '{');
        sim_send_met(&b->sim, conn->base, FAULT_USER, "", event_of(event, name), out);
    }
}

void simb_user_event(struct simb *b, struct simb_account *account, struct jout *event)
{
    for (uint32_t i = 0; i < SIM_CONNS_MAX; i++)
        user_event(b, &b->conns[i], account, event);
}

static int listens(const struct simb_conn *conn, const struct simb_account *account)
{
    for (uint32_t j = 0; j < conn->n_streams; j++)
        if (conn->streams[j].kind == SIMB_STREAM_USER && conn->streams[j].account == account)
            return 1;
    for (uint32_t j = 0; j < conn->n_subs; j++)
        if (conn->subs[j].account == account)
            return 1;
    return 0;
}

void simb_user_build(struct simb *b, struct simb_account *account, simb_user_fn build,
                     const void *what)
{
    for (uint8_t is_micro = 0; is_micro < 2; is_micro++) {
        int is_built = 0;

        for (uint32_t i = 0; i < SIM_CONNS_MAX; i++) {
            struct simb_conn *conn = &b->conns[i];

            if (!conn->base->id || conn->is_micro != is_micro || !listens(conn, account))
                continue;
            if (!is_built) {
                jout_reset(&b->sim.frame);
                b->sim.frame.is_micro = is_micro;
                build(b, &b->sim.frame, what);
                b->sim.frame.is_micro = 0;
                is_built = 1;
            }
            user_event(b, conn, account, &b->sim.frame);
        }
    }
}

// listen_key NULL: it was ended by its owner, who needs no word of it.
void simb_user_ended(struct simb *b, struct simb_account *account, const char *listen_key)
{
    struct jout *out = &b->sim.frame;

    for (uint32_t i = 0; i < SIM_CONNS_MAX; i++) {
        struct simb_conn *conn = &b->conns[i];

        for (uint32_t j = 0; conn->base->id && j < conn->n_streams; j++) {
            struct simb_stream *stream = &conn->streams[j];

            if (stream->kind != SIMB_STREAM_USER || stream->account != account)
                continue;
            if (listen_key) {
                jout_reset(out);
                jout_open(out, '{');
                jout_kv_str(out, "e", "listenKeyExpired");
                jout_kv_time(out, "E", b->sim.now.transport);
                jout_kv_str(out, "listenKey", listen_key);
                jout_close(out, '{');
                push(b, conn, 1, stream->name, out);
            }
            b->n_streams[SIMB_STREAM_USER]--;
            b->n_streams[SIMB_STREAM_NONE]++;
            stream->kind = SIMB_STREAM_NONE;
        }
    }
}
