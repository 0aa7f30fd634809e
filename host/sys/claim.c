// SPDX-License-Identifier: Apache-2.0
#include "sys/claim.h"

#include <errno.h>
#include <poll.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/hash.h"
#include "sys/clock.h"

#define WANT 'T' /* what is said: give it to me */
#define GONE 'Y' /* ... and answered: it is free */

void claim_init(struct claim *claim)
{
    claim->fd = -1;
    claim->asking = -1;
}

// The name itself may be an account's number or a key's hash: only a hash of it is seen.
static socklen_t make_address(const char *name, struct sockaddr_un *address)
{
    unsigned char digest[HASH_SIZE];
    char hex[2 * HASH_SIZE + 1];
    struct hash hash;
    int n;

    hash_init(&hash);
    hash_update(&hash, name, strlen(name));
    hash_final(&hash, digest);
    hash_hex(digest, hex);
    memset(address, 0, sizeof(*address));
    address->sun_family = AF_UNIX;
    n = snprintf(address->sun_path + 1, sizeof(address->sun_path) - 1, "agon-%s", hex);
    return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + (size_t)n);
}

/* A connection to the holder, or -1: there is none any more, or it takes no more. */
static int call_holder(const char *name, struct ucred *holder)
{
    struct sockaddr_un address;
    socklen_t n_address = make_address(name, &address);
    socklen_t n = sizeof(*holder);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

    memset(holder, 0, sizeof(*holder));
    if (fd < 0)
        return -1;
    if (connect(fd, (struct sockaddr *)&address, n_address) != 0 ||
        getsockopt(fd, SOL_SOCKET, SO_PEERCRED, holder, &n) != 0) {
        (void)close(fd);
        return -1;
    }
    return fd;
}

int claim_take(struct claim *claim, const char *name, struct error *err)
{
    struct sockaddr_un address;
    socklen_t n = make_address(name, &address);
    struct ucred holder;
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    int call, rc;

    if (fd < 0)
        return error_set(err, AGON_EIO, "a lock cannot be made: %s", strerror(errno));
    if (bind(fd, (struct sockaddr *)&address, n) == 0 && listen(fd, 8) == 0) {
        claim->fd = fd;
        return AGON_OK;
    }
    rc = errno == EADDRINUSE ? AGON_EBUSY : AGON_EIO;
    if (rc == AGON_EIO)
        error_set(err, rc, "a lock cannot be made: %s", strerror(errno));
    (void)close(fd);
    if (rc == AGON_EIO)
        return rc;
    call = call_holder(name, &holder);
    if (call >= 0)
        (void)close(call);
    return error_set(err, rc, "process %d of user %d has it", (int)holder.pid, (int)holder.uid);
}

static int wait_for(int fd, int64_t until, char *said)
{
    while (clock_mono() < until) {
        struct pollfd ready = {.fd = fd, .events = POLLIN};
        ssize_t n;

        (void)poll(&ready, 1, (int)((until - clock_mono()) / 1000000) + 1);
        n = recv(fd, said, 1, MSG_DONTWAIT);
        if (n >= 0)
            return (int)n; // 0: it hung up, whatever it does now
        if (errno != EAGAIN && errno != EINTR)
            return 0;
    }
    return -1;
}

int claim_take_over(struct claim *claim, const char *name, int64_t wait_ns, struct error *err)
{
    int64_t until = clock_mono() + wait_ns;
    const char want = WANT;
    char said = 0;
    struct ucred holder;
    int call = call_holder(name, &holder);

    if (call >= 0) {
        if (send(call, &want, 1, MSG_NOSIGNAL) == 1 && wait_for(call, until, &said) < 0) {
            (void)close(call);
            return error_set(err, AGON_ETIME, "process %d of user %d does not let go",
                             (int)holder.pid, (int)holder.uid);
        }
        (void)close(call);
    }
    return claim_take(claim, name, err);
}

int claim_is_asked(struct claim *claim)
{
    struct ucred peer;
    socklen_t n = sizeof(peer);
    char said = 0;
    int fd;

    while (claim->fd >= 0 && claim->asking < 0 &&
           (fd = accept4(claim->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK)) >= 0) {
        struct pollfd ready = {.fd = fd, .events = POLLIN};

        // Who asks says so at once; who only looks whose it is hangs up.
        (void)poll(&ready, 1, 20);
        if (recv(fd, &said, 1, MSG_DONTWAIT) == 1 && said == WANT &&
            getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &n) == 0 &&
            (peer.uid == geteuid() || peer.uid == 0)) {
            claim->asking = fd;
        } else {
            (void)close(fd);
        }
    }
    return claim->asking >= 0;
}

void claim_give(struct claim *claim)
{
    const char gone = GONE;

    if (claim->fd >= 0)
        (void)close(claim->fd);
    claim->fd = -1;
    if (claim->asking >= 0) {
        (void)send(claim->asking, &gone, 1, MSG_NOSIGNAL);
        (void)close(claim->asking);
    }
    claim->asking = -1;
}

void claim_close(struct claim *claim)
{
    if (claim->asking >= 0)
        (void)close(claim->asking);
    if (claim->fd >= 0)
        (void)close(claim->fd);
    claim_init(claim);
}
