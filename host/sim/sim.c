// SPDX-License-Identifier: Apache-2.0
/* sim: the entry points of a dialect: its life, time, connections and requests. */
#include <stdlib.h>

#include <sodium.h>

#include "sim/sim_impl.h"

#define CONNECTS_NS (300 * SIM_NS_PER_S) /* of sim_limits.connects_per_5min */

/* --- time --- */

/* It lives while either side says something, and for so long. INT64_MAX: until somebody ends it. */
static agon_ns_t end_of(const struct sim *sim, const struct sim_conn *conn)
{
    const struct sim_limits *limits = &sim->config.limits;
    agon_ns_t last = conn->t_said > conn->t_heard ? conn->t_said : conn->t_heard;
    agon_ns_t silence = limits->pong_within_ns > 0 ? limits->pong_within_ns : sim->ways->silence_ns;
    agon_ns_t end = sim->ways->silence_ns > 0 ? last + silence : INT64_MAX;
    agon_ns_t life = limits->connection_life_ns;

    return life > 0 && conn->t_open + life < end ? conn->t_open + life : end;
}

static agon_ns_t beat_of(const struct sim *sim, const struct sim_conn *conn)
{
    return sim->ways->beat && conn->n_subs > 0 ? conn->t_said + sim->ways->beat_ns : INT64_MAX;
}

static void keep_conn(struct sim *sim, struct sim_conn *conn)
{
    if (conn->doom != 0) {
        sim_end_one(sim, conn);
    } else if (sim->now.transport >= end_of(sim, conn)) {
        sim_end_conn(sim, conn, SIM_CLOSE, sim->ways->end_code, sim->ways->end_text);
    } else if (sim->now.transport >= beat_of(sim, conn)) {
        sim->ways->beat(sim, conn);
    }
}

static void advance(struct sim *sim, const struct sim_time *now)
{
    sim->now = *now;
    if (now->market > pit_now(sim->pit))
        pit_advance(sim->pit, now->market);
    for (uint32_t i = 0; i < sim->n_accounts; i++) {
        struct sim_account *account = &sim->accounts[i];

        if (account->t_dead == 0 || now->transport < account->t_dead)
            continue;
        account->t_dead = 0;
        sim_cancel_all(sim, account, sim->ways->dead_why);
    }
    sim_faults_tick(sim);
    for (uint32_t i = 0; i < SIM_CONNS_MAX; i++)
        if (sim->conns[i].id)
            keep_conn(sim, &sim->conns[i]);
}

void sim_tick(struct sim *sim, const struct sim_time *now)
{
    advance(sim, now);
}

static agon_ns_t earlier(agon_ns_t a, agon_ns_t b)
{
    return a < b ? a : b;
}

void sim_due(const struct sim *sim, struct sim_time *next)
{
    next->market = pit_next(sim->pit);
    next->transport = sim_faults_due(sim);
    for (uint32_t i = 0; i < sim->n_accounts; i++)
        if (sim->accounts[i].t_dead > 0)
            next->transport = earlier(next->transport, sim->accounts[i].t_dead);
    for (uint32_t i = 0; i < SIM_CONNS_MAX; i++) {
        const struct sim_conn *conn = &sim->conns[i];

        if (conn->id)
            next->transport = conn->doom ? 0
                                         : earlier(next->transport,
                                                   earlier(end_of(sim, conn), beat_of(sim, conn)));
    }
}

/* --- connections and requests --- */

static int admits(struct sim *sim, const char *peer)
{
    uint32_t most = sim->config.limits.connects_per_5min;

    return sim_count(&sim_peer_of(sim, peer)->connects, sim->now.transport,
                     most ? CONNECTS_NS : sim->ways->connects_ns,
                     most ? most : sim->ways->connects_max);
}

int sim_ws_open(struct sim *sim, const struct sim_time *now, uint64_t id,
                const struct sim_request *request, struct sim_reply *reply)
{
    struct sim_conn *conn;
    int path = sim->ways->path_of(request->path);

    *reply = (struct sim_reply){.type = "text/plain", .body = "", .status = 101};
    advance(sim, now);
    conn = sim_conn_of(sim, 0);
    if (path == 0)
        reply->status = 404;
    else if (now->transport < sim->maintenance_until)
        reply->status = 503;
    else if (!conn || !admits(sim, request->peer))
        reply->status = 429;
    if (reply->status != 101 || !conn)
        return 0;
    *conn = (struct sim_conn){.id = id,
                              .path = (uint8_t)path,
                              .t_open = now->transport,
                              .t_heard = now->transport,
                              .t_said = now->transport};
    if (sim_fault_socket(sim, conn, request->path, &reply->status)) {
        sim_forget_conn(sim, conn);
        return 0;
    }
    if (sim->ways->greet)
        sim->ways->greet(sim, conn);
    return 1;
}

void sim_ws_frame(struct sim *sim, const struct sim_time *now, uint64_t id, enum sim_frame kind,
                  const void *bytes, size_t n)
{
    struct sim_conn *conn;

    advance(sim, now);
    conn = sim_conn_of(sim, id);
    if (!conn)
        return;
    conn->t_heard = now->transport;
    if (kind == SIM_TEXT)
        sim->ways->text(sim, conn, bytes, n);
    else if (kind == SIM_CLOSE)
        sim_forget_conn(sim, conn);
}

void sim_ws_gone(struct sim *sim, const struct sim_time *now, uint64_t id)
{
    struct sim_conn *conn = sim_conn_of(sim, id);

    sim->now = *now;
    if (conn)
        sim_forget_conn(sim, conn);
}

void sim_http(struct sim *sim, const struct sim_time *now, const struct sim_request *request,
              struct sim_reply *reply)
{
    struct fault *fault;

    memset(reply, 0, sizeof(*reply));
    advance(sim, now);
    fault = sim_fault_request(sim, request->method, request->path, NULL);
    sim->ways->http(sim, request, fault, reply);
    if (!fault)
        return;
    if (fault->what == FAULT_ERROR && fault->status > 0)
        reply->status = (int)fault->status;
    else if (fault->what == FAULT_TIMEOUT)
        reply->status = SIM_NO_REPLY;
    else if (fault->what == FAULT_RESET)
        reply->status = SIM_RESET_REPLY;
    else if (fault->what == FAULT_LATE)
        reply->late_ns = faults_delay(sim->config.faults, fault);
}

void sim_shutdown(struct sim *sim, const struct sim_time *now)
{
    sim->now = *now;
    for (uint32_t i = 0; i < SIM_CONNS_MAX; i++) {
        struct sim_conn *conn = &sim->conns[i];

        if (conn->id && sim->ways->farewell)
            sim->ways->farewell(sim, conn);
        if (conn->id)
            sim_end_conn(sim, conn, SIM_CLOSE, 1001, "");
    }
}

/* --- life --- */

void sim_close(struct sim *sim)
{
    if (!sim)
        return;
    if (sim->ways->end)
        sim->ways->end(sim);
    for (uint32_t i = 0; i < sim->n_late; i++)
        free(sim->late[i].text);
    jout_deinit(&sim->out);
    jout_deinit(&sim->frame);
    jout_deinit(&sim->line);
    for (uint32_t i = 0; i < SIM_ORDERS_KEPT; i++)
        free(sim->orders[i]);
    free(sim->fills);
    free(sim->perps);
    free(sim);
}

int sim_open(struct sim **made, const struct sim_ways *ways, const struct sim_config *config,
             struct error *err)
{
    struct pit_hooks hooks = ways->hooks;
    struct sim *sim;
    int rc;

    *made = NULL;
    if (sodium_init() < 0)
        return error_set(err, AGON_EIO, "libsodium does not start");
    sim = calloc(1, ways->size);
    if (!sim)
        return error_set(err, AGON_ENOMEM, "out of memory");
    sim->ways = ways;
    sim->config = *config;
    sim->pit = config->pit;
    rng_init(&sim->rng, rng_at(config->seed, ways->seed, 0, 0, 0));
    sim->fills = ways->report ? calloc(SIM_FILLS_KEPT, sizeof(*sim->fills)) : NULL;
    if (ways->report && !sim->fills)
        rc = error_set(err, AGON_ENOMEM, "out of memory");
    else
        rc = sim_open_accounts(sim, err);
    if (rc == AGON_OK && sim_perps_open(sim) < 0)
        rc = error_set(err, AGON_ENOMEM, "out of memory");
    if (rc == AGON_OK && ways->begin)
        rc = ways->begin(sim, err);
    if (rc < 0) {
        sim_close(sim);
        return rc;
    }
    hooks.ctx = sim;
    if (ways->report)
        hooks.on_order = sim_on_order;
    if (sim->perps)
        hooks.may_fill = sim_may_fill;
    pit_set_hooks(sim->pit, &hooks);
    *made = sim;
    return AGON_OK;
}
