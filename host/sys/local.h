// SPDX-License-Identifier: Apache-2.0
/* local: sockets of the file system, for one user on one machine. A path of any length works: the
 * kernel's own limit of 107 bytes is on the name inside its folder. [control] */
#ifndef SYS_LOCAL_H
#define SYS_LOCAL_H

#include "base/error.h"

/* A listening socket dir/name, mode 0700, in the place of one that is there. Non-blocking. Returns
 * the descriptor, or AGON_EPERM, AGON_ERANGE, AGON_EIO. */
int local_listen(const char *dir, const char *name, struct error *err);
/* Connected and blocking, each read and write for at most wait_ns. Returns the descriptor, or
 * AGON_ENOENT (no socket there), AGON_EBUSY (nobody listens), AGON_EIO. */
int local_connect(const char *dir, const char *name, int64_t wait_ns, struct error *err);
struct local_peer { /* who has connected */
    uint32_t uid;
    int32_t pid;
};
/* AGON_EIO. */
int local_peer(int fd, struct local_peer *peer);
/* The name of a user, or its number where it has none. It may take its time: names can come from
 * another machine. */
void local_name(uint32_t uid, char *name, size_t room);

#endif
