// SPDX-License-Identifier: Apache-2.0
#include "sim/server.h"

#include <stdlib.h>

#include "net/server.h"

#define TICK_MAX_MS 250
#define NS_PER_MS   1000000

struct sim_server {
    struct sim_server_config config;
    struct sim_front *front; /* owned */
    struct server *sockets;  /* owned */
    uv_timer_t timer;
    uv_idle_t busy; /* runs while there is something to do at once */
    uint8_t n_closed, is_stopping;
};
#define HANDLES 2

static void on_timer(uv_timer_t *timer);
static void on_busy(uv_idle_t *busy);

// A timer that is due again as soon as it has run may keep the loop from its sockets; what is done
// between two looks at them does not.
static void arm(struct sim_server *server)
{
    agon_ns_t now = server->config.front.utc(server->config.front.utc_ctx);
    agon_ns_t due = sim_front_due(server->front);
    int64_t ms = due <= now ? 0 : (due - now + NS_PER_MS - 1) / NS_PER_MS;

    if (server->is_stopping)
        return;
    if (ms == 0) {
        uv_idle_start(&server->busy, on_busy);
        return;
    }
    uv_idle_stop(&server->busy);
    uv_timer_start(&server->timer, on_timer, (uint64_t)(ms > TICK_MAX_MS ? TICK_MAX_MS : ms), 0);
}

static void on_timer(uv_timer_t *timer)
{
    struct sim_server *server = timer->data;

    sim_front_tick(server->front);
    arm(server);
}

static void on_busy(uv_idle_t *busy)
{
    struct sim_server *server = busy->data;

    sim_front_tick(server->front);
    arm(server);
}

/* --- life --- */

static void on_handle_closed(uv_handle_t *handle)
{
    ((struct sim_server *)handle->data)->n_closed++;
}

static int listen_on(struct sim_server *server, struct error *err)
{
    struct server_listen listen = {.host = server->config.host,
                                   .port = server->config.port,
                                   .cert_pem = server->config.cert_pem,
                                   .key_pem = server->config.key_pem,
                                   .owner = *sim_front_owner(server->front)};

    return server_add(server->sockets, &listen, err);
}

int sim_server_open(struct sim_server **made, uv_loop_t *loop,
                    const struct sim_server_config *config, struct error *err)
{
    const struct server_options options = {.queue_bytes = 4u << 20};
    struct sim_server *server = calloc(1, sizeof(*server));
    int rc;

    *made = NULL;
    if (!server)
        return error_set(err, AGON_ENOMEM, "out of memory");
    server->config = *config;
    *made = server;
    uv_timer_init(loop, &server->timer);
    server->timer.data = server;
    uv_idle_init(loop, &server->busy);
    server->busy.data = server;
    rc = server_new(&server->sockets, loop, &options, err);
    if (rc < 0)
        return rc;
    rc = sim_front_new(&server->front, &server->config.front, err);
    if (rc < 0)
        return rc;
    sim_front_on(server->front, server_all(server->sockets));
    rc = listen_on(server, err);
    if (rc < 0)
        return rc;
    arm(server);
    return rc;
}

void sim_server_stop(struct sim_server *server)
{
    if (!server || server->is_stopping)
        return;
    if (server->front)
        sim_front_stop(server->front);
    server->is_stopping = 1;
    uv_timer_stop(&server->timer);
    uv_idle_stop(&server->busy);
    uv_close((uv_handle_t *)&server->timer, on_handle_closed);
    uv_close((uv_handle_t *)&server->busy, on_handle_closed);
    if (server->sockets)
        server_stop(server->sockets, 1);
}

int sim_server_is_stopped(const struct sim_server *server)
{
    return !server || (server->n_closed == HANDLES &&
                       (!server->sockets || server_is_stopped(server->sockets)));
}

void sim_server_free(struct sim_server *server)
{
    if (!server)
        return;
    server_free(server->sockets);
    sim_front_free(server->front);
    free(server);
}
