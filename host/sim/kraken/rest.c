// SPDX-License-Identifier: Apache-2.0
/* rest: requests by REST: the table of them, their parameters, keys, signatures and nonces, and the
 * one shape that each answer has. */
#include <stdio.h>
#include <stdlib.h>

#include <sodium.h>

#include "base/num.h"
#include "sim/kraken/simk.h"

/* most: what it costs on the counter of calls; those of orders have the engine's. */
static const struct sim_route routes[] = {
    {NULL, "Time", 0, 0, simk_time},
    {NULL, "SystemStatus", 0, 0, simk_system_status},
    {NULL, "Assets", 0, 0, simk_assets},
    {NULL, "AssetPairs", 0, 0, simk_asset_pairs},
    {NULL, "Ticker", 0, 0, simk_ticker},
    {NULL, "OHLC", 0, 0, simk_ohlc},
    {NULL, "Depth", 0, 0, simk_depth},
    {NULL, "Trades", 0, 0, simk_trades},
    {NULL, "Balance", MEMBER_READ, 1, simk_balance},
    {NULL, "BalanceEx", MEMBER_READ, 1, simk_balance_ex},
    {NULL, "OpenOrders", MEMBER_READ, 1, simk_open_orders},
    {NULL, "ClosedOrders", MEMBER_READ, 1, simk_closed_orders},
    {NULL, "QueryOrders", MEMBER_READ, 1, simk_query_orders},
    {NULL, "TradesHistory", MEMBER_READ, 2, simk_trades_history},
    {NULL, "QueryTrades", MEMBER_READ, 1, simk_query_trades},
    {NULL, "TradeVolume", MEMBER_READ, 1, simk_trade_volume},
    {NULL, "GetWebSocketsToken", MEMBER_READ, 1, simk_token_new},
    {NULL, "WithdrawMethods", MEMBER_WITHDRAW, 1, simk_withdraw_methods},
    {NULL, "AddOrder", MEMBER_TRADE, 0, simk_add_order},
    {NULL, "AmendOrder", MEMBER_TRADE, 0, simk_amend_order},
    {NULL, "EditOrder", MEMBER_TRADE, 0, simk_edit_order},
    {NULL, "CancelOrder", MEMBER_TRADE, 0, simk_cancel_order},
    {NULL, "CancelAll", MEMBER_TRADE, 0, simk_cancel_every},
    {NULL, "CancelAllOrdersAfter", MEMBER_TRADE, 0, simk_cancel_after},
    {NULL, NULL, 0, 0, NULL},
};
#define PUBLIC  "/0/public/"
#define PRIVATE "/0/private/"

static const struct sim_route *route_of(const struct sim_request *request)
{
    int is_public = strncmp(request->path, PUBLIC, strlen(PUBLIC)) == 0, is_other_method;
    const struct sim_route *route =
        sim_route_of(routes, is_public ? PUBLIC : PRIVATE, request, &is_other_method);

    return route && (route->need == 0) == is_public ? route : NULL;
}

/* --- parameters --- */

static int add_form(struct sim_call *call, const char *text, size_t n)
{
    return sim_args_form(call->args, text, n, 1) < 0 ? simk_fail(call, "EGeneral:Invalid arguments")
                                                     : 0;
}

// A body may be JSON as well: what is in it is read as if it stood in a form.
static int add_json(struct sim_call *call, const char *text, size_t n)
{
    json_t *root = json_loadb(text, n, JSON_REJECT_DUPLICATES, NULL);
    int rc = json_is_object(root) && json_object_size(root) <= SIM_ARGS_MAX
                 ? 0
                 : simk_fail(call, "EGeneral:Invalid arguments");

    sim_args_texts(root, 1);
    json_object_update_missing(call->args, root);
    json_decref(root);
    return rc;
}

/* --- who is it --- */

int simk_sign(const char *secret, const char *path, const char *nonce, const char *body, size_t n,
              char signature[96])
{
    unsigned char key[256], digest[crypto_hash_sha256_BYTES], mac[crypto_auth_hmacsha512_BYTES];
    crypto_hash_sha256_state sha;
    crypto_auth_hmacsha512_state hmac;
    size_t key_n;

    if (sodium_base642bin(key, sizeof(key), secret, strlen(secret), NULL, &key_n, NULL,
                          sodium_base64_VARIANT_ORIGINAL) != 0)
        return -1;
    crypto_hash_sha256_init(&sha);
    crypto_hash_sha256_update(&sha, (const unsigned char *)nonce, strlen(nonce));
    crypto_hash_sha256_update(&sha, (const unsigned char *)body, n);
    crypto_hash_sha256_final(&sha, digest);
    crypto_auth_hmacsha512_init(&hmac, key, key_n);
    crypto_auth_hmacsha512_update(&hmac, (const unsigned char *)path, strlen(path));
    crypto_auth_hmacsha512_update(&hmac, digest, sizeof(digest));
    crypto_auth_hmacsha512_final(&hmac, mac);
    sodium_bin2base64(signature, 96, mac, sizeof(mac), sodium_base64_VARIANT_ORIGINAL);
    return 0;
}

/* An unsigned 64-bit number that rises with each request of a key. */
static int take_nonce(struct sim_call *call, const char *text)
{
    struct simk_owner *owner = simk_owner_of(call->sim, call->account);
    uint64_t nonce = 0;

    if (*text == '\0' || strspn(text, "0123456789") != strlen(text) || strlen(text) > 20)
        return simk_fail(call, "EAPI:Invalid nonce");
    for (; *text; text++) {
        uint64_t digit = (uint64_t)(*text - '0');

        if (nonce > (UINT64_MAX - digit) / 10)
            return simk_fail(call, "EAPI:Invalid nonce");
        nonce = nonce * 10 + digit;
    }
    if (nonce <= owner->nonce)
        return simk_fail(call, "EAPI:Invalid nonce");
    owner->nonce = nonce;
    return 0;
}

static int authorise(struct sim_call *call, const struct sim_request *request, uint32_t need)
{
    const char *key = sim_header_of(request, "api-key"), *sent = sim_header_of(request, "api-sign");
    const char *nonce = sim_arg(call, "nonce");
    struct sim *sim = call->sim;
    char signature[96];

    call->account = sim_account_of(sim, key);
    if (!call->account)
        return simk_fail(call, "EAPI:Invalid key");
    if (simk_sign(call->account->member->secret, request->path, nonce ? nonce : "",
                  request->body ? request->body : "", request->body_n, signature) < 0 ||
        strcmp(signature, sent) != 0)
        return simk_fail(call, "EAPI:Invalid signature");
    if (take_nonce(call, nonce ? nonce : "") < 0)
        return -1;
    if (!(call->account->member->permissions & need))
        return simk_fail(call, "EGeneral:Permission denied");
    return 0;
}

/* --- requests --- */

static int run(struct sim_call *call, const struct sim_request *request,
               const struct sim_route *route)
{
    struct simk_owner *owner;
    struct sim *sim = call->sim;
    int is_json = strstr(sim_header_of(request, "content-type"), "json") != NULL;

    if (sim->now.transport < sim->maintenance_until)
        return simk_fail(call, "EService:Unavailable");
    if (!route)
        return simk_fail(call, "EGeneral:Unknown method");
    if (add_form(call, request->query, strlen(request->query)) < 0 ||
        (request->body_n > 0 && (is_json ? add_json(call, request->body, request->body_n)
                                         : add_form(call, request->body, request->body_n)) < 0))
        return -1;
    if (route->need) {
        if (strcmp(request->method, "POST") != 0)
            return simk_fail(call, "EGeneral:Unknown method");
        if (authorise(call, request, route->need) < 0)
            return -1;
        owner = simk_owner_of(sim, call->account);
        if (!sim_count_up(&owner->calls, sim->now.transport, route->most, owner->tier->calls_max,
                          owner->tier->calls_milli_per_s))
            return simk_fail(call, "EAPI:Rate limit exceeded");
    }
    return route->run(call);
}

static void put_answer(struct sim_call *call, int rc, struct sim_reply *reply)
{
    struct jout *out = &call->sim->frame;

    jout_reset(out);
    if (rc < 0)
        SHAPE(out, "{error:[$]}", shape_text(call->text));
    else
        SHAPE(out, "{error:[] result:$}", shape_raw(jout_text(call->out), call->out->n));
    reply->status = 200; // whatever it says
    reply->type = "application/json";
    reply->body = jout_text(out);
    reply->body_n = out->n;
}

void simk_http(struct sim *sim, const struct sim_request *request, const struct fault *fault,
               struct sim_reply *reply)
{
    const struct sim_route *route = route_of(request);
    struct sim_call call = simk_begin(sim, route ? route->name : request->path);
    int is_hidden = sim_fault_hides(fault);
    int rc = is_hidden ? 0 : run(&call, request, route);

    if (rc == 0 && fault && fault->what == FAULT_DUPLICATE) {
        jout_reset(call.out);
        json_object_clear(call.args);
        rc = run(&call, request, route);
    }
    if (!is_hidden && route && route->need == MEMBER_TRADE)
        sim_log_call(&call, call.args);
    if (fault && fault->what == FAULT_ERROR)
        rc = simk_fail(&call, "%s", fault->msg[0] ? fault->msg : "EService:Timeout");
    put_answer(&call, rc, reply);
    json_decref(call.args);
}
