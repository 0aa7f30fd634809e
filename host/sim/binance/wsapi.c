// SPDX-License-Identifier: Apache-2.0
/* wsapi: requests on a socket. The handlers are those of REST; what differs is how parameters come,
 * what is signed (all parameters but the signature, sorted by name, not percent-encoded), and the
 * envelope around the answer. */
#include <stdio.h>
#include <stdlib.h>

#include <jansson.h>

#include "sim/binance/simb.h"

static int by_name(const void *a, const void *b)
{
    return strcmp(((const struct simb_param *)a)->name, ((const struct simb_param *)b)->name);
}

// A number is signed as it was written, so clients send decimals as strings; integers come as they
// are.
static int put_param(struct simb_call *call, const char *name, json_t *value)
{
    char *text = NULL;
    int rc;

    if (json_is_string(value))
        return simb_param_put(call, name, strlen(name), json_string_value(value),
                              strlen(json_string_value(value)));
    if (json_is_null(value))
        return 0;
    text = json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT | JSON_REAL_PRECISION(15));
    if (!text)
        return simb_fail(call, 400, -1135, "Invalid JSON Request");
    rc = simb_param_put(call, name, strlen(name), text, strlen(text));
    free(text);
    return rc;
}

static size_t signed_text(struct simb_call *call, char *text, size_t room)
{
    size_t used = 0;

    qsort(call->params, call->n_params, sizeof(call->params[0]), by_name);
    for (uint32_t i = 0; i < call->n_params; i++) {
        int n;

        if (strcmp(call->params[i].name, "signature") == 0)
            continue;
        n = snprintf(text + used, room - used, "%s%s=%s", used ? "&" : "", call->params[i].name,
                     call->params[i].value);
        if (n < 0 || (size_t)n >= room - used)
            return 0;
        used += (size_t)n;
    }
    return used;
}

static void put_id(struct jout *out, json_t *id)
{
    char *text;

    jout_key(out, "id");
    if (json_is_string(id)) {
        jout_strn(out, json_string_value(id), json_string_length(id));
        return;
    }
    text = id && !json_is_object(id) && !json_is_array(id)
               ? json_dumps(id, JSON_ENCODE_ANY | JSON_COMPACT)
               : NULL;
    if (text)
        jout_raw(out, text, strlen(text));
    else
        jout_null(out);
    free(text);
}

static void put_count(struct jout *out, const char *type, const char *interval, int n,
                      uint32_t limit, uint32_t count)
{
    jout_open(out, '{');
    jout_kv_str(out, "rateLimitType", type);
    jout_kv_str(out, "interval", interval);
    jout_kv_int(out, "intervalNum", n);
    jout_kv_int(out, "limit", limit);
    jout_kv_int(out, "count", count);
    jout_close(out, '{');
}

static void put_limits(struct simb_call *call, struct jout *out)
{
    agon_ns_t now = call->now->transport;
    uint32_t weight, per_10s, per_day;

    simb_limits(call->b, &weight, &per_10s, &per_day);
    jout_key(out, "rateLimits");
    jout_open(out, '[');
    if (call->has_order_count) {
        put_count(out, "ORDERS", "SECOND", 10, per_10s,
                  simb_window_get(&call->account->orders_10s, now, 10 * SIMB_NS_PER_S));
        put_count(
            out, "ORDERS", call->b->venue->orders_long_unit, 1, per_day,
            simb_window_get(&call->account->orders_long, now, call->b->venue->orders_long_ns));
    }
    put_count(out, "REQUEST_WEIGHT", "MINUTE", 1, weight,
              simb_window_get(&call->peer->weight, now, SIMB_NS_PER_MIN));
    jout_close(out, '[');
}

static void reply(struct simb_call *call, struct simb_conn *conn, json_t *id, int is_ok,
                  agon_ns_t late_ns)
{
    struct simb *b = call->b;
    struct jout *out = &b->wrapped;
    const char *text = simb_param(call, "returnRateLimits");
    int is_hidden = text ? strcmp(text, "false") == 0 : conn->hides_limits;

    jout_reset(out);
    jout_open(out, '{');
    put_id(out, id);
    jout_kv_int(out, "status", call->status);
    jout_key(out, is_ok ? "result" : "error");
    if (is_ok)
        jout_raw(out, jout_text(&b->sim.out), b->sim.out.n);
    else
        simb_error_body(call, out);
    if (!is_hidden)
        put_limits(call, out);
    jout_close(out, '{');
    if (late_ns > 0)
        sim_send_in(&b->sim, conn->base, jout_text(out), out->n, late_ns);
    else
        sim_emit(&b->sim, conn->base, jout_text(out), out->n);
}

static const struct simb_route *route_of(const struct simb *b, const char *name)
{
    if (strncmp(name, "v3/", 3) == 0)
        name += 3;
    for (const struct simb_route *route = b->venue->routes; route->run; route++)
        if (route->name && strcmp(route->name, name) == 0)
            return route;
    return NULL;
}

static int begin(struct simb_call *call, json_t *root, const char **key)
{
    json_t *params = json_object_get(root, "params"), *value;
    const char *method = json_string_value(json_object_get(root, "method")), *name;

    if (!json_is_object(root) || !method)
        return simb_fail(call, 400, -1135, "Invalid JSON Request");
    if (params && !json_is_object(params))
        return simb_fail(call, 400, -1135, "Invalid 'params' in JSON request; expected an object.");
    call->route = route_of(call->b, method);
    if (!call->route)
        return simb_fail(call, 400, -1020, "This operation is not supported.");
    json_object_foreach(params, name, value)
    {
        if (put_param(call, name, value) < 0)
            return -1;
    }
    *key = simb_param(call, "apiKey");
    return 0;
}

static void reset(struct simb *b, struct simb_conn *conn, const struct fault *fault)
{
    sim_doom(&b->sim, conn->base, fault);
    sim_end_doomed(&b->sim);
}

void simb_api_text(struct simb *b, struct simb_conn *conn, const char *text, size_t n)
{
    struct simb_call *call = &b->call;
    json_t *root = json_loadb(text, n, JSON_REJECT_DUPLICATES, NULL);
    uint64_t id = conn->base->id;
    const char *key = NULL;
    struct fault *fault = NULL;
    int rc;

    memset(call, 0, sizeof(*call));
    b->text_n = 0;
    call->b = b;
    call->now = &b->sim.now;
    call->t_came = b->t_came;
    call->out = &b->sim.out;
    call->peer = conn->peer;
    call->conn = conn;
    call->status = 200;
    jout_reset(&b->sim.out);
    b->sim.out.is_micro = conn->is_micro;
    rc = begin(call, root, &key);
    // A message that is no request is charged as one.
    if (rc < 0 && simb_charge(call, 1) == 0 && call->status == 200)
        call->status = 400;
    if (rc == 0)
        fault = simb_fault_request(call, "WS", call->route->name);
    // Only what comes by itself can be held: on a socket the next would wait behind it.
    if (fault && fault->what == FAULT_HOLD)
        fault = NULL;
    if (rc == 0 && !sim_fault_hides(fault))
        rc = simb_run(call, key, b->payload, signed_text(call, b->payload, sizeof(b->payload)));
    if (rc == SIMB_WAITS) {
        if (simb_wait_text(call, text, n)) {
            b->sim.out.is_micro = 0;
            json_decref(root);
            return;
        }
        rc = simb_fail(call, 503, -1008, "Server is currently overloaded.");
    }
    if (rc == 0 && fault && fault->what == FAULT_DUPLICATE) {
        jout_reset(&b->sim.out);
        rc = simb_run(call, key, b->payload, signed_text(call, b->payload, sizeof(b->payload)));
    }
    if (fault && fault->what == FAULT_ERROR)
        rc = simb_fault_error(call, fault);
    // A slow reader may have been dropped by what the call pushed.
    if (conn->base->id == id && fault && fault->what == FAULT_RESET)
        reset(b, conn, fault);
    else if (conn->base->id == id && (!fault || fault->what != FAULT_TIMEOUT))
        reply(call, conn, json_object_get(root, "id"), rc == 0,
              fault && fault->what == FAULT_LATE ? faults_delay(b->sim.config.faults, fault) : 0);
    if (conn->base->id == id && call->status == 418)
        sim_end_conn(&b->sim, conn->base, SIM_CLOSE, 1008, "IP banned");
    b->sim.out.is_micro = 0;
    json_decref(root);
}

void simb_api_late(struct simb *b, struct simb_conn *conn, const char *text, size_t n)
{
    json_t *root = json_loadb(text, n, JSON_REJECT_DUPLICATES, NULL);
    struct simb_call *call = simb_begin(b, &b->sim.now);

    call->peer = conn->peer;
    call->conn = conn;
    simb_fault_error(call, &(struct fault){0});
    reply(call, conn, json_object_get(root, "id"), 0, 0);
    json_decref(root);
}

/* --- sessions --- */

static int put_session(struct simb_call *call)
{
    struct simb_conn *conn = call->conn;
    struct jout *out = call->out;

    jout_open(out, '{');
    jout_key(out, "apiKey");
    if (conn->logged_on)
        jout_str(out, conn->logged_on->member->key);
    else
        jout_null(out);
    jout_key(out, "authorizedSince");
    if (conn->logged_on)
        jout_time(out, conn->logged_on_since);
    else
        jout_null(out);
    jout_kv_time(out, "connectedSince", conn->base->t_open);
    jout_kv_bool(out, "returnRateLimits", !conn->hides_limits);
    jout_kv_time(out, "serverTime", call->now->transport);
    jout_kv_bool(out, "userDataStream", conn->n_subs > 0);
    jout_close(out, '{');
    return 0;
}

int simb_session_logon(struct simb_call *call)
{
    if (!call->account->member->is_ed25519)
        return simb_fail(call, 400, -4056, "HMAC_SHA256 API key is not supported.");
    call->conn->logged_on = call->account;
    call->conn->logged_on_since = call->now->transport;
    return put_session(call);
}

int simb_session_status(struct simb_call *call)
{
    return put_session(call);
}

static void drop_sub(struct simb_conn *conn, uint32_t i)
{
    conn->n_subs--;
    memmove(&conn->subs[i], &conn->subs[i + 1], (conn->n_subs - i) * sizeof(conn->subs[0]));
}

int simb_session_logout(struct simb_call *call)
{
    struct simb_conn *conn = call->conn;

    conn->logged_on = NULL;
    for (uint32_t i = conn->n_subs; i-- > 0;)
        if (conn->subs[i].is_of_session)
            drop_sub(conn, i);
    return put_session(call);
}

int simb_session_subscriptions(struct simb_call *call)
{
    jout_open(call->out, '[');
    for (uint32_t i = 0; i < call->conn->n_subs; i++) {
        jout_open(call->out, '{');
        jout_kv_int(call->out, "subscriptionId", call->conn->subs[i].id);
        jout_close(call->out, '{');
    }
    jout_close(call->out, '[');
    return 0;
}

static int subscribe(struct simb_call *call, struct simb_account *account, int is_of_session)
{
    struct simb_conn *conn = call->conn;

    for (uint32_t i = 0; i < conn->n_subs; i++)
        if (conn->subs[i].account == account)
            return simb_fail(call, 400, -2035, "User Data Stream subscription already active.");
    if (conn->n_subs == SIMB_SUBS_MAX || conn->next_sub == 65535)
        return simb_fail(call, 400, -2042, "Maximum subscription ID reached for this connection.");
    conn->subs[conn->n_subs].account = account;
    conn->subs[conn->n_subs].id = conn->next_sub++;
    conn->subs[conn->n_subs].is_of_session = is_of_session != 0;
    jout_open(call->out, '{');
    jout_kv_int(call->out, "subscriptionId", conn->subs[conn->n_subs].id);
    jout_close(call->out, '{');
    conn->n_subs++;
    return 0;
}

int simb_subscribe(struct simb_call *call)
{
    if (!call->conn->logged_on)
        return simb_fail(call, 401, -2015, "Invalid API-key, IP, or permissions for action.");
    return subscribe(call, call->conn->logged_on, 1);
}

int simb_subscribe_signature(struct simb_call *call)
{
    return subscribe(call, call->account, 0);
}

int simb_unsubscribe(struct simb_call *call)
{
    struct simb_conn *conn = call->conn;
    int64_t id;
    int has, found = 0;

    if (simb_get_int(call, "subscriptionId", &id, &has) < 0)
        return -1;
    for (uint32_t i = conn->n_subs; i-- > 0;)
        if (!has || conn->subs[i].id == id) {
            drop_sub(conn, i);
            found = 1;
        }
    if (has && !found)
        return simb_fail(call, 400, -2036, "User Data Stream subscription not active.");
    jout_open(call->out, '{');
    jout_close(call->out, '{');
    return 0;
}
