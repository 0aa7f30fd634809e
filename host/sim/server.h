// SPDX-License-Identifier: Apache-2.0
/* server: puts a dialect on sockets: one port, plain or TLS, HTTP and WebSocket. It moves the
 * dialect's clocks; where time comes from is the caller's business. [the loop's thread] */
#ifndef SIM_SERVER_H
#define SIM_SERVER_H

#include "sim/dialect.h"

#include <uv.h>

/* The two clocks of a run: market time leaves t_market at transport time t_transport and runs
 * speed_milli / 1000 times as fast. */
struct sim_clock {
    agon_ns_t t_transport, t_market;
    int64_t speed_milli; /* 1000 to 60000 */
};
struct sim_time sim_clock_at(const struct sim_clock *clock, agon_ns_t transport);
/* Transport time at which market time t is reached; INT64_MAX stays. */
agon_ns_t sim_clock_when(const struct sim_clock *clock, agon_ns_t market);

struct sim_server_config {
    const struct sim_dialect *dialect;
    struct sim_config sim; /* its sink's frame is the server's; log is the caller's */
    struct sim_clock clock;
    agon_ns_t (*utc)(void *ctx); /* transport time; never steps back */
    void *utc_ctx;
    const char *host;               /* an address */
    uint16_t port;                  /* 0: any */
    const char *cert_pem, *key_pem; /* both or none: TLS */
};

struct sim_server;
/* Returns the port, or AGON_E... with the reason. loop is borrowed. */
int sim_server_open(struct sim_server **server, uv_loop_t *loop,
                    const struct sim_server_config *config, struct error *err);
/* Says good-bye to every client and closes; turn the loop until sim_server_is_stopped. */
void sim_server_stop(struct sim_server *server);
int sim_server_is_stopped(const struct sim_server *server);
void sim_server_free(struct sim_server *server);

#endif
