// SPDX-License-Identifier: Apache-2.0
/* cgroup: limits that the kernel holds over a process and all that it causes, in the part of the
 * control group hierarchy (cgroups(7), version 2) that a service manager has delegated.
 *
 * A delegated directory carries the attribute user.delegate or trusted.delegate, as systemd sets it
 * for Delegate=yes. In it this process moves itself, and who else is in it, into the group "host",
 * and makes a group beside that for each child. [control] */
#ifndef SYS_CGROUP_H
#define SYS_CGROUP_H

#include "base/error.h"

#define CGROUP_NAME_MAX 48

enum cgroup_control { CGROUP_MEMORY = 1, CGROUP_PIDS = 2, CGROUP_CPU = 4 };
#define CGROUP_CONTROLS 3

struct cgroup {
    char dir[512]; /* empty: none */
    uint32_t has;  /* enum cgroup_control that limit here; 0: those are not delegated */
};
struct cgroup_limits {
    uint64_t memory_bytes;
    uint32_t threads; /* of all its processes together */
    uint32_t cores;   /* as processor time a second */
};

/* The directory of the one that this process is in. AGON_ENOENT: there is none, or it is not
 * delegated, err says which. Changes nothing. */
int cgroup_find(char *dir, size_t room, struct error *err);
/* Takes it. As cgroup_find; AGON_EIO: the kernel refuses a step. */
int cgroup_open(struct cgroup *group, struct error *err);
/* The same of a directory by its path. */
int cgroup_open_at(struct cgroup *group, const char *dir, struct error *err);
/* Makes a group with these limits in it, as far as there are controls, and moves a process there.
 */
int cgroup_put(const struct cgroup *group, const char *name, const struct cgroup_limits *limits,
               int pid, struct error *err);
/* Has the kernel ended somebody of that group for its memory? [any] */
int cgroup_is_out_of_memory(const struct cgroup *group, const char *name);
/* When all of it have ended. */
void cgroup_drop(const struct cgroup *group, const char *name);
/* "memory", "pids", "cpu"; index 0 to CGROUP_CONTROLS - 1. [any] */
const char *cgroup_control_name(unsigned index);

#endif
