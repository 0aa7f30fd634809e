// SPDX-License-Identifier: Apache-2.0
/* rundir: the directory one host runs in. It holds journal, snapshots, sockets and logs, belongs to
 * one user (0700), and is locked while a host lives. [control] */
#ifndef SYS_RUNDIR_H
#define SYS_RUNDIR_H

#include <limits.h>

#include "base/error.h"

struct rundir {
    char path[PATH_MAX];
    int dir_fd;  /* -1: none */
    int lock_fd; /* -1: none */
};

/* The default: $XDG_STATE_HOME/agon, else $HOME/.local/state/agon. AGON_ENOENT: neither is set. */
int rundir_default(char *path, size_t room, struct error *err);
/* Makes the directory when it lacks and locks it. AGON_EBUSY: another host runs in it; AGON_EPERM:
 * it is another user's, or others may write to it. */
int rundir_open(struct rundir *rundir, const char *path, struct error *err);
void rundir_close(struct rundir *rundir);
/* Full path of a name inside. AGON_ERANGE. */
int rundir_join(const struct rundir *rundir, const char *name, char *path, size_t room);
/* Is a host running in that directory? Its process id, 0: none, or AGON_E... */
int rundir_holder(const char *path);
/* AGON_EIO: no host runs in that directory; names the run directory in it where one runs there, as
 * in a demo's folder, and how to read what one left whose journal is there. */
int rundir_refuse(const char *path, struct error *err);

#endif
