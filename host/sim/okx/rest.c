// SPDX-License-Identifier: Apache-2.0
/* rest: requests by REST: the table of them, keys, signatures and time stamps, and the one shape
 * that each answer has. */
#include <stdio.h>
#include <stdlib.h>

#include <sodium.h>

#include "base/num.h"
#include "sim/okx/simo.h"

#define PREFIX    "/api/v5/"
#define WINDOW_NS (30 * SIM_NS_PER_S)
#define PAIR_NS   (2 * SIM_NS_PER_S) /* what limits are counted in */

/* most: in two seconds; of orders it is counted by instrument, where they are. */
static const struct sim_route routes[] = {
    {"GET", "public/time", 0, 10, simo_time},
    {"GET", "system/status", 0, 10, simo_status},
    {"GET", "public/instruments", 0, 20, simo_instruments},
    {"GET", "market/ticker", 0, 20, simo_ticker},
    {"GET", "market/tickers", 0, 20, simo_tickers},
    {"GET", "market/candles", 0, 40, simo_candles},
    {"GET", "market/history-candles", 0, 20, simo_candles},
    {"GET", "market/books", 0, 40, simo_books},
    {"GET", "market/trades", 0, 100, simo_trades},
    {"GET", "market/history-trades", 0, 20, simo_trades},
    {"GET", "public/funding-rate", 0, 20, simo_funding},
    {"GET", "public/mark-price", 0, 10, simo_mark},
    {"GET", "account/balance", MEMBER_READ, 10, simo_balance},
    {"GET", "account/positions", MEMBER_READ, 10, simo_positions},
    {"GET", "account/config", MEMBER_READ, 5, simo_config},
    {"GET", "account/trade-fee", MEMBER_READ, 5, simo_trade_fee},
    {"GET", "asset/currencies", MEMBER_READ, 12, simo_currencies},
    {"GET", "trade/order", MEMBER_READ, 60, simo_order_of},
    {"GET", "trade/orders-pending", MEMBER_READ, 60, simo_orders_pending},
    {"GET", "trade/orders-history", MEMBER_READ, 40, simo_orders_history},
    {"GET", "trade/orders-history-archive", MEMBER_READ, 20, simo_orders_history},
    {"GET", "trade/fills", MEMBER_READ, 60, simo_fills},
    {"GET", "trade/fills-history", MEMBER_READ, 10, simo_fills},
    {"POST", "trade/order", MEMBER_TRADE, 0, simo_new_order},
    {"POST", "trade/batch-orders", MEMBER_TRADE, 300, simo_new_order},
    {"POST", "trade/cancel-order", MEMBER_TRADE, 0, simo_cancel_order},
    {"POST", "trade/cancel-batch-orders", MEMBER_TRADE, 300, simo_cancel_order},
    {"POST", "trade/amend-order", MEMBER_TRADE, 0, simo_amend_order},
    {"POST", "trade/amend-batch-orders", MEMBER_TRADE, 300, simo_amend_order},
    {"POST", "trade/cancel-all-after", MEMBER_TRADE, 2, simo_cancel_after},
    {NULL, NULL, 0, 0, NULL},
};
_Static_assert(sizeof(routes) / sizeof(routes[0]) <= SIM_ROUTES_MAX, "routes");

/* --- parameters --- */

static json_t *read_args(const struct sim_request *request)
{
    json_t *args, *item;
    size_t i;

    if (strcmp(request->method, "GET") == 0) {
        args = json_object();
        sim_args_form(args, request->query, strlen(request->query), 0);
        return args;
    }
    args = json_loadb(request->body ? request->body : "", request->body_n, JSON_REJECT_DUPLICATES,
                      NULL);
    json_array_foreach(args, i, item) sim_args_texts(item, 0);
    sim_args_texts(args, 0);
    return args;
}

/* --- who is it --- */

void simo_sign(const char *secret, const char *stamp, const char *method, const char *path,
               const char *body, size_t n, char signature[64])
{
    unsigned char mac[crypto_auth_hmacsha256_BYTES];
    crypto_auth_hmacsha256_state state;
    const char *parts[] = {stamp, method, path};

    crypto_auth_hmacsha256_init(&state, (const unsigned char *)secret, strlen(secret));
    for (size_t i = 0; i < 3; i++)
        crypto_auth_hmacsha256_update(&state, (const unsigned char *)parts[i], strlen(parts[i]));
    crypto_auth_hmacsha256_update(&state, (const unsigned char *)body, n);
    crypto_auth_hmacsha256_final(&state, mac);
    sodium_bin2base64(signature, 64, mac, sizeof(mac), sodium_base64_VARIANT_ORIGINAL);
}

/* "2020-12-08T09:08:57.715Z" */
static int read_stamp(const char *text, agon_ns_t *t)
{
    const char *point = strchr(text, '.');

    return point && strspn(point + 1, "0123456789") == 3 && strcmp(point + 4, "Z") == 0
               ? sim_when(text, t)
               : -1;
}

static int authorise(struct sim_call *call, const struct sim_request *request, uint32_t need)
{
    const char *key = sim_header_of(request, "ok-access-key");
    const char *sent = sim_header_of(request, "ok-access-sign");
    const char *stamp = sim_header_of(request, "ok-access-timestamp");
    const char *phrase = sim_header_of(request, "ok-access-passphrase");
    struct sim *sim = call->sim;
    char path[4200], signature[64];
    agon_ns_t t;

    if (!*key)
        return sim_fail(call, 50103, "Request header \"OK-ACCESS-KEY\" can't be empty.");
    if (!*phrase)
        return sim_fail(call, 50104, "Request header \"OK-ACCESS-PASSPHRASE\" can't be empty.");
    if (!*sent)
        return sim_fail(call, 50106, "Request header \"OK-ACCESS-SIGN\" can't be empty.");
    if (!*stamp)
        return sim_fail(call, 50107, "Request header \"OK-ACCESS-TIMESTAMP\" can't be empty.");
    if (read_stamp(stamp, &t) < 0)
        return sim_fail(call, 50112, "Invalid OK-ACCESS-TIMESTAMP");
    if (t < sim->now.transport - WINDOW_NS || t > sim->now.transport + WINDOW_NS)
        return sim_fail(call, 50102, "Timestamp request expired");
    call->account = sim_account_of(sim, key);
    if (!call->account)
        return sim_fail(call, 50111, "Invalid OK-ACCESS-KEY");
    if (strcmp(call->account->member->passphrase, phrase) != 0)
        return sim_fail(call, 50105, "Request header \"OK-ACCESS-PASSPHRASE\" incorrect.");
    snprintf(path, sizeof(path), "%s%s%s", request->path, *request->query ? "?" : "",
             request->query);
    simo_sign(call->account->member->secret, stamp, request->method, path,
              request->body ? request->body : "", request->body_n, signature);
    if (strcmp(signature, sent) != 0)
        return sim_fail(call, 50113, "Invalid Sign");
    if (!(call->account->member->permissions & need))
        return sim_fail(call, 50120, "This API key doesn't have permission to use this function");
    return 0;
}

/* --- requests --- */

int simo_check_expiry(struct sim_call *call, const char *text)
{
    int64_t ms = 0;

    if (!*text)
        return 0;
    if (num_parse(text, strlen(text), 0, &ms) < 0)
        return sim_fail(call, 51000, "Parameter expTime error");
    return num_mul(ms, 1000000) > call->sim->now.transport
               ? 0
               : sim_fail(call, 50036,
                          "The expTime can't be earlier than the current system time. Please "
                          "adjust the expTime and try again.");
}

static int run(struct sim_call *call, const struct sim_request *request,
               const struct sim_route *route)
{
    struct sim *sim = call->sim;
    struct sim_count *counts = sim_peer_of(sim, request->peer)->counts;
    size_t at = (size_t)(route - routes);

    if (sim->now.transport < sim->maintenance_until)
        return sim_fail(call, 50001, "Service temporarily unavailable. Try again later");
    if (route->need) {
        if (authorise(call, request, route->need) < 0)
            return -1;
        counts = call->account->counts;
    }
    if (route->most > 0 && !sim_count(&counts[at], sim->now.transport, PAIR_NS, route->most))
        return sim_fail(call, 50011, "Too Many Requests");
    if (!call->args)
        return sim_fail(call, 50002, "JSON syntax error");
    return simo_check_expiry(call, sim_header_of(request, "exptime")) < 0 ? -1 : route->run(call);
}

static int status_of(int code)
{
    return code == 50011                    ? 429
           : code == 404                    ? 404
           : code == 50001                  ? 503
           : code >= 50100 && code < 50130  ? 401
           : code == 50002 || code == 50014 ? 400
                                            : 200;
}

static void put_answer(struct sim_call *call, struct sim_reply *reply)
{
    struct jout *out = &call->sim->frame;
    char code[12];

    jout_reset(out);
    snprintf(code, sizeof(code), "%d", call->code);
    SHAPE(out, "{code:$ data:[", shape_text(code));
    if (call->code <= 2 && call->out->n > 0)
        jout_raw(out, jout_text(call->out), call->out->n);
    SHAPE(out, "] msg:$}", shape_text(call->code > 2 ? call->text : ""));
    reply->status = status_of(call->code);
    reply->type = "application/json";
    reply->body = jout_text(out);
    reply->body_n = out->n;
}

static void run_all(struct sim_call *call, const struct sim_request *request)
{
    int is_other_method;
    const struct sim_route *route = sim_route_of(routes, PREFIX, request, &is_other_method);

    jout_reset(call->out);
    call->args = read_args(request);
    call->what = route ? route->name : request->path;
    if (!route)
        sim_fail(call, is_other_method ? 50115 : 404, "%s",
                 is_other_method ? "Invalid request method" : "Not Found");
    else
        run(call, request, route);
    if (route && route->need == MEMBER_TRADE && call->code > 2)
        sim_log_call(call, call->args); // others are logged one by one
    json_decref(call->args);
    call->args = NULL;
}

void simo_http(struct sim *sim, const struct sim_request *request, const struct fault *fault,
               struct sim_reply *reply)
{
    struct sim_call call = {.sim = sim, .out = &sim->out};

    jout_reset(&sim->out);
    if (!sim_fault_hides(fault))
        run_all(&call, request);
    if (fault && fault->what == FAULT_DUPLICATE) {
        call = (struct sim_call){.sim = sim, .out = &sim->out};
        run_all(&call, request);
    }
    if (fault && fault->what == FAULT_ERROR)
        sim_fail(&call, fault->code ? (int)fault->code : 50004, "%s",
                 fault->msg[0] ? fault->msg
                               : "API endpoint request timeout (does not indicate success or "
                                 "failure of order, please check order status)");
    put_answer(&call, reply);
}
