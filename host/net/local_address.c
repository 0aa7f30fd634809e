// SPDX-License-Identifier: Apache-2.0
#include "net/local_address.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/num.h"

#define PORT_MAX 65535

static int is_port(const char *text, int64_t *port)
{
    size_t n = strlen(text);

    return n > 0 && strspn(text, "0123456789") == n && num_parse(text, n, 0, port) == AGON_OK &&
           *port <= PORT_MAX;
}

static int refuse(const char *text, const char *port_text, struct error *err)
{
    int64_t port;

    if (port_text != NULL && is_port(port_text, &port))
        return error_set(err, AGON_EINVAL,
                         "'%.64s' is not a loopback address and a port; expected "
                         "127.0.0.1:PORT, [::1]:PORT or off; did you mean '127.0.0.1:%lld'?",
                         text, (long long)port);
    return error_set(err, AGON_EINVAL,
                     "'%.64s' is not a loopback address and a port up to %d; expected "
                     "127.0.0.1:PORT (0: any), [::1]:PORT or off, such as 127.0.0.1:0",
                     text, PORT_MAX);
}

int local_address_parse(struct local_address *address, const char *text, struct error *err)
{
    const char *colon = strrchr(text, ':');
    const char *host = text;
    size_t n = colon != NULL ? (size_t)(colon - text) : 0;
    int64_t port;

    *address = (struct local_address){.is_on = strcmp(text, "off") != 0};
    if (!address->is_on)
        return AGON_OK;
    if (colon == NULL)
        return refuse(text, text, err);
    if (n >= 2 && text[0] == '[' && text[n - 1] == ']') {
        host++;
        n -= 2;
    }
    if (n >= sizeof(address->host) || !is_port(colon + 1, &port))
        return refuse(text, NULL, err);
    memcpy(address->host, host, n);
    if (strcmp(address->host, "127.0.0.1") != 0 && strcmp(address->host, "::1") != 0)
        return refuse(text, colon + 1, err);
    address->port = (uint16_t)port;
    return AGON_OK;
}

int local_address_try(const struct local_address *address, struct error *err)
{
    struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_port = htons(address->port)};
    struct sockaddr_in6 v6 = {.sin6_family = AF_INET6, .sin6_port = htons(address->port)};
    int is_v6 = strchr(address->host, ':') != NULL, yes = 1, rc = AGON_OK;
    int fd;

    if (!address->is_on || address->port == 0)
        return AGON_OK;
    fd = socket(is_v6 ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return AGON_OK; // whoever opens it will say so
    (void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
    (void)inet_pton(AF_INET, address->host, &v4.sin_addr);
    (void)inet_pton(AF_INET6, address->host, &v6.sin6_addr);
    if (bind(fd, is_v6 ? (const struct sockaddr *)&v6 : (const struct sockaddr *)&v4,
             is_v6 ? sizeof(v6) : sizeof(v4)) != 0)
        rc = error_set(err, errno == EADDRINUSE ? AGON_EBUSY : AGON_EIO,
                       "port %u on %s cannot be listened on: %s", address->port, address->host,
                       errno == EADDRINUSE ? "it is in use" : strerror(errno));
    (void)close(fd);
    return rc;
}
