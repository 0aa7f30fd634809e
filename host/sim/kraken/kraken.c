// SPDX-License-Identifier: Apache-2.0
/* kraken: the dialect's entry points: connections, time, what is counted. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <sodium.h>

#include "base/num.h"
#include "sim/kraken/simk.h"

#define CONNECTS_WINDOW_NS (10 * SIMK_NS_PER_MIN)
#define CONNECTS_MAX       150
#define HEARTBEAT_NS       SIMK_NS_PER_S

/* --- calls --- */

struct simk_call simk_begin(struct simk *k, const char *what)
{
    jout_reset(&k->out);
    k->text_n = 0;
    return (struct simk_call){.k = k, .what = what, .out = &k->out};
}

int simk_fail(struct simk_call *call, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    vsnprintf(call->error, sizeof(call->error), format, args);
    va_end(args);
    return -1;
}

const char *simk_param(const struct simk_call *call, const char *name)
{
    for (uint32_t i = 0; i < call->n_params; i++)
        if (strcmp(call->params[i].name, name) == 0)
            return call->params[i].value;
    return NULL;
}

int simk_param_put(struct simk_call *call, const char *name, size_t name_n, const char *value,
                   size_t value_n)
{
    struct simk *k = call->k;
    char *at = k->text + k->text_n;

    if (call->n_params == SIMK_PARAMS_MAX || name_n + value_n + 2 > sizeof(k->text) - k->text_n)
        return simk_fail(call, "EGeneral:Invalid arguments");
    memcpy(at, name, name_n);
    at[name_n] = '\0';
    memcpy(at + name_n + 1, value, value_n);
    at[name_n + 1 + value_n] = '\0';
    call->params[call->n_params++] = (struct simk_param){at, at + name_n + 1};
    k->text_n += (uint32_t)(name_n + value_n + 2);
    return 0;
}

int simk_get_dec(struct simk_call *call, const char *name, int64_t *value, int *has)
{
    const char *text = simk_param(call, name);

    *has = text != NULL;
    if (text && (num_read(text, strlen(text), SIMK_EXP, value) < 0 || *value < 0))
        return simk_fail(call, "EGeneral:Invalid arguments:%s", name);
    return 0;
}

int simk_is(const struct simk_call *call, const char *name, const char *value)
{
    const char *text = simk_param(call, name);

    return text && strcmp(text, value) == 0;
}

/* --- what is counted --- */

int64_t simk_counted(const struct simk_counter *counter, agon_ns_t now, int64_t milli_per_s)
{
    int64_t gone = num_mul_div(now - counter->t, milli_per_s, SIMK_NS_PER_S, NUM_DOWN);

    return counter->milli > gone ? counter->milli - gone : 0;
}

int simk_count(struct simk_counter *counter, agon_ns_t now, int64_t add, int64_t most,
               int64_t milli_per_s)
{
    int64_t milli = simk_counted(counter, now, milli_per_s);

    if (milli + add * 1000 > most * 1000)
        return 0;
    *counter = (struct simk_counter){milli + add * 1000, now};
    return 1;
}

/* --- the log --- */

void simk_log(struct simk *k, struct jout *line)
{
    if (k->config.sink.log)
        k->config.sink.log(k->config.sink.log_ctx, jout_text(line), line->n);
}

void simk_log_request(struct simk_call *call)
{
    struct jout *line = &call->k->line;

    if (!call->k->config.sink.log)
        return;
    jout_reset(line);
    jout_open(line, '{');
    jout_kv_str(line, "kind", "request");
    jout_kv_int(line, "t_market_ns", call->k->now.market);
    jout_kv_int(line, "t_transport_ns", call->k->now.transport);
    jout_kv_str(line, "key", call->account ? call->account->member->key : "");
    jout_kv_str(line, "what", call->what);
    jout_kv_str(line, "carrier", call->conn ? "ws" : "rest");
    for (uint32_t i = 0; i < call->n_params; i++)
        if (strcmp(call->params[i].name, "nonce") != 0 &&
            strcmp(call->params[i].name, "token") != 0)
            jout_kv_str(line, call->params[i].name, call->params[i].value);
    jout_kv_str(line, "error", call->error);
    jout_close(line, '{');
    simk_log(call->k, line);
}

/* --- time --- */

static void put_heartbeat(struct simk *k, struct simk_conn *conn)
{
    struct jout *out = &k->frame;

    jout_reset(out);
    jout_open(out, '{');
    jout_kv_str(out, "channel", "heartbeat");
    jout_close(out, '{');
    simk_send(k, conn, "heartbeat", NULL, out);
}

static void end_conn(struct simk *k, struct simk_conn *conn, enum sim_frame kind, int code,
                     const char *reason)
{
    uint64_t id = conn->id;

    simk_forget(k, conn);
    if (k->config.sink.frame)
        k->config.sink.frame(k->config.sink.ctx, id, kind, reason, strlen(reason), code);
}

static void keep_conn(struct simk *k, struct simk_conn *conn)
{
    agon_ns_t life = k->config.limits.connection_life_ns;

    if (conn->doom == FAULT_RESET) {
        end_conn(k, conn, SIM_RESET, 0, "");
    } else if (conn->doom == FAULT_STALL) {
        conn->doom = 0;
        if (k->config.sink.frame)
            k->config.sink.frame(k->config.sink.ctx, conn->id, SIM_STALL, "", 0, 0);
    } else if (conn->doom != 0) {
        end_conn(k, conn, SIM_CLOSE, conn->doom_code, "");
    } else if (life > 0 && k->now.transport - conn->t_open >= life) {
        end_conn(k, conn, SIM_CLOSE, 1001, "");
    } else if (conn->n_subs > 0 && k->now.transport - conn->t_said >= HEARTBEAT_NS) {
        put_heartbeat(k, conn);
    }
}

static void advance(struct simk *k, const struct sim_time *now)
{
    k->now = *now;
    if (now->market > pit_now(k->pit))
        pit_advance(k->pit, now->market);
    for (uint32_t i = 0; i < k->n_accounts; i++) {
        struct simk_account *account = &k->accounts[i];

        if (account->t_dead == 0 || now->transport < account->t_dead)
            continue;
        account->t_dead = 0;
        simk_cancel_all(k, account, "Cancel all orders after");
    }
    simk_mishap_tick(k);
    for (uint32_t i = 0; i < SIMK_CONNS_MAX; i++)
        if (k->conns[i].id)
            keep_conn(k, &k->conns[i]);
}

static void tick(struct sim *sim, const struct sim_time *now)
{
    advance((struct simk *)sim, now);
}

static agon_ns_t earlier(agon_ns_t a, agon_ns_t b)
{
    return a < b ? a : b;
}

static void due(const struct sim *sim, struct sim_time *next)
{
    const struct simk *k = (const struct simk *)sim;
    agon_ns_t life = k->config.limits.connection_life_ns;

    next->market = pit_next(k->pit);
    next->transport = simk_mishap_due(k);
    for (uint32_t i = 0; i < k->n_accounts; i++)
        if (k->accounts[i].t_dead > 0)
            next->transport = earlier(next->transport, k->accounts[i].t_dead);
    for (uint32_t i = 0; i < SIMK_CONNS_MAX; i++) {
        const struct simk_conn *conn = &k->conns[i];

        if (!conn->id)
            continue;
        if (conn->n_subs > 0)
            next->transport = earlier(next->transport, conn->t_said + HEARTBEAT_NS);
        if (life > 0)
            next->transport = earlier(next->transport, conn->t_open + life);
        if (conn->doom)
            next->transport = 0;
    }
}

/* --- connections --- */

struct simk_conn *simk_conn_of(struct simk *k, uint64_t id)
{
    for (uint32_t i = 0; i < SIMK_CONNS_MAX; i++)
        if (k->conns[i].id == id && id != 0)
            return &k->conns[i];
    return NULL;
}

void simk_emit(struct simk *k, struct simk_conn *conn, const void *bytes, size_t n)
{
    conn->t_said = k->now.transport;
    if (k->config.sink.frame)
        k->config.sink.frame(k->config.sink.ctx, conn->id, SIM_TEXT, bytes, n, 0);
}

static struct simk_peer *peer_of(struct simk *k, const char *name)
{
    struct simk_peer *oldest = &k->peers[0];

    for (uint32_t i = 0; i < SIMK_PEERS_MAX; i++) {
        struct simk_peer *peer = &k->peers[i];

        if (strncmp(peer->name, name, sizeof(peer->name) - 1) == 0) {
            peer->seen = k->now.transport;
            return peer;
        }
        if (peer->seen < oldest->seen)
            oldest = peer;
    }
    *oldest = (struct simk_peer){.seen = k->now.transport, .t_window = k->now.transport};
    snprintf(oldest->name, sizeof(oldest->name), "%s", name);
    return oldest;
}

/* Whether the address may open another one. */
static int admits(struct simk *k, const char *name)
{
    struct simk_peer *peer = peer_of(k, name);
    uint32_t most = k->config.limits.connects_per_5min;
    agon_ns_t window = most ? CONNECTS_WINDOW_NS / 2 : CONNECTS_WINDOW_NS;

    if (k->now.transport - peer->t_window >= window) {
        peer->t_window = k->now.transport;
        peer->n_connects = 0;
    }
    return ++peer->n_connects <= (most ? most : CONNECTS_MAX);
}

static int ws_open(struct sim *sim, const struct sim_time *now, uint64_t id,
                   const struct sim_request *request, struct sim_reply *reply)
{
    struct simk *k = (struct simk *)sim;
    struct simk_conn *conn = NULL;
    int status = 101;

    memset(reply, 0, sizeof(*reply));
    reply->type = "text/plain";
    reply->body = "";
    advance(k, now);
    for (uint32_t i = 0; i < SIMK_CONNS_MAX && !conn; i++)
        if (k->conns[i].id == 0)
            conn = &k->conns[i];
    if (strcmp(request->path, "/v2") != 0)
        status = 404;
    else if (now->transport < k->maintenance_until)
        status = 503;
    else if (!conn || !admits(k, request->peer))
        status = 429;
    reply->status = status;
    if (status != 101 || !conn)
        return 0;
    memset(conn, 0, sizeof(*conn));
    conn->id = id;
    conn->t_open = conn->t_said = now->transport;
    if (simk_mishap_socket(k, conn, request->path, &reply->status)) {
        conn->id = 0;
        return 0;
    }
    simk_tell_status(k, conn);
    return 1;
}

static void ws_frame(struct sim *sim, const struct sim_time *now, uint64_t id, enum sim_frame kind,
                     const void *bytes, size_t n)
{
    struct simk *k = (struct simk *)sim;
    struct simk_conn *conn;

    advance(k, now);
    conn = simk_conn_of(k, id);
    if (conn && kind == SIM_TEXT)
        simk_text(k, conn, bytes, n);
    else if (conn && kind == SIM_CLOSE)
        simk_forget(k, conn);
}

static void ws_gone(struct sim *sim, const struct sim_time *now, uint64_t id)
{
    struct simk *k = (struct simk *)sim;
    struct simk_conn *conn = simk_conn_of(k, id);

    k->now = *now;
    if (conn)
        simk_forget(k, conn);
}

static void http(struct sim *sim, const struct sim_time *now, const struct sim_request *request,
                 struct sim_reply *reply)
{
    struct simk *k = (struct simk *)sim;

    memset(reply, 0, sizeof(*reply));
    advance(k, now);
    simk_http(k, request, reply);
}

static void shutdown_all(struct sim *sim, const struct sim_time *now)
{
    struct simk *k = (struct simk *)sim;

    k->now = *now;
    for (uint32_t i = 0; i < SIMK_CONNS_MAX; i++)
        if (k->conns[i].id)
            end_conn(k, &k->conns[i], SIM_CLOSE, 1001, "");
}

/* --- life --- */

static void close_sim(struct sim *sim)
{
    struct simk *k = (struct simk *)sim;

    if (!k)
        return;
    for (uint32_t i = 0; i < SIMK_ORDERS_KEPT; i++)
        free(k->orders[i]);
    for (uint32_t i = 0; i < PIT_SYMBOLS_MAX; i++)
        for (uint32_t j = 0; j < SIMK_DEPTHS; j++) {
            free(k->books[i][j].bid);
            free(k->books[i][j].ask);
        }
    for (uint32_t i = 0; i < k->n_late; i++)
        free(k->late[i].text);
    free(k->fills);
    jout_deinit(&k->out);
    jout_deinit(&k->frame);
    jout_deinit(&k->line);
    free(k);
}

/* An asset that no pair trades has no place in the engine and is left out. */
static int open_account(struct simk *k, uint32_t i, struct error *err)
{
    static const struct simk_tier tiers[] = {[MEMBER_INTERMEDIATE] = {20, 500, 125, 2340, 80},
                                             [MEMBER_STARTER] = {15, 330, 60, 1000, 60},
                                             [MEMBER_PRO] = {20, 1000, 180, 3750, 225}};
    const struct member *member = &k->config.members->all[i];

    k->accounts[i].member = member;
    k->accounts[i].tier = &tiers[member->tier];
    k->accounts[i].owner = i;
    k->n_accounts = i + 1;
    if (member->has_fees &&
        pit_set_fees(k->pit, i, member->maker_fee_ppb, member->taker_fee_ppb) < 0)
        return error_set(err, AGON_EINVAL, "account %s: fees cannot be set", member->key);
    for (uint32_t j = 0; j < member->n_balances; j++) {
        agon_asset_t asset = instruments_find_asset(pit_table(k->pit), member->balances[j].asset);

        if (asset && members_exp(k->config.members, member->balances[j].asset) != SIMK_EXP)
            return error_set(err, AGON_EINVAL, "account %s: %s keeps %d decimals here", member->key,
                             member->balances[j].asset, SIMK_EXP);
        if (asset && pit_deposit(k->pit, i, asset, member->balances[j].amt) < 0)
            return error_set(err, AGON_EINVAL, "account %s: %s cannot be deposited", member->key,
                             member->balances[j].asset);
    }
    return AGON_OK;
}

static int open_sim(struct sim **sim, const struct sim_config *config, struct error *err)
{
    struct pit_hooks hooks = {.on_trade = simk_on_trade,
                              .on_top = simk_on_top,
                              .on_step = simk_on_step,
                              .on_order = simk_on_order};
    struct simk *k;
    int rc = AGON_OK;

    *sim = NULL;
    if (sodium_init() < 0)
        return error_set(err, AGON_EIO, "libsodium does not start");
    k = calloc(1, sizeof(*k));
    if (k)
        k->fills = calloc(SIMK_FILLS_KEPT, sizeof(*k->fills));
    if (!k || !k->fills) {
        free(k);
        return error_set(err, AGON_ENOMEM, "out of memory");
    }
    k->config = *config;
    k->pit = config->pit;
    rng_init(&k->rng, rng_at(config->seed, 0x6b72616b, 0, 0, 0));
    k->mix = rng_u64(&k->rng);
    for (uint32_t i = 0; i < pit_count(k->pit); i++)
        simk_pair_of(pit_at(k->pit, i), &k->pairs[i]);
    for (uint32_t i = 0; i < config->members->n && rc == AGON_OK; i++)
        rc = open_account(k, i, err);
    if (rc < 0) {
        close_sim((struct sim *)k);
        return rc;
    }
    hooks.ctx = k;
    pit_set_hooks(k->pit, &hooks);
    *sim = (struct sim *)k;
    return AGON_OK;
}

static const char *const headers[] = {"api-key", "api-sign", "content-type", NULL};

extern const struct sim_dialect sim_kraken;
const struct sim_dialect sim_kraken = {
    .name = "kraken",
    .headers = headers,
    .names = simk_names,
    .n_symbols = 4,
    .symbol = simk_symbol,
    .open = open_sim,
    .close = close_sim,
    .http = http,
    .ws_open = ws_open,
    .ws_frame = ws_frame,
    .ws_gone = ws_gone,
    .tick = tick,
    .due = due,
    .shutdown = shutdown_all,
};
