// SPDX-License-Identifier: Apache-2.0
/* socket: what comes in on a WebSocket: subscriptions, pings and requests, each answered in the one
 * shape that there is for it. */
#include <stdio.h>
#include <stdlib.h>

#include "base/num.h"
#include "sim/kraken/simk.h"

struct asked { /* one message */
    struct sim *sim;
    struct sim_conn *conn;
    const char *method;
    json_t *params;
    json_t *req_id;            /* NULL: none */
    const struct fault *fault; /* what becomes of its answer; NULL: it is sent */
};

/* --- answers --- */

/* What comes between the method and the times: what of it there is. */
static void answer(const struct asked *asked, struct shape_value error, struct shape_value symbol,
                   struct shape_value result, struct shape_value success)
{
    struct jout *out = &asked->sim->frame;
    struct shape_value now = shape_when(asked->sim->now.transport);

    jout_reset(out);
    SHAPE(out, "{method:$ req_id:$ result:$", shape_text(asked->method),
          json_is_integer(asked->req_id) ? shape_int(json_integer_value(asked->req_id))
                                         : shape_none(),
          result);
    SHAPE(out, "success:$ error:$ symbol:$ time_in:$ time_out:$}", success, error, symbol, now,
          now);
    if (!asked->fault)
        sim_send(asked->sim, asked->conn, NULL, NULL, out);
    else if (asked->fault->what == FAULT_LATE)
        sim_send_late(asked->sim, asked->conn, out, asked->fault);
}

static void refuse(const struct asked *asked, const char *error, const char *symbol)
{
    answer(asked, shape_text(error), symbol ? shape_text(symbol) : shape_none(), shape_none(),
           shape_bool(0));
}

static void confirm(const struct asked *asked, struct jout *result)
{
    answer(asked, shape_none(), shape_none(), shape_raw(jout_text(result), result->n),
           shape_bool(1));
}

void simk_tell_status(struct sim *sim, struct sim_conn *conn)
{
    struct jout *out = &sim->frame;

    jout_reset(out);
    SHAPE(out,
          "{channel:'status' type:'update' "
          "data:[{version:'2.0.10' system:'online' api_version:'v2' connection_id:$}]}",
          shape_int((int64_t)((conn->id * 0x9e3779b97f4a7c15ull) >> 1)));
    sim_send(sim, conn, "status", NULL, out);
}

/* --- subscriptions --- */

struct channel { /* what a subscription of a symbol's channel asks for */
    const char *name;
    uint32_t bit, all; /* of a symbol: what it is, and all of its kind that exclude each other */
    uint32_t place;    /* of the depth or interval */
    const char *option;
    int64_t value;
    const char *text;
};

static int64_t int_of(json_t *params, const char *name, int64_t standard)
{
    json_t *value = json_object_get(params, name);

    return !value ? standard : json_is_integer(value) ? json_integer_value(value) : -1;
}

static int bool_of(json_t *params, const char *name, int standard)
{
    json_t *value = json_object_get(params, name);

    return json_is_boolean(value) ? json_is_true(value) : standard;
}

/* Why a channel cannot be had so; NULL: it can. */
static const char *read_channel(struct asked *asked, const char *name, struct channel *channel)
{
    const char *trigger = json_string_value(json_object_get(asked->params, "event_trigger"));
    int64_t interval = int_of(asked->params, "interval", 1);
    int64_t depth = int_of(asked->params, "depth", 10);

    *channel = (struct channel){.name = name};
    if (strcmp(name, "book") == 0) {
        channel->option = "depth";
        channel->value = depth;
        while (channel->place < SIMK_DEPTHS && simk_depths[channel->place] != depth)
            channel->place++;
        if (channel->place == SIMK_DEPTHS)
            return "Subscription depth not supported";
        channel->bit = (uint32_t)SIMK_BOOK << channel->place;
        channel->all = SIMK_TICKER - SIMK_BOOK;
    } else if (strcmp(name, "ohlc") == 0) {
        channel->option = "interval";
        channel->value = interval;
        if (simk_interval(interval) < 0)
            return "Subscription ohlc interval not supported";
        channel->place = (uint32_t)simk_interval(interval);
        channel->bit = channel->all = (uint32_t)SIMK_OHLC << channel->place;
    } else if (strcmp(name, "ticker") == 0) {
        channel->text = trigger ? trigger : "trades";
        if (strcmp(channel->text, "trades") != 0 && strcmp(channel->text, "bbo") != 0)
            return "Event trigger not supported";
        channel->bit = strcmp(channel->text, "bbo") == 0 ? SIMK_TICKER_BBO : SIMK_TICKER;
        channel->all = SIMK_TICKER | SIMK_TICKER_BBO;
    } else if (strcmp(name, "trade") == 0) {
        channel->bit = channel->all = SIMK_TRADE;
    } else {
        return "Subscription name invalid";
    }
    return NULL;
}

static void put_result(struct jout *out, const struct channel *channel, const char *symbol,
                       int with_snapshot, int snapshot)
{
    jout_reset(out);
    SHAPE(out, "{channel:$", shape_text(channel->name));
    if (channel->option)
        jout_kv_int(out, channel->option, channel->value);
    SHAPE(out, "event_trigger:$ snapshot:$ symbol:$}", shape_some(channel->text),
          with_snapshot ? shape_bool(snapshot) : shape_none(), shape_some(symbol));
}

static void subscribe_one(struct asked *asked, const struct channel *channel, uint32_t sym,
                          int snapshot)
{
    struct sim_conn *conn = asked->conn;
    struct sim *sim = asked->sim;
    const char *symbol = pit_at(sim->pit, sym)->name;
    int is_first = !sim_has_sub(sim, sym, channel->bit);

    if (conn->subs[sym] & channel->all) {
        refuse(asked, "Already subscribed", symbol);
        return;
    }
    conn->n_subs++;
    conn->subs[sym] |= channel->bit;
    put_result(&sim->out, channel, symbol, 1, snapshot);
    confirm(asked, &sim->out);
    if (channel->bit < SIMK_TICKER)
        simk_book_snapshot(sim, snapshot ? conn : NULL, sym, channel->place, is_first);
    else if (snapshot && channel->bit >= SIMK_OHLC)
        simk_tell_ohlc(sim, conn, sym, (int)channel->place, 1);
    else if (snapshot && channel->bit != SIMK_TRADE)
        simk_tell_ticker(sim, conn, sym, "snapshot");
    else if (snapshot)
        simk_tell_trades(sim, conn, sym);
}

static void unsubscribe_one(struct asked *asked, const struct channel *channel, uint32_t sym)
{
    struct sim_conn *conn = asked->conn;
    const char *symbol = pit_at(asked->sim->pit, sym)->name;

    if (!(conn->subs[sym] & channel->all)) {
        refuse(asked, "Subscription Not Found", symbol);
        return;
    }
    conn->n_subs--;
    conn->subs[sym] &= ~channel->all;
    put_result(&asked->sim->out, channel, symbol, 0, 0);
    confirm(asked, &asked->sim->out);
}

static void of_symbols(struct asked *asked, const char *name, int is_on)
{
    json_t *symbols = json_object_get(asked->params, "symbol"), *item;
    int snapshot = bool_of(asked->params, "snapshot", strcmp(name, "trade") != 0);
    struct channel channel;
    const char *why = read_channel(asked, name, &channel);
    size_t i;

    if (why || !json_is_array(symbols) || json_array_size(symbols) == 0) {
        refuse(asked, why ? why : "Symbol(s) not found", NULL);
        return;
    }
    json_array_foreach(symbols, i, item)
    {
        const char *symbol = json_string_value(item);
        int sym = symbol ? pit_find(asked->sim->pit, symbol) : -1;
        char text[96];

        if (sym < 0) {
            snprintf(text, sizeof(text), "Currency pair not supported %.40s", symbol ? symbol : "");
            refuse(asked, text, symbol);
        } else if (is_on) {
            subscribe_one(asked, &channel, (uint32_t)sym, snapshot);
        } else {
            unsubscribe_one(asked, &channel, (uint32_t)sym);
        }
    }
}

/* The token leads to the account; false and refused when it does not. */
static struct sim_account *account_of(struct asked *asked)
{
    const char *token = json_string_value(json_object_get(asked->params, "token"));
    struct sim_account *account = token ? sim_token_used(asked->sim, asked->conn, token) : NULL;

    if (!account)
        refuse(asked, "ESession:Invalid session", NULL);
    return account;
}

static void put_executions_result(struct asked *asked, int orders, int trades)
{
    const struct simk_user *user = simk_user_of(asked->sim, asked->conn);
    struct jout *out = &asked->sim->out;

    jout_reset(out);
    SHAPE(out,
          "{channel:'executions' maxratecount:$ order_status:$ ratecounter:$ snap_orders:$ "
          "snap_trades:$}",
          shape_int(simk_owner_of(asked->sim, asked->conn->account)->tier->rate_max),
          shape_bool(!user->is_terse), shape_bool(user->has_rate), shape_bool(orders),
          shape_bool(trades));
}

static void of_account(struct asked *asked, const char *name, int is_on)
{
    struct sim_conn *conn = asked->conn;
    struct simk_user *user = simk_user_of(asked->sim, conn);
    int is_executions = strcmp(name, "executions") == 0;
    struct sim_account **at = is_executions ? &user->executions : &user->balances;
    struct sim_account *account = account_of(asked);
    struct channel channel = {.name = name};
    int orders = bool_of(asked->params, "snap_orders", 1);
    int trades = bool_of(asked->params, "snap_trades", 0);
    int snapshot = bool_of(asked->params, "snapshot", 1);

    if (!account)
        return;
    if (is_on == (*at != NULL)) {
        refuse(asked, is_on ? "Already subscribed" : "Subscription Not Found", NULL);
        return;
    }
    *at = is_on ? account : NULL;
    conn->n_subs += is_on ? 1u : UINT32_MAX;
    put_result(&asked->sim->out, &channel, NULL, is_on, snapshot);
    if (is_executions && is_on) {
        user->is_terse = !bool_of(asked->params, "order_status", 1);
        user->has_rate = bool_of(asked->params, "ratecounter", 0) != 0;
        put_executions_result(asked, orders, trades);
    }
    confirm(asked, &asked->sim->out);
    if (is_on && is_executions)
        simk_tell_executions(asked->sim, conn, orders, trades);
    else if (is_on && snapshot)
        simk_tell_balances(asked->sim, conn);
}

static void of_instrument(struct asked *asked, int is_on)
{
    struct sim_conn *conn = asked->conn;
    struct simk_user *user = simk_user_of(asked->sim, conn);
    struct channel channel = {.name = "instrument"};

    if (is_on == user->has_instrument) {
        refuse(asked, is_on ? "Already subscribed" : "Subscription Not Found", NULL);
        return;
    }
    user->has_instrument = is_on != 0;
    conn->n_subs += is_on ? 1u : UINT32_MAX;
    put_result(&asked->sim->out, &channel, NULL, is_on, 1);
    confirm(asked, &asked->sim->out);
    if (is_on && bool_of(asked->params, "snapshot", 1))
        simk_tell_instruments(asked->sim, conn);
}

static void subscribe(struct asked *asked, int is_on)
{
    const char *name = json_string_value(json_object_get(asked->params, "channel"));

    if (!name)
        refuse(asked, "Subscription name invalid", NULL);
    else if (strcmp(name, "executions") == 0 || strcmp(name, "balances") == 0)
        of_account(asked, name, is_on);
    else if (strcmp(name, "instrument") == 0)
        of_instrument(asked, is_on);
    else
        of_symbols(asked, name, is_on);
}

/* --- requests --- */

/* A number as the text that it stands for: exact where it has at most eight decimals, as all that
 * is traded here. */
static void text_of(json_t *value, char text[64])
{
    double real = json_number_value(value);
    int64_t count;

    if (json_is_integer(value))
        snprintf(text, 64, "%lld", (long long)json_integer_value(value));
    else if (num_from_double(real, PIT_EXP, NUM_EVEN, &count) == AGON_OK &&
             num_to_double(count, PIT_EXP) == real)
        num_format_short(count, PIT_EXP, text);
    else
        snprintf(text, 64, "%.17g", real); // too fine, or too large: as it is, to be refused
}

static void put_params(struct sim_call *call, const char *prefix, json_t *params)
{
    const char *name;
    json_t *value;

    json_object_foreach(params, name, value)
    {
        char text[64], full[96];
        const char *said = json_string_value(value);

        if (json_is_number(value))
            text_of(value, text);
        snprintf(full, sizeof(full), "%s%s", prefix, name);
        if (json_is_boolean(value))
            said = json_is_true(value) ? "true" : "false";
        else if (json_is_number(value))
            said = text;
        if (said)
            json_object_set_new(call->args, full, json_string(said));
        if (json_is_object(value) && !*prefix)
            put_params(call, "triggers.", value);
    }
}

static const struct method {
    const char *name;
    int (*run)(struct sim_call *call);
    const char *fields; /* those that it may have */
} methods[] = {
    {"add_order", simk_ws_add,
     " order_type side order_qty symbol limit_price limit_price_type triggers time_in_force margin "
     "post_only reduce_only effective_time expire_time deadline cl_ord_id order_userref "
     "conditional display_qty fee_preference no_mpp stp_type cash_order_qty validate "
     "sender_sub_id token "},
    {"amend_order", simk_amend_order,
     " order_id cl_ord_id order_qty display_qty limit_price limit_price_type post_only "
     "trigger_price trigger_price_type deadline symbol token "},
    {"edit_order", simk_ws_edit,
     " order_id symbol order_qty limit_price display_qty deadline fee_preference no_mpp "
     "order_userref post_only reduce_only triggers validate token "},
    {"cancel_order", simk_cancel_order, " order_id cl_ord_id order_userref token "},
    {"cancel_all", simk_cancel_every, " token "},
    {"cancel_all_orders_after", simk_cancel_after, " timeout token "},
};

static const struct method *method_of(const char *name)
{
    for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++)
        if (strcmp(methods[i].name, name) == 0)
            return &methods[i];
    return NULL;
}

static int check_fields(struct sim_call *call, const struct method *method, json_t *params)
{
    const char *name;
    json_t *value;

    json_object_foreach(params, name, value)
    {
        char word[48], said[24];

        snprintf(word, sizeof(word), " %.40s ", name);
        if (strstr(method->fields, word))
            continue;
        snprintf(said, sizeof(said), "%s", method->name);
        for (char *c = said; *c; c++)
            *c = (char)(*c == '_' ? ' ' : *c);
        return simk_fail(call, "Unsupported field: '%.40s' for the given msg type: %s", name, said);
    }
    return 0;
}

static void answer_call(struct asked *asked, struct sim_call *call, int rc)
{
    sim_log_call(call, call->args);
    if (rc < 0)
        refuse(asked, call->text, NULL);
    else
        confirm(asked, call->out);
}

/* Each that is named is answered by itself. */
static void cancel_list(struct asked *asked, struct sim_account *account)
{
    static const char *const names[] = {"order_id", "cl_ord_id"};
    uint32_t n = 0;

    for (size_t j = 0; j < 2; j++) {
        json_t *list = json_object_get(asked->params, names[j]), *item;
        size_t i;

        json_array_foreach(list, i, item)
        {
            struct sim_call call = simk_begin(asked->sim, asked->method);
            const char *id = json_string_value(item);
            struct sim_order *order = NULL;
            char text[SIMK_ID_TEXT];
            int rc;

            call.account = account;
            call.conn = asked->conn;
            if (id) {
                json_object_set_new(call.args, names[j], json_string(id));
                order = j == 0 ? simk_find(asked->sim, account, id)
                               : sim_find_client(asked->sim, account, id);
            }
            rc = simk_cancel(&call, order);
            SHAPE(call.out, "{order_id:$ cl_ord_id:$}",
                  shape_some(rc == 0 ? simk_id(asked->sim, 'O', order->n, text) : NULL),
                  shape_some(rc == 0 ? order->client : NULL));
            answer_call(asked, &call, rc);
            json_decref(call.args);
            n++;
        }
    }
    if (n == 0)
        refuse(asked, "EGeneral:Invalid arguments", NULL);
}

static void request(struct asked *asked, const struct method *method)
{
    struct sim_account *account = account_of(asked);
    struct sim_call call;
    int rc;

    if (!account)
        return;
    call = simk_begin(asked->sim, asked->method);
    call.account = account;
    call.conn = asked->conn;
    rc = account->member->permissions & MEMBER_TRADE
             ? check_fields(&call, method, asked->params)
             : simk_fail(&call, "EGeneral:Permission denied");
    if (rc == 0 && method->run == simk_cancel_order) {
        cancel_list(asked, account);
    } else {
        if (rc == 0)
            put_params(&call, "", asked->params);
        if (rc == 0 && json_object_size(call.args) > SIM_ARGS_MAX)
            rc = simk_fail(&call, "EGeneral:Invalid arguments");
        if (rc == 0)
            rc = method->run(&call);
        answer_call(asked, &call, rc);
    }
    json_decref(call.args);
}

/* --- messages --- */

static void dispatch(struct asked *asked)
{
    const struct method *method = method_of(asked->method);

    if (strcmp(asked->method, "ping") == 0) {
        asked->method = "pong";
        answer(asked, shape_none(), shape_none(), shape_none(), shape_none());
    } else if (strcmp(asked->method, "subscribe") == 0) {
        subscribe(asked, 1);
    } else if (strcmp(asked->method, "unsubscribe") == 0) {
        subscribe(asked, 0);
    } else if (method) {
        request(asked, method);
    } else {
        refuse(asked, "Unsupported method", NULL);
    }
}

void simk_text(struct sim *sim, struct sim_conn *conn, const char *text, size_t n)
{
    json_t *root = json_loadb(text, n, JSON_REJECT_DUPLICATES, NULL);
    struct asked asked = {.sim = sim,
                          .conn = conn,
                          .method = json_string_value(json_object_get(root, "method")),
                          .params = json_object_get(root, "params"),
                          .req_id = json_object_get(root, "req_id")};
    const char *symbol = json_string_value(json_object_get(asked.params, "symbol"));
    struct fault *fault;

    if (!root || !asked.method) {
        asked.method = "";
        refuse(&asked, root ? "Missing method" : "Malformed request", NULL);
        json_decref(root);
        return;
    }
    fault = sim_fault_request(sim, "WS", asked.method, symbol);
    if (fault && fault->what != FAULT_DUPLICATE)
        asked.fault = fault;
    if (!sim_fault_hides(fault))
        dispatch(&asked);
    asked.fault = NULL;
    if (fault && fault->what == FAULT_DUPLICATE)
        dispatch(&asked);
    if (fault && fault->what == FAULT_ERROR)
        refuse(&asked, fault->msg[0] ? fault->msg : "EService:Timeout", NULL);
    else if (fault && fault->what == FAULT_RESET)
        conn->doom = FAULT_RESET;
    json_decref(root);
}
