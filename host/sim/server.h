// SPDX-License-Identifier: Apache-2.0
/* server: puts a dialect (sim/front.h) on sockets: one port, plain or TLS, HTTP and WebSocket.
 * [the loop's thread] */
#ifndef SIM_SERVER_H
#define SIM_SERVER_H

#include "sim/front.h"

#include <uv.h>

struct sim_server_config {
    struct sim_front_config front;
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
