// SPDX-License-Identifier: Apache-2.0
/* watch: has a file been written? Its folder is watched, since editors put a new file in the old
 * one's place. [control] */
#ifndef SYS_WATCH_H
#define SYS_WATCH_H

#include "base/error.h"

struct watch {
    int fd; /* -1: none */
    char name[256];
};
/* AGON_ENOENT, AGON_ERANGE, AGON_EIO. */
int watch_open(struct watch *watch, const char *path, struct error *err);
/* Was it written, or another put in its place, since the last call? Never blocks. */
int watch_changed(struct watch *watch);
void watch_close(struct watch *watch);

#endif
