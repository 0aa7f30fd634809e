// SPDX-License-Identifier: Apache-2.0
/* local_address: where the host serves: a loopback address and a port, as an operator writes them
 * in a configuration or on the command line. Both ask here, before anything is made. [any] */
#ifndef NET_LOCAL_ADDRESS_H
#define NET_LOCAL_ADDRESS_H

#include "base/error.h"

struct local_address {
    char host[64]; /* without the brackets of IPv6 */
    uint16_t port; /* 0: any */
    int is_on;     /* 0: "off" */
};

/* "127.0.0.1:8080", "[::1]:0", "off". AGON_EINVAL says what was expected, and what was probably
 * meant. */
int local_address_parse(struct local_address *address, const char *text, struct error *err);
/* Could a server listen there now? AGON_EBUSY: somebody does. It says nothing of a moment later. */
int local_address_try(const struct local_address *address, struct error *err);

#endif
