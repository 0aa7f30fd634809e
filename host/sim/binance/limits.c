// SPDX-License-Identifier: Apache-2.0
/* limits: what is counted per address and per account, and what is said to who asks too often. */
#include "sim/binance/simb.h"
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>

#define BANS_AFTER     10
#define FIRST_BAN_NS   (120 * SIMB_NS_PER_S)
#define LONGEST_BAN_NS (3 * 86400 * SIMB_NS_PER_S)

static void window_turn(struct simb_window *window, agon_ns_t now, agon_ns_t length_ns)
{
    if (window->index != now / length_ns) {
        window->index = now / length_ns;
        window->n = 0;
    }
}

uint32_t simb_window_add(struct simb_window *window, agon_ns_t now, agon_ns_t length_ns, uint32_t n)
{
    window_turn(window, now, length_ns);
    window->n += n;
    return window->n;
}

uint32_t simb_window_get(const struct simb_window *window, agon_ns_t now, agon_ns_t length_ns)
{
    return window->index == now / length_ns ? window->n : 0;
}

void simb_limits(struct simb *b, uint32_t *weight, uint32_t *per_10s, uint32_t *per_long)
{
    const struct sim_limits *limits = &b->sim.config.limits;

    *weight = limits->weight_per_minute ? limits->weight_per_minute : b->venue->weight_per_minute;
    *per_10s = limits->orders_per_10s ? limits->orders_per_10s : b->venue->orders_per_10s;
    *per_long = limits->orders_per_day ? limits->orders_per_day : b->venue->orders_long;
    if (b->sim.now.transport < b->sim.halved_until) {
        *weight /= 2;
        *per_10s /= 2;
        *per_long /= 2;
    }
}

static void put_limit(struct jout *out, const char *type, const char *interval, int n,
                      uint32_t limit, int64_t count)
{
    jout_open(out, '{');
    jout_kv_str(out, "rateLimitType", type);
    jout_kv_str(out, "interval", interval);
    jout_kv_int(out, "intervalNum", n);
    jout_kv_int(out, "limit", limit);
    if (count >= 0)
        jout_kv_int(out, "count", count);
    jout_close(out, '{');
}

// Without counts: the limits there are. With counts: those of the account's orders.
void simb_put_order_limits(struct simb_call *call, struct jout *out, int with_counts)
{
    uint32_t weight, per_10s, per_day;
    int64_t n_10s = -1, n_day = -1;

    simb_limits(call->b, &weight, &per_10s, &per_day);
    if (with_counts) {
        n_10s =
            simb_window_get(&call->account->orders_10s, call->now->transport, 10 * SIMB_NS_PER_S);
        n_day = simb_window_get(&call->account->orders_long, call->now->transport,
                                call->b->venue->orders_long_ns);
    }
    jout_open(out, '[');
    if (!with_counts)
        put_limit(out, "REQUEST_WEIGHT", "MINUTE", 1, weight, -1);
    put_limit(out, "ORDERS", "SECOND", 10, per_10s, n_10s);
    put_limit(out, "ORDERS", call->b->venue->orders_long_unit, 1, per_day, n_day);
    if (!with_counts && call->b->venue->raw_per_5m)
        put_limit(out, "RAW_REQUESTS", "MINUTE", 5, call->b->venue->raw_per_5m, -1);
    jout_close(out, '[');
}

struct simb_peer *simb_peer_of(struct simb *b, const char *name, agon_ns_t now)
{
    struct simb_peer *oldest = &b->peers[0];

    for (uint32_t i = 0; i < SIMB_PEERS_MAX; i++) {
        struct simb_peer *peer = &b->peers[i];

        if (strncmp(peer->name, name, sizeof(peer->name) - 1) == 0) {
            peer->seen = now;
            return peer;
        }
        if (peer->seen < oldest->seen)
            oldest = peer;
    }
    memset(oldest, 0, sizeof(*oldest));
    strncpy(oldest->name, name, sizeof(oldest->name) - 1);
    oldest->seen = now;
    return oldest;
}

static int refuse_banned(struct simb_call *call)
{
    call->retry_at = call->peer->banned_until;
    return simb_fail(call, 418, -1003,
                     "Way too much request weight used; IP banned until %lld. Please use WebSocket "
                     "Streams for live updates to avoid bans.",
                     (long long)(call->peer->banned_until / SIMB_NS_PER_MS));
}

// Bans double with each one, up to three days.
static int ban(struct simb_call *call)
{
    const struct sim_limits *limits = &call->b->sim.config.limits;
    agon_ns_t length = limits->first_ban_ns ? limits->first_ban_ns : FIRST_BAN_NS;

    for (uint32_t i = 0; i < call->peer->n_bans && length < LONGEST_BAN_NS; i++)
        length *= 2;
    if (length > LONGEST_BAN_NS)
        length = LONGEST_BAN_NS;
    call->peer->n_bans++;
    call->peer->banned_until = call->now->transport + length;
    call->peer->refused.n = 0;
    return refuse_banned(call);
}

int simb_charge(struct simb_call *call, uint32_t weight)
{
    const struct sim_limits *limits = &call->b->sim.config.limits;
    agon_ns_t now = call->now->transport, minute = SIMB_NS_PER_MIN;
    uint32_t most, per_10s, per_day, raw, raw_most = call->b->venue->raw_per_5m;

    simb_limits(call->b, &most, &per_10s, &per_day);
    if (now < call->peer->banned_until)
        return refuse_banned(call);
    raw = simb_window_add(&call->peer->raw, now, 5 * minute, 1);
    call->weight = weight;
    raw_most = raw_most ? raw_most : UINT32_MAX;
    if (simb_window_add(&call->peer->weight, now, minute, weight) <= most && raw <= raw_most)
        return 0;
    if (simb_window_add(&call->peer->refused, now, minute, 1) >
        (limits->bans_after ? limits->bans_after : BANS_AFTER))
        return ban(call);
    call->retry_at = (now / minute + 1) * minute;
    if (raw > raw_most)
        return simb_fail(call, 429, -1003, "Too many requests queued.");
    return simb_fail(call, 429, -1003,
                     "Too much request weight used; current limit is %u request weight per 1 "
                     "MINUTE. Please use WebSocket Streams for live updates to avoid polling the "
                     "API.",
                     most);
}

void simb_random_text(struct simb *b, char *text, size_t n)
{
    static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

    for (size_t i = 0; i < n; i++)
        text[i] = alphabet[rng_below(&b->sim.rng, sizeof(alphabet) - 1)];
    text[n] = '\0';
}

/* --- one call --- */

static void log_request(struct simb_call *call)
{
    static const char *const names[] = {"symbol",        "side",
                                        "type",          "newClientOrderId",
                                        "orderId",       "origClientOrderId",
                                        "price",         "quantity",
                                        "quoteOrderQty", "stopPrice",
                                        "timeInForce",   "cancelOrderId",
                                        "newQty",        "cancelOrigClientOrderId"};
    struct jout *line = &call->b->sim.line;

    if (call->route->is_query || !sim_log_begin(&call->b->sim, "request", call->now->market))
        return;
    jout_kv_str(line, "key", call->account ? call->account->member->key : "");
    jout_kv_str(line, "what", call->route->name ? call->route->name : call->route->path);
    jout_kv_str(line, "transport", call->conn ? "ws" : "rest");
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        const char *value = simb_param(call, names[i]);

        if (value)
            jout_kv_str(line, names[i], value);
    }
    jout_kv_int(line, "status", call->status);
    jout_kv_int(line, "code", call->code);
    if (call->code)
        jout_kv_str(line, "msg", call->msg);
    jout_close(line, '{');
    sim_log(&call->b->sim, line);
}

int simb_run(struct simb_call *call, const char *key, const char *signed_text, size_t n)
{
    const struct simb_route *route = call->route;
    int rc;

    call->status = 200;
    if (call->t_came != 0)
        rc = 0; // charged when it came
    else
        rc = simb_is_away(call)
                 ? -1
                 : simb_charge(call, route->weigh ? route->weigh(call) : route->weight);
    if (rc == 0)
        rc = simb_authorise(call, key, signed_text, n);
    if (rc == 0 && !call->b->venue->is_lenient)
        rc = simb_check_params(call);
    if (rc == 0 && simb_must_wait(call))
        return SIMB_WAITS;
    if (rc == 0)
        rc = route->run(call);
    if (call->b->venue->settle)
        call->b->venue->settle(call->b);
    if (rc == 0 && route->is_free && call->peer->weight.n >= call->weight)
        call->peer->weight.n -= call->weight;
    log_request(call);
    simb_flush_balances(call->b);
    sim_end_doomed(&call->b->sim);
    simb_past_note(call->b);
    return rc;
}

void simb_error_body(struct simb_call *call, struct jout *out)
{
    jout_open(out, '{');
    jout_kv_int(out, "code", call->code);
    jout_kv_str(out, "msg", call->msg);
    if (call->has_data) {
        jout_key(out, "data");
        jout_raw(out, jout_text(&call->b->data), call->b->data.n);
    } else if (call->conn && call->retry_at) {
        jout_key(out, "data");
        jout_open(out, '{');
        jout_kv_time(out, "serverTime", call->now->transport);
        jout_kv_time(out, "retryAfter", call->retry_at);
        jout_close(out, '{');
    }
    jout_close(out, '{');
}
