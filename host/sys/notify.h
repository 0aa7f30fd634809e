// SPDX-License-Identifier: Apache-2.0
/* notify: what a service manager is told of a program that it started, by its own protocol
 * (sd_notify(3)): a datagram of lines to the socket that NOTIFY_SOCKET names. Nobody who asks, or
 * one who does not listen, is no failure: the program runs all the same. [control] */
#ifndef SYS_NOTIFY_H
#define SYS_NOTIFY_H

#include <stdint.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "base/error.h"

struct notify {
    int fd; /* -1: nobody asks */
    socklen_t n_to;
    struct sockaddr_un to;
    int64_t every_ns; /* a sign of life is due so often; 0: none is wanted */
    int64_t sent_ns;
    uint64_t turns; /* of the core at the last sign of life */
};

/* Reads NOTIFY_SOCKET, WATCHDOG_USEC and WATCHDOG_PID, and takes them out of the environment, so
 * that no child speaks in this one's name. AGON_EINVAL: a socket is named that can be none;
 * AGON_EIO. Nobody is told anything then. */
int notify_open(struct notify *notify, struct error *err);
/* "READY=1", "STOPPING=1", "STATUS=..."; several with a newline between. It never waits. */
void notify_say(struct notify *notify, const char *lines);
/* Says that the program lives, where that is due and `turns`, a count of what it does, is another
 * one than at the last time: who hangs is silent. True: it was said. */
int notify_alive(struct notify *notify, uint64_t turns, int64_t mono_ns);
void notify_close(struct notify *notify);

#endif
