// SPDX-License-Identifier: Apache-2.0
/* okx: the dialect's entry points: connections, time, what is counted. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <sodium.h>

#include "base/num.h"
#include "sim/okx/simo.h"

#define CONNECTS_PER_S 3
#define SILENCE_NS     (30 * SIMO_NS_PER_S) /* a client that says nothing for so long is gone */

/* --- calls --- */

int simo_fail(struct simo_call *call, int code, const char *format, ...)
{
    va_list args;

    call->code = code;
    va_start(args, format);
    vsnprintf(call->text, sizeof(call->text), format, args);
    va_end(args);
    return -1;
}

const char *simo_arg(const struct simo_call *call, const char *name)
{
    const char *text = json_string_value(json_object_get(call->args, name));

    return text && *text ? text : NULL;
}

int simo_is(const struct simo_call *call, const char *name, const char *value)
{
    const char *text = simo_arg(call, name);

    return text && strcmp(text, value) == 0;
}

int simo_get_num(struct simo_call *call, const char *name, int64_t *value, int *has)
{
    const char *text = simo_arg(call, name);

    *has = text != NULL;
    *value = 0;
    if (text && (num_read(text, strlen(text), SIMO_EXP, value) < 0 || *value <= 0))
        return simo_fail(call, 51000, "Parameter %s error", name);
    return 0;
}

int simo_get_symbol(struct simo_call *call, uint32_t *sym)
{
    const char *name = simo_arg(call, "instId");
    int at = name ? pit_find(call->o->pit, name) : -1;

    if (!name)
        return simo_fail(call, 50014, "Parameter instId can not be empty.");
    if (at < 0)
        return simo_fail(call, 51001,
                         "Instrument ID, Instrument ID code, or Spread ID doesn't "
                         "exist.");
    *sym = (uint32_t)at;
    return 0;
}

int simo_count(struct simo_count *count, agon_ns_t now, agon_ns_t window, uint32_t most)
{
    if (now - count->t >= window)
        *count = (struct simo_count){now, 0};
    return ++count->n <= most;
}

/* --- the log --- */

void simo_log(struct simo *o, struct jout *line)
{
    if (o->config.sink.log)
        o->config.sink.log(o->config.sink.log_ctx, jout_text(line), line->n);
}

void simo_log_request(struct simo_call *call, json_t *args)
{
    struct jout *line = &call->o->line;
    const char *name;
    json_t *value;

    if (!call->o->config.sink.log)
        return;
    jout_reset(line);
    jout_open(line, '{');
    jout_kv_str(line, "kind", "request");
    jout_kv_int(line, "t_market_ns", call->o->now.market);
    jout_kv_int(line, "t_transport_ns", call->o->now.transport);
    jout_kv_str(line, "key", call->account ? call->account->member->key : "");
    jout_kv_str(line, "what", call->what);
    jout_kv_str(line, "carrier", call->conn ? "ws" : "rest");
    json_object_foreach(args, name, value) if (json_is_string(value))
        jout_kv_str(line, name, json_string_value(value));
    jout_kv_int(line, "code", call->code);
    jout_kv_str(line, "error", call->text);
    jout_close(line, '{');
    simo_log(call->o, line);
}

/* --- time --- */

static void end_conn(struct simo *o, struct simo_conn *conn, enum sim_frame kind, int code,
                     const char *reason)
{
    uint64_t id = conn->id;

    memset(conn, 0, sizeof(*conn));
    if (o->config.sink.frame)
        o->config.sink.frame(o->config.sink.ctx, id, kind, reason, strlen(reason), code);
}

static agon_ns_t silence_of(const struct simo *o)
{
    return o->config.limits.pong_within_ns > 0 ? o->config.limits.pong_within_ns : SILENCE_NS;
}

/* It lives while either side says something. */
static agon_ns_t end_of(const struct simo *o, const struct simo_conn *conn)
{
    agon_ns_t last = conn->t_said > conn->t_heard ? conn->t_said : conn->t_heard;
    agon_ns_t end = last + silence_of(o), life = o->config.limits.connection_life_ns;

    return life > 0 && conn->t_open + life < end ? conn->t_open + life : end;
}

static void keep_conn(struct simo *o, struct simo_conn *conn)
{
    if (conn->doom == FAULT_RESET) {
        end_conn(o, conn, SIM_RESET, 0, "");
    } else if (conn->doom == FAULT_STALL) {
        conn->doom = 0;
        if (o->config.sink.frame)
            o->config.sink.frame(o->config.sink.ctx, conn->id, SIM_STALL, "", 0, 0);
    } else if (conn->doom != 0) {
        end_conn(o, conn, SIM_CLOSE, conn->doom_code, "");
    } else if (o->now.transport >= end_of(o, conn)) {
        end_conn(o, conn, SIM_CLOSE, 4004, "No data received in 30s.");
    }
}

static void advance(struct simo *o, const struct sim_time *now)
{
    o->now = *now;
    if (now->market > pit_now(o->pit))
        pit_advance(o->pit, now->market);
    for (uint32_t i = 0; i < o->n_accounts; i++) {
        struct simo_account *account = &o->accounts[i];

        if (account->t_dead == 0 || now->transport < account->t_dead)
            continue;
        account->t_dead = 0;
        simo_cancel_all(o, account, "20");
    }
    simo_mishap_tick(o);
    for (uint32_t i = 0; i < SIMO_CONNS_MAX; i++)
        if (o->conns[i].id)
            keep_conn(o, &o->conns[i]);
}

static void tick(struct sim *sim, const struct sim_time *now)
{
    advance((struct simo *)sim, now);
}

static void due(const struct sim *sim, struct sim_time *next)
{
    const struct simo *o = (const struct simo *)sim;

    next->market = pit_next(o->pit);
    next->transport = simo_mishap_due(o);
    for (uint32_t i = 0; i < o->n_accounts; i++)
        if (o->accounts[i].t_dead > 0 && o->accounts[i].t_dead < next->transport)
            next->transport = o->accounts[i].t_dead;
    for (uint32_t i = 0; i < SIMO_CONNS_MAX; i++) {
        const struct simo_conn *conn = &o->conns[i];

        if (conn->id && conn->doom)
            next->transport = 0;
        else if (conn->id && end_of(o, conn) < next->transport)
            next->transport = end_of(o, conn);
    }
}

/* --- connections --- */

struct simo_conn *simo_conn_of(struct simo *o, uint64_t id)
{
    for (uint32_t i = 0; i < SIMO_CONNS_MAX; i++)
        if (o->conns[i].id == id && id != 0)
            return &o->conns[i];
    return NULL;
}

void simo_emit(struct simo *o, struct simo_conn *conn, const void *bytes, size_t n)
{
    conn->t_said = o->now.transport;
    if (o->config.sink.frame)
        o->config.sink.frame(o->config.sink.ctx, conn->id, SIM_TEXT, bytes, n, 0);
}

struct simo_peer *simo_peer_of(struct simo *o, const char *name)
{
    struct simo_peer *oldest = &o->peers[0];

    for (uint32_t i = 0; i < SIMO_PEERS_MAX; i++) {
        struct simo_peer *peer = &o->peers[i];

        if (strncmp(peer->name, name, sizeof(peer->name) - 1) == 0) {
            peer->seen = o->now.transport;
            return peer;
        }
        if (peer->seen < oldest->seen)
            oldest = peer;
    }
    memset(oldest, 0, sizeof(*oldest));
    oldest->seen = o->now.transport;
    snprintf(oldest->name, sizeof(oldest->name), "%s", name);
    return oldest;
}

static int path_of(const char *path)
{
    return strcmp(path, "/ws/v5/public") == 0     ? SIMO_PUBLIC
           : strcmp(path, "/ws/v5/private") == 0  ? SIMO_PRIVATE
           : strcmp(path, "/ws/v5/business") == 0 ? SIMO_BUSINESS
                                                  : 0;
}

static int ws_open(struct sim *sim, const struct sim_time *now, uint64_t id,
                   const struct sim_request *request, struct sim_reply *reply)
{
    struct simo *o = (struct simo *)sim;
    struct simo_conn *conn = NULL;
    uint32_t most = o->config.limits.connects_per_5min;
    int status = 101;

    memset(reply, 0, sizeof(*reply));
    reply->type = "text/plain";
    reply->body = "";
    advance(o, now);
    for (uint32_t i = 0; i < SIMO_CONNS_MAX && !conn; i++)
        if (o->conns[i].id == 0)
            conn = &o->conns[i];
    if (path_of(request->path) == 0)
        status = 404;
    else if (now->transport < o->maintenance_until)
        status = 503;
    else if (!conn ||
             !simo_count(&simo_peer_of(o, request->peer)->connects, now->transport,
                         most ? 300 * SIMO_NS_PER_S : SIMO_NS_PER_S, most ? most : CONNECTS_PER_S))
        status = 429;
    reply->status = status;
    if (status != 101 || !conn)
        return 0;
    memset(conn, 0, sizeof(*conn));
    conn->id = id;
    conn->path = (uint8_t)path_of(request->path);
    conn->t_open = conn->t_said = conn->t_heard = now->transport;
    if (simo_mishap_socket(o, conn, request->path, &reply->status)) {
        conn->id = 0;
        return 0;
    }
    return 1;
}

static void ws_frame(struct sim *sim, const struct sim_time *now, uint64_t id, enum sim_frame kind,
                     const void *bytes, size_t n)
{
    struct simo *o = (struct simo *)sim;
    struct simo_conn *conn;

    advance(o, now);
    conn = simo_conn_of(o, id);
    if (!conn)
        return;
    conn->t_heard = now->transport;
    if (kind == SIM_TEXT)
        simo_text(o, conn, bytes, n);
    else if (kind == SIM_CLOSE)
        memset(conn, 0, sizeof(*conn));
}

static void ws_gone(struct sim *sim, const struct sim_time *now, uint64_t id)
{
    struct simo *o = (struct simo *)sim;
    struct simo_conn *conn = simo_conn_of(o, id);

    o->now = *now;
    if (conn)
        memset(conn, 0, sizeof(*conn));
}

static void http(struct sim *sim, const struct sim_time *now, const struct sim_request *request,
                 struct sim_reply *reply)
{
    struct simo *o = (struct simo *)sim;

    memset(reply, 0, sizeof(*reply));
    advance(o, now);
    simo_http(o, request, reply);
}

/* A notice first, as before each upgrade of the service. */
static void shutdown_all(struct sim *sim, const struct sim_time *now)
{
    static const char notice[] =
        "{\"event\":\"notice\",\"code\":\"64008\",\"msg\":\"The connection will soon be closed for "
        "a service upgrade. Please reconnect.\",\"connId\":\"a4d3ae55\"}";
    struct simo *o = (struct simo *)sim;

    o->now = *now;
    for (uint32_t i = 0; i < SIMO_CONNS_MAX; i++) {
        if (!o->conns[i].id)
            continue;
        simo_emit(o, &o->conns[i], notice, sizeof(notice) - 1);
        end_conn(o, &o->conns[i], SIM_CLOSE, 1001, "");
    }
}

/* --- life --- */

static void close_sim(struct sim *sim)
{
    struct simo *o = (struct simo *)sim;

    if (!o)
        return;
    for (uint32_t i = 0; i < SIMO_ORDERS_KEPT; i++)
        free(o->orders[i]);
    for (uint32_t i = 0; i < o->n_late; i++)
        free(o->late[i].text);
    free(o->fills);
    free(o->books);
    jout_deinit(&o->out);
    jout_deinit(&o->frame);
    jout_deinit(&o->line);
    free(o);
}

/* An asset that nothing trades has no place in the engine and is left out. */
static int open_account(struct simo *o, uint32_t i, struct error *err)
{
    const struct member *member = &o->config.members->all[i];

    o->accounts[i].member = member;
    o->accounts[i].owner = i;
    o->n_accounts = i + 1;
    if (member->has_fees &&
        pit_set_fees(o->pit, i, member->maker_fee_ppb, member->taker_fee_ppb) < 0)
        return error_set(err, AGON_EINVAL, "account %s: fees cannot be set", member->key);
    for (uint32_t j = 0; j < member->n_balances; j++) {
        agon_asset_t asset = instruments_find_asset(pit_table(o->pit), member->balances[j].asset);

        if (asset && members_exp(o->config.members, member->balances[j].asset) != SIMO_EXP)
            return error_set(err, AGON_EINVAL, "account %s: %s keeps %d decimals here", member->key,
                             member->balances[j].asset, SIMO_EXP);
        if (asset && pit_deposit(o->pit, i, asset, member->balances[j].amt) < 0)
            return error_set(err, AGON_EINVAL, "account %s: %s cannot be deposited", member->key,
                             member->balances[j].asset);
    }
    return AGON_OK;
}

static int open_sim(struct sim **sim, const struct sim_config *config, struct error *err)
{
    struct pit_hooks hooks = {.on_trade = simo_on_trade,
                              .on_top = simo_on_top,
                              .on_step = simo_on_step,
                              .on_order = simo_on_order,
                              .may_fill = simo_may_fill};
    struct simo *o;
    int rc = AGON_OK;

    *sim = NULL;
    if (sodium_init() < 0)
        return error_set(err, AGON_EIO, "libsodium does not start");
    o = calloc(1, sizeof(*o));
    if (o) {
        o->fills = calloc(SIMO_FILLS_KEPT, sizeof(*o->fills));
        o->books = calloc(pit_count(config->pit), sizeof(*o->books));
    }
    if (!o || !o->fills || !o->books) {
        close_sim((struct sim *)o);
        return error_set(err, AGON_ENOMEM, "out of memory");
    }
    o->config = *config;
    o->pit = config->pit;
    rng_init(&o->rng, rng_at(config->seed, 0x6f6b78, 0, 0, 0));
    for (uint32_t i = 0; i < pit_count(o->pit); i++)
        o->books[i].seq = 100000 + rng_below(&o->rng, 900000);
    for (uint32_t i = 0; i < config->members->n && rc == AGON_OK; i++)
        rc = open_account(o, i, err);
    if (rc < 0) {
        close_sim((struct sim *)o);
        return rc;
    }
    simo_swaps_open(o);
    hooks.ctx = o;
    pit_set_hooks(o->pit, &hooks);
    *sim = (struct sim *)o;
    return AGON_OK;
}

static const char *const headers[] = {
    "ok-access-key",        "ok-access-sign", "ok-access-timestamp",
    "ok-access-passphrase", "exptime",        NULL};

extern const struct sim_dialect sim_okx;
const struct sim_dialect sim_okx = {
    .name = "okx",
    .headers = headers,
    .names = simo_names,
    .n_symbols = 4,
    .symbol = simo_symbol,
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
