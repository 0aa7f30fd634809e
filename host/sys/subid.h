// SPDX-License-Identifier: Apache-2.0
/* subid: the user and group ids that a system has given to an ordinary user to use (subuid(5)), and
 * how a process gets one of them.
 *
 * Only root gives a process another user's id. An ordinary user's process gets one of these in a
 * user namespace of its own, by newuidmap(1) and newgidmap(1), which are root's. [control] */
#ifndef SYS_SUBID_H
#define SYS_SUBID_H

#include "base/error.h"

struct subid_range {
    uint32_t first, n;
};
/* From a text as of /etc/subuid: the first range of that user (by name or number) with n_least ids.
 * Lines that are none are passed over. AGON_ENOENT: there is none. [any] */
int subid_find(const char *text, const char *name, uint32_t user, uint32_t n_least,
               struct subid_range *range);
/* Of the user that this process runs as. AGON_ENOENT: there are none, or no program that gives them
 * out; err says which and how to mend it. */
int subid_ranges(uint32_t n_least, struct subid_range *uids, struct subid_range *gids,
                 struct error *err);
/* Makes uid and gid the only ids of the user namespace that the process pid has just made, by their
 * own numbers. The process has to be a child of this one that waits. */
int subid_map(int pid, uint32_t uid, uint32_t gid, struct error *err);

#endif
