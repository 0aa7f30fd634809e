// SPDX-License-Identifier: Apache-2.0
/* socket: what comes in on a WebSocket: pings, logins, subscriptions and requests for orders. */
#include <stdio.h>
#include <stdlib.h>

#include "base/num.h"
#include "sim/okx/simo.h"

#define ASKED_PER_HOUR 480
#define HOUR_NS        (3600 * SIM_NS_PER_S)
#define CONN_ID        "a4d3ae55"

struct asked { /* one message */
    struct sim *sim;
    struct sim_conn *conn;
    const char *op, *id;       /* id: "" where it has none */
    const char *expiry;        /* "" where it has none */
    const struct fault *fault; /* what becomes of its answer; NULL: it is sent */
};

/* --- answers --- */

static void answer(const struct asked *asked)
{
    struct jout *out = &asked->sim->frame;

    jout_close(out, '{');
    if (!asked->fault)
        sim_send(asked->sim, asked->conn, NULL, NULL, out);
    else if (asked->fault->what == FAULT_LATE)
        sim_send_late(asked->sim, asked->conn, out, asked->fault);
}

static void refuse(const struct asked *asked, int code, const char *format, const char *what)
{
    struct jout *out = &asked->sim->frame;
    char text[200], number[12];

    snprintf(number, sizeof(number), "%d", code);
    if (strchr(format, '%'))
        snprintf(text, sizeof(text), "%.120s%.60s", what, strchr(format, '%') + 2);
    else
        snprintf(text, sizeof(text), "%.180s", format);
    jout_reset(out);
    jout_open(out, '{');
    if (*asked->id)
        jout_kv_str(out, "id", asked->id);
    jout_kv_str(out, "event", "error");
    jout_kv_str(out, "code", number);
    jout_kv_str(out, "msg", text);
    jout_kv_str(out, "connId", CONN_ID);
    answer(asked);
}

static void confirm(const struct asked *asked, json_t *arg)
{
    struct jout *out = &asked->sim->frame;
    const char *name;
    json_t *value;

    jout_reset(out);
    jout_open(out, '{');
    if (*asked->id)
        jout_kv_str(out, "id", asked->id);
    jout_kv_str(out, "event", asked->op);
    if (!arg) {
        jout_kv_str(out, "code", "0");
        jout_kv_str(out, "msg", "");
    } else {
        jout_key(out, "arg");
        jout_open(out, '{');
        json_object_foreach(arg, name, value) if (json_is_string(value))
            jout_kv_str(out, name, json_string_value(value));
        jout_close(out, '{');
    }
    jout_kv_str(out, "connId", CONN_ID);
    answer(asked);
}

/* --- login --- */

static void login(const struct asked *asked, json_t *arg)
{
    const char *key = json_string_value(json_object_get(arg, "apiKey"));
    const char *phrase = json_string_value(json_object_get(arg, "passphrase"));
    const char *sent = json_string_value(json_object_get(arg, "sign"));
    json_t *stamp = json_object_get(arg, "timestamp");
    struct sim *sim = asked->sim;
    struct sim_account *account = key ? sim_account_of(sim, key) : NULL;
    char signature[64], text[32];
    int64_t s = 0;

    snprintf(text, sizeof(text), "%.30s", json_string_value(stamp) ? json_string_value(stamp) : "");
    if (json_is_integer(stamp))
        snprintf(text, sizeof(text), "%lld", (long long)json_integer_value(stamp));
    if (!account) {
        refuse(asked, 60005, "Invalid apiKey", NULL);
    } else if (num_parse(text, strlen(text), 0, &s) < 0 ||
               num_abs(s - sim->now.transport / SIM_NS_PER_S) > 30) {
        refuse(asked, 60006, "Timestamp request expired", NULL);
    } else if (!phrase || strcmp(phrase, account->member->passphrase) != 0) {
        refuse(asked, 60024, "Wrong passphrase", NULL);
    } else {
        simo_sign(account->member->secret, text, "GET", "/users/self/verify", "", 0, signature);
        if (!sent || strcmp(sent, signature) != 0) {
            refuse(asked, 60007, "Invalid sign", NULL);
            return;
        }
        asked->conn->account = account;
        confirm(asked, NULL);
    }
}

/* --- subscriptions --- */

static int channel_of(const char *name)
{
    for (int i = 0; i < SIMO_CHANNELS; i++)
        if (strcmp(simo_channels[i], name) == 0)
            return i;
    return -1;
}

static int is_kind(const struct sim *sim, uint32_t sym, const char *kind)
{
    return strcmp(kind, simo_is_swap(pit_at(sim->pit, sym)) ? "SWAP" : "SPOT") == 0;
}

static void tell_instruments(struct sim *sim, struct sim_conn *conn, const char *kind)
{
    simo_begin(&sim->frame, "instruments", NULL, NULL);
    for (uint32_t i = 0; i < pit_count(sim->pit); i++)
        if (is_kind(sim, i, kind))
            simo_put_instrument(sim, &sim->frame, i);
    simo_finish(&sim->frame);
    sim_send(sim, conn, "instruments", NULL, &sim->frame);
}

/* A channel of an account, or of all instruments; false: it is none. */
static int of_account(const struct asked *asked, json_t *arg, const char *channel, int is_on)
{
    struct sim_conn *conn = asked->conn;
    uint32_t bits = strcmp(channel, "orders") == 0      ? SIMO_SPOT | SIMO_SWAP
                    : strcmp(channel, "account") == 0   ? SIMO_ACCOUNT
                    : strcmp(channel, "positions") == 0 ? SIMO_POSITIONS
                                                        : 0;
    const char *kind = json_string_value(json_object_get(arg, "instType"));

    if (strcmp(channel, "instruments") == 0 && conn->path == SIMO_PUBLIC) {
        confirm(asked, arg);
        if (is_on)
            tell_instruments(asked->sim, conn, kind ? kind : "");
        return 1;
    }
    if (bits == 0 || conn->path != SIMO_PRIVATE)
        return 0;
    if (!conn->account) {
        refuse(asked, 60011, "Please log in", NULL);
        return 1;
    }
    if (bits & SIMO_SPOT && kind && strcmp(kind, "ANY") != 0)
        bits = strcmp(kind, "SWAP") == 0 ? SIMO_SWAP : strcmp(kind, "SPOT") == 0 ? SIMO_SPOT : 0;
    conn->user = is_on ? conn->user | bits : conn->user & ~bits;
    confirm(asked, arg);
    if (is_on && bits == SIMO_ACCOUNT)
        simo_tell_account(asked->sim, conn, conn->account);
    if (is_on && bits == SIMO_POSITIONS)
        simo_tell_positions(asked->sim, conn, conn->account);
    return 1;
}

static void subscribe_one(const struct asked *asked, json_t *arg, int is_on)
{
    const char *name = json_string_value(json_object_get(arg, "channel"));
    const char *instrument = json_string_value(json_object_get(arg, "instId"));
    struct sim *sim = asked->sim;
    struct sim_conn *conn = asked->conn;
    int channel = name ? channel_of(name) : -1,
        sym = instrument ? pit_find(sim->pit, instrument) : -1;
    int is_bar = channel >= SIMO_CANDLES;
    char what[120];

    if (name && of_account(asked, arg, name, is_on))
        return;
    snprintf(what, sizeof(what), "channel:%.40s,instId:%.40s", name ? name : "",
             instrument ? instrument : "");
    if (channel < 0 || sym < 0 || conn->path != (is_bar ? SIMO_BUSINESS : SIMO_PUBLIC) ||
        ((channel == SIMO_MARK || channel == SIMO_FUNDING) &&
         !simo_is_swap(pit_at(sim->pit, (uint32_t)sym)))) {
        refuse(asked, 60018,
               "%s doesn't exist. Please use the correct URL, channel and parameters referring to "
               "API document.",
               what);
        return;
    }
    if (is_on)
        conn->subs[sym] |= 1u << channel;
    else
        conn->subs[sym] &= ~(1u << channel);
    confirm(asked, arg);
    if (is_on)
        simo_tell_first(sim, conn, (uint32_t)channel, (uint32_t)sym);
}

static void each_arg(const struct asked *asked, json_t *args)
{
    int is_login = strcmp(asked->op, "login") == 0;
    json_t *arg;
    size_t i;

    if (!json_is_array(args) || json_array_size(args) == 0) {
        refuse(asked, 60012, "Illegal request", NULL);
        return;
    }
    if (!sim_count(&asked->conn->asked, asked->sim->now.transport, HOUR_NS, ASKED_PER_HOUR)) {
        refuse(asked, 60014, "Requests too frequent", NULL);
        return;
    }
    json_array_foreach(args, i, arg)
    {
        if (is_login)
            login(asked, arg);
        else
            subscribe_one(asked, arg, strcmp(asked->op, "subscribe") == 0);
    }
}

/* --- orders --- */

static const struct {
    const char *op;
    int (*run)(struct sim_call *call);
} ops[] = {{"order", simo_new_order},           {"batch-orders", simo_new_order},
           {"cancel-order", simo_cancel_order}, {"batch-cancel-orders", simo_cancel_order},
           {"amend-order", simo_amend_order},   {"batch-amend-orders", simo_amend_order}};

/* Instruments may be said by a number there. */
static void name_instruments(struct sim *sim, json_t *args)
{
    json_t *arg;
    size_t i;

    json_array_foreach(args, i, arg)
    {
        json_t *code = json_object_get(arg, "instIdCode");
        int64_t n = json_is_integer(code)  ? json_integer_value(code)
                    : json_is_string(code) ? atoll(json_string_value(code))
                                           : 0;

        if (n >= 10000 && n < 10000 + (int64_t)pit_count(sim->pit))
            json_object_set_new(arg, "instId",
                                json_string(pit_at(sim->pit, (uint32_t)(n - 10000))->name));
    }
}

static int run_op(const struct asked *asked, json_t *args)
{
    struct sim *sim = asked->sim;
    struct sim_call call = {.sim = sim,
                            .account = asked->conn->account,
                            .conn = asked->conn,
                            .what = asked->op,
                            .args = args,
                            .out = &sim->out};
    char code[12];
    size_t i = 0;

    while (i < sizeof(ops) / sizeof(ops[0]) && strcmp(ops[i].op, asked->op) != 0)
        i++;
    if (i == sizeof(ops) / sizeof(ops[0]) || asked->conn->path != SIMO_PRIVATE)
        return 0;
    if (!call.account) {
        refuse(asked, 60011, "Please log in", NULL);
        return 1;
    }
    name_instruments(sim, args);
    jout_reset(call.out);
    if (!(call.account->member->permissions & MEMBER_TRADE))
        sim_fail(&call, 50120, "This API key doesn't have permission to use this function");
    else if (simo_check_expiry(&call, asked->expiry) == 0)
        ops[i].run(&call);
    snprintf(code, sizeof(code), "%d", call.code);
    jout_reset(&sim->frame);
    jout_open(&sim->frame, '{');
    jout_kv_str(&sim->frame, "id", asked->id);
    jout_kv_str(&sim->frame, "op", asked->op);
    jout_kv_str(&sim->frame, "code", code);
    jout_kv_str(&sim->frame, "msg", call.code > 2 ? call.text : "");
    jout_key(&sim->frame, "data");
    jout_open(&sim->frame, '[');
    if (call.code <= 2 && call.out->n > 0)
        jout_raw(&sim->frame, jout_text(call.out), call.out->n);
    jout_close(&sim->frame, '[');
    answer(asked);
    return 1;
}

/* --- messages --- */

static void dispatch(const struct asked *asked, json_t *args)
{
    if (strcmp(asked->op, "subscribe") == 0 || strcmp(asked->op, "unsubscribe") == 0 ||
        strcmp(asked->op, "login") == 0)
        each_arg(asked, args);
    else if (!run_op(asked, args))
        refuse(asked, 60012, "Illegal request", NULL);
}

void simo_text(struct sim *sim, struct sim_conn *conn, const char *text, size_t n)
{
    json_t *root, *args;
    struct asked asked = {.sim = sim, .conn = conn, .id = "", .expiry = ""};
    struct fault *fault;

    if (n == 4 && memcmp(text, "ping", 4) == 0) {
        sim_emit(sim, conn, "pong", 4);
        return;
    }
    root = json_loadb(text, n, JSON_REJECT_DUPLICATES, NULL);
    asked.op = json_string_value(json_object_get(root, "op"));
    args = json_object_get(root, "args");
    if (json_string_value(json_object_get(root, "id")))
        asked.id = json_string_value(json_object_get(root, "id"));
    if (json_string_value(json_object_get(root, "expTime")))
        asked.expiry = json_string_value(json_object_get(root, "expTime"));
    if (!asked.op) {
        refuse(&asked, 60012, "Illegal request", NULL);
        json_decref(root);
        return;
    }
    fault = sim_fault_request(sim, "WS", asked.op, NULL);
    if (fault && fault->what != FAULT_DUPLICATE)
        asked.fault = fault;
    if (!sim_fault_hides(fault))
        dispatch(&asked, args);
    asked.fault = NULL;
    if (fault && fault->what == FAULT_DUPLICATE)
        dispatch(&asked, args);
    if (fault && fault->what == FAULT_ERROR)
        refuse(&asked, fault->code ? (int)fault->code : 50004,
               fault->msg[0] ? fault->msg : "Endpoint request timeout", NULL);
    else if (fault && fault->what == FAULT_RESET)
        conn->doom = FAULT_RESET;
    json_decref(root);
}
