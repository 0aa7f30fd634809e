// SPDX-License-Identifier: Apache-2.0
/* services: what plugins may ask the host for. X(ID, name, kinds): agon/ext/NAME.h has AGON_EXT_ID
 * and struct agon_host_NAME, ext_NAME.c here the table ext_NAME, and kinds of plugins are served
 * it. A new one is these two files, a line here and one in agon/agon.h (docs/adding-a-service.md).
 */
#ifndef AGENT_SERVICES_H
#define AGENT_SERVICES_H

#include <agon/agon.h>

#define SERVED_STRATEGY (1u << AGON_STRATEGY)
#define SERVED_ALL      (1u << AGON_STRATEGY | 1u << AGON_MODEL | 1u << AGON_ANALYTIC)

#define SERVICES(X)                                                                                \
    X(ACCOUNT, account, SERVED_ALL)                                                                \
    X(ARENA, arena, SERVED_ALL)                                                                    \
    X(ASSET, asset, SERVED_ALL)                                                                    \
    X(BOOK, book, SERVED_ALL)                                                                      \
    X(CLOCK, clock, SERVED_ALL)                                                                    \
    X(EXIT, exit, SERVED_STRATEGY)                                                                 \
    X(GPU, gpu, SERVED_ALL)                                                                        \
    X(HISTORY, history, SERVED_ALL)                                                                \
    X(INSTRUMENT, instrument, SERVED_ALL)                                                          \
    X(LOG, log, SERVED_ALL)                                                                        \
    X(METRIC, metric, SERVED_ALL)                                                                  \
    X(NN, nn, SERVED_ALL)                                                                          \
    X(ORDERS, orders, SERVED_STRATEGY)                                                             \
    X(PARAM, param, SERVED_ALL)                                                                    \
    X(RNG, rng, SERVED_ALL)                                                                        \
    X(SIGNAL, signal, SERVED_ALL)                                                                  \
    /* the next one stands above this line */

#define SERVICE_DECLARE(id, name, kinds) extern const struct agon_host_##name ext_##name;
SERVICES(SERVICE_DECLARE)
#undef SERVICE_DECLARE

#endif
